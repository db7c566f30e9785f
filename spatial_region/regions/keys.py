"""Two ways to say which region a row belongs to: Chinese names and codes by rule, or the region ids themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol

import pandas as pd
from rapidfuzz import fuzz, process

from spatial_region.core.messages import name_regions
from spatial_region.errors import InputError
from spatial_region.regions.clean import clean
from spatial_region.regions.codes import plain_number
from spatial_region.regions.history import gazetteer
from spatial_region.regions.names import LEAST_LIKENESS, SUGGESTIONS, resolve_one
from spatial_region.regions.resolve import LayerLevel, Resolution, resolve_cell

if TYPE_CHECKING:
    import geopandas as gpd

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
    """Names and codes of 1980-2024, followed to the units of today that the regions stand for."""

    kind = "china"

    def __init__(self, codes: dict[str, object], level: LayerLevel) -> None:
        self.codes = codes
        self.level: LayerLevel = level

    def resolve(self, cell: object, time: object, province: object) -> Resolution:
        """Return the region of one cell, or why it has none."""
        found = resolve_one(cell, level=self.level, time=time, province=province)
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
        self.ids = [str(region) for region in ids]
        self.exact = set(self.ids)
        self.loose: dict[str, list[str]] = defaultdict(list)
        for region in self.ids:
            self.loose[_loosened(region)].append(region)

    def resolve(self, cell: object, time: object, province: object) -> Resolution:
        """Return the region of one cell, or why it has none."""
        if cell is None or (not isinstance(cell, str) and pd.isna(cell)) or not str(cell).strip():
            return Resolution("unmatched", reason="blank")
        text = plain_number(cell)
        if text in self.exact:
            return Resolution("matched", text)
        near = self.loose.get(_loosened(text), [])
        if len(near) == 1:
            zeros = text.strip().lstrip("0") == near[0].strip().lstrip("0")
            detail = "differs in zeros in front" if zeros else "differs in case, width or spaces"
            return Resolution("respelled", near[0], detail=detail)
        if near:
            return Resolution("ambiguous", reason="ambiguous", detail=" or ".join(near[:5]), candidates=tuple(near))
        hits = process.extract(text, self.ids, scorer=fuzz.ratio, limit=SUGGESTIONS, score_cutoff=LEAST_LIKENESS)
        return Resolution("unmatched", reason="unknown", candidates=tuple(hit[0] for hit in hits))


def _loosened(text: str) -> str:
    form = clean(text).casefold().replace(" ", "")
    return form.lstrip("0") or "0" if form.isdigit() else form


def choose_keys(regions: gpd.GeoDataFrame, resolve: Resolve, level: LayerLevel | None) -> Keys:
    """Return how to resolve rows to these regions.

    ``auto`` takes Chinese names and codes when every region is known by a six-digit code (its id, or a column
    ``adcode``) or by an unmistakable Chinese name, and region ids otherwise.

    Raises
    ------
    InputError
        If ``china`` is asked for and some regions are not known.
    """
    if resolve == "key":
        return PlainKeys(regions.index)
    ids = list(regions.index)
    written = [[plain_number(region) for region in ids]]
    if "adcode" in regions.columns:
        written.append([plain_number(code) for code in regions["adcode"]])
    for codes in written:
        found = _level_of(codes, level)
        if found is not None and len(set(codes)) == len(codes):
            return ChinaKeys(dict(zip(codes, ids, strict=True)), found)
    levels: tuple[LayerLevel, ...] = ("prefecture", "province") if level is None else (level,)
    for each in levels:
        named = [resolve_cell(name, each).region for name in written[0]]
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
    book = gazetteer()
    provinces, prefectures = set(codes) <= set(book.provinces), set(codes) <= set(book.current)
    if level == "province" or (level is None and provinces):
        return "province" if provinces else None
    return "prefecture" if prefectures else None
