"""Exact tests of how many of a region's neighbours have an attribute. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from scipy import stats

from spatial_region.core.options import Alternative


def hypergeometric_p(
    found: np.ndarray, drawn: np.ndarray, marked: np.ndarray, total: int, alternative: Alternative
) -> np.ndarray:
    """Return p of `found` marked ones among `drawn`, taken without replacement from `total` with `marked` marked ones.

    Two-sided is twice the smaller tail, at most 1. Each different triple is worked out once.

    Parameters
    ----------
    found, drawn, marked : (n,) whole numbers
    """
    triples, back = np.unique(np.column_stack([found, drawn, marked]), axis=0, return_inverse=True)
    x, k, m = triples.T
    upper, lower = stats.hypergeom.sf(x - 1, total, m, k), stats.hypergeom.cdf(x, total, m, k)
    tails = {"greater": upper, "less": lower, "two-sided": 2.0 * np.minimum(upper, lower)}[alternative]
    return np.minimum(1.0, tails)[back.ravel()]


def hypergeometric_moments(drawn: np.ndarray, marked: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of the number of marked ones among those drawn."""
    share = marked / total
    return drawn * share, drawn * share * (1.0 - share) * (total - drawn) / max(total - 1, 1)
