"""Stability and impacts of dynamic panels: against dense matrices, paths followed for many periods, and draws."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError, InputError
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._dynamic import dynamic_names, estimate_dynamic
from spatial_region.panel._dynamic_bias import Point
from spatial_region.panel._dynamic_impacts import (
    DynamicImpactInput,
    convergence_effect,
    impact_input,
    long_run_impacts,
    short_run,
    simulated_long_run,
    simulated_short_run,
)
from spatial_region.panel._dynamic_stability import are_stable, find_stability, transition_radius
from spatial_region.panel._impacts import delta_impacts
from spatial_region.panel.options import PARTS


def weights(n=30, *, row=True, symmetric=False, seed=0):
    rng = np.random.default_rng(seed)
    w = np.zeros((n, n))
    for i in range(n):
        w[i, rng.choice(np.delete(np.arange(n), i), size=4, replace=False)] = rng.uniform(0.5, 1.5, size=4)
    if symmetric:
        w = w + w.T
    return w / w.sum(axis=1, keepdims=True) if row else w / np.abs(np.linalg.eigvals(w)).max()


def transition(w, tau, eta, rho):
    eye = np.eye(len(w))
    return np.linalg.solve(eye - rho * w, tau * eye + eta * w)


POINTS = [(0.5, 0.1, 0.3), (0.3, -0.4, 0.5), (-0.4, 0.3, -0.6), (0.7, 0.2, 0.3), (0.1, -0.6, -0.2), (0.4, 0.0, 0.2)]


@pytest.mark.parametrize("kind", ["eigenvalues", "lu"])
@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("row", [True, False])
def test_radius_is_that_of_the_dense_transition(row, symmetric, kind):
    w = weights(row=row, symmetric=symmetric)
    sparse = sp.csr_array(w)
    determinant = make_determinant(sparse, kind)
    for tau, eta, rho in POINTS:
        dense = np.abs(np.linalg.eigvals(transition(w, tau, eta, rho))).max()
        assert transition_radius(sparse, determinant, Point(rho, 0.0, tau, eta, 1.0)) == pytest.approx(dense, rel=1e-6)


@pytest.mark.parametrize("kind", ["eigenvalues", "lu"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_many_points_are_judged_as_one_by_one(symmetric, kind):
    sparse = sp.csr_array(weights(symmetric=symmetric))
    determinant = make_determinant(sparse, kind)
    tau, eta, rho = np.random.default_rng(1).uniform(-1.1, 1.1, size=(3, 300))
    found = are_stable(determinant, tau, eta, rho)
    for place in range(300):
        inside = determinant.low < rho[place] < determinant.high
        if not inside:
            assert not found[place]
            continue
        radius = transition_radius(sparse, determinant, Point(rho[place], 0.0, tau[place], eta[place], 1.0))
        # With complex eigenvalues unknown the whole disc must be stable: never too many, sometimes too few.
        assert found[place] <= (radius < 1)
        if symmetric or kind == "eigenvalues":
            assert found[place] == (radius < 1)
    assert 30 < found.sum() < 270


def test_radius_without_weights_and_standard_error_of_the_sum():
    covariance = np.array([[4.0, 1.0, 0.5], [1.0, 9.0, 2.0], [0.5, 2.0, 16.0]]) / 100
    found = find_stability(None, None, Point(0.0, 0.0, -1.2, 0.0, 1.0), covariance, {"tau": 1, "sigma2": 2})
    assert (found.radius, found.stable, found.total, found.total_se) == (1.2, False, -1.2, 0.3)
    sparse = sp.csr_array(weights())
    found = find_stability(
        sparse, make_determinant(sparse, "auto"), Point(0.3, 0.0, 0.5, 0.1, 1.0), covariance,
        {"tau": 0, "eta": 1, "rho": 2},
    )  # fmt: skip
    assert found.stable and found.row_standardised and found.total == pytest.approx(0.9)
    assert found.radius == pytest.approx(0.6 / 0.7)  # of the constant: (tau + eta) / (1 - rho)
    assert found.total_se == pytest.approx(np.sqrt(covariance.sum()))


def test_an_explosive_panel_is_said_to_be_and_left_uncorrected():
    w = sp.csr_array(weights())
    rng = np.random.default_rng(1)
    y = [rng.normal(size=30)]
    for _ in range(8):
        y.append(1.3 * y[-1] + 0.1 * (w @ y[-1]) + rng.normal(size=30))
    found = estimate_dynamic(
        np.array(y), rng.normal(size=(8, 30, 1)), w, make_determinant(w, "auto"), parts=PARTS["sar"], lagged=[],
        effects="region", dynamic="time",
    )  # fmt: skip
    assert not found.stability.stable and found.stability.radius > 1.2
    assert (found.correction, found.reason, found.corrected) == ("none", "unstable", False)
    np.testing.assert_array_equal(found.bias, 0)
    given = impact_input(found, regressors=1, lagged=[], dynamic=["tau"], has_rho=True)
    with pytest.raises(InputError, match="no long run"):
        long_run_impacts(given, w, make_determinant(w, "auto"), stable=found.stability.stable)
    with pytest.raises(InputError, match="no long run"):
        simulated_long_run(
            given, w, make_determinant(w, "auto"), stable=False, draws=10, random=np.random.default_rng(0)
        )


CASES = {
    "sar-both": (["tau", "eta", "rho"], []),
    "sdm-both": (["tau", "eta", "rho"], [0, 1]),
    "sdm-one lag": (["tau", "rho"], [1]),
    "sdm-space": (["eta", "rho"], [0, 1]),
    "slx-time": (["tau"], [0]),
    "slx-both": (["tau", "eta"], [0, 1]),
    "ols-time": (["tau"], []),
}


def given_for(case, *, scale=0.02):
    named, lagged = CASES[case]
    rng = np.random.default_rng(5)
    values = {"tau": 0.5, "eta": -0.15, "rho": 0.3}
    present = [values[name] if name in named else 0.0 for name in ("tau", "eta", "rho")]
    theta = np.zeros(2)
    theta[lagged] = [0.4, -0.2][: len(lagged)]
    count = 2 + len(lagged) + len(named)
    root = scale * rng.normal(size=(count, count))
    return DynamicImpactInput(
        np.array([1.0, -0.5]), theta, *present, root @ root.T + scale**2 * np.eye(count), lagged, named
    )


def with_values(given, vector):
    """The same input at other parameters."""
    k, lags = 2, len(given.lagged)
    theta = np.zeros(2)
    theta[given.lagged] = vector[k : k + lags]
    return dataclasses.replace(
        given, beta=vector[:k], theta=theta, **dict(zip(given.named, vector[k + lags :], strict=True))
    )


def dense_effects(given, w, kind):
    """(direct, indirect, total) x regressors; the long run by following the path until nothing moves."""
    eye, found = np.eye(len(w)), []
    if kind == "convergence":
        matrices = [transition(w, given.tau, given.eta, given.rho) - eye]
    else:
        now = np.linalg.inv(eye - given.rho * w)
        matrices = [now @ (b * eye + q * w) for b, q in zip(given.beta, given.theta, strict=True)]
    if kind == "long":
        step, first = transition(w, given.tau, given.eta, given.rho), matrices
        for _ in range(400):
            matrices = [step @ m + f for m, f in zip(matrices, first, strict=True)]
    for m in matrices:
        direct, total = np.trace(m) / len(w), m.sum() / len(w)
        found.append([direct, total - direct, total])
    return np.array(found).T


def impacts_of(given, w, kind, determinant="eigenvalues"):
    sparse = sp.csr_array(w)
    volume = make_determinant(sparse, determinant)
    if kind == "convergence":
        return convergence_effect(given, sparse, volume)
    if kind == "long":
        return long_run_impacts(given, sparse, volume, stable=True)
    return delta_impacts(short_run(given), sparse, volume if "rho" in given.named else None)


@pytest.mark.parametrize(("row", "determinant"), [(True, "eigenvalues"), (False, "eigenvalues"), (True, "lu")])
@pytest.mark.parametrize("kind", ["short", "long", "convergence"])
@pytest.mark.parametrize("case", CASES)
def test_impacts_and_delta_errors_equal_dense_derivatives(case, kind, row, determinant):
    given, w = given_for(case), weights(20, row=row)
    found = impacts_of(given, w, kind, determinant)
    np.testing.assert_allclose(found.value, dense_effects(given, w, kind), atol=1e-11)
    gradient = []
    for place in range(len(given.values)):
        up, down = given.values.copy(), given.values.copy()
        up[place] += 1e-6
        down[place] -= 1e-6
        gap = dense_effects(with_values(given, up), w, kind) - dense_effects(with_values(given, down), w, kind)
        gradient.append(gap / 2e-6)
    errors = np.sqrt(np.einsum("mik,mn,nik->ik", gradient, given.covariance, gradient))
    np.testing.assert_allclose(found.se, errors, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("case", CASES)
def test_draws_agree_with_the_delta_method_where_errors_are_small(case):
    given, w = given_for(case, scale=0.002), sp.csr_array(weights(20))
    volume = make_determinant(w, "eigenvalues")
    random = np.random.default_rng(0)
    exact = long_run_impacts(given, w, volume, stable=True)
    drawn = simulated_long_run(given, w, volume, stable=True, draws=3000, random=random)
    np.testing.assert_allclose(drawn.value, exact.value, rtol=1e-12)
    np.testing.assert_allclose(drawn.se, exact.se, rtol=0.06, atol=1e-12)
    np.testing.assert_allclose(drawn.draws.mean(axis=0), exact.value, atol=5 * exact.se.max() / 3000**0.5)
    assert drawn.rejected == 0
    short = simulated_short_run(given, w, volume, draws=3000, random=random)
    np.testing.assert_allclose(short.se, impacts_of(given, w.toarray(), "short").se, rtol=0.06, atol=1e-12)


def test_each_draw_is_the_long_run_of_its_parameters():
    given, w = given_for("sdm-both", scale=0.005), weights(20)
    sparse = sp.csr_array(w)
    found = simulated_long_run(
        given, sparse, make_determinant(sparse, "eigenvalues"), stable=True, draws=20, random=np.random.default_rng(3)
    )
    spread = np.sqrt(np.diag(given.covariance))
    root = np.linalg.cholesky(given.covariance / np.outer(spread, spread)) * spread[:, None]
    sample = given.values + np.random.default_rng(3).standard_normal((20, len(spread))) @ root.T
    assert found.rejected == 0
    for vector, drawn in zip(sample, found.draws, strict=True):
        np.testing.assert_allclose(drawn, dense_effects(with_values(given, vector), w, "long"), rtol=1e-8, atol=1e-9)


def test_draws_beyond_the_unit_root_are_drawn_again_or_refused():
    w = sp.csr_array(weights(20))
    volume = make_determinant(w, "eigenvalues")
    near = dataclasses.replace(given_for("sar-both", scale=0.05), tau=0.8)  # tau + eta + rho = 0.95
    found = simulated_long_run(near, w, volume, stable=True, draws=500, random=np.random.default_rng(0))
    assert 0 < found.rejected < 5000 and np.isfinite(found.draws).all()
    beyond = dataclasses.replace(near, tau=3.0)
    with pytest.raises(ConvergenceError, match="unit root"):
        simulated_long_run(beyond, w, volume, stable=True, draws=500, random=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("model", "dynamic"), [*product(["sar", "sdm", "sem", "sdem", "sac", "gns"], ["time", "both"]), ("ols", "time")]
)
def test_inputs_are_taken_from_the_estimate_by_name(model, dynamic):
    rng = np.random.default_rng(2)
    w = sp.csr_array(weights(25))
    parts = PARTS[model]
    y = rng.normal(size=(8, 25)).cumsum(axis=0) * 0.3 + rng.normal(size=25)
    lagged = [1] if parts.lag_x else []
    found = estimate_dynamic(
        y, rng.normal(size=(7, 25, 2)), w, make_determinant(w, "auto"), parts=parts, lagged=lagged, effects="region",
        dynamic=dynamic,
    )  # fmt: skip
    given = impact_input(found, regressors=2, lagged=lagged, dynamic=dynamic_names(dynamic), has_rho=parts.lag_y)
    names = ["a", "b", *(["W_b"] if lagged else []), *dynamic_names(dynamic), *(["rho"] if parts.lag_y else [])]
    assert given.named == names[2 + len(lagged) :]
    estimate = found.estimate
    expected = [*estimate.coefficients, *([estimate.rho] if parts.lag_y else [])]
    np.testing.assert_array_equal(given.values, expected)
    np.testing.assert_array_equal(given.covariance, estimate.covariance[: len(names), : len(names)])
