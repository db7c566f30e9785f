"""Counts, means and sums of squares by stratum, and what the factor detector makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.geodetector._tails import f_sf, noncentral_f_sf


@dataclass(frozen=True, eq=False)
class Outcome:
    """The variable that is explained, scaled and centred once.

    Attributes
    ----------
    centred : numpy.ndarray, shape (n,)
        Values over `scale`, minus their mean.
    mean : float
        That mean, over `scale`.
    total : float
        Sum of squares about the mean (SST), over `scale` squared.
    scale : float
        The power of two next to the largest absolute value. Squares then neither overflow nor vanish, and dividing
        by it loses no digit.
    """

    centred: np.ndarray
    mean: float
    total: float
    scale: float

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.centred)


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of the outcome by stratum, in the outcome's scale.

    Attributes
    ----------
    counts : numpy.ndarray, shape (L,)
        Units in each stratum.
    centred_means : numpy.ndarray, shape (L,)
        Mean of each stratum minus the grand mean.
    within : numpy.ndarray, shape (L,)
        Sum of squares about the mean of the stratum.
    """

    counts: np.ndarray
    centred_means: np.ndarray
    within: np.ndarray

    @property
    def between(self) -> float:
        """Sum of squares between strata (SSB)."""
        return float(np.sum(self.counts * self.centred_means**2))


@dataclass(frozen=True)
class FactorTest:
    """Numbers of the factor detector; see `spatial_region.geodetector.detector` for their meaning."""

    q: float
    q_adjusted: float
    F: float
    df1: int
    df2: int
    noncentrality: float
    p_wang: float
    p_central: float


def centre(y: np.ndarray) -> Outcome:
    """Scale and centre the outcome."""
    scale = float(np.ldexp(1.0, int(np.frexp(np.abs(y).max())[1]) - 1))
    y = y / scale
    mean = float(y.mean())
    centred = y - mean
    shift = float(centred.mean())  # what rounding of the first mean left over
    centred = centred - shift
    return Outcome(centred, mean + shift, float(centred @ centred), scale)


def stratum_moments(outcome: Outcome, codes: np.ndarray) -> Moments:
    """Return the moments by stratum; codes are 0..L-1 and each occurs."""
    counts = np.bincount(codes)
    means = np.bincount(codes, weights=outcome.centred) / counts
    residuals = outcome.centred - means[codes]
    # What is left of values that are equal within their stratum is rounding of their mean, not variance.
    rounding = np.finfo(float).eps * max(4, counts.max()) * np.abs(outcome.centred).max()
    residuals[np.abs(residuals) <= rounding] = 0.0
    return Moments(counts, means, np.bincount(codes, weights=residuals**2))


def factor_test(outcome: Outcome, moments: Moments) -> FactorTest:
    r"""Return q, its adjusted form and its p-values.

    .. math:: q = 1 - \frac{SSW}{SST}, \quad F = \frac{N - L}{L - 1} \frac{q}{1 - q}

    .. math:: \lambda = \frac{1}{\sigma^2} \Big[\sum_h \mu_h^2 - \frac{1}{N} \big(\sum_h \sqrt{N_h} \mu_h\big)^2\Big]

    with the population variance (divisor N), which is what the published formula implies.
    """
    n, strata = outcome.n, len(moments.counts)
    df1, df2 = strata - 1, n - strata
    ssw = float(moments.within.sum())
    q = min(moments.between / outcome.total, 1.0) if ssw > 0 else 1.0
    f = (moments.between / df1) / (ssw / df2) if ssw > 0 else np.inf
    raw = moments.centred_means + outcome.mean
    spread = float(np.sum(raw**2) - np.sum(np.sqrt(moments.counts) * raw) ** 2 / n)
    noncentrality = max(spread, 0.0) / (outcome.total / n)
    return FactorTest(
        q=q,
        q_adjusted=1 - (1 - q) * (n - 1) / df2,
        F=f,
        df1=df1,
        df2=df2,
        noncentrality=noncentrality,
        p_wang=noncentral_f_sf(f, df1, df2, noncentrality),
        p_central=float(f_sf(np.asarray(f), np.asarray(df1), np.asarray(df2))),
    )
