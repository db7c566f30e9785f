"""The root of the score less its exact expectation: consistent for few periods, whatever the first one was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from spatial_region.panel._blocks import Array
from spatial_region.panel._dynamic_bias import expected_score
from spatial_region.panel._dynamic_state import Fit, State
from spatial_region.panel._likelihood import Likelihood

_MOST_STEPS = 60
_MOST_HALVINGS = 12
# Steps of the numerical derivative, and the root's tolerance, in standard errors.
_STEP = 1e-4
_CLOSE = 1e-9
_MARGIN = 1e-6
# Share of the residual that a step may leave before the slope is taken anew.
_SLOW = 0.1


def solve_adjusted(fit: Fit, guess: State) -> State | None:
    """Return the root near `guess`, or None if there is none with a falling score.

    Slopes of X and W X and the variance are solved for; what is left are tau, eta, rho and lambda.
    """
    names = [name for name in fit.parameter_names() if name not in ("", "sigma2")]
    places = fit.places()
    spread = np.diag(fit.covariance(guess))
    units = np.sqrt(np.array([spread[places[name]] for name in names]))
    origin = _values(guess, names)

    def state_at(x: Array) -> State:
        return _concentrate(fit, guess, dict(zip(names, (origin + units * x).tolist(), strict=True)))

    def residual(x: Array) -> Array:
        state = state_at(x)
        score = adjusted_score(fit, state)
        return units * np.array([score[places[name]] for name in names])

    def inside(x: Array) -> bool:
        return _is_inside(fit, dict(zip(names, (origin + units * x).tolist(), strict=True)))

    x: Array = np.zeros(len(names))
    if not inside(x):
        return None
    now = residual(x)
    jacobian = _jacobian(residual, x)
    for _ in range(_MOST_STEPS):
        if np.abs(now).max() < _CLOSE:
            falls = bool((np.linalg.eigvals(jacobian).real < 0).all())
            return state_at(x) if falls else None
        found = _search(residual, inside, x, now, np.linalg.lstsq(jacobian, -now, rcond=None)[0])
        if found is None:
            return None
        slow = np.linalg.norm(found[1]) > _SLOW * np.linalg.norm(now)
        x, now = found
        if slow:  # otherwise the old slope is good enough, and a new one costs eight evaluations
            jacobian = _jacobian(residual, x)
    return None


def _search(
    residual: Callable[[Array], Array], inside: Callable[[Array], bool], x: Array, now: Array, step: Array
) -> tuple[Array, Array] | None:
    """Return the point along the step, halved as often as needed, whose residual is smaller; None if there is none."""
    for _ in range(_MOST_HALVINGS):
        trial = x + step
        if inside(trial):
            there = residual(trial)
            if np.linalg.norm(there) < np.linalg.norm(now):
                return trial, there
        step = step / 2
    return None


def adjusted_score(fit: Fit, state: State) -> Array:
    """Return the score of all parameters less its exact expectation given the first period."""
    gram, slope = fit.moments.filtered(state.lam)
    along = _combination(fit, state)
    by_variable = gram @ along
    slopes = fit.moments.triangle.T @ by_variable[2:] / state.sigma2
    by_lam = -(along @ slope @ along) / (2 * state.sigma2)
    ssr = float(along @ by_variable)
    likelihood = fit.likelihood
    by_name = {
        "rho": fit.moments.scale * by_variable[1] / state.sigma2 - _trace(likelihood, state.rho),
        "lambda": by_lam - _trace(likelihood, state.lam),
        "sigma2": (ssr / state.sigma2 - likelihood.size) / (2 * state.sigma2),
    }
    regions = fit.blocks.y.shape[1]
    expected = expected_score(fit.w, fit.determinant, fit.point(state), fit.setting(finite=True), regions=regions)
    names = fit.parameter_names()
    found = np.array([*slopes, *(by_name[name] for name in names[len(slopes) :])])
    return found - np.array([expected.get(name, 0.0) for name in names])


def adjusted_covariance(fit: Fit, state: State) -> Array:
    """Return the inverse of the expected information plus the slope of the expected score.

    The expectation that is taken off the score changes with the parameters, so that the root varies more than the
    maximum of the likelihood does. Without region effects' share the score varies less by as much: the variance of
    the adjusted score and its expected slope agree, and the sandwich of the two is the inverse of either.
    """
    inverse = fit.covariance(state)
    names = fit.parameter_names()
    places = [place for name, place in fit.places().items() if name != "sigma2"]
    regions = fit.blocks.y.shape[1]
    setting = fit.setting(finite=True)
    change = np.zeros_like(inverse)

    def expected(at: State) -> Array:
        by_name = expected_score(fit.w, fit.determinant, fit.point(at), setting, regions=regions)
        return np.array([by_name.get(name, 0.0) for name in names])

    centre = state.vector(fit.parts)
    for place in places:
        step = _STEP * np.sqrt(inverse[place, place])
        up, down = centre.copy(), centre.copy()
        up[place] += step
        down[place] -= step
        change[:, place] = (expected(fit.state_from(up)) - expected(fit.state_from(down))) / (2 * step)
    change = (change + change.T) / 2
    # (I + change)^-1 = (1 + inverse change)^-1 inverse
    full = np.linalg.solve(np.eye(len(inverse)) + inverse @ change, inverse)
    return (full + full.T) / 2


def _combination(fit: Fit, state: State) -> Array:
    """Return a of V a, the residuals before filtering, with V = (y, W y, Q) in the scale of the moments."""
    scale = fit.moments.scale
    return np.array([scale, -state.rho * scale, *(-(fit.moments.triangle @ state.coefficients))])


def _concentrate(fit: Fit, like: State, value: dict[str, float]) -> State:
    """Return the state with given tau, eta, rho and lambda, and the best slopes and variance for them."""
    rho, lam = value.get("rho", 0.0), value.get("lambda", 0.0)
    gram = fit.moments.filtered(lam)[0]
    scale, triangle = fit.moments.scale, fit.moments.triangle
    k = len(triangle) - len(fit.lags)
    lags = np.array([value[name] for name in fit.lags])
    own = triangle[k:, k:] @ lags
    # Q_x' e = 0: the slopes of X are those of the rest on the span of X.
    rest = np.array([scale, -rho * scale, *np.zeros(k), *(-own)])
    along = np.linalg.solve(gram[2 : 2 + k, 2 : 2 + k], gram[2 : 2 + k] @ rest)
    coefficients = np.linalg.solve(triangle, np.concatenate([along, own]))
    found = replace(
        like, coefficients=coefficients, rho=rho, lam=lam, tau=value.get("tau", 0.0), eta=value.get("eta", 0.0)
    )
    combination = _combination(fit, found)
    return replace(found, sigma2=float(combination @ gram @ combination) / fit.residual_size)


def _values(state: State, names: list[str]) -> Array:
    every = {"tau": state.tau, "eta": state.eta, "rho": state.rho, "lambda": state.lam}
    return np.array([every[name] for name in names])


def _is_inside(fit: Fit, value: dict[str, float]) -> bool:
    if fit.determinant is None:
        return True
    low, high = fit.determinant.low, fit.determinant.high
    margin = _MARGIN * (high - low)
    return all(low + margin < value.get(name, 0.0) < high - margin for name in ("rho", "lambda"))


def _trace(likelihood: Likelihood, value: float) -> float:
    """Return minus the derivative of the log-determinant in the likelihood."""
    if likelihood.determinant is None:
        return 0.0
    trace = likelihood.determinant.trace(value)
    return likelihood.periods * (trace - 1 / (1 - value) if likelihood.without_unit_root else trace)


def _jacobian(function: Callable[[Array], Array], x: Array) -> Array:
    columns = []
    for place in range(len(x)):
        up, down = x.copy(), x.copy()
        up[place] += _STEP
        down[place] -= _STEP
        columns.append((function(up) - function(down)) / (2 * _STEP))
    return np.array(columns).T
