"""What a weights file says, and the faults that every format can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.encoding import decode
from spatial_region.core.options import FileLayout, Standardisation
from spatial_region.errors import ReadError


@dataclass(frozen=True)
class Content:
    """Regions and links as a file gives them.

    Attributes
    ----------
    ids : pandas.Index
        Labels of the regions that the file names, in its order.
    matrix : scipy.sparse.csr_array
        Weights among them.
    recipe : Mapping
        How the weights were made, as far as the file tells.
    standardisation : {"row", "binary", "none"} or None
        What the file says was decided.
    names : pandas.Series, optional
        Display names.
    unnamed : int
        Regions that the file counts and does not name.
    zeros : int
        Links that the file lists between two regions, with a weight of 0.
    """

    ids: pd.Index
    matrix: sp.csr_array
    recipe: Mapping[str, object] = field(default_factory=dict)
    standardisation: Standardisation | None = None
    names: pd.Series | None = None
    unnamed: int = 0
    zeros: int = 0


@dataclass(frozen=True)
class Source:
    """Bytes of a file, its name for messages, and how it is to be read."""

    data: bytes
    file: str
    encoding: str | None = None
    layout: FileLayout | None = None
    sheet: str | int | None = None

    def lines(self) -> list[str]:
        """Return the lines of a text."""
        text, _ = decode(self.data, self.file, self.encoding)
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def fault(self, line: int, found: str, needed: str) -> ReadError:
        """Return the error of a line, counted from 1."""
        return ReadError(f"{self.file}, line {line}: {found}; {needed}.")


@dataclass(frozen=True)
class Links:
    """Links of a text, one by one, with the line that each stands in."""

    focal: Sequence[str]
    neighbour: Sequence[str]
    weight: np.ndarray
    line: np.ndarray


def file_recipe(source: Source, form: str, **facts: object) -> dict[str, object]:
    """Return the recipe of weights whose file does not say how they were made."""
    return {"kind": "file", "format": form, "file": source.file, **facts}


def whole_number(token: str) -> int | None:
    """Return a token as a number of things, or None."""
    return int(token) if token.isascii() and token.isdigit() else None


def weights_of(source: Source, tokens: Sequence[Any], lines: Sequence[int]) -> np.ndarray:
    """Return tokens, or cells of a sheet, as weights.

    Raises
    ------
    ReadError
        If one is no number, not finite, or negative; its line is named.
    """
    try:
        values = np.array([_number(token) for token in tokens], dtype=np.float64)
    except ValueError:
        bad = next(place for place, token in enumerate(tokens) if not _is_number(token))
        raise source.fault(lines[bad], f"found {tokens[bad]!r}", "a weight must be a number") from None
    fine = np.isfinite(values) & (values >= 0)
    if not fine.all():
        bad = int(np.argmin(fine))
        raise source.fault(lines[bad], f"found {tokens[bad]!r}", "a weight must be finite and not negative")
    return values


def _number(token: Any) -> float:
    if isinstance(token, str) and "_" not in token:  # Python reads 1_000, nobody else does
        return float(token)
    if isinstance(token, (int, float)) and not isinstance(token, bool):
        return float(token)
    raise ValueError


def _is_number(token: Any) -> bool:
    try:
        _number(token)
    except ValueError:
        return False
    return True


def unique_ids(source: Source, labels: Sequence[str], lines: Sequence[int]) -> pd.Index:
    """Return labels as an index.

    Raises
    ------
    ReadError
        If one occurs twice; both lines are named.
    """
    ids = pd.Index(labels, name="region", dtype=object)
    if ids.has_duplicates:
        second = int(np.argmax(ids.duplicated()))
        first = list(labels).index(labels[second])
        raise source.fault(
            lines[second], f"region {labels[second]!r} was given in line {lines[first]} already", "each comes once"
        )
    return ids


def link_matrix(source: Source, ids: pd.Index, links: Links) -> tuple[sp.csr_array, int]:
    """Return the matrix of links among known regions, and how many between two regions have a weight of 0.

    Raises
    ------
    ReadError
        If a link names a region that there is not, or comes twice; its line is named.
    """
    rows, columns = ids.get_indexer(links.focal), ids.get_indexer(links.neighbour)
    for places, labels in ((rows, links.focal), (columns, links.neighbour)):
        if (places < 0).any():
            bad = int(np.argmax(places < 0))
            raise source.fault(
                int(links.line[bad]),
                f"region {labels[bad]!r} is not among the {len(ids)} regions of the file",
                "every neighbour must be a region of its own",
            )
    keys = rows.astype(np.int64) * len(ids) + columns
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(np.diff(keys[order]) == 0)
    if len(again):
        bad = int(order[again + 1].min())
        raise source.fault(
            int(links.line[bad]),
            f"the link from {links.focal[bad]!r} to {links.neighbour[bad]!r} was given already",
            "each comes once",
        )
    zeros = int(np.count_nonzero((links.weight == 0) & (rows != columns)))
    n = len(ids)
    return sp.csr_array(sp.coo_array((links.weight, (rows, columns)), shape=(n, n))), zeros


def first_line(source: Source, lines: Sequence[str]) -> tuple[int, dict[str, object]]:
    """Return the number of regions, the layer and the id variable of the header of a GeoDa file.

    The header is ``0 n layer variable``, or ``n`` alone in older files and those of R.

    Raises
    ------
    ReadError
        If the first line is no such header.
    """
    tokens = lines[0].split()
    n = whole_number(tokens[0]) if len(tokens) == 1 else whole_number(tokens[1]) if len(tokens) > 3 else None
    if n is None or n == 0 or (len(tokens) > 1 and tokens[0] not in ("0", "1")):
        raise source.fault(
            1,
            f"found {lines[0].strip()[:60]!r}",
            "needed '0 n layer variable' or the number of regions n alone",
        )
    if len(tokens) == 1:
        return n, {}
    # GeoDa puts a layer name with spaces in quotes, its libraries do not.
    return n, {"layer": " ".join(tokens[2:-1]).strip('"'), "id variable": tokens[-1]}
