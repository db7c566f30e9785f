"""Tails of the t, F and non-central F distributions, to full relative accuracy.

Every tail is a sum of incomplete beta functions of positive terms, so nothing cancels: ``1 - cdf`` would lose
each digit of a small tail, and `scipy.stats.ncf` fails at large non-centrality (NaN or a wrong value, depending
on its version).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from scipy.special import betainc, gammaln

_WIDTH = 10.0  # standard deviations of the Poisson weights summed below their mean, and at least above it
_POINTS_PER_SD = 32  # of the grid that replaces single terms when the weights are very wide
_NEGLIGIBLE = 1e-18
_MOST_TERMS = 30_000  # summed one by one; beyond, a grid is quicker


def f_sf(f: np.ndarray, df1: np.ndarray, df2: np.ndarray) -> np.ndarray:
    """Return P(F > f); NaN where a degree of freedom is not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        y = np.where(np.isinf(f), 0.0, df2 / (df1 * f + df2))
    return np.where((df1 > 0) & (df2 > 0), betainc(df2 / 2, df1 / 2, y), np.nan)


def t_two_sided(t: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Return P(|T| > |t|)."""
    return betainc(df / 2, 0.5, df / (df + t**2))


def noncentral_f_sf(f: float, df1: float, df2: float, noncentrality: float) -> float:
    r"""Return P(F > f) for F non-central with `df1`, `df2` and `noncentrality`.

    .. math:: P(F > f) = \sum_j \mathrm{Pois}(j; \lambda / 2) \,
       I_y(df_2 / 2, df_1 / 2 + j), \quad y = df_2 / (df_1 f + df_2)

    Terms below the bulk of the weights are skipped, which is safe because the beta tail grows with j.
    When the weights spread over many thousands of terms they vary slowly, and every `step`-th term, times
    `step`, gives the same sum.
    """
    if math.isnan(f) or math.isnan(noncentrality) or df1 <= 0 or df2 <= 0:
        return math.nan
    if f <= 0:
        return 1.0
    if math.isinf(f):
        return 0.0
    y = df2 / (df1 * f + df2)
    mean = noncentrality / 2
    if mean == 0:
        return float(f_sf(np.asarray(f), np.asarray(df1), np.asarray(df2)))
    spread = math.sqrt(mean)
    step = max(1, int(spread / _POINTS_PER_SD))
    block = step * (64 + int(2 * _WIDTH * spread / step))
    start = max(0, int(mean - _WIDTH * spread))
    total = 0.0
    while True:
        j = np.arange(start, start + block, step, dtype=float)
        terms = np.exp(_log_poisson(j, mean)) * betainc(df2 / 2, df1 / 2 + j, y)
        total += float(terms.sum()) * step
        start += block
        # The terms have one peak; past it, when the last is nothing beside the sum, so are the rest.
        if start > mean and terms[-1] <= _NEGLIGIBLE * total:
            return min(total, 1.0)


def _log_poisson(j: np.ndarray, mean: float) -> np.ndarray:
    """Log Poisson probabilities without the cancellation of ``j log(mean) - mean - gammaln(j + 1)`` at large j."""
    small = j < 16
    near = np.where(small, 16.0, j)
    relative = (near - mean) / mean
    deviance = mean * ((1 + relative) * np.log1p(relative) - relative)
    stirling = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * near**2)) / near**2) / near**2) / near
    saddle = -deviance - stirling - 0.5 * np.log(2 * np.pi * near)
    return np.where(small, j * math.log(mean) - mean - gammaln(j + 1), saddle)


def noncentral_f_sf_and_slope(f: float, df1: float, df2: float, noncentrality: float) -> tuple[float, float]:
    r"""Return P(F > f) and its derivative by the noncentrality; everything finite and positive.

    Quicker than `noncentral_f_sf`, and as accurate for tails above 1e-10 (not below): one incomplete beta function
    begins the sum, and the others follow by adding

    .. math:: I_y(a, b + 1) - I_y(a, b) = \frac{\Gamma(a + b)}{\Gamma(a) \Gamma(b + 1)} y^a (1 - y)^b > 0

    whose mean over the Poisson weights is twice the derivative.
    """
    y, rest = df2 / (df1 * f + df2), df1 * f / (df1 * f + df2)
    a, b, mean = df2 / 2, df1 / 2, noncentrality / 2
    spread = math.sqrt(mean)
    start = max(0, math.floor(mean - _WIDTH * spread))
    terms = int(min(mean, _WIDTH * spread) + _WIDTH * spread) + 64
    if terms <= _MOST_TERMS:
        return _sum_terms(start, terms, mean, a, b, y, rest, float(betainc(a, b + start, y)))
    step = spread / _POINTS_PER_SD
    j = start + step * np.arange(int(2 * _WIDTH * _POINTS_PER_SD))
    weights = np.exp(_log_poisson(j, mean))
    weights /= weights.sum()
    beta = betainc(a, b + j, y)
    return float(weights @ beta), float(weights @ np.gradient(beta, step)) / 2


@numba.njit(cache=True, nogil=True)
def _sum_terms(
    start: int, terms: int, mean: float, a: float, b: float, y: float, rest: float, beta: float
) -> tuple[float, float]:
    weight, increment = _poisson(start, mean), _beta_increment(a, b + start, y, rest)
    mass = value = slope = 0.0
    for j in range(start, start + terms):
        mass += weight
        value += weight * beta
        slope += weight * increment
        beta += increment
        increment *= rest * (a + b + j) / (b + j + 1)
        weight *= mean / (j + 1)
    return value / mass, slope / mass / 2


@numba.njit(cache=True, nogil=True)
def _poisson(j: float, mean: float) -> float:
    """Poisson probability of `j`."""
    if j == 0:
        return math.exp(-mean)
    return math.exp(-_deviance(j, mean) - _stirling_error(j)) / math.sqrt(2 * math.pi * j)


@numba.njit(cache=True, nogil=True)
def _beta_increment(a: float, b: float, y: float, rest: float) -> float:
    """Return I_y(a, b + 1) - I_y(a, b), a binomial probability but for a factor, by its saddle point (exact)."""
    n = a + b
    exponent = _stirling_error(n) - _stirling_error(a) - _stirling_error(b)
    exponent -= _deviance(a, n * y) + _deviance(b, n * rest)
    return math.exp(exponent) * math.sqrt(a / (2 * math.pi * n * b))


@numba.njit(cache=True, nogil=True)
def _deviance(x: float, mean: float) -> float:
    """Return x log(x / mean) - x + mean."""
    relative = (x - mean) / mean
    return mean * ((1 + relative) * math.log1p(relative) - relative)


@numba.njit(cache=True, nogil=True)
def _stirling_error(x: float) -> float:
    """Return log Gamma(x + 1) minus Stirling's approximation of it."""
    if x < 16:
        return math.lgamma(x + 1) - (x + 0.5) * math.log(x) + x - 0.5 * math.log(2 * math.pi)
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * x**2)) / x**2) / x**2) / x
