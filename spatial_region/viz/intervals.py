"""Impacts and coefficients with their confidence intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.options import check_between
from spatial_region.errors import InputError
from spatial_region.panel.impacts import KINDS, Impacts
from spatial_region.viz.charts import ChartOptions, new_chart, open_frame
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.style import SMALL_SIZE, TEXT_SIZE, style, text_size, wrap
from spatial_region.viz.words import word

# Dark enough in grey print to be told apart with their markers.
_LOOKS = {"direct": ("#1b4f72", "o"), "indirect": ("#c0392b", "s"), "total": ("#555555", "D")}
_PLAIN = ("#1b4f72", "o")
_ROW = 0.2  # inches an interval takes
_SPACE = 0.14  # inches between two variables
_LABEL_ROOM = 2.2


def interval_plot(
    table: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    level: float = 0.95,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw estimates as points with confidence intervals, one row an estimate, groups of rows by variable.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``variable``, ``kind``, ``estimate``, ``low`` and ``high``; rows from the top. Kinds ``direct``,
        ``indirect`` and ``total`` have colours and markers of their own.
    labels : mapping, optional
        How each variable is called in the figure.
    level : float
        Of the intervals, for the note under the figure.
    note : str
        Text after it.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: the table.

    Raises
    ------
    InputError
        If columns are missing, or no estimate is finite.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> row = {"variable": "income", "kind": "direct", "estimate": 0.4, "low": 0.1, "high": 0.7}
    >>> viz.interval_plot(pd.DataFrame([row])).data["estimate"].tolist()
    [0.4]
    """
    lang = read_options(interval_plot, options, ChartOptions)
    check_between(level, "level", low=0, high=1)
    absent = [name for name in ("variable", "kind", "estimate", "low", "high") if name not in table.columns]
    if absent:
        raise InputError(f"table lacks the columns {', '.join(absent)}; it has {', '.join(map(str, table.columns))}.")
    data = table.loc[np.isfinite(table[["estimate", "low", "high"]].astype(float)).all(axis=1)].reset_index(drop=True)
    if data.empty:
        raise InputError("no row of the table has an estimate and an interval.")
    with style(lang):
        canvas = _draw(data, labels or {}, level, note, options)
    return Figure(canvas, data, lang)


def impact_table(impacts: Impacts, *, level: float = 0.95) -> pd.DataFrame:
    """Return impacts as rows of `interval_plot`: of draws their quantiles, else the normal distribution's."""
    check_between(level, "level", low=0, high=1)
    rows = []
    half = float(stats.norm.ppf(0.5 + level / 2))
    for variable in impacts.direct.index:
        for kind in KINDS:
            estimate, error = getattr(impacts, kind)[variable], impacts.std_errors.loc[variable, kind]
            low, high = estimate - half * error, estimate + half * error
            if impacts.draws and np.isfinite(error):
                low, high = impacts.draws[kind][variable].quantile([0.5 - level / 2, 0.5 + level / 2])
            rows.append({"variable": variable, "kind": kind, "estimate": estimate, "low": low, "high": high})
    return pd.DataFrame(rows)


def _draw(data: pd.DataFrame, labels: Mapping[str, str], level: float, note: str, options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    variables = list(dict.fromkeys(data["variable"]))
    wrapped = {v: wrap(str(labels.get(v, v)), _LABEL_ROOM, TEXT_SIZE) for v in variables}
    sizes = {v: text_size(wrapped[v], TEXT_SIZE) for v in variables}
    places, ticks, down = [], [], 0.0
    for variable in variables:
        count = int((data["variable"] == variable).sum())
        room = max(count * _ROW, sizes[variable][1])
        places += [down + room / 2 + (i - (count - 1) / 2) * _ROW for i in range(count)]
        ticks.append(down + room / 2)
        down += room + _SPACE
    kinds = [kind for kind in _LOOKS if kind in set(data["kind"])]
    said = word("interval", lang, level=f"{100 * level:g}")
    text = ("；" if lang == "zh" else "; ").join(filter(None, (said, note)))
    canvas, axes = new_chart(
        down,
        options,
        left=max(wide for wide, _ in sizes.values()) + 0.12,
        bottom=0.3,
        top=0.25 if kinds else 0.0,
        notes=(text,),
    )
    axes.axvline(0, color="#999999", linewidth=0.8, zorder=1)
    for place, row in zip(places, data.itertuples(), strict=True):
        colour, marker = _LOOKS.get(str(row.kind), _PLAIN)
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=1.4, solid_capstyle="butt", zorder=2)
        axes.plot([row.estimate], [place], color=colour, marker=marker, markersize=4.5, zorder=3)
    axes.set_yticks(ticks, list(wrapped.values()), fontsize=TEXT_SIZE)
    axes.set_ylim(down, -_SPACE / 2)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=6)
    open_frame(axes)
    if kinds:
        handles = [_handle(axes, kind, lang) for kind in kinds]
        axes.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=SMALL_SIZE,
            borderaxespad=0.1, handletextpad=0.4, columnspacing=1.4,
        )  # fmt: skip
    return canvas


def _handle(axes: Any, kind: str, lang: str) -> Any:
    colour, marker = _LOOKS[kind]
    (handle,) = axes.plot([], [], color=colour, marker=marker, markersize=4.5, linewidth=1.4, label=word(kind, lang))
    return handle
