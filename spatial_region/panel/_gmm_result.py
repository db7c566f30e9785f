"""What a fit by moments gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import InputError
from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._fit_measures import count_effects
from spatial_region.panel._gmm_diagnostics import (
    FirstStage,
    Overidentification,
    anselin_kelejian,
    first_stage,
    overidentification,
)
from spatial_region.panel._gmm_equation import Equation
from spatial_region.panel._gmm_moments import make_space
from spatial_region.panel._gmm_random import predicted_effects
from spatial_region.panel._gmm_steps import LastStep
from spatial_region.panel._gmm_tsls import TwoStage
from spatial_region.panel._information import inverse_apply
from spatial_region.panel._lm_value import TestValue


@dataclass(frozen=True)
class GmmEstimate:
    """What the moments say.

    Attributes
    ----------
    coefficients : (k,)
        Of the exogenous regressors and their lags.
    endogenous : (e,)
        Of the endogenous regressors other than lags of the response.
    spatial : dict of str to float
        "rho", or "rho_1", "rho_2", ... with several weights; then "lambda".
    covariance : (m, m)
        Of coefficients, endogenous, rhos and lambda, in this order. The row of lambda is nan where the moments give
        its value but no variance ("initial", "weights", "fullweights").
    sigma2 : float
        Variance of the innovations: sum of squared residuals of the last step, by degrees of freedom.
    sigma2_moments : float
        The same from the moments of the error process or the components; nan without either.
    sigma2_1, sigma2_mu, theta : float
        Of random effects: sigma2 + T sigma2_mu, variance of the effects, share of the means taken off; nan without.
    innovations, disturbance : (T, N)
        v, and u = (I - lambda W)^-1 v without fixed effects; with random ones u = (I - lambda W)^-1 (mu + v).
    effects : (T, N)
        Fixed effects, or the best predictor of (I - lambda W)^-1 mu.
    size, lost, df_residual : int
        Observations, fixed effects removed, and observations less these and all slopes.
    first_stage : FirstStage or None
    overidentification : Overidentification or None
    residual_correlation : TestValue or None
        Anselin and Kelejian's test, for models without an error process of their own.
    projected : (T, N, m), residuals : (T, N), inverse : (m, m)
        Last step, for the sandwich: P_H Z, y - Z b, and (Z'P_H Z)^-1, all filtered and without effects.
    moments : str
        Moments of lambda that were used; "none" without an error process.
    """

    coefficients: Array
    endogenous: Array
    spatial: dict[str, float]
    covariance: Array
    sigma2: float
    sigma2_moments: float
    sigma2_1: float
    sigma2_mu: float
    theta: float
    innovations: Array
    disturbance: Array
    effects: Array
    size: int
    lost: int
    df_residual: int
    first_stage: FirstStage | None
    overidentification: Overidentification | None
    residual_correlation: TestValue | None
    projected: Array
    residuals: Array
    inverse: Array
    moments: str


def assemble(
    equation: Equation,
    last: LastStep,
    w: sp.csr_array | None,
    tested: sp.csr_array | None,
    *,
    effects: str,
    moments: str,
    n_weights: int,
    small_sample: bool,
) -> GmmEstimate:
    """Gather what the last step says; `tested` are the weights of the test of the residuals, if there is one."""
    shape = equation.y.shape
    fit, size = last.fit, equation.y.size
    lost = count_effects(shape, effects)
    k, m = equation.z.shape[2], len(fit.coefficients)
    df = size - lost - m
    if df < 1:
        raise InputError(f"too few observations: {size} for {m} slopes and {lost} fixed effects.")
    sigma2 = fit.ssr / (df if small_sample else size - lost)
    regressors = np.concatenate([equation.z, equation.endogenous], axis=2)
    whole = equation.y - regressors @ fit.coefficients
    innovations, disturbance, region_effects = _residuals(whole, last, w, effects)
    spatial = {
        f"rho_{i + 1}" if n_weights > 1 else "rho": float(fit.coefficients[m - n_weights + i]) for i in range(n_weights)
    }
    covariance = sigma2 * fit.inverse
    if w is not None:
        spatial["lambda"] = last.lam
        covariance = last.covariance if last.covariance is not None else _with_unknown(covariance)
    parts = last.components
    by_region = effects in ("region", "twoway", "random")
    return GmmEstimate(
        coefficients=fit.coefficients[:k],
        endogenous=fit.coefficients[k : m - n_weights],
        spatial=spatial,
        covariance=covariance,
        sigma2=sigma2,
        sigma2_moments=last.sigma2_moments,
        sigma2_1=parts.sigma2_1 if parts else np.nan,
        sigma2_mu=(parts.sigma2_1 - parts.sigma2_v) / shape[0] if parts else np.nan,
        theta=parts.theta if parts else np.nan,
        innovations=innovations,
        disturbance=disturbance,
        effects=region_effects,
        size=size,
        lost=lost,
        df_residual=df,
        first_stage=first_stage(fit, lost=lost, shape=shape, by_region=by_region),
        overidentification=overidentification(fit, lost=lost, shape=shape, by_region=by_region),
        residual_correlation=_correlation(fit, tested, shape, effects),
        projected=fit.projected.reshape(*shape, m),
        residuals=fit.residuals.reshape(shape),
        inverse=fit.inverse,
        moments=moments,
    )


def _correlation(fit: TwoStage, w: sp.csr_array | None, shape: tuple[int, int], effects: str) -> TestValue | None:
    return anselin_kelejian(fit, make_space(w, shape, effects), shape) if w is not None else None


def _residuals(whole: Array, last: LastStep, w: sp.csr_array | None, effects: str) -> tuple[Array, Array, Array]:
    """Return innovations, disturbance and effects from y - Z b."""
    if last.components is None:
        v = last.fit.residuals.reshape(whole.shape)
        u = inverse_apply(w, last.lam, v)
        return v, u, whole - u if effects != "pooled" else np.zeros_like(whole)
    epsilon = whole if w is None else whole - last.lam * spatial_lag(w, whole[:, :, None])[:, :, 0]
    mu = np.broadcast_to(predicted_effects(epsilon, last.components), whole.shape)
    return epsilon - mu, whole, inverse_apply(w, last.lam, np.ascontiguousarray(mu))


def _with_unknown(covariance: Array) -> Array:
    """Return the covariance with a row and column of nan for lambda."""
    m = len(covariance)
    full = np.full((m + 1, m + 1), np.nan)
    full[:m, :m] = covariance
    return full
