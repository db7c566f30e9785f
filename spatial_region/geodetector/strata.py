"""From a factor to its strata: as given, cut by a rule, cut at explicit edges, or cut in the best of many ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Number
from typing import Any, get_args

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError
from spatial_region.geodetector._breaks import RULES, assign, headtail_edges
from spatial_region.geodetector._fitted import LEAST_UNITS, fitted_edges
from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector.rules import (
    AS_GIVEN,
    DEFAULT_K,
    FITTED,
    OPTIMAL_KS,
    Bins,
    Cut,
    Method,
    Rule,
    cuts_by_factor,
    parse_rule,
)

__all__ = [
    "AS_GIVEN", "DEFAULT_K", "OPTIMAL_KS", "Bins", "Cut", "Method", "Rule", "Strata",
    "check_strata", "cut_strata",
    "cuts_by_factor", "given_strata", "is_numeric", "may_be_codes", "parse_rule", "rule_edges",
    "rule_strata",
]  # fmt: skip

_WHOLE = 1e15  # below which whole numbers are written with all their digits
_FEW = 20  # a factor of whole numbers with at most this many distinct, repeated values may be codes


@dataclass(frozen=True, eq=False)
class Strata:
    """Strata of one factor.

    Attributes
    ----------
    factor : str
        Name of the factor.
    codes : numpy.ndarray, shape (n,)
        Stratum of each unit, 0..L-1; every stratum has a unit.
    labels : tuple of str
        Name of each stratum.
    method : str
        ``"as given"``, ``"edges"`` or the rule.
    lower, upper : numpy.ndarray, shape (L,)
        Bounds of each interval; NaN for strata as given.
    asked : int
        Number of strata asked for.
    """

    factor: str
    codes: np.ndarray
    labels: tuple[str, ...]
    method: str
    lower: np.ndarray
    upper: np.ndarray
    asked: int

    @property
    def n_strata(self) -> int:
        """Number of strata."""
        return len(self.labels)


def is_numeric(column: pd.Series) -> bool:
    """Whether a factor holds numbers that could be cut: not text, not bool, not a declared category."""
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def may_be_codes(column: pd.Series) -> bool:
    """Whether numbers look like codes: whole, few distinct, and repeated."""
    values = column.to_numpy(dtype=float)
    distinct = len(np.unique(values))
    return bool((values == np.round(values)).all()) and distinct <= _FEW and 2 * distinct <= len(values)


def given_strata(column: pd.Series, factor: str, *, declared: bool) -> Strata:
    """Take the values of a factor as names of strata, in the order of the category, the numbers or the text.

    Numbers that are hardly ever repeated are refused, unless they are `declared` to be codes.

    Raises
    ------
    InputError
        If there is one stratum only, or numbers so varied that they cannot be strata.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        kept = column.cat.remove_unused_categories()
        codes, levels = kept.cat.codes.to_numpy(dtype=np.int64), list(kept.cat.categories)
    elif is_numeric(column):
        # By hash: sorting each of a million values costs more than everything that is computed of them.
        number, distinct = pd.factorize(column.to_numpy())
        ascending = np.argsort(distinct, kind="stable")
        codes, levels = np.argsort(ascending)[number].astype(np.int64), distinct[ascending].tolist()
    else:
        found, uniques = pd.factorize(column)
        kinds = list(uniques)
        order = sorted(range(len(kinds)), key=lambda place: _level_order(kinds[place]))
        levels = [kinds[place] for place in order]
        codes = np.argsort(order)[found].astype(np.int64)
    if is_numeric(column) and not declared and 2 * len(levels) > len(column):
        raise InputError(
            f"{factor!r} has {len(levels)} distinct numbers in {len(column)} rows, which hardly are strata. "
            f"Cut it: bins={{{factor!r}: 5}} for five quantile strata, or a method: "
            f"{', '.join(repr(method) for method in get_args(Method))}. "
            f"If they are codes, say so: bins={{{factor!r}: None}}."
        )
    blank = np.full(len(levels), np.nan)
    labels = _level_labels(levels)
    return check_strata(Strata(factor, codes, labels, AS_GIVEN, blank, blank, len(levels)))


def cut_strata(x: np.ndarray, edges: np.ndarray, *, factor: str, method: str) -> Strata:
    """Cut a numeric factor at `edges`; intervals without a unit are no strata.

    Raises
    ------
    InputError
        If a value lies outside the edges, or fewer than two strata have a unit.
    """
    outside = x[(x < edges[0]) | (x > edges[-1])]
    if len(outside):
        raise InputError(
            f"{factor!r} has {len(outside)} values outside the edges {edges[0]:g} to {edges[-1]:g}: "
            f"{name_some(f'{value:g}' for value in outside)}. Widen the edges; -inf and inf are allowed."
        )
    numbers = assign(x, edges)
    occupied = np.flatnonzero(np.bincount(numbers))
    codes = np.searchsorted(occupied, numbers)
    labels = _interval_labels(edges)
    return check_strata(
        Strata(
            factor,
            codes.astype(np.int64),
            tuple(labels[place] for place in occupied),
            method,
            edges[occupied],
            edges[occupied + 1],
            len(edges) - 1,
        )
    )


def rule_strata(x: np.ndarray, rule: Rule, *, factor: str, outcome: Outcome | None = None) -> Strata:
    """Cut a numeric factor by a rule with one k, by head/tail breaks, or at explicit edges.

    Parameters
    ----------
    x : numpy.ndarray, shape (n,)
        Values of the factor.
    rule : Rule
        Not ``"optimal"`` or ``"loess"``, which search: see `spatial_region.geodetector.cutting`.
    factor : str
        Name, for messages.
    outcome : Outcome, optional
        The variable that is explained; ``"changepoint"`` and ``"tree"`` need it.

    Raises
    ------
    InputError
        If the values are too few or too often equal for that many strata.
    """
    return cut_strata(x, rule_edges(x, rule, factor=factor, outcome=outcome), factor=factor, method=rule.method)


def rule_edges(x: np.ndarray, rule: Rule, *, factor: str, outcome: Outcome | None = None) -> np.ndarray:
    """Return the edges at which a rule cuts; parameters and errors are those of `rule_strata`."""
    if rule.edges is not None:
        return rule.edges
    check_span(x, factor)
    ordered = np.sort(x)
    if rule.method == "headtail":
        return headtail_edges(ordered)
    k = rule.ks[0]
    distinct = 1 + int(np.count_nonzero(np.diff(ordered)))
    if distinct < k:
        raise InputError(
            f"{factor!r} has {distinct} distinct values, fewer than the {k} strata asked for. "
            f"Ask for fewer, or take the values as strata: bins={{{factor!r}: None}}."
        )
    if rule.method in FITTED:
        return _fitted(x, rule.method, k, factor, outcome)
    edges = RULES[rule.method](ordered, (k,)).get(k)
    if edges is None:
        raise InputError(
            f"{factor!r} cannot be cut geometrically: its least value is {x.min():g}, and ratios need "
            f"positive values. Choose another method, for example bins={{{factor!r}: ('natural', {k})}}."
        )
    if rule.method == "quantile" and (strata := len(np.unique(assign(x, edges)))) < k:
        value, often = _most_frequent(x)
        raise InputError(
            f"{factor!r} cannot be cut into {k} quantile strata: equal values leave {strata} "
            f"({value:g} occurs {often} times in {len(x)} rows). "
            f"Ask for fewer, or for bins={{{factor!r}: ('natural', {k})}}."
        )
    return edges


def check_span(x: np.ndarray, factor: str) -> None:
    """Refuse values so far apart that their distance is beyond the largest number.

    Raises
    ------
    InputError
        If they are.
    """
    with np.errstate(over="ignore"):
        if np.isinf(np.ptp(x)):
            raise InputError(
                f"{factor!r} reaches from {x.min():g} to {x.max():g}, a distance that no number can hold. "
                f"Choose a larger unit of measurement, for example divide it by 1000."
            )


def _fitted(x: np.ndarray, method: str, k: int, factor: str, outcome: Outcome | None) -> np.ndarray:
    if outcome is None:
        raise InputError(f"{method!r} cuts {factor!r} where the variable changes; give the variable too.")
    edges = fitted_edges(x, outcome, method, (k,)).get(k)
    if edges is None:
        fewer = f"Ask for fewer: bins={{{factor!r}: ({method!r}, {k - 1})}}" if k > 2 else "Cut it by another method"
        needed = "each must have" if method == "changepoint" else "a cut must explain something, and leave on each side"
        raise InputError(
            f"{factor!r} ({len(x)} rows, {len(np.unique(x))} distinct values) has no {k} strata by {method!r}: "
            f"{needed} at least {LEAST_UNITS} rows. {fewer}."
        )
    return edges


def check_strata(strata: Strata) -> Strata:
    """Return the strata.

    Raises
    ------
    InputError
        If there is one stratum only, or one for each unit.
    """
    n = len(strata.codes)
    if strata.n_strata < 2:
        raise InputError(
            f"{strata.factor!r} has one stratum only ({strata.labels[0]}) in {n} rows; "
            f"a factor needs at least two strata. Leave it out, or take rows in which it varies."
        )
    if strata.n_strata == n:
        raise InputError(
            f"{strata.factor!r} puts each of the {n} rows in a stratum of its own, so there is no variance "
            f"within strata. Group its values first."
        )
    return strata


def _interval_labels(edges: np.ndarray) -> list[str]:
    digits = 4
    while len({f"{edge:.{digits}g}" for edge in edges}) < len(np.unique(edges)) and digits < 17:
        digits += 1
    shown = [f"{edge:.{digits}g}" for edge in edges]
    return [f"{'[' if place == 0 else '('}{low}, {high}]" for place, (low, high) in enumerate(pairwise(shown))]


def _level_order(level: object) -> tuple[bool, Any]:
    return (False, level) if isinstance(level, Number) else (True, str(level))


def _level_labels(levels: Sequence[object]) -> tuple[str, ...]:
    """Return a name for each level, no two alike: 1101001.0 and 1101002.0, or the number 1 and the text "1"."""
    labels = [_show_level(level) for level in levels]
    if len(set(labels)) < len(labels):
        labels = [str(level) for level in levels]
    often = Counter(labels)
    return tuple(f"{label} ({place})" if often[label] > 1 else label for place, label in enumerate(labels))


def _show_level(level: object) -> str:
    if not isinstance(level, float):
        return str(level)
    return f"{level:.0f}" if level.is_integer() and abs(level) < _WHOLE else f"{level:g}"


def _most_frequent(x: np.ndarray) -> tuple[float, int]:
    values, counts = np.unique(x, return_counts=True)
    return float(values[counts.argmax()]), int(counts.max())
