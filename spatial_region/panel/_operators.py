"""Spatial weights of one process: one or several, each the same in all periods or one matrix a period."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp
from scipy.sparse.linalg import SuperLU, splu

from spatial_region.errors import InputError, WeightsError
from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._determinant import factorise

# Row sums of weights that are row-standardised differ from 1 by rounding only.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Operators:
    """p weights W_1 .. W_p of the same N regions over T periods; see `make_operators`.

    Attributes
    ----------
    matrices : tuple of tuple of csr_array
        For each of the p weights its matrices (N, N): one if it is the same in all periods, otherwise T.
    labels : (T,)
        Periods with equal labels have equal matrices, in all p weights.
    """

    matrices: tuple[tuple[sp.csr_array, ...], ...]
    labels: NDArray[np.intp]

    @property
    def count(self) -> int:
        """Number of weights, p."""
        return len(self.matrices)

    @property
    def regions(self) -> int:
        """Number of regions, N."""
        return int(self.matrices[0][0].shape[0])

    @property
    def periods(self) -> int:
        """Number of periods, T."""
        return len(self.labels)

    @property
    def constant(self) -> bool:
        """Whether all weights are the same in all periods."""
        return bool((self.labels == 0).all())

    @property
    def sums_to_one(self) -> bool:
        """Whether every row of every matrix sums to 1."""
        rows = (np.asarray(matrix.sum(axis=1)) for matrices in self.matrices for matrix in matrices)
        return all(bool(np.abs(sums - 1).max() <= _ROUNDING) for sums in rows)

    def at(self, period: int) -> list[sp.csr_array]:
        """Return W_1t .. W_pt."""
        return [matrices[period if len(matrices) > 1 else 0] for matrices in self.matrices]

    def groups(self) -> list[tuple[int, NDArray[np.intp]]]:
        """Return, for each distinct set of matrices, its first period and all its periods."""
        members = [np.flatnonzero(self.labels == label) for label in np.unique(self.labels)]
        return [(int(periods[0]), periods) for periods in members]

    def lag(self, blocks: Array) -> list[Array]:
        """Return W_jt v_t for each weight j, of `blocks` (T, N, m) and of the same shape."""
        return [
            spatial_lag(matrices[0], blocks)
            if len(matrices) == 1
            else np.stack([matrix @ block for matrix, block in zip(matrices, blocks, strict=True)])
            for matrices in self.matrices
        ]

    def filter(self, period: int, values: Array) -> sp.csc_array:
        """Return I - sum_j values_j W_jt."""
        result = sp.eye_array(self.regions, format="csr")
        for value, matrix in zip(values, self.at(period), strict=True):
            result = result - value * matrix
        return sp.csc_array(result)

    def solve(self, values: Array, blocks: Array) -> Array:
        """Return (I - sum_j values_j W_jt)^-1 v_t of `blocks` (T, N, m)."""
        result = np.empty_like(blocks)
        for period, members in self.groups():
            part = blocks[members].transpose(1, 0, 2)
            solved = factorise_filter(self.filter(period, values)).solve(part.reshape(self.regions, -1))
            result[members] = solved.reshape(part.shape).transpose(1, 0, 2)
        return result


def make_operators(weights: Sequence[Sequence[sp.csr_array]], periods: int) -> Operators:
    """Check the matrices, and find out which periods share them.

    Parameters
    ----------
    weights : sequence of sequence of (N, N) csr_array
        For each weights one matrix, or one a period in the order of time. They are not changed.
    periods : int
        T.

    Raises
    ------
    InputError
        If there are no weights, or neither 1 nor T matrices of one of them.
    WeightsError
        If the matrices are not square and of one size, or hold values that are not finite.
    """
    if not weights:
        raise InputError("no weights were given; a model with spatial lags needs at least one.")
    for place, matrices in enumerate(weights, start=1):
        if len(matrices) not in (1, periods):
            raise InputError(
                f"weights {place} hold {len(matrices)} matrices; a panel of {periods} periods needs one for all, or "
                f"one for each period."
            )
    shapes = {tuple(matrix.shape) for matrices in weights for matrix in matrices}
    if len(shapes) > 1 or len(set(next(iter(shapes)))) > 1:
        raise WeightsError(
            f"weights must be square and of one size; found {', '.join(f'{m} x {n}' for m, n in sorted(shapes))}. "
            f"Give weights of the same regions."
        )
    clean = [[_canonical(matrix) for matrix in matrices] for matrices in weights]
    digests = [[_digest(matrix) for matrix in matrices] for matrices in clean]
    kept = tuple(tuple(m if len(set(d)) > 1 else m[:1]) for m, d in zip(clean, digests, strict=True))
    rows = [tuple(d[t if len(d) > 1 else 0] for d in digests) for t in range(periods)]
    order = {key: label for label, key in enumerate(dict.fromkeys(rows))}
    return Operators(kept, np.array([order[row] for row in rows], dtype=np.intp))


def joint_groups(first: Operators | None, second: Operators | None) -> list[tuple[int, int]]:
    """Return, for each distinct pair of sets of matrices, its first period and its number of periods."""
    labels = [operators.labels for operators in (first, second) if operators is not None]
    _, starts, counts = np.unique(np.column_stack(labels), axis=0, return_index=True, return_counts=True)
    return list(zip(starts.tolist(), counts.tolist(), strict=True))


def factorise_filter(matrix: sp.csc_array) -> SuperLU:
    """Return sparse LU factors; pivots are chosen by size unless rows or columns are dominated by their diagonal."""
    size = np.abs(matrix.diagonal())
    entries = abs(matrix)
    if any(bool((np.asarray(entries.sum(axis=axis)).ravel() < 2 * size).all()) for axis in (0, 1)):
        return factorise(matrix)
    return splu(sp.csc_matrix(matrix))


def _canonical(matrix: sp.csr_array) -> sp.csr_array:
    clean = sp.csr_array(matrix, dtype=float, copy=True)
    clean.sum_duplicates()
    clean.eliminate_zeros()
    if not np.isfinite(clean.data).all():
        raise WeightsError("weights hold values that are not finite; mend them first.")
    return clean


def _digest(matrix: sp.csr_array) -> bytes:
    content = hashlib.sha256(matrix.data.tobytes())
    for part in (matrix.indices, matrix.indptr):
        content.update(part.astype(np.int64).tobytes())
    return content.digest()
