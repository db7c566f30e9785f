"""North arrow and scale bar, each a function that draws into a box of a map."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import Polygon, Rectangle
from matplotlib.transforms import Affine2D

from spatial_region.viz.placing import Arrangement, Item
from spatial_region.viz.projection import MapView, has_kilometres, north_angle, width_of_km
from spatial_region.viz.style import INK, SMALL_SIZE, text_size
from spatial_region.viz.words import word

_ARROW_LETTER = 9.0
BAR_HEIGHT, _BAR_THICKNESS = 0.30, 0.055


def nice_below(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `value`."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= value * (1 + 1e-12)) * power)


def scale_bar_item(view: MapView, lang: str) -> tuple[Item, float] | None:
    """Return the scale bar to place and its length in km, or None where kilometres are unknown."""
    if not has_kilometres(view.crs):
        return None
    west, south, east, north = view.bounds
    centre = ((west + east) / 2, (south + north) / 2)
    span = max(east - west, (north - south) / 1.2)  # of the frame, which is never much higher than wide
    km = nice_below(0.22 * span / width_of_km(view.crs, centre, 1.0))
    length = width_of_km(view.crs, centre, km)
    ends = text_size("0", SMALL_SIZE)[0] / 2 + _end_label_width(km, lang)
    return Item("scale bar", ends, BAR_HEIGHT, ("lower left", "lower right"), map_width=length), km


def _end_label(km: float, lang: str) -> str:
    return f"{km:g} {word('km', lang)}"


def _end_label_width(km: float, lang: str) -> float:
    # The number is centred under the end of the bar, its unit follows to the right.
    number, whole = text_size(f"{km:g}", SMALL_SIZE)[0], text_size(_end_label(km, lang), SMALL_SIZE)[0]
    return whole - number / 2 + 0.02


def draw_scale_bar(axes: Any, place: Arrangement, length: float, km: float, lang: str) -> None:
    """Draw a bar of four alternating parts with 0 and its length in km."""
    x0, y0, _, _ = place.boxes["scale bar"]
    left = x0 + text_size("0", SMALL_SIZE)[0] / 2 * place.scale
    bottom = y0 + (BAR_HEIGHT - _BAR_THICKNESS) * place.scale
    quarter = length / 4
    for part in range(4):
        axes.add_patch(
            Rectangle(
                (left + part * quarter, bottom),
                quarter,
                _BAR_THICKNESS * place.scale,
                facecolor=INK if part % 2 == 0 else "white",
                edgecolor=INK,
                linewidth=0.5,
                gid=f"scale bar {part}",
                zorder=6,
            )
        )
    text = {"fontsize": SMALL_SIZE, "va": "top", "zorder": 6}
    under = bottom - 0.03 * place.scale
    number = text_size(f"{km:g}", SMALL_SIZE)[0] * place.scale
    axes.text(left, under, "0", ha="center", **text)
    axes.text(left + length - number / 2, under, _end_label(km, lang), ha="left", **text)


def _north(view: MapView) -> float:
    west, south, east, north = view.bounds
    return north_angle(view.crs, ((west + east) / 2, (south + north) / 2))


def north_arrow_item(view: MapView) -> Item | None:
    """Return the north arrow to place, or None where north is unknown."""
    if not has_kilometres(view.crs):
        return None
    upright = abs(_north(view)) <= 15
    return Item("north arrow", 0.36 if upright else 0.8, 0.64 if upright else 0.8, ("upper right", "upper left"))


def draw_north_arrow(axes: Any, place: Arrangement, view: MapView, lang: str) -> None:
    """Draw an arrow that points to true north at the centre of the map."""
    x0, y0, x1, y1 = place.boxes["north arrow"]
    inch = place.scale
    # The letter is above the arrow; the two together are centred in the box.
    centre = ((x0 + x1) / 2, (y0 + y1) / 2 - 0.09 * inch)
    turn = Affine2D().rotate_deg(-_north(view)).translate(*centre)
    left = np.array([[0, 0.21], [-0.11, -0.21], [0, -0.12]]) * inch
    for side, fill in ((left, INK), (left * [-1, 1], "white")):
        axes.add_patch(Polygon(turn.transform(side), facecolor=fill, edgecolor=INK, linewidth=0.6, zorder=6))
    letter = turn.transform([[0, 0.31 * inch]])[0]
    axes.text(*letter, word("north", lang), ha="center", va="center", fontsize=_ARROW_LETTER, zorder=6)
