"""Region ids and names from the columns of a boundary file."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from spatial_region.core.messages import name_regions, name_some
from spatial_region.errors import DuplicateError, InputError, MissingValuesError, ReadError

_WHOLE_NUMBER = re.compile(r"(-?\d+)\.0+")


def region_ids(frame: Any, column: str | None, where: str) -> pd.Index:
    """Ids as text, unique and complete: 130800, 130800.0 and "130800.0" are all "130800".

    Raises
    ------
    InputError
        If no column is given and the index of the frame has no name.
    MissingValuesError, DuplicateError
        If an id is missing or occurs twice.
    """
    if column is None:
        if frame.index.name is None:
            unique = [
                c for c in frame.columns.drop(frame.geometry.name) if frame[c].notna().all() and frame[c].is_unique
            ]
            offer = f" Columns without repeats: {name_some(unique)}." if unique else ""
            raise InputError(f"Say which column of {where} holds the region ids: id=.{offer}")
        values = pd.Series(frame.index, index=frame.index)
        column = str(frame.index.name)
    else:
        values = frame[column]
    ids = [_as_text(value) for value in values]
    missing = [str(row) for row, value in enumerate(ids, start=1) if not value]
    if missing:
        raise MissingValuesError(
            f"The id {column!r} is missing in {len(missing)} of {len(ids)} rows of {where}: row {name_some(missing)}. "
            f"Fill it in, or drop these rows."
        )
    out = pd.Index(ids, name="region")
    repeated = out[out.duplicated()].unique()
    if len(repeated):
        raise DuplicateError(
            f"{len(repeated)} ids of {where} occur more than once in {column!r}: {name_some(repeated)}. Choose another "
            f"column, or unite the parts first with dissolve({column!r})."
        )
    return out


def region_names(frame: Any, column: str, where: str) -> pd.Series:
    """Display names by id.

    Raises
    ------
    MissingValuesError
        If a name is missing.
    """
    missing = frame[column].isna()
    if missing.any():
        raise MissingValuesError(
            f"The name {column!r} is missing for {missing.sum()} of {len(frame)} regions of {where}: "
            f"{name_regions(frame.index[missing])}. Fill it in, or choose another column."
        )
    return frame[column].astype(str)


def check_text(column: pd.Series, where: str) -> None:
    """Refuse text that was read in the wrong encoding.

    Raises
    ------
    ReadError
        If the text has replacement characters, or is Chinese in GBK or UTF-8 read as Latin letters.
    """
    text = "".join(value for value in column.head(200) if isinstance(value, str))
    high = [c for c in text if ord(c) > 127]
    for encoding in ("UTF-8", "GBK"):
        if high and all(ord(c) < 256 for c in high) and _is_chinese(text, encoding):
            raise ReadError(
                f"The column {column.name!r} of {where} is Chinese text in {encoding} that was read as Latin letters "
                f"({text[:8]!r}). Pass encoding={encoding!r}."
            )
    if "\ufffd" in text:
        raise ReadError(
            f"The column {column.name!r} of {where} was read in the wrong encoding ({text[:8]!r}). Pass the right one, "
            f"for example encoding='GBK'."
        )


def _is_chinese(latin: str, encoding: str) -> bool:
    """Whether bytes read as Latin letters are Chinese characters in the encoding, and nothing else."""
    try:
        text = latin.encode("latin-1").decode(encoding)
    except UnicodeError:
        return False
    return all(ord(c) < 128 or "\u3400" <= c <= "\u9fff" for c in text)


def _as_text(value: object) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    whole = _WHOLE_NUMBER.fullmatch(text)
    return whole[1] if whole else text
