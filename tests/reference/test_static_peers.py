"""Static and instrumented panel regressions against R: plm 2.6.2, AER 1.2.10, fixest 0.14.2."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.paneltests._static_tests import serial_correlation

PANELS = {
    "Grunfeld": ("inv ~ value + capital", ["firm", "year"]),
    "Gasoline": ("lgaspcar ~ lincomep + lrpmg + lcarpcap", ["country", "year"]),
}
KEYS = {"(Intercept)": "Intercept", "fit_lprbarr": "lprbarr", "fit_lpolpc": "lpolpc"}
CRIME = (
    "lcrmrte ~ lprbarr + lpolpc + lprbconv + lprbpris + lavgsen + ldensity + lwcon + lwtuc + lwtrd + lwfir + lwser"
    " + lwmfg + lwfed + lwsta + lwloc + lpctymle"
)


def agree(fit, theirs, rel=1e-9):
    for name, value in theirs["coef"].items():
        assert fit.params[KEYS.get(name, name)] == pytest.approx(value, rel=rel), name
    for name, value in theirs["se"].items():
        assert fit.std_errors[KEYS.get(name, name)] == pytest.approx(value, rel=rel), name


@pytest.fixture
def expected(shared_reference):
    return json.loads((shared_reference / "methods" / "panel_static_iv_R.json").read_text())["results"]


@pytest.fixture
def data(shared_reference):
    return lambda name, keys: pd.read_csv(shared_reference / "methods" / "data" / f"{name}.csv").set_index(keys)


@pytest.mark.parametrize("name", list(PANELS))
def test_estimates(expected, data, name):
    formula, keys = PANELS[name]
    theirs, table = expected[name], data(name, keys)
    fits = {
        label: sr.panel_regression(formula, table, effects=effects, covariance="classical")
        for label, effects in (("pooled", "pooled"), ("fe", "region"), ("twoways", "twoway"), ("re_swar", "random"))
    }
    for label, fit in fits.items():
        agree(fit, theirs[label])
    assert fits["fe"].fit["r2_within"] == pytest.approx(theirs["r2"]["fe_within"], rel=1e-10)
    assert fits["pooled"].fit["r2_overall"] == pytest.approx(theirs["r2"]["pooled"], rel=1e-10)
    random = fits["re_swar"].fit
    assert random["theta"] == pytest.approx(theirs["re_theta"], rel=1e-10)
    assert random["sigma2"] == pytest.approx(theirs["re_sigma2"]["idios"], rel=1e-10)
    assert random["sigma2_region"] == pytest.approx(theirs["re_sigma2"]["id"], rel=1e-10)
    for region, value in theirs["fixef"].items():
        label = int(region) if name == "Grunfeld" else region
        assert fits["fe"].absorbed.loc[label].mean() == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("name", list(PANELS))
def test_sandwiches_but_for_the_factors_for_small_samples(expected, data, name):
    formula, keys = PANELS[name]
    table = data(name, keys)
    rows, regions = len(table), len(table.index.levels[0])
    slopes = formula.count("+") + 1
    cluster = sr.panel_regression(formula, table, effects="region", covariance="cluster_region")
    factor = regions / (regions - 1) * (rows - 1) / (rows - slopes - 1)
    for key, value in expected[name]["fe_cluster_hc0_group"]["se"].items():
        assert cluster.std_errors[key] / np.sqrt(factor) == pytest.approx(value, rel=1e-9)
    kraay = sr.panel_regression(formula, table, effects="region", covariance="driscoll_kraay")
    factor = rows / (rows - slopes - regions)
    for key, value in expected[name]["fe_driscoll_kraay"]["se"].items():
        assert kraay.std_errors[key] / np.sqrt(factor) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("name", list(PANELS))
def test_choice_of_effects(expected, data, name):
    formula, keys = PANELS[name]
    theirs, table = expected[name], data(name, keys)
    tests = sr.panel_regression(formula, table, effects="region").tests
    contrast = "Hausman" if name == "Grunfeld" else "Hausman (covariance not positive definite)"
    for label, key in (
        ("F, region effects", "F_individual"),
        ("F, region and time effects", "F_twoways"),
        ("Breusch-Pagan LM", "BP_LM"),
        (contrast, "hausman"),
        ("Hausman, auxiliary", "hausman_aux"),
        ("Hausman, auxiliary, cluster-robust", "hausman_aux_robust"),
        ("Pesaran CD", "CD_within"),
    ):
        assert tests.loc[label, "statistic"] == pytest.approx(theirs[key]["stat"], rel=1e-8), key
        assert tests.loc[label, "p"] == pytest.approx(theirs[key]["p"], rel=1e-5, abs=1e-300), key


@pytest.mark.parametrize("name", list(PANELS))
def test_serial_correlation_of_differences(expected, data, name):
    """plm prints the test of no correlation in differences; the null of ours is no correlation in levels."""
    formula, keys = PANELS[name]
    table = data(name, keys)
    response, regressors = formula.split(" ~ ")
    region, time = (pd.factorize(table.index.get_level_values(i))[0] for i in (0, 1))
    x = table[regressors.split(" + ")].to_numpy()
    ours = serial_correlation(table[response].to_numpy(), x, region, time, null=0.0)
    theirs = expected[name]["wooldridge_fd"]
    # plm corrects the cluster-robust variance for neither clusters nor rows; we do, as Stata's xtserial.
    rows, clusters = theirs["df"][1] + 2, int(region.max()) + 1
    factor = clusters / (clusters - 1) * (rows - 1) / (rows - 2)
    assert ours.statistic * factor == pytest.approx(theirs["stat"], rel=1e-9)
    assert [ours.df1, ours.df2] == [1, clusters - 1]


def test_crime_by_two_stages(expected, data):
    table = data("Crime", ["county", "year"])
    instruments = {"endogenous": ["lprbarr", "lpolpc"], "instruments": ["ltaxpc", "lmix"]}
    fit = sr.panel_regression(CRIME, table, effects="twoway", covariance="classical", **instruments)
    agree(fit, expected["Crime_fe2sls_twoways"], rel=1e-8)
    theirs = expected["Crime_fixest"]["fit"]
    for name in instruments["endogenous"]:
        row = fit.first_stage.loc[name]
        assert row["F"] == pytest.approx(theirs[f"ivf1::{name}"]["stat"], rel=1e-9)
        assert row["p"] == pytest.approx(theirs[f"ivf1::{name}"]["p"], rel=1e-6)
        assert [row["df1"], row["df2"]] == [2, 518]
    wu = fit.tests.loc["Wu-Hausman"]
    assert [wu["statistic"], wu["p"]] == pytest.approx([theirs["wh"]["stat"], theirs["wh"]["p"]], rel=1e-7)
    assert [wu["df1"], wu["df2"]] == [2, 516]
    # fixest does not count the effects here: 625 of the 630 rows in place of 518 degrees of freedom.
    assert fit.tests.loc["Cragg-Donald F", "statistic"] * 625 / 518 == pytest.approx(theirs["cd"], rel=1e-9)


def test_crime_with_clusters(expected, data):
    table = data("Crime", ["county", "year"])
    fit = sr.panel_regression(
        "lcrmrte ~ lprbarr + lprbconv + lprbpris + lavgsen + ldensity",
        table,
        effects="twoway",
        endogenous=["lprbarr"],
        instruments=["ltaxpc", "lmix"],
    )
    theirs = expected["Crime_fixest_1endog_cluster"]
    agree(fit, theirs, rel=1e-9)
    assert fit.tests.loc["Sargan", "statistic"] == pytest.approx(theirs["fit"]["sargan"]["stat"], rel=1e-9)
    assert fit.tests.loc["Wu-Hausman", "statistic"] == pytest.approx(theirs["fit"]["wh"]["stat"], rel=1e-8)
    assert fit.tests.loc["Cragg-Donald F", "statistic"] * 626 / 528 == pytest.approx(theirs["fit"]["cd"], rel=1e-9)
    # With one endogenous regressor: the Wald F of the first stage, where the effects of seven times count.
    wald = theirs["fit"]["ivwald1::lprbarr"]["stat"]
    assert fit.tests.loc["Kleibergen-Paap rk F", "statistic"] == pytest.approx(wald, rel=1e-9)


def test_cigarettes(expected, data):
    """A cross-section of 48 states, given as a panel of two halves without effects."""
    frame = data("CigarettesSW95", ["state"])
    halves = frame.set_index(pd.MultiIndex.from_arrays([np.arange(48) // 2, np.arange(48) % 2]))
    options = {"effects": "pooled", "endogenous": ["lrprice"], "instruments": ["tdiff", "rtax"]}
    names = {"(Intercept)": "Intercept", "log(rprice)": "lrprice", "log(rincome)": "lrincome"}
    fit = sr.panel_regression("lpacks ~ lrprice + lrincome", halves, covariance="classical", **options)
    theirs = expected["Cig95_iv"]
    for key, name in names.items():
        assert fit.params[name] == pytest.approx(theirs["coef"][key], rel=1e-9)
        assert fit.std_errors[name] == pytest.approx(theirs["se"][key], rel=1e-9)
    weak, wu, sargan = (theirs["diag"][key] for key in ("Weak instruments", "Wu-Hausman", "Sargan"))
    assert fit.first_stage.loc["lrprice", ["df1", "df2", "F", "p"]].tolist() == pytest.approx(weak, rel=1e-6)
    assert fit.tests.loc["Wu-Hausman", ["df1", "df2", "statistic", "p"]].tolist() == pytest.approx(wu, rel=1e-7)
    assert fit.tests.loc["Sargan", "statistic"] == pytest.approx(sargan[2], rel=1e-8)
    assert fit.tests.loc["Sargan", "p"] == pytest.approx(sargan[3], rel=1e-7)
    cd = expected["Cig95_fixest"]["fit"]["cd"]
    assert fit.tests.loc["Cragg-Donald F", "statistic"] == pytest.approx(cd, rel=1e-9)
    robust = sr.panel_regression("lpacks ~ lrprice + lrincome", halves, covariance="robust", **options)
    for key, value in expected["Cig95_fixest_hc1"]["se"].items():
        name = {**names, "fit_log(rprice)": "lrprice"}[key]
        assert robust.std_errors[name] == pytest.approx(value, rel=1e-9)
    # With one endogenous regressor the rk F is the robust Wald F of the first stage; fixest's has the same factor.
    first = expected["Cig95_fixest_hc1"]["fit"]["ivwald1::log(rprice)"]["stat"]
    assert robust.tests.loc["Kleibergen-Paap rk F", "statistic"] == pytest.approx(first, rel=1e-9)
    # Neither form of the rank statistic is fixest's kpr (38.54); both are those of one endogenous regressor by hand.
    assert fit.tests.loc["Anderson LM", "statistic"] == pytest.approx(44.041, abs=1e-3)
    assert robust.tests.loc["Kleibergen-Paap rk LM", "statistic"] == pytest.approx(18.489, abs=1e-3)
    assert expected["Cig95_fixest"]["fit"]["kpr"]["stat"] == pytest.approx(38.536, abs=1e-3)
