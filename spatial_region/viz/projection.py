"""The projection of a map: equal-area for degrees, the layer's own otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer

from spatial_region.core.geo import equal_area_crs, unit_metres

# Albers with the parallels customary for maps of all China.
CHINA_CRS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"
_CHINA_REACHES = (80.0, 21.0, 130.0, 52.0)  # a national map spans at least these edges (west south east north)
_CHINA_LIMITS = (70.0, 0.0, 140.0, 58.0)  # and stays within these
_NATIONAL_ASPECT = 1.95  # width over height of a national map: the country, and a column of sea as wide as any legend
_MAINLAND_SOUTH = 17.9  # the southern tip of Hainan; what lies south is shown in the inset


@dataclass(frozen=True)
class MapView:
    """Projected regions and the rectangle that a map of them shows.

    Attributes
    ----------
    geometry : geopandas.GeoSeries
        Projected geometries, by region.
    bounds : tuple of float
        West, south, east and north in the units of the projection.
    china : bool
        Whether it is a national map of China, whose southern islands go into an inset.
    """

    geometry: Any
    bounds: tuple[float, float, float, float]
    china: bool

    @property
    def crs(self) -> Any:
        """Coordinate reference system of the map, or None."""
        return self.geometry.crs


def mainland_part(view: MapView) -> Any:
    """Return the geometries that the main frame of a national map shows: without the islands of the inset.

    Islands are left out whole: none is cut by the frame, nor shown twice.
    """
    south = view.bounds[1]
    parts = np.asarray(view.geometry.array)
    pieces, owner = shapely.get_parts(parts, return_index=True)
    kept = shapely.bounds(pieces)[:, 1] >= south - 1.0
    grouped = [shapely.MultiPolygon(list(pieces[kept & (owner == place)])) for place in range(len(parts))]
    return type(view.geometry)(grouped, index=view.geometry.index, crs=view.crs)


def national_bounds(view: MapView) -> tuple[float, float, float, float]:
    """Return what the main frame of every national map shows: the mainland, and room for the legend at its right."""
    west, south, east, north = view.bounds
    return west, south, max(east, west + _NATIONAL_ASPECT * (north - south)), north


def map_view(geometry: Any) -> MapView:
    """Project geometries for a map."""
    if geometry.crs is None or not geometry.crs.is_geographic:
        return MapView(geometry, _tuple(geometry.total_bounds), china=False)
    bounds = geometry.total_bounds
    if not is_national_china(bounds):
        projected = geometry.to_crs(equal_area_crs(bounds))
        return MapView(projected, _tuple(projected.total_bounds), china=False)
    parts = geometry.explode()
    north = np.asarray(parts.bounds["maxy"]) > _MAINLAND_SOUTH
    mainland = parts[north].to_crs(CHINA_CRS).total_bounds
    return MapView(geometry.to_crs(CHINA_CRS), _tuple(mainland), china=True)


def is_national_china(bounds: Any) -> bool:
    """Return whether bounds in degrees are those of all China."""
    west, south, east, north = bounds
    reach, limit = _CHINA_REACHES, _CHINA_LIMITS
    spans = west < reach[0] and south < reach[1] and east > reach[2] and north > reach[3]
    return bool(spans and west > limit[0] and south > limit[1] and east < limit[2] and north < limit[3])


def _tuple(bounds: Any) -> tuple[float, float, float, float]:
    west, south, east, north = (float(edge) for edge in bounds)
    return west, south, east, north


def has_kilometres(crs: Any) -> bool:
    """Return whether distances on the map can be told in kilometres."""
    return crs is not None and (crs.is_projected or crs.is_geographic) and not crs.is_engineering


def ground_km(crs: Any, points: np.ndarray) -> float:
    """Return the geodesic length in km of a line through points given in the units of a map."""
    geographic = CRS(crs).geodetic_crs
    to_degrees = Transformer.from_crs(crs, geographic, always_xy=True)
    lon, lat = to_degrees.transform(points[:, 0], points[:, 1])
    ellipsoid = geographic.ellipsoid
    geod = Geod(a=ellipsoid.semi_major_metre, b=ellipsoid.semi_minor_metre)
    return float(geod.line_length(lon, lat)) / 1000.0


def width_of_km(crs: Any, centre: tuple[float, float], km: float) -> float:
    """Return how many units of the map `km` kilometres on the ground span, east-west through `centre`.

    True for the projection: the geodesic between the ends of the line has this length.
    """
    width = km * 1000.0 / (111_320.0 if crs.is_geographic else unit_metres(crs))
    for _ in range(6):  # the scale changes slowly along the line, so this converges in two or three steps
        ends = np.array([[centre[0] - width / 2, centre[1]], [centre[0] + width / 2, centre[1]]])
        width *= km / ground_km(crs, ends)
    return width


def north_angle(crs: Any, centre: tuple[float, float]) -> float:
    """Return the direction of true north at a point of the map, in degrees clockwise from up."""
    geographic = CRS(crs).geodetic_crs
    to_degrees = Transformer.from_crs(crs, geographic, always_xy=True)
    lon, lat = to_degrees.transform(*centre)
    step = 0.01 if lat < 89.9 else -0.01
    x, y = to_degrees.transform(lon, lat + step, direction="INVERSE")
    return float(np.degrees(np.arctan2((x - centre[0]) / step, (y - centre[1]) / step)))


def projected_box(crs: Any, degrees: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return the bounds in map units of a rectangle in degrees."""
    to_map = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    outline = shapely.segmentize(shapely.box(*degrees), 0.5)
    x, y = to_map.transform(*shapely.get_coordinates(outline).T)
    return float(min(x)), float(min(y)), float(max(x)), float(max(y))
