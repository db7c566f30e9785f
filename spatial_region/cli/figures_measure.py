"""Charts of measures beside their tables and maps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from spatial_region import viz
from spatial_region.cli.task import Task
from spatial_region.measure._dea_result import Efficiency
from spatial_region.measure.coupling_result import CouplingResult
from spatial_region.measure.dagum import DagumResult
from spatial_region.measure.theil_result import TheilResult


def figure_of(made: Any, task: Task, *, time: object = None) -> None:
    """Show the chart that belongs to a measure; of coupling over several times also the regions at the last.

    Parameters
    ----------
    made : Result
        What the measure returned.
    task : Task
        Where it goes.
    time : object
        Time that it is about, if it is one of several results.
    """
    if isinstance(made, (TheilResult, DagumResult)):
        # One bar of one piece would show nothing.
        if getattr(made, "groups", None) is not None or len(made.parts) > 1:
            _show(made, task, "contributions", time, labels=dict(task.study.labels))
        return
    if isinstance(made, CouplingResult) and isinstance(made.rows.index, pd.MultiIndex):
        times = sorted(made.rows.index.unique(level=1))
        if len(times) > 1:
            _show(made, task, "trend", time)
        _show(made, task, "bars", times[-1], kind="regions", at=times[-1])
        return
    if isinstance(made, Efficiency):
        _show(made, task, "bars", time, names=task.study.names)
        return
    _show(made, task, "bars", time)


def _show(made: Any, task: Task, suffix: str, time: object, **options: Any) -> None:
    title = task.titled(task.section.title, time)
    figure = viz.plot(made, title=title, **options, **task.map_options)
    task.section.figure(task.named(time, suffix), figure, title)
