"""Weights that fall smoothly with distance and end at a bandwidth, the same everywhere or each region's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse as sp

from spatial_region.core.options import Islands, KernelFunction, Metric, check_option, check_whole_number
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError
from spatial_region.weights._build import finish
from spatial_region.weights._islands import pair_matrix
from spatial_region.weights._points import Located, locate
from spatial_region.weights._search import TIE, FloatArray
from spatial_region.weights.distance import check_positive

# Of z = distance / bandwidth in [0, 1]; each is 1 at distance 0.
_FUNCTIONS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "triangular": lambda z: 1.0 - z,
    "uniform": np.ones_like,
    "epanechnikov": lambda z: 1.0 - z**2,
    "quartic": lambda z: (1.0 - z**2) ** 2,
    "gaussian": lambda z: np.exp(-(z**2) / 2.0),
    "cosine": lambda z: np.where(z < 1.0, np.cos(np.pi / 2.0 * z), 0.0),
}
_POSITIVE_AT_BANDWIDTH = ("uniform", "gaussian")


def kernel(
    study: object,
    *,
    function: KernelFunction = "triangular",
    km: float | None = None,
    k: int | None = None,
    diagonal: bool = False,
    points: str | tuple[str, str] = "centroid",
    metric: Metric | None = None,
    islands: Islands = "keep",
) -> Weights:
    """Weights by a kernel of distance: ``w_ij = K(z)`` with ``z = d_ij / h_i``, and 0 beyond the bandwidth h.

    ==============  =====================
    function        K(z) for z from 0 to 1
    ==============  =====================
    triangular      1 - z
    uniform         1
    epanechnikov    1 - z ** 2
    quartic         (1 - z ** 2) ** 2
    gaussian        exp(-z ** 2 / 2)
    cosine          cos(pi z / 2)
    ==============  =====================

    The bandwidth is fixed (``km=``), or adaptive (``k=``): the distance to each region's k-th neighbour. Regions at
    exactly the bandwidth are within it, so that four of the functions give them a weight of 0 and no link: an
    adaptive triangular kernel links k - 1 regions, a uniform one k. Constants that make densities integrate to 1 are
    left out, for they vanish in row-standardisation: every kernel is 1 at distance 0.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    function : {"triangular", "uniform", "epanechnikov", "quartic", "gaussian", "cosine"}
        The kernel K.
    km : float, optional
        Fixed bandwidth in kilometres.
    k : int, optional
        Adaptive bandwidth: the distance to the k-th nearest region. With neither, k is the cube root of the number
        of regions, rounded up, and at least 2.
    diagonal : bool
        Whether each region has a weight of 1 for itself, as estimators of a covariance matrix need.
    points : str or (str, str)
        Between what distances are taken: ``"centroid"``, ``"representative"``, ``"edge"``, a column of points, or a
        pair of columns with x (longitude) and y (latitude); see `knn`.
    metric : {"great-circle", "geodesic"}, optional
        How degrees become kilometres; great circles by default. Projected coordinates are planar.
    islands : {"keep", "raise"}
        Regions with no other within the bandwidth: kept and named, or refused. They are not linked to the nearest,
        since the kernel gives 0 at that distance; a wider `km`, or `k`, does it.

    Returns
    -------
    Weights
        Between 0 and 1, not yet standardised; symmetric if the bandwidth is fixed.

    Raises
    ------
    InputError
        If both `km` and `k` are given, `km` is not positive, `k` is not a whole number from 1 (or 2, if the function
        is 0 at the bandwidth) to n - 1, a bandwidth is 0 because k regions are at the same place, columns do not hold
        coordinates, or ``islands="nearest"``.
    OptionError
        If `function`, `metric` or `islands` is not offered, or a metric is given for projected coordinates.
    UnknownNameError
        If `points` is neither offered nor a column.
    MissingValuesError
        If coordinates are missing.
    WeightsError
        If there are islands and they were forbidden.
    CRSError
        If the regions have no coordinate reference system, or coordinates are not in it.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing.

    Warns
    -----
    IslandWarning
        If regions have no neighbour.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis, doi:10.1201/9781315140919.
    Kelejian, H. H. and Prucha, I. R. (2007). HAC estimation in a spatial framework,
    doi:10.1016/j.jeconom.2006.09.005.

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1e3, 3e3], [0, 0, 0]), index=list("abc"), crs=3857)
    >>> sr.kernel(points, km=4).neighbours("a").to_dict()
    {'b': 0.75, 'c': 0.25}
    >>> sr.kernel(points, function="epanechnikov", k=2).neighbours("a").round(3).to_dict()
    {'b': 0.889}
    """
    check_option(function, KernelFunction, "function")
    check_option(islands, Islands, "islands")
    if islands == "nearest":
        raise InputError(
            "kernel() has no islands='nearest': its weight for a region beyond the bandwidth is 0. "
            "Widen km=, or pass k= for a bandwidth that reaches k regions."
        )
    if km is not None and k is not None:
        raise InputError("pass km= for a fixed bandwidth or k= for an adaptive one, not both.")
    bandwidth = check_positive(km, "km") if km is not None else None
    located = locate(study, points, metric, purpose="kernel()")
    recipe: dict[str, object] = {"kind": "kernel", "function": function}
    if bandwidth is not None:
        matrix = _fixed(located, bandwidth, function)
        recipe["km"] = bandwidth
        advice = "Widen km=, or pass k= for a bandwidth that reaches k regions."
    else:
        reached = _check_k(k, located.n, function)
        matrix = _adaptive(located, reached, function)
        recipe["k"] = reached
        advice = "Their k nearest are all at the bandwidth, where the kernel is 0: raise k=."
    if diagonal:
        matrix = matrix + sp.eye_array(located.n, format="csr")
    recipe |= {"diagonal": diagonal, "islands": islands, **located.recipe}
    return finish(sp.csr_array(matrix), located.frame, located.names, recipe=recipe, islands=islands, advice=advice)


def _check_k(k: int | None, n: int, function: KernelFunction) -> int:
    least = 1 if function in _POSITIVE_AT_BANDWIDTH else 2
    if k is None:
        k = max(2, int(np.ceil(round(n ** (1 / 3), 9))))
    if check_whole_number(k, "k", least=least) >= n:
        raise InputError(f"a bandwidth that reaches k={k} regions needs more than {k} regions; there are {n}.")
    return int(k)


def _fixed(located: Located, km: float, function: KernelFunction) -> sp.csr_array:
    first, second, distances = located.places.within(km)
    return pair_matrix(first, second, _weigh(distances, np.full(len(first), km), function), located.n)


def _adaptive(located: Located, k: int, function: KernelFunction) -> sp.csr_array:
    rows, columns, distances = located.places.nearest(k, ties=True)
    bandwidth = np.zeros(located.n)
    np.maximum.at(bandwidth, rows, distances)
    collapsed = np.flatnonzero(bandwidth == 0)
    if len(collapsed):
        raise InputError(
            f"the bandwidth is 0 km for {len(collapsed)} of {located.n} regions, whose {k} nearest are 0 km "
            f"away: {located.named(collapsed)}. Raise k=, or measure between other points=."
        )
    weights = _weigh(distances, bandwidth[rows], function)
    return sp.csr_array(sp.coo_array((weights, (rows, columns)), shape=(located.n, located.n)))


def _weigh(distances: FloatArray, bandwidth: FloatArray, function: KernelFunction) -> FloatArray:
    """Return K(z); distances that differ from the bandwidth by rounding only are at the bandwidth."""
    share = distances / bandwidth
    return _FUNCTIONS[function](np.where(share >= 1.0 - TIE, 1.0, share))
