"""Tables and numbers as Markdown."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import pandas as pd

SHOWN = 100  # rows of a table in the summary; the CSV has them all


def number(value: Any) -> str:
    """Return a number with four significant digits, thousands separated; other values as text, missing as a dash."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool) or not isinstance(value, Real):
        return str(value)
    if isinstance(value, Integral):
        return signed(f"{value}")
    size = abs(float(value))
    if size >= 1000:
        return signed(f"{value:,.0f}")
    if size and size < 1e-4:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{signed(mantissa)}e{exponent}"
    digits = 3 if size == 0 else max(0, 3 - math.floor(math.log10(size)))
    return signed(f"{value:.{min(digits, 4)}f}")


def signed(text: str) -> str:
    """Return the text of a number with a true minus sign."""
    return text.replace("-", "−", 1)


def cell(value: Any) -> str:
    """Return a value as the text of a table cell, which no sign of Markdown or HTML in it can break."""
    text = number(value).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    return text.replace("<", "&lt;").replace(">", "&gt;")


def table(frame: pd.DataFrame) -> str:
    """Return a table; columns of numbers are aligned right. The index is not shown."""
    numeric = [pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind) for kind in frame.dtypes]
    rows = [
        [cell(heading) for heading in frame.columns],
        ["---:" if is_number else "---" for is_number in numeric],
        *([cell(value) for value in row] for row in frame.itertuples(index=False, name=None)),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
