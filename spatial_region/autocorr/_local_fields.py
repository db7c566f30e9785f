"""What local statistics of other kinds than Moran share: several variables, tails that name a class, result fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from spatial_region.autocorr._engine import Counts
from spatial_region.autocorr._inputs import deviations, draw_several
from spatial_region.autocorr._local import LocalInputs
from spatial_region.core.options import Alternative, Correction, Missing, Standardisation
from spatial_region.core.sample import Sample, draw_sample
from spatial_region.core.spec import Spec
from spatial_region.errors import InputError


def draw_variables(
    study: object,
    variable: str | Sequence[str] | None,
    *,
    w: object,
    at: object,
    missing: Missing,
    ids: Any = None,
    undecided: Standardisation = "row",
) -> list[Sample]:
    """Return a sample of each variable, for the regions that have all; errors as `draw_sample` gives them.

    Raises
    ------
    InputError
        If a list of variables is empty, or has one twice.
    """
    if variable is None or isinstance(variable, str):
        return [draw_sample(study, variable, w=w, at=at, missing=missing, ids=ids, undecided=undecided)]
    names = list(variable)
    if not names or len(set(names)) != len(names):
        raise InputError(f"variable must be a name, or a list of different names; found {variable!r}.")
    if ids is not None:
        raise InputError("ids= are for values that are one bare array; several variables come from a table.")
    return draw_several(study, names, w=w, at=at, missing=missing, undecided=undecided)


def standardised(values: np.ndarray) -> np.ndarray:
    """Return deviations from the mean in standard deviations of the sample (divisor n - 1)."""
    z, _ = deviations(values)
    return z / np.sqrt(z @ z / (len(z) - 1))


def smaller_tail_is_low(tests: Counts, inputs: LocalInputs) -> np.ndarray:
    """Return, in sorted order, whether fewer draws lie at or below the observed statistic than at or above.

    A class that is named by the tail cannot contradict its p-value; one named by comparison with the mean of the draws
    can, where these are skewed.
    """
    return (tests.at_most < tests.at_least)[inputs.sample.canonical()[1]]


def lag_moments(y: np.ndarray, inputs: LocalInputs) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of the lag of `y` when a region keeps its value and the others are shuffled.

    It is a weighted sum drawn without replacement from the other n - 1 values; `y` sums to zero.
    """
    n, rows = len(y), inputs.canonical.weights.rows
    total, squares = rows.sums - rows.own, rows.squares - rows.own**2
    mean = -y / (n - 1)
    variance = ((y @ y) - y**2) / (n - 1) - mean**2
    variance = np.where(variance > 1e-12 * (y @ y), variance, 0.0)  # the others are all alike: nothing varies
    spread = np.maximum((n - 1) * squares - total**2, 0.0) / (n - 2)
    spread = np.where(spread > 1e-12 * (n - 1) * squares, spread, 0.0)  # everybody is a neighbour
    return mean * total + rows.own * y, variance * spread


def score(statistic: np.ndarray, expected: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the standard score; NaN where the statistic cannot vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(variance > 0, (statistic - expected) / np.sqrt(variance), np.nan)


def local_fields(
    inputs: LocalInputs,
    columns: dict[str, Any],
    p: np.ndarray,
    tests: Counts | None,
    *,
    alternative: Alternative,
    correction: Correction | None,
    permutations: int,
    spec: Spec,
) -> dict[str, Any]:
    """Return the fields of a `LocalResult`; `columns` are in sorted order, `p` in the caller's."""
    return {
        "statistics": inputs.frame(columns, p=p),
        "names": inputs.sample.names,
        "w": inputs.sample.weights,
        "alternative": alternative,
        "correction": correction,
        "permutations": permutations,
        "tests": tests,
        "spec": spec,
        "regions": inputs.sample.regions,
    }
