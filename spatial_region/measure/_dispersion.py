"""Dispersion between regions over time, its trend, and whether first and last differ. Arrays in, dataclass out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

Dispersion = Literal["sd_log", "cv"]


@dataclass(frozen=True, eq=False)
class Trend:
    """Trend of the logarithm of dispersion, a unit of time, with two standard errors, and the test of its two ends.

    Attributes
    ----------
    dispersion : numpy.ndarray, shape (T,)
        Standard deviation over n at each time.
    slope : float
        Least squares slope of its logarithm on time.
    se_ols, p_ols : float
        As if the T dispersions were independent; NaN for fewer than three times.
    se, p : float
        From leaving out one region after the other (Student's t with n - 1 degrees of freedom).
    ratio : float
        Last dispersion over the first.
    se_ends, p_ends : float
        Of the logarithm of the ratio, from leaving out one region after the other.
    t_pitman, p_pitman : float
        Of the correlation of sums and differences of the regions' first and last values (Student's t with n - 2).
    """

    dispersion: np.ndarray
    slope: float
    se_ols: float
    p_ols: float
    se: float
    p: float
    ratio: float
    se_ends: float
    p_ends: float
    t_pitman: float
    p_pitman: float


def relative_values(x: np.ndarray, dispersion: Dispersion) -> np.ndarray:
    """Return what the standard deviation is taken of: logarithms, or values over the mean of their time."""
    return np.log(x) if dispersion == "sd_log" else x / x.mean(axis=0)


def trend(values: np.ndarray, times: np.ndarray, *, relative: bool) -> Trend:
    """Return the trend of dispersion.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, T)
        What the standard deviation is taken of.
    times : numpy.ndarray, shape (T,)
        Ascending.
    relative : bool
        Whether values were divided by their mean, which changes when a region is left out.
    """
    n, count = values.shape
    centred = values - values.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    dispersion = np.sqrt(squares / n)
    # Without region i the mean moves by -d_i / (n - 1), and the sum of squares falls by d_i**2 n / (n - 1).
    left = squares - centred**2 * n / (n - 1)
    without = np.sqrt(np.maximum(left, 0.0) / (n - 1))
    if relative:
        without = without / (values.mean(axis=0) - centred / (n - 1))
    middle = times - times.mean()
    line = middle / (middle**2).sum()
    logs = np.log(dispersion)
    slope = float(logs @ line)
    se_ols = p_ols = np.nan
    if count > 2:
        residual = logs - logs.mean() - slope * middle
        se_ols = float(np.sqrt((residual**2).sum() / (count - 2) / (middle**2).sum()))
        p_ols = float(2 * stats.t.sf(abs(slope) / se_ols, count - 2)) if se_ols > 0 else 0.0
    se, p = _jackknife(slope, np.log(without) @ line)
    change = float(logs[-1] - logs[0])
    se_ends, p_ends = _jackknife(change, np.log(without[:, -1]) - np.log(without[:, 0]))
    t_pitman, p_pitman = pitman(centred[:, 0], centred[:, -1])
    return Trend(
        dispersion=dispersion,
        slope=slope,
        se_ols=se_ols,
        p_ols=p_ols,
        se=se,
        p=p,
        ratio=float(dispersion[-1] / dispersion[0]),
        se_ends=se_ends,
        p_ends=p_ends,
        t_pitman=t_pitman,
        p_pitman=p_pitman,
    )


def _jackknife(whole: float, without: np.ndarray) -> tuple[float, float]:
    """Return standard error and p of an estimate, from those that leave out one region each."""
    n = len(without)
    se = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    if se == 0:
        return se, 1.0 if whole == 0 else 0.0
    return se, float(2 * stats.t.sf(abs(whole) / se, n - 1))


def pitman(first: np.ndarray, last: np.ndarray) -> tuple[float, float]:
    """Test whether two paired normal samples have one variance (Pitman 1939; Morgan 1939).

    cov(a + b, a - b) = var(a) - var(b), so that equal variances are a correlation of 0. It is exact for normal values,
    and rejects too often for values with longer tails.
    """
    total, fall = first + last, first - last
    total, fall = total - total.mean(), fall - fall.mean()
    scale = np.sqrt((total**2).sum() * (fall**2).sum())
    r = float(np.clip((total * fall).sum() / scale, -1, 1)) if scale > 0 else 0.0
    df = len(first) - 2
    t = r * np.sqrt(df / (1 - r**2)) if abs(r) < 1 else np.inf * np.sign(r)
    return float(t), float(2 * stats.t.sf(abs(t), df))
