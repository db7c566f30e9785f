"""Levin, Lin and Chu (2002): one autoregressive coefficient for all series, from regressions freed of each series' own
short-run dynamics and scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.paneltests._adf import TERMS, Array, Whole, adf, deterministic, long_run_variance, partial_out

# Levin, Lin and Chu (2002), table 2: mean and standard deviation adjustments by number of times.
_TIMES = np.array([25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 250, 500], dtype=float)
_MEANS = {
    "none": [0.004, 0.003, 0.002, 0.002, 0.001, 0.001, 0.001, 0, 0, 0, 0, 0, 0],
    "constant": [
        -0.554, -0.546, -0.541, -0.537, -0.533, -0.531, -0.527, -0.524, -0.521, -0.520, -0.518, -0.509, -0.500,
    ],
    "trend": [-0.703, -0.674, -0.653, -0.637, -0.624, -0.614, -0.598, -0.587, -0.578, -0.571, -0.566, -0.533, -0.500],
}  # fmt: skip
_DEVIATIONS = {
    "none": [1.049, 1.035, 1.027, 1.021, 1.017, 1.014, 1.011, 1.008, 1.007, 1.006, 1.005, 1.001, 1.000],
    "constant": [0.919, 0.889, 0.867, 0.850, 0.837, 0.826, 0.810, 0.798, 0.789, 0.782, 0.776, 0.742, 0.707],
    "trend": [1.003, 0.949, 0.906, 0.871, 0.842, 0.818, 0.780, 0.751, 0.728, 0.710, 0.695, 0.603, 0.500],
}
SHORTEST = int(_TIMES[0])


@dataclass(frozen=True)
class Pooled:
    """The pooled regression.

    Attributes
    ----------
    adjusted : float
        t* , standard normal under a common unit root.
    coefficient, t : float
        Pooled coefficient and its t ratio before adjustment.
    sigma2, long_run : (n,)
        Variance of the residuals, and long-run variance of the changes, of each series.
    """

    adjusted: float
    coefficient: float
    t: float
    sigma2: Array
    long_run: Array


def moments(times: float, trend: str) -> tuple[float, float]:
    """Return the mean and the standard deviation adjustment, interpolated; those at the ends of the table beyond it."""
    return float(np.interp(times, _TIMES, _MEANS[trend])), float(np.interp(times, _TIMES, _DEVIATIONS[trend]))


def pooled(series: Array, lags: Whole, trend: str, *, bandwidth: int, drift: bool, by_rows: bool) -> Pooled:
    """Return the pooled t ratio and its adjustment.

    Parameters
    ----------
    series : (n, T)
    lags : (n,)
    trend : {"none", "constant", "trend"}
    bandwidth : int
        Of the long-run variance of the changes.
    drift : bool
        Whether the changes lose no more than a drift under the null: with a constant nothing, as a series with a unit
        root then has none, and with a trend their mean. The tabulated adjustments go with that. Otherwise they lose
        their mean, or their trend.
    by_rows : bool
        Whether adjustments are looked up at the mean number of rows T - p - 1, or at T.
    """
    n, times = series.shape
    sigma2 = np.empty(n)
    changes, levels = [], []
    for count in np.unique(lags):
        chosen = np.flatnonzero(lags == count)
        sigma2[chosen] = adf(series[chosen], int(count), trend, corrected=False).sigma2
        deviation = np.sqrt(sigma2[chosen])[:, None]
        change, level = partial_out(series[chosen], int(count), trend)
        changes.append((change / deviation).ravel())
        levels.append((level / deviation).ravel())
    change, level = np.concatenate(changes), np.concatenate(levels)
    squares = float(level @ level)
    coefficient = float(level @ change) / squares
    rest = change - coefficient * level
    variance = float(rest @ rest) / len(rest)
    error = float(np.sqrt(variance / squares))
    rows = times - float(lags.mean()) - 1
    long_run = _long_run(series, max(0, TERMS[trend] - 1) if drift else TERMS[trend], bandwidth)
    ratio = float(np.sqrt(np.maximum(long_run, 0.0) / sigma2).mean())
    mean, deviation_of_t = moments(rows if by_rows else times, trend)
    shift = n * rows * ratio * error * mean / (float(rest @ rest) / (n * rows))
    t = coefficient / error
    return Pooled((t - shift) / deviation_of_t, coefficient, t, sigma2, long_run)


def _long_run(series: Array, terms: int, bandwidth: int) -> Array:
    change = np.diff(series, axis=1)
    if terms:
        q, _ = np.linalg.qr(deterministic(change.shape[1], "trend")[:, :terms])
        change = change - (change @ q) @ q.T
    return long_run_variance(change, bandwidth)
