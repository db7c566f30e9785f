"""Logarithm of the determinant of I - rho W, its derivative, and the interval where it exists."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.sparse.linalg import SuperLU, eigs, eigsh, splu

from spatial_region.panel._blocks import Array

# Beyond these numbers of regions a sparse factorisation for each rho is cheaper than all eigenvalues once.
_MOST_SYMMETRIC = 1500
_MOST_GENERAL = 400
# h of the complex step: the derivative is Im f(x + ih) / h, without cancellation however small h is.
_STEP = 1e-20
_REAL = 1e-9
# Share of the distance to the end of the interval over which the trace is nearly a polynomial.
_SHARE = 1e-3


class LogDeterminant(Protocol):
    """log|I - rho W| for rho between `low` and `high`, where I - rho W is invertible."""

    low: float
    high: float
    kind: str

    def value(self, rho: float) -> float:
        """Return log|I - rho W|."""
        ...

    def trace(self, rho: float) -> float:
        """Return tr G with G = W (I - rho W)^-1, minus the derivative of the value."""
        ...

    def product(self, rho: float, lam: float) -> float:
        """Return tr(G H) with H = W (I - lam W)^-1; for lam = rho, the derivative of the trace."""
        ...


class EigenvalueDeterminant:
    """From all eigenvalues of W: exact, and free for every rho after the first."""

    kind = "eigenvalues"

    def __init__(self, eigenvalues: NDArray[np.complex128] | Array) -> None:
        self.eigenvalues = eigenvalues
        self.low, self.high = _interval(eigenvalues)

    def value(self, rho: float) -> float:
        """Return log|I - rho W|."""
        return float(np.log(np.abs(1 - rho * self.eigenvalues)).sum())

    def trace(self, rho: float) -> float:
        """Return tr[W (I - rho W)^-1]."""
        return float((self.eigenvalues / (1 - rho * self.eigenvalues)).sum().real)

    def product(self, rho: float, lam: float) -> float:
        """Return tr(G H)."""
        values = self.eigenvalues
        return float((values**2 / ((1 - rho * values) * (1 - lam * values))).sum().real)


class FactorisedDeterminant:
    """From a sparse LU factorisation for each rho: exact, and cheap for thousands of regions."""

    kind = "lu"

    def __init__(self, w: sp.csr_array, extremes: Array) -> None:
        self.low, self.high = _interval(extremes)
        self._w = sp.csc_array(w)
        self._identity = sp.eye_array(w.shape[0], format="csc")
        self._values: dict[float, float] = {}
        self._traces: dict[float, float] = {}

    def value(self, rho: float) -> float:
        """Return log|I - rho W|."""
        if rho not in self._values:
            pivots = factorise(self._identity - rho * self._w).U.diagonal()
            self._values[rho] = float(np.log(np.abs(pivots)).sum())
        return self._values[rho]

    def trace(self, rho: float) -> float:
        """Return tr[W (I - rho W)^-1] by a complex step through the factorisation."""
        if rho not in self._traces:
            pivots = factorise(self._identity - complex(rho, _STEP) * self._w).U.diagonal()
            self._traces[rho] = -float((pivots.imag / pivots.real).sum() / _STEP)
        return self._traces[rho]

    def product(self, rho: float, lam: float) -> float:
        """Return tr(G H), from G - H = (rho - lam) G H, or from the derivative of tr G where they are close."""
        gap = rho - lam
        if abs(gap) > _SHARE * self._room(rho):
            return (self.trace(rho) - self.trace(lam)) / gap
        middle, half = (rho + lam) / 2, gap / np.sqrt(12.0)
        # The mean of the derivative between lam and rho, by Gauss's rule of two points.
        return self._slope(middle) if gap == 0 else (self._slope(middle - half) + self._slope(middle + half)) / 2

    def _slope(self, rho: float) -> float:
        """Return tr(G G): the derivative of the trace by central differences, extrapolated once."""
        step = _SHARE * self._room(rho)
        wide, narrow = ((self.trace(rho + size) - self.trace(rho - size)) / (2 * size) for size in (2 * step, step))
        return (4 * narrow - wide) / 3

    def _room(self, rho: float) -> float:
        return min(rho - self.low, self.high - rho)


def factorise(matrix: sp.csc_array) -> SuperLU:
    """Return the sparse LU factors of a matrix whose pattern is nearly symmetric."""
    return splu(
        sp.csc_matrix(matrix),  # splu in SciPy 1.13 does not take sparse arrays
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


def make_determinant(w: sp.csr_array, kind: str) -> LogDeterminant:
    """Choose the way to compute log|I - rho W|: ``"eigenvalues"``, ``"lu"``, or by size (``"auto"``)."""
    symmetric = similar_symmetric(w)
    most = _MOST_SYMMETRIC if symmetric is not None else _MOST_GENERAL
    if kind == "eigenvalues" or (kind == "auto" and w.shape[0] <= most):
        if symmetric is not None:
            return EigenvalueDeterminant(np.linalg.eigvalsh(symmetric.toarray()))
        return EigenvalueDeterminant(np.linalg.eigvals(w.toarray()))
    return FactorisedDeterminant(w, _extreme_eigenvalues(w, symmetric))


def similar_symmetric(w: sp.csr_array) -> sp.csr_array | None:
    """Return D^1/2 W D^-1/2 when that is symmetric for some positive diagonal D, and None otherwise.

    Row-standardised contiguity is of this kind (D holds the row sums): its eigenvalues are then real and
    those of a symmetric matrix. D is read off along a spanning tree and checked on every link.
    """
    pattern = w.copy()
    pattern.data = np.ones_like(w.data)
    if abs(pattern - pattern.T).nnz:
        return None
    scale = np.ones(w.shape[0])
    ratio = _link_ratios(w)
    n_components, labels = connected_components(w, directed=False)
    for start in np.unique(labels, return_index=True)[1] if n_components > 1 else [0]:
        order, before = breadth_first_order(w, start, directed=False)
        for node in order[1:].tolist():
            scale[node] = scale[before[node]] * ratio[int(before[node]), node]
    if not (np.isfinite(scale).all() and scale.min() > 0):  # ratios of a long chain may overflow
        return None
    root = np.sqrt(scale)
    symmetric = sp.csr_array(sp.diags_array(root) @ w @ sp.diags_array(1 / root))
    gap = abs(symmetric - symmetric.T).max() if symmetric.nnz else 0.0
    return sp.csr_array((symmetric + symmetric.T) / 2) if gap <= 1e-12 * max(symmetric.max(), 1e-300) else None


def _link_ratios(w: sp.csr_array) -> dict[tuple[int, int], float]:
    """Return w_ij / w_ji for every link (i, j) of weights whose pattern is symmetric."""
    forward, backward = w.copy(), sp.csr_array(w.T)
    forward.sort_indices()
    backward.sort_indices()
    rows = np.repeat(np.arange(w.shape[0]), np.diff(forward.indptr))
    ratios = forward.data / backward.data
    return dict(zip(zip(rows.tolist(), forward.indices.tolist(), strict=True), ratios.tolist(), strict=True))


def _extreme_eigenvalues(w: sp.csr_array, symmetric: sp.csr_array | None) -> Array:
    """Return the smallest and largest real eigenvalues; where they may be complex, the Perron root and its negative.

    Weights are not negative, so that the largest eigenvalue in modulus is real and positive, and no larger than the
    largest row sum. Shift and invert from just beyond that bound converges in a few steps.
    """
    bound = 1.0001 * float(w.sum(axis=1).max())
    options = {"k": 1, "which": "LM", "return_eigenvectors": False, "v0": np.linspace(1.0, 2.0, w.shape[0])}
    if symmetric is not None:
        matrix = sp.csc_matrix(symmetric)
        return np.array([float(eigsh(matrix, sigma=end, **options)[0]) for end in (-bound, bound)])
    radius = float(eigs(sp.csc_matrix(w), sigma=bound, **options)[0].real)
    return np.array([-radius, radius])


def _interval(eigenvalues: NDArray[np.complex128] | Array) -> tuple[float, float]:
    """Return the interval around 0 in which no 1 - rho * eigenvalue is 0.

    Without a negative (positive) real eigenvalue the spectral radius gives the end of the interval.
    """
    radius = float(np.abs(eigenvalues).max())
    real = eigenvalues.real[np.abs(eigenvalues.imag) <= _REAL * radius]
    lowest, highest = (float(real.min()), float(real.max())) if len(real) else (0.0, 0.0)
    tiny = 1e-6 * radius
    return 1 / (lowest if lowest < -tiny else -radius), 1 / (highest if highest > tiny else radius)
