"""Run one analysis of a study file and lay out what it found: moves of regions from time to time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region import viz
from spatial_region.autocorr.chain import Chain
from spatial_region.autocorr.markov_result import SpatialMarkov
from spatial_region.cli import schema_autocorr as spec
from spatial_region.cli.markdown import number
from spatial_region.cli.task import Task, with_seed
from spatial_region.cli.words import in_words, word
from spatial_region.core.messages import name_regions

_MOST_ROWS, _MOST_TIMES, _MOST_MAPS = 60, 100, 6  # beyond which a history, or maps side by side, cannot be read


def run_transitions(one: spec.LisaTransitions | spec.QuadrantTransitions, task: Task) -> None:
    """Lay out the moves between quadrants: by type, as a matrix, as histories and as maps."""
    made = getattr(sr, one.kind)(task.study, one.variable, **with_seed(one, task))
    lang, title, totals = task.lang, task.section.title, made.totals
    w = getattr(one, "w", None)
    if isinstance(one, spec.LisaTransitions):
        task.section.say(word("weights used", lang, w=task.weights_name(w)))
    _say_left_out(made, task, w)
    said = word(
        "transitions said", lang, n=made.n, steps=len(made.types.columns), lengths=_lengths(made, task),
        stability=number(totals["stability"]), flux=number(totals["flux"]), cohesion=number(totals["cohesion"]),
    )  # fmt: skip
    task.section.say(said)
    test = made.independence
    task.section.say(_chi_square("independence said", test, task))
    if made.level is not None:
        options = made.spec.options
        task.section.say(
            word(
                "states said",
                lang,
                level=f"{made.level:g}",
                count=options["permutations"],
                seed=made.spec.seed,
                correction=word(f"correction {options['correction'] or 'none'}", lang),
            )
        )
    task.record(None, types=made.type_counts.sum().to_dict(), **{k: float(v) for k, v in totals.items()})
    figure = viz.plot(made, lang=lang, title=title)
    task.section.figure(task.named(None, "matrix"), figure, title)
    if made.n <= _MOST_ROWS and len(made.states.columns) <= _MOST_TIMES:
        figure = viz.plot(made, kind="history", lang=lang, title=title)
        task.section.figure(task.named(None, "history"), figure, title)
    if len(made.states.columns) <= _MOST_MAPS:
        figure = viz.plot(made, kind="maps", regions=task.study, title=title, **task.map_options)
        task.section.figure(task.named(None, "maps"), figure, title)
    task.section.data(task.name, made.table())
    _say_chain(made.chain, title, task.named(None, "matrix"), task)


def run_markov(one: Any, task: Task) -> None:
    """Lay out the moves between classes, in all and by class of the neighbours."""
    made = getattr(sr, one.kind)(task.study, one.variable, **one.options())
    lang, title = task.lang, task.section.title
    if isinstance(made, SpatialMarkov):
        task.section.say(word("weights used", lang, w=task.weights_name(one.w)))
    _say_left_out(made, task, getattr(one, "w", None))
    n, steps = len(made.classes), len(made.classes.columns) - 1
    task.section.say(
        word("markov said", lang, n=n, steps=steps, lengths=_lengths(made, task), k=made.spec.options["k"])
    )
    key = "neighbours matter" if isinstance(made, SpatialMarkov) else "steps alike"
    task.section.say(_chi_square(key, made.likelihood_ratio, task))
    task.record(None, n=n, steps=steps, likelihood_ratio=float(made.likelihood_ratio.statistic))
    figure = viz.plot(made, lang=lang, title=title)
    task.section.figure(task.named(None, "matrix"), figure, title)
    task.section.data(task.name, made.table().set_index("from"))
    if isinstance(made, SpatialMarkov):
        _say_chain(made.pooled, word("all regions", lang, title=title), task.named(None, "matrix"), task)
        steady = in_words(made.steady_state.reset_index(), lang)
        caption = word("steady by neighbours", lang, title=title)
        task.section.table(task.named(None, "steady"), made.steady_state, caption, shown=steady)
    else:
        _say_chain(made.chain, title, task.named(None, "matrix"), task)


def _say_left_out(made: Any, task: Task, w: str | None) -> None:
    """Name the regions that were left out, and record them."""
    dropped = str(made.spec.inputs["dropped"])
    task.record(None, dropped=dropped)
    if dropped:
        names = name_regions(dropped.split(", "), task.study.names, limit=20)
        task.section.say(word("no value", task.lang, regions=names))
    states = getattr(made, "lag_classes", getattr(made, "quadrants", None))
    if states is not None:
        islands = states.index[states.eq("undefined").any(axis=1)]
        task.record(None, islands=list(map(str, islands)))
        if len(islands):
            names = name_regions(islands, task.study.names, limit=20)
            task.section.say(word("islands left out", task.lang, regions=names))


def _lengths(made: Any, task: Task) -> str:
    times = list(made.quadrants.columns if hasattr(made, "quadrants") else made.classes.columns)
    return word("from to", task.lang, first=times[0], last=times[-1])


def _chi_square(key: str, test: Any, task: Task) -> str:
    return word(key, task.lang, statistic=number(test.statistic), df=test.df, p=number(test.p))


def _say_chain(chain: Chain, title: str, name: str, task: Task) -> None:
    """Show probabilities, numbers of moves and the long run as one table."""
    lang = task.lang
    table = chain.probabilities.assign(moves=chain.counts.sum(axis=1), steady_state=chain.steady_state)
    shown = table.rename_axis("from").reset_index()
    shown.columns = pd.Index([str(column) for column in shown.columns])
    shown["from"] = [word(str(state), lang) if str(state) in STATES else str(state) for state in shown["from"]]
    task.section.table(name, table, word("chain", lang, title=title), shown=in_words(shown, lang))
    task.section.notes(chain.notes)


STATES = ("HH", "LL", "LH", "HL", "not significant")
RUNNERS: dict[str, Callable[[Any, Task], None]] = {
    "lisa_transitions": run_transitions,
    "quadrant_transitions": run_transitions,
    "markov": run_markov,
    "spatial_markov": run_markov,
}
