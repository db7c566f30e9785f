"""Neighbours across a line, however its two sides were digitised; an edge told from a corner by its length."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from libpysal.graph import Graph
from libpysal.weights import Queen

import spatial_region as sr

WAYS = ["same vertices", "different vertices", "gap", "overlap"]


def rows_of_cells(below, above, way, slip):
    """Return cells of the given widths below and above one line."""
    shift = {"gap": slip, "overlap": -slip}.get(way, 0.0)
    edges = [np.r_[0, np.cumsum(widths)] for widths in (below, above)]
    every = np.unique(np.concatenate(edges))
    cells = []
    for side, (low, high) in enumerate(((-5.0, 0.0), (shift, 5.0))):
        line = 0.0 if side == 0 else shift
        for west, east in zip(edges[side][:-1], edges[side][1:], strict=True):
            cell = shapely.box(west, low, east, high)
            if way == "same vertices":
                inner = [(x, line) for x in every if west < x < east]
                far = high if side else low
                cell = shapely.Polygon([(west, far), (west, line), *inner, (east, line), (east, far)])
            cells.append(cell)
    return cells


def frame_of(cells, *, crs, scale=1.0, angle=0.0, offset=(0.0, 0.0)):
    moved = [
        shapely.affinity.translate(
            shapely.affinity.rotate(shapely.affinity.scale(c, scale, scale, origin=(0, 0)), angle, origin=(0, 0)),
            *offset,
        )
        for c in cells
    ]
    return gpd.GeoDataFrame(geometry=moved, index=[f"r{i}" for i in range(len(cells))], crs=crs)


def pairs(w):
    return {tuple(sorted((i, j))) for i in w.ids for j in w.neighbours(i).index}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("angle", [0.0, 17.0, 90.0])
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_four_facing_three_touch_in_eleven_pairs(way, angle, scale):
    """In metres, 1e-7 apart; all eleven share a stretch of border, so that rook finds them too."""
    cells = rows_of_cells([3.0] * 4, [4.0] * 3, way, 1e-7 / scale)
    frame = frame_of(cells, crs=32650, scale=scale, angle=angle, offset=(4.5e5, 4.4e6))
    for kind in ("queen", "rook"):
        assert len(pairs(sr.contiguity(frame, kind=kind, snap=1e-5))) == 11
    if way in ("same vertices", "different vertices") and angle == 0.0:
        assert len(pairs(sr.contiguity(frame))) == 11


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("latitude", [0.0, 41.0, 66.0])
def test_four_facing_three_in_degrees(way, latitude):
    """1e-7 degrees is about a centimetre."""
    cells = rows_of_cells([0.3] * 4, [0.4] * 3, way, 1e-7)
    frame = frame_of(cells, crs=4326, offset=(115.0, latitude))
    for kind in ("queen", "rook"):
        assert len(pairs(sr.contiguity(frame, kind=kind, snap=0.05))) == 11


@pytest.mark.parametrize("way", WAYS)
def test_an_edge_is_told_from_a_corner_by_its_length(way):
    """Four facing four: the cells across a corner are queen neighbours only, also where they do not quite meet."""
    cells = rows_of_cells([1000.0] * 4, [1000.0] * 4, way, 0.5)
    frame = frame_of(cells, crs=32650, offset=(4.5e5, 4.4e6))
    snap = 1.0
    rook, queen = (pairs(sr.contiguity(frame, kind=kind, snap=snap)) for kind in ("rook", "queen"))
    assert len(rook) == 10
    assert len(queen) == 16
    lengths = sr.boundary_length(frame, snap=snap)
    assert pairs(lengths) == rook
    across = lengths.neighbours("r0")["r4"]
    assert across == pytest.approx(1.0, abs=0.003)  # km


def test_what_others_find():
    """libpysal 4.14.1, by vertices: 7 of the 11 across T-junctions, 5 or fewer across a gap of 1e-7."""
    tee, gap = (frame_of(rows_of_cells([3.0] * 4, [4.0] * 3, way, 1e-7), crs=32650) for way in WAYS[1:3])
    found = [Graph.build_contiguity(f, rook=False).n_edges / 2 for f in (tee, gap)]
    assert found == [7, 5]
    assert Queen.from_dataframe(tee, use_index=False).n == 7
    assert Queen.from_dataframe(tee, use_index=False).sparse.nnz / 2 == 7
    fuzzy = Graph.build_fuzzy_contiguity(gap, buffer=1e-5)
    assert fuzzy.n_edges / 2 == 11


def test_names_of_the_pairs_that_the_tolerance_added():
    frame = frame_of(rows_of_cells([3.0] * 4, [4.0] * 3, "gap", 1e-7), crs=32650)
    w = sr.contiguity(frame, snap=1e-5)
    assert w.recipe["pairs added by snap"] == 6
    assert str(w.recipe["added"]).startswith("r0 - r4; r1 - r4; r1 - r5; r2 - r5; r2 - r6 and 1 more")
    assert (
        "added"
        not in sr.contiguity(
            frame_of(rows_of_cells([3.0] * 4, [4.0] * 3, "same vertices", 0), crs=32650), snap=1e-5
        ).recipe
    )


@pytest.mark.parametrize("layer", ["provinces", "columbus"])
def test_lengths_of_borders_agree_with_shapely(layer):
    """Length of the intersection of each pair, in the plane; measured on the ellipsoid for degrees (geodesics)."""
    from libpysal import examples
    from pyproj import Geod

    if layer == "columbus":
        frame = gpd.read_file(examples.get_path("columbus.shp")).set_crs(32617, allow_override=True)
        measure = lambda line: line.length / 1000  # noqa: E731
    else:
        frame = sr.china_provinces()
        geod = Geod(ellps="WGS84")
        measure = lambda line: geod.geometry_length(line) / 1000  # noqa: E731
    w = sr.boundary_length(frame) if layer == "columbus" else quietly(frame)
    checked = 0
    for i in list(w.ids)[:12]:
        for j, length in w.neighbours(i).items():
            shared = shapely.line_merge(frame.geometry[i].intersection(frame.geometry[j]))
            lines = [part for part in shapely.get_parts(shared) if part.length > 0]
            assert length == pytest.approx(sum(measure(line) for line in lines), rel=2e-4, abs=1e-6)
            checked += 1
    assert checked > 20


def quietly(frame):
    with pytest.warns(sr.errors.IslandWarning):
        return sr.boundary_length(frame)


def test_bad_input_is_named():
    frame = frame_of(rows_of_cells([3.0] * 4, [4.0] * 3, "gap", 1e-7), crs=32650)
    with pytest.raises(sr.errors.InputError, match="no islands='nearest'"):
        sr.boundary_length(frame, islands="nearest")
    with pytest.raises(sr.errors.CRSError, match="needs kilometres"):
        sr.boundary_length(frame.set_crs(None, allow_override=True))
    with pytest.raises(sr.errors.InputError, match="snap must be a number of metres"):
        sr.boundary_length(frame, snap=-1)
    with pytest.raises(sr.errors.GeometryError, match="needs areas"):
        sr.boundary_length(frame.set_geometry(frame.centroid))


@pytest.mark.parametrize("tilt", [1e-1, 1e-3, 1e-4])
@pytest.mark.parametrize("offset", [0.0, 5e5])
@pytest.mark.parametrize("few", [0, 10**9])
def test_two_edges_that_part_at_a_tiny_angle_share_a_corner(tilt, offset, few, monkeypatch):
    """Within the rounding of the coordinates they run along each other for a while; on small maps and on large ones."""
    monkeypatch.setattr("spatial_region.weights._links._FEW_COORDINATES", few)
    one = shapely.Polygon([(0, 0), (1000, 0), (500, -300)])
    two = shapely.Polygon([(0, 0), (1000, 1000 * tilt), (500, 300)])
    geoms = [shapely.affinity.translate(g, offset, offset) for g in (one, two, shapely.box(5e3, 5e3, 6e3, 6e3))]
    frame = gpd.GeoDataFrame(geometry=geoms, index=list("abc"), crs=3857)
    with pytest.warns(sr.errors.IslandWarning):
        assert sr.contiguity(frame).n_links == 2
    with pytest.warns(sr.errors.IslandWarning):
        assert sr.contiguity(frame, kind="rook").n_links == 0
