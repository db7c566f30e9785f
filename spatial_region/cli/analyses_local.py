"""Run one analysis of a study file and lay out what it found: local statistics, all of them alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region import viz
from spatial_region.autocorr.local_moran import LocalMoran
from spatial_region.autocorr.local_result import NOT_SIGNIFICANT, UNDEFINED, LocalResult
from spatial_region.cli import schema_autocorr as spec
from spatial_region.cli.checks import times_of
from spatial_region.cli.task import Task, with_seed
from spatial_region.cli.words import word
from spatial_region.core.messages import name_some
from spatial_region.viz.words import word as in_figures

_LEVEL = 0.05  # the default of ``table(level=)``


def run_local(one: Any, task: Task) -> None:
    """Find clusters at each time, with their map, and a scatterplot for local Moran's I."""
    options = with_seed(one, task)
    level = options.pop("level", _LEVEL)
    clusters: dict[Any, pd.Series] = {}
    times = times_of(one, task.study)
    task.section.say(word("weights used", task.lang, w=task.weights_name(one.w)))
    for time in times:
        made: LocalResult = getattr(sr, one.kind)(task.study, one.variable, at=time, **options)
        table = made.table(level=level)
        clusters[time] = table["cluster"]
        caption = task.titled(task.section.title, time)
        if len(times) > 1:
            task.section.heading(str(time))
        task.record_sample(time, made.spec.inputs, one.w)
        _say_test(made, level, time, task)
        figure = viz.plot(made, regions=task.study, level=level, title=caption, **task.map_options)
        task.section.figure(task.named(time, "clusters"), figure, caption)
        if isinstance(made, LocalMoran):
            label = _scatter_label(one, task)
            scatter = viz.plot(made, kind="scatter", level=level, lang=task.lang, variable=label, title=caption)
            task.section.figure(task.named(time, "scatter"), scatter, caption)
        task.section.table(task.named(time), table, caption, shown=_members(made, table, task.lang))
    if len(times) > 1:
        frame = pd.DataFrame(clusters)
        # As where one map stands alone: local Moran's bears the name that readers know.
        legend = {} if isinstance(made, LocalMoran) else {"legend": in_figures(made.title, task.lang)}
        shown_as: dict[str, Any] = {"kind": "clusters", "title": task.section.title, **task.map_options, **legend}
        figure = viz.small_multiples(task.study, frame, **shown_as)
        task.section.figure(task.named(None, "times"), figure, task.section.title)


def _scatter_label(one: Any, task: Task) -> str:
    label = task.subject(one)
    if isinstance(one, spec.LocalMoranRates):
        return word("rate", task.lang, events=label, population=task.label(one.population))
    return label


def _say_test(made: LocalResult, level: float, time: object, task: Task) -> None:
    """Say how the regions were tested, how many are significant, and how far chance in the draws could move that."""
    lang = task.lang
    found = int(made.table(level=level)["significant"].sum())
    fewer, more = made.count_range(level=level)
    task.record(
        time, significant=found, level=level, correction=made.correction, alternative=made.alternative,
        permutations=made.permutations, seed=made.spec.seed if made.tests is not None else None,
        enumerated=int(made.enumerated.sum()), count_range=[fewer, more],
    )  # fmt: skip
    said = word(
        "local said", lang, found=found, n=made.n, level=f"{level:g}", how=_how(made, task),
        alternative=word(made.alternative, lang), correction=word(f"correction {made.correction or 'none'}", lang),
    )  # fmt: skip
    if made.tests is not None and not _all_sets(made):
        said += word("monte carlo" if more > fewer else "monte carlo none", lang, fewer=fewer, more=more)
    task.section.say(said)
    task.caution_few(made.n)


def _how(made: LocalResult, task: Task) -> str:
    """Say where the p-values come from; regions with few possible sets of neighbours have all of them taken."""
    options, lang = made.spec.options, task.lang
    if made.tests is None:
        return word(f"inference {options.get('inference', 'exact')}", lang)
    if _all_sets(made):
        return word("every set", lang)
    kind = options.get("inference", "conditional")
    how = word(f"{kind} permutations", lang, count=made.permutations, seed=made.spec.seed)
    if options.get("stop_after") is not None:
        how = word("stopped early", lang, how=how, count=options["stop_after"])
    return word("some sets", lang, how=how) if made.enumerated.any() else how


def _all_sets(made: LocalResult) -> bool:
    """Say whether every region that has a test had all sets of neighbours taken."""
    return made.tests is not None and bool(made.tests.exact[made.tests.draws > 0].all())


def _members(made: LocalResult, table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return how many regions each class has, and which."""
    rows = []
    for cluster in (*made.classes, NOT_SIGNIFICANT, UNDEFINED, *made.untested):
        names = table.loc[table["cluster"] == cluster, "name"]
        if len(names):
            listed = "" if cluster in (NOT_SIGNIFICANT, *made.untested) else name_some(names, limit=40)
            rows.append((word(cluster, lang), len(names), listed))
    return pd.DataFrame(rows, columns=[word(key, lang) for key in ("type", "count", "members")])


RUNNERS: dict[str, Callable[[Any, Task], None]] = dict.fromkeys(
    (
        "local_moran", "local_moran_rates", "bivariate_local_moran", "local_geary", "local_g", "local_join_count",
        "quantile_lisa", "losh",
    ),
    run_local,
)  # fmt: skip
