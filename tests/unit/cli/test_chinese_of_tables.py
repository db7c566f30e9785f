"""Chinese headings that depend on the table, and notes within notes."""

from __future__ import annotations

import pandas as pd
import pytest

from spatial_region.cli.words import in_words, note_in


def test_se_is_a_standard_error_except_beside_pure_efficiency() -> None:
    moran = pd.DataFrame({"I": [0.3], "se": [0.06]})
    scores = pd.DataFrame({"te": [0.9], "pte": [1.0], "se": [0.9], "status": ["inefficient"]})
    assert list(in_words(moran, "zh")) == ["I", "标准误"]
    shown = in_words(scores, "zh")
    assert list(shown)[2] == "规模效率"
    assert shown["状态"].tolist() == ["非有效"]
    assert list(in_words(moran, "en")) == ["I", "se"]


def test_values_are_named_whatever_their_type() -> None:
    signs = pd.DataFrame({"indicator": ["gdp", "waste"], "direction": [1, -1], "within": [0.4, 0.6]})
    shown = in_words(signs, "zh")
    assert shown["方向"].tolist() == ["正向", "负向"]
    assert "维度内权重" in shown
    assert signs["direction"].tolist() == [1, -1]


@pytest.mark.parametrize(
    ("note", "translated"),
    [
        (
            "Central at 2013, all regions and 7 more: not examined. 'edu' puts each of the 3 rows in a stratum of its "
            "own, so there is no variance within strata. Group its values first.",
            "中部（2013）、全部区域等另外 7 个：未能分析：“edu”使 3 行各成一层，层内没有方差；请先合并类别。",
        ),
        (
            "no room on the map for the names of 4 of 34 regions: 江苏 (320000). A wider figure "
            "(width=) has more room.",
            "图上放不下 34 个区域中 4 个的名称：江苏 (320000)。加宽图幅可容纳更多。",
        ),
        ("a note that nobody has translated", "a note that nobody has translated"),
    ],
)
def test_notes_in_chinese(note: str, translated: str) -> None:
    assert note_in(note, "zh") == translated
    assert note_in(note, "en") == note
