"""Figures over time: what is drawn is what was counted, nothing is cut off, and what cannot be read is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import DuplicateError, InputError, MissingValuesError, OptionError, UnknownNameError
from spatial_region.viz.palettes import CLUSTER_COLOURS

NAMES = [
    "北京",
    "天津",
    "河北",
    "山西",
    "内蒙古",
    "辽宁",
    "吉林",
    "黑龙江",
    "上海",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "广西",
    "海南",
    "重庆",
    "四川",
    "贵州",
    "云南",
    "西藏",
    "陕西",
    "甘肃",
    "青海",
    "宁夏",
]


@pytest.fixture
def moves(panel_study: sr.Study) -> object:
    return sr.lisa_transitions(panel_study, "y", w=sr.contiguity(panel_study))


@pytest.fixture
def provinces() -> pd.DataFrame:
    """Made-up quadrants of 30 provinces in four years."""
    rng = np.random.default_rng(2)
    table = rng.choice(["HH", "LH", "LL", "HL", "not significant", "undefined"], size=(30, 4))
    return pd.DataFrame(table, index=[f"{11 + n}0000" for n in range(30)], columns=[2003, 2008, 2013, 2018])


def test_matrix_holds_probabilities_and_counts(texts) -> None:
    counts = pd.DataFrame([[3, 1], [0, 0]], index=["低", "高"], columns=["低", "高"])
    figure = viz.transition_heatmap(counts, lang="zh", title="转移矩阵", source="统计年鉴")
    assert figure.data["count"].tolist() == [3, 1, 0, 0]
    assert figure.data["probability"].tolist()[:2] == [0.75, 0.25]
    assert figure.data["probability"].isna().tolist() == [False, False, True, True]
    assert figure.data["colour"].tolist()[2:] == ["#ffffff", "#ffffff"]  # nothing is known of where it leads
    assert {"0.750\n(3)", "0.250\n(1)", "–\n(0)", "期初", "期末"} <= set(texts(figure))
    assert viz.layout_faults(figure) == []


def test_matrix_reads_from_rows_to_columns() -> None:
    counts = pd.DataFrame([[9, 1], [4, 6]], index=["a", "b"], columns=["a", "b"])
    (axes,) = [each for each in viz.transition_heatmap(counts).figure.axes if each.get_label() == "matrix 0"]
    placed = {text.get_text(): text.get_position() for text in axes.texts}
    assert placed["0.100\n(1)"] == (1, 0)  # from a, the upper row, to b, the right column
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figures_of_transitions(moves, lang: str) -> None:
    for options in (
        {"title": "LISA"},
        {"kind": "maps"},
        {"kind": "path", "region": "r03c03"},
    ):
        figure = moves.plot(lang=lang, **options)
        assert viz.layout_faults(figure) == []
        assert figure.lang == lang
    assert moves.plot().data["count"].tolist() == moves.counts.to_numpy().ravel().tolist()
    drawn = moves.plot(kind="maps").data["value"].unstack("time")
    assert drawn.loc[moves.states.index].to_numpy().tolist() == moves.states.to_numpy().tolist()


def test_history_of_many_regions_is_refused_or_grouped(moves) -> None:
    with pytest.raises(InputError, match="64 regions.*rows='grouped'"):
        moves.plot(kind="history")
    some = moves.plot(kind="history", ids=["r00c03", "r00c01"], rows="given")
    assert some.data.index.tolist() == ["r00c03", "r00c01"]
    with pytest.raises(UnknownNameError, match="no region r0"):
        moves.plot(kind="history", ids=["r0"])
    grouped = moves.plot(kind="history", rows="grouped")
    times = moves.states.columns.tolist()
    found = moves.states.value_counts(times).tolist()
    assert [int(text.split(":")[0]) for text in grouped.data["regions"]] == sorted(found, reverse=True)
    assert viz.layout_faults(grouped) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_history_of_thirty_provinces(provinces, lang: str) -> None:
    names = pd.Series(NAMES, index=provinces.index)
    figure = viz.quadrant_history(provinces, names=names, lang=lang, rows="given", title="T", note="p ≤ 0.05")
    (axes,) = figure.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == NAMES
    cells = {
        (round(patch.get_x()), round(patch.get_y())): to_hex(patch.get_facecolor())
        for patch in axes.patches
        if isinstance(patch, Rectangle)
    }
    for up, row in enumerate(provinces.to_numpy()):
        for across, state in enumerate(row):
            assert cells[across, up] == CLUSTER_COLOURS[state]
    assert viz.layout_faults(figure) == []


def test_history_keeps_like_regions_together(provinces) -> None:
    data = viz.quadrant_history(provinces).data
    assert sorted(data.index) == sorted(provinces.index)
    assert data[2003].tolist() == sorted(data[2003], key=["HH", "HL", "LH", "LL", "not significant", "undefined"].index)
    assert data.loc[provinces.index, provinces.columns].to_numpy().tolist() == provinces.to_numpy().tolist()


def test_history_of_eighty_years() -> None:
    states = pd.DataFrame("LL", index=list("abc"), columns=range(1929, 2010))
    assert viz.layout_faults(viz.quadrant_history(states)) == []


def test_spatial_markov_has_a_matrix_for_each_class(panel_study: sr.Study, texts) -> None:
    result = sr.spatial_markov(panel_study, "y", w=sr.contiguity(panel_study), k=5)
    figure = result.plot()
    assert len(figure.data) == 125
    assert figure.data["count"].sum() == 128
    assert "Neighbours in class 5" in texts(figure)
    assert viz.layout_faults(figure) == []
    named = sr.spatial_markov(panel_study, "y", w=sr.contiguity(panel_study), k=4, labels=["低", "中低", "中高", "高"])
    chinese = named.plot(lang="zh", title="空间马尔可夫")
    assert "邻域：中低" in texts(chinese)
    assert viz.layout_faults(chinese) == []
    plain = sr.markov(panel_study, "y", k=4).plot()
    assert "lag" not in plain.data
    assert viz.layout_faults(plain) == []


def test_path_is_in_standard_deviations_of_each_time(moves) -> None:
    region = "r02c05"
    figure = moves.plot(kind="path", region=region)
    for time in (2000, 2010, 2020):
        spread = moves.values[time].std(ddof=0)
        assert figure.data.loc[time, "z"] == pytest.approx(moves.values.loc[region, time] / spread)
        assert figure.data.loc[time, "lag"] == pytest.approx(moves.lag.loc[region, time] / spread)
    assert figure.data["quadrant"].tolist() == moves.quadrants.loc[region].tolist()


def test_path_of_eighty_years(texts) -> None:
    rng = np.random.default_rng(1)
    walk = pd.DataFrame(rng.normal(size=(3, 81)).cumsum(axis=1), index=list("abc"), columns=range(1929, 2010))
    figure = viz.region_path(walk - walk.mean(), walk.shift(1, fill_value=0.0), "a", variable="GDP")
    assert {"1929", "2009"} <= set(texts(figure))
    assert viz.layout_faults(figure) == []


def test_significance_is_noted(panel_study: sr.Study, texts) -> None:
    result = sr.lisa_transitions(panel_study, "y", w=sr.contiguity(panel_study), level=0.05, permutations=99)
    assert any("p ≤ 0.05" in text for text in texts(result.plot()))
    assert len(result.plot().data) == 25


def test_bad_input(moves, provinces) -> None:
    with pytest.raises(InputError, match="pass region="):
        moves.plot(kind="path")
    with pytest.raises(UnknownNameError, match="no region 'r99'"):
        moves.plot(kind="path", region="r99")
    with pytest.raises(OptionError, match="kind"):
        moves.plot(kind="rose")
    with pytest.raises(OptionError, match="rows"):
        viz.quadrant_history(provinces, rows="alphabet")
    with pytest.raises(InputError, match="'XX' in|XX in"):
        viz.quadrant_history(provinces.replace("HH", "XX"))
    with pytest.raises(DuplicateError, match="regions found twice"):
        viz.quadrant_history(pd.concat([provinces, provinces]))
    with pytest.raises(InputError, match="matrix of numbers of moves"):
        viz.transition_heatmap(pd.DataFrame([[1, 2]], index=["a"], columns=["a", "b"]))
    with pytest.raises(InputError, match="matrix of numbers of moves"):
        viz.transition_heatmap(pd.DataFrame([[-1]], index=["a"], columns=["a"]))
    island = moves.lag.mask(moves.lag.index.to_series() == "r00c00")
    with pytest.raises(MissingValuesError, match="no neighbours"):
        viz.region_path(moves.values, island, "r00c00")
    table = moves.values
    alone = sr.lisa_transitions(table, w=sr.contiguity(moves.regions))
    with pytest.raises(InputError, match="maps need them"):
        alone.plot(kind="maps")
