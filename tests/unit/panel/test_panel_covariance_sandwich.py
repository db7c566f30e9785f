"""Sandwich covariances against explicit loops, linearmodels 7.1, statsmodels and spreg 1.9."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import spreg
import statsmodels.api as sm
from libpysal.weights import Kernel
from linearmodels.panel import PanelOLS
from scipy import sparse as sp
from statsmodels.stats import sandwich_covariance as peers

import spatial_region as sr
from spatial_region.errors import InputError, OptionError
from spatial_region.panel._near import conley_kernel
from spatial_region.panel._sandwich import SandwichKind, default_lags, degrees_lost, make_sandwich, sandwich

KINDS = SandwichKind.__args__
NAMES = ["initial", "previous"]


def problem(periods=6, n=15, m=3, seed=0):
    """Scores that depend on each other over regions and times."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(periods, n, m)) + rng.normal(size=(1, n, m)) + rng.normal(size=(periods, 1, m))
    e = rng.normal(size=(periods, n)) + rng.normal(size=n) + rng.normal(size=(periods, 1))
    places = rng.uniform(size=(n, 2)) * 100
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    near = sp.csr_array(np.maximum(1 - distances / 40, 0))
    flat = z.reshape(-1, m)
    return z, e, np.linalg.inv(flat.T @ flat), near


def weight(kind, pair, near, lags):
    """What the product of two observations' scores counts, written out from the definitions."""
    (t, i), (s, j) = pair
    bartlett = max(1 - abs(t - s) / (lags + 1), 0)
    return {
        "robust": float(t == s and i == j),
        "cluster_region": float(i == j),
        "cluster_time": float(t == s),
        "driscoll_kraay": bartlett,
        "conley": bartlett * near[i, j],
        "conley_serial": near[i, j] if t == s else bartlett * (i == j),
    }[kind]


def by_loops(z, e, inverse, kind, *, near, lags):
    periods, n, m = z.shape
    middle = np.zeros((m, m))
    places = [(t, i) for t in range(periods) for i in range(n)]
    for one in places:
        for other in places:
            share = weight(kind, (one, other), near, lags)
            middle += share * np.outer(z[one] * e[one], z[other] * e[other])
    return inverse @ middle @ inverse


def factor(kind, shape, lost):
    periods, n = shape
    size = periods * n
    groups = {"cluster_region": n, "cluster_time": periods}.get(kind)
    return size / (size - lost) * (groups / (groups - 1) * (size - 1) / size if groups else 1)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "cluster_both"])
def test_equals_loops_over_all_pairs_of_observations(kind):
    z, e, inverse, near = problem()
    lags = None if kind.startswith(("robust", "cluster")) else 2
    found = make_sandwich(z, e, inverse, kind=kind, lost=5, lags=lags, near=near)
    expected = factor(kind, e.shape, 5) * by_loops(z, e, inverse, kind, near=near.toarray(), lags=lags or 0)
    assert found.least > 0  # nothing was mended
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-12, atol=1e-15)


def test_two_ways_of_clusters_are_a_sum_and_a_difference():
    z, e, inverse, near = problem()
    parts = {
        kind: factor(kind, e.shape, 5) * by_loops(z, e, inverse, kind, near=near.toarray(), lags=0)
        for kind in ("cluster_region", "cluster_time", "robust")
    }
    expected = parts["cluster_region"] + parts["cluster_time"] - parts["robust"]
    assert np.linalg.eigvalsh(expected)[0] > 0
    np.testing.assert_allclose(sandwich(z, e, inverse, kind="cluster_both", lost=5), expected, rtol=1e-12, atol=1e-15)


@pytest.fixture(scope="module")
def within(us48):
    """The regression of growth, each kind of effects: (T, N, m) regressors, residuals and the peer's model."""

    def make(effects):
        frame = us48.data.reorder_levels([0, 1]).astype(float)
        dummies = {"entity_effects": effects in ("region", "twoway"), "time_effects": effects in ("time", "twoway")}
        model = PanelOLS(frame["growth"], sm.add_constant(frame[NAMES]), **dummies)
        wide = np.stack([us48.wide(name).to_numpy().T for name in ["growth", *NAMES]], axis=2)
        for axis, way in ((0, "region"), (1, "time")):
            if effects in (way, "twoway"):
                wide = wide - wide.mean(axis=axis, keepdims=True)
        if effects == "pooled":
            wide = wide - wide.mean(axis=(0, 1))
        y, z = wide[:, :, 0], wide[:, :, 1:]
        flat = z.reshape(-1, 2)
        inverse = np.linalg.inv(flat.T @ flat)
        return model, z, y - z @ (inverse @ flat.T @ y.ravel()), inverse

    return make


CASES = {
    "robust": {"cov_type": "robust"},
    "cluster_region": {"cov_type": "clustered", "cluster_entity": True, "group_debias": True},
    "cluster_time": {"cov_type": "clustered", "cluster_time": True, "group_debias": True},
    "cluster_both": {"cov_type": "clustered", "cluster_entity": True, "cluster_time": True, "group_debias": True},
    "driscoll_kraay": {"cov_type": "kernel"},
}


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
@pytest.mark.parametrize("kind", CASES)
def test_equals_linearmodels(within, us48, kind, effects):
    model, z, e, inverse = within(effects)
    fit = model.fit(auto_df=False, count_effects=True, **CASES[kind])
    # All effects counted, as asked for: those of "robust" are.
    lost = degrees_lost("robust", slopes=2, effects=effects, regions=e.shape[1], periods=e.shape[0])
    ours = sandwich(z, e, inverse, kind=kind, lost=lost + (effects == "pooled"))
    theirs = fit.cov.loc[NAMES, NAMES].to_numpy()
    assert np.linalg.eigvalsh(theirs)[0] > 0
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)


@pytest.mark.parametrize(("kind", "effects"), [("cluster_region", "region"), ("cluster_time", "time")])
def test_nested_effects_cost_no_degrees_of_freedom_as_in_linearmodels(within, kind, effects):
    model, z, e, inverse = within(effects)
    fit = model.fit(**CASES[kind])  # auto_df=True: it finds the effects to be nested
    lost = degrees_lost(kind, slopes=2, effects=effects, regions=e.shape[1], periods=e.shape[0])
    assert lost == 3
    theirs = fit.cov.loc[NAMES, NAMES].to_numpy()
    np.testing.assert_allclose(sandwich(z, e, inverse, kind=kind, lost=lost), theirs, rtol=1e-8)


@pytest.mark.parametrize(
    ("kind", "effects", "lost"),
    [
        ("robust", "twoway", 2 + 5 + 4 - 1),
        ("driscoll_kraay", "region", 2 + 5),
        ("cluster_region", "twoway", 2 + 4),
        ("cluster_time", "twoway", 2 + 5),
        ("cluster_both", "twoway", 2 + 1),
        ("cluster_both", "pooled", 2),
    ],
)
def test_degrees_of_freedom(kind, effects, lost):
    """With nested effects as in fixest: each set of them counts as one parameter (with two sets, one is shared)."""
    assert degrees_lost(kind, slopes=2, effects=effects, regions=5, periods=4) == lost


def ordinary(z, e):
    """statsmodels' result whose residuals are e: y = e serves, for e is orthogonal to the regressors."""
    periods, n, m = z.shape
    by_region = z.transpose(1, 0, 2).reshape(-1, m)
    e = e - (z.reshape(-1, m) @ np.linalg.lstsq(z.reshape(-1, m), e.ravel(), rcond=None)[0]).reshape(e.shape)
    return sm.OLS(e.T.ravel(), by_region).fit(), e, np.tile(np.arange(periods), n), np.repeat(np.arange(n), periods)


def test_equals_statsmodels():
    z, e, inverse, near = problem(periods=9, n=12)
    fit, e, time, region = ordinary(z, e)
    m = z.shape[2]
    ours = {kind: sandwich(z, e, inverse, kind=kind, lost=m, near=near) for kind in KINDS}
    for kind, theirs in {
        "robust": fit.get_robustcov_results("HC1").cov_params(),
        "cluster_region": peers.cov_cluster(fit, region),
        "cluster_time": peers.cov_cluster(fit, time),
        "driscoll_kraay": peers.cov_nw_groupsum(fit, default_lags(9), time, use_correction="hac"),
    }.items():
        np.testing.assert_allclose(ours[kind], theirs, rtol=1e-10, err_msg=kind)
    # Serial dependence alone: no region is near another.
    alone = sandwich(z, e, inverse, kind="conley", lost=m, lags=3, near=sp.csr_array(np.eye(12)))
    ends = [(start, start + 9) for start in range(0, 108, 9)]
    np.testing.assert_allclose(alone, peers.cov_nw_panel(fit, 3, ends, use_correction="hac"), rtol=1e-10)


def test_equals_spreg_in_a_cross_section(columbus):
    study = sr.make_study(columbus[["geometry"]], columbus[["CRIME", "INC", "HOVAL"]])
    frame = study.data
    y, x = frame[["CRIME"]].to_numpy(), frame[["INC", "HOVAL"]].to_numpy()
    middle = columbus.geometry.centroid
    reach = 0.3 * float(np.ptp(middle.x))
    kernel = Kernel(
        np.column_stack([middle.x, middle.y]), bandwidth=reach, fixed=True, function="triangular", diagonal=True,
        ids=list(columbus.index),
    )  # fmt: skip
    near = sp.csr_array(kernel.sparse)
    assert near.nnz > 5 * len(y)
    white = spreg.OLS(y, x, robust="white")
    z = np.column_stack([np.ones(len(y)), x])[None]
    e, inverse = white.u.T, np.linalg.inv(z[0].T @ z[0])
    np.testing.assert_allclose(sandwich(z, e, inverse, kind="robust", lost=3), white.vm, rtol=1e-9)
    hac = spreg.OLS(y, x, robust="hac", gwk=kernel)  # without a factor for small samples
    np.testing.assert_allclose(sandwich(z, e, inverse, kind="conley", lost=0, near=near), hac.vm, rtol=1e-9)


def test_limits_of_the_spatial_kernel():
    z, e, inverse, _ = problem()
    n = e.shape[1]
    everyone, oneself = sp.csr_array(np.ones((n, n))), sp.csr_array(np.eye(n))
    for lags in (0, 3):
        wide = sandwich(z, e, inverse, kind="conley", lost=5, lags=lags, near=everyone)
        expected = sandwich(z, e, inverse, kind="driscoll_kraay", lost=5, lags=lags)
        np.testing.assert_allclose(wide, expected, rtol=1e-10, atol=1e-15)
        alone = [sandwich(z, e, inverse, kind=k, lost=5, lags=lags, near=oneself) for k in ("conley", "conley_serial")]
        np.testing.assert_allclose(alone[0], alone[1], rtol=1e-12)
    np.testing.assert_allclose(
        sandwich(z, e, inverse, kind="conley", lost=5, near=oneself), sandwich(z, e, inverse, kind="robust", lost=5)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_order_and_units_do_not_matter(kind):
    z, e, inverse, near = problem()
    lags = None if kind.startswith(("robust", "cluster")) else 2
    here = sandwich(z, e, inverse, kind=kind, lost=5, lags=lags, near=near)
    order = np.random.default_rng(1).permutation(e.shape[1])
    change = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [2.0, 0.0, 1.0]]) * [1e6, 1e-6, 1.0]
    back = np.linalg.inv(change)
    # Variables z @ change have slopes back @ b.
    near = near[order][:, order]
    z, e, inverse = z[:, order] @ change, e[:, order], back @ inverse @ back.T
    other = sandwich(z, e, inverse, kind=kind, lost=5, lags=lags, near=near)
    np.testing.assert_allclose(change @ other @ change.T, here, rtol=1e-7, atol=1e-7 * np.diag(here).max())


def indefinite():
    """Scores that alternate between three regions in a row, of which the ends are not near each other."""
    near = sp.csr_array(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]))
    z = np.ones((1, 3, 2))
    z[0, :, 1] = [0.3, -1.0, 0.4]
    flat = z[0]
    return z, np.array([[1.0, -1.4, 1.0]]), np.linalg.inv(flat.T @ flat), near


def test_a_negative_variance_becomes_zero_whatever_the_units():
    z, e, inverse, near = indefinite()
    raw = by_loops(z, e, inverse, "conley", near=near.toarray(), lags=0) * 3
    assert np.linalg.eigvalsh(raw)[0] < -0.01
    found = make_sandwich(z, e, inverse, kind="conley", lost=2, near=near)
    assert found.least < -0.01
    values = np.linalg.eigvalsh(found.covariance)
    assert values[0] > -1e-12 * values[-1]
    assert values[-1] > 0
    # Mending adds to the covariance in every direction.
    assert np.linalg.eigvalsh(found.covariance - raw)[0] > -1e-12
    change = np.array([[1.0, 0.7], [0.0, 1e4]])
    back = np.linalg.inv(change)
    other = sandwich(z @ change, e, back @ inverse @ back.T, kind="conley", lost=2, near=near)
    np.testing.assert_allclose(change @ other @ change.T, found.covariance, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "cluster_time"}, "at least two clusters; there is 1"),
        ({"kind": "driscoll_kraay", "lags": 1}, "at least two times"),
        ({"kind": "conley", "lags": 1}, "lags must be from 0 to 0"),
        ({"kind": "robust", "lags": 1}, "has no meaning"),
        ({"kind": "conley"}, "needs near="),
        ({"kind": "conley", "near": sp.csr_array(np.eye(4))}, "must be 3 x 3; found 4 x 4"),
        ({"kind": "conley", "near": sp.csr_array(np.zeros((3, 3)))}, "1 on the diagonal"),
        ({"kind": "conley", "near": sp.csr_array(np.triu(np.ones((3, 3))))}, "symmetric"),
        ({"kind": "robust", "lost": 3}, "no degrees of freedom"),
    ],
)
def test_what_cannot_be_used_is_refused(change, message):
    z, e, inverse, _ = indefinite()
    with pytest.raises(InputError, match=message):
        sandwich(z, e, inverse, **{"lost": 2, **change})


def test_unknown_kind_is_refused():
    z, e, inverse, _ = indefinite()
    with pytest.raises(OptionError, match="kind='cluster' is not offered"):
        sandwich(z, e, inverse, kind="cluster", lost=2)


@pytest.fixture
def points():
    """Regions over some 60 by 60 degrees, in longitude and latitude."""
    xy = np.random.default_rng(4).uniform(-30, 30, size=(60, 2))
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), index=[f"r{i}" for i in range(60)], crs=4326)


def great_circles(points):
    """Haversine formula, in kilometres."""
    lon, lat = np.radians(points.geometry.x.to_numpy()), np.radians(points.geometry.y.to_numpy())
    part = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return 2 * 6371.0088 * np.arcsin(np.sqrt(part))


@pytest.mark.parametrize(
    ("kernel", "function"),
    [("bartlett", lambda z: 1 - z), ("uniform", np.ones_like), ("askey", lambda z: (1 - z) ** 2)],
)
def test_kernel_of_great_circle_kilometres(points, kernel, function):
    share = great_circles(points) / 1500
    expected = np.where(share <= 1, function(share), 0)
    near = conley_kernel(points, 1500, kernel=kernel)
    np.testing.assert_allclose(near.toarray(), expected, atol=1e-9)
    shuffled = points.sample(frac=1, random_state=1)
    order = [points.index.get_loc(name) for name in shuffled.index]
    np.testing.assert_allclose(
        conley_kernel(shuffled, 1500, kernel=kernel).toarray(), expected[np.ix_(order, order)], atol=1e-9
    )


def test_which_kernels_are_positive_definite(points):
    least = {
        kernel: min(
            np.linalg.eigvalsh(conley_kernel(points, km, kernel=kernel).toarray())[0] for km in (1000, 2000, 4000)
        )
        for kernel in ("bartlett", "uniform", "askey")
    }
    assert least["uniform"] < -1
    assert least["askey"] > 0


def test_bartlett_kernel_is_not_positive_definite_in_the_plane():
    """A grid of points, spaced so that many are near the edge of the cone: a counterexample."""
    side = np.arange(20) * 1000.0
    xy = np.array([(a, b) for a in side for b in side])
    grid = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), index=[f"r{i}" for i in range(400)], crs=3857)
    least = min(np.linalg.eigvalsh(conley_kernel(grid, km).toarray())[0] for km in (1.5, 2.3, 3.7))
    assert least < 0
    assert min(np.linalg.eigvalsh(conley_kernel(grid, km, kernel="askey").toarray())[0] for km in (1.5, 2.3, 3.7)) > 0


def test_kernel_of_a_study_is_in_its_order(us48):
    near = conley_kernel(us48, 800)
    assert near.shape == (48, 48)
    np.testing.assert_allclose(near.diagonal(), 1)
    frame = us48.regions.iloc[::-1]
    np.testing.assert_allclose(conley_kernel(frame, 800).toarray()[::-1, ::-1], near.toarray(), atol=1e-12)
    far = conley_kernel(us48, 800, metric="geodesic")
    assert 0 < np.abs((far - near).toarray()).max() < 0.01


def test_kernel_refusals(points):
    with pytest.raises(OptionError, match="kernel='triangular'"):
        conley_kernel(points, 100, kernel="triangular")
    with pytest.raises(InputError, match="km"):
        conley_kernel(points, 0)


def test_two_way_clusters_cover_where_others_do_not():
    """Slope on a regressor with region and period parts, errors with both: 95 % intervals, 400 samples."""
    rng = np.random.default_rng(7)
    periods, n, samples = 40, 40, 400
    hits = dict.fromkeys(("robust", "cluster_region", "cluster_both"), 0)
    for _ in range(samples):
        x, e = (rng.normal(size=n) + rng.normal(size=(periods, 1)) + rng.normal(size=(periods, n)) for _ in range(2))
        z = np.stack([np.ones_like(x), x], axis=2)
        inverse = np.linalg.inv(z.reshape(-1, 2).T @ z.reshape(-1, 2))
        b = inverse @ z.reshape(-1, 2).T @ e.ravel()
        residuals = e - z @ b
        for kind in hits:
            error = np.sqrt(sandwich(z, residuals, inverse, kind=kind, lost=2)[1, 1])
            hits[kind] += abs(b[1]) < 1.96 * error
    share = {kind: hit / samples for kind, hit in hits.items()}
    assert share["robust"] < 0.6
    assert share["cluster_region"] < 0.85
    assert 0.88 < share["cluster_both"] < 0.97
