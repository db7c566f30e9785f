"""Who touches whom, as rows of links: by shared vertices where they say it all, else by search. Arrays in and out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse as sp

from spatial_region.weights._contact import ROUNDING, Contact, search_contacts
from spatial_region.weights._incidence import Corners, bounds_of, corners_of
from spatial_region.weights._outline import unsure_polygons
from spatial_region.weights._segments import FloatArray, segment_lengths
from spatial_region.weights._twins import shared_lengths, sharing, twins_of

# Up to here the search takes half a second at most, less than compiling the loops over vertices once on a new machine.
_FEW_COORDINATES = 200_000


@dataclass(frozen=True, eq=False)
class Links:
    """Polygons that touch, both ways, row by row.

    Parameters
    ----------
    starts, columns : rows as in a CSR matrix; columns ascend within a row
    border : (links,) length of the shared border, 0.0 for a corner; None if it was not asked for
    vertex : (links,) whether the two polygons have a vertex in common, to the last digit
    """

    starts: NDArray[np.integer]
    columns: NDArray[np.integer]
    border: FloatArray | None
    vertex: NDArray[np.bool_]

    @property
    def rows(self) -> NDArray[np.intp]:
        """Row of each link."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def matrix(self, values: FloatArray | None = None) -> sp.csr_array:
        """Return the links as a matrix of ones, or of `values`, of which zeros are left out."""
        n = len(self.starts) - 1
        data = np.ones(len(self.columns)) if values is None else values
        matrix = sp.csr_array((data, self.columns, self.starts), shape=(n, n))
        if values is not None:
            matrix.eliminate_zeros()
        return matrix


def contact_links(
    geoms: NDArray[np.object_], *, snap: float = 0.0, geographic: bool = False, lengths: bool = True
) -> Links:
    """Find the polygons that touch, or come within `snap` of each other.

    Parameters
    ----------
    geoms : (n,) polygons and multipolygons
    snap, geographic : as for `search_contacts`
    lengths : whether the length of the shared border is wanted
    """
    geoms = np.asarray(geoms, dtype=object)
    many = snap == 0.0 and int(shapely.get_num_coordinates(geoms).sum()) > _FEW_COORDINATES
    links = _by_vertices(geoms, geographic=geographic, lengths=lengths) if many else None
    return links or _both_ways(search_contacts(geoms, snap=snap, geographic=geographic), len(geoms))


def contact_pairs(geoms: NDArray[np.object_], *, snap: float = 0.0, geographic: bool = False) -> Contact:
    """Return the same as pairs, each once."""
    links = contact_links(geoms, snap=snap, geographic=geographic)
    rows, border = links.rows, links.border
    kept = rows < links.columns
    lengths = np.zeros(len(rows)) if border is None else border
    return Contact(rows[kept], links.columns[kept].astype(np.intp), lengths[kept], links.vertex[kept])


def _by_vertices(geoms: NDArray[np.object_], *, geographic: bool, lengths: bool) -> Links | None:
    """Return what shared vertices, and a search among the few polygons that touch otherwise, say; None if unsure."""
    corners = corners_of(geoms)
    twin = None if corners is None else twins_of(corners)
    if corners is None or twin is None:
        return None
    # Twice the rounding: whoever is named is looked at again, and none must be missed.
    unsure = unsure_polygons(corners, twin, 2 * ROUNDING * float(np.abs(bounds_of(corners.xy)).max()))
    if unsure is None:
        return None
    starts, columns = sharing(corners)
    border = None
    if lengths:
        border = shared_lengths(corners, twin, _lengths(corners, geographic=geographic), starts, columns)
    links = Links(starts, columns, border, np.ones(len(columns), dtype=bool))
    if len(unsure) == 0:
        return links
    found = _both_ways(search_contacts(geoms[unsure], geographic=geographic), len(unsure))
    return _with_found(links, found, unsure)


def _lengths(corners: Corners, *, geographic: bool) -> FloatArray:
    return segment_lengths(corners.xy, corners.xy[corners.following], geographic=geographic)


def _both_ways(contact: Contact, n: int) -> Links:
    rows = np.concatenate([contact.first, contact.second])
    columns = np.concatenate([contact.second, contact.first])
    order = np.argsort(rows * n + columns)
    starts = np.r_[0, np.cumsum(np.bincount(rows, minlength=n))]
    border, vertex = (np.concatenate([part, part])[order] for part in (contact.border, contact.vertex))
    return Links(starts, columns[order], border, vertex)


def _with_found(links: Links, found: Links, polygons: NDArray[np.intp]) -> Links:
    """Return the links with those found among some polygons; what was found of a pair that has a link replaces it."""
    n = len(links.starts) - 1
    code = links.rows.astype(np.int64) * n + links.columns
    added = polygons[found.rows].astype(np.int64) * n + polygons[found.columns]
    place = np.searchsorted(code, added)
    known = np.zeros(len(added), dtype=bool)
    inside = place < len(code)
    known[inside] = code[place[inside]] == added[inside]
    every = np.insert(code, place[~known], added[~known])
    vertex = np.insert(links.vertex, place[~known], found.vertex[~known])
    border = None
    if links.border is not None and found.border is not None:
        old = links.border.copy()
        old[place[known]] = found.border[known]
        border = np.insert(old, place[~known], found.border[~known])
    starts = np.r_[0, np.cumsum(np.bincount(every // n, minlength=n))]
    return Links(starts, every % n, border, vertex)
