"""q by discretisation: every point where its k and q are, the chosen one ringed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import DuplicateError, InputError, UnknownNameError
from spatial_region.viz.words import has_word

Texts = Callable[[viz.Figure], list[str]]


@pytest.fixture
def candidates() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = [
        {"factor": factor, "method": method, "k": k, "q": rng.uniform(0.1, 0.6)}
        for factor in ("rain", "slope")
        for method in ("natural", "quantile", "own rule")
        for k in range(3, 9)
        if (method, k) != ("natural", 8)
    ]
    table = pd.DataFrame(rows)
    table["chosen"] = table.index.isin(table.groupby("factor")["q"].idxmax())
    return table


def test_points_stand_at_their_k_and_q(candidates: pd.DataFrame) -> None:
    figure = viz.bins_chart(candidates.sample(frac=1, random_state=2), labels={"slope": "Slope, degrees"})
    panels = [axes for axes in figure.figure.axes if axes.get_label().startswith("panel")]
    by_factor = dict(zip(dict.fromkeys(figure.data["factor"]), panels, strict=True))
    for factor, axes in by_factor.items():
        own = candidates[candidates["factor"] == factor]
        lines = {line.get_gid(): line for line in axes.lines}
        assert set(lines) == {*own["method"], "chosen"}
        for method, part in own.groupby("method"):
            np.testing.assert_array_equal(np.column_stack(lines[method].get_data()), part[["k", "q"]].to_numpy())
        (best,) = own[own["chosen"]].itertuples()
        assert [*map(float, np.ravel(lines["chosen"].get_data()))] == [best.k, best.q]
    looks = [{line.get_gid(): (line.get_color(), line.get_marker()) for line in axes.lines} for axes in panels]
    assert looks[0] == looks[1]
    assert len(set(looks[0].values())) == 4


def test_words_are_in_the_language_of_the_figure(candidates: pd.DataFrame, texts: Texts) -> None:
    english, chinese = viz.bins_chart(candidates), viz.bins_chart(candidates, lang="zh", labels={"rain": "年降水量"})
    assert {"Natural breaks", "Quantiles", "own rule", "chosen", "rain", "q statistic"} <= set(texts(english))
    assert {"自然断点", "分位数", "own rule", "选定", "年降水量", "分层数 k"} <= set(texts(chinese))
    for method in ("quantile", "equal", "natural", "geometric", "sd", "headtail", "changepoint", "tree", "loess"):
        assert has_word(f"bins {method}", "en")
        assert has_word(f"bins {method}", "zh")


def test_a_table_without_a_choice_has_no_ring(candidates: pd.DataFrame, texts: Texts) -> None:
    figure = viz.bins_chart(candidates.drop(columns="chosen"))
    assert not figure.data["chosen"].any()
    assert "chosen" not in texts(figure)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("count", [1, 2, 4, 12])
def test_nothing_is_cut_off(candidates: pd.DataFrame, lang: str, count: int) -> None:
    one = candidates[candidates["factor"] == "rain"]
    names = [f"距最近高速公路出入口的距离 distance to an exit {number}" for number in range(count)]
    table = pd.concat([one.assign(factor=name) for name in names])
    figure = viz.bins_chart(table, lang=lang, title="离散化 Discretisation", source="测试", note="a note")
    assert viz.layout_faults(figure) == []


def test_plot_of_a_result_draws_what_was_tried() -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"x": rng.normal(size=80), "zone": rng.choice(list("ab"), 80)})
    table["y"] = table["x"] + rng.normal(size=80)
    result = sr.geodetector(table, "y", ["x", "zone"], bins={"x": "optimal"}, permutations=0)
    figure = result.plot(kind="bins")
    assert figure.data["q"].tolist() == result.candidates["q"].tolist()
    assert figure.data.loc[figure.data["chosen"], "q"].item() == pytest.approx(result.factors.loc["x", "q"], rel=1e-12)
    with pytest.raises(InputError, match="no factor was cut with a choice"):
        sr.geodetector(table, "y", ["zone"], permutations=0).plot(kind="bins")


def test_bad_input_is_named(candidates: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="no column k"):
        viz.bins_chart(candidates.drop(columns="k"))
    with pytest.raises(DuplicateError, match="several q of"):
        viz.bins_chart(pd.concat([candidates, candidates]))
    with pytest.raises(InputError, match="between 0 and 1; found"):
        viz.bins_chart(candidates.assign(q=2.0))
    with pytest.raises(InputError, match="fewer columns= or a larger width="):
        viz.bins_chart(candidates, width=2)
    with pytest.raises(InputError, match="columns must be a whole number of at least 1"):
        viz.bins_chart(candidates, columns=0)
