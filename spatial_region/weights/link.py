"""Link the islands of weights that were made elsewhere: read from a file, taken from a table, or combined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spatial_region.core._algebra import difference
from spatial_region.core.options import Metric
from spatial_region.core.weights import Weights, as_weights, check_same_regions
from spatial_region.weights._islands import pair_matrix
from spatial_region.weights._points import locate


def link_islands(
    w: object, study: object, *, points: str | tuple[str, str] = "centroid", metric: Metric | None = None
) -> Weights:
    """Link each region without neighbours to its nearest region, both ways.

    Builders do so with ``islands="nearest"``; this is for weights from files and tables, and for intersections and
    differences. The new links weigh as much as the links of `w` do on average: 1 when those are binary.

    Parameters
    ----------
    w : Weights, Graph or W
        Weights.
    study : Study or geopandas.GeoDataFrame
        The same regions, with boundaries.
    points : str or (str, str)
        Between what distances are taken: ``"centroid"``, ``"representative"``, ``"edge"``, a column of points, or a
        pair of columns with x (longitude) and y (latitude); see `knn`.
    metric : {"great-circle", "geodesic"}, optional
        How degrees become kilometres; great circles by default. Projected coordinates are planar.

    Returns
    -------
    Weights
        In the order of `w`, which come back as they are when they have no island. Standardised as `w` are. The recipe
        counts the regions linked.

    Raises
    ------
    AlignmentError
        If the regions of `w` and of the study differ.
    InputError
        If `w` is no weights, or columns do not hold coordinates.
    OptionError
        If `metric` is not offered, or given for projected coordinates.
    UnknownNameError
        If `points` is neither offered nor a column.
    MissingValuesError
        If coordinates are missing.
    CRSError
        If the regions have no coordinate reference system, or coordinates are not in it.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1e3, 3e3], [0, 0, 0]), index=list("abc"), crs=3857)
    >>> w = sr.Weights(points.index, np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]))
    >>> sr.link_islands(w, points).neighbours("c").to_dict()
    {'b': 1.0}
    """
    weights = as_weights(w)
    located = locate(study, points, metric, purpose="link_islands()")
    check_same_regions(weights.ids, located.frame.index, left="w", right="the study", names=located.names)
    if len(weights.islands) == 0 or weights.n < 2:
        return weights
    place = located.frame.index.get_indexer(weights.ids)  # of each region of w among those of the study
    back = np.empty_like(place)
    back[place] = np.arange(weights.n)
    rows, columns, _ = located.places.nearest(1, rows=np.sort(place[weights.cardinalities.to_numpy() == 0]))
    code = np.unique(np.minimum(rows, columns) * weights.n + np.maximum(rows, columns))
    pairs = pair_matrix(back[code // weights.n], back[code % weights.n], np.ones(len(code)), weights.n)
    between = weights.sparse.sum() - weights.sparse.diagonal().sum()
    added = difference(pairs, weights.sparse) * (between / weights.n_links if weights.n_links else 1.0)
    recipe = {**weights.recipe, "islands linked": f"{len(weights.islands)}, by {located.recipe['points']}"}
    names = weights.names if weights.names is not None else located.names
    linked = replace(weights, sparse=weights.sparse + added, recipe=recipe, names=names)
    return linked.standardise("row") if weights.standardisation == "row" else linked
