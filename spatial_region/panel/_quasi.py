"""Covariance of the quasi-maximum likelihood estimate: errors independent and alike, but not normal."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, remove_effects, spatial_lag
from spatial_region.panel._diagonals import multiplier_diagonals
from spatial_region.panel._information import Filter, Residuals, covariance, inverse_apply
from spatial_region.panel._likelihood import Likelihood


def quasi_covariance(
    likelihood: Likelihood,
    blocks: Blocks,
    w: sp.csr_array,
    residuals: Residuals,
    error_filter: Filter,
    *,
    rho: float,
    sigma2: float,
    lag_y: bool,
    effects: str,
) -> Array:
    """Return C + C Omega C, with C the inverse expected information and Omega what moments beyond normal ones add.

    The score is linear and quadratic in the errors: for each parameter, sum b_it e_it + sum A_ij e_it e_jt. Its
    covariance is the information plus

        Omega = (mu4 - 3 sigma^4) sum a a' + mu3 sum (b a' + a b'),   with a the diagonal of A

    (Lee 2004; for panels Yu, de Jong & Lee 2008): the diagonals of G for rho and of H for lambda, and 1/2 for sigma2.
    Region effects make b sum to zero over time while a is the same at all times, so that skewness drops out. Slopes of
    sem and sdem are not affected unless the errors are skewed. For errors of unequal variance the likelihood itself is
    inconsistent, and no covariance helps.

    Parameters and layout are those of `spatial_region.panel._information.covariance`, whose place it can take.

    References
    ----------
    Lee (2004), doi:10.1111/j.1468-0262.2004.00558.x. Yu, de Jong and Lee (2008), doi:10.1016/j.jeconom.2008.08.002.
    """
    spread = covariance(
        likelihood, blocks, w, residuals, error_filter, rho=rho, sigma2=sigma2, lag_y=lag_y, effects=effects
    )
    skewness, kurtosis = error_cumulants(residuals.innovations, error_filter, effects=effects)
    extra = extra_information(
        likelihood, blocks, w, residuals, error_filter,
        rho=rho, sigma2=sigma2, lag_y=lag_y, effects=effects, skewness=skewness, kurtosis=kurtosis,
    )  # fmt: skip
    full = spread + spread @ extra @ spread
    return (full + full.T) / 2


def error_cumulants(innovations: Array, error_filter: Filter, *, effects: str) -> tuple[float, float]:
    """Return skewness mu3 / sigma^3 and excess kurtosis mu4 / sigma^4 - 3 of the errors, from residuals.

    Residuals are F e, F the removal of effects: their third moment is mu3 times the sum of the cubes of a row of F,
    their fourth cumulant that of e times the sum of fourth powers. The sums of these undo what the effects take away,
    which is half and more in short panels. Skewness is 0 under region effects, where it is not needed, and with two
    periods not to be seen.
    """
    periods, regions = innovations.shape
    in_time = effects in ("region", "twoway")
    along_time = np.full(periods, periods**-0.5) if in_time else np.zeros(periods)
    along_space = _direction(error_filter, regions) if effects in ("time", "twoway") else np.zeros(regions)
    second, third, fourth, squares = (
        np.array(_power_sums(along_time)) * np.array(_power_sums(along_space))
    ).tolist()  # fmt: skip
    e = innovations / np.sqrt((innovations**2).sum() / second)
    seen = not in_time and third > 1e-6 * second  # two regions differ symmetrically, like two periods
    skewness = float((e**3).sum() / third) if seen else 0.0
    kurtosis = float(((e**4).sum() - 3 * squares) / fourth)
    # No distribution has less; the correction can overshoot in a tiny sample.
    return skewness, max(kurtosis, skewness**2 - 2)


def extra_information(
    likelihood: Likelihood,
    blocks: Blocks,
    w: sp.csr_array,
    residuals: Residuals,
    error_filter: Filter,
    *,
    rho: float,
    sigma2: float,
    lag_y: bool,
    effects: str,
    skewness: float,
    kurtosis: float,
) -> Array:
    """Return Omega, in the layout of the covariance."""
    k = blocks.z.shape[2]
    values = [*([rho] if lag_y else []), *([error_filter.lam] if error_filter.w is not None else [])]
    first, second = _quadratic_parts(likelihood, w, residuals, values, effects=effects)
    count = k + len(values) + 1
    omega = np.zeros((count, count))
    products = first.T @ second
    periods = blocks.y.shape[0]
    omega[k:, k:] = kurtosis * periods * (products + products.T) / 2
    if skewness != 0.0:
        linear = _linear_parts(likelihood, blocks, w, residuals, error_filter, rho=rho, lag_y=lag_y, effects=effects)
        cross = linear.sum(axis=0).T @ ((first + second) / 2) / np.sqrt(sigma2)  # (k or k + 1, count - k)
        omega[: len(cross), k:] += skewness * cross
        omega[k:, : len(cross)] += skewness * cross.T
    # Slopes and sigma2 from units of sigma and of itself to their own.
    scale = np.ones(count)
    scale[-1] = 1 / sigma2
    omega *= np.outer(scale, scale)
    change = np.eye(count)
    change[:k, :k] = likelihood.moments.triangle
    return change.T @ omega @ change


def _quadratic_parts(
    likelihood: Likelihood, w: sp.csr_array, residuals: Residuals, values: list[float], *, effects: str
) -> tuple[Array, Array]:
    """Return two independent estimates of a, (N, parameters from rho on): those of one period, and of any.

    The dummy-variable likelihood has effects among its parameters, and a is the diagonal of G itself. Lee and Yu's has
    not: the errors enter as F e, and a is the diagonal of F'GF.
    """
    periods, regions = residuals.innovations.shape
    key = residuals.innovations.sum(axis=0) + residuals.innovations[0]
    columns = [multiplier_diagonals(w, value, key) for value in values]
    pair = [np.column_stack([*(both[place] for both in columns), np.full(regions, 0.5)]) for place in (0, 1)]
    if likelihood.without_unit_root:
        # G 1 = 1 / (1 - rho): from the diagonal of (I - 11'/N) G (I - 11'/N) the column sums of G go off.
        off = np.column_stack(
            [*(_column_sums(w, value) / regions for value in values), np.full(regions, 0.5 / regions)]
        )
        pair = [part - off for part in pair]
    share = likelihood.periods / periods  # 1 - 1 / T, or 1
    return share * pair[0], share * pair[1]


def _linear_parts(
    likelihood: Likelihood,
    blocks: Blocks,
    w: sp.csr_array,
    residuals: Residuals,
    error_filter: Filter,
    *,
    rho: float,
    lag_y: bool,
    effects: str,
) -> Array:
    """Return b in units of 1 / sigma^2, (T, N, k) for the orthonormal regressors and one more for rho."""
    parts = likelihood.moments.basis
    if lag_y:
        mean = blocks.y - rho * blocks.wy - residuals.disturbance
        pushed = spatial_lag(w, inverse_apply(w, rho, mean)[:, :, None])
        parts = np.concatenate([parts, remove_effects(pushed, effects)], axis=2)
    return error_filter.apply(parts)


def _column_sums(w: sp.csr_array, value: float) -> Array:
    transposed = sp.csr_array(w.T)
    return inverse_apply(transposed, value, spatial_lag(transposed, np.ones((1, w.shape[0], 1)))[:, :, 0])[0]


def _direction(error_filter: Filter, regions: int) -> Array:
    """Return the unit vector that the removal of period effects projects out."""
    direction = np.ones(regions)
    if error_filter.w is not None:
        direction = direction - error_filter.lam * (error_filter.w @ direction)
    return direction / np.linalg.norm(direction)


def _power_sums(d: Array) -> tuple[float, float, float, float]:
    """Return, for F = I - d d', the trace, the sums of third and of fourth powers, and that of squared diagonals."""
    own = 1 - d**2
    third = (own**3).sum() - (d**3).sum() ** 2 + (d**6).sum()
    fourth = (own**4).sum() + (d**4).sum() ** 2 - (d**8).sum()
    return float(own.sum()), float(third), float(fourth), float((own**2).sum())
