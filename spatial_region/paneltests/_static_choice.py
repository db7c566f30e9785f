"""The tests that choose between estimators of a panel regression, whichever the panel has room for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from spatial_region.paneltests import _static_tests as checks
from spatial_region.paneltests._formula import INTERCEPT, PanelDesign
from spatial_region.paneltests._static_tests import Value
from spatial_region.paneltests._within import adding, demean, effects_count, least_squares, middling_units

_SAYS = {
    "F, region effects": ("regions differ: fixed effects rather than pooled", "no evidence of region effects"),
    "F, time effects": ("times differ", "no evidence of time effects"),
    "F, region and time effects": ("regions or times differ", "no evidence of effects"),
    "Breusch-Pagan LM": ("region effects vary: random effects rather than pooled", "no evidence of random effects"),
    "Hausman": ("fixed effects rather than random", "random effects are not refuted"),
    "Hausman, auxiliary": ("fixed effects rather than random", "random effects are not refuted"),
    "Hausman, auxiliary, cluster-robust": ("fixed effects rather than random", "random effects are not refuted"),
    "Wooldridge serial correlation": ("errors are correlated over time: cluster by region", "no evidence of it"),
    "Pesaran CD": ("errors of regions depend on each other", "no evidence of dependence between regions"),
    "Wu-Hausman": ("least squares is inconsistent: instruments are needed", "least squares is not refuted"),
    "Anderson LM": ("instruments are relevant", "the model may not be identified: instruments are irrelevant"),
    "Kleibergen-Paap rk LM": ("instruments are relevant", "the model may not be identified"),
    "Hansen J": ("some instrument is not exogenous", "instruments are not refuted"),
    "Sargan": ("some instrument is not exogenous", "instruments are not refuted"),
}


def choice_tests(design: PanelDesign, residuals: np.ndarray, *, all_of_them: bool = True) -> pd.DataFrame:
    """Compute every test that the panel has room for, whichever effects were asked for; or none."""
    if not all_of_them:
        return as_table({})
    y, x = design.y.to_numpy(), design.x.drop(columns=INTERCEPT, errors="ignore").to_numpy()
    region, time = design.region, design.time
    x = x[:, adding(np.ones((len(y), 1)), x)]
    found: dict[str, Value] = {}
    pooled = checks.pooled_fit(y, x)
    for label, ways in (
        ("F, region effects", (region, None)),
        ("F, time effects", (None, time)),
        ("F, region and time effects", (region, time)),
    ):
        within = checks.within_fit(y, x, *ways)
        if within is not None and within.df < pooled.df:
            found[label] = checks.f_effects(pooled, within)
    found["Breusch-Pagan LM"] = checks.breusch_pagan(pooled.residuals, region)
    found |= _hausman_tests(y, x, region, time)
    serial = checks.serial_correlation(y, x, region, time)
    if serial is not None:
        found["Wooldridge serial correlation"] = serial
    dependence = checks.cross_section_dependence(residuals, region, time)
    if dependence is not None:
        found["Pesaran CD"] = dependence
    return as_table(found)


def _hausman_tests(y: np.ndarray, x: np.ndarray, region: np.ndarray, time: np.ndarray) -> dict[str, Value]:
    """Compare slopes that both region effects and their absence identify: of what varies within and between regions."""
    from linearmodels.panel import RandomEffects

    y, x = y / middling_units(y[:, None]), x / middling_units(x)
    left = demean(x, region)
    inside = adding(np.empty((len(y), 0)), left, x)
    rows, k = x.shape
    # The variance between regions is estimated from their means, which need more regions than coefficients.
    if int(region.max()) + 1 <= k + 1 or rows <= len(inside) + effects_count(region, None):
        return {}
    index = pd.MultiIndex.from_arrays([region, time])
    # Slopes are those of x as it is; the library finds a variable that is all level a combination of the constant.
    regressors = pd.DataFrame(np.column_stack([np.ones(rows), x - x.mean(axis=0)]), index)
    random = RandomEffects(pd.DataFrame({"y": y}, index), regressors).fit(cov_type="unadjusted", debiased=True)
    theta = np.asarray(random.theta, dtype=float).ravel()[region]
    basis = checks.quasi_demeaned(np.column_stack([np.ones(rows), x]), theta, region)
    # Region means of what is the same everywhere, such as a year's dummy, say nothing.
    compared = inside[adding(basis, left[:, inside], x[:, inside])]
    if len(compared) == 0:
        return {}
    fixed = least_squares(demean(y[:, None], region)[:, 0], left[:, inside], taken=effects_count(region, None))
    places = np.searchsorted(inside, compared)
    spread = np.asarray(random.cov, dtype=float)[np.ix_(compared + 1, compared + 1)]
    contrast, proper = checks.hausman(
        fixed.coefficients[places],
        np.asarray(random.params, dtype=float)[compared + 1],
        fixed.classic()[np.ix_(places, places)],
        spread,
    )
    plain, robust = checks.auxiliary(y, x, x[:, compared], theta, region)
    return {
        "Hausman" if proper else "Hausman (covariance not positive definite)": contrast,
        "Hausman, auxiliary": plain,
        "Hausman, auxiliary, cluster-robust": robust,
    }


def as_table(found: Mapping[str, Value]) -> pd.DataFrame:
    rows = []
    for name, value in found.items():
        refuted, kept = _SAYS.get(name.split(" (")[0], ("", ""))
        says = "" if np.isnan(value.p) else refuted if value.p < 0.05 else kept
        if name.endswith("(covariance not positive definite)"):
            says = "no test, as the difference of the covariances is no covariance: read the auxiliary ones"
        rows.append((value.statistic, value.distribution, value.df1, value.df2, value.p, says))
    columns = ["statistic", "distribution", "df1", "df2", "p", "says"]
    return pd.DataFrame(rows, index=pd.Index(list(found), name="test"), columns=columns)
