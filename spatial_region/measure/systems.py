"""Levels of systems, by label: read from a table, Series or a study, and within their range."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing
from spatial_region.core.study import Study
from spatial_region.errors import AlignmentError, DuplicateError, InputError
from spatial_region.measure.indicators import ROUNDING, Indicators, name_rows, read_indicators, read_names


def read_systems(systems: object, variables: Sequence[str] | None, missing: Missing) -> Indicators:
    """Return the levels of two systems or more.

    Raises
    ------
    InputError
        If they are no labelled objects, or fewer than two.
    UnknownNameError
        If a system does not exist.
    AlignmentError
        If Series do not have the same labels.
    DuplicateError
        If a system or a label occurs twice.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    """
    if isinstance(systems, Study):
        if variables is None:
            raise InputError(
                f"say which variables are the systems: variables=; the study has {name_some(systems.variables)}."
            )
        table: object = systems
    else:
        table = frame = systems if isinstance(systems, pd.DataFrame) else _beside(systems)
        variables = variables if variables is not None else list(frame.columns)
    names, _ = read_names(variables, "variables")
    if len(names) < 2:
        raise InputError(f"coupling is between two systems or more; found {name_some(names)}.")
    return read_indicators(table, names, missing=missing)


def _beside(systems: object) -> pd.DataFrame:
    listed = list(systems) if isinstance(systems, (list, tuple)) else []
    if not listed or not all(isinstance(system, pd.Series) for system in listed):
        raise InputError(
            "systems must be a DataFrame with a column for each system, a list of Series, or a Study with variables=; "
            f"found {type(systems).__name__}."
        )
    called = [system.name for system in listed]
    if not all(isinstance(name, str) for name in called):
        raise InputError(f"each Series must have a name, as text, that says which system it is; found {called!r}.")
    repeated = sorted({name for name in called if called.count(name) > 1})
    if repeated:
        raise DuplicateError(f"systems named twice: {name_some(repeated)}; rename the Series.")
    first = listed[0]
    for system in listed:
        if system.index.has_duplicates:
            raise DuplicateError(
                f"{system.name!r}: found twice: {name_some(system.index[system.index.duplicated()].unique())}."
            )
        other = system.index.symmetric_difference(first.index, sort=False)
        if len(other):
            raise AlignmentError(
                f"{first.name!r} and {system.name!r} differ in {len(other)} labels: {name_some(other)}."
            )
    return pd.DataFrame({system.name: system.reindex(first.index) for system in listed})


def check_range(data: Indicators, upper: float) -> None:
    """Refuse levels below 0 or above that of a perfect system, but for rounding: a sum of weights may be 1 + 2e-16.

    Raises
    ------
    InputError
        If there are some.
    """
    for name, values in data.frame.items():
        outside = values[(values < 0) | (values > upper * (1 + ROUNDING))]
        if len(outside):
            shown = name_rows(outside.index, data.names, values=outside)
            hint = (
                " For an index x 100 pass upper=100." if upper == 1 and 1 < data.frame.to_numpy().max() <= 100 else ""
            )
            raise InputError(
                f"{name!r} must lie between 0 and upper={upper:g}, the level of a perfect system; {len(outside)} of "
                f"{len(values)} values do not: {shown}.{hint}"
            )
