"""Compiled loops of the joint tables."""

from __future__ import annotations

import numba
import numpy as np

_LANES = 4  # rows that are summed side by side: a sum need not wait for the one before it
_CHUNK = 2048  # rows whose cells are numbered before they are counted: numbering then runs on vectors


@numba.njit(cache=True, nogil=True)
def fill_blocks(
    tasks: np.ndarray,
    rows: np.ndarray,
    codes: np.ndarray,
    y: np.ndarray,
    members: np.ndarray,
    strides: np.ndarray,
    offsets: np.ndarray,
    tables: np.ndarray,
) -> None:
    """Add the rows of a part to the table of a block; task t is block ``t // parts`` and part ``t % parts``."""
    parts = len(rows) - 1
    cell = np.empty(_CHUNK, dtype=np.int32)
    for task in tasks:
        block, part = task // parts, task % parts
        table = tables[part, offsets[block] : offsets[block + 1]]
        for start in range(rows[part], rows[part + 1], _CHUNK):
            length = min(_CHUNK, rows[part + 1] - start)
            for i in range(length):
                cell[i] = 0
            for place in range(members.shape[1]):
                member = members[block, place]
                if member >= 0:
                    own = codes[member, start : start + length]
                    stride = np.int32(strides[block, place])
                    for i in range(length):
                        cell[i] += np.int32(own[i]) * stride
            values = y[start : start + length]
            for i in range(length):
                table[cell[i], 0] += 1.0
                table[cell[i], 1] += values[i]


@numba.njit(cache=True, nogil=True)
def fill_pairs(
    joint: np.ndarray,
    members: np.ndarray,
    cells: np.ndarray,
    offsets: np.ndarray,
    home: np.ndarray,
    flat: np.ndarray,
) -> None:
    """Sum the tables of the blocks to those of the pairs, which begin at ``home[a, b]``; each pair once.

    `home` is used up: the entry of a pair that is done becomes -1.
    """
    longest = members.shape[1]
    level = np.zeros(longest, dtype=np.int64)
    first = np.empty(longest * longest, dtype=np.int64)
    second = np.empty(longest * longest, dtype=np.int64)
    begin = np.empty(longest * longest, dtype=np.int64)
    for block in range(len(members)):
        pairs = 0
        for i in range(longest):
            for j in range(i + 1, longest):
                a, b = members[block, i], members[block, j]
                if b >= 0 and home[a, b] >= 0:
                    first[pairs], second[pairs], begin[pairs] = i, j, home[a, b]
                    home[a, b] = -1
                    pairs += 1
        level[:] = 0
        for cell in range(offsets[block], offsets[block + 1]):
            if joint[cell, 0] > 0:
                for pair in range(pairs):
                    i, j = first[pair], second[pair]
                    at = begin[pair] + level[i] * cells[block, j] + level[j]
                    flat[at, 0] += joint[cell, 0]
                    flat[at, 1] += joint[cell, 1]
            place = longest - 1  # the next cell: the last member counts up, and carries over
            level[place] += 1
            while place > 0 and level[place] == cells[block, place]:
                level[place] = 0
                place -= 1
                level[place] += 1


@numba.njit(cache=True, nogil=True)
def keep_occurring(
    flat: np.ndarray, bounds: np.ndarray, widths: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return places (2, cells), counts and sums of the cells that occur, and where those of each pair begin."""
    ends = np.zeros(len(bounds), dtype=np.int64)
    for pair in range(len(widths)):
        ends[pair + 1] = ends[pair] + np.sum(flat[bounds[pair] : bounds[pair + 1], 0] > 0)
    places = np.empty((2, ends[-1]), dtype=np.int64)
    counts = np.empty(ends[-1], dtype=np.int64)
    sums = np.empty(ends[-1])
    at = 0
    for pair in range(len(widths)):
        for cell in range(bounds[pair], bounds[pair + 1]):
            if flat[cell, 0] > 0:
                places[0, at] = (cell - bounds[pair]) // widths[pair]
                places[1, at] = (cell - bounds[pair]) % widths[pair]
                counts[at] = np.int64(flat[cell, 0])
                sums[at] = flat[cell, 1]
                at += 1
    return places, counts, sums, ends


@numba.njit(cache=True, nogil=True)
def fill_moments(
    tasks: np.ndarray,
    codes: np.ndarray,
    y: np.ndarray,
    bounds: np.ndarray,
    rounding: float,
    counts: np.ndarray,
    means: np.ndarray,
    within: np.ndarray,
) -> None:
    """Count, mean and sum of squares about it of each stratum of the factors in `tasks`, in two passes.

    Deviations up to `rounding` times the largest count (4 or more) are taken for none.
    """
    n = len(y)
    for factor in tasks:
        own = codes[factor]
        strata = bounds[factor + 1] - bounds[factor]
        number = np.zeros((_LANES, strata), dtype=np.int64)
        sums = np.zeros((_LANES, strata))
        for i in range(n):
            number[i % _LANES, own[i]] += 1
            sums[i % _LANES, own[i]] += y[i]
        largest = 4
        mean = np.empty(strata)
        for stratum in range(strata):
            count = number[:, stratum].sum()
            largest = max(largest, count)
            mean[stratum] = sums[:, stratum].sum() / count
            counts[bounds[factor] + stratum] = count
            means[bounds[factor] + stratum] = mean[stratum]
        sums[:] = 0.0
        for i in range(n):
            deviation = y[i] - mean[own[i]]
            if abs(deviation) > rounding * largest:
                sums[i % _LANES, own[i]] += deviation * deviation
        for stratum in range(strata):
            within[bounds[factor] + stratum] = sums[:, stratum].sum()
