"""Places for legend, north arrow, scale bar and inset inside a map's frame, where they cover no region.

Each item takes the first free corner it prefers, else the nearest free place along the frame. When none is free the
frame grows, to the right or below, and all are placed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from spatial_region.errors import InputError

Bounds = tuple[float, float, float, float]
PAD = 0.09  # inches between things
_CORNERS = {"lower left": (0.0, 0.0), "lower right": (1.0, 0.0), "upper left": (0.0, 1.0), "upper right": (1.0, 1.0)}
_STEPS = np.linspace(0.0, 1.0, 21)
_GROWTH = 0.15  # part of a stuck item's size by which the frame grows at a time: small, to leave little empty
_MOST_STEPS = 80


@dataclass(frozen=True)
class Item:
    """A rectangle to place.

    Attributes
    ----------
    name : str
        What it is.
    width, height : float
        Size in inches.
    prefer : sequence of str
        Corners, the most wanted first.
    map_width : float
        Width in units of the map that is added to `width`, for what must keep its length on the ground.
    corners_only : bool
        Whether it must stand in one of these corners, and the frame grow rather than it slide along.
    """

    name: str
    width: float
    height: float
    prefer: Sequence[str]
    map_width: float = 0.0
    corners_only: bool = False


@dataclass(frozen=True)
class Arrangement:
    """Where things are.

    Attributes
    ----------
    frame : tuple of float
        Bounds of the map's frame, in map units.
    boxes : dict of str to tuple of float
        Bounds of each item, in map units.
    scale : float
        Map units an inch.
    """

    frame: Bounds
    boxes: dict[str, Bounds]
    scale: float

    @property
    def height(self) -> float:
        """Height of the frame in inches."""
        return (self.frame[3] - self.frame[1]) / self.scale


def arrange(
    bounds: Bounds,
    items: Sequence[Item],
    obstacles: np.ndarray,
    *,
    width: float,
    aspect: tuple[float, float],
    deepen: bool = True,
) -> Arrangement:
    """Place items around obstacles in a frame `width` inches wide.

    Parameters
    ----------
    bounds : tuple of float
        What the frame must show, in map units.
    items : sequence of Item
        What to place, in order.
    obstacles : numpy.ndarray of geometries
        What must not be covered.
    width : float
        Width of the frame in inches.
    aspect : tuple of float
        Least and largest height of the frame relative to its width.
    deepen : bool
        Whether the frame may grow below; else only to the right.

    Raises
    ------
    InputError
        If the figure is too narrow to hold an item at all.
    """
    widest = max((item.width for item in items), default=0.0)
    if widest + 4 * PAD > width:
        raise InputError(f"a figure {width:.1f} inches wide is too narrow for its legend; pass a larger width=.")
    tree = shapely.STRtree(obstacles)
    frame = _within_aspect(with_margin(bounds, 0.02), aspect)
    column = sum(item.height + 2 * PAD for item in items)
    for _ in range(_MOST_STEPS):
        scale = (frame[2] - frame[0]) / width
        boxes, stuck = _place_all(frame, items, tree, scale)
        if stuck is None:
            return Arrangement(frame, boxes, scale)
        # A column at the right is of use where the frame stays high enough to hold everything in it.
        high = frame[3] - frame[1]
        tall = high > column * scale and high > 0.55 * (frame[2] - frame[0])
        frame = _widened(frame, stuck, scale, width) if tall or not deepen else _deepened(frame, stuck, scale)
    raise InputError("no room for the legend and its companions beside the map; pass a larger width=.")


def with_margin(bounds: Bounds, share: float) -> Bounds:
    """Return bounds wider on every side by a share of their longer side."""
    west, south, east, north = bounds
    margin = share * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def _within_aspect(frame: Bounds, aspect: tuple[float, float]) -> Bounds:
    west, south, east, north = frame
    wide, high = east - west, north - south
    more_wide, more_high = max(0.0, high / aspect[1] - wide), max(0.0, wide * aspect[0] - high)
    return west - more_wide / 2, south - more_high / 2, east + more_wide / 2, north + more_high / 2


def _widened(frame: Bounds, item: Item, scale: float, width: float) -> Bounds:
    west, south, east, north = frame
    inches = _GROWTH * (item.width + item.map_width / scale + 2 * PAD)
    # Once the frame is wider an inch spans more of the map, so more must be added to make room.
    return west, south, east + (east - west) * inches / (width - inches), north


def _deepened(frame: Bounds, item: Item, scale: float) -> Bounds:
    west, south, east, north = frame
    return west, south - _GROWTH * (item.height + 2 * PAD) * scale, east, north


def _place_all(
    frame: Bounds, items: Sequence[Item], tree: shapely.STRtree, scale: float
) -> tuple[dict[str, Bounds], Item | None]:
    boxes: dict[str, Bounds] = {}
    for item in items:
        box = _place(frame, item, tree, list(boxes.values()), scale)
        if box is None:
            return boxes, item
        boxes[item.name] = box
    return boxes, None


def _place(frame: Bounds, item: Item, tree: shapely.STRtree, taken: list[Bounds], scale: float) -> Bounds | None:
    pad = PAD * scale
    wide, high = item.width * scale + item.map_width, item.height * scale
    room = (frame[2] - frame[0] - 2 * pad - wide, frame[3] - frame[1] - 2 * pad - high)
    if min(room) < 0:
        return None
    for across, up in _places(item):
        x, y = frame[0] + pad + across * room[0], frame[1] + pad + up * room[1]
        box = (x, y, x + wide, y + high)
        around = (x - pad, y - pad, x + wide + pad, y + high + pad)
        if any(overlap(around, other) for other in taken):
            continue
        if not len(tree.query(shapely.box(*around), predicate="intersects")):
            return box
    return None


def _places(item: Item) -> list[tuple[float, float]]:
    corners = [_CORNERS[name] for name in item.prefer]
    if item.corners_only:
        return corners
    edge = [(s, e) for s in _STEPS for e in (0.0, 1.0)] + [(e, s) for s in _STEPS for e in (0.0, 1.0)]
    first = corners[0]
    edge.sort(key=lambda place: (abs(place[0] - first[0]) + abs(place[1] - first[1]), place))
    return corners + edge


def overlap(a: Bounds, b: Bounds) -> bool:
    """Return whether two rectangles overlap."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
