"""Observed information of all parameters of a panel with random effects, jointly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spatial_region.panel._blocks import Array
from spatial_region.panel._random_likelihood import PARAMETERS, Point, RandomLikelihood, State

# Share of the room of a parameter over which its score is nearly a polynomial.
_SHARE = 1e-3


def observed_information(
    likelihood: RandomLikelihood, state: State, c: Array, sigma2: float, names: tuple[str, ...]
) -> Array:
    """Return minus the Hessian in (slopes, the parameters in `names`, sigma2), for moments' scaled variables.

    Slopes, rho and sigma2 enter by cross-products, and their derivatives are exact. Those of the score in lambda, psi
    and phi are central differences, extrapolated once: their error is of the fourth order in the step.
    """
    k = len(c) - 2
    slopes = likelihood.slopes(state, c)
    residual = state.gram @ c
    places = [PARAMETERS.index(name) for name in names]
    full = np.zeros((k + 5, k + 5))
    full[:k, :k] = -state.gram[2:, 2:] / sigma2
    # Derivatives of the score of the slopes, (G c)_z / sigma2.
    full[:k, k] = -state.gram[2:, 1] / sigma2
    full[:k, k + 1 : k + 4] = slopes.product[1:, 2:].T / sigma2
    full[:k, -1] = -residual[2:] / sigma2**2
    # Those of sigma2, -NT / (2 sigma2) + c'G c / (2 sigma2^2).
    full[k, -1] = -residual[1] / sigma2**2
    full[k + 1 : k + 4, -1] = slopes.product[1:] @ c / (2 * sigma2**2)
    full[-1, -1] = likelihood.size / (2 * sigma2**2) - c @ residual / sigma2**3
    # That of rho, (G c)_Wy / sigma2 - T tr W A^-1.
    full[k, k] = -state.gram[1, 1] / sigma2
    if likelihood.determinant is not None:
        rho = state.point.rho
        full[k, k] -= likelihood.moments.periods * likelihood.determinant.product(rho, rho)
    full[k, k + 1 : k + 4] = slopes.product[1:, 1] / sigma2
    for place in places:
        if place:
            full[k + place, k + 1 : k + 4] = _score_slope(likelihood, state, c, sigma2, place)[1:]
    kept = [*range(k), *(k + place for place in places), k + 4]
    upper = full[np.ix_(kept, kept)]
    block = slice(k, k + len(places))
    # The two halves of what differences gave agree up to their error; elsewhere only the upper half is filled.
    free = upper[block, block].copy()
    for i, one in enumerate(places):
        for j, other in enumerate(places):
            if one and other:
                free[i, j] = (upper[k + i, k + j] + upper[k + j, k + i]) / 2
    upper[block, block] = np.triu(free)
    return -(np.triu(upper) + np.triu(upper, 1).T)


def _score_slope(likelihood: RandomLikelihood, state: State, c: Array, sigma2: float, place: int) -> Array:
    """Return the derivative of the score in one parameter, slopes and sigma2 held."""
    name = PARAMETERS[place]
    at = float(getattr(state.point, name))
    step = _SHARE * _room(likelihood, state, name)

    def score(value: float) -> Array:
        moved: Point = replace(state.point, **{name: value})
        return likelihood.score(likelihood.state(moved), c, sigma2)

    wide, narrow = ((score(at + size) - score(at - size)) / (2 * size) for size in (2 * step, step))
    return (4 * narrow - wide) / 3


def _room(likelihood: RandomLikelihood, state: State, name: str) -> float:
    """Return the distance over which the likelihood changes its shape."""
    if name == "phi":
        # The likelihood depends on 1 + phi times its weight.
        return state.point.phi + 1 / state.serial.length
    if name == "psi":
        return 1 - abs(state.point.psi)
    assert likelihood.determinant_error is not None  # a model with lambda has one
    low, high = likelihood.determinant_error.low, likelihood.determinant_error.high
    return min(state.point.lam - low, high - state.point.lam)
