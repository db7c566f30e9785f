"""Lee's L: the correlation of two smoothed maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse as sp

from spatial_region.autocorr._form_moments import bilinear_moments
from spatial_region.autocorr._global_permutation import Draws, bilinear_forms, form_tolerance
from spatial_region.autocorr._inputs import check_permutations, draw_pair
from spatial_region.autocorr._pairs import pair_spec, standardised_pair
from spatial_region.autocorr._tails import tie_tolerance
from spatial_region.autocorr.global_result import GlobalResult, common_fields
from spatial_region.core.options import Alternative, Missing, check_option
from spatial_region.core.seeds import DEFAULT_SEED, derive_seed


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Lee(GlobalResult):
    """Lee's L and its tests; the other attributes are those of `GlobalResult`.

    Attributes
    ----------
    L : float
        The statistic.
    """

    symbol: ClassVar[str] = "L"
    title: ClassVar[str] = "Lee's L"

    L: float


def lee(
    study: object,
    variable: str,
    *,
    other: str,
    w: object = None,
    at: object = None,
    permutations: int = 9999,
    alternative: Alternative = "two-sided",
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
) -> Lee:
    """Correlate the smoothed maps of two variables: Lee's L.

    ``L = n / sum_i (sum_j w_ij)**2 * sum_i (Wx)_i (Wy)_i / sqrt(sum_i x_i**2 sum_i y_i**2)``, with x and y deviations
    from the mean: Pearson's correlation of the two spatial lags, times how smooth each map is.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Values by region.
    variable, other : str
        Names of the two variables; L is the same either way round.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation
        nobody has chosen are row-standardised (a copy is). Lee lets a region count among its own neighbours; add it
        to the weights to follow him.
    at : object, optional
        Time, for a panel.
    permutations : int
        Number of random arrangements; 0 for none. When there are no more arrangements in all (n! of them), every
        one is taken and the p-value is exact. The pair of values of a region moves together, so that the
        correlation at the same place is that of the data.
    alternative : {"two-sided", "greater", "less"}
        Two-sided p-values are twice the smaller tail, at most 1.
    missing : {"raise", "drop"}
        What to do with regions without a value of either.
    seed : int
        Seed of the permutations.

    Returns
    -------
    Lee
        Its mean and variance are those over all arrangements of the pairs.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConstantVariableError
        If either variable does not vary.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If a variable, the time or the weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    InputError
        If there are fewer than 4 regions, or an option is out of range.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    References
    ----------
    Lee, S.-I. (2001). Developing a bivariate spatial association measure: an integration of Pearson's r and Moran's I.
    Journal of Geographical Systems 3, 369-385. https://doi.org/10.1007/s101090100064
    Lee, S.-I. (2004). A generalized significance testing method for global measures of spatial association. Environment
    and Planning A 36, 1687-1703.
    Mantel, N. (1967). The detection of disease clustering and a generalized regression approach. Cancer Research 27,
    209-220.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(16)}, geometry=cells, index=list("abcdefghijklmnop"), crs=3857)
    >>> grid = grid.assign(wage=grid["gdp"] % 4)
    >>> round(sr.lee(grid, "gdp", other="wage", w=sr.contiguity(grid), permutations=99).L, 4)
    0.0972
    """
    check_option(alternative, Alternative, "alternative")
    check_permutations(permutations, least=0)
    first, second = draw_pair(study, variable, other, w=w, at=at, missing=missing)
    matrix, x, y = standardised_pair(first, second)
    n = len(x)
    smooth = sp.csr_array(matrix.T @ matrix)
    to_statistic = n / float(smooth.sum())
    statistic = to_statistic * float(x @ (smooth @ y))
    draws = Draws.plan(n, permutations, derive_seed(seed, "lee"))
    mean, variance = bilinear_moments(x, y, smooth)
    tie = tie_tolerance(np.append(x, y), 1.0)
    return Lee(
        L=statistic,
        spec=pair_spec("lee", first, second, permutations, alternative, missing, seed),
        **common_fields(
            statistic,
            expected=to_statistic * mean,
            variance=to_statistic**2 * variance,
            simulated=to_statistic * bilinear_forms(x, y, smooth, draws),
            draws=draws,
            alternative=alternative,
            tolerance=to_statistic * 2.0 * form_tolerance(np.append(x, y), smooth, tie),
        ),
    )
