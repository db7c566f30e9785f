"""Maximum likelihood estimate of one panel with random region effects: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import IdentificationError
from spatial_region.panel._blocks import Array, Blocks
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._random_information import observed_information
from spatial_region.panel._random_likelihood import PARAMETERS, RandomLikelihood, State
from spatial_region.panel._random_moments import make_random_moments
from spatial_region.panel._random_predict import filter_errors, predict_effects, whiten
from spatial_region.panel._random_search import RandomOptimum, maximise_random
from spatial_region.panel._random_spread import make_error_weights
from spatial_region.panel.options import Parts

_LABELS = {"rho": "rho", "lam": "lambda", "psi": "psi", "phi": "phi"}


@dataclass(frozen=True)
class RandomEstimate:
    """What the data say about a model with random effects.

    Attributes
    ----------
    coefficients : (k,)
        Of the regressors and their lags.
    spatial : mapping of str to float
        rho, lambda, psi and phi, those that the model has, in this order. phi = sigma2_mu / sigma2.
    covariance : (k + p + 1, k + p + 1)
        Of coefficients, `spatial` and sigma2, from the inverse of the observed information of all of them. nan for phi
        where it is 0, as it has no standard error there; the other parameters' are then those of the model without it.
    gls_covariance : (k, k)
        Of the coefficients if `spatial` were known: what generalised least squares reports.
    loglik : float
    sigma2 : float
        Variance of the idiosyncratic innovations (those of the autoregression where there is one).
    sigma2_mu : float
        Variance of the region effects.
    theta : float
        1 - sqrt(sigma2 / (sigma2 + d sigma2_mu)) with d = 1'V^-1 1, which is T without psi: the share of a region's
        mean that generalised least squares takes off. With region effects outside a spatial error process that share
        differs along the eigenvectors of B B', and this is its value where B B' = I.
    innovations : (T, N)
        Disturbance less the predicted region effects, filtered by I - lambda W and by the autoregression.
    disturbance : (T, N)
        A y - Z b, with the region effects in it.
    region_effects : (N,)
        Best linear unbiased prediction of mu.
    region_disturbance : (N,)
        What mu adds to the disturbance of every period: mu itself, or (I - lambda W)^-1 mu where the region effects
        share the error process.
    size, df : int
        Observations, and those less the coefficients.
    at_bound : tuple of str
        Parameters (by the names in `spatial`) at an end of their interval. "phi" there means: phi = 0, no variance of
        the region effects is found, and the estimate is that of the model without them. "sigma2": no variance within
        regions is left.
    gradient : float
        Largest slope of the log-likelihood at an interior parameter, in units of one standard error; 0 at a maximum.
    optimum : RandomOptimum
        Place of the maximum, and a rival of nearly the same height if there is one.
    """

    coefficients: Array
    spatial: Mapping[str, float]
    covariance: Array
    gls_covariance: Array
    loglik: float
    sigma2: float
    sigma2_mu: float
    theta: float
    innovations: Array
    disturbance: Array
    region_effects: Array
    region_disturbance: Array
    size: int
    df: int
    at_bound: tuple[str, ...]
    gradient: float
    optimum: RandomOptimum


def estimate_random(
    blocks: Blocks,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    *,
    parts: Parts,
    components: str = "kkp",
    serial: bool = False,
    region_component: bool = True,
    w_error: sp.csr_array | None = None,
    determinant_error: LogDeterminant | None = None,
) -> RandomEstimate:
    """Fit one model.

    y_t = rho W y_t + Z_t b + u_t with u_t = (I - lambda W)^-1 (mu + v_t) for ``"kkp"``, mu + (I - lambda W)^-1 v_t for
    ``"bsk"``; v_t = psi v_{t-1} + e_t, stationary.

    Parameters
    ----------
    blocks : Blocks
        Made with ``effects="pooled"``.
    w : (N, N) or None
    determinant : LogDeterminant or None
        None when the model has neither rho nor lambda.
    parts : Parts
    components : {"kkp", "bsk"}
        Whether the region effects share the spatial error process (Kapoor, Kelejian and Prucha 2007) or stand outside
        it (Baltagi, Song and Koh 2003). The same without such a process.
    serial : bool
        Autoregression of first order in the idiosyncratic part (psi).
    region_component : bool
        Whether there are region effects at all (phi).
    w_error : (N, N) or None
        Weights of the error process, where they differ from `w`.
    determinant_error : LogDeterminant or None
        Needed with `w_error`.

    Raises
    ------
    IdentificationError
        If there are too few periods for the variances asked for.

    References
    ----------
    Baltagi, Song and Koh (2003), doi:10.1016/S0304-4076(03)00120-9. Kapoor, Kelejian and Prucha (2007),
    doi:10.1016/j.jeconom.2006.09.004. Baltagi, Song, Jung and Koh (2007), doi:10.1016/j.jeconom.2006.09.001.
    """
    _check_periods(blocks.y.shape[0], serial=serial, region_component=region_component)
    if w_error is None:
        w_error, determinant_error = w, determinant
    w_error = w_error if parts.error else None
    own = components == "bsk" and region_component and w_error is not None
    likelihood = RandomLikelihood(
        make_random_moments(blocks, w_error),
        determinant if parts.lag_y else None,
        determinant_error if parts.error else None,
        make_error_weights(w_error) if own and w_error is not None else None,
    )
    present = {"rho": parts.lag_y, "lam": parts.error, "psi": serial, "phi": region_component}
    names = tuple(name for name in PARAMETERS if present[name])
    best = maximise_random(likelihood, names)
    state = likelihood.state(best.point)
    return _report(blocks, likelihood, state, best, names, w_error)


def _check_periods(periods: int, *, serial: bool, region_component: bool) -> None:
    needed = 1 + serial + region_component
    if periods >= needed:
        return
    parts = (("random region effects", region_component), ("serial correlation", serial))
    wanted = " and ".join(name for name, has in parts if has)
    raise IdentificationError(
        f"the panel has {periods} period{'s' * (periods > 1)}; {wanted} need at least {needed}. "
        f"Use more periods, or effects='pooled'."
    )


def _report(
    blocks: Blocks,
    likelihood: RandomLikelihood,
    state: State,
    best: RandomOptimum,
    names: tuple[str, ...],
    w_error: sp.csr_array | None,
) -> RandomEstimate:
    moments, point = likelihood.moments, best.point
    c, ssr = likelihood.combination(state)
    scaled = ssr / likelihood.size
    covariance = _covariance(blocks, likelihood, state, c, scaled, names, "phi" in best.at_bound)
    slopes = np.linalg.solve(moments.triangle, -c[2:] * moments.scale)
    sigma2 = scaled * moments.scale**2
    back = _back(blocks, len(slopes) + len(names) + 1)[: len(slopes), : len(slopes)]
    inverse = np.linalg.inv(moments.triangle)
    given = back @ inverse @ np.linalg.inv(state.gram[2:, 2:]) @ inverse.T @ back.T * sigma2
    disturbance = blocks.y_within - point.rho * blocks.wy_within - blocks.z_within @ slopes
    effects, shift = predict_effects(likelihood, state, disturbance, w_error)
    return RandomEstimate(
        blocks.with_means(slopes, point.rho),
        {_LABELS[name]: getattr(point, name) for name in names},
        covariance,
        (given + given.T) / 2,
        best.loglik,
        sigma2,
        point.phi * sigma2,
        float(1 - 1 / np.sqrt(1 + point.phi * state.serial.length)),
        whiten(filter_errors(w_error, point.lam, disturbance - shift), point.psi),
        disturbance,
        effects,
        shift,
        likelihood.size,
        likelihood.size - len(slopes),
        tuple(_LABELS.get(name, name) for name in best.at_bound),
        _gradient(likelihood, state, c, scaled, covariance, names),
        best,
    )


def _covariance(
    blocks: Blocks,
    likelihood: RandomLikelihood,
    state: State,
    c: Array,
    sigma2: float,
    names: tuple[str, ...],
    no_effects: bool,
) -> Array:
    moments, k = likelihood.moments, len(c) - 2
    free = tuple(name for name in names if not (name == "phi" and no_effects))
    information = observed_information(likelihood, state, c, sigma2, free)
    # Parameters of very different size: one unit of each diagonal element conditions the matrix.
    size = np.sqrt(np.abs(np.diag(information)))
    try:
        inverse = np.linalg.inv(information / np.outer(size, size)) / np.outer(size, size)
    except np.linalg.LinAlgError:  # not identified; the front door refuses a covariance that is not finite
        inverse = np.full(information.shape, np.nan)
    change = _back(blocks, len(inverse), with_rho="rho" in free)
    units = np.eye(len(inverse))
    units[:k, :k] = moments.scale * np.linalg.inv(moments.triangle)
    units[-1, -1] = moments.scale**2
    full = change @ units @ inverse @ units.T @ change.T
    full = (full + full.T) / 2
    if len(free) == len(names):
        return full
    place = k + names.index("phi")
    return np.insert(np.insert(full, place, np.nan, axis=0), place, np.nan, axis=1)


def _back(blocks: Blocks, count: int, *, with_rho: bool = False) -> Array:
    """Return the derivative of all parameters in those of variables without means: only the intercept differs."""
    back = blocks.back_to_means(count)
    if blocks.intercept is not None and with_rho:
        back[blocks.intercept, blocks.z.shape[2]] = -(blocks.wy - blocks.wy_within).mean()
    return back


def _gradient(
    likelihood: RandomLikelihood, state: State, c: Array, sigma2: float, covariance: Array, names: tuple[str, ...]
) -> float:
    score = likelihood.score(state, c, sigma2)[[PARAMETERS.index(name) for name in names]]
    errors = np.sqrt(np.maximum(np.diag(covariance)[-1 - len(names) : -1], 0))
    # A parameter at its bound has no standard error, and its score need not be 0.
    return float(np.nanmax(np.abs(score * errors), initial=0.0))
