"""Problems found in a study file: all of them, each with its line and advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from spatial_region.cli.positions import Loc, Positions
from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.errors import StudyFileError

_WANTED = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list in [brackets]",
    "dict_type": "a table such as { key = value }",
    "model_type": "a table such as { key = value }",
    "model_attributes_type": "a table such as { key = value }",
}
_ABSENT = {
    "missing": "is needed and not given.",
    "union_tag_not_found": "says no kind; give kind = and one of the kinds in the documentation.",
}

# What people write for what is meant; for suggestions only.
_ALIASES = {
    "cn": "zh", "zh-cn": "zh", "zh_cn": "zh", "chinese": "zh", "中文": "zh", "english": "en", "en-us": "en",
    "lisa": "local_moran", "local": "local_moran", "moran_local": "local_moran", "morans_i": "moran",
    "global_moran": "moran", "choropleth": "map", "regression": "spatial_regression", "panel": "spatial_panel",
    "q": "geodetector", "gdm": "geodetector", "classes": "grades", "levels": "profile", "table": "profile",
    "contiguity": "queen", "nearest": "knn", "nearest_neighbours": "knn", "distance": "distance_band",
    "band": "distance_band", "idw": "inverse_distance", "fe": "region", "individual": "region", "entity": "region",
    "year": "time", "both": "twoway", "two-way": "twoway", "none": "pooled", "lag": "sar", "error": "sem",
    "durbin": "sdm", "bh": "fdr", "two_sided": "two-sided", "mle": "ml",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, and where."""

    line: int
    where: str
    message: str


class Problems:
    """Collects what is wrong with one study file."""

    def __init__(self, path: Path, positions: Positions) -> None:
        self.path = path
        self.positions = positions
        self.found: list[Problem] = []

    def add(self, loc: Loc, message: str) -> None:
        """Note a problem at a path in the file; the same one only once."""
        problem = Problem(self.positions.line(loc), describe(loc), message)
        if problem not in self.found:
            self.found.append(problem)

    def raise_any(self) -> None:
        """Refuse the file if anything was noted.

        Raises
        ------
        StudyFileError
            Listing every problem, in the order of the file.
        """
        if self.found:
            lines = [f"{self.path}:{p.line}: {p.where}{p.message}" for p in sorted(self.found)]
            raise StudyFileError("\n".join(lines))


def describe(loc: Loc) -> str:
    """Return a path as it is written in the file: ``[weights.queen] kind: ``."""
    if not loc:
        return ""
    depth = 2 if loc[0] in ("variables", "weights", "tables", "analyses") else 1
    header = ".".join(str(part) if isinstance(part, str) else str(part + 1) for part in loc[:depth])
    rest = "".join(f" {part}" if isinstance(part, str) else f" [{part + 1}]" for part in loc[depth:])
    return f"[{header}]{rest}: "


def translate(error: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    """Say in plain words what pydantic found; `model` is the section that the key stands in."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = known_keys(model) if model else []
        return f"unknown key.{did_you_mean(error['loc'][-1], known)} Keys here: {name_some(known, limit=40)}."
    if kind == "literal_error":
        return _not_offered(error["input"], context["expected"].replace(" or ", ", "))
    if kind == "union_tag_invalid":
        return _not_offered(context["tag"], context["expected_tags"])
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}; found {shown(error['input'])}."
    if kind in _ABSENT:
        return _ABSENT[kind]
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{message}; found {shown(error['input'])}."


def known_keys(model: type[BaseModel]) -> list[str]:
    """Return the keys that a section may have."""
    return [field.alias or name for name, field in model.model_fields.items()]


def shown(value: object) -> str:
    """Return a value as TOML shows it, cut when long."""
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def unknown_name(what: str, word: object, known: Iterable[object], *, advice: str = "") -> str:
    """Say that a name does not exist, which is near, and which there are."""
    listed = list(known)
    there = name_some(listed, limit=25) or "none"
    return f"no {what} {shown(word)}.{did_you_mean(word, listed)} There are: {there}.{advice}"


def _not_offered(word: object, listed: str) -> str:
    offered = listed.replace("'", "").split(", ")
    meant = _ALIASES.get(str(word).lower())
    near = f" Did you mean {meant!r}?" if meant in offered else did_you_mean(word, offered)
    return f"{shown(word)} is not offered.{near} Choose one of: {', '.join(offered)}."
