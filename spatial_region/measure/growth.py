"""Growth and initial levels of regions: what a regression of convergence is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Missing
from spatial_region.core.sample import as_numbers
from spatial_region.core.study import Study
from spatial_region.errors import InputError, MissingValuesError

Form = Literal["cross-section", "panel"]
ControlsAt = Literal["start", "mean"]

GROWTH, INITIAL = "growth", "log_initial"


@dataclass(frozen=True, eq=False)
class Growth:
    """Growth a unit of time, the logarithm of the initial level, and controls, by region (and end of the interval).

    Attributes
    ----------
    study : Study
        With these as variables, on the regions and weights of the study they come from.
    rows : pandas.DataFrame
        The complete rows of its data.
    span : float
        Units of time from the initial to the final level.
    notes : tuple of str
        What was left out.
    """

    study: Study
    rows: pd.DataFrame
    span: float
    notes: tuple[str, ...]


def numeric_times(study: Study, *, least: int = 2) -> np.ndarray:
    """Return the times of a panel as numbers.

    Raises
    ------
    InputError
        If `study` is no panel Study, its times are no numbers, or there are fewer than `least`.
    """
    if not isinstance(study, Study):
        raise InputError(f"study must be a Study, as read() or make_study() return it; found {type(study).__name__}.")
    if not study.is_panel or len(study.times) < least:
        found = f"{len(study.times)} time(s)" if study.is_panel else "a cross-section"
        raise InputError(f"convergence is a matter of time: it needs a panel of at least {least} times; found {found}.")
    if not all(isinstance(time, (int, float, np.number)) for time in study.times):
        raise InputError(f"times must be numbers, such as years, to count from; found {name_some(study.times)}.")
    return np.array(study.times, dtype=float)


def positive(study: Study, variable: str, missing: Missing) -> tuple[pd.Series, tuple[str, ...]]:
    """Return a variable by (region, time), positive or, with ``missing="drop"``, missing; and a note of what is.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or none is left.
    InputError
        If values are no numbers, infinite, or not positive.
    """
    numbers = _numbers(study, variable)
    wrong = numbers.index[(numbers <= 0) | np.isinf(numbers)]
    if len(wrong):
        raise InputError(
            f"{variable!r} must be positive and finite, as growth and logarithms are taken; {len(wrong)} of "
            f"{len(numbers)} values are not: {name_some(wrong)}."
        )
    return numbers, check_missing(numbers, repr(variable), missing, study)


def _numbers(study: Study, variable: str) -> pd.Series:
    given = study.frame([variable])[variable]
    return pd.Series(as_numbers(given, variable), index=given.index, name=variable)


def check_missing(values: pd.Series, what: str, missing: Missing, study: Study) -> tuple[str, ...]:
    """Return a note of the missing values, or refuse them.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or none is left.
    """
    absent = values.index[values.isna()]
    if not len(absent):
        return ()
    shown = [f"{name_regions([region], study.names)} {time}" for region, time in absent[:5]]
    more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
    found = f"{what} is missing in {len(absent)} of {len(values)} cells: {'; '.join(shown)}{more}."
    if missing == "raise" or len(absent) == len(values):
        raise MissingValuesError(f'{found} Pass missing="drop" or fill it first.')
    return (f"Left out: {found}",)


def growth_of(
    study: Study, variable: str, *, form: Form, controls: Sequence[str], controls_at: ControlsAt, missing: Missing
) -> Growth:
    """Return growth, initial levels and controls.

    Raises
    ------
    InputError
        If times are not equally spaced in a panel, a control has the name of what is made, or see `positive`.
    MissingValuesError
        See `positive`.
    UnknownNameError
        If a variable does not exist.
    """
    times = numeric_times(study, least=2 if form == "cross-section" else 3)
    clash = sorted({GROWTH, INITIAL} & set(controls))
    if clash:
        raise InputError(f"a control is called {name_some(clash)}, as what is made here is; rename it.")
    first, last = study.times[0], study.times[-1]
    span = _span(times, study.times, form)
    if form == "cross-section":
        values, notes = positive(_at_times(study, [first, last]), variable, missing)
        made = study.at(first)
        logs = np.log(values).unstack()
        columns = {GROWTH: (logs[last] - logs[first]) / span, INITIAL: logs[first]}
    else:
        values, notes = positive(study, variable, missing)
        made = study.between(study.times[1], last)
        by_region = np.log(values).groupby(level=0, sort=False)
        columns = {GROWTH: by_region.diff() / span, INITIAL: by_region.shift(1)}
    for control in controls:
        columns[control], more = _control(study, control, form, controls_at, missing)
        notes += more
    made = made.with_columns(**{name: column.loc[made.data.index] for name, column in columns.items()})
    rows = made.data[[GROWTH, INITIAL, *controls]].dropna()
    return Growth(made, rows, span, notes)


def _at_times(study: Study, times: list[Any]) -> Study:
    """Return the panel of some times."""
    kept = study.data[study.data.index.get_level_values("time").isin(times)]
    return replace(study, data=kept.set_axis(kept.index.remove_unused_levels()), weights={})


def _span(times: np.ndarray, labels: list[Any], form: Form) -> float:
    if form == "cross-section":
        return float(times[-1] - times[0])
    steps = np.diff(times)
    if not np.allclose(steps, steps[0], rtol=1e-9, atol=0):
        raise InputError(
            f"a panel of growth needs times at equal intervals, as one coefficient stands for one span; found "
            f"{name_some(labels, limit=10)}. Take a stretch of equal ones with study.between(), or pass "
            'form="cross-section".'
        )
    return float(steps[0])


def _control(
    study: Study, control: str, form: Form, controls_at: ControlsAt, missing: Missing
) -> tuple[pd.Series, tuple[str, ...]]:
    """Return a control under the labels of the regression: by region, or by region and end of the interval."""
    if controls_at == "start":
        # what comes after the last start is of no account, missing or not
        used = study.times[:1] if form == "cross-section" else study.times[:-1]
        study, whole = _at_times(study, used), study
    else:
        whole = study
    numbers = _numbers(study, control)
    infinite = numbers.index[np.isinf(numbers)]
    if len(infinite):
        raise InputError(f"{control!r} is infinite at {name_some(infinite)}. Correct it, or make it missing.")
    notes = check_missing(numbers, repr(control), missing, whole)
    if form == "cross-section":
        return numbers.groupby(level=0, sort=False).agg(lambda own: own.mean(skipna=False)), notes
    numbers = numbers.reindex(whole.data.index)
    before = numbers.groupby(level=0, sort=False).shift(1)
    return (before if controls_at == "start" else (numbers + before) / 2), notes
