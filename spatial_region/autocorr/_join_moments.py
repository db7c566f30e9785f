"""Moments of join counts, for sampling with and without replacement. Arrays in, numbers out."""

from __future__ import annotations

import numpy as np

from spatial_region.autocorr._form_moments import LinkSums


def join_moments(sizes: np.ndarray, sums: LinkSums, *, free: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return means and variances of the joins between each pair of categories, (kinds, kinds), the weights halved.

    The square of a join count is a sum over pairs of links, which share two regions, one, or none; how often each
    case occurs is known from S0, S1 and S2, and its chance from the sizes of the categories (Cliff and Ord 1981, pages
    36 to 42).

    Parameters
    ----------
    sizes : (kinds,) number of regions of each category
    sums : sums of the weights
    free : whether categories are drawn anew for each region (with chances `sizes` / n), not rearranged
    """
    chance = _Chances(sizes, free=free)
    same, shared, apart = sums.s1 / 2.0, sums.s2 / 4.0 - sums.s1 / 2.0, sums.s0**2 + sums.s1 - sums.s2
    kinds = len(sizes)
    mean, square = np.empty((kinds, kinds)), np.empty((kinds, kinds))
    for a in range(kinds):
        mean[a, a] = sums.s0 / 2.0 * chance({a: 2})
        square[a, a] = 0.25 * (2 * same * chance({a: 2}) + 4 * shared * chance({a: 3}) + apart * chance({a: 4}))
        for b in range(a):
            mean[a, b] = mean[b, a] = sums.s0 * chance({a: 1, b: 1})
            one = chance({a: 1, b: 2}) + chance({a: 2, b: 1})
            square[a, b] = square[b, a] = same * chance({a: 1, b: 1}) + shared * one + apart * chance({a: 2, b: 2})
    return mean, square - mean**2


def unlike_moments(sizes: np.ndarray, sums: LinkSums, *, free: bool) -> tuple[float, float]:
    """Return mean and variance of all joins between regions of different categories.

    They are all joins less those of like categories, whose covariances are those of links without a common region.
    """
    mean, variance = join_moments(sizes, sums, free=free)
    chance = _Chances(sizes, free=free)
    apart = sums.s0**2 + sums.s1 - sums.s2
    kinds = len(sizes)
    total = float(np.trace(variance))
    for a in range(kinds):
        for b in range(a):
            total += 2.0 * (0.25 * apart * chance({a: 2, b: 2}) - mean[a, a] * mean[b, b])
    return sums.s0 / 2.0 - float(np.trace(mean)), total


class _Chances:
    """Chance that given numbers of different regions have given categories."""

    def __init__(self, sizes: np.ndarray, *, free: bool) -> None:
        self._sizes, self._n, self._free = sizes.astype(float), float(sizes.sum()), free

    def __call__(self, wanted: dict[int, int]) -> float:
        if self._free:
            return float(np.prod([(self._sizes[kind] / self._n) ** count for kind, count in wanted.items()]))
        chance, drawn = 1.0, 0
        for kind, count in wanted.items():
            for taken in range(count):
                chance *= max(self._sizes[kind] - taken, 0.0) / (self._n - drawn)
                drawn += 1
        return chance
