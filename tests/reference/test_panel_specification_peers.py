"""Tests that choose a model, against independent likelihoods, plm 2.6.2, splm 1.6.5, spatialreg 1.2.6, live peers."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from linearmodels.panel import PanelOLS
from numpy.testing import assert_allclose
from spreg import OLS, ML_Lag
from spreg.diagnostics import likratiotest

import spatial_region as sr
from spatial_region.panel import _dependence as dependence
from spatial_region.panel._hausman import contrast, hausman_tests
from spatial_region.panel.options import PARTS
from spatial_region.panel.specification import spatial_tests

FORMULA = "lgsp ~ lpcap + lpc + lemp + unemp"
X = ["lpcap", "lpc", "lemp", "unemp"]
RANDOM = {"ols": "RE_nospatial_ML", "sar": "RE_sar_none", "sem": "RE_sem_kkp", "sdm": "RE_sdm_none"}


@pytest.fixture(scope="module")
def produc(shared_reference):
    folder = shared_reference / "panel"
    table = pd.read_csv(folder / "produc_panel.csv").set_index(["state", "year"])
    ids = [name for name in (folder / "W_produc_order.txt").read_text().split("\n") if name]
    w = sr.Weights(pd.Index(ids), np.loadtxt(folder / "W_produc_rowstd.csv", delimiter=","), standardisation="row")
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(np.arange(48), np.arange(48)), index=ids, crs=3857)
    return sr.make_study(regions, table).with_weights(contiguity=w)


@pytest.fixture(scope="module")
def exact(shared_reference):
    return json.loads((shared_reference / "panel" / "produc_exact_ml.json").read_text())


@pytest.fixture(scope="module")
def splm(shared_reference):
    return json.loads((shared_reference / "panel" / "produc_splm_ml.json").read_text())


@pytest.fixture(scope="module")
def tables(produc):
    kinds = {"individual": "region", "time": "time", "twoways": "twoway"}
    return {name: spatial_tests(FORMULA, produc, effects=effects) for name, effects in kinds.items()}


@pytest.mark.parametrize("effects", ["individual", "time", "twoways"])
@pytest.mark.parametrize(("full", "nested"), [("sdm", "sar"), ("sdm", "sem"), ("sar", "ols"), ("sem", "ols")])
def test_ratios_of_models(tables, exact, effects, full, nested):
    expected = exact["tests"][f"LR_{effects}_{full}_vs_{nested}"]
    row = tables[effects].table().loc[f"lr_{full}_{nested}"]
    assert row["statistic"] == pytest.approx(expected["stat"], abs=1e-6)
    assert row["df"] == expected["df"]
    assert row["p"] == pytest.approx(expected["p"], rel=1e-5)


@pytest.mark.parametrize("model", ["ols", "sdm"])
@pytest.mark.parametrize(("theirs", "ours"), [("individual", "region"), ("time", "time")])
def test_ratios_of_effects(tables, exact, model, theirs, ours):
    expected = exact["tests"][f"LR_{theirs}_effects_{model}"]
    for table in tables.values():
        row = table.table().loc[f"lr_{ours}_{model}"]
        assert row["statistic"] == pytest.approx(expected["stat"], abs=1e-6)
        assert row["df"] == expected["df"]


def test_wald_by_explicit_delta_method(tables):
    """theta + rho beta = 0 from the published estimates and their covariance, the Jacobian written by hand."""
    for table in tables.values():
        fit = table.fits["sdm"]
        values = fit.params.to_numpy()
        beta, theta, rho = values[:4], values[4:8], values[8]
        jacobian = np.zeros((4, 9))
        for i in range(4):
            jacobian[i, i], jacobian[i, 4 + i], jacobian[i, 8] = rho, 1.0, beta[i]
        r = theta + rho * beta
        expected = r @ np.linalg.solve(jacobian @ fit.covariance.to_numpy() @ jacobian.T, r)
        assert table.table().loc["wald_sdm_sem", "statistic"] == pytest.approx(expected, rel=1e-9)
        lags = fit.covariance.iloc[4:8, 4:8].to_numpy()
        assert table.table().loc["wald_sdm_sar", "statistic"] == pytest.approx(theta @ np.linalg.solve(lags, theta))


def test_f_of_effects_equals_plm(tables, produc, splm):
    """plm 2.6.2 pFtest, and pooled against region effects from the two residual sums that plm reports."""
    both = tables["twoways"].table().loc["f_both_ols"]
    assert both["statistic"] == pytest.approx(splm["plm_tests"]["pFtest_two"]["stat"], rel=1e-9)
    pooled = sr.spatial_panel(FORMULA, produc, model="ols", effects="pooled")
    region = tables["individual"].fits["ols"]
    ratio = 2 * (region.loglik - pooled.loglik)
    f = np.expm1(ratio / 816) * region.df_residual / 47
    assert f == pytest.approx(splm["plm_tests"]["pFtest_ind"]["stat"], rel=1e-9)


def test_f_of_effects_equals_linearmodels(tables, produc):
    """linearmodels' F for poolability of two-way effects, live."""
    data = produc.data[["lgsp", *X]]
    pooled = tables["twoways"].table().loc["f_both_ols"]
    # Its restricted model has no constant unless one is among the regressors.
    with_constant = data[X].assign(const=1.0)
    fit = PanelOLS(data["lgsp"], with_constant, entity_effects=True, time_effects=True).fit()
    assert pooled["statistic"] == pytest.approx(fit.f_pooled.stat, rel=1e-6)
    assert pooled["df"] == fit.f_pooled.df


@pytest.mark.parametrize(
    ("effects", "theirs", "tests"),
    [
        ("pooled", "pooling", ("cd", "lm", "sclm")),
        ("region", "within", ("cd", "lm", "sclm")),
        ("twoway", "twoways", ("cd",)),
    ],
)
def test_dependence_equals_plm(produc, splm, effects, theirs, tests):
    fit = sr.spatial_panel(FORMULA, produc, model="ols", effects=effects)
    residuals = fit.residuals.unstack("time").reindex(produc.ids).to_numpy().T
    sums = dependence.pair_sums(residuals)
    ours = {
        "cd": dependence.pesaran_cd(sums, 17),
        "lm": dependence.breusch_pagan_lm(sums, 17),
        "sclm": dependence.scaled_lm(sums, 17),
    }
    for test in tests:
        peer = splm["plm_tests"][f"pcdtest_{theirs}_{test}"]
        assert ours[test].statistic == pytest.approx(peer["stat"], rel=1e-9)
        assert ours[test].p == pytest.approx(peer["p"], rel=1e-6, abs=1e-300)
    if effects == "region":
        local = dependence.local_cd(residuals, produc.weights["contiguity"].sparse)
        assert local.statistic == pytest.approx(splm["plm_tests"]["pcdtest_local_within_cd"]["stat"], rel=1e-9)


def test_table_holds_the_same_dependence(tables, splm):
    table = tables["individual"].table()
    assert table.loc["cd_ols", "statistic"] == pytest.approx(splm["plm_tests"]["pcdtest_within_cd"]["stat"], rel=1e-9)
    degenerate = tables["twoways"].table().loc["cd_ols"]
    assert degenerate["statistic"] == pytest.approx(splm["plm_tests"]["pcdtest_twoways_cd"]["stat"], rel=1e-9)
    assert degenerate["verdict"].startswith("says nothing")


def test_hausman_without_spatial_terms_equals_plm(produc, splm):
    """plm's phtest: Swamy and Arora's variances, from which generalised least squares is done here by hand."""
    peer = splm["plm"]["random_individual"]["ercomp"]
    within = splm["plm"]["within_individual"]
    y = produc.wide("lgsp").to_numpy().T
    x = np.stack([produc.wide(name).to_numpy().T for name in X], axis=2)
    theta = peer["theta"]
    z = np.concatenate([np.ones((17, 48, 1)), x], axis=2)
    left = (y - theta * y.mean(axis=0)).ravel()
    right = (z - theta * z.mean(axis=0)).reshape(816, 5)
    random = np.linalg.lstsq(right, left, rcond=None)[0]
    assert_allclose(random[1:], [splm["plm"]["random_individual"]["coef"][name] for name in X], rtol=1e-7)
    # plm takes the variance of the quasi-demeaned regression for random effects, that of within for fixed ones.
    e = left - right @ random
    cov_random = np.linalg.inv(right.T @ right) * (e @ e / 811)
    demeaned = (x - x.mean(axis=0)).reshape(816, 4)
    cov_fixed = np.linalg.inv(demeaned.T @ demeaned) * (within["ssr"] / within["df"])
    fixed = np.array([within["coef"][name] for name in X])
    d = fixed - random[1:]
    plain = d @ np.linalg.solve(cov_fixed - cov_random[1:, 1:], d)
    assert plain == pytest.approx(splm["plm_tests"]["phtest"]["stat"], rel=1e-9)
    # Two estimates of one variance make even this difference indefinite; with one variance it is not.
    assert contrast(fixed, random[1:], cov_fixed, cov_random[1:, 1:]).negative == 1
    alike = contrast(fixed, random[1:], cov_fixed * (e @ e / 811) / (within["ssr"] / 764), cov_random[1:, 1:])
    assert alike.negative == 0
    assert alike.value.df == 4


@pytest.mark.parametrize(
    ("peer", "fixed", "random"),
    [
        ("lag_ML_KKP", "FE_individual_sar_plain", "RE_sar_none"),
        ("error_ML_KKP", "FE_individual_sem_plain", "RE_sem_kkp"),
        ("error_ML_BSK", "FE_individual_sem_plain", "RE_sem_b"),
        ("sarar_ML_KKP", "FE_individual_sarar_plain", "RE_sarar_kkp"),
        ("sarar_ML_BSK", "FE_individual_sarar_plain", "RE_sarar_b"),
    ],
)
def test_hausman_of_splm_is_an_indefinite_form_made_positive(splm, peer, fixed, random):
    """splm's sphtest is abs(d'(V_random - V_fixed)^-1 d) with V_random for known spatial parameters.

    From splm's own estimates its statistics come out to the last digit, and in every case the difference of
    covariances is not definite: the plain inverse adds directions of negative variance, which are left out here.
    """
    f, r = splm["spml"][fixed], splm["spml"][random]
    values, covariances = [], []
    for fit in (f, r):
        names = list(fit["coef"])
        places = [names.index(name) for name in X]
        values.append(np.array([fit["coef"][name] for name in X]))
        covariances.append(np.array(fit["vcov"])[np.ix_(places, places)])
    d = values[0] - values[1]
    theirs = abs(d @ np.linalg.solve(covariances[1] - covariances[0], d))
    assert theirs == pytest.approx(splm["tests"][f"sphtest_{peer}"]["stat"], rel=1e-8)
    found = contrast(*values, *covariances)
    assert found.negative > 0
    assert found.value.df == 4 - found.negative


def test_random_effects_behind_hausman_equal_exact_likelihoods(produc, exact):
    from spatial_region.panel._determinant import make_determinant

    y = produc.wide("lgsp").to_numpy().T
    x = np.stack([produc.wide(name).to_numpy().T for name in X], axis=2)
    w = produc.weights["contiguity"].sparse
    for model, case, lags in (("sar", "RE_sar_none", []), ("sdm", "RE_sdm_none", [0, 1, 2, 3])):
        found = hausman_tests(y, x, w, make_determinant(w, "auto"), parts=PARTS[model], lagged=lags, time_effects=False)
        assert found.random.loglik == pytest.approx(exact["re"][case]["loglik"], abs=1e-5)
        assert_allclose(found.random.coefficients, exact["re"][case]["beta"], atol=1e-5)
        fixed = exact["fe"][f"individual_{model}_LY"]
        assert_allclose(found.fixed.coefficients, fixed["beta"], atol=1e-6)


def test_ratios_of_random_effects(produc, exact):
    """Likelihoods of random effects whose region effects share the error process."""
    found = spatial_tests(FORMULA, produc, effects="random").table()
    loglik = {name: exact["re"][case]["loglik"] for name, case in RANDOM.items()}
    for full, nested in (("sdm", "sar"), ("sdm", "sem"), ("sar", "ols"), ("sem", "ols")):
        expected = 2 * (loglik[full] - loglik[nested])
        assert found.loc[f"lr_{full}_{nested}", "statistic"] == pytest.approx(expected, abs=1e-4)


def test_cross_section_ratios_equal_spatialreg_and_spreg(shared_reference):
    folder = shared_reference / "panel"
    peer = json.loads((folder / "xs_columbus.json").read_text())
    table = pd.read_csv(folder / "columbus.csv").set_index("POLYID")
    links = pd.read_csv(folder / "W_columbus.csv")
    matrix = np.zeros((49, 49))
    matrix[links["i"] - 1, links["j"] - 1] = links["w"]
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(table["X"], table["Y"]), index=table.index, crs=3857)
    study = sr.make_study(regions, table[["CRIME", "INC", "HOVAL"]])
    w = sr.Weights(table.index, matrix, standardisation="row")
    found = spatial_tests("CRIME ~ INC + HOVAL", study, w=w).table()
    for ours, theirs in (("lr_sdm_sar", "sdm_vs_lag"), ("lr_sdm_sem", "sdm_vs_error")):
        assert found.loc[ours, "statistic"] == pytest.approx(peer["LR"][theirs]["stat"], abs=1e-6)
    y, x = table[["CRIME"]].to_numpy(), table[["INC", "HOVAL"]].to_numpy()
    live = likratiotest(OLS(y, x), ML_Lag(y, x, w=w.to_w()))
    assert found.loc["lr_sar_ols", "statistic"] == pytest.approx(live["likr"], abs=1e-5)
    assert found.loc["lr_sar_ols", "p"] == pytest.approx(live["p-value"], rel=1e-4)
