"""Cells of a spreadsheet or of delimited text, without empty rows, and the number of each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError, ReadError, UnknownNameError
from spatial_region.weights.files._content import Source

MOST_COLUMNS, MOST_ROWS = 16_384, 1_048_576  # of a sheet
MOST_DIGITS = 15  # of a number in a spreadsheet


@dataclass(frozen=True)
class Cells:
    """Rows of cells, the first of which is the header; an empty cell is None."""

    rows: list[list[Any]]
    numbers: list[int]


def read_cells(source: Source, form: str) -> Cells:
    """Return the cells of a CSV or XLSX file.

    Raises
    ------
    ReadError
        If it cannot be read, or has fewer than two rows.
    UnknownNameError
        If it has no such sheet.
    """
    raw = _csv_rows(source) if form == "csv" else _sheet_rows(source)
    kept = [(number, row) for number, row in enumerate(map(_stripped, raw), start=1) if row]
    if len(kept) < 2:
        raise ReadError(f"{source.file} has {len(kept)} rows with content; it needs a header and at least one row.")
    return Cells([row for _, row in kept], [number for number, _ in kept])


def _stripped(row: Iterable[Any]) -> list[Any]:
    cells = [None if isinstance(cell, str) and not cell.strip() else cell for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _csv_rows(source: Source) -> list[list[str]]:
    """Return the rows, split where that gives rows of equal length: an id may hold another delimiter."""
    lines = source.lines()
    read, problem = [], ""
    for delimiter in ",;\t":
        try:
            read.append(list(csv.reader(lines, delimiter=delimiter, strict=True)))
        except csv.Error as error:
            problem = problem or str(error)
    even = [rows for rows in read if _is_even(rows)]
    if not even and problem:
        raise ReadError(f"{source.file} cannot be split into cells: {problem}.")
    return even[0] if even else max(read, key=lambda rows: max(map(len, rows)))


def _is_even(rows: list[list[str]]) -> bool:
    widths = {len(row) for row in rows if row}
    return len(widths) == 1 and widths != {1}


def _sheet_rows(source: Source) -> list[list[Any]]:
    from xml.etree.ElementTree import ParseError
    from zipfile import BadZipFile  # openpyxl is loaded only for the format that needs it

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(source.data), data_only=True, read_only=True)
        names = [page.title for page in book.worksheets]
        page = book[_sheet_name(source, names)]
        page.reset_dimensions()  # some programs write dimensions that are too small
        return [list(row) for row in page.iter_rows(values_only=True)]
    except (BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise ReadError(f"{source.file} is not a readable Excel file: {error}.") from error


def _sheet_name(source: Source, names: list[str]) -> str:
    sheet = source.sheet
    if sheet is None:
        return names[0]
    if isinstance(sheet, str) and sheet in names:
        return sheet
    if isinstance(sheet, int) and not isinstance(sheet, bool) and 0 <= sheet < len(names):
        return names[sheet]
    raise UnknownNameError(f"{source.file} has no sheet {sheet!r}; it has: {name_some(names, limit=20)}.")


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as delimited text."""
    content = io.StringIO()
    csv.writer(content, lineterminator="\n").writerows(rows)
    return content.getvalue()


def workbook(rows: Iterable[Iterable[object]]) -> bytes:
    """Return rows as a workbook with one sheet; text stays text, also when it looks like a formula.

    Raises
    ------
    InputError
        If a text has characters that a workbook cannot hold.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = Workbook(write_only=True)
    page = book.create_sheet("weights")

    def cell(value: object) -> object:
        if isinstance(value, str):
            made = WriteOnlyCell(page, value)
            made.data_type = "s"
            return made
        if isinstance(value, float) and float(f"{value:.16g}") != value:
            # openpyxl writes 16 digits of a number, which is not always the same number; its digits are given as text.
            made = WriteOnlyCell(page, value)
            made._value = repr(value)
            return made
        return value

    try:
        for row in rows:
            page.append([cell(value) for value in row])
    except IllegalCharacterError as error:
        raise InputError(f"an id has characters that a workbook cannot hold: {error}.") from error
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
