"""How `bins` is read: what each factor is to be cut by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import check_option, check_whole_number
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.geodetector._loess import LEAST_KS

FixedMethod = Literal["quantile", "equal", "natural", "geometric", "sd"]
Method = Literal[
    "quantile", "equal", "natural", "geometric", "sd", "headtail", "optimal", "loess", "changepoint", "tree"
]
Cut: TypeAlias = "int | str | tuple[str, int | Sequence[int]] | tuple[str, Sequence[int], str] | Sequence[float] | None"
Bins: TypeAlias = "Cut | Mapping[str, Cut]"

DEFAULT_K = 5
OPTIMAL_KS = tuple(range(3, 9))
AS_GIVEN = "as given"
SEARCHED = frozenset({"optimal", "loess"})  # choose among several stratifications by q
FITTED = frozenset({"changepoint", "tree"})  # cut where the variable that is explained changes


@dataclass(frozen=True, eq=False)
class Rule:
    """How one factor is to be cut.

    Attributes
    ----------
    method : str
        One of `Method`, or ``"edges"``.
    ks : tuple of int
        Numbers of strata; none where the data decide.
    edges : numpy.ndarray or None
        Given edges.
    by : str or None
        For ``"loess"``, the one method to cut with; None for the best at each k.
    """

    method: str
    ks: tuple[int, ...] = ()
    edges: np.ndarray | None = None
    by: str | None = None


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


def check_bins(bins: Bins, factors: Sequence[str]) -> None:
    """Refuse what cannot be read.

    Raises
    ------
    UnknownNameError
        If a mapping names something that is not a factor.
    OptionError
        If a method does not exist.
    InputError
        If an entry is none of what `parse_rule` reads.
    """
    for factor, (cut, _) in cuts_by_factor(bins, factors).items():
        if cut is not None:
            parse_rule(cut, factor)


def parse_rule(cut: Any, factor: str) -> Rule:
    """Read one entry of `bins`.

    Raises
    ------
    OptionError
        If a method does not exist.
    InputError
        If it is not an int, a method, a (method, k) pair or ascending edges.
    """
    if isinstance(cut, str):
        check_option(cut, Method, "bins")
        return Rule(cut, _default_ks(cut))
    if not isinstance(cut, (tuple, list)) and np.ndim(cut) == 0:
        return Rule("quantile", (check_whole_number(cut, f"bins for {factor!r}", least=2),))
    if isinstance(cut, (tuple, list)) and _is_method_and_k(cut):
        return _method_rule(cut, factor)
    edges = _read_edges(cut, factor)
    return Rule("edges", (len(edges) - 1,), edges)


def _is_method_and_k(cut: Sequence[Any]) -> bool:
    return isinstance(cut[0] if len(cut) else None, str) and (
        len(cut) == 2 or (len(cut) == 3 and cut[0] == "loess" and isinstance(cut[2], str))
    )


def _method_rule(cut: Sequence[Any], factor: str) -> Rule:
    method, given = cut[0], cut[1]
    check_option(method, Method, "bins")
    if method == "headtail":
        raise InputError(
            f"bins for {factor!r}: 'headtail' takes no k, the data decide how many strata there are; found {given!r}. "
            f"Give 'headtail' alone, or ('natural', {given!r})."
        )
    ks = (given,) if np.ndim(given) == 0 else tuple(given)
    whole = tuple(check_whole_number(k, f"k in bins for {factor!r}", least=2) for k in ks)
    if not whole or (method not in SEARCHED and len(whole) > 1):
        takes = "one k or several" if method in SEARCHED else "one k"
        raise InputError(f"bins for {factor!r}: {method!r} takes {takes}; found {given!r}.")
    if method == "loess" and len(set(whole)) < LEAST_KS:
        raise InputError(
            f"bins for {factor!r}: 'loess' looks for the k at which q levels off, and needs at least {LEAST_KS} "
            f"different k; found {given!r}. Give more, for example ('loess', [3, 4, 5, 6, 7, 8])."
        )
    if len(cut) == 3:
        check_option(cut[2], FixedMethod, f"method of 'loess' in bins for {factor!r}")
    return Rule(method, whole, by=cut[2] if len(cut) == 3 else None)


def _default_ks(method: str) -> tuple[int, ...]:
    if method == "headtail":
        return ()
    return OPTIMAL_KS if method in SEARCHED else (DEFAULT_K,)


def _plain(cut: Cut) -> Cut:
    """Read ``"as given"``, as tables print it and as text files need it, as None."""
    return None if isinstance(cut, str) and cut == AS_GIVEN else cut


def _read_edges(cut: Any, factor: str) -> np.ndarray:
    advice = (
        f"bins for {factor!r} must be a whole number of at least 2, a method, a (method, k) pair, "
        f"or at least three ascending edges, ends included; found {cut!r}."
    )
    if not isinstance(cut, (Sequence, np.ndarray, pd.Index, pd.Series)) or not all(
        isinstance(edge, Real) and not isinstance(edge, bool) for edge in cut
    ):
        raise InputError(advice)
    edges = np.array([_as_float(edge) for edge in cut])
    if len(edges) < 3 or not (edges[1:] > edges[:-1]).all():
        raise InputError(advice)
    return edges


def _as_float(edge: Real) -> float:
    """Return a number, as an infinity where it is beyond the largest one."""
    try:
        return float(edge)
    except OverflowError:
        return float("inf") if edge > 0 else float("-inf")  # type: ignore[operator]
