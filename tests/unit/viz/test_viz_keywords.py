"""Options and values that a figure cannot draw are refused, by name; one factor, one value and closed classes."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import InputError, OptionError

NUMBERS = pd.Series(np.arange(12.0), index=[f"s{number:02d}" for number in range(12)], name="gdp")
Q = pd.Series({"soil": 0.5, "rain": 0.2})
PAIR = pd.DataFrame(
    [{"factor_a": "soil", "factor_b": "rain", "q_a": 0.5, "q_b": 0.2, "q_ab": 0.6, "type": "enhance, bivariate"}]
)
INTERVALS = pd.DataFrame([{"variable": "soil", "kind": "direct", "estimate": 0.4, "low": 0.1, "high": 0.7}])
TREND = pd.DataFrame({"I": [0.1, 0.4], "expected": [-0.1, -0.1], "p": [0.3, 0.01]}, index=[2010, 2020])
TRIED = pd.DataFrame({"factor": "soil", "method": "equal", "k": [3, 4], "q": [0.4, 0.45]})
BY_GROUP = pd.DataFrame({"group": ["north", "south"], "factor": "soil", "q": [0.4, 0.45]})
MEANS = {"mean_a": 1.0, "mean_b": 3.0, "difference": -2.0}
RISK = pd.DataFrame([{"factor": "soil", "stratum_a": "loam", "stratum_b": "clay", **MEANS, "p": 0.01}])
MAPS = {
    "choropleth": lambda regions, **options: viz.choropleth(regions, NUMBERS, **options),
    "cluster_map": lambda regions, **options: viz.cluster_map(regions, NUMBERS.map(lambda _: "HH"), **options),
    "significance_map": lambda regions, **options: viz.significance_map(regions, NUMBERS / 20, **options),
    "category_map": lambda regions, **options: viz.category_map(regions, NUMBERS.map(lambda x: str(x > 4)), **options),
    "strata_map": lambda regions, **options: viz.strata_map(regions, NUMBERS.map(lambda x: str(x > 4)), **options),
    "small_multiples": lambda regions, **options: viz.small_multiples(regions, pd.DataFrame({1: NUMBERS}), **options),
}
CHARTS = {
    "factor_bars": lambda _, **options: viz.factor_bars(Q, **options),
    "interaction_heatmap": lambda _, **options: viz.interaction_heatmap(PAIR, **options),
    "moran_scatter": lambda _, **options: viz.moran_scatter(NUMBERS - 5.5, NUMBERS - 5.5, **options),
    "interval_plot": lambda _, **options: viz.interval_plot(INTERVALS, **options),
    "risk_matrix": lambda _, **options: viz.risk_matrix(RISK, **options),
    "bins_chart": lambda _, **options: viz.bins_chart(TRIED, **options),
    "factors_by": lambda _, **options: viz.factors_by(BY_GROUP, **options),
    "moran_trend": lambda _, **options: viz.moran_trend(TREND, **options),
}


@pytest.mark.parametrize("name", [*MAPS, *CHARTS])
def test_every_figure_refuses_what_it_does_not_take(squares: gpd.GeoDataFrame, name: str) -> None:
    draw = {**MAPS, **CHARTS}[name]
    with pytest.raises(OptionError, match=rf"{name}\(\) has no option 'titel'. Did you mean 'title'"):
        draw(squares, titel="x")
    with pytest.raises(OptionError, match="lang='fr' is not offered"):
        draw(squares, lang="fr")
    with pytest.raises(InputError, match="title must be text; found 5"):
        draw(squares, title=5)
    for width in ("7", 0, -1, np.nan, np.inf, True, None):
        with pytest.raises(InputError, match="width must be a positive number of inches"):
            draw(squares, width=width)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("labels", "name", "labels must be True"), ("inset", "no", "inset must be"), ("borders", [1], "borders must be")],
)
def test_every_map_refuses_options_of_another_type(
    squares: gpd.GeoDataFrame, name: str, option: str, value: object, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        MAPS[name](squares, **{option: value})


def test_a_map_option_is_none_of_a_chart() -> None:
    with pytest.raises(OptionError, match=r"factor_bars\(\) has no option 'inset'"):
        viz.factor_bars(Q, inset=True)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "values",
    [
        NUMBERS + 1j,
        (NUMBERS + 1j).astype(object),
        pd.Series(pd.date_range("2000", periods=12), index=NUMBERS.index, name="gdp"),
        pd.Series(pd.date_range("2000", periods=12), index=NUMBERS.index, name="gdp").astype(object),
        pd.Series(pd.timedelta_range("1D", periods=12), index=NUMBERS.index, name="gdp"),
    ],
    ids=lambda values: f"{type(values.iloc[0]).__name__} as {values.dtype}",
)
def test_what_is_no_real_number_is_not_drawn_as_one(squares: gpd.GeoDataFrame, values: pd.Series) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match="the variable 'gdp' must be (real|finite) numbers; found"):
            viz.choropleth(squares, values)


def test_the_legend_says_which_side_of_a_class_is_closed(squares: gpd.GeoDataFrame, texts) -> None:
    # 5 is the upper edge of the first class: it belongs there, as the legend says.
    figure = viz.choropleth(squares, NUMBERS, scheme=[5.0, 8.0])
    assert figure.data["class"].value_counts()["0"] == 6
    assert any("closed above" in text for text in texts(figure))
    assert any("含上界" in text for text in texts(viz.choropleth(squares, NUMBERS, lang="zh")))


def test_a_single_value_is_shown_once(squares: gpd.GeoDataFrame) -> None:
    figure = viz.choropleth(squares, NUMBERS * 0 + 1)
    assert figure.data["label"].unique().tolist() == ["1"]


@pytest.fixture
def towns() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"y": rng.normal(size=30), "zone": np.tile(list("abc"), 10), "belt": np.repeat(list("xy"), 15)})


def test_one_factor_is_drawn_as_a_bar_and_several_as_a_heatmap(towns: pd.DataFrame) -> None:
    assert "text" in sr.geodetector(towns, "y", ["zone"]).plot().data
    assert "type" in sr.geodetector(towns, "y", ["zone", "belt"]).plot().data
    assert "type" in sr.geodetector(towns, "y", ["zone"]).plot(kind="interaction").data


@pytest.mark.parametrize(
    ("permutations", "said"), [(1999, "p from 1,999 permutations"), (0, "p from the central F distribution")]
)
def test_bars_say_which_p_the_stars_stand_for(towns: pd.DataFrame, texts, permutations: int, said: str) -> None:
    found = sr.geodetector(towns, "y", ["zone"], permutations=permutations)
    assert any(said in text for text in texts(found.plot()))


def test_the_plot_of_a_result_refuses_what_its_figure_does_not_take(towns: pd.DataFrame) -> None:
    found = sr.geodetector(towns, "y", ["zone"])
    with pytest.raises(OptionError, match="Did you mean 'title'"):
        found.plot(titel="x")
    with pytest.raises(OptionError, match="lang='xx' is not offered"):
        found.plot(lang="xx")
