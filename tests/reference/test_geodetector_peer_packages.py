"""What the page on GeoDetector's peers says: our answers everywhere, theirs where their environments are present.

Make these with ``python -m benchmarks.peers.geodetector_faults --peers FOLDER`` and name FOLDER in GEODETECTOR_PEERS.
"""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.peers import geodetector_faults as faults
from benchmarks.peers.geodetector_env import ask, present
from spatial_region.geodetector.lesh import lesh

PYTHONS = present()
needs_peers = pytest.mark.skipif(PYTHONS is None, reason="GEODETECTOR_PEERS names no folder with their environments")
BY_CLASSES, BY_FRAME = "geodetector", "py-geodetector"


def told(package, task, example):
    assert PYTHONS is not None
    return ask(PYTHONS[package], task, example.y, example.x)


# --- ours: strata are taken as given


def test_integer_codes_are_not_cut_again():
    example = faults.twelve_codes()
    q = example.ours().factors.loc["x0", "q"]
    assert q == pytest.approx(faults.q_of(example.y, example.x[:, 0]), abs=1e-12)
    assert q == pytest.approx(0.93951, abs=1e-5)


def test_a_stratum_of_one_unit_stays():
    example = faults.one_alone()
    found = example.ours().factors.loc["x0"]
    assert found["q"] == pytest.approx(faults.q_of(example.y, example.x[:, 0]), abs=1e-12)
    assert (found["n"], found["singletons"]) == (31, 1)


def test_levels_in_tenths_stay_apart():
    example = faults.tenths()
    q = example.ours(bins={"x0": None}).factors.loc["x0", "q"]
    assert q == pytest.approx(faults.q_of(example.y, np.rint(10 * example.x[:, 0])), abs=1e-12)
    assert q > 0.85


# --- ours: overlays


def test_an_overlay_of_single_units_explains_everything():
    row = faults.grid().ours().interactions.iloc[0]
    assert row["q_ab"] == pytest.approx(1)
    assert row["singletons"] == 16


def test_an_overlay_that_adds_nothing_is_named_for_itself():
    assert list(faults.nested().ours().interactions["type"])[2] == "weaken, univariate"
    assert list(faults.twice().ours().interactions["type"]) == ["weaken, univariate"]


def test_codes_do_not_collide_where_pasted_texts_do():
    example = faults.colliding()
    row = example.ours().interactions.iloc[0]
    assert (row["q_a"], row["q_b"], row["q_ab"]) == pytest.approx((0.5, 0.5, 1.0))
    assert faults.pasted(example, lambda a, b: a + b + "_") == pytest.approx(0)
    assert faults.pasted(example, lambda a, b: a + "_" + b) == pytest.approx(1)


def test_text_strata_with_underscores_do_not_collide():
    example = faults.underscored()
    assert example.ours().interactions.iloc[0]["q_ab"] == pytest.approx(1)
    assert faults.pasted(example, lambda a, b: f"{a}_{b}") == pytest.approx(0)


# --- ours: p-values and comparisons


def test_a_tiny_p_is_not_nought():
    p = faults.certain().ours().factors.loc["x0", "p_wang"]
    assert 1e-145 < p < 1e-130
    direct = stats.f_oneway(*(faults.certain().y[faults.certain().x[:, 0] == code] for code in range(3))).pvalue
    assert faults.certain().ours().factors.loc["x0", "p_central"] == pytest.approx(direct, rel=1e-9, abs=0)


def test_only_the_published_p_changes_with_the_origin_of_the_scale():
    here, there = (faults.unequal(shift).ours(permutations=199).factors.loc["x0"] for shift in (0.0, 100.0))
    assert here["p_wang"] == pytest.approx(0.0015059, abs=1e-7)
    assert there["p_wang"] > 0.999999
    assert here["p_central"] == pytest.approx(there["p_central"], rel=1e-9)
    assert here["p_permutation"] == there["p_permutation"]
    assert here["p_permutation"] < 0.01


def test_the_ecological_detector_does_not_depend_on_the_order_of_factors():
    example = faults.strong_and_weak()
    turned = faults.Example(example.y, example.x[:, ::-1])
    p = [some.ours().ecological["p"].iloc[0] for some in (example, turned)]
    assert p[0] == pytest.approx(p[1], rel=1e-9)
    assert p[0] < 1e-10


# --- Shapley shares


def shares_by_orders(q, factors):
    """Means over all orders of what a factor adds when it joins those before it."""
    from itertools import permutations

    total = dict.fromkeys(factors, 0.0)
    orders = list(permutations(factors))
    for order in orders:
        for place, one in enumerate(order):
            total[one] += q[frozenset(order[: place + 1])] - q[frozenset(order[:place])]
    return {one: value / len(orders) for one, value in total.items()}


def test_sums_over_non_empty_sets_are_no_shares():
    q = {frozenset(): 0.0, frozenset("a"): 0.3, frozenset("b"): 0.2, frozenset("ab"): 0.6}
    right, wrong = faults.shapley_shares(q, ["a", "b"]), faults.shares_without_the_empty_set(q, ["a", "b"])
    assert right == pytest.approx({"a": 0.35, "b": 0.25})
    assert right == pytest.approx(shares_by_orders(q, ["a", "b"]))
    assert wrong == pytest.approx({"a": 0.2, "b": 0.15})
    assert sum(wrong.values()) == pytest.approx(0.35)


def test_our_lesh_shares_are_shapley_shares():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({name: rng.integers(0, 3, 120) for name in "abc"})
    frame["y"] = frame["a"] + frame["b"] * (frame["c"] == 1) + rng.normal(size=120)
    q = {frozenset(): 0.0}
    for size in (1, 2, 3):
        for some in combinations("abc", size):
            cells = frame.groupby(list(some)).ngroup().to_numpy()
            q[frozenset(some)] = faults.q_of(frame["y"].to_numpy(), cells)
    expected = shares_by_orders(q, list("abc"))
    found = lesh(frame, "y", list("abc"), overlay="full", permutations=0)
    shares = found.table()["share"].to_dict()
    assert shares == pytest.approx(expected, abs=1e-12)
    assert sum(shares.values()) == pytest.approx(q[frozenset("abc")], abs=1e-12)


# --- theirs, where present


@needs_peers
@pytest.mark.parametrize("package", [BY_CLASSES, BY_FRAME])
def test_q_agrees_where_nothing_is_at_fault(package):
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, size=(500, 4))
    example = faults.Example(rng.normal(size=500) + codes[:, 0] * (codes[:, 1] > 1), codes)
    found, theirs = example.ours(), told(package, "factors", example)
    np.testing.assert_allclose(theirs["q"], found.factors["q"], atol=1e-13)
    np.testing.assert_allclose(theirs["q_ab"], found.interactions["q_ab"], atol=1e-13)


@needs_peers
def test_they_cut_codes_again_drop_units_and_round_levels():
    assert told(BY_CLASSES, "factors", faults.twelve_codes())["q"] == pytest.approx([0.12944], abs=1e-5)
    assert told(BY_CLASSES, "factors", faults.one_alone())["q"] == pytest.approx([0.04114], abs=1e-5)
    grid = told(BY_CLASSES, "factors", faults.grid())
    assert (grid["q_ab"], grid["type"]) == ([0.0], ["Weaken, nonlinear"])
    assert told(BY_CLASSES, "optimal", faults.tenths())["q"] == [0.0]
    assert sum(told(BY_CLASSES, "shares", faults.grid())["share"]) == pytest.approx(0.44118, abs=1e-5)


@needs_peers
def test_they_name_overlays_that_add_nothing():
    assert told(BY_FRAME, "factors", faults.nested())["type"][2] == "Enhance, nonlinear"
    assert told(BY_FRAME, "factors", faults.twice())["type"] == ["Weaken, nonlinear"]
    alone = faults.Example(faults.nested().y, faults.nested().x[:, 1:])
    with pytest.raises(RuntimeError, match="UnboundLocalError"):
        told(BY_FRAME, "factors", alone)


@needs_peers
def test_their_p():
    assert told(BY_CLASSES, "factors", faults.certain())["p"] == [0.0]
    sample, population = (told(package, "factors", faults.unequal())["p"][0] for package in (BY_FRAME, BY_CLASSES))
    assert (sample, population) == pytest.approx((0.00149772, 0.00150592), abs=1e-8)
    for package in (BY_CLASSES, BY_FRAME):
        assert told(package, "factors", faults.unequal(100.0))["p"] == [1.0]


@needs_peers
def test_their_ecological_verdict_depends_on_the_order():
    example = faults.strong_and_weak()
    turned = faults.Example(example.y, example.x[:, ::-1])
    verdicts = [told(BY_FRAME, "ecological", some)["verdict"] for some in (example, turned)]
    assert verdicts == [["N"], ["Y"]]
