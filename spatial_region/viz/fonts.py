"""Fonts that have the characters of a figure, and an error when none has them.

Nothing is installed or changed in matplotlib's settings. A font file that comes from a package is registered in
matplotlib's list of fonts, which only adds a name that can be asked for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from spatial_region.errors import MissingGlyphError

LATIN_FAMILY = "DejaVu Sans"  # comes with matplotlib: Latin, Greek, Cyrillic, minus, superscripts, arrows

# Families with simplified Chinese, in order of preference. Fonts of a regional variant come last: they have the
# characters, a few drawn in another national form.
CJK_FAMILIES = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Serif CJK SC",
    "SimSun",
    "Arial Unicode MS",
    "Noto Sans CJK JP",
)
_FONT_PACKAGE = "zhplot"
_COMMON_CHINESE = "国区域经济显著"  # a font cut down to fewer characters than this is not one for Chinese

_ADVICE = (
    'install one with pip install "spatial_region[fonts]" (Noto Sans SC), or a system package such as fonts-noto-cjk'
)


@cache
def chinese_family() -> str | None:
    """Return the name of a font family with simplified Chinese: an installed one, else the registry package's."""
    installed: dict[str, str] = {}
    for font in font_manager.fontManager.ttflist:
        installed.setdefault(font.name, font.fname)
    for family in CJK_FAMILIES:
        if family in installed and {ord(sign) for sign in _COMMON_CHINESE} <= characters_of(installed[family]):
            return family
    packaged = _packaged_font()
    if packaged is None:
        return None
    font_manager.fontManager.addfont(packaged)
    return str(font_manager.FontProperties(fname=str(packaged)).get_name())


def _packaged_font() -> Path | None:
    # The package is found, not imported: importing it would change matplotlib's settings.
    spec = find_spec(_FONT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    found = sorted(Path(spec.submodule_search_locations[0]).glob("fonts/*.ttf"))
    return found[0] if found else None


def families(lang: str) -> list[str]:
    """Return the font families of a figure, the first that has a character draws it."""
    chinese = chinese_family()
    known = [LATIN_FAMILY] if chinese is None else [LATIN_FAMILY, chinese]
    return known[::-1] if lang == "zh" else known


@cache
def characters_of(path: str) -> frozenset[int]:
    """Return the code points that a font file can draw."""
    return frozenset(FT2Font(path).get_charmap())


def missing_characters(text: str, family: Iterable[str]) -> list[str]:
    """Return the characters of `text` that none of the font families can draw, each once, in order."""
    found = [_characters_of_family(name) for name in family]
    # Where no family is installed, matplotlib falls back to the font that comes with it.
    drawable = frozenset().union(*found) or _characters_of_family(LATIN_FAMILY)
    shown = (sign for sign in text if not _is_invisible(sign))
    return list(dict.fromkeys(sign for sign in shown if ord(sign) not in drawable))


def _is_invisible(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in {"Cc", "Cf"}


@cache
def _characters_of_family(name: str) -> frozenset[int]:
    properties = font_manager.FontProperties(family=[name])
    try:
        path = font_manager.fontManager.findfont(properties, fallback_to_default=False)
    except ValueError:  # not installed
        return frozenset()
    return characters_of(str(path))


def require_characters(text: str, family: Iterable[str]) -> None:
    """Refuse a text that would be drawn with boxes.

    Raises
    ------
    MissingGlyphError
        If no font of `family` has one of the characters.
    """
    missing = missing_characters(text, family)
    if missing:
        _refuse(missing, [text])


def require_glyphs(figure: Any) -> None:
    """Refuse a figure with a character that its fonts cannot draw.

    Raises
    ------
    MissingGlyphError
        If a visible text has such a character; the error names characters, texts and remedy.
    """
    missing: dict[str, None] = {}
    texts: list[str] = []
    for artist in figure.findobj(Text):
        text = artist.get_text()
        if not text or not artist.get_visible():
            continue
        found = missing_characters(text, artist.get_fontfamily())
        if found:
            missing.update(dict.fromkeys(found))
            texts.append(text)
    if missing:
        _refuse(list(missing), texts)


def _refuse(missing: list[str], texts: list[str]) -> None:
    shown = ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    where = ", ".join(repr(text) for text in texts[:3])
    chinese = any("CJK" in unicodedata.name(sign, "") for sign in missing)
    if chinese and chinese_family() is None:
        remedy = f"No installed font has Chinese: {_ADVICE}."
    else:
        remedy = "Replace these characters, or install a font that has them."
    raise MissingGlyphError(f"no font of this figure can draw {shown}{more}, found in {where}. {remedy}")
