"""The published studies, re-run from their printed figures: what follows, and which cells do not."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import erf, log, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.cli.run import checked, loaded

STUDIES = Path(__file__).resolve().parents[2] / "docs" / "studies"
WEST = ["内蒙古", "广西", "重庆", "四川", "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆"]


def printed(path: str, index: str, **options: object) -> pd.DataFrame:
    return pd.read_csv(STUDIES / path, **options).set_index(index)


def study_of(path: str) -> sr.Study:
    return loaded(*checked(STUDIES / path))[0]


# Seven border prefectures (Mi Qixing, China Investment, July 2025).


@pytest.fixture(scope="module")
def border() -> pd.DataFrame:
    return printed("border/border_prefectures.csv", "city")


@pytest.fixture(scope="module")
def region() -> dict[tuple[str, int], float]:
    """Printed totals of the seven together."""
    rows = pd.read_csv(STUDIES / "border" / "border_region_totals.csv").dropna(subset=["year"])
    return {(r["indicator"], int(r["year"])): float(r["value"]) for _, r in rows.iterrows()}


def test_border_levels_changes_and_ranks(border, region):
    level = sr.gap(border["pc_gdp_2023"], region["人均GDP", 2023])
    assert level["multiple"].round(2).tolist() == border["ratio_to_region_mean"].tolist()
    change = 100 * (border["pop_2023"] / border["pop_2010"] - 1)
    assert (change.dropna().round(2) == border["pop_change_pct"][change.notna()]).all()
    assert change.notna().sum() == 6
    ranks = sr.rank(border["pc_gdp_2023"])
    assert ranks.sort_values().index.tolist() == [
        "秦皇岛市",
        "通辽市",
        "承德市",
        "赤峰市",
        "锦州市",
        "葫芦岛市",
        "朝阳市",
    ]


def test_border_residual_prefecture(border, region):
    rest = {year: region["常住人口", year] - border[f"pop_{year}"].sum() for year in (2010, 2023)}
    assert rest[2010] == pytest.approx(299.01, abs=1e-9)
    assert rest[2023] == pytest.approx(310.74, abs=1e-9)
    assert round(100 * (rest[2023] / rest[2010] - 1), 2) == border.loc["秦皇岛市", "pop_change_pct"]
    bundled = printed("border/residual_population.csv", "city")
    for year in (2010, 2023):
        filled = border[f"pop_{year}"].fillna(round(rest[year], 2))
        assert bundled[f"pop_{year}"].tolist() == filled.tolist()
    assert bundled.index[bundled["basis"] != "printed"].tolist() == ["秦皇岛市"]


def test_border_growth_is_cut_off_and_gdp_per_head_is_not_over_the_population_of_the_year_end(border, region):
    growth = 100 * ((region["GDP", 2023] / region["GDP", 2010]) ** (1 / 13) - 1)
    assert growth == pytest.approx(4.4695, abs=5e-5)
    assert region["GDP名义年均增速2010-2023", 2023] == 4.46
    assert round((region["常住人口", 2010] - region["常住人口", 2023]) / 13, 2) == region["年均减少人口2010-2023", 2023]
    people = border["pop_2023"].fillna(310.74)
    total = (border["pc_gdp_2023"] * people).sum() / 1e4
    assert total == pytest.approx(10847.17, abs=0.005)
    assert region["GDP", 2023] - total == pytest.approx(20.74, abs=0.005)


def test_border_urban_rural_ratio_fell_by_a_class_everywhere(border):
    wide = border[["ur_income_ratio_2010", "ur_income_ratio_2023"]].set_axis([2010, 2023], axis="columns")
    ratio = wide.rename_axis(index="region", columns="time").stack()  # noqa: PD013
    grades = sr.grade(ratio, edges=[1.5, 2, 2.5, 3.1], labels=["up to 2", "2 to 2.5", "above 2.5"])
    found = sr.typology(grades)
    assert found.kinds["falling"] == 7
    assert found.counts.loc[2023].tolist() == [3, 4, 0]
    assert (wide[2023] < wide[2010]).all()


# Twelve western provinces (Sun Hui and Yuan Weipeng, Regional Economic Review 2020(5)).


@pytest.fixture(scope="module")
def west() -> sr.Study:
    return study_of("west/study.toml")


def test_west_coordination_from_the_printed_indices(west):
    found = sr.coupling_coordination(west, variables=["resilience", "quality"], upper=100, classes="ten")
    for label, row in west.data.iterrows():
        a, b = row["resilience"] / 100, row["quality"] / 100
        assert found.rows.loc[label, "D"] == pytest.approx(sqrt(2 * sqrt(a * b) / (a + b) * (a + b) / 2), rel=1e-12)
    np.testing.assert_allclose(found.D, west.data["coordination"], rtol=1e-12)
    means = found.D.groupby(level=1).mean().round(3).tolist()
    assert means == [0.282, 0.300, 0.354, 0.406, 0.460, 0.507]
    assert found.rows["C"].groupby(level=1).mean().min() > 0.95
    at_last = found.rows["class"].xs(2019, level=1).value_counts()
    assert at_last[at_last > 0].to_dict() == {"bare coordination": 7, "near coordination": 5}
    assert (found.D.xs(2019, level=1) > 0.5).sum() == 7  # above the edge between the two


def test_west_parts_differ_more_at_the_end(west):
    part = west.data["part"].groupby(level="region").first()
    shares = {
        year: sr.theil(west.values("quality", at=year), groups=part).table()["share_between"].item()
        for year in (2000, 2019)
    }
    assert shares[2000] == pytest.approx(2.26, abs=0.005)
    assert shares[2019] == pytest.approx(26.97, abs=0.005)
    means = sr.group_means(west, ["coordination"], grouping=part, at=2019)["mean"]
    assert means.round(3).tolist() == [0.507, 0.497, 0.518]


@pytest.mark.parametrize("test", ["llc", "ips", "fisher_adf", "fisher_pp", "hadri"])
def test_six_times_support_no_panel_unit_root_test(west, test):
    with pytest.raises(sr.errors.InputError, match="6 times|needs"):
        sr.unit_root(west, "quality", test=test)


@pytest.mark.parametrize(("y", "x", "slope"), [("quality", "resilience", 1.6549), ("resilience", "quality", 0.2110)])
def test_west_two_way_effects_in_both_directions(west, y, x, slope):
    wide = {name: west.data[name].unstack().to_numpy() for name in (y, x)}
    within = {
        name: v - v.mean(axis=1, keepdims=True) - v.mean(axis=0, keepdims=True) + v.mean() for name, v in wide.items()
    }
    by_hand = (within[x] * within[y]).sum() / (within[x] ** 2).sum()
    assert by_hand == pytest.approx(slope, abs=5e-5)
    found = sr.spatial_panel(f"{y} ~ {x}", west, w=sr.contiguity(west), model="ols", effects="twoway")
    assert found.params[x] == pytest.approx(by_hand, rel=1e-9)


# 30 and 31 provinces (Liu Rongzeng et al.; He Zhenli; both Regional Economic Review 2020(5)).


def test_integration_by_plate_theil_and_moran():
    study = study_of("provinces/study.toml")
    y, plate = study.values("integration"), study.regions.loc[list(study.ids), "plate"]
    theil = sr.theil(y, groups=plate).table().iloc[0]
    between = within = 0.0
    for group in plate.unique():
        own = y[plate == group]
        share = own.sum() / y.sum()
        between += share * log(own.mean() / y.mean())
        within += share * sum(v / own.sum() * log(v / own.mean()) for v in own)
    assert theil["theil"] == pytest.approx(between + within, rel=1e-12)
    assert theil["theil"] == pytest.approx(0.00897, abs=5e-6)
    assert theil["share_between"] == pytest.approx(69.68, abs=0.005)
    means = sr.group_means(study, ["integration"], grouping=plate)["mean"].droplevel(0).round(4)
    assert means.to_dict() == {"all": 1.7873, "Central": 1.7600, "East": 2.0578, "Northeast": 1.6695, "West": 1.5883}
    w = sr.contiguity(study, islands="nearest")
    found = sr.moran(study, "integration", w=w, permutations=0)
    assert pytest.approx(0.6148, abs=5e-5) == found.I


def test_classes_in_print_do_not_follow_the_scores():
    scores = pd.read_csv(STUDIES / "provinces" / "integration_scores.csv")
    total = scores[scores["dimension"] == "城乡高质量融合水平"].set_index("province")["score"]
    assert total.min() > 1  # weights that add to 1, of indicators from 0 to 1, cannot give that
    assert (
        total["吉林"] < total["黑龙江"] < total["青海"]
    )  # the first two are in the third class, the last in the fourth


def test_efficiencies_are_not_the_products_they_should_be():
    table = printed("provinces/finance_dea.csv", "unit")
    impossible, product, mean = [], [], []
    for unit, (te, pte, se) in table[["TE", "PTE", "SE"]].iterrows():
        e = 0.00005  # half a unit of the last digit
        if te - e > min(pte, se) + e:
            impossible.append(unit)
        elif (pte - e) * (se - e) <= te + e and te - e <= (pte + e) * (se + e):
            product.append(unit)
        elif te + e >= pte + se - 2 * e - 1:
            mean.append(unit)
    assert impossible == ["山东", "上海", "四川", "贵州", "西藏", "青海", "宁夏", "新疆"]
    assert product == ["湖南"]
    assert len(mean) == 7  # possible if the columns are means over years
    study = study_of("provinces/efficiency.toml")
    side = study.data["south_north"]
    means = sr.group_means(study, ["te", "pte", "se"], grouping=side)["mean"].round(4)
    assert means.xs("南方", level=1).tolist() == [0.8522, 0.9548, 0.9083]
    assert means.xs("北方", level=1).tolist() == [0.8178, 0.9062, 0.8611]


# 31 provinces (Zhao Yu, Xie Qiyang and Ding Baogen, Regional Economic Review 2020(5)).


def test_urbanisation_moran_z_and_p():
    table = printed("urbanisation/urbanisation_moran.csv", "year")
    found = sr.published_moran(table["I"], table["se"], n=31)
    for year, (i, se) in table.iterrows():
        z = (i + 1 / 30) / se
        assert found.loc[year, "z"] == pytest.approx(z, rel=1e-12)
        assert found.loc[year, "p_normal"] == pytest.approx(1 - erf(z / sqrt(2)), rel=1e-6, abs=1e-15)
    assert found.index[found["p_normal"] > 0.05].tolist() == [2017, 2018]
    settings = checked(STUDIES / "urbanisation" / "study.toml")[0].analyses[0][2]
    assert (settings.times, settings.I, settings.se) == (list(table.index), list(table["I"]), list(table["se"]))


def test_urbanisation_moves_between_quadrants():
    study = study_of("urbanisation/study.toml")
    found = sr.quadrant_transitions(study, "quadrant")
    wide = study.data["quadrant"].unstack()
    counted = Counter(step for a, b in pairwise(wide.columns) for step in zip(wide[a], wide[b], strict=True))
    for (start, end), count in counted.items():
        assert found.chain.counts.loc[start, end] == count
    assert found.chain.counts.to_numpy().sum() == 93
    assert sum(counted[q, q] for q in ("HH", "LH", "LL", "HL")) == 82
    assert [end for (start, end) in counted if start == "LL"] == ["LL"]


def test_urbanisation_theil_contributions():
    table = printed("urbanisation/urbanisation_theil.csv", "year")
    parts = pd.DataFrame({g: table["T_total"] * table[f"share_{g}"] / 100 for g in "ECW"})
    parts["between"] = table["T_total"] * table["share_between"] / 100
    assert parts.loc[2003].round(3).tolist() == [0.147, 0.005, 0.109, 0.021]
    assert parts.loc[2018].round(3).tolist() == [0.107, 0.011, 0.112, 0.022]
    assert table["share_between"].agg(["min", "max"]).tolist() == [7.5, 11.9]
    assert (parts.sum(axis="columns") - table["T_total"]).abs().max() < 0.0007  # shares with one decimal
    # Values of the three regions, as shares of all: share x T / T_g. They add to 1 but for 2014.
    values = pd.DataFrame({g: parts[g] / table[f"T_{g}"] for g in "ECW"})
    adds = values.sum(axis="columns")
    assert adds.drop(2014).sub(1).abs().max() < 0.015
    assert adds[2014] == pytest.approx(1.039, abs=5e-4)
