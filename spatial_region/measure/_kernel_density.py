"""Gaussian kernel density of one sample, and the rules for its bandwidth. Arrays in, arrays out."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.stats import gaussian_kde

Rule = Literal["nrd0", "silverman", "scott"]


def moments(x: np.ndarray, w: np.ndarray) -> tuple[float, float, float]:
    """Return the weighted mean, the standard deviation (over n - 1 without weights), and the effective number.

    The effective number of weighted values is (sum w)**2 / sum w**2, as in scipy.
    """
    p = w / w.sum()
    effective = float(1 / (p**2).sum())
    mean = float(p @ x)
    return mean, float(np.sqrt(p @ (x - mean) ** 2 / (1 - 1 / effective))), effective


def quantile(x: np.ndarray, w: np.ndarray, level: float) -> float:
    """Return a quantile of ascending values: numpy's where weights are equal, and by weight otherwise."""
    if np.ptp(w) == 0:
        return float(np.quantile(x, level))
    places = np.cumsum(w) - w / 2
    return float(np.interp(level * w.sum(), places, x))


def bandwidth_of(x: np.ndarray, w: np.ndarray, rule: Rule) -> float:
    """Return the bandwidth of a rule: the standard deviation of the kernel, in the unit of the values."""
    _, std, effective = moments(x, w)
    if rule == "scott":
        return std * effective**-0.2
    if rule == "silverman":
        return std * (0.75 * effective) ** -0.2
    middle = (quantile(x, w, 0.75) - quantile(x, w, 0.25)) / 1.34
    return 0.9 * (min(std, middle) if middle > 0 else std) * effective**-0.2


def density(x: np.ndarray, w: np.ndarray, bandwidth: float, at: np.ndarray) -> np.ndarray:
    """Return the density at some points: the weighted mean of normal densities around the values."""
    std = moments(x, w)[1]
    return np.asarray(gaussian_kde(x, bw_method=bandwidth / std, weights=w)(at))


def peaks(values: np.ndarray) -> np.ndarray:
    """Return the places of the local maxima, a level stretch counting as one, that are no ripple of rounding."""
    steps = np.sign(np.diff(np.where(values < 1e-9 * values.max(), 0.0, values)))
    moving = np.flatnonzero(steps)
    turns = (steps[moving[:-1]] > 0) & (steps[moving[1:]] < 0)
    return (moving[:-1][turns] + 1 + moving[1:][turns]) // 2
