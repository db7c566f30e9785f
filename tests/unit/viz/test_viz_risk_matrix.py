"""Risk matrices: each difference in its own cell, coloured only where significant, whatever the order of the rows."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import DuplicateError, InputError, OptionError, UnknownNameError

Texts = Callable[[viz.Figure], list[str]]
MEANS = {"plain": 1.0, "hills": 4.0, "coast": 2.5, "peaks": 9.0}
P = [0.001, 0.04, 0.2, 0.03, 0.06, np.nan]


@pytest.fixture
def risk() -> pd.DataFrame:
    rows = [
        {"factor": "relief", "stratum_a": a, "stratum_b": b, "mean_a": MEANS[a], "mean_b": MEANS[b],
         "difference": MEANS[a] - MEANS[b], "p": p}
        for (a, b), p in zip(combinations(MEANS, 2), P, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _cell(figure: viz.Figure, row: str, column: str) -> pd.Series:
    (cell,) = [each for _, each in figure.data.iterrows() if (each["row"], each["column"]) == (row, column)]
    return cell


def test_each_cell_is_row_minus_column(risk: pd.DataFrame) -> None:
    data = viz.risk_matrix(risk).data
    assert len(data) == 10
    for cell in data.itertuples():
        own = MEANS[cell.row] if cell.row == cell.column else MEANS[cell.row] - MEANS[cell.column]
        assert cell.difference == own
    order = list(MEANS)
    assert all(order.index(cell.row) >= order.index(cell.column) for cell in data.itertuples())


def test_stars_and_colours_are_of_significant_differences_only(risk: pd.DataFrame) -> None:
    figure = viz.risk_matrix(risk)
    assert _cell(figure, "hills", "plain")[["significant", "stars"]].tolist() == [True, "***"]
    assert _cell(figure, "coast", "plain")[["significant", "stars"]].tolist() == [True, "**"]
    for row, column, p in (("peaks", "plain", 0.2), ("peaks", "hills", 0.06)):
        cell = _cell(figure, row, column)
        assert cell["p"] == p
        assert cell[["significant", "stars", "colour"]].tolist() == [False, "", "#eeeeee"]
    untested = _cell(figure, "peaks", "coast")
    assert untested["significant"] is None
    assert untested["colour"] == "#eeeeee"
    assert _cell(figure, "hills", "plain")["colour"] != "#eeeeee"


def test_what_is_drawn_is_what_the_data_say(risk: pd.DataFrame, texts: Texts) -> None:
    figure = viz.risk_matrix(risk)
    axes = figure.figure.axes[0]
    order = list(MEANS)
    patches = {patch.get_xy(): to_hex(patch.get_facecolor()) for patch in axes.patches}
    written = {(round(t.get_position()[0]), round(t.get_position()[1])): [] for t in axes.texts}
    for text in axes.texts:
        written[round(text.get_position()[0]), round(text.get_position()[1])].append(text.get_text())
    for cell in figure.data.itertuples():
        x, y = order.index(cell.column), order.index(cell.row)
        assert patches[x - 0.5, y - 0.5] == cell.colour
        mark = "" if x == y else "–" if cell.significant is None else cell.stars
        assert written[x, y] == [text for text in (f"{cell.difference:.2f}", mark) if text]
    assert "–: no test, for a stratum has one unit or no variance" in "\n".join(texts(figure))
    assert viz.layout_faults(figure) == []


def test_the_order_of_the_rows_does_not_matter(risk: pd.DataFrame) -> None:
    shuffled = viz.risk_matrix(risk.sample(frac=1, random_state=3)).data
    pd.testing.assert_frame_equal(shuffled, viz.risk_matrix(risk).data)


def test_a_correction_counts_the_tests_of_one_factor(risk: pd.DataFrame, texts: Texts) -> None:
    both = pd.concat([risk, risk.assign(factor="slope")])
    figure = viz.risk_matrix(both, correction="bonferroni")
    assert _cell(viz.risk_matrix(risk, correction="bonferroni"), "hills", "plain")["p_adjusted"] == 0.005
    once = figure.data[figure.data["factor"] == "slope"]
    assert once["p_adjusted"].min() == 0.005  # five tests, not ten
    assert int((once["significant"] == True).sum()) == 1  # noqa: E712
    assert any("significant at p ≤ 0.05, Bonferroni adjusted" in text for text in texts(figure))
    assert [axes.get_label() for axes in figure.figure.axes] == ["matrix relief", "matrix slope", "scale"]


def test_differences_are_those_of_the_detector() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"zone": rng.choice(list("abc"), 60), "belt": rng.choice(list("xy"), 60)})
    table["y"] = rng.normal(size=60) + (table["zone"] == "b")
    result = sr.geodetector(table, "y", ["zone", "belt"], permutations=0)
    figure = result.plot(kind="risk", factors="zone", level=0.1)
    means = table.groupby("zone")["y"].mean()
    for cell in figure.data.itertuples():
        own = means[cell.row] - (0 if cell.row == cell.column else means[cell.column])
        assert cell.difference == pytest.approx(own, rel=1e-12)
    assert set(figure.data["factor"]) == {"zone"}
    assert len(result.plot(kind="risk").data) == 6 + 3


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("count", "strata"), [(1, 20), (3, 5), (12, 4)])
def test_nothing_is_cut_off(lang: str, count: int, strata: int) -> None:
    rng = np.random.default_rng(count)
    names = [f"距最近高速公路出入口的距离（千米）{number}" for number in range(count)]
    table = pd.DataFrame(rng.normal(size=(60 * strata, count)), columns=names)
    table["y"] = 1e4 * table[names[0]] + 1e5
    result = sr.geodetector(table, "y", names, bins=strata, permutations=0)
    figure = viz.risk_matrix(
        result.risk, lang=lang, title="风险探测 Risk", correction="fdr", note="Welch t", source="x"
    )
    assert viz.layout_faults(figure) == []
    assert len(figure.data) == count * strata * (strata + 1) / 2


def test_labels_keep_their_numbers_whole_in_narrow_panels(texts: Texts) -> None:
    rng = np.random.default_rng(6)
    names = [f"distance to the nearest expressway exit {number}" for number in range(5)]
    table = pd.DataFrame(rng.normal(size=(200, 5)), columns=names)
    table["y"] = table[names[0]] + rng.normal(size=200)
    result = sr.geodetector(table, "y", names, bins=4, permutations=0)
    figure = viz.risk_matrix(result.risk, columns=3)
    assert viz.layout_faults(figure) == []
    shown = {text.replace("\n", " ") for text in texts(figure)}
    assert set(result.bins["stratum"]) <= shown


def test_a_matrix_without_room_for_numbers_keeps_its_colours(texts: Texts) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=600)})
    table["y"] = 1000 * table["x"]
    figure = viz.risk_matrix(sr.geodetector(table, "y", ["x"], bins=22, permutations=0).risk)
    assert not any(text.lstrip("-").isdigit() for text in (t.get_text() for t in figure.figure.axes[0].texts))
    assert figure.data["colour"].nunique() > 20


def test_bad_input_is_named(risk: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="no column p_games_howell; it has factor"):
        viz.risk_matrix(risk, p="p_games_howell")
    with pytest.raises(UnknownNameError, match="no factor releif. Did you mean 'relief'"):
        viz.risk_matrix(risk, factors="releif")
    with pytest.raises(UnknownNameError, match="no factor was named"):
        viz.risk_matrix(risk, factors=[])
    with pytest.raises(DuplicateError, match="pair of strata of 'relief' occurs twice"):
        viz.risk_matrix(pd.concat([risk, risk]))
    with pytest.raises(InputError, match="every pair of strata; 'relief' has 4 strata and 5 pairs"):
        viz.risk_matrix(risk.iloc[1:])
    backwards = risk.rename(columns={"stratum_a": "stratum_b", "stratum_b": "stratum_a"}).iloc[[2]]
    with pytest.raises(InputError, match="stratum_a must come before"):
        viz.risk_matrix(pd.concat([risk.drop(index=2), backwards]))
    with pytest.raises(InputError, match="p must lie between 0 and 1; found"):
        viz.risk_matrix(risk.assign(p=1.5))
    with pytest.raises(InputError, match="level must lie between"):
        viz.risk_matrix(risk, level=5)
    with pytest.raises(OptionError, match="correction='fdrr' is not offered. Did you mean 'fdr'"):
        viz.risk_matrix(risk, correction="fdrr")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"cells of 'relief' with 4 strata would be .* larger width="):
        viz.risk_matrix(risk, width=1.5)
    with pytest.raises(InputError, match="no row"):
        viz.risk_matrix(risk.iloc[:0])
