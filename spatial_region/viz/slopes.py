"""How an effect changes with a moderator: slopes, their band, and where they are significant."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_between
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.viz.charts import ChartOptions, plain_ticks
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.panels import panel_charts
from spatial_region.viz.rows import square
from spatial_region.viz.style import INK, style
from spatial_region.viz.words import word

_LINE, _SIGNIFICANT, _NOT = "#0072b2", "#a9cfe6", "#e3e3e3"
_COLUMNS = ["moderator", "slope", "low", "high"]


def slopes(
    line: pd.DataFrame,
    points: pd.DataFrame | None = None,
    *,
    bounds: Sequence[float] = (),
    moderator: str = "",
    effect: str = "",
    level: float = 0.95,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw an effect against its moderator with its band, coloured where significant, and simple slopes as points.

    Parameters
    ----------
    line : pandas.DataFrame
        Columns moderator, in its unit, slope, low and high, in the unit of the effect.
    points : pandas.DataFrame, optional
        The same columns for the simple slopes, such as at the mean and one standard deviation to either side.
    bounds : sequence of float
        Values of the moderator at which significance begins or ends (Johnson and Neyman), as dashed lines.
    moderator, effect : str
        What the axes are called.
    level : float
        Confidence of the band.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: moderator, slope, low, high and significant (the band excludes 0) along the line.

    Raises
    ------
    UnknownNameError
        If a column is absent.
    InputError
        If there are fewer than two places, or a number is not finite.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> line = pd.DataFrame({"moderator": [0.0, 1, 2], "slope": [0.1, 0.4, 0.7]})
    >>> line = line.assign(low=line["slope"] - 0.3, high=line["slope"] + 0.3)
    >>> viz.slopes(line, bounds=[0.67]).data["significant"].tolist()
    [False, True, True]
    """
    lang = read_options(slopes, options, ChartOptions)
    check_between(level, "level", low=0, high=1)
    data = _checked(line, "line").sort_values("moderator", kind="stable", ignore_index=True)
    if len(data) < 2:
        raise InputError(f"a line needs two places at least; found {len(data)}.")
    data["significant"] = (data["low"] > 0) | (data["high"] < 0)
    chosen = None if points is None else _checked(points, "points")
    ends = sorted(float(bound) for bound in bounds)
    if not np.isfinite(ends).all():
        raise InputError(f"bounds must be finite; found {list(bounds)}.")
    with style(lang):
        canvas = _draw(data, chosen, ends, (moderator, effect), level, note, options)
    return Figure(canvas, data, lang)


def _checked(table: pd.DataFrame, what: str) -> pd.DataFrame:
    absent = [name for name in _COLUMNS if name not in table]
    if absent:
        raise UnknownNameError(f"{what} lacks {name_some(absent)}; it has {name_some(table.columns, limit=20)}.")
    data = table[_COLUMNS].astype(float)
    if not np.isfinite(data.to_numpy()).all():
        raise InputError(f"{what} must hold finite numbers.")
    return data


def _draw(
    data: pd.DataFrame,
    points: pd.DataFrame | None,
    bounds: list[float],
    axis_names: tuple[str, str],
    level: float,
    note: str,
    options: ChartOptions,
) -> Any:
    lang = options.get("lang", "en")
    shown = [bound for bound in bounds if data["moderator"].iloc[0] <= bound <= data["moderator"].iloc[-1]]
    said = f"{100 * level:g}"
    handles = [Line2D([], [], color=_LINE, linewidth=1.3, label=word("effect", lang))]
    for flag, colour, key in ((True, _SIGNIFICANT, "band excludes 0"), (False, _NOT, "band holds 0")):
        if (data["significant"] == flag).any():
            handles.append(square(colour, word(key, lang, level=said)))
    if points is not None:
        handles.append(Line2D([], [], color=INK, marker="o", markersize=4, linewidth=1, label=word("simple", lang)))
    notes = [note] if note else []
    if shown:
        values = word("and", lang).join(f"{bound:.4g}" for bound in shown)
        notes.insert(0, word("johnson neyman", lang, values=values))
    canvas, (axes,) = panel_charts(
        [""], handles, options, columns=None, x_label=axis_names[0], y_label=axis_names[1], notes=tuple(notes)
    )
    at, low, high = (_with_bounds(data, shown)[name].to_numpy() for name in ("moderator", "low", "high"))
    middles = np.interp((at[:-1] + at[1:]) / 2, data["moderator"], np.fmax(data["low"], -data["high"]))
    excludes = middles > 0
    starts = [0, *(np.flatnonzero(excludes[1:] != excludes[:-1]) + 1), len(excludes)]
    for first, last in pairwise(starts):
        piece, colour = slice(first, last + 1), _SIGNIFICANT if excludes[first] else _NOT
        axes.fill_between(at[piece], low[piece], high[piece], color=colour, linewidth=0)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.plot(data["moderator"], data["slope"], color=_LINE, linewidth=1.3, gid="effect")
    for bound in shown:
        axes.axvline(bound, color=INK, linewidth=0.8, linestyle="--", gid="bound")
    if points is not None:
        axes.vlines(points["moderator"], points["low"], points["high"], color=INK, linewidth=1, gid="intervals")
        axes.plot(points["moderator"], points["slope"], "o", color=INK, markersize=4, gid="points")
    axes.margins(x=0)
    axes.locator_params(nbins=6)
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis)
    return canvas


def _with_bounds(data: pd.DataFrame, bounds: list[float]) -> pd.DataFrame:
    """Return the band with a place at each bound, so that its colour changes exactly there."""
    at = np.unique([*data["moderator"], *bounds])
    return pd.DataFrame(
        {"moderator": at, **{name: np.interp(at, data["moderator"], data[name]) for name in ("low", "high")}}
    )
