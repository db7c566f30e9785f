"""p-values of a Dickey-Fuller t ratio, from its limit as the series grows longer.

MacKinnon's approximations (1994, as in statsmodels) err by up to 0.004 near p = 0.5 and call p exactly 1 to the right
of their range, where the logarithms that combine p-values need 1 - p; so the limit was computed anew.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev
from scipy import special

from spatial_region.paneltests._adf import Array
from spatial_region.paneltests._dickey_fuller_table import PIECES


def log_tails(tau: Array, trend: str) -> tuple[Array, Array]:
    """Return log P(limit <= tau) and log P(limit > tau)."""
    score = probit(tau, trend)
    return special.log_ndtr(score), special.log_ndtr(-score)


def probit(tau: Array, trend: str) -> Array:
    """Return the normal quantile of P(limit <= tau): by Chebyshev pieces, and beyond them along the last tangent."""
    tau = np.asarray(tau, dtype=float)
    pieces = PIECES[trend]
    lowest, highest = pieces[0][0], pieces[-1][1]
    inside = np.clip(tau, lowest, highest)
    score = np.empty_like(tau)
    slope = np.empty_like(tau)
    place = np.searchsorted([high for _, high, _ in pieces[:-1]], inside, side="left")
    for number, (low, high, coefficients) in enumerate(pieces):
        mine = place == number
        unit = (2 * inside[mine] - low - high) / (high - low)
        score[mine] = chebyshev.chebval(unit, coefficients)
        slope[mine] = chebyshev.chebval(unit, chebyshev.chebder(coefficients)) * 2 / (high - low)
    return np.asarray(score + slope * (tau - inside))
