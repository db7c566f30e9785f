"""Read a study file: its text, its sections, and everything that is wrong with it."""

from __future__ import annotations

import copy
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from spatial_region.cli import schema, schema_analyses, schema_common, schema_weights
from spatial_region.cli.positions import Loc, Positions
from spatial_region.cli.problems import Problems, translate, unknown_name
from spatial_region.cli.schema_analyses import StudyFile
from spatial_region.cli.schema_common import Analysis
from spatial_region.cli.weights import check_references
from spatial_region.core.messages import name_some
from spatial_region.errors import ReadError, StudyFileError


def _by_kind(union: Any) -> dict[str, type[BaseModel]]:
    models = get_args(get_args(union)[0])
    return {kind: model for model in models for kind in get_args(model.model_fields["kind"].annotation)}


WEIGHTS = _by_kind(schema_weights.AnyWeights)
ANALYSES = _by_kind(schema_analyses.AnyAnalysis)
_SECTIONS: dict[str, type[BaseModel]] = {
    "study": schema.StudySection,
    "boundaries": schema.Boundaries,
    "tables": schema.Table,
    "variables": schema.Variable,
}


_BARE_TEXT = re.compile(r"""(?P<key>[\w.-]+)\s*=\s*(?P<value>[^\W\d][^"'\[\]{}#=]*?)\s*(#.*)?""")


@dataclass(frozen=True)
class Parsed:
    """A study file that could be read, and the problems found so far.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    spec : StudyFile
        Its sections, without the parts that have problems.
    analyses : tuple of (int, str, Analysis)
        Place in the file, unique name, and settings of each analysis.
    problems : Problems
        Where further checks note what they find.
    raw : dict
        The file as parsed.
    """

    path: Path
    spec: StudyFile
    analyses: tuple[tuple[int, str, Analysis], ...]
    problems: Problems
    raw: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Folder that paths in the file start from."""
        return self.path.resolve().parent


def read_study_file(path: Path) -> Parsed:
    """Read and validate a study file as far as possible; problems are noted, not raised, while a rest can be read.

    Raises
    ------
    ReadError
        If the file does not exist or is no UTF-8 text.
    StudyFileError
        If it is not TOML, or a section that everything needs is unusable.
    """
    text = _read_text(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyFileError(_toml_error(path, text, error)) from error
    problems = Problems(path, Positions(text))
    _check_references(raw, problems)
    spec, places = _validate(raw, problems)
    check_references(spec.weights, [str(name) for name in raw.get("weights", {})], problems)
    names = _unique_names(spec.analyses)
    analyses = tuple((place, name, one) for place, name, one in zip(places, names, spec.analyses, strict=True))
    return Parsed(path, spec, analyses, problems, raw)


def _read_text(path: Path) -> str:
    if not path.is_file():
        hint = " It is a folder; name the study file in it." if path.is_dir() else ""
        raise ReadError(f"no study file {str(path)!r}.{hint}")
    try:
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text, as TOML must be. Save it as UTF-8.") from error


def _toml_error(path: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    message, _, at = str(error).rpartition(" (at ")
    line = at.removeprefix("line ").split(",")[0].rstrip(")")
    place = line if line.isdigit() else str(text.count("\n") + 1)
    said = f"{path}:{place}: not valid TOML: {message or error}."
    written = text.splitlines()[int(place) - 1].strip() if line.isdigit() and text else ""
    bare = _BARE_TEXT.fullmatch(written)
    advice = f' Text needs quotes: {bare["key"]} = "{bare["value"]}".' if bare else ""
    return f"{said} The line says `{written}`.{advice}" if written else said


def _validate(raw: dict[str, Any], problems: Problems) -> tuple[StudyFile, list[int]]:
    """Return the usable rest of the file, and the place in the file of each analysis that is left."""
    rest = copy.deepcopy(raw)
    places = list(range(len(raw["analyses"]))) if isinstance(raw.get("analyses"), list) else []
    noted: set[Loc] = set()
    while True:  # unusable keys are taken out first, then entries that lack something without them
        try:
            return StudyFile.model_validate(rest), places
        except ValidationError as error:
            before = copy.deepcopy(rest)
            _note_and_prune(error, rest, places, problems, noted)
            if rest == before:
                problems.raise_any()
                raise


def _note_and_prune(
    error: ValidationError, rest: dict[str, Any], places: list[int], problems: Problems, noted: set[Loc]
) -> None:
    """Note each error once, and take the keys or entries that have one out of `rest`."""
    keys: set[Loc] = set()
    entries: set[int] = set()
    for found in error.errors():
        loc = _in_file(found["loc"], rest)
        original = _original(loc, places)
        if found["type"] == "union_tag_invalid":
            original = (*original, "kind")
        if original not in noted:
            problems.add(original, translate(found, _model_at(loc, rest)))
            noted.add(original)
        is_entry = len(loc) == 2 or (len(loc) == 3 and found["type"] == "missing")
        if loc[0] == "analyses" and len(loc) > 1 and is_entry:
            entries.add(int(loc[1]))
        elif loc[0] in ("variables", "weights", "analyses") and len(loc) > 1:
            keys.add(loc[:2] if is_entry else loc[:3])
        elif found["type"] == "extra_forbidden":
            keys.add(loc)
    for loc in sorted(keys, key=len, reverse=True):
        part: Any = rest
        for key in loc[:-1]:
            part = part[key]
        part.pop(loc[-1], None)
    for place in sorted(entries, reverse=True):
        del rest["analyses"][place], places[place]
    if places == [] and rest.get("analyses") == []:
        noted.add(("analyses",))  # emptied here, not by the author


def _original(loc: Loc, places: list[int]) -> Loc:
    """Return a path as it is in the file, from which entries may have been taken out since."""
    return (loc[0], places[int(loc[1])], *loc[2:]) if loc[0] == "analyses" and len(loc) > 1 else loc


def _in_file(loc: tuple[Any, ...], rest: dict[str, Any]) -> Loc:
    """Leave out what pydantic adds to a path: the kind that chose a model, and members of a union."""
    path: list[str | int] = []
    part: Any = rest
    for place, step in enumerate(loc):
        is_kind = place == 2 and loc[0] in ("weights", "analyses")
        inside = (isinstance(part, dict) and step in part) or (
            isinstance(part, list) and isinstance(step, int) and step < len(part)
        )
        if (is_kind and step in (WEIGHTS | ANALYSES)) or str(step).startswith(("list[", "dict[")):
            continue
        path.append(step)
        if not inside:
            # An absent key ends the path in a table; anything else names a member of a union of types.
            return tuple(path if isinstance(part, dict) else path[:-1])
        part = part[step]
    return tuple(path)


def _model_at(loc: Loc, rest: dict[str, Any]) -> type[BaseModel] | None:
    """Return the model of the section that the last key of `loc` stands in."""
    if len(loc) == 1:
        return StudyFile
    if loc[-2] == "within":
        return schema_common.Within
    if loc[-2] == "long":
        return schema.Long
    if loc[0] in ("weights", "analyses"):
        entry: Any = rest[str(loc[0])][loc[1]]
        kind = entry.get("kind") if isinstance(entry, dict) else None
        return (WEIGHTS if loc[0] == "weights" else ANALYSES).get(str(kind))
    return _SECTIONS.get(str(loc[0]))


def _unique_names(analyses: list[Any]) -> list[str]:
    """Return the name of each analysis: the given one, else made of its kind and variable, and numbered if need be."""
    taken = {one.name for one in analyses if one.name}
    names: list[str] = []
    for one in analyses:
        name = one.name
        if name is None:
            base = "_".join([one.kind, *one.subject])
            base = "".join(sign if sign.isalnum() or sign in "_-." else "_" for sign in base)
            name, count = base, 1
            while name in taken:
                count += 1
                name = f"{base}_{count}"
            taken.add(name)
        names.append(name)
    return names


def _check_references(raw: dict[str, Any], problems: Problems) -> None:
    """Check names that one section uses and another defines."""
    weights = raw.get("weights", {})
    known = list(weights) if isinstance(weights, dict) else []
    analyses = raw.get("analyses", [])
    given: set[str] = set()
    for place, one in enumerate(analyses if isinstance(analyses, list) else []):
        if not isinstance(one, dict):
            continue
        w, name = one.get("w"), one.get("name")
        model = ANALYSES.get(str(one.get("kind")))
        if isinstance(w, str) and w not in known:
            problems.add(("analyses", place, "w"), unknown_name("weights", w, known))
        needs = model is not None and issubclass(model, Analysis) and model.needs_weights(one)
        if "w" not in one and needs and len(known) != 1:
            found = f"the file names {name_some(known)}" if known else "the file has no [weights.NAME]"
            problems.add(("analyses", place), f"say which weights to use, w = ...; {found}.")
        if isinstance(name, str) and name in given:
            problems.add(("analyses", place, "name"), f"{name!r} is the name of another analysis too.")
        given.add(str(name))
