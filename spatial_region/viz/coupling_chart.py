"""Coupling coordination: C, T and D over time, or D of each region in the colour of its class."""

from __future__ import annotations

from typing import Any, Literal, Unpack

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_option, check_whole_number
from spatial_region.errors import AlignmentError, InputError, UnknownNameError
from spatial_region.measure.coupling import TEN_CLASSES, TEN_EDGES
from spatial_region.measure.grades import grade
from spatial_region.viz.charts import ChartOptions
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.means_over_time import draw_means, means_over_time
from spatial_region.viz.palettes import sequence
from spatial_region.viz.rows import (
    MOST_ROWS,
    at_one_time,
    highest_first,
    row_chart,
    row_names,
    several_times,
    square,
    with_time,
)
from spatial_region.viz.style import FAINT, SMALL_SIZE, style, text_size
from spatial_region.viz.words import word

CouplingKind = Literal["trend", "regions"]
_DEGREES = ["C", "T", "D"]


def coupling_chart(
    rows: pd.DataFrame,
    *,
    kind: CouplingKind | None = None,
    at: Any = None,
    names: pd.Series | None = None,
    classes: pd.Series | None = None,
    most: int = MOST_ROWS,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw the means of C, T and D over time, or D of each region at one time with the colours of its classes.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns C, T and D, from 0 to 1; indexed by region, or (region, time).
    kind : {"trend", "regions"}, optional
        Lines over time, or bars of regions, the highest on top. The default is the trend where there are several times.
    at : object, optional
        Time of the bars; the last by default.
    names : pandas.Series, optional
        Display names of the regions.
    classes : pandas.Series, optional
        Ordered classes of D, as `spatial_region.grade` returns them, indexed as `rows`; by default the ten classes of a
        tenth each, in the language of the figure.
    most : int
        Most bars; if there are more regions, those with the highest D are drawn, and a note says so.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: of the trend C, T and D by time; of regions name, D, class and colour, from the top.

    Raises
    ------
    UnknownNameError
        If a column is absent, or there is no such time.
    InputError
        If a degree lies outside 0 and 1, there is no row, a trend is asked for of one time, or classes have no order.
    AlignmentError
        If `classes` lacks a row.
    DuplicateError
        If a region occurs twice.
    OptionError
        If the kind is not offered.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> rows = pd.DataFrame({"C": [0.9, 0.8], "T": [0.4, 0.6], "D": [0.6, 0.693]}, index=["north", "south"])
    >>> viz.coupling_chart(rows).data["class"].tolist()
    ['primary coordination', 'bare coordination']
    """
    lang = read_options(coupling_chart, options, ChartOptions)
    check_whole_number(most, "most", least=1)
    _check(rows)
    several = several_times(rows.index)
    kind = kind or ("trend" if several and at is None and classes is None else "regions")
    check_option(kind, CouplingKind, "kind")
    notes = (note,) if note else ()
    if kind == "trend":
        if at is not None or classes is not None:
            raise InputError("a trend takes no at= and no classes=; they are for kind='regions'.")
        data = means_over_time(rows, _DEGREES)
        called = {degree: word(f"degree {degree}", lang) for degree in _DEGREES}
        with style(lang):
            canvas = draw_means(data, called, options, notes, top=1.0)
        return Figure(canvas, data, lang)
    table, colours = _graded(rows, classes, lang)
    own, time = at_one_time(table, at)
    data, left_out = highest_first(own, "D", most, lang)
    data.insert(0, "name", row_names(data, names))
    with style(lang):
        canvas = _bars(data, colours, with_time(word("degree D", lang), time, lang), (*left_out, *notes), options)
    return Figure(canvas, data, lang)


def _check(rows: pd.DataFrame) -> None:
    absent = [name for name in _DEGREES if name not in rows]
    if absent:
        raise UnknownNameError(f"rows lacks {name_some(absent)}; it has {name_some(rows.columns, limit=20)}.")
    numbers = rows[_DEGREES].to_numpy(dtype=float)
    outside = numbers[(numbers < 0) | (numbers > 1 + 1e-9)]
    if len(outside):
        raise InputError(f"C, T and D must lie between 0 and 1; found {outside.tolist()[:5]}.")


def _graded(rows: pd.DataFrame, classes: pd.Series | None, lang: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return D with the class and colour of each row, and the colour of each class."""
    if classes is None:
        named = TEN_CLASSES["ten_zh" if lang == "zh" else "ten"]
        classes = grade(rows["D"].clip(upper=1.0), edges=TEN_EDGES, labels=named, missing="drop")
    elif not isinstance(classes.dtype, pd.CategoricalDtype) or not classes.cat.ordered:
        raise InputError("classes must be ordered, as grade() returns them.")
    absent = rows.index.difference(classes.index)
    if len(absent):
        raise AlignmentError(f"classes lacks {len(absent)} of {len(rows)} rows: {name_some(absent)}.")
    order = list(classes.cat.categories)
    colours = dict(zip(map(str, order), sequence("RdYlBu", len(order)), strict=True))
    own = classes.astype(object).reindex(rows.index)
    named_class = own.where(own.notna(), None)
    shade = named_class.map(lambda label: colours.get(str(label), "#ffffff"))
    return pd.DataFrame({"D": rows["D"].astype(float), "class": named_class, "colour": shade}), colours


def _bars(data: pd.DataFrame, colours: dict[str, str], axis: str, notes: tuple[str, ...], options: ChartOptions) -> Any:
    found = [label for label in reversed(colours) if (data["class"] == label).any()]
    texts = ["–" if pd.isna(value) else f"{value:.3f}" for value in data["D"]]
    canvas, axes, places = row_chart(
        list(data["name"]),
        options,
        x_label=axis,
        right=text_size("0.000", SMALL_SIZE)[0] + 0.1,
        handles=[square(colours[label], label) for label in found],
        notes=notes,
    )
    axes.barh(places, data["D"], height=0.72, color=list(data["colour"]), edgecolor=FAINT, linewidth=0.3, gid="D")
    axes.set_xlim(0, 1)
    gap = 0.05 / (axes.get_window_extent().width / canvas.dpi)
    for place, value, text in zip(places, data["D"].fillna(0.0), texts, strict=True):
        axes.text(value + gap, place, text, va="center", ha="left", fontsize=SMALL_SIZE)
    return canvas
