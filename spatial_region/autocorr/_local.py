"""What all local statistics do first and last: values and weights in sorted order, and results back in the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.autocorr._engine import Counts, conditional_counts
from spatial_region.autocorr._inputs import check_permutations, check_testable, described_inputs, deviations
from spatial_region.autocorr._tails import tie_tolerance
from spatial_region.autocorr._total import total_counts
from spatial_region.core.options import Alternative, Missing, check_option, check_whole_number
from spatial_region.core.sample import Sample, draw_sample
from spatial_region.core.seeds import derive_seed
from spatial_region.core.spec import Spec, make_spec
from spatial_region.core.weights import Weights

# Shared draws cost next to nothing, and make the errors of regions move together: many are taken.
MANY_PERMUTATIONS, FEWER_PERMUTATIONS = 99_999, 9_999


@dataclass(frozen=True, eq=False)
class LocalInputs:
    """Values and weights of a local statistic, sorted by region id.

    Attributes
    ----------
    sample, canonical : Sample
        As the caller gave them, and sorted by id.
    place : numpy.ndarray, shape (n,)
        Where each region of the caller stands in sorted order.
    z : numpy.ndarray, shape (n,)
        Deviations from the mean, divided by `scale`.
    scale : float
        Largest absolute value.
    """

    sample: Sample
    canonical: Sample
    place: np.ndarray
    z: np.ndarray
    scale: float

    @property
    def matrix(self) -> sp.csr_array:
        """The weights."""
        return self.canonical.weights.sparse

    @property
    def others(self) -> Weights:
        """The weights of regions for others: what a permutation changes."""
        return self.canonical.weights.others

    @property
    def islands(self) -> np.ndarray:
        """Which regions have no neighbour, in sorted order."""
        return self.canonical.weights._counts == 0

    @property
    def lag_tolerance(self) -> np.ndarray:
        """How close two lags of `z` must be to count as equal."""
        return tie_tolerance(self.z, 1.0) * self.others.rows.sums

    def frame(self, columns: Mapping[str, np.ndarray | pd.Categorical], *, p: np.ndarray) -> pd.DataFrame:
        """Return columns in the caller's order, missing for islands (their own value, and classes, apart).

        `p` is in the caller's order already.
        """
        islands = self.islands[self.place]
        shown: dict[str, Any] = {}
        for name, column in columns.items():
            shown[name] = column.take(self.place) if isinstance(column, pd.Categorical) else column[self.place]
            if islands.any() and name != "value" and not isinstance(column, pd.Categorical):
                shown[name] = np.where(islands, np.nan, shown[name])
        shown["p"] = np.where(islands, np.nan, p)
        return pd.DataFrame(shown, index=self.sample.ids, copy=False)


def local_inputs(
    study: object,
    variable: str | None,
    *,
    w: object,
    at: object,
    missing: Missing,
    ids: Any,
    alternative: Alternative,
) -> LocalInputs:
    """Return checked values and weights; errors as `draw_sample` and `check_testable` give them."""
    check_option(alternative, Alternative, "alternative")
    sample = draw_sample(study, variable, w=w, at=at, missing=missing, ids=ids)
    check_testable(sample, stacklevel=4)
    return sorted_inputs(sample)


def sorted_inputs(sample: Sample) -> LocalInputs:
    """Return a sample in sorted order, with the way back."""
    canonical, order = sample.canonical()
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    z, scale = deviations(canonical.values)
    return LocalInputs(sample, canonical, place, z, scale)


def chosen_permutations(permutations: int | None, w: Weights) -> int:
    """Return the number of permutations: as asked, or by default as many as the weights make cheap.

    Raises
    ------
    InputError
        If it is not a whole number from 1 to 100 million.
    """
    if permutations is None:
        return MANY_PERMUTATIONS if w.rows.equal.all() else FEWER_PERMUTATIONS
    check_permutations(permutations, least=1)
    return permutations


def count_local(
    inputs: LocalInputs,
    features: np.ndarray,
    own: np.ndarray | None,
    permutations: int,
    *,
    seed: int,
    tolerance: np.ndarray,
    alternative: Alternative,
    stop_after: int | None,
) -> Counts:
    """Return the draws in each tail in the caller's order; all local statistics share the draws of a seed."""
    counts = conditional_counts(
        features,
        own,
        inputs.others.sparse,
        permutations,
        rows=inputs.others.rows,
        seed=derive_seed(seed, "conditional draws"),
        tolerance=tolerance,
        alternative=alternative,
        stop_after=0 if stop_after is None else check_whole_number(stop_after, "stop_after", least=1),
    )
    return _in_callers_order(counts, inputs.place)


def count_total(inputs: LocalInputs, permutations: int, *, seed: int) -> Counts:
    """Return the draws in each tail, in the caller's order, when a region's own value is drawn too."""
    counts = total_counts(
        inputs.z,
        inputs.others.sparse,
        permutations,
        seed=derive_seed(seed, "total draws"),
        tolerance=2.0 * inputs.lag_tolerance * np.abs(inputs.z).max(),
        rows=inputs.others.rows,
    )
    return _in_callers_order(counts, inputs.place)


def _in_callers_order(counts: Counts, place: np.ndarray) -> Counts:
    arrays = ("at_least", "at_most", "draws", "exact", "stopped")
    return replace(counts, **{name: getattr(counts, name)[place] for name in arrays})


def local_spec(
    function: str, inputs: LocalInputs, *, seed: int | None, options: dict[str, object], **recorded: object
) -> Spec:
    """Return the settings of a local statistic; `recorded` are further facts about its inputs."""
    described = {**described_inputs(inputs.sample, inputs.canonical), **recorded}
    return make_spec(function, options=options, inputs=described, seed=seed)
