"""Local Moran's I: where similar values cluster, and which regions stand out from their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from scipy.special import ndtr

from spatial_region.autocorr._engine import Counts
from spatial_region.autocorr._local import (
    LocalInputs,
    chosen_permutations,
    count_local,
    count_total,
    local_inputs,
    local_spec,
)
from spatial_region.autocorr._local_fields import local_fields
from spatial_region.autocorr._moran_moments import local_moments_conditional, local_moments_total
from spatial_region.autocorr.local_result import LocalResult, class_codes
from spatial_region.core.correction import check_correction
from spatial_region.core.options import Alternative, Correction, Missing, check_option
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.errors import WeightsError

Moments = Literal["conditional", "total"]
Inference = Literal["conditional", "total", "analytic"]
QUADRANTS = ("HH", "LH", "LL", "HL")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LocalMoran(LocalResult):
    """Local Moran's I of every region; see `LocalResult` for what it shares with other local statistics.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Indexed by region: I, expected, variance, z, value (deviation from the mean), lag (of it), quadrant, p.
    I : float
        Global Moran's I of the same values and weights: the mean of the local ones, up to scale.
    """

    I: float  # noqa: E741

    title: ClassVar[str] = "Local Moran's I"
    statistic: ClassVar[str] = "I"
    classes: ClassVar[tuple[str, ...]] = QUADRANTS
    core_classes: ClassVar[tuple[str, ...]] = ("HH", "LL")


def local_moran(
    study: object,
    variable: str | None = None,
    *,
    w: object = None,
    at: object = None,
    permutations: int | None = None,
    alternative: Alternative = "two-sided",
    correction: Correction | None = None,
    inference: Inference = "conditional",
    moments: Moments | None = None,
    missing: Missing = "raise",
    stop_after: int | None = None,
    seed: int = DEFAULT_SEED,
    ids: Any = None,
) -> LocalMoran:
    """Find clusters of similar values and spatial outliers: local Moran's I (LISA).

    ``I_i = (n - 1) z_i sum_j w_ij z_j / sum_i z_i**2``, with z the deviations from the mean.

    The p-value of a region comes from conditional permutation: it keeps its value while the others are drawn,
    without replacement, on its neighbours. It tests the lag, so that ``greater`` asks for neighbours with unusually
    high values and ``less`` for unusually low ones. Under total randomisation all values are drawn, the region's own
    included, and ``greater`` asks for unusually large I_i: similar values, high or low.

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
    permutations : int, optional
        Number of conditional permutations, at least 1. By default 99,999 where the weights within each row are equal
        (contiguity, nearest neighbours, bands), since draws are then shared and cheap, else 9,999. Where a region
        has no more possible sets of neighbours than this, and equal weights, all are taken and p is exact.
    alternative : {"two-sided", "greater", "less"}
        Two-sided p-values are twice the smaller tail, at most 1. GeoDa, and esda by its default, report the smaller
        tail itself, which is half as large.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction for testing many regions (Benjamini-Hochberg, Benjamini-Yekutieli, Bonferroni, Holm); can be
        changed later, in ``table(correction=...)``.
    inference : {"conditional", "total", "analytic"}
        Where p comes from: permutations in which a region keeps its value, permutations of all values, or the normal
        distribution of `z`, which is a poor guide for few neighbours or skewed values.
    moments : {"conditional", "total"}, optional
        Null hypothesis behind `expected`, `variance` and `z`: the region keeps its value, or all are shuffled. By
        default that of `inference`, conditional for the analytic one.
    missing : {"raise", "drop"}
        What to do with regions without a value.
    stop_after : int, optional
        Where weights differ within a row, end the test of a region once so many of its draws lie in the tail
        (sequential Monte Carlo); regions that are clearly not significant then cost little. All draws by default.
    seed : int
        Seed of the permutations. All local statistics draw the same neighbours for one seed.
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
    check_correction(correction)
    inputs = local_inputs(study, variable, w=w, at=at, missing=missing, ids=ids, alternative=alternative)
    return local_moran_of(
        inputs, "local_moran", permutations=permutations, alternative=alternative, correction=correction,
        inference=inference, moments=moments, missing=missing, stop_after=stop_after, seed=seed,
    )  # fmt: skip


def local_moran_of(
    inputs: LocalInputs,
    function: str,
    *,
    permutations: int | None,
    alternative: Alternative,
    correction: Correction | None,
    inference: Inference,
    moments: Moments | None,
    missing: Missing,
    stop_after: int | None,
    seed: int,
    **recorded: object,
) -> LocalMoran:
    """Return local Moran's I of values brought together already; options as for `local_moran`."""
    check_option(inference, Inference, "inference")
    moments = moments or ("total" if inference == "total" else "conditional")
    check_option(moments, Moments, "moments")
    if "total" in (moments, inference) and inputs.others is not inputs.canonical.weights:
        raise WeightsError("'total' holds for weights without links of a region to itself; use 'conditional'.")
    permutations = 0 if inference == "analytic" else chosen_permutations(permutations, inputs.others)
    columns = _statistics(inputs, moments)
    p, tests = _tested(inputs, columns, inference, moments, alternative, permutations, seed, stop_after)
    z, lag = inputs.z, inputs.matrix @ inputs.z
    options: dict[str, object] = {
        "permutations": permutations,
        "alternative": alternative,
        "correction": correction,
        "inference": inference,
        "moments": moments,
        "missing": missing,
        "stop_after": stop_after,
    }
    return LocalMoran(
        I=float(len(z) / inputs.canonical.weights.rows.sums.sum() * (z @ lag) / (z @ z)),
        **local_fields(
            inputs, columns, p, tests,
            alternative=alternative, correction=correction, permutations=permutations,
            spec=local_spec(function, inputs, seed=seed, options=options, **recorded),
        ),
    )  # fmt: skip


def _statistics(inputs: LocalInputs, moments: Moments) -> dict[str, Any]:
    z, lag = inputs.z, inputs.matrix @ inputs.z
    statistic = (len(z) - 1) * z * lag / (z @ z)
    expected, variance = (local_moments_conditional if moments == "conditional" else local_moments_total)(
        z, inputs.canonical.weights.rows
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (statistic - expected) / np.sqrt(variance)
    return {
        "I": statistic,
        "expected": expected,
        "variance": variance,
        "z": score,
        "value": inputs.scale * z,
        "lag": inputs.scale * lag,
        "quadrant": class_codes(np.where(inputs.islands, len(QUADRANTS), quadrant_codes(z, lag)), QUADRANTS),
    }


def _tested(
    inputs: LocalInputs,
    columns: dict[str, Any],
    inference: Inference,
    moments: Moments,
    alternative: Alternative,
    permutations: int,
    seed: int,
    stop_after: int | None,
) -> tuple[np.ndarray, Counts | None]:
    """Return p in the caller's order, and the draws that it was counted from."""
    if inference == "analytic":
        # The conditional test is one of the lag, whose standard score has the sign of the region's own value.
        sign = np.where(inputs.z < 0, -1.0, 1.0) if moments == "conditional" else 1.0
        score = (sign * columns["z"])[inputs.place]
        tail = {"greater": -score, "less": score, "two-sided": -np.abs(score)}[alternative]
        return ndtr(tail) * (2.0 if alternative == "two-sided" else 1.0), None
    if inference == "total":
        tests = count_total(inputs, permutations, seed=seed)
    else:
        tests = count_local(
            inputs, inputs.z[None], None, permutations,
            seed=seed, tolerance=inputs.lag_tolerance, alternative=alternative, stop_after=stop_after,
        )  # fmt: skip
    return tests.p(alternative), tests


def quadrant_codes(z: np.ndarray, lag: np.ndarray) -> np.ndarray:
    """Return the quadrant of the Moran scatterplot as a place in `QUADRANTS`: own value first, then the neighbours'."""
    return np.where(z > 0, np.where(lag > 0, 0, 3), np.where(lag > 0, 1, 2))
