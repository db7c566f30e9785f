"""Means of variables in the groups of a named grouping, with ranks of the groups."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.study import Study
from spatial_region.errors import AlignmentError, DuplicateError, InputError, MissingValuesError

ALL = "all"


def group_means(
    study: Study,
    variables: Sequence[str] | str,
    *,
    grouping: str | pd.Series,
    at: object = None,
    missing: Missing = "raise",
) -> pd.DataFrame:
    """Compare groups of regions by their unweighted means: the table by plates that studies print.

    Parameters
    ----------
    study : Study
        Where the variables are.
    variables : str or sequence of str
        Numeric variables.
    grouping : str or pandas.Series
        Column of the regions or the study that does not change over time, or groups indexed by region. Regions without
        a group count in "all" only.
    at : object, optional
        Time; needed when the study has several.
    missing : {"raise", "drop"}
        What to do with missing values; with ``"drop"`` a region counts in the variables that it has.

    Returns
    -------
    pandas.DataFrame
        Indexed by variable and group, "all" first; columns n, mean, sd (over n - 1), minimum, maximum, relative_to_all
        (the mean over that of all regions; NaN where that is 0), rank (of the groups, 1 the highest; equal means share
        the smallest).

    Raises
    ------
    UnknownNameError
        If a variable, the grouping or the time does not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or a variable has none.
    InputError
        If a variable is not numeric, the grouping changes over time, or the time is not given.
    AlignmentError
        If a Series has none of the regions.
    DuplicateError
        If a Series names a region twice.
    OptionError
        If `missing` is not offered.

    Examples
    --------
    >>> import spatial_region as sr
    >>> regions = sr.china_provinces()
    >>> study = sr.make_study(regions, regions[["adcode"]].assign(area=regions.to_crs(6933).area / 1e10))
    >>> means = sr.group_means(study, "area", grouping="plate")
    >>> means.loc[("area", "West"), "rank"]
    np.int64(1)
    """
    check_option(missing, Missing, "missing")
    names = [variables] if isinstance(variables, str) else list(variables)
    frame = study.frame(names, at=study._one_time(at))
    groups = _groups(study, grouping)
    return pd.concat({name: _of_groups(study, frame[name], groups, missing) for name in names}, names=["variable"])


def _of_groups(study: Study, values: pd.Series, groups: pd.Series, missing: Missing) -> pd.DataFrame:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise InputError(
            f"{values.name!r} must be numeric; found {name_some(map(repr, values.dropna().unique()), limit=3)}."
        )
    absent = values.index[values.isna()]
    if len(absent) and missing == "raise":
        raise MissingValuesError(
            f"{values.name!r} is missing for {len(absent)} of {len(values)} regions: "
            f'{name_regions(absent, study.names)}. Pass missing="drop" or fill it first.'
        )
    kept = values.dropna().astype(float)
    if kept.empty:
        raise MissingValuesError(f"{values.name!r} has no value.")
    parts = {ALL: kept, **dict(list(kept.groupby(groups.reindex(kept.index), observed=True)))}
    table = pd.DataFrame(
        {
            "n": [len(own) for own in parts.values()],
            "mean": [own.mean() for own in parts.values()],
            "sd": [own.std(ddof=1) for own in parts.values()],
            "minimum": [own.min() for own in parts.values()],
            "maximum": [own.max() for own in parts.values()],
        },
        index=pd.Index(parts, name="group"),
    )
    whole = table["mean"].iloc[0]
    table["relative_to_all"] = table["mean"] / whole if whole != 0 else float("nan")
    table["rank"] = table["mean"].iloc[1:].rank(ascending=False, method="min").astype("Int64")
    return table


def _groups(study: Study, grouping: str | pd.Series) -> pd.Series:
    if isinstance(grouping, str):
        column = study.frame([grouping])[grouping]
        if not isinstance(column.index, pd.MultiIndex):
            return column
        by_region = column.groupby(level=0, sort=False)
        changing = by_region.nunique()
        if (changing > 1).any():
            raise InputError(
                f"grouping {grouping!r} changes over time for "
                f"{name_regions(changing.index[changing > 1], study.names)}; take one time: study.at(time)."
            )
        return by_region.first()
    if not isinstance(grouping, pd.Series):
        raise InputError(f"grouping must be the name of a column or a Series by region; found {grouping!r}.")
    if grouping.index.has_duplicates:
        raise DuplicateError(
            f"grouping: found twice: {name_some(grouping.index[grouping.index.duplicated()].unique())}."
        )
    if not study.ids.isin(grouping.index).any():
        raise AlignmentError(
            f"grouping has none of the regions: it is labelled {name_some(grouping.index, limit=3)}, the study "
            f"{name_some(study.ids, limit=3)}. Index it by region id."
        )
    return grouping.reindex(study.ids)
