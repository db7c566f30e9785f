"""Permutation p-values of q, for one stratification or for the best of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_BATCH_VALUES = 2_000_000  # of permuted outcomes held at once
_TIE = 1e-10  # relative: a permuted statistic this close to the observed one counts as equal


@dataclass(frozen=True, eq=False)
class Arrangement:
    """One or several stratifications of the units that cut the same order of them.

    Attributes
    ----------
    key : numpy.ndarray, shape (n,)
        Units in ascending order of `key` fall into consecutive strata.
    bounds : tuple of numpy.ndarray
        For each stratification, the positions 0, ..., n in that order at which strata begin and end.
    """

    key: np.ndarray
    bounds: tuple[np.ndarray, ...]


def permutation_p(
    y: np.ndarray, arrangements: Sequence[Arrangement], permutations: int, rng: np.random.Generator
) -> np.ndarray:
    """Return (b + 1) / (P + 1) for each arrangement, b of the P permutations reaching the observed statistic.

    The statistic is the sum of squares between strata, and the largest of them where an arrangement holds
    several stratifications: the p-value then allows for having chosen the best. All arrangements meet the same
    permutations. Units are sorted by value first, so that the order of rows does not matter.
    """
    rows = np.lexsort((*(arrangement.key for arrangement in reversed(arrangements)), y))
    y = y[rows]
    orders = [np.argsort(arrangement.key[rows], kind="stable") for arrangement in arrangements]
    observed = np.array([_largest(y[None, :], *pair)[0] for pair in zip(orders, arrangements, strict=True)])
    reached = np.zeros(len(arrangements), dtype=np.int64)
    batch = max(1, min(permutations, _BATCH_VALUES // len(y)))
    for start in range(0, permutations, batch):
        shuffled = np.stack([rng.permutation(y) for _ in range(min(batch, permutations - start))])
        for place, (order, arrangement) in enumerate(zip(orders, arrangements, strict=True)):
            found = _largest(shuffled, order, arrangement)
            reached[place] += np.sum(found >= observed[place] * (1 - _TIE))
    return (reached + 1) / (permutations + 1)


def _largest(y: np.ndarray, order: np.ndarray, arrangement: Arrangement) -> np.ndarray:
    """Largest sum of squares between strata over the stratifications, for each row of `y` (rows, n)."""
    running = np.zeros((y.shape[0], y.shape[1] + 1))
    np.cumsum(y[:, order], axis=1, out=running[:, 1:])
    largest = np.zeros(y.shape[0])
    for bounds in arrangement.bounds:
        sums = np.diff(running[:, bounds], axis=1)
        np.maximum(largest, np.sum(sums**2 / np.diff(bounds), axis=1), out=largest)
    return largest
