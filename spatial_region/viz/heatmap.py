"""The interaction detector as a heatmap: q of every pair of factors, and how the two act together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex, to_rgb
from matplotlib.lines import Line2D

from spatial_region.core.options import check_between
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.pair_cells import TYPE_MARKS, is_hollow, pair_cells
from spatial_region.viz.style import INK, SMALL_SIZE, TEXT_SIZE, breaks_within, new_canvas, style, text_size, wrap
from spatial_region.viz.words import word

_PALETTE = "YlOrRd"
_MOST_LINES = 3  # of a label under a column, before it is turned
_LABEL_ROOM = 1.5  # inches a factor's label may take before it is wrapped


def interaction_heatmap(
    interactions: pd.DataFrame,
    factors: pd.DataFrame | pd.Series | None = None,
    *,
    level: float = 0.05,
    labels: Mapping[str, str] | None = None,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw q of every pair of factors, with a mark for the type of interaction and single factors on the diagonal.

    The overlay of two factors has so many strata that values without any pattern are often called "enhance,
    nonlinear" too. Where the table says how often (column ``noise_nonlinear``), the mark of a pair to which this
    happens in more than `level` of the permutations stays hollow, and a line under the figure says so.

    Parameters
    ----------
    interactions : pandas.DataFrame
        One row a pair: factor_a, factor_b, q_ab (NaN if undefined), type (and q_a, q_b, if `factors` is not
        given). Optional: noise_nonlinear, the share of permutations of the variable that make the pair "enhance,
        nonlinear".
    factors : pandas.DataFrame or pandas.Series, optional
        q of each factor, by factor; its order is the order of rows and columns.
    level : float
        Share of permutations above which the mark of a pair called "enhance, nonlinear" is hollow.
    labels : mapping, optional
        How each factor is called in the figure.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: row, column, q, type and colour of each cell, and noise_nonlinear where it was given.

    Raises
    ------
    UnknownNameError
        If a column is absent, a factor of a pair has no q, or a type is not known.
    DuplicateError
        If a pair occurs twice.
    InputError
        If q or noise_nonlinear does not lie between 0 and 1, or `level` does not lie between them.

    References
    ----------
    Wang, J.-F. et al. (2010). Geographical detectors-based health risk assessment. International Journal of
    Geographical Information Science 24(1), 107-127. https://doi.org/10.1080/13658810802443457

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> pair = {"factor_a": "soil", "factor_b": "rain", "q_a": 0.2, "q_b": 0.3, "q_ab": 0.6}
    >>> figure = viz.interaction_heatmap(pd.DataFrame([{**pair, "type": "enhance, nonlinear"}]))
    >>> figure.data[["row", "column", "q"]].values.tolist()
    [['soil', 'soil', 0.2], ['rain', 'soil', 0.6], ['rain', 'rain', 0.3]]
    """
    lang = read_options(interaction_heatmap, options, ChartOptions)
    check_between(level, "level", low=0, high=1)
    cells, order = pair_cells(interactions, factors)
    norm = Normalize(0.0, max(float(cells["q"].fillna(0.0).max()), 1e-12))
    colormap = matplotlib.colormaps[_PALETTE]
    cells["colour"] = ["#ffffff" if np.isnan(q) else to_hex(colormap(norm(q))) for q in cells["q"]]
    shown = {factor: str((labels or {}).get(factor, factor)) for factor in order}
    with style(lang):
        canvas = _draw(cells, order, shown, norm, _notes(cells, level, note, lang), level, options)
    return Figure(canvas, cells, lang)


def _notes(cells: pd.DataFrame, level: float, note: str, lang: str) -> tuple[str, ...]:
    hollow = word("noise marks", lang, level=f"{100 * level:g}") if is_hollow(cells, level).any() else ""
    undefined = word("undefined q", lang) if cells["q"].isna().any() else ""
    return tuple(filter(None, (word("q of pairs", lang), hollow, undefined, note)))


def _draw(
    cells: pd.DataFrame,
    order: list[str],
    shown: dict[str, str],
    norm: Normalize,
    notes: tuple[str, ...],
    level: float,
    options: ChartOptions,
) -> Any:
    lang, width = options.get("lang", "en"), options.get("width", 6.0)
    rows = {factor: wrap(shown[factor], _LABEL_ROOM, TEXT_SIZE) for factor in order}
    side = max(text_size(text, TEXT_SIZE)[0] for text in rows.values()) + 0.12
    right = 0.62
    cell = min((width - 2 * MARGIN - side - right) / len(order), 0.9)
    columns, turned = _column_labels([shown[factor] for factor in order], cell)
    foot = max(text_size(label, TEXT_SIZE)[not turned] for label in columns) + 0.14
    marks = _marks(cells, lang)
    marks_height = _marks_height(marks, width) if marks else 0.0
    across = width - 2 * MARGIN - side - right
    canvas, axes = new_chart(
        cell * len(order),
        options,
        left=side,
        right=right + across - cell * len(order),
        bottom=foot + marks_height,
        notes=notes,
    )
    _draw_cells(axes, cells.assign(hollow=is_hollow(cells, level)), order, norm, cell)
    _name_cells(axes, columns, [rows[factor] for factor in order], turned)
    _draw_bar(canvas, axes, norm, lang)
    if marks:
        _add_marks(canvas, marks, axes, foot, width)
    return canvas


def _column_labels(shown: list[str], cell: float) -> tuple[list[str], bool]:
    """Return the labels under the columns, and whether they must be turned for want of room."""
    room = cell - 0.08
    if all(breaks_within(label, room, TEXT_SIZE) for label in shown):
        wrapped = [wrap(label, room, TEXT_SIZE) for label in shown]
        if max(label.count("\n") for label in wrapped) < _MOST_LINES:
            return wrapped, False
    return [wrap(label, _LABEL_ROOM, TEXT_SIZE) for label in shown], True


def _draw_cells(axes: Any, cells: pd.DataFrame, order: list[str], norm: Normalize, cell: float) -> None:
    place = {factor: number for number, factor in enumerate(order)}
    grid = np.full((len(order), len(order)), np.nan)
    for row in cells.itertuples():
        grid[place[row.row], place[row.column]] = row.q
    axes.pcolormesh(
        np.arange(len(order) + 1) - 0.5,
        np.arange(len(order) + 1) - 0.5,
        np.ma.masked_invalid(grid),
        cmap=_PALETTE,
        norm=norm,
        edgecolors="white",
        linewidth=1.0,
        gid="cells",
    )
    size = min(SMALL_SIZE, 72 * cell / 3.6)
    for row in cells.itertuples():
        x, y = place[row.column], place[row.row]
        ink = "white" if np.dot(to_rgb(row.colour), (0.299, 0.587, 0.114)) < 0.5 else INK
        lift = -0.17 if row.type else 0.0
        axes.text(
            x, y + lift, "–" if np.isnan(row.q) else f"{row.q:.3f}", ha="center", va="center", fontsize=size, color=ink
        )
        if row.type:
            fill = "none" if row.hollow else ink
            large = min(5.5, 72 * cell / 7)
            (mark,) = axes.plot(x, y + 0.22, TYPE_MARKS[row.type], markersize=large, color=ink, gid=row.type)
            mark.set(markerfacecolor=fill, markeredgewidth=min(1.0, 0.18 * large))


def _name_cells(axes: Any, columns: list[str], rows: list[str], turned: bool) -> None:
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(len(rows)), columns, rotation=90 if turned else 0, fontsize=TEXT_SIZE)
    axes.set_yticks(range(len(rows)), rows, fontsize=TEXT_SIZE)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_bar(canvas: Any, axes: Any, norm: Normalize, lang: str) -> None:
    box = axes.get_position()
    wide = canvas.get_size_inches()[0]
    bar = canvas.add_axes((box.x1 + 0.12 / wide, box.y0, 0.11 / wide, box.height), label="scale")
    canvas.colorbar(ScalarMappable(norm, _PALETTE), cax=bar)
    bar.tick_params(labelsize=SMALL_SIZE, length=2)


def _marks(cells: pd.DataFrame, lang: str) -> list[Line2D]:
    found = set(cells["type"])
    return [
        Line2D([], [], linestyle="", marker=mark, markersize=5, color=INK, label=f"{word(key, lang)} ({count})")
        for key, mark in TYPE_MARKS.items()
        if key in found and (count := int((cells["type"] == key).sum()))
    ]


def _add_legend(canvas: Any, marks: list[Line2D], width: float, **placing: Any) -> Any:
    widest = max(text_size(str(mark.get_label()), SMALL_SIZE)[0] for mark in marks) + 0.45
    columns = max(1, min(len(marks), int((width - 2 * MARGIN) / widest)))
    return canvas.legend(
        handles=marks, ncols=columns, frameon=False, borderpad=0, borderaxespad=0, handletextpad=0.3, **placing
    )


def _marks_height(marks: list[Line2D], width: float) -> float:
    canvas = new_canvas(width, 4)
    legend = _add_legend(canvas, marks, width, loc="upper left")
    return float(legend.get_window_extent(canvas.canvas.get_renderer()).height / canvas.dpi) + 0.06


def _add_marks(canvas: Any, marks: list[Line2D], axes: Any, foot: float, width: float) -> None:
    high = canvas.get_size_inches()[1]
    anchor = (MARGIN / width, axes.get_position().y0 - foot / high)
    _add_legend(canvas, marks, width, loc="upper left", bbox_to_anchor=anchor)
