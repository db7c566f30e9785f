"""From a formula, a study and settings to a labelled result: the steps between the front door and the kernels."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, OptionError
from spatial_region.panel._blocks import Blocks, make_blocks
from spatial_region.panel._determinant import LogDeterminant, make_determinant
from spatial_region.panel._general import GeneralEstimate
from spatial_region.panel._general_moments import make_general_blocks
from spatial_region.panel._near import conley_kernel
from spatial_region.panel.design import INTERCEPT, Design, choose_lagged, read_formula
from spatial_region.panel.identification import check_identified
from spatial_region.panel.maximum_likelihood import fit_fixed
from spatial_region.panel.model_weights import ModelWeights, model_weights, rho_names
from spatial_region.panel.moments_fit import fit_moments, warn_of_outside
from spatial_region.panel.numbers import GeneralImpacts, ImpactSource, Numbers, SingleWeightsImpacts
from spatial_region.panel.random_effects import fit_random
from spatial_region.panel.result import SpatialPanelResult
from spatial_region.panel.settings import Settings
from spatial_region.panel.several_weights import fit_several, operators_of
from spatial_region.panel.times import check_times

_OTHERS = {"rho", "lambda", "tau", "eta", "psi", "phi"}


@dataclass(frozen=True)
class Task:
    """One model to be fitted.

    Attributes
    ----------
    chosen : list of int
        Regressors whose lag is in the model.
    names : list of str
        Of all coefficients: regressors, then lags.
    """

    study: Study
    design: Design
    weights: ModelWeights | None
    settings: Settings
    chosen: list[int]
    names: list[str]

    @property
    def regressors(self) -> list[str]:
        """Regressors without the intercept."""
        return [name for name in self.design.regressors if name != INTERCEPT]

    @property
    def lagged(self) -> list[str]:
        """Regressors whose lag is in the model."""
        return [self.design.regressors[place] for place in self.chosen]

    @property
    def intercept(self) -> int | None:
        """Place of the intercept."""
        return self.design.regressors.index(INTERCEPT) if INTERCEPT in self.design.regressors else None


def fit(
    formula: str,
    study: Study,
    w: object,
    settings: Settings,
    *,
    function: str,
    at: object,
    w_error: object = None,
) -> SpatialPanelResult:
    """Fit one model and label everything that comes out; see `spatial_region.spatial_panel` for the errors."""
    if settings.serial:
        check_times(study, what="serial correlation")
    elif settings.covariance == "driscoll_kraay" or settings.lags:
        check_times(study, what="dependence over time")
    design = read_formula(formula, study, effects=settings.fixed_effects)
    weights = model_weights(study, w, w_error, settings, at=at)
    chosen = choose_lagged(settings.lagged, design.regressors) if settings.parts.lag_x else []
    if settings.lagged is None:  # the lag of an endogenous regressor would be endogenous as well
        chosen = [place for place in chosen if design.regressors[place] not in settings.endogenous]
    prefixes = weights.prefixes if weights is not None else ["W"]
    names = [*design.regressors, *(f"{p}_{design.regressors[i]}" for p in prefixes for i in chosen)]
    check_distinct(names)
    task = Task(study, design, weights, settings, chosen, names)
    single = weights.single if weights is not None else None
    if settings.effects == "random" and weights is not None and weights.is_single_lag and weights.has_constant_error:
        single = weights.first
    determinant: LogDeterminant | None = None
    if settings.method == "gmm":
        found, determinant, task = _fit_moments(task)
    elif weights is None or single is not None:
        found, determinant = _fit_single(task, single)
    else:
        found, _ = _fit_general(task, weights)
        if weights.is_single_lag and settings.parts.lag_y:
            determinant = make_determinant(weights.first.sparse, settings.determinant)
    spec = make_spec(
        function,
        options={**asdict(settings), "at": at} if function == "spatial_regression" else asdict(settings),
        inputs=describe_inputs(task, determinant, at=at),
    )
    return label(found, task, determinant, spec)


def _fit_single(task: Task, single: Weights | None) -> tuple[Numbers, LogDeterminant | None]:
    """Fit a model whose spatial terms all have the same weights, by maximum likelihood."""
    design, settings = task.design, task.settings
    sparse = single.sparse if single is not None else None
    blocks = make_blocks(
        design.y,
        design.x,
        sparse,
        lagged=task.chosen,
        effects=settings.fixed_effects,
        intercept=task.intercept,
    )
    _check(task, blocks)
    determinant = None
    if sparse is not None and not settings.parts.is_linear:
        determinant = make_determinant(sparse, settings.determinant)
    if settings.effects == "random":
        own = task.weights.sparse_error() if task.weights is not None else None
        w_error = own[0] if own is not None else None
        return fit_random(blocks, sparse, determinant, settings, response=design.response, w_error=w_error), determinant
    near = conley_kernel(task.study, settings.km) if settings.km is not None else None
    return fit_fixed(blocks, sparse, determinant, settings, response=design.response, near=near), determinant


def _fit_moments(task: Task) -> tuple[Numbers, LogDeterminant | None, Task]:
    """Fit by the method of moments, whose coefficients are in another order: endogenous ones last."""
    design, settings = task.design, task.settings
    lags = operators_of(task.weights, len(design.y))[0] if task.weights is not None else None
    blocks = make_general_blocks(
        design.y,
        design.x,
        lags,
        lag_y=lags is not None,
        lagged=task.chosen,
        effects=settings.fixed_effects,
        intercept=task.intercept,
    )
    for place in range(max(1, blocks.wy.shape[2])):
        _check(task, blocks.with_one_lag(place))
    near = conley_kernel(task.study, settings.km) if settings.km is not None else None
    found, names = fit_moments(design, task.study, task.weights, settings, lagged=task.chosen, near=near)
    task = replace(task, names=names)
    if task.weights is None or not task.weights.is_single_lag or settings.parts.is_linear:
        return found, None, task
    determinant = make_determinant(task.weights.first.sparse, settings.determinant)
    warn_of_outside(found.spatial.get("rho", 0.0), determinant)
    return found, determinant, task


def _check(task: Task, blocks: Blocks) -> None:
    check_identified(
        blocks,
        task.names,
        response=task.design.response,
        effects=task.settings.fixed_effects,
        has_spatial_parameter=not task.settings.parts.is_linear,
    )


def _fit_general(task: Task, weights: ModelWeights) -> tuple[Numbers, GeneralEstimate]:
    """Fit a model with several weights, weights by time, or others for the error, by maximum likelihood."""
    design, settings = task.design, task.settings
    if settings.effects == "random":
        raise OptionError(
            "random effects by method='ml' take one weights that does not change (and one more as w_error=)."
        )
    if settings.covariance != "auto":
        raise OptionError(
            f"covariance={settings.covariance!r} is not offered with several weights, weights by time or w_error=; "
            f"leave it out."
        )
    lags, _ = operators_of(weights, len(design.y))
    parts = make_general_blocks(
        design.y,
        design.x,
        lags,
        lag_y=True,
        lagged=task.chosen,
        effects=settings.fixed_effects,
        intercept=task.intercept,
    )
    for place in range(lags.count):
        _check(task, parts.with_one_lag(place))
    return fit_several(design, weights, settings, lagged=task.chosen, intercept=task.intercept)


def check_distinct(names: list[str]) -> None:
    """Refuse names that two parameters would share.

    Raises
    ------
    InputError
        If a variable is called like a lag or a parameter.
    """
    repeated = {name for name in names if names.count(name) > 1} | (_OTHERS & set(names))
    repeated |= {name for name in names if re.fullmatch(r"rho_\d+", name)}
    if repeated:
        raise InputError(
            f"{name_some(sorted(repeated))} would name two parameters; rename the variable of that name "
            f"(study.with_columns)."
        )


def describe_inputs(task: Task, determinant: LogDeterminant | None, *, at: object) -> dict[str, object]:
    """Return the facts about the data that a result records."""
    study, weights = task.study, task.weights
    return {
        "formula": task.design.formula,
        "regions": study.n,
        "periods": len(study.times),
        "times": tuple(study.times),
        "at": at,
        "weights": weights.describe() if weights is not None else None,
        "links": weights.first.n_links if weights is not None else None,
        "weights_digest": weights.digest() if weights is not None else None,
        "determinant": determinant.kind if determinant is not None else None,
        "ids": digest(study.ids.astype(str)),
        "values": digest(task.design.y.ravel()),
    }


def label(found: Numbers, task: Task, determinant: LogDeterminant | None, spec: Spec) -> SpatialPanelResult:
    """Put names on numbers."""
    settings, design = task.settings, task.design
    index = pd.Index([*task.names, *found.spatial], name="parameter")
    params = pd.Series([*found.coefficients, *found.spatial.values()], index=index, name="estimate")
    covariance = pd.DataFrame(found.covariance, index=index, columns=index)
    source = _impact_source(task, determinant)
    region_effects, time_effects, intercept = _split_effects(found, task.study, settings.fixed_effects)
    return SpatialPanelResult(
        params=params,
        covariance=covariance,
        sigma2=found.sigma2,
        sigma2_se=found.sigma2_se,
        loglik=found.loglik,
        nobs=found.size,
        df_model=found.df_model,
        df_residual=found.df_residual,
        residuals=design.labelled(found.innovations, "residual"),
        fitted=design.labelled(design.y - found.innovations, "fitted"),
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
        weights=task.weights.first if task.weights is not None else None,
        spec=spec,
        regressors=task.regressors,
        lagged=task.lagged,
        response=design.response,
        covariance_kind=settings.covariance_used,
        components=pd.Series(dict(found.components), dtype=float, name="estimate"),
        diagnostics=found.diagnostics,
        df_t=found.df_t,
        model_weights=task.weights,
        _impact_source=source,
    )


def _impact_source(task: Task, determinant: LogDeterminant | None) -> ImpactSource:
    """Return what impacts are computed from: one weights, or several or changing ones."""
    weights, parts = task.weights, task.settings.parts
    if weights is None or weights.is_single_lag:
        sparse = weights.first.sparse if weights is not None else None
        return SingleWeightsImpacts(task.regressors, task.lagged, sparse, determinant if parts.lag_y else None)
    lags, _ = operators_of(weights, len(task.design.y))
    rhos = rho_names(len(weights.lags)) if parts.lag_y else []
    return GeneralImpacts(task.regressors, task.lagged, weights.prefixes, rhos, lags)


def _split_effects(
    found: Numbers, study: Study, effects: str
) -> tuple[pd.Series | None, pd.Series | None, float | None]:
    """Return region effects, time effects (deviations) and their common mean."""
    if found.effects is None:
        return None, None, None
    by_region = pd.Series(found.effects.mean(axis=0), index=study.ids, name="region_effect")
    if effects == "pooled":  # random effects have mean zero beside the formula's own intercept
        return by_region, None, None
    mean = float(np.mean(found.effects))
    by_time = pd.Series(found.effects.mean(axis=1) - mean, index=pd.Index(study.times, name="time"), name="time_effect")
    return (
        by_region - mean if effects in ("region", "twoway") else None,
        by_time if effects in ("time", "twoway") else None,
        mean,
    )
