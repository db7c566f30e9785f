"""Regions without neighbours are linked to their nearest region, whatever the order of rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse as sp

from spatial_region.weights._points import Places
from spatial_region.weights._search import FloatArray


def link_to_nearest(
    matrix: sp.csr_array, places: Places, weigh: Callable[[FloatArray], FloatArray] = np.ones_like
) -> sp.csr_array:
    """Return the matrix with each island linked, both ways, to its nearest region, by a weight of the distance."""
    islands = np.flatnonzero(np.diff(matrix.indptr) == 0)
    n = matrix.shape[0]
    if len(islands) == 0 or n < 2:
        return matrix
    rows, columns, distances = places.nearest(1, rows=islands)
    # Two islands that are nearest to each other are one pair, not two.
    code = np.minimum(rows, columns) * n + np.maximum(rows, columns)
    code, which = np.unique(code, return_index=True)
    return matrix + pair_matrix(code // n, code % n, weigh(distances[which]), n)


def pair_matrix(first: np.ndarray, second: np.ndarray, values: np.ndarray, n: int) -> sp.csr_array:
    """Return the matrix with each unordered pair in both directions."""
    half = sp.csr_array(sp.coo_array((values, (first, second)), shape=(n, n)))
    return sp.csr_array(half + half.T)
