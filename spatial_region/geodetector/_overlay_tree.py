"""Zones from a regression tree: grown on ranks and categories, and pruned by the variance that a split explains."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from spatial_region.geodetector._overlay_split import TIE, best_split, divide

_LEAST_GAIN = 1e-12  # of the sum of squares: what a split gains below this is rounding


@dataclass(frozen=True, eq=False)
class Growth:
    """How far a tree grows.

    Attributes
    ----------
    leaves : int
        Most leaves, grown best split first; 0 for no limit, when the tree is pruned by `share` instead.
    least_units : int
        Units in each leaf.
    least_split : int
        Units that a node needs to be split.
    share : float
        Cost of one more leaf, as a share of the total sum of squares.
    """

    leaves: int
    least_units: int
    least_split: int
    share: float


@dataclass(frozen=True, eq=False)
class Tree:
    """A tree, each node before its children; a leaf has factor -1.

    Attributes
    ----------
    order : numpy.ndarray, shape (n,)
        Units, so that those of each node are consecutive.
    start, end : numpy.ndarray, shape (nodes,)
        Where the units of each node begin and end in `order`.
    factor : numpy.ndarray, shape (nodes,)
        Factor that splits the node.
    left, right : numpy.ndarray, shape (nodes,)
        Children.
    between : float
        Sum of squares between the leaves.
    """

    order: np.ndarray
    start: np.ndarray
    end: np.ndarray
    factor: np.ndarray
    left: np.ndarray
    right: np.ndarray
    between: float

    def leaves(self) -> list[int]:
        """Nodes that are leaves, from left to right."""
        found, open_nodes = [], [0]
        while open_nodes:
            node = open_nodes.pop()
            if self.factor[node] < 0:
                found.append(node)
            else:
                open_nodes += [int(self.right[node]), int(self.left[node])]
        return found

    def zones(self) -> np.ndarray:
        """Leaf of each unit, numbered from left to right."""
        codes = np.empty(len(self.order), dtype=np.int64)
        for zone, node in enumerate(self.leaves()):
            codes[self.order[self.start[node] : self.end[node]]] = zone
        return codes


def presort(codes: np.ndarray) -> np.ndarray:
    """Order of the units by each factor; `codes` (m, n) are ranks of values, or categories."""
    return np.argsort(codes, axis=1, kind="stable")


def grow_tree(y: np.ndarray, codes: np.ndarray, order: np.ndarray, categorical: np.ndarray, growth: Growth) -> Tree:
    """Grow the tree of y on the factors.

    A split sends values up to a cut to the left; of categories, those of lowest mean, which with squared errors is
    the best of all divisions of the categories in two (Breiman et al. 1984, section 9.4).

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        Centred variable.
    codes : numpy.ndarray, shape (m, n)
        Ranks of the values of each factor, or its categories, from 0.
    order : numpy.ndarray, shape (m, n)
        As `presort` gives it.
    categorical : numpy.ndarray of bool, shape (m,)
        Which factors hold categories.
    growth : Growth
        How far it grows.
    """
    return Tree(*_grow(y, codes, order, categorical, *_plain(growth, y)))


def largest_between(
    draws: np.ndarray, codes: np.ndarray, order: np.ndarray, categorical: np.ndarray, growth: Growth
) -> np.ndarray:
    """Sum of squares between the leaves of the tree of each row of `draws` (b, n), grown anew for each."""
    return _between(draws, codes, order, categorical, *_plain(growth, draws[0]))


def _plain(growth: Growth, y: np.ndarray) -> tuple[int, int, int, float, float]:
    total = float(np.sum(y**2))
    return growth.leaves, growth.least_units, growth.least_split, growth.share * total, _LEAST_GAIN * total


@numba.njit(cache=True, nogil=True)
def _between(
    draws: np.ndarray,
    codes: np.ndarray,
    order: np.ndarray,
    categorical: np.ndarray,
    leaves: int,
    least: int,
    least_split: int,
    cost: float,
    least_gain: float,
) -> np.ndarray:
    found = np.empty(len(draws))
    for row in range(len(draws)):
        found[row] = _grow(draws[row], codes, order, categorical, leaves, least, least_split, cost, least_gain)[6]
    return found


@numba.njit(cache=True, nogil=True)
def _grow(
    y: np.ndarray,
    codes: np.ndarray,
    order: np.ndarray,
    categorical: np.ndarray,
    leaves: int,
    least: int,
    least_split: int,
    cost: float,
    least_gain: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    n = codes.shape[1]
    order = order.copy()
    room = 2 * (n // least) + 1 if leaves == 0 else 2 * min(leaves, n // least + 1)
    start, end = np.zeros(room, np.int64), np.zeros(room, np.int64)
    factor, left, right = np.full(room, -1), np.full(room, -1), np.full(room, -1)
    gain, best, cut = np.zeros(room), np.full(room, -1), np.zeros(room, np.int64)
    goes_left, moved = np.zeros(n, np.bool_), np.empty(n, np.int64)
    end[0], nodes, count = n, 1, 1
    saved = cost if leaves == 0 else 0.0
    gain[0], best[0], cut[0] = best_split(y, codes, order, categorical, 0, n, least, least_split, saved, least_gain)
    first = 0  # nodes before it are done with
    while leaves == 0 or count < leaves:
        node = -1
        for one in range(first, nodes):
            if factor[one] < 0 and best[one] >= 0 and (node < 0 or gain[one] > gain[node] * (1 + TIE)):
                node = one
                if leaves == 0:
                    break
        if node < 0:
            break
        first = node + 1 if leaves == 0 else 0
        factor[node] = best[node]
        middle = divide(y, codes, order, categorical, start[node], end[node], best[node], cut[node], goes_left, moved)
        left[node], right[node] = nodes, nodes + 1
        for child, a, b in ((nodes, start[node], middle), (nodes + 1, middle, end[node])):
            start[child], end[child] = a, b
            gain[child], best[child], cut[child] = best_split(
                y, codes, order, categorical, a, b, least, least_split, saved, least_gain
            )
        nodes += 2
        count += 1
    between = _prune(factor, left, right, gain, nodes, saved)
    return order[0], start[:nodes], end[:nodes], factor[:nodes], left[:nodes], right[:nodes], between


@numba.njit(cache=True, nogil=True)
def _prune(factor: np.ndarray, left: np.ndarray, right: np.ndarray, gain: np.ndarray, nodes: int, cost: float) -> float:
    """Collapse every branch that gains no more than its leaves cost, and return what the rest gains."""
    worth, total = np.zeros(nodes), np.zeros(nodes)
    for node in range(nodes - 1, -1, -1):
        if factor[node] < 0:
            continue
        worth[node] = gain[node] - cost + worth[left[node]] + worth[right[node]]
        total[node] = gain[node] + total[left[node]] + total[right[node]]
        if worth[node] <= 0:
            worth[node], total[node], factor[node] = 0.0, 0.0, -1
    return total[0]
