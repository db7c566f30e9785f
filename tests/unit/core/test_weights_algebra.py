"""Algebra of weights against loops over pairs, and against libpysal.graph (4.14) where it has the operation."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from conftest import lattice
from libpysal.graph import Graph

import spatial_region as sr
from spatial_region.errors import AlignmentError, InputError, OptionError

IDS = pd.Index([f"r{i:02d}" for i in range(14)])


def made(seed: int, share: float = 0.25) -> sr.Weights:
    """Random one-way links with random weights, an island and no diagonal."""
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random((14, 14)) < share, rng.uniform(0.1, 2, (14, 14)), 0.0)
    np.fill_diagonal(matrix, 0)
    matrix[5], matrix[:, 5] = 0, 0
    return sr.Weights(IDS, matrix, {"kind": f"random {seed}"})


SETS = {
    "union": lambda a, b: a or b,
    "intersection": lambda a, b: a and b,
    "difference": lambda a, b: a and not b,
    "symmetric_difference": lambda a, b: a != b,
}


def by_loops(w: sr.Weights, v: sr.Weights, rule) -> np.ndarray:
    """The operation pair by pair, looked up by label."""
    return np.array(
        [[float(rule(j in w.neighbours(i).index, j in v.neighbours(i).index)) for j in w.ids] for i in w.ids]
    )


@pytest.mark.parametrize("name", SETS)
def test_set_operations_equal_loops_and_libpysal_whatever_the_order_of_the_other(name):
    w, v = made(1), made(2)
    shuffled = v.reorder(IDS[np.random.default_rng(0).permutation(14)])
    result = getattr(w, name)(shuffled)
    np.testing.assert_array_equal(result.sparse.toarray(), by_loops(w, v, SETS[name]))
    peer = getattr(w.to_graph(), name)(v.to_graph())
    np.testing.assert_array_equal(result.sparse.toarray(), sr.Weights.from_graph(peer).sparse.toarray())
    assert (result.standardisation, result.recipe["kind"]) == (None, name)
    assert result.recipe["first"] == "random 1"


def test_libpysal_objects_are_taken_as_the_other():
    w, v = made(1), made(2)
    for other in (v.to_graph(), v.to_w()):
        np.testing.assert_array_equal(w.union(other).sparse.toarray(), w.union(v).sparse.toarray())


def test_product_is_element_by_element():
    w, v = made(1), made(2)
    result = w.product(v.reorder(IDS[::-1]))
    expected = [[w.neighbours(i).get(j, 0.0) * v.neighbours(i).get(j, 0.0) for j in IDS] for i in IDS]
    np.testing.assert_allclose(result.sparse.toarray(), expected, rtol=1e-15)
    assert result.n_links == w.intersection(v).n_links


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("cumulative", [False, True])
def test_higher_order_counts_steps_along_the_shortest_way(order, cumulative):
    w = made(3, share=0.12)
    links = w.sparse.toarray() > 0
    steps = np.where(links, 1.0, np.inf)
    np.fill_diagonal(steps, 0)
    for middle in range(14):  # Floyd and Warshall
        steps = np.minimum(steps, steps[:, [middle]] + steps[[middle], :])
    expected = (steps >= 1) & (steps <= order) if cumulative else steps == order
    result = w.higher_order(order, cumulative=cumulative)
    np.testing.assert_array_equal(result.sparse.toarray(), expected.astype(float))
    assert result.recipe["order"] == order


def test_higher_order_of_contiguity_equals_libpysal_and_the_builder(columbus):
    w = sr.contiguity(columbus)
    graph = w.to_graph()
    for cumulative in (False, True):
        mine = w.higher_order(3, cumulative=cumulative).sparse.toarray()
        peer = graph.higher_order(3, lower_order=cumulative)
        np.testing.assert_array_equal(mine, peer.sparse.toarray() > 0)
        built = sr.contiguity(columbus, order=3, cumulative=cumulative)
        np.testing.assert_array_equal(mine, built.sparse.toarray())


def test_own_weights_do_not_disturb_steps():
    w = made(3, share=0.12)
    with_own = sr.Weights(IDS, w.sparse.toarray() + np.eye(14))
    np.testing.assert_array_equal(with_own.higher_order(2).sparse.toarray(), w.higher_order(2).sparse.toarray())


@pytest.mark.parametrize("rule", ["max", "min", "mean"])
def test_symmetrise(rule):
    w = made(4)
    dense = w.sparse.toarray()
    expected = {"max": np.maximum, "min": np.minimum, "mean": lambda a, b: (a + b) / 2}[rule](dense, dense.T)
    result = w.symmetrise(rule)
    np.testing.assert_array_equal(result.sparse.toarray(), expected)
    assert result.is_symmetric
    assert not w.is_symmetric


def test_mutual_nearest_neighbours(columbus):
    w = sr.knn(columbus, k=4)
    mutual = w.symmetrise("min")
    for region in w.ids:
        named = [other for other in w.neighbours(region).index if region in w.neighbours(other).index]
        assert mutual.neighbours(region).index.tolist() == named
    assert w.symmetrise("max").n_links == w.union(w.transpose()).n_links


def test_transpose_and_what_becomes_of_the_standardisation():
    w = made(5)
    np.testing.assert_array_equal(w.transpose().sparse.toarray(), w.sparse.toarray().T)
    row = w.standardise("row")
    assert [v.transpose().standardisation for v in (w, row, w.standardise("binary"))] == [None, "none", "binary"]
    assert row.symmetrise().standardisation == "none"
    assert w.standardise("binary").symmetrise("min").standardisation == "binary"
    assert w.standardise("binary").symmetrise("mean").standardisation == "none"


def test_recipes_are_one_line_of_text(columbus):
    w = sr.contiguity(columbus, kind="rook").union(sr.knn(columbus, k=3).standardise("row")).higher_order(2)
    assert w.recipe["of"].startswith("union (first=rook (order=1, islands=keep), second=knn (k=3, ")
    assert w.recipe["of"].endswith("standardisation=row))")
    assert json.loads(json.dumps(dict(w.recipe)))["kind"] == "higher_order"


def test_bad_input():
    w = made(1)
    with pytest.raises(AlignmentError, match="1 only in these: r13"):
        w.union(made(2).subset(IDS[:-1]))
    with pytest.raises(InputError, match="found ndarray"):
        w.union(np.eye(14))
    for order in (0, 1.5, True):
        with pytest.raises(InputError, match="order must be a whole number of at least 1"):
            w.higher_order(order)
    with pytest.raises(OptionError, match="Did you mean 'max'"):
        w.symmetrise("maxi")


def test_the_source_does_not_change():
    w, v = made(1), made(2)
    before = w.sparse.toarray(), v.sparse.toarray()
    for name in (*SETS, "product"):
        getattr(w, name)(v)
    w.symmetrise(), w.transpose(), w.higher_order(2)
    np.testing.assert_array_equal(w.sparse.toarray(), before[0])
    np.testing.assert_array_equal(v.sparse.toarray(), before[1])


def test_symmetry_of_patterns_and_of_values():
    assert sr.Weights(IDS[:2], np.zeros((2, 2))).is_symmetric
    assert not sr.Weights(IDS[:2], [[0, 1.0], [0, 0]]).is_symmetric
    assert not sr.Weights(IDS[:2], [[0, 1.0], [2.0, 0]]).is_symmetric
    assert sr.contiguity(lattice(3, 4)).is_symmetric


def test_histogram(columbus):
    w = sr.contiguity(columbus)
    histogram = w.histogram()
    assert histogram.sum() == 49
    assert (histogram.index * histogram).sum() == w.n_links
    assert (
        histogram[histogram > 0].to_dict()
        == Graph.build_contiguity(columbus, rook=False).cardinalities.value_counts().sort_index().to_dict()
    )
    assert made(1).histogram()[0] == 1
    assert sr.Weights(pd.Index([]), np.zeros((0, 0))).histogram().empty


def test_card_tells_components_by_size_and_names_the_small():
    matrix = np.zeros((14, 14))
    for first, second in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 6), (6, 7), (8, 9), (10, 11), (11, 12)]:
        matrix[first, second] = matrix[second, first] = 1
    names = pd.Series([f"区{i}" for i in range(14)], index=IDS)
    card = sr.Weights(IDS, matrix, names=names).card()
    assert card["components"] == 5
    assert card["component sizes"] == "7; 3 (区10 (r10), 区11 (r11), 区12 (r12)); 2 (区8 (r08), 区9 (r09)); 1 x 2"
    assert card["islands"] == "2: 区5 (r05), 区13 (r13)"
    assert card["symmetric"] == "yes"
    assert "component sizes" not in sr.contiguity(lattice(2, 2)).card()


def test_card_of_many_components():
    matrix = np.zeros((14, 14))
    for first in range(0, 14, 2):
        matrix[first, first + 1] = 1
    card = sr.Weights(IDS, matrix).card()
    assert card["component sizes"].endswith("; 2 (r08, r09); 2 x 2")
    assert card["symmetric"] == "no"
    blocks = np.kron(np.eye(20), np.ones((2, 2)))
    blocks[:21, :21] = np.kron(np.eye(7), np.ones((3, 3)))
    blocks[21, 20] = blocks[20, 21] = 0
    assert sr.Weights(pd.RangeIndex(40), blocks).card()["component sizes"].endswith("; 2-3 x 11; 1 x 1")


def test_repr_and_html_show_the_card():
    w = made(1)
    assert "components" in repr(w)
    assert "recipe" in repr(w)
    assert "<th>symmetric</th><td>no</td>" in w._repr_html_()
