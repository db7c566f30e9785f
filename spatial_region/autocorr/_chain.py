"""Numeric kernels of Markov chains: counts, structure, long run, first passage, and tests. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class ChiSquare:
    """A statistic that is chi-square distributed under the null hypothesis.

    Attributes
    ----------
    statistic : float
        Its value.
    df : int
        Degrees of freedom.
    p : float
        p-value; NaN when no degree of freedom is left.
    """

    statistic: float
    df: int
    p: float


@dataclass(frozen=True)
class Structure:
    """Which states of a chain lead where, by number.

    Attributes
    ----------
    closed : tuple of tuple of int
        Sets of states that lead to one another and to no other state.
    transient : tuple of int
        States that are left for good, sooner or later.
    never_visited : tuple of int
        States that no region was ever seen in, at either end of a step.
    never_left : tuple of int
        States seen at the end of steps only, so that nothing is known of where they lead.
    """

    closed: tuple[tuple[int, ...], ...]
    transient: tuple[int, ...]
    never_visited: tuple[int, ...]
    never_left: tuple[int, ...]


def count_moves(codes: np.ndarray, k: int) -> np.ndarray:
    """Return how many regions moved from state i to state j in each step, shape (steps, k, k).

    `codes` has one row a region and one column a time; a move with a negative code at either end is not counted.
    """
    origin, destination = codes[:, :-1], codes[:, 1:]
    steps = np.broadcast_to(np.arange(origin.shape[1]), origin.shape)
    known = (origin >= 0) & (destination >= 0)
    flat = (steps[known] * k + origin[known]) * k + destination[known]
    return np.bincount(flat, minlength=origin.shape[1] * k * k).reshape(-1, k, k)


def row_shares(counts: np.ndarray) -> np.ndarray:
    """Return maximum likelihood transition probabilities; the row of a state that was never left is NaN."""
    totals = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)


def find_structure(counts: np.ndarray) -> Structure:
    """Return closed sets and the states that transitions say nothing about."""
    left, entered = counts.sum(axis=1) > 0, counts.sum(axis=0) > 0
    _, label = connected_components(counts > 0, directed=True, connection="strong")
    closed, transient = [], []
    for each in np.unique(label[left]):
        members = np.flatnonzero((label == each) & left)
        leaves = counts[members][:, label != each].sum() > 0
        if leaves:
            transient += members.tolist()
        else:
            closed.append(tuple(members.tolist()))
    return Structure(
        tuple(sorted(closed)),
        tuple(sorted(transient)),
        tuple(np.flatnonzero(~left & ~entered).tolist()),
        tuple(np.flatnonzero(~left & entered).tolist()),
    )


def stationary(probabilities: np.ndarray, members: tuple[int, ...]) -> np.ndarray:
    """Return the stationary distribution of one closed set of states, zero elsewhere."""
    inner = np.asarray(members)
    block = probabilities[np.ix_(inner, inner)]
    system = np.vstack([(block.T - np.eye(len(inner)))[:-1], np.ones(len(inner))])
    shares = np.zeros(len(probabilities))
    shares[inner] = np.linalg.solve(system, np.eye(len(inner))[-1])
    return shares


def first_passage(probabilities: np.ndarray) -> np.ndarray:
    """Return the expected number of steps from state i until state j is first entered (i = j: until the return).

    It is infinite where j may never be entered, and NaN where the way may lead through a state of which nothing is
    known (a row of NaN).
    """
    k = len(probabilities)
    known = ~np.isnan(probabilities).any(axis=1)
    chain = np.where(known[:, None], probabilities, 0.0)
    expected = np.full((k, k), np.nan)
    for target in range(k):
        others = np.array([i for i in range(k) if i != target], dtype=int)
        block = chain[np.ix_(others, others)]
        reach = _reachable(block)  # among the others, without passing the target
        hits = (reach @ (chain[others, target] > 0)) > 0
        unsure = (reach @ ~known[others]) > 0
        never = (reach @ ~(hits | ~known[others])) > 0  # may end where the target cannot be reached
        sure = hits & ~unsure & ~never
        times = np.where(unsure, np.nan, np.inf)
        inner = np.flatnonzero(sure)
        times[inner] = np.linalg.solve(np.eye(len(inner)) - block[np.ix_(inner, inner)], np.ones(len(inner)))
        expected[others, target] = times
        if known[target]:
            used = chain[target, others] > 0
            expected[target, target] = 1 + (chain[target, others][used] * times[used]).sum()
    return expected


def _reachable(block: np.ndarray) -> np.ndarray:
    """Return which states lead to which in any number of steps, none included."""
    reach = (block > 0) | np.eye(len(block), dtype=bool)
    for _ in range(max(len(block), 1).bit_length()):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    return reach.astype(np.int64)


def sojourn(probabilities: np.ndarray) -> np.ndarray:
    """Return the expected number of steps that a state lasts, 1 / (1 - p_ii); infinite where it is never left."""
    stays = np.diagonal(probabilities)
    with np.errstate(divide="ignore"):
        return np.where(stays == 1, np.inf, 1 / (1 - stays))


def homogeneity(counts: np.ndarray) -> tuple[ChiSquare, ChiSquare]:
    """Test whether several transition matrices (m, k, k) are samples of one: likelihood ratio and Pearson.

    Degrees of freedom count, for each state, the matrices in which it is left and the states that it leads to in
    any of them: ``sum_i (b_i - 1) (a_i - 1)``.
    """
    pooled = row_shares(counts.sum(axis=0))
    expected = np.nan_to_num(counts.sum(axis=2)[:, :, None] * pooled)
    left = (counts.sum(axis=2) > 0).sum(axis=0)
    led_to = (counts.sum(axis=0) > 0).sum(axis=1)
    df = int((np.maximum(left - 1, 0) * np.maximum(led_to - 1, 0)).sum())
    seen, possible = counts > 0, expected > 0
    ratio = float(2 * (counts[seen] * np.log(counts[seen] / expected[seen])).sum())
    pearson = float(((counts - expected)[possible] ** 2 / expected[possible]).sum())
    return as_chi_square(ratio, df), as_chi_square(pearson, df)


def independence(own: np.ndarray, near: np.ndarray) -> tuple[ChiSquare, np.ndarray]:
    """Test whether a region's own moves and those of its neighbours are independent.

    Parameters
    ----------
    own, near : numpy.ndarray of int, shape (n, times)
        0 for low and 1 for high, of the region and of its neighbours; -1 where undefined.

    Returns
    -------
    ChiSquare
        Pearson's statistic of the chain of pairs against the product of the two chains.
    numpy.ndarray, shape (4, 4)
        Expected counts; state ``2 * own + near``.
    """
    pair = np.where((own < 0) | (near < 0), -1, 2 * own + near)
    masked_own, masked_near = np.where(pair < 0, -1, own), np.where(pair < 0, -1, near)
    counts = count_moves(pair, 4).sum(axis=0)
    alone = [np.nan_to_num(row_shares(count_moves(part, 2).sum(axis=0))) for part in (masked_own, masked_near)]
    product = np.kron(alone[0], alone[1])
    expected = counts.sum(axis=1)[:, None] * product
    possible = expected > 0
    free = sum(int(np.maximum((part > 0).sum(axis=1) - 1, 0).sum()) for part in alone)
    df = int(np.maximum(possible.sum(axis=1) - 1, 0).sum()) - free
    statistic = float(((counts - expected)[possible] ** 2 / expected[possible]).sum())
    return as_chi_square(statistic, max(df, 0)), expected


def as_chi_square(statistic: float, df: int) -> ChiSquare:
    """Return a chi-square statistic with its p-value."""
    return ChiSquare(statistic, df, float(stats.chi2.sf(statistic, df)) if df else float("nan"))
