"""Distance weights: great-circle kilometres for degrees, planar for projected coordinates."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from conftest import lattice
from libpysal.graph import Graph
from pyproj import Geod

import spatial_region as sr
from spatial_region.core.geo import EARTH_RADIUS_KM, region_points
from spatial_region.errors import CRSError, CRSWarning, InputError, IslandWarning, WeightsError


@pytest.fixture
def cities() -> gpd.GeoDataFrame:
    """40 points over China, in degrees."""
    rng = np.random.default_rng(5)
    points = gpd.points_from_xy(rng.uniform(80, 125, 40), rng.uniform(20, 50, 40))
    return gpd.GeoDataFrame(geometry=points, index=[f"c{i:02d}" for i in range(40)], crs=4326)


def great_circle(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Kilometres by pyproj, on a sphere of the mean radius."""
    geod = Geod(a=EARTH_RADIUS_KM * 1000, b=EARTH_RADIUS_KM * 1000)
    lon, lat = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    i, j = np.meshgrid(np.arange(len(frame)), np.arange(len(frame)), indexing="ij")
    return geod.inv(lon[i], lat[i], lon[j], lat[j])[2] / 1000


def test_inverse_distance_is_great_circle(cities):
    distances = great_circle(cities)
    w = sr.inverse_distance(cities, power=2)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_allclose(w.sparse.toarray(), distances**-2, rtol=1e-9)
    assert w.recipe["metric"] == "great-circle"


def test_band_holds_exactly_the_pairs_within(cities):
    distances = great_circle(cities)
    np.fill_diagonal(distances, np.inf)
    with pytest.warns(IslandWarning):
        w = sr.distance_band(cities, km=300)
    np.testing.assert_array_equal(w.sparse.toarray() > 0, distances <= 300)
    smallest = sr.distance_band(cities)
    assert smallest.recipe["km"] == pytest.approx(distances.min(axis=1).max(), rel=1e-9)
    assert len(smallest.islands) == 0
    np.testing.assert_array_equal(smallest.sparse.toarray() > 0, distances <= distances.min(axis=1).max() * (1 + 1e-9))


def test_knn_takes_the_nearest(cities):
    distances = great_circle(cities)
    np.fill_diagonal(distances, np.inf)
    w = sr.knn(cities, k=4)
    for row, region in enumerate(cities.index):
        nearest = cities.index[np.argsort(distances[row])[:4]]
        assert set(w.neighbours(region).index) == set(nearest)


def test_projected_coordinates_agree_with_libpysal(columbus):
    """libpysal 4.14 on planar centroids."""
    centres = columbus.geometry.centroid
    np.testing.assert_array_equal(
        sr.knn(columbus, k=6).sparse.toarray(), Graph.build_knn(centres, k=6).sparse.toarray()
    )
    w = sr.distance_band(columbus, km=1)
    np.testing.assert_array_equal(
        w.sparse.toarray(), Graph.build_distance_band(centres, threshold=1000.0).sparse.toarray()
    )


def test_ties_do_not_depend_on_the_order_of_rows():
    frame = lattice(7, 7)
    w = sr.knn(frame, k=3)
    shuffled = sr.knn(frame.sample(frac=1, random_state=4), k=3)
    np.testing.assert_array_equal(w.sparse.toarray(), shuffled.reorder(w.ids).sparse.toarray())
    assert w.neighbours("r03c03").index.tolist() == ["r02c03", "r03c02", "r03c04"]


def test_coincident_points_beyond_those_first_asked_for():
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1e5] * 60, [1e5] * 60), index=range(60), crs=3857)
    w = sr.knn(frame, k=2)
    assert (w.cardinalities == 2).all()
    assert not w.sparse.diagonal().any()
    assert w.neighbours(30).index.tolist() == [0, 1]


def test_units_of_the_map_do_not_matter(cities):
    metres = cities.to_crs("+proj=aeqd +lat_0=35 +lon_0=100 +units=m")
    kilometres = metres.to_crs("+proj=aeqd +lat_0=35 +lon_0=100 +units=km")
    np.testing.assert_allclose(
        sr.inverse_distance(metres).sparse.toarray(), sr.inverse_distance(kilometres).sparse.toarray(), rtol=1e-9
    )
    assert sr.distance_band(metres).recipe["km"] == pytest.approx(sr.distance_band(kilometres).recipe["km"])


def test_centroids_of_polygons_in_degrees_are_those_of_their_area():
    """A tall box: its area centroid lies south of the middle latitude, by closed form on the sphere."""
    south, north = np.radians(30.0), np.radians(50.0)
    box = gpd.GeoDataFrame.from_features(
        [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [_dense_box()]}}],
        crs=4326,
    )
    points = region_points(box.geometry, purpose="test")
    lat = np.degrees(np.arcsin(points.xyz[0, 2]))
    mean = (north * np.sin(north) + np.cos(north) - south * np.sin(south) - np.cos(south)) / (
        np.sin(north) - np.sin(south)
    )
    assert lat == pytest.approx(np.degrees(mean), abs=0.02)
    assert np.degrees(np.arctan2(points.xyz[0, 1], points.xyz[0, 0])) == pytest.approx(101.0, abs=1e-4)


def _dense_box() -> list[tuple[float, float]]:
    lats = np.linspace(30, 50, 400)
    lons = np.linspace(100, 102, 50)
    return [
        *((lon, 30.0) for lon in lons),
        *((102.0, lat) for lat in lats),
        *((lon, 50.0) for lon in lons[::-1]),
        *((100.0, lat) for lat in lats[::-1]),
        (100.0, 30.0),
    ]


def test_degrees_are_never_taken_for_distances(cities):
    bare = cities.set_crs(None, allow_override=True)
    for build in (sr.knn, sr.distance_band, sr.inverse_distance):
        with pytest.raises(CRSError, match="no coordinate reference system"):
            build(bare)


def test_degrees_with_a_plane_crs_are_noticed(cities):
    wrong = cities.set_crs(3857, allow_override=True)
    with pytest.warns(CRSWarning, match="looks like degrees, while WGS 84 / Pseudo-Mercator"):
        sr.knn(wrong, k=3)


def test_bad_options(cities):
    for k in (0, 40, 2.5, True):
        with pytest.raises(InputError, match="k"):
            sr.knn(cities, k=k)
    for km in (0, -5, np.inf, "300"):
        with pytest.raises(InputError, match="km must be a number above 0"):
            sr.distance_band(cities, km=km)
    with pytest.raises(InputError, match="power must be a number above 0"):
        sr.inverse_distance(cities, power=0)
    with pytest.raises(WeightsError, match="have no neighbour"):
        sr.distance_band(cities, km=100, islands="raise")
    assert len(sr.distance_band(cities, km=100, islands="nearest").islands) == 0
    twice = cities.assign(geometry=cities.geometry.iloc[[0, 0, *range(2, 40)]].to_numpy())
    with pytest.raises(InputError, match="same centroid have no inverse distance: c00, c01"):
        sr.inverse_distance(twice)
