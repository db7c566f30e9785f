"""`plot` of measures: coupling, composite indices, efficiency, and what contributes to inequality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import check_option
from spatial_region.errors import InputError
from spatial_region.measure._dea_result import Efficiency
from spatial_region.measure.composite_result import CompositeIndex
from spatial_region.measure.coupling_result import CouplingResult
from spatial_region.measure.dagum import DagumResult
from spatial_region.measure.theil_result import TheilResult
from spatial_region.viz.contributions import contributions
from spatial_region.viz.coupling_chart import coupling_chart
from spatial_region.viz.efficiency_bars import efficiency_bars
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import language
from spatial_region.viz.plot import plot
from spatial_region.viz.score_bars import score_bars
from spatial_region.viz.words import word

ContributionBy = Literal["parts", "groups"]
_MOST_GROUPS = 8  # that are shown without being asked for


@plot.register
def _(result: CouplingResult, **options: Any) -> Figure:
    options.setdefault("names", result.names)
    return coupling_chart(result.rows, **options)


@plot.register
def _(result: CompositeIndex, **options: Any) -> Figure:
    options.setdefault("names", result.names)
    return score_bars(result.scores, _parts_of_scores(result), **options)


@plot.register
def _(result: Efficiency, **options: Any) -> Figure:
    return efficiency_bars(result.scores, **options)


@plot.register
def _(
    result: TheilResult,
    *,
    by: ContributionBy | None = None,
    labels: Mapping[str, str] | None = None,
    **options: Any,
) -> Figure:
    lang = language(options)
    options.setdefault("measure", word(f"Theil {result.kind}", lang))
    if result.groups is None:
        if by is not None:
            raise InputError("no groups were given, so there are no parts: theil(..., groups=).")
        options.setdefault("kind", "value")
        return contributions(result.parts[["theil"]], labels={"theil": options["measure"], **(labels or {})}, **options)
    last = result.groups.index.unique("level")[-1]
    several = [str(name) for name in result.parts if str(name).startswith("between_")]
    between = result.parts[several or ["between"]]
    levels = {name: name.removeprefix("between_") for name in several}
    called = {name: word("between level", lang, name=(labels or {}).get(of, of)) for name, of in levels.items()}
    groups = result.groups.xs(last, level="level")["contribution"]
    return _contributions(result.parts, between, groups, by, called, labels, options)


@plot.register
def _(
    result: DagumResult,
    *,
    by: ContributionBy | None = None,
    labels: Mapping[str, str] | None = None,
    **options: Any,
) -> Figure:
    options.setdefault("measure", word("gini", language(options)))
    between = result.parts[["between", "transvariation"]]
    return _contributions(result.parts, between, result.groups["contribution"], by, {}, labels, options)


def _contributions(
    parts: pd.DataFrame,
    between: pd.DataFrame,
    groups: pd.Series,
    by: ContributionBy | None,
    called: Mapping[str, str],
    labels: Mapping[str, str] | None,
    options: dict[str, Any],
) -> Figure:
    """Draw the parts between and within groups, the latter divided by group if so asked or if there are few."""
    lang = language(options)
    if by is None:
        by = "groups" if groups.index.unique("group").size <= _MOST_GROUPS - between.shape[1] else "parts"
    check_option(by, ContributionBy, "by")
    within = parts[["within"]] if by == "parts" else _by_group(groups, parts)
    words = {name: word(name, lang) for name in ("between", "within", "transvariation")}
    if by == "groups":
        words |= {str(name): word("within group", lang, name=name) for name in within}
    names = {**words, **called}
    # A label asked for a group is that of the group, also where its part is written.
    for name, label in (labels or {}).items():
        names[name] = word("within group", lang, name=label) if by == "groups" and name in within else label
    return contributions(pd.concat([between, within], axis="columns"), labels=names, **options)


def _by_group(groups: pd.Series, parts: pd.DataFrame) -> pd.DataFrame:
    if "time" in groups.index.names:
        return groups.unstack("group").reindex(parts.index)[list(groups.index.unique("group"))]
    return pd.DataFrame([groups.to_numpy()], index=parts.index, columns=groups.index)


def _parts_of_scores(result: CompositeIndex) -> pd.DataFrame | None:
    """Return what each dimension adds to the score, or None where the score is no sum of them, as with TOPSIS."""
    if result.dimensions is None or (result.dimensions < 0).any(axis=None):
        return None
    for parts in (result.dimensions, _weighed(result)):
        if parts is not None and parts.columns.size <= _MOST_GROUPS:
            known = result.scores.notna()
            if np.allclose(parts.sum(axis="columns")[known], result.scores[known], rtol=1e-9, atol=1e-12):
                return parts
    return None


def _weighed(result: CompositeIndex) -> pd.DataFrame | None:
    dimensions, weights = result.dimensions, result.dimension_weights
    if dimensions is None or weights is None or "weight" not in weights:
        return None
    if isinstance(weights.index, pd.MultiIndex):
        by_time = weights["weight"].unstack(-1)[list(dimensions.columns)]
        return dimensions * by_time.reindex(dimensions.index.get_level_values(1)).to_numpy()
    return dimensions * weights["weight"].reindex(dimensions.columns)
