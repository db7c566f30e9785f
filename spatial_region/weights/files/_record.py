"""What a file with room for it keeps besides ids and links: recipe, standardisation and names, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast, get_args

import numpy as np
import pandas as pd

from spatial_region.core.options import Standardisation
from spatial_region.core.weights import Weights
from spatial_region.errors import ReadError


def to_record(w: Weights, **further: object) -> dict[str, object]:
    """Return recipe, standardisation and names as plain values."""
    names = None if w.names is None else [_plain_name(name) for name in w.names.reindex(w.ids)]
    record = {"recipe": dict(w.recipe), "standardisation": w.standardisation, "names": names, **further}
    return cast(dict[str, object], json.loads(json.dumps(record, default=_plain)))


def _plain_name(name: object) -> str | None:
    return None if pd.isna(name) else str(name)


def _plain(value: object) -> object:
    """Return what JSON has no word for as what it has: numpy numbers as numbers, mappings as such, others as text."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return dict(value) if isinstance(value, Mapping) else str(value)


def to_json(record: Mapping[str, object]) -> str:
    """Return a record as one line of ASCII."""
    return json.dumps(record, ensure_ascii=True)


def from_json(text: str, file: str) -> dict[str, Any]:
    """Return the record of a file.

    Raises
    ------
    ReadError
        If it is damaged.
    """
    try:
        record = json.loads(text)
    except ValueError as error:
        raise ReadError(f"{file}: what it says of its weights is damaged: {error}.") from error
    if not isinstance(record, dict) or not isinstance(record.get("recipe"), dict):
        raise ReadError(f"{file}: what it says of its weights is damaged: no recipe.")
    if record.get("standardisation") not in (None, *get_args(Standardisation)):
        raise ReadError(f"{file}: its standardisation {record['standardisation']!r} is not known.")
    return record


def names_of(record: Mapping[str, Any], ids: pd.Index, file: str) -> pd.Series | None:
    """Return the display names of a record, by region.

    Raises
    ------
    ReadError
        If there are not as many names as regions.
    """
    names = record.get("names")
    if names is None:
        return None
    if not isinstance(names, list) or len(names) != len(ids):
        raise ReadError(f"{file}: its names do not fit its {len(ids)} regions.")
    return pd.Series(names, index=ids)
