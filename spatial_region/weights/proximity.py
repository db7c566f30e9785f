"""Weights from graphs of proximity: Delaunay, Gabriel, relative neighbours, spheres of influence."""

from __future__ import annotations

import numpy as np

from spatial_region.core.geo import Points
from spatial_region.core.options import ProximityKind, check_option
from spatial_region.core.weights import Weights
from spatial_region.errors import GeometryError, InputError
from spatial_region.weights import _proximity_graphs as graphs
from spatial_region.weights._build import finish
from spatial_region.weights._islands import pair_matrix
from spatial_region.weights._points import Located, locate
from spatial_region.weights._search import IntArray


def proximity(
    study: object, *, kind: ProximityKind = "delaunay", points: str | tuple[str, str] = "centroid"
) -> Weights:
    """Weights of 1 for regions that no other region separates, without a number of neighbours or a distance to choose.

    - ``"delaunay"``: the circle through both and some third region is empty. Outer regions may be linked over long
      distances.
    - ``"gabriel"``: the disc whose diameter joins both is empty, its edge included: ``d_ij**2 < d_ik**2 + d_jk**2``
      for every other k.
    - ``"relative_neighbour"``: no other region is nearer to both: ``d_ij <= max(d_ik, d_jk)``.
    - ``"sphere_of_influence"``: circles around both, each through the nearest other region, overlap:
      ``d_ij < r_i + r_j``.

    Relative neighbours are Gabriel neighbours, and these are Delaunay neighbours. All but spheres of influence make
    one component.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    kind : {"delaunay", "gabriel", "relative_neighbour", "sphere_of_influence"}
        The graph.
    points : str or (str, str)
        The points that are linked: ``"centroid"``, ``"representative"``, a column of points, or a pair of columns
        with x (longitude) and y (latitude); see `knn`. There is no graph of edges.

    Returns
    -------
    Weights
        Binary and symmetric, not yet standardised.

    Raises
    ------
    OptionError
        If `kind` is not offered.
    InputError
        If ``points="edge"``, or columns do not hold coordinates.
    GeometryError
        If regions are at the same place, or so close that they cannot be told apart; or a geometry is missing.
    UnknownNameError
        If `points` is neither offered nor a column.
    MissingValuesError
        If coordinates are missing.
    CRSError
        If the regions have no coordinate reference system, or coordinates are not in it.
    DuplicateError
        If an id occurs twice.

    Notes
    -----
    Degrees are triangulated on the sphere, by a stereographic plane, which keeps circles circles; the recipe names its
    centre. Only the long links along the outline of all regions depend on it. Regions that reach farther than 80
    degrees from their centre are triangulated on the whole sphere.

    Where four or more regions lie on one circle, as in a lattice, the Delaunay triangulation is not unique; the one
    taken depends on ids and coordinates, and not on the order of rows. The other three graphs are unique: a Gabriel
    link ends when another region is on the edge of its disc, while regions that are equally near end no relative
    neighbourhood.

    References
    ----------
    Gabriel, K. R. and Sokal, R. R. (1969). A new statistical approach to geographic variation analysis,
    doi:10.2307/2412323.
    Toussaint, G. T. (1980). The relative neighbourhood graph of a finite planar set,
    doi:10.1016/0031-3203(80)90066-7.
    Toussaint, G. T. (1988). A graph-theoretical primal sketch. In: Computational Morphology, North-Holland, 229-260.

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> places = gpd.points_from_xy([0, 2, 1, 0.9], [0, 0, 1, -4])
    >>> points = gpd.GeoDataFrame(geometry=places, index=list("abcd"), crs=4326)
    >>> sr.proximity(points).n_links, sr.proximity(points, kind="relative_neighbour").n_links
    (10, 6)
    """
    check_option(kind, ProximityKind, "kind")
    if points == "edge":
        raise InputError("proximity() links points; pass points='centroid', 'representative' or columns.")
    located = locate(study, points, None, purpose="proximity()")
    # In the order of the ids, so that a triangulation that is not unique does not depend on the order of rows.
    order = np.argsort(located.places.rank)
    placed: Points = located.places.points  # type: ignore[union-attr]
    ordered = Points(placed.xyz[order], placed.spherical)
    _check_apart(located, ordered.xyz, order)
    plane, described = graphs.plane_of(ordered)
    recipe: dict[str, object] = {"kind": "proximity", "graph": kind, **located.recipe}
    if kind == "sphere_of_influence":
        links = graphs.spheres_of_influence(ordered) if located.n > 1 else np.empty((0, 2), dtype=np.int64)
    else:
        links = _links(located, ordered, plane, order, kind)
        recipe["plane"] = described
    matrix = pair_matrix(order[links[:, 0]], order[links[:, 1]], np.ones(len(links)), located.n)
    return finish(matrix, located.frame, located.names, recipe=recipe, islands="keep", advice="There is one region.")


def _links(
    located: Located, ordered: Points, plane: np.ndarray | None, order: IntArray, kind: ProximityKind
) -> IntArray:
    try:
        faces, links = graphs.triangles(ordered, plane)
    except graphs.UntriangulableError as error:
        raise GeometryError(
            f"proximity() cannot triangulate {len(error.positions)} of {located.n} regions, which are too close to "
            f"others or on one circle around the globe: {located.named(order[error.positions])}. "
            f"Use knn() or distance_band()."
        ) from error
    if kind == "delaunay":
        return links
    links = graphs.gabriel(ordered, faces, links)
    return links if kind == "gabriel" else graphs.relative_neighbours(ordered, links)


def _check_apart(located: Located, xyz: np.ndarray, order: IntArray) -> None:
    _, which, count = np.unique(xyz, axis=0, return_inverse=True, return_counts=True)
    same = np.flatnonzero(count[which.ravel()] > 1)
    if len(same):
        raise GeometryError(
            f"proximity() needs regions at different places; {len(same)} of {located.n} share theirs: "
            f"{located.named(order[same])}. Pass other points=, or use knn()."
        )
