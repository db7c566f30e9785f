"""Arrangements of all values over the regions, and sums over links in each. Arrays in, arrays out.

Every global statistic is, up to constants, one of three sums: a quadratic form (Moran, Geary, G), a linear form (one
variable stays where it is: bivariate Moran), or the weight that joins pairs of categories. Small problems take plain
numpy, large ones compiled loops on all cores; both draw the same arrangements, keyed by (seed, draw).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations as orderings
from math import factorial

import numpy as np
from scipy import sparse as sp

from spatial_region.core.threads import in_threads

_CHUNK = 4_000_000  # numbers held at once
# Beyond this many values to place, loading the compiled loops costs less than doing without them.
_PLAIN = 500_000
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Draws:
    """What to draw: how many arrangements of n values, from which seed, or all of them.

    Attributes
    ----------
    n : int
        Number of values.
    count : int
        Number of arrangements.
    seed : int
        Names the stream of random numbers.
    every : bool
        Whether these are all n! arrangements, which then are taken in order and not drawn.
    """

    n: int
    count: int
    seed: int
    every: bool

    @classmethod
    def plan(cls, n: int, permutations: int, seed: int) -> Draws:
        """Take all arrangements when there are no more than `permutations`, else draw that many."""
        every = 0 < factorial(min(n, 20)) <= permutations
        return cls(n, factorial(n) if every else permutations, seed, every)

    @property
    def plain(self) -> bool:
        """Whether the problem is small enough to do without compiled code."""
        return self.every or self.n * self.count <= _PLAIN

    @property
    def numbers(self) -> np.ndarray:
        """Number of each draw."""
        return np.arange(self.count)

    def batches(self) -> Iterator[np.ndarray]:
        """Yield index arrays of shape (n, draws): column d says which value each region receives."""
        size = max(1, _CHUNK // self.n)
        if self.every:
            yield from _every_order(self.n, size)
            return
        for first in range(0, self.count, size):
            yield _drawn_orders(self.n, first, min(size, self.count - first), self.seed)


def quadratic_forms(z: np.ndarray, matrix: sp.csr_array, draws: Draws) -> np.ndarray:
    """Return z'Mz of each arrangement of z."""
    if draws.plain:
        return _gather(_plain_forms(z[order], matrix) for order in draws.batches())
    from spatial_region.autocorr import _global_kernels as kernels

    upper, values = _upper(matrix), np.ascontiguousarray(z, dtype=float)
    forms = np.empty(draws.count)
    links = (upper.indptr, upper.indices, upper.data, matrix.diagonal())
    steps = float(draws.count * (draws.n + upper.nnz))
    in_threads(kernels.quadratic_forms, draws.numbers, values, *links, np.uint64(draws.seed), forms, steps=steps)
    return forms


def linear_forms(fixed: np.ndarray, values: np.ndarray, draws: Draws) -> np.ndarray:
    """Return fixed'x for each arrangement x of the values."""
    if draws.plain:
        return _gather(fixed @ values[order] for order in draws.batches())
    from spatial_region.autocorr import _global_kernels as kernels

    forms = np.empty(draws.count)
    stay, move = np.ascontiguousarray(fixed, dtype=float), np.ascontiguousarray(values, dtype=float)
    steps = float(draws.count * draws.n)
    in_threads(kernels.linear_forms, draws.numbers, stay, move, np.uint64(draws.seed), forms, steps=steps)
    return forms


def bilinear_forms(x: np.ndarray, y: np.ndarray, matrix: sp.csr_array, draws: Draws) -> np.ndarray:
    """Return x'My of each arrangement that moves the pairs (x, y) together, for a symmetric M."""
    plus, minus = quadratic_forms(x + y, matrix, draws), quadratic_forms(x - y, matrix, draws)
    return (plus - minus) / 4.0


def join_sums(codes: np.ndarray, kinds: int, matrix: sp.csr_array, draws: Draws) -> Iterator[np.ndarray]:
    """Yield, for some arrangements of the codes at a time, the weight between each two codes: (draws, kinds, kinds).

    Weights are halved, so that links in both directions count as one join. The matrix of an arrangement is symmetric:
    joins of unlike codes stand in full on both sides of its diagonal.
    """
    upper = _upper(matrix)
    if draws.plain:
        for order in draws.batches():
            yield _joined(_plain_joins(codes[order], kinds, upper), kinds)
        return
    from spatial_region.autocorr import _global_kernels as kernels

    links, small = (upper.indptr, upper.indices, upper.data), codes.astype(np.int32)
    size = max(kernels.LANES, _CHUNK // kinds**2)
    for first in range(0, draws.count, size):
        numbers = draws.numbers[first : first + size]
        sums = np.empty((len(numbers), kinds * kinds))
        steps = float(len(numbers) * (draws.n + upper.nnz))
        in_threads(kernels.join_sums, numbers, small, kinds, *links, np.uint64(draws.seed), first, sums, steps=steps)
        yield _joined(sums, kinds)


def _joined(sums: np.ndarray, kinds: int) -> np.ndarray:
    sums = sums.reshape(-1, kinds, kinds)
    joins = (sums + sums.transpose(0, 2, 1)) / 2.0  # `upper` holds both directions of each pair
    like = np.arange(kinds)
    joins[:, like, like] /= 2.0
    return joins


def form_tolerance(z: np.ndarray, matrix: sp.csr_array, tie: float) -> float:
    """Return how close two forms of `z` must be to count as equal."""
    return float(np.abs(matrix.data).sum() * np.abs(z).max() * tie)


def _upper(matrix: sp.csr_array) -> sp.csr_array:
    """Return M + M' above the diagonal: each pair once, with the weights of both directions."""
    upper = sp.csr_array(sp.triu(matrix + matrix.T, 1, format="csr"))
    upper.sort_indices()
    return upper


def _gather(parts: Iterator[np.ndarray]) -> np.ndarray:
    found = list(parts)
    return np.concatenate(found) if found else np.empty(0)


def _plain_forms(arrangements: np.ndarray, matrix: sp.csr_array) -> np.ndarray:
    return np.einsum("np,np->p", arrangements, matrix @ arrangements)


def _plain_joins(codes: np.ndarray, kinds: int, upper: sp.csr_array) -> np.ndarray:
    links = upper.tocoo()
    draws = codes.shape[1]
    sums = np.zeros(draws * kinds * kinds)
    step = max(1, _CHUNK // max(draws, 1))
    offset = np.arange(draws) * kinds * kinds
    for start in range(0, links.nnz, step):
        part = slice(start, start + step)
        cells = offset + codes[links.row[part]] * kinds + codes[links.col[part]]
        weight = np.repeat(links.data[part], draws)
        sums += np.bincount(cells.ravel(), weights=weight, minlength=len(sums))
    return sums.reshape(draws, kinds * kinds)


def _every_order(n: int, size: int) -> Iterator[np.ndarray]:
    batch = []
    for order in orderings(range(n)):
        batch.append(order)
        if len(batch) == size:
            yield np.array(batch).T
            batch = []
    if batch:
        yield np.array(batch).T


def _drawn_orders(n: int, first: int, draws: int, seed: int) -> np.ndarray:
    """Return what the compiled loops draw: one arrangement a column, from number `first` on."""
    with np.errstate(over="ignore"):
        state = _mix(np.uint64(seed) + _GOLDEN * np.arange(first + 1, first + draws + 1, dtype=np.uint64))
        order = np.repeat(np.arange(n)[:, None], draws, axis=1)
        flat, column = order.reshape(-1), np.arange(draws)
        for j in range(n - 1):
            state = state + _GOLDEN
            high = _mix(state) >> np.uint64(32)
            place = (j + ((high * np.uint64(n - j)) >> np.uint64(32)).astype(np.int64)) * draws + column
            here = order[j].copy()
            order[j] = flat[place]
            flat[place] = here
    return order


def _mix(state: np.ndarray) -> np.ndarray:
    """Return the finaliser of SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
