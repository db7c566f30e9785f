"""Shared vertices decide who touches whom only where they say it all: against every pair, and the search."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial_region.weights import _links
from spatial_region.weights._contact import search_contacts
from spatial_region.weights._links import _by_vertices, contact_links


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    """Small maps would go to the search at once."""
    monkeypatch.setattr(_links, "_FEW_COORDINATES", 0)


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def as_array(geoms):
    array = np.empty(len(geoms), dtype=object)
    array[:] = geoms
    return array


def cut(rng, west, south, east, north, depth):
    """Cut a rectangle into rectangles at whole numbers: full of T-junctions."""
    if depth == 0 or (east - west < 2 and north - south < 2) or rng.random() < 0.1:
        return [shapely.box(west, south, east, north)]
    if (east - west >= north - south and east - west >= 2) or north - south < 2:
        at = int(rng.integers(west + 1, east))
        return cut(rng, west, south, at, north, depth - 1) + cut(rng, at, south, east, north, depth - 1)
    at = int(rng.integers(south + 1, north))
    return cut(rng, west, south, east, at, depth - 1) + cut(rng, west, at, east, north, depth - 1)


def tiles(seed, depth=5, side=16):
    return cut(np.random.default_rng(seed), 0, 0, side, side, depth)


def lattice(rows, columns):
    return [shapely.box(c, r, c + 1, r + 1) for r in range(rows) for c in range(columns)]


def united(geoms, rng, groups):
    """Unite polygons at random: holes, lakes with islands in them, and many parts."""
    group = rng.integers(0, groups, len(geoms))
    return [shapely.union_all([g for g, k in zip(geoms, group, strict=True) if k == key]) for key in np.unique(group)]


def turned(geoms, rng):
    """Reverse the rings of some polygons."""
    return [shapely.reverse(g) if rng.random() < 0.5 else g for g in geoms]


def check(geoms):
    """Links equal those of every pair of polygons; borders those of the search."""
    geoms = as_array(geoms)
    links = contact_links(geoms)
    found = set(zip(links.rows.tolist(), links.columns.tolist(), strict=True))
    n = len(geoms)
    rows, columns = np.triu_indices(n, 1)
    touch = shapely.intersects(geoms[rows], geoms[columns])
    expected = {(int(a), int(b)) for a, b in zip(rows[touch], columns[touch], strict=True)}
    assert found == expected | {(b, a) for a, b in expected}
    oracle = search_contacts(geoms)
    border = dict(zip(zip(links.rows.tolist(), links.columns.tolist(), strict=True), links.border, strict=True))
    for a, b, length, vertex in zip(oracle.first, oracle.second, oracle.border, oracle.vertex, strict=True):
        assert border[int(a), int(b)] == pytest.approx(length, rel=1e-9, abs=1e-9)
        assert border[int(b), int(a)] == pytest.approx(length, rel=1e-9, abs=1e-9)
        place = np.flatnonzero((links.rows == a) & (links.columns == b))[0]
        assert links.vertex[place] == vertex
    return links


def by_vertices(geoms):
    return _by_vertices(as_array(geoms), geographic=False, lengths=True)


@given(seed=st.integers(0, 10**6), groups=st.integers(2, 30))
@SETTINGS
def test_any_union_of_cells(seed, groups):
    """Holes, islands in lakes, parts that meet in corners, polygons that touch themselves."""
    rng = np.random.default_rng(seed)
    cells = [cell for cell in lattice(7, 8) if rng.random() < 0.85]
    geoms = turned(united(cells, rng, groups), rng)
    check(geoms)


@given(seed=st.integers(0, 10**6))
@SETTINGS
def test_rectangles_that_meet_at_t_junctions(seed):
    rng = np.random.default_rng(seed)
    geoms = [g for g in tiles(seed) if rng.random() < 0.9]
    check(turned(geoms, rng))


@given(seed=st.integers(0, 10**6), groups=st.integers(2, 12))
@SETTINGS
def test_unions_of_rectangles_with_t_junctions(seed, groups):
    rng = np.random.default_rng(seed)
    check(turned(united(tiles(seed, depth=6), rng, groups), rng))


@given(seed=st.integers(0, 10**6), extra=st.integers(1, 4))
@SETTINGS
def test_overlapping_polygons_are_left_to_the_search(seed, extra):
    """Boxes laid over a coverage at whole and half numbers: crossing, inside, along, equal."""
    rng = np.random.default_rng(seed)
    geoms = [g for g in (lattice(5, 6) if rng.random() < 0.5 else tiles(seed, 4, 8)) if rng.random() < 0.9]
    for _ in range(extra):
        x, y = rng.integers(-2, 12, 2) / 2
        width, height = rng.integers(1, 8, 2) / 2
        geoms.append(shapely.box(x, y, x + width, y + height))
    if rng.random() < 0.3:
        geoms.append(geoms[0])
    check(turned(geoms, rng))


@given(seed=st.integers(0, 10**6))
@SETTINGS
def test_triangles_that_touch_in_points(seed):
    """Triangles on whole numbers, few of which overlap: a tip on somebody's edge, an edge along another."""
    rng = np.random.default_rng(seed)
    geoms = []
    for _ in range(12):
        corners = rng.integers(0, 7, (3, 2)).astype(float)
        triangle = shapely.Polygon(corners)
        if triangle.area > 0:
            geoms.append(triangle)
    check(geoms)


@pytest.mark.parametrize("seed", range(6))
def test_coverages_take_the_quick_way(seed):
    """Sound coverages, with holes and any direction of rings, do not need the search of everything."""
    rng = np.random.default_rng(seed)
    assert by_vertices(turned(lattice(9, 7), rng)) is not None
    assert by_vertices(turned(united(lattice(9, 9), rng, 12), rng)) is not None
    assert by_vertices(turned(tiles(seed), rng)) is not None
    assert by_vertices([shapely.affinity.rotate(g, 37, origin=(0, 0)) for g in lattice(9, 7)]) is not None


@pytest.mark.parametrize(
    "geoms",
    [
        [*lattice(3, 3), *lattice(3, 3)],  # two whole layers, one over the other
        [*lattice(3, 3), shapely.box(0, 0, 3, 3)],  # a province over its prefectures
        [*lattice(3, 3), shapely.box(1.2, 1.2, 1.8, 1.8)],  # inside one of them
        [*lattice(3, 3), shapely.box(0.5, 0.5, 2.5, 2.5)],  # across many
        [*lattice(3, 3), shapely.box(-1, -1, 4, 4)],  # around all of them
        [shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)],  # along on the same side
        [shapely.box(0, 0, 4, 4), shapely.box(0, 0, 2, 2)],  # sharing two edges in part
    ],
)
def test_overlaps_are_noticed(geoms):
    assert by_vertices(geoms) is None
    check(geoms)


def test_a_tip_between_two_others_on_a_third():
    """Three meet in a point on a long edge; the middle one has no segment of its own there without a twin."""
    top = shapely.box(0, 1, 6, 2)
    left, right = shapely.Polygon([(0, 0), (3, 1), (0, 1)]), shapely.Polygon([(6, 0), (6, 1), (3, 1)])
    middle = shapely.Polygon([(0, 0), (6, 0), (3, 1)])
    links = check([top, left, right, middle])
    assert by_vertices([top, left, right, middle]) is not None
    assert links.border[(links.rows == 0) & (links.columns == 3)] == 0.0


def spiked_group():
    """A triangle in a ring of three, laid over a polygon whose notches touch the ring on each outer edge."""
    outer = np.array([(0.0, 0.0), (12.0, 0.0), (6.0, 12.0)])
    inner = outer.mean(axis=0) + (outer - outer.mean(axis=0)) / 4
    ring = [shapely.Polygon([outer[i], outer[i - 2], inner[i - 2], inner[i]]) for i in range(3)]
    far, tips, shell = np.array([(-20.0, -20.0), (32.0, -20.0), (6.0, 50.0)]), [(6, 0), (9, 6), (3, 6)], []
    for i in range(3):
        middle, along = (far[i] + far[i - 2]) / 2, (far[i - 2] - far[i]) / 100
        shell += [far[i], middle - along, tips[i], middle + along]
    return [shapely.Polygon(inner), *ring, shapely.Polygon(shell)]


def test_a_group_laid_over_another_is_noticed_though_something_touches_all_its_edges():
    geoms = spiked_group()
    assert all(shapely.is_valid(geoms))
    assert shapely.contains_properly(geoms[4], geoms[0])
    assert by_vertices(geoms) is None
    assert 4 in (links := check(geoms)).columns[links.rows == 0]


def test_a_group_whose_edges_are_all_touched_from_outside_is_sound():
    """The same without the polygon below, touched by splinters instead of notches."""
    geoms = spiked_group()[:4]
    for x, y, right, up in [(6, 0, 0, -1), (9, 6, 1, 0), (3, 6, -1, 0)]:
        geoms.append(shapely.Polygon([(x, y), (x + 3 * right - up, y + 3 * up - right), (x + 3 * right, y + 3 * up)]))
    assert by_vertices(geoms) is not None
    check(geoms)


def test_coordinates_that_differ_in_the_last_digit_are_one():
    step = np.nextafter(1.0, 2.0)
    links = contact_links(as_array([shapely.box(0, 0, 1, 1), shapely.box(step, 0, 2, 1)]))
    assert links.columns.tolist() == [1, 0]
    assert links.border.tolist() == pytest.approx([1.0, 1.0])


def test_invalid_rings_are_left_to_the_search():
    """A ring that comes back to its start early, and a bow tie."""
    eight = shapely.Polygon([(0, 0), (2, 0), (2, 2), (0, 0), (-2, 0), (-2, -2)])
    assert by_vertices([eight, shapely.box(5, 5, 6, 6)]) is None
    assert len(contact_links(as_array([shapely.Polygon(), shapely.box(0, 0, 1, 1)])).columns) == 0


@pytest.mark.parametrize("offset", [0.0, 1e5, -3e6])
@pytest.mark.parametrize("angle", [0.0, 23.7])
def test_borders_far_from_the_origin_and_turned(offset, angle):
    cells = [shapely.affinity.rotate(g, angle, origin=(0, 0)) for g in tiles(3)]
    moved = as_array([shapely.affinity.translate(g, offset, offset / 2) for g in cells])
    straight = contact_links(as_array(tiles(3)))
    links = contact_links(moved)
    assert links.rows.tolist() == straight.rows.tolist()
    assert links.columns.tolist() == straight.columns.tolist()
    np.testing.assert_allclose(links.border, straight.border, atol=1e-5)


def test_small_maps_need_no_compiled_code(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(_links, "_by_vertices", lambda *_, **__: pytest.fail("the search is quick enough"))
    assert len(contact_links(as_array(lattice(3, 3))).columns) == 40
