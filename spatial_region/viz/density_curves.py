"""Kernel densities of several times, laid upon each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import matplotlib
import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.measure.density import DensityOverTime
from spatial_region.viz.charts import ChartOptions, new_chart, open_frame
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.plot import plot
from spatial_region.viz.style import SMALL_SIZE, style
from spatial_region.viz.words import word

_MOST = 8  # curves that a reader can tell apart
_HEIGHT = 3.0  # inches of the axes


def density_curves(
    result: DensityOverTime,
    *,
    times: Sequence[Any] | None = None,
    variable: str | None = None,
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw the density of each time, from early (dark) to late (light), with the rule of the bandwidth below.

    Parameters
    ----------
    result : DensityOverTime
        As `spatial_region.density_over_time` returns it.
    times : sequence, optional
        Times to draw; by default all, or, of more than eight, six spread evenly from the first to the last.
    variable : str, optional
        What the horizontal axis is called; by default the name of the variable.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: the densities drawn, one column a time.

    Raises
    ------
    InputError
        If `result` is something else, or `times` are none or more than eight.
    UnknownNameError
        If there is no density of a time.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, spatial_region as sr
    >>> from spatial_region import viz
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(range(5), [0] * 5), index=list("abcde"), crs=4326)
    >>> years = pd.DataFrame({2000: [1.0, 2, 3, 4, 9], 2020: [4.0, 5, 5, 6, 7]}, index=list("abcde"))
    >>> study = sr.make_study(points, years.stack().to_frame("gdp"))
    >>> viz.density_curves(sr.density_over_time(study, "gdp")).data.columns.tolist()
    [2000, 2020]
    """
    if not isinstance(result, DensityOverTime):
        raise InputError(f"density_curves() draws what density_over_time() returns; found {type(result).__name__}.")
    lang = read_options(density_curves, options, ChartOptions)
    data = result.densities[_chosen(result.densities.columns, times)]
    settings = result.spec.options
    variable = variable or str(result.spec.inputs["variable"])
    label = word("over mean of time", lang, variable=variable) if settings["relative"] else variable
    rule = settings["bandwidth"]
    note = word("bandwidth", lang, rule=rule if isinstance(rule, str) else f"{rule:g}")
    with style(lang):
        canvas = _draw(data, label, note, options)
    return Figure(canvas, data.copy(), lang)


@plot.register
def _(result: DensityOverTime, **options: Any) -> Figure:
    return density_curves(result, **options)


def _chosen(columns: pd.Index, times: Sequence[Any] | None) -> list[Any]:
    if times is None:
        if len(columns) <= _MOST:
            return list(columns)
        return [columns[place] for place in np.linspace(0, len(columns) - 1, 6).round().astype(int)]
    wanted = [times] if isinstance(times, (str, int, float)) else list(times)
    unknown = [time for time in wanted if time not in columns]
    if unknown:
        raise UnknownNameError(
            f"no density at {name_some(unknown)}; there are those of {name_some(columns, limit=30)}."
        )
    if not 0 < len(wanted) <= _MOST:
        raise InputError(f"times must be from 1 to {_MOST}, so that curves can be told apart; found {len(wanted)}.")
    return wanted


def _draw(data: pd.DataFrame, label: str, note: str, options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    canvas, axes = new_chart(_HEIGHT, options, left=0.62, right=0.15, bottom=0.45, top=0.05, notes=(note,))
    # viridis, without the yellow that white paper swallows: it ascends in lightness for every reader
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.85, data.shape[1]))
    several = data.shape[1] > 1
    for time, colour in zip(data.columns, colours, strict=True):
        axes.plot(data.index, data[time], color=colour, linewidth=1.3, label=str(time) if several else None)
    axes.set_xlabel(label)
    axes.set_ylabel(word("density", lang))
    axes.set_ylim(bottom=0, top=1.04 * float(data.to_numpy().max()))
    axes.margins(x=0)
    if several:
        axes.legend(loc="upper right", frameon=False, fontsize=SMALL_SIZE, handlelength=1.6)
    open_frame(axes)
    return canvas
