"""Which covariance holds when: coverage of 95 % intervals in small simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp
from scipy import stats

from spatial_region.panel._blocks import make_blocks, remove_effects
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._estimate import estimate
from spatial_region.panel._gmm import estimate_gmm
from spatial_region.panel._quasi import quasi_covariance
from spatial_region.panel._sandwich import degrees_lost, reference_df, sandwich
from spatial_region.panel.options import PARTS


def groups(count):
    """Everyone is a neighbour of all others of a group of 3 to 16, as in Lin and Lee (2010)."""
    sizes = np.tile([3, 4, 5, 8, 12, 16], count)
    w = sp.csr_array(sp.block_diag([(np.ones((m, m)) - np.eye(m)) / (m - 1) for m in sizes]))
    return w, np.repeat(sizes, sizes)


@pytest.mark.parametrize("unequal", [False, True])
def test_unequal_variances_bias_the_likelihood_and_not_the_moments(unequal):
    """SAR, rho 0.3, 336 regions x 4 times, standard deviations as 1 / size of the group: 120 samples."""
    w, size = groups(7)
    n = len(size)
    logdet = make_determinant(w, "eigenvalues")
    rng = np.random.default_rng(3)
    spread = 1 / size if unequal else np.ones(n)
    spread = spread / np.sqrt((spread**2).mean())
    x = np.stack([np.ones((4, n)), 2 * rng.normal(size=(4, n))], axis=2)
    a = np.linalg.inv(np.eye(n) - 0.3 * w.toarray())
    found = []
    for _ in range(120):
        y = (x @ [1.0, 1.0] + spread * rng.normal(size=(4, n))) @ a.T
        blocks = make_blocks(y, x, w, lagged=[], effects="pooled", intercept=0)
        ml = estimate(
            blocks, w, logdet, parts=PARTS["sar"], effects="pooled", lee_yu=False, covariance_of=quasi_covariance
        )
        moments = estimate_gmm(y, x, [w], parts=PARTS["sar"], effects="pooled")
        robust = sandwich(moments.projected, moments.residuals, moments.inverse, kind="robust", lost=3)
        found.append([ml.rho, np.sqrt(ml.covariance[2, 2]), moments.spatial["rho"], np.sqrt(robust[2, 2])])
    rho_ml, se_ml, rho_gmm, se_gmm = np.array(found).T
    assert rho_gmm.mean() == pytest.approx(0.3, abs=0.01)
    assert 0.89 <= np.mean(np.abs(rho_gmm - 0.3) < 1.96 * se_gmm) <= 0.99
    covers = np.mean(np.abs(rho_ml - 0.3) < 1.96 * se_ml)
    if unequal:
        assert rho_ml.mean() - 0.3 > 0.015
        assert covers < 0.8
    else:
        assert rho_ml.mean() == pytest.approx(0.3, abs=0.01)
        assert covers >= 0.89


def autoregressive(rng, periods, n, share):
    """Over time, with unit variance."""
    e = rng.normal(size=(periods, n))
    for t in range(1, periods):
        e[t] = share * e[t - 1] + np.sqrt(1 - share**2) * e[t]
    return e


def coverage(draw, kinds, *, effects, samples, near=None, lags=None):
    """Share of samples in which 0 lies within 1.96 standard errors of a slope whose truth is 0."""
    hits = dict.fromkeys(kinds, 0)
    for seed in range(samples):
        x, e = draw(np.random.default_rng(seed))
        x, e = (remove_effects(v[:, :, None], effects) for v in (x, e))
        inverse = np.array([[1 / (x**2).sum()]])
        b = float((x * e).sum() * inverse[0, 0])
        periods, n, _ = x.shape
        for kind in kinds:
            lost = degrees_lost(kind, slopes=1, effects=effects, regions=n, periods=periods)
            serial = lags if kind in ("driscoll_kraay", "conley", "conley_serial") else None
            spread = sandwich(x, (e - b * x)[:, :, 0], inverse, kind=kind, lost=lost, near=near, lags=serial)
            hits[kind] += abs(b) < 1.96 * np.sqrt(spread[0, 0])
    return {kind: hit / samples for kind, hit in hits.items()}


def test_errors_that_last_need_clusters_of_regions():
    """60 regions x 8 times, region effects, regressor and errors with serial correlation 0.7: 500 samples."""
    found = coverage(
        lambda rng: (autoregressive(rng, 8, 60, 0.7), autoregressive(rng, 8, 60, 0.7)),
        ["robust", "cluster_region"], effects="region", samples=500,
    )  # fmt: skip
    assert found["robust"] < 0.9
    assert found["cluster_region"] > 0.915


def test_robust_under_region_effects_is_biased_in_short_panels():
    """Stock and Watson (2008): variances that grow with the square of the regressor, T = 3, N = 200, no correlation."""

    def draw(rng):
        x = rng.normal(size=(3, 200))
        return x, np.abs(x) * rng.normal(size=(3, 200))

    variances = {"robust": [], "cluster_region": []}
    slopes = []
    for seed in range(4000):
        x, e = (v - v.mean(axis=0) for v in draw(np.random.default_rng(seed)))
        inverse = np.array([[1 / (x**2).sum()]])
        slopes.append(float((x * e).sum() * inverse[0, 0]))
        for kind, kept in variances.items():
            lost = degrees_lost(kind, slopes=1, effects="region", regions=200, periods=3)
            kept.append(sandwich(x[:, :, None], e - slopes[-1] * x, inverse, kind=kind, lost=lost)[0, 0])
    ratio = {kind: np.mean(kept) / np.var(slopes) for kind, kept in variances.items()}
    assert ratio["cluster_region"] == pytest.approx(1, abs=0.06)
    assert ratio["robust"] < 0.92


def test_errors_that_reach_the_neighbours_need_a_spatial_covariance():
    """Spatial errors and regressors on a 20 x 20 grid, 6 times, cut-off of 6 steps: 300 samples."""
    side = np.arange(20.0)
    places = np.array([(a, b) for a in side for b in side])
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    w = (distances > 0) & (distances < 1.5)
    spread = np.linalg.inv(np.eye(400) - 0.7 * w / w.sum(axis=1, keepdims=True))
    near = sp.csr_array(np.maximum(1 - distances / 6, 0))
    found = coverage(
        lambda rng: (rng.normal(size=(6, 400)) @ spread.T, rng.normal(size=(6, 400)) @ spread.T),
        ["robust", "cluster_region", "conley"], effects="time", samples=300, near=near,
    )  # fmt: skip
    assert found["robust"] < 0.85
    assert found["cluster_region"] < 0.85
    assert found["conley"] > 0.89


def test_common_shocks_that_last_need_driscoll_and_kraay():
    """30 regions x 80 times, one common factor in regressor and errors with serial correlation 0.5: 300 samples."""

    def draw(rng):
        return [autoregressive(rng, 80, 1, 0.5) * (1 + rng.uniform(size=30)) + rng.normal(size=(80, 30)) for _ in "xe"]

    found = coverage(
        draw, ["robust", "cluster_region", "cluster_time", "driscoll_kraay"], effects="region", samples=300, lags=5
    )
    assert found["robust"] < 0.6
    assert found["cluster_region"] < 0.6
    assert found["driscoll_kraay"] > 0.87
    assert found["driscoll_kraay"] > found["cluster_time"]


def test_few_clusters_need_as_few_degrees_of_freedom():
    """10 regions x 20 times, serial correlation 0.8: 1,500 samples. Clusters less one, not observations less slopes."""
    hits = np.zeros(2)
    many = 10 * 20 - 11
    few = reference_df("cluster_region", df_residual=many, regions=10, periods=20)
    assert few == 9
    quantiles = stats.t([few, many]).ppf(0.975)
    for seed in range(1500):
        rng = np.random.default_rng(seed)
        x, e = (v - v.mean(axis=0) for v in (autoregressive(rng, 20, 10, 0.8) for _ in "xe"))
        inverse = np.array([[1 / (x**2).sum()]])
        b = float((x * e).sum() * inverse[0, 0])
        lost = degrees_lost("cluster_region", slopes=1, effects="region", regions=10, periods=20)
        spread = sandwich(x[:, :, None], e - b * x, inverse, kind="cluster_region", lost=lost)
        hits += abs(b) < quantiles * np.sqrt(spread[0, 0])
    assert hits[0] / 1500 == pytest.approx(0.95, abs=0.02)
    assert hits[1] / 1500 < 0.925


@pytest.mark.parametrize(
    ("kind", "df"),
    [
        ("robust", 300),
        ("conley", 300),
        ("cluster_region", 39),
        ("cluster_time", 8),
        ("cluster_both", 8),
        ("driscoll_kraay", 8),
    ],
)
def test_degrees_of_freedom_of_t(kind, df):
    assert reference_df(kind, df_residual=300, regions=40, periods=9) == df
