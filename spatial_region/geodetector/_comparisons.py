"""Risk detector (which strata differ in mean?) and ecological detector (which factors differ in what they leave?)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.geodetector._moments import Moments
from spatial_region.geodetector._tails import f_sf, t_two_sided


@dataclass(frozen=True, eq=False)
class WelchTests:
    """Welch's t of every pair of strata (first, second); NaN where a stratum has one unit or no variance exists."""

    first: np.ndarray
    second: np.ndarray
    difference: np.ndarray
    t: np.ndarray
    df: np.ndarray
    p: np.ndarray


def welch_tests(moments: Moments) -> WelchTests:
    """Compare the means of all pairs of strata, with unequal variances and Satterthwaite's degrees of freedom."""
    first, second = np.triu_indices(len(moments.counts), k=1)
    counts = moments.counts.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = moments.within / (counts - 1) / counts  # squared standard error of each mean; NaN for one unit
        difference = moments.centred_means[first] - moments.centred_means[second]
        both = error[first] + error[second]
        t = np.where(both > 0, difference / np.sqrt(both), np.nan)
        shares = error**2 / (counts - 1)
        df = np.where(both > 0, both**2 / (shares[first] + shares[second]), np.nan)
    return WelchTests(first, second, difference, t, df, t_two_sided(t, df))


@dataclass(frozen=True)
class VarianceRatio:
    """F of the ecological detector: what factor a leaves unexplained over what factor b leaves."""

    F: float
    df: int
    p: float
    p_one_sided: float


def variance_ratio(first: Moments, second: Moments) -> VarianceRatio:
    """Compare the sums of squares within strata of two factors, each with N - 1 degrees of freedom."""
    a, b = float(first.within.sum()), float(second.within.sum())
    df = int(first.counts.sum()) - 1
    f = a / b if b > 0 else (np.inf if a > 0 else np.nan)
    above = float(f_sf(np.asarray(f), np.asarray(df), np.asarray(df)))
    below = float(f_sf(np.asarray(1 / f if f > 0 else np.inf), np.asarray(df), np.asarray(df)))
    return VarianceRatio(f, df, min(1.0, 2 * min(above, below)), above)
