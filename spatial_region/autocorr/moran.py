"""Global Moran's I."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import factorial
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.autocorr._moran_moments import GlobalMoments, global_moments, moran_statistic
from spatial_region.autocorr._permutation import (
    every_quadratic_form,
    permuted_quadratic_forms,
    tail_p,
    tie_tolerance,
)
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Alternative, Missing, check_option, check_whole_number
from spatial_region.core.result import Result, two_columns
from spatial_region.core.sample import Sample, draw_sample
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, SmallSampleWarning, WeightsError

Assumption = Literal["normality", "randomisation"]
FEW_REGIONS = 10


@dataclass(frozen=True, eq=False, repr=False)
class Moran(Result):
    """Global Moran's I and its tests.

    Attributes
    ----------
    I : float
        The statistic.
    expected : float
        Its expectation without spatial association, -1 / (n - 1).
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
    spec : Spec
        Settings.
    """

    I: float  # noqa: E741
    expected: float
    variance: float
    z: float
    p_normal: float
    p: float | None
    permutations: int
    enumerated: bool
    alternative: Alternative
    simulated: np.ndarray
    moments: GlobalMoments
    values: pd.Series
    lag: pd.Series
    names: pd.Series
    spec: Spec

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.values)

    @property
    def p_error(self) -> float | None:
        """Monte Carlo standard error of `p`; 0 when every arrangement was taken."""
        if self.p is None:
            return None
        return 0.0 if self.enumerated else float(np.sqrt(self.p * (1 - self.p) / self.permutations))

    def table(self) -> pd.DataFrame:
        """Return one row with the statistic, its moments and both p-values."""
        row = {
            "variable": self.spec.inputs["variable"],
            "at": self.spec.inputs["at"],
            "n": self.n,
            "I": self.I,
            "expected": self.expected,
            "variance": self.variance,
            "z": self.z,
            "p_normal": self.p_normal,
            "p": self.p,
            "permutations": self.permutations,
        }
        return pd.DataFrame([row])

    def summary(self) -> str:
        """Return the statistic, its tests and the settings as text."""
        inputs = self.spec.inputs
        how = "all arrangements" if self.enumerated else f"{self.permutations} permutations, seed {self.spec.seed}"
        at = f" at {inputs['at']}" if inputs["at"] is not None else ""
        rows: list[tuple[str, object]] = [
            ("regions", self.n),
            ("I", self.I),
            ("expected", self.expected),
            (f"variance ({self.spec.options['assumption']})", self.variance),
            ("z", self.z),
            (f"p, normal ({self.alternative})", self.p_normal),
        ]
        if self.p is not None:
            rows.append((f"p, permutation ({self.alternative}; {how})", self.p))
        rows.append(("weights", inputs["weights"]))
        if self.n < FEW_REGIONS:
            rows.append(("caution", f"{self.n} regions are too few to support inference"))
        return two_columns(f"Moran's I of {inputs['variable']}{at}", rows)


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
    Islands stay in n and in the sum of squares, with a lag of zero, as in GeoDa and esda; R's spdep leaves them
    out of n by default.

    References
    ----------
    Cliff, A. D., and Ord, J. K. (1981). Spatial Processes: Models and Applications. Pion.
    Moran, P. A. P. (1950). Biometrika 37, 17-23. https://doi.org/10.1093/biomet/37.1-2.17

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
    check_testable(sample)
    canonical, order = sample.canonical()
    matrix, (z, scale) = canonical.weights.sparse, deviations(canonical.values)
    moments = global_moments(z, matrix)
    statistic = moran_statistic(z, matrix)
    variance = moments.variance_normality if assumption == "normality" else moments.variance_randomisation
    score = (statistic - moments.expected) / np.sqrt(variance)
    forms, enumerated = _arrangements(z, matrix, permutations, seed)
    simulated = len(z) / matrix.sum() * forms / (z @ z)
    largest = float(np.abs(z).max())
    tolerance = len(z) * largest * tie_tolerance(z, 1.0) / float(z @ z)
    return Moran(
        I=statistic,
        expected=moments.expected,
        variance=variance,
        z=float(score),
        p_normal=normal_p(float(score), alternative),
        p=_permutation_p(statistic, simulated, alternative, tolerance=tolerance, enumerated=enumerated),
        permutations=len(simulated),
        enumerated=enumerated,
        alternative=alternative,
        simulated=simulated,
        moments=moments,
        values=pd.Series((scale * z)[np.argsort(order)], index=sample.ids, name=sample.variable),
        lag=_lag_of_linked(canonical.weights, scale * z, order, sample),
        names=sample.names,
        spec=make_spec(
            "moran",
            options={
                "permutations": permutations,
                "alternative": alternative,
                "assumption": assumption,
                "missing": missing,
            },
            inputs=described_inputs(sample, canonical),
            seed=seed,
        ),
    )


def moran_by_time(study: Study, variable: str, *, w: object = None, **options: Any) -> pd.DataFrame:
    """Test each time of a panel: a table of global Moran's I, indexed by time.

    Parameters
    ----------
    study : Study
        A panel.
    variable : str
        Name of the variable.
    w : Weights, Graph, W or str, optional
        Weights, the same at each time.
    **options
        As for `moran`.

    Returns
    -------
    pandas.DataFrame
        One row a time; columns as in ``moran(...).table()``.

    Raises
    ------
    InputError
        If the study is a cross-section.
    UnknownNameError, MissingValuesError, ConstantVariableError, AlignmentError, WeightsError
        As `moran` does.

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
    if "at" in options:
        raise InputError("moran_by_time() takes every time; use moran(at=...) for one, or study.between(...) for some.")
    if not isinstance(study, Study) or not study.is_panel:
        raise InputError("moran_by_time() needs a panel study; use moran() for a cross-section.")
    rows = [moran(study, variable, w=w, at=time, **options).table() for time in study.times]
    return pd.concat(rows, ignore_index=True).drop(columns="at").set_index(pd.Index(study.times, name="time"))


def check_testable(sample: Sample) -> None:
    """Refuse samples for which the statistics are undefined, and warn of those too small for inference.

    Raises
    ------
    InputError
        If there are fewer than 4 regions.
    ConstantVariableError
        If the variable does not vary.
    WeightsError
        If the weights have no link.
    """
    if sample.n < 4:
        raise InputError(f"{sample.described} has {sample.n} regions with a value; at least 4 are needed.")
    sample.check_varies()
    if sample.weights.n_links == 0:
        raise WeightsError(f"no region has a neighbour among: {name_regions(sample.ids, sample.names)}.")
    total = float(sample.weights.sparse.sum())
    if not 1e-100 < total < 1e100:
        raise WeightsError(f"the weights add up to {total:g}; rescale them, or use w.standardise('row').")
    if sample.n < FEW_REGIONS:
        warnings.warn(
            f"{sample.n} regions are too few to support inference: a p-value cannot tell chance from pattern. "
            f"Read the statistic as a description.",
            SmallSampleWarning,
            stacklevel=3,
        )


def described_inputs(sample: Sample, canonical: Sample) -> dict[str, object]:
    """Return the facts about data and weights that a spec records."""
    w = sample.weights
    recipe = ", ".join(f"{key}={value}" for key, value in w.recipe.items()) or "given"
    return {
        "variable": sample.variable,
        "at": sample.at,
        "n": sample.n,
        "dropped": name_some(sample.dropped, limit=1000) if len(sample.dropped) else "",
        "islands": name_some(w.islands, limit=1000) if len(w.islands) else "",
        "weights": f"{recipe}; standardisation={w.standardisation}",
        "values_digest": digest(canonical.values),
        "ids_digest": digest(canonical.ids.astype(str)),
    }


def normal_p(score: float, alternative: Alternative) -> float:
    """Return the p-value of a standard score under the normal distribution."""
    if alternative == "greater":
        return float(stats.norm.sf(score))
    if alternative == "less":
        return float(stats.norm.cdf(score))
    return float(2 * stats.norm.sf(abs(score)))


def deviations(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Return deviations from the mean, divided by the largest value, and this: no size of values then overflows."""
    scale = float(np.abs(values).max())
    scaled = values / scale
    return scaled - scaled.mean(), scale


def check_permutations(permutations: int, *, least: int) -> None:
    """Refuse a number of permutations that is no whole number, or beyond what could be drawn.

    Raises
    ------
    InputError
        If it is not a whole number from `least` to 100 million.
    """
    if check_whole_number(permutations, "permutations", least=least) > 100_000_000:
        raise InputError(f"permutations={permutations:,} are too many; at most 100,000,000.")


def _lag_of_linked(w: Weights, z: np.ndarray, order: np.ndarray, sample: Sample) -> pd.Series:
    lag = np.where(w.cardinalities > 0, w.sparse @ z, np.nan)  # an island has no neighbours to average
    return pd.Series(lag[np.argsort(order)], index=sample.ids, name=f"W_{sample.variable}")


def _arrangements(z: np.ndarray, matrix: Any, permutations: int, seed: int) -> tuple[np.ndarray, bool]:
    if permutations == 0:
        return np.empty(0), False
    if factorial(min(len(z), 20)) <= permutations:
        return every_quadratic_form(z, matrix), True
    return permuted_quadratic_forms(z, matrix, permutations, generator(seed, "moran")), False


def _permutation_p(
    statistic: float, simulated: np.ndarray, alternative: Alternative, *, tolerance: float, enumerated: bool
) -> float | None:
    if len(simulated) == 0:
        return None
    at_least = np.count_nonzero(simulated >= statistic - tolerance)
    at_most = np.count_nonzero(simulated <= statistic + tolerance)
    return float(tail_p(at_least, at_most, len(simulated), alternative, exact=enumerated))
