"""Weights from how alike regions are: economic distance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core._algebra import describe, difference, pattern
from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.options import Ties, check_option
from spatial_region.core.sample import as_numbers
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights, as_weights, check_same_regions
from spatial_region.errors import ConstantVariableError, InputError, MissingValuesError, UnknownNameError
from spatial_region.weights._search import LARGEST
from spatial_region.weights.distance import check_positive

_TIE = 1e-12  # values that differ by less than this share are equal: their means were rounded
_ROWS = 256  # rows taken at a time, so that memory holds little beside the weights


def economic_distance(
    study: object,
    variable: str,
    *,
    at: object = None,
    power: float = 1.0,
    w: object = None,
    ties: Ties = "raise",
) -> Weights:
    """Weights that are large between regions with like values: ``w_ij = |x_i - x_j| ** -power``.

    Every pair of regions is linked, however far apart, unless `w` says which are. Two weights are multiplied by
    ``w.product(other)``, and mixed by `nested`.

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
    w : Weights, Graph or W, optional
        Weights whose links alone are kept, such as contiguity; what they weigh there is not used.
    ties : {"raise", "smallest"}
        Regions with equal values have no weight by the formula. They are refused, or given the smallest difference
        between any two regions that differ, so that no pair weighs more.

    Returns
    -------
    Weights
        In the unit of the variable to the minus `power`, not yet standardised; symmetric, unless the links of `w`
        are not.

    Raises
    ------
    OptionError
        If `ties` is not offered.
    InputError
        If `power` is not positive, values are not numbers, linked regions have equal values and `ties` is
        ``"raise"``, or there are more than 20,000 regions and no `w`.
    AlignmentError
        If the regions of `w` are others.
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
    check_positive(power, "power")
    values, names, period = values_of_period(study, variable, at)
    numbers, smallest = _told_apart(values.to_numpy())
    links = _every_pair(len(values)) if w is None else _links_of(w, values.index)
    gaps, tied = _gaps(numbers, links)
    if len(tied) and not np.isfinite(smallest):
        raise ConstantVariableError(
            f"{variable!r} is the same in all {len(values)} regions; they cannot be told apart."
        )
    if len(tied) and ties == "raise":
        raise InputError(
            f"{variable!r} is equal in regions whose weight would then be infinite: "
            f"{_name_ties(values, numbers, tied, names)}. Pass ties='smallest' to give them the smallest difference "
            f"found between others, or choose another period."
        )
    np.maximum(gaps, smallest, out=gaps)
    gaps **= -float(power)
    matrix = sp.csr_array((gaps, links.indices, links.indptr), shape=links.shape)
    recipe: dict[str, object] = {"kind": "economic_distance", "variable": variable, **period, "power": float(power)}
    recipe |= {} if w is None else {"links of": describe(as_weights(w))}
    recipe |= {"ties": f"{len(tied)} regions; {ties}"} if len(tied) else {}
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
    if series.empty:
        raise InputError("there are no regions.")
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


def _told_apart(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Return values of which equal ones are so to the last digit, and the smallest difference between the others."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    before, after = ordered[:-1], ordered[1:]
    apart = after - before > _TIE * np.maximum(np.abs(before), np.abs(after))
    first = np.concatenate([[0], np.flatnonzero(apart) + 1])  # where each set of equal values begins
    equal = np.empty_like(values)
    equal[order] = np.repeat(ordered[first], np.diff([*first, len(values)]))
    return equal, float(np.diff(ordered[first]).min()) if len(first) > 1 else np.inf


def _gaps(numbers: np.ndarray, links: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Return the difference across each link, and which regions have one of 0."""
    gaps = np.empty(links.nnz)
    tied = []
    for start in range(0, len(numbers), _ROWS):
        bounds = links.indptr[start : start + _ROWS + 1]
        part = slice(bounds[0], bounds[-1])
        rows = np.repeat(np.arange(start, start + len(bounds) - 1), np.diff(bounds))
        gaps[part] = np.abs(numbers[rows] - numbers[links.indices[part]])
        tied.append(np.unique(rows[gaps[part] == 0]))
    return gaps, np.concatenate(tied)


def _every_pair(n: int) -> sp.csr_array:
    """Return a link between every two of n regions."""
    if n > LARGEST:
        raise InputError(
            f"every pair of {n:,} regions has a weight, more than memory holds; say with w= which regions are linked, "
            f"for example w=sr.contiguity(study)."
        )
    others = np.arange(n - 1, dtype=np.int32)
    columns = (others + (others >= np.arange(n)[:, None])).ravel()  # each region is skipped in its own row
    return sp.csr_array(
        (np.ones(len(columns), dtype=bool), columns, np.arange(n + 1, dtype=np.int32) * (n - 1)), shape=(n, n)
    )


def _links_of(w: object, ids: pd.Index) -> sp.csr_array:
    """Return the links of weights, in the order of the ids; a region's weight for itself is none."""
    weights = as_weights(w)
    check_same_regions(weights.ids, ids, left="w", right="the values", names=weights.names)
    links = pattern(weights.reorder(ids).sparse)
    return difference(links, sp.eye_array(len(ids), format="csr"))


def _name_ties(values: pd.Series, equal: np.ndarray, tied: np.ndarray, names: pd.Series | None) -> str:
    """Name up to five sets of regions with the same value."""
    sets = values.index[tied].groupby(equal[tied])
    return name_some(f"{name_regions(regions, names)} ({value:g})" for value, regions in sets.items())
