"""Areas whose borders are looked at: what has to hold before, and the tolerance in their unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from spatial_region.core.geo import check_degrees, region_frame, unit_metres
from spatial_region.core.messages import name_regions
from spatial_region.errors import CRSError, GeometryError, InputError
from spatial_region.weights._build import check_regions
from spatial_region.weights._links import Links, contact_links


def areas_of(study: object, *, purpose: str) -> tuple[Any, pd.Series | None]:
    """Return regions and display names, after checking that the regions are areas.

    Raises
    ------
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing, not finite or no area.
    """
    frame, names = region_frame(study)
    check_regions(frame, names)
    flat = frame.index[shapely.get_dimensions(np.asarray(frame.geometry.array)) < 2]
    if len(flat):
        raise GeometryError(
            f"{purpose} needs areas; {len(flat)} of {len(frame)} regions are points or lines: "
            f"{name_regions(flat, names)}. Use knn() or distance_band() for points."
        )
    return frame, names


def links_of(frame: Any, snap: float | None, *, lengths: bool, purpose: str) -> Links:
    """Return the regions that touch, or come within `snap` metres of each other.

    Raises
    ------
    InputError
        If `snap` is not a number above 0.
    CRSError
        If `snap` is given and the regions have no coordinate reference system, or lengths that are called degrees.
    """
    geographic = frame.crs is not None and frame.crs.is_geographic
    if snap is not None and geographic:
        check_degrees(frame.geometry, purpose=f"{purpose}(snap=)")
    geometries = np.asarray(frame.geometry.array)
    return contact_links(geometries, snap=_tolerance(snap, frame.crs), geographic=geographic, lengths=lengths)


def _tolerance(snap: float | None, crs: Any) -> float:
    """Return metres when coordinates are degrees, else units of the coordinates."""
    if snap is None:
        return 0.0
    if isinstance(snap, bool) or not isinstance(snap, (int, float, np.number)) or not 0 < snap < np.inf:
        raise InputError(f"snap must be a number of metres above 0; found {snap!r}.")
    if crs is None:
        raise CRSError(
            "snap is in metres, and these regions have no coordinate reference system. "
            "Say what their coordinates are, for example regions.set_crs('EPSG:4326') for degrees."
        )
    return float(snap) if crs.is_geographic else float(snap) / unit_metres(crs)
