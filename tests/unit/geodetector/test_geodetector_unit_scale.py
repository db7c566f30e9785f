"""Spatial units of several sizes: the same detector in each, means and majorities by hand, and the rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import InputError, MissingValuesError, UnknownNameError
from spatial_region.geodetector._aggregate import aggregated
from spatial_region.geodetector.unit_scale import unit_scale


@pytest.fixture
def cities():
    rng = np.random.default_rng(6)
    n = 240
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "soil": rng.choice(list("abc"), n),
            "people": rng.integers(1, 50, n).astype(float),
            "county": np.repeat([f"c{i:02d}" for i in range(60)], 4),
            "province": np.repeat([f"p{i:02d}" for i in range(20)], 12),
        },
        index=[f"t{i:03d}" for i in range(n)],
    )
    frame["y"] = np.repeat(rng.normal(size=60), 4) + frame["x"] + 0.2 * (frame["soil"] == "a") + rng.normal(size=n)
    return frame


OPTIONS = {"bins": {"x": 3, "z": 3}, "permutations": 0}


def test_each_unit_is_the_detector_of_the_means_by_hand(cities):
    found = unit_scale(cities, "y", ["x", "z"], groupings=["county", "province"], **OPTIONS)
    assert list(found.units.index) == ["as given", "county", "province"]
    assert found.units["n"].tolist() == [240, 60, 20]
    for unit in ("as given", "county", "province"):
        frame = cities if unit == "as given" else cities.groupby(unit)[["y", "x", "z"]].mean()
        expected = sr.geodetector(frame, "y", ["x", "z"], bins=3, permutations=0).factors
        ours = found.factors[found.factors["unit"] == unit].set_index("factor")
        np.testing.assert_allclose(ours[["q", "q_adjusted"]], expected[["q", "q_adjusted"]], atol=1e-12)
        np.testing.assert_allclose(ours["p"], expected["p_central"], rtol=1e-9)
        held = expected.loc[expected["p_central"] <= 0.05, "q"].to_numpy()
        assert found.units.loc[unit, "significant"] == len(held)
        assert found.units.loc[unit, "q90"] == pytest.approx(np.quantile(held, 0.9), abs=1e-12)
        assert found.units.loc[unit, "q_mean"] == pytest.approx(held.mean(), abs=1e-12)
    assert found.chosen == found.units["q90"].idxmax()
    assert found.units["chosen"].sum() == 1


def test_weighted_means_and_majorities(cities):
    larger = aggregated(
        cities, "y", ["x", "soil"], grouping="county", weighted_by="people", at=None, bins={"x": 3}, missing="raise"
    )
    for county, own in cities.groupby("county"):
        assert larger.loc[county, "y"] == pytest.approx(np.average(own["y"], weights=own["people"]), rel=1e-13)
        assert larger.loc[county, "x"] == pytest.approx(np.average(own["x"], weights=own["people"]), rel=1e-12)
        assert larger.loc[county, "soil"] == own.groupby("soil")["people"].sum().idxmax()
    by_variable = aggregated(
        cities, "people", ["x"], grouping="county", weighted_by="people", at=None, bins={"x": 3}, missing="raise"
    )
    squares = (cities["people"] ** 2).groupby(cities["county"]).sum() / cities.groupby("county")["people"].sum()
    np.testing.assert_allclose(by_variable["people"], squares, rtol=1e-13)


def test_categories_keep_their_type_and_codes_are_not_averaged(cities):
    typed = cities.assign(
        soil=pd.Categorical(cities["soil"], categories=list("cab"), ordered=True),
        code=cities["soil"].map({"a": 1, "b": 2, "c": 7}),
    )
    larger = aggregated(
        typed, "y", ["soil", "code"], grouping="province", weighted_by=None, at=None, bins=None, missing="raise"
    )
    assert larger["soil"].dtype == typed["soil"].dtype
    assert set(larger["code"]) <= {1, 2, 7}
    counts = typed.groupby("province")["code"].value_counts().unstack(fill_value=0)
    assert larger["code"].tolist() == counts.idxmax(axis=1).tolist()  # of equals the first in order


def test_panels_are_aggregated_by_time(panel_study):
    plates = pd.Series(np.repeat([f"b{i}" for i in range(16)], 4), index=panel_study.ids)
    larger = aggregated(
        panel_study, "y", ["x"], grouping=plates, weighted_by=None, at=None, bins={"x": 3}, missing="raise"
    )
    by_hand = panel_study.frame(["y", "x"]).groupby(
        [np.repeat(plates.to_numpy(), 3), panel_study.data.index.get_level_values(1)]
    )
    np.testing.assert_allclose(larger, by_hand.mean(), rtol=1e-12)
    found = unit_scale(panel_study, "y", ["x"], groupings={"plate": plates}, at=2010, bins=3, permutations=0)
    assert found.units["n"].tolist() == [64, 16]


def test_several_studies_and_the_rule_for_equals(cities):
    studies = {"first": cities, "second": cities.copy(), "noise": cities.assign(y=cities["z"] * 0 + np.arange(240) % 7)}
    found = unit_scale(studies, "y", ["x"], bins=3, permutations=99)
    assert found.chosen == "first"
    assert found.units["chosen"].tolist() == [True, False, False]
    none = unit_scale(studies, "y", ["x"], bins=3, permutations=99, level=0.001)  # p is never below 1/100
    assert none.chosen is None
    assert none.units["q90"].isna().all()
    assert not none.units["chosen"].any()
    assert any("none is chosen" in note for note in none.notes)
    assert "Spatial unit scale" in found.summary()


def test_a_note_says_when_fewer_units_alone_raise_q():
    rng = np.random.default_rng(1)
    fine = pd.DataFrame({"x": rng.normal(size=2000)})
    fine["y"] = fine["x"] + rng.normal(size=2000)
    few = np.random.default_rng(4)
    coarse = pd.DataFrame({"x": few.normal(size=16)})
    coarse["y"] = coarse["x"] + few.normal(size=16)
    found = unit_scale({"coarse": coarse, "fine": fine}, "y", ["x"], bins=4, permutations=0, level=0.5)
    q, adjusted = found.units["q90"], found.units["q90_adjusted"]
    assert q["coarse"] > q["fine"]
    assert adjusted["coarse"] < adjusted["fine"]
    assert found.chosen == "coarse"
    assert any("largest at 'fine', not 'coarse'" in note for note in found.notes)


def test_errors_say_what_to_do(cities):
    with pytest.raises(InputError, match="at least two are needed"):
        unit_scale(cities, "y", ["x"], bins=3)
    with pytest.raises(InputError, match="aggregate one study"):
        unit_scale({"a": cities, "b": cities}, "y", ["x"], bins=3, groupings=["county"])
    with pytest.raises(UnknownNameError, match="contry"):
        unit_scale(cities, "y", ["x"], bins=3, groupings=["contry"])
    with pytest.raises(InputError, match="studies must be a mapping"):
        unit_scale([cities], "y", ["x"])
    with pytest.raises(InputError, match="negative at t000"):
        unit_scale(
            cities.assign(people=cities["people"].where(cities.index != "t000", -1)),
            "y", ["x"], bins=3, groupings=["county"], weighted_by="people",
        )  # fmt: skip
    with pytest.raises(InputError, match="sums to zero in c00"):
        unit_scale(
            cities.assign(people=cities["people"].where(cities["county"] != "c00", 0)),
            "y", ["x"], bins=3, groupings=["county"], weighted_by="people",
        )  # fmt: skip
    lost = cities.assign(county=cities["county"].where(cities.index != "t007"))
    with pytest.raises(MissingValuesError, match="1 of 240 rows have no group: t007"):
        unit_scale(lost, "y", ["x"], bins=3, groupings=["county"])
    assert unit_scale(lost, "y", ["x"], bins=3, groupings=["county"], missing="drop", permutations=0).units[
        "n"
    ].tolist() == [240, 60]
