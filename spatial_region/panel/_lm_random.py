"""Tests for random effects, serial correlation and spatial errors from the residuals of pooled least squares."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import InputError
from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._lm_moran import moran_residuals
from spatial_region.panel._lm_score import Score
from spatial_region.panel._lm_value import TestValue, chi2_value, mixture_value, normal_value

# Of two statistics that are positive or not with even odds: none, one or both count.
_BOTH_ONE_SIDED = {0: 0.25, 1: 0.5, 2: 0.25}


def effect_tests(y: Array, x: Array, *, intercept: int | None = None) -> dict[str, TestValue]:
    """Return tests for region and period effects, and for serial correlation, from pooled least squares.

    With e the residuals, A = sum_i (sum_t e_it)^2 / e'e - 1, C = sum_t (sum_i e_it)^2 / e'e - 1 and
    F = sum_it e_it e_i,t-1 / e'e,

        honda_region = sqrt(N T / (2 (T - 1))) A,     honda_time = sqrt(N T / (2 (N - 1))) C
        bp_region, bp_time = their squares,           bp_twoway = their sum
        lm_serial = N T^2 F^2 / (T - 1)

    A variance cannot be negative: Honda's tests reject for large values only, and have more power than those of
    Breusch and Pagan.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    intercept : int or None
        Column of `x` that is 1 everywhere.

    Returns
    -------
    dict of str to TestValue
        ``bp_region``, ``bp_time``, ``bp_twoway`` (chi-squared); ``honda_region``, ``honda_time``, ``honda_twoway``,
        ``king_wu_twoway`` (normal, upper tail); ``ghm_twoway`` (Gourieroux, Holly and Monfort: negative ones count
        as 0; mixture of chi-squared); ``lm_serial`` and, for more than two periods, ``baltagi_li`` (region effects
        and serial correlation jointly), ``robust_lm_region`` (normal, upper tail) and ``robust_lm_serial`` (each
        when the other may be a little off 0; Bera, Sosa-Escudero and Yoon).

    Raises
    ------
    InputError
        A single period, or a single region.

    References
    ----------
    Baltagi, B. H., Li, Q. (1991). Statistics & Probability Letters 11, 277-280. doi:10.1016/0167-7152(91)90156-L
    Bera, A. K., Sosa-Escudero, W., Yoon, M. (2001). Journal of Econometrics 101, 1-23.
    doi:10.1016/S0304-4076(00)00071-3
    Breusch, T. S., Pagan, A. R. (1980). Review of Economic Studies 47, 239-253. doi:10.2307/2297111
    Gourieroux, C., Holly, A., Monfort, A. (1982). Econometrica 50, 63-80. doi:10.2307/1912529
    Honda, Y. (1985). Review of Economic Studies 52, 681-690. doi:10.2307/2297739
    King, M. L., Wu, P. X. (1997). Econometric Reviews 16, 131-156. doi:10.1080/07474939708800379
    """
    _check_size(y)
    periods, regions = y.shape
    e = _residuals(y, x, intercept)
    region, time = _honda(e), _honda(e.T)
    # Weights of the locally mean most powerful test: how much each variance moves the score.
    share = np.sqrt(np.array([periods - 1, regions - 1]) / (periods + regions - 2))
    found = {
        "bp_region": chi2_value(region**2, 1),
        "bp_time": chi2_value(time**2, 1),
        "bp_twoway": chi2_value(region**2 + time**2, 2),
        "honda_region": normal_value(region, upper=True),
        "honda_time": normal_value(time, upper=True),
        "honda_twoway": normal_value((region + time) / np.sqrt(2), upper=True),
        "king_wu_twoway": normal_value(float(share @ [region, time]), upper=True),
        "ghm_twoway": mixture_value(max(region, 0.0) ** 2 + max(time, 0.0) ** 2, _BOTH_ONE_SIDED),
    }
    score = _score(e, None)
    found["lm_serial"] = score.test("psi")
    if periods > 2:  # with two, a region effect and serial correlation are the same thing
        found["baltagi_li"] = score.test("mu", "psi")
        found["robust_lm_region"] = score.upper("mu", against="psi")
        found["robust_lm_serial"] = score.robust("psi", against="mu")
    return found


def random_tests(y: Array, x: Array, *, w: sp.csr_array, intercept: int | None = None) -> dict[str, TestValue]:
    """Return tests for random region effects and spatial errors from pooled least squares.

    With e the residuals, A as in `effect_tests`, H = e'(I_T x W) e / e'e and b = tr(W W + W'W),

        bsk_lm1 = sqrt(N T / (2 (T - 1))) A,     bsk_lm2 = sqrt(N^2 T / b) H

    and bsk_slm1, bsk_slm2 the same quadratic forms less their exact means, divided by their exact standard
    deviations, under normal errors; with few regions these keep their size, and the others do not.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    w : (N, N)
        Without links of a region with itself.
    intercept : int or None
        Column of `x` that is 1 everywhere.

    Returns
    -------
    dict of str to TestValue
        ``bsk_lm1``, ``bsk_slm1`` (region effects; normal, upper tail, as a variance is not negative); ``bsk_lm2``,
        ``bsk_slm2`` (spatial errors; normal, two-sided, as lambda may be negative); ``bsk_lmj`` (both, chi-squared,
        lambda of any sign); ``bsk_lmh`` (both, against positive values only: negative ones count as 0, and p is
        from a mixture of chi-squared with 0, 1 and 2 degrees of freedom, weights 1/4, 1/2, 1/4); ``bsjk_j`` (region
        effects, serial correlation and spatial errors jointly, chi-squared with 3 degrees of freedom, or 2 when two
        periods cannot tell the first two apart).

    Raises
    ------
    InputError
        A single period, or weights of a region with itself.

    References
    ----------
    Baltagi, B. H., Song, S. H., Koh, W. (2003). Journal of Econometrics 117, 123-150.
    doi:10.1016/S0304-4076(03)00120-9
    Baltagi, B. H., Song, S. H., Jung, B. C., Koh, W. (2007). Journal of Econometrics 140, 5-51.
    doi:10.1016/j.jeconom.2006.09.001
    """
    _check_size(y)
    check_no_own_links(w)
    e = _residuals(y, x, intercept)
    score = _score(e, w)
    lm1 = _honda(e)
    lm2 = float(score.gradient[2] / np.sqrt(score.information[2, 2]))
    return {
        "bsk_lm1": normal_value(lm1, upper=True),
        "bsk_slm1": normal_value(_standardised_region(e, _basis(x, intercept)), upper=True),
        "bsk_lm2": normal_value(lm2),
        "bsk_slm2": moran_residuals(y, x, w=w, effects="pooled", intercept=intercept).test,
        "bsk_lmh": mixture_value(max(lm1, 0.0) ** 2 + max(lm2, 0.0) ** 2, _BOTH_ONE_SIDED),
        "bsk_lmj": chi2_value(lm1**2 + lm2**2, 2),
        "bsjk_j": score.test("mu", "psi", "lambda"),
    }


def check_no_own_links(w: sp.csr_array) -> None:
    """Refuse weights whose diagonal is not 0."""
    own = int(np.count_nonzero(w.diagonal()))
    if own:
        raise InputError(
            f"tests for random effects need weights without links of a region with itself; {own} have one. "
            f"Set the diagonal of the weights to 0."
        )


def _check_size(y: Array) -> None:
    periods, regions = y.shape
    if periods < 2 or regions < 2:
        raise InputError(
            f"tests for effects compare regions over time; the panel has {periods} period(s) and {regions} region(s). "
            f"At least 2 of each are needed."
        )


def _residuals(y: Array, x: Array, intercept: int | None) -> Array:
    basis = _basis(x, intercept)
    flat = y.ravel() - (y.mean() if intercept is not None else 0.0)
    residuals: Array = (flat - basis @ (basis.T @ flat)).reshape(y.shape)
    return residuals


def _basis(x: Array, intercept: int | None) -> Array:
    if intercept is not None:  # digits of variables far from zero
        x = x - x.mean(axis=(0, 1))
        x[:, :, intercept] = 1.0
    return np.linalg.qr(x.reshape(x.shape[0] * x.shape[1], x.shape[2]))[0]


def _honda(e: Array) -> float:
    """Return the standardised score of the variance of an effect that is common to the first axis of `e`."""
    periods = len(e)
    ratio = float((e.sum(axis=0) ** 2).sum() / (e**2).sum()) - 1
    return float(np.sqrt(e.size / (2 * (periods - 1))) * ratio)


def _score(e: Array, w: sp.csr_array | None) -> Score:
    """Return the score of (sigma2_mu, psi, lambda), in units of the variance, at pooled least squares."""
    periods, regions = e.shape
    s2 = float((e**2).mean())
    gradient = [
        ((e.sum(axis=0) ** 2).sum() / s2 - e.size) / 2,
        (e[1:] * e[:-1]).sum() / s2,
    ]
    information = np.zeros((3, 3))
    information[:2, :2] = regions * (periods - 1) * np.array([[periods / 2, 1], [1, 1]])
    groups = {"mu": [0], "psi": [1]}
    if w is not None:
        gradient.append((e * spatial_lag(w, e[:, :, None])[:, :, 0]).sum() / s2)
        information[2, 2] = periods * ((w * w).sum() + (w * sp.csr_array(w.T)).sum())
        groups["lambda"] = [2]
    size = len(gradient)
    information = information[:size, :size]
    return Score(np.array(gradient), information, np.diag(information), groups)


def _standardised_region(e: Array, basis: Array) -> float:
    """Return e'(J x I) e / e'e less its mean under normal errors, over its standard deviation."""
    periods, regions = e.shape
    k = basis.shape[1]
    sums = basis.reshape(periods, regions, k).sum(axis=0)
    own = sums.T @ sums
    rank = e.size - k
    # M = I - Q Q' and D = J x I, with D D = T D: traces of M D and of M D M D.
    first = e.size - np.trace(own)
    second = e.size * periods - 2 * periods * np.trace(own) + (own**2).sum()
    variance = 2 * (rank * second - first**2) / (rank**2 * (rank + 2))
    ratio = (e.sum(axis=0) ** 2).sum() / (e**2).sum()
    return float((ratio - first / rank) / np.sqrt(variance))
