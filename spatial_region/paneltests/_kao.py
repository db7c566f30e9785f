"""Kao's five tests of cointegration, from the residuals of one regression with region effects for all regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.paneltests._adf import Array

NAMES = ("DF rho", "DF t", "DF rho*", "DF t*", "ADF")


@dataclass(frozen=True)
class Five:
    """The statistics, in the order of `NAMES`, standard normal under no cointegration; all reject when small.

    Attributes
    ----------
    statistics : (5,)
    beta : (k,)
        Coefficients of the regression with region effects.
    rho, t_rho, t_adf : float
        Coefficient of the residual before, its t ratio, and that of the augmented regression.
    short, long_run : float
        Variance of the changes of y given those of x, in the short and the long run.
    flat : bool
        Whether a regression has no residual, or columns that are combinations of each other.
    """

    statistics: Array
    beta: Array
    rho: float
    t_rho: float
    t_adf: float
    short: float
    long_run: float
    flat: bool


def kao(y: Array, x: Array, *, lags: int, bandwidth: int) -> Five:
    """Return the five statistics.

    With e the residuals, r their pooled coefficient on those before, t its ratio to its standard error (mean square
    over N T), v and w the short- and long-run variance of the changes of y given those of x, and q = v / w:

    DF rho = (sqrt(N) T (r - 1) + 3 sqrt(N)) / sqrt(10.2); DF t = sqrt(1.25) t + sqrt(1.875 N); DF rho* =
    (sqrt(N) T (r - 1) + 3 sqrt(N) q) / sqrt(3 + 36 q^2 / 5); DF t* = (t + sqrt(6 N q) / 2) / sqrt(1 / (2q) + 3q / 10),
    and ADF the same with the t ratio of the augmented regression.

    Parameters
    ----------
    y : (N, T)
    x : (N, T, k)
    lags, bandwidth : int
    """
    n, times, k = x.shape
    unit = np.sqrt((_within(x) ** 2).sum(axis=(0, 1)))
    scaled = _within(x) / np.where(unit > 0, unit, 1.0)
    design, target = scaled.reshape(-1, k), _within(y).ravel()
    beta, _, rank, _ = np.linalg.lstsq(design, target, rcond=1e-10)
    e = (target - design @ beta).reshape(n, times)
    flat = rank < k or bool((e**2).sum() <= 1e-20 * (target**2).sum())
    if flat:
        return Five(np.full(5, np.nan), np.full(k, np.nan), np.nan, np.nan, np.nan, np.nan, np.nan, flat)
    before, now = e[:, :-1], e[:, 1:]
    squares = float((before**2).sum())
    rho = float((before * now).sum()) / squares
    rest = now - rho * before
    t_rho = (rho - 1) * np.sqrt(squares / (float((rest**2).sum()) / (n * times)))
    t_adf = _augmented(e, lags)
    short, long_run = _conditional(np.diff(y, axis=1), np.diff(scaled, axis=1), times, bandwidth)
    q = short / long_run
    spread = np.sqrt(1 / (2 * q) + 3 * q / 10)
    shift = np.sqrt(6 * n * q) / 2
    drift = np.sqrt(n) * times * (rho - 1)
    statistics = np.array(
        [
            (drift + 3 * np.sqrt(n)) / np.sqrt(10.2),
            np.sqrt(1.25) * t_rho + np.sqrt(1.875 * n),
            (drift + 3 * np.sqrt(n) * q) / np.sqrt(3 + 36 * q**2 / 5),
            (t_rho + shift) / spread,
            (t_adf + shift) / spread,
        ]
    )
    return Five(statistics, np.asarray(beta / unit, dtype=float), rho, t_rho, t_adf, short, long_run, False)


def _within(values: Array) -> Array:
    return np.asarray(values - values.mean(axis=1, keepdims=True))


def _augmented(e: Array, lags: int) -> float:
    """Return the t ratio of the level before, in one regression of all changes with `lags` changes before."""
    change = np.diff(e, axis=1)
    last = change.shape[1]
    level = e[:, lags:-1].ravel()
    target = change[:, lags:].ravel()
    if lags:
        before = np.column_stack([change[:, lags - lag : last - lag].ravel() for lag in range(1, lags + 1)])
        q, _ = np.linalg.qr(before)
        level, target = level - q @ (q.T @ level), target - q @ (q.T @ target)
    squares = float(level @ level)
    coefficient = float(level @ target) / squares
    rest = target - coefficient * level
    return coefficient * float(np.sqrt(squares / (float(rest @ rest) / len(rest))))


def _conditional(dy: Array, dx: Array, times: int, bandwidth: int) -> tuple[float, float]:
    """Return the variance of dy given dx, from the covariance and from the Bartlett long-run covariance of both."""
    both = np.concatenate([dy[:, :, None], dx], axis=2)
    covariance = np.einsum("nti,ntj->ij", both, both)
    long_run = covariance.copy()
    for lag in range(1, min(bandwidth, both.shape[1] - 1) + 1):
        shifted = np.einsum("nti,ntj->ij", both[:, lag:], both[:, :-lag])
        long_run += (1 - lag / (bandwidth + 1)) * (shifted + shifted.T)
    given = [m[0, 0] - m[0, 1:] @ np.linalg.solve(m[1:, 1:], m[1:, 0]) for m in (covariance, long_run)]
    return float(given[0]) / (len(dy) * times), float(given[1]) / (len(dy) * times)
