"""Values and files that once broke something: each is refused by name, or has the answer that it should have."""

from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse as sp

import spatial_region as sr
from spatial_region.autocorr._engine import conditional_counts
from spatial_region.errors import GeometryError, InputError, ReadError


@pytest.mark.parametrize("factor", [1e200, 1e-200, 1e300])
def test_rates_beyond_the_range_of_numbers_are_refused(grid, factor):
    """They became NaN, which the compiled loops took for a place."""
    table = grid.assign(events=np.arange(64.0), people=(np.arange(64) + 1) * factor)
    w = sr.contiguity(grid)
    for function in (sr.moran_rates, sr.local_moran_rates):
        with pytest.raises(InputError, match="count both in units of a usual size"):
            function(table, "events", population="people", w=w, permutations=99)


def test_the_engine_refuses_what_is_not_finite():
    matrix = sp.csr_array(np.ones((4, 4)) - np.eye(4))
    with pytest.raises(InputError, match="not finite"):
        conditional_counts(np.array([[0.0, 1.0, np.nan, 2.0]]), None, matrix, 9, seed=1, tolerance=np.full(4, 1e-12))


def test_g_without_any_value_elsewhere_is_undefined(grid):
    """One region holds everything: for it, G is 0 / 0."""
    values = pd.Series(0.0, index=grid.index)
    values.iloc[0] = 1.0
    result = sr.local_g(values, w=sr.contiguity(grid), permutations=999)
    row = result.table().iloc[0]
    assert np.isnan(row["G"])
    assert np.isnan(row["p"])
    assert row["cluster"] == "undefined"
    assert result.counts()["undefined"] == 1


def test_steps_beyond_the_farthest_region_end_at_once(grid):
    assert sr.contiguity(grid, order=10**9, cumulative=True).n_links == 64 * 63
    with pytest.warns(sr.errors.IslandWarning):
        assert sr.contiguity(grid, order=10**9).n_links == 0


@pytest.mark.parametrize(
    "content",
    [
        b"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 2 1.0\x002 1 1.0\n",
        b"%%MatrixMarket matrix coordinate real general\n1000000000 1000000000 1\n1 2 1.0\n",
        b"%%MatrixMarket matrix coordinate real general\n2 2 1000000000000\n1 2 1.0\n",
        b"%%MatrixMarket matrix array real general\n1000000000 1000000000\n1.0\n",
    ],
)
def test_matrix_files_that_announce_more_than_they_hold(tmp_path, content):
    path = tmp_path / "w.mtx"
    path.write_bytes(content)
    with pytest.raises(ReadError):
        sr.read_weights(path)


def test_one_coordinate_that_is_no_number_is_named():
    cells = [shapely.box(0, 0, 1, 1), shapely.Polygon([(1, 0), (2, 0), (2, np.nan), (1, 1)])]
    frame = gpd.GeoDataFrame(geometry=cells, index=["a", "b"], crs=3857)
    for build in (sr.contiguity, sr.distance_band, sr.proximity):
        with pytest.raises(GeometryError, match="not finite in 1 regions: b"):
            build(frame)


def test_weights_from_a_pickle_cannot_be_written_to(grid):
    again = pickle.loads(pickle.dumps(sr.contiguity(grid)))
    with pytest.raises(ValueError, match="read-only"):
        again.sparse.data[:] = 0
    assert again.n_links == sr.contiguity(grid).n_links


def test_groups_of_everybody_have_too_many_links():
    points = gpd.GeoDataFrame(
        {"group": [1] * 30_000}, geometry=gpd.points_from_xy(range(30_000), [0] * 30_000), crs=3857
    )
    with pytest.raises(InputError, match="at most 400,000,000"):
        sr.block(points, "group")
