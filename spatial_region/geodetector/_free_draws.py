"""Free permutations of the variable, in batches of fixed size, and the p-value they give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spatial_region.geodetector._statistics import FixedStrata

_BATCH_VALUES = 1_000_000  # of permuted values held at once
_TIE = 1e-10  # relative: a permuted statistic this close to the observed one counts as equal


def free_draws(y: np.ndarray, permutations: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield all permutations of `y` as batches of shape (b, n). Sort `y` first: draws go by position."""
    batch = max(1, _BATCH_VALUES // len(y))
    for start in range(0, permutations, batch):
        yield rng.permuted(np.tile(y, (min(batch, permutations - start), 1)), axis=1)


def reached(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Count the draws (b, m) that reach the observed statistics (m,), ties included."""
    return np.sum(draws >= observed - _TIE * np.abs(observed), axis=0)


def searches(statistic: object) -> bool:
    """Whether strata were chosen for their q, so that permutations of fixed strata do not allow for it."""
    return not isinstance(statistic, FixedStrata)
