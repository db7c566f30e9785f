"""Weights from shared borders and corners."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core._algebra import higher_order
from spatial_region.core.geo import region_points
from spatial_region.core.messages import name_regions
from spatial_region.core.options import ContiguityKind, Islands, check_option, check_whole_number
from spatial_region.core.weights import Weights
from spatial_region.weights._areas import areas_of, links_of
from spatial_region.weights._build import finish, link_islands
from spatial_region.weights._links import Links


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
        Binary and symmetric, not yet standardised. The recipe says how many pairs `snap` added, and names the first.

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
    frame, names = areas_of(study, purpose="contiguity")
    recipe: dict[str, object] = {"kind": kind, "order": order}
    if order > 1:
        recipe["cumulative"] = cumulative
    rook = kind == "rook"
    matrix = _first_order(links_of(frame, snap, lengths=rook, purpose="contiguity"), kind)
    if snap is not None:
        exact = _first_order(links_of(frame, None, lengths=rook, purpose="contiguity"), kind)
        recipe |= {"snap": snap, **added_pairs(matrix, exact, frame.index, names)}
    if islands == "nearest":
        matrix = link_islands(matrix, region_points(frame.geometry, purpose="islands='nearest'"))
    recipe["islands"] = islands
    if order > 1:
        matrix = higher_order(matrix, order, cumulative=cumulative)
    advice = "Pass islands='nearest' to link each to its nearest region, or snap= if borders do not meet."
    return finish(matrix, frame, names, recipe=recipe, islands=islands, advice=advice)


def _first_order(links: Links, kind: ContiguityKind) -> sp.csr_array:
    if kind == "queen" or links.border is None:
        return links.matrix()
    return links.matrix((links.border > 0).astype(float))


def added_pairs(matrix: sp.csr_array, exact: sp.csr_array, ids: pd.Index, names: pd.Series | None) -> dict[str, object]:
    """Return how many pairs the tolerance added, and the first of them by name."""
    ones = [sp.csr_array((np.ones(m.nnz), m.indices, m.indptr), shape=m.shape) for m in (matrix, exact)]
    new = sp.csr_array(sp.triu(ones[0] - ones[0].multiply(ones[1]), k=1))
    new.eliminate_zeros()
    new = new.tocoo()
    said: dict[str, object] = {"pairs added by snap": len(new.row)}
    if len(new.row):
        order = np.lexsort((new.col, new.row))[:5]
        pairs = (
            f"{name_regions([ids[a]], names)} - {name_regions([ids[b]], names)}"
            for a, b in zip(new.row[order], new.col[order], strict=True)
        )
        said["added"] = "; ".join(pairs) + (f" and {len(new.row) - 5} more" if len(new.row) > 5 else "")
    return said
