"""Arithmetic over printed numbers, written as a formula: read without running it, evaluated with intervals."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from spatial_region.errors import InputError
from spatial_region.measure._audit_numbers import Interval, exactly, power

_QUOTED = re.compile(r"`([^`]+)`")


_OPERATORS: dict[type[ast.operator], Callable[[Interval, Interval], Interval]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class Formula:
    """A formula that was read: names, and the tree of + - * / ** and numbers.

    Names with other characters than letters, digits and underscores stand in backquotes.
    """

    text: str
    tree: ast.expr
    names: Mapping[str, str]  # as in the tree -> as in the table

    def evaluate(self, values: Mapping[str, Interval]) -> Interval:
        """Return every value that the formula can take while each name takes one of its interval.

        A name that stands twice is taken for two, so that the interval may be too wide, and never too narrow.
        """
        return self._value(self.tree, values)

    def _value(self, node: ast.expr, values: Mapping[str, Interval]) -> Interval:
        if isinstance(node, ast.Name):
            return values[self.names[node.id]]
        if isinstance(node, ast.UnaryOp):
            inner = self._value(node.operand, values)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp):
            left = self._value(node.left, values)
            if isinstance(node.op, ast.Pow):
                return power(left, _constant(node.right, self.text))
            return _OPERATORS[type(node.op)](left, self._value(node.right, values))
        return exactly(_constant(node, self.text))


def read_formula(text: str) -> Formula:
    """Read a formula.

    Raises
    ------
    InputError
        If it holds anything but names, numbers, brackets and + - * / **, or an exponent is no number.
    """
    names: dict[str, str] = {}

    def stand_in(match: re.Match[str]) -> str:
        names[f"quoted_{len(names)}"] = match[1]
        return f"quoted_{len(names) - 1}"

    plain = _QUOTED.sub(stand_in, text) if isinstance(text, str) else ""
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
    except SyntaxError as error:
        raise InputError(f"the formula {text!r} cannot be read; write it like 'a / b * 100'.") from error
    _check(tree, text, names)
    return Formula(text, tree, names)


def _check(node: ast.expr, text: str, names: dict[str, str]) -> None:
    if isinstance(node, ast.Name):
        names.setdefault(node.id, node.id)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        _check(node.operand, text, names)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (*_OPERATORS, ast.Pow)):
        _check(node.left, text, names)
        if isinstance(node.op, ast.Pow):
            _constant(node.right, text)
        else:
            _check(node.right, text, names)
    else:
        _constant(node, text)


def _constant(node: ast.expr, text: str) -> Fraction:
    """Return a number, or a quotient of numbers such as 1/13."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return Fraction(repr(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_constant(node.operand, text)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _constant(node.left, text) / _constant(node.right, text)
    raise InputError(
        f"the formula {text!r} may hold names, numbers, brackets and + - * / ** with a number as exponent; "
        f"found {ast.unparse(node)!r}."
    )
