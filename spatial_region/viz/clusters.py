"""LISA maps: which regions form clusters, and at which level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions
from spatial_region.errors import InputError
from spatial_region.viz.figure import Figure
from spatial_region.viz.inputs import map_regions, match_regions, numeric, region_names
from spatial_region.viz.keywords import read_options
from spatial_region.viz.legends import NO_DATA, ClassedRegions, MapClass, no_data_class
from spatial_region.viz.maps import MapOptions, draw_map
from spatial_region.viz.palettes import CLASS_FAMILIES, CLUSTER_COLOURS, SIGNIFICANCE_COLOURS
from spatial_region.viz.style import style
from spatial_region.viz.words import word

_NOT_SIGNIFICANT, _UNDEFINED = "not significant", "undefined"


def cluster_map(regions: object, clusters: pd.Series, *, note: str = "", **options: Unpack[MapOptions]) -> Figure:
    """Draw which regions are in clusters or are spatial outliers: the LISA cluster map.

    Colours are those of GeoDa and belong to a class, whether or not the others occur. Regions without a row
    in `clusters` are shown as "no data", apart from those that are not significant.

    Parameters
    ----------
    regions : Study or geopandas.GeoDataFrame
        Regions; of a study, its whole base map.
    clusters : pandas.Series
        By region: ``"HH"``, ``"LL"``, ``"LH"``, ``"HL"``, ``"not significant"`` or ``"undefined"`` (no neighbours);
        or the classes of another local statistic.
    note : str
        Line under the legend's title, such as level and number of permutations.
    **options
        See `MapOptions`.

    Returns
    -------
    Figure
        Its data: cluster, label and colour of each region.

    Raises
    ------
    AlignmentError
        If a label of `clusters` is not among the regions.
    InputError
        If a cluster has another name.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association - LISA. Geographical Analysis 27(2), 93-115.
    https://doi.org/10.1111/j.1538-4632.1995.tb00338.x

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from spatial_region import viz
    >>> squares = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in range(3)], index=list("abc"))
    >>> figure = viz.cluster_map(squares, pd.Series({"c": "LL", "a": "HH"}))
    >>> figure.data["colour"].to_dict()
    {'a': '#ff0000', 'b': '#ffffff', 'c': '#0000ff'}
    """
    lang = read_options(cluster_map, options, MapOptions)
    frame, names = map_regions(regions), region_names(regions)
    matched = match_regions(clusters, frame, names, what="clusters")
    categorical = isinstance(clusters.dtype, pd.CategoricalDtype)
    classes = list(clusters.cat.categories) if categorical and len(clusters.cat.categories) else None
    with style(lang):
        classed = classed_clusters(matched, names, title=options.get("legend"), note=note, lang=lang, classes=classes)
        canvas = draw_map(frame, classed, names=names, options=options)
    return Figure(canvas, drawn_data(classed, names).rename(columns={"class": "cluster"}), lang)


def classed_clusters(
    matched: pd.Series,
    names: pd.Series | None,
    *,
    title: str | None,
    note: str,
    lang: str,
    classes: Sequence[str] | None = None,
) -> ClassedRegions:
    """Return clusters as classes of a map; `classes` are all that the statistic has, where they are known.

    Raises
    ------
    InputError
        If a cluster has a name that is not known.
    """
    found = set(matched.dropna()) if classes is None else set(classes)
    colours = next((family for family in CLASS_FAMILIES if found <= set(family)), None)
    if colours is None:
        strange = found - {name for family in CLASS_FAMILIES for name in family} or found
        shown = ", ".join(sorted(map(repr, strange))[:5])
        where = name_regions(matched.index[matched.isin(strange)], names)
        raise InputError(f"clusters must be named {', '.join(map(repr, CLUSTER_COLOURS))}; found {shown} in {where}.")
    classed = [MapClass(key, word(key, lang), colour, always=key != _UNDEFINED) for key, colour in colours.items()]
    heading = word("cluster title", lang) if title is None else title
    return ClassedRegions(matched.fillna(NO_DATA), [*classed, no_data_class(lang)], heading, note)


def significance_map(
    regions: object,
    p: pd.Series,
    *,
    levels: Sequence[float] = (0.05, 0.01, 0.001),
    note: str = "",
    **options: Unpack[MapOptions],
) -> Figure:
    """Draw at which level the local statistic of each region is significant.

    Parameters
    ----------
    regions : Study or geopandas.GeoDataFrame
        Regions; of a study, its whole base map.
    p : pandas.Series
        p-value by region; NaN where the statistic is undefined. Regions without a row are "no data".
    levels : sequence of float
        Up to four levels, in any order. A level that no p-value can reach with the permutations made stays empty.
    note : str
        Line under the legend's title.
    **options
        See `MapOptions`.

    Returns
    -------
    Figure
        Its data: p, level, label and colour of each region.

    Raises
    ------
    AlignmentError
        If a label of `p` is not among the regions.
    InputError
        If a p-value or a level does not lie between 0 and 1, or there are more than four levels.
    """
    lang = read_options(significance_map, options, MapOptions)
    frame, names = map_regions(regions), region_names(regions)
    matched = match_regions(p, frame, names, what="p")
    values = numeric(matched, "p")
    if ((values < 0) | (values > 1)).any():
        outside = values.index[(values < 0) | (values > 1)]
        raise InputError(f"p must lie between 0 and 1; it does not in {name_regions(outside, names)}.")
    with style(lang):
        present = pd.Series(frame.index.isin(p.index), index=frame.index)
        classed = _classed_levels(values, present, levels, title=options.get("legend"), note=note, lang=lang)
        canvas = draw_map(frame, classed, names=names, options=options)
    data = drawn_data(classed, names).rename(columns={"class": "level"})
    data.insert(0, "p", values)
    return Figure(canvas, data, lang)


def _classed_levels(
    values: pd.Series, present: pd.Series, levels: Sequence[float], *, title: str | None, note: str, lang: str
) -> ClassedRegions:
    edges = sorted(set(map(float, levels)), reverse=True)
    if not edges or len(edges) > len(SIGNIFICANCE_COLOURS) or not all(0 < edge < 1 for edge in edges):
        raise InputError(f"levels must be one to four numbers between 0 and 1; found {list(levels)}.")
    keys = pd.Series(_NOT_SIGNIFICANT, index=values.index, dtype=object)
    for edge in edges:
        keys[values <= edge] = f"p <= {edge:g}"
    keys[values.isna()] = np.where(present[values.isna()], _UNDEFINED, NO_DATA)
    strongest = SIGNIFICANCE_COLOURS[: len(edges)]
    classes = [
        MapClass(_NOT_SIGNIFICANT, word(_NOT_SIGNIFICANT, lang), CLUSTER_COLOURS[_NOT_SIGNIFICANT]),
        *(MapClass(f"p <= {e:g}", f"p ≤ {e:g}", colour) for e, colour in zip(edges, strongest, strict=True)),
        MapClass(_UNDEFINED, word(_UNDEFINED, lang), CLUSTER_COLOURS[_UNDEFINED], always=False),
        no_data_class(lang),
    ]
    return ClassedRegions(keys, classes, word("significance title", lang) if title is None else title, note)


def drawn_data(classed: ClassedRegions, names: pd.Series | None) -> pd.DataFrame:
    """Return class, label and colour of each region, with its name where known."""
    by_key = classed.by_key
    data = pd.DataFrame(
        {
            "class": classed.keys,
            "label": [by_key[key].label for key in classed.keys],
            "colour": classed.colours(),
        },
        index=classed.keys.index.rename("region"),
    )
    if names is not None:
        data.insert(0, "name", names.reindex(data.index))
    return data
