"""Printed numbers as what they stand for: every value that is rounded to these digits. Exact intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import pandas as pd

Rounding = Literal["nearest", "either"]
Exact = Fraction | float  # a float is plus or minus infinity only

# Several times the error of the handful of floating-point steps behind one bound, which are good to 2e-16 each.
_FLOAT_ERROR = Fraction(1, 10**13)
_NUMBER = re.compile(r"([+-]?)(\d+(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d+))?", re.IGNORECASE)
_STARS = re.compile(r"[*＊]+")
_MINUS = str.maketrans(
    {"−": "-", "–": "-", "－": "-", "，": ",", "．": ".", "％": "%", "（": "(", "）": ")", "＜": "<"}
)
_BLANK = {"", "-", "—", "--", "——", "…", "...", "....", "na", "n.a.", "nan", "none", "<na>"}


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`, both included."""

    low: Exact
    high: Exact

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __mul__(self, other: Interval) -> Interval:
        ends = [_product(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def __truediv__(self, other: Interval) -> Interval:
        if other.low <= 0 <= other.high:
            return EVERYTHING
        ends = [_product(a, _inverse(b)) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def __abs__(self) -> Interval:
        if self.low >= 0:
            return self
        return -self if self.high <= 0 else Interval(Fraction(0), max(-self.low, self.high))

    def meets(self, other: Interval) -> bool:
        """Whether one number lies in both."""
        return self.low <= other.high and other.low <= self.high

    def within(self, other: Interval) -> Interval:
        """Return what lies in both; `other` where nothing does."""
        return Interval(max(self.low, other.low), min(self.high, other.high)) if self.meets(other) else other


EVERYTHING = Interval(-math.inf, math.inf)


def _product(a: Exact, b: Exact) -> Exact:
    return Fraction(0) if a == 0 or b == 0 else a * b  # 0 times an unbounded end is 0 here


def _inverse(a: Exact) -> Exact:
    return Fraction(0) if isinstance(a, float) else 1 / a


def exactly(value: float | Fraction) -> Interval:
    """Return the interval of one number, taken as its shortest decimal: 0.1 is a tenth."""
    found = value if isinstance(value, Fraction) else Fraction(repr(value)) if isinstance(value, float) else None
    found = Fraction(int(value)) if found is None else found
    return Interval(found, found)


def total(parts: Iterable[Interval]) -> Interval:
    """Return the sum."""
    return sum(parts, exactly(0))


def mean(parts: Iterable[Interval]) -> Interval:
    """Return the plain mean."""
    listed = list(parts)
    return total(listed) * exactly(Fraction(1, len(listed)))


def computed(low: float, high: float) -> Interval:
    """Return an interval whose ends were computed in floating point, widened by the error of that."""
    return Interval(_widened(low, -1), _widened(high, 1))


def _widened(value: float, side: int) -> Exact:
    if math.isinf(value):
        return value
    exact = Fraction(value)
    return exact + side * (abs(exact) + Fraction(1, 10**3)) * _FLOAT_ERROR


def rising(function: Callable[[float], float], argument: Interval) -> Interval:
    """Return the values of a function that nowhere falls, such as a root, over an interval."""
    return computed(function(float(argument.low)), function(float(argument.high)))


def power(base: Interval, exponent: Fraction) -> Interval:
    """Return the powers of numbers; of negative ones to whole exponents only, else of their positive part."""
    if exponent.denominator == 1:
        made = exactly(1)
        step = base if exponent >= 0 else exactly(1) / base
        for _ in range(abs(exponent.numerator)):
            made = made * step
        even = abs(exponent.numerator) % 2 == 0
        return Interval(max(made.low, Fraction(0)), made.high) if even else made
    if base.high < 0:
        return EVERYTHING
    positive = Interval(max(base.low, Fraction(0)), base.high)
    if exponent < 0:
        return exactly(1) / power(positive, -exponent)
    return rising(lambda x: x ** float(exponent), positive)


@dataclass(frozen=True)
class Printed:
    """A number in print: its text, its value, half a unit of its last digit, and the stars beside it."""

    text: str
    value: Fraction
    half: Fraction
    stars: str = ""

    def interval(self, rounding: Rounding) -> Interval:
        """Return every number that may stand behind it: half a unit of the last digit on each side, or a whole one."""
        reach = self.half if rounding == "nearest" else 2 * self.half
        return Interval(self.value - reach, self.value + reach)

    @property
    def decimals(self) -> int:
        """Number of digits after the point."""
        return max(0, round(-math.log10(2 * self.half))) if self.half else 0


def is_blank(cell: object) -> bool:
    """Whether a cell holds no number by intent: empty, a dash or dots."""
    return cell is None or cell is pd.NA or cell != cell or str(cell).strip().casefold() in _BLANK  # noqa: PLR0124


def read_number(text: str) -> Printed | None:
    """Return a printed number; None if it is none.

    Understood are thousands separated by commas, percent signs, brackets around a number, stars, full-width signs, and
    ``<0.001``, which is anything from 0 to that, as for p-values.
    """
    plain = text.strip().translate(_MINUS)
    found = _STARS.findall(plain)
    plain = _STARS.sub("", plain).strip().rstrip("%").strip()
    if len(plain) > 2 and (plain[0], plain[-1]) in {("(", ")"), ("[", "]")}:
        plain = plain[1:-1].strip()
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    below, plain = plain.startswith("<"), plain.removeprefix("<").strip()
    match = _NUMBER.fullmatch(plain)
    if match is None or (below and match[1] == "-"):
        return None
    if below:
        return Printed(text.strip(), Fraction(plain) / 2, Fraction(plain) / 2, "*" * len("".join(found)))
    decimals = len(match[3] or match[4] or "") - int(match[5] or 0)
    return Printed(text.strip(), Fraction(plain), Fraction(10) ** -decimals / 2, "*" * len("".join(found)))


def show(bounds: Interval, decimals: int) -> str:
    """Return an interval as text: one number where it rounds to one, else its ends with one digit more."""
    if bounds.low == -math.inf or bounds.high == math.inf:
        sides = [
            f"{word} {_rounded(end, decimals + 1)}"
            for word, end in (("at least", bounds.low), ("at most", bounds.high))
            if not math.isinf(end)
        ]
        return sides[0] if sides else "anything"
    whole = all(isinstance(end, Fraction) and end.denominator == 1 for end in (bounds.low, bounds.high))
    if whole and bounds.low < bounds.high:
        return f"{bounds.low} to {bounds.high}"
    if _rounded(bounds.low, decimals) == _rounded(bounds.high, decimals):
        return _rounded(bounds.low, decimals)
    return f"{_rounded(bounds.low, decimals + 1)} to {_rounded(bounds.high, decimals + 1)}"


def _rounded(value: Exact, decimals: int) -> str:
    text = f"{float(value):.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text
