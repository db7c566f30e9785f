"""Histories of classes against a plain reading of each."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import InputError, MissingValuesError

CLASSES = ["low", "middle", "high"]


def graded(histories: dict[str, list[str | None]], times=(2000, 2005, 2010, 2015)) -> pd.Series:
    index = pd.MultiIndex.from_product([list(histories), list(times)], names=["region", "time"])
    flat = [grade for history in histories.values() for grade in history]
    return pd.Series(pd.Categorical(flat, CLASSES, ordered=True), index=index, name="score")


HISTORIES = {
    "stable": ["low", "low", "low", "low"],
    "up": ["low", "middle", "middle", "high"],
    "down": ["high", "high", "middle", "low"],
    "higher": ["low", "high", "middle", "middle"],
    "lower": ["high", "low", "low", "middle"],
    "back": ["middle", "high", "low", "middle"],
}


def test_kinds_and_paths():
    table = sr.typology(graded(HISTORIES)).table()
    assert table["kind"].tolist() == [
        "stable", "rising", "falling", "fluctuating, higher", "fluctuating, lower", "fluctuating, back",
    ]  # fmt: skip
    assert table.loc["up", "path"] == "low → middle → high"
    assert table.loc["stable", "path"] == "low"
    assert table["changes"].tolist() == [0, 2, 2, 2, 2, 3]
    assert table["usual"].tolist() == ["low", "middle", "high", "middle", "low", "middle"]
    assert table["highest"].tolist() == ["low", "high", "high", "high", "high", "high"]
    assert table["lowest"].tolist() == ["low", "low", "low", "low", "low", "low"]
    assert table["last"].cat.ordered


def test_counts_and_moves_by_counting():
    rng = np.random.default_rng(0)
    histories = {f"r{i:02d}": rng.choice(CLASSES, 4).tolist() for i in range(50)}
    series = graded(histories)
    found = sr.typology(series)
    moves = Counter(pair for history in histories.values() for pair in pairwise(history))
    for (before, after), count in moves.items():
        assert found.moves.loc[before, after] == count
    assert found.moves.to_numpy().sum() == 150
    for place, time in enumerate((2000, 2005, 2010, 2015)):
        counted = Counter(history[place] for history in histories.values())
        assert found.counts.loc[time].to_dict() == {name: counted[name] for name in CLASSES}
    assert found.kinds.sum() == 50
    shuffled = series.sample(frac=1, random_state=3)
    again = sr.typology(shuffled)
    assert again.table().loc[found.table().index].equals(found.table())
    assert again.moves.equals(found.moves)


def test_missing_and_refused():
    holed = graded({**HISTORIES, "holed": ["low", None, "low", "low"]})
    with pytest.raises(MissingValuesError, match=r"1 of 28 \(region, time\) have no class: holed 2005"):
        sr.typology(holed)
    found = sr.typology(holed, missing="drop")
    assert found.table().equals(sr.typology(graded(HISTORIES)).table())
    assert "holed 2005" in found.summary()
    short = graded(HISTORIES).drop(("up", 2010))
    with pytest.raises(MissingValuesError, match="up 2010"):
        sr.typology(short)
    with pytest.raises(InputError, match="ordered categories"):
        sr.typology(graded(HISTORIES).astype(str))
    with pytest.raises(InputError, match="one level"):
        sr.typology(graded(HISTORIES).xs(2000, level=1))
    with pytest.raises(InputError, match="at least two times"):
        sr.typology(graded({"a": ["low"]}, times=(2000,)))
