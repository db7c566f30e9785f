"""Moran's I of residuals: moments against explicit projections, simulation, and spreg."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel._lm_moran import moran_residuals, moran_residuals_by_period

EFFECTS = ["pooled", "region", "time", "twoway"]


def arrays(panel, effects):
    if effects != "pooled":
        return panel.x, None
    return np.concatenate([panel.x, np.ones((*panel.y.shape, 1))], axis=2), 2


def projection(panel, effects):
    """The matrix that makes residuals of y, with a column for every dummy."""
    periods, n = panel.y.shape
    columns = {
        "pooled": [np.ones((periods * n, 1))],
        "region": [np.kron(np.ones((periods, 1)), np.eye(n))],
        "time": [np.kron(np.eye(periods), np.ones((n, 1)))],
        "twoway": [np.kron(np.ones((periods, 1)), np.eye(n)), np.kron(np.eye(periods), np.ones((n, 1)))],
    }[effects]
    design = np.hstack([panel.x.reshape(periods * n, -1), *columns])
    return np.eye(periods * n) - design @ np.linalg.pinv(design)


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("effects", EFFECTS)
def test_moments_of_all_residuals(oracle, effects, row):
    panel = oracle.panel(9, 5, seed=51, row=row)
    x, intercept = arrays(panel, effects)
    found = moran_residuals(panel.y, x, w=sp.csr_array(panel.w), effects=effects, intercept=intercept)
    m = projection(panel, effects)
    big = np.kron(np.eye(5), panel.w)
    e, symmetric = m @ panel.y.ravel(), (big + big.T) / 2
    scale, rank = 45 / big.sum(), np.trace(m)
    trace, square = np.trace(m @ symmetric), np.trace(m @ symmetric @ m @ symmetric)
    assert found.statistic == pytest.approx(scale * (e @ big @ e) / (e @ e), rel=1e-10)
    assert found.expected == pytest.approx(scale * trace / rank, rel=1e-9)
    variance = scale**2 * 2 * (rank * square - trace**2) / (rank**2 * (rank + 2))
    assert found.variance == pytest.approx(variance, rel=1e-9)
    z = (found.statistic - found.expected) / np.sqrt(found.variance)
    assert found.test.statistic == pytest.approx(z, rel=1e-12)
    assert found.test.reference == "normal"


@pytest.mark.parametrize("effects", EFFECTS)
def test_moments_by_period(oracle, effects):
    """Against the blocks of the explicit projection, and against 20,000 drawn errors."""
    panel = oracle.panel(16, 4, seed=52)
    x, intercept = arrays(panel, effects)
    found = moran_residuals_by_period(panel.y, x, w=sp.csr_array(panel.w), effects=effects, intercept=intercept)
    m = projection(panel, effects)
    drawn = np.random.default_rng(53).normal(size=(20_000, 64)) @ m
    symmetric = (panel.w + panel.w.T) / 2
    e = (m @ panel.y.ravel()).reshape(4, 16)
    for t, value in enumerate(found):
        v = m[16 * t : 16 * t + 16, 16 * t : 16 * t + 16]
        vu = v @ symmetric
        expected = np.trace(vu) / np.trace(v)
        raw = (np.trace(vu) ** 2 + 2 * np.trace(vu @ vu)) / (np.trace(v) ** 2 + 2 * np.trace(v @ v))
        assert value.statistic == pytest.approx(e[t] @ panel.w @ e[t] / (e[t] @ e[t]), rel=1e-9)
        assert value.expected == pytest.approx(expected, rel=1e-8)
        assert value.variance == pytest.approx(raw - expected**2, rel=1e-8)
        block = drawn[:, 16 * t : 16 * t + 16]
        values = np.einsum("ri,ij,rj->r", block, symmetric, block) / (block**2).sum(axis=1)
        assert abs(values.mean() - value.expected) < 4 * values.std() / np.sqrt(20_000) + 0.002
        assert values.var() == pytest.approx(value.variance, rel=0.06)


def test_one_period_alone_is_a_cross_section(oracle):
    panel = oracle.panel(14, 1, seed=54)
    x, intercept = arrays(panel, "pooled")
    options = {"w": sp.csr_array(panel.w), "effects": "pooled", "intercept": intercept}
    whole = moran_residuals(panel.y, x, **options)
    (single,) = moran_residuals_by_period(panel.y, x, **options)
    assert single.statistic == pytest.approx(whole.statistic, rel=1e-12)
    assert single.expected == pytest.approx(whole.expected, rel=1e-10)
    assert single.variance == pytest.approx(whole.variance, rel=1e-10)


def test_size_by_period_with_fixed_effects():
    """5 % plus or minus what 2,400 values allow, and centred: 49 regions on a lattice, 6 times."""
    rng = np.random.default_rng(55)
    chain = np.eye(7, k=1) + np.eye(7, k=-1)
    w = np.kron(np.eye(7), chain) + np.kron(chain, np.eye(7))
    w = sp.csr_array(w / w.sum(axis=1, keepdims=True))
    x = rng.normal(size=(6, 49, 2))
    found = [
        [v.test for v in moran_residuals_by_period(rng.normal(size=(6, 49)), x, w=w, effects="twoway")]
        for _ in range(400)
    ]
    z = np.array([[value.statistic for value in row] for row in found])
    p = np.array([[value.p for value in row] for row in found])
    assert abs(z.mean()) < 0.08
    assert abs(z.std() - 1) < 0.05
    assert abs((p < 0.05).mean() - 0.05) < 0.02
