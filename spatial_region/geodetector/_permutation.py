"""Permutation p-values of q, for one stratification or for the best of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_BATCH_VALUES = 200_000  # of permuted outcomes held at once
_TIE = 1e-10  # relative: a permuted statistic this close to the observed one counts as equal


@dataclass(frozen=True, eq=False)
class Arrangement:
    """One or several stratifications of the units that cut the same order of them.

    Attributes
    ----------
    key : numpy.ndarray, shape (n,)
        Units in ascending order of `key` fall into consecutive strata.
    bounds : tuple of numpy.ndarray
        For each stratification, the positions 0, ..., n in that order at which strata begin and end.
    """

    key: np.ndarray
    bounds: tuple[np.ndarray, ...]


def permutation_p(
    y: np.ndarray, arrangements: Sequence[Arrangement], permutations: int, rng: np.random.Generator
) -> np.ndarray:
    """Return (b + 1) / (P + 1) for each arrangement, b of the P permutations reaching the observed statistic.

    The statistic is the sum of squares between strata, and the largest of them where an arrangement holds
    several stratifications: the p-value then allows for having chosen the best. All arrangements meet the same
    permutations. Units are sorted by value first, so that the order of rows does not matter.
    """
    rows = np.lexsort((*(arrangement.key for arrangement in reversed(arrangements)), y))
    y = y[rows]
    cells = [_cells_of(arrangement, rows) for arrangement in arrangements]
    observed = [_largest(y[None, :], own)[0] for own in cells]
    reached = np.zeros(len(arrangements), dtype=np.int64)
    batch = max(1, min(permutations, _BATCH_VALUES // len(y)))
    for start in range(0, permutations, batch):
        shuffled = np.tile(y, (min(batch, permutations - start), 1))
        for row in shuffled:
            rng.shuffle(row)
        for place, own in enumerate(cells):
            reached[place] += np.sum(_largest(shuffled, own) >= observed[place] * (1 - _TIE))
    return (reached + 1) / (permutations + 1)


@dataclass(frozen=True, eq=False)
class _Cells:
    """The finest division of the units that all stratifications of an arrangement are made of.

    Attributes
    ----------
    codes : numpy.ndarray, shape (n,)
        Cell of each unit.
    count : int
        Number of cells.
    first_cells : tuple of numpy.ndarray
        For each stratification, the cell at which each stratum begins.
    sizes : tuple of numpy.ndarray
        For each stratification, the units in each stratum.
    """

    codes: np.ndarray
    count: int
    first_cells: tuple[np.ndarray, ...]
    sizes: tuple[np.ndarray, ...]


def _cells_of(arrangement: Arrangement, rows: np.ndarray) -> _Cells:
    order = np.argsort(arrangement.key[rows], kind="stable")
    cuts = np.unique(np.concatenate(arrangement.bounds))
    codes = np.empty(len(rows), dtype=np.intp)
    codes[order] = np.repeat(np.arange(len(cuts) - 1), np.diff(cuts))
    firsts = tuple(np.searchsorted(cuts, bounds[:-1]) for bounds in arrangement.bounds)
    return _Cells(codes, len(cuts) - 1, firsts, tuple(np.diff(bounds) for bounds in arrangement.bounds))


def _largest(y: np.ndarray, cells: _Cells) -> np.ndarray:
    """Largest sum of squares between strata over the stratifications, for each row of `y` (rows, n)."""
    # One row alone, as with very many units, needs no second copy of the codes.
    places = cells.codes if len(y) == 1 else cells.codes + cells.count * np.arange(len(y))[:, None]
    sums = np.bincount(places.ravel(), weights=y.ravel(), minlength=len(y) * cells.count).reshape(len(y), -1)
    largest = np.zeros(len(y))
    for first, sizes in zip(cells.first_cells, cells.sizes, strict=True):
        strata = np.add.reduceat(sums, first, axis=1)
        np.maximum(largest, np.sum(strata**2 / sizes, axis=1), out=largest)
    return largest
