"""The best split of a node of a regression tree, and the units that it sends to either side."""

from __future__ import annotations

import numba
import numpy as np

TIE = 1e-12  # relative: a later split must gain more than this over an earlier one to be preferred


@numba.njit(cache=True, nogil=True)
def best_split(
    y: np.ndarray,
    codes: np.ndarray,
    order: np.ndarray,
    categorical: np.ndarray,
    a: int,
    b: int,
    least: int,
    least_split: int,
    cost: float,
    least_gain: float,
) -> tuple[float, int, int]:
    """Return what the best split of the units at a..b gains, its factor (-1 for none), and where it cuts."""
    largest, best, place = least_gain, -1, 0
    if b - a < least_split or b - a < 2 * least or _within(y, order[0], a, b) <= cost:
        return largest, best, place  # what is not there cannot pay for another leaf
    for f in range(len(codes)):
        if categorical[f]:
            gain, cut = _cut_categories(y, codes[f], order[f], a, b, least)
        else:
            gain, cut = _cut_ranks(y, codes[f], order[f], a, b, least)
        if gain > largest * (1 + TIE):
            largest, best, place = gain, f, cut
    return largest, best, place


@numba.njit(cache=True, nogil=True)
def _within(y: np.ndarray, order: np.ndarray, a: int, b: int) -> float:
    mean = 0.0
    for place in range(a, b):
        mean += y[order[place]] / (b - a)
    squares = 0.0
    for place in range(a, b):
        squares += (y[order[place]] - mean) ** 2
    return squares


@numba.njit(cache=True, nogil=True)
def _cut_ranks(y: np.ndarray, codes: np.ndarray, order: np.ndarray, a: int, b: int, least: int) -> tuple[float, int]:
    """Return the largest gain and the rank up to which units go left."""
    total = 0.0
    for place in range(a, b):
        total += y[order[place]]
    whole = total * total / (b - a)
    largest, cut, below = 0.0, 0, 0.0
    for place in range(a, b - least):
        unit = order[place]
        below += y[unit]
        n_left = place + 1 - a
        if n_left < least or codes[unit] == codes[order[place + 1]]:
            continue
        gain = below * below / n_left + (total - below) * (total - below) / (b - a - n_left) - whole
        if gain > largest * (1 + TIE):
            largest, cut = gain, codes[unit]
    return largest, cut


@numba.njit(cache=True, nogil=True)
def _by_mean(
    y: np.ndarray, codes: np.ndarray, order: np.ndarray, a: int, b: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the categories of the units at a..b by their mean of y, with their counts and sums."""
    names, counts, sums = np.empty(b - a, np.int64), np.zeros(b - a, np.int64), np.zeros(b - a)
    found = 0
    for place in range(a, b):
        unit = order[place]
        if found == 0 or names[found - 1] != codes[unit]:
            names[found] = codes[unit]
            found += 1
        counts[found - 1] += 1
        sums[found - 1] += y[unit]
    by_mean = np.argsort(sums[:found] / counts[:found], kind="mergesort")
    return names[:found][by_mean], counts[:found][by_mean], sums[:found][by_mean]


@numba.njit(cache=True, nogil=True)
def _cut_categories(
    y: np.ndarray, codes: np.ndarray, order: np.ndarray, a: int, b: int, least: int
) -> tuple[float, int]:
    """Return the largest gain and how many categories, lowest means first, go left."""
    names, counts, sums = _by_mean(y, codes, order, a, b)
    total = sums.sum()
    whole = total * total / (b - a)
    largest, cut, below, n_left = 0.0, 0, 0.0, 0
    for place in range(len(names) - 1):
        below += sums[place]
        n_left += counts[place]
        if n_left < least or b - a - n_left < least:
            continue
        gain = below * below / n_left + (total - below) * (total - below) / (b - a - n_left) - whole
        if gain > largest * (1 + TIE):
            largest, cut = gain, place + 1
    return largest, cut


@numba.njit(cache=True, nogil=True)
def divide(
    y: np.ndarray,
    codes: np.ndarray,
    order: np.ndarray,
    categorical: np.ndarray,
    a: int,
    b: int,
    f: int,
    cut: int,
    goes_left: np.ndarray,
    moved: np.ndarray,
) -> int:
    """Bring the units of the left child before those of the right, in the order of every factor; return the border."""
    for place in range(a, b):
        unit = order[f, place]
        goes_left[unit] = not categorical[f] and codes[f, unit] <= cut
    if categorical[f]:
        names = _by_mean(y, codes[f], order[f], a, b)[0]
        lowest = np.sort(names[:cut])
        for place in range(a, b):
            unit = order[f, place]
            at = np.searchsorted(lowest, codes[f, unit])
            goes_left[unit] = at < cut and lowest[at] == codes[f, unit]
    middle = a
    for other in range(len(codes)):
        middle, held = a, 0
        for place in range(a, b):
            unit = order[other, place]
            if goes_left[unit]:
                order[other, middle] = unit
                middle += 1
            else:
                moved[held] = unit
                held += 1
        order[other, middle:b] = moved[:held]
    return middle
