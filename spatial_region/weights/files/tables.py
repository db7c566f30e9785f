"""CSV and XLSX files: a square with the ids along both sides, or one link a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.messages import name_some
from spatial_region.core.options import FileLayout
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, ReadError
from spatial_region.weights.files._cells import (
    MOST_COLUMNS,
    MOST_DIGITS,
    MOST_ROWS,
    Cells,
    csv_text,
    read_cells,
    workbook,
)
from spatial_region.weights.files._content import (
    Content,
    Links,
    Source,
    file_recipe,
    link_matrix,
    unique_ids,
    weights_of,
)
from spatial_region.weights.files._ids import kind_of_ids

_FOCAL = ("focal", "from", "origin", "source", "i")
_NEIGHBOUR = ("neighbor", "neighbour", "to", "destination", "target", "j")
_WEIGHT = ("weight", "weights", "value", "w")


def read_cells_file(source: Source, form: str) -> Content:
    """Return what a CSV or XLSX file says; without `layout`, a square is known by the same ids along both sides.

    Raises
    ------
    ReadError
        If it is neither a square nor a list of links, or a cell is no weight.
    """
    cells = read_cells(source, form)
    layout = source.layout or ("matrix" if _is_square(cells) else "long")
    ids, matrix = _read_square(source, cells) if layout == "matrix" else _read_long(source, cells)
    return Content(ids, matrix, file_recipe(source, form))


def _label(cell: Any) -> str:
    """Return a cell as the text of an id: a number that a sheet holds as 12.0 is 12."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _typed(ids: pd.Index, cells: Iterable[Any]) -> pd.Index:
    """Return ids as whole numbers if every cell that gave one holds a number."""
    numbers = all(isinstance(cell, (int, float)) and float(cell).is_integer() for cell in cells)
    return pd.Index([int(label) for label in ids]) if numbers else ids


def _is_square(cells: Cells) -> bool:
    across = sorted(map(_label, cells.rows[0][1:]))
    return across == sorted(_label(row[0]) for row in cells.rows[1:])


def _read_square(source: Source, cells: Cells) -> tuple[pd.Index, sp.csr_array]:
    header, *rows = cells.rows
    ids = unique_ids(source, [_label(row[0]) for row in rows], cells.numbers[1:])
    across = pd.Index([_label(cell) for cell in header[1:]], dtype=object)
    if across.has_duplicates:
        raise source.fault(cells.numbers[0], f"ids come twice: {name_some(across[across.duplicated()])}", "each once")
    only = [*across.difference(ids), *ids.difference(across)]
    if only:
        raise ReadError(
            f"{source.file}: a square needs the same ids along both sides; {len(only)} stand along one only: "
            f"{name_some(only)}."
        )
    columns = ids.get_indexer(across)
    matrix = np.empty((len(ids), len(ids)))
    for place, (row, number) in enumerate(zip(rows, cells.numbers[1:], strict=True)):
        if len(row) > len(header):
            raise source.fault(number, f"found {len(row)} cells", f"the header has {len(header)}")
        values = [*row[1:], *[None] * (len(header) - len(row))]
        if None in values:
            raise source.fault(
                number, f"the weight for {across[values.index(None)]!r} is empty", "write 0 where there is none"
            )
        matrix[place, columns] = weights_of(source, values, [number] * len(values))
    return _typed(ids, (row[0] for row in rows)), sp.csr_array(matrix)


def _read_long(source: Source, cells: Cells) -> tuple[pd.Index, sp.csr_array]:
    header, *rows = cells.rows
    focal, neighbour, weight = _columns(source, header)
    numbers = cells.numbers[1:]
    widest = max(place for place in (focal, neighbour, weight) if place is not None) + 1
    padded = [[*row, *[None] * (widest - len(row))] for row in rows]
    for row, number in zip(padded, numbers, strict=True):
        if row[focal] is None or (row[neighbour] is None and weight is not None and row[weight] is not None):
            raise source.fault(number, "an id is empty", "a link needs two ids; an island has its own id alone")
        if row[neighbour] is not None and weight is not None and row[weight] is None:
            raise source.fault(number, "the weight is empty", "a link needs a weight")
    linked = [place for place, row in enumerate(padded) if row[neighbour] is not None]
    tokens = [1.0 if weight is None else padded[place][weight] for place in linked]
    lines = [numbers[place] for place in linked]
    links = Links(
        [_label(padded[place][focal]) for place in linked],
        [_label(padded[place][neighbour]) for place in linked],
        weights_of(source, tokens, lines),
        np.array(lines, dtype=np.int64),
    )
    given = [*(row[focal] for row in padded), *(padded[place][neighbour] for place in linked)]
    ids = pd.Index(pd.unique(np.array([_label(cell) for cell in given], dtype=object)), dtype=object)
    matrix, _ = link_matrix(source, ids, links)
    return _typed(ids, given), matrix


def _columns(source: Source, header: Sequence[Any]) -> tuple[int, int, int | None]:
    names = [_label(cell).lower() for cell in header]
    found = [
        next((k for k, name in enumerate(names) if name in known), None) for known in (_FOCAL, _NEIGHBOUR, _WEIGHT)
    ]
    if found[0] is not None and found[1] is not None:
        return found[0], found[1], found[2]
    if len(names) == 3:
        return 0, 1, 2
    raise ReadError(
        f"{source.file} is neither a square with the same ids along both sides nor a list of links with the columns "
        f"focal, neighbor and weight; its first row is: {name_some(names)}."
    )


def write_cells_file(w: Weights, form: str, *, layout: FileLayout, id_name: str) -> str | bytes:
    """Return the content of a CSV or XLSX file.

    Raises
    ------
    InputError
        If a sheet has no room for it.
    """
    integer = kind_of_ids(w.ids) == "integer"
    ids: list[Any] = [int(label) if integer else label for label in w.ids]
    blank = [label for label in ids if isinstance(label, str) and (label.strip() != label or not label)]
    if blank:
        raise InputError(f"{form} files lose spaces around ids, and empty ids: {name_some(map(repr, blank))}.")
    long = [label for label in ids if integer and len(str(abs(label))) > MOST_DIGITS]
    if form == "xlsx" and long:
        raise InputError(f"a spreadsheet keeps {MOST_DIGITS} digits of a number; ids have more: {name_some(long)}.")
    wide, high = (w.n + 1, w.n + 1) if layout == "matrix" else (3, w.sparse.nnz + w.n + 1)
    if wide > MOST_COLUMNS or (form == "xlsx" and high > MOST_ROWS):
        raise InputError(
            f"a sheet has {MOST_COLUMNS:,} columns and {MOST_ROWS:,} rows; these weights of {w.n:,} regions need "
            f"{wide:,} and {high:,}. Pass layout='long', or write npz or parquet."
        )
    rows = _square_rows(w, ids, id_name) if layout == "matrix" else _long_rows(w, ids)
    return workbook(rows) if form == "xlsx" else csv_text(rows)


def _square_rows(w: Weights, ids: list[Any], id_name: str) -> Iterator[list[Any]]:
    yield [id_name, *ids]
    for place, label in enumerate(ids):
        row: list[Any] = [0] * len(ids)
        part = slice(w.sparse.indptr[place], w.sparse.indptr[place + 1])
        for column, weight in zip(w.sparse.indices[part].tolist(), w.sparse.data[part].tolist(), strict=True):
            row[column] = weight
        yield [label, *row]


def _long_rows(w: Weights, ids: list[Any]) -> Iterator[list[Any]]:
    yield ["focal", "neighbor", "weight"]
    for place, label in enumerate(ids):
        part = slice(w.sparse.indptr[place], w.sparse.indptr[place + 1])
        for column, weight in zip(w.sparse.indices[part].tolist(), w.sparse.data[part].tolist(), strict=True):
            yield [label, ids[column], weight]
        if part.stop == part.start:
            yield [label, None, None]
