"""Are the instruments strong, are they valid, and is spatial correlation left in the residuals?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._gmm_moments import ErrorSpace
from spatial_region.panel._gmm_tsls import TwoStage
from spatial_region.panel._lm_value import TestValue, chi2_value


@dataclass(frozen=True)
class FirstStage:
    """Strength of the instruments, one value for each endogenous regressor or one for all.

    Attributes
    ----------
    partial_r2 : (e,)
        Share that the excluded instruments explain of what the exogenous regressors do not.
    f : (e,)
        F of the excluded instruments in the regression of one endogenous regressor on all instruments.
    conditional_f : (e,)
        The same for what the other endogenous regressors leave (Sanderson & Windmeijer 2016); the value to look at with
        several endogenous regressors, and equal to `f` with one.
    cragg_donald : float
        F of the weakest direction, for errors of equal variance.
    kleibergen_paap : float
        The same, robust to unequal variances.
    df : (int, int)
        Degrees of freedom of `f`.
    """

    partial_r2: Array
    f: Array
    conditional_f: Array
    cragg_donald: float
    kleibergen_paap: float
    df: tuple[int, int]


@dataclass(frozen=True)
class Overidentification:
    """Do the instruments agree with each other? Both are chi-squared if they do.

    Attributes
    ----------
    sargan : TestValue
        For errors of equal variance.
    robust : TestValue
        Wooldridge's (1995) score test, for unequal variances.
    """

    sargan: TestValue
    robust: TestValue


def first_stage(fit: TwoStage, *, lost: int, shape: tuple[int, int], by_region: bool) -> FirstStage | None:
    """Return the strength of the instruments; None if no regressor is endogenous.

    Parameters
    ----------
    fit : TwoStage
    lost : int
        Fixed effects that were removed before.
    shape : (T, N)
    by_region : bool
        Whether robust statistics sum over the periods of a region first: residuals less their region means go together
        over time, and would seem to vary less than they do. nan with no more regions than instruments.

    Notes
    -----
    Cragg and Donald (1993), doi:10.1017/S0266466600007519; Kleibergen and Paap (2006),
    doi:10.1016/j.jeconom.2005.02.011; Sanderson and Windmeijer (2016), doi:10.1016/j.jeconom.2015.06.004. With one
    endogenous regressor all F are the same, but the robust one. Stock and Yogo's rule of thumb: above 10.
    """
    if fit.n_endogenous == 0:
        return None
    k, count, q = fit.exogenous.q.shape[1], fit.n_excluded, fit.n_endogenous
    n = len(fit.residuals)
    df = n - lost - k - count
    x = fit.regressors[:, k:]
    basis = fit.instruments.q[:, k:]  # the first k columns span the exogenous regressors
    rest = fit.exogenous.annihilate(x)
    fitted = basis @ (basis.T @ rest)
    error = rest - fitted
    explained, unexplained = (fitted**2).sum(axis=0), (error**2).sum(axis=0)
    strength = _rank_statistics(basis, rest, error, shape if by_region else None)
    return FirstStage(
        explained / (explained + unexplained),
        explained / count / (unexplained / df),
        np.array([_conditional_f(rest, fitted, place, count - q + 1, df) for place in range(q)]),
        strength[0] * df / count,
        strength[1] * df / count / n,
        (count, df),
    )


def _conditional_f(rest: Array, fitted: Array, place: int, count: int, df: int) -> float:
    """Return the F of one regressor less its two-stage least squares fit on the others."""
    others = [column for column in range(rest.shape[1]) if column != place]
    share = np.linalg.lstsq(fitted[:, others], rest[:, place], rcond=None)[0]
    explained = fitted[:, place] - fitted[:, others] @ share
    whole = rest[:, place] - rest[:, others] @ share
    return float((explained @ explained) / count / (((whole - explained) ** 2).sum() / df))


def _rank_statistics(basis: Array, rest: Array, error: Array, shape: tuple[int, int] | None) -> tuple[float, float]:
    """Return the smallest eigenvalue of Cragg and Donald, and the Wald statistic of Kleibergen and Paap.

    With orthonormal instruments Q and first-stage errors V, Theta = Q'X (V'V)^(-1/2). Its smallest singular value,
    squared, is the first; the second weighs it by the robust covariance of the entries of Theta beyond its dominant
    part.
    """
    root = np.linalg.inv(np.linalg.cholesky(error.T @ error)).T
    left, values, right = np.linalg.svd(basis.T @ rest @ root)
    last = rest.shape[1] - 1
    spare, direction = left[:, last:], right[last]
    scores = (basis @ spare) * (error @ root @ direction)[:, None]
    return float(values[last] ** 2), _wald(spare.T @ (basis.T @ rest @ root) @ direction, scores, shape)


def _wald(value: Array, scores: Array, shape: tuple[int, int] | None) -> float:
    """Return v'S^-1 v with S the sum of squares of the scores, summed over the periods of each region given `shape`."""
    if shape is not None:
        scores = scores.reshape(*shape, -1).sum(axis=0)
    if len(scores) <= scores.shape[1]:
        return float("nan")
    return float(value @ np.linalg.solve(scores.T @ scores, value))


def overidentification(
    fit: TwoStage, *, lost: int, shape: tuple[int, int], by_region: bool
) -> Overidentification | None:
    """Return the tests of the instruments; None unless there are more than endogenous regressors.

    Parameters
    ----------
    fit : TwoStage
    lost : int
        Fixed effects that were removed before.
    shape : (T, N)
    by_region : bool
        Whether robust statistics sum over the periods of a region first: residuals less their region means go together
        over time, and would seem to vary less than they do. nan with no more regions than instruments.

    Notes
    -----
    Sargan (1958), doi:10.2307/1907619: n e'P_H e / e'e. The robust one is Wooldridge's (1995), in Advances in
    Econometrics and Quantitative Economics, 66-87.
    """
    surplus = fit.n_excluded - fit.n_endogenous
    if fit.n_endogenous == 0 or surplus == 0:
        return None
    e = fit.residuals
    n = len(e) - lost
    explained = fit.instruments.q.T @ e
    sargan = n * float(explained @ explained) / fit.ssr
    k = fit.exogenous.q.shape[1]
    # Any surplus of instruments will do: those left of all by the projected regressors.
    basis = np.linalg.qr(fit.projected / np.linalg.norm(fit.projected, axis=0))[0]
    rest = fit.instruments.q[:, k:] - basis @ (basis.T @ fit.instruments.q[:, k:])
    left, _, _ = np.linalg.svd(rest, full_matrices=False)
    scores = left[:, :surplus] * e[:, None]
    robust = _wald(scores.sum(axis=0), scores, shape if by_region else None)
    return Overidentification(chi2_value(sargan, surplus), chi2_value(robust, surplus))


def anselin_kelejian(fit: TwoStage, space: ErrorSpace, shape: tuple[int, int]) -> TestValue:
    r"""Return the test of spatial correlation in the residuals of two-stage least squares.

    (u'W u - tr) ^2 / [s4 tr(W W + W'W) + s2 d'V d], d = Z'(W + W')u, V = (Z'P_H Z)^-1: the second part is what the
    estimated slopes add.

    Parameters
    ----------
    fit : TwoStage
    space : ErrorSpace
        Of the weights to test with.
    shape : (T, N)

    Notes
    -----
    Anselin and Kelejian (1997), doi:10.1177/016001769702000109.
    """
    u = fit.residuals.reshape(shape)
    sigma2 = fit.ssr / space.size
    w = space.w
    both = sp.csr_array(w + w.T)
    pushed = spatial_lag(both, u[:, :, None])[:, :, 0]
    value = float((u * pushed).sum()) / 2 - sigma2 * space.trace(w)
    squares = float(both.multiply(both).sum()) / 2 * space.periods
    added = 0.0
    if fit.n_endogenous:
        slope = fit.regressors.T @ pushed.ravel()
        added = float(slope @ fit.inverse @ slope)
    return chi2_value(value**2 / (sigma2**2 * squares + sigma2 * added), 1)
