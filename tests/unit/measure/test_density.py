"""Kernel densities: sums of normal densities written out, scipy's rules, closed forms."""

from __future__ import annotations

from math import exp, pi, sqrt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr
from spatial_region.errors import ConstantVariableError, InputError, MissingValuesError, OptionError

IDS = [f"r{i:02d}" for i in range(40)]


@pytest.fixture
def study():
    rng = np.random.default_rng(2)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(range(40), [0] * 40), index=IDS, crs=3857)
    index = pd.MultiIndex.from_product([IDS, [2000, 2010]])
    data = pd.DataFrame({"gdp": rng.lognormal(2, 0.5, 80), "people": rng.uniform(1, 9, 80)}, index=index)
    return sr.make_study(points, data)


def plain(x, w, h, at):
    """The definition, one normal density after the other."""
    return sum(b * exp(-(((at - a) / h) ** 2) / 2) / (h * sqrt(2 * pi)) for a, b in zip(x, w, strict=True)) / sum(w)


@pytest.mark.parametrize("rule", ["scott", "silverman", "nrd0", 1.7])
@pytest.mark.parametrize("weighted", [False, True])
def test_densities_are_sums_of_normal_densities(study, rule, weighted):
    found = sr.density_over_time(study, "gdp", bandwidth=rule, weighted_by="people" if weighted else None)
    for time in (2000, 2010):
        x = study.values("gdp", at=time).to_numpy()
        w = study.values("people", at=time).to_numpy() if weighted else np.ones(40)
        h = found.shape.loc[time, "bandwidth"]
        for place in (0, 57, 133, 250, 399):
            at = found.densities.index[place]
            assert found.densities[time].iloc[place] == pytest.approx(plain(x, w, h, at), rel=1e-9)
        if rule in ("scott", "silverman"):
            theirs = stats.gaussian_kde(x, bw_method=rule, weights=w)
            assert h == pytest.approx(float(np.sqrt(theirs.covariance[0, 0])), rel=1e-12)
        elif rule == "nrd0" and not weighted:
            middle = np.subtract(*np.percentile(x, [75, 25])) / 1.34
            assert h == pytest.approx(0.9 * min(x.std(ddof=1), middle) * 40**-0.2, rel=1e-12)
        elif not isinstance(rule, str):
            assert h == rule
    area = np.trapezoid(found.densities.to_numpy(), found.densities.index, axis=0)
    np.testing.assert_allclose(area, 1, atol=2e-3)  # the grid ends 3 bandwidths beyond the values


def test_whole_weights_are_repetitions(study):
    whole = study.with_columns(people=lambda data: data["people"].round().clip(lower=1)).at(2000)
    x, times = whole.values("gdp").to_numpy(), whole.values("people").to_numpy().astype(int)
    found = sr.density_over_time(whole, "gdp", bandwidth=1.0, weighted_by="people")
    for place in (20, 200, 380):
        at = found.densities.index[place]
        expected = plain(np.repeat(x, times), np.ones(times.sum()), 1.0, at)
        assert found.densities["gdp"].iloc[place] == pytest.approx(expected, rel=1e-10)


def test_shape(study):
    found = sr.density_over_time(study, "gdp")
    row = found.shape.loc[2010]
    x = study.values("gdp", at=2010)
    assert row["median"] == pytest.approx(x.median())
    assert row["std"] == pytest.approx(x.std())
    assert row["height"] == found.densities[2010].max()
    assert row["peak"] == found.densities[2010].idxmax()
    below = np.mean([stats.norm.cdf(0, value, row["bandwidth"]) for value in x])
    assert row["below_zero"] == pytest.approx(below)
    assert "nrd0" in found.summary()
    table = found.table()
    assert table.columns.tolist() == ["time", "value", "density"]
    assert len(table) == 800


@pytest.mark.parametrize(("apart", "expected"), [(1.9, 1), (2.1, 2)])
def test_two_normal_humps_are_two_peaks_from_two_bandwidths_apart(apart, expected):
    """A mixture of two equal normal densities has two peaks when the means are more than 2 h apart."""
    half = pd.Series([0.0] * 20 + [apart] * 20, IDS)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(range(40), [0] * 40), index=IDS, crs=3857)
    found = sr.density_over_time(sr.make_study(points, pd.DataFrame({"x": half})), "x", bandwidth=1.0, points=2001)
    assert found.shape["peaks"].item() == expected
    assert len(found.peaks) == expected


def test_relative_values_do_not_depend_on_units_and_order(study):
    found = sr.density_over_time(study, "gdp", relative=True)
    np.testing.assert_allclose(found.shape["mean"], 1)
    other = study.with_columns(gdp=lambda data: data["gdp"] * 1e4)
    again = sr.density_over_time(other, "gdp", relative=True)
    np.testing.assert_allclose(again.densities, found.densities, rtol=1e-7, atol=1e-12)
    back = sr.make_study(study.regions[::-1], study.data)
    assert sr.density_over_time(back, "gdp", relative=True).densities.equals(found.densities)


def test_missing_and_refused(study):
    data = study.data.copy()
    data.loc[("r07", 2000), "gdp"] = np.nan
    holed = sr.make_study(study.regions, data)
    with pytest.raises(MissingValuesError, match="r07"):
        sr.density_over_time(holed, "gdp")
    found = sr.density_over_time(holed, "gdp", missing="drop")
    assert found.shape["n"].tolist() == [39, 40]
    assert "r07" in found.notes[0]
    with pytest.raises(ConstantVariableError, match="at 2000 is 3"):
        sr.density_over_time(study.with_columns(gdp=3.0), "gdp")
    with pytest.raises(OptionError, match="bandwidth"):
        sr.density_over_time(study, "gdp", bandwidth="silvermann")
    with pytest.raises(InputError, match="bandwidth must be a rule or a positive number"):
        sr.density_over_time(study, "gdp", bandwidth=-1.0)
    with pytest.raises(InputError, match="must be positive"):
        sr.density_over_time(study.with_columns(people=-1.0), "gdp", weighted_by="people")
    with pytest.raises(InputError, match="nothing can be relative to"):
        sr.density_over_time(study.with_columns(gdp=lambda data: -data["gdp"]), "gdp", relative=True)
    with pytest.raises(InputError, match="at least 3"):
        sr.density_over_time(study.select(IDS[:2]), "gdp")
    with pytest.raises(InputError, match="infinite"):
        sr.density_over_time(study.with_columns(gdp=lambda data: data["gdp"] / 0), "gdp")
