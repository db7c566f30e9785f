"""The conditional permutation engine against plain loops over the same draws, and against full enumeration."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from scipy import sparse as sp
from scipy import stats

from spatial_region.autocorr import _engine
from spatial_region.autocorr._engine import EVERY_SET, SHARED_ENTRIES, SHARED_SETS, Counts, conditional_counts
from spatial_region.autocorr._random import draw_table
from spatial_region.core import threads

TIE = 1e-10


def plain_draw_table(size, first, draws, k, seed):
    """The same numbers without compiled code: SplitMix64 and Fisher-Yates, all draws side by side."""
    golden = np.uint64(0x9E3779B97F4A7C15)

    def mix(state):
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return state ^ (state >> np.uint64(31))

    with np.errstate(over="ignore"):
        state = mix(np.uint64(seed) + golden * np.arange(first + 1, first + draws + 1, dtype=np.uint64))
        order = np.broadcast_to(np.arange(size), (draws, size)).copy()
        row = np.arange(draws)
        for j in range(k):
            state = state + golden
            chosen = j + (((mix(state) >> np.uint64(32)) * np.uint64(size - j)) >> np.uint64(32)).astype(np.int64)
            here = order[:, j].copy()
            order[:, j] = order[row, chosen]
            order[row, chosen] = here
    return order[:, :k]


def plain_counts(features, own, matrix, draws, seed):
    """Every region goes through every draw; the last region stands in for one that draws itself."""
    n = features.shape[1]
    dense = matrix.toarray()
    sizes = (dense > 0).sum(axis=1)
    equal = [len(set(row[row > 0])) == 1 for row in dense]
    tables = {
        flag: plain_draw_table(n - 1, 0, draws, max([s for s, e in zip(sizes, equal, strict=True) if e == flag]), seed)
        for flag in set(equal)
    }
    at_least, at_most = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
    for i in range(n):
        links = np.flatnonzero(dense[i])
        observed = sum(dense[i, j] * (own[i] @ features[:, j]) for j in links)
        for draw in tables[equal[i]][:, : len(links)]:
            drawn = np.where(draw == i, n - 1, draw)
            value = sum(dense[i, j] * (own[i] @ features[:, other]) for j, other in zip(links, drawn, strict=True))
            at_least[i] += value >= observed - TIE
            at_most[i] += value <= observed + TIE
    return at_least, at_most


def a_map(n, seed, *, unequal=False, most=5):
    rng = np.random.default_rng(seed)
    dense = np.zeros((n, n))
    for i in range(n):
        links = rng.choice(np.delete(np.arange(n), i), size=rng.integers(1, most + 1), replace=False)
        dense[i, links] = rng.uniform(0.5, 2.0, len(links)) if unequal else 1.0 / len(links)
    return sp.csr_array(dense)


def two_kinds_of_features(z):
    lag = z[None], np.ones((len(z), 1))
    squares = np.stack([z**2, z]), np.stack([np.ones_like(z), -2 * z], axis=1)  # as in local Geary
    return {"lag": lag, "squares": squares}


def test_the_compiled_table_is_the_plain_one():
    for size, first, k, seed in ((5, 0, 5, 1), (48, 100, 8, 2**62), (1000, 7, 999, 3)):
        np.testing.assert_array_equal(
            draw_table(size, first, 50, k, np.uint64(seed)), plain_draw_table(size, first, 50, k, seed)
        )


def test_draws_hold_different_regions_equally_often():
    table = draw_table(12, 0, 30_000, 4, np.uint64(3))
    assert all(len(set(row)) == 4 for row in table[:1000].tolist())
    assert stats.chisquare(np.bincount(table.ravel(), minlength=12)).pvalue > 0.001
    pairs = np.bincount(table[:, 0] * 12 + table[:, 1], minlength=144).reshape(12, 12)
    assert stats.chisquare(pairs[~np.eye(12, dtype=bool)]).pvalue > 0.001


@pytest.mark.parametrize("seed", range(40))
def test_consecutive_seeds_and_draws_are_not_alike(seed):
    """A generator that hashes consecutive keys badly shows here: positions, and sums, over draws of one seed."""
    table = draw_table(500, 0, 2000, 6, np.uint64(seed))
    assert stats.chisquare(np.bincount(table.ravel(), minlength=500)).pvalue > 1e-4
    values = stats.norm.ppf((np.arange(500) + 0.5) / 500)
    sums = values[table].sum(axis=1) / np.sqrt(6 * values.var() * (500 - 6) / 499)
    assert stats.kstest(sums, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(sums[1:], sums[:-1])[0, 1]) < 4.5 / np.sqrt(2000)


@pytest.mark.parametrize("kind", ["lag", "squares"])
@pytest.mark.parametrize("unequal", [False, True])
def test_counts_are_those_of_a_plain_loop_over_the_same_draws(kind, unequal):
    n, draws = 14, 40
    z = np.random.default_rng(1).normal(size=n).round(1)  # rounded, so that there are ties
    features, own = two_kinds_of_features(z - z.mean())[kind]
    matrix = a_map(n, 5, unequal=unequal)
    if not unequal:  # rows of one neighbour have only 13 sets, and take them all
        matrix = sp.csr_array(np.where((matrix.toarray() > 0).sum(axis=1, keepdims=True) > 1, matrix.toarray(), 0))
    given = conditional_counts(
        features, own if kind == "squares" else None, matrix, draws, seed=11, tolerance=np.full(n, TIE)
    )
    filled = np.diff(matrix.indptr) > 0
    single = unequal & (np.diff(matrix.indptr) == 1)  # a row of one neighbour has equal weights
    compared = filled & ~single & ~given.exact
    assert compared.sum() > 6
    plain = plain_counts(features, own, matrix, draws, 11)
    np.testing.assert_array_equal(given.at_least[compared], plain[0][compared])
    np.testing.assert_array_equal(given.at_most[compared], plain[1][compared])
    assert (given.draws[compared] == draws).all()
    assert (given.draws[~filled] == 0).all()


@pytest.mark.parametrize("kind", ["lag", "squares"])
def test_few_sets_of_neighbours_are_all_taken(kind):
    n = 11
    z = np.random.default_rng(2).normal(size=n).round(1)
    features, own = two_kinds_of_features(z - z.mean())[kind]
    matrix = a_map(n, 7, most=10)
    given = conditional_counts(features, own, matrix, 9999, seed=1, tolerance=np.full(n, TIE))
    assert given.exact.all()
    assert given.paths == {EVERY_SET: n}
    for i in range(n):
        links = matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]]
        others = np.delete(np.arange(n), i)
        values = np.array([own[i] @ features[:, list(s)].sum(axis=1) for s in combinations(others, len(links))])
        observed = own[i] @ features[:, links].sum(axis=1)
        assert given.draws[i] == len(values)
        assert given.at_least[i] == (values >= observed - TIE).sum()
        assert given.at_most[i] == (values <= observed + TIE).sum()


@pytest.mark.parametrize("kind", ["lag", "squares"])
def test_draws_entry_by_entry_agree_with_all_arrangements(kind):
    """Unequal weights: all ordered arrangements of the neighbours, z tests in each region."""
    n, draws = 9, 40_000
    z = np.random.default_rng(4).normal(size=n)
    features, own = two_kinds_of_features(z - z.mean())[kind]
    matrix = a_map(n, 3, unequal=True, most=4)
    given = conditional_counts(features, own, matrix, draws, seed=5, tolerance=np.full(n, TIE))
    for i in np.flatnonzero(np.diff(matrix.indptr) > 1):
        start, stop = matrix.indptr[i], matrix.indptr[i + 1]
        values = np.array(
            [
                own[i] @ (features[:, list(o)] @ matrix.data[start:stop])
                for o in permutations(np.delete(np.arange(n), i), int(stop - start))
            ]
        )
        observed = own[i] @ (features[:, matrix.indices[start:stop]] @ matrix.data[start:stop])
        truth = np.mean(values >= observed - TIE)
        assert abs(given.at_least[i] / draws - truth) < 4.5 * np.sqrt(truth * (1 - truth) / draws) + 1e-12


def test_shared_draws_have_the_exact_tails_whatever_the_seed():
    """Exact tails by enumeration, z tests over 300 seeds, and the spread over seeds of independent draws."""
    n, draws = 20, 500
    z = np.random.default_rng(8).normal(size=n).round(1)
    matrix = a_map(n, 1, most=9)
    tolerance = np.full(n, TIE)
    truth = conditional_counts(z[None], None, matrix, 200_000, seed=1, tolerance=tolerance)
    assert truth.exact.all()
    found, drawn = [], None
    for seed in range(300):
        given = conditional_counts(z[None], None, matrix, draws, seed=seed, tolerance=tolerance)
        found.append(given.at_least / draws)
        drawn = ~given.exact
    exact = (truth.at_least / truth.draws)[drawn]
    found = np.array(found)[:, drawn]
    error = np.sqrt(exact * (1 - exact) / draws)
    assert np.abs((found.mean(axis=0) - exact) / (error / np.sqrt(300))).max() < 4.0
    assert 0.85 < (found.std(axis=0) / error).mean() < 1.15


@pytest.mark.parametrize("unequal", [False, True])
def test_answers_do_not_depend_on_threads_or_blocks(unequal, monkeypatch):
    n = 300
    z = np.random.default_rng(6).normal(size=n)
    matrix = a_map(n, 2, unequal=unequal, most=12)
    features, own = two_kinds_of_features(z)["squares"]

    def run():
        lag = conditional_counts(z[None], None, matrix, 700, seed=3, tolerance=np.full(n, TIE))
        geary = conditional_counts(features, own, matrix, 700, seed=3, tolerance=np.full(n, TIE))
        return np.concatenate([lag.at_least, lag.at_most, geary.at_least, geary.at_most])

    first = run()
    monkeypatch.setattr(threads, "_WORTH_IT", 0)
    for workers in (1, 3, 7):
        monkeypatch.setattr(threads, "processors", lambda workers=workers: workers)
        np.testing.assert_array_equal(run(), first)
    monkeypatch.setattr(_engine, "_BLOCK", 20_000)
    monkeypatch.setattr(_engine, "_CACHED", 20_000)
    np.testing.assert_array_equal(run(), first)


def test_a_larger_number_of_draws_begins_with_the_smaller():
    n = 60
    z = np.random.default_rng(7).normal(size=n)
    matrix = a_map(n, 4)
    small, large = (
        conditional_counts(z[None], None, matrix, draws, seed=3, tolerance=np.full(n, TIE)) for draws in (200, 1000)
    )
    more = large.at_least - small.at_least
    drawn = ~large.exact & ~small.exact
    assert (more[drawn] >= 0).all()
    assert (more[drawn] <= 800).all()


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_a_region_stops_at_the_draw_that_fills_its_tail(alternative):
    """Besag and Clifford's sequential test, against a plain loop."""
    n, draws, stop_after = 12, 300, 15
    z = np.random.default_rng(9).normal(size=n)
    matrix = a_map(n, 6, unequal=True, most=4)
    given = conditional_counts(
        z[None], None, matrix, draws, seed=2, tolerance=np.full(n, TIE), alternative=alternative, stop_after=stop_after
    )
    rows = np.flatnonzero(np.diff(matrix.indptr) > 1)
    table = plain_draw_table(n - 1, 0, draws, int(np.diff(matrix.indptr)[rows].max()), 2)
    stopped = 0
    for i in rows:
        start, stop = matrix.indptr[i], matrix.indptr[i + 1]
        observed = matrix.data[start:stop] @ z[matrix.indices[start:stop]]
        drawn = np.where(table == i, n - 1, table)[:, : stop - start]
        values = z[drawn] @ matrix.data[start:stop]
        above, below = np.cumsum(values >= observed - TIE), np.cumsum(values <= observed + TIE)
        tail = {"greater": above, "less": below, "two-sided": np.minimum(above, below)}[alternative]
        sides = 2 if alternative == "two-sided" else 1
        if tail[-1] >= stop_after:
            made = int(np.searchsorted(tail, stop_after)) + 1
            expected = min(1.0, sides * stop_after / made)
            stopped += 1
        else:
            made, expected = draws, min(1.0, sides * (tail[-1] + 1) / (draws + 1))
        assert given.draws[i] == made
        assert given.p(alternative)[i] == pytest.approx(expected)
    assert stopped > 3


def test_sequential_p_is_valid_under_the_null():
    """P(p <= a) <= a at every a: 4,000 tests of independent values, one region each."""
    n, matrix = 40, a_map(40, 8, unequal=True, most=6)
    rng = np.random.default_rng(0)
    p = []
    for seed in range(250):
        z = rng.normal(size=n)
        given = conditional_counts(z[None], None, matrix, 499, seed=seed, tolerance=np.full(n, TIE), stop_after=10)
        p.append(given.p("two-sided")[np.diff(matrix.indptr) > 2])
    p = np.concatenate(p)
    for level in (0.01, 0.05, 0.1, 0.2):
        assert np.mean(p <= level) < level + 4 * np.sqrt(level * (1 - level) / 250)


def test_paths_are_reported():
    n = 30
    dense = a_map(n, 9).toarray()
    dense[:10] *= np.random.default_rng(0).uniform(1, 2, size=(10, n))
    matrix = sp.csr_array(dense)
    given = conditional_counts(dense[0][None], None, matrix, 500, seed=1, tolerance=np.full(n, TIE))
    assert set(given.paths) == {EVERY_SET, SHARED_SETS, SHARED_ENTRIES}
    assert sum(given.paths.values()) == n


def test_p_values_from_counts():
    counts = Counts(
        at_least=np.array([0, 500, 3, 0]),
        at_most=np.array([999, 600, 20, 0]),
        draws=np.array([999, 999, 20, 0]),
        exact=np.array([False, False, True, False]),
        stopped=np.zeros(4, dtype=bool),
    )
    np.testing.assert_allclose(counts.p("greater"), [1 / 1000, 501 / 1000, 3 / 20, np.nan])
    np.testing.assert_allclose(counts.p("less"), [1.0, 601 / 1000, 1.0, np.nan])
    np.testing.assert_allclose(counts.p("two-sided"), [2 / 1000, 1.0, 6 / 20, np.nan])  # never above 1
    error = counts.p_error("greater")
    assert error[1] == pytest.approx(np.sqrt(0.501 * 0.499 / 999))
    assert error[2] == 0.0


def test_a_band_of_many_cardinalities_is_quick():
    """Hundreds of distinct numbers of neighbours once took a minute elsewhere; here each costs one sort."""
    rng = np.random.default_rng(1)
    n = 3000
    sizes = rng.integers(20, 200, n)
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    indices = np.concatenate([rng.choice(np.delete(np.arange(n), i), s, replace=False) for i, s in enumerate(sizes)])
    matrix = sp.csr_array((np.ones(len(indices)), indices, indptr), shape=(n, n))
    z = rng.normal(size=n)
    given = conditional_counts(z[None], None, matrix, 9999, seed=1, tolerance=np.full(n, TIE))
    assert given.paths == {SHARED_SETS: n}
    assert stats.kstest(given.p("greater"), "uniform").pvalue > 1e-4
