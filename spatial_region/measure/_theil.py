"""Theil's T and L of weighted values, and their nested decomposition. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Literal

import numpy as np

TheilKind = Literal["T", "L"]


@dataclass(frozen=True, eq=False)
class Level:
    """The groups of one level of a nested decomposition, each in the place of its code.

    Attributes
    ----------
    n : numpy.ndarray
        Number of regions.
    mean : numpy.ndarray
        Weighted mean.
    value_share, weight_share : numpy.ndarray
        Share of all values and of all weights, which add to 1.
    index : numpy.ndarray
        Inequality inside the group; NaN if all its values are 0.
    contribution : numpy.ndarray
        Share times index, which is the group's part of the inequality inside groups.
    between : float
        Inequality between the groups of this level inside the groups of the level above.
    """

    n: np.ndarray
    mean: np.ndarray
    value_share: np.ndarray
    weight_share: np.ndarray
    index: np.ndarray
    contribution: np.ndarray
    between: float


def inside(x: np.ndarray, w: np.ndarray, codes: np.ndarray, kind: TheilKind) -> tuple[np.ndarray, ...]:
    """Return the weight, the mean and the inequality of each group.

    With r = x / mean, T is the mean of r ln r - r + 1 and L that of r - 1 - ln r. Both equal the usual sums, as the
    mean of r is 1, but no term is negative, so that values that are nearly equal do not cancel.
    """
    order = np.lexsort((w, x))  # sums do not depend on the order of rows
    x, w, codes = x[order], w[order], codes[order]
    weight = np.bincount(codes, w)
    mean = np.bincount(codes, w * x) / weight
    # A mean lies among its values; rounding must not make equal values look unequal.
    mean = np.clip(mean, x[np.unique(codes, return_index=True)[1]], _last(x, codes))
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = x / mean[codes] - 1
        logs = np.log(x / mean[codes])
        near = np.abs(excess) < 0.5
        logs[near] = np.log1p(excess[near])
        products = np.where(x > 0, (1 + excess) * logs, np.where(mean[codes] > 0, 0.0, np.nan))  # 0 ln 0 = 0
        terms = products - excess if kind == "T" else excess - logs
    return weight, mean, np.bincount(codes, w * terms) / weight


def _last(x: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the largest value of each group; values ascend."""
    largest = np.empty(codes.max() + 1)
    largest[codes] = x
    return largest


def theil_index(x: np.ndarray, w: np.ndarray, kind: TheilKind) -> float:
    """Return T or L of weighted values, of which one at least is positive (for L, all)."""
    return float(inside(x, w, np.zeros(len(x), dtype=np.intp), kind)[2][0])


def between_drawn(
    x: np.ndarray, w: np.ndarray, codes: np.ndarray, kind: TheilKind, permutations: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the inequality between groups of the same sizes into which the regions fall by chance.

    Values go with their weights. Groups are dealt from the largest to the smallest and values start in ascending order,
    so that draws do not depend on the order of rows or on labels.
    """
    order = np.lexsort((w, x))
    starts = np.concatenate([[0], np.cumsum(np.sort(np.bincount(codes))[::-1])[:-1]])
    found = np.empty(permutations)
    step = max(1, 2_000_000 // len(x))  # rows of numbers held at a time
    for start in range(0, permutations, step):
        count = min(step, permutations - start)
        dealt = rng.permuted(np.tile(order, (count, 1)), axis=1)
        weight = np.add.reduceat(w[dealt], starts, axis=1)
        total = np.add.reduceat((w * x)[dealt], starts, axis=1)
        p, s = weight / weight.sum(axis=1, keepdims=True), total / total.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(s > 0, s * np.log(s / p), 0.0) if kind == "T" else p * np.log(p / s)
        found[start : start + count] = terms.sum(axis=1)
    return found


def decompose(x: np.ndarray, w: np.ndarray, codes: list[np.ndarray], kind: TheilKind) -> list[Level]:
    """Return the levels of a nested decomposition, the coarsest first.

    Each group of a level lies in one group of the level above. The inequality of all is the sum of `between` of every
    level and of `contribution` of the last.
    """
    made = []
    above = np.zeros(len(x), dtype=np.intp)
    share_above = np.ones(1)
    for own in codes:
        weight, mean, index = inside(x, w, own, kind)
        parent = np.empty(len(weight), dtype=np.intp)
        parent[own] = above
        weight_share = weight / fsum(weight)
        value_share = weight * mean / fsum(weight * mean)
        share = value_share if kind == "T" else weight_share
        spread = inside(mean, weight, parent, kind)[2]
        between = fsum(np.where(share_above > 0, share_above * spread, 0.0))
        contribution = np.where(share > 0, share * index, 0.0)
        made.append(Level(np.bincount(own), mean, value_share, weight_share, index, contribution, between))
        above, share_above = own, share
    return made
