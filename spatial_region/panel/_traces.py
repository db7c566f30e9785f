"""Traces of products of G = W (I - rho W)^-1 and H = W (I - lambda W)^-1, exact, without their N x N entries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp
from scipy.sparse.linalg import splu

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import LogDeterminant, factorise

# Up to this number of regions, or beyond this share of links in W'W, dense matrices are cheaper than sparse factors.
_MOST_DENSE = 1000
_DENSE = 0.1
# Beyond this number of regions the factors of A'A take too much memory, and random signs are exact enough.
_MOST_FACTORISED = 20_000
_PROBES = 32
_SEED = 20_090_120
# h of the complex step, as in the determinant: small enough that nothing of second order is left.
_STEP = 1e-20


@dataclass(frozen=True)
class Traces:
    """Traces of G, H and their products; `outer` is with one factor transposed.

    Attributes
    ----------
    g, h : float
        tr G, tr H.
    gg, gh, hh : float
        tr(G G), tr(G H), tr(H H).
    outer_gg, outer_gh, outer_hh : float
        tr(G' G), tr(G' H), tr(H' H).
    """

    g: float
    h: float
    gg: float
    gh: float
    hh: float
    outer_gg: float
    outer_gh: float
    outer_hh: float


def compute_traces(
    w: sp.csr_array,
    determinant: LogDeterminant,
    *,
    rho: float | None,
    lam: float | None,
    without_unit_root: bool,
) -> Traces:
    """Return the traces, of the whole matrices or of their part orthogonal to the unit vector.

    Parameters
    ----------
    w : (N, N)
    determinant : LogDeterminant
    rho, lam : float or None
        None for a process that the model does not have; its traces are then 0.
    without_unit_root : bool
        Lee-Yu with time effects and row-standardised weights: the traces of F'GF, where F spans the
        complement of the unit vector. As G 1 = 1 / (1 - rho), they follow from those of G and its column sums.
    """
    values = [rho, lam]
    first = np.array([0.0 if v is None else determinant.trace(v) for v in values])
    pairs = [(0, 0), (0, 1), (1, 1)]
    inner = np.zeros(3)
    for place, (i, j) in enumerate(pairs):
        left, right = values[i], values[j]
        if left is not None and right is not None:
            inner[place] = determinant.product(left, right)
    outer, columns = _outer_products(w, values)
    if without_unit_root:
        roots = np.array([0.0 if v is None else 1 / (1 - v) for v in values])
        cross = columns @ columns.T / w.shape[0]
        first = first - roots
        inner = inner - [roots[i] * roots[j] for i, j in pairs]
        outer = outer - [cross[i, j] for i, j in pairs]
    return Traces(*map(float, (*first, *inner, *outer)))


def _outer_products(w: sp.csr_array, values: list[float | None]) -> tuple[Array, Array]:
    """Return tr(G'G), tr(G'H), tr(H'H), and the column sums of G and H."""
    n = w.shape[0]
    if n > _MOST_FACTORISED:
        return _probed_products(w, values)
    squared = sp.csc_array(w.T @ w)
    if n <= _MOST_DENSE or squared.nnz > _DENSE * n * n:
        return _dense_products(w.toarray(), values)
    eye = sp.eye_array(n, format="csc")
    filters = [None if v is None else sp.csc_array(eye - v * w) for v in values]
    sums, columns = np.zeros(3), np.zeros((2, n))
    for place, (i, j) in enumerate([(0, 0), (0, 1), (1, 1)]):
        left, right = filters[i], filters[j]
        if left is not None and right is not None:
            sums[place] = _trace_through_determinant(sp.csc_array(left.T @ right), squared)
    for row, matrix in enumerate(filters):
        if matrix is not None:
            columns[row] = factorise(sp.csc_array(matrix.T)).solve(w.T @ np.ones(n))
    return sums, columns


def _probed_products(w: sp.csr_array, values: list[float | None]) -> tuple[Array, Array]:
    """Return the same from random signs z, always the same: tr(G'H) is the mean of (G z)'(H z).

    The factors of A'A have several times the entries of those of A, and would need gigabytes. The standard error of
    the mean is about 1 / sqrt(N) of a per cent or two, far below what a standard error is reported with.
    """
    n = w.shape[0]
    signs = np.random.default_rng(_SEED).choice([-1.0, 1.0], size=(n, _PROBES))
    pushed: list[Array | None] = []
    columns = np.zeros((2, n))
    for row, value in enumerate(values):
        if value is None:
            pushed.append(None)
            continue
        factors = factorise(sp.csc_array(sp.eye_array(n, format="csc") - value * w))
        pushed.append(w @ factors.solve(signs))
        columns[row] = w.T @ factors.solve(np.ones(n), trans="T")
    sums = np.zeros(3)
    for place, (i, j) in enumerate([(0, 0), (0, 1), (1, 1)]):
        left, right = pushed[i], pushed[j]
        if left is not None and right is not None:
            sums[place] = float(np.vdot(left, right)) / _PROBES
    return sums, columns


def _trace_through_determinant(product: sp.csc_array, squared: sp.csc_array) -> float:
    """Return tr(G'H) = tr[(A'B)^-1 W'W], with A = I - rho W and B = I - lambda W: the derivative of log|A'B + h W'W|.

    A complex step gives it without cancellation from one sparse factorisation, in place of N solves. Pivots are
    chosen on the diagonal of A'A, which is positive definite, and by their size otherwise.
    """
    step = sp.csc_matrix(product + complex(0, _STEP) * squared)
    symmetric = abs(product - product.T).max() <= 1e-14 * abs(product).max()
    pivots = (factorise(step) if symmetric else splu(step)).U.diagonal()
    return float((pivots.imag / pivots.real).sum() / _STEP)


def _dense_products(w: Array, values: list[float | None]) -> tuple[Array, Array]:
    n = len(w)
    parts = [None if v is None else np.linalg.solve(np.eye(n) - v * w.T, w.T).T for v in values]
    sums, columns = np.zeros(3), np.zeros((2, n))
    for place, (i, j) in enumerate([(0, 0), (0, 1), (1, 1)]):
        left, right = parts[i], parts[j]
        if left is not None and right is not None:
            sums[place] = float(np.vdot(left, right))
    for row, part in enumerate(parts):
        if part is not None:
            columns[row] = part.sum(axis=0)
    return sums, columns


def impact_sums(w: sp.csr_array, determinant: LogDeterminant | None, rho: float) -> Array:
    """Return tr G / N, tr(G G) / N, 1'G 1 / N and 1'G G 1 / N: the multipliers of average impacts.

    Without a determinant the model has no rho: G is then W, and its derivative is not needed.
    """
    n = w.shape[0]
    if determinant is None:
        return np.array([w.trace(), 0.0, w.sum(), 0.0]) / n
    factors = factorise(sp.eye_array(n, format="csc") - rho * sp.csc_array(w))
    once = w @ factors.solve(np.ones(n))
    twice = w @ factors.solve(once)
    return np.array([determinant.trace(rho), determinant.product(rho, rho), once.sum(), twice.sum()]) / n


def mean_row_sum(w: sp.csr_array, rho: float) -> float:
    """Return 1'G 1 / N."""
    n = w.shape[0]
    factors = factorise(sp.eye_array(n, format="csc") - rho * sp.csc_array(w))
    return float((w @ factors.solve(np.ones(n))).sum() / n)
