"""Checks of arithmetic: formulas of columns or rows, totals, shares, bounds and order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cells, Tally
from spatial_region.measure._audit_check import Check, as_columns
from spatial_region.measure._audit_formula import read_formula
from spatial_region.measure._audit_numbers import exactly, total


@dataclass(frozen=True)
class Formula(Check):
    """A column follows from other columns of the same row, by arithmetic.

    Attributes
    ----------
    column : str
        What must follow.
    formula : str
        Names of columns, numbers, brackets and ``+ - * / **``; other names than words in backquotes. Examples:
        ``"pure * scale"``, ``"(later / earlier - 1) * 100"``, ``"((later / earlier) ** (1/13) - 1) * 100"``.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"change": ["-8.56"], "y2023": ["396.7"], "y2010": ["433.84"]}, index=["Chifeng"])
    >>> bool(sr.audit(table, sr.checks.Formula("change", "(y2023 / y2010 - 1) * 100")))
    True
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

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"index": ["19.72", "10.76", "8.96"]}, index=["country", "west", "gap"])
    >>> bool(sr.audit(table, sr.checks.RowFormula("index", "gap", "country - west")))
    True
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

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"weight": ["0.33", "0.33", "0.33"]}, index=["a", "b", "c"])
    >>> bool(sr.audit(table, sr.checks.Total("weight", 1)))  # three thirds
    True
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
        if not math.isfinite(self.equals):
            raise InputError(f"Total(): equals must be a finite number; found {self.equals!r}.")
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
