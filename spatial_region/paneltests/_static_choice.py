"""The tests that choose between estimators of a panel regression, whichever the panel has room for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from spatial_region.paneltests import _static_tests as checks
from spatial_region.paneltests._formula import INTERCEPT, PanelDesign
from spatial_region.paneltests._static_tests import Value
from spatial_region.paneltests._within import NOTHING, demean, effects_count

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
    "Sargan": ("some instrument is not exogenous", "instruments are not refuted"),
}


def choice_tests(design: PanelDesign, residuals: np.ndarray, *, all_of_them: bool = True) -> pd.DataFrame:
    """Compute every test that the panel has room for, whichever effects were asked for; or none."""
    if not all_of_them:
        return as_table({})
    y, x = design.y.to_numpy(), design.x.drop(columns=INTERCEPT, errors="ignore").to_numpy()
    region, time = design.region, design.time
    constant = np.ptp(x, axis=0) == 0
    x = x[:, ~constant]
    found: dict[str, Value] = {}
    pooled = checks.pooled_fit(y, x)
    for label, ways in (
        ("F, region effects", (region, None)),
        ("F, time effects", (None, time)),
        ("F, region and time effects", (region, time)),
    ):
        varying = _varying(x, *ways)
        if len(y) > varying.sum() + effects_count(*ways) and varying.all():
            found[label] = checks.f_effects(pooled, checks.within_fit(y, x, *ways))
    found["Breusch-Pagan LM"] = checks.breusch_pagan(pooled.residuals, region)
    found |= _hausman_tests(y, x, region, time)
    serial = checks.serial_correlation(y, x[:, _varying(x, region, None)], region, time)
    if serial is not None:
        found["Wooldridge serial correlation"] = serial
    dependence = checks.cross_section_dependence(residuals, region, time)
    if dependence is not None:
        found["Pesaran CD"] = dependence
    return as_table(found)


def _varying(x: np.ndarray, region: np.ndarray | None, time: np.ndarray | None) -> np.ndarray:
    return np.asarray(np.linalg.norm(demean(x, region, time), axis=0) > NOTHING * np.linalg.norm(x, axis=0))


def _hausman_tests(y: np.ndarray, x: np.ndarray, region: np.ndarray, time: np.ndarray) -> dict[str, Value]:
    from linearmodels.panel import RandomEffects

    places = [int(place) for place in np.flatnonzero(_varying(x, region, None))]
    varying = x[:, places]
    k = len(places)
    # The variance between regions is estimated from their means, which need more regions than coefficients.
    if k == 0 or int(region.max()) + 1 <= x.shape[1] + 1 or len(y) <= k + effects_count(region, None):
        return {}
    index = pd.MultiIndex.from_arrays([region, time])
    regressors = pd.DataFrame(np.column_stack([np.ones(len(y)), x]), index)
    random = RandomEffects(pd.DataFrame({"y": y}, index), regressors).fit(cov_type="unadjusted", debiased=True)
    fixed = checks.within_fit(y, varying, region, None)
    take = [place + 1 for place in places]
    spread = np.asarray(random.cov, dtype=float)[np.ix_(take, take)]
    contrast, proper = checks.hausman(fixed.coefficients, np.asarray(random.params)[take], fixed.classic(), spread)
    theta = np.asarray(random.theta, dtype=float).ravel()[region]
    found = {"Hausman" if proper else "Hausman (covariance not positive definite)": contrast}
    if theta.max() > 0:
        plain, robust = checks.auxiliary(y, x, varying, theta, region)
        found["Hausman, auxiliary"], found["Hausman, auxiliary, cluster-robust"] = plain, robust
    return found


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
