"""Generalised method of moments for spatial regression: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse as sp

from spatial_region.core.options import check_option
from spatial_region.errors import InputError, OptionError
from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._gmm_diagnostics import (
    FirstStage,
    Overidentification,
    anselin_kelejian,
    first_stage,
    overidentification,
)
from spatial_region.panel._gmm_equation import (
    Equation,
    both_parts,
    filtered,
    make_equation,
    quasi_demeaned,
    within,
    without_filtered_dummies,
)
from spatial_region.panel._gmm_joint import (
    joint_covariance,
    make_influence,
    make_quadratic,
    moment_covariance,
)
from spatial_region.panel._gmm_moments import kelejian_prucha, make_space, moment_variance, solve_moments
from spatial_region.panel._gmm_random import (
    Components,
    RandomMoments,
    kapoor_kelejian_prucha,
    predicted_effects,
    swamy_arora,
)
from spatial_region.panel._gmm_tsls import TwoStage
from spatial_region.panel._information import Filter, inverse_apply
from spatial_region.panel._lm_value import TestValue
from spatial_region.panel.options import Parts

MomentKind = Literal["auto", "initial", "weights", "fullweights", "hom", "het"]
RandomInstruments = Literal["g2sls", "ec2sls"]


@dataclass(frozen=True)
class GmmEstimate:
    """What the moments say.

    Attributes
    ----------
    coefficients : (k,)
        Of the exogenous regressors and their lags.
    endogenous : (e,)
        Of the endogenous regressors other than lags of the response.
    spatial : dict of str to float
        "rho", or "rho_1", "rho_2", ... with several weights; then "lambda".
    covariance : (m, m)
        Of coefficients, endogenous, rhos and lambda, in this order. The row of lambda is nan where the moments give
        its value but no variance ("initial", "weights", "fullweights").
    sigma2 : float
        Variance of the innovations: sum of squared residuals of the last step, by degrees of freedom.
    sigma2_moments : float
        The same from the moments of the error process or the components; nan without either.
    sigma2_1, sigma2_mu, theta : float
        Of random effects: sigma2 + T sigma2_mu, variance of the effects, share of the means taken off; nan without.
    innovations, disturbance : (T, N)
        v, and u = (I - lambda W)^-1 v without fixed effects; with random ones u = (I - lambda W)^-1 (mu + v).
    effects : (T, N)
        Fixed effects, or the best predictor of (I - lambda W)^-1 mu.
    size, lost, df_residual : int
        Observations, fixed effects removed, and observations less these and all slopes.
    first_stage : FirstStage or None
    overidentification : Overidentification or None
    residual_correlation : TestValue or None
        Anselin and Kelejian's test, for models without an error process of their own.
    projected : (T, N, m), residuals : (T, N), inverse : (m, m)
        Last step, for the sandwich: P_H Z, y - Z b, and (Z'P_H Z)^-1, all filtered and without effects.
    moments : str
        Moments of lambda that were used; "none" without an error process.
    """

    coefficients: Array
    endogenous: Array
    spatial: dict[str, float]
    covariance: Array
    sigma2: float
    sigma2_moments: float
    sigma2_1: float
    sigma2_mu: float
    theta: float
    innovations: Array
    disturbance: Array
    effects: Array
    size: int
    lost: int
    df_residual: int
    first_stage: FirstStage | None
    overidentification: Overidentification | None
    residual_correlation: TestValue | None
    projected: Array
    residuals: Array
    inverse: Array
    moments: str


@dataclass(frozen=True)
class _Last:
    """The last step: its two-stage least squares, lambda, and what came with it."""

    fit: TwoStage
    lam: float
    sigma2_moments: float
    covariance: Array | None
    components: Components | None


def estimate_gmm(
    y: Array,
    z: Array,
    weights: Sequence[sp.csr_array],
    *,
    parts: Parts,
    effects: str,
    error: sp.csr_array | None = None,
    interval: tuple[float, float] | None = None,
    endogenous: Array | None = None,
    outside: Array | None = None,
    lag_outside: bool = False,
    orders: int = 2,
    moments: MomentKind = "auto",
    combine: RandomInstruments = "g2sls",
    small_sample: bool = True,
) -> GmmEstimate:
    r"""Fit one model by two-stage least squares and moments of the error process.

    Parameters
    ----------
    y : (T, N)
        T = 1 for a cross-section.
    z : (T, N, k)
        Exogenous regressors: an intercept if wanted (never beside fixed effects), X, and those W X of the model.
    weights : sequence of (N, N)
        One rho for each, if the model has W y; instruments are their powers times `z`.
    parts : Parts
    effects : {"pooled", "region", "time", "twoway", "random"}
    error : (N, N), optional
        Weights of the error process; the first of `weights` without it.
    interval : (low, high), optional
        Where lambda may lie; from the eigenvalues of the error weights without it.
    endogenous : (T, N, e), optional
        Regressors that go with the error.
    outside : (T, N, q), optional
        Instruments for them, q >= e, which are no regressors.
    lag_outside : bool
        Whether the spatial lags of `outside` are instruments as well.
    orders : int
        Highest power of W among the instruments [z, W z, ..., W^orders z].
    moments : str
        For lambda. "initial", "weights", "fullweights": Kapoor, Kelejian and Prucha (2007); with fixed effects, where
        there is one variance only, the first two are the same. "hom", "het": Drukker, Egger and Prucha (2013) and
        Arraiz et al. (2010), not for random effects, whose lambda has a standard error; "het" is robust to unequal
        variances, and with region effects to any correlation over time. "auto": "hom", random effects "fullweights".
    combine : {"g2sls", "ec2sls"}
        Instruments under random effects without an error process: quasi-demeaned, or within and between apart.
    small_sample : bool
        Whether variances are divided by degrees of freedom: observations less fixed effects and slopes. False: by
        observations less fixed effects.

    Raises
    ------
    OptionError
        If options are not offered, or do not go together.
    IdentificationError
        If regressors or instruments do not identify the coefficients.
    ConvergenceError
        If the moments have no minimum inside the interval.
    """
    check_option(moments, MomentKind, "moments")
    check_option(combine, RandomInstruments, "combine")
    used = _moments_used(moments, parts, effects)
    if effects == "random" and y.shape[0] < 2:
        raise InputError("effects='random' need at least 2 times; found 1.")
    if parts.lag_y and not weights:
        raise OptionError("a lag of the response needs weights; found none.")
    chosen = (error if error is not None else weights[0]) if parts.error else None
    equation = make_equation(
        y, z, weights, lag_y=parts.lag_y, endogenous=endogenous, outside=outside,
        lag_outside=lag_outside, orders=orders, error=chosen,
    )  # fmt: skip
    if chosen is not None and interval is None:
        determinant = make_determinant(chosen, "auto")
        interval = (determinant.low, determinant.high)
    if effects == "random":
        last = _random(equation, chosen, interval, used, combine)
    else:
        last = _fixed(equation, chosen, interval, used, effects, small_sample=small_sample)
    n_weights = len(weights) if parts.lag_y else 0
    tested = chosen if chosen is not None else (weights[0] if weights else None)
    return _assemble(
        equation, last, chosen, tested, effects=effects, moments=used, n_weights=n_weights, small_sample=small_sample
    )


def _moments_used(moments: str, parts: Parts, effects: str) -> str:
    if not parts.error:
        return "none"
    if moments == "auto":
        return "fullweights" if effects == "random" else "hom"
    if effects == "random" and moments in ("hom", "het"):
        raise OptionError(
            f"moments={moments!r} are those of fixed or no effects; with effects='random' choose 'initial', 'weights' "
            f"or 'fullweights'."
        )
    return moments


def _fixed(
    equation: Equation,
    w: sp.csr_array | None,
    interval: tuple[float, float] | None,
    moments: str,
    effects: str,
    *,
    small_sample: bool,
) -> _Last:
    """Fit with fixed effects, or none."""
    plain = equation.map(within(effects))
    first = plain.solve()
    if w is None or interval is None:
        return _Last(first, 0.0, np.nan, None, None)
    shape = equation.y.shape
    space = make_space(w, shape, effects)
    residuals = first.residuals.reshape(shape)
    if moments in ("initial", "weights", "fullweights"):
        weight = moment_variance(w) if moments == "fullweights" else None
        found = solve_moments(kelejian_prucha(residuals, space), interval, weight=weight)
        fit = _filter(plain, w, found.lam, effects).solve()
        return _Last(fit, found.lam, float(found.variances[0]), None, None)
    quadratic = make_quadratic(space)
    start = solve_moments(quadratic.equations(residuals), interval).lam
    fit = _filter(plain, w, start, effects).solve()
    options = {"robust": moments == "het", "by_region": moments == "het" and effects in ("region", "twoway")}
    equations = quadratic.equations(_unfiltered(plain, fit, shape))
    weight = moment_covariance(quadratic, make_influence(fit, quadratic, shape), **options)
    lam = solve_moments(equations, interval, weight=weight).lam
    # Slopes stay those of the first lambda; innovations and covariance are taken at the second.
    again = _at(_filter(plain, w, lam, effects), fit.coefficients)
    influence = make_influence(again, quadratic, shape)
    covariance = joint_covariance(quadratic, influence, equations, lam, **options)
    sigma2 = again.ssr / space.size
    if small_sample:
        covariance = _by_degrees(covariance, len(fit.coefficients), plain, effects, space.size, **options)
    return _Last(again, lam, sigma2, covariance, None)


def _filter(plain: Equation, w: sp.csr_array, lam: float, effects: str) -> Equation:
    error_filter = Filter(w, lam, effects in ("time", "twoway"))
    return plain.map(filtered(error_filter), without_filtered_dummies(error_filter))


def _unfiltered(plain: Equation, fit: TwoStage, shape: tuple[int, int]) -> Array:
    regressors = np.concatenate([plain.z, plain.endogenous], axis=2)
    return np.asarray((plain.y - regressors @ fit.coefficients).reshape(shape))


def _at(equation: Equation, coefficients: Array) -> TwoStage:
    """Return the projections of an equation, with residuals of the coefficients given."""
    fit = equation.solve()
    residuals = equation.y.ravel() - fit.regressors @ coefficients
    return TwoStage(
        coefficients, residuals, fit.regressors, fit.projected, fit.inverse, fit.exogenous, fit.instruments
    )


def _by_degrees(
    covariance: Array, slopes: int, plain: Equation, effects: str, size: int, *, robust: bool, by_region: bool
) -> Array:
    """Return the covariance with the slopes' part by degrees of freedom; that of lambda does not depend on the scale."""
    n, regions = plain.y.size, plain.y.shape[1]
    if by_region:  # region effects lie within the clusters, and use up none of them
        times = plain.y.shape[0] - 1 if effects == "twoway" else 0
        factor = regions / (regions - 1) * (n - 1) / (n - slopes - times)
    else:
        factor = size / (size - slopes)
    scale = np.ones(len(covariance))
    scale[:slopes] = np.sqrt(factor)
    return covariance * np.outer(scale, scale)


def _random(
    equation: Equation,
    w: sp.csr_array | None,
    interval: tuple[float, float] | None,
    moments: str,
    combine: str,
) -> _Last:
    """Fit with random region effects."""
    if w is None or interval is None:
        components = swamy_arora(equation)
        both = combine == "ec2sls"
    else:
        kind: RandomMoments = "initial" if moments == "initial" else "weights" if moments == "weights" else "fullweights"
        components = kapoor_kelejian_prucha(equation, w, interval, moments=kind)
        both = True
    demean = quasi_demeaned(components.theta)
    lam = components.lam

    def change(blocks: Array) -> Array:
        return demean(blocks if w is None else blocks - lam * spatial_lag(w, blocks))

    if both and equation.endogenous.shape[2]:
        # The regressors' own means and deviations are instruments apart, too: the equation fixes only their sum.
        every = np.concatenate([equation.z, equation.excluded], axis=2)
        equation = Equation(equation.y, equation.z, equation.endogenous, every)
    fit = equation.map(change, both_parts if both else demean).solve()
    return _Last(fit, lam, components.sigma2_v, None, components)


def count_lost(shape: tuple[int, int], effects: str) -> int:
    """Return the number of fixed effects that a (T, N) panel loses."""
    periods, regions = shape
    return {"region": regions, "time": periods, "twoway": regions + periods - 1}.get(effects, 0)


def _assemble(
    equation: Equation,
    last: _Last,
    w: sp.csr_array | None,
    tested: sp.csr_array | None,
    *,
    effects: str,
    moments: str,
    n_weights: int,
    small_sample: bool,
) -> GmmEstimate:
    shape = equation.y.shape
    fit, size = last.fit, equation.y.size
    lost = count_lost(shape, effects)
    k, m = equation.z.shape[2], len(fit.coefficients)
    df = size - lost - m
    if df < 1:
        raise InputError(f"too few observations: {size} for {m} slopes and {lost} fixed effects.")
    sigma2 = fit.ssr / (df if small_sample else size - lost)
    regressors = np.concatenate([equation.z, equation.endogenous], axis=2)
    whole = equation.y - regressors @ fit.coefficients
    innovations, disturbance, region_effects = _residuals(whole, last, w, effects)
    spatial = {f"rho_{i + 1}" if n_weights > 1 else "rho": float(fit.coefficients[m - n_weights + i]) for i in range(n_weights)}
    covariance = sigma2 * fit.inverse
    if w is not None:
        spatial["lambda"] = last.lam
        covariance = last.covariance if last.covariance is not None else _with_unknown(covariance)
    parts = last.components
    correlation = None
    if w is None and tested is not None and effects != "random":
        correlation = anselin_kelejian(fit, make_space(tested, shape, effects), shape)
    return GmmEstimate(
        coefficients=fit.coefficients[:k],
        endogenous=fit.coefficients[k : m - n_weights],
        spatial=spatial,
        covariance=covariance,
        sigma2=sigma2,
        sigma2_moments=last.sigma2_moments,
        sigma2_1=parts.sigma2_1 if parts else np.nan,
        sigma2_mu=(parts.sigma2_1 - parts.sigma2_v) / shape[0] if parts else np.nan,
        theta=parts.theta if parts else np.nan,
        innovations=innovations,
        disturbance=disturbance,
        effects=region_effects,
        size=size,
        lost=lost,
        df_residual=df,
        first_stage=first_stage(fit, lost=lost),
        overidentification=overidentification(fit, lost=lost),
        residual_correlation=correlation,
        projected=fit.projected.reshape(*shape, m),
        residuals=fit.residuals.reshape(shape),
        inverse=fit.inverse,
        moments=moments,
    )


def _residuals(whole: Array, last: _Last, w: sp.csr_array | None, effects: str) -> tuple[Array, Array, Array]:
    """Return innovations, disturbance and effects from y - Z b."""
    if last.components is None:
        v = last.fit.residuals.reshape(whole.shape)
        u = inverse_apply(w, last.lam, v)
        return v, u, whole - u if effects != "pooled" else np.zeros_like(whole)
    epsilon = whole if w is None else whole - last.lam * spatial_lag(w, whole[:, :, None])[:, :, 0]
    mu = np.broadcast_to(predicted_effects(epsilon, last.components), whole.shape)
    return epsilon - mu, whole, inverse_apply(w, last.lam, np.ascontiguousarray(mu))


def _with_unknown(covariance: Array) -> Array:
    """Return the covariance with a row and column of nan for lambda."""
    m = len(covariance)
    full = np.full((m + 1, m + 1), np.nan)
    full[:m, :m] = covariance
    return full
