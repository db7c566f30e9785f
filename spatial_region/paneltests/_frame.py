"""Variables of a panel by label, in one order, for the tests and regressions of this package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.core.study import Study
from spatial_region.errors import DuplicateError, InputError, MissingValuesError, UnknownNameError

_LEVELS = ("region", "time")


@dataclass(frozen=True, eq=False)
class PanelFrame:
    """Variables by (region, time), sorted by both.

    Attributes
    ----------
    values : pandas.DataFrame
        Indexed by (region, time): every region with every time. Rows that were absent hold NaN.
    names : pandas.Series
        Display names, indexed by region.
    absent : pandas.MultiIndex
        Rows in which some variable is missing.
    """

    values: pd.DataFrame
    names: pd.Series
    absent: pd.MultiIndex

    @property
    def times(self) -> pd.Index:
        """Times, ascending."""
        return self.values.index.levels[1]

    @property
    def regions(self) -> pd.Index:
        """Regions, sorted."""
        return self.values.index.levels[0]

    def wide(self, variable: str) -> np.ndarray:
        """Return one variable as regions by times."""
        return self.values[variable].to_numpy().reshape(len(self.regions), len(self.times))


def raw_panel(study: object) -> tuple[pd.DataFrame, pd.Series]:
    """Return the whole table of a panel with a complete, sorted (region, time) index, and display names.

    Raises
    ------
    InputError
        If `study` is neither a panel Study nor a DataFrame indexed by region and time.
    DuplicateError
        If a (region, time) or a column occurs twice.
    """
    if isinstance(study, Study):
        if not study.is_panel:
            raise InputError("this needs a panel, with several times for each region; this study has no time.")
        attributes = study.regions.columns.drop(study.regions.geometry.name)
        columns = [*study.variables, *(c for c in attributes if c not in study.data.columns)]
        data, names = study.frame(columns), study.names
    elif isinstance(study, pd.DataFrame):
        if study.index.nlevels != 2:
            raise InputError(
                f"a table of a panel is indexed by (region, time); found {study.index.nlevels} level(s). "
                f"Use table.set_index(['region', 'year'])."
            )
        data = study
        ids = data.index.get_level_values(0).unique()
        names = pd.Series(ids.astype(str), index=ids, name="name")
    else:
        raise InputError(
            f"study must be a Study or a DataFrame indexed by (region, time); found {type(study).__name__}."
        )
    if data.index.has_duplicates:
        raise DuplicateError(f"found twice: {name_some(data.index[data.index.duplicated()].unique())}.")
    for place, what in enumerate(_LEVELS):
        blank = data.index.get_level_values(place).isna()
        if blank.any():
            raise InputError(f"{blank.sum()} of {len(data)} rows have no {what}: {name_some(data.index[blank])}.")
    if data.columns.has_duplicates:
        raise DuplicateError(f"columns found twice: {name_some(data.columns[data.columns.duplicated()].unique())}.")
    levels = [_ascending(data.index.get_level_values(place).unique(), what) for place, what in enumerate(_LEVELS)]
    whole = pd.MultiIndex.from_product(levels, names=["region", "time"])
    # The index itself is set as well: rows that were left out stay behind in the levels of the old one.
    return data.rename_axis(["region", "time"]).reindex(whole).set_axis(whole), names


def _ascending(labels: pd.Index, what: str) -> pd.Index:
    try:
        return labels.sort_values()
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in labels})
        raise InputError(
            f"{what}s must be of one kind, so that they can be ordered; found {' and '.join(kinds)}, such as "
            f"{name_some(map(repr, labels), limit=3)}. Use .astype(str) on all."
        ) from error


def panel_frame(study: object, variables: Sequence[str], *, missing: Missing = "raise") -> PanelFrame:
    """Return numeric variables of a panel, complete unless `missing` is ``"drop"``.

    Raises
    ------
    UnknownNameError
        If a variable does not exist.
    MissingValuesError
        If a value is missing and `missing` is ``"raise"``.
    InputError
        If a variable is not numeric, or infinite, or see `raw_panel`.
    """
    check_option(missing, Missing, "missing")
    data, names = raw_panel(study)
    numbers = {}
    for variable in variables:
        if variable not in data.columns:
            raise UnknownNameError(
                f"no variable {variable!r}.{did_you_mean(variable, data.columns)} "
                f"There are: {name_some(data.columns, limit=20)}."
            )
        numbers[variable] = as_numbers(data[variable], variable)
    values = pd.DataFrame(numbers, index=data.index)
    infinite = values.index[np.isinf(values.to_numpy()).any(axis=1)]
    if len(infinite):
        raise InputError(f"infinite values in {len(infinite)} rows: {name_some(infinite)}. Correct them.")
    absent = values.index[values.isna().any(axis=1)]
    if len(absent) and missing == "raise":
        refuse_missing(absent, len(values), names, " and ".join(map(repr, variables)))
    return PanelFrame(values, names, absent)


def refuse_missing(absent: pd.MultiIndex, rows: int, names: pd.Series, what: str) -> None:
    """Raise an error that names the first rows in which something is missing."""
    cells = [f"{name_regions([region], names)} {time}" for region, time in absent[:5]]
    more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
    raise MissingValuesError(
        f"{what}: missing in {len(absent)} of {rows} (region, time) rows: {'; '.join(cells)}{more}. "
        f'Pass missing="drop", or fill them first.'
    )


def check_names(variables: object, *, least: int = 1, argument: str = "variables") -> list[str]:
    """Return names of variables, at least `least` of them and none twice.

    Raises
    ------
    InputError
        If they are not text, or too few.
    DuplicateError
        If one is named twice.
    """
    given = list(variables) if isinstance(variables, Iterable) and not isinstance(variables, str) else [variables]
    listed = [name for name in given if isinstance(name, str)]
    if len(listed) < len(given):
        raise InputError(f"{argument} must be names of variables, as text; found {given!r}.")
    if len(listed) < least:
        raise InputError(f"{argument} must name at least {least} variables; found {name_some(listed) or 'none'}.")
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if twice:
        raise DuplicateError(f"{argument} names twice: {name_some(twice)}. Name each once.")
    return listed
