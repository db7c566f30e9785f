"""Weights from distances between regions: k nearest neighbours, distance bands, inverse distance."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.core.options import Islands, Metric, check_option, check_whole_number
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError
from spatial_region.weights._build import finish
from spatial_region.weights._islands import link_to_nearest, pair_matrix
from spatial_region.weights._points import Located, locate


def knn(
    study: object,
    *,
    k: int = 5,
    mutual: bool = False,
    points: str | tuple[str, str] = "centroid",
    metric: Metric | None = None,
    islands: Islands = "keep",
) -> Weights:
    """Weights of 1 for each region's k nearest regions.

    Ties are broken by region id, so that the order of rows never matters. The relation need not be mutual: a region
    can be among the nearest of another that is not among its own.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    k : int
        Number of neighbours, from 1 to n - 1.
    mutual : bool
        Whether only links that go both ways are kept. Regions then have k neighbours at most, and may have none.
    points : str or (str, str)
        Between what distances are taken: ``"centroid"``; ``"representative"``, a point inside each region; ``"edge"``,
        the outlines, so that regions that touch are at 0 km (ties then go to the nearer centroid); a column of
        points, or a pair of columns with x (longitude) and y (latitude), for example of capitals. Columns are those of
        the regions, or of the study if they do not change over time, in the coordinate system of the regions.
    metric : {"great-circle", "geodesic"}, optional
        How degrees become kilometres: great circles on a sphere of radius 6371.0088 km (the default), or geodesics on
        the ellipsoid. Projected coordinates are planar, and take no metric.
    islands : {"keep", "nearest", "raise"}
        With `mutual`, regions without neighbours: kept and named, linked to the nearest region, or refused.

    Returns
    -------
    Weights
        Binary, not yet standardised.

    Raises
    ------
    InputError
        If `k` is not a whole number from 1 to n - 1, or columns do not hold coordinates.
    OptionError
        If `metric` or `islands` is not offered, or a metric is given for projected coordinates.
    UnknownNameError
        If `points` is neither offered nor a column.
    MissingValuesError
        If coordinates are missing.
    WeightsError
        If there are islands and they were forbidden.
    CRSError
        If the regions have no coordinate reference system, or coordinates are not in it.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing.

    Warns
    -----
    IslandWarning
        If regions have no neighbour.

    Notes
    -----
    Great circles are those of pyproj on the same sphere to 9 digits, geodesics those of Karney (2013,
    doi:10.1007/s00190-012-0578-z). Outlines in degrees are followed to 0.3 m along edges, which are straight in
    longitude and latitude. Where two outlines are almost equally near in several places, the distance found is at most
    a share (s / 6371) ** 2 / 6 too long, s being the kilometres from there to where they are nearest. Prefectures 1,000
    km apart come out right to 6 cm.

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 3], [0, 0, 0]), index=list("abc"), crs=4326)
    >>> sr.knn(points, k=1).neighbours("c").index.tolist()
    ['b']
    """
    check_option(islands, Islands, "islands")
    located = locate(study, points, metric, purpose="knn()")
    n = located.n
    if check_whole_number(k, "k", least=1) >= n:
        raise InputError(f"k={k} nearest neighbours need more than {k} regions; there are {n}.")
    rows, columns, _ = located.places.nearest(k)
    matrix = sp.csr_array(sp.coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)))
    recipe: dict[str, object] = {"kind": "knn", "k": k}
    if mutual:
        matrix = sp.csr_array(matrix.multiply(matrix.T))
        matrix = link_to_nearest(matrix, located.places) if islands == "nearest" else matrix
        recipe |= {"mutual": True, "islands": islands}
    advice = "Raise k=, or pass islands='nearest' to link each to its nearest region."
    return finish(matrix, located.frame, located.names, recipe=recipe | located.recipe, islands=islands, advice=advice)


def distance_band(
    study: object,
    *,
    km: float | None = None,
    points: str | tuple[str, str] = "centroid",
    metric: Metric | None = None,
    islands: Islands = "keep",
) -> Weights:
    """Weights of 1 for regions that lie within a distance of each other.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    km : float, optional
        Threshold in kilometres, included. By default the smallest that leaves no region without a neighbour: the
        largest distance to a nearest neighbour.
    points : str or (str, str)
        Between what distances are taken: ``"centroid"``, ``"representative"``, ``"edge"``, a column of points, or a
        pair of columns with x (longitude) and y (latitude); see `knn`.
    metric : {"great-circle", "geodesic"}, optional
        How degrees become kilometres; great circles by default. Projected coordinates are planar.
    islands : {"keep", "nearest", "raise"}
        Regions without neighbours: kept and named, linked to the nearest region, or refused.

    Returns
    -------
    Weights
        Binary and symmetric, not yet standardised; the recipe states `km`.

    Raises
    ------
    InputError
        If `km` is not positive, there is one region only, or columns do not hold coordinates.
    OptionError
        If `metric` or `islands` is not offered, or a metric is given for projected coordinates.
    UnknownNameError
        If `points` is neither offered nor a column.
    MissingValuesError
        If coordinates are missing.
    WeightsError
        If there are islands and they were forbidden.
    CRSError
        If the regions have no coordinate reference system, or coordinates are not in it.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing.

    Warns
    -----
    IslandWarning
        If regions have no neighbour.

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 3], [0, 0, 0]), index=list("abc"), crs=4326)
    >>> round(sr.distance_band(points).recipe["km"], 1)
    222.4
    """
    check_option(islands, Islands, "islands")
    located = locate(study, points, metric, purpose="distance_band()")
    threshold = _smallest_band(located) if km is None else check_positive(km, "km")
    first, second = located.places.links(threshold)
    matrix = pair_matrix(first, second, np.ones(len(first)), located.n)
    if islands == "nearest":
        matrix = link_to_nearest(matrix, located.places)
    recipe = {"kind": "distance_band", "km": threshold, "islands": islands, **located.recipe}
    advice = "Widen km=, or pass islands='nearest' to link each to its nearest region."
    return finish(matrix, located.frame, located.names, recipe=recipe, islands=islands, advice=advice)


def inverse_distance(
    study: object,
    *,
    km: float | None = None,
    power: float = 1.0,
    points: str | tuple[str, str] = "centroid",
    metric: Metric | None = None,
    islands: Islands = "keep",
) -> Weights:
    """Weights that fall with distance: ``w_ij = d_ij ** -power``, up to a cut-off.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    km : float, optional
        Cut-off in kilometres, included; none by default, so that every pair of regions has a weight.
    power : float
        Exponent, above 0: 1 for inverse distance, 2 for inverse squared distance.
    points : str or (str, str)
        Between what distances are taken: ``"centroid"``, ``"representative"``, ``"edge"``, a column of points, or a
        pair of columns with x (longitude) and y (latitude); see `knn`. Regions that touch have no inverse distance
        between edges.
    metric : {"great-circle", "geodesic"}, optional
        How degrees become kilometres; great circles by default. Projected coordinates are planar.
    islands : {"keep", "nearest", "raise"}
        Regions without a neighbour within `km`: kept and named, linked both ways to the nearest region, by the weight
        of their distance, or refused.

    Returns
    -------
    Weights
        In km ** -power, symmetric, not yet standardised.

    Raises
    ------
    InputError
        If `km` or `power` is not positive, two regions are at the same place, columns do not hold coordinates, or
        there are more than 20,000 regions and no `km`.
    OptionError
        If `metric` or `islands` is not offered, or a metric is given for projected coordinates.
    UnknownNameError
        If `points` is neither offered nor a column.
    MissingValuesError
        If coordinates are missing.
    WeightsError
        If there are islands and they were forbidden.
    CRSError
        If the regions have no coordinate reference system, or coordinates are not in it.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing.

    Warns
    -----
    IslandWarning
        If regions have no neighbour.

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 3e3], [0, 0]), index=list("ab"), crs=3857)
    >>> round(float(sr.inverse_distance(points, power=2).neighbours("a")["b"]), 4)
    0.1111
    """
    check_option(islands, Islands, "islands")
    check_positive(power, "power")
    threshold = np.inf if km is None else check_positive(km, "km")
    located = locate(study, points, metric, purpose="inverse_distance()")
    first, second, distances = located.places.within(threshold)
    if (distances == 0).any():
        same = np.concatenate([first[distances == 0], second[distances == 0]])
        shared = "that touch" if points == "edge" else f"with the same {_word(points)}"
        raise InputError(
            f"regions {shared} have no inverse distance: {located.named(same)}. "
            f"Measure between other points=, or use kernel(), whose weights are finite."
        )
    matrix = pair_matrix(first, second, distances**-power, located.n)
    if islands == "nearest":
        matrix = link_to_nearest(matrix, located.places, lambda nearest: nearest**-power)
    recipe = {"kind": "inverse_distance", "power": power, "km": km, "islands": islands, **located.recipe}
    advice = "Widen km=, or pass islands='nearest' to link each to its nearest region."
    return finish(matrix, located.frame, located.names, recipe=recipe, islands=islands, advice=advice)


def check_positive(value: float, argument: str) -> float:
    """Return a number above 0 as a float.

    Raises
    ------
    InputError
        If it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 < value < np.inf:
        raise InputError(f"{argument} must be a number above 0; found {value!r}.")
    return float(value)


def _smallest_band(located: Located) -> float:
    if located.n < 2:
        raise InputError("a distance band needs at least two regions.")
    return float(located.places.nearest(1)[2].max())


def _word(points: str | tuple[str, str]) -> str:
    return {"centroid": "centroid", "representative": "representative point"}.get(str(points), "coordinates")
