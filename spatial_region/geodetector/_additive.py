"""Compiled numbers of the interaction detector for many overlays of two factors."""

from __future__ import annotations

import numba
import numpy as np

BETWEEN, ADDITIVE = 0, 1  # columns of the sums
UNITS, CELLS, ALONE, RANK = 0, 1, 2, 3  # columns of the numbers
MOST_LEVELS = 1000  # of the factor with fewer levels, beyond which the additive model is not fitted


@numba.njit(cache=True, nogil=True)
def pair_numbers(
    bounds: np.ndarray,
    row: np.ndarray,
    column: np.ndarray,
    counts: np.ndarray,
    sums: np.ndarray,
    levels: np.ndarray,
    drop: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums and the numbers of each pair, whose cells are those from one of `bounds` to the next.

    Sums: of squares between the cells that stay; of squares that the additive model explains. Numbers: units and cells
    that stay; cells of one unit; rank of the additive model. With `drop` cells of one unit do not stay.
    """
    pairs = len(bounds) - 1
    found, numbers = np.zeros((pairs, 2)), np.zeros((pairs, 4), dtype=np.int64)
    for pair in range(pairs):
        start, stop = bounds[pair], bounds[pair + 1]
        a, b = np.empty(stop - start, dtype=np.int64), np.empty(stop - start, dtype=np.int64)
        count, mean = np.empty(stop - start), np.empty(stop - start)
        turned = levels[pair, 0] < levels[pair, 1]  # so that a is the factor with more levels
        units, kept, alone, total = 0, 0, 0, 0.0
        for cell in range(start, stop):
            alone += counts[cell] == 1
            if not drop or counts[cell] > 1:
                a[kept] = column[cell] if turned else row[cell]
                b[kept] = row[cell] if turned else column[cell]
                count[kept], mean[kept] = counts[cell], sums[cell] / counts[cell]
                units += counts[cell]
                total += sums[cell]
                kept += 1
        numbers[pair, UNITS], numbers[pair, CELLS], numbers[pair, ALONE] = units, kept, alone
        if units == 0:
            continue
        a, b, count, mean = a[:kept], b[:kept], count[:kept], mean[:kept]
        for cell in range(kept):
            mean[cell] -= total / units
            found[pair, BETWEEN] += count[cell] * mean[cell] ** 2
        many, few = max(levels[pair, 0], levels[pair, 1]), min(levels[pair, 0], levels[pair, 1])
        found[pair, ADDITIVE], numbers[pair, RANK] = _additive(a, b, count, mean, many, few)
    return found, numbers


@numba.njit(cache=True, nogil=True)
def _additive(
    a: np.ndarray, b: np.ndarray, count: np.ndarray, mean: np.ndarray, many: int, few: int
) -> tuple[float, int]:
    """Return the sum of squares that the main effects of two factors explain, and their rank (constant included).

    Levels that cells join form components; each takes one from the rank, and one level of each is the base of the
    others. The levels of `a`, the factor with more, are swept out; what is left for `b` is a weighted graph Laplacian,
    and without the bases positive definite. Its diagonal is summed from the rest of its row, so that no digits cancel.
    Where `b` has more than `MOST_LEVELS` levels, NaN and the rank.
    """
    base, rank = _components(a, b, many, few)
    if few > MOST_LEVELS:
        return np.nan, rank
    weight, effect = np.zeros(many), np.zeros(many)
    for cell in range(len(a)):
        weight[a[cell]] += count[cell]
        effect[a[cell]] += count[cell] * mean[cell]
    explained = 0.0
    for level in range(many):
        if weight[level] > 0:
            effect[level] /= weight[level]
            explained += weight[level] * effect[level] ** 2
    matrix, right = _swept(a, b, count, mean, weight, effect, few)
    return explained + _solved(matrix, right, base), rank


@numba.njit(cache=True, nogil=True)
def _components(a: np.ndarray, b: np.ndarray, many: int, few: int) -> tuple[np.ndarray, int]:
    """Return which levels of `b` are no base (a base stands first in its component), and the rank of the effects."""
    parent = np.arange(many + few)
    used = np.zeros(many + few, dtype=np.bool_)
    for cell in range(len(a)):
        left, right = b[cell], few + a[cell]
        used[left] = used[right] = True
        while parent[left] != left:
            parent[left] = parent[parent[left]]
            left = parent[left]
        while parent[right] != right:
            parent[right] = parent[parent[right]]
            right = parent[right]
        parent[max(left, right)] = min(left, right)  # the root is a level of b, the first of its component
    free = np.zeros(few, dtype=np.bool_)
    rank = 0  # levels that occur, less one a component
    for level in range(many + few):
        if used[level] and parent[level] != level:
            rank += 1
            if level < few:
                free[level] = True
    return free, rank


@numba.njit(cache=True, nogil=True)
def _swept(
    a: np.ndarray,
    b: np.ndarray,
    count: np.ndarray,
    mean: np.ndarray,
    weight: np.ndarray,
    effect: np.ndarray,
    few: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal equations of `b` after the levels of `a` are swept out."""
    begin = np.zeros(len(weight) + 1, dtype=np.int64)
    for cell in range(len(a)):
        begin[a[cell] + 1] += 1
    for level in range(len(weight)):
        begin[level + 1] += begin[level]
    place = begin.copy()
    order = np.empty(len(a), dtype=np.int64)  # cells by their level of a
    for cell in range(len(a)):
        order[place[a[cell]]] = cell
        place[a[cell]] += 1
    matrix, right = np.zeros((few, few)), np.zeros(few)
    for level in range(len(weight)):
        for i in range(begin[level], begin[level + 1]):
            one = order[i]
            right[b[one]] += count[one] * (mean[one] - effect[level])
            for j in range(begin[level], i):
                other = order[j]
                shared = count[one] * count[other] / weight[level]
                matrix[b[one], b[other]] -= shared
                matrix[b[other], b[one]] -= shared
                matrix[b[one], b[one]] += shared
                matrix[b[other], b[other]] += shared
    return matrix, right


@numba.njit(cache=True, nogil=True)
def _solved(matrix: np.ndarray, right: np.ndarray, free: np.ndarray) -> float:
    """Return right' inverse(matrix) right over the `free` levels, by Cholesky's factor."""
    levels = np.empty(len(free), dtype=np.int64)
    size = 0
    for level in range(len(free)):
        if free[level]:
            levels[size] = level
            size += 1
    factor = np.zeros((size, size))
    explained = 0.0
    solved = np.zeros(size)
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[levels[i], levels[j]]
            for k in range(j):
                rest -= factor[i, k] * factor[j, k]
            factor[i, j] = np.sqrt(rest) if i == j else rest / factor[j, j]
        rest = right[levels[i]]
        for k in range(i):
            rest -= factor[i, k] * solved[k]
        solved[i] = rest / factor[i, i]
        explained += solved[i] ** 2
    return explained
