"""Power of a spatial determinant: the variance between linked units that strata explain. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True, eq=False)
class Links:
    """Pairs of units with a weight, each pair once.

    Attributes
    ----------
    first, second : numpy.ndarray, shape (links,)
        Units of the pair.
    weight : numpy.ndarray, shape (links,)
        Sum of the weights of both directions: only that matters, since the pair differs by the same amount.
    """

    first: np.ndarray
    second: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, eq=False)
class SpatialStrata:
    """A stratification, as weights of the pairs.

    Attributes
    ----------
    within : numpy.ndarray, shape (links,)
        N_h / (N S_h) of pairs within stratum h, S_h their total weight; 0 between strata.
    total : numpy.ndarray, shape (links,)
        Weight over the total weight of all pairs of the units that take part; 0 for others.
    kept : numpy.ndarray of bool, shape (n,)
        Units that take part: those of strata with a linked pair.
    """

    within: np.ndarray
    total: np.ndarray
    kept: np.ndarray


def links_of(matrix: sp.csr_array) -> Links:
    """Return the pairs of a matrix of weights; its diagonal compares a unit with itself and is left out."""
    both = sp.triu(sp.csr_array(matrix + matrix.T), k=1).tocoo()
    held = both.data != 0
    weight = both.data[held].astype(float)
    # Only their shares matter: in a unit near the largest, sums of huge or tiny weights stay numbers.
    unit = np.ldexp(1.0, int(np.frexp(np.abs(weight).max(initial=0.0))[1]) - 1)
    return Links(both.row[held].astype(np.int64), both.col[held].astype(np.int64), weight / unit)


def weigh_pairs(links: Links, codes: np.ndarray) -> SpatialStrata | None:
    """Return the weights of the pairs for a stratification, codes 0..L-1; None if no stratum has a linked pair.

    The spatial variance of a stratum without a linked pair (one unit alone, say) is 0 / 0. Its units take no part, in
    the strata or in the total.
    """
    of_pair = codes[links.first]
    inside = of_pair == codes[links.second]
    counts = np.bincount(codes)
    weights = np.bincount(of_pair[inside], weights=links.weight[inside], minlength=len(counts))
    linked = weights > 0
    if not linked.any():
        return None
    kept = linked[codes]
    scale = np.zeros(len(counts))
    scale[linked] = counts[linked] / weights[linked] / kept.sum()
    takes_part = kept[links.first] & kept[links.second]
    total = np.where(takes_part, links.weight, 0.0)
    return SpatialStrata(np.where(inside, links.weight * scale[of_pair], 0.0), total / total.sum(), kept)


def spatial_q(links: Links, strata: Sequence[SpatialStrata], draws: np.ndarray) -> np.ndarray:
    r"""Return the power of the determinant of each draw (b, n) by each stratification, shape (b, len(strata)).

    .. math:: PSD = 1 - \frac{\sum_h N_h \Gamma_h}{N \Gamma}, \quad
       \Gamma = \frac{\sum_{i \ne j} w_{ij} (y_i - y_j)^2 / 2}{\sum_{i \ne j} w_{ij}}

    with Gamma_h the same over the pairs within stratum h. Where all linked units are equal it is 1.
    """
    by_unit = np.ascontiguousarray(draws.T)
    explained = np.empty((len(draws), len(strata)))
    of_all: np.ndarray | None = None  # the total is the same wherever every unit takes part
    for place, one in enumerate(strata):
        if not one.kept.all():
            whole = _squares_of(links, one.total, by_unit)
        elif of_all is None:
            whole = of_all = _squares_of(links, one.total, by_unit)
        else:
            whole = of_all
        left = _squares_of(links, one.within, by_unit)
        with np.errstate(invalid="ignore", divide="ignore"):
            explained[:, place] = np.where(whole > 0, 1 - left / whole, 1.0)
    return explained


def _squares_of(links: Links, weight: np.ndarray, by_unit: np.ndarray) -> np.ndarray:
    held = weight != 0
    return _squares(links.first[held], links.second[held], weight[held], by_unit)


@numba.njit(cache=True, nogil=True)
def _squares(first: np.ndarray, second: np.ndarray, weight: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Sum the weighted squared differences of the pairs, for each column of `y` (n, b)."""
    draws = y.shape[1]
    found = np.zeros(draws)
    for link in range(len(first)):
        one, other, share = y[first[link]], y[second[link]], weight[link]
        for draw in range(draws):
            found[draw] += share * (one[draw] - other[draw]) ** 2
    return found
