"""Panel unit root tests: are the variables of a panel stationary, in levels or in differences?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.options import Missing, check_between, check_option
from spatial_region.core.spec import digest, make_spec
from spatial_region.paneltests._adf import Rule, Trend
from spatial_region.paneltests._conventions import ConventionName
from spatial_region.paneltests._frame import check_names
from spatial_region.paneltests._series import LabelledSeries, difference, read_series, tabled
from spatial_region.paneltests._unit_root_checks import named_tests, options_of, orders_of, run_test
from spatial_region.paneltests._unit_root_tests import LONG, Outcome, TestName
from spatial_region.paneltests.unit_root_result import UnitRoot, null_of, verdict_of


def unit_root(
    study: object,
    variable: str | Sequence[str] | None = None,
    *,
    test: TestName | Sequence[TestName] | None = None,
    trend: Trend = "constant",
    lags: int | Rule = 1,
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

    All take regions to be independent of each other; `demean` takes out what is common to all at each time.

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
        with a t ratio of at least 1.96. Choosing lags makes tests reject a true null more often in panels below fifty
        times. Not used by ``"fisher_pp"`` and ``"hadri"``.
    max_lags : int, optional
        4 (T / 100)^(1/4) by default, less where T is short.
    bandwidth : int, optional
        Lags of the Bartlett long-run variance. By default 3.21 T^(1/3) for ``"llc"``, 4 (T / 100)^(2/9) for
        ``"fisher_pp"`` and 0 for ``"hadri"``, whose residuals are then taken to be uncorrelated.
    differences : sequence of int
        0 for levels, 1 for first differences, 2 for second ones.
    demean : bool
        Whether to take out the mean of all regions at each time first.
    convention : {"paper", "plm", "stata"}
        Choices that move the numbers. ``"paper"``: variances with degrees of freedom, but for LLC; adjustments looked
        up at the rows T - p - 1 (gretl's W); changes in LLC lose only a drift that the null has, which is what its
        adjustments are for; p-values of regions are those of their rows and lags. ``"plm"`` (R's plm 2.6, urca):
        variances without degrees of freedom; changes in LLC lose their mean, or their trend, its bandwidth is rounded
        and its adjustments are those at T; Z-tau with squares of current levels; p-values are those of the limit as T
        grows. ``"stata"``: as ``"paper"``, but LLC's changes, Hadri's variance and p-values as in plm, and moments of
        IPS at T. Only the first keeps the size of LLC from 25 times on, and of Fisher-ADF in shorter panels; below 25
        times LLC rejects too often by all of them.
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
    1           0  fisher_adf     29.104  0.216
    2           1         ips     -6.366  0.000
    3           1  fisher_adf     85.831  0.000
    >>> tested.side_by_side()["order"].tolist()
    ['I(1)', 'I(1)']
    """
    tests = named_tests(test, trend)
    options = options_of(trend, lags, max_lags, bandwidth, convention)
    check_between(level, "level", low=0, high=1)
    orders = orders_of(differences)
    check_option(missing, Missing, "missing")
    table, named = tabled(study, variable)
    rows, forms, units, notes, facts = [], [], [], [], []
    for name in check_names(named, argument="variable"):
        series = read_series(table, name, missing=missing, demean=demean)
        facts.append(series)
        for order in orders:
            changed = difference(series, order)
            for one in tests:
                found = run_test(one, changed, options, order)
                key = {"variable": name, "difference": order, "test": one}
                rows.append(key | _row(one, found, changed, level))
                forms += [key | {"form": f.name, "statistic": f.statistic, "df": f.df, "p": f.p} for f in found.forms]
                units.append(_units(key, found, changed))
                notes += [note for note in (*changed.notes, *found.notes) if note not in notes]
    if isinstance(lags, str) and min(int(one.lengths.min()) for one in facts) < LONG:
        notes.append(f"lags by {lags!r}: choosing them makes tests reject a true null too often below {LONG} times.")
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
