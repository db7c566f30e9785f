"""Counting tails of ``a_d + v_i b_d``: local Geary of one variable, where each draw d is a point, each region a line.

How many points lie beyond the line of a region is wanted. Regions are taken in the order of their slopes v, in chunks.
Points sorted along the middle slope of a chunk are nearly sorted along that of every region in it: those far enough
from its threshold are counted by their place, and only the few near it are looked at. From chunk to chunk the order
changes little, so that it is mended by insertion. Arrays in, arrays out.
"""

from __future__ import annotations

import numba
import numpy as np

from spatial_region.autocorr._shared import _bisect_left, _start_table

_FEW_DRAWS = 4096  # up to here an order is mended by insertion, which may take draws**2 / 2 moves in all
_INSERTION, _SORTING = 0.3, 0.024  # by how much the cost of a look exceeds that of a chunk, per draw


def worth_it(rows: int, draws: int) -> bool:
    """Return whether the points should be sorted for so many regions, rather than all looked at for each."""
    return rows >= (128 if draws <= _FEW_DRAWS else 2048)


def in_order_of_slope(slopes: np.ndarray) -> np.ndarray:
    """Return places in rising order of slopes, nearly: to 1 part in 65,536 of the range that most of them have."""
    middle, spread = slopes.mean(), slopes.std()
    if spread == 0:
        return np.arange(len(slopes))
    level = np.clip((slopes - middle) / spread * 4096.0 + 32768.0, 0.0, 65535.0).astype(np.uint16)
    return np.argsort(level, kind="stable")  # by radix


def chunk_length(rows: int, draws: int) -> int:
    """Return how many regions share one order of the points."""
    return max(16, int(np.sqrt(rows / (_INSERTION if draws <= _FEW_DRAWS else _SORTING))))


@numba.njit(cache=True, nogil=True)
def _sort_by_insertion(keys: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    for place in range(1, len(keys)):
        key, one, two = keys[place], a[place], b[place]
        before = place - 1
        while before >= 0 and keys[before] > key:
            keys[before + 1], a[before + 1], b[before + 1] = keys[before], a[before], b[before]
            before -= 1
        keys[before + 1], a[before + 1], b[before + 1] = key, one, two


@numba.njit(cache=True, nogil=True)
def count_half_planes(
    rows: np.ndarray,
    slopes: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    length: int,
    lower: np.ndarray,
    upper: np.ndarray,
    at_least: np.ndarray,
    at_most: np.ndarray,
) -> None:
    """Add, for each row, how many ``first + slope * second`` are at least `lower`, and at most `upper`.

    Parameters
    ----------
    rows : positions of the regions, nearly in the order of their slopes
    slopes, lower, upper, at_least, at_most : (n,)
    first, second : (draws,)
    length : how many regions share one order of the points
    """
    draws = len(first)
    a, b, keys = first.copy(), second.copy(), np.empty(draws)
    reach = max(abs(b.min()), abs(b.max()))
    size = max(abs(a.min()), abs(a.max()))
    for begin in range(0, len(rows), length):
        part = rows[begin : begin + length]
        least, most = slopes[part[0]], slopes[part[0]]
        for row in part:
            least, most = min(least, slopes[row]), max(most, slopes[row])
        middle = (least + most) / 2.0
        for d in range(draws):
            keys[d] = a[d] + middle * b[d]
        if draws <= 4096 and begin > 0:
            _sort_by_insertion(keys, a, b)
        else:
            order = np.argsort(keys)
            keys, a, b = keys[order], a[order], b[order]
        starts, low, scale = _start_table(keys)
        rounding = 1e-13 * (size + abs(middle) * reach)
        for row in part:
            slope = slopes[row]
            apart = abs(slope - middle) * reach * (1.0 + 1e-12) + rounding
            begins = _bisect_left(keys, starts, low, scale, lower[row] - apart)
            ends = _bisect_left(keys, starts, low, scale, np.nextafter(upper[row] + apart, np.inf))
            above, below = draws - ends, begins
            for d in range(begins, ends):
                value = a[d] + slope * b[d]
                above += value >= lower[row]
                below += value <= upper[row]
            at_least[row] += above
            at_most[row] += below


@numba.njit(cache=True, nogil=True)
def mend_half_planes(
    table: np.ndarray,
    sums: np.ndarray,
    features: np.ndarray,
    slopes: np.ndarray,
    cardinalities: np.ndarray,
    place_of_size: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    at_least: np.ndarray,
    at_most: np.ndarray,
) -> None:
    """Mend the counts of the regions that are in a draw themselves: the last region takes their place."""
    draws, k = table.shape
    last = features.shape[1] - 1
    for draw in range(draws):
        for j in range(k):
            row = table[draw, j]
            size = cardinalities[row]
            if j >= size or place_of_size[size] < 0:
                continue
            place, slope = place_of_size[size], slopes[row]
            before = sums[place, 0, draw] + slope * sums[place, 1, draw]
            after = before + (features[0, last] - features[0, row]) + slope * (features[1, last] - features[1, row])
            at_least[row] += np.int64(after >= lower[row]) - np.int64(before >= lower[row])
            at_most[row] += np.int64(after <= upper[row]) - np.int64(before <= upper[row])
