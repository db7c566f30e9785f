"""`plot` of geographical detectors: bars, heatmaps, matrices, maps and curves."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import check_option
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.geodetector._gozh_result import GozhResult
from spatial_region.geodetector._unit_scale_result import UnitScaleResult
from spatial_region.geodetector.bins_comparison import BinsComparison
from spatial_region.geodetector.groups import GeoDetectorGroups
from spatial_region.geodetector.result import GeoDetectorResult
from spatial_region.geodetector.strata import AS_GIVEN
from spatial_region.viz.bars import factor_bars
from spatial_region.viz.bins_chart import bins_chart
from spatial_region.viz.factors_by import factors_by
from spatial_region.viz.figure import Figure
from spatial_region.viz.heatmap import interaction_heatmap
from spatial_region.viz.inputs import variable_label
from spatial_region.viz.plot import plot
from spatial_region.viz.risk_matrix import risk_matrix
from spatial_region.viz.strata_map import strata_map
from spatial_region.viz.style import Lang
from spatial_region.viz.words import word

DetectorKind = Literal["interaction", "factor", "risk", "strata", "bins"]
# The words for each column of p-values, those that suppose least first; others are named by their column.
_P_WORDS = {
    "p_spatial": "p spatial",
    "p_whole_regions": "p whole regions",
    "p_within_regions": "p within regions",
    "p_permutation": "p permutation",
    "p_central": "p central",
    "p_wang": "p wang",
}


@plot.register
def _(result: GeoDetectorResult, *, kind: DetectorKind | None = None, **options: Any) -> Figure:
    # One factor has no pairs, and its heatmap would be one cell.
    kind = kind or ("interaction" if len(result.factors) > 1 else "factor")
    check_option(kind, DetectorKind, "kind")
    lang = _lang(options)
    if kind == "interaction":
        return interaction_heatmap(result.interactions, result.factors, **options)
    if kind == "risk":
        column = options.get("p", "p")
        options.setdefault("note", word("welch", lang) if column == "p" else word("p of column", lang, column=column))
        return risk_matrix(result.risk, **options)
    if kind == "bins":
        return bins_chart(result.candidates, **options)
    if kind == "strata":
        return _strata(result, **options)
    return _bars(result, **options)


@plot.register
def _(result: GeoDetectorGroups, *, p: str | None = None, **options: Any) -> Figure:
    column = _p_column(result.factors, p)
    permutations = max(part.permutations for part in result.parts.values())
    options.setdefault("note", p_note(column, permutations, _lang(options)))
    return factors_by(result.factors, p=column, **options)


@plot.register
def _(result: BinsComparison, **options: Any) -> Figure:
    table = result.candidates
    return bins_chart(table[table["allowed"]], **options)


@plot.register
def _(result: UnitScaleResult, *, p: str = "p", **options: Any) -> Figure:
    return factors_by(result.factors.rename(columns={"unit": "group"}), p=p, **options)


@plot.register
def _(result: GozhResult, *, regions: object = None, at: object = None, **options: Any) -> Figure:
    if regions is None:
        raise InputError("zones hold no boundaries, and a map needs them: pass regions=study, or a GeoDataFrame.")
    means = result.zones["mean"].sort_values(kind="stable").rename(index=str)
    kinds = pd.CategoricalDtype(list(means.index), ordered=True)
    zones = _at_one_time(result.members.map(str).astype(kinds), at)
    lang = _lang(options)
    options.setdefault("legend", word("zones", lang))
    options.setdefault("variable", variable_label(regions, result.variable, lang))
    return strata_map(regions, zones, means=means, **options)


def _bars(result: GeoDetectorResult, *, p: str | None = None, **options: Any) -> Figure:
    column = _p_column(result.factors, p)
    options.setdefault("note", p_note(column, result.permutations, _lang(options)))
    options.setdefault("intervals", result.factors[["q_lower", "q_upper"]])
    options.setdefault("level", result.level)
    return factor_bars(result.factors["q"], result.factors[column], **options)


def _lang(options: dict[str, Any]) -> str:
    lang = options.get("lang", "en")
    check_option(lang, Lang, "lang")
    return str(lang)


def _p_column(table: pd.DataFrame, column: str | None) -> str:
    """Return the column of p-values asked for, else that which supposes least and that all rows have."""
    known = [name for name in table.columns if str(name).startswith("p_") and table[name].notna().any()]
    if column is None:
        whole = [name for name in known if table.loc[table["q"].notna(), name].notna().all()]
        return next((name for name in _P_WORDS if name in whole), "p_central")
    if column not in known:
        raise UnknownNameError(
            f"no p-values {column!r} in the result.{did_you_mean(column, known)} There are: {name_some(known)}."
        )
    return column


def p_note(column: str, permutations: int, lang: str) -> str:
    """Return what the stars of a figure stand for."""
    if column in _P_WORDS:
        return word(_P_WORDS[column], lang, count=permutations)
    return word("p of column", lang, column=column)


def _strata(
    result: GeoDetectorResult, *, factor: str | None = None, at: object = None, regions: object = None, **options: Any
) -> Figure:
    lang, names = _lang(options), list(result.factors.index)
    if factor is None and len(names) > 1:
        raise InputError(f"a map of strata is that of one factor: pass factor=, one of {name_some(names, limit=12)}.")
    factor = names[0] if factor is None else factor
    if factor not in names:
        raise UnknownNameError(f"no factor {factor!r}.{did_you_mean(factor, names)} There are: {name_some(names)}.")
    regions = result.regions if regions is None else regions
    if regions is None:
        raise InputError(
            "the values came without boundaries, and a map needs them: pass regions=study, or a GeoDataFrame."
        )
    table = result.bins[result.bins["factor"] == factor]
    strata = result.strata_by_row(factor)
    means = pd.Series(table["mean"].to_numpy(dtype=float), index=list(strata.cat.categories))
    if str(table["method"].iloc[0]) == AS_GIVEN:
        strata = strata.cat.as_unordered()
    options.setdefault("legend", word("strata of", lang, factor=variable_label(regions, factor, lang)))
    options.setdefault("variable", variable_label(regions, result.variable, lang))
    return strata_map(regions, _at_one_time(strata, at), means=means, **options)


def _at_one_time(strata: pd.Series, at: object) -> pd.Series:
    if not isinstance(strata.index, pd.MultiIndex):
        if at is not None:
            raise InputError(f"at={at!r} is for a result of several times; this one has no times.")
        return strata
    times = list(strata.index.get_level_values(1).unique())
    if at not in times:
        said = "a map is that of one time: pass at=" if at is None else f"no time {at!r}"
        raise UnknownNameError(f"{said}; there are {name_some(times, limit=20)}.")
    chosen: pd.Series = strata.xs(at, level=1)
    return chosen
