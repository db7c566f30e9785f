"""Run one analysis of a study file and lay out what it found: weights, and global spatial association."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region import viz
from spatial_region.autocorr.global_result import GlobalResult
from spatial_region.autocorr.join_count_result import JoinCount
from spatial_region.autocorr.moran import Moran
from spatial_region.cli import schema_autocorr as spec
from spatial_region.cli.checks import times_of
from spatial_region.cli.markdown import number
from spatial_region.cli.task import Task, with_seed
from spatial_region.cli.words import in_words, word
from spatial_region.core.messages import name_regions

_TESTS = (
    "time", "at", "n", "I", "C", "G", "L", "expected", "z", "p_normal", "p_saddlepoint", "p", "permutations",
)  # fmt: skip


def run_weights(one: spec.WeightsFigures, task: Task) -> None:
    """Draw the links of weights, and how many neighbours regions have."""
    name = task.weights_name(one.w)
    w = task.study.weights[name]
    counts = w.cardinalities
    said = word(
        "weights said", task.lang, w=name, links=w.n_links, least=int(counts.min()), mean=number(float(counts.mean())),
        most=int(counts.max()), components=w.n_components,
    )  # fmt: skip
    task.section.say(said)
    if len(w.islands):
        names = name_regions(w.islands, task.study.names, limit=20)
        task.section.say(word("islands said", task.lang, regions=names))
    task.record(None, links=w.n_links, islands=list(map(str, w.islands)), components=w.n_components)
    title = task.section.title
    figure = viz.connectivity_map(task.study, w, title=title, **task.map_options)
    task.section.figure(task.named(None, "map"), figure, title)
    caption = word("cardinalities", task.lang, title=title)
    figure = viz.cardinality_histogram(w, title=caption, lang=task.lang)
    task.section.figure(task.named(None, "histogram"), figure, caption)
    table = pd.DataFrame({"name": task.study.names, "neighbours": counts.reindex(task.study.ids)})
    task.section.data(task.name, table)


def run_global(one: spec.GlobalStatistic, task: Task) -> None:
    """Test global association at each time, with a scatterplot or with what rearrangements give."""
    rows = []
    task.section.say(word("weights used", task.lang, w=task.weights_name(one.w)))
    test: Callable[..., GlobalResult] = getattr(sr, one.kind)  # type: ignore[attr-defined]
    for time in times_of(one, task.study):
        made = test(task.study, one.variable, at=time, **with_seed(one, task))
        table = made.table()
        rows.append(table.reset_index().assign(at=time) if isinstance(made, JoinCount) else table)
        task.record_sample(time, made.spec.inputs, one.w)
        said = _said(made, task)
        task.section.say(said if time is None else f"{time}: {said}")
        task.caution_few(made.n)
        caption = task.titled(task.section.title, time)
        if isinstance(made, Moran):
            label = task.subject(one)
            if isinstance(one, spec.MoranRates):
                label = word("rate", task.lang, events=label, population=task.label(one.population))
            figure = viz.plot(made, lang=task.lang, variable=label, title=caption)
            task.section.figure(task.named(time, "scatter"), figure, caption)
        elif made.permutations:
            figure = viz.plot(made, lang=task.lang, title=caption)
            task.section.figure(task.named(time, "permutations"), figure, caption)
    table = pd.concat(rows, ignore_index=True)
    shown = _joins(table, task.lang) if one.kind == "join_count" else _tests(table, task.lang)  # type: ignore[attr-defined]
    task.section.table(task.name, table, task.section.title, shown=shown, index=False)


def _said(made: GlobalResult, task: Task) -> str:
    """Return the statistic and its test in a sentence."""
    test = word("not permuted", task.lang)
    if made.p is not None:
        how = _how_tested(made, task)
        test = word("tested", task.lang, p=number(made.p), how=how, alternative=word(made.alternative, task.lang))
    symbol = word("joins of unlike", task.lang) if isinstance(made, JoinCount) else made.symbol
    normal = "" if pd.isna(made.p_normal) else word("normal p", task.lang, p=number(made.p_normal))
    return word(
        "global said", task.lang, symbol=symbol, value=number(made.statistic), expected=number(made.expected),
        test=test, normal=normal,
    )  # fmt: skip


def _how_tested(made: GlobalResult, task: Task) -> str:
    if made.enumerated:
        return word("every arrangement", task.lang, count=made.permutations)
    return word("permutations", task.lang, count=made.permutations, seed=made.spec.seed)


def run_moran_by_time(one: spec.MoranByTime, task: Task) -> None:
    """Test global association at every time."""
    options = with_seed(one, task)
    table = sr.moran_by_time(task.study, one.variable, **options)
    said = [word("weights used", task.lang, w=task.weights_name(one.w))]
    if (table["permutations"] > 0).any():
        said.append(word("seed used", task.lang, seed=options["seed"]))
    task.section.say(" ".join(said))
    task.caution_few(int(table["n"].min()))
    figure = viz.moran_trend(table, lang=task.lang, title=task.section.title)
    task.section.figure(task.named(None, "trend"), figure, task.section.title)
    task.section.table(task.name, table, task.section.title, shown=_tests(table.reset_index(), task.lang))


def run_published_moran(one: spec.PublishedMoran, task: Task) -> None:
    """Say what printed figures imply."""
    n = one.n if one.n is not None else task.study.n
    options: dict[str, Any] = {} if one.alternative is None else {"alternative": one.alternative}
    times = pd.Index(one.times, name="time")
    table = sr.published_moran(pd.Series(one.I, times), pd.Series(one.se, times), n=n, **options)
    task.section.say(word("published said", task.lang, n=n))
    figure = viz.moran_trend(table, lang=task.lang, title=task.section.title)
    task.section.figure(task.named(None, "trend"), figure, task.section.title)
    task.section.table(task.name, table, task.section.title, shown=in_words(table.reset_index(), task.lang))


def _tests(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the columns of global tests that a reader needs, without empty ones."""
    columns = [column for column in _TESTS if column in table]
    return in_words(table[columns].dropna(axis="columns", how="all"), lang)


def _joins(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the joins between each two categories, without empty columns."""
    columns = ["at", "pair", "joins", "expected", "z", "p_normal", "p"]
    shown = table[columns].dropna(axis="columns", how="all")
    return in_words(shown.assign(pair=shown["pair"].replace("unlike", word("unlike", lang))), lang)


RUNNERS: dict[str, Callable[[Any, Task], None]] = {
    "weights": run_weights,
    "moran_by_time": run_moran_by_time,
    "published_moran": run_published_moran,
    **dict.fromkeys(
        ("moran", "moran_rates", "geary", "getis_ord_g", "join_count", "bivariate_moran", "lee"), run_global
    ),
}
