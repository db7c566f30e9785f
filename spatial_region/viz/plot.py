"""One verb for every result: `plot`, which knows the figure of each."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.autocorr.global_result import GlobalResult
from spatial_region.autocorr.local_moran import LocalMoran
from spatial_region.autocorr.local_result import LocalResult
from spatial_region.autocorr.moran import Moran
from spatial_region.core.options import check_option
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError
from spatial_region.panel.impacts import Impacts
from spatial_region.panel.result import SpatialPanelResult
from spatial_region.viz.cardinality import cardinality_histogram
from spatial_region.viz.clusters import cluster_map, significance_map
from spatial_region.viz.figure import Figure
from spatial_region.viz.intervals import impact_table, interval_plot
from spatial_region.viz.permutations import permutation_histogram
from spatial_region.viz.scatter import moran_scatter
from spatial_region.viz.style import Lang
from spatial_region.viz.weights import connectivity_map
from spatial_region.viz.words import word

LocalKind = Literal["clusters", "significance", "scatter"]
PanelKind = Literal["impacts", "coefficients"]
WeightsKind = Literal["map", "histogram"]
MoranKind = Literal["scatter", "permutations"]


@singledispatch
def plot(result: Any, **options: Any) -> Figure:
    """Draw a result as the figure that belongs to it.

    ============== ==================================================================================
    result         figure (``kind=`` where there are several)
    ============== ==================================================================================
    `Moran`        ``"scatter"`` `moran_scatter`, ``"permutations"`` `permutation_histogram`
    other global   `permutation_histogram`: `Geary`, `GetisOrdG`, `JoinCount`, `BivariateMoran`, `Lee`
    other local    ``"clusters"`` `cluster_map`, ``"significance"`` `significance_map`
    `LocalMoran`   ``"clusters"`` `cluster_map`, ``"significance"`` `significance_map` (``regions=``
                   if the values came without boundaries), ``"scatter"`` `moran_scatter`
    `GeoDetector`  ``"interaction"`` `interaction_heatmap` (the default with several factors),
                   ``"factor"`` `factor_bars` (``p=`` chooses the p-values of the stars), ``"risk"``
                   `risk_matrix`, ``"strata"`` `strata_map` (of one ``factor=``), ``"bins"`` `bins_chart`
                   `GeoDetectorGroups` and `UnitScaleResult` `factors_by`, `BinsComparison` `bins_chart`,
                   `GozhResult` `strata_map` (with ``regions=``)
    `Weights`      ``"map"`` `connectivity_map` (with ``regions=``), ``"histogram"``
                   `cardinality_histogram` (the default without)
    `Impacts`      `interval_plot` of direct, indirect and total impacts
    `SpatialPanel` ``"impacts"`` the same (the default with spatial lags), ``"coefficients"`` `interval_plot`
    ============== ==================================================================================

    `Ellipses` are drawn by `ellipse_map`, `DensityOverTime` by `density_curves`; `LisaTransitions`, `Markov` and
    `SpatialMarkov` by `transition_heatmap`, transitions also by `quadrant_history` (``kind="history"``, of some regions
    with ``ids=``), `small_multiples` (``"maps"``) and `region_path` (``"path"``, with ``region=``).

    Measures: `CouplingResult` `coupling_chart` (``"trend"``, ``"regions"``), `CompositeIndex` `score_bars`,
    `Efficiency` `efficiency_bars` (``"trend"``, ``"units"``), `TheilResult` and `DagumResult` `contributions`
    (``"share"``, ``"value"``; ``by="parts"`` or ``"groups"``). Panel methods: `PanelVar` `unit_circle` (``"roots"``)
    and `impulse_responses` (``"responses"``), `Moderation` `slopes` (over ``deviations=`` of the moderator),
    `Mediation` `path_diagram`.

    Parameters
    ----------
    result : Result
        What a method of the package returned.
    **options
        Of the figure.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is no figure of this type, or a map lacks its regions.
    OptionError
        If an option is not one of the figure's.
    """
    known = ", ".join(sorted(kind.__name__ for kind in plot.registry if kind is not object))
    raise InputError(f"there is no figure of {type(result).__name__}; there are figures of {known}.")


@plot.register
def _(result: Impacts, *, level: float = 0.95, **options: Any) -> Figure:
    return interval_plot(impact_table(result, level=level), level=level, **options)


@plot.register
def _(result: SpatialPanelResult, *, kind: PanelKind | None = None, level: float = 0.95, **options: Any) -> Figure:
    check_option(kind or "impacts", PanelKind, "kind")
    if kind == "impacts" or (kind is None and result.has_indirect):
        return plot(result.impacts(), level=level, **options)
    limits = result.conf_int(level)
    table = pd.DataFrame({"variable": limits.index, "kind": "", "estimate": result.params.to_numpy()})
    table[["low", "high"]] = limits.to_numpy()
    return interval_plot(table, level=level, **options)


@plot.register
def _(result: GlobalResult, **options: Any) -> Figure:
    options.setdefault("note", _p_value(result, _lang(options)))
    return permutation_histogram(result, **options)


@plot.register
def _(result: Moran, *, kind: MoranKind = "scatter", **options: Any) -> Figure:
    check_option(kind, MoranKind, "kind")
    lang = _lang(options)
    options.setdefault("note", _p_value(result, lang))
    if kind == "permutations":
        return permutation_histogram(result, **options)
    return _scatter(result, result.values, result.lag, result.I, **options)


@plot.register
def _(
    result: LocalResult, *, kind: LocalKind = "clusters", regions: object = None, level: float = 0.05, **options: Any
) -> Figure:
    check_option(kind, LocalKind, "kind")
    lang = _lang(options)
    table = result.table(level=level)
    if kind == "scatter":
        if not isinstance(result, LocalMoran):
            raise InputError(
                f"there is no scatterplot of {type(result).__name__}; choose 'clusters' or 'significance'."
            )
        numbers = result.statistics
        return _scatter(result, numbers["value"], numbers["lag"], result.I, clusters=table["cluster"], **options)
    regions = result.regions if regions is None else regions
    if regions is None:
        raise InputError(
            "the values came without boundaries, and a map needs them: pass regions=study, or a GeoDataFrame."
        )
    adjusted = word(result.correction, lang) if result.correction else ""
    how = "formula" if result.tests is None else "sets" if result.enumerated.all() else "permutations"
    made = word(how, lang, count=result.permutations)
    if result.title != LocalMoran.title:  # local Moran's maps bear the name that readers know, LISA
        named = word(result.title, lang)
        options.setdefault("legend", named if kind == "clusters" else word("of significance", lang, statistic=named))
    if kind == "significance":
        options.setdefault("note", _joined(made, adjusted, lang))
        return significance_map(regions, table["p_adjusted"], **options)
    options.setdefault("note", "\n".join([_joined(word("level", lang, level=level), adjusted, lang), made]))
    return cluster_map(regions, table["cluster"], **options)


@plot.register
def _(result: Weights, *, kind: WeightsKind | None = None, regions: object = None, **options: Any) -> Figure:
    kind = kind or ("histogram" if regions is None else "map")
    check_option(kind, WeightsKind, "kind")
    if kind == "histogram":
        if regions is not None:
            raise InputError("a histogram of weights takes no regions=; they are for kind='map'.")
        return cardinality_histogram(result, **options)
    if regions is None:
        raise InputError("weights hold no boundaries, and a map needs them: pass regions=study, or a GeoDataFrame.")
    return connectivity_map(regions, result, **options)


def _lang(options: dict[str, Any]) -> str:
    lang = options.get("lang", "en")
    check_option(lang, Lang, "lang")
    return str(lang)


def _scatter(result: Moran | LocalMoran, values: pd.Series, lag: pd.Series, statistic: float, **options: Any) -> Figure:
    """Draw the lag so scaled that the slope is I: weights that do not sum to n, as with islands, scale I by n / S0."""
    options.setdefault("variable", str(result.spec.inputs["variable"]))
    slope = float((values * lag).sum() / (values**2).sum())
    exact = slope == 0 or np.isclose(slope, statistic, rtol=1e-12)
    return moran_scatter(values, lag if exact else lag * (statistic / slope), names=result.names, **options)


def _joined(first: str, second: str, lang: str) -> str:
    return ("，" if lang == "zh" else ", ").join(part for part in (first, second) if part)


def _p_value(result: GlobalResult, lang: str) -> str:
    if result.p is None:
        return ""
    how = "arrangements" if result.enumerated else "permutations"
    return _joined(f"p = {result.p:.4g}", word(how, lang, count=result.permutations), lang)
