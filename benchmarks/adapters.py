"""Adapters: how each package is asked for the same answer. An adapter returns numbers; the runner times it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.cases import Case

Answer = Mapping[str, np.ndarray]

GLOBAL_TASKS = ("moran", "geary", "getis_ord_g", "join_count")
LOCAL_TASKS = (
    "local_moran",
    "local_geary",
    "local_g",
    "local_g_star",
    "bivariate_local_moran",
    "local_join_count",
)
TASKS = (*GLOBAL_TASKS, *LOCAL_TASKS)


@dataclass(frozen=True)
class Adapter:
    """One package and one task.

    `prepare` converts the case, outside the time; `run` computes; `read` turns the result into numbers, among them
    ``"p"``: the smaller tail, or for join counts the upper one. `mode` tells apart two ways of one package.
    """

    package: str
    task: str
    prepare: Callable[[Case], Any]
    run: Callable[[Any, int], Any]
    read: Callable[[Any], Answer]
    mode: str = ""
    compiles: bool = True  # whether the first call compiles or loads kernels
    equal_only: bool = False  # whether the package takes equal weights only

    @property
    def label(self) -> str:
        """Package, version and mode."""
        return f"{self.package} {version(self.package)} {self.mode}".strip()

    @property
    def available(self) -> bool:
        """Whether the package is installed."""
        return find_spec(self.package) is not None

    def takes(self, case: Case) -> bool:
        """Return whether the package can answer for the weights of this case."""
        return case.equal or not self.equal_only


def folded(p: np.ndarray, permutations: int) -> np.ndarray:
    """Return the smaller tail, for packages that choose the tail otherwise."""
    return np.minimum(p, 1.0 + 1.0 / (permutations + 1) - p)


def adapters(task: str) -> list[Adapter]:
    """Return the adapters of a task, ours first."""
    from benchmarks.adapters_esda import ESDA
    from benchmarks.adapters_geoda import GEODA
    from benchmarks.adapters_ours import OURS

    return [adapter for adapter in (*OURS, *ESDA, *GEODA) if adapter.task == task]
