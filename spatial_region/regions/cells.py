"""Numbers as they stand in yearbooks: thousands separators, full-width digits, marks for missing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
# Compared after NFKC, without spaces and in lower case; NFKC turns an ellipsis into full stops.
_MISSING = re.compile(
    r"-+|[—–―─]+|\.+|…+|/|\\|n\.?a\.?|n/a|nan|null|none|#n/?a|#div/0!|#value!|#ref!|缺失|空缺|不详|无|<na>"
)


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers, the cells that mean missing, and the cells that are no number."""

    values: pd.Series
    missing: pd.Series
    words: pd.Series


def read_numbers(column: pd.Series) -> Numbers:
    """Read a column as numbers.

    A column that holds numbers already is returned as it is; `words` is empty when every cell is a number or
    missing.
    """
    nothing = pd.Series(dtype=object)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return Numbers(column, nothing, nothing)
    values, missing, words = [], {}, {}
    for label, cell in column.items():
        number, mark = _read_cell(cell)
        values.append(number)
        if mark == "missing":
            missing[label] = str(cell).strip()
        elif mark == "word":
            words[label] = str(cell).strip()
    numbers = pd.Series(values, index=column.index, name=column.name, dtype="float64")
    return Numbers(numbers, pd.Series(missing, dtype=object), pd.Series(words, dtype=object))


def _read_cell(cell: object) -> tuple[float, str]:
    if isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
        return float(cell), ""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return np.nan, ""
    text = "".join(unicodedata.normalize("NFKC", str(cell)).replace("\u2212", "-").split())
    if _NUMBER.fullmatch(text) or _THOUSANDS.fullmatch(text):
        return float(text.replace(",", "")), ""
    return np.nan, "" if not text else "missing" if _MISSING.fullmatch(text.lower()) else "word"
