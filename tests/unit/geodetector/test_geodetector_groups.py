"""Groups, times, strata within them, one-unit strata and ways to permute, through the front door."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import spatial_region as sr
from spatial_region.errors import (
    AlignmentError,
    DuplicateError,
    InputError,
    OptionError,
    SmallSampleWarning,
    UnknownNameError,
    WeightsError,
)

TIMES = [2000, 2010, 2020]


@pytest.fixture(scope="module")
def study():
    cells = [(row, column) for row in range(7) for column in range(7)]
    regions = gpd.GeoDataFrame(
        {
            "id": [f"r{row}{column}" for row, column in cells],
            "part": ["north" if row < 3 else "south" for row, _ in cells],
        },
        geometry=[box(1000 * column, 1000 * row, 1000 * column + 1000, 1000 * row + 1000) for row, column in cells],
        crs=3857,
    )
    rng = np.random.default_rng(7)
    table = pd.DataFrame(
        [(region, time) for region in regions["id"] for time in TIMES], columns=["region", "time"]
    ).assign(a=lambda frame: rng.normal(size=len(frame)), b=lambda frame: rng.normal(size=len(frame)))
    table["y"] = table["a"] ** 2 + rng.normal(size=len(table))
    return sr.join(sr.read_regions(regions, id="id"), table, on="region", time="time")


def same(ours: pd.DataFrame, alone: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(ours.reset_index(drop=True), alone.reset_index(drop=True))


def test_each_part_is_what_it_is_alone(study):
    found = sr.geodetector(study, "y", ["a", "b"], bins=4, grouping="part", time="both", permutations=49)
    assert found.levels == ("group", "time")
    assert len(found.parts) == 3 * 4
    for group in ("all", "north", "south"):
        own = study if group == "all" else study.within("part", group)
        for time in ("pooled", *TIMES):
            alone = sr.geodetector(own, "y", ["a", "b"], bins=4, at=None if time == "pooled" else time, permutations=49)
            same(found.factors.loc[(group, time)], alone.factors)
            for table in ("interactions", "risk", "ecological", "bins"):
                stacked = getattr(found, table)
                chosen = stacked[(stacked["group"] == group) & (stacked["time"] == time)]
                same(chosen.drop(columns=["group", "time"]), getattr(alone, table))
            same(found.part(group, time=time).factors, alone.factors)


def test_only_what_was_asked_for_tells_parts_apart(study):
    by_time = sr.geodetector(study, "y", ["a"], bins=4, time="each", permutations=0)
    assert by_time.factors.index.names == ["time", "factor"]
    assert list(by_time.factors.index.get_level_values("time")) == TIMES
    by_group = sr.geodetector(study, "y", ["a"], bins=4, grouping="part", permutations=0)
    assert by_group.factors.index.names == ["group", "factor"]
    assert list(by_group.factors.index.get_level_values("group")) == ["all", "north", "south"]


def test_a_grouping_may_be_a_series_and_leave_regions_out(study):
    groups = study.regions["part"].replace({"south": None})
    found = sr.geodetector(study, "y", ["a"], bins=4, grouping=groups, permutations=0)
    assert list(found.factors.index.get_level_values("group")) == ["all", "north"]
    assert any("28 regions are in no group" in note for note in found.notes)
    named = sr.geodetector(study, "y", ["a"], bins=4, grouping="part", permutations=0)
    assert found.factors.loc["north"].equals(named.factors.loc["north"])


def test_the_order_of_rows_changes_nothing(study):
    frame = study.frame(["y", "a", "b", "part"])
    shuffled = frame.sample(frac=1, random_state=3)
    options = {"bins": 4, "grouping": "part", "time": "both", "permutations": 49, "permute": "whole_regions"}
    ours = sr.geodetector(frame, "y", ["a", "b"], **options)
    theirs = sr.geodetector(shuffled, "y", ["a", "b"], **options)
    pd.testing.assert_frame_equal(ours.factors, theirs.factors)
    pd.testing.assert_frame_equal(ours.interactions, theirs.interactions)


def test_strata_within_times_are_those_of_each_year(study):
    found = sr.geodetector(study, "y", ["a"], bins=4, cut_within="time", permutations=0)
    expected = study.data.groupby(level=1)["a"].transform(lambda own: pd.qcut(own, 4, labels=False))
    codes = found.strata_by_row("a").astype(int) - 1
    assert (codes == expected).all()
    given = sr.geodetector(study.with_columns(code=expected), "y", ["code"], bins={"code": None}, permutations=0)
    assert found.factors["q"].to_numpy() == pytest.approx(given.factors["q"].to_numpy(), abs=1e-14)


def test_strata_within_groups_and_of_the_whole(study):
    within = sr.geodetector(study, "y", ["a"], bins=3, grouping="part", cut_within="group", permutations=0)
    alone = sr.geodetector(study, "y", ["a"], bins=3, grouping="part", permutations=0)
    for group in ("north", "south"):
        assert within.factors.loc[group]["q"].equals(alone.factors.loc[group]["q"])
    whole = sr.geodetector(study, "y", ["a"], bins=3, grouping="part", cut_within="whole", permutations=0)
    everyone = sr.geodetector(study, "y", ["a"], bins=3, permutations=0)
    north = whole.bins[whole.bins["group"] == "north"]
    assert set(north["stratum"]) <= set(everyone.bins["stratum"])
    strata = everyone.strata_by_row("a")
    own = study.data["y"][strata.index.get_level_values(0).isin(study.within("part", "north").ids)]
    pieces = own.groupby(strata[own.index], observed=True)
    q = 1 - (pieces.var(ddof=0) * pieces.size()).sum() / (own.var(ddof=0) * len(own))
    assert whole.factors.loc[("north", "a"), "q"] == pytest.approx(q, abs=1e-12)


def test_dominant_pairs_by_part(study):
    data = study.with_columns(c=study.data["b"] * study.data["a"])
    found = sr.geodetector(data, "y", ["a", "b", "c"], bins=4, grouping="part", permutations=0)
    top = found.dominant(2)
    assert list(top["rank"]) == [1, 2] * 3
    for group, own in top.groupby("group"):
        pairs = found.interactions[found.interactions["group"] == group]
        assert list(own["q_ab"]) == sorted(pairs["q_ab"], reverse=True)[:2]
    with pytest.raises(InputError, match="top must be a whole number"):
        found.dominant(0)


def test_parts_that_cannot_be_examined_are_listed_with_their_reason(study):
    groups = study.regions["part"].where(study.ids != "r00", "one region").where(study.ids != "r01", "one region")
    found = sr.geodetector(study, "y", ["a"], bins=5, grouping=groups, time="each", permutations=0)
    assert {key[0] for key in found.skipped} == {"one region"}
    assert "2 of 2 rows" in found.skipped[("one region", 2000)]
    with pytest.raises(UnknownNameError, match="It was skipped: 2 of 2 rows"):
        found.part("one region", time=2000)
    with pytest.raises(UnknownNameError, match="no part 'nort'"):
        found.part("nort")
    with pytest.raises(InputError, match="has 16 distinct values|fewer than the 200 strata"):
        sr.geodetector(study, "y", ["a"], bins=200, grouping="part", permutations=0)


def test_one_unit_strata_kept_and_dropped():
    frame = pd.DataFrame({"y": [1.0, 2, 4, 7, 5, 9, 30], "x": list("aabbccd"), "z": list("uvuvuvu")})
    with pytest.warns(SmallSampleWarning, match="They are kept"):
        kept = sr.geodetector(frame, "y", ["x", "z"], permutations=0)
    with pytest.warns(SmallSampleWarning, match="Those of one unit are left out"):
        dropped = sr.geodetector(frame, "y", ["x", "z"], singletons="drop", permutations=49)
    rest = frame[frame["x"] != "d"]
    with pytest.warns(SmallSampleWarning):
        alone = sr.geodetector(rest, "y", ["x"], permutations=0)
    assert kept.factors.loc["x", ["n", "strata", "singletons"]].tolist() == [7, 4, 1]
    assert dropped.factors.loc["x", ["n", "strata", "singletons"]].tolist() == [6, 3, 1]
    assert dropped.factors.loc["x", "q"] == pytest.approx(alone.factors.loc["x", "q"], abs=1e-14)
    assert dropped.factors.loc["x", "p_wang"] == pytest.approx(alone.factors.loc["x", "p_wang"], rel=1e-9)
    assert dropped.factors.loc["z", "q"] == kept.factors.loc["z", "q"]
    assert np.isnan(dropped.interactions["q_ab"]).all()  # every overlay is one unit
    assert list(dropped.interactions["type"]) == ["undefined"]
    assert len(dropped.plot().data) == 3
    assert any("left out: 'x' (1)" in note for note in dropped.notes)


def test_each_way_to_permute_has_its_column(study):
    w = sr.contiguity(study)
    ways = ["spatial", "within_regions", "whole_regions"]
    found = sr.geodetector(study, "y", ["a", "part"], bins={"a": 4}, permute=ways, w=w, permutations=99)
    columns = ["p_permutation", "p_within_regions", "p_whole_regions", "p_spatial"]
    assert [column for column in found.factors if column.startswith("p_")][2:] == columns
    assert found.factors[columns].notna().all(axis=None)
    assert found.factors.loc["a", columns].max() == 0.01
    assert found.factors.loc["part", "p_within_regions"] == 1.0  # does not vary within regions
    plain = sr.geodetector(study, "y", ["a", "part"], bins={"a": 4}, permutations=99)
    assert plain.factors["p_permutation"].equals(found.factors["p_permutation"])
    assert "p_spatial" not in plain.factors
    each = sr.geodetector(study, "y", ["a"], bins=4, permute=ways, w=w, time="both", permutations=19)
    assert each.factors["p_within_regions"].notna().tolist() == [True, False, False, False]
    assert each.factors["p_spatial"].notna().all()


def test_spatial_draws_take_weights_by_label(study):
    w = sr.contiguity(study)
    at = {"bins": 4, "at": 2010, "permute": "spatial", "permutations": 99}
    ours = sr.geodetector(study, "y", ["a"], w=w, **at)
    other_order = w.reorder(list(study.ids[::-1]))
    assert sr.geodetector(study, "y", ["a"], w=other_order, **at).factors.equals(ours.factors)
    frame = study.at(2010).frame(["y", "a"]).sample(frac=1, random_state=1)
    by_frame = sr.geodetector(frame, "y", ["a"], w=w, bins=4, permute="spatial", permutations=99)
    pd.testing.assert_frame_equal(by_frame.factors, ours.factors)
    with pytest.raises(WeightsError, match="w lacks 49 of 49 regions"):
        sr.geodetector(frame.reset_index(drop=True), "y", ["a"], w=w, bins=4, permute="spatial")
    with pytest.raises(WeightsError, match="pass w="):
        sr.geodetector(frame, "y", ["a"], bins=4, permute="spatial")


def test_triples(study):
    found = sr.geodetector(study, "y", ["a", "b", "part"], bins={"a": 3, "b": 3}, triples=True, permutations=0)
    codes = [found.strata_by_row(factor).astype(str) for factor in ("a", "b", "part")]
    cell = codes[0] + "|" + codes[1] + "|" + codes[2]
    y = study.data["y"]
    pieces = y.groupby(cell)
    q = 1 - (pieces.var(ddof=0) * pieces.size()).sum() / (y.var(ddof=0) * len(y))
    row = found.triples.iloc[0]
    assert row["q_abc"] == pytest.approx(q, abs=1e-12)
    assert row["strata"] == cell.nunique()
    assert row["q_pair"] == found.interactions["q_ab"].max()
    assert sr.geodetector(study, "y", ["a", "b"], bins=3, permutations=0, triples=True).triples.empty


def test_corrections_are_within_their_family(study):
    found = sr.geodetector(study, "y", ["a", "b"], bins=4, permutations=0)
    risk = found.table("risk", correction="bonferroni")
    assert risk["p_adjusted"].to_numpy() == pytest.approx(np.minimum(found.risk["p"] * 6, 1))
    factors = found.table(correction="bonferroni")
    assert factors["p_central_adjusted"].to_numpy() == pytest.approx(np.minimum(found.factors["p_central"] * 2, 1))
    pair = found.table("interaction", correction="holm")
    assert pair["p_increment_adjusted"].equals(found.interactions["p_increment"].rename("p_increment_adjusted"))
    with pytest.raises(OptionError, match="correction='none'"):
        found.table("risk", correction="none")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"time": "all"}, OptionError, "time='all'"),
        ({"cut_within": "year"}, OptionError, "cut_within='year'"),
        ({"cut_within": "group"}, InputError, "needs groups"),
        ({"singletons": "no"}, OptionError, "singletons='no'"),
        ({"permute": "columns"}, OptionError, "permute='columns'"),
        ({"permute": ["spatial", 3]}, OptionError, "permute=3"),
        ({"level": 95}, InputError, "level"),
        ({"grouping": "plate"}, UnknownNameError, "no variable 'plate'"),
        ({"grouping": 3}, InputError, "grouping must be the name of a column"),
        ({"grouping": pd.Series(["x", "y"], index=["r00", "r00"])}, DuplicateError, "found twice: r00"),
        ({"grouping": pd.Series(["x", "y"], index=["q1", "q2"])}, AlignmentError, "none of the regions"),
        ({"bins": "optimal", "cut_within": "whole", "grouping": "part"}, InputError, "looks at the variable"),
        ({"bins": "tree", "cut_within": "time"}, InputError, "cannot be cut within groups"),
        ({"at": 2000, "time": "each"}, InputError, "these have no time"),
        ({"at": 2000, "permute": "whole_regions"}, InputError, "needs rows by region and several times"),
    ],
)
def test_what_cannot_be_is_refused(study, options, error, said):
    with pytest.raises(error, match=said):
        sr.geodetector(study, "y", ["a"], **{"bins": 4, "permutations": 9, **options})


def test_whole_regions_need_a_balanced_panel(study):
    gap = study.with_columns(y=study.data["y"].where(study.data.index != ("r33", 2010)))
    with pytest.raises(InputError, match=r"r33 at 2010 have no row"):
        sr.geodetector(gap, "y", ["a"], bins=4, missing="drop", permute="whole_regions", permutations=9)
    twice = pd.concat([study.frame(["y", "a"]), study.frame(["y", "a"]).iloc[:1]])
    with pytest.raises(DuplicateError, match=r"1 rows of region and time occur more than once: r00 at 2000"):
        sr.geodetector(twice, "y", ["a"], bins=4, permutations=9)
