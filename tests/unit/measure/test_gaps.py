"""Gaps to every sort of reference, and ranks with every rule for ties, by loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import AlignmentError, InputError, MissingValuesError, OptionError, UnknownNameError

# Published: Mi Qixing, China Investment, 2025-07: GDP per head 2023 of seven prefectures and of their region (yuan).
GDP = pd.Series(
    {
        "150400": 55144,
        "150500": 57056,
        "130800": 56075,
        "130300": 64491,
        "211300": 37368,
        "211400": 38815,
        "210700": 47577,
    }
)
PUBLISHED = [1.06, 1.10, 1.08, 1.24, 0.72, 0.75, 0.92]


@pytest.fixture
def panel():
    index = pd.MultiIndex.from_product([list("abc"), [2000, 2010]], names=["region", "time"])
    return pd.Series([1.0, 6, 2, 3, 3, 9], index, name="gdp")


def test_published_multiples():
    assert sr.gap(GDP, 51893)["multiple"].round(2).tolist() == PUBLISHED


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("mean", [2, 6, 2, 6, 2, 6]),
        ("max", [3, 9, 3, 9, 3, 9]),
        ("median", [2, 6, 2, 6, 2, 6]),
        ("min", [1, 3, 1, 3, 1, 3]),
        ("b", [2, 3, 2, 3, 2, 3]),
        (4, [4] * 6),
        (pd.Series({"c": 7.0, "b": 5, "a": 1, "unused": 0}), [1, 1, 5, 5, 7, 7]),
        (pd.Series({2010: 10.0, 2000: 5}), [5, 10, 5, 10, 5, 10]),
    ],
)
def test_every_sort_of_reference(panel, reference, expected):
    found = sr.gap(panel, reference)
    assert found["reference"].tolist() == expected
    for value, other, row in zip(panel, expected, found.itertuples(), strict=True):
        assert (row.gap, row.multiple) == (value - other, value / other)
        assert row.gap_pct == pytest.approx(100 * (value / other - 1))
    assert found.index.equals(panel.index)
    assert sr.gap(panel[::-1], reference).loc[panel.index].equals(found)


def test_a_second_variable_by_region_and_time(panel):
    found = sr.gap(panel, panel[::-1] * 2)
    assert found["multiple"].tolist() == [0.5] * 6


def test_gaps_that_cannot_be(panel):
    assert np.isnan(sr.gap(panel - 3, panel * 0)["multiple"]).all()
    with pytest.raises(UnknownNameError, match="no region 'meen' to compare with. Did you mean 'mean'"):
        sr.gap(panel, "meen")
    with pytest.raises(AlignmentError, match="reference lacks 1 labels of the values: c"):
        sr.gap(panel, pd.Series({"a": 1.0, "b": 2.0}))
    with pytest.raises(MissingValuesError, match="1 of 6"):
        sr.gap(panel.where(panel > 1))
    assert sr.gap(panel.where(panel > 1), missing="drop")["gap"].isna().sum() == 1
    with pytest.raises(InputError, match="reference must be"):
        sr.gap(panel, None)
    with pytest.raises(InputError, match="has a time"):
        sr.gap(panel.xs(2000, level=1), panel)
    with pytest.raises(InputError, match="pandas Series"):
        sr.gap([1, 2])


@pytest.mark.parametrize("ties", ["min", "max", "average", "dense"])
def test_ranks_by_counting(ties):
    rng = np.random.default_rng(1)
    values = pd.Series(rng.integers(0, 4, 30).astype(float), [f"r{i}" for i in range(30)])
    found = sr.rank(values, ties=ties)
    for region, value in values.items():
        above, equal = (values > value).sum(), (values == value).sum()
        expected = {
            "min": above + 1,
            "max": above + equal,
            "average": above + (equal + 1) / 2,
            "dense": values[values > value].nunique() + 1,
        }
        assert found[region] == expected[ties]
    order = rng.permutation(values.index)
    assert sr.rank(values[order], ties=ties)[values.index].equals(found)


def test_ranks_by_time_and_group(panel):
    assert sr.rank(panel).tolist() == [3, 2, 2, 3, 1, 1]
    groups = pd.Series({"a": "x", "b": "x", "c": "y", "d": "y"})
    assert sr.rank(panel, grouping=groups).tolist() == [2, 1, 1, 2, 1, 1]
    found = sr.rank(panel.where(panel > 1), missing="drop")
    assert found.isna().tolist() == [True, False, False, False, False, False]
    assert found.iloc[2] == 2
    with pytest.raises(MissingValuesError):
        sr.rank(panel.where(panel > 1))
    with pytest.raises(OptionError, match="ties"):
        sr.rank(panel, ties="first")
    with pytest.raises(AlignmentError, match="grouping lacks 1"):
        sr.rank(panel, grouping=groups.drop("a"))
