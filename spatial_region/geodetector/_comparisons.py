"""Risk detector (which strata differ in mean?) and ecological detector (which factors differ in what they leave?)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spatial_region.geodetector._moments import Moments, Outcome
from spatial_region.geodetector._studentized_range import studentized_range_sf
from spatial_region.geodetector._tails import f_sf, t_two_sided

RatioDefinition = Literal["wang", "mean_square"]


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


def games_howell(tests: WelchTests, n_strata: int) -> np.ndarray:
    r"""Return p-values of all pairs of strata that allow for their number and for unequal variances.

    .. math:: p = P(Q_{L, df} > \sqrt{2} \, |t|)

    with Welch's t and Satterthwaite's df of the pair, and Q the studentised range of `n_strata` means. The chance that
    any pair of equal strata falls below the level is close to the level, so no further correction is due. NaN where t
    does not exist.

    References
    ----------
    Games, P. A., Howell, J. F. (1976). Pairwise multiple comparison procedures with unequal N's and/or variances: a
    Monte Carlo study. Journal of Educational Statistics 1(2), 113-125. https://doi.org/10.3102/10769986001002113
    """
    return studentized_range_sf(np.abs(tests.t) * np.sqrt(2), n_strata, tests.df)


@dataclass(frozen=True)
class VarianceRatio:
    """F of the ecological detector: what factor a leaves unexplained over what factor b leaves."""

    F: float
    df1: int
    df2: int
    p: float
    p_one_sided: float


def variance_ratio(first: Moments, second: Moments, definition: RatioDefinition = "wang") -> VarianceRatio:
    r"""Compare what two factors leave unexplained, as if the two came from different samples.

    ``"wang"`` is the ecological detector as published,

    .. math:: F = \frac{N_a (N_b - 1) SSW_a}{N_b (N_a - 1) SSW_b}, \quad df = N_a - 1,\ N_b - 1

    (SSW_a / SSW_b if both factors use the same rows); ``"mean_square"`` counts the strata,

    .. math:: F = \frac{SSW_a / (N_a - L_a)}{SSW_b / (N_b - L_b)}, \quad df = N_a - L_a,\ N_b - L_b

    `p` is two-sided; a small `p_one_sided` says that factor b explains more. Both suppose independent samples. On
    the same rows the sums share most of their errors, and true nulls are hardly ever rejected; `dependent_comparison`
    is the test for that. NaN where both leave nothing, or no degree of freedom.

    References
    ----------
    Wang, J.-F., Li, X.-H., Christakos, G., Liao, Y.-L., Zhang, T., Gu, X., Zheng, X.-Y. (2010). Geographical
    detectors-based health risk assessment. International Journal of Geographical Information Science 24(1),
    107-127. https://doi.org/10.1080/13658810802443457
    """
    n_a, n_b = int(first.counts.sum()), int(second.counts.sum())
    a, b = float(first.within.sum()), float(second.within.sum())
    if definition == "wang":
        df1, df2 = n_a - 1, n_b - 1
        a, b = a * n_a / df1, b * n_b / df2
    else:
        df1, df2 = n_a - len(first.counts), n_b - len(second.counts)
        if df1 <= 0 or df2 <= 0:
            return VarianceRatio(np.nan, df1, df2, np.nan, np.nan)
        a, b = a / df1, b / df2
    if a == b == 0:
        return VarianceRatio(np.nan, df1, df2, np.nan, np.nan)
    f = a / b if b > 0 else np.inf
    above = float(f_sf(np.asarray(f), np.asarray(df1), np.asarray(df2)))
    below = float(f_sf(np.asarray(1 / f if f > 0 else np.inf), np.asarray(df2), np.asarray(df1)))
    return VarianceRatio(f, df1, df2, min(1.0, 2 * min(above, below)), above)


@dataclass(frozen=True)
class DependentComparison:
    """Does factor a explain more than factor b, on the same rows? `difference` is adjusted q of a minus that of b."""

    difference: float
    standard_error: float
    t: float
    df: int
    p: float


def dependent_comparison(
    outcome: Outcome, first: Moments, second: Moments, codes_a: np.ndarray, codes_b: np.ndarray
) -> DependentComparison:
    r"""Compare what two factors explain of the same rows, by a t test of paired squared residuals.

    With residuals e from the stratum means of each factor,

    .. math:: d_i = \frac{N e_{bi}^2}{N - L_b} - \frac{N e_{ai}^2}{N - L_a}, \quad
       t = \frac{\bar d}{s_d / \sqrt N}, \quad df = N - 1

    The mean of d, over the variance of y, is the difference of the adjusted q of a and b, whatever the number of
    strata. Units are to be independent; errors need be neither normal nor of one variance. Where neither factor
    explains anything, d has next to no variance and the test is conservative. NaN if a factor has as many strata as
    units, or both leave the same residuals.

    References
    ----------
    Vuong, Q. H. (1989). Likelihood ratio tests for model selection and non-nested hypotheses. Econometrica 57(2),
    307-333. https://doi.org/10.2307/1912557
    """
    n = outcome.n
    spare_a, spare_b = n - len(first.counts), n - len(second.counts)
    if spare_a <= 0 or spare_b <= 0:
        return DependentComparison(np.nan, np.nan, np.nan, n - 1, np.nan)
    left_a = (outcome.centred - first.centred_means[codes_a]) ** 2 * (n / spare_a)
    left_b = (outcome.centred - second.centred_means[codes_b]) ** 2 * (n / spare_b)
    gain = left_b - left_a
    variance = outcome.total / (n - 1)
    error = float(gain.std(ddof=1)) / np.sqrt(n)
    mean = float(gain.mean())
    # Equal strata under other names leave residuals that differ by rounding alone.
    if error <= np.finfo(float).eps * variance * 8:
        return DependentComparison(mean / variance, 0.0, np.nan, n - 1, np.nan)
    t = mean / error
    return DependentComparison(
        mean / variance, error / variance, t, n - 1, float(t_two_sided(np.asarray(t), np.asarray(n - 1)))
    )
