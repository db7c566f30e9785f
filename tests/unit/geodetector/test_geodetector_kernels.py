"""Detectors against plain loops, least squares on dummies, scipy's tests, and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spatial_region.geodetector._comparisons import variance_ratio, welch_tests
from spatial_region.geodetector._joint import pair_tables
from spatial_region.geodetector._moments import centre, factor_test, stratum_moments
from spatial_region.geodetector._pairs import pair_test
from spatial_region.geodetector._report import interaction_type


@pytest.fixture
def sample():
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 4, 150), rng.integers(0, 6, 150)
    y = 3.0 + a * 0.8 + (b == 2) * (a == 1) * 4 + rng.normal(size=150)
    return y, a, b


def q_by_loops(y, codes):
    total = sum((value - sum(y) / len(y)) ** 2 for value in y)
    left = 0.0
    for code in set(codes):
        own = [value for value, at in zip(y, codes, strict=True) if at == code]
        left += sum((value - sum(own) / len(own)) ** 2 for value in own)
    return 1 - left / total


def detect(y, codes):
    outcome = centre(np.asarray(y, dtype=float))
    return factor_test(outcome, stratum_moments(outcome, np.asarray(codes)))


def overlay(y, a, b, levels):
    outcome = centre(y)
    return pair_test(outcome, pair_tables(outcome.centred, [a, b], levels)[0], levels)


def dummies(codes):
    return (codes[:, None] == np.unique(codes)).astype(float)


def explained(y, X):
    fitted = X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return 1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum(), np.linalg.matrix_rank(X)


def test_q_equals_plain_loops(sample):
    y, a, b = sample
    assert detect(y, a).q == pytest.approx(q_by_loops(y, a), abs=1e-14)
    assert detect(y, b).q == pytest.approx(q_by_loops(y, b), abs=1e-14)


def test_closed_form():
    # By hand: stratum means 1 and 5 about 3, so SSB = 4 * 4 = 16 and SSW = 4 * 1 = 4.
    test = detect([0.0, 2, 4, 6], [0, 0, 1, 1])
    assert test.q == pytest.approx(0.8)
    assert (test.F, test.df1, test.df2) == (pytest.approx(8.0), 1, 2)
    assert test.q_adjusted == pytest.approx(1 - 0.2 * 3 / 2)
    # lambda = (1 + 25 - (sqrt(2) (1 + 5))^2 / 4) / 5
    assert test.noncentrality == pytest.approx((26 - 72 / 4) / 5)


def test_f_and_central_p_are_one_way_analysis_of_variance(sample):
    y, a, _ = sample
    test = detect(y, a)
    peer = stats.f_oneway(*(y[a == h] for h in range(4)))
    assert pytest.approx(peer.statistic, rel=1e-11) == test.F
    assert test.p_central == pytest.approx(peer.pvalue, rel=1e-10)
    assert pytest.approx(test.q / (1 - test.q) * test.df2 / test.df1, rel=1e-11) == test.F


def test_p_wang_is_the_published_formula(sample):
    y, a, _ = sample
    means = np.array([y[a == h].mean() for h in range(4)])
    counts = np.bincount(a)
    noncentrality = (np.sum(means**2) - np.sum(np.sqrt(counts) * means) ** 2 / len(y)) / y.var()
    test = detect(y, a)
    assert test.noncentrality == pytest.approx(noncentrality, rel=1e-11)
    assert test.p_wang == pytest.approx(stats.ncf.sf(test.F, 3, 146, noncentrality), rel=1e-9)


def test_p_wang_depends_on_the_origin_and_the_others_do_not(sample):
    y, a, _ = sample
    near, far = detect(y, a), detect(y + 40, a)
    assert far.q == pytest.approx(near.q, abs=1e-13)
    assert far.p_central == pytest.approx(near.p_central, rel=1e-9)
    assert far.p_wang > 1e3 * near.p_wang


def test_values_equal_within_strata_are_explained_exactly():
    y = np.repeat([0.1, 0.7, 1e9 / 3], 100)
    test = detect(y, np.repeat([0, 1, 2], 100))
    assert test.q == 1.0
    assert np.isinf(test.F)
    assert test.p_wang == test.p_central == 0.0


def test_q_keeps_its_digits_far_from_zero():
    y = np.random.default_rng(1).normal(size=60).round(3)
    codes = np.arange(60) % 3
    assert detect(y + 2.0**30, codes).q == pytest.approx(detect(y, codes).q, rel=1e-6)


def test_overlay_equals_loops_and_least_squares(sample):
    y, a, b = sample
    test = overlay(y, a, b, (4, 6))
    both = [f"{i}|{j}" for i, j in zip(a, b, strict=True)]
    assert test.q == pytest.approx(q_by_loops(y, both), abs=1e-13)
    assert test.cells == len(set(both))
    assert test.singletons == sum(both.count(cell) == 1 for cell in set(both))
    additive, rank = explained(y, np.hstack([dummies(a), dummies(b)]))
    assert test.q_additive == pytest.approx(additive, abs=1e-12)
    assert (test.df1, test.df2) == (test.cells - rank, 150 - test.cells)
    f = (test.q - additive) / test.df1 / ((1 - test.q) / test.df2)
    assert pytest.approx(f, rel=1e-10) == test.F
    assert test.p_increment == pytest.approx(stats.f.sf(f, test.df1, test.df2), rel=1e-9)


def test_overlay_does_not_depend_on_which_factor_comes_first(sample):
    y, a, b = sample
    one, other = overlay(y, a, b, (4, 6)), overlay(y, b, a, (6, 4))
    assert one.q == pytest.approx(other.q, abs=1e-14)
    assert one.p_increment == pytest.approx(other.p_increment, rel=1e-10)


def test_additive_rank_of_factors_that_split_into_unconnected_blocks():
    a = np.array([0, 0, 1, 1, 2, 2, 3, 3] * 3)
    b = np.array([0, 1, 0, 1, 2, 3, 2, 3] * 3)
    y = np.random.default_rng(2).normal(size=24)
    additive, rank = explained(y, np.hstack([dummies(a), dummies(b)]))
    test = overlay(y, a, b, (4, 4))
    assert rank == 6
    assert test.df1 == test.cells - rank
    assert test.q_additive == pytest.approx(additive, abs=1e-12)


def test_a_factor_that_refines_another_adds_nothing():
    y = np.random.default_rng(4).normal(size=60)
    fine = np.arange(60) % 6
    test = overlay(y, fine // 2, fine, (3, 6))
    assert test.q == pytest.approx(detect(y, fine).q, abs=1e-14)
    assert test.df1 == 0
    assert np.isnan(test.F)
    assert np.isnan(test.p_increment)


def test_overlay_of_very_many_levels_numbers_only_cells_that_occur(sample):
    y, a, b = sample
    scattered = overlay(y, a * 500_000, b * 700_000, (2_000_000, 5_000_000))
    dense = overlay(y, a, b, (4, 6))
    assert (scattered.cells, scattered.singletons) == (dense.cells, dense.singletons)
    assert scattered.q == pytest.approx(dense.q, abs=1e-14)
    assert np.isnan(scattered.q_additive)
    assert np.isnan(scattered.p_increment)


@pytest.mark.parametrize(
    ("q_a", "q_b", "q_ab", "expected"),
    [
        (0.2, 0.3, 0.1, "weaken, nonlinear"),
        (0.2, 0.3, 0.25, "weaken, univariate"),
        (0.2, 0.3, 0.3, "weaken, univariate"),
        (0.2, 0.3, 0.4, "enhance, bivariate"),
        (0.2, 0.3, 0.5, "independent"),
        (0.2, 0.3, 0.5 + 1e-12, "independent"),
        (0.2, 0.3, 0.5 + 1e-9, "enhance, nonlinear"),
    ],
)
def test_five_types_and_their_tolerance(q_a, q_b, q_ab, expected):
    assert interaction_type(q_a, q_b, q_ab) == interaction_type(q_b, q_a, q_ab) == expected


def test_risk_equals_welch_of_scipy(sample):
    y, a, _ = sample
    tests = welch_tests(stratum_moments(centre(y), a))
    for place, (i, j) in enumerate(zip(tests.first, tests.second, strict=True)):
        peer = stats.ttest_ind(y[a == i], y[a == j], equal_var=False)
        assert tests.t[place] == pytest.approx(peer.statistic, rel=1e-11)
        assert tests.df[place] == pytest.approx(peer.df, rel=1e-11)
        assert tests.p[place] == pytest.approx(peer.pvalue, rel=1e-10)


def test_risk_of_one_unit_or_of_no_variance_is_undefined():
    y = np.array([1.0, 2, 3, 9, 5, 5, 6, 6])
    tests = welch_tests(stratum_moments(centre(y), np.array([0, 0, 0, 1, 2, 2, 3, 3])))
    undefined = {(i, j) for i, j, t in zip(tests.first, tests.second, tests.t, strict=True) if np.isnan(t)}
    assert undefined == {(0, 1), (1, 2), (1, 3), (2, 3)}
    assert np.isnan(tests.p[np.isnan(tests.t)]).all()


def test_ecological_is_the_ratio_of_what_is_left(sample):
    y, a, b = sample
    outcome = centre(y)
    ratio = variance_ratio(stratum_moments(outcome, a), stratum_moments(outcome, b))
    f = (1 - q_by_loops(y, a)) / (1 - q_by_loops(y, b))
    assert pytest.approx(f, rel=1e-12) == ratio.F
    assert (ratio.df1, ratio.df2) == (149, 149)
    assert ratio.p_one_sided == pytest.approx(stats.f.sf(f, 149, 149), rel=1e-10)
    assert ratio.p == pytest.approx(2 * min(stats.f.sf(f, 149, 149), stats.f.cdf(f, 149, 149)), rel=1e-10)
