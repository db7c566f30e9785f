"""Impacts and coefficients with intervals: the right numbers at the right places, and room for every label."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import InputError, OptionError


@pytest.fixture(scope="module")
def study() -> sr.Study:
    x, y = np.divmod(np.arange(36), 6)
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(3e6 + 1000 * x, 3e6 + 1000 * y), crs=3857)
    index = pd.MultiIndex.from_product([regions.index, range(2010, 2015)])
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(180, 3)), index=index, columns=["y", "a", "b"])
    data["y"] += data["a"]
    study = sr.make_study(regions, data)
    return study.with_weights(knn=sr.knn(study, k=4))


def test_intervals_of_draws_are_their_quantiles(study):
    impacts = sr.spatial_panel("y ~ a + b", study, model="sdm").impacts(draws=200)
    data = impacts.plot(level=0.9).data.set_index(["variable", "kind"])
    assert len(data) == 6
    low, high = impacts.draws["direct"]["a"].quantile([0.05, 0.95])
    assert data.loc[("a", "direct"), ["low", "high"]].tolist() == pytest.approx([low, high])
    assert data.loc[("a", "total"), "estimate"] == impacts.total["a"]


def test_intervals_of_the_delta_method_are_normal(study):
    impacts = sr.spatial_panel("y ~ a + b", study, model="sar").impacts(se="delta")
    data = impacts.plot().data.set_index(["variable", "kind"])
    half = 1.959964 * impacts.std_errors.loc["b", "indirect"]
    assert data.loc[("b", "indirect"), "high"] == pytest.approx(impacts.indirect["b"] + half)


def test_a_model_without_indirect_impacts_shows_its_coefficients(study):
    fit = sr.spatial_panel("y ~ a + b", study, model="sem")
    data = fit.plot().data
    assert data["variable"].tolist() == ["a", "b", "lambda"]
    np.testing.assert_allclose(data[["low", "high"]], fit.conf_int())
    assert len(fit.plot(kind="impacts").data) == 4  # direct and total; there is nothing indirect to show


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_cut_off(study, lang):
    fit = sr.spatial_panel("y ~ a + b", study, model="sdm")
    labels = {
        "a": "人均地区生产总值（对数）与产业结构高级化指数之交互项",
        "b": "a label that is so long that it needs two lines",
    }
    figure = fit.plot(labels=labels, lang=lang, title="Impacts 各效应")
    assert viz.layout_faults(figure) == []


def test_bad_options(study):
    fit = sr.spatial_panel("y ~ a + b", study, model="sdm")
    with pytest.raises(OptionError, match="'impacts', 'coefficients'"):
        fit.plot(kind="forest")
    with pytest.raises(InputError, match="level"):
        fit.plot(level=2)
    with pytest.raises(InputError, match="lacks the columns kind, low, high"):
        viz.interval_plot(pd.DataFrame({"variable": ["a"], "estimate": [1.0]}))
    empty = pd.DataFrame({"variable": ["a"], "kind": "", "estimate": [np.nan], "low": [0.0], "high": [1.0]})
    with pytest.raises(InputError, match="no row"):
        viz.interval_plot(empty)
