"""How an outcome is permuted: freely, within regions, or by whole regions.

A plan is bound to an outcome; what comes of it fills batches of permuted outcomes. Draws are made in an order of units
that values alone decide, so that neither the order of rows nor labels matter, and each draw depends on the seed and its
number alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spatial_region.geodetector._shuffle import shuffle_segments


@dataclass(frozen=True, eq=False)
class BoundDraws:
    """Draws of one outcome.

    Attributes
    ----------
    order : numpy.ndarray of int, shape (n,)
        Rows of the data in the order of the columns of a draw.
    values : numpy.ndarray, shape (n,)
        The outcome in that order, unpermuted.
    fill : callable
        ``fill(first, out)`` writes the draws from number `first` on into the rows of `out`, shape (b, n).
    """

    order: np.ndarray
    values: np.ndarray
    fill: Callable[[int, np.ndarray], None]


class Draws(Protocol):
    """A way to permute an outcome."""

    def bind(self, y: np.ndarray, ties: Sequence[np.ndarray], seed: int) -> BoundDraws:
        """Return the draws for the outcome `y`, shape (n,); units of equal `y` are ordered by the keys in `ties`."""
        ...


@dataclass(frozen=True)
class FreeRows:
    """Every order of all rows is equally likely: right where rows are independent."""

    def bind(self, y: np.ndarray, ties: Sequence[np.ndarray], seed: int) -> BoundDraws:
        """Return the draws for the outcome `y`, shape (n,)."""
        order = np.lexsort((*reversed(ties), y))
        return _segments(order, y, np.array([0, len(y)]), seed)


@dataclass(frozen=True, eq=False)
class WithinRegions:
    """Every order of the rows of a region is equally likely, for each region on its own.

    What regions have in common over time stays as it is, so that lasting differences between regions are no evidence.
    Right where the rows of a region are independent about its mean; factors that do not vary within regions give one
    q only, and p = 1.

    Attributes
    ----------
    regions : numpy.ndarray of int, shape (n,)
        Region of each row, 0 .. R-1, of which each occurs.
    """

    regions: np.ndarray

    def bind(self, y: np.ndarray, ties: Sequence[np.ndarray], seed: int) -> BoundDraws:
        """Return the draws for the outcome `y`, shape (n,)."""
        rows = np.lexsort((*reversed(ties), y, self.regions))
        sizes = np.bincount(self.regions)
        starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        # Regions take their turn by what is in them, not by how they are called.
        ordered = y[rows]
        place = np.arange(1, len(rows) + 1) - np.repeat(starts, sizes)
        of_ties = [np.add.reduceat(key[rows] * place, starts) for key in reversed(ties)]
        of_y = [np.add.reduceat(ordered**power, starts) for power in (3, 2, 1)]
        first = np.lexsort((*of_ties, *of_y, sizes, ordered[starts]))
        turn = np.empty(len(sizes), dtype=np.int64)
        turn[first] = np.arange(len(sizes))
        order = np.lexsort((*reversed(ties), y, turn[self.regions]))
        return _segments(order, y, np.concatenate(([0], np.cumsum(sizes[first]))), seed)


@dataclass(frozen=True, eq=False)
class WholeRegions:
    """The whole series of one region goes to another, every assignment equally likely; for balanced panels.

    Serial correlation stays as it is. Right where regions are exchangeable; p-values can then not be below one over
    the number of assignments, and power is that of R units.

    Attributes
    ----------
    regions, times : numpy.ndarray of int, shape (n,)
        Region 0 .. R-1 and time 0 .. T-1 of each row; each combination occurs once (see `balance`).
    """

    regions: np.ndarray
    times: np.ndarray

    def bind(self, y: np.ndarray, ties: Sequence[np.ndarray], seed: int) -> BoundDraws:
        """Return the draws for the outcome `y`, shape (n,)."""
        rows = rows_by_region(self.regions, self.times)
        by_ties = [key[column] for key in reversed(ties) for column in rows.T[::-1]]
        rows = rows[np.lexsort((*by_ties, *y[rows].T[::-1]))]
        values = y[rows]
        n_regions = len(rows)
        places, bounds, number = np.arange(n_regions), np.array([0, n_regions]), np.uint64(seed)

        def fill(first: int, out: np.ndarray) -> None:
            taken = np.empty((len(out), n_regions), dtype=np.int64)
            shuffle_segments(places, bounds, number, first, taken)
            np.take(values, taken, axis=0, out=out.reshape(len(out), *values.shape))

        return BoundDraws(rows.ravel(), values.ravel(), fill)


@dataclass(frozen=True, eq=False)
class Balance:
    """Whether every region has one row at every time.

    Attributes
    ----------
    n_regions, n_times, n : int
        Regions, times and rows.
    missing : numpy.ndarray of int, shape (m, 2)
        (region, time) without a row.
    repeated : numpy.ndarray of int, shape (m, 2)
        (region, time) with more than one row.
    """

    n_regions: int
    n_times: int
    n: int
    missing: np.ndarray
    repeated: np.ndarray

    @property
    def balanced(self) -> bool:
        """Whether whole series of regions can be exchanged."""
        return not len(self.missing) and not len(self.repeated)


def balance(regions: np.ndarray, times: np.ndarray) -> Balance:
    """Count the rows of every region and time, given by codes 0 .. R-1 and 0 .. T-1."""
    n_regions, n_times = int(regions.max()) + 1, int(times.max()) + 1
    counts = np.bincount(regions * n_times + times, minlength=n_regions * n_times).reshape(n_regions, n_times)
    return Balance(n_regions, n_times, len(regions), np.argwhere(counts == 0), np.argwhere(counts > 1))


def rows_by_region(regions: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the row of each region and time of a balanced panel, shape (R, T)."""
    return np.lexsort((times, regions)).reshape(int(regions.max()) + 1, int(times.max()) + 1)


def _segments(order: np.ndarray, y: np.ndarray, bounds: np.ndarray, seed: int) -> BoundDraws:
    values, number = y[order], np.uint64(seed)

    def fill(first: int, out: np.ndarray) -> None:
        shuffle_segments(values, bounds, number, first, out)

    return BoundDraws(order, values, fill)
