"""From a formula and a panel to labelled numbers: complete rows, sorted by region and time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.expression import check_text, read_names
from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.errors import ConstantVariableError, InputError, MissingValuesError, OptionError, UnknownNameError
from spatial_region.paneltests._frame import raw_panel, refuse_missing

INTERCEPT = "Intercept"


@dataclass(frozen=True, eq=False)
class PanelDesign:
    """Dependent variable, regressors and instruments in the rows where all are present.

    Attributes
    ----------
    formula, response : str
    y : pandas.Series
        Indexed by (region, time), sorted by both.
    x : pandas.DataFrame
        Regressors; the intercept, if there is one, is called ``Intercept``.
    endogenous : list of str
        Columns of `x` that are correlated with the disturbance.
    outside : pandas.DataFrame
        Instruments outside the formula.
    names : pandas.Series
        Display names of regions.
    dropped : pandas.MultiIndex
        Rows left out for missing values.
    """

    formula: str
    response: str
    y: pd.Series
    x: pd.DataFrame
    endogenous: list[str]
    outside: pd.DataFrame
    names: pd.Series
    dropped: pd.MultiIndex
    notes: list[str] = field(default_factory=list)

    @property
    def region(self) -> np.ndarray:
        """Codes of the regions present, (n,)."""
        return np.unique(pd.factorize(self.y.index.get_level_values(0))[0], return_inverse=True)[1]

    @property
    def time(self) -> np.ndarray:
        """Codes of the times present, in their order, (n,)."""
        return np.unique(self.y.index.get_level_values(1).to_numpy(), return_inverse=True)[1]


def read_design(
    formula: str,
    study: object,
    *,
    missing: Missing = "raise",
    endogenous: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    intercept: bool = True,
    bare: bool = False,
) -> PanelDesign:
    """Evaluate a formula on a panel; a `bare` one may lack regressors, as in ``y ~ 1``.

    Raises
    ------
    InputError
        If the formula cannot be read, or a value is not finite.
    OptionError
        If endogenous regressors come without instruments, or the reverse.
    UnknownNameError
        If a variable does not exist, or an endogenous one is no regressor.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or no row is left.
    ConstantVariableError
        If the dependent variable does not vary.
    """
    check_option(missing, Missing, "missing")
    outside = _listed(instruments)
    if bool(outside) != bool(_listed(endogenous)):
        raise OptionError("endogenous= (which regressors) and instruments= (for them) go together; give both or none.")
    table, names = raw_panel(study)
    left, right = _sides(formula)
    parsed = _parse(f"{left} ~ {right}")
    others = _parse(f"{left} ~ 0 + {' + '.join(outside)}") if outside else None
    wanted = _wanted(table, formula, [parsed, others] if others is not None else [parsed])
    absent = wanted.isna().any(axis=1)
    dropped = wanted.index[absent]
    if len(dropped) and missing == "raise":
        refuse_missing(dropped, len(wanted), names, f"{formula!r}")
    kept = wanted[~absent]
    if kept.empty:
        raise MissingValuesError(f"no row of the panel has every variable of {formula!r}.")
    y, x = _evaluate(parsed, kept, formula)
    if x.columns.drop(INTERCEPT, errors="ignore").empty and not bare:
        raise InputError(f"{formula!r} has no regressor; write for example 'y ~ a + b'.")
    if not intercept:
        x = x.drop(columns=INTERCEPT, errors="ignore")
    if np.ptp(y.to_numpy()) == 0:
        raise ConstantVariableError(f"the dependent variable of {formula!r} does not vary; nothing is to be explained.")
    more = _evaluate(others, kept, formula)[1] if others is not None else pd.DataFrame(index=kept.index)
    chosen = _listed(endogenous)
    for name in chosen:
        if name not in x.columns:
            raise UnknownNameError(
                f"endogenous= names {name!r}, which is not a regressor.{did_you_mean(name, x.columns)} "
                f"There are: {name_some(x.columns, limit=20)}."
            )
    both = [name for name in more.columns if name in x.columns or name == y.name]
    if both:
        raise OptionError(f"instruments= must be outside the formula; {name_some(both)} is in it.")
    return PanelDesign(formula, str(y.name), y, x, chosen, more, names, dropped)


def variables_of(formula: str) -> tuple[set[str], set[str]]:
    """Return the variables on the left and on the right side of a formula.

    Raises
    ------
    InputError
        If the formula cannot be read.
    """
    left, right = _sides(formula)
    parsed = _parse(f"{left} ~ {right}")
    return read_names((parsed.lhs,)).all, read_names((parsed.rhs,)).all


def _listed(names: Sequence[str] | None) -> list[str]:
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)


def _sides(formula: object) -> tuple[str, str]:
    if not isinstance(formula, str) or formula.count("~") != 1 or "|" in formula:
        raise InputError(f"formula must be text with one '~', such as 'y ~ a + b'; found {formula!r}.")
    check_text(formula)
    left, right = formula.split("~")
    return left.strip(), right.strip()


def _parse(formula: str) -> Any:
    import formulaic
    from formulaic.errors import FormulaicError

    check_text(formula)
    try:
        parsed = formulaic.Formula(formula)
        sides = (parsed.lhs, parsed.rhs)
    except (FormulaicError, SyntaxError, RecursionError, AttributeError) as problem:
        raise InputError(f"the formula {formula!r} cannot be read: {_first_line(problem)}") from problem
    if any(isinstance(side, tuple) for side in sides):
        raise InputError(f"the formula {formula!r} has several parts; write for example 'y ~ a + b'.")
    return parsed


def _wanted(table: pd.DataFrame, formula: str, parsed: list[Any]) -> pd.DataFrame:
    names = read_names(tuple(side for one in parsed for side in (one.lhs, one.rhs)))
    columns = {}
    for variable in sorted(names.all):
        if variable not in table.columns:
            raise UnknownNameError(
                f"no variable {variable!r} in {formula!r}.{did_you_mean(variable, table.columns)} "
                f"There are: {name_some(table.columns, limit=20)}."
            )
        column = table[variable]
        numeric = variable in names.numeric and not isinstance(column.dtype, pd.CategoricalDtype)
        columns[variable] = as_numbers(column, variable) if numeric else column.to_numpy()
    return pd.DataFrame(columns, index=table.index)


def _evaluate(parsed: Any, rows: pd.DataFrame, formula: str) -> tuple[pd.Series, pd.DataFrame]:
    import formulaic
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):  # what is not finite is named below
            matrices = formulaic.model_matrix(parsed, rows, context={}, na_action="ignore")
    except (FormulaicError, ValueError, TypeError) as problem:
        raise InputError(f"the formula {formula!r} cannot be evaluated: {_first_line(problem)}") from problem
    left, right = pd.DataFrame(matrices.lhs), pd.DataFrame(matrices.rhs)
    if left.shape[1] != 1:
        raise InputError(f"the left side of {formula!r} must be one numeric variable.")
    both = pd.concat([left, right], axis=1)
    bad = ~np.isfinite(both.to_numpy(dtype=float))
    if bad.any():
        column = both.columns[bad.any(axis=0)][0]
        raise InputError(
            f"{str(column)!r} is not finite in {bad.any(axis=1).sum()} of {len(both)} rows: "
            f"{name_some(both.index[bad.any(axis=1)])}. A logarithm needs positive values."
        )
    return left.iloc[:, 0].astype(float), right.astype(float)


def _first_line(problem: Exception) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(problem)).strip()
    return text.splitlines()[0] if text else type(problem).__name__
