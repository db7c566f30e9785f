"""Moments of the global statistics against all arrangements of a few values, and closed forms in dense algebra."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from conftest import lattice
from scipy import sparse as sp

import spatial_region as sr
from spatial_region.autocorr._form_moments import form_moments, link_sums
from spatial_region.autocorr._join_moments import join_moments, unlike_moments
from spatial_region.autocorr._moran_moments import global_moments

pytestmark = pytest.mark.filterwarnings("ignore::spatial_region.errors.SmallSampleWarning")

VALUES = pd.Series([3.0, 1.0, 4.0, 1.5, 5.0, 9.0], index=lattice(2, 3).index, name="y")
OTHER = pd.Series([2.0, 7.0, 1.0, 8.0, 2.5, 0.5], index=VALUES.index, name="x")


def uneven(seed: int, *, own: bool = False) -> sr.Weights:
    """Weights that are neither symmetric nor standardised, some of a region for itself."""
    rng = np.random.default_rng(seed)
    dense = rng.uniform(0.5, 2.0, (6, 6)) * (rng.random((6, 6)) < 0.6)
    np.fill_diagonal(dense, rng.uniform(0, 1, 6) if own else 0.0)
    return sr.Weights(VALUES.index, dense, standardisation="none")


@pytest.mark.parametrize("n", [4, 5, 7])
@pytest.mark.parametrize("seed", [1, 2])
def test_any_quadratic_form(n, seed):
    rng = np.random.default_rng(seed)
    y, matrix = rng.normal(5, 2, n) ** 2, rng.normal(size=(n, n)) * (rng.random((n, n)) < 0.7)
    every = [y[list(order)] @ matrix @ y[list(order)] for order in permutations(range(n))]
    np.testing.assert_allclose(form_moments(y, sp.csr_array(matrix)), [np.mean(every), np.var(every)], rtol=1e-10)


@pytest.mark.parametrize("own", [False, True])
def test_moran(own):
    w = uneven(3, own=own)
    z, dense = (VALUES - VALUES.mean()).to_numpy(), w.sparse.toarray()
    every = [6 / dense.sum() * (z[list(o)] @ dense @ z[list(o)]) / (z @ z) for o in permutations(range(6))]
    ours = sr.moran(VALUES, w=w, assumption="randomisation", permutations=720, alternative="greater")
    np.testing.assert_allclose([ours.expected, ours.variance], [np.mean(every), np.var(every)], rtol=1e-12)
    np.testing.assert_allclose(np.sort(ours.simulated), np.sort(every), atol=1e-12)
    assert ours.p == pytest.approx(np.mean(np.array(every) >= ours.I - 1e-12), abs=0)


@pytest.mark.parametrize("own", [False, True])
def test_moran_under_normality(own):
    """Mean and variance of a ratio of quadratic forms in independent normal values, by traces of dense matrices."""
    w = uneven(4, own=own)
    dense = w.sparse.toarray()
    centre = np.eye(6) - 1 / 6
    form = 6 / dense.sum() * centre @ (dense + dense.T) / 2 @ centre
    mean = np.trace(form) / 5
    second = (np.trace(form) ** 2 + 2 * np.trace(form @ form)) / 35
    ours = global_moments((VALUES - VALUES.mean()).to_numpy(), w.sparse)
    np.testing.assert_allclose([ours.expected, ours.variance_normality], [mean, second - mean**2], rtol=1e-12)


def test_geary():
    w = uneven(5, own=True)
    y, dense = VALUES.to_numpy(), w.sparse.toarray() - np.diag(w.sparse.diagonal())
    every = []
    for order in permutations(range(6)):
        x = y[list(order)]
        every.append(
            5 / (2 * dense.sum()) * (dense * (x[:, None] - x[None, :]) ** 2).sum() / ((y - y.mean()) ** 2).sum()
        )
    ours = sr.geary(VALUES, w=w, assumption="randomisation", alternative="less")
    np.testing.assert_allclose([ours.C, ours.expected], [every[0], np.mean(every)], rtol=1e-12)
    assert ours.variance == pytest.approx(np.var(every), rel=1e-12)
    assert ours.p == pytest.approx(np.mean(np.array(every) <= every[0] + 1e-12), abs=0)
    form = np.diag(dense.sum(0) + dense.sum(1)) - dense - dense.T
    centred = 5 / (2 * dense.sum()) * (np.eye(6) - 1 / 6) @ form @ (np.eye(6) - 1 / 6)
    normal = (np.trace(centred) ** 2 + 2 * np.trace(centred @ centred)) / 35 - 1
    assert sr.geary(VALUES, w=w, permutations=0).variance == pytest.approx(normal, rel=1e-12)


def test_getis_ord():
    w = uneven(6, own=True)
    y, dense = VALUES.to_numpy(), w.sparse.toarray() - np.diag(w.sparse.diagonal())
    pairs = y.sum() ** 2 - (y**2).sum()
    every = [y[list(o)] @ dense @ y[list(o)] / pairs for o in permutations(range(6))]
    ours = sr.getis_ord_g(VALUES, w=w, alternative="greater")
    np.testing.assert_allclose(
        [ours.G, ours.expected, ours.variance], [every[0], np.mean(every), np.var(every)], rtol=1e-11
    )
    assert ours.p == pytest.approx(np.mean(np.array(every) >= every[0] - 1e-12), abs=0)


def test_bivariate_moran_moves_the_other_variable():
    w = uneven(7)
    frame = pd.concat([VALUES, OTHER], axis=1)
    y, x = (column - column.mean() for column in (VALUES.to_numpy(), OTHER.to_numpy()))
    dense = w.sparse.toarray()
    scale = 6 / dense.sum() / np.sqrt((x @ x) * (y @ y))
    every = [scale * x @ dense @ y[list(order)] for order in permutations(range(6))]
    ours = sr.bivariate_moran(frame, "x", other="y", w=w, alternative="greater")
    np.testing.assert_allclose([ours.I, ours.variance], [every[0], np.var(every)], rtol=1e-12)
    assert ours.expected == 0
    assert np.mean(every) == pytest.approx(0, abs=1e-12)
    assert ours.p == pytest.approx(np.mean(np.array(every) >= every[0] - 1e-12), abs=0)


def test_lee_moves_pairs():
    w = uneven(8, own=True)
    frame = pd.concat([VALUES, OTHER], axis=1)
    y, x = (column - column.mean() for column in (VALUES.to_numpy(), OTHER.to_numpy()))
    dense = w.sparse.toarray()
    scale = 6 / (dense.sum(axis=1) ** 2).sum() / np.sqrt((x @ x) * (y @ y))
    every = []
    for order in permutations(range(6)):
        moved = list(order)
        every.append(scale * (dense @ x[moved]) @ (dense @ y[moved]))
    ours = sr.lee(frame, "x", other="y", w=w, alternative="less")
    np.testing.assert_allclose(
        [ours.L, ours.expected, ours.variance], [every[0], np.mean(every), np.var(every)], rtol=1e-10
    )
    assert ours.p == pytest.approx(np.mean(np.array(every) <= every[0] + 1e-12), abs=0)
    np.testing.assert_allclose(ours.L, sr.lee(frame, "y", other="x", w=w, permutations=0).L, rtol=1e-12)


@pytest.mark.parametrize("sizes", [(4, 3), (3, 2, 2), (5, 1, 1)])
def test_join_counts_without_replacement(sizes):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(9)
    dense = rng.uniform(0, 2, (7, 7)) * (rng.random((7, 7)) < 0.6)
    np.fill_diagonal(dense, 0)
    orders = {tuple(codes[list(order)]) for order in permutations(range(7))}
    every = np.array([_joins(np.array(one), dense, len(sizes)) for one in orders])
    _compare(every, np.full(len(every), 1 / len(every)), np.array(sizes), dense, free=False)


def test_join_counts_with_replacement():
    """Each region draws one of three categories; all 3**6 outcomes with their chances."""
    rng = np.random.default_rng(10)
    dense = rng.uniform(0, 2, (6, 6)) * (rng.random((6, 6)) < 0.6)
    np.fill_diagonal(dense, 0)
    sizes = np.array([3, 2, 1])
    outcomes = np.array(list(product(range(3), repeat=6)))
    chance = np.prod((sizes / 6)[outcomes], axis=1)
    every = np.array([_joins(one, dense, 3) for one in outcomes])
    _compare(every, chance, sizes, dense, free=True)


def _joins(codes: np.ndarray, dense: np.ndarray, kinds: int) -> np.ndarray:
    """Count joins by a plain loop over links."""
    joins = np.zeros((kinds, kinds))
    for i, j in zip(*np.nonzero(dense), strict=True):
        a, b = sorted((codes[i], codes[j]))
        joins[a, b] += dense[i, j] / 2
    return joins + np.triu(joins, 1).T


def _compare(every: np.ndarray, chance: np.ndarray, sizes: np.ndarray, dense: np.ndarray, *, free: bool) -> None:
    def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = np.tensordot(chance, values, 1)
        return mean, np.tensordot(chance, (values - mean) ** 2, 1)

    sums = link_sums(sp.csr_array(dense))
    np.testing.assert_allclose(join_moments(sizes, sums, free=free), moments(every), rtol=1e-10, atol=1e-12)
    rows, columns = np.triu_indices(len(sizes), 1)
    unlike = every[:, rows, columns].sum(axis=1)
    np.testing.assert_allclose(unlike_moments(sizes, sums, free=free), moments(unlike), rtol=1e-10)


def test_join_count_itself():
    w = uneven(11)
    dense = w.sparse.toarray()
    uses = pd.Series(["b", "a", "a", "b", "c", "a"], index=VALUES.index, name="use")
    codes = uses.map({"a": 0, "b": 1, "c": 2}).to_numpy()
    every = np.array([_joins(codes[list(order)], dense, 3) for order in permutations(range(6))])
    ours = sr.join_count(uses, w=w, alternative="greater")
    np.testing.assert_allclose(ours.counts, _joins(codes, dense, 3), rtol=1e-12)
    for (a, b), row in ours.pairs.iterrows():
        drawn = every[:, "abc".index(a), "abc".index(b)]
        np.testing.assert_allclose([row["expected"], row["variance"]], [drawn.mean(), drawn.var()], rtol=1e-10)
        assert row["p"] == pytest.approx(np.mean(drawn >= row["joins"] - 1e-9), abs=0)
    assert ours.sizes.to_dict() == {"a": 3, "b": 2, "c": 1}
