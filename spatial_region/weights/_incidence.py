"""Polygons taken apart into vertices that know their polygons: what contiguity by shared vertices is read from.

Arrays in, arrays out. A *corner* is one coordinate of a ring, the closing one left out; corner c is followed by corner
`following[c]` of the same ring, and the two bound one border segment. Equal coordinates are one *vertex*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import shapely
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Corners:
    """Corners of polygons, ring by ring.

    Parameters
    ----------
    n : number of polygons
    xy : (m, 2) coordinates
    owner : (m,) polygon that each corner belongs to
    following : (m,) next corner of the ring
    vertex : (m,) number of the distinct vertex
    starts, members : corners at each vertex: ``members[starts[v]:starts[v + 1]]``
    left : (m,) whether the polygon lies to the left of the segment from this corner to the next
    """

    n: int
    xy: FloatArray
    owner: IntArray
    following: IntArray
    vertex: IntArray
    starts: IntArray
    members: IntArray
    left: NDArray[np.bool_]


def corners_of(geoms: NDArray[np.object_]) -> Corners | None:
    """Take polygons apart; None if their rings cannot be told from the coordinates alone (invalid or too many)."""
    raw, owners = shapely.get_coordinates(geoms, return_index=True)
    if len(raw) == 0 or len(raw) >= 2**30 or not np.isfinite(raw).all():
        return None
    holes = _ring_roles(geoms)
    ring_ends = np.empty(len(holes), dtype=np.int64)
    if _find_rings(raw, owners, ring_ends) != len(holes):
        return None
    # Arrays are made here and filled there: numpy's own functions are what takes longest to compile.
    most = len(raw) - len(holes)
    xy, left = np.empty((most, 2)), np.empty(most, dtype=np.bool_)
    owner, following = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    total = _fill_corners(raw, owners, ring_ends, holes, xy, owner, following, left)
    del raw, owners
    xy, owner, following, left = xy[:total], owner[:total], following[:total], left[:total]
    vertex, first = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    table = np.full(2 ** (max(2 * total - 1, 15)).bit_length(), -1, dtype=np.int32)
    count = _number_vertices(xy.view(np.uint64), table, first, vertex)
    del table, first
    starts, members = np.zeros(count + 1, dtype=np.int32), np.empty(total, dtype=np.int32)
    starts[1:] = np.cumsum(np.bincount(vertex, minlength=count))
    _fill_members(vertex, starts[:-1].copy(), members)
    return Corners(len(geoms), xy, owner, following, vertex, starts, members, left)


def bounds_of(xy: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and largest coordinates; column by column, which is ten times as fast as by axis."""
    return np.array([xy[:, 0].min(), xy[:, 1].min()]), np.array([xy[:, 0].max(), xy[:, 1].max()])


def _ring_roles(geoms: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return, for each ring in the order of the coordinates, whether it bounds a hole."""
    parts = geoms
    if not (shapely.get_type_id(geoms) == shapely.GeometryType.POLYGON).all():
        parts = shapely.get_parts(geoms)
    inner = shapely.get_num_interior_rings(parts)
    if not inner.any():
        return np.zeros(int(np.count_nonzero(~shapely.is_empty(parts))), dtype=bool)
    rings = np.where(shapely.is_empty(parts), 0, inner + 1)
    roles = np.ones(int(rings.sum()), dtype=bool)
    filled = rings > 0
    roles[(np.cumsum(rings) - rings)[filled]] = False
    return roles


@numba.njit(cache=True, nogil=True)
def _find_rings(xy: np.ndarray, owner: np.ndarray, ends: np.ndarray) -> int:
    """Fill in the last coordinate of each ring, where it comes back to its first; return how many there are."""
    found, start, total = 0, 0, len(xy)
    while start < total:
        end = start + 1
        while end < total and not (xy[end, 0] == xy[start, 0] and xy[end, 1] == xy[start, 1] and end > start + 1):
            end += 1
        if end == total or owner[end] != owner[start] or found == len(ends):
            return -1
        ends[found] = end
        found += 1
        start = end + 1
    return found


@numba.njit(cache=True, nogil=True)
def _fill_corners(
    raw: np.ndarray,
    owners: np.ndarray,
    ends: np.ndarray,
    holes: np.ndarray,
    xy: np.ndarray,
    owner: np.ndarray,
    following: np.ndarray,
    left: np.ndarray,
) -> int:
    """Fill in corners without closing and repeated coordinates, and on which side the polygon lies; return how many."""
    put, start = 0, 0
    for ring in range(len(ends)):
        first, area = put, 0.0
        x0, y0 = raw[start, 0], raw[start, 1]
        for at in range(start, ends[ring]):
            if raw[at, 0] == raw[at + 1, 0] and raw[at, 1] == raw[at + 1, 1]:
                continue  # a repeated coordinate bounds no segment
            # Adding 0 makes one coordinate of -0.0 and 0.0.
            xy[put, 0], xy[put, 1] = raw[at, 0] + 0.0, raw[at, 1] + 0.0
            owner[put] = owners[at]
            following[put] = put + 1
            area += (raw[at, 0] - x0) * (raw[at + 1, 1] - y0) - (raw[at + 1, 0] - x0) * (raw[at, 1] - y0)
            put += 1
        if put > first:
            following[put - 1] = first
            inside = (area > 0.0) != holes[ring]
            for corner in range(first, put):
                left[corner] = inside
        start = ends[ring] + 1
    return put


@numba.njit(cache=True, nogil=True)
def _number_vertices(words: np.ndarray, table: np.ndarray, first: np.ndarray, vertex: np.ndarray) -> int:
    """Number the distinct coordinates in order of first appearance, by a hash table with open addressing."""
    mask = np.uint64(len(table) - 1)
    count = 0
    for corner in range(len(words)):
        one, two = words[corner, 0], words[corner, 1]
        mixed = (one ^ (two * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0x94D049BB133111EB)
        slot = (mixed ^ (mixed >> np.uint64(32))) & mask
        while True:
            known = table[slot]
            if known < 0:
                table[slot] = count
                first[count] = corner
                vertex[corner] = count
                count += 1
                break
            other = first[known]
            if words[other, 0] == one and words[other, 1] == two:
                vertex[corner] = known
                break
            slot = (slot + np.uint64(1)) & mask
    return count


@numba.njit(cache=True, nogil=True)
def _fill_members(vertex: np.ndarray, fill: np.ndarray, members: np.ndarray) -> None:
    """Fill in the corners at each vertex, ascending."""
    for corner in range(len(vertex)):
        v = vertex[corner]
        members[fill[v]] = corner
        fill[v] += 1
