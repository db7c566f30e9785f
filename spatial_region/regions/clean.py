"""Text of a table cell, made comparable: width, spaces, footnote marks, traditional characters, Latin spelling."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from spatial_region.regions.history import read_data

# Circled and superscript figures become plain figures under NFKC, so footnote marks have to go before.
MARKS = re.compile(
    "[\u00b2\u00b3\u00b9\u2070-\u2099\u2460-\u24ff\u2776-\u2793\u3251-\u325f\u32b1-\u32bf*＊†‡§※★☆▲△●○■□◆◇#＃]"
)
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BRACKETED_NOTE = re.compile(r"[\[(〔【]\s*(?:注\s*\d{0,2}|\d{1,2}|[a-z])\s*[\])〕】]", re.IGNORECASE)
_NOTE_AT_END = re.compile(r"(?<=[\u4e00-\u9fff])(?:注\s*\d{0,2}|\d{1,2}\s*\))$")
_HAN = re.compile("[\u3400-\u9fff]")
_EDGE = " \t\r\n、，,。.;；:：'\"“”‘’·`_-—–"


def has_han(text: str) -> bool:
    """Whether a text contains a Chinese character."""
    return bool(_HAN.search(text))


def clean(value: object) -> str:
    """Return the text of a cell without the differences that carry no meaning.

    Normal form KC, no spaces inside Chinese text, no footnote marks, traditional characters simplified.
    Brackets that are not footnotes stay: ``承德市(市辖区)`` is not ``承德市``.
    """
    text = _INVISIBLE.sub("", MARKS.sub("", str(value)))
    text = unicodedata.normalize("NFKC", text)
    text = _BRACKETED_NOTE.sub("", text).strip(_EDGE)
    if has_han(text):
        text = re.sub(r"\s+", "", text).translate(_simplified())
        text = _NOTE_AT_END.sub("", text).strip(_EDGE)
    return re.sub(r"\s+", " ", text)


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    pairs = read_data("china_traditional")
    return {ord(old): new for old, new in zip(pairs["traditional"], pairs["simplified"], strict=True)}


def fold_latin(text: str) -> list[str]:
    """Return the words of a Latin name: lower case, no accents, no apostrophes, hyphens as spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub("['’‘`ʼʻ´]", "", plain)
    return re.findall(r"[^\W_]+", plain)
