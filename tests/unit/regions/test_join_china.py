"""Joining tables of Chinese prefectures and provinces: what is joined, what is listed, what is refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

import spatial_region as sr
from spatial_region.errors import DuplicateError, InputError, JoinWarning, OptionError, ReadError, UnknownNameError

CODES = ["130800", "150400", "370100", "420600", "220200", "341300", "320500", "340100"]


@pytest.fixture
def regions() -> gpd.GeoDataFrame:
    """Eight prefectures on a line of squares, in an order of their own."""
    squares = [shapely.box(i, 0, i + 1, 1) for i in range(len(CODES))]
    names = ["承德市", "赤峰市", "济南市", "襄阳市", "吉林市", "宿州市", "苏州市", "合肥市"]
    frame = gpd.GeoDataFrame({"name_zh": names}, geometry=squares, index=pd.Index(CODES, name="region"), crs=4490)
    frame.attrs["name"] = "name_zh"
    return frame


def quiet_join(*arguments: object, **options: object) -> sr.Study:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JoinWarning)
        return sr.join(*arguments, **options)  # type: ignore[arg-type]


def test_a_cross_section_in_the_order_of_the_regions(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["襄樊", "河北承德", "赤峰市"], "gdp": [3.0, 1.0, 2.0], "kind": ["a", "b", "c"]})
    before = table.copy(deep=True)
    study = sr.join(regions, table, on="city")
    assert study.ids.tolist() == ["130800", "150400", "420600"]
    assert study.values("gdp").tolist() == [1.0, 2.0, 3.0]
    assert study.data["kind"].tolist() == ["b", "c", "a"]
    assert study.names.tolist() == ["承德市", "赤峰市", "襄阳市"]
    assert study.basemap is not None and len(study.basemap) == 8
    assert study.match.counts["renamed"] == 1
    pd.testing.assert_frame_equal(table, before)


def test_a_panel_with_gaps_and_every_kind_of_row(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame(
        {
            "城市": ["承德", "承德", "襄樊市", "襄阳市", "莱芜市", "吉林", "海淀区", "巢湖市", "合计", "承得", "北京"],
            "年": [2009, 2011, 2009, 2011, 2009, 2009, 2009, 2009, 2009, 2009, 2009],
            "x": range(11),
        }
    )
    with pytest.warns(JoinWarning, match="4 of 11 rows are not joined"):
        study = sr.join(regions, table, on="城市", time="年")
    assert study.ids.tolist() == ["130800", "370100", "420600"]
    assert study.times == [2009, 2011]
    assert study.wide("x").loc["420600"].tolist() == [2.0, 3.0]
    report = study.match
    assert report.gaps[["region", "time"]].to_numpy().tolist() == [["370100", 2011]]
    assert np.isnan(study.wide("x").loc["370100", 2011])
    assert report.renamed["name"].tolist() == ["襄樊市"]
    assert report.merged["name"].tolist() == ["莱芜市"]
    assert report.ambiguous["name"].tolist() == ["吉林"]
    reasons = dict(zip(report.unmatched["name"], report.unmatched["reason"], strict=True))
    assert reasons == {
        "海淀区": "below prefecture level",
        "巢湖市": "dissolved",
        "合计": "total",
        "承得": "unknown",
        "北京": "outside",
    }
    assert "承德市" in report.unmatched.set_index("name").loc["承得", "suggestions"]
    assert len(report.matched) + len(report.renamed) + len(report.merged) == len(report.joined) == 5


def test_the_report_in_words_and_as_plain_values(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["襄樊", "莱芜市", "吉林", "海淀区", "承德"], "x": ["1", "2", "3", "4", "—"]})
    study = quiet_join(regions, table, on="city")
    text = str(study.match)
    for said in ("Renamed:", "襄樊 -> 襄阳市 (420600)", "Merged:", "went into 济南市", "Ambiguous:", "吉林省",
                 "below prefecture level", "Regions without data:", "Cells read as missing: 1 ('—' x 1)"):  # fmt: skip
        assert said in text, said
    plain = study.match.to_dict()
    assert plain["counts"]["rows"] == 5 and plain["settings"]["level"] == "prefecture"
    assert {row["name"] for row in plain["not_plainly_matched"]} == {"襄樊", "莱芜市", "吉林", "海淀区"}
    assert study.match._repr_html_().startswith("<pre>")
    assert study.match.table()["row"].tolist() == [0, 1, 2, 3, 4]


def test_jinan_and_laiwu_are_listed_and_combined_only_on_request(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame(
        {"city": ["济南市", "莱芜市", "承德"], "year": 2015, "pop": [7.0, 1.0, 4.0], "share": [10, 20, 5]}
    )
    with pytest.raises(DuplicateError, match=r"济南市 \(370100\) 2015: 济南市 \(row 0\), 莱芜市 \(row 1\)"):
        sr.join(regions, table, on="city", time="year")
    summed = sr.join(regions, table, on="city", time="year", combine="sum")
    assert summed.values("pop", at=2015).to_dict() == {"130800": 4.0, "370100": 8.0}
    assert summed.match.combined["rows"].tolist() == ["0, 1"]
    both = sr.join(regions, table, on="city", time="year", combine={"pop": "sum", "share": "mean"})
    assert both.values("share", at=2015)["370100"] == 15.0
    with pytest.raises(InputError, match="does not say what to do with 'share'"):
        sr.join(regions, table, on="city", time="year", combine={"pop": "sum"})
    with pytest.raises(OptionError, match="'sum', 'mean'"):
        sr.join(regions, table, on="city", time="year", combine="max")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="Did you mean 'pop'"):
        sr.join(regions, table, on="city", time="year", combine={"popp": "sum"})


def test_a_sum_of_some_parts_is_not_the_whole(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["济南市", "莱芜市"], "pop": [7.0, np.nan], "name": ["a", "a"]})
    assert sr.join(regions, table, on="city", combine="sum").values("pop").isna().all()
    differing = table.assign(name=["a", "b"])
    with pytest.raises(InputError, match="'name' is text and differs"):
        sr.join(regions, differing, on="city", combine="sum")


def test_copies_of_a_row_are_not_counted_twice(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["承德", "承德", "赤峰"], "x": [1, 1, 2]})
    with pytest.raises(DuplicateError, match="several rows"):
        sr.join(regions, table, on="city")
    with pytest.raises(DuplicateError, match="exact copies"):
        sr.join(regions, table, on="city", combine="sum")


def test_province_column_names_at_and_aliases(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["Suzhou", "Suzhou", "吉林"], "p": ["江苏", "Anhui", "吉林"], "x": [1, 2, 3]})
    study = sr.join(regions, table, on="city", province="p")
    assert study.values("x").to_dict() == {"220200": 3, "341300": 2, "320500": 1}
    assert "p" not in study.variables
    old = pd.DataFrame({"city": ["淮安市", "承德市"], "year": [1998, 1998], "x": [1, 2]})
    china = sr.china_prefectures()
    with pytest.warns(JoinWarning, match="1 ambiguous"):
        sr.join(china, old, on="city", time="year")
    assert sr.join(china, old, on="city", time="year", names_at=2024).ids.tolist() == ["130800", "320800"]
    told = sr.join(
        regions, pd.DataFrame({"city": ["吉林", "赤峰"], "x": [1, 2]}), on="city", aliases={"吉林": "220200"}
    )
    assert told.values("x")["220200"] == 1
    assert told.match.renamed["detail"].tolist() == ["by the alias given"]
    with pytest.raises(UnknownNameError, match="does not exist"):
        sr.join(regions, table, on="city", aliases={"吉林": "999999"})


def test_codes_in_every_form(regions: gpd.GeoDataFrame) -> None:
    for codes in ([130800, 150400], [130800.0, 150400.0], ["1308", "1504"], ["130800000000", "150400.0"], [1308, 1504]):
        study = sr.join(regions, pd.DataFrame({"code": codes, "x": [1, 2]}), on="code")
        assert study.ids.tolist() == ["130800", "150400"]


def test_regions_without_data_stay_on_request(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["承德"], "x": [1.0]})
    kept = sr.join(regions, table, on="city", regions_without_data="keep")
    assert kept.ids.tolist() == CODES
    assert kept.values("x").notna().sum() == 1
    assert len(kept.match.regions_without_data) == 7
    panel = sr.join(regions, table.assign(t=2020), on="city", time="t", regions_without_data="keep")
    assert len(panel.data) == 8 and panel.match.gaps.empty
    with pytest.raises(OptionError, match="'drop', 'keep'"):
        sr.join(regions, table, on="city", regions_without_data="all")  # type: ignore[arg-type]


def test_regions_known_by_a_column_or_by_name(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["襄樊市"], "x": [1.0]})
    by_column = regions.assign(adcode=regions.index).set_axis([f"r{i}" for i in range(8)])
    assert sr.join(by_column, table, on="city").ids.tolist() == ["r3"]
    by_name = regions.set_index("name_zh")
    by_name.attrs = {}
    assert sr.join(by_name, table, on="city").ids.tolist() == ["襄阳市"]
    with pytest.raises(InputError, match="resolve='china' needs regions"):
        sr.join(by_column.drop(columns="adcode"), table, on="city", resolve="china")


def test_provinces_are_found_by_their_level() -> None:
    table = pd.DataFrame({"省份": ["吉林", "海南", "内蒙古", "全国"], "x": [1, 2, 3, 6]})
    study = sr.join(sr.china_provinces(), table, on="省份")
    assert study.values("x").to_dict() == {"150000": 3, "220000": 1, "460000": 2}


def test_a_workbook_as_a_yearbook_prints_it(regions: gpd.GeoDataFrame, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["表3 各市主要指标"])
    page.merge_cells("A1:C1")
    page.append(["城市", "年份", "生产总值（亿元）"])
    page.append(["承德市①", 2019, "1,471.0"])
    page.append([None, 2020, "１５５０"])
    page.append(["赤峰市", "2019年", "…"])
    page.append(["合计", 2019, "9,999"])
    page.append(["注：①为初步数", None, None])
    page.merge_cells("A3:A4")
    book.save(tmp_path / "t.xlsx")
    study = sr.join(regions, tmp_path / "t.xlsx", on="城市", time="年份")
    assert study.wide("生产总值（亿元）").loc["130800"].tolist() == [1471.0, 1550.0]
    assert study.match.missing[["row", "text"]].to_numpy().tolist() == [[5, "…"]]
    assert study.match.unmatched["reason"].tolist() == ["total", "note"]
    assert study.match.unmatched["row"].tolist() == [6, 7]


def test_cells_that_are_no_number(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["承德", "赤峰", "合计"], "x": ["1", "2a", "oops"], "kind": ["a", "b", "c"]})
    with pytest.raises(InputError, match=r"'x' has 1 of 2 cells that are no number: '2a' \(row 1\)"):
        sr.join(regions, table, on="city", variables=["x"])
    study = sr.join(regions, table, on="city")
    assert study.data["x"].tolist() == ["1", "2a"]
    assert "'x' is kept as text" in study.match.notes[0]
    assert sr.join(regions, table, on="city", variables="kind").variables == ["kind"]
    with pytest.raises(UnknownNameError, match="Did you mean 'kind'"):
        sr.join(regions, table, on="city", variables=["kinds"])


def test_no_row_joined_and_no_year(regions: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row is joined on 'city'"):
        sr.join(regions, pd.DataFrame({"city": ["Atlantis"], "x": [1]}), on="city")
    table = pd.DataFrame({"city": ["承德", "赤峰"], "t": [2020, None], "x": [1, 2]})
    assert quiet_join(regions, table, on="city", time="t").match.unmatched["reason"].tolist() == ["no time"]
    with pytest.raises(UnknownNameError, match="Did you mean 'city'"):
        sr.join(regions, table, on="ciy")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ReadError, match="empty"):
        sr.join(regions, tmp_path / "empty.csv", on="city")


def test_a_variable_may_be_called_region_or_time(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["承德", "赤峰"], "region": ["North", "West"], "time": [1.0, 2.0], "y": [2020, 2020]})
    study = sr.join(regions, table, on="city", time="y")
    assert study.data["region"].tolist() == ["North", "West"]
    assert study.data["time"].tolist() == [1.0, 2.0]


def test_in_older_boundaries_a_unit_is_still_its_own_region(regions: gpd.GeoDataFrame) -> None:
    older = regions.rename(index={"220200": "371200", "320500": "341400"})  # Laiwu and Chaohu, as in a map of 2010
    table = pd.DataFrame({"city": ["济南市", "莱芜市", "巢湖市", "襄樊市"], "year": 2009, "x": [1, 2, 3, 4]})
    study = sr.join(older, table, on="city", time="year")
    assert study.values("x", at=2009).to_dict() == {"371200": 2, "370100": 1, "341400": 3, "420600": 4}
    assert study.match.merged.empty


def test_ids_of_the_national_map_service_and_a_strange_shape() -> None:
    layer = sr.china_provinces()
    layer = layer.set_axis([f"156{code}" for code in layer["adcode"]]).drop(columns="adcode")
    strange = layer.rename(index={"156820000": "100000_JD"})
    table = pd.DataFrame({"p": ["吉林", "156130000", "河南省", "100000_JD"], "x": [1, 2, 3, 4]})
    study = sr.join(strange, table, on="p")
    assert study.values("x").to_dict() == {"156130000": 2, "156220000": 1, "156410000": 3, "100000_JD": 4}


def test_regions_that_are_none_or_occur_twice(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["承德"], "x": [1]})
    with pytest.raises(InputError, match="must be a GeoDataFrame"):
        sr.join(pd.DataFrame({"a": [1]}), table, on="city")  # type: ignore[arg-type]
    with pytest.raises(DuplicateError, match="found twice: 130800"):
        sr.join(pd.concat([regions, regions.iloc[:1]]), table, on="city")


def test_marks_and_units_in_cells_are_told(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame(
        {"city": ["承德", "赤峰"], "x": ["5①", "6"], "share": ["5%", "7%"], "big": ["1e400", "2"], "kind": ["a", "b"]}
    )
    study = sr.join(regions, table, on="city")
    assert study.values("x").tolist() == [5, 6]
    assert study.match.notes == (
        "'x': footnote marks are taken off 1 cells: '5①' (row 0)",
        "'share' is kept as text, but its cells look like numbers with a unit or a strange comma: '5%' (row 0), "
        "'7%' (row 1). Write plain numbers if it is to be analysed",
        "'big' is kept as text: 1 cells are no number: '1e400' (row 0)",
    )
    assert "footnote marks" in str(study.match)


def test_one_name_is_one_name() -> None:
    """A text was taken apart into its characters."""
    assert sr.resolve_regions("承德市")["region"].tolist() == ["130800"]
    assert sr.resolve_regions("朝阳", province="辽宁")["region"].tolist() == ["211300"]
    assert sr.resolve_regions(130800, time=2020.0)["region"].tolist() == ["130800"]
    for names in (None, 5.5):
        with pytest.raises(InputError, match="names must be"):
            sr.resolve_regions(names)  # type: ignore[arg-type]


def test_combined_rows_of_a_cross_section_have_no_time(regions: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"city": ["济南市", "莱芜市"], "pop": [7.0, 1.0]})
    text = str(sr.join(regions, table, on="city", combine="sum").match)
    assert "  济南市: rows 0, 1" in text and "None" not in text
