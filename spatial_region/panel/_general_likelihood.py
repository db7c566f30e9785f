"""Concentrated log-likelihood of rho_1 .. rho_p and lambda, and the search for its highest maximum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from spatial_region.panel._blocks import Array
from spatial_region.panel._general_moments import GeneralMoments
from spatial_region.panel._general_volume import Volume

# Matrices that may be factorised for the grid of starts, and points of it on one axis.
_BUDGET = 64
_FEWEST, _MOST = 3, 41
_MARGIN = 1e-6
# Share of the way to the boundary that is left at a maximum which is none.
_CLOSE = 1e-3
_STARTS, _COSTLY_STARTS = 5, 2
_MOST_AXES = 5
_ROUNDS = 60
_STEP = 1e-5
_FLAT = 1e-11
_ROUNDING = 1e-13


@dataclass(frozen=True)
class GeneralOptimum:
    """Where the likelihood is highest.

    Attributes
    ----------
    rho : (p,)
    lam : float
    at_bound : bool
        No interior maximum was found.
    rival : tuple of (p,) array, float, float or None
        Another maximum (rho, lambda, log-likelihood) within 2 units of log-likelihood.
    """

    rho: Array
    lam: float
    at_bound: bool
    rival: tuple[Array, float, float] | None = None


@dataclass(frozen=True)
class GeneralLikelihood:
    """The function to maximise, of the vector (rho_1 .. rho_p, lambda), those that the model has.

    log L = -M/2 [log(2 pi SSR / M) + 1] + sum_t (log|I - sum rho_j W_jt| + log|I - lambda M_t|)

    Attributes
    ----------
    moments : GeneralMoments
    lag_volume, error_volume : Volume or None
        None for a process that the model does not have.
    size : int
        M: observations, less those that the Lee-Yu transformation removes.
    """

    moments: GeneralMoments
    lag_volume: Volume | None
    error_volume: Volume | None
    size: int

    @property
    def lag_count(self) -> int:
        """Number of parameters rho."""
        return self.moments.responses - 1

    @property
    def volumes(self) -> list[tuple[Volume, slice]]:
        """The log-determinants, and the parameters of each."""
        p = self.lag_count
        pairs = [(self.lag_volume, slice(0, p)), (self.error_volume, slice(p, p + 1))]
        return [(volume, places) for volume, places in pairs if volume is not None]

    def split(self, values: Array) -> tuple[Array, float]:
        """Return rho and lambda."""
        return values[: self.lag_count], float(values[-1]) if self.error_volume is not None else 0.0

    def at(self, values: Array) -> float:
        """Return the log-likelihood; minus infinity where a determinant is not positive."""
        volume = sum(part.value(values[places]) for part, places in self.volumes)
        if not np.isfinite(volume):
            return -np.inf
        _, ssr = self.coefficients(values)
        return float(volume - self.size / 2 * (np.log(2 * np.pi * ssr / self.size) + 1))

    def score(self, values: Array) -> Array:
        """Return its derivatives."""
        rho, lam = self.split(values)
        residual, coefficients, slope = self._residual_gram(lam)
        weights = np.concatenate([[1.0], -rho])
        pulled = residual @ weights
        ssr = weights @ pulled
        by = np.zeros(len(values))
        by[: len(rho)] = -2 * pulled[1:]
        if self.error_volume is not None:
            combination = np.concatenate([weights, -(coefficients @ weights)])
            by[-1] = combination @ slope @ combination
        by *= -self.size / 2 / ssr
        for part, places in self.volumes:
            by[places] += part.gradient(values[places])
        return by

    def coefficients(self, values: Array) -> tuple[Array, float]:
        """Return the best coefficients of the orthonormal regressors and the sum of squared residuals."""
        rho, lam = self.split(values)
        residual, coefficients, _ = self._residual_gram(lam)
        weights = np.concatenate([[1.0], -rho])
        scale = self.moments.scale
        return coefficients @ weights * scale, float(weights @ residual @ weights) * scale**2

    def room(self, values: Array) -> float:
        """Return how far the nearest process is from the boundary of its parameters."""
        return min(part.room(values[places]) for part, places in self.volumes)

    def _residual_gram(self, lam: float) -> tuple[Array, Array, Array]:
        gram, slope = self.moments.filtered(lam)
        q = self.moments.responses
        coefficients = np.linalg.solve(gram[q:, q:], gram[q:, :q])
        return gram[:q, :q] - gram[:q, q:] @ coefficients, coefficients, slope


def maximise(likelihood: GeneralLikelihood) -> GeneralOptimum:
    """Climb from the highest peaks of a grid, and keep the highest maximum."""
    if not likelihood.volumes:
        return GeneralOptimum(np.zeros(0), 0.0, False)
    maxima: list[tuple[float, Array]] = []
    for start in _starts(likelihood):
        found = _climb(likelihood, start)
        if likelihood.room(found) > 0:
            maxima.append((likelihood.at(found), found))
    if not maxima:  # every climb left the parameter space
        return GeneralOptimum(*likelihood.split(np.zeros(len(_starts(likelihood)[0]))), True)
    maxima.sort(key=lambda one: -one[0])
    height, best = maxima[0]
    apart = [one for one in maxima[1:] if np.abs(one[1] - best).max() > 0.05 and height - one[0] < 2]
    rival = (*likelihood.split(apart[0][1]), apart[0][0]) if apart else None
    return GeneralOptimum(*likelihood.split(best), bool(likelihood.room(best) < _CLOSE), rival)


def _starts(likelihood: GeneralLikelihood) -> list[Array]:
    """Return the highest grid points that are no lower than their neighbours, or independence if there are none."""
    axes = [_inner(axis) for part, _ in likelihood.volumes for axis in part.axes]
    cost = sum(part.cost for part, _ in likelihood.volumes)
    grids = [np.linspace(low, high, _points(len(axes), cost) + 2)[1:-1] for low, high in axes]
    if len(axes) > _MOST_AXES:  # a grid would be too large: one axis at a time
        grids = [np.array([0.0])] * len(axes)
    shape = tuple(map(len, grids))
    surface = np.full(shape, -np.inf)
    for place in product(*map(range, shape)):
        surface[place] = likelihood.at(_pick(grids, place))
    peaks = sorted(_peaks(surface), key=lambda place: -surface[place])
    starts = [_pick(grids, place) for place in peaks]
    if len(axes) > _MOST_AXES:
        starts += [np.eye(len(axes))[place] * end / 2 for place, axis in enumerate(axes) for end in axis]
    inside = [start for start in starts if likelihood.room(start) > 0]
    return inside[: _COSTLY_STARTS if cost else _STARTS] or [np.zeros(len(axes))]


def _points(axes: int, cost: int) -> int:
    if not cost:
        return _MOST if axes == 1 else 15
    return int(np.clip((_BUDGET / cost) ** (1 / axes), _FEWEST, _MOST))


def _pick(grids: Sequence[Array], place: tuple[int, ...]) -> Array:
    return np.array([grid[i] for grid, i in zip(grids, place, strict=True)])


def _inner(axis: tuple[float, float]) -> tuple[float, float]:
    margin = _MARGIN * (axis[1] - axis[0])
    return axis[0] + margin, axis[1] - margin


def _peaks(surface: Array) -> list[tuple[int, ...]]:
    padded = np.pad(surface, 1, constant_values=-np.inf)
    around = [
        padded[tuple(slice(shift, shift + size) for shift, size in zip(shifts, surface.shape, strict=True))]
        for shifts in product(range(3), repeat=surface.ndim)
    ]
    highest = (surface >= np.max(around, axis=0)) & np.isfinite(surface)
    return [tuple(place) for place in np.argwhere(highest).tolist()]


def _climb(likelihood: GeneralLikelihood, start: Array) -> Array:
    """Climb by Newton's steps, halved until the likelihood rises, until a step changes nothing."""
    here, height = start, likelihood.at(start)
    for _ in range(_ROUNDS):
        slope = likelihood.score(here)
        values, vectors = np.linalg.eigh(-_curvature(likelihood, here))
        # Steep directions of a saddle are climbed, too.
        step = vectors @ ((vectors.T @ slope) / np.maximum(np.abs(values), 1e-10 * np.abs(values).max()))
        share = 1.0
        while share > 1e-10:
            there = here + share * step
            found = likelihood.at(there)
            if found >= height - _ROUNDING * abs(height):
                break
            share /= 2
        else:
            return here
        here, height = there, found
        if np.abs(share * step).max() < _FLAT:
            break
    return here


def _curvature(likelihood: GeneralLikelihood, here: Array) -> Array:
    """Return the matrix of second derivatives, from central differences of the score."""
    size = _STEP * max(likelihood.room(here), _CLOSE)
    columns = []
    for place in range(len(here)):
        shift = np.zeros(len(here))
        shift[place] = size
        columns.append((likelihood.score(here + shift) - likelihood.score(here - shift)) / (2 * size))
    matrix = np.array(columns)
    return (matrix + matrix.T) / 2
