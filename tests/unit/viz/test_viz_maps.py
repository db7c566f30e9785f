"""Maps: every region has the colour of its own label, the legend counts, and the furniture tells the truth."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import mapclassify
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal import examples
from matplotlib.patches import Rectangle
from pyproj import Geod, Transformer

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import (
    AlignmentError,
    DuplicateError,
    GeometryError,
    InputError,
    LabelWarning,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)
from spatial_region.viz.classes import find_breaks
from spatial_region.viz.placing import PAD, Item, arrange, overlap
from spatial_region.viz.projection import CHINA_CRS, is_national_china, map_view, north_angle

Look = Callable[[viz.Figure, gpd.GeoDataFrame], pd.Series]
Texts = Callable[[viz.Figure], list[str]]

GEODA = {
    "HH": "#ff0000",
    "LL": "#0000ff",
    "LH": "#a7adf9",
    "HL": "#f4ada8",
    "not significant": "#eeeeee",
    "undefined": "#999999",
}


# -- clusters ------------------------------------------------------------------------------------------------


def test_clusters_are_matched_by_label_and_drawn_where_they_belong(
    squares: gpd.GeoDataFrame, pixel_colours: Look, texts: Texts
) -> None:
    kinds = [*GEODA, "HH", "HH", "LL", "not significant"]
    clusters = pd.Series(kinds, index=squares.index[:10]).sample(frac=1, random_state=3)
    figure = viz.cluster_map(squares, clusters)
    seen = pixel_colours(figure, squares)
    expected = clusters.map(GEODA)
    assert seen[expected.index].to_dict() == expected.to_dict()
    assert figure.data.loc[expected.index, "colour"].to_dict() == expected.to_dict()
    assert figure.data.loc[["s10", "s11"], "cluster"].tolist() == ["no data", "no data"]
    shown = texts(figure)
    for label in (
        "High-High (3)",
        "Low-Low (2)",
        "Low-High (1)",
        "High-Low (1)",
        "Not significant (2)",
        "No neighbours (1)",
        "No data (2)",
    ):
        assert label in shown
    assert viz.layout_faults(figure) == []


def test_colours_stay_when_classes_are_absent(squares: gpd.GeoDataFrame, pixel_colours: Look, texts: Texts) -> None:
    figure = viz.cluster_map(squares, pd.Series("HL", index=squares.index), lang="zh")
    assert set(pixel_colours(figure, squares)) == {GEODA["HL"]}
    shown = texts(figure)
    assert "高-低 (12)" in shown
    assert "高-高 (0)" in shown
    assert not any("无数据" in text or "无邻近" in text for text in shown)


def test_no_data_is_hatched_and_not_significant_is_not(squares: gpd.GeoDataFrame) -> None:
    figure = viz.cluster_map(squares, pd.Series("not significant", index=squares.index[:9]))
    hatched = [c for c in figure.figure.axes[0].collections if c.get_gid() == "regions hatched"]
    assert [len(collection.get_paths()) for collection in hatched] == [3]


def test_units_and_order_of_the_map_do_not_matter(squares: gpd.GeoDataFrame, pixel_colours: Look) -> None:
    clusters = pd.Series(["HH", "LL", "not significant"] * 4, index=squares.index)
    plain = pixel_colours(viz.cluster_map(squares, clusters), squares)
    turned = squares.to_crs(3035).iloc[::-1]
    other = pixel_colours(viz.cluster_map(turned, clusters), turned)
    assert other[plain.index].to_dict() == plain.to_dict()


def test_bad_clusters_are_named(squares: gpd.GeoDataFrame) -> None:
    with pytest.raises(AlignmentError, match=r"1 of 2 labels that are not among the 12 regions: s99"):
        viz.cluster_map(squares, pd.Series({"s00": "HH", "s99": "LL"}))
    with pytest.raises(InputError, match=r"found 'Hot' in Place 3 \(s03\)"):
        viz.cluster_map(squares, pd.Series({"s03": "Hot"}))
    with pytest.raises(DuplicateError, match=r"clusters: found twice: Place 0 \(s00\)"):
        viz.cluster_map(squares, pd.Series(["HH", "LL"], index=["s00", "s00"]))
    with pytest.raises(InputError, match="must be a Series"):
        viz.cluster_map(squares, ["HH"] * 12)  # type: ignore[arg-type]
    with pytest.raises(DuplicateError, match="regions: found twice"):
        viz.cluster_map(pd.concat([squares, squares]), pd.Series({"s03": "HH"}))
    with pytest.raises(GeometryError, match="a map needs polygons; 12 of 12"):
        viz.cluster_map(squares.set_geometry(squares.representative_point()), pd.Series({"s03": "HH"}))
    with pytest.raises(OptionError, match="lang='fr'"):
        viz.cluster_map(squares, pd.Series({"s03": "HH"}), lang="fr")


def test_significance_levels(squares: gpd.GeoDataFrame, pixel_colours: Look, texts: Texts) -> None:
    p = pd.Series([0.5, 0.05, 0.04, 0.01, 0.001, 0.0005, np.nan], index=squares.index[:7])
    figure = viz.significance_map(squares, p.sample(frac=1, random_state=1))
    assert figure.data["level"].tolist() == [
        "not significant",
        "p <= 0.05",
        "p <= 0.05",
        "p <= 0.01",
        "p <= 0.001",
        "p <= 0.001",
        "undefined",
        *["no data"] * 5,
    ]
    pd.testing.assert_series_equal(
        pixel_colours(figure, squares).iloc[:7], figure.data["colour"].iloc[:7], check_names=False
    )
    assert {"p ≤ 0.05 (2)", "p ≤ 0.01 (1)", "p ≤ 0.001 (2)", "No data (5)"} <= set(texts(figure))
    with pytest.raises(InputError, match=r"p must lie between 0 and 1; it does not in Place 0 \(s00\)"):
        viz.significance_map(squares, pd.Series({"s00": 1.5}))
    with pytest.raises(InputError, match="one to four numbers"):
        viz.significance_map(squares, p, levels=[])


# -- choropleth ----------------------------------------------------------------------------------------------


def test_choropleth_draws_classes_by_label(squares: gpd.GeoDataFrame, pixel_colours: Look, texts: Texts) -> None:
    values = pd.Series(np.arange(11.0), index=squares.index[:11], name="gdp").sample(frac=1, random_state=5)
    figure = viz.choropleth(squares, values, scheme=[2, 5], title="A title", source="A yearbook")
    assert figure.data["class"].tolist() == ["0"] * 3 + ["1"] * 3 + ["2"] * 5 + ["no data"]
    seen = pixel_colours(figure, squares).iloc[:11]
    assert seen.to_dict() == figure.data["colour"].iloc[:11].to_dict()
    assert seen.nunique() == 3
    assert {"≤ 2.0 (3)", "2.0 – 5.0 (3)", "5.0 – 10.0 (5)", "Source: A yearbook"} <= set(texts(figure))


@pytest.mark.parametrize("k", [3, 5, 7])
def test_classes_agree_with_mapclassify(k: int) -> None:
    # Peer: mapclassify 2.10 (Quantiles, FisherJenks, EqualInterval).
    crime = gpd.read_file(examples.get_path("columbus.shp"))["CRIME"]
    for scheme, peer in (
        ("quantiles", mapclassify.Quantiles),
        ("natural", mapclassify.FisherJenks),
        ("equal", mapclassify.EqualInterval),
    ):
        codes = find_breaks(crime, scheme, k).codes(crime)  # type: ignore[arg-type]
        assert codes.tolist() == peer(crime, k=k).yb.tolist(), scheme


def test_standard_deviations_keep_empty_classes() -> None:
    values = pd.Series([0.0] * 8 + [1.0])
    breaks = find_breaks(values, "std", 6)
    assert breaks.k == 6
    assert breaks.codes(values).value_counts().to_dict() == {2: 8, 5: 1}
    assert breaks.labels("en")[0].startswith("≤ −")
    assert breaks.labels("en")[-1].startswith("> ")


def test_ties_leave_fewer_classes_and_labels_stay_apart() -> None:
    tied = pd.Series([1.0] * 8 + [2.0, 3.0])
    breaks = find_breaks(tied, "quantiles", 5)
    assert breaks.codes(tied).value_counts().sum() == 10
    assert breaks.k < 5
    near = find_breaks(pd.Series([10.0001, 10.0002, 10.0003, 10.0004]), "equal", 3)
    assert len(set(near.labels("en"))) == 3
    assert find_breaks(pd.Series([-3.0, -1.0, 1.0]), "equal", 2).labels("en") == ["−3.00 to −1.00", "−1.00 to 1.00"]


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=40),
    scheme=st.sampled_from(["quantiles", "natural", "equal", "std"]),
    k=st.integers(2, 8),
)
def test_every_value_lies_in_the_class_it_is_given(values: list[float], scheme: str, k: int) -> None:
    series = pd.Series(values)
    breaks = find_breaks(series, scheme, k)  # type: ignore[arg-type]
    codes = breaks.codes(series).to_numpy()
    assert codes.min() >= 0
    assert codes.max() < breaks.k
    numbers = series.to_numpy()
    assert (numbers <= breaks.edges[codes + 1]).all() or scheme == "std"
    inner = codes > 0
    assert (numbers[inner] > breaks.edges[codes[inner]]).all()


def test_bad_variables_are_named(squares: gpd.GeoDataFrame, panel_study: sr.Study) -> None:
    with pytest.raises(UnknownNameError, match="no variable 'nam'. Did you mean 'name'"):
        viz.choropleth(squares, "nam")
    with pytest.raises(InputError, match=r"'name' must be finite numbers; found 12 others \(\w+\): 'Place 0' at s00"):
        viz.choropleth(squares, "name")
    with pytest.raises(MissingValuesError, match="all are missing"):
        viz.choropleth(squares, pd.Series(np.nan, index=squares.index))
    with pytest.raises(OptionError, match="scheme='quantile' is not offered. Did you mean 'quantiles'"):
        viz.choropleth(panel_study, "y", at=2010, scheme="quantile")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="palette='YlOrRed'.*Did you mean 'YlOrRd'"):
        viz.choropleth(panel_study, "y", at=2010, palette="YlOrRed")
    with pytest.raises(InputError, match="say which: at=2020"):
        viz.choropleth(panel_study, "y")
    with pytest.raises(InputError, match="found ndarray without labels"):
        viz.choropleth(squares, np.arange(12.0))  # type: ignore[arg-type]


def test_a_study_draws_its_base_map_and_its_labels(squares: gpd.GeoDataFrame, texts: Texts) -> None:
    kept = squares.iloc[:8]
    study = sr.make_study(
        kept,
        pd.DataFrame({"gdp": np.arange(8.0)}, index=kept.index),
        labels={"gdp": "地区生产总值"},
        units={"gdp": "亿元"},
        basemap=squares,
    )
    figure = viz.choropleth(study, "gdp", lang="zh", k=4)
    assert (figure.data["class"] == "no data").sum() == 4
    assert "地区生产总值（亿元）\n分位数分级，4 级，含上界" in texts(figure)
    assert "无数据 (4)" in texts(figure)


# -- furniture -----------------------------------------------------------------------------------------------


def test_geographic_layers_are_drawn_in_an_equal_area_projection() -> None:
    us48 = gpd.read_file(examples.get_path("us48.shp")).set_crs(4326)
    view = map_view(us48.geometry)
    geod = Geod(ellps="WGS84")
    dense = us48.geometry.segmentize(0.05)
    true = np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in dense])
    np.testing.assert_allclose(dense.to_crs(view.crs).area, true, rtol=5e-4)


def test_projected_layers_keep_their_projection(squares: gpd.GeoDataFrame) -> None:
    assert map_view(squares.to_crs(3035).geometry).crs == "EPSG:3035"


def test_what_counts_as_a_national_map_of_china() -> None:
    assert is_national_china((73.5, 3.4, 135.1, 53.6))
    assert not is_national_china((115.4, 38.9, 126.0, 46.5))  # the seven border prefectures
    assert not is_national_china((26.0, -11.0, 170.0, 81.0))  # Asia
    assert not is_national_china((-125.0, 24.5, -66.9, 49.4))  # the United States


@pytest.mark.parametrize("crs", [4326, 3035, 2154])
def test_the_scale_bar_has_its_length_on_the_ground(squares: gpd.GeoDataFrame, crs: int, texts: Texts) -> None:
    regions = squares.to_crs(crs)
    figure = viz.choropleth(regions, pd.Series(range(12), index=regions.index, name="x"))
    view, axes = map_view(regions.geometry), figure.figure.axes[0]
    parts = [p for p in axes.patches if isinstance(p, Rectangle) and str(p.get_gid()).startswith("scale bar")]
    length = sum(part.get_width() for part in parts)
    (label,) = [text for text in texts(figure) if text.endswith(" km")]
    west, south, east, north = view.bounds
    x, y = (west + east) / 2, (south + north) / 2
    lon, lat = Transformer.from_crs(view.crs, 4326, always_xy=True).transform([x - length / 2, x + length / 2], [y, y])
    ground = Geod(ellps="GRS80").line_length(lon, lat) / 1000
    assert ground == pytest.approx(float(label.removesuffix(" km")), rel=1e-6)


def test_the_arrow_points_north() -> None:
    # In China's Albers projection the meridians lean away from 105 E; its convergence is n (lon - 105).
    to_map = Transformer.from_crs(4326, CHINA_CRS, always_xy=True)
    n = (np.sin(np.radians(25)) + np.sin(np.radians(47))) / 2
    for lon, lat in ((105.0, 35.0), (125.0, 45.0), (80.0, 40.0)):
        assert north_angle(map_view_crs(), to_map.transform(lon, lat)) == pytest.approx(-n * (lon - 105), abs=0.05)


def map_view_crs() -> object:
    return gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=CHINA_CRS).crs


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (40, 2), (2, 40)])
def test_maps_of_any_shape_have_room_for_everything(rows: int, columns: int) -> None:
    cells = [
        shapely.box(10 + c / 9, 40 + r / 9, 10 + (c + 1) / 9, 40 + (r + 1) / 9)
        for r in range(rows)
        for c in range(columns)
    ]
    regions = gpd.GeoDataFrame({"x": range(len(cells))}, geometry=cells, crs=4326)
    figure = viz.choropleth(
        regions, "x", title="A long title " * 20, source="A long source " * 20, legend="A long legend " * 8
    )
    assert viz.layout_faults(figure) == []


def test_no_kilometres_without_a_crs(squares: gpd.GeoDataFrame, texts: Texts) -> None:
    bare = squares.set_crs(None, allow_override=True)
    figure = viz.choropleth(bare, pd.Series(range(12), index=bare.index, name="x"))
    assert not any("km" in text for text in texts(figure))
    assert "N" not in texts(figure)


boxes = st.tuples(st.floats(0, 90), st.floats(0, 60), st.floats(1, 40), st.floats(1, 40))


@settings(max_examples=40, deadline=None)
@given(shapes=st.lists(boxes, min_size=1, max_size=8), width=st.floats(4, 10))
def test_nothing_is_placed_on_a_region_or_on_another_item(
    shapes: list[tuple[float, float, float, float]], width: float
) -> None:
    regions = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in shapes])
    items = [
        Item("inset", 0.9, 1.4, ("lower right",), corners_only=True),
        Item("legend", 1.8, 1.6, ("lower left", "lower right")),
        Item("north arrow", 0.36, 0.64, ("upper right",)),
        Item("scale bar", 0.4, 0.3, ("lower left",), map_width=0.2 * np.ptp(shapely.total_bounds(regions)[::2])),
    ]
    bounds = tuple(shapely.total_bounds(regions))
    place = arrange(bounds, items, regions, width=width, aspect=(0.42, 1.2))
    placed = list(place.boxes.values())
    assert len(placed) == 4
    for number, box in enumerate(placed):
        assert place.frame[0] < box[0] < box[2] < place.frame[2]
        assert place.frame[1] < box[1] < box[3] < place.frame[3]
        assert not shapely.intersects(regions, shapely.box(*box)).any()
        assert not any(overlap(box, other) for other in placed[:number])
    assert place.boxes["scale bar"][2] - place.boxes["scale bar"][0] == pytest.approx(
        items[3].map_width + 0.4 * place.scale
    )
    assert place.scale * width == pytest.approx(place.frame[2] - place.frame[0])
    assert PAD > 0


def test_a_narrow_figure_is_refused(squares: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="too narrow for its legend; pass a larger width="):
        viz.choropleth(squares, pd.Series(range(12), index=squares.index, name="x"), width=1.0)


def test_region_names_do_not_overlap(squares: gpd.GeoDataFrame, texts: Texts) -> None:
    values = pd.Series(range(12), index=squares.index, name="x")
    figure = viz.choropleth(squares, values, labels=True)
    assert set(squares["name"]) <= set(texts(figure))
    assert viz.layout_faults(figure) == []
    with pytest.warns(LabelWarning, match=r"no room on the map for the names of \d+ of 12 regions"):
        crowded = viz.choropleth(squares, values, labels="A very long name of " + squares["name"], width=4)
    assert viz.layout_faults(crowded) == []


# -- small multiples -----------------------------------------------------------------------------------------


def test_multiples_share_their_classes(panel_study: sr.Study, texts: Texts) -> None:
    figure = viz.small_multiples(panel_study, "y", scheme=[0.0, 5.0], title="Three years", times=[2000, 2020])
    assert figure.data.index.names == ["region", "time"]
    values = panel_study.wide("y")[[2000, 2020]]
    expected = (values > 0.0).astype(int) + (values > 5.0).astype(int)
    found = figure.data["class"].astype(int)
    pd.testing.assert_frame_equal(found.unstack("time"), expected, check_names=False, check_dtype=False)
    drawn = {
        (region, time): tuple(colour)
        for axes, time in zip(figure.figure.axes[:2], [2000, 2020], strict=True)
        for region, colour in zip(panel_study.ids, axes.collections[0].get_facecolor(), strict=True)
    }
    by_class = pd.DataFrame({"class": found, "drawn": pd.Series(drawn)}).groupby("class")["drawn"].nunique()
    assert by_class.tolist() == [1] * len(by_class)
    assert {"2000", "2020"} <= set(texts(figure))
    assert viz.layout_faults(figure) == []
    with pytest.raises(UnknownNameError, match="no time 1999; there are 2000, 2010, 2020"):
        viz.small_multiples(panel_study, "y", times=[1999])


def test_multiples_of_clusters(squares: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({2000: ["HH", "LL"] * 6, 2010: ["not significant"] * 12}, index=squares.index)
    figure = viz.small_multiples(squares, table.iloc[::-1], kind="clusters", lang="zh")
    assert figure.data["colour"].xs(2000, level="time").to_dict() == table[2000].map(GEODA).to_dict()
    assert viz.layout_faults(figure) == []
