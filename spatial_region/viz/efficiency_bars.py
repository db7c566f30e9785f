"""Efficiency of units: technical, pure technical and of scale."""

from __future__ import annotations

from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_option, check_whole_number
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.viz.charts import ChartOptions
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.means_over_time import draw_means, means_over_time
from spatial_region.viz.rows import (
    MOST_ROWS,
    at_one_time,
    highest_first,
    row_chart,
    row_names,
    several_times,
    square,
    with_time,
)
from spatial_region.viz.style import FAINT, SMALL_SIZE, style, text_size
from spatial_region.viz.words import word

EfficiencyKind = Literal["trend", "units"]
_SCORES = ["te", "pte", "se"]
_FILL = "#9ec3df"
# pte as a diamond and se as a ring, which stay apart in grey print.
_MARKS: dict[str, dict[str, Any]] = {
    "pte": {"marker": "D", "color": "#d55e00", "markersize": 4.5},
    "se": {"marker": "o", "color": "#222222", "markersize": 5.0, "markerfacecolor": "none"},
}


def efficiency_bars(
    scores: pd.DataFrame,
    *,
    kind: EfficiencyKind | None = None,
    at: Any = None,
    names: pd.Series | None = None,
    most: int = MOST_ROWS,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw technical efficiency of each unit as a bar, with marks of pure technical and scale efficiency; or means.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns te, pte and se; indexed by region, or (region, time). An undefined score (NaN) has no bar or mark.
    kind : {"trend", "units"}, optional
        Means over time as lines, or bars of units at one time, the highest te on top. The default is the trend where
        there are several times.
    at : object, optional
        Time of the bars; the last by default.
    names : pandas.Series, optional
        Display names of the units.
    most : int
        Most bars; if there are more units, those with the highest te are drawn, and a note says so.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: of the trend te, pte and se by time; of units name, te, pte and se, from the top.

    Raises
    ------
    UnknownNameError
        If a column is absent, or there is no such time.
    InputError
        If a score is negative or infinite, there is none, or a trend is asked for of one time.
    DuplicateError
        If a unit occurs twice.
    OptionError
        If the kind is not offered.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> scores = pd.DataFrame({"te": [0.5, 1.0], "pte": [0.8, 1.0], "se": [0.625, 1.0]}, index=["a", "b"])
    >>> viz.efficiency_bars(scores).data["te"].to_dict()
    {'b': 1.0, 'a': 0.5}
    """
    lang = read_options(efficiency_bars, options, ChartOptions)
    check_whole_number(most, "most", least=1)
    table = _checked(scores)
    several = several_times(table.index)
    kind = kind or ("trend" if several and at is None else "units")
    check_option(kind, EfficiencyKind, "kind")
    called = {name: word(name, lang) for name in _SCORES}
    undefined = word("undefined score", lang) if table.isna().any(axis=None) else ""
    notes = tuple(filter(None, (undefined, note)))
    if kind == "trend":
        if at is not None:
            raise InputError("a trend takes no at=; it is for kind='units'.")
        data = means_over_time(table, _SCORES)
        with style(lang):
            canvas = draw_means(data, called, options, notes, top=1.02)
        return Figure(canvas, data, lang)
    own, time = at_one_time(table, at)
    data, left_out = highest_first(own, "te", most, lang)
    data.insert(0, "name", row_names(data, names))
    with style(lang):
        canvas = _draw(data, called, with_time(word("efficiency", lang), time, lang), (*left_out, *notes), options)
    return Figure(canvas, data, lang)


def _checked(scores: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in _SCORES if name not in scores]
    if absent:
        raise UnknownNameError(f"scores lacks {name_some(absent)}; it has {name_some(scores.columns, limit=20)}.")
    table = scores[_SCORES].astype(float)
    if table["te"].isna().all() or (table < 0).any(axis=None) or np.isinf(table).any(axis=None):
        raise InputError("efficiencies must be finite and at least 0, and some te must be known.")
    return table


def _draw(data: pd.DataFrame, called: dict[str, str], axis: str, notes: tuple[str, ...], options: ChartOptions) -> Any:
    texts = ["–" if np.isnan(value) else f"{value:.3f}" for value in data["te"]]
    handles = [square(_FILL, called["te"])]
    handles += [Line2D([], [], linestyle="", label=called[name], **look) for name, look in _MARKS.items()]
    canvas, axes, places = row_chart(
        list(data["name"]),
        options,
        x_label=axis,
        right=max(text_size(text, SMALL_SIZE)[0] for text in texts) + 0.12,
        handles=handles,
        notes=notes,
    )
    axes.barh(places, data["te"], height=0.66, color=_FILL, gid="te")
    axes.axvline(1, color=FAINT, linewidth=0.7, linestyle="--", zorder=1)
    for name, look in _MARKS.items():
        axes.plot(data[name], places, linestyle="", gid=name, zorder=4, **look)
    high = max(1.0, float(data[_SCORES].max().max()))
    axes.set_xlim(0, 1.03 * high)
    # Numbers stand in one column right of all bars and marks.
    for place, text in zip(places, texts, strict=True):
        axes.annotate(
            text, (1.0, place), xycoords=axes.get_yaxis_transform(), xytext=(4, 0), textcoords="offset points",
            va="center", ha="left", fontsize=SMALL_SIZE,
        )  # fmt: skip
    return canvas
