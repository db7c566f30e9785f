"""Total randomisation: every value may stand anywhere, a region's own included. Arrays in, arrays out.

The null distribution of ``z_i sum_j w_ij z_j`` then depends on the weights of the row alone, so that regions of equal
weights and equally many neighbours share it whole: nobody has to be left out.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.autocorr._engine import SHARED_ENTRIES, SHARED_SETS, Counts
from spatial_region.autocorr._functionals import count_functionals, drawn_features
from spatial_region.autocorr._random import draw_table
from spatial_region.autocorr._shared import count_tails, prefix_sums
from spatial_region.core.threads import in_threads
from spatial_region.core.weights import RowFacts

_BLOCK = 4_000_000  # numbers drawn at once


def total_counts(
    z: np.ndarray, matrix: sp.csr_array, permutations: int, *, seed: int, tolerance: np.ndarray, rows: RowFacts
) -> Counts:
    """Count, for each region, the draws whose product of value and lag is at least, and at most, its own.

    Parameters
    ----------
    z : (n,) deviations from the mean
    matrix : (n, n) weights, none of a region for itself
    permutations : number of draws
    seed : names the draws
    tolerance : (n,) how close two products must be to count as equal
    rows : facts of the rows of `matrix`
    """
    n, sizes = len(z), np.diff(matrix.indptr).astype(np.int64)
    unit = np.where(rows.equal, rows.first, 1.0)
    observed, tolerance = z * (matrix @ z) / unit, tolerance / unit
    at_least, at_most, made = np.zeros((3, n), dtype=np.int64)
    shared, entries = np.flatnonzero(rows.equal & (sizes > 0)), np.flatnonzero(~rows.equal)
    most = int(sizes.max(initial=1))
    step = max(1, _BLOCK // (most + 1))
    for first in range(0, permutations, step):
        table = draw_table(n, first, min(step, permutations - first), most + 1, np.uint64(seed))
        own, drawn = z[table[:, 0]], np.ascontiguousarray(table[:, 1:])
        if len(shared):
            kinds = np.flatnonzero(np.bincount(sizes[shared]))
            sums = prefix_sums(drawn, z[None], kinds)
            for place, kind in enumerate(kinds):
                group = shared[sizes[shared] == kind]
                in_threads(
                    count_tails, group, np.sort(own * sums[place, 0]), observed, tolerance, at_least, at_most,
                    steps=40.0 * len(group),
                )  # fmt: skip
        if len(entries):
            bank = drawn_features(drawn, z[None]) * own
            in_threads(
                count_functionals, entries, matrix.indptr[:-1].astype(np.int64), sizes, matrix.data, True, bank,
                np.zeros(n + 1, dtype=np.int64), np.empty(0, dtype=np.int64), most, z[None], sizes,
                observed - tolerance, observed + tolerance, at_least, at_most, 0, 0, np.zeros_like(made),
                steps=float(len(entries)) * bank.size,
            )  # fmt: skip
        made[sizes > 0] += len(table)
    none = np.zeros(n, dtype=bool)
    paths = {SHARED_SETS: len(shared), SHARED_ENTRIES: len(entries)}
    return Counts(at_least, at_most, made, none, none, {path: count for path, count in paths.items() if count})
