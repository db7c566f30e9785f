"""Grades: named classes between stated edges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions
from spatial_region.core.options import Missing, check_option
from spatial_region.errors import InputError, MissingValuesError

Closed = Literal["right", "left"]


def grade(
    values: pd.Series,
    *,
    edges: Sequence[float],
    labels: Sequence[str],
    closed: Closed = "right",
    missing: Missing = "raise",
) -> pd.Series:
    """Put each value into a named class between edges.

    With ``closed="right"`` the classes are [e0, e1], (e1, e2], (e2, e3] ...: the first is closed on both sides. With
    ``closed="left"`` they are [e0, e1), [e1, e2) ..., and the last is closed on both sides.

    Parameters
    ----------
    values : pandas.Series
        Numbers by region (and time).
    edges : sequence of float
        k + 1 ascending edges, in the unit of `values`; the outer ones may be infinite.
    labels : sequence of str
        Names of the k classes, from low to high.
    closed : {"right", "left"}
        Side of each class that includes its edge.
    missing : {"raise", "drop"}
        What to do with missing values; with ``"drop"`` they have no grade.

    Returns
    -------
    pandas.Series
        Ordered categories with the labels and index of `values`.

    Raises
    ------
    InputError
        If values are no real numbers, the edges do not ascend, the labels do not fit them or repeat, or a value lies
        outside.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    OptionError
        If `closed` or `missing` is not offered.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> scores = pd.Series({"a": 0.4, "b": 0.41, "c": 0.9})
    >>> sr.grade(scores, edges=[0, 0.4, 0.8, 1], labels=["low", "middle", "high"]).tolist()
    ['low', 'middle', 'high']
    """
    check_option(closed, Closed, "closed")
    check_option(missing, Missing, "missing")
    if not isinstance(values, pd.Series):
        raise InputError(f"values must be a pandas Series of numbers; found {type(values).__name__}.")
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_complex_dtype(values.dtype):
        called = "values" if values.name is None else repr(values.name)
        raise InputError(f"{called} must be real numbers to be graded; found {values.dtype} values.")
    bounds = _edges(edges)
    names = _labels(labels, len(bounds) - 1)
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    absent = np.isnan(numbers)
    if absent.any() and missing == "raise":
        raise MissingValuesError(
            f"{absent.sum()} of {len(values)} values have no grade because they are missing: "
            f'{name_regions(values.index[absent])}. Pass missing="drop" or fill them first.'
        )
    outside = (numbers < bounds[0]) | (numbers > bounds[-1])
    if outside.any():
        shown = ", ".join(f"{value:g} at {label}" for label, value in values[outside].head(5).items())
        raise InputError(f"{outside.sum()} values lie outside the edges {bounds[0]:g} to {bounds[-1]:g}: {shown}.")
    # Both outer edges belong to their class, whichever side is closed.
    codes = np.searchsorted(bounds[1:-1], numbers, side="left" if closed == "right" else "right")
    codes[absent] = -1
    return pd.Series(pd.Categorical.from_codes(codes, names, ordered=True), index=values.index, name=values.name)


def _edges(edges: object) -> np.ndarray:
    listed = list(edges) if isinstance(edges, Iterable) and not isinstance(edges, str) else [edges]
    numbers = all(isinstance(edge, Real) and not isinstance(edge, bool) for edge in listed)
    bounds = np.array(listed, dtype=float) if numbers else np.empty(0)
    if len(bounds) < 2 or np.isnan(bounds).any() or not (bounds[1:] > bounds[:-1]).all():
        raise InputError(f"edges must be at least two ascending numbers; found {edges!r}.")
    return bounds


def _labels(labels: object, classes: int) -> list[str]:
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise InputError(f"labels must be a list of the {classes} names of the classes; found {labels!r}.")
    names = [str(label) for label in labels]
    if len(names) != classes or len(set(names)) != classes:
        raise InputError(f"{classes + 1} edges make {classes} classes, with a label each; found {names!r}.")
    return names
