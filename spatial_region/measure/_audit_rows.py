"""Checks between rows: a mean or sum and its members, ranks, memberships of groups, edges of classes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cell, Cells, Tally
from spatial_region.measure._audit_check import Check, as_columns
from spatial_region.measure._audit_numbers import Interval, mean, total

_CLASS = re.compile(r"([\[(（【])\s*([\d.]+)\s*[—–\-,，~～]+\s*([\d.]+)\s*([\])）】])")


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
        side = 1 if self.highest_first else -1
        spans = [
            (min(a, b), max(a, b)) for a, b in ((side * c.interval.low, side * c.interval.high) for _, c in ranked)
        ]
        given: dict[Fraction, list[tuple[Cell, Cell]]] = {}
        for place, (rank, value) in enumerate(ranked):
            assert rank.printed is not None
            better = sum(low > spans[place][1] for low, _ in spans)
            worse = sum(high < spans[place][0] for _, high in spans)
            # The values themselves are unknown beyond their last digit, the rank is a whole number or the half of one.
            possible = Interval(Fraction(1 + better), Fraction(len(ranked) - worse))
            exact = Interval(rank.printed.value, rank.printed.value)
            tally.tested += 1
            if not exact.meets(possible):
                tally.report(rank, possible, f"is not the rank of {value.column} {value.text}{within}")
            given.setdefault(rank.printed.value, []).append((rank, value))
        for same in given.values():
            first = same[0][1]
            for rank, value in same[1:]:
                if not value.interval.meets(first.interval):
                    tally.report(
                        rank,
                        None,
                        f"is given to {first.row} ({first.text}) and {value.row} ({value.text}) alike{within}",
                    )


@dataclass(frozen=True)
class Memberships(Check):
    """A group has the same members wherever it is named.

    Attributes
    ----------
    system, group, member : str
        Columns: the grouping or source, the name of the group, the member.
    groups : sequence of str
        Groups that stand together, such as East, Central and West: their memberships are compared as one.
    """

    system: str
    group: str
    member: str
    groups: Sequence[str]

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"{' / '.join(self.groups)} have one membership"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare the memberships of every system that has all these groups with that of the first."""
        seen: dict[frozenset[tuple[str, str]], tuple[str, int]] = {}
        for system, places in cells.groups(cells.rows(self.where), self.system):
            pairs = {place: (cells.column(self.group)[place], cells.column(self.member)[place]) for place in places}
            chosen = {place: pair for place, pair in pairs.items() if pair[0] in set(self.groups)}
            if {group for group, _ in chosen.values()} != set(self.groups):
                continue
            tally.tested += 1
            seen.setdefault(frozenset(chosen.values()), (system, min(chosen)))
        if len(seen) < 2:
            return
        standard, (first, _) = next(iter(seen.items()))
        for members, (system, place) in seen.items():
            if members is standard:
                continue
            more, fewer = members - standard, standard - members
            parts = [
                f"{word} {name_some(sorted(f'{group}: {member}' for group, member in which))}"
                for word, which in (("with", more), ("without", fewer))
                if which
            ]
            sizes = ", ".join(f"{group} {sum(g == group for g, _ in members)}" for group in self.groups)
            cell = Cell(cells.label(place), self.system, f"{system} ({sizes})", None, "nearest")
            tally.report(cell, None, f"differs from {first}: {'; '.join(parts)}")


@dataclass(frozen=True)
class ClassEdges(Check):
    """Classes printed as intervals, ``(0.2-0.3]``, follow one another: no gap, and no value in two of them.

    Attributes
    ----------
    column : str
        The intervals, in order.
    """

    column: str

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"{self.column}: each value lies in one class"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare the end of each class with the start of the next."""
        before: tuple[str, Fraction, bool] | None = None
        for place in cells.rows(self.where):
            text = cells.column(self.column)[place]
            match = _CLASS.search(text)
            if match is None:
                raise InputError(f"{self.column!r} of {cells.label(place)!r} is {text!r}; write it like '(0.2-0.3]'.")
            low, high = Fraction(match[2]), Fraction(match[3])
            cell = Cell(cells.label(place), self.column, text, None, "nearest")
            tally.tested += 1
            if before is not None:
                closed, opens = before[2], match[1] in "[【"
                if low < before[1] or (low == before[1] and closed and opens):
                    tally.report(cell, None, f"shares {float(low):g} with {before[0]}")
                elif low > before[1] or not (closed or opens):
                    tally.report(cell, None, f"leaves a gap after {before[0]}")
            before = (text, high, match[4] in "]】")
