"""Border segments of polygons, and how much of one segment runs along another.

Arrays in, arrays out. Used by `_contact.py`, which finds the pairs of polygons that touch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

# WGS 84 ellipsoid: equatorial radius (m) and first eccentricity squared.
_EQUATORIAL_RADIUS = 6378137.0
_ECCENTRICITY_SQUARED = 0.0066943799901413165
# Within 0.1 degree of a pole a degree of longitude is kept from vanishing.
_HIGHEST_LATITUDE = 89.9


@dataclass(frozen=True, eq=False)
class Segments:
    """Border segments of polygons, in the order of their rings.

    Parameters
    ----------
    owner : (m,) position of the polygon that each segment bounds
    ring : (m,) number of the ring that each segment belongs to
    start, end : (m, 2) end points
    start_id, end_id : (m,) number of the distinct vertex at each end point
    n_vertices : number of distinct vertices
    """

    owner: IntArray
    ring: IntArray
    start: FloatArray
    end: FloatArray
    start_id: IntArray
    end_id: IntArray
    n_vertices: int


def border_segments(geoms: NDArray[np.object_]) -> Segments:
    """Take polygons apart into border segments; equal coordinates get equal vertex numbers."""
    parts, part_owner = shapely.get_parts(geoms, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    xy = xy + 0.0  # -0.0 and 0.0 are one coordinate
    distinct, vertex = np.unique(xy.view(np.complex128).ravel(), return_inverse=True)
    from_ = np.flatnonzero((ring_of[1:] == ring_of[:-1]) & (vertex[1:] != vertex[:-1]))
    to = from_ + 1
    return Segments(
        owner=part_owner[ring_part[ring_of[from_]]],
        ring=ring_of[from_],
        start=xy[from_],
        end=xy[to],
        start_id=vertex[from_],
        end_id=vertex[to],
        n_vertices=len(distinct),
    )


def metres_per_degree(latitude: FloatArray) -> FloatArray:
    """Metres in one degree of longitude and of latitude on the WGS 84 ellipsoid, (..., 2)."""
    phi = np.radians(np.clip(latitude, -_HIGHEST_LATITUDE, _HIGHEST_LATITUDE))
    flattening = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    prime_vertical = _EQUATORIAL_RADIUS / np.sqrt(flattening)
    meridian = prime_vertical * (1.0 - _ECCENTRICITY_SQUARED) / flattening
    return np.stack([prime_vertical * np.cos(phi), meridian], axis=-1) * (np.pi / 180.0)


def segment_lengths(start: FloatArray, end: FloatArray, *, geographic: bool) -> FloatArray:
    """Length of segments, in the unit of the coordinates, or in metres for longitude and latitude."""
    difference = end - start
    if geographic:
        difference = difference * metres_per_degree((start[:, 1] + end[:, 1]) / 2.0)
    return np.hypot(difference[:, 0], difference[:, 1])


def stretch_within(
    start: FloatArray, end: FloatArray, other_start: FloatArray, other_end: FloatArray, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    """The stretch of each segment that lies within `tolerance` of another segment.

    The points within a distance of a segment are two discs and a rectangle; a line meets this convex shape in
    one interval, returned as shares (low, high) of the first segment in [0, 1]. Where it does not, low > high.
    """
    d = end - start
    e = other_end - other_start
    r = start - other_start
    low = np.full(len(d), np.inf)
    high = np.full(len(d), -np.inf)
    for piece in (
        _in_disc(r, d, tolerance),
        _in_disc(r - e, d, tolerance),
        _in_rectangle(r, d, e, tolerance),
    ):
        found = piece[0] <= piece[1]
        low = np.where(found, np.minimum(low, piece[0]), low)
        high = np.where(found, np.maximum(high, piece[1]), high)
    outside = (low > 1.0) | (high < 0.0)
    low = np.where(outside, np.inf, np.maximum(low, 0.0))
    high = np.where(outside, -np.inf, np.minimum(high, 1.0))
    return low, high


def _in_disc(r: FloatArray, d: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    """Interval of u where |r + u d| <= radius; the discriminant is written so that nothing cancels."""
    dd = _dot(d, d)
    discriminant = dd * radius**2 - _cross(r, d) ** 2
    root = np.sqrt(np.maximum(discriminant, 0.0)) / dd
    middle = -_dot(r, d) / dd
    meets = discriminant >= 0.0
    return np.where(meets, middle - root, np.inf), np.where(meets, middle + root, -np.inf)


def _in_rectangle(r: FloatArray, d: FloatArray, e: FloatArray, half_width: float) -> tuple[FloatArray, FloatArray]:
    """Interval of u where r + u d lies beside the segment from 0 to e, at most `half_width` off its line."""
    ee = _dot(e, e)
    reach = half_width * np.sqrt(ee)
    along = _between(_dot(r, e), _dot(d, e), np.zeros_like(ee), ee)
    across = _between(_cross(r, e), _cross(d, e), -reach, reach)
    return np.maximum(along[0], across[0]), np.minimum(along[1], across[1])


def _between(
    value: FloatArray, slope: FloatArray, least: FloatArray, most: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Interval of u where least <= value + u slope <= most."""
    flat = slope == 0.0
    safe = np.where(flat, 1.0, slope)
    with np.errstate(over="ignore"):
        one, two = (least - value) / safe, (most - value) / safe
    inside = (value >= least) & (value <= most)
    low = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(one, two))
    high = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(one, two))
    return low, high


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
