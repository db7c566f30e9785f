"""Times along the lower edge of a chart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from spatial_region.viz.style import SMALL_SIZE, text_size


def time_places(column: pd.Series) -> tuple[list[object], dict[object, float]]:
    """Return the times in order and where each stands: numbers at their value, others one after the other."""
    if pd.api.types.is_numeric_dtype(column.infer_objects()):
        times: list[object] = sorted(column.unique())
        return times, {time: float(time) for time in times}  # type: ignore[arg-type]
    times = list(dict.fromkeys(column))
    return times, {time: float(place) for place, time in enumerate(times)}


def label_times(axes: Any, times: list[object], places: dict[object, float]) -> None:
    """Label as many times as fit beside each other, always the first and evenly from there."""
    wide = axes.get_window_extent().width / axes.figure.dpi
    room = max(text_size(str(time), SMALL_SIZE)[0] for time in times) + 0.14
    step = max(1, int(np.ceil(len(times) * room / wide)))
    shown = times[::step]
    axes.set_xticks([places[time] for time in shown], [str(time) for time in shown], fontsize=SMALL_SIZE)
    span = places[times[-1]] - places[times[0]] or 1.0
    axes.set_xlim(min(places.values()) - 0.05 * span, max(places.values()) + 0.05 * span)
