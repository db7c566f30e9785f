"""Change points against every possible division, and their permutation statistic against plain loops."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from spatial_region.geodetector import _changepoint
from spatial_region.geodetector._changepoint import BestSegments, best_segments, cells_of, midway


def best_of_all(x, y, k, least):
    """Largest sum of squares between over all divisions of the distinct values; -1 where none has `least` units."""
    values = np.unique(x)
    best = -1.0
    for cuts in combinations(values[:-1], k - 1):
        codes = np.searchsorted(np.array(cuts), x, side="left")
        counts = np.bincount(codes, minlength=k)
        if counts.min() >= least:
            best = max(best, sum(y[codes == h].sum() ** 2 / counts[h] for h in range(k)))
    return best


def sample(seed, tied):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 9, 24).astype(float) if tied else rng.normal(size=13)
    y = rng.normal(size=len(x))
    return x, y - y.mean()


@pytest.mark.parametrize("least", [1, 2, 3])
@pytest.mark.parametrize("tied", [True, False])
def test_segments_are_the_best_of_all_divisions(tied, least):
    reached = 0
    for seed in range(12):
        x, y = sample(seed, tied)
        cells = cells_of(x)
        starts = best_segments(y, cells, 5, least)
        for k in range(2, 6):
            best = best_of_all(x, y, k, least)
            (q,) = BestSegments(cells, (k,), least).q_of(y[None, :])
            if best < 0:
                assert (starts[k] == -1).all()
                assert q == 0
                continue
            reached += 1
            edges = cells.edges[starts[k, : k + 1]]
            codes = np.searchsorted(edges[1:-1], x, side="left")
            counts = np.bincount(codes, minlength=k)
            assert counts.min() >= least
            assert sum(np.bincount(codes, weights=y) ** 2 / counts) == pytest.approx(best, rel=1e-12)
            assert q == pytest.approx(best / (y @ y), rel=1e-12)
    assert reached > 10


def test_the_statistic_takes_the_largest_over_ks_and_does_not_depend_on_the_order_of_units():
    x, _ = sample(3, tied=True)
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(7, len(x)))
    rows -= rows.mean(axis=1, keepdims=True)
    statistic = BestSegments(cells_of(x), (2, 3, 4), 3)
    expected = [max(best_of_all(x, y, k, 3) for k in (2, 3, 4)) / (y @ y) for y in rows]
    np.testing.assert_allclose(statistic.q_of(rows), expected, rtol=1e-12)
    order = rng.permutation(len(x))
    np.testing.assert_allclose(statistic.in_order(order).q_of(rows[:, order]), expected, rtol=1e-12)


def test_edges_lie_midway_between_neighbouring_values_and_always_below_the_higher():
    cells = cells_of(np.array([4.0, 1, 1, 2, 8]))
    np.testing.assert_array_equal(cells.edges, [1, 1.5, 3, 6, 8])
    np.testing.assert_array_equal(cells.codes, [2, 0, 0, 1, 3])
    near = np.nextafter(1.0, 2)
    for low, high in [(1.0, near), (near, np.nextafter(near, 2)), (-1e308, 1e308), (1e308, 1.7e308)]:
        middle = midway(np.array([low]), np.array([high]))[0]
        assert low <= middle < high


def test_beyond_the_limit_cells_are_runs_of_about_equally_many_units_and_cuts_are_the_best_among_them(monkeypatch):
    rng = np.random.default_rng(9)
    x = np.concatenate((rng.normal(size=60), np.full(15, 0.25)))
    y = rng.normal(size=75)
    y -= y.mean()
    cells = cells_of(x, limit=8)
    assert not cells.exact
    assert len(cells.counts) <= 8
    assert cells.counts.sum() == 75
    assert cells.counts.max() <= 15 + 75 // 8 + 1  # ties stay together
    np.testing.assert_array_equal(np.searchsorted(cells.edges[1:-1], x, side="left"), cells.codes)
    starts = best_segments(y, cells, 3, 3)
    codes = np.searchsorted(starts[3, 1:3], cells.codes, side="right")
    best = best_of_all(cells.codes.astype(float), y, 3, 3)
    assert sum(np.bincount(codes, weights=y) ** 2 / np.bincount(codes)) == pytest.approx(best, rel=1e-12)
    assert cells_of(x, limit=61).exact
    assert _changepoint.EXACT == 2_000


def test_steps_are_found_where_they_are():
    x = np.arange(90.0)
    y = np.where(x < 30, 1.0, np.where(x < 62, 3.0, 2.0))
    y -= y.mean()
    cells = cells_of(x)
    np.testing.assert_array_equal(cells.edges[best_segments(y, cells, 3, 3)[3]], [0, 29.5, 61.5, 89])
