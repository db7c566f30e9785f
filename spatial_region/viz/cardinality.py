"""How many neighbours regions have, as a histogram."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from spatial_region.core.weights import Weights, as_weights
from spatial_region.viz.charts import ChartOptions, new_chart, open_frame
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.style import FAINT, INK, SMALL_SIZE, style, text_size
from spatial_region.viz.words import word

_FILL, _ISLANDS = "#4c78a8", "#c0182c"
_HEIGHT = 2.6  # inches of the axes
_MOST_BARS = 40
_MOST_NAMED = 5


def cardinality_histogram(w: object, *, note: str = "", **options: Unpack[ChartOptions]) -> Figure:
    """Draw how many regions have 0, 1, 2 ... neighbours; those without any are marked and named.

    Parameters
    ----------
    w : Weights, libpysal.graph.Graph or libpysal.weights.W
        Spatial weights. A region is not a neighbour of its own.
    note : str
        Text under the chart, such as how the weights were made.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: one row a bar; columns least and most (neighbours) and regions. Bars hold several numbers of
        neighbours where there would be more than 40; those without neighbours always have their own.

    Raises
    ------
    InputError
        If `w` is no spatial weights.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> from spatial_region import viz
    >>> row = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2)], index=list("abc"), crs=3857)
    >>> viz.cardinality_histogram(sr.contiguity(row)).data["regions"].tolist()
    [0, 2, 1]
    """
    lang = read_options(cardinality_histogram, options, ChartOptions)
    weights = as_weights(w)
    data = _bars(weights.cardinalities.to_numpy())
    with style(lang):
        canvas = _draw(data, weights, note, options)
    return Figure(canvas, data, lang)


def _bars(counts: np.ndarray) -> pd.DataFrame:
    """Return bars of equally many numbers of neighbours from 1 on, and one for 0."""
    top = int(counts.max()) if len(counts) else 0
    step = max(1, int(np.ceil(top / _MOST_BARS)))
    least = np.r_[0, np.arange(1, top + 1, step)]
    most = np.r_[0, np.arange(1, top + 1, step) + step - 1]
    found = np.bincount(np.searchsorted(most, counts), minlength=len(least))
    return pd.DataFrame({"least": least, "most": most, "regions": found}, index=pd.RangeIndex(len(least), name="bar"))


def _draw(data: pd.DataFrame, w: Weights, note: str, options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    notes = tuple(text for text in (_named_islands(w, lang), note) if text)
    highest = f"{int(data['regions'].max()):,}"
    canvas, axes = new_chart(
        _HEIGHT, options, left=0.32 + text_size(highest, SMALL_SIZE)[0], right=0.1, bottom=0.45, top=0.1, notes=notes
    )
    # The bar of islands is as wide as the others, however many numbers of neighbours these hold.
    step = int((data["most"] - data["least"]).max()) + 1
    centres = np.where(data["least"] == 0, 0.5 - step / 2, (data["least"] + data["most"]) / 2)
    colours = [_ISLANDS if least == 0 else _FILL for least in data["least"]]
    axes.bar(centres, data["regions"], width=0.86 * step, color=colours, gid="regions")
    _write_counts(canvas, axes, centres, data["regions"].to_numpy(), step)
    mean = float(w.cardinalities.mean())
    if mean > 0:
        # A mark above the bars: a line through them would cross the figure on top of one.
        at = axes.get_xaxis_transform()
        axes.plot([mean, mean], [0.93, 1.0], color=INK, linewidth=0.8, transform=at, gid="mean")
        axes.plot([mean], [0.93], "v", color=INK, markersize=3.5, transform=at)
        _write_mean(canvas, axes, mean, word("mean", lang, mean=mean))
    axes.set_xlabel(word("neighbours", lang))
    axes.set_ylabel(word("regions", lang))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    _ticks(axes, data, centres)
    open_frame(axes)
    return canvas


def _write_counts(canvas: Any, axes: Any, centres: np.ndarray, regions: np.ndarray, step: int) -> None:
    """Write the height of each bar above it where all fit, else that of the islands only."""
    axes.set_ylim(0, max(float(regions.max()), 1.0) * 1.22)
    room = axes.get_window_extent().width / canvas.dpi / np.ptp(axes.get_xlim()) * step
    fits = max(text_size(f"{count:,}", SMALL_SIZE)[0] for count in regions) < room
    for place, (centre, count) in enumerate(zip(centres, regions, strict=True)):
        if count and (fits or place == 0):
            text = axes.annotate(
                f"{count:,}", (centre, count), (0, 2), textcoords="offset points", ha="center", fontsize=SMALL_SIZE
            )
            text.set_path_effects([withStroke(linewidth=1.8, foreground="white")])


def _write_mean(canvas: Any, axes: Any, mean: float, text: str) -> None:
    """Write the mean beside the top of its line, on the side that has room."""
    low, high = axes.get_xlim()
    wide = text_size(text, SMALL_SIZE)[0] * canvas.dpi / axes.get_window_extent().width * (high - low)
    right = mean + 1.1 * wide < high
    axes.annotate(
        text,
        (mean, 1.0),
        (4 if right else -4, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
        fontsize=SMALL_SIZE,
        color=FAINT,
    )


def _ticks(axes: Any, data: pd.DataFrame, centres: np.ndarray) -> None:
    """Label each bar, or so many that labels stay apart."""
    labels = [
        f"{least}" if least == most else f"{least}\u2013{most}"
        for least, most in zip(data["least"], data["most"], strict=True)
    ]
    inches = axes.get_window_extent().width / axes.figure.dpi / np.ptp(axes.get_xlim()) * np.diff(centres, append=0)[0]
    widest = max(text_size(label, SMALL_SIZE)[0] for label in labels) + 0.1
    every = max(1, int(np.ceil(widest / inches))) if len(centres) > 1 else 1
    shown = sorted({0, *range(1, len(labels), every)} - ({1} if every > 1 else set()))
    axes.set_xticks(centres[shown], [labels[place] for place in shown])
    axes.tick_params(axis="x", length=0)


def _named_islands(w: Weights, lang: str) -> str:
    islands = list(w.islands)
    if not islands:
        return ""
    names = w.names
    known = [
        str(names.loc[region]) if names is not None and region in names.index else str(region) for region in islands
    ]
    listed = ("、" if lang == "zh" else ", ").join(known[:_MOST_NAMED])
    more = len(known) - _MOST_NAMED
    return word("islands and more" if more > 0 else "islands named", lang, names=listed, more=more, count=len(known))
