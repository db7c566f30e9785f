"""Coupling of systems: how alike their levels are, in three published forms."""

from __future__ import annotations

from typing import Literal

import numpy as np

Variant = Literal["standard", "wang", "fan"]

FORMULAS: dict[str, str] = {
    "standard": "C = n (U1 U2 ... Un)^(1/n) / (U1 + U2 + ... + Un)",
    "wang": "C = sqrt{[1 - sum_(i>j) |Ui - Uj| / (n (n - 1) / 2)] [prod_i (Ui / max U)]^(1 / (n - 1))}",
    "fan": "C = 1 - 2 sqrt{[n sum_i Ui^2 - (sum_i Ui)^2] / n^2}",
}


def coupling(systems: np.ndarray, variant: Variant) -> np.ndarray:
    """Return the degree of coupling of each row of values from 0 to 1; NaN where it is 0 / 0."""
    largest = systems.max(axis=1)
    n = systems.shape[1]
    if variant == "fan":
        # Twice the standard deviation (divisor n); deviations are taken from the mean so that nothing cancels.
        return np.clip(1.0 - 2.0 * systems.std(axis=1), 0.0, 1.0)
    # Both others depend on ratios of the systems alone, apart from Wang's differences.
    relative = systems / np.where(largest > 0, largest, np.nan)[:, None]
    if variant == "standard":
        return np.minimum(_geometric(relative, n) / relative.mean(axis=1), 1.0)
    differences = np.zeros(len(systems))
    for i in range(n):
        for j in range(i):
            differences += np.abs(systems[:, i] - systems[:, j])
    inside = np.maximum(1.0 - differences / (n * (n - 1) / 2), 0.0)
    return np.sqrt(inside * _geometric(relative, n - 1))


def _geometric(relative: np.ndarray, root: int) -> np.ndarray:
    return np.asarray(relative.prod(axis=1) ** (1.0 / root))
