"""Efficiency of points against a frontier: scores, slacks, targets and peers. Arrays in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from spatial_region.measure._dea_programmes import Programmes, radial, slacks_based, super_slacks_based
from spatial_region.measure._dea_simplex import OPTIMAL
from spatial_region.measure._dea_solve import solve

AT_THE_FRONTIER = 1e-9  # scores nearer to one than this are one
_NO_SLACK = 1e-8  # slacks below this share of the unit's own value are rounding
_ALMOST_NONE = 1e-12  # an output score is one over a number that must be larger
EFFICIENT, WEAK, INEFFICIENT = 0, 1, 2

Report = Callable[[int], None]


def _silent(count: int) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Evaluation:
    """How far points are from a frontier.

    Attributes
    ----------
    score : numpy.ndarray, shape (points,)
        Efficiency, below one for points inside; NaN where the programme has no solution.
    standing : numpy.ndarray of int, shape (points,)
        EFFICIENT, WEAK (score of one, with slack) or INEFFICIENT, against a frontier that includes the point.
    slacks, targets : numpy.ndarray, shape (points, inputs + outputs)
        In the units of the data.
    total : numpy.ndarray, shape (points,)
        Sum of the shares of the peers.
    point, peer, share : numpy.ndarray, shape (pairs,)
        Units of the frontier that make up the target of a point.
    """

    score: np.ndarray
    standing: np.ndarray
    slacks: np.ndarray
    targets: np.ndarray
    total: np.ndarray
    point: np.ndarray
    peer: np.ndarray
    share: np.ndarray


def evaluate(
    points: np.ndarray,
    frontier: np.ndarray,
    m: int,
    *,
    kind: str,
    orientation: str,
    vrs: bool,
    own: np.ndarray | None = None,
    slacks: bool = True,
    report: Report = _silent,
) -> Evaluation:
    """Measure points (rows; `m` inputs, then outputs) against the units of a frontier.

    `kind` is ``"radial"``, ``"sbm"`` or ``"super_sbm"``; `own` is the place of each point among the units of the
    frontier, which is then left out.
    """
    scale = frontier.mean(axis=0)
    units = np.hstack([frontier / scale, np.ones((len(frontier), 1))])
    values = points / scale
    writers: dict[str, Callable[..., Programmes]] = {
        "radial": partial(radial, slacks=slacks),
        "sbm": slacks_based,
        "super_sbm": super_slacks_based,
    }
    write = partial(writers[kind], orientation=orientation, vrs=vrs)
    left_out = np.full(len(points), -1) if own is None else own
    solved = solve(units, left_out, lambda part: write(values[part, :m], values[part, m:]), report=report)
    shape = write(values[:1, :m], values[:1, m:])
    size = np.where(values > 0, values, 1.0)
    stretch = np.ones(len(points))
    if orientation == "none":
        stretch = solved.extras[:, 0]
    relative = solved.extras[:, shape.first_slack : shape.first_slack + values.shape[1]] / stretch[:, None]
    if kind == "radial" and not slacks:
        relative = np.full_like(values, np.nan)
    score = _score(solved.objective, kind, orientation)
    undefined = (solved.status != OPTIMAL) | np.isnan(score)
    score[undefined], relative[undefined] = np.nan, np.nan
    share = solved.share / stretch[solved.programme]
    kept = ~undefined[solved.programme]
    point, peer, share = solved.programme[kept], solved.unit[kept], share[kept]
    gap = relative * size
    targets = _combined(frontier, point, peer, share, len(points))
    if kind == "super_sbm":  # the target is what the point may become, which the peers need not equal
        targets = (values + gap * np.where(np.arange(values.shape[1]) < m, 1.0, -1.0)) * scale
    targets[undefined] = np.nan
    standing = np.where(score < 1 - AT_THE_FRONTIER, INEFFICIENT, EFFICIENT)
    if kind != "super_sbm":
        standing[(standing == EFFICIENT) & (relative > _NO_SLACK).any(axis=1)] = WEAK
    total = np.bincount(point, weights=share, minlength=len(points))
    return Evaluation(score, standing, gap * scale, targets, total, point, peer, share)


def _score(objective: np.ndarray, kind: str, orientation: str) -> np.ndarray:
    """Turn least costs into efficiencies: one over the growth of outputs when these are what may grow."""
    if kind == "super_sbm" and orientation == "input":
        return 1 + objective
    if orientation != "output":
        return objective.copy()
    growth = 1 - objective if kind == "super_sbm" else -objective
    return 1 / np.where(growth > _ALMOST_NONE, growth, np.nan)


def _combined(frontier: np.ndarray, point: np.ndarray, peer: np.ndarray, share: np.ndarray, points: int) -> np.ndarray:
    made = np.zeros((points, frontier.shape[1]))
    np.add.at(made, point, share[:, None] * frontier[peer])
    return made


@dataclass(frozen=True)
class Technology:
    """Efficiency of units among themselves, under constant or variable returns.

    Attributes
    ----------
    plain : numpy.ndarray, shape (units,)
        Efficiency with the unit in the reference set, in (0, 1].
    measured : Evaluation
        What the model says; without the unit in the reference set for super-efficiency.
    """

    plain: np.ndarray
    measured: Evaluation


def measure_technology(
    data: np.ndarray, m: int, *, kind: str, orientation: str, vrs: bool, beyond: bool, report: Report = _silent
) -> Technology:
    """Measure units (rows) among themselves; `beyond` takes efficient ones out of their own reference set."""
    found = evaluate(data, data, m, kind=kind, orientation=orientation, vrs=vrs, report=report)
    plain = np.where(found.score > 1 - AT_THE_FRONTIER, 1.0, found.score)
    found = _own_peers(replace(found, score=plain), data)
    if not beyond:
        return Technology(plain, found)
    ahead = np.flatnonzero(plain == 1)
    report(len(data) - len(ahead))  # outside its own peers or not, an inefficient unit has the same answer
    other = evaluate(
        data[ahead],
        data,
        m,
        kind="super_sbm" if kind == "sbm" else kind,
        orientation=orientation,
        vrs=vrs,
        own=ahead,
        report=report,
    )
    return Technology(plain, _with(found, other, ahead))


def _own_peers(found: Evaluation, data: np.ndarray) -> Evaluation:
    """Let an efficient unit be its own peer: it may be a combination of others as well, and which is no finding."""
    alone = np.flatnonzero(found.standing == EFFICIENT)
    kept = ~np.isin(found.point, alone)
    slacks, targets, total = found.slacks.copy(), found.targets.copy(), found.total.copy()
    slacks[alone], targets[alone], total[alone] = 0.0, data[alone], 1.0
    return replace(
        found,
        slacks=slacks,
        targets=targets,
        total=total,
        point=np.concatenate([found.point[kept], alone]),
        peer=np.concatenate([found.peer[kept], alone]),
        share=np.concatenate([found.share[kept], np.ones(len(alone))]),
    )


def _with(found: Evaluation, other: Evaluation, rows: np.ndarray) -> Evaluation:
    """Put the answers for some points in the place of those found before; who is efficient stays."""
    score, slacks, targets = found.score.copy(), found.slacks.copy(), found.targets.copy()
    score[rows], slacks[rows], targets[rows] = other.score, other.slacks, other.targets
    # A super-efficiency of a unit on the frontier is at least one; what is left below it is rounding.
    score[rows] = np.where(np.abs(score[rows] - 1) < AT_THE_FRONTIER, 1.0, score[rows])
    kept = ~np.isin(found.point, rows)
    return replace(
        found,
        score=score,
        slacks=slacks,
        targets=targets,
        point=np.concatenate([found.point[kept], rows[other.point]]),
        peer=np.concatenate([found.peer[kept], other.peer]),
        share=np.concatenate([found.share[kept], other.share]),
    )


def returns_to_scale(crs: np.ndarray, vrs: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Name returns to scale from scores under both technologies and the sum of shares under constant returns.

    Where the scores differ every optimum under constant returns has a sum on the same side of one (Seiford & Zhu
    1999), so that one optimum decides.
    """
    named = np.where(total < 1, "irs", "drs").astype(object)
    named[np.abs(crs / vrs - 1) <= _NO_SLACK] = "crs"
    return named
