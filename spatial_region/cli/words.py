"""The words of the summary, in each language. Names and labels of the user's data are not here."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from spatial_region.cli.words_en import ENGLISH
from spatial_region.cli.words_more_zh import HEADINGS_BESIDE, MORE_NOTES, MORE_TABLES, MORE_VALUES, PLATES_ZH, REASON
from spatial_region.cli.words_zh import CARD_ZH, CHINESE, NOTES_ZH, TABLES_ZH, VALUES_ZH
from spatial_region.core.match_words import more_in

_WORDS: dict[str, dict[str, str]] = {"en": ENGLISH, "zh": CHINESE}


def in_words(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return a table of a method with its headings and named values in a language."""
    if lang == "en":
        return table
    known = (column for column in (VALUES_ZH.keys() | MORE_VALUES.keys()) if column in table)
    named = {column: {**VALUES_ZH.get(column, {}), **MORE_VALUES.get(column, {})} for column in known}
    headings = {**TABLES_ZH, **MORE_TABLES}
    for beside, own in HEADINGS_BESIDE.items():
        headings.update(own if beside in table else {})
    return _in_place(table, named).rename(columns=headings)


def _in_place(table: pd.DataFrame, named: Mapping[str, Mapping[object, str]]) -> pd.DataFrame:
    """Return the table with the values of each column under other names, whatever type the column has."""
    changed = {column: table[column].map(lambda value, own=own: own.get(value, value)) for column, own in named.items()}
    return table.assign(**changed)


def card_in(card: pd.Series, lang: str) -> pd.Series:
    """Return the card of weights, as text, in a language."""
    if lang == "en":
        return card
    values = {row: CARD_ZH.get(value, value) for row, value in card.items() if row in ("standardisation", "symmetric")}
    listed = card["islands"].replace(": ", "：") if card["islands"] != "0" else "0"
    return pd.Series({**card, **values, "islands": more_in(listed, "zh")}).rename(CARD_ZH)


def note_in(note: str, lang: str) -> str:
    """Return a note of a result in a language; notes of which no translation is known stay as they are."""
    for pattern, translated in {**NOTES_ZH, **MORE_NOTES}.items() if lang == "zh" else ():
        found = re.fullmatch(pattern, note)
        if found:
            parts = [note_in(part, lang) if pattern == REASON else part or "" for part in found.groups()]
            return " ".join(translated.format(*parts).split())
    places, separator, rest = note.partition(": ")
    if lang == "zh" and separator and (translated := note_in(rest, lang)) != rest:  # a note of some parts of a result
        return f"{_places_zh(places)}：{translated}"
    return note


def _places_zh(parts: str) -> str:
    """Return the parts of a study, as a note lists them, in Chinese."""
    for group, called in PLATES_ZH.items():
        parts = re.sub(rf"(?<!\w){group}(?!\w)", called, parts)
    parts = re.sub(r" and (\d+) more$", r"等另外 \1 个", parts.replace("all regions", "全部区域"))
    return re.sub(r" at ([^,]+?)(?=,|等|$)", r"（\1）", parts).replace(", ", "、")


def word(key: str, lang: str, **values: object) -> str:
    """Return one of the summary's words in a language, with values filled in."""
    return _WORDS[lang][key].format(**values)


def languages() -> dict[str, set[str]]:
    """Return which words each language has."""
    return {lang: set(words) for lang, words in _WORDS.items()}
