"""Weights of a grid of cells, without geometry."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.options import ContiguityKind, check_option, check_whole_number
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError

# Steps to the neighbours of a cell, in the order of their place in the grid.
_QUEEN = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
_ROOK = [(-1, 0), (0, -1), (0, 1), (1, 0)]
_LARGEST = 100_000_000


def lattice(rows: int, columns: int, *, kind: ContiguityKind = "queen", torus: bool = False) -> Weights:
    """Weights of 1 for adjacent cells of a grid, for simulations and rasters.

    Ids read ``r03c11``: row and column, counted from 0, padded so that their order as text is that of the grid, row by
    row.

    Parameters
    ----------
    rows, columns : int
        Size of the grid, at least two cells in all.
    kind : {"queen", "rook"}
        Whether a corner is enough.
    torus : bool
        Whether the last row and column are adjacent to the first, so that all cells have equally many neighbours.

    Returns
    -------
    Weights
        Binary and symmetric, not yet standardised.

    Raises
    ------
    InputError
        If `rows` or `columns` is not a whole number of at least 1, or there are fewer than 2 cells, or more than
        100 million.
    OptionError
        If `kind` is not offered.

    Examples
    --------
    >>> import spatial_region as sr
    >>> sr.lattice(3, 4, kind="rook").neighbours("r0c0").index.tolist()
    ['r0c1', 'r1c0']
    >>> sr.lattice(10, 12, torus=True).cardinalities.unique().tolist()
    [8]
    """
    check_option(kind, ContiguityKind, "kind")
    rows = check_whole_number(rows, "rows", least=1)
    columns = check_whole_number(columns, "columns", least=1)
    if not 2 <= rows * columns <= _LARGEST:
        raise InputError(f"a lattice has 2 to {_LARGEST:,} cells; {rows} x {columns} make {rows * columns:,}.")
    steps = _QUEEN if kind == "queen" else _ROOK
    matrix = lattice_matrix(rows, columns, steps, torus=bool(torus))
    recipe = {"kind": "lattice", "contiguity": kind, "rows": rows, "columns": columns, "torus": bool(torus)}
    return Weights(_ids(rows, columns), matrix, recipe)


def lattice_matrix(rows: int, columns: int, steps: list[tuple[int, int]], *, torus: bool) -> sp.csr_array:
    """Return 1 for each pair of cells that are one of the steps apart; a cell is not its own neighbour."""
    n = rows * columns
    row, column = np.divmod(np.arange(n, dtype=np.int32), np.int32(columns))
    # One line a cell, one place a step, -1 where the step leaves the grid: the non-negative ones, read in order,
    # are the column indices of the matrix.
    neighbours = np.empty((n, len(steps)), dtype=np.int32)
    for place, (down, right) in enumerate(steps):
        r, c = row + np.int32(down), column + np.int32(right)
        if torus:
            neighbours[:, place] = (r % rows) * np.int32(columns) + c % columns
        else:
            inside = (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
            neighbours[:, place] = np.where(inside, r * np.int32(columns) + c, -1)
    valid = neighbours >= 0
    if torus:  # with one or two rows or columns, steps go round to the same cell
        neighbours.sort(axis=1)
        valid[:, 1:] = neighbours[:, 1:] != neighbours[:, :-1]
        valid &= neighbours != np.arange(n, dtype=np.int32)[:, None]
    indptr = np.concatenate([[0], np.cumsum(valid.sum(axis=1))])
    indices = neighbours[valid]
    return sp.csr_array((np.ones(len(indices)), indices, indptr), shape=(n, n))


def _ids(rows: int, columns: int) -> pd.Index:
    wide, high = len(str(columns - 1)), len(str(rows - 1))
    down = np.array([f"r{r:0{high}d}" for r in range(rows)], dtype=object)
    right = np.array([f"c{c:0{wide}d}" for c in range(columns)], dtype=object)
    return pd.Index(np.add.outer(down, right).ravel(), name="region")
