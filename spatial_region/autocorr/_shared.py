"""Counting tails where neighbours weigh equally: one table of draws serves every region. Arrays in, arrays out.

With equal weights the conditional null distribution of a region's lag depends on how many neighbours it has, and on
leaving out the region itself. Sets of neighbours are therefore drawn once, for all regions, from the positions 0 to
n - 2. Where region i finds itself in a set, the last position, n - 1, stands in for it: exchanging the two labels makes
of a uniform set of {0 .. n-2} a uniform set of everybody but i. So every region has all the draws, exactly distributed,
and only the sums of sets that contain it are looked at again. The first k columns of the table serve the regions with
k neighbours. With the sums of each k sorted, a region counts its tails by bisection: O(P k + K P log P + n log P) for
K different numbers of neighbours, instead of O(n P k).
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def prefix_sums(table: np.ndarray, features: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the sums of the first `sizes` entries of each draw.

    Parameters
    ----------
    table : (draws, k) positions
    features : (q, n) numbers to add up
    sizes : (s,) ascending numbers of entries, the last at most k

    Returns
    -------
    (s, q, draws) sums
    """
    draws = len(table)
    count, width = len(sizes), len(features)
    sums = np.empty((count, width, draws))
    for draw in range(draws):
        for f in range(width):
            total, done = 0.0, 0
            for s in range(count):
                for j in range(done, sizes[s]):
                    total += features[f, table[draw, j]]
                done = sizes[s]
                sums[s, f, draw] = total
    return sums


@numba.njit(cache=True, nogil=True)
def _start_table(ordered: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return where each of a number of equal intervals begins in sorted numbers, and how to find the interval."""
    size = len(ordered)
    low, width = ordered[0], ordered[-1] - ordered[0]
    scale = size / width if width > 0 and np.isfinite(size / width) else 0.0
    starts = np.zeros(size + 2, dtype=np.int32)
    for place in range(size):
        starts[min(int((ordered[place] - low) * scale), size) + 1] += 1
    for cell in range(size + 1):
        starts[cell + 1] += starts[cell]
    return starts, low, scale


@numba.njit(cache=True, nogil=True, inline="always")
def _bisect_left(ordered: np.ndarray, starts: np.ndarray, low: float, scale: float, value: float) -> int:
    """Return how many sorted numbers lie below `value`; the table of starts leaves a few to look at."""
    size = len(ordered)
    if value <= ordered[0]:
        return 0
    if value > ordered[size - 1]:
        return size
    cell = min(int((value - low) * scale), size)
    left, right = starts[cell], starts[cell + 1]
    while left < right:
        middle = (left + right) >> 1
        if ordered[middle] < value:
            left = middle + 1
        else:
            right = middle
    return left


@numba.njit(cache=True, nogil=True)
def count_tails(
    rows: np.ndarray,
    ordered: np.ndarray,
    observed: np.ndarray,
    tolerance: np.ndarray,
    at_least: np.ndarray,
    at_most: np.ndarray,
) -> None:
    """Add, for each row, how many sorted sums are at least, and at most, the observed one."""
    starts, low, scale = _start_table(ordered)
    size = len(ordered)
    for row in rows:
        lower, upper = observed[row] - tolerance[row], observed[row] + tolerance[row]
        at_least[row] += size - _bisect_left(ordered, starts, low, scale, lower)
        at_most[row] += _bisect_left(ordered, starts, low, scale, np.nextafter(upper, np.inf))


@numba.njit(cache=True, nogil=True)
def put_last_for_own(
    table: np.ndarray,
    sums: np.ndarray,
    values: np.ndarray,
    cardinalities: np.ndarray,
    place_of_size: np.ndarray,
    observed: np.ndarray,
    tolerance: np.ndarray,
    at_least: np.ndarray,
    at_most: np.ndarray,
) -> None:
    """Mend the counts of the regions that are in a draw themselves: the last region takes their place."""
    draws, k = table.shape
    last = values[-1]
    for draw in range(draws):
        for j in range(k):
            row = table[draw, j]
            size = cardinalities[row]
            if j >= size or place_of_size[size] < 0:
                continue
            before = sums[place_of_size[size], 0, draw]
            after = before - values[row] + last
            lower, upper = observed[row] - tolerance[row], observed[row] + tolerance[row]
            at_least[row] += np.int64(after >= lower) - np.int64(before >= lower)
            at_most[row] += np.int64(after <= upper) - np.int64(before <= upper)
