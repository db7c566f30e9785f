"""The factor detector as bars: what share of the variance each factor explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_between
from spatial_region.core.weights import check_same_regions
from spatial_region.errors import DuplicateError, InputError
from spatial_region.viz.charts import ChartOptions, new_chart, open_frame
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.style import INK, SMALL_SIZE, TEXT_SIZE, style, text_size, wrap
from spatial_region.viz.words import word

_FILL = "#4c78a8"
_ROW = 0.3  # inches a bar takes, the gap included
_LABEL_ROOM = 2.2
_ENDS = ["q_lower", "q_upper"]


def factor_bars(
    q: pd.Series,
    p: pd.Series | None = None,
    *,
    intervals: pd.DataFrame | None = None,
    level: float = 0.95,
    labels: Mapping[str, str] | None = None,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw q of each factor as a bar, the strongest on top, with its confidence interval and stars of significance.

    Parameters
    ----------
    q : pandas.Series
        q by factor, between 0 and 1. An undefined one (NaN) has no bar.
    p : pandas.Series, optional
        p-value by factor; stars at 1, 5 and 10 %. An undefined one (NaN) has no stars.
    intervals : pandas.DataFrame, optional
        Columns ``q_lower`` and ``q_upper`` by factor, drawn as whiskers; a factor with NaN has none.
    level : float
        Of the intervals, for the note under the figure.
    labels : mapping, optional
        How each factor is called in the figure.
    note : str
        Text after the key to the stars, such as which p-values they stand for.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: q, p, q_lower, q_upper (those that were given) and text of each bar, from the top.

    Raises
    ------
    AlignmentError
        If `p` or `intervals` and `q` do not have the same factors.
    DuplicateError
        If a factor occurs twice.
    InputError
        If q (where it is defined) or an end of its interval does not lie between 0 and 1, an interval ends before it
        begins or lacks a column, or `level` does not lie between 0 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> figure = viz.factor_bars(pd.Series({"rain": 0.2, "soil": 0.5}), pd.Series({"soil": 0.003, "rain": 0.2}))
    >>> figure.data["text"].to_dict()
    {'soil': '0.500***', 'rain': '0.200'}
    """
    lang = read_options(factor_bars, options, ChartOptions)
    check_between(level, "level", low=0, high=1)
    if q.index.has_duplicates:
        raise DuplicateError(f"q: found twice: {', '.join(map(str, q.index[q.index.duplicated()].unique()))}.")
    outside = q[~(q.between(0, 1) | q.isna())]
    if not len(q) or len(outside):
        raise InputError(f"q must lie between 0 and 1; found {outside.to_dict()}.")
    data = pd.DataFrame({"q": q.astype(float)}, index=q.index.rename("factor"))
    if p is not None:
        check_same_regions(p.index, q.index, left="p", right="q", names=None)
        data["p"] = p.reindex(q.index)
    if intervals is not None:
        data[_ENDS] = _checked_intervals(intervals, q)
    data["text"] = ["–" if np.isnan(value) else f"{value:.3f}" for value in data["q"]]
    if p is not None:
        data["text"] += data["p"].map(stars)
    data = data.sort_values("q", ascending=False, kind="stable")
    shown = [str((labels or {}).get(factor, factor)) for factor in data.index]
    with style(lang):
        canvas = _draw(data, shown, _notes(data, level, note, lang), options)
    return Figure(canvas, data, lang)


def stars(p: float) -> str:
    """Return the stars of a p-value: three at 1 %, two at 5 %, one at 10 %."""
    return "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""


def _checked_intervals(intervals: pd.DataFrame, q: pd.Series) -> pd.DataFrame:
    absent = [name for name in _ENDS if name not in intervals]
    if absent:
        raise InputError(f"intervals lacks {', '.join(absent)}; it has {', '.join(map(str, intervals.columns))}.")
    check_same_regions(intervals.index, q.index, left="intervals", right="q", names=None)
    ends = intervals.loc[q.index, _ENDS].astype(float)
    drawn = ends.dropna()
    wrong = drawn.index[~((drawn["q_lower"] >= 0) & (drawn["q_lower"] <= drawn["q_upper"]) & (drawn["q_upper"] <= 1))]
    if len(wrong):
        raise InputError(
            f"an interval of q must go from q_lower up to q_upper, both between 0 and 1; "
            f"it does not for {name_some(wrong)}."
        )
    return ends


def _notes(data: pd.DataFrame, level: float, note: str, lang: str) -> tuple[str, ...]:
    key = ("；" if lang == "zh" else "; ").join(filter(None, (word("stars", lang) if "p" in data else "", note)))
    whiskers = "q_lower" in data and data[_ENDS].notna().all(axis=1).any()
    undefined = word("undefined q", lang) if data["q"].isna().any() else ""
    return tuple(filter(None, (key, word("whiskers", lang, level=f"{100 * level:g}") if whiskers else "", undefined)))


def _draw(data: pd.DataFrame, shown: list[str], notes: tuple[str, ...], options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    wrapped = [wrap(label, _LABEL_ROOM, TEXT_SIZE) for label in shown]
    sizes = [text_size(label, TEXT_SIZE) for label in wrapped]
    row = max(_ROW, max(high for _, high in sizes) + 0.08)
    canvas, axes = new_chart(
        row * len(data) + 0.1,
        options,
        left=max(wide for wide, _ in sizes) + 0.12,
        right=max(text_size(text, SMALL_SIZE)[0] for text in data["text"]) + 0.1,
        bottom=0.42,
        notes=notes,
    )
    places = np.arange(len(data))
    axes.barh(places, data["q"], height=0.62, color=_FILL, gid="factors")
    ends = data["q"].fillna(0.0)
    if "q_lower" in data:
        known = data[_ENDS].notna().all(axis=1).to_numpy()
        ends = data[["q", "q_upper"]].max(axis=1).where(known, ends)
        _draw_whiskers(axes, places[known], data[known])
    largest = float(ends.max()) or 1.0
    axes.set_xlim(0, largest)
    gap = 0.05 * largest / (axes.get_window_extent().width / canvas.dpi)
    for place, (end, text) in enumerate(zip(ends, data["text"], strict=True)):
        axes.text(end + gap, place, text, va="center", ha="left", fontsize=SMALL_SIZE)
    axes.set_yticks(places, wrapped, fontsize=TEXT_SIZE)
    axes.set_ylim(len(data) - 0.5 + 0.05 / row, -0.5 - 0.05 / row)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(word("q", lang))
    axes.locator_params(axis="x", nbins=6)
    open_frame(axes)
    return canvas


def _draw_whiskers(axes: Any, places: np.ndarray, data: pd.DataFrame) -> None:
    axes.hlines(places, data["q_lower"], data["q_upper"], color=INK, linewidth=0.8, gid="intervals", clip_on=False)
    for column in _ENDS:
        axes.vlines(data[column], places - 0.14, places + 0.14, color=INK, linewidth=0.8, clip_on=False)
