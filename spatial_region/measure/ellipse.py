"""Where a variable has its centre and how it spreads: standard deviational ellipses over the years."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.geo import region_frame
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.result import Result
from spatial_region.core.sample import as_numbers
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError, MissingValuesError, UnknownNameError
from spatial_region.measure._ellipse import EllipseShape, inside, outline, weighted_ellipse
from spatial_region.measure._ellipse_plane import Plane, plane_of

_OUTLINE = 180  # corners of an ellipse as a polygon
_COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_FLAT = 1e-6  # a minor axis that is a smaller part of the major one is a line


@dataclass(frozen=True, eq=False, repr=False)
class Ellipses(Result):
    """Ellipses and centres of one variable at each time, and the way of the centre.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row a time: see `table`.
    moves : pandas.DataFrame
        Way of the centre from each time to the next. Index: start, end. Columns: distance_km; bearing, in degrees
        clockwise from true north at the start; direction, the nearest of eight winds; east_km and north_km, the
        distance by these directions; km_per_year, where times are numbers.
    overall : pandas.DataFrame
        The same from the first to the last time, in one row; empty for one time.
    centres, ellipses : geopandas.GeoDataFrame
        Points and polygons by time, in the coordinate reference system of the regions, with the columns of `rows`.
    projection : str
        Plane in which the ellipses were computed.
    regions : Study or geopandas.GeoDataFrame
        What was given, for the map.
    notes : tuple of str
        What a reader must know, such as regions left out.
    spec : Spec
        Settings.
    """

    rows: pd.DataFrame
    moves: pd.DataFrame
    overall: pd.DataFrame
    centres: Any
    ellipses: Any
    projection: str
    regions: Any
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return centre and ellipse at each time.

        Returns
        -------
        pandas.DataFrame
            Indexed by time, or by variable for a cross-section. Columns: n, regions with a value; total, their sum;
            lon and lat of the centre in degrees (NaN without a geographic reference); major_km and minor_km, the
            semi-axes; rotation, direction of the major axis in degrees clockwise from the top of the projection, 0 to
            180 (NaN for a circle); area_km2; flattening, 1 - minor / major; standard_distance_km; inside_share, the
            part of the total in regions whose centroids lie in the ellipse, in %.
        """
        return self.rows.copy()

    def summary(self) -> str:
        """Return the table, the moves and the notes as text."""
        parts = [
            f"Standard deviational ellipses of {self.spec.inputs['variable']} ({self.projection})",
            self.rows.to_string(float_format=_short),
        ]
        if len(self.moves):
            whole = self.overall if len(self.moves) > 1 else self.overall.iloc[:0]
            parts += ["Way of the centre", pd.concat([self.moves, whole]).to_string(float_format=_short)]
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def ellipse(
    study: object, variable: str, *, at: object = None, missing: Missing = "raise", crs: object = None
) -> Ellipses:
    """Find the weighted centre and the standard deviational ellipse of a variable, and how they move over the years.

    Each region stands at its area centroid, with the variable as its weight w. The centre is the weighted mean of
    positions. The axes of the ellipse are the eigenvectors of the weighted covariance, ``sum w d d' / sum w``, with d
    the position less the centre, and its semi-axes are sqrt(2) standard deviations along them: it holds 63 % of a
    normal distribution. This is the ellipse of Yuill (1971) with the factor of CrimeStat and no correction of degrees
    of freedom, as the regions are no sample.

    No plane keeps both areas and directions of a large country: an ellipse that is nearly a circle has a direction that
    depends on the projection, and tells little. The centre and the area hardly do.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions with a coordinate reference system, and their data.
    variable : str
        Totals, such as population or GDP; not rates. None may be negative.
    at : object or sequence, optional
        Time or times; by default every time of a panel.
    missing : {"raise", "drop"}
        What to do with missing values. With ``"drop"`` a region is left out at the times without a value, which moves
        the centre: the result says so.
    crs : optional
        Projected coordinate reference system to compute in. By default an Albers equal-area projection fitted to the
        regions where their coordinates are degrees, and their own otherwise.

    Returns
    -------
    Ellipses
        ``table()`` has one row a time; ``moves`` the way of the centre in geodesic km; ``ellipses`` and ``centres`` are
        shapes in the system of the regions; ``plot()`` draws them.

    Raises
    ------
    InputError
        If values are negative or no numbers, fewer than three regions have a positive one, or these lie on a line.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or none is left.
    UnknownNameError
        If the variable or a time does not exist.
    CRSError
        If the regions have no coordinate reference system, or `crs` is not projected.
    OptionError
        If `missing` is not offered.

    Warns
    -----
    CRSWarning
        If areas in the plane are more than 5 % off at the centre, as in Web Mercator away from the equator.

    References
    ----------
    Lefever, D. W. (1926). Measuring geographic concentration by means of the standard deviational ellipse. American
    Journal of Sociology 32, 88-94. doi:10.1086/214027
    Yuill, R. S. (1971). The standard deviational ellipse: an updated tool for spatial description. Geografiska Annaler
    B 53, 28-39. doi:10.1080/04353684.1971.11879353
    Wang, B., Shi, W. and Miao, Z. (2015). Confidence analysis of standard deviational ellipse and its extension into
    higher dimensional Euclidean space. PLOS ONE 10, e0118537. doi:10.1371/journal.pone.0118537

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1000, y + 1000) for x in (0, 1000, 2000) for y in (0, 1000)]
    >>> grid = gpd.GeoDataFrame(geometry=cells, index=list("abcdef"), crs=3857)
    >>> index = pd.MultiIndex.from_product([list("abcdef"), [2000, 2010]])
    >>> people = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3]
    >>> found = sr.ellipse(sr.make_study(grid, pd.DataFrame({"people": people}, index=index)), "people")
    >>> found.table()[["major_km", "minor_km", "rotation"]].round(3).to_numpy().tolist()
    [[1.155, 0.707, 90.0], [1.188, 0.657, 78.76]]
    >>> found.moves[["distance_km", "direction"]].round(2).values.tolist()
    [[0.28, 'NE']]
    """
    check_option(missing, Missing, "missing")
    frame, names = region_frame(study)
    plane = plane_of(frame.geometry, crs)
    series = _by_time(study, frame, variable, at)
    shapes, rows, notes = {}, {}, []
    for time, values in series.items():
        numbers, note = _weights(values, variable, time if len(series) > 1 else at, names, missing)
        notes += note
        known = np.isfinite(numbers)
        x, y, w = plane.xy[known, 0], plane.xy[known, 1], numbers[known]
        shapes[time] = _fitted(x, y, w, f"{variable!r}" + (f" at {time}" if len(series) > 1 else ""))
        rows[time] = _row(shapes[time], plane, x, y, w)
    axis = "time" if isinstance(study, Study) and study.is_panel else "variable"
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(axis)
    plane.check_areas(table[["lon", "lat"]].to_numpy())
    steps = list(pairwise(shapes))
    return Ellipses(
        rows=table,
        moves=_moves(shapes, steps, plane),
        overall=_moves(shapes, [(next(iter(shapes)), list(shapes)[-1])] if steps else [], plane),
        centres=plane.points(table, [(shape.x, shape.y) for shape in shapes.values()]),
        ellipses=plane.polygons(table, [outline(shape, _OUTLINE) for shape in shapes.values()]),
        projection=plane.name,
        regions=study,
        notes=tuple(dict.fromkeys(notes)),
        spec=make_spec(
            "ellipse",
            options={"at": at, "missing": missing, "crs": plane.name},
            inputs={
                "variable": variable,
                "n": len(frame),
                "times": list(shapes) if axis == "time" else [],
                "ids_digest": digest(frame.index.sort_values()),
            },
        ),
    )


def _by_time(study: object, frame: Any, variable: str, at: object) -> dict[Any, pd.Series]:
    """Return the values by region at each time asked for, in the order of time."""
    if not isinstance(study, Study):
        if at is not None:
            raise InputError("at= is for a study with time; this is one cross-section.")
        if variable not in frame.columns:
            raise UnknownNameError(f"no variable {variable!r}. There are: {name_some(frame.columns, limit=20)}.")
        return {variable: frame[variable]}
    if not study.is_panel:
        return {variable: study.values(variable, at=at)}
    several = isinstance(at, Iterable) and not isinstance(at, str)
    wanted = study.times if at is None else list(at) if several else [at]  # type: ignore[call-overload]
    if not wanted:
        raise InputError("at= names no time.")
    found = {time: study.values(variable, at=time) for time in wanted}
    return {time: found[time] for time in study.times if time in found}


def _weights(
    values: pd.Series, variable: str, time: object, names: pd.Series | None, missing: Missing
) -> tuple[np.ndarray, list[str]]:
    """Return the values as weights, NaN where a region is left out, and a note of these."""
    where = f"{variable!r}" + (f" at {time}" if time is not None else "")
    numbers = as_numbers(values, variable)
    absent = ~np.isfinite(numbers)
    negative = numbers < 0
    if negative.any():
        raise InputError(
            f"{where} is negative for {negative.sum()} of {len(values)} regions: "
            f"{name_regions(values.index[negative], names)}. A centre needs totals, none of them negative."
        )
    if not absent.any():
        return numbers, []
    told = (
        f"{where} is missing for {absent.sum()} of {len(values)} regions: {name_regions(values.index[absent], names)}."
    )
    if missing == "raise" or absent.all():
        raise MissingValuesError(f'{told} Pass missing="drop" or fill it first.')
    return np.where(absent, np.nan, numbers), [f"{told} They are left out of the centre."]


def _fitted(x: np.ndarray, y: np.ndarray, w: np.ndarray, what: str) -> EllipseShape:
    positive = int((w > 0).sum())
    if positive < 3:
        raise InputError(f"{what} is positive in {positive} of {len(w)} regions; an ellipse needs at least three.")
    shape = weighted_ellipse(x, y, w / w.max())
    if shape.minor <= _FLAT * shape.major:
        raise InputError(f"{what}: the regions with a positive value lie on a line, which has no ellipse.")
    return shape


def _row(shape: EllipseShape, plane: Plane, x: np.ndarray, y: np.ndarray, w: np.ndarray) -> dict[str, float]:
    lon, lat = plane.degrees(shape.x, shape.y)
    return {
        "n": len(w),
        "total": float(np.sum(np.sort(w))),
        "lon": lon,
        "lat": lat,
        "major_km": shape.major,
        "minor_km": shape.minor,
        "rotation": shape.rotation,
        "area_km2": float(np.pi * shape.major * shape.minor),
        "flattening": 1 - shape.minor / shape.major,
        "standard_distance_km": float(np.sqrt((shape.major**2 + shape.minor**2) / 2)),
        "inside_share": 100 * float(np.sum(np.sort(w[inside(shape, x, y)])) / np.sum(np.sort(w))),
    }


def _moves(shapes: dict[Any, EllipseShape], steps: list[tuple[Any, Any]], plane: Plane) -> pd.DataFrame:
    rows = []
    for start, end in steps:
        a, b = shapes[start], shapes[end]
        km, bearing = plane.move((a.x, a.y), (b.x, b.y))
        numeric = all(isinstance(time, (int, float, np.number)) for time in (start, end))
        rows.append(
            {
                "distance_km": km,
                "bearing": bearing,
                "direction": "" if np.isnan(bearing) else _COMPASS[round(bearing / 45) % 8],
                "east_km": 0.0 if np.isnan(bearing) else km * float(np.sin(np.radians(bearing))),
                "north_km": 0.0 if np.isnan(bearing) else km * float(np.cos(np.radians(bearing))),
                "km_per_year": km / float(end - start) if numeric else float("nan"),
            }
        )
    columns = ["distance_km", "bearing", "direction", "east_km", "north_km", "km_per_year"]
    return pd.DataFrame(
        rows, columns=columns, index=pd.MultiIndex.from_tuples(steps, names=["start", "end"]) if steps else None
    )


def _short(number: float) -> str:
    return f"{number:.5g}"
