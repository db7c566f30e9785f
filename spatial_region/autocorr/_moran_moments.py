"""Moments of Moran's I, global and local, in closed form. Arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.autocorr._form_moments import form_moments, link_sums
from spatial_region.core.weights import RowFacts


@dataclass(frozen=True)
class GlobalMoments:
    """Expectation of I, and its variance under normality and under randomisation."""

    expected: float
    variance_normality: float
    variance_randomisation: float


def moran_statistic(z: np.ndarray, matrix: sp.csr_array) -> float:
    """Return ``n / S0 * z'Wz / z'z`` of deviations from the mean."""
    return float(len(z) / matrix.sum() * (z @ (matrix @ z)) / (z @ z))


def global_moments(z: np.ndarray, matrix: sp.csr_array) -> GlobalMoments:
    """Return the moments of I (Cliff and Ord 1981, pages 42 to 46), here for weights with or without a diagonal."""
    n, sums, own = len(z), link_sums(matrix), float(matrix.trace())
    scale = n / sums.s0
    trace = own - sums.s0 / n  # of M W M, where M takes off the mean
    squared = sums.s1 / 2.0 - sums.s2 / (2.0 * n) + (sums.s0 / n) ** 2
    expected = scale * trace / (n - 1)
    normality = scale**2 * (trace**2 + 2.0 * squared) / (n**2 - 1) - expected**2
    _, variance = form_moments(z, matrix)
    return GlobalMoments(expected, normality, (scale / float(z @ z)) ** 2 * variance)


def local_moments_conditional(z: np.ndarray, rows: RowFacts) -> tuple[np.ndarray, np.ndarray]:
    """Return expectation and variance of each local I when the region keeps its value and the others are shuffled.

    The lag is then a weighted sum drawn without replacement from the other n - 1 values
    (Sokal, Oden and Thomson 1998, A7 and A8).
    """
    n, own = len(z), rows.own
    total, squares = rows.sums - own, rows.squares - own**2  # a weight for itself multiplies the value that stays
    mean = -z / (n - 1)
    variance = ((z @ z) - z**2) / (n - 1) - mean**2
    scale = (n - 1) * z / (z @ z)
    return scale * (mean * total + own * z), scale**2 * variance * ((n - 1) * squares - total**2) / (n - 2)


def local_moments_total(z: np.ndarray, rows: RowFacts) -> tuple[np.ndarray, np.ndarray]:
    """Return expectation and variance of each local I when all values are shuffled (Sokal et al. 1998, A3 and A4)."""
    n, total, squares = len(z), rows.sums, rows.squares
    kurtosis = n * (z**4).sum() / (z**2).sum() ** 2
    shrink = (n - 1) / n  # the formulas scale I by the variance over n, this package by that over n - 1
    expected = -total / (n - 1)
    variance = (
        squares * (n - kurtosis) / (n - 1)
        + (total**2 - squares) * (2 * kurtosis - n) / ((n - 1) * (n - 2))
        - expected**2
    )
    return shrink * expected, shrink**2 * variance
