"""MatrixMarket files: numbered rows and columns, the ids of the regions in comments."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.io import mmread

from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, ReadError
from spatial_region.weights.files._content import Content, Source, file_recipe
from spatial_region.weights.files._ids import kind_of_ids
from spatial_region.weights.files._record import from_json, names_of, to_json, to_record

_MARK, _ID = "% spatial_region ", "% id "
_MOST_ROWS = 50_000_000
_LONGEST = 900  # characters of a comment; the format has lines of at most 1024, and R's reader keeps to that


def read_mtx(source: Source) -> Content:
    """Return what a MatrixMarket file says; without ids in its comments, regions are labelled 1 to n.

    Raises
    ------
    ReadError
        If it is no square matrix of real numbers, or damaged.
    """
    _check_size(source)
    try:
        matrix = mmread(BytesIO(source.data))
    except (ValueError, OverflowError, TypeError) as error:
        raise ReadError(f"{source.file} is not a readable MatrixMarket file: {error}.") from error
    if np.iscomplexobj(matrix) or matrix.shape[0] != matrix.shape[1]:
        raise ReadError(f"{source.file}: weights need a square matrix of real numbers; it is {matrix.shape}.")
    links = sp.coo_array(matrix)
    repeated = len(links.data) - len(np.unique(links.row.astype(np.int64) * matrix.shape[0] + links.col))
    if repeated:
        raise ReadError(f"{source.file}: {repeated} links come twice.")
    csr = sp.csr_array(links, dtype=np.float64)
    n = csr.shape[0]
    comments = [line.decode("utf-8", "replace") for line in source.data.splitlines() if line.startswith(b"%")]
    labels = [line[len(_ID) :] for line in comments if line.startswith(_ID)]
    records = [line[len(_MARK) :] for line in comments if line.startswith(_MARK)]
    if not records:
        return Content(pd.Index([str(k) for k in range(1, n + 1)], dtype=object), csr, file_recipe(source, "mtx"))
    record = from_json("".join(records), source.file)
    ids = _ids(labels, n, source.file)
    return Content(ids, csr, record["recipe"], record["standardisation"], names_of(record, ids, source.file))


def _check_size(source: Source) -> None:
    """Refuse what no file of this length can hold, before memory is set aside for it."""
    if b"\0" in source.data:
        raise ReadError(f"{source.file} holds zero bytes, and is no text; MatrixMarket files are.")
    size = next((line for line in source.data.splitlines() if line.strip() and not line.startswith(b"%")), b"").split()
    if not all(word.isdigit() for word in size):
        return  # the reader says what is wrong
    numbers = [int(word) for word in size]
    held = numbers[2] if len(numbers) > 2 else numbers[0] * numbers[-1] if len(numbers) == 2 else 0
    if held > len(source.data) or max(numbers, default=0) > _MOST_ROWS:
        raise ReadError(f"{source.file} announces {' x '.join(map(str, numbers))}, more than it can hold.")


def _ids(labels: list[str], n: int, file: str) -> pd.Index:
    try:
        ids = pd.Index([json.loads(label) for label in labels])
    except ValueError as error:
        raise ReadError(f"{file}: an id in its comments is damaged: {error}.") from error
    if len(ids) != n or ids.has_duplicates:
        raise ReadError(f"{file} has {n} rows, and {ids.nunique()} different ids in its comments.")
    return ids


def write_mtx(w: Weights) -> str:
    """Return the text of a MatrixMarket file, in ASCII.

    Raises
    ------
    InputError
        If an id is longer than a line may be.
    """
    kind_of_ids(w.ids)
    labels = [json.dumps(label if isinstance(label, str) else int(label)) for label in w.ids]
    long = [label for label in labels if len(label) > _LONGEST]
    if long:
        raise InputError(f"mtx files have short lines; {len(long)} of {w.n} ids are too long: {long[0][:40]}... .")
    record = to_json(to_record(w))
    lines = ["%%MatrixMarket matrix coordinate real general"]
    lines += [_MARK + record[start : start + _LONGEST] for start in range(0, len(record), _LONGEST)]
    lines += [_ID + label for label in labels]
    links = w.sparse.tocoo()
    lines.append(f"{w.n} {w.n} {len(links.data)}")
    listed = zip((links.row + 1).tolist(), (links.col + 1).tolist(), links.data.tolist(), strict=True)
    lines += [f"{row} {column} {weight!r}" for row, column, weight in listed]
    return "\n".join(lines) + "\n"
