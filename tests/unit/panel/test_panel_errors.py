"""Bad input: each situation has its own named error that says what was found and what to do."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import (
    AlignmentError,
    ConstantVariableError,
    ConvergenceError,
    ConvergenceWarning,
    IdentificationError,
    InputError,
    IslandWarning,
    MissingValuesError,
    OptionError,
    UnknownNameError,
    WeightsError,
)

FORMULA = "growth ~ initial + previous"


def panel(us48, formula=FORMULA, **options):
    return sr.spatial_panel(formula, us48, **({"model": "sdm", "effects": "region"} | options))


# -- options -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"method": "bayes"}, "method='bayes' is not offered.*'ml', 'gmm'"),
        ({"effects": "fixed"}, "effects='fixed' is not offered.*'pooled', 'region', 'time', 'twoway', 'random'"),
        ({"effects": "two-way"}, "Did you mean 'twoway'"),
        ({"model": "durbin"}, "model='durbin' is not offered.*'sdm'"),
        ({"determinant": "chebyshev"}, "determinant='chebyshev' is not offered"),
        ({"effects": "pooled", "lee_yu": True}, "effects='pooled' has none"),
        ({"lee_yu": "yes"}, "lee_yu must be True or False"),
        ({"model": "sar", "lagged": ["initial"]}, "model='sar' has none; they are in 'slx', 'sdm', 'sdem', 'gns'"),
    ],
)
def test_options_that_are_not_offered_are_refused_with_the_list(us48, options, found):
    with pytest.raises(OptionError, match=found):
        panel(us48, **options)


def test_study_and_time(us48):
    with pytest.raises(InputError, match="8 times; say which, at=2000"):
        sr.spatial_regression(FORMULA, us48)
    with pytest.raises(UnknownNameError, match="no time 1999"):
        sr.spatial_regression(FORMULA, us48, at=1999)
    with pytest.raises(InputError, match="use sr.spatial_regression"):
        sr.spatial_panel(FORMULA, us48.at(2000))
    with pytest.raises(InputError, match="without time"):
        sr.spatial_regression(FORMULA, us48.at(2000), at=2000)
    with pytest.raises(InputError, match="must be a Study"):
        sr.spatial_panel(FORMULA, us48.data)
    assert sr.spatial_regression(FORMULA, us48, at=2000).spec.inputs["at"] == 2000


# -- formula -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "error", "found"),
    [
        ("growth ~ inital", UnknownNameError, "no variable 'inital'.*Did you mean 'initial'"),
        ("growth ~ lgo(initial)", UnknownNameError, "no function 'lgo'.*Did you mean 'log"),
        ("growth ~ lag(initial)", InputError, "shift rows across regions"),
        ("growth ~ np.linalg.inv(initial)", UnknownNameError, "no function 'np.linalg.inv'"),
        ("growth ~ open('x')", UnknownNameError, "no function 'open'"),
        ("growth ~ ｏｐｅｎ('x')", InputError, "full-width"),
        ("growth ~ initial.__class__", UnknownNameError, "no variable 'initial.__class__'"),
        ("growth ~ {[open][0]('x')}", InputError, "contains braces"),
        ("growth ~ initial +", InputError, "cannot be read"),
        ("growth ~ initial | previous", InputError, "one '~'"),
        ("~ initial", InputError, "one '~'"),
        ("growth + initial ~ previous", InputError, "left side"),
        ("growth ~ 1", InputError, "has no regressor"),
        (
            "log(growth) ~ initial",
            InputError,
            r"'log\(growth\)' is not finite in 32 of 384 rows: Washington .53. 1930,",
        ),
        (3, InputError, "formula must be text"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in log")
def test_formula(us48, formula, error, found):
    with pytest.raises(error, match=found):
        panel(us48, formula)


def test_text_is_not_turned_into_dummies(us48):
    text = us48.with_columns(money=us48.data["initial"].map("{:.2f}元".format), kind="a")
    with pytest.raises(InputError, match=r"'money' is text, for example '.*元' in Washington \(53\).*C\(money\)"):
        panel(text, "growth ~ money")
    with pytest.raises(InputError, match="'money' is text"):
        panel(text, "money ~ initial")


def test_names_of_lags(us48):
    with pytest.raises(UnknownNameError, match="lagged= names 'inital'.*Did you mean 'initial'"):
        panel(us48, lagged=["inital"])
    for wrong in (5, [5], [None], 2.5):
        with pytest.raises(OptionError, match="lagged= takes names of variables"):
            panel(us48, lagged=wrong)
    with pytest.raises(InputError, match="lagged= is empty"):
        panel(us48, lagged=[])
    taken = us48.with_columns(W_initial=lambda d: d["previous"] ** 2)
    with pytest.raises(InputError, match="W_initial would name two parameters"):
        panel(taken, "growth ~ initial + W_initial")
    with pytest.raises(InputError, match="rho would name two parameters"):
        panel(us48.with_columns(rho=us48.data["previous"]), "growth ~ initial + rho")


# -- gaps ----------------------------------------------------------------------------------------------------


def test_unbalanced_panel_names_the_cells(us48):
    data = us48.data.drop([("1", 1940), ("4", 1950)]).reset_index()
    data.loc[(data["region"] == "5") & (data["time"] == 1960), "previous"] = np.nan
    study = sr.make_study(us48.regions, data.set_index(["region", "time"]), name="STATE_NAME")
    with pytest.raises(
        MissingValuesError,
        match=r"not balanced: 3 of 384 .*Arizona \(4\) 1950; Alabama \(1\) 1940; Arkansas \(5\) 1960 \[previous\]",
    ):
        sr.spatial_panel(FORMULA, study, w=us48.weights["queen"])
    # A gap in a variable that the formula does not need is no gap.
    assert sr.spatial_panel("growth ~ initial", study.between(1960, 2000), w=us48.weights["queen"]).nobs == 48 * 5


def test_missing_value_in_a_cross_section(us48):
    one = us48.at(2000)
    data = one.data.copy()
    data.loc["1", "initial"] = np.nan
    study = sr.make_study(us48.regions, data, name="STATE_NAME")
    with pytest.raises(MissingValuesError, match=r"'initial' missing for 1 of 48 regions: Alabama \(1\)"):
        sr.spatial_regression(FORMULA, study, w=us48.weights["queen"])


# -- weights -------------------------------------------------------------------------------------------------


def test_weights(us48):
    bare = sr.make_study(us48.regions, us48.data)
    with pytest.raises(WeightsError, match="say which weights"):
        sr.spatial_panel(FORMULA, bare)
    assert np.isfinite(sr.spatial_panel(FORMULA, bare, model="ols").loglik)
    with pytest.raises(AlignmentError, match="Alabama"):
        sr.spatial_panel(FORMULA, us48, w=us48.weights["queen"].subset(us48.ids.drop("1")))
    none = sr.Weights(us48.ids, np.zeros((48, 48)))
    with pytest.raises(WeightsError, match="no link at all"):
        sr.spatial_panel(FORMULA, us48, w=none)


def test_islands_are_named_kept_and_without_spillovers(us48, oracle):
    matrix = us48.weights["queen"].sparse.toarray()
    matrix[0], matrix[:, 0] = 0, 0
    w = sr.Weights(us48.ids, matrix)
    with pytest.warns(IslandWarning, match=r"1 of 48 regions have no neighbours: Washington \(53\)"):
        fit = sr.spatial_panel(FORMULA, us48, w=w, model="sar", effects="region")
    assert len(fit.residuals) == 384
    with pytest.raises(WeightsError, match="Washington.*lee_yu=False"):
        sr.spatial_panel(FORMULA, us48, w=w, model="sar", effects="twoway", lee_yu=True)


def test_lee_yu_with_time_effects_needs_rows_that_sum_to_one(us48):
    binary = us48.weights["queen"].standardise("binary")
    with pytest.raises(WeightsError, match="those of 47 of 48 regions do not"):
        sr.spatial_panel(FORMULA, us48, w=binary, effects="twoway", lee_yu=True)
    fit = sr.spatial_panel(FORMULA, us48, w=binary, model="sar", effects="region", lee_yu=True)
    assert fit.bounds[1] < 0.3 and fit.params["rho"] < fit.bounds[1]


def test_undecided_weights_are_row_standardised_and_binary_ones_kept(us48):
    decided = sr.spatial_panel(FORMULA, us48, model="sar", effects="region")
    undecided = sr.Weights(us48.ids, (us48.weights["queen"].sparse > 0).astype(float))
    same = sr.spatial_panel(FORMULA, us48, w=undecided, model="sar", effects="region")
    assert same.params["rho"] == pytest.approx(decided.params["rho"], rel=1e-10)
    assert "standardisation=row" in same.summary()


@pytest.mark.filterwarnings("ignore::spatial_region.errors.IslandWarning")
def test_weights_whose_links_never_lead_back(us48):
    upper = np.triu(np.ones((48, 48)), 1)
    order = np.random.default_rng(0).permutation(48)
    one = np.zeros((48, 48))
    one[3, 7] = 1
    for matrix in (upper, upper.T, upper[np.ix_(order, order)], one):
        for model in ("sar", "sem", "sac", "sdm"):
            with pytest.raises(WeightsError, match="no chain of links leads back"):
                panel(us48, w=sr.Weights(us48.ids, matrix), model=model)
    assert "W_initial" in panel(us48, w=sr.Weights(us48.ids, upper), model="slx").params
    upper[40, 3] = 1
    assert np.isfinite(panel(us48, w=sr.Weights(us48.ids, upper), model="sar").params["rho"])


@pytest.mark.parametrize("diagonal", [0, 1])
@pytest.mark.parametrize("model", ["sar", "sem", "sac"])
def test_weights_of_ones_identify_nothing(us48, diagonal, model):
    ones = sr.Weights(us48.ids, np.ones((48, 48)) - (1 - diagonal) * np.eye(48))
    for effects in ("time", "twoway"):
        with pytest.raises(IdentificationError, match="spatial lag of 'growth' is a combination"):
            panel(us48, w=ones, model=model, effects=effects)
    with pytest.raises(IdentificationError, match="link every region to all others alike"):
        sr.spatial_regression(FORMULA, us48, at=2000, w=ones, model=model)


# -- identification ------------------------------------------------------------------------------------------


@pytest.fixture
def awkward(us48):
    by_time = us48.data.index.get_level_values("time").to_series(index=us48.data.index)
    by_region = pd.Series(np.random.default_rng(0).normal(size=48), index=us48.ids)
    return us48.with_columns(
        national=np.log(by_time.astype(float)) + (by_time % 3),
        coast=by_region,
        both=lambda d: d["coast"] + d["national"],
        one=1.0,
        mix=lambda d: 2 * d["initial"] - d["previous"],
        nearly=lambda d: d["initial"] * (1 + 1e-11 * np.arange(384)),
    )


@pytest.mark.parametrize(
    ("regressors", "options", "found"),
    [
        ("initial + coast", {"effects": "region"}, "'coast', 'W_coast'.*over time"),
        ("initial + coast", {"effects": "region", "model": "sar"}, "'coast' does not vary"),
        ("initial + national", {"effects": "time"}, "'national', 'W_national'.*all regions"),
        ("initial + both", {"effects": "twoway"}, "'both'.*region and time effects absorb"),
        ("initial + national", {"effects": "region"}, "'W_national' is a linear comb.*'national'.*lagged="),
        ("initial + previous + mix", {"model": "sar"}, "'mix' is a linear combination of 'initial', 'previous'"),
        ("initial + nearly", {"model": "sar"}, "'nearly' is a linear combination of 'initial'"),
    ],
)  # fmt: skip
def test_coefficients_that_are_not_identified(awkward, regressors, options, found):
    with pytest.raises(IdentificationError, match=found):
        panel(awkward, f"growth ~ {regressors}", **options)


@pytest.mark.parametrize(
    ("formula", "options", "error", "found"),
    [
        ("growth ~ initial + one", {"effects": "pooled"}, ConstantVariableError, "'one' is 1 in every row"),
        ("one ~ initial", {}, ConstantVariableError, "'one' is 1 in every row"),
        ("coast ~ initial", {}, IdentificationError, "nothing of 'coast' is left to explain"),
        ("mix ~ initial + previous", {"model": "sar"}, InputError, "explain 'mix' exactly"),
    ],
)
def test_nothing_to_explain_or_to_explain_with(awkward, formula, options, error, found):
    with pytest.raises(error, match=found):
        panel(awkward, formula, **options)


def test_region_invariant_regressor_is_identified_without_its_lag(awkward):
    fit = panel(awkward, "growth ~ initial + national", lagged=["initial"])
    assert fit.params.index.tolist() == ["initial", "national", "W_initial", "rho"]


def test_too_few_observations(us48):
    few = us48.select(us48.ids[:3]).between(1930, 1940)
    with pytest.raises(InputError, match="too few observations: 6 for 4 slopes"):
        panel(few, w=sr.Weights(few.ids, np.ones((3, 3)) - np.eye(3)))
    two = us48.select(us48.ids[:2])
    with pytest.raises(InputError, match="at least 3 regions"):
        panel(two, w=sr.Weights(two.ids, 1 - np.eye(2)))
    with pytest.raises(InputError, match="at least 2 times"):
        panel(us48.between(2000, 2000))


# -- the optimum ---------------------------------------------------------------------------------------------


def test_parameter_at_the_bound_is_an_error(us48):
    """A dependent variable that equals its own spatial lag but for noise has its maximum at rho = 1."""
    w = us48.weights["queen"].sparse.toarray()
    rng = np.random.default_rng(3)
    values, vectors = np.linalg.eig(w)
    smooth = np.real(vectors[:, np.argsort(-values.real)[0]])
    y = smooth[:, None] * rng.normal(size=8) * 1e6 + rng.normal(size=(48, 8)) * 1e-3
    study = us48.with_columns(y=pd.Series(y.ravel(), index=us48.data.index))
    with pytest.raises(ConvergenceError, match=r"no maximum inside .*rho = "):
        panel(study, "y ~ previous", model="sar", effects="pooled")


def test_a_search_that_stops_too_early_is_an_error(us48, monkeypatch):
    from spatial_region.panel import _estimate
    from spatial_region.panel._search import Optimum

    monkeypatch.setattr(_estimate, "maximise", lambda *_, **__: Optimum(0.3, 0.0, at_bound=False))
    with pytest.raises(ConvergenceError, match=r"stopped at rho = 0.3, where the log-likelihood still changes"):
        panel(us48, model="sar")


def test_two_maxima_of_nearly_the_same_height_are_reported(oracle):
    data = oracle.panel(13, 6, seed=4)
    with pytest.warns(ConvergenceWarning, match=r"two maxima .*rho = 0.72.*rho = 0.32"):
        sr.spatial_panel("y ~ a + b", data.study, w=data.weights, model="sac", effects="region", lee_yu=True)


def test_regions_without_geometry_order(us48):
    """A study whose regions are points works: the regression needs weights, not borders."""
    points = us48.regions.set_geometry(gpd.points_from_xy(np.arange(48), np.arange(48)))
    fit = sr.spatial_panel(
        FORMULA, sr.make_study(points.set_crs(3857, allow_override=True), us48.data), w=us48.weights["queen"]
    )
    assert fit.nobs == 384


def test_an_interval_that_reaches_far_below_zero_is_searched_above_it_too():
    """One weak loop makes the lowest real eigenvalue nearly 0 and the interval (-1600, 1): 0.4 is not its end."""
    from spatial_region.panel._search import _grid, _is_at_end

    grid = _grid(-1600.0, 1.0, 60)
    assert (grid > 0).sum() == 30 and (grid < 0).sum() == 30
    assert not _is_at_end(0.41, grid)
    assert _is_at_end(0.9999, grid) and _is_at_end(-1599.9, grid)
