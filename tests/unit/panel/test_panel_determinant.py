"""Log-determinant, its derivative, its interval, and exact traces, against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel._determinant import make_determinant, similar_symmetric
from spatial_region.panel._traces import compute_traces, impact_sums, mean_row_sum


def weights(kind: str, n: int = 40, seed: int = 0) -> sp.csr_array:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(n, 2))
    d = np.linalg.norm(x[:, None] - x[None], axis=2)
    np.fill_diagonal(d, np.inf)
    if kind == "knn":
        w = (d <= np.sort(d, axis=1)[:, [4]]).astype(float)
    elif kind == "components":
        w = np.kron(np.eye(2), np.ones((n // 2, n // 2)) - np.eye(n // 2)) * rng.uniform(0.5, 1.5, (n, n)) * (d < 0.5)
        w = w + w.T
    elif kind == "island":
        w = (d < 0.25).astype(float)
        w[0], w[:, 0] = 0, 0
    else:
        w = np.where(d < 0.3, 1 / d, 0.0)
    if kind != "binary":
        sums = w.sum(axis=1, keepdims=True)
        w = np.divide(w, sums, out=np.zeros_like(w), where=sums > 0)
    return sp.csr_array(w)


KINDS = ("knn", "inverse distance", "components", "island", "binary")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["eigenvalues", "lu"])
def test_value_and_derivative(kind, how):
    w = weights(kind)
    determinant = make_determinant(w, how)
    assert determinant.kind == how
    dense = w.toarray()
    for share in (0.02, 0.3, 0.7, 0.98):
        rho = determinant.low + share * (determinant.high - determinant.low)
        sign, value = np.linalg.slogdet(np.eye(len(dense)) - rho * dense)
        assert sign == 1
        assert determinant.value(rho) == pytest.approx(value, abs=1e-8)
        trace = np.trace(dense @ np.linalg.inv(np.eye(len(dense)) - rho * dense))
        assert determinant.trace(rho) == pytest.approx(trace, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_interval_ends_where_the_matrix_is_singular(kind):
    w = weights(kind)
    exact = make_determinant(w, "eigenvalues")
    real = np.linalg.eigvals(w.toarray())
    real = real[np.abs(real.imag) < 1e-9].real
    assert exact.high == pytest.approx(1 / real.max(), rel=1e-9)
    assert exact.low == pytest.approx(1 / real.min(), rel=1e-9)
    factorised = make_determinant(w, "lu")
    assert factorised.high == pytest.approx(exact.high, rel=1e-7)
    # Without real eigenvalues at hand the spectral radius bounds the interval from the safe side.
    assert exact.low - 1e-7 <= factorised.low < 0


def test_weights_similar_to_symmetric_ones_are_recognised():
    for kind, expected in (("inverse distance", True), ("components", True), ("island", True), ("knn", False)):
        found = similar_symmetric(weights(kind))
        assert (found is not None) == expected, kind
        if found is not None:
            ours = np.sort(np.linalg.eigvalsh(found.toarray()))
            np.testing.assert_allclose(ours, np.sort(np.linalg.eigvals(weights(kind).toarray()).real), atol=1e-10)


def test_pattern_alone_does_not_make_weights_similar_to_symmetric_ones():
    """A symmetric pattern whose ratios do not multiply to 1 around a cycle has complex eigenvalues."""
    cycle = np.array([[0, 2.0, 1.0], [1.0, 0, 2.0], [2.0, 1.0, 0]])
    assert similar_symmetric(sp.csr_array(cycle)) is None
    determinant = make_determinant(sp.csr_array(cycle), "eigenvalues")
    assert determinant.value(0.1) == pytest.approx(np.linalg.slogdet(np.eye(3) - 0.1 * cycle)[1], abs=1e-12)


def test_auto_chooses_by_size():
    assert make_determinant(weights("knn"), "auto").kind == "eigenvalues"
    ring = sp.csr_array(sp.diags_array([0.5, 0.5, 0.5, 0.5], offsets=[1, -1, 1999, -1999], shape=(2000, 2000)))
    assert make_determinant(ring, "auto").kind == "lu"


def products(g, h):
    return [np.trace(m) for m in (g, h, g @ g, g @ h, h @ h, g.T @ g, g.T @ h, h.T @ h)]


def listed(found):
    return [found.g, found.h, found.gg, found.gh, found.hh, found.outer_gg, found.outer_gh, found.outer_hh]


@pytest.mark.parametrize("how", ["eigenvalues", "lu"])
@pytest.mark.parametrize("kind", KINDS)
# Far apart, close, and equal.
@pytest.mark.parametrize("shares", [(0.6, -0.3), (0.6, 0.6002), (0.95, 0.95)])
def test_traces_of_products(kind, how, shares):
    w = weights(kind)
    dense, n = w.toarray(), w.shape[0]
    determinant = make_determinant(w, how)
    rho, lam = (share * determinant.high for share in shares)
    g, h = (dense @ np.linalg.inv(np.eye(n) - value * dense) for value in (rho, lam))
    found = compute_traces(w, determinant, rho=rho, lam=lam, without_unit_root=False)
    np.testing.assert_allclose(listed(found), products(g, h), rtol=1e-9, atol=1e-10)
    own, own_slope, row, row_slope = impact_sums(w, determinant, rho)
    np.testing.assert_allclose([own * n, own_slope * n], [np.trace(g), np.trace(g @ g)], rtol=1e-9)
    np.testing.assert_allclose([row * n, row_slope * n], [g.sum(), (g @ g).sum()], rtol=1e-10)
    assert mean_row_sum(w, rho) == pytest.approx(row, rel=1e-12)
    alone = compute_traces(w, determinant, rho=None, lam=lam, without_unit_root=False)
    assert (alone.g, alone.gh, alone.outer_gg) == (0, 0, 0)
    assert (alone.h, alone.hh, alone.outer_hh) == (found.h, found.hh, found.outer_hh)


@pytest.mark.parametrize("how", ["eigenvalues", "lu"])
@pytest.mark.parametrize("kind", ["knn", "inverse distance"])
def test_traces_orthogonal_to_the_unit_vector(kind, how):
    w = weights(kind)
    dense, n = w.toarray(), w.shape[0]
    basis = np.linalg.svd(np.eye(n) - 1 / n)[0][:, : n - 1]
    g, h = (basis.T @ dense @ np.linalg.inv(np.eye(n) - value * dense) @ basis for value in (0.5, -0.2))
    found = compute_traces(w, make_determinant(w, how), rho=0.5, lam=-0.2, without_unit_root=True)
    np.testing.assert_allclose(listed(found), products(g, h), rtol=1e-9)


def test_sparse_and_dense_traces_make_no_difference(monkeypatch):
    w = weights("knn")
    determinant = make_determinant(w, "eigenvalues")
    whole = compute_traces(w, determinant, rho=0.5, lam=0.2, without_unit_root=True)
    monkeypatch.setattr("spatial_region.panel._traces._MOST_DENSE", 0)
    monkeypatch.setattr("spatial_region.panel._traces._DENSE", 1.0)
    parts = compute_traces(w, determinant, rho=0.5, lam=0.2, without_unit_root=True)
    assert listed(parts) == pytest.approx(listed(whole), rel=1e-9)
