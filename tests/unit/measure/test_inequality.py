"""The table of inequality measures against definitions in plain loops and against the package inequality."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from inequality.schutz import Schutz
from inequality.theil import Theil

import spatial_region as sr
from spatial_region.errors import AlignmentError, InputError

REGIONS = [f"r{i:02d}" for i in range(20)]


@pytest.fixture
def income():
    return pd.Series(np.random.default_rng(8).lognormal(9, 0.6, 20), REGIONS, name="income")


@pytest.fixture
def people():
    return pd.Series(np.random.default_rng(9).uniform(1, 9, 20), REGIONS)


def test_weighted_measures_are_those_of_a_country_of_people(income, people):
    """Weights of whole persons: each region repeated once a person gives the same as its weight."""
    whole = people.round().astype(int)
    persons = pd.Series(np.repeat(income.to_numpy(), whole), [f"p{i}" for i in range(whole.sum())])
    weighted = sr.inequality(income, whole).table().iloc[0]
    each = sr.inequality(persons).table().iloc[0]
    assert weighted["williamson"] == pytest.approx(each["cv"], rel=1e-12)
    for measure in ("mean", "gini", "hoover", "theil_T", "theil_L"):
        assert weighted[measure] == pytest.approx(each[measure], rel=1e-12), measure


def test_definitions(income, people):
    row = sr.inequality(income, people).table().loc["income"]
    x, p = income.tolist(), (people / people.sum()).tolist()
    mean = sum(a * b for a, b in zip(x, p, strict=True))
    plain = sum(x) / 20
    assert row["mean"] == pytest.approx(mean)
    assert row["williamson"] == pytest.approx(sqrt(sum(b * (a - mean) ** 2 for a, b in zip(x, p, strict=True))) / mean)
    assert row["cv"] == pytest.approx(sqrt(sum((a - plain) ** 2 for a in x) / 20) / plain)
    assert row["hoover"] == pytest.approx(sum(abs(a * b / mean - b) for a, b in zip(x, p, strict=True)) / 2)
    assert row["gap"] == max(x) - min(x)
    assert row["multiple"] == max(x) / min(x)
    assert row["n"] == 20


def test_without_weights_there_is_no_williamson_and_equal_weights_make_it_the_cv(income):
    alone = sr.inequality(income).table().iloc[0]
    assert "williamson" not in alone
    equal = sr.inequality(income, pd.Series(3.0, REGIONS)).table().iloc[0]
    assert equal["williamson"] == pytest.approx(alone["cv"], rel=1e-13)


def test_agrees_with_the_package_inequality(income):
    row = sr.inequality(income).table().iloc[0]
    assert row["theil_T"] == pytest.approx(float(Theil(income.to_numpy()).T), rel=1e-13)
    # its distance between the Lorenz curve and the diagonal is that of one of n points
    frame = pd.DataFrame({"x": income.to_numpy()})
    assert row["hoover"] == pytest.approx(Schutz(frame, "x").distance, rel=1e-12)


def test_units_and_order_do_not_matter(income, people):
    relative = ["cv", "williamson", "gini", "hoover", "theil_T", "theil_L", "multiple"]
    row = sr.inequality(income, people).table().iloc[0]
    other = sr.inequality(income[::-1] * 1e-4, people * 1e4).table().iloc[0]
    np.testing.assert_allclose(other[relative], row[relative], rtol=1e-12)
    assert sr.inequality(income[::-1], people).table().equals(sr.inequality(income, people).table())


def test_zeros_constants_and_panels(income):
    panel = pd.concat(
        {1990: income * 0 + 0.1, 2000: income, 2010: income.where(income.index != "r04", 0.0)}
    ).swaplevel()
    made = sr.inequality(panel, income * 0 + 0.3)
    table = made.table()
    assert table.loc[1990, ["std", "cv", "williamson", "gini", "hoover", "theil_T", "theil_L"]].tolist() == [0] * 7
    assert table["theil_L"].isna().tolist() == [False, False, True]
    assert "A value is 0 at 2010: Theil's L" in made.summary()
    assert np.isfinite(table.loc[2010, "theil_T"])
    with pytest.raises(InputError, match="negative"):
        sr.inequality(-income)
    with pytest.raises(AlignmentError):
        sr.inequality(income, income[:3])
