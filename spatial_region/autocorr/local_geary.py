"""Local Geary's c: which regions resemble their neighbours in one variable or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from spatial_region.autocorr._geary_kernels import conditional_moments, local_differences
from spatial_region.autocorr._inputs import check_testable, deviations
from spatial_region.autocorr._local import LocalInputs, chosen_permutations, count_local, local_spec, sorted_inputs
from spatial_region.autocorr._local_fields import (
    draw_variables,
    local_fields,
    score,
    smaller_tail_is_low,
    standardised,
)
from spatial_region.autocorr._tails import tie_tolerance
from spatial_region.autocorr.local_result import LocalResult, class_codes
from spatial_region.core.correction import check_correction
from spatial_region.core.options import Alternative, Correction, Missing, check_option
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.core.spec import digest


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LocalGeary(LocalResult):
    """Local Geary's c of every region; see `LocalResult` for what it shares with other local statistics.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Indexed by region: C, expected, variance, z, value (deviation from the mean, in standard deviations), lag (of
        it), association, p.
    """

    title: ClassVar[str] = "Local Geary's c"
    statistic: ClassVar[str] = "C"
    class_column: ClassVar[str] = "association"
    classes: ClassVar[tuple[str, ...]] = ("HH", "LL", "other positive", "negative")
    core_classes: ClassVar[tuple[str, ...]] = ("HH", "LL", "other positive")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MultivariateLocalGeary(LocalGeary):
    """Local Geary's c of several variables together; similar neighbours are "positive", different ones "negative"."""

    title: ClassVar[str] = "Multivariate local Geary's c"
    classes: ClassVar[tuple[str, ...]] = ("positive", "negative")
    core_classes: ClassVar[tuple[str, ...]] = ("positive",)


def local_geary(
    study: object,
    variable: str | Sequence[str] | None = None,
    *,
    w: object = None,
    at: object = None,
    permutations: int | None = None,
    alternative: Alternative = "two-sided",
    correction: Correction | None = None,
    missing: Missing = "raise",
    stop_after: int | None = None,
    seed: int = DEFAULT_SEED,
    ids: Any = None,
) -> LocalGeary:
    """Find regions that resemble their neighbours, or differ from them: local Geary's c, also of several variables.

    ``c_i = sum_j w_ij (z_i - z_j)**2``, with z the deviations from the mean in standard deviations of the sample
    (divisor n - 1). Of several variables, it is the mean of their c_i: small where the neighbours resemble the region
    in all of them together. A small c_i is positive association, a large one negative.

    The p-value of a region comes from conditional permutation: it keeps its value, or values, while the others are
    drawn, without replacement, on its neighbours; the values of one region stay together.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Values by region. An array needs `ids`.
    variable : str or sequence of str, optional
        Name of the variable, or names of several.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation
        nobody has chosen are row-standardised (a copy is).
    at : object, optional
        Time, for a panel.
    permutations : int, optional
        Number of conditional permutations, at least 1. By default 99,999 where the weights within each row are equal,
        else 9,999. Where a region has no more possible sets of neighbours than this, and equal weights, all are taken
        and p is exact.
    alternative : {"two-sided", "greater", "less"}
        Of c: ``"less"`` finds neighbours that are unusually similar, ``"greater"`` unusually different ones. Two-sided
        p-values are twice the smaller tail, at most 1.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction for testing many regions; can be changed later, in ``table(correction=...)``.
    missing : {"raise", "drop"}
        What to do with regions without a value of each variable.
    stop_after : int, optional
        Where weights differ within a row, end the test of a region once so many of its draws lie in the tail
        (sequential Monte Carlo). All draws by default.
    seed : int
        Seed of the permutations. All local statistics draw the same neighbours for one seed.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    LocalGeary
        Classes: ``"HH"`` and ``"LL"`` (similar, and both above or both below the mean), ``"other positive"``
        (similar, across the mean), ``"negative"``. Of several variables, a `MultivariateLocalGeary` with the classes
        ``"positive"`` and ``"negative"``.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConstantVariableError
        If a variable does not vary.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If a variable, the time or the weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    InputError
        If there are fewer than 4 regions, a list of variables is empty or repeats one, or an option is out of range.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    The scale is that of GeoDa and R's spdep; esda's c is n / (n - 1) times as large. `expected` and `variance` are
    those over all conditional permutations, in closed form. Whether neighbours are similar is told by the smaller tail,
    so that the class never contradicts p; GeoDa compares c with the mean of the draws, which decides alike for
    significant regions unless the draws are very skewed. R's spdep draws the neighbours with replacement, and each
    variable by itself, which takes their correlation away.

    References
    ----------
    Anselin, L. (2019). A local indicator of multivariate spatial association: extending Geary's c. Geographical
    Analysis 51, 133-150. https://doi.org/10.1111/gean.12164

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(36)}, geometry=cells, index=range(36), crs=3857)
    >>> sr.local_geary(grid, "gdp", w=sr.contiguity(grid)).counts().head(4).to_dict()
    {'HH': 18, 'LL': 18, 'other positive': 0, 'negative': 0}
    """
    check_option(alternative, Alternative, "alternative")
    check_correction(correction)
    samples = draw_variables(study, variable, w=w, at=at, missing=missing, ids=ids)
    check_testable(samples[0])
    for sample in samples[1:]:
        sample.check_varies()
    order = samples[0].canonical()[1]
    several = len(samples) > 1
    named = replace(samples[0], variable=", ".join(sample.variable for sample in samples))
    inputs = sorted_inputs(named)
    values = np.stack([sample.values[order] for sample in samples])
    z = np.stack([standardised(row) for row in values])
    permutations = chosen_permutations(permutations, inputs.others)
    tests = count_local(
        inputs, _features(z), _own(z), permutations,
        seed=seed, tolerance=_tolerance(z, values, inputs), alternative=alternative, stop_after=stop_after,
    )  # fmt: skip
    columns = _statistics(z, inputs, smaller_tail_is_low(tests, inputs))
    options: dict[str, object] = {
        "permutations": permutations,
        "alternative": alternative,
        "correction": correction,
        "missing": missing,
        "stop_after": stop_after,
    }
    recorded: dict[str, object] = {"other_digest": digest(values[1:].ravel())} if several else {}
    return (MultivariateLocalGeary if several else LocalGeary)(
        **local_fields(
            inputs, columns, tests.p(alternative), tests,
            alternative=alternative, correction=correction, permutations=permutations,
            spec=local_spec("local_geary", inputs, seed=seed, options=options, **recorded),
        )
    )  # fmt: skip


def _features(z: np.ndarray) -> np.ndarray:
    """Return what of a neighbour enters: its squares, and its values."""
    return np.concatenate([(z**2).sum(axis=0)[None], z]) / len(z)


def _own(z: np.ndarray) -> np.ndarray:
    """Return what a region multiplies these by: ``(z_i - z_j)**2 = z_i**2 + 1 * z_j**2 - 2 z_i * z_j``."""
    return np.column_stack([np.ones(z.shape[1]), -2.0 * z.T])


def _tolerance(z: np.ndarray, values: np.ndarray, inputs: LocalInputs) -> np.ndarray:
    """Return how close two c must be to count as equal, given how close two values must be."""
    allowed = np.zeros(z.shape[1])
    for row, raw in zip(z, values, strict=True):
        d, _ = deviations(raw)
        close = tie_tolerance(d, 1.0) / np.abs(d).max() * np.abs(row).max()
        allowed += 2.0 * (np.abs(row) + np.abs(row).max()) * close
    return allowed / len(z) * inputs.others.rows.sums


def _statistics(z: np.ndarray, inputs: LocalInputs, similar: np.ndarray) -> dict[str, Any]:
    weights, matrix = inputs.others, inputs.others.sparse
    statistic = local_differences(z, matrix.indptr, matrix.indices, matrix.data)
    expected, variance = conditional_moments(z, weights.rows.sums, weights.rows.squares)
    columns = {"C": statistic, "expected": expected, "variance": variance, "z": score(statistic, expected, variance)}
    codes = np.where(similar, 0, 1)
    classes = MultivariateLocalGeary.classes
    if len(z) == 1:
        lag = inputs.matrix @ z[0]
        both_high, both_low = (z[0] > 0) & (lag > 0), (z[0] <= 0) & (lag <= 0)
        codes = np.where(~similar, 3, np.where(both_high, 0, np.where(both_low, 1, 2)))
        classes = LocalGeary.classes
        columns |= {"value": z[0], "lag": lag}
    return {**columns, "association": class_codes(np.where(inputs.islands, len(classes), codes), classes)}
