"""From a formula, a study and settings to a labelled result: the steps between the front door and the kernels."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import check_option
from spatial_region.core.sample import resolve_weights
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import (
    ConvergenceError,
    ConvergenceWarning,
    InputError,
    IslandWarning,
    OptionError,
    WeightsError,
)
from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._determinant import LogDeterminant, make_determinant
from spatial_region.panel._estimate import Estimate, estimate
from spatial_region.panel.design import INTERCEPT, Design, choose_lagged, read_formula
from spatial_region.panel.identification import check_identified
from spatial_region.panel.options import PARTS, Determinant, Effects, Method, Model, Parts
from spatial_region.panel.result import SpatialPanelResult

# A residual share below which the fit is exact up to rounding, and has no likelihood.
_EXACT = 1e-13
# Change of the log-likelihood over one standard error that still counts as none.
_FLAT = 1e-4


@dataclass(frozen=True)
class Settings:
    """Options of one regression."""

    model: Model
    effects: Effects
    method: Method
    lagged: tuple[str, ...] | None
    lee_yu: bool
    determinant: Determinant

    @property
    def parts(self) -> Parts:
        """Spatial terms of the model."""
        return PARTS[self.model]

    @property
    def needs_weights(self) -> bool:
        """Whether the model has a spatial term at all."""
        return self.parts.lag_x or not self.parts.is_linear

    def check(self) -> None:
        """Refuse options that are not offered, or that do not go together."""
        check_option(self.model, Model, "model")
        check_option(self.effects, Effects, "effects")
        check_option(self.method, Method, "method")
        check_option(self.determinant, Determinant, "determinant")
        if self.lagged is not None and not self.parts.lag_x:
            offered = ", ".join(repr(name) for name, parts in PARTS.items() if parts.lag_x)
            raise OptionError(
                f"lagged= chooses the lags of regressors, and model={self.model!r} has none; they are in {offered}."
            )
        if not isinstance(self.lee_yu, (bool, np.bool_)):
            raise OptionError(f"lee_yu must be True or False; found {self.lee_yu!r}.")
        if self.lee_yu and self.effects == "pooled":
            raise OptionError("lee_yu=True transforms fixed effects away; effects='pooled' has none.")


def fit(formula: str, study: Study, w: object, settings: Settings, *, function: str, at: object) -> SpatialPanelResult:
    """Fit one model and label everything that comes out; see `spatial_region.spatial_panel` for the errors."""
    design = read_formula(formula, study, effects=settings.effects)
    weights = _weights(study, w, settings, at=at)
    chosen = choose_lagged(settings.lagged, design.regressors) if settings.parts.lag_x else []
    lagged = [design.regressors[place] for place in chosen]
    names = [*design.regressors, *(f"W_{name}" for name in lagged)]
    _check_distinct(names)
    sparse = weights.sparse if weights is not None else None
    intercept = design.regressors.index(INTERCEPT) if INTERCEPT in design.regressors else None
    blocks = make_blocks(design.y, design.x, sparse, lagged=chosen, effects=settings.effects, intercept=intercept)
    check_identified(
        blocks,
        names,
        response=design.response,
        effects=settings.effects,
        has_spatial_parameter=not settings.parts.is_linear,
    )
    determinant = None
    if sparse is not None and not settings.parts.is_linear:
        determinant = make_determinant(sparse, settings.determinant)
    found = estimate(
        blocks, sparse, determinant, parts=settings.parts, effects=settings.effects, lee_yu=settings.lee_yu
    )
    _check_found(found, determinant, settings, design)
    spec = make_spec(
        function,
        options={**asdict(settings), "at": at} if function == "spatial_regression" else asdict(settings),
        inputs=_inputs(design, study, weights, determinant, at=at),
    )
    return _label(found, design, names, lagged, study, weights, determinant, settings, spec)


def _weights(study: Study, w: object, settings: Settings, *, at: object) -> Weights | None:
    """Return aligned, standardised weights, after checking that they suit the model."""
    if w is None and not settings.needs_weights:
        return None
    weights = resolve_weights(study, w, at=at)
    weights = weights if weights.standardisation else weights.standardise("row")
    if not settings.needs_weights:
        return weights
    if weights.n_links == 0:
        raise WeightsError("the weights have no link at all, so there are no spatial lags.")
    sums = np.asarray(weights.sparse.sum(axis=1)).ravel()
    if settings.lee_yu and settings.effects in ("time", "twoway") and np.abs(sums - 1).max() > 1e-9:
        odd = weights.ids[np.abs(sums - 1) > 1e-9]
        raise WeightsError(
            f"lee_yu=True with effects={settings.effects!r} needs weights whose rows all sum to 1; those of "
            f"{len(odd)} of {weights.n} regions do not: {name_regions(odd, study.names)}. Use w.standardise('row') "
            f"without islands, or lee_yu=False."
        )
    if not settings.parts.is_linear:
        _check_cycle(weights, study)
    islands = weights.islands
    if len(islands):
        warnings.warn(
            f"{len(islands)} of {weights.n} regions have no neighbours: {name_regions(islands, study.names)}. "
            f"Their spatial lags are 0, so that they neither give nor receive spillovers.",
            IslandWarning,
            stacklevel=4,
        )
    return weights


def _check_cycle(weights: Weights, study: Study) -> None:
    """Refuse links that never lead back: all eigenvalues are then 0, and nothing bounds rho or lambda."""
    count, _ = connected_components(weights.sparse, directed=True, connection="strong")
    if count == weights.n and not weights.sparse.diagonal().any():
        first = weights.ids[np.diff(weights.sparse.indptr) > 0]
        raise WeightsError(
            f"no chain of links leads back to where it starts (the weights can be sorted to a triangle), so that "
            f"nothing bounds rho or lambda. {len(first)} of {weights.n} regions have neighbours: "
            f"{name_regions(first, study.names)}. Make links mutual, or use model='slx'."
        )


def _check_distinct(names: list[str]) -> None:
    repeated = {name for name in names if names.count(name) > 1} | ({"rho", "lambda"} & set(names))
    if repeated:
        raise InputError(
            f"{name_some(sorted(repeated))} would name two parameters; rename the variable of that name "
            f"(study.with_columns)."
        )


def _check_found(found: Estimate, determinant: LogDeterminant | None, settings: Settings, design: Design) -> None:
    if found.r2_within > 1 - _EXACT:
        raise InputError(f"the regressors explain {design.response!r} exactly; a likelihood needs residuals that vary.")
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
    if best.at_bound or not np.isfinite(found.covariance).all() or (np.diag(found.covariance) <= 0).any():
        raise ConvergenceError(
            f"model={settings.model!r} has no maximum inside ({determinant.low:.6g}, {determinant.high:.6g}): "
            f"{values}. Check the weights (one component? duplicates of a region?), trends in {design.response!r}, "
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
            stacklevel=4,
        )


def _inputs(
    design: Design, study: Study, weights: Weights | None, determinant: LogDeterminant | None, *, at: object
) -> dict[str, object]:
    described = None
    if weights is not None:
        recipe = ", ".join(f"{key}={value}" for key, value in weights.recipe.items()) or "no recipe"
        described = f"{recipe}; standardisation={weights.standardisation}"
    return {
        "formula": design.formula,
        "regions": study.n,
        "periods": len(study.times),
        "times": tuple(study.times),
        "at": at,
        "weights": described,
        "links": weights.n_links if weights is not None else None,
        "determinant": determinant.kind if determinant is not None else None,
        "ids": digest(study.ids.astype(str)),
        "values": digest(design.y.ravel()),
    }


def _label(
    found: Estimate,
    design: Design,
    names: list[str],
    lagged: list[str],
    study: Study,
    weights: Weights | None,
    determinant: LogDeterminant | None,
    settings: Settings,
    spec: Spec,
) -> SpatialPanelResult:
    spatial = {"rho": found.rho} if settings.parts.lag_y else {}
    spatial |= {"lambda": found.lam} if settings.parts.error else {}
    index = pd.Index([*names, *spatial], name="parameter")
    region_effects, time_effects, intercept = _split_effects(found, study, settings.effects)
    n_parameters = len(index) + 1 + found.n_effects
    return SpatialPanelResult(
        params=pd.Series([*found.coefficients, *spatial.values()], index=index, name="estimate"),
        covariance=pd.DataFrame(found.covariance[:-1, :-1], index=index, columns=index),
        sigma2=found.sigma2,
        sigma2_se=float(np.sqrt(found.covariance[-1, -1])),
        loglik=found.loglik,
        nobs=found.size,
        df_model=n_parameters,
        df_residual=found.df_residual,
        residuals=design.labelled(found.residuals.innovations, "residual"),
        fitted=design.labelled(design.y - found.residuals.innovations, "fitted"),
        region_effects=region_effects,
        time_effects=time_effects,
        intercept=intercept,
        r2=found.r2,
        r2_within=found.r2_within,
        r2_squared_correlation=found.r2_squared_correlation,
        bounds=(determinant.low, determinant.high) if determinant is not None else None,
        model=settings.model,
        effects=settings.effects,
        method=settings.method,
        lee_yu=settings.lee_yu,
        weights=weights,
        spec=spec,
        regressors=[name for name in design.regressors if name != INTERCEPT],
        lagged=lagged,
        _determinant=determinant,
    )


def _split_effects(
    found: Estimate, study: Study, effects: str
) -> tuple[pd.Series | None, pd.Series | None, float | None]:
    """Return region effects, time effects (deviations) and their common mean."""
    if effects == "pooled":
        return None, None, None
    mean = float(found.effects.mean())
    by_region = pd.Series(found.effects.mean(axis=0) - mean, index=study.ids, name="region_effect")
    by_time = pd.Series(found.effects.mean(axis=1) - mean, index=pd.Index(study.times, name="time"), name="time_effect")
    return (
        by_region if effects in ("region", "twoway") else None,
        by_time if effects in ("time", "twoway") else None,
        mean,
    )
