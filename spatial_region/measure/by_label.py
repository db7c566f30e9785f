"""Values, weights and groups of measures, brought together by label: one cross-section, or one for each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.core.spec import digest
from spatial_region.errors import AlignmentError, DuplicateError, InputError, MissingValuesError

# Names of an index level that can only be a time: levels in the wrong order would be taken for regions.
_TIMES = frozenset({"time", "year", "date", "period", "年", "年份", "时间"})


@dataclass(frozen=True, eq=False)
class Labelled:
    """Numbers that may be compared with one another, and what goes with them.

    Attributes
    ----------
    name : str
        What the values are called.
    frame : pandas.DataFrame
        Indexed by region, or by (region, time). Columns: value, weight (1 where none was given), and the groups.
    levels : tuple of str
        Names of the groups, the coarsest first.
    weighted : bool
        Whether weights were given.
    notes : tuple of str
        What was left out.
    """

    name: str
    frame: pd.DataFrame
    levels: tuple[str, ...]
    weighted: bool
    notes: tuple[str, ...]

    @property
    def is_panel(self) -> bool:
        """Whether the values carry a time."""
        return isinstance(self.frame.index, pd.MultiIndex)

    def sections(self) -> Iterator[tuple[Any, pd.DataFrame]]:
        """Yield each time (the name of the values when there is none) and its rows by region, times ascending."""
        if not self.is_panel:
            yield self.name, self.frame
            return
        for time, rows in self.frame.groupby(level=1, sort=True):
            yield time, rows.droplevel(1)

    @property
    def axis(self) -> str:
        """What the rows of a table stand for."""
        return "time" if self.is_panel else "variable"

    def facts(self) -> dict[str, object]:
        """Return what a spec records of the data."""
        ordered = self.frame.sort_index()
        return {"variable": self.name, "n": len(self.frame), "values_digest": digest(ordered["value"])}


def bring_together(
    values: object, weights: object = None, groups: object = None, *, missing: Missing = "raise", least: int = 2
) -> Labelled:
    """Align weights and groups with values, and refuse what no measure of relative inequality is defined for.

    Raises
    ------
    InputError
        If something is no labelled pandas object, no real number, infinite, negative, or zero everywhere, a weight is
        not positive, or a time has fewer than `least` regions.
    MissingValuesError
        If a value, weight or group is missing and `missing` is ``"raise"``.
    AlignmentError
        If weights or groups lack a region, or weights have others.
    DuplicateError
        If a label occurs twice.
    """
    check_option(missing, Missing, "missing")
    given = check_labels(values, "values")
    name = _called(given, "values")
    if given.empty:
        raise InputError(f"{name!r} has no rows.")
    columns: dict[str, Any] = {"value": _numbers(given, name)}
    if weights is not None:
        columns["weight"] = _numbers(
            _spread(check_labels(weights, "weights"), given.index, "weights"), _called(weights, "weights")
        )
    named = _group_columns(groups, given.index)
    frame = pd.DataFrame({**columns, **named}, index=given.index)
    called = {"value": name, "weight": _called(weights, "weights")}
    frame, notes = _complete(frame, called, missing)
    if weights is None:
        frame.insert(1, "weight", 1.0)
    made = Labelled(name, frame, tuple(named), weights is not None, notes)
    _check_numbers(made, least)
    return made


def group_codes(section: pd.DataFrame, levels: tuple[str, ...]) -> list[tuple[np.ndarray, list[str]]]:
    """Return the code of each row's group, and the groups' labels, for each level: a group is one of those above it.

    A "coast" in the north and a "coast" in the south are therefore two groups, ``north / coast`` and ``south / coast``.
    """
    made = []
    for depth in range(1, len(levels) + 1):
        paths = list(section[list(levels[:depth])].itertuples(index=False, name=None))
        groups = sorted(set(paths), key=lambda path: tuple(map(str, path)))
        places = {path: place for place, path in enumerate(groups)}
        codes = np.fromiter((places[path] for path in paths), dtype=np.intp, count=len(paths))
        made.append((codes, [" / ".join(map(str, path)) for path in groups]))
    return made


def check_labels(given: object, argument: str) -> pd.Series:
    """Return a Series by region, or by region and time, with unique labels.

    Raises
    ------
    InputError
        If it is something else.
    DuplicateError
        If a label occurs twice.
    """
    if not isinstance(given, pd.Series):
        raise InputError(
            f"{argument} must be a pandas Series indexed by region, or by (region, time), such as study.data['x']; "
            f"found {type(given).__name__}."
        )
    if given.index.nlevels > 2:
        raise InputError(
            f"{argument} must be indexed by region, or (region, time); found {given.index.nlevels} levels."
        )
    if given.index.nlevels == 2 and str(given.index.names[0]).lower() in _TIMES:
        raise InputError(f"{argument} must be indexed by (region, time), in this order; use {argument}.swaplevel().")
    if given.index.has_duplicates:
        raise DuplicateError(f"{argument}: found twice: {name_some(given.index[given.index.duplicated()].unique())}.")
    refuse_blank(given.index, argument)
    return given.rename_axis(["region", "time"] if given.index.nlevels == 2 else ["region"])


def refuse_blank(index: pd.Index, argument: str) -> None:
    """Refuse rows whose region or time is missing: they would count where rows are counted, and vanish from groups.

    Raises
    ------
    InputError
        If there are some.
    """
    for place, what in enumerate(("region", "time")[: index.nlevels]):
        blank = index.get_level_values(place).isna()
        if blank.any():
            raise InputError(
                f"{argument}: {blank.sum()} of {len(index)} rows have no {what}: {name_some(index[blank])}. "
                "Label them, or leave them out."
            )


def _called(given: object, otherwise: str) -> str:
    name = getattr(given, "name", None)
    return otherwise if name is None else str(name)


def _numbers(given: pd.Series, label: str) -> pd.Series:
    numbers = pd.Series(as_numbers(given, label), index=given.index)
    infinite = numbers.index[np.isinf(numbers)]
    if len(infinite):
        raise InputError(f"{label!r} is infinite for {name_some(infinite)}. Correct it, or make it missing.")
    return numbers


def _spread(given: pd.Series, index: pd.Index, argument: str, *, extra: bool = False) -> pd.Series:
    """Return what was given at each label of the values: as it is, or that of the region at every time."""
    by_region = given.index.nlevels == 1
    if not by_region and index.nlevels == 1:
        raise InputError(f"{argument} have a time, and the values have none; pick one time of the {argument}.")
    wanted = index.get_level_values(0) if by_region else index
    absent = wanted[~wanted.isin(given.index)].unique()
    if len(absent):
        raise AlignmentError(
            f"{argument} lack {len(absent)} of the {len(wanted.unique())} labels of the values: {name_some(absent)}."
        )
    surplus = given.index.difference(wanted.unique(), sort=False)
    if len(surplus) and not extra:
        raise AlignmentError(
            f"{argument} have {len(surplus)} labels that the values lack: {name_some(surplus)}. Leave them out."
        )
    return given.reindex(wanted).set_axis(index)


def _group_columns(groups: object, index: pd.Index) -> dict[str, pd.Series]:
    if groups is None:
        return {}
    frame = groups
    if isinstance(groups, pd.Series):
        frame = groups.to_frame("group" if groups.name is None else groups.name)
    if not isinstance(frame, pd.DataFrame) or not len(frame.columns):
        raise InputError(
            "groups must be a pandas Series of the group of each region, or a DataFrame with one column for each "
            f"level, the coarsest first; found {type(groups).__name__}."
        )
    names = [str(column) for column in frame.columns]
    taken = sorted({name for name in names if names.count(name) > 1 or name in {"value", "weight"}})
    if taken:
        raise DuplicateError(f"groups: rename the columns {name_some(taken)}; each needs its own name.")
    columns = {}
    for position, name in enumerate(names):
        labels = check_labels(frame.iloc[:, position], "groups")
        # A named grouping may cover more regions than the study has.
        columns[name] = _spread(labels, index, "groups", extra=True).astype(object)
    return columns


def _complete(frame: pd.DataFrame, called: dict[str, str], missing: Missing) -> tuple[pd.DataFrame, tuple[str, ...]]:
    absent = frame.isna().any(axis="columns")
    if not absent.any():
        return frame, ()
    of = [called.get(column, column) for column in frame.columns[frame.isna().any()]]
    found = (
        f"{', '.join(map(repr, of))} missing for {absent.sum()} of {len(frame)} labels: "
        f"{name_regions(frame.index[absent])}."
    )
    if missing == "raise" or absent.all():
        raise MissingValuesError(f'{found} Pass missing="drop" or fill it first.')
    kept = frame[~absent]
    if isinstance(kept.index, pd.MultiIndex):
        lost = frame.index.unique(1).difference(kept.index.unique(1))
        if len(lost):
            raise MissingValuesError(f"{found} No region is left at {name_some(lost)}; leave these times out.")
    return kept, (f"Left out: {found}",)


def _check_numbers(made: Labelled, least: int) -> None:
    frame = made.frame
    negative = frame.index[frame["value"] < 0]
    if len(negative):
        raise InputError(
            f"{made.name!r} is negative for {len(negative)} of {len(frame)} labels: {name_some(negative)}. "
            "Relative inequality compares shares of a whole, and a negative value has none."
        )
    light = frame.index[frame["weight"] <= 0]
    if len(light):
        raise InputError(
            f"weights must be positive; {len(light)} are not: {name_some(light)}. Leave these regions out."
        )
    for time, rows in made.sections():
        where = f" at {time}" if made.is_panel else ""
        if len(rows) < least:
            raise InputError(f"{made.name!r}{where} has {len(rows)} regions; inequality needs at least {least}.")
        if not (rows["value"] > 0).any():
            raise InputError(
                f"{made.name!r}{where} is 0 in all {len(rows)} regions, so that there is nothing to share."
            )
