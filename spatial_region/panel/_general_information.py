"""Expected information of all parameters of the general model jointly, with the fixed effects partialled out."""

from __future__ import annotations

import numpy as np

from spatial_region.panel._blocks import Array, remove_effects
from spatial_region.panel._general_likelihood import GeneralOptimum
from spatial_region.panel._general_moments import GeneralBlocks, GeneralMoments
from spatial_region.panel._general_traces import compute_general_traces
from spatial_region.panel._information import Residuals
from spatial_region.panel._operators import Operators


def general_covariance(
    blocks: GeneralBlocks,
    moments: GeneralMoments,
    residuals: Residuals,
    lags: Operators | None,
    error: Operators | None,
    *,
    optimum: GeneralOptimum,
    sigma2: float,
    size: int,
    drop_period: bool,
    without_unit_root: bool,
) -> Array:
    """Return the covariance of (coefficients, rho, lambda, sigma2), those that the model has.

    The information is that of y ~ N(mean, Sigma). The derivative of the mean in rho_j is W_jt S_t^-1 (Z b + effects),
    from which the effects must be removed again, as the matrices move them.
    """
    k, p = blocks.z.shape[2], blocks.wy.shape[2]
    q = p + (error is not None)
    sigma = np.sqrt(sigma2)
    u, mu = moments.split(optimum.lam)
    z = (u - optimum.lam * mu)[:, :, moments.responses :].reshape(-1, k)
    traces = compute_general_traces(
        lags,
        error,
        rho=optimum.rho,
        lam=optimum.lam,
        drop_period=drop_period,
        without_unit_root=without_unit_root,
    )
    shift = np.zeros((len(z), q))
    if lags is not None:
        shift[:, :p] = _shifts(blocks, moments, residuals, lags, error, optimum) / sigma
    # Only what the regressors do not explain of a shift informs on rho; the rest, which can be a million times larger,
    # is taken off by a change of parameters, and put back below.
    along = np.asarray(np.linalg.lstsq(z, shift, rcond=None)[0])
    shift = shift - z @ along
    # In units of sigma for the coefficients and of sigma2 for itself the matrix is well scaled.
    information = np.zeros((k + q + 1, k + q + 1))
    information[:k, :k] = z.T @ z
    information[:k, k:-1] = z.T @ shift
    information[k:-1, :k] = information[:k, k:-1].T
    information[k:-1, k:-1] = shift.T @ shift + traces.inner + traces.outer
    information[k:-1, -1] = information[-1, k:-1] = traces.first
    information[-1, -1] = size / 2
    try:
        inverse = np.linalg.inv(information)
    except np.linalg.LinAlgError:  # not identified; the front door refuses a covariance that is not finite
        return np.full_like(information, np.nan)
    back = np.eye(k + q + 1)
    back[:k, :k] = sigma * np.linalg.inv(moments.triangle)
    back[-1, -1] = sigma2
    change = np.eye(k + q + 1)
    change[:k, k:-1] = -along
    full = back @ change @ inverse @ change.T @ back.T
    return (full + full.T) / 2


def _shifts(
    blocks: GeneralBlocks,
    moments: GeneralMoments,
    residuals: Residuals,
    lags: Operators,
    error: Operators | None,
    optimum: GeneralOptimum,
) -> Array:
    """Return the derivatives of the mean in rho_1 .. rho_p, filtered and without effects, (TN, p)."""
    mean = blocks.y - blocks.wy @ optimum.rho - residuals.disturbance
    pushed = np.concatenate(lags.lag(lags.solve(optimum.rho, mean[:, :, None])), axis=2)
    pushed = remove_effects(pushed, moments.removal.effects)
    across = error.lag(pushed)[0] if error is not None else np.zeros_like(pushed)
    u, mu = moments.removal.apply(optimum.lam, pushed, across)
    return (u - optimum.lam * mu).reshape(-1, pushed.shape[2])


def linear_covariance(triangle: Array, ssr: float, df_residual: int, size: int) -> Array:
    """Return the classical covariance, with the unbiased variance, and that of sigma2 beside it."""
    k = len(triangle)
    inverse = np.linalg.inv(triangle)
    full = np.zeros((k + 1, k + 1))
    full[:k, :k] = inverse @ inverse.T * (ssr / df_residual)
    full[k, k] = 2 * (ssr / size) ** 2 / size
    return full
