"""Against independent exact maximum likelihood on Munnell's Produc panel (48 states, 17 years).

One difference of definition is tested for what it is. With time effects, the reference information matrix of models
with W y does not remove the period means from G X b once more; dense maximum likelihood with a dummy for every
period does (see test_standard_errors_with_time_effects_are_those_of_dummy_variables), and so does the package.
"""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.panel._impacts import ImpactInput, delta_impacts

FORMULA = "lgsp ~ lpcap + lpc + lemp + unemp"
X = ["lpcap", "lpc", "lemp", "unemp"]
EFFECTS = {"individual": "region", "time": "time", "twoways": "twoway"}
MODELS = ("ols", "slx", "sar", "sem", "sarar", "sdm", "sdem", "gns")
CASES = [
    f"{effects}_{model}_{kind}"
    for effects in EFFECTS
    for model in MODELS
    for kind in ("plain", "LY")
    if not (kind == "LY" and model in ("sarar", "gns"))
]


@pytest.fixture(scope="module")
def produc(shared_reference):
    folder = shared_reference / "panel"
    table = pd.read_csv(folder / "produc_panel.csv").set_index(["state", "year"])
    ids = (folder / "W_produc_order.txt").read_text().split("\n")
    ids = [name for name in ids if name]
    w = sr.Weights(pd.Index(ids), np.loadtxt(folder / "W_produc_rowstd.csv", delimiter=","), standardisation="row")
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(np.arange(48), np.arange(48)), index=ids, crs=3857)
    study = sr.make_study(regions, table).with_weights(contiguity=w)
    return study, json.loads((folder / "produc_exact_ml.json").read_text())


def fit_case(study, case, **options):
    effects, model, kind = case.split("_")
    model = "sac" if model == "sarar" else model
    return sr.spatial_panel(FORMULA, study, model=model, effects=EFFECTS[effects], lee_yu=kind == "LY", **options)


def skips_second_removal(case):
    effects, model, _ = case.split("_")
    return effects != "individual" and model in ("sar", "sdm")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("determinant", ["eigenvalues", "lu"])
def test_estimates(produc, case, determinant):
    study, reference = produc
    expected = reference["fe"][case]
    fit = fit_case(study, case, determinant=determinant)
    slopes = [name for name in fit.params.index if name not in ("rho", "lambda")]
    np.testing.assert_allclose(fit.params[slopes], expected["beta"], atol=1e-6, rtol=0)
    if "rho" in expected:
        assert fit.params["rho"] == pytest.approx(expected["rho"], abs=1e-6)
    if "lam" in expected:
        assert fit.params["lambda"] == pytest.approx(expected["lam"], abs=1e-6)
    assert fit.loglik == pytest.approx(expected["loglik"], abs=1e-6)
    assert fit.sigma2 == pytest.approx(expected["sigma2"], abs=1e-9)
    assert fit.nobs == expected["M"]
    if "se_beta" in expected and not skips_second_removal(case):
        np.testing.assert_allclose(fit.std_errors[slopes], expected["se_beta"], atol=1e-7, rtol=0)
        error = fit.std_errors["rho" if "se_rho" in expected else "lambda"]
        assert error == pytest.approx(expected.get("se_rho", expected.get("se_lam")), abs=1e-7)
    if "vcov" in expected and not skips_second_removal(case):
        np.testing.assert_allclose(fit.covariance, np.array(expected["vcov"])[:-1, :-1], atol=1e-9)
        assert fit.sigma2_se == pytest.approx(expected["se_s2"], abs=1e-9)


@pytest.mark.parametrize("case", [c for c in CASES if c.split("_")[1] in ("sar", "sdm")])
def test_impacts(produc, case):
    study, reference = produc
    expected = reference["fe"][case]
    fit = fit_case(study, case)
    table = fit.impacts(se="delta").table()
    for kind in ("direct", "indirect", "total"):
        np.testing.assert_allclose(table[kind], expected["impacts"][kind], atol=1e-6)
        if not skips_second_removal(case):
            np.testing.assert_allclose(table[f"{kind}_se"], expected["impacts"][f"se_{kind}"], atol=1e-7)
    # From the reference's own covariance the package's derivatives give the reference's errors in every case.
    lags = [0, 1, 2, 3] if fit.model == "sdm" else []
    theta = fit.params[[f"W_{name}" for name in X]].to_numpy() if lags else np.zeros(4)
    given = ImpactInput(
        fit.params[X].to_numpy(), theta, fit.params["rho"], np.array(expected["vcov"])[:-1, :-1], lags, True
    )
    errors = delta_impacts(given, study.weights["contiguity"].sparse, fit._impact_source.determinant).se
    for row, kind in enumerate(("direct", "indirect", "total")):
        np.testing.assert_allclose(errors[row], expected["impacts"][f"se_{kind}"], atol=1e-7)


@pytest.mark.parametrize("case", [c for c in CASES if skips_second_removal(c)])
def test_standard_errors_without_the_second_removal_of_period_means(produc, case):
    """The reference is met to the last digit when the period means are left in G X b, so that this alone differs."""
    study, reference = produc
    expected = reference["fe"][case]
    fit = fit_case(study, case)
    w = study.weights["contiguity"].sparse.toarray()
    within = {name: remove(study.wide(name).to_numpy(), fit.effects) for name in X}
    lags = {f"W_{name}": remove(w @ study.wide(name).to_numpy(), fit.effects) for name in X}
    z = np.stack([(within | lags)[name] for name in fit.params.index if name != "rho"])
    rho, sigma2, k = fit.params["rho"], fit.sigma2, len(z)
    g = w @ np.linalg.inv(np.eye(48) - rho * w)
    pushed = g @ np.tensordot(fit.params.drop("rho").to_numpy(), z, axes=1)
    errors = {}
    for name, shift in (("left in", pushed), ("removed", remove(pushed, fit.effects))):
        information = np.zeros((k + 2, k + 2))
        flat = z.reshape(k, -1)
        information[:k, :k] = flat @ flat.T / sigma2
        information[:k, k] = information[k, :k] = flat @ shift.ravel() / sigma2
        information[k:, k:] = traces(g, rho, fit, sigma2)
        information[k, k] += (shift**2).sum() / sigma2
        errors[name] = np.sqrt(np.diag(np.linalg.inv(information)))
    np.testing.assert_allclose(
        errors["left in"], [*expected["se_beta"], expected["se_rho"], expected["se_s2"]], rtol=1e-5
    )
    np.testing.assert_allclose(errors["removed"], [*fit.std_errors, fit.sigma2_se], rtol=1e-6)
    assert 0 < fit.std_errors["rho"] / expected["se_rho"] - 1 < 0.12


def traces(g, rho, fit, sigma2):
    """Information of (rho, sigma2) without the mean; Lee and Yu's by the explicit basis F."""
    n, periods = 48, 17
    if fit.lee_yu:
        basis = np.linalg.svd(np.eye(n) - 1 / n)[0][:, : n - 1]
        g = basis.T @ g @ basis
        periods -= fit.effects == "twoway"
    cross = periods * np.trace(g) / sigma2
    return np.array([[periods * (np.trace(g @ g) + (g * g).sum()), cross], [cross, fit.nobs / 2 / sigma2**2]])


def remove(values, effects):
    """Region by time values less period means, and less region means for two-way effects."""
    values = values - values.mean(axis=0, keepdims=True)
    return values - values.mean(axis=1, keepdims=True) if effects == "twoway" else values


@pytest.mark.parametrize("effects", ["time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sdm"])
def test_standard_errors_with_time_effects_are_those_of_dummy_variables(produc, model, effects):
    """Expected information with an explicit column for every dummy, on dense matrices of 816 rows."""
    study, _ = produc
    fit = sr.spatial_panel(FORMULA, study, model=model, effects=effects)
    w = study.weights["contiguity"].sparse.toarray()
    big = np.kron(np.eye(17), w)
    long = {name: study.wide(name).to_numpy().T.ravel() for name in ["lgsp", *X]}
    columns = [long[name] for name in X] + ([big @ long[name] for name in X] if model == "sdm" else [])
    design = [np.stack(columns, axis=1), np.kron(np.eye(17), np.ones((48, 1)))]
    design = np.hstack(design + ([np.kron(np.ones((17, 1)), np.eye(48))[:, 1:]] if effects == "twoway" else []))
    a = np.eye(816) - fit.params["rho"] * big
    coefficients = np.linalg.lstsq(design, a @ long["lgsp"], rcond=None)[0]
    g = big @ np.linalg.inv(a)
    p, s2 = design.shape[1], fit.sigma2
    shift = g @ design @ coefficients
    information = np.zeros((p + 2, p + 2))
    information[:p, :p] = design.T @ design / s2
    information[:p, p] = information[p, :p] = design.T @ shift / s2
    information[p, p] = np.trace(g @ g) + (g * g).sum() + shift @ shift / s2
    information[p, p + 1] = information[p + 1, p] = np.trace(g) / s2
    information[p + 1, p + 1] = 816 / 2 / s2**2
    scale = np.sqrt(np.diag(information))
    errors = np.sqrt(np.diag(np.linalg.inv(information / np.outer(scale, scale)))) / scale
    k = len(columns)
    np.testing.assert_allclose(fit.std_errors, [*errors[:k], errors[p]], rtol=1e-6)


@pytest.mark.parametrize("effects", ["individual", "time", "twoways"])
def test_likelihood_ratios(produc, effects):
    study, reference = produc
    fits = {m: fit_case(study, f"{effects}_{m}_plain").loglik for m in ("ols", "sar", "sem", "sdm")}
    for full, nested in (("sdm", "sar"), ("sdm", "sem"), ("sar", "ols"), ("sem", "ols")):
        expected = reference["tests"][f"LR_{effects}_{full}_vs_{nested}"]["stat"]
        assert 2 * (fits[full] - fits[nested]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("model", ["sar", "sem", "sarar", "sdm", "sdem", "gns"])
def test_pooled_equals_splm(produc, shared_reference, model):
    """splm 1.6.5: coefficients and likelihood (its standard errors hold rho fixed, so they are not compared)."""
    study, _ = produc
    peer = json.loads((shared_reference / "panel" / "produc_splm_ml.json").read_text())["spml"][f"pooled_{model}"]
    fit = sr.spatial_panel(FORMULA, study, model="sac" if model == "sarar" else model, effects="pooled")
    for theirs, value in peer["coef"].items():
        lagged = theirs.startswith("slag(")
        ours = f"W_{theirs[5:].split(',')[0]}" if lagged else theirs.strip("()")
        assert fit.params["Intercept" if ours == "(Intercept" else ours] == pytest.approx(value, abs=1e-4)
    assert fit.loglik == pytest.approx(peer["logLik_reported"], abs=1e-5)


@pytest.mark.parametrize("kind", ["plain", "LeeYu"])
def test_sac_with_region_effects_equals_splm(produc, shared_reference, kind):
    """splm 1.6.5; it calls rho what the package calls lambda, and the other way round."""
    study, _ = produc
    peer = json.loads((shared_reference / "panel" / "produc_splm_ml.json").read_text())["spml"]
    peer = peer[f"FE_individual_sarar_{kind}"]
    fit = sr.spatial_panel(FORMULA, study, model="sac", effects="region", lee_yu=kind == "LeeYu")
    names = {"lambda": "rho", "rho": "lambda"}
    for name, value in peer["coef"].items():
        assert fit.params[names.get(name, name)] == pytest.approx(value, abs=1e-5)
        assert fit.std_errors[names.get(name, name)] == pytest.approx(peer["se"][name], rel=1e-5)
