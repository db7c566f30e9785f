"""Adapters: how each package is asked for the same answer. An adapter returns numbers; the runner times it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.cases import Case

Answer = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Adapter:
    """One package and one task.

    `prepare` converts the case, outside the time; `run` computes; `read` turns the result into numbers.
    """

    package: str
    task: str
    prepare: Callable[[Case], Any]
    run: Callable[[Any, int], Any]
    read: Callable[[Any], Answer]

    @property
    def version(self) -> str:
        """Installed version of the package."""
        return version(self.package)


def _ours(function: str) -> Callable[[Any, int], Any]:
    import spatial_region as sr

    def run(prepared: Any, permutations: int) -> Any:
        values, w = prepared
        return getattr(sr, function)(values, w=w, permutations=permutations, seed=1)

    return run


def _prepare_ours(case: Case) -> Any:
    import spatial_region as sr

    return case.values, sr.Weights.from_graph(case.graph)


def _run_esda_moran(prepared: Any, permutations: int) -> Any:
    import esda

    np.random.seed(1)  # noqa: NPY002  # esda's global statistic has no seed of its own
    return esda.Moran(*prepared, permutations=permutations)


def _run_esda_local(prepared: Any, permutations: int) -> Any:
    import esda

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return esda.Moran_Local(*prepared, permutations=permutations, keep_simulations=False, n_jobs=1, seed=1)


ADAPTERS = [
    Adapter(
        "spatial_region",
        "moran",
        _prepare_ours,
        _ours("moran"),
        lambda m: {"I": np.array([m.I]), "z": np.array([m.z]), "p": np.array([m.p / 2])},
    ),
    Adapter(
        "esda",
        "moran",
        lambda case: (case.values.to_numpy(), case.w),
        _run_esda_moran,
        lambda m: {"I": np.array([m.I]), "z": np.array([m.z_norm]), "p": np.array([m.p_sim])},
    ),
    Adapter(
        "spatial_region",
        "local_moran",
        _prepare_ours,
        _ours("local_moran"),
        lambda m: {"I": m.statistics["I"].to_numpy(), "p": m.statistics["p"].to_numpy() / 2},
    ),
    Adapter(
        "esda",
        "local_moran",
        lambda case: (case.values.to_numpy(), case.w),
        _run_esda_local,
        lambda m: {"I": m.Is, "p": m.p_sim},
    ),
]
