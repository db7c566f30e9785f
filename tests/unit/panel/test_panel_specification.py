"""Kernels of the tests that choose a model, each against a computation that shares no code with it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse as sp
from scipy import stats

from spatial_region.core.frozen import FrozenDict
from spatial_region.errors import IdentificationError
from spatial_region.panel import _dependence as dependence
from spatial_region.panel._decision import suggest
from spatial_region.panel._hausman import contrast, hausman_tests
from spatial_region.panel._lm_value import TestValue, chi2_value
from spatial_region.panel._ratio import common_factor, likelihood_ratio, ratio_f, wald
from spatial_region.panel._verdicts import ENGLISH, Finding, Step
from spatial_region.panel.options import PARTS

# -- likelihood ratio, F and Wald ------------------------------------------------------------------------------


def test_likelihood_ratio():
    value = likelihood_ratio(-10.0, -12.5, df=2)
    assert (value.statistic, value.df) == (5.0, 2.0)
    assert value.p == pytest.approx(np.exp(-2.5))  # chi-squared with 2 degrees of freedom is exponential
    assert likelihood_ratio(-10.0 - 1e-10, -10.0, df=1).statistic == 0.0
    assert likelihood_ratio(-11.0, -10.0, df=1).statistic == -2.0  # a failed search is not hidden


def test_f_of_a_likelihood_ratio_is_the_f_test_of_least_squares():
    rng = np.random.default_rng(1)
    x, more, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 5)), rng.normal(size=40)
    small = np.linalg.lstsq(x, y, rcond=None)[1][0]
    large = np.linalg.lstsq(np.hstack([x, more]), y, rcond=None)[1][0]
    expected = (small - large) / 5 / (large / 32)
    found = ratio_f(40 * np.log(small / large), observations=40, df=5, df_residual=32)
    assert found.statistic == pytest.approx(expected)
    assert found.p == pytest.approx(stats.f.sf(expected, 5, 32))


def test_common_factor_by_numerical_delta_method():
    rng = np.random.default_rng(2)
    beta, theta, rho = rng.normal(size=3), rng.normal(size=3), 0.35
    root = rng.normal(size=(7, 7))
    covariance = root @ root.T
    start = np.array([*beta, *theta, rho])

    def restrictions(p):
        return p[3:6] + p[6] * p[:3]

    step = 1e-6
    jacobian = np.stack(
        [(restrictions(start + step * unit) - restrictions(start - step * unit)) / (2 * step) for unit in np.eye(7)],
        axis=1,
    )
    r = restrictions(start)
    expected = r @ np.linalg.inv(jacobian @ covariance @ jacobian.T) @ r
    found = common_factor(beta, theta, rho, covariance)
    assert found.statistic == pytest.approx(expected, rel=1e-7)
    assert found.df == 3


def test_wald_does_not_depend_on_units():
    rng = np.random.default_rng(3)
    root, value = rng.normal(size=(4, 4)), rng.normal(size=4)
    covariance, units = root @ root.T, np.array([1e-8, 1.0, 1e8, 1e3])
    plain = wald(value, np.eye(4), covariance)
    scaled = wald(value * units, np.eye(4), covariance * np.outer(units, units))
    assert scaled.statistic == pytest.approx(plain.statistic, rel=1e-9)


# -- dependence over time --------------------------------------------------------------------------------------


def test_dependence_by_loops_over_pairs():
    rng = np.random.default_rng(4)
    e = rng.normal(size=(6, 9)) + rng.normal(size=(6, 1))
    w = (rng.uniform(size=(9, 9)) < 0.3) * rng.uniform(0.5, 2, size=(9, 9))
    np.fill_diagonal(w, 0)
    r = np.corrcoef(e.T)
    pairs = list(combinations(range(9), 2))
    sums = dependence.pair_sums(e)
    cd = np.sqrt(2 * 6 / (9 * 8)) * sum(r[i, j] for i, j in pairs)
    lm = 6 * sum(r[i, j] ** 2 for i, j in pairs)
    scaled = np.sqrt(1 / (9 * 8)) * sum(6 * r[i, j] ** 2 - 1 for i, j in pairs)
    assert dependence.pesaran_cd(sums, 6).statistic == pytest.approx(cd)
    assert dependence.breusch_pagan_lm(sums, 6).statistic == pytest.approx(lm)
    assert dependence.breusch_pagan_lm(sums, 6).df == len(pairs)
    assert dependence.scaled_lm(sums, 6).statistic == pytest.approx(scaled)
    assert dependence.bias_adjusted_lm(sums, 6, 9).statistic == pytest.approx(scaled - 9 / 10)
    assert sums.absolute == pytest.approx(np.mean([abs(r[i, j]) for i, j in pairs]))
    near = [(i, j) for i, j in pairs if w[i, j] > 0 or w[j, i] > 0]
    local = np.sqrt(6 / len(near)) * sum(r[i, j] for i, j in near)
    assert dependence.local_cd(e, sp.csr_array(w)).statistic == pytest.approx(local)
    shifted = np.sqrt(6 / len(near)) * sum(r[i, j] + 1 / 8 for i, j in near)
    assert dependence.local_cd(e, sp.csr_array(w), after_time_effects=True).statistic == pytest.approx(shifted)


def test_blocks_of_pairs_do_not_matter(monkeypatch):
    e = np.random.default_rng(5).normal(size=(5, 23))
    whole = dependence.pair_sums(e)
    monkeypatch.setattr(dependence, "_BLOCK", 7)
    parts = dependence.pair_sums(e)
    assert_allclose([parts.squares, parts.absolute], [whole.squares, whole.absolute])


def test_residuals_that_do_not_vary_are_refused():
    e = np.random.default_rng(6).normal(size=(5, 4))
    e[:, 2] = 3.0
    with pytest.raises(IdentificationError, match="residuals of 1 regions do not vary"):
        dependence.pair_sums(e)


# -- fixed or random -------------------------------------------------------------------------------------------


def test_contrast_is_the_plain_inverse_when_that_is_positive():
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    random = a @ a.T
    fixed = random + b @ b.T
    d = rng.normal(size=3)
    found = contrast(d, np.zeros(3), fixed, random)
    assert found.value.statistic == pytest.approx(d @ np.linalg.solve(fixed - random, d))
    assert (found.value.df, found.negative) == (3.0, 0)


def test_contrast_leaves_out_directions_of_negative_variance():
    fixed, random = np.diag([2.0, 1.0, 3.0]), np.diag([1.0, 1.5, 2.0])
    found = contrast(np.array([1.0, 5.0, 2.0]), np.zeros(3), fixed, random)
    assert found.value.statistic == pytest.approx(1.0 / 1.0 + 4.0 / 1.0)
    assert (found.value.df, found.compared, found.negative) == (2.0, 3, 1)
    nothing = contrast(np.ones(3), np.zeros(3), random / 9, random)
    assert np.isnan(nothing.value.statistic)
    assert nothing.negative == 3


def dense_random_loglik(y, z, *, phi):
    """Log-likelihood of y = Z b + mu + e by the NT x NT covariance, b and sigma2 at their best."""
    periods, n = y.shape
    omega = np.eye(periods * n) + phi * np.kron(np.ones((periods, periods)), np.eye(n))
    inverse = np.linalg.inv(omega)
    flat = y.ravel()
    b = np.linalg.solve(z.T @ inverse @ z, z.T @ inverse @ flat)
    e = flat - z @ b
    size = len(flat)
    sigma2 = e @ inverse @ e / size
    return -size / 2 * (np.log(2 * np.pi * sigma2) + 1) - np.linalg.slogdet(omega)[1] / 2


def test_mundlak_by_dense_likelihoods(oracle):
    """The two random-effects likelihoods, maximised over phi on NT x NT matrices."""
    from scipy.optimize import minimize_scalar

    panel = oracle.panel(10, 4, seed=8)
    found = hausman_tests(panel.y, panel.x, None, None, parts=PARTS["ols"], lagged=[], time_effects=False)
    ones = np.ones((40, 1))
    x = panel.x.reshape(40, 2)
    means = np.broadcast_to(panel.x.mean(axis=0), panel.x.shape).reshape(40, 2)

    def best(z):
        return -minimize_scalar(
            lambda log_phi: -dense_random_loglik(panel.y, z, phi=np.exp(log_phi)),
            bounds=(-12, 8),
            method="bounded",
            options={"xatol": 1e-10},
        ).fun

    expected = 2 * (best(np.hstack([ones, x, means])) - best(np.hstack([ones, x])))
    assert found.mundlak.statistic == pytest.approx(expected, abs=1e-6)
    assert found.mundlak.df == 2


@pytest.mark.parametrize("model", ["ols", "sar", "sem", "sdm"])
@pytest.mark.parametrize("time_effects", [False, True])
def test_fixed_slopes_are_those_of_mundlaks_regression(oracle, model, time_effects):
    """In a linear model the slopes beside region means are exactly the within slopes (Mundlak 1978)."""
    from spatial_region.panel._determinant import make_determinant

    panel = oracle.panel(12, 5, seed=9)
    w = panel.weights.sparse
    parts = PARTS[model]
    x = panel.x.copy()
    found = hausman_tests(
        panel.y,
        x,
        w,
        None if parts.is_linear else make_determinant(w, "auto"),
        parts=parts,
        lagged=[0, 1] if parts.lag_x else [],
        time_effects=time_effects,
    )
    assert (x == panel.x).all()
    assert found.mundlak.statistic >= 0
    assert found.mundlak.df == (4 if parts.lag_x else 2)
    assert found.contrast.compared == found.slopes_only.compared + parts.lag_y + parts.error
    if model == "ols":
        dummies = [np.kron(np.ones((5, 1)), np.eye(12))]
        dummies += [np.kron(np.eye(5), np.ones((12, 1)))[:, 1:]] if time_effects else []
        design = np.hstack([x.reshape(60, 2), *dummies])
        assert_allclose(found.fixed.coefficients[:2], np.linalg.lstsq(design, panel.y.ravel(), rcond=None)[0][:2])


def test_regressors_constant_over_time_are_not_compared(oracle):
    panel = oracle.panel(12, 5, seed=10)
    constant = np.broadcast_to(np.arange(12.0)[None, :, None], (5, 12, 1))
    x = np.concatenate([constant, panel.x], axis=2)
    found = hausman_tests(panel.y, x, None, None, parts=PARTS["ols"], lagged=[], time_effects=False)
    assert found.slopes_only.compared == 2
    assert found.mundlak.df == 2
    assert len(found.random.coefficients) == 4


# -- verdicts and the decision ---------------------------------------------------------------------------------


def finding(key, p, null="ols", alternative="sar", **more):
    return Finding(key, "lm", TestValue(1.0, 1.0, p, "chi2"), null, alternative, **more)


def test_verdicts():
    assert finding("lm_lag", 0.01).verdict(0.05) == "rejects OLS in favour of SAR"
    assert finding("lm_lag", 0.2).verdict(0.05) == "does not reject OLS"
    assert finding("lm_lag", float("nan")).verdict(0.05) == "not defined for these data"
    assert finding("cd", 0.01, is_informative=False).verdict_key(0.05) == "uninformative"
    assert not finding("cd", 0.01, is_informative=False).rejects(0.05)
    said = finding("robust_lm_lag", 0.01, remark="given_lambda").verdict(0.05)
    assert said == "rejects OLS in favour of SAR, allowing for a small lambda"
    assert finding("scaled_lm_ols", 0.2, remark="many_regions").verdict(0.05) == "does not reject OLS"
    assert "too often" in finding("scaled_lm_ols", 0.01, remark="many_regions").verdict(0.05)
    chinese = dict(ENGLISH) | {"ols": "普通最小二乘", "keeps": "不拒绝{null}"}
    assert finding("lm_lag", 0.2).verdict(0.05, chinese) == "不拒绝普通最小二乘"
    assert Step("step.rejects", FrozenDict({"nested": "sem"})).say() == "the LR test rejects SEM against SDM"


# lag, error, robust lag, robust error, sdm->sar, sdm->sem, slx->ols, sdm->slx : p-values, and the model
DECISIONS = [
    ((0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5), "ols"),
    ((0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.01, 0.5), "slx"),
    ((0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.01, 0.01), "sdm"),
    ((0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.5, 0.5), "sdm"),
    ((0.01, 0.01, 0.01, 0.5, 0.5, 0.01, 0.5, 0.5), "sar"),
    ((0.01, 0.01, 0.5, 0.01, 0.01, 0.5, 0.5, 0.5), "sem"),
    ((0.01, 0.01, 0.5, 0.01, 0.5, 0.01, 0.5, 0.5), "sdm"),  # LM says error, LR says SAR
    ((0.01, 0.01, 0.01, 0.5, 0.01, 0.5, 0.5, 0.5), "sdm"),  # LM says lag, LR says SEM
    ((0.01, 0.01, 0.01, 0.5, 0.5, 0.5, 0.5, 0.5), "sar"),
    ((0.01, 0.01, 0.01, 0.01, 0.5, 0.5, 0.5, 0.5), "sdm"),  # LM points to both
]
KEYS = (
    "lm_lag",
    "lm_error",
    "robust_lm_lag",
    "robust_lm_error",
    "lr_sdm_sar",
    "lr_sdm_sem",
    "lr_slx_ols",
    "lr_sdm_slx",
)


@pytest.mark.parametrize(("p", "model"), DECISIONS)
def test_decisions(p, model):
    findings = {key: finding(key, value) for key, value in zip(KEYS, p, strict=True)}
    logliks = dict.fromkeys(("ols", "slx", "sar", "sem", "sdm", "sdem"), -10.0)
    found = suggest(findings, level=0.05, effects=None, logliks=logliks)
    assert found.model == model
    assert found.effects is None
    assert str(found).startswith(ENGLISH[model])
    conflict = any(step.key == "step.conflict" for step in found.steps)
    assert conflict == (model == "sdm" and p[0] < 0.05 and (p[4] > 0.05 or p[5] > 0.05))


def test_decisions_name_disagreements():
    findings = {key: finding(key, 0.01) for key in KEYS} | {"wald_sdm_sar": finding("wald_sdm_sar", 0.07)}
    found = suggest(findings, level=0.05, effects=None, logliks={"sdm": -10.0, "sdem": -5.0})
    assert "Wald and LR tests of SAR against SDM disagree (p = 0.07 and 0.01)" in str(found)
    assert "SDEM has a higher log-likelihood than SDM by 5" in str(found)


def test_decisions_without_a_durbin_model():
    findings = {key: finding(key, p) for key, p in zip(KEYS[:4], (0.01, 0.01, 0.5, 0.01), strict=True)}
    assert suggest(findings, level=0.05, effects=None, logliks={"sar": -1.0, "sem": -2.0}).model == "sem"
    both = findings | {"robust_lm_lag": finding("robust_lm_lag", 0.01)}
    found = suggest(both, level=0.05, effects=None, logliks={"sar": -1.0, "sem": -2.0})
    assert found.model == "sar"
    assert "SDM could not be fitted" in str(found)


@pytest.mark.parametrize(
    ("region", "time", "mundlak", "used", "wanted"),
    [
        (0.01, 0.01, 0.01, "twoway", "twoway"),
        (0.01, 0.5, 0.01, "twoway", "region"),
        (0.5, 0.01, 0.5, "region", "time"),
        (0.5, 0.5, 0.5, "region", "pooled"),
        (0.01, 0.5, 0.5, "random", "random"),
        (0.01, 0.5, 0.01, "random", "region"),
    ],
)
def test_effects_suggested(region, time, mundlak, used, wanted):
    findings = {
        "f_region_sdm": finding("f_region_sdm", region),
        "f_time_sdm": finding("f_time_sdm", time),
        "mundlak_sdm": finding("mundlak_sdm", mundlak),
        "lm_lag": finding("lm_lag", 0.5),
    }
    found = suggest(findings, level=0.05, effects=used, logliks={})
    assert found.effects == wanted
    assert any(step.key == ("step.effects" if wanted == used else "step.other_effects") for step in found.steps)


def test_chi2_value_of_nothing():
    assert chi2_value(0.0, 1).p == 1.0
