"""Names of the options, once for typing and for checking at run time."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any, Literal, get_args

import numpy as np

from spatial_region.core.messages import did_you_mean
from spatial_region.errors import InputError, OptionError

Alternative = Literal["two-sided", "greater", "less"]
Correction = Literal["fdr", "fdr_by", "bonferroni", "holm"]
ContiguityKind = Literal["queen", "rook"]
Cut = Literal["by time", "pooled"]
FileFormat = Literal["gal", "gwt", "kwt", "swm", "mtx", "npz", "parquet", "xlsx", "csv", "stata"]
FileLayout = Literal["matrix", "long", "list"]
Gaps = Literal["raise", "keep"]
Islands = Literal["keep", "nearest", "raise"]
KernelFunction = Literal["triangular", "uniform", "epanechnikov", "quartic", "gaussian", "cosine"]
Metric = Literal["great-circle", "geodesic"]
Missing = Literal["raise", "drop"]
ProximityKind = Literal["delaunay", "gabriel", "relative_neighbour", "sphere_of_influence"]
Standardisation = Literal["row", "binary", "none"]
Symmetry = Literal["max", "min", "mean"]
Ties = Literal["raise", "smallest"]


def check_option(value: object, alias: Any, argument: str) -> None:
    """Refuse a value that is not one of the literals in `alias`, with the nearest one and the whole list.

    Raises
    ------
    OptionError
        If `value` is not offered.
    """
    offered = get_args(alias)
    if not isinstance(value, str) or value not in offered:
        listed = ", ".join(repr(option) for option in offered)
        hint = did_you_mean(value, offered) if isinstance(value, str) else ""
        raise OptionError(f"{argument}={value!r} is not offered.{hint} Choose one of: {listed}.")


def check_keywords(given: Iterable[str], offered: Iterable[str], function: str) -> None:
    """Refuse keywords that a function does not take, with the nearest ones and the whole list.

    Raises
    ------
    OptionError
        If a keyword is not offered.
    """
    known = list(offered)
    stray = [keyword for keyword in given if keyword not in known]
    if stray:
        takes = f"It takes: {', '.join(known)}." if known else "It takes no options."
        raise OptionError(f"{function} has no option {stray[0]!r}.{did_you_mean(stray[0], known)} {takes}")


def check_flag(value: object, argument: str) -> bool:
    """Return `value` as a bool when it is True or False; a text such as "no" would otherwise count as yes.

    Raises
    ------
    InputError
        If it is neither.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(f"{argument} must be True or False; found {value!r}.")
    return bool(value)


def check_whole_number(value: object, argument: str, *, least: int = 0) -> int:
    """Return `value` as an int when it is a whole number of at least `least`.

    Raises
    ------
    InputError
        If it is not.
    """
    try:
        whole = None if isinstance(value, bool) else index(value)  # type: ignore[arg-type]
    except TypeError:  # an array of several has the method, too, but no one number
        whole = None
    if whole is None or whole < least:
        raise InputError(f"{argument} must be a whole number of at least {least}; found {value!r}.")
    return whole


def check_between(value: float, argument: str, *, low: float, high: float) -> float:
    """Return `value` as a float when it lies strictly between `low` and `high`.

    Raises
    ------
    InputError
        If it does not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low < float(value) < high:
        raise InputError(f"{argument} must lie between {low:g} and {high:g}; found {value!r}.")
    return float(value)
