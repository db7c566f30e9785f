"""Histories of regions: the quadrant of each at each time."""

from __future__ import annotations

from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch, Rectangle

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import check_option
from spatial_region.errors import DuplicateError, InputError
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.palettes import CLUSTER_COLOURS, OUTLINE_COLOUR
from spatial_region.viz.style import INK, SMALL_SIZE, new_canvas, style, text_size
from spatial_region.viz.words import word

Rows = Literal["pattern", "given", "grouped"]
MOST_ROWS = 60
_ROW, _LABEL_ROOM = 0.185, 1.9  # inches
_ORDER = ("HH", "HL", "LH", "LL", "not significant", "undefined")


def quadrant_history(
    states: pd.DataFrame,
    *,
    names: pd.Series | None = None,
    rows: Rows = "pattern",
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw the quadrant or cluster of every region at every time as a grid of coloured cells.

    Parameters
    ----------
    states : pandas.DataFrame
        Region by time: HH, LH, LL, HL, "not significant" or "undefined".
    names : pandas.Series, optional
        Display names by region.
    rows : {"pattern", "given", "grouped"}
        Order of the rows: regions with like histories together, as given, or one row for each history with the regions
        that share it, the most common first.
    note : str
        Line under the figure, such as the level of significance.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: regions (names), then one column a time, in the order of the rows.

    Raises
    ------
    InputError
        If a state has another name, or there are more than 60 rows.
    DuplicateError
        If a region or time occurs twice.
    OptionError
        If the order of rows is not offered.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> states = pd.DataFrame({2000: ["LL", "HH", "LL"], 2010: ["LL", "HH", "HL"]}, index=list("abc"))
    >>> viz.quadrant_history(states).data.index.tolist()
    ['b', 'c', 'a']
    """
    lang = read_options(quadrant_history, options, ChartOptions)
    check_option(rows, Rows, "rows")
    _check_states(states, names)
    data = _arranged(states, names, rows, lang)
    if len(data) > MOST_ROWS:
        what = "histories differ" if rows == "grouped" else "regions"
        raise InputError(
            f"{len(data)} {what}, and a grid that can be read has at most {MOST_ROWS} rows. Draw some regions "
            f"(ids=) or fewer times, group those with the same history (rows='grouped'), or draw maps (kind='maps')."
        )
    with style(lang):
        canvas = _draw_grid(data, note, options)
    return Figure(canvas, data, lang)


def _check_states(states: pd.DataFrame, names: pd.Series | None) -> None:
    for axis, labels in (("regions", states.index), ("times", states.columns)):
        if labels.has_duplicates:
            raise DuplicateError(f"{axis} found twice: {name_some(labels[labels.duplicated()].unique())}.")
    if not states.size:
        raise InputError("there is no region or no time to draw.")
    known = states.isin(list(CLUSTER_COLOURS))
    if not known.all(axis=None):
        bad = known.index[~known.all(axis=1)]
        found = pd.unique(states.to_numpy()[~known.to_numpy()])
        raise InputError(
            f"states must be named {', '.join(map(repr, CLUSTER_COLOURS))}; found {name_some(found)} in "
            f"{name_regions(bad, names)}."
        )


def _arranged(states: pd.DataFrame, names: pd.Series | None, rows: Rows, lang: str) -> pd.DataFrame:
    shown = states.index.to_series() if names is None else names.reindex(states.index).fillna(states.index.to_series())
    data = states.astype(object)
    data.insert(0, "regions", shown.astype(str))
    if rows == "given":
        return data
    times = list(states.columns)
    place = {state: number for number, state in enumerate(_ORDER)}
    ordered = data.iloc[np.lexsort(states[times[::-1]].apply(lambda column: column.map(place)).to_numpy(dtype=int).T)]
    if rows == "pattern":
        return ordered
    joint = "、" if lang == "zh" else ", "
    grouped = ordered.groupby(times, sort=False)["regions"].agg([joint.join, "size"]).reset_index()
    grouped = grouped.sort_values("size", ascending=False, kind="stable", ignore_index=True)
    grouped.insert(0, "regions", [f"{n}: {text}" for n, text in zip(grouped["size"], grouped["join"], strict=True)])
    return grouped[["regions", *times]]


def _draw_grid(data: pd.DataFrame, note: str, options: ChartOptions) -> Any:
    lang, width = options.get("lang", "en"), options.get("width", 6.0)
    times = list(data.columns[1:])
    labels = [_shortened(text) for text in data["regions"]]
    side = max(text_size(label, SMALL_SIZE)[0] for label in labels) + 0.12
    cell = (width - 2 * MARGIN - side - 0.2) / len(times)
    found = [state for state in CLUSTER_COLOURS if (data[times] == state).any(axis=None)]
    handles = [
        Patch(facecolor=CLUSTER_COLOURS[state], edgecolor=OUTLINE_COLOUR, linewidth=0.4, label=word(state, lang))
        for state in found
    ]
    legend_height = _legend_height(handles, width)
    canvas, axes = new_chart(
        _ROW * len(data),
        {**options, "width": width},
        left=side,
        right=0.2,
        bottom=0.1 + legend_height,
        top=0.22,
        notes=(note,) if note else (),
    )
    lettered = cell > text_size("HH", SMALL_SIZE)[0] + 0.06
    for up, row in enumerate(data[times].to_numpy()):
        for across, state in enumerate(row):
            colour = CLUSTER_COLOURS[state]
            axes.add_patch(
                Rectangle((across, up), 1, 1, facecolor=colour, edgecolor="white", linewidth=min(0.8, 6 * cell))
            )
            if lettered and len(state) == 2:
                dark = np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) < 0.5
                ink = "white" if dark else INK
                axes.text(across + 0.5, up + 0.5, state, ha="center", va="center_baseline", fontsize=6.5, color=ink)
    _label_grid(axes, labels, times, cell)
    _add_legend(canvas, handles, axes, width)
    return canvas


def _shortened(text: str) -> str:
    if text_size(text, SMALL_SIZE)[0] <= _LABEL_ROOM:
        return text
    while text_size(text + "…", SMALL_SIZE)[0] > _LABEL_ROOM:
        text = text[:-1]
    return text.rstrip(" ,、") + "…"


def _label_grid(axes: Any, labels: list[str], times: list[Any], cell: float) -> None:
    axes.set_xlim(0, len(times))
    axes.set_ylim(len(labels), 0)
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels, fontsize=SMALL_SIZE)
    widest = max(text_size(str(time), SMALL_SIZE)[0] for time in times) + 0.08
    every = max(1, int(np.ceil(widest / cell)))
    if every > 1:  # round numbers of times are easier to count
        every = next((step for step in (2, 5, 10, 20, 50, 100) if step >= every), every)
    chosen = range(0, len(times), every)
    axes.set_xticks([place + 0.5 for place in chosen], [str(times[place]) for place in chosen], fontsize=SMALL_SIZE)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _legend(canvas: Any, handles: list[Patch], width: float, **placing: Any) -> Any:
    widest = max(text_size(str(handle.get_label()), SMALL_SIZE)[0] for handle in handles) + 0.45
    columns = max(1, min(len(handles), int((width - 2 * MARGIN) / widest)))
    return canvas.legend(
        handles=handles, ncols=columns, frameon=False, borderpad=0, borderaxespad=0, handlelength=1.4, **placing
    )


def _legend_height(handles: list[Patch], width: float) -> float:
    canvas = new_canvas(width, 4)
    legend = _legend(canvas, handles, width, loc="upper left")
    return float(legend.get_window_extent(canvas.canvas.get_renderer()).height / canvas.dpi)


def _add_legend(canvas: Any, handles: list[Patch], axes: Any, width: float) -> None:
    base = axes.get_position().y0 - 0.1 / canvas.get_size_inches()[1]
    _legend(canvas, handles, width, loc="upper left", bbox_to_anchor=(MARGIN / width, base))
