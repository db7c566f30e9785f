"""Kernel weights: formulas by brute force over all pairs, libpysal 4.14, boundary cases."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from conftest import lattice
from libpysal.graph import Graph
from libpysal.weights import Kernel

import spatial_region as sr
from spatial_region.errors import InputError, IslandWarning, OptionError, WeightsError

FORMULAS = {
    "triangular": lambda z: 1 - z,
    "uniform": lambda z: 1.0 + 0 * z,
    "epanechnikov": lambda z: 1 - z**2,
    "quartic": lambda z: (1 - z**2) ** 2,
    "gaussian": lambda z: np.exp(-(z**2) / 2),
    "cosine": lambda z: np.cos(np.pi * z / 2),
}
# Name in libpysal's Graph, name in its older Kernel, and the constant that makes the latter a density.
PEERS = {
    "triangular": ("triangular", "triangular", 1.0),
    "uniform": ("boxcar", "uniform", 0.5),
    "epanechnikov": ("parabolic", "quadratic", 0.75),
    "quartic": ("bisquare", "quartic", 15 / 16),
    "gaussian": ("gaussian", "gaussian", (2 * np.pi) ** -0.5),
    "cosine": ("cosine", None, np.nan),
}


@pytest.fixture
def towns() -> gpd.GeoDataFrame:
    """60 points on a plane, in metres."""
    rng = np.random.default_rng(12)
    points = gpd.points_from_xy(rng.uniform(0, 1e5, 60), rng.uniform(0, 1e5, 60))
    return gpd.GeoDataFrame(geometry=points, index=[f"t{i:02d}" for i in range(60)], crs=3857)


def kilometres(frame: gpd.GeoDataFrame) -> np.ndarray:
    xy = np.column_stack([frame.geometry.x, frame.geometry.y]) / 1000
    distances = np.linalg.norm(xy[:, None] - xy, axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances


@pytest.mark.parametrize("function", FORMULAS)
def test_fixed_and_adaptive_by_brute_force(towns, function):
    distances = kilometres(towns)
    fixed = sr.kernel(towns, function=function, km=35.0)
    adaptive = sr.kernel(towns, function=function, k=7)
    for w, bandwidth in ((fixed, np.full(60, 35.0)), (adaptive, np.sort(distances, axis=1)[:, 6])):
        z = distances / bandwidth[:, None]
        wanted = np.where(z <= 1, FORMULAS[function](np.minimum(z, 1)), 0.0)
        np.testing.assert_allclose(w.sparse.toarray(), wanted, rtol=1e-12, atol=1e-12)
    assert fixed.is_symmetric
    assert fixed.recipe["km"] == 35.0
    assert adaptive.recipe["k"] == 7
    assert adaptive.recipe["function"] == function
    linked = 7 if function in ("uniform", "gaussian") else 6  # the k-th is at the bandwidth, where four kernels are 0
    assert (adaptive.cardinalities == linked).all()


@pytest.mark.parametrize("function", FORMULAS)
def test_fixed_against_libpysal_graph(towns, function):
    theirs = Graph.build_kernel(towns, kernel=PEERS[function][0], bandwidth=35_000.0, decay=True, taper=True)
    ours = sr.kernel(towns, function=function, km=35.0)
    np.testing.assert_allclose(ours.sparse.toarray(), theirs.sparse.toarray(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("function", [name for name in FORMULAS if name != "cosine"])
def test_against_the_older_kernel_of_libpysal(towns, function):
    """It widens bandwidths by 1e-7 so that the k-th neighbour keeps a link, and uses densities."""
    _, name, constant = PEERS[function]
    xy = np.column_stack([towns.geometry.x, towns.geometry.y]) / 1000
    theirs = Kernel(xy, fixed=False, k=7, function=name, eps=1.0).sparse.toarray() / constant
    np.fill_diagonal(theirs, 0.0)
    ours = sr.kernel(towns, function=function, k=7)
    np.testing.assert_allclose(ours.sparse.toarray(), theirs, rtol=1e-9, atol=1e-9)
    widened = Kernel(xy, fixed=False, k=7, function=name).sparse.toarray() / constant
    np.fill_diagonal(widened, 0.0)
    assert ((widened > 0).sum(axis=1) == 7).all()
    np.testing.assert_allclose(ours.sparse.toarray(), widened, atol=1e-6)


def test_bandwidths_in_degrees_are_kilometres():
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]), index=list("abc"), crs=4326)
    degree = np.radians(1) * 6371.0088
    w = sr.kernel(frame, km=4 * degree)
    np.testing.assert_allclose(w.sparse.toarray(), [[0, 0.75, 0.5], [0.75, 0, 0.75], [0.5, 0.75, 0]], rtol=1e-12)
    assert w.recipe["metric"] == "great-circle"


def test_at_exactly_the_bandwidth_a_region_is_within_it():
    frame = lattice(1, 4)
    assert sr.kernel(frame, function="uniform", km=1.0).neighbours("r00c01").tolist() == [1.0, 1.0]
    gaussian = sr.kernel(frame, function="gaussian", km=1.0).neighbours("r00c01")
    np.testing.assert_allclose(gaussian, np.exp(-0.5))
    triangular = sr.kernel(frame, km=2.0)
    assert triangular.neighbours("r00c00").to_dict() == {"r00c01": 0.5}


def test_all_that_tie_with_the_kth_are_within_its_bandwidth():
    frame = lattice(5, 5)
    w = sr.kernel(frame, function="uniform", k=3)
    assert w.neighbours("r02c02").index.tolist() == ["r01c02", "r02c01", "r02c03", "r03c02"]
    shuffled = sr.kernel(frame.sample(frac=1, random_state=2), function="uniform", k=3).reorder(w.ids)
    np.testing.assert_array_equal(w.sparse.toarray(), shuffled.sparse.toarray())
    with pytest.warns(IslandWarning, match=r"9 of 25 regions have no neighbour.*at the bandwidth.*raise k="):
        sr.kernel(frame, k=4)  # all four nearest of the inner cells are at the bandwidth


def test_the_diagonal_is_one(towns):
    plain = sr.kernel(towns, km=35.0)
    with_self = sr.kernel(towns, km=35.0, diagonal=True)
    np.testing.assert_array_equal(with_self.sparse.toarray(), plain.sparse.toarray() + np.eye(60))
    assert with_self.n_links == plain.n_links


def test_default_bandwidth_is_the_cube_root_of_n(towns):
    assert sr.kernel(towns).recipe["k"] == 4  # 60 ** (1 / 3) = 3.91
    assert sr.kernel(towns.iloc[:27]).recipe["k"] == 3
    assert sr.kernel(towns.iloc[:3]).recipe["k"] == 2


def test_islands(towns):
    with pytest.warns(IslandWarning, match="have no neighbour"):
        sr.kernel(towns, km=5.0)
    with pytest.raises(WeightsError, match="Widen km="):
        sr.kernel(towns, km=5.0, islands="raise")
    with pytest.raises(InputError, match="beyond the bandwidth is 0"):
        sr.kernel(towns, km=5.0, islands="nearest")


def test_bad_options(towns):
    with pytest.raises(InputError, match="not both"):
        sr.kernel(towns, km=5.0, k=3)
    with pytest.raises(InputError, match="k must be a whole number of at least 2; found 1"):
        sr.kernel(towns, k=1)
    assert (sr.kernel(towns, function="uniform", k=1).cardinalities == 1).all()
    with pytest.raises(InputError, match="k=60 regions needs more than 60 regions; there are 60"):
        sr.kernel(towns, k=60)
    with pytest.raises(InputError, match="km must be a number above 0"):
        sr.kernel(towns, km=-1)
    with pytest.raises(OptionError, match="function='bisquare' is not offered"):
        sr.kernel(towns, function="bisquare")
    same = towns.assign(geometry=towns.geometry.iloc[[0, 0, 0, *range(3, 60)]].to_numpy())
    with pytest.raises(InputError, match=r"bandwidth is 0 km for 3 of 60 regions.*: t00, t01, t02\. Raise k="):
        sr.kernel(same, k=2)
    assert sr.kernel(same, km=35.0).neighbours("t00")["t01"] == 1.0


def test_edges(towns):
    """Touching regions weigh 1, whatever the kernel."""
    w = sr.kernel(lattice(3, 3), km=2.0, points="edge", function="quartic")
    assert w.neighbours("r00c00")["r01c01"] == 1.0
    assert w.neighbours("r00c00")["r00c02"] == pytest.approx((1 - 0.25) ** 2)
