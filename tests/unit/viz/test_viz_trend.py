"""Moran's I over time: what is drawn is the table, and what is filled is significant."""

from __future__ import annotations

import pandas as pd
import pytest

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import InputError, MissingValuesError


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_points_are_those_of_the_table(panel_study: sr.Study, lang: str) -> None:
    table = sr.moran_by_time(panel_study, "y", w=sr.contiguity(panel_study), permutations=99)
    figure = viz.moran_trend(table, lang=lang, title="y")
    (axes,) = figure.figure.axes
    line = next(each for each in axes.lines if each.get_linestyle() == "-" and len(each.get_xdata()) == 3)
    assert line.get_xdata().tolist() == [2000, 2010, 2020]
    assert line.get_ydata().tolist() == table["I"].tolist()
    assert figure.data["significant"].tolist() == (table["p"] <= 0.05).tolist()
    assert viz.layout_faults(figure) == []


def test_filled_where_significant() -> None:
    table = pd.DataFrame({"I": [0.1, 0.5, 0.2], "expected": -0.05, "p": [0.4, 0.01, 0.05]}, index=["a", "b", "c"])
    (axes,) = viz.moran_trend(table).figure.axes
    filled = next(each for each in axes.lines if each.get_label() == "p ≤ 0.05")
    assert filled.get_ydata().tolist() == [0.5, 0.2]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b", "c"]


def test_many_years_and_no_permutations(panel_study: sr.Study) -> None:
    table = pd.DataFrame({"I": 0.3, "expected": -0.02, "p": None, "p_normal": 0.001}, index=range(1929, 2010))
    figure = viz.moran_trend(table)
    assert figure.data["significant"].all()
    assert viz.layout_faults(figure) == []


def test_bad_input() -> None:
    with pytest.raises(InputError, match="lacks"):
        viz.moran_trend(pd.DataFrame({"I": [0.1]}))
    with pytest.raises(MissingValuesError, match="missing at 2001"):
        viz.moran_trend(pd.DataFrame({"I": [0.1, None], "expected": 0.0, "p": 0.5}, index=[2000, 2001]))
