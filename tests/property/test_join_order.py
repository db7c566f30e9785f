"""The order of the rows of a table, and of the regions, never changes what is joined."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import spatial_region as sr
from spatial_region.regions.history import gazetteer
from spatial_region.regions.resolve import resolve_cell

NAMES = ["承德", "赤峰市", "襄樊市", "思茅市", "莱芜市", "哲里木盟", "Xi'an", "340200", "吉林", "合计", "巢湖市"]
YEARS = [1998, 2005]


@cache
def layer() -> gpd.GeoDataFrame:
    codes = sorted(gazetteer().current)
    cells = [shapely.box(i % 25, i // 25, i % 25 + 1, i // 25 + 1) for i in range(len(codes))]
    return gpd.GeoDataFrame(geometry=cells, index=pd.Index(codes, name="region"), crs=4490)


def table() -> pd.DataFrame:
    rows = [(name, year, 10.0 * number + year) for number, name in enumerate(NAMES) for year in YEARS]
    return pd.DataFrame(rows, columns=["city", "year", "x"])


def join(regions: gpd.GeoDataFrame, rows: pd.DataFrame) -> sr.Study:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sr.errors.JoinWarning)
        return sr.join(regions, rows, on="city", time="year", combine="sum")


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(len(NAMES) * len(YEARS))))
def test_shuffled_rows_give_the_same_study(order: list[int]) -> None:
    straight, shuffled = join(layer(), table()), join(layer(), table().iloc[order])
    pd.testing.assert_frame_equal(straight.data, shuffled.data)
    assert straight.ids.equals(shuffled.ids)
    pd.testing.assert_frame_equal(
        straight.match.table().sort_values("row", ignore_index=True),
        shuffled.match.table().sort_values("row", ignore_index=True),
    )
    pd.testing.assert_frame_equal(straight.match.gaps, shuffled.match.gaps)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_permuted_regions_keep_every_value(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(layer()))
    straight, permuted = join(layer(), table()), join(layer().iloc[order], table())
    assert permuted.ids.tolist() == [region for region in layer().index[order] if region in set(straight.ids)]
    pd.testing.assert_frame_equal(straight.data, permuted.data.reindex(straight.data.index))


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="承德赤峰市县区省河北吉林海南朝阳州盟地区Chengde 130800().", max_size=8),
    st.sampled_from([None, 1981, 1995, 2010, 2024]),
)
def test_any_text_is_a_known_region_or_none(text: str, year: int | None) -> None:
    found = resolve_cell(text, "prefecture", year)
    assert (found.region in gazetteer().current) == (found.status in ("matched", "renamed", "merged"))
    assert (found.region == "") == (found.status in ("ambiguous", "unmatched"))
