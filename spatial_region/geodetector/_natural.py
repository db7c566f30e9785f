"""Natural breaks (Fisher-Jenks): the partition of sorted values with the least sum of squares within classes.

Exact, by dynamic programming. The best last class starts no earlier when more values are added, so each
layer is solved by divide and conquer in O(m log m) for m distinct values. One run to `k` gives the optimum
for every smaller number of classes as well.
"""

from __future__ import annotations

import numba
import numpy as np


def natural_starts(values: np.ndarray, counts: np.ndarray, k: int) -> np.ndarray:
    """Return where each class begins, for every number of classes up to `k`.

    Parameters
    ----------
    values : numpy.ndarray, shape (m,)
        Distinct values, ascending.
    counts : numpy.ndarray, shape (m,)
        How often each occurs.
    k : int
        Largest number of classes, at most m.

    Returns
    -------
    numpy.ndarray, shape (k + 1, k)
        Row j holds the positions in `values` at which the j classes begin, then zeros.
    """
    scale = np.ptp(values)
    centred = (values - np.average(values, weights=counts)) / (scale if scale > 0 else 1.0)
    weight = counts.astype(np.float64)
    sums = np.zeros((3, len(values) + 1))
    sums[0, 1:] = np.cumsum(weight)
    sums[1, 1:] = np.cumsum(weight * centred)
    sums[2, 1:] = np.cumsum(weight * centred**2)
    first = _solve(sums, k)
    starts = np.zeros((k + 1, k), dtype=np.int64)
    for classes in range(1, k + 1):
        end = len(values)
        for place in range(classes - 1, 0, -1):
            end = first[place, end]
            starts[classes, place] = end
    return starts


@numba.njit(cache=True, nogil=True)
def _within(sums: np.ndarray, start: int, end: int) -> float:
    """Sum of squares about their mean of the values from `start` up to, not including, `end`."""
    total = sums[1, end] - sums[1, start]
    spread = sums[2, end] - sums[2, start] - total * total / (sums[0, end] - sums[0, start])
    return max(spread, 0.0)


@numba.njit(cache=True, nogil=True)
def _solve(sums: np.ndarray, k: int) -> np.ndarray:
    """Return first[j, e]: where class j (from 0) begins in the best partition of the first e values into j + 1."""
    m = sums.shape[1] - 1
    first = np.zeros((k, m + 1), dtype=np.int64)
    cost = np.full(m + 1, np.inf)
    for end in range(1, m + 1):
        cost[end] = _within(sums, 0, end)
    # Tasks: ends low..high, whose best start lies in least..most. The depth is log2(m), two tasks a level.
    tasks = np.zeros((256, 4), dtype=np.int64)
    for place in range(1, k):
        layer = np.full(m + 1, np.inf)
        # The last layer is only ever asked for the end of all values.
        tasks[0] = np.array([place + 1 if place < k - 1 else m, m, place, m - 1])
        waiting = 1
        while waiting > 0:
            waiting -= 1
            low, high, least, most = tasks[waiting]
            end = (low + high) // 2
            best, at = np.inf, least
            for start in range(least, min(end - 1, most) + 1):
                candidate = cost[start] + _within(sums, start, end)
                if candidate < best:
                    best, at = candidate, start
            layer[end] = best
            first[place, end] = at
            if low < end:
                tasks[waiting] = np.array([low, end - 1, least, at])
                waiting += 1
            if end < high:
                tasks[waiting] = np.array([end + 1, high, at, most])
                waiting += 1
        cost = layer
    return first
