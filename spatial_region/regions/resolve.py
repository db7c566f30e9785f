"""The decision: which of today's regions a name or code stands for, by rule and by year, never by likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from spatial_region.regions.clean import clean
from spatial_region.regions.codes import read_code
from spatial_region.regions.forms import find_readings
from spatial_region.regions.history import FIRST_YEAR, LAST_YEAR, Reading, Spell, gazetteer
from spatial_region.regions.words import no_region

LayerLevel = Literal["prefecture", "province"]
Status = Literal["matched", "renamed", "merged", "respelled", "ambiguous", "unmatched"]
# A table without years is read with today's names, then with those of this century, then with older ones.
RECENT = 2000
# From this year on the municipalities below have no counties, so their "districts" are the whole of them.
ALL_DISTRICTS = {"110100": "110000", "120100": "120000", "310100": "310000"}
ALL_DISTRICTS_SINCE = 2016


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one cell stands for: a region of today's layer, or the reason why none."""

    status: Status
    region: str = ""
    reason: str = ""
    detail: str = ""
    candidates: tuple[str, ...] = ()


@lru_cache(maxsize=65536)
def resolve_cell(
    value: str,
    level: LayerLevel,
    year: int | None = None,
    province: str | None = None,
    own: frozenset[str] = frozenset(),
) -> Resolution:
    """Resolve one cell, given as text, to a region of the prefecture or the province layer.

    Parameters
    ----------
    value : str
        Name in Chinese, English or pinyin, or a code.
    level : {"prefecture", "province"}
        Level of the layer.
    year : int, optional
        Year in which the name was in use; without it today's meaning goes first.
    province : str, optional
        Six-digit code of the province in which the region lies.
    own : frozenset of str
        Units that have ended but are regions of their own in the layer at hand: in boundaries of 2015, Laiwu is not
        Jinan.
    """
    text = clean(value)
    reason = no_region(text)
    if reason:
        return Resolution("unmatched", reason=reason)
    code = read_code(text)
    if code is not None:
        return _resolve_code(code, level, year, province, own)
    found = find_readings(text)
    if found.reason:
        return Resolution("unmatched", reason=found.reason, detail=found.detail)
    if not found.readings:
        return Resolution("unmatched", reason="unknown")
    # A province that the text names itself is as good as one from a column.
    return _within_province(found.readings, level, year, province, own, sure=bool(province or found.province))


def _resolve_code(
    code: str, level: LayerLevel, year: int | None, province: str | None, own: frozenset[str]
) -> Resolution:
    book = gazetteer()
    if code in ALL_DISTRICTS and level == "prefecture" and (year is None or year >= ALL_DISTRICTS_SINCE):
        whole = ALL_DISTRICTS[code]
        return Resolution("renamed", whole, detail=f"{code} stands for all districts of {book.name_of(whole)}")
    readings = tuple(Reading(spell, full=True) for spell in book.codes.get(code, ()))
    if not readings:
        return _unknown_code(code, level)
    return _within_province(readings, level, year, province, own, sure=True, code=code)


def _unknown_code(code: str, level: LayerLevel) -> Resolution:
    book = gazetteer()
    province = f"{code[:2]}0000"
    if code == "100000":
        return Resolution("unmatched", reason="total", detail="100000 is the code of the country")
    if province in book.provinces and code[2:4] in {"01", "02", "03", "90"} and code[4:] == "00":
        detail = f"{code} is a placeholder of the code system within {book.name_of(province)}"
        return Resolution("unmatched", reason="no region", detail=detail)
    if len(code) > 6 or (province in book.provinces and code[4:] != "00"):
        return Resolution("unmatched", reason=f"below {level} level", detail=f"{code} is the code of a smaller unit")
    return Resolution("unmatched", reason="unknown", detail=f"no region has had the code {code} since {FIRST_YEAR}")


def _within_province(
    readings: Sequence[Reading],
    level: LayerLevel,
    year: int | None,
    province: str | None,
    own: frozenset[str],
    *,
    sure: bool,
    code: str = "",
) -> Resolution:
    kept = [reading for reading in readings if province is None or lies_in(reading.spell, province)]
    if not kept:
        known = ", ".join(sorted({place(reading.spell) for reading in readings})[:5])
        return Resolution("unmatched", reason="other province", detail=f"known as {known}")
    return _Choice(kept, level, year, own, sure=sure, code=code).decide()


def lies_in(spell: Spell, province: str) -> bool:
    """Whether a spell lay in a province then, or its region lies there today."""
    now = gazetteer().current.get(spell.region)
    return spell.province == province or (now is not None and now.province == province)


def place(spell: Spell) -> str:
    """Name a spell with its province and, when it is over, its years."""
    within = "" if spell.level == "province" else f" in {gazetteer().name_of(spell.province)}"
    years = "" if spell.last == LAST_YEAR else f" until {spell.last}"
    kind = "county-level " if spell.level == "county" and spell.name.endswith("市") else ""
    return f"{kind}{spell.name}{within}{years}"


class _Choice:
    """Decide among the readings of one name or code, by the level of the layer and by year."""

    def __init__(
        self,
        readings: Sequence[Reading],
        level: LayerLevel,
        year: int | None,
        own: frozenset[str],
        *,
        sure: bool,
        code: str,
    ) -> None:
        self.own = own
        self.readings = readings
        self.level = level
        self.year = None if year is None else min(max(year, FIRST_YEAR), LAST_YEAR)
        self.sure = sure  # the province is known: a name shared with the province itself is the region in it
        self.code = code

    def decide(self) -> Resolution:
        """Go through the periods, the row's own year first, and take the first in which the name was in use."""
        periods = self._periods()
        for number, period in enumerate(periods):
            here, above, below = self._in_use(period, first=number == 0)
            if here:
                return self._check_rivals(here, above, below, period, first=number == 0)
            if not (above or below):
                continue
            elsewhere = [r for later in periods[number + 1 :] for r in self._in_use(later, first=False)[0]]
            if below and self._gives_way(below, elsewhere, periods, number):
                continue
            if below and any(self._target(r) for r in elsewhere):
                return self._ambiguous([*below, *elsewhere])
            return self._other_level(above, below, elsewhere)
        raise AssertionError("a reading is in use in some year")  # pragma: no cover

    def _gives_way(
        self, below: list[Reading], elsewhere: list[Reading], periods: list[tuple[int, int]], number: int
    ) -> bool:
        """Whether a smaller unit of the same name gives way to a region of another period.

        It does among provinces, where the level decides; in a table without years, to a region of this century;
        in a row of some year, a district or county whose bare name is a region's name today.
        """
        if self.level == "province":
            return bool(elsewhere)
        later = self._in_use(periods[1], first=False)[0] if number == 0 else []
        if self.year is None:
            return bool(later)
        # 襄阳 in a row of 2005 was a district; county-level cities did stand beside prefectures in tables.
        return bool(later) and not any(r.full or r.spell.name.endswith("市") for r in below)

    def _periods(self) -> list[tuple[int, int]]:
        if self.year is not None:
            return [(self.year, self.year), (LAST_YEAR, LAST_YEAR), (FIRST_YEAR, LAST_YEAR)]
        return [(LAST_YEAR, LAST_YEAR), (RECENT, LAST_YEAR), (FIRST_YEAR, LAST_YEAR)]

    def _in_use(self, period: tuple[int, int], *, first: bool) -> tuple[list[Reading], list[Reading], list[Reading]]:
        """Return the readings in use in a period: of the level of the layer, above it, below it."""
        # Statistics of the year of a change still carry the old name, so a name lives one year on.
        grace = 1 if first and self.year is not None else 0
        used = [
            reading
            for reading in self.readings
            if reading.spell.holds(period[0] - (grace if reading.spell.level != "county" else 0), period[1])
        ]
        used = [reading for reading in used if reading.full] or used
        here = [r for r in used if self._is_here(r.spell)]
        above = [r for r in used if r.spell.level == "province" and r not in here]
        below = [r for r in used if r not in here and r not in above]
        return here, above, below

    def _is_here(self, spell: Spell) -> bool:
        if self.level == "province":
            return spell.level == "province"
        return spell.level == "prefecture" or (spell.level == "province" and bool(spell.region))

    def _target(self, reading: Reading) -> str:
        if self.level == "province":
            return reading.spell.code
        return reading.spell.unit if reading.spell.unit in self.own else reading.spell.region

    def _check_rivals(
        self,
        here: list[Reading],
        above: list[Reading],
        below: list[Reading],
        period: tuple[int, int],
        *,
        first: bool,
    ) -> Resolution:
        """Refuse a name that means two places; otherwise take the region."""
        rivals: list[Reading] = [] if self.sure else above + self._municipal_districts(here, period)
        if here[0].full and self.level == "prefecture" and first and self.year is not None:
            # In any other period the level decides: 莱芜市 in a row of 2020 is not the county-level city of 1985.
            rivals = rivals + below
        today = self._in_use((LAST_YEAR, LAST_YEAR), first=False)[0] if first and self.year is not None else []
        targets = {self._target(reading) for reading in here}
        if targets == {""}:
            return self._dissolved(here)
        if rivals or len(targets) > 1 or any(self._target(reading) not in targets for reading in today):
            return self._ambiguous([*here, *today, *rivals])
        return self._found(here, targets.pop(), in_own_year=first)

    def _municipal_districts(self, here: list[Reading], period: tuple[int, int]) -> list[Reading]:
        """Districts of a municipality rank with prefectures and stand beside them in tables: 朝阳."""
        if self.level == "province" or here[0].full:
            return []
        shorts = {reading.spell.short for reading in here}
        districts = gazetteer().municipal_districts
        return [
            Reading(spell, False)
            for short in sorted(shorts)
            for spell in districts.get(short, ())
            if spell.holds(*period)
        ]

    def _found(self, here: list[Reading], region: str, *, in_own_year: bool) -> Resolution:
        book = gazetteer()
        now = book.provinces[region] if self.level == "province" else book.latest[region]
        best = max(here, key=lambda r: (r.spell.unit == region, r.spell.name == now.name, r.spell.last))
        spell = best.spell
        if spell.unit != region and spell.fate in ("merged", "renamed"):
            return Resolution(spell.fate, region, detail=self._story(spell, now))
        same_name = spell.name == now.name if best.full else spell.short == now.short
        if self.code:
            same_name = self.code == now.code
        if same_name and (in_own_year or self.year is None):
            return Resolution("matched", region)
        return Resolution("renamed", region, detail=self._story(spell, now))

    def _story(self, spell: Spell, now: Spell) -> str:
        written = f"{spell.name} ({spell.code})" if self.code else spell.name
        if spell.name == now.name and spell.code == now.code:
            return f"bears this name and code since {spell.first}"
        became = "went into" if spell.fate == "merged" else "is today"
        story = f"{written} ({spell.first}-{spell.last}) {became} {now.name}"
        split = " " in spell.parts
        return f"{story}; at the change its counties went to {parts_in_words(spell)}" if split else story

    def _dissolved(self, here: list[Reading]) -> Resolution:
        spell = max(here, key=lambda r: r.spell.last).spell
        parts = parts_in_words(spell)
        into = f"its counties went to {parts}" if parts else "it has no single successor"
        detail = f"{spell.name} existed until {spell.ended}; {into}"
        names = tuple(gazetteer().name_of(part.split(":")[0]) for part in spell.parts.split())
        return Resolution("unmatched", reason="dissolved", detail=detail, candidates=names)

    def _ambiguous(self, readings: list[Reading]) -> Resolution:
        words = []
        for reading in readings:
            target = self._target(reading) if self._is_here(reading.spell) else ""
            name = place(reading.spell)
            words.append(f"{name} [{target}]" if target else name)
        candidates = tuple(dict.fromkeys(words))
        return Resolution("ambiguous", reason="ambiguous", detail=" or ".join(candidates[:5]), candidates=candidates)

    def _other_level(self, above: list[Reading], below: list[Reading], elsewhere: list[Reading]) -> Resolution:
        if above:
            return Resolution("unmatched", reason="above prefecture level", detail=place(above[0].spell))
        if elsewhere and self.year is None:
            return self._dissolved(elsewhere)
        known = list(dict.fromkeys(place(reading.spell) for reading in below))
        more = f" and {len(known) - 3} more" if len(known) > 3 else ""
        return Resolution("unmatched", reason=f"below {self.level} level", detail=", ".join(known[:3]) + more)


def parts_in_words(spell: Spell) -> str:
    """Say where the counties of a unit went: ``合肥市 (2), 马鞍山市 (2), 芜湖市 (1)``."""
    book = gazetteer()
    pairs = [part.split(":") for part in spell.parts.split()]
    return ", ".join(f"{book.name_of(code)} ({count})" for code, count in pairs)
