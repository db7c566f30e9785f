"""Corrections for testing many regions at once."""

from __future__ import annotations

import numpy as np

from spatial_region.core.options import Correction


def adjusted_p(p: np.ndarray, correction: Correction | None) -> np.ndarray:
    """Return p-values to compare with the level; NaN (undefined tests) stays NaN and does not count as a test.

    `fdr` is the step-up procedure of Benjamini and Hochberg (1995, doi:10.1111/j.2517-6161.1995.tb02031.x).
    """
    if correction is None:
        return p
    tested = ~np.isnan(p)
    values = p[tested]
    count = len(values)
    adjusted = np.full_like(p, np.nan)
    if correction == "bonferroni":
        adjusted[tested] = np.minimum(1.0, values * count)
        return adjusted
    order = np.argsort(values, kind="stable")[::-1]
    stepped = np.minimum.accumulate(values[order] * count / np.arange(count, 0, -1))
    back = np.empty(count)
    back[order] = np.minimum(1.0, stepped)
    adjusted[tested] = back
    return adjusted
