"""Dynamic panels: dense likelihoods, closed forms of the non-spatial limit, and what must not change an answer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse as sp
from scipy.optimize import brentq

from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._dynamic import dynamic_names, estimate_dynamic, make_dynamic_blocks
from spatial_region.panel._dynamic_adjusted import adjusted_score
from spatial_region.panel._dynamic_bias import expected_score
from spatial_region.panel._dynamic_state import Fit
from spatial_region.panel.options import PARTS


def simulate(w, periods, *, tau, eta, rho, lam=0.0, theta=0.0, seed=0, burn=40, region=True, time=True):
    """y (T + 1, N) and x (T, N, 1); slope 1, disturbances of variance 1."""
    rng = np.random.default_rng(seed)
    n = len(w)
    s, b = np.linalg.inv(np.eye(n) - rho * w), np.linalg.inv(np.eye(n) - lam * w)
    effects, y, found, xs = region * rng.normal(size=n), np.zeros(n), [], []
    for _ in range(periods + 1 + burn):
        x = rng.normal(size=n)
        shift = effects + time * rng.normal()
        y = s @ (tau * y + eta * (w @ y) + x + theta * (w @ x) + shift + b @ rng.normal(size=n))
        found.append(y)
        xs.append(x)
    return np.array(found[-periods - 1 :]), np.array(xs[-periods:])[:, :, None]


def ring(n, seed=0, links=4):
    rng = np.random.default_rng(seed)
    w = np.zeros((n, n))
    for i in range(n):
        w[i, rng.choice(np.delete(np.arange(n), i), size=links, replace=False)] = rng.uniform(0.5, 1.5, size=links)
    return w / w.sum(axis=1, keepdims=True)


def fit(y, x, w, *, model="sar", effects="region", dynamic="both", lee_yu=False, correction="none", kind="eigenvalues"):
    sparse = sp.csr_array(w)
    parts = PARTS[model]
    return estimate_dynamic(
        y, x, sparse, make_determinant(sparse, kind), parts=parts, lagged=[0] if parts.lag_x else [],
        effects=effects, dynamic=dynamic, lee_yu=lee_yu, correction=correction,
    )  # fmt: skip


def vector(found, model):
    parts, estimate = PARTS[model], found.estimate
    spatial = [*([estimate.rho] if parts.lag_y else []), *([estimate.lam] if parts.error else [])]
    return np.array([*estimate.coefficients, *spatial, estimate.sigma2])


# -- the conditional likelihood ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lee_yu", [False, True])
@pytest.mark.parametrize("effects", ["region", "time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sem", "sac"])
@pytest.mark.parametrize("dynamic", ["time", "space_time"])
def test_uncorrected_equals_dense_likelihood_with_dummies(oracle, dynamic, model, effects, lee_yu):
    w = ring(12)
    y, x = simulate(w, 6, tau=0.4 * (dynamic == "time"), eta=0.3 * (dynamic == "space_time"), rho=0.2, lam=0.2)
    past = y[:-1] if dynamic == "time" else y[:-1] @ w.T
    panel = SimpleNamespace(y=y[1:], x=np.concatenate([x, past[:, :, None]], axis=2), w=w)
    dense = oracle.dense(panel, model=model, effects=effects, lee_yu=lee_yu)
    found = fit(y, x, w, model=model, effects=effects, dynamic=dynamic, lee_yu=lee_yu)
    best, value, coefficients, sigma2 = dense.maximise(np.full(1 + (model == "sac"), 0.1))
    np.testing.assert_allclose(vector(found, model), [*coefficients[:2], *best, sigma2], atol=5e-6)
    assert found.estimate.loglik == pytest.approx(value, abs=1e-8)
    assert found.correction == "none" and found.reason == ""
    assert (found.tau, found.eta)[dynamic == "space_time"] == found.estimate.coefficients[1]
    assert (found.tau, found.eta)[dynamic == "time"] == 0.0


def test_regressors_come_in_the_order_of_their_names():
    w = ring(9)
    y, x = simulate(w, 4, tau=0.4, eta=0.1, rho=0.3)
    blocks = make_dynamic_blocks(y, x, sp.csr_array(w), lagged=[0], effects="region", dynamic="both")
    assert dynamic_names("both") == ["tau", "eta"]
    assert dynamic_names("time") == ["tau"] and dynamic_names("space_time") == ["eta"]
    columns = [x[:, :, 0], x[:, :, 0] @ w.T, y[:-1], y[:-1] @ w.T]
    np.testing.assert_allclose(blocks.z, np.stack(columns, axis=2), atol=1e-14)
    np.testing.assert_array_equal(blocks.y, y[1:])


# -- corrections ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lee_yu", [False, True])
@pytest.mark.parametrize("effects", ["region", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sdm", "sem", "sdem", "sac", "ols", "slx"])
def test_analytical_correction_is_one_step_by_the_inverse_information(model, effects, lee_yu):
    w = ring(20)
    y, x = simulate(w, 8, tau=0.4, eta=0.1, rho=0.2, lam=0.2)
    found = fit(y, x, w, model=model, effects=effects, lee_yu=lee_yu, correction="analytical")
    first, parts = found.uncorrected, PARTS[model]
    state = Fit(
        make_dynamic_blocks(
            y, x, sp.csr_array(w), lagged=[0] if parts.lag_x else [], effects=effects, dynamic="both"
        ),
        sp.csr_array(w), make_determinant(sp.csr_array(w), "eigenvalues"), parts, effects, lee_yu, lee_yu,
        ["tau", "eta"],
    )  # fmt: skip
    by_name = expected_score(
        state.w, state.determinant, state.point(state.state_of(first)), state.setting(finite=False), regions=20
    )
    score = np.array([by_name.get(name, 0.0) for name in state.parameter_names()])
    np.testing.assert_allclose(found.bias[:-1], (first.covariance @ score)[:-1], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(vector(found, model) + found.bias, state.state_of(first).vector(parts), rtol=1e-12)
    # sigma2: residuals at the corrected values, by their degrees of freedom
    e = found.estimate.residuals.innovations
    freedom = (20 - (effects == "twoway")) * 7
    assert found.estimate.sigma2 == pytest.approx((e**2).sum() / freedom, rel=1e-12)


def test_corrected_residuals_and_effects_add_up():
    w = ring(15)
    y, x = simulate(w, 8, tau=0.4, eta=0.1, rho=0.2)
    found = fit(y, x, w, model="sdm", effects="twoway", correction="analytical").estimate
    z = np.stack([x[:, :, 0], x[:, :, 0] @ w.T, y[:-1], y[:-1] @ w.T], axis=2)
    total = found.rho * y[1:] @ w.T + z @ found.coefficients + found.effects + found.residuals.disturbance
    np.testing.assert_allclose(total, y[1:], atol=1e-11)
    both = found.effects - found.effects.mean(0) - found.effects.mean(1, keepdims=True) + found.effects.mean()
    np.testing.assert_allclose(both, 0, atol=1e-11)


@pytest.mark.parametrize("correction", ["analytical", "score"])
def test_without_weights_the_limit_is_the_corrected_within_estimator(correction):
    """y_t = tau y_{t-1} + effects + e_t: Hahn and Kuersteiner (2002); the root of the adjusted score by bisection."""
    rng = np.random.default_rng(4)
    n, periods, tau = 400, 8, 0.5
    effects = rng.normal(size=n)
    y = [effects / (1 - tau) + rng.normal(size=n) / np.sqrt(1 - tau**2)]
    for _ in range(periods):
        y.append(tau * y[-1] + effects + rng.normal(size=n))
    y = np.array(y)
    found = estimate_dynamic(
        y, np.zeros((periods, n, 0)), None, None, parts=PARTS["ols"], lagged=[], effects="region", dynamic="time",
        correction=correction,
    )  # fmt: skip
    past, now = y[:-1] - y[:-1].mean(0), y[1:] - y[1:].mean(0)
    within = (past * now).sum() / (past**2).sum()
    assert found.uncorrected.coefficients[0] == pytest.approx(within, rel=1e-10)
    if correction == "analytical":
        # Their bias -(1 + tau) / T puts (1 - tau^2) for sigma2 N T / sum of squares, which is what the data say of it.
        sigma2 = ((now - within * past) ** 2).sum() / (n * (periods - 1) - 1)
        assert found.tau == pytest.approx(within + n * sigma2 / (past**2).sum() / (1 - within), rel=1e-10)
        assert found.tau == pytest.approx(within + (1 + within) / periods, abs=0.04)
        return

    def adjusted(value):
        e = now - value * past
        sigma2 = (e**2).sum() / (n * (periods - 1))
        return (past * e).sum() / sigma2 + n * sum((periods - 1 - h) * value**h for h in range(periods - 1)) / periods

    assert found.tau == pytest.approx(brentq(adjusted, within, 0.9, xtol=1e-14), abs=1e-9)
    assert abs(found.tau - tau) < 3 * np.sqrt(found.estimate.covariance[0, 0])
    assert within == pytest.approx(tau - nickell(tau, periods), abs=0.03)


def nickell(tau, periods):
    """Minus the inconsistency of the within estimator for many regions (Nickell 1981, eq. 18)."""
    lead = 1 - (1 - tau**periods) / (periods * (1 - tau))
    return (1 + tau) / (periods - 1) * lead / (1 - 2 * tau / ((1 - tau) * (periods - 1)) * lead)


@pytest.mark.parametrize("effects", ["region", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sdm", "sem", "sac", "gns", "ols"])
def test_root_of_the_adjusted_score_is_one_and_the_transformation_does_not_matter(model, effects):
    w = ring(40, seed=2)
    y, x = simulate(w, 8, tau=0.4, eta=0.1, rho=0.2, lam=0.2 if model != "sar" else 0.0, theta=0.5)
    one, other = (
        fit(y, x, w, model=model, effects=effects, lee_yu=lee_yu, correction="score") for lee_yu in (False, True)
    )
    assert one.correction == "score"
    np.testing.assert_allclose(vector(one, model), vector(other, model), atol=1e-6)
    np.testing.assert_allclose(one.estimate.covariance, other.estimate.covariance, rtol=1e-5, atol=1e-8)
    state = Fit(
        make_dynamic_blocks(
            y, x, sp.csr_array(w), lagged=[0] if PARTS[model].lag_x else [], effects=effects, dynamic="both"
        ),
        sp.csr_array(w), make_determinant(sp.csr_array(w), "eigenvalues"), PARTS[model], effects, False, False,
        ["tau", "eta"],
    )  # fmt: skip
    score = adjusted_score(state, state.state_from(vector(one, model)))
    in_errors = score * np.sqrt(np.diag(one.estimate.covariance))
    np.testing.assert_allclose(in_errors, 0, atol=1e-7)


def test_score_of_the_kernel_is_the_slope_of_the_dense_likelihood(oracle):
    """Away from the maximum, with the expectation put back."""
    w = ring(10, seed=1)
    y, x = simulate(w, 5, tau=0.4, eta=0.1, rho=0.3, lam=0.2)
    panel = SimpleNamespace(y=y[1:], x=np.concatenate([x, y[:-1, :, None]], axis=2), w=w)
    dense = oracle.dense(panel, model="sac", effects="twoway")
    state = Fit(
        make_dynamic_blocks(y, x, sp.csr_array(w), lagged=[], effects="twoway", dynamic="time"),
        sp.csr_array(w), make_determinant(sp.csr_array(w), "eigenvalues"), PARTS["sac"], "twoway", False, False,
        ["tau"],
    )  # fmt: skip
    values = np.array([0.8, 0.3, 0.15, 0.1, 1.2])  # beta, tau, rho, lambda, sigma2

    def profile(given):
        # The best effects for given parameters.
        a, b = dense.eye - given[2] * dense.big_w, dense.eye - given[3] * dense.big_w
        e = b @ (a @ dense.y - dense.design[:, :2] @ given[:2])
        dummies = b @ dense.design[:, 2:]
        e = e - dummies @ np.linalg.lstsq(dummies, e, rcond=None)[0]
        volume = np.linalg.slogdet(a)[1] + np.linalg.slogdet(b)[1]
        return -len(e) / 2 * np.log(2 * np.pi * given[4]) - e @ e / (2 * given[4]) + volume

    slopes = []
    for place in range(5):
        up, down = values.copy(), values.copy()
        up[place] += 1e-5
        down[place] -= 1e-5
        slopes.append((profile(up) - profile(down)) / 2e-5)
    at = state.state_from(values)
    by_name = expected_score(state.w, state.determinant, state.point(at), state.setting(finite=True), regions=10)
    expected = np.array([by_name.get(name, 0.0) for name in state.parameter_names()])
    np.testing.assert_allclose(adjusted_score(state, at) + expected, slopes, rtol=1e-6, atol=1e-6)


# -- what must not matter ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("correction", ["analytical", "score"])
def test_order_of_regions_and_units_do_not_matter(correction):
    w = ring(25, seed=3)
    y, x = simulate(w, 7, tau=0.4, eta=0.1, rho=0.2)
    base = fit(y, x, w, model="sdm", effects="twoway", correction=correction)
    order = np.random.default_rng(0).permutation(25)
    moved = fit(y[:, order], x[:, order], w[np.ix_(order, order)], model="sdm", effects="twoway", correction=correction)
    np.testing.assert_allclose(vector(moved, "sdm"), vector(base, "sdm"), rtol=1e-7)
    scaled = fit(1e4 * y + 1e5, 1e-3 * x, w, model="sdm", effects="twoway", correction=correction)
    unit = np.array([1e7, 1e7, 1, 1, 1, 1e8])
    np.testing.assert_allclose(vector(scaled, "sdm"), vector(base, "sdm") * unit, rtol=1e-6)
    np.testing.assert_allclose(
        scaled.estimate.covariance, base.estimate.covariance * np.outer(unit, unit), rtol=1e-5, atol=1e-9
    )
    assert scaled.stability.radius == pytest.approx(base.stability.radius, rel=1e-7)


@pytest.mark.parametrize("correction", ["analytical", "score"])
def test_sparse_factors_give_what_eigenvalues_give(correction):
    w = ring(60, seed=3)
    y, x = simulate(w, 7, tau=0.4, eta=0.1, rho=0.2)
    one, other = (fit(y, x, w, effects="twoway", correction=correction, kind=kind) for kind in ("eigenvalues", "lu"))
    errors = np.sqrt(np.diag(one.estimate.covariance))
    # The score's traces are by random signs there: well within a tenth of a standard error.
    tolerance = 1e-6 if correction == "analytical" else 0.05
    assert (np.abs(vector(one, "sar") - vector(other, "sar")) < tolerance * errors).all()
    assert other.stability.radius == pytest.approx(one.stability.radius, rel=1e-2)


def test_arguments_are_left_as_they_are():
    w = sp.csr_array(ring(20))
    y, x = simulate(w.toarray(), 6, tau=0.4, eta=0.1, rho=0.2)
    before = y.copy(), x.copy(), w.copy()
    for correction in ("none", "analytical", "score"):
        estimate_dynamic(
            y, x, w, make_determinant(w, "auto"), parts=PARTS["sdm"], lagged=[0], effects="twoway", dynamic="both",
            correction=correction,
        )  # fmt: skip
    np.testing.assert_array_equal(y, before[0])
    np.testing.assert_array_equal(x, before[1])
    assert abs(w - before[2]).nnz == 0


@pytest.mark.parametrize(("effects", "lee_yu"), [("pooled", False), ("time", True)])
def test_nothing_to_correct(effects, lee_yu):
    """Without region effects the past and the disturbances do not meet."""
    w = ring(30)
    y, x = simulate(w, 6, tau=0.4, eta=0.1, rho=0.2, region=False)
    if effects == "pooled":
        x = np.concatenate([np.ones_like(x), x], axis=2)
    sparse = sp.csr_array(w)
    found = estimate_dynamic(
        y, x, sparse, make_determinant(sparse, "auto"), parts=PARTS["sar"], lagged=[], effects=effects, dynamic="both",
        lee_yu=lee_yu, correction="analytical", intercept=0 if effects == "pooled" else None,
    )  # fmt: skip
    np.testing.assert_allclose(found.bias, 0, atol=1e-9)
    assert found.tau == pytest.approx(0.4, abs=0.2)
