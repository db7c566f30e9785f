"""Means of several degrees over time, as lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.lines import Line2D

from spatial_region.errors import InputError
from spatial_region.viz.charts import ChartOptions
from spatial_region.viz.panels import line_look, panel_charts
from spatial_region.viz.timeline import label_times, time_places
from spatial_region.viz.words import word


def means_over_time(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the mean over regions at each time; missing values are left out.

    Raises
    ------
    InputError
        If the table is that of one time.
    """
    if not isinstance(table.index, pd.MultiIndex):
        raise InputError("a trend needs several times, and this result has none; draw the regions.")
    return table[columns].groupby(level=1).mean().rename_axis("time")


def draw_means(
    data: pd.DataFrame, names: Mapping[str, str], options: ChartOptions, notes: tuple[str, ...], *, top: float
) -> Any:
    """Return a canvas with one line a column, over times in the index."""
    lang = options.get("lang", "en")
    looks = {column: line_look(place) for place, column in enumerate(data.columns)}
    handles = [
        Line2D([], [], linewidth=1.1, markersize=4, label=names[column], **look) for column, look in looks.items()
    ]
    canvas, (axes,) = panel_charts(
        [""], handles, options, columns=None, x_label="", y_label=word("mean of regions", lang), notes=notes
    )
    times, places = time_places(data.index.to_series())
    for column, look in looks.items():
        axes.plot([places[time] for time in data.index], data[column], linewidth=1.1, markersize=4, gid=column, **look)
    label_times(axes, times, places)
    axes.set_ylim(0, max(top, 1.04 * float(data.max().max())))
    axes.locator_params(axis="y", nbins=6)
    return canvas
