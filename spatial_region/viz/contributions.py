"""What the parts of an inequality contribute to the whole, as stacked bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex, to_rgb

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_option
from spatial_region.errors import DuplicateError, InputError
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart, open_frame
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.panels import LINE_COLOURS, add_legend, legend_height, panel_charts
from spatial_region.viz.rows import square
from spatial_region.viz.style import INK, SMALL_SIZE, style, text_size
from spatial_region.viz.timeline import label_times, time_places
from spatial_region.viz.words import word

ContributionKind = Literal["share", "value"]
_MOST = 20  # parts that colours tell apart
_WIDTH = 0.72  # of a bar, one step from time to time being 1
_BELOW = 0.42


def contributions(
    parts: pd.DataFrame,
    *,
    kind: ContributionKind = "share",
    labels: Mapping[str, str] | None = None,
    measure: str = "",
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw what parts contribute to a whole at each time, as stacked bars; of one time as one bar.

    Parameters
    ----------
    parts : pandas.DataFrame
        One row a time, one column a part, the parts adding to the whole: from the foot of the bar upwards. A part that
        is missing at a time has no piece.
    kind : {"share", "value"}
        Whether all bars have 100 %, or the height of the whole.
    labels : mapping, optional
        How each part is called in the figure.
    measure : str
        What the whole is called, such as Theil's T.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: time, part, value and share (%) of each piece. Shares are NaN where the whole is 0.

    Raises
    ------
    InputError
        If there is no part or no time, more than 20 parts, or a negative or infinite one.
    DuplicateError
        If a time or a part occurs twice.
    OptionError
        If the kind is not offered.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> parts = pd.DataFrame({"between": [0.06, 0.09], "within": [0.02, 0.01]}, index=[2010, 2020])
    >>> viz.contributions(parts).data["share"].round(1).tolist()
    [75.0, 25.0, 90.0, 10.0]
    """
    lang = read_options(contributions, options, ChartOptions)
    check_option(kind, ContributionKind, "kind")
    wide = _checked(parts)
    total = wide.sum(axis="columns")
    shares = 100 * wide.div(total.where(total > 0), axis="index")
    data = pd.DataFrame(
        {
            "time": np.repeat(np.asarray(wide.index, dtype=object), wide.shape[1]),
            "part": np.tile(np.asarray(wide.columns, dtype=object), len(wide)),
            "value": wide.to_numpy().ravel(),
            "share": shares.to_numpy().ravel(),
        }
    )
    drawn = shares if kind == "share" else wide
    axis = measure if kind == "value" else word("share of", lang, measure=measure) if measure else word("share", lang)
    called = {part: str((labels or {}).get(str(part), part)) for part in wide.columns}
    with style(lang):
        draw = _one_bar if len(wide) == 1 else _bars
        canvas = draw(drawn, called, axis, note, kind, options)
    return Figure(canvas, data, lang)


def _checked(parts: pd.DataFrame) -> pd.DataFrame:
    for axis, found in (("times", parts.index), ("parts", parts.columns)):
        if found.has_duplicates:
            raise DuplicateError(f"{axis} found twice: {name_some(found[found.duplicated()].unique())}.")
    if not parts.size:
        raise InputError("there is no part or no time to draw.")
    if parts.shape[1] > _MOST:
        raise InputError(f"{parts.shape[1]} parts, and colours tell at most {_MOST} apart; add some up.")
    wide = parts.astype(float)
    # Rounding may leave a part of nothing a hair below 0.
    slack = 1e-12 * wide.abs().to_numpy()[np.isfinite(wide)].max(initial=0.0)
    bad = (wide < -slack) | np.isinf(wide)
    if bad.any(axis=None):
        raise InputError(f"parts of a whole must be finite and at least 0; they are not at {name_some(_where(bad))}.")
    order, _ = time_places(wide.index.to_series())
    return wide.clip(lower=0).loc[order]


def _where(bad: pd.DataFrame) -> list[str]:
    return [f"{bad.index[row]}, {bad.columns[column]}" for row, column in np.argwhere(bad.to_numpy())]


def _colours(parts: pd.Index) -> dict[object, str]:
    many = [to_hex(colour) for colour in matplotlib.colormaps["tab20"](np.arange(_MOST))]
    chosen = LINE_COLOURS if len(parts) <= len(LINE_COLOURS) else many
    return {part: chosen[place] for place, part in enumerate(parts)}


def _bars(
    drawn: pd.DataFrame, called: Mapping[object, str], axis: str, note: str, kind: str, options: ChartOptions
) -> Any:
    colours = _colours(drawn.columns)
    # One part is the whole, and the axis says what that is.
    handles = [square(colours[part], called[part]) for part in drawn.columns] if drawn.shape[1] > 1 else []
    notes = (note,) if note else ()
    canvas, (axes,) = panel_charts([""], handles, options, columns=None, x_label="", y_label=axis, notes=notes)
    tops = drawn.fillna(0.0).cumsum(axis="columns")
    high = 100.0 if kind == "share" else 1.05 * (float(tops.to_numpy().max()) or 1.0)
    axes.set_ylim(0, high)
    axes.set_xlim(-0.6, len(drawn) - 0.4)
    inch = axes.get_window_extent().width / canvas.dpi / len(drawn), axes.get_window_extent().height / canvas.dpi / high
    # Numbers in all bars or in none: those that happen to be short would seem to matter more.
    texts = [_number(size, kind) for size in drawn.fillna(0.0).to_numpy().ravel()]
    fits = max(text_size(text, SMALL_SIZE)[0] for text in texts) + 0.04 < _WIDTH * inch[0]
    tall = text_size("0", SMALL_SIZE)[1]
    for part in drawn.columns:
        sizes = drawn[part].fillna(0.0).to_numpy()
        feet = tops[part].to_numpy() - sizes
        axes.bar(range(len(drawn)), sizes, bottom=feet, width=_WIDTH, color=colours[part], linewidth=0, gid=str(part))
        for place, (foot, size) in enumerate(zip(feet, sizes, strict=True)):
            text = _number(size, kind)
            if fits and tall + 0.03 < size * inch[1]:
                _write(axes, place, foot + size / 2, text, colours[part])
    order: list[object] = list(drawn.index)
    label_times(axes, order, {time: float(place) for place, time in enumerate(order)})
    axes.set_xlim(-0.6, len(drawn) - 0.4)
    return canvas


def _one_bar(
    drawn: pd.DataFrame, called: Mapping[object, str], axis: str, note: str, kind: str, options: ChartOptions
) -> Any:
    width, colours = options.get("width", 6.0), _colours(drawn.columns)
    sizes = drawn.iloc[0].fillna(0.0)
    key = "part share" if kind == "share" else "part value"
    texts = {
        part: word(key, options.get("lang", "en"), part=called[part], number=_number(sizes[part], kind))
        for part in drawn.columns
    }
    handles = [square(colours[part], text) for part, text in texts.items()]
    canvas, axes = new_chart(
        0.5,
        options,
        left=0.05,
        right=0.15,
        bottom=_BELOW + legend_height(handles, width),
        notes=(note,) if note else (),
    )
    high = 100.0 if kind == "share" else float(sizes.sum()) or 1.0
    axes.set_xlim(0, high)
    axes.set_ylim(0, 1)
    inch, foot = axes.get_window_extent().width / canvas.dpi / high, 0.0
    for part, size in sizes.items():
        axes.barh(0.5, size, left=foot, height=0.8, color=colours[part], linewidth=0, gid=str(part))
        text = _number(size, kind)
        if text_size(text, SMALL_SIZE)[0] + 0.04 < size * inch:
            _write(axes, foot + size / 2, 0.5, text, colours[part])
        foot += size
    axes.set_yticks([])
    axes.set_xlabel(axis)
    open_frame(axes)
    axes.spines["left"].set_visible(False)
    wide, tall = canvas.get_size_inches()
    anchor = (MARGIN / wide, axes.get_position().y0 - (_BELOW + 0.04) / tall)
    add_legend(canvas, handles, width, loc="upper left", bbox_to_anchor=anchor)
    return canvas


def _number(size: float, kind: str) -> str:
    return f"{size:.1f}" if kind == "share" else f"{size:.3g}"


def _write(axes: Any, x: float, y: float, text: str, colour: str) -> None:
    ink = "white" if np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) < 0.5 else INK
    axes.text(x, y, text, ha="center", va="center", fontsize=SMALL_SIZE, color=ink)
