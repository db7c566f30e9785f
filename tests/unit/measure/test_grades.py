import numpy as np
import pandas as pd
import pytest

from spatial_region.errors import InputError, MissingValuesError, OptionError
from spatial_region.measure.grades import grade

EDGES, LABELS = [0, 0.4, 0.8, 1], ["low", "middle", "high"]


def scores(*values):
    return pd.Series(values, index=[f"r{i}" for i in range(len(values))], dtype=float)


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        ("right", ["low", "low", "middle", "middle", "high"]),
        ("left", ["low", "middle", "middle", "high", "high"]),
    ],
)
def test_edges_belong_to_the_closed_side_and_both_outer_edges_are_in(closed, expected):
    got = grade(scores(0, 0.4, 0.41, 0.8, 1), edges=EDGES, labels=LABELS, closed=closed)
    assert got.tolist() == expected
    assert got.cat.ordered
    assert got.cat.categories.tolist() == LABELS


@pytest.mark.parametrize("closed", ["right", "left"])
def test_equals_pandas_cut_off_the_edges(closed):
    values = scores(*np.random.default_rng(1).uniform(0, 1, 500))
    peer = pd.cut(values, EDGES, labels=LABELS, right=closed == "right", include_lowest=True)
    assert grade(values, edges=EDGES, labels=LABELS, closed=closed).tolist() == peer.tolist()


def test_infinite_edges_and_names_are_kept():
    values = scores(-1e9, 5).rename("score")
    got = grade(values, edges=[-np.inf, 0, np.inf], labels=["loss", "gain"])
    assert got.tolist() == ["loss", "gain"]
    assert got.name == "score"
    assert got.index.equals(values.index)


def test_a_value_outside_is_named():
    with pytest.raises(InputError, match=r"1\.2 at r1"):
        grade(scores(0.5, 1.2), edges=EDGES, labels=LABELS)


def test_missing_raises_or_stays_without_a_grade():
    with pytest.raises(MissingValuesError, match="r1"):
        grade(scores(0.5, np.nan), edges=EDGES, labels=LABELS)
    assert grade(scores(0.5, np.nan), edges=EDGES, labels=LABELS, missing="drop").isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("edges", "labels"),
    [([0, 1, 1], ["a", "b"]), ([0], []), ([0, 1, 2], ["a"]), ([0, 1, 2], ["a", "a"]), ([0, np.nan], ["a"])],
)
def test_unfit_edges_or_labels_are_refused(edges, labels):
    with pytest.raises(InputError):
        grade(scores(0.5), edges=edges, labels=labels)


def test_unknown_side_suggests_the_known():
    with pytest.raises(OptionError, match="'right'"):
        grade(scores(0.5), edges=EDGES, labels=LABELS, closed="rihgt")


@pytest.mark.parametrize("edges", [5, None, ["a"], "abc", [0, "1"], [0, None, 1], [True, 2], [1j, 2]])
def test_edges_that_are_no_numbers_are_refused(edges):
    with pytest.raises(InputError, match="edges must be at least two ascending numbers; found"):
        grade(pd.Series([0.5]), edges=edges, labels=["x"])


@pytest.mark.parametrize("labels", [None, 5, "x"])
def test_labels_that_are_no_list_are_refused(labels):
    with pytest.raises(InputError, match="labels must be a list of the 1 names"):
        grade(pd.Series([0.5]), edges=[0, 1], labels=labels)


def test_complex_values_are_refused_with_name_and_type():
    with pytest.raises(InputError, match="'score' must be real numbers to be graded; found complex128"):
        grade(pd.Series([0.5 + 1j], name="score"), edges=[0, 1], labels=["x"])
