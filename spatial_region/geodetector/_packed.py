"""q of several given strata in one pass: sums over the cells of their overlay, added up to the strata of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np

from spatial_region.geodetector._statistics import CONSTANT, FixedStrata, Statistic

_MOST_CELLS = 1024  # of an overlay: their sums stay in the fastest memory
_UNITS_PER_CELL = 16  # with fewer, adding up cells costs more than passes that it saves


@dataclass(frozen=True, eq=False)
class PackedStrata:
    """Several stratifications of which all strata count.

    Attributes
    ----------
    cells : numpy.ndarray of int32, shape (n,)
        Cell of the overlay of each unit.
    members : tuple of numpy.ndarray, shape (cells, L)
        For each stratification, 1 where a cell is part of a stratum, else 0.
    """

    cells: np.ndarray
    members: tuple[np.ndarray, ...]

    def q_of_all(self, outcomes: np.ndarray) -> np.ndarray:
        """Return q of each stratification for each row of `outcomes`, shape (stratifications, b)."""
        sums = np.zeros((len(outcomes), len(self.members[0])))
        squares = np.zeros(len(outcomes))
        _sum_cells(outcomes, self.cells, sums, squares)
        n = outcomes.shape[1]
        counts = np.bincount(self.cells, minlength=sums.shape[1]).astype(np.float64)
        mean = sums.sum(axis=1, keepdims=True) / n
        total = squares - n * mean[:, 0] ** 2
        varies = total > CONSTANT * squares
        q = np.zeros((len(self.members), len(outcomes)))
        for place, member in enumerate(self.members):
            sizes = counts @ member
            between = np.sum(sizes * ((sums @ member) / sizes - mean) ** 2, axis=1)
            np.divide(between, total, out=q[place], where=varies)
        return np.minimum(q, 1.0)


def pack(statistics: Sequence[Statistic], n: int) -> list[tuple[list[int], PackedStrata | Statistic]]:
    """Return statistics with their places in `statistics`; given strata together where that saves passes over `n`."""
    most = min(_MOST_CELLS, n // _UNITS_PER_CELL)
    lots: list[list[int]] = []
    alone: list[int] = []
    cells = 0
    for place, one in enumerate(statistics):
        if not isinstance(one, FixedStrata) or one.singletons == "drop" or 2 * one.n_strata > most:
            alone.append(place)
        elif lots and cells * one.n_strata <= most:
            lots[-1].append(place)
            cells *= one.n_strata
        else:
            lots.append([place])
            cells = one.n_strata
    alone += [lot[0] for lot in lots if len(lot) == 1]
    packed = [(lot, _packed([statistics[place] for place in lot])) for lot in lots if len(lot) > 1]
    return [*packed, *(([place], statistics[place]) for place in alone)]


def _packed(statistics: Sequence[Statistic]) -> PackedStrata:
    strata = [one for one in statistics if isinstance(one, FixedStrata)]
    shape = tuple(one.n_strata for one in strata)
    cells = np.ravel_multi_index([one.codes for one in strata], shape).astype(np.int32)
    levels = np.unravel_index(np.arange(int(np.prod(shape))), shape)
    members = tuple(
        (own[:, None] == np.arange(size)).astype(np.float64) for own, size in zip(levels, shape, strict=True)
    )
    return PackedStrata(cells, members)


@numba.njit(cache=True, nogil=True)
def _sum_cells(outcomes: np.ndarray, cells: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> None:
    for row in range(outcomes.shape[0]):
        own = sums[row]
        total = 0.0
        for unit in range(outcomes.shape[1]):
            value = outcomes[row, unit]
            own[cells[unit]] += value
            total += value * value
        squares[row] = total
