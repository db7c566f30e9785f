"""Chinese words of the detectors beside the GeoDetector of factors and pairs; keys are those of the English ones."""

from __future__ import annotations

DETECTORS_ZH = {
    "compare_bins": "{variable}：因子离散化方式的比较",
    "gozh": "{variable}：回归树分区（GOZH）",
    "lesh": "{variable}：各因子在 q 中的份额（LESH）",
    "spade": "{variable}：空间关联探测（SPADE）",
    "best bins": "各因子的最优离散化",
    "zones": "分区",
    "shares of factors": "各因子的贡献",
    "shares of pairs": "因子对内的份额",
    "by number of strata": "按层数",
    "gozh said": "q = {q}，按分区数校正后 {adjusted}；{zones} 个分区。",
    "lesh said": "全部因子的 q = {q}，校正后 {adjusted}；{zones} 个分区。各因子的份额之和即 q。",
    "spade said": (
        "PSD：邻近区域间方差中位于层间的比重；补偿后 PSD：再除以分层所保留的因子自身的空间方差；q：不加权重。"
        "空间权重：{w}。"
    ),
    "inverse distance": "全部区域之间的反距离权重",
    "p drawn": "p = {p}（{count:,} 次随机置换，随机种子 {seed}；每次置换重新生成回归树）。",
    "p columns drawn": "p（置换）：{count:,} 次随机置换，随机种子 {seed}。",
    "rule and": " 且 ",
    "rule in": " ∈ {{",
    "rule all": "全部",
}
DETECTOR_TABLES_MORE = {
    "k": "层数", "loess_method": "方法（q 趋平处）", "loess_k": "层数（q 趋平处）", "loess_q": "q（趋平处）",
    "loess_p_permutation": "p（置换，趋平处）", "zone": "分区", "rule": "规则", "splits": "分裂次数",
    "percent": "份额（%）", "q_alone": "单独的 q", "q_last": "在其余因子之外增加的 q",
    "p_last": "p（在其余因子之外）", "share_a": "A 的份额", "share_b": "B 的份额",
    "psd": "PSD", "psd_of_factor": "因子自身的 PSD", "psd_compensated": "补偿后 PSD", "psmd": "PSMD",
    "psmd_p_permutation": "p（置换，PSMD）", "left_out": "未纳入的区域数",
}  # fmt: skip
DETECTOR_NOTES_MORE = {
    r"(\d+) times are pooled; rows of one region are not independent.*": "合并了 {0} 个时点；同一区域的各行并不独立。",
    r"no split adds enough to q; all rows are one zone\.": "没有一次分裂足以提高 q，全部区域为一个分区。",
    r"the zones were searched so as to make q large; p_permutation allows for it\.":
        "分区是为使 q 最大而搜寻的；p（置换）已考虑这一点。",
    r"the zones were searched so as to make q large; set permutations=999 .*":
        "分区是为使 q 最大而搜寻的；要得到考虑这一点的 p 值，请设 permutations = 999。",
    r"the zones were searched so as to make q large; compare share .*":
        "分区是为使 q 最大而搜寻的；请将份额与其期望相比（permutations = 999）。",
    r"(\d+) of (\d+) rows are alone in their cell, .*":
        "{1} 个区域中有 {0} 个独占一个叠加单元，其数值被完全解释而并无证据；请将份额与其期望相比。",
    r"bins of (.*) were chosen for their q; neither .*": "{0} 的分层因 q 而选；期望与 p（置换）均未考虑这一点。",
    r"bins of (.*) were chosen for their q; no p-value .*": "{0} 的分层因 q 而选；此处的 p 值均未考虑这一点。",
    r"regions of strata without a linked pair are left out: (.*)\.": "没有相邻区域对的层，其区域未纳入：{0}。",
    r"permutations take regions to be exchangeable; .*":
        "置换检验视各区域可互换；若权重伸展很远，仅空间自相关即可使 p 偏小。",
    r"q is inflated by choosing the best of many; p_permutation allows .*":
        "q 因在多种分层中择优而偏高；p（置换）已考虑这一点，p（F 检验）未考虑。",
    r"q is inflated by choosing the best of many; no p-value .*":
        "q 因在多种分层中择优而偏高，此处的 p 值均未考虑这一点；请设 permutations = 999。",
    r"stratifications with fewer strata than asked or .* fewer than (\d+) rows are listed but not chosen: (.*)\.":
        "层数少于所求、或有少于 {0} 个区域的层的分层，列出但不选用：{1}。",
}  # fmt: skip
