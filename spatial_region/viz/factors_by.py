"""q of each factor by group, by time, or by both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_between, check_option, check_whole_number
from spatial_region.errors import DuplicateError, InputError, UnknownNameError
from spatial_region.viz.bars import stars
from spatial_region.viz.charts import ChartOptions
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.panels import line_look, panel_charts
from spatial_region.viz.q_table import draw_q_table
from spatial_region.viz.style import INK, style
from spatial_region.viz.timeline import label_times, time_places
from spatial_region.viz.words import word

ByKind = Literal["table", "lines"]
_WHOLES = {"all": "all regions", "pooled": "pooled"}  # what stands for all groups and all times


def factors_by(
    table: pd.DataFrame,
    *,
    kind: ByKind | None = None,
    p: str | None = None,
    level: float = 0.05,
    labels: Mapping[str, str] | None = None,
    columns: int | None = None,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw q of each factor in each group, at each time, or both.

    As a ``"table"``, factors are rows, groups (or times) columns, and cells have the colour of q, with stars.
    As ``"lines"``, q runs over time, one line a factor and one panel a group; points are filled where p is at most
    `level`. The default is lines where there are several times, else a table.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a factor in a group and at a time: factor, q, and group, time or both, as columns or levels of the
        index. ``"all"`` and ``"pooled"`` stand for all groups and all times; lines leave the latter out.
    kind : {"table", "lines"}, optional
        The figure.
    p : str, optional
        Column with p-values; without it there is no mark of significance.
    level : float
        Level at which points are filled.
    labels : mapping, optional
        How each factor, and each group, is called in the figure.
    columns : int, optional
        Panels in a row.
    note : str
        Line under the figure, such as which p-values the marks stand for.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: group and time (those that the table has), factor, q, p (where asked for), and of a table text and
        colour, of lines significant (where p was asked for).

    Raises
    ------
    UnknownNameError
        If a column is absent.
    DuplicateError
        If a factor has two q in one place.
    InputError
        If there is no row, a q or p does not lie between 0 and 1, a table has several groups and several times, or
        there is no room.
    OptionError
        If the kind is not offered.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> table = pd.DataFrame({"group": ["north", "south"], "factor": "rain", "q": [0.2, 0.41], "p": [0.3, 0.004]})
    >>> viz.factors_by(table, p="p").data["text"].tolist()
    ['0.200', '0.410***']
    """
    lang = read_options(factors_by, options, ChartOptions)
    check_between(level, "level", low=0, high=1)
    if kind is not None:
        check_option(kind, ByKind, "kind")
    if columns is not None:
        check_whole_number(columns, "columns", least=1)
    data = _checked(table, p)
    several_times = "time" in data and len(set(data["time"]) - {"pooled"}) > 1
    with style(lang):
        if (kind or ("lines" if several_times else "table")) == "table":
            data, canvas = _as_table(data, labels or {}, note, options)
        else:
            data, canvas = _as_lines(data, labels or {}, level, columns, note, options)
    return Figure(canvas, data, lang)


def _checked(table: pd.DataFrame, p: str | None) -> pd.DataFrame:
    named = [name for name in table.index.names if name in ("group", "time", "factor")]
    flat = table.reset_index(named) if named else table
    places = [name for name in ("group", "time") if name in flat]
    absent = [name for name in ("factor", "q", *([p] if p else [])) if name not in flat]
    if absent or not places:
        raise UnknownNameError(
            f"table has no {name_some(absent) if absent else 'group and no time'}; it has "
            f"{name_some(flat.columns, limit=20)}."
        )
    data = flat[[*places, "factor", "q"]].reset_index(drop=True)
    if data.empty:
        raise InputError("table has no row.")
    if p:
        data["p"] = flat[p].to_numpy(dtype=float)
    twice = data.duplicated([*places, "factor"])
    if twice.any():
        shown = name_some(data.loc[twice, [*places, "factor"]].itertuples(index=False, name=None))
        raise DuplicateError(f"table has several q of {shown}.")
    for column in ("q", "p"):
        if column in data and ((data[column] < 0) | (data[column] > 1)).any():
            outside = data.loc[(data[column] < 0) | (data[column] > 1), column]
            raise InputError(f"{column} must lie between 0 and 1; found {outside.tolist()[:5]}.")
    return data


def _name(label: object, names: Mapping[str, str], lang: str) -> str:
    if label in names:
        return str(names[str(label)])
    return word(_WHOLES[str(label)], lang) if label in _WHOLES else str(label)


def _as_table(
    data: pd.DataFrame, names: Mapping[str, str], note: str, options: ChartOptions
) -> tuple[pd.DataFrame, Any]:
    lang = options.get("lang", "en")
    varying = [place for place in ("group", "time") if place in data and len(set(data[place])) > 1]
    if len(varying) > 1:
        raise InputError(
            f"a table of q by group or by time needs one of them; this has {data['group'].nunique()} groups and "
            f"{data['time'].nunique()} times. Take the rows of one time or of one group, or kind='lines'."
        )
    across = varying[0] if varying else next(place for place in ("group", "time") if place in data)
    text = data["q"].map(lambda q: "–" if np.isnan(q) else f"{q:.3f}")
    data["text"] = text + data["p"].map(stars) if "p" in data else text
    order = time_places(data[across])[0] if across == "time" else dict.fromkeys(data[across])
    heads = {label: _name(label, names, lang) for label in order}
    rows = {factor: _name(factor, names, lang) for factor in dict.fromkeys(data["factor"])}
    notes = [word("stars", lang)] if "p" in data else []
    canvas, colours = draw_q_table(data.assign(column=data[across]), rows, heads, (*notes, note), options)
    data["colour"] = colours
    return data, canvas


def _as_lines(
    data: pd.DataFrame,
    names: Mapping[str, str],
    level: float,
    columns: int | None,
    note: str,
    options: ChartOptions,
) -> tuple[pd.DataFrame, Any]:
    lang = options.get("lang", "en")
    if "time" not in data or (data["time"] == "pooled").all():
        raise InputError("lines need a table with time; draw kind='table'.")
    data = data[data["time"] != "pooled"].reset_index(drop=True)
    if "p" in data:
        data["significant"] = data["p"] <= level
    looks = {factor: line_look(place) for place, factor in enumerate(dict.fromkeys(data["factor"]))}
    parts = list(data.groupby("group", sort=False)) if "group" in data else [("", data)]
    times, places = time_places(data["time"])
    handles = [
        Line2D([], [], linewidth=1.1, markersize=4, label=_name(factor, names, lang), **look)
        for factor, look in looks.items()
    ]
    if "p" in data:
        for key, fill in (("significant", INK), ("above level", "white")):
            label = word(key, lang, level=level)
            handles.append(
                Line2D([], [], color=INK, linestyle="", marker="o", markerfacecolor=fill, markersize=4, label=label)
            )
    canvas, panels = panel_charts(
        [_name(group, names, lang) if group != "" else "" for group, _ in parts],
        handles,
        options,
        columns=columns,
        x_label="",
        y_label=word("q", lang),
        notes=(note,) if note else (),
    )
    highest = float(data["q"].max()) or 1.0
    for axes, (_, part) in zip(panels, parts, strict=True):
        for factor, own in part.groupby("factor", sort=False):
            _draw_line(axes, own, [places[time] for time in own["time"]], looks[factor])
        label_times(axes, times, places)
        axes.set_ylim(0, highest * 1.08)
        axes.locator_params(axis="y", nbins=5)
    return data, canvas


def _draw_line(axes: Any, own: pd.DataFrame, x: list[float], look: dict[str, Any]) -> None:
    order = np.argsort(x, kind="stable")
    own, at = own.iloc[order], np.asarray(x)[order]
    axes.plot(at, own["q"], linewidth=1.1, color=look["color"], zorder=2, gid=str(own["factor"].iloc[0]))
    filled = own["significant"].to_numpy() if "significant" in own else np.ones(len(own), dtype=bool)
    for chosen, fill in ((filled, look["color"]), (~filled, "white")):
        axes.plot(at[chosen], own["q"][chosen], linestyle="", markersize=4, markerfacecolor=fill, zorder=3, **look)
