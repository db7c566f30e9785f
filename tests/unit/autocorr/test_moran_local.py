"""Local Moran's I against esda, closed forms and full enumeration."""

from __future__ import annotations

from itertools import combinations, permutations

import esda
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import lattice
from scipy import stats

import spatial_region as sr
from spatial_region.core.correction import adjusted_p
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


def test_default_permutations_are_many_where_they_are_cheap(grid):
    """Shared draws make errors move together, so 99,999 are drawn; unequal weights take 9,999."""
    equal, unequal = sr.contiguity(grid), sr.inverse_distance(grid, km=30)
    assert sr.local_moran(grid, "smooth", w=equal).permutations == 99_999
    assert sr.local_moran(grid, "smooth", w=unequal).permutations == 9_999


def test_the_monte_carlo_range_of_the_count_covers_other_seeds(grid):
    """The range of one standard error in every p holds the count of many draws for most seeds of few draws."""
    mixed = (grid["smooth"] + 3 * grid["noise"]).rename("mixed")
    w = sr.contiguity(grid)
    many = int(sr.local_moran(mixed, w=w).table()["significant"].sum())
    ranges = np.array([sr.local_moran(mixed, w=w, permutations=199, seed=seed).count_range() for seed in range(80)])
    assert (ranges[:, 0] <= ranges[:, 1]).all()
    inside = (ranges[:, 0] <= many) & (many <= ranges[:, 1])
    assert inside.mean() > 0.6
    assert (ranges[:, 1] > ranges[:, 0]).mean() > 0.6


def test_p_without_draws_has_no_monte_carlo_error():
    frame = lattice(3, 4)
    ours = sr.local_moran(pd.Series(np.arange(12.0), index=frame.index), w=sr.contiguity(frame, kind="rook"))
    assert ours.enumerated.all()
    assert ours.p_error.eq(0).all()
    assert ours.count_range() == (ours.table()["significant"].sum(),) * 2


def test_p_is_double_precision_so_that_the_smallest_reaches_its_level(grid):
    """Kept in single precision, p = 1/1000 compares as larger than 0.001."""
    table = sr.local_moran(grid, "smooth", w=sr.contiguity(grid), permutations=999, alternative="greater").table()
    assert table["p"].dtype == np.float64
    smallest = table["p"].min()
    assert smallest == 1 / 1000
    assert (table["p"] <= 0.001).any()


def test_corrections_agree_with_scipy_and_a_plain_loop(grid):
    ours = sr.local_moran(grid, "noise", w=sr.contiguity(grid))
    p = ours.table()["p"].to_numpy()
    np.testing.assert_allclose(
        ours.table(correction="fdr_by")["p_adjusted"], stats.false_discovery_control(p, method="by")
    )
    holm, largest = np.empty(len(p)), 0.0
    for rank, place in enumerate(np.argsort(p, kind="stable")):
        largest = max(largest, min(1.0, p[place] * (len(p) - rank)))
        holm[place] = largest
    np.testing.assert_allclose(ours.table(correction="holm")["p_adjusted"], holm)


def test_cores_and_their_neighbours(grid):
    w = sr.contiguity(grid)
    ours = sr.local_moran(grid, "smooth", w=w)
    cores = ours.cores("HH")
    assert set(cores) == set(ours.table().query("cluster == 'HH'").index)
    whole = ours.cores("HH", neighbours=True)
    around = {other for core in cores for other in w.neighbours(core).index}
    assert set(whole) == set(cores) | around
    assert set(ours.cores()) == set(ours.cores(["HH", "LL"]))
    with pytest.raises(OptionError, match="no class 'hh'"):
        ours.cores("hh")


def test_clusters_keep_their_place_when_a_class_is_absent(grid):
    """Colours by code must not move: every class is a category, whether or not it occurs."""
    table = sr.local_moran(grid, "smooth", w=sr.contiguity(grid)).table()
    assert list(table["cluster"].cat.categories) == ["HH", "LH", "LL", "HL", "not significant", "undefined"]
    assert (table["cluster"] == "HL").sum() == 0


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".gpkg", ".geojson"])
def test_saved_tables_read_back(grid, tmp_path, suffix):
    ours = sr.local_moran(grid, "smooth", w=sr.contiguity(grid), permutations=999)
    path = ours.save(tmp_path / f"lisa{suffix}", correction="fdr")
    readers = {".csv": pd.read_csv, ".xlsx": pd.read_excel, ".gpkg": gpd.read_file, ".geojson": gpd.read_file}
    back = readers[suffix](path).set_index("region")
    table = ours.table(correction="fdr")
    assert back["cluster"].tolist() == table["cluster"].tolist()
    np.testing.assert_allclose(back["p_adjusted"], table["p_adjusted"])
    if suffix in (".gpkg", ".geojson"):
        assert back.crs == grid.crs
        assert back.geometry.area.sum() == pytest.approx(grid.area.sum())


def test_saving_without_boundaries_or_as_something_else_says_what_to_do(grid, tmp_path):
    ours = sr.local_moran(grid["smooth"], w=sr.contiguity(grid), permutations=99)
    with pytest.raises(InputError, match="without boundaries"):
        ours.save(tmp_path / "lisa.gpkg")
    with pytest.raises(InputError, match=r"Use \.csv"):
        ours.save(tmp_path / "lisa.doc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("unequal", [False, True])
def test_total_randomisation_agrees_with_all_arrangements(unequal):
    """A region's own value is drawn too: all 5,040 arrangements of seven regions, z tests in each."""
    values = pd.Series([2.0, -1.0, 0.3, 1.7, -0.4, 0.9, -2.2], index=list("abcdefg"))
    dense = np.zeros((7, 7))
    rng = np.random.default_rng(0)
    for i in range(7):
        links = rng.choice(np.delete(np.arange(7), i), size=1 + i % 4, replace=False)
        dense[i, links] = rng.uniform(0.5, 2.0, len(links)) if unequal else 1.0
    w = sr.Weights(values.index, dense, standardisation="none")
    with pytest.warns(SmallSampleWarning):
        ours = sr.local_moran(values, w=w, inference="total", permutations=40_000)
    z = values.to_numpy() - values.mean()
    every = np.array(list(permutations(z)))
    products = every * (every @ dense.T)
    observed = z * (dense @ z)
    upper = (products >= observed - 1e-12).mean(axis=0)
    lower = (products <= observed + 1e-12).mean(axis=0)
    expected = np.minimum(1.0, 2 * np.minimum(upper, lower))
    tail = expected / 2
    assert (np.abs(ours.table()["p"] - expected) < 2 * 4.5 * np.sqrt(tail * (1 - tail) / 40_000) + 1e-4).all()
    np.testing.assert_allclose(ours.table()["expected"], 6 / (z @ z) * products.mean(axis=0), atol=1e-12)


def test_analytic_p_is_that_of_the_normal_distribution(grid):
    w = sr.contiguity(grid)
    for moments in ("conditional", "total"):
        ours = sr.local_moran(grid, "smooth", w=w, inference="analytic", moments=moments).table()
        np.testing.assert_allclose(ours["p"], 2 * stats.norm.sf(ours["z"].abs()), rtol=1e-12)
        assert ours["p_error"].eq(0).all()
    total = sr.local_moran(grid, "smooth", w=w, inference="analytic", moments="total", alternative="greater").table()
    np.testing.assert_allclose(total["p"], stats.norm.sf(total["z"]), rtol=1e-12)
    low = sr.local_moran(grid, "smooth", w=w, inference="analytic", alternative="less").table()
    drawn = sr.local_moran(grid, "smooth", w=w, alternative="less").table()
    assert np.corrcoef(low["p"], drawn["p"])[0, 1] > 0.99  # the same side of the lag
    with pytest.raises(OptionError, match="inference='analytical'"):
        sr.local_moran(grid, "smooth", w=w, inference="analytical")
