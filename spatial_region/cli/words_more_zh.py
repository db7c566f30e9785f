"""More Chinese words: headings that depend on the table, named values, notes of measures, and warnings."""

from __future__ import annotations

# A heading may mean different things: `se` beside `pte` is the efficiency of scale, elsewhere a standard error.
HEADINGS_BESIDE = {
    **{key: {"share": "对 q 的贡献"} for key in ("rule", "splits", "q_alone")},
    "pte": {"se": "规模效率"},
    "indicator": {"within": "维度内权重", "low": "下界", "high": "上界"},
    "major_km": {"total": "合计"},
    "std_error": {"t": "t 值"},
}
MORE_TABLES = {
    "se": "标准误", "std_error": "标准误", "regressor": "解释变量", "estimate": "估计值",
    "lon": "重心经度（°）", "lat": "重心纬度（°）",
    "major_km": "长半轴（千米）", "minor_km": "短半轴（千米）", "rotation": "转角（°）", "area_km2": "面积（平方千米）",
    "flattening": "扁率", "standard_distance_km": "标准距离（千米）", "inside_share": "椭圆内占比（%）",
    "east_km": "东移（千米）", "north_km": "北移（千米）", "km_per_year": "每年移动（千米）",
}  # fmt: skip
PLATES_ZH = {"East": "东部", "Central": "中部", "West": "西部", "Northeast": "东北"}
_PLATE: dict[object, str] = {"plate": "四大板块"}
_COMPASS: dict[object, str] = {
    "N": "北", "NE": "东北", "E": "东", "SE": "东南", "S": "南", "SW": "西南", "W": "西", "NW": "西北",
}  # fmt: skip
MORE_VALUES: dict[str, dict[object, str]] = {
    "direction": {1: "正向", -1: "负向", **_COMPASS},
    "status": {"efficient": "有效", "inefficient": "非有效", "weakly efficient": "弱有效"},
    "regressor": {"Intercept": "截距", "log_initial": "期初对数值"},
    "test": {"llc": "LLC", "ips": "IPS", "fisher_adf": "Fisher-ADF", "fisher_pp": "Fisher-PP", "hadri": "Hadri"},
    **dict.fromkeys(("level", "factor", "factor_a", "factor_b", "factor_c"), _PLATE),
}
REASON = r"not examined\. (.*)"  # what follows is a note of its own
MORE_NOTES = {
    # Why parts of the country were not examined.
    r"'(.*)' has one stratum only \((.*)\) in (\d+) rows; .*": "“{0}”在 {2} 行中只有一层（{1}）；因子至少需要两层。",
    r"'(.*)' puts each of the (\d+) rows in a stratum of its own, .*":
        "“{0}”使 {1} 行各成一层，层内没有方差；请先合并类别。",
    r"'(.*)' \((\d+) rows, (\d+) distinct values\) has no stratification by .* of at least (\d+) rows\. .*":
        "“{0}”（{1} 行，{2} 个不同的值）分不出每层至少 {3} 行的各层；请减少层数，或不用该因子。",
    # Unit roots.
    r"(\w+): its adjustments are tabulated from (\d+) times on; .* the (\d+) here, .*":
        "{0}：校正系数自 {1} 个时点起列表，此处只有 {2} 个时点，以 {1} 个时点的代替，p 值只是近似。",
    r"(\w+): moments are tabulated for up to (\d+) lags, .*": "{0}：矩只列到滞后 {1} 期，更长的滞后以其代替。",
    r"(\w+): regions' p-values are those of long series; below (\d+) times .*":
        "{0}：各区域的 p 值取自长序列的分布；时点少于 {1} 个时，真的原假设被拒绝得过多。",
    r"(\w+): residuals are taken to be uncorrelated; .*": "{0}：假定残差无序列相关；如有相关，请设 bandwidth。",
    # Measures.
    r"Each time was scaled and weighted by itself: .*": "各时点分别标准化和赋权：同一时点内可比，不同时点之间不可比。",
    r"(\d+) units for (\d+) inputs and (\d+) outputs: below .* = (\d+) many units .*":
        "{1} 项投入、{2} 项产出只有 {0} 个单元；少于 max(m s, 3 (m + s)) = {3} 个时，"
        "许多单元会因缺少可比对象而有效（Cooper、Seiford 和 Tone 的经验法则）。",
    r"(\d+) of (\d+) units have a missing value; .*": "{1} 个单元中有 {0} 个数值缺失，没有得分，也不作参照。",
    r"se and returns are those of the ordinary scores; .*":
        "规模效率与规模报酬取自普通模型；综合技术效率与纯技术效率为超效率。",
    r"Some system is 0 in (\d+) of (\d+) rows, so that C and D are 0: (.*?)\. An index .*":
        "{1} 行中有 {0} 行的某个系统为 0，C 与 D 因而为 0：{2}。以最差与最好的区域为界作标准化的指数必有这样的 0。",
    r"A value is 0(?: in (.*))?: Theil's L and the multiple .*": "有数值为 0（{0}），该处泰尔 L 与倍数无定义。",
    r"With region effects in a panel this short the speed is overstated .*":
        "面板较短而含区域效应时，收敛速度被高估（Nickell 1981）；可改用动态面板。",
    # Warnings.
    r"no room on the map for the names of (\d+) of (\d+) regions: (.*)\. A wider figure .*":
        "图上放不下 {1} 个区域中 {0} 个的名称：{2}。加宽图幅可容纳更多。",
    r"strata with fewer than (\d+) units: (.*)\. (?:They are|Those) .*consider fewer strata\.":
        "单元少于 {0} 个的层：{1}。这样的层缺乏证据而使 q 偏高，宜减少层数。",
    r"(\d+) regions are too few to support inference: .*": "仅有 {0} 个区域，不足以支持统计推断，只宜作为描述。",
}  # fmt: skip
