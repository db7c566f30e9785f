"""Tables as they come: encodings, title rows, merged cells, typed files, and files that cannot be read."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.chart import BarChart

from spatial_region.errors import DuplicateError, InputError, ReadError, UnknownNameError
from spatial_region.regions.cells import read_numbers
from spatial_region.regions.tables import read_table

CHINESE = "城市,年份,地区生产总值\n承德市,2020,1550.3\n赤峰市,2020,1763.6\n"


def write(path: Path, text: str, encoding: str) -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_chinese_text_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    table = read_table(write(tmp_path / "t.csv", CHINESE, encoding), ["城市"])
    assert table.frame["城市"].tolist() == ["承德市", "赤峰市"]
    assert table.rows.tolist() == [2, 3]
    assert any("GBK" in note for note in table.notes) == encoding.startswith("gb")


def test_other_encodings_are_refused_and_read_when_told(tmp_path: Path) -> None:
    western = write(tmp_path / "w.csv", "stad,värde\nMalmö,1\nÖrebro,2\nGävle,3\n", "cp1252")
    with pytest.raises(ReadError, match="neither UTF-8 nor GB 18030"):
        read_table(western, ["stad"])
    assert read_table(western, ["stad"], encoding="cp1252").frame["stad"].tolist() == ["Malmö", "Örebro", "Gävle"]
    big5 = write(tmp_path / "b.csv", "城市,數值\n臺北,1\n高雄,2\n嘉義縣,3\n", "big5")
    with pytest.raises(ReadError, match="neither UTF-8 nor GB 18030"):
        read_table(big5, ["城市"])
    assert read_table(big5, ["城市"], encoding="big5").frame["城市"][0] == "臺北"


@pytest.mark.parametrize(
    ("written", "told", "said"),
    [("gbk", "utf-8", "is not utf-8 text"), ("utf-8", "gbk", "is UTF-8 text|is not gbk text"),
     ("utf-8", "latin-1", "is UTF-8 text"), ("gbk", "latin-1", "Chinese text in GBK")],
)  # fmt: skip
def test_a_wrong_encoding_is_an_error_never_garbled_text(tmp_path: Path, written: str, told: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read_table(write(tmp_path / "t.csv", CHINESE, written), ["城市"], encoding=told)


def test_an_encoding_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no encoding 'utf9'"):
        read_table(write(tmp_path / "t.csv", CHINESE, "utf-8"), ["城市"], encoding="utf9")


def test_title_rows_and_other_delimiters(tmp_path: Path) -> None:
    text = "表1 主要指标\n单位：亿元\n\n城市\t年份\t人口\n承德市\t2020\t335\n"
    table = read_table(write(tmp_path / "t.txt", text, "utf-8"), ["城市"])
    assert table.frame.to_dict("records") == [{"城市": "承德市", "年份": "2020", "人口": "335"}]
    assert table.rows.tolist() == [5]
    assert "row 4" in table.notes[0]


def test_excel_with_title_merged_keys_and_units_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["表2-1 分地区指标", None, None, None])
    page.merge_cells("A1:D1")
    page.append(["城市", "年份", "生产总值", None])
    page.append([None, None, "现价", "不变价"])
    page.merge_cells("A2:A3")
    page.merge_cells("B2:B3")
    page.merge_cells("C2:D2")
    for row in (["承德市", 2019, 1, 2], [None, 2020, 3, 4], ["赤峰市", 2019, 5, 6], [None, 2020, 7, 8]):
        page.append(row)
    page.merge_cells("A4:A5")  # the two cells of 赤峰市 are not merged: the second stays blank
    page.append(["注：数据来自年鉴", None, None, None])
    path = tmp_path / "t.xlsx"
    book.save(path)
    table = read_table(path, ["城市", "年份"])
    assert table.frame.columns.tolist() == ["城市", "年份", "生产总值 现价", "生产总值 不变价"]
    assert table.frame["城市"].tolist() == ["承德市", "承德市", "赤峰市", None, "注：数据来自年鉴"]
    assert table.rows.tolist() == [4, 5, 6, 7, 8]


def test_sheets(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame({"a": [1]}).to_excel(writer, sheet_name="说明", index=False)
        pd.DataFrame({"城市": ["承德市"], "x": [1]}).to_excel(writer, sheet_name="数据", index=False)
    assert len(read_table(path, ["城市"], sheet="数据").frame) == 1
    assert len(read_table(path, ["城市"], sheet=1).frame) == 1
    with pytest.raises(UnknownNameError, match="no sheet '数剧'.*数据"):
        read_table(path, ["城市"], sheet="数剧")
    assert "choose with sheet=" in read_table(path, ["a"]).notes[0]


def test_stata_and_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"city": ["承德市", "赤峰市"], "year": [2019, 2020], "x": [1.5, np.nan]})
    frame.to_stata(tmp_path / "t.dta", write_index=False, version=118)
    pytest.importorskip("pyarrow")
    frame.to_parquet(tmp_path / "t.parquet")
    for name in ("t.dta", "t.parquet"):
        read = read_table(tmp_path / name, ["city", "year"]).frame
        assert read["city"].tolist() == ["承德市", "赤峰市"]
        assert read["x"].isna().tolist() == [False, True]


@pytest.mark.parametrize("content", ["", "\n\n", "城市,x\n"])
def test_a_file_without_rows(tmp_path: Path, content: str) -> None:
    with pytest.raises(ReadError, match="empty|no rows"):
        read_table(write(tmp_path / "t.csv", content, "utf-8"), ["城市"])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no file"):
        read_table(tmp_path / "absent.csv", ["a"])
    with pytest.raises(ReadError, match="'pdf' suffix|suffix is not known"):
        read_table(write(tmp_path / "t.pdf", "x", "utf-8"), ["a"])
    for name in ("t.xlsx", "t.dta"):
        with pytest.raises(ReadError):
            read_table(write(tmp_path / name, "this is text", "utf-8"), ["a"])
    with pytest.raises(ReadError, match="no rows"):
        read_table(pd.DataFrame({"a": []}), ["a"])
    with pytest.raises(InputError, match="found list"):
        read_table([1, 2], ["a"])  # type: ignore[arg-type]


def test_unknown_and_doubled_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", CHINESE, "utf-8")
    with pytest.raises(UnknownNameError, match="Did you mean '城市'"):
        read_table(path, ["城市名"])
    with pytest.raises(UnknownNameError, match="no column '年分'. Did you mean '年份'"):
        read_table(path, ["城市", "年分"])
    with pytest.raises(UnknownNameError, match="Did you mean 'city'"):
        read_table(pd.DataFrame({"city": ["a"]}), ["citty"])
    with pytest.raises(DuplicateError, match="occur twice: x"):
        read_table(write(tmp_path / "d.csv", "a,x,x\n1,2,3\n", "utf-8"), ["a"])


def test_numbers_as_yearbooks_write_them() -> None:
    written = [
        "1,234.5",
        "１２３",
        " 12 ",
        "-3.5",
        "−4",
        "1e3",
        "—",
        "…",
        "……",
        "n.a.",
        "-",
        "",
        None,
        "NA",
        "12,34",
        "甲",
        7,
    ]
    numbers = read_numbers(pd.Series(written, dtype=object))
    expected = [1234.5, 123, 12, -3.5, -4, 1000, *[np.nan] * 10, 7]
    np.testing.assert_array_equal(numbers.values.to_numpy(), expected)
    assert numbers.missing.to_dict() == {6: "—", 7: "…", 8: "……", 9: "n.a.", 10: "-", 13: "NA"}
    assert numbers.words.to_dict() == {14: "12,34", 15: "甲"}


def test_footnote_marks_are_no_digits() -> None:
    """NFKC turns circled and superscript figures into plain ones, so 5① was 51 and 12.5² was 12.52."""
    numbers = read_numbers(pd.Series(["5①", "12.5²", "1,234㉑", "7 *", "８⑴", "6"], dtype=object))
    assert numbers.values.tolist() == [5, 12.5, 1234, 7, 8, 6]
    assert numbers.marked.to_dict() == {0: "5①", 1: "12.5²", 2: "1,234㉑", 3: "7 *", 4: "８⑴"}
    assert numbers.words.empty
    doubtful = ["①5", "△5", "3①4", "10²", "10⁻³", "5⁻¹", "*", "①", "5*3", "5½"]
    assert read_numbers(pd.Series(doubtful, dtype=object)).words.tolist() == doubtful
    assert read_numbers(pd.Series(["—①", "#N/A", "…*", "1"], dtype=object)).missing.tolist() == ["—①", "#N/A", "…*"]


def test_spaces_within_a_number_are_thousands_or_nothing() -> None:
    numbers = read_numbers(pd.Series(["1 234 567", "1\u00a0234.5", "- 3", "5 1", "12 34"], dtype=object))
    assert numbers.values.tolist()[:3] == [1234567, 1234.5, -3]
    assert numbers.words.tolist() == ["5 1", "12 34"]


def test_a_number_beyond_the_range_is_no_number() -> None:
    numbers = read_numbers(pd.Series(["1e400", "-1e999", float("inf"), "1e300"], dtype=object))
    assert numbers.words.tolist() == ["1e400", "-1e999", "inf"]
    assert numbers.values.tolist()[3] == 1e300


@pytest.mark.parametrize("header", ["city,year,gdp", "city,year,gdp,"])
def test_rows_with_more_or_fewer_fields_than_the_header(tmp_path: Path, header: str) -> None:
    """An unquoted 1,234 was cut to 1, also where the header ends in a comma."""
    text = f"title\n{header}\n承德市,2020,1,234\n赤峰市,2020,5\n通辽市,2020\n"
    with pytest.raises(ReadError, match=r"2 rows .* 3 fields .*row 3 \(承德市\) has 4, row 5 \(通辽市\) has 2"):
        read_table(write(tmp_path / "t.csv", text, "utf-8"), ["city"])


def test_rows_that_are_not_ragged(tmp_path: Path) -> None:
    text = ',city,gdp,,\n0,承德市,"1,234",,\n1,赤峰市,5\n\n"注：初步数"\nNote: a, b, c, d, e, f\n'
    table = read_table(write(tmp_path / "t.csv", text, "utf-8"), ["city"])
    assert table.frame["gdp"].tolist()[:2] == ["1,234", "5"]


def test_commas_in_numbers_between_semicolons_are_not_guessed(tmp_path: Path) -> None:
    text = "city;year;gdp\n承德市;2020;1,532\n赤峰市;2020;1.763,6\n通辽市;2020;12\n"
    with pytest.raises(ReadError, match=r"2 numbers with a comma.*1,532 \(row 2, gdp\).*decimal=','"):
        read_table(write(tmp_path / "t.csv", text, "utf-8"), ["city"])
    plain = write(tmp_path / "p.csv", "city;gdp;kind\n承德市;1.5;a, b\n", "utf-8")
    assert read_table(plain, ["city"]).frame.to_dict("records") == [{"city": "承德市", "gdp": "1.5", "kind": "a, b"}]


def with_values(path: Path, values: dict[str, str]) -> None:
    """Give formulas the values that Excel would save beside them; openpyxl writes none."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    for place, value in values.items():
        sheet, count = re.subn(rf'(<c r="{place}"[^>]*><f>[^<]*</f>)(?:<v\s*/>|<v></v>)', rf"\1<v>{value}</v>", sheet)
        assert count == 1
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def test_formulas_that_were_never_calculated_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    for row in (["city", "gdp"], ["承德市", "=1+1"], ["赤峰市", "=B2*2"], ["通辽市", 7]):
        book.active.append(row)
    book.create_sheet("plain").append(["city"])
    book["plain"].append(["承德市"])
    book.save(path)
    with pytest.raises(ReadError, match=r"2 cells of sheet 'Sheet' hold formulas without values: B2, B3.*save it once"):
        read_table(path, ["city"])
    assert len(read_table(path, ["city"], sheet="plain").frame) == 1
    with_values(path, {"B2": "2"})  # the other is an empty text, which Excel saves without a value
    table = read_table(path, ["city"])
    assert table.frame["gdp"].tolist() == [2, None, 7]
    assert "1 cells with formulas are empty: B3" in table.notes


def test_a_workbook_with_charts_only(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_chartsheet("Chart", 0).add_chart(BarChart())
    book.active = 1
    book["Sheet"].append(["city"])
    book["Sheet"].append(["承德市"])
    book.save(tmp_path / "t.xlsx")
    assert len(read_table(tmp_path / "t.xlsx", ["city"]).frame) == 1
    with pytest.raises(UnknownNameError, match="no sheet 'Chart'"):
        read_table(tmp_path / "t.xlsx", ["city"], sheet="Chart")
    del book["Sheet"]
    book.active = 0
    book.save(tmp_path / "c.xlsx")
    with pytest.raises(ReadError, match="no sheet with cells"):
        read_table(tmp_path / "c.xlsx", ["city"])


def test_texts_that_the_csv_reader_refuses(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"city,x\ra,1\rb,2\r")
    assert read_table(path, ["city"]).frame["x"].tolist() == ["1", "2"]
    for text in (f"city,x\na,{'9' * 140_000}\n", 'city,x\n"a,1\nb,2\n', 'city,x\n"a,1\n"b",2\n'):
        with pytest.raises(ReadError, match=r"in row 2 or after it.*quotation mark"):
            read_table(write(path, text, "utf-8"), ["city"])
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ReadError, match="is a folder"):
        read_table(tmp_path / "folder.csv", ["city"])


@pytest.mark.parametrize("encoding", ["rot13", "base64", "hex", 5, "a\0b", "undefined"])
def test_codecs_that_are_no_encoding(tmp_path: Path, encoding: object) -> None:
    with pytest.raises(InputError, match="encoding"):
        read_table(write(tmp_path / "t.csv", CHINESE, "utf-8"), ["城市"], encoding=encoding)  # type: ignore[arg-type]


@pytest.mark.parametrize("sheet", [True, 1.0, ["Sheet"]])
def test_sheets_are_names_or_whole_numbers(sheet: object) -> None:
    with pytest.raises(InputError, match="sheet must be"):
        read_table(pd.DataFrame({"a": [1]}), ["a"], sheet=sheet)  # type: ignore[arg-type]
