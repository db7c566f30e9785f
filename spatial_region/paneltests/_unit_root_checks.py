"""What panel unit root tests accept, and what they refuse in words before and after they run."""

from __future__ import annotations

from typing import get_args

import numpy as np

from spatial_region.core.messages import name_regions
from spatial_region.core.options import check_option, check_whole_number
from spatial_region.errors import ConstantVariableError, DuplicateError, IdentificationError, InputError, OptionError
from spatial_region.paneltests._adf import TERMS, Array, Rule, Trend
from spatial_region.paneltests._conventions import CONVENTIONS, ConventionName
from spatial_region.paneltests._series import LabelledSeries, counted
from spatial_region.paneltests._unit_root_tests import RUN, Options, Outcome, Series, TestName, fewest_times
from spatial_region.paneltests.unit_root_result import TITLES

_BALANCED = ("llc", "hadri")
_NEED_TERMS = ("ips", "hadri")


def named_tests(test: object, trend: str) -> list[str]:
    """Return names of tests: those asked for, or all that the trend allows."""
    check_option(trend, Trend, "trend")
    if test is None:
        return [name for name in get_args(TestName) if trend != "none" or name not in _NEED_TERMS]
    listed = [test] if isinstance(test, str) else list(test)  # type: ignore[call-overload]
    for name in listed:
        check_option(name, TestName, "test")
        if trend == "none" and name in _NEED_TERMS:
            raise OptionError(f'test={name!r} is not defined without a constant; pass trend="constant" or "trend".')
    if not listed or len(set(listed)) < len(listed):
        raise DuplicateError(f"test must name at least one test, and each once; found {listed!r}.")
    return listed


def options_of(trend: Trend, lags: object, max_lags: object, bandwidth: object, convention: str) -> Options:
    """Return checked options of every test."""
    check_option(convention, ConventionName, "convention")
    if isinstance(lags, str):
        check_option(lags, Rule, "lags")
    else:
        lags = check_whole_number(lags, "lags")
    most = None if max_lags is None else check_whole_number(max_lags, "max_lags")
    wide = None if bandwidth is None else check_whole_number(bandwidth, "bandwidth")
    return Options(trend, lags, most, wide, CONVENTIONS[convention])  # type: ignore[arg-type]


def orders_of(differences: object) -> list[int]:
    """Return orders of differences, ascending."""
    listed = [differences] if isinstance(differences, int) else list(differences)  # type: ignore[call-overload]
    if not listed or any(order not in (0, 1, 2) for order in listed) or len(set(listed)) < len(listed):
        raise InputError(f"differences must be some of 0, 1 and 2, each once; found {differences!r}.")
    return sorted(int(order) for order in listed)


def run_test(test: str, series: LabelledSeries, options: Options, order: int) -> Outcome:
    """Run one test on labelled series, after refusing what it cannot answer."""
    what = f"{series.variable!r}" + (f" in differences of order {order}" if order else "")
    if test in _BALANCED and not series.balanced:
        short = series.regions[series.lengths < series.lengths.max()]
        raise InputError(
            f"{TITLES[test]} needs a balanced panel; {what} has fewer times in {len(short)} of {len(series.regions)} "
            f"regions: {name_regions(short, series.names)}. Use test='ips' or 'fisher_adf', keep complete times with "
            f"study.between(...), or leave these regions out."
        )
    bare = Series(_in_middling_units(series.values, options.trend), series.lengths)
    _check_times(test, bare, series, options, what, order)
    still = np.nanmax(series.values, axis=1) == np.nanmin(series.values, axis=1)
    if still.any():
        raise ConstantVariableError(
            f"{what} does not change in {still.sum()} of {len(still)} regions: "
            f"{name_regions(series.regions[still], series.names)}. Leave these regions out with study.select(...)."
        )
    found = RUN[test](bare, options)
    if found.flat.any():
        raise IdentificationError(
            f"{TITLES[test]}: the regression of {what} has no residual, or columns that are combinations of each "
            f"other, in {found.flat.sum()} of {len(found.flat)} regions: "
            f"{name_regions(series.regions[found.flat], series.names)}. Use fewer lags, or leave these regions out."
        )
    return found


def _in_middling_units(values: Array, trend: str) -> Array:
    """Return series in a unit whose squares neither overflow nor vanish, and without a level where it drops out."""
    own = values if trend == "none" else values - np.nanmean(values, axis=1)[:, None]
    largest = np.nanmax(np.abs(own))
    return np.asarray(own / largest if largest > 0 else own)


def _check_times(
    test: str, bare: Series, series: LabelledSeries, options: Options, what: str, order: int
) -> None:  # fmt: skip
    """Refuse series on which the test's distribution is unknown, saying how many times it needs."""
    shortest = int(bare.lengths.min())
    most = options.lags if isinstance(options.lags, int) else options.max_lags or 0
    lags = 0 if test in ("fisher_pp", "hadri") else most
    needed = fewest_times(test, lags, TERMS[options.trend])
    if shortest < needed:
        short = series.regions[series.lengths < needed]
        none = shortest + order < fewest_times("fisher_pp", 0, TERMS[options.trend])
        raise InputError(
            f"{what} has {shortest} times in {len(short)} of {len(series.regions)} regions "
            f"({name_regions(short, series.names)}); {TITLES[test]} with {counted(lags, 'lag')} needs {needed}"
            f"{f', so {needed + order} of the variable itself' if order else ''}: with fewer its tabulated moments do "
            f"not hold. "
            + (
                f"{shortest + order} times support no panel unit root test; take a longer panel, and report none here."
                if none
                else f"Take a longer panel{', or fewer lags' if lags else ''}"
                f"{', or differences=(0,)' if order else ''}."
            )
        )
