"""Counting tails of sums that differ from region to region in more than their neighbours. Arrays in, arrays out.

Where the weights of a region differ, or its own value enters (as in local Geary), each region forms its own
combination of what was drawn. That is the same for all, so that a block of draws stays in the cache of the processor
while every region passes over it; the last region stands in for one that is drawn itself, as in `_shared.py`.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def drawn_features(table: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return the features of each drawn position: (k * q, draws), the q of the first entry before those of the next."""
    draws, k = table.shape
    width = len(features)
    bank = np.empty((k * width, draws))
    for j in range(k):
        for f in range(width):
            for draw in range(draws):
                bank[j * width + f, draw] = features[f, table[draw, j]]
    return bank


@numba.njit(cache=True, nogil=True)
def index_of_regions(table: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the table holds each position: starts (n + 1,), and places (draw * k + column), ascending."""
    draws, k = table.shape
    starts = np.zeros(n + 1, dtype=np.int64)
    for draw in range(draws):
        for j in range(k):
            starts[table[draw, j] + 1] += 1
    for i in range(n):
        starts[i + 1] += starts[i]
    places = np.empty(draws * k, dtype=np.int64)
    fill = starts[:-1].copy()
    for draw in range(draws):
        for j in range(k):
            i = table[draw, j]
            places[fill[i]] = draw * k + j
            fill[i] += 1
    return starts, places


@numba.njit(cache=True, nogil=True)
def count_functionals(
    rows: np.ndarray,
    first: np.ndarray,
    terms: np.ndarray,
    coefficients: np.ndarray,
    by_entry: bool,
    bank: np.ndarray,
    starts: np.ndarray,
    places: np.ndarray,
    columns: int,
    features: np.ndarray,
    cardinalities: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    at_least: np.ndarray,
    at_most: np.ndarray,
    stop_after: int,
    side: int,
    made: np.ndarray,
) -> None:
    """Add, for each row, how many draws give a combination of at least `lower`, and of at most `upper`.

    Parameters
    ----------
    rows : positions of the regions
    first, terms : (n,) where the coefficients of a region begin, and how many it has
    by_entry : whether each entry of a draw has coefficients of its own, or their sum has
    bank : (t, draws) what the coefficients multiply
    starts, places, columns : where the table of `columns` columns holds each region, from `index_of_regions`
    features : (q, n) from which the bank was made
    cardinalities : (n,) how many entries of a draw a region uses
    stop_after : how many draws in the tail end the test of a region (sequential Monte Carlo); 0 to make all
    side : the tail that ends it: 1 at least, -1 at most, 0 the smaller of the two
    made : (n,) number of draws made, brought up to date; negative once a region has stopped
    """
    width, last = len(features), features.shape[1] - 1
    draws = bank.shape[1]
    value = np.empty(draws)
    for row in rows:
        if made[row] < 0:
            continue
        base = first[row]
        _combine(value, coefficients[base : base + terms[row]], bank)
        for at in range(starts[row], starts[row + 1]):
            j = places[at] % columns
            if j < cardinalities[row]:
                own = base + (j * width if by_entry else 0)
                for f in range(width):
                    value[places[at] // columns] += coefficients[own + f] * (features[f, last] - features[f, row])
        low, high = lower[row], upper[row]
        above, below = at_least[row], at_most[row]
        if stop_after == 0:
            for draw in range(draws):
                above += value[draw] >= low
                below += value[draw] <= high
            made[row] += draws
        else:
            for draw in range(draws):
                above += value[draw] >= low
                below += value[draw] <= high
                made[row] += 1
                tail = above if side > 0 else below if side < 0 else min(above, below)
                if tail >= stop_after:
                    made[row] = -made[row]
                    break
        at_least[row], at_most[row] = above, below


@numba.njit(cache=True, nogil=True, inline="always")
def _combine(value: np.ndarray, coefficients: np.ndarray, bank: np.ndarray) -> None:
    """Fill `value` with the combination of the bank's lines, two at a time."""
    count = len(coefficients)
    value[:] = 0.0
    for term in range(0, count - 1, 2):
        one, two = coefficients[term], coefficients[term + 1]
        for draw in range(len(value)):
            value[draw] += one * bank[term, draw] + two * bank[term + 1, draw]
    if count % 2:
        one = coefficients[count - 1]
        for draw in range(len(value)):
            value[draw] += one * bank[count - 1, draw]
