"""Transition matrices as heatmaps: with what probability, and how often, regions move between states."""

from __future__ import annotations

from typing import Any, Unpack

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex, to_rgb

from spatial_region.core.options import check_whole_number
from spatial_region.errors import InputError
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.palettes import CLUSTER_COLOURS
from spatial_region.viz.style import INK, SMALL_SIZE, TEXT_SIZE, style, text_size, wrap
from spatial_region.viz.words import word

_PALETTE = "YlOrRd"
_NORM = Normalize(0.0, 1.0)
_LABEL_ROOM = 1.1  # inches a state's label may take before it is wrapped
_BAR, _BETWEEN = 0.55, 0.22  # inches: of the scale at the right, and between panels


def transition_heatmap(
    counts: pd.DataFrame, *, columns: int | None = None, note: str = "", **options: Unpack[ChartOptions]
) -> Figure:
    """Draw a transition matrix: probability of each move, and the number of moves in brackets.

    Parameters
    ----------
    counts : pandas.DataFrame
        Number of moves from the state of the row to that of the column. With two levels of rows, (class of the
        neighbours, state), one matrix for each class.
    columns : int, optional
        Matrices in a row.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: (class of the neighbours,) from, to, count, probability (NaN for a state that was never left) and
        colour of each cell.

    Raises
    ------
    InputError
        If the counts are no square matrix of numbers that are not negative.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> counts = pd.DataFrame([[8, 2], [1, 9]], index=["low", "high"], columns=["low", "high"])
    >>> viz.transition_heatmap(counts).data["probability"].tolist()
    [0.8, 0.2, 0.1, 0.9]
    """
    lang = read_options(transition_heatmap, options, ChartOptions)
    if columns is not None:
        check_whole_number(columns, "columns", least=1)
    panels = _panels(counts)
    cells = pd.concat([_cells(part, key) for key, part in panels.items()], ignore_index=True)
    if None in panels:
        cells = cells.drop(columns="lag")
    with style(lang):
        canvas = _draw(panels, columns, note, options)
    return Figure(canvas, cells, lang)


def _panels(counts: pd.DataFrame) -> dict[object, pd.DataFrame]:
    """Return one square matrix, under None, or several by the class of the neighbours."""
    levels = counts.index.nlevels
    if levels == 1:
        panels: dict[object, pd.DataFrame] = {None: counts}
    elif levels == 2:
        keys = counts.index.get_level_values(0).unique()
        panels = {key: counts.xs(key, level=0) for key in keys}
    else:
        panels = {}
    for part in panels.values():
        square = part.shape[0] and part.index.tolist() == part.columns.tolist()
        if not square or not (part.to_numpy(dtype=float) >= 0).all():
            break
    else:
        if panels:
            return panels
    raise InputError(
        "counts must be a matrix of numbers of moves, the same states in rows and columns; with two levels of rows, "
        "one such matrix for each class of the neighbours."
    )


def _cells(counts: pd.DataFrame, key: object) -> pd.DataFrame:
    numbers = counts.to_numpy(dtype=float)
    totals = numbers.sum(axis=1, keepdims=True)
    shares = np.divide(numbers, totals, out=np.full(numbers.shape, np.nan), where=totals > 0)
    colormap = matplotlib.colormaps[_PALETTE]
    k = len(counts)
    return pd.DataFrame(
        {
            "lag": [key] * k * k,
            "from": np.repeat(np.asarray(counts.index, dtype=object), k),
            "to": np.tile(np.asarray(counts.columns, dtype=object), k),
            "count": counts.to_numpy().ravel(),
            "probability": shares.ravel(),
            "colour": ["#ffffff" if np.isnan(p) else to_hex(colormap(_NORM(p))) for p in shares.ravel()],
        }
    )


def _draw(panels: dict[object, pd.DataFrame], columns: int | None, note: str, options: ChartOptions) -> Any:
    lang, width = options.get("lang", "en"), options.get("width", 6.0 if len(panels) == 1 else 7.5)
    states = [state_label(state, lang) for state in next(iter(panels.values())).columns]
    per_row = columns or min(len(panels), 3 if len(panels) > 4 else 2)
    rows = -(-len(panels) // per_row)
    labels = [wrap(state, _LABEL_ROOM, TEXT_SIZE) for state in states]
    side = max(text_size(label, TEXT_SIZE)[0] for label in labels) + 0.4
    room = width - 2 * MARGIN - side - _BAR - (per_row - 1) * _BETWEEN
    cell = min(room / (per_row * len(states)), 0.95)
    if cell < 0.3:
        raise InputError(f"cells would be {cell:.2f} inches wide; pass fewer columns= or a larger width=.")
    below = [wrap(state, cell - 0.04, TEXT_SIZE) for state in states]
    foot = max(text_size(label, TEXT_SIZE)[1] for label in below) + 0.36
    head = text_size("H", TEXT_SIZE)[1] + 0.1 if None not in panels else 0.0
    block = cell * len(states)
    high = rows * (block + head) + (rows - 1) * _BETWEEN
    options = {**options, "width": width}
    notes = (word("transition cells", lang), *([note] if note else []))
    canvas, area = new_chart(high, options, left=side, right=_BAR, bottom=foot, notes=notes)
    wide, tall = canvas.get_size_inches()
    box = area.get_position()
    area.remove()
    for place, (key, counts) in enumerate(panels.items()):
        row, column = divmod(place, per_row)
        left = box.x0 * wide + column * (block + _BETWEEN)
        base = box.y1 * tall - row * (block + head + _BETWEEN) - head - block
        axes = canvas.add_axes((left / wide, base / tall, block / wide, block / tall), label=f"matrix {place}")
        _draw_matrix(axes, _cells(counts, key), len(states), cell)
        axes.set_xticks(range(len(states)), below if place + per_row >= len(panels) else [], fontsize=TEXT_SIZE)
        axes.set_yticks(range(len(states)), labels if column == 0 else [], fontsize=TEXT_SIZE)
        if column == 0:
            axes.set_ylabel(word("from state", lang), fontsize=TEXT_SIZE)
        if place + per_row >= len(panels):
            axes.set_xlabel(word("to state", lang), fontsize=TEXT_SIZE)
        if key is not None:
            heading = word("neighbours in class" if isinstance(key, int) else "neighbours in", lang, state=key)
            canvas.text(left / wide, (base + block + 0.05) / tall, heading, fontsize=TEXT_SIZE, va="bottom")
    _draw_bar(canvas, box, block * per_row + (per_row - 1) * _BETWEEN)
    return canvas


def _draw_matrix(axes: Any, cells: pd.DataFrame, k: int, cell: float) -> None:
    shares = cells["probability"].to_numpy().reshape(k, k)
    edges = np.arange(k + 1) - 0.5
    axes.pcolormesh(
        edges, edges, np.ma.masked_invalid(shares), cmap=_PALETTE, norm=_NORM, edgecolors="white", linewidth=1.0
    )
    size = min(SMALL_SIZE, 72 * cell / 4.6)
    for place, row in enumerate(cells.itertuples()):
        up, across = divmod(place, k)
        ink = "white" if np.dot(to_rgb(row.colour), (0.299, 0.587, 0.114)) < 0.5 else INK
        share = "–" if np.isnan(row.probability) else f"{row.probability:.3f}"
        axes.text(across, up, f"{share}\n({row.count:,})", ha="center", va="center", fontsize=size, color=ink)
    axes.set_xlim(-0.5, k - 0.5)
    axes.set_ylim(k - 0.5, -0.5)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_bar(canvas: Any, box: Any, across: float) -> None:
    wide = canvas.get_size_inches()[0]
    bar = canvas.add_axes((box.x0 + (across + 0.12) / wide, box.y0, 0.11 / wide, box.height), label="scale")
    canvas.colorbar(ScalarMappable(_NORM, _PALETTE), cax=bar)
    bar.tick_params(labelsize=SMALL_SIZE, length=2)


def state_label(state: object, lang: str) -> str:
    """Return how a state is called: quadrants in the language of the figure, others as they are."""
    return word(str(state), lang) if str(state) in CLUSTER_COLOURS else str(state)
