"""Named classes on a map: the colour belongs to the class, the class to the region."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from conftest import lattice

import spatial_region as sr
from spatial_region import viz
from spatial_region.errors import AlignmentError, InputError, MissingValuesError

EDGES, LABELS = [0, 20, 40, 70], ["weak", "middle", "strong"]


@pytest.fixture
def cells() -> gpd.GeoDataFrame:
    return lattice(3, 3)


def test_ordered_grades_keep_order_colour_and_counts(cells: gpd.GeoDataFrame) -> None:
    values = pd.Series([5.0, 60, 20, 20.1, 41, 70, 0], index=cells.index[:7])
    grades = sr.grade(values, edges=EDGES, labels=LABELS)
    figure = viz.category_map(cells, grades.sample(frac=1, random_state=0), legend="Score")
    assert figure.data["class"].tolist() == [
        "weak",
        "strong",
        "weak",
        "middle",
        "strong",
        "strong",
        "weak",
        *["no data"] * 2,
    ]
    (legend,) = [axes.get_legend() for axes in figure.figure.axes if axes.get_legend()]
    assert [text.get_text() for text in legend.get_texts()] == ["strong (3)", "middle (1)", "weak (3)", "No data (2)"]
    assert viz.layout_faults(figure) == []
    only_weak = viz.category_map(cells, grades.where(grades == "weak"))
    assert only_weak.data.loc["r00c00", "colour"] == figure.data.loc["r00c00", "colour"]


def test_names_without_an_order(cells: gpd.GeoDataFrame) -> None:
    figure = viz.category_map(cells, pd.Series("East", index=cells.index).where(cells.index > "r01", "West"))
    assert figure.data["colour"].nunique() == 2


def test_bad_input(cells: gpd.GeoDataFrame) -> None:
    with pytest.raises(AlignmentError, match="x99"):
        viz.category_map(cells, pd.Series({"x99": "a"}))
    with pytest.raises(MissingValuesError, match="no class to draw"):
        viz.category_map(cells, pd.Series(None, index=cells.index, dtype=object))
    many = pd.Series(range(60), index=[f"r{i:02d}c00" for i in range(60)])
    with pytest.raises(InputError, match="60 classes are more"):
        viz.category_map(lattice(60, 1), many)
