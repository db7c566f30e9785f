"""Weights from how much border two regions share."""

from __future__ import annotations

import numpy as np

from spatial_region.core.geo import check_degrees, unit_metres
from spatial_region.core.options import Islands, check_option
from spatial_region.core.weights import Weights
from spatial_region.errors import CRSError, InputError
from spatial_region.weights._areas import areas_of, links_of
from spatial_region.weights._build import finish
from spatial_region.weights.contiguity import added_pairs


def boundary_length(study: object, *, snap: float | None = None, islands: Islands = "keep") -> Weights:
    """Weights by the length of the border that two regions share, in kilometres.

    ``w_ij = length of the border between i and j``. Row-standardised, ``w_ij`` is the share of j in the border that
    region i has with others: a neighbour along a long border counts for more than one along a short stretch.
    Regions that meet in a corner only are no neighbours here.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    snap : float, optional
        Tolerance in metres for borders that were digitised twice and do not quite meet. Stretches no longer than four
        times the tolerance then count as corners.
    islands : {"keep", "raise"}
        Regions without neighbours: kept and named, or refused.

    Returns
    -------
    Weights
        In kilometres (on the ellipsoid for geographic coordinates), symmetric, not yet standardised. The recipe says
        how many pairs `snap` added.

    Raises
    ------
    OptionError
        If `islands` is not offered.
    InputError
        If `islands` is ``"nearest"``, since an island shares no border with its nearest region, or `snap` is not
        positive.
    WeightsError
        If there are islands and they were forbidden.
    CRSError
        If the regions have no coordinate reference system.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing or no area.

    Warns
    -----
    IslandWarning
        If regions have no neighbour.

    References
    ----------
    Cliff, A. D., and Ord, J. K. (1981). Spatial Processes: Models and Applications. Pion. Chapter 1.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(0, 0, 1000, 3000), shapely.box(1000, 0, 2000, 1000), shapely.box(1000, 1000, 2000, 3000)]
    >>> regions = gpd.GeoDataFrame(geometry=cells, index=list("abc"), crs=3857)
    >>> sr.boundary_length(regions).neighbours("a").round(6).to_dict()
    {'b': 1.0, 'c': 2.0}
    """
    check_option(islands, Islands, "islands")
    if islands == "nearest":
        raise InputError("boundary_length() has no islands='nearest': an island shares no border. Use contiguity().")
    frame, names = areas_of(study, purpose="boundary_length()")
    if frame.crs is None:
        raise CRSError(
            "boundary_length() needs kilometres, and these regions have no coordinate reference system. "
            "Say what their coordinates are, for example regions.set_crs('EPSG:4326') for degrees."
        )
    if frame.crs.is_geographic:
        check_degrees(frame.geometry, purpose="boundary_length()")
    metres = 1.0 if frame.crs.is_geographic else unit_metres(frame.crs)
    links = links_of(frame, snap, lengths=True, purpose="boundary_length")
    matrix = links.matrix(np.asarray(links.border) * metres / 1000.0)
    recipe: dict[str, object] = {"kind": "boundary_length", "unit": "km", "islands": islands}
    if snap is not None:
        exact = links_of(frame, None, lengths=True, purpose="boundary_length")
        recipe |= {"snap": snap, **added_pairs(matrix, exact.matrix(exact.border), frame.index, names)}
    return finish(
        matrix, frame, names, recipe=recipe, islands=islands, advice="Pass snap= if borders do not quite meet."
    )
