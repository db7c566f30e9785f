"""The words of the summary, in each language. Names and labels of the user's data are not here."""

from __future__ import annotations

import re

import pandas as pd

from spatial_region.core.match_words import more_in

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "made by": "Made by spatial_region {version} from `{file}`, seed {seed}.",
        "data": "Data",
        "regions": "{n} regions",
        "times": "{count} times, {first} to {last}",
        "match": "What became of each row of `{file}`",
        "weights": "Weights",
        "source": "Source: {source}.",
        "variable": "variable",
        "label": "label",
        "unit": "unit",
        "values": "values",
        "min": "least",
        "max": "greatest",
        "fact": "fact",
        "results": "Results",
        "warnings": "Warnings",
        "no warnings": "None.",
        "caution": "Caution",
        "note": "Note",
        "table": "Table",
        "picture": "picture as SVG",
        "whole table": "whole table as CSV",
        "first rows": "The first {shown} of {count} rows.",
        "at": "{title}, {time}",
        "profile": "Profile",
        "map": "{variable}: map",
        "moran": "{variable}: Moran's I",
        "moran_by_time": "{variable}: Moran's I, time by time",
        "local_moran": "{variable}: local clusters (local Moran's I)",
        "spatial_panel": "Spatial panel models",
        "spatial_regression": "Spatial regression",
        "geodetector": "{variable}: GeoDetector",
        "grades": "{variable}: grades",
        "moran said": (
            "I = {I}, expected without association {expected}; p = {p} ({how}, {alternative}); normal p = {p_normal}."
        ),
        "every arrangement": "all {count:,} arrangements of the values, so that p is exact",
        "permutations": "{count:,} random permutations, seed {seed}",
        "seed used": "Seed of the permutations: {seed}.",
        "every set": "all sets of neighbours, so that p is exact",
        "some sets": "{how}; all sets of neighbours where a region has no more of them",
        "weighted": "{title}; weights {w}",
        "new islands": "Without a neighbour, now that theirs are left out: {regions}.",
        "two-sided": "two-sided",
        "greater": "one-sided, greater",
        "less": "one-sided, less",
        "few regions": (
            "{n} regions are too few to support inference. Read the statistic as a description of these regions, and "
            "do not report its p-value as a test."
        ),
        "local said": "{clusters} of {n} regions are in clusters or are outliers at p ≤ {level} ({how}; {correction}).",
        "correction none": "not corrected for the number of regions",
        "correction fdr": "false discovery rate controlled",
        "correction bonferroni": "Bonferroni",
        "type": "type",
        "HH": "high among high (HH)",
        "LL": "low among low (LL)",
        "LH": "low among high (LH)",
        "HL": "high among low (HL)",
        "not significant": "not significant",
        "undefined": "no neighbours",
        "count": "regions",
        "members": "which",
        "coefficients": "Coefficients",
        "weights used": "Weights: `{w}`.",
        "effects said": "Fixed effects: {effects}.",
        "lee yu": " (removed by the transformation of Lee and Yu 2010)",
        "errors in parentheses": "Standard errors in parentheses; *** p < 0.01, ** p < 0.05, * p < 0.1.",
        "errors linear": "{models}: classical standard errors, Student's t.",
        "errors likelihood": "{models}: maximum likelihood, standard errors from the expected information, normal.",
        "errors drawn": "Standard errors of these impacts: {draws:,} draws of the estimates, seed {seed}.",
        "errors delta": "Standard errors of these impacts: delta method.",
        "impacts equal": "{models}: the coefficients are the direct and the total impacts; there are no indirect ones.",
        "short panel": (
            "The likelihood estimates an effect for each region from {periods} times only: σ² and the standard errors "
            "of the maximum likelihood models come out too small, and p-values with them. Set lee_yu = true."
        ),
        "N transformed": "N after transformation",
        "R2 within": "R² within",
        "R2 effects": "R² with fixed effects",
        "impacts": "Direct, indirect and total impacts: {model}",
        "dropped": "Left out, because a variable of the formula is missing: {regions}.",
        "no value": "Left out, because their value is missing: {regions}.",
        "name": "region",
        "value": "value",
        "relative to mean": "over the plain mean of the regions, {whole}",
        "relative to reference": "over the whole as given, {whole}",
        "share": "share, %",
        "rank": "rank",
        "base": "in {base}",
        "change": "change",
        "change_pct": "change, %",
        "growth_pct": "growth a year, %",
        "factors": "{variable}: factors",
        "interactions": "{variable}: interactions",
        "strata": "{variable}: strata",
        "no factor": "Left out, because the variable or a factor is missing: {regions}.",
        "factors said": (
            "q: share of the variance that lies between the strata. q_adjusted: the same, less what as many strata "
            "explain by chance. p_central: F test that all strata have one mean."
        ),
        "factors drawn": (
            " p_permutation: the same hypothesis, by {count:,} random permutations (seed {seed}); the one to read."
        ),
        "interactions said": (
            "q_ab: q of the overlay of both. increment: what the overlay explains beyond the two effects added up; "
            "p_increment: its F test."
        ),
        "grade": "grade",
        "interval": "interval",
        "direct": "direct",
        "indirect": "indirect",
        "total": "total",
        "pooled": "none",
        "region": "region",
        "time": "time",
        "twoway": "region and time",
    },
    "zh": {
        "made by": "由 spatial_region {version} 根据 `{file}` 生成，随机种子 {seed}。",
        "data": "数据",
        "regions": "{n} 个区域",
        "times": "{count} 个时点，{first} 至 {last}",
        "match": "`{file}` 各行的匹配结果",
        "weights": "空间权重",
        "source": "资料来源：{source}。",
        "variable": "变量",
        "label": "名称",
        "unit": "单位",
        "values": "有值",
        "min": "最小",
        "max": "最大",
        "fact": "项目",
        "results": "结果",
        "warnings": "警告",
        "no warnings": "无。",
        "caution": "注意",
        "note": "说明",
        "table": "表",
        "picture": "SVG 图",
        "whole table": "完整表格（CSV）",
        "first rows": "共 {count} 行，此处列出前 {shown} 行。",
        "at": "{title}，{time}",
        "profile": "概况",
        "map": "{variable}：分布图",
        "moran": "{variable}：Moran's I",
        "moran_by_time": "{variable}：各时点的 Moran's I",
        "local_moran": "{variable}：局部集聚（局部 Moran's I）",
        "spatial_panel": "空间面板模型",
        "spatial_regression": "空间回归",
        "geodetector": "{variable}：地理探测器",
        "grades": "{variable}：等级",
        "moran said": (
            "I = {I}，无空间关联时的期望 {expected}；p = {p}（{how}，{alternative}）；正态近似 p = {p_normal}。"
        ),
        "every arrangement": "穷举全部 {count:,} 种排列，p 为精确值",
        "permutations": "{count:,} 次随机置换，随机种子 {seed}",
        "seed used": "置换的随机种子：{seed}。",
        "every set": "穷举全部邻居组合，p 为精确值",
        "some sets": "{how}；可能的邻居组合不多于此数的区域则穷举",
        "weighted": "{title}（权重 {w}）",
        "new islands": "因邻近单元未纳入而不再有邻居的区域：{regions}。",
        "two-sided": "双侧检验",
        "greater": "单侧检验（大于）",
        "less": "单侧检验（小于）",
        "few regions": (
            "仅有 {n} 个区域，不足以支持统计推断。该统计量只宜作为对这些区域的描述，其 p 值不应作为检验结果报告。"
        ),
        "local said": "{n} 个区域中有 {clusters} 个属于集聚区或离群区（p ≤ {level}；{how}；{correction}）。",
        "correction none": "未作多重检验校正",
        "correction fdr": "控制错误发现率",
        "correction bonferroni": "Bonferroni 校正",
        "type": "类型",
        "HH": "高-高（HH）",
        "LL": "低-低（LL）",
        "LH": "低-高（LH）",
        "HL": "高-低（HL）",
        "not significant": "不显著",
        "undefined": "无邻近单元",
        "count": "区域数",
        "members": "区域",
        "coefficients": "系数",
        "weights used": "空间权重：`{w}`。",
        "effects said": "固定效应：{effects}。",
        "lee yu": "（经 Lee 和 Yu（2010）变换消去）",
        "errors in parentheses": "括号内为标准误；*** p < 0.01，** p < 0.05，* p < 0.1。",
        "errors linear": "{models}：经典标准误，t 分布。",
        "errors likelihood": "{models}：极大似然估计，标准误取自期望信息矩阵，正态分布。",
        "errors drawn": "各效应的标准误：对估计值随机抽取 {draws:,} 次，随机种子 {seed}。",
        "errors delta": "各效应的标准误：delta 法。",
        "impacts equal": "{models}：系数即直接效应与总效应，无间接效应。",
        "short panel": (
            "似然函数仅凭 {periods} 个时点估计每个区域的固定效应：σ² 与极大似然模型的标准误均偏小，p 值随之偏小。"
            "请设 lee_yu = true。"
        ),
        "N transformed": "N（变换后）",
        "R2 within": "组内 R²",
        "R2 effects": "R²（含固定效应）",
        "impacts": "直接效应、间接效应与总效应：{model}",
        "dropped": "公式中变量缺失而未纳入的区域：{regions}。",
        "no value": "因数值缺失而未纳入的区域：{regions}。",
        "name": "区域",
        "value": "数值",
        "relative to mean": "与各区域简单平均（{whole}）之比",
        "relative to reference": "与给定的整体水平（{whole}）之比",
        "share": "占比（%）",
        "rank": "位次",
        "base": "{base} 年",
        "change": "变动",
        "change_pct": "变动率（%）",
        "growth_pct": "年均增速（%）",
        "factors": "{variable}：因子探测",
        "interactions": "{variable}：交互探测",
        "strata": "{variable}：分层",
        "no factor": "因变量或因子数值缺失而未纳入的区域：{regions}。",
        "factors said": (
            "q：层间方差占总方差的比重。校正 q：扣除同样层数凭偶然所能解释的部分。p（F 检验）：检验各层均值相等。"
        ),
        "factors drawn": "p（置换）：同一假设，{count:,} 次随机置换（随机种子 {seed}），以此为准。",
        "interactions said": (
            "q(A∩B)：两因子叠加分层的 q。增量：叠加分层超出两因子效应之和的部分；p（增量）：其 F 检验。"
        ),
        "grade": "等级",
        "interval": "区间",
        "direct": "直接效应",
        "indirect": "间接效应",
        "total": "总效应",
        "pooled": "无",
        "region": "区域",
        "time": "时间",
        "twoway": "区域与时间",
    },
}


# Headings and values of tables that come from the methods. In English they stand as in the CSV.
_TABLES_ZH = {
    "time": "时点", "at": "时点", "expected": "期望", "p_normal": "p（正态）", "p_saddlepoint": "p（鞍点）",
    "permutations": "置换次数",
    "factor": "因子", "q_adjusted": "校正 q", "p_permutation": "p（置换）", "p_central": "p（F 检验）",
    "strata": "层数", "singletons": "单个区域的层", "method": "分层方法", "factor_a": "因子 A", "factor_b": "因子 B",
    "q_a": "q(A)", "q_b": "q(B)", "q_ab": "q(A∩B)", "type": "类型", "increment": "增量", "p_increment": "p（增量）",
    "stratum": "层", "lower": "下限", "upper": "上限", "mean": "均值", "sd": "标准差",
}  # fmt: skip
_VALUES_ZH = {
    "type": {
        "enhance, nonlinear": "非线性增强", "enhance, bivariate": "双因子增强", "independent": "相互独立",
        "weaken, univariate": "单因子非线性减弱", "weaken, nonlinear": "非线性减弱",
    },
    "method": {
        "as given": "原有类别", "quantile": "分位数", "equal": "等间距", "natural": "自然断点", "geometric": "几何间距",
        "sd": "标准差", "edges": "给定界值",
    },
}  # fmt: skip
_CARD_ZH = {
    "regions": "区域数", "links": "邻接关系数", "density (%)": "密度（%）",
    "neighbours (min / mean / max)": "邻居数（最少 / 平均 / 最多）",
    "symmetric": "对称", "yes": "是", "no": "否",
    "components": "连通分量数", "component sizes": "各连通分量的区域数", "islands": "无邻居的区域",
    "standardisation": "标准化", "recipe": "构造方式", "none chosen (statistics use row)": "未指定（统计量按行标准化）",
    "row": "按行", "binary": "0—1", "none": "无",
}  # fmt: skip
_NOTES_ZH = {
    r"(\d+) times are pooled; .*": "合并了 {0} 个时点；同一区域的各行并不独立，p 值因此偏小。",
    r"intervals without a unit are no strata: (.*)\.": "没有区域的区间不成层：{0}。",
    r"q of (.*) is inflated by choosing the best bins; p_permutation allows .*":
        "{0} 的 q 因择优分层而偏高；p（置换）已考虑这一点，p（F 检验）未考虑。",
    r"q of (.*) is inflated by choosing the best bins; no p-value .*":
        "{0} 的 q 因择优分层而偏高，此处的 p 值均未考虑这一点；请设 permutations = 999。",
    r"p_permutation from (\d+) permutations cannot be below (.*)\.": "p（置换）由 {0} 次置换得出，不会小于 {1}。",
    r"pure noise is usually .*": "纯噪声通常也会被判为“非线性增强”，请看 p（增量）。",
    r"'(.*)'(?: at (.*))? is missing for (\d+) of (\d+) regions: (.*)\.":
        "{0} {1} 缺失的区域（{2}/{3}）：{4}。",
}  # fmt: skip


def in_words(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return a table of a method with its headings and named values in a language."""
    if lang == "en":
        return table
    named = {column: words for column, words in _VALUES_ZH.items() if column in table}
    return table.replace(named).rename(columns=_TABLES_ZH)


def card_in(card: pd.Series, lang: str) -> pd.Series:
    """Return the card of weights, as text, in a language."""
    if lang == "en":
        return card
    values = {row: _CARD_ZH.get(value, value) for row, value in card.items() if row in ("standardisation", "symmetric")}
    listed = card["islands"].replace(": ", "：") if card["islands"] != "0" else "0"
    return pd.Series({**card, **values, "islands": more_in(listed, "zh")}).rename(_CARD_ZH)


def note_in(note: str, lang: str) -> str:
    """Return a note of a result in a language; notes of which no translation is known stay as they are."""
    for pattern, translated in _NOTES_ZH.items() if lang == "zh" else ():
        found = re.fullmatch(pattern, note)
        if found:
            return " ".join(translated.format(*(part or "" for part in found.groups())).split())
    return note


def word(key: str, lang: str, **values: object) -> str:
    """Return one of the summary's words in a language, with values filled in."""
    return _WORDS[lang][key].format(**values)


def languages() -> dict[str, set[str]]:
    """Return which words each language has."""
    return {lang: set(words) for lang, words in _WORDS.items()}
