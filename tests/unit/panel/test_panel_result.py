"""The result: labels, intervals, criteria, fit, effects, text."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr

FORMULA = "growth ~ initial + previous"


@pytest.fixture(scope="module")
def sdm(us48):
    return sr.spatial_panel(FORMULA, us48, model="sdm", effects="twoway")


def test_labels(us48, sdm):
    names = ["initial", "previous", "W_initial", "W_previous", "rho"]
    for series in (sdm.params, sdm.std_errors, sdm.pvalues, sdm.zvalues):
        assert series.index.tolist() == names
    assert sdm.covariance.index.tolist() == sdm.covariance.columns.tolist() == names
    assert sdm.residuals.index.equals(us48.data.index)
    assert sdm.fitted.index.equals(us48.data.index)
    table = sdm.table()
    assert table.columns.tolist() == ["estimate", "std_error", "z", "p", "low", "high"]
    sac = sr.spatial_panel(FORMULA, us48, model="sac", effects="region")
    assert sac.params.index.tolist() == ["initial", "previous", "rho", "lambda"]


def test_inference(us48, sdm):
    np.testing.assert_allclose(sdm.zvalues, sdm.params / np.sqrt(np.diag(sdm.covariance)))
    np.testing.assert_allclose(sdm.pvalues, 2 * stats.norm.sf(abs(sdm.zvalues)))
    interval = sdm.conf_int(0.9)
    np.testing.assert_allclose(interval["high"] - sdm.params, stats.norm.ppf(0.95) * sdm.std_errors)
    ols = sr.spatial_panel(FORMULA, us48, model="ols", effects="region")
    assert ols.df_residual == 384 - 48 - 2
    np.testing.assert_allclose(ols.pvalues, 2 * stats.t(ols.df_residual).sf(abs(ols.zvalues)))
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        sdm.conf_int(95)


def test_criteria_count_every_parameter(us48, sdm):
    # 4 slopes, rho, variance, 48 + 8 - 1 effects
    assert sdm.df_model == 4 + 1 + 1 + 55
    assert sdm.aic == pytest.approx(2 * 61 - 2 * sdm.loglik)
    assert sdm.bic == pytest.approx(np.log(384) * 61 - 2 * sdm.loglik)
    transformed = sr.spatial_panel(FORMULA, us48, model="sdm", effects="twoway", lee_yu=True)
    assert (transformed.df_model, transformed.nobs) == (6, 47 * 7)
    # Plain sigma2 is too small by the degrees of freedom of the effects, not by those of the slopes.
    sar = [sr.spatial_panel(FORMULA, us48, model="sar", effects="region", lee_yu=ly) for ly in (False, True)]
    assert sar[1].sigma2 / sar[0].sigma2 == pytest.approx(8 / 7, rel=1e-9)
    np.testing.assert_allclose(sar[0].params, sar[1].params, rtol=1e-9)


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
def test_residuals_fitted_and_effects_rebuild_the_data(us48, effects):
    fit = sr.spatial_panel(FORMULA, us48, model="sdm", effects=effects)
    data = us48.data
    pd.testing.assert_series_equal(fit.fitted + fit.residuals, data["growth"], check_names=False)
    w = us48.weights["queen"].sparse

    def lag(name):
        return pd.Series((w @ us48.wide(name).to_numpy()).ravel(), index=data.index)

    p = fit.params
    rebuilt = p["rho"] * lag("growth") + fit.residuals
    for name in ("initial", "previous"):
        rebuilt = rebuilt + p[name] * data[name] + p[f"W_{name}"] * lag(name)
    rebuilt = rebuilt + (p["Intercept"] if effects == "pooled" else fit.intercept)
    if fit.region_effects is not None:
        rebuilt = rebuilt + data.index.get_level_values("region").map(fit.region_effects)
        assert fit.region_effects.sum() == pytest.approx(0, abs=1e-8)
    if fit.time_effects is not None:
        rebuilt = rebuilt + data.index.get_level_values("time").map(fit.time_effects)
        assert fit.time_effects.index.tolist() == us48.times
    np.testing.assert_allclose(rebuilt, data["growth"], atol=1e-8)
    assert (fit.region_effects is None) == (effects in ("pooled", "time"))
    assert (fit.residuals**2).sum() / fit.nobs == pytest.approx(fit.sigma2, rel=1e-10)


def test_innovations_of_the_error_model(us48):
    fit = sr.spatial_panel(FORMULA, us48, model="sem", effects="region")
    y, x = us48.wide("growth").to_numpy(), {n: us48.wide(n).to_numpy() for n in ("initial", "previous")}
    u = y - sum(fit.params[n] * x[n] for n in x)
    u = u - u.mean(axis=1, keepdims=True)
    e = u - fit.params["lambda"] * (us48.weights["queen"].sparse @ u)
    np.testing.assert_allclose(fit.residuals.unstack().reindex(us48.ids).to_numpy(), e, atol=1e-8)


def test_r2_variants(us48):
    fit = sr.spatial_panel(FORMULA, us48, model="sar", effects="region")
    y = us48.data["growth"]
    within = y - y.groupby("region").transform("mean")
    ssr = (fit.residuals**2).sum()
    assert fit.r2 == pytest.approx(1 - ssr / ((y - y.mean()) ** 2).sum())
    assert fit.r2_within == pytest.approx(1 - ssr / (within**2).sum())
    w = us48.weights["queen"].sparse.toarray()
    mean = sum(fit.params[n] * us48.wide(n).to_numpy() for n in ("initial", "previous"))
    predicted = np.linalg.solve(np.eye(48) - fit.params["rho"] * w, mean)
    predicted = predicted - predicted.mean(axis=1, keepdims=True)
    wide = within.unstack().reindex(us48.ids).to_numpy()
    assert fit.r2_squared_correlation == pytest.approx(np.corrcoef(predicted.ravel(), wide.ravel())[0, 1] ** 2)


def test_formula_transformations(us48):
    plain = us48.with_columns(log_previous=lambda d: np.log(d["previous"] + 100), square=lambda d: d["initial"] ** 2)
    one = sr.spatial_panel("growth ~ log_previous + square", plain, model="sdm", effects="region")
    two = sr.spatial_panel("growth ~ log(previous + 100) + I(initial ** 2)", us48, model="sdm", effects="region")
    np.testing.assert_allclose(one.params, two.params, rtol=1e-8)
    assert two.params.index[0] == "log(previous + 100)" and two.params.index[2] == "W_log(previous + 100)"


def test_categories_and_chinese_names(us48):
    study = us48.with_columns(
        收入=us48.data["initial"], kind=us48.data["previous"].gt(0).map({True: "up", False: "down"})
    )
    fit = sr.spatial_panel("growth ~ 收入 + C(kind)", study, model="sdm", effects="region")
    assert fit.params.index.tolist() == ["收入", "C(kind)[T.up]", "W_收入", "W_C(kind)[T.up]", "rho"]
    assert fit.impacts(se="delta").table().index.tolist() == ["收入", "C(kind)[T.up]"]


def test_attribute_of_regions_as_regressor(us48):
    area = us48.regions.assign(size=np.arange(48.0) % 7)
    study = sr.make_study(area, us48.data).with_weights(queen=us48.weights["queen"])
    fit = sr.spatial_panel("growth ~ initial + size", study, model="sar", effects="time")
    assert "size" in fit.params.index


def test_text(us48, sdm):
    text = repr(sdm)
    for part in ("Spatial Durbin model", "48 regions x 8 times", "twoway", "standardisation=row", "eigenvalues", "rho"):
        assert part in text
    cross = sr.spatial_regression(FORMULA, us48, at=2000, model="slx").summary()
    assert "classical, t with 43 degrees of freedom" in cross
    assert "2000" in cross and "effects" not in cross and "R2 within" not in cross
    assert "e-" not in "".join(line.split()[4] for line in text.splitlines()[-5:])  # p-values are readable


def test_chinese_names_stay_in_line(us48):
    study = us48.with_columns(人均收入=us48.data["initial"])
    lines = sr.spatial_panel("growth ~ 人均收入", study, model="sar", effects="region").summary().splitlines()[-2:]
    # A Chinese character is two columns wide on a terminal.
    widths = [sum(2 if ord(c) > 0x2E80 else 1 for c in line) for line in lines]
    assert widths[0] == widths[1]


def test_spec_and_pickle(us48, sdm):
    options = sdm.spec.options
    assert options["model"] == "sdm" and options["effects"] == "twoway" and options["lagged"] is None
    copy = pickle.loads(pickle.dumps(sdm))
    pd.testing.assert_series_equal(copy.params, sdm.params)


def test_nothing_of_the_caller_is_changed(us48):
    before = us48.data.copy(), us48.weights["queen"].sparse.copy()
    sr.spatial_panel(FORMULA, us48, model="gns", effects="region").impacts()
    pd.testing.assert_frame_equal(us48.data, before[0])
    assert abs(us48.weights["queen"].sparse - before[1]).max() == 0


def test_panel_of_one_time_is_the_cross_section(us48):
    one = sr.spatial_panel(FORMULA, us48.between(2000, 2000), model="sar", effects="pooled")
    two = sr.spatial_regression(FORMULA, us48, at=2000, model="sar")
    np.testing.assert_allclose(one.params, two.params, rtol=1e-12)
