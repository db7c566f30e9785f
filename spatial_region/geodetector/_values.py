"""Values of a column as the detector takes them: what is absent in any spelling is missing."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions, name_some
from spatial_region.errors import InputError

_COMPLEX = (complex, np.complexfloating)


def normalised(column: pd.Series, names: pd.Series | None) -> pd.Series:
    """Make every absent value NaN: infinite numbers and blank text too. Objects that hold numbers become numbers.

    Raises
    ------
    InputError
        If values are complex, or not one for each row.
    """
    if column.dtype == object:
        column = column.infer_objects()
        _check_single_values(column, names)
    if pd.api.types.is_complex_dtype(column.dtype):
        raise InputError(
            f"{column.name!r} holds {column.dtype} values; it must hold real numbers or strata. "
            f"Take the part that is meant, such as .real."
        )
    if isinstance(column.dtype, pd.CategoricalDtype):
        blank = [category for category in column.cat.categories if _is_absent(category)]
        return column.cat.remove_categories(blank) if blank else column
    if pd.api.types.is_bool_dtype(column.dtype):
        return column
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        infinite = np.isinf(values)
        return column.astype(float).mask(infinite) if infinite.any() else column
    if column.dtype == object or pd.api.types.is_string_dtype(column.dtype):
        return column.mask(column.map(_is_absent).astype(bool))
    return column


def _is_absent(value: object) -> bool:
    """Whether a value is blank text or an infinite number, which stand for none."""
    return not value.strip() if isinstance(value, str) else isinstance(value, float) and bool(np.isinf(value))


def _check_single_values(column: pd.Series, names: pd.Series | None) -> None:
    """Refuse lists, dictionaries and complex numbers among the objects of a column."""
    bad = column.map(lambda value: not isinstance(value, Hashable) or isinstance(value, _COMPLEX)).astype(bool)
    if bad.any():
        value = column[bad].iloc[0]
        raise InputError(
            f"{column.name!r} ({column.dtype}) must hold one number or one stratum a row; found {bad.sum()} rows with "
            f"others, such as {value!r}: {name_rows(column.index[bad], names)}."
        )


def name_rows(labels: pd.Index, names: pd.Series | None) -> str:
    """Name up to five rows, by region or by region and time."""
    if not isinstance(labels, pd.MultiIndex):
        return name_regions(labels, names)
    return name_some([f"{name_regions([region], names)} at {time}" for region, time in labels[:5]]) + (
        f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    )
