"""The look shared by all figures, canvases without pyplot, and texts measured and wrapped before they are placed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text

from spatial_region.core.options import check_option
from spatial_region.viz.fonts import families, require_characters

Lang = Literal["en", "zh"]

LINE_SPACING = 1.35  # of texts with several lines; fonts for Chinese need more than the usual
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE, NOTE_SIZE = 11.0, 8.5, 7.5, 7.0
INK, FAINT = "#222222", "#666666"

_SETTINGS: dict[str, Any] = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_SIZE,
    "axes.linewidth": 0.6,
    "axes.titlesize": TEXT_SIZE,
    "font.size": TEXT_SIZE,
    "hatch.linewidth": 0.5,
    "legend.fontsize": SMALL_SIZE,
    "legend.title_fontsize": TEXT_SIZE,
    "pdf.fonttype": 42,  # editable text
    "svg.fonttype": "path",  # the same picture where the font is not installed
    "svg.hashsalt": "spatial_region",  # the same bytes on every run
    "text.color": INK,
    "text.hinting": "none",  # extents that scale with the resolution
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "xtick.color": INK,
    "xtick.labelsize": SMALL_SIZE,
    "xtick.major.width": 0.6,
    "ytick.color": INK,
    "ytick.labelsize": SMALL_SIZE,
    "ytick.major.width": 0.6,
}


@contextmanager
def style(lang: str) -> Iterator[None]:
    """Draw with the package's look, whatever the user's own settings, and restore these afterwards.

    Raises
    ------
    OptionError
        If the language is not offered.
    """
    check_option(lang, Lang, "lang")
    with _quiet_fonts(), matplotlib.style.context(["default", {**_SETTINGS, "font.family": families(lang)}]):
        yield


@contextmanager
def _quiet_fonts() -> Iterator[None]:
    # Matplotlib logs a line for every text whose font has another weight than "normal"; that a font has the
    # characters is checked here.
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def new_canvas(width: float, height: float) -> Any:
    """Return an empty matplotlib figure, in inches, that no global state knows of."""
    canvas = Canvas(figsize=(width, height))
    FigureCanvasAgg(canvas)
    return canvas


def text_size(text: str, size: float, *, family: list[str] | None = None) -> tuple[float, float]:
    """Return width and height of a text in inches.

    Raises
    ------
    MissingGlyphError
        If no font has one of its characters.
    """
    used = tuple(family or matplotlib.rcParams["font.family"])
    return _text_size(text, size, used)


@lru_cache(maxsize=4096)
def _text_size(text: str, size: float, family: tuple[str, ...]) -> tuple[float, float]:
    require_characters(text, family)
    canvas = _scratch()
    artist = Text(0, 0, text, fontsize=size, fontfamily=list(family), linespacing=LINE_SPACING, parse_math=False)
    artist.set_figure(canvas)
    extent = artist.get_window_extent(canvas.canvas.get_renderer())
    return float(extent.width / canvas.dpi), float(extent.height / canvas.dpi)


@lru_cache(maxsize=1)
def _scratch() -> Any:
    return new_canvas(1, 1)


# A word with the space after it, or one wide character; with punctuation that must not end or begin a line.
_WIDE = r"[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]"
_CLOSING = r"[\u3001\u3002\uff0c\uff1b\uff1a\uff09\u300b\u201d\uff01\uff1f]"
_OPENING = r"[\uff08\u300a\u201c\u3010]"
_PIECE = re.compile(rf"\n|{_OPENING}*(?:{_WIDE}{_CLOSING}*|(?:(?!{_WIDE})\S)+{_CLOSING}*\s*)|\s+")


def wrap(text: str, width: float, size: float) -> str:
    """Break a text into lines no wider than `width` inches: between words, or between Chinese characters.

    A single word that is wider is broken between its letters.
    """
    require_characters(text, matplotlib.rcParams["font.family"])  # the error shows the whole text
    lines = [""]
    for piece in _pieces(text, width, size):
        if piece == "\n":
            lines.append("")
        elif lines[-1] and text_size((lines[-1] + piece).rstrip(), size)[0] > width:
            lines.append(piece)
        else:
            lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def breaks_within(text: str, width: float, size: float) -> bool:
    """Return whether a text can be wrapped to `width` inches without breaking a word."""
    return all(text_size(piece.rstrip(), size)[0] <= width for piece in _PIECE.findall(text) if piece.strip())


def _pieces(text: str, width: float, size: float) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        fits = not piece.strip() or text_size(piece.rstrip(), size)[0] <= width
        yield from [piece] if fits else piece
