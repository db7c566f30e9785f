"""Links and weights to and from libpysal, whose two types stay at this border. libpysal is loaded when it is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.options import Standardisation

# libpysal's letters. "O" (original) is what nobody has decided; weights that were transformed in a way that has no name
# here (variance-stabilised, doubly standardised, custom) were so on purpose, and are used as they are.
_STANDARDISATION: dict[str, Standardisation | None] = {"R": "row", "B": "binary", "O": None}


def to_libpysal_graph(ids: pd.Index, matrix: sp.csr_array, standardisation: Standardisation | None) -> Any:
    """Return a `libpysal.graph.Graph`; an island is a link to itself of weight 0, as there."""
    from libpysal.graph import Graph

    table = matrix.tocoo()
    islands = ids[np.diff(matrix.indptr) == 0]
    adjacency = pd.Series(
        np.concatenate([table.data, np.zeros(len(islands))]),
        index=pd.MultiIndex.from_arrays(
            [ids[table.row].append(islands), ids[table.col].append(islands)], names=["focal", "neighbor"]
        ),
        name="weight",
    )
    # Graph takes the order of the ids from the first level, so each focal's rows must come in that order.
    order = np.argsort(ids.get_indexer(adjacency.index.get_level_values("focal")), kind="stable")
    transformation = {"row": "r", "binary": "b"}.get(str(standardisation), "o")
    return Graph(adjacency.iloc[order], transformation=transformation)


def to_libpysal_w(ids: pd.Index, matrix: sp.csr_array) -> Any:
    """Return a `libpysal.weights.W`."""
    from libpysal.weights import W

    neighbours: dict[object, list[object]] = {}
    weights: dict[object, list[float]] = {}
    for row, region in enumerate(ids):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        neighbours[region] = list(ids[matrix.indices[part]])
        weights[region] = matrix.data[part].tolist()
    return W(neighbours, weights, id_order=list(ids), silence_warnings=True)


def from_libpysal_graph(graph: Any) -> tuple[pd.Index, sp.coo_array, Standardisation | None]:
    """Return ids, matrix and standardisation of a `libpysal.graph.Graph`."""
    ids, table = pd.Index(graph.unique_ids), graph.adjacency
    # Not graph.sparse: its rows follow the sorted labels, which need not be the order of unique_ids.
    rows, columns = (ids.get_indexer(table.index.get_level_values(level)) for level in ("focal", "neighbor"))
    matrix = sp.coo_array((table.to_numpy(dtype=float), (rows, columns)), shape=(len(ids), len(ids)))
    return ids, matrix, _STANDARDISATION.get(str(graph.transformation).upper(), "none")


def from_libpysal_w(w: Any) -> tuple[pd.Index, sp.csr_array, Standardisation | None]:
    """Return ids, matrix and standardisation of a `libpysal.weights.W`."""
    return pd.Index(w.id_order), sp.csr_array(w.sparse), _STANDARDISATION.get(str(w.transform).upper(), "none")
