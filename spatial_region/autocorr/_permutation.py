"""Draws from the permutation null, and p-values counted from them. Arrays in, arrays out."""

from __future__ import annotations

from itertools import combinations
from itertools import permutations as orderings
from math import comb
from typing import Any

import numba
import numpy as np
from scipy import sparse as sp

from spatial_region.core.options import Alternative

_TIE = 1e-12  # two statistics closer than this share of their scale are one and the same
_CHUNK = 4_000_000  # numbers held at once


def tail_p(at_least: Any, at_most: Any, draws: Any, alternative: Alternative, *, exact: bool = False) -> np.ndarray:
    """Return p-values from how many draws lie at or above, and at or below, what was observed.

    The observed arrangement counts as one draw more, unless the draws are all arrangements there are. Two-sided is
    twice the smaller tail, at most 1.
    """
    one = 0 if exact else 1
    upper = (np.asarray(at_least) + one) / (draws + one)
    lower = (np.asarray(at_most) + one) / (draws + one)
    if alternative == "greater":
        return upper
    if alternative == "less":
        return lower
    return np.minimum(1.0, 2.0 * np.minimum(upper, lower))


def permuted_quadratic_forms(
    z: np.ndarray, matrix: sp.csr_array, permutations: int, rng: np.random.Generator
) -> np.ndarray:
    """Return z'Wz of `permutations` random arrangements of z."""
    n, forms = len(z), np.empty(permutations)
    step = max(1, _CHUNK // n)
    for start in range(0, permutations, step):
        stop = min(start + step, permutations)
        shuffled = rng.permuted(np.broadcast_to(z, (stop - start, n)), axis=1)
        forms[start:stop] = np.einsum("pn,np->p", shuffled, matrix @ shuffled.T)
    return forms


def every_quadratic_form(z: np.ndarray, matrix: sp.csr_array) -> np.ndarray:
    """Return z'Wz of all n! arrangements of z."""
    dense = matrix.toarray()
    forms = []
    batch = []
    for order in orderings(range(len(z))):
        batch.append(order)
        if len(batch) * len(z) >= _CHUNK:
            forms.append(_forms(z[np.array(batch)], dense))
            batch = []
    if batch:
        forms.append(_forms(z[np.array(batch)], dense))
    return np.concatenate(forms)


def _forms(arrangements: np.ndarray, dense: np.ndarray) -> np.ndarray:
    return np.einsum("pn,pn->p", arrangements, arrangements @ dense.T)


def tie_tolerance(scale: float) -> float:
    """Return how close two statistics of this scale must be to count as equal."""
    return _TIE * max(scale, np.finfo(float).tiny)


def conditional_lag_counts(
    z: np.ndarray, matrix: sp.csr_array, permutations: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count, for each region, the draws whose lag is at least, and at most, the observed one.

    A draw keeps the region's own value and places others, taken without replacement, on its neighbours. Where
    the weights of a row are equal and there are no more sets of neighbours than `permutations`, all are taken.

    Returns
    -------
    at_least, at_most : (n,) counts
    draws : (n,) number of draws; negative where these are all the arrangements there are
    """
    n = len(z)
    cardinalities = np.diff(matrix.indptr)
    lag = matrix @ z
    row_scale = np.asarray(abs(matrix).sum(axis=1)).ravel() * np.abs(z).max()
    tolerance = _TIE * np.maximum(row_scale, np.finfo(float).tiny)
    equal = _rows_of_equal_weights(matrix)
    few = np.array([comb(n - 1, int(k)) <= permutations for k in cardinalities])
    exact = equal & few & (cardinalities > 0)
    at_least, at_most = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for row in np.flatnonzero(exact):
        lags = _every_lag(np.delete(z, row), int(cardinalities[row]), matrix.data[matrix.indptr[row]])
        at_least[row] = np.count_nonzero(lags >= lag[row] - tolerance[row])
        at_most[row] = np.count_nonzero(lags <= lag[row] + tolerance[row])
    rows = np.flatnonzero(~exact & (cardinalities > 0))
    if len(rows):
        _count_lags(
            z, matrix.indptr, matrix.data, lag, tolerance, rows, permutations, np.uint64(seed), at_least, at_most
        )
    draws = np.full(n, permutations, dtype=np.int64)
    draws[exact] = [-comb(n - 1, int(k)) for k in cardinalities[exact]]
    return at_least, at_most, draws


def _rows_of_equal_weights(matrix: sp.csr_array) -> np.ndarray:
    filled = np.diff(matrix.indptr) > 0
    starts = matrix.indptr[:-1][filled]
    equal = np.ones(matrix.shape[0], dtype=bool)
    if len(starts):
        equal[filled] = np.maximum.reduceat(matrix.data, starts) == np.minimum.reduceat(matrix.data, starts)
    return equal


def _every_lag(others: np.ndarray, k: int, weight: float) -> np.ndarray:
    sets = np.fromiter((index for chosen in combinations(range(len(others)), k) for index in chosen), dtype=np.int64)
    return weight * others[sets.reshape(-1, k)].sum(axis=1)


@numba.njit(cache=True, nogil=True)
def _mix(state: np.uint64) -> np.uint64:
    # The finaliser of SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def _count_lags(
    z: np.ndarray,
    indptr: np.ndarray,
    data: np.ndarray,
    lag: np.ndarray,
    tolerance: np.ndarray,
    rows: np.ndarray,
    permutations: int,
    seed: np.uint64,
    at_least: np.ndarray,
    at_most: np.ndarray,
) -> None:
    """Fill the two counts for `rows`. Random numbers depend on (seed, row, draw) alone, not on what ran before."""
    n = len(z)
    golden = np.uint64(0x9E3779B97F4A7C15)
    others = np.empty(n - 1)
    for row in rows:
        others[:row] = z[:row]
        others[row:] = z[row + 1 :]
        start, k = indptr[row], indptr[row + 1] - indptr[row]
        swapped = np.empty(k, dtype=np.int64)
        row_key = _mix(seed + golden * np.uint64(row + 1))
        above, below = 0, 0
        for draw in range(permutations):
            state = _mix(row_key + golden * np.uint64(draw + 1))
            total = 0.0
            for j in range(k):
                state += golden
                # The high 32 bits times the range, shifted: uniform to one part in 2**32 / (n - 1).
                high = _mix(state) >> np.uint64(32)
                chosen = j + np.int64((high * np.uint64(n - 1 - j)) >> np.uint64(32))
                others[j], others[chosen] = others[chosen], others[j]
                swapped[j] = chosen
                total += data[start + j] * others[j]
            for j in range(k - 1, -1, -1):  # undo, so that every draw starts from the same order
                others[j], others[swapped[j]] = others[swapped[j]], others[j]
            above += total >= lag[row] - tolerance[row]
            below += total <= lag[row] + tolerance[row]
        at_least[row] = above
        at_most[row] = below
