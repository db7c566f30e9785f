"""Against spreg (1.8 or newer) on libpysal's bundled data, and against the linear limits."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import spreg

import spatial_region as sr

FORMULA = "growth ~ initial + previous"


def time_major(study, variable):
    return study.wide(variable).to_numpy().T.reshape(-1, 1)


@pytest.mark.parametrize(("model", "peer"), [("sar", spreg.Panel_FE_Lag), ("sem", spreg.Panel_FE_Error)])
def test_fixed_effects_panel_equals_spreg(us48, model, peer):
    w = us48.weights["queen"].to_w()
    w.transform = "r"
    y = time_major(us48, "growth")
    x = np.hstack([time_major(us48, "initial"), time_major(us48, "previous")])
    theirs = peer(y, x, w)
    ours = sr.spatial_panel(FORMULA, us48, model=model, effects="region")
    np.testing.assert_allclose(ours.params, theirs.betas.ravel(), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours.std_errors, np.sqrt(np.diag(theirs.vm))[:3], rtol=1e-6)
    assert ours.sigma2 == pytest.approx(float(np.squeeze(theirs.sig2)), rel=1e-6)
    # spreg's logll leaves the 1/(NT) out of the logarithm of the variance.
    size = ours.nobs
    assert ours.loglik == pytest.approx(theirs.logll + size / 2 * np.log(size), abs=1e-6)


@pytest.fixture
def columbus_study(columbus):
    study = sr.make_study(columbus[["geometry"]], columbus[["CRIME", "INC", "HOVAL"]])
    return study.with_weights(queen=sr.contiguity(study).standardise("row"))


@pytest.mark.parametrize("model", ["sar", "sdm", "sem"])
@pytest.mark.parametrize("determinant", ["eigenvalues", "lu"])
def test_cross_section_equals_spreg(columbus_study, model, determinant):
    w = columbus_study.weights["queen"].to_w()
    w.transform = "r"
    frame = columbus_study.data
    y, x = frame[["CRIME"]].to_numpy(), frame[["INC", "HOVAL"]].to_numpy()
    ours = sr.spatial_regression("CRIME ~ INC + HOVAL", columbus_study, model=model, determinant=determinant)
    if model == "sem":
        theirs = spreg.ML_Error(y, x, w, epsilon=1e-12)
    else:
        theirs = spreg.ML_Lag(y, x, w, slx_lags=int(model == "sdm"), epsilon=1e-12, spat_diag=False)
    np.testing.assert_allclose(ours.params, theirs.betas.ravel(), rtol=1e-6)
    np.testing.assert_allclose(ours.std_errors, np.sqrt(np.diag(theirs.vm))[: len(ours.params)], rtol=1e-5)
    assert ours.loglik == pytest.approx(float(np.squeeze(theirs.logll)), abs=1e-7)
    assert ours.sigma2 == pytest.approx(float(np.squeeze(theirs.sig2)), rel=1e-6)


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
def test_ols_is_least_squares_with_dummies(us48, effects):
    fit = sr.spatial_panel(FORMULA, us48, model="ols", effects=effects)
    frame = us48.data.reset_index()
    columns = [frame[["initial", "previous"]].to_numpy(float)]
    if effects in ("pooled", "time"):
        columns.append(np.ones((len(frame), 1)))
    if effects in ("region", "twoway"):
        columns.append(pd.get_dummies(frame["region"]).to_numpy(float))
    if effects in ("time", "twoway"):
        columns.append(pd.get_dummies(frame["time"], drop_first=True).to_numpy(float))
    design, y = np.hstack(columns), frame["growth"].to_numpy(float)
    coefficients, *_ = np.linalg.lstsq(design, y, rcond=None)
    e = y - design @ coefficients
    df = len(y) - np.linalg.matrix_rank(design)
    spread = np.linalg.inv(design.T @ design) * (e @ e) / df
    names = ["initial", "previous"]
    np.testing.assert_allclose(fit.params[names], coefficients[:2], rtol=1e-8)
    np.testing.assert_allclose(fit.std_errors[names], np.sqrt(np.diag(spread))[:2], rtol=1e-8)
    assert fit.df_residual == df
    assert fit.loglik == pytest.approx(-len(y) / 2 * (np.log(2 * np.pi * (e @ e) / len(y)) + 1), rel=1e-12)
    np.testing.assert_allclose(fit.residuals, e, atol=1e-8)


def test_lag_model_without_spatial_dependence_is_least_squares():
    """With data free of dependence, rho is 0 within its error, slopes are OLS, and LR and Wald tests agree."""
    rng = np.random.default_rng(0)
    ids = pd.Index([f"r{i}" for i in range(2000)])
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*rng.uniform(0, 1e5, (2, 2000))), index=ids, crs=3857)
    data = pd.DataFrame(rng.normal(size=(2000, 2)), index=ids, columns=["y", "a"])
    data["y"] += data["a"]
    study = sr.make_study(regions, data)
    w = sr.knn(study, k=5)
    lag = sr.spatial_regression("y ~ a", study, w=w, model="sar")
    ols = sr.spatial_regression("y ~ a", study, model="ols")
    assert abs(lag.params["rho"]) < 3 * lag.std_errors["rho"]
    assert lag.params["a"] == pytest.approx(ols.params["a"], abs=0.01)
    assert lag.loglik - ols.loglik == pytest.approx(lag.zvalues["rho"] ** 2 / 2, abs=0.05)


@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sac", "sdm", "sdem", "gns"])
def test_values_far_from_zero_keep_their_digits(model):
    """A constant added to every variable moves the intercept alone; uncentred products lost 2 % of sigma2 here."""
    rng = np.random.default_rng(1)
    n, ids = 60, pd.Index([f"r{i:02d}" for i in range(60)])
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*rng.uniform(0, 1e5, (2, n))), index=ids, crs=3857)
    w = sr.knn(regions, k=4).standardise("row")
    a, b = rng.normal(size=(2, n))
    y = np.linalg.solve(np.eye(n) - 0.4 * w.sparse.toarray(), a - b + rng.normal(size=n))
    near, far = (
        sr.spatial_regression(
            "y ~ a + b",
            sr.make_study(regions, pd.DataFrame({"y": y + offset, "a": a + offset, "b": b + offset}, index=ids)),
            w=w,
            model=model,
        )
        for offset in (0.0, 1e7)
    )
    slopes = near.params.index.drop("Intercept")
    np.testing.assert_allclose(far.params[slopes], near.params[slopes], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(far.std_errors[slopes], near.std_errors[slopes], rtol=1e-5)
    assert far.sigma2 == pytest.approx(near.sigma2, rel=1e-5)
    assert far.loglik == pytest.approx(near.loglik, abs=1e-6)
    if model == "ols":
        exact = np.linalg.lstsq(np.column_stack([np.ones(n), a + 1e3, b + 1e3]), y, rcond=None)[0]
        data = pd.DataFrame({"y": y, "a": a + 1e3, "b": b + 1e3}, index=ids)
        small = sr.spatial_regression("y ~ a + b", sr.make_study(regions, data), w=w, model="ols")
        np.testing.assert_allclose(small.params, exact, rtol=1e-9)
