"""What a composite index returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.measure.factors import FactorAnalysis


@dataclass(frozen=True, eq=False, repr=False)
class CompositeIndex(Result):
    """A composite index, with its weights and everything on the way to it.

    Attributes
    ----------
    scores : pandas.Series
        The index by region, or by (region, time), in the order of the data. NaN for a row that lacks a value.
    ranks : pandas.Series
        Rank at each time, 1 for the highest score; ties share the better rank.
    weights : pandas.DataFrame
        One row an indicator (and time, when each time is weighted by itself). Columns: dimension, when there are some;
        direction, 1 or -1; low and high, the least and the largest value, found or
        stated; what the weight was made from (entropy and
        divergence; deviation, conflict and information; or coefficient); within, the weight inside its dimension, when
        nested; weight, the weight in the whole, which sums to 1.
    dimensions : pandas.DataFrame or None
        Score of each dimension, indexed as `scores`.
    dimension_weights : pandas.DataFrame or None
        Weight of each dimension, and what it was made from.
    distances : pandas.DataFrame or None
        TOPSIS: distance to the best, d_plus, and to the worst, d_minus.
    scaled : pandas.DataFrame
        Scaled indicators, oriented so that more is better (but for ``scaling="vector"``).
    consistency : pandas.DataFrame or None
        AHP: for each matrix n, eigenvalue, consistency_index, consistency_ratio.
    factors : FactorAnalysis or None
        The analysis behind ``"pca"`` and ``"factor"``.
    names : pandas.Series or None
        Display names of the regions.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    scores: pd.Series
    ranks: pd.Series
    weights: pd.DataFrame
    dimensions: pd.DataFrame | None
    dimension_weights: pd.DataFrame | None
    distances: pd.DataFrame | None
    scaled: pd.DataFrame
    consistency: pd.DataFrame | None
    factors: FactorAnalysis | None
    names: pd.Series | None
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return scores and ranks.

        Returns
        -------
        pandas.DataFrame
            Indexed by region, or (region, time). Columns: name, for a study; score; rank; one for each dimension;
            d_plus and d_minus for TOPSIS.
        """
        parts: list[pd.DataFrame | pd.Series] = [self.scores, self.ranks]
        parts += [part for part in (self.dimensions, self.distances) if part is not None]
        made = pd.concat(parts, axis="columns")
        if self.names is not None:
            made.insert(0, "name", self.names.reindex(made.index.get_level_values(0)).to_numpy())
        return made

    def summary(self) -> str:
        """Return the weights, the ten highest and the lowest three scores of the last time, and notes, as text."""
        options = self.spec.options
        parts = [
            f"Composite index: {options['method']}, {len(self.scaled.columns)} indicators",
            _text(self.weights),
        ]
        if self.dimension_weights is not None:
            parts.append(_text(self.dimension_weights))
        if self.consistency is not None:
            parts.append(_text(self.consistency))
        made = self.table()
        if isinstance(made.index, pd.MultiIndex):
            last = made.index.get_level_values(1).max()
            made = made.xs(last, level=1)
            parts.append(f"Scores at {last}")
        made = made.dropna(subset=["score"]).sort_values("rank", kind="stable")
        parts.append(_text(made if len(made) <= 13 else pd.concat([made.head(10), made.tail(3)])))
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def _text(table: pd.DataFrame) -> str:
    return table.to_string(float_format=lambda x: f"{x:.4g}", na_rep="")
