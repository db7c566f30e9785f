"""Classes of a variable for Markov chains: quantiles of all times together or of each, or given edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Cut, check_option, check_whole_number
from spatial_region.errors import InputError


def class_names(labels: Sequence[object] | None, k: int) -> list[object]:
    """Return the names of the classes, lowest first: given ones, or 1 to k.

    Raises
    ------
    InputError
        If there is not one different name for each class.
    """
    if labels is None:
        return list(range(1, k + 1))
    given = list(labels)
    if isinstance(labels, str) or len(given) != k or len(set(given)) != k:
        raise InputError(f"labels must name each of the {k} classes once, lowest first; found {labels!r}.")
    return given


def check_edges(bins: Sequence[float] | None, k: int) -> np.ndarray | None:
    """Return inner edges of classes as an array, None when there are none.

    Raises
    ------
    InputError
        If the edges do not rise, or are not finite numbers; or `k` is less than 2.
    """
    if bins is None:
        check_whole_number(k, "k", least=2)
        return None
    try:
        edges = np.asarray(list(bins), dtype=float)
    except (TypeError, ValueError):
        edges = np.array([])
    if edges.ndim != 1 or not len(edges) or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise InputError(f"bins must be inner edges of classes, rising, such as [0.75, 1, 1.25]; found {bins!r}.")
    return edges


def find_edges(values: pd.DataFrame, k: int, cut: Cut, what: str) -> pd.DataFrame:
    """Return the k - 1 inner edges of quantile classes at each time (rows: edges; columns: times).

    Raises
    ------
    InputError
        If edges coincide because too many values are equal.
    OptionError
        If `cut` is not offered.
    """
    check_option(cut, Cut, "cut")
    shares = np.arange(1, k) / k
    numbers = values.to_numpy()
    if cut == "pooled":
        inner = np.quantile(numbers[~np.isnan(numbers)], shares)
        edges = np.repeat(inner[:, None], numbers.shape[1], axis=1)
    else:
        edges = np.nanquantile(numbers, shares, axis=0)
    found = pd.DataFrame(edges, index=pd.RangeIndex(1, k, name="upper edge of class"), columns=values.columns)
    top = np.nanmax(numbers) if cut == "pooled" else np.nanmax(numbers, axis=0)
    same = ((np.diff(edges, axis=0) <= 0).any(axis=0)) | (edges[-1] >= top)
    if same.any():
        where = "" if cut == "pooled" else f" at {name_some(found.columns[same])}"
        raise InputError(
            f"{what}: too many equal values{where} for {k} quantile classes. Pass a smaller k, or edges with bins=."
        )
    return found


def classed(values: pd.DataFrame, edges: pd.DataFrame) -> np.ndarray:
    """Return the class of each value by number from 0, upper edges included; -1 where the value is missing."""
    numbers, bounds = values.to_numpy(), edges.to_numpy()
    columns: list[Any] = [
        np.searchsorted(bounds[:, place], numbers[:, place], side="left") for place in range(numbers.shape[1])
    ]
    return np.where(np.isnan(numbers), -1, np.column_stack(columns))


def same_edges(inner: np.ndarray, times: pd.Index) -> pd.DataFrame:
    """Return given edges as those of every time."""
    return pd.DataFrame(
        np.repeat(inner[:, None], len(times), axis=1),
        index=pd.RangeIndex(1, len(inner) + 1, name="upper edge of class"),
        columns=times,
    )
