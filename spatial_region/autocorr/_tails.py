"""P-values counted from draws of the null, and when two statistics are one and the same. Arrays in, arrays out."""

from __future__ import annotations

from typing import Any

import numpy as np

from spatial_region.core.options import Alternative

_TIE = 1e-12  # two statistics closer than this share of their scale are one and the same


def tail_p(at_least: Any, at_most: Any, draws: Any, alternative: Alternative, *, exact: bool = False) -> np.ndarray:
    """Return p-values from how many draws lie at or above, and at or below, what was observed.

    The observed arrangement counts as one draw more, unless the draws are all arrangements there are. Two-sided is
    twice the smaller tail, at most 1.
    """
    one = 0 if exact else 1
    upper = (np.asarray(at_least) + one) / (draws + one)
    lower = (np.asarray(at_most) + one) / (draws + one)
    if alternative == "greater":
        return upper
    if alternative == "less":
        return lower
    return np.minimum(1.0, 2.0 * np.minimum(upper, lower))


def tie_tolerance(z: np.ndarray, magnitude: float) -> float:
    """Return how close two deviations must be to count as equal.

    `magnitude` is the largest value before the mean was taken off: its rounding remains in the deviations.
    """
    return float(_TIE * np.abs(z).max() + 8 * np.finfo(float).eps * magnitude)


def permutation_p(
    statistic: float, simulated: np.ndarray, alternative: Alternative, *, tolerance: float, exact: bool
) -> float | None:
    """Return the p-value of one statistic from its draws; None where there are none."""
    if len(simulated) == 0:
        return None
    at_least = np.count_nonzero(simulated >= statistic - tolerance)
    at_most = np.count_nonzero(simulated <= statistic + tolerance)
    return float(tail_p(at_least, at_most, len(simulated), alternative, exact=exact))
