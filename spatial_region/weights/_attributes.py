"""Columns by region, found in the regions or in the data of a study."""

from __future__ import annotations

import pandas as pd

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.study import Study
from spatial_region.errors import InputError, UnknownNameError


def region_column(study: object, frame: pd.DataFrame, column: str, *, argument: str) -> pd.Series:
    """Return one column by region: of `regions`, or of a study's data when it does not change over time.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    InputError
        If it changes over time, or there are two of that name.
    """
    if column in frame.columns:
        found = frame[column]
        if isinstance(found, pd.DataFrame):
            raise InputError(f"{argument}: the regions have {found.shape[1]} columns named {column!r}.")
        return found
    data = study.data if isinstance(study, Study) else frame
    if column not in data.columns:
        known = [str(name) for name in dict.fromkeys([*frame.columns, *data.columns])]
        raise UnknownNameError(
            f"{argument}: no column {column!r}.{did_you_mean(column, known)} There are: {name_some(known, limit=20)}."
        )
    values = data[column]
    if values.index.nlevels == 1:
        return values.reindex(frame.index)
    by_region = values.groupby(level=0, sort=False)
    changing = by_region.nunique()
    changing = changing.index[changing > 1]
    if len(changing):
        raise InputError(
            f"{argument}: {column!r} changes over time in {len(changing)} of {len(frame)} regions: "
            f"{name_regions(changing)}. Pass study.at(time)."
        )
    return by_region.first().reindex(frame.index)
