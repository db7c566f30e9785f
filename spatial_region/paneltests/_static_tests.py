"""Tests that choose between pooled, fixed and random effects. Arrays in, values out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from spatial_region.paneltests._within import LeastSquares, adding, demean, effects_count, group_sums, least_squares

Array = np.ndarray


@dataclass(frozen=True)
class Value:
    """A statistic and its distribution: chi2(df1), F(df1, df2), normal (two-sided), or none that is known."""

    statistic: float
    distribution: str
    df1: float = np.nan
    df2: float = np.nan

    @property
    def p(self) -> float:
        """The p-value."""
        if self.distribution == "chi2":
            return float(stats.chi2.sf(self.statistic, self.df1))
        if self.distribution == "F":
            return float(stats.f.sf(self.statistic, self.df1, self.df2))
        if self.distribution == "none":
            return float("nan")
        return float(2 * stats.norm.sf(abs(self.statistic)))


def pooled_fit(y: Array, x: Array) -> LeastSquares:
    """Fit y on a constant and x, no effects."""
    return least_squares(y, np.column_stack([np.ones(len(y)), x]))


def within_fit(y: Array, x: Array, region: Array | None, time: Array | None) -> LeastSquares | None:
    """Fit y on what effects leave of x, without columns that are combinations; None without degrees of freedom."""
    both = demean(np.column_stack([y, x]), region, time)
    places = adding(np.empty((len(y), 0)), both[:, 1:], x)
    taken = effects_count(region, time)
    if len(y) <= len(places) + taken:
        return None
    return least_squares(both[:, 0], both[:, 1 + places], taken=taken)


def f_effects(pooled: LeastSquares, within: LeastSquares) -> Value:
    """F test that all effects are the same."""
    extra = pooled.df - within.df
    return Value((pooled.rss - within.rss) / extra / (within.rss / within.df), "F", extra, within.df)


def breusch_pagan(residuals: Array, region: Array) -> Value:
    """Lagrange multiplier test that region effects have no variance; panels may be unbalanced.

    ``LM = n^2 A^2 / (2 (sum_i T_i^2 - n))``, ``A = 1 - sum_i (sum_t e_it)^2 / sum e^2``.
    """
    sums = np.bincount(region, residuals)
    sizes = np.bincount(region)
    n = len(residuals)
    a = 1 - float((sums**2).sum() / (residuals**2).sum())
    return Value(n**2 * a**2 / (2 * (float((sizes.astype(float) ** 2).sum()) - n)), "chi2", 1)


def hausman(fixed: Array, random: Array, spread_fixed: Array, spread_random: Array) -> tuple[Value, bool]:
    """Hausman's contrast d'(V_F - V_R)^-1 d, and whether the difference of covariances is positive definite."""
    d = fixed - random
    difference = spread_fixed - spread_random
    scale = np.sqrt(np.diag(spread_fixed))
    scaled = difference / np.outer(scale, scale)
    spectrum = np.linalg.eigvalsh(scaled)
    if np.abs(spectrum).min() < 1e-14:  # the two estimates are the same in some direction
        return Value(np.nan, "chi2", len(d)), False
    proper = bool(spectrum.min() > 1e-10)
    statistic = float((d / scale) @ np.linalg.solve(scaled, d / scale))
    return Value(statistic if statistic >= 0 else np.nan, "chi2", len(d)), proper


def quasi_demeaned(values: Array, theta: Array, region: Array) -> Array:
    """Return (n, k) values less the share `theta`, (n,), of their region means."""
    return np.asarray(values - theta[:, None] * (values - demean(values, region)))


def auxiliary(y: Array, x: Array, varying: Array, theta: Array, region: Array) -> tuple[Value, Value]:
    """Hausman's test as an auxiliary regression, with classical and with cluster-robust covariance.

    Quasi-demeaned y on quasi-demeaned constant and x, and on what varies in x less region means, whose coefficients
    are 0 under random effects (Wooldridge 2010, section 10.7.3). The robust form holds when errors are heteroskedastic
    or correlated within regions, where the contrast does not.

    Parameters
    ----------
    y : (n,), x : (n, k)
        No constant.
    varying : (n, m)
        The columns of x that vary within regions and between them.
    theta : (n,)
        Share of the region mean that random effects take out of each row.
    """
    quasi = quasi_demeaned(np.column_stack([y, np.ones(len(y)), x]), theta, region)
    columns = np.column_stack([quasi[:, 1:], demean(varying, region)])
    fit = least_squares(quasi[:, 0], columns)
    k = varying.shape[1]
    tested = fit.coefficients[-k:]
    score = group_sums(columns * fit.residuals[:, None], region, int(region.max()) + 1)
    robust = fit.bread @ (score.T @ score) @ fit.bread
    plain, strict = (float(tested @ np.linalg.solve(v[-k:, -k:], tested)) for v in (fit.classic(), robust))
    return Value(plain, "chi2", k), Value(strict, "chi2", k)


def serial_correlation(y: Array, x: Array, region: Array, time: Array, *, null: float = -0.5) -> Value | None:
    """Wooldridge's test: residuals in differences follow each other with -0.5 when those in levels do not.

    The F is that of Stata's xtserial, for G clusters: with G / (G - 1) (n - 1) / (n - 2), and G - 1 degrees of freedom.
    plm's pwfdtest has neither, and rejects 11 % of true nulls at the 5 % level with ten regions.
    Returns None when there are too few consecutive differences.
    """
    order = np.lexsort((time, region))
    y, x, region, time = y[order], x[order], region[order], time[order]
    follows = (region[1:] == region[:-1]) & (time[1:] == time[:-1] + 1)
    if follows.sum() < x.shape[1] + 3:
        return None
    e = np.full(len(y), np.nan)
    one = np.ones((int(follows.sum()), 1))
    dx = (x[1:] - x[:-1])[follows]
    dx = np.column_stack([one, dx[:, adding(one, dx, x[1:][follows])]])
    e[1:][follows] = least_squares((y[1:] - y[:-1])[follows], dx).residuals
    pairs = follows & np.isfinite(e[1:]) & np.isfinite(e[:-1])
    groups = np.unique(region[1:][pairs], return_inverse=True)[1]
    if pairs.sum() < 5 or groups.max(initial=0) < 1:
        return None
    fit = least_squares(e[1:][pairs], np.column_stack([np.ones(int(pairs.sum())), e[:-1][pairs]]))
    count, rows = int(groups.max()) + 1, len(groups)
    score = group_sums(fit.x * fit.residuals[:, None], groups, count)
    spread = fit.bread @ (score.T @ score) @ fit.bread * (count / (count - 1) * (rows - 1) / (rows - 2))
    return Value(float((fit.coefficients[1] - null) ** 2 / spread[1, 1]), "F", 1, count - 1)


def cross_section_dependence(residuals: Array, region: Array, time: Array) -> Value | None:
    """Pesaran's CD: ``sqrt(2 / (N (N - 1))) sum_(i<j) sqrt(T_ij) rho_ij``; None unless the panel is complete."""
    regions, times = int(region.max()) + 1, int(time.max()) + 1
    if len(residuals) != regions * times or regions < 2 or times < 3:
        return None
    wide = np.empty((regions, times))
    wide[region, time] = residuals
    wide -= wide.mean(axis=1, keepdims=True)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    # The sum over pairs is that of the squared sum, less the N ones on the diagonal.
    pairs = (float((wide.sum(axis=0) ** 2).sum()) - regions) / 2
    return Value(float(np.sqrt(2 * times / (regions * (regions - 1))) * pairs), "normal")
