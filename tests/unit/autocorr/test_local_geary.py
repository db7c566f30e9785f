"""Local Geary against loops over the same draws, full enumeration, and esda 2.9.0."""

from __future__ import annotations

from itertools import combinations, permutations

import esda
import numpy as np
import pandas as pd
import pytest
from conftest import lattice
from scipy import sparse as sp
from scipy import stats

import spatial_region as sr
from spatial_region.autocorr import _engine
from spatial_region.autocorr._engine import conditional_counts
from spatial_region.autocorr._half_planes import chunk_length, in_order_of_slope
from spatial_region.autocorr._random import draw_table
from spatial_region.errors import ConstantVariableError, InputError, MissingValuesError


def differences(z, dense, i, others):
    """Local Geary's c of region i with its neighbours' values taken from `others`, all by plain loops."""
    weights = dense[i][dense[i] > 0]
    return sum(w * ((z[:, i] - z[:, j]) ** 2).mean() for w, j in zip(weights, others, strict=True))


def scaled(frame, names):
    values = frame[names].to_numpy().T
    return (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, ddof=1, keepdims=True)


@pytest.mark.parametrize("standardisation", ["row", "binary"])
@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_value_moments_and_p_are_those_of_every_set(names, standardisation):
    frame = lattice(3, 4)
    rng = np.random.default_rng(len(names))
    frame = frame.assign(a=rng.integers(0, 4, 12), b=rng.normal(size=12), c=rng.exponential(size=12))
    w = sr.contiguity(frame, kind="rook").standardise(standardisation)
    dense, z = w.sparse.toarray(), scaled(frame, names)
    ours = sr.local_geary(frame, names if len(names) > 1 else names[0], w=w, permutations=9999)
    assert ours.enumerated.all()
    table = ours.table()
    for i, region in enumerate(frame.index):
        links = np.flatnonzero(dense[i])
        every = np.array(
            [differences(z, dense, i, chosen) for chosen in combinations(np.delete(range(12), i), len(links))]
        )
        observed = differences(z, dense, i, links)
        row = table.loc[region]
        np.testing.assert_allclose(row["C"], observed, rtol=1e-12)
        np.testing.assert_allclose([row["expected"], row["variance"]], [every.mean(), every.var()], rtol=1e-10)
        np.testing.assert_allclose(row["z"], (observed - every.mean()) / every.std(), rtol=1e-8)
        lower, upper = np.mean(every <= observed + 1e-9), np.mean(every >= observed - 1e-9)
        assert row["p"] == pytest.approx(min(1, 2 * min(lower, upper)), abs=1e-15)
        similar = lower < upper
        assert row["association"] in ({"HH", "LL", "other positive", "positive"} if similar else {"negative"})


def test_unequal_weights_have_the_moments_of_every_arrangement():
    frame = lattice(2, 3)
    rng = np.random.default_rng(4)
    dense = rng.uniform(0.2, 2, size=(6, 6)) * (rng.uniform(size=(6, 6)) < 0.7)
    np.fill_diagonal(dense, 0.0)
    dense[:, 0] = 1.0
    dense[0] = [0, 1, 2, 0, 0, 1]
    w = sr.Weights(frame.index, sp.csr_array(dense), standardisation="none")
    frame = frame.assign(a=rng.normal(size=6), b=rng.normal(size=6))
    z = scaled(frame, ["a", "b"])
    with pytest.warns(sr.errors.SmallSampleWarning):
        table = sr.local_geary(frame, ["a", "b"], w=w, permutations=999).table()
    for i in range(6):
        rest = [j for j in range(6) if j != i]
        every = []
        for order in permutations(rest):
            placed = dict(zip(rest, order, strict=True))
            every.append(sum(dense[i, j] * ((z[:, i] - z[:, placed[j]]) ** 2).mean() for j in rest if dense[i, j] > 0))
        np.testing.assert_allclose(table["expected"].iloc[i], np.mean(every), rtol=1e-10)
        np.testing.assert_allclose(table["variance"].iloc[i], np.var(every), rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize("values", ["normal", "heavy", "ties", "spike"])
def test_points_sorted_along_slopes_give_the_counts_of_plain_looks(values, monkeypatch):
    """Bit-true: the same draws, counted region by region with numpy alone."""
    n, draws = 400, 500
    rng = np.random.default_rng(1)
    y = {
        "normal": rng.normal(size=n),
        "heavy": rng.standard_cauchy(size=n),
        "ties": rng.integers(0, 3, n).astype(float),
        "spike": np.eye(1, n, 17)[0] * 100.0,
    }[values]
    z = (y - y.mean()) / y.std(ddof=1)
    frame = lattice(20, 20)
    matrix = sr.contiguity(frame).standardise("row").sparse
    features, own = np.stack([z**2, z]), np.column_stack([np.ones(n), -2 * z])
    tolerance = np.full(n, 1e-9 * np.abs(z).max() ** 2)
    ours = conditional_counts(features, own, matrix, draws, seed=7, tolerance=tolerance)
    monkeypatch.setattr(_engine, "worth_it", lambda rows, draws: False)
    plain = conditional_counts(features, own, matrix, draws, seed=7, tolerance=tolerance)
    np.testing.assert_array_equal(ours.at_least, plain.at_least)
    np.testing.assert_array_equal(ours.at_most, plain.at_most)
    table = draw_table(n - 1, 0, draws, 8, np.uint64(7))
    for i in range(0, n, 37):
        links = matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]]
        chosen = np.where(table[:, : len(links)] == i, n - 1, table[:, : len(links)])
        drawn = ((z[chosen] - z[i]) ** 2).mean(axis=1)
        observed = ((z[links] - z[i]) ** 2).mean()
        assert ours.at_least[i] == (drawn >= observed - tolerance[i]).sum()
        assert ours.at_most[i] == (drawn <= observed + tolerance[i]).sum()
    assert (ours.draws == draws).all()


def test_many_draws_are_sorted_anew_for_each_chunk(monkeypatch):
    n = 2400
    z = np.random.default_rng(3).normal(size=n)
    matrix = sr.knn(lattice(40, 60), k=4).standardise("row").sparse
    features, own = np.stack([z**2, z]), np.column_stack([np.ones(n), -2 * z])
    options = {"seed": 2, "tolerance": np.full(n, 1e-12)}
    ours = conditional_counts(features, own, matrix, 5000, **options)
    monkeypatch.setattr(_engine, "worth_it", lambda rows, draws: False)
    plain = conditional_counts(features, own, matrix, 5000, **options)
    np.testing.assert_array_equal(ours.at_least, plain.at_least)
    np.testing.assert_array_equal(ours.at_most, plain.at_most)


def test_order_of_slopes_and_length_of_chunks():
    slopes = np.random.default_rng(0).normal(size=1000)
    order = in_order_of_slope(slopes)
    assert sorted(order) == list(range(1000))
    assert np.diff(slopes[order]).min() > -1e-3
    assert in_order_of_slope(np.ones(5)).tolist() == [0, 1, 2, 3, 4]
    assert 16 <= chunk_length(100_000, 999) < chunk_length(100_000, 99_999)


def test_values_and_p_agree_with_esda(columbus):
    """esda 2.9.0: its c is n / (n - 1) times ours, its p the smaller tail; both estimate it with 1,999 draws."""
    w = sr.contiguity(columbus)
    numbered = sr.Weights(pd.RangeIndex(49), w.sparse).to_w()  # esda returns c in the order of the sorted ids
    peer = esda.Geary_Local(connectivity=numbered, permutations=1999, seed=1).fit(columbus["INC"].to_numpy())
    ours = sr.local_geary(columbus, "INC", w=w, permutations=1999).table()
    np.testing.assert_allclose(ours["C"], peer.localG * 48 / 49, rtol=1e-10)
    folded = ours["p"] / 2
    pooled = np.clip((folded + peer.p_sim) / 2, 5e-4, 0.5)
    score = (folded - peer.p_sim) / np.sqrt(2 * pooled * (1 - pooled) / 1999)
    assert np.abs(score).max() < 4.5
    assert (score**2).sum() < stats.chi2.ppf(0.9999, 49)


def test_several_variables_agree_with_esda(columbus):
    w = sr.contiguity(columbus)
    numbered = sr.Weights(pd.RangeIndex(49), w.sparse).to_w()
    np.random.seed(5)  # noqa: NPY002  esda's only generator here
    peer = esda.Geary_Local_MV(connectivity=numbered, permutations=999).fit([columbus["INC"], columbus["CRIME"]])
    ours = sr.local_geary(columbus, ["INC", "CRIME"], w=w, permutations=9999)
    table = ours.table()
    np.testing.assert_allclose(table["C"], peer.localG * 48 / 49, rtol=1e-10)
    assert list(table["cluster"].cat.categories) == ["positive", "negative", "not significant", "undefined"]
    score = (table["p"] / 2 - peer.p_sim) / np.sqrt(np.clip(peer.p_sim * (1 - peer.p_sim), 5e-4, 1) * (1 / 999 + 1e-4))
    assert np.abs(score).max() < 5
    assert ours.spec.inputs["variable"] == "INC, CRIME"


def test_the_sum_of_local_c_is_the_global_one(grid):
    w = sr.contiguity(grid)
    local = sr.local_geary(grid, "smooth", w=w, permutations=9).table()["C"].sum()
    # C = (n - 1) sum_ij w_ij (x_i - x_j)**2 / (2 S0 sum x**2), and S0 = n when rows sum to one
    assert local == pytest.approx(2 * 64 * sr.geary(grid, "smooth", w=w, permutations=0).C)


def test_classes_are_fixed_and_colours_cannot_move_when_one_is_absent(grid):
    result = sr.local_geary(grid, "smooth", w=sr.contiguity(grid))
    expected = ["HH", "LL", "other positive", "negative", "not significant", "undefined"]
    assert list(result.table()["cluster"].cat.categories) == expected
    assert result.counts().index.tolist() == expected
    assert result.counts()["HH"] > 0
    assert result.counts()["negative"] == 0


def test_one_sided_tests_ask_for_similar_or_different_neighbours(grid):
    w = sr.contiguity(grid)
    similar = sr.local_geary(grid, "smooth", w=w, permutations=999, alternative="less").table()
    different = sr.local_geary(grid, "smooth", w=w, permutations=999, alternative="greater").table()
    assert (similar["p"] <= 0.05).sum() > 20
    assert (different["p"] <= 0.05).sum() == 0
    assert not (similar.loc[similar["significant"], "cluster"] == "negative").any()


def test_an_outlier_is_negative(grid):
    odd = grid.assign(smooth=grid["smooth"] * 0.1)
    odd.loc["r03c03", "smooth"] = 9.0
    table = sr.local_geary(odd, "smooth", w=sr.contiguity(odd), permutations=999).table()
    assert table.loc["r03c03", "C"] > table.loc["r03c03", "expected"] * 0.9
    assert table.loc["r03c04", "association"] == "negative"


def test_one_missing_value_is_named_and_does_not_make_every_region_significant(grid):
    holed = grid.copy()
    holed.loc["r00c00", "smooth"] = np.nan
    with pytest.raises(MissingValuesError, match="r00c00"):
        sr.local_geary(holed, ["smooth", "noise"], w=sr.contiguity(holed))
    kept = sr.local_geary(holed, ["smooth", "noise"], w=sr.contiguity(holed), missing="drop", permutations=99)
    assert "r00c00" not in kept.table().index
    assert kept.n == 63


def test_wrong_variables_are_refused(grid):
    w = sr.contiguity(grid)
    with pytest.raises(InputError, match="different names"):
        sr.local_geary(grid, ["smooth", "smooth"], w=w)
    with pytest.raises(InputError, match="different names"):
        sr.local_geary(grid, [], w=w)
    with pytest.raises(ConstantVariableError, match="'flat' is 1"):
        sr.local_geary(grid.assign(flat=1.0), ["smooth", "flat"], w=w)
    with pytest.raises(InputError, match="2 variables|two variables"):
        sr.local_geary(grid["smooth"], ["smooth", "noise"], w=w)
    with pytest.raises(InputError, match="bare array"):
        sr.local_geary(grid, ["smooth", "noise"], w=w, ids=list(grid.index))


def test_a_list_of_one_is_one_variable(grid):
    w = sr.contiguity(grid)
    one = sr.local_geary(grid, ["smooth"], w=w, permutations=99)
    pd.testing.assert_frame_equal(one.table(), sr.local_geary(grid, "smooth", w=w, permutations=99).table())


def test_unit_and_origin_of_values_do_not_matter(grid):
    w = sr.contiguity(grid)
    plain = sr.local_geary(grid, "smooth", w=w, permutations=499).table()
    moved = sr.local_geary(grid.assign(smooth=1e6 - 1e3 * grid["smooth"]), "smooth", w=w, permutations=499).table()
    np.testing.assert_allclose(moved["C"], plain["C"], rtol=1e-9)
    np.testing.assert_array_equal(moved["p"], plain["p"])
