"""Zones of a regression tree: against plain loops and scikit-learn, their rules, and a p-value that keeps its size."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeRegressor

from spatial_region.errors import ConstantVariableError, InputError, MissingValuesError, UnknownNameError
from spatial_region.geodetector._free_draws import free_draws
from spatial_region.geodetector._moments import centre, factor_test, stratum_moments
from spatial_region.geodetector._overlay_tree import Growth, grow_tree, largest_between, presort
from spatial_region.geodetector.gozh import gozh


def within(y):
    return float(((y - y.mean()) ** 2).sum())


def every_split(y, codes, categorical, units, least):
    """All divisions in two: by a cut of ranks, or by any set of categories."""
    for f, own in enumerate(codes):
        present = np.unique(own[units])
        if categorical[f]:
            sides = [set(side) for size in range(1, len(present)) for side in combinations(present, size)]
        else:
            sides = [set(present[: place + 1]) for place in range(len(present) - 1)]
        for side in sides:
            goes = np.isin(own[units], list(side))
            left, right = units[goes], units[~goes]
            if min(len(left), len(right)) >= least:
                yield within(y[units]) - within(y[left]) - within(y[right]), left, right


def plain_best_first(y, codes, categorical, leaves, least):
    parts, total = [np.arange(len(y))], within(y)
    while len(parts) < leaves:
        options = [
            (gain, place, left, right)
            for place, units in enumerate(parts)
            for gain, left, right in every_split(y, codes, categorical, units, least)
        ]
        options = [option for option in options if option[0] > 1e-10 * total]
        if not options:
            break
        _, place, left, right = max(options, key=lambda option: option[0])
        parts = [*parts[:place], left, right, *parts[place + 1 :]]
    return sorted(tuple(sorted(part)) for part in parts)


def plain_pruned(y, codes, categorical, units, least, least_split, cost):
    """Leaves of the whole tree after every branch is collapsed that does not pay for its leaves."""
    options = list(every_split(y, codes, categorical, units, least)) if len(units) >= least_split else []
    if not options or max(option[0] for option in options) <= 1e-10:
        return [units], 0.0
    gain, left, right = max(options, key=lambda option: option[0])
    below = [plain_pruned(y, codes, categorical, part, least, least_split, cost) for part in (left, right)]
    worth = gain - cost + below[0][1] + below[1][1]
    return (below[0][0] + below[1][0], worth) if worth > 0 else ([units], 0.0)


def sample(n, seed, levels=5):
    rng = np.random.default_rng(seed)
    codes = np.stack([np.unique(rng.normal(size=n).round(1), return_inverse=True)[1], rng.integers(0, levels, n)])
    codes[1] = np.unique(codes[1], return_inverse=True)[1]
    y = (codes[0] > codes[0].mean()) * 1.0 + np.isin(codes[1], [0, 3]) * 1.5 + rng.normal(size=n)
    return y - y.mean(), codes, np.array([False, True])


def parts_of(tree):
    zones = tree.zones()
    return sorted(tuple(np.flatnonzero(zones == zone)) for zone in range(zones.max() + 1))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("least", [1, 4])
def test_best_first_tree_against_all_divisions(seed, least):
    y, codes, categorical = sample(40, seed)
    tree = grow_tree(y, codes, presort(codes), categorical, Growth(5, least, 2, 0.01))
    expected = plain_best_first(y, codes, categorical, 5, least)
    assert parts_of(tree) == expected
    assert tree.between == pytest.approx(within(y) - sum(within(y[list(part)]) for part in expected), rel=1e-12)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [0.003, 0.03])
def test_pruned_tree_against_plain_recursion(seed, share):
    y, codes, categorical = sample(60, 100 + seed)
    tree = grow_tree(y, codes, presort(codes), categorical, Growth(0, 3, 9, share))
    leaves, _ = plain_pruned(y, codes, categorical, np.arange(60), 3, 9, share * within(y))
    assert parts_of(tree) == sorted(tuple(sorted(part)) for part in leaves)


@pytest.mark.parametrize("leaves", [0, 2, 9])
def test_numeric_factors_against_scikit_learn(leaves):
    rng = np.random.default_rng(leaves)
    x = rng.normal(size=(400, 5)).round(2)
    y = x[:, 0] + (x[:, 1] > 0) * x[:, 2] + rng.normal(size=400)
    y -= y.mean()
    codes = np.stack([np.unique(column, return_inverse=True)[1] for column in x.T])
    tree = grow_tree(y, codes, presort(codes), np.zeros(5, dtype=bool), Growth(leaves, 7, 20, 0.01))
    limit = {"max_leaf_nodes": leaves} if leaves else {"ccp_alpha": 0.01 * y.var()}
    theirs = DecisionTreeRegressor(min_samples_leaf=7, min_samples_split=20, random_state=0, **limit).fit(x, y)
    assert tree.between / (y @ y) == pytest.approx(theirs.score(x, y), abs=1e-13)
    assert len(set(zip(tree.zones(), theirs.apply(x), strict=True))) == theirs.get_n_leaves() == tree.zones().max() + 1


@pytest.fixture
def towns():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"rain": rng.uniform(0, 100, 150), "slope": rng.normal(size=150), "soil": rng.choice(list("abcd"), 150)},
        index=[f"t{i:03d}" for i in range(150)],
    )
    frame["y"] = 2.0 * (frame["rain"] > 40) + frame["soil"].isin(["b", "d"]) + rng.normal(0, 0.8, 150)
    return frame


FACTORS = ["rain", "slope", "soil"]


def test_q_is_that_of_the_zones_and_the_parts_sum_to_it(towns):
    found = gozh(towns, "y", FACTORS, permutations=0)
    left = towns.groupby(found.members)["y"].apply(within).sum()
    assert found.q == pytest.approx(1 - left / within(towns["y"].to_numpy()), abs=1e-13)
    assert found.splits["share"].sum() == pytest.approx(found.q, abs=1e-13)
    assert found.factors["share"].sum() == pytest.approx(found.q, abs=1e-13)
    assert found.zones["share"].sum() == found.q
    assert (found.q_adjusted - 1) / (found.q - 1) == pytest.approx(149 / (150 - len(found.zones)), rel=1e-12)
    means = towns.groupby(found.members)["y"].agg(["size", "mean", "std"])
    np.testing.assert_allclose(found.zones[["n", "mean", "sd"]], means, rtol=1e-12)
    assert np.isnan(found.p_permutation)
    assert found.spec.seed is None


def test_rules_select_exactly_the_members(towns):
    found = gozh(towns, "y", FACTORS, leaves=8, permutations=0)
    for zone, rule in found.zones["rule"].items():
        chosen = np.ones(len(towns), dtype=bool)
        for clause in rule.split(" and "):
            if " in {" in clause:
                name, listed = clause[:-1].split(" in {")
                chosen &= towns[name].isin(listed.split(", ")).to_numpy()
            else:
                chosen &= towns.eval(clause).to_numpy()
        assert set(towns.index[chosen]) == set(found.members.index[found.members == zone])
    assert any(" in {" in rule for rule in found.zones["rule"])


def test_neither_order_of_rows_nor_units_nor_monotone_factors_matter(towns):
    plain = gozh(towns, "y", FACTORS, permutations=99)
    shuffled = gozh(towns.sample(frac=1, random_state=1), "y", FACTORS, permutations=99)
    assert shuffled.members.reindex(towns.index).equals(plain.members)
    assert shuffled.q == pytest.approx(plain.q, abs=1e-14)
    assert shuffled.p_permutation == plain.p_permutation
    other = gozh(towns.assign(y=3 - 2 * towns["y"], rain=np.exp(towns["rain"] / 20)), "y", FACTORS, permutations=99)
    assert (pd.crosstab(other.members, plain.members) > 0).to_numpy().sum() == len(plain.zones)
    assert other.p_permutation == plain.p_permutation


def test_p_is_that_of_plain_loops_over_the_same_draws():
    y, codes, categorical = sample(30, 5, levels=3)
    order = np.lexsort((*codes, y))
    y, codes = y[order], np.ascontiguousarray(codes[:, order])
    draws = np.concatenate(list(free_draws(y, 20, np.random.default_rng(0))))
    ours = largest_between(draws, codes, presort(codes), categorical, Growth(3, 2, 4, 0.01))
    for row, between in zip(draws, ours, strict=True):
        parts = plain_best_first(row, codes, categorical, 3, 2)
        assert between == pytest.approx(within(row) - sum(within(row[list(part)]) for part in parts), rel=1e-10)


def test_p_keeps_its_size_where_the_f_test_of_the_zones_does_not():
    rng = np.random.default_rng(12)
    honest, naive = 0, 0
    for _ in range(200):
        frame = pd.DataFrame(rng.normal(size=(60, 4)), columns=["y", "a", "b", "c"])
        found = gozh(frame, "y", ["a", "b", "c"], leaves=4, permutations=99)
        honest += found.p_permutation <= 0.05
        outcome = centre(frame["y"].to_numpy())
        naive += factor_test(outcome, stratum_moments(outcome, found.members.to_numpy() - 1)).p_central <= 0.05
    assert 2 <= honest <= 20  # 5 % of 200, within three standard errors
    assert naive > 150


def test_without_a_worthy_split_all_rows_are_one_zone():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 2)), columns=["y", "x"])
    found = gozh(frame, "y", ["x"], share=0.5, permutations=19)
    assert (len(found.zones), found.q, found.p_permutation) == (1, 0.0, 1.0)
    assert found.zones.loc[1, "rule"] == "all"
    assert any("no split" in note for note in found.notes)
    assert "one zone" in found.summary()


def test_ordered_categories_keep_their_order_and_codes_are_declared(towns):
    frame = towns.assign(grade=pd.Categorical(towns["soil"], categories=list("acbd"), ordered=True))
    one = gozh(frame, "y", ["grade"], leaves=2, permutations=0, least_units=1)
    # "a" and "c" against "b" and "d" is a cut of the ordered categories too
    assert one.zones["rule"].tolist() == ["grade in {a, c}", "grade in {b, d}"]
    coded = towns.assign(code=towns["soil"].map({"a": 1, "b": 2, "c": 3, "d": 4}))
    with pytest.raises(InputError, match=r"'code' holds whole numbers with 4 distinct values .*categorical="):
        gozh(coded, "y", ["code"])
    as_codes = gozh(coded, "y", ["code"], categorical=["code"], leaves=2, permutations=0)
    as_numbers = gozh(coded, "y", ["code"], categorical=[], leaves=2, permutations=0)
    assert as_codes.zones["rule"].tolist() == ["code in {1, 3}", "code in {2, 4}"]
    assert "code <= " in as_numbers.zones.loc[1, "rule"]
    assert as_codes.q > as_numbers.q


def test_errors_name_what_is_wrong(towns):
    with pytest.raises(UnknownNameError, match=r"categorical names 'soli'.*'soil'"):
        gozh(towns, "y", FACTORS, categorical=["soli"])
    with pytest.raises(InputError, match="leaves must be a whole number of at least 2"):
        gozh(towns, "y", FACTORS, leaves=1)
    with pytest.raises(InputError, match="share must lie between 0 and 1"):
        gozh(towns, "y", FACTORS, share=0.0)
    with pytest.raises(InputError, match="'flat' is 2 in all 150 rows"):
        gozh(towns.assign(flat=2.0), "y", ["flat"], categorical=[])
    with pytest.raises(ConstantVariableError):
        gozh(towns.assign(y=1.0), "y", FACTORS)
    gap = towns.assign(rain=towns["rain"].where(towns.index != "t004"))
    with pytest.raises(MissingValuesError, match="t004"):
        gozh(gap, "y", FACTORS)
    assert list(gozh(gap, "y", FACTORS, missing="drop", permutations=0).dropped) == ["t004"]


def test_zones_lie_on_the_regions_of_a_study(panel_study):
    found = gozh(panel_study, "y", ["x"], at=2010, permutations=19, least_units=5)
    assert found.members.index.equals(panel_study.ids)
    assert found.table().equals(found.zones)
    pooled = gozh(panel_study, "y", ["x"], permutations=0)
    assert pooled.n == 192
    assert any("3 times are pooled" in note for note in pooled.notes)
    again = gozh(panel_study, "y", ["x"], at=2010, permutations=19, least_units=5)
    assert again.p_permutation == found.p_permutation


def test_a_tree_may_grow_to_single_rows():
    frame = pd.DataFrame({"y": [3.0, 1, 4, 1.5, 9, 2.6], "x": [1.0, 2, 3, 4, 5, 6.5]})
    found = gozh(frame, "y", ["x"], least_units=1, least_split=2, leaves=10**12, permutations=0)
    assert (len(found.zones), found.zones["n"].max()) == (6, 1)
    assert found.q == pytest.approx(1, abs=1e-14)
    assert np.isnan(found.q_adjusted)
    assert found.zones["sd"].isna().all()
