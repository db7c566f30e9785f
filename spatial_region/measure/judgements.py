"""Weights that people state: shares of each indicator, or comparisons by pairs."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.errors import AlignmentError, DuplicateError, InputError, UnknownNameError
from spatial_region.measure._ahp import RANDOM_INDEX, priorities

# Of the matrix that compares the dimensions themselves.
TOP = "dimensions"
_MOST_INCONSISTENT = 0.1


def read_shares(shares: object, names: list[str], *, argument: str = "shares") -> tuple[np.ndarray, tuple[str, ...]]:
    """Return stated shares in the order of `names`, summing to 1, and a note when they had to be rescaled.

    Raises
    ------
    InputError
        If they are no mapping of positive numbers, leave a name out, or sum to less than 0.98 or more than 1.02.
    UnknownNameError
        If they name something else.
    """
    given = shares.to_dict() if isinstance(shares, pd.Series) else shares
    if not isinstance(given, Mapping):
        raise InputError(f"{argument} must be a mapping of name to share, or a Series; found {type(shares).__name__}.")
    absent = [name for name in names if name not in given]
    if absent:
        raise InputError(f"{argument} lack {name_some(absent)}; state one for each.")
    for extra in given:
        if extra not in names:
            raise UnknownNameError(f"{argument} name {extra!r}, which is unknown here.{did_you_mean(extra, names)}")
    for name in names:
        number = given[name]
        real = isinstance(number, Real) and not isinstance(number, bool)
        if not (real and np.isfinite(float(number)) and float(number) > 0):
            raise InputError(f"{argument} of {name!r} must be a positive number; found {number!r}.")
    numbers = np.array([float(given[name]) for name in names])
    total = float(numbers.sum())
    if abs(total - 1) > 0.02:
        raise InputError(f"{argument} must sum to 1 (up to rounding); they sum to {total:.6g}.")
    note = () if abs(total - 1) < 1e-9 else (f"The stated {argument} sum to {total:.6g}, and were divided by that.",)
    return numbers / total, note


def read_comparisons(
    pairwise: object, names: list[str], dimensions: dict[str, list[str]], *, keep_inconsistent: bool
) -> tuple[tuple[np.ndarray, ...], pd.DataFrame, tuple[str, ...]]:
    """Return the weights of each matrix (the dimensions' own last), how consistent each is, and notes.

    Raises
    ------
    InputError
        If a matrix is absent, is not positive and reciprocal, or has a consistency ratio above 0.1.
    AlignmentError
        If its labels are not those compared.
    UnknownNameError
        If there is a matrix for no dimension.
    """
    wanted = {**dimensions, TOP: list(dimensions)} if dimensions else {"": names}
    given = {"": pairwise} if not dimensions else pairwise
    if not isinstance(given, Mapping):
        raise InputError(
            f"with dimensions, pairwise must be a mapping of dimension to matrix, and of {TOP!r} to the matrix that "
            f"compares the dimensions; found {type(pairwise).__name__}."
        )
    for extra in given:
        if extra not in wanted:
            raise UnknownNameError(f"pairwise has {extra!r}, which is no dimension.{did_you_mean(extra, wanted)}")
    weights, rows, notes = [], {}, []
    for name, members in wanted.items():
        where = f"pairwise of {name!r}" if name else "pairwise"
        if name not in given and len(members) == 1:
            weights.append(np.ones(1))  # nothing to compare
            continue
        if name not in given:
            raise InputError(f"{where} is absent; pass the matrix that compares {name_some(members)}.")
        found = priorities(_reciprocal(given[name], members, where))
        weights.append(found.weight)
        rows[name or "indicators"] = (len(members), found.eigenvalue, found.index, found.ratio)
        if found.ratio > _MOST_INCONSISTENT:
            said = f"{where} has a consistency ratio of {found.ratio:.3f}, above {_MOST_INCONSISTENT:g}"
            if not keep_inconsistent:
                raise InputError(
                    f'{said}: the comparisons contradict one another. Revise them, or pass inconsistent="keep".'
                )
            notes.append(f"{said}: its comparisons contradict one another.")
    columns = ["n", "eigenvalue", "consistency_index", "consistency_ratio"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("matrix")
    return tuple(weights), table, tuple(notes)


def _reciprocal(matrix: object, members: list[str], where: str) -> np.ndarray:
    if not isinstance(matrix, pd.DataFrame):
        raise InputError(
            f"{where} must be a DataFrame whose rows and columns are named alike; found {type(matrix).__name__}."
        )
    for labels, axis in ((matrix.index, "rows"), (matrix.columns, "columns")):
        if labels.has_duplicates:
            raise DuplicateError(f"{where}: {axis} named twice: {name_some(labels[labels.duplicated()].unique())}.")
        other = labels.symmetric_difference(pd.Index(members))
        if len(other):
            raise AlignmentError(f"{where}: its {axis} and {name_some(members)} differ in: {name_some(other)}.")
    if len(members) > max(RANDOM_INDEX):
        raise InputError(
            f"{where} compares {len(members)} items; a consistency ratio is known for up to {max(RANDOM_INDEX)}. "
            "Put them into dimensions."
        )
    ordered = matrix.loc[members, members]
    if not all(pd.api.types.is_numeric_dtype(dtype) for dtype in ordered.dtypes):
        raise InputError(f'{where} must be numbers; write a third as 1 / 3, not as "1/3".')
    numbers = ordered.to_numpy(dtype=float)
    if not (np.isfinite(numbers).all() and (numbers > 0).all()):
        raise InputError(f"{where} must be positive finite numbers.")
    # Printed matrices round 1/3 to 0.33, 1/7 to 0.14: the product with the other side may be 2 % off.
    off = np.abs(numbers * numbers.T - 1) > 0.021
    if off.any():
        row, column = (int(place) for place in np.argwhere(off)[0])
        raise InputError(
            f"{where} is not reciprocal: {members[row]!r} over {members[column]!r} is {numbers[row, column]:g}, the "
            f"other way {numbers[column, row]:g}; each must be 1 over the other (and 1 on the diagonal)."
        )
    return numbers
