"""The parts of a sample that are examined one by one: the whole, each group, each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError
from spatial_region.geodetector._rows import Rows

Time = Literal["each", "both"]
CutWithin = Literal["part", "whole", "time", "group"]

WHOLE = "all"
POOLED = "pooled"


@dataclass(frozen=True, eq=False)
class Part:
    """Rows that are examined together.

    Attributes
    ----------
    group : object
        The group, or ``"all"``.
    time : object
        The time, or ``"pooled"``.
    mask : numpy.ndarray, shape (n,)
        Which rows.
    """

    group: object
    time: object
    mask: np.ndarray

    @property
    def described(self) -> str:
        """How messages name it."""
        words = [str(self.group)] if self.group != WHOLE else ["all regions"]
        return " at ".join([*words, str(self.time)]) if self.time != POOLED else words[0]


def parts_of(rows: Rows, time: Time | None) -> list[Part]:
    """Return the whole and each group, each pooled or at each time.

    Raises
    ------
    InputError
        If times are asked for and there are none, groups are of mixed types, or a group or a time has the name that
        stands for all of them.
    """
    if time is not None and not rows.is_panel:
        raise InputError(
            f"time={time!r} needs rows by region and time; these have no time, or the one of at=. "
            f"Leave at= out, or pass a study that is a panel, or frame.set_index([region, time])."
        )
    return [
        Part(group, when, of_group & at_time)
        for group, of_group in _groups(rows)
        for when, at_time in _times(rows, time)
        if (of_group & at_time).any()
    ]


def _groups(rows: Rows) -> Iterator[tuple[object, np.ndarray]]:
    yield WHOLE, np.ones(len(rows.y), dtype=bool)
    if rows.groups is None:
        return
    groups = groups_in_order(rows)
    if WHOLE in groups:
        raise InputError(f"a group is called {WHOLE!r}, which stands for all regions here; rename it.")
    codes, labels = pd.factorize(rows.groups)  # comparing labels would trip over missing ones and over tuples
    place = {label: number for number, label in enumerate(labels)}
    for group in groups:
        yield group, codes == place[group]


def groups_in_order(rows: Rows) -> list[object]:
    """Groups in the order of the category, else of their first row by region id."""
    assert rows.groups is not None
    if hasattr(rows.groups, "cat"):
        return list(rows.groups.cat.remove_unused_categories().cat.categories)
    try:
        return sorted(rows.groups.dropna().unique())
    except TypeError as fault:
        found = name_some(map(repr, rows.groups.dropna().unique()))
        raise InputError(
            f"the groups cannot be put in order, being of mixed types: {found}. Make them text."
        ) from fault


def _times(rows: Rows, time: Time | None) -> Iterator[tuple[object, np.ndarray]]:
    if time != "each":
        yield POOLED, np.ones(len(rows.y), dtype=bool)
    if time is not None:
        if POOLED in rows.times:
            raise InputError(f"a time is called {POOLED!r}, which stands for all times here; rename it.")
        labels = rows.index.get_level_values(1)
        for when in rows.times:
            yield when, np.asarray(labels == when)
