"""The same factors over spatial units of several sizes: how q depends on the unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_between, check_whole_number
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.core.spec import make_spec
from spatial_region.core.study import Study
from spatial_region.errors import DuplicateError, InputError
from spatial_region.geodetector._aggregate import aggregated
from spatial_region.geodetector._rows import factor_names, names_of
from spatial_region.geodetector._unit_scale_result import UnitScaleResult, largest, unit_table
from spatial_region.geodetector.detector import geodetector
from spatial_region.geodetector.strata import Bins

AS_GIVEN = "as given"


def unit_scale(
    studies: Mapping[str, Study | pd.DataFrame] | Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    groupings: Sequence[str] | Mapping[str, str | pd.Series] | None = None,
    weighted_by: str | None = None,
    at: object = None,
    bins: Bins = None,
    level: float = 0.05,
    permutations: int = 999,
    seed: int = DEFAULT_SEED,
    missing: Missing = "raise",
) -> UnitScaleResult:
    """Compare q of the same factors over spatial units of several sizes, and find the size that they explain best.

    What a factor explains depends on the unit: prefectures, provinces, cells of 10 or of 50 km. For each unit the
    factor detector runs anew, bins included. The unit is chosen whose significant factors have the largest 90 %
    quantile of q (linear between order statistics); of equals, the one given first.

    Parameters
    ----------
    studies : mapping of str to Study or DataFrame, or one Study or DataFrame
        The data by unit, each with the same variable and factors; or one, with `groupings` to which it is aggregated.
    variable : str
        Numeric variable to explain.
    factors : sequence of str
        One or more factors.
    groupings : sequence of str, or mapping of str to grouping, optional
        Larger units: columns of the study, its regions or the frame, or groups by region. The regions themselves are
        the first unit, ``"as given"``. The variable and the numbers that `bins` cuts become means over the regions of
        a group; other factors become what most of its regions have.
    weighted_by : str, optional
        Column of weights of these means and majorities, such as area or population; by default each region counts
        once.
    at : object, optional
        Time, for a panel. Without it all region-years are pooled.
    bins : int, str, (str, int), edges, mapping or None
        How numeric factors become strata, as in `geodetector`, in each unit anew.
    level : float
        Level below which a factor counts as significant.
    permutations : int
        Permutations behind the p-values. With 0 they are those of the F test, which do not allow for bins that were
        searched.
    seed : int
        Seed of the permutations.
    missing : {"raise", "drop"}
        What to do with rows in which the variable, a factor, the weight or the group is missing.

    Returns
    -------
    UnitScaleResult
        With `units`, `factors` and `chosen`.

    Raises
    ------
    InputError
        If there are fewer than two units, `groupings` is given with several studies, a weight cannot be one, or a
        factor cannot be cut as asked in one of the units.
    UnknownNameError
        If the variable, a factor, a grouping, the weight or the time does not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or fewer than three rows are complete.
    ConstantVariableError
        If the variable does not vary in a unit.
    DuplicateError
        If a factor or a unit is named twice, or a column of a frame occurs twice.
    AlignmentError
        If a grouping has none of the regions.
    OptionError
        If a method does not exist.

    Warns
    -----
    SmallSampleWarning
        If strata of a factor have fewer than three units.

    Notes
    -----
    q rises by itself as units become fewer: of noise it is (L - 1)/(n - 1) on average. ``q90_adjusted``, of the
    adjusted q, does not; where both choose different units a note says so, and the larger q of the coarser unit is no
    better explanation. Means over larger units vary less, besides, which also changes what there is to explain.

    References
    ----------
    Song, Y., Wang, J., Ge, Y., Xu, C. (2020). An optimal parameters-based geographical detector model enhances
    geographic characteristics of explanatory variables for spatial heterogeneity analysis: cases with different types
    of spatial data. GIScience & Remote Sensing 57(5), 593-610. https://doi.org/10.1080/15481603.2020.1760434

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> cities = pd.DataFrame({"rain": np.arange(60.0), "province": np.repeat(list("abcdefghijklmno"), 4)})
    >>> cities["crop"] = cities["rain"] + np.tile([20.0, -20, 20, -20], 15)
    >>> found = sr.unit_scale(cities, "crop", ["rain"], groupings=["province"], bins=3)
    >>> found.units["q90"].round(3).to_dict()
    {'as given': 0.392, 'province': 0.893}
    >>> found.chosen
    'province'
    """
    check_whole_number(permutations, "permutations")
    check_between(level, "level", low=0.0, high=1.0)
    names = factor_names(factors)
    if groupings is not None and not isinstance(groupings, Mapping):
        groupings = names_of(groupings, "groupings")
    frames = _frames(studies, variable, names, groupings, weighted_by, at, bins, missing)
    parts, dropped = [], {}
    for unit, (data, time) in frames.items():
        g = geodetector(
            data, variable, names, at=time, bins=bins, permutations=permutations, seed=seed, missing=missing
        )
        p = g.factors["p_permutation" if permutations else "p_central"].rename("p")
        part = g.factors[["q", "q_adjusted"]].join(p).join(g.factors[["strata", "n", "method"]])
        part.insert(3, "significant", part["p"] <= level)
        parts.append(part.reset_index().assign(unit=unit))
        dropped[unit] = len(g.dropped)
    table = pd.concat(parts, ignore_index=True)
    table = table[["unit", *(name for name in table.columns if name != "unit")]]
    units = unit_table(table, list(frames))
    return UnitScaleResult(
        variable=variable,
        units=units,
        factors=table,
        chosen=next(iter(units.index[units["chosen"]]), None),
        level=level,
        notes=_notes(units, dropped, permutations, level),
        spec=make_spec(
            "unit_scale",
            options={
                "variable": variable, "factors": names, "groupings": list(groupings or []), "weighted_by": weighted_by,
                "at": at, "bins": bins, "level": level, "permutations": permutations, "missing": missing,
            },
            inputs={"units": list(units.index), "rows": units["n"].tolist()},
            seed=seed if permutations else None,
        ),
    )  # fmt: skip


def _frames(
    studies: object,
    variable: str,
    names: list[str],
    groupings: Sequence[str] | Mapping[str, str | pd.Series] | None,
    weighted_by: str | None,
    at: object,
    bins: Bins,
    missing: Missing,
) -> dict[str, tuple[Study | pd.DataFrame, object]]:
    """Return the data of each unit, and the time to take of them."""
    if isinstance(studies, Mapping):
        if groupings is not None or weighted_by is not None:
            raise InputError(
                "groupings= and weighted_by= aggregate one study; found several. Pass one, or neither option."
            )
        _check_units(map(str, studies))
        found = {str(unit): (data, at) for unit, data in studies.items()}
    elif isinstance(studies, (Study, pd.DataFrame)):
        listed = groupings or []
        _check_units([AS_GIVEN, *map(str, listed)])
        named = listed if isinstance(listed, Mapping) else {one: one for one in listed}
        found = {AS_GIVEN: (studies, at)}
        for unit, grouping in named.items():
            larger = aggregated(
                studies, variable, names, grouping=grouping, weighted_by=weighted_by, at=at, bins=bins, missing=missing
            )
            found[str(unit)] = (larger, None)
    else:
        raise InputError(
            f"studies must be a mapping of unit to Study or DataFrame, or one of these; found {type(studies).__name__}."
        )
    if len(found) < 2:
        raise InputError(
            f"units are compared, so at least two are needed; found {name_some(found) or 'none'}. Pass a mapping of "
            f"several studies, or groupings= of one."
        )
    return found


def _check_units(names: Iterable[str]) -> None:
    """Refuse units of one name, of which one would take the place of the other."""
    listed = list(names)
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if twice:
        given = f" {AS_GIVEN!r} is the name of the regions themselves." if AS_GIVEN in twice else ""
        raise DuplicateError(f"units are named twice: {name_some(map(repr, twice))}. Name each unit once.{given}")


def _notes(units: pd.DataFrame, dropped: dict[str, int], permutations: int, level: float) -> tuple[str, ...]:
    notes = [f"{count} rows of {unit!r} with missing values were dropped." for unit, count in dropped.items() if count]
    which = "p_permutation" if permutations else "p_central, which does not allow for bins that were searched"
    notes.append(f"significant at {level:g} by {which}.")
    if not units["chosen"].any():
        notes.append("no factor is significant in any unit, so none is chosen.")
        return tuple(notes)
    by_q, by_adjusted = units.index[units["chosen"]][0], units.index[largest(units["q90_adjusted"])][0]
    if by_q != by_adjusted:
        notes.append(
            f"adjusted q is largest at {by_adjusted!r}, not {by_q!r}: q rises by itself as units become fewer."
        )
    return tuple(notes)
