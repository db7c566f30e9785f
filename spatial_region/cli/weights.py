"""The weights that a study file names: their order, their files, and the function that makes each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import spatial_region as sr
from spatial_region.cli.positions import Loc
from spatial_region.cli.problems import Problems, unknown_name
from spatial_region.cli.schema_weights import (
    REFERENCES,
    Combination,
    Contiguity,
    FromFile,
    LinkIslands,
    Nested,
    Proximity,
    WeightsFile,
    WeightsSection,
    WeightsTable,
)
from spatial_region.core.messages import name_some
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights


def build_weights(section: WeightsSection, study: Study, files: Mapping[str, Path]) -> Weights:
    """Make one of the weights that the study file names; those that it refers to are in the study by now.

    Raises
    ------
    SpatialRegionError
        As the function of that kind does.
    """
    w = _made(section, study, files)
    return w.standardise(section.standardise) if section.standardise else w


def _made(section: WeightsSection, study: Study, files: Mapping[str, Path]) -> Weights:
    kind = str(section.kind)  # type: ignore[attr-defined]
    options = section.options()
    others = {key: study.weights[name] for key, name in references(section)}
    w: Weights
    if isinstance(section, Contiguity):
        w = sr.contiguity(study, kind=section.kind, **options)
    elif isinstance(section, Proximity):
        w = sr.proximity(study, kind=section.kind, **options)
    elif isinstance(section, Nested):
        w = sr.nested(others["w1"], others["w2"], **options)
    elif isinstance(section, Combination):
        w = getattr(others["w1"], kind)(others["w2"])
    elif isinstance(section, LinkIslands):
        w = sr.link_islands(others["w"], study, **options)
    elif isinstance(section, WeightsTable):
        w = sr.weights_from_table(files[section.path], study, **options)
    elif isinstance(section, WeightsFile):
        w = sr.read_weights(files[section.path], ids=study.ids, **options)
    else:
        w = getattr(sr, kind)(study, **others, **options)
    return w


def references(section: WeightsSection) -> list[tuple[str, str]]:
    """Return the other weights that one names, and under which key."""
    named = ((key, getattr(section, key, None)) for key in REFERENCES)
    return [(key, name) for key, name in named if isinstance(name, str)]


def in_order(sections: Mapping[str, WeightsSection]) -> list[str]:
    """Return the names of weights so that each comes after those it refers to; those in a circle are left out."""
    ordered: list[str] = []
    waiting = dict(sections)
    while ready := [n for n, one in waiting.items() if not any(name in waiting for _, name in references(one))]:
        ordered += ready
        for name in ready:
            del waiting[name]
    return ordered


def check_references(sections: Mapping[str, WeightsSection], known: list[str], problems: Problems) -> None:
    """Note every name of other weights that the file does not define, and every circle."""
    for name, section in sections.items():
        for key, other in references(section):
            if other not in known:
                problems.add(("weights", name, key), unknown_name("weights", other, known))
    circle = [name for name in sections if name not in in_order(sections)]
    # Weights that only refer into a circle are not part of it.
    part_of_it = [name for name in circle if name in _reached(name, sections)]
    if part_of_it:
        loc: Loc = ("weights", part_of_it[0], references(sections[part_of_it[0]])[0][0])
        problems.add(loc, f"weights that refer to each other in a circle: {name_some(part_of_it)}.")


def _reached(start: str, sections: Mapping[str, WeightsSection]) -> set[str]:
    """Return all weights that one refers to, by way of others too."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        found = [name for _, name in references(sections[ahead.pop()]) if name in sections and name not in reached]
        reached.update(found)
        ahead += found
    return reached


def weights_files(sections: Mapping[str, WeightsSection]) -> list[tuple[Loc, str]]:
    """Return the file of each weights that has one, and where the study file names it."""
    return [(("weights", name, "path"), one.path) for name, one in sections.items() if isinstance(one, FromFile)]
