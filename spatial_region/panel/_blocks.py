"""Blocks of a balanced panel: spatial lags, and the removal of region and time effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Blocks:
    """Variables of one regression, before and after the effects are removed.

    Attributes
    ----------
    y, wy : (T, N)
        Dependent variable and its spatial lag.
    z : (T, N, k)
        Regressors, followed by those spatial lags of them that the model contains.
    y_within, wy_within, z_within
        The same without their effects. Lags are taken first: with time effects, removing means and lagging
        do not commute. Beside an intercept, which absorbs them, means are taken off too: values far from zero
        would lose their digits in cross-products.
    intercept : int or None
        Place of the intercept among the columns of `z`, without effects.
    """

    y: Array
    wy: Array
    z: Array
    y_within: Array
    wy_within: Array
    z_within: Array
    intercept: int | None = None

    def with_means(self, coefficients: Array, rho: float) -> Array:
        """Return the coefficients of the original variables: only the intercept differs."""
        if self.intercept is None:
            return coefficients
        means = (self.z - self.z_within).mean(axis=(0, 1))
        gap = (self.y - self.y_within).mean() - rho * (self.wy - self.wy_within).mean()
        changed = coefficients.copy()
        changed[self.intercept] += gap - coefficients @ means
        return changed

    def back_to_means(self, count: int) -> Array:
        """Return the derivative of all parameters, coefficients first, in those of regressors without means.

        rho needs no change: its part of the information is that of the mean of y, intercept and all.
        """
        back = np.eye(count)
        if self.intercept is not None:
            back[self.intercept, : self.z.shape[2]] -= (self.z - self.z_within).mean(axis=(0, 1))
        return back


def make_blocks(
    y: Array, x: Array, w: sp.csr_array | None, *, lagged: list[int], effects: str, intercept: int | None = None
) -> Blocks:
    """Lag and demean the dependent variable and the regressors.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    w : (N, N) or None
        None when the model has no spatial term.
    lagged : list of int
        Columns of `x` whose spatial lag is a regressor too.
    effects : {"pooled", "region", "time", "twoway"}
    intercept : int or None
        Column of `x` that is 1 everywhere.
    """
    wy = spatial_lag(w, y[:, :, None])[:, :, 0] if w is not None else np.zeros_like(y)
    z = np.concatenate([x, spatial_lag(w, x[:, :, lagged])], axis=2) if w is not None and lagged else x
    if intercept is not None:
        centred = z - z.mean(axis=(0, 1))
        centred[:, :, intercept] = 1.0
        return Blocks(y, wy, z, y - y.mean(), wy - wy.mean(), centred, intercept)
    return Blocks(
        y,
        wy,
        z,
        remove_effects(y[:, :, None], effects)[:, :, 0],
        remove_effects(wy[:, :, None], effects)[:, :, 0],
        remove_effects(z, effects),
    )


def spatial_lag(w: sp.csr_array, blocks: Array) -> Array:
    """Return W v for every period and column of `blocks`, shape (T, N, m)."""
    periods, regions, columns = blocks.shape
    by_region = blocks.transpose(1, 0, 2).reshape(regions, periods * columns)
    return np.ascontiguousarray((w @ by_region).reshape(regions, periods, columns).transpose(1, 0, 2))


def remove_effects(blocks: Array, effects: str) -> Array:
    """Return `blocks` (T, N, m) less its region means, period means or both."""
    if effects in ("region", "twoway"):
        blocks = blocks - blocks.mean(axis=0, keepdims=True)
    if effects in ("time", "twoway"):
        blocks = blocks - blocks.mean(axis=1, keepdims=True)
    return blocks
