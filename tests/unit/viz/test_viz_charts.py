"""Charts: Moran scatterplot, interaction heatmap, factor bars, and the verb `plot`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import geopandas as gpd
import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from libpysal import examples
from matplotlib.colors import to_hex

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import (
    AlignmentError,
    ConstantVariableError,
    DuplicateError,
    InputError,
    IslandWarning,
    MissingValuesError,
    UnknownNameError,
)
from spatial_region.viz.pair_cells import TYPE_MARKS

Texts = Callable[[viz.Figure], list[str]]


@pytest.fixture
def income() -> tuple[gpd.GeoDataFrame, pd.Series]:
    states = gpd.read_file(examples.get_path("us48.shp")).set_crs(4326).set_index("STATE_NAME")
    table = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name")
    return states, table["1969"].reindex(states.index).rename("income")


# -- Moran scatterplot ---------------------------------------------------------------------------------------


def test_the_slope_of_the_scatterplot_is_morans_i(income: tuple[gpd.GeoDataFrame, pd.Series], texts: Texts) -> None:
    states, values = income
    moran = sr.moran(values, w=sr.contiguity(states), permutations=99)
    figure = moran.plot()
    slope = np.polyfit(figure.data["z"], figure.data["lag"], 1)[0]
    assert slope == pytest.approx(moran.I, rel=1e-10)
    (line,) = [line for line in figure.figure.axes[0].lines if line.get_gid() == "slope"]
    x, y = line.get_data()
    assert (y[-1] - y[0]) / (x[-1] - x[0]) == pytest.approx(moran.I, rel=1e-10)
    assert any(text.startswith(f"Moran's I = {moran.I:.3f}  p = ") for text in texts(figure))
    z = (values - values.mean()) / values.std(ddof=0)
    pd.testing.assert_series_equal(figure.data["z"], z, check_names=False)
    assert viz.layout_faults(figure) == []


def test_the_slope_is_morans_i_for_binary_weights_too(income: tuple[gpd.GeoDataFrame, pd.Series]) -> None:
    states, values = income
    moran = sr.moran(values, w=sr.contiguity(states).standardise("binary"), permutations=99)
    figure = moran.plot(lang="zh")
    assert np.polyfit(figure.data["z"], figure.data["lag"], 1)[0] == pytest.approx(moran.I, rel=1e-10)


def test_points_have_the_colour_of_their_cluster_by_label(income: tuple[gpd.GeoDataFrame, pd.Series]) -> None:
    states, values = income
    local = sr.local_moran(values, w=sr.contiguity(states), permutations=99, seed=1)
    figure = local.plot(kind="scatter", labels=5)
    (points,) = [c for c in figure.figure.axes[0].collections if c.get_gid() == "regions"]
    drawn = {
        tuple(np.round(xy, 9)): to_hex(c) for xy, c in zip(points.get_offsets(), points.get_facecolor(), strict=True)
    }
    colours = local.table()["cluster"].map(viz.palettes.CLUSTER_COLOURS)
    for region, row in figure.data.iterrows():
        assert drawn[tuple(np.round([row["z"], row["lag"]], 9))] == colours[region]
    pd.testing.assert_series_equal(
        figure.data["quadrant"], local.table()["quadrant"].astype(object), check_names=False, check_dtype=False
    )
    assert 0 < figure.data["labelled"].sum() <= 5
    assert viz.layout_faults(figure) == []


def test_labels_stand_beside_their_own_point(texts: Texts) -> None:
    rng = np.random.default_rng(2)
    ids = [f"region {number}" for number in range(60)]
    values = pd.Series(rng.normal(size=60), index=ids)
    values -= values.mean()
    figure = viz.moran_scatter(values, (0.6 * values + 0.3 * rng.normal(size=60)).sample(frac=1), labels=25)
    axes = figure.figure.axes[0]
    figure.figure.draw_without_rendering()
    points = axes.transData.transform(figure.data[["z", "lag"]].to_numpy())
    written = [t for t in axes.texts if t.get_text() in ids]
    assert sorted(t.get_text() for t in written) == sorted(figure.data.index[figure.data["labelled"]])
    for text in written:
        box = text.get_window_extent()
        own = points[ids.index(text.get_text())]
        gap = np.hypot(max(box.x0 - own[0], 0, own[0] - box.x1), max(box.y0 - own[1], 0, own[1] - box.y1))
        assert gap < 0.12 * figure.figure.dpi
        inside = (points[:, 0] > box.x0) & (points[:, 0] < box.x1) & (points[:, 1] > box.y0) & (points[:, 1] < box.y1)
        assert not inside.any()
    assert viz.layout_faults(figure) == []


def test_an_island_is_left_out_of_the_points(texts: Texts) -> None:
    values = pd.Series({"a": -1.0, "b": 0.0, "c": 1.0, "d": 0.0})
    figure = viz.moran_scatter(values, pd.Series({"a": -0.5, "b": 0.1, "c": 0.5, "d": np.nan}))
    assert figure.data.loc["d", "quadrant"] == "undefined"
    (points,) = [c for c in figure.figure.axes[0].collections if c.get_gid() == "regions"]
    assert len(points.get_offsets()) == 3


def test_the_slope_is_morans_i_with_islands(grid: gpd.GeoDataFrame) -> None:
    apart = grid.drop(["r00c01", "r01c00", "r01c01"])  # leaves r00c00 without a neighbour
    with pytest.warns(IslandWarning):
        w = sr.contiguity(apart)
    assert list(w.islands) == ["r00c00"]
    for decided in (w, w.standardise("binary")):
        moran = sr.moran(apart["smooth"], w=decided, permutations=9)
        local = sr.local_moran(apart["smooth"], w=decided, permutations=9)
        assert pytest.approx(moran.I, rel=1e-14) == local.I
        for figure in (moran.plot(), local.plot(kind="scatter"), moran.plot(clusters=local.table()["cluster"])):
            (line,) = [line for line in figure.figure.axes[0].lines if line.get_gid() == "slope"]
            x, y = line.get_data()
            assert (y[-1] - y[0]) / (x[-1] - x[0]) == pytest.approx(moran.I, rel=1e-10)


def test_bad_scatter_input_is_named() -> None:
    values = pd.Series({"a": -1.0, "b": 0.0, "c": 1.0})
    with pytest.raises(AlignmentError, match="lag"):
        viz.moran_scatter(values, pd.Series({"a": 0.0, "b": 0.0, "x": 0.0}))
    with pytest.raises(InputError, match="deviations from their mean.*found a mean of 5"):
        viz.moran_scatter(values + 5, values)
    with pytest.raises(ConstantVariableError):
        viz.moran_scatter(values * 0, values)
    with pytest.raises(MissingValuesError, match="missing for b"):
        viz.moran_scatter(values.where(values != 0), values)


# -- GeoDetector ---------------------------------------------------------------------------------------------


@pytest.fixture
def pairs() -> tuple[pd.DataFrame, pd.Series]:
    q = pd.Series({"soil": 0.2, "rain": 0.3, "slope": 0.1, "distance to the coast": 0.05})
    kinds = list(TYPE_MARKS)
    rows = [
        {"factor_a": b, "factor_b": a, "q_ab": round(q[a] + q[b], 3), "type": kinds[number % 5]}
        for number, (a, b) in enumerate(combinations(q.index, 2))
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=1), q


def test_heatmap_cells_have_their_own_q_and_mark(pairs: tuple[pd.DataFrame, pd.Series], texts: Texts) -> None:
    interactions, q = pairs
    figure = viz.interaction_heatmap(interactions, q)
    order = list(q.index)
    grid = figure.figure.axes[0].collections[0].get_array().reshape(4, 4)
    for pair in interactions.itertuples():
        row, column = sorted((order.index(pair.factor_a), order.index(pair.factor_b)), reverse=True)
        assert grid[row, column] == pair.q_ab
        marks = [
            line.get_marker()
            for line in figure.figure.axes[0].lines
            if round(line.get_xdata()[0]) == column and round(line.get_ydata()[0]) == row
        ]
        assert marks == [TYPE_MARKS[pair.type]]
    assert np.diag(grid).tolist() == q.tolist()
    assert np.ma.getmaskarray(grid)[np.triu_indices(4, 1)].all()
    cells = {t.get_position(): t.get_text() for t in figure.figure.axes[0].texts}
    assert cells[0, 0.0] == "0.200"
    assert {"Nonlinear enhancement (2)", "Bivariate enhancement (1)", "Independent (1)"} <= set(texts(figure))
    assert viz.layout_faults(figure) == []


def test_heatmap_in_chinese_with_many_factors() -> None:
    names = [f"影响因子{number}" for number in range(12)]
    rows = [
        {"factor_a": a, "factor_b": b, "q_a": 0.1, "q_b": 0.1, "q_ab": 0.4, "type": "enhance, nonlinear"}
        for a, b in combinations(names, 2)
    ]
    figure = viz.interaction_heatmap(pd.DataFrame(rows), lang="zh", title="交互探测", source="测试")
    assert len(figure.data) == 12 * 13 / 2
    assert viz.layout_faults(figure) == []


def test_bad_heatmap_input_is_named(pairs: tuple[pd.DataFrame, pd.Series]) -> None:
    interactions, q = pairs
    with pytest.raises(UnknownNameError, match="no q is given for factors of pairs: soil"):
        viz.interaction_heatmap(interactions, q.drop("soil"))
    with pytest.raises(UnknownNameError, match="no column q_ab"):
        viz.interaction_heatmap(interactions.drop(columns="q_ab"), q)
    with pytest.raises(UnknownNameError, match="unknown type of interaction boosted"):
        viz.interaction_heatmap(interactions.assign(type="boosted"), q)
    with pytest.raises(DuplicateError, match="occurs twice"):
        viz.interaction_heatmap(pd.concat([interactions, interactions]), q)
    with pytest.raises(InputError, match="between 0 and 1; found"):
        viz.interaction_heatmap(interactions.assign(q_ab=1.5), q)


def test_bars_are_sorted_and_starred(texts: Texts) -> None:
    q = pd.Series({"rain": 0.2, "soil": 0.5, "slope": 0.1, "road": 0.3})
    p = pd.Series({"road": 0.07, "soil": 0.003, "rain": 0.02, "slope": 0.5})
    figure = viz.factor_bars(q, p, labels={"soil": "Soil type"})
    assert figure.data["text"].to_dict() == {"soil": "0.500***", "road": "0.300*", "rain": "0.200**", "slope": "0.100"}
    axes = figure.figure.axes[0]
    assert [patch.get_width() for patch in axes.patches] == [0.5, 0.3, 0.2, 0.1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Soil type", "road", "rain", "slope"]
    assert viz.layout_faults(figure) == []
    with pytest.raises(InputError, match="between 0 and 1"):
        viz.factor_bars(q + 1)


def test_plot_of_a_geodetector_result() -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame({name: rng.integers(0, 3, 90).astype(str) for name in ("a", "b", "c")})
    table["y"] = table["a"].astype(int) + table["b"].astype(int) + rng.normal(size=90)
    result = sr.geodetector(table, "y", ["a", "b", "c"])
    heat, bars = result.plot(), result.plot(kind="factor", lang="zh")
    shown = heat.data.set_index(["row", "column"])["q"]
    for pair in result.interactions.itertuples():
        key = (
            (pair.factor_b, pair.factor_a)
            if (pair.factor_b, pair.factor_a) in shown.index
            else (pair.factor_a, pair.factor_b)
        )
        assert shown[key] == pair.q_ab
    assert bars.data["q"].to_dict() == result.factors["q"].to_dict()
    assert viz.layout_faults(heat) == viz.layout_faults(bars) == []


# -- plot and the layout check -------------------------------------------------------------------------------


def test_plot_of_local_moran(income: tuple[gpd.GeoDataFrame, pd.Series], texts: Texts) -> None:
    states, values = income
    local = sr.local_moran(values, w=sr.contiguity(states), permutations=99, seed=1)
    figure = local.plot(regions=states, level=0.1)
    assert figure.data["cluster"].to_dict() == local.table(level=0.1)["cluster"].to_dict()
    counts = local.counts(level=0.1)
    assert f"High-High ({counts['HH']})" in texts(figure)
    assert "LISA clusters\nsignificant at p ≤ 0.1\n99 permutations" in texts(figure)
    sure = local.plot(kind="significance", regions=states)
    assert sure.data["p"].to_dict() == pytest.approx(local.table()["p_adjusted"].to_dict())
    with pytest.raises(InputError, match="pass regions=study"):
        local.plot()


def test_plot_of_something_else() -> None:
    with pytest.raises(InputError, match=r"no figure of dict; there are figures of .*LocalResult, .*Moran, .*Weights"):
        viz.plot({})


def test_the_layout_check_finds_faults() -> None:
    figure = viz.factor_bars(pd.Series({"rain": 0.2}))
    assert viz.layout_faults(figure) == []
    figure.figure.text(0.95, 0.5, "sticks out of the page")
    figure.figure.text(0.3, 0.5, "one text")
    figure.figure.text(0.31, 0.5, "another text")
    found = viz.layout_faults(figure)
    assert "cut off: 'sticks out of the page'" in found
    assert "overlap: 'one text' and 'another text'" in found
    assert isinstance(figure.figure.texts[0], matplotlib.text.Text)
