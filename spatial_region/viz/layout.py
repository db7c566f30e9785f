"""What is wrong with the layout of a figure: texts cut off, or drawn over each other."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from matplotlib.legend import Legend
from matplotlib.text import Text

from spatial_region.viz.style import style

_TOLERANCE = 0.01  # inches; hinting moves edges by less


def layout_faults(figure: Any) -> list[str]:
    """Return one line for each text outside the figure, and each pair of texts that overlap.

    Parameters
    ----------
    figure : Figure or matplotlib.figure.Figure
        Any figure.

    Returns
    -------
    list of str
        Empty when nothing is cut off and nothing overlaps.
    """
    canvas = getattr(figure, "figure", figure)
    with style(getattr(figure, "lang", "en")):  # as when it is saved: other hinting makes texts wider
        return _faults(canvas)


def _faults(canvas: Any) -> list[str]:
    canvas.draw_without_rendering()
    renderer = canvas.canvas.get_renderer()
    slack = _TOLERANCE * canvas.dpi
    texts = [_Drawn(text, text.get_window_extent(renderer)) for text in _texts(canvas)]
    faults = [f"cut off: {item.words!r}" for item in texts if _outside(item.box, canvas.bbox, slack)]
    legends = [legend.get_window_extent(renderer) for legend in canvas.findobj(Legend)]
    faults += ["cut off: a legend" for box in legends if _outside(box, canvas.bbox, slack)]
    faults += [
        f"overlap: {a.words!r} and {b.words!r}" for a, b in combinations(texts, 2) if _overlap(a.box, b.box, slack)
    ]
    return faults


class _Drawn:
    def __init__(self, text: Text, box: Any) -> None:
        self.words, self.box = text.get_text(), box


def _texts(canvas: Any) -> list[Text]:
    undrawn = {id(label) for axes in canvas.axes for label in _undrawn_tick_labels(axes)}
    shown = [text for text in canvas.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in shown if id(text) not in undrawn]


def _undrawn_tick_labels(axes: Any) -> list[Text]:
    """Return labels that matplotlib keeps but does not draw: of ticks beyond the limits, and of axes switched off."""
    labels = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        room = 1e-9 * (high - low)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            within = low - room <= tick.get_loc() <= high + room
            if not (within and axes.axison and axis.get_visible()):
                labels += [tick.label1, tick.label2]
    return labels


def _outside(box: Any, page: Any, slack: float) -> bool:
    return bool(
        box.x0 < page.x0 - slack or box.y0 < page.y0 - slack or box.x1 > page.x1 + slack or box.y1 > page.y1 + slack
    )


def _overlap(a: Any, b: Any, slack: float) -> bool:
    across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return bool(across > slack and up > slack)
