"""What the page on peers says of GeoDa (pygeoda 0.1.3, optional): its numbers, its false discoveries, its islands."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.geoda_weights import available, geoda_weights
from benchmarks.lattices import queen_links
from benchmarks.peers import geoda_faults

needs_pygeoda = pytest.mark.skipif(not available(), reason="pygeoda is not installed (pip install pygeoda==0.1.3)")


def test_hashes_of_consecutive_keys_are_not_independent():
    """Each number alone is uniform; neighbours in the sequence are not independent. numpy's generator passes."""
    numbers = geoda_faults.hashed(np.arange(1, 14_001))
    assert stats.kstest(numbers, "uniform").pvalue > 0.01
    for lag in (1, 2, 3):
        r, score = geoda_faults.serial_correlation(1, 14_000, lag)
        assert abs(r) > 0.15
        assert abs(score) > 15
    fair = np.random.default_rng(0).random(14_000)
    assert abs(np.corrcoef(fair[:-1], fair[1:])[0, 1]) * np.sqrt(13_999) < 4


def test_ours_is_uniform_where_geodas_is_not():
    shares = [geoda_faults.rejections("sorted", seed=seed, mode=None, side=30, maps=4) for seed in range(1, 16)]
    assert np.mean(shares) == pytest.approx(0.10, abs=4 * np.std(shares, ddof=1) / np.sqrt(15) + 0.002)


@needs_pygeoda
def test_geodas_draws_are_those_hashes():
    assert geoda_faults.reproduced(1) == 49


@needs_pygeoda
def test_geoda_rejects_too_often_when_the_table_is_sorted():
    assert geoda_faults.rejections("sorted", seed=1, mode="complete", side=30, maps=4) > 0.12
    assert geoda_faults.rejections("sorted", seed=1, mode="lookup-table", side=30, maps=10) > 0.13


@needs_pygeoda
def test_geodas_false_discovery_rate_stops_at_the_first_failure():
    links = queen_links(30, 30)
    row, column = np.divmod(np.arange(900), 30)
    values = np.sin(row / 4) + np.cos(column / 5) + 0.3 * np.random.default_rng(0).normal(size=900)
    found = geoda_faults.false_discovery(geoda_weights(links), values, permutations=999)
    assert found.geoda_cutoff == found.bonferroni
    assert found.geoda_regions == 0
    assert found.benjamini_hochberg_regions > 200


@needs_pygeoda
def test_geoda_gives_an_island_a_p_of_zero():
    links = queen_links(6, 6).tolil()
    links[35, :] = 0
    links[:, 35] = 0
    p = geoda_faults.geoda_p(
        geoda_weights(links.tocsr()), np.random.default_rng(0).normal(size=36), mode="complete", seed=1
    )
    assert p[35] == 0.0
