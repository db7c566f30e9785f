"""The words of the summary, in each language. Names and labels of the user's data are not here."""

from __future__ import annotations

import re

import pandas as pd

from spatial_region.cli.words_en import ENGLISH
from spatial_region.cli.words_zh import CARD_ZH, CHINESE, NOTES_ZH, TABLES_ZH, VALUES_ZH
from spatial_region.core.match_words import more_in

_WORDS: dict[str, dict[str, str]] = {"en": ENGLISH, "zh": CHINESE}


def in_words(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return a table of a method with its headings and named values in a language."""
    if lang == "en":
        return table
    named = {column: words for column, words in VALUES_ZH.items() if column in table}
    return table.replace(named).rename(columns=TABLES_ZH)


def card_in(card: pd.Series, lang: str) -> pd.Series:
    """Return the card of weights, as text, in a language."""
    if lang == "en":
        return card
    values = {row: CARD_ZH.get(value, value) for row, value in card.items() if row in ("standardisation", "symmetric")}
    listed = card["islands"].replace(": ", "：") if card["islands"] != "0" else "0"
    return pd.Series({**card, **values, "islands": more_in(listed, "zh")}).rename(CARD_ZH)


def note_in(note: str, lang: str) -> str:
    """Return a note of a result in a language; notes of which no translation is known stay as they are."""
    for pattern, translated in NOTES_ZH.items() if lang == "zh" else ():
        found = re.fullmatch(pattern, note)
        if found:
            return " ".join(translated.format(*(part or "" for part in found.groups())).split())
    parts, separator, rest = note.partition(": ")
    if lang == "zh" and separator and (translated := note_in(rest, lang)) != rest:  # a note of some parts of a result
        return f"{parts.replace('all regions', '全部区域').replace(', ', '、')}：{translated}"
    return note


def word(key: str, lang: str, **values: object) -> str:
    """Return one of the summary's words in a language, with values filled in."""
    return _WORDS[lang][key].format(**values)


def languages() -> dict[str, set[str]]:
    """Return which words each language has."""
    return {lang: set(words) for lang, words in _WORDS.items()}
