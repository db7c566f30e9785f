"""Theil's T and L: plain loops, the package inequality, identities, and what is refused."""

from __future__ import annotations

from itertools import permutations
from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inequality.theil import Theil, TheilD

import spatial_region as sr
from spatial_region.errors import (
    AlignmentError,
    DuplicateError,
    InputError,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)

REGIONS = [f"r{i:02d}" for i in range(12)]
LEVELS = pd.DataFrame(
    {"plate": list("eeeeeewwwwww"), "province": list("aabbccddeeef"), "city": list("112212341231")}, index=REGIONS
)


def plain(x, w, kind):
    """Theil by the definition, one region after the other."""
    mean = sum(a * b for a, b in zip(x, w, strict=True)) / sum(w)
    total = 0.0
    for value, weight in zip(x, w, strict=True):
        p = weight / sum(w)
        if kind == "L":
            total += p * log(mean / value)
        elif value > 0:
            total += p * value / mean * log(value / mean)
    return total


@pytest.fixture
def income():
    return pd.Series(np.random.default_rng(3).lognormal(9, 0.7, 12), REGIONS, name="income")


@pytest.fixture
def people():
    return pd.Series(np.random.default_rng(4).uniform(1, 9, 12), REGIONS)


@pytest.mark.parametrize("kind", ["T", "L"])
@pytest.mark.parametrize("weighted", [False, True])
def test_index_and_parts_are_those_of_plain_loops(income, people, kind, weighted):
    w = people if weighted else pd.Series(1.0, REGIONS)
    found = sr.theil(income, people if weighted else None, groups=LEVELS["plate"], kind=kind)
    row = found.table().loc["income"]
    assert row["theil"] == pytest.approx(plain(income, w, kind), rel=1e-12)
    share = w * income / (w * income).sum() if kind == "T" else w / w.sum()
    within, means, sizes = 0.0, [], []
    for group, own in income.groupby(LEVELS["plate"]):
        index = plain(own, w[own.index], kind)
        part = share[own.index].sum() * index
        within += part
        means.append((own * w[own.index]).sum() / w[own.index].sum())
        sizes.append(w[own.index].sum())
        detail = found.groups.loc[("plate", group)]
        assert detail["index"] == pytest.approx(index, rel=1e-12)
        assert detail["contribution"] == pytest.approx(part, rel=1e-12)
        assert detail["share"] == pytest.approx(100 * part / row["theil"], rel=1e-12)
        assert detail["n"] == 6
    assert row["within"] == pytest.approx(within, rel=1e-12)
    assert row["between"] == pytest.approx(plain(means, sizes, kind), rel=1e-11)


def test_agrees_with_the_package_inequality(income):
    codes = LEVELS["province"].to_numpy()
    theirs = TheilD(income.to_numpy(), codes)
    row = sr.theil(income, groups=LEVELS["province"]).table().loc["income"]
    assert row["theil"] == pytest.approx(float(Theil(income.to_numpy()).T), rel=1e-13)
    assert row["between"] == pytest.approx(float(theirs.bg[0]), rel=1e-12)
    assert row["within"] == pytest.approx(float(theirs.wg[0]), rel=1e-12)


@pytest.mark.parametrize("kind", ["T", "L"])
def test_nested_levels_divide_the_between_part_of_the_finest(income, people, kind):
    nested = sr.theil(income, people, groups=LEVELS, kind=kind).table().loc["income"]
    finest = LEVELS.agg("".join, axis=1)
    one = sr.theil(income, people, groups=finest, kind=kind).table().loc["income"]
    coarse = sr.theil(income, people, groups=LEVELS["plate"], kind=kind).table().loc["income"]
    middle = sr.theil(income, people, groups=LEVELS[["plate", "province"]], kind=kind).table().loc["income"]
    assert nested["between"] == pytest.approx(one["between"], rel=1e-12)
    assert nested["between_plate"] == pytest.approx(coarse["between"], rel=1e-12)
    assert nested["between_province"] == pytest.approx(middle["between"] - coarse["between"], rel=1e-10)
    assert nested["between_city"] == pytest.approx(one["between"] - middle["between"], rel=1e-10)
    parts = ["between_plate", "between_province", "between_city", "within"]
    assert nested[parts].sum() == pytest.approx(nested["theil"], rel=1e-13)
    assert nested[[f"share_{part}" for part in parts]].sum() == pytest.approx(100, rel=1e-13)


def test_groups_of_the_same_name_inside_two_others_are_two(income):
    # province "e" lies in plate "w" only, while city "1" lies in several provinces
    found = sr.theil(income, groups=LEVELS[["plate", "city"]]).groups.loc["city"]
    assert {"e / 1", "w / 1"} <= set(found.index)
    assert found["n"].sum() == 12


@settings(max_examples=40, deadline=None)
@given(
    x=st.lists(st.floats(1e-3, 1e6), min_size=4, max_size=12),
    kind=st.sampled_from(["T", "L"]),
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([1e-4, 0.3, 1e4, 7e8]),
)
def test_parts_sum_to_the_whole_whatever_the_values_and_units(x, kind, seed, scale):
    rng = np.random.default_rng(seed)
    labels = REGIONS[: len(x)]
    values = pd.Series(x, labels)
    weights = pd.Series(rng.uniform(0.1, 10, len(x)), labels)
    groups = pd.Series(rng.integers(0, 3, len(x)), labels)
    row = sr.theil(values, weights, groups=groups, kind=kind).table().iloc[0]
    assert row["within"] + row["between"] == pytest.approx(row["theil"], rel=1e-11, abs=1e-18)
    assert min(row["within"], row["between"], row["theil"]) >= 0
    if row["theil"] > 1e-12:
        assert row["share_within"] + row["share_between"] == pytest.approx(100, rel=1e-11)
    shuffled = rng.permutation(labels)
    again = sr.theil(values[shuffled], weights[rng.permutation(labels)], groups=groups, kind=kind).table().iloc[0]
    assert again.equals(row)
    renamed = sr.theil(values, weights, groups=groups.map({0: "z", 1: "y", 2: "x"}), kind=kind).table().iloc[0]
    assert renamed.equals(row)
    other = sr.theil(values * scale, weights / scale, groups=groups, kind=kind).table().iloc[0]
    np.testing.assert_allclose(other[["theil", "within", "between"]], row[["theil", "within", "between"]], 1e-9, 1e-15)


def test_replication_and_bounds():
    one = pd.Series([0.0, 0, 0, 5], list("abcd"))
    assert sr.theil(one).table()["theil"].item() == pytest.approx(log(4))  # all in one region: ln n
    twice = pd.concat([one, one.set_axis(list("efgh"))])
    assert sr.theil(twice).table()["theil"].item() == pytest.approx(log(4))
    assert sr.theil(one, pd.Series([1.0, 2, 3, 2], list("abcd"))).table()["theil"].item() == pytest.approx(log(4))


@pytest.mark.parametrize("kind", ["T", "L"])
def test_equal_values_have_no_inequality_and_no_shares(kind):
    equal = pd.Series(0.1, REGIONS)
    row = sr.theil(equal, pd.Series(np.arange(1, 13) / 7, REGIONS), groups=LEVELS["plate"], kind=kind).table().iloc[0]
    assert (row["theil"], row["within"], row["between"]) == (0, 0, 0)
    assert np.isnan(row["share_within"])


def test_nearly_equal_values_keep_their_digits():
    """T of 1 and 1 + e is e**2 / 8, where the textbook sum leaves nothing."""
    for e in (1e-4, 1e-6, 1e-7):
        values = pd.Series([1.0, 1.0 + e], ["a", "b"])
        for kind in ("T", "L"):
            assert sr.theil(values, kind=kind).table()["theil"].item() == pytest.approx(e**2 / 8, rel=2e-3)


def test_a_group_of_zeros_has_no_index_and_no_part():
    values = pd.Series([0.0, 0, 1, 3], list("abcd"))
    found = sr.theil(values, groups=pd.Series(list("ppqq"), list("abcd")))
    assert np.isnan(found.groups.loc[("group", "p"), "index"])
    assert found.groups.loc[("group", "p"), "contribution"] == 0
    row = found.table().iloc[0]
    assert row["theil"] == pytest.approx(plain(values, [1] * 4, "T"))
    assert row["within"] + row["between"] == pytest.approx(row["theil"])


def test_each_time_of_a_panel_is_its_own_cross_section(income, people):
    panel = pd.concat({2000: income, 2010: income**1.3}).swaplevel()
    moving = pd.concat({2000: LEVELS["plate"], 2010: LEVELS["plate"][::-1].set_axis(REGIONS)}).swaplevel()
    found = sr.theil(panel, people, groups=moving, kind="L")
    assert found.table().index.tolist() == [2000, 2010]
    assert found.table().index.name == "time"
    for time, groups in ((2000, LEVELS["plate"]), (2010, moving.xs(2010, level=1))):
        alone = sr.theil(panel.xs(time, level=1), people, groups=groups, kind="L")
        assert found.table().loc[time].tolist() == alone.table().iloc[0].tolist()
        assert found.groups.loc[time].equals(alone.groups)
    assert "Theil L (mean log deviation) of" in found.summary()


@pytest.mark.parametrize("kind", ["T", "L"])
@pytest.mark.parametrize("weighted", [False, True])
def test_p_between_is_that_of_all_arrangements(kind, weighted):
    rng = np.random.default_rng(6)
    labels = REGIONS[:9]
    x, w = rng.lognormal(0, 0.6, 9), rng.uniform(1, 5, 9) if weighted else np.ones(9)
    groups = np.array(list("aaabbbbcc"))
    values, weights = pd.Series(x, labels), pd.Series(w, labels)

    def between(g):
        means = [(x[g == k] * w[g == k]).sum() / w[g == k].sum() for k in "abc"]
        return plain(means, [w[g == k].sum() for k in "abc"], kind)

    every = [between(np.array(g)) for g in set(permutations(groups))]
    assert len(every) == 1260
    exact = np.mean([other >= between(groups) - 1e-12 for other in every])
    options = {"groups": pd.Series(groups, labels), "kind": kind, "permutations": 4999}
    found = sr.theil(values, weights if weighted else None, **options)
    p = found.table()["p_between"].item()
    assert abs(p - exact) < 4 * np.sqrt(exact * (1 - exact) / 4999) + 1 / 5000
    order = rng.permutation(labels)
    renamed = {**options, "groups": pd.Series(groups, labels).map({"a": "z", "b": "y", "c": "x"})[order]}
    again = sr.theil(values[order], weights if weighted else None, **renamed).table()["p_between"].item()
    assert again == p
    assert sr.theil(values, weights if weighted else None, **options, seed=1).table()["p_between"].item() != p
    assert found.spec.seed == 42


def test_p_between_rejects_a_true_null_as_often_as_it_says():
    rng = np.random.default_rng(1)
    index = pd.MultiIndex.from_product([REGIONS, range(400)])
    values = pd.Series(rng.lognormal(0, 1, len(index)), index)  # each time is a sample without groups
    p = sr.theil(values, groups=LEVELS["plate"], permutations=99).table()["p_between"]
    assert 0.02 < (p <= 0.05).mean() < 0.08
    assert p.min() >= 0.01
    with pytest.raises(InputError, match="none were given"):
        sr.theil(values, permutations=99)


def test_groups_side_by_side(income):
    panel = pd.concat({2000: income, 2010: income**1.3}).swaplevel()
    found = sr.theil(panel, groups=LEVELS)
    wide = found.wide()
    assert wide.index.tolist() == [2000, 2010]
    alone = sr.theil(panel, groups=LEVELS["plate"]).table()
    np.testing.assert_allclose(wide["share", "between"], alone["share_between"], rtol=1e-10)
    np.testing.assert_allclose(wide["share"][["e", "w", "between"]].sum(axis=1), 100)
    np.testing.assert_allclose(wide["index", "e"], found.groups.xs(("plate", "e"), level=["level", "group"])["index"])
    finest = found.wide("city")
    np.testing.assert_allclose(finest["share", "within"], found.table()["share_within"], rtol=1e-10)
    one = sr.theil(income, groups=LEVELS["plate"]).wide()
    assert one.index.tolist() == ["income"]
    assert one["whole", "theil"].item() == sr.theil(income).table()["theil"].item()
    with pytest.raises(UnknownNameError, match="no level 'town'"):
        found.wide("town")
    with pytest.raises(InputError, match="none were given"):
        sr.theil(income).wide()


def test_missing_values_are_named_or_left_out(income, people):
    gap = income.copy()
    gap["r03"] = np.nan
    with pytest.raises(MissingValuesError, match=r"'income' missing for 1 of 12 labels: r03"):
        sr.theil(gap)
    found = sr.theil(gap, people, groups=LEVELS["plate"], missing="drop")
    alone = sr.theil(gap.drop("r03"), people.drop("r03"), groups=LEVELS["plate"])
    assert found.table().equals(alone.table())
    assert "r03" in found.notes[0]
    assert found.notes[0] in found.summary()


def test_what_is_refused(income, people):
    zero = income.copy()
    zero["r02"] = 0.0
    with pytest.raises(InputError, match=r"Theil's L is undefined where a value is 0.*r02"):
        sr.theil(zero, kind="L")
    with pytest.raises(InputError, match=r"'income' is negative for 1 of 12 labels: r02"):
        sr.theil(zero.replace(0.0, -1.0))
    with pytest.raises(InputError, match=r"is 0 in all 12 regions"):
        sr.theil(income * 0)
    with pytest.raises(InputError, match=r"infinite for r02"):
        sr.theil(zero.replace(0.0, np.inf))
    with pytest.raises(InputError, match=r"weights must be positive; 1 are not: r00"):
        sr.theil(income, people.where(people.index != "r00", 0.0))
    with pytest.raises(AlignmentError, match=r"weights lack 1 of the 12 labels of the values: r05"):
        sr.theil(income, people.drop("r05"))
    with pytest.raises(AlignmentError, match=r"weights have 1 labels that the values lack: r05"):
        sr.theil(income.drop("r05"), people)
    with pytest.raises(AlignmentError, match=r"groups lack 1 of the 12"):
        sr.theil(income, groups=LEVELS["plate"].drop("r05"))
    with pytest.raises(InputError, match=r"'plate' divide no group of 'province'"):
        sr.theil(income, groups=LEVELS[["province", "plate"]])
    with pytest.raises(DuplicateError, match="found twice: r00"):
        sr.theil(pd.concat([income, income[:1]]))
    with pytest.raises(DuplicateError, match="value"):
        sr.theil(income, groups=LEVELS[["plate"]].set_axis(["value"], axis=1))
    with pytest.raises(OptionError, match="kind"):
        sr.theil(income, kind="t")
    with pytest.raises(InputError, match="pandas Series"):
        sr.theil(income.to_numpy())
    with pytest.raises(InputError, match="at least 2"):
        sr.theil(income[:1])
    with pytest.raises(InputError, match="groups must be"):
        sr.theil(income, groups={"r00": "a"})
    with pytest.raises(InputError, match=r"in this order; use values.swaplevel\(\)"):
        sr.theil(pd.concat({2000: income}, names=["year"]))
    with pytest.raises(InputError, match="weights have a time"):
        sr.theil(income, pd.concat({2000: people}).swaplevel())


def test_groups_may_cover_more_regions_and_callers_objects_stay_as_they_were(income):
    before = income.copy(), LEVELS.copy()
    some = income[:7]
    assert sr.theil(some, groups=LEVELS).table().equals(sr.theil(some, groups=LEVELS.loc[some.index]).table())
    assert income.equals(before[0])
    assert LEVELS.equals(before[1])
