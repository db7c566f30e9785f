"""Codes of administrative divisions (GB/T 2260) as they are met in tables."""

from __future__ import annotations

import math
import re
from numbers import Number

_WHOLE = re.compile(r"(\d+)(?:\.0*)?")
_LENGTHS = (2, 4, 6, 9, 12)


def plain_number(value: object) -> str:
    """Return a cell as text, with a whole number read as a float written without its decimals."""
    if isinstance(value, Number) and not isinstance(value, (bool, complex)):
        number = float(value)  # type: ignore[arg-type]
        return str(int(number)) if math.isfinite(number) and number == int(number) else str(value)
    return str(value)


def read_code(text: str) -> str | None:
    """Return the six-digit code that a cleaned text stands for, or None when it is not a code.

    Two digits stand for a province, four for a prefecture; nine and twelve digits are the statistical codes
    of townships and villages, which stand for a larger unit only when they end in zeros.

    Examples
    --------
    >>> read_code("130800.0"), read_code("1308"), read_code("13"), read_code("130800000000")
    ('130800', '130800', '130000', '130800')
    >>> read_code("1308001") is None
    True
    """
    found = _WHOLE.fullmatch(text.replace(" ", ""))
    if not found or len(found[1]) not in _LENGTHS or found[1][0] == "0":
        return None
    digits = found[1]
    if len(digits) == 9 and digits.startswith("156"):
        return digits[3:]  # 156 is China in ISO 3166: the form of the national map service
    if len(digits) > 6:
        # A township or village has further digits: it is returned as a code that no region has.
        return digits[:6] if set(digits[6:]) == {"0"} else digits
    return digits.ljust(6, "0")
