"""The words of the match report, in each language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "zh"]
Words = Mapping[str, str]

MATCH_WORDS: dict[str, Words] = {
    "en": {
        "title": "Match report: {rows} rows joined on {on!r}",
        "matched": "matched",
        "renamed": "renamed",
        "merged": "merged",
        "respelled": "respelled",
        "ambiguous": "ambiguous",
        "unmatched": "unmatched",
        "regions": "regions",
        "times": "times",
        "gaps": "gaps",
        "have data": " of {all} have data",
        "span": ", {first} to {last}",
        "without row": " (region, time) without a row",
        "heading": "{name}:",
        "listed": "{said} ({rows})",
        "more": "... and {count} more; see {where}",
        "combined": "Combined ({how}): {count} regions or region-times",
        "combined row": "{name}: rows {rows}",
        "without data": "Regions without data:",
        "missing": "Cells read as missing: {count} ({said})",
        "notes": "Notes",
        "empty": "(empty)",
        "near": "; near names: ",
        "row": "row {rows}",
        "rows": "rows {rows}",
        "when": ", {time}",
        "from to": ", {first} to {last}",
    },
    "zh": {
        "title": "匹配报告：表中 {rows} 行，按“{on}”列匹配",
        "matched": "直接匹配",
        "renamed": "更名",
        "merged": "并入",
        "respelled": "写法不同",
        "ambiguous": "有歧义",
        "unmatched": "未匹配",
        "regions": "区域",
        "times": "时点",
        "gaps": "缺口",
        "have data": " 个有数据，共 {all} 个",
        "span": "，{first} 至 {last}",
        "without row": " 个（区域与时点）无对应行",
        "heading": "{name}：",
        "listed": "{said}（{rows}）",
        "more": "……另有 {count} 项，见 {where}",
        "combined": "合并（{how}）：{count} 个区域（或区域与时点）",
        "combined row": "{name}：第 {rows} 行",
        "without data": "无数据的区域：",
        "missing": "读作缺失值的单元格：{count}（{said}）",
        "notes": "说明",
        "empty": "（空白）",
        "near": "；相近名称：",
        "row": "第 {rows} 行",
        "rows": "第 {rows} 行",
        "when": "，{time}",
        "from to": "，{first} 至 {last}",
        "reason total": "合计行",
        "reason note": "注释行",
        "reason blank": "空白行",
        "reason outside": "不在边界范围内",
        "reason no region": "不是区域",
        "reason unknown": "未知名称",
        "reason unknown province": "未知省份",
        "reason other province": "属于其他省份",
        "reason dissolved": "已撤销",
        "reason no time": "无时点",
        "reason code and name differ": "代码与名称不一致",
        "reason above prefecture level": "高于地级",
        "reason below prefecture level": "低于地级",
        "reason below province level": "低于省级",
        "detail by the alias given": "按给定的别名",
        "detail differs in zeros in front": "仅前导零不同",
        "detail differs in empty decimals": "仅小数部分的零不同",
        "detail differs in case, width or spaces": "仅大小写、全半角或空格不同",
        "detail 100000 is the code of the country": "100000 是全国的代码",
    },
}


def more_in(listed: str, lang: str) -> str:
    """Return a list that ends in ``and 3 more`` with that ending in a language."""
    return listed if lang == "en" else re.sub(r" and (\d+) more$", r" 等，另有 \1 个", listed)
