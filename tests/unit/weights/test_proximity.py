"""Proximity graphs: their definitions by brute force over all triples, libpysal 4.14, the sphere, ties."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import lattice
from libpysal.graph import Graph
from pyproj import Transformer

import spatial_region as sr
from spatial_region.core.geo import EARTH_RADIUS_KM, on_sphere
from spatial_region.errors import GeometryError, InputError, OptionError

KINDS = ("delaunay", "gabriel", "relative_neighbour", "sphere_of_influence")
LIBPYSAL = {"delaunay": "delaunay", "gabriel": "gabriel", "relative_neighbour": "relative_neighborhood"}


def plane(n: int, seed: int = 1) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    points = gpd.points_from_xy(rng.uniform(4e5, 5e5, n), rng.uniform(4e6, 4.1e6, n))
    return gpd.GeoDataFrame(geometry=points, index=[f"p{i:03d}" for i in range(n)], crs=32650)


def globe(n: int, seed: int = 1, north: float = -90.0) -> gpd.GeoDataFrame:
    """Points spread evenly over the sphere, north of a parallel."""
    rng = np.random.default_rng(seed)
    lat = np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(north)), 1, n)))
    points = gpd.points_from_xy(rng.uniform(-180, 180, n), lat)
    return gpd.GeoDataFrame(geometry=points, index=[f"p{i:03d}" for i in range(n)], crs=4326)


def squares(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Squared straight distances, through the earth for degrees."""
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    xyz = on_sphere(x, y) if frame.crs.is_geographic else np.column_stack([x, y])
    return ((xyz[:, None] - xyz) ** 2).sum(axis=2)


def by_definition(frame: gpd.GeoDataFrame, kind: str) -> np.ndarray:
    d2, n = squares(frame), len(frame)
    result = np.zeros((n, n))
    others = d2 + np.diag(np.full(n, np.inf))
    kilometres = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(d2) / 2) if frame.crs.is_geographic else np.sqrt(d2)
    radius = (kilometres + np.diag(np.full(n, np.inf))).min(axis=1)
    for i in range(n):
        for j in range(n):
            third = np.setdiff1d(np.arange(n), [i, j])
            if i == j:
                continue
            if kind == "gabriel":
                result[i, j] = (d2[i, j] < others[i, third] + others[j, third]).all()
            elif kind == "relative_neighbour":
                result[i, j] = (d2[i, j] <= np.maximum(others[i, third], others[j, third])).all()
            else:
                result[i, j] = kilometres[i, j] < radius[i] + radius[j]
    return result


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("frame", [plane(40), globe(40), globe(40, north=30.0)], ids=["plane", "globe", "cap"])
def test_definitions_over_all_triples(kind, frame):
    np.testing.assert_array_equal(sr.proximity(frame, kind=kind).sparse.toarray(), by_definition(frame, kind))


@pytest.mark.parametrize("kind", LIBPYSAL)
def test_plane_graphs_agree_with_libpysal(kind, columbus):
    for frame in (plane(200, seed=7), gpd.GeoDataFrame(geometry=columbus.geometry.centroid)):
        theirs = Graph.build_triangulation(frame.geometry, method=LIBPYSAL[kind]).sparse.toarray()
        np.testing.assert_array_equal(sr.proximity(frame, kind=kind).sparse.toarray(), theirs)


def empty_caps(frame: gpd.GeoDataFrame, outside: np.ndarray | None = None) -> np.ndarray:
    """Delaunay links on the sphere by definition: a circle through both and a third point, one side of it empty.

    The empty side is smaller than a hemisphere, or, when a point `outside` is given, does not hold this point.
    """
    xyz = on_sphere(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
    n = len(xyz)
    result = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                normal = np.cross(xyz[j] - xyz[i], xyz[k] - xyz[i])
                height = xyz[i] @ normal
                above = np.delete(xyz, [i, j, k], axis=0) @ normal - height
                small = height > 0 if outside is None else outside @ normal < height
                if (above < 0).all() if small else (above > 0).all():
                    result[[i, j, k, j, k, i], [j, k, i, i, j, k]] = 1
    return result


def test_delaunay_on_the_whole_sphere_is_that_of_empty_caps():
    frame = globe(24)
    w = sr.proximity(frame)
    np.testing.assert_array_equal(w.sparse.toarray(), empty_caps(frame))
    assert w.n_links == 2 * (3 * 24 - 6)  # Euler: a triangulated sphere has 3 n - 6 sides
    assert w.recipe["plane"] == "sphere"


def test_delaunay_of_a_cap_is_that_of_empty_caps():
    """In the stereographic plane all circles count that leave out the point opposite to its centre."""
    frame = globe(24, north=40.0)
    w = sr.proximity(frame)
    opposite = -on_sphere(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()).sum(axis=0)
    np.testing.assert_array_equal(w.sparse.toarray(), empty_caps(frame, opposite / np.linalg.norm(opposite)))
    assert w.recipe["plane"].startswith("stereographic, centred at")
    assert (w.sparse.toarray() != empty_caps(frame)).sum() / 2 <= 3


def test_degrees_near_the_pole_and_the_date_line():
    """The plane of degrees would tear these apart; a polar stereographic plane does not."""
    frame = globe(60, seed=3, north=75.0)
    east, north = Transformer.from_crs(4326, 3413, always_xy=True).transform(frame.geometry.x, frame.geometry.y)
    flat = gpd.GeoDataFrame(geometry=gpd.points_from_xy(east, north), index=frame.index, crs=3413)
    ours, theirs = (sr.proximity(f, kind="gabriel").sparse.toarray() for f in (frame, flat))
    assert (ours != theirs).sum() / ours.sum() < 0.02
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(170, 190, 50), rng.uniform(-10, 10, 50)
    wrapped = gpd.GeoDataFrame(geometry=gpd.points_from_xy((lon + 180) % 360 - 180, lat), crs=4326)
    shifted = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon - 80, lat), crs=4326)
    for kind in KINDS:
        np.testing.assert_array_equal(
            sr.proximity(wrapped, kind=kind).sparse.toarray(), sr.proximity(shifted, kind=kind).sparse.toarray()
        )


@pytest.mark.parametrize("kind", KINDS)
def test_ties_do_not_depend_on_the_order_of_rows(kind):
    frame = lattice(6, 7)
    w = sr.proximity(frame, kind=kind)
    shuffled = sr.proximity(frame.sample(frac=1, random_state=8), kind=kind).reorder(w.ids)
    np.testing.assert_array_equal(w.sparse.toarray(), shuffled.sparse.toarray())


def test_a_lattice_has_the_graphs_of_the_definitions():
    """libpysal keeps the diagonals that its triangulation happens to draw, and drops ties of relative neighbours."""
    frame = lattice(6, 7)
    rook, queen = (sr.contiguity(frame, kind=kind).sparse.toarray() for kind in ("rook", "queen"))
    np.testing.assert_array_equal(sr.proximity(frame, kind="gabriel").sparse.toarray(), rook)
    np.testing.assert_array_equal(sr.proximity(frame, kind="relative_neighbour").sparse.toarray(), rook)
    np.testing.assert_array_equal(sr.proximity(frame, kind="sphere_of_influence").sparse.toarray(), queen)
    theirs = Graph.build_triangulation(frame.geometry.centroid, method="gabriel").sparse.toarray()
    assert (theirs > rook).any()


def test_three_equally_far_points_are_relative_neighbours():
    corners = gpd.points_from_xy([0, 1000, 500], [0, 0, 500 * np.sqrt(3)])
    frame = gpd.GeoDataFrame(geometry=corners, index=list("abc"), crs=32650)
    assert sr.proximity(frame, kind="relative_neighbour").n_links == 6


@pytest.mark.parametrize("kind", KINDS[:3])
def test_graphs_are_nested_and_connected(kind):
    frame = plane(300, seed=4)
    w = sr.proximity(frame, kind=kind)
    assert w.n_components == 1
    assert w.is_symmetric
    within = {"gabriel": "delaunay", "relative_neighbour": "gabriel"}.get(kind)
    if within:
        assert (w.sparse.toarray() <= sr.proximity(frame, kind=within).sparse.toarray()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_points_on_a_line_are_a_chain(kind):
    frame = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([3e3, 0, 1e3, 6e3], [3e3, 0, 1e3, 6e3]), index=list("dabe"), crs=32650
    )
    w = sr.proximity(frame, kind=kind)
    assert w.neighbours("b").index.tolist() == ["d", "a"]
    assert w.n_links == 6
    two = sr.proximity(frame.iloc[:2], kind=kind)
    assert two.n_links == 2


def test_few_points_over_the_globe():
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 120, -120], [0, 0, 5]), index=list("abc"), crs=4326)
    assert sr.proximity(frame).n_links == 6


def test_same_place_is_refused():
    frame = plane(20)
    twice = frame.assign(geometry=frame.geometry.iloc[[5, *range(1, 20)]].to_numpy())
    for kind in KINDS:
        with pytest.raises(GeometryError, match=r"2 of 20 share theirs: p000, p005\."):
            sr.proximity(twice, kind=kind)


def test_one_circle_around_the_globe_is_refused():
    points = gpd.points_from_xy(np.arange(0, 360, 30) - 180, np.zeros(12))
    with pytest.raises(GeometryError, match="one circle around the globe"):
        sr.proximity(gpd.GeoDataFrame(geometry=points, crs=4326))


def test_bad_options():
    frame = plane(20)
    with pytest.raises(OptionError, match="kind='voronoi' is not offered"):
        sr.proximity(frame, kind="voronoi")
    with pytest.raises(InputError, match="proximity\\(\\) links points"):
        sr.proximity(lattice(3, 3), points="edge")


def test_projection_hardly_matters():
    """The graphs of prefectures on the sphere and on an equal-area map of China differ in a few long links."""
    frame = sr.china_prefectures()
    flat = frame.set_geometry(frame.geometry.representative_point()).to_crs(
        "+proj=aea +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +datum=WGS84 +units=m"
    )
    for kind in KINDS:
        sphere = sr.proximity(frame, kind=kind, points="representative").sparse
        plane_ = sr.proximity(flat, kind=kind).sparse
        assert abs(sphere - plane_).sum() / sphere.sum() < 0.05, kind
    assert shapely.get_type_id(flat.geometry.iloc[0]) == 0
