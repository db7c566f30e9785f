"""Impacts in a dynamic panel: at once, in the long run, and of the past itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError, InputError
from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._dynamic import DynamicEstimate
from spatial_region.panel._dynamic_stability import are_stable
from spatial_region.panel._impacts import (
    ImpactEstimate,
    ImpactInput,
    _multipliers,
    delta_impacts,
    impact_values,
    simulated_impacts,
)

_MOST_ROUNDS = 20


@dataclass(frozen=True)
class DynamicImpactInput:
    """Estimates from which impacts follow.

    Attributes
    ----------
    beta, theta : (k,)
        Slopes of the regressors and of their lags (0 where a lag is not in the model).
    tau, eta, rho : float
        0 where they are not in the model.
    covariance : (m, m)
        Of beta, those theta, tau, eta and rho that are in the model, in this order.
    lagged : list of int
        Regressors whose lag is in the model.
    named : list of str
        Which of ``"tau"``, ``"eta"``, ``"rho"`` are in the model, in this order.
    """

    beta: Array
    theta: Array
    tau: float
    eta: float
    rho: float
    covariance: Array
    lagged: list[int]
    named: list[str]

    @property
    def values(self) -> Array:
        """The parameters in the order of the covariance."""
        every = {"tau": self.tau, "eta": self.eta, "rho": self.rho}
        return np.array([*self.beta, *self.theta[self.lagged], *(every[name] for name in self.named)])

    @property
    def has_long_run_lag(self) -> bool:
        """Whether r = (rho + eta) / (1 - tau) is a parameter: the long run then reaches beyond neighbours."""
        return "eta" in self.named or "rho" in self.named


def impact_input(
    found: DynamicEstimate, *, regressors: int, lagged: list[int], dynamic: list[str], has_rho: bool
) -> DynamicImpactInput:
    """Return what impacts need of an estimate.

    Parameters
    ----------
    found : DynamicEstimate
    regressors : int
        Columns of x.
    lagged : list of int
        Those whose lag is in the model.
    dynamic : list of str
        Names of the lags of y, as from `dynamic_names`.
    has_rho : bool
    """
    estimate = found.estimate
    k = len(estimate.coefficients)
    kept = [*range(k), *([k] if has_rho else [])]
    theta = np.zeros(regressors)
    theta[lagged] = estimate.coefficients[regressors : regressors + len(lagged)]
    return DynamicImpactInput(
        estimate.coefficients[:regressors],
        theta,
        found.tau,
        found.eta,
        estimate.rho,
        estimate.covariance[np.ix_(kept, kept)],
        lagged,
        [*dynamic, *(["rho"] if has_rho else [])],
    )


def short_run(given: DynamicImpactInput) -> ImpactInput:
    """Return the input of (I - rho W)^-1 (beta I + theta W), for `delta_impacts` and `simulated_impacts`."""
    slopes = len(given.beta) + len(given.lagged)
    has_rho = "rho" in given.named
    kept = [*range(slopes), *([len(given.covariance) - 1] if has_rho else [])]
    return ImpactInput(given.beta, given.theta, given.rho, given.covariance[np.ix_(kept, kept)], given.lagged, has_rho)


def long_run(given: DynamicImpactInput) -> ImpactInput:
    """Return the input of [(1 - tau) I - (rho + eta) W]^-1 (beta I + theta W), for `delta_impacts`.

    It is (I - r W)^-1 (b I + q W) with b = beta / (1 - tau), q = theta / (1 - tau) and r = (rho + eta) / (1 - tau):
    the impacts of a static model, whose parameters have the covariance that follows from their derivatives.
    """
    share = 1 / (1 - given.tau)
    r = (given.rho + given.eta) * share
    slopes = np.array([*given.beta, *given.theta[given.lagged]])
    count = len(slopes)
    gradient = np.zeros((count + given.has_long_run_lag, len(given.covariance)))
    gradient[np.arange(count), np.arange(count)] = share
    for place, name in enumerate(given.named, start=count):
        if name == "tau":
            gradient[:count, place] = slopes * share**2
        if given.has_long_run_lag:
            gradient[count, place] = r * share if name == "tau" else share
    spread = gradient @ given.covariance @ gradient.T
    return ImpactInput(given.beta * share, given.theta * share, r, spread, given.lagged, given.has_long_run_lag)


def long_run_impacts(
    given: DynamicImpactInput, w: sp.csr_array | None, determinant: LogDeterminant | None, *, stable: bool
) -> ImpactEstimate:
    """Return impacts of a lasting change on the level that y tends to, with delta-method errors.

    Raises
    ------
    InputError
        If the process is not stable: it then tends to no level.
    """
    _check_stable(given, stable)
    return delta_impacts(long_run(given), w, determinant if given.has_long_run_lag else None)


def simulated_short_run(
    given: DynamicImpactInput,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    *,
    draws: int,
    random: np.random.Generator,
) -> ImpactEstimate:
    """Return impacts within the period with errors from draws, as in a static model."""
    has_rho = "rho" in given.named
    return simulated_impacts(short_run(given), w, determinant if has_rho else None, draws=draws, random=random)


def simulated_long_run(
    given: DynamicImpactInput,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    *,
    stable: bool,
    draws: int,
    random: np.random.Generator,
) -> ImpactEstimate:
    """Return long-run impacts with errors from draws of all parameters; draws that are not stable are drawn again.

    Raises
    ------
    InputError
        If the process is not stable at the estimates.
    ConvergenceError
        If most draws are not stable.
    """
    _check_stable(given, stable)
    centre = long_run_impacts(given, w, determinant, stable=stable).value
    sample, rejected = _draw(given, determinant, draws, random)
    k, lags = len(given.beta), len(given.lagged)
    by_name = {name: sample[:, k + lags + place] for place, name in enumerate(given.named)}
    nothing: Array = np.zeros(draws)
    share = 1 / (1 - by_name.get("tau", nothing))
    r = (by_name.get("rho", nothing) + by_name.get("eta", nothing)) * share
    theta = np.zeros((draws, k))
    theta[:, given.lagged] = sample[:, k : k + lags]
    owns: Array = nothing
    rows: Array = nothing
    if given.has_long_run_lag and w is not None and determinant is not None:
        owns, rows = _multipliers(w, determinant, r)
    elif w is not None and lags:
        owns, rows = np.full(draws, w.trace() / w.shape[0]), np.full(draws, w.sum() / w.shape[0])
    drawn = impact_values(sample[:, :k] * share[:, None], theta * share[:, None], r, owns, rows)
    return ImpactEstimate(centre, drawn.std(axis=0, ddof=1), drawn, rejected)


def convergence_effect(
    given: DynamicImpactInput, w: sp.csr_array | None, determinant: LogDeterminant | None
) -> ImpactEstimate:
    """Return what a higher y now does to its growth until the next period: (I - rho W)^-1 (tau I + eta W) - I.

    Direct: below 0 where a region that is ahead grows more slowly. Indirect: through its neighbours. Total: of all
    regions ahead together; below 0 where the process returns to its level (Elhorst 2014, section 4.6).
    """
    past = [name for name in given.named if name != "rho"]
    start = len(given.beta) + len(given.lagged)
    has_rho = "rho" in given.named
    order = {name: start + place for place, name in enumerate(given.named)}
    # A model with the space-time lag alone has tau = 0 exactly, which takes no part in the variance.
    named = ["tau", *(["eta"] if "eta" in past else []), *(["rho"] if has_rho else [])]
    spread = np.zeros((len(named), len(named)))
    for i, one in enumerate(named):
        for j, other in enumerate(named):
            if one in order and other in order:
                spread[i, j] = given.covariance[order[one], order[other]]
    static = ImpactInput(
        np.array([given.tau]), np.array([given.eta]), given.rho, spread, [0] if "eta" in past else [], has_rho
    )
    found = delta_impacts(static, w, determinant if has_rho else None)
    return ImpactEstimate(found.value - np.array([[1.0], [0.0], [1.0]]), found.se, None, 0)


def _check_stable(given: DynamicImpactInput, stable: bool) -> None:
    if not stable:
        total = given.tau + given.rho + given.eta
        raise InputError(
            f"tau + rho + eta = {total:.4g}, and a disturbance does not die out, so that there is no long run. Ask for "
            f"short-run impacts, or model the change of the variable."
        )


def _draw(
    given: DynamicImpactInput, determinant: LogDeterminant | None, draws: int, random: np.random.Generator
) -> tuple[Array, int]:
    centre = given.values
    spread = np.sqrt(np.diag(given.covariance))
    root = np.linalg.cholesky(given.covariance / np.outer(spread, spread)) * spread[:, None]
    kept: list[Array] = []
    rejected = 0
    for _ in range(_MOST_ROUNDS):
        missing = draws - sum(map(len, kept))
        if not missing:
            return np.concatenate(kept), rejected
        sample = centre + random.standard_normal((missing, len(centre))) @ root.T
        inside = _are_stable(given, determinant, sample)
        rejected += int((~inside).sum())
        kept.append(sample[inside])
    raise ConvergenceError(
        "most draws of the parameters are not stable, because the estimate is too close to a unit root; use se='delta'."
    )


def _are_stable(given: DynamicImpactInput, determinant: LogDeterminant | None, sample: Array) -> NDArray[np.bool_]:
    start = len(given.beta) + len(given.lagged)
    by_name = {name: sample[:, start + place] for place, name in enumerate(given.named)}
    nothing = np.zeros(len(sample))
    tau, eta, rho = (by_name.get(name, nothing) for name in ("tau", "eta", "rho"))
    return are_stable(determinant, tau, eta, rho)
