"""Maximum likelihood with random region effects: from arrays to numbers, with everything checked."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError, ConvergenceWarning
from spatial_region.panel._blocks import Array, Blocks, remove_effects
from spatial_region.panel._determinant import LogDeterminant, make_determinant
from spatial_region.panel._fit_measures import explained_share, squared_correlation
from spatial_region.panel._information import inverse_apply
from spatial_region.panel._random import RandomEstimate, estimate_random
from spatial_region.panel.numbers import Numbers
from spatial_region.panel.settings import Settings

# Change of the log-likelihood over one standard error that still counts as none.
_FLAT = 1e-3


def fit_random(
    blocks: Blocks,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    settings: Settings,
    *,
    response: str,
    w_error: sp.csr_array | None = None,
) -> Numbers:
    """Fit with random region effects; `blocks` are made without fixed effects.

    Raises
    ------
    IdentificationError
        If there are too few periods.
    ConvergenceError
        If there is no maximum inside the intervals of the parameters.

    Warns
    -----
    ConvergenceWarning
        If no variance of the region effects is found, or there are two maxima of nearly the same height.
    """
    found = estimate_random(
        blocks,
        w,
        determinant,
        parts=settings.parts,
        components=settings.components,
        serial=settings.serial,
        w_error=w_error,
        determinant_error=None if w_error is None else make_determinant(w_error, settings.determinant),
    )
    _check_found(found, settings, response)
    predicted: Array = blocks.z @ found.coefficients
    if settings.parts.lag_y:
        predicted = inverse_apply(w, found.spatial["rho"], predicted)
    within = remove_effects(np.stack([found.innovations, blocks.y], axis=2), "region")
    return Numbers(
        coefficients=found.coefficients,
        spatial=found.spatial,
        covariance=found.covariance[:-1, :-1],
        sigma2=found.sigma2,
        sigma2_se=float(np.sqrt(found.covariance[-1, -1])),
        loglik=found.loglik,
        size=found.size,
        df_model=len(found.coefficients) + len(found.spatial) + 1,
        df_residual=found.df,
        innovations=found.innovations,
        effects=np.broadcast_to(found.region_disturbance, blocks.y.shape),
        r2=explained_share(found.innovations, blocks.y),
        r2_within=explained_share(within[:, :, 0], within[:, :, 1]),
        r2_squared_correlation=squared_correlation(predicted, blocks.y),
        components={"sigma2_mu": found.sigma2_mu, "sigma2_e": found.sigma2, "theta": found.theta},
    )


def _check_found(found: RandomEstimate, settings: Settings, response: str) -> None:
    values = ", ".join(f"{name} = {value:.6g}" for name, value in found.spatial.items())
    bounds = [name for name in found.at_bound if name != "phi"]
    variances = np.diag(found.covariance)
    if bounds or (variances[~np.isnan(variances)] <= 0).any():
        raise ConvergenceError(
            f"model={settings.model!r} with random effects has no maximum inside the intervals of its parameters: "
            f"{values}. Check the weights, trends in {response!r}, or use a simpler model."
        )
    if found.gradient > _FLAT:
        raise ConvergenceError(
            f"the search for the maximum of model={settings.model!r} with random effects stopped at {values}, where "
            f"the log-likelihood still changes by {found.gradient:.3g} over one standard error. Try a simpler model."
        )
    if "phi" in found.at_bound:
        warnings.warn(
            "no variance of the region effects is found: phi = 0, without standard error, and the estimates are those "
            "of effects='pooled'.",
            ConvergenceWarning,
            stacklevel=6,
        )
    if found.optimum.rival is not None:
        point, height = found.optimum.rival
        warnings.warn(
            f"model={settings.model!r} with random effects has two maxima of nearly the same height: {values} "
            f"(log-likelihood {found.loglik:.6g}) and rho = {point.rho:.6g}, lambda = {point.lam:.6g}, "
            f"psi = {point.psi:.6g}, phi = {point.phi:.6g} ({height:.6g}).",
            ConvergenceWarning,
            stacklevel=6,
        )
