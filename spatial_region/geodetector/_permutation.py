"""Permutation p-values of q: one outcome, any statistics, any way to permute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from spatial_region.core.threads import processors
from spatial_region.geodetector._draws import BoundDraws, Draws
from spatial_region.geodetector._statistics import Reorderable, Statistic

_BATCH_VALUES = 262_144  # of permuted outcomes held at once by a thread
_MOST_DRAWS = 64  # in a batch
TIE = 1e-10  # relative: a permuted statistic this close to the observed one counts as equal
ROUNDING = 1e-15  # absolute, for an observed statistic of zero


def permutation_tests(
    y: np.ndarray,
    statistics: Sequence[Statistic],
    *,
    draws: Draws,
    permutations: int,
    seed: int,
) -> np.ndarray:
    """Return (b + 1) / (P + 1) for each statistic, b of the P permuted outcomes reaching the observed statistic.

    All statistics meet the same permuted outcomes. A draw depends on `seed` and its number alone, so that the answer
    does not depend on the number of processors; and draws are made in an order that the values decide, so that it does
    not depend on the order of rows.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        The centred outcome.
    statistics : sequence of Statistic
        `FixedStrata`, `BestOf`, or anything with a method ``q_of``, which may be called from two threads at once.
    draws : Draws
        `FreeRows`, `WithinRegions`, `WholeRegions` or `SpatialSigns`.
    permutations : int
        P; with 0 all p-values are NaN.
    seed : int
        Seed of the draws, 0 <= seed < 2**64.

    Returns
    -------
    numpy.ndarray, shape (len(statistics),)
        p-values; NaN where the observed statistic is NaN.
    """
    y = np.asarray(y, dtype=np.float64)
    if not permutations or not statistics:
        return np.full(len(statistics), np.nan)
    tied = bool(np.any(np.diff(np.sort(y)) == 0))
    ties = [one.tie_key(y) for one in statistics if isinstance(one, Reorderable)] if tied else []
    bound = draws.bind(y, ties, seed)
    ordered = [_in_order(one, bound) for one in statistics]
    observed = np.array([one.q_of(bound.values[None, :])[0] for one in ordered])
    least = observed * (1 - TIE) - ROUNDING

    def count(first: int, stop: int) -> np.ndarray:
        permuted = np.empty((stop - first, len(y)))
        bound.fill(first, permuted)
        return np.array([np.sum(one.q_of(permuted) >= own) for one, own in zip(ordered, least, strict=True)])

    reached = sum_of_batches(count, permutations, len(y))
    return np.where(np.isnan(observed), np.nan, (reached + 1) / (permutations + 1))


def sum_of_batches(count: Callable[[int, int], np.ndarray], draws: int, n: int, *, lot: int = 1) -> np.ndarray:
    """Return the sum of ``count(first, stop)`` over batches that together are all draws, in threads where it pays.

    `count` must return whole numbers: their sum is the same in any order. Batches are multiples of `lot` draws.
    """
    step = lot * max(1, min(_MOST_DRAWS, _BATCH_VALUES // n) // lot)
    firsts = range(0, draws, step)
    workers = min(processors(), len(firsts))
    if workers < 2 or draws * n < _BATCH_VALUES:
        return np.sum([count(first, min(first + step, draws)) for first in firsts], axis=0)
    with ThreadPoolExecutor(workers) as pool:
        pending = [pool.submit(count, first, min(first + step, draws)) for first in firsts]
        return np.sum([one.result() for one in pending], axis=0)


class _Gathered:
    """A statistic that needs outcomes in the order of the data."""

    def __init__(self, statistic: Statistic, order: np.ndarray) -> None:
        self._statistic = statistic
        self._places = np.argsort(order)

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        return self._statistic.q_of(outcomes[:, self._places])


def _in_order(statistic: Statistic, bound: BoundDraws) -> Statistic:
    if isinstance(statistic, Reorderable):
        return statistic.in_order(bound.order)
    return _Gathered(statistic, bound.order)
