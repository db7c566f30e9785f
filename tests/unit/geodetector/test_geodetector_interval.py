"""The interval of q: its ends against the slow sum, scipy where it is accurate, limits, and coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from spatial_region.geodetector import _tails
from spatial_region.geodetector._interval import noncentrality_at, q_interval
from spatial_region.geodetector._moments import centre, factor_test, stratum_moments
from spatial_region.geodetector._tails import noncentral_f_sf, noncentral_f_sf_and_slope


@pytest.mark.parametrize("noncentrality", [1e-3, 0.3, 5.0, 60.0, 900.0, 1e5, 1e7, 1e10])
@pytest.mark.parametrize(("df1", "df2"), [(1, 1), (4, 180), (24, 5000), (300, 30)])
@pytest.mark.parametrize("share", [0.8, 1.1])
def test_quick_sum_equals_the_slow_one_and_its_slope_the_difference_quotient(df1, df2, noncentrality, share):
    f = share * (df1 + noncentrality) / df1
    value, slope = noncentral_f_sf_and_slope(f, df1, df2, noncentrality)
    exact = noncentral_f_sf(f, df1, df2, noncentrality)
    step = 1e-4 * noncentrality
    rise = noncentral_f_sf(f, df1, df2, noncentrality + step) - noncentral_f_sf(f, df1, df2, noncentrality - step)
    assert value == pytest.approx(exact, rel=1e-10, abs=1e-20)  # both rest on beta functions good to about 1e-11
    if rise > 1e-7:  # below that the difference has too few digits
        assert slope == pytest.approx(rise / (2 * step), rel=2e-3)


def test_singly_summed_terms_equal_those_of_the_grid(monkeypatch):
    singly = noncentral_f_sf_and_slope(3000.0, 4, 180, 1.1e4)
    monkeypatch.setattr(_tails, "_MOST_TERMS", 0)
    gridded = noncentral_f_sf_and_slope(3000.0, 4, 180, 1.1e4)
    assert gridded[0] == pytest.approx(singly[0], rel=1e-12)
    assert gridded[1] == pytest.approx(singly[1], rel=1e-3)


@pytest.mark.parametrize("tail", [0.005, 0.025, 0.5, 0.975, 0.9999])
@pytest.mark.parametrize(
    ("f", "df1", "df2"), [(0.9, 4, 180), (3.0, 1, 2), (28.3, 4, 180), (700.0, 30, 60), (1e5, 4, 99), (1e13, 4, 9)]
)
def test_noncentrality_gives_the_tail_that_was_asked_for(f, df1, df2, tail):
    found = noncentrality_at(f, df1, df2, tail)
    if found == 0:
        assert stats.f.sf(f, df1, df2) >= tail
    else:
        assert noncentral_f_sf(f, df1, df2, found) == pytest.approx(tail, rel=1e-9)


def test_ends_equal_bisection_of_scipy():
    f, df1, df2, n = 6.3, 4, 95, 100
    lower, upper = q_interval(f, df1, df2, n, 0.9)
    for end, tail in ((lower, 0.05), (upper, 0.95)):
        at = optimize.brentq(lambda x, tail=tail: stats.ncf.sf(f, df1, df2, x) - tail, 1e-6, 500, xtol=1e-13)
        assert float(end) == pytest.approx(at / (at + n), rel=1e-10)


def test_several_factors_at_once_equal_each_alone():
    f, df1 = np.array([0.2, 5.0, 40.0]), np.array([3, 4, 9])
    lower, upper = q_interval(f, df1, 200 - 1 - df1, 200, 0.95)
    assert lower.shape == upper.shape == (3,)
    for place in range(3):
        alone = q_interval(f[place], df1[place], 199 - df1[place], 200, 0.95)
        assert (lower[place], upper[place]) == (float(alone[0]), float(alone[1]))


def test_lower_end_is_zero_where_f_is_not_above_the_central_quantile():
    quantile = stats.f.isf(0.025, 4, 95)
    f = quantile * np.array([0.999, 1.001])
    lower, _ = q_interval(f, 4, 95, 100, 0.95)
    assert lower[0] == 0
    assert 0 < lower[1] < 1e-3
    both = q_interval(stats.f.isf(0.99, 4, 95), 4, 95, 100, 0.95)
    assert [float(end) for end in both] == [0.0, 0.0]


def test_limits():
    lower, upper = q_interval(np.array([np.inf, np.nan, 0.0, 1e300]), 4, 95, 100, 0.95)
    np.testing.assert_array_equal(lower, [1, np.nan, 0, 1])
    np.testing.assert_array_equal(upper, [1, np.nan, 0, 1])
    no_units_to_spare = q_interval(np.array([2.0, np.inf]), np.array([4, 4]), 0, 5, 0.95)
    assert np.isnan(no_units_to_spare).all()


def test_interval_widens_with_the_level_and_narrows_with_units():
    widths = [np.subtract(*q_interval(9.0, 4, 95, 100, level)[::-1]) for level in (0.5, 0.9, 0.95, 0.999)]
    assert (np.diff(widths) > 0).all()
    q = 0.3
    sizes = np.array([50, 500, 5000, 500_000])
    lower, upper = q_interval(q / (1 - q) * (sizes - 5) / 4, 4, sizes - 5, sizes, 0.95)
    assert (np.diff(upper - lower) < 0).all()
    assert ((lower < q) & (q < upper)).all()


def covered(effect: float, scale: np.ndarray, *, drawn: bool, samples: int = 1500) -> float:
    """Share of 90 % intervals that hold the population's q; strata fixed, or each unit's drawn anew."""
    rng = np.random.default_rng(9)
    shares = np.array([0.4, 0.25, 0.15, 0.2])
    fixed = np.repeat(np.arange(4), (80 * shares).astype(int))
    means = effect * np.array([0.0, 1, -1, 2])
    between = shares @ means**2 - (shares @ means) ** 2
    q = between / (between + shares @ scale**2)
    hits = 0
    for _ in range(samples):
        codes = rng.choice(4, p=shares, size=80) if drawn else fixed
        outcome = centre(means[codes] + scale[codes] * rng.normal(size=80))
        test = factor_test(outcome, stratum_moments(outcome, codes))
        lower, upper = q_interval(test.F, test.df1, test.df2, 80, 0.9)
        hits += int(lower <= q <= upper)
    return hits / samples


@pytest.mark.parametrize("effect", [0.2, 0.5, 1.5])
def test_coverage_is_right_for_fixed_strata_and_normal_values_of_one_variance(effect):
    # Standard error of a share of 0.9 among 1500 is 0.8 points.
    assert covered(effect, np.ones(4), drawn=False) == pytest.approx(0.9, abs=0.025)


def test_coverage_is_short_where_strata_are_drawn_and_q_is_large():
    # The sizes of the strata then vary from sample to sample, which the interval takes no account of.
    assert covered(1.5, np.ones(4), drawn=True) < 0.88
    assert covered(0.3, np.ones(4), drawn=True) == pytest.approx(0.9, abs=0.025)
