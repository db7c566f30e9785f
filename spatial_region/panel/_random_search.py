"""Find the highest maximum of the likelihood with random effects: a coarse grid, then climbs, then Newton steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from scipy.optimize import minimize

from spatial_region.panel._blocks import Array
from spatial_region.panel._random_likelihood import PARAMETERS, Point, RandomLikelihood

# The likelihood goes to minus infinity at the ends of the intervals; start a little inside.
_MARGIN = 1e-6
_CLOSE = 1e-3
# Coarse grids: shares of the ends of the intervals of rho and lambda (which may reach far below 0 and never far above
# it, so that the two sides are divided apart), psi, and log(1 + T phi) / 2 that stands for phi.
_BELOW = np.array([0.92, 0.75, 0.5, 0.3, 0.15, 0.05])
_ABOVE = np.array([0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.92, 0.98])
_PSI = np.array([-0.5, 0.0, 0.4, 0.75, 0.95])
_LOG_RATIO = np.array([0.0, 0.4, 1.2, 2.7])
# T phi of 8e13: hardly anything is left of the variance within regions. Far beyond, what varies between regions only
# (the intercept, region means) weighs less than the rounding of the rest, and cross-products become singular.
# With region effects outside the error process M is factorised, and 1e10 is as far as its digits reach.
_HIGHEST_RATIO = {"common": 16.0, "own": 12.0}
_MOST_PEAKS = 4
_MOST_NEWTON = 8
_STEP = 1e-5
_FLAT = 1e-9

Descent = Callable[[Array], tuple[float, Array]]


@dataclass(frozen=True)
class RandomOptimum:
    """Where the likelihood is highest.

    Attributes
    ----------
    point : Point
    loglik : float
    at_bound : tuple of str
        Parameters at an end of their interval. "phi" means that no variance of the region effects is found, "sigma2"
        that none is found within regions.
    rival : tuple of (Point, float) or None
        Another maximum, and its log-likelihood, within 2 units of the highest.
    """

    point: Point
    loglik: float
    at_bound: tuple[str, ...]
    rival: tuple[Point, float] | None


@dataclass(frozen=True)
class Coordinates:
    """The parameters that a model has, with phi replaced by log(1 + T phi) / 2."""

    names: tuple[str, ...]
    low: Array
    high: Array
    periods: int
    places: list[int]

    def point(self, x: Array) -> Point:
        """Return the parameters at one place of the search."""
        values = dict(zip(self.names, map(float, x), strict=True))
        if "phi" in values:
            values["phi"] = float(np.expm1(2 * values["phi"])) / self.periods
        return Point(**values)

    def factors(self, x: Array) -> Array:
        """Return the derivative of each parameter in its coordinate."""
        return np.array(
            [
                2 * np.exp(2 * value) / self.periods if name == "phi" else 1.0
                for name, value in zip(self.names, x, strict=True)
            ]
        )


def make_coordinates(likelihood: RandomLikelihood, names: tuple[str, ...]) -> Coordinates:
    """Return the box in which the model is defined."""
    low, high = [], []
    highest = _HIGHEST_RATIO["common" if likelihood.weights is None else "own"]
    for name in names:
        determinant = likelihood.determinant if name == "rho" else likelihood.determinant_error
        if name in ("rho", "lam"):
            assert determinant is not None  # a model with rho or lambda has one
            width = determinant.high - determinant.low
            low.append(determinant.low + _MARGIN * width)
            high.append(determinant.high - _MARGIN * width)
        else:
            low.append(0.0 if name == "phi" else -1 + _MARGIN)
            high.append(highest if name == "phi" else 1 - _MARGIN)
    places = [PARAMETERS.index(name) for name in names]
    return Coordinates(names, np.array(low), np.array(high), likelihood.moments.periods, places)


def maximise_random(likelihood: RandomLikelihood, names: tuple[str, ...]) -> RandomOptimum:
    """Maximise over the parameters in `names`, those of `PARAMETERS` that the model has."""
    if not names:
        return RandomOptimum(Point(), likelihood.at(Point()), (), None)
    box = make_coordinates(likelihood, names)
    descend = _descent(likelihood, box)
    found = [_climb(descend, box, start) for start in _starts(likelihood, box)]
    found.sort(key=lambda pair: -pair[0])
    x = _newton(descend, found[0][1], box)
    value = -descend(x)[0]
    apart = [other for other in found[1:] if np.abs(other[1] - x).max() > 0.05 and value - other[0] < 2]
    rival = (box.point(apart[0][1]), apart[0][0]) if apart else None
    return RandomOptimum(box.point(x), value, _at_bound(box, x), rival)


def _at_bound(box: Coordinates, x: Array) -> tuple[str, ...]:
    found = []
    for name, value, low, high in zip(box.names, x, box.low, box.high, strict=True):
        # phi is allowed to be 0: it is at its bound there, and not merely near it.
        span = 0.0 if name == "phi" else _CLOSE * (high - low)
        if value - low <= span or high - value <= span:
            found.append("sigma2" if name == "phi" and value > low else name)
    return tuple(found)


def _starts(likelihood: RandomLikelihood, box: Coordinates) -> list[Array]:
    """Return the best nodes of a grid; region effects outside the error process borrow the surface of those inside.

    Beside the peaks these are the best nodes on either side of rho = lambda, as the two can stand for each other, and
    the best with and without region effects.
    """
    cheap = likelihood.common()
    axes = []
    for name, low, high in zip(box.names, box.low, box.high, strict=True):
        spatial = np.concatenate([_BELOW * low, _ABOVE * high])
        axes.append({"psi": _PSI, "phi": _LOG_RATIO}.get(name, spatial))
    nodes = np.array(list(product(*axes)))
    if box.names[0] == "rho":
        # All values of rho at once, for each of the other parameters.
        others = [box.point(np.array([0.0, *node])) for node in product(*axes[1:])]
        heights = np.stack([cheap.at_each(axes[0], point) for point in others], axis=1).ravel()
    else:
        heights = np.array([cheap.at(box.point(node)) for node in nodes])
    surface = heights.reshape([len(axis) for axis in axes])
    peaks = np.flatnonzero(surface >= maximum_filter(surface, size=3, mode="nearest"))
    chosen = list(peaks[np.argsort(-heights[peaks], kind="stable")][:_MOST_PEAKS])
    for side in _sides(box.names, nodes):
        chosen.append(side[np.argmax(heights[side])])
    return [nodes[place] for place in dict.fromkeys(chosen)]


def _sides(names: tuple[str, ...], nodes: Array) -> list[NDArray[np.intp]]:
    found = []
    if "rho" in names and "lam" in names:
        gap = nodes[:, names.index("rho")] - nodes[:, names.index("lam")]
        found += [np.flatnonzero(gap > 0), np.flatnonzero(gap < 0)]
    if "phi" in names:
        phi = nodes[:, names.index("phi")]
        found += [np.flatnonzero(phi == 0), np.flatnonzero(phi > 0)]
    return found


def _descent(likelihood: RandomLikelihood, box: Coordinates) -> Descent:
    """Return minus the log-likelihood and its derivatives, in the coordinates of the search."""

    def descend(x: Array) -> tuple[float, Array]:
        value, score = likelihood.value_and_score(box.point(x))
        return -value, -score[box.places] * box.factors(x)

    return descend


def _climb(descend: Descent, box: Coordinates, start: Array) -> tuple[float, Array]:
    options = {"ftol": 1e-14, "gtol": 1e-6, "maxiter": 200}
    climbed = minimize(descend, start, jac=True, bounds=list(zip(box.low, box.high, strict=True)), options=options)
    return -float(climbed.fun), np.asarray(climbed.x)


def _newton(descend: Descent, x: Array, box: Coordinates) -> Array:
    """Sharpen an interior minimum by Newton steps; coordinates at their bounds stay there."""
    room = np.minimum(x - box.low, box.high - x)
    free = np.flatnonzero(room > 0)
    steps = _STEP * np.minimum(1.0, room[free])
    slope = descend(x)[1][free]
    for _ in range(_MOST_NEWTON if len(free) else 0):
        curvature = np.empty((len(free), len(free)))
        for row, (place, step) in enumerate(zip(free, steps, strict=True)):
            change = np.zeros(len(x))
            change[place] = step
            curvature[row] = (descend(x + change)[1][free] - descend(x - change)[1][free]) / (2 * step)
        curvature = (curvature + curvature.T) / 2
        if np.linalg.eigvalsh(curvature)[0] <= 0:
            return x
        moved = x.copy()
        moved[free] -= np.linalg.solve(curvature, slope)
        if ((moved <= box.low) | (moved >= box.high))[free].any():
            return x
        better = descend(moved)[1][free]
        # In units of one standard error; below the rounding of the score nothing more can be gained.
        errors = np.sqrt(np.diag(np.linalg.inv(curvature)))
        if np.abs(better * errors).max() >= np.abs(slope * errors).max():
            return x
        x, slope = moved, better
        if np.abs(slope * errors).max() < _FLAT:
            return x
    return x
