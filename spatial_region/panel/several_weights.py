"""Maximum likelihood with several weights, weights by time, or others for the error: from arrays to numbers."""

from __future__ import annotations

import warnings

import numpy as np

from spatial_region.errors import ConvergenceError, ConvergenceWarning
from spatial_region.panel._general import GeneralEstimate, estimate_general
from spatial_region.panel._operators import Operators, make_operators
from spatial_region.panel.design import Design
from spatial_region.panel.maximum_likelihood import check_not_exact
from spatial_region.panel.model_weights import ModelWeights, rho_names
from spatial_region.panel.numbers import Numbers
from spatial_region.panel.settings import Settings

# Change of the log-likelihood over one standard error that still counts as none.
_FLAT = 1e-4


def operators_of(weights: ModelWeights, periods: int) -> tuple[Operators, Operators | None]:
    """Return the operators of the lags, and of the error where it has its own."""
    error = weights.sparse_error()
    return make_operators(weights.sparse_lags(), periods), None if error is None else make_operators([error], periods)


def fit_several(
    design: Design,
    weights: ModelWeights,
    settings: Settings,
    *,
    lagged: list[int],
    intercept: int | None,
) -> tuple[Numbers, GeneralEstimate]:
    """Fit by the exact likelihood of the general model.

    Raises
    ------
    InputError
        If the regressors explain the response exactly.
    ConvergenceError
        If there is no maximum inside the parameter space.
    OptionError, WeightsError
        If the Lee-Yu transformation does not hold for the weights.

    Warns
    -----
    ConvergenceWarning
        If there are two maxima of nearly the same height.
    """
    lags, error = operators_of(weights, len(design.y))
    found = estimate_general(
        design.y,
        design.x,
        lags,
        error,
        parts=settings.parts,
        lagged=lagged,
        effects=settings.fixed_effects,
        lee_yu=settings.lee_yu,
        intercept=intercept,
        determinant=settings.determinant,
    )
    names = rho_names(lags.count) if settings.parts.lag_y else []
    spatial = dict(zip(names, map(float, found.rho), strict=True)) | (
        {"lambda": found.lam} if settings.parts.error else {}
    )
    _check_found(found, spatial, settings, design.response)
    numbers = Numbers(
        coefficients=found.coefficients,
        spatial=spatial,
        covariance=found.covariance[:-1, :-1],
        sigma2=found.sigma2,
        sigma2_se=float(np.sqrt(found.covariance[-1, -1])),
        loglik=found.loglik,
        size=found.size,
        df_model=len(found.coefficients) + len(spatial) + 1 + found.n_effects,
        df_residual=found.df_residual,
        innovations=found.residuals.innovations,
        effects=None if settings.fixed_effects == "pooled" else found.effects,
        r2=found.r2,
        r2_within=found.r2_within,
        r2_squared_correlation=found.r2_squared_correlation,
        df_t=found.df_residual if settings.parts.is_linear else None,
    )
    return numbers, found


def _check_found(found: GeneralEstimate, spatial: dict[str, float], settings: Settings, response: str) -> None:
    check_not_exact(found.r2_within, response)
    if settings.parts.is_linear:
        return
    values = ", ".join(f"{name} = {value:.6g}" for name, value in spatial.items())
    proper = np.isfinite(found.covariance).all() and (np.diag(found.covariance) > 0).all()
    if found.optimum.at_bound or not proper:
        raise ConvergenceError(
            f"model={settings.model!r} with these weights has no maximum inside the parameter space: {values}. Are "
            f"two weights nearly the same? Use fewer weights, or a simpler model."
        )
    if found.gradient > _FLAT:
        raise ConvergenceError(
            f"the search for the maximum of model={settings.model!r} stopped at {values}, where the log-likelihood "
            f"still changes by {found.gradient:.3g} over one standard error. Use fewer weights, or a simpler model."
        )
    if found.optimum.rival is not None:
        rho, lam, height = found.optimum.rival
        warnings.warn(
            f"model={settings.model!r} has two maxima of nearly the same height: {values} (log-likelihood "
            f"{found.loglik:.6g}) and rho = {np.round(rho, 6).tolist()}, lambda = {lam:.6g} ({height:.6g}).",
            ConvergenceWarning,
            stacklevel=6,
        )
