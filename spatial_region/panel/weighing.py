"""Alternatives weighed against each other by marginal likelihood: between the front door and the kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import softmax

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import check_option
from spatial_region.core.result import Result, two_columns
from spatial_region.core.spec import Spec, make_spec
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import ConvergenceError, InputError, OptionError, WeightsError
from spatial_region.panel._marginal import Marginal, evidence
from spatial_region.panel.candidates import Candidates, one_weights, warn_once
from spatial_region.panel.design import INTERCEPT, choose_lagged, read_formula
from spatial_region.panel.impacts import show_table
from spatial_region.panel.options import PARTS, Effects, Model
from spatial_region.panel.result import SpatialPanelResult

Prior = Literal["zellner", "diffuse"]
_ONE = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class ModelChoice(Result):
    """Alternatives weighed against each other.

    Attributes
    ----------
    values : pandas.DataFrame
        One row an alternative: loglik, aic, bic, estimates of rho and lambda, log_marginal, probability.
    best : str
        The alternative of the highest probability.
    fits : Mapping of str to SpatialPanelResult
        The fit of each alternative.
    spec : Spec
        Settings.
    """

    values: pd.DataFrame
    best: str
    fits: Mapping[str, SpatialPanelResult]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return one row an alternative: ``loglik, aic, bic, rho, lambda, log_marginal, probability``."""
        return self.values.copy()

    def summary(self) -> str:
        """Return the alternatives and the settings as text."""
        inputs, chosen = self.spec.inputs, self.spec.options
        rows: list[tuple[str, object]] = [
            ("formula", inputs["formula"]),
            ("sample", f"{inputs['regions']} regions" + (f" x {inputs['periods']} times" if inputs["periods"] else "")),
            ("effects", chosen["effects"]),
            ("prior of slopes", chosen["prior"]),
            ("most probable", self.best),
        ]
        what = f"Choice of {self.values.index.name}"
        return f"{two_columns(what, [row for row in rows if row[1] is not None])}\n\n{show_table(self.values)}"


def check_weighing(study: object, effects: object, prior: object) -> None:
    """Refuse options that a marginal likelihood does not go with."""
    if not isinstance(study, Study):
        raise InputError(f"study must be a Study (sr.join or sr.make_study); found {type(study).__name__}.")
    check_option(effects, Effects, "effects")
    check_option(prior, Prior, "prior")
    if effects == "random":
        raise InputError("the marginal likelihood is that of fixed effects; use effects='region' or another.")


def check_models(models: Sequence[object]) -> None:
    """Refuse models whose marginal likelihood would be an integral over two spatial parameters."""
    for model in models:
        check_option(model, Model, "model")
        if PARTS[str(model)].lag_y and PARTS[str(model)].error:
            raise OptionError(
                f"model={model!r} has both rho and lambda, which are hardly told apart; choose models with one."
            )


def weights_by_name(study: Study, w: object, *, at: object) -> dict[str, Weights]:
    """Return at least two weights by name, in the order of the study and standardised."""
    if w is None:
        w = list(study.weights)
    if isinstance(w, Mapping):
        named = {str(name): one_weights(study, each, at=at) for name, each in w.items()}
    elif isinstance(w, Iterable) and not isinstance(w, (str, Weights)):
        listed = list(w)
        if not all(isinstance(name, str) for name in listed):
            raise InputError("w= lists weights without names; pass a mapping such as {'near': w1, 'far': w2}.")
        named = {name: one_weights(study, name, at=at) for name in listed}
    else:
        raise InputError(f"w= takes several weights, by name; found {type(w).__name__}.")
    if len(named) < 2:
        raise InputError(f"comparing weights needs at least 2; found {name_some(named) or 'none'}.")
    return named


def weigh(
    formula: str,
    study: Study,
    pairs: Mapping[str, tuple[Weights, Model]],
    what: str,
    *,
    effects: Effects,
    at: object,
    lagged: Sequence[str] | None,
    prior: Prior,
) -> ModelChoice:
    """Fit each alternative and integrate its likelihood."""
    study = study.at(at) if at is not None else study
    used: Effects = effects if study.is_panel else "pooled"
    fits, rows = {}, {}
    with warn_once():
        for name, (weights, model) in pairs.items():
            if PARTS[model].lag_x or not PARTS[model].is_linear:
                _check_rows(weights, study, used, f"{what} {name!r}")
            candidates = Candidates(formula, study, weights, lagged)
            try:
                fits[name] = candidates.fit(model, used)
            except ConvergenceError as problem:
                raise ConvergenceError(f"{what} {name!r}: {problem}") from problem
            rows[name] = _row(fits[name], _evidence(candidates, model, used, prior))
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(what)
    table["probability"] = softmax(table["log_marginal"].to_numpy(dtype=float))
    first = next(iter(fits.values()))
    spec = make_spec(
        f"compare_{what if what == 'weights' else 'models'}",
        options={
            "models": tuple(dict.fromkeys(model for _, model in pairs.values())),
            "effects": used if study.is_panel else None,
            "at": at,
            "lagged": None if lagged is None else tuple(lagged),
            "prior": prior,
        },
        inputs={**first.spec.inputs, "at": at, "weights": {n: f.spec.inputs["weights"] for n, f in fits.items()}},
    )
    return ModelChoice(table, str(table["probability"].idxmax()), FrozenDict(fits), spec)


def _row(fit: SpatialPanelResult, found: Marginal) -> dict[str, float]:
    spatial = {name: float(fit.params.get(name, np.nan)) for name in ("rho", "lambda")}
    return {"loglik": fit.loglik, "aic": fit.aic, "bic": fit.bic, **spatial, "log_marginal": found.log_marginal}


def _evidence(candidates: Candidates, model: Model, effects: Effects, prior: Prior) -> Marginal:
    design = read_formula(candidates.formula, candidates.study, effects=effects)
    return evidence(
        design.y,
        design.x,
        candidates.w.sparse,
        parts=PARTS[model],
        lagged=choose_lagged(candidates.lagged, design.regressors) if PARTS[model].lag_x else [],
        effects=effects,
        intercept=design.regressors.index(INTERCEPT) if INTERCEPT in design.regressors else None,
        prior=prior,
    )


def _check_rows(weights: Weights, study: Study, effects: str, what: str) -> None:
    sums = np.asarray(weights.sparse.sum(axis=1)).ravel()
    odd = weights.ids[np.abs(sums - 1) > _ONE]
    if effects in ("time", "twoway") and len(odd):
        raise WeightsError(
            f"{what}: the marginal likelihood with effects={effects!r} needs weights whose rows all sum to 1; those "
            f"of {len(odd)} of {weights.n} regions do not: {name_regions(odd, study.names)}. Use w.standardise('row') "
            f"without islands, or effects='region'."
        )
