"""One regression in many variants, in one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import Missing, check_between, check_option
from spatial_region.core.result import Result
from spatial_region.core.sample import as_numbers
from spatial_region.core.spec import Spec, make_spec
from spatial_region.errors import InputError, OptionError, UnknownNameError
from spatial_region.paneltests._formula import variables_of
from spatial_region.paneltests._frame import raw_panel
from spatial_region.paneltests._static_result import PanelRegression
from spatial_region.paneltests.static import PanelCovariance, PanelEffects, regress

MAIN = "all"


@dataclass(frozen=True, eq=False, repr=False)
class Robustness(Result):
    """A regression, and how its coefficients change from variant to variant.

    Attributes
    ----------
    fits : Mapping of str to PanelRegression
        By variant; ``"all"`` is the regression as it was asked for.
    differences : pandas.DataFrame
        Indexed by (group_a, group_b, regressor): difference, std_error, z, p of coefficients in two groups of a
        grouping, which share no region. Empty without a grouping.
    formula : str
    notes : tuple of str
    spec : Spec
    """

    fits: Mapping[str, PanelRegression]
    differences: pd.DataFrame
    formula: str
    notes: tuple[str, ...]
    spec: Spec

    def __post_init__(self) -> None:
        object.__setattr__(self, "fits", FrozenDict(self.fits))

    def table(self) -> pd.DataFrame:
        """Return one row for each (variant, regressor).

        Columns: estimate, std_error, t, p, low, high; same_sign as in ``"all"``; nobs and r2_within of the variant.
        """
        parts = {}
        main = self.fits[MAIN].params
        for variant, fit in self.fits.items():
            part = fit.table()
            part["same_sign"] = np.sign(part["estimate"]) == np.sign(main.reindex(part.index))
            parts[variant] = part.assign(nobs=fit.nobs, r2_within=fit.fit["r2_within"])
        return pd.concat(parts, names=["variant", "regressor"])

    def wide(self, *, digits: int = 3) -> pd.DataFrame:
        """Return the table as papers print it: regressors by variants, ``estimate***`` over ``(std_error)``.

        Stars are for p below 0.01, 0.05 and 0.1. The last rows are the number of rows and R2 within.

        Parameters
        ----------
        digits : int
            Digits after the point.
        """
        columns = {}
        names = list(dict.fromkeys(name for fit in self.fits.values() for name in fit.params.index))
        for variant, fit in self.fits.items():
            cells = []
            for name in names:
                known = name in fit.params.index
                mark = "" if not known else _stars(float(fit.pvalues[name]))
                cells.append(f"{fit.params[name]:.{digits}f}{mark}" if known else "")
                cells.append(f"({fit.std_errors[name]:.{digits}f})" if known else "")
            columns[variant] = [*cells, str(fit.nobs), f"{fit.fit['r2_within']:.{digits}f}"]
        index = [label for name in names for label in (name, "")]
        return pd.DataFrame(columns, index=pd.Index([*index, "rows", "r2_within"], name="regressor"))

    def summary(self) -> str:
        """Return the printed table, tests of differences and notes as text."""
        parts = [f"Robustness of {self.formula}", self.wide().to_string()]
        if len(self.differences):
            shown = self.differences.to_string(float_format=lambda value: f"{value:.4g}")
            parts += ["", "Differences between groups", shown]
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def robustness(
    formula: str,
    study: object,
    *,
    grouping: str | pd.Series | None = None,
    between: Mapping[str, tuple[Any, Any]] | None = None,
    leave_out: Mapping[str, Iterable[object]] | None = None,
    responses: Sequence[str] = (),
    replace: Mapping[str, Sequence[str]] | None = None,
    winsorise: float | None = None,
    effects: PanelEffects = "twoway",
    covariance: PanelCovariance = "cluster_region",
    endogenous: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    missing: Missing = "raise",
) -> Robustness:
    """Estimate one panel regression again on parts of the panel and with other measures (稳健性检验, 异质性分析).

    Parameters
    ----------
    formula, effects, covariance, endogenous, instruments, missing
        The regression: see `panel_regression`.
    study : Study or pandas.DataFrame
        Panel; a table is indexed by (region, time).
    grouping : str or pandas.Series, optional
        A variant for each group of regions: a column that is constant over time, or a Series by region. Coefficients
        of every two groups are compared: ``z = (b_1 - b_2) / sqrt(se_1^2 + se_2^2)``.
    between : mapping of str to (start, end), optional
        A variant for each span of times, both ends included: ``{"before the crisis": (2000, 2007)}``.
    leave_out : mapping of str to regions, optional
        A variant without some regions: ``{"without municipalities": ["110000", "310000"]}``.
    responses : sequence of str
        A variant for each other dependent variable, put in the place of the one in the formula.
    replace : mapping of str to sequence of str, optional
        A variant for each other measure of a regressor: ``{"openness": ["trade_share", "fdi_share"]}``.
    winsorise : float, optional
        A variant in which the variables of the formula are drawn in to their quantiles at this share and at 1 less it,
        such as 0.01. Variables of two values, such as dummies, stay.

    Returns
    -------
    Robustness
        ``table()``, ``wide()``, ``differences``, ``fits``.

    Raises
    ------
    OptionError
        If no variant is asked for, two have the same name, or an option is not offered.
    UnknownNameError
        If a variable, a grouping or a region does not exist.
    InputError
        If a grouping changes over time, a share is not between 0 and 0.5, or a span has no time; and what
        `panel_regression` refuses.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    IdentificationError
        If a variant does not identify its coefficients; the variant is named.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> rng = np.random.default_rng(0)
    >>> index = pd.MultiIndex.from_product([range(40), range(2010, 2020)], names=["region", "time"])
    >>> panel = pd.DataFrame(rng.normal(size=(400, 1)), columns=["a"], index=index)
    >>> panel["part"] = np.repeat(["north", "south"], 200)
    >>> panel["y"] = np.where(panel["part"] == "north", 1.0, 0.2) * panel["a"] + rng.normal(size=400)
    >>> made = sr.robustness("y ~ a", panel, grouping="part", winsorise=0.01)
    >>> list(made.fits)
    ['all', 'part: north', 'part: south', 'winsorised 1%']
    >>> bool(made.differences.loc[("north", "south", "a"), "p"] < 0.01)
    True
    """
    check_option(missing, Missing, "missing")
    table, names = raw_panel(study)
    variants: dict[str, pd.DataFrame] = {MAIN: table}
    groups = _groups(table, grouping)
    label = grouping if isinstance(grouping, str) else (grouping.name if grouping is not None else None) or "group"
    made = [(f"{label}: {group}", table.loc[table.index.isin(ids, level=0)]) for group, ids in groups.items()]
    made += _spans(table, between or {})
    made += _without(table, leave_out or {})
    made += _other_measures(table, formula, responses, replace or {})
    if winsorise is not None:
        check_between(winsorise, "winsorise", low=0, high=0.5)
        made.append((f"winsorised {100 * winsorise:g}%", _drawn_in(table, formula, winsorise)))
    for variant, rows in made:
        if variant in variants:
            raise OptionError(f"two variants are called {variant!r}; give them different names.")
        variants[variant] = rows
    if len(variants) == 1:
        raise OptionError("no variant is asked for; give grouping=, between=, leave_out=, responses=, replace= ...")
    fits = {}
    for variant, rows in variants.items():
        try:
            fits[variant] = regress(
                formula, rows, effects=effects, covariance=covariance, endogenous=endogenous, instruments=instruments,
                missing=missing, tests=False,
            )  # fmt: skip
        except InputError as problem:
            if variant == MAIN:
                raise
            raise type(problem)(f"variant {variant!r}: {problem}") from problem
    ungrouped = len(names) - sum(len(ids) for ids in groups.values()) if groups else 0
    notes = [f"{ungrouped} regions have no group and are in no variant of it."] if ungrouped else []
    options: dict[str, Any] = {"formula": formula, "effects": effects, "covariance": covariance}
    options |= {"grouping": str(label), "between": dict(between or {}), "leave_out": list(leave_out or {})}
    options |= {"responses": list(responses), "replace": dict(replace or {}), "winsorise": winsorise}
    return Robustness(
        fits,
        _differences({str(group): fits[f"{label}: {group}"] for group in groups}),
        formula,
        tuple(notes),
        make_spec("robustness", options=options | {"missing": missing}, inputs={"variants": list(fits)}),
    )


def _groups(table: pd.DataFrame, grouping: str | pd.Series | None) -> dict[object, list[object]]:
    if grouping is None:
        return {}
    if isinstance(grouping, str):
        _check_column(table, grouping, "grouping")
        column = table[grouping].dropna()
        changing = column.groupby(level=0).nunique()
        if (changing > 1).any():
            raise InputError(
                f"the grouping {grouping!r} changes over time in {name_some(changing.index[changing > 1])}; a region "
                f"must stay in its group."
            )
        members = column.groupby(level=0).first()
    else:
        members = grouping[grouping.index.isin(table.index.levels[0])]
        if not len(members):
            raise UnknownNameError(f"no region of the grouping is in the panel; it has {name_some(grouping.index)}.")
        members = members.dropna()
    if members.isna().all():
        raise InputError("the grouping puts no region of the panel into a group.")
    return {group: list(ids) for group, ids in members.groupby(members, sort=True, observed=True).groups.items()}


def _spans(table: pd.DataFrame, between: Mapping[str, tuple[Any, Any]]) -> list[tuple[str, pd.DataFrame]]:
    made = []
    times = table.index.get_level_values(1)
    for label, span in between.items():
        if not isinstance(span, (tuple, list)) or len(span) != 2:
            raise InputError(f"between={label!r} must be (first time, last time); found {span!r}.")
        start, end = span
        kept = (times >= start) & (times <= end)
        if not kept.any():
            raise InputError(
                f"between={label!r}: no time from {start} to {end}; there are {name_some(times.unique())}."
            )
        made.append((label, table[kept]))
    return made


def _without(table: pd.DataFrame, leave_out: Mapping[str, Iterable[object]]) -> list[tuple[str, pd.DataFrame]]:
    made = []
    known = table.index.levels[0]
    for label, regions in leave_out.items():
        ids = [regions] if isinstance(regions, str) else list(regions)
        unknown = [region for region in ids if region not in known]
        if unknown:
            raise UnknownNameError(
                f"leave_out={label!r}: not in the panel: {name_some(unknown)}.{did_you_mean(unknown[0], known)}"
            )
        made.append((label, table[~table.index.isin(ids, level=0)]))
    return made


def _other_measures(
    table: pd.DataFrame, formula: str, responses: Sequence[str], replace: Mapping[str, Sequence[str]]
) -> list[tuple[str, pd.DataFrame]]:
    made = []
    left, right = variables_of(formula)
    listed = [responses] if isinstance(responses, str) else list(responses)
    if listed and len(left) != 1:
        raise InputError(f"responses= replace the one variable on the left of {formula!r}, which has {len(left)}.")
    for other in listed:
        _check_column(table, other, "variable of responses")
        made.append((f"response: {other}", table.assign(**{next(iter(left)): table[other]})))
    for name, others in replace.items():
        if name not in right:
            raise UnknownNameError(
                f"replace= names {name!r}, which is not on the right of {formula!r}.{did_you_mean(name, right)}"
            )
        for other in [others] if isinstance(others, str) else others:
            _check_column(table, other, "variable of replace")
            made.append((f"{name}: {other}", table.assign(**{name: table[other]})))
    return made


def _drawn_in(table: pd.DataFrame, formula: str, share: float) -> pd.DataFrame:
    left, right = variables_of(formula)
    columns = {}
    for name in sorted(left | right):
        _check_column(table, name, "variable")
        if not pd.api.types.is_numeric_dtype(table[name].dtype) or table[name].nunique() <= 2:
            continue
        values = as_numbers(table[name], name)
        low, high = np.nanquantile(values, [share, 1 - share])
        columns[name] = np.clip(values, low, high)
    return table.assign(**columns)


def _check_column(table: pd.DataFrame, name: str, what: str) -> None:
    if name not in table.columns:
        raise UnknownNameError(
            f"no {what} {name!r}.{did_you_mean(name, table.columns)} There are: {name_some(table.columns, limit=20)}."
        )


def _differences(fits: Mapping[str, PanelRegression]) -> pd.DataFrame:
    rows = {}
    for (one, first), (two, second) in combinations(fits.items(), 2):
        for name in first.params.index.intersection(second.params.index, sort=False):
            difference = float(first.params[name] - second.params[name])
            error = float(np.hypot(first.std_errors[name], second.std_errors[name]))
            z = difference / error
            rows[(one, two, name)] = (difference, error, z, float(2 * stats.norm.sf(abs(z))))
    columns = ["difference", "std_error", "z", "p"]
    index = pd.MultiIndex.from_tuples(list(rows), names=["group_a", "group_b", "regressor"]) if rows else None
    return pd.DataFrame(list(rows.values()), index=index, columns=columns)


def _stars(p: float) -> str:
    return "*" * sum(p < edge for edge in (0.01, 0.05, 0.1))
