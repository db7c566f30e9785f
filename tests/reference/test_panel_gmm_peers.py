"""The method of moments against splm 1.6.5 and spatialreg 1.2-6 (R 4.2.2), and spreg (1.8 or newer) live.

Definitions that differ: standard errors here count every slope and fixed effect as a lost degree of freedom; splm
counts slopes only, spreg none unless asked. splm's "fullweights" is "initial" with fixed effects, and its "weights" of
random effects repeats "initial"; both are shown below for what they are.
"""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import spreg
from scipy import sparse as sp

import spatial_region as sr
from spatial_region.panel._blocks import spatial_lag
from spatial_region.panel._gmm import estimate_gmm
from spatial_region.panel.options import PARTS

FORMULA = "lgsp ~ lpcap + lpc + lemp + unemp"
SIZE, REGIONS = 816, 48


@pytest.fixture(scope="module")
def produc(shared_reference):
    folder = shared_reference / "panel"
    table = pd.read_csv(folder / "produc_panel.csv").set_index(["state", "year"])
    ids = [name for name in (folder / "W_produc_order.txt").read_text().split("\n") if name]
    w = sr.Weights(pd.Index(ids), np.loadtxt(folder / "W_produc_rowstd.csv", delimiter=","), standardisation="row")
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(np.arange(48), np.arange(48)), index=ids, crs=3857)
    study = sr.make_study(regions, table).with_weights(contiguity=w)
    return study, json.loads((folder / "produc_splm_ml.json").read_text())["spgm"]


def renamed(values):
    return {{"(Intercept)": "Intercept", "lambda": "rho"}.get(k, k).replace("lag_", "W_"): v for k, v in values.items()}


def fit(study, **options):
    return sr.spatial_panel(FORMULA, study, method="gmm", **options)


def same_slopes(found, expected, *, atol):
    for name, value in renamed(expected["coef"]).items():
        assert found.params[name] == pytest.approx(value, abs=atol), name


@pytest.mark.parametrize("model", ["sem", "sac"])
def test_fixed_effects_error_models_are_splms(produc, model):
    study, reference = produc
    expected = reference[f"within_{'error' if model == 'sem' else 'sarar'}_initial"]
    found = fit(study, model=model, effects="region", moments="initial")
    same_slopes(found, expected, atol=1e-9)
    assert found.params["lambda"] == pytest.approx(expected["errcomp"][0], abs=1e-8)
    if model == "sem":  # splm divides by NT - k
        ratio = np.sqrt((SIZE - 4) / (SIZE - REGIONS - 4))
        for name, value in expected["se"].items():
            assert found.std_errors[name] == pytest.approx(value * ratio, rel=1e-6)


@pytest.mark.parametrize("kind", ["initial", "fullweights"])
def test_random_effects_error_model_is_splms(produc, kind):
    study, reference = produc
    expected = reference[f"random_error_{kind}"]
    found = fit(study, model="sem", effects="random", moments=kind)
    same_slopes(found, expected, atol=2e-8)
    rho, _, _, theta = expected["errcomp"]
    assert found.params["lambda"] == pytest.approx(rho, abs=1e-7)
    assert found.components["theta"] == pytest.approx(theta, abs=1e-7)


def test_splms_partial_weights_repeat_its_initial_moments(produc):
    _, reference = produc
    assert reference["random_error_weights"]["errcomp"][0] == pytest.approx(
        reference["random_error_initial"]["errcomp"][0], abs=1e-7
    )


@pytest.mark.parametrize(("model", "name"), [("sar", "within_lag_w2sls"), ("sdm", "within_durbin_w2sls")])
def test_fixed_effects_lag_models_are_splms(produc, model, name):
    study, reference = produc
    found = fit(study, model=model, effects="region")
    same_slopes(found, reference[name], atol=1e-11)
    k = len(found.params)
    ratio = np.sqrt((SIZE - k) / (SIZE - REGIONS - k))
    for parameter, value in renamed(reference[name]["se"]).items():
        assert found.std_errors[parameter] == pytest.approx(value * ratio, rel=1e-8)


@pytest.mark.parametrize(("model", "name"), [("sar", "random_lag_g2sls"), ("sdm", "random_durbin_g2sls")])
def test_random_effects_lag_models_are_splms(produc, model, name):
    study, reference = produc
    found = fit(study, model=model, effects="random")
    same_slopes(found, reference[name], atol=1e-11)
    for parameter, value in renamed(reference[name]["se"]).items():
        assert found.std_errors[parameter] == pytest.approx(value, rel=1e-9)


def test_random_effects_with_lag_and_error_have_splms_variances(produc):
    """lambda and theta agree; splm's last step has other instruments, which moves slopes by less than 0.002."""
    study, reference = produc
    expected = reference["random_sarar_fullweights"]
    found = fit(study, model="sac", effects="random", moments="fullweights")
    assert found.params["lambda"] == pytest.approx(expected["errcomp"][0], abs=1e-6)
    assert found.components["theta"] == pytest.approx(expected["errcomp"][3], abs=1e-7)
    same_slopes(found, expected, atol=2e-3)


@pytest.fixture(scope="module")
def arrays(produc):
    study, reference = produc
    names = ["lgsp", "lpcap", "lpc", "lemp", "unemp"]
    values = np.stack([study.wide(name).to_numpy().T for name in names], axis=2)
    intercept = np.ones((*values.shape[:2], 1))
    z = np.concatenate([intercept, values[:, :, 1:]], axis=2)
    return values[:, :, 0], z, study.weights["contiguity"].sparse, reference


@pytest.mark.parametrize(
    ("model", "name", "moments"),
    [
        ("sac", "random_sarar_initial", "initial"),
        ("sac", "random_sarar_fullweights", "fullweights"),
        ("sar", "random_lag_ec2sls", "auto"),
        ("sdm", "random_durbin_ec2sls", "auto"),
    ],
)
def test_means_and_deviations_apart_as_instruments_are_splms(arrays, model, name, moments):
    """With combine="ec2sls" the last step has splm's instruments, and slopes and standard errors are equal."""
    y, z, w, reference = arrays
    z = np.concatenate([z, spatial_lag(w, z[:, :, 1:])], axis=2) if model == "sdm" else z
    options = {"parts": PARTS[model], "effects": "random", "moments": moments, "combine": "ec2sls"}
    found = estimate_gmm(y, z, [w], **options)
    expected = reference[name]
    ours = [found.spatial["rho"], *found.coefficients]
    np.testing.assert_allclose(ours, list(expected["coef"].values()), atol=1e-7)
    k = len(ours)
    errors = np.sqrt(np.diag(found.covariance))[:k]
    # With lambda splm's variance of the innovations is that of the moments.
    scale = np.sqrt(found.sigma2_moments / found.sigma2) if model == "sac" else 1.0
    np.testing.assert_allclose(scale * np.roll(errors, 1), list(expected["se"].values()), rtol=1e-6)


def test_splms_partial_weights_are_not_at_their_minimum(arrays):
    """Six equations, weighted by the variances: their sum of squares is lower here than at splm's answer."""
    y, z, w, reference = arrays
    lam, sigma2_v, sigma2_1, _ = reference["random_error_weights"]["errcomp"]
    flat = z.reshape(y.size, -1)
    u = y - (flat @ np.linalg.lstsq(flat, y.ravel(), rcond=None)[0]).reshape(y.shape)
    start = reference["random_error_initial"]["errcomp"]
    weight = np.repeat([start[1] ** 2 / 16, start[2] ** 2], 3)

    def objective(lam, sigma2_v, sigma2_1):
        e = u - lam * (w @ u.T).T
        we = (w @ e.T).T
        square = float(w.power(2).sum()) / 48
        means = [np.broadcast_to(v.mean(axis=0), v.shape) for v in (e, we)]
        gaps = []
        for variance, size, own, lagged in ((sigma2_v, 768, e - means[0], we - means[1]), (sigma2_1, 48, *means)):
            gaps += [(own**2).sum() / size - variance, (lagged**2).sum() / size - variance * square]
            gaps.append((own * lagged).sum() / size)
        return float((np.array(gaps) ** 2 / weight).sum())

    found = estimate_gmm(y, z, [w], parts=PARTS["sem"], effects="random", moments="weights")
    ours = objective(found.spatial["lambda"], found.sigma2_moments, found.sigma2_1)
    assert ours < objective(lam, sigma2_v, sigma2_1) - 1e-4


def test_splms_full_weights_of_fixed_effects_are_its_initial_moments(arrays):
    y, z, w, reference = arrays
    assert reference["within_error_fullweights"]["errcomp"] == reference["within_error_initial"]["errcomp"]
    fits = {
        kind: estimate_gmm(y, z[:, :, 1:], [w], parts=PARTS["sem"], effects="region", moments=kind).spatial["lambda"]
        for kind in ("initial", "weights", "fullweights")
    }
    assert (
        fits["weights"] == fits["initial"] == pytest.approx(reference["within_error_initial"]["errcomp"][0], abs=1e-8)
    )
    assert abs(fits["fullweights"] - fits["initial"]) > 0.01


def test_variance_of_spatialregs_gmerror_is_that_of_least_squares_residuals(columbus_r):
    study, reference = columbus_r
    frame, w = study.data, study.weights["w"].sparse
    y, x = frame["CRIME"].to_numpy(), np.column_stack([np.ones(49), frame[["INC", "HOVAL"]]])
    u = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    e = u - reference["gmerror"]["lambda"] * (w @ u)
    assert reference["gmerror"]["s2"] == pytest.approx(e @ e / 49, rel=1e-8)


# -- one cross-section -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def columbus_r(shared_reference):
    folder = shared_reference / "panel"
    table, links = pd.read_csv(folder / "columbus.csv"), pd.read_csv(folder / "W_columbus.csv")
    matrix = sp.csr_array((links["w"], (links["i"] - 1, links["j"] - 1)), shape=(49, 49))
    w = sr.Weights(pd.RangeIndex(49), matrix.toarray(), standardisation="row")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(table["X"] * 1e5, table["Y"] * 1e5), crs=3857)
    study = sr.make_study(points, table[["CRIME", "INC", "HOVAL"]]).with_weights(w=w)
    return study, json.loads((folder / "xs_columbus.json").read_text())


def cross(study, **options):
    return sr.spatial_regression("CRIME ~ INC + HOVAL", study, method="gmm", **options)


R_ORDER = ["rho", "Intercept", "INC", "HOVAL"]


def test_two_stage_least_squares_is_spatialregs(columbus_r):
    study, reference = columbus_r
    found = cross(study, model="sar")
    np.testing.assert_allclose(found.params[R_ORDER], list(reference["stsls"]["coef"].values()), rtol=1e-9)
    np.testing.assert_allclose(found.covariance.loc[R_ORDER, R_ORDER], reference["stsls"]["vcov"], rtol=1e-6)
    assert found.sigma2 == pytest.approx(reference["stsls"]["sigma2"], rel=1e-9)


def test_robust_errors_are_spatialregs_but_for_hc1(columbus_r):
    study, reference = columbus_r
    found = cross(study, model="sar", covariance="robust")
    expected = np.array(reference["stsls_robust"]["vcov"]) * 49 / 45
    np.testing.assert_allclose(found.covariance.loc[R_ORDER, R_ORDER], expected, rtol=1e-6)


def test_moments_of_errors_are_spatialregs(columbus_r):
    study, reference = columbus_r
    found = cross(study, model="sem", moments="initial")
    np.testing.assert_allclose(found.params[:3], list(reference["gmerror"]["coef"].values()), rtol=1e-7)
    assert found.params["lambda"] == pytest.approx(reference["gmerror"]["lambda"], abs=1e-7)
    # spatialreg's variance is that of filtered least-squares residuals by n, this package's that of the last step.
    scale = np.sqrt(reference["gmerror"]["s2"] / found.sigma2)
    np.testing.assert_allclose(found.std_errors[:3] * scale, reference["gmerror"]["se"], rtol=1e-6)
    both = cross(study, model="sac", moments="initial")
    np.testing.assert_allclose(both.params[R_ORDER], list(reference["gstsls"]["coef"].values()), rtol=1e-6)
    assert both.params["lambda"] == pytest.approx(reference["gstsls"]["lambda"], abs=1e-7)
    np.testing.assert_allclose(both.covariance.loc[R_ORDER, R_ORDER], reference["gstsls"]["vcov"], rtol=1e-5)


def test_spreg_live():
    """Same estimates with instruments X, W X, W W X; spreg's variances divide by n."""
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(*np.random.default_rng(1).uniform(3e6, 4e6, (2, 120))), crs=3857
    )
    random = np.random.default_rng(2)
    w = sr.knn(points, k=5).standardise("row")
    x = random.normal(size=(120, 2))
    y = np.linalg.solve(np.eye(120) - 0.4 * w.sparse.toarray(), 1 + x @ [1.0, -1.0] + random.normal(size=120))
    study = sr.make_study(points, pd.DataFrame({"y": y, "a": x[:, 0], "b": x[:, 1]}, index=points.index))
    peer = w.to_w()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lag = spreg.GM_Lag(y[:, None], x, w=peer, w_lags=2)
        white = spreg.GM_Lag(y[:, None], x, w=peer, w_lags=2, robust="white")
        combo = spreg.GM_Combo(y[:, None], x, w=peer, w_lags=2)
    ours = sr.spatial_regression("y ~ a + b", study, w=w, method="gmm", model="sar")
    np.testing.assert_allclose(ours.params, lag.betas.ravel(), rtol=1e-8)
    np.testing.assert_allclose(ours.std_errors, np.sqrt(np.diag(lag.vm) * 120 / 116), rtol=1e-8)
    robust = sr.spatial_regression("y ~ a + b", study, w=w, method="gmm", model="sar", covariance="robust")
    np.testing.assert_allclose(robust.std_errors, np.sqrt(np.diag(white.vm) * 120 / 116), rtol=1e-6)
    both = sr.spatial_regression("y ~ a + b", study, w=w, method="gmm", model="sac", moments="initial")
    np.testing.assert_allclose(both.params, combo.betas.ravel(), rtol=1e-4, atol=1e-5)
