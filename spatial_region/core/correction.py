"""Corrections for testing many regions at once. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np

from spatial_region.core.options import Correction, check_option


def check_correction(correction: Correction | None) -> Correction | None:
    """Return the correction, None for none.

    Raises
    ------
    OptionError
        If it is not offered.
    """
    if correction is not None:
        check_option(correction, Correction, "correction")
    return correction


def adjusted_p(p: np.ndarray, correction: Correction | None) -> np.ndarray:
    """Return p-values to compare with the level; NaN (undefined tests) stays NaN and does not count as a test.

    `fdr` controls the false discovery rate when tests are independent or positively dependent: the step-up procedure
    of Benjamini and Hochberg (1995, doi:10.1111/j.2517-6161.1995.tb02031.x). `fdr_by` does so under any dependence
    (Benjamini and Yekutieli 2001, doi:10.1214/aos/1013699998). `bonferroni`, and the step-down procedure of Holm
    (1979), which is never less powerful, control the chance of a single false discovery.
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
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    if correction == "holm":
        stepped = np.maximum.accumulate(ranked * np.arange(count, 0, -1))
    else:
        penalty = (1.0 / np.arange(1, count + 1)).sum() if correction == "fdr_by" else 1.0
        stepped = np.minimum.accumulate((ranked * penalty * count / np.arange(1, count + 1))[::-1])[::-1]
    back = np.empty(count)
    back[order] = np.minimum(1.0, stepped)
    adjusted[tested] = back
    return adjusted
