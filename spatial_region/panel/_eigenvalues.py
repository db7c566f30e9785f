"""Where I - rho W is invertible: similar symmetric weights, and the ends of the spectrum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.sparse.linalg import eigs, eigsh

from spatial_region.panel._blocks import Array

_REAL = 1e-9
_EQUAL = 1e-12
_LARGE, _ROUGH = 20_000, 1e-6


def similar_symmetric(w: sp.csr_array) -> sp.csr_array | None:
    """Return D^1/2 W D^-1/2 when that is symmetric for some positive diagonal D, and None otherwise.

    Row-standardised contiguity is of this kind (D holds the row sums): its eigenvalues are then real and
    those of a symmetric matrix. D is read off along a spanning tree and checked on every link.
    """
    forward, backward = sp.csr_array(w, copy=True), sp.csr_array(w.T)
    for matrix in (forward, backward):
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    if not (np.array_equal(forward.indptr, backward.indptr) and np.array_equal(forward.indices, backward.indices)):
        return None
    with np.errstate(divide="ignore", over="ignore", under="ignore"):  # ratios of a long chain may overflow
        scale = np.exp(_along_trees(forward, np.log(forward.data) - np.log(backward.data)))
    if not (np.isfinite(scale).all() and scale.min() > 0):
        return None
    root = np.sqrt(scale)
    symmetric = sp.csr_array(sp.diags_array(root) @ forward @ sp.diags_array(1 / root))
    gap = abs(symmetric - symmetric.T).max() if symmetric.nnz else 0.0
    return sp.csr_array((symmetric + symmetric.T) / 2) if gap <= _EQUAL * max(symmetric.max(), 1e-300) else None


def _along_trees(w: sp.csr_array, logs: Array) -> Array:
    """Return for each node the sum of the logarithms of its links on the way from the root of its component."""
    n = w.shape[0]
    parent = np.arange(n)
    _, labels = connected_components(w, directed=False)
    roots = np.unique(labels, return_index=True)[1]
    # One tree for all components: a further node is linked to the root of each.
    extended = sp.csr_array(
        (
            np.concatenate([np.ones(w.nnz), np.ones(len(roots))]),
            np.concatenate([w.indices, roots]),
            np.concatenate([w.indptr, [w.nnz + len(roots)]]),
        ),
        shape=(n + 1, n + 1),
    )
    before = breadth_first_order(extended, n, directed=True)[1][:n]
    inner = np.flatnonzero(before != n)
    parent[inner] = before[inner]
    # The link from the parent, found by its place among the sorted pairs (row, column).
    keys = np.repeat(np.arange(n, dtype=np.int64), np.diff(w.indptr)) * n + w.indices
    sums = np.zeros(n)
    sums[inner] = logs[np.searchsorted(keys, parent[inner].astype(np.int64) * n + inner)]
    while (parent != parent[parent]).any():  # each round doubles the length of the way that is summed
        sums = sums + sums[parent]
        parent = parent[parent]
    return sums


def extreme_eigenvalues(w: sp.csr_array, symmetric: sp.csr_array | None) -> Array:
    """Return the smallest and largest real eigenvalues; where they may be complex, the Perron root and its negative.

    Weights are not negative, so that the largest eigenvalue in modulus is real and positive, and no larger than the
    largest row sum: equal to it when all row sums are equal. Otherwise shift and invert from just beyond that bound
    converges in a few steps.
    """
    sums = np.asarray(w.sum(axis=1)).ravel()
    bound = 1.0001 * float(sums.max())
    n = w.shape[0]
    # The ends of large lattices lie in clusters, where the last digits of an eigenvalue take most of the time; its
    # error is quadratic in the tolerance.
    tolerance = _ROUGH if n > _LARGE else 0.0
    options = {"k": 1, "which": "LM", "return_eigenvectors": False, "v0": np.linspace(1.0, 2.0, n), "tol": tolerance}
    matrix = sp.csc_matrix(symmetric if symmetric is not None else w)
    if np.ptp(sums) <= _EQUAL * sums.max():
        radius = float(sums.mean())
    elif symmetric is not None:
        radius = float(eigsh(matrix, sigma=bound, **options)[0])
    else:
        radius = float(eigs(matrix, sigma=bound, **options)[0].real)
    lowest = -radius if symmetric is None else float(eigsh(matrix, sigma=-bound, **options)[0])
    return np.array([lowest, radius])


def invertible_interval(eigenvalues: NDArray[np.complex128] | Array) -> tuple[float, float]:
    """Return the interval around 0 in which no 1 - rho * eigenvalue is 0.

    Without a negative (positive) real eigenvalue the spectral radius gives the end of the interval.
    """
    radius = float(np.abs(eigenvalues).max())
    real = eigenvalues.real[np.abs(eigenvalues.imag) <= _REAL * radius]
    lowest, highest = (float(real.min()), float(real.max())) if len(real) else (0.0, 0.0)
    tiny = 1e-6 * radius
    return 1 / (lowest if lowest < -tiny else -radius), 1 / (highest if highest > tiny else radius)
