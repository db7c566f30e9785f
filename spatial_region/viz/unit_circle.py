"""Roots of a vector autoregression and the unit circle."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from spatial_region.errors import InputError, UnknownNameError
from spatial_region.viz.charts import ChartOptions, new_chart
from spatial_region.viz.figure import Figure
from spatial_region.viz.keywords import read_options
from spatial_region.viz.panels import add_legend, legend_height
from spatial_region.viz.style import FAINT, INK, style
from spatial_region.viz.words import word

_INSIDE, _OUTSIDE = "#0072b2", "#d55e00"
_SIDE = 3.2  # inches of the square


def unit_circle(roots: pd.DataFrame, *, note: str = "", **options: Unpack[ChartOptions]) -> Figure:
    """Draw the roots of a vector autoregression in the complex plane, with the unit circle.

    The autoregression is stable if all roots lie inside.

    Parameters
    ----------
    roots : pandas.DataFrame
        One row a root of the companion matrix: columns real and imaginary.
    note : str
        Line under the figure.
    **options
        See `ChartOptions`; the width is 4.2 inches by default.

    Returns
    -------
    Figure
        Its data: real, imaginary, modulus and inside (bool) of each root.

    Raises
    ------
    UnknownNameError
        If a column is absent.
    InputError
        If there is no root, or one is not finite.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial_region import viz
    >>> roots = pd.DataFrame({"real": [0.6, 0.6, 1.02], "imaginary": [0.3, -0.3, 0.0]})
    >>> viz.unit_circle(roots).data["inside"].tolist()
    [True, True, False]
    """
    lang = read_options(unit_circle, options, ChartOptions)
    absent = [name for name in ("real", "imaginary") if name not in roots]
    if absent:
        raise UnknownNameError(f"roots lacks {', '.join(absent)}; it has {', '.join(map(str, roots.columns))}.")
    data = roots[["real", "imaginary"]].astype(float)
    if data.empty or not np.isfinite(data.to_numpy()).all():
        raise InputError(f"roots must be finite numbers, at least one; found {data.to_numpy().tolist()[:5]}.")
    data["modulus"] = np.hypot(data["real"], data["imaginary"])
    data["inside"] = data["modulus"] < 1
    with style(lang):
        canvas = _draw(data, note, options)
    return Figure(canvas, data, lang)


def _draw(data: pd.DataFrame, note: str, options: ChartOptions) -> Any:
    lang, width = options.get("lang", "en"), options.get("width", 4.2)
    handles = [
        Line2D([], [], linestyle="", marker=marker, color=colour, markersize=5, label=word(key, lang))
        for key, colour, marker, there in (
            ("inside circle", _INSIDE, "o", data["inside"].any()),
            ("outside circle", _OUTSIDE, "X", not data["inside"].all()),
        )
        if there
    ]
    side = min(_SIDE, width - 1.0)
    spare = (width - 0.24 - side - 0.6) / 2  # the square stands in the middle of the page
    canvas, axes = new_chart(
        side,
        {**options, "width": width},
        left=0.6 + max(spare, 0.0),
        right=max(spare, 0.0),
        bottom=0.5 + legend_height(handles, width),
        notes=(note,) if note else (),
    )
    reach = 1.1 * max(1.0, float(data["modulus"].max()))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.axhline(0, color=FAINT, linewidth=0.5)
    axes.axvline(0, color=FAINT, linewidth=0.5)
    axes.add_patch(Circle((0, 0), 1.0, fill=False, edgecolor=INK, linewidth=0.9, gid="unit circle"))
    for inside, colour, marker in ((True, _INSIDE, "o"), (False, _OUTSIDE, "X")):
        own = data[data["inside"] == inside]
        gid = "inside" if inside else "outside"
        axes.plot(
            own["real"], own["imaginary"], linestyle="", marker=marker, color=colour, markersize=5, alpha=0.85, gid=gid
        )
    axes.set_xlabel(word("real part", lang))
    axes.set_ylabel(word("imaginary part", lang))
    axes.locator_params(nbins=5)
    tall = canvas.get_size_inches()[1]
    low = axes.get_position()
    add_legend(canvas, handles, width, loc="upper center", bbox_to_anchor=((low.x0 + low.x1) / 2, low.y0 - 0.5 / tall))
    return canvas
