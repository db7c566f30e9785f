"""Traces of the information matrix: the derivative of a determinant against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel import _traces
from spatial_region.panel._determinant import make_determinant


def nearest(n: int, k: int, seed: int) -> sp.csr_array:
    """Asymmetric weights of the k nearest of random points, with one island."""
    points = np.random.default_rng(seed).uniform(size=(n, 2))
    distance = ((points[:, None] - points) ** 2).sum(axis=2)
    w = np.zeros((n, n))
    np.put_along_axis(w, np.argsort(distance, axis=1)[:, 1 : k + 1], 1 / k, axis=1)
    w[0] = 0
    return sp.csr_array(w)


def lattice(m: int) -> sp.csr_array:
    """Row-standardised rook weights of an m x m lattice."""
    line = sp.diags_array([np.ones(m - 1)] * 2, offsets=[-1, 1])
    w = sp.csr_array(sp.kron(line, sp.eye_array(m)) + sp.kron(sp.eye_array(m), line))
    return sp.csr_array(sp.diags_array(1 / w.sum(axis=1)) @ w)


@pytest.mark.parametrize("w", [nearest(150, 4, 1), lattice(12), 0.1 * (lattice(12) > 0)], ids=["knn", "rook", "binary"])
@pytest.mark.parametrize(("rho", "lam"), [(0.5, 0.3), (0.99, -0.9), (-0.6, None), (None, 0.7), (0.0, 0.95), (0.4, 0.4)])
def test_sparse_traces_equal_those_of_dense_matrices(monkeypatch, w, rho, lam):
    w = sp.csr_array(w)
    n = w.shape[0]
    dense = w.toarray()
    g, h = (np.zeros((n, n)) if v is None else dense @ np.linalg.inv(np.eye(n) - v * dense) for v in (rho, lam))
    monkeypatch.setattr(_traces, "_MOST_DENSE", 0)
    monkeypatch.setattr(_traces, "_DENSE", 1.0)
    sums, columns = _traces._outer_products(w, [rho, lam])
    np.testing.assert_allclose(sums, [np.vdot(g, g), np.vdot(g, h), np.vdot(h, h)], rtol=1e-9)
    np.testing.assert_allclose(columns, [g.sum(axis=0), h.sum(axis=0)], rtol=1e-9, atol=1e-9)
    monkeypatch.setattr(_traces, "_MOST_DENSE", n)
    both = _traces._outer_products(w, [rho, lam])
    np.testing.assert_allclose(both[0], sums, rtol=1e-9)
    np.testing.assert_allclose(both[1], columns, rtol=1e-9, atol=1e-9)


def test_traces_without_the_unit_root_are_those_of_the_complement(monkeypatch):
    monkeypatch.setattr(_traces, "_MOST_DENSE", 0)
    monkeypatch.setattr(_traces, "_DENSE", 1.0)
    w = lattice(8)
    dense, n = w.toarray(), 64
    f = np.linalg.svd(np.eye(n) - 1 / n)[0][:, : n - 1]
    g, h = (f.T @ dense @ np.linalg.inv(np.eye(n) - v * dense) @ f for v in (0.6, 0.2))
    found = _traces.compute_traces(w, make_determinant(w, "auto"), rho=0.6, lam=0.2, without_unit_root=True)
    expected = [np.trace(g @ g), np.trace(g @ h), np.trace(h @ h), np.vdot(g, g), np.vdot(g, h), np.vdot(h, h)]
    got = [found.gg, found.gh, found.hh, found.outer_gg, found.outer_gh, found.outer_hh]
    np.testing.assert_allclose(got, expected, rtol=1e-9)
    assert found.g == pytest.approx(np.trace(g)) and found.h == pytest.approx(np.trace(h))


def test_random_signs_come_close_to_the_exact_traces(monkeypatch):
    """Beyond 20,000 regions tr(G'G) and its like come from 32 vectors of random signs, always the same."""
    rng = np.random.default_rng(5)
    n = 1_500
    rows = np.repeat(np.arange(n), 6)
    w = sp.csr_array((np.full(6 * n, 1 / 6), (rows, rng.integers(0, n, 6 * n))), shape=(n, n))
    exact, sums = _traces._outer_products(w, [0.5, 0.2])
    monkeypatch.setattr(_traces, "_MOST_FACTORISED", 1_000)
    found, again = _traces._outer_products(w, [0.5, 0.2])
    np.testing.assert_allclose(found, exact, rtol=0.03)
    np.testing.assert_allclose(again, sums, rtol=1e-8)
    np.testing.assert_array_equal(found, _traces._outer_products(w, [0.5, 0.2])[0])
    one, _ = _traces._outer_products(w, [None, 0.2])
    assert one[0] == one[1] == 0 and one[2] == found[2]
