"""Random orders and signs that depend on (seed, number of the draw) alone. Arrays in, arrays out.

Each draw begins a sequence of its own (SplitMix64, Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195), so that it
does not matter which draws were made before it, in which batch or by which thread.
"""

from __future__ import annotations

import numba
import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@numba.njit(cache=True, nogil=True, inline="always")
def _mix(state: np.uint64) -> np.uint64:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def shuffle_segments(values: np.ndarray, bounds: np.ndarray, seed: np.uint64, first: int, out: np.ndarray) -> None:
    """Write into row d of `out` the values of draw `first` + d: shuffled within each segment between two bounds.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Numbers of any type, or positions.
    bounds : numpy.ndarray of int64, shape (segments + 1,)
        0, ..., n.
    seed : numpy.uint64
        Seed of all draws.
    first : int
        Number of the first draw.
    out : numpy.ndarray, shape (b, n)
        Written to.
    """
    golden = np.uint64(0x9E3779B97F4A7C15)
    for draw in range(out.shape[0]):
        row = out[draw]
        row[:] = values
        state = _mix(seed + golden * np.uint64(first + draw + 1))
        for segment in range(len(bounds) - 1):
            begin, end = bounds[segment], bounds[segment + 1]
            for last in range(end - 1, begin, -1):
                state += golden
                # The high 32 bits times the range, shifted: uniform to one part in 2**32 / range.
                high = _mix(state) >> np.uint64(32)
                chosen = begin + np.int64((high * np.uint64(last - begin + 1)) >> np.uint64(32))
                row[last], row[chosen] = row[chosen], row[last]


def random_signs(seed: np.uint64, first: int, draws: int, count: int) -> np.ndarray:
    """Return signs -1.0 or 1.0, shape (draws, count), for the draws from number `first` on."""
    with np.errstate(over="ignore"):
        start = _plain_mix(seed + _GOLDEN * np.arange(first + 1, first + draws + 1, dtype=np.uint64))
        state = _plain_mix(start[:, None] + _GOLDEN * np.arange(1, count + 1, dtype=np.uint64))
    return np.where(state >> np.uint64(63), 1.0, -1.0)


def scattered_numbers(count: int) -> np.ndarray:
    """Return `count` numbers in [0, 1) that look random and are always the same."""
    with np.errstate(over="ignore"):
        state = _plain_mix(_GOLDEN * np.arange(1, count + 1, dtype=np.uint64))
    return (state >> np.uint64(11)) * 2.0**-53


def _plain_mix(state: np.ndarray) -> np.ndarray:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
