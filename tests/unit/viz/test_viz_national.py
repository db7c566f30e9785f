"""National maps of China: one frame whatever the legend, and no island or dash cut by it or left out."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial_region import viz
from spatial_region.errors import LabelWarning
from spatial_region.viz.inset import dashes
from spatial_region.viz.projection import mainland_part, map_view


@pytest.fixture
def country() -> gpd.GeoDataFrame:
    """A mainland in two halves, a southern province with an island of its own far south, and a region of islands."""
    shapes = {
        "west": shapely.box(74, 30, 100, 50),
        "east": shapely.Polygon([(100, 22), (118, 22), (122, 40), (134, 48), (122, 53), (100, 50)]),
        "south": shapely.MultiPolygon([shapely.box(108.6, 18.2, 111, 20), shapely.box(112, 16.4, 112.4, 16.9)]),
        "isles": shapely.MultiPolygon([shapely.box(114, 10, 114.4, 10.3), shapely.box(112, 4, 112.2, 4.2)]),
    }
    return gpd.GeoDataFrame({"x": range(4)}, geometry=list(shapes.values()), index=list(shapes), crs=4326)


def frame_of(figure: viz.Figure) -> tuple[float, ...]:
    (axes,) = [each for each in figure.figure.axes if each.get_label() == "map"]
    return (*axes.get_xlim(), *axes.get_ylim())


def test_the_frame_is_the_same_whatever_the_legend(country: gpd.GeoDataFrame) -> None:
    levels = pd.Series(list("abcd"), index=country.index)
    drawn = [
        viz.choropleth(country, "x", legend="x"),
        viz.choropleth(country, "x", legend="A legend of many words, that takes several lines " * 2),
        viz.category_map(country, levels),
        viz.cluster_map(country, levels.map(lambda _: "HH"), note="significant at p ≤ 0.05, FDR adjusted"),
        viz.choropleth(country, "x", lang="en", labels=False, title="With a title"),
    ]
    for figure in drawn[1:]:
        assert frame_of(figure) == pytest.approx(frame_of(drawn[0]), abs=1.0)


def test_islands_of_the_inset_are_in_the_inset_alone(country: gpd.GeoDataFrame) -> None:
    view = map_view(country.geometry)
    main = mainland_part(view)
    assert view.china
    assert main.index.equals(country.index)
    assert main["isles"].is_empty
    assert len(main["south"].geoms) == 1
    assert main[["west", "east"]].area.to_numpy() == pytest.approx(view.geometry[["west", "east"]].area.to_numpy())
    assert viz.layout_faults(viz.choropleth(country, "x")) == []


def test_dashes_are_whole_in_the_main_frame_and_complete_in_the_inset(country: gpd.GeoDataFrame) -> None:
    figure = viz.choropleth(country, "x")
    west, east, south, north = frame_of(figure)
    lines = {}
    for axes in figure.figure.axes:
        for each in axes.collections:
            if "nine-dash line" in str(each.get_gid()):
                lines[axes.get_label()] = [path.vertices for path in each.get_paths()]
    total = len(dashes(map_view(country.geometry).crs).explode())
    assert len(lines["inset"]) == total
    assert 0 < len(lines["map"]) < total
    ends = np.concatenate(lines["map"])
    assert (ends[:, 0] > west).all()
    assert (ends[:, 0] < east).all()
    assert (ends[:, 1] > south).all()
    assert (ends[:, 1] < north).all()


def test_names_stay_inside_the_page(country: gpd.GeoDataFrame) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LabelWarning)
        assert viz.layout_faults(viz.choropleth(country, "x", labels=True)) == []
