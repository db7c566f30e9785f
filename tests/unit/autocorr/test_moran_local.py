"""Local Moran's I against esda, closed forms and full enumeration."""

from __future__ import annotations

from itertools import combinations, permutations

import esda
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import lattice
from scipy import stats

import spatial_region as sr
from spatial_region.autocorr._correction import adjusted_p
from spatial_region.autocorr._permutation import conditional_lag_counts, tail_p
from spatial_region.autocorr._shared_draws import _draw_sets, shared_tail_counts
from spatial_region.errors import InputError, IslandWarning, OptionError, SmallSampleWarning


def test_statistics_and_quadrants_agree_with_esda(columbus):
    """esda 2.7 to 2.9; its moments are total ones on the scale of the variance over n."""
    w = sr.contiguity(columbus)
    for variable in ("HOVAL", "INC", "CRIME"):
        peer = esda.Moran_Local(columbus[variable].to_numpy(), w.to_w(), permutations=0)
        ours = sr.local_moran(columbus, variable, w=w, permutations=9, moments="total").table()
        np.testing.assert_allclose(ours["I"], peer.Is, rtol=1e-10, atol=1e-14)
        assert ours["quadrant"].tolist() == [{1: "HH", 2: "LH", 3: "LL", 4: "HL"}[q] for q in peer.q]
        np.testing.assert_allclose(ours["expected"] * 49 / 48, peer.EI, rtol=1e-10)
        np.testing.assert_allclose(ours["variance"] * (49 / 48) ** 2, peer.VI, rtol=1e-10)


def test_permutation_p_agrees_with_esda_within_monte_carlo_error(columbus):
    """Both estimate the same tail with 1,999 draws: differences in standard errors look standard normal."""
    w = sr.contiguity(columbus)
    peer = esda.Moran_Local(columbus["INC"].to_numpy(), w.to_w(), permutations=1999, seed=1)
    folded = sr.local_moran(columbus, "INC", w=w, permutations=1999).table()["p"] / 2
    pooled = np.clip((folded + peer.p_sim) / 2, 5e-4, 0.5)
    score = (folded - peer.p_sim) / np.sqrt(2 * pooled * (1 - pooled) / 1999)
    assert np.abs(score).max() < 4.5
    assert (score**2).sum() < stats.chi2.ppf(0.9999, 49)


def test_the_sum_of_local_statistics_is_the_global_one(grid):
    w = sr.contiguity(grid)
    local = sr.local_moran(grid, "smooth", w=w, permutations=9).table()["I"].sum()
    # sum I_i = (n - 1) / n * S0 * I, and S0 = n when rows sum to one
    assert local == pytest.approx(63 * sr.moran(grid, "smooth", w=w, permutations=0).I)


@pytest.mark.parametrize("standardisation", ["row", "binary"])
def test_moments_are_those_of_full_enumeration(standardisation):
    frame = lattice(2, 3)
    z = np.array([3.0, -1.0, 0.5, 2.0, -4.0, 1.0])
    z -= z.mean()
    w = sr.contiguity(frame, kind="rook").standardise(standardisation)
    dense = w.sparse.toarray()
    every = np.array(list(permutations(z)))
    values = pd.Series(z, index=frame.index)
    with pytest.warns(SmallSampleWarning):
        total = sr.local_moran(values, w=w, moments="total").table()
    local = 5 * every * (every @ dense.T) / (z @ z)
    np.testing.assert_allclose(total["expected"], local.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(total["variance"], local.var(axis=0), rtol=1e-10)
    with pytest.warns(SmallSampleWarning):
        conditional = sr.local_moran(values, w=w).table()
    for i in range(6):
        kept = every[:, i] == z[i]
        np.testing.assert_allclose(conditional["expected"].iloc[i], local[kept, i].mean(), atol=1e-12)
        np.testing.assert_allclose(conditional["variance"].iloc[i], local[kept, i].var(), rtol=1e-10, atol=1e-14)


def test_few_sets_of_neighbours_are_all_taken():
    frame = lattice(3, 4)
    rng = np.random.default_rng(3)
    values = pd.Series(rng.integers(0, 4, 12).astype(float), index=frame.index)  # ties on purpose
    w = sr.contiguity(frame, kind="rook")
    ours = sr.local_moran(values, w=w, permutations=9999)
    assert ours.enumerated.all()
    z, dense = values - values.mean(), w.standardise("row").sparse.toarray()
    for i, p in enumerate(ours.table()["p"]):
        k = int((dense[i] > 0).sum())
        lags = np.array([np.mean(chosen) for chosen in combinations(np.delete(z.to_numpy(), i), k)])
        observed = dense[i] @ z.to_numpy()
        tails = np.mean(lags >= observed - 1e-12), np.mean(lags <= observed + 1e-12)
        assert p == pytest.approx(min(1, 2 * min(tails)))


def test_draws_are_uniform_without_replacement_and_agree_with_enumeration():
    """Unequal weights take the random path: compare with all ordered arrangements, by a z test in each region."""
    frame = lattice(3, 3)
    z = np.array([2.0, -1, 0.3, 1.7, -0.4, 0.9, -2.2, 0.1, -1.4])
    z -= z.mean()
    w = sr.inverse_distance(frame, km=1.1).standardise("row")
    rng = np.random.default_rng(0)
    unequal = w.sparse.copy()
    unequal.data = rng.uniform(0.5, 2.0, unequal.nnz)
    at_least, _, draws = conditional_lag_counts(z, unequal, 40_000, seed=5, tie=1e-12)
    assert (draws == 40_000).all()
    for i in range(9):
        start, stop = unequal.indptr[i], unequal.indptr[i + 1]
        lags = np.array([unequal.data[start:stop] @ o for o in permutations(np.delete(z, i), int(stop - start))])
        truth = np.mean(lags >= (unequal @ z)[i] - 1e-12)
        error = np.sqrt(truth * (1 - truth) / 40_000)
        assert abs(at_least[i] / 40_000 - truth) < 4.5 * error + 1e-12


def test_shared_draws_agree_with_draws_of_each_region_and_with_the_truth():
    """Draws that regions share have the tails of plain draws: exact tails by enumeration, z tests in each region."""
    frame = lattice(4, 5)
    rng = np.random.default_rng(8)
    z = rng.normal(size=20).round(1)  # rounded, so that there are ties
    z -= z.mean()
    matrix = sr.contiguity(frame).standardise("row").sparse
    truth = conditional_lag_counts(z, matrix, 200_000, seed=1, tie=1e-12)
    assert (truth[2] < 0).all()  # at most C(19, 8) = 75,582 sets: all taken
    permutations = 500  # fewer than the sets of 3, 5 or 8: drawn
    scores = []
    for seed in range(200):
        at_least, at_most, draws = conditional_lag_counts(z, matrix, permutations, seed=seed, tie=1e-12)
        assert (draws == permutations).all()
        assert (at_least + at_most >= permutations).all()
        scores.append(at_least / permutations)
    exact = truth[0] / -truth[2]
    error = np.sqrt(exact * (1 - exact) / (permutations * 200))
    score = (np.mean(scores, axis=0) - exact) / np.maximum(error, 1e-9)
    assert np.abs(score).max() < 4.0
    # Seeds are independent: the spread over seeds is that of independent draws.
    spread = np.std(scores, axis=0) / np.maximum(np.sqrt(exact * (1 - exact) / permutations), 1e-9)
    assert 0.8 < spread[exact < 1].mean() < 1.2


@pytest.mark.parametrize("share", [0.05, 0.3, 0.49])
def test_spare_draws_replace_the_sets_that_hold_the_region(share):
    """Against a plain loop over the same table: the first P sets without the region, spares in order."""
    n, permutations = 60, 300
    k = max(1, int(share * n))
    rng = np.random.default_rng(1)
    z = rng.normal(size=n)
    rows = np.arange(n)
    cardinalities = np.where(rows % 2, k, max(1, k // 2))
    sums = rng.normal(size=n) * np.sqrt(k)
    ours = shared_tail_counts(z, rows, cardinalities, sums, np.full(n, 1e-12), permutations, 9)
    table = _draw_sets(n, 20 * permutations, k, np.uint64(9))
    for i in rows:
        sets = table[:, : cardinalities[i]]
        totals = [z[s].sum() for s in sets[:permutations] if i not in s]
        spares = (z[s].sum() for s in sets[permutations:] if i not in s)
        totals += [next(spares) for _ in range(permutations - len(totals))]
        assert ours[0][i] == np.sum(np.array(totals) >= sums[i] - 1e-12)
        assert ours[1][i] == np.sum(np.array(totals) <= sums[i] + 1e-12)


def test_draws_hold_different_regions_equally_often():
    table = _draw_sets(12, 30_000, 4, np.uint64(3))
    assert all(len(set(row)) == 4 for row in table[:1000].tolist())
    assert stats.chisquare(np.bincount(table.ravel(), minlength=12)).pvalue > 0.001
    pairs = np.bincount(table[:, 0] * 12 + table[:, 1], minlength=144).reshape(12, 12)
    assert stats.chisquare(pairs[~np.eye(12, dtype=bool)]).pvalue > 0.001


def test_ties_are_counted_as_ties():
    """A spike among zeros: most draws of neighbours are all zero too, so nothing is unusual about the others."""
    frame = lattice(6, 6)
    values = pd.Series(0.0, index=frame.index)
    values["r02c02"] = 100.0
    table = sr.local_moran(values, w=sr.contiguity(frame, kind="rook"), permutations=999).table()
    far = table.loc["r05c05"]
    assert far["p"] == 1.0
    assert table.loc["r02c02", "p"] == 1.0  # its neighbours are all zero, as in every draw


def test_p_is_uniform_under_the_null():
    frame = lattice(5, 5)
    w = sr.contiguity(frame)
    rng = np.random.default_rng(2)
    p = np.array(
        [
            sr.local_moran(pd.Series(rng.normal(size=25), index=frame.index), w=w, permutations=999, seed=i)
            .table()["p"]
            .iloc[12]
            for i in range(500)
        ]
    )
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_row_order_and_seed(grid):
    w = sr.contiguity(grid)
    first = sr.local_moran(grid, "smooth", w=w, permutations=499)
    shuffled = sr.local_moran(grid.sample(frac=1, random_state=6), "smooth", w=w, permutations=499)
    pd.testing.assert_frame_equal(shuffled.table().reindex(grid.index), first.table())
    other = sr.local_moran(grid, "smooth", w=w, permutations=499, seed=1)
    assert not other.table()["p"].equals(first.table()["p"])
    assert shuffled.table().index.tolist() != first.table().index.tolist()  # the caller's order is kept


def test_an_island_is_undefined_not_zero():
    frame = lattice(4, 4)
    frame = frame.assign(geometry=[*frame.geometry[:-1], shapely.box(9e4, 9e4, 9.1e4, 9.1e4)])
    with pytest.warns(IslandWarning):
        w = sr.contiguity(frame)
    values = pd.Series(np.arange(16.0), index=frame.index)
    ours = sr.local_moran(values, w=w, permutations=99)
    row = ours.table().iloc[-1]
    assert (row["quadrant"], row["cluster"]) == ("undefined", "undefined")
    assert np.isnan(row["I"])
    assert np.isnan(row["p"])
    assert not row["significant"]
    assert ours.counts()["undefined"] == 1
    assert ours.counts().sum() == 16


def test_corrections_can_be_changed_after_the_run(grid):
    ours = sr.local_moran(grid, "smooth", w=sr.contiguity(grid))
    counts = [int(ours.table(correction=c)["significant"].sum()) for c in (None, "fdr", "bonferroni")]
    assert counts[0] >= counts[1] >= counts[2] > 0
    p = ours.table()["p"].to_numpy()
    np.testing.assert_allclose(ours.table(correction="fdr")["p_adjusted"], stats.false_discovery_control(p))
    with pytest.raises(OptionError, match="Did you mean 'bonferroni'"):
        ours.table(correction="bonferoni")
    with pytest.raises(InputError, match="level must lie between 0 and 1"):
        ours.table(level=5)
    with pytest.raises(TypeError, match="lvl"):
        ours.table(lvl=0.1)


def test_fdr_does_not_stop_at_the_first_failure():
    """Benjamini and Hochberg step up from the largest p: an early failure does not end the search."""
    p = np.array([0.011, 0.012, 0.013, 0.014, 0.015])
    assert (adjusted_p(p, "fdr") <= 0.05).all()
    with_islands = adjusted_p(np.array([0.01, np.nan, 0.04]), "fdr")
    np.testing.assert_allclose(with_islands, [0.02, np.nan, 0.04])
    np.testing.assert_allclose(adjusted_p(p, "bonferroni"), 5 * p)


def test_two_sided_p_is_at_most_one():
    assert tail_p(np.array([500]), np.array([600]), 999, "two-sided")[0] == 1.0
    assert tail_p(np.array([0]), np.array([999]), 999, "two-sided")[0] == 2 / 1000


def test_summary_names_the_clusters(grid):
    text = sr.local_moran(grid, "smooth", w=sr.contiguity(grid), permutations=999).summary()
    assert "HH               14: r04c06" in text
    assert "999 conditional permutations, two-sided, seed 42" in text


def test_a_spike_among_zeros_on_a_real_map_is_not_called_a_cluster(columbus):
    """esda 2.9.0 gives p = 0.001 here; every draw of neighbours is all zero as well, so the truth is 1."""
    values = pd.Series(0.0, index=columbus.index)
    values.iloc[10] = 100.0
    table = sr.local_moran(values, w=sr.contiguity(columbus), permutations=999).table()
    assert table["p"].iloc[10] == 1.0
    assert (table["cluster"] == "not significant").sum() >= 43
