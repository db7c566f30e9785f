"""Choropleth: a variable in classes on a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import pandas as pd

from spatial_region.viz.classes import Breaks, Scheme, find_breaks
from spatial_region.viz.clusters import drawn_data
from spatial_region.viz.figure import Figure
from spatial_region.viz.inputs import (
    map_regions,
    match_regions,
    numeric,
    region_names,
    region_values,
    variable_label,
)
from spatial_region.viz.keywords import read_options
from spatial_region.viz.legends import NO_DATA, ClassedRegions, MapClass, no_data_class
from spatial_region.viz.maps import MapOptions, draw_map
from spatial_region.viz.palettes import sequence
from spatial_region.viz.style import style
from spatial_region.viz.words import word


def choropleth(
    regions: object,
    variable: str | pd.Series,
    *,
    at: object = None,
    scheme: Scheme | Sequence[float] = "quantiles",
    k: int = 5,
    palette: str | None = None,
    **options: Unpack[MapOptions],
) -> Figure:
    """Draw a variable in classes on a map.

    The legend states the intervals, how many regions each has, and how they were found. Classes are closed above.

    Parameters
    ----------
    regions : Study or geopandas.GeoDataFrame
        Regions; of a study, its whole base map.
    variable : str or pandas.Series
        Name of the variable, or values by region.
    at : object, optional
        Time, for a panel.
    scheme : {"quantiles", "natural", "equal", "std"} or sequence of float
        Quantiles; natural breaks (Fisher-Jenks); equal intervals; classes one standard deviation wide around the
        mean; or the upper edges of all classes but the last.
    k : int
        Number of classes, at least 2. Ties can leave fewer.
    palette : str, optional
        A matplotlib colormap; by default ``"YlOrRd"``, and ``"RdBu_r"`` for ``"std"``.
    **options
        See `MapOptions`.

    Returns
    -------
    Figure
        Its data: value, class, label and colour of each region.

    Raises
    ------
    AlignmentError
        If a label of the values is not among the regions.
    UnknownNameError
        If there is no such variable or time.
    MissingValuesError
        If there is no value at all.
    InputError
        If values are not numbers, or `k` is below 2.
    OptionError
        If the scheme or the palette is not offered.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from spatial_region import viz
    >>> squares = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in range(4)], index=list("abcd"))
    >>> figure = viz.choropleth(squares, pd.Series({"d": 4.0, "c": 3.0, "a": 1.0}, name="gdp"), k=3)
    >>> figure.data["class"].to_dict()
    {'a': '0', 'b': 'no data', 'c': '1', 'd': '2'}
    """
    lang = read_options(choropleth, options, MapOptions)
    frame, names = map_regions(regions), region_names(regions)
    matched = match_regions(region_values(regions, variable, at), frame, names, what="the variable")
    values = numeric(matched, "the variable")
    breaks = find_breaks(values, scheme, k)
    with style(lang):
        title = options.get("legend") or variable_label(regions, variable, lang)
        classed = classed_numbers(values, breaks, palette, title=title, lang=lang)
        canvas = draw_map(frame, classed, names=names, options=options)
    data = drawn_data(classed, names)
    data.insert(data.columns.get_loc("class"), "value", values)
    return Figure(canvas, data, lang)


def classed_numbers(values: pd.Series, breaks: Breaks, palette: str | None, *, title: str, lang: str) -> ClassedRegions:
    """Return numbers as classes of a map.

    Raises
    ------
    OptionError
        If the palette is not offered.
    """
    colours = sequence(palette or ("RdBu_r" if breaks.scheme == "std" else "YlOrRd"), breaks.k)
    classes = [
        MapClass(str(code), label, colour)
        for code, (label, colour) in enumerate(zip(breaks.labels(lang), colours, strict=True))
    ]
    codes = breaks.codes(values)
    keys = codes.astype(str).where(codes >= 0, NO_DATA)
    made = word(breaks.scheme, lang, k=breaks.k) + word("closed above", lang)
    note = made if breaks.k > 1 else word("one class", lang)
    return ClassedRegions(keys, [*classes, no_data_class(lang)], title, note)
