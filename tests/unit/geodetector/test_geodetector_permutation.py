"""Permutation p-values against full enumeration, against plain loops over the same draws, and under a true null."""

from __future__ import annotations

from itertools import permutations as orders

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.geodetector import _permutation
from spatial_region.geodetector._draws import FreeRows
from spatial_region.geodetector._moments import centre
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector._statistics import BestOf, FixedStrata
from spatial_region.geodetector.optimal import arrangement_of, best_of, try_all


def plain_q(y, codes):
    """Return q by its definition, one stratum at a time."""
    within = sum(np.sum((y[codes == h] - y[codes == h].mean()) ** 2) for h in np.unique(codes))
    return 1 - within / np.sum((y - y.mean()) ** 2)


def plain_p(draw, draws, statistic, y):
    """Return the p-value by a loop over the draws of `draw`, brought back into the order of `y`."""
    out = np.empty((draws, len(y)))
    draw.fill(0, out)
    reached = 0
    for row in out:
        back = np.empty(len(y))
        back[draw.order] = row
        reached += statistic(back) >= statistic(y) - 1e-12
    return (reached + 1) / (draws + 1)


def free(y, statistics, permutations, seed):
    return permutation_tests(y, statistics, draws=FreeRows(), permutations=permutations, seed=seed)


def test_p_approaches_full_enumeration():
    y = np.array([1.0, 2.5, 2.0, 4.0, 7.0, 3.0, 5.5])
    y = y - y.mean()
    codes = np.array([0, 0, 0, 1, 1, 2, 2])
    observed = plain_q(y, codes)
    exact = np.mean([plain_q(np.array(one), codes) >= observed - 1e-12 for one in orders(y)])
    (p,) = free(y, [FixedStrata(codes, 3)], 20_000, 1)
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_p_without_singletons_approaches_full_enumeration():
    y = np.array([1.0, 2.5, 2.0, 4.0, 7.0, 3.0, 5.5])
    codes = np.array([0, 0, 0, 1, 1, 2, 3])
    kept = codes < 2
    observed = plain_q(y[kept], codes[kept])
    exact = np.mean([plain_q(np.array(one)[kept], codes[kept]) >= observed - 1e-12 for one in orders(y)])
    (p,) = free(y, [FixedStrata(codes, 4, "drop")], 20_000, 1)
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_statistics_equal_q_by_plain_loops():
    rng = np.random.default_rng(3)
    outcomes = rng.normal(5, 1, size=(6, 40))
    codes = np.concatenate((rng.integers(0, 4, 37), [4, 5, 0]))
    kept = codes < 4
    np.testing.assert_allclose(FixedStrata(codes, 6).q_of(outcomes), [plain_q(y, codes) for y in outcomes], rtol=1e-12)
    np.testing.assert_allclose(
        FixedStrata(codes, 6, "drop").q_of(outcomes), [plain_q(y[kept], codes[kept]) for y in outcomes], rtol=1e-12
    )


def test_q_of_places_that_hold_one_value_is_zero_and_of_fewer_than_two_strata_missing():
    codes = np.array([0, 0, 1, 1, 2])
    assert FixedStrata(codes, 3, "drop").q_of(np.array([[1.0, 1, 1, 1, 9]])).tolist() == [0.0]
    alone = FixedStrata(np.array([0, 0, 0, 1, 2]), 3, "drop")
    assert np.isnan(alone.q_of(np.array([[1.0, 2, 3, 4, 5]]))).all()
    assert np.isnan(free(np.array([1.0, 2, 3, 4, 5]) - 3, [alone], 19, 1)).all()


def test_p_equals_a_plain_loop_over_the_same_draws():
    rng = np.random.default_rng(5)
    y, codes = rng.normal(size=30), rng.integers(0, 3, 30)
    bound = FreeRows().bind(y, [], 17)
    (p,) = free(y, [FixedStrata(codes, 3)], 200, 17)
    assert p == plain_p(bound, 200, lambda values: plain_q(values, codes), y)


def test_p_counts_the_observed_order_and_is_never_below_its_floor():
    y = np.arange(40.0) - 19.5
    (p,) = free(y, [FixedStrata(np.arange(40) // 10, 4)], 99, 1)
    assert p == 1 / 100


def test_no_permutations_no_p():
    assert np.isnan(free(np.arange(4.0), [FixedStrata(np.array([0, 0, 1, 1]), 2)], 0, 1)).all()


def test_values_that_are_all_tied_count_as_reached():
    # One of 30 units differs; wherever it falls, in one stratum of 15 or the other, q is the same.
    y = np.zeros(30)
    y[7] = 1.0
    (p,) = free(y - y.mean(), [FixedStrata(np.arange(30) // 15, 2)], 199, 3)
    assert p == 1.0


def test_strata_of_equal_means_have_p_one():
    y = np.array([-1.0, 1, -1, 1, -1, 1, -1, 1])
    (p,) = free(y, [FixedStrata(np.arange(8) // 4, 2)], 199, 3)
    assert p == 1.0


def test_best_of_is_the_largest_of_all_candidates_in_each_draw():
    rng = np.random.default_rng(8)
    x, y = rng.lognormal(size=40), rng.normal(size=40)
    outcome = centre(y)
    candidates = try_all(x, outcome, (2, 3, 4), factor="x")
    assert len(candidates) > 6
    codes = [np.searchsorted(one.edges[1:-1], x, side="left") for one in candidates]

    def largest(values):
        return max(plain_q(values, code) for code in codes)

    statistic = arrangement_of(x, candidates)
    assert statistic.q_of(outcome.centred[None, :])[0] == pytest.approx(best_of(candidates).q, rel=1e-12)
    (p,) = free(outcome.centred, [statistic], 150, 9)
    assert p == plain_p(FreeRows().bind(outcome.centred, [], 9), 150, largest, outcome.centred)
    assert 1 / 151 < p < 1


def test_any_statistic_with_q_of_can_be_permuted():
    """A statistic that is not reordered meets the outcomes in the order of the data, and agrees with one that is."""
    rng = np.random.default_rng(10)
    y, codes = rng.normal(size=50), rng.integers(0, 4, 50)

    class Plain:
        def q_of(self, outcomes):
            return np.array([plain_q(one, codes) for one in outcomes])

    own, reordered = free(y - y.mean(), [Plain(), FixedStrata(codes, 4)], 150, 2)
    assert own == reordered
    assert 1 / 151 < own < 1


@pytest.mark.parametrize("processors", [1, 3])
def test_batches_and_threads_do_not_change_the_answer(monkeypatch, processors):
    rng = np.random.default_rng(8)
    y, codes = rng.normal(size=50), rng.integers(0, 4, 50)
    statistics = [FixedStrata(codes, 4), BestOf(codes, (np.concatenate(([0], np.cumsum(np.bincount(codes)))),))]
    whole = free(y, statistics, 300, 2)
    monkeypatch.setattr(_permutation, "_BATCH_VALUES", 350)
    monkeypatch.setattr(_permutation, "processors", lambda: processors)
    np.testing.assert_array_equal(whole, free(y, statistics, 300, 2))


@pytest.mark.parametrize("digits", [9, 0])
def test_neither_the_order_of_rows_nor_labels_nor_units_matter(digits):
    """Also with ties (values rounded to whole numbers), where rows of one value are ordered by their strata."""
    rng = np.random.default_rng(12)
    y, codes = np.round(rng.normal(size=60), digits), rng.integers(0, 4, 60)
    y = y - y.mean()
    shuffled, renamed = rng.permutation(60), np.array([2, 0, 3, 1])
    (p,) = free(y, [FixedStrata(codes, 4)], 199, 2)
    for other, of in ((y[shuffled], codes[shuffled]), (y, renamed[codes]), (1000 * y, codes)):
        assert free(other, [FixedStrata(of, 4)], 199, 2) == p


def test_p_of_a_factor_does_not_depend_on_the_others():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"y": rng.normal(size=80), "a": rng.integers(0, 3, 80), "b": rng.integers(0, 5, 80)})
    both = sr.geodetector(frame, "y", ["a", "b"]).factors["p_permutation"]
    assert both["a"] == sr.geodetector(frame, "y", ["a"]).factors.loc["a", "p_permutation"]
    assert both["b"] == sr.geodetector(frame, "y", ["b"]).factors.loc["b", "p_permutation"]


def test_seed_makes_the_answer():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"y": rng.normal(size=80), "a": rng.integers(0, 3, 80)})
    first, again, other = (sr.geodetector(frame, "y", ["a"], seed=seed) for seed in (1, 1, 2))
    assert first.factors.equals(again.factors)
    assert first.factors.loc["a", "p_permutation"] != other.factors.loc["a", "p_permutation"]


def test_choosing_the_best_bins_rejects_a_true_null_at_its_level_only_when_corrected():
    # 300 data sets of pure noise, n = 60: 5 % +- 2.5 % (two standard errors) for the corrected p.
    rng = np.random.default_rng(2026)
    corrected, uncorrected = [], []
    for trial in range(300):
        frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["y", "x"])
        found = sr.geodetector(frame, "y", ["x"], bins="optimal", permutations=199, seed=trial).factors.loc["x"]
        corrected.append(found["p_permutation"] <= 0.05)
        uncorrected.append(found["p_central"] <= 0.05)
    assert 0.025 <= np.mean(corrected) <= 0.075
    assert np.mean(uncorrected) > 0.15
