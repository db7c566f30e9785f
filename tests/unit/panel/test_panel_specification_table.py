"""The table of tests from the front door: what is in it, what is left out and why, and what must not change it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import spatial_region as sr
from spatial_region.errors import InputError, IslandWarning, OptionError, UnknownNameError
from spatial_region.panel._verdicts import ENGLISH, GROUPS
from spatial_region.panel.specification import spatial_tests

ORDER = ["effects", "lm", "models", "residuals"]


@pytest.fixture(scope="module")
def panel(oracle):
    return oracle.panel(20, 5, seed=11)


@pytest.fixture(scope="module")
def tests(panel):
    return spatial_tests("y ~ a + b", panel.study, w=panel.weights, effects="twoway")


def test_table(tests):
    table = tests.table()
    assert table.index.name == "test"
    assert table.columns.tolist() == ["group", "statistic", "df", "p", "verdict"]
    assert table["group"].drop_duplicates().tolist() == ORDER == list(GROUPS)
    assert not table.index.has_duplicates
    assert table["p"].between(0, 1).all()
    assert {"lm_lag", "robust_lm_error", "lr_sdm_sar", "wald_sdm_sem", "hausman_sdm", "mundlak_sdm"} <= set(table.index)
    assert {"lr_region_sdm", "f_time_ols", "moran_ols_2004", "local_cd_sdm"} <= set(table.index)
    assert tests.skipped == {}
    assert tests.verdict_keys["cd_ols"] == "uninformative"
    assert (tests.verdict_keys.drop(["cd_ols", "cd_sdm"]).isin(["rejects", "keeps"])).all()
    rejected = tests.verdict_keys == "rejects"
    assert (table.loc[rejected, "p"] < 0.05).all()


def test_ratios_are_those_of_the_fits(panel, tests):
    for full, nested in (("sdm", "sar"), ("sdm", "sem"), ("sdem", "slx"), ("sem", "ols")):
        fits = [
            sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model=m, effects="twoway").loglik
            for m in (full, nested)
        ]
        assert tests.table().loc[f"lr_{full}_{nested}", "statistic"] == pytest.approx(2 * (fits[0] - fits[1]), abs=1e-8)
    assert set(tests.fits) == {"ols", "slx", "sar", "sem", "sdm", "sdem"}
    assert tests.fits["sdm"].effects == "twoway"


def test_wald_of_one_parameter_is_its_squared_z(tests):
    for key, fit, name in (("wald_sdm_slx", "sdm", "rho"), ("wald_sem_ols", "sem", "lambda")):
        z = tests.fits[fit].zvalues[name]
        assert tests.table().loc[key, "statistic"] == pytest.approx(z**2)


def test_summary_says_everything(tests):
    text = tests.summary()
    for key in tests.table().index:
        assert key in text
    assert "Suggestion: " in text
    assert "20 regions x 5 times" in text
    assert tests.suggestion.model in tests.fits


def test_words_of_another_language(tests):
    words = {key: text.upper() for key, text in ENGLISH.items()} | {"rejects": "R {null} {alternative}", "keeps": "K"}
    table = tests.table(words=words)
    assert table.loc["lm_error", "verdict"] in ("R OLS SEM", "K")


def test_spec_says_how_to_run_it_again(tests):
    assert tests.spec.function == "spatial_tests"
    assert tests.spec.options["effects"] == "twoway"
    assert tests.spec.inputs["formula"] == "y ~ a + b"


def test_order_of_rows_names_and_units_do_not_matter(panel, tests):
    """Rows shuffled, regions renamed, regressors and response in other units."""
    data = panel.study.data.copy()
    data["a"], data["b"], data["y"] = data["a"] * 1e6, data["b"] * 1e-4 + 7, data["y"] * 1e3
    names = {old: f"q{hash_free}" for hash_free, old in enumerate(reversed(panel.study.ids.tolist()))}
    shuffled = np.random.default_rng(0).permutation(panel.study.n)
    regions = panel.study.regions.iloc[shuffled].rename(index=names)
    w = pd.DataFrame(panel.w, index=panel.study.ids, columns=panel.study.ids).iloc[shuffled, shuffled]
    data = data.rename(index=names, level=0).sample(frac=1, random_state=1)
    study = sr.make_study(regions[["geometry"]], data)
    weights = sr.Weights(pd.Index([names[i] for i in w.index]), w.to_numpy(), standardisation="row")
    other = spatial_tests("y ~ a + b", study, w=weights, effects="twoway").table()
    mine = tests.table()
    assert other.index.equals(mine.index)
    assert_allclose(other["statistic"], mine["statistic"], rtol=2e-4, atol=1e-5)
    assert other["verdict"].equals(mine["verdict"])


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "random"])
def test_other_effects(panel, effects):
    found = spatial_tests("y ~ a + b", panel.study, w=panel.weights, effects=effects)
    table = found.table()
    assert ("bsk_clm_mu" in table.index) == (effects in ("pooled", "random"))
    assert ("lr_random_sdm" in table.index) == (effects == "random")
    assert ("bias_adjusted_lm_ols" in table.index) == (effects == "region")
    assert found.verdict_keys["cd_ols"] != "uninformative" or effects == "time"
    assert found.fits["sar"].effects == effects


def test_lee_yu(panel, tests):
    found = spatial_tests("y ~ a + b", panel.study, w=panel.weights, effects="twoway", lee_yu=True)
    assert found.fits["sdm"].lee_yu
    assert found.table().loc["lr_region_sdm", "statistic"] == tests.table().loc["lr_region_sdm", "statistic"]
    assert found.table().loc["lr_sdm_sar", "statistic"] != tests.table().loc["lr_sdm_sar", "statistic"]


def test_cross_section_is_one_time_of_the_panel(panel):
    at = spatial_tests("y ~ a + b", panel.study, w=panel.weights, at=2002)
    alone = spatial_tests("y ~ a + b", panel.study.at(2002), w=panel.weights)
    pd.testing.assert_frame_equal(at.table(), alone.table())
    assert at.table()["group"].unique().tolist() == ["lm", "models", "residuals"]
    assert at.suggestion.effects is None
    assert at.spec.inputs["at"] == 2002
    assert "effects " not in at.summary().split("\n\n")[0]


def test_subset_of_lags_does_not_nest_sem(panel):
    found = spatial_tests("y ~ a + b", panel.study, w=panel.weights, effects="region", lagged=["a"])
    assert "lr_sdm_sem" not in found.table().index
    assert found.table().loc["lr_sdm_sar", "df"] == 1
    assert "SEM is nested in SDM only if the lags of all regressors" in found.skipped["lr_sdm_sem, wald_sdm_sem"]
    assert "Not tested:" in found.summary()


def test_rows_of_other_sums_do_not_nest_sem(oracle):
    panel = oracle.panel(15, 4, seed=12, row=False)
    found = spatial_tests("y ~ a + b", panel.study, w=panel.weights, effects="time")
    assert "rows of the weights have equal sums" in found.skipped["lr_sdm_sem, wald_sdm_sem"]
    assert "lr_sdem_sem" in found.table().index
    by_region = spatial_tests("y ~ a + b", panel.study, w=panel.weights, effects="region")
    assert "lr_sdm_sem" in by_region.table().index


def test_regressor_constant_over_time_leaves_out_what_it_forbids(panel):
    index = panel.study.data.index
    place = index.get_level_values(0).map({name: float(i) for i, name in enumerate(panel.study.ids)})
    study = panel.study.with_columns(c=pd.Series(place.to_numpy(dtype=float), index=index))
    found = spatial_tests("y ~ a + c", study, w=panel.weights, effects="time")
    assert "lr_time_ols" not in found.table().index  # needs region effects, which absorb c
    assert "the region and time effects absorb it" in found.skipped["ols, twoway"]
    assert {"lr_sdm_sar", "mundlak_ols"} <= set(found.table().index)


def test_no_slopes_to_compare(panel):
    """Regressors that do not vary over time leave fixed effects nothing; the rest of the table is there."""
    index = panel.study.data.index
    place = index.get_level_values(0).map({name: float(i % 7) for i, name in enumerate(panel.study.ids)})
    study = panel.study.with_columns(c=pd.Series(place.to_numpy(dtype=float), index=index))
    found = spatial_tests("y ~ c", study, w=panel.weights, effects="pooled")
    assert "no slopes to compare" in found.skipped["hausman_ols, mundlak_ols"]
    assert {"lm_lag", "lr_sdm_sar", "bsk_lmh"} <= set(found.table().index)


def test_collinear_lags_leave_out_durbin_models(panel):
    """A regressor that is its own lag but for a constant: SDM is not identified, SAR and SEM are."""
    matrix = np.zeros((20, 20))
    for i in range(20):
        matrix[i, i ^ 1] = 1.0  # pairs of regions, each the other's only neighbour
    weights = sr.Weights(panel.study.ids, matrix, standardisation="row")
    wide = panel.study.wide("a").to_numpy()
    paired = pd.Series((wide - wide[np.arange(20) ^ 1]).ravel(), index=panel.study.data.index)
    found = spatial_tests("y ~ d", panel.study.with_columns(d=paired), w=weights, effects="region")
    assert "sdm" not in found.fits
    assert any("W_d" in why for why in found.skipped.values())
    assert {"lr_sar_ols", "lm_lag", "mundlak_ols"} <= set(found.table().index)
    assert "hausman_sdm" not in found.table().index


def test_panel_of_one_time(panel):
    one = panel.study.between(2002, 2002)
    found = spatial_tests("y ~ a + b", one, w=panel.weights, effects="pooled")
    assert "effects" not in set(found.table()["group"])
    assert {"lm_lag", "lr_sdm_sar"} <= set(found.table().index)


def test_an_island_warns_once(panel):
    matrix = panel.w.copy()
    matrix[0] = 0
    weights = sr.Weights(panel.study.ids, matrix, standardisation="binary")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        spatial_tests("y ~ a + b", panel.study, w=weights, effects="region")
    assert [w.category for w in caught].count(IslandWarning) == 1


def test_two_times_are_too_few_for_correlations(oracle):
    panel = oracle.panel(15, 2, seed=13)
    found = spatial_tests("y ~ a + b", panel.study, w=panel.weights, effects="time")
    assert "needs at least 3 times" in found.skipped["dependence over time"]
    assert "cd_ols" not in found.table().index


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"effects": "twoways"}, OptionError, "twoway"),
        ({"level": 5}, InputError, "level must lie between 0 and 1"),
        ({"effects": "pooled", "lee_yu": True}, OptionError, "lee_yu=True transforms fixed effects away"),
        ({"lagged": ["z"]}, UnknownNameError, "lagged= names 'z'"),
        ({"w": "queen"}, UnknownNameError, "queen"),
        ({"at": 1066}, UnknownNameError, "1066"),
    ],
)
def test_errors(panel, options, error, message):
    with pytest.raises(error, match=message):
        spatial_tests("y ~ a + b", panel.study, **{"w": panel.weights, **options})


def test_several_weights_are_refused(panel):
    with pytest.raises(OptionError, match="take one"):
        spatial_tests("y ~ a + b", panel.study, w=[panel.weights, panel.weights])
    with pytest.raises(InputError, match="study must be a Study"):
        spatial_tests("y ~ a + b", panel.study.data, w=panel.weights)
