"""Moran's I of least-squares residuals, with moments that know that they are residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, remove_effects, spatial_lag
from spatial_region.panel._lm_value import TestValue, normal_value


@dataclass(frozen=True, slots=True)
class ResidualMoran:
    """Moran's I of residuals.

    Attributes
    ----------
    statistic : float
        I.
    expected, variance : float
        Under normal errors without spatial correlation.
    test : TestValue
        The standardised statistic and its two-sided normal p.
    """

    statistic: float
    expected: float
    variance: float
    test: TestValue


def moran_residuals(
    y: Array, x: Array, *, w: sp.csr_array, effects: str, intercept: int | None = None
) -> ResidualMoran:
    """Return Moran's I of all residuals of one least-squares regression, every period with its own lags.

    I = (N / S0) sum_t e_t'W e_t / e'e, with e = M y. As M is a projection, of rank r, the moments under normal errors
    are exact, with fixed effects as without (Cliff and Ord): with U = I_T x (W + W')/2,

        E = (N / S0) tr(M U) / r
        V = (N / S0)^2 2 [r tr(M U M U) - tr(M U)^2] / [r^2 (r + 2)]

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    w : (N, N)
    effects : {"pooled", "region", "time", "twoway"}
        Removed by least squares.
    intercept : int or None
        Column of `x` that is 1 everywhere.

    References
    ----------
    Cliff, A. D., Ord, J. K. (1972). Geographical Analysis 4, 267-284. doi:10.1111/j.1538-4632.1972.tb00475.x
    """
    fit = _fit(y, x, effects=effects, intercept=intercept)
    symmetric = sp.csr_array((w + w.T) / 2)
    lags = spatial_lag(symmetric, fit.basis)
    k = lags.shape[2]
    own = fit.basis.reshape(y.size, k).T @ lags.reshape(y.size, k)
    inside = remove_effects(lags, effects).reshape(y.size, k)
    first, second, rank = _effect_traces(symmetric, effects)
    moments = _Moments(
        rank=fit.time_share.sum() * rank - k,
        squared_rank=fit.time_share.sum() * rank - k,
        trace=fit.time_share.sum() * first - np.trace(own),
        square=fit.time_share.sum() * second - 2 * (inside**2).sum() + (own * own.T).sum(),
    )
    e = fit.residuals
    return _standardised(float((e * spatial_lag(w, e[:, :, None])[:, :, 0]).sum() / (e**2).sum()), moments, w)


def moran_residuals_by_period(
    y: Array, x: Array, *, w: sp.csr_array, effects: str, intercept: int | None = None
) -> tuple[ResidualMoran, ...]:
    """Return Moran's I of the residuals of each period, from one least-squares regression of all.

    I_t = (N / S0) e_t'W e_t / e_t'e_t, where e_t has covariance proportional to V, a block of the projection M.
    Its first two moments are those of numerator and denominator,

        E = (N / S0) tr(V U) / tr V
        E + V = (N / S0)^2 [tr(V U)^2 + 2 tr(V U V U)] / [tr(V)^2 + 2 tr(V V)]

    exact when V is proportional to a projection (one period; region effects but for the slopes), and otherwise
    approximate to the order of k / (N T).

    Parameters
    ----------
    y, x, w, effects, intercept
        As in `moran_residuals`.

    References
    ----------
    Cliff, A. D., Ord, J. K. (1972). Geographical Analysis 4, 267-284. doi:10.1111/j.1538-4632.1972.tb00475.x
    """
    fit = _fit(y, x, effects=effects, intercept=intercept)
    symmetric = sp.csr_array((w + w.T) / 2)
    lags = spatial_lag(symmetric, fit.basis)
    by_period = "time" if effects in ("time", "twoway") else "pooled"
    inside = remove_effects(lags, by_period)
    first, second, rank = _effect_traces(symmetric, effects)
    found = []
    for t, share in enumerate(fit.time_share):
        own, length = fit.basis[t].T @ lags[t], fit.basis[t].T @ fit.basis[t]
        moments = _Moments(
            rank=share * rank - np.trace(length),
            squared_rank=share**2 * rank - 2 * share * np.trace(length) + (length**2).sum(),
            trace=share * first - np.trace(own),
            square=share**2 * second - 2 * share * (inside[t] ** 2).sum() + (own * own.T).sum(),
        )
        e = fit.residuals[t]
        found.append(_standardised(float(e @ (w @ e) / (e @ e)), moments, w))
    return tuple(found)


@dataclass(frozen=True)
class _Fit:
    """Least squares.

    Attributes
    ----------
    residuals : (T, N)
    basis : (T, N, k)
        Orthonormal columns that span the regressors, their effects removed.
    time_share : (T,)
        What the removal of region effects leaves of the variance of each period.
    """

    residuals: Array
    basis: Array
    time_share: Array


@dataclass(frozen=True)
class _Moments:
    """tr V, tr(V V), tr(V U), tr(V U V U) for residuals with covariance V."""

    rank: float
    squared_rank: float
    trace: float
    square: float


def _fit(y: Array, x: Array, *, effects: str, intercept: int | None) -> _Fit:
    periods, regions, k = x.shape
    if intercept is not None:  # digits of variables far from zero
        x = x - x.mean(axis=(0, 1))
        x[:, :, intercept] = 1.0
    basis = np.linalg.qr(remove_effects(x, effects).reshape(y.size, k))[0]
    within = remove_effects(y[:, :, None], effects).ravel()
    residuals = within - basis @ (basis.T @ within)
    left = 1 - 1 / periods if effects in ("region", "twoway") else 1.0
    return _Fit(residuals.reshape(y.shape), basis.reshape(periods, regions, k), np.full(periods, left))


def _effect_traces(symmetric: sp.csr_array, effects: str) -> tuple[float, float, int]:
    """Return tr(E U), tr(E U E U) and the rank of E, the removal of a period's mean where there is a period effect."""
    n = symmetric.shape[0]
    first, second = float(symmetric.trace()), float((symmetric * symmetric).sum())
    if effects not in ("time", "twoway"):
        return first, second, n
    sums = symmetric @ np.ones(n)
    mean = sums.sum() / n
    return first - mean, float(second - 2 * (sums @ sums) / n + mean**2), n - 1


def _standardised(ratio: float, moments: _Moments, w: sp.csr_array) -> ResidualMoran:
    scale = w.shape[0] / float(w.sum())
    expected = moments.trace / moments.rank
    raw = (moments.trace**2 + 2 * moments.square) / (moments.rank**2 + 2 * moments.squared_rank)
    variance = raw - expected**2
    return ResidualMoran(
        scale * ratio,
        float(scale * expected),
        float(scale**2 * variance),
        normal_value((ratio - expected) / np.sqrt(variance)),
    )
