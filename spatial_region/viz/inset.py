"""The inset of a national map of China: the islands of the South China Sea, with the nine-dash line."""

from __future__ import annotations

from dataclasses import replace
from itertools import compress
from typing import Any

from matplotlib.path import Path

from spatial_region.regions.layers import nine_dash_line
from spatial_region.viz.legends import ClassedRegions
from spatial_region.viz.placing import Arrangement, Bounds, Item, overlap
from spatial_region.viz.projection import MapView, projected_box
from spatial_region.viz.shapes import draw_lines, draw_regions
from spatial_region.viz.style import INK, text_size
from spatial_region.viz.words import word

_SEA = (106.5, 2.8, 123.0, 24.0)  # degrees: west, south, east, north
_INSET_HEIGHT, _LABEL_SIZE, _LABEL_GAP = 1.25, 6.0, 0.05


def dashes(crs: Any) -> Any:
    """Return the nine-dash line, projected."""
    return nine_dash_line().geometry.to_crs(crs)


def inset_item(view: MapView, lang: str) -> Item:
    """Return the inset to place: as wide as its map or its label, the label underneath."""
    west, south, east, north = projected_box(view.crs, _SEA)
    label = text_size(word("south china sea", lang), _LABEL_SIZE)
    width = max(_INSET_HEIGHT * (east - west) / (north - south), label[0] + 0.04)
    return Item("inset", width, _INSET_HEIGHT + label[1] + _LABEL_GAP, ("lower right",), corners_only=True)


def draw_inset(
    canvas: Any, place: Arrangement, frame: Bounds, view: MapView, paths: list[Path], classed: ClassedRegions, lang: str
) -> Any:
    """Draw the inset into its box; `frame` is the rectangle of the map's axes in parts of the figure."""
    x0, _, x1, y1 = place.boxes["inset"]
    sea = projected_box(view.crs, _SEA)
    bottom = y1 - _INSET_HEIGHT * place.scale
    axes = canvas.add_axes(in_figure((x0, bottom, x1, y1), place, frame), label="inset", zorder=5)
    axes.set_xticks([])
    axes.set_yticks([])
    # The axes may be wider than the sea, for the label's sake; the scale is the same in both directions.
    spare = ((x1 - x0) / (y1 - bottom) * (sea[3] - sea[1]) - (sea[2] - sea[0])) / 2
    axes.set_xlim(sea[0] - spare, sea[2] + spare)
    axes.set_ylim(sea[1], sea[3])
    within = [_meets(path, sea) for path in paths]
    shown = replace(classed, keys=classed.keys[within])
    draw_regions(axes, list(compress(paths, within)), shown, gid="inset regions")
    draw_lines(axes, dashes(view.crs), width=0.8, colour=INK, gid="inset nine-dash line")
    gap = _LABEL_GAP / _INSET_HEIGHT
    axes.text(
        0.5, -gap, word("south china sea", lang), transform=axes.transAxes, fontsize=_LABEL_SIZE, ha="center", va="top"
    )
    return axes


def _meets(path: Path, box: Bounds) -> bool:
    extent = path.get_extents()
    return overlap((extent.x0, extent.y0, extent.x1, extent.y1), box)


def in_figure(box: Bounds, place: Arrangement, frame: Bounds) -> tuple[float, float, float, float]:
    """Return a box given in map units as left, bottom, width and height in parts of the figure."""
    left, bottom, width, height = frame
    west, south, east, north = place.frame
    across, up = width / (east - west), height / (north - south)
    return (
        left + (box[0] - west) * across,
        bottom + (box[1] - south) * up,
        (box[2] - box[0]) * across,
        (box[3] - box[1]) * up,
    )
