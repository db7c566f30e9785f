"""Specification tests against spdep 1.2.7 (R 4.2.2), spreg and splm 1.6.5."""

from __future__ import annotations

import json

import libpysal
import numpy as np
import pandas as pd
import pytest
import spreg
from scipy import sparse as sp
from spreg.diagnostics_sp import LMtests, MoranRes

from spatial_region.panel._blocks import make_blocks, remove_effects
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._lm_conditional import conditional_tests
from spatial_region.panel._lm_moran import moran_residuals
from spatial_region.panel._lm_random import effect_tests, random_tests
from spatial_region.panel._lm_restricted import (
    Restricted,
    root_for_lambda,
    root_for_mu,
    root_for_psi,
    serial_covariance,
)
from spatial_region.panel._lm_spatial import lm_tests
from spatial_region.panel._random import estimate_random
from spatial_region.panel.options import PARTS

X = ["lpcap", "lpc", "lemp", "unemp"]
EFFECTS = {"pooling": "pooled", "within_individual": "region", "within_time": "time", "within_twoways": "twoway"}
SLM = {"lml": "lm_lag", "lme": "lm_error", "rlml": "robust_lm_lag", "rlme": "robust_lm_error"}


@pytest.fixture(scope="module")
def neighbourhoods(shared_reference):
    """Columbus: y (1, N), x (1, N, 3) with an intercept first, weights and the numbers of spdep."""
    folder = shared_reference / "panel"
    table = pd.read_csv(folder / "columbus.csv").set_index("POLYID")
    links = pd.read_csv(folder / "W_columbus.csv")
    w = np.zeros((49, 49))
    w[links["i"] - 1, links["j"] - 1] = links["w"]
    x = np.column_stack([np.ones(49), table["INC"], table["HOVAL"]])
    return table["CRIME"].to_numpy()[None], x[None], w, json.loads((folder / "xs_columbus.json").read_text())


@pytest.fixture(scope="module")
def produc(shared_reference):
    """Munnell's panel, 17 years of 48 states: y (T, N), x (T, N, 4), weights and the numbers of splm."""
    folder = shared_reference / "panel"
    table = pd.read_csv(folder / "produc_panel.csv").set_index(["year", "state"])
    states = [name for name in (folder / "W_produc_order.txt").read_text().split("\n") if name]
    y = table["lgsp"].unstack()[states].to_numpy()
    x = np.stack([table[name].unstack()[states].to_numpy() for name in X], axis=2)
    w = np.loadtxt(folder / "W_produc_rowstd.csv", delimiter=",")
    return y, x, w, json.loads((folder / "produc_splm_ml.json").read_text())["tests"]


def with_intercept(x):
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2), x.shape[2]


def test_cross_section_equals_spdep(neighbourhoods):
    y, x, w, reference = neighbourhoods
    found = lm_tests(y, x, w=sp.csr_array(w), effects="pooled", lagged=[], intercept=0)
    names = {
        "LMlag": "lm_lag", "LMerr": "lm_error", "RLMlag": "robust_lm_lag", "RLMerr": "robust_lm_error",
        "SARMA": "lm_sarma",
    }  # fmt: skip
    for theirs, ours in names.items():
        expected = reference["LM"][theirs]
        assert found[ours].statistic == pytest.approx(expected["stat"], rel=1e-9)
        assert found[ours].p == pytest.approx(expected["p"], rel=1e-9)
        assert found[ours].df == expected["df"]
    moran, expected = moran_residuals(y, x, w=sp.csr_array(w), effects="pooled", intercept=0), reference["moran_resid"]
    assert moran.statistic == pytest.approx(expected["I"], rel=1e-10)
    assert moran.expected == pytest.approx(expected["E"], rel=1e-10)
    assert moran.variance == pytest.approx(expected["V"], rel=1e-10)
    assert moran.test.statistic == pytest.approx(expected["z"][0][0], rel=1e-10)
    # spdep tests against a positive value only
    assert moran.test.p / 2 == pytest.approx(expected["p"], rel=1e-9)


@pytest.mark.parametrize("row", [True, False])
def test_cross_section_equals_spreg(neighbourhoods, row):
    y, x, w, _ = neighbourhoods
    w = w if row else (w > 0).astype(float)
    found = lm_tests(y, x, w=sp.csr_array(w), effects="pooled", lagged=[1, 2], intercept=0)
    weights = libpysal.weights.full2W(w)
    # Left to itself spreg makes the weights it is given its own by standardising their rows.
    weights.transform = "o"
    fit = spreg.OLS(y.T, x[0, :, 1:], spat_diag=False)
    theirs = LMtests(fit, weights)
    names = {
        "lml": "lm_lag", "lme": "lm_error", "rlml": "robust_lm_lag", "rlme": "robust_lm_error", "sarma": "lm_sarma",
        "lmwx": "lm_wx", "lmspdurbin": "lm_sdm", "rlmwx": "robust_lm_wx", "rlmdurlag": "robust_lm_lag_wx",
        "lmslxerr": "lm_sdem",
    }  # fmt: skip
    for name, ours in names.items():
        statistic, p = getattr(theirs, name)
        assert found[ours].statistic == pytest.approx(statistic, rel=1e-8), name
        assert found[ours].p == pytest.approx(p, rel=1e-8), name
    moran = MoranRes(fit, weights, z=True)
    ours = moran_residuals(y, x, w=sp.csr_array(w), effects="pooled", intercept=0)
    assert ours.statistic == pytest.approx(moran.I, rel=1e-9)
    assert ours.expected == pytest.approx(moran.eI, rel=1e-9)
    assert ours.variance == pytest.approx(moran.vI, rel=1e-9)
    assert ours.test.p == pytest.approx(moran.p_norm, rel=1e-8)


def test_after_slx_equals_spreg_on_the_wider_regression(neighbourhoods):
    y, x, w, _ = neighbourhoods
    found = lm_tests(y, x, w=sp.csr_array(w), effects="pooled", lagged=[1, 2], intercept=0)
    weights = libpysal.weights.full2W(w)
    weights.transform = "o"
    wider = np.hstack([x[0, :, 1:], w @ x[0, :, 1:]])
    theirs = LMtests(spreg.OLS(y.T, wider), weights, tests=["lml", "lme", "rlml", "rlme", "sarma"])
    for name in ("lml", "lme", "rlml", "rlme"):
        assert found[f"{SLM[name]}_slx"].statistic == pytest.approx(getattr(theirs, name)[0], rel=1e-8)
    assert found["lm_sarma_slx"].statistic == pytest.approx(theirs.sarma[0], rel=1e-8)


@pytest.mark.parametrize("test", SLM)
@pytest.mark.parametrize("model", EFFECTS)
def test_panel_equals_splm(produc, model, test):
    """splm 1.6.5 lags demeaned data and does not remove period means from W m once more.

    Without time effects that is the same. With them only J differs, and the tests that need it: splm's number is met
    to the last digit when the period means are left in.
    """
    y, x, w, reference = produc
    effects = EFFECTS[model]
    x, intercept = with_intercept(x) if effects == "pooled" else (x, None)
    found = lm_tests(y, x, w=sp.csr_array(w), effects=effects, lagged=[], intercept=intercept)[SLM[test]].statistic
    expected = reference[f"slm_{model}_{test}"]["stat"]
    if effects in ("pooled", "region") or test == "lme":
        assert found == pytest.approx(expected, rel=1e-7)
    else:
        assert found != pytest.approx(expected, rel=1e-6)
        assert means_left_in(y, x, w, effects)[test] == pytest.approx(expected, rel=1e-7)


def means_left_in(y, x, w, effects):
    """The tests of data demeaned first and lagged afterwards, written out with dense matrices."""
    y = remove_effects(y[:, :, None], effects).reshape(-1)
    x = remove_effects(x, effects).reshape(len(y), -1)
    big = np.kron(np.eye(17), w)
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    e = y - fitted
    s2, q = e @ e / len(y), 17 * np.trace(w @ w + w.T @ w)
    pushed = big @ fitted
    pushed = pushed - x @ np.linalg.lstsq(x, pushed, rcond=None)[0]
    j, lag, error = pushed @ pushed / s2 + q, e @ big @ y / s2, e @ big @ e / s2
    return {
        "lml": lag**2 / j, "lme": error**2 / q, "rlml": (lag - error) ** 2 / (j - q),
        "rlme": (error - q / j * lag) ** 2 / (q * (1 - q / j)),
    }  # fmt: skip


def test_random_effects_equal_splm(produc):
    """Statistics of splm 1.6.5. Its p-values are two-sided for all; those of variances are one-sided here."""
    y, x, w, reference = produc
    x, intercept = with_intercept(x)
    w = sp.csr_array(w)
    found = random_tests(y, x, w=w, intercept=intercept)
    found |= conditional_tests(y, x, w=w, determinant=make_determinant(w, "auto"), intercept=intercept)
    names = {
        "bsk_lm1": "bsk_LM1", "bsk_slm1": "bsk_std_LM1", "bsk_lm2": "bsk_LM2", "bsk_lmh": "bsk_LMH",
        "bsk_clm_lambda": "bsk_CLMlambda", "bsk_clm_mu": "bsk_CLMmu", "bsjk_j": "bsjk_J",
    }  # fmt: skip
    for ours, theirs in names.items():
        assert found[ours].statistic == pytest.approx(reference[theirs]["stat"], rel=5e-7), ours
    for name in ("bsk_lm2", "bsk_clm_lambda"):
        assert found[name].p == pytest.approx(reference[names[name]]["p"], rel=1e-5)
    # Breusch and Pagan's statistic of this data set and model in Baltagi's textbook and Stata's xttest0: 4134.96
    assert effect_tests(y, x, intercept=intercept)["bp_region"].statistic == pytest.approx(4134.96, abs=0.005)


def test_standardised_spatial_statistic_of_splm_takes_the_weights_for_symmetric(produc):
    """splm 1.6.5 puts tr(M W M W) where the variance of e'W e needs tr(M U M U), U = (W + W')/2."""
    y, x, w, reference = produc
    x, intercept = with_intercept(x)
    ours = random_tests(y, x, w=sp.csr_array(w), intercept=intercept)["bsk_slm2"].statistic
    flat, big = x.reshape(816, -1), np.kron(np.eye(17), w)
    m = np.eye(816) - flat @ np.linalg.pinv(flat)
    e, rank = m @ y.ravel(), 816 - flat.shape[1]
    mean = np.trace(m @ big) / rank

    def standardised(d):
        variance = 2 * (rank * np.trace(m @ d @ m @ d) - np.trace(m @ d) ** 2) / (rank**2 * (rank + 2))
        return ((e @ big @ e) / (e @ e) - mean) / np.sqrt(variance)

    assert ours == pytest.approx(standardised((big + big.T) / 2), rel=1e-8)
    assert reference["bsk_std_LM2"]["stat"] == pytest.approx(standardised(big), rel=1e-8)


def restricted(produc, *, error, serial, region):
    y, x, w, _ = produc
    x, intercept = with_intercept(x)
    w = sp.csr_array(w)
    blocks = make_blocks(y, x, w, lagged=[], effects="pooled", intercept=intercept)
    return estimate_random(
        blocks, w, make_determinant(w, "auto"), parts=PARTS["sem" if error else "ols"], components="bsk",
        serial=serial, region_component=region,
    )  # fmt: skip


def test_conditional_tests_of_splm_with_serial_correlation_use_another_variance(produc):
    """splm 1.6.5 puts u'u / (N T (1 + phi)) for sigma2, which is its estimate only without psi and lambda.

    With that value in place of the maximum likelihood estimate its C.1 and C.2 are met; its C.3 needs, besides,
    tr(V^-1 J) / sigma2^2 where the score has tr(V^-1 J) / sigma2. Dense scores decide: see the unit tests.
    """
    _, _, w, reference = produc
    sparse = sp.csr_array(w)
    fit = restricted(produc, error=False, serial=True, region=True)
    u = fit.disturbance
    wrong = Restricted(u, (u**2).mean() / (1 + fit.spatial["phi"]), psi=fit.spatial["psi"], phi=fit.spatial["phi"])
    assert root_for_lambda(wrong, sparse) ** 2 == pytest.approx(reference["bsjk_C.1"]["stat"], rel=1e-4)
    assert wrong.sigma2 / fit.sigma2 > 30
    fit = restricted(produc, error=True, serial=False, region=True)
    u = fit.disturbance
    wrong = Restricted(u, (u**2).mean() / (1 + fit.spatial["phi"]), lam=fit.spatial["lambda"], phi=fit.spatial["phi"])
    assert root_for_psi(wrong, sparse) ** 2 == pytest.approx(reference["bsjk_C.2"]["stat"], rel=2e-4)
    fit = restricted(produc, error=True, serial=True, region=False)
    s2 = (fit.disturbance**2).mean()
    values = [dense_c3(fit, w, s2, power) for power in (1, 2)]
    wrong = Restricted(fit.disturbance, s2, lam=fit.spatial["lambda"], psi=fit.spatial["psi"])
    right_power = root_for_mu(wrong, sparse, make_determinant(sparse, "auto"), serial=True) ** 2
    assert values[0] == pytest.approx(right_power, rel=1e-6)
    assert values[1] == pytest.approx(reference["bsjk_C.3"]["stat"], rel=1e-3)


def dense_c3(fit, w, s2, power):
    """The statistic for random effects from covariances V x S, with tr(V^-1 J) divided by a power of the variance."""
    psi, lam = fit.spatial["psi"], fit.spatial["lambda"]
    v, slope = serial_covariance(psi, 17)
    b = np.eye(48) - lam * w
    p, rs = b.T @ b, (w.T @ b + b.T @ w) @ np.linalg.inv(b.T @ b)
    weight = np.linalg.inv(v).sum(axis=0)
    time = [np.eye(17) / s2, np.outer(weight, np.ones(17)) / s2, np.linalg.solve(v, slope), np.eye(17)]
    space = [np.eye(48), p, np.eye(48), rs]
    information = np.array(
        [
            [np.trace(a @ c) * np.trace(d @ f) / 2 for c, f in zip(time, space, strict=True)]
            for a, d in zip(time, space, strict=True)
        ]
    )
    # Every trace with V^-1 J but that with the derivative in psi is written with tr(V^-1 J) itself.
    factor = s2 ** (1 - power)
    others = [0, 3]
    information[1, others] *= factor
    information[others, 1] *= factor
    information[1, 1] *= factor**2
    score = ((p @ (weight @ fit.disturbance)) ** 2).sum() / s2**2
    score = (score - factor * weight.sum() / s2 * np.trace(p)) / 2
    return score**2 * np.linalg.inv(information)[1, 1]
