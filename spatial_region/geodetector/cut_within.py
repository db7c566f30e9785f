"""Strata cut within groups: within each year, or within each group of regions."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from spatial_region.errors import InputError
from spatial_region.geodetector._breaks import assign
from spatial_region.geodetector.rules import FITTED, SEARCHED, Rule
from spatial_region.geodetector.strata import Strata, rule_edges


def cut_within(x: np.ndarray, groups: Sequence[Hashable] | np.ndarray, rule: Rule, *, factor: str) -> Strata:
    """Cut a numeric factor by the same rule within each group; stratum j of every group together are stratum j.

    "High" then means high for its year, or for its part of the country. An interval without a unit in a group gives
    that group no unit in that stratum.

    Parameters
    ----------
    x : numpy.ndarray, shape (n,)
        Values of the factor.
    groups : sequence, shape (n,)
        Group of each unit, such as its year. None may be missing.
    rule : Rule
        A rule with one k that does not look at the variable: quantile, equal, natural, geometric or sd strata.
    factor : str
        Name, for messages.

    Returns
    -------
    Strata
        With labels ``"1"`` to ``"k"``, lowest first, and no bounds, since they differ from group to group.

    Raises
    ------
    InputError
        If the rule has no fixed number of strata or looks at the variable, a group is missing, or a group cannot be
        cut; the message names the group.
    """
    if rule.method in SEARCHED | FITTED | {"headtail", "edges"}:
        reason = {
            "headtail": "it makes as many strata as the values of a group ask for",
            "edges": "edges are the same in every group",
        }.get(rule.method, "it cuts where the variable that is explained changes, which would differ between groups")
        raise InputError(
            f"{factor!r} cannot be cut within groups by {rule.method!r}: {reason}. "
            f"Choose quantile, equal, natural, geometric or sd strata with one k, for example ('quantile', 5)."
        )
    codes, labels = pd.factorize(pd.Series(groups, dtype=None if isinstance(groups, np.ndarray) else object))
    if (codes < 0).any():
        raise InputError(
            f"{int((codes < 0).sum())} of {len(codes)} rows have no group to cut {factor!r} within. "
            f"Give each a group, or drop them first."
        )
    k = rule.ks[0]
    strata = np.empty(len(x), dtype=np.int64)
    for place, label in enumerate(labels):
        inside = codes == place
        strata[inside] = _numbers(x[inside], rule, factor, label)
    occupied, strata = np.unique(strata, return_inverse=True)
    blank = np.full(len(occupied), np.nan)
    return Strata(
        factor,
        strata.astype(np.int64),
        tuple(str(number + 1) for number in occupied),
        f"{rule.method} within groups",
        blank,
        blank,
        k,
    )


def _numbers(x: np.ndarray, rule: Rule, factor: str, group: object) -> np.ndarray:
    """Return the number of each unit's interval among the k of its group, from 0."""
    try:
        return assign(x, rule_edges(x, rule, factor=factor))
    except InputError as error:
        raise InputError(f"within group {group} ({len(x)} rows): {error}") from error
