"""The best of many stratifications of a numeric factor: every method, every k, compared by q."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError
from spatial_region.geodetector._breaks import RULES
from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector._permutation import Arrangement

LEAST_UNITS = 3  # in each stratum of a stratification that may be chosen


@dataclass(frozen=True, eq=False)
class Candidate:
    """One stratification that was tried.

    Attributes
    ----------
    method : str
        Rule.
    k : int
        Number of strata.
    edges : numpy.ndarray, shape (k + 1,)
        Where it cuts.
    bounds : numpy.ndarray, shape (k + 1,)
        Positions in the sorted factor at which strata begin and end.
    q : float
        Share of variance explained.
    """

    method: str
    k: int
    edges: np.ndarray
    bounds: np.ndarray
    q: float


def try_all(x: np.ndarray, outcome: Outcome, ks: Sequence[int], *, factor: str) -> list[Candidate]:
    """Return every stratification by a rule and a k in which each stratum has at least three units.

    Raises
    ------
    InputError
        If there is none.
    """
    order = np.argsort(x, kind="stable")
    ordered = x[order]
    running = np.concatenate(([0.0], np.cumsum(outcome.centred[order])))
    found = []
    for method, rule in RULES.items():
        for k, edges in sorted(rule(x, sorted(set(ks))).items()):
            inner = np.searchsorted(ordered, edges[1:-1], side="right")
            bounds = np.concatenate(([0], inner, [len(x)]))
            counts = np.diff(bounds)
            if counts.min() < LEAST_UNITS:
                continue
            between = float(np.sum(np.diff(running[bounds]) ** 2 / counts))
            found.append(Candidate(method, k, edges, bounds, min(between / outcome.total, 1.0)))
    if not found:
        raise InputError(
            f"{factor!r} ({len(x)} rows, {len(np.unique(x))} distinct values) has no stratification by "
            f"{name_some(RULES)} into {name_some(ks, limit=10)} strata of at least {LEAST_UNITS} rows. "
            f"Give fewer strata: bins={{{factor!r}: ('optimal', [2])}}."
        )
    return found


def best_of(candidates: Sequence[Candidate]) -> Candidate:
    """Return the one with the largest q; of equals the one with fewest strata, then the earliest rule."""
    largest = max(candidate.q for candidate in candidates)
    equals = [candidate for candidate in candidates if candidate.q >= largest - 1e-12]
    return min(equals, key=lambda candidate: candidate.k)


def arrangement_of(x: np.ndarray, candidates: Sequence[Candidate]) -> Arrangement:
    """Return all of them as stratifications of one order of the units, for the permutation of the largest q."""
    return Arrangement(np.unique(x, return_inverse=True)[1], tuple(candidate.bounds for candidate in candidates))
