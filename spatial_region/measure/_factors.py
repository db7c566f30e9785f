"""Principal components, varimax rotation, and whether correlations are fit to be factored."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from scipy.stats import chi2

from spatial_region.errors import ConvergenceError

# Below this the correlation matrix counts as singular, and what needs its inverse is NaN.
_SMALLEST_EIGENVALUE = 1e-10


@dataclass(frozen=True, eq=False)
class Components:
    """Components of standardised columns.

    Attributes
    ----------
    eigenvalues : (p,)
        Of the correlation matrix, descending; they sum to p.
    loadings : (p, k)
        Correlation of each column with each component.
    variance : (k,)
        Sum of squared loadings of each component.
    coefficients : (p, k)
        What standardised columns are multiplied by to give scores with variance 1.
    """

    eigenvalues: np.ndarray
    loadings: np.ndarray
    variance: np.ndarray
    coefficients: np.ndarray


def eigenvalues_of(correlation: np.ndarray) -> np.ndarray:
    """Return the eigenvalues, descending, none below 0."""
    return np.maximum(np.linalg.eigvalsh(correlation)[::-1], 0.0)


def choose_count(eigenvalues: np.ndarray, components: int | float | None) -> int:
    """Return how many components to keep: eigenvalues above 1 (None), so many (int), or a share of variance (float)."""
    if components is None:
        return max(int((eigenvalues > 1.0 + 1e-12).sum()), 1)
    if isinstance(components, int):
        return components
    reached = np.cumsum(eigenvalues) / eigenvalues.sum()
    return min(int(np.searchsorted(reached, components - 1e-12)) + 1, len(eigenvalues))


def extract(correlation: np.ndarray, count: int, *, rotate: bool) -> Components:
    """Return the first `count` components, rotated by varimax on request, each turned to point up.

    The sign of a component is arbitrary; that is taken with which its loadings sum to a positive number.
    """
    values, vectors = np.linalg.eigh(correlation)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    root = np.sqrt(values[:count])
    loadings = vectors[:, :count] * root
    coefficients = vectors[:, :count] / root
    if rotate and count > 1:
        rotation = varimax(loadings)
        loadings, coefficients = loadings @ rotation, coefficients @ rotation
    turn = np.where(_upward(loadings), 1.0, -1.0)
    loadings, coefficients = loadings * turn, coefficients * turn
    variance = np.square(loadings).sum(axis=0)
    if rotate:
        order = np.argsort(-variance, kind="stable")
        loadings, coefficients, variance = loadings[:, order], coefficients[:, order], variance[order]
    return Components(values, loadings, variance, coefficients)


def _upward(loadings: np.ndarray) -> np.ndarray:
    total = loadings.sum(axis=0)
    largest = loadings[np.abs(loadings).argmax(axis=0), np.arange(loadings.shape[1])]
    return np.where(np.abs(total) > 1e-9, total, largest) > 0


def varimax(loadings: np.ndarray) -> np.ndarray:
    """Return the rotation that makes the squared loadings of each component vary most (Kaiser 1958, normalised).

    Raises
    ------
    ConvergenceError
        If some angle still changes after 10,000 rounds.
    """
    length = np.sqrt(np.square(loadings).sum(axis=1, keepdims=True))
    rotation, left = _rotate_planes(loadings / np.where(length > 0, length, 1.0), 10_000, 1e-12)
    if left > 0:
        raise ConvergenceError(
            f"varimax still turns components by {left:.2g} after 10,000 rounds: no rotation is best. "
            "Keep fewer components, or do not rotate."
        )
    return rotation


@numba.njit(cache=True, nogil=True)
def _rotate_planes(turned: np.ndarray, rounds: int, tolerance: float) -> tuple[np.ndarray, float]:
    """Turn each plane in turn by the angle that is best in closed form, until none exceeds `tolerance`.

    Returns the rotation, and the largest angle of the last round (0 when it is below `tolerance`). Overwrites `turned`.
    """
    p, k = turned.shape
    rotation = np.eye(k)
    widest = 0.0
    for _ in range(rounds):
        widest = 0.0
        for i in range(k - 1):
            for j in range(i + 1, k):
                angle = _best_angle(turned, i, j)
                widest = max(widest, abs(angle))
                c, s = np.cos(angle), np.sin(angle)
                for matrix, rows in ((turned, p), (rotation, k)):
                    for row in range(rows):
                        x, y = matrix[row, i], matrix[row, j]
                        matrix[row, i], matrix[row, j] = c * x + s * y, c * y - s * x
        if widest < tolerance:
            return rotation, 0.0
    return rotation, widest


@numba.njit(cache=True, nogil=True)
def _best_angle(turned: np.ndarray, i: int, j: int) -> float:
    p = len(turned)
    su = sv = uu = vv = uv = 0.0
    for row in range(p):
        x, y = turned[row, i], turned[row, j]
        u, v = x * x - y * y, 2 * x * y
        su += u
        sv += v
        uu += u * u
        vv += v * v
        uv += u * v
    numerator = 2 * (uv - su * sv / p)
    denominator = uu - vv - (su * su - sv * sv) / p
    # A plane in which every angle is as good as another stays as it is: its best angle would be rounding.
    if np.hypot(numerator, denominator) < 1e-13 * (uu + vv):
        return 0.0
    return np.arctan2(numerator, denominator) / 4


def is_singular(correlation: np.ndarray) -> bool:
    """Whether some column is, up to rounding, a linear function of the others."""
    return bool(np.linalg.eigvalsh(correlation)[0] < _SMALLEST_EIGENVALUE)


def kmo(correlation: np.ndarray) -> tuple[float, np.ndarray]:
    """Return Kaiser, Meyer and Olkin's measure of sampling adequacy: of all columns, and of each.

    Squared correlations over squared correlations plus squared partial correlations; for regular matrices.
    """
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = np.square(inverse / np.outer(scale, scale))
    squared = np.square(correlation)
    np.fill_diagonal(partial, 0.0)
    np.fill_diagonal(squared, 0.0)
    each = squared.sum(axis=0) / (squared.sum(axis=0) + partial.sum(axis=0))
    return float(squared.sum() / (squared.sum() + partial.sum())), each


def bartlett(correlation: np.ndarray, n: int) -> tuple[float, int, float]:
    """Return Bartlett's test that all correlations are 0: chi-squared, degrees of freedom, p; for regular matrices."""
    p = len(correlation)
    statistic = -(n - 1 - (2 * p + 5) / 6) * float(np.linalg.slogdet(correlation)[1])
    df = p * (p - 1) // 2
    return statistic, df, float(chi2.sf(statistic, df))


def inflation(correlation: np.ndarray) -> np.ndarray:
    """Return the variance inflation factor of each column, ``1 / (1 - R2)``; for regular matrices."""
    return np.asarray(np.diag(np.linalg.inv(correlation)))
