"""Every name, English name and code of the bundled layers, and every member of the published groupings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import spatial_region as sr

LAYERS = {"prefecture": sr.china_prefectures, "province": sr.china_provinces}
TWO_PLACES = {"朝阳", "吉林", "海南", "Chaoyang", "Jilin", "Hainan", "Suzhou", "Taizhou", "Fuzhou", "Yichun", "Yulin"}


@pytest.mark.parametrize("level", ["prefecture", "province"])
@pytest.mark.parametrize("column", ["adcode", "name_zh", "short_zh", "name_en"])
def test_names_of_the_layer_find_themselves(level: str, column: str) -> None:
    layer = LAYERS[level]()
    found = sr.resolve_regions(layer[column], level=level)  # type: ignore[arg-type]
    right = found["region"].to_numpy() == layer.index.to_numpy()
    assert set(found.loc[~right, "name"]) <= (TWO_PLACES if level == "prefecture" else set())
    assert (found.loc[~right, "status"] == "ambiguous").all()


@pytest.mark.parametrize("column", ["name_zh", "short_zh", "name_en"])
def test_with_the_province_no_name_is_ambiguous(column: str) -> None:
    layer = sr.china_prefectures()
    found = sr.resolve_regions(layer[column], province=layer["province_zh"])
    assert found["region"].tolist() == layer.index.tolist()


def test_members_of_the_published_groupings(shared_reference: Path) -> None:
    """432 members of 24 groupings: those with a code of a layer find it; counties, urban regions find nothing."""
    members = pd.read_csv(shared_reference.parent / "data" / "groupings.csv", dtype=str)
    coded = members[members["adcode"].fillna("").str.endswith("00")]
    for level, ending in (("prefecture", False), ("province", True)):
        part = coded[coded["adcode"].str.endswith("0000") == ending]
        found = sr.resolve_regions(part["member"], level=level)  # type: ignore[arg-type]
        assert found["region"].tolist() == part["adcode"].tolist()
    others = members.drop(coded.index)
    found = sr.resolve_regions(others["member"])
    assert (found["region"] == "").all()
    counties = others["adcode"].notna().to_numpy()
    assert (found.loc[counties, "reason"] == "below prefecture level").all()
