"""Checks of arithmetic: formulas of columns or rows, totals, shares, bounds and order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cells, Tally
from spatial_region.measure._audit_check import Check, as_columns
from spatial_region.measure._audit_formula import read_formula
from spatial_region.measure._audit_numbers import EVERYTHING, Interval, exactly, total


@dataclass(frozen=True)
class Formula(Check):
    """A column follows from other columns of the same row, by arithmetic.

    Attributes
    ----------
    column : str
        What must follow.
    formula : str
        Names of columns, numbers, brackets and + - * / **; other names than words in backquotes. Examples:
        ``"pure * scale"``, ``"(later / earlier - 1) * 100"``, ``"((later / earlier) ** (1/13) - 1) * 100"``.
    """

    column: str
    formula: str

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"{self.column} = {self.formula}"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare each printed value with the formula."""
        formula = read_formula(self.formula)
        names = list(formula.names.values())
        for place in cells.rows(self.where):
            found = cells.filled(tally, place, [self.column, *names])
            if found is None:
                continue
            values = {name: cell.interval for name, cell in zip(names, found[1:], strict=True)}
            shown = ", ".join(f"{cell.column} {cell.text}" for cell in found[1:])
            tally.compare(found[0], formula.evaluate(values), f"does not follow from {shown}")


@dataclass(frozen=True)
class RowFormula(Check):
    """A row follows from other rows of the same column, by arithmetic, such as a gap or a ratio.

    Attributes
    ----------
    column : str or sequence of str
        Columns in which it must.
    row : str
        Label of the row that must follow.
    formula : str
        As for `Formula`, with labels of rows for names.
    by : str or sequence of str, optional
        Columns, such as the year, within whose values the rows are looked up.
    """

    column: str | Sequence[str]
    row: str
    formula: str
    by: str | Sequence[str] | None = None

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"{', '.join(as_columns(self.column))}: {self.row} = {self.formula}"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare the row with the formula in each column and group."""
        formula = read_formula(self.formula)
        names = list(formula.names.values())
        for group, places in cells.groups(cells.rows(self.where), self.by):
            rows = [cells.find(places, name, group) for name in [self.row, *names]]
            for column in as_columns(self.column):
                found = [cells.cell(place, column) for place in rows]
                if any(cell.printed is None for cell in found):
                    tally.blank += 1
                    continue
                values = {name: cell.interval for name, cell in zip(names, found[1:], strict=True)}
                shown = ", ".join(f"{name} {cell.text}" for name, cell in zip(names, found[1:], strict=True))
                within = f" ({group})" if group else ""
                tally.compare(found[0], formula.evaluate(values), f"does not follow from {shown}{within}")


@dataclass(frozen=True)
class Total(Check):
    """The rows of a column add to a stated number, such as weights to 1.

    Attributes
    ----------
    column : str
        What is added.
    equals : float
        The sum, exactly.
    by : str or sequence of str, optional
        Columns within whose values the rows are added.
    """

    column: str
    equals: float
    by: str | Sequence[str] | None = None

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"sum of {self.column} = {self.equals:g}"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare each sum with what it should be."""
        for group, places in cells.groups(cells.rows(self.where), self.by):
            found = [cells.cell(place, self.column) for place in places]
            if any(cell.printed is None for cell in found):
                tally.blank += 1
                continue
            whole = total(cell.interval for cell in found)
            tally.tested += 1
            if not whole.meets(exactly(self.equals)):
                printed = sum(cell.printed.value for cell in found if cell.printed is not None)
                rest = exactly(self.equals) - total(cell.interval for cell in found[1:])
                tally.report(
                    found[0],
                    rest,
                    f"is one of {len(found)} rows{f' of {group}' if group else ''} that add to {float(printed):g} "
                    f"and not to {self.equals:g}; if the others are right",
                )


@dataclass(frozen=True)
class Shares(Check):
    """Parts of a whole: none below 0 or above the whole, and together not above it.

    Attributes
    ----------
    columns : str or sequence of str
        One column, whose rows are the parts, or several, which are the parts of each row.
    whole : float
        What the whole is: 100 for percentages, 1 for fractions.
    complete : bool
        Whether all parts are listed, so that they must add to the whole.
    together : bool
        Whether they are parts of one whole at all; otherwise each is tested by itself.
    by : str or sequence of str, optional
        With one column: columns within whose values the rows are parts of one whole.
    """

    columns: str | Sequence[str]
    whole: float = 100
    complete: bool = False
    together: bool = True
    by: str | Sequence[str] | None = None

    @property
    def rule(self) -> str:
        """The rule in words."""
        sign = "=" if self.complete else "<="
        named = ", ".join(as_columns(self.columns))
        return f"shares {named}: each 0 to {self.whole:g}" + (f", sum {sign} {self.whole:g}" if self.together else "")

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Test each share, and each sum of shares."""
        columns = as_columns(self.columns)
        rows = cells.rows(self.where)
        for column in columns:
            for place in rows:
                cell = cells.cell(place, column)
                if cell.printed is None:
                    tally.blank += 1
                    continue
                fair = Interval(exactly(0).low, exactly(self.whole).high)
                tally.compare(cell, fair, f"is no share of {self.whole:g}")
        if self.together:
            along = [(cells.label(place), [(place, column) for column in columns]) for place in rows]
            down = [(group, [(place, columns[0]) for place in places]) for group, places in cells.groups(rows, self.by)]
            for group, parts in along if len(columns) > 1 else down:
                self._add(cells, tally, group, parts)

    def _add(self, cells: Cells, tally: Tally, group: str, parts: list[tuple[int, str]]) -> None:
        found = [cell for cell in (cells.cell(*part) for part in parts) if cell.printed is not None]
        if not found or (self.complete and len(found) < len(parts)):
            return
        added = total(cell.interval for cell in found)
        fair = exactly(self.whole)
        tally.tested += 1
        if added.low > fair.high or (self.complete and added.high < fair.low):
            printed = float(sum(cell.printed.value for cell in found if cell.printed is not None))
            rest = fair - total(cell.interval for cell in found[:-1])
            named = f" of {group}" if group else ""
            tally.report(
                found[-1],
                rest,
                f"is one of {len(found)} shares{named} that add to {printed:g}, and the whole is {self.whole:g}",
            )


@dataclass(frozen=True)
class Bounds(Check):
    """A column lies between two numbers, because its formula allows no other values.

    Attributes
    ----------
    column : str
        What must lie between them.
    low, high : float, optional
        The bounds, included.
    why : str
        Where they come from, for the finding.
    """

    column: str
    low: float | None = None
    high: float | None = None
    why: str = ""

    @property
    def rule(self) -> str:
        """The rule in words."""
        low = "" if self.low is None else f"{self.low:g} <= "
        return f"{low}{self.column}" + ("" if self.high is None else f" <= {self.high:g}")

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Test each value."""
        low = EVERYTHING.low if self.low is None else exactly(self.low).low
        high = EVERYTHING.high if self.high is None else exactly(self.high).high
        message = "is out of bounds" + (f": {self.why}" if self.why else "")
        for place in cells.rows(self.where):
            cell = cells.cell(place, self.column)
            if cell.printed is None:
                tally.blank += 1
            else:
                tally.compare(cell, Interval(low, high), message)


@dataclass(frozen=True)
class Ascending(Check):
    """Columns of a row never fall from the first to the last, such as minimum, mean, maximum, or q of one and of two.

    Attributes
    ----------
    columns : sequence of str
        From what is least to what is largest; equal values are allowed.
    """

    columns: Sequence[str]

    @property
    def rule(self) -> str:
        """The rule in words."""
        return " <= ".join(self.columns)

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Test each neighbouring pair."""
        if isinstance(self.columns, str) or len(self.columns) < 2:
            raise InputError(f"Ascending() compares at least two columns; found {self.columns!r}.")
        for place in cells.rows(self.where):
            found = [cells.cell(place, column) for column in self.columns]
            known = [cell for cell in found if cell.printed is not None]
            tally.blank += len(found) - len(known)
            for lower, upper in pairwise(known):
                least = Interval(lower.interval.low, EVERYTHING.high)
                tally.compare(upper, least, f"is below {lower.column} {lower.text}")
