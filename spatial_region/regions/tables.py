"""Read indicator tables as they come: title rows, merged cells, GBK text, numbers written in many ways."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from spatial_region.core.encoding import decode
from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.errors import DuplicateError, InputError, MissingLibraryError, ReadError, UnknownNameError
from spatial_region.regions.clean import clean
from spatial_region.regions.words import no_region

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".dta", ".parquet")
_TYPED = (".dta", ".parquet")
DEEPEST_HEADER = 30  # rows of title above a header
_WITH_COMMA = re.compile(r"[-+]?[\d.\s]*\d(?:,\d+)+")


@dataclass(frozen=True)
class Table:
    """A table with the place of each row in its source, and what was noticed while reading."""

    frame: pd.DataFrame
    rows: pd.Series
    notes: tuple[str, ...] = ()


@dataclass
class _Sheet:
    """Cells of a sheet, for each merged block (top, left, bottom, right), 0-based, and the delimiter of a text."""

    cells: list[list[Any]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    delimiter: str = ""


def read_table(
    table: pd.DataFrame | str | Path,
    keys: Sequence[str],
    *,
    sheet: str | int | None = None,
    encoding: str | None = None,
) -> Table:
    """Read a table from a frame or a file; `keys` are columns it must have, the first of which marks the header.

    Raises
    ------
    ReadError
        If the file is absent, empty, of an unknown format, or in another encoding; if a row of a text has more or
        fewer fields than the header; if commas in numbers can be read in two ways; if formulas have no values.
    InputError
        If an argument is of the wrong type.
    UnknownNameError
        If a column or the sheet does not exist.
    DuplicateError
        If two columns have the same name.
    MissingLibraryError
        If the format needs a library that is not installed.
    """
    if sheet is not None and (isinstance(sheet, bool) or not isinstance(sheet, (str, int))):
        raise InputError(f"sheet must be the name of a sheet, or its number from 0; found {sheet!r}.")
    if isinstance(table, pd.DataFrame):
        _check_columns(table.columns, keys)
        if table.empty:
            raise ReadError("the table has no rows.")
        rows = table.index.to_series(index=range(len(table)))
        return Table(_named(table), rows)
    if not isinstance(table, (str, Path)):
        raise InputError(f"table must be a DataFrame or the path of a file; found {type(table).__name__}.")
    return _read_file(Path(table), keys, sheet, encoding)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis([str(column) for column in frame.columns], axis=1).reset_index(drop=True)


def read_grid(path: Path, *, sheet: str | int | None = None, encoding: str | None = None) -> list[list[Any]]:
    """Read every cell of a file as it stands, row by row; nothing is taken for a header.

    Raises
    ------
    ReadError
        If the file is absent, empty, of an unknown format, or in another encoding, or formulas have no values.
    UnknownNameError
        If the sheet does not exist.
    MissingLibraryError
        If the format needs a library that is not installed.
    """
    _check_file(path)
    if path.suffix.lower() in _TYPED:
        frame = _read_typed(path)
        frame = frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
        return [list(frame.columns), *frame.astype(object).to_numpy().tolist()]
    return _read_cells(path, sheet, encoding).cells


def _read_file(path: Path, keys: Sequence[str], sheet: str | int | None, encoding: str | None) -> Table:
    _check_file(path)
    if path.suffix.lower() in _TYPED:
        frame = _read_typed(path)
        _check_columns(frame.columns, keys)
        if frame.empty:
            raise ReadError(f"{path.name} has no rows.")
        return Table(_named(frame), pd.Series(range(1, len(frame) + 1)))
    return _lay_out(_read_cells(path, sheet, encoding), keys, path.name)


def _check_file(path: Path) -> None:
    suffix = path.suffix.lower()
    if not path.exists():
        raise ReadError(f"no file {str(path)!r}.")
    if suffix not in SUFFIXES:
        raise ReadError(f"{path.name}: {suffix or 'no'} suffix is not known; there are: {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise ReadError(f"{str(path)!r} is a folder; give the path of a file.")
    if path.stat().st_size == 0:
        raise ReadError(f"{path.name} is empty.")


def _read_cells(path: Path, sheet: str | int | None, encoding: str | None) -> _Sheet:
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm"):
        return _read_workbook(path, sheet)
    return _read_old_workbook(path, sheet) if suffix == ".xls" else _read_text(path, encoding)


def _check_columns(columns: Sequence[object] | pd.Index, keys: Sequence[str]) -> None:
    listed = [str(column) for column in columns]
    twice = sorted({column for column in listed if listed.count(column) > 1})
    if twice:
        raise DuplicateError(f"columns of the table occur twice: {name_some(twice)}. Rename them first.")
    for key in keys:
        if key not in listed:
            raise UnknownNameError(
                f"the table has no column {key!r}.{did_you_mean(key, listed)} It has: {name_some(listed, limit=20)}."
            )


def _read_typed(path: Path) -> pd.DataFrame:
    try:
        return pd.read_stata(path) if path.suffix.lower() == ".dta" else pd.read_parquet(path)
    except ImportError as error:
        raise MissingLibraryError(f"reading {path.suffix} needs a library: {error}") from error
    except (ValueError, OSError) as error:
        raise ReadError(f"{path.name} cannot be read: {error}") from error


def _read_text(path: Path, encoding: str | None) -> _Sheet:
    text, found = decode(path.read_bytes(), path.name, encoding)
    if not text.strip():
        raise ReadError(f"{path.name} is empty.")
    first = next(line for line in text.splitlines() if line.strip())
    widest = max(text.splitlines()[:DEEPEST_HEADER], key=lambda line: max(map(line.count, ",\t;")), default=first)
    delimiter = max(",\t;", key=widest.count)
    cells: list[list[Any]] = []
    try:
        # newline=None makes line ends of every system one; strict refuses a quote that is never closed.
        for row in csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True):
            cells.append(list(row))
    except csv.Error as error:
        raise ReadError(
            f"{path.name} cannot be split into fields in row {len(cells) + 1} or after it: {error}. "
            'Look for a quotation mark (") that is not closed.'
        ) from error
    notes = [] if found == "utf-8" else [f"{path.name} is read as {found}"]
    return _Sheet(cells, notes=notes, delimiter=delimiter)


def _read_workbook(path: Path, sheet: str | int | None) -> _Sheet:
    from xml.etree.ElementTree import ParseError
    from zipfile import BadZipFile  # openpyxl is loaded only for the format that needs it

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, data_only=True)
    except (BadZipFile, InvalidFileException, ParseError, KeyError, TypeError, ValueError, OSError) as error:
        raise ReadError(f"{path.name} is not a readable Excel file: {error}") from error
    names = [page.title for page in book.worksheets]  # sheets that hold a chart only have no cells
    if not names:
        raise ReadError(f"{path.name} has no sheet with cells.")
    notes = []
    name = names[0] if sheet is None else _sheet_name(sheet, names, path.name)
    if sheet is None and len(names) > 1:
        notes.append(f"sheet {name!r} is read; the file also has {name_some(names[1:])} (choose with sheet=)")
    page = book[name]
    cells = [list(row) for row in page.iter_rows(values_only=True)]
    notes += _check_formulas(path, name, page)
    merges = [(r.min_row - 1, r.min_col - 1, r.max_row - 1, r.max_col - 1) for r in page.merged_cells.ranges]
    return _Sheet(cells, merges, notes)


def _check_formulas(path: Path, name: str, values: Any) -> list[str]:
    """Refuse a sheet whose formulas were never calculated: their cells would be read as missing."""
    from zipfile import ZipFile

    from openpyxl import load_workbook

    with ZipFile(path) as parts:
        sheets = [part for part in parts.namelist() if part.startswith("xl/worksheets/") and part.endswith(".xml")]
        if not any(re.search(rb"<(?:\w+:)?f[\s/>]", parts.read(part)) for part in sheets):
            return []
    written = load_workbook(path)[name]
    formulas = [cell.coordinate for row in written.iter_rows() for cell in row if cell.data_type == "f"]
    blank = [place for place in formulas if values[place].value is None]
    if blank and len(blank) == len(formulas):
        raise ReadError(
            f"{path.name}: {len(blank)} cells of sheet {name!r} hold formulas without values: {name_some(blank)}. "
            "Open the file in Excel and save it once, or paste the values."
        )
    return [f"{len(blank)} cells with formulas are empty: {name_some(blank)}"] if blank else []


def _sheet_name(sheet: str | int, names: list[str], file: str) -> str:
    if isinstance(sheet, int) and 0 <= sheet < len(names):
        return names[sheet]
    if sheet in names:
        return str(sheet)
    raise UnknownNameError(f"{file} has no sheet {sheet!r}.{did_you_mean(sheet, names)} It has: {name_some(names)}.")


def _read_old_workbook(path: Path, sheet: str | int | None) -> _Sheet:
    try:
        frame = pd.read_excel(path, sheet_name=0 if sheet is None else sheet, header=None)
    except ImportError as error:
        raise MissingLibraryError(
            f"reading .xls needs xlrd (pip install xlrd), or save it as .xlsx: {error}"
        ) from error
    except ValueError as error:
        raise ReadError(f"{path.name} cannot be read: {error}") from error
    cells = [[None if pd.isna(cell) else cell for cell in row] for row in frame.to_numpy(dtype=object).tolist()]
    return _Sheet(cells, notes=["merged cells of .xls files are not known; save as .xlsx when keys are merged"])


def _lay_out(sheet: _Sheet, keys: Sequence[str], file: str) -> Table:
    """Find the header, fill real merges in the key columns, and return the rows below."""
    cells = sheet.cells
    if not any(_filled(cell) for row in cells for cell in row):
        raise ReadError(f"{file} is empty.")
    top = _find_header(cells, keys[0], file)
    width = max(len(row) for row in cells)
    cells = [row + [None] * (width - len(row)) for row in cells]
    depth = _header_depth(sheet, cells, top, keys[0])
    names = _column_names(sheet, cells, top, depth)
    if sheet.delimiter:
        _check_fields(sheet, names, top, file)
    kept = [column for column in range(width) if names[column]]
    body = cells[top + depth :]
    _check_columns([names[column] for column in kept], keys)
    _fill_merges(sheet, body, top + depth, [column for column in kept if names[column] in keys])
    numbers = [number for number, row in enumerate(body) if any(_filled(row[column]) for column in kept)]
    if not numbers:
        raise ReadError(f"{file} has a header and no rows.")
    frame = pd.DataFrame(
        [[body[number][column] for column in kept] for number in numbers],
        columns=[names[column] for column in kept],
        dtype=object,
    )
    rows = pd.Series([top + depth + number + 1 for number in numbers])
    if sheet.delimiter == ";":
        _check_commas(frame, rows, file)
    notes = list(sheet.notes)
    if top:
        notes.append(f"the header is in row {top + 1} of {file}; the rows above are taken for titles")
    return Table(frame, rows, tuple(notes))


def _check_fields(sheet: _Sheet, names: list[str], top: int, file: str) -> None:
    """Refuse rows of a text that have more or fewer fields than the header: one more comma moves every value."""
    needed = max(column for column, name in enumerate(names) if name) + 1
    wrong = []
    for number, row in enumerate(sheet.cells[top + 1 :], start=top + 2):
        filled = sum(map(_filled, row))
        if any(map(_filled, row[needed:])) or (len(row) < needed and filled > 1):
            first = next(cell for cell in row if _filled(cell))
            if no_region(clean(first)) != "note":
                wrong.append(f"row {number} ({str(first)[:20]}) has {len(row)}")
    if wrong:
        raise ReadError(
            f"{file}: {len(wrong)} rows do not have the {needed} fields of the header: {name_some(wrong)}. "
            f"A {sheet.delimiter!r} within a field needs quotation marks around the field, and every column a heading."
        )


def _check_commas(frame: pd.DataFrame, rows: pd.Series, file: str) -> None:
    """Refuse numbers with a comma where semicolons divide fields: the comma may stand for decimals or thousands."""
    found = [
        f"{cell} (row {row}, {column})"
        for column in frame.columns
        for row, cell in zip(rows, frame[column], strict=True)
        if isinstance(cell, str) and _WITH_COMMA.fullmatch(cell.strip())
    ]
    if found:
        raise ReadError(
            f"{file} has fields divided by semicolons and {len(found)} numbers with a comma, which may stand for "
            f"decimals or thousands: {name_some(found)}. Say which: read it with pandas.read_csv(path, sep=';', "
            "decimal=',') or (path, sep=';', thousands=','), and pass the frame."
        )


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _find_header(cells: list[list[Any]], key: str, file: str) -> int:
    near = cells[:DEEPEST_HEADER]
    for number, row in enumerate(near):
        if key in [_heading(cell) for cell in row]:
            return number
    likely = max(near, key=lambda row: sum(_filled(cell) for cell in row))
    listed = [_heading(cell) for cell in likely if _filled(cell)]
    raise UnknownNameError(
        f"{file} has no column {key!r} in its first {len(near)} rows.{did_you_mean(key, listed)} "
        f"The fullest of these rows has: {name_some(listed, limit=20)}."
    )


def _heading(cell: object) -> str:
    return " ".join(str(cell).replace("\u3000", " ").split()) if _filled(cell) else ""


def _header_depth(sheet: _Sheet, cells: list[list[Any]], top: int, key: str) -> int:
    """Return the number of header rows: as many as the heading of the key is merged over."""
    column = [_heading(cell) for cell in cells[top]].index(key)
    merged = [block for block in sheet.merges if block[0] == top and block[1] <= column <= block[3]]
    return merged[0][2] - top + 1 if merged else 1


def _column_names(sheet: _Sheet, cells: list[list[Any]], top: int, depth: int) -> list[str]:
    """Return one name a column; headings of several rows are joined: ``GDP 2020``."""
    header = [list(row) for row in cells[top : top + depth]]
    for first, left, last, right in sheet.merges:
        if top <= first and last < top + depth:
            for row in range(first - top, last - top + 1):
                header[row][left : right + 1] = [cells[first][left]] * (right - left + 1)
    return [" ".join(dict.fromkeys(filter(None, map(_heading, column)))) for column in zip(*header, strict=True)]


def _fill_merges(sheet: _Sheet, body: list[list[Any]], start: int, columns: list[int]) -> None:
    """Repeat the value of a merged block down a key column. Blank cells that are not merged stay blank."""
    for first, left, last, _ in sheet.merges:
        if left in columns and first >= start:
            for row in range(first - start, last - start + 1):
                body[row][left] = body[first - start][left]
