"""Contiguity: who touches whom, checked against libpysal and against shapely pair by pair."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import lattice
from libpysal import examples
from libpysal.graph import Graph

import spatial_region as sr
from spatial_region.errors import CRSError, DuplicateError, GeometryError, InputError, IslandWarning, WeightsError


def pairs(w: sr.Weights) -> set[frozenset[object]]:
    table = w.sparse.tocoo()
    return {frozenset((w.ids[i], w.ids[j])) for i, j in zip(table.row, table.col, strict=True)}


def brute_force(frame: gpd.GeoDataFrame, kind: str) -> set[frozenset[object]]:
    found = set()
    geometries = frame.geometry.tolist()
    for i, first in enumerate(geometries):
        for j in range(i):
            shared = first.intersection(geometries[j])
            if not shared.is_empty and (kind == "queen" or shared.length > 0):
                found.add(frozenset((frame.index[i], frame.index[j])))
    return found


@pytest.mark.parametrize("kind", ["queen", "rook"])
@pytest.mark.parametrize("name", ["columbus.shp", "us48.shp"])
def test_agrees_with_libpysal_and_with_every_pair_looked_at(name, kind):
    """libpysal 4.14 (vertices) and brute force agree on these clean coverages."""
    frame = gpd.read_file(examples.get_path(name)).set_crs(3857, allow_override=True)
    w = sr.contiguity(frame, kind=kind)
    graph = Graph.build_contiguity(frame, rook=kind == "rook")
    np.testing.assert_array_equal(w.sparse.toarray(), graph.sparse.toarray())
    assert pairs(w) == brute_force(frame, kind)


def test_a_border_with_different_vertices_on_its_sides_is_a_border():
    """Four polygons facing three across one straight line touch in 11 pairs; by vertices only 7 are found."""
    below = [shapely.box(3 * i, -5, 3 * i + 3, 0) for i in range(4)]
    above = [shapely.box(4 * i, 0, 4 * i + 4, 5) for i in range(3)]
    frame = gpd.GeoDataFrame(geometry=below + above, index=list("abcdxyz"), crs=3857)
    assert len(pairs(sr.contiguity(frame))) == 11
    assert len(pairs(sr.contiguity(frame, kind="rook"))) == 11
    assert Graph.build_contiguity(frame, rook=False).n_edges / 2 == 7


@pytest.mark.parametrize("gap", [-1e-3, 1e-3])
def test_snap_mends_a_border_digitised_twice(gap):
    below = [shapely.box(3000 * i, -5000, 3000 * i + 3000, 0) for i in range(4)]
    above = [shapely.box(4000 * i, gap, 4000 * i + 4000, 5000) for i in range(3)]
    frame = gpd.GeoDataFrame(geometry=below + above, index=list("abcdxyz"), crs=3857)
    w = sr.contiguity(frame, kind="rook", snap=0.01)
    assert len(pairs(w)) == 11
    assert w.recipe["pairs added by snap"] == 11 - len(pairs(sr.contiguity(frame, kind="rook")))
    assert w.recipe["pairs added by snap"] > 0


def test_order_two_is_a_shortest_path_of_two(grid):
    direct = sr.contiguity(grid, kind="rook")
    second = sr.contiguity(grid, kind="rook", order=2)
    both = sr.contiguity(grid, kind="rook", order=2, cumulative=True)
    step = (direct.sparse @ direct.sparse).toarray() > 0
    expected = step & ~(direct.sparse.toarray() > 0) & ~np.eye(64, dtype=bool)
    np.testing.assert_array_equal(second.sparse.toarray(), expected)
    np.testing.assert_array_equal(both.sparse.toarray(), expected | (direct.sparse.toarray() > 0))
    graph = Graph.build_contiguity(grid).higher_order(2)
    np.testing.assert_array_equal(second.sparse.toarray(), graph.sparse.toarray())


def test_islands_are_named_linked_or_refused():
    frame = lattice(3, 3)
    far = gpd.GeoDataFrame(geometry=[shapely.box(9000, 0, 9500, 500)], index=["isle"], crs=3857)
    frame = gpd.GeoDataFrame(geometry=[*frame.geometry, *far.geometry], index=[*frame.index, "isle"], crs=3857)
    with pytest.warns(IslandWarning, match="1 of 10 regions have no neighbour: isle"):
        assert sr.contiguity(frame).islands.tolist() == ["isle"]
    linked = sr.contiguity(frame, islands="nearest")
    assert linked.neighbours("isle").index.tolist() == ["r00c02"]
    assert "isle" in linked.neighbours("r00c02")
    with pytest.raises(WeightsError, match=r"isle.*islands='nearest'"):
        sr.contiguity(frame, islands="raise")


def test_display_names_reach_the_message():
    frame = lattice(1, 2).iloc[[0]].assign(zh="舟山市")
    frame.attrs["name"] = "zh"
    with pytest.warns(IslandWarning, match=r"舟山市 \(r00c00\)"):
        sr.contiguity(frame)


def test_bad_input(grid):
    with pytest.raises(InputError, match="Did you mean 'queen'"):
        sr.contiguity(grid, kind="quen")
    with pytest.raises(InputError, match="order must be a whole number"):
        sr.contiguity(grid, order=1.5)
    with pytest.raises(InputError, match="snap must be a number of metres"):
        sr.contiguity(grid, snap=-1)
    with pytest.raises(CRSError, match="snap is in metres"):
        sr.contiguity(grid.set_crs(None, allow_override=True), snap=1)
    with pytest.raises(DuplicateError, match="found twice: r00c00"):
        sr.contiguity(grid.iloc[[0, 0, 1]])
    with pytest.raises(GeometryError, match="no geometry for 1 regions: r00c01"):
        sr.contiguity(grid.assign(geometry=grid.geometry.where(grid.index != "r00c01")))
    with pytest.raises(InputError, match="Study or a GeoDataFrame"):
        sr.contiguity([1, 2])


def test_recipe_tells_how(grid):
    w = sr.contiguity(grid, kind="rook")
    assert w.recipe["kind"] == "rook"
    assert w.n_components == 1
    assert w.standardisation is None


def test_points_and_endless_coordinates_are_refused(grid):
    points = grid.set_geometry(grid.geometry.centroid)
    with pytest.raises(GeometryError, match=r"contiguity needs areas; 64 of 64 regions are points or lines.*knn"):
        sr.contiguity(points)
    lost = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, np.inf, 2], [0, 1, 2]), index=list("abc"), crs=4326)
    with pytest.raises(GeometryError, match="not finite in 1 regions: b"):
        sr.knn(lost, k=1)
