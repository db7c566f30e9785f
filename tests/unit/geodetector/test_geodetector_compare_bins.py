"""The comparison of bins: its table against the detector, its choices by hand, its p-values by plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import InputError, MissingValuesError, OptionError, UnknownNameError
from spatial_region.geodetector._loess import levels_off
from spatial_region.geodetector.compare_bins import compare_bins

FIVE = ["quantile", "equal", "natural", "geometric", "sd"]
EIGHT = [*FIVE, "headtail", "changepoint", "tree"]


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(3)
    rain, height = rng.lognormal(size=80), rng.normal(size=80)
    return pd.DataFrame(
        {"y": np.sqrt(rain) + rng.normal(size=80), "rain": rain, "height": height, "zone": rng.choice(["a", "b"], 80)}
    )


def with_gap(frame):
    frame = frame.copy()
    frame.loc[3, "rain"] = np.nan
    return frame


@pytest.fixture(scope="module")
def found(frame):
    return compare_bins(frame, "y", ["rain", "height"], methods=EIGHT, permutations=99)


@pytest.mark.filterwarnings("ignore::spatial_region.errors.SmallSampleWarning")
def test_every_row_is_what_the_detector_finds_for_that_cut(frame, found):
    table = found.table()
    assert set(table["method"]) == set(EIGHT)
    assert set(table.loc[table["method"] == "quantile", "k"]) == {3, 4, 5, 6, 7, 8}
    assert "geometric" not in set(table.loc[table["factor"] == "height", "method"])  # it has values below zero
    for _, row in table.iterrows():
        bins = "headtail" if row["method"] == "headtail" else (row["method"], row["k"])
        g = sr.geodetector(frame, "y", [row["factor"]], bins={row["factor"]: bins}, permutations=0)
        own = g.factors.loc[row["factor"]]
        assert row["q"] == pytest.approx(own["q"], rel=1e-10)
        assert row["q_adjusted"] == pytest.approx(own["q_adjusted"], rel=1e-9, abs=1e-12)
        assert row["p_central"] == pytest.approx(own["p_central"], rel=1e-9)
        assert row["strata"] == own["strata"]
        assert row["smallest"] == g.bins["n"].min()
        assert row["allowed"] == (g.bins["n"].min() >= 3 and own["strata"] == row["k"])


def test_the_best_is_the_largest_q_of_those_allowed(found):
    for factor, own in found.candidates.groupby("factor"):
        (chosen,) = own[own["chosen"]].index
        assert own.loc[chosen, "q"] == own.loc[own["allowed"], "q"].max()
        best = found.best.loc[factor]
        assert (best["method"], best["k"], best["q"]) == tuple(own.loc[chosen, ["method", "k", "q"]])
        fixed = own[own["allowed"] & ~own["method"].isin(["changepoint", "tree"])]
        by_k = fixed.groupby("k")["q"].max()
        place = levels_off(list(by_k.index), by_k.to_numpy()[None, :])[0]
        assert (best["loess_k"], best["loess_q"]) == (by_k.index[place], by_k.iloc[place])
    assert found.bins == {"rain": ("changepoint", 8), "height": ("changepoint", 8)}


def test_p_counts_permutations_whose_own_best_reaches_the_q(frame):
    found = compare_bins(
        frame, "y", ["rain", "height"], ks=[3, 4, 5], methods=["natural", "quantile"], permutations=999
    )
    rng = np.random.default_rng(8)
    reached = np.zeros(2)
    for _ in range(200):
        again = compare_bins(
            frame.assign(y=rng.permutation(frame["y"])), "y", ["height"], ks=[3, 4, 5], methods=["natural", "quantile"],
            permutations=0,
        )  # fmt: skip
        reached += again.best.loc["height", ["q", "loess_q"]] >= found.best.loc["height", ["q", "loess_q"]]
    p = found.best.loc["height", ["p_permutation", "loess_p_permutation"]].to_numpy(dtype=float)
    error = np.sqrt(p * (1 - p) * (1 / 200 + 1 / 999))
    assert (np.abs(reached / 200 - p) < 3.5 * error).all()
    assert found.best.loc["rain", "p_permutation"] < 0.05


def test_one_rule_is_the_p_of_optimal_bins(frame):
    optimal = sr.geodetector(frame, "y", ["rain"], bins={"rain": "optimal"}, permutations=999)
    mine = compare_bins(frame, "y", ["rain"]).best.loc["rain"]
    assert mine["q"] == pytest.approx(optimal.factors.loc["rain", "q"], rel=1e-12)
    theirs = optimal.factors.loc["rain", "p_permutation"]
    assert mine["p_permutation"] == pytest.approx(theirs, abs=5 * np.sqrt(max(theirs, 0.001) / 999))


def test_neither_row_order_nor_units_change_the_answer(frame, found):
    turned = frame.sample(frac=1, random_state=1)
    again = compare_bins(turned.assign(y=turned["y"] * 9 - 70), "y", ["rain", "height"], methods=EIGHT, permutations=99)
    pd.testing.assert_frame_equal(again.best, found.best, rtol=1e-10)
    pd.testing.assert_frame_equal(again.candidates, found.candidates, rtol=1e-8)


def test_seed_makes_the_answer(frame):
    one, again, other = (compare_bins(frame, "y", ["height"], seed=seed).best for seed in (1, 1, 2))
    assert one.equals(again)
    assert one.loc["height", "p_permutation"] != other.loc["height", "p_permutation"]


def test_without_permutations_and_with_few_k_what_is_unknown_is_missing(frame):
    found = compare_bins(frame, "y", ["rain"], ks=[3, 4], permutations=0)
    assert found.best[["p_permutation", "loess_q", "loess_p_permutation"]].isna().all(axis=None)
    assert found.best.loc["rain", "loess_method"] is None
    assert "p_permutation" not in found.summary().split("Note:")[0]
    assert "no p-value here allows for it" in found.summary()


def test_the_best_bins_can_be_given_to_the_detector(frame):
    found = compare_bins(frame, "y", ["rain", "height"], permutations=0)
    g = sr.geodetector(frame, "y", ["rain", "height"], bins=found.bins, permutations=0)
    np.testing.assert_allclose(g.factors["q"], found.best["q"], rtol=1e-12)


def test_summary_notes_and_settings(frame, found):
    text = found.summary()
    assert text.startswith("Bins for 'y': 80 rows, 2 factors")
    assert "q is inflated by choosing the best of many; p_permutation allows for it" in text
    assert "listed but not chosen" in text
    assert found.spec.function == "compare_bins"
    assert found.spec.options["methods"] == EIGHT
    assert found.spec.seed == 42
    dropped = compare_bins(with_gap(frame), "y", ["rain"], missing="drop", permutations=0)
    assert dropped.n == 79
    assert "1 rows with missing values were dropped" in dropped.summary()
    assert dropped.spec.seed is None


def test_a_panel_at_one_time_and_pooled():
    rng = np.random.default_rng(6)
    index = pd.MultiIndex.from_product([[f"r{i}" for i in range(40)], [2019, 2020]], names=["region", "time"])
    panel = pd.DataFrame(rng.lognormal(size=(80, 2)), index=index, columns=["y", "x"])
    at = compare_bins(panel, "y", ["x"], at=2020, permutations=0)
    alone = compare_bins(panel.xs(2020, level=1), "y", ["x"], permutations=0)
    pd.testing.assert_frame_equal(at.best, alone.best)
    assert "2 times are pooled" in compare_bins(panel, "y", ["x"], permutations=0).summary()


def test_errors_say_what_to_do(frame):
    with pytest.raises(InputError, match="'zone' holds .* strata already"):
        compare_bins(frame, "y", ["zone"])
    with pytest.raises(OptionError, match="Did you mean 'natural'"):
        compare_bins(frame, "y", ["rain"], methods=["naturel"])
    with pytest.raises(OptionError, match="methods='optimal' is not offered"):
        compare_bins(frame, "y", ["rain"], methods=["optimal"])
    with pytest.raises(InputError, match="methods must be a list"):
        compare_bins(frame, "y", ["rain"], methods="natural")
    with pytest.raises(InputError, match="each of ks must be a whole number of at least 2; found 1"):
        compare_bins(frame, "y", ["rain"], ks=[1, 2])
    with pytest.raises(InputError, match="ks is empty"):
        compare_bins(frame, "y", ["rain"], ks=[])
    with pytest.raises(UnknownNameError, match="Did you mean 'rain'"):
        compare_bins(frame, "y", ["rian"])
    with pytest.raises(MissingValuesError, match="'rain' is missing"):
        compare_bins(with_gap(frame), "y", ["rain"])
    with pytest.raises(InputError, match=r"no stratification .* of at least 3 rows\. Give fewer strata: ks=\[2\]"):
        compare_bins(frame.head(8), "y", ["rain"])
