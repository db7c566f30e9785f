"""GAL files of GeoDa, PySAL and R: for each region how many neighbours it has, and in the next line which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spatial_region.core.weights import Weights
from spatial_region.weights.files._content import (
    Content,
    Links,
    Source,
    file_recipe,
    first_line,
    link_matrix,
    unique_ids,
    whole_number,
)
from spatial_region.weights.files._ids import check_binary, word_ids

# Older versions of R's spdep write a 0 where the neighbours of an island would stand; GeoDa leaves the line empty.
_NONE = ("", "0")


def read_gal(source: Source) -> Content:
    """Return what a GAL file says.

    Raises
    ------
    ReadError
        If a line is not what the lines before it announce.
    """
    lines = source.lines()
    n, facts = first_line(source, lines)
    labels: list[str] = []
    label_lines: list[int] = []
    neighbours: list[list[str]] = []
    at = 1
    while (at := _next_text(lines, at)) < len(lines):
        if len(labels) == n:
            raise source.fault(at + 1, f"the file goes on after its {n} regions", f"line 1 says that there are {n}")
        label, count = _region_line(source, lines, at)
        row = _neighbour_line(source, lines, at, count)
        labels.append(label)
        label_lines.append(at + 1)
        neighbours.append(row)
        at += 2 if count or (at + 1 < len(lines) and lines[at + 1].strip() in _NONE) else 1
    if len(labels) < n:
        raise source.fault(len(lines), f"the file ends after {len(labels)} regions", f"line 1 says that there are {n}")
    ids = unique_ids(source, labels, label_lines)
    counts = [len(row) for row in neighbours]
    links = Links(
        np.repeat(np.array(labels, dtype=object), counts).tolist(),
        [label for row in neighbours for label in row],
        np.ones(sum(counts)),
        np.repeat(np.array(label_lines) + 1, counts),
    )
    matrix, _ = link_matrix(source, ids, links)
    return Content(ids, matrix, file_recipe(source, "gal", **facts))


def _next_text(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _region_line(source: Source, lines: Sequence[str], at: int) -> tuple[str, int]:
    tokens = lines[at].split()
    count = whole_number(tokens[1]) if len(tokens) == 2 else None
    if count is None:
        raise source.fault(
            at + 1, f"found {lines[at].strip()[:60]!r}", "needed the id of a region and its number of neighbours"
        )
    return tokens[0], count


def _neighbour_line(source: Source, lines: Sequence[str], at: int, count: int) -> list[str]:
    if count == 0:
        return []
    row = lines[at + 1].split() if at + 1 < len(lines) else []
    if len(row) != count:
        raise source.fault(
            at + 2,
            f"found {len(row)} neighbours of region {lines[at].split()[0]!r}",
            f"line {at + 1} says that it has {count}",
        )
    return row


def write_gal(w: Weights, *, layer: str, id_name: str, drop_weights: bool) -> str:
    """Return the text of a GAL file, with GeoDa's header.

    Raises
    ------
    InputError
        If an id has spaces, or weights would be lost.
    """
    ids = word_ids(w, "GAL")
    check_binary(w, "GAL", drop_weights=drop_weights)
    parts = [geoda_header(len(ids), layer, id_name)]
    labels = np.array(ids, dtype=object)
    starts, columns = w.sparse.indptr, w.sparse.indices
    for row, label in enumerate(ids):
        neighbours = labels[columns[starts[row] : starts[row + 1]]]
        parts.append(f"{label} {len(neighbours)}\n{' '.join(neighbours)}")
    return "\n".join(parts) + "\n"


def geoda_header(n: int, layer: str, id_name: str) -> str:
    """Return the first line of a GeoDa file; a layer name with spaces is quoted."""
    quoted = f'"{layer}"' if layer.split() != [layer] else layer
    return f"0 {n} {quoted} {id_name}"
