"""The one place where values meet weights: by label, complete, and in a stated order."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.options import Missing, Standardisation, check_option
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights, as_weights, check_same_regions
from spatial_region.core.weights_by_time import WeightsByTime
from spatial_region.errors import (
    AlignmentError,
    ConstantVariableError,
    DuplicateError,
    InputError,
    IslandWarning,
    MissingValuesError,
    UnknownNameError,
    WeightsError,
)


@dataclass(frozen=True, eq=False)
class Sample:
    """Values of one variable, and the weights among the same regions, both in the order of `ids`.

    Attributes
    ----------
    ids : pandas.Index
        Regions, in the order of the caller's data.
    names : pandas.Series
        Display names, indexed by id.
    values : numpy.ndarray, shape (n,)
        Finite values.
    w : Weights or None
        Standardised as its maker decided, else by row.
    variable : str
        Name of the variable.
    at : object
        Time of the values, or None.
    dropped : pandas.Index
        Regions left out because their value is missing.
    regions : Study or geopandas.GeoDataFrame or None
        Where the geometry of the regions is, when the caller's data had it; for maps of the result.
    categories : pandas.Index or None
        What the values are codes of, when they are categories: in their own order, else sorted.
    """

    ids: pd.Index
    names: pd.Series
    values: np.ndarray
    w: Weights | None
    variable: str
    at: object
    dropped: pd.Index
    regions: object = None
    categories: pd.Index | None = None

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.ids)

    @property
    def weights(self) -> Weights:
        """The weights, when the method needs some.

        Raises
        ------
        WeightsError
            If none were given.
        """
        if self.w is None:
            raise WeightsError("this method needs weights; pass w=, for example w=sr.contiguity(study).")
        return self.w

    def canonical(self) -> tuple[Sample, np.ndarray]:
        """Return the sample sorted by id, and the place that each of its regions had.

        Sums, and random draws keyed by place, then do not depend on the order of the caller's rows.
        """
        w, order = self.weights.sorted_by_id
        if w is self.weights:
            return self, order
        return replace(self, ids=w.ids, names=self.names.iloc[order], values=self.values[order], w=w), order

    def check_varies(self) -> None:
        """Refuse a variable that is the same in every region.

        Raises
        ------
        ConstantVariableError
            If all values are equal.
        """
        if np.ptp(self.values) == 0:
            raise ConstantVariableError(
                f"{self.described} is {self.values[0]:g} in all {self.n} regions; "
                f"a statistic of spatial association needs a variable that varies."
            )

    @property
    def described(self) -> str:
        """The variable, and its time if it has one, as messages name it."""
        return f"{self.variable!r}" + (f" at {self.at}" if self.at is not None else "")


def draw_sample(
    data: object,
    variable: str | None = None,
    *,
    w: object = None,
    at: object = None,
    missing: Missing = "raise",
    ids: Sequence[object] | pd.Index | None = None,
    undecided: Standardisation = "row",
    categorical: bool = False,
) -> Sample:
    """Bring values and weights together by label.

    Parameters
    ----------
    data : Study, pandas.DataFrame, pandas.Series or array
        Where the values are. Labels are region ids. A bare array needs `ids`.
    variable : str, optional
        Name of the variable; not needed for a Series or an array.
    w : Weights, Graph, W, WeightsByTime, str, optional
        Weights, or the name of one in the study; None takes the study's only one. Of weights by time, those at
        `at` are taken.
    at : object, optional
        Time, for a panel.
    missing : {"raise", "drop"}
        What to do with missing values.
    ids : sequence, optional
        Region ids of a bare array; they must be `w.ids` in the same order.
    undecided : {"row", "binary", "none"}
        How to standardise a copy of weights whose standardisation nobody has chosen.
    categorical : bool
        Whether the values are categories, of any type: `Sample.values` are then their codes in `Sample.categories`.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or none is left.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If the variable, the time or the weights do not exist.
    InputError
        If values are not numbers, or carry no labels.

    Warns
    -----
    IslandWarning
        If dropping regions leaves others without neighbours.
    """
    check_option(missing, Missing, "missing")
    series, names, weights = _labelled(data, variable, w=w, at=at, ids=ids)
    label = str(series.name) if series.name is not None else "values"
    numbers, categories = _as_codes(series) if categorical else (as_numbers(series, label), None)
    absent = ~np.isfinite(numbers)
    where = f"{label!r}" + (f" at {at}" if at is not None else "")
    if absent.any() and missing == "raise":
        raise MissingValuesError(
            f"{where} is missing for {absent.sum()} of {len(series)} regions: "
            f'{name_regions(series.index[absent], names)}. Pass missing="drop" or fill it first.'
        )
    if absent.all():
        raise MissingValuesError(f"{where} has no value at all in {len(series)} regions.")
    kept = series.index[~absent] if absent.any() else series.index  # as it is: its lookup table is made once
    if weights is not None:
        whole = weights.islands
        weights = weights.subset(kept) if absent.any() else weights.reorder(kept)
        cut_off = weights.islands.difference(whole)
        if len(cut_off):
            warnings.warn(
                f"{len(cut_off)} of {len(kept)} regions have no neighbour left, since the regions without a value were "
                f"dropped: {name_regions(cut_off, names)}. Their local statistics are undefined.",
                IslandWarning,
                stacklevel=3,
            )
        weights = weights if weights.standardisation else weights.standardise(undecided)
    names = names if names.index.equals(kept) else names.reindex(kept)
    located = data if isinstance(data, Study) or hasattr(data, "geometry") else None
    return Sample(
        kept,
        names,
        numbers[~absent] if absent.any() else numbers,
        weights,
        label,
        at,
        series.index[absent],
        located,
        categories,
    )


def resolve_weights(study: Study, w: object, *, at: object = None) -> Weights:
    """Return weights in the order of the study: given ones, a named one, or the study's only one.

    Raises
    ------
    WeightsError
        If `w` is None and the study does not have exactly one weights, or if weights by time lack a time of the study.
    InputError
        If weights differ by time and it is not known which time is meant.
    UnknownNameError
        If the study has no weights of that name.
    AlignmentError
        If the regions differ.
    """
    if w is None:
        if len(study.weights) != 1:
            raise WeightsError(
                f"say which weights to use: w=; the study has {name_some(study.weights) or 'none'}. "
                f"For example w=sr.contiguity(study)."
            )
        w = next(iter(study.weights))
    if isinstance(w, str):
        if w not in study.weights:
            raise UnknownNameError(
                f"the study has no weights named {w!r}.{did_you_mean(w, study.weights)} "
                f"It has: {name_some(study.weights) or 'none'}."
            )
        w = study.weights[w]
    if isinstance(w, WeightsByTime):
        w = _at_time(study, w, at)
    return as_weights(w).reorder(study.ids)


def _at_time(study: Study, w: WeightsByTime, at: object) -> Weights:
    """Return the weights of one time, after checking that every time of the study has some."""
    absent = [time for time in study.times if time not in w]
    if absent:
        raise WeightsError(
            f"w has no weights for {len(absent)} of {len(study.times)} times of the study: {name_some(absent)}. "
            f"Build it from the same study, or take the times it covers with study.between()."
        )
    if at is None and len(study.times) != 1:
        raise InputError(
            f"w differs by time, and one weights is needed; pick a time, for example w.at({w.times[-1]!r})."
        )
    return w.at(study.times[0] if at is None else at)


def _labelled(
    data: object, variable: str | None, *, w: object, at: object, ids: Sequence[object] | pd.Index | None
) -> tuple[pd.Series, pd.Series, Weights | None]:
    """Return values by region, display names by region, and weights of the same regions (or None)."""
    if isinstance(data, Study):
        if variable is None:
            raise InputError(f"say which variable; the study has {name_some(data.variables, limit=20)}.")
        asked = w is not None or len(data.weights) == 1
        return data.values(variable, at=at), data.names, resolve_weights(data, w, at=at) if asked else None
    if at is not None:
        raise InputError("at= is for a study with time; these values are one cross-section.")
    if isinstance(w, str):
        raise InputError(f"w={w!r} names the weights of a study; pass the weights themselves.")
    weights = as_weights(w) if w is not None else None
    series = _series(data, variable, ids=ids, weights=weights)
    names = weights.names if weights is not None and weights.names is not None else series.index.to_series()
    if weights is not None:
        check_same_regions(series.index, weights.ids, left="the values", right="w", names=names)
    elif series.index.has_duplicates:
        raise DuplicateError(f"found twice: {name_some(series.index[series.index.duplicated()].unique())}.")
    return series, names, weights


def _series(
    data: object, variable: str | None, *, ids: Sequence[object] | pd.Index | None, weights: Weights | None
) -> pd.Series:
    if isinstance(data, pd.DataFrame):
        if variable is None or variable not in data.columns:
            raise UnknownNameError(
                f"no variable {variable!r}.{did_you_mean(variable, data.columns)} "
                f"There are: {name_some(data.columns, limit=20)}."
            )
        if list(data.columns).count(variable) > 1:
            raise DuplicateError(f"the table has {variable!r} more than once; rename the columns.")
        return data[variable]
    if isinstance(data, pd.Series):
        return data if variable is None else data.rename(variable)
    values = np.asarray(data)
    if ids is None:
        raise InputError(
            f"{type(data).__name__} carries no labels. "
            f"Pass a pandas Series indexed by region, or ids= in the order of w.ids."
        )
    index = pd.Index(list(ids))
    if values.ndim != 1 or len(values) != len(index):
        raise InputError(f"values have shape {values.shape} and ids has {len(index)} labels; both must be (n,).")
    if weights is not None and not index.equals(weights.ids):
        raise AlignmentError("ids must equal w.ids, in the same order, when values are a bare array.")
    return pd.Series(values, index=index, name=variable)


def _as_codes(series: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Return the place of each value among the categories that occur, NaN where it is missing, and these."""
    found = pd.Categorical(series).remove_unused_categories()
    return np.where(found.codes < 0, np.nan, found.codes.astype(float)), found.categories


def as_numbers(series: pd.Series, label: str) -> np.ndarray:
    """Return values as floats, missing ones as NaN.

    Raises
    ------
    InputError
        If values are not numbers; up to five are shown.
    """
    kind = pd.api.types
    if kind.is_complex_dtype(series.dtype) or series.dtype.kind in "mM" or isinstance(series.dtype, pd.PeriodDtype):
        raise InputError(f"{label!r} must be numeric; found values of type {series.dtype}.")
    if pd.api.types.is_bool_dtype(series.dtype):
        return series.to_numpy(dtype=float)
    if not pd.api.types.is_numeric_dtype(series.dtype):
        bad = series[pd.to_numeric(series, errors="coerce").isna() & series.notna()]
        if len(bad):
            shown = ", ".join(f"{value!r} at {region}" for region, value in bad.head(5).items())
            raise InputError(f"{label!r} must be numeric; found {len(bad)} other values: {shown}.")
        series = pd.to_numeric(series)
    return series.to_numpy(dtype=float, na_value=np.nan)
