"""Random draws without replacement that depend on (seed, draw) alone: the same on any machine and number of threads.

Each draw begins a sequence of its own (SplitMix64, Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195), so that it
does not matter which were made before it, or where. The plain and the compiled version give the same numbers.
"""

from __future__ import annotations

import numba
import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@numba.njit(cache=True, nogil=True, inline="always")
def mix(state: np.uint64) -> np.uint64:
    """Return the finaliser of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def draw_table(size: int, first: int, draws: int, k: int, seed: np.uint64) -> np.ndarray:
    """Return `draws` rows, from number `first` on, of `k` different positions below `size`, in random order.

    The first j columns are a draw of j positions.
    """
    golden = np.uint64(0x9E3779B97F4A7C15)
    table = np.empty((draws, k), dtype=np.int32)
    order = np.arange(size).astype(np.int32)
    swapped = np.empty(k, dtype=np.int64)
    for draw in range(draws):
        state = mix(seed + golden * np.uint64(first + draw + 1))
        for j in range(k):
            state += golden
            # The high 32 bits times the range, shifted: uniform to one part in 2**32 / size.
            high = mix(state) >> np.uint64(32)
            chosen = j + np.int64((high * np.uint64(size - j)) >> np.uint64(32))
            order[j], order[chosen] = order[chosen], order[j]
            swapped[j] = chosen
            table[draw, j] = order[j]
        for j in range(k - 1, -1, -1):  # undo, so that every row starts from the same order
            order[j], order[swapped[j]] = order[swapped[j]], order[j]
    return table


def plain_draw_table(size: int, first: int, draws: int, k: int, seed: int) -> np.ndarray:
    """Return what `draw_table` returns, without compiled code; memory is `draws` times `size`."""
    with np.errstate(over="ignore"):
        number = np.arange(first + 1, first + draws + 1, dtype=np.uint64)
        state = _plain_mix(np.uint64(seed) + GOLDEN * number)
        order = np.broadcast_to(np.arange(size, dtype=np.int32), (draws, size)).copy()
        row = np.arange(draws)
        for j in range(k):
            state = state + GOLDEN
            high = _plain_mix(state) >> np.uint64(32)
            chosen = j + ((high * np.uint64(size - j)) >> np.uint64(32)).astype(np.int64)
            here = order[:, j].copy()
            order[:, j] = order[row, chosen]
            order[row, chosen] = here
    return order[:, :k]


def _plain_mix(state: np.ndarray) -> np.ndarray:
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
