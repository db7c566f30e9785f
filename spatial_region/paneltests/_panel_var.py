"""Vector autoregressions of panels. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.errors import IdentificationError
from spatial_region.paneltests._within import demean, group_sums

Array = np.ndarray
# Below this share of the largest singular value a direction of the regressors is rounding.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Rows:
    """Explained rows, less their effects.

    Attributes
    ----------
    y : (n, K)
    x : (n, K p)
        Lags 1 of all variables, lags 2, and so on.
    z : (n, K p)
        Instruments: x itself, or untransformed lags.
    region : (n,)
        Codes.
    effects : int
        Degrees of freedom that effects took and that rows still count.
    lost : int
        Of them those that clusters of regions do not bear.
    """

    y: Array
    x: Array
    z: Array
    region: Array
    effects: int
    lost: int


@dataclass(frozen=True)
class VectorFit:
    """Coefficients by (regressor, equation), their covariance, and that of the errors.

    Attributes
    ----------
    coefficients : (K p, K)
    covariance : (K K p, K K p)
        Equation by equation; clusters are regions.
    sigma : (K, K)
    residuals : (n, K)
    """

    coefficients: Array
    covariance: Array
    sigma: Array
    residuals: Array


def make_rows(values: Array, lags: int, *, first: int, by_region: bool, by_time: bool, forward: bool) -> Rows:
    """Lag, and take effects out by means, or (`forward`) by Helmert's transformation.

    Forward deviations subtract from each row of a region the mean of its later ones, times sqrt(m / (m + 1)) for m of
    these; earlier levels remain valid instruments (Arellano and Bover 1995). Means of times are taken out beforehand.

    Parameters
    ----------
    values : (N, T, K)
        NaN where missing.
    first : int
        First time that is explained.
    """
    if by_time and forward:
        present = np.maximum(np.isfinite(values).sum(axis=0), 1)
        values = values - np.nansum(values, axis=0) / present
    regions, times, k = values.shape
    now = values[:, first:]
    lagged = np.concatenate([values[:, first - lag : times - lag] for lag in range(1, lags + 1)], axis=2)
    complete = np.isfinite(now).all(axis=2) & np.isfinite(lagged).all(axis=2)
    place = np.broadcast_to(np.arange(regions)[:, None], complete.shape)[complete]
    region = np.unique(place, return_inverse=True)[1]
    time = np.broadcast_to(np.arange(times - first), complete.shape)[complete]
    stacked = np.column_stack([now[complete], lagged[complete]])
    if not forward:
        time = np.unique(time, return_inverse=True)[1]
        left = demean(stacked, region if by_region else None, time if by_time else None)
        if not (by_region or by_time):
            left = stacked - stacked.mean(axis=0)
        counts = (int(region.max()) + 1 if by_region else 0), (int(time.max()) + 1 if by_time else 0)
        taken = counts[0] + counts[1] - (1 if by_region and by_time else 0)
        lost = max(counts[1], 1)
        return Rows(left[:, :k], left[:, k:], left[:, k:], region, max(taken, 1), lost)
    moved, kept = _forward(stacked, region)
    again = np.unique(region[kept], return_inverse=True)[1]
    return Rows(moved[:, :k], moved[:, k:], stacked[kept, k:], again, 0, 0)


def _forward(stacked: Array, region: Array) -> tuple[Array, Array]:
    """Return forward deviations of rows sorted by region, and which rows have some."""
    ends = np.searchsorted(region, region, side="right")
    total = np.vstack([np.zeros(stacked.shape[1]), stacked.cumsum(axis=0)])
    places = np.arange(len(stacked))
    later = ends - places - 1
    kept = later > 0
    m = later[kept][:, None]
    mean = (total[ends[kept]] - total[places[kept] + 1]) / m
    return np.sqrt(m / (m + 1)) * (stacked[kept] - mean), np.flatnonzero(kept)


def fit_rows(rows: Rows) -> VectorFit:
    """Estimate all equations; with as many instruments as regressors, ``A = (Z'X)^-1 Z'Y``.

    Raises
    ------
    IdentificationError
        If no degree of freedom is left, or lags are combinations of each other.
    """
    n, slopes = rows.x.shape
    df = n - slopes - rows.effects
    regions = int(rows.region.max()) + 1 if n else 0
    if df < 1 or regions < 2:
        raise IdentificationError(
            f"{n} rows of {regions} regions cannot identify {slopes} coefficients an equation and {rows.effects} "
            f"effects; use fewer lags or variables."
        )
    scale_z, scale_x = np.linalg.norm(rows.z, axis=0), np.linalg.norm(rows.x, axis=0)
    singular = np.linalg.svd(rows.x / np.where(scale_x > 0, scale_x, 1), compute_uv=False)
    if (scale_x == 0).any() or singular.min() < _NOTHING * singular.max():
        raise IdentificationError("lags of a variable are constant within the effects, or combinations of others.")
    cross = (rows.z / scale_z).T @ (rows.x / scale_x)
    inverse = np.linalg.inv(cross) / scale_x[:, None] / scale_z
    coefficients = inverse @ (rows.z.T @ rows.y)
    residuals = rows.y - rows.x @ coefficients
    influence = rows.z @ inverse.T  # (n, Kp): what each row does to the coefficients, times its residual
    by_region = np.column_stack([group_sums(influence * e[:, None], rows.region, regions) for e in residuals.T])
    factor = regions / (regions - 1) * (n - 1) / (n - slopes - rows.lost)
    return VectorFit(coefficients, factor * by_region.T @ by_region, residuals.T @ residuals / df, residuals)


def criteria(rows: Rows, fit: VectorFit) -> tuple[float, float, float]:
    """Return AIC, BIC and HQIC: ``log |E'E / n| + c K^2 p / n`` with c = 2, log n and 2 log log n."""
    n = len(rows.y)
    base = float(np.linalg.slogdet(fit.residuals.T @ fit.residuals / n)[1])
    count = fit.coefficients.size
    return base + 2 * count / n, base + np.log(n) * count / n, base + 2 * np.log(np.log(n)) * count / n


def wald(tested: Array, spread: Array) -> float:
    """Return the Wald statistic of coefficients; NaN where clusters are too few for a covariance of full rank."""
    scale = np.sqrt(np.diag(spread))
    scaled = spread / np.outer(scale, scale)
    if np.linalg.eigvalsh(scaled).min() < _NOTHING:
        return float("nan")
    return float((tested / scale) @ np.linalg.solve(scaled, tested / scale))


def companion(coefficients: Array) -> Array:
    """Return the (K p, K p) matrix that carries p lags of K variables one time forward."""
    size, k = coefficients.shape
    matrix = np.zeros((size, size))
    matrix[:k] = coefficients.T
    matrix[k:, :-k] = np.eye(size - k)
    return matrix


def responses(coefficients: Array, sigma: Array, horizon: int) -> Array:
    """Return (horizon + 1, K response, K impulse) orthogonalised responses, in the order of the variables."""
    size, k = coefficients.shape
    scale = np.sqrt(np.diag(sigma))
    root = np.linalg.cholesky(sigma / np.outer(scale, scale)) * scale[:, None]
    found = np.empty((horizon + 1, k, k))
    matrix, power = companion(coefficients), np.eye(size)
    for step in range(horizon + 1):
        found[step] = power[:k, :k] @ root
        power = matrix @ power
    return found


def shares(found: Array) -> Array:
    """Return (horizon + 1, K, K) shares of each response's forecast variance that each impulse has made until then."""
    made = (found**2).cumsum(axis=0)
    return made / made.sum(axis=2, keepdims=True)


def bootstrap_responses(rows: Rows, horizon: int, generator: np.random.Generator, draws: int) -> Array:
    """Return (draws, horizon + 1, K, K) responses in samples of whole regions, drawn with replacement.

    Effects are those of the panel; cross-products of regions are added, so that no row is touched twice.
    """
    regions, k, slopes = int(rows.region.max()) + 1, rows.y.shape[1], rows.x.shape[1]
    df = len(rows.y) - slopes - rows.effects

    def products(left: Array, right: Array) -> Array:
        each = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
        return group_sums(each, rows.region, regions)

    pieces = [products(rows.z, rows.x), products(rows.z, rows.y), products(rows.x, rows.x)]
    pieces += [products(rows.x, rows.y), products(rows.y, rows.y)]
    shapes = [(slopes, slopes), (slopes, k), (slopes, slopes), (slopes, k), (k, k)]
    found = np.empty((draws, horizon + 1, k, k))
    for draw in range(draws):
        count = np.bincount(generator.integers(regions, size=regions), minlength=regions)
        zx, zy, xx, xy, yy = ((count @ piece).reshape(shape) for piece, shape in zip(pieces, shapes, strict=True))
        a = np.linalg.solve(zx, zy)
        errors = yy - a.T @ xy - xy.T @ a + a.T @ xx @ a
        found[draw] = responses(a, errors / df, horizon)
    return found
