"""Charts with one row a region: which rows, how they are called, and axes with room for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from spatial_region.core.messages import name_some
from spatial_region.errors import DuplicateError, InputError, UnknownNameError
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart, open_frame
from spatial_region.viz.panels import add_legend, legend_height
from spatial_region.viz.style import LINE_SPACING, TEXT_SIZE, text_size, wrap
from spatial_region.viz.words import word

MOST_ROWS = 60
_LABEL_ROOM = 2.2
_BELOW = 0.42  # inches of tick labels and axis label


def several_times(index: pd.Index) -> bool:
    """Return whether rows are those of more than one time."""
    return isinstance(index, pd.MultiIndex) and len(index.unique(level=1)) > 1


def at_one_time(table: pd.DataFrame, at: object) -> tuple[pd.DataFrame, object]:
    """Return the rows of one time by region, the last if none is asked for, and that time.

    Raises
    ------
    DuplicateError
        If a label occurs twice.
    UnknownNameError
        If there is no such time.
    InputError
        If there is no row, or a time is asked for and the table has none.
    """
    if not len(table):
        raise InputError("there is no row to draw.")
    if table.index.has_duplicates:
        raise DuplicateError(f"found twice: {name_some(table.index[table.index.duplicated()].unique())}.")
    if not isinstance(table.index, pd.MultiIndex):
        if at is not None:
            raise InputError(f"at={at!r} is for a result of several times; this one has no times.")
        return table, None
    times = sorted(table.index.unique(level=1))
    chosen = times[-1] if at is None else at
    if chosen not in times:
        raise UnknownNameError(f"no time {at!r}; there are {name_some(times, limit=20)}.")
    return table.xs(chosen, level=1), chosen


def highest_first(table: pd.DataFrame, by: str, most: int, lang: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return at most so many rows, the highest first and those without a value last, and a note on those left out."""
    # Ties in the order of labels, so that the figure does not depend on the order of rows.
    ordered = table.iloc[np.argsort(table.index.astype(str), kind="stable")]
    ordered = ordered.sort_values(by, ascending=False, kind="stable", na_position="last")
    left_out = len(ordered) - most
    return ordered.head(most), (word("rows left out", lang, most=most, count=len(ordered)),) if left_out > 0 else ()


def row_names(table: pd.DataFrame, names: pd.Series | None) -> list[str]:
    """Return how each region is called: by its name, or its label if it has none."""
    own = table.index.to_series()
    return list((own if names is None else names.reindex(table.index).fillna(own)).astype(str))


def with_time(label: str, time: object, lang: str) -> str:
    """Return what an axis shows, and at which time."""
    return label if time is None else word("at time", lang, label=label, time=time)


def square(colour: str, label: str) -> Line2D:
    """Return the key to a filled area, for legends."""
    return Line2D([], [], linestyle="", marker="s", markersize=6.5, color=colour, label=label)


def row_chart(
    labels: Sequence[str],
    options: ChartOptions,
    *,
    x_label: str,
    right: float,
    handles: Sequence[Line2D] = (),
    row: float = 0.21,
    notes: tuple[str, ...] = (),
) -> tuple[Any, Any, np.ndarray]:
    """Return a canvas, axes with one row a label from the top, the legend below, and where each row stands.

    One unit of the vertical axis is one row of one line.

    Parameters
    ----------
    labels : sequence of str
        What the rows are called.
    options : ChartOptions
        Title, language, source and width.
    x_label : str
        Under the axes.
    right : float
        Inches right of the axes, for texts behind the bars.
    handles : sequence of Line2D
        Of the legend.
    row : float
        Least inches of a row; labels of several lines take more.
    notes : tuple of str
        Lines under the legend.
    """
    width = options.get("width", 6.0)
    wrapped = [wrap(label, min(_LABEL_ROOM, 0.4 * width), TEXT_SIZE) for label in labels]
    sizes = [text_size(label, TEXT_SIZE) for label in wrapped]
    row = max(row, text_size("H", TEXT_SIZE)[1] + 0.06)
    rooms = np.array([max(1.0, (high + 0.06) / row) for _, high in sizes])
    places = np.cumsum(rooms) - rooms / 2
    lines = wrap(x_label, width - 2 * MARGIN, TEXT_SIZE)
    below = _BELOW + text_size(lines, TEXT_SIZE)[1] - text_size("H", TEXT_SIZE)[1]
    canvas, axes = new_chart(
        row * float(rooms.sum()) + 0.1,
        options,
        left=max(wide for wide, _ in sizes) + 0.12,
        right=right,
        bottom=below + (legend_height(handles, width) if handles else 0.0),
        notes=notes,
    )
    axes.set_yticks(places, wrapped, fontsize=TEXT_SIZE, linespacing=LINE_SPACING)
    axes.set_ylim(float(rooms.sum()) + 0.05 / row, -0.05 / row)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(lines)
    axes.locator_params(axis="x", nbins=6)
    open_frame(axes)
    if handles:
        wide, tall = canvas.get_size_inches()
        anchor = (MARGIN / wide, axes.get_position().y0 - (below + 0.04) / tall)
        add_legend(canvas, handles, width, loc="upper left", bbox_to_anchor=anchor)
    return canvas, axes, places
