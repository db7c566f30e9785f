"""The general G of Getis and Ord."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from spatial_region.autocorr._form_moments import form_moments
from spatial_region.autocorr._global_permutation import Draws, form_tolerance, quadratic_forms
from spatial_region.autocorr._inputs import check_permutations, check_testable, described_inputs, without_own
from spatial_region.autocorr._tails import tie_tolerance
from spatial_region.autocorr.global_result import GlobalResult, common_fields
from spatial_region.core.messages import name_regions
from spatial_region.core.options import Alternative, Missing, check_option
from spatial_region.core.sample import Sample, draw_sample
from spatial_region.core.seeds import DEFAULT_SEED, derive_seed
from spatial_region.core.spec import make_spec
from spatial_region.errors import InputError


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GetisOrdG(GlobalResult):
    """The general G and its tests; the other attributes are those of `GlobalResult`.

    Attributes
    ----------
    G : float
        The statistic.
    """

    symbol: ClassVar[str] = "G"
    title: ClassVar[str] = "Getis-Ord general G"

    G: float


def getis_ord_g(
    study: object,
    variable: str | None = None,
    *,
    w: object = None,
    at: object = None,
    permutations: int = 9999,
    alternative: Alternative = "two-sided",
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
    ids: Any = None,
) -> GetisOrdG:
    """Test whether high values, or low values, lie next to each other: the general G of Getis and Ord.

    ``G = sum_ij w_ij y_i y_j / sum_ij y_i y_j``, both over i not equal to j: the share of all products of values
    that comes from neighbours. More than expected where high values cluster, less where low ones do.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Values by region, not negative, of a variable with a natural zero. An array needs `ids`.
    variable : str, optional
        Name of the variable.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation nobody has
        chosen are used as they were made (1 for each neighbour, if by contiguity), and not row-standardised, since
        then G would depend on how many neighbours the high values have. Weights of regions for themselves are left
        out.
    at : object, optional
        Time, for a panel.
    permutations : int
        Number of random arrangements; 0 for none. When there are no more arrangements in all (n! of them), every
        one is taken and the p-value is exact.
    alternative : {"two-sided", "greater", "less"}
        Of the statistic: ``"greater"`` finds clusters of high values, ``"less"`` of low ones. Two-sided p-values are
        twice the smaller tail, at most 1.
    missing : {"raise", "drop"}
        What to do with regions without a value.
    seed : int
        Seed of the permutations.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    GetisOrdG

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConstantVariableError
        If the variable does not vary.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If the variable, time or weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    InputError
        If a value is negative, fewer than two are positive, there are fewer than 4 regions, or an option is out of
        range.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    Mean and variance are those over all arrangements of the values. esda makes any weights binary, also those of
    distance; here, as in R's spdep, they count. Islands stay in n and in the denominator, as in esda.

    References
    ----------
    Getis, A., and Ord, J. K. (1992). The analysis of spatial association by use of distance statistics. Geographical
    Analysis 24, 189-206. https://doi.org/10.1111/j.1538-4632.1992.tb00261.x

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(16)}, geometry=cells, index=list("abcdefghijklmnop"), crs=3857)
    >>> g = sr.getis_ord_g(grid, "gdp", w=sr.contiguity(grid, kind="rook"), permutations=99)
    >>> round(g.G, 4), round(g.expected, 4)
    (0.2568, 0.2)
    """
    check_option(alternative, Alternative, "alternative")
    check_permutations(permutations, least=0)
    sample = draw_sample(study, variable, w=w, at=at, missing=missing, ids=ids, undecided="none")
    _check_natural_zero(sample)
    check_testable(sample)
    canonical, _ = sample.canonical()
    matrix = without_own(canonical.weights.sparse)
    y = canonical.values / canonical.values.max()
    to_statistic = 1.0 / float(y.sum() ** 2 - (y**2).sum())
    statistic = to_statistic * float(y @ (matrix @ y))
    mean, variance = form_moments(y, matrix)
    draws = Draws.plan(len(y), permutations, derive_seed(seed, "getis_ord_g"))
    options = {"permutations": permutations, "alternative": alternative, "missing": missing}
    return GetisOrdG(
        G=statistic,
        spec=make_spec("getis_ord_g", options=options, inputs=described_inputs(sample, canonical), seed=seed),
        **common_fields(
            statistic,
            expected=to_statistic * mean,
            variance=to_statistic**2 * variance,
            simulated=to_statistic * quadratic_forms(y, matrix, draws),
            draws=draws,
            alternative=alternative,
            tolerance=to_statistic * form_tolerance(y, matrix, tie_tolerance(y, 1.0)),
        ),
    )


def _check_natural_zero(sample: Sample) -> None:
    negative = sample.values < 0
    if negative.any():
        raise InputError(
            f"G needs values that are not negative; {sample.described} is negative in {negative.sum()} of {sample.n} "
            f"regions: {name_regions(sample.ids[negative], sample.names)}. Use moran() or geary() for such a variable."
        )
    if sample.n >= 4 and np.ptp(sample.values) > 0 and np.count_nonzero(sample.values) < 2:
        alone = sample.ids[sample.values > 0]
        raise InputError(
            f"G needs two positive values at least; {sample.described} is positive in one region only: "
            f"{name_regions(alone, sample.names)}."
        )
