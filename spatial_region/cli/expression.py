"""Formulas of variables: arithmetic and a few functions on columns. Nothing else is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.errors import InputError

_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
_SIGNS: dict[type[ast.AST], Callable[[Any], Any]] = {ast.UAdd: lambda a: a, ast.USub: lambda a: -a}
_LONGEST = 1000  # characters; deeper nesting than that holds would only exhaust the interpreter


def _previous(x: pd.Series) -> pd.Series:
    """Return the value of the same region at the time before."""
    if not isinstance(x, pd.Series) or not isinstance(x.index, pd.MultiIndex):
        raise InputError("previous() and change() need a variable of a panel; these data have no time.")
    return x.groupby(level="region", sort=False).shift(1)


def _mean(x: pd.Series) -> pd.Series:
    """Return the plain mean over all regions at each time; missing where any region is."""
    if not isinstance(x, pd.Series):
        raise InputError("mean() needs a variable.")
    if isinstance(x.index, pd.MultiIndex):
        return x.groupby(level="time").transform(lambda part: part.mean(skipna=False))
    return pd.Series(x.mean(skipna=False), index=x.index)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "mean": _mean,
    "previous": _previous,
    "change": lambda x: x - _previous(x),
}
_ARITY = {"minimum": 2, "maximum": 2}
# Where each function is defined, and how to say so.
_DOMAINS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "log": (lambda x: x > 0, "values above 0"),
    "log10": (lambda x: x > 0, "values above 0"),
    "log1p": (lambda x: x > -1, "values above -1"),
    "sqrt": (lambda x: x >= 0, "values of at least 0"),
}


@dataclass(frozen=True)
class Formula:
    """A formula that has been read: which columns it uses, and the tree to compute it.

    Attributes
    ----------
    text : str
        As written.
    columns : tuple of str
        Columns it uses, in order of appearance.
    """

    text: str
    columns: tuple[str, ...]
    tree: ast.expr

    def compute(self, data: Mapping[str, pd.Series], names: pd.Series | None = None) -> pd.Series:
        """Compute the formula from columns that share one index.

        Raises
        ------
        InputError
            If a column is not numeric, a function meets a value that it is not defined for, or a division by zero
            occurs.
        """
        result = _Computation(self.text, data, names).value(self.tree)
        if not isinstance(result, pd.Series):
            raise InputError(f"formula {self.text!r} is the same for every region; it must use a column.")
        infinite = np.isinf(result)
        if infinite.any():
            raise InputError(f"formula {self.text!r} is infinite at {_places(result[infinite], names)}.")
        return result


def read_formula(text: str) -> Formula:
    """Read a formula such as ``log(gdp / population)``.

    Columns whose names are no plain words are written ``column("GDP (yuan)")``.

    Raises
    ------
    InputError
        If it is no formula, or holds anything but numbers, columns, ``+ - * / **`` and the known functions.
    """
    if len(text) > _LONGEST:
        raise InputError(f"a formula of {len(text)} characters is too long; {_LONGEST} are allowed.")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"cannot read the formula {text!r}; write one such as log(gdp / population).") from error
    columns: dict[str, None] = {}
    _check(tree, columns)
    return Formula(text, tuple(columns), tree)


def _check(node: ast.expr, columns: dict[str, None]) -> None:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        _check(node.left, columns)
        _check(node.right, columns)
    elif isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
        _check(node.operand, columns)
    elif isinstance(node, ast.Call):
        _check_call(node, columns)
    elif isinstance(node, ast.Name):
        columns[node.id] = None
    elif not _is_number(node):
        raise InputError(f"{ast.unparse(node)!r} is not allowed in a formula; use + - * / ** and {_offered()}.")


def _check_call(node: ast.Call, columns: dict[str, None]) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name == "column" and (label := _quoted(node)) is not None:
        columns[label] = None
        return
    if name not in _FUNCTIONS:
        raise InputError(f"no function {name!r} in formulas.{did_you_mean(name, _FUNCTIONS)} There are: {_offered()}.")
    wanted = _ARITY.get(name, 1)
    if node.keywords or len(node.args) != wanted:
        raise InputError(f"{name}() takes {wanted} argument{'s' if wanted > 1 else ''}; found {ast.unparse(node)!r}.")
    for argument in node.args:
        _check(argument, columns)


def _quoted(node: ast.Call) -> str | None:
    only = node.args[0] if len(node.args) == 1 and not node.keywords else None
    return only.value if isinstance(only, ast.Constant) and isinstance(only.value, str) else None


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _offered() -> str:
    return ", ".join(f"{name}()" for name in [*_FUNCTIONS, "column"])


@dataclass(frozen=True)
class _Computation:
    text: str
    data: Mapping[str, pd.Series]
    names: pd.Series | None

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return np.float64(node.value)  # type: ignore[arg-type]  # a power that overflows is then infinite
        if isinstance(node, ast.Name):
            return self._column(node.id)
        if isinstance(node, ast.UnaryOp):
            return _SIGNS[type(node.op)](self.value(node.operand))
        if isinstance(node, ast.BinOp):
            left, right = self.value(node.left), self.value(node.right)
            if isinstance(node.op, ast.Div):
                self._require(right, lambda x: x != 0, f"divides by {ast.unparse(node.right)}, which must not be 0")
            with np.errstate(all="ignore"):
                return _OPERATORS[type(node.op)](left, right)
        return self._call(node)  # type: ignore[arg-type]

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id  # type: ignore[attr-defined]
        if name == "column":
            return self._column(str(_quoted(node)))
        arguments = [self.value(argument) for argument in node.args]
        if name in _DOMAINS:
            is_defined, needed = _DOMAINS[name]
            self._require(arguments[0], is_defined, f"needs {needed} in {ast.unparse(node)}")
        with np.errstate(all="ignore"):  # what overflows is infinite, and named in the end
            return _FUNCTIONS[name](*arguments)

    def _column(self, label: str) -> pd.Series:
        column = self.data[label]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise InputError(f"formula {self.text!r}: {label!r} must be numeric; found {name_some(column.unique())}.")
        return column.astype(float)

    def _require(self, x: Any, holds: Callable[[Any], Any], needed: str) -> None:
        values = x if isinstance(x, pd.Series) else pd.Series([x])
        bad = values[values.notna() & ~holds(values)]
        if len(bad):
            raise InputError(f"formula {self.text!r} {needed}; found {_places(bad, self.names)}.")


def _places(values: pd.Series, names: pd.Series | None) -> str:
    """Show values and where they stand, up to five."""
    shown = []
    for label, value in values.head(5).items():
        region, *time = label if isinstance(label, tuple) else (label,)
        at = f", {time[0]}" if time else ""
        shown.append(f"{value:g} at {name_regions([region], names)}{at}")
    more = len(values) - len(shown)
    return "; ".join(shown) + (f" and {more} more" if more else "")
