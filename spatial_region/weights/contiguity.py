"""Weights from shared borders and corners."""

from __future__ import annotations

import numpy as np
import shapely
from scipy import sparse as sp

from spatial_region.core.geo import check_degrees, region_frame, region_points, unit_metres
from spatial_region.core.messages import name_regions
from spatial_region.core.options import ContiguityKind, Islands, check_option, check_whole_number
from spatial_region.core.weights import Weights
from spatial_region.errors import CRSError, GeometryError, InputError
from spatial_region.weights._build import check_regions, finish, link_islands, symmetric
from spatial_region.weights._contact import Contact, contact_pairs


def contiguity(
    study: object,
    *,
    kind: ContiguityKind = "queen",
    order: int = 1,
    cumulative: bool = False,
    snap: float | None = None,
    islands: Islands = "keep",
) -> Weights:
    """Weights of 1 for regions that share a border (rook), or a border or a corner (queen).

    Contact is geometric: a border whose two sides are drawn with different vertices still counts, unlike in
    packages that compare vertices.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    kind : {"queen", "rook"}
        Whether a corner is enough.
    order : int
        1 for neighbours, 2 for neighbours of neighbours, and so on.
    cumulative : bool
        Whether neighbours of lower order count too.
    snap : float, optional
        Tolerance in metres for borders that were digitised twice and do not quite meet. `check_coverage`
        tells which is needed.
    islands : {"keep", "nearest", "raise"}
        Regions without neighbours: kept and named, linked to the region with the nearest centroid, or refused.

    Returns
    -------
    Weights
        Binary and symmetric, not yet standardised. The recipe says how many pairs `snap` added.

    Raises
    ------
    OptionError
        If `kind` or `islands` is not offered.
    InputError
        If `order` is not a whole number of at least 1, or `snap` is not positive.
    WeightsError
        If there are islands and they were forbidden.
    CRSError
        If `snap` or ``islands="nearest"`` is asked for and the regions have no coordinate reference system.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing or no area.

    Warns
    -----
    IslandWarning
        If regions have no neighbour.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(3) for y in range(3)]
    >>> grid = gpd.GeoDataFrame(geometry=cells, index=list("abcdefghi"), crs=3857)
    >>> sr.contiguity(grid).n_links, sr.contiguity(grid, kind="rook").n_links
    (40, 24)
    """
    check_option(kind, ContiguityKind, "kind")
    check_option(islands, Islands, "islands")
    check_whole_number(order, "order", least=1)
    frame, names = region_frame(study)
    check_regions(frame, names)
    geometries = np.asarray(frame.geometry.array)
    flat = frame.index[shapely.get_dimensions(geometries) < 2]
    if len(flat):
        raise GeometryError(
            f"contiguity needs areas; {len(flat)} of {len(frame)} regions are points or lines: "
            f"{name_regions(flat, names)}. Use knn() or distance_band() for points."
        )
    recipe: dict[str, object] = {"kind": kind, "order": order}
    if order > 1:
        recipe["cumulative"] = cumulative
    geographic = frame.crs is not None and frame.crs.is_geographic
    if snap is not None and geographic:
        check_degrees(frame.geometry, purpose="contiguity(snap=)")
    contact = contact_pairs(geometries, snap=_tolerance(snap, frame.crs), geographic=geographic)
    matrix = _first_order(contact, kind, len(frame))
    if snap is not None:
        exact = _first_order(contact_pairs(geometries, geographic=geographic), kind, len(frame))
        recipe |= {"snap": snap, "pairs added by snap": (matrix.nnz - exact.nnz) // 2}
    if islands == "nearest":
        matrix = link_islands(matrix, region_points(frame.geometry, purpose="islands='nearest'"))
    recipe["islands"] = islands
    if order > 1:
        matrix = _higher_order(matrix, order, cumulative=cumulative)
    advice = "Pass islands='nearest' to link each to its nearest region, or snap= if borders do not meet."
    return finish(matrix, frame, names, recipe=recipe, islands=islands, advice=advice)


def _tolerance(snap: float | None, crs: object) -> float:
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
    return float(snap) if crs.is_geographic else float(snap) / unit_metres(crs)  # type: ignore[attr-defined]


def _first_order(contact: Contact, kind: ContiguityKind, n: int) -> sp.csr_array:
    kept = contact.border > 0 if kind == "rook" else np.ones(len(contact.first), dtype=bool)
    first, second = contact.first[kept], contact.second[kept]
    return symmetric(first, second, np.ones(len(first)), n)


def _higher_order(matrix: sp.csr_array, order: int, *, cumulative: bool) -> sp.csr_array:
    """Return the pairs whose shortest path has `order` steps, or at most so many."""
    n = matrix.shape[0]
    reached = sp.eye_array(n, format="csr", dtype=np.float64)
    shell = reached
    for _ in range(order):
        step = shell @ matrix
        step.data[:] = 1.0
        shell = step - step.multiply(reached)
        shell.eliminate_zeros()
        reached = reached + shell
    result = reached - sp.eye_array(n, format="csr") if cumulative else shell
    result = sp.csr_array(result)
    result.eliminate_zeros()
    return result
