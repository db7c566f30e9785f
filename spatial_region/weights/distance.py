"""Weights from distances between centroids: k nearest neighbours, distance bands, inverse distance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.spatial import cKDTree

from spatial_region.core.geo import Points, region_frame, region_points
from spatial_region.core.messages import name_regions
from spatial_region.core.options import Islands, check_option, check_whole_number
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError
from spatial_region.weights._build import check_regions, finish, link_islands

_TIE = 1e-9  # distances that differ by less than this share are ties


def knn(study: object, *, k: int = 5) -> Weights:
    """Weights of 1 for each region's k nearest regions, by the distance between centroids.

    Geographic coordinates give great-circle distances. Ties are broken by region id, so that the order of rows
    never matters. The relation need not be mutual.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    k : int
        Number of neighbours, from 1 to n - 1.

    Returns
    -------
    Weights
        Binary, not yet standardised.

    Raises
    ------
    InputError
        If `k` is not a whole number from 1 to n - 1.
    CRSError
        If the regions have no coordinate reference system.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing.

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 3], [0, 0, 0]), index=list("abc"), crs=4326)
    >>> sr.knn(points, k=1).neighbours("c").index.tolist()
    ['b']
    """
    frame, names, points = _located(study, "knn()")
    n = len(frame)
    if check_whole_number(k, "k", least=1) >= n:
        raise InputError(f"k={k} nearest neighbours need more than {k} regions; there are {n}.")
    columns = nearest(points.xyz, k, frame.index)
    matrix = sp.csr_array((np.ones(n * k), columns.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return Weights(frame.index, matrix, {"kind": "knn", "k": k, **_measured(frame)}, names)


def distance_band(study: object, *, km: float | None = None, islands: Islands = "keep") -> Weights:
    """Weights of 1 for regions whose centroids lie within a distance.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    km : float, optional
        Threshold in kilometres (great-circle for geographic coordinates), included. By default the smallest that
        leaves no region without a neighbour: the largest distance to a nearest neighbour.
    islands : {"keep", "nearest", "raise"}
        Regions without neighbours: kept and named, linked to the nearest region, or refused.

    Returns
    -------
    Weights
        Binary, not yet standardised; the recipe states `km`.

    Raises
    ------
    InputError
        If `km` is not positive.
    WeightsError
        If there are islands and they were forbidden.
    CRSError
        If the regions have no coordinate reference system.

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
    frame, names, points = _located(study, "distance_band()")
    threshold = _threshold(points, km)
    pairs = _within(points, threshold)
    matrix = _one_weights(pairs, len(frame))
    if islands == "nearest":
        matrix = link_islands(matrix, points)
    recipe = {"kind": "distance_band", "km": threshold, "islands": islands, **_measured(frame)}
    advice = "Widen km=, or pass islands='nearest' to link each to its nearest region."
    return finish(matrix, frame, names, recipe=recipe, islands=islands, advice=advice)


def inverse_distance(
    study: object, *, km: float | None = None, power: float = 1.0, islands: Islands = "keep"
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
    islands : {"keep", "nearest", "raise"}
        Regions without a neighbour within `km`. ``"nearest"`` is offered by contiguity and bands only.

    Returns
    -------
    Weights
        In km ** -power, not yet standardised.

    Raises
    ------
    InputError
        If `km` or `power` is not positive, or two regions have the same centroid.
    WeightsError
        If there are islands and they were forbidden.
    CRSError
        If the regions have no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 3e3], [0, 0]), index=list("ab"), crs=3857)
    >>> round(float(sr.inverse_distance(points, power=2).neighbours("a")["b"]), 4)
    0.1111
    """
    check_option(islands, Islands, "islands")
    if islands == "nearest":
        raise InputError("inverse_distance() has no islands='nearest'; without km= every region has neighbours.")
    _check_positive(power, "power")
    frame, names, points = _located(study, "inverse_distance()")
    threshold = np.inf if km is None else _check_positive(km, "km")
    rows, columns, distances = _within(points, threshold)
    if (distances == 0).any():
        same = frame.index[np.unique(rows[distances == 0])]
        raise InputError(f"regions with the same centroid have no inverse distance: {name_regions(same, names)}.")
    n = len(frame)
    matrix = sp.csr_array(sp.coo_array((distances**-power, (rows, columns)), shape=(n, n)))
    recipe = {"kind": "inverse_distance", "power": power, "km": km, **_measured(frame)}
    return finish(matrix, frame, names, recipe=recipe, islands=islands, advice="Widen km=.")


def nearest(xyz: np.ndarray, k: int, ids: pd.Index) -> np.ndarray:
    """Return the positions of each point's k nearest others, sorted by position; ties go to the smaller id."""
    n = len(xyz)
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(np.asarray(ids.astype(str)), kind="stable")] = np.arange(n)
    tree = cKDTree(xyz)
    result = np.empty((n, k), dtype=np.int64)
    open_rows, asked = np.arange(n), min(n, k + 9)
    while len(open_rows):
        distances, found = tree.query(xyz[open_rows], k=asked)
        distances = np.where(found == open_rows[:, None], -1.0, distances)  # itself first, whatever coincides with it
        steps = np.diff(np.sort(distances, axis=1)[:, 1:], axis=1, prepend=-np.inf)
        ordered = np.sort(distances, axis=1)[:, 1:]
        tie_group = np.cumsum(steps > _TIE * np.maximum(ordered, 1e-300), axis=1)
        place = np.argsort(distances, axis=1, kind="stable")[:, 1:]
        candidates = np.take_along_axis(found, place, axis=1)
        chosen = np.lexsort((rank[candidates], tie_group), axis=1)[:, :k]
        result[open_rows] = np.sort(np.take_along_axis(candidates, chosen, axis=1), axis=1)
        # Where the last candidate ties with the k-th, further ties may lie beyond what was asked for.
        unsure = (tie_group[:, k - 1] == tie_group[:, -1]) & (asked < n)
        open_rows, asked = open_rows[unsure], min(n, asked * 4)
    return result


def _located(study: object, purpose: str) -> tuple[Any, pd.Series | None, Points]:
    frame, names = region_frame(study)
    check_regions(frame, names)
    return frame, names, region_points(frame.geometry, purpose=purpose)


def _measured(frame: Any) -> dict[str, object]:
    return {
        "points": "centroid",
        "distance": "great-circle" if frame.crs.is_geographic else "planar",
        "crs": frame.crs.to_string(),
    }


def _check_positive(value: float, argument: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 < value < np.inf:
        raise InputError(f"{argument} must be a number above 0; found {value!r}.")
    return float(value)


def _threshold(points: Points, km: float | None) -> float:
    if km is not None:
        return _check_positive(km, "km")
    if len(points.xyz) < 2:
        raise InputError("a distance band needs at least two regions.")
    chords, _ = cKDTree(points.xyz).query(points.xyz, k=2)
    return float(points.km(chords[:, 1]).max())


def _within(points: Points, km: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, columns and km of every ordered pair within `km`, ends included despite rounding."""
    reach = points.chord(km) * (1 + 1e-12) if np.isfinite(km) else np.inf
    tree = cKDTree(points.xyz)
    first, second = (
        tree.query_pairs(reach, output_type="ndarray").T
        if np.isfinite(reach)
        else np.triu_indices(len(points.xyz), k=1)
    )
    distances = points.km(np.linalg.norm(points.xyz[first] - points.xyz[second], axis=1))
    return np.concatenate([first, second]), np.concatenate([second, first]), np.concatenate([distances, distances])


def _one_weights(pairs: tuple[np.ndarray, np.ndarray, np.ndarray], n: int) -> sp.csr_array:
    rows, columns, _ = pairs
    return sp.csr_array(sp.coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)))
