"""Tests for effects, serial correlation and spatial errors against dense scores, and their size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp
from scipy import stats
from scipy.optimize import minimize, minimize_scalar

from spatial_region.errors import InputError, OptionError
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._lm_conditional import conditional_tests, random_spatial_tests
from spatial_region.panel._lm_random import effect_tests, random_tests
from spatial_region.panel._lm_restricted import (
    Restricted,
    root_for_lambda,
    root_for_mu,
    root_for_psi,
    serial_covariance,
)

N, PERIODS = 7, 4


def omega(w, periods, s2, mu, time, psi, lam):
    """Covariance of the whole disturbance, time-major: region effects, period effects, spatial autoregression."""
    n = len(w)
    inverse = np.linalg.inv(np.eye(n) - lam * w)
    apart = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    serial = psi**apart / (1 - psi**2)
    own = np.kron(np.ones((periods, periods)), np.eye(n))
    return mu * own + time * np.kron(np.eye(periods), np.ones((n, n))) + s2 * np.kron(serial, inverse @ inverse.T)


class DenseScore:
    """Score and expected information of (s2, mu, time, psi, lambda), by central differences of the covariance."""

    def __init__(self, w, u, point):
        periods = len(u)
        precision = np.linalg.inv(omega(w, periods, *point))
        solved = precision @ u.ravel()
        slopes = []
        for place in range(5):
            step = 1e-5 * max(abs(point[place]), 0.1)
            up, down = list(point), list(point)
            up[place] += step
            down[place] -= step
            slopes.append((omega(w, periods, *up) - omega(w, periods, *down)) / (2 * step))
        scaled = [precision @ s for s in slopes]
        self.gradient = np.array([
            (solved @ s @ solved - np.trace(p)) / 2 for s, p in zip(slopes, scaled, strict=True)
        ])  # fmt: skip
        self.information = np.array([[np.sum(a * b.T) / 2 for b in scaled] for a in scaled])

    def spread(self, places, estimated):
        kept = [*places, *estimated]
        return np.linalg.inv(self.information[np.ix_(kept, kept)])[: len(places), : len(places)]

    def root(self, place, estimated):
        return self.gradient[place] * np.sqrt(self.spread([place], estimated)[0, 0])

    def joint(self, places):
        return self.gradient[places] @ self.spread(places, [0]) @ self.gradient[places]

    def robust(self, place, other):
        """Signed root of Bera and Yoon's statistic: the variance is estimated, `other` held at 0."""
        both = np.linalg.inv(self.spread([place, other], [0]))
        share = both[0, 1] / both[1, 1]
        gradient = self.gradient[place] - share * self.gradient[other]
        return gradient / np.sqrt(both[0, 0] - share * both[0, 1])


S2, MU, TIME, PSI, LAM = range(5)


def pooled(oracle, seed, periods=PERIODS, n=N, row=True):
    panel = oracle.panel(n, periods, seed=seed, row=row, links=3)
    x = np.concatenate([panel.x, np.ones((periods, n, 1))], axis=2)
    flat = x.reshape(-1, 3)
    e = panel.y.ravel() - flat @ np.linalg.lstsq(flat, panel.y.ravel(), rcond=None)[0]
    return panel, x, e.reshape(periods, n)


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("periods", [3, 5])
def test_pooled_tests_are_score_tests(oracle, periods, row):
    panel, x, e = pooled(oracle, 61, periods, row=row)
    found = effect_tests(panel.y, x, intercept=2) | random_tests(panel.y, x, w=sp.csr_array(panel.w), intercept=2)
    dense = DenseScore(panel.w, e, [np.mean(e**2), 0.0, 0.0, 0.0, 0.0])
    region, time, lam = (dense.root(place, [S2]) for place in (MU, TIME, LAM))
    share = np.sqrt([(periods - 1) / (periods + N - 2), (N - 1) / (periods + N - 2)])
    expected = {
        "honda_region": region, "bsk_lm1": region, "honda_time": time, "bsk_lm2": lam,
        "bp_region": region**2, "bp_time": time**2, "bp_twoway": dense.joint([MU, TIME]),
        "honda_twoway": (region + time) / np.sqrt(2), "king_wu_twoway": share @ [region, time],
        "ghm_twoway": max(region, 0) ** 2 + max(time, 0) ** 2,
        "lm_serial": dense.root(PSI, [S2]) ** 2, "baltagi_li": dense.joint([MU, PSI]),
        "robust_lm_region": dense.robust(MU, PSI), "robust_lm_serial": dense.robust(PSI, MU) ** 2,
        "bsk_lmj": dense.joint([MU, LAM]), "bsk_lmh": max(region, 0) ** 2 + max(lam, 0) ** 2,
        "bsjk_j": dense.joint([MU, PSI, LAM]),
    }  # fmt: skip
    assert set(found) == {*expected, "bsk_slm1", "bsk_slm2"}
    for name, statistic in expected.items():
        assert found[name].statistic == pytest.approx(statistic, rel=1e-7, abs=1e-9), name


def test_p_values(oracle):
    panel, x, _ = pooled(oracle, 62)
    found = effect_tests(panel.y, x, intercept=2) | random_tests(panel.y, x, w=sp.csr_array(panel.w), intercept=2)
    for name in ("bsk_lm1", "bsk_slm1", "honda_time", "king_wu_twoway", "robust_lm_region"):
        assert found[name].p == pytest.approx(stats.norm.sf(found[name].statistic))
        assert found[name].reference == "normal, upper tail" and found[name].df is None
    for name in ("bsk_lm2", "bsk_slm2"):
        assert found[name].p == pytest.approx(2 * stats.norm.sf(abs(found[name].statistic)))
    for name, df in (("bp_twoway", 2), ("baltagi_li", 2), ("bsk_lmj", 2), ("bsjk_j", 3), ("lm_serial", 1)):
        assert found[name].df == df
        assert found[name].p == pytest.approx(stats.chi2.sf(found[name].statistic, df))
    for name in ("ghm_twoway", "bsk_lmh"):
        value = found[name].statistic
        # Half of the mass is on one degree of freedom, a quarter on two, and a quarter at zero.
        expected = stats.chi2.sf(value, 1) / 2 + stats.chi2.sf(value, 2) / 4
        assert found[name].p == pytest.approx(expected) and found[name].reference == "chi2 mixture"


def test_nothing_positive_gives_p_one():
    """Where both signs are negative the one-sided joint test has nothing against the null."""
    rng = np.random.default_rng(63)
    y = rng.normal(size=(4, 30))
    y = y - y.mean(axis=0)
    y = y - y.mean(axis=1, keepdims=True)
    w = sp.csr_array((np.ones((30, 30)) - np.eye(30)) / 29)
    found = random_tests(y, np.ones((4, 30, 1)), w=w, intercept=0)
    assert found["bsk_lm1"].statistic < 0 and found["bsk_lm2"].statistic < 0
    assert found["bsk_lmh"].statistic == 0 and found["bsk_lmh"].p == 1


def test_standardised_statistics_against_explicit_projections(oracle):
    panel, x, e = pooled(oracle, 64, row=False)
    found = random_tests(panel.y, x, w=sp.csr_array(panel.w), intercept=2)
    flat = x.reshape(-1, 3)
    m = np.eye(len(flat)) - flat @ np.linalg.pinv(flat)
    rank = len(flat) - 3
    big = np.kron(np.eye(PERIODS), panel.w)
    forms = {"bsk_slm1": np.kron(np.ones((PERIODS, PERIODS)), np.eye(N)), "bsk_slm2": (big + big.T) / 2}
    for name, d in forms.items():
        md = m @ d
        mean = np.trace(md) / rank
        variance = 2 * (rank * np.trace(md @ md) - np.trace(md) ** 2) / (rank**2 * (rank + 2))
        ratio = e.ravel() @ d @ e.ravel() / (e**2).sum()
        assert found[name].statistic == pytest.approx((ratio - mean) / np.sqrt(variance), rel=1e-9)


def test_two_periods_do_not_tell_region_effects_from_serial_correlation(oracle):
    panel, x, e = pooled(oracle, 65, 2)
    w = sp.csr_array(panel.w)
    found = effect_tests(panel.y, x, intercept=2) | random_tests(panel.y, x, w=w, intercept=2)
    assert "baltagi_li" not in found and "robust_lm_region" not in found
    assert found["bsjk_j"].df == 2
    dense = DenseScore(panel.w, e, [np.mean(e**2), 0.0, 0.0, 0.0, 0.0])
    assert found["bsjk_j"].statistic == pytest.approx(dense.joint([MU, LAM]), rel=1e-8)
    given = conditional_tests(panel.y, x, w=w, determinant=make_determinant(w, "auto"), intercept=2)
    assert set(given) == {"bsk_clm_lambda", "bsk_clm_mu"}


@pytest.mark.parametrize("row", [True, False])
def test_roots_are_score_tests_at_any_point(oracle, row):
    panel, _, u = pooled(oracle, 66, row=row)
    w, s2 = sp.csr_array(panel.w), 0.7
    determinant = make_determinant(w, "eigenvalues")
    for psi in (0.0, 0.45):
        fit = Restricted(u, s2, psi=psi, phi=0.8)
        dense = DenseScore(panel.w, u, [s2, 0.8 * s2, 0.0, psi, 0.0])
        assert root_for_lambda(fit, w) == pytest.approx(dense.root(LAM, [S2, MU, PSI]), rel=1e-7)
        fit = Restricted(u, s2, psi=psi, lam=0.3)
        dense = DenseScore(panel.w, u, [s2, 0.0, 0.0, psi, 0.3])
        with_psi = root_for_mu(fit, w, determinant, serial=True)
        assert with_psi == pytest.approx(dense.root(MU, [S2, PSI, LAM]), rel=1e-7)
        without = root_for_mu(fit, w, determinant, serial=False)
        assert without == pytest.approx(dense.root(MU, [S2, LAM]), rel=1e-7)
    fit = Restricted(u, s2, phi=0.8, lam=0.3)
    dense = DenseScore(panel.w, u, [s2, 0.8 * s2, 0.0, 0.0, 0.3])
    assert root_for_psi(fit, w) == pytest.approx(dense.root(PSI, [S2, MU, LAM]), rel=1e-7)
    fit = Restricted(u, s2, phi=0.0, lam=0.3)
    dense = DenseScore(panel.w, u, [s2, 0.0, 0.0, 0.0, 0.3])
    assert root_for_psi(fit, w) == pytest.approx(dense.root(PSI, [S2, LAM]), rel=1e-7)


def test_conditional_tests_at_the_dense_maximum(oracle):
    """Restricted estimates by Nelder-Mead on the dense likelihood, then its numerical score."""
    panel, x, _ = pooled(oracle, 67, n=9, periods=4)
    flat, y = x.reshape(-1, 3), panel.y.ravel()

    def point(free, values):
        full = [1.0, 0.0, 0.0, 0.0, 0.0]
        for place, value in zip(free, values, strict=True):
            full[place] = value
        return full

    def fit(free):
        def concentrated(values):
            values = [np.exp(values[0]), *values[1:]]
            if (MU in free and values[free.index(MU)] < 0) or max(map(abs, values[1:]), default=0) > 20:
                return np.inf
            if any(abs(v) >= 0.99 for f, v in zip(free, values, strict=True) if f in (PSI, LAM)):
                return np.inf
            sigma = omega(panel.w, 4, *point(free, values))
            solved = np.linalg.solve(sigma, flat)
            e = y - flat @ np.linalg.solve(flat.T @ solved, solved.T @ y)
            return (np.linalg.slogdet(sigma)[1] + e @ np.linalg.solve(sigma, e)) / 2

        start = [0.0] + [0.3] * (len(free) - 1)
        options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000, "maxfev": 4000}
        best = minimize(concentrated, start, method="Nelder-Mead", options=options).x
        values = point(free, [np.exp(best[0]), *best[1:]])
        sigma = omega(panel.w, 4, *values)
        solved = np.linalg.solve(sigma, flat)
        e = y - flat @ np.linalg.solve(flat.T @ solved, solved.T @ y)
        return DenseScore(panel.w, e.reshape(4, 9), values)

    w = sp.csr_array(panel.w)
    found = conditional_tests(panel.y, x, w=w, determinant=make_determinant(w, "auto"), intercept=2)
    expected = {
        "bsk_clm_lambda": fit([S2, MU]).root(LAM, [S2, MU]),
        "bsk_clm_mu": fit([S2, LAM]).root(MU, [S2, LAM]),
        "bsjk_c1": fit([S2, MU, PSI]).root(LAM, [S2, MU, PSI]) ** 2,
        "bsjk_c2": fit([S2, MU, LAM]).root(PSI, [S2, MU, LAM]) ** 2,
        "bsjk_c3": fit([S2, PSI, LAM]).root(MU, [S2, PSI, LAM]),
    }
    assert set(found) == set(expected)
    for name, statistic in expected.items():
        assert found[name].statistic == pytest.approx(statistic, rel=1e-4, abs=1e-6), name


class DenseRandom:
    """y ~ N((I - rho W)^-1 Z b, KKP covariance) with all of (b, rho, lambda, s2, mu) at the restricted maximum."""

    def __init__(self, panel, z, restricted):
        self.periods, self.n = panel.y.shape
        self.w, self.z, self.y = panel.w, z, panel.y.ravel()
        self.big = np.kron(np.eye(self.periods), panel.w)
        k = z.shape[1]
        free = [place for place in range(k) if place not in restricted]
        z = z[:, free]

        def fit(phi):
            weight = self.covariance(0.0, 1.0, phi)
            solved = np.linalg.solve(weight, z)
            b = np.linalg.solve(z.T @ solved, solved.T @ self.y)
            e = self.y - z @ b
            s2 = e @ np.linalg.solve(weight, e) / len(e)
            return len(e) * np.log(s2) + np.linalg.slogdet(weight)[1], b, s2

        phi = minimize_scalar(lambda v: fit(v)[0], bounds=(0, 20), method="bounded", options={"xatol": 1e-10}).x
        _, b, s2 = fit(phi)
        theta = np.zeros(k + 4)
        theta[free] = b
        theta[k + 2 :] = s2, phi * s2
        means, spreads = [], []
        for place in range(len(theta)):
            step = 1e-5 * max(abs(theta[place]), 0.1)
            up, down = theta.copy(), theta.copy()
            up[place] += step
            down[place] -= step
            (m1, s1), (m0, s0) = self.moments(up), self.moments(down)
            means.append((m1 - m0) / (2 * step))
            spreads.append((s1 - s0) / (2 * step))
        mean, sigma = self.moments(theta)
        precision = np.linalg.inv(sigma)
        solved = precision @ (self.y - mean)
        means = np.array(means)
        self.gradient = means @ solved + np.array(
            [(solved @ s @ solved - np.trace(precision @ s)) / 2 for s in spreads]
        )
        scaled = [precision @ s for s in spreads]
        self.information = means @ precision @ means.T
        self.information += np.array([[np.sum(a * b.T) / 2 for b in scaled] for a in scaled])
        self.rho, self.lam = k, k + 1
        self.estimated = [*free, k + 2, k + 3]

    def covariance(self, lam, s2, mu):
        inverse = np.linalg.inv(np.eye(self.n) - lam * self.w)
        time = mu * np.ones((self.periods, self.periods)) + s2 * np.eye(self.periods)
        return np.kron(time, inverse @ inverse.T)

    def moments(self, theta):
        k = self.z.shape[1]
        a = np.linalg.inv(np.eye(len(self.y)) - theta[k] * self.big)
        return a @ (self.z @ theta[:k]), a @ self.covariance(*theta[k + 1 :]) @ a.T

    def test(self, places):
        kept = [*places, *self.estimated]
        spread = np.linalg.inv(self.information[np.ix_(kept, kept)])[: len(places), : len(places)]
        return self.gradient[places] @ spread @ self.gradient[places]


@pytest.mark.parametrize("row", [True, False])
def test_spatial_tests_given_random_effects_are_score_tests(oracle, row):
    panel, x, _ = pooled(oracle, 71, n=9, periods=4, row=row)
    found = random_spatial_tests(panel.y, x, w=sp.csr_array(panel.w), lagged=[0, 1], intercept=2)
    flat = x.reshape(-1, 3)
    lags = np.kron(np.eye(4), panel.w) @ flat[:, :2]
    base = DenseRandom(panel, flat, [])
    wider = DenseRandom(panel, np.hstack([flat, lags]), [])
    durbin = DenseRandom(panel, np.hstack([flat, lags]), [3, 4])
    expected = {"lm_wx": durbin.test([3, 4]), "lm_sdm": durbin.test([3, 4, durbin.rho])}
    expected["lm_sdem"] = durbin.test([3, 4, durbin.lam])
    for dense, suffix in ((base, ""), (wider, "_slx")):
        expected[f"lm_lag{suffix}"] = dense.test([dense.rho])
        expected[f"lm_error{suffix}"] = dense.test([dense.lam])
        expected[f"lm_sarma{suffix}"] = dense.test([dense.rho, dense.lam])
    for name, statistic in expected.items():
        assert found[name].statistic == pytest.approx(statistic, rel=3e-5, abs=1e-6), name


def test_covariance_of_the_autoregression():
    v, slope = serial_covariance(0.6, 5)
    apart = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    np.testing.assert_allclose(v, 0.6**apart / (1 - 0.36), rtol=1e-13)
    numerical = (serial_covariance(0.6 + 1e-6, 5)[0] - serial_covariance(0.6 - 1e-6, 5)[0]) / 2e-6
    np.testing.assert_allclose(slope, numerical, rtol=1e-8)
    np.testing.assert_array_equal(serial_covariance(0.0, 3)[1], np.eye(3, k=1) + np.eye(3, k=-1))


def test_refusals(oracle):
    panel, x, _ = pooled(oracle, 68)
    own = sp.csr_array(panel.w + 0.1 * np.eye(N))
    with pytest.raises(InputError, match=r"links of a region with itself; 7 have one\. Set the diagonal"):
        random_tests(panel.y, x, w=own, intercept=2)
    with pytest.raises(InputError, match=r"with itself; 7 have one"):
        conditional_tests(panel.y, x, w=own, determinant=make_determinant(own, "auto"), intercept=2)
    with pytest.raises(InputError, match=r"has 1 period\(s\) and 7 region\(s\)"):
        effect_tests(panel.y[:1], x[:1], intercept=2)
    large = sp.eye_array(2001, k=1, format="csr")
    with pytest.raises(OptionError, match=r"2001 regions are more than the 2000"):
        root_for_psi(Restricted(np.ones((3, 2001)), 1.0), large)


def test_neither_units_nor_the_order_of_regions_matter(oracle):
    panel, x, _ = pooled(oracle, 69, n=12)
    order = np.random.default_rng(2).permutation(12)
    w, moved_w = sp.csr_array(panel.w), sp.csr_array(panel.w[np.ix_(order, order)])
    scaled = x * [1e5, 1.0, 1.0] + [1e7, 0.0, 0.0]

    def everything(y, x, w):
        determinant = make_determinant(w, "auto")
        return (
            effect_tests(y, x, intercept=2)
            | random_tests(y, x, w=w, intercept=2)
            | conditional_tests(y, x, w=w, determinant=determinant, intercept=2)
        )

    base = everything(panel.y, x, w)
    changed = everything(1e-3 * panel.y[:, order] + 5, scaled[:, order], moved_w)
    for name, value in base.items():
        assert changed[name].statistic == pytest.approx(value.statistic, rel=2e-5, abs=1e-5), name


def lattice(side):
    chain = np.eye(side, k=1) + np.eye(side, k=-1)
    w = np.kron(np.eye(side), chain) + np.kron(chain, np.eye(side))
    return w / w.sum(axis=1, keepdims=True)


def test_size_of_the_pooled_tests():
    """49 regions on a lattice, 6 times: 5 % plus or minus three simulation errors (1 % each).

    Six period effects are too few for the normal distribution: those tests reject less often.
    """
    rng = np.random.default_rng(70)
    w = sp.csr_array(lattice(7))
    x = np.concatenate([rng.normal(size=(6, 49, 2)), np.ones((6, 49, 1))], axis=2)
    count: dict[str, int] = {}
    for _ in range(500):
        y = rng.normal(size=(6, 49))
        for name, value in (effect_tests(y, x, intercept=2) | random_tests(y, x, w=w, intercept=2)).items():
            count[name] = count.get(name, 0) + (value.p < 0.05)
    sizes = {name: value / 500 for name, value in count.items()}
    by_time = {name: sizes.pop(name) for name in ("bp_time", "honda_time")}
    assert all(0.01 < size < 0.06 for size in by_time.values()), by_time
    assert all(abs(size - 0.05) < 0.03 for size in sizes.values()), sizes
