"""Joining by region id for any country: exact, or differing in zeros, case and spaces, and never by likeness."""

from __future__ import annotations

import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import spatial_region as sr
from spatial_region.errors import DuplicateError, InputError, JoinWarning


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


def test_ids_that_were_read_as_floats() -> None:
    """Ids 0.0 and 1.0 were text that no key matched."""
    table = pd.DataFrame({"k": [1, 0], "x": [11, 10]})
    for keys in ([1, 0], ["1", "0"], [1.0, 0.0], ["1.0", "0.0"]):
        study = sr.join(squares([0.0, 1.0]), table.assign(k=keys), on="k")
        assert study.ids.tolist() == [0.0, 1.0]
        assert study.values("x").tolist() == [10, 11]
        assert study.match.counts["matched"] == 2
    told = sr.join(squares([0, 1]), table.assign(k=["1.0", "0"]), on="k")
    assert told.match.respelled["detail"].tolist() == ["differs in empty decimals"]


def test_dates_of_a_workbook_and_of_a_frame_are_the_same_times(tmp_path: Path) -> None:
    days = [datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 1)]
    table = pd.DataFrame({"k": ["a", "a"], "day": days, "x": [1.0, 2.0]})
    table.to_excel(tmp_path / "t.xlsx", index=False)
    dates = table.assign(day=pd.Series([day.date() for day in days], dtype=object))
    stamps = [pd.Timestamp(day) for day in days]
    for source in (table, dates, tmp_path / "t.xlsx"):
        assert sr.join(squares(["a"]), source, on="k", time="day").times == stamps


@pytest.mark.parametrize(
    "times",
    [[2020, datetime.date(2021, 1, 1)], ["2020Q1", 2020], [pd.Period("2020"), pd.Period("2020Q1")],
     [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01", tz="UTC")], [float("inf"), 2020]],
)  # fmt: skip
def test_times_written_in_several_ways_are_refused(times: list[object]) -> None:
    table = pd.DataFrame({"k": ["a", "b"], "t": pd.Series(times, dtype=object), "x": [1, 2]})
    with pytest.raises(InputError, match="the times .*Write them in one way"):
        sr.join(squares(["a", "b"]), table, on="k", time="t")


@pytest.mark.parametrize("absent", [None, np.nan, pd.NaT, pd.NA, "NaN", " "])
def test_a_row_without_a_time_is_listed_never_hidden(absent: object) -> None:
    table = pd.DataFrame({"k": ["a", "b"], "t": pd.Series([2020, absent], dtype=object), "x": [1, 2]})
    with pytest.warns(JoinWarning, match="1 no time"):
        study = sr.join(squares(["a", "b"]), table, on="k", time="t")
    assert study.times == [2020]
    assert study.match.unmatched["name"].tolist() == ["b"]
    assert "b: no time: 't' holds no year in this row (row 1)" in str(study.match)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"on": None}, "on must be the name of a column.*found None"),
        ({"on": "k", "time": 5}, "time must be the name of a column"),
        ({"on": "k", "time": "k"}, "must be different columns"),
        ({"on": "k", "variables": []}, r"variables must name columns.*found \[\]"),
        ({"on": "k", "variables": 5}, "variables must name columns"),
        ({"on": "k", "aliases": 3}, "aliases must map"),
        ({"on": "k", "combine": 4}, "combine must be 'sum', 'mean'"),
        ({"on": "k", "sheet": True}, "sheet must be"),
    ],
)
def test_arguments_of_the_wrong_type(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        sr.join(squares(["a", "b"]), pd.DataFrame({"k": ["a", "b"], "x": [1, 2]}), **options)  # type: ignore[arg-type]


def test_regions_without_one_clear_id_each() -> None:
    table = pd.DataFrame({"k": ["a"], "x": [1]})
    with pytest.raises(DuplicateError, match="found twice: 1"):
        sr.join(squares([1, "1"]), table, on="k")
    with pytest.raises(InputError, match="one complete id each"):
        sr.join(squares(["a", None]), table, on="k")


def test_words_beside_years_in_rows_that_are_not_joined() -> None:
    table = pd.DataFrame({"k": ["a", "z", "z"], "t": [2020, 2020, "later"], "x": [1, 2, 3]})
    with pytest.warns(JoinWarning):
        study = sr.join(squares(["a"]), table, on="k", time="t")
    assert "z: unknown (rows 1, 2, 2020, later)" in str(study.match)
