"""Every test that chooses between spatial models, in the order a paper uses; from fits and arrays to findings."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.core.frozen import FrozenDict
from spatial_region.panel import _dependence as dependence
from spatial_region.panel._blocks import Array
from spatial_region.panel._hausman import HausmanTests
from spatial_region.panel._lm_value import TestValue, mixture_value
from spatial_region.panel._ratio import common_factor, likelihood_ratio, ratio_f, wald
from spatial_region.panel._verdicts import Finding
from spatial_region.panel.result import SpatialPanelResult

# Nested pairs in the order in which they are read: what the Durbin model can be reduced to comes first.
NESTED = (
    ("sdm", "sar"),
    ("sdm", "sem"),
    ("sdm", "slx"),
    ("sdem", "sem"),
    ("sdem", "slx"),
    ("slx", "ols"),
    ("sar", "ols"),
    ("sem", "ols"),
)
_LM = {
    "lm_lag": ("ols", "sar", None),
    "lm_error": ("ols", "sem", None),
    "robust_lm_lag": ("ols", "sar", "given_lambda"),
    "robust_lm_error": ("ols", "sem", "given_rho"),
    "lm_sarma": ("ols", "sac", None),
    "lm_wx": ("ols", "slx", None),
    "robust_lm_wx": ("ols", "slx", "given_rho"),
    "robust_lm_lag_wx": ("ols", "sar", "given_theta"),
    "lm_sdm": ("ols", "sdm", None),
    "lm_sdem": ("ols", "sdem", None),
    "lm_lag_slx": ("slx", "sdm", None),
    "lm_error_slx": ("slx", "sdem", None),
    "robust_lm_lag_slx": ("slx", "sdm", "given_lambda"),
    "robust_lm_error_slx": ("slx", "sdem", "given_rho"),
    "lm_sarma_slx": ("slx", "gns", None),
}
_RANDOM = {
    "bsk_lmh": ("neither", "something", None),
    "bsk_lm1": ("no_random", "random", None),
    "bsk_slm1": ("no_random", "random", None),
    "bsk_lm2": ("no_error", "error", None),
    "bsk_slm2": ("no_error", "error", None),
    "bsk_clm_lambda": ("no_error", "error", "given_random"),
    "bsk_clm_mu": ("no_random", "random", "given_error"),
    "bsjk_j": ("nothing", "something", None),
    "bsjk_c1": ("no_error", "error", "given_random_serial"),
    "bsjk_c2": ("no_serial", "serial", "given_random_error"),
    "bsjk_c3": ("no_random", "random", "given_serial_error"),
}


def lm_findings(values: dict[str, TestValue]) -> list[Finding]:
    """Return the LM tests in the order of a paper: of OLS against spatial terms, then of Baltagi et al."""
    return [
        Finding(key, "lm", values[key], null, alternative, remark)
        for key, (null, alternative, remark) in (_LM | _RANDOM).items()
        if key in values
    ]


def nested_findings(fits: dict[str, SpatialPanelResult], *, common_factor_holds: bool) -> list[Finding]:
    """Return LR and Wald tests of each nested pair that was fitted.

    Parameters
    ----------
    fits : dict of str to SpatialPanelResult
    common_factor_holds : bool
        Whether SEM is nested in SDM: all regressors are lagged, and what (I - lambda W) makes of the intercept or of
        time effects is again one.
    """
    found = []
    for full, nested in NESTED:
        if full not in fits or nested not in fits or ((full, nested) == ("sdm", "sem") and not common_factor_holds):
            continue
        larger, smaller = fits[full], fits[nested]
        ratio = likelihood_ratio(larger.loglik, smaller.loglik, df=larger.df_model - smaller.df_model)
        found.append(Finding(f"lr_{full}_{nested}", "models", ratio, nested, full))
        found.append(Finding(f"wald_{full}_{nested}", "models", wald_nested(larger, nested), nested, full))
    return found


def wald_nested(full: SpatialPanelResult, nested: str) -> TestValue:
    """Return the Wald test that a fitted model is the nested one."""
    lags = [f"W_{name}" for name in full.lagged]
    if full.model == "sdm" and nested == "sem":
        names = [*full.lagged, *lags, "rho"]
        return common_factor(
            full.params[full.lagged].to_numpy(dtype=float),
            full.params[lags].to_numpy(dtype=float),
            float(full.params["rho"]),
            full.covariance.loc[names, names].to_numpy(dtype=float),
        )
    zero = {
        "sar": lags,
        "sem": lags,
        "slx": ["rho"] if "rho" in full.params.index else ["lambda"],
        "ols": lags or [name for name in ("rho", "lambda") if name in full.params.index],
    }[nested]
    values = full.params[zero].to_numpy(dtype=float)
    return wald(values, np.eye(len(zero)), full.covariance.loc[zero, zero].to_numpy(dtype=float))


def effects_findings(fits: dict[str, SpatialPanelResult], model: str) -> list[Finding]:
    """Return tests of region effects, of time effects and of both, in one model.

    `fits` holds the model with each kind of effects; a pair of which one is missing is left out. The LR is that of the
    literature; F = (exp(LR / NT) - 1) df_2 / df_1 of the same LR is exact for OLS, and in spatial models keeps the LR
    from rejecting too often when the effects are many.
    """
    pairs = (
        ("region", "twoway", "time", "no_region", "region"),
        ("time", "twoway", "region", "no_time", "time"),
        ("both", "twoway", "pooled", "no_effects", "twoway"),
    )
    found = []
    for name, larger, smaller, null, alternative in pairs:
        if larger not in fits or smaller not in fits:
            continue
        full, nested = fits[larger], fits[smaller]
        df = full.df_model - nested.df_model
        ratio = likelihood_ratio(full.loglik, nested.loglik, df=df)
        found.append(Finding(f"lr_{name}_{model}", "effects", ratio, null, alternative))
        exact = ratio_f(ratio.statistic, observations=full.nobs, df=df, df_residual=full.df_residual)
        found.append(Finding(f"f_{name}_{model}", "effects", exact, null, alternative))
    return found


def variance_finding(random: SpatialPanelResult, pooled: SpatialPanelResult) -> Finding:
    """Return the likelihood ratio of random region effects; their variance lies at its bound under the null."""
    statistic = max(2 * (random.loglik - pooled.loglik), 0.0)
    value = mixture_value(statistic, {0: 0.5, 1: 0.5})
    return Finding(f"lr_random_{random.model}", "effects", value, "no_random", "random")


def hausman_findings(tests: HausmanTests, model: str) -> list[Finding]:
    """Return Hausman's contrast and Mundlak's test."""
    compared = tests.slopes_only
    fields = FrozenDict({"negative": compared.negative, "compared": compared.compared})
    remark = "indefinite" if compared.negative else None
    return [
        Finding(f"hausman_{model}", "effects", compared.value, "random", "fixed", remark, fields),
        Finding(f"mundlak_{model}", "effects", tests.mundlak, "random", "fixed"),
    ]


def dependence_findings(residuals: Array, w: sp.csr_array, model: str, *, effects: str) -> list[Finding]:
    """Return tests of dependence between the residuals of regions over time.

    Parameters
    ----------
    residuals : (T, N)
    w : (N, N)
    model : str
    effects : str
        After time effects residuals of a time sum to 0, so that their correlations cancel whatever they are.
    """
    periods, regions = residuals.shape
    sums = dependence.pair_sums(residuals)
    degenerate = effects in ("time", "twoway")
    values = {
        "cd": dependence.pesaran_cd(sums, periods),
        "scaled_lm": dependence.scaled_lm(sums, periods),
        "local_cd": dependence.local_cd(residuals, w, after_time_effects=degenerate),
    }
    if effects in ("region", "twoway"):  # the bias is that of region effects
        values["bias_adjusted_lm"] = dependence.bias_adjusted_lm(sums, periods, regions)
    return [
        Finding(
            f"{name}_{model}",
            "residuals",
            value,
            "independent",
            "dependent",
            "many_regions" if name == "scaled_lm" else None,
            is_informative=not (degenerate and name == "cd"),
        )
        for name, value in values.items()
    ]


def moran_findings(whole: TestValue, by_time: dict[str, TestValue]) -> list[Finding]:
    """Return Moran's I of least-squares residuals, of all times and of each."""
    return [
        Finding(key, "residuals", value, "uncorrelated", "positive" if value.statistic > 0 else "negative")
        for key, value in {"moran_ols": whole, **{f"moran_ols_{time}": v for time, v in by_time.items()}}.items()
    ]
