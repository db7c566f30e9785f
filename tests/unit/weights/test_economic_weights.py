"""Economic distance, gravity and nested weights against their formulas, pair by pair."""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse as sp

import spatial_region as sr
from spatial_region.core.geo import EARTH_RADIUS_KM
from spatial_region.errors import (
    AlignmentError,
    ConstantVariableError,
    InputError,
    IslandWarning,
    MissingValuesError,
    OptionError,
    UnknownNameError,
    WeightsError,
)

YEARS = [2003, 2004, 2005, 2006]


@pytest.fixture
def cities() -> sr.Study:
    """12 points over China with incomes of four years; in no order of ids."""
    rng = np.random.default_rng(8)
    ids = pd.Index([f"c{i:02d}" for i in rng.permutation(12)])
    points = gpd.points_from_xy(rng.uniform(80, 125, 12), rng.uniform(20, 50, 12))
    index = pd.MultiIndex.from_product([ids, YEARS])
    gdp = pd.DataFrame({"gdp": rng.lognormal(9, 1, 48)}, index=index)
    frame = gpd.GeoDataFrame({"zh": [f"城{i}" for i in ids]}, geometry=points, index=ids, crs=4326)
    return sr.make_study(frame, gdp, name="zh")


def means(study: sr.Study, years: list[int]) -> dict[str, float]:
    return {i: sum(study.data.loc[(i, year), "gdp"] for year in years) / len(years) for i in study.ids}


@pytest.mark.parametrize(
    ("at", "years", "said"),
    [
        (None, YEARS, "mean of 2003 to 2006 (4 times)"),
        (2004, [2004], "2004"),
        ((2004, 2005), [2004, 2005], "mean of 2004 to 2005 (2 times)"),
        ([2006, 2030], [2006], "2006"),
    ],
)
def test_economic_distance_by_loops_over_pairs(cities, at, years, said):
    x = means(cities, years)
    w = sr.economic_distance(cities, "gdp", at=at, power=2)
    assert w.recipe["at"] == said
    for i in cities.ids:
        near = w.neighbours(i)
        assert set(near.index) == set(cities.ids) - {i}
        for j, weight in near.items():
            assert weight == pytest.approx(1 / abs(x[i] - x[j]) ** 2, rel=1e-9)
    assert w.is_symmetric
    assert json.loads(json.dumps(dict(w.recipe)))["kind"] == "economic_distance"


def test_contiguity_times_economic_distance_of_the_mean(columbus):
    """``w3 = 1 / |m_i - m_j|; w = w3 * w``, as in convergence studies of Chinese provinces."""
    w = sr.contiguity(columbus).product(sr.economic_distance(columbus, "INC", ties="smallest")).standardise("row")
    queen = sr.contiguity(columbus).sparse.toarray()
    income = columbus["INC"].to_numpy()
    gap = np.abs(income[:, None] - income[None, :])
    gap[gap == 0] = np.inf
    gap[np.isinf(gap)] = gap.min()
    expected = queen / gap
    np.testing.assert_allclose(w.sparse.toarray(), expected / expected.sum(axis=1, keepdims=True), rtol=1e-12)


def test_ties_are_refused_by_name_or_given_the_smallest_difference():
    names = pd.Series({"a": 1.0, "b": 4.0, "c": 4.0, "d": 2.5, "e": 1.0})
    table = names.to_frame("x")
    with pytest.raises(InputError, match=r"infinite: a, e \(1\), b, c \(4\)\. Pass ties='smallest'"):
        sr.economic_distance(table, "x")
    w = sr.economic_distance(table, "x", ties="smallest")
    assert w.neighbours("b").to_dict() == {"a": 1 / 3, "c": 1 / 1.5, "d": 1 / 1.5, "e": 1 / 3}
    assert w.recipe["ties"] == "4 regions; smallest"
    assert "ties" not in sr.economic_distance(table.iloc[:2], "x").recipe


def test_confined_to_links(columbus):
    queen = sr.contiguity(columbus)
    everywhere = sr.economic_distance(columbus, "INC")
    w = sr.economic_distance(columbus, "INC", w=queen.reorder(queen.ids[::-1]))
    np.testing.assert_allclose(w.sparse.toarray(), queen.product(everywhere).sparse.toarray(), rtol=1e-14)
    assert w.recipe["links of"] == "queen (order=1, islands=keep)"
    with_own = sr.Weights(queen.ids, 5 * queen.sparse.toarray() + np.eye(49))
    np.testing.assert_array_equal(
        sr.economic_distance(columbus, "INC", w=with_own).sparse.toarray(), w.sparse.toarray()
    )
    with pytest.raises(AlignmentError, match="1 only in the values"):
        sr.economic_distance(columbus, "INC", w=queen.subset(queen.ids[1:]))


def test_only_ties_between_linked_regions_matter():
    table = pd.DataFrame({"x": [1.0, 4.0, 1.0, 2.5]}, index=list("abcd"))
    line = sr.Weights(table.index, np.diag([1.0, 1, 1], 1) + np.diag([1.0, 1, 1], -1))
    assert "ties" not in sr.economic_distance(table, "x", w=line).recipe
    with pytest.raises(InputError, match=r"a, c \(1\)"):
        sr.economic_distance(table, "x", w=line.higher_order(2))
    tied = sr.economic_distance(table, "x", w=line.higher_order(2), ties="smallest")
    assert tied.neighbours("a").to_dict() == {"c": 1 / 1.5}


def test_more_rows_than_are_taken_at_a_time():
    x = np.random.default_rng(2).lognormal(size=600)
    x[[3, 299, 598]] = 1.5
    expected = np.abs(x[:, None] - x[None, :])
    expected[expected == 0] = np.diff(np.unique(x)).min()
    expected **= -1.5
    np.fill_diagonal(expected, 0)
    w = sr.economic_distance(pd.DataFrame({"x": x}), "x", power=1.5, ties="smallest")
    np.testing.assert_allclose(w.sparse.toarray(), expected, rtol=1e-14)
    assert w.recipe["ties"] == "3 regions; smallest"


def test_too_many_regions_for_every_pair():
    table = pd.DataFrame({"x": np.arange(20_001.0)})
    with pytest.raises(InputError, match=r"every pair of 20,001 regions .* w=sr\.contiguity"):
        sr.economic_distance(table, "x")
    assert sr.economic_distance(table.iloc[:1], "x").n_links == 0
    ring = sr.Weights(table.index, sp.csr_array(sp.eye_array(20_001, k=1) + sp.eye_array(20_001, k=-1)))
    assert sr.economic_distance(table, "x", w=ring).n_links == 40_000


def test_means_that_differ_by_rounding_only_are_ties():
    table = pd.DataFrame({"x": [0.1 + 0.2, 0.3, 5.0]}, index=list("abc"))
    assert table["x"].nunique() == 3
    with pytest.raises(InputError, match="a, b"):
        sr.economic_distance(table, "x")
    assert sr.economic_distance(table, "x", ties="smallest").neighbours("a")["b"] == pytest.approx(1 / 4.7)
    small = pd.DataFrame({"x": [1e-20, 2e-20, 1e20]}, index=list("abc"))  # far apart by their own size
    assert sr.economic_distance(small, "x").neighbours("a")["b"] == pytest.approx(1e20)


def test_bad_input_of_economic_distance(cities):
    table = pd.DataFrame({"x": [1.0, 2.0, np.nan], "word": ["p", "q", "r"], "same": 3.0}, index=list("abc"))
    with pytest.raises(MissingValuesError, match="missing for 1 of 3 regions: c"):
        sr.economic_distance(table, "x")
    with pytest.raises(ConstantVariableError, match="the same in all 3 regions"):
        sr.economic_distance(table, "same", ties="smallest")
    with pytest.raises(InputError, match="must be numeric"):
        sr.economic_distance(table, "word")
    with pytest.raises(UnknownNameError, match="no variable 'sam'. Did you mean 'same'"):
        sr.economic_distance(table, "sam")
    with pytest.raises(InputError, match="one cross-section"):
        sr.economic_distance(table, "x", at=2020)
    with pytest.raises(InputError, match="no regions"):
        sr.economic_distance(table.iloc[:0], "same")
    with pytest.raises(InputError, match="found ndarray"):
        sr.economic_distance(np.ones(3), "x")
    with pytest.raises(OptionError, match="ties='small' is not offered. Did you mean 'smallest'"):
        sr.economic_distance(cities, "gdp", ties="small")
    for power in (0, -1, np.inf, "2", True):
        with pytest.raises(InputError, match="power must be a number above 0"):
            sr.economic_distance(cities, "gdp", power=power)
    with pytest.raises(UnknownNameError, match="no time 1999"):
        sr.economic_distance(cities, "gdp", at=1999)
    with pytest.raises(InputError, match="a pair"):
        sr.economic_distance(cities, "gdp", at=(2003, 2004, 2005))
    holes = cities.with_columns(gdp=cities.data["gdp"].where(cities.data["gdp"].index != ("c03", 2004)))
    with pytest.raises(MissingValuesError, match="1 of 12 regions: c03 at 2004"):
        sr.economic_distance(holes, "gdp")
    sr.economic_distance(holes, "gdp", at=(2005, 2006))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=9, unique=True),
    st.floats(1e-3, 1e3),
    st.randoms(use_true_random=False),
)
def test_neither_unit_nor_order_of_rows_matters(values, unit, random):
    ids = [f"r{i}" for i in range(len(values))]
    table = pd.DataFrame({"x": np.array(values, dtype=float)}, index=ids)
    w = sr.economic_distance(table, "x").standardise("row")
    rescaled = sr.economic_distance(table * unit, "x").standardise("row")
    np.testing.assert_allclose(rescaled.sparse.toarray(), w.sparse.toarray(), rtol=1e-6)
    order = random.sample(ids, len(ids))
    shuffled = sr.economic_distance(table.loc[order], "x").standardise("row")
    np.testing.assert_allclose(shuffled.reorder(ids).sparse.toarray(), w.sparse.toarray(), rtol=1e-12)


def great_circle(study: sr.Study) -> np.ndarray:
    """Haversine, written out."""
    lon, lat = np.radians(study.regions.geometry.x.to_numpy()), np.radians(study.regions.geometry.y.to_numpy())
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half))


def test_gravity_is_masses_over_distance(cities):
    distances, x = great_circle(cities), np.array(list(means(cities, YEARS).values()))
    np.fill_diagonal(distances, np.inf)
    w = sr.gravity(cities, "gdp")
    np.testing.assert_allclose(w.sparse.toarray(), np.outer(x, x) / distances**2, rtol=1e-8)
    assert w.is_symmetric
    w = sr.gravity(cities, "gdp", at=2005, mass_power=(0.5, 2), power=1)
    x = np.array(list(means(cities, [2005]).values()))
    np.testing.assert_allclose(w.sparse.toarray(), np.outer(x**0.5, x**2) / distances, rtol=1e-8)
    assert (w.recipe["at"], w.recipe["mass_power"], w.recipe["metric"]) == ("2005", (0.5, 2.0), "great-circle")


def test_gravity_row_standardised_does_not_know_the_own_mass_nor_the_unit(cities):
    row = sr.gravity(cities, "gdp", power=1).standardise("row").sparse.toarray()
    for other in (
        sr.gravity(cities, "gdp", power=1, mass_power=(0, 1)),
        sr.gravity(cities.with_columns(gdp=lambda data: data["gdp"] / 1e4), "gdp", power=1),
    ):
        np.testing.assert_allclose(other.standardise("row").sparse.toarray(), row, rtol=1e-9)
    x = np.array(list(means(cities, YEARS).values()))
    scaled = sr.inverse_distance(cities).sparse.toarray() @ np.diag(x / x.mean())  # W diag(m_j / mean)
    np.testing.assert_allclose(row, scaled / scaled.sum(axis=1, keepdims=True), rtol=1e-9)


def test_gravity_within_a_cut_off(cities):
    distances = great_circle(cities)
    np.fill_diagonal(distances, np.inf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IslandWarning)
        w = sr.gravity(cities, "gdp", km=700)
    np.testing.assert_array_equal(w.sparse.toarray() > 0, distances <= 700)
    near = sr.gravity(cities, "gdp", km=700, islands="nearest")
    assert len(near.islands) == 0
    alone = w.islands[0]
    j = near.neighbours(alone).index[0]
    assert near.neighbours(alone)[j] == pytest.approx(sr.gravity(cities, "gdp").neighbours(alone)[j])
    with pytest.raises(WeightsError, match="have no neighbour"):
        sr.gravity(cities, "gdp", km=300, islands="raise")


def test_bad_input_of_gravity(cities):
    with pytest.raises(InputError, match=r"not in 1 of 12 regions: 城c03 \(c03\)"):
        sr.gravity(
            cities.with_columns(gdp=cities.data["gdp"].where(cities.data.index != ("c03", 2004), 0)), "gdp", at=2004
        )
    for bad in (1, (1,), (1, -1), (1, "2"), (1, np.inf), (True, 1)):
        with pytest.raises(InputError, match="mass_power must be two numbers of 0 or above"):
            sr.gravity(cities, "gdp", mass_power=bad)
    with pytest.raises(InputError, match="power must be a number above 0"):
        sr.gravity(cities, "gdp", power=0)


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_nested_mixes_what_is_row_standardised(cities, share):
    geographic, economic = sr.knn(cities, k=3), sr.economic_distance(cities, "gdp")
    order = cities.ids[::-1]
    w = sr.nested(geographic, economic.reorder(order), share=share)
    for i in w.ids:
        for j in w.ids:
            if i == j:
                continue
            a = geographic.neighbours(i).get(j, 0.0) / geographic.neighbours(i).sum()
            b = economic.neighbours(i).get(j, 0.0) / economic.neighbours(i).sum()
            assert w.neighbours(i).get(j, 0.0) == pytest.approx(share * a + (1 - share) * b, rel=1e-12)
    assert w.standardisation == "row"
    assert w.recipe["first"].startswith("knn (k=3")
    assert w.recipe["second"].startswith("economic_distance (variable=gdp, at=mean of 2003 to 2006 (4 times)")
    # Weights standardised before give the same.
    np.testing.assert_allclose(
        sr.nested(geographic.standardise("row"), economic, share=share).sparse.toarray(), w.sparse.toarray(), rtol=1e-12
    )


def test_an_island_of_one_takes_the_weights_of_the_other():
    ids = pd.Index(list("abc"))
    first = sr.Weights(ids, np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]))
    second = sr.Weights(ids, np.array([[0, 1, 3], [1, 0, 1], [1, 3, 0]]))
    w = sr.nested(first, second, share=0.6)
    assert w.neighbours("c").to_dict() == pytest.approx({"a": 0.25, "b": 0.75})
    assert w.neighbours("a").to_dict() == pytest.approx({"b": 0.6 + 0.4 * 0.25, "c": 0.3})
    assert sr.nested(first, second, share=1).islands.tolist() == ["c"]


def test_bad_input_of_nested(cities):
    w = sr.knn(cities, k=3)
    for share in (-0.1, 1.1, "0.5", True, np.nan):
        with pytest.raises(InputError, match="share must be a number from 0 to 1"):
            sr.nested(w, w, share=share)
    with pytest.raises(AlignmentError, match=r"1 only in w1: 城c\d\d"):
        sr.nested(w, w.subset(w.ids[1:]))
    with pytest.raises(InputError, match="found ndarray"):
        sr.nested(w, np.eye(12))
