"""The largest of several statistics, for the best of strata that were made in several ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_region.geodetector._statistics import Reorderable


@dataclass(frozen=True, eq=False)
class Largest:
    """The largest of several statistics of each permuted outcome.

    Attributes
    ----------
    parts : sequence of Reorderable
        At least one.
    """

    parts: Sequence[Reorderable]

    def q_of(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the largest for each row of `outcomes`."""
        return np.max([part.q_of(outcomes) for part in self.parts], axis=0)

    def tie_key(self, y: np.ndarray) -> np.ndarray:
        """Return the key of the part that tells the most units apart."""
        keys = [part.tie_key(y) for part in self.parts]
        return max(keys, key=lambda key: len(np.unique(key)))

    def in_order(self, rows: np.ndarray) -> Largest:
        """Return the same statistic for units in another order."""
        return Largest([part.in_order(rows) for part in self.parts])
