"""Panel cointegration tests: do variables with unit roots share a long-run relation?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import check_between, check_option, check_whole_number
from spatial_region.core.spec import digest, make_spec
from spatial_region.errors import DuplicateError, IdentificationError, InputError, OptionError
from spatial_region.paneltests import _kao, _pedroni
from spatial_region.paneltests._adf import TERMS, Trend
from spatial_region.paneltests._formula import PanelDesign, read_design
from spatial_region.paneltests._series import counted
from spatial_region.paneltests.cointegration_result import Cointegration

Array = NDArray[np.float64]
CointegrationTest = Literal["pedroni", "kao"]
_LONG = 50


def cointegration(
    study: object,
    formula: str,
    *,
    test: CointegrationTest | Sequence[CointegrationTest] | None = None,
    trend: Trend = "constant",
    lags: int = 1,
    bandwidth: int | None = None,
    level: float = 0.05,
) -> Cointegration:
    """Test whether variables of a panel are cointegrated (面板协整检验): Pedroni's seven statistics, Kao's five.

    Both ask whether the residuals of a regression between variables with unit roots have one themselves.

    - ``"pedroni"``: a regression for each region, ``y_it = a_i + d_i t + sum_k b_ik x_kit + e_it``. Panel v, rho, PP
      and ADF pool the regions' residuals, group rho, PP and ADF average over regions. Standardised as
      (statistic - mean sqrt(N)) / sqrt(variance), with moments that depend on the trend and on the number of regressors
      (one: Pedroni 2004; two to seven: Pedroni 1999, table 2).
    - ``"kao"``: one regression with region effects, ``y_it = a_i + sum_k b_k x_kit + e_it``. DF rho and DF t assume
      that regressors are exogenous; DF rho*, DF t* and ADF allow for endogenous ones.

    Panel v rejects when large, all others when small. Regions are taken to be independent of each other. Statistics do
    not depend on the units of the variables.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Balanced panel; a table is indexed by (region, time).
    formula : str
        ``y ~ x1 + x2``, with transformations such as ``log(y)``; at most seven regressors for Pedroni's tests.
    test : str or sequence of str, optional
        By default both; only Pedroni's when `trend` is not ``"constant"``, which Kao's moments are for.
    trend : {"none", "constant", "trend"}
        Terms of each regression; ``"trend"`` includes the constant.
    lags : int
        Changes of the residuals in the augmented regressions.
    bandwidth : int, optional
        Lags of the Bartlett long-run variances; round(4 (T / 100)^(2/9)) by default.
    level : float
        Level of the verdicts.

    Returns
    -------
    Cointegration
        ``table()`` has a row for each statistic.

    Raises
    ------
    InputError
        If there are too few times (the message says how many are needed), too many regressors, fewer than two regions,
        or the formula cannot be read.
    MissingValuesError
        If values are missing.
    IdentificationError
        If regressors are combinations of each other, or there is no residual, in some region.
    UnknownNameError
        If a variable does not exist.
    ConstantVariableError
        If the dependent variable does not vary.
    DuplicateError
        If a test or a row is found twice.
    OptionError
        If an option is not offered, or a test does not go with the trend.

    References
    ----------
    Pedroni, P. (1999). Critical values for cointegration tests in heterogeneous panels with multiple regressors. Oxford
    Bulletin of Economics and Statistics 61(S1), 653-670. doi:10.1111/1468-0084.0610s1653

    Pedroni, P. (2004). Panel cointegration: asymptotic and finite sample properties of pooled time series tests with an
    application to the PPP hypothesis. Econometric Theory 20(3), 597-625. doi:10.1017/S0266466604203073

    Kao, C. (1999). Spurious regression and residual-based tests for cointegration in panel data. Journal of
    Econometrics 90(1), 1-44. doi:10.1016/S0304-4076(98)00023-2

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> rng = np.random.default_rng(5)
    >>> x = rng.normal(size=(10, 40)).cumsum(axis=1)
    >>> y = 2 * x + rng.normal(size=(10, 40))
    >>> index = pd.MultiIndex.from_product([list("abcdefghij"), range(1981, 2021)], names=["region", "time"])
    >>> panel = pd.DataFrame({"y": y.ravel(), "x": x.ravel()}, index=index)
    >>> sr.cointegration(panel, "y ~ x", test="pedroni").table().set_index("name")[["statistic", "p"]].round(2)
               statistic    p
    name
    panel v         6.13  0.0
    panel rho     -17.20  0.0
    panel PP      -15.03  0.0
    panel ADF     -11.41  0.0
    group rho     -14.38  0.0
    group PP      -16.71  0.0
    group ADF     -12.62  0.0
    """
    tests = _tests(test, trend)
    lags = check_whole_number(lags, "lags")
    check_between(level, "level", low=0, high=1)
    design = read_design(formula, study, intercept=False)
    y, x, unit = _arrays(design)
    n, times, k = x.shape
    _check_sizes(design, tests, (n, times, k), lags, trend)
    if bandwidth is None:
        bandwidth = round(4 * (times / 100) ** (2 / 9))
    bandwidth = check_whole_number(bandwidth, "bandwidth")
    regions = design.y.index.get_level_values(0).unique()
    rows: list[dict[str, object]] = []
    units = pd.DataFrame()
    if "pedroni" in tests:
        seven = _pedroni.pedroni(y, x, trend, lags=lags, bandwidth=bandwidth)
        _check_flat(seven.flat, regions, design)
        rows += _rows("pedroni", _pedroni.NAMES, seven.standardised, level)
        units = pd.DataFrame(
            {
                "name": design.names.reindex(regions).to_numpy(),
                "rho": seven.rho,
                "tau": seven.tau,
                "long_run_deviation": np.sqrt(seven.long_run) * unit,
            },
            index=regions.rename("region"),
        )
    if "kao" in tests:
        five = _kao.kao(y, x, lags=lags, bandwidth=bandwidth)
        _check_flat(np.full(n, five.flat), regions, design)
        rows += _rows("kao", _kao.NAMES, five.statistics, level)
    table = pd.DataFrame(rows).assign(regions=n, times=times, lags=lags, bandwidth=bandwidth)
    options = {"test": tests, "trend": trend, "lags": lags, "bandwidth": bandwidth, "level": level}
    inputs = {
        "formula": formula,
        "n": n,
        "times": times,
        "values_digest": digest(np.concatenate([y.ravel(), x.ravel()])),
    }
    return Cointegration(
        formula,
        table,
        units,
        level,
        trend,
        _notes(times, tests),
        make_spec("cointegration", options=options, inputs=inputs),
    )


def _tests(test: object, trend: str) -> list[str]:
    check_option(trend, Trend, "trend")
    if test is None:
        return ["pedroni", "kao"] if trend == "constant" else ["pedroni"]
    listed = [test] if isinstance(test, str) else list(test)  # type: ignore[call-overload]
    for name in listed:
        check_option(name, CointegrationTest, "test")
    if not listed or len(set(listed)) < len(listed):
        raise DuplicateError(f"test must name at least one test, and each once; found {listed!r}.")
    if "kao" in listed and trend != "constant":
        raise OptionError(f'Kao\'s moments are for trend="constant"; found trend={trend!r}. Use test="pedroni".')
    return listed


def _arrays(design: PanelDesign) -> tuple[Array, Array, float]:
    """Return y by region and time, x with its columns last, and the unit of y.

    Each is put in a unit of its own, so that squares neither overflow nor vanish.
    """
    n = int(design.region.max()) + 1
    times = len(design.y) // n
    y = design.y.to_numpy(dtype=float).reshape(n, times)
    x = design.x.to_numpy(dtype=float).reshape(n, times, -1)
    unit = float(np.abs(y).max())
    units = np.abs(x).max(axis=(0, 1))
    return y / unit, x / np.where(units > 0, units, 1.0), unit


def _check_sizes(
    design: PanelDesign, tests: list[str], sizes: tuple[int, int, int], lags: int, trend: str
) -> None:  # fmt: skip
    n, times, k = sizes
    if n < 2:
        raise InputError(f"a panel test needs at least 2 regions; found {n}.")
    if "pedroni" in tests and k > _pedroni.MOST_REGRESSORS:
        raise InputError(
            f"Pedroni's moments are tabulated for at most {_pedroni.MOST_REGRESSORS} regressors; {design.formula!r} "
            f"has {k}: {name_some(design.x.columns, limit=10)}. Leave some out, or use test='kao'."
        )
    needed = max(12, k + TERMS[trend] + 2 * lags + 8)
    if times < needed:
        raise InputError(
            f"{design.formula!r} has {times} times; with {counted(k, 'regressor')} and {counted(lags, 'lag')} a test "
            f"of cointegration needs "
            f"at least {needed}. With so few, residuals look stationary whether or not there is a long-run relation. "
            f"Take a longer panel{', or fewer lags' if lags else ''}."
        )


def _check_flat(flat: NDArray[np.bool_], regions: pd.Index, design: PanelDesign) -> None:
    if flat.any():
        raise IdentificationError(
            f"{design.formula!r}: regressors are combinations of each other or of the trend, or explain y without "
            f"residual, in {flat.sum()} of {len(flat)} regions: {name_regions(regions[flat], design.names)}. Leave out "
            f"a regressor, or these regions with study.select(...)."
        )


def _rows(test: str, names: Sequence[str], statistics: Array, level: float) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, statistic in zip(names, statistics, strict=True):
        large = name == "panel v"
        p = float(stats.norm.sf(statistic) if large else stats.norm.cdf(statistic))
        rows.append(
            {
                "test": test,
                "name": name,
                "dimension": "between" if name.startswith("group") else "within",
                "statistic": float(statistic),
                "p": p,
                "rejects": "large" if large else "small",
                "verdict": "cointegrated: the null is rejected" if p < level else "cointegration is not shown",
            }
        )
    return rows


def _notes(times: int, tests: Sequence[str]) -> tuple[str, ...]:
    if times >= _LONG:
        return ()
    return (
        f"p-values are those of long panels; with {times} times they are rough (see the page on validation).",
        *(["panel PP and group PP reject a true null far too often in short panels."] if "pedroni" in tests else []),
    )
