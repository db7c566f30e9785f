"""Maps of named classes: grades, strata, groups."""

from __future__ import annotations

from typing import Unpack

import pandas as pd

from spatial_region.errors import InputError, MissingValuesError
from spatial_region.viz.clusters import drawn_data
from spatial_region.viz.figure import Figure
from spatial_region.viz.inputs import map_regions, match_regions, region_names
from spatial_region.viz.keywords import read_options
from spatial_region.viz.legends import NO_DATA, ClassedRegions, MapClass, no_data_class
from spatial_region.viz.maps import MapOptions, draw_map
from spatial_region.viz.palettes import sequence
from spatial_region.viz.style import style

MOST = 12  # more classes than colours that a reader can tell apart


def category_map(
    regions: object, categories: pd.Series, *, palette: str | None = None, **options: Unpack[MapOptions]
) -> Figure:
    """Draw named classes on a map, such as grades or strata.

    Ordered categories, such as those of `spatial_region.grade`, keep their order and go from light to dark, highest on
    top of the legend; others are sorted by name and get colours without an order.

    Parameters
    ----------
    regions : Study or geopandas.GeoDataFrame
        Regions; of a study, its whole base map.
    categories : pandas.Series
        Class of each region. The levels of a categorical Series are all shown, whether or not they occur.
    palette : str, optional
        A matplotlib colormap; by default ``"YlOrRd"`` for ordered classes and ``"Set2"`` for others.
    **options
        See `MapOptions`.

    Returns
    -------
    Figure
        Its data: class, label and colour of each region.

    Raises
    ------
    AlignmentError
        If a label of `categories` is not among the regions.
    MissingValuesError
        If there is no class at all.
    InputError
        If there are more than 12 classes.
    OptionError
        If the palette is not offered.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely, spatial_region as sr
    >>> from spatial_region import viz
    >>> squares = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in range(3)], index=list("abc"))
    >>> grades = sr.grade(pd.Series({"c": 0.9, "a": 0.1}), edges=[0, 0.5, 1], labels=["low", "high"])
    >>> viz.category_map(squares, grades).data["label"].tolist()
    ['low', 'No data', 'high']
    """
    lang = read_options(category_map, options, MapOptions)
    frame, names = map_regions(regions), region_names(regions)
    ordered = isinstance(categories.dtype, pd.CategoricalDtype) and bool(categories.dtype.ordered)
    levels = _levels(categories)
    matched = match_regions(categories.astype(object), frame, names, what="categories")
    colours = sequence(palette or ("YlOrRd" if ordered else "Set2"), len(levels))
    classes = [MapClass(str(level), str(level), colour) for level, colour in zip(levels, colours, strict=True)]
    keys = matched.map(str, na_action="ignore").astype(object).fillna(NO_DATA)
    with style(lang):
        title = options.get("legend") or (str(categories.name) if categories.name is not None else "")
        shown = classes[::-1] if ordered else classes
        classed = ClassedRegions(keys, [*shown, no_data_class(lang)], title)
        canvas = draw_map(frame, classed, names=names, options=options)
    return Figure(canvas, drawn_data(classed, names), lang)


def _levels(categories: pd.Series) -> list[object]:
    """Return the classes in their order."""
    if isinstance(categories.dtype, pd.CategoricalDtype):
        levels = list(categories.cat.categories)
    else:
        levels = sorted(categories.dropna().unique(), key=str)
    if not levels or categories.isna().all():
        raise MissingValuesError("there is no class to draw: all are missing.")
    if len(levels) > MOST:
        raise InputError(f"{len(levels)} classes are more than a map can show; at most {MOST} can be told apart.")
    return levels
