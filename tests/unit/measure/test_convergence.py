"""Convergence: exact paths, least squares written out, jackknife by leaving out, and what peers get wrong."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr
from spatial_region.errors import (
    ConstantVariableError,
    IdentificationError,
    InputError,
    MissingValuesError,
    OptionError,
)

IDS = [f"r{i:02d}" for i in range(25)]


def study_of(**variables: pd.DataFrame) -> sr.Study:
    """A study whose variables are tables of region by time."""
    first = next(iter(variables.values()))
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(1e5 * (np.arange(len(first)) % 5), 1e5 * (np.arange(len(first)) // 5)),
        index=first.index,
        crs=3857,
    )
    return sr.make_study(points, pd.DataFrame({name: wide.stack() for name, wide in variables.items()}))  # noqa: PD013


def path(speed, years, *, start=None, goal=10.0):
    """Levels whose gap to the goal shrinks by exp(-speed) a year."""
    gaps = np.random.default_rng(0).normal(0, 0.7, 25) if start is None else start
    return pd.DataFrame({year: np.exp(goal + gaps * np.exp(-speed * (year - years[0]))) for year in years}, IDS)


@pytest.fixture
def noisy():
    rng = np.random.default_rng(5)
    years = list(range(2000, 2009))
    school = pd.DataFrame(rng.normal(size=(25, 9)), IDS, years)
    steady = rng.normal(9, 0.4, 25)
    logs = [steady + rng.normal(0, 0.8, 25)]
    for t in range(8):
        logs.append(logs[-1] + 0.15 * (steady - logs[-1]) + 0.05 * school.iloc[:, t] + rng.normal(0, 0.05, 25))
    return study_of(gdp=pd.DataFrame(np.exp(np.array(logs).T), IDS, years), school=school)


@pytest.mark.parametrize("speed", [0.005, 0.02, 0.3])
@pytest.mark.parametrize("last", [2001, 2010, 2035])
def test_a_known_speed_is_found_and_a_gap_is_half_after_the_half_life(speed, last):
    study = study_of(gdp=path(speed, [2000, last]))
    found = sr.convergence(study, "gdp")
    assert found.rates["speed"] == pytest.approx(speed, rel=1e-9)
    assert found.rates["half_life"] == pytest.approx(np.log(2) / speed, rel=1e-9)
    later = path(speed, [2000, 2000 + found.rates["half_life"]])
    gap = np.log(later) - 10.0
    np.testing.assert_allclose(gap.iloc[:, 1] / gap.iloc[:, 0], 0.5, rtol=1e-9)
    assert found.verdict == "convergence"


def test_the_panel_of_a_known_speed(noisy):
    wide = path(0.04, [2000, 2005, 2010, 2015])
    found = sr.convergence(study_of(gdp=wide), "gdp", form="panel")
    assert found.span == 5
    assert found.rates["speed"] == pytest.approx(0.04, rel=1e-9)
    assert found.nobs == 75


def test_half_life_of_annual_growth_taken_for_that_of_the_whole_span_is_wrong():
    """R REAT 3.0.0 regresses annual growth, and then computes -ln(1 + b) / T as if it were that of the span."""
    found = sr.convergence(study_of(gdp=path(0.02, [2000, 2020])), "gdp")
    b = found.table().loc["log_initial", "estimate"]
    theirs = np.log(2) / (-np.log(1 + b) / 20)
    assert found.rates["half_life"] == pytest.approx(34.657, abs=1e-3)
    assert theirs == pytest.approx(834, abs=1)
    gap = np.log(path(0.02, [2000, 2000 + theirs])) - 10.0
    assert (gap.iloc[:, 1] / gap.iloc[:, 0]).max() < 1e-7  # long closed


def test_cross_section_is_least_squares_written_out(noisy):
    found = sr.convergence(noisy, "gdp", controls=["school"])
    logs, school = np.log(noisy.wide("gdp")), noisy.wide("school")
    y = ((logs[2008] - logs[2000]) / 8).to_numpy()
    x = np.column_stack([np.ones(25), logs[2000], school[2000]])
    b = np.linalg.solve(x.T @ x, x.T @ y)
    e = y - x @ b
    bread = np.linalg.inv(x.T @ x)
    hc1 = np.sqrt(np.diag(bread @ (x.T * e**2) @ x @ bread) * 25 / 22)
    table = found.table()
    assert table.index.tolist() == ["Intercept", "log_initial", "school"]
    np.testing.assert_allclose(table["estimate"], b, rtol=1e-9)
    np.testing.assert_allclose(table["std_error"], hc1, rtol=1e-9)
    np.testing.assert_allclose(table["p"], 2 * stats.t.sf(np.abs(b / hc1), 22), rtol=1e-8)
    classical = sr.convergence(noisy, "gdp", controls=["school"], covariance="classical").table()["std_error"]
    np.testing.assert_allclose(classical, np.sqrt(np.diag(bread) * (e @ e) / 22), rtol=1e-9)
    assert found.r2 == pytest.approx(1 - e @ e / ((y - y.mean()) ** 2).sum())
    mean = sr.convergence(noisy, "gdp", controls=["school"], controls_at="mean")
    x[:, 2] = school.mean(axis=1)
    np.testing.assert_allclose(mean.table()["estimate"], np.linalg.lstsq(x, y, rcond=None)[0], rtol=1e-8)
    assert "conditional" in found.summary()


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
def test_panel_is_least_squares_on_dummies(noisy, effects):
    found = sr.convergence(noisy, "gdp", form="panel", controls=["school"], effects=effects)
    logs, school = np.log(noisy.wide("gdp").to_numpy()), noisy.wide("school").to_numpy()
    y, x = np.diff(logs, axis=1).ravel(), np.column_stack([logs[:, :-1].ravel(), school[:, :-1].ravel()])
    region, time = np.repeat(np.arange(25), 8), np.tile(np.arange(8), 25)
    dummies = [np.ones((200, 1))]
    dummies += [np.eye(25)[region][:, 1:]] if effects in ("region", "twoway") else []
    dummies += [np.eye(8)[time][:, 1:]] if effects in ("time", "twoway") else []
    design = np.column_stack([x, *dummies])
    b = np.linalg.lstsq(design, y, rcond=None)[0]
    own = found.table().loc[["log_initial", "school"]]
    np.testing.assert_allclose(own["estimate"], b[:2], rtol=1e-8)
    e = y - design @ b
    bread = np.linalg.inv(design.T @ design)
    sums = np.array([design[region == g].T @ e[region == g] for g in range(25)])
    k = design.shape[1] - (24 if effects in ("region", "twoway") else 0)  # effects inside clusters do not count
    factor = 25 / 24 * 199 / (200 - k)
    clustered = np.sqrt(np.diag(bread @ sums.T @ sums @ bread)[:2] * factor)
    np.testing.assert_allclose(own["std_error"], clustered, rtol=1e-6)
    np.testing.assert_allclose(own["p"], 2 * stats.t.sf(np.abs(own["estimate"] / own["std_error"]), 24), rtol=1e-9)
    assert found.df == 24
    classical = sr.convergence(noisy, "gdp", form="panel", controls=["school"], effects=effects, covariance="classical")
    plain = np.sqrt(np.diag(bread)[:2] * (e @ e) / (200 - design.shape[1]))
    np.testing.assert_allclose(classical.table().loc[["log_initial", "school"], "std_error"], plain, rtol=1e-8)


def test_panel_controls_at_the_mean_of_both_ends(noisy):
    found = sr.convergence(noisy, "gdp", form="panel", controls=["school"], controls_at="mean")
    school = noisy.wide("school").to_numpy()
    made = found.study.wide("school").to_numpy()
    np.testing.assert_allclose(made, (school[:, 1:] + school[:, :-1]) / 2)


def test_the_study_of_the_regression_goes_to_the_spatial_models(noisy):
    w = sr.knn(noisy, k=4)
    found = sr.convergence(noisy, "gdp", controls=["school"], covariance="classical")
    plain = sr.spatial_regression(found.formula, found.study, w=w, model="ols")
    np.testing.assert_allclose(plain.params["log_initial"], found.table().loc["log_initial", "estimate"], rtol=1e-9)
    spatial = sr.spatial_regression(found.formula, found.study, w=w, model="sdm")
    rates = sr.convergence_speed(spatial.params["log_initial"], spatial.std_errors["log_initial"], span=found.span)
    assert 0 < rates["speed_low"] < rates["speed"] < rates["speed_high"]
    for effects in ("pooled", "region", "time", "twoway"):
        panel = sr.convergence(noisy, "gdp", form="panel", effects=effects)
        same = sr.spatial_panel(
            panel.formula, panel.study, w=w, model="ols", effects=effects, covariance="cluster_region"
        )
        own = panel.table().loc["log_initial"]
        assert own["estimate"] == pytest.approx(same.params["log_initial"], rel=1e-8)
        assert own["std_error"] == pytest.approx(same.std_errors["log_initial"], rel=1e-7)
        assert own["p"] == pytest.approx(same.pvalues["log_initial"], rel=1e-6)
    assert list(found.study.weights) == list(noisy.weights)


def test_units_and_order_change_nothing_but_the_intercept(noisy):
    flipped = study_of(gdp=noisy.wide("gdp")[::-1] * 1e4, school=noisy.wide("school")[::-1])
    for options in ({}, {"form": "panel", "effects": "region"}):
        a, b = (sr.convergence(study, "gdp", controls=["school"], **options) for study in (noisy, flipped))
        np.testing.assert_allclose(a.rates, b.rates, rtol=1e-7)
    a, b = (sr.convergence(study, "gdp", kind="sigma") for study in (noisy, flipped))
    np.testing.assert_allclose(a.trend, b.trend, rtol=1e-9)
    np.testing.assert_allclose(a.ends, b.ends, rtol=1e-9)


def test_speed_and_its_intervals():
    rates = sr.convergence_speed(-0.02, 0.005, span=10)
    assert rates["speed"] == pytest.approx(-np.log(0.8) / 10)
    step = 1e-6
    slope = (sr.convergence_speed(-0.02 + step, span=10)["speed"] - rates["speed"]) / step
    assert rates["speed_se"] == pytest.approx(abs(slope) * 0.005, rel=1e-5)
    low = sr.convergence_speed(-0.02 + stats.norm.ppf(0.975) * 0.005, span=10)
    assert rates["speed_low"] == pytest.approx(low["speed"])
    assert rates["half_life_high"] == pytest.approx(low["half_life"])
    by_t = sr.convergence_speed(-0.02, 0.005, span=10, df=10)
    assert by_t["speed_low"] == pytest.approx(
        sr.convergence_speed(-0.02 + stats.t.ppf(0.975, 10) * 0.005, span=10)["speed"]
    )
    assert np.isinf(sr.convergence_speed(-0.02, 0.03, span=10)["half_life_high"])  # the interval reaches divergence
    fast = sr.convergence_speed(-0.02, 0.05, span=10)
    assert np.isinf(fast["speed_high"])
    assert fast["half_life_low"] == 0
    away = sr.convergence_speed(0.01, 0.001, span=10)
    assert away["speed"] < 0
    assert np.isnan(away["half_life"])
    assert np.isnan(sr.convergence_speed(-0.2, 0.01, span=10)["speed"])  # closed within the span
    for wrong in ({"span": 0}, {"span": 10, "level": 2}, {"span": np.inf}):
        with pytest.raises(InputError):
            sr.convergence_speed(-0.02, 0.01, **wrong)
    with pytest.raises(InputError, match="std_error"):
        sr.convergence_speed(-0.02, -0.01, span=3)
    with pytest.raises(InputError, match="coefficient"):
        sr.convergence_speed(np.nan, span=3)


@pytest.mark.parametrize("dispersion", ["sd_log", "cv"])
def test_sigma_by_leaving_out_each_region(noisy, dispersion):
    found = sr.convergence(noisy, "gdp", kind="sigma", dispersion=dispersion)
    wide = noisy.wide("gdp").to_numpy()
    years = np.arange(2000, 2009)

    def slope(x):
        of = np.log(x).std(axis=0) if dispersion == "sd_log" else x.std(axis=0) / x.mean(axis=0)
        return stats.linregress(years, np.log(of))

    whole = slope(wide)
    each = np.array([slope(np.delete(wide, i, axis=0)).slope for i in range(25)])
    se = np.sqrt(24 / 25 * ((each - each.mean()) ** 2).sum())
    assert found.trend["slope"] == pytest.approx(whole.slope, rel=1e-9)
    assert found.trend["se_ols"] == pytest.approx(whole.stderr, rel=1e-9)
    assert found.trend["p_ols"] == pytest.approx(whole.pvalue, rel=1e-7)
    assert found.trend["se"] == pytest.approx(se, rel=1e-8)
    assert found.trend["p"] == pytest.approx(2 * stats.t.sf(abs(whole.slope) / se, 24), rel=1e-7)
    table = found.table()
    np.testing.assert_allclose(table["sd_log"], np.log(wide).std(axis=0), rtol=1e-12)
    np.testing.assert_allclose(table["cv"], wide.std(axis=0) / wide.mean(axis=0), rtol=1e-12)
    values = np.log(wide) if dispersion == "sd_log" else wide / wide.mean(axis=0)
    r, p = stats.pearsonr(values[:, 0] + values[:, -1], values[:, 0] - values[:, -1])
    assert found.ends["t_pitman"] == pytest.approx(r * np.sqrt(23 / (1 - r**2)), rel=1e-9)
    assert found.ends["p_pitman"] == pytest.approx(p, rel=1e-6)

    def change(x):
        of = np.log(x).std(axis=0) if dispersion == "sd_log" else x.std(axis=0) / x.mean(axis=0)
        return np.log(of[-1] / of[0])

    each = np.array([change(np.delete(wide, i, axis=0)) for i in range(25)])
    se = np.sqrt(24 / 25 * ((each - each.mean()) ** 2).sum())
    assert found.ends["se_log"] == pytest.approx(se, rel=1e-8)
    assert found.ends["p"] == pytest.approx(2 * stats.t.sf(abs(change(wide)) / se, 24), rel=1e-7)
    assert found.ends["ratio"] == pytest.approx(table["relative_to_first"].iloc[-1])
    assert "Pitman" in found.summary()


def test_sigma_does_not_find_trends_where_there_are_none():
    """Persistent regions whose dispersion is constant: the regression on time is fooled, leaving regions out is not."""
    rng = np.random.default_rng(12)
    years = list(range(2000, 2012))
    by_time, by_region, by_ends, by_pitman = [], [], [], []
    for _ in range(150):
        logs = [rng.normal(0, 0.5, 25)]
        for _ in years[1:]:
            logs.append(0.95 * logs[-1] + np.sqrt(1 - 0.95**2) * rng.normal(0, 0.5, 25))
        made = sr.convergence(study_of(y=pd.DataFrame(np.exp(np.array(logs).T), IDS, years)), "y", kind="sigma")
        by_time.append(made.trend["p_ols"] < 0.05)
        by_region.append(made.trend["p"] < 0.05)
        by_ends.append(made.ends["p"] < 0.05)
        by_pitman.append(made.ends["p_pitman"] < 0.05)
    assert np.mean(by_time) > 0.4
    assert np.mean(by_region) < 0.14
    assert np.mean(by_ends) < 0.12
    assert np.mean(by_pitman) < 0.12


def test_two_times_are_enough_for_sigma():
    found = sr.convergence(study_of(gdp=path(0.05, [2000, 2010])), "gdp", kind="sigma")
    assert found.trend["slope"] == pytest.approx(-0.05, rel=1e-9)
    assert np.isnan(found.trend["p_ols"])
    assert found.verdict == "convergence"


def test_missing_values(noisy):
    wide = noisy.wide("gdp")
    wide.loc["r03", 2004] = np.nan
    holed = study_of(gdp=wide, school=noisy.wide("school"))
    assert sr.convergence(holed, "gdp").nobs == 25  # neither end is missing
    with pytest.raises(MissingValuesError, match=r"'gdp' is missing in 1 of 225 cells: r03 2004"):
        sr.convergence(holed, "gdp", form="panel")
    assert sr.convergence(holed, "gdp", form="panel", missing="drop").nobs == 198
    made = sr.convergence(holed, "gdp", kind="sigma", missing="drop")
    alone = sr.convergence(study_of(gdp=wide.drop("r03")), "gdp", kind="sigma")
    assert made.trend.tolist() == alone.trend.tolist()
    assert "r03" in made.notes[0]
    gap = noisy.wide("school")
    gap.loc["r04", 2008] = np.nan
    assert sr.convergence(study_of(gdp=noisy.wide("gdp"), school=gap), "gdp", controls=["school"]).nobs == 25
    assert (
        sr.convergence(study_of(gdp=noisy.wide("gdp"), school=gap), "gdp", form="panel", controls=["school"]).nobs
        == 200
    )
    with pytest.raises(MissingValuesError, match="'school'"):
        sr.convergence(study_of(gdp=noisy.wide("gdp"), school=gap), "gdp", controls=["school"], controls_at="mean")


def test_what_is_refused(noisy):
    with pytest.raises(OptionError, match=r'are for kind="beta"'):
        sr.convergence(noisy, "gdp", kind="sigma", controls=["school"])
    with pytest.raises(OptionError, match=r'is for kind="sigma"'):
        sr.convergence(noisy, "gdp", dispersion="cv")
    with pytest.raises(OptionError, match=r'form="panel"'):
        sr.convergence(noisy, "gdp", effects="region")
    with pytest.raises(OptionError, match="kind"):
        sr.convergence(noisy, "gdp", kind="gamma")
    with pytest.raises(InputError, match="a cross-section"):
        sr.convergence(noisy.at(2000), "gdp")
    with pytest.raises(InputError, match="equal intervals"):
        sr.convergence(study_of(gdp=path(0.1, [2000, 2005, 2008])), "gdp", form="panel")
    with pytest.raises(InputError, match="must be positive"):
        sr.convergence(noisy, "school")
    with pytest.raises(InputError, match="at least 4"):
        sr.convergence(noisy.select(IDS[:3]), "gdp")
    with pytest.raises(InputError, match="list of names"):
        sr.convergence(noisy, "gdp", controls="school")
    with pytest.raises(InputError, match="rename it"):
        sr.convergence(noisy.with_columns(growth=1.0), "gdp", controls=["growth"])
    with pytest.raises(IdentificationError, match="'one' does not vary"):
        sr.convergence(noisy.with_columns(one=3.7), "gdp", controls=["one"])
    with pytest.raises(IdentificationError, match="'own' does not vary once the effects"):
        own = pd.Series(np.arange(25.0), IDS)
        sr.convergence(noisy.with_columns(own=own), "gdp", form="panel", effects="region", controls=["own"])
    with pytest.raises(IdentificationError, match="combinations of one another"):
        twice = noisy.with_columns(twice=lambda data: 2 * data["school"] + 1)
        sr.convergence(twice, "gdp", controls=["school", "twice"])
    with pytest.raises(ConstantVariableError, match="2000"):
        sr.convergence(study_of(gdp=path(0.1, [2000, 2010], start=np.zeros(25))), "gdp", kind="sigma")
    with pytest.raises(ConstantVariableError, match="all but one, at 2000"):
        start = np.r_[1.0, np.zeros(24)]
        sr.convergence(study_of(gdp=path(0.1, [2000, 2010], start=start)), "gdp", kind="sigma")
    with pytest.raises(InputError, match="times must be numbers"):
        sr.convergence(study_of(gdp=path(0.1, [2000, 2010]).set_axis(["a", "b"], axis=1)), "gdp")


def test_unbalanced_panels_are_least_squares_on_dummies_too(noisy):
    wide = noisy.wide("gdp")
    for region, year in (("r03", 2004), ("r10", 2000), ("r11", 2008)):
        wide.loc[region, year] = np.nan
    found = sr.convergence(study_of(gdp=wide), "gdp", form="panel", effects="twoway", missing="drop")
    logs = np.log(wide.to_numpy())
    y, x = np.diff(logs, axis=1).ravel(), logs[:, :-1].ravel()
    kept = ~np.isnan(y) & ~np.isnan(x)
    region, time = np.repeat(np.arange(25), 8)[kept], np.tile(np.arange(8), 25)[kept]
    design = np.column_stack([x[kept], np.eye(25)[region], np.eye(8)[time][:, 1:]])
    b = np.linalg.lstsq(design, y[kept], rcond=None)[0]
    assert found.nobs == kept.sum() == 196
    assert found.table().loc["log_initial", "estimate"] == pytest.approx(b[0], rel=1e-8)
    with pytest.raises(IdentificationError, match="'trend' does not vary once the effects"):
        line = pd.Series(dict(zip(range(2000, 2009), range(9), strict=True)))
        trend = noisy.data.index.get_level_values("time").map(line)
        made = study_of(gdp=wide).with_columns(trend=pd.Series(np.asarray(trend, float), noisy.data.index))
        sr.convergence(made, "gdp", form="panel", effects="twoway", controls=["trend"], missing="drop")


def test_divergence_and_gaps_that_close_within_the_span_are_said():
    apart = sr.convergence(study_of(gdp=path(-0.02, [2000, 2010])), "gdp")
    assert apart.verdict == "divergence"
    assert np.isnan(apart.rates["half_life"])
    gaps = np.random.default_rng(0).normal(0, 0.7, 25)
    crossed = pd.DataFrame({2000: np.exp(9 + gaps), 2010: np.exp(9 - 0.2 * gaps)}, IDS)
    found = sr.convergence(study_of(gdp=crossed), "gdp")
    assert np.isnan(found.rates["speed"])
    assert "no speed follows" in found.summary()
