"""The overlays whose q is shared: all combinations of strata, or the zones of trees; and the test of the shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spatial_region.core.seeds import generator
from spatial_region.geodetector._free_draws import free_draws, reached, searches
from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector._overlay_tree import Growth, grow_tree, presort
from spatial_region.geodetector._rows import Rows
from spatial_region.geodetector._shapley import (
    Shares,
    full_q_of_draws,
    overlays,
    shapley_coefficients,
    shapley_shares,
    tree_overlays,
    tree_q_of_draws,
)
from spatial_region.geodetector._tree_factors import rules_of, tree_factors
from spatial_region.geodetector.strata import Bins, Strata
from spatial_region.geodetector.stratify import stratify

OverlayKind = Literal["full", "tree"]


@dataclass(frozen=True, eq=False)
class Game:
    """Shares, rules of the zones, factors whose bins were searched, and q of every set for permuted variables."""

    shares: Shares
    rules: list[str]
    searched: list[str]
    order: np.ndarray
    between: Callable[[np.ndarray], np.ndarray]


def full_game(rows: Rows, outcome: Outcome, names: list[str], bins: Bins) -> Game:
    """Share q of the overlay of the strata of all factors."""
    stratified = stratify(rows, outcome, names, bins)
    strata = stratified.strata
    searched = [one.factor for one, own in zip(strata, stratified.statistics, strict=True) if searches(own)]
    codes = np.stack([one.codes for one in strata])
    levels = np.array([one.n_strata for one in strata], dtype=np.int64)
    shares = shapley_shares(outcome.centred, overlays(codes, levels), len(names))
    order = np.lexsort((*codes, outcome.centred))
    return Game(shares, _cell_rules(shares, codes, strata), searched, order, full_q_of_draws(codes[:, order], levels))


def _cell_rules(shares: Shares, codes: np.ndarray, strata: Sequence[Strata]) -> list[str]:
    first = np.unique(shares.zones, return_index=True)[1]
    return [
        " and ".join(f"{one.factor} {one.labels[code]}" for one, code in zip(strata, codes[:, unit], strict=True))
        for unit in first
    ]


def tree_game(rows: Rows, outcome: Outcome, growth: Growth, categorical: Sequence[str] | None) -> Game:
    """Share q of the zones of a regression tree of all factors."""
    given = tree_factors(rows, categorical)
    order = np.lexsort((*given.codes, outcome.centred))  # so that the order of rows does not matter
    y, codes = outcome.centred[order], np.ascontiguousarray(given.codes[:, order])
    found = shapley_shares(y, tree_overlays(y, codes, given.categorical, growth), len(codes))
    back = np.argsort(order)
    shares = Shares(found.q, found.cells, found.share, found.local[:, back], found.zones[back])
    whole = grow_tree(y, codes, presort(codes), given.categorical, growth)
    sorted_given = type(given)(given.names, codes, given.categorical, given.levels, given.numeric)
    return Game(shares, rules_of(whole, sorted_given), [], order, tree_q_of_draws(codes, given.categorical, growth))


def against_noise(
    y: np.ndarray, game: Game, m: int, overlay: OverlayKind, permutations: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected share of noise, and the permutation p, of each factor."""
    coefficients = shapley_coefficients(m)
    counts, sums = np.zeros(m, dtype=np.int64), np.zeros(m)
    total = float(y @ y)
    for draws in free_draws(y[game.order], permutations, generator(seed, "lesh")):
        shares = game.between(draws) @ coefficients / total
        counts += reached(shares, game.shares.share)
        sums += shares.sum(axis=0)
    if overlay == "full":
        expected = (game.shares.cells - 1) / (len(y) - 1) @ coefficients
    else:
        expected = sums / permutations if permutations else np.full(m, np.nan)
    return expected, (counts + 1) / (permutations + 1) if permutations else np.full(m, np.nan)
