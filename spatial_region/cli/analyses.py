"""Run one analysis of a study file and lay out what it found: description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region import viz
from spatial_region.cli import schema_analyses as spec
from spatial_region.cli.checks import times_of
from spatial_region.cli.markdown import number
from spatial_region.cli.task import Task
from spatial_region.cli.words import word
from spatial_region.core.messages import name_some


def run_profile(one: spec.Profile, task: Task) -> None:
    """Lay out levels, shares, ranks and growth, one table a variable."""
    times = times_of(one, task.study)
    for time in times:
        made = sr.profile(task.study, one.variables, at=time, **one.options())
        when = time if len(times) > 1 else None
        if len(one.variables) > 1:
            caption = task.titled(task.section.title, when)
            task.section.table(task.named(when), made.table(), caption, shown=_overview(made, task))
        for variable in one.variables:
            table = made.table(variable)
            base = (one.reference or {}).get(variable)
            whole = table["value"].mean() if base is None else base
            words = {"base": one.base, "whole": number(float(whole))}
            keys = {"relative": "relative to mean" if base is None else "relative to reference"}
            headings = {c: word(keys.get(c, c), task.lang, **words) for c in table.columns}
            caption = task.titled(task.with_unit(variable), time)
            task.section.table(task.named(when, variable), table, caption, shown=table.rename(columns=headings))
        task.section.notes(made.notes)


def _overview(made: Any, task: Task) -> pd.DataFrame:
    """Return the values of all variables side by side."""
    rows = made.table()
    wide = rows["value"].unstack("variable")[list(rows.index.unique("variable"))].reindex(made.names.index)
    wide = wide.rename(columns=task.with_unit)
    wide.insert(0, word("name", task.lang), made.names)
    return wide


def run_map(one: spec.Map, task: Task) -> None:
    """Draw a choropleth at each time; several times also share one figure in the same classes."""
    options = {**one.options(), **task.map_options}
    times = times_of(one, task.study)
    title = one.title or task.label(one.variable)
    if len(times) == 1:
        title = one.title or task.titled(title, times[0])
        figure = viz.choropleth(task.study, one.variable, at=times[0], title=title, **options)
    else:
        figure = viz.small_multiples(task.study, one.variable, times=times, title=title, **options)
    task.section.figure(task.name, figure, title)
    table = pd.DataFrame({"name": task.study.names})
    for time in times:
        column = one.variable if time is None else f"{one.variable} {time}"
        table[column] = task.study.values(one.variable, at=time)
    task.section.data(task.name, table)


def run_grades(one: spec.Grades, task: Task) -> None:
    """Put regions into grades at each time, with a map in the same classes."""
    options = one.options()
    parts = {}
    for time in times_of(one, task.study):
        values = task.study.values(one.variable, at=time)
        made = sr.grade(values, **options)
        names = task.study.names
        parts[time] = pd.DataFrame({"name": names, "value": values, "grade": made.astype(object)})
        shown = _graded(made, names, one, task.lang)
        caption = task.titled(task.section.title, time)
        legend = task.with_unit(one.variable)
        figure = viz.category_map(task.study, made, title=caption, legend=legend, **task.map_options)
        task.section.figure(task.named(time), figure, caption)
        task.section.table(task.named(time), parts[time], caption, shown=shown)


def _graded(made: pd.Series, names: pd.Series, one: spec.Grades, lang: str) -> pd.DataFrame:
    """Return the grades from high to low, with their intervals and members."""
    left = one.closed == "left"
    rows = []
    for place, label in enumerate(one.labels):
        low, high = one.edges[place], one.edges[place + 1]
        opening = "[" if left or place == 0 else "("
        closing = ")" if left and place < len(one.labels) - 1 else "]"
        members = names[made == label]
        interval = f"{opening}{low:g}, {high:g}{closing}"
        rows.append((label, interval, len(members), name_some(members, limit=40)))
    headings = [word(key, lang) for key in ("grade", "interval", "count", "members")]
    return pd.DataFrame(rows[::-1], columns=headings)


RUNNERS: dict[str, Callable[[Any, Task], None]] = {
    "profile": run_profile,
    "map": run_map,
    "grades": run_grades,
}
