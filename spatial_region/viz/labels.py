"""Labels that do not overlap: each takes the first place that is free, or is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.patheffects import withStroke

from spatial_region.viz.placing import Bounds, overlap
from spatial_region.viz.style import SMALL_SIZE, text_size

_LABEL_SIZE = 7.0
_GAP = 0.045  # inches between a point and its label
# Where a label may stand around its point: side (-1 left, 0 middle, 1 right) and height (-1 below, 1 above).
_AROUND = ((1, 1), (1, 0), (-1, 1), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, -1))


def label_regions(axes: Any, geometry: Any, texts: pd.Series, taken: list[Bounds]) -> list[Any]:
    """Write texts inside their regions, the largest regions first; return the regions whose text found no room.

    Parameters
    ----------
    axes : matplotlib Axes
        Of a map, its limits already set.
    geometry : geopandas.GeoSeries
        Projected regions.
    texts : pandas.Series
        Text by region; regions without one are skipped.
    taken : list of bounds
        Rectangles in map units that are taken already.
    """
    inch = _units_an_inch(axes)[0]
    frame = (*axes.get_xlim(), *axes.get_ylim())
    wanted = texts.reindex(geometry.index).dropna().astype(str)
    order = geometry.loc[wanted.index].area.sort_values(ascending=False, kind="stable").index
    used, left_out = list(taken), []
    for region in order:
        parts = shapely.get_parts(geometry.loc[region])
        largest = parts[np.argmax(shapely.area(parts))]
        # The centre of the largest circle inside: as far from the borders as can be.
        point = shapely.get_point(shapely.maximum_inscribed_circle(largest, tolerance=0.02 * largest.length), 0)
        wide, high = (size * inch + 0.04 * inch for size in text_size(wanted[region], _LABEL_SIZE))
        box = (point.x - wide / 2, point.y - high / 2, point.x + wide / 2, point.y + high / 2)
        inside = box[0] > frame[0] and box[2] < frame[1] and box[1] > frame[2] and box[3] < frame[3]
        if not inside or any(overlap(box, other) for other in used):
            left_out.append(region)
            continue
        used.append(box)
        halo = [withStroke(linewidth=1.6, foreground="white")]
        text = axes.text(point.x, point.y, wanted[region], fontsize=_LABEL_SIZE, ha="center", va="center", zorder=7)
        text.set_path_effects(halo)
    return left_out


def label_points(
    axes: Any,
    x: np.ndarray,
    y: np.ndarray,
    texts: dict[Any, str],
    points: np.ndarray,
    taken: list[Bounds] | None = None,
    most: int | None = None,
) -> list[Any]:
    """Write texts beside points, each in a place free of points and other labels, or not at all.

    Parameters
    ----------
    axes : matplotlib Axes
        With its limits and its place in the figure set.
    x, y : numpy.ndarray, shape (m,)
        Points to label, the most important first.
    texts : dict of str
        Their labels, by region, in the same order.
    points : numpy.ndarray, shape (n, 2)
        All points drawn, which no label may cover.
    taken : list of bounds
        Rectangles in data units that are taken already.
    most : int, optional
        How many labels to write at most.

    Returns
    -------
    list
        Regions whose label found room.
    """
    across, up = _units_an_inch(axes)
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    used = [_in_inches(box, across, up) for box in taken or []]
    dots = points / [across, up]
    edge = (left / across + 0.03, bottom / up + 0.03, right / across - 0.03, top / up - 0.03)
    written: list[Any] = []
    for at_x, at_y, (region, text) in zip(x / across, y / up, texts.items(), strict=True):
        if most is not None and len(written) == most:
            break
        box = _free_place(at_x, at_y, text, dots, used, edge)
        if box is None:
            continue
        used.append(box)
        axes.text(box[0] * across, box[1] * up, text, fontsize=SMALL_SIZE, ha="left", va="bottom", zorder=6)
        written.append(region)
    return written


def _free_place(x: float, y: float, text: str, dots: np.ndarray, used: list[Bounds], edge: Bounds) -> Bounds | None:
    wide, high = text_size(text, SMALL_SIZE)
    for side, height in _AROUND:
        x0 = x + side * _GAP - (wide if side < 0 else wide / 2 if side == 0 else 0)
        y0 = y + height * _GAP * (1.4 if side == 0 else 0.5) - (high if height < 0 else high / 2 if height == 0 else 0)
        box = (x0, y0, x0 + wide, y0 + high)
        if box[0] < edge[0] or box[1] < edge[1] or box[2] > edge[2] or box[3] > edge[3]:
            continue
        if any(overlap(box, other) for other in used):
            continue
        within = (dots[:, 0] > x0 - 0.02) & (dots[:, 0] < box[2] + 0.02)
        within &= (dots[:, 1] > y0 - 0.02) & (dots[:, 1] < box[3] + 0.02)
        if not within.any():
            return box
    return None


def _in_inches(box: Bounds, across: float, up: float) -> Bounds:
    return box[0] / across, box[1] / up, box[2] / across, box[3] / up


def _units_an_inch(axes: Any) -> tuple[float, float]:
    """Return how many data units one inch of the page is, across and up."""
    extent = axes.get_window_extent()
    dpi = axes.figure.dpi
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    return (right - left) / extent.width * dpi, (top - bottom) / extent.height * dpi
