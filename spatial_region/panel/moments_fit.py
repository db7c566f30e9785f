"""The method of moments: from a design to numbers, instruments and covariance included."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.study import Study
from spatial_region.errors import ConvergenceWarning, InputError, OptionError, UnknownNameError
from spatial_region.panel._blocks import Array, remove_effects, spatial_lag
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._fit_measures import explained_share, squared_correlation
from spatial_region.panel._gmm import GmmEstimate, estimate_gmm
from spatial_region.panel._information import inverse_apply
from spatial_region.panel._sandwich import degrees_lost, make_sandwich
from spatial_region.panel.design import INTERCEPT, Design, read_formula, variables_of
from spatial_region.panel.maximum_likelihood import warn_of_few
from spatial_region.panel.model_weights import ModelWeights
from spatial_region.panel.numbers import Numbers
from spatial_region.panel.options import SANDWICHES
from spatial_region.panel.settings import Settings

# Share of an instrument's length that must lie outside the regressors.
_SPANNED = 1e-7


def split_endogenous(design: Design, settings: Settings) -> tuple[list[int], list[int]]:
    """Return the places of exogenous and of endogenous regressors.

    Raises
    ------
    UnknownNameError
        If an endogenous variable is no regressor.
    OptionError
        If its lag is asked for, or it is an instrument too.
    """
    for option in ("endogenous", "instruments"):
        names = getattr(settings, option)
        if len(set(names)) < len(names):
            raise OptionError(f"{option}= names a variable twice: {name_some(names)}.")
    regressors = [name for name in design.regressors if name != INTERCEPT]
    for name in settings.endogenous:
        if name not in design.regressors or name == INTERCEPT:
            raise UnknownNameError(
                f"endogenous= names {name!r}, which is not a regressor.{did_you_mean(name, regressors)} "
                f"There are: {name_some(regressors, limit=20)}."
            )
        if settings.lagged is not None and name in settings.lagged:
            raise OptionError(f"the lag of {name!r} is endogenous as well; leave it out of lagged=.")
    both = [name for name in settings.instruments if name in design.regressors]
    if both:
        raise OptionError(f"{name_some(both)} cannot be a regressor of the formula and an instrument outside it.")
    places = range(len(design.regressors))
    endogenous = [place for place in places if design.regressors[place] in settings.endogenous]
    return [place for place in places if place not in endogenous], endogenous


def read_instruments(design: Design, study: Study, settings: Settings) -> Array | None:
    """Return the instruments outside the formula, (T, N, q)."""
    if not settings.instruments:
        return None
    left = design.formula.split("~")[0]
    text = f"{left} ~ {' + '.join(settings.instruments)}"
    response, used = variables_of(text)
    if response & used:
        raise OptionError(f"instruments= contain the dependent variable {name_some(sorted(response & used))}.")
    # An intercept is no instrument of its own.
    found = read_formula(text, study, effects="region", said=f"instruments={list(settings.instruments)}")
    return found.x


def fit_moments(
    design: Design,
    study: Study,
    weights: ModelWeights | None,
    settings: Settings,
    *,
    lagged: list[int],
    near: sp.csr_array | None,
) -> tuple[Numbers, list[str]]:
    """Fit by two-stage least squares and moments; return the numbers and the names of their coefficients.

    Raises
    ------
    OptionError
        If weights change over time.
    InputError
        If there are too few observations.
    IdentificationError, ConvergenceError
        See `spatial_region.panel._gmm.estimate_gmm`.
    """
    exogenous, endogenous = split_endogenous(design, settings)
    matrices = _matrices(weights)
    error = weights.sparse_error() if weights is not None else None
    # Beside effects of regions the levels of regressors do not matter, and would cost digits in cross-products.
    x = design.x - design.x.mean(axis=0) if settings.effects in ("region", "twoway") else design.x
    outside = read_instruments(design, study, settings)
    if outside is not None:
        _check_outside(outside, design, settings)
    z = np.concatenate([x[:, :, exogenous], *(spatial_lag(w, x[:, :, lagged]) for w in matrices)], axis=2)
    prefixes = weights.prefixes if weights is not None else []
    names = [design.regressors[i] for i in exogenous]
    names += [f"{prefix}_{design.regressors[i]}" for prefix in prefixes for i in lagged]
    names += [design.regressors[i] for i in endogenous]
    found = estimate_gmm(
        design.y,
        z,
        matrices,
        parts=settings.parts,
        effects=settings.effects,
        error=error[0] if error is not None else None,
        endogenous=x[:, :, endogenous] if endogenous else None,
        outside=outside,
        moments=settings.moments_used,
    )
    coefficients = np.concatenate([found.coefficients, found.endogenous])
    whole = [design.x[:, :, exogenous], *(spatial_lag(w, design.x[:, :, lagged]) for w in matrices)]
    values = np.concatenate([*whole, design.x[:, :, endogenous]], axis=2)
    return _numbers(found, coefficients, values, design.y, matrices, settings, near), names


def _check_outside(outside: Array, design: Design, settings: Settings) -> None:
    """Refuse instruments that the regressors add up to, endogenous ones included: they bring nothing from outside."""
    known, wanted = (
        remove_effects(block - block.mean(axis=(0, 1)), settings.fixed_effects).reshape(design.y.size, -1)
        for block in (design.x, outside)
    )
    left = wanted - known @ np.linalg.lstsq(known, wanted, rcond=None)[0]
    lengths = np.linalg.norm(wanted, axis=0)
    if (np.linalg.norm(left, axis=0) < _SPANNED * lengths).any() or (lengths == 0).any():
        raise OptionError(
            f"instruments={list(settings.instruments)} contain a combination of the regressors (or a constant), which "
            f"brings nothing from outside. Name variables that are not in the formula."
        )


def _matrices(weights: ModelWeights | None) -> list[sp.csr_array]:
    if weights is None:
        return []
    if any(len(each) > 1 for each in weights.lags) or (weights.error is not None and len(weights.error) > 1):
        raise OptionError("method='gmm' takes weights that do not change over time; use method='ml' for these.")
    return [each[0].sparse for each in weights.lags]


def _numbers(
    found: GmmEstimate,
    coefficients: Array,
    values: Array,
    y: Array,
    matrices: list[sp.csr_array],
    settings: Settings,
    near: sp.csr_array | None,
) -> Numbers:
    predicted: Array = values @ coefficients
    left = y - predicted - found.disturbance
    rho = [value for name, value in found.spatial.items() if name != "lambda"]
    if rho:
        for value, w in zip(rho, matrices, strict=True):
            left = left - value * spatial_lag(w, y[:, :, None])[:, :, 0]
        combined = sum((value * w for value, w in zip(rho, matrices, strict=True)), start=0 * matrices[0])
        predicted = inverse_apply(sp.csr_array(combined), 1.0, predicted)
    effects = "region" if settings.effects == "random" else settings.effects
    within = remove_effects(np.stack([found.innovations, y, predicted], axis=2), effects)
    components: dict[str, float] = {}
    if settings.effects == "random":
        # All three from the moments: theta = 1 - sqrt(sigma2_e / (sigma2_e + T sigma2_mu)) holds among them.
        sigma2_e = found.sigma2 if np.isnan(found.sigma2_moments) else found.sigma2_moments
        components = {"sigma2_mu": found.sigma2_mu, "sigma2_e": sigma2_e, "theta": found.theta}
    return Numbers(
        coefficients=coefficients,
        spatial=found.spatial,
        covariance=_covariance(found, settings, near),
        sigma2=found.sigma2,
        sigma2_se=np.nan,
        loglik=np.nan,
        size=found.size,
        df_model=len(coefficients) + len(found.spatial) + 1 + found.lost,
        df_residual=found.df_residual,
        innovations=found.innovations,
        effects=None if settings.effects == "pooled" else found.effects if settings.effects == "random" else left,
        r2=explained_share(found.innovations, y),
        r2_within=explained_share(within[:, :, 0], within[:, :, 1]),
        r2_squared_correlation=squared_correlation(within[:, :, 2], within[:, :, 1]),
        components=components,
        diagnostics=_diagnostics(found, settings),
    )


def _covariance(found: GmmEstimate, settings: Settings, near: sp.csr_array | None) -> Array:
    if settings.covariance not in SANDWICHES or settings.has_joint_sandwich:
        return found.covariance
    periods, regions, slopes = found.projected.shape
    lost = degrees_lost(
        settings.covariance, slopes=slopes, effects=settings.fixed_effects, regions=regions, periods=periods
    )
    if lost >= found.size:
        raise InputError(f"too few observations: {found.size} for {lost} slopes and fixed effects.")
    full = np.full_like(found.covariance, np.nan)  # lambda has no variance of this kind
    made = make_sandwich(
        found.projected,
        found.residuals,
        found.inverse,
        kind=settings.covariance,
        lost=lost,
        lags=settings.lags,
        near=near,
    )
    warn_of_few(made, settings.covariance, periods)
    full[:slopes, :slopes] = made.covariance
    return full


def _diagnostics(found: GmmEstimate, settings: Settings) -> pd.DataFrame | None:
    """Return the tests of the instruments: index ``test``; columns statistic, df, p."""
    rows: dict[str, tuple[float, object, float]] = {}
    if found.first_stage is not None:
        one = found.first_stage
        several = [name for name in found.spatial if name != "lambda"]
        labels = [*settings.endogenous, *("W_y" + name.removeprefix("rho") for name in several)]
        for place, label in enumerate(labels):
            rows[f"first_stage_f[{label}]"] = (float(one.f[place]), one.df, np.nan)
            if len(labels) > 1:
                rows[f"conditional_f[{label}]"] = (float(one.conditional_f[place]), one.df, np.nan)
        rows["cragg_donald_f"] = (one.cragg_donald, one.df, np.nan)
        rows["kleibergen_paap_f"] = (one.kleibergen_paap, one.df, np.nan)
    if found.overidentification is not None:
        for name in ("sargan", "robust"):
            value = getattr(found.overidentification, name)
            rows[f"overidentification_{name}"] = (value.statistic, value.df, value.p)
    if found.residual_correlation is not None:
        value = found.residual_correlation
        rows["anselin_kelejian"] = (value.statistic, value.df, value.p)
    if not rows:
        return None
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["statistic", "df", "p"])
    return frame.rename_axis("test")


def warn_of_outside(rho: float, determinant: LogDeterminant) -> None:
    """Say when moments, which know no bounds, put rho where the model does not exist."""
    if not determinant.low < rho < determinant.high:
        warnings.warn(
            f"rho = {rho:.6g} lies outside ({determinant.low:.6g}, {determinant.high:.6g}), where the model exists: "
            f"there are no impacts. Are the instruments weak (f.diagnostics)? Fewer lags of regressors may help.",
            ConvergenceWarning,
            stacklevel=5,
        )
