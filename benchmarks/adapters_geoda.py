"""pygeoda, GeoDa's library, where it is installed: one thread, both of its ways to permute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.adapters import Adapter, folded
from benchmarks.cases import Case
from benchmarks.geoda_weights import geoda_weights

PACKAGE = "pygeoda"
MODES = {"lookup": "lookup-table", "complete": "complete"}
SEED = 2_000_000_000  # its numbers are worse after small seeds, and larger ones are refused


def _given(*columns: str) -> Callable[[Case], Any]:
    return lambda case: (geoda_weights(case.links), [getattr(case, column).tolist() for column in columns])


def _run(name: str, method: str) -> Callable[[Any, int], Any]:
    def run(prepared: Any, permutations: int) -> Any:
        import pygeoda

        w, columns = prepared
        found = getattr(pygeoda, name)(
            w, *columns, permutations=permutations, permutation_method=method, cpu_threads=1, seed=SEED
        )
        return found, permutations

    return run


def _read(letter: str) -> Callable[[Any], dict[str, np.ndarray]]:
    def read(answer: Any) -> dict[str, np.ndarray]:
        found, permutations = answer
        return {letter: np.array(found.lisa_values()), "p": folded(np.array(found.lisa_pvalues()), permutations)}

    return read


FUNCTIONS = [
    ("local_moran", "local_moran", ("values",), "I"),
    ("local_geary", "local_geary", ("values",), "C"),
    ("local_g", "local_g", ("positive",), "G"),
    ("local_g_star", "local_gstar", ("positive",), "G"),
    ("bivariate_local_moran", "local_bimoran", ("values", "other"), "I"),
    ("local_join_count", "local_joincount", ("binary",), "joins"),
]

GEODA = [
    Adapter(
        PACKAGE, task, _given(*columns), _run(name, method), _read(letter), mode=mode, compiles=False, equal_only=True
    )
    for task, name, columns, letter in FUNCTIONS
    for mode, method in MODES.items()
]
