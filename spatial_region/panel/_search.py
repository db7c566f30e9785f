"""Find the highest maximum of the concentrated log-likelihood: a rough grid first, then roots of the exact score."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar, root

from spatial_region.panel._blocks import Array
from spatial_region.panel._likelihood import Likelihood

# The likelihood goes to minus infinity at the ends of the interval; start a little inside.
_MARGIN = 1e-6
_CLOSE = 1e-3
_POINTS = 60
_NEAR = 0.05
_NO_LOWER = 1e-9
# Share of the way to the bound that the first step from the rough maximum takes.
_FIRST_STEP = 2e-3


@dataclass(frozen=True)
class Optimum:
    """Where the likelihood is highest.

    Attributes
    ----------
    rho, lam : float
    at_bound : bool
        No interior maximum was found.
    rival : tuple of float or None
        Another maximum (rho, lambda, log-likelihood) within 2 units of log-likelihood.
    """

    rho: float
    lam: float
    at_bound: bool
    rival: tuple[float, float, float] | None = None


def maximise(likelihood: Likelihood, *, lag_y: bool, error: bool) -> Optimum:
    """Maximise over rho, over lambda, or over both."""
    determinant = likelihood.determinant
    if determinant is None or not (lag_y or error):
        return Optimum(0.0, 0.0, False)
    if not (lag_y and error):
        best, at_bound = _maximise_one(likelihood, _grid(determinant.low, determinant.high, _POINTS), is_rho=lag_y)
        return Optimum(best if lag_y else 0.0, 0.0 if lag_y else best, at_bound)
    return _maximise_two(likelihood, _grid(determinant.low, determinant.high, _POINTS // 2))


def _grid(low: float, high: float, points: int) -> Array:
    """Return as many points below 0 as above: an interval such as (-1600, 1) would otherwise have none above."""
    half = points // 2
    below = np.linspace(low * (1 - _MARGIN), 0, half, endpoint=False)
    return np.concatenate([below, np.linspace(0, high * (1 - _MARGIN), half + 1)])


def _is_at_end(value: float, grid: Array) -> bool:
    """Whether a value is at an end of the grid, by its distance from 0."""
    return bool(value < grid[0] * (1 - _CLOSE) or value > grid[-1] * (1 - _CLOSE))


def _maximise_one(likelihood: Likelihood, grid: Array, *, is_rho: bool) -> tuple[float, bool]:
    def rough(x: float) -> float:
        return likelihood.at(x, 0.0, rough=True) if is_rho else likelihood.at(0.0, x, rough=True)

    def slope(x: float) -> float:
        return likelihood.score(x, 0.0)[0] if is_rho else likelihood.score(0.0, x)[1]

    best = int(np.argmax([rough(x) for x in grid]))
    around = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)]))
    start = float(minimize_scalar(lambda x: -rough(x), bounds=around, method="bounded").x)
    found = _climb(slope, start, (float(grid[0]), float(grid[-1])))
    return found, _is_at_end(found, grid)


def _climb(slope: Callable[[float], float], start: float, ends: tuple[float, float]) -> float:
    """Walk uphill from `start` until the slope changes its sign, then find where; or stop at an end.

    Steps begin small: an exact slope far away may cost a factorisation that one near by has already paid for.
    """
    here, value = start, slope(start)
    step = _FIRST_STEP * min(start - ends[0], ends[1] - start)
    while True:
        ahead = min(max(here + math.copysign(step, value), ends[0]), ends[1])
        beyond = slope(ahead)
        if value * beyond <= 0:
            return float(brentq(slope, here, ahead, xtol=1e-13, rtol=1e-13))
        if ahead in ends:
            return ahead
        here, value, step = ahead, beyond, 2 * step


def _maximise_two(likelihood: Likelihood, grid: Array) -> Optimum:
    surface = np.array([[likelihood.at(rho, lam, rough=True) for lam in grid] for rho in grid])
    maxima = sorted(
        {_polish(likelihood, grid, float(grid[i]), float(grid[j])) for i, j in _peaks(surface)}, reverse=True
    )
    if not maxima:  # the likelihood is not finite anywhere
        return Optimum(0.0, 0.0, True)
    value, rho, lam = maxima[0]
    at_bound = _is_at_end(rho, grid) or _is_at_end(lam, grid)
    apart = [m for m in maxima[1:] if max(abs(m[1] - rho), abs(m[2] - lam)) > 0.05 and value - m[0] < 2]
    rival = (apart[0][1], apart[0][2], apart[0][0]) if apart else None
    return Optimum(rho, lam, bool(at_bound), rival)


def _peaks(surface: Array) -> list[tuple[int, int]]:
    """Return the grid points that are no lower than their eight neighbours, the five highest of them."""
    padded = np.pad(surface, 1, constant_values=-np.inf)
    rows, columns = surface.shape
    around = [
        padded[1 + i : 1 + i + rows, 1 + j : 1 + j + columns]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if (i, j) != (0, 0)
    ]
    found = np.argwhere(surface >= np.max(around, axis=0))
    highest = sorted(found.tolist(), key=lambda at: -surface[at[0], at[1]])
    return [(i, j) for i, j in highest[:5]]


def _polish(likelihood: Likelihood, grid: Array, rho: float, lam: float) -> tuple[float, float, float]:
    """Climb from a grid point to the maximum near by: by the rough likelihood, then to a root of the exact score.

    Where that root is not found near by, the exact likelihood is climbed, however many factorisations it takes.
    """
    bounds = [(grid[0], grid[-1])] * 2
    start = np.array([rho, lam])
    near = minimize(
        lambda x: -likelihood.at(x[0], x[1], rough=True), start, bounds=bounds, method="L-BFGS-B"
    ).x  # fmt: skip
    exact = _root_near(likelihood, grid, near)
    if exact is None:
        climbed = minimize(
            lambda x: -likelihood.at(x[0], x[1]),
            near,
            jac=lambda x: -np.array(likelihood.score(x[0], x[1])),
            bounds=bounds,
            method="L-BFGS-B",
        ).x
        exact = _root_near(likelihood, grid, climbed)
        exact = climbed if exact is None else exact
    rho, lam = float(exact[0]), float(exact[1])
    return likelihood.at(rho, lam), rho, lam


def _root_near(likelihood: Likelihood, grid: Array, start: Array) -> Array | None:
    """Return where the score is 0 near `start`, inside the interval and no lower; None if that is nowhere."""
    found = root(lambda x: np.array(likelihood.score(x[0], x[1])), start, tol=1e-12)
    inside = found.success and all(grid[0] < x < grid[-1] for x in found.x)
    if not inside or np.abs(found.x - start).max() > _NEAR:
        return None
    place: Array = found.x
    return place if likelihood.at(*place) >= likelihood.at(*start) - _NO_LOWER else None
