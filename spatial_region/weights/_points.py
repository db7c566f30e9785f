"""Where distances are taken: centroids, points on the surface, outlines, or coordinates in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from spatial_region.core.geo import (
    Points,
    can_be_degrees,
    centroids,
    check_lengths,
    looks_like_degrees,
    place_points,
    region_frame,
    unit_metres,
)
from spatial_region.core.messages import name_regions
from spatial_region.core.options import Metric, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.errors import CRSError, InputError, MissingValuesError, OptionError, UnknownNameError
from spatial_region.weights._attributes import region_column
from spatial_region.weights._build import check_regions
from spatial_region.weights._edges import EdgePlaces
from spatial_region.weights._search import IntArray, PointPlaces

Places = PointPlaces | EdgePlaces


@dataclass(frozen=True, eq=False)
class Located:
    """Regions and where their distances are taken.

    Attributes
    ----------
    frame : geopandas.GeoDataFrame
        The regions.
    names : pandas.Series or None
        Display names.
    places : PointPlaces or EdgePlaces
        Their positions.
    recipe : dict
        What the weights say about it: points, metric, crs.
    """

    frame: Any
    names: pd.Series | None
    places: Places
    recipe: dict[str, object]

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.frame)

    def named(self, positions: np.ndarray) -> str:
        """Name the regions at some positions."""
        return name_regions(self.frame.index[np.unique(positions)], self.names)


def locate(study: object, points: str | tuple[str, str], metric: Metric | None, *, purpose: str) -> Located:
    """Return the regions with the places between which distances are taken.

    Raises
    ------
    CRSError
        If the regions have no coordinate reference system, or coordinates are not in it.
    OptionError
        If `metric` is not offered.
    UnknownNameError
        If `points` is neither offered nor a column.
    InputError, MissingValuesError
        If there are no regions, columns do not hold coordinates, or some are missing.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing.
    """
    frame, names = region_frame(study)
    if len(frame) == 0:
        raise InputError(f"{purpose} needs regions; there are none.")
    check_regions(frame, names)
    check_lengths(frame.geometry, purpose=purpose)
    geodesic = _is_geodesic(metric, frame.crs, purpose)
    rank = id_rank(frame.index)
    if points == "edge":
        places: Places = _edges(frame, rank, geodesic=geodesic)
    else:
        places = PointPlaces(_points(study, frame, names, points, geodesic=geodesic, purpose=purpose), rank)
    label = points if isinstance(points, str) else ", ".join(points)
    return Located(frame, names, places, {"points": label, "metric": places.metric, "crs": frame.crs.to_string()})


def id_rank(ids: pd.Index) -> IntArray:
    """Return the place of each id in the order of their text."""
    rank = np.empty(len(ids), dtype=np.int64)
    rank[np.argsort(np.asarray(ids.astype(str), dtype=object), kind="stable")] = np.arange(len(ids))
    return rank


def _is_geodesic(metric: Metric | None, crs: Any, purpose: str) -> bool:
    if metric is None:
        return False
    check_option(metric, Metric, "metric")
    if not crs.is_geographic:
        raise OptionError(
            f"{purpose}: metric={metric!r} needs longitude and latitude; {crs.name} is a plane, where distances are "
            f"planar. Pass regions.to_crs('EPSG:4326'), or leave out metric=."
        )
    return metric == "geodesic"


def _edges(frame: Any, rank: IntArray, *, geodesic: bool) -> EdgePlaces:
    geometries = np.asarray(frame.geometry.array)
    within = shapely.get_coordinates(shapely.point_on_surface(geometries))
    unit_km = None if frame.crs.is_geographic else unit_metres(frame.crs) / 1000.0
    geod = frame.crs.get_geod() if geodesic else None
    inner = PointPlaces(place_points(within, frame.crs), rank)
    return EdgePlaces(geometries, inner, centroids(frame.geometry), unit_km, geod)


def _points(
    study: object, frame: Any, names: pd.Series | None, points: object, *, geodesic: bool, purpose: str
) -> Points:
    if points == "centroid":
        return centroids(frame.geometry, geodesic=geodesic)
    if points == "representative":
        within = shapely.point_on_surface(np.asarray(frame.geometry.array))
        return place_points(shapely.get_coordinates(within), frame.crs, geodesic=geodesic)
    xy = _column_of_points(study, frame, points) if isinstance(points, str) else _two_columns(study, frame, points)
    lost = frame.index[~np.isfinite(xy).all(axis=1)]
    if len(lost):
        raise MissingValuesError(
            f"points={points!r}: no coordinates for {len(lost)} of {len(frame)} regions: {name_regions(lost, names)}."
        )
    _check_place(xy, frame, points, purpose)
    return place_points(xy, frame.crs, geodesic=geodesic)


def _column_of_points(study: object, frame: Any, column: str) -> np.ndarray:
    try:
        found = region_column(study, frame, column, argument="points")
    except UnknownNameError as error:
        raise UnknownNameError(
            f"{error} Or choose one of 'centroid', 'representative', 'edge'; or a pair of columns."
        ) from error
    crs = getattr(found, "crs", None)
    if crs is not None and crs != frame.crs:
        raise CRSError(
            f"points={column!r} is in {crs.name} and the regions are in {frame.crs.name}; "
            f"reproject the column with to_crs(regions.crs)."
        )
    values = found.to_numpy(dtype=object)
    absent = found.isna().to_numpy()
    geometries = np.where(shapely.is_geometry(values), values, None)
    is_point = shapely.get_type_id(geometries) == 0
    if not (is_point | absent).all():
        region = found.index[~(is_point | absent)][0]
        raise InputError(
            f"points={column!r} must hold shapely points; found {type(found.loc[region]).__name__} at {region}. "
            f"Coordinates in two columns are given as a pair, points=(x, y)."
        )
    given = is_point & ~shapely.is_empty(geometries)
    xy = np.full((len(found), 2), np.nan)
    xy[given] = shapely.get_coordinates(geometries[given])
    return xy


def _two_columns(study: object, frame: Any, points: object) -> np.ndarray:
    pair = isinstance(points, (tuple, list)) and len(points) == 2 and all(isinstance(name, str) for name in points)
    if not pair:
        offered = (
            "'centroid', 'representative', 'edge', a column of points, or a pair of columns such as ('lon', 'lat')"
        )
        raise InputError(f"points must be one of {offered}; found {points!r}.")
    columns = [region_column(study, frame, name, argument="points") for name in points]  # type: ignore[attr-defined]
    return np.column_stack([as_numbers(column, str(column.name)) for column in columns])


def _check_place(xy: np.ndarray, frame: Any, points: object, purpose: str) -> None:
    """Refuse coordinates that are not in the system of the regions."""
    bounds = np.concatenate([xy.min(axis=0), xy.max(axis=0)])
    ours = frame.geometry.total_bounds
    foreign = (
        not can_be_degrees(bounds)
        if frame.crs.is_geographic
        else looks_like_degrees(bounds) and not looks_like_degrees(ours)
    )
    inside = ((xy >= ours[:2]) & (xy <= ours[2:])).all(axis=1)
    if foreign or not inside.any():
        listed = ", ".join(f"{edge:.6g}" for edge in bounds)
        raise CRSError(
            f"{purpose}: the coordinates of points={points!r} ({listed}) are not in the system of the regions, "
            f"{frame.crs.name} ({', '.join(f'{edge:.6g}' for edge in ours)}). "
            f"Give x (longitude) first, then y (latitude), in that system."
        )
