"""Elhorst's way from tests to a model: LM tests of least squares, then what the Durbin model can be reduced to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spatial_region.core.frozen import FrozenDict
from spatial_region.panel._verdicts import Finding, Step, Suggestion

# Log-likelihood by which SDEM must beat SDM to be worth a word.
_WORTH = 2.0


def suggest(
    findings: Mapping[str, Finding], *, level: float, effects: str | None, logliks: Mapping[str, float]
) -> Suggestion:
    """Return the model that the tests suggest.

    1. LM tests find neither lag nor error: OLS, unless lagged regressors improve it; then SLX, or SDM if rho is not 0.
    2. Otherwise SDM, unless it can be reduced to SAR (theta = 0) or SEM (theta = -rho beta) and the robust LM tests
       point to the same model. Where they do not agree SDM is kept, as it covers both (Elhorst 2010).

    Parameters
    ----------
    findings : mapping of str to Finding
    level : float
    effects : str or None
        Effects under which the models were compared; None for a cross-section.
    logliks : mapping of str to float
        Log-likelihood of each model that was fitted.
    """
    before, wanted = _effects(findings, level, effects)
    model, steps = _model(findings, level, logliks)
    return Suggestion(model, wanted, (*before, *steps, *_disagreements(findings, level, logliks)))


def _rejects(findings: Mapping[str, Finding], key: str, level: float) -> bool | None:
    """Return whether a test rejects; None when it was not made or is not defined."""
    if key not in findings or np.isnan(findings[key].value.p):
        return None
    return findings[key].rejects(level)


def _model(findings: Mapping[str, Finding], level: float, logliks: Mapping[str, float]) -> tuple[str, list[Step]]:
    plain = [_rejects(findings, key, level) for key in ("lm_lag", "lm_error")]
    if not any(plain):
        return _without_dependence(findings, level)
    lag, error = (_rejects(findings, key, level) for key in ("robust_lm_lag", "robust_lm_error"))
    points = {(True, False): "lag", (False, True): "error", (True, True): "both"}.get(
        (bool(lag), bool(error)), "unclear"
    )
    steps = [Step(f"step.lm_{points}")]
    if "sdm" not in logliks:
        simple = {"lag": "sar", "error": "sem"}.get(points)
        better = "sar" if logliks.get("sar", -np.inf) >= logliks.get("sem", -np.inf) else "sem"
        return simple or better, [*steps, Step("step.no_sdm")]
    kept = []
    for nested in ("sar", "sem"):
        rejected = _rejects(findings, f"lr_sdm_{nested}", level)
        word = "step.no_test" if rejected is None else "step.rejects" if rejected else "step.keeps"
        steps.append(Step(word, FrozenDict({"nested": nested})))
        if rejected is False:
            kept.append(nested)
    pointed = {"lag": "sar", "error": "sem"}.get(points)
    if pointed in kept:
        return str(pointed), steps
    return "sdm", [*steps, *([Step("step.conflict")] if kept else [])]


def _without_dependence(findings: Mapping[str, Finding], level: float) -> tuple[str, list[Step]]:
    steps = [Step("step.lm_none")]
    if not _rejects(findings, "lr_slx_ols", level):
        return "ols", [*steps, Step("step.slx_keeps")] if "lr_slx_ols" in findings else steps
    steps.append(Step("step.slx_rejects"))
    if _rejects(findings, "lr_sdm_slx", level):
        return "sdm", [*steps, Step("step.sdm_rejects_slx")]
    return "slx", [*steps, Step("step.sdm_keeps_slx")] if "lr_sdm_slx" in findings else steps


def _disagreements(findings: Mapping[str, Finding], level: float, logliks: Mapping[str, float]) -> list[Step]:
    steps = []
    for nested in ("sar", "sem"):
        ratio, wald = (_rejects(findings, f"{kind}_sdm_{nested}", level) for kind in ("lr", "wald"))
        if None not in (ratio, wald) and ratio != wald:
            p = {kind: findings[f"{kind}_sdm_{nested}"].value.p for kind in ("lr", "wald")}
            fields = {"nested": nested, "wald": p["wald"], "ratio": p["lr"]}
            steps.append(Step("step.wald", FrozenDict(fields)))
    gap = logliks.get("sdem", -np.inf) - logliks.get("sdm", np.inf)
    if gap > _WORTH:
        steps.append(Step("step.sdem", FrozenDict({"gap": gap})))
    return steps


def _effects(findings: Mapping[str, Finding], level: float, effects: str | None) -> tuple[list[Step], str | None]:
    """Return what tests of effects suggest: F tests in the Durbin model, or in OLS when it was not fitted."""
    if effects is None:
        return [], None
    steps: list[Step] = []
    for model in ("sdm", "ols"):
        region, time = (_rejects(findings, f"f_{kind}_{model}", level) for kind in ("region", "time"))
        if region is None or time is None:
            continue
        names = {(True, True): "twoway", (True, False): "region", (False, True): "time", (False, False): "pooled"}
        wanted = names[region, time]
        mundlak = _rejects(findings, f"mundlak_{model}", level)
        if region and mundlak is not None:
            steps.append(Step("step.fixed" if mundlak else "step.random"))
        same = wanted == effects or (effects == "random" and wanted == "region" and mundlak is False)
        word = "step.effects" if same else "step.other_effects"
        return [Step(word, FrozenDict({"wanted": wanted, "used": effects})), *steps], wanted if not same else effects
    # Without F tests, as when effects absorb a regressor, Mundlak's test still says whether random ones will do.
    for model in ("sdm", "ols"):
        mundlak = _rejects(findings, f"mundlak_{model}", level)
        if mundlak is not None and effects in ("random", "region", "twoway"):
            wanted = "region" if mundlak and effects == "random" else effects
            return [Step("step.fixed" if mundlak else "step.random")], wanted
    return [], effects
