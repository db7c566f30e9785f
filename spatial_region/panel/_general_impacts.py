"""Average impacts under several or time-varying weights: values, derivatives and draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spatial_region.errors import ConvergenceError
from spatial_region.panel._blocks import Array
from spatial_region.panel._general_traces import compute_general_traces
from spatial_region.panel._general_volume import Volume, make_volume
from spatial_region.panel._impacts import ImpactEstimate
from spatial_region.panel._operators import Operators, factorise_filter

# Factorisations times regions up to which each draw has its own exact multipliers (seconds of work); beyond, they are
# expanded around the estimate to the second order. With so many regions the draws of rho are close to it.
_BUDGET = 100_000
_MOST_ROUNDS = 20


@dataclass(frozen=True)
class GeneralImpactInput:
    """Estimates from which impacts follow.

    Attributes
    ----------
    beta : (k,)
        Slopes of the regressors.
    theta : (p, k)
        Slopes of their lags by each weights, 0 where a lag is not in the model.
    rho : (p,)
        Zeros where the model has no W y.
    covariance : (m, m)
        Of beta, of those theta that are in the model (all of W_1, then of W_2 ..), and of rho if it is.
    lagged : list of int
        Regressors whose lags are in the model.
    has_rho : bool
    """

    beta: Array
    theta: Array
    rho: Array
    covariance: Array
    lagged: list[int]
    has_rho: bool

    @property
    def centre(self) -> Array:
        """The estimates in the order of the covariance."""
        return np.concatenate([self.beta, self.theta[:, self.lagged].ravel(), self.rho if self.has_rho else []])

    def at(self, values: Array) -> tuple[Array, Array, Array]:
        """Return beta (.., k), theta (.., p, k) and rho (.., p) of other estimates in the same order."""
        k, p, lags = len(self.beta), len(self.rho), len(self.lagged)
        theta = np.zeros((*values.shape[:-1], p, k))
        theta[..., self.lagged] = values[..., k : k + p * lags].reshape(*values.shape[:-1], p, lags)
        rho = values[..., k + p * lags :] if self.has_rho else np.zeros((*values.shape[:-1], p))
        return values[..., :k], theta, rho


def choose_impacts(
    coefficients: Array,
    rho: Array,
    covariance: Array,
    *,
    weights: int,
    regressors: int,
    lagged: list[int],
    kept: list[int],
) -> GeneralImpactInput:
    """Pick from an estimate what the impacts of some regressors need.

    Parameters
    ----------
    coefficients, rho, covariance
        As in `GeneralEstimate`.
    weights : int
        p.
    regressors : int
        Columns of x.
    lagged, kept : list of int
        Columns of x whose lags are in the model, and those of which impacts are wanted (no intercept).
    """
    of_lags = [place for place in kept if place in lagged]
    columns = [
        regressors + weight * len(lagged) + lagged.index(place) for weight in range(weights if lagged else 0)
        for place in of_lags
    ]  # fmt: skip
    picked = [*kept, *columns, *range(len(coefficients), len(coefficients) + len(rho))]
    theta = np.zeros((weights, len(kept)))
    places = [kept.index(place) for place in of_lags]
    theta[:, places] = coefficients[columns].reshape(weights, len(places)) if columns else 0.0
    return GeneralImpactInput(
        coefficients[kept],
        theta,
        rho if len(rho) else np.zeros(weights),
        covariance[np.ix_(picked, picked)],
        places,
        bool(len(rho)),
    )


@dataclass(frozen=True)
class _Multipliers:
    """Means over regions and periods of the diagonals and of the row sums of S^-1, S^-1 W_1 .. S^-1 W_p.

    `own` and `row` are (.., 1 + p); their slopes in rho (.., 1 + p, p).
    """

    own: Array
    row: Array
    own_slope: Array
    row_slope: Array


def general_delta_impacts(given: GeneralImpactInput, lags: Operators) -> ImpactEstimate:
    """Return impacts with standard errors from their exact derivatives.

    (I - sum rho_j W_jt)^-1 (beta I + sum theta_j W_jt), averaged over periods: the mean of the diagonal is the direct
    impact, the mean of the row sums the total one, and the rest between them is indirect.
    """
    found = _multipliers(given.rho, lags)
    value = _values(given.beta, given.theta, found.own, found.row)
    k, p, n_lagged = len(given.beta), len(given.rho), len(given.lagged)
    gradient = np.zeros((2, k, len(given.covariance)))
    parts = ((found.own, found.own_slope), (found.row, found.row_slope))
    for part, (sums, slope) in enumerate(parts):
        gradient[part, np.arange(k), np.arange(k)] = sums[0]
        for weight in range(p):
            columns = k + weight * n_lagged + np.arange(n_lagged)
            gradient[part, given.lagged, columns] = sums[1 + weight]
        if given.has_rho:
            gradient[part, :, -p:] = given.beta[:, None] * slope[0] + given.theta.T @ slope[1:]
    gradient = np.stack([gradient[0], gradient[1] - gradient[0], gradient[1]])
    variance = np.einsum("ikm,mn,ikn->ik", gradient, given.covariance, gradient)
    return ImpactEstimate(value, np.sqrt(np.maximum(variance, 0)), None, 0)


def general_simulated_impacts(
    given: GeneralImpactInput, lags: Operators, *, draws: int, random: np.random.Generator
) -> ImpactEstimate:
    """Return impacts with standard errors from draws of the estimates' normal distribution.

    Raises
    ------
    ConvergenceError
        If most draws of rho lie where the model does not exist.
    """
    found = _multipliers(given.rho, lags)
    value = _values(given.beta, given.theta, found.own, found.row)
    volume = make_volume(lags, drop_period=False, without_unit_root=False) if given.has_rho else None
    sample, rejected = _draw(given, volume, draws, random)
    beta, theta, rho = given.at(sample)
    own, row = np.broadcast_to(found.own, (draws, len(found.own))), np.broadcast_to(found.row, (draws, len(found.row)))
    if volume is not None:
        own, row = _drawn_multipliers(given, lags, volume, rho, found)
    drawn = _values(beta, theta, own, row)
    return ImpactEstimate(value, drawn.std(axis=0, ddof=1), drawn, rejected)


def _values(beta: Array, theta: Array, own: Array, row: Array) -> Array:
    """Return impacts (.., 3, k)."""
    direct, total = (beta * sums[..., :1] + np.einsum("...pk,...p->...k", theta, sums[..., 1:]) for sums in (own, row))
    return np.stack([direct, total - direct, total], axis=-2)


def _multipliers(rho: Array, lags: Operators) -> _Multipliers:
    traces = compute_general_traces(lags, None, rho=rho, lam=0.0)
    cells = lags.regions * lags.periods
    own, slope = traces.first / cells, traces.inner / cells
    row, row_slope = _row_sums(rho, lags)
    return _Multipliers(np.array([1 + rho @ own, *own]), row, np.vstack([own + slope @ rho, slope]), row_slope)


def _row_sums(rho: Array, lags: Operators) -> tuple[Array, Array]:
    """Return 1' S^-1 1, 1' S^-1 W_j 1, each divided by N and averaged over periods, and their slopes."""
    p, ones = lags.count, np.ones(lags.regions)
    sums, slopes = np.zeros(1 + p), np.zeros((1 + p, p))
    for period, members in lags.groups():
        factors, weights = factorise_filter(lags.filter(period, rho)), lags.at(period)
        starts = np.column_stack([ones, *[w @ ones for w in weights]])
        from_left = factors.solve(ones, trans="T")
        sums += len(members) * (from_left @ starts)
        solved = factors.solve(starts)
        slopes += len(members) * np.column_stack([from_left @ (w @ solved) for w in weights])
    cells = lags.regions * lags.periods
    return sums / cells, slopes / cells


def _draw(
    given: GeneralImpactInput, volume: Volume | None, draws: int, random: np.random.Generator
) -> tuple[Array, int]:
    spread = np.sqrt(np.diag(given.covariance))
    root = np.linalg.cholesky(given.covariance / np.outer(spread, spread)) * spread[:, None]
    kept: list[Array] = []
    rejected = 0
    for _ in range(_MOST_ROUNDS):
        missing = draws - sum(map(len, kept))
        if not missing:
            return np.concatenate(kept), rejected
        sample = given.centre + random.standard_normal((missing, len(spread))) @ root.T
        if volume is not None:
            inside = np.array([volume.room(rho) > 0 for rho in given.at(sample)[2]])
            rejected += int((~inside).sum())
            sample = sample[inside]
        kept.append(sample)
    shown = ", ".join(f"{value:.6g}" for value in given.rho)
    raise ConvergenceError(
        f"most draws of rho lie where the model does not exist, because rho = {shown} is uncertain; use se='delta'."
    )


def _drawn_multipliers(
    given: GeneralImpactInput, lags: Operators, volume: Volume, rho: Array, found: _Multipliers
) -> tuple[Array, Array]:
    """Return the multipliers of each draw, (D, 1 + p) of the diagonals and of the row sums."""
    cells = lags.regions * lags.periods
    work = len(rho) * lags.regions

    def exact_own(at: Array) -> Array:
        own = -volume.gradient(at) / cells
        return np.array([1 + at @ own, *own])

    close: tuple[Array, Array] | None = None
    if work * max(volume.cost, 0 if lags.sums_to_one else len(lags.groups())) > _BUDGET:
        close = _expanded(given, lags, rho, found)
    own = close[0] if close is not None and work * volume.cost > _BUDGET else _each(exact_own, rho)
    if lags.sums_to_one:
        return own, np.repeat(1 / (1 - rho.sum(axis=1))[:, None], 1 + lags.count, axis=1)
    return own, close[1] if close is not None else _each(lambda at: _row_sums(at, lags)[0], rho)


def _each(function: Callable[[Array], Array], rho: Array) -> Array:
    return np.array([function(at) for at in rho])


def _expanded(given: GeneralImpactInput, lags: Operators, rho: Array, found: _Multipliers) -> tuple[Array, Array]:
    """Return Taylor's expansions to the second order, the second derivatives by differences of the first."""
    p = lags.count
    errors = np.sqrt(np.diag(given.covariance)[-p:])
    curvature = np.zeros((2, 1 + p, p, p))
    for place in range(p):
        shift = np.zeros(p)
        shift[place] = errors[place] / 10
        up, down = _multipliers(given.rho + shift, lags), _multipliers(given.rho - shift, lags)
        curvature[0, :, :, place] = (up.own_slope - down.own_slope) / (2 * shift[place])
        curvature[1, :, :, place] = (up.row_slope - down.row_slope) / (2 * shift[place])
    gap = rho - given.rho
    own, row = (
        value + gap @ slope.T + 0.5 * np.einsum("di,mij,dj->dm", gap, second, gap)
        for value, slope, second in (
            (found.own, found.own_slope, curvature[0]),
            (found.row, found.row_slope, curvature[1]),
        )
    )
    return own, row
