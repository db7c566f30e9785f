"""Augmented Dickey-Fuller regressions of many series at once, the choice of their lags, and long-run variances.

Series are rows of an array. Every regression is by QR on columns of unit length, so that units and large levels do not
matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Trend = Literal["none", "constant", "trend"]
Rule = Literal["aic", "sic", "hall"]

TERMS: dict[str, int] = {"none": 0, "constant": 1, "trend": 2}
# A column that adds less than this share of its length to those before it adds rounding.
_NEW = 1e-10
# Two-sided normal value at which a last lag is kept (Hall 1994).
_HALL = 1.96


@dataclass(frozen=True)
class Regression:
    """Least squares of each series: the first coefficient is that of the level before.

    Attributes
    ----------
    coefficient, error, tau : (n,)
        Of the level before, its standard error, and their ratio.
    sigma2 : (n,)
        Variance of the residuals, by the divisor asked for.
    rss : (n,)
    last : (n,)
        t ratio of the last lag; of the level before when there is no lag.
    residuals : (n, rows)
    rows, columns : int
    singular : (n,) of bool
        Series whose columns are combinations of each other, or which the regression fits without residual.
    """

    coefficient: Array
    error: Array
    tau: Array
    sigma2: Array
    rss: Array
    last: Array
    residuals: Array
    rows: int
    columns: int
    singular: NDArray[np.bool_]


def deterministic(rows: int, trend: str) -> Array:
    """Return the constant and the centred trend, as columns."""
    place = np.arange(rows) - (rows - 1) / 2
    return np.column_stack([np.ones(rows), place])[:, : TERMS[trend]]


def adf(series: Array, lags: int, trend: str, *, corrected: bool, skip: int | None = None) -> Regression:
    """Regress the change on the level before, `lags` changes before and the terms of `trend`.

    Parameters
    ----------
    series : (n, T)
    lags : int
    trend : {"none", "constant", "trend"}
    corrected : bool
        Whether the variance is the sum of squares over rows less columns, or over rows.
    skip : int, optional
        Changes left out at the start; `lags` by default, more to compare numbers of lags on the same rows.
    """
    skip = lags if skip is None else skip
    level, changes, target = _parts(series, lags, skip)
    terms = np.broadcast_to(deterministic(target.shape[1], trend), (*target.shape, TERMS[trend]))
    return _least_squares(np.concatenate([level[:, :, None], changes, terms], axis=2), target, lags, corrected)


def _parts(series: Array, lags: int, skip: int) -> tuple[Array, Array, Array]:
    """Return the level before (n, rows), the changes before (n, rows, lags) and the change (n, rows)."""
    change = np.diff(series, axis=1)
    last = change.shape[1]
    before = [change[:, skip - lag : last - lag] for lag in range(1, lags + 1)]
    stacked = np.stack(before, axis=2) if before else np.empty((len(series), last - skip, 0))
    return series[:, skip:last], stacked, change[:, skip:]


def _least_squares(design: Array, target: Array, lags: int, corrected: bool) -> Regression:
    n, rows, columns = design.shape
    length = np.sqrt((design**2).sum(axis=1))
    scale = np.where(length > 0, length, 1.0)
    q, r = np.linalg.qr(design / scale[:, None, :])
    own = np.abs(np.diagonal(r, axis1=1, axis2=2))
    dependent = (own < _NEW).any(axis=1)
    r = np.where(dependent[:, None, None], np.eye(columns), r)  # marked: its numbers are not used
    inverse = np.linalg.solve(r, np.broadcast_to(np.eye(columns), (n, columns, columns)))
    projected = np.einsum("nrk,nr->nk", q, target)
    beta = np.einsum("nkj,nj->nk", inverse, projected) / scale
    residuals = target - np.einsum("nrk,nk->nr", q, projected)
    rss = (residuals**2).sum(axis=1)
    singular = dependent | (rss <= 1e-20 * (target**2).sum(axis=1)) | ~(rss > 0)
    sigma2 = rss / (rows - columns if corrected else rows)
    errors = np.sqrt(sigma2[:, None] * (inverse**2).sum(axis=2)) / scale
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = beta / errors
    return Regression(
        beta[:, 0], errors[:, 0], ratio[:, 0], sigma2, rss, ratio[:, lags], residuals, rows, columns, singular
    )


def partial_out(series: Array, lags: int, trend: str) -> tuple[Array, Array]:
    """Return the change and the level before, each without what changes before and the terms of `trend` explain."""
    level, changes, target = _parts(series, lags, lags)
    terms = np.broadcast_to(deterministic(target.shape[1], trend), (*target.shape, TERMS[trend]))
    design = np.concatenate([changes, terms], axis=2)
    if design.shape[2] == 0:
        return target, level
    scale = np.sqrt((design**2).sum(axis=1))
    q, _ = np.linalg.qr(design / np.where(scale > 0, scale, 1.0)[:, None, :])
    return tuple(y - np.einsum("nrk,nk->nr", q, np.einsum("nrk,nr->nk", q, y)) for y in (target, level))


def choose_lags(series: Array, rule: Rule, trend: str, most: int, *, corrected: bool) -> Whole:
    """Return the number of lags of each series, from 0 to `most`, compared on the same rows.

    ``aic`` and ``sic`` minimise log(RSS / m) + K c / m with c = 2 or log m, m rows and K columns; the longer wins a
    tie. ``hall`` goes down from `most` until the last lag has a t ratio of at least 1.96 (Hall 1994).
    """
    tried = [adf(series, lags, trend, corrected=corrected, skip=most) for lags in range(most + 1)]
    if rule == "hall":
        chosen = np.zeros(len(series), dtype=np.int64)
        for lags in range(1, most + 1):
            chosen[np.abs(tried[lags].last) >= _HALL] = lags
        return chosen
    rows = tried[0].rows
    price = 2.0 if rule == "aic" else float(np.log(rows))
    with np.errstate(divide="ignore"):
        values = np.stack([np.log(fit.rss / rows) + fit.columns * price / rows for fit in reversed(tried)])
    return most - values.argmin(axis=0)


def bartlett_sum(series: Array, bandwidth: int) -> Array:
    """Return sum over j = 1 ... bandwidth of (1 - j / (bandwidth + 1)) sum_t x_t x_t-j, for each series."""
    total = np.zeros(len(series))
    for lag in range(1, min(bandwidth, series.shape[1] - 1) + 1):
        weight = 1 - lag / (bandwidth + 1)
        total += weight * (series[:, lag:] * series[:, :-lag]).sum(axis=1)
    return total


def long_run_variance(series: Array, bandwidth: int) -> Array:
    """Return the Bartlett long-run variance of each series, which is not centred here, divided by its length."""
    return ((series**2).sum(axis=1) + 2 * bartlett_sum(series, bandwidth)) / series.shape[1]
