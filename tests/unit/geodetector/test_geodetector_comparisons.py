"""Risk and ecological detectors against loops, scipy, closed forms, and simulations of size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spatial_region.core.correction import adjusted_p
from spatial_region.geodetector._comparisons import (
    dependent_comparison,
    games_howell,
    variance_ratio,
    welch_tests,
)
from spatial_region.geodetector._moments import Outcome, centre, factor_test, stratum_moments
from spatial_region.geodetector._studentized_range import studentized_range_sf


@pytest.fixture
def sample():
    rng = np.random.default_rng(11)
    a, b = rng.integers(0, 4, 160), rng.integers(0, 7, 160)
    return 20 + a * 0.6 + (b == 2) * 2.5 + rng.normal(size=160) * (1 + (a == 1)), a, b


def left_by_loops(y, codes):
    return sum(((y[codes == code] - y[codes == code].mean()) ** 2).sum() for code in set(codes.tolist()))


def moments_of(y, codes):
    return stratum_moments(centre(y), codes)


def compare(y, a, b):
    outcome = centre(y)
    return dependent_comparison(outcome, stratum_moments(outcome, a), stratum_moments(outcome, b), a, b)


# --- ecological detector ---------------------------------------------------------------------------------------------


def part_moments(outcome, rows, codes):
    """Moments of some rows, in the scale of all."""
    return stratum_moments(Outcome(outcome.centred[rows], outcome.mean, outcome.total, outcome.scale), codes[rows])


def test_published_ratio_of_samples_of_unequal_size(sample):
    y, a, b = sample
    outcome, first, second = centre(y), slice(0, 100), slice(40, 160)
    ratio = variance_ratio(part_moments(outcome, first, a), part_moments(outcome, second, b))
    f = 100 * 119 * left_by_loops(y[first], a[first]) / (120 * 99 * left_by_loops(y[second], b[second]))
    assert pytest.approx(f, rel=1e-12) == ratio.F
    assert (ratio.df1, ratio.df2) == (99, 119)
    assert ratio.p_one_sided == pytest.approx(stats.f.sf(f, 99, 119), rel=1e-10)
    assert ratio.p == pytest.approx(2 * min(stats.f.sf(f, 99, 119), stats.f.cdf(f, 99, 119)), rel=1e-10)


def test_mean_square_ratio_counts_the_strata(sample):
    y, a, b = sample
    ratio = variance_ratio(moments_of(y, a), moments_of(y, b), "mean_square")
    f = (left_by_loops(y, a) / 156) / (left_by_loops(y, b) / 153)
    assert pytest.approx(f, rel=1e-12) == ratio.F
    assert (ratio.df1, ratio.df2) == (156, 153)
    assert ratio.p == pytest.approx(2 * min(stats.f.sf(f, 156, 153), stats.f.cdf(f, 156, 153)), rel=1e-10)


@pytest.mark.parametrize("definition", ["wang", "mean_square"])
def test_factors_in_the_other_order_give_the_reciprocal_and_the_same_p(sample, definition):
    y, a, b = sample
    one = variance_ratio(moments_of(y, a), moments_of(y, b), definition)
    other = variance_ratio(moments_of(y, b), moments_of(y, a), definition)
    assert pytest.approx(1 / other.F, rel=1e-13) == one.F
    assert one.p == pytest.approx(other.p, rel=1e-11)
    assert one.p_one_sided == pytest.approx(1 - other.p_one_sided, rel=1e-11)


@pytest.mark.parametrize("definition", ["wang", "mean_square"])
def test_ratio_where_a_factor_leaves_nothing(definition):
    y = np.array([1.0, 1, 2, 2, 3, 3])
    nothing, something = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 1])
    assert variance_ratio(moments_of(y, something), moments_of(y, nothing), definition).p == 0
    assert variance_ratio(moments_of(y, nothing), moments_of(y, something), definition).p == 0
    assert np.isnan(variance_ratio(moments_of(y, nothing), moments_of(y, nothing), definition).p)


def test_mean_square_ratio_needs_more_units_than_strata():
    y = np.array([1.0, 2, 4, 7])
    ratio = variance_ratio(moments_of(y, np.arange(4)), moments_of(y, np.array([0, 0, 1, 1])), "mean_square")
    assert np.isnan(ratio.F)
    assert np.isnan(ratio.p)


def test_paired_comparison_equals_a_t_test_of_squared_residuals(sample):
    y, a, b = sample

    def squared(codes):
        X = (codes[:, None] == np.unique(codes)).astype(float)
        return (y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) ** 2

    gain = squared(b) * 160 / 153 - squared(a) * 160 / 156
    peer = stats.ttest_1samp(gain, 0)
    ours = compare(y, a, b)
    assert ours.t == pytest.approx(peer.statistic, rel=1e-10)
    assert ours.p == pytest.approx(peer.pvalue, rel=1e-9)
    assert ours.df == 159
    assert ours.standard_error == pytest.approx(gain.std(ddof=1) / np.sqrt(160) / y.var(ddof=1), rel=1e-10)


def test_paired_comparison_estimates_the_difference_of_adjusted_q(sample):
    y, a, b = sample
    outcome = centre(y)
    adjusted = [factor_test(outcome, stratum_moments(outcome, codes)).q_adjusted for codes in (a, b)]
    assert compare(y, a, b).difference == pytest.approx(adjusted[0] - adjusted[1], rel=1e-11)
    assert compare(y, b, a).t == pytest.approx(-compare(y, a, b).t, rel=1e-12)


def test_paired_comparison_depends_neither_on_units_nor_on_the_order_of_rows_nor_on_names(sample):
    y, a, b = sample
    plain = compare(y, a, b)
    order = np.random.default_rng(3).permutation(160)
    for other in (compare(7e5 * y - 300, a, b), compare(y[order], a[order], b[order]), compare(y, 3 - a, b)):
        assert other.t == pytest.approx(plain.t, rel=1e-9)
        assert other.difference == pytest.approx(plain.difference, rel=1e-9)


def test_paired_comparison_is_undefined_where_nothing_differs_or_no_unit_is_to_spare(sample):
    y, a, _ = sample
    same = compare(y, a, (a + 1) % 4)  # the same strata under other numbers
    assert same.difference == pytest.approx(0, abs=1e-14)
    assert np.isnan(same.t)
    assert np.isnan(same.p)
    assert np.isnan(compare(y, a, np.arange(160)).difference)


def rejections(overlap: float, effect: float, *, samples: int, units: int = 120) -> np.ndarray:
    """Share of true nulls rejected at 5 % by the two ratios and the paired comparison.

    Two factors of five strata have equal effects; a share `overlap` of units has the same stratum of both.
    """
    rng = np.random.default_rng(17)
    levels = effect * np.array([-1.4, -0.7, 0, 0.7, 1.4])
    rejected = np.zeros(3)
    for _ in range(samples):
        a = rng.integers(0, 5, units)
        b = np.where(rng.random(units) < overlap, a, rng.integers(0, 5, units))
        outcome = centre(levels[a] + levels[b] + rng.normal(size=units))
        first, second = stratum_moments(outcome, a), stratum_moments(outcome, b)
        p = (
            variance_ratio(first, second).p,
            variance_ratio(first, second, "mean_square").p,
            dependent_comparison(outcome, first, second, a, b).p,
        )
        rejected += np.array(p) < 0.05
    return rejected / samples


@pytest.mark.parametrize(("overlap", "effect"), [(0.0, 1.0), (0.5, 1.0), (0.5, 0.5), (0.8, 1.0)])
def test_size_on_the_same_rows(overlap, effect):
    # Standard error of a share of 0.05 among 1500 is 0.6 points.
    wang, mean_square, paired = rejections(overlap, effect, samples=1500)
    assert 0.03 < paired < 0.07
    assert max(wang, mean_square) < 0.04


def test_of_noise_the_ratio_rejects_nothing_and_the_paired_comparison_little():
    wang, _, paired = rejections(0.0, 0.0, samples=800)
    assert wang == 0
    assert paired < 0.03


def test_ratio_has_its_size_on_independent_samples():
    rng = np.random.default_rng(23)
    rejected = np.zeros(2)
    for _ in range(1500):
        outcome, codes = centre(rng.normal(size=120)), rng.integers(0, 5, 120)
        halves = part_moments(outcome, slice(60), codes), part_moments(outcome, slice(60, 120), codes)
        rejected += [variance_ratio(*halves).p < 0.05, variance_ratio(*halves, "mean_square").p < 0.05]
    assert rejected / 1500 == pytest.approx(0.05, abs=0.02)


def test_paired_comparison_sees_what_the_ratio_does_not():
    rng = np.random.default_rng(29)
    seen = np.zeros(2)
    for _ in range(300):
        a, b = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
        outcome = centre(0.5 * a + 0.25 * b + rng.normal(size=200))
        first, second = stratum_moments(outcome, a), stratum_moments(outcome, b)
        seen += [
            variance_ratio(first, second).p < 0.05,
            dependent_comparison(outcome, first, second, a, b).p < 0.05,
        ]
    assert seen[1] > 1.5 * seen[0]


# --- risk detector ---------------------------------------------------------------------------------------------------


def test_a_hundred_strata_equal_welch_of_scipy():
    rng = np.random.default_rng(31)
    codes = rng.permutation(np.arange(2000) % 100)
    y = rng.normal(size=2000) * (1 + codes % 3)
    tests = welch_tests(moments_of(y, codes))
    assert len(tests.t) == 4950
    for place in rng.integers(0, 4950, 60):
        peer = stats.ttest_ind(y[codes == tests.first[place]], y[codes == tests.second[place]], equal_var=False)
        assert tests.t[place] == pytest.approx(peer.statistic, rel=1e-10, abs=1e-12)
        assert tests.df[place] == pytest.approx(peer.df, rel=1e-11)
        assert tests.p[place] == pytest.approx(peer.pvalue, rel=1e-9)


def test_corrections_count_only_the_pairs_that_exist():
    # The stratum of one unit has no test with the other three, which leaves three tests, not six.
    y = np.array([1.0, 2, 3, 9, 4, 6, 8, 5, 9, 10])
    tests = welch_tests(moments_of(y, np.array([0, 0, 0, 1, 2, 2, 2, 3, 3, 3])))
    exists = ~np.isnan(tests.p)
    assert exists.sum() == 3
    own = tests.p[exists]
    np.testing.assert_allclose(adjusted_p(tests.p, "bonferroni")[exists], np.minimum(own * 3, 1), rtol=1e-14)
    fdr = stats.false_discovery_control(own)
    np.testing.assert_allclose(adjusted_p(tests.p, "fdr")[exists], fdr, rtol=1e-13)
    fdr_by = stats.false_discovery_control(own, method="by")
    np.testing.assert_allclose(adjusted_p(tests.p, "fdr_by")[exists], fdr_by, rtol=1e-13)
    small, middle, large = np.argsort(own)
    holm = adjusted_p(tests.p, "holm")[exists]
    assert holm[small] == pytest.approx(3 * own[small])
    assert holm[middle] == pytest.approx(max(2 * own[middle], holm[small]))
    assert holm[large] == pytest.approx(max(own[large], holm[middle]))
    assert np.isnan(games_howell(tests, 4)[~exists]).all()


@pytest.mark.parametrize("k", [3, 5, 20])
@pytest.mark.parametrize("df", [2.0, 3.7, 12.0, 1000.0])
def test_studentised_range_equals_scipy(k, df):
    q = np.array([0.3, 1.5, 4.2, 8.0])
    theirs = [stats.studentized_range.sf(value, k, df) for value in q]
    np.testing.assert_allclose(studentized_range_sf(q, k, np.full(4, df)), theirs, atol=2e-8)


@pytest.mark.parametrize("df", [1.0, 2.5, 40.0, 1e4, 1e7])
def test_studentised_range_of_two_is_a_two_sided_t(df):
    t = np.array([1e-3, 0.7, 3.0, 11.0, 20.0])
    # At 20 and 1e7 degrees of freedom p is 3e-89, of which 1 - cdf would keep no digit.
    np.testing.assert_allclose(
        studentized_range_sf(t * np.sqrt(2), 2, np.full(5, df)), 2 * stats.t.sf(t, df), rtol=3e-8
    )


def test_studentised_range_equals_simulation():
    rng = np.random.default_rng(37)
    ranges = np.ptp(rng.normal(size=(40_000, 12)), axis=1) / np.sqrt(rng.chisquare(6, 40_000) / 6)
    for q in (3.0, 5.0, 7.0):
        p = float(studentized_range_sf(np.array([q]), 12, np.array([6.0]))[0])
        assert np.mean(ranges > q) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 40_000))


def test_studentised_range_limits():
    p = studentized_range_sf(np.array([0.0, np.inf, np.nan, 2.0, 1e9]), 5, np.array([9.0, 9, 9, np.nan, 9]))
    np.testing.assert_array_equal(p[:4], [1, 0, np.nan, np.nan])
    assert 0 < p[4] < 1e-60


def test_games_howell_equals_the_definition(sample):
    y, _, b = sample
    tests = welch_tests(moments_of(y, b))
    ours = games_howell(tests, 7)
    for place in (0, 5, 12, 20):
        i, j = tests.first[place], tests.second[place]
        error = y[b == i].var(ddof=1) / (b == i).sum() + y[b == j].var(ddof=1) / (b == j).sum()
        q = abs(y[b == i].mean() - y[b == j].mean()) / np.sqrt(error / 2)
        expected = stats.studentized_range.sf(q, 7, tests.df[place])
        assert ours[place] == pytest.approx(expected, abs=2e-8)
    assert (ours >= tests.p).all()


def test_chance_of_any_false_difference():
    rng = np.random.default_rng(41)
    codes = np.repeat(np.arange(6), [6, 10, 15, 20, 30, 40])
    spread = np.array([3.0, 1, 2, 1, 0.5, 1])[codes]
    wrong = np.zeros(4)
    for _ in range(200):
        tests = welch_tests(moments_of(spread * rng.normal(size=121), codes))
        columns = tests.p, adjusted_p(tests.p, "holm"), adjusted_p(tests.p, "bonferroni"), games_howell(tests, 6)
        wrong += [column.min() < 0.05 for column in columns]
    plain, holm, bonferroni, howell = wrong / 200
    assert plain > 0.25
    # Three standard errors above 0.05 are 0.096.
    assert bonferroni <= holm < 0.096
    assert howell < 0.1


# --- the published noncentrality -------------------------------------------------------------------------------------


def test_p_wang_depends_on_where_the_scale_begins():
    # Stratum means 1, 2, 3 of 8, 4 and 2 units, each spread by plus and minus 1: q and F are the same on any scale.
    codes = np.repeat([0, 1, 2], [8, 4, 2])
    y = np.array([1.0, 2, 3])[codes] + np.tile([-1.0, 1.0], 7)
    tests = [factor_test(centre(y + shift), stratum_moments(centre(y + shift), codes)) for shift in (0, 100, -2)]
    assert [test.q for test in tests] == pytest.approx([tests[0].q] * 3, abs=1e-12)
    assert [test.p_central for test in tests] == pytest.approx([tests[0].p_central] * 3, rel=1e-9)
    means = np.array([1.0, 2, 3])
    for test, shift in zip(tests, (0, 100, -2), strict=True):
        root = np.sqrt([8, 4, 2]) @ (means + shift)
        by_hand = (np.sum((means + shift) ** 2) - root**2 / 14) / y.var()
        assert test.noncentrality == pytest.approx(by_hand, rel=1e-9)
    assert tests[1].p_wang > 0.99
    assert tests[2].p_wang < 0.22
