"""What a published Moran's I and its standard error imply."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial_region.autocorr._inputs import normal_p
from spatial_region.core.options import Alternative, check_option, check_whole_number
from spatial_region.core.sample import as_numbers
from spatial_region.core.weights import check_same_regions
from spatial_region.errors import InputError


def published_moran(
    I: pd.Series,  # noqa: E741 - the statistic's name
    se: pd.Series,
    *,
    n: int,
    alternative: Alternative = "two-sided",
) -> pd.DataFrame:
    r"""Return z and p of Moran's I from the figures that an article prints.

    .. math:: E[I] = -\frac{1}{n - 1}, \quad z = \frac{I - E[I]}{se}

    Parameters
    ----------
    I : pandas.Series
        Published Moran's I by time, or by whatever the table is indexed.
    se : pandas.Series
        Its standard error, with the same index; positive.
    n : int
        Number of regions.
    alternative : {"two-sided", "greater", "less"}
        What the p-value is of.

    Returns
    -------
    pandas.DataFrame
        With the index of `I`; columns I, se, expected, z, p_normal.

    Raises
    ------
    AlignmentError
        If `I` and `se` do not have the same index.
    InputError
        If a figure is missing or not finite, a standard error is not positive, or `n` is below 3.
    OptionError
        If `alternative` is not offered.

    References
    ----------
    Cliff, A. D., and Ord, J. K. (1981). Spatial Processes: Models and Applications. Pion, London.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> printed = pd.DataFrame({"I": [0.332, 0.087], "se": [0.061, 0.101]}, index=[2003, 2018])
    >>> sr.published_moran(printed["I"], printed["se"], n=31).round(3)["z"].tolist()
    [5.989, 1.191]
    """
    check_option(alternative, Alternative, "alternative")
    check_whole_number(n, "n", least=3)
    for label, given in (("I", I), ("se", se)):
        if not isinstance(given, pd.Series):
            raise InputError(f"{label} must be a pandas Series, such as a column of a table; found {given!r}.")
    check_same_regions(se.index, I.index, left="se", right="I", names=None)
    table = pd.DataFrame({"I": as_numbers(I, "I"), "se": as_numbers(se.reindex(I.index), "se")}, index=I.index)
    odd = table.index[~np.isfinite(table).all(axis=1) | (table["se"] <= 0)]
    if len(odd):
        raise InputError(
            f"I and se must be finite, and se above 0; at {odd[0]} they are {table.loc[odd[0], 'I']:g} and "
            f"{table.loc[odd[0], 'se']:g}. Leave out what is not printed."
        )
    table["expected"] = -1.0 / (n - 1)
    table["z"] = (table["I"] - table["expected"]) / table["se"]
    table["p_normal"] = [normal_p(float(z), alternative) for z in table["z"]]
    return table
