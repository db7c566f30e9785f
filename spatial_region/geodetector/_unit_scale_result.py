"""What the comparison of spatial units returns, and how a unit is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec

_QUANTILE = 0.9
_TIE = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class UnitScaleResult(Result):
    """q of each factor over several spatial units.

    Attributes
    ----------
    variable : str
        The variable whose variance is explained.
    units : pandas.DataFrame
        Index ``unit``, in the order given: ``n`` rows; ``significant`` factors; ``q90``, the 90 % quantile of their q,
        and ``q_mean``; ``q90_adjusted``, the quantile of their adjusted q; ``chosen``.
    factors : pandas.DataFrame
        One row a unit and factor: ``unit``, ``factor``, ``q``, ``q_adjusted``, ``p``, ``significant``, ``strata``,
        ``n``, ``method``.
    chosen : str or None
        Unit with the largest ``q90``; None if no factor is significant in any.
    level : float
        Level of significance.
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    """

    variable: str
    units: pd.DataFrame
    factors: pd.DataFrame
    chosen: str | None
    level: float
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return a copy of `factors`, one row a unit and factor."""
        return self.factors.copy()

    def summary(self) -> str:
        """Return the units, q of each factor in each, and the notes as text."""
        wide = self.factors.pivot(index="factor", columns="unit", values="q")
        order = self.factors["factor"].drop_duplicates()
        return "\n".join(
            [
                f"Spatial unit scale of {self.variable!r}: {len(self.units)} units, {len(order)} factors",
                self.units.to_string(float_format=lambda value: f"{value:.4g}"),
                "q by factor and unit",
                wide.loc[order, self.units.index].to_string(float_format=lambda value: f"{value:.4f}"),
                *(f"Note: {note}" for note in self.notes),
            ]
        )


def unit_table(table: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """One row a unit."""
    rows = []
    for unit in order:
        own = table[table["unit"] == unit]
        held = own[own["significant"]]
        q90 = [np.quantile(held[name], _QUANTILE) if len(held) else np.nan for name in ("q", "q_adjusted")]
        rows.append((int(own["n"].iloc[0]), len(held), q90[0], held["q"].mean(), q90[1]))
    names = ["n", "significant", "q90", "q_mean", "q90_adjusted"]
    units = pd.DataFrame(rows, columns=names, index=pd.Index(order, name="unit"))
    return units.assign(chosen=largest(units["q90"]))


def largest(values: pd.Series) -> np.ndarray:
    """Mark the first of the largest; none if all are missing."""
    chosen = np.zeros(len(values), dtype=bool)
    if values.notna().any():
        chosen[np.flatnonzero(values >= values.max() - _TIE)[0]] = True
    return chosen
