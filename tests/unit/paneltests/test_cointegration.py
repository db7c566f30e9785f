"""Pedroni's and Kao's tests: against plain loops, statsmodels and simulation; and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.tsa.stattools import adfuller

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
from spatial_region.paneltests._kao import kao
from spatial_region.paneltests._pedroni import moments, pedroni

TREND_COLUMNS = {"none": 0, "constant": 1, "trend": 2}


def make(n, times, k=1, *, seed=1, cointegrated=False):
    rng = generator(seed, "cointegration")
    x = rng.normal(size=(n, times, k)).cumsum(axis=1)
    noise = rng.normal(size=(n, times))
    y = x.sum(axis=2) + noise if cointegrated else noise.cumsum(axis=1)
    return y, x


def tabled(y, x):
    n, times, k = x.shape
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(n)], range(2000, 2000 + times)])
    columns = {"y": y.ravel(), **{f"x{j + 1}": x[:, :, j].ravel() for j in range(k)}}
    return pd.DataFrame(columns, index=index.set_names(["region", "time"]))


def one_sided(u, bandwidth):
    total = 0.0
    for lag in range(1, bandwidth + 1):
        total += (1 - lag / (bandwidth + 1)) * sum(u[t] * u[t - lag] for t in range(lag, len(u)))
    return total / len(u)


def plain_pedroni(y, x, trend, lags, bandwidth):
    """The seven statistics before standardising, region by region."""
    n, times, _ = x.shape
    parts = []
    for own, regressors in zip(y, x, strict=True):
        terms = np.column_stack([np.ones(times), np.arange(times)])[:, : TREND_COLUMNS[trend]]
        e = sm.OLS(own, np.column_stack([terms, regressors])).fit().resid
        changes = sm.OLS(np.diff(own), np.diff(regressors, axis=0)).fit().resid
        long_run = (changes**2).mean() + 2 * one_sided(changes, bandwidth)
        u = sm.OLS(e[1:], e[:-1]).fit().resid
        half = one_sided(u, bandwidth)
        de = np.diff(e)
        design = np.column_stack([e[lags:-1]] + [de[lags - k : len(de) - k] for k in range(1, lags + 1)])
        augmented = sm.OLS(de[lags:], design).fit()
        s_star = (augmented.resid**2).mean()
        level = sm.OLS(design[:, 0], design[:, 1:]).fit().resid if lags else design[:, 0]
        parts.append(
            {
                "w": 1 / long_run,
                "squares": e[:-1] @ e[:-1],
                "product": e[:-1] @ de - len(de) * half,
                "sigma2": (u**2).mean() + 2 * half,
                "s_star": s_star,
                "level": level @ level,
                "cross": level @ de[lags:],
            }
        )
    p = pd.DataFrame(parts)
    whole, above = (p["w"] * p["squares"]).sum(), (p["w"] * p["product"]).sum()
    return np.array(
        [
            times**2 * n**1.5 / whole,
            times * n**0.5 * above / whole,
            above / np.sqrt((p["w"] * p["sigma2"]).mean() * whole),
            (p["w"] * p["cross"]).sum() / np.sqrt((p["w"] * p["s_star"]).mean() * (p["w"] * p["level"]).sum()),
            times * n**-0.5 * (p["product"] / p["squares"]).sum(),
            n**-0.5 * (p["product"] / np.sqrt(p["sigma2"] * p["squares"])).sum(),
            n**-0.5 * (p["cross"] / np.sqrt(p["s_star"] * p["level"])).sum(),
        ]
    )


@pytest.mark.parametrize("trend", ["none", "constant", "trend"])
@pytest.mark.parametrize(("k", "lags", "bandwidth"), [(1, 1, 3), (3, 2, 5), (2, 0, 1)])
def test_pedroni_is_the_plain_computation(trend, k, lags, bandwidth):
    y, x = make(6, 30, k)
    found = pedroni(y, x, trend, lags=lags, bandwidth=bandwidth)
    plain = plain_pedroni(y, x, trend, lags, bandwidth)
    np.testing.assert_allclose(found.raw, plain, rtol=1e-8)
    mean, variance = moments(k, trend)
    np.testing.assert_allclose(found.standardised, (plain - mean * np.sqrt(6)) / np.sqrt(variance), rtol=1e-7)


@pytest.mark.filterwarnings("ignore:adfuller currently returns:FutureWarning")
def test_group_adf_is_the_mean_of_ratios_of_regions():
    y, x = make(5, 40)
    found = pedroni(y, x, "constant", lags=1, bandwidth=3)
    for place in range(5):
        theirs = adfuller(found.residuals[place], maxlag=1, regression="n", autolag=None)[0]
        # statsmodels divides by degrees of freedom, Pedroni by the rows.
        assert found.tau[place] == pytest.approx(theirs * np.sqrt(38 / 36), rel=1e-9)
    assert found.raw[6] == pytest.approx(found.tau.mean() * np.sqrt(5))


def plain_kao(y, x, lags, bandwidth):
    n, times, k = x.shape
    regions = np.kron(np.eye(n), np.ones((times, 1)))
    e = sm.OLS(y.ravel(), np.column_stack([x.reshape(-1, k), regions])).fit().resid.reshape(n, times)
    rho = (e[:, 1:] * e[:, :-1]).sum() / (e[:, :-1] ** 2).sum()
    rest = e[:, 1:] - rho * e[:, :-1]
    t = (rho - 1) * np.sqrt((e[:, :-1] ** 2).sum() * n * times / (rest**2).sum())
    design, target = [], []
    for row in e:
        de = np.diff(row)
        for s in range(lags, len(de)):
            design.append([row[s], *(de[s - j] for j in range(1, lags + 1))])
            target.append(de[s])
    fit = sm.OLS(np.array(target), np.array(design)).fit()
    t_adf = fit.tvalues[0] * np.sqrt(fit.df_resid and len(target) / fit.df_resid)
    both = np.concatenate([np.diff(y, axis=1)[:, :, None], np.diff(x, axis=1)], axis=2)
    short = sum(row.T @ row for row in both)
    long_run = short.copy()
    for lag in range(1, bandwidth + 1):
        for row in both:
            cross = row[lag:].T @ row[:-lag]
            long_run = long_run + (1 - lag / (bandwidth + 1)) * (cross + cross.T)
    # The conditional variance is the inverse of the first element of the inverse.
    v, w = (1 / np.linalg.inv(m / (n * times))[0, 0] for m in (short, long_run))
    drift, root = np.sqrt(n) * times * (rho - 1), np.sqrt(v / w)
    spread = np.sqrt(w / (2 * v) + 3 * v / (10 * w))
    return np.array(
        [
            (drift + 3 * np.sqrt(n)) / np.sqrt(10.2),
            np.sqrt(1.25) * t + np.sqrt(1.875 * n),
            (drift + 3 * np.sqrt(n) * v / w) / np.sqrt(3 + 36 * v**2 / (5 * w**2)),
            (t + np.sqrt(6 * n) * root / 2) / spread,
            (t_adf + np.sqrt(6 * n) * root / 2) / spread,
        ]
    )


@pytest.mark.parametrize(("k", "lags", "bandwidth"), [(1, 1, 3), (3, 2, 5), (2, 0, 1)])
def test_kao_is_the_plain_computation(k, lags, bandwidth):
    y, x = make(6, 30, k)
    found = kao(y, x, lags=lags, bandwidth=bandwidth)
    np.testing.assert_allclose(found.statistics, plain_kao(y, x, lags, bandwidth), rtol=1e-8)


@pytest.mark.parametrize("trend", ["none", "constant", "trend"])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_moments_belong_to_the_number_of_regressors(k, trend):
    """Without cointegration the standardised statistics have mean 0 and variance 1, as N and T grow.

    The line of one regressor more or less would be off by more than 1 standard deviation in panel rho.
    """
    draws = [pedroni(*make(20, 200, k, seed=s), trend, lags=0, bandwidth=0).standardised for s in range(60)]
    assert np.abs(np.mean(draws, axis=0)).max() < 1
    assert np.abs(np.std(draws, axis=0) - 1).max() < 0.4
    for other in {k - 1, k + 1} - {0}:
        raw = np.mean([pedroni(*make(20, 200, k, seed=s), trend, lags=0, bandwidth=0).raw for s in range(10)], axis=0)
        mean, variance = moments(other, trend)
        assert np.abs((raw - mean * np.sqrt(20)) / np.sqrt(variance))[1] > 1


def test_moments_of_kao():
    draws = [kao(*make(20, 200, seed=seed), lags=0, bandwidth=0).statistics for seed in range(250)]
    assert np.abs(np.mean(draws, axis=0)).max() < 0.45
    assert np.abs(np.std(draws, axis=0) - 1).max() < 0.3


def test_power_where_variables_are_cointegrated():
    table = sr.cointegration(tabled(*make(10, 50, cointegrated=True)), "y ~ x1").table()
    assert (table["p"] < 0.01).all()
    assert (table["verdict"] == "cointegrated: the null is rejected").all()
    assert sr.cointegration(tabled(*make(10, 50)), "y ~ x1").table()["p"].min() > 0.01


def test_units_rows_and_labels_do_not_matter():
    panel = tabled(*make(8, 25, 2, cointegrated=True))
    expected = sr.cointegration(panel, "y ~ x1 + x2").table()["statistic"]
    other = panel.assign(y=panel["y"] * 1e6 + 3e6, x1=panel["x1"] * 1e-5 - 2, x2=-panel["x2"])
    other = other.sample(frac=1, random_state=2).rename(index=lambda name: f"z{name}", level=0)
    found = sr.cointegration(other, "y ~ x2 + x1").table()["statistic"]
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@pytest.mark.parametrize("unit", [1e160, 1e-160])
def test_extreme_units(unit):
    panel = tabled(*make(6, 25))
    expected = sr.cointegration(panel, "y ~ x1")
    found = sr.cointegration(panel * unit, "y ~ x1")
    np.testing.assert_allclose(found.table()["statistic"], expected.table()["statistic"], rtol=1e-8)
    np.testing.assert_allclose(found.units["long_run_deviation"], expected.units["long_run_deviation"] * unit)


def test_the_table_and_the_summary():
    result = sr.cointegration(tabled(*make(6, 25, cointegrated=True)), "y ~ x1")
    table = result.table()
    assert table["name"].tolist()[:7] == [
        "panel v", "panel rho", "panel PP", "panel ADF", "group rho", "group PP", "group ADF",
    ]  # fmt: skip
    assert table.loc[table["rejects"] == "large", "name"].tolist() == ["panel v"]
    np.testing.assert_allclose(table["p"][0], stats.norm.sf(table["statistic"][0]))
    np.testing.assert_allclose(table["p"][1:], stats.norm.cdf(table["statistic"][1:]))
    assert set(table["bandwidth"]) == {round(4 * 0.25 ** (2 / 9))}
    assert result.units.index.tolist() == [f"r{i:02d}" for i in range(6)]
    text = result.summary()
    assert "H0, no cointegration in any region" in text
    assert "Pedroni: 7 of 7 statistics reject" in text
    assert "with 25 times they are rough" in text
    assert sr.cointegration(tabled(*make(6, 25)), "y ~ x1", trend="trend").table()["test"].unique() == ["pedroni"]


def test_refusals():
    panel = tabled(*make(6, 25, 2))
    with pytest.raises(OptionError, match='Kao\'s moments are for trend="constant"'):
        sr.cointegration(panel, "y ~ x1", test="kao", trend="trend")
    with pytest.raises(OptionError, match="test='westerlund' is not offered"):
        sr.cointegration(panel, "y ~ x1", test="westerlund")
    with pytest.raises(DuplicateError, match="each once"):
        sr.cointegration(panel, "y ~ x1", test=["kao", "kao"])
    with pytest.raises(UnknownNameError, match="x3"):
        sr.cointegration(panel, "y ~ x3")
    with pytest.raises(IdentificationError, match=r"combinations of each other.* in 6 of 6 regions: r00"):
        sr.cointegration(panel.assign(x2=panel["x1"] * 3), "y ~ x1 + x2")
    with pytest.raises(IdentificationError, match=r"in 1 of 6 regions: r03"):
        flat = panel.copy()
        flat.loc["r03", "x1"] = 4.0
        sr.cointegration(flat, "y ~ x1", test="pedroni")
    with pytest.raises(IdentificationError, match="without residual"):
        sr.cointegration(panel.assign(y=panel["x1"] * 2), "y ~ x1")
    with pytest.raises(InputError, match=r"has 6 times; with 1 regressor and 1 lag a test .* at least 12"):
        sr.cointegration(panel[panel.index.get_level_values("time") < 2006], "y ~ x1")
    with pytest.raises(MissingValuesError, match="r02 2003"):
        sr.cointegration(panel.drop(index=[("r02", 2003)]), "y ~ x1")
    with pytest.raises(ConstantVariableError, match="does not vary"):
        sr.cointegration(panel.assign(y=1.0), "y ~ x1")
    with pytest.raises(InputError, match="at least 2 regions; found 1"):
        sr.cointegration(panel.loc[["r00"]], "y ~ x1")
    with pytest.raises(InputError, match="at most 7 regressors"):
        many = tabled(*make(4, 60, 8))
        sr.cointegration(many, "y ~ " + " + ".join(f"x{j}" for j in range(1, 9)), test="pedroni")
