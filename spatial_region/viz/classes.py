"""Numbers cut into classes for a map, and the labels of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import check_option, check_whole_number
from spatial_region.errors import InputError, MissingValuesError
from spatial_region.geodetector._breaks import equal_edges, natural_edges, quantile_edges, sd_edges

Scheme = Literal["quantiles", "natural", "equal", "std"]

_RULES = {"quantiles": quantile_edges, "natural": natural_edges, "equal": equal_edges, "std": sd_edges}


@dataclass(frozen=True)
class Breaks:
    """Classes of a variable: the first is closed, the others are open below and closed above.

    Attributes
    ----------
    edges : numpy.ndarray, shape (k + 1,)
        Lowest value (or less), then the upper edge of each class.
    scheme : str
        How they were found; ``"given"`` for edges the caller gave.
    """

    edges: np.ndarray
    scheme: str

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.edges) - 1

    def codes(self, values: pd.Series) -> pd.Series:
        """Return the class of each value, from 0; -1 where the value is missing."""
        numbers = values.to_numpy(dtype=float)
        found = np.searchsorted(self.edges[1:-1], numbers, side="left")
        return pd.Series(np.where(np.isnan(numbers), -1, found), index=values.index)

    def labels(self, lang: str) -> list[str]:
        """Return the interval of each class, with as many decimals as tell its edges apart."""
        shown = _rounded(self.edges)
        if self.edges[0] == self.edges[-1]:  # one value only
            return shown[:1]
        # A dash between numbers of which some are negative would read as a sign.
        link = "–" if self.edges[0] >= 0 else {"en": "to", "zh": "～"}[lang]
        labels = [f"{low} {link} {high}" for low, high in pairwise(shown)]
        if self.k > 1 and self.scheme in {"std", "given"}:  # the lowest class is open, and may hold nothing
            labels[0] = f"≤ {shown[1]}"
        if self.k > 1 and self.scheme == "std":
            labels[-1] = f"> {shown[-2]}"
        return labels


def find_breaks(values: pd.Series, scheme: Scheme | Sequence[float], k: int) -> Breaks:
    """Return the classes of values by a scheme, or at given edges.

    Parameters
    ----------
    values : pandas.Series
        Numbers; missing ones are left out.
    scheme : {"quantiles", "natural", "equal", "std"} or sequence of float
        Quantiles; natural breaks (Fisher-Jenks, exact); equal intervals; classes one standard deviation wide
        around the mean; or the upper edges of all classes but the last.
    k : int
        Number of classes (not for given edges). Ties can leave fewer.

    Raises
    ------
    OptionError
        If the scheme is not offered.
    MissingValuesError
        If there is no value.
    InputError
        If `k` is below 2, or given edges do not ascend.
    """
    numbers = values.dropna().to_numpy(dtype=float)
    if not len(numbers):
        raise MissingValuesError("there is no value to draw: all are missing.")
    low, high = float(numbers.min()), float(numbers.max())
    if not isinstance(scheme, str):
        return _given(scheme, low, high)
    check_option(scheme, Scheme, "scheme")
    check_whole_number(k, "k", least=2)
    distinct = len(np.unique(numbers))
    if distinct == 1:
        return Breaks(np.array([low, high]), scheme)
    k = min(k, distinct) if scheme == "natural" else k
    edges = _RULES[scheme](numbers, [k])[k]
    if scheme == "std":  # every class stays, so that a colour means the same distance from the mean
        return Breaks(edges, scheme)
    inner = np.unique(edges[1:-1])  # ties make edges coincide
    return Breaks(np.concatenate([[low], inner[inner < high], [high]]), scheme)


def _given(edges: Sequence[float], low: float, high: float) -> Breaks:
    upper = np.asarray(list(edges), dtype=float)
    if upper.ndim != 1 or not len(upper) or not np.isfinite(upper).all() or (np.diff(upper) <= 0).any():
        raise InputError(f"edges of classes must be numbers that ascend; found {list(edges)}.")
    first = min(low, float(upper[0]))
    last = [high] if high > upper[-1] else []
    return Breaks(np.concatenate([[first], upper, last]), "given")


def _rounded(edges: np.ndarray) -> list[str]:
    """Format edges with the fewest decimals (at least three significant digits of the span) that tell them apart."""
    span = float(edges[-1] - edges[0])
    least = 0 if span == 0 else max(0, 2 - int(np.floor(np.log10(span))))
    largest = float(np.abs(edges).max())
    if largest >= 1e9 or (0 < largest < 1e-4):
        return [f"{edge:.4g}".replace("-", "−") for edge in edges]
    for decimals in range(least, least + 8):
        shown = [f"{round(edge, decimals) + 0.0:,.{decimals}f}".replace("-", "−") for edge in edges]
        if len(set(shown)) == len(set(edges.tolist())):
            break
    return shown
