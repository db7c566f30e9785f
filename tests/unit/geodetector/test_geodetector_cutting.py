"""One factor cut by any rule: strata, candidates, and permutation p-values that keep their level."""

from __future__ import annotations

import numpy as np
import pytest

from spatial_region.errors import InputError, OptionError
from spatial_region.geodetector import cutting
from spatial_region.geodetector._breaks import RULES
from spatial_region.geodetector._draws import FreeRows
from spatial_region.geodetector._moments import centre, factor_test, stratum_moments
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector._statistics import FixedStrata
from spatial_region.geodetector.cutting import cut_factor, cut_factors
from spatial_region.geodetector.optimal import every_candidate, try_all
from spatial_region.geodetector.rules import parse_rule
from spatial_region.geodetector.strata import rule_strata

EVERY_RULE = [
    3, "equal", "natural", "geometric", "sd", "headtail", "optimal", "loess", "changepoint", "tree", [0, 1, 2, 1e6],
    ("loess", [2, 3, 4, 5], "quantile"), ("changepoint", 3), ("tree", 4),
]  # fmt: skip


@pytest.fixture
def sample():
    rng = np.random.default_rng(12)
    x = rng.lognormal(size=90)
    return x, centre(np.sqrt(x) + rng.normal(size=90))


def q_of(outcome, codes):
    return factor_test(outcome, stratum_moments(outcome, codes)).q


def cut(x, outcome, bins):
    return cut_factor(x, parse_rule(bins, "x"), outcome, factor="x")


@pytest.mark.parametrize("bins", EVERY_RULE, ids=str)
def test_the_statistic_of_the_data_is_the_q_of_the_strata(sample, bins):
    x, outcome = sample
    made = cut(x, outcome, bins)
    q = q_of(outcome, made.strata.codes)
    assert made.statistic.q_of(outcome.centred[None, :])[0] == pytest.approx(q, rel=1e-12)
    if made.chosen is not None:
        assert made.chosen in made.candidates
        assert made.chosen.q == pytest.approx(q, rel=1e-12)
    assert np.bincount(made.strata.codes).min() >= 1
    lower, upper = made.strata.lower[made.strata.codes], made.strata.upper[made.strata.codes]
    assert (lower <= x).all()
    assert (x <= upper).all()


@pytest.mark.parametrize("bins", EVERY_RULE, ids=str)
def test_neither_the_order_of_units_nor_units_of_measurement_matter(sample, bins):
    x, outcome = sample
    made = cut(x, outcome, bins).strata
    order = np.random.default_rng(1).permutation(len(x))
    turned = cut(x[order], centre(outcome.centred[order] * 37 - 1e3), bins).strata
    np.testing.assert_array_equal(turned.codes, made.codes[order])
    np.testing.assert_allclose(turned.upper, made.upper, rtol=1e-12)


@pytest.mark.parametrize("bins", ["changepoint", "tree", "optimal", "loess"])
def test_p_is_that_of_cutting_anew_for_every_permutation(sample, bins):
    x, outcome = sample
    made = cut(x, outcome, bins)
    rng = np.random.default_rng(3)
    rows = np.array([rng.permutation(outcome.centred) for _ in range(40)])
    again = [cut(x, centre(y), bins) for y in rows]
    expected = [q_of(centre(y), one.strata.codes) for y, one in zip(rows, again, strict=True)]
    np.testing.assert_allclose(made.statistic.q_of(rows), expected, rtol=1e-10)


def test_several_factors_in_threads_are_cut_as_one_by_one(monkeypatch, sample):
    x, outcome = sample
    rules = ["optimal", "natural", "changepoint", 4]
    wanted = {f"f{i}": (x ** (1 + i), parse_rule(rule, "x")) for i, rule in enumerate(rules)}
    alone = cut_factors(wanted, outcome)
    monkeypatch.setattr(cutting, "_WORTH_IT", 1)
    monkeypatch.setattr(cutting, "processors", lambda: 3)
    together = cut_factors(wanted, outcome)
    assert list(together) == list(alone)
    for factor, own in alone.items():
        np.testing.assert_array_equal(together[factor].strata.codes, own.strata.codes)
    with pytest.raises(InputError, match="'f0' has 90 distinct values, fewer than the 99 strata"):
        cut_factors({"f0": (x, parse_rule(99, "x")), "f1": (x, parse_rule(3, "x"))}, outcome)


def test_fixed_rules_keep_the_statistic_of_their_strata(sample):
    x, outcome = sample
    made = cut(x, outcome, ("natural", 4))
    assert isinstance(made.statistic, FixedStrata)
    np.testing.assert_array_equal(made.statistic.codes, made.strata.codes)
    assert made.candidates == ()


def test_change_point_edges_lie_midway_and_the_strata_have_three_units(sample):
    x, outcome = sample
    strata = cut(x, outcome, ("changepoint", 5)).strata
    ordered = np.sort(x)
    for edge in strata.upper[:-1]:
        below, above = ordered[ordered <= edge].max(), ordered[ordered > edge].min()
        assert edge == pytest.approx((below + above) / 2, rel=1e-15)
    assert np.bincount(strata.codes).min() >= 3
    assert (strata.method, strata.asked, strata.n_strata) == ("changepoint", 5, 5)


def test_head_and_tail_strata_are_as_many_as_the_values_ask_for():
    x = np.array([1.0, 1, 2, 2, 3, 3, 4, 4, 20, 50])
    strata = cut(x, centre(np.arange(10.0) ** 2), "headtail").strata
    assert strata.labels == ("[1, 9]", "(9, 35]", "(35, 50]")
    assert strata.asked == 3


def test_levelling_off_takes_fewer_strata_than_the_largest_q_and_a_fixed_method_if_asked(sample):
    x, outcome = sample
    best, level = cut(x, outcome, "optimal").chosen, cut(x, outcome, "loess").chosen
    assert level.k < best.k
    assert level.q < best.q
    by = cut(x, outcome, ("loess", range(3, 9), "quantile"))
    assert {one.method for one in by.candidates} == {"quantile"}
    assert by.strata.method == "quantile"


def test_candidates_of_an_emptied_interval_are_listed_and_not_allowed(sample):
    x = np.concatenate((np.linspace(0, 1, 45), np.linspace(9, 10, 45)))
    _, outcome = sample
    every = every_candidate(x, outcome, (2, 5), ("equal",))
    assert [(one.k, one.n_strata, one.allowed) for one in every] == [(2, 2, True), (5, 2, False)]
    assert [one.k for one in try_all(x, outcome, (2, 5), factor="x", methods=("equal",))] == [2]
    for one in every_candidate(*sample, range(2, 9), (*RULES, "headtail", "changepoint", "tree")):
        codes = np.searchsorted(one.edges[1:-1], sample[0], side="left")
        assert one.q == pytest.approx(q_of(sample[1], np.unique(codes, return_inverse=True)[1]), rel=1e-11)
        counts = np.bincount(codes)
        assert one.smallest == counts[counts > 0].min()


@pytest.mark.parametrize(
    ("bins", "message"),
    [
        (("changepoint", 4), r"no 4 strata by 'changepoint': each must have at least 3 rows.*\('changepoint', 3\)"),
        (("tree", 4), r"no 4 strata by 'tree': a cut must explain something.*\('tree', 3\)"),
        ("loess", r"'loess' needs at least 3 different k"),
    ],
)
def test_what_cannot_be_fitted_says_what_to_do(bins, message):
    x = np.arange(11.0)
    with pytest.raises(InputError, match=message):
        cut(x, centre(np.sin(x)), bins)


def test_fitted_rules_need_the_variable():
    with pytest.raises(InputError, match="give the variable too"):
        rule_strata(np.arange(20.0), parse_rule("tree", "x"), factor="x")


def test_how_the_new_rules_are_read():
    assert parse_rule("headtail", "x").ks == ()
    assert parse_rule("loess", "x").ks == (3, 4, 5, 6, 7, 8)
    assert parse_rule(("loess", range(3, 23), "quantile"), "x").by == "quantile"
    assert parse_rule("changepoint", "x").ks == (5,)
    assert parse_rule(["tree", 3], "x").ks == (3,)
    with pytest.raises(InputError, match=r"bins for 'x': 'headtail' takes no k"):
        parse_rule(("headtail", 4), "x")
    with pytest.raises(InputError, match=r"bins for 'x': 'tree' takes one k"):
        parse_rule(("tree", [3, 4]), "x")
    with pytest.raises(InputError, match="at least 3 different k"):
        parse_rule(("loess", [3, 4, 4]), "x")
    with pytest.raises(InputError, match=r"bins for 'x'"):
        parse_rule(("optimal", [3, 4], "quantile"), "x")
    with pytest.raises(OptionError, match="method of 'loess' in bins for 'x'='tree'"):
        parse_rule(("loess", [3, 4, 5], "tree"), "x")
    with pytest.raises(OptionError, match="Did you mean 'changepoint'"):
        parse_rule("change-point", "x")


def test_p_values_of_chosen_and_fitted_strata_keep_their_level():
    # 240 data sets of pure noise, n = 45: 5 % +- 2.8 % (two standard errors). Read as strata given beforehand
    # (p_central), the best, the change points and the trees reject far more often.
    rng = np.random.default_rng(2026)
    rules = ["optimal", "loess", "changepoint", "tree"]
    reached, central = np.zeros((240, 4)), np.zeros((240, 4))
    for trial in range(240):
        x, outcome = rng.normal(size=45), centre(rng.normal(size=45))
        made = [cut(x, outcome, rule if rule in {"optimal", "loess"} else (rule, 3)) for rule in rules]
        statistics = [one.statistic for one in made]
        reached[trial] = permutation_tests(outcome.centred, statistics, draws=FreeRows(), permutations=99, seed=trial)
        central[trial] = [factor_test(outcome, stratum_moments(outcome, one.strata.codes)).p_central for one in made]
    size, naive = np.mean(reached <= 0.05, axis=0), np.mean(central <= 0.05, axis=0)
    assert ((size >= 0.022) & (size <= 0.078)).all(), size
    assert (naive[[0, 2, 3]] > [0.1, 0.5, 0.5]).all(), naive
