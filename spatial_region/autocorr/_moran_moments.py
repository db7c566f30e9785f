"""Moments of Moran's I, global and local, in closed form. Arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp


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
    """Return the moments of I (Cliff and Ord 1981, pages 42 to 46)."""
    n = len(z)
    s0 = float(matrix.sum())
    both = matrix + matrix.T
    s1 = float((both.multiply(both)).sum()) / 2.0
    s2 = float(((np.asarray(matrix.sum(axis=1)).ravel() + np.asarray(matrix.sum(axis=0)).ravel()) ** 2).sum())
    expected = -1.0 / (n - 1)
    normality = (n**2 * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n**2 - 1)) - expected**2
    kurtosis = n * float((z**4).sum()) / float((z**2).sum()) ** 2
    top = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    top -= kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    bottom = (n - 1) * (n - 2) * (n - 3) * s0**2
    randomisation = top / bottom - expected**2 if bottom else np.nan
    return GlobalMoments(expected, normality, randomisation)


def local_moments_conditional(z: np.ndarray, matrix: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Return expectation and variance of each local I when the region keeps its value and the others are shuffled.

    The lag is then a weighted sum drawn without replacement from the other n - 1 values
    (Sokal, Oden and Thomson 1998, A7 and A8).
    """
    n, own = len(z), matrix.diagonal()
    total, squares = _row_sums(matrix)
    total, squares = total - own, squares - own**2  # a weight for itself multiplies the value that stays
    mean = -z / (n - 1)
    variance = ((z @ z) - z**2) / (n - 1) - mean**2
    scale = (n - 1) * z / (z @ z)
    return scale * (mean * total + own * z), scale**2 * variance * ((n - 1) * squares - total**2) / (n - 2)


def local_moments_total(z: np.ndarray, matrix: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Return expectation and variance of each local I when all values are shuffled (Sokal et al. 1998, A3 and A4)."""
    n = len(z)
    total, squares = _row_sums(matrix)
    kurtosis = n * (z**4).sum() / (z**2).sum() ** 2
    shrink = (n - 1) / n  # the formulas scale I by the variance over n, this package by that over n - 1
    expected = -total / (n - 1)
    variance = (
        squares * (n - kurtosis) / (n - 1)
        + (total**2 - squares) * (2 * kurtosis - n) / ((n - 1) * (n - 2))
        - expected**2
    )
    return shrink * expected, shrink**2 * variance


def _row_sums(matrix: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(matrix.sum(axis=1)).ravel(), np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
