"""Weights that differ from time to time, of the same regions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.weights import Weights, as_index, as_weights, check_same_regions
from spatial_region.errors import InputError, UnknownNameError


class WeightsByTime(Mapping[Any, Weights]):
    """One weights a time, all with the same regions in the same order. Never changes.

    A statistic of a panel takes it as ``w=`` and uses the weights of the time that it looks at.

    Parameters
    ----------
    weights : Mapping of time to Weights, Graph or W
        Aligned by label to the first; times are put in ascending order.

    Raises
    ------
    InputError
        If there is none, or an entry is no weights.
    AlignmentError
        If the regions of a time differ from those of the first.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> line = sr.Weights(pd.Index(["a", "b"]), np.array([[0, 1.0], [1.0, 0]]))
    >>> by_time = sr.WeightsByTime({2001: line, 2000: line})
    >>> by_time.times, by_time.at(2000).n_links
    ([2000, 2001], 2)
    """

    __slots__ = ("_items",)

    def __init__(self, weights: Mapping[Any, object]) -> None:
        if not isinstance(weights, Mapping) or not weights:
            raise InputError("weights by time need a mapping of at least one time to its weights.")
        try:
            times = sorted(weights)
        except TypeError as error:
            raise InputError(f"times must be of one kind; found {name_some(weights)}.") from error
        self._items: dict[Any, Weights] = {}
        for time in times:
            w = as_weights(weights[time])
            first = next(iter(self._items.values()), w)
            check_same_regions(
                w.ids, first.ids, left=f"the weights of {time}", right=f"those of {times[0]}", names=w.names
            )
            self._items[time] = w.reorder(first.ids)

    @property
    def ids(self) -> pd.Index:
        """Region ids, in the order of every weights."""
        return next(iter(self._items.values())).ids

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.ids)

    @property
    def times(self) -> list[Any]:
        """Times, ascending."""
        return list(self._items)

    def at(self, time: object) -> Weights:
        """Return the weights of one time.

        Raises
        ------
        UnknownNameError
            If there are none for it.
        """
        if not pd.api.types.is_hashable(time) or time not in self._items:
            raise UnknownNameError(f"no weights for {time!r}; there are: {name_some(self.times, limit=30)}.")
        return self._items[time]

    def reorder(self, ids: Iterable[object]) -> WeightsByTime:
        """Return the same weights with the regions in the order of `ids`.

        Raises
        ------
        AlignmentError
            If the regions are not the same.
        """
        wanted = as_index(ids)
        return WeightsByTime({time: w.reorder(wanted) for time, w in self._items.items()})

    def table(self) -> pd.DataFrame:
        """Return the facts of the weights by time: links, neighbours, components, islands, recipe."""
        return pd.DataFrame({time: w.card() for time, w in self._items.items()}).T.rename_axis("time")

    def __getitem__(self, time: object) -> Weights:
        return self.at(time)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return WeightsByTime, (dict(self._items),)

    def _heading(self) -> str:
        return f"Spatial weights of {self.n} regions by time: {len(self)} times ({self.times[0]} to {self.times[-1]})"

    def __repr__(self) -> str:
        lines = [f"  {time}  {w.n_links} links, {len(w.islands)} islands" for time, w in self._items.items()]
        return "\n".join([self._heading(), *lines])

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._heading())}</p>{self.table().to_html()}"
