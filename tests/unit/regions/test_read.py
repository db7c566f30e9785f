"""Reading boundaries: every format and every kind of bad input has its own answer."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import spatial_region as sr
from spatial_region.errors import (
    CoverageWarning,
    CRSError,
    DuplicateError,
    GeometryError,
    InputError,
    MissingValuesError,
    ReadError,
    UnknownNameError,
)

BOW = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


@pytest.fixture
def frame() -> gpd.GeoDataFrame:
    cells = [shapely.box(100 + x, 30, 101 + x, 31) for x in range(4)]
    return gpd.GeoDataFrame(
        {"code": [130800, 150400, 150500, 211300], "city": ["承德", "赤峰", "通辽", "朝阳"]}, geometry=cells, crs=4326
    )


def test_a_frame_is_indexed_by_id_and_left_as_it_was(frame: gpd.GeoDataFrame) -> None:
    before = frame.copy(deep=True)
    regions = sr.read_regions(frame, id="code", name="city")
    assert regions.index.tolist() == ["130800", "150400", "150500", "211300"]
    assert regions.index.name == "region"
    assert regions.attrs["name"] == "city"
    assert regions["code"].tolist() == frame["code"].tolist()
    regions.loc["150400", "city"] = "changed"
    regions.geometry.array[0] = shapely.box(0, 0, 1, 1)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
    assert frame.attrs == {}


@pytest.mark.parametrize("name", ["regions.gpkg", "regions.shp", "regions.geojson", "regions.fgb"])
def test_formats(frame: gpd.GeoDataFrame, tmp_path: Path, name: str) -> None:
    pyogrio.write_dataframe(frame, tmp_path / name)
    for source in (tmp_path / name, str(tmp_path / name)):
        regions = sr.read_regions(source, id="code", name="city")
        regions = regions.loc[["130800", "150400", "150500", "211300"]]  # FlatGeobuf sorts rows by place
        assert regions["city"].tolist() == ["承德", "赤峰", "通辽", "朝阳"]
        assert shapely.equals(regions.geometry.to_numpy(), frame.geometry.to_numpy()).all()
        assert regions.crs == frame.crs


@pytest.mark.parametrize(
    "codes",
    [
        [130800, 150400, 150500, 211300],
        [130800.0, 150400.0, 150500.0, 211300.0],
        ["130800", "150400", "150500", "211300"],
        [" 130800", "150400 ", "150500.0", "211300.00"],
        pd.array([130800, 150400, 150500, 211300], dtype="Int64"),
        pd.array(["130800", "150400", "150500", "211300"], dtype="string"),
    ],
)
def test_ids_become_text(frame: gpd.GeoDataFrame, codes: object) -> None:
    frame["code"] = codes
    assert sr.read_regions(frame, id="code").index.tolist() == ["130800", "150400", "150500", "211300"]


def test_leading_zeros_and_fractions_are_kept(frame: gpd.GeoDataFrame) -> None:
    frame["code"] = ["01001", "01003", "1.5", "x-1"]
    assert sr.read_regions(frame, id="code").index.tolist() == ["01001", "01003", "1.5", "x-1"]


def test_a_named_index_serves_as_id(frame: gpd.GeoDataFrame) -> None:
    assert sr.read_regions(frame.set_index("code")).index.tolist() == ["130800", "150400", "150500", "211300"]
    again = sr.read_regions(sr.read_regions(frame, id="code", name="city"))
    assert again.index.tolist() == ["130800", "150400", "150500", "211300"]


def test_id_is_needed(frame: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="Columns without repeats: code, city"):
        sr.read_regions(frame)


def test_unknown_columns(frame: gpd.GeoDataFrame) -> None:
    with pytest.raises(UnknownNameError, match=r"no column 'cod' \(id=\). Did you mean 'code'\?"):
        sr.read_regions(frame, id="cod")
    with pytest.raises(UnknownNameError, match=r"no column 'City' \(name=\). Did you mean 'city'\?"):
        sr.read_regions(frame, id="code", name="City")


def test_missing_and_repeated_ids(frame: gpd.GeoDataFrame) -> None:
    for gap in (np.nan, None, " "):
        broken = frame.assign(code=[130800, gap, 150500, 211300])
        with pytest.raises(MissingValuesError, match="missing in 1 of 4 rows of the GeoDataFrame: row 2"):
            sr.read_regions(broken, id="code")
    with pytest.raises(DuplicateError, match="1 ids .* more than once in 'code': 130800"):
        sr.read_regions(frame.assign(code=[130800, "130800.0", 1, 2]), id="code")


def test_missing_names(frame: gpd.GeoDataFrame) -> None:
    with pytest.raises(MissingValuesError, match="'city' is missing for 1 of 4 regions .*: 150400"):
        sr.read_regions(frame.assign(city=["承德", None, "通辽", "朝阳"]), id="code", name="city")


def test_empty_geometry(frame: gpd.GeoDataFrame) -> None:
    for nothing in (None, shapely.Polygon()):
        cells = [*frame.geometry[:3], nothing]
        with pytest.raises(
            GeometryError, match=r"1 of 4 regions have no geometry in the GeoDataFrame: 朝阳 \(211300\)"
        ):
            sr.read_regions(frame.set_geometry(gpd.GeoSeries(cells, crs=4326)), id="code", name="city")


def test_invalid_geometry_is_refused_or_mended(frame: gpd.GeoDataFrame) -> None:
    broken = frame.set_geometry(gpd.GeoSeries([*frame.geometry[:3], BOW], crs=4326))
    with pytest.raises(GeometryError, match=r"invalid geometry .* 211300. The first: Self-intersection.*repair=True"):
        sr.read_regions(broken, id="code")
    mended = sr.read_regions(broken, id="code", repair=True)
    assert mended.geometry.is_valid.all()
    assert mended.geometry["211300"].area == pytest.approx(0.5)
    assert broken.geometry.iloc[3].equals_exact(BOW, 0)


def test_repair_keeps_areas_only(frame: gpd.GeoDataFrame) -> None:
    spike = shapely.Polygon([(0, 0), (1, 0), (1, 1), (1, 5), (1, 1), (0, 1)])
    mixed = shapely.GeometryCollection([shapely.box(3, 0, 4, 1), shapely.LineString([(4, 0), (6, 0)])])
    cells = [*frame.geometry[:2], spike, mixed]
    mended = sr.read_regions(frame.set_geometry(gpd.GeoSeries(cells, crs=4326)), id="code", repair=True)
    assert set(mended.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert mended.geometry["150500"].equals(shapely.box(0, 0, 1, 1))
    assert mended.geometry["211300"].equals(shapely.box(3, 0, 4, 1))
    flat = shapely.Polygon([(0, 0), (1, 1), (0, 0), (1, 1)])
    with pytest.raises(GeometryError, match="no area left after repair: 211300"):
        sr.read_regions(
            frame.set_geometry(gpd.GeoSeries([*frame.geometry[:3], flat], crs=4326)), id="code", repair=True
        )


def test_points_are_no_regions(frame: gpd.GeoDataFrame) -> None:
    cells = [*frame.geometry[:3], shapely.Point(0, 0)]
    with pytest.raises(GeometryError, match=r"no area \(Point\).*211300"):
        sr.read_regions(frame.set_geometry(gpd.GeoSeries(cells, crs=4326)), id="code")


def test_heights_are_dropped(frame: gpd.GeoDataFrame) -> None:
    raised = frame.set_geometry(gpd.GeoSeries(shapely.force_3d(frame.geometry.to_numpy(), 7.0), crs=4326))
    assert not shapely.has_z(sr.read_regions(raised, id="code").geometry.to_numpy()).any()


def test_crs(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with pytest.raises(CRSError, match="no coordinate reference system"):
        sr.read_regions(frame.set_crs(None, allow_override=True), id="code")
    with pytest.raises(CRSError, match="look like longitude and latitude"):
        sr.read_regions(frame.set_crs(3857, allow_override=True), id="code")
    with pytest.raises(CRSError, match="they are projected"):
        sr.read_regions(frame.to_crs(3857).set_crs(4326, allow_override=True), id="code")
    pyogrio.write_dataframe(frame, tmp_path / "regions.shp")
    (tmp_path / "regions.prj").unlink()
    with pytest.raises(CRSError, match=r"regions.shp has no coordinate reference system"):
        sr.read_regions(tmp_path / "regions.shp", id="code")


def test_absent_file(tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    pyogrio.write_dataframe(frame, tmp_path / "regions.gpkg")
    with pytest.raises(ReadError, match=r"There is no file .*region.gpkg. Did you mean 'regions.gpkg'\?"):
        sr.read_regions(tmp_path / "region.gpkg", id="code")
    with pytest.raises(ReadError, match="There is no file"):
        sr.read_regions(tmp_path / "nowhere" / "regions.gpkg", id="code")


def test_files_that_are_no_boundaries(tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    (tmp_path / "empty.geojson").write_bytes(b"")
    (tmp_path / "noise.gpkg").write_bytes(b"not a geopackage")
    for name in ("empty.geojson", "noise.gpkg"):
        with pytest.raises(ReadError, match=name):
            sr.read_regions(tmp_path / name, id="code")
    (tmp_path / "table.csv").write_text("code,x\n1,2\n", encoding="utf-8")
    with pytest.raises(ReadError, match="without boundaries"):
        sr.read_regions(tmp_path / "table.csv", id="code")
    pyogrio.write_dataframe(frame.iloc[:0], tmp_path / "nothing.gpkg", geometry_type="Polygon")
    with pytest.raises(ReadError, match="holds no regions"):
        sr.read_regions(tmp_path / "nothing.gpkg", id="code")


def test_layers(tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    path = tmp_path / "two.gpkg"
    pyogrio.write_dataframe(frame, path, layer="cities")
    pyogrio.write_dataframe(frame.iloc[:2], path, layer="others", append=True)
    assert len(sr.read_regions(path, id="code", layer="cities")) == 4
    with pytest.raises(InputError, match="2 layers: cities, others"):
        sr.read_regions(path, id="code")
    with pytest.raises(UnknownNameError, match="no layer 'citys'. Did you mean 'cities'"):
        sr.read_regions(path, id="code", layer="citys")


def test_encodings(tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    path = tmp_path / "gbk.shp"
    pyogrio.write_dataframe(frame, path, encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    data[29] = 0  # the language byte, which would tell the encoding
    path.with_suffix(".dbf").write_bytes(data)
    assert sr.read_regions(path, id="code", name="city", encoding="GBK")["city"].tolist() == frame["city"].tolist()
    with pytest.raises(ReadError, match="encoding='GBK'"):
        sr.read_regions(path, id="code", name="city")
    with pytest.raises(ReadError, match=r"encoding"):
        sr.read_regions(path, id="code", name="city", encoding="UTF-8")


def test_real_latin_names_are_not_taken_for_chinese(frame: gpd.GeoDataFrame) -> None:
    frame["city"] = ["Évora", "Łódź", "Århus", "Besançon"]
    assert sr.read_regions(frame, id="code", name="city")["city"].tolist() == ["Évora", "Łódź", "Århus", "Besançon"]


def test_other_things_are_refused(frame: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="no geometry"):
        sr.read_regions(pd.DataFrame({"code": [1]}), id="code")
    with pytest.raises(InputError, match="found int"):
        sr.read_regions(5, id="code")
    for wrong in (0, -5, np.inf, np.nan):
        with pytest.raises(InputError, match="snap must be a positive"):
            sr.read_regions(frame, id="code", snap=wrong)


def test_coverage_is_checked_unless_told_not_to(frame: gpd.GeoDataFrame) -> None:
    cells = [shapely.box(100 + x, 30, 100.9995 + x, 31) for x in range(4)]
    gaping = frame.set_geometry(gpd.GeoSeries(cells, crs=4326))
    with pytest.warns(CoverageWarning, match=r"3 pairs of neighbours .* 承德 \(130800\) - 赤峰 \(150400\).*snap=200"):
        sr.read_regions(gaping, id="code", name="city")
    assert len(sr.read_regions(gaping, id="code", check=False)) == 4
    joined = sr.read_regions(gaping, id="code", snap=100)
    assert sr.check_coverage(joined).n_shared_vertex == 3


def test_the_bundled_file_reads_like_the_bundled_layer() -> None:
    path = Path(__file__).resolve().parents[3] / "shapefiles" / "china_provinces.gpkg"
    read = sr.read_regions(path, id="adcode", name="name_zh")
    layer = sr.china_provinces()
    assert read.index.tolist() == layer.index.tolist()
    assert read.attrs == layer.attrs
    assert shapely.equals_identical(read.geometry.to_numpy(), layer.geometry.to_numpy()).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [({"snap": "5"}, "snap must be"), ({"snap": True}, "snap must be"), ({"id": "geometry"}, "is the geometry"),
     ({"name": "geometry"}, "is the geometry"), ({"encoding": 5}, "encoding must be")],
)  # fmt: skip
def test_arguments_of_the_wrong_sort(frame: gpd.GeoDataFrame, options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        sr.read_regions(frame, **({"id": "code"} | options))  # type: ignore[arg-type]
