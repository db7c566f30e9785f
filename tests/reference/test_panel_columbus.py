"""Cross-section models on Columbus against R: spatialreg 1.2.6, spdep 1.2.7 (R 4.2.2)."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr

FORMULA = "CRIME ~ INC + HOVAL"
NAMES = {"(Intercept)": "Intercept", "lag.INC": "W_INC", "lag.HOVAL": "W_HOVAL"}
KEYS = {
    "ols": "ols",
    "slx": "slx",
    "sar": "ml_lag_eigen",
    "sem": "ml_error_eigen",
    "sdm": "ml_sdm_eigen",
    "sdem": "ml_sdem_eigen",
    "sac": "ml_sac",
    "gns": "ml_gns",
}


@pytest.fixture(scope="module")
def columbus_reference(shared_reference):
    folder = shared_reference / "panel"
    table = pd.read_csv(folder / "columbus.csv").set_index("POLYID")
    links = pd.read_csv(folder / "W_columbus.csv")
    matrix = np.zeros((49, 49))
    matrix[links["i"] - 1, links["j"] - 1] = links["w"]
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(table["X"], table["Y"]), index=table.index, crs=3857)
    study = sr.make_study(regions, table[["CRIME", "INC", "HOVAL"]])
    study = study.with_weights(w=sr.Weights(table.index, matrix, standardisation="row"))
    return study, json.loads((folder / "xs_columbus.json").read_text())


def relabelled(values):
    return {NAMES.get(name, name): value for name, value in values.items()}


@pytest.mark.parametrize("model", KEYS)
@pytest.mark.parametrize("determinant", ["eigenvalues", "lu"])
def test_estimates(columbus_reference, model, determinant):
    study, reference = columbus_reference
    expected = reference[KEYS[model]]
    fit = sr.spatial_regression(FORMULA, study, model=model, determinant=determinant)
    # spatialreg stops its search for rho and lambda at about 1e-7; in GNS they are hardly told apart.
    tolerance = {"rel": 1e-5 if model == "gns" else 1e-6, "abs": 1e-6}
    for name, value in relabelled(expected["coef"]).items():
        assert fit.params[name] == pytest.approx(value, **tolerance)
    for name, value in relabelled(expected.get("se", {})).items():
        assert fit.std_errors[name] == pytest.approx(value, rel=1e-6)
    for name in ("rho", "lambda"):
        if expected.get(f"{name}_se"):
            assert fit.std_errors[name] == pytest.approx(expected[f"{name}_se"], rel=1e-5)
    assert fit.loglik == pytest.approx(expected.get("LL", expected.get("loglik")), abs=1e-8)
    aic = expected.get("AIC", expected.get("aic"))
    if aic is not None:
        assert fit.aic == pytest.approx(aic, abs=1e-8)
    if "BIC" in expected:
        assert fit.bic == pytest.approx(expected["BIC"], abs=1e-8)
    if "s2" in expected:
        assert fit.sigma2 == pytest.approx(expected["s2"], rel=1e-5)
    if model == "ols":
        assert fit.r2 == pytest.approx(expected["r2"], abs=1e-12)


@pytest.mark.parametrize("model", ["slx", "sar", "sdm", "sdem", "sac", "gns"])
def test_impacts(columbus_reference, model):
    study, reference = columbus_reference
    expected = reference[KEYS[model]]
    exact = expected.get("impacts_exact", expected.get("impacts"))
    table = sr.spatial_regression(FORMULA, study, model=model).impacts(se="delta").table()
    # spatialreg multiplies the variance of SDEM impacts by n / (n - k), here 49 / 44.
    correction = {"sdem": np.sqrt(49 / 44)}.get(model, 1.0)
    for kind in ("direct", "indirect", "total"):
        np.testing.assert_allclose(table[kind], exact[kind], atol=2e-7)
        if model in ("slx", "sdem"):
            np.testing.assert_allclose(table[f"{kind}_se"] * correction, exact[f"se_{kind}"], rtol=1e-6)


@pytest.mark.parametrize("model", ["sar", "sdm"])
def test_simulated_errors_are_near_those_of_spatialreg(columbus_reference, model):
    """Both are simulations (5,000 draws there) of impacts whose distribution has heavy tails."""
    study, reference = columbus_reference
    expected = reference[KEYS[model]]["impacts_sim"]
    table = sr.spatial_regression(FORMULA, study, model=model).impacts(draws=5000, seed=42).table()
    for kind in ("direct", "indirect", "total"):
        np.testing.assert_allclose(table[f"{kind}_se"], expected[f"se_{kind}"], rtol=0.15)
