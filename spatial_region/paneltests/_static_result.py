"""What a regression of a panel returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.options import check_between
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec


@dataclass(frozen=True, eq=False, repr=False)
class PanelRegression(Result):
    """A regression without spatial terms, and the tests that go with it.

    Attributes
    ----------
    formula, response, effects, covariance_kind : str
    params, std_errors, pvalues : pandas.Series
        Indexed by regressor; p-values by Student's t with `df` degrees of freedom.
    covariance : pandas.DataFrame
        Of the coefficients.
    residuals, absorbed : pandas.Series
        Indexed by (region, time): residuals, and the estimated effects (``y = X b + absorbed + residuals``).
    fit : Mapping of str to float
        r2_within, r2_between, r2_overall; sigma2, the variance of the residuals; and for random effects sigma2_region
        and theta (the least and most of it, if the panel is not balanced).
    nobs, df : int
    tests : pandas.DataFrame
        Indexed by test: statistic, distribution, df1, df2, p, says.
    first_stage : pandas.DataFrame
        Indexed by endogenous regressor: F, df1, df2, p, partial_r2. Empty without instruments.
    names : pandas.Series
        Display names of regions.
    notes : tuple of str
    spec : Spec
    """

    formula: str
    response: str
    effects: str
    covariance_kind: str
    params: pd.Series
    std_errors: pd.Series
    pvalues: pd.Series
    covariance: pd.DataFrame
    residuals: pd.Series
    absorbed: pd.Series
    fit: Mapping[str, float]
    nobs: int
    df: int
    tests: pd.DataFrame
    first_stage: pd.DataFrame
    names: pd.Series
    notes: tuple[str, ...]
    spec: Spec

    def __post_init__(self) -> None:
        object.__setattr__(self, "fit", FrozenDict(self.fit))

    def table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return estimates, indexed by regressor: estimate, std_error, t, p, low, high.

        Parameters
        ----------
        level : float
            Confidence of the interval from low to high.

        Raises
        ------
        InputError
            If `level` does not lie between 0 and 1.
        """
        check_between(level, "level", low=0, high=1)
        reach = float(stats.t.ppf((1 + level) / 2, self.df)) * self.std_errors
        return pd.DataFrame(
            {
                "estimate": self.params,
                "std_error": self.std_errors,
                "t": self.params / self.std_errors,
                "p": self.pvalues,
                "low": self.params - reach,
                "high": self.params + reach,
            }
        ).rename_axis("regressor")

    def summary(self) -> str:
        """Return coefficients, tests and notes as text."""
        facts = [f"{self.nobs} rows", f"{len(self.names)} regions", f"effects: {self.effects}"]
        facts.append(f"standard errors: {self.covariance_kind}")
        measures = ", ".join(f"{key} {value:.4g}" for key, value in self.fit.items() if np.isfinite(value))
        parts = [f"Panel regression: {self.formula}", f"  {'; '.join(facts)}", f"  {measures}", ""]
        parts.append(self.table().to_string(float_format=lambda value: f"{value:.5g}"))
        for title, frame in (("First stage", self.first_stage), ("Tests", self.tests)):
            if len(frame):
                shown = frame.drop(columns="says", errors="ignore")
                parts += ["", title, shown.to_string(float_format=lambda value: f"{value:.5g}", na_rep="")]
        if len(self.tests):
            parts += ["", *(f"  {test}: {says}." for test, says in self.tests["says"].items() if says)]
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])
