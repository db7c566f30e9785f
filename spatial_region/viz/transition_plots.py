"""`plot` of results over time: matrices, histories, maps and paths."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from spatial_region.autocorr.markov_result import Markov, SpatialMarkov
from spatial_region.autocorr.transitions_result import LisaTransitions
from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import check_option
from spatial_region.core.weights import as_index
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.viz.figure import Figure
from spatial_region.viz.history import quadrant_history
from spatial_region.viz.inputs import variable_label
from spatial_region.viz.multiples import small_multiples
from spatial_region.viz.paths import region_path
from spatial_region.viz.plot import plot
from spatial_region.viz.transitions import transition_heatmap
from spatial_region.viz.words import word

TransitionKind = Literal["matrix", "history", "maps", "path"]


@plot.register
def _(
    result: LisaTransitions,
    *,
    kind: TransitionKind = "matrix",
    regions: object = None,
    region: object = None,
    ids: Iterable[object] | None = None,
    **options: Any,
) -> Figure:
    check_option(kind, TransitionKind, "kind")
    lang = options.get("lang", "en")
    if kind == "path":
        if region is None:
            raise InputError(f"a path is that of one region: pass region=, for example {result.names.index[0]!r}.")
        name = str(result.spec.inputs["variable"])
        options.setdefault("variable", variable_label(result.regions, name, lang))
        return region_path(result.values, result.lag, region, names=result.names, **options)
    if kind == "maps":
        regions = result.regions if regions is None else regions
        if regions is None:
            raise InputError("the values came without boundaries, and maps need them: pass regions=study.")
        if result.level is None and lang in ("en", "zh"):
            options.setdefault("legend", word("quadrant title", lang))
        return small_multiples(regions, result.states, kind="clusters", **options)
    if result.level is not None and lang in ("en", "zh"):
        options.setdefault("note", word("level", lang, level=result.level))
    if kind == "history":
        return quadrant_history(_chosen(result, ids), names=result.names, **options)
    return transition_heatmap(result.counts, **options)


def _chosen(result: LisaTransitions, ids: Iterable[object] | None) -> pd.DataFrame:
    if ids is None:
        return result.states
    wanted = as_index([ids] if isinstance(ids, str) else ids)
    unknown = wanted.difference(result.states.index)
    if len(unknown):
        raise UnknownNameError(f"no region {name_some(unknown)}.{did_you_mean(unknown[0], result.states.index)}")
    return result.states.loc[wanted]


@plot.register
def _(result: Markov, **options: Any) -> Figure:
    return transition_heatmap(result.counts, **options)


@plot.register
def _(result: SpatialMarkov, **options: Any) -> Figure:
    return transition_heatmap(result.counts, **options)
