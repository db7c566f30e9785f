"""The risk detector as matrices: between which strata the means differ, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex, to_rgb

from spatial_region.core.correction import check_correction
from spatial_region.core.options import Correction, check_between, check_whole_number
from spatial_region.viz.bars import stars
from spatial_region.viz.charts import MARGIN, ChartOptions, new_chart
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.risk_cells import risk_cells
from spatial_region.viz.risk_layout import RiskPanel, measure_panels
from spatial_region.viz.style import FAINT, INK, SMALL_SIZE, TEXT_SIZE, style, text_size
from spatial_region.viz.words import word

_PALETTE = "RdBu_r"
_PLAIN = "#eeeeee"  # of differences that are not significant
_SMALLEST_TEXT = 4.5  # points; smaller numbers are left out, and colour and table say them
_BAR, _BETWEEN = 0.66, 0.25  # inches: of the scale at the right, and between panels


def risk_matrix(
    risk: pd.DataFrame,
    *,
    factors: str | Sequence[str] | None = None,
    p: str = "p",
    level: float = 0.05,
    correction: Correction | None = None,
    labels: Mapping[str, str] | None = None,
    columns: int | None = None,
    note: str = "",
    **options: Unpack[ChartOptions],
) -> Figure:
    """Draw between which strata of a factor the means differ: one matrix a factor.

    A cell is the mean of the stratum of its row minus that of its column. Significant differences have the colour of
    their size and stars, others are grey; all matrices share one scale. The diagonal shows each mean.

    Parameters
    ----------
    risk : pandas.DataFrame
        One row a pair of strata: factor, stratum_a, stratum_b, mean_a, mean_b, difference (a minus b) and p.
    factors : str or sequence of str, optional
        Which to draw, in this order; all by default.
    p : str
        Column with the p-values.
    level : float
        Level of significance.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"}, optional
        Correction for the number of pairs of each factor.
    labels : mapping, optional
        How each factor, and each stratum, is called in the figure.
    columns : int, optional
        Matrices in a row.
    note : str
        Line under the figure, such as the name of the test.
    **options
        See `ChartOptions`.

    Returns
    -------
    Figure
        Its data: factor, row, column, difference (of the diagonal the mean), p, p_adjusted, significant, stars and
        colour of each cell.

    Raises
    ------
    UnknownNameError
        If a column or a factor is absent.
    DuplicateError
        If a pair of strata occurs twice.
    InputError
        If a pair of strata is absent, a p-value or `level` does not lie between 0 and 1, or there is no room.
    OptionError
        If the correction is not offered.

    References
    ----------
    Wang, J.-F. et al. (2010). Geographical detectors-based health risk assessment. International Journal of
    Geographical Information Science 24(1), 107-127. https://doi.org/10.1080/13658810802443457

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> from spatial_region import viz
    >>> towns = pd.DataFrame({"income": [1.0, 2, 3, 7, 8, 9, 4, 5, 6], "zone": list("aaabbbccc")})
    >>> figure = viz.risk_matrix(sr.geodetector(towns, "income", ["zone"]).risk)
    >>> figure.data.loc[figure.data["row"] != figure.data["column"], ["row", "column", "difference"]].values.tolist()
    [['b', 'a', 6.0], ['c', 'a', 3.0], ['c', 'b', -3.0]]
    """
    lang = read_options(risk_matrix, options, ChartOptions)
    check_between(level, "level", low=0, high=1)
    check_correction(correction)
    if columns is not None:
        check_whole_number(columns, "columns", least=1)
    parts = risk_cells(risk, factors, p=p, level=level, correction=correction)
    cells = pd.concat(parts.values(), ignore_index=True)
    norm = _scale(cells)
    significant = cells["significant"] == True  # noqa: E712  None stands for no test
    cells["stars"] = cells["p_adjusted"].map(stars).where(significant, "")
    colours = [to_hex(colour) for colour in matplotlib.colormaps[_PALETTE](norm(cells["difference"].to_numpy()))]
    diagonal = cells["row"] == cells["column"]
    cells["colour"] = np.where(diagonal, "#ffffff", np.where(significant, colours, _PLAIN))
    with style(lang):
        canvas = _draw(cells, norm, labels or {}, columns, _notes(cells, level, correction, note, lang), options)
    return Figure(canvas, cells, lang)


def _scale(cells: pd.DataFrame) -> Normalize:
    largest = float(cells.loc[cells["row"] != cells["column"], "difference"].abs().max()) or 1.0
    return Normalize(-largest, largest)


def _notes(cells: pd.DataFrame, level: float, correction: Correction | None, note: str, lang: str) -> tuple[str, ...]:
    comma, stop = ("，", "；") if lang == "zh" else (", ", "; ")
    told = comma.join(filter(None, (word("differs", lang, level=level), word(correction, lang) if correction else "")))
    lines = [word("difference", lang), stop.join([told, word("stars", lang)])]
    untested = cells["significant"].isna() & (cells["row"] != cells["column"])
    if untested.any():
        lines.append(word("untested", lang))
    return (*lines, note) if note else tuple(lines)


def _draw(
    cells: pd.DataFrame,
    norm: Normalize,
    names: Mapping[str, str],
    columns: int | None,
    notes: tuple[str, ...],
    options: ChartOptions,
) -> Any:
    parts = dict(iter(cells.groupby("factor", sort=False)))
    width = options.get("width", 6.0 if len(parts) == 1 else 7.5)
    per_row = min(columns or 2, len(parts))
    room = (width - 2 * MARGIN - _BAR - (per_row - 1) * _BETWEEN) / per_row
    cell, panels = measure_panels(parts, names, room)
    lines = [panels[start : start + per_row] for start in range(0, len(panels), per_row)]
    heights = [(max(p.head for p in line), max(cell * len(p.labels) + p.foot for p in line)) for line in lines]
    high = sum(head + body for head, body in heights) + (len(lines) - 1) * _BETWEEN
    canvas, area = new_chart(high, {**options, "width": width}, left=0.0, right=0.0, bottom=0.0, notes=notes)
    wide, tall = canvas.get_size_inches()
    top = highest = area.get_position().y1 * tall
    area.remove()
    for line, (head, body) in zip(lines, heights, strict=True):
        for place, panel in enumerate(line):
            block = cell * len(panel.labels)
            left = MARGIN + place * (room + _BETWEEN)
            box = ((left + panel.side) / wide, (top - head - block) / tall, block / wide, block / tall)
            _draw_matrix(canvas.add_axes(box, label=f"matrix {panel.heading}"), panel, norm, cell)
            canvas.text(left / wide, (top - head + 0.06) / tall, panel.heading, fontsize=TEXT_SIZE, va="bottom")
        top -= head + body + _BETWEEN
    block = cell * max(len(panel.labels) for panel in lines[0])
    right = MARGIN + (per_row - 1) * (room + _BETWEEN) + max(p.side + cell * len(p.labels) for p in lines[0][-1:])
    bar_box = ((right + 0.12) / wide, (highest - heights[0][0] - block) / tall, 0.11 / wide, block / tall)
    _draw_bar(canvas, bar_box, norm)
    return canvas


def _draw_bar(canvas: Any, box: tuple[float, float, float, float], norm: Normalize) -> None:
    bar = canvas.add_axes(box, label="scale")
    canvas.colorbar(ScalarMappable(norm, _PALETTE), cax=bar)
    bar.tick_params(labelsize=SMALL_SIZE, length=2)


def _draw_matrix(axes: Any, panel: RiskPanel, norm: Normalize, cell: float) -> None:
    k = len(panel.labels)
    place = {stratum: number for number, stratum in enumerate(dict.fromkeys(panel.cells["row"]))}
    largest = max(abs(norm.vmin or 0.0), abs(norm.vmax or 0.0))
    texts = [_number(value, largest) for value in panel.cells["difference"]]
    size = min(SMALL_SIZE, SMALL_SIZE * (cell - 0.05) / max(text_size(t, SMALL_SIZE)[0] for t in texts))
    written = size >= _SMALLEST_TEXT and cell >= 0.3
    for text, row in zip(texts, panel.cells.itertuples(), strict=True):
        x, y = place[row.column], place[row.row]
        diagonal = x == y
        axes.add_patch(
            matplotlib.patches.Rectangle(
                (x - 0.5, y - 0.5), 1, 1, facecolor=row.colour, edgecolor="#bbbbbb" if diagonal else "white",
                linewidth=0.6, zorder=1 if diagonal else 2, clip_on=False,
            )
        )  # fmt: skip
        dark = np.dot(to_rgb(row.colour), (0.299, 0.587, 0.114)) < 0.5
        ink = "white" if dark else INK if diagonal or row.significant else FAINT
        mark = "" if diagonal else "–" if row.significant is None else row.stars
        if written:
            axes.text(x, y - (0.16 if mark else 0.0), text, ha="center", va="center", fontsize=size, color=ink)
        if mark:
            lift = 0.26 if written else 0.0
            axes.text(x, y + lift, mark, ha="center", va="center", fontsize=min(size, 72 * cell / 2.2), color=ink)
    axes.set_xlim(-0.5, k - 0.5)
    axes.set_ylim(k - 0.5, -0.5)
    axes.set_xticks(range(k), panel.below, rotation=90 if panel.turned else 0, fontsize=SMALL_SIZE)
    axes.set_yticks(range(k), panel.labels, fontsize=SMALL_SIZE)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _number(value: float, largest: float) -> str:
    """Return a number with as many decimals as the largest difference needs for three digits."""
    if largest >= 1e6 or largest < 1e-3:
        return f"{value:.1e}"
    return f"{value:.{int(np.clip(2 - np.floor(np.log10(largest)), 0, 5))}f}"
