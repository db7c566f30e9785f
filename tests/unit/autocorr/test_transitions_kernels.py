"""Kernels of chains and moves against closed forms, plain loops and simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from spatial_region.autocorr import _chain
from spatial_region.autocorr._moves import MOVES, measures, move_types, named_quadrants, sides
from spatial_region.autocorr.chain import make_chain


def counted(codes, k):
    """Count moves one by one."""
    counts = np.zeros((codes.shape[1] - 1, k, k), dtype=int)
    for row in codes:
        for step, (origin, destination) in enumerate(itertools.pairwise(row)):
            if origin >= 0 and destination >= 0:
                counts[step, origin, destination] += 1
    return counts


def test_counts_are_those_of_a_plain_loop():
    codes = np.random.default_rng(1).integers(-1, 4, size=(30, 6))
    assert (_chain.count_moves(codes, 4) == counted(codes, 4)).all()


def test_two_states_closed_form():
    """With leaving probabilities a and b: shares b/(a+b), a/(a+b); passage 1/a, 1/b; returns the inverse shares."""
    chain = make_chain(np.array([[70, 30], [10, 90]]), ["low", "high"])
    a, b = 0.3, 0.1
    np.testing.assert_allclose(chain.steady_state, [b / (a + b), a / (a + b)], rtol=1e-14)
    np.testing.assert_allclose(chain.first_passage, [[(a + b) / b, 1 / a], [1 / b, (a + b) / a]], rtol=1e-14)
    np.testing.assert_allclose(chain.sojourn, [1 / a, 1 / b], rtol=1e-14)
    assert chain.mobility == pytest.approx(a + b)
    assert chain.notes == []


def test_land_of_oz():
    """Kemeny and Snell (1967): stationary shares and mean first passage times of the weather of Oz."""
    chain = make_chain(np.array([[2, 1, 1], [2, 0, 2], [1, 1, 2]]), ["rain", "nice", "snow"])
    np.testing.assert_allclose(chain.steady_state, [0.4, 0.2, 0.4], rtol=1e-14)
    expected = [[5 / 2, 4, 10 / 3], [8 / 3, 5, 8 / 3], [10 / 3, 4, 5 / 2]]
    np.testing.assert_allclose(chain.first_passage, expected, rtol=1e-14)


def test_passage_times_by_walking():
    rng = np.random.default_rng(3)
    shares = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5]])
    found = _chain.first_passage(shares)
    for start, goal in [(0, 2), (1, 1)]:
        walks = np.full(20_000, start)
        taken, open_ = np.zeros(20_000), np.ones(20_000, dtype=bool)
        while open_.any():
            drawn = rng.random(open_.sum())
            walks[open_] = (drawn[:, None] > shares[walks[open_]].cumsum(axis=1)).sum(axis=1)
            taken += open_
            open_ &= walks != goal
        error = taken.std() / np.sqrt(len(taken))
        assert abs(taken.mean() - found[start, goal]) < 4 * error


def test_absorbing_state_is_named_and_attracts():
    chain = make_chain(np.array([[8, 2, 0], [1, 8, 1], [0, 0, 5]]), list("abc"))
    assert chain.absorbing == ["c"]
    assert chain.transient == ["a", "b"]
    assert chain.steady_state.tolist() == [0, 0, 1]
    # From b: 1/0.1 rounds of escaping to c, counted with detours over a: m_a = 5 + m_b, m_b = 1 + .1 m_a + .8 m_b.
    np.testing.assert_allclose(chain.first_passage["c"], [20, 15, 1])
    assert np.isinf(chain.first_passage.loc["c", ["a", "b"]]).all()
    assert np.isinf(chain.first_passage.loc["a", "a"])  # the return is not certain
    assert np.isinf(chain.sojourn["c"])
    assert any("absorbing" in note and "c" in note for note in chain.notes)


def test_two_closed_sets_have_no_single_long_run():
    chain = make_chain(np.array([[5, 5, 0, 0], [5, 5, 0, 0], [1, 0, 1, 1], [0, 0, 0, 3]]), list("abcd"))
    assert chain.closed == [["a", "b"], ["d"]]
    assert chain.steady_state.isna().all()
    np.testing.assert_allclose(chain.steady_states.to_numpy(), [[0.5, 0.5, 0, 0], [0, 0, 0, 1]])
    assert any("depends on the start" in note for note in chain.notes)


def test_states_never_visited_or_never_left():
    never = make_chain(np.array([[3, 1, 0], [1, 3, 0], [0, 0, 0]]), list("abc"))
    assert never.never_visited == ["c"]
    assert never.steady_state.tolist() == [0.5, 0.5, 0]
    assert never.probabilities.loc["c"].isna().all()
    assert never.first_passage.loc["c"].isna().all()
    assert np.isinf(never.first_passage.loc[["a", "b"], "c"]).all()
    last = make_chain(np.array([[3, 1, 0], [1, 3, 1], [0, 0, 0]]), list("abc"))
    assert last.never_left == ["c"]
    assert last.steady_state.isna().all()
    assert last.first_passage.loc["a", "c"] == pytest.approx(13)  # m_a = 4 + m_b, m_b = 1 + m_a / 5 + 3 m_b / 5
    assert last.first_passage.loc["a", "b"] == pytest.approx(4)  # b is met before c
    assert np.isnan(last.first_passage.loc["b", "a"])  # the way may lead through c
    assert any("long run is unknown" in note for note in last.notes)


def test_periodic_chain():
    chain = make_chain(np.array([[0, 4], [4, 0]]), ["a", "b"])
    assert chain.steady_state.tolist() == [0.5, 0.5]
    assert chain.first_passage.to_numpy().tolist() == [[2, 1], [1, 2]]


def test_homogeneity_is_that_of_contingency_tables():
    """For one row of states, the test is that of a contingency table of matrices by destinations."""
    counts = np.zeros((3, 3, 3), dtype=int)
    counts[:, 0] = [[10, 5, 2], [8, 9, 1], [3, 7, 9]]
    ratio, pearson = _chain.homogeneity(counts)
    for found, power in [(ratio, "log-likelihood"), (pearson, "pearson")]:
        peer = stats.chi2_contingency(counts[:, 0], correction=False, lambda_=power)
        assert found.statistic == pytest.approx(peer.statistic, rel=1e-12)
        assert (found.df, found.p) == (peer.dof, pytest.approx(peer.pvalue, rel=1e-10))


def walked(rng, n, times, up, down):
    sides_ = np.empty((n, times), dtype=int)
    sides_[:, 0] = rng.integers(0, 2, n)
    for step in range(1, times):
        sides_[:, step] = rng.random(n) < np.where(sides_[:, step - 1] == 1, 1 - down, up)
    return sides_


def test_independence_has_eight_degrees_of_freedom():
    rng = np.random.default_rng(5)
    found = [_chain.independence(walked(rng, 60, 40, 0.1, 0.2), walked(rng, 60, 40, 0.3, 0.15))[0] for _ in range(600)]
    assert {test.df for test in found} == {8}
    statistics = np.array([test.statistic for test in found])
    assert stats.kstest(statistics, stats.chi2(8).cdf).pvalue > 0.001
    assert stats.kstest(statistics, stats.chi2(9).cdf).pvalue < 0.001  # the 9 of giddy


def test_independence_is_rejected_when_moves_are_copied():
    own = walked(np.random.default_rng(2), 60, 40, 0.3, 0.3)
    assert _chain.independence(own, own)[0].p < 1e-10


def test_independence_leaves_undefined_regions_out():
    rng = np.random.default_rng(4)
    own, near = walked(rng, 20, 10, 0.3, 0.3), walked(rng, 20, 10, 0.3, 0.3)
    whole, expected = _chain.independence(own, near)
    more = [np.vstack([part, np.full((2, 10), -1)]) for part in (own, near)]
    assert _chain.independence(*more)[0] == whole
    np.testing.assert_array_equal(_chain.independence(*more)[1], expected)


MOVE_OF_PAIR = {
    ("HH", "LH"): "I", ("HL", "LL"): "I", ("LH", "HH"): "I", ("LL", "HL"): "I",
    ("HH", "HL"): "II", ("HL", "HH"): "II", ("LH", "LL"): "II", ("LL", "LH"): "II",
    ("HH", "LL"): "IIIA", ("LL", "HH"): "IIIA", ("HL", "LH"): "IIIB", ("LH", "HL"): "IIIB",
}  # fmt: skip


def test_types_of_all_sixteen_moves():
    """Each ordered pair of quadrants has the type that Rey's (2001) table of moves gives it."""
    pairs = list(itertools.product(["HH", "LH", "LL", "HL"], repeat=2))
    own = np.array([[int(quadrant[0] == "H") for quadrant in pair] for pair in pairs])
    near = np.array([[int(quadrant[1] == "H") for quadrant in pair] for pair in pairs])
    assert named_quadrants(own, near).tolist() == [list(pair) for pair in pairs]
    found = [MOVES[number] for number in move_types(own, near)[:, 0]]
    assert found == [MOVE_OF_PAIR.get(pair, "0") for pair in pairs]


def test_measures_by_hand():
    found = measures(np.array([5, 2, 1, 1, 1]))
    assert {key: float(value) for key, value in found.items()} == {
        "moves": 10, "stability": 0.5, "flux": 0.3, "cohesion": 0.6,
    }  # fmt: skip


def test_an_island_is_undefined_and_a_value_at_the_mean_is_low():
    own, near = sides(np.array([[0.0, 1.0]]), np.array([[np.nan, 0.0]]))
    assert named_quadrants(own, near).tolist() == [["undefined", "HL"]]
    assert move_types(own, near).tolist() == [[-1]]
