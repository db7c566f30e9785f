"""Log-determinant of I - rho W from a few sparse factorisations, between which it is interpolated."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import sparse as sp
from scipy.sparse.linalg import SuperLU, splu

from spatial_region.panel._blocks import Array
from spatial_region.panel._moment_series import MomentSeries

# h of the complex step: the derivative is Im f(x + ih) / h, without cancellation however small h is.
_STEP = 1e-20
# Distance of two nodes after rho has been stretched by artanh, which moves all singularities at least pi/4 away.
_SPACING = 0.03
# Four nodes, each with value and slope; a window reaches from node -1 to node 2, its middle is 1/2.
_PLACES = np.array([-1.5, -0.5, 0.5, 1.5])
# Share of the distance to the end of the interval over which the mean of a derivative takes two points.
_SHARE = 1e-3


def factorise(matrix: sp.csc_array) -> SuperLU:
    """Return the sparse LU factors of a matrix whose pattern is nearly symmetric."""
    return splu(
        sp.csc_matrix(matrix),  # splu in SciPy 1.13 does not take sparse arrays
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


class FactorisedDeterminant:
    """Exact at nodes, each one sparse LU factorisation made when it is first needed; Hermite polynomials between.

    With rho = middle + half * tanh(u), log|I - rho W| is analytic in a strip about the real line of half-width pi/4
    or more (pi/2 for real eigenvalues). Polynomials of degree 7 through value and slope at nodes 0.03 apart are then
    as exact as the factorisation itself, and so few nodes lie near an estimate that all further values of rho, and
    all derivatives, are free. The answer depends on rho alone, not on what was asked before.
    """

    kind = "lu"

    def __init__(self, w: sp.csr_array, interval: tuple[float, float], series: MomentSeries) -> None:
        self.low, self.high = interval
        self._w = sp.csc_array(w)
        self._series = series
        self._nodes: dict[int, tuple[float, float]] = {}

    @property
    def factorisations(self) -> int:
        """Number of factorisations so far."""
        return len(self._nodes)

    def rough(self, rho: float) -> float:
        """Return log|I - rho W| from a short series, good enough to see where a likelihood is high."""
        return self._series.value(rho)

    def value(self, rho: float) -> float:
        """Return log|I - rho W|."""
        if not self.low < rho < self.high:
            return self._factorised(rho)[0]
        coefficients, place, _, _ = self._window(rho)
        return float(np.polynomial.polynomial.polyval(place, coefficients))

    def trace(self, rho: float) -> float:
        """Return tr[W (I - rho W)^-1]."""
        if rho == 0:  # asked for by models without the other parameter
            return float(self._w.trace())
        if not self.low < rho < self.high:
            return self._factorised(rho)[1]
        coefficients, place, speed, _ = self._window(rho)
        first = np.polynomial.polynomial.polyder(coefficients)
        return -float(np.polynomial.polynomial.polyval(place, first)) * speed

    def traces(self, rho: Array) -> Array:
        """Return the trace for each rho."""
        return np.array([self.trace(float(value)) for value in rho])

    def product(self, rho: float, lam: float) -> float:
        """Return tr(G H), from G - H = (rho - lam) G H, or from the derivative of tr G where they are close."""
        gap = rho - lam
        if abs(gap) > _SHARE * min(rho - self.low, self.high - rho):
            return (self.trace(rho) - self.trace(lam)) / gap
        middle, half = (rho + lam) / 2, gap / math.sqrt(12.0)
        # The mean of the derivative between lam and rho, by Gauss's rule of two points.
        return self._slope(middle) if gap == 0 else (self._slope(middle - half) + self._slope(middle + half)) / 2

    def _slope(self, rho: float) -> float:
        """Return tr(G G), the derivative of the trace."""
        coefficients, place, speed, bend = self._window(rho)
        first = np.polynomial.polynomial.polyder(coefficients)
        second = np.polynomial.polynomial.polyder(first)
        at = np.polynomial.polynomial.polyval
        return -float(at(place, second) * speed**2 + at(place, first) * bend)

    def _window(self, rho: float) -> tuple[Array, float, float, float]:
        """Return the polynomial around rho, the place of rho in it, and the place's two derivatives in rho."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        share = (rho - middle) / half
        at = math.atanh(share) / _SPACING
        left = math.floor(at)
        data = np.array([self._node(left + offset) for offset in (-1, 0, 1, 2)])
        room = 1 - share**2
        speed = 1 / (half * room * _SPACING)
        return _hermite() @ data.T.ravel(), at - left - 0.5, speed, 2 * share * speed / (half * room)

    def _node(self, number: int) -> tuple[float, float]:
        """Return the value at a node and its derivative in the number of the node."""
        if number not in self._nodes:
            middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
            share = math.tanh(number * _SPACING)
            value, trace = self._factorised(middle + half * share)
            # 1 - tanh^2 by the hyperbolic cosine, exact where tanh is close to 1.
            self._nodes[number] = value, -trace * half * _SPACING / math.cosh(number * _SPACING) ** 2
        return self._nodes[number]

    def _factorised(self, rho: float) -> tuple[float, float]:
        """Return log|I - rho W| and tr G by a complex step through one factorisation."""
        identity = sp.eye_array(self._w.shape[0], format="csc")
        pivots = factorise(identity - complex(rho, _STEP) * self._w).U.diagonal()
        return float(np.log(np.abs(pivots.real)).sum()), -float((pivots.imag / pivots.real).sum() / _STEP)


@lru_cache(maxsize=1)
def _hermite() -> Array:
    """Return the matrix from values and slopes at the four places to the coefficients of the polynomial."""
    powers = np.arange(2 * len(_PLACES))
    values = _PLACES[:, None] ** powers
    slopes = powers * _PLACES[:, None] ** np.maximum(powers - 1, 0)
    return np.linalg.inv(np.vstack([values, slopes]))
