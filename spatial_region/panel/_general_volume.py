"""Sum over periods of log|I - sum_j rho_j W_jt|, its gradient, and the region where it exists."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigs

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import EigenvalueDeterminant, LogDeterminant, make_determinant
from spatial_region.panel._operators import Operators, factorise_filter

# Up to this number of regions dense factors are quicker than sparse ones.
_MOST_DENSE = 500
# Up to this number all eigenvalues are affordable, once for an answer.
_MOST_EIGENVALUES = 1000
# h of the complex step: small enough that nothing of second order is left.
_STEP = 1e-20
_REAL = 1e-9
# Beyond this distance from singularity nothing more precise needs to be known.
_ROOM = 1e-3


class Volume(Protocol):
    """log-determinants of one spatial process with p parameters.

    Attributes
    ----------
    axes : list of tuple of float
        For each parameter, with the others at 0, the interval around 0 in which the model exists.
    cost : int
        Matrices to be factorised for one value; 0 if eigenvalues make it free.
    """

    axes: list[tuple[float, float]]
    cost: int

    def value(self, rho: Array) -> float:
        """Return the sum of log-determinants; minus infinity where one of them is not positive."""
        ...

    def gradient(self, rho: Array) -> Array:
        """Return its derivatives, minus the sums of tr[W_jt (I - sum rho W)^-1]."""
        ...

    def room(self, rho: Array) -> float:
        """Return how far the model is from its boundary: 0 there, negative beyond, up to 1 inside."""
        ...


class SingleVolume:
    """One parameter: the determinant of each distinct matrix, from its eigenvalues or its sparse factors."""

    def __init__(self, operators: Operators, counts: list[int], *, kind: str, without_unit_root: bool) -> None:
        self._parts: list[tuple[LogDeterminant, int]] = [
            (make_determinant(operators.at(period)[0], kind), count)
            for (period, _), count in zip(operators.groups(), counts, strict=True)
        ]
        self._roots = sum(counts) if without_unit_root else 0
        self.axes = [(max(part.low for part, _ in self._parts), min(part.high for part, _ in self._parts))]
        self.cost = sum(not isinstance(part, EigenvalueDeterminant) for part, _ in self._parts)

    def value(self, rho: Array) -> float:
        """Return the sum of log-determinants."""
        if self.room(rho) <= 0:
            return -np.inf
        return sum(count * part.value(float(rho[0])) for part, count in self._parts) - self._roots * float(
            np.log1p(-rho[0])
        )

    def gradient(self, rho: Array) -> Array:
        """Return its derivative."""
        traces = sum(count * part.trace(float(rho[0])) for part, count in self._parts)
        return np.array([self._roots / (1 - rho[0]) - traces])

    def room(self, rho: Array) -> float:
        """Return the distance from the nearer end of the interval, as a share of its length."""
        low, high = self.axes[0]
        return float(min(rho[0] - low, high - rho[0]) / (high - low))


class SeveralVolume:
    """Several parameters: dense or sparse factors for each value.

    The model exists where I - s sum_j rho_j W_j is not singular for any s between 0 and 1, that is where
    sum_j rho_j W_j has no real eigenvalue of 1 or more: the points that can be reached in a straight line from
    independence. With one weights that is the usual interval. For row-standardised weights sum |rho_j| < 1 is
    enough, but not necessary.
    """

    def __init__(self, operators: Operators, counts: list[int], *, without_unit_root: bool) -> None:
        self._operators = operators
        self._groups = [(period, count) for (period, _), count in zip(operators.groups(), counts, strict=True)]
        self._roots = sum(counts) if without_unit_root else 0
        self._dense: dict[int, Array] = {}
        if operators.regions <= _MOST_DENSE:
            self._dense = {t: np.array([w.toarray() for w in operators.at(t)]) for t, _ in self._groups}
        self.axes = [_shared_interval(matrices) for matrices in operators.matrices]
        self._norms = np.array([[_norm(matrices, axis) for matrices in operators.matrices] for axis in (0, 1)])
        self.cost = len(self._groups)

    def value(self, rho: Array) -> float:
        """Return the sum of log-determinants; minus infinity where one of them is not positive."""
        unit = 1 - float(rho.sum())
        if self._roots and unit <= 0:
            return -np.inf
        total = -self._roots * np.log(unit) if self._roots else 0.0
        for period, count in self._groups:
            sign, value = self._log_determinant(period, rho)
            if sign <= 0:
                return -np.inf
            total += count * value
        return float(total)

    def gradient(self, rho: Array) -> Array:
        """Return its derivatives."""
        traces = np.zeros(len(rho))
        for period, count in self._groups:
            traces += count * self._traces(period, rho)
        return (self._roots / (1 - rho.sum()) if self._roots else 0.0) - traces

    def room(self, rho: Array) -> float:
        """Return 1 less the largest real eigenvalue of sum rho W, or a bound of it that leaves room enough."""
        bound = float((self._norms @ np.abs(rho)).min())
        if bound < 1 - _ROOM:
            return 1 - bound
        return min(self._room(period, rho) for period, _ in self._groups)

    def _log_determinant(self, period: int, rho: Array) -> tuple[float, float]:
        if self._dense:
            sign, value = np.linalg.slogdet(self._dense_filter(period, rho))
            return float(sign), float(value)
        factors = factorise_filter(self._operators.filter(period, rho))
        pivots = factors.U.diagonal()
        sign = np.sign(pivots).prod() * _parity(factors.perm_r) * _parity(factors.perm_c)
        return float(sign), float(np.log(np.abs(pivots)).sum())

    def _traces(self, period: int, rho: Array) -> Array:
        """Return tr[W_j (I - sum rho W)^-1] for each j."""
        if self._dense:
            return np.einsum("jmn,nm->j", self._dense[period], np.linalg.inv(self._dense_filter(period, rho)))
        matrix, traces = self._operators.filter(period, rho), []
        for w in self._operators.at(period):
            pivots = factorise_filter(sp.csc_array(matrix - complex(0, _STEP) * w)).U.diagonal()
            traces.append(-float((pivots.imag / pivots.real).sum() / _STEP))
        return np.array(traces)

    def _dense_filter(self, period: int, rho: Array) -> Array:
        return np.eye(self._operators.regions) - np.einsum("j,jmn->mn", rho, self._dense[period])

    def _room(self, period: int, rho: Array) -> float:
        combined = sp.eye_array(self._operators.regions) - self._operators.filter(period, rho)
        sizes = abs(combined)
        bound = min(float(sizes.sum(axis=axis).max()) for axis in (0, 1))
        return 1 - bound if bound < 1 - _ROOM else 1 - _largest_real(combined)


def make_volume(
    operators: Operators, *, drop_period: bool, without_unit_root: bool, determinant: str = "auto"
) -> Volume:
    """Choose the way to compute the log-determinants.

    Parameters
    ----------
    operators : Operators
    drop_period : bool
        Lee-Yu with region effects: T - 1 periods count. All matrices are then the same in all periods.
    without_unit_root : bool
        Lee-Yu with time effects: log(1 - sum rho) leaves each determinant. All rows then sum to 1.
    determinant : {"auto", "eigenvalues", "lu"}
        For one weights.
    """
    counts = [len(members) - drop_period for _, members in operators.groups()]
    if operators.count == 1:
        return SingleVolume(operators, counts, kind=determinant, without_unit_root=without_unit_root)
    return SeveralVolume(operators, counts, without_unit_root=without_unit_root)


def _shared_interval(matrices: tuple[sp.csr_array, ...]) -> tuple[float, float]:
    parts = [make_determinant(matrix, "auto") for matrix in matrices]
    return max(part.low for part in parts), min(part.high for part in parts)


def _norm(matrices: tuple[sp.csr_array, ...], axis: int) -> float:
    return max(float(abs(matrix).sum(axis=axis).max()) for matrix in matrices)


def _parity(permutation: Array) -> int:
    """Return 1 for an even permutation and -1 for an odd one: N less its cycles are the swaps it needs."""
    n = len(permutation)
    graph = sp.csr_array((np.ones(n), (np.arange(n), permutation)), shape=(n, n))
    return 1 - 2 * ((n - connected_components(graph, return_labels=False)) % 2)


def _largest_real(matrix: sp.csr_array) -> float:
    """Return the largest real eigenvalue, or 0 if none is positive."""
    n = matrix.shape[0]
    if n <= _MOST_EIGENVALUES:
        values = np.linalg.eigvals(matrix.toarray())
    else:
        values = eigs(sp.csc_matrix(matrix), k=8, which="LR", return_eigenvectors=False, v0=np.linspace(1, 2, n))
    radius = np.abs(values).max()
    real = values.real[np.abs(values.imag) <= _REAL * radius]
    return max(float(real.max()), 0.0) if len(real) else 0.0
