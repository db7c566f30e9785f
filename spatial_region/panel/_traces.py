"""Traces of products of G = W (I - rho W)^-1 and H = W (I - lambda W)^-1, exact, one block of columns at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import LogDeterminant, factorise

_BLOCK = 512


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
    factors = [None if v is None else factorise(sp.eye_array(n, format="csc") - v * sp.csc_array(w)) for v in values]
    sums, columns = np.zeros(3), np.zeros((2, n))
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        unit = np.zeros((n, stop - start))
        unit[np.arange(start, stop), np.arange(stop - start)] = 1.0
        parts = [None if lu is None else w @ lu.solve(unit) for lu in factors]
        for place, (i, j) in enumerate([(0, 0), (0, 1), (1, 1)]):
            left, right = parts[i], parts[j]
            if left is not None and right is not None:
                sums[place] += float(np.vdot(left, right))
        for row, part in enumerate(parts):
            if part is not None:
                columns[row, start:stop] = part.sum(axis=0)
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
