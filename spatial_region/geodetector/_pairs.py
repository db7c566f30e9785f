"""Two factors at once: q of their overlay, and of the additive model of the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_region.geodetector._additive import (
    ADDITIVE,
    ALONE,
    BETWEEN,
    CELLS,
    RANK,
    UNITS,
    pair_numbers,
)
from spatial_region.geodetector._joint import CellTable
from spatial_region.geodetector._moments import Outcome, Singletons
from spatial_region.geodetector._tails import f_sf

EXACT = 1e-13  # a remaining share of variance below this is rounding
_CANCELLED = 0.01  # a share of SST that units in cells of their own leave to the others, below which it is summed anew


@dataclass(frozen=True)
class PairTest:
    """Numbers of the interaction detector for one pair of factors; NaN where a test has no degrees of freedom.

    Attributes
    ----------
    q, q_adjusted : float
        Explained by the overlay; adjusted for its number of cells.
    n, cells : int
        Units and cells that were tested.
    singletons : int
        Cells of one unit, whether kept or dropped.
    one_unit_share : float
        Share of all units that are in such cells.
    q_additive, increment : float
        Explained by the sum of both effects; what the overlay explains beyond it.
    F, df1, df2, p_increment : float, int, int, float
        F test of the increment.
    """

    q: float
    q_adjusted: float
    n: int
    cells: int
    singletons: int
    one_unit_share: float
    q_additive: float
    increment: float
    F: float
    df1: int
    df2: int
    p_increment: float


def pair_test(
    outcome: Outcome, table: CellTable, levels: tuple[int, int], *, singletons: Singletons = "keep"
) -> PairTest:
    """Test what the overlay of two factors explains, and what it adds to the sum of their effects.

    Parameters
    ----------
    outcome : Outcome
        The centred variable.
    table : CellTable
        Counts and sums of the overlay.
    levels : tuple of int
        Strata of each factor.
    singletons : {"keep", "drop"}
        With ``"drop"`` the cells of one unit leave: N, SST and both models are those of the units that stay.
    """
    return pair_tests(outcome, [table], [levels], singletons=singletons)[0]


def pair_tests(
    outcome: Outcome, tables: Sequence[CellTable], levels: Sequence[tuple[int, int]], *, singletons: Singletons = "keep"
) -> list[PairTest]:
    """Test many pairs; parameters as for `pair_test`, one table and two levels a pair."""
    if not tables:
        return []
    bounds = np.cumsum([0, *(len(table.counts) for table in tables)])
    joined = (
        np.concatenate([getattr(table, name) for table in tables]) for name in ("row", "column", "counts", "sums")
    )
    found, numbers = pair_numbers(bounds, *joined, np.asarray(levels, dtype=np.int64), singletons == "drop")
    units, cells, alone, rank = (numbers[:, column] for column in (UNITS, CELLS, ALONE, RANK))
    total = np.full(len(tables), outcome.total)
    if singletons == "drop":
        total = np.array([kept_total(outcome, table) for table in tables])
    df1, df2 = cells - rank, units - cells
    with np.errstate(invalid="ignore", divide="ignore"):
        comparable = (total > 0) & (cells > 1)  # one cell alone explains nothing, and is no evidence of that
        q = np.where(comparable, np.minimum(found[:, BETWEEN] / total, 1.0), np.nan)
        additive = np.minimum(found[:, ADDITIVE] / total, q)
        testable = (df1 > 0) & (df2 > 0) & (1 - q > EXACT)
        f = np.where(testable, ((q - additive) / df1) / ((1 - q) / df2), np.nan)
        adjusted = np.where(df2 > 0, 1 - (1 - q) * (units - 1) / df2, np.nan)
    share = alone / outcome.n
    columns = (q, adjusted, units, cells, alone, share, additive, q - additive, f, df1, df2, f_sf(f, df1, df2))
    return [PairTest(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def kept_total(outcome: Outcome, table: CellTable) -> float:
    """Return SST, about their own mean, of the units that are not alone in their cells.

    The squares of those who leave are taken from SST, unless hardly any would stay and digits would cancel: then
    the squares of the units that stay are summed. Values that are equal but for rounding have none.
    """
    alone = table.counts == 1
    leaving, units = table.sums[alone], outcome.n - int(alone.sum())
    if units == 0:
        return 0.0
    total = outcome.total - float(np.sum(leaving**2)) - float(np.sum(table.sums[~alone])) ** 2 / units
    if total >= _CANCELLED * outcome.total:
        return total
    stay = without(outcome.centred, leaving)
    deviation = stay - stay.mean()
    rounding = 4 * np.finfo(float).eps * np.abs(outcome.centred).max()
    return float(deviation @ deviation) if np.abs(deviation).max() > rounding else 0.0


def without(y: np.ndarray, leaving: np.ndarray) -> np.ndarray:
    """Return the values of `y`, sorted, less one for each value in `leaving`; all of those occur in `y`."""
    ordered, leaving = np.sort(y), np.sort(leaving)
    first = np.searchsorted(leaving, leaving)
    return np.delete(ordered, np.searchsorted(ordered, leaving) + np.arange(len(leaving)) - first)
