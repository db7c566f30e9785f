"""Standard deviational ellipses: against pointpats, the eigenvalues by hand, known shapes, and the Earth."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

import spatial_region as sr
from spatial_region.errors import CRSError, CRSWarning, InputError, MissingValuesError, OptionError, UnknownNameError
from spatial_region.measure._ellipse import inside, outline, weighted_ellipse


def cells(points: np.ndarray, size: float, crs: object) -> gpd.GeoDataFrame:
    shapes = [shapely.box(x - size, y - size, x + size, y + size) for x, y in points]
    ids = [f"r{place:03d}" for place in range(len(points))]
    return gpd.GeoDataFrame(geometry=shapes, index=pd.Index(ids, name="region"), crs=crs)


def panel(regions: gpd.GeoDataFrame, **by_year: np.ndarray) -> sr.Study:
    parts = {int(year[1:]): pd.Series(values, index=regions.index) for year, values in by_year.items()}
    long = pd.concat(parts, names=["time", "region"]).swaplevel().to_frame("people")
    return sr.make_study(regions, long)


@pytest.fixture
def cloud() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    points = rng.multivariate_normal([500_000, 4_000_000], [[9e9, 5e9], [5e9, 6e9]], 60)
    return points, rng.gamma(1.0, 10.0, 60)


def test_against_pointpats(cloud):
    centrography = pytest.importorskip("pointpats.centrography")
    points, weights = cloud
    found = sr.ellipse(panel(cells(points, 100.0, 32650), y2020=weights), "people", at=2020)
    major, minor, angle = centrography.ellipse(
        points, weights=weights, method="yuill", crimestatCorr=True, degfreedCorr=False
    )
    centre = centrography.weighted_mean_center(points, weights)
    row = found.table().loc[2020]
    assert row["major_km"] == pytest.approx(major / 1000, rel=1e-12)
    assert row["minor_km"] == pytest.approx(minor / 1000, rel=1e-12)
    assert row["rotation"] == pytest.approx(
        (90 - np.degrees(angle)) % 180, abs=1e-9
    )  # theirs is from east, to the left
    drawn = found.centres.geometry[2020]
    assert (drawn.x, drawn.y) == pytest.approx(tuple(centre), rel=1e-13)
    theirs = centrography.ellipse(
        gpd.GeoSeries.from_xy(*points.T), weights=weights, method="yuill", crimestatCorr=True, degfreedCorr=False
    )
    ours = found.ellipses.geometry[2020]
    assert ours.symmetric_difference(theirs).area / theirs.area < 0.01  # theirs has 64 corners


def test_against_eigenvalues_by_plain_sums(cloud):
    points, weights = cloud
    total = sum(weights)
    cx = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    cy = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    cov = np.zeros((2, 2))
    for w, (x, y) in zip(weights, points, strict=True):
        d = np.array([x - cx, y - cy])
        cov += w * np.outer(d, d) / total
    values, vectors = np.linalg.eigh(cov)
    shape = weighted_ellipse(points[:, 0], points[:, 1], weights)
    assert (shape.x, shape.y) == pytest.approx((cx, cy), rel=1e-14)
    assert [shape.minor, shape.major] == pytest.approx(np.sqrt(2 * values), rel=1e-10)
    assert shape.rotation == pytest.approx(np.degrees(np.arctan2(*vectors[:, 1])) % 180, abs=1e-8)


@pytest.mark.parametrize("bearing", [0.0, 30.0, 90.0, 135.0, 179.0])
def test_a_known_direction(bearing):
    turned = np.radians(bearing)
    along = np.array([np.sin(turned), np.cos(turned)])
    across = np.array([np.cos(turned), -np.sin(turned)])
    points = np.array([3 * along, -3 * along, across, -across])
    shape = weighted_ellipse(points[:, 0], points[:, 1], np.ones(4))
    assert shape.rotation == pytest.approx(bearing, abs=1e-9)
    assert shape.major == pytest.approx(3.0)  # the variance along the axis is 2 x 9 / 4
    assert shape.minor == pytest.approx(1.0)
    drawn = outline(shape, 360)
    assert drawn[0] == pytest.approx(3 * along)
    assert (drawn[0] == drawn[-1]).all()
    assert inside(shape, drawn[:, 0] * 0.999, drawn[:, 1] * 0.999).all()
    assert not inside(shape, drawn[:, 0] * 1.001, drawn[:, 1] * 1.001).any()


def test_a_circle_has_no_direction_and_a_normal_cloud_holds_63_percent():
    angle = np.linspace(0, 2 * np.pi, 9)[:-1]
    shape = weighted_ellipse(np.cos(angle), np.sin(angle), np.ones(8))
    assert np.isnan(shape.rotation)
    assert shape.major == pytest.approx(1.0)
    assert np.hypot(*outline(shape, 12).T) == pytest.approx(np.ones(13))
    rng = np.random.default_rng(1)
    x, y = rng.multivariate_normal([0, 0], [[4, 1], [1, 2]], 200_000).T
    shape = weighted_ellipse(x, y, np.ones(len(x)))
    assert inside(shape, x, y).mean() == pytest.approx(1 - np.exp(-1), abs=0.004)


def test_large_coordinates_lose_nothing():
    rng = np.random.default_rng(3)
    x, y, w = rng.normal(size=50), rng.normal(size=50), rng.uniform(0.5, 1, 50)
    near, far = weighted_ellipse(x, y, w), weighted_ellipse(x + 1e7, y - 1e7, w)
    assert far.major == pytest.approx(near.major, rel=1e-8)
    assert far.rotation == pytest.approx(near.rotation, abs=1e-6)


def test_moves_are_geodesic_kilometres_from_true_north():
    points = np.array([[100.0, 30.0], [110.0, 30.0], [100.0, 40.0], [110.0, 40.0], [105.0, 36.0]])
    regions = cells(points, 0.1, 4326)
    study = panel(regions, y2000=np.array([1, 1, 1, 1, 4.0]), y2010=np.array([1, 4, 1, 2, 4.0]))
    found = sr.ellipse(study, "people")
    a, b = found.table()[["lon", "lat"]].to_numpy()
    bearing, _, metres = Geod(ellps="WGS84").inv(*a, *b)
    move = found.moves.loc[(2000, 2010)]
    assert move["distance_km"] == pytest.approx(metres / 1000, rel=1e-9)
    assert move["bearing"] == pytest.approx(bearing % 360, abs=1e-7)
    assert move["direction"] == "SE"
    assert np.hypot(move["east_km"], move["north_km"]) == pytest.approx(move["distance_km"])
    assert move["north_km"] < 0 < move["east_km"]
    assert move["km_per_year"] == pytest.approx(move["distance_km"] / 10)
    assert found.ellipses.crs == regions.crs
    assert found.ellipses.geometry[2000].contains(found.centres.geometry[2000])
    in_degrees = found.centres.geometry[2010]
    assert (in_degrees.x, in_degrees.y) == pytest.approx(tuple(b), abs=1e-9)


def test_degrees_and_a_projection_of_the_same_regions_agree():
    rng = np.random.default_rng(5)
    points = rng.uniform([104, 28], [112, 34], (40, 2))
    weights = rng.uniform(1, 5, 40)
    degrees = panel(cells(points, 0.05, 4326), y2000=weights, y2001=weights[::-1])
    albers = "+proj=aea +lat_1=29 +lat_2=33 +lat_0=31 +lon_0=108 +datum=WGS84 +units=m"
    projected = sr.make_study(degrees.regions.to_crs(albers), degrees.data)
    one, two = sr.ellipse(degrees, "people"), sr.ellipse(projected, "people")
    third = sr.ellipse(degrees, "people", crs=albers)
    columns = ["major_km", "minor_km", "area_km2", "lon", "lat"]
    np.testing.assert_allclose(one.table()[columns], two.table()[columns], rtol=2e-3)
    np.testing.assert_allclose(third.table()[columns], two.table()[columns], rtol=1e-6)
    assert one.moves["distance_km"].iloc[0] == pytest.approx(two.moves["distance_km"].iloc[0], rel=2e-3)
    # The area on the ground is that of the ellipse in an equal-area plane.
    ground = abs(Geod(ellps="WGS84").geometry_area_perimeter(one.ellipses.geometry[2000])[0]) / 1e6
    assert one.table().loc[2000, "area_km2"] == pytest.approx(ground, rel=1e-3)


def test_order_of_rows_units_and_labels_do_not_matter(cloud):
    points, weights = cloud
    regions = cells(points, 100.0, 32650)
    first = sr.ellipse(panel(regions, y1=weights, y2=weights**2), "people")
    turned = regions.iloc[::-1]
    other = sr.ellipse(panel(turned, y1=1e6 * weights[::-1], y2=1e6 * weights[::-1] ** 2), "people")
    columns = first.table().columns.drop("total")
    pd.testing.assert_frame_equal(first.table()[columns], other.table()[columns], rtol=1e-9)
    pd.testing.assert_frame_equal(first.moves, other.moves, rtol=1e-6)


def test_feet_are_not_metres(cloud):
    points, weights = cloud
    metres = sr.ellipse(panel(cells(points, 100.0, 32650), y1=weights), "people").table()
    feet_crs = "+proj=utm +zone=50 +datum=WGS84 +units=us-ft"
    feet = sr.ellipse(panel(cells(points / 0.3048006096, 100.0, feet_crs), y1=weights), "people").table()
    assert feet["major_km"].iloc[0] == pytest.approx(metres["major_km"].iloc[0], rel=1e-6)


def test_times_are_those_asked_for(cloud):
    points, weights = cloud
    study = panel(cells(points, 100.0, 32650), y2000=weights, y2010=weights + 1, y2020=weights + 2)
    assert sr.ellipse(study, "people").table().index.tolist() == [2000, 2010, 2020]
    assert len(sr.ellipse(study, "people").moves) == 2
    picked = sr.ellipse(study, "people", at=[2020, 2000])
    assert picked.moves.index.tolist() == [(2000, 2020)]
    pd.testing.assert_frame_equal(picked.moves, sr.ellipse(study, "people").overall)
    alone = sr.ellipse(study, "people", at=2010)
    assert alone.moves.empty
    assert "Way of the centre" not in alone.summary()
    assert "Way of the centre" in picked.summary()
    section = sr.ellipse(study.at(2010), "people")
    assert section.table().index.tolist() == ["people"]
    frame = study.regions.assign(people=weights + 1)
    pd.testing.assert_series_equal(sr.ellipse(frame, "people").table().loc["people"], section.table().loc["people"])
    assert picked.spec.inputs["times"] == [2000, 2020]
    with pytest.raises(UnknownNameError, match="no time 1999"):
        sr.ellipse(study, "people", at=1999)
    with pytest.raises(InputError, match="names no time"):
        sr.ellipse(study, "people", at=[])
    with pytest.raises(InputError, match="at= is for a study with time"):
        sr.ellipse(frame, "people", at=2010)
    with pytest.raises(UnknownNameError, match="no variable"):
        sr.ellipse(frame, "gdp")


def test_a_centre_that_stays_has_no_bearing(cloud):
    points, weights = cloud
    found = sr.ellipse(panel(cells(points, 100.0, 32650), y1=weights, y2=weights), "people")
    assert found.moves["distance_km"].tolist() == [0.0]
    assert np.isnan(found.moves["bearing"].iloc[0])
    assert found.moves["direction"].tolist() == [""]


def test_missing_and_impossible_values_are_named(cloud):
    points, weights = cloud
    regions = cells(points, 100.0, 32650)
    gap = weights.copy()
    gap[3] = np.nan
    study = panel(regions, y1=weights, y2=np.ones(60))
    study = study.with_columns(people=study.data["people"].where(study.data.index != ("r003", 1)))
    with pytest.raises(MissingValuesError, match=r"'people' at 1 is missing for 1 of 60 regions: r003"):
        sr.ellipse(study, "people")
    dropped = sr.ellipse(study, "people", missing="drop")
    assert dropped.table()["n"].tolist() == [59, 60]
    assert "left out of the centre" in dropped.notes[0]
    assert "Note: 'people' at 1" in dropped.summary()
    with pytest.raises(InputError, match="is negative for 60 of 60"):
        sr.ellipse(panel(regions, y1=-weights), "people")
    with pytest.raises(InputError, match="positive in 2 of 60"):
        sr.ellipse(panel(regions, y1=np.r_[1.0, 2.0, np.zeros(58)]), "people")
    line = cells(np.column_stack([np.arange(5) * 1000.0, np.arange(5) * 2000.0]), 10.0, 32650)
    with pytest.raises(InputError, match="lie on a line"):
        sr.ellipse(panel(line, y1=np.ones(5)), "people")
    with pytest.raises(OptionError):
        sr.ellipse(study, "people", missing="fill")


def test_coordinates_that_mean_no_kilometres(cloud):
    points, weights = cloud
    with pytest.raises(CRSError, match="no coordinate reference system"):
        sr.ellipse(panel(cells(points, 100.0, None), y1=weights), "people")
    study = panel(cells(points, 100.0, 32650), y1=weights)
    with pytest.raises(CRSError, match="not projected"):
        sr.ellipse(study, "people", crs=4326)
    with pytest.raises(CRSError, match="no coordinate reference system"):
        sr.ellipse(study, "people", crs="nonsense")
    with pytest.warns(CRSWarning, match="areas in WGS 84 / Pseudo-Mercator are 54 % off"):
        sr.ellipse(sr.make_study(study.regions.to_crs(3857), study.data), "people")
    with pytest.warns(CRSWarning, match="% off"):
        sr.ellipse(study, "people", crs=3857)


def test_all_china_on_the_ground():
    """The centre of China's land by area lies in Gansu, and its ellipse is wider than high."""
    provinces = sr.china_provinces()
    provinces = provinces.assign(area=provinces.to_crs("ESRI:102025").area / 1e6)
    row = sr.ellipse(provinces, "area").table().loc["area"]
    assert 100 < row["lon"] < 106
    assert 34 < row["lat"] < 38
    assert 60 < row["rotation"] < 120
    assert 0 < row["inside_share"] < 100
    assert row["flattening"] == pytest.approx(1 - row["minor_km"] / row["major_km"])
    assert row["standard_distance_km"] == pytest.approx(np.hypot(row["major_km"], row["minor_km"]) / np.sqrt(2))
