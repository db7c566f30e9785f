"""Logarithm of the determinant of I - rho W, its derivative, and the interval where it exists."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp

from spatial_region.panel._blocks import Array
from spatial_region.panel._eigenvalues import extreme_eigenvalues, invertible_interval, similar_symmetric
from spatial_region.panel._factorised import FactorisedDeterminant, factorise
from spatial_region.panel._moment_series import make_series

__all__ = [
    "EigenvalueDeterminant",
    "FactorisedDeterminant",
    "LogDeterminant",
    "factorise",
    "make_determinant",
    "similar_symmetric",
]

# Beyond these numbers of regions a few sparse factorisations are cheaper than all eigenvalues once.
_MOST_SYMMETRIC = 1500
_MOST_GENERAL = 400


class LogDeterminant(Protocol):
    """log|I - rho W| for rho between `low` and `high`, where I - rho W is invertible."""

    low: float
    high: float
    kind: str

    def value(self, rho: float) -> float:
        """Return log|I - rho W|."""
        ...

    def rough(self, rho: float) -> float:
        """Return log|I - rho W| as well as it can be had for nothing: to see where a likelihood is high."""
        ...

    def trace(self, rho: float) -> float:
        """Return tr G with G = W (I - rho W)^-1, minus the derivative of the value."""
        ...

    def traces(self, rho: Array) -> Array:
        """Return tr G for each rho."""
        ...

    def product(self, rho: float, lam: float) -> float:
        """Return tr(G H) with H = W (I - lam W)^-1; for lam = rho, the derivative of the trace."""
        ...


class EigenvalueDeterminant:
    """From all eigenvalues of W: exact, and free for every rho after the first."""

    kind = "eigenvalues"

    def __init__(self, eigenvalues: NDArray[np.complex128] | Array) -> None:
        self.eigenvalues = eigenvalues
        self.low, self.high = invertible_interval(eigenvalues)

    def value(self, rho: float) -> float:
        """Return log|I - rho W|."""
        return float(np.log(np.abs(1 - rho * self.eigenvalues)).sum())

    def rough(self, rho: float) -> float:
        """Return log|I - rho W|, exactly."""
        return self.value(rho)

    def trace(self, rho: float) -> float:
        """Return tr[W (I - rho W)^-1]."""
        return float((self.eigenvalues / (1 - rho * self.eigenvalues)).sum().real)

    def traces(self, rho: Array) -> Array:
        """Return the trace for each rho."""
        return np.asarray((self.eigenvalues / (1 - rho[:, None] * self.eigenvalues)).sum(axis=1).real)

    def product(self, rho: float, lam: float) -> float:
        """Return tr(G H)."""
        values = self.eigenvalues
        return float((values**2 / ((1 - rho * values) * (1 - lam * values))).sum().real)


def make_determinant(w: sp.csr_array, kind: str) -> LogDeterminant:
    """Choose the way to compute log|I - rho W|: ``"eigenvalues"``, ``"lu"``, or by size (``"auto"``)."""
    symmetric = similar_symmetric(w)
    most = _MOST_SYMMETRIC if symmetric is not None else _MOST_GENERAL
    if kind == "eigenvalues" or (kind == "auto" and w.shape[0] <= most):
        if symmetric is not None:
            return EigenvalueDeterminant(np.linalg.eigvalsh(symmetric.toarray()))
        return EigenvalueDeterminant(np.linalg.eigvals(w.toarray()))
    extremes = extreme_eigenvalues(w, symmetric)
    series = make_series(w, symmetric, (float(extremes[0]), float(extremes[1])))
    return FactorisedDeterminant(w, invertible_interval(extremes), series)
