"""Marginal likelihood of spatial models: slopes and variance integrated exactly, rho or lambda numerically.

y = rho W y + Z b + e, or y = Z b + u with u = lambda W u + e, e ~ N(0, sigma2 I), and the priors

- 1 / sigma2 for the variance;
- uniform for rho or lambda on the interval where the model exists;
- for the slopes either flat (`diffuse`), or Zellner's N(0, g sigma2 (Z'Z)^-1) with g = max(M, k^2) (`zellner`), Z
  without its means and filtered by I - lambda W in error models; the intercept is flat in both.

With M observations, k slopes and S(r) the sum of squared residuals of the least squares at rho or lambda r,

- diffuse: m = Gamma(v/2) pi^(-v/2) int p(r) |A(r)|^tau |Z(r)'Z(r)|^(-1/2) S(r)^(-v/2) dr, v = M - k with the intercept
  among the k;
- zellner: the same with (1 + g)^(-k/2) in place of the determinant of the slopes, v = M less the intercept, and
  (S_0 + g S) / (1 + g) in place of S, where S_0 is the sum of squares without slopes.

Fixed effects are transformed away first (Lee & Yu 2010), so that they need no prior.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, logsumexp

from spatial_region.panel._blocks import Array, make_blocks
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._likelihood import Likelihood
from spatial_region.panel._moments import make_moments
from spatial_region.panel.options import Parts

# What lies this many units of log-likelihood below the top is no part of the integral in double precision.
_NEGLIGIBLE = 45.0
_NODES = 40
# Share of the interval at its ends, where the log-determinant goes to minus infinity.
_MARGIN = 1e-8
_HALVINGS = 50


@dataclass(frozen=True)
class Marginal:
    """Log marginal likelihood, and the posterior of the spatial parameter that it passes by.

    Attributes
    ----------
    log_marginal : float
    mean, std : float
        Posterior mean and standard deviation of rho or lambda; NaN without one.
    """

    log_marginal: float
    mean: float
    std: float


def evidence(
    y: Array,
    x: Array,
    w: sp.csr_array,
    *,
    parts: Parts,
    lagged: list[int],
    effects: str,
    intercept: int | None,
    prior: str,
) -> Marginal:
    """Return the log marginal likelihood of one model, effects transformed away.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    w : (N, N)
        With time effects and a spatial term, rows must sum to 1.
    parts : Parts
        At most one of rho and lambda.
    lagged : list of int
        Columns of `x` whose lags are regressors.
    effects : {"pooled", "region", "time", "twoway"}
    intercept : int or None
        Column of `x` that is 1 everywhere.
    prior : {"diffuse", "zellner"}
    """
    blocks = make_blocks(y, x, w, lagged=lagged, effects=effects, intercept=intercept)
    determinant = None if parts.is_linear else make_determinant(w, "auto")
    moments = make_moments(blocks, w, filters_error=parts.error, effects=effects)
    periods, regions = y.shape
    tau = periods - int(effects in ("region", "twoway"))
    rows = regions - int(effects in ("time", "twoway"))
    likelihood = Likelihood(moments, determinant, rows * tau, tau, rows < regions)
    return log_marginal(likelihood, is_error=parts.error, intercept=intercept, prior=prior)


def log_marginal(likelihood: Likelihood, *, is_error: bool, intercept: int | None, prior: str) -> Marginal:
    """Integrate the likelihood of a model with at most one spatial parameter.

    Parameters
    ----------
    likelihood : Likelihood
        ``determinant`` is None when there is no spatial parameter.
    is_error : bool
        Whether the parameter is lambda, not rho.
    intercept : int or None
        Place of the intercept among the regressors.
    prior : {"diffuse", "zellner"}
    """
    kernel = _kernel(likelihood, is_error=is_error, intercept=intercept, prior=prior)
    determinant = likelihood.determinant
    if determinant is None:
        return Marginal(kernel(0.0), np.nan, np.nan)
    width = determinant.high - determinant.low
    low, high = determinant.low + _MARGIN * width, determinant.high - _MARGIN * width
    count = 61 if determinant.kind == "eigenvalues" else 25
    integral, mean, std = integrate(kernel, np.linspace(low, high, count))
    return Marginal(float(integral - np.log(width)), mean, std)


def _kernel(likelihood: Likelihood, *, is_error: bool, intercept: int | None, prior: str) -> Callable[[float], float]:
    """Return the log of what is to be integrated over rho or lambda."""
    moments = likelihood.moments
    k = len(moments.triangle)
    slopes = k - (intercept is not None)
    size = likelihood.size
    log_lengths = 2 * float(np.log(np.abs(np.diag(moments.triangle))).sum())
    g = float(max(size, slopes**2))
    v = size - k if prior == "diffuse" else size - (intercept is not None)
    constant = float(gammaln(v / 2)) - v / 2 * float(np.log(np.pi)) - v * float(np.log(moments.scale))

    def value(r: float) -> float:
        gram = moments.filtered(r if is_error else 0.0)[0]
        pair = np.array([1.0, 0.0 if is_error else -r])
        ssr, log_det = _least_squares(gram, pair, np.arange(k))
        result = constant + _volume(likelihood, r)
        if prior == "diffuse":
            return result - 0.5 * (log_det + log_lengths) - v / 2 * float(np.log(ssr))
        if intercept is not None:
            # The intercept's column is a known combination of the orthonormal ones.
            gram = _with_column(gram, moments.triangle[:, intercept])
        total, spread = _least_squares(gram, pair, np.arange(intercept is not None))
        shrunk = (total + g * ssr) / (1 + g)
        return result - 0.5 * (spread + slopes * float(np.log1p(g))) - v / 2 * float(np.log(shrunk))

    return value


def _with_column(gram: Array, combination: Array) -> Array:
    """Return the Gram matrix of y, W y and one combination of the regressors."""
    keep = np.zeros((len(gram), 3))
    keep[0, 0] = keep[1, 1] = 1.0
    keep[2:, 2] = combination
    return keep.T @ gram @ keep


def _volume(likelihood: Likelihood, r: float) -> float:
    """Return the log-determinant of the model at rho or lambda `r`, for all periods of the likelihood."""
    if likelihood.determinant is None or r == 0:
        return 0.0
    value = likelihood.determinant.value(r)
    return likelihood.periods * float(value - np.log1p(-r) if likelihood.without_unit_root else value)


def _least_squares(gram: Array, pair: Array, columns: NDArray[np.intp]) -> tuple[float, float]:
    """Return the sum of squared residuals of y - rho W y on some regressors, and the log-determinant of their Gram.

    `pair` holds 1 and -rho.
    """
    response = float(pair @ gram[:2, :2] @ pair)
    if len(columns) == 0:
        return response, 0.0
    inner = gram[np.ix_(2 + columns, 2 + columns)]
    cross = gram[2 + columns, :2] @ pair
    return response - float(cross @ np.linalg.solve(inner, cross)), float(np.linalg.slogdet(inner)[1])


def integrate(kernel: Callable[[float], float], grid: Array) -> tuple[float, float, float]:
    """Return the log of the integral of exp(kernel), and the mean and standard deviation of that density.

    The range where the integrand is not negligible is found first; Gauss-Legendre nodes on either side of its top
    then see a smooth function. A grid alone would miss the narrow top of a large sample.
    """
    values = np.array([kernel(float(x)) for x in grid])
    best = int(np.argmax(values))
    around = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    # The top need only be known well enough to split the range there.
    found = minimize_scalar(lambda x: -kernel(float(x)), bounds=around, method="bounded", options={"xatol": 1e-7})
    top, height = float(found.x), -float(found.fun)
    floor = height - _NEGLIGIBLE
    above = np.flatnonzero(values > floor)
    first, last = (above[0], above[-1]) if len(above) else (best, best)
    left = _edge(kernel, floor, min(top, float(grid[first])), float(grid[max(first - 1, 0)]))
    right = _edge(kernel, floor, max(top, float(grid[last])), float(grid[min(last + 1, len(grid) - 1)]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    ends = [left, (left + top) / 2, top, (top + right) / 2, right]
    half = np.diff(ends) / 2
    points = np.concatenate([a + h * (nodes + 1) for a, h in zip(ends[:-1], half, strict=True)])
    masses = np.concatenate([h * weights for h in half])
    logs = np.array([kernel(float(x)) for x in points])
    integral = float(logsumexp(logs, b=masses))
    density = masses * np.exp(logs - integral)
    mean = float(density @ points)
    return integral, mean, float(np.sqrt(density @ (points - mean) ** 2))


def _edge(kernel: Callable[[float], float], floor: float, inside: float, outside: float) -> float:
    """Return where the integrand falls to `floor` between a point above and one that may be below it."""
    if inside == outside or kernel(outside) > floor:
        return outside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if kernel(middle) > floor else (inside, middle)
        if abs(outside - inside) < 1e-3 * abs(outside):
            break
    return outside
