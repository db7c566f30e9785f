"""NPZ files: ids, matrix, recipe, standardisation and names, exactly, without pickle; or a matrix of scipy's alone."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.weights import Weights
from spatial_region.errors import ReadError
from spatial_region.weights.files._content import Content, Source, file_recipe
from spatial_region.weights.files._ids import kind_of_ids
from spatial_region.weights.files._record import from_json, names_of, to_json, to_record

_MATRIX = ("data", "indices", "indptr")


def read_npz(source: Source) -> Content:
    """Return what an NPZ file says; a matrix saved by scipy has no ids, and its regions are labelled 1 to n.

    Raises
    ------
    ReadError
        If it is damaged, or another kind of archive.
    """
    try:
        with np.load(BytesIO(source.data), allow_pickle=False) as archive:
            parts: dict[str, Any] = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, BadZipFile, zlib.error, EOFError, KeyError, AttributeError) as error:
        raise ReadError(f"{source.file} is not a readable NPZ file: {error}.") from error
    missing = [name for name in _MATRIX if name not in parts]
    if missing:
        raise ReadError(f"{source.file} holds no weights: it lacks {', '.join(missing)}.")
    if "ids" not in parts:
        matrix = _matrix(source, parts, *(int(size) for size in parts.get("shape", (0, 0))))
        labels = pd.Index([str(k) for k in range(1, matrix.shape[0] + 1)], dtype=object)
        return Content(labels, matrix, file_recipe(source, "npz"))
    ids = pd.Index(parts["ids"].tolist())
    record = from_json(str(parts.get("record", "")), source.file)
    matrix = _matrix(source, parts, len(ids), len(ids))
    return Content(ids, matrix, record["recipe"], record["standardisation"], names_of(record, ids, source.file))


def _matrix(source: Source, parts: dict[str, Any], rows: int, columns: int) -> sp.csr_array:
    kind = parts.get("format", b"csr")
    if bytes(kind.item() if hasattr(kind, "item") else kind) != b"csr" or rows != columns:
        raise ReadError(f"{source.file}: weights need a square matrix in CSR form; it is {rows} x {columns}.")
    try:
        matrix = sp.csr_array(tuple(parts[name] for name in _MATRIX), shape=(rows, columns), dtype=np.float64)
        matrix.check_format(full_check=True)
    except ValueError as error:
        raise ReadError(f"{source.file} is damaged: {error}.") from error
    return matrix


def write_npz(w: Weights) -> bytes:
    """Return the bytes of an NPZ file; the same weights give the same bytes."""
    ids = np.array(list(w.ids), dtype=np.int64 if kind_of_ids(w.ids) == "integer" else np.str_)
    content = BytesIO()
    np.savez_compressed(
        content,
        ids=ids,
        data=w.sparse.data,
        indices=w.sparse.indices,
        indptr=w.sparse.indptr,
        record=np.array(to_json(to_record(w))),
    )
    return content.getvalue()
