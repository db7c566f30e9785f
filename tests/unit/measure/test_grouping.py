"""Named groupings: members as published, refused when the name is not one, checked against a study."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import spatial_region as sr
from spatial_region.errors import AlignmentError, GroupingWarning, InputError, OptionError, UnknownNameError
from spatial_region.measure._grouping_names import GROUPS, KEYS

REPOSITORY = Path(__file__).resolve().parents[3]
PUBLISHED = REPOSITORY / "spatial_region" / "measure" / "_groupings.csv"
SHARED = REPOSITORY.parent / "shared" / "data"


def published(code: str) -> pd.DataFrame:
    rows = pd.read_csv(PUBLISHED, dtype=str)
    return rows[rows["system"] == code]


def squares(ids: list[str]) -> gpd.GeoDataFrame:
    cells = [shapely.box(place, 0, place + 1, 1) for place in range(len(ids))]
    return gpd.GeoDataFrame(geometry=cells, index=pd.Index(ids, name="region"), crs=3857)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of published figures is not present")
def test_the_file_is_the_published_one():
    assert PUBLISHED.read_bytes() == (SHARED / "groupings.csv").read_bytes()


def test_every_published_grouping_has_a_key_and_every_group_an_english_name():
    rows = pd.read_csv(PUBLISHED, dtype=str)
    assert set(rows["system"]) == set(KEYS)
    assert set(rows["group"]) == set(GROUPS)
    assert len({key for key, _ in KEYS.values()}) == len(KEYS) == 24


@pytest.mark.parametrize("code", KEYS)
def test_members_are_those_published(code):
    key, rows = KEYS[code][0], published(code)
    listed = sr.groupings(key)
    assert listed["member"].tolist() == rows["member"].tolist()
    for group, members in rows.groupby("group"):
        coded = members["adcode"].dropna()
        if coded.empty:
            with pytest.raises(InputError, match="names areas and no regions"):
                sr.grouping(key, group=group)
            continue
        found = sr.grouping(key, group=group)
        assert sorted(found.index) == sorted(coded)
        assert set(found) == {group}


def test_sizes_of_the_groupings_that_partition():
    sizes = {
        "four_plates_31": {"East": 10, "Central": 6, "West": 12, "Northeast": 3},
        "four_plates_30": {"East": 10, "Central": 6, "West": 11, "Northeast": 3},
        "east_central_west_11_8_12": {"East": 11, "Central": 8, "West": 12},
        "east_central_west_10_6_12": {"East": 10, "Central": 6, "West": 12},
        "south_north_16_15": {"South": 16, "North": 15},
        "coast_inland_border_11_13_7": {"Coast": 11, "Inland": 13, "Land border": 7},
        "northwest_southwest": {"North-west": 6, "South-west": 6},
    }
    for key, expected in sizes.items():
        found = sr.grouping(key, lang="en")
        assert found.value_counts().to_dict() == expected
        assert found.index.is_unique


def test_the_four_plates_are_those_of_the_bundled_boundaries():
    plates = sr.grouping("four_plates_31", lang="en")
    layer = sr.china_provinces()["plate"]
    assert (layer.reindex(plates.index) == plates).all()


def test_facts_travel_with_the_series():
    found = sr.grouping("R08")
    assert found.name == "east_central_west_11_8_12"
    assert found.attrs["stated"] is False
    assert found.attrs["source"].startswith("赵玉等, Regional Economic Review")
    assert sr.grouping("西北/西南").attrs["stated"] is True
    catalogue = sr.groupings()
    assert catalogue.loc["free_trade_zone_axes", "overlapping"]
    assert catalogue.loc["western_city_clusters", "coded"] == 0
    assert (catalogue["source"].str.len() > 0).all()


def test_results_may_be_changed_without_changing_the_next():
    first = sr.grouping("four_plates_31")
    first.iloc[:] = "x"
    catalogue, members = sr.groupings(), sr.groupings("four_plates_31")
    catalogue.loc["four_plates_31", "name"] = "x"
    members["group"] = "x"
    assert set(sr.grouping("four_plates_31")) == {"东部", "中部", "西部", "东北"}
    assert sr.groupings().loc["four_plates_31", "name"].startswith("Four plates")


@pytest.mark.parametrize("name", ["east", "East", "东部", " EAST "])
def test_a_plain_east_is_refused_and_every_membership_listed(name):
    with pytest.raises(UnknownNameError) as caught:
        sr.grouping(name)
    text = str(caught.value)
    for key in ("east_central_west_10_6_12", "four_plates_30", "four_plates_31", "east_central_west_11_8_12"):
        assert key in text
    assert "East 11, Central 8, West 12 (implied" in text


def test_east_central_west_has_three_memberships():
    with pytest.raises(UnknownNameError, match="4 may be meant, with 3 different memberships"):
        sr.grouping("East / Central / West")


def test_unknown_names_are_refused():
    with pytest.raises(UnknownNameError, match=re.escape("Did you mean 'northwest_southwest'?")):
        sr.grouping("northwest_southwst")
    with pytest.raises(UnknownNameError, match="no grouping 7"):
        sr.grouping(7)
    with pytest.raises(UnknownNameError, match="has no group 'Island'. There are: 东部"):
        sr.grouping("four_plates_31", group="Island")
    with pytest.raises(OptionError, match="lang"):
        sr.grouping("four_plates_31", lang="fr")


def test_groups_that_share_members_need_a_choice():
    with pytest.raises(InputError, match="share 15 members"):
        sr.grouping("free_trade_zone_axes")
    axis = sr.grouping("free_trade_zone_axes", group="silk road axis", lang="en")
    assert sorted(axis.index) == ["410000", "450000", "530000", "610000"]
    assert set(axis) == {"Silk Road axis"}


def test_areas_without_a_code_are_no_regions():
    with pytest.raises(InputError, match="names areas and no regions"):
        sr.grouping("metropolitan_area_stages")
    assert len(sr.groupings("metropolitan_area_stages")) == 20
    with pytest.warns(GroupingWarning, match="5 areas without a code"):
        assert len(sr.grouping("western_new_spaces")) == 23


def test_a_study_with_more_and_fewer_regions_is_warned_of():
    study = squares(["610000", "620000", "630000", "110000"])
    with pytest.warns(GroupingWarning) as caught:
        found = sr.grouping("northwest_southwest", study, lang="en")
    (text,) = [str(each.message) for each in caught]
    assert "leaves out 1 of 4 regions of the study: 110000" in text
    assert "names 9 of 12 members that the study lacks: 宁夏 (640000)" in text
    assert found.to_dict() == {"610000": "North-west", "620000": "North-west", "630000": "North-west"}


def test_a_study_that_fits_is_not_warned_of():
    rows = published("R04")
    found = sr.grouping("northwest_southwest", squares(rows["adcode"].tolist()[::-1]))
    assert found.index.tolist() == rows["adcode"].tolist()[::-1]
    assert (found.to_numpy() == rows["group"].to_numpy()[::-1]).all()


def test_prefectures_take_the_group_of_their_province_unless_named_themselves():
    study = squares(["510100", "510300", "222400", "220100"])
    with pytest.warns(GroupingWarning, match="leaves out 1 of 4"):
        found = sr.grouping("western_development_12_3", study, lang="en")
    assert found.index.tolist() == ["510100", "510300", "222400"]  # Yanbian is named, the rest of Jilin is not


def test_a_study_of_other_regions_is_refused():
    with pytest.raises(AlignmentError, match="none of the 2 regions"):
        sr.grouping("four_plates_31", squares(["a", "b"]))


def test_a_grouping_serves_the_methods():
    rows = published("R04")
    ids = rows["adcode"].tolist()
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"y": rng.normal(size=12), "x": np.tile([1, 2], 6)}, index=pd.Index(ids, name="region"))
    study = sr.make_study(squares(ids), data)
    groups = sr.grouping("northwest_southwest", study, lang="en")
    assert study.within(groups, "North-west").n == 6
    assert sr.block(study, groups).cardinalities.eq(5).all()
    found = sr.geodetector(study, "y", ["x"], grouping=groups, permutations=0)
    assert set(found.spec.inputs) >= {"grouping"} or found.spec.options["grouping"] == "northwest_southwest"
    theil = sr.theil(data["y"].abs(), groups=sr.grouping("northwest_southwest")) if "theil" in sr.__all__ else None
    assert theil is None or {"between", "within"} <= set(theil.table().columns)
