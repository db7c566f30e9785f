"""What must never change an answer: the order of rows, the names of strata, the units of the variable."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import spatial_region as sr

pytestmark = pytest.mark.filterwarnings("ignore::spatial_region.errors.SmallSampleWarning")

SETTINGS = settings(max_examples=40, deadline=None)


@st.composite
def samples(draw):
    """Values with ties and two factors, from a few units to some dozens."""
    n = draw(st.integers(8, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y = rng.normal(size=n) if draw(st.booleans()) else rng.integers(0, 6, n).astype(float)
    a, b = (rng.integers(0, draw(st.integers(2, 4)), n) for _ in range(2))
    assume(np.ptp(y) > 0 and np.ptp(a) > 0 and np.ptp(b) > 0)
    x = rng.lognormal(size=n)
    return pd.DataFrame({"y": y, "a": a, "b": b, "x": x})


def detect(frame, permutations=19, **options):
    options = {"bins": {"x": 2}, **options}
    return sr.geodetector(frame, "y", ["a", "b", "x"], permutations=permutations, **options)


@SETTINGS
@given(samples(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(frame, random):
    order = list(range(len(frame)))
    random.shuffle(order)
    g, shuffled = detect(frame), detect(frame.iloc[order])
    pd.testing.assert_frame_equal(g.factors, shuffled.factors, rtol=1e-9, atol=1e-12)
    assert list(g.factors["p_permutation"]) == list(shuffled.factors["p_permutation"])
    pd.testing.assert_frame_equal(
        g.interactions.drop(columns=["F", "p_increment"]),
        shuffled.interactions.drop(columns=["F", "p_increment"]),
        rtol=1e-9,
        atol=1e-11,
    )


@SETTINGS
@given(samples())
def test_the_names_of_strata_change_nothing(frame):
    renamed = frame.assign(a=frame["a"].map({0: "z", 1: "东", 2: "a|b", 3: "10"}), b=frame["b"] * -7 + 100)
    g, other = detect(frame, 0), detect(renamed, 0)
    np.testing.assert_allclose(g.factors["q"], other.factors["q"], atol=1e-13)
    np.testing.assert_allclose(g.factors["p_wang"], other.factors["p_wang"], rtol=1e-8, atol=1e-300)
    np.testing.assert_allclose(g.interactions["q_ab"], other.interactions["q_ab"], atol=1e-13)


@SETTINGS
@given(samples(), st.floats(-1e4, 1e4), st.sampled_from([-3.0, 1e-6, 0.5, 1e8]))
def test_an_affine_change_of_the_variable_changes_neither_q_nor_p(frame, shift, scale):
    g, other = detect(frame), detect(frame.assign(y=(frame["y"] + shift) * scale))
    np.testing.assert_allclose(g.factors["q"], other.factors["q"], atol=1e-9)
    np.testing.assert_allclose(g.interactions["q_ab"], other.interactions["q_ab"], atol=1e-9)
    if scale > 0:
        assert list(g.factors["p_permutation"]) == list(other.factors["p_permutation"])


@SETTINGS
@given(samples())
def test_q_is_a_share_and_the_overlay_never_explains_less(frame):
    g = detect(frame, 0)
    assert g.factors["q"].between(0, 1).all()
    pairs = g.interactions
    assert (pairs["q_ab"] >= pairs[["q_a", "q_b"]].max(axis=1) - 1e-12).all()
    assert pairs["q_ab"].between(0, 1).all()
    assert (pairs["q_additive"] >= pairs[["q_a", "q_b"]].max(axis=1) - 1e-9).all()
    assert (pairs["increment"] >= -1e-12).all()
    assert not pairs["type"].eq("weaken, nonlinear").any()
    for column in ("p_wang", "p_central"):
        assert g.factors[column].between(0, 1).all()


@SETTINGS
@given(samples(), st.sampled_from([1e-3, 7.0, 1e6]))
def test_the_units_of_a_factor_change_no_strata(frame, scale):
    for bins in (3, ("natural", 3), ("geometric", 2), ("sd", 3)):
        g = sr.geodetector(frame, "y", ["x"], bins=bins, permutations=0)
        other = sr.geodetector(frame.assign(x=frame["x"] * scale), "y", ["x"], bins=bins, permutations=0)
        assert list(g.bins["n"]) == list(other.bins["n"])
        assert g.factors.loc["x", "q"] == pytest.approx(other.factors.loc["x", "q"], abs=1e-12)


@SETTINGS
@given(samples())
def test_the_order_of_factors_only_turns_the_pairs(frame):
    one = sr.geodetector(frame, "y", ["a", "b"], permutations=0).interactions.loc[0]
    other = sr.geodetector(frame, "y", ["b", "a"], permutations=0).interactions.loc[0]
    assert one["q_ab"] == pytest.approx(other["q_ab"], abs=1e-13)
    assert one["type"] == other["type"]
    assert (one["df1"], one["df2"]) == (other["df1"], other["df2"])
