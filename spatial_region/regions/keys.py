"""Two ways to say which region a row belongs to: Chinese names and codes by rule, or the region ids themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol

import pandas as pd
from rapidfuzz import fuzz, process

from spatial_region.core.messages import name_regions
from spatial_region.errors import InputError
from spatial_region.regions.clean import clean
from spatial_region.regions.codes import plain_number, read_code
from spatial_region.regions.history import gazetteer
from spatial_region.regions.names import LEAST_LIKENESS, SUGGESTIONS, resolve_one
from spatial_region.regions.resolve import LayerLevel, Resolution, resolve_cell

if TYPE_CHECKING:
    import geopandas as gpd

# Share of regions with a known code that makes a layer one of China: national files carry the odd extra shape.
NEARLY_ALL = 0.9
_DECIMALS = re.compile(r"^(\d+)\.0+$")  # 12.0 as a spreadsheet may write 12
Resolve = Literal["auto", "china", "key"]


class Keys(Protocol):
    """A way to resolve the cells of the key column to region ids."""

    @property
    def kind(self) -> str:
        """``china`` or ``key``."""

    @property
    def level(self) -> str | None:
        """Level of Chinese regions."""

    def resolve(self, cell: object, time: object, province: object) -> Resolution:
        """Return the region of one cell, or why it has none."""


class ChinaKeys:
    """Names and codes of 1980-2024, followed to the units that the regions stand for.

    Regions that are not known by a code of today may be units that have ended since the boundaries were drawn;
    rows are then left with these units. Others, such as an island group with a code of its own, are found by
    their id only.
    """

    kind = "china"

    def __init__(self, codes: dict[str, object], level: LayerLevel) -> None:
        self.codes = codes
        self.level: LayerLevel = level
        book = gazetteer()
        today = book.provinces if level == "province" else book.current
        ended = set(book.latest) - set(today) - _plain_provinces() if level == "prefecture" else set()
        self.own = frozenset(ended.intersection(codes))
        self.strange = {code: region for code, region in codes.items() if code not in ended and code not in today}

    def resolve(self, cell: object, time: object, province: object) -> Resolution:
        """Return the region of one cell, or why it has none."""
        text = plain_number(cell)
        if text in self.strange:
            return Resolution("matched", str(self.strange[text]))
        found = resolve_one(cell, level=self.level, time=time, province=province, own=self.own)
        if found.region and found.region not in self.codes:
            where = gazetteer().name_of(found.region)
            return Resolution(
                "unmatched", reason="outside", detail=f"{where} ({found.region}) is not among the regions"
            )
        return replace(found, region=str(self.codes[found.region])) if found.region else found


class PlainKeys:
    """Region ids as they are; zeros in front, case and spaces are bridged when that leads to one region only."""

    kind = "key"
    level = None

    def __init__(self, ids: Iterable[object]) -> None:
        listed = list(ids)
        self.ids = [str(region) for region in listed]
        # Ids may have been read as floats: 1.0 is found as 1 and as 1.0.
        plain = {plain_number(region): str(region) for region in listed}
        self.exact = plain | {region: region for region in self.ids}
        self.loose: dict[str, list[str]] = defaultdict(list)
        for region in self.ids:
            self.loose[_loosened(region)].append(region)

    def resolve(self, cell: object, time: object, province: object) -> Resolution:
        """Return the region of one cell, or why it has none."""
        if cell is None or (not isinstance(cell, str) and pd.isna(cell)) or not str(cell).strip():
            return Resolution("unmatched", reason="blank")
        text = plain_number(cell)
        if text in self.exact:
            return Resolution("matched", self.exact[text])
        near = self.loose.get(_loosened(text), [])
        if len(near) == 1:
            return Resolution("respelled", near[0], detail=_difference(text.strip(), near[0].strip()))
        if near:
            return Resolution("ambiguous", reason="ambiguous", detail=" or ".join(near[:5]), candidates=tuple(near))
        hits = process.extract(text, self.ids, scorer=fuzz.ratio, limit=SUGGESTIONS, score_cutoff=LEAST_LIKENESS)
        return Resolution("unmatched", reason="unknown", candidates=tuple(hit[0] for hit in hits))


def _difference(written: str, region: str) -> str:
    if written.lstrip("0") == region.lstrip("0"):
        return "differs in zeros in front"
    if _DECIMALS.sub(r"\1", written).lstrip("0") == _DECIMALS.sub(r"\1", region).lstrip("0"):
        return "differs in empty decimals"
    return "differs in case, width or spaces"


def _loosened(text: str) -> str:
    form = _DECIMALS.sub(r"\1", clean(text).casefold().replace(" ", ""))
    return form.lstrip("0") or "0" if form.isdigit() else form


def choose_keys(regions: gpd.GeoDataFrame, resolve: Resolve, level: LayerLevel | None) -> Keys:
    """Return how to resolve rows to these regions.

    ``auto`` takes Chinese names and codes when nearly every region is known by a six-digit code (its id, or a column
    ``adcode``) or by an unmistakable Chinese name, and region ids otherwise.

    Raises
    ------
    InputError
        If ``china`` is asked for and some regions are not known.
    """
    if resolve == "key":
        return PlainKeys(regions.index)
    ids = list(regions.index)
    columns = [ids, regions["adcode"].tolist()] if "adcode" in regions.columns else [ids]
    for column in columns:
        codes = [read_code(clean(plain_number(value))) or str(value) for value in column]
        found = _level_of(codes, level)
        if found is not None and len(set(codes)) == len(codes):
            return ChinaKeys(dict(zip(codes, ids, strict=True)), found)
    levels: tuple[LayerLevel, ...] = ("prefecture", "province") if level is None else (level,)
    for each in levels:
        named = [resolve_cell(plain_number(region), each).region for region in ids]
        if all(named) and len(set(named)) == len(named):
            return ChinaKeys(dict(zip(named, ids, strict=True)), each)
    if resolve == "china":
        unknown = [region for region in ids if not resolve_cell(plain_number(region), level or "prefecture").region]
        raise InputError(
            f"resolve='china' needs regions known by code or name; these are not: {name_regions(unknown or ids)}. "
            "Give six-digit codes as ids or in a column 'adcode', or use resolve='key'."
        )
    return PlainKeys(regions.index)


def _level_of(codes: list[str], level: LayerLevel | None) -> LayerLevel | None:
    """Return the level of which nearly all of these are codes; provinces where a set is both."""
    book = gazetteer()
    levels: tuple[LayerLevel, ...] = ("province", "prefecture") if level is None else (level,)
    for each in levels:
        known = set(book.provinces) if each == "province" else set(book.latest) - _plain_provinces()
        if codes and sum(code in known for code in codes) >= NEARLY_ALL * len(codes):
            return each
    return None


def _plain_provinces() -> set[str]:
    """Return the provinces that are not units of the prefecture layer themselves."""
    book = gazetteer()
    return set(book.provinces) - set(book.current)
