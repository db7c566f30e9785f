"""Indicators of an index, by label: read, complete, and each with a direction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.core.study import Study
from spatial_region.errors import (
    ConstantVariableError,
    DuplicateError,
    InputError,
    MissingValuesError,
    UnknownNameError,
)
from spatial_region.measure.by_label import refuse_blank

Direction = str | int | Mapping[str, str | int] | pd.Series

# Values that differ by less than this share of their size differ by rounding.
ROUNDING = 1e-12

# How published tables of indicators write a direction, in English and in Chinese.
_DIRECTIONS = {"benefit": 1, "+": 1, "正向": 1, "正": 1, "cost": -1, "-": -1, "负向": -1, "负": -1}


@dataclass(frozen=True, eq=False)
class Indicators:
    """Complete rows of some variables.

    Attributes
    ----------
    frame : pandas.DataFrame
        Finite numbers, indexed by region or (region, time), sorted by label so that no sum depends on the order given.
    index : pandas.Index
        Every label that was given, in its order; those of incomplete rows have no place in `frame`.
    names : pandas.Series or None
        Display names of the regions, from a study.
    notes : tuple of str
        What was left out.
    """

    frame: pd.DataFrame
    index: pd.Index
    names: pd.Series | None
    notes: tuple[str, ...]

    @property
    def is_panel(self) -> bool:
        """Whether rows carry a time."""
        return isinstance(self.index, pd.MultiIndex)

    def sections(self, *, pooled: bool) -> Iterator[tuple[Any, pd.DataFrame]]:
        """Yield the rows that are scaled and weighted together: all (with the time None), or those of each time."""
        if pooled or not self.is_panel:
            yield None, self.frame
        else:
            yield from self.frame.groupby(level=1, sort=True)

    def check_vary(self, *, pooled: bool) -> None:
        """Refuse indicators that are the same in every row they would be compared over.

        Raises
        ------
        ConstantVariableError
            If one does not vary.
        InputError
            If there is a single row.
        """
        for time, rows in self.sections(pooled=pooled):
            where = "" if time is None else f" at {time}"
            if len(rows) < 2:
                raise InputError(f"there is {len(rows)} complete row{where}; an index compares at least two regions.")
            # 0.3 and 0.1 + 0.2 are the same value, though a computer tells them apart.
            flat = [str(name) for name in rows if np.ptp(rows[name]) <= ROUNDING * np.abs(rows[name]).max()]
            if flat:
                raise ConstantVariableError(
                    f"{len(flat)} of {rows.shape[1]} indicators are the same in all {len(rows)} rows{where}, and can "
                    f"neither be scaled nor weighted: {name_some(flat)}. Leave them out"
                    + (", or compare over all times (pooled=True)." if time is not None else ".")
                )


def name_rows(index: pd.Index, names: pd.Series | None = None, *, values: pd.Series | None = None) -> str:
    """Name up to five rows as ``Chifeng (150400) at 2010``, with their values if given, and count the rest."""
    shown = []
    for label in index[:5]:
        region, time = label if isinstance(index, pd.MultiIndex) else (label, None)
        shown.append(name_regions([region], names) + ("" if time is None else f" at {time}"))
        if values is not None:
            shown[-1] = f"{values.loc[label]:g} in {shown[-1]}"
    more = len(index) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def read_indicators(study: object, names: list[str], *, missing: Missing) -> Indicators:
    """Return variables of a study, or of a labelled table.

    Raises
    ------
    InputError
        If it is neither, or values are not finite real numbers.
    UnknownNameError
        If a variable does not exist.
    DuplicateError
        If a label occurs twice.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or no row is complete.
    """
    check_option(missing, Missing, "missing")
    if isinstance(study, Study):
        table, shown = study.frame(names), study.names
    else:
        table, shown = _columns(study, names), None
    numbers = pd.DataFrame({name: as_numbers(table[name], name) for name in names}, index=table.index)
    for name in names:
        infinite = numbers.index[np.isinf(numbers[name])]
        if len(infinite):
            raise InputError(f"{name!r} is infinite in {name_rows(infinite, shown)}. Correct it, or make it missing.")
    if numbers.empty:
        raise InputError("the table has no rows.")
    notes: tuple[str, ...] = ()
    absent = numbers.isna()
    if absent.to_numpy().any():
        rows = absent.any(axis="columns")
        found = (
            f"{name_some(map(repr, numbers.columns[absent.any()]))} missing in {rows.sum()} of {len(rows)} rows: "
            f"{name_rows(numbers.index[rows], shown)}."
        )
        if missing == "raise" or rows.all():
            raise MissingValuesError(f'{found} Pass missing="drop" to leave these rows without a score, or fill them.')
        notes = (f"Without a score: {found}",)
        numbers = numbers[~rows]
    keys = [numbers.index.get_level_values(level).map(str) for level in range(numbers.index.nlevels)]
    return Indicators(numbers.iloc[np.lexsort(keys[::-1])], table.index, shown, notes)


def _columns(table: object, names: list[str]) -> pd.DataFrame:
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            "pass a Study, or a DataFrame indexed by region or (region, time) with a column for each indicator; found "
            f"{type(table).__name__}."
        )
    if table.index.nlevels > 2:
        raise InputError(
            f"the table must be indexed by region, or (region, time); it has {table.index.nlevels} levels."
        )
    if table.index.has_duplicates:
        raise DuplicateError(
            f"labels found twice: {name_some(table.index[table.index.duplicated()].unique())}. "
            "A panel is indexed by (region, time)."
        )
    refuse_blank(table.index, "the table")
    for name in names:
        if name not in table.columns:
            raise UnknownNameError(f"no indicator {name!r} in the table.{did_you_mean(name, table.columns)}")
        if list(table.columns).count(name) > 1:
            raise DuplicateError(f"the table has {name!r} more than once; rename the columns.")
    return table[names].rename_axis(index=["region", "time"] if table.index.nlevels == 2 else ["region"])


def read_names(indicators: object, argument: str = "indicators") -> tuple[list[str], dict[str, list[str]]]:
    """Return the names of all indicators, and those of each dimension (none for a plain list).

    Raises
    ------
    InputError
        If there are none, or they are no text.
    DuplicateError
        If an indicator is named twice.
    """
    dimensions: dict[str, list[str]] = {}
    if isinstance(indicators, Mapping):
        dimensions = {str(name): _listed(members, f"dimension {name!r}") for name, members in indicators.items()}
        names = [name for members in dimensions.values() for name in members]
    else:
        names = _listed(indicators, argument)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DuplicateError(f"{argument} are named twice: {name_some(repeated)}. Name each once.")
    if not names:
        raise InputError(f"{argument} is empty; name at least one.")
    return names, dimensions


def _listed(given: object, what: str) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(f"{what} must be a list of names of variables; found {given!r}.")
    listed = list(given)
    if not listed or not all(isinstance(name, str) for name in listed):
        raise InputError(f"{what} must be a list of names of variables, as text, at least one; found {listed!r}.")
    return listed


def read_directions(direction: object, names: list[str]) -> np.ndarray:
    """Return 1 for each indicator of which more is better, and -1 for each cost.

    Raises
    ------
    InputError
        If a direction is not stated, or is none.
    UnknownNameError
        If a direction is stated for another variable.
    """
    if isinstance(direction, pd.Series):
        direction = direction.to_dict()
    if not isinstance(direction, Mapping):
        return np.full(len(names), _sign(direction, "all indicators"), dtype=float)
    absent = [name for name in names if name not in direction]
    if absent:
        raise InputError(
            f"direction is not stated for {len(absent)} of {len(names)} indicators: {name_some(absent)}. "
            'Say "benefit" (more is better) or "cost" for each: a cost that is taken for a benefit turns the ranking.'
        )
    for extra in direction:
        if extra not in names:
            raise UnknownNameError(f"direction names {extra!r}, which is no indicator.{did_you_mean(extra, names)}")
    return np.array([_sign(direction[name], repr(name)) for name in names], dtype=float)


def _sign(given: object, of: str) -> int:
    if isinstance(given, str) and given in _DIRECTIONS:
        return _DIRECTIONS[given]
    if not isinstance(given, (str, bool)) and given in (1, -1):
        return 1 if given == 1 else -1
    raise InputError(f'direction of {of} must be "benefit" or "cost" (or +1 or -1); found {given!r}.')


def read_bounds(bounds: object, data: Indicators) -> np.ndarray:
    """Return stated least and largest values of each column, NaN where there are none.

    Raises
    ------
    InputError
        If they are no two ascending numbers, or values lie outside.
    UnknownNameError
        If they are of another variable.
    """
    if not isinstance(bounds, Mapping):
        raise InputError(f"bounds must be a mapping of indicator to (least, largest); found {type(bounds).__name__}.")
    frame, names = data.frame, list(data.frame.columns)
    stated = np.full((2, len(names)), np.nan)
    for name, pair in bounds.items():
        if name not in names:
            raise UnknownNameError(f"bounds name {name!r}, which is no indicator.{did_you_mean(name, names)}")
        ends: list[Any] = list(pair) if isinstance(pair, (list, tuple)) else []
        numbers = all(not isinstance(end, bool) and isinstance(end, Real) and np.isfinite(float(end)) for end in ends)
        if len(ends) != 2 or not numbers or not ends[0] < ends[1]:
            raise InputError(f"bounds of {name!r} must be two ascending numbers, least and largest; found {pair!r}.")
        outside = frame[name][(frame[name] < ends[0]) | (frame[name] > ends[1])]
        if len(outside):
            raise InputError(
                f"{name!r} lies outside its bounds {ends[0]:g} to {ends[1]:g} in {len(outside)} of {len(frame)} rows: "
                f"{name_rows(outside.index, data.names, values=outside)}. Widen the bounds."
            )
        stated[:, names.index(name)] = ends
    return stated
