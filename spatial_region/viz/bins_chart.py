"""q of a factor by method of discretisation and number of strata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_whole_number
from spatial_region.errors import DuplicateError, InputError, UnknownNameError
from spatial_region.viz.charts import ChartOptions
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.panels import line_look, panel_charts
from spatial_region.viz.style import INK, style
from spatial_region.viz.words import has_word, word

_COLUMNS = ["factor", "method", "k", "q"]


def bins_chart(
    candidates: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    columns: int | None = None,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw q against the number of strata, one line a method of cutting and one panel a factor.

    The stratification that was chosen is ringed. Each panel has a scale of its own: compare methods within a factor.

    Parameters
    ----------
    candidates : pandas.DataFrame
        One row a stratification that was tried: factor, method, k and q; optionally chosen (bool).
    labels : mapping, optional
        How each factor, and each method, is called in the figure.
    columns : int, optional
        Panels in a row.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: factor, method, k, q and chosen of each point.

    Raises
    ------
    UnknownNameError
        If a column is absent.
    DuplicateError
        If a factor has two q of one method and k.
    InputError
        If there is no row, q does not lie between 0 and 1, or panels would be too narrow.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> tried = pd.DataFrame({"factor": "rain", "method": ["equal", "natural"], "k": 4, "q": [0.41, 0.46]})
    >>> viz.bins_chart(tried.assign(chosen=[False, True])).data.query("chosen")["method"].tolist()
    ['natural']
    """
    lang = read_options(bins_chart, options, ChartOptions)
    if columns is not None:
        check_whole_number(columns, "columns", least=1)
    data = _checked(candidates)
    with style(lang):
        canvas = _draw(data, labels or {}, columns, note, options)
    return Figure(canvas, data, lang)


def _checked(candidates: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in _COLUMNS if name not in candidates]
    if absent:
        raise UnknownNameError(f"candidates has no column {name_some(absent)}; it has {name_some(candidates.columns)}.")
    if candidates.empty:
        raise InputError("candidates has no row: no factor was cut with a choice, such as bins='optimal'.")
    data = candidates[_COLUMNS].reset_index(drop=True)
    data["chosen"] = candidates["chosen"].to_numpy(dtype=bool) if "chosen" in candidates else False
    twice = data.duplicated(["factor", "method", "k"])
    if twice.any():
        shown = name_some(data.loc[twice, ["factor", "method", "k"]].itertuples(index=False, name=None))
        raise DuplicateError(f"candidates has several q of {shown}; draw one group and one time.")
    outside = ~data["q"].between(0, 1)
    if outside.any():
        raise InputError(f"q must lie between 0 and 1; found {data.loc[outside, 'q'].tolist()[:5]}.")
    return data


def method_name(method: object, names: Mapping[str, str], lang: str) -> str:
    """Return how a method of cutting is called: as asked, in the language of the figure, or as it is."""
    if method in names:
        return str(names[str(method)])
    return word(f"bins {method}", lang) if has_word(f"bins {method}", lang) else str(method)


def _draw(data: pd.DataFrame, names: Mapping[str, str], columns: int | None, note: str, options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    looks = {method: line_look(place) for place, method in enumerate(dict.fromkeys(data["method"]))}
    parts = list(data.groupby("factor", sort=False))
    handles = [
        Line2D([], [], linewidth=1.1, markersize=4, label=method_name(method, names, lang), **look)
        for method, look in looks.items()
    ]
    if data["chosen"].any():
        handles.append(_ring(label=word("chosen", lang)))
    canvas, panels = panel_charts(
        [str(names.get(str(factor), factor)) for factor, _ in parts],
        handles,
        options,
        columns=columns,
        x_label=word("number of strata", lang),
        y_label=word("q", lang),
        notes=(note,) if note else (),
    )
    ks = np.sort(data["k"].unique())
    for axes, (_, part) in zip(panels, parts, strict=True):
        for method, own in part.sort_values("k").groupby("method", sort=False):
            axes.plot(own["k"], own["q"], linewidth=1.1, markersize=3.5, gid=str(method), **looks[method])
        for row in part[part["chosen"]].itertuples():
            axes.add_line(_ring(row.k, row.q))
        axes.margins(x=0.06, y=0.12)
        axes.set_xlim(ks[0] - 0.4, ks[-1] + 0.4)
        if len(ks) <= 10:
            axes.set_xticks(ks)
        axes.locator_params(axis="y", nbins=5)
    return canvas


def _ring(*point: float, label: str = "") -> Line2D:
    x, y = point or (np.nan, np.nan)
    return Line2D(
        [x], [y], linestyle="", marker="o", markersize=8.5, markerfacecolor="none", color=INK, label=label, gid="chosen"
    )
