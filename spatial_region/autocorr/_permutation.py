"""Draws from the permutation null, and p-values counted from them. Arrays in, arrays out."""

from __future__ import annotations

from itertools import permutations as orderings
from math import comb
from typing import Any

import numba
import numpy as np
from scipy import sparse as sp

from spatial_region.autocorr._shared_draws import LARGEST_SHARE, mix, shared_cost, shared_tail_counts
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


def tie_tolerance(z: np.ndarray, magnitude: float) -> float:
    """Return how close two deviations must be to count as equal.

    `magnitude` is the largest value before the mean was taken off: its rounding remains in the deviations.
    """
    return float(_TIE * np.abs(z).max() + 8 * np.finfo(float).eps * magnitude)


def conditional_lag_counts(
    z: np.ndarray, matrix: sp.csr_array, permutations: int, *, seed: int, tie: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count, for each region, the draws whose lag is at least, and at most, the observed one.

    A draw keeps the region's own value and places others, taken without replacement, on its neighbours. Three ways,
    each row by the first that suits it: all sets of neighbours, where its weights are equal and there are no more sets
    than `permutations`; draws that the rows of equal weights share; draws of its own. Values within `tie` of each
    other count as equal.

    Returns
    -------
    at_least, at_most : (n,) counts
    draws : (n,) number of draws; negative where these are all the arrangements there are
    """
    n, cardinalities = len(z), np.diff(matrix.indptr)
    filled = cardinalities > 0
    equal = _rows_of_equal_weights(matrix) & filled
    first = np.where(filled, matrix.data[np.minimum(matrix.indptr[:-1], matrix.nnz - 1)], 1.0)
    lag = matrix @ z
    tolerance = tie * np.where(equal, cardinalities, np.asarray(matrix.sum(axis=1)).ravel())
    sums = lag / first
    at_least, at_most = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    draws = np.full(n, permutations, dtype=np.int64)

    sets = {int(k): comb(n - 1, int(k)) for k in np.unique(cardinalities)}
    exact = equal & np.isin(cardinalities, [k for k, count in sets.items() if count <= permutations])
    for row in np.flatnonzero(exact):
        k = int(cardinalities[row])
        at_least[row], at_most[row] = _count_every_set(z, row, k, sums[row], tolerance[row])
        draws[row] = -sets[k]

    shared = equal & ~exact & (cardinalities <= LARGEST_SHARE * n)
    rows = np.flatnonzero(shared)
    if len(rows) and shared_cost(permutations, cardinalities[rows], n) < permutations * cardinalities[rows].sum():
        at_least[rows], at_most[rows] = shared_tail_counts(
            z, rows, cardinalities[rows], sums[rows], tolerance[rows], permutations, seed
        )
        rows = np.flatnonzero(filled & ~exact & ~shared)
    else:
        rows = np.flatnonzero(filled & ~exact)
    if len(rows):
        own_lag, own_tolerance = np.where(equal, sums, lag), tolerance
        data = np.where(np.repeat(equal, cardinalities), 1.0, matrix.data)
        _count_lags(
            z, matrix.indptr, data, own_lag, own_tolerance, rows, permutations, np.uint64(seed), at_least, at_most
        )
    return at_least, at_most, draws


def without_own(matrix: sp.csr_array) -> sp.csr_array:
    """Return the weights without those of a region for itself, whose part of the lag no draw changes."""
    own = matrix.diagonal()
    if not own.any():
        return matrix
    rest = sp.csr_array(matrix - sp.diags_array(own))
    rest.eliminate_zeros()
    return rest


def _rows_of_equal_weights(matrix: sp.csr_array) -> np.ndarray:
    filled = np.diff(matrix.indptr) > 0
    starts = matrix.indptr[:-1][filled]
    equal = np.ones(matrix.shape[0], dtype=bool)
    if len(starts):
        equal[filled] = np.maximum.reduceat(matrix.data, starts) == np.minimum.reduceat(matrix.data, starts)
    return equal


@numba.njit(cache=True, nogil=True)
def _count_every_set(z: np.ndarray, row: int, k: int, observed: float, tolerance: float) -> tuple[int, int]:
    """Count the sets of k of the other regions whose sum is at least, and at most, the observed one."""
    m = len(z) - 1
    others = np.empty(m)
    others[:row] = z[:row]
    others[row:] = z[row + 1 :]
    chosen = np.arange(k)
    partial = np.zeros(k + 1)  # partial[j]: sum of the first j chosen
    for j in range(k):
        partial[j + 1] = partial[j] + others[chosen[j]]
    above, below = 0, 0
    while True:
        above += partial[k] >= observed - tolerance
        below += partial[k] <= observed + tolerance
        j = k - 1
        while j >= 0 and chosen[j] == m - k + j:
            j -= 1
        if j < 0:
            return above, below
        chosen[j] += 1
        partial[j + 1] = partial[j] + others[chosen[j]]
        for i in range(j + 1, k):
            chosen[i] = chosen[i - 1] + 1
            partial[i + 1] = partial[i] + others[chosen[i]]


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
        row_key = mix(seed + golden * np.uint64(row + 1))
        above, below = 0, 0
        for draw in range(permutations):
            state = mix(row_key + golden * np.uint64(draw + 1))
            total = 0.0
            for j in range(k):
                state += golden
                # The high 32 bits times the range, shifted: uniform to one part in 2**32 / (n - 1).
                high = mix(state) >> np.uint64(32)
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
