"""The path of a mediated effect: cause, mediator and outcome with their coefficients."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.patches import FancyArrowPatch, Rectangle

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.viz.bars import stars
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.style import INK, LINE_SPACING, TEXT_SIZE, style, text_size, wrap
from spatial_region.viz.words import word

_PATHS = ("a", "b", "total", "direct", "indirect")
_FILL = "#eaf2f8"
_PAD = 0.1  # inches between the text and the edge of its box


def path_diagram(
    effects: pd.DataFrame,
    *,
    cause: str,
    mediator: str,
    variable: str,
    level: float = 0.95,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw how an effect passes through a mediator: a, b and c' with stars and standard errors, c and a b below.

    Parameters
    ----------
    effects : pandas.DataFrame
        Rows a, b, total, direct and indirect; columns estimate, std_error and p; optionally low and high.
    cause, mediator, variable : str
        What the three are called in the figure.
    level : float
        Confidence of the interval of the indirect effect.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: estimate, std_error, p and text of each path.

    Raises
    ------
    UnknownNameError
        If a row or a column is absent.
    InputError
        If an estimate is not finite, or the figure is too narrow for three boxes.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> paths = ["a", "b", "total", "direct", "indirect"]
    >>> made = pd.DataFrame({"estimate": [0.5, 0.8, 0.7, 0.3, 0.4], "std_error": 0.05, "p": 0.001}, index=paths)
    >>> viz.path_diagram(made, cause="x", mediator="m", variable="y").data["text"]["a"]
    'a = 0.5*** (0.05)'
    """
    lang = read_options(path_diagram, options, ChartOptions)
    absent = [name for name in _PATHS if name not in effects.index]
    absent += [name for name in ("estimate", "std_error", "p") if name not in effects]
    if absent:
        raise UnknownNameError(f"effects lacks {name_some(absent)}.")
    data = effects.loc[list(_PATHS), ["estimate", "std_error", "p"]].astype(float)
    if not np.isfinite(data["estimate"]).all():
        raise InputError(f"estimates must be finite; found {data['estimate'].to_dict()}.")
    symbols = dict(zip(_PATHS, ("a", "b", "c", "c'", "a·b"), strict=True))
    data["text"] = [f"{symbols[str(row.Index)]} = {_shown(row)}" for row in data.itertuples()]
    notes = _notes(data, effects, level, note, lang)
    with style(lang):
        canvas = _draw(data["text"], (cause, mediator, variable), notes, options)
    return Figure(canvas, data, lang)


def _shown(row: Any) -> str:
    error = f" ({row.std_error:.3g})" if np.isfinite(row.std_error) else ""
    return f"{row.estimate:.3g}{stars(row.p)}{error}".replace("-", "−")


def _notes(data: pd.DataFrame, effects: pd.DataFrame, level: float, note: str, lang: str) -> tuple[str, ...]:
    indirect = str(data.loc["indirect", "text"])
    ends = effects.loc["indirect", ["low", "high"]] if {"low", "high"} <= set(effects.columns) else None
    if ends is not None and np.isfinite(ends.to_numpy(dtype=float)).all():
        said = f"[{ends['low']:.3g}, {ends['high']:.3g}]".replace("-", "−")
        indirect += word("interval of", lang, level=f"{100 * level:g}", ends=said)
    return (
        word("total effect", lang, text=data.loc["total", "text"]),
        word("indirect effect", lang, text=indirect),
        word("stars and errors", lang),
        *([note] if note else []),
    )


def _draw(texts: pd.Series, names: tuple[str, str, str], notes: tuple[str, ...], options: ChartOptions) -> Any:
    width = options.get("width", 6.0)
    room = width - 2 * MARGIN
    wide = 0.29 * room  # of a box
    if wide < 1.0:
        raise InputError(f"boxes would be {wide:.1f} inches wide; pass a larger width=.")
    wrapped = [wrap(name, wide - 2 * _PAD, TEXT_SIZE) for name in names]
    tall = max(text_size(text, TEXT_SIZE)[1] for text in wrapped) + 2 * _PAD
    # a and b have room from the edge of the page to their arrows, c' in the gap between the lower boxes.
    beside = room / 4 - 0.14
    spaces = {"a": beside, "b": beside, "direct": room - 2 * wide - 0.1}
    paths = {name: wrap(str(texts[name]), space, TEXT_SIZE) for name, space in spaces.items()}
    line = max(text_size(text, TEXT_SIZE)[1] for text in paths.values())
    foot = max(text_size(paths["direct"], TEXT_SIZE)[1] + 0.1 - tall / 2, 0.02)  # the text of c' stands below its arrow
    high = foot + 2 * tall + max(0.75, line + 0.5)
    canvas, axes = new_chart(high, options, left=0.0, right=0.0, bottom=0.08, notes=notes)
    axes.set_xlim(0, room)
    axes.set_ylim(0, high)
    axes.set_axis_off()
    centres = ((wide / 2, foot + tall / 2), (room / 2, high - tall / 2), (room - wide / 2, foot + tall / 2))
    for (x, y), text in zip(centres, wrapped, strict=True):
        axes.add_patch(
            Rectangle(
                (x - wide / 2, y - tall / 2), wide, tall, facecolor=_FILL, edgecolor=INK, linewidth=0.8, clip_on=False
            )
        )
        axes.text(x, y, text, ha="center", va="center", fontsize=TEXT_SIZE, linespacing=LINE_SPACING)
    (x0, y0), (x1, y1), (x2, _) = centres
    arrows = {
        "a": ((x0, y0 + tall / 2), (x1 - wide / 2, y1)),
        "b": ((x1 + wide / 2, y1), (x2, y0 + tall / 2)),
        "direct": ((x0 + wide / 2, y0), (x2 - wide / 2, y0)),
    }
    for name, (start, end) in arrows.items():
        axes.add_patch(
            FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=11, color=INK, linewidth=1, gid=name)
        )
    # a stands left of its arrow and b right of its; c' below its, in the gap between the boxes.
    middle = (y0 + tall / 2 + y1) / 2
    slant = (x1 - wide / 2 - x0) / 2
    for name, x, side in (("a", x0 + slant - 0.12, "right"), ("b", x2 - slant + 0.12, "left")):
        axes.text(x, middle + 0.04, paths[name], ha=side, va="bottom", fontsize=TEXT_SIZE, linespacing=LINE_SPACING)
    axes.text(room / 2, y0 - 0.07, paths["direct"], ha="center", va="top", fontsize=TEXT_SIZE, linespacing=LINE_SPACING)
    return canvas
