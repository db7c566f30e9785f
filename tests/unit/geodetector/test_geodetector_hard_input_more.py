"""Odd labels, groups, times, weights and options: a right answer, or an error that names what is wrong."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import DuplicateError, InputError, MissingValuesError, UnknownNameError, WeightsError
from spatial_region.geodetector._spatial_draws import spatial_modes


@pytest.fixture
def towns() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    zone = np.repeat(list("abc"), 12)
    return pd.DataFrame(
        {
            "y": rng.normal(size=36) + (zone == "a"),
            "zone": zone,
            "belt": np.tile(list("wxyz"), 9),
            "x": rng.normal(size=36),
        }
    )


@pytest.fixture
def panel(towns) -> pd.DataFrame:
    return towns.set_axis(pd.MultiIndex.from_product([list("ABCDEFGHI"), [2000, 2001, 2002, 2003]]))


def q_of(frame: pd.DataFrame, factor: str = "zone", **options: object) -> float:
    found = sr.geodetector(frame, "y", [factor], permutations=0, **options)
    return float(found.factors["q"].iloc[0])


# Strata and their labels


def test_codes_of_seven_digits_keep_labels_of_their_own(towns):
    codes = towns["zone"].map({"a": 1101001.0, "b": 1101002.0, "c": 1101003.0})
    found = sr.geodetector(towns.assign(zone=codes), "y", ["zone"], permutations=0)
    assert found.bins["stratum"].tolist() == ["1101001", "1101002", "1101003"]
    assert list(found.strata_by_row("zone").cat.categories) == ["1101001", "1101002", "1101003"]
    assert found.risk[["stratum_a", "stratum_b"]].drop_duplicates().shape == (3, 2)


def test_numbers_that_differ_in_late_digits_keep_labels_of_their_own(towns):
    near = towns["zone"].map({"a": 1.00000001, "b": 1.00000002, "c": 1.5})
    found = sr.geodetector(towns.assign(zone=near), "y", ["zone"], permutations=0)
    assert found.bins["stratum"].tolist() == ["1.00000001", "1.00000002", "1.5"]


def test_a_number_and_its_text_are_two_strata_in_every_table(towns):
    mixed = towns["zone"].map({"a": 1, "b": "1", "c": "c"}).astype(object)
    found = sr.geodetector(towns.assign(zone=mixed), "y", ["zone"], permutations=0)
    assert found.bins["stratum"].tolist() == ["1 (0)", "1 (1)", "c"]
    assert found.risk[["stratum_a", "stratum_b"]].drop_duplicates().shape == (3, 2)


def test_tuples_of_any_length_are_strata(towns):
    tuples = towns["zone"].map({"a": ("a", 1), "b": ("b",), "c": ("c", 1, 2)})
    assert q_of(towns.assign(zone=tuples)) == q_of(towns)


@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
def test_blank_categories_are_missing_as_blank_text_is(towns, blank):
    text = towns["zone"].replace("c", blank)
    for column in (text, text.astype("category")):
        with pytest.raises(MissingValuesError, match="'zone' is missing for 12 of 36"):
            q_of(towns.assign(zone=column))
    assert q_of(towns.assign(zone=text.astype("category")), missing="drop") == q_of(towns[towns["zone"] != "c"])


def test_infinite_numbers_are_missing_among_text_and_as_categories(towns):
    mixed = towns["zone"].astype(object).replace("c", np.inf)
    for column in (mixed, mixed.astype("category")):
        with pytest.raises(MissingValuesError, match="'zone' is missing for 12 of 36"):
            q_of(towns.assign(zone=column))


# Labels of columns and rows


def test_columns_of_several_levels_are_refused(towns):
    deep = pd.concat({"y": towns[["y"]], "zone": towns[["zone"]]}, axis=1)
    with pytest.raises(InputError, match="columns of the frame have 2 levels"):
        q_of(deep)


@pytest.mark.parametrize(("level", "what"), [(0, "region"), (1, "time")])
def test_rows_without_region_or_time_are_refused(panel, level, what):
    labels = panel.index.to_frame(index=False).astype(object)
    labels.iloc[:5, level] = None
    with pytest.raises(InputError, match=f"no {what} in 5 of 36 rows"):
        q_of(panel.set_axis(pd.MultiIndex.from_frame(labels)))


@pytest.mark.parametrize("options", [{}, {"time": "each"}, {"at": 7}])
def test_times_of_mixed_types_are_refused(panel, options):
    mixed = pd.MultiIndex.from_product([list("ABCDEFGHI"), [2000, "2001", 2002, 2003]])
    with pytest.raises(InputError, match="times cannot be put in order.*'2001'"):
        q_of(panel.set_axis(mixed), **options)


@pytest.mark.parametrize("time", ["each", "both"])
def test_a_time_called_pooled_does_not_take_the_place_of_the_whole(panel, time):
    named = pd.MultiIndex.from_product([list("ABCDEFGHI"), ["a", "b", "pooled", "z"]])
    with pytest.raises(InputError, match="a time is called 'pooled'"):
        q_of(panel.set_axis(named), time=time)


# Groups


GROUPS = {
    "string": pd.Series(["N"] * 12 + ["S"] * 12 + [None] * 12, dtype="string"),
    "boolean": pd.Series([True] * 12 + [False] * 12 + [None] * 12, dtype="boolean"),
    "Int64": pd.Series([1] * 12 + [2] * 12 + [None] * 12, dtype="Int64"),
    "blank": pd.Series(["N"] * 12 + ["S"] * 12 + [" "] * 12),
    "blank category": pd.Series(["N"] * 12 + ["S"] * 12 + [" "] * 12, dtype="category"),
    "tuples": pd.Series([("N", 1)] * 12 + [("S", 2)] * 12 + [None] * 12, dtype=object),
    "infinite": pd.Series([1.0] * 12 + [2.0] * 12 + [np.inf] * 12),
}


@pytest.mark.parametrize("kind", GROUPS)
def test_rows_without_a_group_are_in_none_whatever_the_type(towns, kind):
    found = sr.geodetector(towns.assign(part=GROUPS[kind]), "y", ["belt"], grouping="part", permutations=0)
    assert len(found.parts) == 3
    assert any(note.startswith("12 regions are in no group: 24, 25") for note in found.notes)
    assert list(found.factors.index.get_level_values("group")) == [group for group, _ in found.parts]
    q = [float(part.factors["q"].iloc[0]) for (group, _), part in found.parts.items() if group != "all"]
    assert sorted(q) == sorted([q_of(towns.iloc[:12], "belt"), q_of(towns.iloc[12:24], "belt")])


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA])
def test_rows_without_a_group_are_no_group_to_cut_within(towns, nothing):
    part = pd.Series(["N"] * 12 + ["S"] * 12 + [nothing] * 12, dtype=object)
    with pytest.raises(InputError, match="12 of 36 rows have no group to cut 'x' within"):
        q_of(towns.assign(part=part), "x", bins=3, cut_within="group", grouping="part")


def test_lists_as_groups_are_refused(towns):
    part = pd.Series([["N", 1]] * 12 + [["S", 2]] * 24, dtype=object)
    with pytest.raises(InputError, match="'part'.*found 36 rows with others, such as"):
        q_of(towns.assign(part=part), grouping="part")


def test_a_column_of_groups_that_occurs_twice_is_refused(towns):
    with pytest.raises(DuplicateError, match="grouping: the frame has 'belt' more than once"):
        q_of(pd.concat([towns, towns[["belt"]]], axis=1), grouping="belt")


def test_groups_by_region_and_time_must_be_a_column(panel):
    with pytest.raises(InputError, match="grouping is labelled by 2 levels"):
        q_of(panel, grouping=pd.Series("N", index=panel.index))


def test_a_frame_as_grouping_is_not_printed_whole(towns):
    with pytest.raises(InputError, match="found DataFrame"):
        q_of(towns, grouping=towns[["zone"]])


def test_numbers_and_texts_as_labels_are_told_apart_in_the_message(towns):
    with pytest.raises(sr.errors.AlignmentError, match=r"labelled '0', '1'.*the rows 0, 1"):
        q_of(towns, grouping=pd.Series("N", index=[str(row) for row in towns.index]))


def test_parts_that_fail_alike_are_told_of_once(towns):
    found = sr.geodetector(towns.assign(part=range(36)), "y", ["zone"], grouping="part", permutations=0)
    skipped = [note for note in found.notes if "not examined" in note]
    assert skipped == [
        "0, 1, 2, 3, 4 and 31 more: not examined. 1 of 1 rows are complete; the detector needs at least 3."
    ]
    assert len(found.skipped) == 36


def test_when_no_part_can_be_examined_the_message_names_one(panel):
    with pytest.raises(
        InputError, match="none of 4 parts can be examined. all regions at 2000: 'belt' has one stratum"
    ):
        sr.geodetector(panel, "y", ["zone", "belt"], time="each", permutations=0)


@pytest.mark.parametrize("group", ["True", ["N"], 5])
def test_a_part_that_is_not_there_is_named_with_those_that_are(towns, group):
    found = sr.geodetector(towns.assign(part=[True] * 18 + [False] * 18), "y", ["zone"], grouping="part")
    with pytest.raises(UnknownNameError, match=r"\(all, pooled\), \(False, pooled\), \(True, pooled\)"):
        found.part(group)


@pytest.mark.parametrize("grouping", [None, "part"])
def test_the_warning_of_small_strata_points_at_the_callers_line(towns, grouping):
    frame = towns.assign(part=["N"] * 18 + ["S"] * 18, pair=["a", "b"] * 17 + ["c", "c"])
    with pytest.warns(sr.errors.SmallSampleWarning) as caught:
        sr.geodetector(frame, "y", ["pair"], grouping=grouping, permutations=0)
    assert caught[0].filename == __file__


# Options


@pytest.mark.parametrize("option", ["triples", "permute_pairs"])
def test_text_is_no_yes(towns, option):
    with pytest.raises(InputError, match=f"{option} must be True or False; found 'no'"):
        q_of(towns, **{option: "no"})


@pytest.mark.parametrize("edges", [[-9, 0j, 9], [10**400, 1, 2], [-9, 0, 10**400, 10**401]])
def test_edges_must_be_real_and_ascending(towns, edges):
    with pytest.raises(InputError, match="at least three ascending edges"):
        q_of(towns, "x", bins=edges)


@pytest.mark.parametrize("bins", [(edge for edge in [-9, 0, 9]), {"x": (edge for edge in [-9, 0, 9])}])
def test_edges_that_can_be_read_once_only_are_refused(towns, bins):
    with pytest.raises(InputError, match="bins for 'x' must be a whole number"):
        q_of(towns, "x", bins=bins)


def test_no_k_at_all_is_told_apart_from_too_many(towns):
    with pytest.raises(InputError, match="'optimal' takes one k or several; found"):
        q_of(towns, "x", bins=("optimal", []))


def test_the_record_of_bins_is_not_changed_with_the_callers_own(towns):
    bins = {"x": [-9, 0, 9]}
    found = sr.geodetector(towns, "y", ["x"], bins=bins, permutations=0)
    bins["x"][1] = 1
    assert found.spec.options["bins"] == {"x": [-9, 0, 9]}


# Weights


def test_weights_that_nothing_would_use_are_refused(towns):
    w = sr.lattice(6, 6)
    with pytest.raises(InputError, match='w is used by permute="spatial" only'):
        q_of(towns.set_axis(w.ids), w=w)


def test_weights_without_a_link_have_no_pattern_to_keep(towns):
    ids = sr.lattice(6, 6).ids
    graph = _graph([(region, region, 1.0) for region in ids])
    with pytest.raises(WeightsError, match="w links no two of its 36 regions"):
        sr.geodetector(towns.set_axis(ids), "y", ["zone"], permute="spatial", w=graph, permutations=9)


def _graph(links: list[tuple[object, object, float]]) -> object:
    labels = pd.MultiIndex.from_tuples([link[:2] for link in links], names=["focal", "neighbor"])
    return Graph(pd.Series([link[2] for link in links], index=labels, name="weight"))


@pytest.mark.parametrize("unit", [1e-16, 1e-12, 1e12, 1e300])
def test_the_unit_of_weights_leaves_their_patterns_as_they_are(unit):
    rng = np.random.default_rng(0)
    places = rng.random((40, 2))
    apart = np.hypot(*(places[:, None] - places[None]).T) + np.eye(40)
    w = (1 - np.eye(40)) / apart**2
    plain, scaled = spatial_modes(w), spatial_modes(w * unit)
    np.testing.assert_allclose(scaled.vectors**2, plain.vectors**2, atol=1e-10)
    np.testing.assert_allclose(scaled.values / unit, plain.values, atol=1e-10 * np.abs(plain.values).max())


# The other detectors


def test_ks_of_one_number_or_by_a_tree(towns):
    w = sr.lattice(6, 6)
    frame = towns.set_axis(w.ids)
    one, listed = (
        sr.spade(frame, "y", ["x"], w=w, bins=3, ks=ks, permutations=0).factors["psmd"].iloc[0] for ks in (3, [3])
    )
    assert one == listed
    with pytest.raises(InputError, match="'x' is cut by 'tree'"):
        sr.spade(frame, "y", ["x"], w=w, bins="tree", ks=[3], permutations=0)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("unit", [2.0**-1060, 2.0**1000])
def test_the_unit_of_weights_changes_no_spatial_variance(towns, unit):
    ids = list(sr.lattice(6, 6).ids)
    links = [(ids[i], ids[(i + step) % 36], float(step)) for i in range(36) for step in (1, 3, 5)]
    plain, scaled = (
        sr.spade(towns.set_axis(ids), "y", ["zone"], w=_graph([(*link[:2], link[2] * by) for link in links]))
        for by in (1.0, unit)
    )
    pd.testing.assert_frame_equal(scaled.factors, plain.factors, check_exact=True)


@pytest.mark.parametrize("ks", [np.array([[3, 4]]), [10**12], [37]])
def test_numbers_of_strata_must_be_numbers_and_not_exceed_the_rows(towns, ks):
    with pytest.raises(InputError, match=r"each of ks must be|strata of 36 rows"):
        sr.compare_bins(towns, "y", ["x"], ks=ks, permutations=0)


def test_searching_many_strata_tries_those_that_can_be_chosen(towns):
    few, many = (
        sr.geodetector(towns, "y", ["x"], bins=("optimal", ks), permutations=0) for ks in ([3, 4], [3, 4, 13, 10**12])
    )
    pd.testing.assert_frame_equal(few.candidates, many.candidates)


@pytest.mark.parametrize("given", ["code", ["code"], iter(["code"]), ("code",)])
def test_one_name_or_any_series_of_names_says_which_numbers_are_codes(towns, given):
    codes = towns.assign(code=towns["zone"].map({"a": 3, "b": 1, "c": 2}))
    found = sr.gozh(codes, "y", ["code"], categorical=given, permutations=0)
    assert all("in {" in rule for rule in found.zones["rule"])
    assert found.spec.options["categorical"] == ["code"]


def test_codes_must_be_names(towns):
    with pytest.raises(InputError, match="categorical must be names of columns, as text; found 5"):
        sr.gozh(towns, "y", ["x"], categorical=5)
    with pytest.raises(UnknownNameError, match="categorical names 'code'"):
        sr.gozh(towns, "y", ["x"], categorical="code")


@pytest.mark.parametrize(
    ("studies", "groupings", "twice"),
    [
        ("one", ["part", "part"], "'part'"),
        ("one", {"as given": "part", "b": "part"}, "'as given'"),
        ("several", None, "'1'"),
    ],
)
def test_units_of_one_name_are_refused(towns, studies, groupings, twice):
    frame = towns.assign(part=np.repeat(range(12), 3))
    data = frame if studies == "one" else {1: frame, "1": frame.head(30), "c": frame.head(24)}
    with pytest.raises(DuplicateError, match=f"units are named twice: {twice}"):
        sr.unit_scale(data, "y", ["x"], groupings=groupings, bins=2, permutations=0)


def test_groupings_must_be_names_and_may_come_one_by_one(towns):
    frame = towns.assign(part=np.repeat(range(12), 3))
    with pytest.raises(InputError, match="groupings must be names of columns, as text; found 5"):
        sr.unit_scale(frame, "y", ["x"], groupings=5, bins=2)
    found = sr.unit_scale(frame, "y", ["x"], groupings=iter(["part"]), bins=2, permutations=0)
    assert found.spec.options["groupings"] == ["part"]


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_the_unit_of_weights_changes_no_mean(towns):
    frame = towns.assign(part=np.repeat(range(12), 3), people=np.arange(1.0, 37))
    plain, huge = (
        sr.unit_scale(one, "y", ["x"], groupings=["part"], weighted_by="people", bins=2, permutations=0).factors["q"]
        for one in (frame, frame.assign(people=frame["people"] * 2.0**1018))
    )
    np.testing.assert_allclose(huge, plain, rtol=1e-12)


def test_pairs_of_many_strata_are_compared_piece_by_piece(monkeypatch):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=400), "g": np.repeat([f"s{i}" for i in range(40)], 10)})
    whole = sr.geodetector(frame, "y", ["g"], permutations=0).risk
    monkeypatch.setattr(import_module("spatial_region.geodetector._studentized_range"), "_AT_ONCE", 7)
    pieces = sr.geodetector(frame, "y", ["g"], permutations=0).risk
    np.testing.assert_allclose(pieces["p_games_howell"], whole["p_games_howell"], rtol=1e-13)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("bins", ["equal", "natural", "sd", "headtail", "optimal", "loess", "tree"])
def test_values_whose_distance_is_no_number_are_refused(towns, bins):
    far = towns.assign(x=towns["x"].clip(-1, 1) * 1.7e308)
    with pytest.raises(InputError, match="'x' reaches from -1.7e.308 to 1.7e.308"):
        q_of(far, "x", bins=bins)
    with pytest.raises(InputError, match="'x' reaches from"):
        sr.compare_bins(far, "y", ["x"], permutations=0)


def test_advice_is_never_what_has_just_failed(towns):
    with pytest.raises(InputError, match="Cut it by another method"):
        q_of(towns.assign(x=[0.5] * 2 + [1.5] * 34), "x", bins={"x": ("changepoint", 2)})
    with pytest.raises(InputError, match="Leave it out"):
        q_of(towns.assign(x=0.5), "x", bins="optimal")
    with pytest.raises(InputError, match="Leave it out"):
        sr.compare_bins(towns.head(5), "y", ["x"], ks=[2], permutations=0)


# Figures


@pytest.mark.filterwarnings("ignore::spatial_region.errors.SmallSampleWarning")
def test_a_factor_without_q_has_a_line_without_a_bar(towns):
    alone = towns.assign(alone=["a"] * 26 + list("bcdefghijk"))
    found = sr.geodetector(alone, "y", ["alone", "zone"], singletons="drop", permutations=0)
    assert np.isnan(found.factors.loc["alone", "q"])
    drawn = viz.plot(found, kind="factor").data
    assert drawn.index.tolist() == ["zone", "alone"]
    assert drawn["text"].tolist()[1] == "–"
    only = sr.geodetector(alone, "y", ["alone"], singletons="drop", permutations=0)
    assert viz.plot(only, kind="factor", lang="zh").data["text"].tolist() == ["–"]


def test_a_matrix_of_too_many_strata_is_refused():
    rng = np.random.default_rng(3)
    many = pd.DataFrame({"y": rng.normal(size=600), "g": np.repeat([f"s{i}" for i in range(150)], 4)})
    found = sr.geodetector(many, "y", ["g"], permutations=0)
    with pytest.raises(InputError, match="cells of 'g' with 150 strata"):
        viz.plot(found, kind="risk")
