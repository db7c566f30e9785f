"""Checks of limits: shares of a whole, bounds, order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cells, Tally
from spatial_region.measure._audit_check import Check, as_columns
from spatial_region.measure._audit_numbers import EVERYTHING, Interval, exactly, total


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

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"primary": ["9.5"], "secondary": ["48.7"], "tertiary": ["42.8"]}, index=["2010"])
    >>> sr.audit(table, sr.checks.Shares(["primary", "secondary", "tertiary"])).table()["message"].tolist()
    ['is one of 3 shares of 2010 that add to 101, and the whole is 100']
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

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"q": ["0.53", "1.02"]}, index=["slope", "soil"])
    >>> sr.audit(table, sr.checks.Bounds("q", low=0, high=1)).table()["row"].tolist()
    ['soil']
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
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise InputError(f"Bounds(): low={self.low!r} is not below high={self.high!r}; no value lies between them.")
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

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"min": ["1.2"], "mean": ["0.9"], "max": ["3.4"]}, index=["gdp"])
    >>> sr.audit(table, sr.checks.Ascending(["min", "mean", "max"])).table()["message"].tolist()
    ['is below min 1.2']
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
