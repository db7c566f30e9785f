"""Strata on the map: the colour and the mean belong to the stratum, the stratum to the region."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import (
    AlignmentError,
    DuplicateError,
    InputError,
    MissingValuesError,
    UnknownNameError,
)
from spatial_region.geodetector.gozh import gozh

Pixels = Callable[[viz.Figure, gpd.GeoDataFrame], pd.Series]
LEVELS = ["[0, 2]", "(2, 5]", "(5, 9]"]
MEANS = pd.Series({"(2, 5]": 7.25, "(5, 9]": 3.5, "[0, 2]": 12.0})


@pytest.fixture
def strata(squares: gpd.GeoDataFrame) -> pd.Series:
    kind = pd.CategoricalDtype(LEVELS, ordered=True)
    labels = [LEVELS[number % 3] for number in range(11)]
    return pd.Series(labels, index=squares.index[:11], name="rain", dtype=kind).sample(frac=1, random_state=1)


def _legend(figure: viz.Figure) -> list[str]:
    (legend,) = [axes.get_legend() for axes in figure.figure.axes if axes.get_legend()]
    return [legend.get_title().get_text(), *(text.get_text() for text in legend.get_texts())]


def test_every_region_has_the_colour_of_its_stratum(
    squares: gpd.GeoDataFrame, strata: pd.Series, pixel_colours: Pixels
) -> None:
    figure = viz.strata_map(squares, strata, means=MEANS, variable="yield")
    seen = pixel_colours(figure, squares)
    known = figure.data["stratum"] != "no data"
    assert seen[known].to_dict() == figure.data.loc[known, "colour"].to_dict()
    assert figure.data.loc[known, "stratum"].to_dict() == strata.astype(str).to_dict()
    assert figure.data.loc[known, "mean"].to_dict() == strata.astype(str).map(MEANS).to_dict()
    assert figure.data["stratum"].iloc[11] == "no data"
    assert np.isnan(figure.data["mean"].iloc[11])


def test_the_legend_says_label_mean_and_number_of_each(squares: gpd.GeoDataFrame, strata: pd.Series) -> None:
    heading, *lines = _legend(viz.strata_map(squares, strata, means=MEANS, variable="yield", note="natural breaks"))
    assert lines == ["(5, 9]: 3.50 (3)", "(2, 5]: 7.25 (4)", "[0, 2]: 12.00 (4)", "No data (1)"]
    assert heading.replace("\n", " ") == "rain Mean of yield, and number of regions in brackets natural breaks"
    chinese = viz.strata_map(squares, strata, means=MEANS, variable="单产", lang="zh", title="各层", legend="降水")
    assert _legend(chinese)[1] == "(5, 9]：3.50 (3)"
    assert viz.layout_faults(chinese) == []


def test_strata_without_an_order_are_listed_by_their_mean(squares: gpd.GeoDataFrame) -> None:
    zones = pd.Series(np.resize(["hills", "coast", "plain"], 12), index=squares.index)
    means = pd.Series({"hills": 1.0, "plain": 3.0, "coast": 2.0})
    assert [line.split(":")[0] for line in _legend(viz.strata_map(squares, zones, means=means))[1:]] == [
        "plain", "coast", "hills",
    ]  # fmt: skip
    assert _legend(viz.strata_map(squares, zones))[1:] == ["coast (4)", "hills (4)", "plain (4)"]


def test_means_have_decimals_that_tell_them_apart(squares: gpd.GeoDataFrame) -> None:
    zones = pd.Series(np.resize(["a", "b"], 12), index=squares.index)
    for values, said in (
        ([10000.0, 10000.5], ["10,000.500", "10,000.000"]),
        ([12345.6, 98765.4], ["98,765", "12,346"]),
        ([1e-5, 2e-5], ["2e-05", "1e-05"]),
        ([5.0, 5.0], ["5.00", "5.00"]),
        ([0.0, 0.0], ["0.00", "0.00"]),
    ):
        lines = _legend(viz.strata_map(squares, zones, means=pd.Series(values, index=["a", "b"])))[1:]
        assert sorted(line.split(": ")[1].split(" (")[0] for line in lines) == sorted(said)


def test_bad_input_is_named(squares: gpd.GeoDataFrame, strata: pd.Series) -> None:
    with pytest.raises(AlignmentError, match="zz"):
        viz.strata_map(squares, pd.Series({"zz": "a"}))
    with pytest.raises(DuplicateError, match="found twice"):
        viz.strata_map(squares, pd.concat([strata, strata]))
    with pytest.raises(UnknownNameError, match=r"means has no stratum \[0, 2\]"):
        viz.strata_map(squares, strata, means=MEANS.drop("[0, 2]"))
    with pytest.raises(DuplicateError, match="means: found twice"):
        viz.strata_map(squares, strata, means=pd.concat([MEANS, MEANS]))
    with pytest.raises(MissingValuesError, match="no stratum"):
        viz.strata_map(squares, pd.Series(None, index=squares.index, dtype=object))
    many = pd.Series([f"s{number:02d}" for number in range(13)], index=range(13))
    wide = gpd.GeoDataFrame(geometry=[*squares.geometry, squares.geometry.iloc[0]], index=range(13))
    with pytest.raises(InputError, match="13 strata are more"):
        viz.strata_map(wide, many)


def test_the_map_of_a_result(squares: gpd.GeoDataFrame) -> None:
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"rain": rng.normal(size=12), "zone": np.resize(["a", "b"], 12)}, index=squares.index)
    data["yield"] = data["rain"] + 0.1 * rng.normal(size=12)
    study = sr.make_study(squares, data)
    result = sr.geodetector(study, "yield", ["rain", "zone"], bins={"rain": 3}, permutations=0)
    figure = result.plot(kind="strata", factor="rain")
    means = data["yield"].groupby(pd.qcut(data["rain"], 3)).transform("mean")
    assert figure.data["mean"].to_dict() == pytest.approx(means.astype(float).to_dict())
    assert result.plot(kind="strata", factor="zone", lang="zh").data["stratum"].to_dict() == data["zone"].to_dict()
    with pytest.raises(InputError, match="pass factor=, one of rain, zone"):
        result.plot(kind="strata")
    with pytest.raises(UnknownNameError, match="Did you mean 'rain'"):
        result.plot(kind="strata", factor="rainn")
    with pytest.raises(InputError, match="at=2020 is for a result of several times"):
        result.plot(kind="strata", factor="rain", at=2020)
    without = sr.geodetector(data.reset_index(drop=True), "yield", ["zone"], permutations=0)
    with pytest.raises(InputError, match="pass regions=study"):
        without.plot(kind="strata")


def test_the_map_of_a_panel_is_that_of_one_time(squares: gpd.GeoDataFrame) -> None:
    index = pd.MultiIndex.from_product([squares.index, [2010, 2020]])
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"rain": rng.normal(size=24)}, index=index)
    data["yield"] = data["rain"] + rng.normal(size=24)
    result = sr.geodetector(sr.make_study(squares, data), "yield", ["rain"], bins=3, permutations=0)
    figure = result.plot(kind="strata", at=2020)
    strata = pd.qcut(data["rain"], 3, labels=False).xs(2020, level=1)
    numbers = {label: number for number, label in enumerate(result.bins["stratum"])}
    assert figure.data["stratum"].map(numbers).to_dict() == strata.to_dict()
    with pytest.raises(UnknownNameError, match="a map is that of one time: pass at=; there are 2010, 2020"):
        result.plot(kind="strata")
    with pytest.raises(UnknownNameError, match="no time 2015"):
        result.plot(kind="strata", at=2015)


def test_the_map_of_zones_lists_them_by_mean(squares: gpd.GeoDataFrame) -> None:
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"rain": rng.normal(size=12), "slope": rng.normal(size=12)}, index=squares.index)
    data["yield"] = np.where(data["rain"] > 0, 5.0, 1.0) + 0.1 * rng.normal(size=12)
    result = gozh(sr.make_study(squares, data), "yield", ["rain", "slope"], permutations=0)
    figure = result.plot(regions=squares)
    assert figure.data["stratum"].to_dict() == result.members.map(str).to_dict()
    means = data["yield"].groupby(result.members).transform("mean")
    assert figure.data["mean"].to_dict() == pytest.approx(means.to_dict())
    shown = [float(line.split(": ")[1].split(" ")[0]) for line in _legend(figure)[1:]]
    assert shown == sorted(shown, reverse=True)
    with pytest.raises(InputError, match="zones hold no boundaries"):
        result.plot()
