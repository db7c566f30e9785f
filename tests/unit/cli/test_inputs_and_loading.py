"""Tables reshaped, boundaries read, areas measured."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from spatial_region.cli.loader import area_km2
from spatial_region.cli.markdown import cell, number, table
from spatial_region.cli.run import checked, loaded
from spatial_region.errors import SpatialRegionError


def study_of(cells):
    return loaded(*checked(cells.path))[0]


def test_a_wide_table_becomes_a_panel(cells):
    tidy = pd.read_csv(cells.folder / "data.csv")
    wide = tidy.pivot(index="code", columns="year", values="gdp").add_prefix("gdp_")
    wide["people_2002"] = tidy.query("year == 2002").set_index("code")["people"]
    wide["zone_code"] = range(16)
    wide["gdp_total"] = 1.0
    expected = study_of(cells).values("gdp", at=2001)
    wide.reset_index().to_csv(cells.folder / "data.csv", index=False)
    cells.replace(
        'time = "year"', 'wide = { gdp = "gdp_{time}", people = "people_{time}" }\ncolumns = { z = "zone_code" }'
    )
    study = study_of(cells)
    assert study.times == [2000, 2001, 2002]
    pd.testing.assert_series_equal(study.values("gdp", at=2001), expected)
    assert study.values("people", at=2001).isna().all()
    assert study.values("z", at=2000).tolist() == list(range(16))
    assert "gdp_total" not in study.variables


def test_a_long_table_becomes_one_column_a_variable(cells):
    expected = study_of(cells).frame(["gdp", "people"])
    tidy = pd.read_csv(cells.folder / "data.csv")
    tidy.melt(["code", "year"], var_name="what", value_name="much").sample(frac=1, random_state=1).to_csv(
        cells.folder / "data.csv", index=False
    )
    cells.replace('time = "year"', 'time = "year"\nlong = { variable = "what", value = "much" }')
    pd.testing.assert_frame_equal(study_of(cells).frame(["gdp", "people"]), expected)


def test_a_long_table_that_repeats_itself_is_refused(cells):
    tidy = pd.read_csv(cells.folder / "data.csv").melt(["code", "year"], var_name="what", value_name="much")
    pd.concat([tidy, tidy.tail(2)]).to_csv(cells.folder / "data.csv", index=False)
    cells.replace('time = "year"', 'time = "year"\nlong = { variable = "what", value = "much" }')
    result = cells.check()
    assert result.exit_code == 2
    assert "2 rows repeat a region and variable" in result.stderr


def test_tables_are_united_by_region_and_time(cells):
    extra = pd.DataFrame({"cell": range(16), "coast": np.arange(16.0)}).sample(frac=1, random_state=2)
    extra.to_csv(cells.folder / "extra.csv", index=False)
    cells.replace("[variables.log_gdp]", '[[tables]]\npath = "extra.csv"\non = "cell"\n[variables.log_gdp]')
    study = study_of(cells)
    assert study.values("coast", at=2002).tolist() == list(range(16))
    assert study.frame(["gdp"]).notna().all().all()


def test_a_region_that_only_one_table_has_stays_with_gaps(cells):
    extra = pd.DataFrame({"cell": range(15), "coast": np.arange(15.0)})
    extra.to_csv(cells.folder / "extra.csv", index=False)
    cells.replace("[variables.log_gdp]", '[[tables]]\npath = "extra.csv"\non = "cell"\n[variables.log_gdp]')
    coast = study_of(cells).values("coast", at=2000)
    assert coast.index[coast.isna()].tolist() == ["15"]


def test_order_of_rows_changes_nothing(cells):
    assert cells.run().exit_code == 0
    before = (cells.output / "tables" / "moran_log_gdp.csv").read_bytes()
    pd.read_csv(cells.folder / "data.csv").sample(frac=1, random_state=3).to_csv(cells.folder / "data.csv", index=False)
    frame = gpd.read_file(cells.folder / "cells.gpkg").sample(frac=1, random_state=4)
    frame.to_file(cells.folder / "cells.gpkg")
    assert cells.run().exit_code == 0
    assert (cells.output / "tables" / "moran_log_gdp.csv").read_bytes() == before


def test_gbk_tables_are_read(cells):
    frame = pd.read_csv(cells.folder / "data.csv").rename(columns={"gdp": "地区生产总值"})
    frame.to_csv(cells.folder / "data.csv", index=False, encoding="gbk")
    cells.replace("log(gdp)", "log(地区生产总值)")
    assert cells.check().exit_code == 0, cells.check().stderr


def test_boundaries_without_a_coordinate_system_need_one(cells):
    frame = gpd.read_file(cells.folder / "cells.gpkg")
    frame.to_file(cells.folder / "bare.shp")
    (cells.folder / "bare.prj").unlink()
    cells.replace("cells.gpkg", "bare.shp")
    result = cells.check()
    assert result.exit_code == 2
    assert "coordinate reference system" in result.stderr
    cells.replace('id = "code"', 'id = "code"\ncrs = "EPSG:4326"')
    assert cells.run().exit_code == 0
    inputs = json.loads((cells.output / "manifest.json").read_text())["inputs"]
    assert {"bare.shp", "bare.shx", "bare.dbf"} <= set(inputs)


def test_a_coordinate_system_that_contradicts_the_file_is_refused(cells):
    cells.replace('id = "code"', 'id = "code"\ncrs = "EPSG:3857"')
    assert "would contradict it" in cells.check().stderr
    cells.replace("EPSG:3857", "EPSG:4326")
    assert cells.check().exit_code == 0


def test_areas_on_the_ellipsoid_and_in_the_plane():
    cell_of_a_degree = shapely.box(100, 30, 101, 31)
    with_hole = shapely.Polygon(shapely.box(0, 0, 2, 2).exterior, [shapely.box(0.5, 0.5, 1.5, 1.5).exterior])
    degrees = gpd.GeoDataFrame(geometry=[cell_of_a_degree, with_hole], index=["a", "b"], crs=4326)
    ours = area_km2(degrees)
    geod = Geod(ellps="WGS84")  # pyproj: edges are geodesics, so that a cell bulges a little beyond its parallels
    geodesic = [abs(geod.geometry_area_perimeter(shapely.orient_polygons(one))[0]) / 1e6 for one in degrees.geometry]
    assert ours.tolist() == pytest.approx(geodesic, rel=3e-4)
    plane = area_km2(degrees.to_crs("+proj=laea +lat_0=30 +lon_0=100 +datum=WGS84"))
    assert ours["a"] == pytest.approx(plane["a"], rel=3e-4)
    feet = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 5280, 5280)], index=["a"], crs=2263)
    assert area_km2(feet)["a"] == pytest.approx(1.609347**2, rel=1e-5)
    with pytest.raises(SpatialRegionError, match="coordinate system"):
        area_km2(degrees.set_crs(None, allow_override=True))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.12345, "0.1235"),
        (-12.3456, "−12.35"),
        (1234.5, "1,234"),
        (1e-9, "1.0e-09"),
        (2020, "2020"),
        (float("nan"), "–"),
        (None, "–"),
        (True, "True"),
        ("text", "text"),
    ],
)
def test_numbers_for_readers(value, text):
    assert number(value) == text


def test_cells_cannot_break_a_table():
    assert cell("a|b\n<script>") == "a\\|b &lt;script&gt;"
    rows = table(pd.DataFrame({"x|y": [1.5], "who": ["<b>"]})).splitlines()
    assert rows == ["| x\\|y | who |", "| ---: | --- |", "| 1.500 | &lt;b&gt; |"]
