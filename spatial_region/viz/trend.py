"""A global statistic over time."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd

from spatial_region.core.options import check_between
from spatial_region.errors import InputError, MissingValuesError
from spatial_region.viz.charts import ChartOptions, new_chart, open_frame
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.style import FAINT, SMALL_SIZE, style
from spatial_region.viz.words import word

_NAMES = {"I": "Moran's I", "C": "Geary's C", "G": "Getis-Ord G"}
_LINE = "#4c78a8"
_HEIGHT = 2.6  # inches of the axes


def moran_trend(table: pd.DataFrame, *, level: float = 0.05, **options: Unpack[ChartOptions]) -> Figure:
    """Draw global Moran's I, or Geary's C or G, at each time, filled where significant, beside its expectation.

    Parameters
    ----------
    table : pandas.DataFrame
        As `spatial_region.moran_by_time` returns it: indexed by time; columns I (or C, or G), expected, and p or
        p_normal.
    level : float
        Level of significance. p from permutations is used where there is one, else the normal p.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: the statistic, expected, p and whether it is significant, by time.

    Raises
    ------
    InputError
        If the table lacks a column, has no row, or `level` does not lie between 0 and 1.
    MissingValuesError
        If a statistic is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> columns = {"I": [0.1, 0.4], "expected": [-0.1, -0.1], "p": [0.3, 0.01]}
    >>> viz.moran_trend(pd.DataFrame(columns, index=[2010, 2020])).data["significant"].tolist()
    [False, True]
    """
    lang = read_options(moran_trend, options, ChartOptions)
    check_between(level, "level", low=0, high=1)
    data = _checked(table, level)
    with style(lang):
        canvas = _draw(data, level, options)
    return Figure(canvas, data, lang)


def _checked(table: pd.DataFrame, level: float) -> pd.DataFrame:
    used = "p" if "p" in table and table["p"].notna().all() else "p_normal"
    symbol = next((column for column in _NAMES if column in table), "I")
    lacking = [column for column in (symbol, "expected", used) if column not in table]
    if lacking or not len(table):
        raise InputError(
            f"table must be that of moran_by_time; it has {len(table)} rows and lacks {lacking or 'none'}."
        )
    data = table[[symbol, "expected", used]].rename(columns={used: "p"}).astype(float)
    if data.isna().any(axis=None):
        raise MissingValuesError(f"missing at {', '.join(map(str, data.index[data.isna().any(axis=1)]))}.")
    return data.assign(significant=data["p"] <= level)


def _draw(data: pd.DataFrame, level: float, options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    numeric = pd.api.types.is_numeric_dtype(data.index)
    places = data.index.to_numpy(dtype=float) if numeric else np.arange(len(data), dtype=float)
    canvas, axes = new_chart(_HEIGHT, options, left=0.62, right=0.15, bottom=0.3, top=0.05)
    axes.plot(places, data["expected"], color=FAINT, linewidth=0.8, linestyle="--", label=word("expected", lang))
    symbol = data.columns[0]
    axes.plot(places, data[symbol], color=_LINE, linewidth=1.2, zorder=2)
    for flag, fill in ((True, _LINE), (False, "white")):
        chosen = (data["significant"] == flag).to_numpy()
        label = word("significant" if flag else "above level", lang, level=level)
        axes.plot(
            places[chosen],
            data[symbol][chosen],
            "o",
            color=_LINE,
            markerfacecolor=fill,
            markersize=5,
            label=label,
            zorder=3,
        )
    axes.set_ylabel(_NAMES[symbol])
    if numeric and len(places) > 12:
        axes.locator_params(axis="x", integer=True, nbins=8)
    else:
        axes.set_xticks(places, [str(time) for time in data.index])
    axes.margins(x=0.04, y=0.08)
    axes.set_ylim(top=axes.get_ylim()[1] + 0.22 * np.ptp(axes.get_ylim()))  # room for the legend
    axes.legend(loc="upper left", ncols=3, frameon=False, fontsize=SMALL_SIZE, columnspacing=1.4, handletextpad=0.5)
    open_frame(axes)
    return canvas
