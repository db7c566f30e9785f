"""log|I - rho W| as a series in traces of polynomials of W, which random vectors of signs estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array

# Random signs per region and probe; up to so many entries every region gets its own probe, and traces are exact.
_SAMPLE = 60_000
_FEWEST = 8
_SEED = 20_090_120
_STEP = 1e-20
_ORDER = 40


@dataclass(frozen=True)
class MomentSeries:
    """Traces of T_k(V), k = 1..K, one row a probe; V is W scaled to the interval of its eigenvalues.

    For W similar to a symmetric matrix T_k are Chebyshev polynomials; otherwise eigenvalues may be complex, and
    T_k(V) = V^k. With W = middle + radius V, a = rho radius / (1 - rho middle) and a = 2 z / (1 + z^2),
    log|I - rho W| = n [log(1 - rho middle) - log(1 + z^2)] - 2 sum z^k tr T_k(V) / k
    (Chebyshev), or - sum (rho radius)^k tr V^k / k.

    Attributes
    ----------
    moments : (P, K)
        Estimates of the traces, one row a probe; one row, and no error, when they are exact.
    middle, radius : float
        Of the interval of eigenvalues; 0 and the spectral radius without Chebyshev polynomials.
    is_chebyshev : bool
    n : int
    """

    moments: Array
    middle: float
    radius: float
    is_chebyshev: bool
    n: int

    def value(self, rho: float) -> float:
        """Return log|I - rho W|."""
        return float(self.values(rho).mean().real)

    def trace(self, rho: float) -> float:
        """Return tr[W (I - rho W)^-1]."""
        return float(-self.values(complex(rho, _STEP)).mean().imag / _STEP)

    def error(self, rho: float) -> float:
        """Return the standard error of the trace from the spread of the probes; 0 where traces are exact."""
        if len(self.moments) == 1:
            return 0.0
        slopes = self.values(complex(rho, _STEP)).imag / _STEP
        return float(slopes.std(ddof=1) / math.sqrt(len(slopes)))

    def values(self, rho: complex) -> Any:
        """Return the series, one value a probe; analytic in rho."""
        order = np.arange(1, self.moments.shape[1] + 1)
        if not self.is_chebyshev:
            return -(self.moments @ ((rho * self.radius) ** order / order))
        a = rho * self.radius / (1 - rho * self.middle)
        z = a / (1 + np.sqrt(1 - a * a))
        constant = self.n * (np.log(1 - rho * self.middle) - np.log(1 + z * z))
        return constant - 2 * (self.moments @ (z**order / order))


def make_series(
    w: sp.csr_array, symmetric: sp.csr_array | None, eigenvalues: tuple[float, float], *, probes: int | None = None
) -> MomentSeries:
    """Estimate the traces with random signs (Hutchinson's probes), always the same for the same number of regions.

    Parameters
    ----------
    w : (N, N)
    symmetric : (N, N) or None
        Similar to `w`.
    eigenvalues : tuple of float
        Smallest and largest; without `symmetric`, the spectral radius and its negative.
    probes : int, optional
        By default more for fewer regions; as many as regions give exact traces.
    """
    n = w.shape[0]
    count = min(n, max(_FEWEST, -(-_SAMPLE // n))) if probes is None else min(n, probes)
    exact = count == n
    start: Array = np.eye(n) if exact else np.random.default_rng(_SEED).choice([-1.0, 1.0], size=(n, count))
    middle, radius = (eigenvalues[0] + eigenvalues[1]) / 2, (eigenvalues[1] - eigenvalues[0]) / 2
    if symmetric is None:
        moments = _powers(sp.csr_array(w / radius), start)
    else:
        radius *= 1 + 1e-8  # the extremes are themselves only known to rounding
        moments = _chebyshev(symmetric, start, middle, radius)
    if exact:
        moments = moments.sum(axis=1, keepdims=True)
    return MomentSeries(np.ascontiguousarray(moments.T), middle, radius, symmetric is not None, n)


def _chebyshev(symmetric: sp.csr_array, start: Array, middle: float, radius: float) -> Array:
    """Return z'T_k(V)z, k = 1..K: T_2k = 2 T_k T_k - 1 gives two orders for each product with V."""

    def step(block: Array) -> Array:
        product: Array = symmetric @ block
        product -= middle * block
        product /= radius
        return product

    before, here = start, step(start)
    ones, first = _dots(start, start), _dots(start, here)
    moments = [first]
    for _ in range(_ORDER // 2):
        moments.append(2 * _dots(here, here) - ones)
        after = step(here)
        after *= 2
        after -= before
        moments.append(2 * _dots(here, after) - first)
        before, here = here, after
    return np.array(moments)


def _powers(w: sp.csr_array, start: Array) -> Array:
    """Return z'W^k z, k = 1..K, half of the powers on either side of the product."""
    right, left = start, start
    backward = sp.csr_array(w.T)
    moments = []
    for _ in range(_ORDER // 2):
        ahead = w @ right
        moments.append(_dots(left, ahead))
        left, right = backward @ left, ahead
        moments.append(_dots(left, right))
    return np.array(moments)


def _dots(left: Array, right: Array) -> Array:
    return np.einsum("np,np->p", left, right)
