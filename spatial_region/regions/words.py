"""Rows of a table that name no region: totals, placeholders of the code system, notes, blanks."""

from __future__ import annotations

import re
from functools import lru_cache

from spatial_region.regions.history import read_data

_TOTAL_AT_END = re.compile(r"(?:合计|总计|小计|共计|汇总|平均|平均值|均值|总数|差距)$")
_PLACEHOLDER_AT_END = re.compile(
    r"(?:市辖区|市区|\(市辖区\)|\(市区\)|直辖县级行政区划|直辖县级行政单位|本级|直属|其他|其它|城市群|都市圈|经济带|经济圈|经济区)$"
)
_NOTE = re.compile(
    r"^(?:注[:：]|注\d|注释|备注|说明|资料来源|数据来源|来源|表注|单位[:：]|notes?\b|sources?\b|data source)",
    re.IGNORECASE,
)
LONGEST_NAME = 30  # the longest name of a region has 16 characters in Chinese; a longer sentence is a note


def no_region(text: str) -> str:
    """Return why a cleaned text names no region ("blank", "note", "total", "no region"), or an empty string."""
    if not text:
        return "blank"
    if _NOTE.match(text) or (len(text) > LONGEST_NAME and re.search("[，。；：,;:]", text)):
        return "note"
    known = _known_words().get(text.lower())
    if known:
        return known
    if _TOTAL_AT_END.search(text):
        return "total"
    return "no region" if _PLACEHOLDER_AT_END.search(text) else ""


@lru_cache(maxsize=1)
def _known_words() -> dict[str, str]:
    words = read_data("no_region")
    return dict(zip(words["word"], words["reason"], strict=True))
