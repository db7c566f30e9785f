"""Regions ranked by a composite index, with what each dimension adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_whole_number
from spatial_region.core.weights import check_same_regions
from spatial_region.errors import InputError
from spatial_region.viz.charts import ChartOptions
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.panels import LINE_COLOURS
from spatial_region.viz.rows import MOST_ROWS, at_one_time, highest_first, row_chart, row_names, square, with_time
from spatial_region.viz.style import INK, SMALL_SIZE, style, text_size
from spatial_region.viz.words import word

_FILL = "#4c78a8"


def score_bars(
    scores: pd.Series,
    parts: pd.DataFrame | None = None,
    *,
    at: Any = None,
    names: pd.Series | None = None,
    labels: Mapping[str, str] | None = None,
    most: int = MOST_ROWS,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw the score of each region at one time as a bar, the highest on top, divided by dimensions.

    Parameters
    ----------
    scores : pandas.Series
        Score by region, or by (region, time). A missing one has no bar.
    parts : pandas.DataFrame, optional
        What each dimension adds to the score, a column a dimension, indexed as `scores`; none negative, at most eight.
    at : object, optional
        Time; the last by default.
    names : pandas.Series, optional
        Display names of the regions.
    labels : mapping, optional
        How each dimension is called in the figure.
    most : int
        Most bars; if there are more regions, the highest are drawn, and a note says so.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: name, score and the parts of each bar, from the top.

    Raises
    ------
    InputError
        If there is no score, one is infinite, or parts do not add to it, are negative, or more than eight.
    AlignmentError
        If `parts` has other rows than `scores`.
    UnknownNameError
        If there is no such time.
    DuplicateError
        If a region occurs twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> parts = pd.DataFrame({"growth": [0.25, 0.5], "nature": [0.25, 0.25]}, index=["north", "south"])
    >>> viz.score_bars(parts.sum(axis=1), parts).data["score"].tolist()
    [0.75, 0.5]
    """
    lang = read_options(score_bars, options, ChartOptions)
    check_whole_number(most, "most", least=1)
    table = pd.DataFrame({"score": scores.astype(float)})
    if np.isinf(table["score"]).any() or not table["score"].notna().any():
        raise InputError("scores must be finite numbers, at least one.")
    dimensions: list[str] = []
    if parts is not None:
        dimensions = [str(column) for column in parts.columns]
        table[dimensions] = _checked(parts, scores)
    own, time = at_one_time(table, at)
    data, left_out = highest_first(own, "score", most, lang)
    data.insert(0, "name", row_names(data, names))
    called = {name: str((labels or {}).get(name, name)) for name in dimensions}
    notes = (*left_out, *([note] if note else []))
    with style(lang):
        canvas = _draw(data, called, with_time(word("score", lang), time, lang), notes, options)
    return Figure(canvas, data, lang)


def _checked(parts: pd.DataFrame, scores: pd.Series) -> np.ndarray:
    check_same_regions(parts.index, scores.index, left="parts", right="scores", names=None)
    if parts.shape[1] > len(LINE_COLOURS):
        raise InputError(f"{parts.shape[1]} dimensions, and colours tell at most {len(LINE_COLOURS)} apart.")
    if "score" in parts or "name" in parts:
        raise InputError("a dimension cannot be called 'score' or 'name'; rename it.")
    own = parts.reindex(scores.index).astype(float)
    negative = own.index[(own < 0).any(axis="columns")]
    if len(negative):
        raise InputError(f"parts of a bar cannot be negative; they are at {name_some(negative)}.")
    known = scores.notna().to_numpy()
    off = known & ~np.isclose(own.sum(axis="columns"), scores.astype(float), rtol=1e-6, atol=1e-9)
    if off.any():
        raise InputError(f"parts do not add to the score at {name_some(scores.index[off])}.")
    return np.asarray(own)


def _draw(
    data: pd.DataFrame, called: Mapping[str, str], axis: str, notes: tuple[str, ...], options: ChartOptions
) -> Any:
    texts = ["–" if pd.isna(value) else f"{value:.3f}" for value in data["score"]]
    colours = dict(zip(called, LINE_COLOURS, strict=False))
    canvas, axes, places = row_chart(
        list(data["name"]),
        options,
        x_label=axis,
        right=max(text_size(text, SMALL_SIZE)[0] for text in texts) + 0.12,
        handles=[square(colours[name], label) for name, label in called.items()],
        notes=notes,
    )
    foot = np.zeros(len(data))
    for name in called:
        sizes = data[name].fillna(0.0).to_numpy()
        axes.barh(places, sizes, left=foot, height=0.72, color=colours[name], gid=name)
        foot += sizes
    if not called:
        axes.barh(places, data["score"], height=0.72, color=_FILL, gid="score")
    ends = data["score"].fillna(0.0)
    low, high = min(0.0, float(ends.min())), max(0.0, float(ends.max()))
    span = high - low or 1.0
    axes.set_xlim(low, high if high > low else 1.0)
    if low < 0:
        axes.axvline(0, color=INK, linewidth=0.6)
    gap = 0.05 * span / (axes.get_window_extent().width / canvas.dpi)
    for place, end, text in zip(places, ends, texts, strict=True):
        axes.text(max(end, 0.0) + gap, place, text, va="center", ha="left", fontsize=SMALL_SIZE)
    return canvas
