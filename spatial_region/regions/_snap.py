"""Join borders that were digitised twice, so that neighbours share the very same vertices."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial_region.errors import GeometryError, MissingLibraryError
from spatial_region.weights._segments import metres_per_degree


def snap_borders(geoms: NDArray[np.object_], *, snap: float, geographic: bool) -> NDArray[np.object_]:
    """Snap vertices within `snap` to one another, close narrower gaps, give overlaps to one region.

    Parameters
    ----------
    geoms : (n,) valid polygons and multipolygons
    snap : tolerance in the unit of the coordinates, or in metres (of the middle latitude) if `geographic`
    geographic : whether the coordinates are longitude and latitude in degrees

    Returns
    -------
    (n,) polygons and multipolygons that form a coverage; empty where a region was too small to survive

    Raises
    ------
    MissingLibraryError
        If shapely is older than 2.2 or its GEOS older than 3.14.
    GeometryError
        If the borders still do not fit together.
    """
    if not hasattr(shapely, "coverage_clean") or shapely.geos_version < (3, 14, 0):
        raise MissingLibraryError(
            f"snap= needs shapely 2.2 or newer with GEOS 3.14; found {shapely.__version__} with "
            f"{shapely.geos_version_string}. Upgrade shapely, or give snap= to contiguity() instead."
        )
    scale = np.ones(2)
    if geographic:
        bounds = shapely.total_bounds(geoms)
        scale = metres_per_degree(np.array([(bounds[1] + bounds[3]) / 2.0]))[0]
    local = shapely.transform(geoms, lambda xy: xy * scale)
    cleaned = shapely.coverage_clean(local, snapping_distance=snap, gap_width=snap)
    if not shapely.coverage_is_valid(cleaned):
        # Crossings made by the snapping itself are noded by a second pass at the finest distance.
        cleaned = shapely.coverage_clean(cleaned, gap_width=snap)
    cleaned = shapely.transform(cleaned, lambda xy: xy / scale)
    if not (shapely.coverage_is_valid(cleaned) and shapely.is_valid(cleaned).all()):
        raise GeometryError(
            f"Snapping within {snap:g} m leaves borders that cross. Try another distance, or keep the file as it "
            f"is and give snap= to contiguity(), which finds neighbours without moving their borders."
        )
    out: NDArray[np.object_] = cleaned
    return out
