"""Whether a dynamic spatial panel returns to its mean: the eigenvalues of (I - rho W)^-1 (tau I + eta W)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp
from scipy.sparse.linalg import LinearOperator, eigs

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import EigenvalueDeterminant, LogDeterminant, factorise, similar_symmetric
from spatial_region.panel._dynamic_bias import Point, Values

_ROW_SUM = 1e-9


@dataclass(frozen=True)
class Stability:
    """Eigenvalues of the way from one period to the next.

    Attributes
    ----------
    radius : float
        Largest modulus: how much of a disturbance may be left after one period.
    stable : bool
        Whether it is below 1.
    total : float
        tau + rho + eta: for weights whose rows sum to 1 the process has a unit root at 1 (spatial cointegration,
        if the other eigenvalues are below 1) and explodes beyond.
    total_se : float
        Its standard error, from the covariance of the estimates; to test whether it is 1.
    row_standardised : bool
        Whether the rows of W sum to 1.
    """

    radius: float
    stable: bool
    total: float
    total_se: float
    row_standardised: bool


def find_stability(
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    point: Point,
    covariance: Array,
    places: Mapping[str, int],
) -> Stability:
    """Return the stability of the process at given parameters.

    Parameters
    ----------
    w, determinant
        None without spatial terms in y.
    point : Point
    covariance : (m, m)
        Of all parameters.
    places : mapping of str to int
        Places of tau, eta and rho in it.
    """
    radius = transition_radius(w, determinant, point)
    chosen = [places[name] for name in ("tau", "eta", "rho") if name in places]
    variance = float(covariance[np.ix_(chosen, chosen)].sum())
    sums = np.ones(1) if w is None else np.asarray(w.sum(axis=1)).ravel()
    return Stability(
        radius,
        radius < 1,
        point.tau + point.eta + point.rho,
        float(np.sqrt(max(variance, 0.0))),
        bool(np.abs(sums - 1).max() <= _ROW_SUM),
    )


def transition_radius(w: sp.csr_array | None, determinant: LogDeterminant | None, point: Point) -> float:
    """Return the largest modulus of (tau + eta v) / (1 - rho v) over the eigenvalues v of W.

    For real eigenvalues it is found at the smallest or the largest of them, as the ratio has no turning point; and
    for complex ones, which lie in the disc of radius v_max, at v_max itself if it is larger there than at -v_max.
    """
    if w is None or determinant is None or (point.rho == 0 and point.eta == 0):
        return abs(point.tau)

    def modulus(v: Values) -> Array:
        return np.abs((point.tau + point.eta * v) / (1 - point.rho * v))

    if isinstance(determinant, EigenvalueDeterminant):
        return float(modulus(determinant.eigenvalues).max())
    lowest, highest = modulus(np.array([1 / determinant.low, 1 / determinant.high])).tolist()
    if highest >= lowest or similar_symmetric(w) is not None:
        return max(highest, lowest)
    return _arnoldi(w, point)


def are_stable(determinant: LogDeterminant | None, tau: Array, eta: Array, rho: Array) -> NDArray[np.bool_]:
    """Return which of many points (D,) are in the parameter space and stable.

    Without all eigenvalues the disc that holds them is asked to be stable: points are never wrongly called stable.
    """
    if determinant is None:
        return np.asarray(np.abs(tau) < 1)
    stable = (rho > determinant.low) & (rho < determinant.high)
    values: Values = np.array([1 / determinant.low, 1 / determinant.high])
    if isinstance(determinant, EigenvalueDeterminant):
        values = determinant.eigenvalues
    inside = np.flatnonzero(stable)
    top = np.abs(tau[inside, None] + eta[inside, None] * values)
    stable[inside] = (top < np.abs(1 - rho[inside, None] * values)).all(axis=1)
    return np.asarray(stable)


def _arnoldi(w: sp.csr_array, point: Point) -> float:
    n = w.shape[0]
    factors = factorise(sp.eye_array(n, format="csc") - point.rho * sp.csc_array(w))

    def step(v: Array) -> Array:
        flat = v.ravel()
        return np.asarray(factors.solve(point.tau * flat + point.eta * (w @ flat)))

    operator = LinearOperator((n, n), matvec=step, dtype=np.float64)
    found = eigs(operator, k=1, which="LM", v0=np.linspace(1.0, 2.0, n), tol=1e-8, return_eigenvectors=False)
    return float(np.abs(found[0]))
