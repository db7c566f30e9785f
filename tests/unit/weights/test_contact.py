"""Contact of polygons: against drawings counted by hand, brute force, and libpysal on its own examples."""

from __future__ import annotations

import itertools

import geopandas as gpd
import libpysal
import numpy as np
import pytest
import shapely
from libpysal.graph import Graph

from spatial_region.weights._contact import Contact
from spatial_region.weights._links import contact_pairs
from spatial_region.weights._segments import metres_per_degree, segment_lengths, stretch_within


def pairs_of(contact: Contact) -> set[tuple[int, int]]:
    return set(zip(contact.first.tolist(), contact.second.tolist(), strict=True))


def rook_of(contact: Contact) -> set[tuple[int, int]]:
    edge = contact.border > 0
    return set(zip(contact.first[edge].tolist(), contact.second[edge].tolist(), strict=True))


def as_array(geometries: list[shapely.Geometry]) -> np.ndarray:
    out = np.empty(len(geometries), dtype=object)
    out[:] = geometries
    return out


def four_facing_three() -> np.ndarray:
    top = [shapely.box(3 * i, 1, 3 * i + 3, 2) for i in range(4)]
    bottom = [shapely.box(4 * i, 0, 4 * i + 4, 1) for i in range(3)]
    return as_array(top + bottom)


def lattice(rows: int, columns: int, size: float = 1.0) -> np.ndarray:
    return as_array(
        [shapely.box(j * size, i * size, (j + 1) * size, (i + 1) * size) for i in range(rows) for j in range(columns)]
    )


def test_four_regions_facing_three_across_a_line_touch_in_eleven_pairs() -> None:
    contact = contact_pairs(four_facing_three())
    assert len(contact.first) == 11
    assert (contact.border > 0).all()
    # libpysal, by shared vertices, finds 7 (libpysal 4.14).
    shared = Graph.build_contiguity(gpd.GeoSeries(four_facing_three()), rook=False)
    assert shared.n_edges / 2 == 7
    border = dict(zip(zip(contact.first.tolist(), contact.second.tolist(), strict=True), contact.border, strict=True))
    assert border[(0, 4)] == pytest.approx(3.0)
    assert border[(1, 4)] == pytest.approx(1.0)
    assert border[(1, 5)] == pytest.approx(2.0)


def test_lattice_corners_and_edges() -> None:
    contact = contact_pairs(lattice(4, 5))
    assert len(rook_of(contact)) == 4 * 4 + 3 * 5
    assert len(contact.first) == 4 * 4 + 3 * 5 + 2 * 3 * 4
    assert set(contact.border[contact.border > 0]) == {1.0}


def test_pairs_are_sorted_and_first_is_smaller() -> None:
    contact = contact_pairs(lattice(5, 5))
    assert (contact.first < contact.second).all()
    code = contact.first * 25 + contact.second
    assert (np.diff(code) > 0).all()


@pytest.mark.parametrize("angle", [0.0, 17.0, 45.0, 133.0])
def test_t_junctions_on_slanting_borders(angle: float) -> None:
    """A vertex in the middle of a slanting border cannot be written exactly; it still touches."""
    turned = shapely.affinity.rotate(shapely.GeometryCollection(list(four_facing_three())), angle, origin=(0, 0))
    contact = contact_pairs(as_array(list(turned.geoms)))
    assert len(contact.first) == 11
    assert (contact.border > 0.5).all()


def test_a_border_digitised_twice_needs_a_tolerance() -> None:
    left = shapely.Polygon([(0, 0), (10, 0), (10.1, 5), (10, 10), (0, 10)])
    right = shapely.Polygon([(10.3, 0), (20, 0), (20, 10), (10.3, 10), (10.2, 3), (10.25, 1)])
    geoms = as_array([left, right])
    assert len(contact_pairs(geoms).first) == 0
    near = contact_pairs(geoms, snap=0.5)
    assert pairs_of(near) == {(0, 1)}
    assert near.border[0] == pytest.approx(10, rel=0.1)
    assert not near.vertex[0]


def test_a_corner_within_the_tolerance_stays_a_corner() -> None:
    geoms = as_array([shapely.box(0, 0, 10, 10), shapely.box(10.1, 10.1, 20, 20), shapely.box(10.1, 0, 20, 10)])
    contact = contact_pairs(geoms, snap=0.3)
    assert pairs_of(contact) == {(0, 1), (0, 2), (1, 2)}
    assert rook_of(contact) == {(0, 2), (1, 2)}


def test_many_short_steps_along_a_border_add_up() -> None:
    """Every single segment is shorter than the tolerance; the border is long."""
    y = np.linspace(0, 10, 401)
    wave = 0.05 * np.sin(40 * y)
    left = shapely.Polygon([(0, 0), *zip(10 + wave, y, strict=True), (0, 10)])
    right = shapely.Polygon([(20, 10), *zip(10.02 - wave[::-1], y[::-1], strict=True), (20, 0)])
    contact = contact_pairs(as_array([left, right]), snap=0.2)
    assert contact.border[0] > 10


def test_overlap_and_enclave_are_contacts() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(4, 4, 6, 6).exterior])
    assert pairs_of(contact_pairs(as_array([ring, shapely.box(4, 4, 6, 6)]))) == {(0, 1)}
    inside = contact_pairs(as_array([shapely.box(0, 0, 10, 10), shapely.box(4, 4, 6, 6)]))
    assert pairs_of(inside) == {(0, 1)}
    assert inside.border[0] == 0.0


def test_empty_and_absent_geometry_touches_nothing() -> None:
    geoms = as_array([shapely.box(0, 0, 1, 1), shapely.Polygon(), None, shapely.box(1, 0, 2, 1)])
    assert pairs_of(contact_pairs(geoms)) == {(0, 3)}
    assert len(contact_pairs(as_array([shapely.Polygon(), shapely.Polygon()])).first) == 0
    assert len(contact_pairs(as_array([])).first) == 0


def random_tiles(seed: int, n: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(rng.uniform(0, 100, size=(n, 2)))
    cells = shapely.voronoi_polygons(points, extend_to=shapely.box(0, 0, 100, 100))
    return as_array([cell.intersection(shapely.box(-5, -5, 105, 105)) for cell in cells.geoms])


@pytest.mark.parametrize("seed", range(6))
def test_random_tiles_against_brute_force(seed: int) -> None:
    geoms = random_tiles(seed)
    contact = contact_pairs(geoms)
    expected = {
        (i, j) for i, j in itertools.combinations(range(len(geoms)), 2) if shapely.distance(geoms[i], geoms[j]) < 1e-10
    }
    assert pairs_of(contact) == expected
    for i, j, border in zip(contact.first, contact.second, contact.border, strict=True):
        common = shapely.intersection(shapely.boundary(geoms[i]), shapely.boundary(geoms[j]))
        assert border == pytest.approx(common.length, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_tolerance_against_brute_force_distance(seed: int) -> None:
    """Shrunk tiles: the pairs within a tolerance are those at no more than that distance."""
    geoms = shapely.buffer(random_tiles(seed), -0.4, join_style="mitre")
    geoms = geoms[~shapely.is_empty(geoms)]
    for snap in (0.5, 0.81, 3.0):
        expected = {
            (i, j)
            for i, j in itertools.combinations(range(len(geoms)), 2)
            if shapely.distance(geoms[i], geoms[j]) <= snap
        }
        assert pairs_of(contact_pairs(geoms, snap=snap)) == expected


@pytest.mark.parametrize("seed", range(4))
def test_displaced_borders_come_back_with_edges_and_corners(seed: int) -> None:
    true = contact_pairs(random_tiles(seed))
    rng = np.random.default_rng(seed)

    def shake(xy: np.ndarray) -> np.ndarray:
        return xy + rng.uniform(-0.01, 0.01, xy.shape)

    moved = as_array([shapely.Polygon(shake(shapely.get_coordinates(g)[:-1])) for g in random_tiles(seed)])
    found = contact_pairs(moved, snap=0.05)
    edge = true.border > 1.0
    long_edges = set(zip(true.first[edge].tolist(), true.second[edge].tolist(), strict=True))
    assert pairs_of(true) <= pairs_of(found)
    assert long_edges <= rook_of(found)
    assert rook_of(found) <= rook_of(true)


EXAMPLES = ["columbus.shp", "us48.shp", "mexicojoin.shp", "10740.shp", "stl_hom.shp", "sids2.shp"]


def example(name: str) -> gpd.GeoDataFrame:
    path = libpysal.examples.get_path(name)
    if path is None:
        pytest.skip(f"libpysal does not bundle {name}")
    return gpd.read_file(path)


@pytest.mark.parametrize("name", EXAMPLES)
def test_queen_equals_libpysal_strict(name: str) -> None:
    """libpysal 4.14: Graph.build_contiguity(strict=True) asks shapely which polygons touch."""
    frame = example(name).reset_index(drop=True)
    contact = contact_pairs(frame.geometry.to_numpy())
    graph = Graph.build_contiguity(frame, rook=False, strict=True)
    adjacency = graph.adjacency[graph.adjacency > 0].index
    touching = {(i, j) for i, j in adjacency if i < j}
    one, two = frame.sindex.query(frame.geometry, predicate="intersects")
    meeting = {(i, j) for i, j in zip(one.tolist(), two.tolist(), strict=True) if i < j}
    assert touching <= meeting <= pairs_of(contact)
    # Strict contiguity lacks overlapping polygons; GEOS lacks vertices that lie on a border but for rounding.
    for i, j in pairs_of(contact) - meeting:
        assert shapely.distance(frame.geometry[i], frame.geometry[j]) < 1e-9


@pytest.mark.parametrize("name", EXAMPLES)
def test_shared_vertices_and_rook_equal_libpysal(name: str) -> None:
    frame = example(name).reset_index(drop=True)
    contact = contact_pairs(frame.geometry.to_numpy())
    shared = {(i, j) for (i, j), v in Graph.build_contiguity(frame, rook=False).adjacency.items() if v > 0 and i < j}
    with_vertex = {p for p, v in zip(sorted(pairs_of(contact)), contact.vertex, strict=True) if v}
    assert with_vertex == shared
    edges = {(i, j) for (i, j), v in Graph.build_contiguity(frame, rook=True).adjacency.items() if v > 0 and i < j}
    assert edges <= rook_of(contact)


def test_degrees_give_metres_measured_where_they_occur() -> None:
    """One cell of a degree at the equator and at 60 N: borders against geodesic lengths (pyproj)."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    for latitude in (0.0, 35.0, 60.0):
        west = shapely.box(100, latitude, 100.02, latitude + 0.02)
        east = shapely.box(100.02, latitude, 100.04, latitude + 0.02)
        north = shapely.box(100, latitude + 0.02, 100.02, latitude + 0.04)
        contact = contact_pairs(as_array([west, east, north]), geographic=True)
        border = dict(zip(sorted(pairs_of(contact)), contact.border, strict=True))
        meridian = geod.inv(100.02, latitude, 100.02, latitude + 0.02)[2]
        parallel = geod.inv(100, latitude + 0.02, 100.02, latitude + 0.02)[2]
        assert border[(0, 1)] == pytest.approx(meridian, rel=1e-6)
        assert border[(0, 2)] == pytest.approx(parallel, rel=1e-6)


@pytest.mark.parametrize("latitude", [0.0, 60.0])
def test_a_tolerance_in_metres_is_not_degrees(latitude: float) -> None:
    """A gap of 0.001 degrees of longitude is 111 m at the equator, 56 m at 60 N; of latitude always 111 m."""
    west = shapely.box(100, latitude, 100.5, latitude + 0.5)
    east = shapely.box(100.501, latitude, 101, latitude + 0.5)
    north = shapely.box(100, latitude + 0.501, 100.5, latitude + 1)
    geoms = as_array([west, east, north])
    assert pairs_of(contact_pairs(geoms, snap=50, geographic=True)) == set()
    assert pairs_of(contact_pairs(geoms, snap=80, geographic=True)) == ({(0, 1)} if latitude else set())
    assert pairs_of(contact_pairs(geoms, snap=120, geographic=True)) == {(0, 1), (0, 2)}
    assert pairs_of(contact_pairs(geoms, snap=200, geographic=True)) == {(0, 1), (0, 2), (1, 2)}


def test_long_borders_along_a_parallel_keep_their_t_junctions() -> None:
    """Wyoming over Colorado and Utah: projected, the parallel bends away from the chord by kilometres."""
    top = shapely.box(-111, 41, -104, 45)
    below = [shapely.box(-114, 37, -109, 41), shapely.box(-109, 37, -102, 41)]
    contact = contact_pairs(as_array([top, *below]), geographic=True)
    assert rook_of(contact) == {(0, 1), (0, 2), (1, 2)}


def test_metres_per_degree_against_pyproj() -> None:
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    for latitude in (0.0, 20.0, 45.0, 80.0):
        east, north = metres_per_degree(np.array([latitude]))[0]
        assert east == pytest.approx(geod.inv(0, latitude, 1e-3, latitude)[2] * 1e3, rel=1e-6)
        assert north == pytest.approx(geod.inv(0, latitude - 5e-4, 0, latitude + 5e-4)[2] * 1e3, rel=1e-6)


def test_stretch_within_against_sampling() -> None:
    rng = np.random.default_rng(7)
    m = 400
    start, end, other_start, other_end = (rng.uniform(0, 10, (m, 2)) for _ in range(4))
    low, high = stretch_within(start, end, other_start, other_end, 1.5)
    u = np.linspace(0, 1, 2001)
    for k in range(m):
        points = start[k] + u[:, None] * (end[k] - start[k])
        other = shapely.LineString([other_start[k], other_end[k]])
        inside = u[shapely.distance(shapely.points(points), other) <= 1.5]
        if len(inside):
            assert low[k] == pytest.approx(inside[0], abs=1e-3)
            assert high[k] == pytest.approx(inside[-1], abs=1e-3)
        else:
            assert low[k] > high[k] or high[k] - low[k] < 1e-3


def test_segment_lengths_plane() -> None:
    assert segment_lengths(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), geographic=False)[0] == 5.0


def test_input_is_left_as_it_was() -> None:
    geoms = random_tiles(1)
    before = shapely.to_wkb(geoms)
    contact_pairs(geoms, snap=1.0)
    assert (shapely.to_wkb(geoms) == before).all()
