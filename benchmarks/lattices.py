"""Queen contiguity of a lattice as a sparse matrix: light enough for a process whose memory is measured."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def queen_links(rows: int, columns: int) -> sp.csr_array:
    """Return queen contiguity of square cells, numbered by row."""
    band = [
        sp.diags_array([np.ones(n - 1), np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1], format="csr")
        for n in (rows, columns)
    ]
    return sp.csr_array(sp.kron(band[0], band[1], format="csr") - sp.eye_array(rows * columns, format="csr"))
