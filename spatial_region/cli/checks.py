"""Do the names and times that a study file uses exist in its inputs? Every one that does not is noted."""

from __future__ import annotations

from typing import Any

import pandas as pd

from spatial_region.cli.expression import Formula, read_formula
from spatial_region.cli.inputs import Inputs
from spatial_region.cli.loader import AREA, in_order
from spatial_region.cli.positions import Loc
from spatial_region.cli.problems import unknown_name
from spatial_region.cli.schema_common import Analysis
from spatial_region.cli.schema_panel import Regression, SpatialTests
from spatial_region.cli.studyfile import Parsed
from spatial_region.core.messages import name_some
from spatial_region.core.study import Study
from spatial_region.errors import InputError

# Kinds for which no time means all times; the others need one when the data are a panel.
_WHOLE_PANEL = (
    "moran_by_time",
    "spatial_panel",
    "dynamic_panel",
    "spatial_tests",
    "geodetector",
    "compare_bins",
    "gozh",
    "lesh",
)
# Kinds that follow regions from time to time.
_OVER_TIME = ("moran_by_time", "lisa_transitions", "quadrant_transitions", "markov", "spatial_markov", "dynamic_panel")
# Options whose variables may hold text: strata and groups may be named, and points may be shapes.
_NAMED = ("factors", "grouping", "groups", "points", "categorical")
_CATEGORIES = ("join_count", "local_join_count", "quadrant_transitions")


def check_names(parsed: Parsed, inputs: Inputs) -> None:
    """Note every variable that neither the tables, the boundaries nor a formula have."""
    read = [variable for table in inputs.tables for variable in table.variables]
    if len(inputs.tables) < len(parsed.spec.tables):
        return  # a table could not be read, which is noted already; its variables are not known
    raw = parsed.raw.get("variables", {})
    made = [name for name, one in raw.items() if isinstance(one, dict) and "formula" in one]
    known = list(dict.fromkeys([*read, *made, *inputs.fields, AREA]))
    _check_formulas(parsed, known)
    for name in parsed.spec.variables:
        if name not in known:
            advice = " A label alone makes no variable; give it a formula = ...."
            parsed.problems.add(("variables", name), unknown_name("variable", name, known, advice=advice))
    for name, section in parsed.spec.weights.items():
        for loc, variable in section.named_variables():
            if variable not in known:
                parsed.problems.add(("weights", name, *loc), unknown_name("variable", variable, known))
    for place, _, one in parsed.analyses:
        for loc, variable in _named(one, parsed, place):
            if variable not in known:
                parsed.problems.add(("analyses", place, *loc), unknown_name("variable", variable, known))


def _check_formulas(parsed: Parsed, known: list[str]) -> None:
    formulas: dict[str, Formula] = {}
    for name, one in parsed.spec.variables.items():
        if one.formula is None:
            continue
        loc = ("variables", name, "formula")
        try:
            formulas[name] = read_formula(one.formula)
        except InputError as error:
            parsed.problems.add(loc, str(error))
            continue
        for column in formulas[name].columns:
            if column not in known:
                parsed.problems.add(loc, unknown_name("variable", column, known))
    try:
        in_order(formulas)
    except InputError as error:
        parsed.problems.add(("variables",), str(error))


def _named(one: Analysis, parsed: Parsed, place: int) -> list[tuple[Loc, str]]:
    named = list(one.named_variables())
    if one.within is not None:
        named.append((("within", "grouping"), one.within.grouping))
    if isinstance(one, (Regression, SpatialTests)):
        try:
            named += [(("formula",), variable) for variable in formula_variables(one.formula)]
        except InputError as error:
            parsed.problems.add(("analyses", place, "formula"), str(error))
    return named


def formula_variables(formula: str) -> list[str]:
    """Return the variables of a model formula, in order.

    Raises
    ------
    InputError
        If it is no formula with two sides.
    """
    from formulaic import Formula as ModelFormula
    from formulaic.errors import FormulaicError

    try:
        read: Any = ModelFormula(formula)
        sides = [read.lhs, read.rhs]
    except (FormulaicError, AttributeError, SyntaxError) as error:
        raise InputError(f"cannot read the formula {formula!r}; write one such as y ~ a + b.") from error
    found = [variable for side in sides for variable in sorted(map(str, side.required_variables))]
    return list(dict.fromkeys(found))


def check_numbers(parsed: Parsed, study: Study) -> None:
    """Note every analysis of a variable that holds text, where numbers are needed."""
    named: list[tuple[Loc, str]] = [
        (("analyses", place, *loc), variable)
        for place, _, one in parsed.analyses
        for loc, variable in one.named_variables()
        if str(one.kind) not in _CATEGORIES  # type: ignore[attr-defined]
    ]
    weighing = [(("weights", n, *loc), v) for n, one in parsed.spec.weights.items() for loc, v in one.named_variables()]
    for loc, variable in [*weighing, *named]:
        if loc[2] in _NAMED:
            continue
        column = study.data[variable] if variable in study.data else study.regions[variable]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            examples = name_some([repr(value) for value in column.dropna().unique()], limit=3)
            advice = " Text can be a factor of a geodetector, or a grouping." if _has_few(column) else ""
            parsed.problems.add(loc, f"{variable!r} must be numeric here; found {examples}.{advice}")


def _has_few(column: pd.Series) -> bool:
    return column.nunique() <= max(2, len(column) // 3)


def check_times(parsed: Parsed, study: Study) -> None:
    """Note every time and group that the data do not have, and every analysis that lacks a time."""
    for name, section in parsed.spec.weights.items():
        at = getattr(section, "at", None)
        for time in at if isinstance(at, tuple) else [] if at is None else [at]:
            _check_time(time, ("weights", name, "at"), study, parsed)
    for place, _, one in parsed.analyses:
        loc = ("analyses", place)
        wanted = [(key, time) for key in ("at", "base", "between") for time in _listed(getattr(one, key, None))]
        if not study.is_panel and getattr(one, "at", None) == "all":
            parsed.problems.add((*loc, "at"), "the data have no time; leave this out.")
        for key, time in wanted:
            _check_time(time, (*loc, key), study, parsed)
        if not study.is_panel and str(one.kind) in _OVER_TIME:  # type: ignore[attr-defined]
            parsed.problems.add(loc, "follows regions over time, and the data have no time; name it in [[tables]].")
        if needs_time(one) and len(study.times) > 1 and getattr(one, "at", None) is None:
            parsed.problems.add(loc, f'say for which time, at = {study.times[-1]}, a list of times, or "all".')
        if one.within is not None:
            groups = grouping_of(study, one.within.grouping).dropna().unique().tolist()
            if one.within.group not in groups:
                parsed.problems.add((*loc, "within", "group"), unknown_name("group", one.within.group, groups))


def _check_time(time: object, loc: Loc, study: Study, parsed: Parsed) -> None:
    if not study.is_panel:
        parsed.problems.add(loc, "the data have no time; leave this out.")
    elif time not in study.times:
        parsed.problems.add(loc, unknown_name("time", time, study.times))


def needs_time(one: Analysis) -> bool:
    """Say whether an analysis looks at one time of a panel."""
    return "at" in type(one).model_fields and str(one.kind) not in _WHOLE_PANEL  # type: ignore[attr-defined]


def grouping_of(study: Study, grouping: str) -> Any:
    """Return the group of each region, from the boundaries or from a variable that does not change in time."""
    if grouping in study.regions.columns:
        return study.regions[grouping]
    column = study.data[grouping]
    return column.groupby(level="region", sort=False).first() if study.is_panel else column


def _listed(at: object) -> list[object]:
    if at is None or at == "all":
        return []
    return at if isinstance(at, list) else [at]


def times_of(one: Analysis, study: Study) -> list[Any]:
    """Return the times that an analysis is made for; None stands for data without time, or for all of them."""
    at = getattr(one, "at", None)
    if at == "all":
        return study.times or [None]
    if at is None and needs_time(one) and len(study.times) == 1:
        return [study.times[0]]
    return _listed(at) or [None]
