"""Confidence interval of q, by inverting the non-central F distribution."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from spatial_region.geodetector._tails import f_sf, noncentral_f_sf_and_slope

_PRECISE = 1e-12  # relative, of the root of the noncentrality
_ALL_BUT_INFINITE = 1e40  # F beyond which q is 1 to every digit
_MOST_STEPS = 2000  # a doubling or halving each, if nothing better: more than floating point has


def q_interval(
    f: np.ndarray, df1: np.ndarray, df2: np.ndarray, n: np.ndarray | int, level: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the lower and upper end of the interval of the population's q.

    If the strata and their sizes are fixed and values vary about the stratum means normally with one variance, F is
    non-central with

    .. math:: \lambda = N \frac{q}{1 - q}, \quad q = \frac{\lambda}{\lambda + N}

    The ends are the noncentralities at which the observed F, or more, has probability (1 - level) / 2 and
    (1 + level) / 2. An end is 0 where even noncentrality 0 gives more than that. If q is 1 (F infinite), both ends
    are 1; where F or its degrees of freedom do not exist, NaN.

    References
    ----------
    Steiger, J. H. (2004). Beyond the F test: effect size confidence intervals and tests of close fit in the analysis
    of variance and contrast analysis. Psychological Methods 9(2), 164-182.
    https://doi.org/10.1037/1082-989X.9.2.164
    """
    tails = (1 - level) / 2, (1 + level) / 2
    shape = np.broadcast_shapes(np.shape(f), np.shape(df1), np.shape(df2), np.shape(n))
    cases = np.broadcast(f, df1, df2, n)
    ends = np.array(
        [
            [_q_of(noncentrality_at(float(one_f), float(one_df1), float(one_df2), tail), float(size)) for tail in tails]
            for one_f, one_df1, one_df2, size in cases
        ]
    )
    lower, upper = ends.reshape(*shape, 2).transpose(-1, *range(len(shape)))
    return lower, upper


def _q_of(noncentrality: float, n: float) -> float:
    return 1.0 if math.isinf(noncentrality) else noncentrality / (noncentrality + n)


def noncentrality_at(f: float, df1: float, df2: float, tail: float) -> float:
    """Return the noncentrality at which P(F > f) is `tail`; 0 if it is more than that at noncentrality 0."""
    if math.isnan(f) or not (df1 > 0 and df2 > 0):
        return math.nan
    if f <= 0:
        return 0.0
    if f > _ALL_BUT_INFINITE:
        return math.inf
    if f_sf(np.asarray(f), np.asarray(df1), np.asarray(df2)) >= tail:
        return 0.0
    goal = float(ndtri(tail))
    # By the root of the noncentrality the normal score of the tail is close to a line: Newton needs four steps or so.
    low, high = 0.0, math.inf
    root = _first_guess(f, df1, df2, goal)
    for _ in range(_MOST_STEPS):
        value, slope = noncentral_f_sf_and_slope(f, df1, df2, root * root)
        score = float(ndtri(value))
        low, high = (root, high) if score < goal else (low, root)
        density = math.exp(-score * score / 2) / math.sqrt(2 * math.pi) if math.isfinite(score) else 0.0
        rise = 2 * root * slope / density if density > 0 else 0.0
        following = root - (score - goal) / rise if rise > 0 else math.inf
        if abs(following - root) <= _PRECISE * root:
            return following * following
        if not low < following < high:
            following = 2 * root if math.isinf(high) else (low + high) / 2
            if high - low <= _PRECISE * high:
                return following * following
        root = following
    raise ArithmeticError(f"no noncentrality found for F = {f}, df {df1} and {df2}, tail {tail}")


def _first_guess(f: float, df1: float, df2: float, goal: float) -> float:
    """Root of the noncentrality if F were normal about its mean."""
    middle = max(df1 * (f - 1), 0.0)
    spread = math.sqrt(2 * (df1 + 2 * middle) + 2 * (df1 + middle) ** 2 / df2)
    return math.sqrt(max(middle + goal * spread, 0.05 * spread))
