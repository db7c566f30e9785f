"""Generalised moments of a spatial error process: quadratic forms of residuals, and their exact minimum in lambda."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError
from spatial_region.panel._blocks import Array, spatial_lag

# A root of the derivative counts as real when its imaginary part is rounding.
_REAL = 1e-8


@dataclass(frozen=True)
class MomentEquations:
    """Equations g = G [lambda, lambda^2, variances]' that hold in expectation.

    Attributes
    ----------
    left : (m, 2)
        Columns of lambda and of its square.
    variances : (m, v)
        Columns of the variances; none when the moments do not need one.
    right : (m,)
        g.
    """

    left: Array
    variances: Array
    right: Array


@dataclass(frozen=True)
class MomentSolution:
    """The minimum.

    Attributes
    ----------
    lam : float
    variances : (v,)
    value : float
        Weighted sum of squares of the equations.
    """

    lam: float
    variances: Array
    value: float


@dataclass(frozen=True)
class ErrorSpace:
    """Where the residuals of fixed effects live, and the traces of W there.

    Attributes
    ----------
    w : (N, N)
    removed : (N, r)
        Orthonormal directions of each period that time effects leave empty: 1 and W 1, as the filtered dummies
        (I - lambda W) 1 lie between these for every lambda. One column if W is row-standardised.
    periods : int
        Periods, less the one that region effects use up.
    """

    w: sp.csr_array
    removed: Array
    periods: int

    @property
    def size(self) -> int:
        """Dimension."""
        return self.periods * (self.w.shape[0] - self.removed.shape[1])

    def project(self, blocks: Array) -> Array:
        """Return `blocks` (T, N) without the removed directions."""
        return blocks - (blocks @ self.removed) @ self.removed.T

    def trace(self, matrix: sp.csr_array) -> float:
        """Return the trace of a matrix (N, N) that acts in each period."""
        inside = float((self.removed * (matrix @ self.removed)).sum())
        return self.periods * (float(matrix.diagonal().sum()) - inside)


def make_space(w: sp.csr_array, shape: tuple[int, int], effects: str) -> ErrorSpace:
    """Return the space of residuals of a (T, N) panel with these fixed effects."""
    periods = shape[0] - (effects in ("region", "twoway"))
    removed = np.zeros((shape[1], 0))
    if effects in ("time", "twoway"):
        ones = np.ones((shape[1], 1))
        directions = np.concatenate([ones, w @ ones], axis=1)
        q, r = np.linalg.qr(directions)
        removed = q[:, np.abs(np.diag(r)) > 1e-10 * abs(r[0, 0])]
    return ErrorSpace(w, removed, int(periods))


def kelejian_prucha(residuals: Array, space: ErrorSpace) -> MomentEquations:
    r"""Return the three moments of Kelejian and Prucha (1999), those of Kapoor, Kelejian and Prucha (2007) within.

    With e = u - lambda W u, and v-bar = W e: E e'e = sigma2 n, E v-bar'v-bar = sigma2 tr W'W, E v-bar'e = sigma2 tr W,
    all in the space that fixed effects leave.

    Parameters
    ----------
    residuals : (T, N)
        Their effects removed.
    space : ErrorSpace

    Notes
    -----
    doi:10.1111/1468-2354.00027, doi:10.1016/j.jeconom.2006.09.004. With time effects the traces are those of the
    space without period means: tr W is then -T for row-standardised weights, not 0.
    """
    w = space.w
    a = space.project(residuals)
    b = space.project(_lag(w, residuals))
    wa, wb = _lag(w, a), _lag(w, b)
    left = np.array(
        [
            [2 * _dot(a, b), -_dot(b, b)],
            [2 * _dot(wa, wb), -_dot(wb, wb)],
            [_dot(a, wb) + _dot(b, wa), -_dot(b, wb)],
        ]
    )
    traces = [float(space.size), space.trace(sp.csr_array(w.T @ w)), space.trace(w)]
    right = np.array([_dot(a, a), _dot(wa, wa), _dot(a, wa)])
    return MomentEquations(left / space.size, np.array(traces)[:, None] / space.size, right / space.size)


def moment_variance(w: sp.csr_array) -> Array:
    """Return the covariance of the three moments of normal errors of variance 1, times the sample size (3, 3).

    2 tr(A_r A_s) / N for the symmetric parts of I, W'W and W (Kapoor, Kelejian and Prucha 2007).
    """
    n = w.shape[0]
    inner = sp.csr_array(w.T @ w)
    both = sp.csr_array(w + w.T)
    first = float(inner.diagonal().sum())
    second, mixed, third = (_inner(inner, inner), _inner(inner, both), _inner(both, both) / 2)
    own = float(w.diagonal().sum())
    return np.array([[2.0 * n, 2 * first, 2 * own], [2 * first, 2 * second, mixed], [2 * own, mixed, third]]) / n


def solve_moments(
    equations: MomentEquations, interval: tuple[float, float], *, weight: Array | None = None
) -> MomentSolution:
    """Return the lambda inside `interval` that fits the equations best.

    For each lambda the best variances are least squares, so that the objective is a polynomial of degree four in
    lambda alone, and its minimum is found exactly among the roots of the derivative.

    Parameters
    ----------
    equations : MomentEquations
    interval : (low, high)
        Where I - lambda W is invertible, around 0.
    weight : (m, m), optional
        Covariance of the moments; equal weights without it.

    Raises
    ------
    ConvergenceError
        If the objective falls all the way to an end of the interval.
    """
    try:
        root = np.eye(len(equations.right)) if weight is None else np.linalg.inv(np.linalg.cholesky(weight))
    except np.linalg.LinAlgError as problem:
        raise ConvergenceError(
            "the moments of lambda repeat each other for these weights and observations. Use more regions, or a model "
            "without spatial errors."
        ) from problem
    terms = root @ np.column_stack([-equations.right, equations.left])  # constant, lambda, lambda^2
    columns = root @ equations.variances
    q = np.linalg.qr(columns)[0] if columns.shape[1] else columns
    rest = terms - q @ (q.T @ terms)
    gram = rest.T @ rest
    # Coefficients of 1, lambda, ..., lambda^4.
    polynomial = np.array(
        [gram[0, 0], 2 * gram[0, 1], gram[1, 1] + 2 * gram[0, 2], 2 * gram[1, 2], gram[2, 2]], dtype=float
    )
    value = np.polynomial.Polynomial(polynomial)
    roots = value.deriv().roots()
    real = roots.real[np.abs(roots.imag) <= _REAL * (1 + np.abs(roots))]
    inside = real[(real > interval[0]) & (real < interval[1])]
    ends = min(float(value(end)) for end in interval)
    if len(inside) == 0 or float(value(inside).min()) > ends:
        raise ConvergenceError(
            f"the moments of lambda have no minimum inside ({interval[0]:.6g}, {interval[1]:.6g}), where the error "
            f"process is stable. Check the weights, trends in the response, or use a model without spatial errors."
        )
    lam = float(inside[np.argmin(value(inside))])
    power = np.array([1.0, lam, lam**2])
    variances = -np.linalg.lstsq(columns, terms @ power, rcond=None)[0] if columns.shape[1] else np.zeros(0)
    return MomentSolution(lam, variances, float(value(lam)))


def _lag(w: sp.csr_array, blocks: Array) -> Array:
    return spatial_lag(w, blocks[:, :, None])[:, :, 0]


def _dot(left: Array, right: Array) -> float:
    return float((left * right).sum())


def _inner(left: sp.csr_array, right: sp.csr_array) -> float:
    """Return tr(left' right)."""
    return float(left.multiply(right).sum())
