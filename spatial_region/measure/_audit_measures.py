"""Checks of measures: efficiency, and Theil's decomposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cells, Tally
from spatial_region.measure._audit_check import Check
from spatial_region.measure._audit_numbers import Interval, exactly, total


@dataclass(frozen=True)
class Efficiency(Check):
    """Technical efficiency is pure technical efficiency times scale efficiency, and so above neither.

    All three lie between 0 and 1. Means over years of all three need not multiply, but even these are at most the
    smaller factor, and at least pure + scale - 1 (Hoeffding's bounds of the mean of a product).

    Attributes
    ----------
    te, pure, scale : str
        Columns of technical, pure technical and scale efficiency (综合技术效率、纯技术效率、规模效率).
    averaged : bool
        Whether the figures are means over years or regions, so that only the bounds hold.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"te": ["0.91"], "pte": ["0.95"], "se": ["0.89"]}, index=["a"])
    >>> sr.audit(table, sr.checks.Efficiency("te", "pte", "se")).table()["message"].tolist()
    ['exceeds the smaller of pte 0.95 and se 0.89, which is impossible']
    """

    te: str
    pure: str
    scale: str
    averaged: bool = False

    @property
    def rule(self) -> str:
        """The rule in words."""
        bound = f"{self.te} <= min({self.pure}, {self.scale})"
        return bound if self.averaged else f"{self.te} = {self.pure} x {self.scale}, {bound}"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Test each row: first what is impossible, then what does not multiply."""
        unit = Interval(Fraction(0), Fraction(1))
        for place in cells.rows(self.where):
            found = cells.filled(tally, place, [self.te, self.pure, self.scale])
            if found is None:
                continue
            te, pure, scale = found
            if not all(cell.interval.meets(unit) for cell in found):
                for cell in found:
                    tally.compare(cell, unit, "is no efficiency between 0 and 1")
                continue
            p, s = pure.interval.within(unit), scale.interval.within(unit)
            least = Interval(min(p.low, s.low), min(p.high, s.high))
            bounds = Interval(max(Fraction(0), p.low + s.low - 1), least.high)
            shown = f"{pure.column} {pure.text} and {scale.column} {scale.text}"
            if te.interval.low > least.high:
                tally.compare(te, p * s, f"exceeds the smaller of {shown}, which is impossible")
            elif self.averaged:
                tally.compare(te, bounds, f"is below {pure.text} + {scale.text} - 1, the least of a mean of products")
            else:
                tally.compare(te, p * s, f"is not the product of {shown}")


@dataclass(frozen=True)
class TheilParts(Check):
    """A printed decomposition of Theil's index holds together.

    Shares of the groups add to the share within; within and between add to 100 %. The share of a group is its part of
    all values (for L, of all weights) times its index over the whole index, so that these parts must add to 1.

    Attributes
    ----------
    whole : str
        Column of the index.
    indices, shares : sequence of str
        Columns of each group's index, and of its contribution in %, in the same order.
    within, between : str, optional
        Columns of the shares within and between groups, in %.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> names = ["T", "T_e", "T_w", "s_e", "s_w", "within", "between"]
    >>> table = pd.DataFrame([["0.257", "0.23", "0.36", "45.0", "47.0", "90.0", "10.0"]], columns=names, index=["2014"])
    >>> check = sr.checks.TheilParts("T", ["T_e", "T_w"], ["s_e", "s_w"], "within", "between")
    >>> sr.audit(table, check).table()["message"].iloc[0]
    'is not the sum of 45.0, 47.0'
    """

    whole: str
    indices: Sequence[str]
    shares: Sequence[str]
    within: str | None = None
    between: str | None = None

    @property
    def rule(self) -> str:
        """The rule in words."""
        return f"parts of {self.whole}: shares within add up, all parts make the whole"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Test the sums of shares, and the parts of the whole that they imply."""
        if isinstance(self.indices, str) or len(self.indices) != len(self.shares):
            raise InputError(f"each group needs an index and a share; found {self.indices!r} and {self.shares!r}.")
        hundred = exactly(100)
        for place in cells.rows(self.where):
            found = cells.filled(tally, place, [self.whole, *self.indices, *self.shares])
            if found is None:
                continue
            whole, indices, shares = found[0], found[1 : 1 + len(self.indices)], found[1 + len(self.indices) :]
            within = total(cell.interval for cell in shares)
            if self.within:
                inside = cells.filled(tally, place, [self.within])
                if inside is not None:
                    tally.compare(inside[0], within, f"is not the sum of {', '.join(cell.text for cell in shares)}")
                    within = inside[0].interval.within(within)
            if self.between:
                outside = cells.filled(tally, place, [self.between])
                if outside is not None:
                    tally.compare(outside[0], hundred - within, "does not make 100 with the share within")
            if any(cell.interval.low <= 0 for cell in indices):
                continue  # a group without inequality may be any part of the whole
            parts = [
                share.interval / hundred * whole.interval / index.interval
                for share, index in zip(shares, indices, strict=True)
            ]
            added = total(parts)
            tally.tested += 1
            if not added.meets(exactly(1)):
                tally.report(
                    whole,
                    whole.interval / added,
                    f"with these indices and shares the groups would be {float(added.low):.3g} to "
                    f"{float(added.high):.3g} of all values instead of 1",
                )
