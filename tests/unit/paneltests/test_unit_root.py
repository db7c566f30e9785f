"""Panel unit root tests: against plain loops, statsmodels, arch and scipy; and what they refuse."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import statsmodels.api as sm
from scipy import stats
from statsmodels.tsa.stattools import adfuller, kpss

import spatial_region as sr
from spatial_region.core.seeds import generator
from spatial_region.errors import (
    ConstantVariableError,
    DuplicateError,
    IdentificationError,
    InputError,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)
from spatial_region.paneltests._adf import choose_lags

# statsmodels announces that the next version returns an object; its elements are the same.
pytestmark = pytest.mark.filterwarnings("ignore:adfuller currently returns:FutureWarning")

SHORT = {"none": "n", "constant": "c", "trend": "ct"}


@pytest.fixture(scope="module")
def grunfeld():
    """Grunfeld's ten firms over 1935-1954, as in Grunfeld (1958); statsmodels carries an eleventh."""
    table = sm.datasets.grunfeld.load_pandas().data
    table = table[table["firm"] != "American Steel"].assign(year=lambda t: t["year"].astype(int))
    return table.set_index(["firm", "year"])


@pytest.fixture(scope="module")
def walks():
    return pd.DataFrame(
        generator(1, "walks").normal(size=(7, 30)).cumsum(axis=1), index=list("gfedcba"), columns=range(1991, 2021)
    )


def series_of(wide):
    index = pd.MultiIndex.from_product([wide.index, wide.columns], names=["region", "time"])
    return pd.Series(wide.to_numpy().ravel(), index=index, name="x")


def by_test(result):
    return result.table().set_index(["variable", "difference", "test"])["statistic"]


def plain_adf(y, lags, trend, *, by_df):
    """t ratio, variance and rows of one regression, by normal equations."""
    rows, target = [], []
    for t in range(lags + 1, len(y)):
        row = [y[t - 1]] + [y[t - k] - y[t - k - 1] for k in range(1, lags + 1)]
        row += [] if trend == "none" else [1.0] if trend == "constant" else [1.0, float(t)]
        rows.append(row)
        target.append(y[t] - y[t - 1])
    x, z = np.array(rows), np.array(target)
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ z
    rest = z - x @ beta
    variance = rest @ rest / (len(z) - (x.shape[1] if by_df else 0))
    return beta[0] / np.sqrt(variance * inverse[0, 0]), variance, len(z)


def plain_long_run(x, bandwidth):
    total = sum(v * v for v in x)
    for j in range(1, bandwidth + 1):
        total += 2 * (1 - j / (bandwidth + 1)) * sum(x[t] * x[t - j] for t in range(j, len(x)))
    return total / len(x)


def plain_llc(series, lags, bandwidth, mean, deviation, *, centred):
    """Levin, Lin and Chu with a constant, step by step."""
    n, times = series.shape
    top, bottom, ratios, pairs = 0.0, 0.0, [], []
    for y in series:
        variance = plain_adf(y, lags, "constant", by_df=False)[1]
        change = np.diff(y)
        z = np.column_stack(
            [np.ones(times - lags - 1)] + [change[lags - k : len(change) - k] for k in range(1, lags + 1)]
        )
        e, v = (a - z @ np.linalg.lstsq(z, a, rcond=None)[0] for a in (change[lags:], y[lags:-1]))
        e, v = e / np.sqrt(variance), v / np.sqrt(variance)
        pairs.append((e, v))
        top, bottom = top + e @ v, bottom + v @ v
        ratios.append(np.sqrt(plain_long_run(change - (change.mean() if centred else 0), bandwidth) / variance))
    delta = top / bottom
    rows = times - lags - 1
    variance = sum((e - delta * v) @ (e - delta * v) for e, v in pairs) / (n * rows)
    error = np.sqrt(variance / bottom)
    return (delta / error - n * rows * np.mean(ratios) / variance * error * mean) / deviation


@pytest.mark.parametrize("trend", SHORT)
@pytest.mark.parametrize("lags", [0, 2])
def test_ratios_of_regions_are_those_of_statsmodels_and_of_plain_algebra(walks, trend, lags):
    units = sr.unit_root(walks, test="fisher_adf", trend=trend, lags=lags, differences=(0,)).units.set_index("region")
    for region, y in walks.iterrows():
        theirs = adfuller(y.to_numpy(), maxlag=lags, regression=SHORT[trend], autolag=None)[0]
        assert units.loc[region, "statistic"] == pytest.approx(theirs, rel=1e-9)
        assert units.loc[region, "statistic"] == pytest.approx(
            plain_adf(y.to_numpy(), lags, trend, by_df=True)[0], rel=1e-8
        )


@pytest.mark.parametrize("rule", ["aic", "sic"])
def test_lags_by_criterion_are_those_of_statsmodels(walks, rule):
    ours = choose_lags(walks.to_numpy(), rule, "constant", 5, corrected=True)
    theirs = [
        adfuller(y, maxlag=5, regression="c", autolag="AIC" if rule == "aic" else "BIC")[2] for y in walks.to_numpy()
    ]
    assert ours.tolist() == theirs


def test_hall_goes_down_to_the_last_lag_that_counts(walks):
    chosen = choose_lags(walks.to_numpy(), "hall", "constant", 4, corrected=True)
    for y, lags in zip(walks.to_numpy(), chosen, strict=True):
        for tried in range(4, -1, -1):
            x = np.column_stack([np.ones(25), y[4:-1]] + [np.diff(y)[4 - k : 29 - k] for k in range(1, tried + 1)])
            fit = sm.OLS(np.diff(y)[4:], x).fit()
            if tried == 0 or abs(fit.tvalues[-1]) >= 1.96:
                assert lags == tried
                break


def test_llc_says_that_it_rejects_too_often_in_short_panels(walks):
    short = walks.iloc[:, :16]
    assert any("rejects too often" in n for n in sr.unit_root(short, test="llc", differences=(0,)).notes)
    assert not any("rejects" in n for n in sr.unit_root(short, test="ips", differences=(0,)).notes)


def test_llc_is_the_plain_computation(walks):
    # Adjustments at 30 - 1 - 1 = 28 rows, three fifths of the way from 25 to 30 in the published table.
    mean, deviation = -0.554 + 0.6 * 0.008, 0.919 - 0.6 * 0.030
    bandwidth = int(3.21 * 30 ** (1 / 3))
    for convention, centred in (("paper", False), ("stata", True)):
        tested = sr.unit_root(walks, test="llc", lags=1, differences=(0,), convention=convention)
        plain = plain_llc(walks.to_numpy(), 1, bandwidth, mean, deviation, centred=centred)
        assert by_test(tested)[("value", 0, "llc")] == pytest.approx(plain, rel=1e-10)


def test_ips_is_the_plain_computation(walks):
    tau = [plain_adf(y, 1, "trend", by_df=True)[0] for y in walks.to_numpy()]
    # Moments at 28 rows with one lag, from the published ones at 25 and 30.
    mean, variance = -2.172 + 0.6 * (-2.173 + 2.172), 0.769 + 0.6 * (0.734 - 0.769)
    tested = sr.unit_root(walks, test="ips", trend="trend", lags=1, differences=(0,)).table()
    assert tested["statistic"][0] == pytest.approx(np.sqrt(7) * (np.mean(tau) - mean) / np.sqrt(variance))
    assert tested["p"][0] == pytest.approx(stats.norm.cdf(tested["statistic"][0]))


def test_fisher_combines_as_scipy_does(walks):
    tested = sr.unit_root(walks, test="fisher_adf", lags=1, differences=(0,))
    p = tested.units["p"].to_numpy()
    forms = tested.forms.set_index("form")
    for form, method in (("P", "fisher"), ("Z", "stouffer")):
        theirs = stats.combine_pvalues(p, method=method)
        assert forms.loc[form, "p"] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert forms.loc["P", "statistic"] == pytest.approx(-2 * np.log(p).sum())
    n = len(p)
    assert forms.loc["Pm", "statistic"] == pytest.approx((-2 * np.log(p) - 2).sum() / (2 * np.sqrt(n)))
    logit = np.log(p / (1 - p)).sum() / np.sqrt(np.pi**2 * n * (5 * n + 2) / (3 * (5 * n + 4)))
    assert forms.loc["L*", "statistic"] == pytest.approx(logit)
    assert forms.loc["L*", "p"] == pytest.approx(stats.t.cdf(logit, 5 * n + 4))


def test_an_explosive_region_leaves_every_form_finite(walks):
    walks = walks.copy()
    walks.loc["a"] = 1.3 ** np.arange(30) + 0.01 * walks.loc["b"]
    forms = sr.unit_root(walks, test="fisher_adf", lags=0, differences=(0,)).forms
    assert np.isfinite(forms[["statistic", "p"]]).all(axis=None)


@pytest.mark.parametrize("trend", SHORT)
def test_phillips_perron_is_the_plain_computation(walks, trend):
    units = sr.unit_root(walks, test="fisher_pp", trend=trend, bandwidth=3, differences=(0,)).units
    exact = [plain_phillips_perron(walks.loc[region].to_numpy(), trend, 3) for region in units["region"]]
    np.testing.assert_allclose(units["statistic"], exact, rtol=1e-9)


def plain_phillips_perron(y, trend, bandwidth):
    now, before = y[1:], y[:-1]
    x = np.column_stack([before, np.ones(len(now)), np.arange(len(now))])[:, : 1 + list(SHORT).index(trend)]
    fit = sm.OLS(now, x).fit()
    s2 = (fit.resid**2).mean()
    w2 = plain_long_run(fit.resid, bandwidth)
    t = (fit.params[0] - 1) / fit.bse[0]
    s = np.sqrt(fit.resid @ fit.resid / (len(now) - x.shape[1]))
    return np.sqrt(s2 / w2) * t - (w2 - s2) / (2 * np.sqrt(w2)) * len(now) * fit.bse[0] / s


@pytest.mark.parametrize("trend", ["constant", "trend"])
@pytest.mark.parametrize("bandwidth", [0, 4])
@pytest.mark.filterwarnings("ignore:The test statistic is outside", "ignore:kpss currently returns:FutureWarning")
def test_hadri_is_the_mean_of_kpss(walks, trend, bandwidth):
    options = {"test": "hadri", "trend": trend, "bandwidth": bandwidth, "differences": (0,)}
    tested = sr.unit_root(walks, convention="plm", **options)
    by_df = sr.unit_root(walks, **options).units["statistic"]
    left = 29 if trend == "constant" else 28
    np.testing.assert_allclose(by_df, tested.units["statistic"] * left / 30, rtol=1e-9)
    theirs = [
        kpss(walks.loc[region].to_numpy(), regression=SHORT[trend], nlags=bandwidth)[0]
        for region in tested.units["region"]
    ]
    np.testing.assert_allclose(tested.units["statistic"], theirs, rtol=1e-9)
    mean, variance = (1 / 6, 1 / 45) if trend == "constant" else (1 / 15, 11 / 6300)
    z = np.sqrt(7) * (np.mean(theirs) - mean) / np.sqrt(variance)
    assert tested.table()["statistic"][0] == pytest.approx(z)
    assert tested.table()["p"][0] == pytest.approx(stats.norm.sf(z))


# Grunfeld's investment, one lag, a constant: plm 2.6-2 (LLC 2.015, IPS 2.327), gretl (IPS 2.550), the convention of
# Stata (LLC 2.205, IPS 2.620).
@pytest.mark.parametrize(("convention", "llc", "ips"), [
    ("plm", 2.015, 2.327), ("paper", None, 2.550), ("stata", 2.205, 2.620),
])  # fmt: skip
def test_each_convention_has_its_number(grunfeld, convention, llc, ips):
    found = by_test(sr.unit_root(grunfeld, "invest", lags=1, convention=convention))
    assert llc is None or found[("invest", 0, "llc")] == pytest.approx(llc, abs=5e-4)
    assert found[("invest", 0, "ips")] == pytest.approx(ips, abs=5e-4)


def test_rows_labels_and_units_do_not_matter(grunfeld):
    expected = by_test(sr.unit_root(grunfeld, ["invest", "value"], lags="aic"))
    shuffled = grunfeld.sample(frac=1, random_state=3).rename(index=lambda name: f"x{name}", level=0)
    np.testing.assert_allclose(by_test(sr.unit_root(shuffled, ["invest", "value"], lags="aic")), expected, rtol=1e-9)
    moved = grunfeld * 1e-6 + 1e4
    np.testing.assert_allclose(by_test(sr.unit_root(moved, ["invest", "value"], lags="aic")), expected, rtol=1e-5)
    scaled = grunfeld * 1e9
    found = sr.unit_root(scaled, "invest", trend="none")
    np.testing.assert_allclose(by_test(found), by_test(sr.unit_root(grunfeld, "invest", trend="none")), rtol=1e-9)
    assert set(found.table()["test"]) == {"llc", "fisher_adf", "fisher_pp"}


@pytest.mark.parametrize("unit", [1e200, 1e-200])
def test_extreme_units(walks, unit):
    expected = by_test(sr.unit_root(walks, lags=np.int64(1)))
    np.testing.assert_allclose(by_test(sr.unit_root(walks * unit, lags=1)), expected, rtol=1e-9)


def test_lags_may_be_any_whole_number(walks):
    with pytest.raises(InputError, match="with 12 lags needs"):
        sr.unit_root(walks, lags=np.int64(12))


def test_the_caller_keeps_the_table(grunfeld):
    before = grunfeld.copy()
    sr.unit_root(grunfeld, "invest", demean=True)
    pd.testing.assert_frame_equal(grunfeld, before)


def test_differences_are_tests_of_differences(walks):
    changes = walks.diff(axis=1).iloc[:, 1:]
    both = by_test(sr.unit_root(walks, lags=1))
    alone = by_test(sr.unit_root(changes, lags=1, differences=(0,)))
    np.testing.assert_allclose(both.xs(1, level="difference"), alone.xs(0, level="difference"), rtol=1e-8)


def test_demean_takes_out_what_is_common(walks):
    common = generator(2, "common").normal(size=30).cumsum() * 50
    plain = by_test(sr.unit_root(walks, demean=True, lags=1))
    shocked = by_test(sr.unit_root(walks + common, demean=True, lags=1))
    np.testing.assert_allclose(shocked, plain, rtol=1e-7)
    by_hand = by_test(sr.unit_root(walks - walks.mean(), lags=1))
    np.testing.assert_allclose(plain, by_hand, rtol=1e-7)


def test_a_study_a_series_and_a_table_give_the_same(walks):
    cells = gpd.GeoDataFrame(
        geometry=[shapely.box(i, 0, i + 1, 1) for i in range(7)], index=pd.Index(list("abcdefg")), crs=3857
    )
    long = walks.stack().rename("x").rename_axis(["region", "time"])  # noqa: PD013
    study = sr.make_study(cells, long.to_frame())
    expected = by_test(sr.unit_root(walks, lags=1)).to_numpy()
    for found in (sr.unit_root(study, "x", lags=1), sr.unit_root(long, lags=1), sr.unit_root(study, lags=1)):
        np.testing.assert_allclose(by_test(found), expected)
        assert found.units["region"].iloc[0] == "a"


def test_series_of_unequal_length(walks):
    ragged = walks.astype(float).copy()
    ragged.loc["a", :1999] = np.nan
    ragged.loc["b", 2015:] = np.nan
    with pytest.raises(MissingValuesError, match="missing in 15 of 210"):
        sr.unit_root(ragged)
    tested = sr.unit_root(ragged, test=["ips", "fisher_adf", "fisher_pp"], lags=1, missing="drop", differences=(0,))
    units = tested.units[tested.units["test"] == "ips"].set_index("region")
    assert units.loc[["a", "b", "c"], "rows"].tolist() == [19, 22, 28]
    alone = plain_adf(walks.loc["a", 2000:].to_numpy(), 1, "constant", by_df=True)[0]
    assert units.loc["a", "statistic"] == pytest.approx(alone)
    with pytest.raises(InputError, match=r"Levin-Lin-Chu needs a balanced panel.*a, b"):
        sr.unit_root(ragged, missing="drop")
    ragged.loc["c", 2005] = np.nan
    with pytest.raises(MissingValuesError, match=r"gaps within the series.*c\. A lag needs"):
        sr.unit_root(ragged, test="ips", missing="drop")


def test_what_a_study_prints(walks):
    stationary = pd.DataFrame(generator(3).normal(size=(7, 30)), index=walks.index, columns=walks.columns)
    tested = sr.unit_root(walks, test=["ips", "hadri"], lags=0)
    wide = tested.side_by_side()
    assert list(wide.columns) == [
        "level statistic", "level p", "first difference statistic", "first difference p", "order",
    ]  # fmt: skip
    assert wide["order"].tolist() == ["I(1)", "I(1)"]
    assert sr.unit_root(stationary, test=["ips", "hadri"], lags=0).side_by_side()["order"].tolist() == ["I(0)", "I(0)"]
    text = tested.summary()
    assert "unit roots are not rejected" in text
    assert "a unit root in some regions at least: stationarity is rejected" in text
    assert "Note: hadri: residuals are taken to be uncorrelated" in text
    row = tested.table().iloc[0]
    assert (row["null"], row["lags_most"], row["times"]) == ("every region has a unit root", 0, 30)
    assert tested.spec.options["convention"] == "paper"


def test_six_times_support_no_test():
    short = pd.DataFrame(generator(4).normal(size=(12, 6)).cumsum(axis=1))
    with pytest.raises(
        InputError, match=r"'value' has 6 times in 12 of 12 regions.*6 times support no panel unit root"
    ):
        sr.unit_root(short)
    with pytest.raises(InputError, match=r"Hadri with 0 lags needs 10"):
        sr.unit_root(short, test="hadri")


def test_lags_ask_for_times(walks):
    short = walks.iloc[:, :14]
    with pytest.raises(InputError, match=r"with 3 lags needs 15.*or fewer lags"):
        sr.unit_root(short, lags=3)
    assert len(sr.unit_root(short, lags="sic").table()) == 10
    eleven = walks.iloc[:, :11]
    with pytest.raises(
        InputError, match=r"differences of order 1 has 10 times.*needs 11, so 12 of the variable itself"
    ):
        sr.unit_root(eleven, test="ips", lags=0)
    assert sr.unit_root(eleven, test="ips", lags=0, differences=(0,)).table()["times"].tolist() == [11]


def test_unequal_steps_are_noted(walks):
    uneven = walks.iloc[:, [*range(20), 25, 29]]
    assert any("not equally spaced (steps of 1 to 6)" in note for note in sr.unit_root(uneven, lags=0).notes)


def test_refusals(walks):
    flat = walks.copy()
    flat.loc["b"] = 3.0
    with pytest.raises(ConstantVariableError, match=r"does not change in 1 of 7 regions: b"):
        sr.unit_root(flat)
    line = walks.copy()
    line.loc["c"] = np.arange(30.0)
    with pytest.raises((IdentificationError, ConstantVariableError), match=r"in 1 of 7 regions: c"):
        sr.unit_root(line, test="ips", trend="trend")
    with pytest.raises(OptionError, match="test='ips' is not defined without a constant"):
        sr.unit_root(walks, test="ips", trend="none")
    with pytest.raises(OptionError, match="trend='ct' is not offered"):
        sr.unit_root(walks, trend="ct")
    with pytest.raises(OptionError, match=r"lags='bic' is not offered"):
        sr.unit_root(walks, lags="bic")
    with pytest.raises(OptionError, match="convention='eviews' is not offered"):
        sr.unit_root(walks, convention="eviews")
    with pytest.raises(DuplicateError, match="each once"):
        sr.unit_root(walks, test=["ips", "ips"])
    with pytest.raises(InputError, match="differences must be some of 0, 1 and 2"):
        sr.unit_root(walks, differences=(3,))
    with pytest.raises(InputError, match="holds one variable; found the names x, y"):
        sr.unit_root(walks, ["x", "y"])
    with pytest.raises(InputError, match="study must be a Study.*found list"):
        sr.unit_root([1.0, 2.0])
    with pytest.raises(InputError, match="at least 2 regions; found 1"):
        sr.unit_root(walks.iloc[:1])
    long = walks.stack().rename("x").rename_axis(["region", "time"]).to_frame()  # noqa: PD013
    with pytest.raises(UnknownNameError, match="no variable 'y'"):
        sr.unit_root(long, "y")
    with pytest.raises(InputError, match="say which variable"):
        sr.unit_root(long.assign(y=1.0))
    with pytest.raises(InputError, match="index it by"):
        sr.unit_root(long.reset_index(), "x")
