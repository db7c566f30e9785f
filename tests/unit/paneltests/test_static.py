"""Panel regressions against dummy variables, simulation and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IVGMM
from scipy import stats
from statsmodels.regression.linear_model import OLS

import spatial_region as sr
from spatial_region.errors import (
    ConstantVariableError,
    IdentificationError,
    InputError,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)
from spatial_region.paneltests._rank import rank_statistic
from spatial_region.paneltests._static_tests import serial_correlation
from spatial_region.paneltests._within import demean


def panel(regions=15, times=8, seed=0, related=0.0):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(regions)], range(2001, 2001 + times)])
    effect = np.repeat(rng.normal(size=regions), times)
    data = pd.DataFrame(rng.normal(size=(regions * times, 4)), index=index, columns=["a", "b", "z1", "z2"])
    data["a"] += related * effect + np.tile(rng.normal(size=times), regions)
    u = rng.normal(size=len(data))
    data["e"] = 0.6 * data["z1"] + 0.4 * data["z2"] + 0.7 * u + rng.normal(size=len(data))
    data["y"] = 1 + 2 * data["a"] - data["b"] + effect + u
    data["w"] = data["y"] + data["e"]
    data["fixed"] = np.repeat(rng.normal(size=regions), times)
    return data


def dummies(data, effects):
    region, time = (pd.get_dummies(data.index.get_level_values(i), dtype=float).set_axis(data.index) for i in (0, 1))
    return {
        "pooled": pd.DataFrame({"Intercept": 1.0}, index=data.index),
        "region": region,
        "time": time,
        "twoway": pd.concat([region, time.iloc[:, 1:]], axis=1),
    }[effects]


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
@pytest.mark.parametrize("holes", [0, 17])
def test_every_effect_is_a_dummy_variable(effects, holes):
    data = panel()
    data = data.drop(data.sample(holes, random_state=4).index)
    design = pd.concat([data[["a", "b"]], dummies(data, effects)], axis=1)
    fit = OLS(data["y"], design).fit()
    options = {"missing": "drop"} if holes else {}
    ours = sr.panel_regression("y ~ a + b", data, effects=effects, covariance="classical", **options)
    np.testing.assert_allclose(ours.params[["a", "b"]], fit.params[["a", "b"]], rtol=1e-9)
    np.testing.assert_allclose(ours.std_errors[["a", "b"]], fit.bse[["a", "b"]], rtol=1e-9)
    np.testing.assert_allclose(ours.pvalues[["a", "b"]], fit.pvalues[["a", "b"]], rtol=1e-6)
    np.testing.assert_allclose(ours.residuals, fit.resid.sort_index(), atol=1e-10)
    robust = OLS(data["y"], design).fit(cov_type="HC1")
    white = sr.panel_regression("y ~ a + b", data, effects=effects, covariance="robust", **options)
    np.testing.assert_allclose(white.std_errors[["a", "b"]], robust.bse[["a", "b"]], rtol=1e-8)
    for covariance, level in (("cluster_region", 0), ("cluster_time", 1)):
        codes = pd.factorize(data.index.get_level_values(level))[0]
        groups = len(set(codes))
        plain = OLS(data["y"], design).fit(cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False})
        nested = {"region": 15, "time": 8}[covariance.split("_")[1]] - 1
        lost = design.shape[1] - (nested if effects in ("twoway", covariance.split("_")[1]) else 0)
        factor = groups / (groups - 1) * (len(data) - 1) / (len(data) - lost)
        made = sr.panel_regression("y ~ a + b", data, effects=effects, covariance=covariance, **options)
        np.testing.assert_allclose(made.std_errors[["a", "b"]], plain.bse[["a", "b"]] * np.sqrt(factor), rtol=1e-8)
        assert made.df == groups - 1
    whole = OLS(data["y"], pd.concat([data[["a", "b"]], dummies(data, "twoway")], axis=1)).fit()
    part = OLS(data["y"], pd.concat([data[["a", "b"]], dummies(data, "pooled")], axis=1)).fit()
    f = whole.compare_f_test(part)
    row = ours.tests.loc["F, region and time effects"]
    assert [row["statistic"], row["p"]] == pytest.approx(f[:2], rel=1e-7)


@pytest.mark.parametrize("effects", ["pooled", "twoway"])
def test_two_stages_with_dummies(effects):
    data = panel()
    inside = dummies(data, effects)
    x = np.column_stack([data[["b", "e"]], inside])
    z = np.column_stack([data[["b", "z1", "z2"]], inside])
    projected = z @ np.linalg.lstsq(z, x, rcond=None)[0]
    beta = np.linalg.solve(projected.T @ x, projected.T @ data["y"])
    residuals = data["y"] - x @ beta
    df = len(data) - np.linalg.matrix_rank(x)
    spread = np.linalg.inv(projected.T @ projected) * (residuals @ residuals) / df
    options = {"endogenous": ["e"], "instruments": ["z1", "z2"], "effects": effects}
    ours = sr.panel_regression("y ~ e + b", data, covariance="classical", **options)
    assert ours.params[["b", "e"]].tolist() == pytest.approx(beta[:2], rel=1e-9)
    assert ours.std_errors[["b", "e"]].tolist() == pytest.approx(np.sqrt(np.diag(spread)[:2]), rel=1e-9)
    left = residuals - z @ np.linalg.lstsq(z, residuals, rcond=None)[0]
    sargan = len(data) * (1 - float(left @ left) / float(residuals @ residuals))
    assert ours.tests.loc["Sargan", "statistic"] == pytest.approx(sargan, rel=1e-7)
    # One endogenous regressor: both are the F test of the instruments in the first stage.
    first = OLS(data["e"], z).fit()
    f = first.f_test(np.eye(z.shape[1])[1:3])
    assert ours.first_stage.loc["e", "F"] == pytest.approx(float(f.fvalue), rel=1e-8)
    assert ours.tests.loc["Cragg-Donald F", "statistic"] == pytest.approx(float(f.fvalue), rel=1e-8)
    added = OLS(data["y"], np.column_stack([x, first.resid])).fit()
    assert ours.tests.loc["Wu-Hausman", "statistic"] == pytest.approx(float(added.tvalues.iloc[-1]) ** 2, rel=1e-7)
    assert ours.tests.loc["Wu-Hausman", "p"] == pytest.approx(float(added.pvalues.iloc[-1]), rel=1e-6)


@pytest.mark.parametrize("covariance", ["robust", "cluster_region"])
def test_hansen_is_that_of_linearmodels(covariance):
    data = panel()
    options = {"endogenous": ["e"], "instruments": ["z1", "z2"], "effects": "pooled"}
    ours = sr.panel_regression("y ~ e + b", data, covariance=covariance, **options).tests.loc["Hansen J"]
    clusters = pd.factorize(data.index.get_level_values(0))[0]
    weights = (
        {"weight_type": "robust"} if covariance == "robust" else {"weight_type": "clustered", "clusters": clusters}
    )
    exogenous = data[["b"]].assign(one=1.0)
    theirs = IVGMM(data["y"], exogenous, data[["e"]], data[["z1", "z2"]], **weights).fit(iter_limit=2).j_stat
    assert ours["statistic"] == pytest.approx(theirs.stat, rel=1e-7)
    assert ours["p"] == pytest.approx(theirs.pval, rel=1e-6)
    assert ours["df1"] == 1
    assert "Hansen J" not in sr.panel_regression("y ~ e + b", data, covariance="classical", **options).tests.index


@pytest.mark.parametrize("clustered", [False, True])
def test_rank_of_one_endogenous_regressor_is_a_score_test(clustered):
    data = panel()
    x = demean(data[["e"]].to_numpy(), pd.factorize(data.index.get_level_values(0))[0])
    z = demean(data[["z1", "z2"]].to_numpy(), pd.factorize(data.index.get_level_values(0))[0])
    groups = pd.factorize(data.index.get_level_values(0))[0] if clustered else None
    for wald in (False, True):
        slope = np.linalg.lstsq(z, x, rcond=None)[0]
        v = x - z @ slope if wald else x
        scores = z * v
        if clustered:
            scores = np.array([scores[groups == g].sum(axis=0) for g in range(15)])
        g = (z.T @ x)[:, 0]
        expected = g @ np.linalg.solve(scores.T @ scores, g)
        assert rank_statistic(x, z, wald=wald, groups=groups) == pytest.approx(expected, rel=1e-9)


def test_rank_of_two_endogenous_regressors():
    """Neither a change of units nor of basis moves the statistic; and its null distribution is chi2(q - k + 1)."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(300):
        z = rng.normal(size=(400, 3))
        strong = z @ [1.0, 0.5, 0.2] + rng.normal(size=400)
        weak = 2 * (z @ [1.0, 0.5, 0.2]) + (1 + z[:, 0] ** 2) * rng.normal(size=400)
        x = np.column_stack([strong, weak])
        found.append(rank_statistic(x, z, wald=False, groups=None))
    moved = rank_statistic(
        x * [1e5, 1e-3], z @ np.array([[2.0, 1, 0], [0, 3, 0], [1, 0, 0.1]]), wald=False, groups=None
    )
    assert moved == pytest.approx(found[-1], rel=1e-6)
    assert np.mean(np.array(found) > stats.chi2.ppf(0.95, 2)) == pytest.approx(0.05, abs=0.035)
    assert np.mean(found) == pytest.approx(2, abs=0.35)


def test_hausman_tells_related_effects():
    free = [sr.panel_regression("y ~ a + b", panel(seed=s), effects="random").tests for s in range(12)]
    related = sr.panel_regression("y ~ a + b", panel(regions=60, related=1.0), effects="random").tests
    key = "Hausman, auxiliary, cluster-robust"
    assert related.loc["Hausman, auxiliary", "p"] < 0.001
    assert related.loc[key, "p"] < 0.001
    assert related.loc[key, "says"] == "fixed effects rather than random"
    assert np.mean([t.loc["Hausman, auxiliary", "p"] < 0.05 for t in free]) < 0.3


def test_constant_regressors_stay_with_random_effects():
    fit = sr.panel_regression("y ~ a + fixed", panel(), effects="random")
    assert fit.tests.loc["Hausman, auxiliary", "df1"] == 1
    with pytest.raises(IdentificationError, match="fixed: effects='region' leave nothing"):
        sr.panel_regression("y ~ a + fixed", panel())


@pytest.mark.parametrize("effects", ["pooled", "region", "random"])
@pytest.mark.parametrize("extra", ["national", "C(year)", "year", "C(kind)", "mix", "fixed"])
def test_regressors_that_some_test_cannot_tell_apart(effects, extra):
    """What is the same everywhere, or always, leaves the tests of the other regressors as they are."""
    data = panel().assign(
        year=lambda d: d.index.get_level_values(1),
        national=np.tile(np.random.default_rng(0).normal(size=8), 15),
        kind=np.repeat(np.array(list("uvw"))[np.arange(15) % 3], 8),
    )
    data["mix"] = data["fixed"] + data["national"]
    if effects == "region" and extra in ("C(kind)", "fixed"):
        with pytest.raises(IdentificationError, match="leave nothing"):
            sr.panel_regression(f"y ~ a + {extra}", data, effects=effects)
        return
    tests = sr.panel_regression(f"y ~ a + {extra}", data, effects=effects).tests
    one = extra in ("national", "C(year)", "year", "C(kind)", "fixed")
    assert tests.loc["Hausman, auxiliary", "df1"] == (1 if one else 2)
    region = dummies(data, "region")
    x = data[["a"]] if extra in ("C(kind)", "fixed") else None
    if x is not None:
        added = data[["fixed"]] if extra == "fixed" else pd.get_dummies(data["kind"], dtype=float).iloc[:, 1:]
        whole = OLS(data["y"], pd.concat([x, region], axis=1)).fit()
        part = OLS(data["y"], pd.concat([x, added], axis=1).assign(one=1.0)).fit()
        f = whole.compare_f_test(part)
        assert tests.loc["F, region effects", ["statistic", "p", "df1"]].tolist() == pytest.approx(f, rel=1e-7)


def test_a_regressor_that_is_the_same_everywhere_alone():
    data = panel().assign(national=np.tile(np.arange(8.0) ** 2, 15))
    assert "Hausman" not in sr.panel_regression("y ~ national", data, effects="random").tests.index
    assert "Hausman" not in sr.panel_regression("y ~ fixed", data, effects="random").tests.index
    assert len(sr.panel_regression("y ~ 0 + a + C(kind)", data.assign(kind="u"), effects="pooled").params) == 2


def test_wooldridge_under_its_null():
    """White noise in levels, of which differences are correlated by -0.5; and a random walk."""

    def p(data):
        region, time = (pd.factorize(data.index.get_level_values(i))[0] for i in (0, 1))
        return serial_correlation(data["y"].to_numpy(), data[["a"]].to_numpy(), region, time).p

    assert 0.01 < np.mean([p(panel(regions=40, times=6, seed=s)) < 0.05 for s in range(200)]) < 0.12
    few = [p(panel(regions=10, times=8, seed=s)) < 0.05 for s in range(400)]
    assert np.mean(few) < 0.1  # 0.12 when neither the variance nor the F knows that there are ten clusters
    walk = np.random.default_rng(0).normal(size=(40, 6)).cumsum(axis=1).ravel()
    assert p(panel(regions=40, times=6).assign(y=lambda d: d["y"] + 3 * walk)) < 1e-4


def test_units_order_and_study(panel_study):
    data = panel()
    one = sr.panel_regression("y ~ a + b", data, effects="twoway")
    two = sr.panel_regression(
        "y ~ a + b", data.sample(frac=1, random_state=3).assign(a=lambda d: 1e6 * d["a"] + 5), effects="twoway"
    )
    assert two.params["a"] * 1e6 == pytest.approx(one.params["a"], rel=1e-8)
    np.testing.assert_allclose(one.tests["p"], two.tests["p"], rtol=1e-5, atol=1e-14)
    fit = sr.panel_regression("y ~ x", panel_study, effects="twoway")
    assert fit.nobs == 192
    assert fit.residuals.index.names == ["region", "time"]
    assert "Panel regression: y ~ x" in fit.summary()
    assert fit.table(level=0.9).loc["x", "low"] > fit.table(level=0.99).loc["x", "low"]
    y = fit.absorbed + fit.residuals + fit.params["x"] * panel_study.data["x"]
    np.testing.assert_allclose(y, panel_study.data["y"])


def test_expressions():
    data = panel().assign(place=lambda d: np.where(d["a"] > 0, "up", "down"))
    fit = sr.panel_regression("log(exp(y)) ~ a + I(a ** 2) + a:b + C(place)", data, effects="pooled")
    assert len(fit.params) == 5
    made = sr.panel_regression("y ~ a + e", data, endogenous=["e"], instruments=["z1", "I(z1 ** 2)"])
    assert made.tests.loc["Sargan", "df1"] == 1


def test_refusals():
    data = panel()
    with pytest.raises(OptionError, match="go together"):
        sr.panel_regression("y ~ a", data, endogenous=["a"])
    with pytest.raises(UnknownNameError, match="not a regressor"):
        sr.panel_regression("y ~ a", data, endogenous=["b"], instruments=["z1"])
    with pytest.raises(OptionError, match="outside the formula"):
        sr.panel_regression("y ~ a + b", data, endogenous=["a"], instruments=["b"])
    with pytest.raises(IdentificationError, match="need at least 2 instruments"):
        sr.panel_regression("y ~ a + b", data, endogenous=["a", "b"], instruments=["z1"])
    with pytest.raises(IdentificationError, match="fixed"):
        sr.panel_regression("y ~ a", data, endogenous=["a"], instruments=["z1", "fixed"])
    with pytest.raises(OptionError, match="fixed or no effects"):
        sr.panel_regression("y ~ a", data, effects="random", endogenous=["a"], instruments=["z1"])
    with pytest.raises(OptionError, match="effects="):
        sr.panel_regression("y ~ a", data, effects="both")
    with pytest.raises(OptionError, match="lags= is for"):
        sr.panel_regression("y ~ a", data, lags=2)
    with pytest.raises(InputError, match="less than the 8 times"):
        sr.panel_regression("y ~ a", data, covariance="driscoll_kraay", lags=8)
    with pytest.raises(IdentificationError, match="double: a combination"):
        sr.panel_regression("y ~ a + double", data.assign(double=2 * data["a"]))
    with pytest.raises(ConstantVariableError):
        sr.panel_regression("still ~ a", data.assign(still=1.0))
    with pytest.raises(MissingValuesError, match="r03 2004"):
        sr.panel_regression("y ~ a", data.drop([("r03", 2004)]))
    with pytest.raises(InputError, match="not finite"):
        sr.panel_regression("log(a) ~ b", data)
    with pytest.raises(UnknownNameError, match="no variable 'q'"):
        sr.panel_regression("y ~ q", data)
    with pytest.raises(InputError, match="one '~'"):
        sr.panel_regression("y", data)
    with pytest.raises(InputError, match="no regressor"):
        sr.panel_regression("y ~ 1", data)
    with pytest.raises(InputError, match="is not allowed in a formula"):
        sr.panel_regression("y ~ I(a.values)", data)
    with pytest.raises(InputError, match="two regions and two times"):
        sr.panel_regression("y ~ a", data.xs(2001, level=1, drop_level=False))
    with pytest.raises(IdentificationError, match="cannot identify"):
        sr.panel_regression("y ~ a + b", data.loc[["r00", "r01"]].groupby(level=0).head(2))
    with pytest.raises(IdentificationError, match="3 regions are too few for 3"):
        sr.panel_regression("y ~ a + b", data.loc[["r00", "r01", "r02"]], effects="random")
