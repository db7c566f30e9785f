"""Every word of a figure is there in both languages, with the same values to fill in."""

from __future__ import annotations

from string import Formatter

from spatial_region.viz.words import _WORDS


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_words() -> None:
    assert set(_WORDS["en"]) == set(_WORDS["zh"])


def test_chinese_words_need_no_other_values() -> None:
    # "{more}" is left out in Chinese, which counts all that are meant.
    for key, text in _WORDS["en"].items():
        assert _fields(_WORDS["zh"][key]) <= _fields(text) | {"count"}, key
        assert text, key
