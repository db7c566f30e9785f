"""Checks of groups and classes: memberships, and edges of classes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cell, Cells, Tally
from spatial_region.measure._audit_check import Check, as_columns

_CLASS = re.compile(r"([\[(（【])\s*([\d.]+)\s*[—–\-,，~～]+\s*([\d.]+)\s*([\])）】])")


@dataclass(frozen=True)
class Memberships(Check):
    """A group has the same members wherever it is named.

    Attributes
    ----------
    system, group, member : str
        Columns: the grouping or source, the name of the group, the member.
    groups : sequence of str
        Groups that stand together, such as East, Central and West: their memberships are compared as one.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> rows = [("A", "east", "Hebei"), ("B", "east", "Hebei"), ("B", "east", "Liaoning")]
    >>> table = pd.DataFrame(rows, columns=["source", "group", "member"])
    >>> check = sr.checks.Memberships("source", "group", "member", ["east"])
    >>> sr.audit(table, check, index="source").table()["message"].tolist()
    ['differs from A: with east: Liaoning']
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
class Complete(Check):
    """Every member occurs once in each group of rows, such as each province in each year.

    Attributes
    ----------
    member : str
        Column of what must occur once.
    by : str or sequence of str
        Columns whose values make the groups.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> rows = [("2003", "Hebei"), ("2003", "Shanxi"), ("2008", "Hebei"), ("2008", "Hebei")]
    >>> table = pd.DataFrame(rows, columns=["year", "province"])
    >>> sr.audit(table, sr.checks.Complete("province", by="year"), index="year").table()["message"].tolist()
    ['occurs 2 times in 2008', 'lacks Shanxi']
    """

    member: str
    by: str | Sequence[str]

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"every {self.member} once in each {', '.join(as_columns(self.by))}"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Count the members of each group."""
        texts, rows = cells.column(self.member), cells.rows(self.where)
        wanted = list(dict.fromkeys(texts[place] for place in rows))
        for group, places in cells.groups(rows, self.by):
            tally.tested += 1
            counts = Counter(texts[place] for place in places)
            first = {texts[place]: place for place in reversed(places)}
            for member, times in counts.items():
                if times > 1:
                    place = first[member]
                    cell = Cell(cells.label(place), self.member, member, None, "nearest")
                    tally.report(cell, None, f"occurs {times} times in {group}")
            absent = [member for member in wanted if member not in counts]
            if absent:
                cell = Cell(cells.label(places[0]), self.member, group, None, "nearest")
                tally.report(cell, None, f"lacks {name_some(absent)}")


@dataclass(frozen=True)
class ClassEdges(Check):
    """Classes printed as intervals, ``(0.2-0.3]``, follow one another: no gap, and no value in two of them.

    Attributes
    ----------
    column : str
        The intervals, in order.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"class": ["[0-0.5]", "[0.5-1]"]}, index=["low", "high"])
    >>> sr.audit(table, sr.checks.ClassEdges("class")).table()["message"].tolist()
    ['shares 0.5 with [0-0.5]']
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
