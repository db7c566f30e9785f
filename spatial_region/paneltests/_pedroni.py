"""Pedroni's seven tests of cointegration, from the residuals of a regression of its own for each region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial_region.paneltests._adf import Array, adf, bartlett_sum, deterministic, long_run_variance

NAMES = ("panel v", "panel rho", "panel PP", "panel ADF", "group rho", "group PP", "group ADF")
MOST_REGRESSORS = 7

# Mean and variance of the seven under no cointegration. One regressor: Pedroni (2004), corollary 1; two to seven:
# Pedroni (1999), table 2. The two PP and ADF statistics share theirs. Each line: panel v, rho, t, group rho, t.
_MEANS: dict[str, list[tuple[float, ...]]] = {
    "none": [
        (4.00, -2.77, -1.01, -6.84, -1.39),
        (6.982, -6.388, -1.662, -9.889, -1.992),
        (10.402, -10.191, -2.156, -13.865, -2.440),
        (14.254, -14.136, -2.571, -17.834, -2.819),
        (18.198, -18.042, -2.926, -21.805, -3.151),
        (22.169, -21.985, -3.244, -25.750, -3.450),
        (26.120, -25.889, -3.533, -29.627, -3.723),
    ],
    "constant": [
        (8.62, -6.02, -1.73, -9.05, -2.03),
        (11.754, -9.495, -2.177, -12.938, -2.453),
        (15.197, -13.256, -2.567, -16.888, -2.827),
        (18.910, -17.163, -2.930, -20.841, -3.157),
        (22.715, -21.013, -3.241, -24.775, -3.452),
        (26.603, -24.944, -3.531, -28.720, -3.726),
        (30.457, -28.795, -3.795, -32.538, -3.976),
    ],
    "trend": [
        (17.86, -10.54, -2.29, -13.65, -2.53),
        (21.162, -14.011, -2.648, -17.359, -2.872),
        (24.556, -17.600, -2.967, -21.116, -3.179),
        (28.046, -21.287, -3.262, -24.930, -3.464),
        (31.738, -25.130, -3.545, -28.849, -3.737),
        (35.537, -28.981, -3.806, -32.716, -3.986),
        (39.231, -32.756, -4.047, -36.494, -4.217),
    ],
}
_VARIANCES: dict[str, list[tuple[float, ...]]] = {
    "none": [
        (27.81, 24.91, 1.50, 26.78, 0.78),
        (81.145, 64.288, 1.559, 41.943, 0.649),
        (140.804, 89.962, 1.286, 57.801, 0.600),
        (182.450, 103.176, 1.028, 72.097, 0.567),
        (217.784, 120.787, 0.928, 88.611, 0.559),
        (256.530, 132.499, 0.820, 103.371, 0.544),
        (277.429, 143.561, 0.750, 117.059, 0.530),
    ],
    "constant": [
        (60.75, 31.27, 0.93, 35.98, 0.66),
        (104.546, 57.610, 0.964, 51.490, 0.618),
        (151.094, 81.772, 0.923, 67.123, 0.585),
        (190.661, 99.331, 0.843, 81.835, 0.560),
        (231.864, 119.546, 0.800, 98.278, 0.553),
        (270.451, 134.341, 0.750, 113.131, 0.542),
        (293.431, 144.615, 0.685, 126.059, 0.525),
    ],
    "trend": [
        (101.68, 39.52, 0.66, 50.91, 0.56),
        (160.249, 64.219, 0.690, 66.387, 0.555),
        (198.167, 83.815, 0.686, 81.832, 0.548),
        (239.425, 103.905, 0.688, 97.362, 0.543),
        (276.997, 124.613, 0.686, 113.145, 0.538),
        (310.982, 138.227, 0.654, 127.989, 0.530),
        (348.217, 154.378, 0.638, 140.756, 0.518),
    ],
}


@dataclass(frozen=True)
class Seven:
    """The statistics, in the order of `NAMES`.

    Attributes
    ----------
    raw : (7,)
    standardised : (7,)
        Standard normal under no cointegration; the first rejects when large, the others when small.
    residuals : (N, T)
        Of the cointegrating regressions.
    rho, tau, long_run : (N,)
        Coefficient of the residual before, t ratio of the augmented regression, and long-run variance of the changes of
        the dependent variable given those of the regressors.
    flat : (N,) of bool
        Regions whose regressions have no residual, or columns that are combinations of each other.
    """

    raw: Array
    standardised: Array
    residuals: Array
    rho: Array
    tau: Array
    long_run: Array
    flat: NDArray[np.bool_]


def moments(regressors: int, trend: str) -> tuple[Array, Array]:
    """Return mean and variance of the seven statistics."""
    spread = [0, 1, 2, 2, 3, 4, 4]
    return (
        np.array(_MEANS[trend][regressors - 1])[spread],
        np.array(_VARIANCES[trend][regressors - 1])[spread],
    )


def pedroni(y: Array, x: Array, trend: str, *, lags: int, bandwidth: int) -> Seven:
    """Return the seven statistics.

    Each region's y is regressed on its x and the terms of `trend`; e are the residuals. With r_i the coefficient of e
    on the e before, s_i its mean squared residual u, l_i half of what the Bartlett long-run variance of u adds to it,
    and L_i the long-run variance of the residuals of the changes of y on those of x: regions have the weight 1 / L_i in
    the panel statistics. The variance of the panel ADF is the mean of s*_i / L_i, with s*_i from the augmented
    regression; the mean of s*_i itself, as printed in 1999, would change with the unit of y.

    Parameters
    ----------
    y : (N, T)
    x : (N, T, k)
    trend : {"none", "constant", "trend"}
    lags, bandwidth : int
    """
    n, times, k = x.shape
    terms = np.broadcast_to(deterministic(times, trend), (n, times, deterministic(times, trend).shape[1]))
    e, dependent = residuals(np.concatenate([terms, x], axis=2), y)
    changes, also = residuals(np.diff(x, axis=1), np.diff(y, axis=1))
    long_run = long_run_variance(changes, bandwidth)
    flat = dependent | also | ~(long_run > 0)
    before, now = e[:, :-1], e[:, 1:]
    squares = np.where(flat, 1.0, (before**2).sum(axis=1))
    rho = (before * now).sum(axis=1) / squares
    u = now - rho[:, None] * before
    short = (u**2).mean(axis=1)
    half = bartlett_sum(u, bandwidth) / (times - 1)
    sigma2 = short + 2 * half
    product = (before * (now - before)).sum(axis=1) - (times - 1) * half
    fit = adf(e, lags, "none", corrected=False)
    flat = flat | fit.singular | ~(sigma2 > 0)
    w = 1 / np.where(flat, 1.0, long_run)
    sigma2 = np.where(flat, 1.0, sigma2)
    whole, above = (w * squares).sum(), (w * product).sum()
    # The level before, freed of the changes: b / se = above / sqrt(s below), and se^2 = s / below.
    below = fit.sigma2 / np.where(flat, 1.0, fit.error) ** 2
    augmented = (w * fit.coefficient * below).sum() / np.sqrt((w * fit.sigma2).mean() * (w * below).sum())
    raw = np.array(
        [
            times**2 * n**1.5 / whole,
            times * np.sqrt(n) * above / whole,
            above / np.sqrt((w * sigma2).mean() * whole),
            augmented,
            times / np.sqrt(n) * (product / squares).sum(),
            (product / np.sqrt(sigma2 * squares)).sum() / np.sqrt(n),
            fit.tau.sum() / np.sqrt(n),
        ]
    )
    mean, variance = moments(k, trend)
    return Seven(raw, (raw - mean * np.sqrt(n)) / np.sqrt(variance), e, rho, fit.tau, long_run, flat)


def residuals(design: Array, y: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return what regressions leave of each row of y, and where columns are combinations or nothing is left."""
    length = np.sqrt((design**2).sum(axis=1))
    scaled = design / np.where(length > 0, length, 1.0)[:, None, :]
    q, r = np.linalg.qr(scaled)
    left = y - np.einsum("nrk,nk->nr", q, np.einsum("nrk,nr->nk", q, y))
    dependent = (np.abs(np.diagonal(r, axis1=1, axis2=2)) < 1e-10).any(axis=1)
    return left, dependent | ((left**2).sum(axis=1) <= 1e-20 * (y**2).sum(axis=1))
