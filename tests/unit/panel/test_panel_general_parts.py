"""Parts of the general path: operators, log-determinants, traces and impacts, against dense matrices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError, InputError, WeightsError
from spatial_region.panel import _general_impacts, _general_traces, _general_volume
from spatial_region.panel._general_impacts import (
    GeneralImpactInput,
    choose_impacts,
    general_delta_impacts,
    general_simulated_impacts,
)
from spatial_region.panel._general_traces import compute_general_traces
from spatial_region.panel._general_volume import make_volume
from spatial_region.panel._operators import joint_groups, make_operators


def weights(n, rng, *, row=True, links=3):
    w = np.zeros((n, n))
    for i in range(n):
        w[i, rng.choice(np.delete(np.arange(n), i), size=links, replace=False)] = rng.uniform(0.5, 1.5, size=links)
    return w / w.sum(axis=1, keepdims=True) if row else w / np.abs(np.linalg.eigvals(w)).max()


def some(n=20, *, sizes=(3, 1), periods=3, seed=0, row=True):
    """Dense matrices by weights and period, and the operators of them."""
    rng = np.random.default_rng(seed)
    dense = [[weights(n, rng, row=row) for _ in range(size)] for size in sizes]
    return dense, make_operators([[sp.csr_array(w) for w in part] for part in dense], periods)


def at(dense, t):
    return [part[t % len(part)] for part in dense]


def test_operators_lag_and_solve_period_by_period():
    dense, operators = some()
    v = np.random.default_rng(1).normal(size=(3, 20, 2))
    rho = np.array([0.4, -0.7])
    lags, solved = operators.lag(v), operators.solve(rho, v)
    for t in range(3):
        for lag, w in zip(lags, at(dense, t), strict=True):
            np.testing.assert_allclose(lag[t], w @ v[t], atol=1e-14)
        s = np.eye(20) - sum(value * w for value, w in zip(rho, at(dense, t), strict=True))
        np.testing.assert_allclose(operators.filter(t, rho).toarray(), s, atol=1e-15)
        np.testing.assert_allclose(solved[t], np.linalg.solve(s, v[t]), atol=1e-12)


def test_periods_that_share_matrices_are_found():
    rng = np.random.default_rng(0)
    a, b, c = (sp.csr_array(weights(8, rng)) for _ in range(3))
    shuffled = sp.csr_array((a.tocoo().data[::-1], tuple(i[::-1] for i in a.tocoo().coords)), shape=a.shape)
    first = make_operators([[a, b, shuffled, b], [c]], 4)
    assert first.labels.tolist() == [0, 1, 0, 1]
    assert first.count == 2
    assert [(t, members.tolist()) for t, members in first.groups()] == [(0, [0, 2]), (1, [1, 3])]
    second = make_operators([[a, a, a, b]], 4)
    assert sorted(joint_groups(first, second)) == [(0, 2), (1, 1), (3, 1)]
    assert joint_groups(None, second) == [(0, 3), (3, 1)]
    assert first.sums_to_one
    assert not make_operators([[a, 2 * b, a, b]], 4).sums_to_one


def test_operators_refuse_what_does_not_fit():
    w = sp.csr_array(np.eye(3))
    with pytest.raises(InputError, match="2 matrices; a panel of 3 periods"):
        make_operators([[w], [w, w]], 3)
    with pytest.raises(InputError, match="no weights"):
        make_operators([], 3)
    with pytest.raises(WeightsError, match="3 x 3, 4 x 4"):
        make_operators([[w], [sp.csr_array(np.eye(4))]], 3)
    with pytest.raises(WeightsError, match="square"):
        make_operators([[sp.csr_array(np.ones((2, 3)))]], 3)
    with pytest.raises(WeightsError, match="finite"):
        make_operators([[sp.csr_array(np.array([[0.0, np.inf], [1.0, 0.0]]))]], 3)


@pytest.mark.parametrize("way", ["dense", "sparse"])
@pytest.mark.parametrize("row", [True, False])
def test_determinants_of_several_weights(monkeypatch, way, row):
    monkeypatch.setattr(_general_volume, "_MOST_DENSE", 500 if way == "dense" else 0)
    dense, operators = some(row=row)
    volume = make_volume(operators, drop_period=False, without_unit_root=False)
    for rho in np.array([[0.3, 0.4], [-0.5, 0.8], [1.3, -0.9], [0.0, 0.0]]):
        s = [np.eye(20) - rho[0] * a - rho[1] * b for a, b in (at(dense, t) for t in range(3))]
        signs, logs = zip(*(np.linalg.slogdet(one) for one in s), strict=True)
        assert volume.value(rho) == pytest.approx(sum(logs) if min(signs) > 0 else -np.inf, abs=1e-11)
        traces = sum(np.array([np.trace(w @ np.linalg.inv(one)) for w in at(dense, t)]) for t, one in enumerate(s))
        np.testing.assert_allclose(volume.gradient(rho), -traces, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("way", ["dense", "sparse"])
def test_the_sign_of_a_determinant_is_that_of_dense_factors(monkeypatch, way):
    monkeypatch.setattr(_general_volume, "_MOST_DENSE", 500 if way == "dense" else 0)
    dense, operators = some(15, sizes=(1, 1))
    volume = make_volume(operators, drop_period=False, without_unit_root=False)
    rng = np.random.default_rng(3)
    seen = set()
    for rho in rng.uniform(-4, 4, size=(60, 2)):
        sign = np.linalg.slogdet(np.eye(15) - rho[0] * dense[0][0] - rho[1] * dense[1][0])[0]
        assert np.isfinite(volume.value(rho)) == (sign > 0)
        seen.add(sign)
    assert seen == {-1.0, 1.0}


def test_room_ends_at_the_first_singular_point_on_the_way_from_independence():
    dense, operators = some(15, sizes=(1, 1))
    volume = make_volume(operators, drop_period=False, without_unit_root=False)
    for direction in np.array([[1.0, 0.5], [1.0, -0.6], [-1.0, -0.4], [-0.3, 1.0]]):
        values = np.linalg.eigvals(direction[0] * dense[0][0] + direction[1] * dense[1][0])
        largest = values.real[np.abs(values.imag) < 1e-12].max()
        assert volume.room(direction * 0.9999 / largest) == pytest.approx(1e-4, rel=1e-6)
        assert volume.room(direction * 1.001 / largest) < 0
    assert volume.room(np.zeros(2)) == 1.0
    # Two crossings give a positive determinant again; the point is outside all the same.
    assert volume.room(np.array([30.0, 30.0])) < 0


@pytest.mark.parametrize("kind", ["eigenvalues", "lu"])
def test_one_weights_that_changes(kind):
    dense, operators = some(sizes=(3,))
    volume = make_volume(operators, drop_period=False, without_unit_root=False, determinant=kind)
    rho = np.array([0.6])
    s = [np.eye(20) - 0.6 * at(dense, t)[0] for t in range(3)]
    assert volume.value(rho) == pytest.approx(sum(np.linalg.slogdet(one)[1] for one in s), abs=1e-11)
    traces = sum(np.trace(at(dense, t)[0] @ np.linalg.inv(one)) for t, one in enumerate(s))
    np.testing.assert_allclose(volume.gradient(rho), [-traces], rtol=1e-10)
    assert volume.value(np.array([1.0001])) == -np.inf


@pytest.mark.parametrize("orthogonal", [False, True])
@pytest.mark.parametrize("chunk", [7, 256])
def test_traces_of_all_products(monkeypatch, orthogonal, chunk):
    monkeypatch.setattr(_general_traces, "_CHUNK", chunk)
    dense, operators = some(16)
    of_error, error = some(16, sizes=(3,), seed=5)
    found = compute_general_traces(operators, error, rho=np.array([0.4, 0.3]), lam=-0.5, without_unit_root=orthogonal)
    f = np.linalg.svd(np.eye(16) - 1 / 16)[0][:, :15] if orthogonal else np.eye(16)
    first, inner, outer = np.zeros(3), np.zeros((3, 3)), np.zeros((3, 3))
    for t in range(3):
        (v, w), m = at(dense, t), at(of_error, t)[0]
        s, b = np.eye(16) - 0.4 * v - 0.3 * w, np.eye(16) + 0.5 * m
        parts = [b @ one @ np.linalg.inv(s) @ np.linalg.inv(b) for one in (v, w)] + [m @ np.linalg.inv(b)]
        parts = [f.T @ one @ f for one in parts]
        first += [np.trace(one) for one in parts]
        inner += [[np.trace(i @ j) for j in parts] for i in parts]
        outer += [[np.trace(i.T @ j) for j in parts] for i in parts]
    np.testing.assert_allclose(found.first, first, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.inner, inner, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.outer, outer, rtol=1e-10, atol=1e-12)


def test_traces_from_random_signs_are_close_and_repeat(monkeypatch):
    _, operators = some(400, sizes=(1, 1))
    _, error = some(400, sizes=(1,), seed=5)
    given = {"rho": np.array([0.4, 0.2]), "lam": 0.3}
    exact = compute_general_traces(operators, error, **given)
    monkeypatch.setattr(_general_traces, "_MOST_EXACT", 0)
    drawn = compute_general_traces(operators, error, **given)
    np.testing.assert_allclose(np.diag(drawn.outer), np.diag(exact.outer), rtol=0.02)
    np.testing.assert_allclose(np.diag(drawn.inner + drawn.outer), np.diag(exact.inner + exact.outer), rtol=0.03)
    again = compute_general_traces(operators, error, **given)
    np.testing.assert_array_equal(again.outer, drawn.outer)


def impacts_given(*, has_rho=True, seed=0):
    rng = np.random.default_rng(seed)
    theta = np.zeros((2, 3))
    theta[:, [0, 2]] = rng.normal(size=(2, 2))
    size = 3 + 4 + 2 * has_rho
    root = 0.02 * rng.normal(size=(size, size))
    rho = np.array([0.35, 0.25]) if has_rho else np.zeros(2)
    return GeneralImpactInput(rng.normal(size=3), theta, rho, root @ root.T, [0, 2], has_rho)


def dense_impacts(dense, beta, theta, rho, periods=3):
    n = len(dense[0][0])
    total = np.zeros((3, len(beta)))
    for t in range(periods):
        both = at(dense, t)
        inverse = np.linalg.inv(np.eye(n) - sum(value * w for value, w in zip(rho, both, strict=True)))
        for k, slope in enumerate(beta):
            effect = inverse @ (slope * np.eye(n) + sum(one[k] * w for one, w in zip(theta, both, strict=True)))
            direct, row = np.trace(effect) / n, effect.sum() / n
            total[:, k] += [direct, row - direct, row]
    return total / periods


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("has_rho", [True, False])
def test_impacts_and_their_delta_method_errors(row, has_rho):
    dense, operators = some(row=row)
    given = impacts_given(has_rho=has_rho)
    found = general_delta_impacts(given, operators)

    def value(estimates):
        return dense_impacts(dense, *given.at(estimates))

    centre = given.centre
    np.testing.assert_allclose(found.value, value(centre), atol=1e-12)
    steps = 1e-6 * np.eye(len(centre))
    gradient = np.array([(value(centre + step) - value(centre - step)) / 2e-6 for step in steps])
    variance = np.einsum("mik,mn,nik->ik", gradient, given.covariance, gradient)
    np.testing.assert_allclose(found.se, np.sqrt(variance), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("has_rho", [True, False])
def test_drawn_impacts_are_those_of_each_draw(row, has_rho):
    dense, operators = some(row=row)
    given = impacts_given(has_rho=has_rho)
    found = general_simulated_impacts(given, operators, draws=40, random=np.random.default_rng(2))
    spread = np.sqrt(np.diag(given.covariance))
    root = np.linalg.cholesky(given.covariance / np.outer(spread, spread)) * spread[:, None]
    sample = given.centre + np.random.default_rng(2).standard_normal((40, len(root))) @ root.T
    assert found.rejected == 0
    expected = np.array([dense_impacts(dense, *given.at(one)) for one in sample])
    np.testing.assert_allclose(found.draws, expected, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(found.se, expected.std(axis=0, ddof=1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("row", [True, False])
def test_expansion_of_the_multipliers(monkeypatch, row):
    """Where exact draws would take too long. The error is of the third order in the deviation of rho."""
    _, operators = some(row=row)
    given = impacts_given()
    gaps = []
    for share in (0.1, 0.05):
        one = replace(given, covariance=share**2 * given.covariance)
        exact = general_simulated_impacts(one, operators, draws=60, random=np.random.default_rng(2))
        with monkeypatch.context() as patch:
            patch.setattr(_general_impacts, "_BUDGET", 0)
            close = general_simulated_impacts(one, operators, draws=60, random=np.random.default_rng(2))
        np.testing.assert_allclose(close.se, exact.se, rtol=3e-3)
        gaps.append(np.abs(close.draws - exact.draws).max())
    assert 6 < gaps[0] / gaps[1] < 10


def test_draws_that_leave_the_parameter_space_are_drawn_again():
    _, operators = some()
    covariance = 0.01 * np.eye(9)
    given = impacts_given()
    near = GeneralImpactInput(given.beta, given.theta, np.array([0.5, 0.4]), covariance, [0, 2], True)
    found = general_simulated_impacts(near, operators, draws=50, random=np.random.default_rng(2))
    assert found.rejected > 0
    assert len(found.draws) == 50
    wide = GeneralImpactInput(given.beta, given.theta, np.array([0.5, 0.4]), 1e6 * covariance, [0, 2], True)
    with pytest.raises(ConvergenceError, match="does not exist"):
        general_simulated_impacts(wide, operators, draws=50, random=np.random.default_rng(2))


def test_impacts_of_chosen_regressors():
    """x holds an intercept, a, b, c; lags of a and c by two weights; impacts of a and b are wanted."""
    coefficients = np.arange(8.0)
    covariance = np.arange(121.0).reshape(11, 11)
    given = choose_impacts(
        coefficients, np.array([0.1, 0.2]), covariance, weights=2, regressors=4, lagged=[1, 3], kept=[1, 2]
    )
    np.testing.assert_array_equal(given.beta, [1.0, 2.0])
    np.testing.assert_array_equal(given.theta, [[4.0, 0.0], [6.0, 0.0]])
    assert given.lagged == [0]
    places = [1, 2, 4, 6, 8, 9]
    np.testing.assert_array_equal(given.centre, [1.0, 2.0, 4.0, 6.0, 0.1, 0.2])
    np.testing.assert_array_equal(given.covariance, covariance[np.ix_(places, places)])
    plain = choose_impacts(coefficients[:4], np.zeros(0), np.eye(5), weights=2, regressors=4, lagged=[], kept=[1, 2])
    assert not plain.has_rho
    np.testing.assert_array_equal(plain.theta, np.zeros((2, 2)))
