"""Strata of one factor by a regression tree: the cut that lowers the sum of squares most, then the next.

The zones of a geographically optimal zones-based heterogeneity model (Luo et al. 2022,
doi:10.1016/j.isprsjprs.2022.01.009) for one factor: a tree by least squares (Breiman et al. 1984), grown best cut
first until it has k leaves. Each cut is the best one given those before it, so q is at most that of change points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from spatial_region.geodetector._changepoint import Cells

_NO_GAIN = 1e-12  # of the sum of squares: a cut that explains less is rounding, and none is made


def grow(y: np.ndarray, cells: Cells, k: int, least: int) -> np.ndarray:
    """Return the cells at which the leaves begin, ascending, then the number of cells.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        Centred values.
    cells : Cells
        Where they may be cut.
    k : int
        Number of leaves; fewer where no cut leaves enough units or explains anything.
    least : int
        Least number of units in a leaf.

    Returns
    -------
    numpy.ndarray, shape (leaves + 1,)
        The first is 0.
    """
    starts, leaves, _ = _grow(cells.sums(y[None, :])[0], cells.sizes, k, least, float(y @ y) * _NO_GAIN)
    return np.append(np.sort(starts[:leaves]), len(cells.counts))


@dataclass(frozen=True, eq=False)
class BestTree:
    """Statistic of a permutation test: q of a tree that is grown anew for each row of values.

    Attributes
    ----------
    cells : Cells
        Where strata may be cut.
    ks : tuple of int
        Numbers of leaves; the largest that the tree reaches counts, for it contains the smaller trees. A tree that
        reaches none of them counts as it is.
    least : int
        Least number of units in a leaf.
    """

    cells: Cells
    ks: tuple[int, ...]
    least: int

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        """Return q of the leaves, for each row of centred values, shape (b, n) to (b,)."""
        totals = np.einsum("ij,ij->i", outcomes, outcomes)
        between = np.empty(len(outcomes))
        ks = np.array(sorted(self.ks))
        _grow_each(self.cells.sums(outcomes), self.cells.sizes, ks, self.least, totals * _NO_GAIN, between)
        return np.minimum(between / totals, 1.0)

    def tie_key(self, y: np.ndarray) -> np.ndarray:
        """Return the cell of each unit."""
        return self.cells.codes

    def in_order(self, rows: np.ndarray) -> BestTree:
        """Return the same statistic for units in another order."""
        return BestTree(self.cells.in_order(rows), self.ks, self.least)


@numba.njit(cache=True, nogil=True)
def _best_cut(sums: np.ndarray, sizes: np.ndarray, start: int, end: int, least: int) -> tuple[float, int]:
    """Return the largest gain in the sum of squares between, and the cell at which the right part begins."""
    whole = sums[end] - sums[start]
    base = whole * whole / (sizes[end] - sizes[start])
    gain, at = -1.0, start
    for cut in range(start + 1, end):
        left_size, right_size = sizes[cut] - sizes[start], sizes[end] - sizes[cut]
        if right_size < least:
            break
        if left_size < least:
            continue
        left, right = sums[cut] - sums[start], sums[end] - sums[cut]
        value = left * left / left_size + right * right / right_size - base
        if value > gain:
            gain, at = value, cut
    return gain, at


@numba.njit(cache=True, nogil=True)
def _grow(sums: np.ndarray, sizes: np.ndarray, k: int, least: int, no_gain: float) -> tuple[np.ndarray, int, float]:
    m = len(sums) - 1
    starts, ends, cuts = np.zeros(k, np.int64), np.zeros(k, np.int64), np.zeros(k, np.int64)
    gains = np.full(k, -1.0)
    ends[0] = m
    between = sums[m] * sums[m] / sizes[m]
    gains[0], cuts[0] = _best_cut(sums, sizes, 0, m, least)
    leaves = 1
    while leaves < k:
        # Of equal gains the leaf that lies lowest, so that the order of growth does not matter.
        leaf = 0
        for other in range(1, leaves):
            if gains[other] > gains[leaf] or (gains[other] == gains[leaf] and starts[other] < starts[leaf]):
                leaf = other
        if gains[leaf] <= no_gain:
            break
        between += gains[leaf]
        starts[leaves], ends[leaves] = cuts[leaf], ends[leaf]
        ends[leaf] = cuts[leaf]
        for part in (leaf, leaves):
            gains[part], cuts[part] = _best_cut(sums, sizes, starts[part], ends[part], least)
        leaves += 1
    return starts, leaves, between


@numba.njit(cache=True, nogil=True)
def _grow_each(
    sums: np.ndarray, sizes: np.ndarray, ks: np.ndarray, least: int, no_gain: np.ndarray, out: np.ndarray
) -> None:
    for row in range(len(out)):
        _, leaves, out[row] = _grow(sums[row], sizes, ks[-1], least, no_gain[row])
        if leaves < ks[-1]:
            fewer = ks[ks <= leaves]
            if len(fewer):
                _, _, out[row] = _grow(sums[row], sizes, fewer[-1], least, no_gain[row])
