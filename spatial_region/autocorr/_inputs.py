"""What every statistic asks of its data, and what it records about them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.special import ndtr

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Alternative, Missing, Standardisation, check_whole_number
from spatial_region.core.sample import Sample, draw_sample
from spatial_region.core.spec import digest
from spatial_region.errors import InputError, SmallSampleWarning, WeightsError

FEW_REGIONS = 10


def check_testable(sample: Sample, *, stacklevel: int = 3) -> None:
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
    total = float(sample.weights.rows.sums.sum())
    if not 1e-100 < total < 1e100:
        raise WeightsError(f"the weights add up to {total:g}; rescale them, or use w.standardise('row').")
    if sample.n < FEW_REGIONS:
        warnings.warn(
            f"{sample.n} regions are too few to support inference: a p-value cannot tell chance from pattern. "
            f"Read the statistic as a description.",
            SmallSampleWarning,
            stacklevel=stacklevel,
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
        "ids_digest": canonical.weights.ids_digest,
    }


def normal_p(score: float, alternative: Alternative) -> float:
    """Return the p-value of a standard score under the normal distribution."""
    if alternative == "greater":
        return float(ndtr(-score))
    if alternative == "less":
        return float(ndtr(score))
    return float(2 * ndtr(-abs(score)))


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


def without_own(matrix: sp.csr_array) -> sp.csr_array:
    """Return the weights without those of a region for itself."""
    own = matrix.diagonal()
    if not own.any():
        return matrix
    rest = sp.csr_array(matrix - sp.diags_array(own))
    rest.eliminate_zeros()
    return rest


def draw_pair(
    study: object,
    variable: str,
    other: str,
    *,
    w: object,
    at: object,
    missing: Missing,
    undecided: Standardisation = "row",
    vary: bool = True,
) -> tuple[Sample, Sample]:
    """Return samples of two variables for the same regions: those that have both; each must vary, if `vary`.

    Raises
    ------
    InputError
        If the data are a Series or an array, which hold one variable only.
    MissingValuesError, AlignmentError, UnknownNameError, ConstantVariableError, WeightsError
        As `draw_sample` and `check_testable` do.
    """
    first, second = draw_several(study, [variable, other], w=w, at=at, missing=missing, undecided=undecided)
    if vary:
        check_testable(first, stacklevel=4)
        second.check_varies()
    return first, second


def draw_several(
    study: object,
    variables: Sequence[str],
    *,
    w: object,
    at: object,
    missing: Missing,
    undecided: Standardisation = "row",
) -> list[Sample]:
    """Return samples of some variables for the same regions: those that have all of them.

    Raises
    ------
    InputError
        If the data are a Series or an array, which hold one variable only, or no region has all variables.
    MissingValuesError, AlignmentError, UnknownNameError, WeightsError
        As `draw_sample` does.
    """
    if isinstance(study, pd.Series | np.ndarray | list):
        count = "two" if len(variables) == 2 else str(len(variables))
        raise InputError(f"{count} variables are needed: pass a study or a DataFrame; found {type(study).__name__}.")
    samples = [draw_sample(study, name, w=w, at=at, missing=missing, undecided=undecided) for name in variables]
    common = samples[0].ids
    for sample in samples[1:]:
        common = common if common.equals(sample.ids) else common[common.isin(sample.ids)]
    if not len(common):
        listed = " and ".join(map(repr, variables))
        raise InputError(f"no region has {'both ' if len(variables) == 2 else ''}{listed}.")
    dropped = samples[0].dropped
    for sample in samples[1:]:
        dropped = dropped if dropped.equals(sample.dropped) else dropped.union(sample.dropped, sort=False)
    return [sample if sample.ids.equals(common) else _kept(sample, common, dropped) for sample in samples]


def _kept(sample: Sample, ids: pd.Index, dropped: pd.Index) -> Sample:
    places = sample.ids.get_indexer(ids)
    return replace(
        sample,
        ids=ids,
        names=sample.names.iloc[places],
        values=sample.values[places],
        w=sample.weights.subset(ids),
        dropped=dropped,
    )
