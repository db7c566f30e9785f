"""A composite index, laid out by label: scores, ranks, weights and dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.spec import Spec
from spatial_region.errors import ConstantVariableError, InputError
from spatial_region.measure._composite import SMALLEST_RANGE, Recipe, Scored, score
from spatial_region.measure._normalise import z_scores
from spatial_region.measure.composite_result import CompositeIndex
from spatial_region.measure.factors import FactorAnalysis
from spatial_region.measure.indicators import Indicators


def assemble(
    data: Indicators,
    signs: np.ndarray,
    recipe: Recipe,
    dimensions: dict[str, list[str]],
    consistency: pd.DataFrame | None,
    spec: Spec,
    notes: tuple[str, ...],
    *,
    pooled: bool,
) -> CompositeIndex:
    """Score each section of the data, and lay the results out by label.

    Raises
    ------
    InputError
        If shares of negative values are asked for, or CRITIC has no weights.
    ConstantVariableError
        If the score of a nested dimension does not vary.
    """
    parts = []
    for time, rows in data.sections(pooled=pooled):
        where = "" if time is None else f" at {time}"
        _check_shares_exist(rows, recipe, where)
        made = score(rows.to_numpy(), signs, recipe)
        _check_scored(made, list(dimensions), recipe, where)
        parts.append((time, rows, made))

    def by_label(columns: list[str], pick: Callable[[Scored], np.ndarray]) -> pd.DataFrame:
        tables = [pd.DataFrame(pick(made), index=rows.index, columns=columns) for _, rows, made in parts]
        return pd.concat(tables).reindex(data.index)

    scores = by_label(["score"], lambda made: made.score)["score"]
    return CompositeIndex(
        scores=scores,
        ranks=_ranks(scores),
        weights=_stack([(time, _weights(rows, signs, made, dimensions, recipe.bounds)) for time, rows, made in parts]),
        dimensions=by_label(list(dimensions), lambda made: _present(made.dimensions)) if dimensions else None,
        dimension_weights=_stack([(time, _weighed(made, list(dimensions))) for time, _, made in parts])
        if dimensions
        else None,
        distances=by_label(["d_plus", "d_minus"], _distances) if recipe.topsis else None,
        scaled=by_label(list(data.frame.columns), lambda made: made.scaled),
        consistency=consistency,
        factors=None,
        names=data.names,
        notes=notes,
        spec=spec,
    )


def _check_shares_exist(rows: pd.DataFrame, recipe: Recipe, where: str) -> None:
    if recipe.as_vectors and recipe.weighting == "entropy":
        negative = [str(name) for name in rows if (rows[name] < 0).any()]
        if negative:
            raise InputError(
                f'negative values have no share of a sum{where}: {name_some(negative)}. Use scaling="minmax".'
            )


def _check_scored(made: Scored, dimensions: list[str], recipe: Recipe, where: str) -> None:
    if not np.isfinite(made.columns.weight).all():
        which = "the indicators of some dimension" if recipe.nested else "the indicators"
        raise InputError(
            f"CRITIC has no weights{where}: {which} are perfectly correlated, and none conflicts"
            ' with another. Use "entropy" or "equal".'
        )
    if made.dimensions is not None and recipe.nested:
        flat = [name for name, part in zip(dimensions, made.dimensions.T, strict=True) if np.ptp(part) < SMALLEST_RANGE]
        if flat:
            raise ConstantVariableError(
                f"the score of {name_some(flat)} is the same in all rows{where}: its indicators balance one another. "
                "Leave the dimension out, or pass nested=False."
            )


def _present(values: np.ndarray | None) -> np.ndarray:
    if values is None:  # pragma: no cover - the kernel returns these when dimensions are given
        raise InputError("there are no dimensions.")
    return values


def _distances(made: Scored) -> np.ndarray:
    found = made.distances
    return np.empty((0, 2)) if found is None else np.column_stack([found.d_plus, found.d_minus])


def _weights(
    rows: pd.DataFrame,
    signs: np.ndarray,
    made: Scored,
    dimensions: dict[str, list[str]],
    bounds: np.ndarray | None,
) -> pd.DataFrame:
    table = _describe(rows, signs)
    if bounds is not None:
        for end, stated in zip(("low", "high"), bounds, strict=True):
            table[end] = np.where(np.isnan(stated), table[end], stated)
    if dimensions:
        member_of = {name: dimension for dimension, members in dimensions.items() for name in members}
        table.insert(0, "dimension", [member_of[name] for name in table.index])
    return table.assign(**{**made.columns.facts, "weight": made.columns.weight})


def _describe(rows: pd.DataFrame, signs: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {"direction": signs.astype(int), "low": rows.min().to_numpy(), "high": rows.max().to_numpy()},
        index=rows.columns.rename("indicator"),
    )


def _weighed(made: Scored, dimensions: list[str]) -> pd.DataFrame:
    weighed = made.of_dimensions
    if weighed is None:
        return pd.DataFrame()
    return pd.DataFrame({**weighed.facts, "weight": weighed.weight}, index=pd.Index(dimensions, name="dimension"))


def _stack(tables: list[tuple[Any, pd.DataFrame]]) -> pd.DataFrame:
    if tables[0][0] is None:
        return tables[0][1]
    return pd.concat([table for _, table in tables], keys=[time for time, _ in tables], names=["time"])


def _ranks(scores: pd.Series) -> pd.Series:
    # Scores that differ by rounding alone are tied.
    rounded = scores.round(12)
    by_time = rounded.groupby(level=1) if isinstance(scores.index, pd.MultiIndex) else rounded
    return by_time.rank(ascending=False, method="min").astype("Int64").rename("rank")


def of_factors(
    data: Indicators,
    signs: np.ndarray,
    factors: FactorAnalysis,
    spec: Spec,
    notes: tuple[str, ...],
    *,
    pooled: bool,
) -> CompositeIndex:
    """Return the index that a factor analysis gives."""
    described = _stack([(time, _describe(rows, signs)) for time, rows in data.sections(pooled=pooled)])
    coefficients = factors.coefficients
    weight, unfit = _as_weights(coefficients)
    if unfit:
        notes = (
            *notes,
            f"The score falls when one of these improves: {name_some(unfit)}. Coefficients are then no weights: check "
            "the directions, and whether these indicators measure the same thing as the others.",
        )
    scaled = pd.concat(
        [
            pd.DataFrame(z_scores(rows.to_numpy(), signs), index=rows.index, columns=rows.columns)
            for _, rows in data.sections(pooled=pooled)
        ]
    )
    return CompositeIndex(
        scores=factors.index_score,
        ranks=_ranks(factors.index_score),
        weights=described.assign(coefficient=coefficients, weight=weight),
        dimensions=None,
        dimension_weights=None,
        distances=None,
        scaled=scaled.reindex(data.index),
        consistency=None,
        factors=factors,
        names=data.names,
        notes=(*notes, *factors.notes),
        spec=spec,
    )


def _as_weights(coefficients: pd.Series) -> tuple[pd.Series, list[str]]:
    """Return coefficients over their sum, NaN at times when some are not positive, and the names of these."""
    unfit = coefficients.index[coefficients <= 0]
    named = sorted({str(name) for name in unfit.get_level_values(-1)})
    if coefficients.index.nlevels == 1:
        return coefficients / (np.nan if len(unfit) else coefficients.sum()), named
    times = coefficients.index.get_level_values(0)
    weight = coefficients / coefficients.groupby(level=0).transform("sum")
    return weight.where(~times.isin(unfit.get_level_values(0))), named
