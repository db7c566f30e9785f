"""From regions to the larger regions of a grouping: means of quantities, the commonest of categories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing
from spatial_region.core.study import Study
from spatial_region.errors import InputError, MissingValuesError
from spatial_region.geodetector._grouping import group_of_rows
from spatial_region.geodetector._rows import Rows, gather_rows
from spatial_region.geodetector.strata import Bins, cuts_by_factor, is_numeric

_GROUP, _TIME = "region", "time"


def aggregated(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    grouping: str | pd.Series,
    weighted_by: str | None,
    at: object,
    bins: Bins,
    missing: Missing,
) -> pd.DataFrame:
    """Return the variable and the factors by group (and time, in a panel).

    The variable, and numbers that `bins` cuts, are means over the regions of the group, weighted by `weighted_by`. Of
    all else, strata by nature, the group has what most of its weight has, and of equals the first in order.

    Raises
    ------
    MissingValuesError
        If regions have no group, and `missing` is ``"raise"``.
    InputError
        If weights are not numbers, are negative, or sum to zero in a group.
    """
    more = [] if weighted_by is None or weighted_by in (variable, *factors) else [weighted_by]
    rows = gather_rows(study, variable, [*factors, *more], at=at, missing=missing)
    groups = group_of_rows(study, grouping, rows.index, at)
    lost = groups.isna().to_numpy()
    if lost.any() and missing == "raise":
        raise MissingValuesError(
            f"{lost.sum()} of {len(groups)} rows have no group: {name_some(rows.regions[lost].unique())}. "
            f'Give them one, or pass missing="drop".'
        )
    values = rows.factors.assign(**{variable: rows.y})[~lost]
    weight = _weights(values, rows, weighted_by, ~lost)
    keys = [groups[~lost].to_numpy()]
    if rows.is_panel:
        keys.append(values.index.get_level_values(1).to_numpy())
    place, labels = _number(keys)
    total = np.bincount(place, weights=weight)
    if (total <= 0).any():
        raise InputError(f"{weighted_by!r} sums to zero in {name_some(labels[total <= 0])}; weights must not.")
    cuts = cuts_by_factor(bins, factors)
    columns = {variable: np.bincount(place, weights=weight * values[variable].to_numpy()) / total}
    for factor in factors:
        column = values[factor]
        if is_numeric(column) and cuts[factor][0] is not None:
            columns[factor] = np.bincount(place, weights=weight * column.to_numpy(dtype=float)) / total
        else:
            columns[factor] = _commonest(column, place, weight)
    return pd.DataFrame(columns, index=labels)


def _weights(values: pd.DataFrame, rows: Rows, weighted_by: str | None, kept: np.ndarray) -> np.ndarray:
    if weighted_by is None:
        return np.ones(len(values))
    column = values[weighted_by]
    if not is_numeric(column):
        raise InputError(f"weighted_by={weighted_by!r} must hold numbers; found {column.dtype} values.")
    weight = column.to_numpy(dtype=float)
    weight = weight / (np.abs(weight).max(initial=0.0) or 1.0)  # only shares matter, and sums of these are numbers
    if (weight < 0).any():
        named = name_some(rows.regions[kept][weight < 0].unique())
        raise InputError(f"weighted_by={weighted_by!r} is negative at {named}; weights must not be.")
    return weight


def _number(keys: list[np.ndarray]) -> tuple[np.ndarray, pd.Index]:
    """Return the group (and time) of each row as a number, and what each number stands for."""
    frame = pd.DataFrame(dict(zip((_GROUP, _TIME), keys, strict=False)))
    grouped = frame.groupby(list(frame.columns), sort=True, observed=True)
    labels = grouped.size().index
    return grouped.ngroup().to_numpy(), labels


def _commonest(column: pd.Series, place: np.ndarray, weight: np.ndarray) -> np.ndarray | pd.Categorical:
    codes, levels = pd.factorize(column, sort=True)
    held = np.zeros((place.max() + 1, len(levels)))
    np.add.at(held, (place, codes), weight)
    chosen = held.argmax(axis=1)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Categorical.from_codes(column.cat.categories.get_indexer(levels)[chosen], dtype=column.dtype)
    return np.asarray(levels)[chosen]
