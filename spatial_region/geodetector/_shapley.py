"""Shapley shares of q: what each factor adds to the overlay of the others, over all orders. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import factorial
from typing import TypeAlias

import numba
import numpy as np

from spatial_region.geodetector._overlay_tree import Growth, grow_tree, largest_between, presort

# A set of factors as bits of an int, the stratum of each unit, and how many strata.
Overlay: TypeAlias = tuple[int, np.ndarray, int]


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of the variance by factor.

    Attributes
    ----------
    q : numpy.ndarray, shape (2**m,)
        q of the overlay of every set of factors; bit f of the place says whether factor f is in it.
    cells : numpy.ndarray, shape (2**m,)
        Strata of that overlay; 1 for the empty set.
    share : numpy.ndarray, shape (m,)
        Shapley share of each factor; they sum to the q of all.
    local : numpy.ndarray, shape (m, n)
        What of it lies in each unit.
    zones : numpy.ndarray, shape (n,)
        Stratum of each unit in the overlay of all factors.
    """

    q: np.ndarray
    cells: np.ndarray
    share: np.ndarray
    local: np.ndarray
    zones: np.ndarray


def shapley_coefficients(m: int) -> np.ndarray:
    r"""Return the coefficient of q of each set in the share of each factor, shape (2**m, m).

    .. math:: \phi_f = \sum_{S \not\ni f} \frac{|S|! (m - |S| - 1)!}{m!} [q(S \cup f) - q(S)]
    """
    weight = np.array([factorial(size) * factorial(m - size - 1) / factorial(m) for size in range(m)])
    sets = np.arange(2**m)
    inside = (sets[:, None] >> np.arange(m)) & 1 == 1
    size = inside.sum(axis=1)[:, None]
    return np.where(inside, weight[np.maximum(size - 1, 0)], -weight[np.minimum(size, m - 1)])


def overlays(codes: np.ndarray, levels: np.ndarray) -> Iterator[Overlay]:
    """Yield the overlay of every set of factors but the empty one; `codes` (m, n) are 0..levels - 1."""
    m, n = codes.shape

    def extend(held: int, strata: np.ndarray, count: int, first: int) -> Iterator[Overlay]:
        for f in range(first, m):
            finer, cells = _renumber(strata * levels[f] + codes[f], count * int(levels[f]))
            yield held | 1 << f, finer, cells
            yield from extend(held | 1 << f, finer, cells, f + 1)

    return extend(0, np.zeros(n, dtype=np.int64), 1, 0)


def tree_overlays(y: np.ndarray, codes: np.ndarray, categorical: np.ndarray, growth: Growth) -> Iterator[Overlay]:
    """Yield the zones of the regression tree of every set of factors but the empty one."""
    for held, members in _sets(len(codes)):
        part = np.ascontiguousarray(codes[members])
        tree = grow_tree(y, part, presort(part), categorical[members], growth)
        zones = tree.zones()
        yield held, zones, int(zones.max()) + 1


def shapley_shares(y: np.ndarray, found: Iterator[Overlay], m: int) -> Shares:
    r"""Return the share of each factor in q, and in every unit.

    What a set S explains in unit i is how much nearer to it the mean of its stratum is than the mean of all,

    .. math:: q_i(S) = \frac{(y_i - \bar y)^2 - (y_i - \bar y_{S(i)})^2}{\sum_j (y_j - \bar y)^2},

    which sums over units to q(S); the shares are linear in q, so those of the units sum to those of the whole.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        Centred variable.
    found : iterator of Overlay
        All sets of factors but the empty one.
    m : int
        Number of factors.
    """
    coefficients = shapley_coefficients(m)
    total = float(y @ y)
    q, cells = np.zeros(2**m), np.ones(2**m, dtype=np.int64)
    local = np.zeros((m, len(y)))
    zones = np.zeros(len(y), dtype=np.int64)
    for held, strata, count in found:
        cells[held] = count
        if count == 1:  # explains nothing; rounding of the mean is no share
            continue
        means = np.bincount(strata, weights=y, minlength=count) / np.bincount(strata, minlength=count)
        fitted = means[strata]
        explained = fitted * (2 * y - fitted) / total
        q[held] = min(float(fitted @ fitted) / total, 1.0)
        local += coefficients[held][:, None] * explained
        if held == 2**m - 1:
            zones = strata
    return Shares(q, cells, q @ coefficients, local, zones)


def full_q_of_draws(codes: np.ndarray, levels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that gives, for draws (b, n), SSB of the overlay of every set, shape (b, 2**m)."""

    def between(draws: np.ndarray) -> np.ndarray:
        squares = np.zeros((len(draws), 2 ** len(codes)))
        for held, strata, count in overlays(codes, levels):
            squares[:, held] = _between(draws, strata, count)
        return squares

    return between


def tree_q_of_draws(codes: np.ndarray, categorical: np.ndarray, growth: Growth) -> Callable[[np.ndarray], np.ndarray]:
    """Return the same function of the trees of every set, grown anew for each draw."""

    def between(draws: np.ndarray) -> np.ndarray:
        squares = np.zeros((len(draws), 2 ** len(codes)))
        for held, members in _sets(len(codes)):
            part = np.ascontiguousarray(codes[members])
            squares[:, held] = largest_between(draws, part, presort(part), categorical[members], growth)
        return squares

    return between


def _sets(m: int) -> Iterator[tuple[int, list[int]]]:
    for held in range(1, 2**m):
        yield held, [f for f in range(m) if held >> f & 1]


def _renumber(cells: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """Number the cells that occur from 0."""
    if most > max(4 * len(cells), 1024):
        occupied, strata = np.unique(cells, return_inverse=True)
        return strata, len(occupied)
    place = np.zeros(most, dtype=np.int64)
    place[cells] = 1
    count = int(place.sum())
    return (np.cumsum(place) - 1)[cells], count


@numba.njit(cache=True, nogil=True)
def _between(draws: np.ndarray, strata: np.ndarray, count: int) -> np.ndarray:
    counts = np.zeros(count)
    for unit in range(len(strata)):
        counts[strata[unit]] += 1.0
    squares = np.zeros(len(draws))
    sums = np.empty(count)
    for draw in range(len(draws)):
        sums[:] = 0.0
        for unit in range(len(strata)):
            sums[strata[unit]] += draws[draw, unit]
        for cell in range(count):
            squares[draw] += sums[cell] * sums[cell] / counts[cell]
    return squares
