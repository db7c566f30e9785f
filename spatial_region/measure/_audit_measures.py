"""Checks of measures: efficiency, coupling coordination, Theil's decomposition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from spatial_region.core.options import check_option
from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cell, Cells, Tally
from spatial_region.measure._audit_check import Check
from spatial_region.measure._audit_numbers import Interval, computed, exactly, rising, total
from spatial_region.measure._coupling import Variant, coupling

_MOST_SYSTEMS = 10  # the ends of ten intervals have 1,024 combinations


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
class Coupling(Check):
    """Coupling degree C, comprehensive level T and coordination degree D follow from the systems.

    ``T = sum of shares x systems``, ``D = sqrt(C T)``, and C by one of the published forms: `coupling_coordination`.

    Attributes
    ----------
    systems : sequence of str
        Columns of the two or more systems.
    C, T, D : str, optional
        Columns of the coupling degree (耦合度), the comprehensive level (综合评价指数) and the coordination degree
        (耦合协调度); at least one.
    shares : sequence of float, optional
        Shares of the systems in T; equal by default.
    variant : {"standard", "wang", "fan"}
        Form of C.
    scale : float
        What a full index is in print: 1, or 100 for indices multiplied by 100. T is printed on the same scale.
    """

    systems: Sequence[str]
    C: str | None = None
    T: str | None = None
    D: str | None = None
    shares: Sequence[float] | None = None
    variant: Variant = "standard"
    scale: float = 1

    @property
    def rule(self) -> str:
        """The rule in words."""
        tested = [name for name, column in (("C", self.C), ("T", self.T), ("D", self.D)) if column]
        return f"{', '.join(tested)} of the coupling of {', '.join(self.systems)} ({self.variant})"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare each printed degree with those that the systems allow."""
        self._check()
        n = len(self.systems)
        parts = [exactly(share) for share in (self.shares or [])] or [exactly(Fraction(1, n))] * n
        printed = [column for column in (self.C, self.T, self.D) if column]
        for place in cells.rows(self.where):
            found = cells.filled(tally, place, self.systems)
            if found is None:
                continue
            u = [self._system(cell) for cell in found]
            implied = {self.C: coupling_bounds(u, self.variant)} if any(each.high > 0 for each in u) else {}
            level = total(share * each for share, each in zip(parts, u, strict=True))
            implied[self.T] = level * exactly(self.scale)
            shown = ", ".join(f"{cell.column} {cell.text}" for cell in found)
            known = {column: cells.cell(place, column) for column in printed}
            for column in (self.C, self.T):
                if column and column in implied and known[column].printed is not None:
                    tally.compare(known[column], implied[column], f"does not follow from {shown}")
            if self.D and self.C in implied and known[self.D].printed is not None:
                c, t = implied[self.C], level
                if self.C and known[self.C].printed is not None:
                    c = known[self.C].interval.within(c)
                if self.T and known[self.T].printed is not None:
                    t = (known[self.T].interval / exactly(self.scale)).within(level)
                positive = Interval(max((c * t).low, Fraction(0)), max((c * t).high, Fraction(0)))
                tally.compare(known[self.D], rising(math.sqrt, positive), f"does not follow from {shown}")
            tally.blank += sum(cell.printed is None for cell in known.values())

    def _system(self, cell: Cell) -> Interval:
        """Return what a system can be: not below 0, and, for forms that depend on the scale, not above 1."""
        found = cell.interval / exactly(self.scale)
        most = math.inf if self.variant == "standard" else exactly(1).high
        fair = Interval(exactly(0).low, most)
        if not found.meets(fair):
            raise InputError(
                f"{cell.column!r} of {cell.row!r} is {cell.text}; the coupling of systems ({self.variant}) needs "
                f"indices from 0{'' if self.variant == 'standard' else f' to {self.scale:g}'}. "
                "Say what a full index is in print: scale=."
            )
        return found.within(fair)

    def _check(self) -> None:
        check_option(self.variant, Variant, "variant")
        if isinstance(self.systems, str) or not 2 <= len(self.systems) <= _MOST_SYSTEMS:
            raise InputError(f"systems must be 2 to {_MOST_SYSTEMS} columns; found {self.systems!r}.")
        if not (self.C or self.T or self.D):
            raise InputError("Coupling() needs a column to check: C=, T= or D=.")
        if self.shares is not None and len(self.shares) != len(self.systems):
            raise InputError(f"{len(self.systems)} systems need as many shares; found {self.shares!r}.")


def coupling_bounds(systems: Sequence[Interval], variant: Variant) -> Interval:
    """Return every coupling degree that non-negative systems within these intervals can have.

    It is least at a corner of the box that the intervals span. The standard form and Fan's are largest where the
    systems are as near to one value as they can be: the former is quasi-concave, the latter falls with their standard
    deviation. Wang's is too for two systems; for more, its factors are bounded one by one.
    """
    low = np.maximum([float(each.low) for each in systems], 0.0)
    high = np.maximum([float(each.high) for each in systems], 0.0)
    corners = np.array([list(corner) for corner in product(*zip(low, high, strict=True))])
    corners = corners[corners.max(axis=1) > 0] if variant != "fan" else corners
    degrees = coupling(corners, variant)
    nearest = np.clip(_meeting_point(low, high), low, high)
    best = np.vstack([corners, nearest]) if nearest.max() > 0 or variant == "fan" else corners
    if variant == "wang" and len(systems) > 2:
        return _wang_bounds(low, high)
    return computed(float(degrees.min()), float(coupling(best, variant).max()))


def _meeting_point(low: np.ndarray, high: np.ndarray) -> float:
    """Return m with m = mean(clip(m, low, high)): the intervals' points nearest to m are nearest to one another."""
    below, above = float(low.min()), float(high.max())
    if low.max() <= high.min():
        return float(low.max())
    ends = list(zip(low.tolist(), high.tolist(), strict=True))
    for _ in range(60):
        middle = (below + above) / 2
        if middle * len(ends) < sum(min(max(middle, least), most) for least, most in ends):
            below = middle
        else:
            above = middle
    return (below + above) / 2


def _wang_bounds(low: np.ndarray, high: np.ndarray) -> Interval:
    """Return bounds of Wang's form for several systems; too wide, never too narrow."""
    n = len(low)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    least = sum(max(0.0, low[i] - high[j], low[j] - high[i]) for i, j in pairs) / len(pairs)
    most = sum(max(high[i] - low[j], high[j] - low[i]) for i, j in pairs) / len(pairs)
    top_low, top_high = low.max(), high.max()
    ratio_low = np.prod(low / top_high) ** (1 / (n - 1)) if top_high > 0 else 0.0
    ratio_high = np.prod(np.minimum(high / top_low, 1.0)) ** (1 / (n - 1)) if top_low > 0 else 1.0
    return computed(math.sqrt(max(1 - most, 0.0) * ratio_low), math.sqrt(max(1 - least, 0.0) * ratio_high))


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
                (inside,) = cells.filled(tally, place, [self.within]) or [None]
                if inside is not None:
                    tally.compare(inside, within, f"is not the sum of {', '.join(cell.text for cell in shares)}")
                    within = inside.interval.within(within)
            if self.between:
                (outside,) = cells.filled(tally, place, [self.between]) or [None]
                if outside is not None:
                    tally.compare(outside, hundred - within, "does not make 100 with the share within")
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
