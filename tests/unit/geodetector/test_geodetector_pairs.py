"""Tests of overlays with and without one-unit cells, against least squares on dummies of the rows that stay."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from spatial_region.geodetector import _additive
from spatial_region.geodetector._joint import pair_tables
from spatial_region.geodetector._moments import centre
from spatial_region.geodetector._pairs import pair_test, pair_tests, without


def dummies(codes):
    return (codes[:, None] == np.unique(codes)).astype(float)


def explained(y, X):
    fitted = X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return 1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum(), np.linalg.matrix_rank(X)


def expect(test, y, a, b, *, singletons):
    """Compare with least squares on the rows, filtered beforehand."""
    cell = np.unique(np.column_stack((a, b)), axis=0, return_inverse=True)[1].ravel()
    alone = np.bincount(cell)[cell] == 1
    assert test.singletons == alone.sum()
    assert test.one_unit_share == alone.mean()
    if singletons == "drop":
        y, a, b, cell = y[~alone], a[~alone], b[~alone], cell[~alone]
    q, cells = explained(y, dummies(cell))
    additive, rank = explained(y, np.hstack([dummies(a), dummies(b)]))
    assert (test.n, test.cells) == (len(y), cells)
    assert test.q == pytest.approx(q, abs=1e-11)
    assert test.q_additive == pytest.approx(additive, abs=1e-11)
    assert test.increment == test.q - test.q_additive
    assert (test.df1, test.df2) == (cells - rank, len(y) - cells)
    assert test.q_adjusted == pytest.approx(1 - (1 - q) * (len(y) - 1) / test.df2, abs=1e-10)
    if test.df1:
        f = (q - additive) / test.df1 / ((1 - q) / test.df2)
        assert pytest.approx(f, rel=1e-8) == test.F
        assert test.p_increment == pytest.approx(stats.f.sf(f, test.df1, test.df2), rel=1e-7)


@pytest.mark.parametrize("singletons", ["keep", "drop"])
@pytest.mark.parametrize("levels", [(4, 5, 3), (12, 15, 9), (2, 30, 7)])
def test_all_pairs_equal_least_squares(levels, singletons):
    rng = np.random.default_rng(sum(levels))
    codes = [np.concatenate((np.arange(level), rng.integers(0, level, 160 - level))) for level in levels]
    y = rng.normal(size=160) + codes[0] * 0.3 + (codes[1] == 1) * (codes[2] == 2) * 3 + 70
    outcome = centre(y)
    pairs = list(combinations(levels, 2))
    tests = pair_tests(outcome, pair_tables(outcome.centred, codes, levels), pairs, singletons=singletons)
    assert len(tests) == 3
    for test, (a, b) in zip(tests, combinations(codes, 2), strict=True):
        expect(test, y, a, b, singletons=singletons)


def test_some_rows_are_dropped_in_the_case_above():
    rng = np.random.default_rng(36)
    codes = [rng.integers(0, 12, 160), rng.integers(0, 15, 160)]
    outcome = centre(rng.normal(size=160))
    test = pair_test(outcome, pair_tables(outcome.centred, codes, (12, 15))[0], (12, 15), singletons="drop")
    assert test.singletons > 20
    assert test.n == 160 - test.singletons


@pytest.mark.parametrize("seed", range(12))
def test_additive_rank_and_fit_on_sparse_overlays(seed):
    """Few units in many cells: the overlay falls into unconnected parts, and levels lose all their units."""
    rng = np.random.default_rng(seed)
    levels = int(rng.integers(3, 12)), int(rng.integers(3, 12))
    n = int(rng.integers(14, 40))
    codes = [np.concatenate((np.arange(level), rng.integers(0, level, n - level))) for level in levels]
    codes = [rng.permutation(own) for own in codes]
    y = rng.normal(size=n)
    outcome = centre(y)
    table = pair_tables(outcome.centred, codes, levels)[0]
    for singletons in ("keep", "drop"):
        test = pair_test(outcome, table, levels, singletons=singletons)
        kept = table.counts > 1 if singletons == "drop" else table.counts > 0
        if test.df2 > 0 and kept.sum() > 1:
            expect(test, y, *codes, singletons=singletons)


def test_what_the_outlier_alone_in_its_cell_leaves_keeps_its_digits():
    """SST is ten thousand million times that of the rows that stay; taking squares from it would cancel."""
    rng = np.random.default_rng(8)
    a, b = np.arange(120) % 4, np.arange(120) % 3
    y = rng.normal(size=120).round(2)
    a, b, y = np.append(a, 4), np.append(b, 3), np.append(y, 1e6)
    outcome = centre(y)
    test = pair_test(outcome, pair_tables(outcome.centred, [a, b], (5, 4))[0], (5, 4), singletons="drop")
    rest = centre(y[:-1])
    own = pair_test(rest, pair_tables(rest.centred, [a[:-1], b[:-1]], (4, 3))[0], (4, 3))
    assert (test.n, test.cells) == (own.n, own.cells) == (120, 12)
    assert test.q == pytest.approx(own.q, rel=1e-8)
    assert test.q_additive == pytest.approx(own.q_additive, rel=1e-8)
    assert test.p_increment == pytest.approx(own.p_increment, rel=1e-7)


def test_equal_values_beside_units_that_leave_have_no_variance():
    y = np.array([0.1] * 6 + [7.0])
    outcome = centre(y)
    codes = [np.array([0, 0, 1, 1, 1, 1, 2]), np.array([0, 0, 0, 0, 1, 1, 1])]
    test = pair_test(outcome, pair_tables(outcome.centred, codes, (3, 2))[0], (3, 2), singletons="drop")
    assert test.n == 6
    assert np.isnan([test.q, test.q_additive, test.F, test.p_increment]).all()


def test_all_units_alone():
    outcome = centre(np.arange(6.0))
    codes = [np.arange(6) % 3, np.arange(6) % 2]
    table = pair_tables(outcome.centred, codes, (3, 2))[0]
    kept, dropped = (pair_test(outcome, table, (3, 2), singletons=option) for option in ("keep", "drop"))
    assert (kept.q, kept.df2, kept.one_unit_share) == (pytest.approx(1.0), 0, 1.0)
    assert (dropped.n, dropped.cells, dropped.singletons) == (0, 0, 6)
    assert np.isnan([kept.F, kept.q_adjusted, dropped.q, dropped.q_adjusted, dropped.F, dropped.p_increment]).all()


def test_values_that_leave_are_taken_once_each():
    y = np.array([3.0, 1.0, 2.0, 2.0, 2.0, 5.0])
    assert without(y, np.array([2.0, 5.0, 2.0])).tolist() == [1.0, 2.0, 3.0]
    assert without(y, np.array([])).tolist() == sorted(y.tolist())


def test_beyond_the_limit_of_levels_only_the_rank_is_given():
    rng = np.random.default_rng(9)
    codes, levels = [rng.integers(0, 6, 200), rng.integers(0, 7, 200)], (6, 7)
    outcome = centre(rng.normal(size=200))
    table = pair_tables(outcome.centred, codes, levels)[0]
    found = pair_test(outcome, table, levels)
    assert _additive.MOST_LEVELS >= 500
    wide = np.arange(1001)
    far = pair_test(
        centre(rng.normal(size=1001)), pair_tables(rng.normal(size=1001), [wide, wide], (1001, 1001))[0], (1001, 1001)
    )
    assert (found.df1, far.df1) == (found.cells - 12, 0)  # ranks 6 + 7 - 1, and 1001 + 1001 - 1001
    assert np.isfinite(found.q_additive)
    assert np.isnan(far.q_additive)


def test_the_f_test_of_the_increment_keeps_its_size():
    """Main effects and no interaction: p is uniform (400 samples; the bound is exceeded once in 1000)."""
    rng = np.random.default_rng(10)
    codes = [rng.integers(0, 4, 150), rng.integers(0, 5, 150)]
    p = []
    for _ in range(400):
        outcome = centre(rng.normal(size=150) + codes[0] - codes[1] * 0.5)
        p.append(pair_test(outcome, pair_tables(outcome.centred, codes, (4, 5))[0], (4, 5)).p_increment)
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_units_of_the_outcome_labels_and_order_of_rows_do_not_matter():
    rng = np.random.default_rng(13)
    levels = (6, 9)
    codes = [
        rng.permutation(np.concatenate((np.arange(level), rng.integers(0, level, 90 - level)))) for level in levels
    ]
    y = rng.normal(size=90)
    rows = rng.permutation(90)
    other = [rng.permutation(level)[own][rows] for level, own in zip(levels, codes, strict=True)]
    for singletons in ("keep", "drop"):
        found = []
        for values, given in ((y, codes), (1e-9 * y[rows] - 4e-8, other)):
            outcome = centre(values)
            table = pair_tables(outcome.centred, given, levels)[0]
            found.append(pair_test(outcome, table, levels, singletons=singletons))
        one, two = found
        assert (one.n, one.cells, one.singletons, one.df1, one.df2) == (
            two.n,
            two.cells,
            two.singletons,
            two.df1,
            two.df2,
        )
        assert one.singletons > 0
        for name in ("q", "q_adjusted", "q_additive", "F", "p_increment"):
            assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-9)
