"""Saddlepoint p-values of Moran's I against the exact distribution, published numbers and simulation."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from conftest import lattice
from libpysal import examples
from scipy import sparse as sp
from scipy.integrate import quad

import spatial_region as sr
from spatial_region.autocorr import _saddlepoint
from spatial_region.autocorr._saddlepoint import is_quick, moran_tails


def exact_tail(statistic: float, matrix: sp.csr_array) -> float:
    """P(I >= statistic) for independent normal values, by inverting the characteristic function (Imhof 1961)."""
    n = matrix.shape[0]
    dense = matrix.toarray()
    centre = np.eye(n) - 1 / n
    values = np.linalg.eigvalsh(centre @ ((dense + dense.T) / 2 - statistic * dense.sum() / n * np.eye(n)) @ centre)
    values = np.delete(values, np.argmin(np.abs(values)))  # the direction of equal values
    values = values / np.abs(values).max()

    def integrand(u: float) -> float:
        angle = 0.5 * np.arctan(values * u).sum()
        return np.sin(angle) / (u * np.exp(0.25 * np.log1p((values * u) ** 2).sum()))

    ends = [0, 1, 5, 20, 100, np.inf]
    area = sum(quad(integrand, a, b, limit=400, epsabs=1e-13)[0] for a, b in pairwise(ends))
    return 0.5 + area / np.pi


@pytest.fixture
def queen(columbus) -> sp.csr_array:
    return sr.contiguity(columbus).standardise("row").sparse


@pytest.mark.parametrize("statistic", [-0.3, -0.15, 0.0, 0.1, 0.18, 0.3, 0.4])
def test_against_the_exact_distribution(queen, statistic):
    exact = exact_tail(statistic, queen)
    above, below = moran_tails(statistic, queen)
    assert above + below == pytest.approx(1, abs=1e-12)
    tail, ours = (exact, above) if exact < 0.5 else (1 - exact, below)
    assert ours == pytest.approx(tail, rel=0.04)


def test_numbers_of_spdep(columbus):
    """R spdep 1.2-7, lm.morantest.sad and lm.morantest.exact of HOVAL on a constant, queen weights by row."""
    ours = sr.moran(columbus, "HOVAL", w=sr.contiguity(columbus), permutations=0, alternative="greater")
    assert ours.p_saddlepoint == pytest.approx(0.0212967297706791, rel=1e-9)
    assert exact_tail(ours.I, ours.w.sparse) == pytest.approx(0.0214085213498417, rel=1e-6)


@pytest.mark.parametrize("statistic", [-0.5, -0.2, -1 / 48 + 1e-3, 0.0, 0.2, 0.6, 0.9])
def test_factorisations_give_what_all_eigenvalues_give(queen, statistic, monkeypatch):
    one = moran_tails(statistic, queen)
    monkeypatch.setattr(_saddlepoint, "_MOST_EIGENVALUES", 0)
    np.testing.assert_allclose(moran_tails(statistic, queen), one, rtol=1e-6)


def test_islands_and_separate_parts(monkeypatch):
    """Two separate rows of cells and an island: eigenvalues repeat, and both ways still agree with the exact tail."""
    dense = np.zeros((13, 13))
    for start, stop in ((0, 6), (6, 12)):
        for i in range(start, stop - 1):
            dense[i, i + 1] = dense[i + 1, i] = 1
    matrix = sp.csr_array(dense)
    exact = exact_tail(0.5, matrix)
    one = moran_tails(0.5, matrix)
    assert one[0] == pytest.approx(exact, rel=0.03)
    monkeypatch.setattr(_saddlepoint, "_MOST_EIGENVALUES", 0)
    np.testing.assert_allclose(moran_tails(0.5, matrix), one, rtol=1e-8)


def test_continuous_through_the_mean(queen):
    """At the mean the formula is 0 / 0; the transform that takes its place joins both sides, and is right."""
    mean = -1 / 48
    steps = np.array([moran_tails(mean + step, queen)[0] for step in np.linspace(-4e-3, 4e-3, 401)])
    assert (np.diff(steps) < 0).all()
    assert np.abs(np.diff(steps, 2)).max() < 5e-6
    assert moran_tails(mean, queen)[0] == pytest.approx(exact_tail(mean, queen), abs=5e-4)


@pytest.mark.parametrize("kind", ["queen", "rook"])
def test_both_ways_agree_everywhere(kind, monkeypatch):
    """Also a hair's breadth from the mean, where factorisations have lost all digits of the formula."""
    matrix = sr.contiguity(lattice(10, 10), kind=kind).standardise("row").sparse
    mean = -1 / 99
    statistics = [*np.linspace(-0.7, 0.95, 40), *(mean + np.logspace(-12, -2, 11)), *(mean - np.logspace(-12, -2, 11))]
    by_eigenvalues = [moran_tails(one, matrix) for one in statistics]
    monkeypatch.setattr(_saddlepoint, "_MOST_EIGENVALUES", 0)
    by_factorisations = [moran_tails(one, matrix) for one in statistics]
    np.testing.assert_allclose(by_factorisations, by_eigenvalues, rtol=1e-7)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_uneven_weights_with_a_diagonal(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    matrix = sp.csr_array(rng.uniform(0, 2, (30, 30)) * (rng.random((30, 30)) < 0.2))
    statistic = float(rng.uniform(0.05, 0.4))
    one = moran_tails(statistic, matrix)
    assert one[0] == pytest.approx(exact_tail(statistic, matrix), rel=0.1)
    monkeypatch.setattr(_saddlepoint, "_MOST_EIGENVALUES", 0)
    np.testing.assert_allclose(moran_tails(statistic, matrix), one, rtol=1e-8)


def test_one_statistic_for_all_values():
    """Every region is a neighbour of every other: I is -1 / (n - 1) whatever the values."""
    frame = lattice(3, 4)
    everyone = sr.Weights(frame.index, np.ones((12, 12)) - np.eye(12))
    values = pd.Series(np.arange(12.0) ** 2, frame.index)
    ours = sr.moran(values, w=everyone, permutations=199, assumption="randomisation")
    assert pytest.approx(-1 / 11) == ours.I
    assert (ours.p, ours.p_saddlepoint, ours.variance) == (1.0, 1.0, 0.0)
    assert np.isnan(ours.z)
    assert np.isnan(sr.getis_ord_g(values, w=everyone, permutations=9).z)


def test_beyond_what_weights_allow(queen):
    assert moran_tails(5.0, queen) == (0.0, 1.0)
    assert moran_tails(-5.0, queen) == (1.0, 0.0)


def test_size_of_the_test():
    """Independent normal values: p-values at most 0.01 in 1 % of samples, where the normal ones are in more."""
    frame = lattice(6, 6)
    w = sr.contiguity(frame).standardise("row")
    rng = np.random.default_rng(2)
    dense, n, samples = w.sparse.toarray(), 36, 40_000
    z = rng.normal(size=(samples, n))
    z -= z.mean(axis=1, keepdims=True)
    statistics = np.einsum("sn,sn->s", z @ dense, z) / (z**2).sum(axis=1)
    for level in (0.05, 0.01, 0.001):
        low, high = -0.2, 1.0
        for _ in range(50):  # the I whose p-value is the level
            middle = (low + high) / 2
            low, high = (middle, high) if moran_tails(middle, w.sparse)[0] > level else (low, middle)
        share = np.mean(statistics >= low)
        assert abs(share - level) < 4 * np.sqrt(level * (1 - level) / samples)


def test_alternatives(columbus):
    w = sr.contiguity(columbus)
    p = {
        side: sr.moran(columbus, "HOVAL", w=w, permutations=0, alternative=side).p_saddlepoint
        for side in ("two-sided", "greater", "less")
    }
    assert p["greater"] + p["less"] == pytest.approx(1)
    assert p["two-sided"] == pytest.approx(2 * p["greater"])
    mean = sr.moran(pd.Series(0.0, columbus.index).where(columbus.index != "7", 1.0), w=w, permutations=0)
    assert 0 < mean.p_saddlepoint <= 1


def test_shown_where_it_is_cheap(columbus):
    w = sr.contiguity(columbus)
    ours = sr.moran(columbus, "HOVAL", w=w, permutations=99)
    assert ours.table()["p_saddlepoint"].item() == ours.p_saddlepoint
    assert "p, saddlepoint (two-sided)" in ours.summary()
    frame = lattice(60, 60)
    large = sr.moran(pd.Series(np.sin(np.arange(3600.0) ** 2), frame.index), w=sr.contiguity(frame), permutations=0)
    assert not is_quick(large.w.sparse)
    assert large.table()["p_saddlepoint"].isna().all()
    assert 0 < large.p_saddlepoint <= 1  # on request, by factorisation


def test_the_normal_p_is_too_small_on_the_examples_of_pysal():
    """The states' income in 1929: an exact p 76 times the normal one; the saddlepoint is within 1 % of it."""
    frame = gpd.read_file(examples.get_path("us48.shp"))
    income = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name")["1929"]
    values = pd.Series(income.reindex(frame["STATE_NAME"]).to_numpy(float), index=frame["STATE_NAME"])
    w = sr.contiguity(frame.set_index("STATE_NAME"))
    ours = sr.moran(values, w=w, permutations=0, alternative="greater")
    exact = exact_tail(ours.I, ours.w.sparse)
    assert ours.p_saddlepoint == pytest.approx(exact, rel=0.01)
    assert exact / ours.p_normal == pytest.approx(76.4, abs=0.5)
