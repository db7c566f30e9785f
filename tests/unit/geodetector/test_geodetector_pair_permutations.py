"""Permutation tests of pairs against least squares draw by draw, against enumeration, and under a true null."""

from __future__ import annotations

from itertools import combinations
from itertools import permutations as orders

import numpy as np
import pytest

from spatial_region.geodetector import _permutation
from spatial_region.geodetector._draws import FreeRows
from spatial_region.geodetector._pair_permutations import pair_permutations
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector._statistics import FixedStrata


def dummies(codes):
    return (codes[:, None] == np.unique(codes)).astype(float)


def fitted(design, y):
    return design @ np.linalg.lstsq(design, y, rcond=None)[0]


def increment_f(y, a, b):
    """Return F of the overlay against the sum of both effects, by least squares on dummies."""
    additive, full = np.hstack((dummies(a), dummies(b))), dummies(a * 100 + b)
    sse_a, sse_c = (np.sum((y - fitted(each, y)) ** 2) for each in (additive, full))
    df1 = full.shape[1] - np.linalg.matrix_rank(additive)
    return ((sse_a - sse_c) / df1) / (sse_c / (len(y) - full.shape[1]))


def q_of(y, codes):
    within = sum(np.sum((y[codes == h] - y[codes == h].mean()) ** 2) for h in np.unique(codes))
    return 1 - within / np.sum((y - y.mean()) ** 2)


def draws_of(y, draws, seed):
    """Return positions: row d of the outcome is `y[positions[d]]`, in the order of the data."""
    bound = FreeRows().bind(y, [], seed)
    out = np.empty((draws, len(y)))
    bound.fill(0, out)
    back = np.empty_like(out)
    back[:, bound.order] = out
    return np.argsort(y)[np.searchsorted(np.sort(y), back)]


@pytest.fixture
def unbalanced():
    rng = np.random.default_rng(3)
    a, b, c = rng.integers(0, 3, 40), rng.integers(0, 4, 40), rng.integers(0, 2, 40)
    y = rng.exponential(size=40) + a + 0.5 * (a * b)
    return y - y.mean(), [a, b, c], [3, 4, 2]


def test_all_columns_equal_least_squares_draw_by_draw(unbalanced):
    y, codes, levels = unbalanced
    found = pair_permutations(y, codes, levels=levels, permutations=120, seed=11)
    positions = draws_of(y, 120, 11)
    for place, (i, j) in enumerate(combinations(range(3), 2)):
        a, b = codes[i], codes[j]
        fit = fitted(np.hstack((dummies(a), dummies(b))), y)
        residuals = y - fit
        observed, q_ab = increment_f(y, a, b), q_of(y, a * 100 + b)
        f = np.array([increment_f(fit + residuals[each], a, b) for each in positions])
        q = np.array([q_of(y[each], a * 100 + b) for each in positions])
        both = np.array([q_of(y[each], a) + q_of(y[each], b) for each in positions])
        assert found.p_increment_permutation[place] == (np.sum(f >= observed - 1e-9) + 1) / 121
        assert found.p_overlay[place] == (np.sum(q >= q_ab - 1e-12) + 1) / 121
        assert found.noise_nonlinear[place] == np.mean(q > both + 1e-10)


def test_p_of_the_increment_approaches_full_enumeration():
    y = np.array([1.0, 3.5, 2.0, 4.0, 6.5, 3.0, 5.5])
    y = y - y.mean()
    a, b = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 1, 0, 1, 1, 0])
    fit = fitted(np.hstack((dummies(a), dummies(b))), y)
    observed = increment_f(y, a, b)
    exact = np.mean([increment_f(fit + np.array(one), a, b) >= observed - 1e-9 for one in orders(y - fit)])
    found = pair_permutations(y, [a, b], levels=[2, 2], permutations=20_000, seed=1)
    assert 0.01 < exact < 0.99
    assert found.p_increment_permutation[0] == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_the_overlay_has_the_p_of_one_factor_with_its_cells(unbalanced):
    y, codes, levels = unbalanced
    found = pair_permutations(y, codes, levels=levels, permutations=200, seed=4, pairs=[(1, 2)])
    cells = np.unique(codes[1] * 2 + codes[2], return_inverse=True)[1]
    (p,) = permutation_tests(y, [FixedStrata(cells, cells.max() + 1)], draws=FreeRows(), permutations=200, seed=4)
    assert found.p_overlay.tolist() == [p]


@pytest.mark.parametrize("processors", [1, 3])
def test_batches_and_threads_do_not_change_the_answer(unbalanced, monkeypatch, processors):
    y, codes, levels = unbalanced
    whole = pair_permutations(y, codes, levels=levels, permutations=100, seed=4)
    monkeypatch.setattr(_permutation, "_BATCH_VALUES", 500)
    monkeypatch.setattr(_permutation, "processors", lambda: processors)
    pieces = pair_permutations(y, codes, levels=levels, permutations=100, seed=4)
    for name in ("p_overlay", "p_increment_permutation", "noise_nonlinear"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


@pytest.mark.parametrize("digits", [9, 0])
def test_neither_the_order_of_rows_nor_of_a_pair_nor_units_matter(unbalanced, digits):
    y, codes, levels = unbalanced
    y = np.round(y, digits)
    y = y - y.mean()
    rows = np.random.default_rng(1).permutation(40)
    first = pair_permutations(y, codes[:2], levels=levels[:2], permutations=150, seed=4)
    moved = pair_permutations(
        1e6 * y[rows], [own[rows] for own in codes[:2]], levels=levels[:2], permutations=150, seed=4
    )
    turned = pair_permutations(y, codes[:2], levels=levels[:2], permutations=150, seed=4, pairs=[(1, 0)])
    for other in (moved, turned):
        np.testing.assert_array_equal(first.p_overlay, other.p_overlay)
        np.testing.assert_array_equal(first.p_increment_permutation, other.p_increment_permutation)
        np.testing.assert_array_equal(first.noise_nonlinear, other.noise_nonlinear)


def test_levels_that_fall_apart_into_blocks_cost_a_degree_of_freedom():
    """Two blocks of 2 x 2 levels: the additive model has rank 6, not 7, and the cells 8."""
    rng = np.random.default_rng(9)
    block = np.repeat([0, 1], 24)
    a, b = 2 * block + rng.integers(0, 2, 48), 2 * block + rng.integers(0, 2, 48)
    y = rng.normal(size=48)
    y = y - y.mean()
    found = pair_permutations(y, [a, b], levels=[4, 4], permutations=99, seed=2)
    fit = fitted(np.hstack((dummies(a), dummies(b))), y)
    f = [increment_f(fit + (y - fit)[each], a, b) for each in draws_of(y, 99, 2)]
    assert found.p_increment_permutation[0] == (np.sum(f >= increment_f(y, a, b) - 1e-9) + 1) / 100


def test_increments_that_cannot_be_tested_are_missing():
    rng = np.random.default_rng(5)
    y = rng.normal(size=24)
    fine = np.arange(24) // 4
    refined = pair_permutations(y, [fine, fine // 2], levels=[6, 3], permutations=19, seed=1)
    assert np.isnan(refined.p_increment_permutation).all()  # no degrees of freedom of the increment
    assert refined.noise_nonlinear.tolist() == [0.0]
    alone = pair_permutations(y, [np.arange(24) // 4, np.arange(24) % 4], levels=[6, 4], permutations=19, seed=1)
    assert np.isnan(alone.p_increment_permutation).all()  # every row in its own cell
    assert alone.p_overlay.tolist() == [1.0]
    a, b = np.arange(48) % 2, np.arange(48) // 2 % 3
    exact = pair_permutations(a + 2.0 * b - 2.5, [a, b], levels=[2, 3], permutations=19, seed=1)
    assert np.isnan(exact.p_increment_permutation).all()  # the additive model leaves nothing
    assert exact.p_overlay.tolist() == [0.05]


def test_no_permutations_nothing():
    found = pair_permutations(np.arange(4.0), [np.array([0, 0, 1, 1])] * 2, levels=[2, 2], permutations=0, seed=1)
    assert np.isnan(found.p_overlay).all()
    assert np.isnan(found.noise_nonlinear).all()


def test_pure_noise_is_called_nonlinear():
    rng = np.random.default_rng(2)
    y = rng.normal(size=338)
    found = pair_permutations(y, list(rng.integers(0, 5, (3, 338))), levels=[5] * 3, permutations=199, seed=1)
    assert found.noise_nonlinear.min() > 0.95


def test_size_of_the_increment_among_additive_effects_and_skewed_errors():
    """Strong effects of both factors, none together: 300 data sets, two standard errors of 5 % are 2.5 %."""
    rng = np.random.default_rng(17)
    rejected = {"increment": 0, "overlay": 0}
    for trial in range(300):
        a, b = rng.integers(0, 3, 60), rng.integers(0, 4, 60)
        y = 2.0 * a - 1.5 * b + rng.exponential(size=60)
        found = pair_permutations(y - y.mean(), [a, b], levels=[3, 4], permutations=99, seed=trial)
        rejected["increment"] += found.p_increment_permutation[0] <= 0.05
        rejected["overlay"] += found.p_overlay[0] <= 0.05
    assert 7 <= rejected["increment"] <= 23
    assert rejected["overlay"] == 300


def test_a_true_interaction_is_found():
    rng = np.random.default_rng(18)
    a, b = rng.integers(0, 3, 120), rng.integers(0, 4, 120)
    y = 2.0 * a - 1.5 * b + 1.5 * (a == 2) * (b == 3) * 2 + rng.normal(size=120)
    found = pair_permutations(y - y.mean(), [a, b], levels=[3, 4], permutations=199, seed=1)
    assert found.p_increment_permutation[0] < 0.05
