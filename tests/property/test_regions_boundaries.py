"""Properties of contact: the order of regions, their names and the unit of the map never change who is a neighbour."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import spatial_region as sr
from spatial_region.weights._links import contact_pairs

SEEDS = st.integers(0, 10_000)


def tiles(seed: int, n: int = 14) -> np.ndarray:
    """Voronoi cells of random points in a square of 100 by 100, some of them united into larger regions."""
    rng = np.random.default_rng(seed)
    square = shapely.box(0, 0, 100, 100)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(rng.uniform(5, 95, (n, 2))), extend_to=square)
    )
    cells = shapely.intersection(cells, square)
    return np.append(cells[:-2], shapely.coverage_union_all(cells[-2:]))


def pairs_of(geoms: np.ndarray, snap: float = 0.0) -> dict[tuple[int, int], bool]:
    contact = contact_pairs(geoms, snap=snap)
    keys = zip(contact.first.tolist(), contact.second.tolist(), strict=True)
    return dict(zip(keys, (contact.border > 1e-3 * snap).tolist(), strict=True))


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_row_order_does_not_matter(seed: int) -> None:
    geoms = tiles(seed)
    order = np.random.default_rng(seed).permutation(len(geoms))
    shuffled = {tuple(sorted((order[i], order[j]))): edge for (i, j), edge in pairs_of(geoms[order]).items()}
    assert shuffled == pairs_of(geoms)


@given(seed=SEEDS, factor=st.sampled_from([1e-4, 1e-2, 3.2808399, 1e3, 1e5]))
@settings(max_examples=30, deadline=None)
def test_unit_of_the_map_does_not_matter(seed: int, factor: float) -> None:
    geoms = tiles(seed)
    scaled = shapely.transform(geoms, lambda xy: xy * factor)
    assert pairs_of(scaled) == pairs_of(geoms)
    assert pairs_of(scaled, 0.5 * factor) == pairs_of(geoms, 0.5)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_a_larger_tolerance_never_loses_a_pair(seed: int) -> None:
    geoms = shapely.buffer(tiles(seed), -0.3, join_style="mitre")
    found = [set(pairs_of(geoms, snap)) for snap in (0.0, 0.5, 0.7, 2.0, 8.0)]
    assert all(a <= b for a, b in itertools.pairwise(found))


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_extra_vertices_on_a_border_do_not_matter(seed: int) -> None:
    """One side of every border gets more vertices: nothing is shared to the last digit, contact stays."""
    geoms = tiles(seed)
    dense = geoms.copy()
    dense[::2] = shapely.segmentize(geoms[::2], 3.0)
    assert pairs_of(dense) == pairs_of(geoms)


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_report_follows_the_labels(seed: int) -> None:
    """Rows in another order under the same ids give the same report, in kilometres as in metres."""
    rng = np.random.default_rng(seed)
    geoms = shapely.transform(tiles(seed), lambda xy: xy * 1000)
    geoms[0] = shapely.transform(geoms[0], lambda xy: xy + np.array([7.0, 0.0]))
    ids = pd.Index([f"r{k}" for k in range(len(geoms))], name="region")
    frame = gpd.GeoDataFrame(geometry=geoms, index=ids, crs="+proj=merc +datum=WGS84 +units=m")

    def contacts(regions: gpd.GeoDataFrame) -> set[tuple[str, str, str]]:
        pairs = sr.check_coverage(regions, tolerance=20).pairs
        return {(*sorted((a, b)), c) for a, b, c in pairs[["first", "second", "contact"]].to_numpy().tolist()}

    expected = contacts(frame)
    assert contacts(frame.iloc[rng.permutation(len(frame))]) == expected
    in_km = shapely.transform(geoms, lambda xy: xy / 1000)
    assert contacts(gpd.GeoDataFrame(geometry=in_km, index=ids, crs="+proj=merc +datum=WGS84 +units=km")) == expected


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_degrees_and_metres_agree(seed: int) -> None:
    """Small regions in degrees have the neighbours that their projection has."""
    degrees = shapely.transform(tiles(seed), lambda xy: xy / 1000 + [110.0, 35.0])
    frame = gpd.GeoDataFrame(geometry=degrees, crs=4326)
    here = contact_pairs(frame.geometry.to_numpy(), geographic=True, snap=5.0)
    plane = contact_pairs(frame.to_crs(32649).geometry.to_numpy(), snap=5.0)
    assert here.first.tolist() == plane.first.tolist()
    assert here.second.tolist() == plane.second.tolist()
    np.testing.assert_allclose(here.border, plane.border, rtol=2e-3, atol=25)
