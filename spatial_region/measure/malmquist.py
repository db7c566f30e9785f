"""Malmquist productivity: change of efficiency and change of the frontier between times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError, MissingValuesError
from spatial_region.measure._dea_frontier import AT_THE_FRONTIER, evaluate
from spatial_region.measure._dea_inputs import Units, check_used, read_units
from spatial_region.measure._dea_progress import Progress, run_tasks
from spatial_region.measure._dea_result import Productivity

Orientation = Literal["input", "output"]
Decomposition = Literal["fgnz", "ray_desli"]
Base = Literal["mean", "start", "end"]
_PAIRS = ((0, 0), (1, 1), (0, 1), (1, 0))  # frontier, unit: 0 the earlier time, 1 the later


def malmquist(
    inputs: pd.DataFrame | Sequence[str] | str,
    outputs: pd.DataFrame | Sequence[str] | str,
    *,
    study: Study | None = None,
    orientation: Orientation = "input",
    decomposition: Decomposition = "fgnz",
    base: Base = "mean",
    missing: Missing = "raise",
    progress: Progress = False,
) -> Productivity:
    """Measure the change of total factor productivity between consecutive times, and take it apart.

    With E_a(b) the radial efficiency of the unit at time b against the frontier of time a, and times 0 and 1,

    - malmquist = sqrt(E_0(1) / E_0(0) * E_1(1) / E_1(0)) under constant returns; above one is growth;
    - ``"fgnz"`` (Färe, Grosskopf, Norris & Zhang 1994): malmquist = tc * ec and ec = pech * sech, where ec = E_1(1) /
      E_0(0) and tc = sqrt(E_0(1) / E_1(1) * E_0(0) / E_1(0)) under constant returns, pech = E_1(1) / E_0(0) under
      variable returns;
    - ``"ray_desli"`` (Ray & Desli 1997): malmquist = tc * pech * sech, where tc is that of variable returns and sech is
      what remains. Under variable returns a unit may be out of reach of the frontier of another time: tc and sech are
      then NaN.

    Efficiencies are those of `dea` (1 / phi when output-oriented). Packages differ: R's ``Benchmarking::malmq`` returns
    the reciprocal when output-oriented; deaR's ``type2="rd"`` is ``decomposition="ray_desli", base="start"``.

    Parameters
    ----------
    inputs, outputs : pandas.DataFrame, or names of variables of `study`
        What units use and make, indexed by (region, time), a column a variable in any unit; zero or more.
    study : Study, optional
        Where `inputs` and `outputs` are names of variables.
    orientation : {"input", "output"}
        What may change. Under constant returns the two give the same.
    decomposition : {"fgnz", "ray_desli"}
        See above.
    base : {"mean", "start", "end"}
        Frontier that the index and tc refer to: the geometric mean of both times, as above, or one of them alone, for
        example malmquist = E_0(1) / E_0(0) and tc = E_0(1) / E_1(1) for ``"start"``.
    missing : {"raise", "drop"}
        What to do with missing values and with units that are absent at a time; with ``"drop"`` they have no change
        and are in no frontier at that time.
    progress : bool or callable
        True writes a line to standard error; a function is called with (programmes done, programmes in all).

    Returns
    -------
    Productivity
        ``table()`` has start, malmquist, ec, tc, pech, sech and status by region and later time; ``table(by="region")``
        and ``table(by="time")`` have geometric means; `distances` has the efficiencies.

    Raises
    ------
    InputError
        If there are fewer than two times, tables carry no labels, a value is negative, infinite or no number, a unit or
        a variable has only zeros, or `progress` cannot be used.
    OptionError
        If an option is not offered.
    AlignmentError
        If inputs and outputs are not about the same units.
    DuplicateError
        If a unit or a variable occurs twice.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or no unit is complete.
    UnknownNameError
        If a variable does not exist.
    ConvergenceError
        If a programme ends without an answer.

    References
    ----------
    Färe, Grosskopf, Norris & Zhang (1994), American Economic Review 84(1), 66-83, https://www.jstor.org/stable/2117971.
    Ray & Desli (1997), American Economic Review 87(5), 1033-1039. Caves, Christensen & Diewert (1982),
    doi:10.2307/1913388.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> index = pd.MultiIndex.from_product([["a", "b", "c"], [2010, 2020]], names=["region", "time"])
    >>> table = pd.DataFrame({"labour": [2.0, 2, 4, 4, 3, 3], "gdp": [2.0, 3, 2, 4, 2, 3]}, index=index)
    >>> made = sr.malmquist(table[["labour"]], table[["gdp"]])
    >>> print(made.table().drop(columns="status").round(3))
                 start  malmquist     ec   tc  pech   sech
    region time
    a      2020   2010        1.5  1.000  1.5   1.0  1.000
    b      2020   2010        2.0  1.333  1.5   2.0  0.667
    c      2020   2010        1.5  1.000  1.5   1.0  1.000
    """
    check_option(orientation, Orientation, "orientation")
    check_option(decomposition, Decomposition, "decomposition")
    check_option(base, Base, "base")
    units = read_units(inputs, outputs, study, at=None, missing=missing, positive=False)
    times = units.times
    if len(times) < 2:
        raise InputError(f"productivity changes between times: at least two are needed; found {len(times) or 'none'}.")
    rows = {time: units.rows(time) for time in times}
    places = _places(units, missing)
    for time in times:
        if len(rows[time]):
            check_used(units, rows[time], time)
    scores = _efficiencies(units, rows, orientation, decomposition, progress)
    distances = _distances(units, places, scores, times)
    changes = _changes(distances, places, times, decomposition, base)
    return Productivity(
        changes=changes,
        distances=distances,
        notes=_notes(changes),
        spec=make_spec(
            "malmquist",
            options={"orientation": orientation, "decomposition": decomposition, "base": base, "missing": missing},
            inputs={
                "inputs": units.inputs,
                "outputs": units.outputs,
                "n": len(places),
                "times": times,
                "values_digest": digest(units.values),
            },
        ),
    )


def _places(units: Units, missing: Missing) -> pd.DataFrame:
    """Return the row of each region (in the order of the caller) at each time, -1 where there is no complete one."""
    rows = pd.Series(np.arange(len(units.index)), index=units.index)
    regions = units.index.unique("region")
    places = rows.unstack("time").reindex(index=regions, columns=units.times)
    absent = places.isna()
    if missing == "raise" and absent.any(axis=None):
        shown = name_some(
            f"{regions[region]} at {units.times[time]}" for region, time in np.argwhere(absent.to_numpy())
        )
        raise MissingValuesError(
            f"{int(absent.sum().sum())} of {absent.size} units are absent: {shown}. "
            'Pass missing="drop" or take the regions that have all times.'
        )
    places = places.fillna(-1).astype(int)
    return places.where(~((places >= 0) & ~units.complete[places.to_numpy()]), -1)


def _efficiencies(
    units: Units, rows: dict[object, np.ndarray], orientation: str, decomposition: str, progress: Progress
) -> dict[tuple[bool, int, int], np.ndarray]:
    """Return efficiencies by (variable returns, place of the frontier's time, place of the units' time).

    Each is an array over all rows of the data, NaN for those of other times.
    """
    times = list(rows)
    keys = [
        (vrs, frontier, at)
        for vrs in (False, True)
        for frontier in range(len(times))
        for at in (frontier - 1, frontier, frontier + 1)
        if 0 <= at < len(times) and (at == frontier or not vrs or decomposition == "ray_desli")
    ]
    keys = [key for key in keys if len(rows[times[key[1]]]) and len(rows[times[key[2]]])]
    tasks: list[Callable[[Callable[[int], None]], np.ndarray]] = [
        partial(
            _one_frontier, units.values[rows[times[at]]], units.values[rows[times[frontier]]], units.m, orientation, vrs
        )
        for vrs, frontier, at in keys
    ]
    solved = run_tasks(tasks, sum(len(rows[times[at]]) for _, _, at in keys), progress)
    found = {}
    for key, scores in zip(keys, solved, strict=True):
        everywhere = np.full(len(units.index), np.nan)
        everywhere[rows[times[key[2]]]] = (
            np.where(scores > 1 - AT_THE_FRONTIER, 1.0, scores) if key[1] == key[2] else scores
        )
        found[key] = everywhere
    return found


def _one_frontier(
    points: np.ndarray, frontier: np.ndarray, m: int, orientation: str, vrs: bool, report: Callable[[int], None]
) -> np.ndarray:
    found = evaluate(points, frontier, m, kind="radial", orientation=orientation, vrs=vrs, slacks=False, report=report)
    return found.score


def _distances(
    units: Units, places: pd.DataFrame, scores: dict[tuple[bool, int, int], np.ndarray], times: list[object]
) -> pd.DataFrame:
    """Return the efficiencies of the units of two consecutive times against the frontiers of both."""
    nowhere = np.full(len(units.index), np.nan)
    row = places.to_numpy()
    columns = {}
    for vrs in (False, True):
        for frontier, unit in _PAIRS:
            parts = []
            for first in range(len(times) - 1):
                at = row[:, first + unit]
                found = scores.get((vrs, first + frontier, first + unit), nowhere)
                parts.append(np.where(at >= 0, found[at], np.nan))
            columns[f"{'vrs' if vrs else 'crs'}_{frontier}_{unit}"] = np.column_stack(parts).ravel()
    index = pd.MultiIndex.from_product([places.index, times[1:]], names=["region", "time"])
    return pd.DataFrame(columns, index=index)


def _changes(
    distances: pd.DataFrame, places: pd.DataFrame, times: list[object], decomposition: str, base: str
) -> pd.DataFrame:
    crs, vrs = ({pair: distances[f"{name}_{pair[0]}_{pair[1]}"] for pair in _PAIRS} for name in ("crs", "vrs"))
    whole = _by_base(crs[0, 1] / crs[0, 0], crs[1, 1] / crs[1, 0], base)
    pure = vrs[1, 1] / vrs[0, 0]
    parts: dict[str, pd.Series]
    if decomposition == "fgnz":
        parts = {"ec": crs[1, 1] / crs[0, 0], "tc": _shift(crs, base), "pech": pure}
        parts["sech"] = parts["ec"] / pure
    else:
        parts = {"tc": _shift(vrs, base), "pech": pure}
        parts["sech"] = whole / (parts["tc"] * pure)
    changes = pd.DataFrame({"malmquist": whole, **parts})
    changes.insert(0, "start", places.columns[np.tile(np.arange(len(times) - 1), len(places))])
    absent = ((places.to_numpy()[:, 1:] < 0) | (places.to_numpy()[:, :-1] < 0)).ravel()
    undefined = changes.drop(columns="start").isna().any(axis=1)
    changes["status"] = np.select([absent, undefined], ["missing", "infeasible"], default="solved")
    return changes


def _shift(efficiency: dict[tuple[int, int], pd.Series], base: str) -> pd.Series:
    """Return by how much the frontier moved: at the later unit for the earlier base, at the earlier for the later."""
    return _by_base(efficiency[0, 1] / efficiency[1, 1], efficiency[0, 0] / efficiency[1, 0], base)


def _by_base(start: pd.Series, end: pd.Series, base: str) -> pd.Series:
    return {"start": start, "end": end}[base] if base != "mean" else np.sqrt(start * end)


def _notes(changes: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    for status, reason in (
        ("infeasible", "a unit is out of reach of the frontier of another time; means leave them out"),
        ("missing", "a unit lacks values at one of the two times; means leave them out"),
    ):
        count = int((changes["status"] == status).sum())
        if count:
            notes.append(f"{count} of {len(changes)} changes are {status}: {reason}.")
    return tuple(notes)
