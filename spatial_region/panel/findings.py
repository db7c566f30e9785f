"""From the candidates of one formula to all findings: what each test needs, and why one is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError, IdentificationError
from spatial_region.panel import _battery as battery
from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._hausman import hausman_tests
from spatial_region.panel._lm_conditional import conditional_tests
from spatial_region.panel._lm_moran import moran_residuals, moran_residuals_by_period
from spatial_region.panel._lm_random import random_tests
from spatial_region.panel._lm_spatial import lm_tests
from spatial_region.panel._lm_value import TestValue
from spatial_region.panel._verdicts import Finding
from spatial_region.panel.candidates import Candidates, residual_array
from spatial_region.panel.design import INTERCEPT, Design, choose_lagged, read_formula
from spatial_region.panel.options import PARTS, Effects, Model
from spatial_region.panel.result import SpatialPanelResult

# The models of the nested pairs; sac and gns nest them too, but rho and lambda together are weakly identified.
MODELS: tuple[Model, ...] = ("ols", "slx", "sar", "sem", "sdm", "sdem")
_FIXED: tuple[Effects, ...] = ("pooled", "region", "time", "twoway")
_VARIANCE: tuple[Effects, Effects] = ("random", "pooled")
# Above so many regions the correlations of all pairs are more than a table of tests should cost.
_MOST_REGIONS = 10_000
_FEWEST_TIMES = 3
# Row sums may differ by rounding.
_ONE = 1e-9


@dataclass(frozen=True)
class Findings:
    """All findings, in order, and the models that were fitted for them."""

    findings: list[Finding]
    models: tuple[Model, ...]


def all_findings(candidates: Candidates, effects: Effects, *, lee_yu: bool) -> Findings:
    """Return every test that the data allow; reasons of the others go into ``candidates.skipped``."""
    fixed: Effects = "pooled" if effects == "random" else effects
    design = read_formula(candidates.formula, candidates.study, effects=fixed)
    found: list[Finding] = []
    if len(candidates.study.times) > 1:
        found += _effects(candidates, design, effects)
    found += _lm(candidates, design, effects, lee_yu=lee_yu)
    fits = {model: candidates.get(model, effects, lee_yu=lee_yu) for model in MODELS}
    made: dict[str, SpatialPanelResult] = {model: fit for model, fit in fits.items() if fit is not None}
    holds = _common_factor_holds(candidates, design, effects, has_sdm="sdm" in made)
    found += battery.nested_findings(made, common_factor_holds=holds)
    found += _residuals(candidates, design, effects, lee_yu=lee_yu)
    return Findings(found, tuple(model for model in MODELS if model in made))


def _common_factor_holds(candidates: Candidates, design: Design, effects: Effects, *, has_sdm: bool) -> bool:
    """Return whether SEM is a special SDM, and say in ``skipped`` why not."""
    names = [name for name in design.regressors if name != INTERCEPT]
    lagged = choose_lagged(candidates.lagged, design.regressors)
    why = None
    if len(lagged) < len(names):
        why = "SEM is nested in SDM only if the lags of all regressors are in it"
    elif effects != "region" and not candidates.rows_sum_alike:
        why = (
            "SEM is nested in SDM only if the rows of the weights have equal sums: else I - lambda W makes of the "
            "intercept and of time effects what SDM does not contain"
        )
    if why is not None and has_sdm:
        candidates.skipped["lr_sdm_sem, wald_sdm_sem"] = why
    return why is None


def _effects(candidates: Candidates, design: Design, effects: Effects) -> list[Finding]:
    found: list[Finding] = []
    models: tuple[Model, ...] = ("ols", "sdm")
    for model in models:
        fits = {kind: candidates.get(model, kind) for kind in _FIXED}
        found += battery.effects_findings({kind: fit for kind, fit in fits.items() if fit is not None}, model)
        random, pooled = (candidates.get(model, kind) for kind in _VARIANCE) if effects == "random" else (None, None)
        if random is not None and pooled is not None:
            found.append(battery.variance_finding(random, pooled))
    for model in models:
        found += _hausman(candidates, design, effects, model)
    return found


def _hausman(candidates: Candidates, design: Design, effects: Effects, model: Model) -> list[Finding]:
    """Return the tests of random against fixed region effects in one model."""
    if candidates.get(model, effects) is None:  # the reason is noted already
        return []
    parts, w = PARTS[model], candidates.w.sparse
    chosen = choose_lagged(candidates.lagged, design.regressors) if parts.lag_x else []
    try:
        tests = hausman_tests(
            design.y,
            _without_intercept(design),
            w,
            None if parts.is_linear else make_determinant(w, "auto"),
            parts=parts,
            lagged=[_place(design, design.regressors[place]) for place in chosen],
            time_effects=effects in ("time", "twoway"),
        )
    except IdentificationError as problem:
        candidates.skipped[f"hausman_{model}, mundlak_{model}"] = str(problem)
        return []
    return battery.hausman_findings(tests, model)


def _without_intercept(design: Design) -> Array:
    keep = [place for place, name in enumerate(design.regressors) if name != INTERCEPT]
    return design.x[:, :, keep]


def _place(design: Design, name: str) -> int:
    """Return the place of a regressor among those that are not the intercept."""
    return [other for other in design.regressors if other != INTERCEPT].index(name)


def _without_levels(design: Design, w: sp.csr_array, fixed: str) -> Design:
    """Take off the levels that effects or an intercept absorb: scores of values far from zero would lose their digits.

    With effects of regions any region's mean; otherwise the common mean, where W of a constant is one.
    """
    if fixed in ("region", "twoway"):
        return replace(design, y=design.y - design.y.mean(axis=0), x=design.x - design.x.mean(axis=0))
    sums = np.asarray(w.sum(axis=1)).ravel()
    if np.ptp(sums) > _ONE or not (fixed == "time" or INTERCEPT in design.regressors):
        return design
    x = design.x - design.x.mean(axis=(0, 1))
    if INTERCEPT in design.regressors:
        x[:, :, design.regressors.index(INTERCEPT)] = 1.0
    return replace(design, y=design.y - design.y.mean(), x=x)


def _lm(candidates: Candidates, design: Design, effects: Effects, *, lee_yu: bool) -> list[Finding]:
    fixed = "pooled" if effects == "random" else effects
    design = _without_levels(design, candidates.w.sparse, fixed)
    intercept = design.regressors.index(INTERCEPT) if INTERCEPT in design.regressors else None
    values = lm_tests(
        design.y,
        design.x,
        w=candidates.w.sparse,
        effects=fixed,
        lagged=choose_lagged(candidates.lagged, design.regressors),
        intercept=intercept,
        lee_yu=lee_yu,
    )
    if len(candidates.study.times) > 1 and effects in ("pooled", "random"):
        values |= _error_components(candidates, design, intercept)
    return battery.lm_findings(values)


def _error_components(candidates: Candidates, design: Design, intercept: int | None) -> dict[str, TestValue]:
    """Return the tests of Baltagi et al. for random effects, spatial errors and serial correlation."""
    w = candidates.w.sparse
    if w.diagonal().any():
        candidates.skipped["bsk_*, bsjk_*"] = "need weights that link no region with itself"
        return {}
    values = random_tests(design.y, design.x, w=w, intercept=intercept)
    try:
        determinant = make_determinant(w, "auto")
        values |= conditional_tests(design.y, design.x, w=w, determinant=determinant, intercept=intercept)
    except (ConvergenceError, IdentificationError) as problem:
        candidates.skipped["conditional tests of Baltagi et al."] = str(problem)
        return values
    if "bsjk_c2" not in values:
        candidates.skipped["bsjk_c2"] = "needs a dense inverse; not made beyond 2,000 regions"
    return values


def _residuals(candidates: Candidates, design: Design, effects: Effects, *, lee_yu: bool) -> list[Finding]:
    study, w = candidates.study, candidates.w.sparse
    fixed = "pooled" if effects == "random" else effects
    design = _without_levels(design, w, fixed)
    intercept = design.regressors.index(INTERCEPT) if INTERCEPT in design.regressors else None
    whole = moran_residuals(design.y, design.x, w=w, effects=fixed, intercept=intercept)
    if not study.is_panel:
        return battery.moran_findings(whole.test, {})
    each = moran_residuals_by_period(design.y, design.x, w=w, effects=fixed, intercept=intercept)
    by_time = {str(time): one.test for time, one in zip(study.times, each, strict=True)}
    found = battery.moran_findings(whole.test, by_time)
    periods = len(study.times)
    if periods < _FEWEST_TIMES or study.n > _MOST_REGIONS:
        candidates.skipped["dependence over time"] = (
            f"needs at least {_FEWEST_TIMES} times and at most {_MOST_REGIONS} regions; there are {periods} "
            f"and {study.n}"
        )
        return found
    models: tuple[Model, ...] = ("ols", "sdm")
    for model in models:
        fit = candidates.get(model, effects, lee_yu=lee_yu)
        if fit is None:
            continue
        try:
            found += battery.dependence_findings(residual_array(fit, periods), w, model, effects=effects)
        except IdentificationError as problem:
            candidates.skipped[f"dependence of residuals, {model}"] = str(problem)
    return found
