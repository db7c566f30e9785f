"""Predictions, moments of effects and impacts by order, against dense matrices."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import ConvergenceError, InputError, OptionError

pytestmark = pytest.mark.filterwarnings("ignore::spatial_region.errors.ConvergenceWarning")


@pytest.fixture(scope="module")
def panel(oracle):
    return oracle.panel(25, 6, seed=3)


def wide(series):
    """Regions in rows, in the order of the study; times in columns."""
    return series.to_numpy().reshape(series.index.get_level_values(0).nunique(), -1)


def dense(found, w, values):
    """Trend Z b + effects and the matrices S and B, from labels alone; regions in rows, times in columns."""
    a, b = (wide(values[name]) for name in ("a", "b"))
    p = found.params
    trend = p.get("Intercept", 0.0) + p["a"] * a + p["b"] * b
    trend = trend + p.get("W_a", 0.0) * (w @ a) + p.get("W_b", 0.0) * (w @ b)
    if found.intercept is not None:
        trend = trend + found.intercept
    if found.region_effects is not None:
        trend = trend + found.region_effects.to_numpy()[:, None]
    if found.time_effects is not None:
        trend = trend + found.time_effects.to_numpy()[None, :]
    eye = np.eye(len(w))
    return trend, eye - p.get("rho", 0.0) * w, eye - p.get("lambda", 0.0) * w


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway", "random"])
@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm"])
def test_predictions_of_the_data_of_the_fit(panel, model, effects):
    found = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model=model, effects=effects)
    trend, s, b = dense(found, panel.w, panel.study.data)
    y = wide(panel.study.data["y"])
    mean = np.linalg.solve(s, trend)
    as_rows = {kind: wide(found.predict(kind=kind)) for kind in ("trend", "TC", "TS", "BP")}
    np.testing.assert_allclose(as_rows["trend"], trend, atol=1e-8)
    np.testing.assert_allclose(as_rows["TC"], mean, atol=1e-8)
    np.testing.assert_allclose(as_rows["TS"], y - b @ (s @ y - trend), atol=1e-8)
    precision = s.T @ b.T @ b @ s
    for region in (0, 7):  # the expectation of one region given all others
        others = np.delete(np.arange(25), region)
        sigma = np.linalg.inv(precision)
        pull = sigma[region, others] @ np.linalg.inv(sigma[np.ix_(others, others)])
        expected = mean[region] + pull @ (y[others] - mean[others])
        np.testing.assert_allclose(as_rows["BP"][region], expected, atol=1e-8)


def test_least_squares_predicts_its_fitted_values(panel):
    found = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model="slx", effects="twoway")
    for kind in ("trend", "TC"):
        np.testing.assert_allclose(found.predict(kind=kind), found.fitted, atol=1e-10)
    assert found.predict().index.equals(panel.study.data.index)


def test_weights_by_time_and_several_weights(panel, oracle):
    other = oracle.panel(25, 6, seed=11).weights
    by_time = {t: other if t == 2003 else panel.weights for t in panel.study.times}
    found = sr.spatial_panel("y ~ a + b", panel.study, w=by_time, model="sar", effects="region")
    rho = found.params["rho"]
    trend = wide(found.predict(kind="trend"))
    mean = wide(found.predict())
    for place, w in ((3, other.sparse.toarray()), (1, panel.w)):
        np.testing.assert_allclose(mean[:, place], np.linalg.solve(np.eye(25) - rho * w, trend[:, place]), atol=1e-9)
    two = sr.spatial_panel("y ~ a + b", panel.study, w=[panel.weights, other], model="sdm", effects="region")
    s = np.eye(25) - two.params["rho_1"] * panel.w - two.params["rho_2"] * other.sparse.toarray()
    expected = np.linalg.solve(s, wide(two.predict(kind="trend")))
    np.testing.assert_allclose(wide(two.predict()), expected, atol=1e-9)
    np.testing.assert_allclose(two.predict(panel.study), two.predict(), atol=1e-8)


@pytest.mark.parametrize("effects", ["pooled", "region", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sem", "sdm"])
def test_other_times_of_the_same_regions(panel, model, effects):
    early, late = panel.study.between(2000, 2004), panel.study.between(2005, 2005)
    found = sr.spatial_panel("y ~ a + b", early, w=panel.weights, model=model, effects=effects)
    same = found.predict(early)
    pd.testing.assert_series_equal(same, found.predict(), check_exact=False, atol=1e-8)
    options = {"unknown_time": "mean"} if effects == "twoway" else {}
    without_y = sr.make_study(panel.study.regions, late.data.drop(columns="y"))
    ahead = found.predict(without_y, **options)
    assert len(ahead) == 25 and np.isfinite(ahead).all()
    assert np.corrcoef(ahead, late.data["y"])[0, 1] > 0.3
    if effects == "twoway":
        with pytest.raises(OptionError, match=r"effects of 1 times are unknown: 2005"):
            found.predict(without_y)
        last = found.predict(without_y, unknown_time="last", kind="trend")
        gap = last - found.predict(without_y, unknown_time="mean", kind="trend")
        np.testing.assert_allclose(gap, found.time_effects.iloc[-1], atol=1e-10)


@pytest.mark.parametrize("kind", ["TC", "BP", "BPN"])
def test_regions_without_data(panel, kind):
    """A cross-section with five regions left out; the best predictor is the conditional expectation."""
    whole = panel.study.at(2003)
    kept = whole.ids[5:]
    found = sr.spatial_regression("y ~ a + b", whole.select(kept), w=panel.weights.subset(kept), model="sar")
    predicted = found.predict(whole, w=panel.weights, kind=kind)
    assert predicted.index.tolist() == whole.ids[:5].tolist()
    s = np.eye(25) - found.params["rho"] * panel.w
    x = whole.data[["a", "b"]].to_numpy()
    mean = np.linalg.solve(s, found.params["Intercept"] + x @ found.params[["a", "b"]].to_numpy())
    if kind == "TC":
        np.testing.assert_allclose(predicted, mean[:5], atol=1e-9)
    if kind == "BP":
        sigma = np.linalg.inv(s.T @ s)
        pull = sigma[:5, 5:] @ np.linalg.inv(sigma[5:, 5:])
        expected = mean[:5] + pull @ (whole.data["y"].to_numpy()[5:] - mean[5:])
        np.testing.assert_allclose(predicted, expected, atol=1e-8)


def test_predictions_that_cannot_be_made(panel):
    found = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model="sar", effects="region")
    with pytest.raises(OptionError, match="kind='mean' is not offered"):
        found.predict(kind="mean")
    with pytest.raises(OptionError, match="for regions without data"):
        found.predict(kind="BPN")
    with pytest.raises(OptionError, match="needs the dependent variable"):
        found.predict(panel.study, kind="BP")
    with pytest.raises(InputError, match="lacks 2 regions of the fit"):
        found.predict(panel.study.select(panel.study.ids[2:]))
    more = gpd.GeoDataFrame(geometry=gpd.points_from_xy([50.0], [50.0]), index=["new"], crs=3857)
    regions = pd.concat([panel.study.regions, more])
    data = panel.study.data.reindex(pd.MultiIndex.from_product([regions.index, panel.study.times])).fillna(0.0)
    with pytest.raises(InputError, match="of 1 further regions are unknown: new"):
        found.predict(sr.make_study(regions, data))
    centred = sr.spatial_panel("y ~ center(a) + b", panel.study, w=panel.weights, model="sar", effects="pooled")
    with pytest.raises(InputError, match="would be computed anew"):
        centred.predict(panel.study)
    serial = sr.spatial_panel("y ~ a", panel.study, w=panel.weights, model="sar", effects="random", serial=True)
    with pytest.raises(OptionError, match="serial"):
        serial.predict()
    with pytest.raises(OptionError, match="unknown_time must be one of"):
        found.predict(unknown_time="first")


def test_moments_of_effects(panel):
    found = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model="sar", effects="twoway")
    moments = found.effects_moments()
    assert moments.index.tolist() == ["region", "time"] and moments["n"].tolist() == [25, 6]
    assert moments.loc["region", "mean"] == pytest.approx(0, abs=1e-10)
    values = found.region_effects.to_numpy()
    z = (values - values.mean()) / values.std()
    assert moments.loc["region", "skewness"] == pytest.approx((z**3).mean())
    assert moments.loc["region", "kurtosis"] == pytest.approx((z**4).mean() - 3)
    pooled = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model="sar", effects="pooled")
    with pytest.raises(OptionError, match="no effects"):
        pooled.effects_moments()


@pytest.mark.parametrize("model", ["sar", "sdm", "slx"])
def test_impacts_by_order_are_powers_of_w(panel, model):
    found = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model=model, effects="region")
    parts = found.partition_impacts(6)
    rho, beta, theta = found.params.get("rho", 0.0), found.params["a"], found.params.get("W_a", 0.0)
    power = np.eye(25)
    for order in range(7):
        part = rho**order * beta * power
        if order:
            part = part + rho ** (order - 1) * theta * power
        assert parts.loc[("a", order), "direct"] == pytest.approx(np.trace(part) / 25, abs=1e-12)
        assert parts.loc[("a", order), "total"] == pytest.approx(part.sum() / 25, abs=1e-12)
        power = power @ panel.w
    whole = found.impacts(se="delta").table()
    long = found.partition_impacts(200).groupby("variable").sum()
    np.testing.assert_allclose(long["direct"], whole["direct"], rtol=1e-8)
    np.testing.assert_allclose(long["indirect"], whole["indirect"], rtol=1e-8)
    assert found.partition_impacts(200).loc[("b", 200), "share"] == pytest.approx(1)


def test_impacts_by_order_of_many_regions_are_those_of_the_whole():
    """Beyond 2,000 regions traces of higher powers come from random signs."""
    from spatial_region.panel._partition import _traces

    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(*np.random.default_rng(0).uniform(3e6, 4e6, (2, 2_100))), crs=3857
    )
    w = sr.knn(points, k=5).standardise("row").sparse
    power = np.linalg.matrix_power(w.toarray(), 3)
    found = _traces(w, 4)
    assert found[2] == pytest.approx(np.trace(power), rel=0.01)
    assert found[3] == pytest.approx(np.trace(power @ w.toarray()), rel=0.01)


def test_impacts_by_order_that_do_not_exist(panel):
    found = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model="sem", effects="region")
    with pytest.raises(OptionError, match="need a model with W y or W X"):
        found.partition_impacts()
    with pytest.raises(InputError, match="orders"):
        sr.spatial_panel("y ~ a", panel.study, w=panel.weights, model="sar").partition_impacts(0)


def test_dynamic_panels_predict_their_own_data(panel):
    found = sr.dynamic_panel("y ~ a + b", panel.study, w=panel.weights, model="sar", effects="region")
    y = wide(panel.study.data["y"])
    a, b = (wide(panel.study.data[n])[:, 1:] for n in ("a", "b"))
    p = found.params
    trend = p["a"] * a + p["b"] * b + p["tau"] * y[:, :-1] + p["eta"] * panel.w @ y[:, :-1]
    trend = trend + found.intercept + found.region_effects.to_numpy()[:, None]
    np.testing.assert_allclose(wide(found.predict(kind="trend")), trend, atol=1e-8)
    with pytest.raises(OptionError, match="the data of the fit only"):
        found.predict(panel.study)


def test_rho_outside_has_no_impacts_by_order(oracle):
    wild = oracle.panel(40, 6, seed=3)
    found = sr.spatial_panel("y ~ a + b", wild.study, w=wild.weights, model="sdm", effects="pooled", method="gmm")
    with pytest.raises(ConvergenceError, match="no impacts"):
        found.partition_impacts()
