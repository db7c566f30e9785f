"""Small multiples: the same map at several times, in the same classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_option
from spatial_region.core.study import Study
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.viz.choropleth import classed_numbers
from spatial_region.viz.classes import Scheme, find_breaks
from spatial_region.viz.clusters import classed_clusters, drawn_data
from spatial_region.viz.figure import Figure
from spatial_region.viz.inputs import map_regions, match_regions, numeric, region_names, variable_label
from spatial_region.viz.inset import dashes
from spatial_region.viz.keywords import read_options
from spatial_region.viz.legends import ClassedRegions, add_legend, legend_size
from spatial_region.viz.maps import MARGIN, MapOptions, draw_borders, map_paths, page_of, set_frame, write_page
from spatial_region.viz.placing import Bounds, with_margin
from spatial_region.viz.projection import MapView, map_view
from spatial_region.viz.shapes import draw_regions
from spatial_region.viz.style import TEXT_SIZE, new_canvas, style, text_size

MultiplesKind = Literal["choropleth", "clusters"]
_GAP = 0.1  # inches between panels


def small_multiples(
    regions: object,
    variable: str | pd.DataFrame,
    *,
    kind: MultiplesKind = "choropleth",
    times: Sequence[object] | None = None,
    scheme: Scheme | Sequence[float] = "quantiles",
    k: int = 5,
    palette: str | None = None,
    columns: int | None = None,
    **options: Unpack[MapOptions],
) -> Figure:
    """Draw the same map at several times, all in the same classes, so that colours can be compared.

    Parameters
    ----------
    regions : Study or geopandas.GeoDataFrame
        Regions; of a study, its whole base map.
    variable : str or pandas.DataFrame
        Name of a variable of a panel, or a table of region by time.
    kind : {"choropleth", "clusters"}
        Whether the values are numbers, or names of LISA clusters.
    times : sequence, optional
        Times to draw, in this order; all by default.
    scheme, k, palette
        See `choropleth`. Classes are found from all times together.
    columns : int, optional
        Panels in a row.
    **options
        See `MapOptions`; labels and inset are not drawn. National maps of China show the nine-dash line in full.

    Returns
    -------
    Figure
        Its data: value or cluster, class, label and colour, by region and time.

    Raises
    ------
    UnknownNameError
        If there is no such variable or time.
    InputError
        If the study is a cross-section, or the values do not fit `kind`.
    AlignmentError
        If a label of the values is not among the regions.
    """
    lang = read_options(small_multiples, options, MapOptions)
    check_option(kind, MultiplesKind, "kind")
    frame, names = map_regions(regions), region_names(regions)
    wide = _chosen(_wide(regions, variable), times)
    matched = {time: match_regions(wide[time], frame, names, what=f"values at {time}") for time in wide.columns}
    with style(lang):
        if kind == "clusters":
            panels = {
                time: classed_clusters(
                    values, names, title=options.get("legend"), note="", lang=lang, classes=_all_classes(wide)
                )
                for time, values in matched.items()
            }
        else:
            numbers = {time: numeric(values, f"values at {time}") for time, values in matched.items()}
            breaks = find_breaks(pd.concat(numbers.values()), scheme, k)
            label = variable_label(regions, variable, lang) if isinstance(variable, str) else ""
            title = options.get("legend") or label
            panels = {
                time: classed_numbers(values, breaks, palette, title=title, lang=lang)
                for time, values in numbers.items()
            }
        canvas = _draw_panels(frame, panels, columns, options)
    return Figure(canvas, _drawn(panels, matched, names), lang)


def _all_classes(wide: pd.DataFrame) -> list[str] | None:
    """Return the classes that a local statistic has, or else those of all times, so that panels share colours."""
    kinds = [kind.categories for kind in wide.dtypes if isinstance(kind, pd.CategoricalDtype)]
    if len(kinds) < wide.shape[1]:
        kinds = [wide[time].dropna().unique() for time in wide.columns]
    return sorted({str(name) for names in kinds for name in names}) or None


def _wide(regions: object, variable: str | pd.DataFrame) -> pd.DataFrame:
    if isinstance(variable, pd.DataFrame):
        return variable
    if isinstance(regions, Study):
        return regions.wide(variable)
    raise InputError("a variable by name needs a Study with time; else pass a table of region by time.")


def _chosen(wide: pd.DataFrame, times: Sequence[object] | None) -> pd.DataFrame:
    if times is None:
        return wide
    unknown = [time for time in times if time not in wide.columns]
    if unknown:
        raise UnknownNameError(f"no time {name_some(unknown)}; there are {name_some(wide.columns, limit=30)}.")
    return wide[list(times)]


def _draw_panels(regions: Any, panels: dict[object, ClassedRegions], columns: int | None, options: MapOptions) -> Any:
    width = options.get("width", 7.0)
    view = map_view(regions.geometry)
    together = _together(list(panels.values()))
    legend_width, legend_height = legend_size(together, counted=False)
    per_row = columns or min(len(panels), 3 if len(panels) != 4 else 2)
    rows = int(np.ceil(len(panels) / per_row))
    heading = (
        text_size("0年", TEXT_SIZE)[1] + 0.06 if options.get("lang") == "zh" else text_size("0", TEXT_SIZE)[1] + 0.06
    )
    panel_width = (width - 2 * MARGIN - legend_width - per_row * _GAP) / per_row
    if panel_width < 0.6:
        raise InputError(f"panels would be {panel_width:.1f} inches wide; pass fewer columns= or a larger width=.")
    frame = with_margin(_whole(view), 0.03)
    panel_height = panel_width * (frame[3] - frame[1]) / (frame[2] - frame[0])
    block = rows * (panel_height + heading) + (rows - 1) * _GAP
    page = page_of(max(block, legend_height), options)
    canvas = new_canvas(page.width, page.height)
    paths = map_paths(view, (frame[2] - frame[0]) / panel_width)
    left, bottom, _, high = page.frame
    for place, (time, classed) in enumerate(panels.items()):
        row, column = divmod(place, per_row)
        x = left * page.width + column * (panel_width + _GAP)
        top = (bottom + high) * page.height - row * (panel_height + heading + _GAP) - heading
        box = (
            x / page.width,
            (top - panel_height) / page.height,
            panel_width / page.width,
            panel_height / page.height,
        )
        axes = canvas.add_axes(box, label=f"panel {time}")
        set_frame(axes, frame)
        draw_regions(axes, paths, classed)
        draw_borders(axes, view, options, inset=view.china, weight=0.5)
        canvas.text(x / page.width, (top + 0.03) / page.height, str(time), fontsize=TEXT_SIZE, va="bottom")
    _legend_at_right(canvas, together, page)
    write_page(canvas, page)
    return canvas


def _whole(view: MapView) -> Bounds:
    """Return bounds of the regions and, for China, of the nine-dash line: panels have no inset."""
    if not view.china:
        return view.bounds
    west, south, east, north = view.bounds
    line = dashes(view.crs).total_bounds
    return min(west, line[0]), min(south, line[1]), max(east, line[2]), max(north, line[3])


def _together(panels: list[ClassedRegions]) -> ClassedRegions:
    first = panels[0]
    return ClassedRegions(pd.concat([panel.keys for panel in panels]), first.classes, first.title, first.note)


def _legend_at_right(canvas: Any, classed: ClassedRegions, page: Any) -> None:
    axes = canvas.add_axes((0, 0, 1, 1), label="legend", zorder=-1)
    axes.set_axis_off()
    _, bottom, _, high = page.frame
    anchor = (1 - MARGIN / page.width, bottom + high / 2)
    add_legend(axes, classed, counted=False, loc="center right", bbox_to_anchor=anchor)


def _drawn(
    panels: dict[object, ClassedRegions], matched: dict[object, pd.Series], names: pd.Series | None
) -> pd.DataFrame:
    tables = []
    for time, classed in panels.items():
        table = drawn_data(classed, names)
        table.insert(table.columns.get_loc("class"), "value", matched[time])
        tables.append(table)
    return pd.concat(tables, keys=list(panels), names=["time", "region"]).swaplevel().sort_index(kind="stable")
