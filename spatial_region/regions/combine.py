"""Several rows for one region and time: listed, and combined only on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import check_option
from spatial_region.errors import DuplicateError, InputError, UnknownNameError

Combine = Literal["sum", "mean"]
# Variables of a table may well be called region or time; these names cannot be met.
REGION, TIME = "__region__", "__time__"
KEYS = [REGION, TIME]


def combine_rows(
    data: pd.DataFrame,
    rows: pd.DataFrame,
    variables: list[str],
    combine: Combine | Mapping[str, Combine] | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row for each region and time, and which rows were combined.

    A missing value among the rows makes the combined value missing: a sum of some parts is not the whole.

    Raises
    ------
    DuplicateError
        If rows share a region and time and `combine` is not given, or are exact copies of each other.
    InputError
        If `combine` leaves out a variable, or rows to be combined hold text that differs.
    UnknownNameError
        If `combine` names a variable that does not exist.
    """
    how = _check_combine(combine, variables)
    shared = data.duplicated(KEYS, keep=False)
    nothing = pd.DataFrame(columns=["region", "name", "time", "rows"])
    if not shared.any():
        return data, nothing
    groups = [part for _, part in data[shared].groupby(KEYS, sort=True, dropna=False)]
    if combine is None:
        raise DuplicateError(
            f"several rows belong to one region: {name_some([_listed(part, rows) for part in groups])}. "
            "Remove some, or pass combine='sum' or 'mean' (or one for each variable)."
        )
    copies = [part for part in groups if _copies(part, rows, variables)]
    if copies:
        raise DuplicateError(
            f"rows are exact copies of each other: {name_some([_listed(part, rows) for part in copies])}. "
            "Remove the copies first; combining would count them twice."
        )
    whole = pd.DataFrame([_combined(part, how, variables, rows) for part in groups])
    listed = [
        (part[REGION].iloc[0], rows.loc[part.index[0], "region_name"], part[TIME].iloc[0], _row_numbers(part, rows))
        for part in groups
    ]
    return pd.concat([data[~shared], whole], ignore_index=True), pd.DataFrame(listed, columns=nothing.columns)


def _check_combine(combine: Combine | Mapping[str, Combine] | None, variables: list[str]) -> dict[str, Combine]:
    if combine is None:
        return {}
    if isinstance(combine, str):
        check_option(combine, Combine, "combine")
        return dict.fromkeys(variables, combine)
    if not isinstance(combine, Mapping):
        raise InputError(f"combine must be 'sum', 'mean' or a mapping of variables to these; found {combine!r}.")
    for variable, way in combine.items():
        if variable not in variables:
            raise UnknownNameError(f"combine: no variable {variable!r}.{did_you_mean(variable, variables)}")
        check_option(way, Combine, f"combine[{variable!r}]")
    return dict(combine)


def _copies(part: pd.DataFrame, rows: pd.DataFrame, variables: list[str]) -> bool:
    written = part[variables].assign(name=rows.loc[part.index, "name"].astype(str))
    return bool(written.duplicated().any())


def _combined(part: pd.DataFrame, how: dict[str, Combine], variables: list[str], rows: pd.DataFrame) -> dict[str, Any]:
    one: dict[str, Any] = {key: part[key].iloc[0] for key in KEYS}
    for variable in variables:
        values = part[variable]
        if not pd.api.types.is_numeric_dtype(values):
            if len(values.unique()) > 1:
                raise InputError(
                    f"{variable!r} is text and differs among {_listed(part, rows)}; it cannot be combined."
                )
            one[variable] = values.iloc[0]
        elif variable in how:
            one[variable] = values.sum(skipna=False) if how[variable] == "sum" else values.mean(skipna=False)
        else:
            raise InputError(
                f"combine does not say what to do with {variable!r} of {_listed(part, rows)}: add it, or name the "
                "variables you need with variables=."
            )
    return one


def _listed(part: pd.DataFrame, rows: pd.DataFrame) -> str:
    own = rows.loc[part.index]
    when = "" if pd.isna(part[TIME].iloc[0]) else f" {part[TIME].iloc[0]}"
    names = ", ".join(f"{row.name} (row {row.row})" for row in own.itertuples(index=False))
    return f"{own['region_name'].iloc[0]} ({part[REGION].iloc[0]}){when}: {names}"


def _row_numbers(part: pd.DataFrame, rows: pd.DataFrame) -> str:
    return ", ".join(str(row) for row in rows.loc[part.index, "row"])
