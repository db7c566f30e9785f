"""Local Moran's I: where similar values cluster, and which regions stand out from their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.autocorr._correction import adjusted_p
from spatial_region.autocorr._moran_moments import local_moments_conditional, local_moments_total, moran_statistic
from spatial_region.autocorr._permutation import conditional_lag_counts, tail_p, tie_tolerance, without_own
from spatial_region.autocorr.moran import (
    FEW_REGIONS,
    check_permutations,
    check_testable,
    described_inputs,
    deviations,
)
from spatial_region.core.messages import name_regions
from spatial_region.core.options import (
    Alternative,
    Correction,
    Missing,
    check_between,
    check_option,
)
from spatial_region.core.result import Result, two_columns
from spatial_region.core.sample import draw_sample
from spatial_region.core.seeds import DEFAULT_SEED, derive_seed
from spatial_region.core.spec import Spec, make_spec
from spatial_region.errors import WeightsError

Moments = Literal["conditional", "total"]
CLUSTERS = ("HH", "LH", "LL", "HL", "not significant", "undefined")


@dataclass(frozen=True, eq=False, repr=False)
class LocalMoran(Result):
    """Local Moran's I of every region.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Indexed by region: I, expected, variance, z, value (deviation from the mean), lag (its spatial lag),
        quadrant, p. NaN where a region has no neighbours.
    I : float
        Global Moran's I of the same values and weights: the mean of the local ones, up to scale.
    names : pandas.Series
        Display names.
    alternative : str
        Side of the permutation test.
    correction : {"fdr", "bonferroni"} or None
        Correction that `table` applies unless told otherwise.
    permutations : int
        Number of conditional permutations of each region.
    enumerated : pandas.Series of bool
        Regions for which all sets of neighbours were taken, so that p has no Monte Carlo error.
    spec : Spec
        Settings.
    regions : Study or geopandas.GeoDataFrame or None
        Where the boundaries are, for maps; None when the values came without them.
    """

    statistics: pd.DataFrame
    I: float  # noqa: E741
    names: pd.Series
    alternative: Alternative
    correction: Correction | None
    permutations: int
    enumerated: pd.Series
    spec: Spec
    regions: object = None

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.statistics)

    def table(
        self, *, level: float = 0.05, correction: Correction | Literal["as computed"] | None = "as computed"
    ) -> pd.DataFrame:
        """Return the statistics and clusters at a level of significance.

        Parameters
        ----------
        level : float
            Level of significance; a region is significant when its (adjusted) p is at most this.
        correction : {"fdr", "bonferroni"} or None, optional
            Correction for many tests; by default the one asked for when the statistics were computed.

        Returns
        -------
        pandas.DataFrame
            Indexed by region; columns I, expected, variance, z, lag, quadrant (HH LH LL HL, or "undefined"), p,
            p_adjusted, significant, cluster (HH LH LL HL, "not significant", or "undefined" for an island), name.

        Raises
        ------
        InputError
            If `level` does not lie between 0 and 1.
        OptionError
            If the correction is not offered.
        """
        check_between(level, "level", low=0, high=1)
        asked = check_correction(self.correction if correction == "as computed" else correction)
        result = self.statistics.drop(columns="value")
        result["p_adjusted"] = adjusted_p(result["p"].to_numpy(), asked)
        result["significant"] = result["p_adjusted"] <= level
        result["cluster"] = result["quadrant"].where(
            result["significant"] | (result["quadrant"] == "undefined"), "not significant"
        )
        result["name"] = self.names
        return result

    def counts(
        self, *, level: float = 0.05, correction: Correction | Literal["as computed"] | None = "as computed"
    ) -> pd.Series:
        """Return how many regions each cluster class has, absent classes included; options as for `table`."""
        found = self.table(level=level, correction=correction)["cluster"].value_counts()
        return found.reindex(list(CLUSTERS), fill_value=0).rename("regions")

    def summary(self) -> str:
        """Return counts of the clusters, their members, and the settings as text."""
        inputs = self.spec.inputs
        table = self.table()
        rows: list[tuple[str, object]] = [("regions", self.n)]
        for cluster, count in self.counts().items():
            members = table.index[table["cluster"] == cluster]
            listed = f": {name_regions(members, self.names)}" if count and cluster != "not significant" else ""
            rows.append((str(cluster), f"{count}{listed}"))
        how = "all sets of neighbours" if self.enumerated.all() else f"{self.permutations} conditional permutations"
        rows.append(("test", f"{how}, {self.alternative}, seed {self.spec.seed}"))
        rows.append(("level", f"0.05, correction {self.correction or 'none'}"))
        rows.append(("weights", inputs["weights"]))
        if self.n < FEW_REGIONS:
            rows.append(("caution", f"{self.n} regions are too few to support inference"))
        at = f" at {inputs['at']}" if inputs["at"] is not None else ""
        return two_columns(f"Local Moran's I of {inputs['variable']}{at}", rows)


def local_moran(
    study: object,
    variable: str | None = None,
    *,
    w: object = None,
    at: object = None,
    permutations: int = 9999,
    alternative: Alternative = "two-sided",
    correction: Correction | None = None,
    moments: Moments = "conditional",
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
    ids: Any = None,
) -> LocalMoran:
    """Find clusters of similar values and spatial outliers: local Moran's I (LISA).

    ``I_i = (n - 1) z_i sum_j w_ij z_j / sum_i z_i**2``, with z the deviations from the mean.

    The p-value of a region comes from conditional permutation: it keeps its value while the others are drawn,
    without replacement, on its neighbours. It tests the lag, so that ``greater`` asks for neighbours with unusually
    high values and ``less`` for unusually low ones.

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
        Number of conditional permutations, at least 1. Where a region has no more possible sets of neighbours
        than this, and equal weights, all are taken and its p-value is exact.
    alternative : {"two-sided", "greater", "less"}
        Two-sided p-values are twice the smaller tail, at most 1. GeoDa, and esda by its default, report the smaller
        tail itself, which is half as large.
    correction : {"fdr", "bonferroni"} or None
        Correction for testing many regions; can be changed later, in ``table(correction=...)``.
    moments : {"conditional", "total"}
        Null hypothesis behind `expected`, `variance` and `z`: the region keeps its value, or all are shuffled.
    missing : {"raise", "drop"}
        What to do with regions without a value.
    seed : int
        Seed of the permutations.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    LocalMoran

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
    A value equal to the mean counts as low, as in esda.

    References
    ----------
    Anselin, L. (1995). Geographical Analysis 27, 93-115. https://doi.org/10.1111/j.1538-4632.1995.tb00338.x
    Sokal, R. R., Oden, N. L., and Thomson, B. A. (1998). Geographical Analysis 30, 331-354.
    https://doi.org/10.1111/j.1538-4632.1998.tb00406.x

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(36)}, geometry=cells, index=range(36), crs=3857)
    >>> sr.local_moran(grid, "gdp", w=sr.contiguity(grid)).counts().head(4).to_dict()
    {'HH': 10, 'LH': 0, 'LL': 10, 'HL': 0}
    """
    check_option(alternative, Alternative, "alternative")
    check_option(moments, Moments, "moments")
    check_correction(correction)
    check_permutations(permutations, least=1)
    sample = draw_sample(study, variable, w=w, at=at, missing=missing, ids=ids)
    check_testable(sample)
    canonical, order = sample.canonical()
    matrix, (z, scale) = canonical.weights.sparse, deviations(canonical.values)
    if moments == "total" and matrix.diagonal().any():
        raise WeightsError("moments='total' holds for weights without links of a region to itself; use 'conditional'.")
    lag = matrix @ z
    expected, variance = (local_moments_conditional if moments == "conditional" else local_moments_total)(z, matrix)
    statistic = (len(z) - 1) * z * lag / (z @ z)
    at_least, at_most, draws = conditional_lag_counts(
        z,
        without_own(matrix),
        permutations,
        seed=derive_seed(seed, "local_moran"),
        tie=tie_tolerance(z, 1.0),
    )
    sampled = tail_p(at_least, at_most, np.abs(draws), alternative)
    every = tail_p(at_least, at_most, np.abs(draws), alternative, exact=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (statistic - expected) / np.sqrt(variance)
    island = canonical.weights.cardinalities.to_numpy() == 0
    numbers = {
        "I": statistic,
        "expected": expected,
        "variance": variance,
        "z": score,
        "value": scale * z,
        "lag": scale * lag,
        "p": np.where(draws < 0, every, sampled),
    }
    columns = {key: np.where(island, np.nan, part) if key != "value" else part for key, part in numbers.items()}
    columns["quadrant"] = np.where(island, "undefined", quadrants(z, lag))
    place = np.argsort(order)  # back to the order of the caller
    layout = ["I", "expected", "variance", "z", "value", "lag", "quadrant", "p"]
    statistics = pd.DataFrame({key: columns[key][place] for key in layout}, index=sample.ids)
    options = {
        "permutations": permutations,
        "alternative": alternative,
        "correction": correction,
        "moments": moments,
        "missing": missing,
    }
    return LocalMoran(
        statistics=statistics,
        I=moran_statistic(z, matrix),
        names=sample.names,
        alternative=alternative,
        correction=correction,
        permutations=permutations,
        enumerated=pd.Series((draws < 0)[place], index=sample.ids, name="enumerated"),
        spec=make_spec("local_moran", options=options, inputs=described_inputs(sample, canonical), seed=seed),
        regions=sample.regions,
    )


def quadrants(z: np.ndarray, lag: np.ndarray) -> np.ndarray:
    """Return the quadrant of the Moran scatterplot: own value first, then the neighbours'."""
    return np.where(z > 0, np.where(lag > 0, "HH", "HL"), np.where(lag > 0, "LH", "LL")).astype(object)


def check_correction(correction: Correction | None) -> Correction | None:
    """Return the correction, None for none.

    Raises
    ------
    OptionError
        If it is not offered.
    """
    if correction is not None:
        check_option(correction, Correction, "correction")
    return correction
