"""Tail of Moran's I for independent normal values, by a saddlepoint approximation. Arrays in, numbers out.

With z = M e, M taking off the mean, ``P(I >= r) = P(sum_i (t_i - r S0 / n) e_i**2 >= 0)``, t the n - 1 eigenvalues of
``M (W + W') / 2 M`` on deviations from the mean. The cumulants of such a sum of squares have a closed form, from which
Barndorff-Nielsen's formula gives the tail (Tiefelsdorf 2002, doi:10.1111/j.1538-4632.2002.tb01084.x), with a relative
error that stays small far out, where a normal approximation is wrong by any factor.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse as sp
from scipy.linalg import eigvalsh
from scipy.optimize import brentq
from scipy.sparse.linalg import LinearOperator, eigsh, splu
from scipy.special import ndtr

# Beyond these numbers of regions one sparse factorisation for each point is cheaper than all eigenvalues at once; where
# every region is linked with many, a factorisation fills up and the eigenvalues are cheaper for longer.
_MOST_EIGENVALUES, _MOST_DENSE = 300, 4000
_MANY_LINKS = 30  # a region
_QUICK = 3000
_NEAR = 0.02  # standard deviations from the mean within which the formula loses its digits
# h of the complex step: the derivative is Im f(x + ih) / h, without cancellation however small h is.
_STEP = 1e-20


class _Cumulants(Protocol):
    """Sums over the eigenvalues t, shifted by r: those of which the approximation is made."""

    low: float
    high: float
    powers: tuple[float, float, float, float]  # sums of (t - r)**k, k = 1 to 4

    def log_sum(self, s: float) -> float:
        """Return ``sum log(1 - 2 s (t - r))``."""
        ...

    def slope(self, s: float) -> float:
        """Return ``sum (t - r) / (1 - 2 s (t - r))``."""
        ...

    def curvature(self, s: float) -> float:
        """Return ``sum (t - r)**2 / (1 - 2 s (t - r))**2``."""
        ...


def moran_tails(statistic: float, matrix: sp.csr_array) -> tuple[float, float]:
    """Return the chance that I is at least, and at most, `statistic` when values are independent and normal.

    Parameters
    ----------
    statistic : float
        Observed Moran's I.
    matrix : (n, n) sparse weights
    """
    n = matrix.shape[0]
    shift = statistic * float(matrix.sum()) / n
    half = sp.csr_array((matrix + matrix.T) / 2.0)
    if _constant(half):
        return 1.0, 1.0
    sums: _Cumulants
    most = _MOST_DENSE if half.nnz > _MANY_LINKS * n else _MOST_EIGENVALUES
    sums = _Eigenvalues(half, shift) if n <= most else _Factorisations(half, shift)
    score = _signed_root(sums)
    return float(ndtr(-score)), float(ndtr(score))


def is_quick(matrix: sp.csr_array) -> bool:
    """Whether `moran_tails` takes less than about half a second."""
    n = matrix.shape[0]
    return n <= _MOST_EIGENVALUES or (n <= _QUICK and matrix.nnz <= _MANY_LINKS * n)


def _constant(half: sp.csr_array) -> bool:
    """Whether I is the same for all values, as where every region is a neighbour of every other.

    Then the weights, taken between deviations from the mean, are a multiple of the identity.
    """
    n, total = half.shape[0], float(half.sum())
    sums = np.asarray(half.sum(axis=1)).ravel()
    trace = float(half.trace()) - total / n
    squares = float((half.data**2).sum()) - 2.0 * float(sums @ sums) / n + (total / n) ** 2
    return squares - trace**2 / (n - 1) <= 1e-12 * squares


def _signed_root(sums: _Cumulants) -> float:
    """Return Barndorff-Nielsen's r*, whose upper normal tail is the chance that the sum of squares is positive."""
    if sums.high == np.inf:  # no arrangement has a larger I
        return np.inf
    if sums.low == -np.inf:
        return -np.inf
    start, squares, cubes, fourths = sums.powers
    spread = np.sqrt(2.0 * squares)
    if abs(start) < _NEAR * spread:
        return _near_mean(-start / spread, 8.0 * cubes / spread**3, 48.0 * fourths / spread**4)
    low, high = (0.0, _end(sums, sums.high)) if start < 0 else (_end(sums, sums.low), 0.0)
    if sums.slope(low) * sums.slope(high) > 0:
        return np.inf if start < 0 else -np.inf
    s = float(brentq(sums.slope, low, high, xtol=1e-14 * max(abs(low), abs(high)), rtol=1e-13))
    root = np.sign(s) * np.sqrt(max(sums.log_sum(s), 0.0))
    slope = s * np.sqrt(2.0 * sums.curvature(s))
    return float(root + np.log(slope / root) / root)


def _near_mean(distance: float, skewness: float, kurtosis: float) -> float:
    """Return what r* tends to near the mean, where its formula is 0 / 0: the transform of Cornish and Fisher."""
    x = distance
    return float(x - (x**2 - 1) * skewness / 6 - (x**3 - 3 * x) * kurtosis / 24 + (4 * x**3 - 7 * x) * skewness**2 / 36)


def _end(sums: _Cumulants, bound: float) -> float:
    """Return a point short of the bound, beyond the root of the slope where there is one."""
    for share in (0.5, 0.9, 0.99, 0.999, 0.9999):
        if abs(sums.slope(bound * share)) > 0 and np.sign(sums.slope(bound * share)) == np.sign(bound):
            return bound * share
    return bound * (1 - 1e-10)


class _Eigenvalues:
    """From all eigenvalues."""

    def __init__(self, half: sp.csr_array, shift: float) -> None:
        dense = half.toarray()
        means = dense.mean(axis=0)
        centred = dense - means[:, None] - means[None, :] + means.mean()
        # The direction of equal values, which taking off the mean removes, is moved out of the others' way and dropped.
        away = 2.0 * float(np.abs(dense).sum(axis=1).max()) + 1.0
        values = eigvalsh(centred + away / len(dense))[:-1]
        self._values = values - shift
        self.low, self.high = _bounds(float(self._values[0]), float(self._values[-1]))
        first, second, third, fourth = (float((self._values**k).sum()) for k in (1, 2, 3, 4))
        self.powers = first, second, third, fourth

    def log_sum(self, s: float) -> float:
        return float(np.log1p(-2.0 * s * self._values).sum())

    def slope(self, s: float) -> float:
        return float((self._values / (1.0 - 2.0 * s * self._values)).sum())

    def curvature(self, s: float) -> float:
        return float(((self._values / (1.0 - 2.0 * s * self._values)) ** 2).sum())


class _Factorisations:
    """From a sparse factorisation of ``A = (1 + 2 s r) I - 2 s W`` at each point.

    On deviations from the mean the determinant of A is ``|A| 1'A^-1 1 / n``.
    """

    def __init__(self, half: sp.csr_array, shift: float) -> None:
        self._half, self._shift, self._n = half.tocsc(), shift, half.shape[0]
        self._identity = sp.eye_array(self._n, format="csc")
        self._known: dict[float, np.ndarray] = {}
        least, most = _extremes(half)
        self.low, self.high = _bounds(least - shift, most - shift)
        self.powers = _shifted(_traces(half), self._n - 1, shift)

    def log_sum(self, s: float) -> float:
        return float(np.log(np.abs(self._factors(s).real)).sum())

    def slope(self, s: float) -> float:
        factors = self._factors(s)
        return float(-0.5 * (factors.imag / factors.real).sum() / _STEP)

    def curvature(self, s: float) -> float:
        # Half the slope's derivative; the slope is exact, so that a wide step leaves ten digits.
        step = 1e-3 * min(abs(self.high - s), abs(s - self.low))
        near = self.slope(s + step) - self.slope(s - step)
        far = self.slope(s + 2 * step) - self.slope(s - 2 * step)
        return (8 * near - far) / (12 * step) / 2.0

    def _factors(self, s: float) -> np.ndarray:
        """Return numbers whose product is the determinant up to sign, at a complex step from s."""
        if s not in self._known:
            point = complex(s, _STEP)
            matrix = (1.0 + 2.0 * point * self._shift) * self._identity - (2.0 * point) * self._half
            factor = splu(sp.csc_array(matrix, dtype=complex), permc_spec="MMD_AT_PLUS_A")
            ones = np.ones(self._n, dtype=complex)
            self._known[s] = np.append(factor.U.diagonal(), ones @ factor.solve(ones) / self._n)
        return self._known[s]


def _traces(half: sp.csr_array) -> tuple[float, float, float, float]:
    """Return the sums of t**k, k = 1 to 4, from the traces of powers of the weights."""
    twice = half @ half
    t1, t2 = float(half.trace()), float(twice.trace())
    t3, t4 = float(twice.multiply(half).sum()), float((twice.data**2).sum())
    # u' W**k u, u the unit vector of equal values, which taking off the mean removes.
    u = np.full(half.shape[0], half.shape[0] ** -0.5)
    once = half @ u
    again = half @ once
    a1, a2, a3, a4 = float(u @ once), float(once @ once), float(once @ again), float(again @ again)
    return (
        t1 - a1,
        t2 - 2 * a2 + a1**2,
        t3 - 3 * a3 + 3 * a1 * a2 - a1**3,
        t4 - 4 * a4 + 4 * a1 * a3 + 2 * a2**2 - 4 * a1**2 * a2 + a1**4,
    )


def _shifted(powers: tuple[float, float, float, float], count: int, shift: float) -> tuple[float, float, float, float]:
    """Return the sums of (t - shift)**k, from those of t**k."""
    p1, p2, p3, p4 = powers
    r = shift
    return (
        p1 - count * r,
        p2 - 2 * r * p1 + count * r**2,
        p3 - 3 * r * p2 + 3 * r**2 * p1 - count * r**3,
        p4 - 4 * r * p3 + 6 * r**2 * p2 - 4 * r**3 * p1 + count * r**4,
    )


def _bounds(least: float, most: float) -> tuple[float, float]:
    low = 1.0 / (2.0 * least) if least < 0 else -np.inf
    high = 1.0 / (2.0 * most) if most > 0 else np.inf
    return low, high


def _extremes(half: sp.csr_array) -> tuple[float, float]:
    """Return the smallest and the largest eigenvalue on deviations from the mean."""

    def centred(x: np.ndarray) -> np.ndarray:
        product = half @ (x - x.mean())
        return product - product.mean()

    operator = LinearOperator(half.shape, matvec=centred, dtype=float)
    start = np.sin(np.arange(half.shape[0]) + 1.0)  # any fixed vector: the answer must not vary
    least = eigsh(operator, k=1, which="SA", v0=start, tol=1e-8, return_eigenvectors=False, maxiter=20_000)
    most = eigsh(operator, k=1, which="LA", v0=start, tol=1e-8, return_eigenvectors=False, maxiter=20_000)
    return float(least[0]), float(most[0])
