"""What a global statistic is without spatial association, and where the observed one stands."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd

from spatial_region.autocorr.bivariate import BivariateMoran
from spatial_region.autocorr.global_result import GlobalResult
from spatial_region.errors import InputError
from spatial_region.viz.charts import ChartOptions, new_chart, open_frame
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.style import FAINT, INK, SMALL_SIZE, style
from spatial_region.viz.words import word

_FILL, _MARK = "#9ecae1", "#b2182b"
_HEIGHT = 2.6  # inches of the axes
_MOST_BARS = 60


def permutation_histogram(result: GlobalResult, *, note: str = "", **options: Unpack[ChartOptions]) -> Figure:
    """Draw a global statistic among those of the permutations of its test.

    Parameters
    ----------
    result : Moran, Geary, GetisOrdG, JoinCount, BivariateMoran or Lee
        With permutations.
    note : str
        Text under the chart, such as its p-value.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: left and right end of each bar, and the number of permutations in it.

    Raises
    ------
    InputError
        If `result` is no global statistic, or has no permutations.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> from spatial_region import viz
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(16)}, geometry=cells, index=list("abcdefghijklmnop"), crs=3857)
    >>> figure = viz.permutation_histogram(sr.geary(grid, "gdp", w=sr.contiguity(grid), permutations=99))
    >>> int(figure.data["permutations"].sum())
    99
    """
    lang = read_options(permutation_histogram, options, ChartOptions)
    if not isinstance(result, GlobalResult):
        raise InputError(f"the histogram is of a global statistic; found {type(result).__name__}.")
    if not len(result.simulated):
        raise InputError("the result has no permutations to draw; compute it with permutations=9999, for example.")
    counts, edges = np.histogram(result.simulated, bins=_edges(result.simulated, result.statistic))
    data = pd.DataFrame({"left": edges[:-1], "right": edges[1:], "permutations": counts})
    with style(lang):
        canvas = _draw(data, result, note, options)
    return Figure(canvas, data, lang)


def _edges(simulated: np.ndarray, observed: float) -> np.ndarray:
    """Return ends of bars of equal width, with a bar of its own for each value where there are few, as of counts."""
    values = np.unique(np.round(simulated, 9))
    if len(values) <= _MOST_BARS and len(values) > 1:
        step = np.diff(values).min()
        bars = round((values[-1] - values[0]) / step) + 1
        if bars <= _MOST_BARS:
            return np.linspace(values[0] - step / 2, values[0] + (bars - 0.5) * step, bars + 1)
    low, high = float(simulated.min()), float(simulated.max())
    if high - low <= 1e-12 * max(abs(high), 1.0):
        room = abs(observed - low) / 20 or 0.5
        return np.array([low - room, high + room])
    return np.linspace(low, high, min(40, max(10, len(simulated) // 20)) + 1)


def _draw(data: pd.DataFrame, result: GlobalResult, note: str, options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    canvas, axes = new_chart(
        _HEIGHT, options, left=0.7, right=0.15, bottom=0.42, top=0.05, notes=(note,) if note else ()
    )
    width = data["right"] - data["left"]
    axes.bar(data["left"], data["permutations"], width=width, align="edge", color=_FILL, edgecolor="white", lw=0.3)
    reach = {"ymax": 0.86}  # below the legend
    if np.isfinite(result.expected):
        label = word("expected", lang)
        axes.axvline(result.expected, **reach, color=FAINT, lw=0.8, ls="--", label=label, gid="expected")
    shown = word("observed", lang, value=f"{result.statistic:.4g}".replace("-", "−"))
    axes.axvline(result.statistic, **reach, color=_MARK, lw=1.6, label=shown, gid="observed")
    axes.set_xlabel(_axis(result, lang), color=INK)
    axes.set_ylabel(word("count of draws", lang))
    axes.margins(x=0.03)
    axes.set_ylim(0, 1.25 * data["permutations"].max())  # room for the legend
    axes.locator_params(axis="x", nbins=7)
    axes.legend(loc="upper left", ncols=2, frameon=False, fontsize=SMALL_SIZE, columnspacing=1.4, handletextpad=0.5)
    open_frame(axes)
    return canvas


def _axis(result: GlobalResult, lang: str) -> str:
    if result.symbol == "unlike":
        return word("unlike joins", lang)
    return word("bivariate", lang) if isinstance(result, BivariateMoran) else result.title
