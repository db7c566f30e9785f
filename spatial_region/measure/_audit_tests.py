"""Checks of tests: stars against coefficient, standard error, t and p; Moran's z and p against I and its error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from scipy.special import ndtr, stdtr

from spatial_region.core.options import Alternative, check_option, check_whole_number
from spatial_region.errors import InputError
from spatial_region.measure._audit_cells import Cell, Cells, Tally
from spatial_region.measure._audit_check import Check
from spatial_region.measure._audit_numbers import EVERYTHING, Interval, computed, exactly, rising

USUAL = {"*": 0.1, "**": 0.05, "***": 0.01}


@dataclass(frozen=True)
class Stars(Check):
    """Coefficient, standard error, t, p and stars of one row agree.

    ``t = coefficient / se``, ``p`` is that of t, and the stars are those of p. Without `df` the t distribution is not
    known; p is then at least that of the normal distribution, so that stars too many are found, and stars too few only
    where p itself is printed.

    Attributes
    ----------
    coefficient : str
        Column of coefficients, with or without stars beside them.
    se, t, p : str, optional
        Columns of standard errors, of t or z values, and of two-sided p-values; at least one.
    stars : str, optional
        Column of stars; by default they stand beside the coefficient. Use ``marked=False`` if there are none.
    levels : mapping of stars to float
        What the stars stand for; by default one for 0.1, two for 0.05 and three for 0.01.
    df : float, optional
        Degrees of freedom of t; ``float("inf")`` for z values.
    marked : bool
        Whether coefficients have stars at all, so that one without is said to be insignificant.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"b": ["0.120***", "0.051"], "se": ["0.052", "0.050"]}, index=["gdp", "fdi"])
    >>> sr.audit(table, sr.checks.Stars("b", se="se")).table()[["row", "message"]].values.tolist()
    [['gdp', 'has stars for p <= 0.01, while b 0.120***, se 0.052 allow **']]
    """

    coefficient: str
    se: str | None = None
    t: str | None = None
    p: str | None = None
    stars: str | None = None
    levels: Mapping[str, float] = field(default_factory=lambda: dict(USUAL))
    df: float | None = None
    marked: bool = True

    @property
    def rule(self) -> str:
        """The rule in words."""
        given = [column for column in (self.se, self.t, self.p) if column]
        return f"{self.coefficient}{' and its stars' if self.marked else ''} agree with {', '.join(given)}"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Test each row, from the coefficient to t, from t to p, and from p to the stars."""
        if not (self.se or self.t or self.p):
            raise InputError("Stars() needs something to check coefficients by: se=, t= or p=.")
        rows = cells.rows(self.where)
        # Many tables print |t|: signs mean something where one t is negative.
        signed = self.t is not None and any(_is_negative(cells.cell(place, self.t)) for place in rows)
        for place in rows:
            coefficient = cells.cell(place, self.coefficient)
            if coefficient.printed is None:
                tally.blank += 1
                continue
            se, t, p = (self._optional(cells, tally, place, column) for column in (self.se, self.t, self.p))
            ratio = self._ratio(tally, coefficient, se, t, signed=signed)
            implied = self._p_of(ratio) if ratio is not None else None
            if p is not None and implied is not None:
                tally.compare(p, implied, f"is not the p-value of {self._by(coefficient, se, t)}")
            if self.marked:
                known = implied if p is None else p.interval if implied is None else p.interval.within(implied)
                if known is not None:
                    self._stars(cells, tally, place, coefficient, known, self._by(coefficient, se, t, p))

    @staticmethod
    def _optional(cells: Cells, tally: Tally, place: int, column: str | None) -> Cell | None:
        if column is None:
            return None
        cell = cells.cell(place, column)
        if cell.printed is None:
            tally.blank += 1
            return None
        return cell

    @staticmethod
    def _by(coefficient: Cell, *others: Cell | None) -> str:
        return ", ".join(f"{cell.column} {cell.text}" for cell in (coefficient, *others) if cell is not None)

    @staticmethod
    def _ratio(tally: Tally, coefficient: Cell, se: Cell | None, t: Cell | None, *, signed: bool) -> Interval | None:
        """Return every t that coefficient, standard error and printed t allow."""
        from_se = coefficient.interval / abs(se.interval) if se is not None else None
        if t is None:
            return from_se
        printed = t.interval if signed else abs(t.interval)
        if from_se is None or se is None:
            if signed:
                sign = Interval(exactly(0).low, EVERYTHING.high) if t.interval.low > 0 else EVERYTHING
                sign = Interval(EVERYTHING.low, exactly(0).high) if t.interval.high < 0 else sign
                tally.compare(coefficient, sign, f"has another sign than {t.column} {t.text}")
            return printed
        fits = from_se if signed else abs(from_se)
        tally.tested += 1
        if not printed.meets(fits):
            tally.report(t, fits, f"is not {coefficient.text} / {se.text}")
        return printed.within(fits)

    def _p_of(self, ratio: Interval) -> Interval:
        size = abs(ratio)
        if self.df is None:  # any number of degrees of freedom: p is at least the normal one
            return Interval(_two_sided(size, float("inf")).low, exactly(1).high)
        return _two_sided(size, self.df)

    def _stars(self, cells: Cells, tally: Tally, place: int, coefficient: Cell, p: Interval, by: str) -> None:
        if self.stars is None:
            shown, mark = coefficient, coefficient.printed.stars if coefficient.printed is not None else ""
        else:
            text = cells.column(self.stars)[place].replace("＊", "*")
            shown, mark = Cell(coefficient.row, self.stars, text, None, coefficient.rounding), text
        if mark and mark not in self.levels:
            raise InputError(f"{shown.text!r} of {shown.row!r} has stars that levels= does not explain: {mark!r}.")
        ordered = sorted(self.levels.items(), key=lambda item: item[1])
        tally.tested += 1
        below = [level for _, level in ordered if not mark or level < self.levels[mark]]
        if mark and p.low > exactly(self.levels[mark]).high:
            right = next((stars for stars, level in ordered if p.low <= exactly(level).high), "none")
            tally.report(shown, p, f"has stars for p <= {self.levels[mark]:g}, while {by} allow {right}")
        elif below and p.high < exactly(max(below)).low:
            right = next(stars for stars, level in ordered if p.high < exactly(level).low)
            has = f"stars for p <= {self.levels[mark]:g} only" if mark else "no stars"
            tally.report(shown, p, f"has {has}, while {by} give {right}")


@dataclass(frozen=True)
class Moran(Check):
    """z of Moran's I (or another statistic) is its distance from the expected value over its standard error.

    ``z = (I - E) / se`` with ``E = -1 / (n - 1)``; p is that of z under the normal distribution.

    Attributes
    ----------
    I : str
        Column of the statistic.
    se, variance : str, optional
        Column of its standard error or of its variance: one of them.
    z, p : str, optional
        Columns of z and of p by the normal approximation: at least one. Do not name p-values of permutations.
    n : int, optional
        Number of regions, from which the expected value of Moran's I follows.
    expected : float or str, optional
        Expected value, in place of that of n: a number, or a column.
    alternative : {"two-sided", "greater", "less"}
        Side of p.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"I": ["0.332"], "se": ["0.061"], "z": ["5.44"]}, index=["2003"])
    >>> sr.audit(table, sr.checks.Moran("I", se="se", z="z", n=31)).table()["implied"].tolist()
    ['5.932 to 6.047']
    """

    I: str  # noqa: E741
    se: str | None = None
    variance: str | None = None
    z: str | None = None
    p: str | None = None
    n: int | None = None
    expected: float | str | None = None
    alternative: Alternative = "two-sided"

    @property
    def rule(self) -> str:
        """The rule in words."""
        tested = [column for column in (self.z, self.p) if column]
        return f"{', '.join(tested)} of {self.I} follow from {self.se or self.variance}"

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Compare each z, and each p."""
        check_option(self.alternative, Alternative, "alternative")
        spread = self.se or self.variance
        if self.z is None and self.p is None:
            raise InputError("Moran() needs z= or p=, the columns to check.")
        if spread and (self.n is None) == (self.expected is None):
            raise InputError("Moran() needs either n=, the number of regions, or expected=.")
        if self.n is not None:
            check_whole_number(self.n, "n", least=3)
        if self.se and self.variance:
            raise InputError("Moran() takes se= or variance=, not both.")
        for place in cells.rows(self.where):
            columns = [
                self.I,
                *([spread] if spread else []),
                *([self.expected] if isinstance(self.expected, str) else []),
            ]
            found = cells.filled(tally, place, columns)
            if found is None:
                continue
            z = self._z(found) if spread else None
            shown = ", ".join(f"{cell.column} {cell.text}" for cell in found)
            known = [Stars._optional(cells, tally, place, column) for column in (self.z, self.p)]
            if known[0] is not None:
                if z is not None:
                    tally.compare(known[0], z, f"does not follow from {shown}")
                z = known[0].interval if z is None else known[0].interval.within(z)
            if known[1] is not None and z is not None:
                tally.compare(known[1], _normal_p(z, self.alternative), f"does not follow from {shown}")

    def _z(self, found: list[Cell]) -> Interval:
        if isinstance(self.expected, str):
            centre = found[-1].interval
        elif self.expected is not None:
            centre = exactly(self.expected)
        else:
            centre = exactly(-1) / exactly(int(self.n or 0) - 1)
        error = found[1].interval
        if self.variance:
            error = rising(lambda x: x**0.5, Interval(max(error.low, exactly(0).low), error.high))
        return (found[0].interval - centre) / error


def _two_sided(size: Interval, df: float) -> Interval:
    """Return the two-sided p of t values of this size; an infinite `df` means the normal distribution."""

    def tails(t: float) -> float:
        return 2 * float(ndtr(-t) if math.isinf(df) else stdtr(df, -t))

    return computed(tails(float(size.high)), tails(float(size.low)))


def _normal_p(z: Interval, side: Alternative) -> Interval:
    if side == "two-sided":
        return _two_sided(abs(z), float("inf"))
    if side == "less":
        return rising(lambda x: float(ndtr(x)), z)
    return computed(float(ndtr(-float(z.high))), float(ndtr(-float(z.low))))


def _is_negative(cell: Cell) -> bool:
    return cell.printed is not None and cell.interval.high < 0
