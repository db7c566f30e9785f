"""q by group and over time: each number in its place, as a table or as lines."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from spatial_region import viz
from spatial_region.errors import DuplicateError, InputError, OptionError, UnknownNameError

Texts = Callable[[viz.Figure], list[str]]
FACTORS = ["rain", "slope", "soil"]


def _table(groups: list[object], times: list[object], factors: list[str] = FACTORS) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([groups, times, factors], names=["group", "time", "factor"])
    rng = np.random.default_rng(len(index))
    return pd.DataFrame({"q": rng.uniform(0, 0.9, len(index)), "p_central": rng.uniform(0, 0.2, len(index))}, index)


def _panels(figure: viz.Figure) -> list[object]:
    return [axes for axes in figure.figure.axes if axes.get_label().startswith("panel")]


# -- table ---------------------------------------------------------------------------------------------------


def test_a_table_has_each_q_in_its_cell() -> None:
    table = _table(["all", "north", "south"], ["pooled"]).droplevel("time")
    figure = viz.factors_by(table.sample(frac=1, random_state=1), p="p_central")
    axes = figure.figure.axes[0]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    heads = [label.get_text().replace("All regions", "all") for label in axes.get_xticklabels()]
    assert sorted(rows) == FACTORS
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    patches = {patch.get_xy(): to_hex(patch.get_facecolor()) for patch in axes.patches}
    drawn = figure.data.set_index(["group", "factor"])
    for (group, factor), row in table.iterrows():
        x, y = heads.index(group), rows.index(factor)
        mark = next((mark for mark, p in (("***", 0.01), ("**", 0.05), ("*", 0.1)) if row["p_central"] < p), "")
        assert texts[x, y] == f"{row['q']:.3f}{mark}" == drawn.loc[(group, factor), "text"]
        assert patches[x - 0.5, y - 0.5] == drawn.loc[(group, factor), "colour"]
    strongest = drawn["q"].idxmax()
    assert drawn.loc[strongest, "colour"] == to_hex(matplotlib.colormaps["YlOrRd"](1.0))


def test_a_factor_without_q_is_said_to_have_none(texts: Texts) -> None:
    table = _table(["north", "south"], ["pooled"])
    absent = viz.factors_by(table.iloc[:-1])
    assert "–" in texts(absent)
    assert any("–: no q" in text for text in texts(absent))
    undefined = viz.factors_by(table.assign(q=[*table["q"][:-1], np.nan]))
    assert undefined.data["colour"].iloc[-1] == "#ffffff"
    assert "–" in texts(undefined)
    assert not any("–" in text for text in texts(viz.factors_by(table)))


def test_a_table_of_years() -> None:
    table = _table(["all"], list(range(2001, 2021)))
    figure = viz.factors_by(table.sample(frac=1, random_state=1), kind="table", p="p_central")
    assert len(figure.data) == 60
    years = [label.get_text() for label in figure.figure.axes[0].get_xticklabels()]
    assert years == [str(year) for year in range(2001, 2021)]
    assert viz.layout_faults(figure) == []
    with pytest.raises(InputError, match=r"columns would be 0\.\d\d inches wide with 40 of them"):
        viz.factors_by(_table(["all"], list(range(40))), kind="table")


# -- lines ---------------------------------------------------------------------------------------------------


def test_lines_pass_through_each_q_at_its_time() -> None:
    table = _table(["all", "north"], [2000, 2005, 2020, "pooled"])
    figure = viz.factors_by(table.sample(frac=1, random_state=3), p="p_central", level=0.1)
    assert set(figure.data["time"]) == {2000, 2005, 2020}
    groups = list(dict.fromkeys(figure.data["group"]))
    for group, axes in zip(groups, _panels(figure), strict=True):
        lines = {line.get_gid(): line for line in axes.lines if line.get_gid() in FACTORS}
        for factor in FACTORS:
            own = table.loc[group].xs(factor, level="factor").loc[[2000, 2005, 2020]]
            x, y = lines[factor].get_data()
            assert list(x) == [2000, 2005, 2020]
            np.testing.assert_array_equal(y, own["q"])
            colour = lines[factor].get_color()
            points = [line for line in axes.lines if line.get_color() == colour and line.get_marker() != "None"]
            filled = {value for line in points if line.get_markerfacecolor() == colour for value in line.get_xdata()}
            assert filled == set(own.index[own["p_central"] <= 0.1])


def test_times_that_are_no_numbers_stand_in_the_order_of_the_rows(texts: Texts) -> None:
    table = _table(["all"], ["plan 9", "plan 10", "plan 11"]).droplevel("group")
    figure = viz.factors_by(table)
    (axes,) = _panels(figure)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["plan 9", "plan 10", "plan 11"]
    (line,) = [line for line in axes.lines if line.get_gid() == "soil"]
    assert list(line.get_xdata()) == [0, 1, 2]
    assert "significant" not in figure.data
    assert not any("p ≤" in text for text in texts(figure))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("count", [3, 12])
@pytest.mark.parametrize("times", [["pooled"], list(range(2003, 2021))])
def test_nothing_is_cut_off(lang: str, count: int, times: list[object]) -> None:
    names = [f"距最近高速公路出入口的距离（千米）{number}" for number in range(count)]
    groups: list[object] = ["all", "东部沿海地区", "西部地区（含内蒙古自治区）", "north-eastern provinces"]
    table = _table(groups, times, names)
    figure = viz.factors_by(table, p="p_central", lang=lang, title="各地区 by group", note="p", source="测试")
    assert viz.layout_faults(figure) == []
    said = {"en": "All regions", "zh": "全部区域"}[lang]
    assert said in {text.get_text() for text in figure.figure.findobj(match=lambda a: hasattr(a, "get_text"))}


def test_names_and_groups_can_be_called_otherwise(texts: Texts) -> None:
    table = _table(["n", "s"], [1, 2])
    shown = set(texts(viz.factors_by(table, labels={"n": "North", "rain": "Rain, mm"})))
    assert {"North", "s", "Rain, mm", "slope"} <= shown


def test_bad_input_is_named() -> None:
    table = _table(["north", "south"], [1, 2])
    with pytest.raises(UnknownNameError, match="no p_spatial; it has"):
        viz.factors_by(table, p="p_spatial")
    with pytest.raises(UnknownNameError, match="no group and no time"):
        viz.factors_by(table.droplevel(["group", "time"]))
    with pytest.raises(DuplicateError, match="several q of"):
        viz.factors_by(table.droplevel("time"))
    with pytest.raises(InputError, match="2 groups and 2 times"):
        viz.factors_by(table, kind="table")
    with pytest.raises(InputError, match="lines need a table with time"):
        viz.factors_by(_table(["a", "b"], ["pooled"]), kind="lines")
    with pytest.raises(InputError, match="q must lie between 0 and 1; found"):
        viz.factors_by(table.assign(q=-0.2))
    with pytest.raises(InputError, match="no row"):
        viz.factors_by(table.iloc[:0])
    with pytest.raises(OptionError, match="kind='line' is not offered. Did you mean 'lines'"):
        viz.factors_by(table, kind="line")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="level must lie"):
        viz.factors_by(table, level=0)
