"""Hadri (2000): the mean of the series' own KPSS statistics, against its mean under stationarity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.paneltests._adf import TERMS, Array, deterministic, long_run_variance

# Mean and variance of the integral of a squared Brownian bridge, of level and of trend (Hadri 2000, (17) and (25)).
_MOMENTS = {"constant": (1 / 6, 1 / 45), "trend": (1 / 15, 11 / 6300)}


@dataclass(frozen=True)
class Stationarity:
    """The two forms of the statistic, and what each series adds.

    Attributes
    ----------
    robust, common : float
        With a variance for each series, and with one for all; standard normal if every series is stationary.
    lm : (n,)
        KPSS statistic of each series.
    flat : (n,) of bool
        Series without variance about their constant or trend.
    """

    robust: float
    common: float
    lm: Array
    flat: np.ndarray


def hadri(series: Array, trend: str, *, bandwidth: int, corrected: bool) -> Stationarity:
    """Return sqrt(n) (mean of KPSS - its mean) / its standard deviation.

    A bandwidth of 0 takes the residuals to be uncorrelated; a larger one divides by their Bartlett long-run variance.
    `corrected` divides by degrees of freedom, as Hadri suggests for short panels.
    """
    n, times = series.shape
    q, _ = np.linalg.qr(deterministic(times, trend))
    rest = series - (series @ q) @ q.T
    squares = (rest**2).sum(axis=1)
    flat = squares <= 1e-20 * (series**2).sum(axis=1)
    variance = long_run_variance(rest, bandwidth)
    if corrected:
        variance = variance * times / (times - TERMS[trend])
    partial = (np.cumsum(rest, axis=1) ** 2).sum(axis=1) / times**2
    lm = partial / np.where(flat, 1.0, variance)
    mean, spread = _MOMENTS[trend]
    robust, common = (
        np.sqrt(n) * (value - mean) / np.sqrt(spread) for value in (lm.mean(), partial.mean() / variance.mean())
    )
    return Stationarity(float(robust), float(common), lm, flat)
