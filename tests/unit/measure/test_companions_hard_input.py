"""Measures on input that is mislabelled, empty, constant up to rounding, or of nullable types."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import spatial_region as sr
from spatial_region.errors import ConstantVariableError, GeometryError, InputError

INDEX = pd.MultiIndex.from_product([list("abcdef"), [2000, 2001, 2002]], names=["region", "time"])
RNG = np.random.default_rng(3)
TABLE = pd.DataFrame({"x": RNG.uniform(0.1, 1, 18), "y": RNG.uniform(0.1, 1, 18)}, index=INDEX)
PLATES = pd.Series(list("eeewww"), index=list("abcdef"))

MEASURES = {
    "composite": lambda data: sr.composite_index(data, ["x", "y"], direction="benefit"),
    "factors": lambda data: sr.factor_analysis(data, ["x", "y"]),
    "inflation": lambda data: sr.vif(data, ["x", "y"]),
    "coupling": sr.coupling_coordination,
    "theil": lambda data: sr.theil(data["x"]),
    "dagum": lambda data: sr.dagum_gini(data["x"], groups=PLATES),
    "inequality": lambda data: sr.inequality(data["x"]),
    "gap": lambda data: sr.gap(data["x"]),
    "rank": lambda data: sr.rank(data["x"]),
    "efficiency": lambda data: sr.dea(data[["x"]], data[["y"]]),
    "productivity": lambda data: sr.malmquist(data[["x"]], data[["y"]]),
}


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize(("place", "what"), [(0, "region"), (1, "time")])
def test_rows_without_a_region_or_a_time_are_refused(name, place, what):
    labels = [list(label) for label in INDEX]
    labels[4][place] = np.nan
    with pytest.raises(InputError, match=f"1 of 18 rows have no {what}"):
        MEASURES[name](TABLE.set_axis(pd.MultiIndex.from_tuples(map(tuple, labels))))


@pytest.mark.parametrize("name", ["theil", "dagum", "inequality", "composite", "efficiency"])
def test_an_empty_table_is_refused_in_words(name):
    with pytest.raises(InputError, match=r"no rows|0 units"):
        MEASURES[name](TABLE.iloc[:0])


@pytest.mark.parametrize("method", ["entropy", "critic", "pca", "equal"])
def test_an_indicator_that_is_constant_up_to_rounding_gets_no_weight(method):
    same = np.full(18, 0.3)
    same[5] = 0.1 + 0.2
    with pytest.raises(ConstantVariableError, match="the same in all 18 rows"):
        sr.composite_index(TABLE.assign(x=same), ["x", "y"], direction="benefit", method=method)


def test_an_indicator_far_from_zero_still_varies():
    far = sr.composite_index(TABLE.assign(x=TABLE["x"] + 1e6), ["x", "y"], direction="benefit")
    near = sr.composite_index(TABLE, ["x", "y"], direction="benefit")
    pd.testing.assert_series_equal(far.scores, near.scores, rtol=1e-8)


def test_systems_that_exceed_a_perfect_one_by_rounding_are_perfect():
    ends = pd.DataFrame({"x": [0.0, 0.5, 1 + 4e-16], "y": [0.2, 0.4, 1.0]}, index=list("abc"))
    made = sr.coupling_coordination(ends, classes="ten").table()
    assert made.loc["c", ["C", "T", "D"]].tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(InputError, match="must lie between"):
        sr.coupling_coordination(ends.assign(x=[0.0, 0.5, 1 + 1e-9]))


def test_published_moran_says_what_it_needs():
    with pytest.raises(InputError, match="I must be a pandas Series"):
        sr.published_moran(0.2, 0.1, n=10)
    with pytest.raises(InputError, match="'se' must be numeric"):
        sr.published_moran(pd.Series(["0.2"]), pd.Series(["small"]), n=10)
    assert sr.published_moran(pd.Series(["0.2"]), pd.Series([0.1]), n=11)["z"].tolist() == pytest.approx([3.0])


def test_a_region_without_a_boundary_has_no_ellipse():
    cells = [shapely.box(i % 3 * 1000, i // 3 * 1000, i % 3 * 1000 + 900, i // 3 * 1000 + 900) for i in range(6)]
    regions = gpd.GeoDataFrame(geometry=cells, index=list("abcdef"), crs=32650)
    regions.loc["b", "geometry"] = None
    with pytest.raises(GeometryError, match="1 of 6 have no geometry: b"):
        sr.ellipse(sr.make_study(regions, TABLE), "x")


def test_convergence_speed_refuses_no_degrees_of_freedom():
    with pytest.raises(InputError, match="df must be"):
        sr.convergence_speed(-0.02, 0.001, span=10, df=0)


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "string"])
def test_an_audit_reads_nullable_columns(dtype):
    column = pd.Series(["1", None, "7"], dtype="string").astype(dtype)
    found = sr.audit(pd.DataFrame({"x": column}), sr.checks.Bounds("x", 0, 5))
    assert found.table()["row"].tolist() == ["2"]
    assert found.checked["blank"].tolist() == [1]


@pytest.mark.parametrize(
    ("check", "decimals", "message"),
    [
        (sr.checks.Bounds("x", 1, 0), None, "no value lies between"),
        (sr.checks.Total("x", np.nan), None, "finite number"),
        (sr.checks.Moran("x", se="y", z="y", n=1), None, "at least 3"),
        (sr.checks.Bounds("x", 0, 1), {"x": -1}, "decimals"),
        (sr.checks.Bounds("x", 0, 1), {"x": 1.5}, "decimals"),
    ],
)
def test_an_audit_refuses_checks_that_cannot_be_made(check, decimals, message):
    with pytest.raises(InputError, match=message):
        sr.audit(TABLE, check, decimals=decimals)


@pytest.mark.parametrize(
    "how", [{}, {"form": "panel"}, {"form": "panel", "effects": "region"}, {"form": "panel", "effects": "twoway"}]
)
@pytest.mark.parametrize("unit", [1e12, 1e-12])
def test_convergence_does_not_depend_on_the_units_of_controls(how, unit):
    cells = [shapely.box(i, 0, i + 1, 1) for i in range(120)]
    regions = gpd.GeoDataFrame(geometry=cells, index=[f"r{i:03d}" for i in range(120)], crs=32650)
    index = pd.MultiIndex.from_product([regions.index, range(2000, 2012)])
    data = pd.DataFrame(np.random.default_rng(2).lognormal(2, 0.5, (len(index), 2)), index, ["x", "y"])
    first, again = (
        sr.convergence(sr.make_study(regions, given), "x", controls=["y"], **how).coefficients
        for given in (data, data.assign(y=unit * data["y"]))
    )
    pd.testing.assert_series_equal(first["t"], again["t"], rtol=1e-8)
    assert again.loc["y", "estimate"] == pytest.approx(first.loc["y", "estimate"] / unit, rel=1e-8)


def test_a_text_is_no_flag():
    scores = pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, 1, 2]}, index=list("xyz"))
    with pytest.raises(InputError, match="pooled must be True or False; found 'no'"):
        sr.composite_index(scores, ["a", "b"], direction="benefit", pooled="no")
    with pytest.raises(InputError, match="nested must be True or False; found 0"):
        sr.composite_index(scores, ["a", "b"], direction="benefit", nested=0)
