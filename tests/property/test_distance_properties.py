"""Nearest neighbours, kernels and proximity of points on small integer grids, where ties and coincidences abound."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import spatial_region as sr

PLACES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=40)


def points(places: list[tuple[int, int]], seed: int) -> gpd.GeoDataFrame:
    """Points 1 km apart, with ids in random order."""
    x, y = np.array(places).T * 1000.0
    ids = np.random.default_rng(seed).permutation(len(places))
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x + 3e5, y + 4e6), index=[f"p{i:02d}" for i in ids], crs=32650)


def squares(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Squared distances in whole km2, so that ties are exact; a point is infinitely far from itself."""
    xy = np.round(np.column_stack([frame.geometry.x, frame.geometry.y]) / 1000).astype(int)
    d2 = ((xy[:, None] - xy) ** 2).sum(axis=2).astype(float)
    np.fill_diagonal(d2, np.inf)
    return d2


@settings(max_examples=60, deadline=None)
@given(PLACES, st.integers(1, 3), st.integers(0, 99))
def test_nearest_neighbours_and_those_that_tie(places, k, seed):
    frame = points(places, seed)
    d2, rank = squares(frame), frame.index.argsort().argsort()
    wanted = np.zeros_like(d2)
    for row in range(len(frame)):
        wanted[row, np.lexsort((rank, d2[row]))[:k]] = 1
    np.testing.assert_array_equal(sr.knn(frame, k=k).sparse.toarray(), wanted)
    kth = np.sort(d2, axis=1)[:, k - 1]
    if (kth > 0).all():
        uniform = sr.kernel(frame, function="uniform", k=k).sparse.toarray()
        np.testing.assert_array_equal(uniform, d2 <= kth[:, None])
    band = sr.distance_band(frame, km=2.0, islands="nearest").sparse.toarray()
    within = d2 <= 4
    for row in np.flatnonzero(~within.any(axis=1)):
        nearest = np.lexsort((rank, d2[row]))[0]
        within[row, nearest] = within[nearest, row] = True
    np.testing.assert_array_equal(band, within)


@settings(max_examples=60, deadline=None)
@given(PLACES.map(lambda places: sorted(set(places))).filter(lambda places: len(places) > 3), st.integers(0, 99))
def test_proximity_in_whole_numbers(places, seed):
    frame = points(places, seed)
    d2 = squares(frame)
    third = d2[:, None, :] + d2[None, :, :]  # infinite where the third point is one of the two
    gabriel = (d2[:, :, None] < third).all(axis=2)
    larger = np.maximum(d2[:, None, :], d2[None, :, :])
    relative = (d2[:, :, None] <= larger).all(axis=2)
    np.fill_diagonal(gabriel, False)
    np.fill_diagonal(relative, False)
    np.testing.assert_array_equal(sr.proximity(frame, kind="gabriel").sparse.toarray(), gabriel)
    np.testing.assert_array_equal(sr.proximity(frame, kind="relative_neighbour").sparse.toarray(), relative)
    delaunay = sr.proximity(frame)
    assert (delaunay.sparse.toarray() >= gabriel).all()
    assert delaunay.n_components == 1
    shuffled = sr.proximity(frame.sample(frac=1, random_state=seed)).reorder(delaunay.ids)
    np.testing.assert_array_equal(delaunay.sparse.toarray(), shuffled.sparse.toarray())


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 30), st.floats(0.1, 50.0), st.integers(0, 999))
def test_kilometres_scale_with_the_map(n, factor, seed):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1e5, (n, 2))
    small = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=32650)
    large = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*(xy * factor).T), crs=32650)
    np.testing.assert_allclose(
        sr.inverse_distance(large, power=2).sparse.toarray() * factor**2,
        sr.inverse_distance(small, power=2).sparse.toarray(),
        rtol=1e-9,
    )
    np.testing.assert_allclose(
        sr.kernel(large, km=150 * factor).sparse.toarray(),
        sr.kernel(small, km=150.0).sparse.toarray(),
        rtol=1e-7,
        atol=1e-9,
    )
    smallest = sr.distance_band(small).recipe["km"]
    np.testing.assert_allclose(sr.distance_band(large).recipe["km"], smallest * factor, rtol=1e-9)
