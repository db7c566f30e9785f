"""CRITIC weights: columns that vary much, and agree little with the others, weigh more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class CriticWeights:
    """Standard deviation, conflict ``sum(1 - r)``, information (their product) and weight of each column."""

    deviation: np.ndarray
    conflict: np.ndarray
    information: np.ndarray
    weight: np.ndarray


def critic_weights(values: np.ndarray) -> CriticWeights:
    """Return the weights of scaled columns that vary.

    Columns that are all perfectly correlated carry no conflict; their weights are NaN.
    """
    centred = values - values.mean(axis=0)
    deviation = values.std(axis=0, ddof=1)
    unit = centred / np.sqrt(np.square(centred).sum(axis=0))
    apart = 1.0 - unit.T @ unit
    apart[np.abs(apart) < 1e-12] = 0.0  # a perfect correlation, up to rounding
    conflict = apart.sum(axis=0)
    information = deviation * conflict
    total = information.sum()
    weight = information / total if total > 0 else np.full(len(information), np.nan)
    return CriticWeights(deviation, conflict, information, weight)
