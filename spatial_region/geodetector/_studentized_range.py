"""Tail of the studentised range, quick for thousands of pairs and exact where it is small.

`scipy.stats.studentized_range` integrates twice for each value (milliseconds) and computes 1 - cdf. Here the range of
normal values is tabulated once for a number of strata, and each pair takes one sum of positive terms.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import gammaln, log_ndtr

_WIDEST = 53.0  # of a normal range; what is above has probability 1e-300
_STEP = 0.05  # of the table
_REACH, _FINE = 9.0, 0.125  # of the sum over the largest value, about half the range
_NODES = 257  # of the sum over the logarithm of the standard deviation
_AT_ONCE = 8_192  # values, whose nodes take some ten megabytes an array; strata in thousands have millions of pairs
_NEGLIGIBLE = 40.0  # below the largest logarithm


def studentized_range_sf(q: np.ndarray, k: int, df: np.ndarray) -> np.ndarray:
    r"""Return P(Q > q) for the range of `k` standard normal values over an independent root of chi-square / df.

    .. math:: P(Q > q) = \int_0^\infty f_{df}(s) \, P(W > q s) \, ds

    by the trapezoidal rule in log s, which converges exponentially; q and df of equal shape, NaN where either is NaN.
    """
    q, df = np.broadcast_arrays(np.asarray(q, dtype=float), np.asarray(df, dtype=float))
    p = np.full(q.shape, np.nan)
    p[(q <= 0) & (df > 0)] = 1.0
    p[np.isinf(q) & (df > 0)] = 0.0
    usual = (q > 0) & np.isfinite(q) & (df > 0)
    if usual.any():
        own_q, own_df, log_tail = q[usual], df[usual], _log_range_tail(k)
        pieces = [slice(start, start + _AT_ONCE) for start in range(0, len(own_q), _AT_ONCE)]
        p[usual] = np.concatenate([_sums(own_q[piece], own_df[piece], k, log_tail) for piece in pieces])
    return p


def _log_range_tail(k: int) -> CubicSpline:
    r"""Spline of log P(W > w), W the range of k standard normal values.

    .. math:: P(W > w) = k \int \varphi(z) \{\Phi(z)^{k - 1} - [\Phi(z) - \Phi(z - w)]^{k - 1}\} \, dz
    """
    w = np.arange(0.0, _WIDEST + _STEP / 2, _STEP)
    z = w[:, None] / 2 + np.arange(-_REACH, _REACH + _FINE / 2, _FINE)
    below = log_ndtr(z)
    with np.errstate(divide="ignore"):
        # log of one minus the (k - 1)th power of the share of values below z that are not below z - w
        share = np.log(-np.expm1((k - 1) * np.log1p(-np.exp(np.minimum(log_ndtr(z - w[:, None]) - below, 0.0)))))
    exponent = -(z**2) / 2 + (k - 1) * below + share
    top = exponent.max(axis=1)
    tail = top + np.log(np.exp(exponent - top[:, None]).sum(axis=1)) + np.log(k * _FINE / np.sqrt(2 * np.pi))
    return CubicSpline(w, np.minimum(tail, 0.0))


def _sums(q: np.ndarray, df: np.ndarray, k: int, log_tail: CubicSpline) -> np.ndarray:
    """Integrate over x = log s, between where the integrand has fallen to nothing on either side of its peak."""
    constant = np.log(2.0) + (df / 2) * np.log(df / 2) - gammaln(df / 2)
    low, high = _reach(q, df, k)
    x = np.linspace(low, high, _NODES)
    w = q * np.exp(x)
    inside = w <= _WIDEST
    tail = np.where(inside, log_tail(np.where(inside, w, 0.0)), -np.inf)
    terms = np.exp(constant + df * x - df * np.exp(2 * x) / 2 + tail)
    return np.minimum(terms.sum(axis=0) * (high - low) / (_NODES - 1), 1.0)


def _reach(q: np.ndarray, df: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the integral over x = log s.

    The density of x alone, df (x - exp(2 x) / 2) in logarithms, peaks at 0. The tail of the range moves the peak down:
    at most to where it would be if the tail were exp(-w^2 / 4) everywhere, and not below where w = q s is so small
    that the tail is still near 1. From any peak the logarithm falls as u - (exp(2 u) - 1) / 2 times df, or faster.
    """
    depth = _NEGLIGIBLE / df
    lowest_peak = -0.5 * np.log1p(q**2 / (2 * df))
    highest_peak = np.minimum(np.log((np.sqrt(2 * df) + 2 * np.sqrt(2 * np.log(k)) + 2) / q), 0.0)
    return lowest_peak - depth - np.sqrt(depth), highest_peak + 0.5 * np.log1p(2 * depth + 2 * np.sqrt(depth))
