"""Run one analysis of a study file and lay out what it found: description and spatial association."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region import viz
from spatial_region.cli import schema_analyses as spec
from spatial_region.cli.checks import grouping_of, times_of
from spatial_region.cli.markdown import number
from spatial_region.cli.section import Section
from spatial_region.cli.words import in_words, word
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.study import Study

FEW_REGIONS = 10
CLUSTERS = ("HH", "LL", "LH", "HL", "not significant", "undefined")


@dataclass(frozen=True)
class Task:
    """What an analysis needs besides its own settings.

    Attributes
    ----------
    study : Study
        The study, or the part of it that the analysis asks for.
    section : Section
        Where figures, tables and words go.
    name : str
        Unique name of the analysis; files begin with it.
    seed : int
        Seed of the step.
    lang : str
        Language of figures and words.
    source : str or None
        Source line of maps.
    whole : Study
        The study before `within` and `between`.
    facts : dict
        What the manifest keeps of the analysis.
    """

    study: Study
    section: Section
    name: str
    seed: int
    lang: str
    source: str | None
    whole: Study
    facts: dict[str, Any] = field(default_factory=dict)

    def record(self, time: object, **facts: object) -> None:
        """Keep facts of the analysis for the manifest."""
        self.facts.setdefault("all" if time is None else str(time), {}).update(facts)

    def record_sample(self, time: object, inputs: Mapping[str, Any], w: str | None) -> None:
        """Keep how many regions a statistic used; say which were left out, and which have no neighbour left."""
        dropped = str(inputs["dropped"])
        self.record(time, n=inputs["n"], islands=inputs["islands"], dropped=dropped)
        if dropped:
            names = name_regions(dropped.split(", "), self.study.names, limit=20)
            self.section.say(word("no value", self.lang, regions=names))
        self.say_new_islands(w, str(inputs["islands"]).split(", ") if inputs["islands"] else [])

    def say_new_islands(self, w: str | None, islands: Iterable[object]) -> None:
        """Name the regions whose neighbours have all been left out."""
        before = set(map(str, self.whole.weights[self.weights_name(w)].islands))
        new = [region for region in islands if str(region) not in before]
        if new:
            self.section.say(word("new islands", self.lang, regions=name_regions(new, self.study.names, limit=20)))

    def label(self, variable: str) -> str:
        """Return how a variable is called, without its unit."""
        return str(self.study.labels.get(variable, variable))

    def with_unit(self, variable: str) -> str:
        """Return how a variable is called, with its unit."""
        unit = self.study.units.get(variable)
        return f"{self.label(variable)} ({unit})" if unit else self.label(variable)

    def weights_name(self, w: str | None) -> str:
        """Return the name of the weights that an analysis uses: the one it gives, or the only one of the study."""
        return w if w is not None else next(iter(self.study.weights))

    def named(self, time: object, suffix: str = "") -> str:
        """Return the name of a file about one time."""
        parts = [self.name, *([] if time is None else [str(time)]), *([suffix] if suffix else [])]
        return "_".join("".join(c if c.isalnum() or c in "_-." else "_" for c in part) for part in parts)

    def titled(self, title: str, time: object) -> str:
        """Return a title with the time that it is about, if there is one."""
        return title if time is None else word("at", self.lang, title=title, time=time)

    @property
    def map_options(self) -> dict[str, Any]:
        """Return what all maps take."""
        return {"lang": self.lang, **({"source": self.source} if self.source else {})}


def part_of(study: Study, one: spec.Analysis) -> Study:
    """Return the part of the study that an analysis asks for with `within` and `between`."""
    if one.within is not None:
        study = study.within(grouping_of(study, one.within.grouping), one.within.group)
    return study.between(*one.between) if one.between is not None else study


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


def run_moran(one: spec.Moran, task: Task) -> None:
    """Test global association at each time, with a scatterplot."""
    rows = []
    task.section.say(word("weights used", task.lang, w=task.weights_name(one.w)))
    for time in times_of(one, task.study):
        made = sr.moran(task.study, one.variable, at=time, **_with_seed(one, task))
        rows.append(made.table())
        task.record_sample(time, made.spec.inputs, one.w)
        how = _how_tested(made.enumerated, made.permutations, made.spec.seed, task)
        said = word(
            "moran said", task.lang, I=number(made.I), expected=number(made.expected), p=number(made.p), how=how,
            alternative=word(made.alternative, task.lang), p_normal=number(made.p_normal),
        )  # fmt: skip
        task.section.say(said if time is None else f"{time}: {said}")
        if made.n < FEW_REGIONS:
            task.section.caution(word("few regions", task.lang, n=made.n))
        caption = task.titled(task.section.title, time)
        figure = viz.plot(made, lang=task.lang, variable=task.label(one.variable), title=caption)
        task.section.figure(task.named(time, "scatter"), figure, caption)
    table = pd.concat(rows, ignore_index=True)
    task.section.table(task.name, table, task.section.title, shown=_tests(table, task.lang), index=False)


def run_moran_by_time(one: spec.MoranByTime, task: Task) -> None:
    """Test global association at every time."""
    options = _with_seed(one, task)
    table = sr.moran_by_time(task.study, one.variable, **options)
    said = [word("weights used", task.lang, w=task.weights_name(one.w))]
    if (table["permutations"] > 0).any():
        said.append(word("seed used", task.lang, seed=options["seed"]))
    task.section.say(" ".join(said))
    if int(table["n"].min()) < FEW_REGIONS:
        task.section.caution(word("few regions", task.lang, n=int(table["n"].min())))
    figure = viz.moran_trend(table, lang=task.lang, title=task.section.title)
    task.section.figure(task.named(None, "trend"), figure, task.section.title)
    task.section.table(task.name, table, task.section.title, shown=_tests(table.reset_index(), task.lang))


def _how_tested(enumerated: bool, permutations: int, seed: int | None, task: Task) -> str:
    if enumerated:
        return word("every arrangement", task.lang, count=permutations)
    return word("permutations", task.lang, count=permutations, seed=seed)


def _tests(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the columns of global tests that a reader needs, without empty ones."""
    columns = ["time", "at", "n", "I", "expected", "z", "p_normal", "p_saddlepoint", "p", "permutations"]
    return in_words(table[[column for column in columns if column in table]].dropna(axis="columns", how="all"), lang)


def run_local_moran(one: spec.LocalMoran, task: Task) -> None:
    """Find clusters at each time, with their map and scatterplot."""
    options = _with_seed(one, task)
    level = options.pop("level", 0.05)
    clusters: dict[Any, pd.Series] = {}
    times = times_of(one, task.study)
    task.section.say(word("weights used", task.lang, w=task.weights_name(one.w)))
    for time in times:
        made = sr.local_moran(task.study, one.variable, at=time, **options)
        table = made.table(level=level)
        clusters[time] = table["cluster"]
        caption = task.titled(task.section.title, time)
        if len(times) > 1:
            task.section.heading(str(time))
        task.record_sample(time, made.spec.inputs, one.w)
        _say_clusters(made, level, task)
        figure = viz.plot(made, regions=task.study, level=level, title=caption, **task.map_options)
        task.section.figure(task.named(time, "clusters"), figure, caption)
        scatter = viz.plot(
            made, kind="scatter", level=level, lang=task.lang, variable=task.label(one.variable), title=caption
        )
        task.section.figure(task.named(time, "scatter"), scatter, caption)
        shown = _members(table, task.lang)
        task.section.table(task.named(time), table, caption, shown=shown)
    if len(times) > 1:
        frame = pd.DataFrame(clusters)
        figure = viz.small_multiples(task.study, frame, kind="clusters", title=task.section.title, **task.map_options)
        task.section.figure(task.named(None, "times"), figure, task.section.title)


def _say_clusters(made: Any, level: float, task: Task) -> None:
    counts = made.counts(level=level)
    said = word(
        "local said", task.lang, clusters=int(counts[list(CLUSTERS[:4])].sum()), n=made.n, level=f"{level:g}",
        correction=word(f"correction {made.correction or 'none'}", task.lang), how=_how_local(made, task),
    )  # fmt: skip
    task.section.say(said)
    if made.n < FEW_REGIONS:
        task.section.caution(word("few regions", task.lang, n=made.n))


def _how_local(made: Any, task: Task) -> str:
    """Say where the p-values come from; regions with few possible sets of neighbours have all of them taken."""
    if made.enumerated.all():
        return word("every set", task.lang)
    how = _how_tested(False, made.permutations, made.spec.seed, task)
    return word("some sets", task.lang, how=how) if made.enumerated.any() else how


def _members(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return how many regions each class has, and which."""
    rows = []
    for cluster in CLUSTERS:
        names = table.loc[table["cluster"] == cluster, "name"]
        if len(names):
            listed = "" if cluster == "not significant" else name_some(names, limit=40)
            rows.append((word(cluster, lang), len(names), listed))
    return pd.DataFrame(rows, columns=[word(key, lang) for key in ("type", "count", "members")])


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


def _with_seed(one: spec.Analysis, task: Task) -> dict[str, Any]:
    """Return the options of a method that draws random numbers: with the seed of the step unless one is given."""
    return {"seed": task.seed, **one.options()}


RUNNERS: dict[str, Callable[[Any, Task], None]] = {
    "profile": run_profile,
    "map": run_map,
    "moran": run_moran,
    "moran_by_time": run_moran_by_time,
    "local_moran": run_local_moran,
    "grades": run_grades,
}
