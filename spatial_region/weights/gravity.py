"""Gravity: weights that grow with the size of regions and fall with the distance between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spatial_region.core.messages import name_regions
from spatial_region.core.options import Islands, Metric
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError
from spatial_region.weights.distance import inverse_distance
from spatial_region.weights.economic import values_of_period


def gravity(
    study: object,
    variable: str,
    *,
    at: object = None,
    mass_power: tuple[float, float] = (1.0, 1.0),
    power: float = 2.0,
    km: float | None = None,
    points: str | tuple[str, str] = "centroid",
    metric: Metric | None = None,
    islands: Islands = "keep",
) -> Weights:
    """Weights that grow with mass and fall with distance: ``w_ij = m_i ** a m_j ** b / d_ij ** power``.

    Once rows are standardised, ``m_i`` cancels, and with it the unit of the mass: what counts for region i is how
    large its neighbours are. With ``mass_power=(0, 1)`` the weights are inverse distances times ``m_j``, which rows
    standardised are those of ``W diag(m_1 / m, ..., m_n / m)``, m being the mean mass: the weights, common in
    studies of Chinese regions, by which rich regions act on poor ones more than the reverse.

    Parameters
    ----------
    study : Study or geopandas.GeoDataFrame
        Regions, indexed by id, with the variable.
    variable : str
        Mass of each region, above 0, such as GDP or population.
    at : object, optional
        One time of a panel, or a pair (first, last) for the mean over these times and those between. By default the
        mean over all times. The recipe states it.
    mass_power : (float, float)
        Exponents a of the region's own mass and b of the neighbour's, 0 or above.
    power : float
        Exponent of distance, above 0.
    km : float, optional
        Cut-off in kilometres, included; none by default, so that every pair of regions has a weight.
    points : str or (str, str)
        Between what distances are taken: ``"centroid"``, ``"representative"``, ``"edge"``, a column of points, or a
        pair of columns with x (longitude) and y (latitude); see `knn`.
    metric : {"great-circle", "geodesic"}, optional
        How degrees become kilometres; great circles by default. Projected coordinates are planar.
    islands : {"keep", "nearest", "raise"}
        Regions without a neighbour within `km`: kept and named, linked both ways to the nearest region, or refused.

    Returns
    -------
    Weights
        Not yet standardised; symmetric when a equals b.

    Raises
    ------
    InputError
        If a mass is not above 0, an exponent or `km` is out of range, two regions are at the same place, columns do
        not hold coordinates, or there are more than 20,000 regions and no `km`.
    OptionError
        If `metric` or `islands` is not offered, or a metric is given for projected coordinates.
    MissingValuesError
        If a mass is missing in the period, or coordinates are.
    UnknownNameError
        If the variable, a time or a column of coordinates does not exist.
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
    Anderson, J. E. (2011). The gravity model. Annual Review of Economics 3, 133-160.
    doi:10.1146/annurev-economics-111809-125114

    Examples
    --------
    >>> import geopandas as gpd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 2e3], [0, 0]), index=list("ab"), crs=3857)
    >>> float(sr.gravity(points.assign(gdp=[2.0, 6.0]), "gdp").neighbours("a")["b"])
    3.0
    """
    own, other = _exponents(mass_power)
    near = inverse_distance(study, km=km, power=power, points=points, metric=metric, islands=islands)
    masses, _, period = values_of_period(study, variable, at)
    numbers = masses.reindex(near.ids).to_numpy()
    if (numbers <= 0).any():
        small = near.ids[numbers <= 0]
        raise InputError(
            f"{variable!r} must be above 0 to be a mass; it is not in {len(small)} of {near.n} regions: "
            f"{name_regions(small, near.names)}."
        )
    rows = np.repeat(np.arange(near.n), np.diff(near.sparse.indptr))
    matrix = near.sparse.copy()
    matrix.data = matrix.data * ((numbers**own)[rows] * (numbers**other)[matrix.indices])
    measured = {key: value for key, value in near.recipe.items() if key != "kind"}
    recipe = {"kind": "gravity", "variable": variable, **period, "mass_power": (own, other), **measured}
    return replace(near, sparse=matrix, recipe=recipe)


def _exponents(mass_power: object) -> tuple[float, float]:
    pair = list(mass_power) if isinstance(mass_power, (tuple, list)) else []
    sound = [isinstance(x, (int, float, np.number)) and not isinstance(x, bool) and 0 <= x < np.inf for x in pair]
    if sound != [True, True]:
        raise InputError(
            f"mass_power must be two numbers of 0 or above, for the region's own mass and its neighbour's; "
            f"found {mass_power!r}."
        )
    return float(pair[0]), float(pair[1])
