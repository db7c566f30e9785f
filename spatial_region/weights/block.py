"""Weights from a grouping: regions of the same group are neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.geo import region_frame
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Islands, check_option
from spatial_region.core.weights import Weights
from spatial_region.errors import DuplicateError, InputError, MissingValuesError
from spatial_region.weights._attributes import region_column
from spatial_region.weights._build import finish

_MOST_LINKS = 400_000_000  # what 5 GB hold


def block(study: object, grouping: str | pd.Series, *, islands: Islands = "keep") -> Weights:
    """Weights of 1 for regions of the same group, such as the prefectures of one province.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    grouping : str or pandas.Series
        Column of the regions (or of the study's data, if it does not change over time), or a Series that gives the
        group of each region id.
    islands : {"keep", "raise"}
        Regions that are alone in their group: kept and named, or refused. They are not linked to the nearest, which
        is in another group.

    Returns
    -------
    Weights
        Binary and symmetric, not yet standardised; each group is one component.

    Raises
    ------
    MissingValuesError
        If the group of a region is missing.
    UnknownNameError
        If there is no such column.
    InputError
        If `grouping` is neither a column nor a Series, changes over time, or ``islands="nearest"``.
    DuplicateError
        If an id occurs twice.
    OptionError
        If `islands` is not offered.
    WeightsError
        If there are islands and they were forbidden.

    Warns
    -----
    IslandWarning
        If regions are alone in their group.

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(range(4), [0] * 4), index=list("abcd"))
    >>> w = sr.block(points.assign(plate=["east", "west", "west", "east"]), "plate")
    >>> w.neighbours("a").index.tolist(), w.n_components
    (['d'], 2)
    """
    check_option(islands, Islands, "islands")
    if islands == "nearest":
        raise InputError("block() has no islands='nearest': the nearest region of another group is not of the same.")
    frame, names = region_frame(study)
    groups = _groups(study, frame, grouping)
    missing = frame.index[groups.isna()]
    if len(missing):
        raise MissingValuesError(
            f"grouping {_label(grouping)!r}: no group for {len(missing)} of {len(frame)} regions: "
            f"{name_regions(missing, names)}."
        )
    codes, found = pd.factorize(groups)
    links = int((np.bincount(codes).astype(np.float64) ** 2).sum())
    if links > _MOST_LINKS:
        raise InputError(f"groups this large have {links:,} links; at most {_MOST_LINKS:,} fit. Use smaller groups.")
    recipe = {"kind": "block", "grouping": _label(grouping), "groups": len(found), "islands": islands}
    advice = "Each is alone in its group."
    matrix = block_matrix(codes)
    return finish(matrix, frame, names, recipe=recipe, islands=islands, advice=advice)


def block_matrix(codes: np.ndarray) -> sp.csr_array:
    """Return 1 for each pair of positions with the same code, a position with itself left out."""
    n = len(codes)
    members = np.argsort(codes, kind="stable")  # group by group, ascending within each
    size = np.bincount(codes)
    start = np.cumsum(size) - size
    count = size[codes]
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    columns = members[np.repeat(start[codes], count) + offset]
    rows = np.repeat(np.arange(n), count)
    apart = rows != columns
    indptr = np.concatenate([[0], np.cumsum(count - 1)])
    return sp.csr_array((np.ones(len(columns) - n), columns[apart], indptr), shape=(n, n))


def _groups(study: object, frame: Any, grouping: str | pd.Series) -> pd.Series:
    if isinstance(grouping, str):
        return region_column(study, frame, grouping, argument="grouping")
    if not isinstance(grouping, pd.Series):
        raise InputError(
            f"grouping must be a column of the regions or a Series indexed by region id; "
            f"found {type(grouping).__name__}."
        )
    if grouping.index.has_duplicates:
        twice = grouping.index[grouping.index.duplicated()].unique()
        raise DuplicateError(f"grouping: found twice: {name_some(twice)}.")
    return grouping.reindex(frame.index)


def _label(grouping: str | pd.Series) -> str:
    return grouping if isinstance(grouping, str) else str(grouping.name)
