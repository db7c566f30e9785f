"""Pages with one chart: axes placed in inches, so that every label has room."""

from __future__ import annotations

from typing import Any, TypedDict

from spatial_region.viz.style import FAINT, LINE_SPACING, NOTE_SIZE, TITLE_SIZE, new_canvas, text_size, wrap
from spatial_region.viz.words import word

MARGIN = 0.12  # inches around the page
_GAP = 0.1


class ChartOptions(TypedDict, total=False):
    """What every chart takes besides its data; all are optional.

    Attributes
    ----------
    title : str
        Title above the chart.
    lang : {"en", "zh"}
        Language of the chart's own words; default ``"en"``.
    source : str
        Where the data come from, written under the chart.
    width : float
        Width of the figure in inches; default 6.
    """

    title: str
    lang: str
    source: str
    width: float


def new_chart(
    inner_height: float,
    options: ChartOptions,
    *,
    left: float,
    bottom: float,
    right: float = 0.1,
    top: float = 0.0,
    notes: tuple[str, ...] = (),
) -> tuple[Any, Any]:
    """Return a canvas and its axes, with title and notes written.

    Parameters
    ----------
    inner_height : float
        Height of the axes in inches.
    options : ChartOptions
        Title, language, source and width.
    left, bottom, right, top : float
        Room in inches for what stands around the axes, such as tick labels.
    notes : tuple of str
        Lines under the chart, before the source.
    """
    width, lang = options.get("width", 6.0), options.get("lang", "en")
    room = width - 2 * MARGIN
    title = wrap(options.get("title") or "", room, TITLE_SIZE)
    source = options.get("source")
    lines = [*notes, word("source", lang) + source] if source else [*notes]
    note = "\n".join(wrap(line, room, NOTE_SIZE) for line in lines)
    title_height = text_size(title, TITLE_SIZE)[1] + _GAP if title else 0.0
    note_height = text_size(note, NOTE_SIZE)[1] + _GAP if note else 0.0
    height = 2 * MARGIN + title_height + top + inner_height + bottom + note_height
    canvas = new_canvas(width, height)
    low = MARGIN + note_height + bottom
    across = width - 2 * MARGIN - left - right
    axes = canvas.add_axes(
        ((MARGIN + left) / width, low / height, across / width, inner_height / height), label="chart"
    )
    if title:
        canvas.text(
            0.5, 1 - MARGIN / height, title, ha="center", va="top", fontsize=TITLE_SIZE, linespacing=LINE_SPACING
        )
    if note:
        canvas.text(
            MARGIN / width,
            MARGIN / height,
            note,
            va="bottom",
            fontsize=NOTE_SIZE,
            color=FAINT,
            linespacing=LINE_SPACING,
        )
    return canvas, axes


def open_frame(axes: Any) -> None:
    """Leave only the left and lower edge of the frame."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def plain_ticks(axis: Any) -> None:
    """Write ticks as short numbers of their own, without a factor or an offset at the end of the axis."""

    def text(number: float, _: object) -> str:
        largest = max(map(abs, axis.get_view_interval()))
        if 1e-3 <= largest < 1e6:
            shown = f"{number:,.6g}"
        else:
            digits, _, power = f"{number:.3g}".partition("e")
            shown = f"{digits}e{int(power)}" if power else digits
        return shown.replace("-", "\N{MINUS SIGN}")

    axis.set_major_formatter(text)
