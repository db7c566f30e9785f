"""Expected information of all parameters jointly, with the fixed effects partialled out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, remove_effects, spatial_lag
from spatial_region.panel._determinant import factorise
from spatial_region.panel._likelihood import Likelihood
from spatial_region.panel._traces import Traces, compute_traces


@dataclass(frozen=True)
class Filter:
    """I - lambda W, then the removal of the filtered period dummies; nothing when there is no error process."""

    w: sp.csr_array | None
    lam: float
    projects_time: bool

    def apply(self, blocks: Array) -> Array:
        """Return the filtered (T, N, m) blocks, whose effects are already removed."""
        if self.w is None:
            return blocks
        filtered = blocks - self.lam * spatial_lag(self.w, blocks)
        if not self.projects_time:
            return filtered
        direction = 1 - self.lam * (self.w @ np.ones(self.w.shape[0]))
        direction /= np.linalg.norm(direction)
        along = np.einsum("tnm,n->tm", filtered, direction)
        return filtered - along[:, None, :] * direction[None, :, None]


@dataclass(frozen=True)
class Residuals:
    """Innovations e and the disturbance u = (I - lambda W)^-1 e, each (T, N)."""

    innovations: Array
    disturbance: Array


def residuals_of(
    blocks: Blocks, coefficients: Array, rho: float, error_filter: Filter, *, original: Array | None = None
) -> Residuals:
    """Return the residuals of `coefficients` on the regressors (their effects removed)."""
    z = blocks.z_within if original is None else original
    within = blocks.y_within - rho * blocks.wy_within - z @ coefficients
    e = error_filter.apply(within[:, :, None])[:, :, 0]
    return Residuals(e, inverse_apply(error_filter.w, error_filter.lam, e))


def inverse_apply(w: sp.csr_array | None, value: float, blocks: Array) -> Array:
    """Return (I - value W)^-1 v for each period of `blocks` (T, N)."""
    if w is None or value == 0:
        return blocks
    factors = factorise(sp.eye_array(w.shape[0], format="csc") - value * sp.csc_array(w))
    return np.ascontiguousarray(factors.solve(np.ascontiguousarray(blocks.T)).T)


class CovarianceOf(Protocol):
    """What turns an estimate into the covariance of (coefficients, rho, lambda, sigma2)."""

    def __call__(
        self,
        likelihood: Likelihood,
        blocks: Blocks,
        w: sp.csr_array,
        residuals: Residuals,
        error_filter: Filter,
        *,
        rho: float,
        sigma2: float,
        lag_y: bool,
        effects: str,
    ) -> Array:
        """Return the covariance of those parameters that the model has."""
        ...


def covariance(
    likelihood: Likelihood,
    blocks: Blocks,
    w: sp.csr_array,
    residuals: Residuals,
    error_filter: Filter,
    *,
    rho: float,
    sigma2: float,
    lag_y: bool,
    effects: str,
) -> Array:
    """Return the covariance of (coefficients, rho, lambda, sigma2), those that the model has.

    The information is that of y ~ N(mean, Sigma). The derivative of the mean in rho is
    G (Z b + effects), from which the effects must be removed again.
    """
    k = blocks.z.shape[2]
    sigma = np.sqrt(sigma2)
    z = error_filter.apply(likelihood.moments.basis).reshape(-1, k)
    assert likelihood.determinant is not None  # a model with rho or lambda has one
    traces = compute_traces(
        w,
        likelihood.determinant,
        rho=rho if lag_y else None,
        lam=error_filter.lam if error_filter.w is not None else None,
        without_unit_root=likelihood.without_unit_root,
    )
    shift: Array = np.zeros(len(z))
    along: Array = np.zeros(k)
    if lag_y:
        mean = blocks.y - rho * blocks.wy - residuals.disturbance
        pushed = spatial_lag(w, inverse_apply(w, rho, mean)[:, :, None])
        shift = error_filter.apply(remove_effects(pushed, effects)).ravel() / sigma
        # Only what the regressors do not explain of it informs on rho; the rest, which can be a million times larger,
        # is taken off by a change of parameters, and put back below.
        along = np.asarray(np.linalg.lstsq(z, shift, rcond=None)[0])
        shift = shift - z @ along
    # In units of sigma for the coefficients and of sigma2 for itself the matrix is well scaled.
    information = np.zeros((k + 3, k + 3))
    information[:k, :k] = z.T @ z
    information[:k, k] = information[k, :k] = z.T @ shift
    information[k:, k:] = _spatial_block(traces, likelihood, float(shift @ shift))
    kept = [*range(k), *([k] if lag_y else []), *([k + 1] if error_filter.w is not None else []), k + 2]
    try:
        inverse: Array = np.linalg.inv(information[np.ix_(kept, kept)])
    except np.linalg.LinAlgError:  # not identified; the front door refuses a covariance that is not finite
        return np.full((len(kept), len(kept)), np.nan)
    back = np.eye(len(kept))
    if lag_y:
        inverse = _put_back(inverse, along)
    back[:k, :k] = sigma * np.linalg.inv(likelihood.moments.triangle)
    back[-1, -1] = sigma2
    full = back @ inverse @ back.T
    return (full + full.T) / 2


def _put_back(inverse: Array, along: Array) -> Array:
    """Return the covariance of b from that of b + along * rho, rho the parameter after them."""
    k = len(along)
    change = np.eye(len(inverse))
    change[:k, k] = -along
    return change @ inverse @ change.T


def _spatial_block(traces: Traces, likelihood: Likelihood, shift: float) -> Array:
    tau = likelihood.periods
    block = np.array(
        [
            [traces.gg + traces.outer_gg, traces.gh + traces.outer_gh, traces.g],
            [traces.gh + traces.outer_gh, traces.hh + traces.outer_hh, traces.h],
            [traces.g, traces.h, likelihood.size / 2 / tau],
        ]
    )
    block *= tau
    block[0, 0] += shift
    return block
