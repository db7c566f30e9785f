"""Run the GeoDetector of a study file and lay out what it found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region import viz
from spatial_region.cli import schema_analyses as spec
from spatial_region.cli.checks import grouping_of, times_of
from spatial_region.cli.task import Task
from spatial_region.cli.words import in_words, word
from spatial_region.cli.words_more_zh import PLATES_ZH
from spatial_region.core.messages import name_regions
from spatial_region.core.study import Study
from spatial_region.geodetector.groups import GeoDetectorGroups
from spatial_region.geodetector.result import GeoDetectorResult

_PAIRS = 10  # pairs shown in the summary; the CSV has them all
_FACTORS = [
    "q",
    "q_lower",
    "q_upper",
    "q_adjusted",
    "p_permutation",
    "p_central",
    "strata",
    "n",
    "singletons",
    "method",
]
_WAYS = ["p_within_regions", "p_whole_regions", "p_spatial"]
_BY_CAUTION = ["p_spatial", "p_whole_regions", "p_within_regions", "p_permutation"]
_MOST_MAPPED = 8  # strata that can be told apart, with room for their legend
_RISK = ["factor", "stratum_a", "stratum_b", "mean_a", "mean_b", "difference", "p", "p_games_howell"]
_ECOLOGICAL = ["factor_a", "factor_b", "F", "p", "difference", "p_paired"]
_INTERACTIONS = ["factor_a", "factor_b", "q_a", "q_b", "q_ab", "type", "increment", "p_increment"]


def run_geodetector(one: spec.GeoDetector, task: Task) -> None:
    """Detect what explains a variable at each time: factors, pairs of factors, and the strata themselves."""
    labels = {factor: task.label(factor) for factor in one.factors}
    options = {"seed": task.seed, **one.options()}
    if "grouping" in options:
        options["grouping"] = _grouping(task.study, options["grouping"])
    for time in times_of(one, task.study):
        made = sr.geodetector(task.study, one.variable, one.factors, at=time, **options)
        if isinstance(made, GeoDetectorGroups):
            _lay_out_parts(made, one, task, time, labels)
        else:
            _lay_out_whole(made, one, task, time, labels)


def _grouping(study: Study, grouping: str) -> pd.Series:
    """Return the groups under the name that readers know."""
    found: pd.Series = grouping_of(study, grouping)
    return found.rename(grouping)


def _lay_out_whole(
    made: GeoDetectorResult, one: spec.GeoDetector, task: Task, time: object, labels: dict[str, str]
) -> None:
    _say_sample(made, task, time)
    _lay_out_factors(made, one, task, time, labels)
    if len(made.interactions):
        _lay_out_pairs(made, one, task, time, labels)
    if len(made.triples):
        _lay_out_triples(made, one, task, time, labels)
    shown = in_words(made.bins.replace({"factor": labels}), task.lang)
    caption = _caption("strata", one, task, time)
    task.section.table(task.named(time, "strata"), made.bins, caption, shown=shown, index=False)
    _map_strongest(made, one, task, time)
    if len(made.candidates):
        figure = viz.plot(made, kind="bins", labels=labels, lang=task.lang, title=_caption("tried", one, task, time))
        task.section.data(task.named(time, "candidates"), made.candidates)
        task.section.figure(task.named(time, "candidates"), figure, _caption("tried", one, task, time))
    _lay_out_comparisons(made, one, task, time, labels)
    task.section.notes(note for note in made.notes if "were dropped" not in note)  # said above, with names


def _lay_out_comparisons(
    made: GeoDetectorResult, one: spec.GeoDetector, task: Task, time: object, labels: dict[str, str]
) -> None:
    """Lay out which strata differ in mean, and which factors in what they explain; the CSV files have all columns."""
    tables = {"risk": (made.risk, _RISK), "ecological": (made.ecological, _ECOLOGICAL)}
    for name, (table, columns) in tables.items():
        if not len(table):
            continue
        named = {column: labels for column in columns if column.startswith("factor")}
        shown = in_words(table[columns].replace(named), task.lang)
        caption = _caption(name, one, task, time)
        task.section.table(task.named(time, name), table, caption, shown=shown, index=False, limit=_PAIRS)
        task.section.say(word(f"{name} said", task.lang))


def _lay_out_parts(
    made: GeoDetectorGroups, one: spec.GeoDetector, task: Task, time: object, labels: dict[str, str]
) -> None:
    lang = task.lang
    ps = _ps_of_parts(made.factors)
    caption = _caption("factors", one, task, time)
    names = {
        **dict.fromkeys(("factor", "factor_a", "factor_b"), labels),
        "group": {"all": word("all groups", lang)},
        "time": {"pooled": word("all times", lang)},
    }
    table = made.factors.reset_index()
    shown = _renamed(table[[*made.levels, "factor", "q", *ps, "strata", "n"]], names)
    shown = in_words(shown, lang)
    task.section.table(task.named(time, "factors"), table, caption, shown=shown, index=False)
    called = {**labels, **(PLATES_ZH if lang == "zh" else {})}
    figure = viz.plot(made, p=ps[-1], labels=called, lang=lang, title=task.titled(task.section.title, time))
    task.section.figure(task.named(time, "factors"), figure, caption)
    if len(made.interactions):
        top = made.dominant()
        shown = in_words(_renamed(top, names), lang)
        task.section.table(
            task.named(time, "interactions"), made.interactions, _caption("dominant", one, task, time),
            shown=shown, index=False,
        )  # fmt: skip
        task.section.say(word("interactions said", lang))
    task.section.data(task.named(time, "strata"), made.bins)
    task.record(time, parts=len(made.parts), skipped=[" ".join(map(str, key)) for key in made.skipped])
    task.section.notes(made.notes)


def _renamed(table: pd.DataFrame, names: dict[str, dict[str, str]]) -> pd.DataFrame:
    """Return the table with the values of each column under the names that readers know."""
    return table.replace({column: known for column, known in names.items() if column in table})


def _say_sample(made: Any, task: Task, time: object) -> None:
    """Keep how many rows were used, and name the regions of those that were not."""
    task.record(time, n=made.n, dropped=[str(row) for row in made.dropped])
    if len(made.dropped):
        regions = list(dict.fromkeys(row[0] if isinstance(row, tuple) else row for row in made.dropped))
        names = name_regions(regions, task.study.names, limit=20)
        task.section.say(word("no factor", task.lang, regions=names))


def _lay_out_factors(made: Any, one: spec.GeoDetector, task: Task, time: object, labels: dict[str, str]) -> None:
    ways = [column for column in _WAYS if column in made.factors]
    shown = (
        made.factors[[*_FACTORS[:5], *ways, *_FACTORS[5:]]]
        .sort_values("q", ascending=False)
        .rename(index=labels)
        .reset_index()
    )
    if not made.permutations:
        shown = shown.drop(columns="p_permutation")
    caption = _caption("factors", one, task, time)
    shown = in_words(shown, task.lang)
    task.section.table(task.named(time, "factors"), made.factors, caption, shown=shown)
    said = word("factors said", task.lang)
    if made.permutations:
        said += word("factors drawn", task.lang, count=made.permutations, seed=made.spec.seed)
    explained = [word(f"{column} said", task.lang) for column in _BY_CAUTION[:3] if column in made.factors]
    task.section.say(word("sentence gap", task.lang).join([said, *explained]))
    title = task.titled(task.section.title, time)
    bars = viz.plot(made, kind="factor", p=_p_to_read(made.factors), labels=labels, lang=task.lang, title=title)
    task.section.figure(task.named(time, "factors"), bars, caption)


def _p_to_read(factors: pd.DataFrame) -> str:
    """Return the column of the p-values that suppose least, of those that were asked for."""
    asked = [column for column in _BY_CAUTION if column in factors and factors[column].notna().any()]
    return asked[0] if asked else "p_central"


def _ps_of_parts(factors: pd.DataFrame) -> list[str]:
    """Return the column of p-values to read, and, if some part has none of these, one that all parts have.

    A single year has no p by whole regions, for example.
    """
    first = _p_to_read(factors)
    for column in (first, *_BY_CAUTION, "p_central"):
        if column in factors and not (factors[column].isna() & factors["q"].notna()).any():
            return list(dict.fromkeys((first, column)))
    return [first]


def _map_strongest(made: GeoDetectorResult, one: spec.GeoDetector, task: Task, time: object) -> None:
    """Draw the strata of the factor with the largest q, where they are those of one time and few enough to be seen."""
    factor = str(made.factors["q"].idxmax())
    own = made.bins[made.bins["factor"] == factor]
    if isinstance(made.index, pd.MultiIndex) or len(own) > _MOST_MAPPED:
        return
    title = _caption("strata", one, task, time)
    drawn = viz.plot(made, kind="strata", factor=factor, title=title, **task.map_options)
    task.section.figure(task.named(time, "strata"), drawn, title)


def _lay_out_pairs(made: Any, one: spec.GeoDetector, task: Task, time: object, labels: dict[str, str]) -> None:
    shown = made.interactions.sort_values("q_ab", ascending=False, kind="stable")[_INTERACTIONS]
    shown = in_words(shown.replace({"factor_a": labels, "factor_b": labels}), task.lang)
    caption = _caption("interactions", one, task, time)
    name = task.named(time, "interactions")
    task.section.table(name, made.interactions, caption, shown=shown, index=False, limit=_PAIRS)
    task.section.say(word("interactions said", task.lang))
    figure = viz.plot(made, labels=labels, lang=task.lang, title=task.titled(task.section.title, time))
    task.section.figure(name, figure, caption)


def _lay_out_triples(made: Any, one: spec.GeoDetector, task: Task, time: object, labels: dict[str, str]) -> None:
    columns = ["factor_a", "factor_b", "factor_c", "q_pair", "q_abc", "type", "increment", "p_increment"]
    ranked = made.triples.sort_values("q_abc", ascending=False, kind="stable")[columns]
    shown = in_words(ranked.replace(dict.fromkeys(columns[:3], labels)), task.lang)
    caption = _caption("triples", one, task, time)
    task.section.table(task.named(time, "triples"), made.triples, caption, shown=shown, index=False, limit=_PAIRS)


def _caption(key: str, one: spec.GeoDetector, task: Task, time: object) -> str:
    return task.titled(word(key, task.lang, variable=task.label(one.variable)), time)


RUNNERS: dict[str, Callable[[Any, Task], None]] = {"geodetector": run_geodetector}
