"""What a formula may contain: a formula may come from a file, and is evaluated, so all else is refused beforehand."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from formulaic.errors import FormulaicError
from formulaic.parser.algos.tokenize import tokenize

from spatial_region.core.messages import did_you_mean
from spatial_region.errors import InputError, UnknownNameError

# Transformations of formulaic that do not depend on the order of the rows, and their keywords.
_ELEMENTWISE = ("log", "log2", "log10", "exp", "exp2", "exp10", "I")
_SPLINE = {"df", "knots", "lower_bound", "upper_bound", "extrapolation"}
_TRANSFORMS: dict[str, set[str]] = {
    "C": {"contrasts", "levels", "spans_intercept"},
    "center": set(),
    "scale": {"center", "scale", "ddof"},
    "standardize": {"center", "rescale", "ddof"},
    "poly": {"degree", "raw"},
    "bs": {*_SPLINE, "degree", "include_intercept"},
    "cr": {*_SPLINE, "constraints"},
    "cc": {*_SPLINE, "constraints"},
    "cs": {*_SPLINE, "constraints"},
    "hashed": {"levels", "spans_intercept"},
}
STATEFUL = frozenset(_TRANSFORMS)
_CODINGS = ("Treatment", "Sum", "Helmert", "Diff", "Poly")
_CONTRASTS = (*_CODINGS, *(f"contr.{name}" for name in ("treatment", "sum", "helmert", "diff", "poly", "SAS")))
_CODING_KEYWORDS = {"base", "reference", "reverse", "scale", "backward", "scores"}
_FUNCTIONS = (*_ELEMENTWISE, *_TRANSFORMS, "Q", *_CONTRASTS)
_CATEGORICAL = ("C", "hashed")
_OPERATORS = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.BitAnd, ast.BitOr, ast.BitXor, ast.UAdd,
    ast.USub, ast.Invert, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
)  # fmt: skip
_REFUSED = {"{": "braces", "}": "braces", "\\": "a backslash", "#": "a comment", "\n": "a new line", "\r": "a new line"}
# Quoted text holds no backquote and a backquoted name no quotation mark: what is quoted is then never in doubt.
_QUOTING = re.compile(r"(?:[^'\"`]|'[^'\"`]*'|\"[^'\"`]*\"|`[^'\"`]+`)*")
_QUOTED = re.compile(r"('[^']*'|\"[^\"]*\")|`([^`]+)`")
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_LONGEST = 10_000


@dataclass
class Names:
    """Variables of a formula.

    Attributes
    ----------
    all : set of str
    numeric : set of str
        Those that stand somewhere else than in ``C(...)``.
    functions : set of str
        Functions that are called, or what is before their dot.
    """

    all: set[str] = field(default_factory=set)
    numeric: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)


def check_text(formula: str) -> None:
    """Refuse text that formulaic should not even parse.

    Raises
    ------
    InputError
        If the formula contains braces, a comment, a backslash, a new line, mixed quotation marks or a power of terms.
    """
    for character, what in _REFUSED.items():
        if character in formula:
            raise InputError(
                f"the formula {formula!r} contains {what}; write variables, operators and functions on one line."
            )
    if len(formula) > _LONGEST or not formula.isprintable():
        raise InputError(f"a formula has at most {_LONGEST} characters, all of them printable; write y ~ a + b.")
    if re.search(r"`\s*[\d.]+\s*`", formula):
        raise InputError(
            f"a variable of {formula!r} has a number for a name, which formulas read as that number; rename it "
            f"(study.with_columns)."
        )
    if not _QUOTING.fullmatch(formula):
        raise InputError(
            f"the quotation marks of the formula {formula!r} are not in pairs, or stand within each other; rename a "
            f"variable that contains one (study.with_columns)."
        )
    try:
        tokens = [(str(token.token), token.kind.value) for token in tokenize(formula) if token.kind]
    except FormulaicError:
        return  # the parser says what is wrong
    for text, kind in tokens:
        for word in re.findall(r"\w+", _STRING.sub("", text)) if kind == "python" else []:
            if unicodedata.normalize("NFKC", word) != word:
                # Python reads such letters as their plain forms, which may be another variable.
                raise InputError(
                    f"{word!r} in {text!r} has characters such as full-width letters, which functions read as plain "
                    f"ones; rename the variable (study.with_columns)."
                )
    if any("**" in text or "^" in text for text, kind in tokens if kind == "operator"):
        raise InputError(
            f"a power between terms of {formula!r} would be read as interactions: 'y ~ a**2' fits a alone. Write "
            f"I(a**2) for a square, and a + b + a:b for an interaction."
        )


def read_names(sides: Iterable[Any]) -> Names:
    """Return the variables of parsed terms, after checking every Python expression in them.

    Allowed are variables, numbers, operators, the transformations of this module and NumPy's functions of one or two
    values: no attribute, no subscript, no keyword but those of a transformation.

    Raises
    ------
    InputError
        If an expression contains anything else.
    UnknownNameError
        If a function does not exist.
    """
    names = Names()
    factors = {(f.expr, f.eval_method.value) for side in sides for term in side for f in term.factors}
    for expression, kind in sorted(factors):
        if kind == "lookup":
            names.all.add(expression)
            names.numeric.add(expression)
        elif kind == "python":
            _Expression(expression, names).check()
        elif kind != "literal" or not re.fullmatch(r"[\d.]+", expression):
            raise InputError(f"{expression!r} is not a term of a formula; write for example 'y ~ a + b'.")
    for name in sorted(names.all & names.functions):
        raise InputError(f"{name!r} is a variable and a function of the formula; rename it (study.with_columns).")
    return names


class _Expression:
    """One Python expression, walked from the top; what is not named here is refused."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self.names = names
        self.aliases: dict[str, str] = {}

    def check(self) -> None:
        plain = _QUOTED.sub(self._without_backquotes, self.text).strip()
        try:
            tree = ast.parse(plain, mode="eval")
        except (SyntaxError, MemoryError, RecursionError) as problem:
            raise InputError(f"{self.text!r} in the formula cannot be read: {type(problem).__name__}.") from problem
        self._value(tree.body, numeric=True)

    def _without_backquotes(self, match: re.Match[str]) -> str:
        name = match[2]
        if name is None:
            return match[1]
        if name.isidentifier():
            return f" {name} "
        alias = f"_quoted_{len(self.aliases)}_"
        while alias in self.text:
            alias += "_"
        self.aliases[alias] = name
        return f" {alias} "

    def _value(self, node: ast.expr, *, numeric: bool) -> bool:
        """Check a node that gives values; return whether a variable is in it."""
        if isinstance(node, ast.Name):
            name = self.aliases.get(node.id, node.id)
            self.names.all.add(name)
            if numeric:
                self.names.numeric.add(name)
            return True
        if isinstance(node, ast.Call):
            return self._call(node, numeric=numeric)
        inner: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, _OPERATORS):
            inner = [node.left, node.right]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, _OPERATORS):
            inner = [node.operand]
        elif isinstance(node, ast.Compare) and all(isinstance(op, _OPERATORS) for op in node.ops):
            inner = [node.left, *node.comparators]
        elif not (isinstance(node, ast.Constant) and isinstance(node.value, (int, float))):
            self._refuse("only variables, numbers, operators and functions are allowed, none of the rest of Python")
        found = self._values(inner, numeric=numeric)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and not found:
            self._refuse("a power of two numbers; write the number itself")
        return found

    def _values(self, nodes: list[ast.expr], *, numeric: bool) -> bool:
        """Check every node, without stopping at the first with a variable; return whether one has."""
        found = [self._value(node, numeric=numeric) for node in nodes]
        return any(found)

    def _call(self, node: ast.Call, *, numeric: bool) -> bool:
        function = self._function(node.func)
        if function == "Q":
            if len(node.args) != 1 or node.keywords or not _is_text(node.args[0]):
                self._refuse("Q('name') takes one name")
            name = str(ast.literal_eval(node.args[0]))
            self.names.all.add(name)
            if numeric:
                self.names.numeric.add(name)
            return True
        if function in _ELEMENTWISE or function.startswith("np."):
            wanted = 1 if function in _ELEMENTWISE else int(getattr(np, function[3:]).nin)
            if len(node.args) != wanted or node.keywords:
                self._refuse(f"{function} takes {wanted} value{'s' if wanted > 1 else ''} and no keyword")
            return self._values(node.args, numeric=numeric)
        if function not in _TRANSFORMS or not 1 <= len(node.args) <= 2:
            self._refuse(f"{function} does not stand here, or not with {len(node.args)} values")
        found = self._value(node.args[0], numeric=numeric and function not in _CATEGORICAL)
        self._options(node.args[1:], node.keywords, _TRANSFORMS[function], function)
        return found

    def _function(self, node: ast.expr) -> str:
        written = ast.unparse(node)
        if not re.fullmatch(r"[\w.]+", written):
            self._refuse("something other than the name of a function is called")
        if written == "lag":
            raise InputError(
                "lag() in a formula would shift rows across regions. Spatial lags come from the model "
                "(model='sdm'); lags in time belong in the table (study.with_columns)."
            )
        known = written in _FUNCTIONS
        if isinstance(node, ast.Attribute) and written == f"np.{node.attr}":
            numeric = getattr(np, node.attr, None)
            known = isinstance(numeric, np.ufunc) and numeric.signature is None and numeric.nout == 1
        if not known:
            raise UnknownNameError(
                f"no function {written!r} in formulas.{did_you_mean(written, _FUNCTIONS)} "
                f"There are: {', '.join(_FUNCTIONS[:17])} and NumPy's functions of one value such as np.sqrt."
            )
        self.names.functions.add(written.split(".")[0])
        return written

    def _options(self, values: list[ast.expr], keywords: list[ast.keyword], known: set[str], function: str) -> None:
        for keyword in keywords:
            if keyword.arg not in known:
                self._refuse(f"{function} has no keyword {keyword.arg}")
        for value in [*values, *(keyword.value for keyword in keywords)]:
            if isinstance(value, ast.Call) and function == "C":
                contrast = self._function(value.func)
                if contrast not in _CONTRASTS:
                    self._refuse(f"{contrast} is not a contrast")
                self._options(value.args, value.keywords, _CODING_KEYWORDS, contrast)
            elif not _is_constant(value):
                self._refuse(f"options of {function} are numbers or text")

    def _refuse(self, why: str) -> None:
        raise InputError(f"{self.text!r} is not allowed in a formula: {why}.")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple)):
        return all(_is_constant(part) for part in node.elts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, (int, float))
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, (str, int, float)))
