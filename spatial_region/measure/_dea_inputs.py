"""Inputs and outputs of units, from labelled tables or from a study, checked for what efficiency needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.core.study import Study
from spatial_region.core.weights import check_same_regions
from spatial_region.errors import AlignmentError, DuplicateError, InputError, MissingValuesError, UnknownNameError
from spatial_region.measure.by_label import refuse_blank


@dataclass(frozen=True)
class Units:
    """What units use and make.

    Attributes
    ----------
    index : pandas.Index
        Every row of the caller: region, or (region, time).
    values : numpy.ndarray, shape (rows, inputs + outputs)
        Non-negative and finite where `complete`.
    complete : numpy.ndarray of bool, shape (rows,)
        Rows without a missing value.
    inputs, outputs : list of str
        Names of the variables.
    names : pandas.Series or None
        Display names of the regions.
    """

    index: pd.Index
    values: np.ndarray
    complete: np.ndarray
    inputs: list[str]
    outputs: list[str]
    names: pd.Series | None

    @property
    def m(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    @property
    def variables(self) -> list[str]:
        """Names of inputs, then of outputs."""
        return [*self.inputs, *self.outputs]

    @property
    def times(self) -> list[Any]:
        """Times of a panel, ascending; empty for a cross-section."""
        if not isinstance(self.index, pd.MultiIndex):
            return []
        times = self.index.unique("time")
        try:
            return sorted(times)
        except TypeError as error:
            raise InputError(
                f"times must be of one kind, so that they can be ordered; found {name_some(times)}."
            ) from error

    def rows(self, time: object = None) -> np.ndarray:
        """Return the complete rows (of one time), in an order that depends on values alone.

        Which of several optima is found depends on the order of the units, which must not be the caller's.
        """
        wanted = self.complete.copy()
        if time is not None:
            wanted &= np.asarray(self.index.get_level_values("time") == time)
        rows = np.flatnonzero(wanted)
        labels = self.index[rows].map(str).to_numpy(dtype=str)
        return rows[np.lexsort((labels, *self.values[rows].T[::-1]))]


def read_units(
    inputs: object, outputs: object, study: Study | None, *, at: object, missing: Missing, positive: bool
) -> Units:
    """Read and check the inputs and outputs of units; `positive` refuses zeros too.

    Raises
    ------
    InputError
        If tables carry no labels, values are negative, infinite or no numbers, a variable is zero throughout, a unit
        uses or makes nothing, or a zero is not allowed.
    AlignmentError
        If inputs and outputs are not about the same units.
    DuplicateError
        If a unit or a variable occurs twice.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or no unit is complete.
    UnknownNameError
        If a variable or the time does not exist.
    OptionError
        If `missing` is not offered.
    """
    check_option(missing, Missing, "missing")
    used, made = (_table(given, study, which) for given, which in ((inputs, "inputs"), (outputs, "outputs")))
    used, made = (_at(table, at) for table in (used, made))
    repeated = [name for name in used.columns if name in made.columns]
    if repeated:
        raise DuplicateError(f"both an input and an output: {name_some(repeated)}. Rename or leave out one of the two.")
    if not used.index.equals(made.index):
        if set(used.index) != set(made.index):
            _refuse_other_units(used.index, made.index)
        made = made.reindex(used.index)
    names = study.names if study is not None else None
    columns = [as_numbers(table[name], str(name)) for table in (used, made) for name in table.columns]
    values = np.column_stack(columns)
    units = Units(
        used.index,
        values,
        ~np.isnan(values).any(axis=1),
        [str(name) for name in used.columns],
        [str(name) for name in made.columns],
        names,
    )
    _check_missing(units, missing)
    _check_values(units, positive=positive)
    return units


def _table(given: object, study: Study | None, which: str) -> pd.DataFrame:
    """Return inputs or outputs as a table with known index names and one column a variable."""
    if study is not None:
        if not isinstance(study, Study):
            raise InputError(
                f"study must be a Study, as join() or make_study() return it; found {type(study).__name__}."
            )
        listed: list[Any] = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
        if isinstance(given, (pd.DataFrame, pd.Series)) or not all(isinstance(name, str) for name in listed):
            raise InputError(f"with study=, {which} must be names of its variables; found {type(given).__name__}.")
        repeated = [name for name in dict.fromkeys(listed) if listed.count(name) > 1]
        if repeated:
            raise DuplicateError(f"{which} names twice: {name_some(repeated)}. Name each once.")
        table = study.frame(listed)
    elif isinstance(given, pd.Series):
        table = given.to_frame(given.name if given.name is not None else which.removesuffix("s"))
    elif isinstance(given, pd.DataFrame):
        table = given
    else:
        raise InputError(
            f"{which} must be a DataFrame with a column a variable, indexed by region, or by (region, time); "
            f"found {type(given).__name__}. To name variables of a study, pass study=."
        )
    if table.columns.has_duplicates:
        raise DuplicateError(f"{which} has twice: {name_some(table.columns[table.columns.duplicated()].unique())}.")
    if table.shape[1] == 0 or len(table) == 0:
        raise InputError(f"{which} has {table.shape[1]} variables and {len(table)} units; both must be at least one.")
    if table.index.nlevels > 2:
        raise InputError(f"{which} has {table.index.nlevels} levels of labels; needed are region, or region and time.")
    if table.index.has_duplicates:
        raise DuplicateError(f"{which}: found twice: {name_some(table.index[table.index.duplicated()].unique())}.")
    refuse_blank(table.index, which)
    return table.rename_axis(index=["region", "time"][: table.index.nlevels])


def _at(table: pd.DataFrame, at: object) -> pd.DataFrame:
    if at is None:
        return table
    if table.index.nlevels == 1:
        raise InputError("at= is for units with time; these are one cross-section.")
    times = table.index.unique("time")
    if at not in times:
        raise UnknownNameError(f"no time {at!r} among the units; there are {name_some(times)}.")
    return table.xs(at, level="time")


def _refuse_other_units(used: pd.Index, made: pd.Index) -> None:
    if used.nlevels == made.nlevels == 1:
        check_same_regions(used, made, left="inputs", right="outputs")
    only_used, only_made = used.difference(made, sort=False), made.difference(used, sort=False)
    raise AlignmentError(
        f"inputs and outputs must be about the same units; only in inputs: {name_some(only_used) or 'none'}; "
        f"only in outputs: {name_some(only_made) or 'none'}."
    )


def _check_missing(units: Units, missing: Missing) -> None:
    absent = np.isnan(units.values)
    if absent.any() and missing == "raise":
        column = int(absent.any(axis=0).argmax())
        rows = units.index[absent[:, column]]
        raise MissingValuesError(
            f"{units.variables[column]!r} is missing for {len(rows)} of {len(units.index)} units: "
            f'{_named(rows, units)}. Pass missing="drop" or fill it first.'
        )
    if not units.complete.any():
        raise MissingValuesError("no unit has all its inputs and outputs.")


def _check_values(units: Units, *, positive: bool) -> None:
    values = np.where(units.complete[:, None], units.values, 1.0)
    for bad, what, remedy in (
        (np.isinf(values), "infinite", "Correct it, or make it missing."),
        (
            values < 0,
            "negative",
            "Efficiency compares ratios and needs values of zero or more: rebuild the variable (profit as revenue and "
            "cost), or shift an output under BCC with input orientation, which shifts of outputs do not change.",
        ),
        *([(values == 0, "zero", "Slacks are taken relative to a unit's own values: leave out the units, or use ccr or "
            "bcc, which take zeros.")] if positive else []),
    ):  # fmt: skip
        if bad.any():
            column = int(bad.any(axis=0).argmax())
            rows = units.index[bad[:, column]]
            raise InputError(
                f"{units.variables[column]!r} is {what} for {len(rows)} of {len(units.index)} units: "
                f"{_named(rows, units)}. {remedy}"
            )
    for part, what in ((values[:, : units.m], "inputs"), (values[:, units.m :], "outputs")):
        nothing = (part == 0).all(axis=1)
        if nothing.any():
            raise InputError(
                f"{nothing.sum()} of {len(units.index)} units have only zeros as {what}: "
                f"{_named(units.index[nothing], units)}. Leave them out."
            )


def check_used(units: Units, rows: np.ndarray, time: object) -> None:
    """Refuse a variable that is zero for every unit of a frontier.

    Raises
    ------
    InputError
        If there is one.
    """
    empty = (units.values[rows] == 0).all(axis=0)
    if empty.any():
        when = "" if time is None else f" at {time}"
        raise InputError(f"{units.variables[int(empty.argmax())]!r} is zero for every unit{when}; leave it out.")


def _named(rows: pd.Index, units: Units) -> str:
    if rows.nlevels == 1:
        return name_regions(rows, units.names)
    return name_some(f"{name_regions([region], units.names)} at {time}" for region, time in rows)
