"""Exact maximum likelihood with several weights, another one for the errors, or weights that change over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.errors import OptionError, WeightsError
from spatial_region.panel._blocks import Array, remove_effects
from spatial_region.panel._fit_measures import count_effects, explained_share, squared_correlation
from spatial_region.panel._general_information import general_covariance, linear_covariance
from spatial_region.panel._general_likelihood import GeneralLikelihood, GeneralOptimum, maximise
from spatial_region.panel._general_moments import GeneralBlocks, GeneralMoments, make_general_blocks
from spatial_region.panel._general_volume import Volume, make_volume
from spatial_region.panel._information import Residuals
from spatial_region.panel._operators import Operators
from spatial_region.panel.options import Parts


@dataclass(frozen=True)
class GeneralEstimate:
    """What the data say.

    Attributes
    ----------
    coefficients : (k,)
        Of the regressors, then of their lags by W_1, by W_2 and so on.
    rho : (p,)
        Empty where the model has no W y.
    lam : float
        0 where the model has no spatial error process.
    sigma2 : float
        Sum of squared residuals divided by `size`.
    covariance : (k + p + 1 + 1, k + p + 1 + 1)
        Of coefficients, rho, lambda (those that the model has) and sigma2.
    loglik : float
    size : int
        Observations, less those that the Lee-Yu transformation removes.
    n_effects : int
        Fixed effects that are estimated.
    df_residual : int
        Observations less all slopes and effects.
    residuals : Residuals
    effects : (T, N)
        Sum of the region and period effects.
    r2, r2_within, r2_squared_correlation : float
    optimum : GeneralOptimum
    gradient : float
        Largest slope of the log-likelihood at the optimum, in units of one standard error; 0 at a maximum.
    blocks : GeneralBlocks
    """

    coefficients: Array
    rho: Array
    lam: float
    sigma2: float
    covariance: Array
    loglik: float
    size: int
    n_effects: int
    df_residual: int
    residuals: Residuals
    effects: Array
    r2: float
    r2_within: float
    r2_squared_correlation: float
    optimum: GeneralOptimum
    gradient: float
    blocks: GeneralBlocks


def estimate_general(
    y: Array,
    x: Array,
    lags: Operators | None,
    error: Operators | None = None,
    *,
    parts: Parts,
    lagged: list[int],
    effects: str,
    lee_yu: bool = False,
    intercept: int | None = None,
    determinant: str = "auto",
) -> GeneralEstimate:
    """Fit y = sum_j rho_j W_jt y + X b + sum_j W_jt X theta_j + effects + u with u = lambda M_t u + e.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    lags : Operators or None
        W_1 .. W_p. May be None where the model lags neither y nor regressors.
    error : Operators or None
        M. None takes W, if there is only one.
    parts : Parts
    lagged : list of int
        Columns of `x` whose lags by each weights are regressors too; empty without ``parts.lag_x``.
    effects : {"pooled", "region", "time", "twoway"}
    lee_yu : bool
        Transformation of Lee and Yu (2010) in place of the dummy-variable likelihood.
    intercept : int or None
        Column of `x` that is 1 everywhere.
    determinant : {"auto", "eigenvalues", "lu"}
        Way to compute log-determinants of a process with one weights.

    Raises
    ------
    OptionError
        If the error process has no weights or several; if `lee_yu` is asked for with region effects and weights that
        change over time.
    WeightsError
        If `lee_yu` is asked for with time effects and rows of weights that do not sum to 1.
    """
    lags, error = _processes(lags, error, parts)
    _check_lee_yu(lags if parts.lag_y else None, error, effects=effects, lee_yu=lee_yu)
    blocks = make_general_blocks(y, x, lags, lag_y=parts.lag_y, lagged=lagged, effects=effects, intercept=intercept)
    moments = GeneralMoments(blocks, error, effects=effects)
    active = lags if parts.lag_y else None
    likelihood = _make_likelihood(moments, active, error, effects=effects, lee_yu=lee_yu, determinant=determinant)
    best = maximise(likelihood)
    values = np.array([*best.rho, *([best.lam] if error is not None else [])])
    orthonormal, ssr = likelihood.coefficients(values)
    n_all = count_effects(y.shape, effects)
    df_residual = y.size - n_all - len(orthonormal)
    residuals = _residuals(moments, best, orthonormal)
    if parts.is_linear:
        spread = linear_covariance(moments.triangle, ssr, df_residual, likelihood.size)
    else:
        spread = general_covariance(
            blocks, moments, residuals, active, error,
            optimum=best, sigma2=ssr / likelihood.size, size=likelihood.size,
            drop_period=_drops_period(effects, lee_yu), without_unit_root=_drops_root(effects, lee_yu),
        )  # fmt: skip
    slopes = likelihood.score(values) * np.sqrt(np.maximum(np.diag(spread)[len(orthonormal) : -1], 0))
    back = blocks.back_to_means(len(spread))
    coefficients = blocks.with_means(np.linalg.solve(moments.triangle, orthonormal), best.rho)
    explained = blocks.z @ coefficients
    systematic = y - blocks.wy @ best.rho - residuals.disturbance
    predicted = explained if active is None else active.solve(best.rho, explained[:, :, None])[:, :, 0]
    return GeneralEstimate(
        coefficients,
        best.rho,
        best.lam,
        ssr / likelihood.size,
        back @ spread @ back.T,
        likelihood.at(values),
        likelihood.size,
        0 if lee_yu else n_all,
        df_residual,
        residuals,
        systematic - explained,
        explained_share(residuals.innovations, y),
        explained_share(residuals.innovations, blocks.y_within),
        squared_correlation(remove_effects(predicted[:, :, None], effects)[:, :, 0], blocks.y_within),
        best,
        float(np.abs(slopes).max(initial=0.0)),
        blocks,
    )


def parameter_names(regressors: list[str], lagged: list[str], *, weights: int, parts: Parts) -> list[str]:
    """Return the names of coefficients and spatial parameters, in their order in the covariance.

    With one weights ``W_a`` and ``rho``; with several ``W1_a``, ``W2_a`` and ``rho_1``, ``rho_2``.
    """
    numbers = [""] if weights == 1 else [str(place) for place in range(1, weights + 1)]
    names = [*regressors]
    if parts.lag_x:
        names += [f"W{number}_{name}" for number in numbers for name in lagged]
    if parts.lag_y:
        names += [f"rho_{number}" if number else "rho" for number in numbers]
    return [*names, "lambda"] if parts.error else names


def _processes(
    lags: Operators | None, error: Operators | None, parts: Parts
) -> tuple[Operators | None, Operators | None]:
    """Return the operators that the model uses."""
    if (parts.lag_y or parts.lag_x) and lags is None:
        raise OptionError("the model has spatial lags, and no weights were given; pass w=.")
    chosen = (error if error is not None else lags) if parts.error else None
    if parts.error and (chosen is None or chosen.count != 1):
        found = "none" if chosen is None else str(chosen.count)
        raise OptionError(
            f"the error process needs exactly one weights; found {found}. Name the one for the errors with w_error=."
        )
    return (lags if parts.lag_y or parts.lag_x else None), chosen


def _check_lee_yu(lags: Operators | None, error: Operators | None, *, effects: str, lee_yu: bool) -> None:
    if not lee_yu:
        return
    if effects == "pooled":
        raise OptionError("lee_yu=True transforms fixed effects away; effects='pooled' has none.")
    used = [operators for operators in (lags, error) if operators is not None]
    if _drops_period(effects, lee_yu) and not all(operators.constant for operators in used):
        raise OptionError(
            f"lee_yu=True with effects={effects!r} needs weights that are the same in all periods: differences from "
            f"region means mix the periods, and with them their weights. Use lee_yu=False."
        )
    if _drops_root(effects, lee_yu) and not all(operators.sums_to_one for operators in used):
        raise WeightsError(
            f"lee_yu=True with effects={effects!r} needs weights whose rows all sum to 1, in all periods. Use "
            f"w.standardise('row') without islands, or lee_yu=False."
        )


def _drops_period(effects: str, lee_yu: bool) -> bool:
    return lee_yu and effects in ("region", "twoway")


def _drops_root(effects: str, lee_yu: bool) -> bool:
    return lee_yu and effects in ("time", "twoway")


def _make_likelihood(
    moments: GeneralMoments,
    lags: Operators | None,
    error: Operators | None,
    *,
    effects: str,
    lee_yu: bool,
    determinant: str,
) -> GeneralLikelihood:
    drop_period, drop_root = _drops_period(effects, lee_yu), _drops_root(effects, lee_yu)

    def volume(operators: Operators | None) -> Volume | None:
        if operators is None:
            return None
        return make_volume(operators, drop_period=drop_period, without_unit_root=drop_root, determinant=determinant)

    of_lags = volume(lags)
    of_error = of_lags if error is lags else volume(error)
    periods, regions, _ = moments.variables.shape
    return GeneralLikelihood(moments, of_lags, of_error, (periods - drop_period) * (regions - drop_root))


def _residuals(moments: GeneralMoments, best: GeneralOptimum, orthonormal: Array) -> Residuals:
    u, mu = moments.split(best.lam)
    weights = np.concatenate([[moments.scale], -moments.scale * best.rho, -orthonormal])
    disturbance = u @ weights
    return Residuals(disturbance - best.lam * (mu @ weights), disturbance)
