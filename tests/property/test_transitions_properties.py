"""What must hold of transitions and chains for any data."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import spatial_region as sr

SWAPPED = {"HH": "LL", "LL": "HH", "HL": "LH", "LH": "HL"}


@st.composite
def panels(draw):
    """A ring of regions with values that differ, at a few times."""
    n, times = draw(st.integers(5, 14)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    ids = [f"省{number:02d}" for number in rng.permutation(n)]
    ring = np.roll(np.eye(n), 1, axis=1)
    values = pd.DataFrame(rng.normal(size=(n, times)), index=ids, columns=range(2000, 2000 + times))
    return values, sr.Weights(pd.Index(ids), ring + ring.T), rng


@given(panels())
@settings(max_examples=40, deadline=None)
def test_row_order_does_not_matter(drawn):
    values, w, rng = drawn
    shuffled = values.iloc[rng.permutation(len(values))]
    first, second = sr.lisa_transitions(values, w=w), sr.lisa_transitions(shuffled, w=w)
    assert first.counts.equals(second.counts)
    assert first.types.equals(second.types.loc[values.index])
    assert first.cohesion.equals(second.cohesion)
    # Not with ==: where the chain leaves nothing to test, df is 0 and p is NaN, which equals nothing.
    np.testing.assert_array_equal(astuple(first.independence), astuple(second.independence))
    assert sr.spatial_markov(values, w=w, k=2).counts.equals(sr.spatial_markov(shuffled, w=w, k=2).counts)


@given(panels(), st.floats(0.1, 10), st.floats(-5, 5))
@settings(max_examples=40, deadline=None)
def test_units_do_not_matter_and_signs_swap(drawn, scale, shift):
    values, w, _ = drawn
    first = sr.lisa_transitions(values, w=w)
    assert sr.lisa_transitions(values * scale + shift, w=w).quadrants.equals(first.quadrants)
    turned = sr.lisa_transitions(-values, w=w)
    assert turned.quadrants.equals(first.quadrants.replace(SWAPPED))
    assert turned.types.equals(first.types)


@given(panels())
@settings(max_examples=40, deadline=None)
def test_reversing_time_transposes_the_counts(drawn):
    values, w, _ = drawn
    back = values[values.columns[::-1]].set_axis(values.columns, axis=1)
    first, second = sr.lisa_transitions(values, w=w), sr.lisa_transitions(back, w=w)
    assert (second.counts.to_numpy() == first.counts.to_numpy().T).all()
    assert second.type_counts.sum().equals(first.type_counts.sum())


@given(panels())
@settings(max_examples=40, deadline=None)
def test_chains_are_chains(drawn):
    values, w, _ = drawn
    found = sr.spatial_markov(values, w=w, k=2)
    assert found.counts.groupby("from").sum().to_numpy().tolist() == found.pooled.counts.to_numpy().tolist()
    alone = sr.markov(values, k=2)
    assert found.pooled.counts.equals(alone.counts)
    chain = alone.chain
    for _, shares in chain.steady_states.iterrows():
        assert np.isclose(shares.sum(), 1)
        moved = np.nan_to_num(shares.to_numpy()) @ np.nan_to_num(chain.probabilities.to_numpy())
        np.testing.assert_allclose(moved, shares, atol=1e-12)
    passage = chain.first_passage.to_numpy()
    assert (np.isnan(passage) | (passage >= 1)).all()
    if chain.steady_state.notna().all():
        recurrent = chain.steady_state.to_numpy() > 0
        np.testing.assert_allclose(np.diag(passage)[recurrent], 1 / chain.steady_state.to_numpy()[recurrent], rtol=1e-9)
