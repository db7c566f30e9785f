"""Where values meet weights: every way in, and every refusal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

import spatial_region as sr
from spatial_region.core.sample import draw_sample, resolve_weights
from spatial_region.errors import (
    AlignmentError,
    ConstantVariableError,
    InputError,
    MissingValuesError,
    UnknownNameError,
    WeightsError,
)


@pytest.fixture
def study(columbus):
    return sr.make_study(columbus[["geometry"]], columbus[["HOVAL", "CRIME"]])


def test_every_labelled_input_gives_the_same_sample(columbus, study):
    w = sr.contiguity(columbus)
    shuffled = columbus["HOVAL"].sample(frac=1, random_state=0)
    samples = [
        draw_sample(study, "HOVAL", w=w),
        draw_sample(study.with_weights(q=w), "HOVAL"),
        draw_sample(study.with_weights(q=w, r=w), "HOVAL", w="r"),
        draw_sample(columbus, "HOVAL", w=w.to_graph()),
        draw_sample(shuffled, w=w),
        draw_sample(shuffled, w=w.to_w()),
        draw_sample(columbus["HOVAL"].to_numpy(), "HOVAL", w=w, ids=w.ids),
    ]
    first, _ = samples[0].canonical()
    for sample in samples[1:]:
        other, _ = sample.canonical()
        assert other.ids.equals(first.ids)
        np.testing.assert_array_equal(other.values, first.values)
        np.testing.assert_array_equal(other.weights.sparse.toarray(), first.weights.sparse.toarray())


def test_undecided_weights_are_row_standardised_and_decided_ones_kept(columbus):
    w = sr.contiguity(columbus)
    assert draw_sample(columbus["HOVAL"], w=w).weights.standardisation == "row"
    assert draw_sample(columbus["HOVAL"], w=w.standardise("binary")).weights.sparse.data.max() == 1
    assert w.standardisation is None


def test_missing_values_raise_by_name_or_are_dropped_on_request(columbus):
    values = columbus["HOVAL"].copy()
    values[["3", "9"]] = np.nan
    w = sr.contiguity(columbus)
    with pytest.raises(
        MissingValuesError, match=r"'HOVAL' is missing for 2 of 49 regions: 3, 9\. Pass missing=\"drop\""
    ):
        draw_sample(values, w=w)
    sample = draw_sample(values, w=w, missing="drop")
    assert (sample.n, sample.dropped.tolist(), sample.weights.n) == (47, ["3", "9"], 47)
    with pytest.raises(MissingValuesError, match="no value at all"):
        draw_sample(values * np.nan, w=w, missing="drop")


def test_infinity_counts_as_missing(columbus):
    values = columbus["HOVAL"].replace(columbus["HOVAL"].max(), np.inf)
    with pytest.raises(MissingValuesError, match="1 of 49"):
        draw_sample(values, w=sr.contiguity(columbus))


def test_labels_on_one_side_only_are_named(columbus):
    with pytest.raises(AlignmentError, match="1 only in w: 1"):
        draw_sample(columbus["HOVAL"].drop("1"), w=sr.contiguity(columbus))
    with pytest.raises(AlignmentError, match="text labels and the other numbers"):
        draw_sample(columbus["HOVAL"].set_axis(columbus.index.astype(int)), w=sr.contiguity(columbus))


def test_bare_arrays_need_ids_in_order(columbus):
    w = sr.contiguity(columbus)
    values = columbus["HOVAL"].to_numpy()
    with pytest.raises(InputError, match="carries no labels"):
        draw_sample(values, w=w)
    with pytest.raises(AlignmentError, match="same order"):
        draw_sample(values, w=w, ids=w.ids[::-1])
    with pytest.raises(InputError, match=r"shape \(48,\)"):
        draw_sample(values[1:], w=w, ids=w.ids)


def test_text_is_refused_and_numbers_in_text_are_read(columbus):
    text = columbus["HOVAL"].astype(str)
    np.testing.assert_allclose(draw_sample(text, w=sr.contiguity(columbus)).values, columbus["HOVAL"])
    with pytest.raises(InputError, match="found 1 other values: 'n.a.' at 5"):
        draw_sample(text.where(text.index != "5", "n.a."), w=sr.contiguity(columbus))


def test_nullable_and_boolean_columns(columbus):
    rich = (columbus["HOVAL"] > 40).astype("boolean")
    assert set(draw_sample(rich, w=sr.contiguity(columbus)).values) == {0.0, 1.0}
    nullable = columbus["HOVAL"].astype("Float64")
    nullable.iloc[2] = pd.NA
    with pytest.raises(MissingValuesError, match="1 of 49 regions: 3"):
        draw_sample(nullable, w=sr.contiguity(columbus))


def test_constant_variable(columbus):
    with pytest.raises(ConstantVariableError, match="is 4 in all 49 regions"):
        draw_sample(columbus["HOVAL"] * 0 + 4, w=sr.contiguity(columbus)).check_varies()


def test_weights_must_be_said_when_there_is_a_choice(study, columbus):
    with pytest.raises(WeightsError, match="say which weights"):
        resolve_weights(study, None)
    w = sr.contiguity(columbus)
    two = study.with_weights(queen=w, rook=w)
    with pytest.raises(WeightsError, match="the study has queen, rook"):
        resolve_weights(two, None)
    with pytest.raises(UnknownNameError, match="Did you mean 'queen'"):
        resolve_weights(two, "quen")
    with pytest.raises(WeightsError, match="pass w="):
        _ = draw_sample(two, "HOVAL").weights


def test_callers_objects_are_left_alone(columbus):
    graph = Graph.build_contiguity(columbus)
    before = graph.adjacency.copy()
    values = columbus["HOVAL"].copy()
    draw_sample(values, w=graph)
    pd.testing.assert_series_equal(graph.adjacency, before)
    assert graph.transformation == "O"
    pd.testing.assert_series_equal(values, columbus["HOVAL"])
