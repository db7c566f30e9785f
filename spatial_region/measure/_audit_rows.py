"""Checks between rows: a mean or sum and its members, ranks, memberships of groups, edges of classes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cell, Cells, Tally
from spatial_region.measure._audit_check import Check, as_columns
from spatial_region.measure._audit_numbers import Exact, Interval, mean, total


@dataclass(frozen=True)
class MeanOf(Check):
    """A row is the mean of other rows, so that it cannot lie outside them.

    Attributes
    ----------
    column : str or sequence of str
        Columns in which it is.
    row : str
        Label of the row of means.
    members : sequence of str, mapping of column to text, or None
        Labels of the rows that it is the mean of, or what the columns of these rows say; None takes all other rows
        (of the group).
    excluding : sequence of str
        Labels of rows that are no members, such as that of the country or another mean.
    by : str or sequence of str, optional
        Columns, such as the year, within whose values the rows are looked up.
    weighted : bool
        Whether it may be a weighted mean, of which only the range is known.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"share": ["54", "51", "49", "61"]}, index=["a", "b", "c", "mean"])
    >>> sr.audit(table, sr.checks.MeanOf("share", "mean")).table()["message"].tolist()
    ['lies outside its 3 members']
    """

    column: str | Sequence[str]
    row: str
    members: Sequence[str] | Mapping[str, object] | None = None
    excluding: Sequence[str] = ()
    by: str | Sequence[str] | None = None
    weighted: bool = False

    @property
    def rule(self) -> str:
        """The rule in words."""
        word = "a weighted mean" if self.weighted else "the mean"
        return f"{', '.join(as_columns(self.column))}: {self.row} is {word} of its members"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare each mean with its members."""
        for whole, parts in _wholes(self, cells, tally):
            inside = Interval(min(cell.interval.low for cell in parts), max(cell.interval.high for cell in parts))
            if not whole.interval.meets(inside):
                tally.compare(whole, inside, f"lies outside its {len(parts)} members")
            elif self.weighted:
                tally.tested += 1
            else:
                tally.compare(
                    whole, mean(cell.interval for cell in parts), f"is not the mean of its {len(parts)} members"
                )


@dataclass(frozen=True)
class SumOf(Check):
    """A row is the sum of other rows.

    Attributes
    ----------
    column, row, members, excluding, by
        As for `MeanOf`.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"people": ["281", "234", "514"]}, index=["a", "b", "total"])
    >>> bool(sr.audit(table, sr.checks.SumOf("people", "total")))  # 280.6 + 233.7 = 514.3
    True
    """

    column: str | Sequence[str]
    row: str
    members: Sequence[str] | Mapping[str, object] | None = None
    excluding: Sequence[str] = ()
    by: str | Sequence[str] | None = None

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"{', '.join(as_columns(self.column))}: {self.row} is the sum of its members"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare each sum with its members."""
        for whole, parts in _wholes(self, cells, tally):
            tally.compare(whole, total(cell.interval for cell in parts), f"is not the sum of its {len(parts)} members")


def _wholes(check: MeanOf | SumOf, cells: Cells, tally: Tally) -> Iterator[tuple[Cell, list[Cell]]]:
    """Yield the cell of each mean or sum, and those of its members; none where one is blank."""
    for group, places in cells.groups(cells.rows(check.where), check.by):
        own = cells.find(places, check.row, group)
        out = {own, *(cells.find(places, label, group) for label in check.excluding)}
        if check.members is None:
            members = [place for place in places if place not in out]
        elif isinstance(check.members, Mapping):
            chosen = set(cells.rows(check.members))
            members = [place for place in places if place in chosen and place not in out]
        else:
            members = [cells.find(places, label, group) for label in check.members]
        if not members:
            raise InputError(f"{check.row!r} has no members{f' in {group}' if group else ''}; name them with members=.")
        for column in as_columns(check.column):
            whole, parts = cells.cell(own, column), [cells.cell(place, column) for place in members]
            if whole.printed is None or any(cell.printed is None for cell in parts):
                tally.blank += 1
            else:
                yield whole, parts


@dataclass(frozen=True)
class Ranks(Check):
    """Ranks follow the order of the values; equal values may have any of the ranks that they share.

    Attributes
    ----------
    rank, of : str
        Columns of the ranks (1 is first) and of the values.
    by : str or sequence of str, optional
        Columns, such as the year, within whose values the rows are ranked.
    highest_first : bool
        Whether rank 1 is the largest value.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"score": ["0.9", "0.7", "0.8"], "rank": ["1", "2", "3"]}, index=["a", "b", "c"])
    >>> sr.audit(table, sr.checks.Ranks("rank", "score")).table()[["row", "implied"]].values.tolist()
    [['b', '3'], ['c', '2']]
    """

    rank: str
    of: str
    by: str | Sequence[str] | None = None
    highest_first: bool = True

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"{self.rank} = rank of {self.of}, {'highest' if self.highest_first else 'lowest'} first"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare each rank with those that its value can have, and find ranks given twice."""
        for group, places in cells.groups(cells.rows(self.where), self.by):
            ranked: list[tuple[Cell, Cell]] = []
            for place in places:
                found = cells.filled(tally, place, [self.rank, self.of])
                if found is not None:
                    ranked.append((found[0], found[1]))
            self._compare(tally, ranked, f" ({group})" if group else "")

    def _compare(self, tally: Tally, ranked: list[tuple[Cell, Cell]], within: str) -> None:
        given: dict[Fraction, list[tuple[Cell, Cell]]] = {}
        for (rank, value), (larger, smaller) in zip(ranked, _larger_and_smaller([v for _, v in ranked]), strict=True):
            assert rank.printed is not None
            better, worse = (larger, smaller) if self.highest_first else (smaller, larger)
            # A rank is a whole number, or the half of one, and is not rounded.
            possible = Interval(Fraction(1 + better), Fraction(len(ranked) - worse))
            exact = Interval(rank.printed.value, rank.printed.value)
            tally.tested += 1
            if not exact.meets(possible):
                tally.report(rank, possible, f"is not the rank of {value.column} {value.text}{within}")
            given.setdefault(rank.printed.value, []).append((rank, value))
        for same in given.values():
            first = same[0][1]
            for rank, value in same[1:]:
                if _larger_and_smaller([first, value])[0] != (0, 0):
                    tally.report(
                        rank,
                        None,
                        f"is given to {first.row} ({first.text}) and {value.row} ({value.text}) alike{within}",
                    )


def _larger_and_smaller(values: Sequence[Cell]) -> list[tuple[int, int]]:
    """Return how many of the values are larger than each, and how many are smaller, for certain.

    Rounding keeps the order: of two figures with the same digits the larger in print is the larger. Of figures with
    different digits it is so when their intervals do not meet.
    """
    printed = [(cell.printed.half, cell.printed.value, cell.interval) for cell in values if cell.printed is not None]
    same: dict[Fraction, list[Fraction]] = {}
    ends: dict[Fraction, tuple[list[Exact], list[Exact]]] = {}
    for half, value, bounds in sorted(printed, key=lambda each: each[1]):
        same.setdefault(half, []).append(value)
        lows, highs = ends.setdefault(half, ([], []))
        lows.append(bounds.low)
        highs.append(bounds.high)
    made = []
    for half, value, bounds in printed:
        larger = len(same[half]) - bisect_right(same[half], value)
        smaller = bisect_left(same[half], value)
        for other, (lows, highs) in ends.items():
            if other != half:
                larger += len(lows) - bisect_right(lows, bounds.high)
                smaller += bisect_left(highs, bounds.low)
        made.append((larger, smaller))
    return made
