"""Run the measures of a study file and lay out what they found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region import viz
from spatial_region.cli import schema_measure as spec
from spatial_region.cli.checks import grouping_of, times_of
from spatial_region.cli.figures_measure import figure_of
from spatial_region.cli.task import Task
from spatial_region.cli.words import in_words, word

_MOST_MAPS = 6


def run_composite_index(one: spec.CompositeIndex, task: Task) -> None:
    """Lay out the weights of indicators, the scores, and a map of them."""
    options = one.given("kind", "name", "title", "note", "within", "between", "indicators")
    made = sr.composite_index(task.study, one.indicators, **options)
    weights = made.weights.rename(index=task.label)
    _table(task, "weights", word("weights of indicators", task.lang), made.weights, weights.reset_index())
    if made.dimension_weights is not None:
        shown = made.dimension_weights.reset_index()
        _table(task, "dimensions", word("weights of dimensions", task.lang), made.dimension_weights, shown)
    _scores(task, made.table(), made.scores, ["name", "score", "rank", *_dimensions(made)])
    figure_of(made, task)
    task.section.notes(made.notes)


def _dimensions(made: Any) -> list[str]:
    return [] if made.dimensions is None else list(made.dimensions.columns)


def run_coupling_coordination(one: spec.CouplingCoordination, task: Task) -> None:
    """Lay out C, T and D of each region, with a map of D."""
    options = one.given("kind", "name", "title", "note", "within", "between", "variables", "weights")
    made = sr.coupling_coordination(task.study, one.weights, variables=one.variables, **options)
    task.section.say(word("coupling said", task.lang, formula=made.formula))
    table = made.table().replace({"lagging": {name: task.label(name) for name in one.variables}})
    shown = [column for column in ("name", "C", "T", "D", "relative", "lagging", "class") if column in table]
    if isinstance(table.index, pd.MultiIndex):
        means = made.rows[["C", "T", "D"]].groupby(level=1).mean()
        _table(task, "means", word("means by time", task.lang), means, means.reset_index())
    _scores(task, table, made.D, shown)
    figure_of(made, task)
    task.section.notes(made.notes)


def run_group_means(one: spec.GroupMeans, task: Task) -> None:
    """Lay out the means of each group."""
    for time in times_of(one, task.study):
        groups = grouping_of(task.study, one.grouping).rename(one.grouping)
        made = sr.group_means(task.study, one.variables, grouping=groups, at=time, **_missing(one))
        named = {"all": word("all groups", task.lang)}
        shown = made.rename(index=task.label, level=0).rename(index=named, level=1).reset_index()
        caption = task.titled(task.section.title, time)
        task.section.table(task.named(time), made, caption, shown=in_words(shown, task.lang), limit=100)


def run_inequality(one: spec.Inequality, task: Task) -> None:
    """Lay out measures of inequality at each time."""
    made = sr.inequality(*_weighted(one, task), **_missing(one))
    _table(task, "", task.section.title, made.table(), made.table().reset_index())
    task.section.notes(made.notes)


def run_theil(one: spec.Theil, task: Task) -> None:
    """Lay out Theil's index and its parts, and the groups."""
    kind = "L" if one.kind == "theil_l" else "T"
    groups = None if one.groups is None else pd.DataFrame({name: grouping_of(task.study, name) for name in one.groups})
    made = sr.theil(*_weighted(one, task), groups=groups, kind=kind, **_missing(one))
    named = {
        f"between_{level}": word("between level", task.lang, level=task.label(level)) for level in one.groups or []
    }
    named |= {
        f"share_between_{level}": word("share between level", task.lang, level=task.label(level))
        for level in one.groups or []
    }
    shown = made.table().rename(columns=named if len(one.groups or []) > 1 else {})
    _table(task, "", task.section.title, made.table(), shown.reset_index())
    if made.groups is not None:
        _table(task, "groups", word("by group", task.lang), made.groups, made.groups.reset_index(), limit=40)
    figure_of(made, task)
    task.section.notes(made.notes)


def run_dagum_gini(one: spec.DagumGini, task: Task) -> None:
    """Lay out the parts of the Gini coefficient, groups and pairs of groups."""
    groups = grouping_of(task.study, one.groups).rename(one.groups)
    made = sr.dagum_gini(*_weighted(one, task), groups=groups, **_missing(one))
    _table(task, "", task.section.title, made.table(), made.table().reset_index())
    _table(task, "groups", word("by group", task.lang), made.groups, made.groups.reset_index(), limit=40)
    _table(task, "pairs", word("by pair of groups", task.lang), made.pairs, made.pairs.reset_index(), limit=40)
    figure_of(made, task)
    task.section.notes(made.notes)


def run_convergence(one: spec.Convergence, task: Task) -> None:
    """Lay out dispersion by time, or the regression of growth on the start."""
    options = one.given("kind", "name", "title", "note", "within", "between", "variable")
    made = sr.convergence(task.study, one.variable, kind=one.kind.removesuffix("_convergence"), **options)
    table = made.table()
    _table(task, "", task.section.title, table, table.reset_index())
    task.section.notes(made.notes)


def run_dea(one: spec.Dea, task: Task) -> None:
    """Lay out efficiency scores, with a map of technical efficiency."""
    options = one.given("kind", "name", "title", "note", "within", "between", "inputs", "outputs", "at")
    for time in times_of(one, task.study):
        made = sr.dea(one.inputs, one.outputs, study=task.study, at=time, **options)
        table = made.table()
        _scores(task, table, table["te"], list(table.columns), suffix="" if time is None else str(time))
        figure_of(made, task, time=time)
        task.section.notes(made.notes)


def run_unit_root(one: spec.UnitRoot, task: Task) -> None:
    """Lay out the tests in levels and differences side by side."""
    options = one.given("kind", "name", "title", "note", "within", "between", "variable")
    made = sr.unit_root(task.study, one.variable, **options)
    shown = made.side_by_side().rename(index=task.label, level=0).reset_index()
    _table(task, "", task.section.title, made.table(), shown, index=False)
    task.section.notes(made.notes)


def run_ellipse(one: spec.Ellipse, task: Task) -> None:
    """Lay out the ellipses, the way of the centre and their map."""
    options = one.given("kind", "name", "title", "note", "within", "between", "variable", "at")
    times = [time for time in times_of(one, task.study) if time is not None]
    made = sr.ellipse(task.study, one.variable, at=times or None, **options)
    _table(task, "", task.section.title, made.table(), made.table().reset_index())
    if len(made.moves):
        _table(task, "moves", word("way of the centre", task.lang), made.moves, made.moves.reset_index())
    figure = viz.plot(made, title=task.section.title, **task.map_options)
    task.section.figure(task.named(None, "map"), figure, task.section.title)
    task.section.notes(made.notes)


def _weighted(one: Any, task: Task) -> tuple[pd.Series, pd.Series | None]:
    frame = task.study.frame([one.variable, *([one.weights] if one.weights else [])])
    return frame[one.variable], frame[one.weights] if one.weights else None


def _missing(one: Any) -> dict[str, Any]:
    return one.given(*(key for key in type(one).model_fields if key != "missing"))


def _table(
    task: Task,
    suffix: str,
    caption: str,
    table: pd.DataFrame,
    shown: pd.DataFrame,
    *,
    limit: int = 60,
    index: bool = True,
) -> None:
    if "variable" in shown:
        shown = shown.assign(variable=[task.label(str(name)) for name in shown["variable"]])
    task.section.table(
        task.named(None, suffix), table, caption, shown=in_words(shown, task.lang), index=index, limit=limit
    )


def _scores(task: Task, table: pd.DataFrame, mapped: pd.Series, columns: Sequence[str], *, suffix: str = "") -> None:
    """Lay out one row a region, of a panel at its last time, and map one column at up to six times."""
    shown, caption = table, task.section.title
    if isinstance(table.index, pd.MultiIndex):
        last = table.index.get_level_values(1).max()
        shown, caption = table.xs(last, level=1), task.titled(caption, last)
    if "name" not in shown:
        shown = shown.assign(name=task.study.names.reindex(shown.index))
    keep = ["name", *(column for column in shown.columns if column in columns and column != "name")]
    _table(task, suffix, caption, table, shown.reset_index(drop=True)[keep])
    _map(task, mapped, suffix)


def _map(task: Task, values: pd.Series, suffix: str) -> None:
    name, title = task.named(None, f"{suffix}_map".lstrip("_")), task.section.title
    options = {**task.map_options, "legend": word(f"legend {values.name}", task.lang)}
    if isinstance(values.index, pd.MultiIndex):
        wide = values.unstack()
        times = list(wide.columns)[-_MOST_MAPS:] if len(wide.columns) > _MOST_MAPS else list(wide.columns)
        figure = viz.small_multiples(task.study, wide[times], scheme="natural", title=title, **options)
    else:
        figure = viz.choropleth(task.study, values, scheme="natural", title=title, **options)
    task.section.figure(name, figure, title)


RUNNERS: dict[str, Callable[[Any, Task], None]] = {
    "composite_index": run_composite_index,
    "coupling_coordination": run_coupling_coordination,
    "group_means": run_group_means,
    "inequality": run_inequality,
    "theil": run_theil,
    "theil_l": run_theil,
    "dagum_gini": run_dagum_gini,
    "sigma_convergence": run_convergence,
    "beta_convergence": run_convergence,
    "dea": run_dea,
    "unit_root": run_unit_root,
    "ellipse": run_ellipse,
}
