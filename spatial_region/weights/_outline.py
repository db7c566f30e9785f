"""When shared vertices are the whole truth about who touches whom, and which polygons need a closer look.

In a coverage every segment has one polygon on each side. Segments that two polygons share, one on each side, leave
no room for a third: whoever touched one of them elsewhere would overlap its owners. What is left are *open* segments:
the outline, gaps, and borders whose two sides have different vertices. The number of polygons that cover a point
changes across open segments only, so that nobody overlaps anybody if

- no segment crosses an open one, nor runs along it on the same side, and
- at one free point of each chain of open segments, where nothing else lies, there is one polygon on the left and
  none on the right (`_covered.py`; chains without such a point are, all along, two sides of a border inside).

Every group of polygons that hang together has an outline with free points, since what touches it does so in points:
a group laid over another polygon is found there.

Then polygons without a vertex in common can touch only where a vertex of one lies on an open segment of the other.
Those polygons are named, for the general search to look at; if the conditions do not hold, it looks at all.
Arrays in, arrays out.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from spatial_region.weights._covered import covered_once
from spatial_region.weights._grid import Grid, cell_of
from spatial_region.weights._incidence import Corners, FloatArray, IntArray


def unsure_polygons(corners: Corners, twin: IntArray, tolerance: float) -> NDArray[np.intp] | None:
    """Return the polygons that touch others on open segments; None if polygons overlap, or too much is open.

    Parameters
    ----------
    corners : corners of all polygons
    twin : (m,) shared segments, from `twins_of`
    tolerance : what counts as touching, in the unit of the coordinates
    """
    open_corners = np.flatnonzero(twin < 0).astype(np.int32)
    if len(open_corners) == 0:
        return np.empty(0, dtype=np.intp)
    start, end = _directed(corners, open_corners)
    grid = Grid(corners.xy, start, end, tolerance)
    if grid.entries is None:
        return None
    place = np.full(len(twin), -1, dtype=np.int32)
    place[open_corners] = np.arange(len(open_corners))
    touched = np.zeros(len(open_corners), dtype=np.bool_)
    unsure = np.zeros(corners.n, dtype=np.bool_)
    sound = _look_at_all(
        corners.xy, corners.following, corners.owner, corners.vertex, twin, corners.left, open_corners, place,
        start, end, *grid.frame, grid.starts, grid.entries, tolerance, touched, unsure,
    )  # fmt: skip
    if not sound or not covered_once(corners, open_corners, start, end, touched, grid, tolerance):
        return None
    return np.flatnonzero(unsure)


def _directed(corners: Corners, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the ends of segments, in the direction that has the polygon on its left."""
    here, there = corners.xy[chosen], corners.xy[corners.following[chosen]]
    left = corners.left[chosen][:, None]
    return np.where(left, here, there), np.where(left, there, here)


@numba.njit(cache=True, nogil=True)
def _look_at_all(
    xy: np.ndarray,
    following: np.ndarray,
    owner: np.ndarray,
    vertex: np.ndarray,
    twin: np.ndarray,
    left: np.ndarray,
    open_corners: np.ndarray,
    place: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    origin: np.ndarray,
    cell: float,
    columns: int,
    rows: int,
    starts: np.ndarray,
    entries: np.ndarray,
    tolerance: float,
    touched: np.ndarray,
    unsure: np.ndarray,
) -> bool:
    """Compare every segment with the open ones near it; False if one is crossed, or run along on the same side."""
    for corner in range(len(following)):
        other = following[corner]
        ax, ay, bx, by = xy[corner, 0], xy[corner, 1], xy[other, 0], xy[other, 1]
        west, east = cell_of(min(ax, bx), origin[0], cell, columns), cell_of(max(ax, bx), origin[0], cell, columns)
        south, north = cell_of(min(ay, by), origin[1], cell, rows), cell_of(max(ay, by), origin[1], cell, rows)
        for row in range(south, north + 1):
            for at in range(row * columns + west, row * columns + east + 1):
                for entry in range(starts[at], starts[at + 1]):
                    s = entries[entry]
                    mine = open_corners[s]
                    if mine == corner:
                        continue
                    far_start = _side(start[s, 0], start[s, 1], end[s, 0], end[s, 1], ax, ay)
                    far_end = _side(start[s, 0], start[s, 1], end[s, 0], end[s, 1], bx, by)
                    if far_start * far_end >= 0.0 and min(abs(far_start), abs(far_end)) > tolerance:
                        continue  # all of it on one side
                    if _clash(
                        start[s], end[s], ax, ay, bx, by, far_start, far_end, tolerance, left[corner], twin[corner] >= 0
                    ):
                        return False
                    beside = twin[corner] < 0 and abs(far_start) <= tolerance and abs(far_end) <= tolerance
                    if beside and _overlap(start[s], end[s], ax, ay, bx, by) > tolerance:  # two sides of a border
                        touched[s] = True
                        touched[place[corner]] = True
                    v = vertex[corner]
                    if v == vertex[mine] or v == vertex[following[mine]]:
                        continue
                    if abs(far_start) <= tolerance and _beside(start[s], end[s], ax, ay, tolerance):
                        touched[s] = True
                        if owner[corner] != owner[mine]:
                            unsure[owner[corner]] = True
                            unsure[owner[mine]] = True
    return True


@numba.njit(cache=True, nogil=True)
def _clash(
    start: np.ndarray,
    end: np.ndarray,
    ax: float,
    ay: float,
    bx: float,
    by: float,
    far_start: float,
    far_end: float,
    tolerance: float,
    left: bool,
    shared: bool,
) -> bool:
    """Return whether a segment crosses an open one, or runs along it where only the other side of a border may."""
    if abs(far_start) <= tolerance and abs(far_end) <= tolerance:
        if _overlap(start, end, ax, ay, bx, by) <= tolerance:
            return False
        return shared or _same_way(start, end, ax, ay, bx, by) == left
    if far_start * far_end >= 0.0 or min(abs(far_start), abs(far_end)) <= tolerance:
        return False
    near_start, near_end = _side(ax, ay, bx, by, start[0], start[1]), _side(ax, ay, bx, by, end[0], end[1])
    return near_start * near_end < 0.0 and min(abs(near_start), abs(near_end)) > tolerance


@numba.njit(cache=True, nogil=True)
def _side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    """Return the distance of a point from the line through two others, positive on its left."""
    dx, dy = bx - ax, by - ay
    return (dx * (py - ay) - dy * (px - ax)) / np.hypot(dx, dy)


@numba.njit(cache=True, nogil=True)
def _beside(start: np.ndarray, end: np.ndarray, px: float, py: float, tolerance: float) -> bool:
    """Return whether a point near the line of a segment lies between its ends, give or take."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = np.hypot(dx, dy)
    along = (dx * (px - start[0]) + dy * (py - start[1])) / length
    return -tolerance <= along <= length + tolerance


@numba.njit(cache=True, nogil=True)
def _same_way(start: np.ndarray, end: np.ndarray, ax: float, ay: float, bx: float, by: float) -> bool:
    return (end[0] - start[0]) * (bx - ax) + (end[1] - start[1]) * (by - ay) > 0.0


@numba.njit(cache=True, nogil=True)
def _overlap(start: np.ndarray, end: np.ndarray, ax: float, ay: float, bx: float, by: float) -> float:
    """Return how far two segments of one line run along each other; negative if they are apart."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = np.hypot(dx, dy)
    a = (dx * (ax - start[0]) + dy * (ay - start[1])) / length
    b = (dx * (bx - start[0]) + dy * (by - start[1])) / length
    return min(max(a, b), length) - max(min(a, b), 0.0)
