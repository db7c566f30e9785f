"""Moran spectral randomisation: what it keeps exactly, that it is exact for its process, and its size on maps."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.sparse
from scipy.spatial import Delaunay

from spatial_region.geodetector._draws import FreeRows, WholeRegions
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector._spatial_draws import SpatialSigns, spatial_modes
from spatial_region.geodetector._statistics import FixedStrata


def lattice(side):
    """Return rook neighbours on a square."""
    line = np.eye(side, k=1) + np.eye(side, k=-1)
    return np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)


def irregular(n, seed=0):
    """Return neighbours by triangulation of points that crowd in one corner."""
    corners = Delaunay(np.random.default_rng(seed).random((n, 2)) ** 1.5).simplices
    w = np.zeros((n, n))
    for a, b in product(range(3), repeat=2):
        w[corners[:, a], corners[:, b]] = a != b
    return w


def rows_sum_to_one(w):
    return w / np.maximum(w.sum(axis=1, keepdims=True), 1)


def moran(y, w):
    z = y - y.mean()
    return len(y) / w.sum() * (z @ w @ z) / (z @ z)


def cross_section(modes):
    n = len(modes.vectors)
    return SpatialSigns(modes, np.arange(n), np.zeros(n, dtype=np.int64))


def drawn(plan, y, draws, seed=1):
    bound = plan.bind(y, [], seed)
    out = np.empty((draws, len(y)))
    bound.fill(0, out)
    back = np.empty_like(out)
    back[:, bound.order] = out
    return back


MAPS = {
    "lattice": lattice(6),
    "row-standardised": rows_sum_to_one(irregular(40)),
    "islands": np.pad(irregular(30), (0, 4)),
    "two parts": np.kron(np.eye(2), irregular(18)),
}


@pytest.mark.parametrize("name", MAPS)
def test_modes_are_orthonormal_eigenvectors_without_the_constant(name):
    w = MAPS[name]
    n = len(w)
    modes = spatial_modes(scipy.sparse.csr_array(w))
    centring = np.eye(n) - 1 / n
    matrix = centring @ (w + w.T) / 2 @ centring
    np.testing.assert_allclose(modes.vectors.T @ modes.vectors, np.eye(n - 1), atol=1e-12)
    np.testing.assert_allclose(modes.vectors.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(matrix @ modes.vectors, modes.vectors * modes.values, atol=1e-9)
    assert np.all(np.diff(modes.values) <= 0)


@pytest.mark.parametrize("name", MAPS)
def test_draws_keep_mean_variance_and_morans_i(name):
    w = MAPS[name]
    y = np.random.default_rng(2).lognormal(size=len(w))
    draws = drawn(cross_section(spatial_modes(w)), y, 30)
    np.testing.assert_allclose(draws.mean(axis=1), y.mean(), rtol=1e-12)
    np.testing.assert_allclose(draws.var(axis=1), y.var(), rtol=1e-12)
    np.testing.assert_allclose([moran(one, w) for one in draws], moran(y, w), rtol=1e-8)
    assert np.linalg.matrix_rank(draws - draws.mean(axis=0)) > 20  # and yet they differ


def test_all_signs_are_drawn_and_p_approaches_their_enumeration():
    w = lattice(3)[:7, :7]  # seven regions, six modes, 64 combinations of signs
    modes = spatial_modes(w)
    y, strata = np.random.default_rng(1).normal(size=7), FixedStrata(np.array([0, 0, 0, 1, 1, 1, 1]), 2)
    y = y - y.mean()
    every = np.array([modes.vectors @ (np.array(s) * (modes.vectors.T @ y)) for s in product((-1, 1), repeat=6)])
    exact = np.mean(strata.q_of(every) >= strata.q_of(y[None, :]) - 1e-12)
    assert 0.05 < exact < 0.95
    (p,) = permutation_tests(y, [strata], draws=cross_section(modes), permutations=8_000, seed=4)
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 8_000))


def test_panels_turn_the_same_way_at_all_times():
    w = irregular(20)
    rng = np.random.default_rng(5)
    regions, times = np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20)
    rows = rng.permutation(60)
    regions, times = regions[rows], times[rows]
    y = rng.normal(size=60)
    modes = spatial_modes(w)
    order = np.lexsort((times, regions))
    before = y[order].reshape(20, 3)
    for one in drawn(SpatialSigns(modes, regions, times), y, 5):
        after = one[order].reshape(20, 3)
        signs = (modes.vectors.T @ after) / (modes.vectors.T @ before)
        np.testing.assert_allclose(np.abs(signs), 1, rtol=1e-9)
        np.testing.assert_array_equal(np.sign(signs), np.sign(signs[:, :1]) * np.ones((1, 3)))
        np.testing.assert_allclose(after.mean(axis=0), before.mean(axis=0), atol=1e-13)
        np.testing.assert_allclose(np.cov(after.T), np.cov(before.T), atol=1e-12)  # serial covariance


def test_regions_with_the_same_neighbours_swap_or_keep_their_values():
    """Two islands far from a chain: the contrast of the two is a mode of its own."""
    w = np.zeros((8, 8))
    chain = np.arange(5)
    w[chain, chain + 1] = w[chain + 1, chain] = 1
    w[0, 2] = w[2, 0] = 1  # so that no other eigenvalue is zero
    y = np.random.default_rng(4).normal(size=8)
    draws = drawn(cross_section(spatial_modes(w)), y, 40)
    contrast = draws[:, 6] - draws[:, 7]
    np.testing.assert_allclose(np.abs(contrast), abs(y[6] - y[7]), rtol=1e-9)
    assert len(np.unique(np.sign(contrast))) == 2


@pytest.mark.parametrize("name", MAPS)
def test_the_order_of_rows_does_not_matter(name):
    w = MAPS[name]
    n = len(w)
    rng = np.random.default_rng(6)
    y, codes, rows = rng.normal(size=n), rng.integers(0, 3, n), rng.permutation(n)
    modes, times = spatial_modes(w), np.zeros(n, dtype=np.int64)

    def p(y, regions, codes):
        draws = SpatialSigns(modes, regions, times)
        return permutation_tests(y - y.mean(), [FixedStrata(codes, 3)], draws=draws, permutations=99, seed=1)[0]

    assert p(y, np.arange(n), codes) == p(y[rows], rows, codes[rows])


@pytest.mark.parametrize("name", ["lattice", "row-standardised", "islands"])
def test_repeated_eigenvalues_do_not_leave_the_modes_to_chance(name):
    """Weights that differ by rounding give the same draws."""
    w = MAPS[name]
    noise = 1e-15 * np.random.default_rng(1).normal(size=w.shape) * (w > 0)
    y = np.random.default_rng(2).normal(size=len(w))
    first, second = (drawn(cross_section(spatial_modes(each)), y, 10) for each in (w, w + noise))
    np.testing.assert_allclose(first, second, atol=1e-6)


@pytest.mark.parametrize(("name", "rho"), [("lattice", 0.6), ("lattice", 0.9), ("irregular", 0.6), ("irregular", 0.9)])
def test_size_under_spatial_autocorrelation(name, rho):
    """Outcome and factor are independent SAR processes; 200 maps, two standard errors of 5 % are 3 %."""
    w = rows_sum_to_one(lattice(15) if name == "lattice" else irregular(225))
    n = len(w)
    rng = np.random.default_rng(11)
    multiplier = np.linalg.inv(np.eye(n) - rho * w)
    signs = cross_section(spatial_modes(w))
    rejected = {"free": 0, "signs": 0}
    for trial in range(200):
        y, x = multiplier @ rng.normal(size=n), multiplier @ rng.normal(size=n)
        strata = FixedStrata(np.searchsorted(np.quantile(x, [0.2, 0.4, 0.6, 0.8]), x), 5)
        for kind, plan in (("free", FreeRows()), ("signs", signs)):
            (p,) = permutation_tests(y - y.mean(), [strata], draws=plan, permutations=99, seed=trial)
            rejected[kind] += p <= 0.05
    assert 3 <= rejected["signs"] <= 19
    if rho == 0.9:
        assert rejected["free"] > 60


def test_an_effect_is_found_and_noise_keeps_its_level():
    """Strata scattered over the map with an effect of half a standard deviation, among autocorrelated errors."""
    w = rows_sum_to_one(lattice(15))
    rng = np.random.default_rng(13)
    multiplier = np.linalg.inv(np.eye(225) - 0.6 * w)
    signs = cross_section(spatial_modes(w))
    found = 0
    for trial in range(40):
        codes = rng.integers(0, 3, 225)
        y = multiplier @ rng.normal(size=225) + 0.6 * codes
        found += (
            permutation_tests(y - y.mean(), [FixedStrata(codes, 3)], draws=signs, permutations=99, seed=trial)[0]
            <= 0.05
        )
    assert found > 30


def test_size_in_panels_with_spatial_and_serial_correlation():
    """Space-time processes, 100 regions and 5 times: only signs that are the same at all times keep their level."""
    w = rows_sum_to_one(lattice(10))
    n, n_times = len(w), 5
    rng = np.random.default_rng(23)
    multiplier = np.linalg.inv(np.eye(n) - 0.8 * w)
    regions, times = np.repeat(np.arange(n), n_times), np.tile(np.arange(n_times), n)
    plans = {
        "free": FreeRows(),
        "whole": WholeRegions(regions, times),
        "signs": SpatialSigns(spatial_modes(w), regions, times),
    }

    def process():
        shocks = multiplier @ rng.normal(size=(n, n_times))
        for time in range(1, n_times):
            shocks[:, time] += 0.8 * shocks[:, time - 1]
        return shocks.ravel()

    rejected = dict.fromkeys(plans, 0)
    for trial in range(200):
        y, x = process(), process()
        strata = FixedStrata(np.searchsorted(np.quantile(x, [0.25, 0.5, 0.75]), x), 4)
        for name, plan in plans.items():
            (p,) = permutation_tests(y - y.mean(), [strata], draws=plan, permutations=99, seed=trial)
            rejected[name] += p <= 0.05
    assert rejected["free"] > 60
    assert rejected["whole"] > 30
    assert 3 <= rejected["signs"] <= 19
