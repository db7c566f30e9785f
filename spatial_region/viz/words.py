"""The words of the figures themselves. Names of regions and labels of variables are data and come from the study."""

from __future__ import annotations

from spatial_region.viz.words_en import ENGLISH
from spatial_region.viz.words_zh import CHINESE

_WORDS: dict[str, dict[str, str]] = {"en": ENGLISH, "zh": CHINESE}


def word(key: str, lang: str, **values: object) -> str:
    """Return one of the figure's words in a language, with values filled in."""
    return _WORDS[lang][key].format(**values)


def has_word(key: str, lang: str) -> bool:
    """Return whether the figures have a word for this."""
    return key in _WORDS[lang]
