"""Curves of density: those of the result, named, in order, and legible."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import InputError, UnknownNameError


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_curves_are_those_of_the_result(panel_study: sr.Study, lang: str) -> None:
    found = sr.density_over_time(panel_study, "y", bandwidth="silverman")
    figure = viz.density_curves(found, lang=lang, title="y", source="x")
    (axes,) = figure.figure.axes
    for line, time in zip(axes.lines, (2000, 2010, 2020), strict=True):
        assert line.get_label() == str(time)
        np.testing.assert_array_equal(line.get_ydata(), found.densities[time])
        np.testing.assert_array_equal(line.get_xdata(), found.densities.index)
    assert figure.data.equals(found.densities)
    assert any("silverman" in text.get_text() for text in figure.figure.texts)
    assert viz.layout_faults(figure) == []
    assert found.plot(lang=lang).data.equals(figure.data)


def test_relative_values_are_said_to_be_so(panel_study: sr.Study) -> None:
    study = panel_study.with_columns(z=lambda data: np.exp(data["y"] / 5))
    (axes,) = viz.density_curves(sr.density_over_time(study, "z", relative=True)).figure.axes
    assert axes.get_xlabel() == "z, mean of each time = 1"
    (axes,) = viz.density_curves(sr.density_over_time(study, "z"), variable="income").figure.axes
    assert axes.get_xlabel() == "income"


def test_many_times_and_chosen_ones(grid) -> None:
    index = pd.MultiIndex.from_product([grid.index, range(1929, 2010)])
    data = pd.DataFrame({"y": np.random.default_rng(0).normal(size=len(index))}, index=index)
    found = sr.density_over_time(sr.make_study(grid[["geometry"]], data), "y")
    assert viz.density_curves(found).data.columns.tolist() == [1929, 1945, 1961, 1977, 1993, 2009]
    assert viz.density_curves(found, times=[1950, 2000]).data.columns.tolist() == [1950, 2000]
    (axes,) = viz.density_curves(found, times=[1950]).figure.axes
    assert axes.get_legend() is None
    with pytest.raises(UnknownNameError, match="no density at 1900"):
        viz.density_curves(found, times=[1900])
    with pytest.raises(InputError, match="from 1 to 8"):
        viz.density_curves(found, times=list(range(1950, 1960)))
    with pytest.raises(InputError, match="found DataFrame"):
        viz.density_curves(data)
