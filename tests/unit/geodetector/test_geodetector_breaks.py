"""Rules of cutting against brute force and against mapclassify (2.8 and later), which the package does not use here."""

from __future__ import annotations

from itertools import combinations

import mapclassify
import numpy as np
import pytest

from spatial_region.geodetector._breaks import (
    assign,
    equal_edges,
    geometric_edges,
    headtail_edges,
    natural_edges,
    quantile_edges,
    sd_edges,
)


def within(x: np.ndarray, edges: np.ndarray) -> float:
    codes = assign(x, edges)
    return sum(((x[codes == h] - x[codes == h].mean()) ** 2).sum() for h in np.unique(codes))


@pytest.mark.parametrize("k", [2, 3, 4, 5])
@pytest.mark.parametrize("repeated", [True, False])
def test_natural_breaks_are_the_best_of_all_partitions(k, repeated):
    rng = np.random.default_rng(k)
    for _ in range(25):
        x = rng.integers(0, 9, 12).astype(float) if repeated else rng.lognormal(size=11)
        values = np.unique(x)
        if k > len(values):
            assert natural_edges(x, [k]) == {}
            continue
        best = min(
            within(x, np.array([values[0], *(values[place - 1] for place in places), values[-1]]))
            for places in combinations(range(1, len(values)), k - 1)
        )
        found = natural_edges(x, [k])[k]
        assert within(x, found) == pytest.approx(best, abs=1e-12)
        assert len(np.unique(assign(x, found))) == k


@pytest.mark.parametrize("n", [40, 338])
@pytest.mark.parametrize("k", [3, 5, 8])
def test_rules_equal_mapclassify(n, k):
    x = np.random.default_rng(n + k).lognormal(size=n)
    peers = [
        (mapclassify.FisherJenks, natural_edges),
        (mapclassify.Quantiles, quantile_edges),
        (mapclassify.EqualInterval, equal_edges),
    ]
    for peer, rule in peers:
        edges = rule(x, [k])[k]
        theirs = peer(x, k=k)
        np.testing.assert_allclose(edges[1:], theirs.bins, rtol=1e-12)
        np.testing.assert_array_equal(assign(x, edges), theirs.yb)


def test_one_programme_gives_natural_breaks_of_every_k():
    x = np.random.default_rng(3).normal(size=200)
    together = natural_edges(x, range(2, 9))
    for k, edges in together.items():
        np.testing.assert_array_equal(edges, natural_edges(x, [k])[k])


def test_natural_breaks_do_not_lose_digits_far_from_zero():
    x = np.array([0.0, 1, 2, 10, 11, 12, 30, 31])
    np.testing.assert_array_equal(natural_edges(x + 1e9, [3])[3] - 1e9, natural_edges(x, [3])[3])


def test_a_quantile_edge_that_falls_on_a_value_is_that_value():
    # 0.29 * 100 is 28.999999999999996 in floating point; the edge must still be the 30th of 101 values.
    for k in range(2, 12):
        x = np.arange(10 * k + 1) / 7
        edges = quantile_edges(x, [k])[k]
        assert set(edges) <= set(x)
        np.testing.assert_array_equal(np.bincount(assign(x, edges)), [11] + [10] * (k - 1))


def test_intervals_are_closed_on_the_right_and_the_first_on_both_sides():
    np.testing.assert_array_equal(assign(np.array([0.0, 1, 1.5, 2, 3]), np.array([0.0, 1, 2, 3])), [0, 0, 1, 1, 2])


def test_closed_form_edges():
    x = np.array([1.0, 2, 4, 8, 16])
    np.testing.assert_allclose(geometric_edges(x, [4])[4], x, rtol=1e-14)
    assert geometric_edges(x - 1, [4]) == {}
    np.testing.assert_allclose(equal_edges(x, [3])[3], [1, 6, 11, 16])
    mean, sd = x.mean(), x.std()
    np.testing.assert_allclose(sd_edges(x, [3])[3], [1, mean - sd / 2, mean + sd / 2, 16])
    np.testing.assert_allclose(sd_edges(x, [2])[2], [1, mean, 16])


def least_within_of_every_k(x: np.ndarray, most: int) -> np.ndarray:
    """Least sum of squares within for 1..most classes of distinct values, by the plain quadratic programme."""
    values, counts = np.unique(x, return_counts=True)
    m = len(values)
    cost = np.full((m + 1, m + 1), np.inf)
    for i in range(m):
        for j in range(i + 1, m + 1):
            own = np.repeat(values[i:j], counts[i:j])
            cost[i, j] = ((own - own.mean()) ** 2).sum()
    least = np.full((most + 1, m + 1), np.inf)
    least[0, 0] = 0
    for k in range(1, most + 1):
        for j in range(1, m + 1):
            least[k, j] = (least[k - 1, :j] + cost[:j, j]).min()
    return least[:, m]


@pytest.mark.parametrize("kind", ["heavy tail", "many ties", "two clusters"])
def test_natural_breaks_equal_the_quadratic_programme_for_every_k(kind):
    rng = np.random.default_rng(17)
    x = {
        "heavy tail": rng.pareto(1.1, 90),
        "many ties": rng.integers(0, 25, 150).astype(float) ** 2,
        "two clusters": np.concatenate((rng.normal(size=45), rng.normal(1000, 1, 45))),
    }[kind]
    least = least_within_of_every_k(x, 8)
    for k, edges in natural_edges(x, range(2, 9)).items():
        assert within(x, edges) == pytest.approx(least[k], rel=1e-9, abs=1e-12 * least[1])


def test_head_and_tail_are_parted_at_means_until_the_head_is_no_minority():
    # Mean 9: head 20, 50 (2 of 10). Mean 35: head 50, 1 of 2 is no minority, so its values are not parted further.
    x = np.array([1.0, 1, 2, 2, 3, 3, 4, 4, 20, 50])
    np.testing.assert_allclose(headtail_edges(x), [1, 9, 35, 50])
    np.testing.assert_array_equal(np.bincount(assign(x, headtail_edges(x))), [8, 1, 1])
    # Evenly spread values: the head of the first mean is half of all.
    np.testing.assert_allclose(headtail_edges(np.arange(11.0)), [0, 5, 10])
    # A value that equals the mean belongs to the tail.
    np.testing.assert_array_equal(assign(np.array([0.0, 2, 4]), headtail_edges(np.array([0.0, 2, 4]))), [0, 0, 1])
    np.testing.assert_array_equal(headtail_edges(np.full(5, 3.0)), [3, 3])


def test_nearly_equal_values_have_no_empty_head():
    x = np.array([1.0, np.nextafter(1.0, 2), np.nextafter(1.0, 2)])
    np.testing.assert_array_equal(np.bincount(assign(x, headtail_edges(x))), [1, 2])


@pytest.mark.parametrize("seed", range(5))
def test_head_tail_breaks_begin_as_those_of_mapclassify_which_has_no_limit_for_the_head(seed):
    x = np.random.default_rng(seed).pareto(1.2, 500) + 1
    own = headtail_edges(x)
    theirs = mapclassify.HeadTailBreaks(x).bins
    assert len(own) > 3
    np.testing.assert_allclose(own[1:-1], theirs[: len(own) - 2], rtol=1e-12)
    heads = [int((x > edge).sum()) for edge in own[:-1]]
    shares = np.array(heads[1:]) / np.array([len(x), *heads[1:-1]])
    assert (shares[:-1] <= 0.4).all()
    assert shares[-1] > 0.4 or heads[-1] == 1


@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**1000])
def test_edges_follow_the_unit_of_measurement_however_large_or_small(scale):
    x = np.random.default_rng(2).lognormal(size=50)
    for rule in (quantile_edges, equal_edges, natural_edges, geometric_edges, sd_edges):
        np.testing.assert_allclose(rule(x * scale, [4])[4], rule(x, [4])[4] * scale, rtol=1e-12)
    np.testing.assert_allclose(headtail_edges(x * scale), headtail_edges(x) * scale, rtol=1e-12)
