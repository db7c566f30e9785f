"""Panel tests and regressions on input that is constant, mislabelled, or in other units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import IdentificationError, InputError


def panel(regions=12, times=14, seed=5):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(regions)], range(2000, 2000 + times)])
    x = rng.lognormal(2, 0.5, regions * times)
    return pd.DataFrame({"x": x, "y": x + rng.lognormal(0, 0.5, regions * times)}, index=index)


READERS = {
    "unit root": lambda data: sr.unit_root(data, "x", test="ips"),
    "cointegration": lambda data: sr.cointegration(data, "y ~ x"),
    "causality": lambda data: sr.causality(data, ["x", "y"]),
    "vector autoregression": lambda data: sr.panel_var(data, ["x", "y"]),
    "regression": lambda data: sr.panel_regression("y ~ x", data),
    "robustness": lambda data: sr.robustness("y ~ x", data, winsorise=0.01),
}


@pytest.mark.parametrize("model", ["difference", "system"])
@pytest.mark.parametrize(("of_x", "of_y"), [(1e6, 1e6), (1e-6, 1e-6), (1e8, 1.0), (1e-8, 1.0)])
def test_dynamic_panels_do_not_depend_on_units(model, of_x, of_y):
    pytest.importorskip("pyxtabond2")
    data = panel(40, 10)
    first = sr.gmm_panel("y ~ x", data, model=model)
    again = sr.gmm_panel("y ~ x", data.mul({"x": of_x, "y": of_y}), model=model)
    z = [made.table()["z"].drop("Intercept", errors="ignore") for made in (first, again)]
    pd.testing.assert_series_equal(*z, rtol=1e-5)
    assert again.params["x"] == pytest.approx(first.params["x"] * of_y / of_x, rel=1e-5)
    assert again.params["L.y"] == pytest.approx(first.params["L.y"], rel=1e-5)
    pd.testing.assert_frame_equal(first.tests[["statistic", "p"]], again.tests[["statistic", "p"]], rtol=1e-5)


def test_a_constant_up_to_rounding_is_refused_by_dynamic_panels():
    pytest.importorskip("pyxtabond2")
    data = panel(40, 10)
    with pytest.raises(IdentificationError):
        sr.gmm_panel("y ~ x", data.assign(x=0.1))


@pytest.mark.parametrize("level", [0.1, 7.0])
@pytest.mark.parametrize("varies", [False, True])
def test_pooled_causality_refuses_what_does_not_change_over_time(level, varies):
    data = panel()
    own = data["x"].groupby(level=0).transform("first") if varies else level
    with pytest.raises(IdentificationError, match=r"does not change over time|leave nothing"):
        sr.causality(data.assign(x=own), ["x", "y"], method="pooled")


def test_pooled_causality_needs_two_regions():
    with pytest.raises(IdentificationError, match="at least 2 regions"):
        sr.causality(panel(1), ["x", "y"], method="pooled")


@pytest.mark.parametrize("name", READERS)
def test_rows_without_a_time_or_a_region_are_refused(name):
    data = panel()
    for place, what in enumerate(("region", "time")):
        labels = [list(label) for label in data.index]
        labels[3][place] = np.nan
        with pytest.raises(InputError, match=f"1 of 168 rows have no {what}"):
            READERS[name](data.set_axis(pd.MultiIndex.from_tuples(map(tuple, labels))))


@pytest.mark.parametrize("name", READERS)
def test_regions_of_two_kinds_are_refused_in_words(name):
    with pytest.raises(InputError, match="regions must be of one kind"):
        READERS[name](panel().rename(index={"r03": 3}, level=0))


@pytest.mark.parametrize("effects", ["pooled", "region", "twoway", "random"])
def test_an_identity_is_no_regression(effects):
    data = panel()
    with pytest.raises(IdentificationError, match="without residual"):
        sr.panel_regression("y ~ x", data.assign(y=2 * data["x"]), effects=effects)


@pytest.mark.parametrize("effects", ["region", "twoway", "random"])
@pytest.mark.parametrize("level", [1e4, 1e6, 1e8, 1e9, 1e10])
def test_a_level_changes_no_slope_or_is_refused_in_words(effects, level):
    data = panel()
    slope = sr.panel_regression("y ~ x", data, effects=effects).params["x"]
    try:
        made = sr.panel_regression("y ~ x", data.assign(x=data["x"] + level), effects=effects)
    except IdentificationError as refused:
        assert level >= 1e6
        assert "beside its level" in str(refused) or "does not vary" in str(refused) or "combination" in str(refused)
    else:
        assert made.params["x"] == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("effects", ["pooled", "region", "twoway", "random"])
@pytest.mark.parametrize(("of_x", "of_y"), [(1e12, 1.0), (1e12, 1e12), (1e-12, 1.0), (1.0, 1e-12), (1e60, 1e-60)])
def test_panel_regressions_do_not_depend_on_units(effects, of_x, of_y):
    data = panel(60, 20)
    first = sr.panel_regression("y ~ x", data, effects=effects)
    again = sr.panel_regression("y ~ x", data.mul({"x": of_x, "y": of_y}), effects=effects)
    assert again.params["x"] == pytest.approx(first.params["x"] * of_y / of_x, rel=1e-9)
    t = [made.table()["t"] for made in (first, again)]
    pd.testing.assert_series_equal(*t, rtol=1e-8)
    pd.testing.assert_frame_equal(first.tests[["statistic", "p"]], again.tests[["statistic", "p"]], rtol=1e-6)


@pytest.mark.parametrize("effects", ["pooled", "twoway"])
@pytest.mark.parametrize(("of_x", "of_y", "of_z"), [(1e12, 1.0, 1.0), (1e-12, 1e12, 1e12), (1.0, 1e-12, 1e12)])
def test_instrumented_regressions_do_not_depend_on_units(effects, of_x, of_y, of_z):
    data = panel(60, 20)
    rng = np.random.default_rng(8)
    data["z"], data["u"] = (data["x"] + rng.normal(size=len(data)) for _ in range(2))
    scaled = data.mul({"x": of_x, "y": of_y, "z": of_z, "u": of_z})
    first, again = (
        sr.panel_regression("y ~ x", given, effects=effects, endogenous=["x"], instruments=["z", "u"])
        for given in (data, scaled)
    )
    assert again.params["x"] == pytest.approx(first.params["x"] * of_y / of_x, rel=1e-9)
    pd.testing.assert_series_equal(first.table()["t"], again.table()["t"], rtol=1e-8)
    pd.testing.assert_frame_equal(first.tests[["statistic", "p"]], again.tests[["statistic", "p"]], rtol=1e-6)
    np.testing.assert_allclose(again.residuals, first.residuals * of_y, rtol=1e-6, atol=1e-9 * of_y)


def test_robustness_refuses_spans_and_groupings_that_say_nothing():
    data = panel()
    with pytest.raises(InputError, match="first time, last time"):
        sr.robustness("y ~ x", data, between={"early": 2000})
    nowhere = pd.Series(np.nan, index=data.index.unique(0))
    with pytest.raises(InputError, match="no region of the panel into a group"):
        sr.robustness("y ~ x", data, grouping=nowhere, winsorise=0.01)
