"""The path of one region through the Moran scatterplot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.errors import InputError, MissingValuesError, UnknownNameError
from spatial_region.viz.charts import ChartOptions, new_chart
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.palettes import CLUSTER_COLOURS
from spatial_region.viz.style import INK, SMALL_SIZE, TEXT_SIZE, style, text_size, wrap
from spatial_region.viz.words import word

_MANY = 15  # times, beyond which points are small and few are named
_ARROW = 0.2  # inches a step takes at least to be drawn with an arrowhead


def region_path(
    values: pd.DataFrame,
    lag: pd.DataFrame,
    region: object,
    *,
    names: pd.Series | None = None,
    variable: str = "x",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw the way of one region through the quadrants of the Moran scatterplot, from time to time.

    Values and lags are in standard deviations of all regions at the time, so that the path shows the region's place
    among the others and not the growth of all.

    Parameters
    ----------
    values, lag : pandas.DataFrame
        Region by time: deviations from the mean of the time, and their spatial lags.
    region : object
        Id of the region.
    names : pandas.Series, optional
        Display names by region.
    variable : str
        How the variable is called on the axes.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: z, lag and quadrant by time.

    Raises
    ------
    UnknownNameError
        If there is no such region.
    MissingValuesError
        If the region has no neighbours, or a value is missing.
    InputError
        If the tables do not have the same times.

    References
    ----------
    Rey, S. J., Murray, A. T., and Anselin, L. (2011). Visualizing regional income distribution dynamics. Letters in
    Spatial and Resource Sciences 4(1), 81-90. https://doi.org/10.1007/s12076-010-0048-2

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> values = pd.DataFrame({2000: [-1.0, 1.0], 2010: [2.0, -2.0]}, index=["a", "b"])
    >>> viz.region_path(values, -values, "a").data["quadrant"].tolist()
    ['LH', 'HL']
    """
    lang = read_options(region_path, options, ChartOptions)
    if values.columns.tolist() != lag.columns.tolist():
        raise InputError(f"values are at {name_some(values.columns)} and lag at {name_some(lag.columns)}.")
    if region not in values.index or region not in lag.index:
        raise UnknownNameError(f"no region {region!r}.{did_you_mean(region, values.index)}")
    spread = np.sqrt((values**2).mean())
    data = pd.DataFrame({"z": values.loc[region] / spread, "lag": lag.loc[region] / spread})
    if data.isna().any(axis=None):
        raise MissingValuesError(f"{name_regions([region], names)} has no neighbours, or lacks a value at some time.")
    sides = [("H" if z > 0 else "L") + ("H" if y > 0 else "L") for z, y in data.to_numpy()]
    data = data.assign(quadrant=sides).rename_axis("time")
    with style(lang):
        title = options.get("title") or name_regions([region], names)
        canvas = _draw_path(data, variable, {**options, "title": title})
    return Figure(canvas, data, lang)


def _draw_path(data: pd.DataFrame, variable: str, options: ChartOptions) -> Any:
    lang, width = options.get("lang", "en"), options.get("width", 5.0)
    canvas, axes = new_chart(4.0, {**options, "width": width}, left=0.62, right=0.1, bottom=0.5)
    points = data[["z", "lag"]].to_numpy()
    low, high = _limits(points)
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])
    _draw_quadrants(axes, low, high, lang)
    scale = axes.get_window_extent().size / canvas.dpi / (high - low)  # inches a unit
    for start, end in pairwise(points):
        long = np.hypot(*((end - start) * scale)) > _ARROW or len(points) <= _MANY
        head = "-|>" if long or end is points[-1] else "-"
        axes.annotate(
            "",
            end,
            start,
            arrowprops={
                "arrowstyle": head,
                "color": INK,
                "linewidth": 0.8,
                "shrinkA": 0,
                "shrinkB": 1.5 if long else 0,
            },
        )
    colours = [CLUSTER_COLOURS[quadrant] for quadrant in data["quadrant"]]
    size = 22 if len(points) <= _MANY else 9
    axes.scatter(*points.T, c=colours, s=size, zorder=3, edgecolors=INK, linewidths=0.4)
    _name_times(axes, (points - low) * scale, scale, [str(time) for time in data.index])
    axes.set_xlabel(wrap(word("standardised", lang, variable=variable), width - 1, TEXT_SIZE), fontsize=TEXT_SIZE)
    axes.set_ylabel(wrap(word("lag", lang, variable=variable), 3.9, TEXT_SIZE), fontsize=TEXT_SIZE)
    return canvas


def _limits(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the page: the path with room around it, and enough of each quadrant to name it."""
    reach = np.abs(points).max(axis=0)
    low, high = np.minimum(points.min(axis=0), -0.35 * reach), np.maximum(points.max(axis=0), 0.35 * reach)
    margin = np.where(high > low, 0.15 * (high - low), 1.0)
    return low - margin, high + margin


def _draw_quadrants(axes: Any, low: np.ndarray, high: np.ndarray, lang: str) -> None:
    for quadrant in ("HH", "LH", "LL", "HL"):
        right, above = quadrant[0] == "H", quadrant[1] == "H"
        corner = (0 if right else low[0], 0 if above else low[1])
        wide, tall = (high[0] if right else -low[0]), (high[1] if above else -low[1])
        axes.add_patch(Rectangle(corner, wide, tall, facecolor=CLUSTER_COLOURS[quadrant], alpha=0.1, zorder=0))
        axes.text(
            0.985 if right else 0.015,
            0.985 if above else 0.015,
            word(quadrant, lang),
            transform=axes.transAxes,
            fontsize=SMALL_SIZE,
            ha="right" if right else "left",
            va="top" if above else "bottom",
        )
    axes.axhline(0, color=INK, linewidth=0.5)
    axes.axvline(0, color=INK, linewidth=0.5)


def _name_times(axes: Any, places: np.ndarray, scale: np.ndarray, times: Sequence[str]) -> None:
    """Write the times beside their points, given in inches: the first and the last, then others where there is room."""
    room = axes.get_window_extent().size / axes.figure.dpi
    low = np.array([axes.get_xlim()[0], axes.get_ylim()[0]])
    taken = [(x - 0.04, y - 0.04, x + 0.04, y + 0.04) for x, y in places]
    dots = [start + (end - start) * part for start, end in pairwise(places) for part in np.linspace(0, 1, 30)]
    line = [(x, y, x + 0.01, y + 0.01) for x, y in dots]
    for number in _first_last_then_rest(len(times)):
        width, height = text_size(times[number], SMALL_SIZE)
        x, y = places[number]
        boxes = [(x + dx, y + dy, x + dx + width, y + dy + height) for dx, dy in _beside(width, height)]
        inside = [b for b in boxes if b[0] > 0 and b[1] > 0.2 and b[2] < room[0] and b[3] < room[1] - 0.2]
        free = [box for box in inside if not any(_meet(box, other) for other in taken)]
        clear = [box for box in free if not any(_meet(box, other) for other in line)]
        for box in [*clear, *free][:1]:  # beside the line if there is room, else across it
            taken.append(box)
            across, up = np.array(box[:2]) / scale + low
            axes.text(across, up, times[number], fontsize=SMALL_SIZE, va="bottom")


def _beside(width: float, height: float) -> list[tuple[float, float]]:
    near = [(gap, rise) for gap in (0.06, -0.06 - width) for rise in (0.04, -0.04 - height, -height / 2)]
    above = [(-width / 2, 0.06), (-width / 2, -0.06 - height)]
    far = [(gap, rise) for gap in (0.2, -0.2 - width) for rise in (0.15, -0.15 - height)]
    return [*near, *above, *far]


def _first_last_then_rest(count: int) -> Iterable[int]:
    every = 1 if count <= _MANY else -(-count // 8)
    return dict.fromkeys([0, count - 1, *range(0, count, every)])


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])
