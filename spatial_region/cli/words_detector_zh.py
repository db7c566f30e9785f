"""Chinese words of geographical detectors; keys are those of the English ones."""

from __future__ import annotations

DETECTOR_WORDS = {
    "factors": "{variable}：因子探测",
    "interactions": "{variable}：交互探测",
    "dominant": "{variable}：主导交互因子",
    "triples": "{variable}：三因子叠加",
    "strata": "{variable}：分层",
    "tried": "{variable}：各种分层的 q",
    "risk": "{variable}：风险探测",
    "risk said": "p：两层均值的 Welch t 检验；p（Games-Howell）：考虑到同一因子各层两两比较。",
    "ecological": "{variable}：生态探测",
    "ecological said": (
        "F 与 p：原文的生态探测，把两个因子视为独立样本，因而偏保守。差异：因子 A 与因子 B 的校正 q 之差；"
        "p（配对）：同一批区域上的检验。"
    ),
    "all groups": "全部区域",
    "all times": "合并各期",
    "factors said": (
        "q：层间方差占总方差的比重；上、下限为其置信区间。校正 q：扣除同样层数凭偶然所能解释的部分。"
        "p（F 检验）：检验各层均值相等。"
    ),
    "factors drawn": "p（置换）：同一假设，{count:,} 次随机置换（随机种子 {seed}），各行相互独立时以此为准。",
    "sentence gap": "",
    "p_spatial said": "p（空间约束置换）：置换后的数值与原数值有同样的空间自相关；相邻区域相似时以此为准。",
    "p_whole_regions said": "p（整区置换）：把一个区域的整条序列换给另一区域。",
    "p_within_regions said": "p（区域内置换）：在各区域内部置换时点。",
    "interactions said": "q(A∩B)：两因子叠加分层的 q。增量：叠加分层超出两因子效应之和的部分；p（增量）：其 F 检验。",
}
DETECTOR_TABLES = {
    "factor": "因子", "q_adjusted": "校正 q", "q_lower": "q 下限", "q_upper": "q 上限",
    "p_permutation": "p（置换）", "p_central": "p（F 检验）", "p_wang": "p（王劲峰）",
    "p_within_regions": "p（区域内置换）", "p_whole_regions": "p（整区置换）", "p_spatial": "p（空间约束置换）",
    "strata": "层数", "singletons": "单个区域的层", "method": "分层方法",
    "factor_a": "因子 A", "factor_b": "因子 B", "factor_c": "因子 C",
    "q_a": "q(A)", "q_b": "q(B)", "q_ab": "q(A∩B)", "q_abc": "q(A∩B∩C)", "q_pair": "最强两因子 q", "type": "类型",
    "increment": "增量", "p_increment": "p（增量）", "group": "分组", "rank": "位次",
    "stratum_a": "层 A", "stratum_b": "层 B", "mean_a": "均值 A", "mean_b": "均值 B", "difference": "差异",
    "p_games_howell": "p（Games-Howell）", "p_paired": "p（配对）",
    "stratum": "层", "lower": "下限", "upper": "上限", "mean": "均值", "sd": "标准差",
}  # fmt: skip
DETECTOR_VALUES = {
    "type": {
        "enhance, nonlinear": "非线性增强", "enhance, bivariate": "双因子增强", "enhance, trivariate": "三因子增强",
        "independent": "相互独立", "weaken, univariate": "单因子非线性减弱", "weaken, nonlinear": "非线性减弱",
        "undefined": "无定义",
    },
    "method": {
        "as given": "原有类别", "quantile": "分位数", "equal": "等间距", "natural": "自然断点", "geometric": "几何间距",
        "sd": "标准差", "headtail": "头尾断点", "changepoint": "变点", "tree": "回归树", "edges": "给定界值",
        **{
            f"{method} within groups": f"{word}（组内）"
            for method, word in {
                "quantile": "分位数", "equal": "等间距", "natural": "自然断点", "geometric": "几何间距", "sd": "标准差",
            }.items()
        },
    },
}  # fmt: skip
DETECTOR_NOTES = {
    r"(\d+) times are pooled; .*":
        "合并了 {0} 个时点；同一区域的各行并不独立，p 值因此偏小（整区置换与空间约束置换除外）。",
    r"strata of one unit were left out: (.*)\. Detectors .*": "已剔除只有一个单元的层：{0}；各因子所用的行因此不同。",
    r"p-values of pairs by permutation are not made .*": "剔除单个单元的层时，不计算因子对的置换 p 值。",
    r"intervals without a unit are no strata: (.*)\.": "没有区域的区间不成层：{0}。",
    r"q of (.*) is inflated by choosing the best bins; p_permutation allows .*":
        "{0} 的 q 因择优分层而偏高；p（置换）已考虑这一点，p（F 检验）与置信区间未考虑。",
    r"q of (.*) is inflated by choosing the best bins; no p-value .*":
        "{0} 的 q 因择优分层而偏高，此处的 p 值均未考虑这一点；请设 permutations = 999。",
    r"p-values of pairs and of risks take chosen strata .*": "因子对与风险探测的 p 值把所选分层视为给定，因此偏小。",
    r"p_permutation from (\d+) permutations cannot be below (.*)\.": "p（置换）由 {0} 次置换得出，不会小于 {1}。",
    r"p_permutation, .* from (\d+) permutations cannot be below (.*)\.": "各置换 p 值由 {0} 次置换得出，不会小于 {1}。",
    r"pure noise is usually .*": "纯噪声通常也会被判为“非线性增强”，请看 p（增量）。",
    r"(\d+) of (\d+) pairs would be called .* in (\d+%) to (\d+%) of permutations, .*":
        "在没有任何因子起作用的随机置换中，{1} 对因子里有 {0} 对以 {2} 至 {3} 的频率"
        "被判为“非线性增强”；请看 p（增量）。",
    r"(\d+) of (\d+) pairs would be called .* in (\d+%) of permutations, .*":
        "在没有任何因子起作用的随机置换中，{1} 对因子里有 {0} 对以 {2} 的频率被判为“非线性增强”；请看 p（增量）。",
    r"not examined\. (.*)": "未能分析：{0}",
    r"(\d+) regions are in no group: (.*)\.": "有 {0} 个区域不属于任何分组：{1}。",
}  # fmt: skip
