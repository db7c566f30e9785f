"""Do boundaries fit together? Gaps, overlaps, and borders digitised twice, before weights are trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from spatial_region.core.geo import check_degrees, region_frame, unit_metres
from spatial_region.core.messages import name_regions
from spatial_region.errors import CRSError, GeometryError, InputError
from spatial_region.regions._faults import FloatArray, ObjectArray, find_gaps, find_overlaps, square_metres, stand_apart
from spatial_region.weights._links import contact_pairs

# The tolerance looked at unless one is given: this share of the width of a typical region.
_SHARE_OF_WIDTH = 0.002


@dataclass(frozen=True, eq=False, repr=False)
class CoverageReport:
    """What `check_coverage` found.

    Attributes
    ----------
    tolerance : float
        Metres within which borders that do not touch were looked for.
    pairs : pandas.DataFrame
        One row for each pair of regions that touch or nearly do: `first`, `second` (ids), `contact`, `border_m`
        (length of the common border, of the one within the tolerance for near contacts) and `shared_vertex`.
        `contact` is "edge"; "corner" (points only); "overlap" (they cross, without a common border); and
        "near edge" and "near corner" (within the tolerance, with nothing but a gap between).
    overlaps : pandas.DataFrame
        Pairs whose areas overlap: `first`, `second`, `area_km2`.
    gaps : pandas.DataFrame
        Holes between regions no wider than the tolerance: `x`, `y`, `area_km2`, `width_m`, `regions`.
    n_regions : int
        Number of regions.
    names : pandas.Series or None
        Display names by id.
    """

    tolerance: float
    pairs: pd.DataFrame
    overlaps: pd.DataFrame
    gaps: pd.DataFrame
    n_regions: int
    names: pd.Series | None

    @property
    def missed(self) -> pd.DataFrame:
        """Pairs that exact contiguity misses although only a gap within the tolerance parts them."""
        return self.pairs[self.pairs["contact"].str.startswith("near")]

    @property
    def n_touching(self) -> int:
        """Number of pairs that touch geometrically: exact queen contiguity."""
        return len(self.pairs) - len(self.missed)

    @property
    def n_shared_vertex(self) -> int:
        """Number of pairs with a vertex in common: what packages that compare vertices find."""
        return int(self.pairs["shared_vertex"].sum())

    @property
    def fits(self) -> bool:
        """Whether no border is digitised twice and nothing overlaps or gapes. Near corners alone do not count."""
        doubled = (self.pairs["contact"] == "near edge").any()
        return not (doubled or len(self.overlaps) or len(self.gaps))

    def table(self) -> pd.DataFrame:
        """Count the pairs by contact, and those of them with a common vertex."""
        kinds = ["edge", "corner", "overlap", "near edge", "near corner"]
        grouped = self.pairs.groupby("contact")["shared_vertex"].agg(["size", "sum"])
        counts = grouped.reindex(kinds, fill_value=0).astype(int)
        return counts.rename(columns={"size": "pairs", "sum": "with_shared_vertex"})

    def summary(self) -> str:
        """Say in words what was found and what to do."""
        lines = [
            f"Coverage of {self.n_regions} regions, gaps looked for within {self.tolerance:g} m",
            f"  {self.n_touching} pairs touch; {self.n_shared_vertex} of them share a vertex",
            *(f"  {fault}" for fault in self.faults()),
        ]
        if self.fits:
            lines.append("  The borders fit together.")
        else:
            lines.append(f"  {self.advice()}")
        return "\n".join(lines)

    def faults(self) -> list[str]:
        """One sentence a fault, naming up to five cases."""
        out = []
        if len(self.missed):
            out.append(
                f"{len(self.missed)} pairs of neighbours come within {self.tolerance:g} m but do not touch, so exact "
                f"contiguity misses them: {self._name_pairs(self.missed)}."
            )
        if len(self.overlaps):
            area = self.overlaps["area_km2"].sum()
            out.append(
                f"{len(self.overlaps)} pairs overlap, by {area:.3g} km2 in all: {self._name_pairs(self.overlaps)}."
            )
        if len(self.gaps):
            widest = self.gaps["width_m"].max()
            places = list(dict.fromkeys(self.gaps["regions"]))
            between = "; ".join(name_regions(regions, self.names) for regions in places[:5])
            more = f" and {len(places) - 5} more places" if len(places) > 5 else ""
            out.append(f"{len(self.gaps)} slivers lie between regions, up to {widest:.3g} m wide: {between}{more}.")
        if self.n_shared_vertex < self.n_touching:
            out.append(
                f"{self.n_touching - self.n_shared_vertex} of {self.n_touching} pairs that touch have no vertex in "
                f"common: packages that compare vertices miss them, contiguity() does not."
            )
        return out

    def advice(self) -> str:
        """What to do about it."""
        return (
            f"Pass snap={self.tolerance:g} (metres) to read_regions() to join the borders, or to contiguity() to count "
            f"such neighbours without moving anything; check_coverage() lists every case."
        )

    def _name_pairs(self, pairs: pd.DataFrame) -> str:
        shown = [
            " - ".join(name_regions([region], self.names) for region in pair)
            for pair in pairs[["first", "second"]].iloc[:5].to_numpy()
        ]
        more = len(pairs) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")

    def __repr__(self) -> str:
        return self.summary()


def check_coverage(regions: object, *, tolerance: float | None = None) -> CoverageReport:
    """Check whether boundaries fit together: gaps, overlaps, and borders digitised twice.

    Where the two sides of a border were drawn or simplified apart, contiguity by common vertices silently loses
    neighbours. This counts such pairs and names them.

    Parameters
    ----------
    regions : Study or geopandas.GeoDataFrame
        Regions, indexed by id, with a coordinate reference system.
    tolerance : float, optional
        Metres within which borders that do not touch are looked for. By default 0.2 % of the width (square root
        of the area) of the median region, to one digit: about 200 m for prefectures, 50 m for counties.

    Returns
    -------
    CoverageReport
        Every pair with its contact, the overlaps, the gaps, a summary in words, and whether all fits.

    Raises
    ------
    InputError
        If `regions` is of another type, or `tolerance` is not a positive number.
    CRSError
        If there is no coordinate reference system, it has no unit of length, or does not fit the coordinates.
    GeometryError
        If a geometry is missing, empty or invalid.

    Notes
    -----
    For longitude and latitude, metres are measured where they occur, on the ellipsoid. Two regions with a narrow
    neck of a third between them are not reported: nothing is missing there. GeoDa's "precision threshold" and
    libpysal's `fuzzy_contiguity` treat the same trouble when weights are made, in the units of the coordinates.

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(0, 0, 1e4, 1e4), shapely.box(10005, 0, 2e4, 1e4)]
    >>> report = sr.check_coverage(gpd.GeoDataFrame(geometry=cells, index=["a", "b"], crs=3857))
    >>> report.pairs["contact"].tolist(), report.fits
    (['near edge'], False)
    """
    frame, names = region_frame(regions)
    geoms = _sound_geometries(frame, names)
    geographic, unit = length_unit(frame.crs)
    if geographic:
        check_degrees(frame.geometry, purpose="check_coverage()")
    if tolerance is None:
        tolerance = _usual_tolerance(geoms, geographic=geographic, unit=unit)
    elif not (np.isfinite(tolerance) and tolerance > 0):
        raise InputError(f"tolerance must be a positive number of metres; found {tolerance!r}.")
    ids = frame.index.to_numpy()
    clean = bool(shapely.coverage_is_valid(geoms))
    exact = contact_pairs(geoms, geographic=geographic)
    near = contact_pairs(geoms, snap=tolerance / unit, geographic=geographic)
    known = np.isin(near.first * len(geoms) + near.second, exact.first * len(geoms) + exact.second)
    apart = ~known
    apart[apart] = stand_apart(geoms, near.first[apart], near.second[apart])
    overlaps = find_overlaps(geoms, exact, clean=clean, geographic=geographic, unit=unit)
    crossing = np.isin(exact.first * len(geoms) + exact.second, overlaps[0] * len(geoms) + overlaps[1])
    touching = np.where(exact.border > 0, "edge", np.where(crossing, "overlap", "corner"))
    first, second = np.r_[exact.first, near.first[apart]], np.r_[exact.second, near.second[apart]]
    pairs = pd.DataFrame(
        {
            "first": ids[first],
            "second": ids[second],
            "contact": np.r_[touching, np.where(near.border[apart] > 0, "near edge", "near corner")].astype(str),
            "border_m": np.r_[exact.border, near.border[apart]] * unit,
            "shared_vertex": np.r_[exact.vertex, near.vertex[apart]].astype(bool),
        }
    )
    pairs = pairs.iloc[np.lexsort((second, first))].reset_index(drop=True)
    areas = pd.DataFrame({"first": ids[overlaps[0]], "second": ids[overlaps[1]], "area_km2": overlaps[2]})
    gaps = find_gaps(geoms, tolerance, clean=clean, geographic=geographic, unit=unit)
    gaps["regions"] = [tuple(ids[list(around)]) for around in gaps["regions"]]
    return CoverageReport(float(tolerance), pairs, areas, gaps, len(geoms), names)


def length_unit(crs: Any) -> tuple[bool, float]:
    """Whether coordinates are degrees, and how many metres one unit of length of the kernel is.

    Raises
    ------
    CRSError
        If there is no coordinate reference system, or it has no unit of length.
    """
    if crs is None:
        raise CRSError(
            "The regions have no coordinate reference system, so metres cannot be measured. "
            "Say what their coordinates are, for example regions.set_crs('EPSG:4326') for degrees."
        )
    return (True, 1.0) if crs.is_geographic else (False, unit_metres(crs))


def _sound_geometries(frame: Any, names: pd.Series | None) -> ObjectArray:
    geoms: ObjectArray = np.asarray(frame.geometry.array, dtype=object)
    empty = shapely.is_missing(geoms) | shapely.is_empty(geoms)
    if empty.any():
        raise GeometryError(
            f"{empty.sum()} of {len(geoms)} regions have no geometry: {name_regions(frame.index[empty], names)}. "
            f"Leave them out first."
        )
    invalid = ~shapely.is_valid(geoms)
    if invalid.any():
        raise GeometryError(
            f"{invalid.sum()} of {len(geoms)} regions have an invalid geometry: "
            f"{name_regions(frame.index[invalid], names)}. Read them with read_regions(..., repair=True)."
        )
    return geoms


def _usual_tolerance(geoms: ObjectArray, *, geographic: bool, unit: float) -> float:
    """0.2 % of the width of the median region, to one significant digit."""
    widths: FloatArray = np.sqrt(shapely.area(geoms)) * unit
    if geographic:
        widths = np.sqrt(square_metres(geoms))
    typical = _SHARE_OF_WIDTH * float(np.median(widths))
    return float(f"{typical:.0e}") if typical > 0 else 1.0
