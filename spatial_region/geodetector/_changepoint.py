"""Change points: the segments of y, in the order of x, with the least sum of squares within.

The strata of the robust geographical detector (Zhang, Song and Wu 2022, doi:10.1016/j.jag.2022.102782). Units with
equal x stay together, and each stratum has a least number of units. Exact by dynamic programming in O(k m^2) for m
places to cut between; one run serves every number of strata up to k.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np

EXACT = 2_000  # distinct values of x up to which every cut is tried; beyond, this many places for cuts are
_NONE = -1e300  # where there is no division; far below any sum of squares of scaled values


@dataclass(frozen=True, eq=False)
class Cells:
    """Units in the order of x, with those that no cut may part taken together.

    Attributes
    ----------
    codes : numpy.ndarray, shape (n,)
        Cell of each unit, ascending with x.
    counts : numpy.ndarray, shape (m,)
        Units in each cell.
    edges : numpy.ndarray, shape (m + 1,)
        Least x, values midway between neighbouring cells, greatest x.
    exact : bool
        Whether each distinct value of x is a cell of its own.
    """

    codes: np.ndarray
    counts: np.ndarray
    edges: np.ndarray
    exact: bool

    @cached_property
    def sizes(self) -> np.ndarray:
        """Units in all cells before each, and in all; shape (m + 1,)."""
        return np.concatenate(([0.0], np.cumsum(self.counts, dtype=np.float64)))

    def sums(self, rows: np.ndarray) -> np.ndarray:
        """Running sums of each row of values (b, n) over the cells, shape (b, m + 1)."""
        return _running_sums(np.ascontiguousarray(rows, dtype=np.float64), self.codes, len(self.counts))

    def in_order(self, rows: np.ndarray) -> Cells:
        """Return the same cells for units in another order."""
        return Cells(self.codes[rows], self.counts, self.edges, self.exact)


def cells_of(x: np.ndarray, limit: int = EXACT) -> Cells:
    """Return the cells of x: its distinct values, or at most `limit` runs of them with about equally many units.

    A run ends at the first value by which a further 1/`limit` of the units is reached, so that values which occur
    often are cells of their own.
    """
    values, codes, counts = np.unique(x, return_inverse=True, return_counts=True)
    exact = len(values) <= limit
    if exact:
        lowest = highest = values
    else:
        reached = np.cumsum(counts)
        run = (reached - 1) * limit // len(x)  # the last unit of each value decides, in whole numbers
        firsts = np.flatnonzero(np.diff(run, prepend=-1))
        codes = (np.searchsorted(firsts, np.arange(len(values)), side="right") - 1)[codes]
        lasts = np.append(firsts[1:], len(values)) - 1
        lowest, highest, counts = values[firsts], values[lasts], np.add.reduceat(counts, firsts)
    edges = np.concatenate((lowest[:1], midway(highest[:-1], lowest[1:]), highest[-1:]))
    return Cells(codes.astype(np.int64), counts.astype(np.int64), edges, exact)


def midway(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return what lies midway between two values, and always below the higher."""
    middle = low / 2 + high / 2
    return np.where((low <= middle) & (middle < high), middle, low)


def best_segments(y: np.ndarray, cells: Cells, k: int, least: int) -> np.ndarray:
    """Return the cells at which the best segments begin, for every number of segments up to `k`.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        Centred values.
    cells : Cells
        Where they may be cut.
    k : int
        Largest number of segments.
    least : int
        Least number of units in a segment.

    Returns
    -------
    numpy.ndarray, shape (k + 1, k + 1)
        Row j holds the first cell of each of j segments, then the number of cells; -1 throughout when there are no
        j segments of that many units.
    """
    sums = cells.sums(y[None, :])[0]
    between, first = _solve(sums, cells.sizes, k, least, True)
    m = len(cells.counts)
    starts = np.full((k + 1, k + 1), -1, dtype=np.int64)
    for j in range(1, k + 1):
        if between[j] < 0:
            continue
        starts[j, j:] = m
        end = m
        for place in range(j - 1, -1, -1):
            end = first[place, end]
            starts[j, place] = end
    return starts


@dataclass(frozen=True, eq=False)
class BestSegments:
    """Statistic of a permutation test: q of change-point strata that are found anew for each row of values.

    Attributes
    ----------
    cells : Cells
        Where strata may be cut.
    ks : tuple of int
        Numbers of strata among which the largest q is taken.
    least : int
        Least number of units in a stratum.
    """

    cells: Cells
    ks: tuple[int, ...]
    least: int

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the largest q of a segmentation, for each row of centred values, shape (b, n) to (b,)."""
        between = np.empty(len(outcomes))
        _largest_between(self.cells.sums(outcomes), self.cells.sizes, np.array(self.ks), self.least, between)
        return np.minimum(between / np.einsum("ij,ij->i", outcomes, outcomes), 1.0)

    def tie_key(self, y: np.ndarray) -> np.ndarray:
        """Return the cell of each unit."""
        return self.cells.codes

    def in_order(self, rows: np.ndarray) -> BestSegments:
        """Return the same statistic for units in another order."""
        return BestSegments(self.cells.in_order(rows), self.ks, self.least)


@numba.njit(cache=True, nogil=True)
def _running_sums(rows: np.ndarray, codes: np.ndarray, m: int) -> np.ndarray:
    sums = np.zeros((rows.shape[0], m + 1))
    for row in range(rows.shape[0]):
        own = sums[row]
        for unit in range(len(codes)):
            own[codes[unit] + 1] += rows[row, unit]
        for cell in range(m):
            own[cell + 1] += own[cell]
    return sums


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _best_value(best: np.ndarray, sums: np.ndarray, sizes: np.ndarray, low: int, high: int, end: int) -> float:
    """Return the largest sum of squares between when the last segment begins at `low` to `high` - 1.

    The flags say that there is no NaN, which lets the compiler compare several at once; the maximum is exact.
    """
    total, size = sums[end], sizes[end]
    largest = _NONE
    for start in range(low, high):
        part = total - sums[start]
        largest = max(largest, best[start] + part * part / (size - sizes[start]))
    return largest


@numba.njit(cache=True, nogil=True)
def _place_of(
    value: float, best: np.ndarray, sums: np.ndarray, sizes: np.ndarray, low: int, high: int, end: int
) -> int:
    """Return the first place at which `_best_value` found its value."""
    at, nearest = low, np.inf
    for start in range(low, high):
        part = sums[end] - sums[start]
        away = abs(value - (best[start] + part * part / (sizes[end] - sizes[start])))
        if away < nearest:
            nearest, at = away, start
    return at


@numba.njit(cache=True, nogil=True)
def _solve(sums: np.ndarray, sizes: np.ndarray, k: int, least: int, places: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest sum of squares between j segments of all (-1 for none), and where the last one begins.

    ``first[j, e]`` is the first cell of segment j (from 0) in the best division of cells before e into j + 1; left
    out without `places`.
    """
    m = len(sums) - 1
    between = np.full(k + 1, -1.0)
    first = np.zeros((k if places else 0, m + 1), dtype=np.int64)
    best = np.full(m + 1, _NONE)
    until = np.zeros(m + 1, dtype=np.int64)  # a last segment that ends here begins before this cell
    for end in range(1, m + 1):
        until[end] = until[end - 1]
        while sizes[end] - sizes[until[end]] >= least:
            until[end] += 1
        if sizes[end] >= least:
            best[end] = sums[end] * sums[end] / sizes[end]
    between[1] = max(best[m], -1.0)
    layer = np.empty(m + 1)
    for place in range(1, k):
        layer[:] = _NONE
        low = place + 1 if place < k - 1 else m  # the last layer is only ever asked for all cells
        for end in range(low, m + 1):
            value = _best_value(best, sums, sizes, place, until[end], end)
            if value < 0:
                continue
            layer[end] = value
            if places:
                first[place, end] = _place_of(value, best, sums, sizes, place, until[end], end)
        between[place + 1] = max(layer[m], -1.0)
        best[:] = layer
    return between, first


@numba.njit(cache=True, nogil=True)
def _largest_between(sums: np.ndarray, sizes: np.ndarray, ks: np.ndarray, least: int, out: np.ndarray) -> None:
    for row in range(len(out)):
        between, _ = _solve(sums[row], sizes, ks.max(), least, False)
        out[row] = 0.0
        for k in ks:
            out[row] = max(out[row], between[k])
