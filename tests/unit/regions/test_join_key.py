"""Joining by region id for any country: exact, or differing in zeros, case and spaces, and never by likeness."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import spatial_region as sr
from spatial_region.errors import JoinWarning


def squares(ids: list[object]) -> gpd.GeoDataFrame:
    cells = [shapely.box(i, 0, i + 1, 1) for i in range(len(ids))]
    return gpd.GeoDataFrame(geometry=cells, index=pd.Index(ids, name="region"), crs=3857)


def test_numbers_against_keys_with_zeros() -> None:
    counties = squares(["01001", "01003", "36061"])
    study = sr.join(counties, pd.DataFrame({"fips": [1003, 1001, 36061], "x": [2, 1, 3]}), on="fips")
    assert study.values("x").to_dict() == {"01001": 1, "01003": 2, "36061": 3}
    assert study.match.respelled["detail"].tolist() == ["differs in zeros in front"] * 2
    assert study.match.settings["resolve"] == "key"
    back = sr.join(squares([1001, 1003]), pd.DataFrame({"fips": ["01001", "01003"], "x": [1, 2]}), on="fips")
    assert back.ids.tolist() == [1001, 1003]


def test_case_and_spaces_are_bridged_and_said() -> None:
    states = squares(["New York", "Ohio", "Georgia"])
    table = pd.DataFrame({"state": ["new york ", "OHIO", "Georgia", "Gerogia"], "x": [1, 2, 3, 4]})
    with pytest.warns(JoinWarning, match="1 unknown"):
        study = sr.join(states, table, on="state")
    assert study.values("x").tolist() == [1, 2, 3]
    assert study.match.respelled["detail"].tolist() == ["differs in case, width or spaces"] * 2
    assert study.match.unmatched["suggestions"].tolist() == ["Georgia"]


def test_two_ids_that_differ_in_case_only_are_not_chosen_between() -> None:
    pair = squares(["a1", "A1", "b"])
    with pytest.warns(JoinWarning, match="1 ambiguous"):
        study = sr.join(pair, pd.DataFrame({"k": ["A 1", "a1", "b"], "x": [1, 2, 3]}), on="k")
    assert study.ids.tolist() == ["a1", "b"]


def test_quarters_stay_quarters() -> None:
    table = pd.DataFrame({"k": ["a", "a", "b", "b"], "q": ["2010Q1", "2010Q2"] * 2, "x": [1, 2, 3, 4]})
    study = sr.join(squares(["a", "b"]), table, on="k", time="q")
    assert study.times == ["2010Q1", "2010Q2"]
    dates = table.assign(q=pd.to_datetime(["2010-01-01", "2010-04-01"] * 2))
    assert len(sr.join(squares(["a", "b"]), dates, on="k", time="q").times) == 2


def test_chinese_regions_by_their_ids_on_request() -> None:
    table = pd.DataFrame({"k": ["130800"], "x": [1]})
    study = sr.join(squares(["130800", "150400"]), table, on="k", resolve="key")
    assert study.match.settings["resolve"] == "key"
    assert study.ids.tolist() == ["130800"]


def test_a_blank_cell_of_a_text_column_is_missing(tmp_path):
    path = tmp_path / "zones.csv"
    path.write_text("id,zone\n01001,Cfa\n01003, \n01005,\n", encoding="utf-8")
    squares = [shapely.box(x, 0, x + 1, 1) for x in range(3)]
    regions = gpd.GeoDataFrame(geometry=squares, index=["01001", "01003", "01005"], crs=4326)
    study = sr.join(regions, path, on="id")
    assert study.values("zone").tolist()[0] == "Cfa"
    assert study.values("zone").isna().tolist() == [False, True, True]
