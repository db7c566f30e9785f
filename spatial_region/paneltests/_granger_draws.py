"""Bootstrap of the averages of Dumitrescu and Hurlin when regions depend on each other. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np

from spatial_region.paneltests._granger import averages, lag_rows


def bootstrap_z(y: np.ndarray, x: np.ndarray, lags: int, generator: np.random.Generator, draws: int) -> np.ndarray:
    """Return (draws, 2) values of Zbar and Ztilde in panels in which x does not cause y.

    Residuals of each region's autoregression are drawn by time, the same times for all regions, so that their
    dependence stays; y starts from a block of observed values and follows the autoregression; x is as observed.

    Parameters
    ----------
    y, x : (N, T)
        Complete.
    """
    regions, times = y.shape
    own = _with_constant(lag_rows(y, lags, lags))
    now = y[:, lags:, None]
    coefficients = np.linalg.pinv(own) @ now
    residuals = (now - own @ coefficients)[:, :, 0]
    residuals -= residuals.mean(axis=1, keepdims=True)
    constant, slopes = coefficients[:, 0, 0], coefficients[:, 1:, 0]
    other = lag_rows(x, lags, lags)
    used = np.full(regions, times - lags)
    found = np.empty((draws, 2))
    for draw in range(draws):
        shocks = residuals[:, generator.integers(times - lags, size=times - lags)]
        start = int(generator.integers(times - lags + 1))
        made = np.empty_like(y)
        made[:, :lags] = y[:, start : start + lags]
        for t in range(lags, times):
            recent = made[:, t - lags : t][:, ::-1]
            made[:, t] = constant + (slopes * recent).sum(axis=1) + shocks[:, t - lags]
        result = averages(_wald(made, other, lags), used, lags)
        found[draw] = result.z_bar, result.z_tilde
    return found


def _wald(y: np.ndarray, other: np.ndarray, lags: int) -> np.ndarray:
    """Return the Wald statistics of all regions at once."""
    now = y[:, lags:]
    columns = np.concatenate([_with_constant(lag_rows(y, lags, lags)), other], axis=2)
    columns = columns / np.linalg.norm(columns, axis=1, keepdims=True)
    basis = np.linalg.qr(columns)[0]
    parts = np.einsum("itk,it->ik", basis, now)
    rss = ((now - np.einsum("itk,ik->it", basis, parts)) ** 2).sum(axis=1)
    return (parts[:, 1 + lags :] ** 2).sum(axis=1) * (now.shape[1] - 2 * lags - 1) / rss


def _with_constant(lagged: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ones((*lagged.shape[:2], 1)), lagged], axis=2)
