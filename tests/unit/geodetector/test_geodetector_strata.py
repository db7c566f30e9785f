"""How `bins` is read, what is cut and what is not, and the errors that say what to do."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import InputError, OptionError, UnknownNameError
from spatial_region.geodetector.strata import parse_rule


@pytest.fixture
def frame():
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "y": rng.normal(size=60),
            "rain": rng.uniform(1, 100, 60),
            "height": rng.normal(size=60) * 100,
            "soil": rng.integers(1, 5, 60),
            "zone": rng.choice(["East", "West", "中部"], 60),
            "port": rng.random(60) > 0.5,
            "grade": pd.Categorical(rng.choice(["low", "mid", "high"], 60), ["low", "mid", "high", "unused"]),
        }
    )


def detect(frame, factors, **options):
    return sr.geodetector(frame, "y", factors, permutations=0, **options)


def test_without_bins_values_are_strata_as_they_are(frame):
    g = detect(frame, ["soil", "zone", "port", "grade"])
    assert list(g.factors["strata"]) == [4, 3, 2, 3]
    assert set(g.factors["method"]) == {"as given"}
    bins = g.bins.set_index("factor")
    assert list(bins.loc["soil", "stratum"]) == ["1", "2", "3", "4"]
    assert list(bins.loc["zone", "stratum"]) == ["East", "West", "中部"]
    assert list(bins.loc["grade", "stratum"]) == ["low", "mid", "high"]
    assert list(bins.loc["zone", "n"]) == frame["zone"].value_counts().sort_index().tolist()
    np.testing.assert_allclose(bins.loc["zone", "mean"], frame.groupby("zone")["y"].mean())
    np.testing.assert_allclose(bins.loc["zone", "sd"], frame.groupby("zone")["y"].std())


def test_ten_or_more_number_codes_are_in_the_order_of_numbers():
    frame = pd.DataFrame({"y": np.random.default_rng(0).normal(size=48), "x": np.tile(np.arange(1, 13), 4)})
    assert list(detect(frame, ["x"]).bins["stratum"]) == [str(code) for code in range(1, 13)]


def test_varied_numbers_are_not_taken_for_strata(frame):
    with pytest.raises(InputError, match=r"'rain' has 60 distinct numbers in 60 rows.*bins=\{'rain': 5\}"):
        detect(frame, ["rain"])
    with pytest.raises(InputError, match=r"If they are codes, say so: bins=\{'x': None\}"):
        detect(pd.DataFrame({"y": [1.0, 2, 4, 8, 9], "x": [1, 2, 1, 3, 2]}), ["x"])


@pytest.mark.filterwarnings("ignore::spatial_region.errors.SmallSampleWarning")
def test_numbers_declared_as_codes_are_strata_in_a_few_rows_too():
    frame = pd.DataFrame({"y": [1.0, 2, 4, 8, 9], "x": [1, 2, 1, 3, 2]})
    assert detect(frame, ["x"], bins={"x": None}).factors.loc["x", "strata"] == 3


def test_an_int_means_quantile_strata_of_numbers_and_leaves_categories_alone(frame):
    g = detect(frame, ["rain", "zone", "port", "grade"], bins=4)
    assert list(g.factors["method"]) == ["quantile", "as given", "as given", "as given"]
    assert list(g.bins.set_index("factor").loc["rain", "n"]) == [15, 15, 15, 15]
    expected = frame.groupby(pd.qcut(frame["rain"], 4), observed=True)["y"].mean()
    np.testing.assert_allclose(g.bins.set_index("factor").loc["rain", "mean"], expected)


@pytest.mark.parametrize("bins", ["equal", ("equal", 5), {"rain": "equal"}, {"rain": ("equal", 5)}])
def test_a_method_alone_has_five_strata(frame, bins):
    assert detect(frame, ["rain"], bins=bins).bins.equals(detect(frame, ["rain"], bins=("equal", 5)).bins)


def test_edges_are_closed_on_the_right_and_may_be_infinite(frame):
    g = detect(frame, ["height"], bins=[-np.inf, -50, 0, 50, np.inf])
    expected = frame.groupby(pd.cut(frame["height"], [-np.inf, -50, 0, 50, np.inf]), observed=True)["y"].mean()
    np.testing.assert_allclose(g.bins["mean"], expected)
    assert g.factors.loc["height", "method"] == "edges"
    assert list(g.bins["stratum"]) == ["[-inf, -50]", "(-50, 0]", "(0, 50]", "(50, inf]"]


def test_a_mapping_cuts_each_factor_its_own_way(frame):
    g = detect(frame, ["rain", "height", "soil", "zone"], bins={"rain": 3, "height": ("natural", 4), "soil": None})
    assert list(g.factors["method"]) == ["quantile", "natural", "as given", "as given"]
    assert list(g.factors["strata"]) == [3, 4, 4, 3]


def test_whole_numbers_that_may_be_codes_are_refused_until_declared(frame):
    with pytest.raises(InputError, match="codes of strata, or quantities to cut"):
        detect(frame, ["rain", "soil"], bins=3)
    with pytest.raises(InputError, match=re.escape("4 distinct values (1, 2, 3, 4)")):
        detect(frame.astype({"soil": float}), ["soil"], bins="natural")
    declared = detect(frame, ["rain", "soil"], bins={"rain": 3, "soil": None})
    as_category = detect(frame.astype({"soil": "category"}), ["rain", "soil"], bins=3)
    assert declared.factors.equals(detect(frame, ["rain", "soil"], bins={"rain": 3, "soil": "as given"}).factors)
    assert declared.factors["q"].equals(as_category.factors["q"])
    assert detect(frame, ["soil"], bins={"soil": ("natural", 2)}).factors.loc["soil", "strata"] == 2


def test_whole_numbers_that_are_clearly_quantities_are_cut():
    people = np.random.default_rng(1).integers(1000, 90_000, 60)
    frame = pd.DataFrame({"y": people * 0.1 + 3, "people": people})
    assert detect(frame, ["people"], bins=3).factors.loc["people", "strata"] == 3


def test_numbers_kept_as_objects_are_numbers(frame):
    stored = frame.astype({"rain": object})
    assert detect(stored, ["rain"], bins=4).factors.equals(detect(frame, ["rain"], bins=4).factors)


def test_a_category_cannot_be_cut(frame):
    with pytest.raises(InputError, match="'zone' holds .* strata already and cannot be cut"):
        detect(frame, ["zone"], bins={"zone": 3})


def test_unknown_names_are_suggested(frame):
    with pytest.raises(UnknownNameError, match="bins names 'rian'.*Did you mean 'rain'"):
        detect(frame, ["rain"], bins={"rian": 3})
    with pytest.raises(OptionError, match="Did you mean 'natural'"):
        detect(frame, ["rain"], bins="naturel")
    with pytest.raises(UnknownNameError, match="Did you mean 'height'"):
        detect(frame, ["heigth"], bins=3)


@pytest.mark.parametrize("cut", [1, 0, True, 2.5, [1, 2], [3, 2, 1], [1, 1, 2], ["a", "b", "c"], ("equal", 1), ()])
def test_what_bins_cannot_be(cut):
    with pytest.raises(InputError, match=r"bins for 'x'"):
        parse_rule(cut, "x")


def test_a_rule_takes_one_k_and_optimal_takes_several():
    assert parse_rule(("optimal", range(3, 5)), "x").ks == (3, 4)
    assert parse_rule(np.int64(4), "x").ks == (4,)
    assert parse_rule(["natural", 4], "x").method == "natural"
    with pytest.raises(InputError, match="takes one k"):
        parse_rule(("equal", [3, 4]), "x")


def test_ties_that_leave_fewer_quantile_strata_are_an_error():
    x = np.concatenate((np.zeros(40), np.random.default_rng(0).random(20)))
    frame = pd.DataFrame({"y": np.random.default_rng(1).normal(size=60), "x": x})
    with pytest.raises(InputError, match=r"cannot be cut into 5 quantile strata.*0 occurs 40 times.*\('natural', 5\)"):
        detect(frame, ["x"], bins={"x": 5})


def test_more_strata_than_distinct_values_is_an_error():
    frame = pd.DataFrame({"y": np.random.default_rng(1).normal(size=60), "x": np.tile([1.5, 2.5, 3.5], 20)})
    with pytest.raises(InputError, match="3 distinct values, fewer than the 4 strata"):
        detect(frame, ["x"], bins=("natural", 4))


def test_intervals_without_a_unit_are_no_strata_and_a_note_says_so():
    x = np.concatenate((np.linspace(0, 1, 30), np.linspace(9, 10, 30)))
    g = detect(pd.DataFrame({"y": np.random.default_rng(1).normal(size=60), "x": x}), ["x"], bins="equal")
    assert g.factors.loc["x", "strata"] == 2
    assert g.factors.loc["x", "df2"] == 58
    assert any("'x' (2 of 5)" in note for note in g.notes)


def test_values_outside_the_edges_are_an_error(frame):
    with pytest.raises(InputError, match="outside the edges 0 to 1"):
        detect(frame, ["rain"], bins=[0, 0.5, 1])


def test_geometric_strata_need_positive_values(frame):
    with pytest.raises(InputError, match="'height' cannot be cut geometrically: its least value is -"):
        detect(frame, ["height"], bins=("geometric", 4))


def test_one_stratum_and_a_stratum_for_each_row_are_errors(frame):
    with pytest.raises(InputError, match="'one' has one stratum only"):
        detect(frame.assign(one="x"), ["one"])
    with pytest.raises(InputError, match="each of the 60 rows in a stratum of its own"):
        detect(frame.assign(own=[f"r{i}" for i in range(60)]), ["own"])


def test_labels_of_close_edges_stay_distinct():
    x = 1000 + np.arange(60) / 1e4
    g = detect(pd.DataFrame({"y": np.random.default_rng(1).normal(size=60), "x": x}), ["x"], bins=4)
    assert g.bins["stratum"].is_unique
    assert (g.bins["lower"] < g.bins["upper"]).all()


def test_optimal_takes_the_largest_q_of_what_it_lists(frame):
    g = detect(frame, ["rain", "zone"], bins="optimal")
    tried = g.candidates
    assert set(tried["factor"]) == {"rain"}
    assert set(tried["method"]) >= {"quantile", "natural", "geometric"}
    chosen = tried[tried["chosen"]].iloc[0]
    assert chosen["q"] == pytest.approx(g.factors.loc["rain", "q"], rel=1e-12)
    assert chosen["q"] == tried["q"].max()
    assert g.bins.set_index("factor").loc["rain", "n"].min() >= 3
    for _, one in tried.iterrows():
        alone = detect(frame, ["rain"], bins=(one["method"], one["k"]))
        assert alone.factors.loc["rain", "q"] == pytest.approx(one["q"], rel=1e-11)
        assert alone.factors.loc["rain", "strata"] == one["k"]
    assert any("inflated by choosing" in note for note in g.notes)


def test_optimal_with_too_few_rows_says_what_to_do():
    frame = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6, 8], "x": [1.5, 2.5, 3.1, 4.7, 5.2, 6.3, 7.9]})
    with pytest.raises(InputError, match=r"\('optimal', \[2\]\)"):
        detect(frame, ["x"], bins="optimal")
    assert detect(frame, ["x"], bins=("optimal", [2])).factors.loc["x", "strata"] == 2


@pytest.mark.parametrize(
    ("bins", "method"),
    [("changepoint", "changepoint"), (("tree", 4), "tree"), ("headtail", "headtail"), ("loess", None)],
)
def test_strata_that_look_at_the_variable_or_find_their_number_reach_the_detector(frame, bins, method):
    frame = frame.assign(y=frame["y"] + np.log(frame["rain"]), rain=frame["rain"] ** 3)
    g = sr.geodetector(frame, "y", ["rain"], bins=bins, permutations=99)
    own = g.factors.loc["rain"]
    assert own["method"] == (method or g.candidates[g.candidates["chosen"]]["method"].iloc[0])
    assert own["strata"] == {"changepoint": 5, "tree": 4}.get(method, own["strata"])
    assert own["p_permutation"] < 0.1
    assert any("inflated by choosing" in note for note in g.notes) == (bins != "headtail")


def test_change_points_explain_at_least_as_much_as_any_strata_of_as_many_units(frame):
    q = {
        rule: detect(frame, ["rain"], bins=(rule, 4)).factors.loc["rain", "q"]
        for rule in ("changepoint", "tree", "quantile", "natural")
    }
    assert q["changepoint"] >= max(q.values()) - 1e-12
    assert q["tree"] > q["quantile"]
