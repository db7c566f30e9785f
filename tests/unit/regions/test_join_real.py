"""The published tables, joined to the bundled layers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import spatial_region as sr


@pytest.fixture(scope="module")
def tables(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue("shared_reference").parent / "data"
    return folder


def test_seven_border_prefectures(tables: Path) -> None:
    study = sr.join(sr.china_prefectures(), tables / "border_prefectures.csv", on="city", province="province")
    written = pd.read_csv(tables / "border_prefectures.csv", dtype={"adcode": str}).set_index("adcode")
    assert sorted(study.ids) == sorted(written.index)
    pd.testing.assert_series_equal(
        study.values("pc_gdp_2023"), written["pc_gdp_2023"].reindex(study.ids), check_dtype=False, check_names=False
    )
    assert study.match.counts["matched"] == 7


@pytest.mark.parametrize("on", ["region", "adcode"])
def test_twelve_western_provinces(tables: Path, on: str) -> None:
    study = sr.join(sr.china_provinces(), tables / "western_quality.csv", on=on, time="year")
    assert (study.n, len(study.times)) == (12, 6)
    assert study.match.gaps.empty
    written = pd.read_csv(tables / "western_quality.csv", dtype={"adcode": str})
    for row in written[written["adcode"].fillna("100000") != "100000"].itertuples():
        assert study.data.loc[(row.adcode, row.year), "value"] == row.value


def test_provinces_of_the_other_tables(tables: Path) -> None:
    provinces = sr.china_provinces()
    scores = pd.read_csv(tables / "integration_scores.csv", dtype={"adcode": str})
    for dimension, part in scores.groupby("dimension"):
        study = sr.join(provinces, part, on="province", variables=["score"])
        assert study.match.counts["matched"] == len(part) == 30, dimension
        assert study.values("score").to_dict() == part.set_index("adcode")["score"].to_dict()
    quadrants = sr.join(provinces, tables / "urbanisation_quadrants.csv", on="province", time="year")
    assert quadrants.match.counts["matched"] == 124
    assert sr.join(provinces, tables / "finance_dea.csv", on="unit").n == 31
