"""What an analysis of a study file needs besides its own settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spatial_region.cli.checks import grouping_of
from spatial_region.cli.schema_common import Analysis
from spatial_region.cli.section import Section
from spatial_region.cli.words import word
from spatial_region.core.messages import name_regions
from spatial_region.core.study import Study

FEW_REGIONS = 10


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
    folder : pathlib.Path
        Folder of the study file, where paths start from.
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
    folder: Path
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

    def subject(self, one: Analysis) -> str:
        """Return how the variables of an analysis are called, in one line."""
        return word("and", self.lang).join(map(self.label, one.subject))

    def caution_few(self, n: int) -> None:
        """Say that there are too few regions, if so."""
        if n < FEW_REGIONS:
            self.section.caution(word("few regions", self.lang, n=n))

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


def part_of(study: Study, one: Analysis) -> Study:
    """Return the part of the study that an analysis asks for with `within` and `between`."""
    if one.within is not None:
        study = study.within(grouping_of(study, one.within.grouping), one.within.group)
    return study.between(*one.between) if one.between is not None else study


def with_seed(one: Analysis, task: Task) -> dict[str, Any]:
    """Return the options of a method that draws random numbers: with the seed of the step unless one is given."""
    return {"seed": task.seed, **one.options()} if "seed" in type(one).model_fields else one.options()
