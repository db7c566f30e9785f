"""Concentrated log-likelihood of rho and lambda: slopes and variance are at their best for each pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._moments import Moments


@dataclass(frozen=True)
class Likelihood:
    """The function to maximise.

    log L = -M/2 [log(2 pi SSR / M) + 1] + tau (log|I - rho W| + log|I - lambda W|)

    Attributes
    ----------
    determinant : LogDeterminant or None
        None when the model has no spatial parameter.
    size : int
        M: observations, less those that the Lee-Yu transformation removes.
    periods : int
        tau: periods, less the one that the Lee-Yu transformation removes.
    without_unit_root : bool
        Lee-Yu with time effects: log(1 - rho) leaves the determinant with the removed period means.
    """

    moments: Moments
    determinant: LogDeterminant | None
    size: int
    periods: int
    without_unit_root: bool

    def at(self, rho: float, lam: float, *, rough: bool = False) -> float:
        """Return the log-likelihood; `rough`, with the log-determinant that costs nothing."""
        (a, b), (_, c) = self._residual_gram(lam)[0]
        ssr = (a - 2 * rho * b + rho**2 * c) * self.moments.scale**2
        constant = -self.size / 2 * (np.log(2 * np.pi / self.size) + 1)
        return float(constant - self.size / 2 * np.log(ssr) + self._volume(rho, rough) + self._volume(lam, rough))

    def score(self, rho: float, lam: float) -> tuple[float, float]:
        """Return the derivatives in rho and lambda."""
        residual, coefficients, slope = self._residual_gram(lam)
        weights = np.array([1.0, -rho])
        ssr = weights @ residual @ weights
        # By the envelope theorem the slopes need not be differentiated.
        combination = np.concatenate([weights, -(coefficients @ weights)])
        by_rho = 2 * (rho * residual[1, 1] - residual[0, 1])
        by_lam = combination @ slope @ combination
        factor = -self.size / 2 / ssr
        return factor * by_rho - self._trace(rho), float(factor * by_lam - self._trace(lam))

    def coefficients(self, rho: float, lam: float) -> tuple[Array, float]:
        """Return the best coefficients of the orthonormal regressors and the sum of squared residuals."""
        residual, coefficients, _ = self._residual_gram(lam)
        weights = np.array([1.0, -rho])
        scale = self.moments.scale
        return coefficients @ weights * scale, float(weights @ residual @ weights) * scale**2

    def _residual_gram(self, lam: float) -> tuple[Array, Array, Array]:
        gram, slope = self.moments.filtered(lam)
        coefficients = np.linalg.solve(gram[2:, 2:], gram[2:, :2])
        return gram[:2, :2] - gram[:2, 2:] @ coefficients, coefficients, slope

    def _volume(self, rho: float, rough: bool) -> float:
        if rho == 0 or self.determinant is None:
            return 0.0
        value = self.determinant.rough(rho) if rough else self.determinant.value(rho)
        return self.periods * (value - np.log1p(-rho) if self.without_unit_root else value)

    def _trace(self, rho: float) -> float:
        if self.determinant is None:
            return 0.0
        value = self.determinant.trace(rho)
        return self.periods * (value - 1 / (1 - rho) if self.without_unit_root else value)
