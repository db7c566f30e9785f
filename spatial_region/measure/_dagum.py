"""Gini of weighted values, and what Dagum's decomposition needs of each pair of groups. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

import numba
import numpy as np


@dataclass(frozen=True, eq=False)
class Groups:
    """Facts of k groups, and of each pair of them.

    Attributes
    ----------
    n, mean, value_share, weight_share : numpy.ndarray, shape (k,)
        Regions, weighted mean, and the shares of all values and of all weights, which add to 1.
    gini : numpy.ndarray, shape (k, k)
        Gini inside each group (diagonal) and between each two; NaN if all their values are 0.
    affluence : numpy.ndarray, shape (k, k)
        Relative economic affluence D of each two: 1 if no value of the poorer exceeds one of the richer, 0 if their
        means are equal.
    within : numpy.ndarray, shape (k,)
        Part of each group in the Gini of all.
    net, transvariation : numpy.ndarray, shape (k, k)
        Parts of each pair, above the diagonal.
    """

    n: np.ndarray
    mean: np.ndarray
    value_share: np.ndarray
    weight_share: np.ndarray
    gini: np.ndarray
    affluence: np.ndarray
    within: np.ndarray
    net: np.ndarray
    transvariation: np.ndarray


@numba.njit(cache=True, nogil=True)
def _advantages(x: np.ndarray, w: np.ndarray, codes: np.ndarray, groups: int) -> np.ndarray:
    """Return, for each ordered pair of groups, the sum of w_i w_j (x_i - x_j) over i, j with x_i > x_j.

    Values ascend. `lead[h]` is by how much the current value exceeds those of group h so far, weights counted. It only
    grows, by the gap to the value before, so that nothing cancels.
    """
    above = np.zeros((groups, groups))
    seen = np.zeros(groups)
    lead = np.zeros(groups)
    for i in range(len(x)):
        gap = x[i] - x[i - 1] if i else 0.0
        for h in range(groups):
            lead[h] += seen[h] * gap
            above[codes[i], h] += w[i] * lead[h]
        seen[codes[i]] += w[i]
    return above


def _ascending(x: np.ndarray, w: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    order = np.lexsort((codes, w, x))
    return x[order], w[order], codes[order]


def gini(x: np.ndarray, w: np.ndarray) -> float:
    """Return the Gini of weighted values: the mean absolute difference over twice the mean."""
    x, w, codes = _ascending(x, w, np.zeros(len(x), dtype=np.intp))
    return float(_advantages(x, w, codes, 1)[0, 0] / (fsum(w) * fsum(w * x)))


def dagum(x: np.ndarray, w: np.ndarray, codes: np.ndarray) -> Groups:
    """Return the parts of Dagum's decomposition.

    With a = sum w_i w_j (x_i - x_j)+ of group g over group h and b of h over g, the mean difference of the two is
    (a + b) / (W_g W_h), that of their means |a - b| / (W_g W_h), and what remains is twice the smaller of a and b.
    """
    x, w, codes = _ascending(x, w, codes)
    n = np.bincount(codes)
    weight, total = np.bincount(codes, w), np.bincount(codes, w * x)
    all_weight, all_values = fsum(weight), fsum(total)
    above = _advantages(x, w, codes, len(n))
    both = above + above.T
    scale = 1 / (all_weight * all_values)
    # W_g W_h (m_g + m_h), which a Gini is relative to
    base = np.outer(weight, total) + np.outer(total, weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = both / base
        affluence = np.where(both > 0, np.abs(above - above.T) / both, np.where(base > 0, 0.0, np.nan))
    return Groups(
        n=n,
        mean=total / weight,
        value_share=total / all_values,
        weight_share=weight / all_weight,
        gini=np.where(base > 0, inside, np.nan),
        affluence=affluence,
        within=np.diag(above) * scale,
        net=np.triu(np.abs(above - above.T), 1) * scale,
        transvariation=np.triu(2 * np.minimum(above, above.T), 1) * scale,
    )
