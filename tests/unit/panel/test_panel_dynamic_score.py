"""What fixed effects do to the score of a dynamic panel: exact expectation in a small dense model, published forms."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel._determinant import FactorisedDeterminant, make_determinant
from spatial_region.panel._dynamic_bias import Point, Setting, expected_score

N, PERIODS = 7, 4
NAMES = ["tau", "eta", "rho", "lambda", "sigma2"]
TRUTH = np.array([0.4, 0.15, 0.3, 0.25, 1.3])


def weights(row: bool, n: int = N) -> np.ndarray:
    rng = np.random.default_rng(3)
    w = rng.uniform(0.2, 1.0, size=(n, n)) * (rng.uniform(size=(n, n)) < 0.6)
    np.fill_diagonal(w, 0.0)
    w[np.arange(n), (np.arange(n) + 1) % n] = 1.0
    return w / w.sum(axis=1, keepdims=True) if row else w / np.abs(np.linalg.eigvals(w)).max()


class DensePanel:
    """All periods at once: mean and covariance of y given y_0, and the expected log-likelihood at other parameters.

    Effects are dummies projected out after the error filter, whatever the parameters; matrices are NT x NT.
    """

    def __init__(self, w, *, periods=PERIODS, effects, lee_yu, seed=1):
        self.w, self.periods, self.effects, self.lee_yu = w, periods, effects, lee_yu
        self.n = len(w)
        rng = np.random.default_rng(seed)
        self.x = rng.normal(size=periods * self.n)
        self.first = 2 * rng.normal(size=self.n)
        self.dummies = np.zeros((periods * self.n, 0))
        if effects in ("region", "twoway"):
            self.dummies = np.hstack([self.dummies, np.kron(np.ones((periods, 1)), np.eye(self.n))])
        if effects in ("time", "twoway"):
            self.dummies = np.hstack([self.dummies, np.kron(np.eye(periods), np.ones((self.n, 1)))])
        shift = self.dummies @ rng.normal(size=self.dummies.shape[1])
        self.slope = 0.7
        tau, eta, rho, lam, sigma2 = TRUTH
        a, constant, b = self.parts(tau, eta, rho, lam)
        inverse = np.linalg.inv(a)
        self.mean = inverse @ (constant + self.slope * self.x + shift)
        spread = inverse @ np.linalg.inv(b)
        self.covariance = sigma2 * spread @ spread.T

    def parts(self, tau, eta, rho, lam):
        """A and c of A y = c + X b + effects + u, and the filter B."""
        eye, n = np.eye(self.n), self.n
        step = tau * eye + eta * self.w
        a = np.kron(np.eye(self.periods), eye - rho * self.w) - np.kron(np.eye(self.periods, k=-1), step)
        constant = np.zeros(self.periods * n)
        constant[:n] = step @ self.first
        return a, constant, np.kron(np.eye(self.periods), eye - lam * self.w)

    def expected_loglik(self, theta, slope):
        tau, eta, rho, lam, sigma2 = theta
        a, constant, b = self.parts(tau, eta, rho, lam)
        basis, values, _ = np.linalg.svd(b @ self.dummies, full_matrices=False)
        basis = basis[:, values > 1e-9]
        project = np.eye(len(self.x)) - basis @ basis.T
        e = project @ b @ (a @ self.mean - constant - slope * self.x)
        noise = project @ b @ a
        squares = e @ e + np.trace(noise @ self.covariance @ noise.T)
        rows, kept = self.n, self.periods
        volume = (
            np.linalg.slogdet(np.eye(self.n) - rho * self.w)[1] + np.linalg.slogdet(np.eye(self.n) - lam * self.w)[1]
        )
        if self.lee_yu and self.effects in ("time", "twoway"):
            rows, volume = rows - 1, volume - np.log(1 - rho) - np.log(1 - lam)
        if self.lee_yu and self.effects in ("region", "twoway"):
            kept -= 1
        return kept * volume - rows * kept / 2 * np.log(2 * np.pi * sigma2) - squares / (2 * sigma2)

    def expected_score(self):
        found = []
        for place in range(6):
            step = 1e-5
            up, down, slopes = TRUTH.copy(), TRUTH.copy(), [self.slope, self.slope]
            if place < 5:
                up[place] += step
                down[place] -= step
            else:
                slopes = [self.slope + step, self.slope - step]
            found.append((self.expected_loglik(up, slopes[0]) - self.expected_loglik(down, slopes[1])) / (2 * step))
        return np.array(found)


def point(values=TRUTH):
    tau, eta, rho, lam, sigma2 = values
    return Point(rho, lam, tau, eta, sigma2)


def setting(effects, lee_yu, *, periods=PERIODS, finite=True):
    region, time = effects in ("region", "twoway"), effects in ("time", "twoway")
    return Setting(periods, region, time, periods - (lee_yu and region), lee_yu and time, finite)


CASES = [
    (row, effects, lee_yu)
    for row, effects, lee_yu in product([True, False], ["region", "time", "twoway"], [False, True])
    if row or not lee_yu or effects == "region"  # transforming period effects away needs rows that sum to 1
]


@pytest.mark.parametrize(("row", "effects", "lee_yu"), CASES)
def test_expected_score_equals_that_of_the_dense_model(row, effects, lee_yu):
    w = weights(row)
    dense = DensePanel(w, effects=effects, lee_yu=lee_yu).expected_score()
    sparse = sp.csr_array(w)
    found = expected_score(
        sparse, make_determinant(sparse, "eigenvalues"), point(), setting(effects, lee_yu), regions=N
    )
    np.testing.assert_allclose([found[name] for name in NAMES], dense[:5], atol=2e-7)
    assert abs(dense[5]) < 1e-7  # slopes are not biased at first order
    assert (np.abs(dense[:5]).max() > 0.1) == (effects != "time" or not lee_yu)  # nothing is left to correct there


def test_expectation_does_not_depend_on_the_first_period():
    w = weights(True)
    one, other = (DensePanel(w, effects="twoway", lee_yu=False, seed=seed).expected_score() for seed in (1, 2))
    np.testing.assert_allclose(one, other, atol=1e-7)


@pytest.mark.parametrize(("row", "effects", "lee_yu"), CASES)
def test_limit_for_many_periods_is_approached_as_one_over_t(row, effects, lee_yu):
    w = weights(row)
    sparse = sp.csr_array(w)
    determinant = make_determinant(sparse, "eigenvalues")
    gaps = []
    for periods in (50, 100):
        by = [
            expected_score(
                sparse, determinant, point(), setting(effects, lee_yu, periods=periods, finite=finite), regions=N
            )
            for finite in (True, False)
        ]
        gaps.append(np.array([by[0][name] - by[1][name] for name in NAMES]))
    np.testing.assert_allclose(gaps[1], gaps[0] / 2, rtol=0.05, atol=1e-10)


@pytest.mark.parametrize("row", [True, False])
def test_limit_equals_the_published_matrices(row):
    """Yu, de Jong and Lee (2008): the terms of phi, times n, with matrices and not with traces of W's functions."""
    w = weights(row)
    tau, eta, rho, _, sigma2 = TRUTH
    eye = np.eye(N)
    s = np.linalg.inv(eye - rho * w)
    g, a = w @ s, s @ (tau * eye + eta * w)
    past = np.linalg.inv(eye - a) @ s
    published = {
        "tau": np.trace(past),
        "eta": np.trace(w @ past),
        "rho": np.trace(g @ (tau * eye + eta * w) @ past) + np.trace(g),
        "sigma2": N / (2 * sigma2),
    }
    sparse = sp.csr_array(w)
    for kind in ("eigenvalues", "lu"):
        found = expected_score(
            sparse, make_determinant(sparse, kind), point(), setting("region", False, finite=False), regions=N
        )
        np.testing.assert_allclose([-found[name] for name in published], list(published.values()), rtol=1e-9)


@pytest.mark.parametrize(("row", "effects", "lee_yu"), CASES)
def test_sparse_factors_give_the_limit_that_eigenvalues_give(row, effects, lee_yu):
    sparse = sp.csr_array(weights(row))
    one, other = (
        expected_score(
            sparse, make_determinant(sparse, kind), point(), setting(effects, lee_yu, finite=False), regions=N
        )
        for kind in ("eigenvalues", "lu")
    )
    np.testing.assert_allclose([one[name] for name in NAMES], [other[name] for name in NAMES], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("effects", ["region", "twoway"])
def test_random_signs_come_close_to_the_exact_traces(effects):
    rng = np.random.default_rng(0)
    n = 300
    w = sp.csr_array(sp.random_array((n, n), density=6 / n, rng=rng) + sp.eye_array(n, k=1) + sp.eye_array(n, k=1 - n))
    w = sp.csr_array(sp.diags_array(1 / w.sum(axis=1)) @ w)
    exact = expected_score(w, make_determinant(w, "eigenvalues"), point(), setting(effects, True, periods=8), regions=n)
    factorised = make_determinant(w, "lu")
    assert isinstance(factorised, FactorisedDeterminant)
    found = expected_score(w, factorised, point(), setting(effects, True, periods=8), regions=n)
    for name in ("tau", "eta", "rho"):
        assert found[name] == pytest.approx(exact[name], rel=0.01, abs=0.005 * n), name
    again = expected_score(w, factorised, point(), setting(effects, True, periods=8), regions=n)
    assert again == found


def test_without_weights_it_is_the_sum_of_nickell():
    """The sum over periods of the correlation of a mean with its part, h apart: (T - 1 - h) tau^h / T, N times."""
    tau, periods = 0.6, 7
    found = expected_score(
        None, None, Point(0.0, 0.0, tau, 0.0, 2.0), setting("region", False, periods=periods), regions=11
    )
    total = sum((periods - 1 - h) * tau**h for h in range(periods - 1))
    assert found["tau"] == pytest.approx(-11 * total / periods)
    assert found["sigma2"] == pytest.approx(-11 / 4)
    closed = 11 / (1 - tau) * (1 - (1 - tau**periods) / (periods * (1 - tau)))
    assert -found["tau"] == pytest.approx(closed)
