"""Granger causality region by region and pooled. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

# A column that the others explain but for this share of its length is taken for a combination of them.
_NOTHING = 1e-10


@dataclass(frozen=True)
class RegionTests:
    """Wald statistic of each region, and what it rests on.

    Attributes
    ----------
    wald : (N,)
        NaN where the coefficients are not identified.
    used : (N,)
        Times of each regression.
    rss : (N,)
        Sum of squared residuals with the cause.
    """

    wald: np.ndarray
    used: np.ndarray
    rss: np.ndarray


def lag_rows(values: np.ndarray, lags: int, first: int) -> np.ndarray:
    """Return lags 1 to `lags` of (N, T) values at the times from `first` on: (N, T - first, lags)."""
    length = values.shape[1] - first
    return np.stack([values[:, first - lag : first - lag + length] for lag in range(1, lags + 1)], axis=2)


def region_tests(y: np.ndarray, x: np.ndarray, lags: int, first: int | None = None) -> RegionTests:
    """Test in each region that `lags` lags of x add nothing to a constant and as many lags of y.

    ``W_i = (RSS_0 - RSS_1) / (RSS_1 / (T_i - 2K - 1))``, with T_i the times that have all lags.

    Parameters
    ----------
    y, x : (N, T)
        NaN where missing.
    lags : int
    first : int, optional
        First time that is explained, `lags` by default; a later one keeps the sample when numbers of lags compete.
    """
    first = lags if first is None else first
    now = y[:, first:]
    own, other = lag_rows(y, lags, first), lag_rows(x, lags, first)
    complete = np.isfinite(now) & np.isfinite(own).all(axis=2) & np.isfinite(other).all(axis=2)
    regions = len(y)
    wald, rss = np.full(regions, np.nan), np.full(regions, np.nan)
    for i in range(regions):
        rows = complete[i]
        freedom = int(rows.sum()) - 2 * lags - 1
        if freedom < 1:
            continue
        target = now[i, rows]
        columns = np.column_stack([np.ones(len(target)), own[i, rows], other[i, rows]])
        basis = _orthonormal(columns)
        if basis is None:
            continue
        parts = basis.T @ target
        rss[i] = float(((target - basis @ parts) ** 2).sum())
        gain = float((parts[1 + lags :] ** 2).sum())
        # Residuals of rounding size say that the lags explain y without error: no variance to compare with.
        wald[i] = gain * freedom / rss[i] if rss[i] > 1e-24 * float(target @ target) else np.nan
    return RegionTests(wald, complete.sum(axis=1), rss)


def _orthonormal(columns: np.ndarray) -> np.ndarray | None:
    """Return an orthonormal basis in the order of the columns, None when one is a combination of those before it."""
    centred = columns.copy()
    centred[:, 1:] -= centred[:, 1:].mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    if (length <= _NOTHING * np.linalg.norm(columns, axis=0)).any():
        return None
    basis, upper = np.linalg.qr(centred / length)
    return None if np.abs(np.diag(upper)).min() < _NOTHING else basis


@dataclass(frozen=True)
class Averages:
    """The statistics of Dumitrescu and Hurlin, with p-values."""

    w_bar: float
    z_bar: float
    p_z_bar: float
    z_tilde: float
    p_z_tilde: float


def averages(wald: np.ndarray, used: np.ndarray, lags: int, *, upper: bool = False) -> Averages:
    """Standardise the mean of Wald statistics by their moments, for T to infinity and for the T at hand.

    ``Zbar = sqrt(N / 2K) (Wbar - K)``. Ztilde takes the mean and variance of K times an F(K, T_i - 2K - 1) variable:
    ``E_i = K (T_i-2K-1) / (T_i-2K-3)``,
    ``V_i = 2 K (T_i-2K-1)^2 (T_i-K-3) / ((T_i-2K-3)^2 (T_i-2K-5))``. p-values are of both tails, or of the upper one.
    """
    freedom = used - 2.0 * lags - 1.0
    mean = lags * freedom / (freedom - 2)
    variance = 2 * lags * freedom**2 * (freedom + lags - 2) / ((freedom - 2) ** 2 * (freedom - 4))
    regions = len(wald)
    w_bar = float(wald.mean())
    z_bar = float(np.sqrt(regions / (2 * lags)) * (w_bar - lags))
    z_tilde = float(np.sqrt(regions) * (w_bar - mean.mean()) / np.sqrt(variance.mean()))
    return Averages(w_bar, z_bar, _p(z_bar, upper), z_tilde, _p(z_tilde, upper))


def _p(z: float, upper: bool) -> float:
    return float(stats.norm.sf(z)) if upper else float(2 * stats.norm.sf(abs(z)))
