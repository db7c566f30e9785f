"""Boundaries from any file: read, checked, indexed by region id."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.errors import CoverageWarning, CRSError, GeometryError, InputError, ReadError, UnknownNameError
from spatial_region.regions._ids import check_text, region_ids, region_names
from spatial_region.regions._snap import snap_borders
from spatial_region.regions.coverage import check_coverage, length_unit

_POLYGONAL = ("Polygon", "MultiPolygon")


def read_regions(
    source: object,
    *,
    id: str | None = None,  # noqa: A002
    name: str | None = None,
    repair: bool = False,
    snap: float | None = None,
    check: bool = True,
    layer: str | None = None,
    encoding: str | None = None,
) -> Any:
    """Read boundaries from a file or a GeoDataFrame, check them, and index them by region id.

    Parameters
    ----------
    source : path or geopandas.GeoDataFrame
        A file in any format that GDAL reads (GeoPackage, Shapefile, GeoJSON, ...), or a frame, which is not
        changed.
    id : str, optional
        Column that holds the id of each region. Numbers become text without a decimal point. May be left out
        for a frame whose index has a name and holds the ids.
    name : str, optional
        Column with display names.
    repair : bool
        Whether to mend invalid geometries (`shapely.make_valid`, keeping the areas).
    snap : float, optional
        Metres within which borders that were digitised twice are joined, narrower gaps closed, and overlaps
        given to one region.
    check : bool
        Whether to check how the boundaries fit together, and warn where they do not.
    layer : str, optional
        Layer of a file with several.
    encoding : str, optional
        Text encoding of a file that does not state it, for example "GBK".

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by id (text; the index is called "region"), all columns kept, `attrs["name"]` the column of
        display names.

    Raises
    ------
    ReadError
        If the file is absent, empty, of no known format, or its text was read in another encoding.
    UnknownNameError
        If there is no such column or layer.
    InputError
        If `id` or `layer` is needed and not given, `id` or `name` is the geometry, `snap` is no positive number, or
        `encoding` no text.
    MissingValuesError, DuplicateError
        If an id is missing or occurs twice.
    CRSError
        If there is no coordinate reference system, or it does not fit the coordinates.
    GeometryError
        If a geometry is empty, not an area, or invalid (and `repair` is false), or snapping would lose a region.

    Warns
    -----
    CoverageWarning
        If borders are digitised twice, overlap or leave slivers between regions; see `check_coverage`.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, 0, x + 1, 1) for x in (0, 1)]
    >>> frame = gpd.GeoDataFrame({"code": [130100.0, 130200.0]}, geometry=cells, crs=4326)
    >>> sr.read_regions(frame, id="code").index.tolist()
    ['130100', '130200']
    """
    number = isinstance(snap, (int, float, np.number)) and not isinstance(snap, bool)
    if snap is not None and not (number and np.isfinite(snap) and snap > 0):
        raise InputError(f"snap must be a positive number of metres; found {snap!r}.")
    if encoding is not None and not isinstance(encoding, str):
        raise InputError(f"encoding must be a name such as 'GBK'; found {encoding!r}.")
    frame, where = _open(source, layer=layer, encoding=encoding)
    for column, argument in ((id, "id"), (name, "name")):
        if column is not None and column not in frame.columns:
            raise UnknownNameError(
                f"{where} has no column {column!r} ({argument}=).{did_you_mean(column, frame.columns)} "
                f"Columns: {name_some(frame.columns.drop(frame.geometry.name), limit=30)}."
            )
        if column == frame.geometry.name:
            raise InputError(f"{argument}={column!r} is the geometry of {where}; choose a column of codes or names.")
    for column in (id, name):
        if column is not None:
            check_text(frame[column], where)
    frame.index = region_ids(frame, id, where)
    names = None if name is None else region_names(frame, name, where)
    _check_crs(frame, where)
    frame = frame.set_geometry(_sound(frame, names, where, repair=repair))
    if snap is not None:
        frame = frame.set_geometry(_snapped(frame, names, snap))
    frame.attrs.pop("name", None)
    if name is not None:
        frame.attrs["name"] = name
    if check:
        report = check_coverage(frame)
        if not report.fits:
            message = " ".join([f"The boundaries of {where} do not fit together.", *report.faults(), report.advice()])
            warnings.warn(message, CoverageWarning, stacklevel=2)
    return frame


def _open(source: object, *, layer: str | None, encoding: str | None) -> tuple[Any, str]:
    """A frame of one's own to work on, and words that say where it came from."""
    if isinstance(source, pd.DataFrame):
        if not hasattr(source, "geometry") or not hasattr(source, "crs"):
            raise InputError("The table has no geometry: pass a GeoDataFrame, or the path of a boundary file.")
        return source.copy(deep=True), "the GeoDataFrame"
    if not isinstance(source, str | Path):
        raise InputError(f"read_regions() takes a path or a GeoDataFrame; found {type(source).__name__}.")
    path = Path(source)
    if not path.exists():
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*")]) if path.parent.is_dir() else ""
        raise ReadError(f"There is no file {path}.{near}")
    layer = _one_layer(path, layer)
    try:
        frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise ReadError(
            f"The text of {path.name} is not in the encoding {encoding or 'stated in the file'!r}. "
            f"Pass another, for example encoding='GBK' or encoding='UTF-8'."
        ) from error
    except (DataSourceError, DataLayerError) as error:
        raise ReadError(f"{path.name} cannot be read: {error}") from error
    if not hasattr(frame, "geometry"):
        raise ReadError(f"{path.name} holds a table without boundaries. A boundary file is needed, such as .gpkg.")
    if len(frame) == 0:
        raise ReadError(f"{path.name} holds no regions.")
    return frame, path.name


def _one_layer(path: Path, layer: str | None) -> str:
    """The layer asked for, or the only one."""
    try:
        layers = [str(known) for known in pyogrio.list_layers(path)[:, 0]]
    except DataSourceError as error:
        raise ReadError(
            f"{path.name} is empty, damaged, or in no boundary format that GDAL knows (GeoPackage, Shapefile, "
            f"GeoJSON, ...): {error}"
        ) from error
    if layer is None and len(layers) == 1:
        return layers[0]
    if not layers:
        raise ReadError(f"{path.name} holds no layer.")
    if layer is None:
        raise InputError(f"{path.name} holds {len(layers)} layers: {name_some(layers, limit=30)}. Say which: layer=.")
    if layer not in layers:
        raise UnknownNameError(
            f"{path.name} has no layer {layer!r}.{did_you_mean(layer, layers)} Layers: {name_some(layers, limit=30)}."
        )
    return layer


def _check_crs(frame: Any, where: str) -> None:
    """Refuse degrees passed as metres, and the reverse."""
    if frame.crs is None:
        raise CRSError(
            f"{where} has no coordinate reference system. Read it with geopandas, say what its coordinates are, for "
            f"example regions.set_crs('EPSG:4326') for longitude and latitude, and pass the frame."
        )
    west, south, east, north = frame.total_bounds
    if np.isnan(west):
        return
    in_degrees = west >= -180 and east <= 180 and south >= -90 and north <= 90
    extent = f"from {west:.6g}, {south:.6g} to {east:.6g}, {north:.6g}"
    if frame.crs.is_geographic and not (west >= -360 and east <= 360 and south >= -90.001 and north <= 90.001):
        raise CRSError(
            f"{where} says its coordinates are degrees ({frame.crs.name}), but they run {extent}: they are projected. "
            f"State the true system with set_crs(..., allow_override=True)."
        )
    if frame.crs.is_projected and in_degrees:
        raise CRSError(
            f"{where} says its coordinates are lengths ({frame.crs.name}), but they run {extent}: they look like "
            f"longitude and latitude. State the true system with set_crs('EPSG:4326', allow_override=True)."
        )


def _sound(frame: Any, names: pd.Series | None, where: str, *, repair: bool) -> Any:
    """The geometries as valid polygons without heights."""
    geometry = frame.geometry
    geoms = np.array(shapely.force_2d(geometry.array), dtype=object)
    empty = shapely.is_missing(geoms) | shapely.is_empty(geoms)
    _refuse(frame, names, empty, f"have no geometry in {where}", "Leave them out, or take them from another file.")
    types = pd.Series(shapely.get_type_id(geoms)).map({3: "Polygon", 6: "MultiPolygon"})
    other = types.isna().to_numpy() & ~((shapely.get_type_id(geoms) == 7) & repair)
    kinds = sorted({geom.geom_type for geom in geoms[other]})
    _refuse(frame, names, other, f"have no area ({', '.join(kinds)}) in {where}", "Regions are polygons.")
    invalid = ~shapely.is_valid(geoms)
    if not repair:
        reason = str(shapely.is_valid_reason(geoms[invalid][0])) if invalid.any() else ""
        advice = f"The first: {reason}. Pass repair=True to mend them."
        _refuse(frame, names, invalid, f"have an invalid geometry in {where}", advice)
    mend = invalid | (shapely.get_type_id(geoms) == 7)
    if mend.any():
        geoms[mend] = [_areas(geom) for geom in shapely.make_valid(geoms[mend])]
        _refuse(frame, names, shapely.is_empty(geoms), "have no area left after repair", "Take them from another file.")
    return type(geometry)(geoms, index=frame.index, crs=geometry.crs)


def _areas(geom: Any) -> Any:
    """The polygonal part of a geometry."""
    parts = shapely.get_parts(geom)
    flat = [part for piece in parts for part in shapely.get_parts(piece) if part.geom_type == "Polygon"]
    return shapely.union_all(flat) if len(flat) != 1 else flat[0]


def _refuse(frame: Any, names: pd.Series | None, bad: Any, fault: str, advice: str) -> None:
    if bad.any():
        raise GeometryError(
            f"{int(bad.sum())} of {len(frame)} regions {fault}: {name_regions(frame.index[bad], names)}. {advice}"
        )


def _snapped(frame: Any, names: pd.Series | None, snap: float) -> Any:
    """Borders joined within `snap` metres; left as they are where nothing is to be joined."""
    geometry = frame.geometry
    if check_coverage(frame, tolerance=snap).fits:
        return geometry
    geographic, unit = length_unit(frame.crs)
    geoms, lost = snap_borders(np.asarray(geometry.array, dtype=object), snap=snap / unit, geographic=geographic)
    advice = "They are small for the distance, or lie on top of others: pass a smaller snap."
    _refuse(frame, names, lost, f"lost their shape in snapping within {snap:g} m", advice)
    return type(geometry)(geoms, index=frame.index, crs=geometry.crs)
