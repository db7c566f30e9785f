"""Figures of panel methods: roots, responses, slopes and paths are drawn where they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import DuplicateError, InputError, OptionError, UnknownNameError
from spatial_region.paneltests.mediation import mediation
from spatial_region.paneltests.moderation import moderation

Texts = Callable[[viz.Figure], list[str]]
LONG = {
    "en": {"x": "Digital economy development index", "m": "Upgrading of the industrial structure, index of advancement",
           "y": "Carbon emission intensity of cities, tonnes a person", "z": "Strength of environmental regulation"},
    "zh": {"x": "数字经济发展水平综合指数", "m": "产业结构高级化与合理化指数", "y": "城市碳排放强度（吨/万元）",
           "z": "环境规制强度"},
}  # fmt: skip


def _var_panel(scales: tuple[float, ...] = (1, 1e5, 1e-4)) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    values = np.zeros((20, 20, 3))
    for t in range(1, 20):
        values[:, t] = values[:, t - 1] @ [[0.5, 0.3, 0], [-0.3, 0.4, 0.1], [0.2, 0, 0.6]] + rng.normal(size=(20, 3))
    index = pd.MultiIndex.from_product([range(20), range(2000, 2020)], names=["region", "time"])
    return pd.DataFrame(values.reshape(-1, 3) * scales, columns=["x", "m", "y"], index=index)


def _panel(effect: float = 0.3, product: float = 0.2) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    index = pd.MultiIndex.from_product([range(30), range(2010, 2020)], names=["region", "time"])
    panel = pd.DataFrame({"x": rng.normal(size=300), "z": rng.normal(3, 1, size=300)}, index=index)
    panel["m"] = 0.5 * panel["x"] + rng.normal(size=300)
    panel["y"] = effect * panel["x"] + 0.8 * panel["m"] + product * (panel["z"] - 3) * panel["x"] + rng.normal(size=300)
    return panel


def _lines(axes: object) -> dict[str, object]:
    return {line.get_gid(): line for line in axes.lines if line.get_gid()}


# -- autoregressions -----------------------------------------------------------------------------------------


def test_roots_stand_where_they_are() -> None:
    found = sr.panel_var(_var_panel(), ["x", "m", "y"], lags=2)
    figure = found.plot()
    (axes,) = figure.figure.axes
    inside = _lines(axes)["inside"]
    points = sorted(zip(*inside.get_data(), strict=True))
    assert points == sorted(zip(found.roots["real"], found.roots["imaginary"], strict=True))
    assert figure.data["inside"].all() == found.stable
    # A circle is a circle on the page: one unit takes as many inches across as up.
    box = axes.get_window_extent()
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert box.width / (right - left) == pytest.approx(box.height / (high - low))
    (circle,) = [patch for patch in axes.patches if patch.get_gid() == "unit circle"]
    assert (circle.center, circle.radius) == ((0, 0), 1)


def test_roots_outside_are_told_apart(texts: Texts) -> None:
    roots = pd.DataFrame({"real": [0.6, 0.6, -1.7, 1.0], "imaginary": [0.3, -0.3, 0.0, 0.0]})
    figure = viz.unit_circle(roots)
    assert figure.data["inside"].tolist() == [True, True, False, False]
    (axes,) = figure.figure.axes
    assert sorted(_lines(axes)["outside"].get_xdata()) == [-1.7, 1.0]
    assert axes.get_xlim()[0] < -1.7
    assert {"Inside the unit circle", "On or outside the unit circle"} <= set(texts(figure))
    assert "On or outside the unit circle" not in texts(viz.unit_circle(roots.iloc[:2]))
    with pytest.raises(UnknownNameError, match="lacks imaginary"):
        viz.unit_circle(roots[["real"]])
    with pytest.raises(InputError, match="finite numbers, at least one"):
        viz.unit_circle(roots.iloc[:0])
    with pytest.raises(InputError, match="finite"):
        viz.unit_circle(roots * np.nan)


def test_each_panel_has_its_response_and_band() -> None:
    found = sr.panel_var(_var_panel(), ["x", "m", "y"], lags=1, draws=100, horizon=6)
    figure = found.plot(kind="responses")
    panels = figure.figure.axes
    pairs = [(impulse, response) for response in ("x", "m", "y") for impulse in ("x", "m", "y")]
    for axes, (impulse, response) in zip(panels, pairs, strict=True):
        own = found.responses.xs((impulse, response), level=("impulse", "response"))
        x, y = _lines(axes)["response"].get_data()
        assert list(x) == list(range(7))
        np.testing.assert_array_equal(y, own["value"])
        (band,) = axes.collections
        corners = band.get_paths()[0].vertices
        for horizon in range(7):
            at = corners[corners[:, 0] == horizon, 1]
            assert (at.min(), at.max()) == (own.loc[horizon, "low"], own.loc[horizon, "high"])
    heads = [text.get_text() for text in figure.figure.texts]
    assert [f"{impulse} → {response}" for impulse, response in pairs] == heads[:9]


def test_responses_without_draws_have_no_band(texts: Texts) -> None:
    found = sr.panel_var(_var_panel(), ["x", "y"], lags=1)
    figure = found.plot(kind="responses", labels={"x": "income"})
    assert not any(axes.collections for axes in figure.figure.axes)
    assert "income → y" in texts(figure)
    with pytest.raises(OptionError, match="kind='root' is not offered. Did you mean 'roots'"):
        found.plot(kind="root")
    with pytest.raises(UnknownNameError, match="no value"):
        viz.impulse_responses(found.responses.rename(columns={"value": "v"}))
    with pytest.raises(DuplicateError, match="several values of"):
        viz.impulse_responses(pd.concat([found.responses, found.responses]))
    with pytest.raises(InputError, match="finite"):
        viz.impulse_responses(found.responses * np.nan)


def test_ticks_are_short_numbers_of_their_own() -> None:
    figure = sr.panel_var(_var_panel(), ["x", "m", "y"], lags=1).plot(kind="responses")
    figure.figure.draw_without_rendering()
    ticks = [label.get_text() for axes in figure.figure.axes for label in axes.get_yticklabels()]
    offsets = [axes.yaxis.get_offset_text().get_text() for axes in figure.figure.axes]
    assert any("," in tick for tick in ticks)
    assert any("e−5" in tick for tick in ticks)
    assert set(offsets) == {""}


# -- moderation ----------------------------------------------------------------------------------------------


def test_the_line_of_slopes_is_the_effect_at_each_value() -> None:
    panel = _panel()
    found = moderation(panel, "y", cause="x", moderator="z", level=0.9)
    figure = found.plot()
    # By hand, with the coefficients and the covariance of the regression.
    fit, product = found.regression, "x:z"
    middle = panel["z"].mean()
    reach = stats.t.ppf(0.95, fit.df)
    for row in figure.data.itertuples():
        away = row.moderator - middle
        slope = fit.params["x"] + fit.params[product] * away
        combination = pd.Series({"x": 1.0, product: away})
        error = np.sqrt(combination @ fit.covariance.loc[["x", product], ["x", product]] @ combination)
        assert row.slope == pytest.approx(slope)
        assert (row.low, row.high) == (pytest.approx(slope - reach * error), pytest.approx(slope + reach * error))
    spread = panel["z"].std()
    assert figure.data["moderator"].iloc[[0, -1]].tolist() == pytest.approx([middle - 2 * spread, middle + 2 * spread])
    points = _lines(figure.figure.axes[0])["points"].get_data()
    np.testing.assert_allclose(points, found.slopes[["moderator", "slope"]].to_numpy().T)


@pytest.mark.parametrize(("effect", "product"), [(-0.8, 0.2), (0.0, 0.2), (-0.5, 0.1)])
def test_the_colour_changes_at_the_bounds(effect: float, product: float, texts: Texts) -> None:
    found = moderation(_panel(effect, product), "y", cause="x", moderator="z")
    figure = found.plot(deviations=4)
    low, high = figure.data["moderator"].iloc[[0, -1]]
    within = [bound for bound in found.bounds if low < bound < high]
    assert within
    axes = figure.figure.axes[0]
    drawn = [line.get_xdata()[0] for line in axes.lines if line.get_gid() == "bound"]
    assert drawn == pytest.approx(within)
    assert len(set(figure.data["significant"])) == 2
    edges = sorted({x for band in axes.collections[: len(within) + 1] for x in _ends(band)})
    assert edges == pytest.approx([low, *within, high])
    assert any(f"{within[0]:.4g}" in text for text in texts(figure))
    for row in figure.data.itertuples():
        assert row.significant == (row.low > 0 or row.high < 0)


def _ends(band: object) -> tuple[float, float]:
    across = band.get_paths()[0].vertices[:, 0]
    return across.min(), across.max()


def test_bad_slopes_are_named() -> None:
    line = pd.DataFrame({"moderator": [0.0, 1], "slope": [0.1, 0.4], "low": [-0.1, 0.2], "high": [0.3, 0.6]})
    with pytest.raises(UnknownNameError, match="line lacks high"):
        viz.slopes(line.drop(columns="high"))
    with pytest.raises(UnknownNameError, match="points lacks low"):
        viz.slopes(line, line.drop(columns="low"))
    with pytest.raises(InputError, match="two places at least; found 1"):
        viz.slopes(line.iloc[:1])
    with pytest.raises(InputError, match="bounds must be finite"):
        viz.slopes(line, bounds=[np.nan])
    with pytest.raises(InputError, match="line must hold finite numbers"):
        viz.slopes(line * np.nan)
    with pytest.raises(InputError, match="standard deviations from 1 to 10; found 0"):
        moderation(_panel(), "y", cause="x", moderator="z").plot(deviations=0)


# -- mediation -----------------------------------------------------------------------------------------------


def test_a_path_has_its_coefficient_stars_and_error(texts: Texts) -> None:
    found = mediation(_panel(), "y", cause="x", mediator="m", draws=199, level=0.9)
    figure = found.plot(labels={"m": "structure"})
    shown = " ".join(text.replace("\n", " ") for text in texts(figure))
    rows = found.rows
    for symbol, effect in (("a", "a"), ("b", "b"), ("c'", "direct"), ("c", "total"), ("a·b", "indirect")):
        row = rows.loc[effect]
        mark = next((mark for mark, p in (("***", 0.01), ("**", 0.05), ("*", 0.1)) if row["p"] < p), "")
        expected = f"{symbol} = {row['estimate']:.3g}{mark} ({row['std_error']:.3g})".replace("-", "−")
        assert expected in shown
        assert figure.data.loc[effect, "text"] == expected
    low, high = rows.loc["indirect", ["low", "high"]]
    assert f"90 % bootstrap interval [{low:.3g}, {high:.3g}]".replace("-", "−") in shown
    assert {"x", "structure", "y"} <= set(texts(figure))
    arrows = {patch.get_gid() for patch in figure.figure.axes[0].patches} - {None}
    assert arrows == {"a", "b", "direct"}


def test_arrows_run_from_box_to_box() -> None:
    figure = mediation(_panel(), "y", cause="x", mediator="m", draws=0).plot()
    axes = figure.figure.axes[0]
    boxes = [patch.get_bbox() for patch in axes.patches if patch.get_gid() is None]
    ends = {patch.get_gid(): patch._posA_posB for patch in axes.patches if patch.get_gid()}
    on_edge = {
        name: [any(box.padded(1e-6).contains(*point) for box in boxes) for point in points]
        for name, points in ends.items()
    }
    assert on_edge == {"a": [True, True], "b": [True, True], "direct": [True, True]}
    assert not any("bootstrap" in text.get_text() for text in figure.figure.texts)


def test_bad_paths_are_named() -> None:
    rows = mediation(_panel(), "y", cause="x", mediator="m", draws=0).rows
    names = {"cause": "x", "mediator": "m", "variable": "y"}
    with pytest.raises(UnknownNameError, match="effects lacks b"):
        viz.path_diagram(rows.drop("b"), **names)
    with pytest.raises(InputError, match="estimates must be finite"):
        viz.path_diagram(rows * np.nan, **names)
    with pytest.raises(InputError, match="inches wide; pass a larger width="):
        viz.path_diagram(rows, **names, width=2.0)


# -- looks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_cut_off_and_nothing_overlaps(lang: str) -> None:
    title = (
        "A title that goes on and on about the provinces of a country " * 2 if lang == "en" else "各省份经济与环境" * 8
    )
    options = {"lang": lang, "title": title, "source": title}
    labels = LONG[lang]
    found = sr.panel_var(_var_panel(), ["x", "m", "y"], lags=2, draws=100)
    figures = [
        found.plot(**options),
        found.plot(kind="responses", labels=labels, **options),
        moderation(_panel(), "y", cause="x", moderator="z").plot(labels=labels, **options),
        mediation(_panel(), "y", cause="x", mediator="m", draws=199).plot(labels=labels, **options),
        mediation(_panel() * 1e-5, "y", cause="x", mediator="m", draws=0).plot(labels=labels, width=4.5, **options),
    ]
    for figure in figures:
        assert viz.layout_faults(figure) == []
        assert figure.lang == lang
