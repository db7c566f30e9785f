"""A page with one map: regions in classes, legend, north arrow, scale bar, inset, title and source line.

Every map of the package is drawn here; the figures only say which class each region has.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import shapely
from matplotlib.path import Path

from spatial_region.core.messages import name_regions
from spatial_region.errors import LabelWarning
from spatial_region.viz.furniture import draw_north_arrow, draw_scale_bar, north_arrow_item, scale_bar_item
from spatial_region.viz.inset import dashes, draw_inset, in_figure, inset_item
from spatial_region.viz.labels import label_regions
from spatial_region.viz.legends import ClassedRegions, add_legend, legend_size
from spatial_region.viz.palettes import OUTLINE_COLOUR
from spatial_region.viz.placing import Arrangement, Bounds, Item, arrange
from spatial_region.viz.projection import MapView, mainland_part, map_view, national_bounds
from spatial_region.viz.shapes import draw_lines, draw_regions, for_display, region_path
from spatial_region.viz.style import FAINT, INK, LINE_SPACING, NOTE_SIZE, TITLE_SIZE, new_canvas, text_size, wrap
from spatial_region.viz.words import word

MARGIN = 0.1  # inches around the page
_GAP = 0.09  # inches between title, map and source line
_ASPECT = (0.42, 1.2)  # least and largest height of a map relative to its width
_DOTS = 300  # detail finer than a dot at this resolution is not drawn


class MapOptions(TypedDict, total=False):
    """What every map takes besides its data; all are optional.

    Attributes
    ----------
    title : str
        Title above the map.
    lang : {"en", "zh"}
        Language of the map's own words; default ``"en"``.
    legend : str
        Title of the legend, in place of the default one.
    labels : bool or pandas.Series
        Write the names of regions on the map where they fit; a Series gives other texts, by region.
    borders : geopandas.GeoDataFrame
        Further borders to draw over the regions, for example those of provinces.
    inset : bool
        Whether to show the South China Sea with the nine-dash line; by default on national maps of China.
    source : str
        Where the data come from, written under the map.
    approval : str
        Map approval number, written under the map.
    width : float
        Width of the figure in inches; default 7.
    """

    title: str
    lang: str
    legend: str
    labels: bool | pd.Series
    borders: Any
    inset: bool | None
    source: str
    approval: str
    width: float


@dataclass(frozen=True)
class Page:
    """Sizes of a page in inches."""

    width: float
    height: float
    map_height: float
    title: str
    notes: str
    notes_height: float

    @property
    def frame(self) -> Bounds:
        """Rectangle of the map in parts of the figure: left, bottom, width, height."""
        bottom = MARGIN + (self.notes_height + _GAP if self.notes else 0.0)
        return (
            MARGIN / self.width,
            bottom / self.height,
            1 - 2 * MARGIN / self.width,
            self.map_height / self.height,
        )


@dataclass(frozen=True)
class Overlay:
    """Shapes that the map must show as well, and a panel of its own that finds its place among the furniture.

    Attributes
    ----------
    shapes : Callable
        Returns the shapes, as an array, of the view of the map.
    panel : Item or None
        Size of the panel.
    draw : Callable
        Draws both, given the axes of the map, those of the panel (or None), and the view.
    """

    shapes: Callable[[MapView], np.ndarray]
    panel: Item | None
    draw: Callable[[Any, Any, MapView], None]


def draw_map(
    regions: Any,
    classed: ClassedRegions,
    *,
    names: pd.Series | None = None,
    options: MapOptions,
    overlay: Overlay | None = None,
) -> Any:
    """Draw one map and return the matplotlib figure. Call it within `style`.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        Regions, indexed by id.
    classed : ClassedRegions
        Their classes, in the same order.
    names : pandas.Series, optional
        Display names by region, for labels.
    options : MapOptions
        Furniture.
    overlay : Overlay, optional
        What is drawn over the regions.
    """
    lang, width = options.get("lang", "en"), options.get("width", 7.0)
    view = map_view(regions.geometry)
    over = overlay.shapes(view) if overlay else np.empty(0, dtype=object)
    inset = _wants_inset(options, view)
    bar = scale_bar_item(view, lang)
    items = _items(view, classed, bar[0] if bar else None, inset=inset, lang=lang)
    items += [overlay.panel] if overlay and overlay.panel else []
    place = arrange(
        _with_shapes(national_bounds(view) if inset and view.china else view.bounds, over),
        items,
        np.concatenate([_obstacles(view, inset), over]),
        width=width - 2 * MARGIN,
        aspect=_ASPECT,
        deepen=not (inset and view.china),
    )
    page = page_of(place.height, options)
    canvas = new_canvas(page.width, page.height)
    axes = canvas.add_axes(page.frame, label="map")
    set_frame(axes, place.frame)
    paths = map_paths(view, place.scale)
    main = map_paths(replace(view, geometry=mainland_part(view)), place.scale) if inset and view.china else paths
    draw_regions(axes, main, classed)
    draw_borders(axes, view, options, inset=inset, within=place.frame)
    _draw_furniture(axes, place, view, classed, bar, lang)
    if overlay:
        box = in_figure(place.boxes[overlay.panel.name], place, page.frame) if overlay.panel else None
        overlay.draw(axes, canvas.add_axes(box, label="panel", zorder=5) if box else None, view)
    if inset:
        draw_inset(canvas, place, page.frame, view, paths, classed, lang)
    _write_labels(axes, view, names, options, place)
    write_page(canvas, page)
    return canvas


def _with_shapes(bounds: Bounds, shapes: np.ndarray) -> Bounds:
    west, south, east, north = shapely.total_bounds(shapes) if len(shapes) else bounds
    return min(west, bounds[0]), min(south, bounds[1]), max(east, bounds[2]), max(north, bounds[3])


def _wants_inset(options: MapOptions, view: MapView) -> bool:
    asked = options.get("inset")
    return view.china if asked is None else bool(asked)


def _items(view: MapView, classed: ClassedRegions, bar: Item | None, *, inset: bool, lang: str) -> list[Item]:
    items = [inset_item(view, lang)] if inset else []
    items.append(Item("legend", *legend_size(classed), ("lower left", "lower right", "upper left", "upper right")))
    arrow = north_arrow_item(view)
    return items + [item for item in (arrow, bar) if item is not None]


def _obstacles(view: MapView, inset: bool) -> np.ndarray:
    shapes = shapely.get_parts(np.asarray(view.geometry.array))
    span = view.bounds[2] - view.bounds[0]
    coarse = shapely.simplify(shapes, span / 3000, preserve_topology=True)
    if not inset:
        return coarse
    return np.concatenate([coarse, shapely.get_parts(np.asarray(dashes(view.crs).array))])


def set_frame(axes: Any, frame: Bounds) -> None:
    """Show exactly the bounds `frame`, with a thin border and no ticks."""
    axes.set_xlim(frame[0], frame[2])
    axes.set_ylim(frame[1], frame[3])
    axes.set_xticks([])
    axes.set_yticks([])


def draw_borders(
    axes: Any, view: MapView, options: MapOptions, *, inset: bool, weight: float = 1.0, within: Bounds | None = None
) -> None:
    """Draw the further borders that were asked for, and the nine-dash line where the map shows it.

    Of the line, only the dashes that lie whole `within` a frame, where one is given: the inset has all of them.
    """
    borders = options.get("borders")
    if borders is not None:
        geometry = borders.geometry if view.crs is None else borders.geometry.to_crs(view.crs)
        draw_lines(axes, geometry, width=0.5 * weight, colour=OUTLINE_COLOUR, gid="borders")
    if inset:
        line = dashes(view.crs)
        if within is not None:
            line = line.explode()
            line = line[line.within(shapely.box(*within))]
        draw_lines(axes, line, width=0.9 * weight, colour=INK, gid="nine-dash line")


def _draw_furniture(
    axes: Any, place: Arrangement, view: MapView, classed: ClassedRegions, bar: tuple[Item, float] | None, lang: str
) -> None:
    x0, _, _, y1 = place.boxes["legend"]
    add_legend(axes, classed, loc="upper left", bbox_to_anchor=(x0, y1), bbox_transform=axes.transData)
    if "north arrow" in place.boxes:
        draw_north_arrow(axes, place, view, lang)
    if bar is not None:
        draw_scale_bar(axes, place, bar[0].map_width, bar[1], lang)


def _write_labels(axes: Any, view: MapView, names: pd.Series | None, options: MapOptions, place: Arrangement) -> None:
    asked = options.get("labels", False)
    if asked is False or asked is None:
        return
    texts = asked if isinstance(asked, pd.Series) else names
    if texts is None:
        texts = view.geometry.index.to_series().astype(str)
    left_out = label_regions(axes, view.geometry, texts, list(place.boxes.values()))
    if left_out:
        warnings.warn(
            f"no room on the map for the names of {len(left_out)} of {len(view.geometry)} regions: "
            f"{name_regions(left_out, texts)}. A wider figure (width=) has more room.",
            LabelWarning,
            stacklevel=5,
        )


def page_of(map_height: float, options: MapOptions) -> Page:
    """Return the sizes of a page that holds title, a map of this height, and notes."""
    width, lang = options.get("width", 7.0), options.get("lang", "en")
    room = width - 2 * MARGIN
    title = wrap(options.get("title") or "", room, TITLE_SIZE)
    fields = [word(key, lang) + str(options[key]) for key in ("source", "approval") if options.get(key)]
    notes = "\n".join(wrap(field, room, NOTE_SIZE) for field in fields)
    title_height = text_size(title, TITLE_SIZE)[1] + _GAP if title else 0.0
    notes_height = text_size(notes, NOTE_SIZE)[1] if notes else 0.0
    height = 2 * MARGIN + title_height + map_height + (notes_height + _GAP if notes else 0.0)
    return Page(width, height, map_height, title, notes, notes_height)


def write_page(canvas: Any, page: Page) -> None:
    """Write the title above the map and the notes below it."""
    if page.title:
        canvas.text(
            0.5,
            1 - MARGIN / page.height,
            page.title,
            ha="center",
            va="top",
            fontsize=TITLE_SIZE,
            linespacing=LINE_SPACING,
        )
    if page.notes:
        canvas.text(
            MARGIN / page.width,
            MARGIN / page.height,
            page.notes,
            va="bottom",
            fontsize=NOTE_SIZE,
            color=FAINT,
            linespacing=LINE_SPACING,
        )


def map_paths(view: MapView, scale: float) -> list[Path]:
    """Return what is drawn of each region at a scale in map units an inch."""
    return [region_path(shape) for shape in for_display(view.geometry, scale / _DOTS)]
