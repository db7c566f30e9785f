"""Global statistics at each time of a panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pandas as pd

from spatial_region.autocorr.geary import geary
from spatial_region.autocorr.getis_ord import getis_ord_g
from spatial_region.autocorr.global_result import GlobalResult
from spatial_region.autocorr.moran import moran
from spatial_region.core.options import check_option
from spatial_region.core.study import Study
from spatial_region.errors import InputError

Statistic = Literal["moran", "geary", "getis_ord_g"]
_STATISTICS: dict[str, Callable[..., GlobalResult]] = {"moran": moran, "geary": geary, "getis_ord_g": getis_ord_g}


def moran_by_time(
    study: Study, variable: str, *, w: object = None, statistic: Statistic = "moran", **options: Any
) -> pd.DataFrame:
    """Test each time of a panel: a table of global Moran's I, or of Geary's C or G, indexed by time.

    Parameters
    ----------
    study : Study
        A panel.
    variable : str
        Name of the variable.
    w : Weights, WeightsByTime, Graph, W or str, optional
        Weights, the same at each time or one for each.
    statistic : {"moran", "geary", "getis_ord_g"}
        Which statistic.
    **options
        As for the function of that name.

    Returns
    -------
    pandas.DataFrame
        One row a time; columns as in the ``table()`` of one result, but for `at`.

    Raises
    ------
    InputError
        If the study is a cross-section, or values are negative where G is asked for.
    OptionError
        If the statistic is not offered.
    UnknownNameError, MissingValuesError, ConstantVariableError, AlignmentError, WeightsError
        As the function does.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, 0, x + 1, 1) for x in range(5)]
    >>> grid = gpd.GeoDataFrame(geometry=cells, index=list("abcde"), crs=3857)
    >>> index = pd.MultiIndex.from_product([list("abcde"), [2000, 2001]])
    >>> panel = sr.make_study(grid, pd.DataFrame({"x": [1, 5, 2, 1, 3, 4, 4, 2, 5, 3]}, index=index))
    >>> import warnings; warnings.simplefilter("ignore")
    >>> sr.moran_by_time(panel, "x", w=sr.contiguity(panel))["I"].round(3).tolist()
    [0.6, -0.9]
    """
    check_option(statistic, Statistic, "statistic")
    if "at" in options:
        raise InputError("moran_by_time() takes every time; use moran(at=...) for one, or study.between(...) for some.")
    if not isinstance(study, Study) or not study.is_panel:
        raise InputError("moran_by_time() needs a panel study; use moran() for a cross-section.")
    test = _STATISTICS[statistic]
    rows = [test(study, variable, w=w, at=time, **options).table() for time in study.times]
    return pd.concat(rows, ignore_index=True).drop(columns="at").set_index(pd.Index(study.times, name="time"))
