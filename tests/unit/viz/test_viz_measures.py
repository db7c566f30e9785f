"""Figures of measures: what is drawn is what was measured, region by region and part by part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import AlignmentError, DuplicateError, InputError, OptionError, UnknownNameError
from spatial_region.measure.coupling import TEN_CLASSES

Texts = Callable[[viz.Figure], list[str]]
PROVINCES = [f"p{number:02d}" for number in range(31)]
YEARS = list(range(2001, 2021))
PANEL = pd.MultiIndex.from_product([PROVINCES, YEARS], names=["region", "time"])
NAMES = pd.Series([f"Autonomous region of the far north, number {i}" for i in range(31)], index=PROVINCES)
CHINESE = pd.Series([f"新疆维吾尔自治区{i}" for i in range(31)], index=PROVINCES)
PLATE = pd.Series(np.resize(["east", "middle", "west", "north-east"], 31), index=PROVINCES, name="plate")
COAST = np.resize(["coastal", "inland", "inland", "coastal", "inland"], 31)
NESTED = pd.DataFrame({"plate": PLATE, "coast": COAST})


def _rng() -> np.random.Generator:
    return np.random.default_rng(11)


def _systems() -> pd.DataFrame:
    rng = _rng()
    return pd.DataFrame({"eco": rng.beta(3, 3, len(PANEL)), "env": rng.beta(4, 2, len(PANEL))}, index=PANEL)


def _income() -> pd.Series:
    return pd.Series(_rng().gamma(3, 1, len(PANEL)), index=PANEL, name="income")


def _axes(figure: viz.Figure) -> object:
    return figure.figure.axes[0]


def _rows(axes: object) -> dict[str, float]:
    """Return where each row stands, by its label."""
    ticks = axes.get_yticks()
    return {
        label.get_text().replace("\n", " "): place for label, place in zip(axes.get_yticklabels(), ticks, strict=True)
    }


def _widths(axes: object, place: float) -> list[float]:
    """Return the widths of the pieces of a horizontal bar, from left to right."""
    own = [bar for bar in axes.patches if abs(bar.get_y() + bar.get_height() / 2 - place) < 1e-6]
    return [bar.get_width() for bar in sorted(own, key=lambda bar: bar.get_x())]


def _clean(figure: viz.Figure) -> None:
    assert viz.layout_faults(figure) == []


# -- coupling ------------------------------------------------------------------------------------------------


def test_the_trend_of_coupling_has_the_means_of_each_time() -> None:
    found = sr.coupling_coordination(_systems())
    figure = found.plot()
    lines = {line.get_gid(): line for line in _axes(figure).lines}
    for degree in ("C", "T", "D"):
        x, y = lines[degree].get_data()
        expected = [np.mean([found.rows.loc[(p, year), degree] for p in PROVINCES]) for year in YEARS]
        assert list(x) == YEARS
        np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_bars_of_coupling_have_the_d_and_the_class_of_one_year(texts: Texts) -> None:
    found = sr.coupling_coordination(_systems(), classes="ten")
    figure = found.plot(at=2007)
    axes = _axes(figure)
    rows, widths = _rows(axes), figure.data["D"]
    assert list(widths) == sorted(widths, reverse=True)
    legend = {text.get_text(): to_hex(handle.get_color()) for text, handle in _legend(figure)}
    for province in PROVINCES:
        (width,) = _widths(axes, rows[province])
        assert width == pytest.approx(found.rows.loc[(province, 2007), "D"])
        bar = next(b for b in axes.patches if abs(b.get_y() + b.get_height() / 2 - rows[province]) < 1e-6)
        assert to_hex(bar.get_facecolor()) == legend[str(found.rows.loc[(province, 2007), "class"])]
    assert "Coordination D, 2007" in texts(figure)
    last = found.plot(kind="regions")
    assert "Coordination D, 2020" in texts(last)


def _legend(figure: viz.Figure) -> list[tuple[object, object]]:
    (legend,) = figure.figure.legends
    return list(zip(legend.get_texts(), legend.legend_handles, strict=True))


def test_classes_are_those_of_the_language_or_those_given() -> None:
    found = sr.coupling_coordination(_systems(), classes="ten")
    zh = found.plot(kind="regions", lang="zh")
    assert set(zh.data["class"]) <= set(TEN_CLASSES["ten_zh"])
    own = sr.grade(found.D, edges=[0, 0.7, 1], labels=["poor", "good"])
    figure = found.plot(classes=own)
    assert set(figure.data["class"]) == {"poor", "good"}
    assert ((figure.data["class"] == "good") == (figure.data["D"] > 0.7)).all()
    assert figure.data.groupby("class")["colour"].nunique().tolist() == [1, 1]


def test_a_region_without_d_is_last_and_has_no_bar(texts: Texts) -> None:
    systems = _systems().xs(2001, level="time")
    systems.iloc[3, 0] = np.nan
    figure = sr.coupling_coordination(systems, missing="drop").plot()
    assert figure.data.index[-1] == "p03"
    assert "–" in texts(figure)
    assert len(figure.data) == 31


def test_bad_coupling_is_named() -> None:
    rows = sr.coupling_coordination(_systems()).rows
    one = rows.xs(2001, level="time")
    with pytest.raises(InputError, match="a trend needs several times"):
        viz.coupling_chart(one, kind="trend")
    with pytest.raises(UnknownNameError, match="no time 1999; there are 2001"):
        viz.coupling_chart(rows, at=1999)
    with pytest.raises(InputError, match="has no times"):
        viz.coupling_chart(one, at=2001)
    with pytest.raises(UnknownNameError, match="lacks T, D"):
        viz.coupling_chart(rows[["C"]])
    with pytest.raises(InputError, match="between 0 and 1; found"):
        viz.coupling_chart(one.assign(D=1.2))
    with pytest.raises(OptionError, match="kind='bar' is not offered"):
        viz.coupling_chart(rows, kind="bar")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no at= and no classes="):
        viz.coupling_chart(rows, kind="trend", at=2001)
    with pytest.raises(InputError, match="must be ordered"):
        viz.coupling_chart(one, classes=pd.Series("good", index=one.index))
    graded = sr.grade(one["D"].iloc[:5], edges=[0, 1], labels=["any"])
    with pytest.raises(AlignmentError, match="classes lacks 26 of 31"):
        viz.coupling_chart(one, classes=graded)
    with pytest.raises(DuplicateError, match="found twice: p00"):
        viz.coupling_chart(pd.concat([one, one.iloc[:1]]))
    with pytest.raises(InputError, match="no row"):
        viz.coupling_chart(one.iloc[:0])


# -- scores --------------------------------------------------------------------------------------------------


def _index(**options: object) -> sr.CompositeIndex:
    indicators = pd.DataFrame(_rng().gamma(2, 1, (len(PANEL), 6)), index=PANEL, columns=list("abcdef"))
    dimensions = {"economy": ["a", "b"], "society": ["c", "d"], "nature": ["e", "f"]}
    return sr.composite_index(indicators, dimensions, direction="benefit", **options)


@pytest.mark.parametrize("options", [{}, {"nested": False}, {"pooled": False}, {"method": "equal"}])
def test_a_score_is_stacked_from_what_its_dimensions_add(options: dict[str, object]) -> None:
    found = _index(**options)
    figure = found.plot(at=2010)
    axes = _axes(figure)
    rows = _rows(axes)
    assert list(figure.data["score"]) == sorted(figure.data["score"], reverse=True)
    assert list(figure.data.index[:3]) == list(found.ranks.xs(2010, level="time").sort_values().index[:3])
    weights = found.weights.reset_index()
    if "time" in weights:
        weights = weights[weights["time"] == 2010]
    for province in PROVINCES:
        widths = _widths(axes, rows[province])
        assert len(widths) == 3
        assert sum(widths) == pytest.approx(found.scores[(province, 2010)], rel=1e-9)
        # By plain loop: what each indicator adds, by dimension.
        for width, dimension in zip(widths, ("economy", "society", "nature"), strict=True):
            own = weights[weights["dimension"] == dimension]
            adds = sum(
                row.weight * found.scaled.loc[(province, 2010), row.indicator] for row in own.itertuples(index=False)
            )
            assert width == pytest.approx(adds, rel=1e-9, abs=1e-12)


def test_distances_have_no_parts() -> None:
    figure = _index(method="topsis").plot()
    assert list(figure.data.columns) == ["name", "score"]
    assert not figure.figure.legends


def test_only_the_highest_are_drawn_and_a_note_says_so(texts: Texts) -> None:
    found = _index()
    figure = found.plot(most=10)
    assert len(figure.data) == 10
    assert figure.data["score"].min() >= found.scores.xs(2020, level="time").sort_values().iloc[-10]
    assert "The 10 highest of 31" in texts(figure)
    assert not any("highest of" in text for text in texts(found.plot()))


def test_scores_below_zero_have_bars_to_the_left() -> None:
    scores = pd.Series([1.5, -0.5, -1.0], index=list("abc"))
    axes = _axes(viz.score_bars(scores))
    assert {label: _widths(axes, place)[0] for label, place in _rows(axes).items()} == {"a": 1.5, "b": -0.5, "c": -1.0}
    assert axes.get_xlim() == (-1.0, 1.5)


def test_order_of_rows_does_not_matter() -> None:
    scores = pd.Series([0.5, 0.7, 0.5, 0.1], index=list("badc"))
    first = viz.score_bars(scores)
    again = viz.score_bars(scores.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(first.data, again.data)
    assert first.data.index.tolist() == ["a", "b", "d", "c"]
    assert first.to_bytes() == again.to_bytes()


def test_bad_scores_are_named() -> None:
    scores = pd.Series([0.5, 0.7], index=list("ab"))
    parts = pd.DataFrame({"x": [0.2, 0.3], "y": [0.3, 0.4]}, index=list("ab"))
    with pytest.raises(InputError, match="parts do not add to the score at a"):
        viz.score_bars(scores, parts.assign(x=[0.1, 0.3]))
    with pytest.raises(InputError, match="cannot be negative; they are at b"):
        viz.score_bars(scores, parts.assign(x=[0.2, -0.3], y=[0.3, 1.0]))
    with pytest.raises(AlignmentError):
        viz.score_bars(scores, parts.iloc[:1])
    with pytest.raises(InputError, match="finite numbers"):
        viz.score_bars(scores * np.nan)
    with pytest.raises(InputError, match="9 dimensions, and colours tell at most 8"):
        viz.score_bars(scores, pd.DataFrame(0.0, index=list("ab"), columns=list("abcdefghi")))
    with pytest.raises(InputError, match="most"):
        viz.score_bars(scores, most=0)


# -- contributions -------------------------------------------------------------------------------------------


def _pieces(figure: viz.Figure, place: int) -> dict[str, float]:
    """Return the height of each piece of the bar at a place, by the colour of its key."""
    axes = _axes(figure)
    key = {to_hex(handle.get_color()): text.get_text() for text, handle in _legend(figure)}
    own = [bar for bar in axes.patches if abs(bar.get_x() + bar.get_width() / 2 - place) < 1e-6]
    return {key[to_hex(bar.get_facecolor())]: bar.get_height() for bar in own}


@pytest.mark.parametrize("kind", ["T", "L"])
def test_parts_of_theil_are_those_of_its_table(kind: str) -> None:
    found = sr.theil(_income(), groups=PLATE, kind=kind)
    figure = found.plot()
    for place, year in enumerate(YEARS):
        pieces = _pieces(figure, place)
        assert sum(pieces.values()) == pytest.approx(100)
        assert pieces["Between groups"] == pytest.approx(found.parts.loc[year, "share_between"])
        for group in set(PLATE):
            assert pieces[f"Within {group}"] == pytest.approx(found.groups.loc[(year, "plate", group), "share"])
    values = found.plot(kind="value", by="parts")
    for place, year in enumerate(YEARS):
        pieces = _pieces(values, place)
        assert sum(pieces.values()) == pytest.approx(found.parts.loc[year, "theil"])
        assert pieces["Within groups"] == pytest.approx(found.parts.loc[year, "within"])


def test_levels_of_groups_have_a_piece_each() -> None:
    found = sr.theil(_income(), groups=NESTED)
    figure = found.plot(by="parts", labels={"plate": "plates"})
    pieces = _pieces(figure, 4)
    assert pieces["Between groups of plates"] == pytest.approx(found.parts.loc[2005, "share_between_plate"])
    assert pieces["Between groups of coast"] == pytest.approx(found.parts.loc[2005, "share_between_coast"])
    assert pieces["Within groups"] == pytest.approx(found.parts.loc[2005, "share_within"])
    groups = found.plot(by="groups")
    assert len(groups.data["part"].unique()) == 2 + 8
    assert groups.data.groupby("time")["share"].sum().to_numpy() == pytest.approx(100)


def test_parts_of_the_gini_are_those_of_its_table() -> None:
    found = sr.dagum_gini(_income(), groups=PLATE)
    figure = found.plot(kind="value")
    for place, year in enumerate(YEARS):
        pieces = _pieces(figure, place)
        assert sum(pieces.values()) == pytest.approx(found.parts.loc[year, "gini"])
        assert pieces["Between groups"] == pytest.approx(found.parts.loc[year, "between"])
        assert pieces["Transvariation"] == pytest.approx(found.parts.loc[year, "transvariation"])
        for group in set(PLATE):
            assert pieces[f"Within {group}"] == pytest.approx(found.groups.loc[(year, group), "contribution"])


def test_one_time_is_one_bar_with_its_numbers_in_the_key(texts: Texts) -> None:
    found = sr.theil(_income().xs(2010, level="time"), groups=PLATE)
    figure = found.plot()
    widths = [bar.get_width() for bar in _axes(figure).patches]
    assert sum(widths) == pytest.approx(100)
    assert widths[0] == pytest.approx(found.parts["share_between"].iloc[0])
    assert f"Between groups: {widths[0]:.1f} %" in texts(figure)
    gini = sr.dagum_gini(_income().xs(2010, level="time"), groups=PLATE).plot(by="parts", kind="value", lang="zh")
    assert any(text.startswith("超变密度：0.") for text in texts(gini))


def test_an_index_without_groups_is_one_piece(texts: Texts) -> None:
    found = sr.theil(_income())
    figure = found.plot()
    assert [bar.get_height() for bar in _axes(figure).patches] == pytest.approx(found.parts["theil"].tolist())
    assert not figure.figure.legends
    assert "Theil's T" in texts(figure)
    with pytest.raises(InputError, match="no groups were given"):
        found.plot(by="groups")


def test_numbers_stand_in_bars_where_all_fit() -> None:
    four = _income()[_income().index.get_level_values("time").isin([2003, 2008, 2013, 2018])]
    figure = sr.theil(four, groups=PLATE).plot()
    written = {text.get_text() for text in _axes(figure).texts}
    assert {f"{share:.1f}" for share in figure.data["share"] if share > 10} <= written
    assert not _axes(sr.theil(_income(), groups=PLATE).plot()).texts


def test_a_group_absent_at_a_time_and_a_time_without_inequality_have_no_piece() -> None:
    parts = pd.DataFrame({"a": [0.1, 0.0, 0.3], "b": [0.1, 0.0, np.nan]}, index=["early", "even", "late"])
    figure = viz.contributions(parts)
    assert _pieces(figure, 0) == {"a": pytest.approx(50), "b": pytest.approx(50)}
    assert _pieces(figure, 1) == {"a": 0, "b": 0}
    assert _pieces(figure, 2) == {"a": pytest.approx(100), "b": 0}
    assert figure.data.query("time == 'even'")["share"].isna().all()


def test_years_ascend_whatever_the_order_of_rows() -> None:
    parts = pd.DataFrame({"a": [0.3, 0.1, 0.2], "b": 0.1}, index=[2010, 2000, 2005])
    figure = viz.contributions(parts, kind="value")
    assert [_pieces(figure, place)["a"] for place in range(3)] == [0.1, 0.2, 0.3]
    assert [label.get_text() for label in _axes(figure).get_xticklabels()] == ["2000", "2005", "2010"]


def test_bad_parts_are_named() -> None:
    parts = pd.DataFrame({"a": [0.1, 0.2], "b": [0.1, -0.2]}, index=[2000, 2001])
    with pytest.raises(InputError, match="at least 0; they are not at 2001, b"):
        viz.contributions(parts)
    with pytest.raises(DuplicateError, match="times found twice: 2000"):
        viz.contributions(parts.abs().set_axis([2000, 2000], axis=0))
    with pytest.raises(InputError, match="no part or no time"):
        viz.contributions(parts[[]])
    with pytest.raises(InputError, match="21 parts, and colours tell at most 20"):
        viz.contributions(pd.DataFrame(1.0, index=[2000, 2001], columns=range(21)))
    with pytest.raises(OptionError, match="kind='shares' is not offered. Did you mean 'share'"):
        viz.contributions(parts.abs(), kind="shares")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="by='group' is not offered"):
        sr.theil(_income(), groups=PLATE).plot(by="group")


# -- efficiency ----------------------------------------------------------------------------------------------


def _tables() -> pd.DataFrame:
    return pd.DataFrame(_rng().gamma(2, 1, (len(PANEL), 3)) + 0.5, index=PANEL, columns=["land", "labour", "grain"])


def test_bars_and_marks_of_efficiency_are_the_scores(texts: Texts) -> None:
    table = _tables()
    found = sr.dea(table[["land", "labour"]], table[["grain"]])
    figure = found.plot(at=2004, names=NAMES)
    axes = _axes(figure)
    places = dict(zip(figure.data["name"], axes.get_yticks(), strict=True))
    marks = {line.get_gid(): line.get_data() for line in axes.lines if line.get_gid() in ("pte", "se")}
    for province in PROVINCES:
        own, place = found.scores.loc[(province, 2004)], places[NAMES[province]]
        assert _widths(axes, place) == [pytest.approx(own["te"])]
        for name, (x, y) in marks.items():
            assert x[list(y).index(place)] == pytest.approx(own[name])
    assert "Efficiency, 2004" in texts(figure)
    trend = found.plot()
    expected = found.scores[["te", "pte", "se"]].groupby(level="time").mean()
    np.testing.assert_allclose(trend.data.to_numpy(), expected.to_numpy(), rtol=1e-12)


def test_an_infeasible_score_has_no_mark_and_is_explained(texts: Texts) -> None:
    scores = pd.DataFrame(
        {"te": [1.2, 0.6, np.nan], "pte": [np.nan, 0.8, np.nan], "se": [1.0, 0.75, np.nan]}, list("abc")
    )
    figure = viz.efficiency_bars(scores)
    axes = _axes(figure)
    (pte,) = [line for line in axes.lines if line.get_gid() == "pte"]
    assert np.isfinite(pte.get_xdata()).sum() == 1
    assert axes.get_xlim()[1] > 1.2
    assert "–" in texts(figure)
    assert "–, or no mark: no score" in texts(figure)
    assert "–, or no mark: no score" not in texts(viz.efficiency_bars(scores.iloc[[1]]))


def test_bad_efficiencies_are_named() -> None:
    scores = pd.DataFrame({"te": [0.5], "pte": [0.8], "se": [0.625]}, index=["a"])
    with pytest.raises(UnknownNameError, match="lacks se"):
        viz.efficiency_bars(scores[["te", "pte"]])
    with pytest.raises(InputError, match="at least 0, and some te must be known"):
        viz.efficiency_bars(scores * -1)
    with pytest.raises(InputError, match="at least 0, and some te must be known"):
        viz.efficiency_bars(scores * np.nan)
    with pytest.raises(InputError, match="a trend needs several times"):
        viz.efficiency_bars(scores, kind="trend")
    panel = pd.concat({2000: scores, 2001: scores}, names=["time", "region"]).swaplevel()
    with pytest.raises(InputError, match="a trend takes no at="):
        viz.efficiency_bars(panel, kind="trend", at=2000)


# -- looks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_cut_off_and_nothing_overlaps(lang: str) -> None:
    names = NAMES if lang == "en" else CHINESE
    title = "A title of a figure that goes on and on about provinces " * 2 if lang == "en" else "各省份经济与环境" * 8
    options = {"lang": lang, "title": title, "source": title}
    coupling, index = sr.coupling_coordination(_systems()), _index()
    _clean(coupling.plot(**options))
    _clean(coupling.plot(kind="regions", names=names, **options))
    _clean(index.plot(names=names, labels={"economy": title}, **options))
    _clean(index.plot(names=names, width=3.0, **options))
    income, table = _income(), _tables()
    _clean(sr.theil(income, groups=PLATE).plot(**options))
    _clean(sr.theil(income.xs(2010, level="time"), groups=NESTED).plot(by="groups", **options))
    _clean(sr.dagum_gini(income, groups=PLATE).plot(kind="value", measure=title, **options))
    _clean(viz.efficiency_bars(sr.dea(table[["land"]], table["grain"]).scores, at=2010, names=names, **options))
    with pytest.raises(OptionError, match="lang="):
        sr.theil(income, groups=PLATE).plot(lang="fr")
