"""Resolve many Chinese region names or codes at once, with suggestions for those that cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import pandas as pd
from rapidfuzz import fuzz, process

from spatial_region.core.options import check_option
from spatial_region.errors import InputError
from spatial_region.regions.clean import clean, fold_latin, has_han
from spatial_region.regions.codes import plain_number
from spatial_region.regions.history import gazetteer
from spatial_region.regions.resolve import LayerLevel, Resolution, resolve_cell

SUGGESTIONS = 3
LEAST_LIKENESS = 50  # of 100: below it a suggestion helps nobody


def resolve_regions(
    names: str | int | Iterable[object],
    *,
    time: int | Iterable[object] | None = None,
    province: str | Iterable[object] | None = None,
    level: LayerLevel = "prefecture",
) -> pd.DataFrame:
    """Say which of today's Chinese regions each name or code stands for, and why some stand for none.

    Names may be Chinese (short, full, with the province before them, traditional characters), English or pinyin;
    codes may have two, four, six or twelve digits and may have been read as floats. Names and codes of 1980-2024
    are followed to today's regions. Nothing is decided by likeness; near names are only suggested.

    Parameters
    ----------
    names : iterable, or str or int
        Names or codes; a single text or number is one name.
    time : int or iterable of int, optional
        Year of all names, or of each. Without it today's meaning of a name goes first, then that of 2000-2024.
    province : str or iterable, optional
        Province (name or code) of all names, or of each; it decides between places of the same name.
    level : {"prefecture", "province"}
        Level of the regions wanted.

    Returns
    -------
    pandas.DataFrame
        One row a name, with columns name, time, status (matched, renamed, merged, ambiguous, unmatched), region
        (six-digit code or empty), region_name, reason, detail, suggestions.

    Raises
    ------
    OptionError
        If `level` is not offered.
    InputError
        If `names` are none, `time` or `province` has another length than `names`, or a time is no year.

    Examples
    --------
    >>> import spatial_region as sr
    >>> found = sr.resolve_regions(["襄樊", "承德市", "吉林", "巢湖市"])
    >>> found[["status", "region"]].to_numpy().tolist()
    [['renamed', '420600'], ['matched', '130800'], ['ambiguous', ''], ['unmatched', '']]
    """
    check_option(level, LayerLevel, "level")
    if names is None or (not isinstance(names, (str, int)) and not isinstance(names, Iterable)):
        raise InputError(f"names must be names or codes of regions, in a list; found {names!r}.")
    cells: list[object] = [names] if isinstance(names, (str, int)) else list(names)
    times = _one_each(time, len(cells), "time")
    provinces = _one_each(province, len(cells), "province")
    rows = []
    for cell, when, where in zip(cells, times, provinces, strict=True):
        found = resolve_one(cell, level=level, time=when, province=where)
        name = region_name(found.region, level)
        rows.append((cell, when, found.status, found.region, name, found.reason, found.detail, found.candidates))
    columns = ["name", "time", "status", "region", "region_name", "reason", "detail", "suggestions"]
    return pd.DataFrame(rows, columns=columns)


def resolve_one(
    cell: object,
    *,
    level: LayerLevel,
    time: object = None,
    province: object = None,
    own: frozenset[str] = frozenset(),
) -> Resolution:
    """Resolve one cell of a table with the year and the province that stand in the same row."""
    where = None
    if province is not None:
        found = resolve_cell(plain_number(province), "province")
        if found.reason != "blank" and not found.region:
            detail = f"the province column says {province!r}, which is no province"
            return Resolution("unmatched", reason="unknown province", detail=detail)
        where = found.region or None
    found = resolve_cell(plain_number(cell), level, as_year(time), where, own)
    if found.reason == "unknown":
        return Resolution("unmatched", reason="unknown", detail=found.detail, candidates=suggest(str(cell), level))
    return found


def as_year(time: object) -> int | None:
    """Return the year of a time: a whole number, a date, or text that begins with four digits.

    Raises
    ------
    InputError
        If no year can be read.
    """
    if time is None or (not isinstance(time, str) and pd.isna(time)):
        return None
    if isinstance(time, (pd.Timestamp, pd.Period)) or hasattr(time, "year"):
        return int(time.year)
    text = clean(plain_number(time))[:4]
    if not (text.isdigit() and len(text) == 4):
        raise InputError(f"time must be a year such as 2020; found {time!r}.")
    return int(text)


def region_name(region: str, level: LayerLevel) -> str:
    """Name of a region of today, empty for none."""
    if not region:
        return ""
    book = gazetteer()
    return book.provinces[region].name if level == "province" else book.current[region].name


def suggest(text: str, level: LayerLevel) -> tuple[str, ...]:
    """Return names of today that look like a text. They help the reader; they never decide."""
    wanted = clean(text)
    han = has_han(wanted)
    forms = _forms_of_today(level, han)
    hits = process.extract(
        wanted if han else "".join(fold_latin(wanted)),
        list(forms),
        scorer=fuzz.ratio,
        limit=2 * SUGGESTIONS,
        score_cutoff=LEAST_LIKENESS,
    )
    return tuple(dict.fromkeys(region_name(forms[form], level) for form, _, _ in hits))[:SUGGESTIONS]


@lru_cache(maxsize=4)
def _forms_of_today(level: LayerLevel, han: bool) -> dict[str, str]:
    book = gazetteer()
    units = book.provinces if level == "province" else book.current
    return {
        form: code for code, spell in units.items() for form in ((spell.name, spell.short) if han else (spell.pinyin,))
    }


def _one_each(values: object, count: int, argument: str) -> list[object]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        return [values] * count
    listed = list(values)
    if len(listed) != count:
        raise InputError(f"{argument} has {len(listed)} values for {count} names; give one, or one for each name.")
    return listed
