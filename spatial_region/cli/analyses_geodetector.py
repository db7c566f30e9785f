"""Run the GeoDetector of a study file and lay out what it found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import spatial_region as sr
from spatial_region import viz
from spatial_region.cli import schema_analyses as spec
from spatial_region.cli.checks import times_of
from spatial_region.cli.task import Task
from spatial_region.cli.words import in_words, word
from spatial_region.core.messages import name_regions

_PAIRS = 10  # pairs shown in the summary; the CSV has them all
_FACTORS = ["q", "q_adjusted", "p_permutation", "p_central", "strata", "n", "singletons", "method"]
_INTERACTIONS = ["factor_a", "factor_b", "q_a", "q_b", "q_ab", "type", "increment", "p_increment"]


def run_geodetector(one: spec.GeoDetector, task: Task) -> None:
    """Detect what explains a variable at each time: factors, pairs of factors, and the strata themselves."""
    labels = {factor: task.label(factor) for factor in one.factors}
    for time in times_of(one, task.study):
        made = sr.geodetector(task.study, one.variable, one.factors, at=time, **{"seed": task.seed, **one.options()})
        _say_sample(made, task, time)
        _lay_out_factors(made, one, task, time, labels)
        if len(made.interactions):
            _lay_out_pairs(made, one, task, time, labels)
        caption = _caption("strata", one, task, time)
        shown = in_words(made.bins.replace({"factor": labels}), task.lang)
        task.section.table(task.named(time, "strata"), made.bins, caption, shown=shown, index=False)
        task.section.notes(note for note in made.notes if "were dropped" not in note)  # said above, with names


def _say_sample(made: Any, task: Task, time: object) -> None:
    """Keep how many rows were used, and name the regions of those that were not."""
    task.record(time, n=made.n, dropped=[str(row) for row in made.dropped])
    if len(made.dropped):
        regions = list(dict.fromkeys(row[0] if isinstance(row, tuple) else row for row in made.dropped))
        names = name_regions(regions, task.study.names, limit=20)
        task.section.say(word("no factor", task.lang, regions=names))


def _lay_out_factors(made: Any, one: spec.GeoDetector, task: Task, time: object, labels: dict[str, str]) -> None:
    shown = made.factors[_FACTORS].sort_values("q", ascending=False).rename(index=labels).reset_index()
    if not made.permutations:
        shown = shown.drop(columns="p_permutation")
    caption = _caption("factors", one, task, time)
    shown = in_words(shown, task.lang)
    task.section.table(task.named(time, "factors"), made.factors, caption, shown=shown)
    said = word("factors said", task.lang)
    if made.permutations:
        said += word("factors drawn", task.lang, count=made.permutations, seed=made.spec.seed)
    task.section.say(said)
    title = task.titled(task.section.title, time)
    bars = viz.plot(made, kind="factor", labels=labels, lang=task.lang, title=title)
    task.section.figure(task.named(time, "factors"), bars, caption)


def _lay_out_pairs(made: Any, one: spec.GeoDetector, task: Task, time: object, labels: dict[str, str]) -> None:
    shown = made.interactions.sort_values("q_ab", ascending=False, kind="stable")[_INTERACTIONS]
    shown = in_words(shown.replace({"factor_a": labels, "factor_b": labels}), task.lang)
    caption = _caption("interactions", one, task, time)
    name = task.named(time, "interactions")
    task.section.table(name, made.interactions, caption, shown=shown, index=False, limit=_PAIRS)
    task.section.say(word("interactions said", task.lang))
    figure = viz.plot(made, labels=labels, lang=task.lang, title=task.titled(task.section.title, time))
    task.section.figure(name, figure, caption)


def _caption(key: str, one: spec.GeoDetector, task: Task, time: object) -> str:
    return task.titled(word(key, task.lang, variable=task.label(one.variable)), time)


RUNNERS: dict[str, Callable[[Any, Task], None]] = {"geodetector": run_geodetector}
