"""What the tree of zones returns, and its tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.geodetector._moments import Outcome, stratum_moments
from spatial_region.geodetector._overlay_tree import Tree
from spatial_region.geodetector._tree_factors import TreeFactors, cut_of, rules_of


@dataclass(frozen=True, eq=False, repr=False)
class GozhResult(Result):
    """Zones of a regression tree.

    Attributes
    ----------
    variable : str
        The variable whose variance is explained.
    factors : pandas.DataFrame
        Index ``factor``: ``splits`` on it, and ``share``, what they add to q. The shares sum to `q`.
    n : int
        Rows used.
    dropped : pandas.Index
        Labels of rows left out because a value is missing.
    q : float
        Share of the variance between zones.
    q_adjusted : float
        1 - (1 - q)(n - 1)/(n - zones). It allows for their number, not for their having been
        searched; NaN if every row is a zone.
    p_permutation : float
        Share of permutations whose own best tree explains as much; NaN without permutations.
    zones : pandas.DataFrame
        Index ``zone``, from 1: ``rule`` in words, ``n``, ``mean`` and ``sd`` of the variable, and ``share``, what the
        zone adds to q: n_h (mean_h - mean)^2 / SST.
    members : pandas.Series
        Zone of each row, by label of the row.
    splits : pandas.DataFrame
        One row a split, in the order of the tree: ``factor``, ``cut`` (values up to it, or the categories named, form
        the first part), ``n`` of the node, ``share``, what the split adds to q.
    permutations : int
        How many permutations made ``p_permutation``.
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    """

    variable: str
    factors: pd.DataFrame
    n: int
    dropped: pd.Index
    q: float
    q_adjusted: float
    p_permutation: float
    zones: pd.DataFrame
    members: pd.Series
    splits: pd.DataFrame
    permutations: int
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return a copy of the zones, one row each."""
        return self.zones.copy()

    def summary(self) -> str:
        """Return q, its p-value, the zones with their rules, and the notes as text."""
        p = f", p_permutation = {self.p_permutation:.4g}" if self.permutations else ""
        head = (
            f"Zones of {self.variable!r} (GOZH): {self.n} rows, {len(self.factors)} factors, {len(self.zones)} zones\n"
            f"q = {self.q:.4f}, adjusted {self.q_adjusted:.4f}{p}"
        )
        shown = self.zones[["n", "mean", "sd", "share", "rule"]].to_string(float_format=lambda value: f"{value:.4g}")
        return "\n".join([head, shown, *(f"Note: {note}" for note in self.notes)])


def zone_table(outcome: Outcome, tree: Tree, given: TreeFactors) -> pd.DataFrame:
    """One row a zone."""
    moments = stratum_moments(outcome, tree.zones())
    counts = moments.counts
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.where(counts > 1, outcome.scale * np.sqrt(moments.within / (counts - 1)), np.nan)
    return pd.DataFrame(
        {
            "rule": rules_of(tree, given),
            "n": counts,
            "mean": outcome.scale * (moments.centred_means + outcome.mean),
            "sd": sd,
            "share": counts * moments.centred_means**2 / outcome.total if len(counts) > 1 else np.zeros(1),
        },
        index=pd.RangeIndex(1, len(counts) + 1, name="zone"),
    )


def split_table(outcome: Outcome, tree: Tree, given: TreeFactors) -> pd.DataFrame:
    """One row a split, in the order of the tree."""

    def total(node: int) -> float:
        return float(outcome.centred[tree.order[tree.start[node] : tree.end[node]]].sum())

    def squared(node: int) -> float:
        return total(node) ** 2 / float(tree.end[node] - tree.start[node])

    found, open_nodes = [], [0]
    while open_nodes:
        node = open_nodes.pop()
        if tree.factor[node] < 0:
            continue
        left, right = int(tree.left[node]), int(tree.right[node])
        gain = squared(left) + squared(right) - squared(node)
        size = int(tree.end[node] - tree.start[node])
        name = given.names[int(tree.factor[node])]
        found.append((name, cut_of(tree, given, node), size, gain / outcome.total))
        open_nodes += [right, left]
    return pd.DataFrame(found, columns=["factor", "cut", "n", "share"])


def factor_table(splits: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """What the splits on each factor add to q."""
    by_factor = splits.groupby("factor")["share"]
    index = pd.Index(names, name="factor")
    return pd.DataFrame(
        {
            "splits": by_factor.size().reindex(index, fill_value=0),
            "share": by_factor.sum().reindex(index, fill_value=0.0),
        }
    )
