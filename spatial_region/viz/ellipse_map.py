"""Ellipses over the years on the map, and the way of the centre enlarged beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from spatial_region.core.geo import region_frame
from spatial_region.core.messages import name_some
from spatial_region.errors import UnknownNameError
from spatial_region.measure.ellipse import Ellipses
from spatial_region.viz.figure import Figure
from spatial_region.viz.furniture import nice_below
from spatial_region.viz.inputs import map_regions, region_names, variable_label
from spatial_region.viz.keywords import read_options
from spatial_region.viz.labels import label_points
from spatial_region.viz.legends import NO_DATA, ClassedRegions, MapClass, no_data_class
from spatial_region.viz.maps import MapOptions, Overlay, draw_map
from spatial_region.viz.palettes import sequence
from spatial_region.viz.placing import Bounds, Item
from spatial_region.viz.plot import plot
from spatial_region.viz.projection import MapView, has_kilometres, width_of_km
from spatial_region.viz.style import INK, SMALL_SIZE, style, text_size
from spatial_region.viz.words import word

_MOST = 6  # ellipses that can be told apart
_PANEL = (1.75, 1.25)  # inches of the panel, its title not counted; on a national map it stands above the inset
_FILL = "#efefef"
_REGION = "region"
_HALO = [withStroke(linewidth=2.2, foreground="white")]


class _TimesOnly(ClassedRegions):
    """A legend of the times, without numbers of regions."""

    def shown(self, *, counted: bool = True) -> list[tuple[MapClass, str]]:
        """Times, and "no data" where there is a region without."""
        listed = super().shown(counted=False)
        return [(each, label) for each, label in listed if each.key != _REGION]


def ellipse_map(
    ellipses: Ellipses,
    *,
    at: Iterable[object] | None = None,
    regions: object = None,
    palette: str | None = None,
    **options: Unpack[MapOptions],
) -> Figure:
    """Draw standard deviational ellipses and centres on the map, and the way of the centre enlarged.

    Parameters
    ----------
    ellipses : Ellipses
        Of `spatial_region.ellipse`.
    at : sequence, optional
        Times whose ellipses are drawn; by default all, or of more than six the first, the last and four between. The
        way of the centre has every time.
    regions : Study or geopandas.GeoDataFrame, optional
        Regions to draw, in place of those that the ellipses come from.
    palette : str, optional
        A matplotlib colormap, from the first time to the last; default ``"plasma"``.
    **options
        See `MapOptions`.

    Returns
    -------
    Figure
        Its data: centre and ellipse by time, as in ``table()``, and the colour of each.

    Raises
    ------
    UnknownNameError
        If a time has no ellipse.
    OptionError
        If an option or the palette is not offered.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely, spatial_region as sr
    >>> from spatial_region import viz
    >>> cells = [shapely.box(x, y, x + 1000, y + 1000) for x in (0, 1000, 2000) for y in (0, 1000)]
    >>> grid = gpd.GeoDataFrame(geometry=cells, index=list("abcdef"), crs=3857)
    >>> index = pd.MultiIndex.from_product([list("abcdef"), [2000, 2010]])
    >>> people = pd.DataFrame({"people": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3]}, index=index)
    >>> viz.ellipse_map(sr.ellipse(sr.make_study(grid, people), "people")).data["n"].to_dict()
    {2000: 6, 2010: 6}
    """
    lang = read_options(ellipse_map, options, MapOptions)
    located = ellipses.regions if regions is None else regions
    frame, names = map_regions(located), region_names(located)
    times = ellipses.rows.index
    shown = _times(times, at)
    colours = dict(zip(times, sequence(palette or "plasma", len(times)), strict=True))
    known = frame.index.isin(region_frame(ellipses.regions)[0].index)
    keys = pd.Series(np.where(known, _REGION, NO_DATA), index=frame.index, dtype=object)
    with style(lang):
        variable = variable_label(located, str(ellipses.spec.inputs["variable"]), lang)
        title = options.get("legend") or word("ellipses of", lang, variable=variable)
        several = len(times) > 1
        labels = {
            time: str(time) if several or time != ellipses.spec.inputs["variable"] else variable for time in shown
        }
        classes = [MapClass(time, labels[time], colours[time]) for time in shown]
        classed = _TimesOnly(keys, [MapClass(_REGION, "", _FILL), *classes, no_data_class(lang)], title)
        overlay = _overlay(ellipses, shown, colours, lang)
        canvas = draw_map(frame, classed, names=names, options=options, overlay=overlay)
    return Figure(canvas, ellipses.table().assign(colour=[colours[time] for time in times]), lang)


@plot.register
def _(result: Ellipses, **options: Any) -> Figure:
    return ellipse_map(result, **options)


def _times(known: pd.Index, at: Iterable[object] | None) -> list[Any]:
    if at is not None:
        asked = [at] if isinstance(at, str) or not isinstance(at, Iterable) else list(at)
        absent = [time for time in asked if time not in known]
        if absent:
            raise UnknownNameError(
                f"no ellipse of {name_some(absent)}; there are those of {name_some(known, limit=30)}."
            )
        return [time for time in known if time in asked]
    if len(known) <= _MOST:
        return list(known)
    return [known[place] for place in np.unique(np.linspace(0, len(known) - 1, _MOST).round().astype(int))]


def _overlay(ellipses: Ellipses, shown: Sequence[Any], colours: dict[Any, str], lang: str) -> Overlay:
    def projected(view: MapView, drawn: Any) -> Any:
        return drawn.geometry if view.crs is None else drawn.geometry.to_crs(view.crs)

    def shapes(view: MapView) -> np.ndarray:
        return np.asarray(projected(view, ellipses.ellipses).loc[shown].exterior.array)

    def draw(axes: Any, panel: Any, view: MapView) -> None:
        outlines = projected(view, ellipses.ellipses).loc[shown]
        centres = shapely.get_coordinates(np.asarray(projected(view, ellipses.centres).array))
        axes.add_collection(
            LineCollection(
                [shapely.get_coordinates(outline.exterior) for outline in outlines],
                colors=[colours[time] for time in shown],
                linewidths=1.5,
                gid="ellipses",
                zorder=4,
            ),
            autolim=False,
        )
        _draw_way(axes, centres, list(colours.values()), size=9.0, width=0.6)
        if panel is not None:
            _draw_panel(axes, panel, view, centres, [str(time) for time in ellipses.rows.index], colours, lang)

    moved = bool((ellipses.moves["distance_km"] > 0).any()) if len(ellipses.moves) else False
    heading = text_size(word("way of the centre", lang), SMALL_SIZE)[1] + 0.06
    corners = ("upper right", "lower right", "lower left", "upper left")
    return Overlay(shapes, Item("panel", _PANEL[0], _PANEL[1] + heading, corners) if moved else None, draw)


def _draw_way(axes: Any, centres: np.ndarray, colours: list[str], *, size: float, width: float) -> None:
    axes.plot(*centres.T, "-", color=INK, linewidth=width, gid="way", zorder=4.5)
    axes.scatter(*centres.T, s=size, c=colours, edgecolors=INK, linewidths=0.4, gid="centres", zorder=5)


def _draw_panel(
    axes: Any, panel: Any, view: MapView, centres: np.ndarray, texts: list[str], colours: dict[Any, str], lang: str
) -> None:
    """Draw the way of the centre at a larger scale, with arrows, times and a bar of kilometres."""
    heading = text_size(word("way of the centre", lang), SMALL_SIZE)[1] + 0.06
    left, bottom, wide, high = panel.get_position().bounds
    panel.set_position((left, bottom, wide, high * _PANEL[1] / (_PANEL[1] + heading)))
    frame = _around(centres, _PANEL[0] / _PANEL[1])
    panel.set_xlim(frame[0], frame[2])
    panel.set_ylim(frame[1], frame[3])
    panel.set_xticks([])
    panel.set_yticks([])
    panel.set_facecolor("white")
    panel.set_title(word("way of the centre", lang), fontsize=SMALL_SIZE, pad=3)
    inch = (frame[2] - frame[0]) / _PANEL[0]
    _draw_way(panel, centres, list(colours.values()), size=22.0, width=0.8)
    for start, end in pairwise(centres):
        if np.hypot(*(end - start)) > 0.22 * inch:  # an arrowhead needs room
            panel.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 0.8, "shrinkB": 2.5})
    taken = _draw_bar(panel, view, frame, inch, lang)
    order = list(dict.fromkeys([0, len(texts) - 1, *range(len(texts))]))
    line = np.vstack([np.linspace(a, b, 12) for a, b in pairwise(centres)])
    named = {place: texts[place] for place in order}
    label_points(panel, centres[order, 0], centres[order, 1], named, line, taken)
    for text in panel.texts:
        text.set_path_effects(_HALO)
    # Where on the map the panel is; the outline is that of the panel, unless this is too small to be seen.
    axes.add_patch(
        Rectangle(
            frame[:2], frame[2] - frame[0], frame[3] - frame[1], fill=False, ec=INK, lw=0.5, gid="panel", zorder=5.5
        )
    )


def _around(centres: np.ndarray, aspect: float) -> Bounds:
    """Return bounds of the panel's shape around the way, with room for names and the bar."""
    low, high = centres.min(axis=0), centres.max(axis=0)
    middle, size = (low + high) / 2, (high - low) * 1.35
    wide = max(size[0] * 1.15, size[1] * 1.25 * aspect)
    tall = wide / aspect
    centre = middle - np.array([0.0, 0.06 * tall])  # the bar stands below
    return centre[0] - wide / 2, centre[1] - tall / 2, centre[0] + wide / 2, centre[1] + tall / 2


def _draw_bar(panel: Any, view: MapView, frame: Bounds, inch: float, lang: str) -> list[Bounds]:
    """Draw a bar of kilometres in the lower left corner, and return what it takes; nothing where they are unknown."""
    if not has_kilometres(view.crs):
        return []
    centre = ((frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2)
    km = nice_below(0.3 * (frame[2] - frame[0]) / width_of_km(view.crs, centre, 1.0))
    length = width_of_km(view.crs, centre, km)
    x, y = frame[0] + 0.08 * inch, frame[1] + 0.08 * inch
    panel.plot([x, x + length], [y, y], color=INK, linewidth=1.6, solid_capstyle="butt", gid="bar", zorder=5)
    text = f"{km:g} {word('km', lang)}"
    panel.text(x, y + 0.03 * inch, text, fontsize=SMALL_SIZE, ha="left", va="bottom", zorder=6)
    wide, high = text_size(text, SMALL_SIZE)
    return [(x, y - 0.03 * inch, x + max(length, wide * inch), y + (high + 0.05) * inch)]
