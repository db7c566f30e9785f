"""Gaps and ranks: each region against a reference, and in its order."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.errors import AlignmentError, InputError, MissingValuesError, UnknownNameError
from spatial_region.measure.by_label import check_labels

RankTies = Literal["min", "max", "average", "dense"]
_OF_ALL = ("mean", "median", "max", "min")


def gap(values: pd.Series, reference: object = "mean", *, missing: Missing = "raise") -> pd.DataFrame:
    """Measure the gap of each region to a reference: the difference and the multiple.

    ``gap = value - reference``, ``multiple = value / reference``, ``gap_pct = 100 gap / reference``. Urban against
    rural income: ``sr.gap(urban, rural)["multiple"]``.

    Parameters
    ----------
    values : pandas.Series
        Numbers by region, or by (region, time).
    reference : str, region id, number or pandas.Series
        What each value is held against, in the unit of the values. "mean", "median", "max" or "min" of the regions of
        each time; a region, at each time; a number; or a Series with the labels of the values (another variable), by
        region, or by time (such as the published level of the whole).
    missing : {"raise", "drop"}
        What to do with missing values; with ``"drop"``, what needs them is NaN.

    Returns
    -------
    pandas.DataFrame
        With the index of `values`. Columns: value, reference, gap, in the unit of the values; multiple; gap_pct, in %.
        multiple and gap_pct are NaN where the reference is not positive.

    Raises
    ------
    InputError
        If values or reference are no labelled real numbers, or infinite.
    UnknownNameError
        If a text is no region.
    AlignmentError
        If the reference lacks regions or times.
    MissingValuesError
        If something is missing and `missing` is ``"raise"``.
    DuplicateError
        If a label occurs twice.
    OptionError
        If `missing` is not offered.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> urban, rural = pd.Series({"a": 30.0, "b": 24.0}), pd.Series({"a": 12.0, "b": 16.0})
    >>> sr.gap(urban, rural)[["gap", "multiple"]].values.tolist()
    [[18.0, 2.5], [8.0, 1.5]]
    >>> sr.gap(urban, "a")["gap_pct"].tolist()
    [0.0, -20.0]
    """
    check_option(missing, Missing, "missing")
    given = check_labels(values, "values")
    numbers = _finite(given, "values" if given.name is None else str(given.name))
    other = _reference(numbers, reference)
    made = pd.DataFrame({"value": numbers, "reference": other})
    _check_missing(made.index[made.isna().any(axis="columns")], len(made), missing)
    positive = made["reference"].where(made["reference"] > 0)
    difference = made["value"] - made["reference"]
    return made.assign(gap=difference, multiple=made["value"] / positive, gap_pct=100 * difference / positive)


def rank(
    values: pd.Series, *, ties: RankTies = "min", grouping: pd.Series | None = None, missing: Missing = "raise"
) -> pd.Series:
    """Rank regions at each time, 1 for the largest.

    Parameters
    ----------
    values : pandas.Series
        Numbers by region, or by (region, time).
    ties : {"min", "max", "average", "dense"}
        Rank of equal values: the best of their places (1, 2, 2, 4, as in sport), the worst, the mean, or the best
        without gaps afterwards (1, 2, 2, 3). None depends on the order of the rows.
    grouping : pandas.Series, optional
        Group of each region, to rank within groups. It may cover more regions.
    missing : {"raise", "drop"}
        What to do with missing values; with ``"drop"`` they have no rank.

    Returns
    -------
    pandas.Series
        Ranks with the index of `values`; whole numbers, but for "average".

    Raises
    ------
    InputError
        If values are no labelled real numbers, or infinite.
    AlignmentError
        If the grouping lacks regions.
    MissingValuesError
        If a value or group is missing and `missing` is ``"raise"``.
    DuplicateError
        If a label occurs twice.
    OptionError
        If `ties` or `missing` is not offered.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> scores = pd.Series({"a": 5.0, "b": 7.0, "c": 5.0, "d": 1.0})
    >>> sr.rank(scores).tolist(), sr.rank(scores, ties="dense").tolist()
    ([2, 1, 2, 4], [2, 1, 2, 3])
    """
    check_option(ties, RankTies, "ties")
    check_option(missing, Missing, "missing")
    given = check_labels(values, "values")
    numbers = _finite(given, "values" if given.name is None else str(given.name))
    keys: list[Any] = [numbers.index.get_level_values(1)] if numbers.index.nlevels == 2 else []
    absent = numbers.isna()
    if grouping is not None:
        groups = _by_region(check_labels(grouping, "grouping"), numbers.index, "grouping")
        absent |= groups.isna()
        keys.append(groups.astype(object).to_numpy())
    _check_missing(numbers.index[absent], len(numbers), missing)
    kept = numbers.where(~absent)
    # the groups are labels only: a group of one kind gathers everything where there is neither time nor group
    parts = kept.groupby(keys or [np.zeros(len(kept))], dropna=False)
    ranks = parts.rank(ascending=False, method=ties).rename("rank")
    return ranks if ties == "average" else ranks.astype("Int64")


def _finite(given: pd.Series, label: str) -> pd.Series:
    numbers = pd.Series(as_numbers(given, label), index=given.index)
    infinite = numbers.index[np.isinf(numbers)]
    if len(infinite):
        raise InputError(f"{label!r} is infinite for {name_some(infinite)}. Correct it, or make it missing.")
    return numbers


def _check_missing(absent: pd.Index, count: int, missing: Missing) -> None:
    if len(absent) and missing == "raise":
        raise MissingValuesError(
            f"{len(absent)} of {count} labels lack a number: {name_regions(absent)}. "
            'Pass missing="drop" or fill them first.'
        )


def _reference(numbers: pd.Series, reference: object) -> pd.Series | float:
    panel = numbers.index.nlevels == 2
    if isinstance(reference, pd.Series):
        return _of_series(numbers, check_labels(reference, "reference"))
    if isinstance(reference, str) and reference in _OF_ALL:
        if panel:
            return numbers.groupby(level=1).transform(reference)
        return float(getattr(numbers, reference)())
    regions = numbers.index.get_level_values(0)
    if isinstance(reference, (str, int)) and not isinstance(reference, bool) and reference in regions:
        own = numbers[regions == reference]
        if not panel:
            return float(own.iloc[0])
        times = numbers.index.get_level_values(1)
        return own.droplevel(0).reindex(times).set_axis(numbers.index)
    if isinstance(reference, (int, float, np.number)) and not isinstance(reference, bool) and np.isfinite(reference):
        return float(reference)
    if isinstance(reference, str):
        known = [*_OF_ALL, *map(str, regions.unique())]
        raise UnknownNameError(f"no region {reference!r} to compare with.{did_you_mean(reference, known)}")
    raise InputError(
        f"reference must be a number, a region, one of {name_some(_OF_ALL)}, or a Series; found {reference!r}."
    )


def _of_series(numbers: pd.Series, reference: pd.Series) -> pd.Series:
    label = "reference" if reference.name is None else str(reference.name)
    found = _finite(reference, label)
    if numbers.index.nlevels == 2 and found.index.nlevels == 1:
        times = numbers.index.get_level_values(1)
        if times.isin(found.index).all() and not numbers.index.get_level_values(0).isin(found.index).any():
            return found.reindex(times).set_axis(numbers.index)
    return _by_region(found, numbers.index, "reference")


def _by_region(given: pd.Series, index: pd.Index, argument: str) -> pd.Series:
    if given.index.nlevels > index.nlevels:
        raise InputError(f"{argument} has a time, and the values have none; pick one time of it.")
    wanted = index.get_level_values(0) if given.index.nlevels == 1 else index
    absent = wanted[~wanted.isin(given.index)].unique()
    if len(absent):
        raise AlignmentError(f"{argument} lacks {len(absent)} labels of the values: {name_some(absent)}.")
    return given.reindex(wanted).set_axis(index)
