"""Scaling of indicators: oriented by direction, free of units."""

from __future__ import annotations

import numpy as np


def min_max(values: np.ndarray, signs: np.ndarray, bounds: np.ndarray | None = None) -> np.ndarray:
    """Return each column between 0 (its worst) and 1 (its best); sign -1 marks a cost, whose least is best.

    `bounds`, of shape (2, p), states least and largest values; where they are NaN, those found are taken.
    """
    low, high = values.min(axis=0), values.max(axis=0)
    if bounds is not None:
        low, high = (
            np.where(np.isnan(stated), found, stated) for stated, found in zip(bounds, (low, high), strict=True)
        )
    worst, best = np.where(signs > 0, low, high), np.where(signs > 0, high, low)
    return np.asarray((values - worst) / (best - worst))


def z_scores(values: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Return each column with mean 0 and sample standard deviation 1 (divisor n - 1), costs with the sign turned."""
    return np.asarray(signs * (values - values.mean(axis=0)) / values.std(axis=0, ddof=1))


def vector(values: np.ndarray) -> np.ndarray:
    """Return each column divided by its Euclidean length, as Hwang and Yoon (1981) do; directions are not used."""
    largest = np.abs(values).max(axis=0)  # divided by first, so that squares cannot overflow
    return np.asarray(values / largest / np.sqrt(np.square(values / largest).sum(axis=0)))
