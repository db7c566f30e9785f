"""Faults that an independent second computation from the formulas found, each with the example that showed it."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr


def noncentrality(y: np.ndarray, strata: np.ndarray) -> float:
    """The published formula in exact fractions, for sizes whose roots are whole numbers."""
    values = [Fraction(float(v)) for v in y]
    mean = sum(values) / len(values)
    variance = sum((v - mean) ** 2 for v in values) / len(values)
    squares = weighted = Fraction(0)
    for name in np.unique(strata):
        own = [v for v, s in zip(values, strata, strict=True) if s == name]
        root = round(len(own) ** 0.5)
        assert root**2 == len(own)
        squares += (sum(own) / len(own)) ** 2
        weighted += root * sum(own) / len(own)
    return float((squares - weighted**2 / len(values)) / variance)


@pytest.mark.parametrize("origin", [0.0, 1e3, 1e6, 1e9, 1e12])
@pytest.mark.parametrize("sizes", [(4, 4, 4), (4, 4, 9)])
def test_published_noncentrality_far_from_the_origin(origin, sizes):
    """With strata of equal size the origin drops out; the difference of two huge sums kept its rounding."""
    strata = np.repeat(list("abc"), sizes)
    y = origin + np.random.default_rng(0).normal(size=len(strata)).round(3)
    found = sr.geodetector(pd.DataFrame({"y": y, "zone": strata}), "y", ["zone"], permutations=0)
    assert found.factors.loc["zone", "noncentrality"] == pytest.approx(noncentrality(y, strata), rel=1e-12)


@pytest.mark.parametrize("unit", [1.0, 10.0, 0.1, 1.5, 7e-9])
@pytest.mark.parametrize("k", [2, 3, 4, 5, 6, 7, 8])
def test_values_that_are_an_edge_fall_below_it_in_any_unit(unit, k):
    """Rounding put the geometric edge of 1, 2, 4, 8, 16 at 7.999999999999999; tenths cut equally did alike."""
    for method, x in [("geometric", 2.0 ** np.arange(k + 1)), ("equal", np.arange(k + 1.0))]:
        places = np.repeat(np.arange(k + 1), 3)
        frame = pd.DataFrame(
            {"y": np.arange(len(places)) % 7, "x": (unit * x).round(12)[places] if unit > 1e-6 else unit * x[places]}
        )
        found = sr.geodetector(frame, "y", ["x"], bins={"x": (method, k)}, permutations=0)
        assert found.bins["n"].tolist() == [6] + [3] * (k - 1), method


@pytest.mark.parametrize("rule", [("sd", 2), ("sd", 4), "headtail"])
def test_a_value_that_is_the_mean_falls_below_it_in_any_order_of_rows(rule):
    """Sums round differently with the order of rows, and the value 5.1 fell on either side of the mean 5.1."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        apart = rng.integers(1, 50, 20)
        tenths = np.concatenate((51 - apart, [51], 51 + apart))
        frame = pd.DataFrame({"y": rng.normal(size=41), "x": tenths / 10})
        expected = sr.geodetector(frame.assign(x=tenths.astype(float)), "y", ["x"], bins={"x": rule}, permutations=0)
        for _ in range(5):
            mixed = frame.iloc[rng.permutation(41)]
            found = sr.geodetector(mixed, "y", ["x"], bins={"x": rule}, permutations=0)
            assert found.bins["n"].tolist() == expected.bins["n"].tolist()
            assert found.factors.loc["x", "q"] == pytest.approx(expected.factors.loc["x", "q"], abs=1e-12)


@pytest.mark.filterwarnings("ignore::spatial_region.errors.SmallSampleWarning")
def test_an_overlay_of_which_one_stratum_stays_has_no_q():
    """As for a factor; it had q = 0 and was called "weaken, nonlinear"."""
    frame = pd.DataFrame({"y": [1.0, 2, 3, 5, 8, 13], "a": list("aabbcc"), "b": list("uuvwvw"), "c": list("mmmnnn")})
    found = sr.geodetector(frame, "y", ["a", "b", "c"], permutations=0, singletons="drop", triples=True)
    pair, triple = found.interactions.loc[0], found.triples.loc[0]
    assert (pair["strata"], triple["strata"]) == (1, 1)
    assert pair[["q_ab", "q_adjusted", "q_additive", "increment"]].isna().all()
    assert triple[["q_abc", "q_adjusted", "q_additive", "q_two_way"]].isna().all()
    assert pair["type"] == triple["type"] == "undefined"
