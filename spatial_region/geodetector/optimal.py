"""The best of many stratifications of a numeric factor: every method, every k, compared by q."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError
from spatial_region.geodetector._breaks import RULES, headtail_edges
from spatial_region.geodetector._fitted import LEAST_UNITS, fitted_edges
from spatial_region.geodetector._loess import LEAST_KS, LevelledOff, levels_off
from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector._statistics import BestOf
from spatial_region.geodetector.rules import FITTED
from spatial_region.geodetector.strata import check_span

_EQUAL = 1e-12  # q closer than this are equal


@dataclass(frozen=True, eq=False)
class Candidate:
    """One stratification that was tried.

    Attributes
    ----------
    method : str
        Rule.
    k : int
        Number of strata asked for, or found by a rule that takes none.
    edges : numpy.ndarray, shape (k + 1,)
        Where it cuts.
    bounds : numpy.ndarray, shape (strata + 1,)
        Positions in the sorted factor at which strata begin and end; intervals without a unit are no strata.
    q : float
        Share of variance explained.
    """

    method: str
    k: int
    edges: np.ndarray
    bounds: np.ndarray
    q: float

    @property
    def n_strata(self) -> int:
        """Number of strata with units."""
        return len(self.bounds) - 1

    @property
    def smallest(self) -> int:
        """Units in the smallest stratum."""
        return int(np.diff(self.bounds).min())

    @property
    def allowed(self) -> bool:
        """Whether it may be chosen: it has the strata asked for, each of at least three units."""
        return self.n_strata == self.k and self.smallest >= LEAST_UNITS


def every_candidate(
    x: np.ndarray, outcome: Outcome, ks: Sequence[int], methods: Sequence[str] = tuple(RULES)
) -> list[Candidate]:
    """Return every stratification by one of the methods into one of the numbers of strata, allowed or not.

    A method that cannot cut into k strata at all (geometric strata of values that are not positive) is left out for
    that k, and so is what has one stratum only, or a stratum for each unit.
    """
    order = np.argsort(x)  # the order of equal values does not matter: no cut parts them
    ordered = x[order]
    running = np.concatenate(([0.0], np.cumsum(outcome.centred[order])))
    found = []
    for method in methods:
        for k, edges in sorted(_edges(x, ordered, outcome, method, tuple(sorted(set(ks)))).items()):
            inner = np.searchsorted(ordered, edges[1:-1], side="right")
            bounds = np.unique(np.concatenate(([0], inner, [len(x)])))
            if 1 < len(bounds) - 1 < len(x):
                between = float(np.sum(np.diff(running[bounds]) ** 2 / np.diff(bounds)))
                found.append(Candidate(method, k, edges, bounds, min(between / outcome.total, 1.0)))
    return found


def try_all(
    x: np.ndarray, outcome: Outcome, ks: Sequence[int], *, factor: str, methods: Sequence[str] = tuple(RULES)
) -> list[Candidate]:
    """Return every stratification by a method and a k in which each stratum has at least three units.

    Raises
    ------
    InputError
        If there is none.
    """
    check_span(x, factor)
    possible = [k for k in ks if LEAST_UNITS * k <= len(x)]
    found = [candidate for candidate in every_candidate(x, outcome, possible, methods) if candidate.allowed]
    if not found:
        advice = "('optimal', [2])" if len(methods) > 1 else "('loess', [2, 3, 4])"
        advice = f"Give fewer strata{' or any method' if len(methods) == 1 else ''}: bins={{{factor!r}: {advice}}}."
        if min(ks) == 2 or len(x) < 2 * LEAST_UNITS or np.ptp(x) == 0:
            advice = "Leave it out."
        raise InputError(
            f"{factor!r} ({len(x)} rows, {len(np.unique(x))} distinct values) has no stratification by "
            f"{name_some(methods)} into {name_some(ks, limit=10)} strata of at least {LEAST_UNITS} rows. "
            f"{advice}"
        )
    return found


def best_of(candidates: Sequence[Candidate]) -> Candidate:
    """Return the one with the largest q; of equals the one with fewest strata, then the earliest rule."""
    largest = max(candidate.q for candidate in candidates)
    equals = [candidate for candidate in candidates if candidate.q >= largest - _EQUAL]
    return min(equals, key=lambda candidate: candidate.k)


def levelled_of(candidates: Sequence[Candidate], *, factor: str) -> Candidate:
    """Return the best of those with the number of strata at which q levels off; see `_loess` for the rule.

    Raises
    ------
    InputError
        If they have fewer than three different numbers of strata.
    """
    ks = sorted({candidate.k for candidate in candidates})
    if len(ks) < LEAST_KS:
        raise InputError(
            f"{factor!r} has strata of at least {LEAST_UNITS} rows for k = {name_some(ks)} only; 'loess' needs at "
            f"least {LEAST_KS} different k. Give smaller k, or 'optimal'."
        )
    best = [best_of([candidate for candidate in candidates if candidate.k == k]) for k in ks]
    return best[int(levels_off(ks, np.array([[candidate.q for candidate in best]]))[0])]


def arrangement_of(x: np.ndarray, candidates: Sequence[Candidate]) -> BestOf:
    """Return all of them as stratifications of one order of the units, for the permutation of the largest q."""
    return BestOf(x, tuple(candidate.bounds for candidate in candidates))


def levelled_statistic(x: np.ndarray, candidates: Sequence[Candidate]) -> LevelledOff:
    """Return the statistic that chooses among them by the rule, anew for each permutation."""
    return LevelledOff(
        x,
        tuple(candidate.bounds for candidate in candidates),
        tuple(candidate.k for candidate in candidates),
    )


def _edges(
    x: np.ndarray, ordered: np.ndarray, outcome: Outcome, method: str, ks: tuple[int, ...]
) -> dict[int, np.ndarray]:
    if method in FITTED:
        return fitted_edges(x, outcome, method, ks)
    if method == "headtail":
        edges = headtail_edges(ordered)
        return {len(edges) - 1: edges}
    return RULES[method](ordered, ks)
