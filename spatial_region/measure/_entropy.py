"""Entropy weights: the more unevenly an indicator is spread over the rows, the more it weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy


@dataclass(frozen=True, eq=False)
class EntropyWeights:
    """Entropy E, divergence 1 - E and weight of each column."""

    entropy: np.ndarray
    divergence: np.ndarray
    weight: np.ndarray


def entropy_weights(values: np.ndarray, shift: float = 0.0) -> EntropyWeights:
    """Return the weights of columns that are not negative and not all zero; 0 ln 0 is 0.

    Shares ``p = (x + shift) / sum(x + shift)``, ``E = -sum(p ln p) / ln(n)``, ``w = (1 - E) / sum(1 - E)``.
    """
    moved = values + shift
    shares = moved / moved.sum(axis=0)
    entropy = -xlogy(shares, shares).sum(axis=0) / np.log(len(values))
    # Rounding may put the entropy of nearly equal shares a hair above 1; a divergence below 0 has no meaning.
    divergence = np.maximum(1.0 - entropy, 0.0)
    return EntropyWeights(entropy, divergence, divergence / divergence.sum())
