"""The table of the prefecture study: its keys, its gaps, facts that it has to agree with, and how it is built."""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

import spatial_region as sr
from spatial_region.errors import IslandWarning

STUDY = Path(__file__).resolve().parents[3] / "docs" / "studies" / "prefectures"
POPULATION = ["urban_population", "primacy", "urban_density", "log_urban_density"]
CLIMATE = ["climate_zone", "climate_share"]
SANSHA, WUZHONG = "460300", "640300"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(STUDY / "prefectures.csv", dtype={"adcode": str}).set_index("adcode")


@pytest.fixture(scope="module")
def record() -> dict:
    return json.loads((STUDY / "provenance.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def layer() -> gpd.GeoDataFrame:
    return sr.china_prefectures()


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_prefecture_study", STUDY / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def study(table: pd.DataFrame, layer: gpd.GeoDataFrame) -> sr.Study:
    return sr.make_study(layer, table.rename_axis("region"), name="name_en")


# --- Keys and gaps -----------------------------------------------------------------------------------------
def test_one_row_for_each_unit_of_the_layer(table, layer):
    assert table.index.tolist() == sorted(layer.index)
    assert (table["name_zh"] == layer["name_zh"].reindex(table.index)).all()
    here = layer["plate"].fillna("").reindex(table.index)
    assert (table["plate"].where(table["plate"] != "HK, Macao, Taiwan", "") == here).all()


def test_only_the_documented_gaps(table, record):
    gaps = record["units_without_a_figure"]
    assert len(gaps) == 16
    assert {SANSHA, WUZHONG} == set(record["no_figure"]) < set(gaps)
    for column in table.columns:
        missing = table.index[table[column].isna()].tolist()
        assert missing == (gaps if column in POPULATION else [SANSHA] if column in CLIMATE else []), column


def test_gaps_are_named_in_the_readme(table, record):
    text = (STUDY / "README.md").read_text(encoding="utf-8")
    assert [code for code in record["units_without_a_figure"] if code not in text] == []
    for package, release in record["packages"].items():
        assert f"{package}` {release}" in text
    for number in ("figures_counted", "population_counted", "population_listed"):
        assert f"{record[number]:,}" in text


def test_columns_hold_together(table, record):
    has = table["urban_population"].notna()
    density = table["urban_population"] / table["area_km2"]
    np.testing.assert_allclose(table.loc[has, "urban_density"], density[has], rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(table.loc[has, "log_urban_density"], np.log(density[has]), atol=3e-3)
    assert (table.loc[has, "urban_population"] > 0).all()
    assert table.loc[has, "primacy"].between(0, 1, inclusive="right").all()
    assert (table.loc[has & (table["places"] == 1), "primacy"] == 1).all()
    assert table["places"].sum() == record["figures_counted"]
    assert table["urban_population"].sum() == record["population_counted"]
    assert (table["hub_km"] >= table["airport_km"]).all()
    assert (table["hu_side"] == np.where(table["hu_km"] > 0, "southeast", "northwest")).all()


# --- Published facts ---------------------------------------------------------------------------------------
def test_urban_population_has_the_size_that_the_census_found(table):
    mainland = table[~table.index.str[:2].isin(["71", "81", "82"])]["urban_population"].sum()
    assert 0.6 * 901.99e6 < mainland < 901.99e6  # census of 2020; towns and some cities are not in the list
    census = {"310000": 24.87e6, "440300": 17.56e6, "441900": 10.47e6, "810000": 7.41e6, "820000": 0.68e6}
    for code, people in census.items():  # units that are urban throughout: the figure is that of everybody
        assert table.loc[code, "urban_population"] == pytest.approx(people, rel=0.1), code


def test_no_unit_has_more_townspeople_than_the_largest_city(table):
    assert table["urban_population"].idxmax() == "310000"


def test_area_is_that_of_the_country(table):
    mainland = table.drop(index=["710000", "810000", "820000", SANSHA])
    assert mainland["area_km2"].sum() == pytest.approx(9.6e6, rel=0.02)
    for code, area in {"110000": 16411, "500000": 82400, "540600": 353192, "810000": 1114}.items():
        assert table.loc[code, "area_km2"] == pytest.approx(area, rel=0.03), code


def test_hu_line_parts_people_as_hu_found(table):
    share = table.groupby("hu_side")["urban_population"].sum() / table["urban_population"].sum()
    assert 0.92 < share["southeast"] < 0.97  # 94% in the censuses of 1982 to 2010 (Chen et al. 2016)
    area = table.groupby("hu_side")["area_km2"].sum() / table["area_km2"].sum()
    assert 0.40 < area["southeast"] < 0.48  # 43%


def test_places_on_the_ground(table):
    for code in ("110000", "310000", "440100", "610100"):  # with a hub airport inside
        assert table.loc[code, "hub_km"] < 60
    seaports = table.loc[["210200", "350200", "370200", "440300", "460200", "810000"], "coast_km"]
    assert (seaports < 45).all()
    assert table.loc["650100", "coast_km"] == pytest.approx(2500, rel=0.05)  # Urumqi: no large city is farther inland
    assert table.loc[["540200", "542500"], "coast_km"].min() > 2000  # the own coast, not the Bay of Bengal
    assert table.loc["540100", "elevation_m"] > 3650 > 100 > table.loc["310000", "elevation_m"]
    zones = {"460100": "Aw", "440100": "Cwa", "310000": "Cfa", "230100": "Dwa", "650400": "BWk", "540600": "ET"}
    assert table.loc[list(zones), "climate_zone"].to_dict() == zones


def test_distances_are_those_on_the_ellipsoid(table, layer):
    centre = layer.to_crs("+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105").centroid.to_crs(4326)
    capitals = {"130200": (114.48, 38.04), "520300": (106.72, 26.58), "653100": (87.60, 43.80), "542500": (91.1, 29.65)}
    for code, (lon, lat) in capitals.items():
        metres = Geod(ellps="WGS84").inv(centre[code].x, centre[code].y, lon, lat)[2]
        assert table.loc[code, "capital_km"] == pytest.approx(metres / 1000, rel=0.01), code


# --- What the study finds ----------------------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore::spatial_region.errors.IslandWarning")  # Dongfang's only neighbours have no figure
def test_clusters_are_where_china_is_dense_and_empty(study, table):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IslandWarning)
        w = sr.contiguity(study)
    found = sr.local_moran(study, "log_urban_density", w=w, permutations=999, missing="drop").table()
    assert len(found) == 359
    cluster = found["cluster"]
    assert set(cluster[["440300", "441900", "440600", "442000", "320500"]]) == {"HH"}  # Pearl River, lower Yangtze
    assert set(cluster[["540600", "540300", "632700", "632600", "653200"]]) == {"LL"}  # Tibet, Qinghai, Hotan
    assert (table.loc[cluster.index[cluster == "HH"], "hu_side"] == "southeast").all()
    assert cluster["650100"] == "HL"  # Urumqi


@pytest.mark.filterwarnings("ignore::spatial_region.errors.IslandWarning")
def test_readme_states_what_comes_out(study, table):
    """The figures of the section "What comes out"."""
    share = table.groupby("hu_side")[["urban_population", "area_km2"]].sum()
    assert (share / share.sum()).loc["southeast"].round(3).tolist() == [0.935, 0.438]

    factors = ["climate_zone", "elevation_m", "coast_km", "hub_km", "airport_km", "hu_side"]
    strata = sr.geodetector(study, "log_urban_density", factors, bins=("quantile", 6), missing="drop", permutations=0)
    assert strata.factors["q"].round(3).tolist() == [0.438, 0.391, 0.386, 0.163, 0.12, 0.291]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IslandWarning)
        weighted = study.with_weights(queen=sr.contiguity(study), nearest6=sr.knn(study, k=6))
    for name, expected in {"queen": 0.614, "nearest6": 0.527}.items():
        found = sr.moran(weighted, "log_urban_density", w=name, missing="drop", permutations=0)
        assert round(found.I, 3) == expected

    sample = weighted.select(table.index[table["urban_population"].notna()])
    formula = "log_urban_density ~ log(coast_km) + log(airport_km) + log(capital_km) + I(elevation_m / 1000)"
    fits = {m: sr.spatial_regression(formula, sample, w="nearest6", model=m) for m in ("ols", "sar", "sem", "sdm")}
    aic = {model: round(fit.aic, 1) for model, fit in fits.items()}
    assert aic == {"ols": 1008.4, "sar": 990.3, "sem": 975.5, "sdm": 959.1}
    assert round(fits["sdm"].params["rho"], 3) == 0.364
    total = fits["sdm"].impacts(draws=200, seed=1).table()["total"]
    assert 1 - 2 ** total["log(capital_km)"] == pytest.approx(0.4, abs=0.03)


def test_study_file_is_valid():
    from spatial_region.cli.studyfile import read_study_file

    parsed = read_study_file(STUDY / "study.toml")
    parsed.problems.raise_any()
    columns = set(pd.read_csv(STUDY / "prefectures.csv", nrows=0).columns) | set(parsed.spec.variables)
    used = {name for _, _, one in parsed.analyses for _, name in one.named_variables()}
    assert used <= columns


# --- How it is built ---------------------------------------------------------------------------------------
def made_places(rows: list[tuple[str, str, str, float, int]]) -> gpd.GeoDataFrame:
    """Places on the equator: prefecture, county, name of the county, km east of 105, population."""
    frame = pd.DataFrame(rows, columns=["adcode", "county", "county_name", "km", "population"])
    frame["geonameid"] = range(len(frame))
    return gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy(105 + frame["km"] / 111.195, [0.0] * len(frame)), crs=4326
    )


def test_each_population_is_counted_once(script):
    places = made_places(
        [
            ("01", "0101", "甲区", 0, 1000),  # the seat
            ("01", "0101", "甲区", 2, 400),  # a street of it
            ("01", "0102", "乙区", 40, 300),  # a district within reach: in the seat's figure
            ("01", "0103", "丙区", 60, 200),  # a district beyond: a town of its own
            ("01", "0104", "丁县", 10, 50),  # a county, however near
            ("01", "0104", "丁县", 11, 20),  # a town of it
            ("02", "0201", "戊市", 5, 70),  # another prefecture
        ]
    )
    counted = script.count_once(places)
    assert counted.groupby("adcode")["population"].sum().to_dict() == {"01": 1250, "02": 70}


def test_order_of_the_places_does_not_matter(script):
    places = made_places([("01", f"01{i:02d}", "某区", 7 * i, 100) for i in range(20)])
    here, there = script.count_once(places), script.count_once(places.iloc[::-1])
    assert here["geonameid"].tolist() == there["geonameid"].tolist()


def test_cells_of_a_raster_are_found(script):
    rows, columns = np.indices((180, 360))
    grid = script.Grid(rows * 1000 + columns)
    inside, weight = grid.inside(shapely.box(100.0, 30.0, 102.0, 31.0))  # rows count from 90 north
    assert inside.tolist() == [59280, 59281]
    np.testing.assert_allclose(weight, np.cos(np.radians(30.5)))
    assert grid.inside(shapely.box(100.6, 30.6, 100.7, 30.7))[0].tolist() == [59280]  # smaller than a cell


def test_nearest_is_nearest(script):
    rng = np.random.default_rng(3)
    here, there = rng.uniform((75, 18), (130, 52), (40, 2)), rng.uniform((75, 18), (130, 52), (60, 2))
    brute = [min(Geod(ellps="sphere").inv(*a, *b)[2] for b in there) / 1000 for a in here]
    np.testing.assert_allclose(script.nearest_km(here, there), np.array(brute) * 6371.0088 / 6370.997, rtol=1e-5)


def test_capitals(script):
    codes = {"110000": "110000", "130200": "130100", "429021": "420100", "659001": "650100", "710000": "710000"}
    assert {code: script.capital_of(code) for code in codes} == codes


@pytest.mark.slow
def test_building_again_gives_the_same_bytes(script, monkeypatch, tmp_path):
    for package, wanted in script.PACKAGES.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            pytest.skip(f"{package} is not installed")
        if found != wanted:
            pytest.skip(f"{package} {found} is installed, not {wanted}")
    monkeypatch.setattr(sys, "argv", ["build.py", "--output", str(tmp_path)])
    script.main()
    for name in ("prefectures.csv", "provenance.json"):
        assert (tmp_path / name).read_bytes() == (STUDY / name).read_bytes(), name
