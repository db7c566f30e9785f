"""The study aligns by label once; every verb returns a new study."""

from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import AlignmentError, DuplicateError, InputError, UnknownNameError


def test_shuffled_data_lands_on_its_own_region(columbus):
    shuffled = columbus[["HOVAL"]].sample(frac=1, random_state=3)
    study = sr.make_study(columbus[["geometry"]], shuffled)
    pd.testing.assert_series_equal(study.values("HOVAL"), columbus["HOVAL"], check_names=False)
    assert study.ids.tolist() == columbus.index.tolist()


def test_panel_is_region_major_sorted_and_complete(grid):
    index = pd.MultiIndex.from_tuples([(r, t) for t in (2010, 2000) for r in grid.index[::-1]][:-1])
    data = pd.DataFrame({"y": np.arange(len(index), dtype=float)}, index=index)
    study = sr.make_study(grid[["geometry"]], data)
    assert study.times == [2000, 2010]
    assert study.data.index.get_level_values("region")[::2].tolist() == grid.index.tolist()
    gap = (grid.index[0], 2000)
    assert study.data["y"].isna().sum() == 1
    assert np.isnan(study.data.loc[gap, "y"])
    assert study.data.loc[(grid.index[5], 2010), "y"] == data.loc[(grid.index[5], 2010), "y"]


def test_a_region_on_one_side_only_is_named(columbus):
    with pytest.raises(AlignmentError, match=r"1 only in regions: 7\b"):
        sr.make_study(columbus[["geometry"]], columbus[["HOVAL"]].drop(index="7"))
    extra = pd.concat([columbus[["HOVAL"]], pd.DataFrame({"HOVAL": [1.0]}, index=["x99"])])
    with pytest.raises(AlignmentError, match="1 only in data: x99"):
        sr.make_study(columbus[["geometry"]], extra)


def test_duplicates_are_refused(columbus, panel_study):
    with pytest.raises(DuplicateError, match="found twice: 3"):
        sr.make_study(columbus[["geometry"]], pd.concat([columbus[["HOVAL"]], columbus.loc[["3"], ["HOVAL"]]]))
    twice = pd.concat([panel_study.data, panel_study.data.iloc[[4]]])
    with pytest.raises(DuplicateError, match=r"r00c01.*2010"):
        sr.make_study(panel_study.regions, twice)


def test_at_between_select_within_wide(panel_study):
    assert panel_study.at(2010).values("y").iloc[3] == panel_study.data.loc[(panel_study.ids[3], 2010), "y"]
    assert panel_study.between(2005, 2020).times == [2010, 2020]
    some = panel_study.select(["r07c07", "r00c00"])
    assert some.ids.tolist() == ["r00c00", "r07c07"]
    assert some.data.shape[0] == 6
    mask = panel_study.values("y", at=2020) > 7
    assert panel_study.select(mask.sample(frac=1, random_state=1)).n == int(mask.sum())
    half = pd.Series(np.where(np.arange(64) < 32, "south", "north"), index=panel_study.ids)
    assert panel_study.within(half, "south").n == 32
    wide = panel_study.wide("y")
    assert wide.shape == (64, 3)
    assert wide.loc["r01c02", 2020] == panel_study.data.loc[("r01c02", 2020), "y"]


def test_unknown_names_get_a_suggestion(panel_study):
    with pytest.raises(UnknownNameError, match="no time 2011; it has 2000, 2010, 2020"):
        panel_study.at(2011)
    named = panel_study.with_columns(gdp_pc=1.0)
    with pytest.raises(UnknownNameError, match="Did you mean 'gdp_pc'"):
        named.values("gpd_pc", at=2010)
    with pytest.raises(UnknownNameError, match="Did you mean 'south'"):
        panel_study.within(pd.Series("south", index=panel_study.ids), "sout")
    with pytest.raises(UnknownNameError, match="not in the study: r99c99"):
        panel_study.select(["r99c99"])
    with pytest.raises(InputError, match="3 times .* say which: at=2020"):
        panel_study.values("y")
    with pytest.raises(InputError, match="cross-section without time"):
        panel_study.at(2010).values("y", at=2010)
    with pytest.raises(InputError, match="boolean Series indexed by region"):
        panel_study.select([True] * 64)


def test_with_columns_aligns_and_refuses_bare_arrays(panel_study):
    by_region = pd.Series(np.arange(64.0), index=panel_study.ids).sample(frac=1, random_state=2)
    study = panel_study.with_columns(area=by_region, twice=lambda data: 2 * data["y"])
    assert study.data.loc[("r00c05", 2010), "area"] == 5.0
    assert study.data["twice"].equals(2 * panel_study.data["y"])
    assert "area" not in panel_study.data
    with pytest.raises(InputError, match="must be a Series with labels"):
        panel_study.with_columns(z=np.arange(192))
    with pytest.raises(AlignmentError, match="only in the study"):
        panel_study.with_columns(z=by_region.drop("r00c05"))


def test_frame_takes_columns_of_regions(grid):
    study = sr.make_study(grid.assign(plate="East")[["plate", "geometry"]], grid[["smooth"]])
    assert study.frame(["smooth", "plate"]).columns.tolist() == ["smooth", "plate"]


def test_inputs_are_left_alone_and_study_pickles(columbus):
    regions, data = columbus[["geometry"]], columbus[["HOVAL"]]
    before = (regions.index.name, data.copy())
    study = sr.make_study(regions, data).with_weights(queen=sr.contiguity(columbus))
    assert regions.index.name == before[0]
    pd.testing.assert_frame_equal(data, before[1])
    again = pickle.loads(pickle.dumps(study))
    assert again.weights["queen"].n_links == study.weights["queen"].n_links
    assert again.ids.equals(study.ids)
    with pytest.raises(AttributeError):
        study.name = "x"


def test_selecting_regions_takes_the_weights_along(grid):
    study = sr.make_study(grid[["geometry"]], grid[["smooth"]]).with_weights(q=sr.contiguity(grid).standardise("row"))
    part = study.select(grid.index[:16])
    rows = np.asarray(part.weights["q"].sparse.sum(axis=1)).ravel()
    np.testing.assert_allclose(rows, 1.0)
    direct = sr.contiguity(grid.iloc[:16]).standardise("row")
    np.testing.assert_allclose(part.weights["q"].sparse.toarray(), direct.sparse.toarray())


def test_repr_says_what_is_there(panel_study):
    text = repr(panel_study)
    assert "Study of 64 regions, 3 times (2000 to 2020)" in text
    assert "y, x" in text
    assert "<pre>" in panel_study._repr_html_()


def test_weights_of_other_regions_are_refused(grid, columbus):
    study = sr.make_study(grid[["geometry"]], grid[["smooth"]])
    with pytest.raises(AlignmentError, match="only in the data"):
        study.with_weights(q=sr.contiguity(columbus))


def test_names_come_from_the_reader(grid):
    named = gpd.GeoDataFrame(grid.assign(zh="区" + grid.index))
    named.attrs["name"] = "zh"
    assert sr.make_study(named, grid[["smooth"]]).names.iloc[0] == "区r00c00"


def test_a_table_whose_index_remembers_a_dropped_time_has_no_such_time():
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1], [0, 1]), index=["a", "b"], crs=3857)
    index = pd.MultiIndex.from_product([["a", "b"], [2000, 2001, 2002]])
    data = pd.DataFrame({"x": range(6)}, index=index)
    study = sr.make_study(regions, data[data.index.get_level_values(1) != 2001])
    assert study.times == [2000, 2002]
