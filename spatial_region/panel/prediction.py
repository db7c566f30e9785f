"""From a fit and a study to labelled predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import check_option
from spatial_region.core.study import Study, make_study
from spatial_region.errors import InputError, OptionError
from spatial_region.panel._blocks import Array
from spatial_region.panel._predict import (
    InSample,
    SpatialProcess,
    predict_in_sample,
    predict_out_of_sample,
)
from spatial_region.panel.design import INTERCEPT, read_regressors
from spatial_region.panel.model_weights import ModelWeights, resolve_one, rho_names
from spatial_region.panel.options import PARTS

if TYPE_CHECKING:
    from spatial_region.panel.result import SpatialPanelResult

PredictionKind = Literal["trend", "TC", "TS", "BP", "TS1", "KP5", "BPW", "BPN", "TC1", "BP1", "BPW1", "BPN1"]
_UNKNOWN = ("raise", "mean", "last")


def predict(
    fit: SpatialPanelResult, study: Study | None, *, kind: PredictionKind, w: object, unknown_time: str
) -> pd.Series:
    """Predict; see `spatial_region.panel.postestimation.PostEstimation.predict`."""
    check_option(kind, PredictionKind, "kind")
    if unknown_time not in _UNKNOWN:
        raise OptionError(f"unknown_time must be one of {', '.join(map(repr, _UNKNOWN))}; found {unknown_time!r}.")
    if fit.spec.options.get("serial"):
        raise OptionError("predictions are not offered with serial correlation.")
    if kind != "trend":
        fit._check_rho()
    if study is None and w is not None:
        raise OptionError("w= is for a study with further regions; the data of the fit have their weights.")
    if study is None:
        return _within(fit, kind)
    if not isinstance(study, Study):
        raise InputError(f"study must be a Study (sr.join or sr.make_study); found {type(study).__name__}.")
    if study.is_panel != bool(fit.times):
        kinds = ("a panel", "one cross-section") if fit.times else ("one cross-section", "a panel")
        raise InputError(f"the fit is of {kinds[0]} and the study is {kinds[1]}.")
    if "dynamic" in fit.spec.options:
        raise OptionError("a dynamic panel predicts the data of the fit only: leave study out.")
    further = study.ids.difference(fit.ids, sort=False)
    absent = fit.ids.difference(study.ids, sort=False)
    if len(absent):
        raise InputError(
            f"the study lacks {len(absent)} regions of the fit, which their neighbours need: {name_regions(absent)}."
        )
    if len(further):
        return _further(fit, study, further, kind=kind, w=w, unknown_time=unknown_time)
    if kind not in ("trend", "TC"):
        raise OptionError(f"kind={kind!r} needs the dependent variable; other data take 'trend' or 'TC'.")
    if w is not None:
        raise OptionError("w= is for studies with further regions; the regions of the fit have their weights.")
    study = make_study(study.regions.loc[fit.ids], study.data)  # in the order of the fit's weights
    trend = _trend(fit, study, fit.model_weights, unknown_time)
    process = _process(fit, fit.model_weights, None)
    values = (
        trend if process is None else predict_in_sample("trend" if kind == "trend" else "TC", trend, trend, process)
    )
    return _labelled(values, study)


def _within(fit: SpatialPanelResult, kind: str) -> pd.Series:
    """Return predictions of the data of the fit: the trend is what y leaves of its lag and its disturbance."""
    if kind not in get_args(InSample):
        raise OptionError(
            f"kind={kind!r} is for regions without data; the data of the fit take {', '.join(get_args(InSample))}."
        )
    e = _blocks(fit.residuals, fit)
    y = _blocks(fit.residuals + fit.fitted, fit)
    found = np.empty_like(y)
    for period in range(len(y)):
        process = _process(fit, fit.model_weights, period)
        here = slice(period, period + 1)
        if process is None:
            found[here] = y[here] - e[here]
            continue
        trend = _trend_within(y[here], e[here], process)
        found[here] = predict_in_sample(kind, y[here], trend, process)  # type: ignore[arg-type]
    return pd.Series(found.T.ravel(), index=fit.residuals.index, name="predicted")


def _trend_within(y: Array, e: Array, process: SpatialProcess) -> Array:
    """Return S y - B^-1 e."""
    u = SpatialProcess(process.error, None).mean(e) if process.error is not None else e
    return y - u if process.lag is None else y - (process.lag @ y.T).T - u


def _further(
    fit: SpatialPanelResult, study: Study, further: pd.Index, *, kind: str, w: object, unknown_time: str
) -> pd.Series:
    """Return predictions of regions without data, from those with data at the same times."""
    if fit.effects in ("region", "twoway", "random"):
        raise InputError(
            f"effects={fit.effects!r} of {len(further)} further regions are unknown: "
            f"{name_regions(further, study.names)}. Fit with effects='pooled' or 'time'."
        )
    if kind == "TS":
        raise OptionError("kind='TS' is for the data of the fit; regions without data take 'TS1', 'TC', 'BP' ...")
    if fit.model_weights is not None and fit.model_weights.single is None:
        raise OptionError("regions without data are predicted by models with one weights that does not change.")
    if fit.model_weights is None:
        raise OptionError("the model has no weights; regions without data take the trend of a study of their own.")
    times = fit.times
    if study.is_panel:
        if [t for t in times if t not in study.times]:
            raise InputError(
                f"the study lacks times of the fit: {name_some([t for t in times if t not in study.times])}."
            )
        extra = [time for time in study.times if time not in times]
        if extra:
            raise InputError(
                f"regions without data are predicted at the times of the fit; leave out {name_some(extra)}."
            )
    weights = ModelWeights((resolve_one(study, w, at=None),))
    if weights.single is None:
        raise OptionError("regions without data take one weights that does not change.")
    trend = _trend(fit, study, weights, unknown_time)
    wanted = study.ids.get_indexer(further)
    if kind == "trend":
        values = trend[:, wanted]
    else:
        process = _process(fit, weights, None)
        if process is None:
            raise OptionError("the model has neither W y nor a spatial error: its prediction is the trend.")
        y = _blocks(fit.residuals + fit.fitted, fit)
        sampled = study.ids.get_indexer(fit.ids)
        values = predict_out_of_sample(kind, y, trend, process, sampled=sampled, wanted=wanted)  # type: ignore[arg-type]
    return _labelled(values, study.select(further))


def _trend(fit: SpatialPanelResult, study: Study, weights: ModelWeights | None, unknown_time: str) -> Array:
    """Return Z b and effects of the regions and times of a study."""
    x, names = read_regressors(
        str(fit.spec.inputs["formula"]), study, effects="pooled" if INTERCEPT in fit.params else "region"
    )
    values = {name: x[:, :, place] for place, name in enumerate(names)}
    trend = sum((fit.params[name] * values[name] for name in names), start=np.zeros(x.shape[:2]))
    if fit.lagged and weights is not None:
        if any(len(each) > 1 for each in weights.lags):
            raise OptionError("predictions of other times need weights that do not change over time.")
        for prefix, each in zip(weights.prefixes, weights.lags, strict=True):
            for name in fit.lagged:
                trend = trend + fit.params[f"{prefix}_{name}"] * (each[0].sparse @ values[name].T).T
    return trend + _effects(fit, study, unknown_time)


def _effects(fit: SpatialPanelResult, study: Study, unknown_time: str) -> Array:
    total = np.full((max(len(study.times), 1), study.n), 0.0 if fit.intercept is None else fit.intercept)
    if fit.region_effects is not None:
        total = total + fit.region_effects.reindex(study.ids).to_numpy()
    if fit.time_effects is not None:
        by_time = fit.time_effects.reindex(study.times)
        unknown = by_time.index[by_time.isna()]
        if len(unknown) and unknown_time == "raise":
            raise OptionError(
                f"the effects of {len(unknown)} times are unknown: {name_some(unknown)}. Pass unknown_time='mean' or "
                f"'last'."
            )
        total = total + by_time.fillna(0.0 if unknown_time == "mean" else fit.time_effects.iloc[-1]).to_numpy()[:, None]
    return total


def _process(fit: SpatialPanelResult, weights: ModelWeights | None, period: int | None) -> SpatialProcess | None:
    """Return the dependence between regions at one time, or at all when weights do not change."""
    if weights is None:
        return None
    rhos = rho_names(len(weights.lags)) if PARTS[fit.model].lag_y else []
    if period is None and any(len(each) > 1 for each in (*weights.lags, weights.error or ())):
        raise OptionError("predictions of other times need weights that do not change over time.")
    place = period or 0
    lag = None
    for name, each in zip(rhos, weights.lags, strict=False):
        part = fit.params[name] * each[place if len(each) > 1 else 0].sparse
        lag = part if lag is None else lag + part
    error = None
    if PARTS[fit.model].error:
        own = weights.error if weights.error is not None else weights.lags[0]
        error = sp.csr_array(fit.params["lambda"] * own[place if len(own) > 1 else 0].sparse)
    return None if lag is None and error is None else SpatialProcess(None if lag is None else sp.csr_array(lag), error)


def _blocks(values: pd.Series, fit: SpatialPanelResult) -> Array:
    return np.ascontiguousarray(values.to_numpy(dtype=float).reshape(len(fit.ids), -1).T)


def _labelled(values: Array, study: Study) -> pd.Series:
    index = study.ids
    if study.is_panel:
        index = pd.MultiIndex.from_product([study.ids, study.times], names=["region", "time"])
    return pd.Series(values.T.ravel(), index=index, name="predicted")
