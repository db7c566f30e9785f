"""The number of strata at which q levels off, by local regression of q on k.

The rule of the interactive detector for spatial associations (Song and Wu 2021, doi:10.1080/13658816.2021.1882680),
in the form that R's sdsfun gives it. Let f be the local regression of q on k (quadratic, tricube weights, the nearest
three quarters of the points; Cleveland 1979, doi:10.1080/01621459.1979.10481038) at the k that were tried, ascending,
and r_i = (f_i - f_{i-1}) / f_{i-1} its rate of increase, with r = 0 at the first. Chosen is the first k_i with
r_i <= 0.05 < r_{i-1}; where there is none, the k with the largest q.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np

RATE = 0.05
SPAN = 0.75
LEAST_KS = 3  # a rate above and one below need three points


def smoother(ks: np.ndarray) -> np.ndarray:
    """Return the matrix H of the local regression, so that H q are its values at `ks`, which ascend.

    The regression is computed at each k itself, not interpolated between vertices. With fewer than six equally
    spaced k hardly more than three points have weight, and the fit runs through q.
    """
    m = len(ks)
    near = max(int(m * SPAN), 1)
    rows = np.zeros((m, m))
    for place, k in enumerate(ks):
        away = np.abs(ks - k).astype(float)
        reach = np.sort(away)[near - 1]
        weight = np.where(away < reach, (1 - (away / reach) ** 3) ** 3, 0.0) if reach > 0 else (away == 0) * 1.0
        root = np.sqrt(weight)
        design = (ks - k)[:, None].astype(float) ** np.arange(3)
        # The value at k is the intercept; the least solution where points with weight are fewer than three.
        rows[place] = np.linalg.pinv(root[:, None] * design)[0] * root
    return rows


def levels_off(ks: Sequence[int], q: np.ndarray) -> np.ndarray:
    """Return the position in `ks` of the number of strata that the rule chooses, for each row of q (b, number of ks).

    Parameters
    ----------
    ks : sequence of int
        Numbers of strata, ascending, at least three.
    q : numpy.ndarray, shape (b, number of ks)
        q of each.

    Returns
    -------
    numpy.ndarray, shape (b,)
    """
    fitted = q @ smoother(np.asarray(ks)).T
    before = fitted[:, :-1]
    rates = np.zeros_like(fitted)
    np.divide(fitted[:, 1:] - before, before, out=rates[:, 1:], where=before != 0)
    level = (rates[:, 1:] <= RATE) & (rates[:, :-1] > RATE)
    return np.where(level.any(axis=1), level.argmax(axis=1) + 1, q.argmax(axis=1))


@dataclass(frozen=True, eq=False)
class LevelledOff:
    """Statistic of a permutation test: q of the strata that the rule chooses anew for each row of values.

    Attributes
    ----------
    key : numpy.ndarray, shape (n,)
        Units in ascending order of `key` fall into consecutive strata.
    bounds : tuple of numpy.ndarray
        For each stratification, the positions 0, ..., n in that order at which strata begin and end.
    ks : tuple of int
        Number of strata asked of each. Of those with the same number the best counts.
    """

    key: np.ndarray
    bounds: tuple[np.ndarray, ...]
    ks: tuple[int, ...]

    @cached_property
    def _order(self) -> np.ndarray:
        return np.argsort(self.key, kind="stable")

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        """Return q of the strata chosen, for each row of centred values, shape (b, n) to (b,)."""
        every = candidate_q(outcomes, self._order, self.bounds)
        tried = np.array(self.ks)
        distinct = np.unique(tried)
        best = np.column_stack([every[:, tried == k].max(axis=1) for k in distinct])
        return best[np.arange(len(best)), levels_off(tuple(distinct), best)]

    def tie_key(self, y: np.ndarray) -> np.ndarray:
        """Return the key itself."""
        return self.key

    def in_order(self, rows: np.ndarray) -> LevelledOff:
        """Return the same statistic for units in another order."""
        return LevelledOff(self.key[rows], self.bounds, self.ks)


def candidate_q(outcomes: np.ndarray, order: np.ndarray, bounds: Sequence[np.ndarray]) -> np.ndarray:
    """Return q of every stratification, for each row of centred values: shape (b, number of stratifications)."""
    firsts = np.concatenate(([0], np.cumsum([len(own) for own in bounds])))
    rows = np.ascontiguousarray(outcomes, dtype=np.float64)
    between = _between(rows, order, np.concatenate(bounds).astype(np.int64), firsts)
    return np.minimum(between / np.einsum("ij,ij->i", rows, rows)[:, None], 1.0)


@numba.njit(cache=True, nogil=True)
def _between(rows: np.ndarray, order: np.ndarray, bounds: np.ndarray, firsts: np.ndarray) -> np.ndarray:
    out = np.zeros((rows.shape[0], len(firsts) - 1))
    running = np.zeros(len(order) + 1)
    for row in range(rows.shape[0]):
        for place in range(len(order)):
            running[place + 1] = running[place] + rows[row, order[place]]
        for one in range(len(firsts) - 1):
            for place in range(firsts[one], firsts[one + 1] - 1):
                low, high = bounds[place], bounds[place + 1]
                part = running[high] - running[low]
                out[row, one] += part * part / (high - low)
    return out
