"""Polygons and lines drawn as one collection for the whole map."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.path import Path

from spatial_region.viz.legends import ClassedRegions
from spatial_region.viz.palettes import BORDER_COLOUR, HATCH_INK, OUTLINE_COLOUR


def region_path(geometry: Any) -> Path:
    """Return one path with every ring of a polygon or multipolygon; holes stay holes."""
    if geometry.is_empty:  # a region whose islands are all in the inset
        return Path(np.empty((0, 2)))
    # Normalised, so that outer rings and holes run in opposite directions: this leaves the holes empty.
    rings = shapely.get_rings(shapely.get_parts(shapely.normalize(geometry)))
    counts = shapely.get_num_coordinates(rings)
    ends = np.cumsum(counts)
    codes = np.full(ends[-1], Path.LINETO, dtype=Path.code_type)
    codes[ends - counts] = Path.MOVETO
    codes[ends - 1] = Path.CLOSEPOLY
    return Path(shapely.get_coordinates(rings), codes)


def for_display(geometry: Any, tolerance: float) -> np.ndarray:
    """Return geometries without detail finer than `tolerance`, borders between regions kept in common."""
    drawn = np.asarray(geometry.array)
    simplified = shapely.coverage_simplify(drawn, tolerance)
    lost = shapely.is_empty(simplified) | shapely.is_missing(simplified)
    return np.where(lost, drawn, simplified)


def border_width(count: int) -> float:
    """Return the width in points of borders between regions: thinner where regions are many."""
    return 0.6 if count < 60 else 0.35 if count < 600 else 0.15


def draw_regions(axes: Any, paths: list[Path], classed: ClassedRegions, *, gid: str = "regions") -> None:
    """Draw regions in the colours of their classes, in order, hatched where the class is."""
    width = border_width(len(paths))
    collection = PathCollection(
        paths, facecolors=classed.colours(), edgecolors=BORDER_COLOUR, linewidths=width, gid=gid, zorder=2
    )
    axes.add_collection(collection, autolim=False)
    by_key = classed.by_key
    hatches = [by_key[key].hatch for key in classed.keys]
    for hatch in sorted({hatch for hatch in hatches if hatch}):
        chosen = [path for path, has in zip(paths, hatches, strict=True) if has == hatch]
        axes.add_collection(
            PathCollection(
                chosen,
                facecolors="none",
                edgecolors=HATCH_INK,
                linewidths=width,
                hatch=hatch,
                gid=f"{gid} hatched",
                zorder=2.5,
            ),
            autolim=False,
        )


def draw_lines(
    axes: Any, geometry: Any, *, width: float, colour: str = OUTLINE_COLOUR, gid: str, zorder: float = 3
) -> None:
    """Draw lines, or the rings of polygons."""
    parts = shapely.get_parts(np.asarray(geometry.array))
    areal = shapely.get_dimensions(parts) == 2
    lines = [*shapely.get_rings(parts[areal]), *parts[~areal]]
    collection = LineCollection(
        [shapely.get_coordinates(line) for line in lines],
        colors=colour,
        linewidths=width,
        capstyle="round",
        joinstyle="round",
        gid=gid,
        zorder=zorder,
    )
    axes.add_collection(collection, autolim=False)
