"""Global bivariate Moran's I."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spatial_region.autocorr._global_permutation import Draws, linear_forms
from spatial_region.autocorr._inputs import check_permutations, draw_pair
from spatial_region.autocorr._pairs import pair_spec, standardised_pair
from spatial_region.autocorr._tails import tie_tolerance
from spatial_region.autocorr.global_result import GlobalResult, common_fields
from spatial_region.core.options import Alternative, Missing, check_option
from spatial_region.core.seeds import DEFAULT_SEED, derive_seed


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BivariateMoran(GlobalResult):
    """Global bivariate Moran's I and its tests; the other attributes are those of `GlobalResult`.

    Attributes
    ----------
    I : float
        The statistic.
    """

    symbol: ClassVar[str] = "I"
    title: ClassVar[str] = "Bivariate Moran's I"

    I: float  # noqa: E741


def bivariate_moran(
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
) -> BivariateMoran:
    """Test whether a variable is high where another is high nearby: global bivariate Moran's I.

    ``I = n / S0 * sum_ij w_ij x_i y_j / sqrt(sum_i x_i**2 sum_i y_i**2)``, with x the deviations of the variable and y
    those of the other one, whose neighbouring values are taken; S0 is the sum of the weights.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Values by region.
    variable : str
        Name of the variable at the region itself, x.
    other : str
        Name of the variable at its neighbours, y.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation
        nobody has chosen are row-standardised (a copy is).
    at : object, optional
        Time, for a panel.
    permutations : int
        Number of random arrangements; 0 for none. When there are no more arrangements in all (n! of them), every
        one is taken and the p-value is exact. The values of `other` are rearranged; those of `variable` stay.
    alternative : {"two-sided", "greater", "less"}
        Two-sided p-values are twice the smaller tail, at most 1.
    missing : {"raise", "drop"}
        What to do with regions without a value of either.
    seed : int
        Seed of the permutations.

    Returns
    -------
    BivariateMoran
        Its mean and variance are those over all arrangements of `other`.

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

    Notes
    -----
    Rearranging one variable also destroys the correlation of the two at the same place: where that is strong and one
    of them is autocorrelated, I is large without anything passing between regions. `lee` keeps the pairs together.
    esda divides by n - 1 in place of S0; the two agree for row-standardised weights without islands.

    References
    ----------
    Wartenberg, D. (1985). Multivariate spatial correlation. Geographical Analysis 17, 263-283.
    https://doi.org/10.1111/j.1538-4632.1985.tb00849.x

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(16)}, geometry=cells, index=list("abcdefghijklmnop"), crs=3857)
    >>> grid = grid.assign(wage=grid["gdp"] % 4)
    >>> round(sr.bivariate_moran(grid, "gdp", other="wage", w=sr.contiguity(grid), permutations=99).I, 4)
    0.1504
    """
    check_option(alternative, Alternative, "alternative")
    check_permutations(permutations, least=0)
    first, second = draw_pair(study, variable, other, w=w, at=at, missing=missing)
    matrix, x, y = standardised_pair(first, second)
    n = len(x)
    to_statistic = n / float(matrix.sum())
    fixed = to_statistic * (matrix.T @ x)
    statistic = float(fixed @ y)
    draws = Draws.plan(n, permutations, derive_seed(seed, "bivariate_moran"))
    return BivariateMoran(
        I=statistic,
        spec=pair_spec("bivariate_moran", first, second, permutations, alternative, missing, seed),
        **common_fields(
            statistic,
            expected=0.0,
            variance=(float(fixed @ fixed) - float(fixed.sum()) ** 2 / n) / (n - 1),
            simulated=linear_forms(fixed, y, draws),
            draws=draws,
            alternative=alternative,
            tolerance=float(np.abs(fixed).sum()) * tie_tolerance(y, 1.0),
        ),
    )
