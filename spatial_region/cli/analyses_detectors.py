"""Run the detectors beside the GeoDetector of factors and pairs, and lay out what they found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region import viz
from spatial_region.cli import schema_detectors as spec
from spatial_region.cli.checks import times_of
from spatial_region.cli.markdown import number
from spatial_region.cli.task import Task, with_seed
from spatial_region.cli.words import in_words, word
from spatial_region.core.messages import name_regions

_BEST = ["method", "k", "q", "q_adjusted", "p_permutation", "loess_method", "loess_k", "loess_q", "loess_p_permutation"]
_MOST_MAPPED = 8  # zones that can be told apart, with room for their legend
_DROPPED = "missing values were dropped"  # said with the names of the regions


def run_compare_bins(one: spec.CompareBins, task: Task) -> None:
    """Lay out the best cut of each factor, and q of all of them."""
    for time in times_of(one, task.study):
        made = sr.compare_bins(task.study, one.variable, one.factors, at=time, **_options(one, task))
        _say_sample(made, task, time)
        best = made.best[_BEST].drop(columns=[] if made.permutations else [c for c in _BEST if "p_perm" in c])
        _table(task, time, "best", word("best bins", task.lang), made.best, best)
        labels, title = _labels(one, task), task.titled(task.section.title, time)
        figure = viz.plot(made, labels=labels, lang=task.lang, title=title)
        task.section.figure(task.named(time, "candidates"), figure, title)
        task.section.data(task.named(time, "candidates"), made.candidates.set_index("factor"))
        _close(made, task)


def run_gozh(one: spec.Gozh, task: Task) -> None:
    """Lay out the zones with their rules and a map, and what the splits on each factor add."""
    for time in times_of(one, task.study):
        made = sr.gozh(task.study, one.variable, one.factors, at=time, **_options(one, task))
        _say_sample(made, task, time)
        zones, title = len(made.zones), task.titled(task.section.title, time)
        task.section.say(word("gozh said", task.lang, q=number(made.q), adjusted=number(made.q_adjusted), zones=zones))
        if made.permutations:
            task.section.say(_drawn(made, number(made.p_permutation), task))
        task.record(time, q=made.q, zones=zones)
        shown = made.zones.assign(rule=[_rule(rule, task.lang) for rule in made.zones["rule"]])
        _table(task, time, "zones", word("zones", task.lang), made.zones, shown)
        _table(task, time, "factors", word("shares of factors", task.lang), made.factors, made.factors)
        if 1 < zones <= _MOST_MAPPED and not isinstance(made.members.index, pd.MultiIndex):
            figure = viz.plot(made, regions=task.study, title=title, **task.map_options)
            task.section.figure(task.named(time, "map"), figure, title)
        members = made.members.to_frame()
        task.section.data(task.named(time, "members"), members)
        _close(made, task)


def run_lesh(one: spec.Lesh, task: Task) -> None:
    """Lay out the share of each factor in q, and of each two in theirs."""
    for time in times_of(one, task.study):
        made = sr.lesh(task.study, one.variable, one.factors, at=time, **_options(one, task))
        _say_sample(made, task, time)
        zones = len(made.zones)
        task.section.say(word("lesh said", task.lang, q=number(made.q), adjusted=number(made.q_adjusted), zones=zones))
        task.record(time, q=made.q, zones=zones)
        shown = made.factors.sort_values("share", ascending=False, kind="stable").dropna(axis="columns", how="all")
        _table(task, time, "factors", word("shares of factors", task.lang), made.factors, shown)
        if made.permutations:
            task.section.say(_drawn(made, "", task))
        if len(made.pairs):
            pairs = made.pairs.sort_values("q_ab", ascending=False, kind="stable")
            _table(task, time, "pairs", word("shares of pairs", task.lang), made.pairs, pairs, index=False)
        task.section.data(task.named(time, "local"), made.local)
        _close(made, task)


def run_spade(one: spec.Spade, task: Task) -> None:
    """Lay out the power of spatial determinants of each factor."""
    for time in times_of(one, task.study):
        made = sr.spade(task.study, one.variable, one.factors, at=time, **_options(one, task))
        _say_sample(made, task, time)
        named = one.w is not None or bool(task.study.weights)
        w = f"`{task.weights_name(one.w)}`" if named else word("inverse distance", task.lang)
        task.section.say(word("spade said", task.lang, w=w))
        shown = made.factors.sort_values("psd", ascending=False, kind="stable").dropna(axis="columns", how="all")
        _table(task, time, "", task.section.title, made.factors, shown)
        if made.permutations:
            task.section.say(_drawn(made, "", task))
        if len(made.levels):
            _table(task, time, "levels", word("by number of strata", task.lang), made.levels, made.levels, index=False)
        _close(made, task)


def _options(one: spec.Detector, task: Task) -> dict[str, Any]:
    return with_seed(one, task)


def _labels(one: spec.Detector, task: Task) -> Mapping[str, str]:
    return {factor: task.label(factor) for factor in one.factors}


def _say_sample(made: Any, task: Task, time: object) -> None:
    """Keep how many rows were used, and name the regions of those that were not."""
    task.record(time, n=made.n, dropped=[str(row) for row in made.dropped])
    if len(made.dropped):
        regions = list(dict.fromkeys(row[0] if isinstance(row, tuple) else row for row in made.dropped))
        names = name_regions(regions, task.study.names, limit=20)
        task.section.say(word("no factor", task.lang, regions=names))


def _drawn(made: Any, p: str, task: Task) -> str:
    key = "p drawn" if p else "p columns drawn"
    return word(key, task.lang, p=p, count=made.permutations, seed=made.spec.seed)


def _rule(rule: str, lang: str) -> str:
    """Return the rule of a zone with its words in a language; names and values stay as they are."""
    if rule == "all":
        return word("rule all", lang)
    parts = [part.replace(" in {", word("rule in", lang), 1) for part in rule.split(" and ")]
    return word("rule and", lang).join(parts)


def _close(made: Any, task: Task) -> None:
    task.section.notes(note for note in made.notes if _DROPPED not in note)


def _table(
    task: Task, time: object, suffix: str, caption: str, table: pd.DataFrame, shown: pd.DataFrame, *, index: bool = True
) -> None:
    """Save a table, and show it with the labels of variables."""
    visible = shown.reset_index() if index else shown
    named = {column: task.study.labels for column in ("factor", "factor_a", "factor_b") if column in visible}
    visible = in_words(visible.replace({column: dict(labels) for column, labels in named.items()}), task.lang)
    task.section.table(
        task.named(time, suffix), table, task.titled(caption, time), shown=visible, index=index, limit=40
    )


RUNNERS: dict[str, Callable[[Any, Task], None]] = {
    "compare_bins": run_compare_bins,
    "gozh": run_gozh,
    "lesh": run_lesh,
    "spade": run_spade,
}
