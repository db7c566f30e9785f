"""Fits side by side, their likelihood ratios, and weights or models weighed against each other."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import DuplicateError, InputError, OptionError, UnknownNameError, WeightsError
from spatial_region.panel.compare import compare
from spatial_region.panel.weights_choice import compare_models, compare_weights

FORMULA = "y ~ a + b"


@pytest.fixture(scope="module")
def panel(oracle):
    panel = oracle.panel(20, 5, seed=21)
    panel.fit = lambda model, effects="twoway", **options: sr.spatial_panel(
        options.pop("formula", FORMULA), panel.study, w=panel.weights, model=model, effects=effects, **options
    )
    return panel


@pytest.fixture(scope="module")
def fits(panel):
    return {model: panel.fit(model) for model in ("ols", "slx", "sar", "sem", "sac", "sdm", "sdem", "gns")}


def test_every_nested_pair_and_no_other(fits):
    found = compare(fits)
    expected = {
        ("slx", "ols"), ("sar", "ols"), ("sem", "ols"), ("sac", "ols"), ("sdm", "ols"), ("sdem", "ols"), ("gns", "ols"),
        ("sac", "sar"), ("sac", "sem"), ("sdm", "sar"), ("sdm", "slx"), ("sdm", "sem"), ("sdem", "slx"),
        ("sdem", "sem"), ("gns", "sar"), ("gns", "sem"), ("gns", "slx"), ("gns", "sac"), ("gns", "sdm"),
        ("gns", "sdem"),
    }  # fmt: skip
    pairs = list(zip(found.ratios["full"], found.ratios["nested"], strict=True))
    assert set(pairs) == expected
    assert len(pairs) == len(expected)
    for row in found.ratios.itertuples():
        assert row.statistic == pytest.approx(2 * (fits[row.full].loglik - fits[row.nested].loglik), abs=1e-6)
        assert row.statistic >= 0
        assert row.df == fits[row.full].df_model - fits[row.nested].df_model


def test_table(fits):
    found = compare(fits)
    table = found.table()
    assert table.index.tolist() == ["a", "b", "W_a", "W_b", "rho", "lambda"]
    assert table.columns.tolist()[:3] == [("ols", "estimate"), ("ols", "std_error"), ("ols", "p")]
    for name, fit in fits.items():
        pd.testing.assert_series_equal(
            table[name, "estimate"].dropna(), fit.params, check_names=False, check_index_type=False
        )
        pd.testing.assert_series_equal(table[name, "p"].dropna(), fit.pvalues, check_names=False)
    assert found.fit.loc["loglik", "sdm"] == fits["sdm"].loglik
    assert found.fit.loc["bic", "sem"] == fits["sem"].bic
    assert found.spec.inputs["fits"] == tuple(fits)


def test_table_of_a_paper(fits):
    text = compare({"I": fits["ols"], "II": fits["sdm"]}).table(stars=True)
    fit = fits["sdm"]
    estimate, p = fit.params["a"], fit.pvalues["a"]
    marks = "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""
    assert text.loc["a", "II"] == f"{estimate:.4g}{marks}"
    assert text.iloc[1]["II"] == f"({fit.std_errors['a']:.3g})"
    assert text.loc["rho", "I"] == ""
    assert text.loc["nobs", "I"] == "100"
    assert "Likelihood ratio tests" in compare([fits["ols"], fits["sdm"]]).summary()


def test_effects_are_nested_in_each_other(panel):
    kinds = ("pooled", "region", "time", "twoway", "random")
    fits = [panel.fit("sdm", effects=effects) for effects in kinds]
    found = compare(fits)
    pairs = set(zip(found.ratios["full"], found.ratios["nested"], strict=True))
    assert pairs == {
        ("sdm, region", "sdm, pooled"),
        ("sdm, time", "sdm, pooled"),
        ("sdm, twoway", "sdm, pooled"),
        ("sdm, twoway", "sdm, region"),
        ("sdm, twoway", "sdm, time"),
        ("sdm, random", "sdm, pooled"),
    }
    row = found.ratios[found.ratios["full"] == "sdm, random"].iloc[0]
    # Half of the samples have no variance at all: half the tail of one degree of freedom.
    assert pd.isna(row["df"])
    z = np.sqrt(row["statistic"])
    assert row["p"] == pytest.approx(0.5 * 2 * (1 - _normal(z)), rel=1e-6)


def _normal(z):
    from math import erf, sqrt

    return 0.5 * (1 + erf(z / sqrt(2)))


def test_no_ratio_between_different_likelihoods(panel, fits):
    others = compare({"plain": fits["sdm"], "transformed": panel.fit("sar", lee_yu=True)})
    assert others.ratios.empty
    both = compare([panel.fit("sar", lee_yu=True), panel.fit("sdm", lee_yu=True)])
    assert both.ratios[["full", "nested"]].to_numpy().tolist() == [["sdm", "sar"]]
    gmm = compare([fits["sdm"], panel.fit("sar", effects="region", method="gmm")])
    assert gmm.ratios.empty


def test_no_ratio_between_different_weights(panel, fits):
    matrix = panel.w[:, ::-1].copy()
    np.fill_diagonal(matrix, 0)
    other = sr.Weights(panel.study.ids, matrix, standardisation=None).standardise("row")
    sar = sr.spatial_panel(FORMULA, panel.study, w=other, model="sar", effects="twoway")
    assert compare({"sdm": fits["sdm"], "sar": sar}).ratios.empty
    # OLS goes with any weights.
    assert len(compare({"sar": sar, "ols": fits["ols"]}).ratios) == 1


def test_regressors_left_out_are_nested(panel, fits):
    short = panel.fit("sdm", formula="y ~ a")
    found = compare({"both": fits["sdm"], "one": short, "sem of one": panel.fit("sem", formula="y ~ a")})
    assert found.ratios[["full", "nested"]].to_numpy().tolist() == [
        ["both", "one"],
        ["one", "sem of one"],
    ]


def test_subset_of_lags_does_not_nest_sem(panel, fits):
    part = panel.fit("sdm", lagged=["a"])
    assert compare({"sdm": part, "sem": fits["sem"]}).ratios.empty
    assert compare({"part": part, "sdm": fits["sdm"]}).ratios["full"].tolist() == ["sdm"]


def test_mixed_samples_are_refused(panel, fits):
    short = panel.study.between(2001, 2004)
    other = sr.spatial_panel(FORMULA, short, w=panel.weights, model="sdm")
    with pytest.raises(InputError, match="20 regions x 5 times, and 'fewer': y, 20 regions x 4 times"):
        compare({"all": fits["sdm"], "fewer": other})
    logs = panel.fit("sdm", formula="exp(y) ~ a + b")
    with pytest.raises(InputError, match="names or values differ"):
        compare([fits["sar"], logs])


def test_one_time_of_a_panel_is_a_cross_section(panel):
    at = sr.spatial_regression(FORMULA, panel.study, w=panel.weights, model="sdm", at=2003)
    alone = sr.spatial_regression(FORMULA, panel.study.at(2003), w=panel.weights, model="sar")
    assert compare([at, alone]).ratios["nested"].tolist() == ["sar"]
    other = sr.spatial_regression(FORMULA, panel.study, w=panel.weights, model="sar", at=2004)
    with pytest.raises(InputError, match="20 regions at 2003, and 'sar': y, 20 regions at 2004"):
        compare([at, other])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda f: [f["ols"]], InputError, "at least 2"),
        (lambda f: f["ols"], InputError, "a list or mapping"),
        (lambda f: [f["ols"], 3], InputError, "found int"),
        (lambda f: {"a": f["ols"], "b": "x"}, InputError, "found str"),
        (lambda f: [f["ols"], f["ols"]], DuplicateError, "would be called ols"),
    ],
)
def test_what_compare_takes(fits, make, error, message):
    with pytest.raises(error, match=message):
        compare(make(fits))


# -- weights and models weighed --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def choice():
    """A panel on a lattice whose true weights are those of four neighbours."""
    import geopandas as gpd

    x, y = np.divmod(np.arange(49), 7)
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(1000 * x, 1000 * y), crs=3857)
    near, far = sr.knn(regions, k=4).standardise("row"), sr.knn(regions, k=12).standardise("row")
    rng = np.random.default_rng(3)
    a = rng.normal(size=(6, 49))
    mean = 2 * a + 1.5 * a @ near.sparse.toarray().T + rng.normal(size=49)
    values = np.linalg.solve(np.eye(49) - 0.6 * near.sparse.toarray(), (mean + rng.normal(size=(6, 49))).T).T
    index = pd.MultiIndex.from_product([regions.index, range(6)], names=["region", "time"])
    data = pd.DataFrame({"y": values.T.ravel(), "a": a.T.ravel()}, index=index)
    return sr.make_study(regions, data).with_weights(near=near, far=far)


@pytest.mark.parametrize("prior", ["zellner", "diffuse"])
@pytest.mark.parametrize("effects", ["pooled", "region", "twoway"])
def test_true_weights_are_found(choice, effects, prior):
    found = compare_weights("y ~ a", choice, effects=effects, prior=prior)
    assert found.best == "near"
    table = found.table()
    assert table.index.tolist() == ["near", "far"]
    assert table.columns.tolist() == ["loglik", "aic", "bic", "rho", "lambda", "log_marginal", "probability"]
    assert table["probability"].sum() == pytest.approx(1)
    odds = table.loc["near", "probability"] / table.loc["far", "probability"]
    assert np.log(odds) == pytest.approx(table.loc["near", "log_marginal"] - table.loc["far", "log_marginal"])
    fit = sr.spatial_panel("y ~ a", choice, w="near", model="sdm", effects=effects)
    assert table.loc["near", "loglik"] == fit.loglik
    assert table.loc["near", "rho"] == fit.params["rho"]
    assert "most probable" in found.summary()


def test_probabilities_do_not_depend_on_units_or_order(choice):
    """Zellner's prior has no unit; the flat one shifts all alternatives with the same slopes alike."""
    data = choice.data.assign(a=1e5 * choice.data["a"], y=1e-3 * choice.data["y"])
    other = sr.make_study(choice.regions, data).with_weights(**choice.weights)
    for prior in ("zellner", "diffuse"):
        plain = compare_weights("y ~ a", choice, effects="region", prior=prior).table()["probability"]
        scaled = compare_weights("y ~ a", other, w=["far", "near"], effects="region", prior=prior).table()
        pd.testing.assert_series_equal(scaled["probability"].loc[plain.index], plain, rtol=1e-6)
    for models in permutations(("slx", "sdm", "sdem")):
        found = compare_models("y ~ a", choice, w="near", models=models, effects="region")
        assert found.table().index.tolist() == list(models)
        assert found.best == "sdm"


def test_models_of_a_cross_section(choice):
    at = compare_models("y ~ a", choice, w="near", models=("ols", "sar", "sem"), at=3, prior="diffuse")
    alone = compare_models("y ~ a", choice.at(3), w="near", models=("ols", "sar", "sem"), prior="diffuse")
    pd.testing.assert_frame_equal(at.table(), alone.table())
    assert at.table()["rho"].isna().tolist() == [True, False, True]


def test_bic_and_marginal_likelihood_agree_in_large_samples(choice):
    """Half the BIC approximates minus the log marginal likelihood: the odds agree to a factor of the order of 1."""
    table = compare_models("y ~ a", choice, w="near", models=("sar", "sdm", "sem", "sdem"), effects="pooled").table()
    gaps = table["log_marginal"] + table["bic"] / 2
    assert np.ptp(gaps) < 3
    assert np.ptp(table["log_marginal"]) > 20


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"effects": "random"}, InputError, "that of fixed effects"),
        ({"model": "gns"}, OptionError, "both rho and lambda"),
        ({"model": "ols"}, OptionError, "no weights to compare"),
        ({"prior": "flat"}, OptionError, "zellner"),
        ({"w": ["near"]}, InputError, "at least 2"),
        ({"w": "near"}, InputError, "found str"),
        ({"w": ["near", "queen"]}, UnknownNameError, "queen"),
    ],
)
def test_weights_choice_errors(choice, options, error, message):
    with pytest.raises(error, match=message):
        compare_weights("y ~ a", choice, **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"models": ["sdm"]}, InputError, "at least 2"),
        ({"models": "sdm"}, InputError, "at least 2"),
        ({"models": ["sdm", "sdm"]}, InputError, "different"),
        ({"models": ["sar", "sdm"], "prior": "diffuse"}, OptionError, "same slopes"),
        ({"models": ["sar", "sac"]}, OptionError, "both rho and lambda"),
        ({"models": ["sar", "car"]}, OptionError, "model='car' is not offered"),
        ({"w": None}, WeightsError, "which weights"),
        ({"effects": "within"}, OptionError, "effects"),
    ],
)
def test_models_choice_errors(choice, options, error, message):
    with pytest.raises(error, match=message):
        compare_models("y ~ a", choice, **{"w": "near", **options})


def test_weights_without_names_or_row_sums_are_refused(choice):
    listed = list(choice.weights.values())
    with pytest.raises(InputError, match="without names"):
        compare_weights("y ~ a", choice, w=listed)
    binary = choice.weights["near"].standardise("binary")
    named = {"near": listed[0], "binary": binary}
    with pytest.raises(WeightsError, match="weights 'binary': .* rows all sum to 1"):
        compare_weights("y ~ a", choice, w=named)
    assert compare_weights("y ~ a", choice, w=named, effects="region").best in named
