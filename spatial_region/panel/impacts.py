"""Impacts of a change in a regressor on the region itself, on the others, and on both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.panel._impacts import ImpactEstimate

KINDS = ("direct", "indirect", "total")


@dataclass(frozen=True, eq=False, repr=False)
class Impacts(Result):
    """Average direct, indirect and total impacts of each regressor.

    Attributes
    ----------
    direct, indirect, total : pandas.Series
        Impacts, by variable. Direct: on the region where the variable changes by one unit. Indirect
        (spillover): on all other regions together, or of all other regions on one. Total: their sum.
    std_errors : pandas.DataFrame
        Standard errors; variables in rows, ``direct``, ``indirect``, ``total`` in columns. NaN where a model
        has no indirect impact.
    draws : Mapping of str to pandas.DataFrame
        Draws of each impact, by variable; empty for the delta method.
    rejected : int
        Draws of rho that lay outside the interval where the model exists and were drawn again.
    spec : Spec
        Settings.
    """

    direct: pd.Series
    indirect: pd.Series
    total: pd.Series
    std_errors: pd.DataFrame
    draws: Mapping[str, pd.DataFrame]
    rejected: int
    spec: Spec

    @property
    def zvalues(self) -> pd.DataFrame:
        """Impacts divided by their standard errors."""
        values = pd.DataFrame({kind: getattr(self, kind) for kind in KINDS})
        return values / self.std_errors

    @property
    def pvalues(self) -> pd.DataFrame:
        """Two-sided p-values from the normal distribution."""
        return pd.DataFrame(
            2 * stats.norm.sf(np.abs(self.zvalues)), index=self.zvalues.index, columns=self.zvalues.columns
        )

    def table(self) -> pd.DataFrame:
        """Return one row a variable: each impact, its standard error (``_se``) and p-value (``_p``)."""
        p = self.pvalues
        columns: dict[str, pd.Series] = {}
        for kind in KINDS:
            columns |= {kind: getattr(self, kind), f"{kind}_se": self.std_errors[kind], f"{kind}_p": p[kind]}
        return pd.DataFrame(columns).rename_axis("variable")

    def summary(self) -> str:
        """Return the table, and how the standard errors were made, as text."""
        how = "delta method"
        if self.spec.options["se"] == "simulation":
            how = f"{self.spec.options['draws']} draws, seed {self.spec.seed}"
            how += f"; {self.rejected} draws outside the parameter space drawn again" if self.rejected else ""
        return f"Impacts ({self.spec.inputs['model']}; standard errors: {how})\n{show_table(self.table())}"


def show_table(table: pd.DataFrame) -> str:
    """Return a table as text: five digits, and p-values to four decimals."""
    formats = {name: _show_p if str(name).split("_")[-1] == "p" else _show_value for name in table.columns}
    with pd.option_context("display.unicode.east_asian_width", True):  # keeps Chinese names in line
        return str(table.rename_axis(None).to_string(formatters=formats))


def _show_value(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.5g}"


def _show_p(value: float) -> str:
    return "-" if np.isnan(value) else "<0.0001" if value < 0.0001 else f"{value:.4f}"


def label_impacts(estimate: ImpactEstimate, variables: list[str], *, has_indirect: bool, spec: Spec) -> Impacts:
    """Put names on computed impacts."""
    index = pd.Index(variables, name="variable")
    series = {kind: pd.Series(estimate.value[i], index=index, name=kind) for i, kind in enumerate(KINDS)}
    errors = pd.DataFrame({kind: estimate.se[i] for i, kind in enumerate(KINDS)}, index=index)
    errors = errors.mask(errors == 0)  # an impact that is 0 by construction has no standard error
    if not has_indirect:
        errors["indirect"] = np.nan
    draws = {}
    if estimate.draws is not None:
        draws = {kind: pd.DataFrame(estimate.draws[:, i], columns=index) for i, kind in enumerate(KINDS)}
    return Impacts(series["direct"], series["indirect"], series["total"], errors, draws, estimate.rejected, spec)
