"""Columns, costs and prices of the programmes that `_dea_simplex` solves: which column enters next."""

from __future__ import annotations

import numba
import numpy as np

ENOUGH = 1e-11  # a reduced cost nearer to zero than this, relative to its column, is zero
SAME_FACE = 1e-9  # a column whose first reduced cost is below this may enter while the second cost is minimised
_AT_A_TIME = 4  # units that are priced at a time when all are


@numba.njit(cache=True, nogil=True)
def write_column(place: int, units: np.ndarray, rows: np.ndarray, extra: np.ndarray, out: np.ndarray) -> None:
    """Write the column at `place`: a unit, an extra variable, or the artificial variable of a row."""
    n, k = units.shape
    height, width = extra.shape
    if place < n:
        for row in range(height):
            total = 0.0
            for part in range(k):
                total += rows[row, part] * units[place, part]
            out[row] = total
    elif place < n + width:
        out[:] = extra[:, place - n]
    else:
        out[:] = 0.0
        out[place - n - width] = 1.0


@numba.njit(cache=True, nogil=True)
def cost_of(
    place: int, level: int, units: np.ndarray, cost_units: np.ndarray, extra: np.ndarray, cost_extra: np.ndarray
) -> float:
    """Return the cost of a column at a level; level -1 counts artificial variables."""
    n, k = units.shape
    width = extra.shape[1]
    if place >= n + width:
        return 1.0 if level < 0 else 0.0
    if level < 0:
        return 0.0
    if place >= n:
        return cost_extra[level, place - n]
    total = 0.0
    for part in range(k):
        total += cost_units[level, part] * units[place, part]
    return total


@numba.njit(cache=True, nogil=True)
def _price_unit(
    unit: int, units: np.ndarray, size: np.ndarray, slope: np.ndarray, first_slope: np.ndarray, second: bool
) -> float:
    """Return the reduced cost of a unit relative to the size of its column; zero where it may not enter."""
    reduced = 0.0
    for part in range(units.shape[1]):
        reduced += slope[part] * units[unit, part]
    if reduced >= 0.0:
        return 0.0
    scale, first = 0.0, 0.0
    for part in range(units.shape[1]):
        scale += size[part] * units[unit, part]
        if second:
            first += first_slope[part] * units[unit, part]
    return 0.0 if second and first > SAME_FACE * scale else reduced / scale


@numba.njit(cache=True, nogil=True)
def _price_extra(
    place: int,
    level: int,
    extra: np.ndarray,
    cost_extra: np.ndarray,
    prices: np.ndarray,
    first_prices: np.ndarray,
    second: bool,
) -> float:
    """Return the reduced cost of an extra variable, and zero where it may not enter."""
    reduced = cost_extra[level, place] if level >= 0 else 0.0
    first = cost_extra[0, place]
    scale = 0.0
    for row in range(len(prices)):
        reduced -= prices[row] * extra[row, place]
        first -= first_prices[row] * extra[row, place]
        scale = max(scale, abs(extra[row, place]))
    if scale == 0.0 or (second and first > SAME_FACE * scale):  # in no row: a variable that other options use
        return 0.0
    return reduced / scale


@numba.njit(cache=True, nogil=True)
def first_entering(
    level: int,
    units: np.ndarray,
    own: int,
    size: np.ndarray,
    slope: np.ndarray,
    first_slope: np.ndarray,
    extra: np.ndarray,
    cost_extra: np.ndarray,
    prices: np.ndarray,
    first_prices: np.ndarray,
) -> int:
    """Return the first column that may enter, by Bland's rule; -1 for none."""
    second = level > 0
    for unit in range(len(units)):
        if unit != own and _price_unit(unit, units, size, slope, first_slope, second) < -ENOUGH:
            return unit
    for place in range(extra.shape[1]):
        if _price_extra(place, level, extra, cost_extra, prices, first_prices, second) < -ENOUGH:
            return len(units) + place
    return -1


@numba.njit(cache=True, nogil=True)
def steepest(
    level: int,
    units: np.ndarray,
    own: int,
    size: np.ndarray,
    slope: np.ndarray,
    first_slope: np.ndarray,
    extra: np.ndarray,
    cost_extra: np.ndarray,
    prices: np.ndarray,
    first_prices: np.ndarray,
    known: np.ndarray,
    count: int,
    everywhere: bool,
    parts: np.ndarray,
    totals: np.ndarray,
) -> int:
    """Return the column with the least reduced cost, -1 when none is below zero.

    Units that entered before (`known`) are looked at first, and when none of those will do all units, if `everywhere`.
    `parts` is `units` laid out the other way, so that many units are priced at a time; `totals` is room to do so.
    """
    second = level > 0
    best, chosen = -ENOUGH, -1
    for place in range(extra.shape[1]):
        reduced = _price_extra(place, level, extra, cost_extra, prices, first_prices, second)
        if reduced < best:
            best, chosen = reduced, len(units) + place
    many = _AT_A_TIME * count > len(units)  # then all at a time are priced sooner than these one by one
    for at in range(0 if many else count):
        if known[at] != own:
            reduced = _price_unit(known[at], units, size, slope, first_slope, second)
            if reduced < best:
                best, chosen = reduced, known[at]
    if not many and (chosen >= 0 or not everywhere):
        return chosen
    totals[:] = 0.0
    for part in range(len(parts)):
        for unit in range(len(units)):
            totals[unit] += slope[part] * parts[part, unit]
    for unit in range(len(units)):
        if totals[unit] < 0.0 and unit != own:
            reduced = _price_unit(unit, units, size, slope, first_slope, second)
            if reduced < best:
                best, chosen = reduced, unit
    return chosen


@numba.njit(cache=True, nogil=True)
def write_prices(
    level: int,
    units: np.ndarray,
    rows: np.ndarray,
    cost_units: np.ndarray,
    extra: np.ndarray,
    cost_extra: np.ndarray,
    basis: np.ndarray,
    inverse: np.ndarray,
    prices: np.ndarray,
    slope: np.ndarray,
) -> None:
    """Write the prices of the rows, and what a part of a unit adds to its reduced cost."""
    prices[:] = 0.0
    for row in range(len(basis)):
        cost = cost_of(basis[row], level, units, cost_units, extra, cost_extra)
        if cost != 0.0:
            for other in range(len(basis)):
                prices[other] += cost * inverse[row, other]
    for part in range(units.shape[1]):
        slope[part] = cost_units[level, part] if level >= 0 else 0.0
        for row in range(len(basis)):
            slope[part] -= prices[row] * rows[row, part]
