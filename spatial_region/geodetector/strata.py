"""From a factor to its strata: as given, cut by a rule, cut at explicit edges, or cut in the best of many ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Number
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import check_option, check_whole_number
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.geodetector._breaks import RULES, assign

Method = Literal["quantile", "equal", "natural", "geometric", "sd", "optimal"]
Cut: TypeAlias = "int | str | tuple[str, int | Sequence[int]] | Sequence[float] | None"
Bins: TypeAlias = "Cut | Mapping[str, Cut]"

DEFAULT_K = 5
OPTIMAL_KS = tuple(range(3, 9))
AS_GIVEN = "as given"
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


@dataclass(frozen=True, eq=False)
class Rule:
    """How one factor is to be cut: a method with one or several k, or edges."""

    method: str
    ks: tuple[int, ...] = ()
    edges: np.ndarray | None = None


def cuts_by_factor(bins: Bins, factors: Sequence[str]) -> dict[str, tuple[Cut, bool]]:
    """Spread `bins` over the factors: what each is cut by, and whether it was named for that factor alone.

    Raises
    ------
    UnknownNameError
        If a mapping names something that is not a factor.
    """
    if not isinstance(bins, Mapping):
        return dict.fromkeys(factors, (_plain(bins), False))
    for key in bins:
        if key not in factors:
            raise UnknownNameError(
                f"bins names {key!r}, which is not a factor.{did_you_mean(key, factors)} "
                f"The factors are: {name_some(factors, limit=20)}."
            )
    return {factor: (_plain(bins.get(factor)), factor in bins) for factor in factors}


def parse_rule(cut: Any, factor: str) -> Rule:
    """Read one entry of `bins`.

    Raises
    ------
    InputError
        If it is not an int, a method, a (method, k) pair or ascending edges.
    """
    if isinstance(cut, str):
        check_option(cut, Method, "bins")
        return Rule(cut, OPTIMAL_KS if cut == "optimal" else (DEFAULT_K,))
    if not isinstance(cut, (tuple, list)) and np.ndim(cut) == 0:
        return Rule("quantile", (check_whole_number(cut, f"bins for {factor!r}", least=2),))
    if isinstance(cut, (tuple, list)) and len(cut) == 2 and isinstance(cut[0], str):
        check_option(cut[0], Method, "bins")
        ks = (cut[1],) if np.ndim(cut[1]) == 0 else tuple(cut[1])
        whole = tuple(check_whole_number(k, f"k in bins for {factor!r}", least=2) for k in ks)
        if not whole or (cut[0] != "optimal" and len(whole) > 1):
            raise InputError(f"bins for {factor!r}: {cut[0]!r} takes one k; found {cut[1]!r}.")
        return Rule(cut[0], whole)
    edges = _read_edges(cut, factor)
    return Rule("edges", (len(edges) - 1,), edges)


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
    else:
        found, uniques = pd.factorize(column)
        levels = sorted(uniques, key=_level_order)
        place = pd.Index(levels).get_indexer(pd.Index(uniques))
        codes = place[found].astype(np.int64)
    if is_numeric(column) and not declared and 2 * len(levels) > len(column):
        raise InputError(
            f"{factor!r} has {len(levels)} distinct numbers in {len(column)} rows, which hardly are strata. "
            f"Cut it: bins={{{factor!r}: 5}} for five quantile strata, or a method: "
            f"{', '.join(repr(method) for method in get_args(Method))}. "
            f"If they are codes, say so: bins={{{factor!r}: None}}."
        )
    blank = np.full(len(levels), np.nan)
    labels = tuple(_show_level(level) for level in levels)
    return _checked(Strata(factor, codes, labels, AS_GIVEN, blank, blank, len(levels)))


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
    occupied, codes = np.unique(assign(x, edges), return_inverse=True)
    labels = _interval_labels(edges)
    return _checked(
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


def rule_strata(x: np.ndarray, rule: Rule, *, factor: str) -> Strata:
    """Cut a numeric factor by a rule with one k, or at explicit edges.

    Raises
    ------
    InputError
        If the values are too few or too often equal for that many strata.
    """
    k = rule.ks[0]
    if rule.edges is not None:
        return cut_strata(x, rule.edges, factor=factor, method="edges")
    distinct = len(np.unique(x))
    if distinct < k:
        raise InputError(
            f"{factor!r} has {distinct} distinct values, fewer than the {k} strata asked for. "
            f"Ask for fewer, or take the values as strata: bins={{{factor!r}: None}}."
        )
    edges = RULES[rule.method](x, (k,)).get(k)
    if edges is None:
        raise InputError(
            f"{factor!r} cannot be cut geometrically: its least value is {x.min():g}, and ratios need "
            f"positive values. Choose another method, for example bins={{{factor!r}: ('natural', {k})}}."
        )
    strata = cut_strata(x, edges, factor=factor, method=rule.method)
    if rule.method == "quantile" and strata.n_strata < k:
        value, often = _most_frequent(x)
        raise InputError(
            f"{factor!r} cannot be cut into {k} quantile strata: equal values leave {strata.n_strata} "
            f"({value:g} occurs {often} times in {len(x)} rows). "
            f"Ask for fewer, or for bins={{{factor!r}: ('natural', {k})}}."
        )
    return strata


def _plain(cut: Cut) -> Cut:
    """Read ``"as given"``, as tables print it and as text files need it, as None."""
    return None if isinstance(cut, str) and cut == AS_GIVEN else cut


def _checked(strata: Strata) -> Strata:
    n = len(strata.codes)
    if strata.n_strata < 2:
        raise InputError(
            f"{strata.factor!r} has one stratum only ({strata.labels[0]}) in {n} rows; "
            f"a factor needs at least two strata."
        )
    if strata.n_strata == n:
        raise InputError(
            f"{strata.factor!r} puts each of the {n} rows in a stratum of its own, so there is no variance "
            f"within strata. Group its values first."
        )
    return strata


def _read_edges(cut: Any, factor: str) -> np.ndarray:
    advice = (
        f"bins for {factor!r} must be a whole number of at least 2, a method, a (method, k) pair, "
        f"or at least three ascending edges, ends included; found {cut!r}."
    )
    if not isinstance(cut, (Sequence, np.ndarray, pd.Index, pd.Series)) or not all(
        isinstance(edge, Number) and not isinstance(edge, bool) for edge in cut
    ):
        raise InputError(advice)
    edges = np.asarray(cut, dtype=float)
    if len(edges) < 3 or not (np.diff(edges) > 0).all():
        raise InputError(advice)
    return edges


def _interval_labels(edges: np.ndarray) -> list[str]:
    digits = 4
    while len({f"{edge:.{digits}g}" for edge in edges}) < len(np.unique(edges)) and digits < 17:
        digits += 1
    shown = [f"{edge:.{digits}g}" for edge in edges]
    return [f"{'[' if place == 0 else '('}{low}, {high}]" for place, (low, high) in enumerate(pairwise(shown))]


def _level_order(level: object) -> tuple[bool, Any]:
    return (False, level) if isinstance(level, Number) else (True, str(level))


def _show_level(level: object) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)


def _most_frequent(x: np.ndarray) -> tuple[float, int]:
    values, counts = np.unique(x, return_counts=True)
    return float(values[counts.argmax()]), int(counts.max())
