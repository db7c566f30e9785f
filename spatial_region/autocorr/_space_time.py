"""One variable of the same regions at several times, complete and in a stated order; and the steps between times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.autocorr._steps import checked_lengths, equal_lengths, length_unit
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Gaps, Missing, check_option
from spatial_region.core.sample import draw_sample, resolve_weights
from spatial_region.core.spec import digest
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights, as_weights
from spatial_region.core.weights_by_time import WeightsByTime
from spatial_region.errors import (
    ConstantVariableError,
    DuplicateError,
    InputError,
    MissingValuesError,
    WeightsError,
)


@dataclass(frozen=True, eq=False)
class SpaceTime:
    """A balanced panel of one variable.

    Attributes
    ----------
    values : pandas.DataFrame
        Region by time, sorted by id; finite.
    ids : pandas.Index
        Regions in the order of the caller's data.
    names : pandas.Series
        Display names by region.
    weights : tuple of Weights
        Those of each time, in the order of `values`, standardised as their maker decided, else by row; none when the
        method needs none.
    variable : str
        Name of the variable.
    dropped : pandas.Index
        Regions left out because a value is missing at some time.
    lengths : list of float or None
        Length of each step; None when the times are words.
    regions : Study or None
        Where the boundaries are.
    """

    values: pd.DataFrame
    ids: pd.Index
    names: pd.Series
    weights: tuple[Weights, ...]
    variable: str
    dropped: pd.Index
    lengths: list[float] | None
    regions: object = None

    @property
    def times(self) -> list[Any]:
        """Times, ascending."""
        return self.values.columns.tolist()

    @property
    def steps(self) -> pd.MultiIndex:
        """Beginning and end of each step."""
        return pd.MultiIndex.from_arrays([self.times[:-1], self.times[1:]], names=["from", "to"])

    def lags(self) -> pd.DataFrame:
        """Return the spatial lag of the values at each time, missing for islands."""
        lag = {
            time: np.where(w.cardinalities > 0, w.sparse @ self.values[time].to_numpy(), np.nan)
            for time, w in zip(self.times, self.weights, strict=True)
        }
        return pd.DataFrame(lag, index=self.values.index, columns=self.values.columns)

    def by_step(self, moves: np.ndarray, states: Sequence[object]) -> pd.DataFrame:
        """Return counts of moves (steps, k, k), indexed by step and the state they start from."""
        labels = [(start, end, state) for start, end in self.steps for state in states]
        return pd.DataFrame(
            moves.reshape(-1, len(states)),
            index=pd.MultiIndex.from_tuples(labels, names=["from", "to", "state"]),
            columns=pd.Index(list(states), name="state to"),
        )

    def described(self) -> dict[str, object]:
        """Return the facts about data and weights that a spec records."""
        facts: dict[str, object] = {
            "variable": self.variable,
            "times": name_some(self.times, limit=1000),
            "n": len(self.ids),
            "dropped": name_some(self.dropped, limit=1000) if len(self.dropped) else "",
            "values_digest": digest(self.values.to_numpy().ravel()),
            "ids_digest": digest(self.values.index.astype(str)),
        }
        if self.weights:
            first = self.weights[0]
            recipe = ", ".join(f"{key}={value}" for key, value in first.recipe.items()) or "given"
            varying = "; others at other times" if any(w is not first for w in self.weights) else ""
            facts["weights"] = f"{recipe}; standardisation={first.standardisation}{varying}"
            cut_off = self.ids[self.ids.isin([region for w in self.weights for region in w.islands])]
            facts["islands"] = name_some(cut_off, limit=1000) if len(cut_off) else ""
        return facts

    def step_sentence(self) -> str:
        """Return how long the steps are, for summaries."""
        count = len(self.times) - 1
        if self.lengths is None:
            return f"{count}, of unknown length (times are words); all taken as alike"
        unit = length_unit(self.times)
        if equal_lengths(self.lengths):
            return f"{count}, each of {self.lengths[0]:g}{unit}"
        span = f"{min(self.lengths):g} to {max(self.lengths):g}{unit}"
        return f"{count}, NOT of one length ({span}), counted as if they were"


def draw_space_time(
    data: object, variable: str | None, *, w: object, missing: Missing, gaps: Gaps, weighted: bool = True
) -> SpaceTime:
    """Bring the values of a panel and weights together by label.

    Raises
    ------
    InputError
        If there are fewer than two times, steps differ in length, or values are no numbers.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    AlignmentError, UnknownNameError, WeightsError
        As `draw_sample` does.
    """
    check_option(missing, Missing, "missing")
    check_option(gaps, Gaps, "gaps")
    wide, names = _wide(data, variable)
    weights = _weights_of_times(data, w, wide) if weighted else []
    given = next((each.names for each in weights if each.names is not None), None)
    names = given if given is not None and not isinstance(data, Study) else names
    label = variable if variable is not None else str(wide.columns.name or "values")
    numbers = pd.DataFrame(
        {time: _numbers(wide[time], f"{label} at {time}") for time in wide.columns}, index=wide.index
    )
    absent = numbers.isna()
    if absent.any(axis=None) and missing == "raise":
        raise MissingValuesError(_missing_message(absent, label, names))
    whole = numbers.iloc[:, 0].where(~absent.any(axis=1)).rename(label)
    kept: dict[int, Weights] = {}  # of the regions that are complete, each different weights once
    for each in weights:
        if id(each) not in kept:
            named = each if each.names is not None else replace(each, names=names)
            kept[id(each)] = draw_sample(whole, w=named, missing="drop").canonical()[0].weights
    alone = draw_sample(whole, missing="drop")
    ids = alone.ids
    order = ids[np.argsort(np.asarray(ids.astype(str), dtype=object), kind="stable")]
    _check_links(kept.values(), ids, names)
    return SpaceTime(
        numbers.loc[order],
        ids,
        names.reindex(ids),
        tuple(kept[id(each)] for each in weights),
        label,
        alone.dropped,
        checked_lengths(wide.columns.tolist(), label, gaps),
        data if isinstance(data, Study) else None,
    )


def check_varies(panel: SpaceTime) -> None:
    """Refuse a variable that is the same in all regions at some time.

    Raises
    ------
    ConstantVariableError
        If it is; the times are named.
    """
    values = panel.values
    flat = values.columns[(values.max() == values.min()).to_numpy()]
    if len(flat):
        raise ConstantVariableError(
            f"{panel.variable!r} is the same in all {len(values)} regions at {name_some(flat)}; high and low need a "
            f"variable that varies. Leave these times out."
        )


def _weights_of_times(data: object, w: object, wide: pd.DataFrame) -> list[Weights]:
    """Return the weights of each time, the same object where they are the same."""
    if isinstance(data, Study):
        known = w if w is None or isinstance(w, (str, WeightsByTime)) else as_weights(w)
        return [resolve_weights(data, known, at=time) for time in wide.columns]
    if isinstance(w, str):
        raise InputError(f"w={w!r} names the weights of a study; pass the weights themselves.")
    if w is None:
        raise WeightsError("this method needs weights; pass w=, for example w=sr.contiguity(regions).")
    if isinstance(w, WeightsByTime):
        return [w.at(time) for time in wide.columns]
    return [as_weights(w)] * wide.shape[1]


def _check_links(weights: Iterable[Weights], ids: pd.Index, names: pd.Series) -> None:
    if any(w.n_links == 0 for w in weights):
        raise WeightsError(f"no region has a neighbour among: {name_regions(ids, names)}.")


def _wide(data: object, variable: str | None) -> tuple[pd.DataFrame, pd.Series]:
    """Return a table of region by time, and names."""
    if isinstance(data, Study):
        if variable is None:
            raise InputError(f"say which variable; the study has {name_some(data.variables, limit=20)}.")
        if not data.is_panel:
            raise InputError("transitions need a panel; this study is a cross-section without time.")
        wide, names = data.wide(variable), data.names
    elif isinstance(data, pd.DataFrame) and not hasattr(data, "geometry"):
        if data.index.nlevels > 1 or data.columns.nlevels > 1:
            raise InputError("a table must have one row a region and one column a time; or pass a Study.")
        if data.columns.has_duplicates:
            raise DuplicateError(f"times found twice: {name_some(data.columns[data.columns.duplicated()])}.")
        try:
            wide = data[sorted(data.columns)]
        except TypeError as error:
            raise InputError(f"times must be of one kind; found {name_some(data.columns)}.") from error
        names = data.index.to_series()
    else:
        raise InputError(
            f"pass a Study with time and the name of a variable, or a table of region by time; found "
            f"{type(data).__name__}."
        )
    if wide.shape[1] < 2:
        raise InputError(f"transitions need at least two times; found {name_some(wide.columns) or 'none'}.")
    return wide, names


def _numbers(series: pd.Series, label: str) -> pd.Series:
    """Return finite numbers by region, missing where there is none."""
    sample = draw_sample(series.rename(label), missing="drop")
    return pd.Series(sample.values, index=sample.ids).reindex(series.index)


def _missing_message(absent: pd.DataFrame, label: str, names: pd.Series) -> str:
    lacking = absent.index[absent.any(axis=1)]
    listed = [
        f"{name_regions([region], names)} at {name_some(absent.columns[absent.loc[region]], limit=3)}"
        for region in lacking[:5]
    ]
    more = f"; and {len(lacking) - 5} more regions" if len(lacking) > 5 else ""
    return (
        f"{label!r} is missing for {len(lacking)} of {len(absent)} regions: {'; '.join(listed)}{more}. Transitions "
        f'need the same regions at every time. Pass missing="drop" to leave these regions out, or leave times out.'
    )
