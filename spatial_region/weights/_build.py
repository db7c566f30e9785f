"""From pairs of positions to `Weights`: what every builder does last."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely
from scipy import sparse as sp
from scipy.spatial import cKDTree

from spatial_region.core.geo import Points
from spatial_region.core.messages import name_regions
from spatial_region.core.options import Islands
from spatial_region.core.weights import Weights
from spatial_region.errors import DuplicateError, GeometryError, IslandWarning, WeightsError


def check_regions(frame: pd.DataFrame, names: pd.Series | None) -> None:
    """Refuse repeated ids and absent geometry.

    Raises
    ------
    DuplicateError
        If an id occurs twice.
    GeometryError
        If a geometry is missing or empty.
    """
    twice = frame.index[frame.index.duplicated()].unique()
    if len(twice):
        raise DuplicateError(f"regions: found twice: {name_regions(twice, names)}.")
    absent = frame.index[np.asarray(frame.geometry.isna() | frame.geometry.is_empty)]
    if len(absent):
        raise GeometryError(f"no geometry for {len(absent)} regions: {name_regions(absent, names)}.")
    # Bounds pass over NaN in single coordinates, so that these are looked at one by one.
    coordinates, owner = shapely.get_coordinates(np.asarray(frame.geometry.array), return_index=True)
    odd = ~np.isfinite(coordinates).all(axis=1) if len(coordinates) and not _all_finite(coordinates) else None
    lost = frame.index[np.unique(owner[odd])] if odd is not None else frame.index[:0]
    if len(lost):
        raise GeometryError(f"coordinates are not finite in {len(lost)} regions: {name_regions(lost, names)}.")


def _all_finite(coordinates: np.ndarray) -> bool:
    return bool(np.isfinite(coordinates[:, 0]).all() and np.isfinite(coordinates[:, 1]).all())


def symmetric(first: np.ndarray, second: np.ndarray, values: np.ndarray, n: int) -> sp.csr_array:
    """Return the matrix with each unordered pair in both directions."""
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    return sp.csr_array(sp.coo_array((np.concatenate([values, values]), (rows, columns)), shape=(n, n)))


def link_islands(matrix: sp.csr_array, points: Points) -> sp.csr_array:
    """Return the matrix with each island linked, both ways, to its nearest region."""
    islands = np.flatnonzero(np.diff(matrix.indptr) == 0)
    if len(islands) == 0 or matrix.shape[0] < 2:
        return matrix
    _, near = cKDTree(points.xyz).query(points.xyz[islands], k=2)
    nearest = np.where(near[:, 0] == islands, near[:, 1], near[:, 0])
    added = symmetric(islands, nearest, np.ones(len(islands)), matrix.shape[0])
    added.data[:] = 1.0  # two islands that are nearest to each other would add up to 2
    return matrix + added


def finish(
    matrix: sp.csr_array,
    frame: pd.DataFrame,
    names: pd.Series | None,
    *,
    recipe: Mapping[str, object],
    islands: Islands,
    advice: str,
) -> Weights:
    """Return the weights, and name the islands that are left.

    Raises
    ------
    WeightsError
        If there are islands and they were forbidden.
    """
    w = Weights(frame.index, matrix, recipe, names)
    left = w.islands
    if len(left) == 0:
        return w
    found = f"{len(left)} of {w.n} regions have no neighbour: {name_regions(left, names)}."
    if islands == "raise":
        raise WeightsError(f"{found} {advice}")
    warnings.warn(f"{found} Their local statistics are undefined. {advice}", IslandWarning, stacklevel=3)
    return w
