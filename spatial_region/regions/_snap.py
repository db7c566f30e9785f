"""Join borders that were digitised twice, so that neighbours share the very same vertices."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial_region.errors import GeometryError, MissingLibraryError
from spatial_region.weights._segments import metres_per_degree


def snap_borders(
    geoms: NDArray[np.object_], *, snap: float, geographic: bool
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Snap vertices within `snap` to one another, close narrower gaps, give overlaps to one region.

    Parameters
    ----------
    geoms : (n,) valid polygons and multipolygons
    snap : tolerance in the unit of the coordinates, or in metres (of the middle latitude) if `geographic`
    geographic : whether the coordinates are longitude and latitude in degrees

    Returns
    -------
    (n,) polygons and multipolygons that fit together, as far as the distance allows; and
    (n,) whether the region was lost: too small to survive, or moved by more than the distance

    Raises
    ------
    MissingLibraryError
        If shapely is older than 2.2 or its GEOS older than 3.14.
    GeometryError
        If a region crosses itself afterwards.
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
    if not shapely.is_valid(cleaned).all():
        raise GeometryError(
            f"Snapping within {snap:g} leaves regions whose borders cross themselves. Try another distance, or keep "
            f"the file as it is and give snap= to contiguity(), which finds neighbours without moving their borders."
        )
    # With a generous distance the cleaning may hand a region to a neighbour whole: compare what it covers.
    moved = shapely.area(shapely.symmetric_difference(local, cleaned))
    lost = shapely.is_empty(cleaned) | (moved > snap * (shapely.length(local) + shapely.length(cleaned)))
    return shapely.transform(cleaned, lambda xy: xy / scale), lost
