"""Check of coupling coordination: what printed systems allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product
from operator import mul

import numpy as np

from spatial_region.core.options import check_option
from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cell, Cells, Tally
from spatial_region.measure._audit_check import Check
from spatial_region.measure._audit_numbers import EVERYTHING, Interval, computed, exactly, power, rising, total
from spatial_region.measure._coupling import Variant, coupling

_MOST_SYSTEMS = 10  # the ends of ten intervals have 1,024 combinations


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

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"u1": ["0.42"], "u2": ["0.55"], "D": ["0.639"]}, index=["2010"])
    >>> sr.audit(table, sr.checks.Coupling(["u1", "u2"], D="D")).table()["implied"].tolist()
    ['0.6896 to 0.6969']
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
        plain = exactly(Fraction(1, n))
        parts = [exactly(share) for share in self.shares] if self.shares is not None else [plain] * n
        for place in cells.rows(self.where):
            found = cells.filled(tally, place, self.systems)
            if found is None:
                continue
            u = [self._system(cell) for cell in found]
            level = total(share * each for share, each in zip(parts, u, strict=True))
            # C is undefined where every system is 0; then neither C nor D is tested.
            degree = coupling_bounds(u, self.variant) if any(each.high > 0 for each in u) else None
            shown = ", ".join(f"{cell.column} {cell.text}" for cell in found)
            # With equal shares, C T of the standard form is the geometric mean, which rises with every system.
            equal = self.variant == "standard" and parts == [plain] * n
            squared = power(reduce(mul, u), Fraction(1, n)) if equal else EVERYTHING
            self._compare(cells, tally, place, (degree, level, squared), shown)

    def _compare(
        self, cells: Cells, tally: Tally, place: int, follows: tuple[Interval | None, Interval, Interval], shown: str
    ) -> None:
        """Compare C and T with what follows from the systems, and D with what follows from all of them."""
        degree, level, squared = follows
        message, scale = f"does not follow from {shown}", exactly(self.scale)
        c, t, d = (self._printed(cells, tally, place, column) for column in (self.C, self.T, self.D))
        if c is not None and degree is not None:
            tally.compare(c, degree, message)
            degree = c.interval.within(degree)
        if t is not None:
            tally.compare(t, level * scale, message)
            level = (t.interval / scale).within(level)
        if d is not None and degree is not None:
            squared = squared.within(degree * level)
            zero = exactly(0).low
            tally.compare(d, rising(math.sqrt, Interval(max(squared.low, zero), max(squared.high, zero))), message)

    @staticmethod
    def _printed(cells: Cells, tally: Tally, place: int, column: str | None) -> Cell | None:
        if column is None:
            return None
        found = cells.filled(tally, place, [column])
        return None if found is None else found[0]

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
        if self.shares is not None and abs(sum(self.shares) - 1) > 1e-9:
            raise InputError(f"the shares of the systems must add to 1; found {self.shares!r}.")


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
