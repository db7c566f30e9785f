"""Local Geary's c of one variable or several, and its moments. Arrays in, arrays out."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def local_differences(z: np.ndarray, starts: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ``sum_j w_ij (z_i - z_j)**2`` of each row of weights, averaged over the variables (rows of `z`)."""
    n = len(starts) - 1
    result = np.empty(n)
    for i in range(n):
        total = 0.0
        for link in range(starts[i], starts[i + 1]):
            j = columns[link]
            apart = 0.0
            for one in range(len(z)):
                apart += (z[one, i] - z[one, j]) ** 2
            total += weights[link] * apart
        result[i] = total / len(z)
    return result


def conditional_moments(z: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of c when a region keeps its values and the others are shuffled.

    The differences d_ij to the n - 1 others are drawn without replacement; their sum and sum of squares over j expand
    into powers of z_i and sums over all regions.

    Parameters
    ----------
    z : (m, n) deviations from the mean
    sums, squares : (n,) sum of the weights of each row, and of their squares
    """
    norms = (z * z).sum(axis=0)
    return _moments(z, norms, z @ z.T, z @ norms, float(norms.sum()), float(norms @ norms), sums, squares)


@numba.njit(cache=True, nogil=True)
def _moments(
    z: np.ndarray,
    norms: np.ndarray,
    products: np.ndarray,
    third: np.ndarray,
    total: float,
    fourth: float,
    sums: np.ndarray,
    squares: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    m, n = z.shape
    expected, variance = np.empty(n), np.empty(n)
    for i in range(n):
        crossed, skewed = 0.0, 0.0
        for v in range(m):
            skewed += z[v, i] * third[v]
            for u in range(m):
                crossed += z[v, i] * products[v, u] * z[u, i]
        a = norms[i]
        mean = (n * a + total) / (m * (n - 1))
        square = (a * (n * a + 2.0 * total) + fourth + 4.0 * crossed - 4.0 * skewed) / (m * m * (n - 1))
        apart = square - mean * mean
        spread = (n - 1) * squares[i] - sums[i] * sums[i]
        # Nothing varies where all others differ from the region alike, or everybody is a neighbour.
        varies = apart > 1e-12 * square and spread > 1e-12 * (n - 1) * squares[i]
        expected[i] = mean * sums[i]
        variance[i] = apart * spread / (n - 2) if varies else 0.0
    return expected, variance
