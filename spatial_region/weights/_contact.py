"""Which polygons touch, and along how much border, by a search among all that are near: right for any polygons.

Arrays in, arrays out. Contact is geometric: a border drawn with different vertices on its two sides (as where
three regions face four across one line) is still a border. With a tolerance, so is a border digitised twice.
`_links.py` decides when shared vertices say as much, and is faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from spatial_region.weights._segments import (
    FloatArray,
    IntArray,
    Segments,
    border_segments,
    metres_per_degree,
    segment_lengths,
    stretch_within,
)

# Two points closer than this share of the largest coordinate are one point, written down with rounding.
ROUNDING = 1e-12
# A stretch this many tolerances long, or shorter, cannot be told from two corners within the tolerance ...
_CORNER = 4.0
# ... nor, without a tolerance, this many roundings from two borders that cross at a small angle.
_CROSSING = 1e4
# A hundred-thousandth of the smaller polygon is no border, unless it is one segment of both.
_NO_BORDER = 1e-5
# Segments are looked up in batches, so that memory stays bounded.
_BATCH = 50_000


@dataclass(frozen=True, eq=False)
class Contact:
    """Pairs of polygons that touch, sorted by `first`, then `second`.

    Parameters
    ----------
    first, second : (p,) positions of the two polygons, first < second
    border : (p,) length of the shared border, in the unit of the coordinates (metres if geographic);
        0.0 where the polygons meet in corners only, or overlap without a common border
    vertex : (p,) whether the two polygons have a vertex in common, to the last digit
    """

    first: IntArray
    second: IntArray
    border: FloatArray
    vertex: NDArray[np.bool_]


def search_contacts(geoms: NDArray[np.object_], *, snap: float = 0.0, geographic: bool = False) -> Contact:
    """Find the pairs of polygons that touch, or come within `snap` of each other.

    Parameters
    ----------
    geoms : (n,) polygons and multipolygons
    snap : tolerance in the unit of the coordinates, or in metres if `geographic`. With 0, polygons touch when
        they do so up to the rounding of the coordinates (1e-12 of the largest).
    geographic : whether the coordinates are longitude and latitude in degrees. Distances are then measured
        where they occur, on the ellipsoid; straight lines stay straight, which no projection of a country
        grants, so that a vertex on the long straight border of a neighbour is still found on it.

    Returns
    -------
    Contact
        Queen contiguity is all pairs; rook contiguity those with `border > 0`. Under a tolerance, contacts
        no longer than 4 x snap count as corners unless the border is shared exactly.
    """
    geoms = np.asarray(geoms, dtype=object)
    n = len(geoms)
    segments = border_segments(geoms)
    if len(segments.owner) == 0:
        none = np.empty(0, dtype=np.intp)
        return Contact(none, none, np.empty(0), np.empty(0, dtype=bool))
    rounding = _rounding(segments, geographic=geographic)
    tolerance = max(snap, rounding)
    corner = max(_CORNER * snap, _CROSSING * rounding)
    vertex_pairs = _shared_vertices(segments, n)
    exact, shared_segment = _shared_segments(segments, n, geographic=geographic)
    near = _near_pairs(geoms, tolerance, geographic=geographic)
    open_pairs = np.setdiff1d(near, vertex_pairs)
    certain = open_pairs if not geographic else _intersecting(geoms, open_pairs)
    measured, measured_border = _borders_within(
        segments, geoms, tolerance, corner, ~shared_segment, open_pairs, geographic=geographic
    )
    if snap == 0.0:
        measured_border = np.where(
            measured_border > _shortest(geoms, measured, geographic=geographic), measured_border, 0.0
        )
    pairs = np.unique(np.concatenate([vertex_pairs, certain, measured]))
    border = np.zeros(len(pairs))
    border[np.searchsorted(pairs, exact[0])] += exact[1]
    border[np.searchsorted(pairs, measured)] += measured_border
    return Contact(pairs // n, pairs % n, border, np.isin(pairs, vertex_pairs, assume_unique=True))


def _shortest(geoms: NDArray[np.object_], pairs: IntArray, *, geographic: bool) -> FloatArray:
    """Length below which borders without common segments are corners: two sides that part at a tiny angle."""
    bounds = shapely.bounds(geoms)
    extent = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    if geographic:
        extent = extent * float(metres_per_degree(np.zeros(1))[0, 0])
    n = len(geoms)
    return _NO_BORDER * np.minimum(extent[pairs // n], extent[pairs % n])


def _rounding(segments: Segments, *, geographic: bool) -> float:
    largest = float(max(np.abs(segments.start).max(), np.abs(segments.end).max()))
    unit = float(metres_per_degree(np.zeros(1))[0, 0]) if geographic else 1.0
    return ROUNDING * largest * unit


def _shared_vertices(segments: Segments, n: int) -> IntArray:
    """Pairs (coded first * n + second) with a vertex in common. Every vertex starts one segment of its ring."""
    incidence = sparse.csr_array(
        (np.ones(len(segments.owner)), (segments.owner, segments.start_id)), shape=(n, segments.n_vertices)
    )
    common = sparse.triu(incidence @ incidence.T, k=1).tocoo()
    return np.sort(common.row.astype(np.intp) * n + common.col)


def _shared_segments(
    segments: Segments, n: int, *, geographic: bool
) -> tuple[tuple[IntArray, FloatArray], NDArray[np.bool_]]:
    """Pairs with identical segments and the length of these; and which segments have such a twin."""
    low = np.minimum(segments.start_id, segments.end_id)
    high = np.maximum(segments.start_id, segments.end_id)
    _, where, key = np.unique(low * segments.n_vertices + high, return_index=True, return_inverse=True)
    incidence = sparse.csr_array((np.ones(len(key)), (segments.owner, key)), shape=(n, len(where)))
    incidence.sum_duplicates()
    incidence.data[:] = 1.0
    length = segment_lengths(segments.start[where], segments.end[where], geographic=geographic)
    common = sparse.triu((incidence * length) @ incidence.T, k=1).tocoo()
    owners = np.bincount(incidence.indices, minlength=len(where))
    pairs = common.row.astype(np.intp) * n + common.col
    return (pairs, common.data), owners[key] > 1


def _near_pairs(geoms: NDArray[np.object_], tolerance: float, *, geographic: bool) -> IntArray:
    """Pairs within the tolerance; for degrees a few too many, since the tolerance is widened to be safe."""
    distance: float | FloatArray = tolerance
    if geographic:
        bounds = shapely.bounds(geoms)
        latitude = np.nan_to_num(np.abs(bounds[:, [1, 3]]).max(axis=1))
        distance = tolerance / metres_per_degree(latitude).min(axis=-1)
    tree = shapely.STRtree(geoms)
    one, two = tree.query(geoms, predicate="dwithin", distance=distance)
    keep = one != two
    low, high = np.minimum(one, two)[keep], np.maximum(one, two)[keep]
    return np.unique(low.astype(np.intp) * len(geoms) + high)


def _intersecting(geoms: NDArray[np.object_], pairs: IntArray) -> IntArray:
    n = len(geoms)
    return pairs[shapely.intersects(geoms[pairs // n], geoms[pairs % n])]


def _borders_within(
    segments: Segments,
    geoms: NDArray[np.object_],
    tolerance: float,
    corner: float,
    unshared: NDArray[np.bool_],
    open_pairs: IntArray,
    *,
    geographic: bool,
) -> tuple[IntArray, FloatArray]:
    """Pairs of polygons with segments within the tolerance, and the length of border that runs so.

    Looked at are segments that have no twin, and, for pairs without a common vertex, all that come near.
    """
    n = len(geoms)
    start, end = segments.start, segments.end
    margin = np.full(len(start), tolerance)
    if geographic:
        latitude = np.maximum(np.abs(start[:, 1]), np.abs(end[:, 1]))
        margin = tolerance / metres_per_degree(latitude).min(axis=-1)
    low = np.minimum(start, end) - margin[:, None]
    high = np.maximum(start, end) + margin[:, None]
    questions = np.flatnonzero(unshared | _close_to_partner(segments, geoms, open_pairs, low, high))
    if len(questions) == 0:
        return np.empty(0, dtype=np.intp), np.empty(0)
    tree = shapely.STRtree(shapely.linestrings(np.stack([start, end], axis=1)))
    found = []
    for at in range(0, len(questions), _BATCH):
        ask = questions[at : at + _BATCH]
        row, other = tree.query(shapely.box(low[ask, 0], low[ask, 1], high[ask, 0], high[ask, 1]))
        mine = ask[row]
        a, b = segments.owner[mine], segments.owner[other]
        pair = np.minimum(a, b) * n + np.maximum(a, b)
        keep = (a != b) & (unshared[mine] | np.isin(pair, open_pairs))
        mine, other, pair = mine[keep], other[keep], pair[keep]
        from_, to = _stretches(segments, mine, other, tolerance, geographic=geographic)
        hit = from_ <= to
        found.append((mine[hit], pair[hit], from_[hit], to[hit]))
    mine, pair, from_, to = (np.concatenate(column) for column in zip(*found, strict=True))
    length = segment_lengths(start, end, geographic=geographic)
    return _add_up(segments, mine, pair, from_, to, length, corner)


def _stretches(
    segments: Segments, mine: IntArray, other: IntArray, tolerance: float, *, geographic: bool
) -> tuple[FloatArray, FloatArray]:
    """The stretch of segments `mine` within the tolerance of segments `other`, in local units."""
    origin, end = segments.start[mine], segments.end[mine]
    scale = metres_per_degree((origin[:, 1] + end[:, 1]) / 2.0) if geographic else np.ones(2)
    return stretch_within(
        np.zeros_like(origin),
        (end - origin) * scale,
        (segments.start[other] - origin) * scale,
        (segments.end[other] - origin) * scale,
        tolerance,
    )


def _close_to_partner(
    segments: Segments,
    geoms: NDArray[np.object_],
    open_pairs: IntArray,
    low: FloatArray,
    high: FloatArray,
) -> NDArray[np.bool_]:
    """Segments of either polygon of an open pair that come near the bounds of the other."""
    n = len(geoms)
    bounds = shapely.bounds(geoms)
    first_of = np.searchsorted(segments.owner, np.arange(n + 1))
    mine = np.concatenate([open_pairs // n, open_pairs % n])
    partner = np.concatenate([open_pairs % n, open_pairs // n])
    close = np.zeros(len(segments.owner), dtype=bool)
    counts = first_of[mine + 1] - first_of[mine]
    for at in range(0, len(mine), _BATCH):
        size = counts[at : at + _BATCH]
        # Every segment of each polygon, in one row of numbers: the first of each, and steps of one from there.
        own = np.repeat(first_of[mine[at : at + _BATCH]] - np.r_[0, np.cumsum(size)[:-1]], size) + np.arange(size.sum())
        west, south, east, north = np.repeat(bounds[partner[at : at + _BATCH]], size, axis=0).T
        near = (low[own, 0] <= east) & (high[own, 0] >= west) & (low[own, 1] <= north) & (high[own, 1] >= south)
        close[own[near]] = True
    return close


def _add_up(
    segments: Segments,
    mine: IntArray,
    pair: IntArray,
    from_: FloatArray,
    to: FloatArray,
    length: FloatArray,
    corner: float,
) -> tuple[IntArray, FloatArray]:
    """Unite the stretches of each segment, join them into runs along the ring, drop runs that are corners."""
    if len(mine) == 0:
        return np.empty(0, dtype=np.intp), np.empty(0)
    order = np.lexsort((from_, mine, pair))
    mine, pair, from_, to = mine[order], pair[order], from_[order], to[order]
    fresh = np.r_[True, (mine[1:] != mine[:-1]) | (pair[1:] != pair[:-1])]
    # Shifting each group of stretches by 2 lets one running maximum serve them all.
    shift = 2.0 * np.cumsum(fresh)
    reach = np.maximum.accumulate(to + shift)
    before = np.r_[-np.inf, reach[:-1]]
    gap = from_ + shift > before
    added = np.maximum(reach - np.maximum(from_ + shift, before), 0.0) * length[mine]
    ring = segments.ring[mine]
    carried_on = np.zeros(len(mine), dtype=bool)
    carried_on[1:] = (
        (pair[1:] == pair[:-1])
        & (ring[1:] == ring[:-1])
        & (mine[1:] == mine[:-1] + 1)
        & (reach[:-1] - shift[:-1] >= 1.0 - 1e-9)
        & (from_[1:] <= 1e-9)
    )
    run_starts = np.flatnonzero(gap & ~carried_on)
    run = np.add.reduceat(added, run_starts)
    run = np.where(run > corner, run, 0.0)
    # A border seen from both sides is measured on each; the longer account is kept.
    side, side_of = np.unique(
        np.stack([pair[run_starts], segments.owner[mine[run_starts]]]), axis=1, return_inverse=True
    )
    total = np.bincount(side_of.ravel(), weights=run)
    pairs, at = np.unique(side[0], return_inverse=True)
    border = np.zeros(len(pairs))
    np.maximum.at(border, at, total)
    return pairs, border
