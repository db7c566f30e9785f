"""Delaunay triangulation, and the graphs of empty discs, lunes and circles, on a plane or on the sphere.

Arrays in, arrays out. On the sphere, a cap takes the part of a disc: Delaunay triangles are those whose circumscribed
cap is empty. A stereographic plane keeps circles circles, so that they are found there; regions that fill more than a
hemisphere are triangulated by the convex hull of their points in space, whose faces are the same triangles.
"""

from __future__ import annotations

from itertools import chain

import numpy as np
from scipy.spatial import ConvexHull, Delaunay, QhullError, cKDTree

from spatial_region.core.geo import Points
from spatial_region.weights._search import TIE, FloatArray, IntArray, rounding_km

_WIDE = np.radians(80.0)  # from the centre; beyond it a stereographic plane is stretched too much
_FLAT = 1e-9  # points whose spread across is less than this share of that along are on one line


class UntriangulableError(Exception):
    """Some points cannot be told apart, or lie on one circle of the sphere; carries their positions."""

    def __init__(self, positions: IntArray) -> None:
        super().__init__(positions)
        self.positions = positions


def plane_of(points: Points) -> tuple[FloatArray | None, str]:
    """Return plane coordinates in which circles are circles, and in words which plane; None for the whole sphere."""
    if not points.spherical:
        return points.xyz - points.xyz.mean(axis=0), "as projected"
    total = points.xyz.sum(axis=0)
    length = float(np.linalg.norm(total))
    centre = total / length if length > 1e-9 else np.array([0.0, 0.0, 1.0])
    up = points.xyz @ centre
    if up.min() < np.cos(_WIDE):
        return None, "sphere"
    lon, lat = np.arctan2(centre[1], centre[0]), np.arctan2(centre[2], np.hypot(centre[0], centre[1]))
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.cross(centre, east)
    plane = np.column_stack([points.xyz @ east, points.xyz @ north]) * (2.0 / (1.0 + up))[:, None]
    return plane, f"stereographic, centred at {np.degrees(lon):.2f}, {np.degrees(lat):.2f}"


def triangles(points: Points, plane: FloatArray | None) -> tuple[IntArray, IntArray]:
    """Return the Delaunay triangles, shape (t, 3), and all links as pairs, shape (p, 2).

    Raises
    ------
    UntriangulableError
        If points cannot be told apart, or, on the whole sphere, lie on one circle.
    """
    n = len(points.xyz)
    none = np.empty((0, 3), dtype=np.int64)
    if plane is None:
        if n <= 3:
            return none, np.column_stack(np.triu_indices(n, k=1)).astype(np.int64)
        found = _hull_faces(points.xyz)
    else:
        line = _along_line(plane)
        if line is not None:
            return none, np.sort(np.column_stack([line[:-1], line[1:]]), axis=1)
        found = np.asarray(Delaunay(plane).simplices, dtype=np.int64)
    lost = np.setdiff1d(np.arange(n), found)
    if len(lost):
        raise UntriangulableError(lost)
    sides = np.sort(np.concatenate([found[:, [0, 1]], found[:, [1, 2]], found[:, [0, 2]]]), axis=1)
    return found, np.unique(sides, axis=0)


def gabriel(points: Points, faces: IntArray, links: IntArray) -> IntArray:
    """Keep the links whose disc (the link is its diameter) holds no other point, on its circle neither.

    It is enough to look at the corners opposite to the link: were any point in the disc, one of them would be.
    """
    n = len(points.xyz)
    dropped = [np.empty(0, dtype=np.int64)]
    for corner, one, two in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        apex, first, second = faces[:, corner], faces[:, one], faces[:, two]
        a, b = points.xyz[first] - points.xyz[apex], points.xyz[second] - points.xyz[apex]
        product = np.einsum("ij,ij->i", a, b)
        reach = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        slack = TIE * reach + _rounding(points) * np.sqrt(reach)
        wide = product <= slack
        dropped.append(np.minimum(first, second)[wide] * n + np.maximum(first, second)[wide])
    return links[~np.isin(links[:, 0] * n + links[:, 1], np.concatenate(dropped))]


def relative_neighbours(points: Points, links: IntArray) -> IntArray:
    """Keep the links of which no other point is nearer to both ends than they are to each other."""
    xyz, n = points.xyz, len(points.xyz)
    first, second = links[:, 0], links[:, 1]
    length = np.linalg.norm(xyz[first] - xyz[second], axis=1)
    nearer = length * (1.0 - TIE) - _rounding(points)
    tree, kept = cKDTree(xyz), np.ones(len(links), dtype=bool)
    unsure, asked = np.arange(len(links)), min(8, n)
    while len(unsure):
        one, found = tree.query(xyz[first[unsure]], k=asked)
        two = np.linalg.norm(xyz[second[unsure]][:, None, :] - xyz[found], axis=2)
        between = ((one < nearer[unsure, None]) & (two < nearer[unsure, None])).any(axis=1)
        kept[unsure[between]] = False
        settled = between | (one[:, -1] >= nearer[unsure]) | (asked == n)
        unsure, asked = unsure[~settled], min(asked * 4, n)
    return links[kept]


def spheres_of_influence(points: Points) -> IntArray:
    """Return the pairs whose circles, each through the nearest other point, meet in two points."""
    tree = cKDTree(points.xyz)
    radius = points.km(tree.query(points.xyz, k=2)[0][:, 1])
    # Of each pair, the one with the larger circle finds the other within twice its radius.
    reach = np.array([points.chord(2.0 * r) for r in radius * (1.0 + TIE)])
    near = tree.query_ball_point(points.xyz, reach, return_sorted=False)
    count = np.fromiter(map(len, near), dtype=np.int64, count=len(near))
    second = np.fromiter(chain.from_iterable(near), dtype=np.int64, count=count.sum())
    first = np.repeat(np.arange(len(near)), count)
    larger = (radius[second] < radius[first]) | ((radius[second] == radius[first]) & (second > first))
    first, second = first[larger], second[larger]
    both = radius[first] + radius[second]
    meet = points.between(first, second) < both * (1.0 - TIE) - rounding_km(points)
    return np.sort(np.column_stack([first[meet], second[meet]]), axis=1)


def _hull_faces(xyz: FloatArray) -> IntArray:
    try:
        hull = ConvexHull(xyz)
    except QhullError as error:
        raise UntriangulableError(np.arange(len(xyz))) from error
    # A face that looks away from the centre of the sphere has a cap smaller than a hemisphere; the others would join
    # regions across the empty side of the sphere.
    return np.asarray(hull.simplices[hull.equations[:, -1] < 0], dtype=np.int64)


def _along_line(plane: FloatArray) -> IntArray | None:
    """Return the positions in the order along their line, or None if they are not on one."""
    centred = plane - plane.mean(axis=0)
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    if len(plane) > 2 and spread[1] > _FLAT * spread[0]:
        return None
    return np.argsort(centred @ axes[0], kind="stable")


def _rounding(points: Points) -> float:
    return float(8 * np.finfo(float).eps * np.abs(points.xyz).max(initial=0.0))
