"""What panel unit root tests return, and what they say in words."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec

TITLES = {
    "llc": "Levin-Lin-Chu",
    "ips": "Im-Pesaran-Shin",
    "fisher_adf": "Fisher-ADF",
    "fisher_pp": "Fisher-PP",
    "hadri": "Hadri",
}
_NULLS = {
    "llc": "every region has a unit root",
    "ips": "every region has a unit root",
    "fisher_adf": "every region has a unit root",
    "fisher_pp": "every region has a unit root",
    "hadri": "no region has a unit root",
}
_REJECTED = {
    "llc": "stationary: a common unit root is rejected",
    "ips": "stationary in some regions at least: unit roots everywhere are rejected",
    "fisher_adf": "stationary in some regions at least: unit roots everywhere are rejected",
    "fisher_pp": "stationary in some regions at least: unit roots everywhere are rejected",
    "hadri": "a unit root in some regions at least: stationarity is rejected",
}
_KEPT = dict.fromkeys(_NULLS, "unit roots are not rejected") | {"hadri": "stationarity is not rejected"}


def null_of(test: str) -> str:
    """Return the null hypothesis of a test in words."""
    return _NULLS[test]


def verdict_of(test: str, p: float, level: float) -> str:
    """Return what a p-value says, in words."""
    return _REJECTED[test] if p < level else _KEPT[test]


def stationary(test: str, p: float, level: float) -> bool:
    """Return whether a test speaks for stationarity at `level`."""
    return (p >= level) if test == "hadri" else (p < level)


@dataclass(frozen=True, eq=False, repr=False)
class UnitRoot(Result):
    """Panel unit root tests of one or more variables, in levels and differences.

    Attributes
    ----------
    tests : pandas.DataFrame
        See `table`.
    forms : pandas.DataFrame
        Every form of every test: variable, difference, test, form, statistic, df, p. LLC: t*. IPS: W, with a constant
        also Z, without lags also t-bar (which has no p). Fisher: P (Maddala-Wu), Z, L* and Pm (Choi). Hadri: Z robust
        to variances that differ between regions, and Z common.
    units : pandas.DataFrame
        What each region adds: variable, difference, test, region, name, lags, rows, statistic (tau; KPSS for Hadri),
        p.
    level : float
        Level of the verdicts.
    trend : str
        Terms of each regression.
    convention : str
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    """

    tests: pd.DataFrame
    forms: pd.DataFrame
    units: pd.DataFrame
    level: float
    trend: str
    convention: str
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return one row for each variable, difference and test.

        Columns: variable, difference (0 for levels), test, form, statistic, df, p, null, verdict, regions, times (of
        the longest series), lags_least, lags_mean, lags_most, bandwidth.
        """
        return self.tests.copy()

    def side_by_side(self) -> pd.DataFrame:
        """Return levels and differences side by side, as studies print them.

        Indexed by (variable, test); for each difference ``statistic`` and ``p``, and ``order``: the first difference
        at which the test speaks for stationarity, ``I(0)`` or ``I(1)``, or ``not shown`` when it does at none.
        """
        rows = self.tests.set_index(["variable", "test", "difference"])
        wide = rows[["statistic", "p"]].unstack("difference")
        names = {0: "level", 1: "first difference", 2: "second difference"}
        order = [(part, d) for d in sorted(self.tests["difference"].unique()) for part in ("statistic", "p")]
        wide = wide[order]
        wide.columns = [f"{names[d]} {part}" for part, d in order]
        index = pd.MultiIndex.from_frame(self.tests[["variable", "test"]].drop_duplicates())
        wide = wide.reindex(index)
        wide["order"] = [self._order(variable, test) for variable, test in index]
        return wide

    def _order(self, variable: str, test: str) -> str:
        mine = self.tests[(self.tests["variable"] == variable) & (self.tests["test"] == test)]
        for row in mine.sort_values("difference").itertuples():
            if stationary(test, float(row.p), self.level):
                return f"I({row.difference})"
        return "not shown"

    def summary(self) -> str:
        """Return the tests side by side, what each says, and the notes as text."""
        shown = self.side_by_side()
        title = (
            f"Panel unit root tests: {_TERMS[self.trend]}, convention {self.convention!r}; verdicts at the "
            f"{100 * self.level:g} % level"
        )
        text = shown.to_string(float_format=lambda value: f"{value:.4f}")
        said = [
            f"  {row.variable}{_PRIMES[int(row.difference)]}  {TITLES[str(row.test)]:<16}{row.verdict}"
            for row in self.tests.itertuples()
        ]
        return "\n".join([title, text, *said, *(f"Note: {note}" for note in self.notes)])


_TERMS = {"none": "no constant", "constant": "a constant", "trend": "a constant and a trend"}
_PRIMES = {0: "", 1: " (first difference)", 2: " (second difference)"}
