"""Maximum likelihood of one model with fixed effects or none: from arrays to numbers, with everything checked."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError, ConvergenceWarning, InputError, SmallSampleWarning
from spatial_region.panel._blocks import Array, Blocks
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._estimate import Estimate, estimate
from spatial_region.panel._information import CovarianceOf, covariance
from spatial_region.panel._observed import observed_covariance
from spatial_region.panel._quasi import quasi_covariance
from spatial_region.panel._sandwich import Sandwich, degrees_lost, make_sandwich, reference_df
from spatial_region.panel.numbers import Numbers
from spatial_region.panel.options import SANDWICHES
from spatial_region.panel.settings import Settings

_COVARIANCES: dict[str, CovarianceOf] = {
    "expected": covariance,
    "observed": observed_covariance,
    "quasi": quasi_covariance,
}
# A residual share below which the fit is exact up to rounding, and has no likelihood.
EXACT = 1e-13
# Clusters or times below which sums of scores say too little of their variance.
_FEW = 10
# Change of the log-likelihood over one standard error that still counts as none.
_FLAT = 1e-4


def fit_fixed(
    blocks: Blocks,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    settings: Settings,
    *,
    response: str,
    near: sp.csr_array | None = None,
) -> Numbers:
    """Fit by the concentrated likelihood; `near` is the kernel of distance of Conley's covariance.

    Raises
    ------
    InputError
        If the regressors explain the response exactly.
    ConvergenceError
        If there is no maximum inside the interval of the spatial parameters.

    Warns
    -----
    ConvergenceWarning
        If there are two maxima of nearly the same height.
    """
    found = estimate(
        blocks,
        w,
        determinant,
        parts=settings.parts,
        effects=settings.fixed_effects,
        lee_yu=settings.lee_yu,
        covariance_of=_COVARIANCES.get(settings.covariance, covariance),
    )
    check_estimate(found, determinant, settings, response)
    spatial = {"rho": found.rho} if settings.parts.lag_y else {}
    spatial |= {"lambda": found.lam} if settings.parts.error else {}
    spread = found.covariance[:-1, :-1]
    if settings.covariance in SANDWICHES:
        spread = _sandwich(found, blocks, settings, near)
    df_t = None
    if settings.is_least_squares:
        periods, regions = blocks.y.shape
        df_t = reference_df(settings.covariance, df_residual=found.df_residual, regions=regions, periods=periods)
    return Numbers(
        coefficients=found.coefficients,
        spatial=spatial,
        covariance=spread,
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
        df_t=df_t,
    )


def _sandwich(found: Estimate, blocks: Blocks, settings: Settings, near: sp.csr_array | None) -> Array:
    """Return the covariance of least squares that does not take errors to be alike."""
    periods, regions, k = blocks.z_within.shape
    triangle = np.linalg.qr(blocks.z_within.reshape(-1, k), mode="r")
    root = np.linalg.inv(triangle)
    lost = degrees_lost(settings.covariance, slopes=k, effects=settings.fixed_effects, regions=regions, periods=periods)
    made = make_sandwich(
        blocks.z_within,
        found.residuals.innovations,
        root @ root.T,
        kind=settings.covariance,
        lost=lost,
        lags=settings.lags,
        near=near,
    )
    warn_of_few(made, settings.covariance, periods)
    back = blocks.back_to_means(k)
    return back @ made.covariance @ back.T


def warn_of_few(made: Sandwich, kind: str, periods: int) -> None:
    """Say when a covariance rests on few independent sums, or was mended.

    Warns
    -----
    SmallSampleWarning
    """
    sums = made.clusters if made.clusters is not None else periods if kind == "driscoll_kraay" else None
    if sums is not None and sums < _FEW:
        what = "times" if kind == "driscoll_kraay" else "clusters"
        warnings.warn(
            f"covariance={kind!r} rests on {sums} {what}; with fewer than {_FEW} its standard errors are too small. "
            f"Compare with 'classical'.",
            SmallSampleWarning,
            stacklevel=7,
        )
    if made.least < 0:
        warnings.warn(
            f"covariance={kind!r} gave a variance below zero, which was set to zero: {kind!r} is unreliable here.",
            SmallSampleWarning,
            stacklevel=7,
        )


def check_not_exact(r2_within: float, response: str) -> None:
    """Refuse a response without residuals.

    Raises
    ------
    InputError
        If the regressors explain it exactly.
    """
    if r2_within > 1 - EXACT:
        raise InputError(f"the regressors explain {response!r} exactly; a likelihood needs residuals that vary.")


def check_estimate(found: Estimate, determinant: LogDeterminant | None, settings: Settings, response: str) -> None:
    """Refuse an estimate that is no interior maximum, and say when there is another one.

    Raises
    ------
    InputError
        If the regressors explain the response exactly.
    ConvergenceError
        If there is no maximum inside the interval of the spatial parameters.
    """
    check_not_exact(found.r2_within, response)
    if determinant is None:
        return
    best = found.optimum
    values = ", ".join(
        f"{name} = {value:.6g}"
        for name, value, present in (
            ("rho", best.rho, settings.parts.lag_y),
            ("lambda", best.lam, settings.parts.error),
        )
        if present
    )
    if best.at_bound or not _is_covariance(found.covariance):
        raise ConvergenceError(
            f"model={settings.model!r} has no maximum inside ({determinant.low:.6g}, {determinant.high:.6g}): "
            f"{values}. Check the weights (one component? duplicates of a region?), trends in {response!r}, "
            f"or use a simpler model."
        )
    if found.gradient > _FLAT:
        raise ConvergenceError(
            f"the search for the maximum of model={settings.model!r} stopped at {values}, where the log-likelihood "
            f"still changes by {found.gradient:.3g} over one standard error. Try a model with fewer spatial terms."
        )
    if best.rival is not None:
        rho, lam, height = best.rival
        warnings.warn(
            f"model={settings.model!r} has two maxima of nearly the same height: {values} (log-likelihood "
            f"{found.loglik:.6g}) and rho = {rho:.6g}, lambda = {lam:.6g} ({height:.6g}). rho and lambda are "
            f"hardly told apart; compare with a model that has only one of them.",
            ConvergenceWarning,
            stacklevel=6,
        )


def _is_covariance(matrix: Array) -> bool:
    return bool(np.isfinite(matrix).all() and (np.diag(matrix) > 0).all())
