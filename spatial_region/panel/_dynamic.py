"""Dynamic spatial panels: the lagged dependent variable among the regressors, and the bias that effects then cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, make_blocks, spatial_lag
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._dynamic_adjusted import adjusted_covariance, solve_adjusted
from spatial_region.panel._dynamic_bias import expected_score
from spatial_region.panel._dynamic_stability import Stability, find_stability
from spatial_region.panel._dynamic_state import Fit, State
from spatial_region.panel._estimate import Estimate, estimate
from spatial_region.panel.options import Parts

Dynamic = Literal["time", "space_time", "both"]
Correction = Literal["none", "analytical", "score"]


@dataclass(frozen=True)
class DynamicEstimate:
    """What the data say about a dynamic panel.

    Attributes
    ----------
    estimate : Estimate
        Corrected. Its coefficients are those of X and W X, then tau and eta (those in the model); sigma2 is the
        sum of squared residuals divided by their degrees of freedom; the log-likelihood is the maximum, which the
        correction leaves.
    uncorrected : Estimate
        Where the conditional likelihood is highest.
    tau, eta : float
        Of y_{t-1} and W y_{t-1}; 0 where they are not in the model.
    bias : (m,)
        Uncorrected less corrected: coefficients, rho, lambda (those in the model), sigma2.
    stability : Stability
        At the corrected values.
    correction : {"none", "analytical", "score"}
        What was done.
    reason : {"", "unstable", "no root"}
        Why that is not what was asked for.
    """

    estimate: Estimate
    uncorrected: Estimate
    tau: float
    eta: float
    bias: Array
    stability: Stability
    correction: Correction
    reason: str

    @property
    def corrected(self) -> bool:
        """Whether a correction was made."""
        return self.correction != "none"


def dynamic_names(dynamic: Dynamic) -> list[str]:
    """Return the names of the coefficients that come after those of X and W X."""
    return {"time": ["tau"], "space_time": ["eta"], "both": ["tau", "eta"]}[dynamic]


def make_dynamic_blocks(
    y: Array,
    x: Array,
    w: sp.csr_array | None,
    *,
    lagged: list[int],
    effects: str,
    dynamic: Dynamic,
    intercept: int | None = None,
) -> Blocks:
    """Return blocks whose regressors are X, W X, then y_{t-1} and W y_{t-1}.

    Parameters
    ----------
    y : (T + 1, N)
        The first period is given, and not explained.
    x : (T, N, k)
        Regressors of periods 1 to T.
    w, lagged, effects, intercept
        As for `make_blocks`.
    dynamic : {"time", "space_time", "both"}
        Which lags of y are regressors.
    """
    past = y[:-1, :, None]
    parts = [x]
    if w is not None and lagged:
        parts.append(spatial_lag(w, x[:, :, lagged]))
    if dynamic in ("time", "both"):
        parts.append(past)
    if dynamic in ("space_time", "both"):
        assert w is not None  # the front door has checked it
        parts.append(spatial_lag(w, past))
    return make_blocks(y[1:], np.concatenate(parts, axis=2), w, lagged=[], effects=effects, intercept=intercept)


def estimate_dynamic(
    y: Array,
    x: Array,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    *,
    parts: Parts,
    lagged: list[int],
    effects: str,
    dynamic: Dynamic,
    lee_yu: bool = False,
    correction: Correction = "analytical",
    intercept: int | None = None,
) -> DynamicEstimate:
    """Fit a panel whose past is among its regressors.

    y_t = rho W y_t + tau y_{t-1} + eta W y_{t-1} + X_t b + W X_t theta + effects + u_t, u_t = lambda W u_t + e_t.
    The likelihood is conditional on the first period. With region effects its maximum is biased by O(1/T), and with
    period effects by O(1/N) unless they are transformed away.

    Parameters
    ----------
    y : (T + 1, N)
    x : (T, N, k)
    w, determinant
        None in a model without W y, W u and W y_{t-1}; with W X alone the determinant may be None.
    parts : Parts
    lagged : list of int
        Columns of `x` whose spatial lag is in the model.
    effects : {"pooled", "region", "time", "twoway"}
    dynamic : {"time", "space_time", "both"}
    lee_yu : bool
        As in `estimate`.
    correction : {"none", "analytical", "score"}
        Analytical: one step from the maximum by the inverse information times the expected score, in its limit for
        many periods (Yu, de Jong and Lee 2008; Lee and Yu 2010). Score: the root of the score less its exact
        expectation given the first period, which is consistent for few periods as well (Yang 2018).
    intercept : int or None
        Column of `x` that is 1 everywhere, without effects.

    References
    ----------
    Lee, L.-F. and Yu, J. (2010). A spatial dynamic panel data model with both time and individual fixed effects.
    Econometric Theory 26. doi:10.1017/S0266466609100099.
    Yang, Z. (2018). Unified M-estimation of fixed-effects spatial dynamic models with short panels. Journal of
    Econometrics 205. doi:10.1016/j.jeconom.2017.08.019.
    Yu, J., de Jong, R. and Lee, L.-F. (2008). Quasi-maximum likelihood estimators for spatial dynamic panel data with
    fixed effects when both n and T are large. Journal of Econometrics 146. doi:10.1016/j.jeconom.2008.08.002.
    """
    assert dynamic == "time" or determinant is not None  # eta multiplies W y, as rho does
    blocks = make_dynamic_blocks(y, x, w, lagged=lagged, effects=effects, dynamic=dynamic, intercept=intercept)
    first = estimate(blocks, w, determinant, parts=parts, effects=effects, lee_yu=lee_yu)
    fit = Fit(blocks, w, determinant, parts, effects, lee_yu, lee_yu, dynamic_names(dynamic))
    start = fit.state_of(first)
    found, spread, done, reason = _correct(fit, first, start, correction)
    stability = find_stability(w, determinant, fit.point(found), spread, fit.places())
    return DynamicEstimate(
        first if done == "none" else fit.as_estimate(first, found, spread),
        first,
        found.tau,
        found.eta,
        start.vector(parts) - found.vector(parts),
        stability,
        done,
        reason,
    )


def _correct(fit: Fit, first: Estimate, start: State, correction: Correction) -> tuple[State, Array, Correction, str]:
    """Return the corrected state, its covariance, what was done, and why if that is less than asked for."""
    if correction == "none" or fit.effects == "pooled":
        return start, first.covariance, "none", ""
    stable = find_stability(fit.w, fit.determinant, fit.point(start), first.covariance, fit.places()).stable
    if correction == "analytical" or fit.effects == "time":
        if not stable:
            return start, first.covariance, "none", "unstable"
        found = _one_step(fit, start, first.covariance)
        return found, fit.covariance(found), "analytical", ""
    guess = _one_step(fit, start, first.covariance) if stable else start
    marginal = fit.marginal()
    root = solve_adjusted(marginal, guess)
    if root is None:
        return start, first.covariance, "none", "no root"
    return root, adjusted_covariance(marginal, root), "score", ""


def _one_step(fit: Fit, start: State, covariance: Array) -> State:
    """Return start + inverse information x expected score, and sigma2 from the residuals there."""
    by_name = expected_score(
        fit.w, fit.determinant, fit.point(start), fit.setting(finite=False), regions=fit.blocks.y.shape[1]
    )
    score = np.array([by_name.get(name, 0.0) for name in fit.parameter_names()])
    moved = start.vector(fit.parts) - covariance @ score
    return fit.with_sigma2(fit.state_from(moved))
