"""From scaled indicators to weights, to scores of dimensions, to one score."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spatial_region.measure._critic import critic_weights
from spatial_region.measure._entropy import entropy_weights
from spatial_region.measure._normalise import min_max, vector
from spatial_region.measure._topsis import Closeness, closeness

# Scores of a dimension that differ by less than this do not differ.
SMALLEST_RANGE = 1e-12

Weighting = Literal["entropy", "critic", "equal", "stated"]


@dataclass(frozen=True, eq=False)
class Recipe:
    """How to make one score.

    Attributes
    ----------
    weighting : str
        Where weights come from; ``"stated"`` takes those of `stated`.
    topsis : bool
        Whether scores are closeness to the ideal, else weighted sums.
    as_vectors : bool
        Whether columns are divided by their length instead of scaled between worst and best.
    shift : float
        Added to scaled values before shares are taken.
    groups : tuple of arrays
        Places of the columns of each dimension; empty without dimensions.
    nested : bool
        Whether columns are weighted inside their dimension, and dimensions by their scores.
    stated : tuple of arrays
        Weights: of all columns; or, nested, of each dimension's columns and last of the dimensions.
    bounds : (2, p) or None
        Stated least and largest values; NaN where there are none.
    """

    weighting: Weighting
    topsis: bool = False
    as_vectors: bool = False
    shift: float = 0.0
    groups: tuple[np.ndarray, ...] = ()
    nested: bool = False
    stated: tuple[np.ndarray, ...] = ()
    bounds: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Weighed:
    """Weights of columns that sum to 1, and what they were made from."""

    weight: np.ndarray
    facts: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of rows, with everything on the way there.

    Attributes
    ----------
    score : (n,)
        The index.
    scaled : (n, p)
        Scaled columns.
    columns : Weighed
        Weight of each column in the whole.
    dimensions : (n, k) or None
        Score of each dimension.
    of_dimensions : Weighed or None
        Weight of each dimension.
    distances : Closeness or None
        Distances of the last step.
    """

    score: np.ndarray
    scaled: np.ndarray
    columns: Weighed
    dimensions: np.ndarray | None
    of_dimensions: Weighed | None
    distances: Closeness | None


def score(values: np.ndarray, signs: np.ndarray, recipe: Recipe) -> Scored:
    """Return scores of rows; every column must vary.

    When nested, and the score of some dimension does not vary, there is no score: NaN.
    """
    scaled = vector(values) if recipe.as_vectors else min_max(values, signs, recipe.bounds)
    up = signs if recipe.as_vectors else np.ones(len(signs))
    if recipe.nested:
        return _nested(scaled, up, recipe)
    made = weigh(scaled, recipe, recipe.stated[0] if recipe.stated else None)
    total, distances = _combine(scaled, made.weight, up, recipe)
    if not recipe.groups:
        return Scored(total, scaled, made, None, None, distances)
    shares = np.array([made.weight[group].sum() for group in recipe.groups])
    parts = [
        _combine(scaled[:, group], made.weight[group] / share, up[group], recipe)[0]
        for group, share in zip(recipe.groups, shares, strict=True)
    ]
    return Scored(total, scaled, made, np.column_stack(parts), Weighed(shares), distances)


def _nested(scaled: np.ndarray, up: np.ndarray, recipe: Recipe) -> Scored:
    parts, weights = [], []
    for place, group in enumerate(recipe.groups):
        made = weigh(scaled[:, group], recipe, recipe.stated[place] if recipe.stated else None)
        parts.append(_combine(scaled[:, group], made.weight, up[group], recipe)[0])
        weights.append(made)
    dimensions = np.column_stack(parts)
    if (np.ptp(dimensions, axis=0) < SMALLEST_RANGE).any():
        nothing = np.full(len(parts), np.nan)
        return Scored(
            np.full(len(scaled), np.nan), scaled, Weighed(np.ones(scaled.shape[1])), dimensions, Weighed(nothing), None
        )
    # Weights come from scaled columns on both levels: the score of many indicators spans less than 0 to 1, and would
    # otherwise weigh less for that alone. What is added up are the scores as they are.
    upward = np.ones(len(parts))
    upper = weigh(min_max(dimensions, upward), recipe, recipe.stated[-1] if recipe.stated else None)
    total, distances = _combine(dimensions, upper.weight, upward, recipe)
    whole = np.empty(scaled.shape[1])
    facts = {name: np.full(scaled.shape[1], np.nan) for made in weights for name in ("within", *made.facts)}
    for group, made, share in zip(recipe.groups, weights, upper.weight, strict=True):
        whole[group] = share * made.weight
        for name, numbers in {"within": made.weight, **made.facts}.items():
            facts[name][group] = numbers
    return Scored(total, scaled, Weighed(whole, facts), dimensions, upper, distances)


def weigh(scaled: np.ndarray, recipe: Recipe, stated: np.ndarray | None) -> Weighed:
    """Return the weights of columns. A single column has weight 1."""
    if stated is not None:
        return Weighed(stated)
    p = scaled.shape[1]
    if recipe.weighting == "entropy":
        made = entropy_weights(scaled, recipe.shift)
        return Weighed(made.weight, {"entropy": made.entropy, "divergence": made.divergence})
    if recipe.weighting == "critic":
        found = critic_weights(scaled)
        facts = {"deviation": found.deviation, "conflict": found.conflict, "information": found.information}
        return Weighed(found.weight if p > 1 else np.ones(1), facts)
    return Weighed(np.full(p, 1.0 / p))


def _combine(
    scaled: np.ndarray, weight: np.ndarray, up: np.ndarray, recipe: Recipe
) -> tuple[np.ndarray, Closeness | None]:
    if not recipe.topsis:
        return scaled @ weight, None
    found = closeness(scaled, weight, up)
    return found.score, found
