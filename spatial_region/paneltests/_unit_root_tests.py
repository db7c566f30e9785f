"""The five panel unit root tests on one array of series, with the statistic of each form and what each series adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import stats

from spatial_region.paneltests import _ips, _llc
from spatial_region.paneltests._adf import TERMS, Array, Rule, Trend, Whole, adf, choose_lags
from spatial_region.paneltests._conventions import Convention
from spatial_region.paneltests._dickey_fuller import log_tails
from spatial_region.paneltests._dickey_fuller_rows import log_tails_of_rows
from spatial_region.paneltests._fisher import Flags, combine, phillips_perron
from spatial_region.paneltests._hadri import hadri

LONG = 50

TestName = Literal["llc", "ips", "fisher_adf", "fisher_pp", "hadri"]


@dataclass(frozen=True)
class Options:
    """What every test may need to know.

    Attributes
    ----------
    trend : {"none", "constant", "trend"}
    lags : int or rule
    max_lags : int or None
    bandwidth : int or None
        None for the rule of each test.
    convention : Convention
    """

    trend: Trend
    lags: int | Rule
    max_lags: int | None
    bandwidth: int | None
    convention: Convention


@dataclass(frozen=True)
class Form:
    """One form of a test: its name, statistic, degrees of freedom (NaN when normal) and p-value (NaN: none)."""

    name: str
    statistic: float
    df: float
    p: float


@dataclass(frozen=True)
class Outcome:
    """A test of one array of series; the first form is the one that tables print.

    Attributes
    ----------
    forms : list of Form
    statistic, p : (n,)
        Of each series: tau and its p-value, or the KPSS statistic.
    lags, rows : (n,)
    coefficient : float
        Pooled coefficient of the level before (LLC), or NaN.
    flat : (n,) of bool
        Series that the test cannot be computed for; statistics are then not to be used.
    bandwidth : int or None
    notes : list of str
    """

    forms: list[Form]
    statistic: Array
    p: Array
    lags: Whole
    rows: Whole
    flat: Flags
    coefficient: float = np.nan
    bandwidth: int | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Series:
    """Series of unequal length: row i holds `lengths[i]` values from the left, then NaN."""

    values: Array
    lengths: Whole

    @property
    def balanced(self) -> bool:
        """Whether all are as long as the longest."""
        return bool((self.lengths == self.values.shape[1]).all())


def fewest_rows(test: str, lags: int, terms: int) -> int:
    """Return the fewest rows of a region's regression at which the test's distribution is known well enough.

    Ten, which is where the moments of IPS begin (later with more lags), and six more than there are coefficients.
    """
    least = max(10, 1 + lags + terms + 6)
    return max(least, _ips.fewest_rows(lags)) if test == "ips" else least


def fewest_times(test: str, lags: int, terms: int) -> int:
    """Return the fewest times of a series that a test with so many lags needs."""
    return 10 if test == "hadri" else fewest_rows(test, lags, terms) + lags + 1


def most_lags(times: int, terms: int) -> int:
    """Return the default of the most lags tried: 4 (T / 100)^(1/4), and at most what any test has the times for.

    Three times as many, which long series are given, make every test reject too often in short panels.
    """
    most = int(4 * (times / 100) ** 0.25)
    while most and fewest_times("ips", most, terms) > times:
        most -= 1
    return most


def lags_of(series: Series, options: Options) -> Whole:
    """Return the number of lags of each series."""
    if not isinstance(options.lags, str):
        return np.full(len(series.lengths), int(options.lags), dtype=np.int64)
    chosen = np.zeros(len(series.lengths), dtype=np.int64)
    for times in np.unique(series.lengths):
        same = series.lengths == times
        most = most_lags(int(times), TERMS[options.trend]) if options.max_lags is None else options.max_lags
        chosen[same] = choose_lags(
            series.values[same, :times],
            options.lags,
            options.trend,
            most,
            corrected=options.convention.ratios_by_df,
        )
    return chosen


@dataclass(frozen=True)
class _Own:
    tau: Array
    lags: Whole
    rows: Whole
    flat: Flags


def _own_regressions(series: Series, options: Options) -> _Own:
    """Return the augmented Dickey-Fuller regression of each series."""
    lags = lags_of(series, options)
    tau = np.empty(len(lags))
    flat = np.zeros(len(lags), dtype=bool)
    for times, count in {(int(t), int(p)) for t, p in zip(series.lengths, lags, strict=True)}:
        same = (series.lengths == times) & (lags == count)
        fit = adf(series.values[same, :times], count, options.trend, corrected=options.convention.ratios_by_df)
        tau[same], flat[same] = fit.tau, fit.singular
    return _Own(tau, lags, series.lengths - lags - 1, flat)


def _own_tails(tau: Array, lags: Whole, rows: Whole, options: Options) -> tuple[Array, Array]:
    """Return log p and log(1 - p) of each series' own regression."""
    if options.convention.p_by_rows:
        return log_tails_of_rows(tau, options.trend, lags, rows)
    return log_tails(tau, options.trend)


def _llc_test(series: Series, options: Options) -> Outcome:
    own = _own_regressions(series, options)
    times = series.values.shape[1]
    bandwidth = options.convention.llc_bandwidth(times) if options.bandwidth is None else options.bandwidth
    log_p, _ = _own_tails(own.tau, own.lags, own.rows, options)
    if own.flat.any():
        return Outcome([], own.tau, np.exp(log_p), own.lags, own.rows, own.flat)
    found = _llc.pooled(
        series.values,
        own.lags,
        options.trend,
        bandwidth=bandwidth,
        drift=options.convention.llc_drift,
        by_rows=options.convention.llc_by_rows,
    )
    notes = []
    if times < _llc.SHORTEST:
        notes.append(
            f"llc: its adjustments are tabulated from {_llc.SHORTEST} times on; those of {_llc.SHORTEST} stand in for "
            f"the {times} here, and the test rejects too often: of random walks that have a unit root, with fifteen "
            "times, 17 to 44 of 100 where 5 should be. Read 'ips' or 'fisher_adf'."
        )
    form = Form("t*", found.adjusted, np.nan, float(stats.norm.cdf(found.adjusted)))
    return Outcome(
        [form], own.tau, np.exp(log_p), own.lags, own.rows, own.flat, found.coefficient, bandwidth, notes
    )  # fmt: skip


def _ips_test(series: Series, options: Options) -> Outcome:
    own = _own_regressions(series, options)
    looked_up = (own.rows if options.convention.ips_by_rows else series.lengths).astype(float)
    forms = [_normal("W", _ips.standardised(own.tau, *_ips.w_moments(looked_up, own.lags, options.trend)))]
    if options.trend == "constant":
        forms.append(_normal("Z", _ips.standardised(own.tau, *_ips.z_moments(looked_up))))
    if series.balanced and not own.lags.any():
        forms.append(Form("t-bar", float(own.tau.mean()), np.nan, np.nan))
    log_p, _ = _own_tails(own.tau, own.lags, own.rows, options)
    notes = []
    if own.lags.max() > _ips.MOST_LAGS:
        notes.append(f"ips: moments are tabulated for up to {_ips.MOST_LAGS} lags, and those stand in for more.")
    return Outcome(forms, own.tau, np.exp(log_p), own.lags, own.rows, own.flat, notes=notes)


def _normal(name: str, statistic: float) -> Form:
    return Form(name, statistic, np.nan, float(stats.norm.cdf(statistic)))


def _combined(log_p: Array, log_rest: Array) -> tuple[list[Form], Array]:
    return [Form(one.form, one.statistic, one.df, one.p) for one in combine(log_p, log_rest)], np.exp(log_p)


def _long_note(test: str, lengths: Whole, options: Options) -> list[str]:
    """Return a note where the regions' own p-values are those of longer series, so that the test rejects too often."""
    if lengths.min() >= LONG or options.convention.p_by_rows:
        return []
    return [
        f"{test}: regions' p-values are those of long series; below {LONG} times it rejects a true null too often "
        f'(convention="paper" does not).'
    ]


def _fisher_adf_test(series: Series, options: Options) -> Outcome:
    own = _own_regressions(series, options)
    forms, p = _combined(*_own_tails(own.tau, own.lags, own.rows, options))
    notes = _long_note("fisher_adf", series.lengths, options)
    return Outcome(forms, own.tau, p, own.lags, own.rows, own.flat, notes=notes)


def _fisher_pp_test(series: Series, options: Options) -> Outcome:
    n = len(series.lengths)
    tau, flat = np.empty(n), np.zeros(n, dtype=bool)
    widest = 0
    for times in np.unique(series.lengths):
        same = series.lengths == times
        bandwidth = int(4 * (times / 100) ** (2 / 9)) if options.bandwidth is None else options.bandwidth
        widest = max(widest, bandwidth)
        tau[same], flat[same] = phillips_perron(
            series.values[same, :times], options.trend, bandwidth, current=options.convention.pp_current
        )
    none = np.zeros(n, dtype=np.int64)
    forms, p = _combined(*_own_tails(tau, none, series.lengths - 1, options))
    notes = _long_note("fisher_pp", series.lengths, options)
    return Outcome(forms, tau, p, none, series.lengths - 1, flat, bandwidth=widest, notes=notes)


def _hadri_test(series: Series, options: Options) -> Outcome:
    bandwidth = options.bandwidth or 0
    found = hadri(series.values, options.trend, bandwidth=bandwidth, corrected=options.convention.hadri_by_df)
    n, times = series.values.shape
    forms = [
        Form(name, value, np.nan, float(stats.norm.sf(value)))
        for name, value in (("Z robust", found.robust), ("Z common", found.common))
    ]
    notes = [] if bandwidth else ["hadri: residuals are taken to be uncorrelated; bandwidth= allows for correlation."]
    none = np.zeros(n, dtype=np.int64)
    return Outcome(
        forms, found.lm, np.full(n, np.nan), none, np.full(n, times), found.flat, bandwidth=bandwidth, notes=notes
    )


RUN: dict[str, Callable[[Series, Options], Outcome]] = {
    "llc": _llc_test,
    "ips": _ips_test,
    "fisher_adf": _fisher_adf_test,
    "fisher_pp": _fisher_pp_test,
    "hadri": _hadri_test,
}
