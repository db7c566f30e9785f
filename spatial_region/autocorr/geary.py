"""Global Geary's C."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse as sp

from spatial_region.autocorr._form_moments import form_moments, link_sums
from spatial_region.autocorr._global_permutation import Draws, form_tolerance, quadratic_forms
from spatial_region.autocorr._inputs import (
    check_permutations,
    check_testable,
    described_inputs,
    deviations,
    without_own,
)
from spatial_region.autocorr._tails import tie_tolerance
from spatial_region.autocorr.global_result import GlobalResult, common_fields
from spatial_region.autocorr.moran import Assumption
from spatial_region.core.options import Alternative, Missing, check_option
from spatial_region.core.sample import draw_sample
from spatial_region.core.seeds import DEFAULT_SEED, derive_seed
from spatial_region.core.spec import make_spec


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Geary(GlobalResult):
    """Global Geary's C and its tests; the other attributes are those of `GlobalResult`.

    Attributes
    ----------
    C : float
        The statistic: 1 without spatial association, less where neighbours are alike.
    """

    symbol: ClassVar[str] = "C"
    title: ClassVar[str] = "Geary's C"

    C: float


def geary(
    study: object,
    variable: str | None = None,
    *,
    w: object = None,
    at: object = None,
    permutations: int = 9999,
    alternative: Alternative = "two-sided",
    assumption: Assumption = "normality",
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
    ids: Any = None,
) -> Geary:
    """Test whether neighbours differ less, or more, than regions at random: global Geary's C.

    ``C = (n - 1) / (2 S0) * sum_ij w_ij (y_i - y_j)**2 / sum_i (y_i - mean)**2``, S0 the sum of the weights. It is 1
    without association, below 1 where neighbours are alike and above 1 where they are unlike.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Values by region. An array needs `ids`.
    variable : str, optional
        Name of the variable.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation
        nobody has chosen are row-standardised (a copy is). Weights of regions for themselves are left out.
    at : object, optional
        Time, for a panel.
    permutations : int
        Number of random arrangements; 0 for none. When there are no more arrangements in all (n! of them), every
        one is taken and the p-value is exact.
    alternative : {"two-sided", "greater", "less"}
        Of the statistic: ``"less"`` finds neighbours that are alike. Two-sided p-values are twice the smaller tail,
        at most 1.
    assumption : {"normality", "randomisation"}
        Assumption behind `variance`, `z` and `p_normal`.
    missing : {"raise", "drop"}
        What to do with regions without a value.
    seed : int
        Seed of the permutations.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    Geary

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
        If there are fewer than 4 regions, or an option is out of range.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    `z` is (C - 1) divided by its standard deviation, as in esda, and negative where neighbours are alike; R's spdep
    turns its sign. Islands stay in n and in the sum of squares, as in esda and GeoDa; spdep leaves them out of n.

    References
    ----------
    Geary, R. C. (1954). The contiguity ratio and statistical mapping. The Incorporated Statistician 5, 115-145.
    https://doi.org/10.2307/2986645
    Cliff, A. D., and Ord, J. K. (1981). Spatial Processes: Models and Applications. Pion.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(16)}, geometry=cells, index=list("abcdefghijklmnop"), crs=3857)
    >>> round(sr.geary(grid, "gdp", w=sr.contiguity(grid, kind="rook"), permutations=99).C, 4)
    0.1875
    """
    check_option(alternative, Alternative, "alternative")
    check_option(assumption, Assumption, "assumption")
    check_permutations(permutations, least=0)
    sample = draw_sample(study, variable, w=w, at=at, missing=missing, ids=ids)
    check_testable(sample)
    canonical, _ = sample.canonical()
    z, _ = deviations(canonical.values)
    matrix = without_own(canonical.weights.sparse)
    differences = _difference_form(matrix)
    to_statistic = (len(z) - 1) / (2.0 * float(matrix.sum()) * float(z @ z))
    statistic = to_statistic * float(z @ (differences @ z))
    normality = assumption == "normality"
    draws = Draws.plan(len(z), permutations, derive_seed(seed, "geary"))
    options = {"permutations": permutations, "alternative": alternative, "assumption": assumption, "missing": missing}
    return Geary(
        C=statistic,
        spec=make_spec("geary", options=options, inputs=described_inputs(sample, canonical), seed=seed),
        **common_fields(
            statistic,
            expected=1.0,
            variance=_variance_normality(matrix) if normality else to_statistic**2 * form_moments(z, differences)[1],
            simulated=to_statistic * quadratic_forms(z, differences, draws),
            draws=draws,
            alternative=alternative,
            tolerance=to_statistic * form_tolerance(z, differences, tie_tolerance(z, 1.0)),
        ),
    )


def _difference_form(matrix: sp.csr_array) -> sp.csr_array:
    """Return M with ``z'Mz = sum_ij w_ij (z_i - z_j)**2``."""
    ends = np.asarray(matrix.sum(axis=1)).ravel() + np.asarray(matrix.sum(axis=0)).ravel()
    return sp.csr_array(sp.diags_array(ends) - matrix - matrix.T)


def _variance_normality(matrix: sp.csr_array) -> float:
    """Return the variance of C for independent normal values (Cliff and Ord 1981, page 56)."""
    n, sums = matrix.shape[0], link_sums(matrix)
    return ((2 * sums.s1 + sums.s2) * (n - 1) - 4 * sums.s0**2) / (2 * (n + 1) * sums.s0**2)
