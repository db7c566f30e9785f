"""Analytic hierarchy process: weights from comparisons by pairs, and how consistent these are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Mean consistency index of random reciprocal matrices on the scale 1/9 to 9, by order: Alonso and Lamata (2006,
# doi:10.1142/S0218488506004114), from 100,000 matrices each. No comparison of one or two can be inconsistent.
RANDOM_INDEX = {
    3: 0.5245,
    4: 0.8815,
    5: 1.1086,
    6: 1.2479,
    7: 1.3417,
    8: 1.4056,
    9: 1.4499,
    10: 1.4854,
    11: 1.5141,
    12: 1.5365,
    13: 1.5551,
    14: 1.5713,
    15: 1.5838,
}


@dataclass(frozen=True, eq=False)
class Priorities:
    """Weights, largest eigenvalue, consistency index and ratio (0 for one or two items)."""

    weight: np.ndarray
    eigenvalue: float
    index: float
    ratio: float


def priorities(matrix: np.ndarray) -> Priorities:
    """Return the principal eigenvector of a positive matrix, summing to 1, and its consistency.

    ``CI = (lambda_max - n) / (n - 1)`` and ``CR = CI / RI``; at most 15 items.
    """
    values, vectors = np.linalg.eig(matrix)
    place = int(np.argmax(values.real))  # Perron's root: real and simple for a positive matrix
    vector = np.abs(vectors[:, place].real)
    n = len(matrix)
    largest = float(values[place].real)
    index = max((largest - n) / (n - 1), 0.0) if n > 1 else 0.0
    return Priorities(vector / vector.sum(), largest, index, index / RANDOM_INDEX[n] if n > 2 else 0.0)
