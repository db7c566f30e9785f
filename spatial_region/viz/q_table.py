"""A table of q as a heatmap: factors in rows, groups or times in columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex, to_rgb

from spatial_region.errors import InputError
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart
from spatial_region.viz.style import INK, SMALL_SIZE, TEXT_SIZE, breaks_within, text_size, wrap
from spatial_region.viz.words import word

_PALETTE = "YlOrRd"
_LABEL_ROOM = 1.7  # inches a factor's label may take before it is wrapped
_ROW, _BAR = 0.34, 0.62  # inches: least height of a row, room of the scale
_LARGEST, _LEAST = 1.1, 0.26  # inches of a column
_MANY = 12  # columns that a narrow figure has room for
_MOST_LINES = 3  # of a label under a column, before it is turned


def draw_q_table(
    data: pd.DataFrame,
    rows: Mapping[str, str],
    heads: Mapping[object, str],
    notes: tuple[str, ...],
    options: ChartOptions,
) -> tuple[Any, list[str]]:
    """Draw cells of factor by column, with their text, and return the canvas and the colour of each row of `data`.

    Raises
    ------
    InputError
        If there are more columns than the figure has room for.
    """
    lang, width = options.get("lang", "en"), options.get("width", 6.0 if len(heads) <= _MANY else 7.5)
    labels = [wrap(label, _LABEL_ROOM, TEXT_SIZE) for label in rows.values()]
    side = max(text_size(label, TEXT_SIZE)[0] for label in labels) + 0.12
    across = min((width - 2 * MARGIN - side - _BAR) / len(heads), _LARGEST)
    if across < _LEAST:
        raise InputError(
            f"columns would be {max(across, 0):.2f} inches wide with {len(heads)} of them; pass a larger width=."
        )
    high = max(_ROW, max(text_size(label, TEXT_SIZE)[1] for label in labels) + 0.08)
    below, turned = _below(list(heads.values()), across)
    foot = max(text_size(label, TEXT_SIZE)[not turned] for label in below) + 0.14
    norm = Normalize(0.0, float(np.nanmax(data["q"])) or 1.0 if data["q"].notna().any() else 1.0)
    q = data["q"].to_numpy(dtype=float)
    filled = matplotlib.colormaps[_PALETTE](norm(q))
    colours = ["#ffffff" if absent else to_hex(colour) for absent, colour in zip(np.isnan(q), filled, strict=True)]
    found = pd.MultiIndex.from_frame(data[["factor", "column"]])
    lacking = data["q"].isna().any() or len(found) < len(rows) * len(heads)
    said = [word("q by group", lang), *(note for note in notes if note)]
    canvas, axes = new_chart(
        high * len(rows),
        {**options, "width": width},
        left=side,
        right=width - 2 * MARGIN - side - across * len(heads),
        bottom=foot,
        notes=(*said, word("undefined q", lang)) if lacking else tuple(said),
    )
    _draw_cells(axes, data.assign(colour=colours), list(rows), list(heads), across)
    axes.set_xticks(range(len(heads)), below, rotation=90 if turned else 0, fontsize=TEXT_SIZE)
    axes.set_yticks(range(len(rows)), labels, fontsize=TEXT_SIZE)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    box, wide = axes.get_position(), canvas.get_size_inches()[0]
    bar = canvas.add_axes((box.x1 + 0.12 / wide, box.y0, 0.11 / wide, box.height), label="scale")
    canvas.colorbar(ScalarMappable(norm, _PALETTE), cax=bar)
    bar.tick_params(labelsize=SMALL_SIZE, length=2)
    bar.locator_params(axis="y", nbins=min(6, 2 + len(rows)))
    return canvas, colours


def _below(heads: list[str], across: float) -> tuple[list[str], bool]:
    """Return the labels under the columns, and whether they must be turned for want of room."""
    room = across - 0.08
    if all(breaks_within(head, room, TEXT_SIZE) for head in heads):
        wrapped = [wrap(head, room, TEXT_SIZE) for head in heads]
        if max(head.count("\n") for head in wrapped) < _MOST_LINES:
            return wrapped, False
    turned = [wrap(head, _LABEL_ROOM, TEXT_SIZE) for head in heads]
    crowded = max(text_size(head, TEXT_SIZE)[1] for head in turned) > across
    return (heads if crowded else turned), True


def _draw_cells(axes: Any, data: pd.DataFrame, rows: list[str], heads: list[object], across: float) -> None:
    place = {head: number for number, head in enumerate(heads)}
    line = {factor: number for number, factor in enumerate(rows)}
    size = min(SMALL_SIZE, SMALL_SIZE * (across - 0.06) / text_size("0.000***", SMALL_SIZE)[0])
    written = {(line[row.factor], place[row.column]): (row.text, row.colour) for row in data.itertuples()}
    for y in range(len(rows)):
        for x in range(len(heads)):
            text, colour = written.get((y, x), ("–", "#ffffff"))
            cell = matplotlib.patches.Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="white")
            axes.add_patch(cell)
            ink = "white" if np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) < 0.5 else INK
            lift = 0.0 if size >= 5 else text_size("0", SMALL_SIZE)[1]
            number, mark = text.rstrip("*"), text[len(text.rstrip("*")) :]
            if lift:  # stars below the number, for want of room beside it
                axes.text(x, y - 0.12, number, ha="center", va="center", fontsize=_narrow(across), color=ink)
                axes.text(x, y + 0.28, mark, ha="center", va="center", fontsize=_narrow(across), color=ink)
            else:
                axes.text(x, y, text, ha="center", va="center", fontsize=size, color=ink)
    axes.set_xlim(-0.5, len(heads) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)


def _narrow(across: float) -> float:
    return min(SMALL_SIZE, SMALL_SIZE * (across - 0.04) / text_size("0.000", SMALL_SIZE)[0])
