"""The front door: every option reaches its kernel, labels do not depend on order, and bad combinations are refused."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import (
    ConstantVariableError,
    ConvergenceError,
    ConvergenceWarning,
    InputError,
    OptionError,
    SmallSampleWarning,
    UnknownNameError,
)
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel.options import SANDWICHES

pytestmark = [
    pytest.mark.filterwarnings("ignore::spatial_region.errors.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::spatial_region.errors.SmallSampleWarning"),
]


@pytest.fixture(scope="module")
def panel(oracle):
    return oracle.panel(30, 6, seed=3)


@pytest.fixture(scope="module")
def other(oracle):
    return oracle.panel(30, 6, seed=11).weights


def fit(panel, formula="y ~ a + b", **options):
    return sr.spatial_panel(formula, panel.study, **({"w": panel.weights} | options))


def shuffled(study, seed=5):
    """The same study, its regions and rows in another order."""
    rng = np.random.default_rng(seed)
    data = study.data.sample(frac=1, random_state=1)
    return sr.make_study(study.regions.iloc[rng.permutation(study.n)], data)


# -- random effects -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("components", ["kkp", "bsk"])
def test_random_effects_reach_their_kernel(panel, components):
    from spatial_region.panel._blocks import make_blocks
    from spatial_region.panel._random import estimate_random
    from spatial_region.panel.options import PARTS

    found = fit(panel, model="sac", effects="random", components=components, serial=True)
    ones = np.ones((*panel.y.shape, 1))
    blocks = make_blocks(
        panel.y,
        np.concatenate([ones, panel.x], axis=2),
        panel.weights.sparse,
        lagged=[],
        effects="pooled",
        intercept=0,
    )
    kernel = estimate_random(
        blocks,
        panel.weights.sparse,
        make_determinant(panel.weights.sparse, "auto"),
        parts=PARTS["sac"],
        components=components,
        serial=True,
    )
    assert found.params.index.tolist() == ["Intercept", "a", "b", "rho", "lambda", "psi", "phi"]
    np.testing.assert_allclose(found.params, [*kernel.coefficients, *kernel.spatial.values()], rtol=1e-8)
    np.testing.assert_allclose(found.covariance, kernel.covariance[:-1, :-1], rtol=1e-6)
    np.testing.assert_allclose(found.region_effects.to_numpy(), kernel.region_disturbance, rtol=1e-8)
    assert found.components["sigma2_mu"] == pytest.approx(found.params["phi"] * found.sigma2)
    assert f"{'within' if components == 'kkp' else 'beside'} the spatial error process" in found.summary()


def test_random_effects_with_other_weights_of_the_error(panel, other):
    found = fit(panel, model="sac", effects="random", w_error=other)
    same = fit(panel, model="sac", effects="random", w_error=panel.weights)
    plain = fit(panel, model="sac", effects="random")
    np.testing.assert_allclose(same.params, plain.params, atol=1e-5)
    assert abs(found.params["lambda"] - plain.params["lambda"]) > 1e-3


# -- several weights, weights by time, others of the error -----------------------------------------------------------


def test_names_with_several_weights(panel, other):
    found = fit(panel, w=[panel.weights, other], model="sdm", effects="region")
    assert found.params.index.tolist() == ["a", "b", "W1_a", "W1_b", "W2_a", "W2_b", "rho_1", "rho_2"]
    table = found.impacts(se="delta").table()
    a, b = np.eye(30), other.sparse.toarray()
    inverse = np.linalg.inv(a - found.params["rho_1"] * panel.w - found.params["rho_2"] * b)
    effect = inverse @ (found.params["a"] * a + found.params["W1_a"] * panel.w + found.params["W2_a"] * b)
    assert table.loc["a", "direct"] == pytest.approx(np.trace(effect) / 30, abs=1e-10)
    assert table.loc["a", "total"] == pytest.approx(effect.sum() / 30, abs=1e-10)


@pytest.mark.parametrize("model", ["sdm", "sem", "slx"])
def test_weights_by_time_that_do_not_change_are_the_plain_ones(panel, model):
    by_time = dict.fromkeys(panel.study.times, panel.weights)
    np.testing.assert_array_equal(fit(panel, w=by_time, model=model).params, fit(panel, model=model).params)


def test_weights_by_time_are_taken_at_their_times(panel, other):
    times = panel.study.times
    by_time = {time: other if time == times[2] else panel.weights for time in reversed(times)}
    found = fit(panel, w=by_time, model="slx", effects="pooled")
    lagged = np.stack([(other.sparse if t == 2 else panel.weights.sparse) @ panel.x[t] for t in range(len(times))])
    design = np.concatenate([np.ones((*panel.y.shape, 1)), panel.x, lagged], axis=2).reshape(-1, 5)
    np.testing.assert_allclose(found.params, np.linalg.lstsq(design, panel.y.ravel(), rcond=None)[0], rtol=1e-9)


def test_several_weights_need_to_know_those_of_the_error(panel, other):
    with pytest.raises(OptionError, match="w_error="):
        fit(panel, w=[panel.weights, other], model="sac")
    found = fit(panel, w=[panel.weights, other], w_error=other, model="sac", effects="region")
    assert found.params.index.tolist() == ["a", "b", "rho_1", "rho_2", "lambda"]
    with pytest.raises(OptionError, match="model='sar' has none"):
        fit(panel, model="sar", w_error=other)


# -- method of moments -----------------------------------------------------------------------------------------------


def test_two_stage_least_squares_by_hand(panel):
    """Pooled sar: instruments 1, X, W X, W W X; nothing else."""
    found = fit(panel, model="sar", effects="pooled", method="gmm")
    big = np.kron(np.eye(6), panel.w)
    x = np.column_stack([np.ones(180), panel.x.reshape(-1, 2)])
    y = panel.y.ravel()
    h = np.column_stack([x, big @ x[:, 1:], big @ big @ x[:, 1:]])
    z = np.column_stack([x, big @ y])
    projected = h @ np.linalg.lstsq(h, z, rcond=None)[0]
    expected = np.linalg.solve(projected.T @ z, projected.T @ y)
    np.testing.assert_allclose(found.params, expected, rtol=1e-8)
    e = y - z @ expected
    spread = np.linalg.inv(projected.T @ projected) * (e @ e) / (180 - 4)
    np.testing.assert_allclose(found.std_errors, np.sqrt(np.diag(spread)), rtol=1e-8)
    assert np.isnan(found.loglik) and "log-likelihood" not in found.summary()
    assert found.diagnostics.loc["first_stage_f[W_y]", "statistic"] > 0
    assert found.diagnostics.loc["overidentification_sargan", "df"] == 3


def test_endogenous_regressors_come_last_and_are_instrumented(panel):
    rng = np.random.default_rng(0)
    study = panel.study.with_columns(z=panel.study.data["a"] + rng.normal(size=180))
    options = {"w": panel.weights, "effects": "region", "method": "gmm"}
    found = sr.spatial_panel("y ~ a + b", study, model="sdm", endogenous="a", instruments=["z"], **options)
    assert found.params.index.tolist() == ["b", "W_b", "a", "rho"]
    plain = sr.spatial_panel("y ~ a + b", study, model="ols", **options)
    both = sr.spatial_panel("y ~ a + b", study, model="ols", endogenous=["a"], instruments=["z"], **options)
    assert abs(plain.params["a"] - both.params["a"]) > 1e-4
    assert both.std_errors["a"] > plain.std_errors["a"]
    with pytest.raises(UnknownNameError, match="endogenous= names 'c'"):
        sr.spatial_panel("y ~ a + b", study, model="ols", endogenous=["c"], instruments=["z"], **options)
    with pytest.raises(OptionError, match="cannot be a regressor"):
        sr.spatial_panel("y ~ a + b", study, model="ols", endogenous=["a"], instruments=["b"], **options)
    with pytest.raises(OptionError, match="lag of 'a' is endogenous"):
        sr.spatial_panel("y ~ a + b", study, model="sdm", lagged=["a"], endogenous=["a"], instruments=["z"], **options)


def test_rho_outside_its_interval_is_said_and_has_no_impacts(oracle):
    wild = oracle.panel(40, 6, seed=3)
    with pytest.warns(ConvergenceWarning, match="lies outside"):
        found = fit(wild, model="sdm", effects="pooled", method="gmm")
    assert found.params["rho"] > 1
    with pytest.raises(ConvergenceError, match="there are no impacts"):
        found.impacts()


# -- covariances -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [k for k in SANDWICHES if k != "conley"])
@pytest.mark.parametrize("effects", ["pooled", "region", "twoway"])
def test_sandwiches_of_least_squares_change_errors_and_not_estimates(panel, kind, effects):
    robust, plain = (fit(panel, model="slx", effects=effects, covariance=c) for c in (kind, "auto"))
    np.testing.assert_array_equal(robust.params, plain.params)
    assert np.isfinite(robust.std_errors).all() and (robust.std_errors != plain.std_errors).all()
    assert robust.covariance_kind == kind and plain.covariance_kind == "classical"


def test_few_clusters_are_said_and_bound_the_degrees_of_freedom(panel):
    with pytest.warns(SmallSampleWarning, match="rests on 6 clusters"):
        found = fit(panel, model="ols", effects="region", covariance="cluster_time")
    assert found.df_t == 5 and "t with 5 degrees of freedom" in found.summary()
    assert fit(panel, model="ols", effects="region", covariance="cluster_region").df_t == 29
    assert fit(panel, model="ols", effects="region").df_t == found.df_residual
    assert fit(panel, model="sar", effects="region").df_t is None
    with pytest.warns(SmallSampleWarning, match="rests on 6 times"):
        none = fit(panel, model="ols", effects="region", covariance="driscoll_kraay", lags=0)
    with pytest.warns(SmallSampleWarning):
        two = fit(panel, model="ols", effects="region", covariance="driscoll_kraay", lags=2)
    assert (none.std_errors != two.std_errors).all()
    with pytest.raises(OptionError, match="lags="):
        fit(panel, model="ols", covariance="robust", lags=1)
    with pytest.raises(OptionError, match="whole number"):
        fit(panel, model="ols", covariance="driscoll_kraay", lags=-1)


def test_an_intercept_far_from_zero_does_not_spoil_the_sandwich(panel):
    """A constant added to a regressor changes the intercept alone; its error follows by the delta method."""
    moved = panel.study.with_columns(a=panel.study.data["a"] + 1e6)
    near, far = (
        sr.spatial_panel("y ~ a + b", s, model="ols", effects="pooled", covariance="robust")
        for s in (panel.study, moved)
    )
    np.testing.assert_allclose(far.std_errors[["a", "b"]], near.std_errors[["a", "b"]], rtol=1e-6)
    v = near.covariance
    back = v.loc["Intercept", "Intercept"] - 2e6 * v.loc["Intercept", "a"] + 1e12 * v.loc["a", "a"]
    assert far.std_errors["Intercept"] == pytest.approx(np.sqrt(back), rel=1e-6)


def test_conley_needs_kilometres_and_joins_near_regions(panel):
    with pytest.raises(OptionError, match="km="):
        fit(panel, model="ols", covariance="conley")
    with pytest.raises(OptionError, match="km="):
        fit(panel, model="ols", km=10)
    inland = panel.study.regions.set_geometry(panel.study.regions.geometry.translate(3e6, 3e6))
    panel = SimpleNamespace(study=sr.make_study(inland, panel.study.data), weights=panel.weights)
    alone, robust = (
        fit(panel, model="ols", **o) for o in ({"covariance": "conley", "km": 1e-6}, {"covariance": "robust"})
    )
    np.testing.assert_allclose(alone.std_errors, robust.std_errors, rtol=1e-9)


@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm"])
def test_observed_information_is_near_the_expected_one(oracle, model):
    large = oracle.panel(60, 10, seed=2)
    observed, expected = (fit(large, model=model, effects="region", covariance=c) for c in ("observed", "expected"))
    np.testing.assert_array_equal(observed.params, expected.params)
    np.testing.assert_allclose(observed.std_errors, expected.std_errors, rtol=0.2)
    assert (observed.std_errors != expected.std_errors).any()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"model": "sar", "covariance": "robust"}, "rho and lambda are themselves biased"),
        ({"model": "ols", "covariance": "observed"}, "comes from a likelihood with rho or lambda"),
        ({"model": "sar", "covariance": "classical"}, "use 'expected' or 'observed'"),
        ({"model": "sar", "effects": "random", "covariance": "expected"}, "'observed' only"),
        ({"model": "sar", "effects": "random", "lee_yu": True}, "effects='random' has none"),
        ({"model": "sar", "lee_yu": True, "method": "gmm"}, "belongs to the likelihood"),
        ({"model": "sar", "serial": True}, "use both"),
        ({"model": "sar", "endogenous": ["a"]}, "need method='gmm'"),
        ({"model": "sar", "endogenous": ["a"], "method": "gmm"}, "at least as many instruments"),
        ({"model": "sar", "instruments": ["a"], "method": "gmm"}, "nothing to instrument"),
        ({"model": "sem", "moments": "hom"}, "by method='gmm'"),
        ({"model": "sem", "moments": "hom", "method": "gmm", "covariance": "cluster_region"}, "leave moments= out"),
        ({"model": "sem", "method": "gmm", "covariance": "driscoll_kraay"}, "'cluster_region' is"),
        ({"model": "sem", "effects": "random", "components": "splm"}, "components='splm' is not offered"),
    ],
)
def test_combinations_that_do_not_go_together(panel, options, found):
    with pytest.raises(OptionError, match=found):
        fit(panel, **options)


# -- dynamic ---------------------------------------------------------------------------------------------------------


def test_the_maximum_of_a_dynamic_panel_is_that_of_a_static_one_with_the_lags_as_regressors(panel):
    data = panel.study.data
    past = data["y"].groupby(level=0).shift(1)
    lag = pd.concat(
        [
            pd.Series(panel.weights.sparse @ past.xs(time, level=1).to_numpy(), index=past.xs(time, level=1).index)
            for time in panel.study.times
        ],
        keys=panel.study.times,
    ).swaplevel()
    wide = panel.study.with_columns(past=past, lag=lag.reindex(data.index))
    later = wide.between(panel.study.times[1], panel.study.times[-1])
    static = sr.spatial_panel("y ~ a + b + past + lag", later, w=panel.weights, model="sar", effects="region")
    found = sr.dynamic_panel(
        "y ~ a + b", panel.study, w=panel.weights, model="sar", effects="region", correction="none"
    )
    np.testing.assert_allclose(found.params, static.params[["a", "b", "past", "lag", "rho"]], rtol=1e-6)
    assert found.loglik == pytest.approx(static.loglik, abs=1e-8)
    assert (found.bias == 0).all()
    assert len(found.residuals) == 150 and found.residuals.index.get_level_values(1).min() == 2001


@pytest.mark.parametrize("correction", ["analytical", "score"])
def test_correction_raises_tau(panel, correction):
    """The bias of the lag of y under region effects is downward (Nickell 1981)."""
    found = sr.dynamic_panel("y ~ a + b", panel.study, w=panel.weights, model="sar", correction=correction)
    assert found.correction == correction
    assert found.bias["tau"] < 0
    assert found.params["tau"] > found.uncorrected["tau"]


def test_dynamic_panels_refuse_what_they_cannot_do(panel, other):
    short = panel.study.between(2000, 2001)
    with pytest.raises(InputError, match="at least 3 times"):
        sr.dynamic_panel("y ~ a", short, w=panel.weights)
    gaps = panel.study.data[panel.study.data.index.get_level_values(1) != 2002]
    with pytest.raises(InputError, match="not equally spaced"):
        sr.dynamic_panel("y ~ a", sr.make_study(panel.study.regions, gaps), w=panel.weights)
    with pytest.raises(OptionError, match="does not change"):
        sr.dynamic_panel("y ~ a", panel.study, w=[panel.weights, other])
    with pytest.raises(OptionError, match="effects='random' is not offered"):
        sr.dynamic_panel("y ~ a", panel.study, w=panel.weights, effects="random")


# -- order of rows, scale, tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"model": "sac", "effects": "random"},
        {"model": "sem", "effects": "random", "components": "bsk"},
        {"model": "sdm", "effects": "twoway", "method": "gmm"},
        {"model": "sac", "effects": "region", "method": "gmm"},
        {"model": "slx", "effects": "twoway", "covariance": "driscoll_kraay"},
        {"model": "sdm", "effects": "twoway", "covariance": "observed"},
    ],
)
def test_order_of_rows_and_regions_changes_nothing(panel, options):
    one = fit(panel, **options)
    two = sr.spatial_panel("y ~ a + b", shuffled(panel.study), w=panel.weights, **options)
    np.testing.assert_allclose(two.params, one.params, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(two.std_errors, one.std_errors, rtol=1e-4)


@pytest.mark.parametrize("options", [{"effects": "random"}, {"method": "gmm", "effects": "region"}])
def test_units_change_slopes_in_proportion(panel, options):
    data = panel.study.data
    other = panel.study.with_columns(y=data["y"] * 1e4, a=data["a"] * 1e-3)
    one = fit(panel, model="sar", **options)
    two = sr.spatial_panel("y ~ a + b", other, w=panel.weights, model="sar", **options)
    assert two.params["rho"] == pytest.approx(one.params["rho"], rel=1e-5)
    assert two.params["a"] == pytest.approx(one.params["a"] * 1e7, rel=1e-5)
    assert two.std_errors["b"] == pytest.approx(one.std_errors["b"] * 1e4, rel=1e-4)


def test_results_print_in_maketables(panel):
    found = fit(panel, model="sdm", effects="twoway")
    table = found.__maketables_coef_table__
    assert table.columns[:4].tolist() == ["b", "se", "t", "p"] and table.index.name == "Coefficient"
    assert found.__maketables_stat__("N") == 180
    assert found.__maketables_stat__("nothing of the kind") is None
    assert found.__maketables_depvar__ == "y" and found.__maketables_fixef_string__ == "region+time"
    moments = fit(panel, model="sar", effects="pooled", method="gmm")
    assert "loglik" not in moments.__maketables_default_stat_keys__
    import maketables

    text = maketables.ETable([found, moments]).make(type="tex")
    assert "rho" in text and "0.0" in text


# -- found by trying to break it -------------------------------------------------------------------------------------


def test_a_regressor_called_like_a_parameter_is_no_parameter(panel):
    """rho_gas was taken for a spatial parameter by predictions."""
    renamed = panel.study.with_columns(rho_gas=panel.study.data["a"])
    found = sr.spatial_panel("y ~ rho_gas + b", renamed, w=panel.weights, model="sar", effects="region")
    plain = fit(panel, model="sar", effects="region")
    for kind in ("trend", "TC", "BP"):
        np.testing.assert_allclose(found.predict(kind=kind), plain.predict(kind=kind), atol=1e-8)
    clash = panel.study.with_columns(rho_1=panel.study.data["a"])
    with pytest.raises(InputError, match="rho_1"):
        sr.spatial_panel("y ~ rho_1 + b", clash, w=panel.weights, model="sar")


def test_a_variable_called_by_a_number_is_refused(panel):
    odd = panel.study.with_columns(**{"1": panel.study.data["a"]})
    with pytest.raises(InputError, match="has a number for a name"):
        sr.spatial_panel("y ~ `1` + b", odd, w=panel.weights, model="sar")


@pytest.mark.parametrize("options", [{"method": "gmm"}, {"effects": "random"}, {"model": "sdm"}, {"model": "sac"}])
def test_an_exact_fit_is_said_to_be_one(panel, options):
    data = panel.study.data
    exact = panel.study.with_columns(y=2 * data["a"] - data["b"] + 1e-9 * np.arange(180) % 7)
    with pytest.raises(InputError, match="explain 'y' exactly"):
        sr.spatial_panel("y ~ a + b", exact, w=panel.weights, **({"model": "sar", "effects": "pooled"} | options))
    with pytest.raises(InputError, match="explain 'y' exactly"):
        sr.dynamic_panel("y ~ a + b", exact, w=panel.weights, effects="region")


@pytest.mark.parametrize("scale", [1e90, 1e-90])
@pytest.mark.parametrize("options", [{}, {"method": "gmm", "model": "sac"}, {"effects": "random"}])
def test_units_beyond_all_measure_are_named(panel, scale, options):
    odd = panel.study.with_columns(y=panel.study.data["y"] * scale)
    with pytest.raises(InputError, match="express it in another unit"):
        sr.spatial_panel("y ~ a", odd, w=panel.weights, **({"model": "sar", "effects": "pooled"} | options))


def test_tests_of_short_panels_are_cautioned(panel):
    assert "pass lee_yu=True" in sr.spatial_tests("y ~ a + b", panel.study, w=panel.weights).summary()
    assert "pass lee_yu=True" not in sr.spatial_tests("y ~ a + b", panel.study, w=panel.weights, lee_yu=True).summary()


@pytest.mark.parametrize("model", ["slx", "sar", "sdm", "sem"])
def test_predictions_do_not_depend_on_the_order_of_the_new_study(panel, model):
    """Regions of the new study were taken in their own order, against weights in that of the fit."""
    found = fit(panel, model=model, effects="twoway")
    pd.testing.assert_series_equal(
        found.predict(shuffled(panel.study)), found.predict(), check_exact=False, atol=1e-8, check_names=False
    )


def test_predictions_refuse_what_does_not_fit(panel, other):
    found = fit(panel, model="sar", effects="time")
    with pytest.raises(InputError, match="the fit is of a panel and the study is one cross-section"):
        found.predict(panel.study.at(2001))
    with pytest.raises(InputError, match="study must be a Study"):
        found.predict(panel.study.data)
    with pytest.raises(OptionError, match="w= is for studies with further regions"):
        found.predict(panel.study, w=other)
    with pytest.raises(UnknownNameError) as caught:
        found.predict(sr.make_study(panel.study.regions, panel.study.data[["y", "a"]]))
    assert "_response_" not in str(caught.value) and "y ~ a + b" in str(caught.value)


def test_instruments_that_are_none(panel):
    options = {"model": "ols", "effects": "region", "method": "gmm", "endogenous": ["a"]}
    for instruments, said in ((["I(y*2)"], "contain the dependent variable y"), (["z", "z"], "twice")):
        study = panel.study.with_columns(z=panel.study.data["b"] ** 2)
        with pytest.raises(OptionError, match=said):
            sr.spatial_panel("y ~ a + b", study, w=panel.weights, **(options | {"instruments": instruments}))
    with pytest.raises(OptionError, match="endogenous= names a variable twice"):
        fit(panel, **(options | {"endogenous": ["a", "a"], "instruments": ["z", "v"]}))
    with pytest.raises(UnknownNameError, match="which is not a regressor. There are: a, b"):
        fit(panel, **(options | {"endogenous": ["Intercept"], "instruments": ["z"], "effects": "pooled"}))


@pytest.mark.parametrize("model", ["sar", "sem", "gns"])
@pytest.mark.parametrize("effects", ["region", "twoway"])
def test_levels_that_effects_absorb_do_not_matter_to_moments(panel, model, effects):
    moved = panel.study.with_columns(a=panel.study.data["a"] + 1e6)
    near = fit(panel, model=model, effects=effects, method="gmm")
    far = sr.spatial_panel("y ~ a + b", moved, w=panel.weights, model=model, effects=effects, method="gmm")
    np.testing.assert_allclose(far.params, near.params, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(far.std_errors, near.std_errors, rtol=1e-5)
    # Effects are what is left of y: with its lag, slopes and effects the disturbance is that of the residuals.
    trend = far.predict(kind="trend").to_numpy()
    np.testing.assert_allclose(trend, near.predict(kind="trend").to_numpy(), atol=1e-3)


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway", "random"])
def test_levels_do_not_matter_to_tests(panel, effects):
    """Scores of values far from zero lost their digits: lm_lag of y + 1e8 was 2003 in place of 22."""
    data = panel.study.data
    moved = panel.study.with_columns(y=data["y"] + 1e7, a=data["a"] + 1e5)
    keys = ["lm_lag", "lm_error", "robust_lm_lag", "robust_lm_error", "lm_sarma", "lm_wx", "moran_ols"]
    near, far = (
        sr.spatial_tests("y ~ a + b", s, w=panel.weights, effects=effects).table() for s in (panel.study, moved)
    )
    np.testing.assert_allclose(far.loc[keys, "statistic"], near.loc[keys, "statistic"], rtol=1e-5)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (["1", "2", "3", "10", "11", "12"], "sort as"),
        (["Jan", "Feb", "Mar", "Apr", "May", "Jun"], "these are text"),
        (["2000", "2001", "2002", "2003", "2004", "2009"], "not equally spaced"),
    ],
)
def test_times_whose_order_is_in_doubt_are_refused_where_it_matters(panel, times, said):
    index = pd.MultiIndex.from_product([panel.study.ids, times])
    study = sr.make_study(panel.study.regions, panel.study.data.set_axis(index))
    options = {"w": panel.weights}
    with pytest.raises(InputError, match=said):
        sr.dynamic_panel("y ~ a", study, **options)
    with pytest.raises(InputError, match=said):
        sr.spatial_panel("y ~ a", study, model="ols", effects="random", serial=True, **options)
    with pytest.raises(InputError, match=said):
        sr.spatial_panel("y ~ a", study, model="ols", effects="region", covariance="driscoll_kraay", **options)
    assert np.isfinite(sr.spatial_panel("y ~ a", study, model="sar", effects="region", **options).params).all()


def test_times_that_are_text_in_the_right_order_will_do(panel):
    index = pd.MultiIndex.from_product([panel.study.ids, [str(t) for t in panel.study.times]])
    study = sr.make_study(panel.study.regions, panel.study.data.set_axis(index))
    one = sr.dynamic_panel("y ~ a", study, w=panel.weights, model="sar")
    two = sr.dynamic_panel("y ~ a", panel.study, w=panel.weights, model="sar")
    np.testing.assert_allclose(one.params, two.params)


@pytest.mark.parametrize("instrument", ["I(a*2)", "I(a+b)", "I(a-a)"])
def test_a_regressor_is_no_instrument_of_itself(panel, instrument):
    with pytest.raises(OptionError, match="brings nothing from outside"):
        fit(panel, model="ols", effects="region", method="gmm", endogenous=["a"], instruments=[instrument])


def test_without_tests_of_effects_mundlaks_is_heeded(panel):
    """A regressor that effects absorb leaves no F tests; random effects were then suggested against Mundlak's test."""
    rng = np.random.default_rng(3)
    level = pd.Series(np.repeat(rng.normal(size=30), 6), index=panel.study.data.index)
    data = panel.study.data
    study = panel.study.with_columns(fixed=level, a=data["a"] + 3 * level, y=data["y"] - 4 * level)
    tests = sr.spatial_tests("y ~ a + b + fixed", study, w=panel.weights, effects="random")
    rejects = bool(tests.table().filter(like="mundlak_sdm", axis=0)["p"].iloc[0] < 0.05)
    said = "rejects random region effects in favour" if rejects else "does not reject random region effects"
    assert said in str(tests.suggestion)
    assert tests.suggestion.effects == ("region" if rejects else "random")


def test_variances_of_random_effects_by_moments_belong_together(panel):
    for model in ("sar", "sem"):
        found = fit(panel, model=model, effects="random", method="gmm")
        parts = found.components
        share = 1 - np.sqrt(parts["sigma2_e"] / (parts["sigma2_e"] + 6 * parts["sigma2_mu"]))
        assert parts["theta"] == pytest.approx(share, rel=1e-9), model
        assert found.r2_within < found.r2


@pytest.mark.filterwarnings("default::spatial_region.errors.ConvergenceWarning")
def test_a_correction_that_could_not_be_made_is_said(panel):
    growing = panel.study.with_columns(
        y=panel.study.data["y"] + 3.0 ** (panel.study.data.index.get_level_values(1) - 1998)
    )
    with pytest.warns(ConvergenceWarning, match="could not be made"):
        found = sr.dynamic_panel("y ~ a", growing, w=panel.weights, model="sar", effects="region")
    assert found.correction == "none" and "caution" in found.summary()


@pytest.mark.parametrize("term", ["C(one)", "poly(b, 0)"])
@pytest.mark.parametrize("effects", ["pooled", "region"])
def test_a_term_that_adds_nothing_is_refused(panel, term, effects):
    study = panel.study.with_columns(one=pd.Series("x", index=panel.study.data.index))
    with pytest.raises(ConstantVariableError, match="adds nothing"):
        sr.spatial_panel(f"y ~ a + {term}", study, w=panel.weights, model="sar", effects=effects)
