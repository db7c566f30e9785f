"""Two factors at once: q of their overlay, and of the additive model of the two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector._tails import f_sf

_NULL = 1e-9  # eigenvalues of the scaled normal equations below this are combinations that are not identified
_EXACT = 1e-13  # a remaining share of variance below this is rounding
_MOST_LEVELS = 500  # of the factor with fewer, and
_MOST_CELLS = 4_000_000  # of both together, beyond which the additive model is not fitted


@dataclass(frozen=True)
class PairTest:
    """Numbers of the interaction detector for one pair of factors; NaN where a test has no degrees of freedom."""

    q: float
    q_adjusted: float
    cells: int
    singletons: int
    q_additive: float
    increment: float
    F: float
    df1: int
    df2: int
    p_increment: float


def pair_test(outcome: Outcome, a: np.ndarray, b: np.ndarray, levels: tuple[int, int]) -> PairTest:
    """Overlay two factors by integer codes, and test what the overlay adds to the sum of their effects.

    Parameters
    ----------
    outcome : Outcome
        The centred variable.
    a, b : numpy.ndarray, shape (n,)
        Codes 0..L-1 of the factors.
    levels : tuple of int
        L of each.
    """
    row, column, counts, sums = _overlay(outcome.centred, a, b, levels)
    n, cells = outcome.n, len(counts)
    q = min(float(np.sum(sums**2 / counts)) / outcome.total, 1.0)
    explained, rank = _additive(row, column, counts, sums, levels)
    q_additive = float(np.minimum(explained / outcome.total, q))
    df1, df2 = cells - rank, n - cells
    increment = q - q_additive
    f = (increment / df1) / ((1 - q) / df2) if df1 > 0 and df2 > 0 and 1 - q > _EXACT else np.nan
    return PairTest(
        q=q,
        q_adjusted=1 - (1 - q) * (n - 1) / df2 if df2 > 0 else np.nan,
        cells=cells,
        singletons=int(np.sum(counts == 1)),
        q_additive=q_additive,
        increment=increment,
        F=f,
        df1=df1,
        df2=df2,
        p_increment=float(f_sf(np.asarray(f), np.asarray(df1), np.asarray(df2))),
    )


def _overlay(
    y: np.ndarray, a: np.ndarray, b: np.ndarray, levels: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return, for each cell that occurs, its level of a, its level of b, its count and the sum of y."""
    joint = a * levels[1] + b
    if levels[0] * levels[1] <= max(4 * len(y), 1024):
        all_counts = np.bincount(joint)
        cell = np.flatnonzero(all_counts)
        counts, sums = all_counts[cell], np.bincount(joint, weights=y)[cell]
    else:  # far more possible cells than units: number only those that occur
        cell, joint = np.unique(joint, return_inverse=True)
        counts, sums = np.bincount(joint), np.bincount(joint, weights=y)
    return cell // levels[1], cell % levels[1], counts, sums


def _additive(
    row: np.ndarray, column: np.ndarray, counts: np.ndarray, sums: np.ndarray, levels: tuple[int, int]
) -> tuple[float, int]:
    """Return the sum of squares explained by the two factors without interaction, and its rank (constant included).

    The normal equations are reduced to the factor with fewer levels and scaled, so that their eigenvalues lie
    in [0, 1] and those of combinations that are not identified are zero. Factors of very many levels would need
    very large equations; for them the sum of squares is NaN and the rank that of all cells.
    """
    if levels[0] < levels[1]:
        row, column, levels = column, row, (levels[1], levels[0])
    if levels[1] > _MOST_LEVELS or levels[0] * levels[1] > _MOST_CELLS:
        return np.nan, len(counts)
    table = np.zeros(levels)
    table[row, column] = counts
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    y_row = np.bincount(row, weights=sums)
    y_column = np.bincount(column, weights=sums)
    root = np.sqrt(columns)
    scaled = table / root
    reduced = np.eye(levels[1]) - scaled.T @ (scaled / rows[:, None])
    right = (y_column - table.T @ (y_row / rows)) / root
    eigenvalues, vectors = np.linalg.eigh(reduced)
    kept = eigenvalues > _NULL
    explained = np.sum(y_row**2 / rows) + np.sum((vectors.T @ right)[kept] ** 2 / eigenvalues[kept])
    return float(explained), levels[0] + int(kept.sum())
