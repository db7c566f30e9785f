"""The audit on published tables: it finds the known slips, and nothing in tables that are right.

Tables that a bundled study has are read from there; the others where the folder of published figures is present.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.measure.audit import Audit

checks = sr.checks
REPOSITORY = Path(__file__).resolve().parents[3]
STUDIES = REPOSITORY / "docs" / "studies"
SHARED = REPOSITORY.parent / "shared" / "data"
WEST = ["内蒙古", "广西", "重庆", "四川", "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆"]


def published(name: str) -> Path:
    if name == "groupings.csv":  # a study has a table of this name with other columns
        return REPOSITORY / "spatial_region" / "measure" / "_groupings.csv"
    for folder in (*sorted(path for path in STUDIES.iterdir() if path.is_dir()), SHARED):
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is not present")


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(published(name), dtype=str)


def clean(audit: Audit) -> bool:
    assert audit.findings.empty, audit.summary()
    assert (audit.checked["tested"] > 0).all()
    return bool(audit)


def test_technical_efficiency_exceeds_its_factors_in_eight_provinces():
    found = sr.audit(published("finance_dea.csv"), checks.Efficiency("TE", "PTE", "SE"), index="unit").findings
    impossible = found[found["message"].str.contains("impossible")]
    assert impossible["row"].tolist() == ["山东", "上海", "四川", "贵州", "西藏", "青海", "宁夏", "新疆"]
    # By hand, from the digits: the least that may be printed as TE is above the most that may be printed as a factor.
    table = pd.read_csv(published("finance_dea.csv"))
    above = table["TE"] - 0.00005 > table[["PTE", "SE"]].min(axis=1) + 0.00005
    assert impossible["row"].tolist() == table.loc[above, "unit"].tolist()
    # Only Hunan (1 = 1 x 1) is the product of its factors.
    assert len(found) == 30
    assert "湖南" not in set(found["row"])


def test_even_as_means_over_years_most_efficiencies_cannot_be():
    check = checks.Efficiency("TE", "PTE", "SE", averaged=True)
    found = sr.audit(published("finance_dea.csv"), check, index="unit").findings
    assert found["message"].str.contains("impossible").sum() == 8
    assert found["message"].str.contains("least of a mean of products").sum() == 15


def test_scores_above_one_cannot_come_from_the_printed_formula():
    wide = read("integration_scores.csv").pivot(index="province", columns="dimension", values="score")
    total, parts = "城乡高质量融合水平", ["经济发展动力", "交通信息网络", "生态承载能力", "居民生活水平"]
    why = "weights that add to 1, times indicators from 0 to 1"
    found = sr.audit(wide, checks.Bounds(total, low=0, high=1, why=why)).findings
    assert len(found) == 30
    assert found["message"].str.endswith(why).all()
    assert clean(sr.audit(wide, checks.Formula(total, " + ".join(parts))))


def test_east_central_and_west_have_three_memberships():
    check = checks.Memberships("system", "group", "member", ["东部", "中部", "西部"])
    found = sr.audit(published("groupings.csv"), check, index="system")
    assert found.findings["row"].tolist() == ["R06", "R08"]
    assert found.findings["message"].tolist() == [
        "differs from R05: without 西部: 西藏",
        "differs from R05: with 东部: 辽宁, 中部: 吉林, 中部: 黑龙江",
    ]
    assert found.checked["tested"].tolist() == [4]


@pytest.mark.parametrize("name", ["western_quality.csv", "western_resilience.csv"])
def test_means_gaps_and_ranks_of_the_west_are_right(name):
    listed = [
        checks.MeanOf("value", "西部地区均值", by="year", members=WEST),
        checks.RowFormula("value", "西部与全国差距", "中国 - 西部地区均值", by="year"),
        checks.Ranks("rank", "value", by="year", where={"region": WEST}),
    ]
    found = sr.audit(published(name), listed, index="region")
    assert clean(found)
    assert found.checked["tested"].tolist() == [6, 6, 72]


def test_seven_border_prefectures_are_right():
    table = read("border_prefectures.csv").assign(region="51892.56")  # GDP per head of the seven together, as printed
    listed = [
        checks.Formula("ratio_to_region_mean", "pc_gdp_2023 / region"),
        checks.Formula("pop_change_pct", "(pop_2023 / pop_2010 - 1) * 100"),
        checks.Shares("urbanisation_2023", together=False),
    ]
    assert clean(sr.audit(table, listed, index="city"))


def test_border_totals_are_right_but_for_one_rate_that_was_cut_off():
    rows = read("border_region_totals.csv")
    one = rows.assign(name=rows["indicator"] + rows["year"].fillna("")).set_index("name")["value"].to_frame().T
    right = [
        checks.Formula("人均GDP2023", "GDP2023 * 10000 / 常住人口2023"),
        checks.Formula("人均GDP2010", "GDP2010 * 10000 / 常住人口2010"),
        checks.Formula("年均减少人口2010-20232023", "(常住人口2010 - 常住人口2023) / 13"),
    ]
    assert clean(sr.audit(one, right))
    growth = checks.Formula("GDP名义年均增速2010-20232023", "((GDP2023 / GDP2010) ** (1/13) - 1) * 100")
    found = sr.audit(one, growth).findings
    assert found[["printed", "implied"]].values.tolist() == [["4.46", "4.47"]]
    assert clean(sr.audit(one, growth, rounding="either"))


@pytest.mark.parametrize(
    ("name", "column", "by", "label"),
    [
        ("western_indicator_weights.csv", "weight", "index", "indicator"),
        ("urbanisation_indicator_weights.csv", "weight", "dimension", "indicator"),
        ("integration_indicator_weights.csv", "weight", None, "indicator"),
    ],
)
def test_weights_add_to_one(name, column, by, label):
    assert clean(sr.audit(published(name), checks.Total(column, 1, by=by), index=label))


def test_weights_of_dimensions_add_to_one():
    table = read("urbanisation_indicator_weights.csv").drop_duplicates("dimension")
    assert clean(sr.audit(table, checks.Total("dimension_weight", 1), index="dimension"))


def test_theil_parts_hold_together_but_for_one_year():
    listed = [
        checks.TheilParts(
            "T_total", ["T_E", "T_C", "T_W"], ["share_E", "share_C", "share_W"], "share_within", "share_between"
        ),
        checks.Shares(["share_within", "share_between"], complete=True),
        checks.Shares(["share_E", "share_C", "share_W"]),
    ]
    found = sr.audit(published("urbanisation_theil.csv"), listed, index="year").findings
    assert found[["row", "column", "printed"]].values.tolist() == [["2014", "T_total", "0.257"]]
    # By hand: with 0.257 the three groups would be 1.04 of all values; with 0.247 they are 1.00.
    table = pd.read_csv(published("urbanisation_theil.csv")).set_index("year").loc[2014]
    parts = sum(table[f"share_{g}"] / 100 / table[f"T_{g}"] for g in "ECW")
    assert parts * 0.257 == pytest.approx(1.039, abs=0.001)
    assert parts * 0.247 == pytest.approx(0.999, abs=0.001)


def test_q_of_pairs_is_never_below_that_of_one():
    q = read("urbanisation_geodetector_q.csv")[["region", "var", "q"]]
    pairs = read("urbanisation_geodetector_pairs.csv")
    for side in ("x1", "x2"):
        pairs = pairs.merge(q.rename(columns={"var": side, "q": f"q_{side}"}), on=["region", side], validate="m:1")
    listed = [checks.Ascending(["q_x1", "q"]), checks.Ascending(["q_x2", "q"]), checks.Bounds("q", 0, 1)]
    found = sr.audit(pairs, listed, index=["region", "x1", "x2"])
    assert clean(found)
    assert found.checked["tested"].tolist() == [16, 16, 16]
    factors = [checks.Bounds("q", 0, 1), checks.Bounds("p", 0, 1)]
    assert clean(sr.audit(published("urbanisation_geodetector_q.csv"), factors, index=["region", "var"]))


def test_z_of_the_printed_moran_and_its_error():
    """The source prints I and its standard error: z that follow are clean, and those of E = 0 are found."""
    table = read("urbanisation_moran.csv").set_index("year")
    numbers = table.astype(float)
    good = table.assign(z=((numbers["I"] + 1 / 30) / numbers["se"]).map("{:.2f}".format))
    assert clean(sr.audit(good, [checks.Moran("I", se="se", z="z", n=31), checks.Bounds("I", -1, 1)]))
    careless = table.assign(z=(numbers["I"] / numbers["se"]).map("{:.2f}".format))
    assert len(sr.audit(careless, checks.Moran("I", se="se", z="z", n=31)).findings) == 12


def test_means_of_the_service_zones():
    """Two of the six means are those of all members; one is that of all but Ningxia, whose figure is of 2018."""
    path = published("services_value_added.csv")
    columns = ["services_va_100m", "share_gdp"]
    listed = [checks.MeanOf(columns, f"{zone}地区平均值", members={"zone": zone}) for zone in ("沿海", "内陆", "沿边")]
    found = sr.audit(path, listed, index="unit").findings
    assert found[["row", "column", "printed"]].values.tolist() == [
        ["沿海地区平均值", "services_va_100m", "30488.55"],
        ["沿海地区平均值", "share_gdp", "70.71"],
        ["内陆地区平均值", "services_va_100m", "14419.04"],
        ["内陆地区平均值", "share_gdp", "50.64"],
    ]
    table = pd.read_csv(path, dtype=str)
    inland = [unit for unit in table.loc[table["zone"] == "内陆", "unit"] if unit != "宁夏"]
    assert clean(sr.audit(table, checks.MeanOf("services_va_100m", "内陆地区平均值", members=inland), index="unit"))
    assert clean(sr.audit(path, checks.Shares("share_gdp", together=False), index="unit"))


def test_the_last_class_of_coupling_shares_its_edge():
    found = sr.audit(published("coupling_classes.csv"), checks.ClassEdges("interval"), index="type").findings
    assert found[["printed", "message"]].values.tolist() == [["[0.90—1.00]", "shares 0.9 with (0.80—0.90]"]]
    assert clean(sr.audit(published("coupling_classes.csv"), checks.Ascending(["lower", "upper"]), index="type"))


def test_every_province_has_one_quadrant_in_each_year():
    check = checks.Complete("province", by="year")
    found = sr.audit(published("urbanisation_quadrants.csv"), check, index=["year", "province"])
    assert clean(found)
    assert found.checked["tested"].tolist() == [4]
