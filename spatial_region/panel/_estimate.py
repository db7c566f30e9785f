"""Maximum likelihood estimate of one spatial regression: arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, remove_effects
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._fit_measures import count_effects, explained_share, squared_correlation
from spatial_region.panel._information import (
    CovarianceOf,
    Filter,
    Residuals,
    covariance,
    inverse_apply,
    residuals_of,
)
from spatial_region.panel._likelihood import Likelihood
from spatial_region.panel._moments import Moments, make_moments
from spatial_region.panel._search import Optimum, maximise
from spatial_region.panel.options import Parts


@dataclass(frozen=True)
class Estimate:
    """What the data say.

    Attributes
    ----------
    coefficients : (k,)
        Of the regressors and their lags.
    rho, lam : float
        0 where the model has no such term.
    sigma2 : float
        Sum of squared residuals divided by `size`.
    covariance : (k + p + 1, k + p + 1)
        Of coefficients, rho, lambda (those that the model has) and sigma2.
    loglik : float
    size : int
        Observations, less those that the Lee-Yu transformation removes.
    n_effects : int
        Fixed effects that are estimated.
    df_residual : int
        Observations less all slopes and effects.
    residuals : Residuals
    effects : (T, N)
        Sum of the region and period effects.
    r2, r2_within, r2_squared_correlation : float
    optimum : Optimum
    gradient : float
        Largest slope of the log-likelihood at the optimum, in units of one standard error; 0 at a maximum.
    """

    coefficients: Array
    rho: float
    lam: float
    sigma2: float
    covariance: Array
    loglik: float
    size: int
    n_effects: int
    df_residual: int
    residuals: Residuals
    effects: Array
    r2: float
    r2_within: float
    r2_squared_correlation: float
    optimum: Optimum
    gradient: float


def estimate(
    blocks: Blocks,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    *,
    parts: Parts,
    effects: str,
    lee_yu: bool,
    covariance_of: CovarianceOf = covariance,
) -> Estimate:
    """Fit one model.

    Parameters
    ----------
    blocks : Blocks
    w : (N, N) or None
    determinant : LogDeterminant or None
        None when the model has no spatial parameter.
    parts : Parts
    effects : {"pooled", "region", "time", "twoway"}
    lee_yu : bool
        Transformation of Lee and Yu (2010) in place of the dummy-variable likelihood.
    covariance_of : function
        Where the covariance of models with rho or lambda comes from: expected or observed information, or both.
    """
    moments = make_moments(blocks, w, filters_error=parts.error, effects=effects)
    likelihood = _make_likelihood(blocks, moments, determinant, effects=effects, lee_yu=lee_yu)
    best = maximise(likelihood, lag_y=parts.lag_y, error=parts.error)
    orthonormal, ssr = likelihood.coefficients(best.rho, best.lam)
    error_filter = Filter(w if parts.error else None, best.lam, effects in ("time", "twoway"))
    residuals = residuals_of(blocks, orthonormal, best.rho, error_filter, original=moments.basis)
    coefficients = np.linalg.solve(moments.triangle, orthonormal)
    coefficients = blocks.with_means(coefficients, best.rho)
    sigma2 = ssr / likelihood.size
    n_all = count_effects(blocks.y.shape, effects)
    df_residual = blocks.y.size - n_all - len(coefficients)
    if parts.is_linear:
        spread = _linear_covariance(moments, ssr, df_residual, likelihood.size)
    else:
        assert w is not None  # the front door has checked it
        spread = covariance_of(
            likelihood,
            blocks,
            w,
            residuals,
            error_filter,
            rho=best.rho,
            sigma2=sigma2,
            lag_y=parts.lag_y,
            effects=effects,
        )
    back = blocks.back_to_means(len(spread))
    spread = back @ spread @ back.T
    systematic = blocks.y - best.rho * blocks.wy - residuals.disturbance
    explained = blocks.z @ coefficients
    return Estimate(
        coefficients,
        best.rho,
        best.lam,
        sigma2,
        spread,
        likelihood.at(best.rho, best.lam),
        likelihood.size,
        0 if lee_yu else n_all,
        df_residual,
        residuals,
        systematic - explained,
        explained_share(residuals.innovations, blocks.y),
        explained_share(residuals.innovations, blocks.y_within),
        squared_correlation(
            _within(inverse_apply(w if parts.lag_y else None, best.rho, explained), effects), blocks.y_within
        ),
        best,
        _gradient(likelihood, best, spread, parts),
    )


def _gradient(likelihood: Likelihood, best: Optimum, spread: Array, parts: Parts) -> float:
    if parts.is_linear:
        return 0.0
    by_rho, by_lam = likelihood.score(best.rho, best.lam)
    slopes = np.array([*([by_rho] if parts.lag_y else []), *([by_lam] if parts.error else [])])
    errors = np.sqrt(np.maximum(np.diag(spread)[-1 - len(slopes) : -1], 0))
    return float(np.abs(slopes * errors).max())


def _make_likelihood(
    blocks: Blocks, moments: Moments, determinant: LogDeterminant | None, *, effects: str, lee_yu: bool
) -> Likelihood:
    periods, regions = blocks.y.shape
    tau = periods - (lee_yu and effects in ("region", "twoway"))
    rows = regions - (lee_yu and effects in ("time", "twoway"))
    return Likelihood(moments, determinant, int(rows * tau), int(tau), bool(rows < regions))


def _linear_covariance(moments: Moments, ssr: float, df_residual: int, size: int) -> Array:
    """Return the classical covariance, with the unbiased variance, and that of sigma2 beside it."""
    k = len(moments.triangle)
    inverse = np.linalg.inv(moments.triangle)
    full = np.zeros((k + 1, k + 1))
    full[:k, :k] = inverse @ inverse.T * (ssr / df_residual)
    full[k, k] = 2 * (ssr / size) ** 2 / size
    return full


def _within(values: Array, effects: str) -> Array:
    return remove_effects(values[:, :, None], effects)[:, :, 0]
