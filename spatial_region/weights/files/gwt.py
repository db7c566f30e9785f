"""GWT and KWT files of GeoDa, PySAL and R: one link a line, with its weight."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError
from spatial_region.weights.files._content import (
    Content,
    Links,
    Source,
    file_recipe,
    first_line,
    link_matrix,
    weights_of,
)
from spatial_region.weights.files._ids import word_ids
from spatial_region.weights.files.gal import geoda_header


def read_gwt(source: Source, form: str) -> Content:
    """Return what a GWT or KWT file says.

    Raises
    ------
    ReadError
        If a line is not an id, an id and a weight, or there are more regions than the first line says.
    """
    lines = source.lines()
    n, facts = first_line(source, lines)
    rows = [line.split() for line in lines[1:]]
    numbers = [number for number, row in enumerate(rows, start=2) if row]
    rows = [row for row in rows if row]
    bad = next((place for place, row in enumerate(rows) if len(row) != 3), None)
    if bad is not None:
        raise source.fault(
            numbers[bad],
            f"found {' '.join(rows[bad])[:60]!r}",
            "needed the id of a region, the id of its neighbour and a weight",
        )
    focal, neighbour = [row[0] for row in rows], [row[1] for row in rows]
    links = Links(focal, neighbour, weights_of(source, [row[2] for row in rows], numbers), np.array(numbers))
    ids = pd.Index(pd.unique(np.array([*focal, *neighbour], dtype=object)), name="region", dtype=object)
    if len(ids) > n:
        first = next(number for label, number in _appearances(rows, numbers) if label == ids[n])
        raise source.fault(
            first, f"region {ids[n]!r} is the {n + 1}th that the file names", f"line 1 says that there are {n}"
        )
    matrix, zeros = link_matrix(source, ids, links)
    return Content(ids, matrix, file_recipe(source, form, **facts), unnamed=n - len(ids), zeros=zeros)


def _appearances(rows: list[list[str]], numbers: list[int]) -> list[tuple[str, int]]:
    """Return every label with its line, in the order in which the regions are counted: focal ones first."""
    return [(row[side], number) for side in (0, 1) for row, number in zip(rows, numbers, strict=True)]


def write_gwt(w: Weights, form: str, *, layer: str, id_name: str, islands: str) -> str:
    """Return the text of a GWT or KWT file, with GeoDa's header.

    Raises
    ------
    InputError
        If an id has spaces, or regions without neighbours have no place in the file.
    """
    ids = word_ids(w, form.upper())
    empty = w.ids[np.diff(w.sparse.indptr) == 0]
    if len(empty) and islands == "raise":
        raise InputError(
            f"{form.upper()} files have no place for regions without neighbours; there are {len(empty)}: "
            f"{name_regions(empty, w.names)}. Pass islands='omit' to count them in the first line only, as GeoDa does "
            f"(to read the file again needs ids=), or write gal, npz, parquet, mtx, csv or xlsx."
        )
    labels = np.array(ids, dtype=object)
    links = w.sparse.tocoo()
    listed = zip(labels[links.row], labels[links.col], links.data.tolist(), strict=True)
    body = [f"{focal} {neighbour} {weight!r}" for focal, neighbour, weight in listed]
    return "\n".join([geoda_header(len(ids), layer, id_name), *body]) + "\n"
