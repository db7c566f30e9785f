"""Counts and sums of the outcome in the cells of overlaid factors: of all pairs together, or of any set of factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from spatial_region.core.threads import in_threads
from spatial_region.geodetector._blocks import MOST_CELLS, Blocks, cover_pairs
from spatial_region.geodetector._joint_kernels import fill_blocks, fill_pairs, keep_occurring

_ROWS_PER_PART = 125_000  # parts are summed in their order, whoever counted them: sums do not depend on threads
_MOST_PARTS = 8
_ROWS_PER_CELL = 8  # rows that a cell of a block of three or more factors must stand for, to be worth its zero
_FEW_CELLS = 1024  # may always be counted one by one
_MOST_INTEGER = 2**62


@dataclass(frozen=True, eq=False)
class CellTable:
    """Cells of an overlay that occur, in the order of their places.

    Attributes
    ----------
    places : numpy.ndarray, shape (m, cells)
        Level of each of the m factors.
    counts : numpy.ndarray, shape (cells,)
        Units in each cell.
    sums : numpy.ndarray, shape (cells,)
        Sum of the outcome in each.
    """

    places: np.ndarray
    counts: np.ndarray
    sums: np.ndarray

    @property
    def row(self) -> np.ndarray:
        """Level of the first factor, for each cell."""
        return self.places[0]

    @property
    def column(self) -> np.ndarray:
        """Level of the second factor, for each cell."""
        return self.places[1]


def narrow_codes(codes: Sequence[np.ndarray] | np.ndarray, levels: Sequence[int]) -> np.ndarray:
    """Return the codes of all factors as the rows of one array of the narrowest unsigned integers.

    What this function returned is returned as it is: narrow once, and give the result to every function that takes
    `codes`.
    """
    kind = np.min_scalar_type(max(levels) - 1)
    if isinstance(codes, np.ndarray) and codes.dtype == kind and codes.flags.c_contiguous:
        return codes
    narrow = np.empty((len(codes), len(codes[0])), dtype=kind)

    def copy(tasks: np.ndarray) -> None:
        for factor in tasks:
            narrow[factor] = codes[factor]

    in_threads(copy, np.arange(len(codes)), steps=narrow.size)
    return narrow


def pair_tables(y: np.ndarray, codes: Sequence[np.ndarray] | np.ndarray, levels: Sequence[int]) -> list[CellTable]:
    """Return the table of each pair of factors, in the order of `itertools.combinations`.

    The joint tables of a few blocks of factors hold all pairs; each block is one pass over the rows, and the pairs
    are its margins. Pairs of very many levels are overlaid by themselves.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        The outcome, centred.
    codes : sequence of numpy.ndarray, shape (n,), or what `narrow_codes` returned
        Strata 0..L-1 of each factor.
    levels : sequence of int
        L of each factor.
    """
    levels = tuple(int(level) for level in levels)
    pairs = list(combinations(range(len(levels)), 2))
    small = np.array([pair for pair in pairs if levels[pair[0]] * levels[pair[1]] <= MOST_CELLS], dtype=np.int64)
    if not pairs:
        return []
    narrow = narrow_codes(codes, levels)
    found: dict[tuple[int, int], CellTable] = {}
    if len(small):
        sizes = np.array(levels)
        bounds = np.concatenate(([0], np.cumsum(sizes[small[:, 0]] * sizes[small[:, 1]])))
        joint = _joint_tables(y, narrow, sizes, cover_pairs(levels, min(MOST_CELLS, len(y) // _ROWS_PER_CELL)))
        home = np.full((len(sizes), len(sizes)), -1, dtype=np.int64)  # where the table of a pair begins
        home[small[:, 0], small[:, 1]] = bounds[:-1]
        flat = np.zeros((bounds[-1], 2))
        fill_pairs(joint.tables, joint.members, joint.cells, joint.offsets, home, flat)
        places, counts, sums, ends = keep_occurring(flat, bounds, sizes[small[:, 1]])
        for place, (a, b) in enumerate(small.tolist()):
            own = slice(ends[place], ends[place + 1])
            found[a, b] = CellTable(places[:, own], counts[own], sums[own])
    return [found[pair] if pair in found else overlay_table(y, narrow, levels, pair) for pair in pairs]


def overlay_table(
    y: np.ndarray, codes: Sequence[np.ndarray] | np.ndarray, levels: Sequence[int], members: Sequence[int]
) -> CellTable:
    """Return the table of the overlay of any set of factors.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        The outcome, centred.
    codes : sequence of numpy.ndarray, shape (n,), or what `narrow_codes` returned
        Strata 0..L-1 of each factor.
    levels : sequence of int
        L of each factor.
    members : sequence of int
        Positions of the factors that are overlaid.
    """
    sizes = [int(levels[member]) for member in members]
    if prod(sizes) > max(4 * len(y), _FEW_CELLS):
        return _scattered_table(y, [codes[member] for member in members], sizes)
    if isinstance(codes, np.ndarray):
        joint = _joint_tables(y, narrow_codes(codes, levels), np.array(levels), (tuple(members),))
    else:
        own = narrow_codes([codes[member] for member in members], sizes)
        joint = _joint_tables(y, own, np.array(sizes), (tuple(range(len(members))),))
    cell = np.flatnonzero(joint.tables[:, 0])
    places = np.array(np.unravel_index(cell, sizes))
    return CellTable(places, joint.tables[cell, 0].astype(np.int64), joint.tables[cell, 1])


def _scattered_table(y: np.ndarray, codes: Sequence[np.ndarray], sizes: Sequence[int]) -> CellTable:
    """Number only the cells that occur: there are far more possible cells than units."""
    joint, possible = codes[0].astype(np.int64), sizes[0]
    for own, size in zip(codes[1:], sizes[1:], strict=True):
        if possible * size > _MOST_INTEGER:
            occurring, joint = np.unique(joint, return_inverse=True)
            possible = len(occurring)
        joint = joint * size + own
        possible *= size
    _, first, joint = np.unique(joint, return_index=True, return_inverse=True)
    places = np.array([own[first] for own in codes], dtype=np.int64)
    return CellTable(places, np.bincount(joint), np.bincount(joint, weights=y))


@dataclass(frozen=True, eq=False)
class _JointTables:
    """Count and sum of every cell of some blocks, one after the other.

    Attributes
    ----------
    tables : numpy.ndarray, shape (cells of all blocks, 2)
        Count and sum.
    members, cells : numpy.ndarray, shape (blocks, longest)
        Factors of each block and their levels; -1 and 1 where a block is shorter.
    offsets : numpy.ndarray, shape (blocks + 1,)
        Where each block begins.
    """

    tables: np.ndarray
    members: np.ndarray
    cells: np.ndarray
    offsets: np.ndarray


def _joint_tables(y: np.ndarray, codes: np.ndarray, sizes: np.ndarray, blocks: Blocks) -> _JointTables:
    longest = max(len(block) for block in blocks)
    members = np.array([[*block, *[-1] * (longest - len(block))] for block in blocks], dtype=np.int64)
    cells = np.where(members >= 0, sizes[members], 1)
    strides = np.ones_like(cells)
    strides[:, :-1] = np.cumprod(cells[:, :0:-1], axis=1)[:, ::-1]  # cells of all members further right
    offsets = np.concatenate(([0], np.cumsum(cells.prod(axis=1))))
    parts = max(1, min(_MOST_PARTS, len(y) // max(_ROWS_PER_PART, int(offsets[-1]))))
    rows = np.linspace(0, len(y), parts + 1).astype(np.int64)
    tables = np.zeros((parts, offsets[-1], 2))
    tasks = np.arange(parts * len(blocks))
    y = np.ascontiguousarray(y)
    in_threads(fill_blocks, tasks, rows, codes, y, members, strides, offsets, tables, steps=len(y) * len(blocks))
    return _JointTables(tables.sum(axis=0) if parts > 1 else tables[0], members, cells, offsets)
