"""The strata of a factor on the map, with the mean of the variable in each."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.errors import DuplicateError, InputError, MissingValuesError, UnknownNameError
from spatial_region.viz.categories import MOST
from spatial_region.viz.clusters import drawn_data
from spatial_region.viz.figure import Figure
from spatial_region.viz.inputs import map_regions, match_regions, region_names
from spatial_region.viz.keywords import read_options
from spatial_region.viz.legends import NO_DATA, ClassedRegions, MapClass, no_data_class
from spatial_region.viz.maps import MapOptions, draw_map
from spatial_region.viz.palettes import sequence
from spatial_region.viz.style import style
from spatial_region.viz.words import word


def strata_map(
    regions: object,
    strata: pd.Series,
    *,
    means: pd.Series | None = None,
    variable: str = "",
    palette: str | None = None,
    note: str = "",
    **options: Unpack[MapOptions],
) -> Figure:
    """Draw the strata of a factor; the legend says the mean of the variable in each and how many regions it has.

    Ordered strata, such as intervals, go from light to dark, the highest on top of the legend. Others have colours
    without an order and are listed by their mean, the highest on top, or by name where there are no means.

    Parameters
    ----------
    regions : Study or geopandas.GeoDataFrame
        Regions; of a study, its whole base map.
    strata : pandas.Series
        Stratum by region; an ordered categorical for strata with an order. Regions without one are "no data".
    means : pandas.Series, optional
        Mean of the variable by stratum.
    variable : str
        How the variable is called, for the note in the legend.
    palette : str, optional
        A matplotlib colormap; by default ``"YlOrRd"`` for ordered strata and ``"Set2"`` for others.
    note : str
        Line after that note.
    **options
        See `MapOptions`; ``legend`` is by default the name of `strata`.

    Returns
    -------
    Figure
        Its data: stratum, mean (where given), label and colour of each region.

    Raises
    ------
    AlignmentError
        If a label of `strata` is not among the regions.
    UnknownNameError
        If a stratum has no mean in `means`.
    DuplicateError
        If a region occurs twice, or a stratum has two means.
    MissingValuesError
        If no region has a stratum.
    InputError
        If there are more than 12 strata.
    OptionError
        If the palette is not offered.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from spatial_region import viz
    >>> squares = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in range(3)], index=list("abc"))
    >>> zones = pd.Series({"c": "hills", "a": "coast", "b": "hills"}, name="zone")
    >>> figure = viz.strata_map(squares, zones, means=pd.Series({"coast": 7.5, "hills": 2.25}), variable="income")
    >>> figure.data["label"].tolist()
    ['coast: 7.50', 'hills: 2.25', 'hills: 2.25']
    """
    lang = read_options(strata_map, options, MapOptions)
    frame, names = map_regions(regions), region_names(regions)
    matched = match_regions(strata, frame, names, what="strata")
    ordered = isinstance(strata.dtype, pd.CategoricalDtype) and bool(strata.dtype.ordered)
    levels = _levels(strata, means, ordered=ordered)
    colours = sequence(palette or ("YlOrRd" if ordered else "Set2"), len(levels))
    labels = _labels(levels, means, lang)
    classes = [
        MapClass(str(level), label, colour) for level, label, colour in zip(levels, labels, colours, strict=True)
    ]
    keys = matched.map(str, na_action="ignore").astype(object).fillna(NO_DATA)
    with style(lang):
        told = word("stratum means", lang, variable=variable) if means is not None and variable else ""
        lines = "\n".join(filter(None, (told or word("stratum counts", lang), note)))
        title = options.get("legend") or (str(strata.name) if strata.name is not None else "")
        classed = ClassedRegions(keys, [*classes[::-1], no_data_class(lang)], title, lines)
        canvas = draw_map(frame, classed, names=names, options=options)
    data = drawn_data(classed, names).rename(columns={"class": "stratum"})
    if means is not None:
        data.insert(data.columns.get_loc("label"), "mean", matched.map(means).astype(float))
    return Figure(canvas, data, lang)


def _levels(strata: pd.Series, means: pd.Series | None, *, ordered: bool) -> list[object]:
    """Return the strata from the lowest to the highest."""
    if strata.isna().all():
        raise MissingValuesError("there is no stratum to draw: all are missing.")
    categorical = isinstance(strata.dtype, pd.CategoricalDtype)
    levels = list(strata.cat.categories) if categorical else sorted(strata.dropna().unique(), key=str)
    if len(levels) > MOST:
        raise InputError(f"{len(levels)} strata are more than a map can show; at most {MOST} can be told apart.")
    if means is None:
        return levels if ordered else levels[::-1]  # the legend is drawn from the last to the first
    if means.index.has_duplicates:
        raise DuplicateError(f"means: found twice: {name_some(means.index[means.index.duplicated()].unique())}.")
    absent = [level for level in levels if level not in means.index]
    if absent:
        raise UnknownNameError(
            f"means has no stratum {name_some(absent)}; it has {name_some(means.index, limit=MOST)}."
        )
    return levels if ordered else sorted(levels, key=lambda level: float(means[level]))


def _labels(levels: list[object], means: pd.Series | None, lang: str) -> list[str]:
    if means is None:
        return [str(level) for level in levels]
    colon = "：" if lang == "zh" else ": "
    values = means.loc[levels].astype(float)
    return [f"{level}{colon}{text}" for level, text in zip(levels, _short(values.to_numpy()), strict=True)]


def _short(values: np.ndarray) -> list[str]:
    """Return numbers with as many decimals as tell them apart, three digits of the largest at least."""
    largest = float(np.abs(values).max())
    if largest >= 1e7 or 0 < largest < 1e-3:
        return [f"{value:.3g}" for value in values]
    spread = float(np.ptp(values)) or largest or 1.0
    decimals = int(np.clip(2 - np.floor(np.log10(min(spread, largest or 1.0))), 0, 6))
    return [f"{value:,.{decimals}f}" for value in values]
