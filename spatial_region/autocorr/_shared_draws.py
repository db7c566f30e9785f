"""Conditional permutation for rows of equal weights: one table of draws serves every region.

With equal weights the null distribution of a region's lag depends on how many neighbours it has, and on leaving out the
region itself. So sets of neighbours are drawn from all n regions once, for all; a set that does not contain region i is
a uniform draw from the sets of the others, and a set that does is replaced by a spare one. The first k columns of the
table serve the regions with k neighbours. Sorting the sums of each k lets every region count its tails by bisection:
O(P k + K P log P + n log P) for K distinct numbers of neighbours, in place of O(n P k).
"""

from __future__ import annotations

import numba
import numpy as np

LARGEST_SHARE = 0.5  # of the regions a set may hold; beyond, too many sets contain any given region


def shared_tail_counts(
    z: np.ndarray,
    rows: np.ndarray,
    cardinalities: np.ndarray,
    sums: np.ndarray,
    tolerance: np.ndarray,
    permutations: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Count, for each region, the draws whose sum over neighbours is at least, and at most, its own.

    Parameters
    ----------
    z : (n,) values
    rows : (r,) positions of the regions to test
    cardinalities, sums, tolerance : (r,) number of neighbours, sum of z over them, and how close sums must be to tie
    permutations : number of draws that each region gets, exactly
    seed : names the table of draws

    Returns
    -------
    at_least, at_most : (r,) counts
    """
    n, most = len(z), int(cardinalities.max())
    spare = _spare_draws(permutations, most, n)
    while True:
        table = _draw_sets(n, permutations + spare, most, np.uint64(seed))
        starts, entries = _invert(table, n)
        at_least = np.empty(len(rows), dtype=np.int64)
        at_most = np.empty(len(rows), dtype=np.int64)
        running = np.zeros(len(table))
        done, short = 0, False
        for k in np.unique(cardinalities):
            _add_columns(running, table, z, done, k)
            done = k
            chosen = np.flatnonzero(cardinalities == k)
            short |= _count(
                running, np.sort(running[:permutations]), starts, entries, most, int(k), permutations,
                rows[chosen], sums[chosen], tolerance[chosen], chosen, at_least, at_most,
            )  # fmt: skip
        if not short:
            return at_least, at_most
        spare *= 2  # a region was in more sets than foreseen; the table's first rows stay the same


def shared_cost(permutations: int, cardinalities: np.ndarray, n: int) -> float:
    """Return about how many elementary steps the shared table takes."""
    most, kinds = float(cardinalities.max()), len(np.unique(cardinalities))
    table = 4.0 * permutations * most
    return table + kinds * permutations * np.log2(permutations + 2) + 2 * permutations * float(cardinalities.sum()) / n


def _spare_draws(permutations: int, most: int, n: int) -> int:
    """Return how many spare sets leave any region with too few only once in a blue moon."""
    share = most / n
    mean = permutations * share
    replaced = mean + 7 * np.sqrt(mean) + 10
    return int(np.ceil((replaced + 7 * np.sqrt(replaced)) / (1 - share))) + 10


@numba.njit(cache=True, nogil=True)
def mix(state: np.uint64) -> np.uint64:
    # The finaliser of SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def _draw_sets(n: int, draws: int, k: int, seed: np.uint64) -> np.ndarray:
    """Return `draws` rows of `k` different positions below n; each row depends on (seed, row) alone."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    table = np.empty((draws, k), dtype=np.int32)
    order = np.arange(n).astype(np.int32)
    swapped = np.empty(k, dtype=np.int64)
    for draw in range(draws):
        state = mix(seed + golden * np.uint64(draw + 1))
        for j in range(k):
            state += golden
            # The high 32 bits times the range, shifted: uniform to one part in 2**32 / n.
            high = mix(state) >> np.uint64(32)
            chosen = j + np.int64((high * np.uint64(n - j)) >> np.uint64(32))
            order[j], order[chosen] = order[chosen], order[j]
            swapped[j] = chosen
            table[draw, j] = order[j]
        for j in range(k - 1, -1, -1):  # undo, so that every row starts from the same order
            order[j], order[swapped[j]] = order[swapped[j]], order[j]
    return table


@numba.njit(cache=True, nogil=True)
def _invert(table: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each position, the flat places (draw * k + column) that hold it, ascending."""
    draws, k = table.shape
    starts = np.zeros(n + 1, dtype=np.int64)
    for draw in range(draws):
        for j in range(k):
            starts[table[draw, j] + 1] += 1
    for i in range(n):
        starts[i + 1] += starts[i]
    entries = np.empty(draws * k, dtype=np.int64)
    fill = starts[:-1].copy()
    for draw in range(draws):
        for j in range(k):
            i = table[draw, j]
            entries[fill[i]] = draw * k + j
            fill[i] += 1
    return starts, entries


@numba.njit(cache=True, nogil=True)
def _add_columns(running: np.ndarray, table: np.ndarray, z: np.ndarray, start: int, stop: int) -> None:
    for draw in range(len(running)):
        for j in range(start, stop):
            running[draw] += z[table[draw, j]]


@numba.njit(cache=True, nogil=True)
def _count(
    running: np.ndarray,
    ordered: np.ndarray,
    starts: np.ndarray,
    entries: np.ndarray,
    columns: int,
    k: int,
    permutations: int,
    rows: np.ndarray,
    sums: np.ndarray,
    tolerance: np.ndarray,
    places: np.ndarray,
    at_least: np.ndarray,
    at_most: np.ndarray,
) -> bool:
    """Fill the counts of the regions with k neighbours; return whether the spare draws ran out for one."""
    draws = len(running)
    for r in range(len(rows)):
        low, high = sums[r] - tolerance[r], sums[r] + tolerance[r]
        above = permutations - np.searchsorted(ordered, low, side="left")
        below = np.searchsorted(ordered, high, side="right")
        replaced = 0
        entry, end = starts[rows[r]], starts[rows[r] + 1]
        while entry < end and entries[entry] < permutations * columns:
            if entries[entry] % columns < k:
                value = running[entries[entry] // columns]
                above -= value >= low
                below -= value <= high
                replaced += 1
            entry += 1
        spare = permutations
        while replaced > 0:
            if spare == draws:
                return True
            holds = False
            while entry < end and entries[entry] // columns == spare:
                holds |= entries[entry] % columns < k
                entry += 1
            if not holds:
                above += running[spare] >= low
                below += running[spare] <= high
                replaced -= 1
            spare += 1
        at_least[places[r]] = above
        at_most[places[r]] = below
    return False
