"""Average direct, indirect and total impacts, their derivatives, and draws of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError
from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import EigenvalueDeterminant, LogDeterminant
from spatial_region.panel._traces import impact_sums, mean_row_sum

# Nodes of the interpolation in rho of multipliers that would otherwise need a factorisation for each draw.
_NODES = 40
_MOST_ROUNDS = 20


@dataclass(frozen=True)
class ImpactInput:
    """Estimates from which impacts follow.

    Attributes
    ----------
    beta, theta : (k,)
        Slopes of the regressors and of their lags (0 where a lag is not in the model).
    rho : float
    covariance : (m, m)
        Of beta, those theta that are in the model, and rho if it is.
    lagged : list of int
        Regressors whose lag is in the model.
    has_rho : bool
    """

    beta: Array
    theta: Array
    rho: float
    covariance: Array
    lagged: list[int]
    has_rho: bool


@dataclass(frozen=True)
class ImpactEstimate:
    """Estimates and standard errors; rows are direct, indirect and total, columns are regressors.

    Attributes
    ----------
    value, se : (3, k)
    draws : (D, 3, k) or None
    rejected : int
        Draws of rho outside the interval where the model exists; they were drawn again.
    """

    value: Array
    se: Array
    draws: Array | None
    rejected: int


def impact_values(beta: Array, theta: Array, rho: Array, own: Array, row: Array) -> Array:
    """Return impacts (..., 3, k) for given tr G / N (`own`) and 1'G 1 / N (`row`).

    (I - rho W)^-1 (beta I + theta W) = beta (I + rho G) + theta G: the mean of the diagonal is the direct
    impact and the mean of the row sums the total one, whether or not the weights are row-standardised.
    """
    direct = beta * (1 + rho * own)[..., None] + theta * own[..., None]
    total = beta * (1 + rho * row)[..., None] + theta * row[..., None]
    return np.stack([direct, total - direct, total], axis=-2)


def delta_impacts(given: ImpactInput, w: sp.csr_array | None, determinant: LogDeterminant | None) -> ImpactEstimate:
    """Return impacts with standard errors from their exact derivatives."""
    own, own_slope, row, row_slope = _sums(given, w, determinant)
    value = impact_values(given.beta, given.theta, np.array(given.rho), np.array(own), np.array(row))
    k, lags = len(given.beta), len(given.lagged)
    gradient = np.zeros((2, k, k + lags + given.has_rho))
    for part, (sum_, slope) in enumerate(((own, own_slope), (row, row_slope))):
        gradient[part, np.arange(k), np.arange(k)] = 1 + given.rho * sum_
        gradient[part, given.lagged, k + np.arange(lags)] = sum_
        if given.has_rho:
            gradient[part, :, -1] = given.beta * (sum_ + given.rho * slope) + given.theta * slope
    gradient = np.stack([gradient[0], gradient[1] - gradient[0], gradient[1]])
    variance = np.einsum("ikm,mn,ikn->ik", gradient, given.covariance, gradient)
    return ImpactEstimate(value, np.sqrt(np.maximum(variance, 0)), None, 0)


def simulated_impacts(
    given: ImpactInput,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    *,
    draws: int,
    random: np.random.Generator,
) -> ImpactEstimate:
    """Return impacts with standard errors from draws of the estimates' normal distribution.

    Raises
    ------
    ConvergenceError
        If most draws of rho lie outside the interval where the model exists.
    """
    own, _, row, _ = _sums(given, w, determinant)
    value = impact_values(given.beta, given.theta, np.array(given.rho), np.array(own), np.array(row))
    sample, rejected = _draw(given, determinant, draws, random)
    k = len(given.beta)
    theta = np.zeros((draws, k))
    theta[:, given.lagged] = sample[:, k : k + len(given.lagged)]
    if given.has_rho and w is not None and determinant is not None:
        rho = sample[:, -1]
        owns, rows = _multipliers(w, determinant, rho)
    else:
        rho, owns, rows = np.zeros(draws), np.full(draws, own), np.full(draws, row)
    drawn = impact_values(sample[:, :k], theta, rho, owns, rows)
    return ImpactEstimate(value, drawn.std(axis=0, ddof=1), drawn, rejected)


def _sums(
    given: ImpactInput, w: sp.csr_array | None, determinant: LogDeterminant | None
) -> tuple[float, float, float, float]:
    if w is None or not (given.has_rho or given.lagged):
        return 0.0, 0.0, 0.0, 0.0
    own, own_slope, row, row_slope = impact_sums(w, determinant if given.has_rho else None, given.rho).tolist()
    return own, own_slope, row, row_slope


def _draw(
    given: ImpactInput, determinant: LogDeterminant | None, draws: int, random: np.random.Generator
) -> tuple[Array, int]:
    centre = np.concatenate([given.beta, given.theta[given.lagged], [given.rho] if given.has_rho else []])
    spread = np.sqrt(np.diag(given.covariance))
    root = np.linalg.cholesky(given.covariance / np.outer(spread, spread)) * spread[:, None]
    kept: list[Array] = []
    rejected = 0
    for _ in range(_MOST_ROUNDS):
        missing = draws - sum(map(len, kept))
        if not missing:
            return np.concatenate(kept), rejected
        sample = centre + random.standard_normal((missing, len(centre))) @ root.T
        if given.has_rho and determinant is not None:
            inside = (sample[:, -1] > determinant.low) & (sample[:, -1] < determinant.high)
            rejected += int((~inside).sum())
            sample = sample[inside]
        kept.append(sample)
    raise ConvergenceError(
        f"most draws of rho lie outside ({determinant.low:g}, {determinant.high:g}), where the model exists, "
        f"because rho = {given.rho:g} has standard error {spread[-1]:g}; use se='delta'."
        if determinant is not None
        else "no draw could be made."
    )


def _multipliers(w: sp.csr_array, determinant: LogDeterminant, rho: Array) -> tuple[Array, Array]:
    """Return tr G / N and 1'G 1 / N for each rho."""
    n = w.shape[0]
    ones = np.ones(n)
    if isinstance(determinant, EigenvalueDeterminant):
        values = determinant.eigenvalues[None, :]
        owns = (values / (1 - rho[:, None] * values)).real.sum(axis=1) / n
    else:
        owns = _interpolated(lambda x: determinant.trace(x) / n, rho)
    if np.allclose(w @ ones, 1.0, rtol=0, atol=1e-12):
        return owns, 1 / (1 - rho)
    return owns, _interpolated(lambda x: mean_row_sum(w, x), rho)


def _interpolated(function: Callable[[float], float], at: Array) -> Array:
    """Evaluate a smooth function at many points from its values at Chebyshev nodes between their extremes."""
    low, high = float(at.min()), float(at.max())
    nodes = chebyshev.chebpts1(_NODES)
    values = [function(float(x)) for x in (low + high) / 2 + (high - low) / 2 * nodes]
    series = chebyshev.chebfit(nodes, values, _NODES - 1)
    return chebyshev.chebval((2 * at - low - high) / max(high - low, 1e-300), series)
