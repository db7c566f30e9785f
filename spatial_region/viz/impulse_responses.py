"""Impulse responses of a vector autoregression, one panel for each impulse and response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_between
from spatial_region.errors import DuplicateError, InputError, UnknownNameError
from spatial_region.viz.charts import ChartOptions, plain_ticks
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.panels import panel_charts
from spatial_region.viz.rows import square
from spatial_region.viz.style import FAINT, style
from spatial_region.viz.words import word

_LINE, _BAND = "#0072b2", "#a9cfe6"
_LEVELS = ["impulse", "response", "horizon"]
_PANEL = 1.75  # inches across a panel and what stands beside it, where there are many


def impulse_responses(
    responses: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    level: float = 0.95,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw how each variable responds to a shock in each, one row of panels a response, with bands.

    Parameters
    ----------
    responses : pandas.DataFrame
        Indexed by (impulse, response, horizon): column value; optionally low and high, the ends of the band.
    labels : mapping, optional
        How each variable is called in the figure.
    level : float
        Confidence of the bands, for the legend.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: impulse, response, horizon, value, and low and high where given.

    Raises
    ------
    UnknownNameError
        If value, or a level of the index, is absent.
    DuplicateError
        If a response has two values at one horizon.
    InputError
        If there is no row, a value is not finite, or panels would be too narrow.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> index = pd.MultiIndex.from_product([["x"], ["x"], range(3)], names=["impulse", "response", "horizon"])
    >>> viz.impulse_responses(pd.DataFrame({"value": [1.0, 0.5, 0.25]}, index)).data["value"].tolist()
    [1.0, 0.5, 0.25]
    """
    lang = read_options(impulse_responses, options, ChartOptions)
    check_between(level, "level", low=0, high=1)
    data = _checked(responses)
    with style(lang):
        canvas = _draw(data, labels or {}, level, note, options)
    return Figure(canvas, data, lang)


def _checked(responses: pd.DataFrame) -> pd.DataFrame:
    flat = responses.reset_index([name for name in responses.index.names if name in _LEVELS])
    absent = [name for name in (*_LEVELS, "value") if name not in flat]
    if absent:
        raise UnknownNameError(f"responses has no {name_some(absent)}; it has {name_some(flat.columns, limit=20)}.")
    band = ["low", "high"] if {"low", "high"} <= set(flat.columns) else []
    data = flat[[*_LEVELS, "value", *band]].reset_index(drop=True)
    if data.empty or not np.isfinite(data[["value", *band]].to_numpy(dtype=float)).all():
        raise InputError("responses must be finite numbers, at least one.")
    twice = data.duplicated(_LEVELS)
    if twice.any():
        shown = name_some(data.loc[twice, _LEVELS].itertuples(index=False, name=None))
        raise DuplicateError(f"responses has several values of {shown}.")
    return data


def _draw(data: pd.DataFrame, labels: Mapping[str, str], level: float, note: str, options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    impulses, responses = list(dict.fromkeys(data["impulse"])), list(dict.fromkeys(data["response"]))
    called = {name: str(labels.get(str(name), name)) for name in (*impulses, *responses)}
    pairs = [(impulse, response) for response in responses for impulse in impulses]
    handles = [Line2D([], [], color=_LINE, linewidth=1.3, label=word("response", lang))]
    if "low" in data:
        handles.append(square(_BAND, word("band", lang, level=f"{100 * level:g}")))
    width = options.get("width", 6.0 if len(pairs) == 1 else max(7.5, _PANEL * len(impulses)))
    canvas, panels = panel_charts(
        [word("impulse to response", lang, impulse=called[i], response=called[r]) for i, r in pairs],
        handles,
        {**options, "width": width},
        columns=len(impulses),
        x_label=word("horizon", lang),
        y_label="",
        notes=(note,) if note else (),
    )
    for axes, (impulse, response) in zip(panels, pairs, strict=True):
        own = data[(data["impulse"] == impulse) & (data["response"] == response)].sort_values("horizon")
        axes.axhline(0, color=FAINT, linewidth=0.6, linestyle="--")
        if "low" in own:
            axes.fill_between(own["horizon"], own["low"], own["high"], color=_BAND, linewidth=0, gid="band")
        axes.plot(own["horizon"], own["value"], color=_LINE, linewidth=1.3, gid="response")
        axes.margins(x=0.02, y=0.1)
        axes.locator_params(axis="x", integer=True, nbins=6)
        axes.locator_params(axis="y", nbins=5)
        plain_ticks(axes.yaxis)
    return canvas
