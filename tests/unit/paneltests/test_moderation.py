"""Moderation: slopes against a recentred regression, bounds against a grid, and special moderators."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr
from spatial_region.errors import ConstantVariableError, DuplicateError
from spatial_region.paneltests.moderation import johnson_neyman


def panel(regions=40, times=8, seed=0, b3=0.5):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(regions)], range(2001, 2001 + times)])
    data = pd.DataFrame(rng.normal(size=(len(index), 3)), index=index, columns=["x", "z", "k"])
    data["z"] = 50 + 4 * data["z"]
    data["coast"] = np.repeat(np.arange(regions) % 2, times)
    data["y"] = (
        (0.2 + b3 * (data["z"] - 50) / 4) * data["x"] + 0.3 * data["z"] + data["k"] + rng.normal(size=len(index))
    )
    return data


@pytest.mark.parametrize("effects", ["pooled", "twoway"])
def test_slopes_are_those_of_a_regression_centred_there(effects):
    data = panel()
    made = sr.moderation(data, "y", cause="x", moderator="z", controls=["k"], effects=effects)
    for _, row in made.table().iterrows():
        moved = data.assign(z=data["z"] - row["moderator"])
        fit = sr.panel_regression("y ~ x + z + x:z + k", moved, effects=effects)
        assert row["slope"] == pytest.approx(fit.params["x"], rel=1e-8)
        assert row["std_error"] == pytest.approx(fit.std_errors["x"], rel=1e-8)
        assert row["p"] == pytest.approx(fit.pvalues["x"], rel=1e-6)
        assert row["low"] == pytest.approx(fit.table().loc["x", "low"], rel=1e-6)
    assert made.table()["moderator"].tolist() == pytest.approx(
        [data["z"].mean() - data["z"].std(), data["z"].mean(), data["z"].mean() + data["z"].std()]
    )


def test_bounds_by_grid():
    made = sr.moderation(panel(), "y", cause="x", moderator="z")
    assert made.significant == "outside"
    v = made.regression.covariance.loc[["x", "x:z"], ["x", "x:z"]].to_numpy()
    grid = np.linspace(30, 70, 400001)
    away = grid - panel()["z"].mean()
    slope = made.regression.params["x"] + made.regression.params["x:z"] * away
    error = np.sqrt(v[0, 0] + 2 * away * v[0, 1] + away**2 * v[1, 1])
    strong = np.abs(slope / error) > stats.t.ppf(0.975, made.regression.df)
    edges = grid[1:][np.diff(strong.astype(int)) != 0]
    np.testing.assert_allclose(made.bounds, edges, atol=2e-4)
    assert strong[0]
    assert strong[-1]


def test_every_shape_of_the_bounds():
    v = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert johnson_neyman(0.0, 3.0, v, 2.0) == (pytest.approx((-np.sqrt(4 / 5), np.sqrt(4 / 5))), "outside")
    assert johnson_neyman(3.0, 0.0, v, 2.0) == (pytest.approx((-np.sqrt(5 / 4), np.sqrt(5 / 4))), "between")
    assert johnson_neyman(0.5, 0.5, v, 2.0) == ((), "nowhere")
    shared = np.array([[1.0, 0.9], [0.9, 1.0]])
    assert johnson_neyman(20.0, 20.0, shared, 2.0)[1] in {"outside", "everywhere"}
    assert johnson_neyman(10.0, 0.0, np.array([[1.0, 0], [0, 0.0]]), 2.0) == ((), "everywhere")
    bounds, side = johnson_neyman(1.0, 2.0, v, 2.0)
    assert side == "above"
    assert abs(1 + 2 * bounds[0]) == pytest.approx(2 * np.sqrt(1 + bounds[0] ** 2))
    assert johnson_neyman(1.0, -2.0, v, 2.0)[1] == "below"


def test_a_moderator_that_effects_absorb():
    made = sr.moderation(panel(), "y", cause="x", moderator="coast", controls=["k"])
    assert list(made.regression.params.index) == ["x", "x:coast", "k"]
    assert any("own term" in note for note in made.notes)
    inland = panel().loc[lambda d: d["coast"] == 0]
    pooled = sr.moderation(panel(), "y", cause="x", moderator="coast", effects="pooled")
    mean, b = 0.5, pooled.regression.params
    alone = sr.panel_regression("y ~ x", inland, effects="pooled")
    assert b["x"] + b["x:coast"] * (0 - mean) == pytest.approx(alone.params["x"], rel=1e-9)


def test_units_order_and_level():
    data = panel()
    one = sr.moderation(data, "y", cause="x", moderator="z")
    two = sr.moderation(
        data.sample(frac=1, random_state=1).assign(z=lambda d: 1000 * d["z"] + 7), "y", cause="x", moderator="z"
    )
    np.testing.assert_allclose(one.table()["slope"], two.table()["slope"], rtol=1e-8)
    np.testing.assert_allclose(1000 * np.array(one.bounds) + 7, two.bounds, rtol=1e-8)
    wide = sr.moderation(data, "y", cause="x", moderator="z", level=0.99)
    assert wide.bounds[0] < one.bounds[0] < one.bounds[1] < wide.bounds[1]
    assert "Johnson-Neyman" in one.summary()


def test_refusals():
    data = panel()
    with pytest.raises(DuplicateError):
        sr.moderation(data, "y", cause="x", moderator="y")
    with pytest.raises(ConstantVariableError, match="'z' does not vary"):
        sr.moderation(data.assign(z=1.0), "y", cause="x", moderator="z")
