"""The factor detector as bars: what share of the variance each factor explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd

from spatial_region.core.weights import check_same_regions
from spatial_region.errors import DuplicateError, InputError
from spatial_region.viz.charts import ChartOptions, new_chart, open_frame
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.style import SMALL_SIZE, TEXT_SIZE, style, text_size, wrap
from spatial_region.viz.words import word

_FILL = "#4c78a8"
_ROW = 0.3  # inches a bar takes, the gap included
_LABEL_ROOM = 2.2


def factor_bars(
    q: pd.Series,
    p: pd.Series | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw q of each factor as a bar, the strongest on top, with stars of significance.

    Parameters
    ----------
    q : pandas.Series
        q by factor, between 0 and 1.
    p : pandas.Series, optional
        p-value by factor; stars at 1, 5 and 10 %.
    labels : mapping, optional
        How each factor is called in the figure.
    note : str
        Text after the key to the stars, such as which p-values they stand for.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: q, p and text of each bar, from the top.

    Raises
    ------
    AlignmentError
        If `p` and `q` do not have the same factors.
    DuplicateError
        If a factor occurs twice.
    InputError
        If q does not lie between 0 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> figure = viz.factor_bars(pd.Series({"rain": 0.2, "soil": 0.5}), pd.Series({"soil": 0.003, "rain": 0.2}))
    >>> figure.data["text"].to_dict()
    {'soil': '0.500***', 'rain': '0.200'}
    """
    lang = read_options(factor_bars, options, ChartOptions)
    if q.index.has_duplicates:
        raise DuplicateError(f"q: found twice: {', '.join(map(str, q.index[q.index.duplicated()].unique()))}.")
    if not len(q) or not q.between(0, 1).all():
        raise InputError(f"q must lie between 0 and 1; found {q[~q.between(0, 1)].to_dict()}.")
    data = pd.DataFrame({"q": q.astype(float)}, index=q.index.rename("factor"))
    if p is not None:
        check_same_regions(p.index, q.index, left="p", right="q", names=None)
        data["p"] = p.reindex(q.index)
    data["text"] = [f"{value:.3f}" for value in data["q"]]
    if p is not None:
        data["text"] += data["p"].map(stars)
    data = data.sort_values("q", ascending=False, kind="stable")
    shown = [str((labels or {}).get(factor, factor)) for factor in data.index]
    with style(lang):
        canvas = _draw(data, shown, note, options)
    return Figure(canvas, data, lang)


def stars(p: float) -> str:
    """Return the stars of a p-value: three at 1 %, two at 5 %, one at 10 %."""
    return "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""


def _draw(data: pd.DataFrame, shown: list[str], note: str, options: ChartOptions) -> Any:
    lang = options.get("lang", "en")
    wrapped = [wrap(label, _LABEL_ROOM, TEXT_SIZE) for label in shown]
    sizes = [text_size(label, TEXT_SIZE) for label in wrapped]
    row = max(_ROW, max(high for _, high in sizes) + 0.08)
    key = ("；" if lang == "zh" else "; ").join(filter(None, (word("stars", lang), note)))
    canvas, axes = new_chart(
        row * len(data) + 0.1,
        options,
        left=max(wide for wide, _ in sizes) + 0.12,
        right=max(text_size(text, SMALL_SIZE)[0] for text in data["text"]) + 0.1,
        bottom=0.42,
        notes=(key,) if "p" in data else (),
    )
    places = np.arange(len(data))
    axes.barh(places, data["q"], height=0.62, color=_FILL, gid="factors")
    largest = float(data["q"].max()) or 1.0
    axes.set_xlim(0, largest)
    gap = 0.05 * largest / (axes.get_window_extent().width / canvas.dpi)
    for place, (q, text) in enumerate(zip(data["q"], data["text"], strict=True)):
        axes.text(q + gap, place, text, va="center", ha="left", fontsize=SMALL_SIZE)
    axes.set_yticks(places, wrapped, fontsize=TEXT_SIZE)
    axes.set_ylim(len(data) - 0.5 + 0.05 / row, -0.5 - 0.05 / row)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(word("q", lang))
    axes.locator_params(axis="x", nbins=6)
    open_frame(axes)
    return canvas
