"""The kernel of global permutations: the same draws however they are made, uniform, and equal to plain loops."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from scipy import sparse as sp
from scipy import stats

from spatial_region.autocorr import _global_permutation as engine
from spatial_region.autocorr._global_permutation import Draws


@pytest.fixture
def problem():
    rng = np.random.default_rng(4)
    matrix = sp.csr_array(sp.random_array((70, 70), density=0.08, rng=rng))
    return rng.normal(size=70), rng.gamma(2.0, size=70), rng.integers(0, 4, 70), matrix


def every_kind(problem, draws):
    x, y, codes, matrix = problem
    hollow = sp.csr_array(matrix - sp.diags_array(matrix.diagonal()))
    return {
        "quadratic": engine.quadratic_forms(x, matrix, draws),
        "linear": engine.linear_forms(x, y, draws),
        "bilinear": engine.bilinear_forms(x, y, sp.csr_array(matrix + matrix.T), draws),
        "joins": np.concatenate([np.empty((0, 4, 4)), *engine.join_sums(codes, 4, hollow, draws)]),
    }


def test_compiled_and_plain_draw_the_same(problem, monkeypatch):
    draws = Draws.plan(70, 1003, 5)
    plain = every_kind(problem, draws)
    monkeypatch.setattr(engine, "_PLAIN", 0)
    for kind, forms in every_kind(problem, draws).items():
        np.testing.assert_allclose(forms, plain[kind], rtol=1e-11, atol=1e-11, err_msg=kind)


def test_plain_sums_are_those_of_a_loop(problem):
    x, y, codes, matrix = problem
    draws = Draws.plan(70, 40, 6)
    found, dense = every_kind(problem, draws), matrix.toarray()
    hollow = dense - np.diag(np.diag(dense))
    for draw, order in enumerate(np.hstack(list(draws.batches())).T):
        assert sorted(order) == list(range(70))
        assert found["quadratic"][draw] == pytest.approx(x[order] @ dense @ x[order])
        assert found["linear"][draw] == pytest.approx(x @ y[order])
        assert found["bilinear"][draw] == pytest.approx(x[order] @ (dense + dense.T) @ y[order])
        member = np.eye(4)[codes[order]]
        joins = (member.T @ (hollow + hollow.T) @ member) / 2
        np.testing.assert_allclose(found["joins"][draw], joins - np.diag(np.diag(joins)) / 2, atol=1e-12)


def test_draws_do_not_depend_on_threads_blocks_or_how_many_are_asked_for(problem, monkeypatch):
    monkeypatch.setattr(engine, "_PLAIN", 0)
    many = every_kind(problem, Draws.plan(70, 2001, 7))

    def one_at_a_time(kernel, rows, *arguments, steps):
        for part in np.array_split(rows, 7):
            kernel(part, *arguments)

    monkeypatch.setattr(engine, "in_threads", one_at_a_time)
    for kind, forms in every_kind(problem, Draws.plan(70, 2001, 7)).items():
        np.testing.assert_array_equal(forms, many[kind], err_msg=kind)
    for kind, forms in every_kind(problem, Draws.plan(70, 101, 7)).items():
        np.testing.assert_array_equal(forms, many[kind][:101], err_msg=kind)
    assert not np.array_equal(every_kind(problem, Draws.plan(70, 101, 8))["linear"], many["linear"][:101])


def test_joins_of_many_categories_are_counted_in_parts(problem, monkeypatch):
    """A batch holds a limited number of counts; parts give what the whole gives."""
    whole = every_kind(problem, Draws.plan(70, 501, 9))["joins"]
    monkeypatch.setattr(engine, "_CHUNK", 16 * 100)
    monkeypatch.setattr(engine, "_PLAIN", 0)
    _, _, codes, matrix = problem
    hollow = sp.csr_array(matrix - sp.diags_array(matrix.diagonal()))
    parts = list(engine.join_sums(codes, 4, hollow, Draws.plan(70, 501, 9)))
    assert [len(part) for part in parts] == [100] * 5 + [1]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-12)


def test_every_arrangement_is_equally_likely():
    """24,000 draws of four values: each of the 24 orders about 1,000 times, by a chi-square test."""
    draws = Draws(4, 24_000, 3, every=False)
    orders = np.hstack(list(draws.batches())).T
    counts = [np.count_nonzero((orders == order).all(axis=1)) for order in permutations(range(4))]
    assert sum(counts) == 24_000
    assert stats.chisquare(counts).pvalue > 0.001


@pytest.mark.parametrize("n", [2, 6])
def test_all_arrangements_are_taken_once(n):
    draws = Draws.plan(n, factorial(n), 1)
    assert draws.every
    taken = [tuple(order) for order in np.hstack(list(draws.batches())).T]
    assert sorted(taken) == sorted(permutations(range(n)))
    assert not Draws.plan(n, factorial(n) - 1, 1).every


def test_none_are_drawn_when_none_are_asked_for(problem):
    draws = Draws.plan(70, 0, 1)
    assert not draws.every
    assert all(len(forms) == 0 for forms in every_kind(problem, draws).values())
