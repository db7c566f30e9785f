"""A printed table, cell by cell, and what every check is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.errors import DuplicateError, InputError, UnknownNameError
from spatial_region.measure._audit_numbers import Interval, Printed, Rounding, is_blank, read_number


@dataclass(frozen=True)
class Finding:
    """One cell that cannot be true.

    Attributes
    ----------
    row, column : str
        Where it stands.
    printed : str
        What is printed there.
    implied : Interval or None
        Values that follow from the other cells; None where none is a number.
    decimals : int
        Digits to show them with.
    message : str
        What is wrong, in words.
    """

    row: str
    column: str
    printed: str
    implied: Interval | None
    decimals: int
    message: str


class Tally:
    """What a check has seen: how many statements it tested, how many cells were blank, and what it found."""

    def __init__(self) -> None:
        self.tested = 0
        self.blank = 0
        self.findings: list[Finding] = []

    def compare(self, cell: Cell, implied: Interval, message: str, *, possible: Interval | None = None) -> bool:
        """Note a finding unless the printed number can be one of `possible`, which are by default the implied ones."""
        self.tested += 1
        fits = cell.interval.meets(implied if possible is None else possible)
        if not fits:
            self.report(cell, implied, message)
        return fits

    def report(self, cell: Cell, implied: Interval | None, message: str) -> None:
        """Note a finding."""
        decimals = cell.printed.decimals if cell.printed is not None else 0
        self.findings.append(Finding(cell.row, cell.column, cell.text, implied, decimals, message))


@dataclass(frozen=True)
class Cell:
    """One cell: where it stands, its text, and the number in it, if there is one."""

    row: str
    column: str
    text: str
    printed: Printed | None
    rounding: Rounding

    @property
    def interval(self) -> Interval:
        """Every number that may stand behind the printed one."""
        if self.printed is None:
            raise InputError(f"{self.column!r} of {self.row!r} is no number: {self.text!r}.")
        return self.printed.interval(self.rounding)


class Cells:
    """A table as printed."""

    def __init__(self, table: pd.DataFrame, rounding: Rounding, decimals: Mapping[str, int]) -> None:
        self._texts = {str(column): _texts(table[column], decimals.get(str(column))) for column in table.columns}
        self._labels = [_label(label) for label in table.index]
        self._rounding = rounding
        self._used: set[str] = set()

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._texts)

    @property
    def untested(self) -> list[str]:
        """Columns that no check has read."""
        return [column for column in self._texts if column not in self._used]

    def label(self, place: int) -> str:
        """Return the label of a row."""
        return self._labels[place]

    def rows(self, where: Mapping[str, object] | None = None) -> list[int]:
        """Return the places of the rows in which the columns of `where` have these texts, or one of several."""
        kept = list(range(len(self._labels)))
        for column, wanted in (where or {}).items():
            texts = self.column(column)
            several = not isinstance(wanted, str) and isinstance(wanted, Iterable)
            known = {str(each) for each in wanted} if several else {str(wanted)}  # type: ignore[attr-defined]
            absent = known - {str(text) for text in texts}
            if absent:
                raise UnknownNameError(
                    f"no row has {column} = {name_some(sorted(absent))}.{did_you_mean(min(absent), set(texts))}"
                )
            kept = [place for place in kept if texts[place] in known]
        return kept

    def column(self, column: str) -> list[str]:
        """Return the texts of a column, blank ones as empty text.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        if column not in self._texts:
            raise UnknownNameError(
                f"the table has no column {column!r}.{did_you_mean(column, self._texts)} "
                f"It has: {name_some(self._texts, limit=20)}."
            )
        self._used.add(column)
        return self._texts[column]

    def cell(self, place: int, column: str) -> Cell:
        """Return a cell, whose number is None if it is blank.

        Raises
        ------
        InputError
            If it holds something else than a number.
        """
        text = self.column(column)[place]
        printed = read_number(text) if text else None
        if text and printed is None:
            raise InputError(
                f"{column!r} of {self.label(place)!r} is {text!r}, which is no number. "
                "Check another column, or leave the row out with where=."
            )
        return Cell(self.label(place), column, text, printed, self._rounding)

    def filled(self, tally: Tally, place: int, columns: Sequence[str]) -> list[Cell] | None:
        """Return the cells of a row, or None, and count it, when one of them is blank."""
        cells = [self.cell(place, column) for column in columns]
        if any(cell.printed is None for cell in cells):
            tally.blank += 1
            return None
        return cells

    def groups(self, places: Sequence[int], by: str | Sequence[str] | None) -> Iterator[tuple[str, list[int]]]:
        """Yield each group of rows with the same texts in the columns `by`, and what these are."""
        columns = [by] if isinstance(by, str) else list(by or ())
        keys: dict[tuple[str, ...], list[int]] = {}
        for place in places:
            keys.setdefault(tuple(self.column(column)[place] for column in columns), []).append(place)
        for key, members in keys.items():
            yield ", ".join(key), members

    def find(self, places: Sequence[int], label: str, within: str) -> int:
        """Return the place of the row with a label.

        Raises
        ------
        UnknownNameError
            If there is none.
        DuplicateError
            If there are several.
        """
        found = [place for place in places if label in self._parts(place)]
        where = f" of {within}" if within else ""
        if not found:
            known = [self.label(place) for place in places]
            raise UnknownNameError(
                f"no row {label!r}{where}.{did_you_mean(label, known)} There are {name_some(known)}."
            )
        if len(found) > 1:
            raise DuplicateError(f"{len(found)} rows are {label!r}{where}; say by= which column tells them apart.")
        return found[0]

    def _parts(self, place: int) -> list[str]:
        label = self._labels[place]
        return [label, *label.split(", ")]


def _label(label: Any) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _texts(column: pd.Series, decimals: int | None) -> list[str]:
    """Return the cells of a column as printed: numbers with as many decimals as the one that has most of them."""
    if isinstance(column, pd.DataFrame):
        raise DuplicateError(f"the table has {column.columns[0]!r} more than once; rename the columns.")
    if pd.api.types.is_float_dtype(column.dtype) or _holds_numbers(column):
        numbers = [np.nan if is_blank(value) else float(value) for value in column]
        known = [value for value in numbers if np.isfinite(value)]
        most = max((_decimals(value) for value in known), default=0) if decimals is None else decimals
        return [f"{value:.{most}f}" if np.isfinite(value) else "" for value in numbers]
    texts = ["" if is_blank(cell) else str(cell).strip() for cell in column]
    if decimals is None:
        return texts
    return [_with_decimals(text, decimals) if text else "" for text in texts]


def _holds_numbers(column: pd.Series) -> bool:
    """Whether cells are numbers without their digits, as those of a workbook are, one of them at least no whole one."""
    filled = [cell for cell in column if not is_blank(cell)]
    return any(isinstance(cell, float) for cell in filled) and all(
        isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in filled
    )


def _with_decimals(text: str, decimals: int) -> str:
    """Return a number with the zeros that it lost at its end."""
    printed = read_number(text)
    if printed is None or printed.decimals >= decimals:
        return text
    return f"{float(printed.value):.{decimals}f}{printed.stars}"


def _decimals(value: float) -> int:
    denominator = Fraction(repr(value)).denominator
    places = 0
    while 10**places % denominator:
        places += 1
    return places
