"""SWM files of ArcGIS: a line of text, then whole numbers and weights in binary.

After the line come the number of regions and whether rows were standardised; then for each region its id, its number
of neighbours and, if it has any, their ids, their weights (one for all where the header says that they are fixed)
and the sum of the weights before standardisation. Whole numbers have 32 bits, or 64 where the header says so.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.messages import name_some
from spatial_region.core.weights import Weights
from spatial_region.errors import ReadError
from spatial_region.weights.files._content import Content, Source, file_recipe
from spatial_region.weights.files._ids import number_ids

_TOLERANCE = 1e-6  # how far the sum of a row that was standardised may be from 1
# What ArcGIS expects in the header besides what is known here, with its sign for "not given".
_NOT_GIVEN = (
    *("DISTANCEMETHOD", "EXPONENT", "THRESHOLD", "NUMNEIGHS", "INPUTTABLE", "TIMEFIELD", "TIMETYPE", "TIMEVALUE"),
    *("INPUTNET", "IMPEDANCEFIELD", "BARRIERFC", "UTURNPOLICY", "RESTRICTIONS", "USEHIERARCHY", "SEARCHTOLERANCE"),
    "ADDCONCEPT",
)


def read_swm(source: Source) -> Content:
    """Return what an SWM file says.

    Raises
    ------
    ReadError
        If the file is cut off, or its parts contradict each other.
    """
    fields, start = _header(source)
    try:
        row, ids, counts, matrix = _read_regions(source, fields, start, sum_of_none=False)
    except ReadError as error:
        try:
            # libpysal writes the sum of the weights, 0, also for regions without neighbours; ArcGIS does not.
            row, ids, counts, matrix = _read_regions(source, fields, start, sum_of_none=True)
        except ReadError:
            raise error from None
    if row:
        _check_sums(source, ids, counts, matrix)
    labels = pd.Index([str(label) for label in ids], dtype=object)
    recipe = file_recipe(source, "swm", **{"id variable": fields["UNIQUEID"], "crs": fields["SPATIALREFNAME"]})
    return Content(labels, matrix, recipe, "row" if row else None)


def _read_regions(
    source: Source, fields: dict[str, str], start: int, *, sum_of_none: bool
) -> tuple[bool, np.ndarray, np.ndarray, sp.csr_array]:
    """Return whether rows were standardised, the ids, the numbers of neighbours, and the matrix."""
    wide = fields.get("HASID64", "").upper() == "TRUE"
    fixed = fields.get("FIXEDWEIGHTS", "").upper() == "TRUE"
    reader = _Reader(source, start, np.dtype("<i8" if wide else "<i4"))
    n, row = (int(value) for value in reader.integers(2, "its first two numbers"))
    if n < 1 or n > len(source.data) or row not in (0, 1):
        raise ReadError(
            f"{source.file}: found {n} regions and the mark {row} for standardised rows; it is no SWM file."
        )
    ids, counts = np.empty(n, np.int64), np.empty(n, np.int64)
    neighbours, weights = [np.empty(0, np.int64)], [np.empty(0)]
    for place in range(n):
        ids[place], counts[place] = reader.integers(2, f"region {place + 1} of {n}")
        if counts[place] < 0:
            raise ReadError(f"{source.file}: region {ids[place]} has {counts[place]} neighbours; the file is damaged.")
        where = f"the neighbours of region {ids[place]} ({place + 1} of {n})"
        if counts[place]:
            neighbours.append(reader.integers(int(counts[place]), where))
            weights.append(reader.weights(int(counts[place]), fixed=fixed, where=where))
        elif sum_of_none:
            reader.weights(0, fixed=False, where=where)
    if reader.at < len(source.data):
        raise ReadError(f"{source.file}: {len(source.data) - reader.at} bytes are left after its {n} regions.")
    return bool(row), ids, counts, _matrix(source, ids, counts, np.concatenate(neighbours), np.concatenate(weights))


def _header(source: Source) -> tuple[dict[str, str], int]:
    """Return the fields of the first line, and where the numbers begin."""
    end = source.data.find(b"\n")
    if not 0 <= end < 10_000:
        raise ReadError(f"{source.file} does not begin with the line of text of an SWM file.")
    try:
        parts = source.data[:end].decode("utf-8").strip().split(";")
    except UnicodeDecodeError as error:
        raise ReadError(f"{source.file} does not begin with the line of text of an SWM file.") from error
    if not parts[0].upper().startswith("VERSION@"):
        if len(parts) != 2:
            raise ReadError(f"{source.file} begins with {parts[0][:40]!r}; an SWM file names its id variable and CRS.")
        return {"UNIQUEID": parts[0], "SPATIALREFNAME": parts[1]}, end + 1
    fields = dict(part.partition("@")[::2] for part in parts)
    return {"UNIQUEID": "Unknown", "SPATIALREFNAME": "Unknown", **fields}, end + 1


class _Reader:
    """A place in the bytes that moves on as they are read."""

    def __init__(self, source: Source, at: int, integer: np.dtype) -> None:
        self.source, self.at, self.integer = source, at, integer

    def integers(self, count: int, where: str) -> np.ndarray:
        return self._take(self.integer, count, where).astype(np.int64)

    def weights(self, count: int, *, fixed: bool, where: str) -> np.ndarray:
        values = self._take(np.dtype("<f8"), 1 if fixed else count, where)
        self._take(np.dtype("<f8"), 1, where)  # the sum before standardisation
        return np.repeat(values, count) if fixed else values

    def _take(self, kind: np.dtype, count: int, where: str) -> np.ndarray:
        stop = self.at + kind.itemsize * count
        if stop > len(self.source.data):
            raise ReadError(f"{self.source.file} ends at byte {len(self.source.data)}, within {where}; it is cut off.")
        values = np.frombuffer(self.source.data, kind, count, self.at)
        self.at = stop
        return values


def _matrix(
    source: Source, ids: np.ndarray, counts: np.ndarray, neighbours: np.ndarray, weights: np.ndarray
) -> sp.csr_array:
    index = pd.Index(ids)
    if index.has_duplicates:
        raise ReadError(f"{source.file}: regions come twice: {name_some(index[index.duplicated()].unique())}.")
    columns = index.get_indexer(neighbours)
    if (columns < 0).any():
        stray = np.unique(neighbours[columns < 0])
        raise ReadError(f"{source.file}: neighbours are not among its {len(ids)} regions: {name_some(stray)}.")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ReadError(f"{source.file}: weights must be finite and not negative; the smallest is {weights.min():g}.")
    rows = np.repeat(np.arange(len(ids)), counts)
    if len(np.unique(rows * len(ids) + columns)) < len(rows):
        raise ReadError(f"{source.file}: a link comes twice.")
    return sp.csr_array(sp.coo_array((weights, (rows, columns)), shape=(len(ids), len(ids))))


def _check_sums(source: Source, ids: np.ndarray, counts: np.ndarray, matrix: sp.csr_array) -> None:
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    off = (counts > 0) & (np.abs(sums - 1) > _TOLERANCE)
    if off.any():
        raise ReadError(
            f"{source.file} says that its rows are standardised; {off.sum()} do not sum to 1, such as that of region "
            f"{ids[off][0]} ({sums[off][0]:g})."
        )


def write_swm(w: Weights, *, id_name: str) -> bytes:
    """Return the bytes of an SWM file in the form of ArcGIS 10.1 and later.

    Raises
    ------
    InputError
        If an id is no whole number.
    """
    ids = np.array(number_ids(w, "SWM"), dtype=np.int64)
    wide = bool(len(ids)) and not np.array_equal(ids, ids.astype(np.int32))
    kind = "<i8" if wide else "<i4"
    fields = {"VERSION": "10.1", "UNIQUEID": id_name, "SPATIALREFNAME": "Unknown", "INPUTFC": "#", "WTYPE": "-1"}
    fields |= dict.fromkeys(_NOT_GIVEN, "#") | {"FIXEDWEIGHTS": "False", "HASZ": "False", "HASID64": str(wide)}
    header = ";".join(f"{key}@{value}" for key, value in fields.items()) + "\n"
    row = w.standardisation == "row"
    parts = [header.encode(), np.array([len(ids), row], dtype=kind).tobytes()]
    starts, columns, weights = w.sparse.indptr, ids[w.sparse.indices].astype(kind), w.sparse.data.astype("<f8")
    for place, label in enumerate(ids):
        part = slice(starts[place], starts[place + 1])
        parts.append(np.array([label, part.stop - part.start], dtype=kind).tobytes())
        if part.stop > part.start:
            total = np.array([weights[part].sum()], dtype="<f8")
            parts += [columns[part].tobytes(), weights[part].tobytes(), total.tobytes()]
    return b"".join(parts)
