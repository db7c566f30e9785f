"""Coordinates and kilometres: degrees are never taken for distances."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from spatial_region.core.study import Study
from spatial_region.errors import CRSError, CRSWarning, InputError

EARTH_RADIUS_KM = 6371.0088  # mean radius of the GRS 80 ellipsoid (IUGG)
# Geodesics on the ellipsoid are 0.9944 to 1.0045 times as long as great circles on the sphere of that radius.
GEODESIC_MARGIN = 1.01


@dataclass(frozen=True, eq=False)
class Points:
    """One point a region, in coordinates where straight distances are true or order as true ones do.

    Attributes
    ----------
    xyz : numpy.ndarray, shape (n, 2) or (n, 3)
        Plane coordinates in km, or positions on the unit sphere.
    spherical : bool
        Whether `xyz` lie on the unit sphere.
    lonlat : numpy.ndarray, shape (n, 2), optional
        Degrees; given when kilometres are those of geodesics.
    geod : pyproj.Geod, optional
        Ellipsoid of the geodesics.
    """

    xyz: np.ndarray
    spherical: bool
    lonlat: np.ndarray | None = None
    geod: Any = None

    @property
    def metric(self) -> str:
        """How kilometres are measured: planar, great-circle or geodesic."""
        if self.geod is not None:
            return "geodesic"
        return "great-circle" if self.spherical else "planar"

    @property
    def margin(self) -> float:
        """The ratio of true kilometres to those of straight distances lies between 1 / margin and margin."""
        return 1.0 if self.geod is None else GEODESIC_MARGIN

    def chord(self, km: float) -> float:
        """Return the straight distance between points that lie `km` kilometres apart."""
        if not self.spherical:
            return km
        return 2.0 * float(np.sin(min(km / (2.0 * EARTH_RADIUS_KM), np.pi / 2)))

    def km(self, chords: np.ndarray) -> np.ndarray:
        """Return kilometres (great-circle on the sphere) from straight distances."""
        if not self.spherical:
            return chords
        return 2.0 * EARTH_RADIUS_KM * np.arcsin(np.clip(chords / 2.0, 0.0, 1.0))

    def between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the kilometres between points at these positions; the two broadcast."""
        if self.geod is None or self.lonlat is None:
            return self.km(np.linalg.norm(self.xyz[first] - self.xyz[second], axis=-1))
        first, second = np.broadcast_arrays(first, second)
        one, two = self.lonlat[first.ravel()], self.lonlat[second.ravel()]
        # From the smaller longitude to the larger, so that the last digit does not depend on who comes first.
        swapped = ((one[:, 0] > two[:, 0]) | ((one[:, 0] == two[:, 0]) & (one[:, 1] > two[:, 1])))[:, None]
        one, two = np.where(swapped, two, one), np.where(swapped, one, two)
        return np.reshape(self.geod.inv(*one.T, *two.T)[2], first.shape) / 1000.0


def region_frame(regions: object) -> tuple[Any, pd.Series | None]:
    """Return the GeoDataFrame of a study or of regions given as such, and display names if known.

    Raises
    ------
    InputError
        If it is neither.
    """
    if isinstance(regions, Study):
        return regions.regions, regions.names
    if not isinstance(regions, pd.DataFrame) or not hasattr(regions, "geometry"):
        raise InputError(
            f"regions must be a Study or a GeoDataFrame indexed by region id; found {type(regions).__name__}."
        )
    name = regions.attrs.get("name")
    return regions, regions[name].astype(str) if name in regions else None


def region_points(geometry: Any, *, purpose: str) -> Points:
    """Return the centroid of each geometry, ready for distances in km.

    Geographic coordinates give centroids computed in an equal-area projection of each region's own,
    then placed on the unit sphere. Projected coordinates are converted to km.

    Raises
    ------
    CRSError
        If the geometries have no coordinate reference system, or one without a length unit.

    Warns
    -----
    CRSWarning
        If the system is projected and yet the coordinates look like degrees.
    """
    check_lengths(geometry, purpose=purpose)
    return centroids(geometry)


def centroids(geometry: Any, *, geodesic: bool = False) -> Points:
    """Return the centroid of each geometry, whose coordinates have been checked."""
    geometries = np.asarray(geometry.array)
    if geometry.crs.is_geographic:
        return place_points(np.column_stack(_sphere_centroids(geometries)), geometry.crs, geodesic=geodesic)
    return place_points(shapely.get_coordinates(shapely.centroid(geometries)), geometry.crs)


def place_points(xy: np.ndarray, crs: Any, *, geodesic: bool = False) -> Points:
    """Return points given in the coordinates of a system, ready for distances in km."""
    if not crs.is_geographic:
        return Points(xy * unit_metres(crs) / 1000.0, spherical=False)
    placed = on_sphere(xy[:, 0], xy[:, 1])
    return Points(placed, spherical=True, lonlat=xy, geod=crs.get_geod()) if geodesic else Points(placed, True)


def check_lengths(geometry: Any, *, purpose: str) -> None:
    """Refuse coordinates of which no kilometres can be made.

    Raises
    ------
    CRSError
        If there is no coordinate reference system, or its coordinates cannot be what it says.

    Warns
    -----
    CRSWarning
        If the system is projected and yet the coordinates look like degrees.
    """
    if geometry.crs is None:
        raise CRSError(
            f"{purpose} needs kilometres, and these regions have no coordinate reference system. "
            f"Say what their coordinates are, for example regions.set_crs('EPSG:4326') for degrees."
        )
    if geometry.crs.is_geographic:
        check_degrees(geometry, purpose=purpose)
        return
    if looks_like_degrees(geometry.total_bounds):
        west, south, east, north = geometry.total_bounds
        warnings.warn(
            f"{purpose}: the coordinates run from {west:.6g}, {south:.6g} to {east:.6g}, {north:.6g}, which looks like "
            f"degrees, while {geometry.crs.name} says that they are lengths. If they are degrees, state it: "
            f"regions.set_crs('EPSG:4326', allow_override=True).",
            CRSWarning,
            stacklevel=4,
        )


def check_degrees(geometry: Any, *, purpose: str) -> None:
    """Refuse lengths that are called degrees, and angles in another unit.

    Raises
    ------
    CRSError
        If coordinates of a geographic system lie outside its range, or are not in degrees.
    """
    unit = geometry.crs.axis_info[0].unit_name if geometry.crs.axis_info else "degree"
    if not unit.startswith("degree"):
        raise CRSError(f"{purpose}: {geometry.crs.name} is in the unit {unit}; reproject the regions to degrees first.")
    west, south, east, north = geometry.total_bounds
    if not can_be_degrees(geometry.total_bounds):
        raise CRSError(
            f"{purpose}: the coordinates run from {west:.6g}, {south:.6g} to {east:.6g}, {north:.6g}, which cannot be "
            f"degrees, while {geometry.crs.name} says that they are. State the true system: "
            f"regions.set_crs(..., allow_override=True)."
        )


def can_be_degrees(bounds: np.ndarray) -> bool:
    """Whether bounds lie in the range of longitude and latitude, with longitudes from -360 to 360."""
    west, south, east, north = bounds
    return not (west < -360 or east > 360 or south < -90.001 or north > 90.001)


def looks_like_degrees(bounds: np.ndarray) -> bool:
    """Whether lengths are so small that they may be longitude and latitude."""
    west, south, east, north = bounds
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def unit_metres(crs: Any) -> float:
    """Return how many metres one unit of a projected CRS is.

    Raises
    ------
    CRSError
        If the axes have no length unit.
    """
    factor = crs.axis_info[0].unit_conversion_factor if crs.axis_info else 0
    if crs.is_geographic or not factor:
        raise CRSError(f"{crs.name} has no unit of length; reproject the regions first, for example with to_crs().")
    return float(factor)


def equal_area_crs(bounds: np.ndarray) -> str:
    """Return an Albers equal-area projection (metres) fitted to bounds in degrees; cylindrical near the equator."""
    west, south, east, north = (float(edge) for edge in bounds)
    centre = (west + east) / 2
    first, second = south + (north - south) / 6, north - (north - south) / 6
    if abs(first + second) < 10:  # the cone of Albers degenerates when the parallels are opposite
        return f"+proj=cea +lat_ts=0 +lon_0={centre} +datum=WGS84 +units=m"
    return (
        f"+proj=aea +lat_1={first} +lat_2={second} +lat_0={(south + north) / 2} +lon_0={centre} +datum=WGS84 +units=m"
    )


def on_sphere(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Return positions on the unit sphere, shape (n, 3), of degrees."""
    east, north = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


def _sphere_centroids(geometries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of the area centroids, by Lambert's azimuthal equal-area projection of each."""
    if (shapely.get_dimensions(geometries) == 0).all():
        lonlat = shapely.get_coordinates(shapely.centroid(geometries))
        return lonlat[:, 0], lonlat[:, 1]
    lonlat, owner = shapely.get_coordinates(geometries, return_index=True)
    # The centre of each projection is the mean direction of the vertices: right across the date line and at the poles.
    vertices = on_sphere(lonlat[:, 0], lonlat[:, 1])
    middle = np.column_stack([np.bincount(owner, part, len(geometries)) for part in vertices.T])
    lon0, lat0 = np.arctan2(middle[:, 1], middle[:, 0]), np.arctan2(middle[:, 2], np.hypot(middle[:, 0], middle[:, 1]))
    lam, phi = np.radians(lonlat[:, 0]) - lon0[owner], np.radians(lonlat[:, 1])
    sin0, cos0 = np.sin(lat0), np.cos(lat0)
    cos_c = sin0[owner] * np.sin(phi) + cos0[owner] * np.cos(phi) * np.cos(lam)
    scale = np.sqrt(2.0 / (1.0 + cos_c))
    plane = np.column_stack(
        [
            scale * np.cos(phi) * np.sin(lam),
            scale * (cos0[owner] * np.sin(phi) - sin0[owner] * np.cos(phi) * np.cos(lam)),
        ]
    )
    x, y = shapely.get_coordinates(shapely.centroid(shapely.set_coordinates(geometries.copy(), plane))).T
    radius = np.hypot(x, y)
    angle = 2.0 * np.arcsin(np.clip(radius / 2.0, 0.0, 1.0))
    safe = np.where(radius > 0, radius, 1.0)
    lat = np.arcsin(np.clip(np.cos(angle) * sin0 + y * np.sin(angle) * cos0 / safe, -1.0, 1.0))
    lon = lon0 + np.arctan2(x * np.sin(angle), radius * cos0 * np.cos(angle) - y * sin0 * np.sin(angle))
    lon = np.where(radius > 0, lon, lon0)
    return np.degrees(lon), np.degrees(np.where(radius > 0, lat, lat0))
