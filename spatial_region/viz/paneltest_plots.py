"""`plot` of panel methods: roots and responses of autoregressions, moderated and mediated effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import check_option
from spatial_region.errors import InputError
from spatial_region.paneltests.mediation import Mediation
from spatial_region.paneltests.moderation import Moderation
from spatial_region.paneltests.panel_var_result import PanelVar
from spatial_region.viz.figure import Figure
from spatial_region.viz.impulse_responses import impulse_responses
from spatial_region.viz.keywords import language
from spatial_region.viz.path_diagram import path_diagram
from spatial_region.viz.plot import plot
from spatial_region.viz.slopes import slopes
from spatial_region.viz.unit_circle import unit_circle
from spatial_region.viz.words import word

VarKind = Literal["roots", "responses"]
_PLACES = 121  # of the line of slopes


@plot.register
def _(result: PanelVar, *, kind: VarKind = "roots", **options: Any) -> Figure:
    check_option(kind, VarKind, "kind")
    if kind == "roots":
        return unit_circle(result.roots, **options)
    options.setdefault("level", result.spec.options["level"])
    return impulse_responses(result.responses, **options)


@plot.register
def _(
    result: Moderation,
    *,
    deviations: float = 2.0,
    labels: Mapping[str, str] | None = None,
    **options: Any,
) -> Figure:
    if isinstance(deviations, bool) or not isinstance(deviations, (int, float)) or not 1 <= deviations <= 10:
        raise InputError(f"deviations must be a number of standard deviations from 1 to 10; found {deviations!r}.")
    lang, called = language(options), {**(labels or {})}
    cause, variable = (called.get(name, name) for name in (result.cause, result.variable))
    options.setdefault("moderator", called.get(result.moderator, result.moderator))
    options.setdefault("effect", word("effect on", lang, cause=cause, variable=variable))
    options.setdefault("level", result.level)
    options.setdefault("note", word("simple at", lang))
    return slopes(_line(result, float(deviations)), result.slopes, bounds=result.bounds, **options)


def _line(result: Moderation, deviations: float) -> pd.DataFrame:
    """Return the effect and its band over so many standard deviations of the moderator to either side of its mean."""
    chosen = result.slopes
    middle = float(chosen.loc["mean", "moderator"])
    spread = float(chosen.loc["mean + sd", "moderator"]) - middle
    reach = float((chosen.loc["mean", "high"] - chosen.loc["mean", "slope"]) / chosen.loc["mean", "std_error"])
    product = f"{result.cause}:{result.moderator}"
    b1, b3 = (float(result.regression.params[name]) for name in (result.cause, product))
    v = result.regression.covariance.loc[[result.cause, product], [result.cause, product]].to_numpy()
    away = np.linspace(-deviations, deviations, _PLACES) * spread
    slope = b1 + b3 * away
    half = reach * np.sqrt(v[0, 0] + 2 * away * v[0, 1] + away**2 * v[1, 1])
    return pd.DataFrame({"moderator": middle + away, "slope": slope, "low": slope - half, "high": slope + half})


@plot.register
def _(result: Mediation, *, labels: Mapping[str, str] | None = None, **options: Any) -> Figure:
    called = {**(labels or {})}
    for role in ("cause", "mediator", "variable"):
        name = getattr(result, role)
        options.setdefault(role, str(called.get(name, name)))
    options.setdefault("level", result.spec.options["level"])
    options.setdefault("note", word("sobel", language(options)))
    return path_diagram(result.rows, **options)
