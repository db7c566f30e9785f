"""The rows that a detector works on: one variable and its factors, complete, from a study or a frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.study import Study
from spatial_region.errors import (
    ConstantVariableError,
    DuplicateError,
    InputError,
    MissingValuesError,
    UnknownNameError,
)
from spatial_region.geodetector._grouping import group_of_rows
from spatial_region.geodetector._values import name_rows, normalised

LEAST_ROWS = 3


@dataclass(frozen=True, eq=False)
class Rows:
    """Complete rows.

    Attributes
    ----------
    y : numpy.ndarray, shape (n,)
        The variable.
    factors : pandas.DataFrame, shape (n, number of factors)
        The factors, in the order asked for.
    dropped : pandas.Index
        Labels of rows left out because a value is missing.
    groups : pandas.Series or None
        Group of each row, missing where the grouping leaves its region out; None without a grouping.
    """

    y: np.ndarray
    factors: pd.DataFrame
    dropped: pd.Index
    groups: pd.Series | None = None

    @property
    def index(self) -> pd.Index:
        """Labels of the rows: (region, time) in a panel, else region or whatever the frame has."""
        return self.factors.index

    @property
    def is_panel(self) -> bool:
        """Whether rows are labelled by region and time."""
        return isinstance(self.index, pd.MultiIndex)

    @property
    def regions(self) -> pd.Index:
        """Region of each row."""
        return self.index.get_level_values(0) if self.is_panel else self.index

    @cached_property
    def times(self) -> list[Any]:
        """Times of the rows, ascending; empty for a cross-section."""
        return sorted(self.index.get_level_values(1).unique()) if self.is_panel else []

    @property
    def pooled_times(self) -> int:
        """Number of times pooled; 1 for a cross-section."""
        return max(len(self.times), 1)

    def take(self, mask: np.ndarray) -> Rows:
        """Return the rows of a mask. Dropped rows are not told apart, so that none is kept."""
        groups = self.groups[mask] if self.groups is not None else None
        return Rows(self.y[mask], self.factors[mask], self.dropped[:0], groups)

    def check(self, variable: str) -> None:
        """Refuse too few rows, and a variable that does not vary.

        Raises
        ------
        MissingValuesError
            If there are fewer than three rows.
        ConstantVariableError
            If all values are equal.
        """
        y = self.y
        if len(y) < LEAST_ROWS:
            raise MissingValuesError(
                f"{len(y)} of {len(y) + len(self.dropped)} rows are complete; the detector needs at least {LEAST_ROWS}."
            )
        with np.errstate(over="ignore"):  # a range beyond the largest number is no constant
            constant = np.ptp(y) <= 4 * np.finfo(float).eps * np.abs(y).max()
        if constant:
            raise ConstantVariableError(
                f"{variable!r} is {y[0]:g} in all {len(y)} rows; there is no variance to explain. "
                f"Choose a variable that varies."
            )


def factor_names(factors: object) -> list[str]:
    """Return the names of the factors as a list; one name alone is a list of one.

    Raises
    ------
    InputError
        If they are not names.
    """
    return names_of(factors, "factors")


def names_of(given: object, argument: str) -> list[str]:
    """Return the names of columns that an argument holds as a list; one name alone is a list of one.

    Raises
    ------
    InputError
        If they are not names.
    """
    single = isinstance(given, str) or not isinstance(given, Iterable)
    names: list[Any] = [given] if single else list(given)  # type: ignore[call-overload]
    for name in names:
        _check_text(name, argument)
    return names


def gather_rows(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    at: object = None,
    missing: Missing = "raise",
    grouping: str | pd.Series | None = None,
) -> Rows:
    """Take the variable and its factors from a study (or a frame), and refuse or drop what is incomplete.

    Raises
    ------
    UnknownNameError
        If a name or the time does not exist.
    DuplicateError
        If a factor is named twice, or a column occurs twice.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or too few rows are left.
    ConstantVariableError
        If the variable does not vary.
    InputError
        If the variable is not numeric, or is among its own factors, or values are neither numbers nor strata.
    """
    check_option(missing, Missing, "missing")
    _check_text(variable, "variable")
    _check_names(variable, factors)
    frame = _frame(study, [variable, *factors], at)
    names = study.names if isinstance(study, Study) else None
    given = {column: frame[column] for column in frame.columns}
    normal = {column: normalised(own, names) for column, own in given.items()}
    changed = {column: own for column, own in normal.items() if own is not given[column]}
    frame = frame.assign(**changed) if changed else frame
    _check_numeric(frame[variable], variable)
    groups = normalised(group_of_rows(study, grouping, frame.index, at), names) if grouping is not None else None
    complete = _complete(frame, missing, at, names)
    dropped = frame.index[~complete]
    kept = frame if complete.all() else frame[complete]
    kept_groups = groups[complete] if groups is not None else None
    rows = Rows(kept[variable].to_numpy(dtype=float), kept[list(factors)], dropped, kept_groups)
    rows.check(variable)
    return rows


def _check_text(name: object, argument: str) -> None:
    if not isinstance(name, str):
        needed = "the name of a column" if argument == "variable" else "names of columns"
        raise InputError(f"{argument} must be {needed}, as text; found {name!r}. Rename the column if need be.")


def _check_names(variable: str, factors: Sequence[str]) -> None:
    if not factors:
        raise InputError("factors is empty; name at least one factor.")
    repeated = sorted({str(factor) for factor in factors if list(factors).count(factor) > 1})
    if repeated:
        raise DuplicateError(f"factors names twice: {name_some(repeated)}. Name each factor once.")
    if variable in factors:
        raise InputError(f"{variable!r} is the variable to explain and cannot be its own factor.")


def _frame(study: Study | pd.DataFrame, wanted: list[str], at: object) -> pd.DataFrame:
    if isinstance(study, Study):
        return study.frame(wanted, at=at)
    if not isinstance(study, pd.DataFrame):
        raise InputError(f"study must be a Study or a DataFrame; found {type(study).__name__}.")
    if isinstance(study.columns, pd.MultiIndex):
        raise InputError(
            f"the columns of the frame have {study.columns.nlevels} levels; they must have one, of names. Join the "
            f"levels into one name, or take a part: frame[{study.columns[0][0]!r}]."
        )
    for name in wanted:
        if name not in study.columns:
            raise UnknownNameError(
                f"no variable {name!r}.{did_you_mean(name, study.columns)} "
                f"There are: {name_some(study.columns, limit=20)}."
            )
    if isinstance(study.index, pd.MultiIndex):
        _check_labels(study.index)
    if at is not None:
        study = _at(study, at)
    twice = sorted(set(study.columns[study.columns.duplicated()]).intersection(wanted))
    if twice:
        raise DuplicateError(f"the frame has columns that occur twice: {name_some(twice)}. Rename or drop one of each.")
    return pd.DataFrame(study[wanted])


def _check_labels(index: pd.MultiIndex) -> None:
    """Refuse an index that is not one of region and time, or in which some are missing or have no order."""
    if index.nlevels != 2:
        raise InputError(
            f"the index of the frame has {index.nlevels} levels; it must have one (the region), "
            f"or two (region and time): frame.set_index([region, time])."
        )
    for level, what in enumerate(("region", "time")):
        absent = int(index.get_level_values(level).isna().sum())
        if absent:
            raise InputError(f"the index of the frame has no {what} in {absent} of {len(index)} rows; drop these rows.")
    if index.has_duplicates:
        twice = index[index.duplicated()].unique()
        listed = name_some(f"{region} at {time}" for region, time in twice)
        raise DuplicateError(
            f"{len(twice)} rows of region and time occur more than once: {listed}. Each row counts as evidence of its "
            f"own; drop or combine them first, or reset the index if rows are no regions."
        )
    times = index.unique(level=1)
    try:
        sorted(times)
    except TypeError as fault:
        found = name_some(map(repr, times))
        raise InputError(
            f"the times cannot be put in order, being of mixed types: {found}. Make all of them numbers, or all text."
        ) from fault


def _at(frame: pd.DataFrame, at: object) -> pd.DataFrame:
    """Take one time of a frame that is labelled by region and time."""
    if not isinstance(frame.index, pd.MultiIndex):
        raise InputError(
            f"at={at!r} was given, but the frame has no time. Label its rows by region and time: "
            f"frame.set_index([region, time])."
        )
    times = frame.index.get_level_values(1)
    if not pd.api.types.is_hashable(at) or at not in times:
        raise UnknownNameError(f"the frame has no time {at!r}; it has {name_some(sorted(times.unique()), limit=30)}.")
    return frame[times == at].droplevel(1)


def _check_numeric(column: pd.Series, variable: str) -> None:
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(
            f"{variable!r} must be numeric, for its variance is to be explained; found {column.dtype} values "
            f"such as {name_some((repr(value) for value in column.dropna().unique()), limit=3)}."
        )


def _complete(frame: pd.DataFrame, missing: Missing, at: object, names: pd.Series | None) -> np.ndarray:
    absent = frame.isna()
    if missing == "raise":
        for column in frame.columns[absent.any()]:
            labels = frame.index[absent[column]]
            where = f" at {at}" if at is not None else ""
            unit = "rows" if isinstance(frame.index, pd.MultiIndex) else "regions"
            raise MissingValuesError(
                f"{column!r}{where} is missing for {len(labels)} of {len(frame)} {unit}: "
                f'{name_rows(labels, names)}. Pass missing="drop" or fill it first.'
            )
    return ~absent.to_numpy().any(axis=1)
