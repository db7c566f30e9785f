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
        "moran_by_time": "{variable}: global association, time by time",
        "moran_rates": "{variable}: Moran's I of rates",
        "geary": "{variable}: Geary's C",
        "getis_ord_g": "{variable}: Getis-Ord G",
        "join_count": "{variable}: join counts",
        "bivariate_moran": "{variable}: bivariate Moran's I",
        "lee": "{variable}: Lee's L",
        "local_moran": "{variable}: local clusters (local Moran's I)",
        "local_moran_rates": "{variable}: local clusters of rates (local Moran's I)",
        "bivariate_local_moran": "{variable}: local bivariate Moran's I",
        "local_geary": "{variable}: local Geary's c",
        "local_g": "{variable}: hot and cold spots (local G)",
        "local_g_star": "{variable}: hot and cold spots (local G*)",
        "local_join_count": "{variable}: local join counts",
        "quantile_lisa": "{variable}: quantile LISA",
        "losh": "{variable}: local spatial heteroscedasticity",
        "lisa_transitions": "{variable}: moves between quadrants",
        "markov": "{variable}: Markov chain",
        "spatial_markov": "{variable}: spatial Markov chain",
        "weights of": "Weights: {variable}",
        "and": " and ",
        "rate": "{events} / {population}, standardised",
        "weights said": (
            "`{w}`: {links:,} links; {least} to {most} neighbours, {mean} on average; connected parts: {components}."
        ),
        "islands said": "Without a neighbour: {regions}.",
        "cardinalities": "{title}, number of neighbours",
        "spatial_panel": "Spatial panel models",
        "spatial_regression": "Spatial regression",
        "geodetector": "{variable}: GeoDetector",
        "grades": "{variable}: grades",
        "global said": "{symbol} = {value}, expected without association {expected}; {test}{normal}.",
        "tested": "p = {p} ({how}, {alternative})",
        "not permuted": "no permutations",
        "normal p": "; normal p = {p}",
        "joins of unlike": "Joins of unlike categories",
        "unlike": "all unlike",
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
        "local said": "{found} of {n} regions are significant at p ≤ {level} ({how}; {alternative}; {correction}).",
        "monte carlo": (
            " If every p erred by one Monte Carlo standard error, the number of significant regions would be between "
            "{fewer} and {more}."
        ),
        "monte carlo none": " It would be as many if every p erred by one Monte Carlo standard error.",
        "conditional permutations": "{count:,} conditional permutations of each region, seed {seed}",
        "total permutations": "{count:,} permutations of all regions, seed {seed}",
        "stopped early": "{how}, stopped once {count} draws were as extreme",
        "inference analytic": "p from the analytic distribution, without permutations",
        "inference exact": "exact p, without permutations",
        "inference exact hypergeometric": "exact p from the hypergeometric distribution, without permutations",
        "inference chi-square": "p from the chi-square approximation, without permutations",
        "correction none": "not corrected for the number of regions",
        "correction fdr": "false discovery rate controlled",
        "correction fdr_by": "false discovery rate controlled under any dependence",
        "correction bonferroni": "Bonferroni",
        "correction holm": "Holm",
        "type": "type",
        "HH": "high among high (HH)",
        "LL": "low among low (LL)",
        "LH": "low among high (LH)",
        "HL": "high among low (HL)",
        "not significant": "not significant",
        "undefined": "no neighbours",
        "high": "high values around (hot spot)",
        "low": "low values around (cold spot)",
        "other positive": "alike, neither high nor low",
        "positive": "alike",
        "negative": "unlike",
        "cluster": "cluster",
        "absent": "not of the kind asked for",
        "heterogeneous": "varied surroundings",
        "homogeneous": "uniform surroundings",
        "transitions said": (
            "{n} regions, {steps} steps {lengths}. Stability (regions that stay in their quadrant): {stability}; "
            "flux (either the region or its neighbours move, not both): {flux}; cohesion (both stay, or both move the "
            "same way): {cohesion}."
        ),
        "independence said": "Own moves and those of neighbours are independent: χ² = {statistic}, df = {df}, p = {p}.",
        "states said": (
            "A region is in a quadrant only where local Moran's I is significant at p ≤ {level} "
            "({count:,} conditional permutations, seed {seed}; {correction})."
        ),
        "from to": "from {first} to {last}",
        "markov said": "{n} regions in {k} classes, {steps} steps {lengths}.",
        "steps alike": "Probabilities are the same in every step: LR χ² = {statistic}, df = {df}, p = {p}.",
        "neighbours matter": (
            "Probabilities are the same whatever the neighbours: LR χ² = {statistic}, df = {df}, p = {p}."
        ),
        "chain": "{title}: probabilities of moves, number of moves, long run",
        "all regions": "{title}, all regions",
        "steady by neighbours": "{title}: long run by class of the neighbours",
        "islands left out": "Left out, because they have no neighbours: {regions}.",
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
        "moran_by_time": "{variable}：各时点的全局空间关联",
        "moran_rates": "{variable}：比率的 Moran's I",
        "geary": "{variable}：Geary's C",
        "getis_ord_g": "{variable}：Getis-Ord G",
        "join_count": "{variable}：连接数统计",
        "bivariate_moran": "{variable}：双变量 Moran's I",
        "lee": "{variable}：Lee's L",
        "local_moran_rates": "{variable}：比率的局部集聚（局部 Moran's I）",
        "bivariate_local_moran": "{variable}：双变量局部 Moran's I",
        "local_geary": "{variable}：局部 Geary's c",
        "local_g": "{variable}：热点与冷点（局部 G）",
        "local_g_star": "{variable}：热点与冷点（局部 G*）",
        "local_join_count": "{variable}：局部连接数",
        "quantile_lisa": "{variable}：分位数 LISA",
        "losh": "{variable}：局部空间异方差",
        "lisa_transitions": "{variable}：象限之间的转移",
        "markov": "{variable}：马尔可夫链",
        "spatial_markov": "{variable}：空间马尔可夫链",
        "weights of": "空间权重：{variable}",
        "and": "与",
        "rate": "{events}/{population}（标准化）",
        "weights said": (
            "`{w}`：{links:,} 个邻接关系；邻居数 {least} 至 {most}，平均 {mean}；连通分量 {components} 个。"
        ),
        "islands said": "无邻居的区域：{regions}。",
        "cardinalities": "{title}，邻居数",
        "local_moran": "{variable}：局部集聚（局部 Moran's I）",
        "spatial_panel": "空间面板模型",
        "spatial_regression": "空间回归",
        "geodetector": "{variable}：地理探测器",
        "grades": "{variable}：等级",
        "global said": "{symbol} = {value}，无空间关联时的期望 {expected}；{test}{normal}。",
        "tested": "p = {p}（{how}，{alternative}）",
        "not permuted": "未作置换",
        "normal p": "；正态近似 p = {p}",
        "joins of unlike": "异类连接数",
        "unlike": "全部异类",
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
        "local said": "{n} 个区域中有 {found} 个显著（p ≤ {level}；{how}；{alternative}；{correction}）。",
        "monte carlo": "若各 p 值均偏离一个蒙特卡罗标准误，显著区域数介于 {fewer} 与 {more} 之间。",
        "monte carlo none": "若各 p 值均偏离一个蒙特卡罗标准误，显著区域数不变。",
        "conditional permutations": "各区域 {count:,} 次条件置换，随机种子 {seed}",
        "total permutations": "全部区域 {count:,} 次置换，随机种子 {seed}",
        "stopped early": "{how}，出现 {count} 次同样极端的结果即停止",
        "inference analytic": "p 值取自解析分布，未作置换",
        "inference exact": "p 为精确值，未作置换",
        "inference exact hypergeometric": "p 为超几何分布的精确值，未作置换",
        "inference chi-square": "p 值取自卡方近似，未作置换",
        "correction none": "未作多重检验校正",
        "correction fdr": "控制错误发现率",
        "correction fdr_by": "任意相依下控制错误发现率",
        "correction bonferroni": "Bonferroni 校正",
        "correction holm": "Holm 校正",
        "type": "类型",
        "HH": "高-高（HH）",
        "LL": "低-低（LL）",
        "LH": "低-高（LH）",
        "HL": "高-低（HL）",
        "not significant": "不显著",
        "undefined": "无邻近单元",
        "high": "高值集聚（热点）",
        "low": "低值集聚（冷点）",
        "other positive": "相似（不高不低）",
        "positive": "相似",
        "negative": "相异",
        "cluster": "集聚",
        "absent": "不属所查类别",
        "heterogeneous": "周边差异大",
        "homogeneous": "周边差异小",
        "transitions said": (
            "{n} 个区域，{lengths}共 {steps} 步。稳定性（留在原象限的比重）：{stability}；"
            "流动性（自身与邻居仅一方转移）：{flux}；凝聚性（双方均不变或同向转移）：{cohesion}。"
        ),
        "independence said": "检验自身转移与邻居转移相互独立：χ² = {statistic}，自由度 {df}，p = {p}。",
        "states said": (
            "仅在局部 Moran's I 显著（p ≤ {level}；{count:,} 次条件置换，随机种子 {seed}；{correction}）时计入象限。"
        ),
        "from to": "{first} 至 {last} ",
        "markov said": "{n} 个区域分为 {k} 类，{lengths}共 {steps} 步。",
        "steps alike": "检验各步转移概率相同：似然比 χ² = {statistic}，自由度 {df}，p = {p}。",
        "neighbours matter": "检验转移概率与邻居类别无关：似然比 χ² = {statistic}，自由度 {df}，p = {p}。",
        "chain": "{title}：转移概率、转移次数与长期分布",
        "all regions": "{title}，全部区域",
        "steady by neighbours": "{title}：各邻居类别下的长期分布",
        "islands left out": "因无邻居而未纳入的区域：{regions}。",
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
    "permutations": "置换次数", "pair": "类别", "joins": "连接数", "from": "起始状态", "moves": "转移次数",
    "steady_state": "长期分布", "lag": "邻居类别",
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
    r"never visited: (.*)": "从未出现的状态：{0}。",
    r"seen only at the end, so that the long run is unknown: (.*)": "仅在期末出现、因而长期分布未知的状态：{0}。",
    r"absorbing \(never left once entered\): (.*)": "吸收态（进入后不再离开）：{0}。",
    r"the long run depends on the start, since there are (\d+) closed sets: (.*)":
        "长期分布取决于起点：有 {0} 个封闭集（{1}）。",
    r"left for good, sooner or later: (.*)": "终将永远离开的状态：{0}。",
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
