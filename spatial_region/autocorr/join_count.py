"""Join counts of categories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.autocorr._form_moments import link_sums
from spatial_region.autocorr._global_permutation import Draws, join_sums
from spatial_region.autocorr._inputs import (
    check_permutations,
    check_testable,
    described_inputs,
    normal_p,
    without_own,
)
from spatial_region.autocorr._join_moments import join_moments, unlike_moments
from spatial_region.autocorr._tails import tail_p
from spatial_region.autocorr.global_result import common_fields
from spatial_region.autocorr.join_count_result import JoinCount
from spatial_region.core.messages import name_some
from spatial_region.core.options import Alternative, Missing, check_option
from spatial_region.core.sample import Sample, draw_sample
from spatial_region.core.seeds import DEFAULT_SEED, derive_seed
from spatial_region.core.spec import make_spec
from spatial_region.errors import ConstantVariableError, InputError

Sampling = Literal["without replacement", "with replacement"]
_MOST_CATEGORIES = 30
_TIE = 1e-9  # joins closer than this share of all of them are equally many


def join_count(
    study: object,
    variable: str | None = None,
    *,
    w: object = None,
    at: object = None,
    permutations: int = 9999,
    alternative: Alternative = "two-sided",
    sampling: Sampling = "without replacement",
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
    ids: Any = None,
) -> JoinCount:
    """Test whether regions of the same category lie next to each other: join counts of two or more categories.

    A join is a pair of neighbours; ``J_ab = sum_ij w_ij (a_i b_j + b_i a_j) / 2`` counts those between categories a
    and b, and ``J_aa = sum_ij w_ij a_i a_j / 2`` those within a, with a_i = 1 in regions of category a and else 0.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Category of each region: text, booleans, whole numbers or a pandas Categorical, at most 30 of them. An array
        needs `ids`.
    variable : str, optional
        Name of the variable.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation nobody has
        chosen are used as they were made: contiguity then counts joins. Weights of regions for themselves are left out.
    at : object, optional
        Time, for a panel.
    permutations : int
        Number of random arrangements; 0 for none. When there are no more arrangements in all (n! of them), every
        one is taken and the p-value is exact.
    alternative : {"two-sided", "greater", "less"}
        Of each count: clusters have more joins within categories (``"greater"``) and fewer unlike ones (``"less"``).
        Two-sided p-values are twice the smaller tail, at most 1.
    sampling : {"without replacement", "with replacement"}
        Behind `expected` and `variance`: whether the categories at hand are rearranged (nonfree sampling), or drawn
        for each region anew with the chances found (free sampling). Permutations always rearrange.
    missing : {"raise", "drop"}
        What to do with regions without a category.
    seed : int
        Seed of the permutations.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    JoinCount

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConstantVariableError
        If there is one category only.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If the variable, time or weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    InputError
        If there are more than 30 categories, fewer than 4 regions, or an option is out of range.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    Islands have no joins, and stay in n. esda's p-value of a count is that of ``alternative="greater"``; R's spdep
    divides each count as here, and its test of one category is that of ``"greater"`` too.

    References
    ----------
    Cliff, A. D., and Ord, J. K. (1981). Spatial Processes: Models and Applications. Pion.
    Moran, P. A. P. (1948). The interpretation of statistical maps. Journal of the Royal Statistical Society B 10,
    243-251. https://doi.org/10.1111/j.2517-6161.1948.tb00012.x

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    >>> grid = gpd.GeoDataFrame({"use": ["urban"] * 8 + ["rural"] * 8}, geometry=cells, crs=3857)
    >>> j = sr.join_count(grid, "use", w=sr.contiguity(grid, kind="rook"), permutations=99)
    >>> float(j.counts.loc["urban", "urban"]), j.unlike
    (10.0, 4.0)
    """
    check_option(alternative, Alternative, "alternative")
    check_option(sampling, Sampling, "sampling")
    check_permutations(permutations, least=0)
    sample = draw_sample(study, variable, w=w, at=at, missing=missing, ids=ids, undecided="none", categorical=True)
    labels = _check_categories(sample)
    check_testable(sample)
    canonical, _ = sample.canonical()
    matrix, codes = without_own(canonical.weights.sparse), canonical.values.astype(np.int64)
    free, sums, sizes = sampling == "with replacement", link_sums(matrix), np.bincount(codes)
    draws = Draws.plan(len(codes), permutations, derive_seed(seed, "join_count"))
    observed, tolerance = _observed(codes, len(labels), matrix), _TIE * sums.s0
    drawn = _draw(observed, join_sums(codes, len(labels), matrix, draws), tolerance)
    mean, variance = unlike_moments(sizes, sums, free=free)
    options = {"permutations": permutations, "alternative": alternative, "sampling": sampling, "missing": missing}
    return JoinCount(
        unlike=float(_unlike(observed[None])[0]),
        counts=pd.DataFrame(observed, index=labels, columns=labels),
        pairs=_pairs(observed, drawn, join_moments(sizes, sums, free=free), labels, draws, alternative),
        sizes=pd.Series(sizes, index=labels, name="regions"),
        spec=make_spec("join_count", options=options, inputs=described_inputs(sample, canonical), seed=seed),
        **common_fields(
            float(_unlike(observed[None])[0]),
            expected=mean,
            variance=variance,
            simulated=drawn.unlike,
            draws=draws,
            alternative=alternative,
            tolerance=tolerance,
        ),
    )


@dataclass(frozen=True)
class _Drawn:
    """Joins of unlike categories in each draw, and how many draws have at least, and at most, the observed joins."""

    unlike: np.ndarray
    at_least: np.ndarray
    at_most: np.ndarray


def _draw(observed: np.ndarray, batches: Iterator[np.ndarray], tolerance: float) -> _Drawn:
    at_least, at_most = np.zeros(observed.shape, dtype=np.int64), np.zeros(observed.shape, dtype=np.int64)
    unlike = [np.empty(0)]
    for joins in batches:
        at_least += np.count_nonzero(joins >= observed - tolerance, axis=0)
        at_most += np.count_nonzero(joins <= observed + tolerance, axis=0)
        unlike.append(_unlike(joins))
    return _Drawn(np.concatenate(unlike), at_least, at_most)


def _check_categories(sample: Sample) -> pd.Index:
    labels = sample.categories
    if labels is None or len(labels) < 2:
        raise ConstantVariableError(
            f"{sample.described} has one category, {name_some([] if labels is None else labels)}, in all {sample.n} "
            f"regions; joins need two at least."
        )
    if len(labels) > _MOST_CATEGORIES:
        raise InputError(
            f"{sample.described} has {len(labels)} different values ({name_some(labels)}); join counts take at most "
            f"{_MOST_CATEGORIES} categories. Group the values first, or use moran() for a quantity."
        )
    return labels


def _observed(codes: np.ndarray, kinds: int, matrix: sp.csr_array) -> np.ndarray:
    member = np.zeros((len(codes), kinds))
    member[np.arange(len(codes)), codes] = 1.0
    directed = member.T @ (matrix @ member)
    joins = (directed + directed.T) / 2.0
    joins[np.diag_indices(kinds)] /= 2.0
    return joins


def _unlike(joins: np.ndarray) -> np.ndarray:
    """Return the sum above the diagonal of each matrix."""
    rows, columns = np.triu_indices(joins.shape[-1], 1)
    return joins[:, rows, columns].sum(axis=1)


def _pairs(
    observed: np.ndarray,
    drawn: _Drawn,
    moments: tuple[np.ndarray, np.ndarray],
    labels: pd.Index,
    draws: Draws,
    alternative: Alternative,
) -> pd.DataFrame:
    rows, columns = np.triu_indices(len(labels))
    joins, mean, variance = observed[rows, columns], moments[0][rows, columns], moments[1][rows, columns]
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(variance > 0, (joins - mean) / np.sqrt(variance), np.nan)
    p: np.ndarray | list[None] = [None] * len(rows)
    if len(drawn.unlike):
        at_least, at_most = drawn.at_least[rows, columns], drawn.at_most[rows, columns]
        p = tail_p(at_least, at_most, len(drawn.unlike), alternative, exact=draws.every)
    return pd.DataFrame(
        {
            "joins": joins,
            "expected": mean,
            "variance": variance,
            "z": score,
            "p_normal": [normal_p(float(one), alternative) for one in score],
            "p": p,
        },
        index=pd.MultiIndex.from_arrays([labels[rows], labels[columns]], names=["category", "other"]),
    ).astype(float)
