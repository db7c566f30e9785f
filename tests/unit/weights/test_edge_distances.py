"""Distances between outlines: planar ones by shapely, those in degrees by brute force over dense outlines."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import lattice
from pyproj import Geod
from scipy.spatial import cKDTree

import spatial_region as sr
from spatial_region.core.geo import EARTH_RADIUS_KM, on_sphere
from spatial_region.errors import InputError
from spatial_region.weights._points import locate
from spatial_region.weights._sphere_outlines import sphere_outlines


def edge_km(frame: gpd.GeoDataFrame, km: float = np.inf, metric: str | None = None) -> dict[tuple[int, int], float]:
    first, second, distances = locate(frame, "edge", metric, purpose="test").places.within(km)
    return {(int(i), int(j)): float(d) for i, j, d in zip(first, second, distances, strict=True)}


def brute(frame: gpd.GeoDataFrame, step: float) -> np.ndarray:
    """Smallest great circle between vertices, one every `step` degrees."""
    outlines = []
    for geometry in frame.geometry:
        lonlat = shapely.get_coordinates(shapely.segmentize(geometry.boundary, step))
        outlines.append(on_sphere(lonlat[:, 0], lonlat[:, 1]))
    chords = np.array([[cKDTree(one).query(two)[0].min() for one in outlines] for two in outlines])
    return 2 * EARTH_RADIUS_KM * np.arcsin(chords / 2)


def test_plane_distances_are_those_of_shapely(columbus):
    found = edge_km(columbus)
    for (i, j), km in found.items():
        assert km == pytest.approx(columbus.geometry.iloc[i].distance(columbus.geometry.iloc[j]) / 1000, rel=1e-12)
    assert len(found) == 49 * 48 / 2
    near = edge_km(columbus, 2.0)
    assert near == {pair: km for pair, km in found.items() if km <= 2.0}


def test_outlines_in_degrees_against_dense_ones():
    """Six areas with slanted borders, in high latitudes where degrees of longitude are short."""
    rng = np.random.default_rng(3)
    shapes = []
    for lon, lat in [(10, 60), (14, 62), (19, 58), (12, 66), (25, 64), (30, 57)]:
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.uniform(0.5, 1.5, 9)
        shapes.append(
            shapely.Polygon(np.column_stack([lon + 1.6 * radius * np.cos(angle), lat + radius * np.sin(angle)]))
        )
    frame = gpd.GeoDataFrame(geometry=shapes, index=list("abcdef"), crs=4326)
    dense = brute(frame, 0.004)
    for (i, j), km in edge_km(frame).items():
        if km == 0:
            assert shapes[i].intersects(shapes[j])
        else:
            # Vertices 0.45 km apart miss the true nearest points by up to 0.23 km along each border.
            assert dense[i, j] - 0.26**2 / km - 5e-4 < km < dense[i, j] + 5e-4


def test_real_boundaries_against_dense_ones():
    frame = sr.china_provinces().iloc[:20:2]
    dense = brute(frame, 0.01)
    for (i, j), km in edge_km(frame).items():
        touch = frame.geometry.iloc[i].intersects(frame.geometry.iloc[j])
        assert (km == 0) == touch
        if not touch:
            assert km == pytest.approx(dense[i, j], abs=max(0.01, 0.3 / km))


def test_long_borders_along_meridians_are_nearest_where_meridians_converge():
    """Two strips from 30 to 60 degrees north, 1 degree apart: nearest at their northern ends, by closed form."""
    strips = [shapely.box(100, 30, 101, 60), shapely.box(102, 30, 103, 60)]
    frame = gpd.GeoDataFrame(geometry=strips, index=["a", "b"], crs=4326)
    half = np.sin(np.radians(0.5)) * np.cos(np.radians(60))
    assert edge_km(frame)[0, 1] == pytest.approx(2 * EARTH_RADIUS_KM * np.arcsin(half), rel=1e-7)


def test_a_long_edge_is_straight_in_degrees():
    """An edge along the parallel 50, with a vertex at each end; the point below sees the parallel, no great circle."""
    strip = shapely.Polygon([(0, 50), (20, 50), (20, 52), (0, 52)])
    frame = gpd.GeoDataFrame(geometry=[strip, shapely.Point(10, 49)], index=["a", "b"], crs=4326)
    assert edge_km(frame)[0, 1] == pytest.approx(np.radians(1) * EARTH_RADIUS_KM, abs=0.001)


def test_date_line_and_pole():
    west, east = shapely.box(178, 10, 179.5, 12), shapely.box(-179.5, 10, -178, 12)
    ring = shapely.box(-180, 88, 180, 89)
    beyond = shapely.box(10, 85, 20, 86)
    touching = shapely.box(-180, 60, -175, 65), shapely.box(175, 60, 180, 65)
    frame = gpd.GeoDataFrame(geometry=[west, east, ring, beyond, *touching], index=list("abcdef"), crs=4326)
    found = edge_km(frame)
    across = 2 * EARTH_RADIUS_KM * np.arcsin(np.sin(np.radians(0.5)) * np.cos(np.radians(12)))
    assert found[0, 1] == pytest.approx(across, rel=1e-7)
    assert found[2, 3] == pytest.approx(np.radians(2) * EARTH_RADIUS_KM, abs=1e-4)
    assert found[4, 5] == 0
    assert set(edge_km(frame, 150.0)) == {(0, 1), (4, 5)}


def test_rounds_only_come_nearer():
    """The bound of the module: no pair of points is nearer than the found one by more than (s / R) ** 2 / 6."""
    frame = sr.china_provinces().iloc[::5]
    outlines = sphere_outlines(np.asarray(frame.geometry.array))
    first, second = np.triu_indices(len(frame), k=1)
    one, two, km = outlines.nearest_points(first, second)
    for i, j, a, b, found in zip(first, second, one, two, km, strict=True):
        middle = (a + b) / np.linalg.norm(a + b)
        p, q = (outlines.xyz[outlines.start[k] : outlines.start[k + 1]] for k in (i, j))
        chord, at = cKDTree(p).query(q)
        best = chord.argmin()
        off = max(np.arccos(np.clip(p[at[best]] @ middle, -1, 1)), np.arccos(np.clip(q[best] @ middle, -1, 1)))
        nearest = 2 * EARTH_RADIUS_KM * np.arcsin(chord[best] / 2)
        assert found <= nearest * (1 + off**2 / 6) + 0.005


def test_geodesics_between_outlines():
    boxes = [shapely.box(0, 10, 1, 11), shapely.box(0, 12, 1, 13)]
    frame = gpd.GeoDataFrame(geometry=boxes, index=["a", "b"], crs=4326)
    meridian = Geod(ellps="WGS84").inv(0.5, 11, 0.5, 12)[2] / 1000
    assert edge_km(frame, metric="geodesic")[0, 1] == pytest.approx(meridian, rel=1e-6)
    assert edge_km(frame)[0, 1] == pytest.approx(np.radians(1) * EARTH_RADIUS_KM, rel=1e-6)


def test_candidates_hold_every_pair_within():
    frame = sr.china_provinces()
    everything = edge_km(frame)
    for km in (50.0, 400.0):
        assert edge_km(frame, km) == pytest.approx({pair: d for pair, d in everything.items() if d <= km}, abs=1e-6)


@pytest.mark.parametrize("degrees", [False, True])
def test_regions_that_touch_are_at_distance_zero(degrees):
    frame = lattice(5, 5)
    if degrees:
        frame = frame.set_geometry(frame.geometry.scale(1e-3, 1e-3, origin=(0, 0))).set_crs(4326, allow_override=True)
    touching = sr.contiguity(frame)
    band = sr.distance_band(frame, points="edge")
    assert band.recipe["km"] == 0
    assert band.recipe["points"] == "edge"
    np.testing.assert_array_equal(band.sparse.toarray(), touching.sparse.toarray())
    with pytest.raises(InputError, match="regions that touch have no inverse distance: r00c00, r00c01"):
        sr.inverse_distance(frame, points="edge")


@pytest.mark.parametrize("crs", [4326, 3857])
def test_a_corner_on_a_border_touches_despite_rounding(crs):
    """Two regions below a slanted border that is one straight line above; the corner between them is rounded."""
    a, b = np.array([100.1, 30.2]), np.array([107.3, 33.7])
    corner = a + (b - a) / 3.0
    north = shapely.Polygon([a, b, (104, 40)])
    below = [shapely.Polygon([a, corner, (103, 20)]), shapely.Polygon([corner, b, (106, 20)])]
    scale = 1.0 if crs == 4326 else 1e5
    frame = gpd.GeoDataFrame(geometry=[north, *below], index=list("abc")).scale(scale, scale, origin=(0, 0))
    frame = gpd.GeoDataFrame(geometry=frame.to_numpy(), index=list("abc"), crs=crs)
    found = edge_km(frame)
    assert found[0, 1] == found[0, 2] == 0


def test_ties_go_to_the_nearer_centroid():
    """Around a cell eight others touch; the four that share a side have the nearer centroids."""
    frame = lattice(5, 5)
    w = sr.knn(frame, k=4, points="edge")
    assert w.neighbours("r02c02").index.tolist() == ["r01c02", "r02c01", "r02c03", "r03c02"]
    shuffled = sr.knn(frame.sample(frac=1, random_state=1), k=4, points="edge").reorder(w.ids)
    np.testing.assert_array_equal(w.sparse.toarray(), shuffled.sparse.toarray())


@pytest.mark.parametrize("metric", ["great-circle", "geodesic"])
def test_nearest_by_edges_against_all_pairs(metric):
    frame = sr.china_provinces()
    n = len(frame)
    distances = np.full((n, n), np.inf)
    for (i, j), km in edge_km(frame, metric=metric).items():
        distances[i, j] = distances[j, i] = km
    w = sr.knn(frame, k=6, points="edge", metric=metric)
    for row, region in enumerate(frame.index):
        chosen = frame.index.get_indexer(w.neighbours(region).index)
        others = np.setdiff1d(np.arange(n), [*chosen, row])
        assert distances[row, chosen].max() <= distances[row, others].min() + 1e-6
        assert len(chosen) == 6


def test_feet_become_kilometres():
    feet = lattice(1, 4, size=5280.0, crs=2263).iloc[[0, 3]]  # New York, in US survey feet
    assert edge_km(feet)[0, 1] == pytest.approx(2 * 1.609347219, rel=1e-9)
