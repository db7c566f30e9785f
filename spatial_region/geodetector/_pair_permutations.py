r"""Permutation tests of pairs of factors: their overlay, and what it adds to the sum of both effects.

**The overlay** is tested like one factor: the rows of :math:`y` are permuted freely, and its q computed anew.

**The increment** over the additive model needs more care, because under its null the two factors may well have effects:
permuting :math:`y` would take these away as well. Freedman and Lane (1983) permute what the null leaves unexplained.
With :math:`\hat y` the fit of the additive model, :math:`e = y - \hat y`, and :math:`P_A`, :math:`P_C` the projections
on the additive model and on the cells of the overlay, a draw is :math:`y^* = \hat y + e_\pi` and its statistic

.. math:: F^* = \frac{(\|P_C e_\pi\|^2 - \|P_A e_\pi\|^2) / df_1}{(\|e\|^2 - \|P_C e_\pi\|^2) / df_2}

since :math:`\hat y` lies in both spaces and drops out. F is compared, not the increment itself, which would also grow
with the residual variance of the draw. Residuals are only nearly exchangeable: the test is exact in the limit of many
rows to a parameter. It assumes no distribution, but rows that are independent and of equal variance.

**Noise called nonlinear** is the share of free permutations of :math:`y`, in which by construction neither factor has
an effect, with :math:`q_{ab} > q_a + q_b`.

References
----------
Freedman, D., Lane, D. (1983). A nonstochastic interpretation of reported significance levels. Journal of Business &
Economic Statistics 1(4), 292-298. https://doi.org/10.1080/07350015.1983.10509354
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numba
import numpy as np

from spatial_region.geodetector._permutation import ROUNDING, TIE, sum_of_batches
from spatial_region.geodetector._shuffle import shuffle_segments
from spatial_region.geodetector._statistics import FixedStrata

_SAME = 1e-10  # q values that differ by no more are equal, as where the type of a pair is named
_NULL = 2.2e-5  # singular values of the scaled additive design below this are combinations that are not identified
_EXACT = 1e-13  # a remaining share of variance below this is rounding
_LANES = 8  # draws that are summed side by side
_MOST_NUMBERS = 1_000_000  # of the additive design of a pair (cells times levels), beyond which it is not fitted


@dataclass(frozen=True, eq=False)
class PairPermutations:
    """Arrays over pairs.

    Attributes
    ----------
    p_overlay : numpy.ndarray
        p-value of q of the overlay.
    p_increment_permutation : numpy.ndarray
        Freedman-Lane p-value of the increment over the additive model. NaN where the increment or the rest has no
        degrees of freedom, where the additive model leaves nothing, and where cells times levels exceed a million.
    noise_nonlinear : numpy.ndarray
        Share of permuted outcomes in which the pair would be called "enhance, nonlinear".
    """

    p_overlay: np.ndarray
    p_increment_permutation: np.ndarray
    noise_nonlinear: np.ndarray


def pair_permutations(
    y: np.ndarray,
    codes: Sequence[np.ndarray],
    *,
    levels: Sequence[int],
    permutations: int,
    seed: int,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> PairPermutations:
    """Permute all rows freely, the same way for all pairs.

    With one `seed` the draws are those of `permutation_tests` with `FreeRows`. Memory is twelve bytes a row and pair.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        The outcome.
    codes : sequence of numpy.ndarray of int, shape (n,)
        Stratum of each row, 0 .. L-1, for each factor.
    levels : sequence of int
        L of each factor.
    permutations : int
        Draws; with 0 everything is NaN.
    seed : int
        Seed of the draws, 0 <= seed < 2**64.
    pairs : sequence of (int, int), optional
        Pairs of factors; by default all, in the order of `itertools.combinations`.

    Returns
    -------
    PairPermutations
        In the order of `pairs`.
    """
    chosen = list(combinations(range(len(codes)), 2)) if pairs is None else list(pairs)
    if not permutations or not chosen:
        return PairPermutations(*(np.full(len(chosen), np.nan) for _ in range(3)))
    y = np.asarray(y, dtype=np.float64)
    factors = [FixedStrata(own, count) for own, count in zip(codes, levels, strict=True)]
    order = _order(y, factors)
    y, factors = y[order] - y[order].mean(), [one.in_order(order) for one in factors]
    tables = [_prepared(y, factors[a], factors[b]) for a, b in chosen]
    places, bounds, number = np.arange(len(y), dtype=np.uint32), np.array([0, len(y)]), np.uint64(seed)

    def count(first: int, stop: int) -> np.ndarray:
        lots = -(-(stop - first) // _LANES)  # the last may hold draws beyond `stop`, which are not counted
        taken = np.empty((lots * _LANES, len(y)), dtype=np.uint32)
        shuffle_segments(places, bounds, number, first, taken)
        q = [one.q_of(y[taken[: stop - first]]) for one in factors]
        taken = np.ascontiguousarray(taken.reshape(lots, _LANES, len(y)).swapaxes(1, 2))
        permuted = y[taken]
        return np.array(
            [table.count(permuted, taken, q[a] + q[b]) for table, (a, b) in zip(tables, chosen, strict=True)]
        )

    overlay, increment, nonlinear = sum_of_batches(count, permutations, len(y), lot=_LANES).T
    tested = np.array([table.increment_can_be_tested for table in tables])
    return PairPermutations(
        p_overlay=(overlay + 1) / (permutations + 1),
        p_increment_permutation=np.where(tested, (increment + 1) / (permutations + 1), np.nan),
        noise_nonlinear=nonlinear / permutations,
    )


@dataclass(frozen=True, eq=False)
class _PairTable:
    """One pair, ready for permuted outcomes.

    `basis`, shape (cells, rank), maps sums over cells to coordinates in the additive model, whose sum of squares is
    what that model explains; None where it is not fitted. `residuals` are those of the additive model.
    """

    cells: np.ndarray
    counts: np.ndarray
    basis: np.ndarray | None
    residuals: np.ndarray
    increment_can_be_tested: bool
    total: float
    least_q: float
    least_increment: float

    def count(self, permuted: np.ndarray, taken: np.ndarray, sum_of_q: np.ndarray) -> tuple[int, int, int]:
        """Return in how many draws q of the overlay, and the increment, are reached, and how many look nonlinear.

        `permuted` and `taken`, shape (lots, n, eight), are values and positions of draws in lots of eight, of which
        those count for which `sum_of_q` has the sum of q of both factors.
        """
        by_lot = np.zeros((2, len(permuted), len(self.counts), _LANES))
        _sum_cells(permuted, taken, self.residuals, self.cells, self.increment_can_be_tested, by_lot)
        sums = by_lot.swapaxes(2, 3).reshape(2, -1, len(self.counts))[:, : len(sum_of_q)]
        q = np.minimum(np.sum(sums[0] ** 2 / self.counts, axis=1) / self.total, 1.0)
        increment = self._increment(sums[1]) if self.increment_can_be_tested else np.zeros(0)
        return (
            int(np.sum(q >= self.least_q)),
            int(np.sum(increment >= self.least_increment)),
            int(np.sum(q > sum_of_q + _SAME)),
        )

    def _increment(self, sums: np.ndarray) -> np.ndarray:
        """Return the increment as a share of what the additive model leaves, which grows as F grows."""
        assert self.basis is not None  # else the increment is not tested
        additive = np.sum((sums @ self.basis) ** 2, axis=1)
        left = float(self.residuals @ self.residuals)
        rest = left - additive
        gained = np.sum(sums**2 / self.counts, axis=1) - additive
        return np.divide(gained, rest, out=np.zeros(len(sums)), where=rest > _EXACT * left)


def _prepared(y: np.ndarray, a: FixedStrata, b: FixedStrata) -> _PairTable:
    joint, cells = np.unique(a.codes.astype(np.int64) * b.n_strata + b.codes, return_inverse=True)
    cells = cells.astype(np.uint32)
    counts = np.bincount(cells).astype(np.float64)
    sums = np.bincount(cells, weights=y)
    total = float(y @ y)
    explained = float(np.sum(sums**2 / counts))
    basis = _additive_basis(joint // b.n_strata, joint % b.n_strata, counts, (a.n_strata, b.n_strata))
    residuals, testable, share = y, False, 0.0
    if basis is not None:
        residuals = y - (basis @ (sums @ basis))[cells]
        left = float(residuals @ residuals)
        has_freedom = basis.shape[1] < len(counts) < len(y)
        testable = has_freedom and left > _EXACT * total
        own = np.bincount(cells, weights=residuals)
        share = float(np.sum(own**2 / counts)) / left if testable else 0.0
    return _PairTable(
        cells=cells,
        counts=counts,
        basis=basis,
        residuals=residuals,
        increment_can_be_tested=testable,
        total=total,
        least_q=min(explained / total, 1.0) * (1 - TIE) - ROUNDING,
        least_increment=share * (1 - TIE) - ROUNDING,
    )


def _additive_basis(
    row: np.ndarray, column: np.ndarray, counts: np.ndarray, levels: tuple[int, int]
) -> np.ndarray | None:
    """Return B, (cells, rank): B' sums of cells = coordinates of the additive fit, B coordinates = its means.

    The left singular vectors of the design of both factors, weighted by counts and its columns scaled, over the roots
    of the counts.
    """
    if len(counts) * sum(levels) > _MOST_NUMBERS:
        return None
    root = np.sqrt(counts)
    cell = np.arange(len(counts))
    design = np.zeros((len(counts), sum(levels)))
    design[cell, row] = root
    design[cell, levels[0] + column] = root
    left, singular, _ = np.linalg.svd(design / np.linalg.norm(design, axis=0), full_matrices=False)
    return np.ascontiguousarray(left[:, singular > _NULL] / root[:, None])


def _order(y: np.ndarray, factors: Sequence[FixedStrata]) -> np.ndarray:
    """Return rows by value, so that their order in the data does not matter."""
    order = np.argsort(y, kind="stable")
    if np.all(np.diff(y[order]) > 0):
        return order
    return np.lexsort((*(one.tie_key(y) for one in reversed(factors)), y))


@numba.njit(cache=True, nogil=True)
def _sum_cells(
    permuted: np.ndarray, taken: np.ndarray, residuals: np.ndarray, cells: np.ndarray, both: bool, sums: np.ndarray
) -> None:
    """Add outcomes (and residuals) of eight draws at a time to their cells, so that one cell is looked up for all."""
    for lot in range(permuted.shape[0]):
        of_y, of_residuals = sums[0, lot], sums[1, lot]
        for unit in range(permuted.shape[1]):
            cell = cells[unit]
            for draw in range(_LANES):
                of_y[cell, draw] += permuted[lot, unit, draw]
            if both:
                for draw in range(_LANES):
                    of_residuals[cell, draw] += residuals[taken[lot, unit, draw]]
