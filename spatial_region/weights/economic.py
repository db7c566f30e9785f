"""Weights from how alike regions are: economic distance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.options import Ties, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import ConstantVariableError, InputError, MissingValuesError, UnknownNameError

_TIE = 1e-12  # values that differ by less than this share are equal: their means were rounded


def economic_distance(
    study: object, variable: str, *, at: object = None, power: float = 1.0, ties: Ties = "raise"
) -> Weights:
    """Weights that are large between regions with like values: ``w_ij = |x_i - x_j| ** -power``.

    Every pair of regions is linked, however far apart. For weights that are geographic as well, multiply them,
    ``sr.contiguity(study).product(sr.economic_distance(study, "gdp_pc"))``, or mix them with `nested`.
    Estimates that rest on the weights being given suffer when `variable` depends on the variable explained; values
    from before the sample (``at=``) are safer.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Values by region. A DataFrame is indexed by region.
    variable : str
        What is compared, often GDP per head. Its unit scales all weights alike, and has no effect once rows are
        standardised.
    at : object, optional
        One time of a panel, or a pair (first, last) for the mean over these times and those between. By default the
        mean over all times. The recipe states it.
    power : float
        Exponent, above 0.
    ties : {"raise", "smallest"}
        Regions with equal values have no weight by the formula. They are refused, or given the smallest difference
        between any two regions that differ, so that no pair weighs more.

    Returns
    -------
    Weights
        Symmetric, in the unit of the variable to the minus `power`, not yet standardised.

    Raises
    ------
    OptionError
        If `ties` is not offered.
    InputError
        If `power` is not positive, values are not numbers, or regions have equal values and `ties` is ``"raise"``.
    ConstantVariableError
        If all regions have the same value.
    MissingValuesError
        If a value is missing in the period.
    UnknownNameError
        If the variable or a time does not exist.

    References
    ----------
    Case, A. C., Rosen, H. S. and Hines, J. R. (1993). Budget spillovers and fiscal policy interdependence.
    Journal of Public Economics 52(3), 285-307. doi:10.1016/0047-2727(93)90036-S

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> gdp = pd.DataFrame({"gdp_pc": [2.0, 4.0, 9.0]}, index=["a", "b", "c"])
    >>> sr.economic_distance(gdp, "gdp_pc").neighbours("b").to_dict()
    {'a': 0.5, 'c': 0.2}
    """
    check_option(ties, Ties, "ties")
    power = check_power(power)
    values, names, period = values_of_period(study, variable, at)
    numbers, smallest, tied = _told_apart(values.to_numpy())
    if tied.any() and not np.isfinite(smallest):
        raise ConstantVariableError(
            f"{variable!r} is the same in all {len(values)} regions; they cannot be told apart."
        )
    if tied.any() and ties == "raise":
        raise InputError(
            f"{variable!r} is equal in regions whose weight would then be infinite: "
            f"{_name_ties(values, numbers, tied, names)}. Pass ties='smallest' to give them the smallest difference "
            f"found between others, or choose another period."
        )
    matrix = _inverse_differences(numbers, smallest, power)
    recipe: dict[str, object] = {"kind": "economic_distance", "variable": variable, **period, "power": power}
    if tied.any():
        recipe["ties"] = f"{int(tied.sum())} regions; {ties}"
    return Weights(values.index, matrix, recipe, names)


def values_of_period(study: object, variable: str, at: object) -> tuple[pd.Series, pd.Series | None, dict[str, object]]:
    """Return one value a region, names of the regions, and how the recipe states the period.

    Raises
    ------
    UnknownNameError
        If the variable or a time does not exist.
    InputError
        If values are not numbers, or `at` is given for values without time.
    MissingValuesError
        If a value is missing.
    """
    if isinstance(study, Study):
        part, period = _of_period(study, at)
        series = part.frame([variable])[variable]
        names: pd.Series | None = part.names
    elif isinstance(study, pd.DataFrame):
        if at is not None:
            raise InputError("at= is for a study with time; this table is one cross-section.")
        if variable not in study.columns:
            raise UnknownNameError(
                f"no variable {variable!r}.{did_you_mean(variable, study.columns)} "
                f"There are: {name_some(study.columns, limit=20)}."
            )
        series, period = study[variable], {}
        names = study[study.attrs["name"]].astype(str) if study.attrs.get("name") in study else None
    else:
        raise InputError(f"study must be a Study or a DataFrame indexed by region; found {type(study).__name__}.")
    numbers = pd.Series(as_numbers(series, variable), index=series.index)
    absent = numbers.index[~np.isfinite(numbers)]
    if len(absent):
        regions = absent.get_level_values(0).unique()
        shown = name_regions(regions, names) if absent.nlevels == 1 else name_some(f"{r} at {t}" for r, t in absent)
        raise MissingValuesError(
            f"{variable!r} is missing for {len(regions)} of {numbers.index.get_level_values(0).nunique()} regions: "
            f"{shown}. Fill it first, or choose a period without gaps with at=."
        )
    if numbers.index.nlevels == 1:
        return numbers, names, period
    ids = study.ids
    return pd.Series(numbers.to_numpy().reshape(len(ids), -1).mean(axis=1), index=ids), names, period


def _of_period(study: Study, at: object) -> tuple[Study, dict[str, object]]:
    """Return the study of the times asked for, and these in words."""
    if not study.is_panel:
        return (study, {}) if at is None else (study.at(at), {})  # a cross-section refuses a time
    if isinstance(at, (tuple, list)):
        if len(at) != 2:
            raise InputError(f"at= takes a time, or a pair (first, last); found {len(at)} values.")
        part = study.between(*at)
    elif at is not None:
        return study.at(at), {"at": str(at)}
    else:
        part = study
    if len(part.times) == 1:
        return part.at(part.times[0]), {"at": str(part.times[0])}
    return part, {"at": f"mean of {part.times[0]} to {part.times[-1]} ({len(part.times)} times)"}


def check_power(power: object, argument: str = "power") -> float:
    """Return an exponent as a float when it is a number above 0.

    Raises
    ------
    InputError
        If it is not.
    """
    if isinstance(power, bool) or not isinstance(power, (int, float, np.number)) or not 0 < power < np.inf:
        raise InputError(f"{argument} must be a number above 0; found {power!r}.")
    return float(power)


def _told_apart(values: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Return values of which equal ones are so to the last digit, the smallest difference, and who ties."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    steps = np.diff(ordered)
    apart = steps > _TIE * np.maximum(np.abs(ordered[1:]), np.abs(ordered[:-1]))
    group = np.concatenate([[0], np.cumsum(apart)]) if len(values) else np.zeros(0, dtype=int)
    first = np.concatenate([[0], np.flatnonzero(apart) + 1])[group] if len(values) else group
    equal, tied = np.empty_like(values), np.empty(len(values), dtype=bool)
    equal[order] = ordered[first]
    tied[order] = np.bincount(group)[group] > 1 if len(values) else False
    leaders = np.unique(equal)
    return equal, float(np.diff(leaders).min()) if len(leaders) > 1 else np.inf, tied


def _inverse_differences(values: np.ndarray, smallest: float, power: float) -> sp.csr_array:
    """Return ``max(|x_i - x_j|, smallest) ** -power`` for every pair, none on the diagonal."""
    n = len(values)
    others = ~np.eye(n, dtype=bool)
    gaps = np.abs(values[:, None] - values[None, :])[others]
    np.maximum(gaps, smallest, out=gaps)
    columns = np.broadcast_to(np.arange(n, dtype=np.int32), (n, n))[others]
    return sp.csr_array((gaps**-power, columns, np.arange(n + 1) * max(n - 1, 0)), shape=(n, n))


def _name_ties(values: pd.Series, equal: np.ndarray, tied: np.ndarray, names: pd.Series | None) -> str:
    """Name up to five sets of regions with the same value."""
    sets = [
        f"{name_regions(part, names)} ({value:g})" for value, part in values.index[tied].groupby(equal[tied]).items()
    ]
    return name_some(sets)
