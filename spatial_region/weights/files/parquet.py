"""Parquet files: one link a row (focal, neighbor, weight); ids, recipe, standardisation and names in the metadata."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.weights import Weights
from spatial_region.errors import MissingLibraryError, ReadError
from spatial_region.weights.files._content import Content, Source, file_recipe
from spatial_region.weights.files._ids import kind_of_ids
from spatial_region.weights.files._record import from_json, names_of, to_json, to_record

_KEY = b"spatial_region"
_COLUMNS = ("focal", "neighbor", "weight")


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingLibraryError(
            "parquet files need 'pyarrow', which is not installed. Run: pip install 'spatial_region[parquet]'"
        ) from error
    return pa, pq


def read_parquet(source: Source) -> Content:
    """Return what a parquet file says, also one of `libpysal.graph.Graph.to_parquet`.

    Raises
    ------
    ReadError
        If it is damaged, or has other columns.
    MissingLibraryError
        If pyarrow is not installed.
    """
    pa, pq = _arrow()
    try:
        table = pq.read_table(BytesIO(source.data))
    except (pa.ArrowException, OSError) as error:
        raise ReadError(f"{source.file} is not a readable parquet file: {error}.") from error
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing:
        raise ReadError(f"{source.file} has no column {', '.join(missing)}; it has: {', '.join(table.column_names)}.")
    for name in _COLUMNS:
        if table[name].null_count:
            raise ReadError(f"{source.file}: the column {name} is empty in {table[name].null_count} of its rows.")
    focal, neighbour = (pd.Index(table[name].to_pylist()) for name in _COLUMNS[:2])
    try:
        weight = np.asarray(table["weight"].to_numpy(), dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise ReadError(f"{source.file}: a weight is no number: {error}.") from error
    written = (table.schema.metadata or {}).get(_KEY)
    if written is None:
        ids = pd.Index(pd.unique(np.array([*focal, *neighbour], dtype=object))).infer_objects()
        # libpysal marks an island by a link to itself with a weight of 0, which is no link.
        return Content(ids, _matrix(source, ids, focal, neighbour, weight), file_recipe(source, "parquet"))
    record = from_json(written.decode("utf-8"), source.file)
    ids = pd.Index(record.get("ids") or [])
    matrix = _matrix(source, ids, focal, neighbour, weight)
    return Content(ids, matrix, record["recipe"], record["standardisation"], names_of(record, ids, source.file))


def _matrix(source: Source, ids: pd.Index, focal: pd.Index, neighbour: pd.Index, weight: np.ndarray) -> sp.csr_array:
    rows, columns = ids.get_indexer(focal), ids.get_indexer(neighbour)
    for places, labels in ((rows, focal), (columns, neighbour)):
        if (places < 0).any():
            row = int(np.argmax(places < 0))
            raise ReadError(
                f"{source.file}, row {row + 1}: region {labels[row]!r} is not among its {len(ids)} regions."
            )
    fine = np.isfinite(weight) & (weight >= 0)
    if not fine.all():
        row = int(np.argmin(fine))
        raise ReadError(
            f"{source.file}, row {row + 1}: found {weight[row]!r}; a weight must be finite and not negative."
        )
    again = pd.Index(rows.astype(np.int64) * len(ids) + columns).duplicated()
    if again.any():
        row = int(np.argmax(again))
        raise ReadError(
            f"{source.file}, row {row + 1}: the link from {focal[row]!r} to {neighbour[row]!r} comes twice."
        )
    return sp.csr_array(sp.coo_array((weight, (rows, columns)), shape=(len(ids), len(ids))))


def write_parquet(w: Weights) -> bytes:
    """Return the bytes of a parquet file.

    Raises
    ------
    MissingLibraryError
        If pyarrow is not installed.
    """
    pa, pq = _arrow()
    integer = kind_of_ids(w.ids) == "integer"
    ids = [int(label) if integer else label for label in w.ids]
    kind = pa.int64() if integer else pa.string()
    links = w.sparse.tocoo()
    labels = np.array(ids, dtype=object)
    columns = {
        "focal": pa.array(labels[links.row].tolist(), kind),
        "neighbor": pa.array(labels[links.col].tolist(), kind),
        "weight": pa.array(links.data, pa.float64()),
    }
    table = pa.table(columns, metadata={_KEY: to_json(to_record(w, ids=ids)).encode()})
    content = BytesIO()
    pq.write_table(table, content)
    return content.getvalue()
