"""Compiled loops over random arrangements of all values, eight at a time. Arrays in, arrays out.

A block of eight arrangements lies side by side, so that one pass over the links serves all of them. What a draw gives
depends on (seed, draw) alone: neither on the blocks nor on the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np

from spatial_region.autocorr._random import mix

LANES = 8


@numba.njit(cache=True, nogil=True)
def _shuffle(block: np.ndarray, values: np.ndarray, first: int, seed: np.uint64) -> None:
    """Fill the columns of `block` with the arrangements of `values` number `first` and following."""
    n = len(values)
    golden = np.uint64(0x9E3779B97F4A7C15)
    state = np.empty(LANES, dtype=np.uint64)
    for lane in range(LANES):
        state[lane] = mix(seed + golden * np.uint64(first + lane + 1))
    for i in range(n):
        for lane in range(LANES):
            block[i, lane] = values[i]
    for j in range(n - 1):
        for lane in range(LANES):
            state[lane] += golden
            # The high 32 bits times the range, shifted: uniform to one part in 2**32 / n.
            high = mix(state[lane]) >> np.uint64(32)
            chosen = j + np.int64((high * np.uint64(n - j)) >> np.uint64(32))
            here = block[j, lane]
            block[j, lane] = block[chosen, lane]
            block[chosen, lane] = here


@numba.njit(cache=True, nogil=True)
def quadratic_forms(
    draws: np.ndarray,
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    own: np.ndarray,
    seed: np.uint64,
    forms: np.ndarray,
) -> None:
    """Fill `forms` with sum_i own_i x_i**2 + sum_(i<j) data_ij x_i x_j of consecutive draws."""
    n, count = len(values), len(draws)
    block = np.empty((n, LANES))
    row, total = np.empty(LANES), np.empty(LANES)
    for start in range(0, count, LANES):
        _shuffle(block, values, draws[start], seed)
        total[:] = 0.0
        for i in range(n):
            for lane in range(LANES):
                row[lane] = own[i] * block[i, lane]
            for entry in range(starts[i], starts[i + 1]):
                j, weight = columns[entry], data[entry]
                for lane in range(LANES):
                    row[lane] += weight * block[j, lane]
            for lane in range(LANES):
                total[lane] += block[i, lane] * row[lane]
        for lane in range(min(LANES, count - start)):
            forms[draws[start] + lane] = total[lane]


@numba.njit(cache=True, nogil=True)
def linear_forms(draws: np.ndarray, fixed: np.ndarray, values: np.ndarray, seed: np.uint64, forms: np.ndarray) -> None:
    """Fill `forms` with sum_i fixed_i x_i of consecutive draws."""
    n, count = len(values), len(draws)
    block = np.empty((n, LANES))
    total = np.empty(LANES)
    for start in range(0, count, LANES):
        _shuffle(block, values, draws[start], seed)
        total[:] = 0.0
        for i in range(n):
            for lane in range(LANES):
                total[lane] += fixed[i] * block[i, lane]
        for lane in range(min(LANES, count - start)):
            forms[draws[start] + lane] = total[lane]


@numba.njit(cache=True, nogil=True)
def join_sums(
    draws: np.ndarray,
    codes: np.ndarray,
    kinds: int,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    seed: np.uint64,
    first: int,
    sums: np.ndarray,
) -> None:
    """Fill row d - first of `sums`, (draws, kinds * kinds), with the weight that joins each pair of codes in draw d."""
    n, count = len(codes), len(draws)
    block = np.empty((n, LANES), dtype=codes.dtype)
    total = np.empty((kinds * kinds, LANES))
    for start in range(0, count, LANES):
        _shuffle(block, codes, draws[start], seed)
        total[:] = 0.0
        for i in range(n):
            for entry in range(starts[i], starts[i + 1]):
                j, weight = columns[entry], data[entry]
                for lane in range(LANES):
                    total[block[i, lane] * kinds + block[j, lane], lane] += weight
        for lane in range(min(LANES, count - start)):
            for cell in range(kinds * kinds):
                sums[draws[start] - first + lane, cell] = total[cell, lane]
