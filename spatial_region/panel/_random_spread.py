"""Covariance of the part of a panel that holds the region effects: M = I + delta B B', or (1 + delta) I.

B = I - lambda W. After filtering by B the part along the region effects has covariance sigma2 M, where delta is the
weight of the region effects. Where they share the spatial error process (Kapoor, Kelejian and Prucha) M is a multiple
of I; where they stand outside it (Baltagi, Song and Koh) it is a sparse matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse as sp
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse.linalg import SuperLU

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import factorise

# Dense factors are cheaper than sparse ones for few regions, and up to more of them beyond this share of links in W W'.
_FEW = 150
_MOST_DENSE = 2000
_DENSE = 0.1
# h of the complex step: Im f(x + ih) / h is the derivative, without cancellation however small h is.
_STEP = 1e-20


@dataclass(frozen=True)
class CommonSpread:
    """M = (1 + delta) I: the region effects share the spatial error process, or there is none."""

    delta: float
    regions: int

    @property
    def logdet(self) -> float:
        """Return N log(1 + delta)."""
        return float(self.regions * np.log1p(self.delta))

    @property
    def traces(self) -> tuple[float, float]:
        """Return N / (1 + delta) and 0."""
        return self.regions / (1 + self.delta), 0.0

    def solve(self, blocks: Array) -> Array:
        """Return v / (1 + delta)."""
        return blocks / (1 + self.delta)


@dataclass(frozen=True)
class ErrorWeights:
    """The terms of which B B' = I - lambda (W + W') + lambda^2 W W' consists, all dense or all sparse."""

    eye: Array | sp.csc_array
    both: Array | sp.csc_array
    squared: Array | sp.csc_array

    def outer(self, lam: float) -> Array | sp.csc_array:
        """Return B B'."""
        return self.eye - lam * self.both + lam**2 * self.squared

    def outer_slope(self, lam: float) -> Array | sp.csc_array:
        """Return its derivative in lambda."""
        return 2 * lam * self.squared - self.both


def make_error_weights(w: sp.csr_array) -> ErrorWeights:
    """Prepare the weights of the error process."""
    n = w.shape[0]
    both, squared = sp.csc_array(w + w.T), sp.csc_array(w @ w.T)
    if n <= _FEW or (n <= _MOST_DENSE and squared.nnz > _DENSE * n * n):
        return ErrorWeights(np.eye(n), both.toarray(), squared.toarray())
    return ErrorWeights(sp.eye_array(n, format="csc"), both, squared)


class OwnSpread:
    """M = I + delta B B': the region effects stand outside the spatial error process."""

    def __init__(self, weights: ErrorWeights, lam: float, delta: float) -> None:
        self._outer, self._slope = weights.outer(lam), weights.outer_slope(lam)
        self._delta = delta
        self._matrix = weights.eye + delta * self._outer
        # M is positive definite, so that sparse pivots on the diagonal are safe.
        self._factors = factorise(self._matrix) if sp.issparse(self._matrix) else cho_factor(self._matrix, lower=True)

    @property
    def logdet(self) -> float:
        """Return log|M|."""
        if isinstance(self._factors, SuperLU):
            return float(np.log(self._factors.U.diagonal()).sum())
        return float(2 * np.log(np.diag(self._factors[0])).sum())

    @cached_property
    def traces(self) -> tuple[float, float]:
        """Return tr(M^-1 B B') and delta tr(M^-1 d(B B')/d lambda)."""
        if isinstance(self._factors, SuperLU):
            return self._trace(self._outer), self._delta * self._trace(self._slope)
        inverse = cho_solve(self._factors, np.eye(len(self._matrix)))
        return float(np.vdot(self._outer, inverse)), self._delta * float(np.vdot(self._slope, inverse))

    def solve(self, blocks: Array) -> Array:
        """Return M^-1 v."""
        if isinstance(self._factors, SuperLU):
            return self._factors.solve(blocks)
        return cho_solve(self._factors, blocks)

    def by_delta(self, vector: Array) -> Array:
        """Return the derivative of M in delta, B B', times v."""
        return self._outer @ vector

    def by_lam(self, vector: Array) -> Array:
        """Return the derivative of M in lambda times v."""
        return self._delta * (self._slope @ vector)

    def _trace(self, change: sp.csc_array) -> float:
        """Return tr(M^-1 C), the derivative of log|M + h C|, by a complex step through the factorisation."""
        pivots = factorise(sp.csc_array(self._matrix + complex(0, _STEP) * change)).U.diagonal()
        return float((pivots.imag / pivots.real).sum() / _STEP)


Spread = CommonSpread | OwnSpread
