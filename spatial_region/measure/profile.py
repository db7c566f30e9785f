"""Profiles: what each region has, relative to the whole, and how it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.options import Missing, check_keywords, check_option
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import DuplicateError, InputError, MissingValuesError, UnknownNameError

Wholes = Sequence[str] | Mapping[str, float]


@dataclass(frozen=True, eq=False, repr=False)
class Profile(Result):
    """Levels, shares, ranks and changes of some variables in each region.

    Attributes
    ----------
    rows : pandas.DataFrame
        Indexed by (variable, region): see `table`.
    names : pandas.Series
        Display names of the regions.
    notes : tuple of str
        What a reader must know, such as regions without a value.
    spec : Spec
        Settings.
    units : Mapping of str to str
        Unit of value, base and change of each variable, as far as the study says.
    """

    rows: pd.DataFrame
    names: pd.Series
    notes: tuple[str, ...]
    spec: Spec
    units: Mapping[str, str] = field(default_factory=FrozenDict)

    def table(self, variable: str | None = None, **options: Any) -> pd.DataFrame:
        """Return the profile, of all variables or of one.

        Parameters
        ----------
        variable : str, optional
            One variable; the index is then the region alone, and columns without any value are left out.

        Returns
        -------
        pandas.DataFrame
            Indexed by (variable, region). Columns: name; value; relative, the value over the reference (1 is
            average); gap, the value less the reference, in the unit of the variable; share, in % of the total; rank, 1
            for the largest, ties share the better rank; base, the value at the base time; change, value less base;
            change_pct, in % of the base; growth_pct, compound growth in % a year. NaN where not asked for or undefined.

        Raises
        ------
        UnknownNameError
            If the variable is not in the profile.
        OptionError
            If another option is given.
        """
        check_keywords(options, (), "table() of a Profile, besides variable,")
        if variable is None:
            return self.rows.copy()
        known = self.rows.index.unique("variable")
        if variable not in known:
            raise UnknownNameError(f"no variable {variable!r} in the profile.{did_you_mean(variable, known)}")
        return self.rows.xs(variable, level="variable").dropna(axis="columns", how="all")

    def summary(self) -> str:
        """Return one table a variable, and the notes, as text."""
        parts = []
        for variable in self.rows.index.unique("variable"):
            shown = self.table(variable).set_index("name")
            unit = f" ({self.units[variable]})" if variable in self.units else ""
            parts.append(f"Profile of {variable}{unit}\n{shown.to_string(float_format=lambda x: f'{x:.6g}')}")
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def profile(
    study: Study,
    variables: Sequence[str],
    *,
    at: Any = None,
    base: Any = None,
    reference: Mapping[str, float] | None = None,
    totals: Wholes = (),
    missing: Missing = "raise",
) -> Profile:
    """Describe each region: its level relative to the whole and its gap, its share and rank, its change and growth.

    ``growth = (value / base) ** (1 / years) - 1``, in %, with years = `at` - `base`.

    Parameters
    ----------
    study : Study
        Regions and their data.
    variables : sequence of str
        Numeric variables.
    at, base : object, optional
        Time of the levels, for a panel, and the earlier time that changes count from.
    reference : mapping of variable to float, optional
        Level of the whole that `relative` divides by, such as the published GDP per head of all regions together.
        Variables it does not name are divided by the plain mean of their regions.
    totals : sequence of str, or mapping of variable to float
        Variables whose sum means something (population, GDP; not rates), for `share`. A mapping states the
        published total; otherwise it is the sum over the regions with a value.
    missing : {"raise", "drop"}
        What to do with missing values; with ``"drop"`` a region without a value is blank, and noted.

    Returns
    -------
    Profile

    Raises
    ------
    UnknownNameError
        If a variable or a time does not exist.
    MissingValuesError
        If a value is missing and `missing` is ``"raise"``.
    InputError
        If `study` is no Study, `variables` are no names, `base` is not before `at`, times are not numbers, a variable
        is not of finite real numbers, or what `relative` or `share` divides by is not a positive finite number.
    DuplicateError
        If a variable is named twice.
    OptionError
        If `missing` is not offered.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1], [0, 0]), index=["a", "b"], crs=4326)
    >>> index = pd.MultiIndex.from_product([["a", "b"], [2010, 2020]])
    >>> study = sr.make_study(points, pd.DataFrame({"people": [10.0, 20, 40, 20]}, index=index))
    >>> made = sr.profile(study, ["people"], at=2020, base=2010, totals=["people"])
    >>> made.table("people")[["share", "change_pct", "growth_pct"]].round(2).values.tolist()
    [[50.0, 100.0, 7.18], [50.0, -50.0, -6.7]]
    """
    check_option(missing, Missing, "missing")
    if not isinstance(study, Study):
        raise InputError(f"study must be a Study, as read() or make_study() return it; found {type(study).__name__}.")
    named = _names(variables, "variables")
    stated = {} if reference is None else _stated(reference, "reference")
    wholes: dict[str, float | None] = (
        {**_stated(totals, "totals")}
        if isinstance(totals, Mapping)
        else dict.fromkeys(_names(totals, "totals", least=0))
    )
    for extra in [*stated, *wholes]:
        if extra not in named:
            raise UnknownNameError(f"{extra!r} is not among the variables profiled.{did_you_mean(extra, named)}")
    years = _years(at, base)
    notes: list[str] = []
    rows = []
    for variable in named:
        value = _numbers(study, variable, at, missing, notes)
        earlier = _numbers(study, variable, base, missing, notes) if base is not None else None
        if variable in wholes:
            _check_shares(value, wholes[variable], study.names)
        if variable not in stated and not value.mean() > 0:
            notes.append(f"{variable!r} has a mean of {value.mean():g}, which nothing can be relative to.")
        row = _levels(value, stated.get(variable), variable in wholes, wholes.get(variable))
        rows.append(row.assign(**_changes(value, earlier, years)))
    table = pd.concat(rows, keys=named, names=["variable", "region"])
    table.insert(0, "name", study.names.reindex(table.index.get_level_values("region")).to_numpy())
    return Profile(
        rows=table,
        names=study.names,
        notes=tuple(notes),
        units=FrozenDict({variable: study.units[variable] for variable in named if variable in study.units}),
        spec=make_spec(
            "profile",
            options={"at": at, "base": base, "reference": stated, "totals": dict(wholes), "missing": missing},
            inputs={"variables": named, "n": study.n, "values_digest": digest(table["value"])},
        ),
    )


def _names(given: object, argument: str, *, least: int = 1) -> list[str]:
    listed: list[Any] = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    for name in listed:
        if not isinstance(name, str):
            raise InputError(f"{argument} must be names of variables, as text; found {name!r}.")
    if len(listed) < least:
        raise InputError(f"{argument} is empty; name at least one variable.")
    repeated = sorted({name for name in listed if listed.count(name) > 1})
    if repeated:
        raise DuplicateError(f"{argument} names twice: {name_some(repeated)}. Name each once.")
    return listed


def _stated(given: object, argument: str) -> dict[str, float]:
    """Return levels of the whole that were stated, which are divided by."""
    if not isinstance(given, Mapping):
        raise InputError(f"{argument} must be a mapping of variable to number; found {given!r}.")
    for name, number in given.items():
        real = isinstance(number, Real) and not isinstance(number, bool)
        if not (real and np.isfinite(float(number)) and float(number) > 0):
            raise InputError(f"{argument} of {name!r} must be a positive finite number; found {number!r}.")
    return {name: float(number) for name, number in given.items()}


def _check_shares(value: pd.Series, total: float | None, names: pd.Series) -> None:
    negative = value.index[value < 0]
    remedy = f"Leave {value.name!r} out of totals=."
    if len(negative):
        raise InputError(
            f"{value.name!r} is negative for {len(negative)} of {len(value)} regions, which have no share of a total: "
            f"{name_regions(negative, names)}. {remedy}"
        )
    if total is None and not value.sum() > 0:
        raise InputError(f"{value.name!r} is 0 in all regions with a value, so none has a share. {remedy}")


def _levels(value: pd.Series, reference: float | None, has_total: bool, total: float | None) -> pd.DataFrame:
    whole = value.mean() if reference is None else reference
    summed = value.sum() if total is None else total
    return pd.DataFrame(
        {
            "value": value,
            "relative": value / whole if whole > 0 else np.nan,
            "gap": value - whole,
            "share": 100 * value / summed if has_total else np.nan,
            "rank": value.rank(ascending=False, method="min").astype("Int64"),
        }
    )


def _changes(value: pd.Series, base: pd.Series | None, years: float) -> dict[str, object]:
    if base is None:
        return dict.fromkeys(["base", "change", "change_pct", "growth_pct"], np.nan)
    positive = base.where(base > 0)  # a ratio to zero or to a negative base is undefined
    ratio = value / positive
    return {
        "base": base,
        "change": value - base,
        "change_pct": 100 * (ratio - 1),
        "growth_pct": 100 * (ratio.where(ratio > 0) ** (1 / years) - 1),
    }


def _years(at: Any, base: Any) -> float:
    if base is None:
        return np.nan
    if not all(isinstance(time, (int, float, np.number)) for time in (at, base)):
        raise InputError(f"growth needs times that are numbers, such as years; found at={at!r}, base={base!r}.")
    if base >= at:
        raise InputError(f"base={base} must be before at={at}.")
    return float(at - base)


def _numbers(study: Study, variable: str, at: Any, missing: Missing, notes: list[str]) -> pd.Series:
    value = study.values(variable, at=at)
    if not pd.api.types.is_numeric_dtype(value.dtype) or pd.api.types.is_complex_dtype(value.dtype):
        shown = name_some(map(repr, value.dropna().drop_duplicates().head(5)), limit=3)
        raise InputError(f"{variable!r} must be real numbers to be profiled; found {value.dtype} values: {shown}.")
    value = value.astype(float)
    infinite = value.index[np.isinf(value)]
    if len(infinite):
        raise InputError(
            f"{variable!r} is infinite for {len(infinite)} of {study.n} regions: "
            f"{name_regions(infinite, study.names)}. Correct it, or make it missing."
        )
    absent = value.index[value.isna()]
    if len(absent):
        where = f"{variable!r}" + (f" at {at}" if at is not None else "")
        found = f"{where} is missing for {len(absent)} of {study.n} regions: {name_regions(absent, study.names)}."
        if missing == "raise" or len(absent) == study.n:
            raise MissingValuesError(f'{found} Pass missing="drop" or fill it first.')
        notes.append(found)
    return value
