"""Connectivity map and histogram of neighbours: what is drawn, named and counted; nothing overlaps."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_hex

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import AlignmentError, InputError, IslandWarning, LabelWarning, OptionError
from spatial_region.viz.projection import map_view


def artists(figure: viz.Figure, gid: str, axes: str = "map") -> list:
    (part,) = [each for each in figure.figure.axes if each.get_label() == axes]
    return [artist for artist in part.get_children() if artist.get_gid() == gid]


def drawn_pairs(figure: viz.Figure, regions: gpd.GeoDataFrame) -> set[frozenset]:
    """Return which regions each line joins, by looking in which regions its ends lie."""
    (lines,) = artists(figure, "links")
    shapes = map_view(regions.geometry).geometry
    tree = shapely.STRtree(np.asarray(shapes.array))
    pairs = set()
    for segment in lines.get_segments():
        (first,), (second,) = (tree.query(shapely.Point(end), predicate="within") for end in segment)
        pairs.add(frozenset((shapes.index[first], shapes.index[second])))
    return pairs


def pairs_of(w: sr.Weights) -> set[frozenset]:
    links = w.sparse.tocoo()
    return {frozenset((w.ids[i], w.ids[j])) for i, j in zip(links.row, links.col, strict=True)}


@pytest.fixture
def parts(squares) -> tuple[gpd.GeoDataFrame, sr.Weights]:
    """Six squares that touch, two that touch each other, and an island; three squares are not in the weights."""
    ids = squares.index
    w = sr.contiguity(squares, kind="rook")
    matrix = pd.DataFrame(w.sparse.toarray(), index=ids, columns=ids)
    left, right, island = list(ids[[0, 1, 4, 5, 8, 9]]), list(ids[[3, 7]]), ids[11]
    kept = [island, *right, *left]
    matrix.loc[island] = 0
    matrix[island] = 0
    matrix.loc[left, right] = 0
    return squares, sr.Weights(pd.Index(kept), matrix.loc[kept, kept], {"kind": "test"}, squares["name"])


def test_every_link_is_one_line_between_its_regions(squares):
    w = sr.contiguity(squares)
    figure = viz.connectivity_map(squares, w)
    assert drawn_pairs(figure, squares) == pairs_of(w)
    (lines,) = artists(figure, "links")
    assert len(lines.get_segments()) == w.n_links // 2
    assert set(map(to_hex, lines.get_colors())) == {"#2f5d8a"}
    assert artists(figure, "islands") == []
    assert figure.data["neighbours"].to_dict() == w.cardinalities.to_dict()
    assert viz.layout_faults(figure) == []


def test_a_link_in_one_direction_is_drawn_and_a_region_for_itself_is_not(squares):
    w = sr.knn(squares.iloc[::-1], k=1)
    own = sr.Weights(w.ids, w.sparse.toarray() + np.eye(w.n))
    assert drawn_pairs(viz.connectivity_map(squares, own), squares) == pairs_of(w)


def test_components_islands_and_regions_without_weights(parts, texts):
    squares, w = parts
    figure = viz.connectivity_map(squares, w)
    data = figure.data
    assert drawn_pairs(figure, squares) == pairs_of(w)
    assert data["component"].dropna().to_dict() == {
        **dict.fromkeys(squares.index[[0, 1, 4, 5, 8, 9]], 0),
        **dict.fromkeys(squares.index[[3, 7]], 1),
        squares.index[11]: -1,
    }
    assert data.loc[squares.index[[2, 6, 10]], "label"].unique().tolist() == ["Not in the weights"]
    assert data.loc[squares.index[11], "label"] == "No neighbours"
    assert data["colour"].nunique() == 4
    (lines,) = artists(figure, "links")
    assert len(set(map(to_hex, lines.get_colors()))) == 2
    (marked,) = artists(figure, "islands")
    point = shapely.Point(*marked.get_xydata()[0])
    assert map_view(squares.geometry).geometry.iloc[11].contains(point)
    assert "Place 11" in texts(figure)
    assert "Place 0" not in texts(figure)
    assert viz.layout_faults(figure) == []


def test_chinese_words_and_all_names(parts, texts):
    squares, w = parts
    figure = viz.connectivity_map(squares, w, lang="zh", labels=True, title="邻接")
    found = "\n".join(texts(figure))
    for words in (
        "邻接关系",
        "8 对邻接",
        "连通分支 1 (6)",
        "连通分支 2 (2)",
        "无邻近单元 (1)",
        "权重未包含 (3)",
        "Place 11",
    ):
        assert words in found
    assert sum(text.startswith("Place") for text in texts(figure)) == 12
    assert viz.layout_faults(figure) == []


def test_more_components_than_colours():
    cells = [shapely.box(3 * k, r, 3 * k + 1, r + 1) for k in range(9) for r in range(2)]
    pairs = gpd.GeoDataFrame(geometry=cells, index=[f"c{k}" for k in range(18)], crs=3857)
    figure = viz.connectivity_map(pairs, sr.contiguity(pairs))
    labels = figure.data["label"].value_counts()
    assert labels["3 more components"] == 6
    assert figure.data["component"].tolist() == [k // 2 for k in range(18)]
    assert viz.layout_faults(figure) == []


def test_names_of_islands_without_room_are_told():
    cells = [shapely.box(3 * k, 0, 3 * k + 1, 1) for k in range(30)]
    apart = gpd.GeoDataFrame({"name": ["a very long name of a place " * 3] * 30}, geometry=cells, crs=3857)
    apart.attrs["name"] = "name"
    with pytest.warns(IslandWarning):
        w = sr.contiguity(apart)
    with pytest.warns(LabelWarning, match=r"no room on the map for the names of \d+ of 30 regions"):
        viz.connectivity_map(apart, w, width=4)


def test_prefectures_of_china_show_the_islands_of_the_inset():
    regions = sr.china_prefectures()
    with pytest.warns(IslandWarning):
        w = sr.contiguity(regions)
    figure = viz.connectivity_map(regions, w, lang="zh")
    assert {text.get_text() for axes in figure.figure.axes for text in axes.texts} >= {"舟山市", "三沙市", "台湾省"}
    assert len(artists(figure, "links")[0].get_segments()) == w.n_links // 2
    assert len(artists(figure, "links", "inset")[0].get_segments()) == w.n_links // 2
    assert viz.layout_faults(figure) == []


def test_weights_of_other_regions_are_refused(squares):
    w = sr.contiguity(squares)
    with pytest.raises(
        AlignmentError, match="w has 1 of 12 regions that are not among the 11 regions of the map: Place 0"
    ):
        viz.connectivity_map(squares.iloc[1:], w)
    with pytest.raises(InputError, match="w must be spatial_region.Weights"):
        viz.connectivity_map(squares, squares)
    assert viz.connectivity_map(squares, w.to_graph()).data["neighbours"].sum() == w.n_links


def test_histogram_counts_every_region(parts, texts):
    _, w = parts
    figure = viz.cardinality_histogram(w, lang="zh", title="邻居", note="车相邻")
    assert figure.data["regions"].tolist() == w.cardinalities.value_counts().reindex(range(4), fill_value=0).tolist()
    (axes,) = figure.figure.axes
    assert [bar.get_height() for bar in axes.containers[0]] == figure.data["regions"].tolist()
    colours = [to_hex(bar.get_facecolor()) for bar in axes.containers[0]]
    assert colours == ["#c0182c", *["#4c78a8"] * 3]
    found = "\n".join(texts(figure))
    for words in ("无邻近单元：Place 11", "车相邻", "邻近单元数", "单元数", f"均值 {w.cardinalities.mean():.2f}"):
        assert words in found
    assert viz.layout_faults(figure) == []


@pytest.mark.parametrize("top", [3, 40, 41, 500])
def test_bars_of_many_numbers_of_neighbours(top):
    counts = np.r_[0, 0, np.arange(1, top + 1)]
    n = max(len(counts), top + 1)
    dense = np.zeros((n, n))
    for row, count in enumerate(counts):
        others = [column for column in range(n) if column != row][:count]
        dense[row, others] = 1
    figure = viz.cardinality_histogram(sr.Weights(pd.RangeIndex(n), dense))
    data = figure.data
    assert len(data) <= 41
    assert data.iloc[0].tolist() == [0, 0, 2 + n - len(counts)]
    assert data["regions"].sum() == n
    assert (data["least"].to_numpy()[1:] == data["most"].to_numpy()[:-1] + 1).all()
    assert data["most"].iloc[-1] >= top
    for bar in data.iloc[1:-1].itertuples():
        assert bar.regions == bar.most - bar.least + 1
    assert viz.layout_faults(figure) == []


def test_many_islands_are_counted(texts):
    figure = viz.cardinality_histogram(sr.Weights(pd.Index(list("abcdefg")), np.zeros((7, 7))))
    assert "Without neighbours: a, b, c, d, e and 2 more" in texts(figure)
    chinese = viz.cardinality_histogram(sr.Weights(pd.Index(list("abcdefg")), np.zeros((7, 7))), lang="zh")
    assert "无邻近单元：a、b、c、d、e等 7 个" in texts(chinese)
    assert viz.layout_faults(figure) == viz.layout_faults(chinese) == []


def test_weights_draw_themselves(squares):
    w = sr.contiguity(squares)
    assert "regions" in w.plot().data
    assert "component" in w.plot(regions=squares).data
    assert "component" in w.plot(kind="map", regions=squares, title="x").data
    with pytest.raises(InputError, match="weights hold no boundaries, and a map needs them"):
        w.plot(kind="map")
    with pytest.raises(InputError, match="takes no regions="):
        w.plot(kind="histogram", regions=squares)
    with pytest.raises(OptionError, match="Did you mean 'histogram'"):
        w.plot(kind="histogramm")
    with pytest.raises(OptionError, match=r"connectivity_map\(\) has no option 'titel'. Did you mean 'title'"):
        w.plot(regions=squares, titel="x")
