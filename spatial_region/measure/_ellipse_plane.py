"""The plane in which an ellipse is computed, in km, and the way back to the coordinates of the regions."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod, Proj, Transformer
from pyproj.exceptions import CRSError as ProjError

from spatial_region.core.geo import centroids, check_lengths, equal_area_crs, unit_metres
from spatial_region.core.messages import name_some
from spatial_region.errors import CRSError, CRSWarning, GeometryError

_PURPOSE = "An ellipse"
_AREA_OFF = 0.05


@dataclass(frozen=True, eq=False)
class Plane:
    """Centroids of the regions in the plane.

    Attributes
    ----------
    xy : numpy.ndarray, shape (n, 2)
        In km.
    crs : pyproj.CRS
        Of the plane.
    source : pyproj.CRS
        Of the regions.
    metres : float
        How many metres one unit of the plane is.
    name : str
        The plane in words: the name of its system, or its projection with parameters.
    """

    xy: np.ndarray
    crs: CRS
    source: CRS
    metres: float
    name: str

    @property
    def _geographic(self) -> CRS | None:
        return self.crs.geodetic_crs

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        """Return longitude and latitude of a point in km; NaN where the plane is not tied to the Earth."""
        if self._geographic is None:
            return math.nan, math.nan
        to_degrees = Transformer.from_crs(self.crs, self._geographic, always_xy=True)
        lon, lat = to_degrees.transform(*self._units(np.array([[x, y]])).T)
        return float(lon[0]), float(lat[0])

    def move(self, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
        """Return km and bearing from one point to another: of the geodesic where there is one."""
        if start == end:
            return 0.0, math.nan
        if self._geographic is None:
            dx, dy = end[0] - start[0], end[1] - start[1]
            return math.hypot(dx, dy), math.degrees(math.atan2(dx, dy)) % 360.0
        ellipsoid = self._geographic.ellipsoid
        geod = Geod(a=ellipsoid.semi_major_metre, b=ellipsoid.semi_minor_metre)
        bearing, _, metres = geod.inv(*self.degrees(*start), *self.degrees(*end))
        return float(metres) / 1000.0, float(bearing) % 360.0

    def points(self, rows: pd.DataFrame, places: Sequence[tuple[float, float]]) -> Any:
        """Return points in km as shapes in the system of the regions, with columns."""
        return self._shapes(rows, list(shapely.points(self._units(np.array(places)))))

    def polygons(self, rows: pd.DataFrame, outlines: Sequence[np.ndarray]) -> Any:
        """Return outlines in km as polygons in the system of the regions, with columns."""
        return self._shapes(rows, [shapely.Polygon(self._units(outline)) for outline in outlines])

    def _shapes(self, rows: pd.DataFrame, shapes: list[Any]) -> Any:
        import geopandas as gpd

        drawn = gpd.GeoSeries(shapes, index=rows.index, crs=self.crs)
        return gpd.GeoDataFrame(rows.copy(), geometry=drawn if self.crs == self.source else drawn.to_crs(self.source))

    def _units(self, km: np.ndarray) -> np.ndarray:
        return np.asarray(km * 1000.0 / self.metres)

    def check_areas(self, lonlat: np.ndarray) -> None:
        """Warn of a projection whose areas are wrong where the centres are.

        Warns
        -----
        CRSWarning
            If they are more than 5 % off.
        """
        if self._geographic is None:
            return
        factors = Proj(self.crs).get_factors(*lonlat.T)
        off = np.abs(np.asarray(factors.areal_scale) - 1.0).max()
        if off > _AREA_OFF:
            warnings.warn(
                f"areas in {self.name} are {100 * off:.0f} % off at the centre, and so are the axes of the ellipse; "
                "pass crs= an equal-area system, or give the regions in degrees.",
                CRSWarning,
                stacklevel=3,
            )


def plane_of(geometry: Any, crs: object) -> Plane:
    """Return the centroids of regions in km: in the system asked for, a fitted equal-area one, or their own.

    Raises
    ------
    CRSError
        If there is no system, or the one asked for is not projected.
    GeometryError
        If a region has no geometry.
    """
    absent = geometry.index[geometry.isna() | geometry.is_empty]
    if len(absent) or not len(geometry):
        raise GeometryError(
            f"an ellipse needs a place for each region; {len(absent)} of {len(geometry)} have no geometry: "
            f"{name_some(absent) or 'there are no regions'}. Leave them out."
        )
    check_lengths(geometry, purpose=_PURPOSE)
    source = CRS(geometry.crs)
    if source.is_geographic:
        lonlat = centroids(geometry, geodesic=True).lonlat
        assert lonlat is not None  # asked for with geodesic=True
        own = lonlat
    else:
        own = shapely.get_coordinates(shapely.centroid(np.asarray(geometry.array)))
    # Fitted to the centroids: far islands of a region would draw the parallels away from where the weights are.
    bounds = np.r_[own.min(axis=0), own.max(axis=0)]
    fitted = equal_area_crs(bounds) if crs is None and source.is_geographic else None
    target = CRS(fitted) if fitted is not None else _asked_for(crs) if crs is not None else source
    name = fitted or str(target.name if target.name != "unknown" or crs is None else crs)
    metres = unit_metres(target)
    if target == source:
        return Plane(own * metres / 1000.0, target, source, metres, name)
    x, y = Transformer.from_crs(source, target, always_xy=True).transform(own[:, 0], own[:, 1])
    return Plane(np.column_stack([x, y]) * metres / 1000.0, target, source, metres, name)


def _asked_for(crs: object) -> CRS:
    try:
        target = CRS(crs)
    except ProjError as error:
        raise CRSError(f"crs={crs!r} is no coordinate reference system.") from error
    if not target.is_projected:
        raise CRSError(f"{_PURPOSE} needs a plane; crs={crs!r} is not projected. Leave it out, or name another.")
    return target
