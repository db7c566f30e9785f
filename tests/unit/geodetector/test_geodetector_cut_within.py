"""Strata cut within groups, against pandas group by group, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from spatial_region.errors import InputError
from spatial_region.geodetector.cut_within import cut_within
from spatial_region.geodetector.rules import parse_rule
from spatial_region.geodetector.strata import rule_strata


def within(x, groups, bins):
    return cut_within(x, groups, parse_rule(bins, "x"), factor="x")


def test_quantile_strata_of_each_year_equal_pandas():
    rng = np.random.default_rng(1)
    years = np.repeat([2010, 2015, 2020], 40)
    x = rng.lognormal(size=120) * np.repeat([1.0, 10, 100], 40)
    strata = within(x, years, 4)
    expected = pd.Series(x).groupby(years).transform(lambda own: pd.qcut(own, 4, labels=False))
    np.testing.assert_array_equal(strata.codes, expected)
    assert strata.labels == ("1", "2", "3", "4")
    assert (strata.method, strata.asked) == ("quantile within groups", 4)
    assert np.isnan(strata.lower).all()
    assert np.bincount(strata.codes).tolist() == [30, 30, 30, 30]


@pytest.mark.parametrize("bins", [("natural", 3), ("equal", 4), ("sd", 3), ("geometric", 3), 5])
def test_each_group_is_cut_as_it_would_be_alone(bins):
    rng = np.random.default_rng(2)
    groups = rng.choice(["东部", "中部", "西部"], 200)
    x = rng.lognormal(size=200)
    strata = within(x, groups, bins)
    for group in np.unique(groups):
        inside = groups == group
        alone = rule_strata(x[inside], parse_rule(bins, "x"), factor="x")
        ranks = np.unique(strata.codes[inside], return_inverse=True)[1]
        np.testing.assert_array_equal(ranks, alone.codes)


def test_an_interval_without_a_unit_keeps_its_number():
    # Equal intervals: the first group has units in intervals 1 and 4 only, the second in all four.
    x = np.array([0.0, 0.1, 0.9, 1.0, 0, 3, 5, 8, 2, 6])
    groups = ["a"] * 4 + ["b"] * 6
    strata = within(x, groups, ("equal", 4))
    np.testing.assert_array_equal(strata.codes[:4], [0, 0, 3, 3])
    np.testing.assert_array_equal(strata.codes[4:], [0, 1, 2, 3, 0, 2])


def test_intervals_without_a_unit_anywhere_are_no_strata():
    x = np.array([0.0, 0.1, 0.9, 1, 0, 0.1, 0.9, 1])
    strata = within(x, [1] * 4 + [2] * 4, ("equal", 4))
    assert strata.labels == ("1", "4")
    assert strata.n_strata == 2


def test_the_order_of_rows_and_names_of_groups_do_not_matter():
    rng = np.random.default_rng(3)
    x, groups = rng.normal(size=60), rng.integers(0, 3, 60)
    order = rng.permutation(60)
    turned = within(x[order], np.array(["z", "y", "x"])[groups[order]], 3)
    np.testing.assert_array_equal(turned.codes, within(x, groups, 3).codes[order])


def test_the_group_that_cannot_be_cut_is_named():
    x = np.array([1.0, 2, 3, 4, 5, 7, 7, 7])
    with pytest.raises(InputError, match=r"within group 西部 \(3 rows\): 'x' has 1 distinct values, fewer than the 2"):
        within(x, ["东部"] * 5 + ["西部"] * 3, 2)
    with pytest.raises(InputError, match=r"within group b .*cannot be cut geometrically"):
        within(np.array([1.0, 2, 3, -1, 2, 3]), list("aaabbb"), ("geometric", 2))


@pytest.mark.parametrize("bins", ["optimal", "loess", "changepoint", "tree", "headtail", [0, 1, 2]])
def test_rules_that_look_at_the_variable_or_have_no_k_are_refused(bins):
    with pytest.raises(InputError, match=r"'x' cannot be cut within groups by .*Choose quantile, equal"):
        within(np.linspace(0, 2, 12), [1, 2] * 6, bins)


def test_a_row_without_a_group_is_refused():
    with pytest.raises(InputError, match="1 of 6 rows have no group"):
        within(np.arange(6.0), ["a", "a", "a", "b", "b", None], 2)
    with pytest.raises(InputError, match="1 of 6 rows have no group"):
        within(np.arange(6.0), np.array([1, 1, 1, 2, 2, np.nan]), 2)
    with pytest.raises(InputError, match="1 of 6 rows have no group"):
        within(np.arange(6.0), ["a", "a", "a", "b", "b", np.nan], 2)
