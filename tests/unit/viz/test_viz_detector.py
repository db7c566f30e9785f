"""Bars with confidence intervals, stars of a chosen p, and pairs that noise would also call nonlinear."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import AlignmentError, InputError, OptionError, UnknownNameError
from spatial_region.geodetector.compare_bins import compare_bins
from spatial_region.geodetector.unit_scale import unit_scale
from spatial_region.viz.pair_cells import TYPE_MARKS

Texts = Callable[[viz.Figure], list[str]]
Q = pd.Series({"rain": 0.2, "soil": 0.5, "slope": 0.1})
INTERVALS = pd.DataFrame(
    {"q_lower": [0.1, np.nan, 0.0], "q_upper": [0.35, np.nan, 0.05]}, index=["rain", "soil", "slope"]
)


def test_whiskers_reach_from_the_lower_to_the_upper_end() -> None:
    figure = viz.factor_bars(Q, intervals=INTERVALS.sample(frac=1, random_state=2))
    assert figure.data.loc["rain", ["q_lower", "q_upper"]].tolist() == [0.1, 0.35]
    axes = figure.figure.axes[0]
    (whiskers,) = [c for c in axes.collections if c.get_gid() == "intervals"]
    ends = {segment[0, 1]: segment[:, 0].tolist() for segment in whiskers.get_segments()}
    assert ends == {1.0: [0.1, 0.35], 2.0: [0.0, 0.05]}  # soil, on top, has none
    text = {t.get_text(): t.get_position()[0] for t in axes.texts}
    assert text["0.200"] > 0.35
    assert text["0.100"] > 0.1  # an interval may lie below q, which is biased upwards
    assert text["0.500"] > 0.5
    assert viz.layout_faults(figure) == []


def test_the_note_says_the_level_of_the_intervals(texts: Texts) -> None:
    assert "Whiskers: 90 % confidence interval of q" in texts(viz.factor_bars(Q, intervals=INTERVALS, level=0.9))
    assert "须线为 q 值的 95% 置信区间" in texts(viz.factor_bars(Q, intervals=INTERVALS, lang="zh"))
    none = viz.factor_bars(Q, intervals=INTERVALS * np.nan)
    assert not any("Whiskers" in text for text in texts(none))
    assert not any("Whiskers" in text for text in texts(viz.factor_bars(Q)))


def test_bad_intervals_are_named() -> None:
    with pytest.raises(InputError, match="intervals lacks q_upper"):
        viz.factor_bars(Q, intervals=INTERVALS[["q_lower"]])
    with pytest.raises(AlignmentError, match="intervals"):
        viz.factor_bars(Q, intervals=INTERVALS.iloc[1:])
    for wrong in (INTERVALS.assign(q_upper=1.2), INTERVALS.assign(q_lower=-0.1), INTERVALS[::-1].assign(q_lower=0.4)):
        with pytest.raises(InputError, match="must go from q_lower up to q_upper.*rain"):
            viz.factor_bars(Q, intervals=wrong)
    with pytest.raises(InputError, match="level must lie"):
        viz.factor_bars(Q, level=95)


@pytest.fixture
def towns() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"zone": rng.choice(list("abc"), 60), "belt": rng.choice(list("xy"), 60)})
    return frame.assign(y=rng.normal(size=60) + (frame["zone"] == "a"))


def test_the_stars_are_those_of_the_chosen_p(towns: pd.DataFrame, texts: Texts) -> None:
    result = sr.geodetector(towns, "y", ["zone", "belt"], permutations=99)
    for column, said in (
        ("p_wang", "p from the published non-central F distribution"),
        ("p_central", "p from the central F distribution"),
        ("p_permutation", "p from 99 permutations"),
    ):
        figure = result.plot(kind="factor", p=column)
        assert figure.data["p"].to_dict() == result.factors[column].to_dict()
        assert any(said in text for text in texts(figure))
    assert figure.data["text"].to_dict() == result.plot(kind="factor").data["text"].to_dict()
    with pytest.raises(UnknownNameError, match="no p-values 'p_wong'.*Did you mean 'p_wang'"):
        result.plot(kind="factor", p="p_wong")
    without = sr.geodetector(towns, "y", ["zone"], permutations=0)
    with pytest.raises(UnknownNameError, match="no p-values 'p_permutation'"):
        without.plot(kind="factor", p="p_permutation")
    with pytest.raises(OptionError, match="kind='risks' is not offered. Did you mean 'risk'"):
        result.plot(kind="risks")


# -- pairs that noise would also call nonlinear ----------------------------------------------------------------


@pytest.fixture
def pairs() -> pd.DataFrame:
    kinds = ["enhance, nonlinear", "enhance, nonlinear", "enhance, bivariate"]
    rows = [
        {"factor_a": a, "factor_b": b, "q_a": 0.1, "q_b": 0.1, "q_ab": 0.4, "type": kind, "noise_nonlinear": noise}
        for (a, b), kind, noise in zip(combinations("abc", 2), kinds, (0.98, 0.01, 0.9), strict=True)
    ]
    return pd.DataFrame(rows)


def _fills(figure: viz.Figure) -> dict[tuple[int, int], tuple[str, str]]:
    return {
        (round(line.get_ydata()[0]), round(line.get_xdata()[0])): (line.get_marker(), line.get_markerfacecolor())
        for line in figure.figure.axes[0].lines
    }


@pytest.mark.parametrize(("lang", "said"), [("en", "Hollow: permuted values"), ("zh", "空心：超过 5%")])
def test_marks_are_hollow_where_noise_would_give_the_type_too(
    pairs: pd.DataFrame, texts: Texts, lang: str, said: str
) -> None:
    figure = viz.interaction_heatmap(pairs, lang=lang, note="a note")
    fills = _fills(figure)
    assert {cell: marker for cell, (marker, _) in fills.items()} == {
        (1, 0): TYPE_MARKS["enhance, nonlinear"], (2, 0): TYPE_MARKS["enhance, nonlinear"],
        (2, 1): TYPE_MARKS["enhance, bivariate"],
    }  # fmt: skip
    assert fills[1, 0][1] == "none"  # 98 % of permutations
    assert fills[2, 0][1] != "none"  # 1 %
    assert fills[2, 1][1] != "none"  # another type
    shown = "\n".join(texts(figure))
    assert said in shown
    assert "a note" in shown
    assert figure.data["noise_nonlinear"].dropna().tolist() == [0.98, 0.01, 0.9]
    assert viz.layout_faults(figure) == []


def test_the_level_of_hollow_marks_can_be_chosen(pairs: pd.DataFrame, texts: Texts) -> None:
    assert _fills(viz.interaction_heatmap(pairs, level=0.005))[2, 0][1] == "none"
    strict = viz.interaction_heatmap(pairs, level=0.99)
    assert not any("Hollow" in text for text in texts(strict))
    assert "noise_nonlinear" not in viz.interaction_heatmap(pairs.drop(columns="noise_nonlinear")).data
    with pytest.raises(InputError, match="noise_nonlinear must lie between 0 and 1; found"):
        viz.interaction_heatmap(pairs.assign(noise_nonlinear=98))
    with pytest.raises(InputError, match="level must lie"):
        viz.interaction_heatmap(pairs, level=1)


def test_a_pair_without_q_has_neither_number_nor_mark(pairs: pd.DataFrame, texts: Texts) -> None:
    figure = viz.interaction_heatmap(pairs.assign(q_ab=[0.4, np.nan, 0.4]))
    assert (2, 0) not in _fills(figure)
    assert figure.data.set_index(["row", "column"]).loc[("c", "a"), ["type", "colour"]].tolist() == ["", "#ffffff"]
    assert any("–: no q" in text for text in texts(figure))
    assert not any("–" in text for text in texts(viz.interaction_heatmap(pairs)))


def test_by_default_the_p_that_supposes_least_is_read(texts: Texts) -> None:
    rng = np.random.default_rng(1)
    index = pd.MultiIndex.from_product([[f"r{i}" for i in range(8)], [2019, 2020]], names=["region", "time"])
    rows = pd.DataFrame({"y": rng.normal(size=16), "zone": np.repeat(list("abab"), 4)}, index=index)
    options = {"permutations": 19, "permute": "whole_regions"}
    whole = sr.geodetector(rows, "y", ["zone"], **options)
    assert whole.plot(kind="factor").data["p"].tolist() == whole.factors["p_whole_regions"].tolist()
    # A single year has no p by whole regions, and "not significant" would be said of a p that does not exist.
    parts = sr.geodetector(rows, "y", ["zone"], time="both", **options)
    assert parts.factors["p_whole_regions"].notna().any()
    assert parts.plot(kind="table").data["p"].tolist() == parts.factors["p_permutation"].tolist()


# -- results of several parts ----------------------------------------------------------------------------------


def test_plot_of_groups_is_q_by_group(towns: pd.DataFrame, texts: Texts) -> None:
    towns["half"] = np.repeat(["east", "west"], 30)
    result = sr.geodetector(towns, "y", ["zone", "belt"], grouping="half", permutations=99)
    figure = result.plot()
    drawn = figure.data.set_index(["group", "factor"])
    for key, row in result.factors.iterrows():
        assert drawn.loc[key, ["q", "p"]].tolist() == row[["q", "p_permutation"]].tolist()
    assert any("p from 99 permutations" in text for text in texts(figure))
    assert any("central F" in text for text in texts(result.plot(p="p_central", lang="en")))
    with pytest.raises(UnknownNameError, match="no p-values 'p_spatial'"):
        result.plot(p="p_spatial")
    assert viz.layout_faults(figure) == viz.layout_faults(result.plot(lang="zh")) == []


def test_plot_of_groups_over_time_is_lines() -> None:
    index = pd.MultiIndex.from_product([[f"r{number}" for number in range(20)], [2010, 2015, 2020]])
    rng = np.random.default_rng(1)
    panel = pd.DataFrame({"zone": np.tile(list("ab"), 30), "y": rng.normal(size=60)}, index=index)
    panel["half"] = np.repeat(["east", "west"], 30)
    result = sr.geodetector(panel, "y", ["zone"], grouping="half", time="both", permutations=0)
    figure = result.plot()
    assert set(figure.data["time"]) == {2010, 2015, 2020}
    assert len([axes for axes in figure.figure.axes if axes.get_label().startswith("panel")]) == 3
    drawn = figure.data.set_index(["group", "time", "factor"])["q"]
    assert drawn["east", 2015, "zone"] == result.factors.loc[("east", 2015, "zone"), "q"]


def test_plot_of_a_bins_comparison_leaves_out_what_was_not_allowed() -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"x": np.exp(2 * rng.normal(size=50))})
    table["y"] = np.log(table["x"]) + rng.normal(size=50)
    result = compare_bins(table, "y", ["x"], permutations=0)
    figure = result.plot()
    allowed = result.candidates[result.candidates["allowed"]]
    assert len(allowed) < len(result.candidates)
    assert figure.data["q"].tolist() == allowed["q"].tolist()
    assert figure.data.loc[figure.data["chosen"], "q"].item() == result.best.loc["x", "q"]


def test_plot_of_unit_scales_has_a_column_a_unit(towns: pd.DataFrame) -> None:
    coarse = towns.groupby(np.arange(60) // 3).agg({"zone": "first", "belt": "first", "y": "mean"})
    result = unit_scale({"towns": towns, "counties": coarse}, "y", ["zone", "belt"], permutations=0)
    data = result.plot().data.set_index(["group", "factor"])
    for row in result.factors.itertuples():
        assert data.loc[(row.unit, row.factor), ["q", "p"]].tolist() == [row.q, row.p]
