"""Overlaps, gaps and near misses between polygons. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial_region.weights._contact import Contact
from spatial_region.weights._segments import metres_per_degree

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
ObjectArray = NDArray[np.object_]

# Places looked at along the stretch where two polygons come near.
_PLACES = 7
# An overlap smaller than this share of the smaller region comes from rounding.
_ROUNDING = 1e-10


def square_metres(geoms: ObjectArray) -> FloatArray:
    """Areas of geometries in longitude and latitude, scaled at the middle latitude of each."""
    bounds = shapely.bounds(geoms)
    scale = metres_per_degree((bounds[:, 1] + bounds[:, 3]) / 2.0)
    out: FloatArray = shapely.area(geoms) * scale[:, 0] * scale[:, 1]
    return out


def stand_apart(geoms: ObjectArray, first: IntArray, second: IntArray) -> NDArray[np.bool_]:
    """Whether nothing but a gap parts two polygons, at one place at least where they come near.

    Looked at are places along the stretch of the first that is at most twice as far from the second as the nearest
    point: where a third polygon covers the middle of the way at all of them, it lies between.
    """
    apart = np.zeros(len(first), dtype=bool)
    if len(first) == 0:
        return apart
    reach = 2.0 * shapely.distance(geoms[first], geoms[second])
    near = shapely.intersection(shapely.boundary(geoms[first]), shapely.buffer(geoms[second], reach))
    shortest = shapely.shortest_line(geoms[first], geoms[second])
    tree = shapely.STRtree(geoms)
    ways = [shortest, *(_ways(near, geoms[second], shortest, place) for place in np.linspace(0.05, 0.95, _PLACES))]
    for way in ways:
        middles = shapely.line_interpolate_point(way, 0.5, normalized=True)
        inside, _ = tree.query(middles, predicate="intersects")
        apart |= ~np.isin(np.arange(len(first)), inside)
    return apart


def _ways(near: ObjectArray, other: ObjectArray, shortest: ObjectArray, place: float) -> ObjectArray:
    """The way to the other polygon from a place along a stretch; where there is no stretch, the shortest."""
    linear = np.isin(shapely.get_type_id(near), (1, 5)) & (shapely.length(near) > 0)
    ways = shortest.copy()
    points = shapely.line_interpolate_point(near[linear], place, normalized=True)
    ways[linear] = shapely.shortest_line(points, other[linear])
    return ways


def find_overlaps(
    geoms: ObjectArray, touching: Contact, *, clean: bool, geographic: bool, unit: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs of polygons whose areas overlap, and by how many square kilometres."""
    if clean:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0)
    faulty = ~shapely.is_empty(shapely.coverage_invalid_edges(geoms))
    asked = faulty[touching.first] | faulty[touching.second]
    first, second = touching.first[asked], touching.second[asked]
    common = shapely.intersection(geoms[first], geoms[second])
    smaller = np.minimum(shapely.area(geoms[first]), shapely.area(geoms[second]))
    real = shapely.area(common) > _ROUNDING * smaller
    area = square_metres(common[real]) if geographic else shapely.area(common[real]) * unit**2
    return first[real], second[real], area / 1e6


def find_gaps(geoms: ObjectArray, tolerance: float, *, clean: bool, geographic: bool, unit: float) -> pd.DataFrame:
    """Holes in the union of the polygons between at least two of them, no wider than the tolerance (metres).

    Wider holes may be lakes, and a hole within one polygon is its own affair.
    """
    union = shapely.coverage_union_all(geoms) if clean else shapely.union_all(geoms)
    rings, of = shapely.get_rings(shapely.get_parts(union), return_index=True)
    holes: ObjectArray = shapely.polygons(rings[np.r_[False, of[1:] == of[:-1]]]) if len(rings) else rings
    centre = shapely.get_coordinates(shapely.centroid(holes))
    scale = metres_per_degree(centre[:, 1]) if geographic else np.full((len(holes), 2), unit)
    area = shapely.area(holes) * scale[:, 0] * scale[:, 1]
    local = [shapely.transform(h, lambda xy, s=s: xy * s) for h, s in zip(holes, scale, strict=True)]
    # As wide as the widest circle that fits in, which is also how GEOS measures the gaps that snapping closes.
    width = np.array([2.0 * shapely.length(shapely.maximum_inscribed_circle(hole)) for hole in local])
    narrow = np.flatnonzero(width <= tolerance)
    around: list[tuple[int, ...]] = []
    tree = shapely.STRtree(geoms)
    for hole in holes[narrow]:
        near = tree.query(hole, predicate="dwithin", distance=1e-9 * max(1.0, float(np.abs(hole.bounds).max())))
        around.append(tuple(sorted(near.tolist())))
    between = [at for at, regions in enumerate(around) if len(regions) > 1]
    narrow, around = narrow[between], [around[at] for at in between]
    return pd.DataFrame(
        {
            "x": centre[narrow, 0],
            "y": centre[narrow, 1],
            "area_km2": area[narrow] / 1e6,
            "width_m": width[narrow],
            "regions": around,
        }
    )
