"""Counts, means and sums of squares by stratum, and what the factor detector makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from spatial_region.core.threads import in_threads
from spatial_region.geodetector._joint import narrow_codes
from spatial_region.geodetector._joint_kernels import fill_moments
from spatial_region.geodetector._tails import f_sf, noncentral_f_sf

Singletons = Literal["keep", "drop"]


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

    def without_singletons(self) -> Moments:
        """Return the moments of the strata of more than one unit."""
        kept = self.counts > 1
        return Moments(self.counts[kept], self.centred_means[kept], self.within[kept])


@dataclass(frozen=True)
class FactorTest:
    """Numbers of the factor detector; see `spatial_region.geodetector.detector` for their meaning.

    `n` and `strata` are those that were tested; `singletons` are the strata of one unit, whether kept or dropped.
    """

    q: float
    q_adjusted: float
    F: float
    df1: int
    df2: int
    noncentrality: float
    p_wang: float
    p_central: float
    n: int
    strata: int
    singletons: int


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
    return all_moments(outcome, [codes], [int(codes.max()) + 1])[0]


def all_moments(outcome: Outcome, codes: Sequence[np.ndarray] | np.ndarray, levels: Sequence[int]) -> list[Moments]:
    """Return the moments by stratum of every factor.

    Parameters
    ----------
    outcome : Outcome
        The centred variable.
    codes : sequence of numpy.ndarray, shape (n,), or what `narrow_codes` returned
        Strata 0..L-1 of each factor; every stratum occurs.
    levels : sequence of int
        L of each factor.
    """
    narrow = narrow_codes(codes, levels)
    bounds = np.concatenate(([0], np.cumsum(np.asarray(levels, dtype=np.int64))))
    counts = np.zeros(bounds[-1], dtype=np.int64)
    means, within = np.zeros(bounds[-1]), np.zeros(bounds[-1])
    y = np.ascontiguousarray(outcome.centred)
    # What is left of values that are equal within their stratum is rounding of their mean, not variance.
    rounding = float(np.finfo(float).eps * max(y.max(), -y.min()))
    tasks = np.arange(len(levels))
    in_threads(fill_moments, tasks, narrow, y, bounds, rounding, counts, means, within, steps=2 * narrow.size)
    parts = [slice(start, stop) for start, stop in pairwise(bounds.tolist())]
    return [Moments(counts[own], means[own], within[own]) for own in parts]


def factor_test(outcome: Outcome, moments: Moments, *, singletons: Singletons = "keep") -> FactorTest:
    r"""Return q, its adjusted form and its p-values.

    .. math:: q = 1 - \frac{SSW}{SST}, \quad F = \frac{N - L}{L - 1} \frac{q}{1 - q}

    .. math:: \lambda = \frac{1}{\sigma^2} \Big[\sum_h \mu_h^2 - \frac{1}{N} \big(\sum_h \sqrt{N_h} \mu_h\big)^2\Big]

    with the population variance (divisor N), which is what the published formula implies. With `singletons` ``"drop"``
    the strata of one unit leave first: N, L, the means and SST are those of the units that stay. Where fewer than two
    strata stay, or none has two units, nothing can be tested and the numbers are NaN.
    """
    n, total, mean = outcome.n, outcome.total, 0.0
    alone = int(np.sum(moments.counts == 1))
    if singletons == "drop" and alone:
        moments = moments.without_singletons()
        n = int(moments.counts.sum())
        mean = float(np.sum(moments.counts * moments.centred_means)) / n if n else 0.0
        moments = Moments(moments.counts, moments.centred_means - mean, moments.within)
        total = moments.between + float(moments.within.sum())
    return _tested(moments, n=n, total=total, mean=outcome.mean + mean, alone=alone)


def _tested(moments: Moments, *, n: int, total: float, mean: float, alone: int) -> FactorTest:
    """Test the strata whose means are centred on `mean`; `alone` of them, or of those that left, had one unit."""
    strata = len(moments.counts)
    df1, df2 = strata - 1, n - strata
    ssw = float(moments.within.sum())
    q, f, noncentrality = np.nan, np.nan, np.nan
    if total > 0 and df1 > 0:
        q = min(moments.between / total, 1.0) if ssw > 0 else 1.0
        noncentrality = _spread_of_means(moments.counts, moments.centred_means, mean) / (total / n)
        if df2 > 0:
            f = (moments.between / df1) / (ssw / df2) if ssw > 0 else np.inf
    return FactorTest(
        q=q,
        q_adjusted=1 - (1 - q) * (n - 1) / df2 if df2 > 0 else np.nan,
        F=f,
        df1=df1,
        df2=df2,
        noncentrality=noncentrality,
        p_wang=noncentral_f_sf(f, df1, df2, noncentrality),
        p_central=float(f_sf(np.asarray(f), np.asarray(df1), np.asarray(df2))),
        n=n,
        strata=strata,
        singletons=alone,
    )


def _spread_of_means(counts: np.ndarray, centred_means: np.ndarray, mean: float) -> float:
    r"""Return :math:`\sum_h \bar y_h^2 - (\sum_h \sqrt{N_h} \bar y_h)^2 / N` without the cancellation of its two terms.

    It is the squared length of the means after projection on the complement of the roots of the counts. The part of
    the general mean is projected by differences of roots, which vanish exactly where strata are of equal size.
    """
    n = counts.sum()
    roots = np.sqrt(counts)
    sizes, which, times = np.unique(roots, return_inverse=True, return_counts=True)
    level = ((sizes[None, :] - sizes[:, None]) @ (times * sizes) / n)[which]
    apart = centred_means - roots * (roots @ centred_means) / n
    return float(np.sum((mean * level + apart) ** 2))
