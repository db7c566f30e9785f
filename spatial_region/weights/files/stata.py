"""Text files of Stata: the number of regions, then each id with its row of weights, or with its neighbours.

``spmatrix export`` (Stata 15 and later) and ``spmat export`` write the rows, ``spmat export, nlist`` the neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse as sp

from spatial_region.core.messages import name_regions
from spatial_region.core.options import FileLayout
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError
from spatial_region.weights.files._content import (
    Content,
    Links,
    Source,
    file_recipe,
    link_matrix,
    unique_ids,
    weights_of,
    whole_number,
)
from spatial_region.weights.files._ids import check_binary, number_ids


def read_stata(source: Source) -> Content:
    """Return what a text file of Stata says; rows of n + 1 numbers are a matrix, others lists of neighbours.

    Raises
    ------
    ReadError
        If a line is not what the first line announces.
    """
    lines = [(number, line.split()) for number, line in enumerate(source.lines(), start=1) if line.strip()]
    n = _count(source, lines)
    numbers, rows = [number for number, _ in lines[1:]], [tokens for _, tokens in lines[1:]]
    if len(rows) != n:
        at = numbers[n] if len(rows) > n else lines[-1][0]
        raise source.fault(at, f"the file has {len(rows)} regions", f"line {lines[0][0]} says that there are {n}")
    ids = unique_ids(source, [_id(source, row[0], number) for row, number in zip(rows, numbers, strict=True)], numbers)
    lengths = {len(row) for row in rows}
    layout = source.layout or ("matrix" if lengths == {n + 1} else "list")
    if layout == "matrix":
        return Content(ids, _matrix(source, n, rows, numbers), file_recipe(source, "stata"))
    counts = [len(row) - 1 for row in rows]
    neighbours = [_id(source, token, number) for row, number in zip(rows, numbers, strict=True) for token in row[1:]]
    links = Links(np.repeat(ids, counts).tolist(), neighbours, np.ones(len(neighbours)), np.repeat(numbers, counts))
    matrix, _ = link_matrix(source, ids, links)
    return Content(ids, matrix, file_recipe(source, "stata"))


def _count(source: Source, lines: Sequence[tuple[int, list[str]]]) -> int:
    number, tokens = lines[0]
    if len(tokens) == 3 and all(whole_number(token) is not None for token in tokens):
        raise source.fault(number, "the matrix is banded", "export it from Stata without truncation")
    n = whole_number(tokens[0]) if len(tokens) == 1 else None
    if not n:
        raise source.fault(number, f"found {' '.join(tokens)[:60]!r}", "needed the number of regions alone")
    return n


def _id(source: Source, token: str, number: int) -> str:
    """Return an id as a whole number; Stata writes large ones as 1.1e+05, which may have lost digits."""
    digits = token.removesuffix(".0").removesuffix(".")
    if whole_number(digits.removeprefix("-")) is None:
        raise source.fault(
            number, f"found {token!r} for an id", "ids are whole numbers; a matrix has n + 1 numbers in each line"
        )
    return digits


def _matrix(source: Source, n: int, rows: Sequence[list[str]], numbers: Sequence[int]) -> sp.csr_array:
    matrix = np.empty((n, n))
    for place, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        if len(row) != n + 1:
            raise source.fault(number, f"found {len(row)} numbers", f"needed an id and {n} weights")
        matrix[place] = weights_of(source, row[1:], [number] * n)
    return sp.csr_array(matrix)


def write_stata(w: Weights, *, layout: FileLayout, drop_weights: bool) -> str:
    """Return the text that ``spmatrix import`` and ``spmat import`` read.

    Raises
    ------
    InputError
        If an id is no whole number, or a list of neighbours would lose weights or has a region as its own neighbour.
    """
    ids = [str(label) for label in number_ids(w, "Stata")]
    lines = [str(len(ids))]
    starts, columns, data = w.sparse.indptr, w.sparse.indices, w.sparse.data
    if layout == "list":
        check_binary(w, "Stata's neighbour list", drop_weights=drop_weights)
        own = w.ids[w.sparse.diagonal() != 0]
        if len(own):
            raise InputError(
                f"in Stata's neighbour list no region is a neighbour of its own; {len(own)} are: "
                f"{name_regions(own, w.names)}. Write layout='matrix'."
            )
        labels = np.array(ids, dtype=object)
        for row, label in enumerate(ids):
            lines.append(" ".join([label, *labels[columns[starts[row] : starts[row + 1]]]]))
        return "\n".join(lines) + "\n"
    for row, label in enumerate(ids):
        weights = ["0"] * len(ids)
        part = slice(starts[row], starts[row + 1])
        for column, weight in zip(columns[part].tolist(), data[part].tolist(), strict=True):
            weights[column] = repr(weight)
        lines.append(" ".join([label, *weights]))
    return "\n".join(lines) + "\n"
