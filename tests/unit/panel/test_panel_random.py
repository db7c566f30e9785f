"""Random effects against dense matrices of the size of the whole panel, which share no code with the package."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse as sp
from scipy.optimize import minimize

from spatial_region.errors import IdentificationError
from spatial_region.panel import _random_search, _random_spread
from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._estimate import estimate
from spatial_region.panel._random import estimate_random
from spatial_region.panel._random_likelihood import Point, RandomLikelihood
from spatial_region.panel._random_moments import make_random_moments
from spatial_region.panel.options import PARTS

MODELS = ("ols", "slx", "sar", "sem", "sac", "sdm", "sdem", "gns")
CASES = [
    (model, components, serial, region)
    for model in MODELS
    for components in ("kkp", "bsk")
    for serial in (False, True)
    for region in (True, False)
    if (serial or region) and (components == "kkp" or (PARTS[model].error and region))
]


def random_panel(n=12, periods=4, *, seed, row=True, phi=3.0, psi=0.4, rho=0.3, lam=0.3, links=4):
    """All terms at work, the region effects outside the error process; asymmetric weights."""
    rng = np.random.default_rng(seed)
    w = np.zeros((n, n))
    for i in range(n):
        w[i, rng.choice(np.delete(np.arange(n), i), size=links, replace=False)] = rng.uniform(0.5, 1.5, size=links)
    w = w / w.sum(axis=1, keepdims=True) if row else w / np.abs(np.linalg.eigvals(w)).max()
    x = rng.normal(size=(periods, n, 2)) + rng.normal(size=(1, n, 1))
    v = rng.normal(size=(periods, n))
    v[0] /= np.sqrt(1 - psi**2)
    for t in range(1, periods):
        v[t] += psi * v[t - 1]
    u = np.linalg.solve(np.eye(n) - lam * w, v.T).T + np.sqrt(phi) * rng.normal(size=n)
    y = np.linalg.solve(np.eye(n) - rho * w, (2 + x @ [1.0, -0.5] + (x @ [0.4, 0.2]) @ w.T + u).T).T
    return SimpleNamespace(y=y, x=np.concatenate([np.ones((periods, n, 1)), x], axis=2), w=w)


def fit(panel, model, *, determinant="auto", w_error=None, **options):
    w = sp.csr_array(panel.w)
    blocks = make_blocks(
        panel.y, panel.x, w, lagged=[1, 2] if PARTS[model].lag_x else [], effects="pooled", intercept=0
    )
    if w_error is not None:
        w_error = sp.csr_array(w_error)
        options |= {"w_error": w_error, "determinant_error": make_determinant(w_error, "auto")}
    return estimate_random(blocks, w, make_determinant(w, determinant), parts=PARTS[model], **options)


class DensePanel:
    """Likelihood of y ~ N(A^-1 Z b, A^-1 Sigma A'^-1), time-major, all matrices NT x NT."""

    def __init__(self, panel, model, *, components, serial, region, w_error=None):
        self.periods, self.n = panel.y.shape
        self.w, self.m = panel.w, panel.w if w_error is None else w_error
        self.parts, self.components = PARTS[model], components
        self.names = [
            name
            for name, has in (
                ("rho", self.parts.lag_y),
                ("lambda", self.parts.error),
                ("psi", serial),
                ("phi", region),
            )
            if has
        ]
        z = panel.x.reshape(-1, 3)
        if self.parts.lag_x:
            z = np.hstack([z, np.kron(np.eye(self.periods), panel.w) @ z[:, 1:]])
        self.y, self.z = panel.y.ravel(), z

    def pieces(self, spatial):
        at = dict.fromkeys(("rho", "lambda", "psi", "phi"), 0.0) | dict(zip(self.names, spatial, strict=True))
        a = np.kron(np.eye(self.periods), np.eye(self.n) - at["rho"] * self.w)
        b = np.eye(self.n) - at["lambda"] * self.m
        spread = np.linalg.inv(b.T @ b)
        times = np.arange(self.periods)
        v = at["psi"] ** np.abs(times[:, None] - times) / (1 - at["psi"] ** 2)
        j = np.ones((self.periods, self.periods))
        effects = spread if self.components == "kkp" else np.eye(self.n)
        return a, at["phi"] * np.kron(j, effects) + np.kron(v, spread), at, b, effects

    def loglik(self, theta):
        """Of (coefficients, spatial, sigma2)."""
        k = self.z.shape[1]
        a, omega, *_ = self.pieces(theta[k:-1])
        e = a @ self.y - self.z @ theta[:k]
        quadratic = e @ np.linalg.solve(omega, e) / theta[-1]
        volume = np.linalg.slogdet(a)[1] - np.linalg.slogdet(omega)[1] / 2
        return volume - (len(e) * np.log(2 * np.pi * theta[-1]) + quadratic) / 2

    def concentrated(self, spatial):
        a, omega, *_ = self.pieces(spatial)
        solved = np.linalg.solve(omega, np.column_stack([self.z, a @ self.y]))
        zz, zy = self.z.T @ solved[:, :-1], self.z.T @ solved[:, -1]
        b = np.linalg.solve(zz, zy)
        sigma2 = ((a @ self.y) @ solved[:, -1] - zy @ b) / len(self.y)
        return self.loglik(np.array([*b, *spatial, sigma2])), b, sigma2, np.linalg.inv(zz) * sigma2

    def hessian(self, theta, steps):
        """Central differences, extrapolated once."""
        p = len(theta)
        found = []
        for size in (2.0, 1.0):
            h = np.empty((p, p))
            moves = np.diag(size * steps)
            for i in range(p):
                for j in range(i + 1):
                    corners = [
                        s * t * self.loglik(theta + s * moves[i] + t * moves[j]) for s in (1, -1) for t in (1, -1)
                    ]
                    h[i, j] = h[j, i] = sum(corners) / (4 * moves[i, i] * moves[j, j])
            found.append(h)
        return (4 * found[1] - found[0]) / 3


def check(found, dense):
    spatial = np.array(list(found.spatial.values()))
    assert list(found.spatial) == dense.names
    loglik, b, sigma2, given = dense.concentrated(spatial)
    assert found.loglik == pytest.approx(loglik, abs=1e-9)
    np.testing.assert_allclose(found.coefficients, b, rtol=1e-8, atol=1e-9)
    assert found.sigma2 == pytest.approx(sigma2, rel=1e-9)
    np.testing.assert_allclose(found.gls_covariance, given, rtol=1e-7, atol=1e-9 * np.abs(given).max())
    # A maximum of the whole likelihood: no slope in any direction, and the covariance is minus the inverse Hessian.
    theta = np.array([*b, *spatial, sigma2])
    errors = np.sqrt(np.diag(found.covariance))
    free = np.flatnonzero(np.isfinite(errors))
    assert (len(free) == len(theta)) == ("phi" not in found.at_bound)
    steps = np.where(np.isfinite(errors), 0.01 * errors, 1e-4)
    for place in free:
        move = np.zeros(len(theta))
        move[place] = 0.1 * steps[place]
        slope = (dense.loglik(theta + move) - dense.loglik(theta - move)) / (2 * move[place])
        assert abs(slope * errors[place]) < 1e-5
    inside = DenseSlice(dense, theta, free)
    hessian = inside.hessian(theta[free], steps[free])
    scale = np.outer(errors[free], errors[free])
    np.testing.assert_allclose(found.covariance[np.ix_(free, free)] / scale, np.linalg.inv(-hessian) / scale, atol=2e-5)
    assert found.gradient < 1e-7


class DenseSlice:
    """The dense likelihood in some of its parameters."""

    hessian = DensePanel.hessian

    def __init__(self, dense, theta, free):
        self.dense, self.theta, self.free = dense, theta, free

    def loglik(self, values):
        theta = self.theta.copy()
        theta[self.free] = values
        return self.dense.loglik(theta)


@pytest.mark.parametrize(("model", "components", "serial", "region"), CASES)
def test_equals_dense_likelihood(model, components, serial, region):
    panel = random_panel(seed=8)
    found = fit(panel, model, components=components, serial=serial, region_component=region)
    check(found, DensePanel(panel, model, components=components, serial=serial, region=region))


@pytest.mark.parametrize(
    ("model", "components", "serial"), [("sar", "kkp", True), ("sem", "bsk", False), ("gns", "bsk", True)]
)
def test_weights_that_are_not_row_standardised(model, components, serial):
    panel = random_panel(seed=8, row=False)
    found = fit(panel, model, components=components, serial=serial)
    check(found, DensePanel(panel, model, components=components, serial=serial, region=True))


@pytest.mark.parametrize("components", ["kkp", "bsk"])
def test_own_weights_for_the_error_process(components):
    panel = random_panel(seed=8)
    w_error = random_panel(seed=9).w
    found = fit(panel, "sac", components=components, w_error=w_error)
    check(found, DensePanel(panel, "sac", components=components, serial=False, region=True, w_error=w_error))


@pytest.mark.parametrize(
    ("model", "components", "serial"),
    [("sar", "kkp", False), ("sem", "kkp", True), ("sac", "kkp", False), ("sem", "bsk", True), ("gns", "bsk", False)],
)
def test_no_start_of_a_dense_search_climbs_higher(model, components, serial):
    panel = random_panel(seed=8)
    found = fit(panel, model, components=components, serial=serial)
    dense = DensePanel(panel, model, components=components, serial=serial, region=True)
    rng = np.random.default_rng(1)
    interval = {"rho": (-0.9, 0.95), "lambda": (-0.9, 0.95), "psi": (-0.8, 0.95), "phi": (0.0, 20.0)}
    bounds = [interval[name] for name in dense.names]
    heights = []
    for _ in range(5):
        start = [rng.uniform(low, high) for low, high in bounds]
        heights.append(-minimize(lambda s: -dense.concentrated(s)[0], start, method="L-BFGS-B", bounds=bounds).fun)
    assert max(heights) == pytest.approx(found.loglik, abs=1e-5)


@pytest.mark.parametrize("serial", [False, True])
@pytest.mark.parametrize(("model", "components"), [("sar", "kkp"), ("sac", "kkp"), ("sac", "bsk")])
def test_predictions_are_those_of_the_joint_normal_distribution(model, components, serial):
    panel = random_panel(seed=8)
    found = fit(panel, model, components=components, serial=serial)
    dense = DensePanel(panel, model, components=components, serial=serial, region=True)
    a, omega, at, b, effects = dense.pieces(list(found.spatial.values()))
    u = a @ dense.y - dense.z @ found.coefficients
    np.testing.assert_allclose(found.disturbance.ravel(), u, atol=1e-10)
    # cov(shift, u) Omega^-1 u; for kkp, mu is B times what it adds.
    cross = at["phi"] * np.kron(np.ones((1, dense.periods)), effects)
    shift = cross @ np.linalg.solve(omega, u)
    np.testing.assert_allclose(found.region_disturbance, shift, atol=1e-10)
    np.testing.assert_allclose(found.region_effects, b @ shift if components == "kkp" else shift, atol=1e-10)
    v = (u.reshape(dense.periods, -1) - shift) @ b.T
    whole = np.linalg.cholesky(np.linalg.inv(at["psi"] ** np.abs(np.subtract.outer(range(4), range(4)))))
    precision = whole @ whole.T * (1 - at["psi"] ** 2)
    assert (found.innovations**2).sum() == pytest.approx(np.einsum("tn,ts,sn->", v, precision, v), rel=1e-9)
    assert found.sigma2_mu == pytest.approx(at["phi"] * found.sigma2)


def test_demeaning_share():
    found = fit(random_panel(seed=8), "sar")
    assert found.theta == pytest.approx(1 - np.sqrt(found.sigma2 / (found.sigma2 + 4 * found.sigma2_mu)), abs=1e-12)


@pytest.mark.parametrize("model", ["ols", "sar", "sem", "gns"])
@pytest.mark.parametrize("components", ["kkp", "bsk"])
def test_no_variance_between_regions_is_reported_as_none(model, components):
    """Means over time that vary less than chance would have it: phi is 0, without a standard error."""
    panel = random_panel(20, 5, seed=4, phi=0.0, psi=-0.5)
    found = fit(panel, model, components=components)
    assert found.at_bound == ("phi",)
    assert found.spatial["phi"] == 0.0
    assert found.sigma2_mu == 0.0
    assert not found.region_effects.any()
    place = len(found.coefficients) + list(found.spatial).index("phi")
    missing = np.isnan(found.covariance)
    assert missing[place].all()
    assert missing[:, place].all()
    assert missing.sum() == 2 * len(missing) - 1
    w = sp.csr_array(panel.w)
    lagged = [1, 2] if PARTS[model].lag_x else []
    blocks = make_blocks(panel.y, panel.x, w, lagged=lagged, effects="pooled", intercept=0)
    pooled = estimate(blocks, w, make_determinant(w, "auto"), parts=PARTS[model], effects="pooled", lee_yu=False)
    assert found.loglik == pytest.approx(pooled.loglik, abs=1e-8)
    np.testing.assert_allclose(found.coefficients, pooled.coefficients, atol=1e-6)
    dense = DensePanel(panel, model, components=components, serial=False, region=True)
    check(found, dense)
    higher = np.array(list(found.spatial.values()))
    higher[-1] = 1e-3
    assert dense.concentrated(higher)[0] < found.loglik


@pytest.mark.parametrize(("model", "components"), [("sdm", "kkp"), ("gns", "bsk")])
def test_units_and_order_of_regions_change_nothing(model, components):
    panel = random_panel(seed=8)
    base = fit(panel, model, components=components, serial=True)
    order = np.random.default_rng(3).permutation(12)
    shuffled = SimpleNamespace(y=panel.y[:, order], x=panel.x[:, order], w=panel.w[np.ix_(order, order)])
    other = fit(shuffled, model, components=components, serial=True)
    np.testing.assert_allclose(other.coefficients, base.coefficients, atol=1e-7)
    np.testing.assert_allclose(other.region_effects, base.region_effects[order], atol=1e-7)
    units = np.array([1.0, 1e6, 1e-5])
    scaled = SimpleNamespace(y=1e4 * panel.y, x=panel.x * units, w=panel.w)
    other = fit(scaled, model, components=components, serial=True)
    every = np.array([*units, *units[1:]])
    np.testing.assert_allclose(other.coefficients * every / 1e4, base.coefficients, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(list(other.spatial.values()), list(base.spatial.values()), rtol=1e-6, atol=1e-8)
    k = len(base.coefficients)
    change = np.array([*(every / 1e4), *np.ones(len(base.spatial)), 1e-8])
    errors = np.sqrt(np.diag(base.covariance))
    np.testing.assert_allclose(np.sqrt(np.diag(other.covariance)) * change, errors, rtol=1e-5)
    assert other.loglik == pytest.approx(base.loglik - 48 * np.log(1e4), abs=1e-8)
    far = SimpleNamespace(y=panel.y + 1e6, x=panel.x, w=panel.w)
    other = fit(far, model, components=components, serial=True)
    np.testing.assert_allclose(other.coefficients[1:k], base.coefficients[1:k], atol=1e-6)


def test_regions_that_differ_by_a_million_lose_no_digits():
    """The products within regions come from deviations, not from a difference of large numbers."""
    panel = random_panel(seed=8)
    shift = 1e6 * np.random.default_rng(0).normal(size=12)
    far = SimpleNamespace(y=panel.y + shift, x=panel.x, w=panel.w)
    found = fit(far, "ols")
    deviations = np.column_stack(
        [v.ravel() for v in (far.y - far.y.mean(0), *np.moveaxis(far.x - far.x.mean(0), 2, 0))]
    )
    within = np.linalg.lstsq(deviations[:, 2:], deviations[:, 0], rcond=None)[0]
    # With such effects generalised least squares takes all of the means off.
    np.testing.assert_allclose(found.coefficients[1:], within, rtol=1e-5)


@pytest.mark.parametrize("components", ["kkp", "bsk"])
def test_ways_to_compute_determinants_agree(components, monkeypatch):
    panel = random_panel(60, 5, seed=2, links=3)
    base = fit(panel, "gns", components=components)
    monkeypatch.setattr(_random_spread, "_FEW", 0)
    monkeypatch.setattr(_random_spread, "_MOST_DENSE", 0)
    other = fit(panel, "gns", components=components, determinant="lu")
    np.testing.assert_allclose(other.covariance, base.covariance, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(other.coefficients, base.coefficients, atol=1e-8)
    assert other.loglik == pytest.approx(base.loglik, abs=1e-9)


@pytest.mark.parametrize("sparse", [True, False])
def test_spread_equals_its_dense_definition(sparse, monkeypatch):
    panel = random_panel(15, seed=5)
    monkeypatch.setattr(_random_spread, "_FEW", 0 if sparse else 150)
    monkeypatch.setattr(_random_spread, "_MOST_DENSE", 0)
    weights = _random_spread.make_error_weights(sp.csr_array(panel.w))
    assert sp.issparse(weights.eye) == sparse

    def dense(lam, delta):
        b = np.eye(15) - lam * panel.w
        return np.eye(15) + delta * b @ b.T

    spread, m = _random_spread.OwnSpread(weights, 0.4, 2.5), dense(0.4, 2.5)
    v = np.random.default_rng(0).normal(size=(15, 3))
    np.testing.assert_allclose(spread.solve(v), np.linalg.solve(m, v), rtol=1e-10)
    assert spread.logdet == pytest.approx(np.linalg.slogdet(m)[1], rel=1e-12)
    for place, move in enumerate(((0.0, 1e-5), (1e-5, 0.0))):
        high, low = dense(0.4 + move[0], 2.5 + move[1]), dense(0.4 - move[0], 2.5 - move[1])
        slope = (np.linalg.slogdet(high)[1] - np.linalg.slogdet(low)[1]) / 2e-5
        assert spread.traces[place] == pytest.approx(slope, rel=1e-8)
        change = (spread.by_delta, spread.by_lam)[place](v)
        np.testing.assert_allclose(change, (high - low) @ v / 2e-5, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("periods", "serial", "region", "words"),
    [
        (1, False, True, "random region effects"),
        (1, True, False, "serial"),
        (2, True, True, "random region effects and serial"),
    ],
)
def test_too_few_periods_are_refused(periods, serial, region, words):
    panel = random_panel(12, periods, seed=1)
    with pytest.raises(IdentificationError, match=rf"{periods} period.*{words}.*at least"):
        fit(panel, "sar", serial=serial, region_component=region)


@pytest.mark.parametrize(("seed", "n", "periods"), [(601, 15, 8), (727, 10, 6), (162, 16, 5)])
@pytest.mark.parametrize(("model", "components"), [("sac", "kkp"), ("sdem", "bsk"), ("gns", "bsk")])
def test_the_highest_of_several_maxima_is_found(model, components, seed, n, periods, monkeypatch):
    """Sparse links make the intervals reach far below -1, and the likelihood has several maxima."""
    panel = random_panel(n, periods, seed=seed, phi=2.0, lam=0.6, rho=0.4, links=3, row=bool(seed % 2))
    found = fit(panel, model, components=components)
    rng = np.random.default_rng(0)

    def scattered(likelihood, box):
        shares = rng.uniform(0.02, 0.98, size=(25, len(box.low)))
        # Beyond a quarter of its range phi is out of the question.
        shares[:, [name == "phi" for name in box.names]] *= 0.25
        return list(box.low + shares * (box.high - box.low))

    monkeypatch.setattr(_random_search, "_starts", scattered)
    other = fit(panel, model, components=components)
    assert other.loglik < found.loglik + 1e-6


def test_many_rho_at_once_are_the_same_as_one_by_one():
    panel = random_panel(seed=8)
    w = sp.csr_array(panel.w)
    blocks = make_blocks(panel.y, panel.x, w, lagged=[], effects="pooled", intercept=0)
    determinant = make_determinant(w, "auto")
    likelihood = RandomLikelihood(make_random_moments(blocks, w), determinant, determinant, None)
    rhos = np.array([-0.4, 0.0, 0.7])
    expected = [likelihood.at(Point(rho, 0.3, 0.2, 1.5)) for rho in rhos]
    np.testing.assert_allclose(likelihood.at_each(rhos, Point(0.0, 0.3, 0.2, 1.5)), expected, rtol=1e-12)


def test_nothing_of_the_callers_is_changed():
    panel = random_panel(seed=8)
    copies = panel.y.copy(), panel.x.copy(), panel.w.copy()
    fit(panel, "gns", components="bsk", serial=True)
    for now, before in zip((panel.y, panel.x, panel.w), copies, strict=True):
        np.testing.assert_array_equal(now, before)
