"""Solve stacks of programmes over one reference set; what the compiled simplex leaves open is asked of HiGHS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spatial_region.errors import ConvergenceError
from spatial_region.measure._dea_programmes import Programmes
from spatial_region.measure._dea_simplex import INFEASIBLE, OPTIMAL, UNBOUNDED, solve_programmes

CHUNK = 128  # programmes between two reports of progress
PRECISION = 1e-10  # the strictest tolerance that HiGHS takes
_NOTHING = 1e-11  # a share of a unit below this is rounding


@dataclass(frozen=True)
class Solved:
    """Answers to a stack of programmes.

    Attributes
    ----------
    status : numpy.ndarray of int, shape (programmes,)
        OPTIMAL, INFEASIBLE or UNBOUNDED; only the first has numbers, the others have NaN.
    objective : numpy.ndarray, shape (programmes,)
        Least value of the first cost.
    extras : numpy.ndarray, shape (programmes, extras)
        Values of the extra variables.
    programme, unit, share : numpy.ndarray, shape (pairs,)
        Units of the reference set with a positive share in the answer of a programme.
    """

    status: np.ndarray
    objective: np.ndarray
    extras: np.ndarray
    programme: np.ndarray
    unit: np.ndarray
    share: np.ndarray

    def total(self) -> np.ndarray:
        """Return the sum of shares of each programme."""
        return np.bincount(self.programme, weights=self.share, minlength=len(self.status))


def solve(
    units: np.ndarray,
    own: np.ndarray,
    build: Callable[[slice], Programmes],
    *,
    report: Callable[[int], None] = lambda count: None,
) -> Solved:
    """Solve the programmes that `build` writes down for each slice, leaving unit `own` (-1: none) out of each.

    The order of work is that of the programmes, in one thread: which of several optima is found depends on it.
    """
    n = len(units)
    memory = (np.full(n, -1), np.zeros(n, dtype=bool), np.ascontiguousarray(units.T), np.empty(n))
    count = 0
    parts: list[Solved] = []
    for first in range(0, len(own), CHUNK):
        part = slice(first, min(first + CHUNK, len(own)))
        solved, count = _solve_part(units, own[part], build(part), memory, count)
        parts.append(solved)
        report(part.stop - part.start)
    return _joined(parts)


def _solve_part(
    units: np.ndarray, own: np.ndarray, given: Programmes, memory: tuple[np.ndarray, ...], count: int
) -> tuple[Solved, int]:
    n = len(units)
    programmes, height, width = given.extra.shape
    status = np.full(programmes, OPTIMAL)
    objective = np.full(programmes, np.nan)
    basis = np.full((programmes, height), -1)
    values = np.zeros((programmes, height))
    count = solve_programmes(
        units,
        own,
        given.size,
        given.rows,
        given.cost_units,
        given.extra,
        given.cost_extra,
        given.right,
        given.start,
        memory,
        count,
        status,
        objective,
        basis,
        values,
    )
    extras = np.zeros((programmes, width))
    at, row = np.nonzero((basis >= n) & (basis < n + width))
    extras[at, basis[at, row] - n] = np.maximum(values[at, row], 0.0)
    programme, row = np.nonzero((basis < n) & (values > _NOTHING))
    unit, share = basis[programme, row], values[programme, row]
    unmet = _residual(units, given, programme, unit, share, extras) > 1e-9
    open_still = (status != INFEASIBLE) & ((status != OPTIMAL) | unmet)
    kept = (status == OPTIMAL)[programme] & ~open_still[programme]
    extras[status == INFEASIBLE] = np.nan
    answers = [(programme[kept], unit[kept], share[kept])]
    for one in np.flatnonzero(open_still):
        status[one], objective[one], shares, extras[one] = ask_highs(units, int(own[one]), given, int(one))
        found = np.flatnonzero(shares > _NOTHING)
        answers.append((np.full(len(found), one), found, shares[found]))
    joined = [np.concatenate(parts) for parts in zip(*answers, strict=True)]
    order = np.lexsort((joined[1], joined[0]))
    return Solved(status, objective, extras, joined[0][order], joined[1][order], joined[2][order]), count


def _residual(
    units: np.ndarray,
    given: Programmes,
    programme: np.ndarray,
    unit: np.ndarray,
    share: np.ndarray,
    extras: np.ndarray,
) -> np.ndarray:
    """Return by how much the worst row of each programme is not fulfilled."""
    combined = np.zeros((len(extras), units.shape[1]))
    np.add.at(combined, programme, share[:, None] * units[unit])
    left = np.einsum("prk,pk->pr", given.rows, combined) + np.einsum("prw,pw->pr", given.extra, extras)
    return np.abs(left - given.right).max(axis=1)


def ask_highs(units: np.ndarray, own: int, given: Programmes, one: int) -> tuple[int, float, np.ndarray, np.ndarray]:
    """Solve one programme of the stack by HiGHS: status, first objective, shares of the units, extra variables.

    Raises
    ------
    ConvergenceError
        If HiGHS ends without an answer.
    """
    n = len(units)
    matrix = np.hstack([given.rows[one] @ units.T, given.extra[one]])
    costs = np.hstack([given.cost_units[one] @ units.T, given.cost_extra[one]])
    upper = np.full(matrix.shape[1], np.inf)
    if own >= 0:
        upper[own] = 0.0
    status, first, answer = _highs(costs[0], matrix, given.right[one], upper)
    if status != OPTIMAL:
        return status, np.nan, np.zeros(n), np.full(matrix.shape[1] - n, np.nan)
    if len(costs) > 1:
        ceiling = first + PRECISION * max(1.0, abs(first))
        status, _, second = _highs(costs[1], matrix, given.right[one], upper, (costs[0], ceiling))
        answer = second if status == OPTIMAL else answer
    return OPTIMAL, first, answer[:n], answer[n:]


def _highs(
    cost: np.ndarray,
    matrix: np.ndarray,
    right: np.ndarray,
    upper: np.ndarray,
    ceiling: tuple[np.ndarray, float] | None = None,
) -> tuple[int, float, np.ndarray]:
    from scipy.optimize import linprog

    options = {"primal_feasibility_tolerance": PRECISION, "dual_feasibility_tolerance": PRECISION}
    bounds = np.column_stack([np.zeros(len(upper)), upper])
    for presolve in (True, False):  # presolve may leave open whether a programme is infeasible or unbounded
        result = linprog(
            cost,
            A_eq=matrix,
            b_eq=right,
            A_ub=None if ceiling is None else ceiling[0][None],
            b_ub=None if ceiling is None else [ceiling[1]],
            bounds=bounds,
            method="highs-ds",
            options={**options, "presolve": presolve},
        )
        if result.status == 0:
            return OPTIMAL, float(result.fun), np.maximum(result.x, 0.0)
        if result.status in (2, 3):
            return (INFEASIBLE if result.status == 2 else UNBOUNDED), np.nan, np.zeros(len(upper))
    raise ConvergenceError(f"a programme of the efficiency analysis has no answer: HiGHS says {result.message!r}.")


def _joined(parts: list[Solved]) -> Solved:
    offsets = np.cumsum([0, *(len(part.status) for part in parts)])
    return Solved(
        np.concatenate([part.status for part in parts]),
        np.concatenate([part.objective for part in parts]),
        np.concatenate([part.extras for part in parts]),
        np.concatenate([part.programme + offset for part, offset in zip(parts, offsets[:-1], strict=True)]),
        np.concatenate([part.unit for part in parts]),
        np.concatenate([part.share for part in parts]),
    )
