"""Local G, join counts, bivariate Moran, quantile LISA, LOSH and rates against enumeration and esda 2.9.0."""

from __future__ import annotations

from itertools import combinations, permutations
from math import comb

import esda
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import lattice
from scipy import sparse as sp
from scipy import stats

import spatial_region as sr
from spatial_region.autocorr._hypergeometric import hypergeometric_p
from spatial_region.errors import ConstantVariableError, InputError, IslandWarning, SmallSampleWarning


@pytest.fixture
def with_island(grid):
    """The 8 x 8 cells and one far away, with two attributes that never meet."""
    far = gpd.GeoDataFrame(
        {"smooth": [5.0], "noise": [1.0]}, geometry=[shapely.box(1e6, 1e6, 1.001e6, 1.001e6)], index=["zz"], crs=3857
    )
    frame = pd.concat([grid, far])
    return frame.assign(
        yes=(frame["smooth"] > 8).astype(int),
        no=(frame["smooth"] < 4).astype(int),
        people=np.linspace(500, 900, 65),
        events=np.arange(65) + 1,
    )


CALLS = {
    "local_geary": lambda frame, w: sr.local_geary(frame, "smooth", w=w, permutations=199),
    "multivariate": lambda frame, w: sr.local_geary(frame, ["smooth", "noise"], w=w, permutations=199),
    "local_g": lambda frame, w: sr.local_g(frame, "smooth", w=w, permutations=199),
    "local_g_star": lambda frame, w: sr.local_g(frame, "smooth", star=True, w=w, permutations=199),
    "local_g_analytic": lambda frame, w: sr.local_g(frame, "smooth", w=w, inference="analytic"),
    "bivariate": lambda frame, w: sr.bivariate_local_moran(frame, "smooth", other="noise", w=w, permutations=199),
    "join_count": lambda frame, w: sr.local_join_count(frame, "yes", w=w),
    "join_count_both": lambda frame, w: sr.local_join_count(frame, "yes", other="no", w=w),
    "quantile": lambda frame, w: sr.quantile_lisa(frame, "smooth", w=w),
    "losh": lambda frame, w: sr.losh(frame, "smooth", w=w),
    "rates": lambda frame, w: sr.local_moran_rates(frame, "events", population="people", w=w, permutations=199),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_every_local_statistic_owes(with_island, name):
    """An island has no p and no class; p is float64 and never above 1; row order does not matter; classes are fixed."""
    with pytest.warns(IslandWarning):
        w = sr.contiguity(with_island)
    result = CALLS[name](with_island, w)
    table = result.table()
    assert np.isnan(table.loc["zz", "p"])
    assert np.isnan(table.loc["zz", result.statistic])
    assert table.loc["zz", "cluster"] == "undefined"
    assert not table.loc["zz", "significant"]
    assert table["p"].dtype == np.float64
    assert table["p"].max() <= 1.0
    assert table["p"].min() > 0.0
    assert result.counts().sum() == 65
    assert list(table["cluster"].cat.categories) == result.counts().index.tolist()
    shuffled = CALLS[name](with_island.sample(frac=1, random_state=3), w).table()
    pd.testing.assert_frame_equal(shuffled.reindex(with_island.index), table, check_exact=False, rtol=1e-12)
    assert "undefined" in result.summary()
    adjusted = result.table(correction="fdr", level=0.1)
    assert (adjusted["p_adjusted"].dropna() >= adjusted["p"].dropna()).all()


@pytest.mark.parametrize("star", [False, True])
@pytest.mark.parametrize("standardisation", ["row", "binary"])
def test_moments_of_local_g_are_those_of_full_enumeration(star, standardisation):
    frame = lattice(2, 3)
    x = np.array([3.0, 1.0, 0.5, 2.0, 9.0, 0.0])
    w = sr.contiguity(frame, kind="rook").standardise(standardisation)
    dense = w.sparse.toarray()
    if star:
        dense += np.diag(dense.max(axis=1))
        dense = dense / dense.sum(axis=1, keepdims=True) if standardisation == "row" else dense
    with pytest.warns(SmallSampleWarning):
        table = sr.local_g(pd.Series(x, index=frame.index), w=w, star=star).table()
    every = np.array(list(permutations(x)))
    for i in range(6):
        arrangements = every if star else every[every[:, i] == x[i]]
        total = x.sum() - (0 if star else x[i])
        g = arrangements @ dense[i] / total
        row = table.iloc[i]
        np.testing.assert_allclose(row["G"], dense[i] @ x / total, rtol=1e-12)
        np.testing.assert_allclose([row["expected"], row["variance"]], [g.mean(), g.var()], rtol=1e-9)
        np.testing.assert_allclose(row["z"], (row["G"] - g.mean()) / g.std(), rtol=1e-8)


def test_p_of_g_is_that_of_local_moran_for_the_same_seed(columbus):
    for w in (sr.contiguity(columbus), sr.kernel(columbus, k=5)):
        options = {"w": w, "permutations": 499, "seed": 9}
        moran = sr.local_moran(columbus, "HOVAL", **options).table()["p"]
        for star in (False, True):
            pd.testing.assert_series_equal(sr.local_g(columbus, "HOVAL", star=star, **options).table()["p"], moran)


def test_local_g_agrees_with_esda_for_binary_weights(columbus):
    """esda 2.9.0; its z is right for binary weights only."""
    w = sr.contiguity(columbus).standardise("binary")
    for star in (False, True):
        peer = esda.G_Local(columbus["HOVAL"].to_numpy(), w.to_w(), transform="B", star=star, permutations=0)
        ours = sr.local_g(columbus, "HOVAL", w=w, star=star, permutations=9).table()
        np.testing.assert_allclose(ours["G"], peer.Gs, rtol=1e-10)
        np.testing.assert_allclose(ours["z"], peer.Zs, rtol=1e-9)


def test_g_of_a_spike_is_undefined_where_all_others_are_zero(grid):
    values = pd.Series(0.0, index=grid.index)
    values["r03c03"] = 7.0
    table = sr.local_g(values, w=sr.contiguity(grid), permutations=999).table()
    assert np.isnan(table.loc["r03c03", "G"])
    assert np.isnan(table.loc["r03c03", "p"])
    assert table.loc["r03c03", "cluster"] == "undefined"
    assert table.loc["r07c07", "p"] == 1.0
    assert table.loc["r03c04", "cluster"] != "low"
    analytic = sr.local_g(values, w=sr.contiguity(grid), inference="analytic").table()
    assert np.isnan(analytic.loc["r03c03", "p"])


def test_negative_values_are_named_by_local_g(grid):
    grid.loc["r02c02", "smooth"] = -1.0
    with pytest.raises(InputError, match="negative in 1 of 64 regions: r02c02"):
        sr.local_g(grid, "smooth", w=sr.contiguity(grid))


def test_hot_and_cold_spots(grid):
    table = sr.local_g(grid, "smooth", star=True, w=sr.contiguity(grid), permutations=999).table()
    assert table.loc["r07c06", "cluster"] == "high"
    assert table.loc["r00c01", "cluster"] == "low"


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_join_counts_are_those_of_every_set_of_neighbours(alternative):
    frame = lattice(3, 4)
    x = np.array([1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1])
    w = sr.contiguity(frame)
    table = sr.local_join_count(pd.Series(x, index=frame.index), w=w, alternative=alternative).table()
    dense = w.sparse.toarray() > 0
    for i, region in enumerate(frame.index):
        row = table.loc[region]
        if not x[i]:
            assert row["cluster"] == "absent"
            assert row["joins"] == 0
            assert np.isnan(row["p"])
            continue
        joins, k = x[dense[i]].sum(), dense[i].sum()
        every = np.array([sum(chosen) for chosen in combinations(np.delete(x, i), k)])
        upper, lower = np.mean(every >= joins), np.mean(every <= joins)
        wanted = {"greater": upper, "less": lower, "two-sided": min(1, 2 * min(upper, lower))}[alternative]
        np.testing.assert_allclose(row["p"], wanted, rtol=1e-12)
        np.testing.assert_allclose(
            [row["joins"], row["expected"], row["variance"]], [joins, every.mean(), every.var()], rtol=1e-10
        )


def test_hypergeometric_tails_are_exact_fractions():
    """By whole numbers: 12 of 40 marked, 8 drawn, and a far tail of large numbers."""
    tail = sum(comb(12, x) * comb(28, 8 - x) for x in range(5, 9)) / comb(40, 8)
    far = sum(comb(500, x) * comb(99_500, 20 - x) for x in range(15, 21)) / comb(100_000, 20)
    one = np.array
    np.testing.assert_allclose(hypergeometric_p(one([5]), one([8]), one([12]), 40, "greater"), tail, rtol=1e-12)
    np.testing.assert_allclose(hypergeometric_p(one([15]), one([20]), one([500]), 100_000, "greater"), far, rtol=1e-9)


def test_joins_agree_with_esda(columbus):
    """esda 2.9.0: joins are equal, its p (NaN for no joins) is an estimate of ours."""
    x = (columbus["HOVAL"] > columbus["HOVAL"].median()).astype(int)
    z = (columbus["CRIME"] > columbus["CRIME"].median()).astype(int)
    w = sr.contiguity(columbus)
    numbered = sr.Weights(pd.RangeIndex(49), w.sparse).to_w()
    peer = esda.Join_Counts_Local(connectivity=numbered, permutations=999, seed=1).fit(x.to_numpy())
    ours = sr.local_join_count(x, w=w).table()
    np.testing.assert_array_equal(ours["joins"], peer.LJC)
    both = (ours["joins"] > 0).to_numpy()
    exact, drawn = ours["p"].to_numpy()[both], np.asarray(peer.p_sim, dtype=float)[both]
    folded = np.minimum(exact, 1 - exact + 0.5)  # esda reports the smaller tail
    error = np.sqrt(np.clip(exact * (1 - exact), 1e-4, 1) / 999)
    small = exact < 0.2
    assert (np.abs(folded - drawn)[small] < 4.5 * error[small] + 0.002).all()
    frame = pd.DataFrame({"x": x, "z": z})
    several = esda.Join_Counts_Local_MV(connectivity=numbered, permutations=9).fit([x.to_numpy(), z.to_numpy()])
    np.testing.assert_array_equal(sr.local_join_count(frame, ["x", "z"], w=w).table()["joins"], several.LJC)
    apart = frame.assign(z=frame["z"] * (1 - frame["x"]))
    bivariate = esda.Join_Counts_Local_BV(connectivity=numbered, permutations=9).fit(
        apart["x"].to_numpy(), apart["z"].to_numpy(), case="BJC"
    )
    table = sr.local_join_count(apart, "x", other="z", w=w).table()
    np.testing.assert_array_equal(table["joins"], bivariate.LJC)


def test_only_the_pattern_of_links_counts_for_joins(grid):
    x = (grid["smooth"] > 8).astype(int)
    queen = sr.contiguity(grid)
    uneven = sr.Weights(queen.ids, sp.csr_array(queen.sparse.multiply(np.arange(1, 65)[:, None])))
    pd.testing.assert_frame_equal(sr.local_join_count(x, w=uneven).table(), sr.local_join_count(x, w=queen).table())


def test_refused_attributes(grid):
    w = sr.contiguity(grid)
    frame = grid.assign(a=(grid["smooth"] > 8).astype(int), b=(grid["smooth"] > 9).astype(int), none=0, odd=2)
    with pytest.raises(InputError, match=r"others \(2\) in 64 of 64 regions"):
        sr.local_join_count(frame, "odd", w=w)
    with pytest.raises(ConstantVariableError, match="no region has 'none'"):
        sr.local_join_count(frame, "none", w=w)
    with pytest.raises(InputError, match="occur together in"):
        sr.local_join_count(frame, "a", other="b", w=w)
    with pytest.raises(InputError, match="say which variable"):
        sr.local_join_count(frame, other="b", w=w)


def test_quantile_lisa_is_the_join_count_of_the_quantile(grid):
    w = sr.contiguity(grid)
    result = sr.quantile_lisa(grid, "smooth", k=4, quantile=1, w=w)
    inside = (grid["smooth"] <= grid["smooth"].quantile(0.25)).astype(int)
    pd.testing.assert_frame_equal(result.table(), sr.local_join_count(inside, w=w).table())
    assert result.limits.loc["smooth", "upper"] == pytest.approx(grid["smooth"].quantile(0.25))
    two = sr.quantile_lisa(grid, ["smooth", "noise"], k=2, quantile=[2, 1], w=w)
    both = (grid["smooth"] > grid["smooth"].median()) & (grid["noise"] <= grid["noise"].median())
    pd.testing.assert_frame_equal(two.table(), sr.local_join_count(both.rename("both"), w=w).table())


def test_refused_quantiles(grid):
    w = sr.contiguity(grid)
    with pytest.raises(InputError, match="between 1 and k=5; found 6"):
        sr.quantile_lisa(grid, "smooth", quantile=6, w=w)
    with pytest.raises(InputError, match="one for each of 1"):
        sr.quantile_lisa(grid, "smooth", quantile=[1, 2], w=w)
    many = grid["smooth"].where(grid["smooth"] > 8, 0.0)
    with pytest.raises(InputError, match="quantile 2 of 5 is empty, since too many values equal 0"):
        sr.quantile_lisa(many, quantile=2, w=w)
    assert sr.quantile_lisa(many, quantile=5, w=w).counts()["cluster"] > 0


@pytest.mark.parametrize("standardisation", ["row", "binary"])
def test_bivariate_moran_is_that_of_every_set_of_neighbours(standardisation):
    frame = lattice(3, 4)
    rng = np.random.default_rng(8)
    frame = frame.assign(x=rng.normal(size=12), y=rng.integers(0, 3, 12))
    w = sr.contiguity(frame, kind="rook").standardise(standardisation)
    dense = w.sparse.toarray()
    table = sr.bivariate_local_moran(frame, "x", other="y", w=w, permutations=9999).table()
    x, y = (stats.zscore(frame[name].to_numpy(float), ddof=1) for name in ("x", "y"))
    for i in range(12):
        links = dense[i] > 0
        every = dense[i].max() * np.array([sum(c) for c in combinations(np.delete(y, i), links.sum())])
        lag, row = dense[i] @ y, table.iloc[i]
        tails = np.mean(every >= lag - 1e-9), np.mean(every <= lag + 1e-9)
        assert row["p"] == pytest.approx(min(1, 2 * min(tails)), abs=1e-15)
        wanted = [x[i] * lag, x[i] * every.mean(), x[i] ** 2 * every.var()]
        np.testing.assert_allclose([row["I"], row["expected"], row["variance"]], wanted, rtol=1e-9, atol=1e-14)


def test_bivariate_moran_agrees_with_esda(columbus):
    w = sr.contiguity(columbus)
    peer = esda.Moran_Local_BV(columbus["HOVAL"].to_numpy(), columbus["INC"].to_numpy(), w.to_w(), permutations=9)
    ours = sr.bivariate_local_moran(columbus, "HOVAL", other="INC", w=w, permutations=9).table()
    np.testing.assert_allclose(ours["I"], peer.Is, rtol=1e-10)
    assert ours["quadrant"].tolist() == [{1: "HH", 2: "LH", 3: "LL", 4: "HL"}[q] for q in peer.q]


def test_losh_agrees_with_esda(columbus):
    """esda 2.9.0: H, its variance, and the chi-square p."""
    for w in (sr.contiguity(columbus).standardise("row"), sr.knn(columbus, k=4).standardise("binary")):
        peer = esda.LOSH(connectivity=w.to_w(), inference="chi-square").fit(columbus["HOVAL"].to_numpy())
        ours = sr.losh(columbus, "HOVAL", w=w).table()
        np.testing.assert_allclose(ours["H"], peer.Hi, rtol=1e-10)
        np.testing.assert_allclose(ours["variance"], peer.VarHi, rtol=1e-9)
        np.testing.assert_allclose(ours["p"], peer.pval, rtol=1e-7, atol=1e-14)
        np.testing.assert_allclose(ours["local_mean"], peer.ylag, rtol=1e-10)


def test_variance_of_losh_is_that_of_shuffled_residuals():
    frame = lattice(2, 3)
    x = pd.Series([3.0, 1.0, 0.5, 2.0, 9.0, 0.0], index=frame.index)
    w = sr.contiguity(frame, kind="rook").standardise("row")
    with pytest.warns(SmallSampleWarning):
        table = sr.losh(x, w=w).table()
    e = (x - w.sparse @ x.to_numpy()).to_numpy() ** 2
    every = np.array(list(permutations(e))) @ w.sparse.toarray().T / e.mean()
    np.testing.assert_allclose(table["variance"], every.var(axis=0), rtol=1e-10)
    np.testing.assert_allclose(every.mean(axis=0), 1.0)


def test_an_island_does_not_make_losh_undefined_elsewhere(with_island):
    with pytest.warns(IslandWarning):
        w = sr.contiguity(with_island)
    table = sr.losh(with_island, "smooth", w=w).table()
    alone = with_island.drop("zz")
    pd.testing.assert_series_equal(table["H"].drop("zz"), sr.losh(alone, "smooth", w=sr.contiguity(alone)).table()["H"])


def test_rates_agree_with_esda():
    """esda 2.9.0 standardises rates the same way."""
    frame = lattice(6, 6)
    rng = np.random.default_rng(2)
    people = rng.integers(100, 100_000, 36)
    frame = frame.assign(people=people, events=rng.poisson(people * 0.01))
    w = sr.contiguity(frame)
    peer = esda.Moran_Local_Rate(
        frame["events"].to_numpy(float), frame["people"].to_numpy(float), w.to_w(), permutations=9
    )
    ours = sr.local_moran_rates(frame, "events", population="people", w=w, permutations=9)
    np.testing.assert_allclose(ours.table()["I"], peer.Is, rtol=1e-9)
    overall = sr.moran_rates(frame, "events", population="people", w=w, permutations=0)
    np.testing.assert_allclose(ours.I, overall.I, rtol=1e-12)
    assert ours.spec.inputs["mean_rate"] == overall.spec.inputs["mean_rate"]
    with pytest.raises(InputError, match="zero or negative"):
        sr.local_moran_rates(frame.assign(people=0), "events", population="people", w=w)


@pytest.mark.parametrize("name", ["local_geary", "local_g", "bivariate"])
def test_p_is_uniform_under_the_null(name):
    frame = lattice(5, 5)
    w = sr.contiguity(frame)
    rng = np.random.default_rng(12)
    p = []
    for seed in range(300):
        data = frame.assign(a=rng.normal(5, 1, size=25), b=rng.normal(size=25))
        if name == "bivariate":
            result = sr.bivariate_local_moran(data, "a", other="b", w=w, permutations=499, seed=seed)
        else:
            result = getattr(sr, name)(data, "a", w=w, permutations=499, seed=seed)
        p.append(result.statistics["p"].iloc[12])
    assert stats.kstest(p, "uniform").pvalue > 0.01
