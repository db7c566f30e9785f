"""Strata that are cut where the variable changes, and the statistic that cuts anew for each permuted outcome."""

from __future__ import annotations

import numpy as np

from spatial_region.geodetector._changepoint import BestSegments, best_segments, cells_of
from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector._tree import BestTree, grow

LEAST_UNITS = 3  # in each stratum that is chosen by what it explains


def fitted_edges(x: np.ndarray, outcome: Outcome, method: str, ks: tuple[int, ...]) -> dict[int, np.ndarray]:
    """Return the edges of change-point or tree strata for each k; none for a k that cannot be reached.

    Cuts lie midway between the neighbouring values of `x`. A stratum has at least three units.
    """
    cells = cells_of(x)
    if method == "changepoint":
        starts = best_segments(outcome.centred, cells, max(ks), LEAST_UNITS)
        found = {k: starts[k, : k + 1] for k in ks if starts[k, 0] == 0}
    else:
        grown = {k: grow(outcome.centred, cells, k, LEAST_UNITS) for k in ks}
        found = {k: own for k, own in grown.items() if len(own) == k + 1}
    return {k: cells.edges[own] for k, own in found.items()}


def fitted_statistic(x: np.ndarray, method: str, ks: tuple[int, ...]) -> BestSegments | BestTree:
    """Return q of strata that are fitted anew to each permuted outcome; the largest over `ks`."""
    if method == "changepoint":
        return BestSegments(cells_of(x), ks, LEAST_UNITS)
    return BestTree(cells_of(x), ks, LEAST_UNITS)
