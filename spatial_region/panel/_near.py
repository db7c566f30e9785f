"""Which regions are near each other, as a kernel matrix for the covariance of spatially dependent scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import sparse as sp

from spatial_region.core.options import Metric, check_option
from spatial_region.panel._blocks import Array
from spatial_region.weights._islands import pair_matrix
from spatial_region.weights._points import locate
from spatial_region.weights._search import TIE
from spatial_region.weights.distance import check_positive

NearKernel = Literal["bartlett", "uniform", "askey"]
# Of the share of the cut-off, from 0 to 1.
_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "bartlett": lambda share: 1.0 - share,
    "uniform": np.ones_like,
    "askey": lambda share: (1.0 - share) ** 2,
}


def conley_kernel(
    study: object,
    km: float,
    *,
    kernel: NearKernel = "bartlett",
    points: str | tuple[str, str] = "centroid",
    metric: Metric | None = None,
) -> sp.csr_array:
    """Return the (N, N) matrix of K(d_ij / km), 1 on the diagonal and 0 beyond `km`, in the order of the study.

    ========  ===========  =================================================================================
    kernel    K(z)         positive definite
    ========  ===========  =================================================================================
    bartlett  1 - z        along a line; in the plane and on the sphere nearly, but not for every set of points
    uniform   1            never in general: a is near b, b near c, and a not near c is enough
    askey     (1 - z)^2    always, in the plane and on the sphere (great circles)
    ========  ===========  =================================================================================

    A kernel that is not positive definite can give a negative variance, which `sandwich` then sets to zero. Unlike
    weights, a region with no other within `km` is no island: it is near itself.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id.
    km : float
        Cut-off in kilometres; regions exactly there are within it.
    kernel : {"bartlett", "uniform", "askey"}
        The function K.
    points : str or (str, str)
        Between what distances are taken; see `spatial_region.knn`.
    metric : {"great-circle", "geodesic"}, optional
        How degrees become kilometres; great circles by default. Projected coordinates are planar.

    Returns
    -------
    scipy.sparse.csr_array, shape (N, N)
        Symmetric.

    Raises
    ------
    InputError
        If `km` is not positive, there are no regions, or columns do not hold coordinates.
    OptionError
        If `kernel` or `metric` is not offered, or a metric is given for projected coordinates.
    UnknownNameError
        If `points` is neither offered nor a column.
    MissingValuesError
        If coordinates are missing.
    CRSError
        If the regions have no coordinate reference system, or coordinates are not in it.
    DuplicateError, GeometryError
        If an id occurs twice, or a geometry is missing.

    References
    ----------
    Conley, T. G. (1999). GMM estimation with cross sectional dependence, doi:10.1016/S0304-4076(98)00084-0.
    Gneiting, T. (2013). Strictly and non-strictly positive definite functions on spheres, doi:10.3150/12-BEJSP06.

    Examples
    --------
    >>> import geopandas as gpd
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1e3, 4e3], [0, 0, 0]), index=list("abc"), crs=3857)
    >>> conley_kernel(points, 2).toarray()
    array([[1. , 0.5, 0. ],
           [0.5, 1. , 0. ],
           [0. , 0. , 1. ]])
    """
    check_option(kernel, NearKernel, "kernel")
    reach = check_positive(km, "km")
    located = locate(study, points, metric, purpose="conley_kernel()")
    first, second, distances = located.places.within(reach)
    share = distances / reach
    values = _FUNCTIONS[kernel](np.where(share >= 1.0 - TIE, 1.0, share))
    near = pair_matrix(first, second, values, located.n) + sp.eye_array(located.n, format="csr")
    near = sp.csr_array(near)
    near.eliminate_zeros()
    return near
