"""What the figures take: regions, and values of them, brought together by label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from spatial_region.core.geo import region_frame
from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.study import Study
from spatial_region.errors import AlignmentError, DuplicateError, GeometryError, InputError, UnknownNameError


def map_regions(regions: object) -> Any:
    """Return the GeoDataFrame to draw: of a study, its whole base map, so that regions without data show.

    Raises
    ------
    InputError
        If it is neither a Study nor a GeoDataFrame, or has no region.
    DuplicateError
        If a region occurs twice.
    GeometryError
        If a region is no polygon.
    """
    frame, names = region_frame(regions)
    if isinstance(regions, Study) and regions.basemap is not None:
        frame = regions.basemap
    if not len(frame):
        raise InputError("there is no region to draw.")
    if frame.index.has_duplicates:
        twice = frame.index[frame.index.duplicated()].unique()
        raise DuplicateError(f"regions: found twice: {name_regions(twice, names)}.")
    flat = shapely.get_dimensions(np.asarray(frame.geometry.array)) < 2
    if flat.any():
        raise GeometryError(
            f"a map needs polygons; {flat.sum()} of {len(frame)} regions have none: "
            f"{name_regions(frame.index[flat], names)}."
        )
    return frame


def region_names(regions: object) -> pd.Series | None:
    """Return display names by region, as far as they are known."""
    _, names = region_frame(regions)
    if isinstance(regions, Study) and regions.basemap is not None and regions.name in regions.basemap:
        return regions.basemap[regions.name].astype(str)
    return names


def region_values(regions: object, variable: str | pd.Series, at: object = None) -> pd.Series:
    """Return the values to draw, by region: a variable of a study, a column of a GeoDataFrame, or a Series.

    Raises
    ------
    UnknownNameError
        If there is no such variable.
    InputError
        If the values carry no labels, or `at` is given without a study.
    """
    if isinstance(variable, pd.Series):
        return variable
    if not isinstance(variable, str):
        raise InputError(
            f"variable must be a name, or a Series indexed by region; found {type(variable).__name__} without labels."
        )
    if isinstance(regions, Study):
        return regions.values(variable, at=at)
    frame, _ = region_frame(regions)
    if at is not None:
        raise InputError(f"at={at!r} is for a study with time; these regions are a GeoDataFrame.")
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"regions without columns have no variable {variable!r}; pass a Series indexed by region.")
    if variable not in frame.columns:
        known = frame.columns.drop(frame.geometry.name)
        raise UnknownNameError(
            f"no variable {variable!r}.{did_you_mean(variable, known)} There are: {name_some(known, limit=20)}."
        )
    return frame[variable]


def match_regions(values: pd.Series, regions: Any, names: pd.Series | None, *, what: str) -> pd.Series:
    """Return values in the order of the regions, by label; regions without one get a missing value.

    Raises
    ------
    DuplicateError
        If a label occurs twice.
    AlignmentError
        If a label is not among the regions, so that its value would vanish from the map.
    """
    if not isinstance(values, pd.Series):
        raise InputError(f"{what} must be a Series indexed by region; found {type(values).__name__}.")
    if values.index.has_duplicates:
        twice = values.index[values.index.duplicated()].unique()
        raise DuplicateError(f"{what}: found twice: {name_regions(twice, names)}.")
    stray = values.index.difference(regions.index)
    if len(stray):
        raise AlignmentError(
            f"{what} has {len(stray)} of {len(values)} labels that are not among the {len(regions)} regions: "
            f"{name_regions(stray, names)}. The regions are labelled like {name_some(regions.index, limit=3)}."
        )
    # A categorical would refuse the classes that a map adds, such as "no data".
    plain = values.astype(object) if isinstance(values.dtype, pd.CategoricalDtype) else values
    return plain.reindex(regions.index)


def numeric(values: pd.Series, what: str) -> pd.Series:
    """Return values as floats, infinite ones refused.

    Raises
    ------
    InputError
        If some are not numbers, or infinite.
    """
    objects = values.dtype == object or isinstance(values.dtype, (pd.StringDtype, pd.CategoricalDtype))
    complex_objects = objects and any(isinstance(value, complex) for value in values)
    if complex_objects or not (objects or _is_real(values.dtype)):
        held = "complex" if complex_objects else values.dtype
        raise InputError(f"{_named(values, what)} must be real numbers; found {held} values.")
    numbers = pd.to_numeric(values.astype(object) if objects else values, errors="coerce").astype(float)
    bad = numbers.isna() & values.notna() | np.isinf(numbers)
    if bad.any():
        shown = ", ".join(f"{value!r} at {label}" for label, value in values[bad].head(5).items())
        raise InputError(
            f"{_named(values, what)} must be finite numbers; found {bad.sum()} others ({values.dtype}): {shown}."
        )
    return numbers


def _is_real(dtype: Any) -> bool:
    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)


def _named(values: pd.Series, what: str) -> str:
    return what if values.name is None or not isinstance(values.name, str) else f"{what} {values.name!r}"


def variable_label(regions: object, variable: str | pd.Series, lang: str) -> str:
    """Return how a variable is called in a figure: its label and unit in the study, else its name."""
    name = str(variable.name) if isinstance(variable, pd.Series) and variable.name is not None else variable
    if isinstance(name, pd.Series):
        return ""
    if not isinstance(regions, Study):
        return str(name)
    label, unit = regions.labels.get(name, name), regions.units.get(name)
    if not unit:
        return str(label)
    return f"{label}（{unit}）" if lang == "zh" else f"{label} ({unit})"
