"""Whether open segments have one polygon on their left and none on their right. Arrays in, arrays out."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from spatial_region.weights._grid import Grid, cell_of
from spatial_region.weights._incidence import Corners, FloatArray, IntArray

_MOST_STEPS = 1_000_000_000  # of looking from each chain at each open segment


def covered_once(
    corners: Corners,
    open_corners: IntArray,
    start: FloatArray,
    end: FloatArray,
    touched: NDArray[np.bool_],
    grid: Grid,
    tolerance: float,
) -> bool:
    """Return whether one polygon lies on the left of each chain of open segments, and none on its right.

    Parameters
    ----------
    corners : corners of all polygons
    open_corners, start, end : open segments, with their polygon on the left
    touched : whether anything else lies on them
    grid : the open segments by place
    tolerance : what counts as touching
    """
    left = corners.left[open_corners]
    here, there = corners.vertex[open_corners], corners.vertex[corners.following[open_corners]]
    tail, head = np.where(left, here, there), np.where(left, there, here)
    chain = _chains(tail, head, int(corners.vertex.max()) + 1)
    extent = np.where(touched, -1.0, np.abs(end - start).max(axis=1))
    longest = np.full(int(chain.max()) + 1, -1, dtype=np.int64)
    order = np.argsort(extent, kind="stable")
    longest[chain[order]] = order  # the last one written is the longest of its chain
    share = np.where(extent[longest] > 0, 0.5, -1.0)
    if (share < 0).any():  # only then is it compiled
        _find_free_points(chain, longest, share, start, end, *grid.frame, grid.starts, grid.entries, tolerance)
    chosen, share = longest[share >= 0], share[share >= 0]
    if float(len(chosen)) * len(start) > _MOST_STEPS:
        return False
    return bool(_one_side_covered(chosen, share, start, end))


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
def _find_free_points(
    chain: np.ndarray,
    chosen: np.ndarray,
    share: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    origin: np.ndarray,
    cell: float,
    columns: int,
    rows: int,
    starts: np.ndarray,
    entries: np.ndarray,
    tolerance: float,
) -> None:
    """Choose, for chains that are touched on every segment, a free point of one of them, if there is one."""
    for s in range(len(chain)):
        c = chain[s]
        if share[c] >= 0.0:
            continue
        west = cell_of(min(start[s, 0], end[s, 0]), origin[0], cell, columns)
        east = cell_of(max(start[s, 0], end[s, 0]), origin[0], cell, columns)
        south = cell_of(min(start[s, 1], end[s, 1]), origin[1], cell, rows)
        north = cell_of(max(start[s, 1], end[s, 1]), origin[1], cell, rows)
        most = 0
        for row in range(south, north + 1):
            most += starts[row * columns + east + 1] - starts[row * columns + west]
        low, high, count = np.empty(most), np.empty(most), 0
        for row in range(south, north + 1):
            for entry in range(starts[row * columns + west], starts[row * columns + east + 1]):
                t = entries[entry]
                if t == s:
                    continue
                low[count], high[count] = _taken(start[s], end[s], start[t], end[t], tolerance)
                if low[count] <= high[count]:
                    count += 1
        length = np.hypot(end[s, 0] - start[s, 0], end[s, 1] - start[s, 1])
        found = _free_share(length, low, high, count, tolerance)
        if found >= 0.0:
            chosen[c], share[c] = s, found


@numba.njit(cache=True, nogil=True)
def _taken(
    start: np.ndarray, end: np.ndarray, other_start: np.ndarray, other_end: np.ndarray, tolerance: float
) -> tuple[float, float]:
    """Return from where to where on a segment another one lies or ends; low > high if nowhere."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = np.hypot(dx, dy)
    low, high = np.inf, -np.inf
    for point in (other_start, other_end):
        px, py = point[0] - start[0], point[1] - start[1]
        if abs(dx * py - dy * px) <= tolerance * length:
            along = (dx * px + dy * py) / length
            low, high = min(low, along - tolerance), max(high, along + tolerance)
    return low, high


@numba.njit(cache=True, nogil=True)
def _free_share(length: float, low: np.ndarray, high: np.ndarray, count: int, tolerance: float) -> float:
    """Return the middle of the widest stretch that nothing lies on, as a share of the length; -1 if there is none."""
    for put in range(1, count):  # there are few: sorted by insertion, since numpy's sort takes a second to compile
        from_, to, at = low[put], high[put], put
        while at > 0 and low[at - 1] > from_:
            low[at], high[at] = low[at - 1], high[at - 1]
            at -= 1
        low[at], high[at] = from_, to
    widest, middle, reached = 2.0 * tolerance, -1.0, 0.0
    for at in range(count):
        if high[at] < 0.0 or low[at] > length:
            continue
        if low[at] - reached > widest:
            widest, middle = low[at] - reached, (low[at] + reached) / 2.0
        reached = max(reached, high[at])
    if length - reached > widest:
        middle = (length + reached) / 2.0
    return middle / length if middle >= 0.0 else -1.0


@numba.njit(cache=True, nogil=True)
def _one_side_covered(chosen: np.ndarray, share: np.ndarray, start: np.ndarray, end: np.ndarray) -> bool:
    """Count, from a point of each chosen segment, how many polygons lie on its right or upper side."""
    for k in range(len(chosen)):
        s = chosen[k]
        dx, dy = end[s, 0] - start[s, 0], end[s, 1] - start[s, 1]
        steep = abs(dy) >= abs(dx)
        across, along = (0, 1) if steep else (1, 0)
        point = start[s] + share[k] * (end[s] - start[s])
        covered = 0
        for t in range(len(start)):
            above = end[t, along] > point[along]
            if t == s or (start[t, along] > point[along]) == above:
                continue
            part = (point[along] - start[t, along]) / (end[t, along] - start[t, along])
            if start[t, across] + part * (end[t, across] - start[t, across]) > point[across]:
                # A ray to the right leaves a polygon through a border that goes up, one upwards through one that
                # goes left.
                covered += 1 if above == steep else -1
        inside = dy < 0.0 if steep else dx > 0.0
        if covered != (1 if inside else 0):
            return False
    return True
