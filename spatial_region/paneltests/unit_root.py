"""Panel unit root tests: are the variables of a panel stationary, in levels or in differences?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions
from spatial_region.core.options import Missing, check_between, check_option, check_whole_number
from spatial_region.core.spec import digest, make_spec
from spatial_region.errors import ConstantVariableError, DuplicateError, IdentificationError, InputError, OptionError
from spatial_region.paneltests._adf import TERMS, Rule, Trend
from spatial_region.paneltests._conventions import CONVENTIONS, ConventionName
from spatial_region.paneltests._frame import check_names
from spatial_region.paneltests._series import LabelledSeries, difference, read_series, tabled
from spatial_region.paneltests._unit_root_tests import RUN, Options, Outcome, Series, TestName, fewest_times
from spatial_region.paneltests.unit_root_result import TITLES, UnitRoot, null_of, verdict_of

_BALANCED = ("llc", "hadri")
_NEED_TERMS = ("ips", "hadri")


def unit_root(
    study: object,
    variable: str | Sequence[str] | None = None,
    *,
    test: TestName | Sequence[TestName] | None = None,
    trend: Trend = "constant",
    lags: int | Rule = "sic",
    max_lags: int | None = None,
    bandwidth: int | None = None,
    differences: Sequence[int] = (0, 1),
    demean: bool = False,
    convention: ConventionName = "paper",
    level: float = 0.05,
    missing: Missing = "raise",
) -> UnitRoot:
    """Test variables of a panel for unit roots (面板单位根检验), in levels and differences side by side.

    Each region has the regression ``dy_t = a + b y_t-1 + sum_k c_k dy_t-k + e_t``, k = 1 ... p (the terms of `trend` in
    place of a); a unit root is b = 0.

    - ``"llc"``: Levin, Lin and Chu. One b for all regions, after each region's dynamics and scale are taken out; its t
      ratio, adjusted. Balanced panels.
    - ``"ips"``: Im, Pesaran and Shin. W = sqrt(N) (mean of the regions' t - its mean) / its standard deviation.
    - ``"fisher_adf"``: P = -2 sum log p_i of the regions' own p-values, chi-squared with 2N degrees of freedom (Maddala
      and Wu; Choi).
    - ``"fisher_pp"``: the same with the t ratio of Phillips and Perron, which has no lags and a long-run variance.
    - ``"hadri"``: the null is the other way round, that no region has a unit root. Z = sqrt(N) (mean of the regions'
      KPSS statistics - its mean) / its standard deviation. Balanced panels.

    All take regions to be independent of each other; `demean` takes out what is common to all at each time. p-values
    of a region's own test are those of the limit as T grows, computed without simulation.

    Parameters
    ----------
    study : Study, pandas.DataFrame or pandas.Series
        A panel; a table or series indexed by (region, time), or a table with a row for each region and a column for
        each time.
    variable : str or sequence of str, optional
        Variables to test; not needed for a series or a table of region by time.
    test : str or sequence of str, optional
        By default all that the trend allows: ``"ips"`` and ``"hadri"`` need a constant.
    trend : {"none", "constant", "trend"}
        Terms of each region's regression; ``"trend"`` includes the constant.
    lags : int, "aic", "sic" or "hall"
        p; or chosen for each region between 0 and `max_lags` by a criterion, or down from `max_lags` to the last lag
        with a t ratio of at least 1.96. Not used by ``"fisher_pp"`` and ``"hadri"``.
    max_lags : int, optional
        12 (T / 100)^(1/4) by default, less where T is short.
    bandwidth : int, optional
        Lags of the Bartlett long-run variance. By default 3.21 T^(1/3) for ``"llc"``, 4 (T / 100)^(2/9) for
        ``"fisher_pp"`` and 0 for ``"hadri"``, whose residuals are then taken to be uncorrelated.
    differences : sequence of int
        0 for levels, 1 for first differences, 2 for second ones.
    demean : bool
        Whether to take out the mean of all regions at each time first.
    convention : {"paper", "plm", "stata"}
        Choices that move the numbers. ``"paper"``: t ratios with degrees of freedom; adjustments looked up at the rows
        T - p - 1 (gretl's W); changes in LLC lose only a drift that the null has, which is what its adjustments are
        for. ``"plm"`` (R's plm 2.6, urca): t ratios without degrees of freedom; changes in LLC lose their mean, or
        their trend, its bandwidth is rounded and its adjustments are those at T; Z-tau with squares of current levels.
        ``"stata"``: as ``"paper"``, but LLC's changes as in plm and moments of IPS at T. Only the first keeps the size
        of LLC in short panels.
    level : float
        Level of the verdicts.
    missing : {"raise", "drop"}
        With ``"drop"``, times before the first and after the last value of a region are left out.

    Returns
    -------
    UnitRoot
        ``table()`` has a row for each variable, difference and test; ``side_by_side()`` is the table that studies
        print; ``units`` has each region's own numbers and ``forms`` the other forms of each test.

    Raises
    ------
    InputError
        If there are too few times (the message says how many are needed), fewer than two regions, or a test that needs
        a balanced panel has none.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or there is a gap within a region.
    ConstantVariableError
        If a region's series does not vary.
    IdentificationError
        If a region's regression has no residual, or its columns are combinations of each other.
    UnknownNameError
        If a variable does not exist.
    DuplicateError
        If a variable, test, difference or row is found twice.
    OptionError
        If an option is not offered, or a test does not go with the trend.

    References
    ----------
    Levin, A., Lin, C.-F. and Chu, C.-S. J. (2002). Unit root tests in panel data: asymptotic and finite-sample
    properties. Journal of Econometrics 108(1), 1-24. doi:10.1016/S0304-4076(01)00098-7

    Im, K. S., Pesaran, M. H. and Shin, Y. (2003). Testing for unit roots in heterogeneous panels. Journal of
    Econometrics 115(1), 53-74. doi:10.1016/S0304-4076(03)00092-7

    Maddala, G. S. and Wu, S. (1999). A comparative study of unit root tests with panel data and a new simple test.
    Oxford Bulletin of Economics and Statistics 61(S1), 631-652. doi:10.1111/1468-0084.0610s1631

    Choi, I. (2001). Unit root tests for panel data. Journal of International Money and Finance 20(2), 249-272.
    doi:10.1016/S0261-5606(00)00048-6

    Hadri, K. (2000). Testing for stationarity in heterogeneous panel data. The Econometrics Journal 3(2), 148-161.
    doi:10.1111/1368-423X.00043

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> steps = np.random.default_rng(3).normal(size=(12, 25))
    >>> walks = pd.DataFrame(steps.cumsum(axis=1), index=list("abcdefghijkl"), columns=range(1996, 2021))
    >>> tested = sr.unit_root(walks, test=["ips", "fisher_adf"], lags=1)
    >>> tested.table()[["difference", "test", "statistic", "p"]].round(3)
       difference        test  statistic      p
    0           0         ips     -0.592  0.277
    1           0  fisher_adf     30.938  0.156
    2           1         ips     -6.366  0.000
    3           1  fisher_adf    106.859  0.000
    >>> tested.side_by_side()["order"].tolist()
    ['I(1)', 'I(1)']
    """
    tests = _tests(test, trend)
    options = _options(trend, lags, max_lags, bandwidth, convention)
    check_between(level, "level", low=0, high=1)
    orders = _orders(differences)
    check_option(missing, Missing, "missing")
    table, named = tabled(study, variable)
    rows, forms, units, notes, facts = [], [], [], [], []
    for name in check_names(named, argument="variable"):
        series = read_series(table, name, missing=missing, demean=demean)
        facts.append(series)
        for order in orders:
            changed = difference(series, order)
            for one in tests:
                found = _run(one, changed, options, order)
                key = {"variable": name, "difference": order, "test": one}
                rows.append(key | _row(one, found, changed, level))
                forms += [key | {"form": f.name, "statistic": f.statistic, "df": f.df, "p": f.p} for f in found.forms]
                units.append(_units(key, found, changed))
                notes += [note for note in (*changed.notes, *found.notes) if note not in notes]
    inputs = {
        "variables": [one.variable for one in facts],
        "n": len(facts[0].regions),
        "times": int(facts[0].lengths.max()),
        "values_digest": digest(np.concatenate([one.values.ravel() for one in facts])),
    }
    said: dict[str, Any] = {"test": tests, "trend": trend, "lags": lags, "max_lags": max_lags, "bandwidth": bandwidth}
    said |= {"differences": orders, "demean": demean, "convention": convention, "level": level, "missing": missing}
    return UnitRoot(
        pd.DataFrame(rows),
        pd.DataFrame(forms),
        pd.concat(units, ignore_index=True),
        level,
        trend,
        convention,
        tuple(notes),
        make_spec("unit_root", options=said, inputs=inputs),
    )


def _tests(test: object, trend: str) -> list[str]:
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


def _options(trend: Trend, lags: object, max_lags: object, bandwidth: object, convention: str) -> Options:
    check_option(convention, ConventionName, "convention")
    if isinstance(lags, str):
        check_option(lags, Rule, "lags")
    else:
        check_whole_number(lags, "lags")
    for value, argument in ((max_lags, "max_lags"), (bandwidth, "bandwidth")):
        if value is not None:
            check_whole_number(value, argument)
    return Options(trend, lags, max_lags, bandwidth, CONVENTIONS[convention])  # type: ignore[arg-type]


def _orders(differences: object) -> list[int]:
    listed = [differences] if isinstance(differences, int) else list(differences)  # type: ignore[call-overload]
    if not listed or any(order not in (0, 1, 2) for order in listed) or len(set(listed)) < len(listed):
        raise InputError(f"differences must be some of 0, 1 and 2, each once; found {differences!r}.")
    return sorted(int(order) for order in listed)


def _run(test: str, series: LabelledSeries, options: Options, order: int) -> Outcome:
    what = f"{series.variable!r}" + (f" in differences of order {order}" if order else "")
    if test in _BALANCED and not series.balanced:
        short = series.regions[series.lengths < series.lengths.max()]
        raise InputError(
            f"{TITLES[test]} needs a balanced panel; {what} has fewer times in {len(short)} of {len(series.regions)} "
            f"regions: {name_regions(short, series.names)}. Use test='ips' or 'fisher_adf', keep complete times with "
            f"study.between(...), or leave these regions out."
        )
    # A level drops out wherever there is a constant; taking it out first keeps digits.
    own = series.values if options.trend == "none" else series.values - np.nanmean(series.values, axis=1)[:, None]
    bare = Series(own, series.lengths)
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
            f"({name_regions(short, series.names)}); {TITLES[test]} with {lags} lags needs {needed}"
            f"{f', so {needed + order} of the variable itself' if order else ''}: with fewer its tabulated moments do "
            f"not hold. "
            + (
                f"{shortest + order} times support no panel unit root test; take a longer panel, and report none here."
                if none
                else f"Take a longer panel{', or fewer lags' if lags else ''}"
                f"{', or differences=(0,)' if order else ''}."
            )
        )


def _row(test: str, found: Outcome, series: LabelledSeries, level: float) -> dict[str, object]:
    main = found.forms[0]
    return {
        "form": main.name,
        "statistic": main.statistic,
        "df": main.df,
        "p": main.p,
        "null": null_of(test),
        "verdict": verdict_of(test, main.p, level),
        "regions": len(series.regions),
        "times": int(series.lengths.max()),
        "lags_least": int(found.lags.min()),
        "lags_mean": float(found.lags.mean()),
        "lags_most": int(found.lags.max()),
        "bandwidth": np.nan if found.bandwidth is None else float(found.bandwidth),
    }


def _units(key: dict[str, object], found: Outcome, series: LabelledSeries) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "region": series.regions,
            "name": series.names.reindex(series.regions).to_numpy(),
            "lags": found.lags,
            "rows": found.rows,
            "statistic": found.statistic,
            "p": found.p,
        }
    )
    for place, (label, value) in enumerate(key.items()):
        frame.insert(place, label, value)
    return frame
