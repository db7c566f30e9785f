"""Shares of q: against all orders of the factors, by plain pandas, for the whole and in every place."""

from __future__ import annotations

from itertools import permutations as orders

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from spatial_region.core.seeds import generator
from spatial_region.errors import InputError, OptionError
from spatial_region.geodetector._free_draws import free_draws
from spatial_region.geodetector._shapley import overlays, shapley_coefficients
from spatial_region.geodetector.gozh import gozh
from spatial_region.geodetector.lesh import lesh


def plain_q(frame, variable, names):
    y = frame[variable]
    fitted = frame.groupby(list(names))[variable].transform("mean") if names else y.mean()
    return 1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def shares_by_all_orders(value, names):
    """The mean over all orders of what a factor adds to those before it."""
    every = list(orders(names))
    return {
        name: np.mean([value(order[: order.index(name) + 1]) - value(order[: order.index(name)]) for order in every])
        for name in names
    }


@pytest.fixture
def plots():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({name: rng.choice(list("uvw"), 120) for name in "abcd"})
    frame["b"] = np.where(rng.random(120) < 0.6, frame["a"], frame["b"])  # overlaps a
    frame["y"] = (frame["a"] == "u") * 2.0 + (frame["c"] == frame["d"]) + rng.normal(size=120)
    return frame


NAMES = list("abcd")


def test_shares_are_those_of_all_orders_and_sum_to_q(plots):
    found = lesh(plots, "y", NAMES)
    expected = shares_by_all_orders(lambda held: plain_q(plots, "y", held), NAMES)
    np.testing.assert_allclose(found.factors["share"], [expected[name] for name in NAMES], atol=1e-13)
    assert found.q == pytest.approx(plain_q(plots, "y", NAMES), abs=1e-13)
    assert found.factors["share"].sum() == pytest.approx(found.q, abs=1e-13)
    assert found.factors["percent"].sum() == pytest.approx(100, abs=1e-10)
    for place, name in enumerate(NAMES):
        others = NAMES[:place] + NAMES[place + 1 :]
        assert found.factors.loc[name, "q_alone"] == pytest.approx(plain_q(plots, "y", [name]), abs=1e-13)
        last = plain_q(plots, "y", NAMES) - plain_q(plots, "y", others)
        assert found.factors.loc[name, "q_last"] == pytest.approx(last, abs=1e-13)


def test_local_shares_are_those_of_all_orders_in_every_row(plots):
    found = lesh(plots, "y", NAMES[:3])
    y, total = plots["y"], ((plots["y"] - plots["y"].mean()) ** 2).sum()

    def explained(held, row):
        mean = plots.groupby(list(held))["y"].transform("mean")[row] if held else y.mean()
        return ((y[row] - y.mean()) ** 2 - (y[row] - mean) ** 2) / total

    for row in (0, 17, 119):
        expected = shares_by_all_orders(lambda held, row=row: explained(held, row), NAMES[:3])
        np.testing.assert_allclose(found.local.loc[row], list(expected.values()), atol=1e-14)
    np.testing.assert_allclose(found.local.sum(), found.factors["share"], atol=1e-13)
    np.testing.assert_allclose(found.local.groupby(found.members).sum(), found.zone_shares, atol=1e-14)
    np.testing.assert_allclose(found.zone_shares.sum(axis=1), found.zones["share"], atol=1e-14)
    first = found.members[0]
    assert found.zones.loc[first, "rule"] == " and ".join(f"{name} {plots.loc[0, name]}" for name in NAMES[:3])
    np.testing.assert_allclose(found.zones["mean"], y.groupby(found.members).mean(), atol=1e-13)


def test_shares_of_pairs_sum_to_q_of_the_pair(plots):
    found = lesh(plots, "y", NAMES)
    for row in found.pairs.itertuples():
        pair = [row.factor_a, row.factor_b]
        expected = shares_by_all_orders(lambda held: plain_q(plots, "y", held), pair)
        assert (row.share_a, row.share_b) == pytest.approx(tuple(expected.values()), abs=1e-13)
        assert row.share_a + row.share_b == pytest.approx(row.q_ab, abs=1e-14)


def test_axioms(plots):
    twice = plots.assign(again=plots["a"], nothing=np.where(np.arange(120) < 60, "s", "t"))
    found = lesh(twice, "y", ["a", "again", "c"]).factors["share"]
    assert found["a"] == pytest.approx(found["again"], abs=1e-13)  # the same factor twice has the same share
    balanced = pd.DataFrame({"y": [0.0, 1, 2, 3] * 2, "r": list("aabbaabb"), "s": list("xyxyxyxy")})
    both = lesh(balanced, "y", ["r", "s"])  # crossed and additive: shares are the q of each
    assert both.factors["share"].to_dict() == pytest.approx({"r": 0.8, "s": 0.2}, abs=1e-14)
    order = lesh(plots, "y", NAMES[::-1]).factors["share"].reindex(NAMES)
    np.testing.assert_allclose(order, lesh(plots, "y", NAMES).factors["share"], atol=1e-13)


def test_trees_share_q_of_the_tree_of_all(plots):
    rng = np.random.default_rng(2)
    frame = plots.assign(x=rng.normal(size=120), z=rng.normal(size=120))
    frame["y"] = frame["y"] + 2 * (frame["x"] > 0.3)
    names = ["x", "z", "a"]
    found = lesh(frame, "y", names, overlay="tree")
    value = {held: gozh(frame, "y", held, permutations=0).q if held else 0.0 for held in subsets(names)}
    expected = shares_by_all_orders(lambda held: value[tuple(sorted(held, key=names.index))], names)
    np.testing.assert_allclose(found.factors["share"], list(expected.values()), atol=1e-13)
    whole = gozh(frame, "y", names, permutations=0)
    assert found.members.equals(whole.members)
    assert found.zones["rule"].tolist() == whole.zones["rule"].tolist()
    np.testing.assert_allclose(found.local.sum(), found.factors["share"], atol=1e-13)
    shuffled = lesh(frame.sample(frac=1, random_state=3), "y", names, overlay="tree")
    np.testing.assert_allclose(shuffled.local.sort_index(), found.local, atol=1e-14)


def subsets(names):
    return [tuple(name for f, name in enumerate(names) if held >> f & 1) for held in range(2 ** len(names))]


def test_expected_share_of_noise_is_the_mean_of_permutations(plots):
    found = lesh(plots, "y", NAMES[:3])
    rng = np.random.default_rng(0)
    drawn = [
        lesh(plots.assign(y=rng.permutation(plots["y"].to_numpy())), "y", NAMES[:3]).factors["share"]
        for _ in range(144)
    ]
    standard_error = np.std(drawn, axis=0) / 12
    assert (np.abs(np.mean(drawn, axis=0) - found.factors["expected"]) < 4 * standard_error).all()


@pytest.mark.parametrize("overlay", ["full", "tree"])
def test_p_is_that_of_plain_loops_over_the_same_draws(plots, overlay):
    frame = plots.sort_values(["y"], kind="stable").reset_index(drop=True)  # ties of y there are none
    found = lesh(frame, "y", NAMES[:2], overlay=overlay, permutations=39, seed=5)
    draws = np.concatenate(list(free_draws(frame["y"].to_numpy(), 39, generator(5, "lesh"))))
    shares = [lesh(frame.assign(y=row), "y", NAMES[:2], overlay=overlay).factors["share"] for row in draws]
    counts = np.sum(np.array(shares) >= found.factors["share"].to_numpy() - 1e-12, axis=0)
    assert found.factors["p_permutation"].tolist() == ((counts + 1) / 40).tolist()
    if overlay == "tree":
        np.testing.assert_allclose(found.factors["expected"], np.mean(shares, axis=0), atol=1e-12)


def test_every_overlay_is_numbered_without_gaps():
    rng = np.random.default_rng(1)
    codes = np.stack([np.unique(rng.integers(0, 40, 50), return_inverse=True)[1] for _ in range(5)])
    seen = set()
    for held, strata, count in overlays(codes, codes.max(axis=1) + 1):
        members = [f for f in range(5) if held >> f & 1]
        _, expected = np.unique(codes[members], axis=1, return_inverse=True)
        assert count == strata.max() + 1 == expected.max() + 1
        assert len(set(zip(strata, expected.ravel(), strict=True))) == count
        seen.add(held)
    assert seen == set(range(1, 32))


def test_coefficients_share_the_whole():
    for m in range(1, 8):
        coefficients = shapley_coefficients(m)
        assert coefficients[-1].sum() == pytest.approx(1)
        np.testing.assert_allclose(coefficients[1:-1].sum(axis=1), 0, atol=1e-15)


def test_errors_and_notes(plots):
    many = plots.assign(**{f"f{i}": plots["a"] for i in range(13)})
    with pytest.raises(InputError, match=r"names 13 factors, whose sets are 8,191 overlays.*at most 12"):
        lesh(many, "y", [f"f{i}" for i in range(13)])
    with pytest.raises(OptionError, match="overlay='trees' is not offered.*'tree'"):
        lesh(plots, "y", NAMES, overlay="trees")
    with pytest.raises(InputError, match="takes numbers as they are"):
        lesh(plots, "y", NAMES, overlay="tree", bins=3)
    sparse = lesh(plots.head(30), "y", NAMES)
    assert any("alone in their cell" in note for note in sparse.notes)
    assert "LESH, full overlay" in sparse.summary()
    assert sparse.table().equals(sparse.factors)


def test_bins_that_were_searched_are_named(plots):
    numeric = plots.assign(x=np.random.default_rng(0).normal(size=120))
    searched = lesh(numeric, "y", ["a", "x"], bins={"x": "optimal"})
    assert any("'x' were chosen for their q" in note for note in searched.notes)
    assert not any("chosen" in note for note in lesh(numeric, "y", ["a", "x"], bins={"x": 3}).notes)


def test_neither_order_of_rows_nor_units_matter(plots):
    plain = lesh(plots, "y", NAMES[:3], permutations=99)
    moved = plots.sample(frac=1, random_state=4)
    shuffled = lesh(moved.assign(y=7 - 3 * moved["y"]), "y", NAMES[:3], permutations=99)
    pd.testing.assert_frame_equal(
        shuffled.factors.drop(columns="p_permutation"), plain.factors.drop(columns="p_permutation")
    )
    np.testing.assert_allclose(shuffled.local.sort_index(), plain.local, atol=1e-14)
    same_sign = lesh(moved.assign(y=7 + 3 * moved["y"]), "y", NAMES[:3], permutations=99)
    assert same_sign.factors["p_permutation"].equals(plain.factors["p_permutation"])


def test_shares_lie_on_the_regions_of_a_study(panel_study):
    plate = pd.Series(np.where(np.arange(64) % 8 < 4, "West", "East"), index=panel_study.ids)
    study = panel_study.with_columns(plate=pd.Series(np.repeat(plate.to_numpy(), 3), index=panel_study.data.index))
    found = lesh(study, "y", ["plate", "x"], at=2010, bins={"x": 3})
    assert found.local.index.equals(study.ids)
    assert found.members.index.equals(study.ids)
    assert found.n == 64
    pooled = lesh(study, "y", ["plate", "x"], bins={"x": 3})
    assert pooled.n == 192
    assert any("3 times are pooled" in note for note in pooled.notes)


def test_p_last_is_the_f_test_of_nested_dummies(plots):
    found = lesh(plots, "y", NAMES[:3]).factors

    def residual(names):
        dummies = pd.get_dummies(plots[names].agg("".join, axis=1)).to_numpy(dtype=float)
        left = plots["y"] - dummies @ np.linalg.lstsq(dummies, plots["y"], rcond=None)[0]
        return float(left @ left), dummies.shape[1]

    whole, cells = residual(NAMES[:3])
    for place, name in enumerate(NAMES[:3]):
        less, fewer = residual(NAMES[:place] + NAMES[place + 1 : 3])
        f = (less - whole) / (cells - fewer) / (whole / (120 - cells))
        assert found.loc[name, "p_last"] == pytest.approx(stats.f.sf(f, cells - fewer, 120 - cells), rel=1e-9)


def test_p_last_keeps_its_size_beside_a_strong_factor():
    rng = np.random.default_rng(9)
    small = 0
    for _ in range(300):
        frame = pd.DataFrame(rng.normal(size=(150, 3)), columns=["y", "a", "b"])
        frame["y"] += 3 * np.digitize(frame["a"], frame["a"].quantile([1 / 3, 2 / 3]))
        small += lesh(frame, "y", ["a", "b"], bins=3).factors.loc["b", "p_last"] <= 0.05
    assert 5 <= small <= 27  # 5 % of 300, within three standard errors


def test_p_last_is_undefined_where_nothing_is_left_to_compare(plots):
    twice = lesh(plots.assign(again=plots["a"]), "y", ["a", "again"]).factors
    assert twice["p_last"].isna().all()  # neither divides a cell of the other
    exact = lesh(plots.assign(y=(plots["a"] == "u") * 1.0), "y", ["a", "c"]).factors
    assert exact["p_last"].isna().all()
    assert lesh(plots, "y", ["a", "c"], overlay="tree").factors["p_last"].isna().all()
