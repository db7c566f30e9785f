"""Polygons that share vertices, and segments that two polygons share. Arrays in, arrays out."""

from __future__ import annotations

import numba
import numpy as np

from spatial_region.weights._incidence import Corners, FloatArray, IntArray


def twins_of(corners: Corners) -> IntArray | None:
    """Return, for each segment, the one that runs along it on its other side, -1 where there is none.

    None where a segment has a company on its own side, so that polygons overlap: sharing cannot be told from that.
    """
    twin = np.empty(len(corners.owner), dtype=np.int32)
    sound = _find_twins(corners.following, corners.vertex, corners.starts, corners.members, corners.left, twin)
    return twin if sound else None


def sharing(corners: Corners) -> tuple[IntArray, IntArray]:
    """Return the polygons that share a vertex with each polygon: row starts (n + 1,), and columns, ascending."""
    first = np.searchsorted(corners.owner, np.arange(corners.n + 1)).astype(np.int32)
    lists = (first, corners.owner, corners.vertex, corners.starts, corners.members)
    starts = np.empty(corners.n + 1, dtype=np.int32)
    total = _count_neighbours(*lists, np.full(corners.n, -1, dtype=np.int32), starts)
    columns = np.empty(total, dtype=np.int32)
    _list_neighbours(*lists, np.full(corners.n, -1, dtype=np.int32), starts[:-1].copy(), columns)
    return starts, columns


def shared_lengths(
    corners: Corners, twin: IntArray, lengths: FloatArray, starts: IntArray, columns: IntArray
) -> FloatArray:
    """Return the length of border that runs along each neighbour, in the order of `columns`."""
    border = np.zeros(len(columns))
    _add_lengths(corners.owner, twin, lengths, starts, columns, border)
    return border


@numba.njit(cache=True, nogil=True)
def _find_twins(
    following: np.ndarray,
    vertex: np.ndarray,
    starts: np.ndarray,
    members: np.ndarray,
    left: np.ndarray,
    twin: np.ndarray,
) -> bool:
    for corner in range(len(following)):
        here, there = vertex[corner], vertex[following[corner]]
        twin[corner] = -1
        for at in range(starts[here], starts[here + 1]):  # segments that run the same way
            other = members[at]
            if other != corner and vertex[following[other]] == there:
                if left[other] == left[corner]:
                    return False
                twin[corner] = other
        for at in range(starts[there], starts[there + 1]):  # and the other way
            other = members[at]
            if vertex[following[other]] == here and other != corner:
                if left[other] != left[corner]:
                    return False
                twin[corner] = other
    return True


@numba.njit(cache=True, nogil=True)
def _count_neighbours(
    first: np.ndarray,
    owner: np.ndarray,
    vertex: np.ndarray,
    starts: np.ndarray,
    members: np.ndarray,
    seen: np.ndarray,
    row_starts: np.ndarray,
) -> int:
    row_starts[0] = 0
    for polygon in range(len(seen)):
        seen[polygon] = polygon
        count = 0
        for corner in range(first[polygon], first[polygon + 1]):
            v = vertex[corner]
            for at in range(starts[v], starts[v + 1]):
                other = owner[members[at]]
                if seen[other] != polygon:
                    seen[other] = polygon
                    count += 1
        row_starts[polygon + 1] = row_starts[polygon] + count
    return int(row_starts[-1])


@numba.njit(cache=True, nogil=True)
def _list_neighbours(
    first: np.ndarray,
    owner: np.ndarray,
    vertex: np.ndarray,
    starts: np.ndarray,
    members: np.ndarray,
    seen: np.ndarray,
    fill: np.ndarray,
    columns: np.ndarray,
) -> None:
    """Write each polygon into the rows of its neighbours: in the order of polygons, so that rows come out sorted."""
    for polygon in range(len(seen)):
        seen[polygon] = polygon
        for corner in range(first[polygon], first[polygon + 1]):
            v = vertex[corner]
            for at in range(starts[v], starts[v + 1]):
                other = owner[members[at]]
                if seen[other] != polygon:
                    seen[other] = polygon
                    columns[fill[other]] = polygon
                    fill[other] += 1


@numba.njit(cache=True, nogil=True)
def _add_lengths(
    owner: np.ndarray,
    twin: np.ndarray,
    lengths: np.ndarray,
    row_starts: np.ndarray,
    columns: np.ndarray,
    border: np.ndarray,
) -> None:
    for corner in range(len(owner)):
        if twin[corner] < 0 or owner[twin[corner]] == owner[corner]:
            continue
        row, other = owner[corner], owner[twin[corner]]
        place = row_starts[row] + np.searchsorted(columns[row_starts[row] : row_starts[row + 1]], other)
        border[place] += lengths[corner]
