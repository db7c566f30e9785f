"""Spatial weights as a map: who is linked to whom, and who is left out."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke

from spatial_region.core.messages import name_regions
from spatial_region.core.weights import Weights, as_weights
from spatial_region.errors import AlignmentError, LabelWarning
from spatial_region.viz.figure import Figure
from spatial_region.viz.inputs import map_regions, region_names
from spatial_region.viz.keywords import read_options
from spatial_region.viz.labels import label_points
from spatial_region.viz.legends import NO_DATA, ClassedRegions, MapClass, no_data_class
from spatial_region.viz.maps import MapOptions, draw_map
from spatial_region.viz.placing import Bounds
from spatial_region.viz.projection import map_view
from spatial_region.viz.style import style
from spatial_region.viz.words import word

# Links and the paler regions under them: of the only component, then of the largest ones of several.
_ONE = ("#2f5d8a", "#ececec")
_SEVERAL = (
    *(("#2f5d8a", "#e3ebf3"), ("#c8641b", "#f8e6d8"), ("#3c8d40", "#e0f0e0"), ("#8a4fa3", "#efe3f4")),
    *(("#b5893b", "#f6edda"), ("#2a9d9d", "#dcf1f1")),
)
_OTHERS = ("#6b6b6b", "#dedede")
_ISLAND, _ISLAND_FILL = "#c0182c", "#f7d9dc"
_MOST_AVOIDED = 60  # regions whose points a name keeps clear of; among more there would be no room
_COMPONENT, _OTHER, _NONE = "component {}", "other components", "no neighbours"


def connectivity_map(regions: object, w: object, **options: Unpack[MapOptions]) -> Figure:
    """Draw each link of spatial weights as a line between two regions, and name the regions without any.

    Where the links fall into several parts, each part has its colour (from the seventh on, one colour for all).

    Parameters
    ----------
    regions : Study or geopandas.GeoDataFrame
        Regions; of a study, its whole base map.
    w : Weights, libpysal.graph.Graph or libpysal.weights.W
        Their weights. A line stands for a link in one or both directions.
    **options
        See `MapOptions`. Names stand beside the points; without ``labels`` those of islands only.

    Returns
    -------
    Figure
        Its data: number of neighbours, component (0 the largest; -1 for islands), label and colour of each region.

    Raises
    ------
    AlignmentError
        If a region of `w` is not among the regions.
    InputError
        If `w` is no spatial weights.

    Warns
    -----
    LabelWarning
        If a name found no room.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> from spatial_region import viz
    >>> row = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2)], index=list("abc"), crs=3857)
    >>> viz.connectivity_map(row, sr.contiguity(row)).data["neighbours"].to_dict()
    {'a': 1, 'b': 2, 'c': 1}
    """
    lang = read_options(connectivity_map, options, MapOptions)
    frame, names = map_regions(regions), region_names(regions)
    weights = as_weights(w)
    stray = weights.ids.difference(frame.index)
    if len(stray):
        raise AlignmentError(
            f"w has {len(stray)} of {weights.n} regions that are not among the {len(frame)} regions of the map: "
            f"{name_regions(stray, weights.names)}. The regions are labelled like {name_regions(frame.index, limit=3)}."
        )
    component = _components(weights)
    pairs = _pairs(weights)
    with style(lang):
        classed, colours = _classed(frame, component, pairs, options.get("legend"), lang)
        bare: MapOptions = {**options, "labels": False}  # names stand beside the points here, not on them
        canvas = draw_map(frame, classed, names=names, options=bare)
        points = _points(frame)
        _draw_links(canvas, points.loc[weights.ids].to_numpy(), pairs, component.to_numpy(), colours)
        _mark_islands(canvas, points.loc[weights.islands])
        _write_names(canvas, points, _texts(frame, weights, names, options))
    return Figure(canvas, _data(frame, weights, component, classed, names), lang)


def _texts(frame: Any, w: Weights, names: pd.Series | None, options: MapOptions) -> pd.Series:
    """Return the names to write, islands first: of all regions if `labels` asks for them, else of the islands."""
    asked = options.get("labels")
    plain = frame.index.to_series().astype(str)
    named = plain if names is None else names.reindex(frame.index).fillna(plain)
    if asked is None or asked is False:
        return named.loc[w.islands]
    wanted = asked.reindex(frame.index).dropna().astype(str) if isinstance(asked, pd.Series) else named
    order = wanted.index.isin(w.islands).argsort(kind="stable")[::-1]
    return wanted.iloc[order]


def _components(w: Weights) -> pd.Series:
    """Return the component of each region, 0 the largest, and -1 for regions without neighbours."""
    labels = w.components
    linked = labels.isin(labels.value_counts().loc[lambda sizes: sizes > 1].index)
    # Of equal size, the one with the region that stands first in the weights comes first.
    order = labels[linked].value_counts(sort=False)
    first = pd.Series(np.arange(w.n), index=w.ids)[linked].groupby(labels[linked]).min()
    ranked = sorted(order.index, key=lambda label: (-order[label], first[label]))
    return labels.map({label: place for place, label in enumerate(ranked)}).fillna(-1).astype(int)


def _pairs(w: Weights) -> np.ndarray:
    """Return the positions of linked regions, each pair once, the lower position first."""
    links = w.sparse.tocoo()
    apart = links.row != links.col
    both = np.sort(np.column_stack([links.row[apart], links.col[apart]]), axis=1)
    return np.unique(both, axis=0) if len(both) else np.empty((0, 2), dtype=np.int64)


def _classed(
    frame: Any, component: pd.Series, pairs: np.ndarray, title: str | None, lang: str
) -> tuple[ClassedRegions, list[str]]:
    """Return the classes of the map, and the colour of the links of each component."""
    count = int(component.max()) + 1 if len(component) else 0
    shades = [_ONE] if count <= 1 else [*_SEVERAL[:count], *[_OTHERS] * (count - len(_SEVERAL))]
    keys = component.map(_key).reindex(frame.index).fillna(NO_DATA).astype(object)
    several = [
        MapClass(_COMPONENT.format(place), word("component", lang, number=place + 1), fill)
        for place, (_, fill) in enumerate(shades[: len(_SEVERAL)])
    ]
    classes = [MapClass(_COMPONENT.format(0), word("linked", lang), _ONE[1])] if count <= 1 else several
    rest = count - len(_SEVERAL)
    classes += [
        MapClass(_OTHER, word("other components", lang, count=max(rest, 0)), _OTHERS[1], always=False),
        MapClass(_NONE, word("undefined", lang), _ISLAND_FILL, always=False),
        replace(no_data_class(lang), label=word("not in w", lang)),
    ]
    heading = word("links title", lang) if title is None else title
    return ClassedRegions(keys, classes, heading, word("pairs", lang, count=len(pairs))), [link for link, _ in shades]


def _key(place: int) -> str:
    return _NONE if place < 0 else _COMPONENT.format(place) if place < len(_SEVERAL) else _OTHER


def _points(frame: Any) -> pd.DataFrame:
    """Return a point within the largest part of each region, in the projection of the map."""
    geometry = np.asarray(map_view(frame.geometry).geometry.array)
    parts, owner = shapely.get_parts(geometry, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    largest = order[np.r_[True, np.diff(owner[order]) > 0]]
    x, y = shapely.get_coordinates(shapely.point_on_surface(parts[largest])).T
    return pd.DataFrame({"x": x, "y": y}, index=frame.index)


def _draw_links(canvas: Any, points: np.ndarray, pairs: np.ndarray, component: np.ndarray, colours: list[str]) -> None:
    """Draw the lines in every frame of the page; what lies outside a frame is cut."""
    count = len(pairs)
    width = 0.9 if count < 300 else 0.6 if count < 3000 else 0.35 if count < 20000 else 0.2
    shades = np.array(colours, dtype=object)[component[pairs[:, 0]]] if count else []
    for axes in canvas.axes:
        weight = 1.0 if axes.get_label() == "map" else 0.5
        lines = LineCollection(points[pairs], colors=list(shades), linewidths=weight * width, gid="links", zorder=3.2)
        axes.add_collection(lines, autolim=False)
        if len(points) < 1000:
            used, size = points[np.unique(pairs)], 3.0 if len(points) < 60 else 1.6
            axes.plot(
                *used.T, "o", color="#333333", markersize=size * weight, markeredgewidth=0, gid="points", zorder=3.3
            )


def _mark_islands(canvas: Any, islands: pd.DataFrame) -> None:
    for axes in canvas.axes if len(islands) else []:
        axes.plot(
            *islands.to_numpy().T,
            "o",
            markerfacecolor=_ISLAND,
            markeredgecolor="white",
            markersize=5,
            markeredgewidth=0.6,
            gid="islands",
            zorder=5.5,
        )


def _write_names(canvas: Any, points: pd.DataFrame, texts: pd.Series) -> None:
    """Write names beside their points, each in the first frame that shows the point, and say which found no room."""
    written: set[object] = set()
    for axes in canvas.axes:
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        shown = points[points["x"].between(left, right) & points["y"].between(bottom, top)]
        chosen = texts[texts.index.isin(shown.index) & ~texts.index.isin(written)]
        at = shown.loc[chosen.index]
        before = len(axes.texts)
        avoided = shown.to_numpy() if len(shown) < _MOST_AVOIDED else at.to_numpy()
        named = label_points(axes, at["x"].to_numpy(), at["y"].to_numpy(), chosen.to_dict(), avoided, _taken(axes))
        written |= set(named)
        for text in axes.texts[before:]:
            text.set_path_effects([withStroke(linewidth=1.8, foreground="white")])
    left_out = texts[~texts.index.isin(written)]
    if len(left_out):
        warnings.warn(
            f"no room on the map for the names of {len(left_out)} of {len(texts)} regions: "
            f"{name_regions(left_out.index, texts)}. A wider figure (width=) has more room.",
            LabelWarning,
            stacklevel=3,
        )


def _taken(axes: Any) -> list[Bounds]:
    """Return what stands on the axes already, in their units: legend, texts, furniture, and an inset."""
    renderer = axes.figure.canvas.get_renderer()
    artists = [*axes.texts, *axes.patches, *([axes.get_legend()] if axes.get_legend() else [])]
    boxes = [artist.get_window_extent(renderer) for artist in artists]
    # An inset stands on the map, and the map under the inset.
    boxes += [other.get_tightbbox(renderer) for other in axes.figure.axes if other.get_zorder() > axes.get_zorder()]
    to_data = axes.transData.inverted()
    return [(*to_data.transform((box.x0, box.y0)), *to_data.transform((box.x1, box.y1))) for box in boxes]


def _data(
    frame: Any, w: Weights, component: pd.Series, classed: ClassedRegions, names: pd.Series | None
) -> pd.DataFrame:
    by_key = classed.by_key
    data = pd.DataFrame(
        {
            "neighbours": w.cardinalities.reindex(frame.index).astype("Int64"),
            "component": component.reindex(frame.index).astype("Int64"),
            "label": [by_key[key].label for key in classed.keys],
            "colour": classed.colours(),
        },
        index=frame.index.rename("region"),
    )
    if names is not None:
        data.insert(0, "name", names.reindex(data.index))
    return data
