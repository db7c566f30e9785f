"""pygeoda's weights from the links of a sparse matrix, through a GAL file, so that it gets the links of the others."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp


def available() -> bool:
    """Return whether pygeoda can be imported (``pip install pygeoda==0.1.3``)."""
    return find_spec("pygeoda") is not None


def geoda_weights(matrix: sp.csr_array) -> Any:
    """Return pygeoda's weights with the links of a matrix; their values are dropped, as pygeoda's GAL has none."""
    import pygeoda

    matrix = sp.csr_array(matrix, copy=True)
    matrix.sort_indices()
    n = matrix.shape[0]
    lines = [f"0 {n} cells id"]
    for i, neighbours in enumerate(np.split(matrix.indices + 1, matrix.indptr[1:-1])):
        lines += [f"{i + 1} {len(neighbours)}", " ".join(map(str, neighbours))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "links.gal"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return pygeoda.read_gal(str(path), [str(i + 1) for i in range(n)])
