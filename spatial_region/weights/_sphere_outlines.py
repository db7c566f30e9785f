"""How far apart outlines on the sphere come: candidates by bounding caps, then the nearest points of each pair.

Arrays in, arrays out. Edges are straight in longitude and latitude, as map files mean them. Each pair is looked at in
an azimuthal equidistant plane centred between its nearest points as known so far. That plane never shortens a
distance, and keeps those through its centre, so that each round can only find nearer points; after the last, a pair of
points `s` km off the centre is at most a share (s / 6371) ** 2 / 6 nearer than the one found.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from spatial_region.core.geo import EARTH_RADIUS_KM, on_sphere

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_STEP = 0.05  # degrees between vertices; an edge then strays from its true course by 0.3 m at most
_ROUNDS = 5  # at most; most pairs need two
_STILL = 1e-12  # radians; a plane centred where it was shows what it showed
_EXACT = 1e-7  # share by which a plane may stretch a distance and still be taken for true
_BATCH = 1_000_000  # vertices projected at a time, so that memory stays bounded
_SMALLEST = 1e-9  # radians: the cap of a point, so that sizes have logarithms
_TOUCHING_KM = 1e-6  # borders on the two sides of the date line meet up to rounding


@dataclass(frozen=True, eq=False)
class SphereOutlines:
    """Outlines with vertices so dense that a straight line between two is the edge between them.

    Attributes
    ----------
    lines : numpy.ndarray of shapely geometries, shape (n,)
        Borders of areas; lines and points as they are.
    xyz : numpy.ndarray, shape (m, 3)
        Vertices of all, on the unit sphere.
    start : numpy.ndarray, shape (n + 1,)
        Where the vertices of each outline begin.
    centre : numpy.ndarray, shape (n, 3)
        Centre of a cap that holds the outline.
    radius : numpy.ndarray, shape (n,)
        Radius of that cap in radians.
    """

    lines: NDArray[np.object_]
    xyz: FloatArray
    start: IntArray
    centre: FloatArray
    radius: FloatArray

    def candidates(self, rows: IntArray, km: FloatArray) -> tuple[IntArray, IntArray]:
        """Return rows and columns of all pairs that may be within `km` of each other, one distance a row."""
        reach = km / EARTH_RADIUS_KM + self.radius[rows]
        found: list[tuple[IntArray, IntArray]] = []
        # Caps of like size are looked up together, so that one large region does not widen every search.
        size = np.floor(np.log2(self.radius)).astype(int)
        for members in (np.flatnonzero(size == one) for one in np.unique(size)):
            tree = cKDTree(self.centre[members])
            angle = np.minimum(reach + self.radius[members].max(), np.pi)
            near = tree.query_ball_point(self.centre[rows], 2 * np.sin(angle / 2) + 1e-12, return_sorted=False)
            count = np.fromiter(map(len, near), dtype=np.int64, count=len(near))
            columns = members[np.fromiter(chain.from_iterable(near), dtype=np.int64, count=count.sum())]
            found.append((np.repeat(np.arange(len(rows)), count), columns))
        which, columns = (np.concatenate(part) for part in zip(*found, strict=True))
        chord = np.linalg.norm(self.centre[rows[which]] - self.centre[columns], axis=1)
        kept = (_angle(chord) <= reach[which] + self.radius[columns] + 1e-12) & (rows[which] != columns)
        return rows[which[kept]], columns[kept]

    def nearest_points(self, first: IntArray, second: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the points where pairs of outlines are nearest, on the unit sphere, and the great circle in km."""
        vertices = np.diff(self.start)
        batch = np.cumsum(vertices[first] + vertices[second]) // _BATCH
        edges = np.flatnonzero(np.r_[True, batch[1:] != batch[:-1], True]) if len(first) else np.array([0])
        parts = [self._nearest_points(first[a:b], second[a:b]) for a, b in pairwise(edges)]
        ends = np.concatenate([np.empty((0, 2, 3)), *parts])
        km = EARTH_RADIUS_KM * _angle(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1))
        return ends[:, 0], ends[:, 1], np.where(km < _TOUCHING_KM, 0.0, km)

    def _nearest_points(self, first: IntArray, second: IntArray) -> FloatArray:
        middle = _unit(self.centre[first] + self.centre[second], otherwise=self.centre[first])
        placed = np.empty((len(first), 2, 3))
        going = np.arange(len(first))
        for _ in range(_ROUNDS):
            frame = _frame(middle[going])
            one, two = self._project(first[going], frame), self._project(second[going], frame)
            shapely.prepare(one)
            ends = shapely.get_coordinates(shapely.shortest_line(one, two)).reshape(-1, 2, 2)
            placed[going] = found = _from_plane(ends, frame)
            before = middle[going]
            middle[going] = _unit(found[:, 0] + found[:, 1], otherwise=found[:, 0])
            moved = np.linalg.norm(middle[going] - before, axis=1) > _STILL
            distorted = np.maximum(self._reach(first[going], before), self._reach(second[going], before)) ** 2 / 6
            going = going[moved & (distorted > _EXACT)]
            if len(going) == 0:
                break
        return placed

    def _reach(self, which: IntArray, middle: FloatArray) -> FloatArray:
        """Angle from each middle to the farthest point that an outline can have."""
        return _angle(np.linalg.norm(self.centre[which] - middle, axis=1)) + self.radius[which]

    def _project(self, which: IntArray, frame: FloatArray) -> NDArray[np.object_]:
        """Outlines in azimuthal equidistant planes, one frame each."""
        count = np.diff(self.start)[which]
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        vertices = self.xyz[np.repeat(self.start[which], count) + offset]
        x, y, z = np.einsum("mij,mj->im", np.repeat(frame, count, axis=0), vertices)
        radius = np.hypot(x, y)
        factor = np.where(radius > 0, np.arctan2(radius, z) / np.where(radius > 0, radius, 1.0), 1.0)
        return shapely.set_coordinates(self.lines[which].copy(), np.column_stack([x * factor, y * factor]))


def sphere_outlines(geometries: NDArray[np.object_]) -> SphereOutlines:
    """Take the outlines of geometries in degrees."""
    areas = shapely.get_dimensions(geometries) == 2
    lines = geometries.copy()
    lines[areas] = shapely.boundary(geometries[areas])
    lines = shapely.segmentize(shapely.force_2d(lines), _STEP)
    lonlat, owner = shapely.get_coordinates(lines, return_index=True)
    xyz = on_sphere(lonlat[:, 0], lonlat[:, 1])
    start = np.searchsorted(owner, np.arange(len(lines) + 1))
    centre = _unit(np.add.reduceat(xyz, start[:-1], axis=0), otherwise=xyz[start[:-1]])
    farthest = np.maximum.reduceat(np.linalg.norm(xyz - centre[owner], axis=1), start[:-1])
    # Between two vertices an edge can stray from the cap by half of its length at most.
    edge = np.linalg.norm(np.diff(xyz, axis=0, append=xyz[-1:]), axis=1)
    edge[start[1:] - 1] = 0.0
    longest = np.minimum(np.maximum.reduceat(edge, start[:-1]), np.radians(_STEP))
    return SphereOutlines(lines, xyz, start, centre, np.maximum(_angle(farthest) + longest, _SMALLEST))


def _angle(chord: FloatArray) -> FloatArray:
    return 2 * np.arcsin(np.clip(chord / 2, 0, 1))


def _frame(centre: FloatArray) -> FloatArray:
    """East, north and up at each centre, as the rows of a matrix."""
    east = _unit(np.cross([0.0, 0.0, 1.0], centre), otherwise=np.broadcast_to([1.0, 0.0, 0.0], centre.shape))
    return np.stack([east, np.cross(centre, east), centre], axis=1)


def _from_plane(xy: FloatArray, frame: FloatArray) -> FloatArray:
    """Points on the unit sphere from azimuthal equidistant coordinates, shape (p, 2, 3)."""
    radius = np.hypot(xy[..., 0], xy[..., 1])[..., None]
    share = np.sinc(radius / np.pi)  # sin(radius) / radius
    local = np.concatenate([xy * share, np.cos(radius)], axis=-1)
    return np.einsum("pij,pki->pkj", frame, local)


def _unit(vectors: FloatArray, *, otherwise: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 1e-9, vectors / np.where(length > 1e-9, length, 1.0), otherwise)
