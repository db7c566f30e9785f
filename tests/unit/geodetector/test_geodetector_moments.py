"""Moments of many factors at once, and the factor detector without strata of one unit, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spatial_region.core import threads
from spatial_region.geodetector._moments import all_moments, centre, factor_test, stratum_moments


def loops(y, codes):
    grand = sum(y) / len(y)
    for code in sorted(set(codes.tolist())):
        own = [value for value, at in zip(y.tolist(), codes.tolist(), strict=True) if at == code]
        mean = sum(own) / len(own)
        yield len(own), mean - grand, sum((value - mean) ** 2 for value in own)


@pytest.fixture
def sample():
    rng = np.random.default_rng(3)
    levels = [4, 2, 300, 7]
    codes = [np.concatenate((np.arange(level), rng.integers(0, level, 999 - level))) for level in levels]
    return rng.normal(size=999) * 3 + 50, codes, levels


def test_all_factors_equal_plain_loops(sample):
    y, codes, levels = sample
    outcome = centre(y)
    for own, level, moments in zip(codes, levels, all_moments(outcome, codes, levels), strict=True):
        counts, means, within = map(np.array, zip(*loops(y, own), strict=True))
        assert moments.counts.tolist() == counts.tolist()
        assert len(counts) == level
        np.testing.assert_allclose(moments.centred_means * outcome.scale, means, rtol=0, atol=1e-11)
        np.testing.assert_allclose(moments.within * outcome.scale**2, within, rtol=1e-11, atol=1e-18)
        alone = stratum_moments(outcome, own)
        assert (alone.within == moments.within).all()
        assert (alone.centred_means == moments.centred_means).all()


def test_moments_are_the_same_bits_on_any_number_of_cores(sample, monkeypatch):
    y, codes, levels = sample
    outcome = centre(y)
    plain = all_moments(outcome, codes, levels)
    monkeypatch.setattr(threads, "_WORTH_IT", 0)
    monkeypatch.setattr(threads, "processors", lambda: 3)
    for one, other in zip(plain, all_moments(outcome, codes, levels), strict=True):
        assert (one.within == other.within).all()
        assert (one.centred_means == other.centred_means).all()


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-300, 1e300])
def test_equal_values_have_no_variance_within(value):
    codes = np.arange(3001) % 3
    y = value * (1 + codes.astype(float))
    moments = stratum_moments(centre(y), codes)
    assert (moments.within == 0).all()
    assert factor_test(centre(y), moments).q == 1.0


def test_without_strata_of_one_unit_it_is_the_test_of_the_others():
    rng = np.random.default_rng(6)
    codes = np.array([0] * 9 + [1] * 7 + [2] + [3] * 8 + [4])
    y = rng.normal(size=len(codes)) + 20
    y[codes == 2] = 90.0
    stay = (codes != 2) & (codes != 4)
    groups = [y[codes == code] for code in (0, 1, 3)]
    outcome = centre(y)
    test = factor_test(outcome, stratum_moments(outcome, codes), singletons="drop")
    rest = centre(y[stay])
    own = factor_test(rest, stratum_moments(rest, np.unique(codes[stay], return_inverse=True)[1]))
    assert (test.n, test.strata, test.singletons, test.df1, test.df2) == (24, 3, 2, 2, 21)
    assert (own.n, own.strata, own.singletons) == (24, 3, 0)
    for name in ("q", "q_adjusted", "F", "noncentrality", "p_wang", "p_central"):
        assert getattr(test, name) == pytest.approx(getattr(own, name), rel=1e-10, abs=0)
    peer = stats.f_oneway(*groups)
    assert pytest.approx(peer.statistic, rel=1e-10) == test.F
    assert test.p_central == pytest.approx(peer.pvalue, rel=1e-10)
    kept = factor_test(outcome, stratum_moments(outcome, codes))
    assert (kept.n, kept.strata, kept.singletons) == (26, 5, 2)
    assert kept.q > test.q + 0.3


def test_dropping_nothing_changes_nothing(sample):
    y, codes, _ = sample
    outcome = centre(y)
    moments = stratum_moments(outcome, codes[0])
    assert factor_test(outcome, moments, singletons="drop") == factor_test(outcome, moments)


@pytest.mark.parametrize("codes", [[0, 0, 0, 1, 2], [0, 1, 2, 3, 4]])
def test_fewer_than_two_strata_left_cannot_be_tested(codes):
    outcome = centre(np.array([1.0, 2.0, 4.0, 8.0, 16.0]))
    test = factor_test(outcome, stratum_moments(outcome, np.array(codes)), singletons="drop")
    assert test.n == (3 if codes[1] == 0 else 0)
    assert np.isnan([test.q, test.q_adjusted, test.F, test.p_wang, test.p_central]).all()


def test_strata_of_one_unit_each_leave_no_degree_of_freedom():
    outcome = centre(np.array([1.0, 2.0, 4.0]))
    test = factor_test(outcome, stratum_moments(outcome, np.arange(3)))
    assert (test.q, test.df2) == (1.0, 0)
    assert np.isnan([test.F, test.q_adjusted, test.p_wang, test.p_central]).all()
