"""One variable of a panel as series of regions, without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Missing
from spatial_region.core.study import Study
from spatial_region.errors import InputError, MissingValuesError
from spatial_region.paneltests._adf import Array, Whole
from spatial_region.paneltests._frame import panel_frame


@dataclass(frozen=True, eq=False)
class LabelledSeries:
    """Series of regions: row i of `values` holds `lengths[i]` values from the left, then NaN.

    Attributes
    ----------
    variable : str
    regions : pandas.Index
        Sorted, so that results do not depend on the order of rows.
    names : pandas.Series
    values : (n, T)
    lengths : (n,)
    notes : tuple of str
    """

    variable: str
    regions: pd.Index
    names: pd.Series
    values: Array
    lengths: Whole
    notes: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether all series are as long as the longest."""
        return bool((self.lengths == self.lengths.max()).all())


def tabled(study: object, variable: str | Sequence[str] | None) -> tuple[object, list[str]]:
    """Return a panel with named variables, and the names: of a study, a table, a series or a table of region by time.

    Raises
    ------
    InputError
        If no variable is named where there are several, or the index is not (region, time).
    """
    if not isinstance(study, (Study, pd.DataFrame, pd.Series)):
        raise InputError(
            f"study must be a Study, a table or a series by (region, time), or a table of region by time; found "
            f"{type(study).__name__}."
        )
    listed = [variable] if isinstance(variable, str) else None if variable is None else list(variable)
    if isinstance(study, pd.Series):
        name = listed[0] if listed else str(study.name if study.name is not None else "value")
        return study.to_frame(name), [name]
    if isinstance(study, pd.DataFrame) and study.index.nlevels == 1:
        if listed and set(listed) <= set(study.columns):
            raise InputError(
                "the table has no time; index it by (region, time), as in table.set_index(['region', 'year'])."
            )
        if listed and len(listed) > 1:
            raise InputError(f"a table of region by time holds one variable; found the names {name_some(listed)}.")
        name = listed[0] if listed else "value"
        index = pd.MultiIndex.from_product([study.index, study.columns], names=["region", "time"])
        return pd.DataFrame({name: study.to_numpy().ravel()}, index=index), [name]
    if listed is None:
        columns = study.variables if isinstance(study, Study) else [str(column) for column in study.columns]
        if len(columns) != 1:
            raise InputError("say which variable, or variables, to test: unit_root(study, 'gdp').")
        listed = [str(columns[0])]
    return study, listed


def read_series(study: object, variable: str, *, missing: Missing, demean: bool) -> LabelledSeries:
    """Return one variable as series without gaps.

    Raises
    ------
    InputError
        If there are fewer than two regions.
    MissingValuesError
        If a value is missing and `missing` is ``"raise"``, or lies between others, or a region has none.
    """
    frame = panel_frame(study, [variable], missing=missing)
    wide = frame.wide(variable)
    if len(wide) < 2:
        raise InputError(f"a panel test needs at least 2 regions; found {len(wide)}.")
    if demean:
        count = np.isfinite(wide).sum(axis=0)
        wide = wide - np.nansum(wide, axis=0) / np.maximum(count, 1)
    there = np.isfinite(wide)
    lengths = there.sum(axis=1)
    first = there.argmax(axis=1)
    last = wide.shape[1] - there[:, ::-1].argmax(axis=1)
    gaps = (lengths == 0) | (last - first != lengths)
    if gaps.any():
        raise MissingValuesError(
            f"{variable!r} has gaps within the series, or no value at all, in {gaps.sum()} of {len(wide)} regions: "
            f"{name_regions(frame.regions[gaps], frame.names)}. A lag needs the value before; fill the gaps, or leave "
            f"these regions out with study.select(...)."
        )
    packed = np.full((len(wide), int(lengths.max())), np.nan)
    for place, (start, length) in enumerate(zip(first, lengths, strict=True)):
        packed[place, :length] = wide[place, start : start + length]
    return LabelledSeries(
        variable, frame.regions, frame.names, packed, lengths.astype(np.int64), _spacing_note(frame.times)
    )


def _spacing_note(times: pd.Index) -> tuple[str, ...]:
    if not pd.api.types.is_numeric_dtype(times.dtype) or len(times) < 3:
        return ()
    steps = np.diff(times.to_numpy(dtype=float))
    if np.allclose(steps, steps[0]):
        return ()
    return (
        f"the times are not equally spaced (steps of {steps.min():g} to {steps.max():g}); a lag is the row before.",
    )


def difference(series: LabelledSeries, order: int) -> LabelledSeries:
    """Return the differences of some order, a shorter series."""
    if order == 0:
        return series
    return LabelledSeries(
        series.variable,
        series.regions,
        series.names,
        np.diff(series.values, n=order, axis=1),
        np.maximum(series.lengths - order, 0),
        series.notes,
    )


def counted(number: int, thing: str) -> str:
    """Return ``1 lag``, ``2 lags``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
