"""From residuals of a first step to lambda, and from lambda to the last step, under fixed and random effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._gmm_equation import (
    Equation,
    both_parts,
    filtered,
    quasi_demeaned,
    within,
    without_filtered_dummies,
)
from spatial_region.panel._gmm_joint import (
    QuadraticMoments,
    joint_covariance,
    make_influence,
    make_quadratic,
    moment_covariance,
)
from spatial_region.panel._gmm_moments import (
    ErrorSpace,
    kelejian_prucha,
    make_space,
    moment_variance,
    solve_moments,
)
from spatial_region.panel._gmm_random import Components, RandomMoments, kapoor_kelejian_prucha, swamy_arora
from spatial_region.panel._gmm_tsls import TwoStage
from spatial_region.panel._information import Filter


@dataclass(frozen=True)
class ErrorProcess:
    """u = lambda W u + e, and how lambda is to be found.

    Attributes
    ----------
    w : (N, N)
    interval : (low, high)
    moments : str
    """

    w: sp.csr_array
    interval: tuple[float, float]
    moments: str


@dataclass(frozen=True)
class LastStep:
    """The last step.

    Attributes
    ----------
    fit : TwoStage
        Of the filtered equation.
    lam : float
    sigma2_moments : float
        Variance of the innovations by the moments or the components; nan without either.
    covariance : (m + 1, m + 1) or None
        Of slopes and lambda, where the moments give it.
    components : Components or None
        Of random effects.
    """

    fit: TwoStage
    lam: float
    sigma2_moments: float
    covariance: Array | None
    components: Components | None


def fixed_step(equation: Equation, error: ErrorProcess | None, effects: str, *, small_sample: bool) -> LastStep:
    """Fit with fixed effects, or none."""
    plain = equation.map(within(effects))
    first = plain.solve()
    if error is None:
        return LastStep(first, 0.0, np.nan, None, None)
    shape, w = equation.y.shape, error.w
    space = make_space(w, shape, effects)
    residuals = first.residuals.reshape(shape)

    def at(lam: float) -> Equation:
        error_filter = Filter(w, lam, effects in ("time", "twoway"))
        return plain.map(filtered(error_filter), without_filtered_dummies(error_filter))

    if error.moments in ("initial", "weights", "fullweights"):
        weight = moment_variance(w) if error.moments == "fullweights" else None
        found = solve_moments(kelejian_prucha(residuals, space), error.interval, weight=weight)
        return LastStep(at(found.lam).solve(), found.lam, float(found.variances[0]), None, None)
    quadratic = make_quadratic(space, splits=False)
    start = solve_moments(quadratic.equations(residuals), error.interval).lam
    clusters = error.moments == "het" and effects in ("region", "twoway")
    fit, lam, covariance = _efficient(plain, at, at(start).solve(), quadratic, error, by_region=clusters)
    if small_sample:
        nested = clusters and effects == "twoway"
        covariance = _by_degrees(covariance, space, shape, by_region=clusters, times=shape[0] - 1 if nested else 0)
    return LastStep(fit, lam, fit.ssr / space.size, covariance, None)


def random_step(equation: Equation, error: ErrorProcess | None, *, combine: str, small_sample: bool) -> LastStep:
    """Fit with random region effects."""
    if error is None:
        components = swamy_arora(equation)
        plain = _quasi_demeaned(equation, components, both=combine == "ec2sls")
        return LastStep(plain.solve(), 0.0, components.sigma2_v, None, components)
    efficient = error.moments in ("hom", "het")
    kind: RandomMoments = "initial"
    if error.moments == "weights":
        kind = "weights"
    elif error.moments == "fullweights":
        kind = "fullweights"
    w, shape = error.w, equation.y.shape
    components = kapoor_kelejian_prucha(equation, w, error.interval, moments=kind)
    plain = _quasi_demeaned(equation, components, both=combine == "ec2sls")

    def at(lam: float) -> Equation:
        return plain.map(lambda blocks: blocks - lam * spatial_lag(w, blocks), lambda blocks: blocks)

    fit = at(components.lam).solve()
    if not efficient:
        return LastStep(fit, components.lam, components.sigma2_v, None, components)
    space = make_space(w, shape, "pooled")
    clusters = error.moments == "het"
    quadratic = make_quadratic(space, splits=True)
    fit, lam, covariance = _efficient(plain, at, fit, quadratic, error, by_region=clusters)
    if small_sample:
        covariance = _by_degrees(covariance, space, shape, by_region=clusters, times=0)
    kept = Components(lam, components.sigma2_v, components.sigma2_1)
    return LastStep(fit, lam, components.sigma2_v, covariance, kept)


def _efficient(
    plain: Equation,
    at: Callable[[float], Equation],
    fit: TwoStage,
    quadratic: QuadraticMoments,
    error: ErrorProcess,
    *,
    by_region: bool,
) -> tuple[TwoStage, float, Array]:
    """Return the last step, lambda by efficient moments of its residuals, and the covariance of both.

    Slopes stay those of the lambda before; innovations and the covariance are taken at the efficient one.
    """
    shape, robust = plain.y.shape, error.moments == "het"
    regressors = np.concatenate([plain.z, plain.endogenous], axis=2)
    equations = quadratic.equations(plain.y - regressors @ fit.coefficients)
    influence = make_influence(fit, quadratic, shape)
    weight = moment_covariance(quadratic, influence, robust=robust, by_region=by_region)
    lam = solve_moments(equations, error.interval, weight=weight).lam
    changed = at(lam)
    again = changed.solve()
    residuals = changed.y.ravel() - again.regressors @ fit.coefficients
    last = TwoStage(
        fit.coefficients,
        residuals,
        again.regressors,
        again.projected,
        again.inverse,
        again.exogenous,
        again.instruments,
    )
    influence = make_influence(last, quadratic, shape)
    covariance = joint_covariance(quadratic, influence, equations, lam, robust=robust, by_region=by_region)
    return last, lam, covariance


def _quasi_demeaned(equation: Equation, components: Components, *, both: bool) -> Equation:
    """Return the equation whose innovations have equal variance and no correlation over time."""
    demean = quasi_demeaned(components.theta)
    if not both or equation.endogenous.shape[2] == 0:
        return equation.map(demean)
    # The regressors' own means and deviations are instruments apart, too: the equation fixes only their sum.
    every = np.concatenate([equation.z, equation.excluded], axis=2)
    return Equation(equation.y, equation.z, equation.endogenous, every).map(demean, both_parts)


def _by_degrees(covariance: Array, space: ErrorSpace, shape: tuple[int, int], *, by_region: bool, times: int) -> Array:
    """Return the covariance with the slopes' part by degrees of freedom; that of lambda does not depend on the scale.

    Region effects lie within the clusters, and use up no degrees of freedom of these; `times` period effects do.
    """
    slopes = len(covariance) - 1
    if by_region:
        n = shape[0] * shape[1]
        factor = shape[1] / (shape[1] - 1) * (n - 1) / (n - slopes - times)
    else:
        factor = space.size / (space.size - slopes)
    scale = np.ones(slopes + 1)
    scale[:slopes] = np.sqrt(factor)
    return np.asarray(covariance * np.outer(scale, scale))
