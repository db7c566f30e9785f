"""A grid of square cells, in which segments are found again by place. Arrays in, arrays out."""

from __future__ import annotations

import numba
import numpy as np

from spatial_region.weights._incidence import FloatArray, IntArray, bounds_of

_MOST_ENTRIES = 50_000_000  # places in the grid


class Grid:
    """Open segments by the square cells that their bounds meet, widened by the tolerance."""

    def __init__(self, xy: FloatArray, start: FloatArray, end: FloatArray, tolerance: float) -> None:
        low, high = bounds_of(xy)
        cells = float(np.clip(len(xy) / 4, 64, 4_000_000))
        width, height = np.maximum(high - low, 1e-300)
        self.origin = low
        self.cell = max(np.sqrt(width * height / cells), max(width, height) / cells)
        self.columns, self.rows = int(width / self.cell) + 1, int(height / self.cell) + 1
        self.starts = np.zeros(self.columns * self.rows + 1, dtype=np.int64)
        self.entries: IntArray | None = None
        if _count_cells(start, end, tolerance, *self.frame, self.starts) <= _MOST_ENTRIES:
            self.entries = np.empty(int(self.starts[-1]), dtype=np.int32)
            _fill_cells(start, end, tolerance, *self.frame, self.starts, self.entries)

    @property
    def frame(self) -> tuple[FloatArray, float, int, int]:
        """Where the cells are: origin, side, and how many columns and rows."""
        return self.origin, self.cell, self.columns, self.rows


@numba.njit(cache=True, nogil=True)
def cell_of(value: float, origin: float, cell: float, count: int) -> int:
    """Return the row or column of cells that a coordinate lies in, or the nearest."""
    return min(max(int((value - origin) / cell), 0), count - 1)


@numba.njit(cache=True, nogil=True)
def _count_cells(
    start: np.ndarray,
    end: np.ndarray,
    tolerance: float,
    origin: np.ndarray,
    cell: float,
    columns: int,
    rows: int,
    starts: np.ndarray,
) -> int:
    for s in range(len(start)):
        west = cell_of(min(start[s, 0], end[s, 0]) - tolerance, origin[0], cell, columns)
        east = cell_of(max(start[s, 0], end[s, 0]) + tolerance, origin[0], cell, columns)
        south = cell_of(min(start[s, 1], end[s, 1]) - tolerance, origin[1], cell, rows)
        north = cell_of(max(start[s, 1], end[s, 1]) + tolerance, origin[1], cell, rows)
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                starts[row * columns + column + 1] += 1
    for at in range(len(starts) - 1):
        starts[at + 1] += starts[at]
    return starts[-1]


@numba.njit(cache=True, nogil=True)
def _fill_cells(
    start: np.ndarray,
    end: np.ndarray,
    tolerance: float,
    origin: np.ndarray,
    cell: float,
    columns: int,
    rows: int,
    starts: np.ndarray,
    entries: np.ndarray,
) -> None:
    fill = starts[:-1].copy()
    for s in range(len(start)):
        west = cell_of(min(start[s, 0], end[s, 0]) - tolerance, origin[0], cell, columns)
        east = cell_of(max(start[s, 0], end[s, 0]) + tolerance, origin[0], cell, columns)
        south = cell_of(min(start[s, 1], end[s, 1]) - tolerance, origin[1], cell, rows)
        north = cell_of(max(start[s, 1], end[s, 1]) + tolerance, origin[1], cell, rows)
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                at = row * columns + column
                entries[fill[at]] = s
                fill[at] += 1
