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
