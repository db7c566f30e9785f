"""Weights from groups and of grids: brute force, libpysal 4.14."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from conftest import lattice
from libpysal.graph import Graph
from libpysal.weights import lat2W

import spatial_region as sr
from spatial_region.errors import (
    DuplicateError,
    InputError,
    IslandWarning,
    MissingValuesError,
    UnknownNameError,
    WeightsError,
)


@pytest.fixture
def grouped() -> gpd.GeoDataFrame:
    frame = lattice(4, 5)
    rng = np.random.default_rng(2)
    return frame.assign(plate=rng.choice(["东部", "中部", "西部"], 20), code=rng.integers(0, 4, 20))


@pytest.mark.parametrize("grouping", ["plate", "code"])
def test_blocks_against_comparison_and_libpysal(grouped, grouping):
    values = grouped[grouping].to_numpy()
    w = sr.block(grouped, grouping)
    same = values[:, None] == values
    np.fill_diagonal(same, False)
    np.testing.assert_array_equal(w.sparse.toarray(), same)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Graph.build_block_contiguity(grouped[grouping])
    theirs = sr.Weights.from_graph(theirs).reorder(w.ids)  # libpysal puts the regions in the order of their groups
    np.testing.assert_array_equal(w.sparse.toarray(), theirs.sparse.toarray())
    assert w.n_components == grouped[grouping].nunique() == w.recipe["groups"]
    assert w.recipe["grouping"] == grouping


def test_a_series_is_aligned_by_id(grouped):
    w = sr.block(grouped, "plate")
    extra = pd.concat([grouped["plate"], pd.Series({"elsewhere": "东部"})]).sample(frac=1, random_state=3)
    np.testing.assert_array_equal(sr.block(grouped, extra.rename("plate")).sparse.toarray(), w.sparse.toarray())
    shuffled = sr.block(grouped.sample(frac=1, random_state=5), "plate").reorder(w.ids)
    np.testing.assert_array_equal(shuffled.sparse.toarray(), w.sparse.toarray())


def test_blocks_of_a_study_without_coordinate_system(grouped):
    regions = grouped[["geometry"]].set_crs(None, allow_override=True)
    study = sr.make_study(regions, pd.DataFrame(grouped[["plate"]]))
    np.testing.assert_array_equal(
        sr.block(study, "plate").sparse.toarray(), sr.block(grouped, "plate").sparse.toarray()
    )


def test_bad_groupings(grouped):
    gaps = grouped.assign(plate=grouped["plate"].where(grouped.index != "r01c02"))
    with pytest.raises(MissingValuesError, match=r"grouping 'plate': no group for 1 of 20 regions: r01c02\."):
        sr.block(gaps, "plate")
    with pytest.raises(MissingValuesError, match="no group for 18 of 20 regions"):
        sr.block(grouped, grouped["plate"].iloc[:2])
    with pytest.raises(UnknownNameError, match="grouping: no column 'plates'. Did you mean 'plate'"):
        sr.block(grouped, "plates")
    with pytest.raises(DuplicateError, match="grouping: found twice: r00c00"):
        sr.block(grouped, grouped["plate"].iloc[[0, 0, 1]])
    with pytest.raises(InputError, match="a column of the regions or a Series indexed by region id; found list"):
        sr.block(grouped, grouped["plate"].tolist())


def test_alone_in_a_group(grouped):
    alone = grouped.assign(plate=grouped["plate"].where(grouped.index != "r01c02", "岛"))
    with pytest.warns(IslandWarning, match=r"1 of 20 regions have no neighbour: r01c02\..*alone in its group"):
        assert sr.block(alone, "plate").islands.tolist() == ["r01c02"]
    with pytest.raises(WeightsError, match="r01c02"):
        sr.block(alone, "plate", islands="raise")
    with pytest.raises(InputError, match="block\\(\\) has no islands='nearest'"):
        sr.block(alone, "plate", islands="nearest")


@pytest.mark.parametrize("kind", ["queen", "rook"])
@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 7), (2, 2), (3, 3), (5, 12), (11, 4)])
def test_lattice_is_the_contiguity_of_its_cells(kind, shape):
    w = sr.lattice(*shape, kind=kind)
    np.testing.assert_array_equal(w.sparse.toarray(), sr.contiguity(lattice(*shape), kind=kind).sparse.toarray())
    np.testing.assert_array_equal(w.sparse.toarray(), lat2W(*shape, rook=kind == "rook").sparse.toarray())


@pytest.mark.parametrize("kind", ["queen", "rook"])
@pytest.mark.parametrize("shape", [(1, 2), (1, 5), (2, 2), (2, 5), (3, 3), (3, 4), (6, 5)])
def test_torus_by_brute_force(kind, shape):
    rows, columns = shape
    w = sr.lattice(rows, columns, kind=kind, torus=True)
    wanted = np.zeros((rows * columns, rows * columns))
    for a in range(rows * columns):
        for b in range(rows * columns):
            down, right = abs(a // columns - b // columns), abs(a % columns - b % columns)
            down, right = min(down, rows - down), min(right, columns - right)
            steps = down + right if kind == "rook" else max(down, right)
            wanted[a, b] = steps == 1
    np.testing.assert_array_equal(w.sparse.toarray(), wanted)


def test_lattice_ids_sort_as_the_grid():
    w = sr.lattice(12, 101)
    assert w.ids[0] == "r00c000"
    assert w.ids[-1] == "r11c100"
    assert w.ids.is_monotonic_increasing
    assert w.ids.is_unique
    assert w.recipe["kind"] == "lattice"
    assert len(sr.lattice(1, 3).islands) == 0


def test_bad_lattices():
    for bad in (0, -2, 2.5, True):
        with pytest.raises(InputError, match="rows must be a whole number of at least 1"):
            sr.lattice(bad, 3)
    with pytest.raises(InputError, match="1 x 1 make 1"):
        sr.lattice(1, 1)
    with pytest.raises(InputError, match="kind='bishop' is not offered"):
        sr.lattice(3, 3, kind="bishop")
