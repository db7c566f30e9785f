"""Weights of each time of a panel, by one rule."""

from __future__ import annotations

from collections.abc import Callable

from spatial_region.core.study import Study
from spatial_region.core.weights_by_time import WeightsByTime
from spatial_region.errors import InputError


def weights_by_time(study: Study, build: Callable[[Study], object]) -> WeightsByTime:
    """Build weights for each time of a panel, as where economic distance changes with the years.

    Parameters
    ----------
    study : Study
        A panel.
    build : callable
        Takes the study of one time, a cross-section, and returns its weights.

    Returns
    -------
    WeightsByTime
        A mapping of time to `Weights`, to be given as ``w=`` to statistics of one time (``at=``) or of each
        (`moran_by_time`). `spatial_panel` takes them all.

    Raises
    ------
    InputError
        If the study is a cross-section, `build` cannot be called, or what it returns is no weights.
    AlignmentError
        If it returns weights of other regions.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 3], [0, 0, 0]), index=list("abc"), crs=4326)
    >>> index = pd.MultiIndex.from_product([list("abc"), [2000, 2001]])
    >>> panel = sr.make_study(points, pd.DataFrame({"gdp": [1.0, 2.0, 3.0, 4.0, 7.0, 9.0]}, index=index))
    >>> w = sr.weights_by_time(panel, lambda one: sr.economic_distance(one, "gdp"))
    >>> w.at(2001).neighbours("a").to_dict() == {"b": 1 / 2, "c": 1 / 7}
    True
    """
    if not isinstance(study, Study) or not study.is_panel:
        raise InputError("weights_by_time() needs a panel study; a cross-section has one weights.")
    if not callable(build):
        raise InputError(f"build must be a function of the study of one time; found {type(build).__name__}.")
    by_time = WeightsByTime({time: build(study.at(time)) for time in study.times})
    return by_time.reorder(study.ids)
