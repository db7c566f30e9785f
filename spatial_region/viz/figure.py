"""A finished figure: drawn, saved whole or not at all, with the same bytes every time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from spatial_region.core.whole_file import write_whole
from spatial_region.errors import InputError
from spatial_region.viz.fonts import require_glyphs
from spatial_region.viz.style import style

# What matplotlib would add to each format by itself: dates and its version, which differ from run to run.
_NO_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@dataclass(frozen=True, eq=False, repr=False)
class Figure:
    """A drawn figure and the data behind it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing; change it as any other before saving.
    data : pandas.DataFrame
        What was drawn: one row a region, point, cell or bar.
    lang : {"en", "zh"}
        Language of the figure's own words.
    """

    figure: Any
    data: pd.DataFrame
    lang: str = "en"

    def save(self, path: str | os.PathLike[str], dpi: int = 300) -> Path:
        """Write the figure as PNG, SVG or PDF, by the suffix of `path`.

        The file appears whole or not at all. Saving again gives the same bytes.

        Parameters
        ----------
        path : str or path
            Where to; the folder must exist.
        dpi : int
            Dots an inch, for PNG.

        Returns
        -------
        pathlib.Path
            Where it was written.

        Raises
        ------
        InputError
            If the suffix is none of these.
        MissingGlyphError
            If no font can draw a character of the figure.
        OutputError
            If the file cannot be written.
        """
        target = Path(path)
        form = target.suffix.lower().removeprefix(".")
        if form not in _NO_METADATA:
            raise InputError(f"{target.name!r} should end in .png, .svg or .pdf.")
        write_whole(target, self.to_bytes(form, dpi=dpi))
        return target

    def to_bytes(self, form: str = "png", *, dpi: int = 100) -> bytes:
        """Return the figure as the content of a PNG, SVG or PDF file.

        Raises
        ------
        MissingGlyphError
            If no font can draw a character of the figure.
        """
        content = BytesIO()
        with style(self.lang):
            require_glyphs(self.figure)
            self.figure.draw_without_rendering()
            require_glyphs(self.figure)  # again: tick labels are only known now
            self.figure.savefig(content, format=form, dpi=dpi, metadata=_NO_METADATA[form])
        return content.getvalue()

    def _repr_png_(self) -> bytes:
        return self.to_bytes("png", dpi=144)

    def __repr__(self) -> str:
        width, height = self.figure.get_size_inches()
        return f"Figure of {len(self.data)} rows, {width:.1f} x {height:.1f} inches. Write it with .save('figure.png')."
