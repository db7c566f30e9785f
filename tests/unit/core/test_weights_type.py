"""The weights type: checked once, never changed, both ways to libpysal."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from libpysal import examples
from libpysal import weights as lw
from libpysal.graph import Graph

import spatial_region as sr
from spatial_region.core.sample import draw_sample
from spatial_region.core.weights import as_weights
from spatial_region.errors import AlignmentError, DuplicateError, InputError, MissingValuesError, WeightsError

IDS = pd.Index(list("abcd"))
LINKS = np.array([[0, 1, 0, 0], [1, 0, 2, 0], [0, 2, 0, 0], [0, 0, 0, 0]], dtype=float)


@pytest.fixture
def w() -> sr.Weights:
    return sr.Weights(IDS, LINKS, {"kind": "by hand"})


def test_facts(w):
    assert (w.n, w.n_links, w.n_components) == (4, 4, 2)
    assert w.islands.tolist() == ["d"]
    assert w.cardinalities.tolist() == [1, 2, 1, 0]
    assert w.is_symmetric
    assert w.neighbours("b").to_dict() == {"a": 1.0, "c": 2.0}


def test_bad_matrices_are_refused():
    with pytest.raises(WeightsError, match="4 x 4 matrix; found 3 x 3"):
        sr.Weights(IDS, np.eye(3))
    with pytest.raises(WeightsError, match="not be negative"):
        sr.Weights(IDS, -LINKS)
    with pytest.raises(WeightsError, match="finite"):
        sr.Weights(IDS, np.where(LINKS > 0, np.nan, 0))
    with pytest.raises(DuplicateError, match="found twice: a"):
        sr.Weights(pd.Index(list("abca")), LINKS)


def test_arrays_cannot_be_written_and_the_source_stays(w):
    with pytest.raises(ValueError, match="read-only"):
        w.sparse.data[0] = 9
    with pytest.raises(AttributeError):
        w.ids = IDS
    assert LINKS[1, 2] == 2


def test_standardise(w):
    row = w.standardise("row")
    np.testing.assert_allclose(np.asarray(row.sparse.sum(axis=1)).ravel(), [1, 1, 1, 0])
    assert (row.standardisation, w.standardisation) == ("row", None)
    assert set(w.standardise("binary").sparse.data) == {1.0}
    as_it_is = w.standardise("none")
    assert (as_it_is.sparse.toarray() == LINKS).all()
    assert draw_sample(pd.Series([1.0, 2, 3, 4], index=IDS), w=as_it_is).weights.sparse.max() == 2
    with pytest.raises(InputError, match="Did you mean 'row'"):
        w.standardise("rows")


def test_subset_and_reorder(w):
    assert w.subset(["c", "b"]).sparse.toarray().tolist() == [[0, 2], [2, 0]]
    back = w.reorder(list("dcba")).reorder(list("abcd"))
    assert (back.sparse.toarray() == LINKS).all()
    with pytest.raises(AlignmentError, match="1 only in the data: z; 1 only in w: d"):
        w.reorder(list("abcz"))
    with pytest.raises(AlignmentError, match="not in the weights: q"):
        w.subset(["a", "q"])


def test_lag_aligns_by_label(w):
    y = pd.Series({"d": 8.0, "c": 4.0, "b": 2.0, "a": 1.0}, name="y")
    lagged = w.lag(y)
    assert lagged.index.tolist() == list("dcba")
    assert lagged["b"] == 1 * 1 + 2 * 4
    assert np.isnan(lagged["d"])
    with pytest.raises(InputError, match="Series indexed by region"):
        w.lag(y.to_numpy())
    with pytest.raises(MissingValuesError, match="1 of 4 regions: b"):
        w.lag(y.mask(y == 2))


def test_graph_round_trip_keeps_links_islands_and_ids(w):
    graph = w.to_graph()
    assert isinstance(graph, Graph)
    assert graph.isolates.tolist() == ["d"]
    assert graph.unique_ids.tolist() == list("abcd")
    back = sr.Weights.from_graph(graph)
    assert (back.sparse.toarray() == LINKS).all()
    assert back.ids.equals(w.ids)


def test_w_round_trip(w):
    old = w.to_w()
    assert old.islands == ["d"]
    back = sr.Weights.from_w(old)
    assert (back.sparse.toarray() == LINKS).all()
    old.transform = "r"
    assert as_weights(old).standardisation == "row"


def test_libpysal_graphs_of_a_real_map(columbus):
    graph = Graph.build_contiguity(columbus, rook=False)
    w = as_weights(graph)
    assert w.to_graph() == graph
    np.testing.assert_array_equal(
        w.sparse.toarray(), lw.Queen.from_dataframe(columbus, use_index=True).sparse.toarray()
    )
    assert examples.get_path("columbus.shp")


@pytest.mark.parametrize(
    ("letter", "decided"), [("O", None), ("R", "row"), ("B", "binary"), ("V", "none"), ("D", "none")]
)
def test_what_was_decided_in_libpysal_stays(columbus, letter, decided):
    graph = Graph.build_contiguity(columbus).transform(letter)
    w = as_weights(graph)
    assert w.standardisation == decided
    np.testing.assert_allclose(w.sparse.toarray(), graph.sparse.toarray())
    used = draw_sample(columbus["INC"], w=graph).weights
    rows = np.asarray(used.sparse.sum(axis=1)).ravel()
    assert np.allclose(rows, 1) == (letter in "OR")


def test_other_objects_are_refused():
    with pytest.raises(InputError, match="found ndarray"):
        as_weights(LINKS)


def test_card_and_pickle(w):
    text = repr(w)
    assert "regions" in text
    assert "1: d" in text
    assert "kind=by hand" in text
    assert "<table>" in w._repr_html_()
    assert (pickle.loads(pickle.dumps(w)).sparse.toarray() == LINKS).all()


def test_empty_weights_print():
    w = sr.Weights(pd.Index(["a", "b"]), np.zeros((2, 2)))
    assert w.n_links == 0
    assert "2" in repr(w)
    assert w.standardise("row").sparse.nnz == 0
