"""Global Moran's I."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from spatial_region.autocorr import _saddlepoint
from spatial_region.autocorr._global_permutation import Draws, form_tolerance, quadratic_forms
from spatial_region.autocorr._inputs import check_permutations, check_testable, described_inputs, deviations
from spatial_region.autocorr._moran_moments import GlobalMoments, global_moments, moran_statistic
from spatial_region.autocorr._tails import tie_tolerance
from spatial_region.autocorr.global_result import GlobalResult, common_fields
from spatial_region.core.options import Alternative, Missing, check_option
from spatial_region.core.sample import Sample, draw_sample
from spatial_region.core.seeds import DEFAULT_SEED, derive_seed
from spatial_region.core.spec import make_spec
from spatial_region.core.weights import Weights

Assumption = Literal["normality", "randomisation"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Moran(GlobalResult):
    """Global Moran's I and its tests.

    Attributes
    ----------
    I : float
        The statistic.
    expected : float
        Its expectation without spatial association: -1 / (n - 1), unless regions are neighbours of themselves.
    variance, z, p_normal : float
        Variance under the assumption named in `spec` (normality by default), standard score, and p-value from
        the normal distribution.
    p : float or None
        p-value from permutations; None when none were asked for.
    permutations : int
        Number of random arrangements, or of all arrangements when `enumerated`.
    enumerated : bool
        Whether every arrangement of the values was taken, so that `p` has no Monte Carlo error.
    alternative : str
        Side of the tests.
    simulated : numpy.ndarray, shape (permutations,)
        I of each arrangement.
    moments : GlobalMoments
        Variances under both assumptions.
    values, lag : pandas.Series
        Deviations from the mean and their spatial lags (missing for islands), by region: the points of the Moran
        scatterplot.
    names : pandas.Series
        Display names.
    w : Weights
        Weights as they were used, sorted by id.
    spec : Spec
        Settings.
    """

    symbol: ClassVar[str] = "I"
    title: ClassVar[str] = "Moran's I"

    I: float  # noqa: E741
    moments: GlobalMoments
    values: pd.Series
    lag: pd.Series
    names: pd.Series
    w: Weights

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.values)

    @cached_property
    def p_saddlepoint(self) -> float:
        """p-value for independent normal values, by a saddlepoint approximation; computed when first asked for.

        Where `p` has fewer permutations than the tail needs, this one still tells 1e-5 from 1e-9, which the normal
        approximation `p_normal` does not. It takes milliseconds for hundreds of regions, a second for 10,000.
        """
        at_least, at_most = _saddlepoint.moran_tails(self.I, self.w.sparse)
        if self.alternative == "two-sided":
            return min(1.0, 2.0 * min(at_least, at_most))
        return at_least if self.alternative == "greater" else at_most

    def table(self) -> pd.DataFrame:
        """Return one row with the statistic, its moments and the p-values.

        `p_saddlepoint` is None beyond 3,000 regions, or where they have many neighbours; the attribute has it.
        """
        row = super().table()
        quick = _saddlepoint.is_quick(self.w.sparse)
        row.insert(row.columns.get_loc("p"), "p_saddlepoint", self.p_saddlepoint if quick else None)
        return row

    def _more_p(self) -> list[tuple[str, object]]:
        if not _saddlepoint.is_quick(self.w.sparse):
            return []
        return [(f"p, saddlepoint ({self.alternative})", self.p_saddlepoint)]


def moran(
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
) -> Moran:
    """Test whether near regions have similar values: global Moran's I.

    ``I = n / S0 * sum_ij w_ij z_i z_j / sum_i z_i**2``, with z the deviations from the mean and S0 the sum of
    the weights.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Values by region. An array needs `ids`.
    variable : str, optional
        Name of the variable.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation
        nobody has chosen are row-standardised (a copy is).
    at : object, optional
        Time, for a panel.
    permutations : int
        Number of random arrangements; 0 for none. When there are no more arrangements in all (n! of them), every
        one is taken and the p-value is exact.
    alternative : {"two-sided", "greater", "less"}
        Two-sided p-values are twice the smaller tail, at most 1.
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
    Moran

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
    The normal p-value is too small in the tail, by any factor, since I is skewed; `p_saddlepoint` of the result is not
    (Tiefelsdorf 2002). Moments allow for weights of a region for itself, as of kernels.

    Islands stay in n and in the sum of squares, with a lag of zero, as in GeoDa and esda; R's spdep leaves them
    out of n by default.

    References
    ----------
    Cliff, A. D., and Ord, J. K. (1981). Spatial Processes: Models and Applications. Pion.
    Moran, P. A. P. (1950). Biometrika 37, 17-23. https://doi.org/10.1093/biomet/37.1-2.17
    Tiefelsdorf, M. (2002). The saddlepoint approximation of Moran's I's and local Moran's Ii's reference distributions
    and their numerical evaluation. Geographical Analysis 34, 187-206. https://doi.org/10.1111/j.1538-4632.2002.tb01084.x

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(16)}, geometry=cells, index=list("abcdefghijklmnop"), crs=3857)
    >>> round(sr.moran(grid, "gdp", w=sr.contiguity(grid, kind="rook"), permutations=99).I, 4)
    0.75
    """
    check_option(alternative, Alternative, "alternative")
    check_option(assumption, Assumption, "assumption")
    check_permutations(permutations, least=0)
    sample = draw_sample(study, variable, w=w, at=at, missing=missing, ids=ids)
    options = {
        "permutations": permutations,
        "alternative": alternative,
        "assumption": assumption,
        "missing": missing,
    }
    return moran_of(sample, "moran", options, seed=seed)


def moran_of(sample: Sample, function: str, options: dict[str, Any], *, seed: int, **inputs: object) -> Moran:
    """Compute and test Moran's I of a sample; `inputs` are recorded beside those that every statistic records.

    Raises
    ------
    InputError, ConstantVariableError, WeightsError
        As `check_testable` does.
    """
    check_testable(sample, stacklevel=4)
    canonical, order = sample.canonical()
    matrix, (z, scale) = canonical.weights.sparse, deviations(canonical.values)
    moments = global_moments(z, matrix)
    normality = options["assumption"] == "normality"
    draws = Draws.plan(len(z), options["permutations"], derive_seed(seed, function))
    to_statistic = len(z) / float(matrix.sum()) / float(z @ z)
    return Moran(
        I=moran_statistic(z, matrix),
        moments=moments,
        values=pd.Series((scale * z)[np.argsort(order)], index=sample.ids, name=sample.variable),
        lag=_lag_of_linked(canonical.weights, scale * z, order, sample),
        names=sample.names,
        w=canonical.weights,
        spec=make_spec(function, options=options, inputs={**described_inputs(sample, canonical), **inputs}, seed=seed),
        **common_fields(
            moran_statistic(z, matrix),
            expected=moments.expected,
            variance=moments.variance_normality if normality else moments.variance_randomisation,
            simulated=to_statistic * quadratic_forms(z, matrix, draws),
            draws=draws,
            alternative=options["alternative"],
            tolerance=to_statistic * form_tolerance(z, matrix, tie_tolerance(z, 1.0)),
        ),
    )


def _lag_of_linked(w: Weights, z: np.ndarray, order: np.ndarray, sample: Sample) -> pd.Series:
    lag = np.where(w.cardinalities > 0, w.sparse @ z, np.nan)  # an island has no neighbours to average
    return pd.Series(lag[np.argsort(order)], index=sample.ids, name=f"W_{sample.variable}")
