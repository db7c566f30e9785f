"""From a formula and a study to labelled arrays: every row present, finite, and in the order of the study."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import formulaic
import numpy as np
import pandas as pd
from formulaic.errors import FormulaicError

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.study import Study
from spatial_region.errors import InputError, MissingValuesError, UnknownNameError
from spatial_region.panel._blocks import Array

INTERCEPT = "Intercept"
# Transformations of formulaic that do not depend on the order of the rows.
_FUNCTIONS = (
    "log", "log2", "log10", "exp", "exp2", "exp10", "C", "I", "Q", "center", "scale", "standardize", "poly", "bs",
    "cr", "cc", "cs", "hashed", "Treatment", "Sum", "Helmert", "Diff", "Poly", "contr.treatment", "contr.sum",
    "contr.helmert", "contr.diff", "contr.poly",
)  # fmt: skip


@dataclass(frozen=True)
class Design:
    """Dependent variable and regressors of one formula.

    Attributes
    ----------
    formula : str
    response : str
        Name of the dependent variable, as written (``log(y)``).
    regressors : list of str
        Names of the columns of `x`; the intercept, if there is one, is called ``Intercept``.
    y : (T, N)
    x : (T, N, k)
        Regions in the order of the study; T is 1 for a cross-section.
    index : pandas.Index
        Rows of the study's table, region by region.
    """

    formula: str
    response: str
    regressors: list[str]
    y: Array
    x: Array
    index: pd.Index

    def labelled(self, blocks: Array, name: str) -> pd.Series:
        """Return (T, N) values as a Series with the labels of the study's table."""
        return pd.Series(blocks.T.ravel(), index=self.index, name=name)


def read_formula(formula: str, study: Study, *, effects: str) -> Design:
    """Evaluate a formula on a study.

    Parameters
    ----------
    formula : str
        ``y ~ a + b``, with transformations such as ``log(y)``, ``I(a ** 2)``, ``a:b`` and ``C(type)``.
    study : Study
    effects : str
        Any effects but ``"pooled"`` take the place of the intercept.

    Raises
    ------
    InputError
        If the formula cannot be read, or a transformed value is not finite.
    UnknownNameError
        If a variable or a function does not exist.
    MissingValuesError
        If a value is missing; the regions and times are named.
    """
    parsed = _parse(formula)
    known = [*study.variables, *map(str, study.regions.columns.drop(study.regions.geometry.name))]
    wanted = sorted(str(variable) for variable in parsed.required_variables)
    for variable in wanted:
        if variable not in known:
            raise UnknownNameError(
                f"no variable {variable!r} in the formula {formula!r}.{did_you_mean(variable, known)} "
                f"There are: {name_some(known, limit=20)}."
            )
    frame = study.frame(wanted)
    _check_numeric(frame, parsed, study)
    _check_complete(frame, study, formula)
    try:
        matrices = formulaic.model_matrix(parsed, frame, context={}, na_action="ignore")
    except FormulaicError as problem:
        raise InputError(f"the formula {formula!r} cannot be evaluated: {_first_line(problem)}") from problem
    left, right = pd.DataFrame(matrices.lhs), pd.DataFrame(matrices.rhs)
    if left.shape[1] != 1:
        raise InputError(
            f"the left side of {formula!r} must be one numeric variable; it gives {name_some(left.columns)}."
        )
    if effects != "pooled":
        right = right.drop(columns=INTERCEPT, errors="ignore")
    if right.shape[1] == 0:
        raise InputError(f"{formula!r} has no regressor; write for example 'y ~ a + b'.")
    _check_finite(pd.concat([left, right], axis=1), study)
    shape = (study.n, max(len(study.times), 1), -1)
    return Design(
        formula,
        str(left.columns[0]),
        [str(column) for column in right.columns],
        np.ascontiguousarray(left.to_numpy(dtype=float).reshape(shape)[:, :, 0].T),
        np.ascontiguousarray(right.to_numpy(dtype=float).reshape(shape).transpose(1, 0, 2)),
        study.data.index,
    )


def choose_lagged(lagged: Sequence[str] | None, regressors: list[str]) -> list[int]:
    """Return the places of the regressors whose spatial lag is in the model; None means all.

    Raises
    ------
    UnknownNameError
        If a name is not a regressor.
    InputError
        If none is named.
    """
    offered = [name for name in regressors if name != INTERCEPT]
    wanted = offered if lagged is None else [lagged] if isinstance(lagged, str) else list(lagged)
    for name in wanted:
        if name not in offered:
            raise UnknownNameError(
                f"lagged= names {name!r}, which is not a regressor.{did_you_mean(name, offered)} "
                f"There are: {name_some(offered, limit=20)}."
            )
    if not wanted:
        raise InputError("lagged= is empty; a model with lagged regressors needs at least one.")
    return [place for place, name in enumerate(regressors) if name in wanted]


def _parse(formula: str) -> Any:
    if not isinstance(formula, str):
        raise InputError(f"formula must be text such as 'y ~ a + b'; found {type(formula).__name__}.")
    _check_functions(formula)
    try:
        parsed = formulaic.Formula(formula)
    except FormulaicError as problem:
        raise InputError(f"the formula {formula!r} cannot be read: {_first_line(problem)}") from problem
    sides = getattr(parsed, "_structure", {})
    if set(sides) != {"lhs", "rhs"} or isinstance(sides["rhs"], tuple):
        raise InputError(f"the formula {formula!r} must have one '~' and no '|': write for example 'y ~ a + b'.")
    return parsed


def _check_functions(formula: str) -> None:
    """Refuse functions that this package does not know: a formula may come from a file, and is evaluated."""
    bare = re.sub(r"`[^`]*`", "x", formula)
    for function in re.findall(r"([^\W\d][\w.]*)\s*\(", bare):
        numeric = function.removeprefix("np.")
        if function.startswith("np.") and isinstance(getattr(np, numeric, None), np.ufunc):
            continue
        if function == "lag":
            raise InputError(
                "lag() in a formula would shift rows across regions. Spatial lags come from the model "
                "(model='sdm'); lags in time belong in the table (study.with_columns)."
            )
        if function not in _FUNCTIONS:
            raise UnknownNameError(
                f"no function {function!r} in formulas.{did_you_mean(function, _FUNCTIONS)} "
                f"There are: {', '.join(_FUNCTIONS[:12])} and NumPy's functions of one value such as np.sqrt."
            )
    if "__" in bare or re.search(r"[\])}]\s*\(", bare):
        raise InputError(
            f"the formula {formula!r} contains '__' or calls a bracket; use variables, operators and functions only."
        )


def _check_numeric(frame: pd.DataFrame, parsed: Any, study: Study) -> None:
    """Refuse text where a number is expected: it would otherwise become a dummy variable for each text."""
    written = {factor.expr for side in (parsed.lhs, parsed.rhs) for term in side for factor in term.factors}
    for column in frame.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]]:
        if column not in written or isinstance(frame[column].dtype, pd.CategoricalDtype):
            continue
        values = frame[column].dropna()
        odd = values[pd.to_numeric(values, errors="coerce").isna()]
        example = (odd if len(odd) else values).head(1)
        region = example.index[0][0] if study.is_panel else example.index[0]
        raise InputError(
            f"{column!r} is text, for example {example.iloc[0]!r} in {name_regions([region], study.names)}. Make it "
            f"numeric in the table, or write C({column}) for one dummy variable for each text."
        )


def _check_complete(frame: pd.DataFrame, study: Study, formula: str) -> None:
    missing = frame.isna()
    rows = missing.any(axis=1)
    if not rows.any():
        return
    if not study.is_panel:
        columns = name_some([repr(c) for c in frame.columns[missing.any()]])
        raise MissingValuesError(
            f"{columns} missing for {rows.sum()} of {study.n} regions: "
            f"{name_regions(frame.index[rows], study.names)}. Leave them out with study.select(...) or fill them first."
        )
    whole = missing[rows].all(axis=1)
    cells = []
    for (region, time), absent in missing[rows].head(5).iterrows():
        lacking = "" if whole.loc[(region, time)] else f" [{', '.join(map(str, absent.index[absent]))}]"
        cells.append(f"{name_regions([region], study.names)} {time}{lacking}")
    more = f" and {rows.sum() - 5} more" if rows.sum() > 5 else ""
    raise MissingValuesError(
        f"the panel is not balanced: {rows.sum()} of {len(frame)} (region, time) cells lack a value that "
        f"{formula!r} needs: {'; '.join(cells)}{more}. Keep complete times with study.between(...), complete "
        f"regions with study.select(...), or fill the cells first."
    )


def _check_finite(frame: pd.DataFrame, study: Study) -> None:
    bad = ~np.isfinite(frame.to_numpy(dtype=float))
    if not bad.any():
        return
    column = str(frame.columns[bad.any(axis=0)][0])
    rows = frame.index[bad.any(axis=1)]
    cells = [f"{name_regions([r[0]], study.names)} {r[1]}" for r in rows] if study.is_panel else list(rows)
    named = name_some(cells) if study.is_panel else name_regions(cells, study.names)
    raise InputError(
        f"{column!r} is not finite in {len(rows)} of {len(frame)} rows: {named}. "
        f"A logarithm needs positive values; a ratio needs a denominator that is not 0."
    )


def _first_line(problem: Exception) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(problem)).strip()
    return text.splitlines()[0] if text else type(problem).__name__
