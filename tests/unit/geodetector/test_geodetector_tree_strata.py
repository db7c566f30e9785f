"""Tree strata of one factor against scikit-learn's CART, and their permutation statistic."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from spatial_region.geodetector._changepoint import BestSegments, cells_of
from spatial_region.geodetector._tree import BestTree, grow


def theirs(x, y, k, least):
    tree = DecisionTreeRegressor(max_leaf_nodes=k, min_samples_leaf=least, random_state=0).fit(x[:, None], y)
    return tree, float((tree.predict(x[:, None]) ** 2).sum())


@pytest.mark.parametrize("least", [1, 3, 7])
@pytest.mark.parametrize("k", [2, 3, 5, 8])
@pytest.mark.parametrize("tied", [True, False])
def test_leaves_explain_as_much_as_those_of_scikit_learn(k, least, tied):
    rng = np.random.default_rng(k + least)
    for _ in range(5):
        x = rng.integers(0, 30, 120).astype(float) if tied else rng.normal(size=120)
        y = np.sin(x) + rng.normal(size=120)
        y -= y.mean()
        cells = cells_of(x)
        starts = grow(y, cells, k, least)
        codes = np.searchsorted(starts[1:-1], cells.codes, side="right")
        counts = np.bincount(codes)
        tree, between = theirs(x, y, k, least)
        assert len(counts) == tree.get_n_leaves()
        assert counts.min() >= least
        assert sum(np.bincount(codes, weights=y) ** 2 / counts) == pytest.approx(between, rel=1e-10)
        cuts = np.sort(tree.tree_.threshold[tree.tree_.feature >= 0])
        np.testing.assert_allclose(cells.edges[starts[1:-1]], cuts, rtol=1e-6)  # thresholds of scikit-learn
        (q,) = BestTree(cells, (k,), least).q_of(y[None, :])
        assert q == pytest.approx(between / (y @ y), rel=1e-10)


def test_no_cut_is_made_that_explains_nothing():
    x = np.arange(40.0)
    y = np.where(x < 10, 3.0, -1.0)
    starts = grow(y, cells_of(x), 6, 3)
    np.testing.assert_array_equal(starts, [0, 10, 40])
    statistic = BestTree(cells_of(x), (3, 6), 3)
    assert statistic.q_of(y[None, :])[0] == pytest.approx(1)  # reaches neither 3 nor 6 leaves: counts as it is


def test_the_statistic_takes_the_largest_tree_that_is_reached():
    rng = np.random.default_rng(1)
    x = rng.normal(size=17)
    cells = cells_of(x)
    rows = rng.normal(size=(6, 17))
    rows -= rows.mean(axis=1, keepdims=True)
    q = BestTree(cells, (2, 3, 6), 4).q_of(rows)  # 17 units leave no 6 leaves of 4
    for y, own in zip(rows, q, strict=True):
        assert own == pytest.approx(max(theirs(x, y, k, 4)[1] for k in (2, 3)) / (y @ y), rel=1e-10)
    order = rng.permutation(17)
    np.testing.assert_allclose(BestTree(cells, (2, 3, 6), 4).in_order(order).q_of(rows[:, order]), q, rtol=1e-12)


def test_a_tree_explains_at_most_what_change_points_explain():
    rng = np.random.default_rng(2)
    cells = cells_of(rng.normal(size=200))
    rows = rng.normal(size=(30, 200))
    rows -= rows.mean(axis=1, keepdims=True)
    tree, best = (kind(cells, (5,), 3).q_of(rows) for kind in (BestTree, BestSegments))
    assert (tree <= best + 1e-12).all()
    assert (tree < best - 1e-9).any()
