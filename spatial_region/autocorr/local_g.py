"""Local G and G*: where values around a region are high, or low, taken together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from scipy import sparse as sp
from scipy.special import ndtr

from spatial_region.autocorr._local import LocalInputs, chosen_permutations, count_local, local_inputs, local_spec
from spatial_region.autocorr._local_fields import local_fields, score, smaller_tail_is_low
from spatial_region.autocorr.local_result import LocalResult, class_codes
from spatial_region.core.correction import check_correction
from spatial_region.core.messages import name_regions
from spatial_region.core.options import Alternative, Correction, Missing, check_option
from spatial_region.core.sample import Sample
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.core.weights import RowFacts
from spatial_region.errors import InputError

GInference = Literal["conditional", "analytic"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LocalG(LocalResult):
    """Local G of every region; see `LocalResult` for what it shares with other local statistics.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Indexed by region: G, expected, variance, z, association, p.
    """

    title: ClassVar[str] = "Local G"
    statistic: ClassVar[str] = "G"
    class_column: ClassVar[str] = "association"
    classes: ClassVar[tuple[str, ...]] = ("high", "low")
    core_classes: ClassVar[tuple[str, ...]] = ("high", "low")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LocalGStar(LocalG):
    """Local G* of every region, which counts the region itself among its neighbours."""

    title: ClassVar[str] = "Local G*"


def local_g(
    study: object,
    variable: str | None = None,
    *,
    star: bool = False,
    w: object = None,
    at: object = None,
    permutations: int | None = None,
    alternative: Alternative = "two-sided",
    correction: Correction | None = None,
    inference: GInference = "conditional",
    missing: Missing = "raise",
    stop_after: int | None = None,
    seed: int = DEFAULT_SEED,
    ids: Any = None,
) -> LocalG:
    """Find hot spots and cold spots: Getis and Ord's local G, or G* with the region itself.

    ``G_i = sum_j w_ij x_j / sum_j x_j`` over the other regions j; ``G*_i`` is the same over all regions, i included.

    The p-value of a region comes from conditional permutation: it keeps its value while the others are drawn, without
    replacement, on its neighbours. What is tested is the sum of the neighbours' values, so that G, G* and local
    Moran's I have the same p-values for the same seed.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Values by region, none negative. An array needs `ids`.
    variable : str, optional
        Name of the variable.
    star : bool
        Whether the region itself counts as its neighbour: with the largest weight of its row (1 if weights are
        binary); row-standardised weights are then standardised again (``1 / (k + 1)`` each, with k neighbours).
        Weights that have some of regions for themselves are taken as they are.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation
        nobody has chosen are row-standardised (a copy is). Without `star`, weights of regions for themselves are left
        out.
    at : object, optional
        Time, for a panel.
    permutations : int, optional
        Number of conditional permutations, at least 1. By default 99,999 where the weights within each row are equal,
        else 9,999. Where a region has no more possible sets of neighbours than this, and equal weights, all are taken
        and p is exact.
    alternative : {"two-sided", "greater", "less"}
        ``"greater"`` finds hot spots, ``"less"`` cold spots. Two-sided p-values are twice the smaller tail, at most 1.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction for testing many regions; can be changed later, in ``table(correction=...)``.
    inference : {"conditional", "analytic"}
        Where p comes from: permutations, or the normal distribution of `z`, which is a poor guide for few neighbours
        or skewed values.
    missing : {"raise", "drop"}
        What to do with regions without a value.
    stop_after : int, optional
        Where weights differ within a row, end the test of a region once so many of its draws lie in the tail
        (sequential Monte Carlo). All draws by default.
    seed : int
        Seed of the permutations. All local statistics draw the same neighbours for one seed.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    LocalG
        Classes: ``"high"`` (a hot spot), ``"low"`` (a cold spot).

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
        If a value is negative, there are fewer than 4 regions, or an option is out of range.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    `expected`, `variance` and `z` are those of Ord and Getis (1995) for any weights: G when the other values are
    shuffled, G* when all are. They agree with R's spdep; esda's z (seen in 2.8.2) is wrong for row-standardised
    weights. A region without neighbours is undefined under `star` too, since nothing but itself is near. Where all
    other regions have the value 0, G is undefined (0 / 0), and so is p. Which class a region has is told by the smaller
    tail.

    References
    ----------
    Getis, A., and Ord, J. K. (1992). Geographical Analysis 24, 189-206.
    https://doi.org/10.1111/j.1538-4632.1992.tb00261.x
    Ord, J. K., and Getis, A. (1995). Geographical Analysis 27, 286-306.
    https://doi.org/10.1111/j.1538-4632.1995.tb00912.x

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(36)}, geometry=cells, index=range(36), crs=3857)
    >>> sr.local_g(grid, "gdp", star=True, w=sr.contiguity(grid)).counts().head(2).to_dict()
    {'high': 10, 'low': 10}
    """
    check_option(inference, GInference, "inference")
    check_correction(correction)
    inputs = local_inputs(study, variable, w=w, at=at, missing=missing, ids=ids, alternative=alternative)
    _check_not_negative(inputs.sample)
    analytic = inference == "analytic"
    permutations = 0 if analytic else chosen_permutations(permutations, inputs.others)
    columns = _statistics(inputs, star=bool(star))
    if analytic:
        tests, low = None, columns["z"] < 0
        p = _normal_p(columns["z"], alternative)[inputs.place]
    else:
        tests = count_local(
            inputs, inputs.z[None], None, permutations,
            seed=seed, tolerance=inputs.lag_tolerance, alternative=alternative, stop_after=stop_after,
        )  # fmt: skip
        p, low = tests.p(alternative), smaller_tail_is_low(tests, inputs)
    nothing = np.isnan(columns["G"])  # 0 / 0: no other region has more than 0
    p = np.where(nothing[inputs.place], np.nan, p)
    codes = np.where(inputs.islands | nothing, 2, np.where(low, 1, 0))
    options: dict[str, object] = {
        "star": bool(star),
        "permutations": permutations,
        "alternative": alternative,
        "correction": correction,
        "inference": inference,
        "missing": missing,
        "stop_after": stop_after,
    }
    return (LocalGStar if star else LocalG)(
        **local_fields(
            inputs, {**columns, "association": class_codes(codes, LocalG.classes)}, p, tests,
            alternative=alternative, correction=correction, permutations=permutations,
            spec=local_spec("local_g", inputs, seed=seed, options=options),
        )
    )  # fmt: skip


def _check_not_negative(sample: Sample) -> None:
    negative = sample.values < 0
    if negative.any():
        raise InputError(
            f"local G needs values that are not negative; {sample.described} is negative in {negative.sum()} of "
            f"{sample.n} regions: {name_regions(sample.ids[negative], sample.names)}. "
            f"Use local_moran() or local_geary() for such a variable."
        )


def _statistics(inputs: LocalInputs, *, star: bool) -> dict[str, np.ndarray]:
    """Return G, its mean, variance and standard score; sums over all regions under `star`, else over the others."""
    x = inputs.canonical.values / inputs.scale
    w = with_own(inputs.matrix, row=inputs.canonical.weights.standardisation == "row") if star else inputs.others.sparse
    rows = RowFacts(w)
    drawn = len(x) if star else len(x) - 1  # values that are shuffled
    kept = 0.0 if star else x
    total, mean = x.sum() - kept, (x.sum() - kept) / drawn
    z = inputs.z  # deviations, so that the variance of many large values keeps its digits
    apart = (z @ z if star else (z @ z) - z**2) / drawn - (0.0 if star else (z / drawn) ** 2)
    apart = np.where(apart > 1e-12 * (z @ z) / drawn, apart, 0.0)  # all values that are shuffled are alike
    spread = drawn * rows.squares - rows.sums**2
    spread = np.where(spread > 1e-12 * drawn * rows.squares, spread, 0.0)  # everybody is a neighbour
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.where(total > 1e-12 * x.sum(), (w @ x) / total, np.nan)
        expected = np.where(np.isnan(statistic), np.nan, rows.sums / drawn)
        variance = np.where(np.isnan(statistic), np.nan, apart / mean**2 * spread / (drawn**2 * (drawn - 1)))
    return {"G": statistic, "expected": expected, "variance": variance, "z": score(statistic, expected, variance)}


def with_own(matrix: sp.csr_array, *, row: bool) -> sp.csr_array:
    """Return weights with one of each region for itself, the largest of its row, unless they have some already."""
    if matrix.diagonal().any():
        return matrix
    largest = np.asarray(matrix.max(axis=1).todense()).ravel()
    whole = sp.csr_array(matrix + sp.diags_array(np.where(largest > 0, largest, 1.0)))
    return sp.csr_array(sp.diags_array(1.0 / np.asarray(whole.sum(axis=1)).ravel()) @ whole) if row else whole


def _normal_p(z: np.ndarray, alternative: Alternative) -> np.ndarray:
    """Return normal p-values; 1 where the statistic cannot vary."""
    tail = {"greater": -z, "less": z, "two-sided": -np.abs(z)}[alternative]
    p = ndtr(tail) * (2.0 if alternative == "two-sided" else 1.0)
    return np.where(np.isnan(z), 1.0, p)
