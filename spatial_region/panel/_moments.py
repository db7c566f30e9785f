"""Cross-products of one pass over the data, after which a likelihood evaluation no longer touches the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, spatial_lag


@dataclass(frozen=True)
class ErrorFilter:
    """What (I - lambda W) does to the cross-products, as polynomials in lambda.

    With V the variables and W V their lags, V'(I - lambda W)'(I - lambda W) V needs V'V, V'(W V) and
    (W V)'(W V). Under time effects the filtered period dummies (I - lambda W) 1 are projected out as well:
    they are not proportional to 1 unless the weights are row-standardised, so removing period means is not
    enough.
    """

    crossed: Array
    lagged: Array
    projects_time: bool
    linear: Array
    mixed: Array
    quadratic: Array
    ones: tuple[float, float, float]


@dataclass(frozen=True)
class Moments:
    """Gram matrix of (y, W y, Z) with orthonormal Z, and how the error process filters it.

    Attributes
    ----------
    gram : (2 + k, 2 + k)
    scale : float
        Norm of y without its effects, by which y and W y are divided.
    triangle : (k, k)
        R of Z = Q R; Q takes the place of Z.
    basis : (T, N, k)
        Q.
    """

    gram: Array
    scale: float
    triangle: Array
    basis: Array
    error: ErrorFilter | None

    def filtered(self, lam: float) -> tuple[Array, Array]:
        """Return the Gram matrix of the variables filtered by I - lambda W, and its derivative in lambda."""
        if self.error is None:
            return self.gram, np.zeros_like(self.gram)
        f = self.error
        both = f.crossed + f.crossed.T
        gram = self.gram - lam * both + lam**2 * f.lagged
        slope = -both + 2 * lam * f.lagged
        if f.projects_time:
            inner = f.linear - lam * (f.mixed + f.mixed.T) + lam**2 * f.quadratic
            inner_slope = -(f.mixed + f.mixed.T) + 2 * lam * f.quadratic
            n, first, second = f.ones
            length, length_slope = n - 2 * lam * first + lam**2 * second, 2 * lam * second - 2 * first
            share = lam**2 / length
            share_slope = 2 * lam / length - share * length_slope / length
            gram = gram - share * inner
            slope = slope - share * inner_slope - share_slope * inner
        return gram, slope


def make_moments(blocks: Blocks, w: sp.csr_array | None, *, filters_error: bool, effects: str) -> Moments:
    """Make one pass over the blocks.

    Parameters
    ----------
    blocks : Blocks
    w : (N, N) or None
    filters_error : bool
        Whether the model has a spatial error process.
    effects : str
    """
    periods, regions, k = blocks.z_within.shape
    basis, triangle = np.linalg.qr(blocks.z_within.reshape(periods * regions, k))
    scale = float(np.linalg.norm(blocks.y_within))
    variables = np.concatenate(
        [
            blocks.y_within[:, :, None] / scale,
            blocks.wy_within[:, :, None] / scale,
            basis.reshape(periods, regions, k),
        ],
        axis=2,
    )
    gram = _cross(variables, variables)
    error = None
    if filters_error and w is not None:
        error = _error_filter(variables, w, projects_time=effects in ("time", "twoway"))
    return Moments(gram, scale, triangle, basis.reshape(periods, regions, k), error)


def _error_filter(variables: Array, w: sp.csr_array, *, projects_time: bool) -> ErrorFilter:
    lags = spatial_lag(w, variables)
    ones = np.ones(w.shape[0])
    w_ones = w @ ones
    # v has mean zero in every period, so that v'(I - lambda W)'(I - lambda W) 1 = -lambda v'(s - lambda q).
    s, q = w_ones + w.T @ ones, w.T @ w_ones
    by_s, by_q = np.einsum("tnm,n->tm", variables, s), np.einsum("tnm,n->tm", variables, q)
    return ErrorFilter(
        _cross(variables, lags),
        _cross(lags, lags),
        projects_time,
        by_s.T @ by_s,
        by_s.T @ by_q,
        by_q.T @ by_q,
        (float(len(ones)), float(ones @ w_ones), float(w_ones @ w_ones)),
    )


def _cross(left: Array, right: Array) -> Array:
    k = left.shape[2]
    return left.reshape(-1, k).T @ right.reshape(-1, k)
