"""p-values of a Dickey-Fuller t ratio of a regression with few rows, and with lags.

The limit has thinner tails than short regressions: with 13 rows, one lag and a constant, 8 % of ratios have a p below
5 % by the limit, and 1.2 % one below 0.1 %, which -2 sum log p adds up. The probit of the limit is therefore shifted by
a surface in itself, the rows and the lags, fitted to simulated quantiles of random walks with normal errors by
`tests/unit/paneltests/dickey_fuller_rows.py`. For ratios with degrees of freedom.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from spatial_region.paneltests._adf import Array, Whole
from spatial_region.paneltests._dickey_fuller import probit

# By number of lags, 0 to 4: coefficients of s^0 ... s^4 over rows, then over rows squared, s the probit of the limit.
_SURFACE: dict[str, list[list[float]]] = {
    "none": [
        [-0.7619, 0.0512, 0.1249, -0.2116, 0.0004, 0.7955, -0.1743, 0.3596, 0.4853, -0.1320],
        [-0.5636, 0.1246, 0.0670, -0.2111, 0.0030, 0.1176, -2.6597, 1.6753, 0.6217, -0.1555],
        [-1.9500, 0.3186, -0.2108, -0.2194, 0.0247, 5.6138, -5.1970, 3.0852, 0.7687, -0.2739],
        [-1.6837, 0.3114, -0.3002, -0.1673, 0.0386, 4.2536, -7.1862, 6.1514, 0.1566, -0.5248],
        [-3.0666, 0.4303, -0.5211, -0.1598, 0.0507, 11.7498, -9.9779, 9.1827, -0.0464, -0.7205],
    ],
    "constant": [
        [-1.0099, -1.1021, 0.7747, -0.1883, -0.0255, 1.2409, -0.5563, -2.7843, 0.8772, 0.1123],
        [-0.6199, -1.4600, 0.3014, -0.2224, -0.0061, -3.5055, -2.6307, 0.7423, 1.3787, -0.0388],
        [-2.4376, -1.8076, -0.0860, -0.2292, 0.0106, 0.9075, -2.4145, 4.4913, 1.3908, -0.2093],
        [-2.2248, -2.0227, -0.5639, -0.2837, 0.0387, -3.0242, -6.6232, 10.8723, 2.3272, -0.5655],
        [-3.7317, -2.4886, -0.8715, -0.2618, 0.0518, -0.2195, -5.1974, 15.0749, 2.0805, -0.7329],
    ],
    "trend": [
        [-1.3100, -2.1165, 1.0068, -0.1576, -0.0275, 0.7447, 0.0928, -4.6978, 1.0878, 0.1943],
        [-0.6781, -2.3631, 0.5175, -0.2653, -0.0275, -3.1100, -5.0185, -1.3887, 2.2587, 0.2330],
        [-2.9714, -2.3953, -0.1309, -0.3027, 0.0095, -3.1201, -9.7473, 6.1825, 2.8231, -0.1965],
        [-2.4622, -2.9052, -0.5099, -0.2901, 0.0190, -10.8831, -14.5906, 10.8064, 2.9747, -0.2851],
        [-4.5180, -2.9716, -1.2028, -0.3783, 0.0713, -14.5554, -19.3976, 23.2840, 4.4949, -1.1499],
    ],
}  # fmt: skip
# Where quantiles were simulated; beyond, along the last tangent.
_LOWEST, _HIGHEST = -4.5, 3.0


def log_tails_of_rows(tau: Array, trend: str, lags: Whole, rows: Whole) -> tuple[Array, Array]:
    """Return log P(t <= tau) and log P(t > tau), for each regression's own number of lags and rows (ten at least)."""
    score = shifted(probit(tau, trend), trend, lags, rows)
    return special.log_ndtr(score), special.log_ndtr(-score)


def shifted(score: Array, trend: str, lags: Whole, rows: Whole) -> Array:
    """Return the normal score of a t ratio from that of the limit; more than four lags are taken for four."""
    table = np.array(_SURFACE[trend])[np.minimum(lags, 4)]
    first, second = table[:, :5], table[:, 5:]
    by_power = first / rows[:, None] + second / rows[:, None] ** 2
    inside = np.clip(score, _LOWEST, _HIGHEST)
    powers = inside[:, None] ** np.arange(5)
    slope = 1 + (by_power[:, 1:] * powers[:, :4] * np.arange(1, 5)).sum(axis=1)
    return np.asarray(inside + (by_power * powers).sum(axis=1) + slope * (score - inside))
