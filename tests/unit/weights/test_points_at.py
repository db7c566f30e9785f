"""Where distances are taken: inner points, columns of coordinates, columns of points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import lattice

import spatial_region as sr
from spatial_region.errors import (
    CRSError,
    CRSWarning,
    InputError,
    IslandWarning,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)


@pytest.fixture
def provinces() -> gpd.GeoDataFrame:
    """Three areas in degrees, one shaped like a U so that its centroid lies outside, with seats in columns."""
    u = shapely.Polygon([(100, 30), (106, 30), (106, 36), (105, 36), (105, 31), (101, 31), (101, 36), (100, 36)])
    frame = gpd.GeoDataFrame(
        {"lon": [100.5, 103.0, 108.0], "lat": [35.5, 34.0, 33.0]},
        geometry=[u, shapely.box(102, 33, 104, 35), shapely.box(107, 32, 109, 34)],
        index=["甲", "乙", "丙"],
        crs=4326,
    )
    return frame.assign(seat=gpd.points_from_xy(frame["lon"], frame["lat"]))


def expected(frame: gpd.GeoDataFrame, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Inverse distances between plain points."""
    plain = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), index=frame.index, crs=4326)
    return sr.inverse_distance(plain).sparse.toarray()


def test_columns_and_points_are_the_same_places(provinces):
    wanted = expected(provinces, provinces["lon"], provinces["lat"])
    pair = sr.inverse_distance(provinces, points=("lon", "lat"))
    column = sr.inverse_distance(provinces, points="seat")
    np.testing.assert_array_equal(pair.sparse.toarray(), wanted)
    np.testing.assert_array_equal(column.sparse.toarray(), wanted)
    assert pair.recipe["points"] == "lon, lat"
    assert column.recipe["points"] == "seat"
    assert not np.allclose(wanted, sr.inverse_distance(provinces).sparse.toarray())


def test_representative_points_lie_inside(provinces):
    inside = provinces.geometry.representative_point()
    assert not provinces.geometry.iloc[0].covers(provinces.geometry.iloc[0].centroid)
    wanted = expected(provinces, inside.x, inside.y)
    w = sr.inverse_distance(provinces, points="representative")
    np.testing.assert_allclose(w.sparse.toarray(), wanted, rtol=1e-12)
    assert w.recipe["points"] == "representative"


def test_every_builder_takes_the_columns(provinces):
    plain = gpd.GeoDataFrame(geometry=provinces["seat"].to_numpy(), index=provinces.index, crs=4326)
    for build in (
        lambda frame, **points: sr.knn(frame, k=1, **points),
        lambda frame, **points: sr.distance_band(frame, km=500, **points),
        lambda frame, **points: sr.kernel(frame, km=900, **points),
        lambda frame, **points: sr.proximity(frame, kind="gabriel", **points),
    ):
        np.testing.assert_array_equal(
            build(provinces, points=("lon", "lat")).sparse.toarray(), build(plain).sparse.toarray()
        )


def test_columns_of_the_data_of_a_study(provinces):
    regions = provinces[["geometry"]]
    wanted = expected(provinces, provinces["lon"], provinces["lat"])
    shuffled = pd.DataFrame(provinces[["lon", "lat"]]).iloc[[2, 0, 1]]
    cross = sr.make_study(regions, shuffled)
    np.testing.assert_array_equal(sr.inverse_distance(cross, points=("lon", "lat")).sparse.toarray(), wanted)
    panel = pd.concat({2000: shuffled, 2010: shuffled}, names=["time", "region"]).swaplevel()
    study = sr.make_study(regions, panel)
    np.testing.assert_array_equal(sr.inverse_distance(study, points=("lon", "lat")).sparse.toarray(), wanted)
    panel.loc[("乙", 2010), "lon"] = 104.0
    moved = sr.make_study(regions, panel)
    with pytest.raises(InputError, match="'lon' changes over time in 1 of 3 regions: 乙"):
        sr.inverse_distance(moved, points=("lon", "lat"))
    later = sr.inverse_distance(moved.at(2010), points=("lon", "lat")).neighbours("乙")
    assert later["丙"] > wanted[1, 2]


def test_missing_coordinates_name_the_regions(provinces):
    gone = provinces.assign(lat=[35.5, np.nan, 33.0], seat=[None, provinces["seat"].iloc[1], shapely.Point()])
    with pytest.raises(MissingValuesError, match=r"no coordinates for 1 of 3 regions: 乙\."):
        sr.knn(gone, k=1, points=("lon", "lat"))
    with pytest.raises(MissingValuesError, match="no coordinates for 2 of 3 regions: 甲, 丙"):
        sr.knn(gone, k=1, points="seat")


def test_coordinates_of_another_system_are_refused(provinces):
    metres = provinces.to_crs(3857)
    seats = gpd.GeoSeries(provinces["seat"].to_numpy(), index=provinces.index, crs=4326).to_crs(3857)
    with pytest.raises(CRSError, match="not in the system of the regions, WGS 84 / Pseudo-Mercator"):
        sr.knn(metres, k=1, points=("lon", "lat"))
    with pytest.raises(CRSError, match="not in the system of the regions, WGS 84 "):
        sr.knn(provinces.assign(x=seats.x, y=seats.y), k=1, points=("x", "y"))
    with pytest.raises(CRSError, match="Give x .longitude. first"):
        sr.knn(provinces, k=1, points=("lat", "lon"))
    with pytest.raises(CRSError, match="points='seat' is in WGS 84 / Pseudo-Mercator and the regions are in WGS 84"):
        sr.knn(provinces.assign(seat=seats), k=1, points="seat")


def test_columns_that_hold_no_coordinates(provinces):
    with pytest.raises(UnknownNameError, match=r"no column 'seet'. Did you mean 'seat'\?.*Or choose one of 'centroid'"):
        sr.knn(provinces, k=1, points="seet")
    with pytest.raises(UnknownNameError, match="no column 'latt'. Did you mean 'lat'"):
        sr.knn(provinces, k=1, points=("lon", "latt"))
    with pytest.raises(InputError, match=r"must hold shapely points; found float.* at 甲.*points=\(x, y\)"):
        sr.knn(provinces, k=1, points="lon")
    with pytest.raises(InputError, match="must hold shapely points; found Polygon at 甲"):
        sr.knn(provinces, k=1, points="geometry")
    with pytest.raises(InputError, match="'lat' must be numeric; found 1 other values: 'north' at 甲"):
        sr.knn(provinces.assign(lat=["north", 34, 33]), k=1, points=("lon", "lat"))
    for wrong in (("lon",), ("lon", 2), 5, None):
        with pytest.raises(InputError, match="points must be one of"):
            sr.knn(provinces, k=1, points=wrong)


def test_metric_is_for_degrees(provinces):
    with pytest.raises(OptionError, match="metric='geodesic' needs longitude and latitude; WGS 84 / Pseudo-Mercator"):
        sr.knn(provinces.to_crs(3857), k=1, metric="geodesic")
    with pytest.raises(OptionError, match="metric='geodesik' is not offered. Did you mean 'geodesic'"):
        sr.knn(provinces, k=1, metric="geodesik")


def test_angles_in_another_unit_are_not_taken_for_degrees(provinces):
    grads = provinces.set_crs(4807, allow_override=True)  # Paris, in grads
    with pytest.raises(CRSError, match="is in the unit grad; reproject"):
        sr.knn(grads, k=1)


def test_degrees_called_lengths_are_noticed_once():
    frame = lattice(3, 3, size=1.0)
    with pytest.warns(CRSWarning, match="looks like degrees") as caught:
        sr.knn(frame, k=2, points="representative")
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_the_table_of_the_caller_does_not_change(provinces):
    before = provinces.copy()
    sr.knn(provinces, k=1, points="seat")
    sr.distance_band(provinces, points="edge")
    pd.testing.assert_frame_equal(provinces, before)


def test_few_regions():
    one = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1.0], [1.0]), index=["a"], crs=4326)
    for build in (sr.inverse_distance, sr.proximity, lambda f: sr.distance_band(f, km=3, points="edge")):
        with pytest.warns(IslandWarning, match="1 of 1 regions have no neighbour: a"):
            assert build(one).n_links == 0
        with pytest.raises(InputError, match="needs regions; there are none"):
            build(one.iloc[:0])
    with pytest.raises(InputError, match="at least two regions"):
        sr.distance_band(one)
