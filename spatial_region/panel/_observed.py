"""Observed information: minus the second derivatives of the log-likelihood at the estimate, effects partialled out."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, remove_effects
from spatial_region.panel._information import Filter, Residuals
from spatial_region.panel._likelihood import Likelihood
from spatial_region.panel._moments import Moments, make_moments


def observed_covariance(
    likelihood: Likelihood,
    blocks: Blocks,
    w: sp.csr_array,
    residuals: Residuals,
    error_filter: Filter,
    *,
    rho: float,
    sigma2: float,
    lag_y: bool,
    effects: str,
) -> Array:
    """Return the covariance of (coefficients, rho, lambda, sigma2), those that the model has.

    With c = (1, -rho, -b) and Gamma(lambda) the filtered cross-products of (y, W y, Z), effects partialled out, the
    log-likelihood is -M/2 log sigma2 - c' Gamma c / (2 sigma2) + tau (log|I - rho W| + log|I - lambda W|). Its second
    derivatives need Gamma' and Gamma'', tr G and tr G G, and none of the traces tr G'G of the expected information:
    what these are the expectation of is in the data. Both are consistent when the errors are normal, and equal as the
    sample grows; where not, see `quasi_covariance`.

    Parameters and layout are those of `spatial_region.panel._information.covariance`, whose place it can take.
    """
    k = blocks.z.shape[2]
    has_error = error_filter.w is not None
    lam = error_filter.lam if has_error else 0.0
    # The residual and that part of W y which the regressors do not explain: cross-products of y and W y themselves
    # would lose the digits in which they differ.
    along, rest = unexplained(blocks, likelihood.moments.basis, error_filter) if lag_y else _nothing(blocks)
    within = remove_effects(residuals.disturbance[:, :, None], effects)[:, :, 0]
    moved = Blocks(within, rest, likelihood.moments.basis, within, rest, likelihood.moments.basis)
    moments = make_moments(moved, w if has_error else None, filters_error=has_error, effects=effects)
    gram, slope = moments.filtered(lam)
    unit = moments.scale / np.sqrt(sigma2)  # of the residual and of W y; that of the regressors is 1
    information = np.zeros((k + 3, k + 3))
    information[:k, :k] = moments.triangle.T @ gram[2:, 2:] @ moments.triangle
    cross = -unit * moments.triangle.T @ slope[2:, 0]
    information[:k, k + 1] = information[k + 1, :k] = cross
    information[k:, k:] = _spatial_block(moments, unit, size=likelihood.size, lam=lam)
    if lag_y:
        information[k, k] -= _curvature_of_volume(likelihood, rho)
    if has_error:
        information[k + 1, k + 1] -= _curvature_of_volume(likelihood, lam)
    kept = [*range(k), *([k] if lag_y else []), *([k + 1] if has_error else []), k + 2]
    try:
        inverse: Array = np.linalg.inv(information[np.ix_(kept, kept)])
    except np.linalg.LinAlgError:  # not identified; the front door refuses a covariance that is not finite
        return np.full((len(kept), len(kept)), np.nan)
    return to_parameters(inverse, likelihood, along, sigma2=sigma2, lag_y=lag_y)


def unexplained(blocks: Blocks, basis: Array, error_filter: Filter) -> tuple[Array, Array]:
    """Return the filtered regression of W y on the orthonormal regressors: coefficients, and what is left (T, N).

    Beside an intercept W y keeps its mean: rho is then the parameter that changes the coefficients of regressors
    without their means, and no others.
    """
    wy = blocks.wy if blocks.intercept is not None else blocks.wy_within
    filtered = error_filter.apply(np.concatenate([wy[:, :, None], basis], axis=2))
    columns = filtered.reshape(-1, filtered.shape[2])
    along: Array = np.asarray(np.linalg.lstsq(columns[:, 1:], columns[:, 0], rcond=None)[0])
    return along, wy - basis @ along


def to_parameters(inverse: Array, likelihood: Likelihood, along: Array, *, sigma2: float, lag_y: bool) -> Array:
    """Return the covariance of the model's parameters from that in scaled and separated ones.

    Those are the coefficients of orthonormal regressors in units of sigma, moved by `along` times rho, and sigma2 in
    units of itself.
    """
    k = len(along)
    back = np.eye(len(inverse))
    unscale = np.linalg.inv(likelihood.moments.triangle)
    back[:k, :k] = np.sqrt(sigma2) * unscale
    if lag_y:
        back[:k, k] = -unscale @ along
    back[-1, -1] = sigma2
    full = back @ inverse @ back.T
    return (full + full.T) / 2


def _nothing(blocks: Blocks) -> tuple[Array, Array]:
    return np.zeros(blocks.z.shape[2]), np.zeros_like(blocks.y)


def _spatial_block(moments: Moments, unit: float, *, size: int, lam: float) -> Array:
    """Return the second derivatives in rho, lambda and sigma2, in units of itself, without the determinants'."""
    gram, slope = moments.filtered(lam)
    bend = _curvature(moments, lam)
    by_rho, by_lam = -gram[1, 0], slope[0, 0] / 2  # of half the sum of squares
    block = np.array(
        [
            [gram[1, 1], -slope[1, 0], -by_rho],
            [-slope[1, 0], bend[0, 0] / 2, -by_lam],
            [-by_rho, -by_lam, gram[0, 0]],
        ]
    )
    block *= unit**2
    block[2, 2] -= size / 2
    return block


def _curvature(moments: Moments, lam: float) -> Array:
    """Return the second derivative of the filtered Gram matrix in lambda."""
    f = moments.error
    if f is None:
        return np.zeros_like(moments.gram)
    bend: Array = 2 * f.lagged
    if f.projects_time:
        both = f.mixed + f.mixed.T
        inner = f.linear - lam * both + lam**2 * f.quadratic
        inner_slope = -both + 2 * lam * f.quadratic
        n, first, second = f.ones
        length, length_slope = n - 2 * lam * first + lam**2 * second, 2 * lam * second - 2 * first
        share = lam**2 / length
        share_slope = (2 * lam - share * length_slope) / length
        share_bend = (2 - 2 * share_slope * length_slope - share * 2 * second) / length
        bend = bend - share_bend * inner - 2 * share_slope * inner_slope - share * 2 * f.quadratic
    return bend


def _curvature_of_volume(likelihood: Likelihood, value: float) -> float:
    """Return the second derivative of tau log|I - value W|, -tau tr G G."""
    assert likelihood.determinant is not None  # a model with rho or lambda has one
    product = likelihood.determinant.product(value, value)
    return -likelihood.periods * (product - 1 / (1 - value) ** 2 if likelihood.without_unit_root else product)
