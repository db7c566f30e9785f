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

from spatial_region.core.expression import STATEFUL, Names, check_text, read_names
from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.study import Study
from spatial_region.core.weights import check_same_regions
from spatial_region.errors import (
    ConstantVariableError,
    DuplicateError,
    InputError,
    MissingValuesError,
    UnknownNameError,
)
from spatial_region.panel._blocks import Array

INTERCEPT = "Intercept"
# Stands for the response of a study that need not have it.
_RESPONSE = "_response_"
# Beyond these orders of magnitude fourth powers, such as the square of a variance, overflow or vanish.
_LARGEST, _SMALLEST = 1e50, 1e-50


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


def read_formula(formula: str, study: Study, *, effects: str, said: str | None = None) -> Design:
    """Evaluate a formula on a study.

    Parameters
    ----------
    formula : str
        ``y ~ a + b``, with transformations such as ``log(y)``, ``I(a ** 2)``, ``a:b`` and ``C(type)``.
    study : Study
    effects : str
        Any effects but ``"pooled"`` take the place of the intercept.
    said : str, optional
        What messages call the formula, when the user has not written it so.

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
    formula = formula if said is None else said
    known = [*study.variables, *map(str, study.regions.columns.drop(study.regions.geometry.name))]
    names = read_names((parsed.lhs, parsed.rhs))
    wanted = sorted(names.all)
    for variable in wanted:
        if variable not in known:
            raise UnknownNameError(
                f"no variable {variable!r} in the formula {formula!r}.{did_you_mean(variable, known)} "
                f"There are: {name_some([n for n in known if n != _RESPONSE], limit=20)}."
            )
    if INTERCEPT in wanted:
        raise InputError(
            f"a variable called {INTERCEPT!r} would be taken for the constant; rename it, for example "
            f"study.with_columns(share=study.data[{INTERCEPT!r}])."
        )
    frame = _in_order(study.frame(wanted), study)
    _check_numeric(frame, names, study)
    _check_complete(frame, study, formula)
    try:
        with np.errstate(all="ignore"):  # values that are not finite are named below
            matrices = formulaic.model_matrix(parsed, frame, context={}, na_action="ignore")
    except (FormulaicError, ValueError, TypeError) as problem:
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
    empty = [str(term) for term, columns in matrices.rhs.model_spec.term_indices.items() if not columns]
    if empty and not (effects != "pooled" and empty == ["1"]):
        raise ConstantVariableError(
            f"{name_some([repr(term) for term in empty])} of {formula!r} has one category (or degree 0), and adds "
            f"nothing to the model; leave it out."
        )
    _check_finite(pd.concat([left, right], axis=1), study)
    shape = (study.n, max(len(study.times), 1), -1)
    return Design(
        formula,
        str(left.columns[0]),
        [str(column) for column in right.columns],
        np.ascontiguousarray(left.to_numpy(dtype=float).reshape(shape)[:, :, 0].T),
        np.ascontiguousarray(right.to_numpy(dtype=float).reshape(shape).transpose(1, 0, 2)),
        frame.index,
    )


def read_regressors(formula: str, study: Study, *, effects: str) -> tuple[Array, list[str]]:
    """Evaluate the right side of a formula on a study that may lack the response; (T, N, k) and names.

    Raises
    ------
    InputError
        If a transformation depends on the data that it was fitted with, such as ``center`` or ``bs``.
    UnknownNameError, MissingValuesError
        See `read_formula`.
    """
    right = formula.split("~", 1)[1]
    used = sorted(read_names((_parse(formula).rhs,)).functions & STATEFUL)
    if used:
        raise InputError(
            f"{name_some(used)} in {formula!r} would be computed anew from other data; put the finished variable into "
            f"the table to predict."
        )
    blank = study.with_columns(**{_RESPONSE: 0.0})
    found = read_formula(f"{_RESPONSE} ~ {right}", blank, effects=effects, said=formula)
    return found.x, found.regressors


def variables_of(formula: str) -> tuple[set[str], set[str]]:
    """Return the variables on the left and on the right side of a formula."""
    parsed = _parse(formula)
    return read_names((parsed.lhs,)).all, read_names((parsed.rhs,)).all


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
    check_text(formula)
    try:
        parsed = formulaic.Formula(formula)
    except (FormulaicError, SyntaxError, RecursionError) as problem:
        raise InputError(f"the formula {formula!r} cannot be read: {_first_line(problem)}") from problem
    sides = getattr(parsed, "_structure", {})
    if set(sides) != {"lhs", "rhs"} or isinstance(sides["rhs"], tuple):
        raise InputError(f"the formula {formula!r} must have one '~' and no '|': write for example 'y ~ a + b'.")
    return parsed


def _in_order(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the rows region by region, times ascending: what follows takes places for labels."""
    regions = frame.index.get_level_values(0)
    check_same_regions(regions.unique(), study.ids, left="the data", right="the regions", names=study.names)
    times = sorted(frame.index.get_level_values(1).unique()) if study.is_panel else []
    wanted = pd.MultiIndex.from_product([study.ids, times], names=frame.index.names) if study.is_panel else study.ids
    if frame.index.equals(wanted):
        return frame
    if frame.index.has_duplicates:
        raise DuplicateError(f"the data: found twice: {name_some(frame.index[frame.index.duplicated()].unique())}.")
    return frame.reindex(wanted)


def _check_numeric(frame: pd.DataFrame, names: Names, study: Study) -> None:
    """Refuse text where a number is expected: it would otherwise become a dummy variable for each text."""
    for column in frame.columns:
        values = frame[column].dropna()
        if pd.api.types.is_complex_dtype(values.dtype):
            raise InputError(f"{column!r} is complex; a regression needs real numbers. Take its real part or modulus.")
        if column not in names.numeric or isinstance(values.dtype, pd.CategoricalDtype) or values.empty:
            continue
        kind = pd.api.types.infer_dtype(values)
        if kind.startswith(("datetime", "date", "timedelta", "period", "time", "interval")):
            raise InputError(
                f"{column!r} holds dates or times ({kind}), not numbers. Make it a number in the table, for example "
                f"years since the first."
            )
        if pd.api.types.is_numeric_dtype(values.dtype):
            continue
        if kind in ("decimal", "integer", "floating", "mixed-integer-float", "boolean", "complex"):
            raise InputError(
                f"{column!r} holds Python objects ({kind}), not numbers of one kind. Convert the column in the table "
                f"with .astype(float)."
            )
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
    values = frame.to_numpy(dtype=float)
    bad = ~np.isfinite(values)
    if not bad.any():
        largest = np.abs(values).max(axis=0)
        for column, size in zip(frame.columns, largest, strict=True):
            if size > _LARGEST or 0 < size < _SMALLEST:
                raise InputError(f"{str(column)!r} is of the order of {size:.0e}; express it in another unit.")
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
