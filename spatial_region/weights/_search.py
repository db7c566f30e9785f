"""Which points are near which: pairs within a distance, and nearest neighbours with ties broken by id.

Arrays in, arrays out. Straight distances find the candidates; kilometres of the metric decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from spatial_region.core.geo import EARTH_RADIUS_KM, Points
from spatial_region.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Pairs = tuple[IntArray, IntArray, FloatArray]

TIE = 1e-9  # distances that differ by less than this share are ties
LARGEST = 20_000  # regions of which every pair is taken; their weights fill 5 GB
_BATCH = 100_000  # points looked up at a time, so that memory stays bounded


@dataclass(frozen=True, eq=False)
class PointPlaces:
    """Regions as points.

    Attributes
    ----------
    points : Points
        One a region.
    rank : numpy.ndarray, shape (n,)
        Place of each region in the order of their ids, which breaks ties.
    """

    points: Points
    rank: IntArray

    @property
    def metric(self) -> str:
        """How kilometres are measured."""
        return self.points.metric

    @property
    def rounding(self) -> float:
        """Kilometres that the rounding of the coordinates can make."""
        return rounding_km(self.points)

    def links(self, km: float) -> tuple[IntArray, IntArray]:
        """Return the pairs, first < second, within `km`, ends included despite rounding."""
        first, second = self._candidates(km * self.points.margin)
        if self.points.margin == 1.0:
            return first, second
        straight = self.points.km(_chords(self.points.xyz, first, second))
        doubtful = np.flatnonzero(straight > km / self.points.margin)
        kept = np.ones(len(first), dtype=bool)
        kept[doubtful] = self.points.between(first[doubtful], second[doubtful]) <= km * (1 + TIE)
        return first[kept], second[kept]

    def within(self, km: float) -> Pairs:
        """Return the pairs, first < second, within `km`, and their kilometres."""
        first, second = self._candidates(km * self.points.margin)
        distances = self.points.between(first, second)
        if self.points.margin == 1.0 or not np.isfinite(km):
            return first, second, distances
        kept = distances <= km * (1 + TIE)
        return first[kept], second[kept], distances[kept]

    def nearest(self, k: int, *, rows: IntArray | None = None, ties: bool = False) -> Pairs:
        """Return the k nearest others of each point, or of those at `rows`: rows, columns and kilometres.

        Ties go to the smaller id; with `ties`, every point as near as the k-th comes along.
        """
        tree = cKDTree(self.points.xyz)
        open_rows = np.arange(len(self.points.xyz)) if rows is None else rows
        asked = min(len(self.points.xyz), k + 9)
        found: list[Pairs] = []
        while len(open_rows):
            unsure: list[IntArray] = []
            for start in range(0, len(open_rows), _BATCH):
                part, left = self._nearest_among(tree, open_rows[start : start + _BATCH], k, asked, ties=ties)
                found.append(part)
                unsure.append(left)
            open_rows, asked = np.concatenate(unsure), min(len(self.points.xyz), asked * 4)
        return _joined(found)

    def _candidates(self, km: float) -> tuple[IntArray, IntArray]:
        n = len(self.points.xyz)
        if not np.isfinite(km):
            check_size(n)
            first, second = np.triu_indices(n, k=1)
            return first, second
        reach = self.points.chord(km * (1 + TIE) + self.rounding)
        first, second = cKDTree(self.points.xyz).query_pairs(reach, output_type="ndarray").T
        return first, second

    def _nearest_among(
        self, tree: cKDTree, rows: IntArray, k: int, asked: int, *, ties: bool
    ) -> tuple[Pairs, IntArray]:
        """Return the neighbours of those rows whose answer the nearest `asked` candidates settle, and the others."""
        chords, found = tree.query(self.points.xyz[rows], k=asked)
        distances = self.points.between(rows[:, None], found) if self.points.margin > 1.0 else self.points.km(chords)
        distances = np.where(found == rows[:, None], -1.0, distances)  # itself first, whatever coincides with it
        place = np.argsort(distances, axis=1, kind="stable")[:, 1:]
        distances = np.take_along_axis(distances, place, axis=1)
        columns = np.take_along_axis(found, place, axis=1)
        far = distances[:, k - 1] * (1 + TIE) + self.rounding
        # Beyond the last candidate there may be others that tie with the k-th, or are nearer by a geodesic.
        sure = (far < self.points.km(chords[:, -1]) / self.points.margin) | (asked == len(self.points.xyz))
        rows_2d = np.broadcast_to(rows[:, None], columns.shape)
        flat = (rows_2d[sure].ravel(), columns[sure].ravel(), distances[sure].ravel())
        return first_k(flat, k, [], self.rank, self.rounding, ties=ties), rows[~sure]


def first_k(
    pairs: Pairs, k: int, tie_breakers: list[FloatArray], rank: IntArray, rounding: float, *, ties: bool = False
) -> Pairs:
    """Keep the k nearest columns of each row; ties go by the tie-breakers in turn, and last by rank."""
    rows, columns, distances = pairs
    group = _groups(rows, distances, rounding)
    broken = group
    for key in tie_breakers:
        broken = _groups(broken, key, rounding)
    order = np.lexsort((rank[columns], broken))
    by_row = rows[order]
    starts = np.flatnonzero(np.r_[True, by_row[1:] != by_row[:-1]])
    counts = np.diff(np.r_[starts, len(order)])
    if ties:
        last = group[order[starts + k - 1]]
        kept = group[order] <= np.repeat(last, counts)
    else:
        kept = np.arange(len(order)) - np.repeat(starts, counts) < k
    order = order[kept]
    return rows[order], columns[order], distances[order]


def _groups(within: IntArray, key: FloatArray, rounding: float) -> IntArray:
    """Number the groups of equal keys within groups, in ascending order; keys differ by more than rounding."""
    order = np.lexsort((key, within))
    sorted_key, sorted_group = key[order], within[order]
    new = np.diff(sorted_group) != 0
    new |= np.diff(sorted_key) > TIE * np.abs(sorted_key[1:]) + rounding
    result = np.empty(len(key), dtype=np.int64)
    result[order] = np.concatenate([[0], np.cumsum(new)]) if len(key) else 0
    return result


def rounding_km(points: Points) -> float:
    """Return the kilometres that the rounding of coordinates can make in a distance."""
    unit = EARTH_RADIUS_KM if points.spherical else 1.0
    return float(8 * np.finfo(float).eps * np.abs(points.xyz).max(initial=0.0) * unit)


def check_size(n: int) -> None:
    """Refuse weights of every pair of so many regions that they do not fit in memory.

    Raises
    ------
    InputError
        If there are more than 20,000 regions.
    """
    if n > LARGEST:
        raise InputError(f"without km= every pair of {n} regions has a weight: {n * (n - 1):,} in all. Pass km=.")


def _chords(xyz: FloatArray, first: IntArray, second: IntArray) -> FloatArray:
    difference = xyz[first] - xyz[second]
    return np.sqrt(np.einsum("ij,ij->i", difference, difference))


def _joined(parts: list[Pairs]) -> Pairs:
    if len(parts) == 1:
        return parts[0]
    rows, columns, distances = (np.concatenate(part) for part in zip(*parts, strict=True))
    return rows, columns, distances
