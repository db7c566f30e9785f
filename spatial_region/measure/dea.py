"""Data envelopment analysis: how much of its inputs a unit needs, judged by the best of its peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import Cut, Missing, check_option
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import OptionError
from spatial_region.measure._dea_frontier import INEFFICIENT, Technology, measure_technology, returns_to_scale
from spatial_region.measure._dea_inputs import Units, check_used, read_units
from spatial_region.measure._dea_progress import Progress, run_tasks
from spatial_region.measure._dea_result import Efficiency

Model = Literal["ccr", "bcc", "sbm", "super", "super_sbm"]
Orientation = Literal["input", "output", "none"]
Returns = Literal["crs", "vrs"]
_STANDINGS = ("efficient", "weakly efficient", "inefficient")


def dea(
    inputs: pd.DataFrame | pd.Series | Sequence[str] | str,
    outputs: pd.DataFrame | pd.Series | Sequence[str] | str,
    *,
    study: Study | None = None,
    at: Any = None,
    model: Model = "ccr",
    orientation: Orientation = "input",
    technology: Returns | None = None,
    frontier: Cut = "by time",
    missing: Missing = "raise",
    progress: Progress = False,
) -> Efficiency:
    """Measure the technical, pure technical and scale efficiency of units by data envelopment analysis.

    Each unit is compared with the best that combinations of units do. With inputs x, outputs y and shares lambda,

    - ``"ccr"`` (Charnes, Cooper & Rhodes 1978), constant returns: te = min theta, subject to sum lambda_j x_j <= theta
      x_o, sum lambda_j y_j >= y_o, lambda >= 0;
    - ``"bcc"`` (Banker, Charnes & Cooper 1984), variable returns: pte, with sum lambda_j = 1 besides; se = te / pte;
    - ``"sbm"`` (Tone 2001): min (1 - mean_i s_i / x_io) / (1 + mean_r s_r / y_ro) over slacks s, numerator or
      denominator alone when oriented;
    - ``"super"`` (Andersen & Petersen 1993): as ``"ccr"`` and ``"bcc"``, efficient units being left out of their own
      reference set, so that they can be ranked by scores of one and more;
    - ``"super_sbm"`` (Tone 2002): the same for slacks.

    te and pte come from the same model under constant and variable returns. Output-oriented scores are 1 / phi, so that
    they too lie in (0, 1]. After a radial score the sum of slacks, each over the mean of its variable, is maximised:
    other packages maximise other sums, and where several optima exist their slacks and peers may differ; scores
    may not. Of equally good slacks-based targets, that with the least change of outputs is taken. Of super-efficiency,
    se and returns are those of the ordinary scores.

    Parameters
    ----------
    inputs, outputs : pandas.DataFrame, pandas.Series, or names of variables of `study`
        What units use and make, a column a variable in any unit; indexed by region, or (region, time). Zero or more;
        more than zero for the slacks-based models. The rows of the two may be in any order.
    study : Study, optional
        Where `inputs` and `outputs` are names of variables.
    at : object, optional
        One time of a panel; None takes all.
    model : {"ccr", "bcc", "sbm", "super", "super_sbm"}
        See above. All have te, pte and se; ``"ccr"`` and ``"bcc"`` differ in whose slacks, peers and status are kept.
    orientation : {"input", "output", "none"}
        What may change: inputs, outputs, or both (slacks-based models only; Tone's measure).
    technology : {"crs", "vrs"}, optional
        Returns to scale that slacks, targets, peers and status are about. None is ``"crs"``, and ``"vrs"`` for
        ``model="bcc"``.
    frontier : {"by time", "pooled"}
        In a panel, compare units with those of the same time, or of all times.
    missing : {"raise", "drop"}
        What to do with missing values; with ``"drop"`` such units are in no reference set and have no scores.
    progress : bool or callable
        True writes a line to standard error; a function is called with (programmes done, programmes in all).

    Returns
    -------
    Efficiency
        ``table()`` has te, pte, se, returns and status by unit; `slacks`, `targets` and `peers` are further tables.

    Raises
    ------
    InputError
        If tables carry no labels, a value is negative, infinite or no number, a unit or a variable has only zeros, a
        slacks-based model meets a zero, or `progress` cannot be used.
    OptionError
        If an option is not offered, or ``orientation="none"`` or `technology` does not go with `model`.
    AlignmentError
        If inputs and outputs are not about the same units.
    DuplicateError
        If a unit or a variable occurs twice.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or no unit is complete.
    UnknownNameError
        If a variable or the time does not exist.
    ConvergenceError
        If a programme ends without an answer.

    References
    ----------
    Charnes, Cooper & Rhodes (1978), doi:10.1016/0377-2217(78)90138-8. Banker, Charnes & Cooper (1984),
    doi:10.1287/mnsc.30.9.1078. Andersen & Petersen (1993), doi:10.1287/mnsc.39.10.1261. Tone (2001),
    doi:10.1016/S0377-2217(99)00407-5. Tone (2002), doi:10.1016/S0377-2217(01)00324-1. Returns to scale from one
    optimum: Seiford & Zhu (1999), Omega 27(1), 1-11.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame(
    ...     {"land": [2.0, 2, 6, 3, 6], "labour": [5.0, 4, 6, 2, 2], "grain": [1.0, 2, 3, 1, 2]}, index=list("abcde")
    ... )
    >>> made = sr.dea(table[["land", "labour"]], table["grain"])
    >>> print(made.table().round(3))
               te  pte     se returns       status
    region
    a       0.500  1.0  0.500     irs  inefficient
    b       1.000  1.0  1.000     crs    efficient
    c       0.833  1.0  0.833     drs  inefficient
    d       0.714  1.0  0.714     irs  inefficient
    e       1.000  1.0  1.000     crs    efficient
    >>> made.peers.query("region == 'c'").round(3).values.tolist()
    [['c', 'b', 1.0], ['c', 'e', 0.5]]
    """
    _check_options(model, orientation, technology, frontier)
    told = technology or ("vrs" if model == "bcc" else "crs")
    units = read_units(inputs, outputs, study, at=at, missing=missing, positive="sbm" in model)
    groups = [units.rows(time) for time in units.times] if frontier == "by time" and units.times else [units.rows()]
    groups = [rows for rows in groups if len(rows)]
    for rows in groups:
        check_used(units, rows, _time_of(units, rows, frontier))
    found = _solve_groups(units, groups, model, orientation, progress)
    return Efficiency(
        scores=_scores(units, groups, found, told, beyond=model.startswith("super")),
        slacks=_by_variable(units, groups, [pair[told].measured.slacks for pair in found]),
        targets=_by_variable(units, groups, [pair[told].measured.targets for pair in found]),
        peers=_peers(units, groups, [pair[told] for pair in found]),
        technology=told,
        notes=_notes(units, groups, model),
        spec=make_spec(
            "dea",
            options={
                "model": model,
                "orientation": orientation,
                "technology": told,
                "frontier": frontier,
                "missing": missing,
                "at": at,
            },
            inputs={
                "inputs": units.inputs,
                "outputs": units.outputs,
                "n": len(units.index),
                "values_digest": digest(units.values),
            },
        ),
    )


def _check_options(model: object, orientation: object, told: object, frontier: object) -> None:
    check_option(model, Model, "model")
    check_option(orientation, Orientation, "orientation")
    check_option(frontier, Cut, "frontier")
    if told is not None:
        check_option(told, Returns, "technology")
    radial = model in ("ccr", "bcc", "super")
    if orientation == "none" and radial:
        raise OptionError(
            f'orientation="none" is for model="sbm" and "super_sbm"; model={model!r} changes inputs or outputs in one '
            'proportion: choose "input" or "output".'
        )
    if (model, told) in (("ccr", "vrs"), ("bcc", "crs")):
        raise OptionError(f"technology={told!r} contradicts model={model!r}; leave it out.")


def _solve_groups(
    units: Units, groups: list[np.ndarray], model: str, orientation: str, progress: Progress
) -> list[dict[str, Technology]]:
    """Solve every group under both technologies, each in a task of its own."""
    beyond = model.startswith("super")
    tasks: list[Callable[[Callable[[int], None]], Technology]] = []
    for rows in groups:
        for vrs in (False, True):
            task = partial(
                _one_technology,
                units.values[rows],
                units.m,
                kind="sbm" if "sbm" in model else "radial",
                orientation=orientation,
                vrs=vrs,
                beyond=beyond,
            )
            tasks.append(task)
    programmes = 2 * sum(map(len, groups)) * (1 + beyond)
    solved = run_tasks(tasks, programmes, progress)
    return [{"crs": solved[at], "vrs": solved[at + 1]} for at in range(0, len(solved), 2)]


def _one_technology(data: np.ndarray, m: int, report: Callable[[int], None], **options: Any) -> Technology:
    return measure_technology(data, m, report=report, **options)


def _scores(
    units: Units, groups: list[np.ndarray], found: list[dict[str, Technology]], told: str, *, beyond: bool
) -> pd.DataFrame:
    size = len(units.index)
    numbers = {name: np.full(size, np.nan) for name in ("te", "pte", "se")}
    words = {name: np.full(size, None, dtype=object) for name in ("returns", "status")}
    words["status"][:] = "missing"
    for rows, pair in zip(groups, found, strict=True):
        crs, vrs = pair["crs"], pair["vrs"]
        # A programme with fewer conditions cannot have a worse optimum; rounding could say so.
        pure = np.maximum(vrs.plain, crs.plain)
        te, pte = crs.measured.score, vrs.measured.score
        numbers["te"][rows], numbers["pte"][rows] = te, pte if beyond else pure
        numbers["se"][rows] = crs.plain / pure
        words["returns"][rows] = returns_to_scale(crs.plain, pure, _ordinary_total(crs))
        standing = np.array(_STANDINGS, dtype=object)[pair[told].measured.standing]
        standing[np.isnan(te) | np.isnan(pte)] = "infeasible"
        words["status"][rows] = standing
    return pd.DataFrame({**numbers, **words}, index=units.index)


def _ordinary_total(crs: Technology) -> np.ndarray:
    # Efficient units are their own peers in the ordinary model, whatever replaces them in a super-efficient one.
    return np.where(crs.measured.standing == INEFFICIENT, crs.measured.total, 1.0)


def _by_variable(units: Units, groups: list[np.ndarray], parts: list[np.ndarray]) -> pd.DataFrame:
    values = np.full(units.values.shape, np.nan)
    for rows, part in zip(groups, parts, strict=True):
        values[rows] = part
    return pd.DataFrame(values, index=units.index, columns=units.variables)


def _peers(units: Units, groups: list[np.ndarray], found: list[Technology]) -> pd.DataFrame:
    evaluations = [one.measured for one in found]
    own = np.concatenate([rows[one.point] for rows, one in zip(groups, evaluations, strict=True)])
    peer = np.concatenate([rows[one.peer] for rows, one in zip(groups, evaluations, strict=True)])
    share = np.concatenate([one.share for one in evaluations])
    order = np.lexsort((peer, own))
    left, right = units.index[own[order]].to_frame(index=False), units.index[peer[order]].to_frame(index=False)
    right.columns = [{"region": "peer", "time": "peer_time"}[str(name)] for name in right.columns]
    return pd.concat([left, right], axis=1).assign(**{"lambda": share[order]})


def _time_of(units: Units, rows: np.ndarray, frontier: str) -> object:
    if not isinstance(units.index, pd.MultiIndex) or frontier == "pooled":
        return None
    return units.index[rows[0]][1]


def _notes(units: Units, groups: list[np.ndarray], model: str) -> tuple[str, ...]:
    notes = []
    m, s = units.m, len(units.outputs)
    wanted, fewest = max(m * s, 3 * (m + s)), min(map(len, groups))
    if fewest < wanted:
        notes.append(
            f"{fewest} units for {m} inputs and {s} outputs: below max(m s, 3 (m + s)) = {wanted} many units are "
            "efficient for want of peers (rule of thumb of Cooper, Seiford & Tone)."
        )
    absent = int((~units.complete).sum())
    if absent:
        notes.append(f"{absent} of {len(units.index)} units have a missing value; they have no score and are no peers.")
    if model.startswith("super"):
        notes.append("se and returns are those of the ordinary scores; te and pte are super-efficiencies.")
    return tuple(notes)
