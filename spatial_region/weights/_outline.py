"""When shared vertices are the whole truth about who touches whom, and which polygons need a closer look.

In a coverage every segment has one polygon on each side. Segments that two polygons share, one on each side, leave
no room for a third: whoever touched one of them elsewhere would overlap its owners. What is left are *open* segments:
the outline, gaps, and borders whose two sides have different vertices. The number of polygons that cover a point
changes across open segments only, so that nobody overlaps anybody if

- no segment crosses an open one, nor runs along it on the same side, and
- on the left of one segment of each chain of open segments there is one polygon, and none on its right (of a
  segment on which nothing else lies; chains without one are the two sides of a border inside).

Then polygons without a vertex in common can touch only where a vertex of one lies on an open segment of the other.
Those polygons are named, for the general search to look at; if the conditions do not hold, it looks at all.
Arrays in, arrays out.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from spatial_region.weights._incidence import Corners, FloatArray, IntArray, bounds_of

_MOST_ENTRIES = 50_000_000  # places in the grid of open segments
_MOST_STEPS = 1_000_000_000  # of looking from each chain at each open segment


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
    grid = _Grid(corners.xy, start, end, tolerance)
    if grid.entries is None:
        return None
    touched = np.zeros(len(open_corners), dtype=np.bool_)
    unsure = np.zeros(corners.n, dtype=np.bool_)
    sound = _look_at_all(
        corners.xy, corners.following, corners.owner, corners.vertex, twin, corners.left, open_corners, start, end,
        grid.origin, grid.cell, grid.columns, grid.rows, grid.starts, grid.entries, tolerance, touched, unsure,
    )  # fmt: skip
    if not sound or not _covered_once(corners, open_corners, start, end, touched):
        return None
    return np.flatnonzero(unsure)


def _directed(corners: Corners, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the ends of segments, in the direction that has the polygon on its left."""
    here, there = corners.xy[chosen], corners.xy[corners.following[chosen]]
    left = corners.left[chosen][:, None]
    return np.where(left, here, there), np.where(left, there, here)


class _Grid:
    """Open segments by the square cells that their bounds meet, widened by the tolerance."""

    def __init__(self, xy: FloatArray, start: FloatArray, end: FloatArray, tolerance: float) -> None:
        low, high = bounds_of(xy)
        cells = float(np.clip(len(xy) / 4, 64, 4_000_000))
        width, height = np.maximum(high - low, 1e-300)
        self.origin = low
        self.cell = max(np.sqrt(width * height / cells), max(width, height) / cells)
        self.columns, self.rows = int(width / self.cell) + 1, int(height / self.cell) + 1
        self.starts = np.zeros(self.columns * self.rows + 1, dtype=np.int64)
        self.entries: IntArray | None = None
        frame = (self.origin, self.cell, self.columns, self.rows)
        if _count_cells(start, end, tolerance, *frame, self.starts) <= _MOST_ENTRIES:
            self.entries = np.empty(int(self.starts[-1]), dtype=np.int32)
            _fill_cells(start, end, tolerance, *frame, self.starts, self.entries)


@numba.njit(cache=True, nogil=True, inline="always")
def _cell(value: float, origin: float, cell: float, count: int) -> int:
    return min(max(int((value - origin) / cell), 0), count - 1)


@numba.njit(cache=True, nogil=True)
def _count_cells(
    start: np.ndarray,
    end: np.ndarray,
    tolerance: float,
    origin: np.ndarray,
    cell: float,
    columns: int,
    rows: int,
    starts: np.ndarray,
) -> int:
    for s in range(len(start)):
        west = _cell(min(start[s, 0], end[s, 0]) - tolerance, origin[0], cell, columns)
        east = _cell(max(start[s, 0], end[s, 0]) + tolerance, origin[0], cell, columns)
        south = _cell(min(start[s, 1], end[s, 1]) - tolerance, origin[1], cell, rows)
        north = _cell(max(start[s, 1], end[s, 1]) + tolerance, origin[1], cell, rows)
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                starts[row * columns + column + 1] += 1
    for at in range(len(starts) - 1):
        starts[at + 1] += starts[at]
    return starts[-1]


@numba.njit(cache=True, nogil=True)
def _fill_cells(
    start: np.ndarray,
    end: np.ndarray,
    tolerance: float,
    origin: np.ndarray,
    cell: float,
    columns: int,
    rows: int,
    starts: np.ndarray,
    entries: np.ndarray,
) -> None:
    fill = starts[:-1].copy()
    for s in range(len(start)):
        west = _cell(min(start[s, 0], end[s, 0]) - tolerance, origin[0], cell, columns)
        east = _cell(max(start[s, 0], end[s, 0]) + tolerance, origin[0], cell, columns)
        south = _cell(min(start[s, 1], end[s, 1]) - tolerance, origin[1], cell, rows)
        north = _cell(max(start[s, 1], end[s, 1]) + tolerance, origin[1], cell, rows)
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                at = row * columns + column
                entries[fill[at]] = s
                fill[at] += 1


@numba.njit(cache=True, nogil=True)
def _look_at_all(
    xy: np.ndarray,
    following: np.ndarray,
    owner: np.ndarray,
    vertex: np.ndarray,
    twin: np.ndarray,
    left: np.ndarray,
    open_corners: np.ndarray,
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
        west, east = _cell(min(ax, bx), origin[0], cell, columns), _cell(max(ax, bx), origin[0], cell, columns)
        south, north = _cell(min(ay, by), origin[1], cell, rows), _cell(max(ay, by), origin[1], cell, rows)
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
                        touched[np.searchsorted(open_corners, corner)] = True
                    v = vertex[corner]
                    if v == vertex[mine] or v == vertex[following[mine]]:
                        continue
                    if abs(far_start) <= tolerance and _beside(start[s], end[s], ax, ay, tolerance):
                        touched[s] = True
                        if owner[corner] != owner[mine]:
                            unsure[owner[corner]] = True
                            unsure[owner[mine]] = True
    return True


@numba.njit(cache=True, nogil=True, inline="always")
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


@numba.njit(cache=True, nogil=True, inline="always")
def _side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    """Return the distance of a point from the line through two others, positive on its left."""
    dx, dy = bx - ax, by - ay
    return (dx * (py - ay) - dy * (px - ax)) / np.hypot(dx, dy)


@numba.njit(cache=True, nogil=True, inline="always")
def _beside(start: np.ndarray, end: np.ndarray, px: float, py: float, tolerance: float) -> bool:
    """Return whether a point near the line of a segment lies between its ends, give or take."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = np.hypot(dx, dy)
    along = (dx * (px - start[0]) + dy * (py - start[1])) / length
    return -tolerance <= along <= length + tolerance


@numba.njit(cache=True, nogil=True, inline="always")
def _same_way(start: np.ndarray, end: np.ndarray, ax: float, ay: float, bx: float, by: float) -> bool:
    return (end[0] - start[0]) * (bx - ax) + (end[1] - start[1]) * (by - ay) > 0.0


@numba.njit(cache=True, nogil=True, inline="always")
def _overlap(start: np.ndarray, end: np.ndarray, ax: float, ay: float, bx: float, by: float) -> float:
    """Return how far two segments of one line run along each other; negative if they are apart."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = np.hypot(dx, dy)
    a = (dx * (ax - start[0]) + dy * (ay - start[1])) / length
    b = (dx * (bx - start[0]) + dy * (by - start[1])) / length
    return min(max(a, b), length) - max(min(a, b), 0.0)


def _covered_once(
    corners: Corners, open_corners: IntArray, start: FloatArray, end: FloatArray, touched: NDArray[np.bool_]
) -> bool:
    """Return whether one polygon lies on the left of each chain of open segments, and none on its right."""
    left = corners.left[open_corners]
    here, there = corners.vertex[open_corners], corners.vertex[corners.following[open_corners]]
    tail, head = np.where(left, here, there), np.where(left, there, here)
    chain = _chains(tail, head, int(corners.vertex.max()) + 1)
    extent = np.where(touched, -1.0, np.abs(end - start).max(axis=1))
    longest = np.full(int(chain.max()) + 1, -1, dtype=np.int64)
    order = np.argsort(extent, kind="stable")
    longest[chain[order]] = order  # the last one written is the longest of its chain
    chosen = longest[extent[longest] > 0]
    if float(len(chosen)) * len(start) > _MOST_STEPS:
        return False
    return bool(_one_side_covered(chosen, start, end))


@numba.njit(cache=True, nogil=True)
def _chains(tail: np.ndarray, head: np.ndarray, vertices: int) -> np.ndarray:
    """Number the chains of segments that follow each other where no others begin or end."""
    leaving, arriving = np.zeros(vertices, dtype=np.int32), np.zeros(vertices, dtype=np.int32)
    next_of = np.full(vertices, -1, dtype=np.int64)
    for s in range(len(tail)):
        leaving[tail[s]] += 1
        arriving[head[s]] += 1
        next_of[tail[s]] = s
    chain = np.full(len(tail), -1, dtype=np.int64)
    count = 0
    for only_starts in (True, False):  # chains with a beginning first; what is left are rings
        for s in range(len(tail)):
            v = tail[s]
            if chain[s] >= 0 or (only_starts and leaving[v] == 1 and arriving[v] == 1):
                continue
            at = s
            while chain[at] < 0:
                chain[at] = count
                v = head[at]
                if leaving[v] != 1 or arriving[v] != 1:
                    break
                at = next_of[v]
            count += 1
    return chain


@numba.njit(cache=True, nogil=True)
def _one_side_covered(chosen: np.ndarray, start: np.ndarray, end: np.ndarray) -> bool:
    """Count, from the middle of each chosen segment, how many polygons lie on its right or upper side."""
    for s in chosen:
        dx, dy = end[s, 0] - start[s, 0], end[s, 1] - start[s, 1]
        steep = abs(dy) >= abs(dx)
        across, along = (0, 1) if steep else (1, 0)
        middle = (start[s] + end[s]) / 2.0
        covered = 0
        for t in range(len(start)):
            above = end[t, along] > middle[along]
            if t == s or (start[t, along] > middle[along]) == above:
                continue
            share = (middle[along] - start[t, along]) / (end[t, along] - start[t, along])
            if start[t, across] + share * (end[t, across] - start[t, across]) > middle[across]:
                # A ray to the right leaves a polygon through a border that goes up, one upwards through one that
                # goes left.
                covered += 1 if above == steep else -1
        inside = dy < 0.0 if steep else dx > 0.0
        if covered != (1 if inside else 0):
            return False
    return True
