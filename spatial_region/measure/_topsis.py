"""TOPSIS: how near each row is to the best values, and how far from the worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Closeness:
    """Distance of each row to the ideal and to the anti-ideal, and closeness ``d_minus / (d_plus + d_minus)``."""

    d_plus: np.ndarray
    d_minus: np.ndarray
    score: np.ndarray


def closeness(values: np.ndarray, weight: np.ndarray, signs: np.ndarray) -> Closeness:
    """Return the closeness of rows of scaled values; the ideal takes the best value of each weighted column.

    Some column with a weight must vary, else both distances are 0.
    """
    weighted = values * weight
    low, high = weighted.min(axis=0), weighted.max(axis=0)
    ideal, worst = np.where(signs > 0, high, low), np.where(signs > 0, low, high)
    d_plus = np.sqrt(np.square(weighted - ideal).sum(axis=1))
    d_minus = np.sqrt(np.square(weighted - worst).sum(axis=1))
    return Closeness(d_plus, d_minus, d_minus / (d_plus + d_minus))
