"""Figures of real layers, compared by the data drawn: what a reader sees at each region, and what the legend says."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal import examples
from matplotlib.colors import to_hex
from matplotlib.text import Text

import spatial_region as sr
from spatial_region import viz
from spatial_region.viz import fonts
from spatial_region.viz.projection import map_view

# The smallest regions have no room for their names; the figure says so.
pytestmark = pytest.mark.filterwarnings("ignore::spatial_region.errors.LabelWarning")

needs_chinese = pytest.mark.skipif(fonts.chinese_family() is None, reason="no font with Chinese is installed")


def seen_at(figure: viz.Figure, regions: gpd.GeoDataFrame, dpi: int = 200) -> pd.Series:
    """Colour of the page at the middle of each region."""
    canvas = figure.figure
    canvas.set_dpi(dpi)
    canvas.canvas.draw()
    page = np.asarray(canvas.canvas.buffer_rgba())
    (axes,) = [each for each in canvas.axes if each.get_label() == "map"]
    shapes = np.asarray(map_view(regions.geometry).geometry.array)
    largest = [max(shapely.get_parts(shape), key=shapely.area) for shape in shapes]
    middles = shapely.get_point(shapely.maximum_inscribed_circle(largest), 0)
    across, up = axes.transData.transform(shapely.get_coordinates(middles)).T
    pixels = page[page.shape[0] - 1 - up.astype(int), across.astype(int), :3] / 255
    return pd.Series([to_hex(pixel) for pixel in pixels], index=regions.index)


def texts_of(figure: viz.Figure) -> list[str]:
    return [text.get_text() for text in figure.figure.findobj(Text) if text.get_text()]


@pytest.fixture(scope="module")
def states() -> gpd.GeoDataFrame:
    frame = gpd.read_file(examples.get_path("us48.shp")).set_crs(4326).set_index("STATE_NAME")
    income = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name")
    return frame[["geometry"]].join(income[["1929", "1969"]])


def test_lisa_of_income_in_the_united_states(states: gpd.GeoDataFrame) -> None:
    local = sr.local_moran(states["1969"].rename("income"), w=sr.contiguity(states), permutations=9999, seed=12345)
    figure = local.plot(regions=states)
    expected = local.table()["cluster"].map(viz.palettes.CLUSTER_COLOURS)
    assert seen_at(figure, states).to_dict() == expected.to_dict()
    # The poor South is one cluster and the rich Northeast the other, in the PySAL examples as well.
    clusters = figure.data["cluster"]
    assert {"Mississippi", "Alabama", "Louisiana", "Arkansas"} <= set(clusters.index[clusters == "LL"])
    assert {"New Jersey", "New York", "Massachusetts"} <= set(clusters.index[clusters == "HH"])
    assert viz.layout_faults(figure) == []


def test_choropleth_of_income_in_the_united_states(states: gpd.GeoDataFrame) -> None:
    figure = viz.choropleth(states, "1929", labels=states.index.to_series(), title="Income per head, 1929")
    breaks = np.quantile(states["1929"], [0.2, 0.4, 0.6, 0.8])
    assert figure.data["class"].astype(int).tolist() == np.searchsorted(breaks, states["1929"]).tolist()
    counts = figure.data["class"].value_counts()
    legend = [text for text in texts_of(figure) if " – " in text]
    assert [int(text.rsplit("(", 1)[1].rstrip(")")) for text in legend] == counts.sort_index().tolist()
    assert viz.layout_faults(figure) == []


@pytest.fixture(scope="module")
def provinces() -> gpd.GeoDataFrame:
    return sr.china_provinces()


@needs_chinese
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_national_map_of_china(provinces: gpd.GeoDataFrame, lang: str, tmp_path: Path) -> None:
    kinds = ["HH", "LL", "LH", "HL", "not significant", "undefined"]
    clusters = pd.Series([kinds[n % 6] for n in range(len(provinces))], index=provinces.index).drop(
        ["540000", "710000"]
    )
    figure = viz.cluster_map(
        provinces,
        clusters.iloc[::-1],
        lang=lang,
        title="省域城乡融合的局部空间聚类" if lang == "zh" else "Clusters of integration",
        labels=provinces["short_zh"] if lang == "zh" else provinces["name_en"],
        source="区域经济评论" if lang == "zh" else "Regional Economic Review",
        approval="GS(2024)0650号",
    )
    assert viz.layout_faults(figure) == []
    assert {axes.get_label() for axes in figure.figure.axes} == {"map", "inset"}
    inset = next(axes for axes in figure.figure.axes if axes.get_label() == "inset")
    (line,) = [c for c in inset.collections if c.get_gid() == "inset nine-dash line"]
    dashes = sr.nine_dash_line().to_crs(map_view(provinces.geometry).crs)
    west, south, east, north = dashes.total_bounds
    assert len(line.get_segments()) == 9
    assert inset.get_xlim()[0] < west < east < inset.get_xlim()[1]
    assert inset.get_ylim()[0] < south < north < inset.get_ylim()[1]
    unlabelled = viz.cluster_map(provinces, clusters, lang=lang)
    # Hong Kong and Macao are about as narrow as their borders.
    expected = clusters.drop(["810000", "820000"]).map(viz.palettes.CLUSTER_COLOURS)
    assert seen_at(unlabelled, provinces)[expected.index].to_dict() == expected.to_dict()
    assert figure.save(tmp_path / "map.png", dpi=100).stat().st_size > 10_000


@needs_chinese
def test_prefectures_are_drawn_in_time_and_in_their_own_colour() -> None:
    prefectures = sr.china_prefectures()
    rng = np.random.default_rng(1)
    values = pd.Series(rng.normal(size=len(prefectures)), index=prefectures.index, name="指标").sample(frac=0.9)
    viz.choropleth(prefectures.iloc[:5], values.reindex(prefectures.index[:5]))  # compiled and read once
    start = time.process_time()
    figure = viz.choropleth(prefectures, values, lang="zh", borders=sr.china_provinces())
    figure.to_bytes("png", dpi=300)
    assert time.process_time() - start < 4.0  # about 1 s alone; the limit allows for a slow, shared machine
    assert viz.layout_faults(figure) == []
    plain = viz.choropleth(prefectures, values)
    seen = seen_at(plain, prefectures.drop("460300"), dpi=400)  # Sansha lies in the inset
    drawn = plain.data["colour"]
    with_data = drawn.index[plain.data["class"] != "no data"]
    # A unit narrower than a few dots shows its border at its middle.
    wide = prefectures.to_crs(map_view(prefectures.geometry).crs).area[with_data] > 3e9
    checked = with_data[wide].difference(["460300"])
    assert len(checked) > 250
    assert (seen[checked] == drawn[checked]).all()
