"""Combining the p-values of the series' own tests (Maddala and Wu 1999; Choi 2001), and the Phillips-Perron t ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from spatial_region.paneltests._adf import TERMS, Array, bartlett_sum, deterministic

Flags = NDArray[np.bool_]
# What a regression leaves of a series below this share of its square is rounding.
_NOTHING = 1e-20


@dataclass(frozen=True)
class Combined:
    """One way to combine p-values: its name, statistic, degrees of freedom (NaN for a normal one) and p-value."""

    form: str
    statistic: float
    df: float
    p: float


def combine(log_p: Array, log_1_p: Array) -> list[Combined]:
    """Return Choi's P, Z, L* and Pm, from the logarithms of p and of 1 - p, as either may be too near 0.

    P = -2 sum log p is chi-squared with 2n degrees of freedom; Z = sum probit(p) / sqrt(n) is normal;
    L* = sqrt(k) sum log(p / (1 - p)) is t with 5n + 4; Pm = -sum(log p + 1) / sqrt(n) is normal. P and Pm reject
    when large, Z and L* when small.
    """
    n = len(log_p)
    p_statistic = float(-2 * log_p.sum())
    # The probit of whichever tail is the smaller keeps its digits.
    probit = np.where(log_p < np.log(0.5), special.ndtri_exp(log_p), -special.ndtri_exp(log_1_p))
    z = float(probit.sum() / np.sqrt(n))
    k = 3 * (5 * n + 4) / (np.pi**2 * n * (5 * n + 2))
    logit = float(np.sqrt(k) * (log_p - log_1_p).sum())
    modified = float(-(log_p + 1).sum() / np.sqrt(n))
    return [
        Combined("P", p_statistic, 2 * n, float(stats.chi2.sf(p_statistic, 2 * n))),
        Combined("Z", z, np.nan, float(stats.norm.cdf(z))),
        Combined("L*", logit, 5 * n + 4, float(stats.t.cdf(logit, 5 * n + 4))),
        Combined("Pm", modified, np.nan, float(stats.norm.sf(modified))),
    ]


def phillips_perron(series: Array, trend: str, bandwidth: int, *, current: bool) -> tuple[Array, Flags]:
    """Return Z-tau of each series (Phillips and Perron 1988), and which series have no residual or no level.

    The level is regressed on the level before, without lags. With t the ratio of (its coefficient - 1) to its standard
    error, s2 the mean square of the residuals, w2 their Bartlett long-run variance and S a sum of squared levels
    without the terms of `trend`: Z = t sqrt(s2 / w2) - (w2 - s2) rows / (2 sqrt(w2 S)).

    S is of the levels before, as in the regression; or, with `current`, of the current ones (as urca 1.3 has it,
    which with a trend also takes (1 - 1 / rows^2) S).
    """
    rows = series.shape[1] - 1
    before, now = _without(series[:, :-1], trend), _without(series[:, 1:], trend)
    squares = (before**2).sum(axis=1)
    flat = squares <= _NOTHING * (series**2).sum(axis=1)
    squares = np.where(flat, 1.0, squares)
    rho = (before * now).sum(axis=1) / squares
    rest = now - rho[:, None] * before
    s2 = (rest**2).mean(axis=1)
    flat = flat | (s2 * rows <= _NOTHING * squares)
    s2 = np.where(flat, 1.0, s2)
    w2 = s2 + 2 * bartlett_sum(rest, bandwidth) / rows
    t = (rho - 1) / np.sqrt(s2 * rows / (rows - 1 - TERMS[trend]) / squares)
    if current:
        squares = (now**2).sum(axis=1) * (1 - 1 / rows**2 if trend == "trend" else 1)
    return t * np.sqrt(s2 / w2) - (w2 - s2) / 2 * rows / np.sqrt(w2 * squares), flat


def _without(series: Array, trend: str) -> Array:
    terms = deterministic(series.shape[1], trend)
    if not terms.shape[1]:
        return series
    q, _ = np.linalg.qr(terms)
    return series - (series @ q) @ q.T
