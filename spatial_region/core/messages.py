"""Words shared by every error: regions named, and the nearest known name suggested."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from rapidfuzz import process


def name_regions(ids: Iterable[object], names: pd.Series | None = None, *, limit: int = 5) -> str:
    """Name up to `limit` regions as ``Chifeng (150400)``, and count the rest."""
    listed = list(ids)
    shown = [_name_region(region, names) for region in listed[:limit]]
    more = len(listed) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _name_region(region: object, names: pd.Series | None) -> str:
    if names is None or region not in names.index:
        return str(region)
    name = names.loc[region]
    return f"{name} ({region})" if str(name) != str(region) else str(region)


def name_some(labels: Iterable[object], *, limit: int = 5) -> str:
    """List up to `limit` labels of any sort, and count the rest."""
    return name_regions(labels, None, limit=limit)


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """Return `` Did you mean 'gdp'?`` when a known name is near, and an empty string otherwise."""
    choices = [str(name) for name in known]
    # One wrong character of two or three is half or a third of a Chinese name, and still a near miss.
    cutoff = 50 if len(str(word)) <= 3 else 60
    found = process.extractOne(str(word), choices, score_cutoff=cutoff, processor=str.lower)
    return f" Did you mean {found[0]!r}?" if found else ""
