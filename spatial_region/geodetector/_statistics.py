"""What is computed of each permuted outcome: q of given strata, or the largest q over several ways to cut.

Anything with a method ``q_of(outcomes)``, shape (b, n) to (b,), can be permuted; columns of `outcomes` are the units in
the order of the data. `FixedStrata` and `BestOf` can moreover be brought into another order of units once, which saves
the permutation test from bringing every permuted outcome back into the order of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, Self, runtime_checkable

import numba
import numpy as np

_CONSTANT = 1e-14  # a variance below this share of the mean square is rounding


class Statistic(Protocol):
    """A number of every permuted outcome, large where strata explain much. May be called from several threads."""

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the statistic of each row of `outcomes`, shape (b, n) to (b,)."""
        ...


@runtime_checkable
class Reorderable(Protocol):
    """A statistic that can be told once that units come in another order."""

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the statistic of each row of `outcomes`, shape (b, n) to (b,)."""
        ...

    def tie_key(self, y: np.ndarray) -> np.ndarray:
        """Return a number for each unit by which units of equal `y` are ordered, free of labels and order of rows."""
        ...

    def in_order(self, rows: np.ndarray) -> Self:
        """Return the statistic for outcomes whose column j is the unit ``rows[j]``."""
        ...


@dataclass(frozen=True, eq=False)
class FixedStrata:
    r"""q of given strata.

    .. math:: q = \frac{\sum_h N_h (\bar y_h - \bar y)^2}{\sum_i (y_i - \bar y)^2}

    Attributes
    ----------
    codes : numpy.ndarray of int, shape (n,)
        Stratum of each unit, 0 .. L-1, of which each occurs.
    n_strata : int
        L.
    singletons : {"keep", "drop"}
        With ``"drop"`` the places of units that are alone in their stratum lie outside: both sums of squares are
        those of the other places, for every permuted outcome anew. NaN if fewer than two strata are left.
    """

    codes: np.ndarray
    n_strata: int
    singletons: Literal["keep", "drop"] = "keep"

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        """Return q of each row of `outcomes`; 0 where the places that count hold one value."""
        sizes, places = self._kept
        q = np.full(len(outcomes), np.nan)
        if len(sizes) > 1:
            _fixed_q(np.ascontiguousarray(outcomes), places, sizes, q)
        return q

    def tie_key(self, y: np.ndarray) -> np.ndarray:
        """Return the rank of each unit's stratum by its mean of `y` and its size."""
        sizes = np.bincount(self.codes, minlength=self.n_strata)
        sums = np.bincount(self.codes, weights=y, minlength=self.n_strata)
        # Rounded, because sums differ in their last digits with the order of rows.
        sums = np.round(sums / max(float(np.abs(y).max()), np.finfo(float).tiny), 9)
        rank = np.empty(self.n_strata, dtype=np.int64)
        rank[np.lexsort((sizes, sums))] = np.arange(self.n_strata)
        return rank[self.codes]

    def in_order(self, rows: np.ndarray) -> FixedStrata:
        """Return the same strata for units in another order."""
        return FixedStrata(self.codes[rows], self.n_strata, self.singletons)

    @cached_property
    def _kept(self) -> tuple[np.ndarray, np.ndarray]:
        """Sizes of the strata that count, and the number among them of each unit's stratum, -1 for none."""
        sizes = np.bincount(self.codes, minlength=self.n_strata)
        kept = sizes > (1 if self.singletons == "drop" else 0)
        number = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
        return sizes[kept].astype(np.float64), number[self.codes]


@dataclass(frozen=True, eq=False)
class BestOf:
    """The largest q over several stratifications that cut one order of the units.

    Comparing the largest q with the largest q of each permuted outcome allows for having chosen the best.

    Attributes
    ----------
    key : numpy.ndarray, shape (n,)
        Units in ascending order of `key` fall into consecutive strata.
    bounds : tuple of numpy.ndarray
        For each stratification, the positions 0, ..., n in that order at which strata begin and end. They do not part
        units of one key.
    """

    key: np.ndarray
    bounds: tuple[np.ndarray, ...]

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the largest q of each row of `outcomes`; 0 where it holds one value."""
        cells, count, firsts, sizes, ends = self._cells
        q = np.empty(len(outcomes))
        _largest_q(np.ascontiguousarray(outcomes), cells, count, firsts, sizes, ends, q)
        return q

    def tie_key(self, y: np.ndarray) -> np.ndarray:
        """Return the key itself."""
        return self.key

    def in_order(self, rows: np.ndarray) -> BestOf:
        """Return the same stratifications for units in another order."""
        return BestOf(self.key[rows], self.bounds)

    @cached_property
    def _cells(self) -> tuple[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray]:
        """Return the finest division that all stratifications are made of, and how each is made of it.

        The cell of each unit; how many cells; and for the strata of all stratifications one after the other: the
        first cell, the units in it; and where the strata of each stratification end.
        """
        cuts = np.unique(np.concatenate(self.bounds))
        cells = np.empty(len(self.key), dtype=np.int32)
        cells[np.argsort(self.key, kind="stable")] = np.repeat(np.arange(len(cuts) - 1), np.diff(cuts))
        firsts = np.concatenate([np.searchsorted(cuts, bounds[:-1]) for bounds in self.bounds])
        sizes = np.concatenate([np.diff(bounds) for bounds in self.bounds]).astype(np.float64)
        ends = np.cumsum([len(bounds) - 1 for bounds in self.bounds])
        return cells, len(cuts) - 1, firsts, sizes, ends


@numba.njit(cache=True, nogil=True)
def _fixed_q(outcomes: np.ndarray, places: np.ndarray, sizes: np.ndarray, q: np.ndarray) -> None:
    n = sizes.sum()
    for row in range(outcomes.shape[0]):
        sums = np.zeros(len(sizes))
        squares = 0.0
        for unit in range(outcomes.shape[1]):
            stratum = places[unit]
            if stratum >= 0:
                value = outcomes[row, unit]
                sums[stratum] += value
                squares += value * value
        q[row] = _share(sums, sizes, n, squares)


@numba.njit(cache=True, nogil=True, inline="always")
def _share(sums: np.ndarray, sizes: np.ndarray, n: float, squares: float) -> float:
    mean = sums.sum() / n
    total = squares - n * mean * mean
    if total <= _CONSTANT * squares:
        return 0.0
    between = 0.0
    for stratum in range(len(sums)):
        apart = sums[stratum] / sizes[stratum] - mean
        between += sizes[stratum] * apart * apart
    return min(between / total, 1.0)


@numba.njit(cache=True, nogil=True)
def _largest_q(
    outcomes: np.ndarray,
    cells: np.ndarray,
    count: int,
    firsts: np.ndarray,
    sizes: np.ndarray,
    ends: np.ndarray,
    q: np.ndarray,
) -> None:
    n = outcomes.shape[1]
    for row in range(outcomes.shape[0]):
        sums = np.zeros(count)
        squares = 0.0
        for unit in range(n):
            value = outcomes[row, unit]
            sums[cells[unit]] += value
            squares += value * value
        largest = 0.0
        begin = 0
        for end in ends:
            strata = np.zeros(end - begin)
            for stratum in range(begin, end):
                until = firsts[stratum + 1] if stratum + 1 < end else count
                for cell in range(firsts[stratum], until):
                    strata[stratum - begin] += sums[cell]
            largest = max(largest, _share(strata, sizes[begin:end], float(n), squares))
            begin = end
        q[row] = largest
