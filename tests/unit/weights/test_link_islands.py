"""Islands linked to the region that a search over all distances finds nearest."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import sparse as sp

import spatial_region as sr
from spatial_region.errors import AlignmentError, CRSError, InputError


@pytest.fixture
def points() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(21)
    xy = rng.uniform(0, 1e5, (30, 2))
    return gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(*xy.T), index=[f"p{i:02d}" for i in rng.permutation(30)], crs=3857
    )


def with_islands(points: gpd.GeoDataFrame, scale: float = 1.0) -> sr.Weights:
    """Links within 12 km, six regions cut off; in another order than the regions."""
    matrix = np.array([[a.distance(b) <= 12e3 for b in points.geometry] for a in points.geometry], dtype=float)
    np.fill_diagonal(matrix, 0)
    matrix[::5], matrix[:, ::5] = 0, 0
    w = sr.Weights(points.index, scale * matrix, {"kind": "by hand"})
    return w.reorder(sorted(w.ids))


def test_by_search_over_all_distances(points):
    w = with_islands(points)
    assert len(w.islands) >= 6
    linked = sr.link_islands(w, points)
    expected = pd.DataFrame(w.sparse.toarray(), index=w.ids, columns=w.ids)
    for island in w.islands:
        others = points.drop(index=island)
        nearest = others.index[others.distance(points.geometry[island]).argmin()]
        expected.loc[island, nearest] = expected.loc[nearest, island] = 1.0
    np.testing.assert_array_equal(linked.sparse.toarray(), expected.to_numpy())
    assert linked.ids.equals(w.ids)
    assert len(linked.islands) == 0
    assert linked.recipe["islands linked"] == f"{len(w.islands)}, by centroid"


def test_the_same_as_the_builder(columbus):
    with pytest.warns(sr.errors.IslandWarning):
        w = sr.distance_band(columbus, km=0.4)
    built = sr.distance_band(columbus, km=0.4, islands="nearest")
    assert len(w.islands)
    np.testing.assert_array_equal(sr.link_islands(w, columbus).sparse.toarray(), built.sparse.toarray())


def test_new_links_weigh_as_the_others_do_on_average(points):
    w = with_islands(points, scale=0.25)
    linked = sr.link_islands(w, points)
    assert set(linked.sparse.data) == {0.25}
    row = sr.link_islands(w.standardise("row"), points)
    assert row.standardisation == "row"
    np.testing.assert_allclose(np.asarray(row.sparse.sum(axis=1)).ravel(), 1)
    nothing = sr.Weights(points.index, sp.csr_array((30, 30)))
    assert set(sr.link_islands(nothing, points).sparse.data) == {1.0}


def test_own_weights_are_no_neighbours_and_links_that_lead_in_stay(points):
    w = with_islands(points)
    island = w.islands[0]
    own = sr.Weights(w.ids, w.sparse.toarray() + 2 * np.eye(30))
    np.testing.assert_array_equal(
        sr.link_islands(own, points).sparse.toarray(), sr.link_islands(w, points).sparse.toarray() + 2 * np.eye(30)
    )
    nearest = sr.link_islands(w, points).neighbours(island).index[0]
    one_way = w.sparse.toarray()
    one_way[w.ids.get_loc(nearest), w.ids.get_loc(island)] = 7.0
    linked = sr.link_islands(sr.Weights(w.ids, one_way), points)
    assert linked.neighbours(nearest)[island] == 7.0
    assert linked.neighbours(island).index.tolist() == [nearest]


def test_without_islands_nothing_changes(points):
    w = sr.knn(points, k=2)
    assert sr.link_islands(w, points) is w


def test_bad_input(points):
    w = with_islands(points)
    with pytest.raises(AlignmentError, match="1 only in the study: p00"):
        sr.link_islands(w.subset(w.ids[1:]), points)
    with pytest.raises(InputError, match="found ndarray"):
        sr.link_islands(np.eye(30), points)
    with pytest.raises(CRSError):
        sr.link_islands(w, points.set_crs(None, allow_override=True))
