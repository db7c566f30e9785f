"""The histogram of permutations, and the trend of statistics other than Moran's I."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import InputError, OptionError


def _observed(figure: viz.Figure) -> float:
    (axes,) = figure.figure.axes
    return float(next(line for line in axes.lines if line.get_gid() == "observed").get_xdata()[0])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_global_statistic_draws_itself(grid, lang):
    w = sr.contiguity(grid)
    frame = grid.assign(y=grid["smooth"] + 5, use=np.where(grid["noise"] > 0, "a", "b"), people=1000.0)
    results = [
        sr.geary(frame, "noise", w=w, permutations=499),
        sr.getis_ord_g(frame, "y", w=w, permutations=499),
        sr.join_count(frame, "use", w=w, permutations=499),
        sr.bivariate_moran(frame, "smooth", other="noise", w=w, permutations=499),
        sr.lee(frame, "smooth", other="noise", w=w, permutations=499),
    ]
    for result in results:
        figure = result.plot(lang=lang, title=result.title)
        assert figure.data["permutations"].sum() == 499
        assert _observed(figure) == result.statistic
        assert viz.layout_faults(figure) == []
    moran = sr.moran(frame, "y", w=w, permutations=499)
    assert _observed(moran.plot(kind="permutations", lang=lang)) == moran.I
    assert "slope" in {line.get_gid() for line in moran.plot(lang=lang).figure.axes[0].lines}


def test_counts_have_a_bar_each(grid):
    """Join counts are whole: bars of width one around each, none split between two."""
    joins = sr.join_count((grid["noise"] > 1).rename("high"), w=sr.contiguity(grid), permutations=999)
    data = viz.permutation_histogram(joins).data
    np.testing.assert_allclose(data["right"] - data["left"], 1)
    middle = (data["left"] + data["right"]) / 2
    for place, count in zip(middle, data["permutations"], strict=True):
        assert count == np.sum(joins.simulated == round(place))


def test_one_value_only(grid):
    """Each region has both neighbours of every other: no arrangement differs, and there is one bar."""
    everyone = sr.Weights(grid.index, np.ones((64, 64)) - np.eye(64))
    joins = sr.join_count((grid["noise"] > 1).rename("high"), w=everyone, permutations=99)
    assert joins.p == 1
    assert np.isnan(joins.z)
    assert viz.permutation_histogram(joins).data["permutations"].tolist() == [99]


def test_what_cannot_be_drawn(grid):
    w = sr.contiguity(grid)
    with pytest.raises(InputError, match="no permutations to draw"):
        sr.geary(grid, "noise", w=w, permutations=0).plot()
    with pytest.raises(InputError, match="found DataFrame"):
        viz.permutation_histogram(pd.DataFrame())
    with pytest.raises(OptionError, match="kind='histogram' is not offered"):
        sr.moran(grid, "noise", w=w, permutations=9).plot(kind="histogram")


@pytest.mark.parametrize(("statistic", "symbol", "label"), [("geary", "C", "Geary's C"), ("getis_ord_g", "G", "Getis")])
def test_trend_of_other_statistics(panel_study, statistic, symbol, label):
    study = panel_study.with_columns(high=lambda data: data["y"] + 10)
    table = sr.moran_by_time(study, "high", w=sr.contiguity(study), statistic=statistic, permutations=99)
    figure = viz.moran_trend(table)
    (axes,) = figure.figure.axes
    assert axes.get_ylabel().startswith(label)
    assert figure.data[symbol].tolist() == table[symbol].tolist()
    assert viz.layout_faults(figure) == []
