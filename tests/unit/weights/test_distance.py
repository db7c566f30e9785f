"""Distance weights: great-circle kilometres for degrees, planar for projected coordinates."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from conftest import lattice
from libpysal.graph import Graph
from pyproj import Geod

import spatial_region as sr
from spatial_region.core.geo import EARTH_RADIUS_KM, GEODESIC_MARGIN, region_points
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


# -- geodesics ---------------------------------------------------------------------------------------------


def geodesic(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Kilometres on the WGS 84 ellipsoid, infinite on the diagonal."""
    lon, lat = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    i, j = np.meshgrid(np.arange(len(frame)), np.arange(len(frame)), indexing="ij")
    distances = Geod(ellps="WGS84").inv(lon[i], lat[i], lon[j], lat[j])[2] / 1000
    np.fill_diagonal(distances, np.inf)
    return distances


@pytest.fixture(params=["china", "globe", "pole", "date line"])
def anywhere(request) -> gpd.GeoDataFrame:
    """150 points, where geodesics and great circles order neighbours otherwise."""
    rng = np.random.default_rng(17)
    lon, lat = {
        "china": lambda: (rng.uniform(80, 125, 150), rng.uniform(20, 50, 150)),
        "globe": lambda: (rng.uniform(-180, 180, 150), np.degrees(np.arcsin(rng.uniform(-1, 1, 150)))),
        "pole": lambda: (rng.uniform(-180, 180, 150), rng.uniform(80, 90, 150)),
        "date line": lambda: (rng.uniform(170, 190, 150), rng.uniform(-10, 10, 150)),
    }[request.param]()
    points = gpd.points_from_xy((lon + 180) % 360 - 180, lat)
    return gpd.GeoDataFrame(geometry=points, index=[f"c{i:03d}" for i in range(150)], crs=4326)


@pytest.mark.parametrize("metric", ["great-circle", "geodesic"])
def test_every_builder_measures_as_pyproj(anywhere, metric):
    distances = geodesic(anywhere) if metric == "geodesic" else great_circle(anywhere)
    np.fill_diagonal(distances, np.inf)
    w = sr.inverse_distance(anywhere, metric=metric)
    np.testing.assert_allclose(w.sparse.toarray(), 1 / distances, rtol=1e-9)
    assert w.recipe["metric"] == metric
    near = np.argsort(distances, axis=1)[:, :6]
    wanted = np.zeros_like(distances)
    np.put_along_axis(wanted, near, 1.0, axis=1)
    np.testing.assert_array_equal(sr.knn(anywhere, k=6, metric=metric).sparse.toarray(), wanted)
    km = np.sort(distances, axis=1)[:, 10].max()
    cut = np.where(distances <= km * (1 + 1e-12), 1.0, 0.0)
    np.testing.assert_array_equal(sr.distance_band(anywhere, km=km, metric=metric).sparse.toarray(), cut)
    inverse = sr.inverse_distance(anywhere, km=km, power=2, metric=metric).sparse.toarray()
    np.testing.assert_allclose(inverse, cut / distances**2, rtol=1e-9)
    smallest = sr.distance_band(anywhere, metric=metric)
    assert smallest.recipe["km"] == pytest.approx(distances.min(axis=1).max(), rel=1e-9)


def test_geodesics_may_order_neighbours_otherwise_than_great_circles():
    """From the equator, 1 degree north is 110.57 km and 1 degree east 111.32 km; on the sphere both are equal."""
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1.001, 0], [0, 0, 1.002]), index=list("abc"), crs=4326)
    assert sr.knn(frame, k=1).neighbours("a").index.tolist() == ["b"]
    assert sr.knn(frame, k=1, metric="geodesic").neighbours("a").index.tolist() == ["c"]


def test_margin_between_geodesics_and_great_circles():
    """The search for geodesic neighbours relies on the ratio of both lengths, near and far, at poles and antipodes."""
    rng = np.random.default_rng(0)
    ellipsoid, sphere = Geod(ellps="WGS84"), Geod(a=EARTH_RADIUS_KM * 1000, b=EARTH_RADIUS_KM * 1000)
    for reach in (180.0, 1.0, 1e-3):
        lon, lat = rng.uniform(-180, 180, 50_000), rng.uniform(-90, 90, 50_000)
        to = lon + rng.uniform(-reach, reach, 50_000), np.clip(lat + rng.uniform(-reach, reach, 50_000), -90, 90)
        ratio = ellipsoid.inv(lon, lat, *to)[2] / sphere.inv(lon, lat, *to)[2]
        assert 1 / GEODESIC_MARGIN < ratio.min() < ratio.max() < GEODESIC_MARGIN


def test_quarter_meridian_and_quarter_equator():
    """Closed forms: a quarter of the WGS 84 meridian is 10001.965729 km, of its equator 10018.754171 km."""
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 90, 0], [0, 0, 90]), index=list("abc"), crs=4326)
    exact = 1 / sr.inverse_distance(frame, metric="geodesic").neighbours("a")
    assert exact["c"] == pytest.approx(10001.965729, abs=1e-6)
    assert exact["b"] == pytest.approx(10018.754171, abs=1e-6)
    circle = 1 / sr.inverse_distance(frame).neighbours("a")
    np.testing.assert_allclose(circle, np.pi / 2 * EARTH_RADIUS_KM, rtol=1e-12)


def test_an_equidistant_projection_gives_nearly_the_same_distances(cities):
    """Distances from the centre of an azimuthal equidistant map are geodesics."""
    centre = cities.geometry.iloc[0]
    flat = cities.to_crs(f"+proj=aeqd +lat_0={centre.y} +lon_0={centre.x} +datum=WGS84 +units=m")
    exact = 1 / sr.inverse_distance(cities, metric="geodesic").neighbours("c00")
    np.testing.assert_allclose(1 / sr.inverse_distance(flat).neighbours("c00"), exact, rtol=1e-6)
    zone = cities.cx[105:111, :]  # UTM zone 49 keeps distances to 4 in 10,000 near its meridian, 1 in 1,000 here
    utm = sr.inverse_distance(zone.to_crs(32649)).sparse.toarray()
    np.testing.assert_allclose(
        utm, sr.inverse_distance(zone, metric="geodesic").sparse.toarray(), rtol=2e-3, atol=1e-12
    )


# -- mutual neighbours and islands -------------------------------------------------------------------------


def test_mutual_neighbours_are_those_both_ways(cities):
    plain = sr.knn(cities, k=3).sparse.toarray()
    with pytest.warns(IslandWarning, match="have no neighbour: c"):
        mutual = sr.knn(cities, k=1, mutual=True)
    one = sr.knn(cities, k=1).sparse.toarray()
    np.testing.assert_array_equal(mutual.sparse.toarray(), one * one.T)
    assert mutual.recipe["mutual"] is True
    np.testing.assert_array_equal(
        sr.knn(cities, k=3, mutual=True, islands="nearest").sparse.toarray() >= plain * plain.T, True
    )
    with pytest.raises(WeightsError, match="Raise k="):
        sr.knn(cities, k=1, mutual=True, islands="raise")
    linked = sr.knn(cities, k=1, mutual=True, islands="nearest")
    assert len(linked.islands) == 0
    assert linked.is_symmetric
    assert (linked.sparse.toarray() >= one * one.T).all()


@pytest.mark.parametrize("build", [sr.distance_band, sr.inverse_distance])
def test_islands_are_linked_to_their_nearest_by_their_distance(cities, build):
    distances = great_circle(cities)
    np.fill_diagonal(distances, np.inf)
    linked = build(cities, km=200, islands="nearest").sparse.toarray()
    near = distances <= 200
    for row in np.flatnonzero(~near.any(axis=1)):
        near[row, distances[row].argmin()] = near[distances[row].argmin(), row] = True
    wanted = np.where(near, 1.0 if build is sr.distance_band else 1 / distances, 0.0)
    np.testing.assert_allclose(linked, wanted, rtol=1e-9)


def test_two_islands_nearest_to_each_other_are_linked_once():
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 3e3, 9e4], [0, 0, 0]), index=list("abc"), crs=3857)
    assert sr.inverse_distance(frame, km=1, islands="nearest").neighbours("a").to_dict() == {"b": pytest.approx(1 / 3)}
    assert sr.distance_band(frame, km=1, islands="nearest").neighbours("b").to_dict() == {"a": 1.0, "c": 1.0}


# -- edges of the definitions ------------------------------------------------------------------------------


def test_the_threshold_is_included_despite_rounding():
    """Cells of 100 m far from the origin: a band of 0.1 km holds the four neighbours, whatever their last digits."""
    frame = lattice(12, 12, size=100.0)
    frame = frame.set_geometry(frame.geometry.translate(500_012.3, 4_123_456.7))
    np.testing.assert_array_equal(
        sr.distance_band(frame, km=0.1).sparse.toarray(), sr.contiguity(frame, kind="rook").sparse.toarray()
    )
    np.testing.assert_array_equal(
        sr.distance_band(frame).sparse.toarray() > 0, sr.distance_band(frame, km=0.1).sparse.toarray() > 0
    )


def test_feet_become_kilometres():
    feet = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 5280e2], [0, 0]), index=list("ab"), crs=2263)
    assert 1 / sr.inverse_distance(feet).neighbours("a")["b"] == pytest.approx(160.9347219, rel=1e-9)


def test_too_many_pairs_are_refused():
    n = 20_001
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(np.arange(n) * 1e3, np.zeros(n)), crs=3857)
    with pytest.raises(InputError, match="every pair of 20001 regions has a weight: 400,020,000 in all. Pass km="):
        sr.inverse_distance(frame)


@pytest.mark.parametrize("points", ["centroid", "representative", "edge"])
@pytest.mark.parametrize("metric", [None, "geodesic"])
def test_order_of_rows_does_not_matter(points, metric):
    frame = sr.china_provinces()
    shuffled = frame.sample(frac=1, random_state=9)
    for build in (
        lambda f: sr.knn(f, k=4, points=points, metric=metric),
        lambda f: sr.knn(f, k=2, mutual=True, islands="nearest", points=points, metric=metric),
        lambda f: sr.distance_band(f, points=points, metric=metric),
        lambda f: sr.kernel(f, k=12, points=points, metric=metric),
    ):
        w = build(frame)
        np.testing.assert_array_equal(w.sparse.toarray(), build(shuffled).reorder(w.ids).sparse.toarray())
