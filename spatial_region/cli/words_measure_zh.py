"""Chinese words of the measures; keys are those of the English ones."""

from __future__ import annotations

MEASURES_ZH = {
    "composite_index": "综合指数",
    "coupling_coordination": "{variable}的耦合协调度",
    "group_means": "{variable}：分组均值",
    "inequality": "{variable}：区域差异",
    "theil": "{variable}：泰尔指数（T）",
    "theil_l": "{variable}：泰尔指数（L）",
    "dagum_gini": "{variable}：Dagum 基尼系数",
    "sigma_convergence": "{variable}：σ 收敛",
    "beta_convergence": "{variable}：β 收敛",
    "dea": "{variable}：效率（DEA）",
    "unit_root": "{variable}：面板单位根检验",
    "ellipse": "{variable}：标准差椭圆",
    "weights of indicators": "指标权重",
    "weights of dimensions": "维度权重",
    "coupling said": "{formula}",
    "means by time": "各区域均值",
    "by group": "各组",
    "by pair of groups": "各组两两比较",
    "between level": "组间：{level}",
    "share between level": "组间贡献（%）：{level}",
    "legend te": "综合技术效率",
    "legend D": "协调度 D",
    "legend score": "得分",
    "way of the centre": "重心迁移",
    "audit": "{variable}：核查",
    "audit found": "`{path}`，{rows} 行：检验 {tested} 处，其中不可能成立的数字 {found} 个。",
    "audit clean": "`{path}`，{rows} 行：检验 {tested} 处，没有不可能成立的数字。",
    "findings": "彼此不符的数字，以及由其余数字推得的结果",
    "rules tested": "所作的检验",
    "columns not tested": "未检验的列：{columns}。",
    "implied to": "{low} 至 {high}",
}
MEASURE_TABLES = {
    "indicator": "指标", "dimension": "维度", "direction": "方向", "entropy": "信息熵", "divergence": "差异系数",
    "weight": "权重", "score": "得分", "C": "耦合度 C", "T": "综合发展度 T", "D": "协调度 D", "relative": "相对发展度",
    "lagging": "滞后系统", "class": "等级", "theil": "泰尔指数", "between": "组间", "within": "组内",
    "share_between": "组间贡献（%）", "share_within": "组内贡献（%）",
    "value_share": "数值占比", "weight_share": "权重占比",
    "share": "贡献（%）", "cv": "变异系数", "williamson": "威廉森系数", "gini": "基尼系数", "hoover": "胡佛系数",
    "theil_T": "泰尔 T", "theil_L": "泰尔 L", "minimum": "最小", "maximum": "最大", "gap": "差距", "multiple": "倍数",
    "te": "综合技术效率", "pte": "纯技术效率", "se": "规模效率", "returns": "规模报酬", "status": "状态",
    "variable": "变量", "test": "检验", "verdict": "结论", "level statistic": "水平值统计量", "level p": "水平值 p",
    "first difference statistic": "一阶差分统计量", "first difference p": "一阶差分 p", "order": "单整阶数",
    "distance_km": "迁移距离（千米）", "bearing": "方位角（°）", "start": "起点", "end": "终点", "region": "区域",
    "name": "区域", "level": "分组方式", "index": "指数", "contribution": "贡献", "transvariation": "超变密度",
    "share_transvariation": "超变密度贡献（%）", "group_a": "组 A", "group_b": "组 B", "affluence": "相对富裕度",
    "net": "净差异", "relative_to_all": "与全部区域之比", "relative_to_first": "与首期之比", "sd_log": "对数标准差",
    "std": "标准差", "row": "行", "column": "列", "printed": "原文", "implied": "推得",
    "message": "问题", "rule": "规则", "tested": "检验处数", "blank": "空缺", "findings": "不符",
}  # fmt: skip
# The plates that come with the boundaries.
_PLATES = {"East": "东部", "Central": "中部", "West": "西部", "Northeast": "东北"}
MEASURE_VALUES = {
    "direction": {"benefit": "正向", "cost": "负向"},
    "returns": {"crs": "不变", "irs": "递增", "drs": "递减"},
    "lagging": {"synchronous": "同步"},
    **dict.fromkeys(("group", "group_a", "group_b", "stratum", "stratum_a", "stratum_b"), _PLATES),
}
