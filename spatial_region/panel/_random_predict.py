"""Region effects and innovations that the data of a panel with random effects predict."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._information import inverse_apply
from spatial_region.panel._random_likelihood import RandomLikelihood, State
from spatial_region.panel._random_moments import Serial


def predict_effects(
    likelihood: RandomLikelihood, state: State, disturbance: Array, w_error: sp.csr_array | None
) -> tuple[Array, Array]:
    """Return the prediction of mu, and what it adds to the disturbance."""
    point, serial = state.point, state.serial
    filtered = filter_errors(w_error, point.lam, disturbance)
    weighted = state.spread.solve(_along(filtered, serial)) * point.phi * np.sqrt(serial.length)
    if likelihood.weights is None or w_error is None:
        return weighted, inverse_apply(w_error, point.lam, weighted[None])[0]
    effects = weighted - point.lam * (w_error.T @ weighted)
    return effects, effects


def _along(values: Array, serial: Serial) -> Array:
    """Return the part of (T, N) values along the region effects."""
    mean = values.mean(axis=0)
    return serial.mean * mean + serial.ends * (values[0] + values[-1] - 2 * mean)


def filter_errors(w: sp.csr_array | None, lam: float, values: Array) -> Array:
    return values if w is None else values - lam * spatial_lag(w, values[:, :, None])[:, :, 0]


def whiten(values: Array, psi: float) -> Array:
    """Return the innovations of a stationary first-order autoregression, the first period scaled to their variance."""
    return np.concatenate([np.sqrt(1 - psi**2) * values[:1], values[1:] - psi * values[:-1]])
