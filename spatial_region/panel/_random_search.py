"""Find the highest maximum of the likelihood with random effects: a coarse grid first, then climbs, then Newton steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.ndimage import maximum_filter
from scipy.optimize import minimize

from spatial_region.panel._blocks import Array
from spatial_region.panel._random_likelihood import PARAMETERS, Point, RandomLikelihood

# The likelihood goes to minus infinity at the ends of the intervals; start a little inside.
_MARGIN = 1e-6
_CLOSE = 1e-3
# Coarse grids: shares of the interval of rho and lambda, psi, and the share of quasi-demeaning that stands for phi.
_SHARES = (np.arange(7) + 0.5) / 7
_PSI = np.array([-0.5, 0.0, 0.4, 0.75, 0.95])
_DEMEANING = np.array([0.0, 0.35, 0.7, 0.93])
_MOST_STARTS = 5
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
        Parameters at an end of their interval. "phi" there means that no variance of the region effects is found.
    rival : tuple of (Point, float) or None
        Another maximum, and its log-likelihood, within 2 units of the highest.
    """

    point: Point
    loglik: float
    at_bound: tuple[str, ...]
    rival: tuple[Point, float] | None


@dataclass(frozen=True)
class Coordinates:
    """The parameters that a model has, with phi replaced by 1 - 1 / sqrt(1 + T phi), which lies between 0 and 1."""

    names: tuple[str, ...]
    low: Array
    high: Array
    periods: int
    places: list[int]

    def point(self, x: Array) -> Point:
        """Return the parameters at one place of the search."""
        values = dict(zip(self.names, map(float, x), strict=True))
        if "phi" in values:
            values["phi"] = ((1 - values["phi"]) ** -2 - 1) / self.periods
        return Point(**values)

    def factors(self, x: Array) -> Array:
        """Return the derivative of each parameter in its coordinate."""
        return np.array(
            [
                2 * (1 - value) ** -3 / self.periods if name == "phi" else 1.0
                for name, value in zip(self.names, x, strict=True)
            ]
        )


def make_coordinates(likelihood: RandomLikelihood, names: tuple[str, ...]) -> Coordinates:
    """Return the box in which the model is defined."""
    low, high = [], []
    for name in names:
        determinant = likelihood.determinant if name == "rho" else likelihood.determinant_error
        if name in ("rho", "lam"):
            assert determinant is not None  # a model with rho or lambda has one
            width = determinant.high - determinant.low
            low.append(determinant.low + _MARGIN * width)
            high.append(determinant.high - _MARGIN * width)
        else:
            low.append(0.0 if name == "phi" else -1 + _MARGIN)
            high.append(1 - _MARGIN)
    places = [PARAMETERS.index(name) for name in names]
    return Coordinates(names, np.array(low), np.array(high), likelihood.moments.periods, places)


def maximise_random(likelihood: RandomLikelihood, names: tuple[str, ...]) -> RandomOptimum:
    """Maximise over the parameters in `names`, those of `PARAMETERS` that the model has."""
    if not names:
        return RandomOptimum(Point(), likelihood.at(Point()), (), None)
    box = make_coordinates(likelihood, names)
    found = [_climb(likelihood, box, start) for start in _starts(likelihood, box)]
    found.sort(key=lambda pair: -pair[0])
    value, x = found[0]
    apart = [other for other in found[1:] if np.abs(other[1] - x).max() > 0.05 and value - other[0] < 2]
    rival = (box.point(apart[0][1]), apart[0][0]) if apart else None
    span = _CLOSE * (box.high - box.low)
    # phi is allowed to be 0: it is at its bound there, and not merely near it.
    span[[name == "phi" for name in names]] = 0.0
    touching = (x - box.low <= span) | (box.high - x <= span)
    at_bound = tuple(name for name, at in zip(names, touching, strict=True) if at)
    return RandomOptimum(box.point(x), value, at_bound, rival)


def _starts(likelihood: RandomLikelihood, box: Coordinates) -> list[Array]:
    """Return the highest peaks of a grid; region effects outside the error process borrow those of effects inside."""
    cheap = likelihood.common()
    axes = []
    for name, low, high in zip(box.names, box.low, box.high, strict=True):
        axes.append({"psi": _PSI, "phi": _DEMEANING}.get(name, low + _SHARES * (high - low)))
    shape = tuple(len(axis) for axis in axes)
    nodes = np.array(list(product(*axes)))
    surface = np.array([cheap.at(box.point(node)) for node in nodes]).reshape(shape)
    peaks = np.flatnonzero(surface >= maximum_filter(surface, size=3, mode="nearest"))
    highest = peaks[np.argsort(-surface.ravel()[peaks], kind="stable")][:_MOST_STARTS]
    return list(nodes[highest])


def _climb(likelihood: RandomLikelihood, box: Coordinates, start: Array) -> tuple[float, Array]:
    def descend(x: Array) -> tuple[float, Array]:
        value, score = likelihood.value_and_score(box.point(x))
        return -value, -score[box.places] * box.factors(x)

    options = {"ftol": 1e-14, "gtol": 1e-6, "maxiter": 200}
    climbed = minimize(descend, start, jac=True, bounds=list(zip(box.low, box.high, strict=True)), options=options)
    x = _newton(descend, np.asarray(climbed.x), box)
    return -descend(x)[0], x


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
