"""Run one analysis of a study file and lay out what it found: spatial regressions, static and dynamic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region.cli import schema_panel as spec
from spatial_region.cli.checks import formula_variables, times_of
from spatial_region.cli.markdown import number, signed
from spatial_region.cli.task import Task
from spatial_region.cli.words import word
from spatial_region.core.messages import name_regions
from spatial_region.core.study import Study
from spatial_region.panel.options import PARTS

SHORT_PANEL = 10  # times below which the likelihood with dummies misleads visibly
_STARS = ((0.01, "***"), (0.05, "**"), (0.1, "*"))
_GREEK = {"rho": "ρ", "lambda": "λ", "tau": "τ", "eta": "η", "psi": "ψ", "phi": "φ"}


def run_spatial_panel(one: spec.SpatialPanel, task: Task) -> None:
    """Estimate panel models and set them side by side, then their impacts."""
    models = one.model or ["sdm"]
    study = complete(one, task, None, models)
    fits: dict[str, Any] = {}
    for model in models:
        fits[model] = sr.spatial_panel(one.formula, study, w=one.w, model=model, **one.options())
    _lay_out(fits, one, task, None)


def run_spatial_regression(one: spec.SpatialRegression, task: Task) -> None:
    """Estimate cross-section models at each time and set them side by side, then their impacts."""
    for time in times_of(one, task.study):
        models = one.model or ["sar"]
        study = complete(one, task, time, models)
        options = one.options() | ({} if time is None else {"at": time})
        fits: dict[str, Any] = {
            m: sr.spatial_regression(one.formula, study, w=one.w, model=m, **options) for m in models
        }
        _lay_out(fits, one, task, time)


def run_dynamic_panel(one: spec.DynamicPanel, task: Task) -> None:
    """Estimate dynamic panel models and set them side by side, then their impacts in the short and the long run."""
    models = one.model or ["sdm"]
    study = complete(one, task, None, models)
    fits: dict[str, Any] = {}
    for model in models:
        fits[model] = sr.dynamic_panel(one.formula, study, w=one.w, model=model, **one.options())
    _lay_out(fits, one, task, None)
    for stable, key in ((True, "stable"), (False, "not stable")):
        said = [
            f"{name.upper()} ({f.stability.radius:.3f})" for name, f in fits.items() if f.stability.stable == stable
        ]
        if said:
            task.section.say(word(key, task.lang, models=", ".join(said)))


def complete(one: spec.Regression | spec.SpatialTests, task: Task, time: object, models: Sequence[str]) -> Study:
    """Return the regions that have every variable of the formula, when the study file asks for that."""
    study = task.study
    if one.missing != "drop":
        return study
    values = study.frame(formula_variables(one.formula), at=time)
    absent = values.isna().any(axis=1).groupby(level=0, sort=False).any()
    if absent.any():
        dropped = absent.index[absent]
        task.section.say(word("dropped", task.lang, regions=name_regions(dropped, study.names, limit=20)))
        study = study.select(~absent.reindex(study.ids))
        if study.weights and any(PARTS[model].lag_y or PARTS[model].lag_x or PARTS[model].error for model in models):
            task.say_new_islands(one.w, study.weights[task.weights_name(one.w)].islands)
        task.record(time, n=study.n, dropped=list(map(str, dropped)))
    return study


def _lay_out(fits: dict[str, Any], one: spec.Regression, task: Task, time: object) -> None:
    _say_how(fits, one, task)
    shown, whole = _side_by_side(fits, task)
    caption = task.titled(word("coefficients", task.lang), time)
    task.section.table(task.named(time), whole, caption, shown=shown, index=False)
    _say_errors(fits, task)
    _lay_out_instruments(fits, task, time)
    for model, fit in fits.items():
        if PARTS[model].lag_y or PARTS[model].lag_x or hasattr(fit, "stability"):
            _lay_out_impacts(model, fit, one, task, time)
    static = {model for model, fit in fits.items() if not hasattr(fit, "stability")}
    without = [model.upper() for model in fits if model in static and not (PARTS[model].lag_y or PARTS[model].lag_x)]
    if without:
        task.section.say(word("impacts equal", task.lang, models=", ".join(without)))


def _lay_out_instruments(fits: dict[str, Any], task: Task, time: object) -> None:
    """Show whether instruments are strong and valid, where there are some."""
    for model, fit in fits.items():
        if fit.diagnostics is None:
            continue
        for key in ("endogenous", "instruments"):
            if fit.spec.options[key]:
                names = ", ".join(map(task.label, fit.spec.options[key]))
                task.section.say(word(f"{key} said", task.lang, names=names))
        title = task.titled(word("instrument tests", task.lang, model=model.upper()), time)
        shown = fit.diagnostics.map(_cell).reset_index()
        task.section.table(task.named(time, f"{model}_instruments"), fit.diagnostics, title, shown=shown)


def _cell(value: Any) -> str:
    if not isinstance(value, (int, float)):
        return str(value)
    return "–" if pd.isna(value) else number(float(value))


def _say_how(fits: dict[str, Any], one: spec.Regression, task: Task) -> None:
    """State the formula, the effects and the weights; and warn of effects of regions in a short panel."""
    lang, first = task.lang, next(iter(fits.values()))
    said = [f"`{one.formula}`.", word("weights used", lang, w=task.weights_name(one.w))]
    if first.spec.inputs["periods"]:
        if first.effects == "random":
            said.append(word(f"random {first.spec.options['components']}", lang))
        else:
            effects = word(first.effects, lang) + (word("lee yu", lang) if first.lee_yu else "")
            said.append(word("effects said", lang, effects=effects))
    task.section.say(" ".join(said))
    periods = first.spec.inputs["periods"]
    likelihood = any(not PARTS[model].is_linear for model in fits) and first.method == "ml"
    corrected = getattr(first, "correction", "none") != "none"
    short = first.effects in ("region", "twoway") and not first.lee_yu and periods < SHORT_PANEL
    if likelihood and short and not corrected:
        task.section.caution(word("short panel", lang, periods=periods))


def _say_errors(fits: dict[str, Any], task: Task) -> None:
    """State which standard errors the table has."""
    said = [word("errors in parentheses", task.lang)]
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for model, fit in fits.items():
        groups.setdefault((fit.method, fit.covariance_kind, fit.df_t is None), []).append(model.upper())
    for (method, kind, normal), models in groups.items():
        said.append(
            word(
                "errors of",
                task.lang,
                models=", ".join(models),
                method=word("least squares" if not normal else method, task.lang),
                errors=word(f"errors {kind}", task.lang),
                law=word("law normal" if normal else "law t", task.lang),
            )
        )
    corrections = {str(fit.correction) for fit in fits.values() if hasattr(fit, "correction")}
    said += [word(f"bias {kind}", task.lang) for kind in sorted(corrections)]
    task.section.say(" ".join(said))


def _lay_out_impacts(model: str, fit: Any, one: spec.Regression, task: Task, time: object) -> None:
    # Without a lag of y the impacts are sums of coefficients, whose errors are exact; draws would only blur them.
    default = {} if PARTS[model].lag_y else {"se": "delta"}
    runs: tuple[str | None, ...] = (None,)
    if hasattr(fit, "stability"):
        runs = ("short", "long") if fit.stability.stable else ("short",)
    for run in runs:
        asked = {"seed": task.seed, **default, **one.impact_options(), **({} if run is None else {"run": run})}
        made = fit.impacts(**asked)
        impacts = made.table()
        title = word("impacts", task.lang, model=model.upper()) + ("" if run is None else word(f"run {run}", task.lang))
        shown = _impacts_in_words(impacts, task)
        suffix = f"{model}_impacts" + ("" if run is None else f"_{run}")
        task.section.table(task.named(time, suffix), impacts, task.titled(title, time), shown=shown)
        labels = {variable: task.label(str(variable)) for variable in impacts.index}
        figure = made.plot(labels=labels, lang=task.lang, title=task.titled(title, time))
        task.section.figure(task.named(time, suffix), figure, task.titled(title, time))
    if made.spec.options["se"] == "simulation":
        said = word("errors drawn", task.lang, draws=made.spec.options["draws"], seed=made.spec.seed)
    else:
        said = word("errors delta", task.lang)
    task.section.say(said)


def _side_by_side(fits: dict[str, Any], task: Task) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return coefficients of all models in columns, to be read; and as one tidy table, to be used."""
    names = list(dict.fromkeys(name for fit in fits.values() for name in fit.params.index))
    names = [name for name in names if name not in _GREEK] + [name for name in _GREEK if name in names]
    rows: list[list[str]] = []
    for name in names:
        rows.append([_label(name, task), *(_estimate(fit, name) for fit in fits.values())])
        rows.append(["", *(_error(fit, name) for fit in fits.values())])
    rows += [[label, *map(measure, fits.values())] for label, measure in _measures(fits, task)]
    shown = pd.DataFrame(rows, columns=["", *(model.upper() for model in fits)])
    tidy = [
        pd.DataFrame(
            {
                "model": model,
                "term": fit.params.index,
                "estimate": fit.params.to_numpy(),
                "std_error": fit.std_errors.to_numpy(),
                "z": fit.zvalues.to_numpy(),
                "p": fit.pvalues.to_numpy(),
                "loglik": fit.loglik,
                "nobs": fit.nobs,
                "sigma2": fit.sigma2,
                "r2": fit.r2,
                "r2_within": fit.r2_within,
                "aic": fit.aic,
                "bic": fit.bic,
            }
        )
        for model, fit in fits.items()
    ]
    return shown, pd.concat(tidy, ignore_index=True)


def _measures(fits: dict[str, Any], task: Task) -> list[tuple[str, Callable[[Any], str]]]:
    """Return label and value of each measure of size and fit."""
    first = next(iter(fits.values()))
    rows: list[tuple[str, Callable[[Any], str]]] = [("N", lambda fit: f"{len(fit.residuals)}")]
    if first.lee_yu:
        rows.append((word("N transformed", task.lang), lambda fit: f"{fit.nobs}"))
    if first.effects in ("pooled", "random"):
        rows.append(("R²", lambda fit: number(fit.r2)))
    else:
        rows.append((word("R2 within", task.lang), lambda fit: number(fit.r2_within)))
        rows.append((word("R2 effects", task.lang), lambda fit: number(fit.r2)))
    rows.append(("σ²", lambda fit: number(fit.sigma2)))
    return [*rows, ("log L", _criterion("loglik")), ("AIC", _criterion("aic")), ("BIC", _criterion("bic"))]


def _criterion(key: str) -> Callable[[Any], str]:
    return lambda fit: "–" if pd.isna(getattr(fit, key)) else signed(f"{getattr(fit, key):.3f}")


def _label(term: str, task: Task) -> str:
    if term in _GREEK:
        return _GREEK[term]
    return f"W × {task.label(term[2:])}" if term.startswith("W_") else task.label(term)


def _estimate(fit: Any, name: str) -> str:
    if name not in fit.params.index:
        return ""
    return number(float(fit.params[name])) + stars(float(fit.pvalues[name]))


def _error(fit: Any, name: str) -> str:
    if name not in fit.params.index:
        return ""
    error = float(fit.std_errors[name])
    return "–" if pd.isna(error) else f"({number(error)})"


def stars(p: float) -> str:
    """Return the stars of a p-value at 1, 5 and 10 %."""
    return next((mark for edge, mark in _STARS if p < edge), "")


def _impacts_in_words(impacts: pd.DataFrame, task: Task) -> pd.DataFrame:
    rows = []
    for variable, row in impacts.iterrows():
        cells = []
        for kind in ("direct", "indirect", "total"):
            estimate, error, p = row[kind], row.get(f"{kind}_se"), row.get(f"{kind}_p")
            cells.append("–" if pd.isna(error) else f"{number(estimate)}{stars(p)} ({number(error)})")
        rows.append([task.label(str(variable)), *cells])
    return pd.DataFrame(rows, columns=["", *(word(kind, task.lang) for kind in ("direct", "indirect", "total"))])


RUNNERS: dict[str, Callable[[Any, Task], None]] = {
    "spatial_panel": run_spatial_panel,
    "spatial_regression": run_spatial_regression,
    "dynamic_panel": run_dynamic_panel,
}
