"""Numbers as they stand in yearbooks: thousands separators, full-width digits, footnote marks, marks for missing."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.regions.clean import MARKS

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)(?:\.\d*)?")
# Compared after NFKC, without spaces and in lower case; NFKC turns an ellipsis into full stops.
_MISSING = re.compile(
    r"-+|[—–―─]+|\.+|…+|/|\\|n\.?a\.?|n/a|nan|null|none|#n/?a|#div/0!|#value!|#ref!|缺失|空缺|不详|无|<na>"
)
_MARKS_AT_END = re.compile(f"(?:{MARKS.pattern}|\\s)+$")
# Superscript figures after a ten are as likely a power as a footnote, and a superscript sign is never a footnote.
_POWER = re.compile("(?<!\\d)10\\s*[\u00b2\u00b3\u00b9\u2070-\u2079]|[\u207a-\u207e\u208a-\u208e]")
_LIKE_A_NUMBER = re.compile(r"[^\w\s]?\s*[-+]?\d[\d.,\s]*\s*\D{0,6}")


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers, the cells that mean missing, those that are no number, those freed of footnotes."""

    values: pd.Series
    missing: pd.Series
    words: pd.Series
    marked: pd.Series


def read_numbers(column: pd.Series) -> Numbers:
    """Read a column as numbers.

    A column that holds numbers already is returned as it is; `words` is empty when every cell is a number or
    missing.
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return Numbers(column, *(pd.Series(dtype=object) for _ in range(3)))
    values = []
    noticed: dict[str, dict[object, str]] = {"missing": {}, "word": {}, "marked": {}}
    for label, cell in column.items():
        number, kind = _read_cell(cell)
        values.append(number)
        if kind:
            noticed[kind][label] = str(cell).strip()
    numbers = pd.Series(values, index=column.index, name=column.name, dtype="float64")
    return Numbers(numbers, *(pd.Series(cells, dtype=object) for cells in noticed.values()))


def looks_like_a_number(text: str) -> bool:
    """Whether a text is a number with something to it, such as a unit, a per cent sign or a strange comma."""
    return bool(_LIKE_A_NUMBER.fullmatch(unicodedata.normalize("NFKC", text)))


def _read_cell(cell: object) -> tuple[float, str]:
    if isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
        return (np.nan, "word") if math.isinf(cell) else (float(cell), "")
    if cell is None or cell is pd.NA or cell is pd.NaT or not str(cell).strip():
        return np.nan, ""
    return _read_text(str(cell).strip())


def _read_text(written: str) -> tuple[float, str]:
    # Circled and superscript figures become plain figures under NFKC, so marks go first: 5① would be 51.
    unmarked = _MARKS_AT_END.sub("", written)
    if any(_MISSING.fullmatch(_plain(text).replace(" ", "").lower()) for text in (written, unmarked)):
        return np.nan, "missing"
    text = _plain(unmarked)
    sound = not MARKS.search(unmarked) and not _POWER.search(written)
    if sound and (_NUMBER.fullmatch(text) or _THOUSANDS.fullmatch(text)):
        number = float(text.replace(",", "").replace(" ", ""))
        if not math.isinf(number):
            return number, "marked" if unmarked != written else ""
    return np.nan, "word"


def _plain(text: str) -> str:
    """Return a text in normal form, with single spaces, none after a sign."""
    text = " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())
    return re.sub(r"^([-+]) ", r"\1", text)
