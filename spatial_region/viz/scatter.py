"""The Moran scatterplot."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from spatial_region.core.messages import name_regions
from spatial_region.core.options import check_whole_number
from spatial_region.core.weights import check_same_regions
from spatial_region.errors import ConstantVariableError, DuplicateError, InputError, MissingValuesError
from spatial_region.viz.charts import ChartOptions, new_chart
from spatial_region.viz.clusters import classed_clusters
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.labels import label_points
from spatial_region.viz.legends import add_legend, legend_size
from spatial_region.viz.palettes import CLUSTER_COLOURS, OUTLINE_COLOUR
from spatial_region.viz.style import FAINT, INK, SMALL_SIZE, TEXT_SIZE, style, text_size, wrap
from spatial_region.viz.words import word

_PLAIN = "#4c78a8"
_INNER = 4.2  # inches


def moran_scatter(
    values: pd.Series,
    lag: pd.Series,
    *,
    clusters: pd.Series | None = None,
    names: pd.Series | None = None,
    variable: str | None = None,
    labels: int = 8,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw each region's value against its neighbours': the slope of the line is Moran's I.

    ``I = sum_i z_i lag_i / sum_i z_i**2``, with z the values in standard deviations, for row-standardised weights.

    Parameters
    ----------
    values : pandas.Series
        Deviations from the mean, by region, in any unit.
    lag : pandas.Series
        Spatial lag of `values`, by region; NaN for a region without neighbours, which is left out of the plot.
    clusters : pandas.Series, optional
        LISA cluster by region, which colours the points.
    names : pandas.Series, optional
        Display names by region.
    variable : str, optional
        How the variable is called on the axes; by default the name of `values`.
    labels : int
        How many regions to name at most: the significant ones first, then those that contribute most to I.
        A name for which there is no room is left out.
    note : str
        Text after the slope, such as a p-value.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: z, lag (both in standard deviations), quadrant and, where given, cluster; and whether it is
        labelled.

    Raises
    ------
    AlignmentError
        If values, lags and clusters do not have the same regions.
    InputError
        If `values` are not deviations from their mean.
    ConstantVariableError
        If all values are equal.

    References
    ----------
    Anselin, L. (1996). The Moran scatterplot as an ESDA tool to assess local instability in spatial association.
    In: Spatial Analytical Perspectives on GIS, 111-125. https://doi.org/10.1201/9780203739051-8

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> values = pd.Series({"a": -1.0, "b": 0.0, "c": 1.0}, name="gdp")
    >>> figure = viz.moran_scatter(values, pd.Series({"c": 0.5, "b": 0.0, "a": -0.5}))
    >>> figure.data["quadrant"].to_dict()
    {'a': 'LL', 'b': 'LL', 'c': 'HH'}
    """
    lang = read_options(moran_scatter, options, ChartOptions)
    check_whole_number(labels, "labels")
    data, slope = _standardised(values, lag, clusters, names)
    shown = str(values.name if variable is None and values.name is not None else variable or "x")
    with style(lang):
        canvas = _draw(data, slope, names, shown, labels, note, options)
    return Figure(canvas, data, lang)


def _standardised(
    values: pd.Series, lag: pd.Series, clusters: pd.Series | None, names: pd.Series | None
) -> tuple[pd.DataFrame, float]:
    for series, what in ((values, "values"), (lag, "lag"), (clusters, "clusters")):
        if series is not None and series.index.has_duplicates:
            twice = series.index[series.index.duplicated()].unique()
            raise DuplicateError(f"{what}: found twice: {name_regions(twice, names)}.")
    check_same_regions(lag.index, values.index, left="lag", right="values", names=names)
    z, y = values.astype(float), lag.reindex(values.index).astype(float)
    if z.isna().any():
        raise MissingValuesError(f"values are missing for {name_regions(z.index[z.isna()], names)}; leave these out.")
    spread = float(np.sqrt((z**2).mean()))
    if spread == 0:
        raise ConstantVariableError("values are equal in all regions; Moran's I is undefined.")
    if abs(z.mean()) > 1e-6 * spread:
        raise InputError(
            f"values must be deviations from their mean, and lag the spatial lag of these; found a mean of "
            f"{z.mean():.6g}."
        )
    drawn = y.notna()
    slope = float((z[drawn] * y[drawn]).sum() / (z**2).sum())
    data = pd.DataFrame({"z": z / spread, "lag": y / spread}, index=values.index.rename("region"))
    high, up = data["z"] > 0, data["lag"] > 0
    data["quadrant"] = np.where(high, np.where(up, "HH", "HL"), np.where(up, "LH", "LL"))
    data.loc[~drawn, "quadrant"] = "undefined"
    if clusters is not None:
        check_same_regions(clusters.index, values.index, left="clusters", right="values", names=names)
        data["cluster"] = clusters.reindex(values.index)
    return data, slope


def _draw(
    data: pd.DataFrame,
    slope: float,
    names: pd.Series | None,
    variable: str,
    labels: int,
    note: str,
    options: ChartOptions,
) -> Any:
    lang, width = options.get("lang", "en"), options.get("width", 6.0)
    classed = None
    if "cluster" in data:
        classed = classed_clusters(data["cluster"], names, title=None, note="", lang=lang)
    right = legend_size(classed)[0] + 0.2 if classed is not None else 0.1
    heading = wrap(
        "  ".join(part for part in (word("slope", lang, slope=f"{slope:.3f}".replace("-", "−")), note) if part),
        width - 1.2,
        TEXT_SIZE,
    )
    canvas, axes = new_chart(
        _INNER, options, left=0.62, bottom=0.52, right=right, top=text_size(heading, TEXT_SIZE)[1] + 0.1
    )
    plotted = data.dropna(subset=["z", "lag"])
    _draw_points(axes, plotted)
    _set_limits(axes, plotted)
    low, high = axes.get_xlim()
    line = _line(plotted, slope, np.linspace(low, high, 120))
    axes.plot(*line.T, color=INK, linewidth=1.0, gid="slope")
    _name_axes(axes, variable, lang, heading)
    taken = _write_quadrants(axes, lang)
    data["labelled"] = data.index.isin(_label(axes, plotted, names, labels, line, taken))
    if classed is not None:
        add_legend(axes, classed, loc="upper left", bbox_to_anchor=(1 + 0.18 / _axes_width(axes), 1))
    return canvas


def _line(plotted: pd.DataFrame, slope: float, x: np.ndarray) -> np.ndarray:
    return np.column_stack([x, plotted["lag"].mean() + slope * (x - plotted["z"].mean())])


def _axes_width(axes: Any) -> float:
    return float(axes.get_window_extent().width / axes.figure.dpi)


def _draw_points(axes: Any, plotted: pd.DataFrame) -> None:
    colours = plotted["cluster"].map(CLUSTER_COLOURS) if "cluster" in plotted else [_PLAIN] * len(plotted)
    axes.scatter(
        plotted["z"],
        plotted["lag"],
        s=22 if len(plotted) < 150 else 11,
        c=list(colours),
        edgecolors=OUTLINE_COLOUR,
        linewidths=0.35,
        gid="regions",
        zorder=4,
    )


def _set_limits(axes: Any, plotted: pd.DataFrame) -> None:
    for name, low_high, setter in (("z", 0.10, axes.set_xlim), ("lag", 0.16, axes.set_ylim)):
        low, high = min(plotted[name].min(), 0.0), max(plotted[name].max(), 0.0)
        room = low_high * (high - low) or 1.0
        setter(low - room, high + room)
    axes.axhline(0, color=FAINT, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
    axes.axvline(0, color=FAINT, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)


def _name_axes(axes: Any, variable: str, lang: str, heading: str) -> None:
    across = _axes_width(axes)
    axes.set_xlabel(wrap(word("standardised", lang, variable=variable), across, TEXT_SIZE))
    axes.set_ylabel(wrap(word("lag", lang, variable=variable), _INNER, TEXT_SIZE))
    axes.set_title(heading, loc="left", pad=4)
    axes.xaxis.set_major_locator(MaxNLocator(7))
    axes.yaxis.set_major_locator(MaxNLocator(7))


def _write_quadrants(axes: Any, lang: str) -> list[tuple[float, float, float, float]]:
    """Name the quadrants in the corners of the plot; return the rectangles they take, in data units."""
    corners = {"HH": (1, 1), "HL": (1, 0), "LL": (0, 0), "LH": (0, 1)}
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    taken = []
    for key, (x, y) in corners.items():
        text = word(key, lang)
        wide, high = text_size(text, SMALL_SIZE)
        share = (wide / _axes_width(axes) * (right - left), high / _INNER * (top - bottom))
        inset = (0.012 * (right - left), 0.012 * (top - bottom))
        x0 = right - inset[0] - share[0] if x else left + inset[0]
        y0 = top - inset[1] - share[1] if y else bottom + inset[1]
        axes.text(x0, y0, text, fontsize=SMALL_SIZE, color=FAINT, ha="left", va="bottom", zorder=3)
        taken.append((x0, y0, x0 + share[0], y0 + share[1]))
    return taken


def _label(
    axes: Any, plotted: pd.DataFrame, names: pd.Series | None, count: int, line: np.ndarray, taken: list[Any]
) -> list[object]:
    weight = (plotted["z"] * plotted["lag"]).abs()
    significant = plotted["cluster"].isin(["HH", "LL", "LH", "HL"]) if "cluster" in plotted else weight < 0
    order = pd.DataFrame({"significant": significant, "weight": weight}).sort_values(
        ["significant", "weight"], ascending=False, kind="stable"
    )
    chosen = order.index[: 4 * count]  # the next ones take the place of those for which there is no room
    texts = {region: str(region) if names is None else str(names.get(region, region)) for region in chosen}
    z, lag = plotted.loc[chosen, "z"].to_numpy(), plotted.loc[chosen, "lag"].to_numpy()
    # Labels keep off the line as well as off the points.
    points = np.vstack([plotted[["z", "lag"]].to_numpy(), line])
    return label_points(axes, z, lag, texts, points, taken, count)
