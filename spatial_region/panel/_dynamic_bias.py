"""Expected score of a dynamic spatial panel at the true parameters: what the fixed effects do to the estimates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp

from spatial_region.core.seeds import generator
from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import EigenvalueDeterminant, LogDeterminant, factorise

# Random signs, in all: traces are then off by about 0.4 % of tr K, as only what is off the diagonal adds noise.
_SIGNS = 20_000
_FEWEST_SIGNS = 8
_ROW_SUM = 1e-12

# Real or complex.
Values = NDArray[np.inexact[Any]]
Function = Callable[[Values], Values]


@dataclass(frozen=True)
class Sums:
    """Traces of P f(W), where P removes what the period effects take.

    Attributes
    ----------
    own, lag : float
        tr(P K) and tr(P W K), K being what the mean of past disturbances leaves in the mean of the lag.
    g, h : float
        tr(P G) and tr(P H), with G = W (I - rho W)^-1 and H = W (I - lambda W)^-1.
    feedback : float
        tr(P G (tau I + eta W) K).
    trace_g, trace_h : float
        tr G and tr H.
    """

    own: float
    lag: float
    g: float
    h: float
    feedback: float
    trace_g: float
    trace_h: float


@dataclass(frozen=True)
class Point:
    """Parameters at which the score is taken."""

    rho: float
    lam: float
    tau: float
    eta: float
    sigma2: float

    @property
    def long_run(self) -> float:
        """The r of R = (1 - tau)(I - r W) = (1 - tau) I - (rho + eta) W, whose inverse is the long run."""
        return (self.rho + self.eta) / (1 - self.tau)


@dataclass(frozen=True)
class Setting:
    """What the likelihood removes.

    Attributes
    ----------
    periods : int
        T, the first one not counted.
    region, time : bool
        Which effects are in the model.
    kept : int
        Periods that the log-determinant counts: one less where region effects are transformed away.
    drops_root : bool
        Whether period effects are transformed away, and log(1 - rho) with them.
    finite : bool
        Exact for T periods given the first one, in place of the limit for many of them.
    """

    periods: int
    region: bool
    time: bool
    kept: int
    drops_root: bool
    finite: bool

    def residual_size(self, regions: int) -> int:
        """Return the expected sum of squared true residuals, in units of sigma2."""
        return (regions - self.time) * (self.periods - self.region)


def expected_score(
    w: sp.csr_array | None, determinant: LogDeterminant | None, point: Point, setting: Setting, *, regions: int
) -> dict[str, float]:
    """Return the expectation of the derivatives of the log-likelihood in tau, eta, rho, lambda and sigma2.

    The likelihood is the one that `estimate` maximises. Region effects take the mean over time of the past
    disturbances along with them, which correlates with the lagged variable:
    E sum_t (M y_{t-1} - mean)'(e_t - mean) = -sigma2 tr(P M K), where
    K = 1/T sum_{h=0}^{T-2} (T - 1 - h) A^h S^-1 and A = S^-1 (tau I + eta W), S = I - rho W. For many periods K
    tends to (I - A)^-1 S^-1 = R^-1. Disturbances with a spatial process are filtered first; as all matrices are
    polynomials in W, the filter leaves the traces as they are. That of slopes is 0.

    Parameters
    ----------
    w, determinant
        None without any spatial term; the model then has a lag in time only.
    """
    sums = _sums(w, determinant, point, setting, regions)
    drop, kept = float(setting.drops_root), setting.kept
    size = kept * (regions - setting.drops_root)
    past = float(setting.region)
    rho_part = setting.periods * sums.g - past * (sums.g + sums.feedback)
    lam_part = (setting.periods - past) * sums.h
    return {
        "tau": -past * sums.own,
        "eta": -past * sums.lag,
        "rho": rho_part - kept * (sums.trace_g - drop / (1 - point.rho)),
        "lambda": lam_part - kept * (sums.trace_h - drop / (1 - point.lam)),
        "sigma2": (setting.residual_size(regions) - size) / (2 * point.sigma2),
    }


def _sums(
    w: sp.csr_array | None, determinant: LogDeterminant | None, point: Point, setting: Setting, regions: int
) -> Sums:
    if w is None or determinant is None:
        own = (regions - setting.time) * float(_weight_of_past(np.array([point.tau]), setting)[0])
        return Sums(own, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    functions = _functions(point, setting)
    if isinstance(determinant, EigenvalueDeterminant):
        values = determinant.eigenvalues
        traces = {name: float(function(values).sum().real) for name, function in functions.items()}
    else:
        traces = _factorised_traces(w, determinant, point, setting)
    removed = dict.fromkeys(functions, 0.0)
    if setting.time:
        removed = _along_period_effects(w, point, setting, functions)
    left = {name: traces[name] - removed[name] for name in functions}
    return Sums(left["own"], left["lag"], left["g"], left["h"], left["feedback"], traces["g"], traces["h"])


def _functions(point: Point, setting: Setting) -> dict[str, Function]:
    """Return each matrix of `Sums` as a function of the eigenvalue of W."""

    def past(v: Values) -> Values:
        transition = (point.tau + point.eta * v) / (1 - point.rho * v)
        return _weight_of_past(transition, setting) / (1 - point.rho * v)

    return {
        "own": past,
        "lag": lambda v: v * past(v),
        "g": lambda v: v / (1 - point.rho * v),
        "h": lambda v: v / (1 - point.lam * v),
        "feedback": lambda v: v / (1 - point.rho * v) * (point.tau + point.eta * v) * past(v),
    }


def _weight_of_past(transition: Values, setting: Setting) -> Values:
    """Return 1/T sum_{h=0}^{T-2} (T - 1 - h) a^h, or its limit 1 / (1 - a); 0 without region effects."""
    if not setting.region:
        return np.zeros_like(transition)
    if not setting.finite:
        return np.asarray(1 / (1 - transition))
    total = np.zeros_like(transition)
    inner = np.zeros_like(transition)
    # Summed as it stands, since the closed form loses its digits where a is close to 1.
    for _ in range(setting.periods - 1):
        inner = 1 + transition * inner
        total = total + inner
    return np.asarray(total / setting.periods)


def _factorised_traces(
    w: sp.csr_array, determinant: LogDeterminant, point: Point, setting: Setting
) -> dict[str, float]:
    """Return the traces from derivatives of the log-determinant.

    R^-1 = (I + r G_r) / (1 - tau) with G_r = W (I - r W)^-1; tr(W R^-1) = tr G_r / (1 - tau); and
    G + G (tau I + eta W) R^-1 = W R^-1.
    """
    n = w.shape[0]
    g, h = determinant.trace(point.rho), determinant.trace(point.lam)
    if not setting.region:
        return {"own": 0.0, "lag": 0.0, "g": g, "h": h, "feedback": 0.0}
    if setting.finite:
        return {"g": g, "h": h} | _probed(w, point, setting)
    r = point.long_run
    lag = determinant.trace(r) / (1 - point.tau)
    own = n / (1 - point.tau) + r * lag
    return {"own": own, "lag": lag, "g": g, "h": h, "feedback": lag - g}


def _probed(w: sp.csr_array, point: Point, setting: Setting) -> dict[str, float]:
    """Return tr K, tr(W K) and tr(G (tau I + eta W) K) from random signs, the same for every call."""
    n = w.shape[0]
    count = max(_FEWEST_SIGNS, -(-_SIGNS // n))
    signs = generator(0, "dynamic").choice([-1.0, 1.0], size=(n, count))
    factors = factorise(sp.eye_array(n, format="csc") - point.rho * sp.csc_array(w))

    def step(v: Array) -> Array:
        return np.asarray(factors.solve(point.tau * v + point.eta * (w @ v)))

    inner = total = np.zeros_like(signs)
    for _ in range(setting.periods - 1):
        inner = signs + step(inner)
        total = total + inner
    weighted = factors.solve(total / setting.periods)
    lagged = w @ weighted
    pushed = w @ factors.solve(point.tau * weighted + point.eta * lagged)
    own, lag, feedback = (float(np.vdot(signs, v)) / count for v in (weighted, lagged, pushed))
    return {"own": own, "lag": lag, "feedback": feedback}


def _along_period_effects(
    w: sp.csr_array, point: Point, setting: Setting, functions: dict[str, Function]
) -> dict[str, float]:
    """Return d'f(W)d, d being the direction of the (filtered) period dummies."""
    n = w.shape[0]
    ones = np.ones(n)
    if np.abs(w @ ones - 1).max() <= _ROW_SUM:  # f(W) 1 = f(1) 1
        return {name: float(function(ones[:1])[0]) for name, function in functions.items()}
    direction = ones - point.lam * (w @ ones)
    direction /= np.linalg.norm(direction)
    eye = sp.eye_array(n, format="csc")
    by_rho, by_lam = (factorise(eye - value * sp.csc_array(w)) for value in (point.rho, point.lam))
    g, h = w @ by_rho.solve(direction), w @ by_lam.solve(direction)
    past = _past_along(w, by_rho.solve, direction, point, setting)
    pushed = w @ by_rho.solve(point.tau * past + point.eta * (w @ past))
    parts = {"own": past, "lag": w @ past, "g": g, "h": h, "feedback": pushed}
    return {name: float(direction @ part) for name, part in parts.items()}


def _past_along(
    w: sp.csr_array, solve: Callable[[Array], Array], direction: Array, point: Point, setting: Setting
) -> Array:
    """Return K d."""
    if not setting.region:
        return np.zeros_like(direction)
    if not setting.finite:
        eye = sp.eye_array(w.shape[0], format="csc")
        return np.asarray(factorise(eye - point.long_run * sp.csc_array(w)).solve(direction) / (1 - point.tau))
    inner = total = np.zeros_like(direction)
    for _ in range(setting.periods - 1):
        inner = direction + solve(point.tau * inner + point.eta * (w @ inner))
        total = total + inner
    return solve(total / setting.periods)
