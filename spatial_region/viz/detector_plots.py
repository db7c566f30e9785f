"""`plot` of geographical detectors: bars, heatmaps, matrices, maps and curves."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import check_option
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.geodetector.result import GeoDetectorResult
from spatial_region.geodetector.strata import AS_GIVEN
from spatial_region.viz.bars import factor_bars
from spatial_region.viz.bins_chart import bins_chart
from spatial_region.viz.figure import Figure
from spatial_region.viz.heatmap import interaction_heatmap
from spatial_region.viz.inputs import variable_label
from spatial_region.viz.plot import plot
from spatial_region.viz.risk_matrix import risk_matrix
from spatial_region.viz.strata_map import strata_map
from spatial_region.viz.style import Lang
from spatial_region.viz.words import word

DetectorKind = Literal["interaction", "factor", "risk", "strata", "bins"]
# The words for each column of p-values; others are named by their column.
_P_WORDS = {
    "p_permutation": "p permutation",
    "p_within_regions": "p within regions",
    "p_whole_regions": "p whole regions",
    "p_spatial": "p spatial",
    "p_central": "p central",
    "p_wang": "p wang",
}


@plot.register
def _(result: GeoDetectorResult, *, kind: DetectorKind | None = None, **options: Any) -> Figure:
    # One factor has no pairs, and its heatmap would be one cell.
    kind = kind or ("interaction" if len(result.factors) > 1 else "factor")
    check_option(kind, DetectorKind, "kind")
    lang = options.get("lang", "en")
    check_option(lang, Lang, "lang")
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


def _bars(result: GeoDetectorResult, *, p: str | None = None, **options: Any) -> Figure:
    column = p or ("p_permutation" if result.permutations else "p_central")
    values = _p_column(result.factors, column)
    options.setdefault("note", p_note(column, result.permutations, options.get("lang", "en")))
    if {"q_lower", "q_upper"} <= set(result.factors):
        options.setdefault("intervals", result.factors[["q_lower", "q_upper"]])
        options.setdefault("level", result.spec.options.get("level", 0.95))
    return factor_bars(result.factors["q"], values, **options)


def _p_column(table: pd.DataFrame, column: str) -> pd.Series:
    known = [name for name in table.columns if str(name).startswith("p_") and table[name].notna().any()]
    if column not in known:
        raise UnknownNameError(
            f"no p-values {column!r} in the result.{did_you_mean(column, known)} There are: {name_some(known)}."
        )
    found: pd.Series = table[column]
    return found


def p_note(column: str, permutations: int, lang: str) -> str:
    """Return what the stars of a figure stand for."""
    if column in _P_WORDS:
        return word(_P_WORDS[column], lang, count=permutations)
    return word("p of column", lang, column=column)


def _strata(
    result: Any, *, factor: str | None = None, at: object = None, regions: object = None, **options: Any
) -> Figure:
    lang, names = options.get("lang", "en"), list(result.factors.index)
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
    cut = str(table["method"].iloc[0]) != AS_GIVEN
    strata = _at_one_time(result.strata_by_row(factor), at)
    kinds = pd.CategoricalDtype([str(label) for label in table["stratum"]], ordered=cut)
    options.setdefault("legend", word("strata of", lang, factor=variable_label(regions, factor, lang)))
    options.setdefault("variable", variable_label(regions, result.variable, lang))
    means = pd.Series(table["mean"].to_numpy(dtype=float), index=kinds.categories)
    return strata_map(regions, strata.map(str, na_action="ignore").astype(kinds), means=means, **options)


def _at_one_time(strata: pd.Series, at: object) -> pd.Series:
    if not isinstance(strata.index, pd.MultiIndex):
        if at is not None:
            raise InputError(f"at={at!r} is for a result of several times; this one has no times.")
        return strata
    times = list(strata.index.get_level_values(1).unique())
    if at not in times:
        said = "a map is that of one time: pass at=" if at is None else f"no time {at!r}"
        raise UnknownNameError(f"{said}; there are {name_some(times, limit=20)}.")
    return strata.xs(at, level=1)
