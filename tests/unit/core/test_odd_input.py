"""Input that once went through in silence, or ended in another library's exception."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import lattice

import spatial_region as sr
from spatial_region.errors import (
    AlignmentError,
    CRSError,
    DuplicateError,
    InputError,
    IslandWarning,
    OptionError,
    UnknownNameError,
    WeightsError,
)


def test_a_study_put_together_in_another_order_is_aligned(panel_study):
    shuffled = panel_study.data.sample(frac=1, random_state=0)
    for other in (dataclasses.replace(panel_study, data=shuffled), sr.Study(panel_study.regions, shuffled)):
        pd.testing.assert_frame_equal(other.data, panel_study.data)
    by_time = panel_study.data.sort_index(level="time", sort_remaining=False)
    assert sr.Study(panel_study.regions, by_time).select(["r00c01", "r00c00"]).data.index[0] == ("r00c00", 2000)
    cross = panel_study.at(2010)
    mixed = sr.Study(cross.regions, cross.data.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(mixed.data, cross.data)
    with pytest.raises(AlignmentError, match="1 only in regions: r00c00"):
        sr.Study(cross.regions, cross.data.drop("r00c00"))


def test_a_labelled_matrix_is_aligned_by_its_labels(grid):
    w = sr.contiguity(grid)
    matrix = pd.DataFrame(w.sparse.toarray(), index=w.ids, columns=w.ids)
    order = np.random.default_rng(0).permutation(64)
    again = sr.Weights(w.ids, matrix.iloc[order, order[::-1]])
    np.testing.assert_array_equal(again.sparse.toarray(), w.sparse.toarray())
    with pytest.raises(AlignmentError, match="1 only in ids: r00c00"):
        sr.Weights(w.ids, matrix.drop(index="r00c00"))
    for odd in ([1.0, 2.0], "text", None):
        with pytest.raises(WeightsError, match="square matrix"):
            sr.Weights(w.ids, odd)


def test_facts_of_weights_cannot_be_changed(grid):
    w = sr.contiguity(grid)
    taken, parts = w.cardinalities, w.components
    taken.iloc[0] = 0
    parts.iloc[0] = 9
    assert w.cardinalities.iloc[0] == 3
    assert len(w.islands) == 0
    assert w.n_components == 1


@pytest.mark.parametrize("kind", ["datetime", "timedelta", "period", "complex"])
def test_values_that_are_no_numbers(grid, kind):
    values = {
        "datetime": pd.date_range("2000", periods=64).to_series(),
        "timedelta": pd.Series(pd.to_timedelta(range(64), unit="D")),
        "period": pd.Series(pd.period_range("2000", periods=64, freq="M")),
        "complex": pd.Series(np.arange(64) + 1j),
    }[kind].set_axis(grid.index)
    with pytest.raises(InputError, match="must be numeric"):
        sr.moran(values, w=sr.contiguity(grid))


def test_lengths_that_are_called_degrees(grid):
    wrong = grid.set_crs(4326, allow_override=True)
    for build in (sr.knn, sr.distance_band, sr.inverse_distance, lambda f: sr.contiguity(f, snap=5)):
        with pytest.raises(CRSError, match="cannot be degrees"):
            build(wrong)


def test_centroids_across_the_date_line_and_at_the_pole():
    across = shapely.MultiPolygon([shapely.box(178, -1, 180, 1), shapely.box(-180, -1, -178, 1)])
    cap = shapely.Polygon([(lon, 80.0) for lon in range(-180, 180, 5)])
    frame = gpd.GeoDataFrame(
        geometry=[across, cap, shapely.box(-1, -1, 1, 1), shapely.box(170, -1, 172, 1)],
        index=["across", "pole", "zero", "near"],
        crs=4326,
    )
    assert sr.knn(frame, k=1).neighbours("across").index.tolist() == ["near"]
    distances = sr.inverse_distance(frame)
    assert 1 / distances.neighbours("across")["near"] == pytest.approx(9 * 111.195, rel=1e-3)
    assert 1 / distances.neighbours("pole")["zero"] > 80 * 111


def test_dropping_regions_that_leaves_others_alone_is_said(grid):
    values = grid["smooth"].copy()
    values[["r00c01", "r01c00", "r01c01"]] = np.nan
    with pytest.warns(IslandWarning, match="1 of 61 regions have no neighbour left.*: r00c00"):
        sr.local_moran(values, w=sr.contiguity(grid), missing="drop", permutations=9)


def test_a_region_linked_only_to_itself_is_an_island(grid):
    w = sr.contiguity(grid).sparse.tolil()
    w[0, :] = 0
    w[0, 0] = 1
    alone = sr.Weights(grid.index, w.tocsr())
    assert alone.islands.tolist() == ["r00c00"]
    table = sr.local_moran(grid["smooth"], w=alone, permutations=99).table()
    assert table.loc["r00c00", "cluster"] == "undefined"
    assert np.isnan(table.loc["r00c00", "p"])


@pytest.mark.parametrize("scale", [1e155, 1e300, 1e-200, 1e-300])
def test_the_size_of_values_does_not_matter(grid, scale):
    w = sr.contiguity(grid)
    plain = sr.local_moran(grid["smooth"], w=w, permutations=99).table()
    scaled = sr.local_moran(grid["smooth"] * scale, w=w, permutations=99).table()
    np.testing.assert_allclose(scaled["I"], plain["I"], rtol=1e-9)
    assert scaled["cluster"].equals(plain["cluster"])
    before = sr.moran(grid["smooth"], w=w, permutations=99)
    after = sr.moran(grid["smooth"] * scale, w=w, permutations=99)
    assert (after.I, after.p) == (pytest.approx(before.I), before.p)


def test_weights_that_overflow_are_refused(grid):
    w = sr.contiguity(grid)
    with pytest.raises(WeightsError, match="rescale them"):
        sr.moran(grid["smooth"], w=sr.Weights(w.ids, w.sparse * 1e-320).standardise("none"))


def test_own_weights_stay_with_the_own_value():
    """With a weight for itself, moments and p-values are those of all arrangements of the others."""
    from itertools import permutations

    frame = lattice(2, 3)
    z = np.array([3.0, -1.0, 0.5, 2.0, -4.0, 1.0])
    z -= z.mean()
    rng = np.random.default_rng(0)
    dense = sr.contiguity(frame, kind="rook").sparse.toarray() * rng.uniform(0.5, 2, (6, 6)) + np.eye(6)
    w = sr.Weights(frame.index, dense).standardise("none")
    every = np.array(list(permutations(z)))
    local = 5 * every * (every @ dense.T) / (z @ z)
    with pytest.warns(sr.errors.SmallSampleWarning):
        table = sr.local_moran(pd.Series(z, index=frame.index), w=w, permutations=20_000, alternative="greater").table()
    for i in range(6):
        kept = every[:, i] == z[i]
        np.testing.assert_allclose(table["expected"].iloc[i], local[kept, i].mean(), atol=1e-12)
        np.testing.assert_allclose(table["variance"].iloc[i], local[kept, i].var(), rtol=1e-9)
        lags = every[kept] @ dense[i]
        truth = np.mean(lags >= dense[i] @ z - 1e-12)
        assert abs(table["p"].iloc[i] - truth) < 4.5 * np.sqrt(truth * (1 - truth) / 20_000) + 1e-4
    with pytest.warns(sr.errors.SmallSampleWarning), pytest.raises(WeightsError, match="without links of a region to"):
        sr.local_moran(pd.Series(z, index=frame.index), w=w, moments="total")


def test_kinds_of_input_that_cannot_be_meant(grid, panel_study):
    data = panel_study.data
    for regions, table in ((grid, grid["smooth"]), (None, data), (grid["smooth"], data)):
        with pytest.raises(InputError, match="must be a"):
            sr.make_study(regions, table)
    with pytest.raises(DuplicateError, match="columns found twice: smooth"):
        sr.make_study(grid[["geometry"]], grid[["smooth", "smooth"]])
    with pytest.raises(DuplicateError, match="'smooth' more than once"):
        sr.moran(grid[["smooth", "smooth"]], "smooth", w=sr.contiguity(grid))
    mixed = data.set_axis(pd.MultiIndex.from_arrays([data.index.get_level_values(0), [2000, 2010, "2020"] * 64]))
    with pytest.raises(InputError, match="times must be of one kind"):
        sr.make_study(grid[["geometry"]], mixed)
    absent = data.set_axis(pd.MultiIndex.from_arrays([data.index.get_level_values(0), [2000, 2010, np.nan] * 64]))
    with pytest.raises(InputError, match="no time for 64 of 192 rows"):
        sr.make_study(grid[["geometry"]], absent)
    with pytest.raises(InputError, match="cannot be compared"):
        panel_study.between("2010", "2011")
    with pytest.raises(InputError, match="select"):
        panel_study.select(5)
    with pytest.raises(UnknownNameError, match="no time"):
        panel_study.at(np.array([2000]))
    nullable = pd.Series(True, index=panel_study.ids, dtype="boolean")
    assert panel_study.select(nullable).n == 64
    with pytest.raises(OptionError, match="alternative=None is not offered. Choose"):
        sr.moran(grid["smooth"], w=sr.contiguity(grid), alternative=None)
    with pytest.raises(OptionError, match="is not offered"):
        sr.moran(grid["smooth"], w=sr.contiguity(grid), alternative=np.array(["less", "greater"]))
    with pytest.raises(InputError, match="at most 100,000,000"):
        sr.moran(grid["smooth"], w=sr.contiguity(grid), permutations=10**12)
    with pytest.raises(InputError, match="takes every time"):
        sr.moran_by_time(panel_study, "y", w=sr.contiguity(panel_study), at=2000)
