"""Charts side by side: panels in rows, each with a heading, one legend and one set of notes for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.lines import Line2D

from spatial_region.errors import InputError
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart, open_frame
from spatial_region.viz.style import LINE_SPACING, SMALL_SIZE, TEXT_SIZE, new_canvas, text_size, wrap

# Eight colours that people with any colour vision tell apart (Okabe and Ito), and markers for those who print in grey.
LINE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#222222", "#8c6d31")
LINE_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
_HEIGHT, _SINGLE = 1.55, 2.6  # inches of the axes: of one among several, and alone
_TICKS, _BELOW = 0.5, 0.24  # inches of the tick labels left of and below each panel
_BETWEEN = 0.14
_AXIS_LABEL = 0.2
_NARROWEST = 0.7


def line_look(place: int) -> dict[str, Any]:
    """Return colour and marker of the line with this number."""
    return {"color": LINE_COLOURS[place % len(LINE_COLOURS)], "marker": LINE_MARKERS[place % len(LINE_MARKERS)]}


def panel_charts(
    headings: Sequence[str],
    handles: Sequence[Line2D],
    options: ChartOptions,
    *,
    columns: int | None,
    x_label: str,
    y_label: str,
    below: float = _BELOW,
    notes: tuple[str, ...] = (),
) -> tuple[Any, list[Any]]:
    """Return a canvas and the axes of each panel, with headings, axis labels, legend and notes written.

    Parameters
    ----------
    headings : sequence of str
        One a panel; empty for none.
    handles : sequence of Line2D
        Of the legend under the panels.
    options : ChartOptions
        Title, language, source and width.
    columns : int, optional
        Panels in a row.
    x_label, y_label : str
        Written once: under the last row and beside the first column.
    below : float
        Inches of the tick labels under a panel.
    notes : tuple of str
        Lines under the legend.

    Raises
    ------
    InputError
        If panels would be too narrow to read.
    """
    count = len(headings)
    width = options.get("width", 6.0 if count == 1 else 7.5)
    per_row = min(columns or (count if count < 4 else 2 if count == 4 else 3), count)
    rows = -(-count // per_row)
    high = _SINGLE if count == 1 else _HEIGHT
    x_label, more_below = _wrapped(x_label, width - 2 * MARGIN - _TICKS)
    y_label, more_beside = _wrapped(y_label, rows * high)
    beside = _AXIS_LABEL + more_beside
    across = (width - 2 * MARGIN - beside - (per_row - 1) * _BETWEEN) / per_row
    if across - _TICKS < _NARROWEST:
        raise InputError(
            f"panels would be {max(across - _TICKS, 0):.1f} inches wide; pass fewer columns= or a larger width=."
        )
    wrapped = [wrap(heading, across - _TICKS, TEXT_SIZE) for heading in headings]
    heads = [
        max(text_size(text, TEXT_SIZE)[1] if text else 0.0 for text in wrapped[row * per_row : (row + 1) * per_row])
        + 0.12
        for row in range(rows)
    ]
    block = sum(heads) + rows * (high + below) + (rows - 1) * _BETWEEN
    under = _AXIS_LABEL + more_below if x_label else 0.0
    foot = under + 0.04 + (legend_height(handles, width) if handles else 0.0)
    canvas, area = new_chart(block, {**options, "width": width}, left=0.0, right=0.0, bottom=foot, notes=notes)
    tall = canvas.get_size_inches()[1]
    box = area.get_position()
    area.remove()
    columns_at = [MARGIN + beside + column * (across + _BETWEEN) + _TICKS for column in range(per_row)]
    made = _add_panels(canvas, wrapped, heads, columns_at, box.y1 * tall, across - _TICKS, high, below)
    bottom, middle = box.y0, (box.y0 + box.y1) / 2
    centre = (MARGIN + beside + _TICKS + width - MARGIN) / 2 / width
    canvas.text(
        centre, bottom - 0.02 / tall, x_label, fontsize=TEXT_SIZE, ha="center", va="top", linespacing=LINE_SPACING
    )
    canvas.text(
        MARGIN / width,
        middle,
        y_label,
        fontsize=TEXT_SIZE,
        rotation=90,
        va="center",
        ma="center",
        linespacing=LINE_SPACING,
    )
    if handles:
        anchor = (MARGIN / width, bottom - (under + 0.08) / tall)
        add_legend(canvas, handles, width, loc="upper left", bbox_to_anchor=anchor)
    return canvas, made


def _add_panels(
    canvas: Any,
    texts: Sequence[str],
    heads: Sequence[float],
    columns_at: Sequence[float],
    top: float,
    wide: float,
    high: float,
    below: float,
) -> list[Any]:
    """Add the axes of each panel with its heading, row by row from the top; all numbers are inches."""
    width, tall = canvas.get_size_inches()
    made: list[Any] = []
    for head in heads:
        for left in columns_at[: len(texts) - len(made)]:
            axes = canvas.add_axes(
                (left / width, (top - head - high) / tall, wide / width, high / tall), label=f"panel {len(made)}"
            )
            open_frame(axes)
            text, foot = texts[len(made)], (top - head + 0.06) / tall
            canvas.text(left / width, foot, text, fontsize=TEXT_SIZE, va="bottom", linespacing=LINE_SPACING)
            made.append(axes)
        top -= head + high + below + _BETWEEN
    return made


def _wrapped(label: str, room: float) -> tuple[str, float]:
    """Return the label of an axis in lines that fit, and the inches that those after the first take."""
    text = wrap(label, room, TEXT_SIZE)
    return text, text_size(text, TEXT_SIZE)[1] - text_size(text.split("\n")[0], TEXT_SIZE)[1] if "\n" in text else 0.0


def add_legend(canvas: Any, handles: Sequence[Line2D], width: float, **placing: Any) -> Any:
    """Add a legend in as many columns as the page has room for."""
    texts = [wrap(str(handle.get_label()), width - 2 * MARGIN - 0.62, SMALL_SIZE) for handle in handles]
    widest = max(text_size(text, SMALL_SIZE)[0] for text in texts) + 0.62
    columns = max(1, min(len(handles), int((width - 2 * MARGIN) / widest)))
    return canvas.legend(
        handles=handles,
        labels=texts,
        ncols=columns,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=1.8,
        **placing,
    )


def legend_height(handles: Sequence[Line2D], width: float) -> float:
    """Return the inches that a legend takes, the gap above it included."""
    canvas = new_canvas(width, 4)
    legend = add_legend(canvas, handles, width, loc="upper left")
    return float(legend.get_window_extent(canvas.canvas.get_renderer()).height / canvas.dpi) + 0.12
