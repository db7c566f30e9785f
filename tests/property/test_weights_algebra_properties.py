"""Laws of the algebra of weights, for any links and any order of regions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spatial_region as sr


@st.composite
def weights(draw: st.DrawFn, n: int) -> sr.Weights:
    """Any one-way links, with own weights and islands, the regions in any order."""
    values = draw(st.lists(st.sampled_from([0, 0, 0, 1, 0.5, 3]), min_size=n * n, max_size=n * n))
    ids = draw(st.permutations([f"r{i}" for i in range(n)]))
    return sr.Weights(pd.Index(ids), np.array(values, dtype=float).reshape(n, n))


@st.composite
def two_weights(draw: st.DrawFn) -> tuple[sr.Weights, sr.Weights]:
    n = draw(st.integers(1, 7))
    return draw(weights(n)), draw(weights(n))


def dense(w: sr.Weights) -> np.ndarray:
    """The matrix with the regions in one order."""
    return w.reorder(sorted(w.ids)).sparse.toarray()


@settings(max_examples=80, deadline=None)
@given(two_weights())
def test_sets_of_links(pair):
    w, v = pair
    union, both = dense(w.union(v)), dense(w.intersection(v))
    only_w, only_v = dense(w.difference(v)), dense(v.difference(w))
    np.testing.assert_array_equal(union, dense(v.union(w)))
    np.testing.assert_array_equal(both, dense(v.intersection(w)))
    np.testing.assert_array_equal(union, only_w + both + only_v)
    np.testing.assert_array_equal(dense(w.symmetric_difference(v)), only_w + only_v)
    np.testing.assert_array_equal(dense(w.product(v)) > 0, both > 0)
    assert set(np.unique(union)) <= {0.0, 1.0}


@settings(max_examples=80, deadline=None)
@given(two_weights())
def test_turning_round_commutes_with_the_operations(pair):
    w, v = pair
    np.testing.assert_array_equal(dense(w.transpose().transpose()), dense(w))
    np.testing.assert_array_equal(dense(w.union(v).transpose()), dense(w.transpose().union(v.transpose())))
    np.testing.assert_array_equal(dense(w.product(v).transpose()), dense(w.transpose().product(v.transpose())))
    np.testing.assert_array_equal(dense(w.symmetrise("max")) > 0, dense(w.union(w.transpose())) > 0)
    np.testing.assert_array_equal(dense(w.symmetrise("min")) > 0, dense(w.intersection(w.transpose())) > 0)
    assert w.is_symmetric == np.array_equal(dense(w), dense(w.transpose()))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 7).flatmap(weights))
def test_orders_are_disjoint_and_add_up(w):
    shells = [dense(w.higher_order(order)) for order in (1, 2, 3)]
    np.testing.assert_array_equal(sum(shells), dense(w.higher_order(3, cumulative=True)))
    assert sum(shells).max() <= 1
    assert not np.diag(sum(shells)).any()
    links = dense(w) > 0
    np.fill_diagonal(links, False)
    np.testing.assert_array_equal(shells[0] > 0, links)


@settings(max_examples=60, deadline=None)
@given(two_weights(), st.floats(0.01, 0.99))
def test_nested_rows_sum_to_one_and_either_end_is_pure(pair, share):
    w, v = pair
    mixed = sr.nested(w, v, share=share)
    sums = np.asarray(mixed.sparse.sum(axis=1)).ravel()
    assert sums[sums > 0] == pytest.approx(1)
    np.testing.assert_allclose(dense(sr.nested(w, v, share=1)), dense(w.standardise("row")), rtol=1e-15)
    np.testing.assert_allclose(dense(mixed), dense(sr.nested(v, w, share=1 - share)), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dense(mixed), dense(sr.nested(w.reorder(w.ids[::-1]), v, share=share)), rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(two_weights())
def test_facts_do_not_depend_on_the_order_of_regions(pair):
    w, _ = pair
    turned = w.reorder(w.ids[::-1])
    pd.testing.assert_series_equal(w.histogram(), turned.histogram())
    assert w.n_components == turned.n_components
    assert w.is_symmetric == turned.is_symmetric
    assert sum(w.histogram()) == w.n
