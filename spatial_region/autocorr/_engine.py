"""The one engine of conditional permutation tests: who is drawn for whom, and by which path. Arrays in, arrays out.

A region keeps its value while others, drawn without replacement, are placed on its neighbours. What is compared is a
sum over neighbours, ``sum_j w_ij g_i . f_j``: the lag (one feature, the value itself), or what varies in local Geary
(two features or more). Lags of Moran, G, G* and bivariate Moran hence share draws as well as code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np
from scipy import sparse as sp

from spatial_region.autocorr._functionals import count_functionals, drawn_features, index_of_regions
from spatial_region.autocorr._half_planes import (
    chunk_length,
    count_half_planes,
    in_order_of_slope,
    mend_half_planes,
    worth_it,
)
from spatial_region.autocorr._random import draw_table
from spatial_region.autocorr._shared import count_tails, prefix_sums, put_last_for_own
from spatial_region.core.options import Alternative
from spatial_region.core.threads import in_threads
from spatial_region.core.weights import RowFacts
from spatial_region.errors import InputError

EVERY_SET = "every set of neighbours"
SHARED_SETS = "draws shared by regions of equal weights"
SHARED_ENTRIES = "draws shared entry by entry"
_BLOCK = 64 << 20  # bytes of draws held at once
_CACHED = 256 << 10  # bytes of drawn numbers that stay in a processor's cache
_SHORT = 256  # draws of a block where regions may stop early
_SIDES: dict[Alternative, int] = {"greater": 1, "less": -1, "two-sided": 0}


@dataclass(frozen=True, eq=False)
class Counts:
    """How many draws lay at or above, and at or below, what was observed in each region.

    Attributes
    ----------
    at_least, at_most : numpy.ndarray, shape (n,)
        Counts.
    draws : numpy.ndarray, shape (n,)
        Number of draws; 0 for a region without neighbours.
    exact : numpy.ndarray of bool, shape (n,)
        Whether the draws were all sets of neighbours that there are.
    stopped : numpy.ndarray of bool, shape (n,)
        Whether the test ended early (sequential Monte Carlo).
    paths : Mapping of str to int
        How many regions went which way.
    """

    at_least: np.ndarray
    at_most: np.ndarray
    draws: np.ndarray
    exact: np.ndarray
    stopped: np.ndarray
    paths: Mapping[str, int] = field(default_factory=dict)

    def p(self, alternative: Alternative) -> np.ndarray:
        """Return p-values, NaN without draws. Two-sided is twice the smaller tail, at most 1.

        The observed arrangement counts as one draw more, unless the draws are all sets there are, or the test was
        stopped by the draw that filled the tail (Besag and Clifford 1991, doi:10.1093/biomet/78.2.301).
        """
        one = np.where(self.exact | self.stopped, 0, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            made = np.where(self.draws > 0, self.draws + one, np.nan)
            upper, lower = (self.at_least + one) / made, (self.at_most + one) / made
        if alternative == "greater":
            return upper
        return lower if alternative == "less" else np.minimum(1.0, 2.0 * np.minimum(upper, lower))

    def p_error(self, alternative: Alternative) -> np.ndarray:
        """Return the Monte Carlo standard error of each p-value; 0 where all sets were taken."""
        sides = 2.0 if alternative == "two-sided" else 1.0
        tail = np.clip(self.p(alternative) / sides, 0.0, 1.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            error = sides * np.sqrt(tail * (1.0 - tail) / self.draws)
        return np.where(self.exact, 0.0, error)


@dataclass(frozen=True, eq=False)
class _Task:
    """One test of all regions; see `conditional_counts`."""

    features: np.ndarray
    own: np.ndarray
    matrix: sp.csr_array
    cardinalities: np.ndarray
    observed: np.ndarray
    tolerance: np.ndarray
    at_least: np.ndarray
    at_most: np.ndarray
    made: np.ndarray

    @property
    def n(self) -> int:
        return int(self.features.shape[1])

    @property
    def width(self) -> int:
        return len(self.features)


def conditional_counts(
    features: np.ndarray,
    own: np.ndarray | None,
    matrix: sp.csr_array,
    permutations: int,
    *,
    seed: int,
    tolerance: np.ndarray,
    rows: RowFacts | None = None,
    alternative: Alternative = "two-sided",
    stop_after: int = 0,
) -> Counts:
    """Count, for each region, the draws whose sum over neighbours is at least, and at most, the observed one.

    Three ways, each region by the first that suits it: all sets of neighbours, where its weights are equal and there
    are no more sets than `permutations`; sets that regions of equal weights share; entries that all regions share.

    Parameters
    ----------
    features : (q, n) what is drawn of a region
    own : (n, q) what a region multiplies the features of its neighbours by; None for ones
    matrix : (n, n) weights, none of a region for itself
    permutations : number of draws of each region
    seed : names the draws; draw number d depends on the seed, d and n alone
    tolerance : (n,) how close sums of weighted features must be to count as equal
    rows : facts of the rows of `matrix`, where they are known
    alternative, stop_after : end the test of a region of unequal weights once so many draws lie in the tail; 0 never

    Returns
    -------
    Counts

    Raises
    ------
    InputError
        If a feature is not finite.
    """
    n = features.shape[1]
    if not np.isfinite(features).all():
        raise InputError("values are not finite once they are standardised; rescale the variable.")
    sizes = np.diff(matrix.indptr).astype(np.int64)
    rows = RowFacts(matrix) if rows is None else rows
    equal = rows.equal
    sums = np.asarray(matrix @ features.T)
    observed = sums[:, 0] if own is None else np.einsum("nq,nq->n", sums, own)
    unit = np.where(equal, rows.first, 1.0)
    own = np.ones((n, 1)) if own is None else own
    zeros = np.zeros((3, n), dtype=np.int64)
    task = _Task(
        np.ascontiguousarray(features), own, matrix, sizes, observed / unit, tolerance / unit, *zeros
    )  # fmt: skip
    exhaustive = {k for k in _distinct(sizes[equal & (sizes > 0)]).tolist() if _few_sets(n - 1, k, permutations)}
    exact = equal & np.isin(sizes, list(exhaustive))
    for k in sorted(exhaustive):
        _count_sets(task, np.flatnonzero(exact & (sizes == k)), _every_set(n - 1, k))
    shared = np.flatnonzero(equal & ~exact & (sizes > 0))
    for table in _tables(n, sizes[shared], permutations, seed, _set_bytes(task, sizes[shared])):
        _count_sets(task, shared, table)
    entries = np.flatnonzero(~equal)
    coefficients = _entry_coefficients(task) if len(entries) else np.empty(0)
    row_bytes = 8 * task.width * int(sizes[entries].max(initial=1))
    # A region stops within a block, which is computed whole: short blocks then.
    limit = min(_CACHED, _SHORT * row_bytes) if stop_after else _CACHED
    for table in _tables(n, sizes[entries], permutations, seed, row_bytes, limit):
        _count_entries(task, entries, coefficients, table, stop_after, _SIDES[alternative])
    paths = {EVERY_SET: int(exact.sum()), SHARED_SETS: len(shared), SHARED_ENTRIES: len(entries)}
    return Counts(
        task.at_least, task.at_most, np.abs(task.made), exact, task.made < 0,
        {path: count for path, count in paths.items() if count},
    )  # fmt: skip


def _few_sets(others: int, k: int, permutations: int) -> bool:
    """Return whether there are at most `permutations` sets of k, without working out a number of a thousand digits."""
    few = min(k, others - k)
    return few == 0 or (others <= permutations and few <= 64 and comb(others, few) <= permutations)


def _every_set(others: int, k: int) -> np.ndarray:
    flat = np.fromiter((i for chosen in combinations(range(others), k) for i in chosen), dtype=np.int32)
    return flat.reshape(-1, k)


def _distinct(sizes: np.ndarray) -> np.ndarray:
    """Return the different whole numbers, ascending."""
    return np.flatnonzero(np.bincount(sizes))


def _set_bytes(task: _Task, sizes: np.ndarray) -> int:
    kinds = len(_distinct(sizes))
    return 4 * int(sizes.max(initial=1)) + 8 * kinds * task.width


def _tables(
    n: int, sizes: np.ndarray, permutations: int, seed: int, row_bytes: int, limit: int = _BLOCK
) -> Iterator[np.ndarray]:
    """Yield the draws in blocks that fit into `limit` bytes."""
    if len(sizes) == 0:
        return
    most, step = int(sizes.max()), max(64, limit // row_bytes)
    for first in range(0, permutations, step):
        yield draw_table(n - 1, first, min(step, permutations - first), most, np.uint64(seed))


def _count_sets(task: _Task, rows: np.ndarray, table: np.ndarray) -> None:
    """Count for regions of equal weights, by the sums of the first entries of each draw."""
    sizes = task.cardinalities[rows]
    kinds = _distinct(sizes)
    order = rows[np.argsort(sizes, kind="stable")]
    groups = np.split(order, np.cumsum(np.bincount(np.searchsorted(kinds, sizes)))[:-1])
    sums = prefix_sums(table, task.features, kinds)
    if task.width == 1:
        for place, group in enumerate(groups):
            _count_by_bisection(task, group, sums[place, 0])
        place_of_size = np.full(int(task.cardinalities.max()) + 1, -1)
        place_of_size[kinds] = np.arange(len(kinds))
        equal = np.zeros(task.n, dtype=np.int64)
        equal[rows] = sizes
        place_of_size[0] = -1
        put_last_for_own(
            table, sums, task.features[0], equal, place_of_size, task.observed, task.tolerance,
            task.at_least, task.at_most,
        )  # fmt: skip
        task.made[rows] += len(table)
        return
    # One variable of local Geary: sets as points, and where regions are many, the points sorted for all of them.
    many = [task.width == 2 and worth_it(len(group), len(table)) for group in groups]
    if any(many) and (task.own[:, 0] == 1.0).all():
        kept = [place for place, chosen in enumerate(many) if chosen]
        _count_lines(task, table, sums, [groups[place] for place in kept], kinds[kept], kept)
        rest = [(place, group) for place, group in enumerate(groups) if not many[place]]
    else:
        rest = list(enumerate(groups))
    if not rest:
        return
    starts, places = index_of_regions(table, task.n)
    first = np.arange(task.n) * task.width
    for place, group in rest:
        _count(task, group, first, task.own.ravel(), sums[place], (starts, places, table.shape[1]), by_entry=False)


def _count_lines(
    task: _Task, table: np.ndarray, sums: np.ndarray, groups: list[np.ndarray], kinds: np.ndarray, places: list[int]
) -> None:
    """Count for groups of regions whose sum is ``a + slope * b`` of two sums of a draw."""
    slopes = np.ascontiguousarray(task.own[:, 1])
    limits = (task.observed - task.tolerance, task.observed + task.tolerance)
    place_of_size = np.full(int(task.cardinalities.max()) + 1, -1)
    place_of_size[kinds] = places
    sizes = np.zeros(task.n, dtype=np.int64)
    for place, group in zip(places, groups, strict=True):
        sizes[group] = task.cardinalities[group]
        in_threads(
            count_half_planes, group[in_order_of_slope(slopes[group])], slopes, sums[place, 0], sums[place, 1],
            chunk_length(len(group), len(table)), *limits, task.at_least, task.at_most,
            steps=50.0 * len(group),
        )  # fmt: skip
        task.made[group] += len(table)
    place_of_size[0] = -1
    mend_half_planes(
        table, sums, task.features, slopes, sizes, place_of_size, *limits, task.at_least, task.at_most
    )  # fmt: skip


def _count_by_bisection(task: _Task, rows: np.ndarray, sums: np.ndarray) -> None:
    in_threads(
        count_tails, rows, np.sort(sums), task.observed, task.tolerance, task.at_least, task.at_most,
        steps=40.0 * len(rows),
    )  # fmt: skip


def _entry_coefficients(task: _Task) -> np.ndarray:
    """Return what each link multiplies the features of a neighbour by, one link after the other."""
    if task.width == 1:
        return task.matrix.data
    return (task.matrix.data[:, None] * np.repeat(task.own, task.cardinalities, axis=0)).ravel()


def _count_entries(
    task: _Task, rows: np.ndarray, coefficients: np.ndarray, table: np.ndarray, stop_after: int, side: int
) -> None:
    """Count for regions of unequal weights: each draw gives each of their neighbours a value."""
    first = task.matrix.indptr[:-1].astype(np.int64) * task.width
    where = (*index_of_regions(table, task.n), table.shape[1])
    bank = drawn_features(table, task.features)
    _count(task, rows, first, coefficients, bank, where, by_entry=True, stop_after=stop_after, side=side)


def _count(
    task: _Task,
    rows: np.ndarray,
    first: np.ndarray,
    coefficients: np.ndarray,
    bank: np.ndarray,
    where: tuple[np.ndarray, np.ndarray, int],
    *,
    by_entry: bool,
    stop_after: int = 0,
    side: int = 0,
) -> None:
    terms = task.cardinalities * task.width if by_entry else np.full(task.n, task.width)
    in_threads(
        count_functionals, rows, first, terms, coefficients, by_entry, bank, *where, task.features,
        task.cardinalities, task.observed - task.tolerance, task.observed + task.tolerance,
        task.at_least, task.at_most, stop_after, side, task.made,
        steps=float(len(rows)) * bank.shape[1] * (float(terms[rows].mean()) + 1),
    )  # fmt: skip
