"""Ways to permute: what each keeps, that every order is equally likely, and the size of the tests in panels."""

from __future__ import annotations

from collections import Counter
from itertools import permutations as orders
from math import factorial

import numpy as np
import pytest

from spatial_region.geodetector._draws import FreeRows, WholeRegions, WithinRegions, balance
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector._shuffle import random_signs, shuffle_segments
from spatial_region.geodetector._statistics import FixedStrata

REGIONS, TIMES = np.repeat(np.arange(12), 5), np.tile(np.arange(5), 12)


def drawn(plan, y, draws, seed=1, ties=()):
    """Return draws in the order of the data."""
    bound = plan.bind(y, ties, seed)
    np.testing.assert_array_equal(bound.values, y[bound.order])
    out = np.empty((draws, len(y)))
    bound.fill(0, out)
    back = np.empty_like(out)
    back[:, bound.order] = out
    return back


def chi_square(counts, cells, total):
    expected = total / cells
    return sum((own - expected) ** 2 / expected for own in counts) + (cells - len(counts)) * expected


def test_every_order_is_equally_likely():
    y = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    counts = Counter(map(tuple, drawn(FreeRows(), y, 60_000)))
    assert len(counts) == factorial(5)
    # Chi-square with 119 degrees of freedom: mean 119, standard deviation 15.4; five of them.
    assert chi_square(counts.values(), 120, 60_000) < 119 + 5 * np.sqrt(2 * 119)


def test_every_order_within_each_region_is_equally_likely():
    y, regions = np.array([1.0, 2.0, 4.0, 8.0, 16.0]), np.array([0, 1, 0, 1, 1])
    counts = Counter(map(tuple, drawn(WithinRegions(regions), y, 24_000)))
    expected = {(a[0], b[0], a[1], b[1], b[2]) for a in orders((1.0, 4.0)) for b in orders((2.0, 8.0, 16.0))}
    assert set(counts) == expected
    assert chi_square(counts.values(), 12, 24_000) < 11 + 5 * np.sqrt(2 * 11)


def test_every_assignment_of_whole_series_is_equally_likely():
    regions, times = np.array([0, 1, 2, 3, 3, 1, 2, 0]), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    y = np.arange(8.0) ** 2
    series = {region: (y[region], y[(regions == region) & (times == 1)][0]) for region in range(4)}
    counts: Counter[tuple[float, ...]] = Counter()
    for one in drawn(WholeRegions(regions, times), y, 24_000):
        moved = [(one[(regions == r) & (times == 0)][0], one[(regions == r) & (times == 1)][0]) for r in range(4)]
        assert sorted(moved) == sorted(series.values())
        counts[tuple(first for first, _ in moved)] += 1
    assert len(counts) == 24
    assert chi_square(counts.values(), 24, 24_000) < 23 + 5 * np.sqrt(2 * 23)


def test_draws_depend_on_their_number_and_seed_alone():
    values, bounds = np.arange(30.0), np.array([0, 12, 30])
    whole, part, other = np.empty((10, 30)), np.empty((3, 30)), np.empty((10, 30))
    shuffle_segments(values, bounds, np.uint64(5), 0, whole)
    shuffle_segments(values, bounds, np.uint64(5), 4, part)
    shuffle_segments(values, bounds, np.uint64(6), 0, other)
    np.testing.assert_array_equal(part, whole[4:7])
    assert not np.array_equal(whole, other)
    np.testing.assert_array_equal(random_signs(np.uint64(5), 4, 3, 30), random_signs(np.uint64(5), 0, 10, 30)[4:7])


def test_signs_are_independent_coins():
    signs = random_signs(np.uint64(9), 0, 4000, 8)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    np.testing.assert_allclose(signs.T @ signs / 4000, np.eye(8), atol=5 / np.sqrt(4000))
    np.testing.assert_allclose(signs.mean(axis=0), 0, atol=5 / np.sqrt(4000))


@pytest.mark.parametrize("plan", ["within", "whole"])
@pytest.mark.parametrize("digits", [9, 0, -1])
def test_neither_the_order_of_rows_nor_names_of_regions_matter(plan, digits):
    rng = np.random.default_rng(3)
    y = np.round(rng.normal(size=60) + rng.normal(size=12)[REGIONS], digits) + (digits < 0) * rng.integers(0, 2, 60)
    codes = rng.integers(0, 3, 60)
    rows, names = rng.permutation(60), rng.permutation(12)

    def p(y, regions, times, codes):
        draws = WithinRegions(regions) if plan == "within" else WholeRegions(regions, times)
        return permutation_tests(y - y.mean(), [FixedStrata(codes, 3)], draws=draws, permutations=99, seed=1)[0]

    first = p(y, REGIONS, TIMES, codes)
    assert p(y[rows], REGIONS[rows], TIMES[rows], codes[rows]) == first
    assert p(y, names[REGIONS], TIMES, codes) == first


def test_strata_that_do_not_vary_within_regions_have_p_one_within_regions():
    y, codes = np.random.default_rng(3).normal(size=60), (np.arange(12) % 3)[REGIONS]
    (p,) = permutation_tests(y, [FixedStrata(codes, 3)], draws=WithinRegions(REGIONS), permutations=99, seed=1)
    assert p == 1.0


def test_balance_finds_what_is_missing_and_what_is_twice():
    assert balance(REGIONS, TIMES).balanced
    found = balance(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 0, 1]))
    assert not found.balanced
    assert (found.n_regions, found.n_times, found.n) == (3, 2, 5)
    assert found.missing.tolist() == [[1, 1], [2, 0]]
    assert found.repeated.tolist() == [[1, 0]]


def test_size_in_panels_with_lasting_regions():
    """Lasting regional levels in outcome and factor: free draws reject a true null far too often, the others do not.

    200 panels of 20 regions and 6 times; two standard errors of a share of 5 % are 3 %.
    """
    rng = np.random.default_rng(7)
    regions, times = np.repeat(np.arange(20), 6), np.tile(np.arange(6), 20)
    plans = {"rows": FreeRows(), "within": WithinRegions(regions), "whole": WholeRegions(regions, times)}
    rejected = dict.fromkeys(plans, 0)
    for trial in range(200):
        y = 2 * rng.normal(size=20)[regions] + rng.normal(size=120)
        x = 2 * rng.normal(size=20)[regions] + rng.normal(size=120)
        strata = FixedStrata(np.searchsorted(np.quantile(x, [0.25, 0.5, 0.75]), x), 4)
        for name, plan in plans.items():
            (p,) = permutation_tests(y - y.mean(), [strata], draws=plan, permutations=99, seed=trial)
            rejected[name] += p <= 0.05
    assert rejected["rows"] > 60
    assert 4 <= rejected["within"] <= 17
    assert 4 <= rejected["whole"] <= 17
