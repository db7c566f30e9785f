"""The map of ellipses: every time in its place and colour, the way enlarged, nothing covering anything."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import OptionError, UnknownNameError
from spatial_region.viz import fonts

needs_chinese = pytest.mark.skipif(fonts.chinese_family() is None, reason="no font with Chinese is installed")


def study(years: int, *, crs: object = 32650, basemap: bool = False) -> sr.Study:
    rng = np.random.default_rng(4)
    cells = [shapely.box(x, y, x + 1e5, y + 1e5) for x in np.arange(6) * 1e5 for y in 3.5e6 + np.arange(4) * 1e5]
    regions = gpd.GeoDataFrame(geometry=cells, index=[f"r{place:02d}" for place in range(24)], crs=crs)
    times = [2000 + 2 * step for step in range(years)]
    index = pd.MultiIndex.from_product([regions.index, times], names=["region", "time"])
    east = np.repeat(np.arange(24) // 4, years) * np.tile(np.arange(years), 24)
    data = pd.DataFrame({"gdp": rng.uniform(5, 6, 24 * years) + 0.4 * east}, index=index)
    kept = regions.iloc[:-2] if basemap else regions
    return sr.make_study(kept, data.loc[kept.index], labels={"gdp": "Product"}, basemap=regions if basemap else None)


def axes_of(figure: viz.Figure) -> dict[str, object]:
    return {axes.get_label(): axes for axes in figure.figure.axes}


def collections(axes: object, gid: str) -> list[object]:
    return [each for each in axes.collections if each.get_gid() == gid]


@pytest.mark.parametrize("lang", ["en", pytest.param("zh", marks=needs_chinese)])
def test_every_ellipse_stands_where_it_was_computed(lang):
    found = sr.ellipse(study(4), "gdp")
    figure = found.plot(lang=lang)
    axes = axes_of(figure)
    (drawn,) = collections(axes["map"], "ellipses")
    assert len(drawn.get_paths()) == 4
    for path, polygon in zip(drawn.get_paths(), found.ellipses.geometry, strict=True):
        np.testing.assert_allclose(path.vertices, shapely.get_coordinates(polygon.exterior))
    (centres,) = collections(axes["map"], "centres")
    np.testing.assert_allclose(np.asarray(centres.get_offsets()), shapely.get_coordinates(found.centres.geometry))
    assert figure.data["colour"].nunique() == 4
    assert figure.data.index.tolist() == [2000, 2002, 2004, 2006]
    texts = [text.get_text() for text in axes["map"].get_legend().get_texts()]
    assert texts == ["2000", "2002", "2004", "2006"]
    heading = axes["map"].get_legend().get_title().get_text().replace("\n", " ")
    assert heading == {"en": "Standard deviational ellipses of Product", "zh": "Product的标准差椭圆"}[lang]
    assert viz.layout_faults(figure) == []


def test_the_panel_shows_the_way_of_the_centre():
    found = sr.ellipse(study(4), "gdp")
    panel = axes_of(found.plot())["panel"]
    assert panel.get_title() == "Way of the centre"
    (centres,) = collections(panel, "centres")
    places = np.asarray(centres.get_offsets())
    np.testing.assert_allclose(places, shapely.get_coordinates(found.centres.geometry))
    (left, right), (bottom, top) = panel.get_xlim(), panel.get_ylim()
    assert ((places > [left, bottom]) & (places < [right, top])).all()
    written = {text.get_text() for text in panel.texts}
    assert {"2000", "2006"} <= written
    # The bar is as long as it says, within the scale of the projection.
    (bar,) = [line for line in panel.lines if line.get_gid() == "bar"]
    (told,) = [text for text in written if text.endswith(" km")]
    assert np.ptp(bar.get_xdata()) == pytest.approx(1000 * float(told.split()[0]), rel=0.01)
    wide, high = panel.get_window_extent().size
    assert (right - left) / wide == pytest.approx((top - bottom) / high, rel=0.02)  # a kilometre is one on both axes


def test_of_many_times_six_ellipses_are_drawn_and_every_centre():
    found = sr.ellipse(study(15), "gdp")
    figure = found.plot()
    axes = axes_of(figure)
    assert len(collections(axes["map"], "ellipses")[0].get_paths()) == 6
    assert len(collections(axes["map"], "centres")[0].get_offsets()) == 15
    assert len(figure.data) == 15
    chosen = viz.ellipse_map(found, at=[2028, 2000])
    texts = [text.get_text() for text in axes_of(chosen)["map"].get_legend().get_texts()]
    assert texts == ["2000", "2028"]
    with pytest.raises(UnknownNameError, match="no ellipse of 1999"):
        viz.ellipse_map(found, at=[1999])
    with pytest.raises(OptionError, match="no option 'colour'"):
        found.plot(colour="red")
    with pytest.raises(OptionError, match="not a matplotlib colormap"):
        found.plot(palette="plasm")


def test_one_time_has_no_panel_and_no_way():
    figure = sr.ellipse(study(3), "gdp", at=2000).plot(title="2000")
    assert "panel" not in axes_of(figure)
    section = sr.ellipse(study(3).at(2004), "gdp").plot()
    assert [text.get_text() for text in axes_of(section)["map"].get_legend().get_texts()] == ["Product"]


def test_an_ellipse_that_reaches_beyond_the_regions_is_shown_whole():
    regions = study(2)
    weights = pd.Series(0.001, index=regions.ids)
    weights[["r00", "r03", "r20", "r23"]] = [5.0, 5.0, 5.0, 5.0]  # everything at the corners
    frame = regions.regions.assign(gdp=weights)
    found = sr.ellipse(frame, "gdp")
    west, south, east, north = found.ellipses.total_bounds
    assert west < frame.total_bounds[0]
    axes = axes_of(found.plot())["map"]
    assert axes.get_xlim()[0] < west
    assert axes.get_xlim()[1] > east
    assert axes.get_ylim()[0] < south
    assert axes.get_ylim()[1] > north


def test_regions_outside_the_study_are_without_data():
    figure = sr.ellipse(study(2, basemap=True), "gdp").plot()
    texts = [text.get_text() for text in axes_of(figure)["map"].get_legend().get_texts()]
    assert texts == ["2000", "2002", "No data"]


@needs_chinese
def test_a_national_map_has_room_for_panel_and_inset():
    provinces = sr.china_provinces()
    plates = sr.grouping("four_plates_31")
    rng = np.random.default_rng(2)
    index = pd.MultiIndex.from_product([plates.index, [2003, 2018]], names=["region", "time"])
    data = pd.DataFrame({"gdp": rng.uniform(1, 9, 62)}, index=index)
    found = sr.ellipse(sr.make_study(provinces.loc[plates.index], data, basemap=provinces), "gdp")
    figure = found.plot(lang="zh", title="重心迁移")
    assert {"map", "panel", "inset"} <= set(axes_of(figure))
    assert figure.to_bytes() == found.plot(lang="zh", title="重心迁移").to_bytes()
    assert viz.layout_faults(figure) == []
