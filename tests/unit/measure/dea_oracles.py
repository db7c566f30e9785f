"""Efficiencies by other formulations than the package's: multipliers, and slacks written out. Loops over units."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def multiplier(X, Y, o, *, orientation="input", vrs=False, nirs=False, exclude=False, point=None):
    """Radial efficiency by the dual: prices of inputs and outputs. NaN where it is unbounded (primal infeasible).

    Input-oriented: maximise u y_o + w where v x_o = 1 and u y_j - v x_j + w <= 0. Output-oriented: minimise v x_o + w
    where u y_o = 1 and v x_j - u y_j + w >= 0. w is zero under constant returns, free under variable ones.
    """
    m, s = X.shape[1], Y.shape[1]
    x, y = (X[o], Y[o]) if point is None else point
    others = [j for j in range(len(X)) if not (exclude and j == o)]
    if orientation == "input":
        cost = np.r_[np.zeros(m), -y, -1.0]
        rows = np.array([np.r_[-X[j], Y[j], 1.0] for j in others])
        equal = np.r_[x, np.zeros(s), 0.0]
    else:
        cost = np.r_[x, np.zeros(s), 1.0]
        rows = np.array([np.r_[-X[j], Y[j], -1.0] for j in others])
        equal = np.r_[np.zeros(m), y, 0.0]
    free = (None, None) if vrs else (None, 0) if nirs and orientation == "input" else (0, None) if nirs else (0, 0)
    bounds = [(0, None)] * (m + s) + [free]
    result = linprog(
        cost, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=equal[None], b_eq=[1.0], bounds=bounds, options=TIGHT
    )
    if result.status == 3 or (result.status == 4 and "nbounded" in result.message):
        return np.nan
    if result.status == 2:
        return np.nan
    assert result.status == 0, result.message
    return -result.fun if orientation == "input" else 1 / result.fun


def largest_slacks(X, Y, o, score, *, orientation, vrs):
    """Slacks after a radial score with the largest sum, each over the mean of its variable."""
    n, m, s = len(X), X.shape[1], Y.shape[1]
    x = X[o] * (score if orientation == "input" else 1.0)
    y = Y[o] / (score if orientation == "output" else 1.0)
    scale_x, scale_y = X.mean(axis=0), Y.mean(axis=0)
    cost = np.r_[np.zeros(n), -np.ones(m + s)]
    rows = np.vstack(
        [
            np.hstack([X.T / scale_x[:, None], np.eye(m), np.zeros((m, s))]),
            np.hstack([Y.T / scale_y[:, None], np.zeros((s, m)), -np.eye(s)]),
        ]
    )
    right = np.r_[x / scale_x, y / scale_y]
    if vrs:
        rows, right = np.vstack([rows, np.r_[np.ones(n), np.zeros(m + s)]]), np.r_[right, 1.0]
    result = linprog(cost, A_eq=rows, b_eq=right, options={"primal_feasibility_tolerance": 1e-9})
    assert result.status == 0, result.message
    return -result.fun


def sbm(X, Y, o, *, orientation="none", vrs=False, nirs=False):
    """Tone (2001), slacks written out; the fraction by Dinkelbach's iteration."""
    n, m, s = len(X), X.shape[1], Y.shape[1]
    rows = np.vstack(
        [
            np.hstack([X.T, np.eye(m), np.zeros((m, s))]),
            np.hstack([Y.T, np.zeros((s, m)), -np.eye(s)]),
        ]
    )
    right = np.r_[X[o], Y[o]]
    if vrs:
        rows, right = np.vstack([rows, np.r_[np.ones(n), np.zeros(m + s)]]), np.r_[right, 1.0]
    at_most = (np.r_[np.ones(n), np.zeros(m + s)][None], [1.0]) if nirs else (None, None)
    less = np.r_[np.zeros(n), -1 / (m * X[o]), np.zeros(s)] * (orientation != "output")
    more = np.r_[np.zeros(n + m), 1 / (s * Y[o])] * (orientation != "input")

    def solve(rho):
        result = linprog(less - rho * more, A_eq=rows, b_eq=right, A_ub=at_most[0], b_ub=at_most[1], options=TIGHT)
        assert result.status == 0
        return 1 + less @ result.x, 1 + more @ result.x

    return least_fraction(solve)


def super_sbm(X, Y, o, *, orientation="none", vrs=False):
    """Tone (2002): inputs and outputs of the target are variables; the fraction by Dinkelbach; NaN if infeasible."""
    n, m, s = len(X), X.shape[1], Y.shape[1]
    others = np.array([j for j in range(n) if j != o])
    k = len(others)
    # variables: shares, inputs of the target, outputs of the target
    over = np.hstack([X[others].T, -np.eye(m), np.zeros((m, s))])
    under = np.hstack([-Y[others].T, np.zeros((s, m)), np.eye(s)])
    equal, one = (np.r_[np.ones(k), np.zeros(m + s)][None], [1.0]) if vrs else (None, None)
    bounds = [(0, None)] * k
    bounds += [(x, x if orientation == "output" else None) for x in X[o]]
    bounds += [(y if orientation == "input" else 0, y) for y in Y[o]]
    above = np.r_[np.zeros(k), 1 / (m * X[o]), np.zeros(s)]
    below = np.r_[np.zeros(k + m), 1 / (s * Y[o])]

    def solve(delta):
        result = linprog(
            above - delta * below,
            A_ub=np.vstack([over, under]),
            b_ub=np.zeros(m + s),
            A_eq=equal,
            b_eq=one,
            bounds=bounds,
            options=TIGHT,
        )
        return (np.nan, 1.0) if result.status == 2 else (above @ result.x, below @ result.x)

    return least_fraction(solve)


def least_fraction(solve):
    """Least numerator over denominator by Dinkelbach: the plan with the least num - rho den gives the next rho."""
    rho = 1.0
    for _ in range(50):
        numerator, denominator = solve(rho)
        following = numerator / denominator
        if np.isnan(following) or abs(following - rho) < 1e-13:
            return following
        rho = following
    raise AssertionError("the fraction does not settle")


def production(n, m, s, seed, *, whole=False):
    """Inputs and outputs of units of several sizes; returns to scale rise first and fall later."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(sigma=0.8, size=(n, 1))
    X = size * rng.uniform(0.5, 1.5, (n, m))
    Y = np.where(size < 1, size**1.4, size**0.7) * rng.uniform(0.4, 1, (n, s))
    if whole:
        return np.ceil(4 * X), np.ceil(4 * Y)
    return X, Y
