"""Regions as outlines: which come within a distance of each other, edge to edge, and which are nearest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial_region.core.geo import GEODESIC_MARGIN, Points
from spatial_region.weights._search import TIE, FloatArray, IntArray, Pairs, PointPlaces, check_size, first_k
from spatial_region.weights._sphere_outlines import SphereOutlines, sphere_outlines

# Borders closer than this share of the largest coordinate touch, as in contiguity.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class EdgePlaces:
    """Regions as outlines; those that touch or overlap are 0 km apart.

    Attributes
    ----------
    geometries : numpy.ndarray of shapely geometries, shape (n,)
        Regions, in the coordinates of the map.
    inner : PointPlaces
        A point within each region: two regions are no farther apart than their points.
    centres : Points
        Centroids, which break ties: regions that touch are all at distance 0.
    unit_km : float or None
        Kilometres in one unit of a plane map; None for degrees.
    geod : pyproj.Geod, optional
        Ellipsoid, when distances are geodesics between the points where the outlines are nearest on the sphere.
    """

    geometries: NDArray[np.object_]
    inner: PointPlaces
    centres: Points
    unit_km: float | None
    geod: Any = None

    @property
    def metric(self) -> str:
        """How kilometres are measured."""
        if self.geod is not None:
            return "geodesic"
        return self.inner.metric

    @property
    def rank(self) -> IntArray:
        """Place of each region in the order of their ids."""
        return self.inner.rank

    @property
    def rounding(self) -> float:
        """Kilometres that the rounding of the coordinates can make."""
        return self.inner.rounding

    @property
    def _margin(self) -> float:
        return 1.0 if self.geod is None else GEODESIC_MARGIN

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.geometries)

    @cached_property
    def _outlines(self) -> SphereOutlines:
        return sphere_outlines(self.geometries)

    @cached_property
    def _touching(self) -> IntArray:
        """Codes first * n + second of the pairs that meet in degrees."""
        first, second = self._tree.query(self.geometries, predicate="dwithin", distance=self._snap)
        return np.sort(first * len(self.geometries) + second)

    @cached_property
    def _snap(self) -> float:
        """Units of the map below which two borders are one, written down with rounding."""
        return _ROUNDING * float(np.abs(shapely.total_bounds(self.geometries)).max())

    def links(self, km: float) -> tuple[IntArray, IntArray]:
        """Return the pairs, first < second, within `km`, ends included despite rounding."""
        first, second, _ = self.within(km)
        return first, second

    def within(self, km: float) -> Pairs:
        """Return the pairs, first < second, within `km`, and their kilometres."""
        n = len(self.geometries)
        if np.isfinite(km):
            first, second = self._candidates(np.arange(n), np.full(n, km * self._margin))
            first, second = first[first < second], second[first < second]
        else:
            check_size(n)
            first, second = np.triu_indices(n, k=1)
        distances = self._between(first, second)
        kept = distances <= km * (1 + TIE) + self.rounding
        return first[kept], second[kept], distances[kept]

    def nearest(self, k: int, *, rows: IntArray | None = None, ties: bool = False) -> Pairs:
        """Return the k nearest others of each region, or of those at `rows`: rows, columns and kilometres.

        Ties go to the nearer centroid, then to the smaller id; with `ties`, all as near as the k-th come along.
        """
        asked = np.arange(len(self.geometries)) if rows is None else rows
        from_, _, farthest = self.inner.nearest(k, rows=rows)
        reach = np.zeros(len(self.geometries))
        np.maximum.at(reach, from_, farthest)
        # The k regions whose inner points are nearest are at least so near; geodesics may order them otherwise.
        first, second = self._candidates(asked, reach[asked] * self._margin**2 * (1 + TIE))
        n = len(self.geometries)
        code, place = np.unique(np.minimum(first, second) * n + np.maximum(first, second), return_inverse=True)
        distances = self._between(code // n, code % n)[place]
        tie_breaker = self.centres.between(first, second)
        return first_k((first, second, distances), k, [tie_breaker], self.rank, self.rounding, ties=ties)

    def _candidates(self, rows: IntArray, km: FloatArray) -> tuple[IntArray, IntArray]:
        """Return rows and columns of all pairs within `km`, one distance a row, and perhaps some more."""
        if self.unit_km is None:
            return self._outlines.candidates(rows, km)
        reach = (km * (1 + TIE) + self.rounding) / self.unit_km
        which, columns = self._tree.query(self.geometries[rows], predicate="dwithin", distance=reach)
        apart = rows[which] != columns
        return rows[which[apart]], columns[apart]

    def _between(self, first: IntArray, second: IntArray) -> FloatArray:
        # In the order of the ids, so that the last digit does not depend on the order of rows.
        swapped = self.rank[first] > self.rank[second]
        first, second = np.where(swapped, second, first), np.where(swapped, first, second)
        if self.unit_km is not None:
            units = shapely.distance(self.geometries[first], self.geometries[second])
            return np.where(units <= self._snap, 0.0, units * self.unit_km)
        distances = np.zeros(len(first))
        code = first * len(self.geometries) + second
        at = np.searchsorted(self._touching, code)
        apart = self._touching[np.minimum(at, len(self._touching) - 1)] != code
        one, two, great_circle = self._outlines.nearest_points(first[apart], second[apart])
        distances[apart] = great_circle if self.geod is None else self._geodesic(one, two, great_circle)
        return distances

    def _geodesic(self, one: FloatArray, two: FloatArray, great_circle: FloatArray) -> FloatArray:
        metres = np.asarray(self.geod.inv(*_lonlat(one), *_lonlat(two))[2])
        return np.where(great_circle == 0, 0.0, metres / 1000.0)


def _lonlat(xyz: FloatArray) -> tuple[FloatArray, FloatArray]:
    lon, lat = np.arctan2(xyz[:, 1], xyz[:, 0]), np.arctan2(xyz[:, 2], np.hypot(xyz[:, 0], xyz[:, 1]))
    return np.degrees(lon), np.degrees(lat)
