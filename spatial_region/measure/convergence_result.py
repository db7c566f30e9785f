"""What a study of convergence returns: dispersion over time, or the coefficient, speed and half-life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.result import Result, two_columns
from spatial_region.core.spec import Spec
from spatial_region.core.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class SigmaConvergence(Result):
    """Dispersion between regions at each time, and its trend.

    Attributes
    ----------
    dispersions : pandas.DataFrame
        One row a time: see `table`.
    trend : pandas.Series
        slope: a unit of time, of the logarithm of dispersion (-0.02 is 2 % less a year); se and p, which allow for
        regions that stay what they are (one region left out after the other); se_ols and p_ols, of the regression on
        time that studies print, as if the times were independent.
    ends : pandas.Series
        ratio of the last dispersion to the first; se_log, of its logarithm, and p, leaving one region out after the
        other; t_pitman, p_pitman of the test of Pitman (1939) and Morgan (1939), exact for normal values of the same
        regions, and too ready to reject for others.
    verdict : str
        In words, at 5 %, by p of `trend`.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    dispersions: pd.DataFrame
    trend: pd.Series
    ends: pd.Series
    verdict: str
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the dispersion at each time.

        Returns
        -------
        pandas.DataFrame
            Indexed by time. Columns: n; sd_log, the standard deviation of logarithms; cv, that of values over their
            mean (both over n); relative_to_first, of the dispersion that the trend is of, which is 1 at the first time.
        """
        return self.dispersions.copy()

    def summary(self) -> str:
        """Return table, trend and tests as text."""
        trend, ends = self.trend, self.ends
        text = two_columns(
            f"Sigma convergence of {self.spec.inputs['variable']}: {self.verdict}",
            [
                ("dispersion", self.spec.options["dispersion"]),
                ("trend a unit of time", f"{100 * trend['slope']:.3f} %"),
                ("leaving regions out", f"se {100 * trend['se']:.3f} %, p {trend['p']:.4f}"),
                ("regression on time", f"se {100 * trend['se_ols']:.3f} %, p {trend['p_ols']:.4f}"),
                ("last over first", f"{ends['ratio']:.4f}, p {ends['p']:.4f} (Pitman-Morgan {ends['p_pitman']:.4f})"),
            ],
        )
        shown = self.dispersions.to_string(float_format=lambda number: f"{number:.4f}")
        return "\n".join([text, shown, *(f"Note: {note}" for note in self.notes)])


@dataclass(frozen=True, eq=False, repr=False)
class BetaConvergence(Result):
    """Regression of growth on the initial level, and the speed and half-life that follow.

    Attributes
    ----------
    coefficients : pandas.DataFrame
        One row for each regressor: see `table`.
    rates : pandas.Series
        Of `convergence_speed`: speed, speed_se, half_life and their intervals.
    span : float
        Units of time from the initial to the final level.
    nobs, df : int
        Observations; degrees of freedom of Student's t.
    r2 : float
        Share of the variance explained; within, with effects.
    formula : str
        Of the regression, for `spatial_regression` or `spatial_panel`.
    study : Study
        With the variables of the formula, on the regions and weights of the study that was given.
    verdict : str
        In words, at 5 %.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    coefficients: pd.DataFrame
    rates: pd.Series
    span: float
    nobs: int
    df: int
    r2: float
    formula: str
    study: Study
    verdict: str
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the coefficients.

        Returns
        -------
        pandas.DataFrame
            Indexed by regressor: ``Intercept`` (without effects), ``log_initial``, controls. Columns: estimate,
            std_error, t, p.
        """
        return self.coefficients.copy()

    def summary(self) -> str:
        """Return coefficients, speed and half-life as text."""
        options, rates = self.spec.options, self.rates
        kind = "conditional" if options["controls"] or options["effects"] in ("region", "twoway") else "absolute"
        low_high = "{:.4g} to {:.4g}"
        text = two_columns(
            f"Beta convergence of {self.spec.inputs['variable']} ({kind}): {self.verdict}",
            [
                ("form", f"{options['form']}, span {self.span:g}, effects {options['effects']}"),
                ("observations", self.nobs),
                ("R2", self.r2),
                ("standard errors", f"{options['covariance']}, t with {self.df} degrees of freedom"),
                ("speed", f"{rates['speed']:.5g} ({low_high.format(rates['speed_low'], rates['speed_high'])})"),
                (
                    "half-life",
                    f"{rates['half_life']:.5g} "
                    f"({low_high.format(rates['half_life_low'], rates['half_life_high'])}), ln 2 / speed",
                ),
            ],
        )
        shown = self.coefficients.to_string(float_format=lambda number: f"{number:.5g}")
        return "\n".join([text, shown, *(f"Note: {note}" for note in self.notes)])


def verdict_of(estimate: float, p: float, *, level: float = 0.05) -> str:
    """Say what a coefficient or a slope means, negative being convergence."""
    if np.isnan(p) or p >= level:
        return "no evidence of convergence or divergence"
    return "convergence" if estimate < 0 else "divergence"
