"""The match report in two languages."""

import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.core.match_words import MATCH_WORDS, more_in
from spatial_region.core.messages import name_some
from spatial_region.errors import OptionError


@pytest.fixture(scope="module")
def report():
    regions = sr.china_provinces()
    names = ["北京市", "天津市", "全国合计", "注：示例", "无此地方"]
    return sr.join(regions, pd.DataFrame({"地区": names, "gdp": [1.0, 2, 3, 4, 5]}), on="地区").match


def test_both_languages_have_the_words_of_the_report():
    assert set(MATCH_WORDS["en"]) <= set(MATCH_WORDS["zh"])


@pytest.mark.filterwarnings("ignore::spatial_region.errors.JoinWarning")
def test_the_report_in_chinese_says_what_the_english_one_says(report):
    english, chinese = report.summary(), report.summary(lang="zh")
    assert len(english.splitlines()) == len(chinese.splitlines())
    assert "全国合计: 合计行" in chinese
    assert "未知名称" in chinese
    assert "等，另有" in chinese
    assert "matched" not in chinese
    for line in chinese.splitlines()[1:6]:
        assert line.split()[1].isdigit()


def test_the_end_of_a_cut_list_is_translated():
    listed = name_some("abcdefg", limit=5)
    assert more_in(listed, "en") == listed
    assert more_in(listed, "zh") == "a, b, c, d, e 等，另有 2 个"


def test_another_language_is_refused(report):
    with pytest.raises(OptionError, match="lang"):
        report.summary(lang="fr")
