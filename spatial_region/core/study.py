"""The study: regions, their data and their weights, aligned by label once and for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.weights import Weights, as_weights, check_same_regions
from spatial_region.errors import AlignmentError, DuplicateError, InputError, UnknownNameError

if TYPE_CHECKING:
    import geopandas as gpd

    from spatial_region.core.match import MatchReport


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Regions, indicators and weights of one study, aligned.

    Row i of `regions` is block i of `data` and node i of every weights. Build one with `spatial_region.join`
    (tables and boundaries) or `spatial_region.make_study` (frames already keyed by region). Nothing in it
    changes; each verb returns a new study.

    Attributes
    ----------
    regions : geopandas.GeoDataFrame
        One row a region, indexed by region id (index name ``region``).
    data : pandas.DataFrame
        Panel: indexed by (region, time), region by region in the order of `regions`, times ascending, every
        combination present (a gap is a row of NaN). Cross-section: indexed by region.
    weights : Mapping of str to Weights
        Named weights, each in the order of `regions`.
    match : MatchReport or None
        Report of the join that made the study.
    name : str or None
        Column of `regions` with display names.
    labels, units : Mapping of str to str
        Display label and unit of variables.
    basemap : geopandas.GeoDataFrame or None
        Every region of the boundaries file, with and without data, for maps.
    """

    regions: gpd.GeoDataFrame
    data: pd.DataFrame
    weights: Mapping[str, Weights] = field(default_factory=dict)
    match: MatchReport | None = None
    name: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    basemap: gpd.GeoDataFrame | None = None

    def __post_init__(self) -> None:
        for attribute in ("weights", "labels", "units"):
            object.__setattr__(self, attribute, FrozenDict(getattr(self, attribute)))
        object.__setattr__(self, "data", _aligned(self.data, self.regions.index))

    # -- facts ---------------------------------------------------------------------------------------------

    @property
    def ids(self) -> pd.Index:
        """Region ids, in order."""
        return self.regions.index

    @property
    def names(self) -> pd.Series:
        """Display name of each region, indexed by id."""
        shown = self.regions[self.name] if self.name else self.ids.to_series()
        return shown.astype(str).rename("name")

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.regions)

    @property
    def is_panel(self) -> bool:
        """Whether the data carry a time."""
        return isinstance(self.data.index, pd.MultiIndex)

    @property
    def times(self) -> list[Any]:
        """Times of the panel, ascending; empty for a cross-section."""
        return self.data.index.levels[1].tolist() if self.is_panel else []

    @property
    def variables(self) -> list[str]:
        """Names of the variables."""
        return [str(column) for column in self.data.columns]

    # -- parts ---------------------------------------------------------------------------------------------

    def at(self, time: object) -> Study:
        """Return the cross-section at one time.

        Raises
        ------
        UnknownNameError
            If the study has no such time.
        """
        self._check_time(time)
        return replace(self, data=self.data.xs(time, level="time").reindex(self.ids))

    def between(self, start: Any, end: Any) -> Study:
        """Return the panel from `start` to `end`, both included.

        Raises
        ------
        InputError
            If the study is a cross-section, or no time lies between.
        """
        if not self.is_panel:
            raise InputError("between() needs a panel; this study has no time.")
        try:
            kept = [time for time in self.times if start <= time <= end]
        except TypeError as error:
            raise InputError(
                f"between({start!r}, {end!r}) cannot be compared with the times of the study: {name_some(self.times)}."
            ) from error
        if not kept:
            raise InputError(f"no time between {start} and {end}; the study has {name_some(self.times)}.")
        times = self.data.index.get_level_values("time")
        return replace(self, data=_tidy_panel(self.data[times.isin(kept)]))

    def select(self, regions: Iterable[object] | pd.Series) -> Study:
        """Return the study of some regions: their ids, or a boolean Series indexed by region.

        The order of the study is kept. Weights are those among the regions kept.

        Raises
        ------
        UnknownNameError
            If an id is not in the study.
        AlignmentError
            If the labels of a boolean Series are not those of the study.
        InputError
            If no region is left, or a mask carries no labels.
        """
        kept = self._kept(regions)
        if not kept.any():
            raise InputError("the selection leaves no region.")
        ids = self.ids[kept]
        rows = self.data.index.get_level_values(0).isin(ids)
        return replace(
            self,
            regions=self.regions[kept],
            data=_tidy_panel(self.data[rows]) if self.is_panel else self.data[rows],
            weights={label: w.subset(ids) for label, w in self.weights.items()},
        )

    def within(self, grouping: str | pd.Series, group: object) -> Study:
        """Return the study of the regions in one group of a grouping.

        Parameters
        ----------
        grouping : str or pandas.Series
            Column of `regions`, or a Series that gives the group of each region id.
        group : object
            Name of the group.

        Raises
        ------
        UnknownNameError
            If the grouping or the group does not exist.
        """
        if isinstance(grouping, str):
            self._check_known(grouping, self.regions.columns, "grouping (a column of regions)")
            grouping = self.regions[grouping]
        self._check_known(group, grouping.dropna().unique(), "group")
        return self.select(grouping.index[grouping == group].intersection(self.ids, sort=False))

    def with_columns(self, **columns: object) -> Study:
        """Return the study with further or changed variables.

        Each is a Series indexed as `data` (or by region), a number, or a function of `data`.

        Raises
        ------
        InputError
            If a column is an array without labels.
        AlignmentError
            If a Series has other labels than the study.
        """
        data = self.data.copy()
        for label, column in columns.items():
            data[label] = self._column(column(data) if callable(column) else column, label)
        return replace(self, data=data)

    def with_weights(self, **weights: object) -> Study:
        """Return the study with further named weights, aligned by label.

        Raises
        ------
        AlignmentError
            If the regions of the weights are not those of the study.
        """
        added = {label: as_weights(w).reorder(self.ids) for label, w in weights.items()}
        named = {label: w if w.names is not None else replace(w, names=self.names) for label, w in added.items()}
        return replace(self, weights={**self.weights, **named})

    # -- values --------------------------------------------------------------------------------------------

    def values(self, variable: str, at: object = None) -> pd.Series:
        """Return one variable by region, at one time when the study is a panel. Missing values are kept.

        Raises
        ------
        UnknownNameError
            If the variable or the time does not exist.
        InputError
            If the study has several times and `at` is not given.
        """
        return self.frame([variable], at=self._one_time(at))[variable]

    def frame(self, variables: Iterable[str], at: object = None) -> pd.DataFrame:
        """Return variables, and columns of `regions`, by region (and time, when `at` is not given).

        Raises
        ------
        UnknownNameError
            If a variable or the time does not exist.
        """
        wanted = list(variables)
        attributes = self.regions.drop(columns=self.regions.geometry.name)
        for variable in wanted:
            self._check_known(variable, [*self.data.columns, *attributes.columns], "variable")
        data = self.data if at is None else self.at(at).data if self.is_panel else self._refuse_time(at)
        rows = data.index.get_level_values(0)
        columns = {
            variable: data[variable]
            if variable in data.columns
            else pd.Series(attributes[variable].reindex(rows).to_numpy(), index=data.index)
            for variable in wanted
        }
        return pd.DataFrame(columns, index=data.index)

    def wide(self, variable: str) -> pd.DataFrame:
        """Return one variable as a table of region by time.

        Raises
        ------
        UnknownNameError
            If the variable does not exist.
        InputError
            If the study is a cross-section.
        """
        if not self.is_panel:
            raise InputError("wide() needs a panel; this study has no time.")
        return self.frame([variable])[variable].unstack("time").reindex(self.ids)

    # -- helpers -------------------------------------------------------------------------------------------

    def _one_time(self, at: object) -> object:
        if at is None and self.is_panel:
            if len(self.times) == 1:
                return self.times[0]
            raise InputError(
                f"the study has {len(self.times)} times ({name_some(self.times)}); say which: at={self.times[-1]!r}."
            )
        return at

    def _refuse_time(self, at: object) -> pd.DataFrame:
        raise InputError(f"at={at!r} was given, but the study is a cross-section without time.")

    def _check_time(self, time: object) -> None:
        if not self.is_panel:
            self._refuse_time(time)
        if not pd.api.types.is_hashable(time) or time not in self.times:
            raise UnknownNameError(f"the study has no time {time!r}; it has {name_some(self.times, limit=30)}.")

    @staticmethod
    def _check_known(word: object, known: Iterable[object], what: str) -> None:
        listed = list(known)
        if word not in listed:
            raise UnknownNameError(
                f"no {what} {word!r}.{did_you_mean(word, listed)} There are: {name_some(listed, limit=20)}."
            )

    def _kept(self, regions: Iterable[object] | pd.Series) -> np.ndarray:
        if isinstance(regions, pd.Series) and pd.api.types.is_bool_dtype(regions.dtype) and not regions.hasnans:
            check_same_regions(regions.index, self.ids, left="the mask", right="the study", names=self.names)
            return regions.reindex(self.ids).to_numpy(dtype=bool)
        if not isinstance(regions, Iterable):
            raise InputError(f"select() takes region ids or a boolean Series; found {regions!r}.")
        wanted = pd.Index([regions] if isinstance(regions, str) else list(regions))
        if wanted.dtype == bool:
            raise InputError("a mask must be a boolean Series indexed by region, so that no order is guessed.")
        unknown = wanted.difference(self.ids)
        if len(unknown):
            raise UnknownNameError(
                f"not in the study: {name_some(unknown)}.{did_you_mean(unknown[0], self.ids)} "
                f"The study has {self.n} regions."
            )
        return self.ids.isin(wanted)

    def _column(self, column: object, label: str) -> object:
        if np.isscalar(column) or column is None:
            return column
        if not isinstance(column, pd.Series):
            raise InputError(
                f"{label} must be a Series with labels, a number or a function; found {type(column).__name__}."
            )
        if self.is_panel and not isinstance(column.index, pd.MultiIndex):
            check_same_regions(column.index, self.ids, left=label, right="the study", names=self.names)
            return column.reindex(self.data.index.get_level_values("region")).to_numpy()
        if column.index.has_duplicates:
            raise DuplicateError(f"{label}: found twice: {name_some(column.index[column.index.duplicated()])}.")
        if len(column.index.symmetric_difference(self.data.index)):
            only = column.index.symmetric_difference(self.data.index)
            raise AlignmentError(f"{label} and the study differ in {len(only)} labels: {name_some(only)}.")
        return column.reindex(self.data.index)

    def __repr__(self) -> str:
        times = f", {len(self.times)} times ({self.times[0]} to {self.times[-1]})" if self.times else ""
        lines = [
            f"Study of {self.n} regions{times}",
            f"  regions    {name_regions(self.ids, self.names)}",
            f"  variables  {name_some(self.variables, limit=12)}",
            f"  weights    {name_some(self.weights, limit=12) or 'none'}",
        ]
        missing = int(self.data.isna().to_numpy().sum())
        if missing:
            lines.append(f"  missing    {missing} of {self.data.size} values")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


def make_study(
    regions: gpd.GeoDataFrame,
    data: pd.DataFrame,
    *,
    name: str | None = None,
    match: MatchReport | None = None,
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    basemap: gpd.GeoDataFrame | None = None,
) -> Study:
    """Build a study from boundaries and data that are already keyed by the same region ids.

    For tables with names, changed codes and gaps use `spatial_region.join`, which resolves them first.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        One row a region, indexed by region id.
    data : pandas.DataFrame
        Indexed by region id, or by (region id, time). Every region needs at least one row.
    name : str, optional
        Column of `regions` with display names; by default the one that `read_regions` recorded.
    match, labels, units, basemap
        See `Study`.

    Returns
    -------
    Study

    Raises
    ------
    DuplicateError
        If a region, or a (region, time), occurs twice.
    AlignmentError
        If the two do not have the same regions.
    InputError
        If the index of `data` has more than two levels.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, spatial_region as sr
    >>> squares = gpd.GeoSeries.from_wkt(["POLYGON((0 0,1 0,1 1,0 1,0 0))", "POLYGON((1 0,2 0,2 1,1 1,1 0))"])
    >>> regions = gpd.GeoDataFrame(geometry=squares.values, index=["a", "b"], crs=3857)
    >>> sr.make_study(regions, pd.DataFrame({"gdp": [2.0, 1.0]}, index=["b", "a"])).values("gdp").tolist()
    [1.0, 2.0]
    """
    if not isinstance(regions, pd.DataFrame) or not hasattr(regions, "geometry"):
        raise InputError(f"regions must be a GeoDataFrame indexed by region id; found {type(regions).__name__}.")
    if not isinstance(data, pd.DataFrame):
        raise InputError(
            f"data must be a DataFrame indexed by region, or region and time; found {type(data).__name__}."
        )
    twice = data.columns[data.columns.duplicated()].unique()
    if len(twice):
        raise DuplicateError(f"data: columns found twice: {name_some(twice)}. Rename them.")
    regions = regions.copy()
    regions.index = regions.index.rename("region")
    name = name if name is not None else regions.attrs.get("name")
    if name is not None:
        Study._check_known(name, regions.columns, "column of regions")
    if data.index.nlevels > 2:
        raise InputError(f"data must be indexed by region or by (region, time); found {data.index.nlevels} levels.")
    names = regions[name] if name else None
    if data.index.has_duplicates:
        raise DuplicateError(f"data: found twice: {name_some(data.index[data.index.duplicated()].unique())}.")
    check_same_regions(
        data.index.get_level_values(0).unique(), regions.index, left="data", right="regions", names=names
    )
    keyed = _full_panel(data, regions.index) if data.index.nlevels == 2 else data.reindex(regions.index)
    return Study(regions, keyed, {}, match, name, labels or {}, units or {}, basemap)


def _aligned(data: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Return the rows in the order that every method relies on, whoever put them in another."""
    if not isinstance(data.index, pd.MultiIndex):
        if data.index.equals(ids):
            return data
        check_same_regions(data.index, ids, left="data", right="regions")
        return data.reindex(ids)
    present = data.index.remove_unused_levels().levels[1]
    if len(data) == len(ids) * len(present) and data.index.equals(pd.MultiIndex.from_product([ids, present])):
        return data if len(data.index.levels[1]) == len(present) else _tidy_panel(data)
    if data.index.has_duplicates:
        raise DuplicateError(f"data: found twice: {name_some(data.index[data.index.duplicated()].unique())}.")
    check_same_regions(data.index.get_level_values(0).unique(), ids, left="data", right="regions")
    return _full_panel(data, ids)


def _full_panel(data: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    when = data.index.get_level_values(1)
    if when.hasnans:
        raise InputError(
            f"data: no time for {when.isna().sum()} of {len(data)} rows: {name_some(data.index[when.isna()])}."
        )
    try:
        times = when.unique().sort_values()
    except TypeError as error:
        raise InputError(f"data: times must be of one kind; found {name_some(when.unique())}.") from error
    product = pd.MultiIndex.from_product([ids, times], names=["region", "time"])
    return data.rename_axis(["region", "time"]).reindex(product)


def _tidy_panel(data: pd.DataFrame) -> pd.DataFrame:
    # Levels keep values that are no longer used; Study.times reads the levels.
    return data.set_axis(data.index.remove_unused_levels())
