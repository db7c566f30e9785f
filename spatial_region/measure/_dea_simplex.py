"""Small linear programmes over many units, one after the other, by the revised simplex method with an explicit inverse.

A programme has few rows (one an input, one an output, one or two more) and one column a unit of the reference set:

    minimise  cost_units' z + cost_extra' e   subject to   (rows h_j) z_j summed over j + extra e = right,  z, e >= 0

where h_j holds the inputs and outputs of unit j and a one. A second cost, when there is one, is minimised among the
optima of the first. Whoever calls this asks HiGHS about programmes that end as UNBOUNDED or UNFINISHED.
"""

from __future__ import annotations

import numba
import numpy as np

from spatial_region.measure._dea_pricing import cost_of, first_entering, steepest, write_column, write_prices

OPTIMAL, INFEASIBLE, UNBOUNDED, UNFINISHED = 0, 1, 2, 3
_MOST_PIVOTS = 5000
_MET = 1e-12  # rows count as fulfilled when artificial variables sum to less
_BROKEN = 1e-7  # and as impossible to fulfil when they sum to more at their least
_PATIENCE = 30  # pivots without progress before Bland's rule, which cannot cycle


@numba.njit(cache=True, nogil=True)
def _invert(matrix: np.ndarray, inverse: np.ndarray) -> bool:
    """Write the inverse of `matrix`, which is used up, by Gauss and Jordan with row exchanges; False if singular."""
    size = len(matrix)
    for row in range(size):
        for other in range(size):
            inverse[row, other] = 1.0 if row == other else 0.0
    for column in range(size):
        pivot = column
        for row in range(column + 1, size):
            if abs(matrix[row, column]) > abs(matrix[pivot, column]):
                pivot = row
        if abs(matrix[pivot, column]) < 1e-13:
            return False
        divisor = matrix[pivot, column]
        for other in range(size):
            if pivot != column:
                matrix[pivot, other], matrix[column, other] = matrix[column, other], matrix[pivot, other]
                inverse[pivot, other], inverse[column, other] = inverse[column, other], inverse[pivot, other]
            matrix[column, other] /= divisor
            inverse[column, other] /= divisor
        for row in range(size):
            factor = matrix[row, column]
            if row != column and factor != 0.0:
                for other in range(size):
                    matrix[row, other] -= factor * matrix[column, other]
                    inverse[row, other] -= factor * inverse[column, other]
    return True


@numba.njit(cache=True, nogil=True)
def _leaving(direction: np.ndarray, values: np.ndarray, basis: np.ndarray, first_artificial: int, bland: bool) -> int:
    """Return the row whose variable leaves, -1 when nothing bounds the step."""
    largest = 0.0
    for row in range(len(direction)):
        largest = max(largest, abs(direction[row]))
    least = 1e-11 * max(largest, 1.0)
    step, row_out = np.inf, -1
    for row in range(len(values)):
        slope = direction[row]
        # An artificial variable that is zero must stay so: it leaves as soon as it would move either way.
        stuck = basis[row] >= first_artificial and values[row] <= 1e-12 and abs(slope) > 1e-9 * largest
        if not stuck and slope <= least:
            continue
        ratio = 0.0 if stuck else max(values[row], 0.0) / slope
        tied = row_out >= 0 and abs(ratio - step) <= 1e-14 * max(1.0, step)
        if tied:
            better = basis[row] < basis[row_out] if bland else abs(slope) > abs(direction[row_out])
        else:
            better = ratio < step
        if better:
            step, row_out = min(step, ratio) if tied else ratio, row
    return row_out


@numba.njit(cache=True, nogil=True)
def _refresh(
    units: np.ndarray,
    rows: np.ndarray,
    extra: np.ndarray,
    right: np.ndarray,
    basis: np.ndarray,
    inverse: np.ndarray,
    values: np.ndarray,
) -> bool:
    """Compute the inverse and the values of the basis anew; False if the basis is singular."""
    height = len(right)
    matrix = np.empty((height, height))
    for row in range(height):
        write_column(basis[row], units, rows, extra, matrix[:, row])
    if not _invert(matrix, inverse):
        return False
    _multiply(inverse, right, values)
    return True


@numba.njit(cache=True, nogil=True)
def _multiply(matrix: np.ndarray, vector: np.ndarray, out: np.ndarray) -> None:
    """Write a product; as a loop it is faster than a call of BLAS for so few rows."""
    for row in range(len(matrix)):
        total = 0.0
        for other in range(len(vector)):
            total += matrix[row, other] * vector[other]
        out[row] = total


@numba.njit(cache=True, nogil=True)
def _pivot(
    row_out: int, place: int, direction: np.ndarray, basis: np.ndarray, inverse: np.ndarray, values: np.ndarray
) -> float:
    """Let the column at `place` take the row `row_out` of the basis; return the step."""
    step = values[row_out] / direction[row_out]
    for other in range(len(values)):
        inverse[row_out, other] /= direction[row_out]
    for row in range(len(values)):
        if row != row_out and direction[row] != 0.0:
            for other in range(len(values)):
                inverse[row, other] -= direction[row] * inverse[row_out, other]
            values[row] = values[row] - step * direction[row]
            if -1e-12 < values[row] < 0.0:
                values[row] = 0.0
    values[row_out] = step
    basis[row_out] = place
    return step


@numba.njit(cache=True, nogil=True)
def _unmet(basis: np.ndarray, values: np.ndarray, first_artificial: int) -> float:
    """Return the sum of the artificial variables."""
    total = 0.0
    for row in range(len(basis)):
        if basis[row] >= first_artificial:
            total += abs(values[row])
    return total


@numba.njit(cache=True, nogil=True)
def _minimise(
    level: int,
    units: np.ndarray,
    own: int,
    size: np.ndarray,
    rows: np.ndarray,
    cost_units: np.ndarray,
    extra: np.ndarray,
    cost_extra: np.ndarray,
    right: np.ndarray,
    state: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    first: tuple[np.ndarray, np.ndarray],
    memory: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    count: int,
) -> tuple[int, int]:
    """Minimise the cost of one level from the basis in `state`; return a status and the count of known units."""
    basis, inverse, values, prices = state
    first_slope, first_prices = first
    known, entered, parts, totals = memory
    n, k = units.shape
    height, width = extra.shape
    slope = np.empty(k)
    column, direction = np.empty(height), np.empty(height)
    fresh, stalled = False, 0
    for _ in range(_MOST_PIVOTS):
        if level < 0 and _unmet(basis, values, n + width) <= _MET:
            return OPTIMAL, count
        write_prices(level, units, rows, cost_units, extra, cost_extra, basis, inverse, prices, slope)
        if stalled > _PATIENCE:
            place = first_entering(
                level, units, own, size, slope, first_slope, extra, cost_extra, prices, first_prices
            )  # fmt: skip
        else:
            place = steepest(
                level, units, own, size, slope, first_slope, extra, cost_extra, prices, first_prices, known, count,
                fresh, parts, totals,
            )  # fmt: skip
        if place < 0 and fresh:
            if level == 0:
                first_slope[:] = slope
                first_prices[:] = prices
            return OPTIMAL, count
        if place < 0:
            if not _refresh(units, rows, extra, right, basis, inverse, values) or values.min() < -1e-9:
                return UNFINISHED, count
            fresh = True
            continue
        write_column(place, units, rows, extra, column)
        _multiply(inverse, column, direction)
        row_out = _leaving(direction, values, basis, n + width, stalled > _PATIENCE)
        if row_out < 0:
            return UNBOUNDED, count
        step = _pivot(row_out, place, direction, basis, inverse, values)
        stalled = 0 if step > 1e-13 else stalled + 1
        fresh = False
        if place < n and not entered[place]:
            entered[place] = True
            known[count] = place
            count += 1
    return UNFINISHED, count


@numba.njit(cache=True, nogil=True)
def solve_programmes(
    units: np.ndarray,
    own: np.ndarray,
    size: np.ndarray,
    rows: np.ndarray,
    cost_units: np.ndarray,
    extra: np.ndarray,
    cost_extra: np.ndarray,
    right: np.ndarray,
    start: np.ndarray,
    memory: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    count: int,
    status: np.ndarray,
    objective: np.ndarray,
    basis: np.ndarray,
    values: np.ndarray,
) -> int:
    """Solve programmes one after the other, and write status, first objective, basis and values of each.

    Parameters
    ----------
    units : array (n, k)
        Inputs, outputs and a one of every unit of the reference set; non-negative.
    own : array of int (programmes,)
        Unit that is left out of the reference set, -1 for none.
    size : array (programmes, k)
        What a column's size is measured with, per part of it.
    rows, cost_units : arrays (programmes, rows, k), (programmes, levels, k)
        How parts of a unit make its column, and its costs.
    extra, cost_extra : arrays (programmes, rows, extras), (programmes, levels, extras)
        Columns and costs of the other variables.
    right : array (programmes, rows)
        Right-hand side, not negative.
    start : array of int (rows,)
        Extra variable that is the unit vector of each row, -1 where there is none.
    memory : tuple of arrays (n,), (n,), (k, n), (n,)
        Units that entered a basis so far, and whether each did, both written to; `units` laid out the other way; room.
    count : int
        How many units entered so far.

    Returns
    -------
    int
        The new count of known units.
    """
    n = len(units)
    height, width = extra.shape[1:]
    levels = cost_units.shape[1]
    inverse = np.empty((height, height))
    prices = np.empty(height)
    first = (np.zeros(units.shape[1]), np.zeros(height))
    for at in range(len(own)):
        inverse[:] = np.eye(height)
        values[at] = right[at]
        for row in range(height):
            basis[at, row] = n + start[row] if start[row] >= 0 else n + width + row
        state = (basis[at], inverse, values[at], prices)
        status[at] = OPTIMAL
        for level in range(-1 if start.min() < 0 else 0, levels):
            status[at], count = _minimise(
                level, units, own[at], size[at], rows[at], cost_units[at], extra[at], cost_extra[at], right[at],
                state, first, memory, count,
            )  # fmt: skip
            if status[at] != OPTIMAL:
                break
            if level < 0:
                unmet = _unmet(basis[at], values[at], n + width)
                if unmet > _MET:
                    # Prices of this optimum prove that there is no solution, unless it is a question of rounding.
                    status[at] = INFEASIBLE if unmet > _BROKEN else UNFINISHED
                    break
            if level == 0:
                objective[at] = 0.0
                for row in range(height):
                    cost = cost_of(basis[at, row], 0, units, cost_units[at], extra[at], cost_extra[at])
                    objective[at] += cost * values[at, row]
    return count
