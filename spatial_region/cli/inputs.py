"""The files that a study reads: found, hashed, read, and reshaped to one row a region (and time)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from spatial_region.cli.positions import Loc
from spatial_region.cli.problems import Problems, unknown_name
from spatial_region.cli.schema import Boundaries
from spatial_region.cli.schema import Table as TableSection
from spatial_region.cli.schema_audit import Audit
from spatial_region.cli.studyfile import Parsed
from spatial_region.cli.weights import weights_files
from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.errors import ReadError, SpatialRegionError, UnknownNameError
from spatial_region.regions import layers
from spatial_region.regions.tables import read_table

BUNDLED: dict[str, Callable[[], Any]] = {
    "china_prefectures": layers.china_prefectures,
    "china_provinces": layers.china_provinces,
}
TIME = "time"
_EXAMPLES = "libpysal:"
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg")


@dataclass(frozen=True)
class TableInput:
    """A table as read and reshaped; `frame` is indexed by the row of the source."""

    section: TableSection
    path: Path
    frame: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def time(self) -> str | None:
        """Column with the time, if there is one."""
        return TIME if self.section.wide else self.section.time

    @property
    def variables(self) -> list[str]:
        """Columns that are variables."""
        keys = {self.section.on, self.section.province, self.time}
        return [str(column) for column in self.frame.columns if column not in keys]


@dataclass(frozen=True)
class Inputs:
    """Everything that a study reads.

    Attributes
    ----------
    files : dict of str to pathlib.Path
        Each file, under the name that the study file gives it.
    tables : tuple of TableInput
        Tables that could be read.
    fields : tuple of str
        Columns of the boundaries.
    """

    files: dict[str, Path]
    tables: tuple[TableInput, ...]
    fields: tuple[str, ...]


def locate(source: str, folder: Path) -> Path:
    """Return the file that a study file names: bundled, an example of libpysal, or beside the study file.

    Raises
    ------
    ReadError
        If there is no such file.
    """
    if source in BUNDLED:
        return layers._path(source)
    if source.startswith(_EXAMPLES):
        return _example(source.removeprefix(_EXAMPLES))
    path = folder / source
    if path.is_file():
        return path
    near = [other.name for other in path.parent.iterdir() if other.is_file()] if path.parent.is_dir() else []
    raise ReadError(f"no file {source!r} beside the study file.{did_you_mean(path.name, [*near, *BUNDLED])}")


def _example(name: str) -> Path:
    """Return a file that libpysal brings along. Nothing is downloaded."""
    package = find_spec("libpysal")
    roots = list(package.submodule_search_locations or []) if package else []
    files = {path.name: path for root in roots for path in sorted((Path(root) / "examples").rglob("*.*"))}
    if name not in files:
        raise ReadError(f"libpysal brings no example file {name!r}.{did_you_mean(name, files)}")
    return files[name]


def read_inputs(parsed: Parsed) -> Inputs:
    """Find and read every input; what is wrong with them is noted among the problems of the study file."""
    files: dict[str, Path] = {}
    boundaries = parsed.spec.boundaries
    fields: tuple[str, ...] = ()
    try:
        path = locate(boundaries.source, parsed.folder)
    except SpatialRegionError as error:
        parsed.problems.add(("boundaries", "source"), str(error))
    else:
        files.update(_with_sidecars(boundaries.source, path))
        fields = _check_boundaries(boundaries, path, parsed.problems)
    tables = []
    for place, section in enumerate(parsed.spec.tables):
        table = _read_one(section, ("tables", place), parsed)
        if table is not None:
            tables.append(table)
            files[section.path] = table.path
    printed = [(("analyses", n, "path"), one.path) for n, _, one in parsed.analyses if isinstance(one, Audit)]
    for loc, name in [*weights_files(parsed.spec.weights), *printed]:
        try:
            files[name] = locate(name, parsed.folder)
        except SpatialRegionError as error:
            parsed.problems.add(loc, str(error))
    return Inputs(files, tuple(tables), fields)


def _with_sidecars(name: str, path: Path) -> dict[str, Path]:
    """Return a boundaries file, with the further files that a shapefile is made of."""
    sidecars = [path.with_suffix(suffix) for suffix in _SIDECARS] if path.suffix.lower() == ".shp" else []
    return {name: path} | {f"{Path(name).stem}{p.suffix}": p for p in sidecars if p.is_file()}


def _check_boundaries(boundaries: Boundaries, path: Path, problems: Problems) -> tuple[str, ...]:
    import pyogrio

    try:
        fields = tuple(map(str, pyogrio.read_info(path)["fields"]))
    except pyogrio.errors.DataSourceError as error:
        problems.add(("boundaries", "source"), f"{path.name} cannot be read as boundaries: {error}")
        return ()
    for key in ("id", "name"):
        column = getattr(boundaries, key)
        if column is not None and column not in fields:
            problems.add(("boundaries", key), unknown_name("column", column, fields))
    if boundaries.id is None and boundaries.source not in BUNDLED:
        columns = name_some(fields, limit=25)
        problems.add(("boundaries",), f"say which column holds the code of each region, id = ...; columns: {columns}.")
    return fields


def _read_one(section: TableSection, loc: Loc, parsed: Parsed) -> TableInput | None:
    problems = parsed.problems
    try:
        path = locate(section.path, parsed.folder)
        read = read_table(path, [section.on], sheet=section.sheet, encoding=section.encoding)
    except UnknownNameError as error:
        problems.add((*loc, "sheet" if "no sheet" in str(error) else "on"), str(error))
        return None
    except SpatialRegionError as error:
        problems.add((*loc, "path"), str(error))
        return None
    frame = read.frame.set_axis(pd.Index(read.rows, name="row"))
    if not _check_columns(section, frame, loc, problems):
        return None
    try:
        shaped = _reshape(section, frame)
    except SpatialRegionError as error:
        problems.add(loc, str(error))
        return None
    return TableInput(section, path, shaped, read.notes)


def _check_columns(section: TableSection, frame: pd.DataFrame, loc: Loc, problems: Problems) -> bool:
    """Note every column that the section names and the table lacks; say whether there is none."""
    known = [str(column) for column in frame.columns]
    named: list[tuple[Loc, str]] = [((key,), getattr(section, key)) for key in ("time", "province")]
    if section.long:
        named += [(("long", key), getattr(section.long, key)) for key in ("variable", "value")]
    else:
        named += [(("columns", new), old) for new, old in (section.columns or {}).items()]
    wrong = [(where, column) for where, column in named if column is not None and column not in known]
    for where, column in wrong:
        problems.add((*loc, *where), unknown_name("column", column, known))
    clashes = [key for key in ("time", "long") if section.wide and getattr(section, key) is not None]
    for key in clashes:
        problems.add((*loc, key), f"cannot go with wide, which finds the times in the headings; leave {key} out.")
    empty = [new for new, pattern in (section.wide or {}).items() if not _times_of(pattern, known)]
    for new in empty:
        pattern = (section.wide or {})[new]
        advice = "" if "{time}" in pattern else " It must contain {time}."
        problems.add(
            (*loc, "wide", new), f"no column is like {pattern!r}.{advice} Columns: {name_some(known, limit=25)}."
        )
    return not (wrong or clashes or empty)


def _times_of(pattern: str, columns: list[str]) -> dict[str, int]:
    """Return the columns that fit a pattern such as ``gdp_{time}``, each with its time, a whole number."""
    if pattern.count("{time}") != 1:
        return {}
    before, after = map(re.escape, pattern.split("{time}"))
    fits = {column: re.fullmatch(f"{before}([0-9]+){after}", column) for column in columns}
    return {column: int(found.group(1)) for column, found in fits.items() if found}


def _reshape(section: TableSection, frame: pd.DataFrame) -> pd.DataFrame:
    keys = [key for key in (section.on, section.province, section.time) if key is not None]
    if section.wide:
        return _from_wide(section, frame, keys)
    if section.long:
        frame = _from_long(section, frame, keys)
    if section.columns is None:
        return frame
    missing = [old for old in section.columns.values() if old not in frame.columns]
    if missing:
        raise UnknownNameError(unknown_name("variable", missing[0], frame.columns.drop(keys)))
    picked = {new: frame[old] for new, old in section.columns.items()}
    return pd.DataFrame({**{key: frame[key] for key in keys}, **picked}, index=frame.index)


def _from_wide(section: TableSection, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return one row a region and time; a variable without a column for some time is missing there."""
    columns = [str(column) for column in frame.columns]
    found = {new: {t: old for old, t in _times_of(p, columns).items()} for new, p in (section.wide or {}).items()}
    parts = []
    for time in sorted(set().union(*found.values())):
        part = frame[keys].assign(**{TIME: time})
        for new, by_time in found.items():
            part[new] = frame[by_time[time]] if time in by_time else None
        for new, old in (section.columns or {}).items():
            part[new] = frame[old]
        parts.append(part)
    return pd.concat(parts)


def _from_long(section: TableSection, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return one column a variable."""
    assert section.long is not None
    label, value = section.long.variable, section.long.value
    twice = frame[frame.duplicated([*keys, label])]
    if len(twice):
        shown = ", ".join(map(str, twice.iloc[0][[*keys, label]]))
        raise ReadError(f"{len(twice)} rows repeat a region and variable; the first is row {twice.index[0]}: {shown}.")
    first = frame.reset_index().groupby(keys, sort=False, dropna=False)["row"].min()
    spread = frame.pivot(index=keys, columns=label, values=value)
    spread = spread[[name for name in frame[label].unique() if name in spread.columns]]
    rows = first.reindex(spread.index).sort_values()
    shaped = spread.reindex(rows.index).reset_index()
    return shaped.rename_axis(columns=None).set_axis(pd.Index(rows.to_numpy(), name="row"))
