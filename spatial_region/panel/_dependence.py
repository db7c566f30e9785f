"""Cross-section dependence of the residuals of a panel: Pesaran's CD, its local version, and Breusch-Pagan LM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import IdentificationError
from spatial_region.panel._blocks import Array
from spatial_region.panel._lm_value import TestValue, chi2_value, normal_value

# Regions in one block of the N x N correlations, which are never held at once.
_BLOCK = 1000
# Share of a region's length that is nothing but rounding.
_NOTHING = 1e-12


@dataclass(frozen=True)
class PairSums:
    """Sums over the pairs i < j of regions of their residual correlation r over time.

    Attributes
    ----------
    total, squares : float
        Sums of r and of r squared.
    pairs : int
    absolute : float
        Mean of abs(r).
    """

    total: float
    squares: float
    pairs: int
    absolute: float


def unit_residuals(residuals: Array) -> Array:
    """Return residuals (T, N) less each region's mean and with length 1; their products are correlations.

    Raises
    ------
    IdentificationError
        If the residuals of a region are the same at all times.
    """
    centred = residuals - residuals.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    if lengths.min() <= _NOTHING * lengths.max():
        raise IdentificationError(
            f"the residuals of {int((lengths <= _NOTHING * lengths.max()).sum())} regions do not vary over time, so "
            f"that their correlations do not exist; leave these regions out, or use other effects."
        )
    return centred / lengths


def pair_sums(residuals: Array) -> PairSums:
    """Return sums over all pairs of regions, in O(N^2 T) time and O(N) memory a block."""
    unit = unit_residuals(residuals)
    n = unit.shape[1]
    squares = absolute = 0.0
    for start in range(0, n, _BLOCK):
        block = unit[:, start : start + _BLOCK].T @ unit
        squares += float((block**2).sum())
        absolute += float(np.abs(block).sum())
    pairs = n * (n - 1) // 2
    # The sum of all correlations needs no pair: it is the length of the summed unit vectors.
    total = float((unit.sum(axis=1) ** 2).sum() - n) / 2
    return PairSums(total, (squares - n) / 2, pairs, (absolute - n) / 2 / pairs)


def pesaran_cd(sums: PairSums, periods: int) -> TestValue:
    """Return CD = sqrt(2 T / (N (N - 1))) sum r_ij (Pesaran 2004), standard normal without dependence.

    Without power where correlations cancel, and degenerate after time effects, which force them to: the residuals
    of a time then sum to 0 (Juodis & Reese 2022).
    """
    return normal_value(float(np.sqrt(periods / sums.pairs) * sums.total))


def breusch_pagan_lm(sums: PairSums, periods: int) -> TestValue:
    """Return LM = T sum r_ij^2 (Breusch & Pagan 1980), chi-squared for many times and few regions."""
    return chi2_value(periods * sums.squares, sums.pairs)


def scaled_lm(sums: PairSums, periods: int) -> TestValue:
    """Return (LM - pairs) / sqrt(2 pairs) (Pesaran 2004); rejects too often unless T is much larger than N."""
    return normal_value(float((periods * sums.squares - sums.pairs) / np.sqrt(2 * sums.pairs)))


def bias_adjusted_lm(sums: PairSums, periods: int, regions: int) -> TestValue:
    """Return the scaled LM less N / (2 (T - 1)), its mean after region effects (Baltagi, Feng & Kao 2012)."""
    return normal_value(scaled_lm(sums, periods).statistic - regions / (2 * (periods - 1)))


def local_cd(residuals: Array, w: sp.csr_array, *, after_time_effects: bool = False) -> TestValue:
    """Return CD(p): Pesaran's CD over the pairs of neighbours only.

    CD(p) = sqrt(T / P) sum (r_ij - m) over the P pairs of which at least one region is a neighbour of the other;
    m = 0, and -1 / (N - 1) after time effects: residuals that sum to 0 are correlated that much by construction.

    Parameters
    ----------
    residuals : (T, N)
    w : (N, N)
        Only which links exist matters.
    after_time_effects : bool
    """
    unit = unit_residuals(residuals)
    linked = sp.triu(w + w.T, k=1, format="coo")
    linked.eliminate_zeros()
    rows, columns = linked.coords
    total = float(np.einsum("tp,tp->", unit[:, rows], unit[:, columns]))
    shift = len(rows) / (unit.shape[1] - 1) if after_time_effects else 0.0
    return normal_value(float(np.sqrt(len(unit) / len(rows)) * (total + shift)))
