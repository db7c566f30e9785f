"""One equation with endogenous regressors, and the transformations that remove or weigh effects and filter errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import IdentificationError
from spatial_region.panel._blocks import Array, remove_effects, spatial_lag
from spatial_region.panel._gmm_tsls import TwoStage, two_stage
from spatial_region.panel._information import Filter
from spatial_region.panel._instruments import orthonormal, spatial_instruments

# Share of a column below which a transformation has left nothing but rounding, such as a constant less its means.
_ROUNDING = 1e-12

Transform = Callable[[Array], Array]


@dataclass(frozen=True)
class Equation:
    """Variables of one equation.

    Attributes
    ----------
    y : (T, N)
    z : (T, N, k)
        Exogenous regressors.
    endogenous : (T, N, e)
        Endogenous regressors, the spatial lags of y last.
    excluded : (T, N, q)
        Instruments that are no regressors.
    """

    y: Array
    z: Array
    endogenous: Array
    excluded: Array

    def map(self, variables: Transform, instruments: Transform | None = None) -> Equation:
        """Return the equation transformed, its instruments perhaps in another way; both take (T, N, m) blocks."""
        k = self.z.shape[2]
        every = variables(np.concatenate([self.y[:, :, None], self.z, self.endogenous], axis=2))
        return Equation(
            every[:, :, 0],
            every[:, :, 1 : 1 + k],
            every[:, :, 1 + k :],
            clean(self.excluded, instruments or variables),
        )

    def solve(self) -> TwoStage:
        """Return two-stage least squares of the stacked equation."""
        n = self.y.size
        return two_stage(
            self.y.ravel(),
            self.z.reshape(n, -1),
            self.endogenous.reshape(n, -1),
            self.excluded.reshape(n, -1),
        )

    def varying(self, original: Equation) -> Equation:
        """Return the equation without those regressors of `original` of which its transformation leaves nothing."""
        n = self.y.size
        left = np.linalg.norm(self.z.reshape(n, -1), axis=0)
        whole = np.linalg.norm(original.z.reshape(original.y.size, -1), axis=0)
        z = self.z[:, :, left > _ROUNDING * whole]
        kept = orthonormal(z.reshape(n, -1)).kept
        return Equation(self.y, z[:, :, list(kept)], self.endogenous, self.excluded)


def make_equation(
    y: Array,
    z: Array,
    weights: Sequence[sp.csr_array],
    *,
    lag_y: bool,
    endogenous: Array | None,
    outside: Array | None,
    lag_outside: bool,
    orders: int,
    error: sp.csr_array | None,
) -> Equation:
    """Lag the dependent variable, and the regressors as instruments; see `estimate_gmm` for the parameters."""
    if endogenous is not None and (outside is None or outside.shape[2] < endogenous.shape[2]):
        raise IdentificationError(
            f"{endogenous.shape[2]} endogenous regressors need at least as many outside instruments; found "
            f"{0 if outside is None else outside.shape[2]}. Spatial lags of regressors instrument W y only."
        )
    nothing = np.zeros((*y.shape, 0))
    lags = [spatial_lag(w, y[:, :, None]) for w in weights] if lag_y else []
    parts = [endogenous if endogenous is not None else nothing, *lags]
    excluded = nothing
    if lag_y or endogenous is not None:
        used = weights if lag_y or lag_outside else ()
        excluded = spatial_instruments(z, used, orders=orders, outside=outside, lag_outside=lag_outside, error=error)
        if error is None:
            excluded = excluded[:, :, z.shape[2] :]
        # With an error process the regressors are filtered, and as they are they are instruments besides.
    return Equation(y, z, np.concatenate(parts, axis=2), excluded)


def clean(blocks: Array, transform: Transform) -> Array:
    """Return the transformed blocks, with zeros for columns of which only rounding is left."""
    changed = transform(blocks)
    left, whole = np.linalg.norm(changed, axis=(0, 1)), np.linalg.norm(blocks, axis=(0, 1))
    whole = np.tile(whole, changed.shape[2] // max(blocks.shape[2], 1))  # both_parts doubles the columns
    return np.where(left > _ROUNDING * whole, changed, 0.0)


def within(effects: str) -> Transform:
    """Return the removal of effects."""
    return lambda blocks: remove_effects(blocks, effects)


def filtered(error_filter: Filter) -> Transform:
    """Return the filter I - lambda W, which removes the filtered period dummies too."""
    return error_filter.apply


def without_filtered_dummies(error_filter: Filter) -> Transform:
    """Return the removal of the filtered period dummies alone, for instruments, which are not filtered."""
    w = error_filter.w
    if w is None or not error_filter.projects_time:
        return lambda blocks: blocks
    direction = 1 - error_filter.lam * (w @ np.ones(w.shape[0]))
    direction = direction / np.linalg.norm(direction)

    def remove(blocks: Array) -> Array:
        along = np.einsum("tnm,n->tm", blocks, direction)
        return blocks - along[:, None, :] * direction[None, :, None]

    return remove


def quasi_demeaned(theta: float) -> Transform:
    """Return v less the share theta of its mean over time."""
    return lambda blocks: blocks - theta * blocks.mean(axis=0, keepdims=True)


def between(blocks: Array) -> Array:
    """Return means over time, times the root of the number of periods, as one period (1, N, m)."""
    return np.asarray(blocks.mean(axis=0, keepdims=True) * np.sqrt(blocks.shape[0]))


def both_parts(blocks: Array) -> Array:
    """Return deviations from the means over time, and the means themselves, side by side (T, N, 2 m)."""
    mean = np.broadcast_to(blocks.mean(axis=0, keepdims=True), blocks.shape)
    return np.concatenate([blocks - mean, mean], axis=2)
