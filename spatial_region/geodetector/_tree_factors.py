"""Factors as a tree takes them: numbers by rank and uncut, categories as codes; and its splits in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import check_between, check_whole_number
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.geodetector._overlay_tree import Growth, Tree
from spatial_region.geodetector._rows import Rows, names_of
from spatial_region.geodetector.strata import given_strata, is_numeric, may_be_codes

NO_SPLIT = "all"


@dataclass(frozen=True, eq=False)
class TreeFactors:
    """Codes of the factors, and what they stand for.

    Attributes
    ----------
    names : tuple of str
        The factors.
    codes : numpy.ndarray, shape (m, n)
        Rank of each value, or its category.
    categorical : numpy.ndarray of bool, shape (m,)
        Which factors hold categories without an order.
    levels : tuple of tuple
        Values of each factor by code: numbers, or names of categories.
    numeric : tuple of bool
        Which factors are numbers.
    """

    names: tuple[str, ...]
    codes: np.ndarray
    categorical: np.ndarray
    levels: tuple[tuple[object, ...], ...]
    numeric: tuple[bool, ...]


def categorical_names(categorical: object) -> list[str] | None:
    """Return the names of factors whose numbers are codes as a list; one name alone is a list of one.

    Raises
    ------
    InputError
        If they are not names.
    """
    return None if categorical is None else names_of(categorical, "categorical")


def tree_factors(rows: Rows, categorical: Sequence[str] | None) -> TreeFactors:
    """Rank numbers and ordered categories, and number other categories.

    Raises
    ------
    UnknownNameError
        If `categorical` names something that is not a factor.
    InputError
        If a factor does not vary, or whole numbers may be codes or quantities.
    """
    names = list(rows.factors.columns)
    for name in categorical or ():
        if name not in names:
            raise UnknownNameError(
                f"categorical names {name!r}, which is not a factor.{did_you_mean(name, names)} "
                f"The factors are: {name_some(names, limit=20)}."
            )
    codes, unordered, levels, numeric = [], [], [], []
    for name in names:
        column = rows.factors[name]
        ranked = is_numeric(column) and name not in (categorical or ())
        if ranked:
            found, places = _ranks(column, name, decided=categorical is not None)
        else:
            strata = given_strata(column, name, declared=True)
            found, places = strata.labels, strata.codes
        codes.append(places)
        levels.append(found)
        numeric.append(ranked)
        ordered = isinstance(column.dtype, pd.CategoricalDtype) and bool(column.cat.ordered)
        unordered.append(not ranked and not ordered)
    return TreeFactors(tuple(names), np.stack(codes), np.array(unordered), tuple(levels), tuple(numeric))


def check_growth(leaves: int | None, least_units: int, least_split: int, share: float) -> Growth:
    """Return how far a tree grows.

    Raises
    ------
    InputError
        If a number is not one that was asked for.
    """
    most = 0 if leaves is None else check_whole_number(leaves, "leaves", least=2)
    units = check_whole_number(least_units, "least_units", least=1)
    split = check_whole_number(least_split, "least_split", least=2)
    return Growth(most, units, split, check_between(share, "share", low=0.0, high=1.0))


def rules_of(tree: Tree, factors: TreeFactors) -> list[str]:
    """Say for each leaf, from left to right, which values lead to it."""
    found: list[str] = []
    open_nodes: list[tuple[int, dict[int, tuple[str, ...]]]] = [(0, {})]
    while open_nodes:
        node, held = open_nodes.pop()
        f = int(tree.factor[node])
        if f < 0:
            found.append(" and ".join(_words(factors.names[f], held[f]) for f in sorted(held)) or NO_SPLIT)
            continue
        left, right = int(tree.left[node]), int(tree.right[node])
        on_left, on_right = _sides(tree, factors, f, left, right, held.get(f, ("", "")))
        open_nodes += [(right, {**held, f: on_right}), (left, {**held, f: on_left})]
    return found


def cut_of(tree: Tree, factors: TreeFactors, node: int) -> str:
    """Return the split of a node: the cut, up to which values go left, or the categories that do."""
    f = int(tree.factor[node])
    if not factors.numeric[f]:
        return ", ".join(_categories(tree, factors, f, int(tree.left[node])))
    return _cut(tree, factors, f, int(tree.left[node]), int(tree.right[node]))


def _sides(
    tree: Tree, factors: TreeFactors, f: int, left: int, right: int, bounds: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not factors.numeric[f]:
        return (":", *_categories(tree, factors, f, left)), (":", *_categories(tree, factors, f, right))
    cut = _cut(tree, factors, f, left, right)
    return (bounds[0], cut), (cut, bounds[1])


def _categories(tree: Tree, factors: TreeFactors, f: int, node: int) -> list[str]:
    return [str(factors.levels[f][code]) for code in np.unique(_codes_at(tree, factors, f, node))]


def _codes_at(tree: Tree, factors: TreeFactors, f: int, node: int) -> np.ndarray:
    return factors.codes[f][tree.order[tree.start[node] : tree.end[node]]]


def _cut(tree: Tree, factors: TreeFactors, f: int, left: int, right: int) -> str:
    """Return the number of fewest digits that parts the children, next to the middle between them."""
    values = factors.levels[f]
    below = float(values[_codes_at(tree, factors, f, left).max()])
    above = float(values[_codes_at(tree, factors, f, right).min()])
    middle = below + (above - below) / 2
    for digits in range(1, 17):
        cut = float(f"{middle:.{digits}g}")
        if below <= cut < above:
            return f"{cut:.{max(digits, 6)}g}"  # 40, not 4e+01
    return repr(below)


def _words(name: str, held: tuple[str, ...]) -> str:
    if held[0] == ":":
        return f"{name} in {{{', '.join(held[1:])}}}"
    low, high = held
    if not low:
        return f"{name} <= {high}"
    return f"{low} < {name} <= {high}" if high else f"{name} > {low}"


def _ranks(column: pd.Series, name: str, *, decided: bool) -> tuple[tuple[object, ...], np.ndarray]:
    if not decided and may_be_codes(column):
        distinct = sorted(column.unique())
        raise InputError(
            f"{name!r} holds whole numbers with {len(distinct)} distinct values "
            f"({name_some(f'{value:g}' for value in distinct)}): codes of strata, or quantities? Say which: "
            f"categorical=[{name!r}] for codes, categorical=[] if all numbers are quantities."
        )
    values, codes = np.unique(column.to_numpy(dtype=float), return_inverse=True)
    if len(values) < 2:
        raise InputError(f"{name!r} is {values[0]:g} in all {len(column)} rows; a factor must vary. Leave it out.")
    return tuple(values.tolist()), codes.astype(np.int64)
