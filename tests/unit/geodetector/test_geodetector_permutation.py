"""Permutation p-values against full enumeration, against plain loops, and under a true null."""

from __future__ import annotations

from itertools import permutations as orders

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.core.seeds import generator
from spatial_region.geodetector import _permutation
from spatial_region.geodetector._moments import centre
from spatial_region.geodetector._permutation import Arrangement, permutation_p
from spatial_region.geodetector.optimal import arrangement_of, best_of, try_all


def between(y, codes):
    return sum(y[codes == h].sum() ** 2 / (codes == h).sum() for h in np.unique(codes))


def arranged(codes):
    return Arrangement(codes, (np.concatenate(([0], np.cumsum(np.bincount(codes)))),))


def test_permutation_p_approaches_full_enumeration():
    y = np.array([1.0, 2.5, 2.0, 4.0, 7.0, 3.0, 5.5])
    y = y - y.mean()
    codes = np.array([0, 0, 0, 1, 1, 2, 2])
    observed = between(y, codes)
    exact = np.mean([between(np.array(one), codes) >= observed - 1e-12 for one in orders(y)])
    (p,) = permutation_p(y, [arranged(codes)], 20_000, generator(1))
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_p_counts_the_observed_arrangement_and_is_never_below_its_floor():
    y = np.arange(40.0) - 19.5
    (p,) = permutation_p(y, [arranged(np.arange(40) // 10)], 99, generator(1))
    assert p == 1 / 100


def test_values_that_are_all_tied_count_as_reached():
    # One of 30 units differs; wherever it falls, in one stratum of 15 or the other, q is the same.
    y = np.zeros(30)
    y[7] = 1.0
    (p,) = permutation_p(y - y.mean(), [arranged(np.arange(30) // 15)], 199, generator(3))
    assert p == 1.0


def test_optimal_p_is_the_largest_of_all_candidates_in_each_permutation():
    rng = np.random.default_rng(8)
    x, y = rng.lognormal(size=40), rng.normal(size=40)
    outcome = centre(y)
    candidates = try_all(x, outcome, (2, 3, 4), factor="x")
    assert len(candidates) > 6
    arrangement = arrangement_of(x, candidates)
    (p,) = permutation_p(outcome.centred, [arrangement], 150, generator(9))
    codes = [np.searchsorted(one.edges[1:-1], x, side="left") for one in candidates]
    ranked = np.argsort(outcome.centred)
    stream = generator(9)
    observed = max(between(outcome.centred, code) for code in codes)
    assert observed / outcome.total == pytest.approx(best_of(candidates).q, rel=1e-12)
    reached = 0
    for _ in range(150):
        shuffled = np.empty(40)
        shuffled[ranked] = stream.permutation(outcome.centred[ranked])
        reached += max(between(shuffled, code) for code in codes) >= observed - 1e-12
    assert p == (reached + 1) / 151


def test_batches_do_not_change_the_answer(monkeypatch):
    rng = np.random.default_rng(8)
    y, codes = rng.normal(size=50), rng.integers(0, 4, 50)
    (whole,) = permutation_p(y, [arranged(codes)], 100, generator(2))
    monkeypatch.setattr(_permutation, "_BATCH_VALUES", 350)
    (pieces,) = permutation_p(y, [arranged(codes)], 100, generator(2))
    assert whole == pieces


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
