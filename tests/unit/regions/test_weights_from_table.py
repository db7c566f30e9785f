"""Weights from tables: by label whatever the order, in both layouts, from files as they come."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import (
    AlignmentError,
    DuplicateError,
    InputError,
    IslandWarning,
    OptionError,
    ReadError,
    UnknownNameError,
    WeightsError,
)

LONG = {"origin": "from", "destination": "to", "variable": "hours"}


@pytest.fixture
def regions() -> gpd.GeoDataFrame:
    """Six cities of Sichuan and Chongqing by code, with names."""
    names = {
        "510100": "成都市",
        "500000": "重庆市",
        "510700": "绵阳市",
        "510600": "德阳市",
        "511300": "南充市",
        "510500": "泸州市",
    }
    points = gpd.points_from_xy(np.arange(6) + 103.0, np.arange(6) / 2 + 29)
    frame = gpd.GeoDataFrame({"zh": list(names.values())}, geometry=points, index=list(names), crs=4326)
    frame.attrs["name"] = "zh"
    return frame


@pytest.fixture
def hours(regions) -> pd.DataFrame:
    """Hours by train: two directions that differ, some pairs without a train, a diagonal that means nothing."""
    rng = np.random.default_rng(3)
    matrix = np.where(rng.random((6, 6)) < 0.8, rng.uniform(0.5, 6, (6, 6)).round(2), np.nan)
    np.fill_diagonal(matrix, 0.0)
    return pd.DataFrame(matrix, index=regions.index, columns=regions.index)


def as_long(square: pd.DataFrame) -> pd.DataFrame:
    rows = [(i, j, square.loc[i, j]) for i in square.index for j in square.columns]
    return pd.DataFrame(rows, columns=["from", "to", "hours"])


def expected(hours: pd.DataFrame, power: float) -> dict:
    return {
        (i, j): hours.loc[i, j] ** -power
        for i in hours.index
        for j in hours.columns
        if i != j and not np.isnan(hours.loc[i, j])
    }


def links(w: sr.Weights) -> dict:
    return {(i, j): weight for i in w.ids for j, weight in w.neighbours(i).items()}


@pytest.mark.parametrize("layout", ["square", "long"])
@pytest.mark.parametrize("labels", ["ids", "names", "short names", "numbers"])
def test_matched_by_label_in_both_layouts(regions, hours, layout, labels):
    rename = {
        "ids": str,
        "names": regions["zh"].get,
        "short names": lambda code: regions["zh"].get(code)[:2],
        "numbers": float,
    }[labels]
    rng = np.random.default_rng(1)
    shuffled = hours.iloc[rng.permutation(6), rng.permutation(6)]
    table = shuffled.rename(index=rename, columns=rename)
    if layout == "square":
        w = sr.weights_from_table(table, regions, power=1.5)
    else:
        w = sr.weights_from_table(as_long(table).sample(frac=1, random_state=2), regions, power=1.5, **LONG)
    assert w.ids.equals(pd.Index(regions.index, name="region"))
    assert links(w) == pytest.approx(expected(hours, 1.5))
    assert not w.is_symmetric
    assert w.standardisation is None
    assert json.loads(json.dumps(dict(w.recipe)))["power"] == 1.5


def test_values_are_the_weights_without_power_and_zero_is_no_link(regions, hours):
    flows = hours.copy()
    flows.iloc[0, 1] = 0.0
    flows = pd.DataFrame(np.where(np.eye(6) > 0, 7.0, flows), index=hours.index, columns=hours.columns)
    w = sr.weights_from_table(flows, regions)
    wanted = {pair: 1 / value for pair, value in expected(hours, 1).items() if pair != ("510100", "500000")}
    assert links(w) == pytest.approx(wanted)
    assert w.recipe["diagonal"] == "left out (6 values)"


def test_without_a_study_labels_are_ids(hours):
    w = sr.weights_from_table(hours, power=1)
    assert w.ids.tolist() == hours.index.tolist()
    assert links(w) == pytest.approx(expected(hours, 1))
    numbered = hours.rename(index=int, columns=int)
    assert sr.weights_from_table(numbered, power=1).ids.tolist() == [int(code) for code in hours.index]
    assert sr.weights_from_table(numbered.rename(columns=str), power=1).n == 6  # as pandas reads a csv
    with pytest.raises(AlignmentError, match="1 of 6 regions are not in the columns of a DataFrame: 510500"):
        sr.weights_from_table(hours.drop(columns="510500"), power=1)


@pytest.mark.parametrize("suffix", ["csv", "gbk.csv", "xlsx", "parquet", "dta"])
def test_square_files(regions, hours, tmp_path, suffix):
    path = tmp_path / f"hours.{suffix}"
    table = hours.rename(index=regions["zh"], columns=regions["zh"])
    if suffix == "xlsx":
        table.to_excel(path, startrow=2)
        from openpyxl import load_workbook

        book = load_workbook(path)
        book.active["A1"] = "各市铁路旅行时间（小时）"
        book.save(path)
    elif suffix == "parquet":
        table.to_parquet(path)
    elif suffix == "dta":
        table.rename_axis("city").reset_index().to_stata(path, version=118, write_index=False)
    else:
        table.to_csv(path, encoding="gbk" if "gbk" in suffix else "utf-8")
    w = sr.weights_from_table(path, regions, power=1)
    assert links(w) == pytest.approx(expected(hours, 1))
    assert w.recipe["source"] == path.name


def test_long_files_with_notes(regions, hours, tmp_path):
    path = tmp_path / "od.csv"
    text = as_long(hours.rename(index=regions["zh"], columns=regions["zh"])).to_csv(index=False)
    path.write_text(text + "注：无直达列车者空缺,,\n", encoding="gb18030")
    assert links(sr.weights_from_table(str(path), regions, power=2, **LONG)) == pytest.approx(expected(hours, 2))


def test_a_table_read_with_its_labels_in_the_first_column(regions, hours, tmp_path):
    hours.to_csv(tmp_path / "h.csv")
    frame = pd.read_csv(tmp_path / "h.csv")
    assert links(sr.weights_from_table(frame, regions, power=1)) == pytest.approx(expected(hours, 1))


def test_a_study_is_taken_and_names_are_kept(regions, hours):
    study = sr.make_study(regions, pd.DataFrame({"x": range(6)}, index=regions.index))
    w = sr.weights_from_table(hours, study, power=1)
    assert w.names["510100"] == "成都市"
    lag = w.standardise("row").lag(study.values("x"))
    turned = w.subset(w.ids[::-1]).standardise("row").lag(study.values("x"))
    pd.testing.assert_series_equal(turned, lag)


def test_unknown_labels_are_named_or_left_out_when_told(regions, hours):
    wider = hours.reindex(index=[*hours.index, "贵阳"], columns=[*hours.columns, "贵阳"]).fillna(3.0)
    with pytest.raises(
        UnknownNameError, match=r"1 of 7 labels .*: 贵阳 \(贵阳市 \(520100\) is not among the regions\)"
    ):
        sr.weights_from_table(wider, regions)
    misspelt = hours.rename(index={"510100": "城都市"}, columns={"510100": "城都市"})
    with pytest.raises(UnknownNameError, match=r"no region of the study: 城都市\. Did you mean '成都市'\?"):
        sr.weights_from_table(misspelt, regions)
    w = sr.weights_from_table(wider, regions, unknown="drop")
    assert w.n == 6
    assert w.recipe["unknown labels left out"] == 1
    with pytest.raises(AlignmentError, match="no label stands for a region"):
        sr.weights_from_table(
            pd.DataFrame([[0, 1], [1, 0]], index=["p", "q"], columns=["p", "q"]), regions, unknown="drop"
        )


def test_missing_regions_are_named(regions, hours):
    part = hours.drop(index="510700", columns="510700")
    with pytest.raises(AlignmentError, match=r"1 of 6 regions are not in the rows of a DataFrame: 绵阳市 \(510700\)"):
        sr.weights_from_table(part, regions, power=1)
    with pytest.raises(AlignmentError, match=r"not in the table of a DataFrame: 绵阳市 \(510700\)"):
        sr.weights_from_table(as_long(part), regions, power=1, **LONG)


def test_labels_and_pairs_once(regions, hours):
    with pytest.raises(DuplicateError, match=r"成都 and 成都市 \(510100\)"):
        sr.weights_from_table(hours.rename(index={"510100": "成都"}, columns={"510100": "成都市"}), regions)
    with pytest.raises(DuplicateError, match="rows of a DataFrame: found twice: 510100"):
        sr.weights_from_table(hours.rename(index={"510700": "510100"}), regions)
    long = as_long(hours)
    with pytest.raises(DuplicateError, match="pairs found twice: 510100 to 500000"):
        sr.weights_from_table(pd.concat([long, long.iloc[[1]]]), regions, **LONG)
    same_names = regions.assign(zh=["甲", "甲", "乙", "丙", "丁", "戊"])
    renamed = hours.rename(index={"510100": "甲"}, columns={"510100": "甲"})
    with pytest.raises(UnknownNameError, match=r"甲 \(a name of 2 regions\)"):
        sr.weights_from_table(renamed, same_names)


def test_half_a_table_holds_for_both_directions_only_when_told(regions):
    full = pd.DataFrame(np.arange(1.0, 37).reshape(6, 6), index=regions.index, columns=regions.index)
    for lower in (np.nan, 0.0):
        half = full.where(np.triu(np.ones((6, 6))) > 0, lower)
        with pytest.raises(InputError, match="each of its 15 pairs in one direction only"):
            sr.weights_from_table(half, regions)
        with pytest.warns(IslandWarning, match="泸州市"):  # the last row is empty
            assert sr.weights_from_table(half, regions, both_ways=False).n_links == 15
        w = sr.weights_from_table(half, regions, both_ways=True, power=1)
        wanted = np.triu(full, 1)
        np.testing.assert_allclose(1 / w.sparse.toarray()[wanted > 0], wanted[wanted > 0])
        assert w.is_symmetric
        assert w.n_links == 30
    with pytest.raises(InputError, match=r"15 pairs have two different values: 成都市 \(510100\), 重庆市 \(500000\)"):
        sr.weights_from_table(full, regions, both_ways=True)
    same = (full + full.T) / 2
    np.testing.assert_array_equal(
        sr.weights_from_table(same, regions, both_ways=True).sparse.toarray(),
        sr.weights_from_table(same, regions).sparse.toarray(),
    )


def test_regions_without_links(regions, hours):
    alone = hours.copy()
    alone.loc["510700"] = np.nan
    with pytest.warns(IslandWarning, match=r"1 of 6 regions have no neighbour: 绵阳市"):
        w = sr.weights_from_table(alone, regions, power=1)
    assert w.islands.tolist() == ["510700"]
    with pytest.raises(WeightsError, match="Complete the table"):
        sr.weights_from_table(alone, regions, power=1, islands="raise")


def test_bad_values(regions, hours):
    def with_value(value: object) -> pd.DataFrame:
        changed = hours.astype(object)
        changed.iloc[0, 1] = value
        return changed

    with pytest.raises(
        InputError, match=r"negative or infinite values; found 1: 成都市 \(510100\) to 重庆市 \(500000\): -1"
    ):
        sr.weights_from_table(with_value(-1), regions)
    with pytest.raises(InputError, match="power= needs values above 0; found 1 of 0: 成都市"):
        sr.weights_from_table(with_value(0), regions, power=1)
    with pytest.raises(InputError, match="500000 has 1 values that are no numbers: '两小时'"):
        sr.weights_from_table(with_value("两小时"), regions)
    assert sr.weights_from_table(with_value("—"), regions).neighbours("510100").get("500000") is None
    assert sr.weights_from_table(with_value("1,234.5"), regions).neighbours("510100")["500000"] == 1234.5


def test_bad_options(regions, hours, tmp_path):
    with pytest.raises(InputError, match="missing: destination=, variable="):
        sr.weights_from_table(hours, regions, origin="from")
    with pytest.raises(UnknownNameError, match="no column 'hour'. Did you mean 'hours'"):
        sr.weights_from_table(as_long(hours), regions, origin="from", destination="to", variable="hour")
    with pytest.raises(InputError, match="power must be a number above 0"):
        sr.weights_from_table(hours, regions, power=-1)
    with pytest.raises(OptionError, match="unknown='ignore' is not offered"):
        sr.weights_from_table(hours, regions, unknown="ignore")
    with pytest.raises(InputError, match="no islands='nearest'"):
        sr.weights_from_table(hours, regions, islands="nearest")
    with pytest.raises(InputError, match="found ndarray"):
        sr.weights_from_table(hours.to_numpy(), regions)
    with pytest.raises(ReadError, match="no file"):
        sr.weights_from_table(tmp_path / "none.csv")
    (tmp_path / "one.csv").write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(ReadError, match="no row of headings"):
        sr.weights_from_table(tmp_path / "one.csv")
    (tmp_path / "bare.csv").write_text(",a,b\na,0,1\n,1,0\n", encoding="utf-8")
    with pytest.raises(ReadError, match="1 rows have values and no label"):
        sr.weights_from_table(tmp_path / "bare.csv")
    half = as_long(hours).astype({"to": object})
    half.loc[1, "to"] = None
    with pytest.raises(InputError, match="1 rows have a value and lack 'from' or 'to'"):
        sr.weights_from_table(half, regions, **LONG)


def test_the_table_does_not_change(regions, hours):
    before = hours.copy()
    sr.weights_from_table(hours, regions, power=1)
    pd.testing.assert_frame_equal(hours, before)
