"""Front door of dynamic spatial panels: `dynamic_panel`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import check_option
from spatial_region.core.spec import make_spec
from spatial_region.core.study import Study
from spatial_region.errors import ConvergenceWarning, InputError, OptionError
from spatial_region.panel._determinant import LogDeterminant, make_determinant
from spatial_region.panel._dynamic import DynamicEstimate, dynamic_names, estimate_dynamic, make_dynamic_blocks
from spatial_region.panel.design import Design, choose_lagged, read_formula
from spatial_region.panel.dynamic_result import DynamicPanelResult, dynamic_fields
from spatial_region.panel.fitting import Task, check_distinct, describe_inputs, label
from spatial_region.panel.identification import check_identified
from spatial_region.panel.maximum_likelihood import check_estimate
from spatial_region.panel.model_weights import model_weights
from spatial_region.panel.numbers import Numbers
from spatial_region.panel.options import Determinant, Dynamic, Model
from spatial_region.panel.regression import check_study
from spatial_region.panel.settings import Settings, as_names
from spatial_region.panel.times import check_times

FixedEffects = Literal["pooled", "region", "time", "twoway"]
Correction = Literal["analytical", "score", "none"]


def dynamic_panel(
    formula: str,
    study: Study,
    *,
    w: object = None,
    dynamic: Dynamic = "both",
    model: Model = "sdm",
    effects: FixedEffects = "twoway",
    lagged: Sequence[str] | None = None,
    correction: Correction = "analytical",
    lee_yu: bool = False,
    determinant: Determinant = "auto",
) -> DynamicPanelResult:
    """Regress on the past as well: a spatial panel with lags of the dependent variable in time.

    ``y_t = tau y_(t-1) + eta W y_(t-1) + rho W y_t + X_t b + W X_t theta + effects + u_t``, by maximum likelihood
    given the first time, which is not explained itself. Fixed effects of regions bias that estimate by the order of
    1 / T (Nickell 1981); the bias is corrected.

    Parameters
    ----------
    formula : str
        ``"log(y) ~ a + b"``; see `spatial_panel`. The lags of the dependent variable are added.
    study : Study
        Panel with equally spaced times.
    w : Weights, Graph, W, str, optional
        Weights that do not change; see `spatial_panel`.
    dynamic : {"time", "space_time", "both"}
        Lag of y in time (tau), in space and time (eta), or both.
    model, effects, lagged, lee_yu, determinant
        See `spatial_panel`; effects are fixed.
    correction : {"analytical", "score", "none"}
        "analytical": one step from the maximum by the expected score in its limit for many times (Yu, de Jong & Lee
        2008; Lee & Yu 2010). "score": the root of the score less its exact expectation given the first time (Yang
        2018), for few times. "none": the maximum as it is.

    Returns
    -------
    DynamicPanelResult
        As of `spatial_panel`, with ``uncorrected``, ``bias``, ``stability``, ``impacts(run="long")`` and
        ``convergence()``.

    Raises
    ------
    InputError
        If the study is no panel, has fewer than 3 times, or times that are not equally spaced.
    OptionError
        If an option is not offered, or does not fit the others.
    UnknownNameError, MissingValuesError, IdentificationError, ConstantVariableError, WeightsError, ConvergenceError
        See `spatial_panel`.

    Warns
    -----
    IslandWarning
        If regions have no neighbours.
    ConvergenceWarning
        If the correction that was asked for could not be made.

    References
    ----------
    Yu, J., de Jong, R. and Lee, L.-F. (2008). Quasi-maximum likelihood estimators for spatial dynamic panel data with
    fixed effects when both n and T are large. Journal of Econometrics 146. doi:10.1016/j.jeconom.2008.08.002.
    Lee, L.-F. and Yu, J. (2010). A spatial dynamic panel data model with both time and individual fixed effects.
    Econometric Theory 26. doi:10.1017/S0266466609100099.
    Yang, Z. (2018). Unified M-estimation of fixed-effects spatial dynamic models with short panels. Journal of
    Econometrics 205. doi:10.1016/j.jeconom.2017.08.019.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, spatial_region as sr
    >>> x, y = np.divmod(np.arange(30), 6)
    >>> regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(1000 * x, 1000 * y), crs=3857)
    >>> index = pd.MultiIndex.from_product([regions.index, range(2010, 2020)])
    >>> data = pd.DataFrame(np.random.default_rng(1).normal(size=(300, 2)), index=index, columns=["y", "a"])
    >>> study = sr.make_study(regions, data)
    >>> f = sr.dynamic_panel("y ~ a", study, w=sr.knn(study, k=4), model="sar")
    >>> f.params.index.tolist(), f.stability.stable
    (['a', 'tau', 'eta', 'rho'], True)
    """
    check_option(dynamic, Dynamic, "dynamic")
    check_option(correction, Correction, "correction")
    check_option(effects, FixedEffects, "effects")
    settings = Settings(model, effects, "ml", as_names(lagged, "lagged"), lee_yu, determinant=determinant)
    settings.check()
    check_study(study)
    _check_times(study)
    task, y = _prepare(formula, study, w, settings, dynamic)
    found, log_determinant = _estimate(task, y, dynamic, correction)
    if found.reason:
        warnings.warn(
            f"correction={correction!r} could not be made ({_REASONS[found.reason]}); the estimates are uncorrected: "
            f"biased by the order of 1 / times.",
            ConvergenceWarning,
            stacklevel=2,
        )
    numbers, uncorrected = _numbers(found, task, dynamic)
    spec = make_spec(
        "dynamic_panel",
        options={**asdict(settings), "dynamic": dynamic, "correction": correction},
        inputs=describe_inputs(task, log_determinant, at=None),
    )
    base = label(numbers, task, log_determinant, spec)
    return DynamicPanelResult(
        **dynamic_fields(base),
        dynamic=dynamic,
        correction=found.correction,
        correction_note=found.reason,
        uncorrected=pd.Series(uncorrected, index=base.params.index, name="uncorrected"),
        stability=found.stability,
        _w=task.weights.first.sparse if task.weights is not None else None,
        _log_determinant=log_determinant,
    )


_REASONS = {
    "unstable": "the estimates are not stable over time, which it supposes",
    "no root": "no parameters inside the stable region make the adjusted score 0",
}


def _check_times(study: Study) -> None:
    if not study.is_panel or len(study.times) < 3:
        raise InputError(f"a dynamic panel needs at least 3 times; the study has {len(study.times)}.")
    check_times(study, what="a lag in time")


def _prepare(formula: str, study: Study, w: object, settings: Settings, dynamic: str) -> tuple[Task, np.ndarray]:
    """Return the task of all times but the first, and y (T + 1, N) of all."""
    later = study.between(study.times[1], study.times[-1])
    design = read_formula(formula, later, effects=settings.effects)
    past = read_formula(f"{formula.split('~', maxsplit=1)[0]} ~ 1", study, effects="pooled")
    asked = settings if dynamic == "time" else replace(settings, model=_with_lag(settings))
    weights = model_weights(later, w, None, asked, at=None)
    if weights is not None and weights.single is None:
        raise OptionError("a dynamic panel takes one weights that does not change.")
    chosen = choose_lagged(settings.lagged, design.regressors) if settings.parts.lag_x else []
    names = [*design.regressors, *(f"W_{design.regressors[i]}" for i in chosen)]
    check_distinct(names)
    return Task(later, design, weights, settings, chosen, names), past.y


def _with_lag(settings: Settings) -> Model:
    """Return a model that needs weights, as the lag in space and time does."""
    return "sar" if settings.model in ("ols", "slx") else settings.model


def _estimate(
    task: Task, y: np.ndarray, dynamic: Dynamic, correction: Correction
) -> tuple[DynamicEstimate, LogDeterminant | None]:
    design, settings = task.design, task.settings
    w = task.weights.first.sparse if task.weights is not None else None
    blocks = make_dynamic_blocks(
        y,
        design.x,
        w,
        lagged=task.chosen,
        effects=settings.effects,
        dynamic=dynamic,
        intercept=task.intercept,
    )
    names = [*task.names, *(_describe_lag(name, design) for name in dynamic_names(dynamic))]
    check_identified(
        blocks,
        names,
        response=design.response,
        effects=settings.effects,
        has_spatial_parameter=not settings.parts.is_linear,
    )
    needed = w is not None and (not settings.parts.is_linear or dynamic != "time")
    log_determinant = make_determinant(w, settings.determinant) if needed and w is not None else None
    found = estimate_dynamic(
        y,
        design.x,
        w,
        log_determinant,
        parts=settings.parts,
        lagged=task.chosen,
        effects=settings.effects,
        dynamic=dynamic,
        lee_yu=settings.lee_yu,
        correction=correction,
        intercept=task.intercept,
    )
    check_estimate(found.uncorrected, log_determinant, settings, design.response)
    return found, log_determinant


def _describe_lag(name: str, design: Design) -> str:
    return f"{'the' if name == 'tau' else 'the spatial'} lag of {design.response}"


def _numbers(found: DynamicEstimate, task: Task, dynamic: Dynamic) -> tuple[Numbers, np.ndarray]:
    """Return the numbers, lags of y among the spatial parameters; and the uncorrected values in the same order."""
    parts, one, count = task.settings.parts, found.estimate, len(task.names)
    spatial = dict(zip(dynamic_names(dynamic), map(float, one.coefficients[count:]), strict=True))
    spatial |= {"rho": one.rho} if parts.lag_y else {}
    spatial |= {"lambda": one.lam} if parts.error else {}
    before = found.uncorrected
    others = [*([before.rho] if parts.lag_y else []), *([before.lam] if parts.error else [])]
    numbers = Numbers(
        coefficients=one.coefficients[:count],
        spatial=spatial,
        covariance=one.covariance[:-1, :-1],
        sigma2=one.sigma2,
        sigma2_se=float(np.sqrt(one.covariance[-1, -1])),
        loglik=one.loglik,
        size=one.size,
        df_model=count + len(spatial) + 1 + one.n_effects,
        df_residual=one.df_residual,
        innovations=one.residuals.innovations,
        effects=None if task.settings.effects == "pooled" else one.effects,
        r2=one.r2,
        r2_within=one.r2_within,
        r2_squared_correlation=one.r2_squared_correlation,
    )
    return numbers, np.array([*before.coefficients, *others])
