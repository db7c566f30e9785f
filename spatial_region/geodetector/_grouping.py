"""The group of each row: from a column, or from a Series by region."""

from __future__ import annotations

import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.study import Study
from spatial_region.errors import AlignmentError, DuplicateError, InputError, UnknownNameError


def group_of_rows(
    study: Study | pd.DataFrame, grouping: str | pd.Series, index: pd.Index, at: object = None
) -> pd.Series:
    """Return the group of each row of `index`, missing where the grouping leaves its region out.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Where a named grouping is looked up.
    grouping : str or pandas.Series
        Column of the study, its regions or the frame; or groups indexed by region.
    index : pandas.Index
        Labels of the rows: by region, or by region and time.
    at : object, optional
        Time at which the rows were taken.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    DuplicateError
        If the Series names a region twice, or the frame has the column twice.
    AlignmentError
        If the Series has none of the regions.
    InputError
        If `grouping` is neither a name nor a Series, or the Series is not labelled by region alone.
    """
    if isinstance(grouping, pd.Series):
        return _by_region(grouping, index)
    if not isinstance(grouping, str):
        found = type(grouping).__name__ if isinstance(grouping, pd.DataFrame) else repr(grouping)
        raise InputError(f"grouping must be the name of a column, or a Series of groups by region; found {found}.")
    if isinstance(study, Study):
        return study.frame([grouping], at=at)[grouping]
    if grouping not in study.columns:
        raise UnknownNameError(
            f"grouping: no column {grouping!r}.{did_you_mean(grouping, study.columns)} "
            f"There are: {name_some(study.columns, limit=20)}."
        )
    if list(study.columns).count(grouping) > 1:
        raise DuplicateError(f"grouping: the frame has {grouping!r} more than once; rename or drop one of each.")
    column = pd.Series(study[grouping])
    return column if at is None else column[study.index.get_level_values(1) == at].set_axis(index)


def _by_region(grouping: pd.Series, index: pd.Index) -> pd.Series:
    if isinstance(grouping.index, pd.MultiIndex):
        raise InputError(
            f"grouping is labelled by {grouping.index.nlevels} levels; it must give each region one group, and be "
            f"indexed by region id. Groups that change over time must be a column: grouping='name'."
        )
    if grouping.index.has_duplicates:
        twice = grouping.index[grouping.index.duplicated()].unique()
        raise DuplicateError(f"grouping: found twice: {name_some(twice)}. Give each region one group.")
    regions = index.get_level_values(0) if isinstance(index, pd.MultiIndex) else index
    if not regions.isin(grouping.index).any():
        raise AlignmentError(
            f"grouping has none of the regions: it is labelled {name_some(map(repr, grouping.index), limit=3)}, "
            f"the rows {name_some(map(repr, regions.unique()), limit=3)}. Index it by region id."
        )
    return pd.Series(grouping.reindex(regions).to_numpy(), index=index, name=grouping.name)
